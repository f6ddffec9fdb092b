"""The generated parts of the documents: ``python -m staffing.docs`` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import BaseModel

from staffing.quote.prospect import Prospect
from staffing.quote.rates import Rates
from staffing.scenario import Scenario, keys_page
from staffing.workspace.template import table_page

PAGES = Path(__file__).parents[1] / "docs"
PART = re.compile(r"(?<=<!-- generated: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def refreshed(page: str) -> str:
    """Return a page with its generated parts as the code has them now.

    A part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; the name is a table
    of the workspace, ``scenario`` for the keys of the scenario file, ``prospect`` for those of a
    prospect, ``rates`` for those of a file of rates.
    """
    return PART.sub(lambda part: f"{part[1]}{part[2]}\n{_part(part[1])}\n", page)


def _part(name: str) -> str:
    pages: dict[str, type[BaseModel]] = {"scenario": Scenario, "prospect": Prospect, "rates": Rates}
    return keys_page(pages[name]) if name in pages else table_page(name, "en")


if __name__ == "__main__":
    for path in sorted(PAGES.glob("*.md")):
        path.write_text(refreshed(path.read_text("utf-8")), "utf-8", newline="\n")
