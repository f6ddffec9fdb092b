"""The pictures of the READMEs: the page of a plan in both languages, as a browser shows it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 1540}
ROWS = 14
"""Agents shown of the day."""
SHOWN = f"""
  .note, #verdict ul, #demand, #shortages, #service, #roster ~ section, footer {{ display: none }}
  #gantt tbody tr:nth-child(n + {ROWS + 1}), #gantt ~ *, .more {{ display: none }}
"""
PICTURES = {"zh-CN": "plan.zh-CN.png", "en": "plan.png"}
"""Language -> its picture beside this file."""


def main(page: Path) -> None:
    """Take every picture of a page."""
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE, color_scheme="light")
        tab.goto(page.resolve().as_uri())
        tab.wait_for_selector("#chart-demand svg", state="attached")
        tab.add_style_tag(content=SHOWN)
        for _ in PICTURES:
            name = PICTURES[str(tab.get_attribute("html", "lang"))]
            tab.mouse.move(0, 0)
            tab.evaluate("document.activeElement.blur()")
            tab.screenshot(path=Path(__file__).parent / name)
            tab.click("#language")
            tab.wait_for_selector("#chart-demand svg", state="attached")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
