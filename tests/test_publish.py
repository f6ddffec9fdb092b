"""The outputs: complete, equal for equal inputs, readable back, whole or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import errno
import hashlib
import io
import json
import platform
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from staffing.errors import PublishError
from staffing.folder import refuse_unusable
from staffing.plan import Plan
from staffing.publish import publish, render
from staffing.publish.board import FILL, KINDS, Day, board, shift_kind
from staffing.publish.charts import data
from staffing.publish.figures import Figures, figures
from staffing.publish.reports import (
    backtest,
    fairness,
    pool_titles,
    reasons_text,
    service,
    verdict,
)
from staffing.publish.summary import summary
from staffing.publish.tables import TABLES as TABLES_OUT
from staffing.publish.workbook import workbook
from staffing.roster import Violation, audit
from staffing.roster.file import read_roster
from staffing.scenario import Rules, Scenario
from staffing.tell.plan import report
from staffing.version import Version
from staffing.words import LANGS, Lang, Statement, catalogue, say
from staffing.workspace import read_workspace
from staffing.workspace.tables import TABLES, schema
from tests.tiny import START, tiny_plan

VERSIONS = {"python": "3", "staffing": "0"}
NAMES = [
    "plan.html",
    "roster.xlsx",
    "roster.csv",
    "seats.csv",
    "forecast.csv",
    "ledger.csv",
    "payroll.csv",
    "calendars",
    "announcements",
    "tables",
    "summary.json",
    "manifest.json",
]
REASON_RULES = ("R3", "R4", "R5", "R7", "R8", "R9", "R11")
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


@pytest.fixture(scope="session")
def english(tiny: Plan) -> Plan:
    return in_language(tiny, "en")


@pytest.fixture(scope="session")
def rendered(tiny: Plan) -> Mapping[str, bytes]:
    return render(tiny, VERSIONS)


@pytest.fixture(scope="session")
def book(rendered: Mapping[str, bytes]) -> Any:
    return openpyxl.load_workbook(io.BytesIO(rendered["roster.xlsx"]))


def in_language(plan: Plan, lang: Lang) -> Plan:
    scenario = plan.scenario.model_copy(update={"lang": lang})
    return dataclasses.replace(plan, scenario=scenario)


def broken(plan: Plan) -> Plan:
    how = Statement("violation.absent")
    violation = Violation(rule="R3", agent_id="A1", date=START, how=how)
    return dataclasses.replace(plan, violations=(violation,))


def csv(content: bytes) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(content))


def held(folder: Path) -> dict[str, bytes]:
    """Return name -> content of every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def codes(error: pytest.ExceptionInfo[PublishError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


# Words.


def test_every_word_is_said_in_both_languages():
    """No entry of the catalogue lacks a language or is empty."""
    assert all(texts.get(lang) for texts in catalogue().values() for lang in LANGS)


@pytest.mark.parametrize("reason", ["meal", "here", "elsewhere", "free", "no_shift", *REASON_RULES])
def test_every_reason_of_a_shortage_has_words(reason):
    """Whatever the explanation of a shortage finds can be said in both languages."""
    assert all("2" in reasons_text(lang, {reason: 2}) for lang in LANGS)


def test_every_origin_of_a_default_is_said_in_chinese():
    """No default of scenario or tables falls back to the English of the code."""
    scenario = Scenario.model_validate(
        {"name": "x", "workspace": "x", "horizon": {"start": "2026-11-16"}, "promotion": {}}
    )
    origins = {origin for _, _, origin in scenario.defaults()}
    for table in TABLES:
        columns = schema(table.name).columns.values()
        origins |= {c.metadata["origin"] for c in columns if c.metadata and c.metadata["origin"]}
    assert {origin for origin in origins if f"origin.{origin}" not in catalogue()} == set()
    names = {name for name, _, _ in scenario.defaults()}
    assert {name for name in names if f"setting.{name}" not in catalogue()} == set()


def test_chinese_sentences_use_chinese_punctuation():
    """No half-width comma, colon, semicolon or bracket touches a Chinese character."""
    wrong = re.compile(r"[\u4e00-\u9fff][,;:()]|[,;()][\u4e00-\u9fff]")
    own = ("page.", "label.", "sheet.", "why.", "setting.", "origin.", "goal.", "kind")
    texts = [words["zh"] for key, words in catalogue().items() if key.startswith(own)]
    assert [text for text in texts if wrong.search(text)] == []


# Kinds of shift.


@pytest.mark.parametrize(
    ("start_h", "end_h", "paid_h", "kind"),
    [
        (9, 18, 8, "early"),
        (10.5, 19.5, 8, "early"),
        (11, 20, 8, "middle"),
        (13, 22, 8, "middle"),  # ends at the limit, not after it
        (13.5, 22.5, 8, "late"),
        (15, 24, 8, "late"),  # midnight itself is still this day
        (17, 26, 8, "past_midnight"),
        (9, 13, 4, "short"),
        (14, 20, 6, "middle"),  # six hours are not short
        (20, 24, 4, "late"),  # late goes before short: it counts in the fairness goal
    ],
)
def test_a_shift_is_named_by_its_end_then_length_then_start(start_h, end_h, paid_h, kind):
    """The kind of a shift follows its end, its paid hours and its start, in this order."""
    assert shift_kind(round(start_h * 60), round(end_h * 60), paid_h, 22 * 60) == kind


def test_days_tell_statutory_days_and_weekends():
    """National Day is marked as a holiday by name, a Saturday as weekend, a Monday as neither."""
    holiday, saturday = Day(date=dt.date(2026, 10, 1), statutory=True), dt.date(2026, 11, 21)
    assert holiday.text("zh") == "2026-10-01 周四 法定"
    assert holiday.text("en") == "2026-10-01 Thu holiday"
    assert Day(date=saturday, statutory=False).weekend
    assert not Day(date=START, statutory=False).weekend


def test_board_counts_what_the_assignments_hold(tiny):
    """Paid hours, shifts, absences and wishes on the board are those of the plan."""
    made = board(tiny)
    table = tiny.roster.assignments
    assert sum(line.paid_h for line in made.lines) == pytest.approx(tiny.roster.paid_h)
    assert sum(made.paid_h(d) for d in range(7)) == pytest.approx(tiny.roster.paid_h)
    assert sum(made.on_duty(d) for d in range(7)) == len(
        table[["agent_id", "date"]].drop_duplicates()
    )
    ends = table["shift_end"] - table["date"] > pd.Timedelta(hours=22)
    late = table[ends][["agent_id", "date"]].drop_duplicates()
    assert sum(line.late for line in made.lines) == len(late)
    trained = next(line for line in made.lines if line.agent_id == "A2")
    assert [cell.kind for cell in trained.cells].count("leave") == 2
    assert trained.cells[1].text == "培训"


# Tables.


def test_publish_writes_exactly_the_outputs(tiny, tmp_path):
    """The folder holds the outputs and nothing else, and they are returned in order."""
    paths = publish(tiny, tmp_path / "new" / "out", VERSIONS)
    assert [path.name for path in paths] == NAMES
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == sorted(NAMES)
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["out"]


def test_equal_plans_give_equal_bytes(tiny, tmp_path):
    """Published twice into two folders, every file is the same byte for byte."""
    folders = (tmp_path / "one", tmp_path / "elsewhere" / "two")
    one, two = (held(folder) for folder in folders if publish(tiny, folder))
    assert one == two


def test_nothing_of_machine_or_clock_is_written(tiny):
    """No output holds the workspace's path, the host, the seconds of the search or a time."""
    report = dataclasses.replace(
        tiny.roster.report, seconds=98765.4321
    )  # no other figure is like it
    roster = dataclasses.replace(tiny.roster, report=report)
    rendered = render(dataclasses.replace(tiny, roster=roster), VERSIONS)
    marks = [str(tiny.workspace.root), platform.node(), "98765.4", "98,765"]
    package = zipfile.ZipFile(io.BytesIO(rendered["roster.xlsx"]))
    texts = {name: content.decode("utf-8", "replace") for name, content in rendered.items()}
    texts |= {name: package.read(name).decode() for name in package.namelist()}
    texts["plan.html"] = texts["plan.html"].split("<script>")[0]
    assert [(n, m) for n, text in texts.items() for m in marks if len(m) > 3 and m in text] == []
    assert texts["docProps/core.xml"].count(f"{START}T00:00:00Z") == 2


@pytest.mark.parametrize("name", [f"{name}.csv" for name in TABLES_OUT])
def test_tables_open_in_excel(rendered, name):
    """The CSV files begin with a byte-order mark and hold no infinite number."""
    assert rendered[name].startswith(b"\xef\xbb\xbf")
    assert b"inf" not in rendered[name].lower()
    assert b"nan" not in rendered[name].lower()


def test_roster_can_be_audited_from_its_file(tiny, rendered, tmp_path):
    """The roster file read back is lawful, and no longer so with somebody's night doubled."""
    path = tmp_path / "roster.csv"
    path.write_bytes(rendered["roster.csv"])
    table = read_roster(path)
    assert audit(tiny.workspace, tiny.scenario, table) == []
    table.loc[table.index[0], "agent_id"] = "A4" if table["agent_id"].iloc[0] != "A4" else "A1"
    assert audit(tiny.workspace, tiny.scenario, table) != []


def test_roster_is_a_table_of_the_next_workspace(tiny, rendered, tmp_path):
    """As rosters.csv beside the old tables it gives each agent's paid hours of each day back."""
    shutil.copytree(tiny.workspace.root, tmp_path / "next")
    (tmp_path / "next" / "rosters.csv").write_bytes(rendered["roster.csv"])
    back = read_workspace(tmp_path / "next").tables["rosters"]
    paid = back.groupby(["agent_id", "date"])["paid_h"].sum()
    work = tiny.roster.assignments.query("activity == 'work'")
    hours = (work["end"] - work["start"]).dt.total_seconds() / 3600
    expected = hours.groupby([work["agent_id"], work["date"]]).sum()
    assert dict(zip(paid.index, paid, strict=True)) == pytest.approx(
        dict(zip(expected.index, expected, strict=True))
    )
    last = tiny.roster.assignments["shift_end"].max()
    assert back["end"].max() == last


def test_seats_table_adds_up_to_the_plan(tiny, rendered):
    """Seats and uncovered seats of the file sum to the plan's seat-hours."""
    table = csv(rendered["seats.csv"])
    assert table["seats"].sum() / 2 == pytest.approx(tiny.roster.required_h)
    assert table["uncovered"].sum() / 2 == pytest.approx(tiny.roster.uncovered_h)
    assert (table["rostered"] - table["seats"]).to_numpy() == pytest.approx(
        (table["surplus"] - table["uncovered"]).to_numpy()
    )


def test_seats_table_tells_what_the_roster_comes_to(tiny, rendered):
    """Without seats nobody is answered and the queue grows; summary.json names the worst."""
    table = csv(rendered["seats.csv"])
    nobody = table[(table["rostered"] == 0) & (table["contacts"] > 0)]
    assert (nobody["rostered_level"] < 0.5).all()
    assert table["rostered_level"].between(0, 1).all()
    late = table["contacts"] * (1 - table["rostered_level"])
    worst = summary(tiny)["worst_half_hour"]
    row = table.iloc[late.argmax()]
    assert worst["pool"] == row["pool"]
    assert worst["start"] == row["start"]
    assert worst["queue_end"] == pytest.approx(row["queue_end"], abs=0.005)


def test_forecast_table_has_every_half_hour_and_quantile(tiny, rendered):
    """The forecast file has a row for each row of the forecast, with its quantiles."""
    table = csv(rendered["forecast.csv"])
    assert len(table) == len(tiny.forecast.table)
    assert {"q10", "q50", "q80", "q90", "q95"} <= set(table.columns)
    assert table["mean"].sum() == pytest.approx(tiny.forecast.table["mean"].sum(), rel=1e-3)


# Summary and manifest.


def test_summary_says_what_the_plan_says(tiny, rendered):
    """The figures for machines are those of the plan."""
    found = json.loads(rendered["summary.json"])
    assert found == summary(tiny)
    assert found["status"] == "short"
    assert found["uncovered_h"] == pytest.approx(tiny.roster.uncovered_h)
    assert found["bound_h"] <= found["uncovered_h"]
    assert found["gap"] == pytest.approx(1 - found["bound_h"] / found["uncovered_h"], abs=1e-5)
    assert found["violations"] == 0
    assert [pool["pool"] for pool in found["by_pool"]] == ["P-day", "P-late"]
    assert sum(pool["uncovered_h"] for pool in found["by_pool"]) == pytest.approx(
        found["uncovered_h"]
    )
    assert len(found["shortages"]) == len(tiny.shortages)
    assert found["shortages"][0]["reasons"] == dict(tiny.shortages[0].reasons)


def test_manifest_sums_up_every_file(rendered):
    """Checksum and size of every other output are right."""
    listed = {each["file"]: each for each in json.loads(rendered["manifest.json"])["files"]}
    assert set(listed) == set(rendered) - {"manifest.json"}
    assert {name.split("/")[0] for name in rendered} == set(NAMES)
    for name, each in listed.items():
        assert each["sha256"] == hashlib.sha256(rendered[name]).hexdigest()
        assert each["bytes"] == len(rendered[name])


def test_manifest_names_inputs_and_defaults(tiny, tmp_path):
    """Every input file is listed with its checksum, and every default with its origin."""
    scenario = tmp_path / "tiny.toml"
    scenario.write_text("name = 'tiny'\n", "utf-8")
    found = json.loads(render(tiny, VERSIONS, scenario)["manifest.json"])
    inputs = {each["file"]: each["sha256"] for each in found["inputs"]}
    assert inputs == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tiny.workspace.root.iterdir()
    }
    assert found["scenario_file"]["sha256"] == hashlib.sha256(scenario.read_bytes()).hexdigest()
    assert len(found["defaults"]) == len(list(tiny.scenario.defaults()))
    assert all(each["origin"] for each in found["defaults"])
    used = {each["where"]: each["cells"] for each in found["workspace_defaults"]}
    assert used["shops.target_level"] == 3
    assert found["versions"] == VERSIONS
    assert found["seed"] == tiny.scenario.seed
    assert "workspace" not in found["scenario"]


def test_inputs_in_one_workbook_are_listed_once(tiny, tmp_path):
    """Tables that are sheets of one file are one input, whether a folder or the file is named."""
    sheets = tmp_path / "all.xlsx"
    sheets.write_bytes(b"stands for a workbook")
    names = dict.fromkeys(tiny.workspace.files, "")
    for root in (sheets, tmp_path):
        files = {table: f"all.xlsx[{table}]" for table in names}
        moved = dataclasses.replace(tiny.workspace, root=root, files=files)
        plan = dataclasses.replace(tiny, workspace=moved)
        inputs = json.loads(render(plan, VERSIONS)["manifest.json"])["inputs"]
        assert [each["file"] for each in inputs] == ["all.xlsx"]
        assert inputs[0]["sha256"] == hashlib.sha256(sheets.read_bytes()).hexdigest()


# Workbook.


def test_workbook_has_its_sheets_set_up_for_print(book):
    """Roster, day plan, coverage, ...; one page wide, panes frozen."""
    assert book.sheetnames == [
        "班表",
        "每日安排",
        "覆盖",
        "汇总",
        "公平账",
        "计薪",
        "默认值",
        "时段明细",
    ]
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.fitToWidth in (None, 1)  # None: the format's default, one
        assert int(sheet.page_setup.fitToHeight) == 0
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
    for name in ("班表", "每日安排", "覆盖", "公平账", "计薪"):
        assert book[name].freeze_panes
        assert book[name].auto_filter.ref
        assert book[name].print_title_rows


def test_grid_shows_each_agents_days(tiny, book):
    """Each agent's row has the text and the colour of her days and her totals."""
    sheet, made = book["班表"], board(tiny)
    rows = {row[0].value: row for row in sheet.iter_rows(min_row=6, max_row=13)}
    assert "tiny" in sheet["A1"].value
    assert f"{START}" in sheet["A1"].value
    for line in made.lines:
        cells = rows[line.agent_id]
        assert [c.value for c in cells[3:10]] == [cell.text for cell in line.cells]
        colours = [c.fill.fgColor.rgb[-6:] for c in cells[3:10]]
        assert colours == [FILL[cell.kind].removeprefix("#") for cell in line.cells]
        assert [c.value for c in cells[10:14]] == [line.paid_h, line.days, line.late, line.weekend]
    totals = [cell.value for cell in sheet[14][3:10]]
    assert totals == [made.on_duty(day) for day in range(7)]


def test_names_never_become_formulas(book):
    """An agent named like a formula stays text."""
    cell = next(row[1] for row in book["班表"].iter_rows(min_row=6) if row[0].value == "A3")
    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("name", ["roster.csv", "ledger.csv"])
def test_names_in_tables_never_become_formulas(rendered, name):
    """The agent called =1+1 stands there with an apostrophe, the others as they are."""
    table = pd.read_csv(io.BytesIO(rendered[name]))
    names = dict(zip(table["agent_id"], table["name"], strict=True))
    assert (names["A3"], names["A1"]) == ("'=1+1", "王静")


def test_legend_explains_every_colour(book):
    """The legend has a cell of each kind's colour."""
    colours = {cell.fill.fgColor.rgb[-6:] for cell in book["班表"][3][3:10]}
    assert colours == {FILL[kind].removeprefix("#") for kind in KINDS}


def test_day_plan_has_a_row_a_shift(tiny, book):
    """The day plan lists each shift once, with its meals and pools by time."""
    rows = list(book["每日安排"].iter_rows(min_row=5, values_only=True))
    assert len(rows) == len(tiny.roster.assignments[["agent_id", "date"]].drop_duplicates())
    meals = tiny.roster.assignments.query("activity == 'meal'")
    told = sum(len((row[8] or "").split("、")) for row in rows if row[8])
    assert told == len(meals)
    work = tiny.roster.assignments.query("activity == 'work'")
    assert sum(len(row[9].split("；")) for row in rows) == len(work)


def test_coverage_sheet_shows_what_is_required_and_rostered(tiny, book):
    """Every half hour of every pool is there, and short ones are coloured by a live rule."""
    sheet, cover = book["覆盖"], tiny.roster.coverage
    rows = list(sheet.iter_rows(min_row=6, values_only=True))
    required = sum(row[column] or 0 for row in rows for column in (3, 5))
    rostered = sum(row[column] or 0 for row in rows for column in (4, 6))
    assert required == pytest.approx(cover["required"].sum())
    assert rostered == pytest.approx(cover["rostered"].sum())
    ranges = {str(each.sqref) for each in sheet.conditional_formatting}
    assert ranges == {f"{c}6:{c}{5 + len(rows)}" for c in "EG"}
    assert any(row[2] == "00:30 +1" for row in rows)


def test_summary_sheet_gives_reasons_and_defaults_their_origin(tiny, book):
    """Reasons of the largest shortage and the origin of a default are on their sheets."""
    texts = {str(c.value) for row in book["汇总"].iter_rows() for c in row if c.value}
    assert reasons_text("zh", tiny.shortages[0].reasons) in texts
    texts = {str(c.value) for row in book["默认值"].iter_rows() for c in row if c.value}
    assert "劳动法第 36 条：每日 8 小时" in texts
    assert "店铺·服务水平目标" in texts


@pytest.mark.parametrize("name", ["plan.html", "roster.xlsx"])
def test_english_outputs_speak_no_chinese(english, name):
    """Apart from the names in the workspace nothing Chinese is in the English outputs."""
    content = render(english, VERSIONS)[name]
    if name.endswith("xlsx"):
        package = zipfile.ZipFile(io.BytesIO(content))
        spoken = ("xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml", "docProps/core.xml")
        text = "".join(package.read(part).decode() for part in spoken)
    else:
        # The other language waits in a template, its name on the button that shows it.
        text = content.decode().split("<template")[0].replace(say("en", "page.other_lang"), "")
    tables = (english.workspace.shops, english.workspace.agents)
    for said in (str(name) for table in tables for name in table["name"]):
        for part in CHINESE.findall(said):
            text = text.replace(part, "")
    assert CHINESE.findall(text) == []


# Reports.


def figures_of(**changes: float | None) -> Figures:
    plain: dict[str, Any] = {
        "required_h": 100.0,
        "uncovered_h": 10.0,
        "uncovered_share": 0.1,
        "bound_h": 4.0,
        "paid_h": 90.0,
        "agents": 8,
        "on_duty": 8,
        "shifts": 12,
    }
    return Figures(**(plain | changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "at least 4.0 seat-hours (4.0%)"),
        ({"bound_h": 10.0}, "no lawful roster leaves less"),
        ({"bound_h": 0.01}, "not ruled out"),
        ({"bound_h": None}, "No bound"),
        ({"on_duty": 6}, "2 have no shift"),
    ],
)
def test_verdict_says_no_more_than_is_proven(english, changes, said):
    """The sentences follow the bound: reached, apart, near zero, unknown."""
    titles = pool_titles(english.workspace, "en")
    text = " ".join(sentence for _, sentence in verdict(english, figures_of(**changes), titles))
    assert said in text


