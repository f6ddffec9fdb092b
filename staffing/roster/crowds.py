"""The relaxation with the numbers of people as columns: what more people, or others, would do.

`relax` counts shifts of a class of so many people. Here how many people there are of each kind is
a column as well: every limit ``low <= a @ x <= high`` of one person, summed over n alike, becomes
``low * n <= a @ x <= high * n``. So a measure is a crowd that takes people from another one (a
training), or from nowhere (a hiring), at a price a head. With the numbers whole, the cheapest
measures are a mixed-integer program (HiGHS); with the numbers given, its value is what no lawful
roster goes below, as far as HiGHS is exact.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from staffing.roster.classes import Class, classes
from staffing.roster.places import Reach, by_pool
from staffing.roster.prices import Need, Place
from staffing.roster.relax import (
    NO_LIMIT,
    ONES,
    Floats,
    Free,
    Rows,
    state_coverage,
    state_limits,
    state_presence,
)
from staffing.roster.staff import Agent

EXACT = 80_000
"""Entries of the matrix up to which whole numbers are searched for by branch and bound; above they
are rounded up one after another, with a linear program in between."""
LITTLE = 0.2
"""What may lack to a whole number that is rounded up at once."""
SMALL_GAP = 0.01
"""Relative gap at which the cheapest measures are found."""
_EPS = 1e-6


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """People alike.

    Attributes
    ----------
    agent : one of them
    members : their ids, where they are there
    most : how many there are, or may be made
    price : yuan of each
    of : the crowd that they are taken from; None where they are there, or hired
    there : whether all of them are there, unless taken by another crowd
    gate : the gate that must be open for it, if any
    """

    agent: Agent
    most: int
    members: tuple[str, ...] = ()
    price: float = 0.0
    of: int | None = None
    there: bool = False
    gate: int | None = None

    @property
    def room(self) -> int:
        """Return how many people its columns have room for.

        One more than are there, so that the worth of one more is told by their number alone.
        """
        return self.most + self.there


@dataclass(frozen=True, kw_only=True)
class Shut:
    """A half hour of a pool's windows that may be given up, on every day.

    Attributes
    ----------
    after : the one that must be given up before, if any
    places : (pool, slot) of which nothing is asked then
    """

    price: float
    places: tuple[Place, ...]
    after: int | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Numbers of people and what they leave open.

    Attributes
    ----------
    crowds : people of each crowd
    gates, shut : 1 where opened, or given up; else 0
    missing : (pool, slot) -> speed units, where there are any
    value : what was made small; bound : what it is at least
    worth : speed units that one more of each crowd would cover; of `least_missing` alone
    """

    crowds: Floats
    gates: Floats
    shut: Floats
    missing: Mapping[Place, float]
    value: float
    bound: float
    worth: Floats


