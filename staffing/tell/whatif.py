"""Plans beside each other, and one key at several values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from staffing.publish.whatif import Beside, columns
from staffing.tell.console import as_json, line, table, written
from staffing.words import say


def beside(made: Beside, paths: Sequence[Path], *, machine: bool) -> None:
    """Print the table of figures, which plan has no roster, and the files written."""
    if machine:
        files = [path.as_posix() for path in paths]
        told = {"key": made.key, "values": made.record()} if made.key else {"plans": made.record()}
        as_json({**told, "files": files})
        return
    line(made.title)
    head, rows = columns(made)
    table(head, [[label, *(cell.text(made.lang) for cell in cells)] for label, cells in rows])
    for column in made.columns:
        if not column.lawful:
            line(say(made.lang, "whatif.no_roster", name=column.name))
    line(made.note)
    written(made.lang, paths)
