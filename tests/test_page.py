"""The page in a real browser: offline, without errors, drawn, inert."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from staffing.plan import Plan
from staffing.publish.board import board
from staffing.publish.changes import changes
from staffing.publish.page import page as render_page
from staffing.publish.whatif import Beside, Column, publish_whatif
from staffing.version import Version
from staffing.whatif import MEASURES
from staffing.words import say
from tests.crowds import crowd
from tests.tiny import START, tiny_plan

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MARKUP = "<script>alert(1)</script>"
LONGEST_MB = 2.0
ROWS_LEFT = "rows => document.querySelectorAll('table.roster tbody tr').length === rows"
TOLD = "text => document.querySelector('#grid').innerText.includes(text)"


@dataclass
class Seen:
    """An opened page with everything that the browser reported about it."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("#chart svg")

    def lines(self) -> list[str]:
        """Return the shapes of all drawn lines."""
        found: list[str] = self.page.eval_on_selector_all(
            "#chart svg .mark-line path", "paths => paths.map(p => p.getAttribute('d'))"
        )
        return found


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


@pytest.fixture(scope="module")
def html(tiny: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "plan.html"
    path.write_text(render_page(tiny), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


def opened(browser: Any, html: Path) -> Iterator[Seen]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    found = Seen(page)
    found.open(html)
    yield found
    page.close()


@pytest.fixture(scope="module")
def seen(browser: Any, html: Path) -> Iterator[Seen]:
    """The page as it opens; tests only look at it."""
    yield from opened(browser, html)


@pytest.fixture
def fresh(browser: Any, html: Path) -> Iterator[Seen]:
    """A page of its own for a test that does something to it."""
    yield from opened(browser, html)


def test_page_opens_without_network_and_complaint(seen, html):
    """From a file the page asks for nothing but itself, and the console stays empty."""
    seen.page.wait_for_timeout(200)
    assert seen.requests == [html.as_uri()]
    assert seen.complaints == []


def test_page_is_small_enough_to_mail(html):
    """Charts library included, the page stays below two megabytes."""
    assert html.stat().st_size < LONGEST_MB * 1e6


def test_a_panel_is_drawn_for_each_day(seen, tiny):
    """Required and rostered seats are drawn as lines, shortages as areas, a panel a day."""
    assert len(seen.lines()) == 2 * 7
    assert all(shape and shape.count("L") > 10 for shape in seen.lines())
    assert seen.page.locator("#chart svg .mark-area path").count() == 7
    headings = seen.page.locator("#chart svg text").all_text_contents()
    assert {day.text("zh") for day in board(tiny).days} <= set(headings)


def test_choosing_a_pool_changes_the_chart(fresh, tiny):
    """Every pool is offered behind the total, and choosing one draws its own seats."""
    names = fresh.page.locator("#pool option").all_inner_texts()
    assert names[0] == say("zh", "label.all_pools")
    assert [name.split(" ")[0] for name in names[1:]] == ["P-day", "P-late"]
    together = fresh.lines()
    fresh.page.select_option("#pool", index=2)
    fresh.page.wait_for_function(
        "was => document.querySelector('#chart svg .mark-line path').getAttribute('d') !== was",
        arg=together[0],
    )
    assert fresh.lines() != together
    assert fresh.complaints == []


def test_pointing_at_a_half_hour_tells_its_figures(fresh, tiny):
    """The tooltip has time, required, rostered, short and expected contacts."""
    box = fresh.page.locator("#chart svg .mark-line path").first.bounding_box()
    fresh.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    fresh.page.wait_for_selector("#vg-tooltip-element.visible")
    told = fresh.page.inner_text("#vg-tooltip-element")
    keys = ("time", "required", "rostered", "uncovered", "expected")
    assert [say("zh", f"label.{key}") in told for key in keys] == [True] * len(keys)


@pytest.mark.parametrize("width", [1280, 600, 390])
def test_nothing_hangs_over_the_edge(fresh, width):
    """At desktop width nothing overflows; on a narrow screen tables scroll in their own box."""
    fresh.page.set_viewport_size({"width": width, "height": 800})
    for details in fresh.page.locator("details summary").all():
        details.click()
    assert fresh.page.evaluate("document.documentElement.scrollWidth") <= width


def test_names_with_markup_are_inert(fresh, tiny):
    """A shop or an agent named like markup is shown as text and never runs."""
    fresh.page.select_option("#pool", index=2)
    assert MARKUP in fresh.page.locator("#pool option").nth(2).inner_text()
    assert MARKUP in fresh.page.inner_text("#service")
    assert "李<i>杰</i>" in fresh.page.inner_text("#roster")
    assert fresh.page.locator("#roster i:not([class])").count() == 0
    assert fresh.page.locator("script").count() == 5
    assert "dialog" not in fresh.complaints


def test_grid_shows_every_agent_and_day(seen, tiny):
    """The roster on the page has the cells of the board."""
    rows = seen.page.locator("table.roster tbody tr").all()
    expected = [[cell.text for cell in line.cells] for line in board(tiny).lines]
    assert [row.locator("td").all_inner_texts()[3:10] for row in rows] == expected


def test_shortages_come_with_reasons(seen, tiny):
    """The largest shortages are told with what the trained agents do instead."""
    table = seen.page.locator("#shortages table").first
    assert table.locator("tbody tr").count() == min(len(tiny.shortages), 12)
    people = sum(tiny.shortages[0].reasons.values())
    told = table.locator("tbody tr").first.locator("td").last.inner_text()
    assert sum(int(n) for n in told.replace("\u00a0", " ").split(" ") if n.isdigit()) == people


def test_page_forbids_everything_from_outside(html):
    """The page carries a policy that lets it load nothing and evaluate no text as code."""
    head = html.read_text("utf-8").split("</head>")[0]
    assert "default-src 'none'" in head
    assert "unsafe-eval" not in head


def test_a_covered_plan_says_so(tiny):
    """Without a shortage the page says that nothing is short, and its badge is not red."""
    table = tiny.roster.coverage.assign(uncovered=0.0)
    roster = dataclasses.replace(tiny.roster, coverage=table)
    covered = render_page(dataclasses.replace(tiny, roster=roster, shortages=()))
    assert say("zh", "page.shortages_none") in covered
    assert say("zh", "page.ok") in covered
    assert 'class="status bad"' not in covered
    assert 'class="status bad"' in render_page(tiny)


def test_a_day_that_is_short_is_named_though_the_week_is_covered(tiny):
    """One day may be as short as a promotion's opening; the others hide it in the mean."""
    table = tiny.roster.coverage
    first = table["date"] == table["date"].min()
    table = table.assign(uncovered=table["required"].where(first, 0.0) / 10)
    roster = dataclasses.replace(tiny.roster, coverage=table)
    settings = tiny.scenario.roster.model_copy(update={"max_uncovered": 0.05})
    story = tiny.scenario.model_copy(update={"roster": settings})
    plan = dataclasses.replace(tiny, roster=roster, scenario=story)
    required_h = table.loc[first, "required"].sum() / 2
    assert not plan.short
    assert plan.days_beyond == {START: (pytest.approx(required_h / 10), required_h)}
    told = render_page(plan)
    assert say("zh", "page.days_beyond") in told
    assert 'class="status bad"' in told
    assert f"{START:%m-%d} 缺" in told


def test_data_of_the_chart_is_the_plans(tiny, html):
    """The numbers behind the chart are the required and uncovered seats of the plan."""
    text = html.read_text("utf-8").split('id="data">')[1].split("</script>")[0]
    drawn = json.loads(text)
    required = sum(row[2] for rows in drawn["seats"][1:] for row in rows)
    assert required == tiny.roster.coverage["required"].sum()
    mean = sum(row[2] for row in drawn["demand"][0])
    assert mean == pytest.approx(tiny.forecast.table["mean"].sum(), rel=0.01)
    assert all(low <= high for rows in drawn["demand"] for *_, low, high in rows)
    assert len(drawn["demand"]) == 1 + len(drawn["pools"]) + len(drawn["shops"])


def test_the_button_changes_the_language_and_nothing_else(fresh, html):
    """All words change, the choices stay, nothing is loaded, and the way back works."""
    page = fresh.page
    page.wait_for_selector("#chart-demand svg")
    page.select_option("#day", index=3)
    page.fill("#agent", "A1")
    page.click("#language")
    page.wait_for_selector("#chart-demand svg")
    assert page.get_attribute("html", "lang") == "en"
    assert page.title() == say("en", "page.title", scenario="tiny")
    for part in ("demand", "heat", "roster", "changes", "cost", "fairness"):
        assert page.inner_text(f"#{part} h2") == say("en", f"page.{part}")
    told = page.inner_text("main").replace(MARKUP, "")
    shown = "".join(each for each in told if "\u4e00" <= each <= "\u9fff")
    assert set(shown) <= set("云裳旗舰店果壳零食王静李杰刘敏陈娟杨刚赵丽黄涛")
    assert page.input_value("#agent") == "A1"
    assert page.input_value("#heat-day") == page.input_value("#day") == "3"
    assert page.evaluate("document.activeElement.id") == "language"
    assert page.locator("#chart svg text", has_text="2026-11-16 Mon").count() == 1
    page.click("#language")
    page.wait_for_selector("#chart-demand svg")
    assert page.inner_text("#heat h2") == say("zh", "page.heat")
    assert fresh.complaints == []
    assert fresh.requests == [html.as_uri()]


def test_both_languages_are_in_the_file_whichever_comes_first(tiny):
    """The page of an English scenario holds the same figures, and English is shown first."""
    english = dataclasses.replace(tiny, scenario=tiny.scenario.model_copy(update={"lang": "en"}))
    first, other = render_page(tiny), render_page(english)
    assert '<html lang="zh-CN">' in first
    assert '<html lang="en">' in other
    assert render_page(tiny) == first
    parts = [text.split('id="data">')[1].split("</script>")[0] for text in (first, other)]
    assert json.loads(parts[0])["seats"] == json.loads(parts[1])["seats"]


def test_searching_an_agent_shows_her_day_and_her_weeks(fresh, tiny):
    """By number or name, day and grid keep those found; who is off that day is told as off."""
    page = fresh.page
    page.fill("#agent", "  黄涛 ")
    page.wait_for_function(ROWS_LEFT, arg=1)
    assert page.inner_text("#found") == say("zh", "script.found", found=1, all=8)
    line = next(line for line in board(tiny).lines if line.name == "黄涛")
    for day, cell in enumerate(line.cells):
        page.select_option("#day", index=day)
        row = page.locator("table.gantt tbody tr")
        assert row.count() == 1
        assert row.locator("td").first.inner_text() == cell.text
        assert row.locator("td.track i").count() == len(cell.parts)
    page.fill("#agent", "nobody of that name")
    page.wait_for_function(ROWS_LEFT, arg=0)
    assert page.locator("table.gantt tbody tr").count() == 0
    assert fresh.complaints == []


def test_the_heat_map_has_the_coverage_of_the_day(fresh, tiny):
    """A cell is red exactly where seats are missing, and tells how many."""
    table = tiny.roster.coverage
    day = table["date"] == table["date"].min()
    short = table[day & (table["uncovered"].round(2) > 0)]
    cells = fresh.page.locator("#heat-map td[class^=short]")
    assert cells.count() == len(short)
    assert fresh.page.locator("#heat-map tbody tr").count() == 2
    assert all(say("zh", "script.short") in each.get_attribute("title") for each in cells.all())


def test_the_colours_follow_the_system_and_the_button(browser, html):
    """Dark where the system is dark; the button changes page and charts."""
    ink = "getComputedStyle(document.body).color"
    line = "getComputedStyle(document.querySelector('#chart svg [stroke=\"#1F2A37\"]')).stroke"
    found = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(html.as_uri())
        page.wait_for_selector("#chart svg")
        before = page.evaluate(ink), page.evaluate(line)
        page.click("#theme")
        found[scheme] = before, (page.evaluate(ink), page.evaluate(line))
        assert page.get_attribute("#theme", "aria-pressed") == str(scheme == "light").lower()
        page.emulate_media(media="print")
        assert page.evaluate(ink) == found["light"][0][0]
        page.close()
    assert found["light"] == found["dark"][::-1]
    assert len({*found["light"]}) == 2


def test_every_control_is_reached_and_seen_by_keyboard(browser, html):
    """Tab goes through tools, choosers, search and scrolling boxes, each with an outline."""
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(html.as_uri())
    page.wait_for_selector("#chart-demand svg")
    reached: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]"
        )
        if told[0]:
            assert told[1] != "none", told
            reached.append(told[0])
    tools, charts = ["language", "theme"], ["pool", "source"]
    wanted = [*tools, *charts, "heat-day", "heat-map", "agent", "day", "gantt", "grid"]
    assert [each for each in dict.fromkeys(reached) if each in wanted] == wanted
    unlabelled = page.eval_on_selector_all(
        "#body select, #body input, #body button",
        "all => all.filter(e => !(e.labels && e.labels.length) && !e.textContent.trim()).length",
    )
    assert unlabelled == 0
    page.close()


