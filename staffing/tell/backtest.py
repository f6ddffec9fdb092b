"""How good the forecast was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from staffing.publish.cells import shown
from staffing.publish.tested import Scored
from staffing.publish.tested.page import by_group, shop_titles, totals, verdict
from staffing.tell.console import as_json, line, records, table, written
from staffing.words import say

SHOWN_SHOPS = 15


def scored(made: Scored, paths: Sequence[Path], *, machine: bool) -> None:
    """Print verdict and scores: all in all, per pool, of the first shops; and the files written."""
    if machine:
        as_json(_record(made, paths))
        return
    for _, sentence in verdict(made):
        line(sentence)
    titles = {pool: pool for pool in made.workspace.pools}
    tables = [totals(made), by_group(made, "pool", titles)]
    tables.append(by_group(made, "shop", shop_titles(made)))
    for each in tables:
        forms = [column.form for column in each.columns]
        rows = [
            [shown(made.lang, value, form) for value, form in zip(row, forms, strict=True)]
            for row in each.rows
        ]
        most = SHOWN_SHOPS if each is tables[-1] else len(rows)
        table([column.label for column in each.columns], rows[:most])
        if len(rows) > most:
            line(say(made.lang, "say.more_shops", count=len(rows) - most))
    written(made.lang, paths)


def _record(made: Scored, paths: Sequence[Path]) -> dict[str, Any]:
    rows = records(made.scores)
    whole = [each for each in rows if each["scope"] == "all" and each["kind"] == "all"]
    return {
        "name": made.name,
        "issued": made.issued,
        "origins": sorted({f"{origin:%Y-%m-%d}" for origin in made.rows["origin"]}),
        "total": {each["method"]: {n: each[n] for n in list(each)[4:]} for each in whole},
        "scores": rows,
        "files": [path.as_posix() for path in paths],
    }
