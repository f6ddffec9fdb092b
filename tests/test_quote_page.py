"""A quote in a real browser: offline, every character drawn, nothing over the edge, inert."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from staffing.publish.quote.letter import letter
from staffing.publish.quote.page import page as render_page
from staffing.quote.estimate import estimate
from staffing.quote.offer import offer
from staffing.quote.prospect import prospect_of
from staffing.quote.rates import Rates

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
FACTS = {
    "category": "女装",
    "agents": 6,
    "contacts": 520.0,
    "promotions": "monthly",
    "platform": "Tmall",
    "conversion": 0.4,
    "order_value_yuan": 168.0,
    "closes": "01:00",
    "handover": (0.3, 0.6, 1.0),
    "start": dt.date(2026, 12, 1),
    "name": "云裳女装旗舰店",
}
WIDTHS = (390, 1280)
MISSING = """
() => {
  const text = new Set(document.body.innerText.replace(/\\s/g, ''));
  for (const each of document.querySelectorAll('svg text'))
    for (const char of each.textContent.trim()) text.add(char);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 48;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.font = '32px ' + getComputedStyle(document.body).fontFamily;
  const drawn = char => {
    context.clearRect(0, 0, 48, 48);
    context.fillText(char, 4, 36);
    return context.getImageData(0, 0, 48, 48).data.join();
  };
  const boxes = new Set(['\\u0378', '\\u{10FFFD}', '\\uE0F0'].map(drawn));
  const blank = drawn(' ');
  return {
    missing: [...text].filter(char => boxes.has(drawn(char)) || drawn(char) === blank),
    seen: text.size,
    caught: boxes.has(drawn('\\u0379')),
  };
}
"""
"""Characters of the page that are drawn like ones that no font has, or not at all."""


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = letter(offer(estimate(prospect_of({}, FACTS), None), Rates()), "zh")
    path = tmp_path_factory.mktemp("quote") / "quote.html"
    path.write_text(render_page(made), "utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(params=WIDTHS)
def opened(request: Any, browser: Any, html: Path) -> Iterator[tuple[Any, list[str]]]:
    """The page at a width, with everything that the browser said and asked for."""
    said: list[str] = []
    page = browser.new_page(viewport={"width": request.param, "height": 800})
    page.on("request", lambda each: said.append(each.url))
    page.on("console", lambda each: said.append(each.text))
    page.on("pageerror", lambda each: said.append(str(each)))
    page.goto(html.as_uri())
    yield page, said
    page.close()


def test_page_opens_without_network_and_complaint(opened, html):
    """The page asks for nothing but itself, and the console stays empty."""
    page, said = opened
    page.wait_for_timeout(100)
    assert said == [html.as_uri()]


def test_nothing_hangs_over_the_edge(opened):
    """Tables and charts scroll in their own boxes; no text leaves its own."""
    page, _ = opened
    page.locator("summary").click()
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    over = page.evaluate(
        """() => [...document.querySelectorAll('h1,h2,h3,p,li,dd,.tile,.tile b,figcaption')]
            .filter(e => e.scrollWidth > e.clientWidth + 1)
            .map(e => e.textContent.slice(0, 40))"""
    )
    assert over == []


def test_tables_fit_a_desk(browser, html):
    """At 1280 px no table has to be scrolled."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(html.as_uri())
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.box')]"
            ".filter(e => e.scrollWidth > e.clientWidth).length"
        )
        == 0
    )
    page.close()


def test_every_character_is_drawn(opened):
    """No character looks like one that no font has."""
    page, _ = opened
    page.locator("summary").click()
    found = page.evaluate(MISSING)
    assert found["caught"]
    assert found["seen"] > 250
    assert found["missing"] == []


def test_charts_are_drawn(opened):
    """Steps of an ordinary and a promotion day, and bars of every phase, have their size."""
    page, _ = opened
    boxes = [each.bounding_box() for each in page.locator("figure svg").all()]
    assert len(boxes) == 3
    assert all(box["width"] >= 300 and box["height"] >= 100 for box in boxes)
    assert page.locator("figure").last.locator("path[style*='fill:var(--peak)']").count() == 1


def test_the_page_has_a_dark_side(browser, html):
    """Where the reader's screen is dark, paper and ink change places, and contrast stays."""
    lights = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(html.as_uri())
        lights[scheme] = [
            page.evaluate(
                f"""() => getComputedStyle({where}).{name}.match(/\\d+/g).slice(0, 3)
                    .reduce((sum, each) => sum + +each, 0) / 765"""
            )
            for where, name in (
                ("document.documentElement", "backgroundColor"),
                ("document.body", "color"),
            )
        ]
        page.close()
    (paper, ink), (dark_paper, dark_ink) = lights["light"], lights["dark"]
    assert paper > 0.95
    assert ink < 0.3
    assert dark_paper < 0.15
    assert dark_ink > 0.85


def test_the_page_prints(browser, html):
    """On paper the page is A4, dark ink on white, a few pages long."""
    page = browser.new_page(color_scheme="dark")
    page.goto(html.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    sheets = pypdf.PdfReader(io.BytesIO(printed)).pages
    assert 3 <= len(sheets) <= 9
    assert round(float(sheets[0].mediabox.width)) in (595, 596)


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", '=HYPERLINK("x")', "很长的店名" * 80, "店😀"]
)
def test_odd_names_do_nothing(browser, tmp_path, name):
    """A merchant named like markup, or by 400 characters, is shown as text within the page."""
    made = letter(offer(estimate(prospect_of({}, FACTS), None), Rates()), "zh")
    path = tmp_path / "quote.html"
    path.write_text(render_page(dataclasses.replace(made, merchant=name)), "utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 800})
    dialogs: list[str] = []
    page.on("dialog", lambda each: (dialogs.append("dialog"), each.dismiss()))
    page.goto(path.as_uri())
    assert page.inner_text(".merchant") == name
    assert page.locator("script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert dialogs == []
    page.close()
