"""A contract's close-out in words: its tiles, sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from staffing.publish.cells import Column, Form, Table, shown
from staffing.publish.reported import Told, columns
from staffing.publish.reports import below
from staffing.publish.summary import rounded
from staffing.report import CloseOut
from staffing.words import Lang, say

__all__ = ["told_close_out"]

OF_DAYS: tuple[tuple[str, Form], ...] = (
    ("contacts", "count"),
    ("orders", "count"),
    ("forecast", "count"),
    ("service_level", "share"),
    ("target", "share"),
    ("lost", "share"),
    ("agreed_h", "number"),
    ("delivered_h", "number"),
)
OF_MONTHS: tuple[tuple[str, Form], ...] = (
    ("days", "count"),
    ("contacts", "count"),
    ("orders", "count"),
    ("wape", "share"),
    ("bias", "signed"),
    ("service_level", "share"),
    ("target", "share"),
    ("agreed_h", "number"),
    ("delivered_h", "number"),
)
SETTLED: tuple[tuple[str, Form], ...] = (
    ("contacts", "count"),
    ("orders", "count"),
    ("agreed_h", "number"),
    ("delivered_h", "number"),
    ("missing_h", "number"),
    ("short_days", "count"),
    ("missed_days", "count"),
    ("statutory_days", "count"),
    ("unknown_days", "count"),
    ("unrostered_days", "count"),
)
"""What a settlement needs, whatever the price model: see docs/outputs.md."""


def told_close_out(made: CloseOut) -> Told:
    """Return the close-out in the scenario's language."""
    lang = made.scenario.lang
    name = say(
        lang, "label.shop_of", shop=made.shop_id, name=made.workspace.shops["name"][made.shop_id]
    )
    settled = settlement(made)
    tables = {
        "settle": _settle(lang, settled),
        "months": _months(made),
        "days": _days(made),
        "agents": _agents(made),
    }
    facts = {"first": f"{made.first}", "last": f"{made.last}", "days": len(made.days)}
    return Told(
        lang=lang,
        title=say(lang, "report.closed_title", shop=name),
        span=say(lang, "report.closed_span", zone=made.workspace.zone, **facts),
        tiles=tuple(_tiles(made)),
        verdict=tuple(_verdict(made, settled)),
        tables={key: table for key, table in tables.items() if table.rows},
        notes={
            "settle": say(lang, "report.settle_note"),
            "days": say(lang, "report.days_note"),
            "agents": say(lang, "report.shared_note" if made.shared else "report.own_note"),
        },
        facts={
            "days": made.days,
            "months": made.months,
            "agents": made.agents,
            "settle": pd.DataFrame([settled]),
        },
        record={
            "shop_id": made.shop_id,
            "first": f"{made.first}",
            "last": f"{made.last}",
            "shared": made.shared,
            "total": {str(key): rounded(value) for key, value in made.total.items()},
            "settle": {key: rounded(value) for key, value in settled.items()},
            "months": [
                {key: each[key] if key == "month" else rounded(each[key]) for key in each}
                for each in made.months.to_dict("records")
            ],
            "agents": [
                {**each, "hours": rounded(each["hours"])} for each in made.agents.to_dict("records")
            ],
        },
    )


def settlement(made: CloseOut) -> dict[str, float]:
    """Return the quantities to settle; hours are missing only where the roster is known."""
    total, days = made.total, made.days
    known = days.dropna(subset=["delivered_h"])
    missing = (known["agreed_h"] - known["delivered_h"]).clip(lower=0.0)
    found = {
        "contacts": total["contacts"],
        "orders": total["orders"],
        "agreed_h": total["agreed_h"],
        "delivered_h": total["delivered_h"],
        "missing_h": missing.sum(min_count=1),
        "short_days": total["short_days"],
        "missed_days": total["missed_days"],
        "statutory_days": total["statutory_days"],
        "unknown_days": float(days["contacts"].isna().sum()),
        "unrostered_days": float(days["delivered_h"].isna().sum()),
    }
    return {name: float(value) for name, value in found.items()}