def test_the_page_prints(fresh, tmp_path):
    """Printing complains of nothing, loads nothing and leaves the tools away."""
    fresh.page.pdf(path=tmp_path / "plan.pdf")
    assert (tmp_path / "plan.pdf").stat().st_size > 10_000
    fresh.page.emulate_media(media="print")
    assert not fresh.page.is_visible("#language")
    assert fresh.page.is_visible("#roster table.roster")
    assert fresh.complaints == []
    assert len(fresh.requests) == 1


def test_what_changed_is_told(tiny):
    """Each duty that another version told is told by name, before and now."""
    lines = {line.agent_id: line for line in board(tiny).lines}
    day = f"{START}"
    worked, idle = (
        next(a for a, line in lines.items() if bool(line.cells[0].parts) == on) for on in (1, 0)
    )
    was = "10:00-12:00 P-day, 12:00-12:30 meal, 12:30-00:00 P-day"
    version = Version(number=2, before={worked: {day: was}, idle: {day: was}, "gone": {day: was}})
    told = changes("en", board(tiny), version)
    rows = {row[0]: row[3:] for row in told.table.rows}
    assert rows[worked] == ("other hours", "10:00-24:00", lines[worked].cells[0].text)
    assert rows[idle] == ("need not come", "10:00-24:00", "off")
    assert rows["gone"] == ("need not come", "10:00-24:00", "off")
    assert told.sentence.startswith("Version 2 changes 3 duties")
    text = render_page(tiny, version)
    assert say("zh", "replan.sent_home") in text
    assert say("zh", "page.changes_first") not in text
    assert text.index(changes("zh", board(tiny), version).sentence) < text.index('id="verdict"')


