"""Duties as they were told to people, read back from a published table."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from staffing.errors import Fault
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, Grid
from staffing.roster.activities import Key
from staffing.roster.duty import Duty
from staffing.roster.places import pool_of
from staffing.roster.shifts import Meal, MealName, Template
from staffing.words import listed

Speed = Mapping[Key, Mapping[str, int]]
"""(agent id, day) -> place -> speed units."""


@dataclass(frozen=True, slots=True)
class Told:
    """A duty as it was published.

    Attributes
    ----------
    duty : its shift with the meals where they were placed, and the place served in each slot
    busy : whether it holds training, a meeting or a quality check, which others may count on
    """

    duty: Duty
    busy: bool


def off_grid(table: pd.DataFrame, file: str) -> list[Fault]:
    """Return the fault of stretches that do not begin and end on the half hour, if there are any.

    Parameters
    ----------
    table : one row a stretch, the index its row in the file
    """
    unit = f"{INTERVAL_MIN}min"
    odd = (table["start"] != table["start"].dt.floor(unit)) | (
        table["end"] != table["end"].dt.floor(unit)
    )
    if not odd.any():
        return []
    facts = {"rows": int(odd.sum()), "names": listed([f"{row}" for row in table.index[odd]])}
    return [Fault(code="off_half_hour", file=file, facts=facts)]


def told_duties(
    grid: Grid, table: pd.DataFrame, speed: Speed, late_after_min: int
) -> dict[Key, Told]:
    """Return (agent id, day of the horizon) -> the duty that a table tells.

    Parameters
    ----------
    table : one row a stretch: agent_id, date, start, end, activity, pool, all in the horizon and on
        the half hour
    speed : the places that each agent serves on a day; a pool that is none of hers is no service
    late_after_min : minutes of the day after which the end of a shift is late
    """
    parts: dict[Key, list[Any]] = defaultdict(list)
    for row in rows(table.sort_values(["agent_id", "date", "start"], kind="stable")):
        parts[str(row.agent_id), (row.date.date() - grid.start).days].append(row)
    return {
        key: _told(grid, key, stretches, speed.get(key, {}), late_after_min // INTERVAL_MIN)
        for key, stretches in parts.items()
    }


def _told(
    grid: Grid, key: Key, stretches: list[Any], own: Mapping[str, int], late_after: int
) -> Told:
    place = {pool_of(name): name for name in own}
    pools: dict[int, str | None] = {}
    meals: list[Meal] = []
    busy = False
    for row in stretches:
        first, end = (_slot(grid, key[1], moment) for moment in (row.start, row.end))
        pool = place.get(str(row.pool)) if row.activity == "work" else None
        pools |= dict.fromkeys(range(first, end), pool)
        if row.activity == "meal":
            meals.append(Meal(first, first, _named(first)))
        busy |= row.activity not in ("work", "meal")
    start, end = min(pools), max(pools) + 1
    gaps = [t for t in range(start, end) if t not in pools]
    eaten = sum(
        _slot(grid, key[1], r.end) - _slot(grid, key[1], r.start)
        for r in stretches
        if r.activity == "meal"
    )
    tags = ["late" if end > late_after else "early", *(["split"] if gaps else [])]
    shift = Template(
        start=start,
        end=end,
        paid=len(pools) - eaten,
        meals=tuple(meals),
        tags=tuple(sorted(tags)),
        hole=(gaps[0], gaps[-1] + 1) if gaps else (),
    )
    served = tuple(pools.get(t) for t in range(start, end))
    return Told(Duty(shift, tuple(meal.first for meal in meals), served), busy)


def _slot(grid: Grid, day: int, moment: dt.datetime) -> int:
    """Return the slot of a service day that begins at a moment."""
    return grid.slot_of(moment) - day * SLOTS_PER_DAY


def _named(slot: int) -> MealName:
    """Return what a meal is called that begins at a slot of the day."""
    return "lunch" if slot < 15 * 60 // INTERVAL_MIN else "dinner"
