"""Fixed shifts, for programs that place no meals: how many of each would fit the seats."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_diag, coo_array, csr_array, hstack, identity, vstack

from benchmarks.crews.generator import OPEN, Instance
from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
from staffing.roster.shifts import Template, templates

GAP = 1e-3
"""Relative gap at which counting shifts stops."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FixedShift:
    """A shift with its meals at fixed times; slots count from midnight of its day.

    Attributes
    ----------
    start, end : slots [start, end)
    away : slots at meals
    full_time : whether it is one of the full-time shifts
    """

    name: str
    start: int
    end: int
    away: tuple[tuple[int, int], ...]
    full_time: bool

    @property
    def working(self) -> npt.NDArray[np.bool_]:
        """Return in which open half hours of the day it is at work."""
        slots = np.arange(OPEN.first_slot, OPEN.end_slot)
        found = (slots >= self.start) & (slots < self.end)
        for begins, ends in self.away:
            found &= (slots < begins) | (slots >= ends)
        return found

    @property
    def paid_h(self) -> float:
        """Return its hours less meals."""
        return float(self.working.sum()) / SLOTS_PER_H


def menu(instance: Instance, *, part_time: bool) -> list[FixedShift]:
    """Return the scenario's shifts: full-time ones with early and with late meals.

    Of the part-time shifts those without a meal, so that the menu stays short.
    """
    settings, most_h = instance.scenario.shifts, instance.scenario.rules.max_stretch_h
    full = templates(settings, "full_time", OPEN, most_h, [OPEN])
    found = [_fixed(shift, last, full_time=True) for shift in full for last in (False, True)]
    if part_time:
        part = templates(settings, "part_time", OPEN, most_h, [OPEN])
        found += [_fixed(shift, False, full_time=False) for shift in part if not shift.meals]
    return list(dict.fromkeys(found))


def _fixed(shift: Template, last: bool, *, full_time: bool) -> FixedShift:
    begins = [meal.last if last else meal.first for meal in shift.meals]
    away = tuple((t, t + shift.meal_slots) for t in begins)
    times = "".join(f" {t / SLOTS_PER_H:g}" for t, _ in away)
    name = f"{shift.start / SLOTS_PER_H:g}-{shift.end / SLOTS_PER_H:g}{times}"
    return FixedShift(name, shift.start, shift.end, away, full_time)


def total_seats(instance: Instance) -> Ints:
    """Return the seats of all pools together (days, open half hours)."""
    table, days = instance.requirement.table, instance.scenario.horizon.days
    seats = np.zeros(days * SLOTS_PER_DAY, dtype=np.int64)
    np.add.at(seats, table["slot"].to_numpy(), table["seats"].to_numpy())
    return seats.reshape(days, SLOTS_PER_DAY)[:, OPEN.first_slot : OPEN.end_slot]


def wanted(instance: Instance, shifts: Sequence[FixedShift], present: Ints, limit_s: float) -> Ints:
    """Return how many of each shift would fit the seats of all pools best (days, shifts).

    Minimises missing and idle seats together, with no more people than there are.

    Parameters
    ----------
    present : (2, days + 1): part-time and full-time people there on each day, and the duties of
        each kind in all
    limit_s : seconds after which the best counts so far are taken
    """
    seats = total_seats(instance)
    days, slots = seats.shape
    working = csr_array(np.array([shift.working for shift in shifts]).T.astype(float))
    kinds = np.array([[not s.full_time for s in shifts], [s.full_time for s in shifts]], float)
    number = len(shifts) * days
    cover = hstack([block_diag([working] * days), identity(days * slots)])
    cover = csr_array(hstack([cover, -identity(days * slots)]))
    blank = coo_array((2 * days + 2, 2 * days * slots))
    daily = vstack([block_diag([kinds] * days), np.tile(kinds, days)])
    people = csr_array(hstack([daily, blank]))
    most = np.concatenate([present[:, :-1].T.ravel(), present[:, -1]])
    made = milp(
        np.concatenate([np.zeros(number), np.ones(2 * days * slots)]),
        constraints=[
            LinearConstraint(cover, seats.ravel(), seats.ravel()),
            LinearConstraint(people, ub=most),
        ],
        integrality=np.concatenate([np.ones(number), np.zeros(2 * days * slots)]),
        bounds=Bounds(0, np.inf),
        options={"time_limit": limit_s, "mip_rel_gap": GAP},
    )
    if made.x is None:
        raise RuntimeError(f"no counts of shifts within {limit_s:g} s: give more time")
    return np.rint(made.x[:number]).astype(np.int64).reshape(days, len(shifts))


def as_table(instance: Instance, duties: Iterable[tuple[str, int, FixedShift]]) -> pd.DataFrame:
    """Return duties (agent, day, shift) as the table of stretches that the judge reads."""
    grid = instance.scenario.grid
    found = []
    for agent, day, shift in sorted(duties, key=lambda duty: duty[:2]):
        edges = [shift.start, *(t for span in shift.away for t in span), shift.end]
        for i, (begins, ends) in enumerate(itertools.pairwise(edges)):
            span = (grid.time_of(day * SLOTS_PER_DAY + t) for t in (begins, ends))
            date = dt.datetime.combine(grid.dates[day], dt.time())
            found.append((agent, date, *span, "meal" if i % 2 else "work", None))
    table = pd.DataFrame(found, columns=["agent_id", "date", "start", "end", "activity", "pool"])
    return table.astype(dict.fromkeys(("date", "start", "end"), "datetime64[ns]"))