@dataclass(kw_only=True)
class Program:
    """The program of crowds against what is required.

    Attributes
    ----------
    gates : price of each
    """

    crowds: Sequence[Crowd]
    need: Need
    reach: Reach
    gates: Sequence[float] = ()
    shut: Sequence[Shut] = ()

    def __post_init__(self) -> None:
        self.rows = rows = Rows()
        self.heads = [rows.column(crowd.price, crowd.room) for crowd in self.crowds]
        self.doors = [rows.column(price, 1.0) for price in self.gates]
        self.given = [rows.column(each.price, 1.0) for each in self.shut]
        self.whole = len(rows.cost)
        self._taken()
        shifts: dict[tuple[int, int], Free] = {}
        of = []
        for c, crowd in enumerate(self.crowds):
            for d, free in enumerate(state_crowd(rows, crowd, self.heads[c])):
                shifts[c, d] = free
            members = (crowd.agent,) * crowd.room
            of.append(Class(members=members, options=crowd.agent.options))
        present, _ = state_presence(rows, of, shifts, {})
        most = by_pool(self.need)
        steps = {place: ((units, 1),) for place, units in most.items()}
        missing, _ = state_coverage(rows, present, self.need, steps, self.reach, {})
        self.missing = dict(zip(most, missing, strict=True))
        self.forgiven = self._forgive()

    def _taken(self) -> None:
        """State that who is taken by a crowd is missing in her own, and what gates are for."""
        takers: dict[int, list[int]] = defaultdict(list)
        for c, crowd in enumerate(self.crowds):
            if crowd.of is not None:
                takers[crowd.of].append(self.heads[c])
            if crowd.gate is not None:
                values = [1.0, -float(crowd.most)]
                self.rows.row([self.heads[c], self.doors[crowd.gate]], values, high=0.0)
        for c, crowd in enumerate(self.crowds):
            if crowd.there:
                number = float(crowd.most)
                self.rows.row([self.heads[c], *takers[c]], ONES, low=number, high=number)
        for column, each in zip(self.given, self.shut, strict=True):
            if each.after is not None:
                self.rows.row([column, self.given[each.after]], [1.0, -1.0], high=0.0)

    def _forgive(self) -> list[int]:
        """State what is missing while shut; return its columns."""
        found = []
        for column, each in zip(self.given, self.shut, strict=True):
            for place in each.places:
                if place not in self.missing:
                    continue
                units = self.rows.upper[self.missing[place]]
                found.append(self.rows.column(0.0, units))
                self.rows.row([found[-1], column], [1.0, -units], high=0.0)
                self.rows.row([found[-1], self.missing[place]], [1.0, -1.0], high=0.0)
        return found

    def least_missing(self) -> Choice:
        """Return the numbers that leave the fewest speed units open, whatever they cost.

        Raises
        ------
        ValueError
            Where somebody has no lawful week, not even in parts of shifts.
        """
        cost = np.zeros(len(self.rows.cost))
        cost[list(self.missing.values())] = 1.0
        upper = np.array(self.rows.upper, float)
        found = _linear(self.rows, cost, upper * 0.0, upper)
        if found is None:
            raise ValueError("somebody has no lawful week")
        x, value, duals = found
        return self._choice(x, value, value, duals)

    def cheapest(self, most: float, seconds: float) -> Choice | None:
        """Return the cheapest whole numbers found that leave at most so many speed units open.

        First with numbers of any size, which tells what they cost at least; then whole ones of
        the crowds that were used so. None where there are none, or none were found.
        """
        cost = self._priced(most)
        upper = np.array(self.rows.upper, float)
        root = _linear(self.rows, cost, upper * 0.0, upper)
        if root is None:
            return None
        x, least, _ = root
        used = [c for c, crowd in enumerate(self.crowds) if crowd.there or x[self.heads[c]] > _EPS]
        found = self._among(used, most, seconds) or self._rounded(cost, seconds)
        return None if found is None else replace(found, bound=least)

    def _among(self, used: Sequence[int], most: float, seconds: float) -> Choice | None:
        """Return the best whole numbers of some crowds that are found, 0 of the others."""
        place = {c: i for i, c in enumerate(used)}
        few = [self.crowds[c] for c in used]
        part = Program(
            crowds=[replace(c, of=None if c.of is None else place[c.of]) for c in few],
            need=self.need,
            reach=self.reach,
            gates=self.gates,
            shut=self.shut,
        )
        exact = len(part.rows.columns) <= EXACT
        cost = part._priced(most)
        found = part._solved(cost, seconds) if exact else part._rounded(cost, seconds)
        if found is None:
            return None
        crowds = np.zeros(len(self.crowds))
        crowds[list(used)] = found.crowds
        return replace(found, crowds=crowds)

    def _solved(self, cost: Floats, seconds: float) -> Choice | None:
        """Return the cheapest whole numbers, by branch and bound; None if none were found."""
        integral = np.zeros(cost.size, np.int64)
        integral[: self.whole] = 1
        low, high = np.array(self.rows.low), np.array(self.rows.high)
        result = milp(
            cost,
            constraints=LinearConstraint(self.rows.matrix(), low, high),
            bounds=Bounds(0.0, np.array(self.rows.upper, float)),
            integrality=integral,
            options={"time_limit": seconds, "mip_rel_gap": SMALL_GAP},
        )
        if result.x is None:
            return None
        value, bound = float(result.fun or 0.0), float(result.mip_dual_bound or 0.0)
        return self._choice(np.asarray(result.x), value, bound)

    def _priced(self, most: float) -> Floats:
        """State how much may be missing; return the prices of the columns."""
        columns = [*self.missing.values(), *self.forgiven]
        values = [1.0] * len(self.missing) + [-1.0] * len(self.forgiven)
        self.rows.row(columns, values, high=most + _EPS)
        cost = np.array(self.rows.cost, float)
        cost[self.whole :] = 0.0
        return cost

    def _rounded(self, cost: Floats, seconds: float) -> Choice | None:
        """Round the numbers up step by step, those first that lack little to a whole number."""
        upper, ends = np.array(self.rows.upper, float), time.monotonic() + seconds
        lower = upper * 0.0
        while (found := _linear(self.rows, cost, lower, upper)) is not None:
            x, value, _ = found
            numbers = x[: self.whole]
            parts = np.where(cost[: self.whole] > 0, np.ceil(numbers - _EPS) - numbers, 0.0)
            open_ = np.flatnonzero(parts >= _EPS)
            if not open_.size:
                return self._choice(x, value, value)
            if time.monotonic() < ends:
                open_ = open_[parts[open_] <= max(LITTLE, parts[open_].min())]
            lower[open_] = np.ceil(numbers[open_] - _EPS)
        return None

    def _choice(self, x: Floats, value: float, bound: float, duals: Floats | None = None) -> Choice:
        missing = {place: float(x[j]) for place, j in self.missing.items() if x[j] > _EPS}
        crowds, doors = len(self.heads), len(self.heads) + len(self.doors)
        worth = np.zeros(crowds) if duals is None else -duals[:crowds]
        return Choice(
            crowds=np.round(x[:crowds], 6),
            gates=np.round(x[crowds:doors]),
            shut=np.round(x[doors : self.whole]),
            missing=missing,
            value=value,
            bound=bound,
            worth=worth,
        )