def test_activities_without_time_are_told_in_every_output(tiny, english):
    """Terminal, page and workbook name kind, agent and day; the summary has them as rows."""
    missed = (("training", "A1", dt.date(2026, 11, 17)),)
    for plan, said in ((tiny, "A1 培训（11-17 起）。"), (english, "training A1 (from 11-17).")):
        told = dataclasses.replace(plan, unplaced=missed)
        assert any(
            text.endswith(said) for good, text in verdict(told, figures(told), {}) if not good
        )
        assert any(said[:-1] in part for part in report(told) if isinstance(part, str))
        row = {"activity": "training", "agent_id": "A1", "first_day": "2026-11-17"}
        assert summary(told)["activities_unplaced"] == [row]


def test_comprehensive_hours_are_marked_as_needing_approval(english):
    """The verdict of page and workbook says that the hours need the labour bureau's approval."""
    rules = Rules(preset="comprehensive-hours", average_over="week")
    told = dataclasses.replace(
        english, scenario=english.scenario.model_copy(update={"rules": rules})
    )
    assert any("approval" in text for good, text in verdict(told, figures(told), {}) if not good)
    assert not any("approval" in text for _, text in verdict(english, figures(english), {}))
    assert [summary(each)["needs_approval"] for each in (told, english)] == [True, False]