def _tiles(made: CloseOut) -> Iterator[tuple[str, str, str, bool]]:
    lang, total = made.scenario.lang, made.total

    def tile(
        name: str, value: float, form: Form, *, bad: bool = False, **facts: object
    ) -> tuple[str, str, str, bool]:
        note = say(lang, f"report.tile_{name}_note", **facts)
        return say(lang, f"report.tile_{name}"), shown(lang, value, form), note, bad

    yield tile(
        "contacts", total["contacts"], "count", forecast=shown(lang, total["forecast"], "count")
    )
    yield tile("wape", total["wape"], "share", bias=shown(lang, total["bias"], "signed"))
    missed = below(total["service_level"], total["target"])
    target = shown(lang, total["target"], "share")
    yield tile("service", total["service_level"], "share", bad=missed, target=target)
    short = total["short_days"] > 0
    known = made.days.dropna(subset=["delivered_h"])
    agreed = shown(lang, float(known["agreed_h"].sum(min_count=1)), "number")
    yield tile("delivered", total["delivered_h"], "number", bad=short, agreed=agreed)


def _verdict(made: CloseOut, settled: dict[str, float]) -> Iterator[tuple[bool, str]]:
    lang, total = made.scenario.lang, made.total

    def show(value: float, form: Form) -> str:
        return shown(lang, value, form)

    facts = {"came": show(total["contacts"], "count"), "days": show(total["days"], "count")}
    yield True, say(lang, "report.closed_came", wape=show(total["wape"], "share"), **facts)
    if not math.isnan(total["orders"]):
        yield True, say(lang, "report.closed_orders", orders=show(total["orders"], "count"))
    if not math.isnan(total["service_level"]):
        level, target = total["service_level"], total["target"]
        facts = {"level": show(level, "share"), "target": show(target, "share")}
        missed = int(total["missed_days"])
        yield not below(level, target), say(lang, "report.closed_service", missed=missed, **facts)
    if not math.isnan(total["delivered_h"]):
        facts = {name: show(settled[name], "number") for name in ("delivered_h", "missing_h")}
        facts["days"] = show(total["rostered_days"], "count")
        yield not settled["missing_h"], say(lang, "report.closed_hours", **facts)
    for name in ("unknown_days", "unrostered_days"):
        if settled[name]:
            yield False, say(lang, f"report.closed_{name}", days=int(settled[name]))


def _settle(lang: Lang, settled: dict[str, float]) -> Table:
    rows = tuple(
        (say(lang, f"report.{name}"), shown(lang, settled[name], form)) for name, form in SETTLED
    )
    columns = tuple(Column(label=say(lang, f"label.{name}")) for name in ("measure", "value"))
    return Table(title=say(lang, "report.settle"), columns=columns, rows=rows)


def _months(made: CloseOut) -> Table:
    lang = made.scenario.lang
    rows = [
        (name, *(row[key] for key, _ in OF_MONTHS))
        for name, row in [
            (say(lang, "label.total"), made.total.to_dict()),
            *((row["month"], row) for row in made.months.to_dict("records")),
        ]
    ]
    return Table(
        title=say(lang, "report.by_month"),
        columns=columns(lang, "month", OF_MONTHS),
        rows=tuple(rows),
        total=True,
    )


def _days(made: CloseOut) -> Table:
    lang = made.scenario.lang
    table = made.days
    rows = tuple(
        (f"{row['date']:%Y-%m-%d}", *(row[key] for key, _ in OF_DAYS))
        for row in table.to_dict("records")
    )
    at = {name: i for i, (name, _) in enumerate(OF_DAYS, start=1)}
    flagged = {
        (i, at[level])
        for i, row in enumerate(rows)
        for level, limit in (("service_level", "target"), ("delivered_h", "agreed_h"))
        if below(row[at[level]], row[at[limit]])
    }
    return Table(
        title=say(lang, "report.by_day"),
        columns=columns(lang, "date", OF_DAYS),
        rows=rows,
        flagged=frozenset(flagged),
    )


def _agents(made: CloseOut) -> Table:
    lang = made.scenario.lang
    names: tuple[tuple[str, Form], ...] = (("name", "text"), ("team", "text"), ("days", "count"))
    columns = [Column(label=say(lang, "label.agent_id"))]
    columns += [Column(label=say(lang, f"label.{name}"), form=form) for name, form in names]
    columns.append(Column(label=say(lang, "report.hours"), form="number"))
    return Table(
        title=say(lang, "report.agents"),
        columns=tuple(columns),
        rows=tuple(made.agents.itertuples(index=False, name=None)),
    )
