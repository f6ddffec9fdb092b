"""A roster improved by simulated annealing over everybody's duties at once.

One duty, or a few together, change by chance: another shift, another meal, another rest day, an
exchange between two people. A change that breaks a limit of an agent is never made; one that costs
points is made the less likely the more it costs and the cooler it has become (Kirkpatrick, Gelatt
& Vecchi 1983, Science 220). Who serves which pool follows by cheapest augmenting paths, half hour
by half hour, and people at the table beyond `Problem.meal_share` (R18) cost more than a seat. So
all goals are priced at once and on the whole problem, up to a million times a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from staffing.grid import SLOTS_PER_DAY
from staffing.queue.kernel import Ints
from staffing.roster.arrays import Arrays
from staffing.roster.duty import Roll
from staffing.roster.kernel.days import Duties
from staffing.roster.kernel.seats import COVERED, DAYBREAK, LARGE, NEED, PRICE, UNITS, Seats
from staffing.roster.kernel.walk import adopt, enter, reckon, walk
from staffing.roster.prices import SPEED_UNITS
from staffing.roster.problem import Problem
from staffing.roster.relax import Bools

HEAT = ((0.0, 0.5), (0.9, 0.06), (1.0, 0.01))
"""Part of the changes made, and the temperature by then as a share of the dearest seat that may be
missing, or of what of it one agent fills; in between its logarithm is a straight line. Nearly all
is gained in the first stretch."""
CHUNKS = 40
"""Parts in which the changes are made, so that progress is told and an interrupt is heard."""
JOINS = 4
"""So many times in each part two copies hand each other what they have found."""
PAIR = 2
"""Copies of a roster that are annealed side by side."""
NEAR = 6
"""Days near the edge of a half that stay as they are: so many may be worked in a row."""
BY_SLOT = ("rows", "crews", "slots", "versions")
"""Those of the next ones whose first axis is slots; of the others it is the second."""
CHANGING = ("present", "known", *BY_SLOT)
"""Arrays of seats in which somebody's coming and going is written, slot by slot."""
SECOND = 1 << 40
"""What the second copy adds to the seed."""