def test_gap_is_zero_at_the_bound_and_unknown_without():
    """A roster at or below its bound (rounding) has no gap; without a bound there is none."""
    assert figures_of().gap == pytest.approx(0.6)
    assert figures_of(bound_h=10.0000001).gap == 0
    assert figures_of(uncovered_h=0.0, bound_h=0.0).gap == 0
    assert figures_of(bound_h=None).gap is None


def test_service_table_leads_with_all_pools(english):
    """The first row is the contact-weighted total, and what misses its target is flagged."""
    table = service(english, pool_titles(english.workspace, "en"))
    assert table.rows[0][2] == pytest.approx(english.replay.service_level)
    missed = {(i, 2) for i, row in enumerate(table.rows) if row[2] < row[3] - 5e-4}
    assert missed <= set(table.flagged)


def test_untested_forecast_is_no_row(english):
    """A backtest without rows leaves its table empty instead of inventing errors."""
    tested = english.forecast.backtest
    empty = dataclasses.replace(tested, table=tested.table.iloc[:0])
    forecast = dataclasses.replace(english.forecast, backtest=empty)
    plan = dataclasses.replace(english, forecast=forecast)
    assert backtest(plan).rows == ()
    found = summary(plan)["backtest"]
    assert found == {"wape": None, "naive_wape": None, "bias": None, "shop_days": 0}
    assert say("en", "page.backtest_none") in render(plan, VERSIONS)["plan.html"].decode()


