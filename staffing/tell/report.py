"""What a report says: its sentences, its tables, the files written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from staffing.publish.cells import shown
from staffing.publish.reported import Told
from staffing.tell.console import as_json, line, table, written
from staffing.words import say

SHOWN_ROWS = 40


def reported(told: Told, paths: Sequence[Path], *, machine: bool) -> None:
    """Print title, sentences and tables of a report, and the files written."""
    if machine:
        as_json({**told.record, "files": [path.as_posix() for path in paths]})
        return
    line(told.title)
    line(told.span)
    for _, sentence in told.verdict:
        line(sentence)
    for each in told.tables.values():
        line("")
        line(each.title)
        forms = [column.form for column in each.columns]
        rows = [
            [shown(told.lang, value, form) for value, form in zip(row, forms, strict=True)]
            for row in each.rows
        ]
        table([column.label for column in each.columns], rows[:SHOWN_ROWS])
        if len(rows) > SHOWN_ROWS:
            line(say(told.lang, "report.more_rows", number=len(rows) - SHOWN_ROWS))
    written(told.lang, paths)
