"""What one seat more or less is worth: a table and a few bars for each pool."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.text import Text

from staffing.scenario import Scenario
from staffing.seats.choice import Choice
from staffing.seats.curve import BINDINGS, Curve
from staffing.tell.console import Say, as_json, bar, console, line, records, speaker, table, written

CELLS = 50
"""Widest bar: two per cent of the service level a cell."""
HUGE = 99_999
"""Above it a number is not worth its digits: what the last late contact of a month would cost."""
BESIDE = 20
"""Characters of a line beside its bar."""


def shifted(
    made: Curve, scenario: Scenario, asked: Choice, drawn: Path | None, *, machine: bool
) -> None:
    """Print the curve of each pool; `drawn` is the file that it was drawn to."""
    if machine:
        told = {"seat_hour": made.seat_hour, "max_occupancy": made.max_occupancy}
        files = [] if drawn is None else [drawn.as_posix()]
        as_json({**told, "curves": records(made.table), "files": files})
        return
    say = speaker(scenario.lang)
    for pool, own in made.table.groupby("pool", sort=True):
        line(_head(say, str(pool), own, made, scenario, asked))
        _table(say, own)
        _bars(say, own)
        line("")
    if drawn is not None:
        written(scenario.lang, [drawn])


def _head(
    say: Say, pool: str, own: pd.DataFrame, made: Curve, scenario: Scenario, asked: Choice
) -> str:
    """Return which pool and days, how many contacts, what target and price."""
    dates = scenario.grid.dates
    when = asked.day or f"{dates[0]}"
    if asked.day is None and len(dates) > 1:
        when = say("curve.days", first=f"{dates[0]}", last=f"{dates[-1]}")
    facts = {
        "pool": pool,
        "when": when,
        "at": asked.at,
        "contacts": f"{own['contacts'].iloc[0]:,.1f}",
        "target": _percent(own["target"].iloc[0]),
        "price": f"{made.seat_hour:g}",
    }
    return say("curve.head" if asked.at is None else "curve.head_at", **facts)


def _table(say: Say, own: pd.DataFrame) -> None:
    names = ["offset", "seats", "seat_hours", "service_level", "occupancy", "asa", "late"]
    endless = bool(own["abandoned"].isna().all())
    names += [] if endless else ["abandoned"]
    names += ["cost", "per_contact", "per_saved", "reason"]
    whole = bool((own["seats"] % 1 == 0).all())
    rows = [
        [
            _shift(row["offset"]),
            f"{row['seats']:,.{0 if whole else 1}f}",
            f"{row['seat_hours']:,.1f}",
            f"{row['service_level']:.1%}",
            f"{row['occupancy']:.1%}",
            _number(row["asa_s"], 1),
            _number(row["late"], 1),
            *([] if endless else [_number(row["abandoned"], 1)]),
            _number(row["cost"], 0),
            _number(row["cost_per_contact"], 2),
            _number(row["cost_per_saved"], 2),
            _reason(say, row) if row["required"] else "",
        ]
        for row in own.to_dict("records")
    ]
    table([say(f"curve.{name}") for name in names], rows)


def _bars(say: Say, own: pd.DataFrame) -> None:
    """Print the service level of each shift as a bar, with the target across all of them."""
    terminal = console()
    cells = CELLS
    if terminal.is_terminal:
        cells = max(min(CELLS, terminal.width - BESIDE), 10)
    line(say("curve.drawn"))
    for row in own.to_dict("records"):
        drawn = bar(row["service_level"], row["target"], cells, terminal.encoding)
        text = f"{_shift(row['offset']):>5} {drawn} {row['service_level']:>6.1%}"
        terminal.print(Text(text, style="bold" if row["required"] else ""), soft_wrap=True)


def _reason(say: Say, row: Mapping[Any, Any]) -> str:
    """Return what set the seats: alone, or with its share of the half hours."""
    shares = {name: row[f"by_{name}"] / row["half_hours"] for name in BINDINGS}
    told = sorted((name for name in BINDINGS if shares[name] > 0), key=lambda name: -shares[name])
    names = [say(f"curve.{name}") for name in told]
    if len(told) > 1:
        facts = [_percent(shares[name]) for name in told]
        pairs = zip(names, facts, strict=True)
        names = [say("curve.share", name=name, share=share) for name, share in pairs]
    return say("curve.required", reasons=say("where.comma").join(names))


def _shift(offset: int) -> str:
    return "n" if offset == 0 else f"n{offset:+d}"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.0%}"


def _number(value: float, decimals: int) -> str:
    """Return a number; endless ones as such, huge ones as that, a dash where there is none."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞"
    return f"{value:,.{decimals}f}" if value <= HUGE else f">{HUGE:,}"