def crowds(agents: Sequence[Agent]) -> list[Crowd]:
    """Return the agents that are there, equal ones counted as one crowd."""
    found: dict[tuple[object, ...], list[Agent]] = {}
    for i, each in enumerate(classes(agents)):
        for agent in each.members:
            there = tuple(option is None for option in agent.options)
            past = (agent.worked, agent.last_end, agent.tagged)
            found.setdefault((i, there, agent.limits, *past), []).append(agent)
    return [
        Crowd(
            agent=own[0],
            most=len(own),
            members=tuple(agent.agent_id for agent in own),
            there=True,
        )
        for own in found.values()
    ]


def state_crowd(rows: Rows, crowd: Crowd, head: int) -> list[Free]:
    """State what one person may do, times the number of people; return her shifts per day."""
    own: list[Free] = []
    one, person = Rows(), Class(members=(crowd.agent,), options=crowd.agent.options)
    for d, option in enumerate(person.options):
        shifts = option.shifts if option is not None else ()
        free = [(shift, one.column(0.0, person.able(d, shift))) for shift in shifts]
        one.row((j for _, j in free), ONES, high=1.0)
        own.append(free)
    taken = len(one.cost)
    state_limits(one, person, own)
    for column in range(taken, len(one.cost)):
        one.row([column], ONES, high=one.upper[column])
    first, begin = len(rows.cost), 0
    for upper in one.upper:
        rows.column(0.0, upper * crowd.room)
    for length, low, high in zip(one.lengths, one.low, one.high, strict=True):
        columns = [first + j for j in one.columns[begin : begin + length]]
        values = one.values[begin : begin + length]
        begin += length
        if low == high:
            rows.row([*columns, head], [*values, -low], low=0.0, high=0.0)
            continue
        if high < NO_LIMIT:
            rows.row([*columns, head], [*values, -high], high=0.0)
        if low > -NO_LIMIT:
            rows.row([*columns, head], [*values, -low], low=0.0)
    return [[(shift, first + j) for shift, j in free] for free in own]


def _linear(
    rows: Rows, cost: Floats, lower: Floats, upper: Floats
) -> tuple[Floats, float, Floats] | None:
    """Return a least point, its value and, per column, what one more of it would cost; or None.

    The last is told of columns that a row of its own kind holds in place: the number of a crowd.
    """
    matrix, low, high = rows.matrix(), np.array(rows.low), np.array(rows.high)
    same = low == high
    boxes: Any = np.column_stack([lower, upper])
    under, over = ~same & np.isfinite(high), ~same & np.isfinite(low)
    result: Any = linprog(
        cost,
        A_ub=sp.vstack([matrix[under], -matrix[over]]).tocsr(),
        b_ub=np.concatenate([high[under], -low[over]]),
        A_eq=matrix[same] if same.any() else None,
        b_eq=high[same] if same.any() else None,
        bounds=boxes,
        method="highs-ipm",
    )
    if result.x is None:
        return None
    worth = np.zeros(cost.size)
    if same.any():
        pinned, prices = matrix[same], np.asarray(result.eqlin.marginals)
        first = pinned.indices[pinned.indptr[:-1]]
        worth[first] = np.where(high[same] > 0, prices, 0.0)
    return np.asarray(result.x), float(result.fun), worth
