"""Tickets of a pool beside its live contacts: the seats that their deadlines ask for more.

Tickets fill what the live contacts leave free, as far as their service level allows (`deferred`);
where that is too little before a deadline, seats are added (`deadlines`). The seats that the
forecast's doubt asks for are not given to tickets. Open at the start of the horizon are none; what
is due only after it is left undone at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN
from staffing.seats.checks import Floats, Ints
from staffing.seats.deadlines import ticket_plan
from staffing.seats.deferred import ticket_capacity

__all__ = ["Work", "seats_for_tickets"]

SEAT_H = INTERVAL_MIN / 60
MOST_ADDED = (4, 16, 64)
"""Seats added to a half hour at most, tried in turn while tickets become overdue."""
LEAST_DUE = 2
"""Half hours: a ticket is worked from the half hour after it came."""
OVERDUE_H = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What tickets ask of each pool and half hour.

    Attributes
    ----------
    seats : at work, with those added (n,)
    done_h : seat-hours of tickets to be worked (n,)
    late_h : seat-hours of tickets that become overdue; 0 unless more than 64 seats more at once
        were too few (n,)
    """

    seats: Ints
    done_h: Floats
    late_h: Floats


def seats_for_tickets(
    live: pd.DataFrame, tickets: pd.DataFrame, pooled: pd.DataFrame, seats: Ints, spare: Ints
) -> Work:
    """Return the fewest seats with which all tickets are done when due.

    Parameters
    ----------
    live, tickets : contacts per shop and half hour, as `demand.by_channel` parts them
    pooled : one row a pool and half hour: pool, slot, contacts, aht_s, concurrency (n,)
    seats : at work (n,)
    spare : how many of them the forecast's doubt asks for (n,)
    """
    found, done_h, late_h = seats.copy(), np.zeros(len(seats)), np.zeros(len(seats))
    pools = pooled["pool"].astype(str).to_numpy()
    for pool, own in tickets.groupby("pool", sort=False):
        at = np.flatnonzero(pools == str(pool))
        asked = live.loc[live["pool"] == pool, ["slot", "target_level", "answer_within_s"]]
        place = pooled["slot"].to_numpy(np.int64)[at]
        first, length = int(place[0]), int(place[-1] - place[0]) + 1
        kinds: list[Any] = list(own.groupby("due_within_h", sort=True))
        arrivals = np.zeros((len(kinds), length))
        for kind, (_, rows) in enumerate(kinds):
            work_h = (rows["contacts"] * rows["aht_s"]).to_numpy(np.float64) / 3600
            np.add.at(arrivals[kind], rows["slot"].to_numpy(np.int64) - first, work_h)
        due = [max(round(float(hours) / SEAT_H), LEAST_DUE) for hours, _ in kinds]
        open_ = np.zeros(length, dtype=bool)
        open_[place - first] = True
        mean_s = 3600 * arrivals.sum() / max(float(own["contacts"].sum()), 1e-9)
        for most in MOST_ADDED:
            capacity = np.zeros((length, most + 1))
            free = (seats - spare)[at, None] + np.arange(most + 1)
            capacity[place - first] = SEAT_H * _capacity(pooled.iloc[at], asked, free, mean_s)
            plan = ticket_plan(arrivals, due, capacity, open_)
            if plan.late_h.sum() <= OVERDUE_H:
                break
        found[at] += plan.seats[place - first]
        done_h[at] = plan.done_h[place - first]
        # What becomes overdue in a closed half hour is told of the open one before.
        overdue = np.flatnonzero(plan.late_h > OVERDUE_H)
        np.add.at(
            late_h, at[np.searchsorted(place - first, overdue, "right") - 1], plan.late_h[overdue]
        )
    return Work(seats=found, done_h=done_h, late_h=late_h)


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
                max(ticket_s, 1e-3), most[here],
            )  # fmt: skip
            found[here] = np.minimum(found[here], able)
    return found
