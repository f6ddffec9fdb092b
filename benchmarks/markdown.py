"""Tables of measured figures, and their place in docs/benchmarks.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def lined(rows: list[list[str]]) -> str:
    """Return rows of cells as the lines of a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(path: Path, name: str, text: str) -> None:
    """Put a text between the markers of its name in a Markdown file, or at its end."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = path.read_text("utf-8") if path.exists() else "# Benchmarks\n"
    block = f"{begin}\n{text}\n{end}"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    new = pattern.sub(lambda _: block, old) if begin in old else f"{old.rstrip()}\n\n{block}\n"
    path.write_text(new, "utf-8")
