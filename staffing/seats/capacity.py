"""The highest rate of contacts that 0, 1, 2, ... agents serve: solved once, then looked up.

Whatever is asked of a queue, its service level or an occupancy, gets worse as contacts come
faster, so each count of agents has one highest rate. Counts up to 256 are solved exactly. Beyond,
the rate per agent is a smooth function of the logarithm of their number: it is solved at
Chebyshev points and interpolated, the error is measured between them, and a stretch that misses
1e-8 of an agent's capacity is halved until it does not. A rate of contacts within 1e-6 of an
interpolated entry has that entry solved before it is answered: answers are those of an exact table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BarycentricInterpolator
from scipy.optimize import elementwise

from staffing.seats.checks import Floats, Ints

__all__ = ["MOST_SLOTS", "Capacity", "TooManySeatsError", "blocks"]

MOST_SLOTS = 200_000
"""More answer slots than this in one queue are a slip of units."""

# States laid out at a time; their arrays then fit into a few tens of megabytes.
_STATES = 1_000_000
_FIRST = 32
_DENSE = 256
_NODES = 22
_CHECKS = 6
# Of an agent's capacity: nearer to an interpolated entry, that entry is solved.
_MARGIN = 1e-6
# Entries are sought from this share of the last known rate per agent.
_NEAR = 0.9


class TooManySeatsError(ValueError):
    """The rate of contacts asks for more answer slots than one queue may have."""


def blocks(slots: Floats) -> Iterator[slice]:
    """Yield stretches of rows, sorted by slots, whose states fit into memory together."""
    start = 0
    while start < slots.size:
        # The last row of a block is its widest: as many rows as that width allows.
        rows = np.arange(1, slots.size - start + 1)
        fit = int(np.searchsorted(rows * slots[start:], _STATES, side="right"))
        yield slice(start, start + max(fit, 1))
        start += max(fit, 1)


class Capacity:
    """The highest rate that 0, 1, 2, ... agents serve, growing as it is asked for.

    Parameters
    ----------
    excess : of seats and contacts per second: how far a measure is above its goal; it grows with
        the rate
    serves : contacts per second that any agents serve
    fails_per_seat : contacts per second and agent that they do not serve
    done_per_seat : contacts per second that an agent completes at most
    slots_per_seat : answer slots of an agent
    """

    def __init__(
        self,
        excess: Callable[[Floats, Floats], Floats],
        *,
        serves: float,
        fails_per_seat: float,
        done_per_seat: float,
        slots_per_seat: int,
    ) -> None:
        self._excess = excess
        self._serves, self._fails_per_seat = serves, fails_per_seat
        self._done_per_seat, self._slots_per_seat = done_per_seat, slots_per_seat
        self._rates = np.zeros(1)
        self._exact = np.ones(1, dtype=np.bool_)
        self._most = max(MOST_SLOTS // slots_per_seat, 1)

    def fewest(self, rate: Floats) -> Ints:
        """Return the fewest agents that serve each rate."""
        self._grow(float(np.max(rate, initial=0.0)))
        seats = np.searchsorted(self._rates, rate)
        if np.max(seats, initial=0) > _DENSE:
            margin = _MARGIN * self._done_per_seat
            at, under = self._rates[seats] - rate <= margin, rate - self._rates[seats - 1] <= margin
            unsure = np.union1d(seats[at], np.maximum(seats[under] - 1, 0))
            unsure = unsure[~self._exact[unsure]]
            if unsure.size:
                self._rates[unsure], self._exact[unsure] = self._solve(unsure), True
                self._rates = np.maximum.accumulate(self._rates)
                seats = np.searchsorted(self._rates, rate)
        return np.asarray(seats, dtype=np.int64)

    def _grow(self, rate: float) -> None:
        """Append entries until the last one serves the rate."""
        while self._rates[-1] < rate:
            size = self._rates.size - 1
            if size == self._most or rate >= self._most * self._fails_per_seat:
                raise TooManySeatsError(
                    f"contacts_per_s must stay below what {MOST_SLOTS:,} answer slots serve, "
                    f"got {rate:g}. Check the units: contacts per second."
                )
            end = min(max(2 * size, _FIRST), self._most)
            n = np.arange(size + 1, end + 1)
            rates, exact = np.zeros(n.size), np.zeros(n.size, dtype=np.bool_)
            self._fill(n, rates, exact)
            self._rates = np.maximum.accumulate(np.concatenate([self._rates, rates]))
            self._exact = np.concatenate([self._exact, exact])

    def _fill(self, n: Ints, rates: Floats, exact: NDArray[np.bool_]) -> None:
        """Fill in entries: exactly, or between nodes where that is measured to be as good."""
        if n[-1] <= _DENSE or n.size <= 2 * _NODES:
            rates[:], exact[:] = self._solve(n), True
            return
        # Chebyshev points of log n, with others between them to measure the error by.
        turn = np.linspace(0, math.pi, 2 * _NODES - 1)
        middle, half = math.log(n[-1] * n[0]) / 2, math.log(n[-1] / n[0]) / 2
        points = np.unique(np.rint(np.exp(middle - half * np.cos(turn))).astype(np.int64))
        points = points[(points >= n[0]) & (points <= n[-1])]
        nodes, others = points[::2], points[1::2][:: _NODES // _CHECKS]
        found = self._solve(np.concatenate([nodes, others]))
        per_seat = BarycentricInterpolator(np.log(nodes), found[: nodes.size] / nodes)
        error = np.abs(per_seat(np.log(others)) * others - found[nodes.size :])
        if np.max(error) > _MARGIN / 100 * self._done_per_seat:
            half_way = n.size // 2
            for part in (slice(half_way), slice(half_way, None)):
                self._fill(n[part], rates[part], exact[part])
            return
        rates[:] = per_seat(np.log(n)) * n
        rates[np.concatenate([nodes, others]) - n[0]] = found
        exact[np.concatenate([nodes, others]) - n[0]] = True

    def _solve(self, n: Ints) -> Floats:
        """The exact highest rates of some counts of agents."""
        order = np.argsort(n)
        seats = n[order].astype(np.float64)
        found = np.zeros(n.size)
        for part in blocks(seats * self._slots_per_seat):
            found[order[part]] = self._root(seats[part])
        return found

    def _root(self, seats: Floats) -> Floats:
        """The highest rates of one block of counts, by Chandrupatla's bracketing."""
        # Large pools do better by the head: the head's rate in the largest so far is near enough.
        known = self._rates.size - 1
        ahead = _NEAR * self._rates[-1] / known if known else 0.0
        guess = np.maximum(seats * ahead, self._serves)
        low = np.where(self._excess(seats, guess) <= 0, guess, self._serves)
        result = elementwise.find_root(
            lambda rate, *args: self._excess(args[0], rate),
            (low, seats * self._fails_per_seat),
            args=(seats,),
            tolerances={"xatol": 0.0, "xrtol": 1e-15},
        )
        assert np.all(result.success)
        # A root met exactly ends the search with its bracket still wide.
        return np.asarray(np.where(result.f_x <= 0, result.x, result.bracket[0]))