class Annealing:
    """A roster while it is improved."""

    def __init__(self, problem: Problem, roll: Roll, *, paired: bool = False) -> None:
        """Seat everybody.

        Parameters
        ----------
        paired : whether the company is large: then duties are exchanged less often, and two threads
            change half of the weeks each and join what they have found time and again; one does
            where there is one week, or where shifts go on when others of the day after begin. Of
            other companies two threads change all days of a roster each, and the better one stays
        """
        self._arrays = Arrays(problem)
        first = _Copy(self._arrays.seats(), self._arrays.duties(roll), problem.seed)
        first.seats.marks[LARGE] = paired
        first.enter()
        self._begins = [0, *(np.flatnonzero(np.diff(first.duties.week)) + 1).tolist()]
        self._copies = [first]
        self._halves = paired and len(self._begins) > 1 and self._arrays.days_apart
        if self._halves or not paired:
            self._copies.append(first.again(problem.seed + SECOND))

    def sit(self, roll: Roll) -> None:
        """Take over where everybody serves and eats in a roster of the same shifts."""
        first, *others = self._copies
        self._arrays.sit(first.seats, roll)
        first.duties.taken[:] = self._arrays.taken(first.duties.first, roll)
        first.reckon()
        for other in others:
            other.copy(first)

    def improve(self, steps: int, since: float = 0.0) -> Iterator[int]:
        """Try so many changes, from hot to cold; yield how many after each of `CHUNKS` parts.

        Parameters
        ----------
        since : part of the cooling that is left out
        """
        copies, joins = len(self._copies), JOINS if self._halves else 1
        each = -(-steps // (CHUNKS * joins * copies))
        with ThreadPoolExecutor(PAIR) as pool:
            for i in range(CHUNKS * joins):
                begin, end = (_heat(since + (1 - since) * k / (CHUNKS * joins)) for k in (i, i + 1))
                if self._halves:
                    self.halve(i)
                walks = [pool.submit(copy.walk, each, begin, end) for copy in self._copies]
                for walked in walks:
                    walked.result()
                if self._halves:
                    first, other = self._copies
                    first.join(other)
                    other.copy(first)
                else:
                    self._copies.sort(key=lambda copy: copy.points)
                if (i + 1) % joins == 0:
                    yield each * copies * (i + 1)

    def halve(self, number: int) -> list[Bools]:
        """Let each copy change whole weeks, other ones each time; return whose days those are.

        Limits bind an agent's days in a row. So where two halves meet, `NEAR` days of hers stay as
        they are, at the end of the one half or at the beginning of the other, in turn: what either
        copy finds there goes together.

        Returns
        -------
        For each copy (agents, days)
        """
        agents, days = self._copies[0].duties.group.shape
        weeks = len(self._begins)
        edges = [self._begins[(number + k) % weeks] for k in (0, weeks // 2)]
        late = (np.arange(agents) + number // weeks) % 2 == 0
        for copy, first, end in zip(self._copies, edges, edges[::-1], strict=True):
            half = (first + np.arange((end - first) % days)) % days
            copy.duties.span[:] = first, half.size
            copy.duties.fixed[:] = 1
            copy.duties.fixed[:, half] = 0
            if first > 0:
                copy.duties.fixed[np.ix_(late, half[:NEAR])] = 1
            if end > 0:
                copy.duties.fixed[np.ix_(~late, half[-NEAR:])] = 1
        return [copy.duties.fixed == 0 for copy in self._copies]

    @property
    def threads(self) -> int:
        """Return how many threads walk at a time."""
        return len(self._copies)

    @property
    def points(self) -> int:
        """Return the points of all goals, and of people at the table beyond the share."""
        return self._copies[0].points

    @property
    def seats(self) -> Seats:
        """Return who serves where."""
        return self._copies[0].seats

    @property
    def units(self) -> int:
        """Return the speed units that pools miss."""
        s = self.seats
        open_ = np.maximum(s.rows[:, :, NEED] - s.rows[:, :, COVERED], 0)
        most = [open_[:, parts[1 : 1 + parts[0]]].max(axis=1) for parts in s.parts]
        return int(np.sum(most))

    def roll(self) -> Roll:
        """Return the duties as they are now."""
        return self._arrays.roll(self.seats, self._copies[0].duties)


class _Copy:
    """Seats, duties and points of a roster that one thread changes.

    `_own` has the points of each agent's own days, `_begun` those of seats and meals before the
    walk, when all copies were the same.
    """

    def __init__(self, seats: Seats, duties: Duties, seed: int) -> None:
        self.seats, self.duties, self.points, self._begun = seats, duties, 0, 0
        self._own: Ints = np.zeros(len(duties.group), np.int64)
        self._random = np.array([_seeded(seed)], np.uint64)
        filled = min(int(seats.posts[:, UNITS].max(initial=1)), SPEED_UNITS)
        self._price = int(seats.pools[:, :, PRICE].max(initial=1)) * filled

    def enter(self) -> None:
        """Seat everybody."""
        self.reckon()
        entered = int(enter(self.seats, self.duties))
        self.points, self._begun = self.points + entered, self._begun + entered

    def reckon(self) -> None:
        """Reckon all points."""
        self.points = int(reckon(self.seats, self.duties, self._own))
        self._begun = self.points - int(self._own.sum())

    def again(self, seed: int) -> _Copy:
        """Return the same roster with arrays of its own."""
        seats, duties = Seats(*map(np.copy, self.seats)), Duties(*map(np.copy, self.duties))
        made = _Copy(seats, duties, seed)
        made.copy(self)
        return made

    def copy(self, of: _Copy) -> None:
        """Take over all duties and seats."""
        for name in CHANGING:
            getattr(self.seats, name)[:] = getattr(of.seats, name)
        self.duties.taken[:], self._own[:] = of.duties.taken, of._own
        self.points, self._begun = of.points, of.points - int(of._own.sum())

    def walk(self, steps: int, hot: float, cold: float) -> None:
        """Try so many changes; temperatures are parts of the dearest seat."""
        of = self.seats, self.duties, self._own, self._random
        self.points += walk(*of, steps, self._price * hot, self._price * cold)

    def join(self, other: _Copy) -> None:
        """Take over the other half of the days from a copy that was the same before both walked."""
        begin, number = other.duties.span.tolist()
        days = (begin + np.arange(number)) % self.duties.week.size
        slots = (days[:, None] * SLOTS_PER_DAY + np.arange(SLOTS_PER_DAY)).ravel()
        slots += int(self.seats.marks[DAYBREAK])
        slots = slots[slots < len(self.seats.slots)]
        for name in CHANGING:
            at = np.s_[slots] if name in BY_SLOT else np.s_[:, slots]
            getattr(self.seats, name)[at] = getattr(other.seats, name)[at]
        points = self.points - int(self._own.sum())
        points += other.points - int(other._own.sum()) - self._begun
        points += int(adopt(self.seats, self.duties, self._own, other.duties.taken))
        self._begun, self.points = points, points + int(self._own.sum())


def _heat(part: float) -> float:
    """Return the temperature when a part of the changes is made."""
    parts, heats = zip(*HEAT, strict=True)
    return float(np.exp(np.interp(part, parts, np.log(heats))))


def _seeded(seed: int) -> int:
    """Return a state of the generator: never zero, and far apart for neighbouring seeds."""
    return (seed * 0x9E3779B97F4A7C15 + 0x2545F491) % 2**64 | 1
