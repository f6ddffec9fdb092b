"""What one seat more or less is worth: a table and a few bars for each pool."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from rich.text import Text

from staffing.scenario import Scenario
from staffing.seats import ASKS
from staffing.seats.choice import Choice
from staffing.seats.curve import Curve
from staffing.tell.console import Say, as_json, bar, console, line, records, speaker, table, written

CELLS = 50
"""Widest bar: two per cent of the service level a cell."""
WIDE = 110
"""Characters of a line that all columns ask for."""
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
        line(_reason(say, own))
        _table(say, own)
        _bars(say, own)
        line("")
    line(say("curve.note"))
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
    """Print the shifts; a narrow terminal goes without what follows from the other columns."""
    whole = bool((own["seats"] % 1 == 0).all())
    columns: dict[str, Callable[[Mapping[Any, Any]], str]] = {
        "offset": lambda row: _shift(row["offset"]),
        "seats": lambda row: f"{row['seats']:,.{0 if whole else 1}f}",
        "seat_hours": lambda row: f"{row['seat_hours']:,.1f}",
        "service_level": lambda row: f"{row['service_level']:.1%}",
        "occupancy": lambda row: f"{row['occupancy']:.1%}",
        "asa": lambda row: _number(row["asa_s"], 1),
        "late": lambda row: _number(row["late"], 1),
        "reply_level": lambda row: f"{row['reply_level']:.1%} / {row['reply_target']:.0%}",
        "ticket_late": lambda row: _number(row["ticket_late_h"], 1),
        "abandoned": lambda row: _number(row["abandoned"], 1),
        "cost": lambda row: _number(row["cost"], 0),
        "per_contact": lambda row: _price(row["cost_per_contact"]),
        "per_saved": lambda row: _price(row["cost_per_saved"]),
    }
    if own["abandoned"].isna().all():
        del columns["abandoned"]
    if own["reply_target"].isna().all():
        del columns["reply_level"]
    if not own["ticket_h"].any() and not own["ticket_late_h"].any():
        del columns["ticket_late"]
    terminal = console()
    if terminal.is_terminal and terminal.width < WIDE:
        del columns["seat_hours"], columns["per_contact"]
    rows = [[shown(row) for shown in columns.values()] for row in own.to_dict("records")]
    table([say(f"curve.{name}") for name in columns], rows)


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


def _reason(say: Say, own: pd.DataFrame) -> str:
    """Return what set the required seats: alone, or with its share of the half hours."""
    row = own[own["required"]].iloc[0]
    shares = {name: row[f"by_{name}"] / row["half_hours"] for name in ASKS}
    told = sorted((name for name in ASKS if shares[name] > 0), key=lambda name: -shares[name])
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


def _price(value: float) -> str:
    """Return yuan, with their hundredths where those matter."""
    return _number(value, 2 if value < 100 else 0)


def _number(value: float, decimals: int) -> str:
    """Return a number; endless ones as such, huge ones as that, a dash where there is none."""
    if math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞"
    return f"{value:,.{decimals}f}" if value <= HUGE else f">{HUGE:,}"
