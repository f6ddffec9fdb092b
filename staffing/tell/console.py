"""The terminal: lines and tables through rich, JSON as it is; nothing at all where it is hushed."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from staffing.outcome import Grid, Part
from staffing.words import Lang, say

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 160
"""Characters of a line where no terminal says how wide it is."""
SHORT_CELL = 14
"""Characters up to which a column counts as numbers and stands to the right."""

VISIBLE = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n"} | {0x7F: 0x2421}
"""Signs that a terminal would obey, such as escape, and those that picture them: names and keys
are printed as they were given."""

Say = Callable[..., str]
_TAPES: list[list[Part]] = []
"""Where lines and tables go instead of the terminal, the last one first; see `recorded`."""
_HUSHED = [False]
"""Whether nothing is printed but faults and JSON, see `hush`."""


def hush(quiet: bool) -> None:
    """Print nothing from now on but faults and JSON, or everything again."""
    _HUSHED[0] = quiet


def hushed() -> bool:
    """Return whether nothing is printed but faults and JSON."""
    return _HUSHED[0]


def speaker(lang: Lang) -> Say:
    """Return `say` of one language."""
    return partial(say, lang)


def console(*, stderr: bool = False) -> Console:
    """Return the terminal, or stderr."""
    return Console(stderr=stderr, highlight=False)


def line(text: str, *, stderr: bool = False, fault: bool = False) -> None:
    """Print a line as it is: not wrapped, nothing in it read as markup.

    Parameters
    ----------
    fault : whether it tells why there is no result, which a hushed terminal tells as well
    """
    if _TAPES and not stderr:
        _TAPES[-1].append(text)
        return
    if hushed() and not fault:
        return
    console(stderr=stderr).out(text.translate(VISIBLE), highlight=False)


def written(lang: Lang, paths: Sequence[Path]) -> None:
    """Print which files were written."""
    line(say(lang, "say.written"))
    for path in paths:
        line(f"  {path}")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column left, short cells right."""
    if _TAPES:
        _TAPES[-1].append(Grid(head=tuple(head), rows=tuple(tuple(row) for row in rows)))
        return
    if hushed():
        return
    made = Table(box=box.SIMPLE_HEAD)
    for i, name in enumerate(head):
        short = all(len(row[i]) <= SHORT_CELL for row in rows)
        made.add_column(
            name.translate(VISIBLE), justify="right" if i and short else "left", overflow="fold"
        )
    for row in rows:
        made.add_row(*(Text(cell.translate(VISIBLE)) for cell in row))
    terminal = console()
    if not terminal.is_terminal:
        terminal.width = WIDTH
    terminal.print(made)


@contextmanager
def recorded() -> Iterator[list[Part]]:
    """Yield a list that takes the lines and tables that would be printed meanwhile."""
    _TAPES.append([])
    try:
        yield _TAPES[-1]
    finally:
        _TAPES.pop()


def replayed(parts: Sequence[Part]) -> None:
    """Print what was recorded."""
    for part in parts:
        if isinstance(part, Grid):
            table(part.head, part.rows)
        else:
            line(part)


def bar(share: float, mark: float, cells: int, encoding: str = "utf-8") -> str:
    """Return a bar of a share, padded to `cells`, with a mark at another share if that is known.

    Parameters
    ----------
    share : from 0 to 1
    mark : from 0 to 1, or NaN
    encoding : of the terminal; without Unicode the bar is of plain signs

    Examples
    --------
    >>> bar(0.55, 0.8, 10), bar(1.0, 0.8, 10), bar(0.55, float("nan"), 10, "ascii")
    ('█████▌  │ ', '████████│█', '#####     ')
    """
    eighths = round(min(max(share, 0.0), 1.0) * cells * 8)
    if encoding.lower().startswith("utf"):
        drawn, tick = "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip(), "│"
    else:
        drawn, tick = "#" * (eighths // 8), "|"
    drawn = drawn.ljust(cells)
    if math.isnan(mark):
        return drawn
    at = min(int(mark * cells), cells - 1)
    return drawn[:at] + tick + drawn[at + 1 :]


def as_json(value: Any) -> None:
    """Print a value as JSON.

    Raises
    ------
    ValueError
        When a number in it is not finite: a bug, not an input.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON: dates in ISO form, unknown numbers None."""
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return found