def test_the_ledger_is_told_alike_in_table_workbook_and_summary(tiny, book, rendered):
    """Everybody's late shifts and the spread are the board's in ledger.csv, sheet and summary."""
    rows = pd.read_csv(io.BytesIO(rendered["ledger.csv"]), encoding="utf-8-sig")
    late = rows[rows["item"] == "late"].set_index("agent_id")
    assert late["had"].to_dict() == {line.agent_id: line.late for line in board(tiny).lines}
    assert late["share"].sum() == pytest.approx(late["had"].sum(), abs=0.1)
    sheet = book["公平账"]
    assert sheet["D4"].value == "晚班"
    told = [row[4] for row in sheet.iter_rows(min_row=6, max_row=13, values_only=True)]
    assert told == late["had"].tolist()
    own = late[late["comparable"] == 1]["balance_after"]
    spread = json.loads(rendered["summary.json"])["ledger"]["spread"]["late"]["after"]
    assert spread == pytest.approx(own.max() - own.min(), abs=0.02)
    assert sheet["G14"].value == pytest.approx(spread)


def test_requests_granted_are_those_of_the_board(tiny, rendered):
    """The ledger and the fairness table of the summary count the same kept wishes."""
    kept, asked = tiny.ledger.granted
    text = fairness(tiny, board(tiny)).rows[-1][1]
    assert text == f"满足 {kept} / {asked}"
    assert json.loads(rendered["summary.json"])["ledger"]["requests_asked"] == asked == 2


