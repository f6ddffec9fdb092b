"""A roster improved by simulated annealing over everybody's duties at once.

One duty, or a few together, change by chance: another shift, another meal, another rest day, an
exchange between two people. A change that breaks a limit of an agent is never made; one that costs
points is made the less likely the more it costs and the cooler it has become (Kirkpatrick, Gelatt
& Vecchi 1983, Science 220). Who serves which pool follows by shortest augmenting paths, half hour
by half hour, and people at the table beyond `Problem.meal_share` (R18) cost as much as a seat. So
all goals are priced at once and on the whole problem, some hundred thousand times a second.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from staffing.queue.kernel import Ints
from staffing.roster.arrays import Arrays
from staffing.roster.duty import Roll
from staffing.roster.kernel.seats import COVERED, NEED, PRICE
from staffing.roster.kernel.walk import enter, walk
from staffing.roster.prices import SPEED_UNITS
from staffing.roster.problem import Problem

HOT, COLD = 0.5, 0.015
"""Temperatures of the first and last change, as shares of the dearest seat that may be missing."""
CHUNKS = 40
"""Parts in which the changes are made, so that progress is told and an interrupt is heard."""


class Annealing:
    """A roster while it is improved.

    Attributes
    ----------
    points : of all goals, and of people at the table beyond the share
    """

    def __init__(self, problem: Problem, roll: Roll) -> None:
        self._arrays = Arrays(problem)
        self._seats, self._duties = self._arrays.seats(), self._arrays.duties(roll)
        self._own: Ints = np.zeros(len(problem.agents), np.int64)
        self._random = np.array([_seeded(problem.seed)], np.uint64)
        self._seat = int(self._seats.pools[:, :, PRICE].max(initial=1))
        self.points = int(enter(self._seats, self._duties, self._own))

    def improve(self, steps: int) -> Iterator[int]:
        """Try so many changes, from hot to cold; yield how many after each of `CHUNKS` parts."""
        price = self._seat * SPEED_UNITS
        each = -(-steps // CHUNKS)
        for i in range(CHUNKS):
            hot, cold = (price * HOT * (COLD / HOT) ** (k / CHUNKS) for k in (i, i + 1))
            self.points += walk(self._seats, self._duties, self._own, self._random, each, hot, cold)
            yield each * (i + 1)

    @property
    def units(self) -> int:
        """Return the speed units that pools miss."""
        s = self._seats
        open_ = np.maximum(s.rows[:, :, NEED] - s.rows[:, :, COVERED], 0)
        most = [open_[parts[1 : 1 + parts[0]]].max(axis=0) for parts in s.parts]
        return int(np.sum(most))

    def roll(self) -> Roll:
        """Return the duties as they are now."""
        return self._arrays.roll(self._seats, self._duties)


def _seeded(seed: int) -> int:
    """Return a state of the generator: never zero, and far apart for neighbouring seeds."""
    return (seed * 0x9E3779B97F4A7C15 + 0x2545F491) % 2**64 | 1