def test_thousands_of_agents_open_at_once(browser, tiny, tmp_path):
    """2,000 agents, some with hostile names: small, quick to open and to search, harmless."""
    path = tmp_path / "crowd.html"
    path.write_text(render_page(crowd(tiny)), "utf-8")
    assert path.stat().st_size < 1.5 * LONGEST_MB * 1e6
    for seen in opened(browser, path):
        seen.page.wait_for_selector("table.roster tbody tr")
        assert seen.page.locator("table.roster tbody tr").count() < 200
        spent_ms = seen.page.evaluate("performance.now()")
        seen.page.fill("#agent", "HYPERLINK")
        seen.page.wait_for_function(ROWS_LEFT, arg=1)
        assert '=HYPERLINK("http://evil.example","open")' in seen.page.inner_text("#grid")
        seen.page.fill("#agent", "alert(1)")
        seen.page.wait_for_function(TOLD, arg=MARKUP)
        assert spent_ms < 20_000
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
        assert seen.complaints == []
        assert seen.requests == [path.as_uri()]


@pytest.mark.parametrize("compared", [True, False])
def test_the_page_of_what_ifs_opens_and_draws(browser, compared, tmp_path):
    """Compared or swept: a point and a name a plan, all figures in the table, no complaint."""
    columns = [
        Column(name=f"<plan> {i}", figures=dict.fromkeys(MEASURES, 1000.0 + i)) for i in range(3)
    ]
    file = "compare" if compared else "sweep"
    texts = {"title": "a title", "note": "a note"}
    made = Beside(file=file, lang="en", columns=columns, rostered=True, compared=compared, **texts)
    path, _ = publish_whatif(made, tmp_path / file)
    for seen in opened(browser, path):
        seen.page.wait_for_timeout(200)
        assert seen.requests == [path.as_uri()]
        assert seen.complaints == []
        assert seen.page.locator("#chart svg .mark-symbol path").count() == 3
        assert seen.page.locator("#chart svg .mark-line path").count() == (0 if compared else 1)
        names = seen.page.locator("#chart svg .mark-text text").all_text_contents()
        assert {"<plan> 0", "<plan> 1", "<plan> 2"} <= set(names)
        assert seen.page.locator("main tbody tr").count() == len(MEASURES)
        seen.page.screenshot(path=tmp_path / "page.png")