def test_fairness_counts_wishes(english):
    """Of the two wishes of the tiny workspace, those that the roster keeps are counted."""
    made = board(english)
    cells = {line.agent_id: line.cells for line in made.lines}
    early = cells["A5"][0]
    kept = (not cells["A1"][5].parts) + (bool(early.parts) and not early.late)
    assert fairness(english, made).rows[-1][1] == f"{kept} of 2 kept"


def test_chart_of_all_pools_adds_up_their_shortages(tiny):
    """In the total one pool's spare seats do not hide another's shortage."""
    found = data(tiny)
    sums = [sum(row[4] for row in rows) for rows in found["seats"]]
    assert sums[0] == pytest.approx(sum(sums[1:]), abs=0.1)
    assert sums[0] / 2 == pytest.approx(tiny.roster.uncovered_h, abs=0.1)


# Whole or not at all.


def test_an_unlawful_plan_is_never_published(tiny, tmp_path):
    """With a violation publish refuses, writes nothing, and the old output stays."""
    publish(tiny, tmp_path / "out", VERSIONS)
    before = held(tmp_path / "out")
    for folder in (tmp_path / "out", tmp_path / "new"):
        with pytest.raises(PublishError) as error:
            publish(broken(tiny), folder, VERSIONS)
        assert codes(error) == ["unlawful"]
    assert held(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_older_output_is_replaced_whole(tiny, english, tmp_path):
    """A file of an older output that is no longer written is gone, and nothing is left beside."""
    publish(tiny, tmp_path / "out", VERSIONS)
    manifest = tmp_path / "out" / "manifest.json"
    old = json.loads(manifest.read_text("utf-8"))
    old["files"].append({"file": "calendar.ics"})
    manifest.write_text(json.dumps(old), "utf-8")
    (tmp_path / "out" / "calendar.ics").write_text("old", "utf-8")
    (tmp_path / "out" / ".DS_Store").write_text("", "utf-8")
    publish(english, tmp_path / "out", VERSIONS)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(NAMES)
    assert json.loads((tmp_path / "out" / "summary.json").read_bytes())["lang"] == "en"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_somebodys_hidden_files_are_left_alone(tiny, tmp_path):
    """Only what Excel, LibreOffice and file managers leave there may go."""
    publish(tiny, tmp_path / "out", VERSIONS)
    mine = tmp_path / "out" / ".htaccess"
    mine.write_text("mine", "utf-8")
    with pytest.raises(PublishError, match=r"\.htaccess"):
        publish(tiny, tmp_path / "out", VERSIONS)
    assert mine.read_text("utf-8") == "mine"


def test_a_folder_of_other_files_is_left_alone(tiny, tmp_path):
    """Publishing into somebody's documents is refused and names what is in the way."""
    letter = tmp_path / "documents" / "letter.txt"
    letter.parent.mkdir()
    letter.write_text("dear", "utf-8")
    with pytest.raises(PublishError, match=r"letter\.txt") as error:
        publish(tiny, letter.parent, VERSIONS)
    assert codes(error) == ["cannot_write"]
    assert letter.read_text("utf-8") == "dear"
    assert [path.name for path in tmp_path.rglob("*")] == ["documents", "letter.txt"]


@pytest.mark.parametrize("place", ["calendars/A1.ics", "calendars/._mine", "._mine/below"])
def test_a_folder_within_an_output_is_left_alone(tiny, tmp_path, place):
    """Whatever its name, a folder in a folder of ours is somebody's, and its files stay."""
    publish(tiny, tmp_path / "out", VERSIONS)
    mine = tmp_path / "out" / place / "precious.txt"
    (tmp_path / "out" / "calendars" / "A1.ics").unlink()
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", "utf-8")
    with pytest.raises(PublishError) as error:
        publish(tiny, tmp_path / "out", VERSIONS)
    assert codes(error) == ["cannot_write"]
    assert mine.read_text("utf-8") == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_to_itself_is_told(tiny, tmp_path):
    """A folder that is a link to itself cannot be written to, which is told."""
    (tmp_path / "out").symlink_to(tmp_path / "out")
    with pytest.raises(PublishError) as error:
        refuse_unusable(tmp_path / "out")
    assert codes(error) == ["cannot_write"]


@pytest.mark.parametrize("place", ["out", "out/below"])
def test_a_file_in_the_way_is_told_and_kept(tiny, tmp_path, place):
    """Where the folder or its parent is a file, publish says so and leaves the file."""
    (tmp_path / "out").write_text("a file", "utf-8")
    with pytest.raises(PublishError) as error:
        publish(tiny, tmp_path / place, VERSIONS)
    assert codes(error) == ["cannot_write"]
    assert (tmp_path / "out").read_text("utf-8") == "a file"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("step", ["write_bytes", "rename"])
def test_a_full_disk_leaves_the_old_output(tiny, english, tmp_path, monkeypatch, step):
    """Failing in the middle of writing or swapping, publish leaves the old folder as it was."""
    publish(tiny, tmp_path / "out", VERSIONS)
    before = held(tmp_path / "out")
    real = getattr(Path, step)
    calls = []

    def fails(self: Path, *args: Any) -> Any:
        calls.append(self)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *args)

    monkeypatch.setattr(Path, step, fails)
    with pytest.raises(PublishError, match="No space left") as error:
        publish(english, tmp_path / "out", VERSIONS)
    monkeypatch.undo()
    assert codes(error) == ["cannot_write"]
    assert held(tmp_path / "out") == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_vanished_input_is_told(tiny, tmp_path):
    """When a table is gone before its checksum is taken, nothing is written."""
    moved = dataclasses.replace(tiny.workspace, root=tmp_path / "gone")
    with pytest.raises(PublishError) as error:
        publish(dataclasses.replace(tiny, workspace=moved), tmp_path / "out", VERSIONS)
    assert codes(error) == ["cannot_write"]
    assert list(tmp_path.iterdir()) == []


def test_the_workbook_of_a_later_version_tells_what_changed(tiny):
    """Its titles name the version, and a sheet lists the duties that changed."""
    version = Version(number=3, before={"gone": {f"{START}": "10:00-12:00 P-day"}})
    book = openpyxl.load_workbook(io.BytesIO(workbook(tiny, version)))
    sheet = book[say("zh", "sheet.changes")]
    assert sheet["A1"].value.endswith(say("zh", "sheet.version", number=3))
    assert "gone" in {cell.value for cell in sheet["A"]}
    first = openpyxl.load_workbook(io.BytesIO(workbook(tiny)))
    assert say("zh", "sheet.changes") not in first.sheetnames
