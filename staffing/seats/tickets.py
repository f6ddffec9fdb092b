"""Tickets of a pool beside its live contacts: the seats that their deadlines ask for more.

Tickets fill what the live contacts leave free, as far as their service level allows (`deferred`);
where that is too little before a deadline, seats are added (`deadlines`). Shifts cannot follow
seats that come and go, so a day's quiet half hours are filled up to one level instead wherever
that costs little more. The seats that the forecast's doubt asks for are not given to tickets. Open
at the start of the horizon are none; what is due only after it is left undone at no cost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.grid import INTERVAL_MIN
from staffing.seats.checks import Floats, Ints
from staffing.seats.deadlines import ticket_plan, worked
from staffing.seats.deferred import ticket_capacity

__all__ = ["Work", "seats_for_tickets", "tickets_at"]

SEAT_H = INTERVAL_MIN / 60
MOST_ADDED = (4, 16, 64)
"""Seats added to a half hour at most, tried in turn while tickets become overdue."""
LEAST_DUE = 2
"""Half hours: a ticket is worked from the half hour after it came."""
OVERDUE_H = 1e-6
LEVEL_COST = 1.15
"""Seats added up to a level may be this many times the fewest, and two more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What tickets ask of each pool and half hour.

    Attributes
    ----------
    seats : at work, with those added (n,)
    done_h : seat-hours of tickets to be worked (n,)
    late_h : seat-hours of tickets that become overdue (n,)
    """

    seats: Ints
    done_h: Floats
    late_h: Floats


def seats_for_tickets(
    live: pd.DataFrame, tickets: pd.DataFrame, pooled: pd.DataFrame, seats: Ints, spare: Ints
) -> Work:
    """Return the seats with which all tickets are done when due, as far as 64 more at once do.

    Parameters
    ----------
    live, tickets : contacts per shop and half hour, as `demand.by_channel` parts them
    pooled : one row a pool and half hour: pool, slot, date, contacts, aht_s, concurrency (n,)
    seats : at work (n,)
    spare : how many of them the forecast's doubt asks for (n,)
    """
    found = seats.copy()
    for case in _cases(live, tickets, pooled):
        for most in MOST_ADDED:
            capacity = case.capacity(seats - spare, most)
            plan = ticket_plan(case.arrivals_h, case.due, capacity, case.is_open)
            if plan.late_h.sum() <= OVERDUE_H:
                break
        fewest = plan.seats[case.place]
        found[case.at] += _levelled(case, seats[case.at], fewest, capacity)
    return tickets_at(live, tickets, pooled, found, spare)


def tickets_at(
    live: pd.DataFrame, tickets: pd.DataFrame, pooled: pd.DataFrame, seats: Ints, spare: Ints
) -> Work:
    """Return what becomes of the tickets with given seats; as `seats_for_tickets`, none added."""
    done_h, late_h = np.zeros((2, len(seats)))
    for case in _cases(live, tickets, pooled):
        capacity, at = case.capacity(seats - spare, 0)[:, 0], case.at
        done, late = worked(case.arrivals_h, case.due, capacity)
        done_h[at] = done[case.place]
        # What becomes overdue in a closed half hour is told of the open one before.
        overdue = np.flatnonzero(late > OVERDUE_H)
        before = np.maximum(np.searchsorted(case.place, overdue, side="right") - 1, 0)
        np.add.at(late_h, at[before], late[overdue])
    return Work(seats=seats, done_h=done_h, late_h=late_h)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A pool's tickets on the clock of its first to its last open half hour.

    Attributes
    ----------
    part, asked : the pool's rows of `pooled`, and its live contacts' targets
    at : those rows' positions; place : where they stand on the clock
    arrivals_h : seat-hours that come, by deadline (kinds, clock); due : half hours (kinds,)
    ticket_s : mean handle time
    """

    part: pd.DataFrame
    asked: pd.DataFrame
    at: Ints
    place: Ints
    arrivals_h: Floats
    due: list[int]
    ticket_s: float

    @property
    def is_open(self) -> npt.NDArray[np.bool_]:
        """Return which half hours of the clock are open."""
        found = np.zeros(self.arrivals_h.shape[1], dtype=np.bool_)
        found[self.place] = True
        return found

    def capacity(self, seats: Ints, most: int) -> Floats:
        """Return seat-hours of tickets on the clock with 0 to `most` seats more than `seats`."""
        found = np.zeros((self.arrivals_h.shape[1], most + 1))
        free = seats[self.at, None] + np.arange(most + 1)
        found[self.place] = SEAT_H * _capacity(self.part, self.asked, free, self.ticket_s)
        return np.maximum.accumulate(found, axis=1)


