"""quote.json: what a merchant may know, for machines, and what a later quote is compared with."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from staffing.publish.cells import Table
from staffing.publish.quote.letter import Letter
from staffing.quote.estimate import LEVELS
from staffing.quote.offer import LIKELY, Quote

__all__ = ["Earlier", "earlier_of", "record"]

Earlier = Mapping[str, Any]
"""number, date, merchant and snapshot of an earlier quote."""


def record(
    quote: Quote, letter: Letter, snapshot: Mapping[str, str], earlier: Earlier | None
) -> dict[str, object]:
    """Return quote.json; amounts are texts of decimals."""
    levels = (LIKELY,) if quote.firm else LEVELS
    return {
        "number": quote.number,
        "date": f"{quote.date}",
        "valid_until": f"{quote.valid_until}",
        "firm": quote.firm,
        "merchant": quote.prospect.name,
        "model": quote.model,
        "snapshot": dict(snapshot),
        "earlier": earlier,
        "kinds": [
            {
                "name": kind.name,
                "days_per_month": round(kind.days_per_month, 3),
                "contacts": round(float(kind.table["contacts"].sum()), 1),
                "seats": {level: kind.seats(level) for level in LEVELS},
            }
            for kind in quote.estimate.kinds
        ],
        "prices": {
            model: {level: str(quote.priced[level][model].total) for level in levels}
            for model in quote.models
        },
        "instalments": {
            level: [
                {"due": f"{each.due}", "months": each.months, "amount": str(each.amount)}
                for each in quote.priced[level][quote.model].instalments
            ]
            for level in levels
        },
        "assumptions": _rows(letter.assumptions),
        "open_items": list(letter.open_items),
        "check": list(letter.check),
        "changes": _rows(letter.changes),
        "terms": list(letter.terms),
    }


def _rows(table: Table) -> list[list[object]]:
    return [list(row) for row in table.rows]


def earlier_of(path: Path, quote: Quote) -> Earlier | None:
    """Return the quote that a new one replaces, read from the quote.json that it left.

    A file that is this very quote already tells what that one replaced; one of another merchant,
    or that no quote wrote, tells nothing.
    """
    try:
        old = json.loads(path.read_text("utf-8"))
        if old["merchant"] != quote.prospect.name:
            return None
        if old["number"] == quote.number:
            old = old["earlier"]
        if old is None:
            return None
        found = {name: old[name] for name in ("number", "date", "merchant", "snapshot")}
        dt.date.fromisoformat(found["date"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    sound = isinstance(found["snapshot"], dict) and isinstance(found["number"], str)
    return found if sound else None
