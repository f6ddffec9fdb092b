"""Seats added so that tickets are done when they are due.

Tickets are due a number of half hours of the clock after they came, closed hours among them, and
worked in open half hours with what capacity the live contacts leave (`deferred`) at the planned
seats and at one, two, ... more. Half hours count as wholes, on the safe side: what comes in one is
worked from the next on, and done before the first of it is due.

The tickets of one kind fall due in the order in which they came, so all that matters is how much
is done by the end of each half hour: no less than has fallen due, no more than has come, and the
more the better. The most that so many added seats can have done by then follows from the half hour
before, whatever the shape of the capacities. That recursion finds the fewest seats, exactly.
Kinds with different deadlines are planned one after the other, the shortest first, on what the
others leave; a seat that is then not needed is taken out again. That is near the fewest, not
always there.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from staffing.seats.checks import Floats, Ints, number, refuse

__all__ = ["TicketPlan", "ticket_plan", "worked"]

# Seat-hours that count as none: sums of floats.
_NONE_H = 1e-9
_FEW = 8


@dataclass(frozen=True, kw_only=True)
class TicketPlan:
    """When tickets are worked, and with how many added seats; arrays of one value a half hour.

    Attributes
    ----------
    seats : added seats
    done_h : seat-hours of tickets done, the earliest due first
    late_h : seat-hours due at the end of the half hour and not done by then, for no seats allowed
        could have; they are done later
    left_h : seat-hours not done by the end of the horizon, most of them not yet due
    """

    seats: Ints
    done_h: Floats
    late_h: Floats
    left_h: float


def ticket_plan(
    arrivals_h: ArrayLike,
    due_halfhours: ArrayLike,
    capacity_h: ArrayLike,
    is_open: ArrayLike | None = None,
) -> TicketPlan:
    """Return the fewest added seats with which tickets are done by their deadlines.

    Where the most seats allowed do not suffice, nothing is later than with all of them.

    Parameters
    ----------
    arrivals_h : array_like, shape (half hours,) or (kinds, half hours)
        Seat-hours of tickets that come in each half hour of the clock, >= 0. Work carried in is
        of the first half hour.
    due_halfhours : int or array_like, shape (kinds,)
        Half hours of the clock within which each kind is to be done, >= 2. What falls due after
        the last half hour need not be done in the horizon.
    capacity_h : array_like, shape (half hours, 1 + most added seats)
        Seat-hours of tickets that can be worked at 0, 1, 2, ... added seats, >= 0. Where more
        seats do less, only as many as do most are used.
    is_open : array_like of bool, shape (half hours,), optional
        Where tickets are worked; everywhere if left out.

    Returns
    -------
    TicketPlan

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or negative, deadlines are not whole or
        below 2, or the shapes do not fit.

    Examples
    --------
    Three seat-hours come at once and are due within two hours; one more seat does 0.5 a half hour:

    >>> plan = ticket_plan([3, 0, 0, 0, 0], 4, [[0.5, 1.0, 1.5]] * 5)
    >>> plan.seats.tolist(), plan.done_h.tolist()
    ([0, 2, 1, 0, 0], [0.0, 1.5, 1.0, 0.5, 0.0])
    """
    arrivals = np.atleast_2d(number("arrivals_h", arrivals_h))
    capacity = number("capacity_h", capacity_h)
    due = number("due_halfhours", due_halfhours, least=2.0)
    refuse("due_halfhours", "whole", due, due != np.floor(due))
    kinds, halves = arrivals.shape if arrivals.ndim == 2 else (0, 0)
    if capacity.ndim != 2 or capacity.shape[0] != halves or not capacity.shape[1]:
        raise ValueError(
            f"capacity_h must have one row a half hour and one column for 0, 1, ... added seats, "
            f"got {capacity.shape} for arrivals_h of {np.shape(arrivals_h)}"
        )
    if due.ndim > 1 or due.size not in {1, kinds}:
        raise ValueError(
            f"due_halfhours must be one number, or one for each of {kinds} kinds, got {due.shape}"
        )
    worked = np.ones(halves) if is_open is None else np.asarray(is_open)
    if worked.shape != (halves,):
        raise ValueError(f"is_open must be one value a half hour ({halves}), got {worked.shape}")
    most = np.maximum.accumulate(np.where(worked.astype(bool)[:, None], capacity, 0.0), axis=1)
    within = np.minimum(np.broadcast_to(due, kinds), halves + 2).astype(np.int64)
    seats = _seats(arrivals, within, most)
    done, late, _ = _work(arrivals, within, most[np.arange(halves), seats])
    left = max(float(arrivals.sum() - done.sum()), 0.0)
    return TicketPlan(seats=seats, done_h=done, late_h=late, left_h=left)


def worked(
    arrivals_h: Floats, due_halfhours: ArrayLike, capacity_h: Floats
) -> tuple[Floats, Floats]:
    """Return the seat-hours done, and found overdue, in each half hour with a given capacity.

    Parameters
    ----------
    arrivals_h, due_halfhours
        As in :func:`ticket_plan`, the former of shape (kinds, half hours).
    capacity_h : ndarray, shape (half hours,)
        Seat-hours of tickets that can be worked; 0 where it is closed.
    """
    kinds, halves = arrivals_h.shape
    within = np.minimum(np.broadcast_to(np.asarray(due_halfhours), kinds), halves + 2)
    done, late, _ = _work(arrivals_h, within.astype(np.int64), capacity_h)
    return done, late


def _seats(arrivals: Floats, within: Ints, capacity: Floats) -> Ints:
    """Added seats of all kinds."""
    halves, steps = capacity.shape
    at = np.arange(halves)
    seats, used = np.zeros(halves, dtype=np.int64), np.zeros(halves)
    spans = np.unique(within)
    for span in spans:
        # Beyond the most seats allowed the last column repeats itself: no gain, never chosen.
        added = np.minimum(seats[:, None] + np.arange(steps), steps - 1)
        free = np.maximum(np.take_along_axis(capacity, added, axis=1) - used[:, None], 0.0)
        come = arrivals[within == span].sum(axis=0)
        more = _fewest(come, int(span), free)
        seats = seats + more
        used += _work(come[None, :], np.array([span]), free[at, more])[0]
    return seats if spans.size < 2 else _settled(arrivals, within, capacity, seats)


def _fewest(come: Floats, within: int, capacity: Floats) -> Ints:
    """Fewest added seats of one kind: the recursion over the half hours."""
    halves = come.size
    total = np.concatenate([np.zeros(within), np.cumsum(come), np.zeros(within)])
    has_come = total[within - 1 :][:halves]  # in the half hours before
    fallen_due = total[1:][:halves]  # what came `within - 1` before, and earlier
    best = 0.0
    need = np.zeros(halves)
    for half, (limit, full) in enumerate(zip(has_come, capacity[:, -1], strict=True)):
        best = min(limit, best + full)
        need[half] = min(fallen_due[half], best) - _NONE_H
    most = _FEW
    while True:
        found = _within_budget(has_come, need, capacity, most)
        if found is not None:
            return found
        most *= 2


def _within_budget(has_come: Floats, need: Floats, capacity: Floats, most: int) -> Ints | None:
    """Fewest added seats, or None where they are more than `most` in all."""
    halves, steps = capacity.shape
    done = np.full(most + 1, -np.inf)  # the most done with exactly so many added seats
    done[0] = 0.0
    chosen = np.zeros((halves, most + 1), dtype=np.int64)
    for half in range(halves):
        best = done + capacity[half, 0]
        for more in range(1, min(steps, most + 1)):
            if capacity[half, more] <= capacity[half, more - 1]:
                continue
            other = done[: most + 1 - more] + capacity[half, more]
            better = other > best[more:]
            best[more:][better] = other[better]
            chosen[half, more:][better] = more
        best = np.minimum(best, has_come[half])
        done = np.where(best >= need[half], best, -np.inf)
    enough = np.flatnonzero(done > -np.inf)
    if not enough.size:
        return None
    budget = int(enough[0])
    seats = np.zeros(halves, dtype=np.int64)
    for half in range(halves - 1, -1, -1):
        seats[half] = chosen[half, budget]
        budget -= int(seats[half])
    return seats


def _work(arrivals: Floats, within: Ints, capacity: Floats) -> tuple[Floats, Floats, Floats]:
    """Seat-hours done, found late, and overdue at the end of each half hour, earliest due first."""
    halves = capacity.size
    done, late, behind = np.zeros((3, halves))
    waiting: list[list[float]] = []  # last half hour, arrival, seat-hours left
    overdue = 0.0
    for half in range(halves):
        if half:
            for kind in np.flatnonzero(arrivals[:, half - 1] > 0).tolist():
                last = half - 2 + int(within[kind])
                heapq.heappush(waiting, [last, half, float(arrivals[kind, half - 1])])
        room = float(capacity[half])
        part = min(room, overdue)
        overdue, room = overdue - part, room - part
        done[half] += part
        while waiting and room > 0:
            part = min(room, waiting[0][2])
            done[half] += part
            room -= part
            waiting[0][2] -= part
            if waiting[0][2] <= 0:
                heapq.heappop(waiting)
        while waiting and waiting[0][0] <= half:
            missed = heapq.heappop(waiting)[2]
            overdue += missed
            late[half] += missed if missed > _NONE_H else 0.0
        behind[half] = overdue
    return done, late, behind


def _settled(arrivals: Floats, within: Ints, capacity: Floats, seats: Ints) -> Ints:
    """Added seats of several kinds, mended where all seats leave less overdue, without needless."""
    at = np.arange(seats.size)
    least = _work(arrivals, within, capacity[:, -1])[2] + _NONE_H

    def worse(tried: Ints) -> Ints:
        return np.flatnonzero(_work(arrivals, within, capacity[at, tried])[2] > least)

    while (fails := worse(seats)).size:
        # The latest half hour that can do more; at the worst, all seats everywhere.
        more = np.flatnonzero(capacity[at, seats] < capacity[:, -1])
        half = more[more <= fails[0]][-1]
        seats[half] = np.argmax(capacity[half] > capacity[half, seats[half]])
    for half in np.flatnonzero(seats)[::-1].tolist():
        while seats[half]:
            fewer = seats.copy()
            fewer[half] -= 1
            if worse(fewer).size:
                break
            seats = fewer
    return seats