def _cases(live: pd.DataFrame, tickets: pd.DataFrame, pooled: pd.DataFrame) -> Iterator[_Case]:
    pools = pooled["pool"].astype(str).to_numpy()
    for pool, own in tickets.groupby("pool", sort=False):
        at = np.flatnonzero(pools == str(pool))
        slot = pooled["slot"].to_numpy(np.int64)[at]
        kinds: list[Any] = list(own.groupby("due_within_h", sort=True))
        arrivals_h = np.zeros((len(kinds), int(slot[-1] - slot[0]) + 1))
        for kind, (_, rows) in enumerate(kinds):
            work_h = (rows["contacts"] * rows["aht_s"]).to_numpy(np.float64) / 3600
            np.add.at(arrivals_h[kind], rows["slot"].to_numpy(np.int64) - slot[0], work_h)
        yield _Case(
            part=pooled.iloc[at],
            asked=live.loc[live["pool"] == pool, ["slot", "target_level", "answer_within_s"]],
            at=at,
            place=slot - slot[0],
            arrivals_h=arrivals_h,
            due=[max(round(float(hours) / SEAT_H), LEAST_DUE) for hours, _ in kinds],
            ticket_s=max(3600 * arrivals_h.sum() / max(own["contacts"].sum(), 1e-9), 1e-3),
        )


def _levelled(case: _Case, seats: Ints, fewest: Ints, capacity: Floats) -> Ints:
    """Return added seats that fill each day up to a level, or the fewest where that is dear.

    Parameters
    ----------
    seats : at work without them (n,)
    fewest : added seats that come and go (n,)
    capacity : seat-hours on the clock with 0, 1, ... added seats
    """
    most = capacity.shape[1] - 1
    days, day = np.unique(case.part["date"].to_numpy(), return_inverse=True)

    def added(levels: Ints) -> Ints:
        return np.asarray(np.clip(levels[day] - seats, 0, most), dtype=np.int64)

    def overdue_h(more: Ints) -> float:
        able = np.zeros(len(capacity))
        able[case.place] = capacity[case.place, more]
        return float(worked(case.arrivals_h, case.due, able)[1].sum())

    allowed_h = overdue_h(fewest) + OVERDUE_H
    low, high = int(seats.min(initial=0)), int((seats + fewest).max(initial=0))
    while low < high:
        middle = (low + high) // 2
        enough = overdue_h(added(np.full(len(days), middle))) <= allowed_h
        low, high = (low, middle) if enough else (middle + 1, high)
    levels = np.full(len(days), high)
    for d in range(len(days)):
        while levels[d] > 0:
            levels[d] -= 1
            if overdue_h(added(levels)) > allowed_h:
                levels[d] += 1
                break
    level = added(levels)
    dear = level.sum() > LEVEL_COST * fewest.sum() + 2 or overdue_h(level) > allowed_h
    return fewest if dear else level


def _capacity(part: pd.DataFrame, asked: pd.DataFrame, seats: Ints, ticket_s: float) -> Floats:
    """Return the seats that tickets can keep busy without missing any live target (n, k)."""
    load, aht_s, most = (
        part[name].to_numpy(np.float64)[:, None] for name in ("contacts", "aht_s", "concurrency")
    )
    load = load * aht_s / (60.0 * INTERVAL_MIN)
    found = np.maximum(seats, 0).astype(np.float64)
    targets: Any = asked.groupby(["target_level", "answer_within_s"], sort=False)
    for (level, within_s), rows in targets:
        here = np.isin(part["slot"].to_numpy(), rows["slot"].to_numpy())
        if here.any():
            able = ticket_capacity(
                np.maximum(seats[here], 0), load[here], aht_s[here], level, within_s,
                ticket_s, most[here],
            )  # fmt: skip
            found[here] = np.minimum(found[here], able)
    return found
