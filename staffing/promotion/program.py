"""The program of the levers: how much of each is the cheapest lawful mix.

The linear relaxation of the whole horizon: own people in classes of those alike, with every shift
and limit that the levers give them; people from outside in whole numbers. A lever costs where it
is used: an hour of overtime, a rest day moved, a split or short shift, a person for a stay. What
stays open above what may costs as much as a seat-hour is worth, so that no lever is bought that
costs more. Whatever mix a roster could take is a point of it, so that none is cheaper than its
bound.

Two half hours are one step where every shift begins and ends on the hour: who is there is the same
in both of them, and what each asks for stays apart.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
from staffing.promotion.levers import Outsider
from staffing.roster.classes import Class, classes
from staffing.roster.crowds import Crowd, state_crowd
from staffing.roster.interior import middle
from staffing.roster.limits import NORMAL_DAY_H
from staffing.roster.mip import WholeProgram, minimised, program
from staffing.roster.places import Reach, by_pool, pool_of
from staffing.roster.prices import SPEED_UNITS, Need, Place
from staffing.roster.relax import ONES, Floats, Free, Presence, Rows, state_limits
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Capability, Span, without

__all__ = ["UNITS_PER_H", "Found", "Prices", "Program"]

UNITS_PER_H = SPEED_UNITS * SLOTS_PER_H
MOVED = int(NORMAL_DAY_H * SLOTS_PER_H)
"""Slots of a rest day that is moved."""
EXACT = 40_000
"""Entries of the matrix up to which whole numbers are found by branch and bound."""
NODES = 20_000
"""Branches at most."""
FRACTION, NOTHING = 1e-3, 1e-2
"""People from outside, and speed units, below which a number is rounding."""
_EPS = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Yuan of each lever for own people, and of a seat-hour open above what may.

    Attributes
    ----------
    most_moved : rest days of a week that may be moved
    normal_day : slots of a day above which every one is overtime
    """

    overtime_hour: float = 0.0
    moved_day: float = 0.0
    split: float = 0.0
    peak: float = 0.0
    open_hour: float = 1.0
    most_moved: int = 0
    normal_day: int = MOVED


@dataclass(frozen=True, kw_only=True)
class Found:
    """The cheapest mix.

    Attributes
    ----------
    overtime_h, moved_days, splits, peaks : of own people together
    numbers : of the people from outside
    missing : (pool, slot) -> seats
    open_h : seat-hours of them
    price : yuan of the levers
    at_least : yuan that no mix which leaves as little open goes below
    exact : whether the mix is proven the cheapest
    overtime_each_h, splits_each : of those who have most, each: hours in the horizon, split shifts
        in a week
    """

    overtime_h: float
    moved_days: float
    splits: float
    peaks: float
    numbers: tuple[int, ...]
    missing: Mapping[Place, float]
    open_h: float
    price: float
    at_least: float
    exact: bool
    overtime_each_h: float = 0.0
    splits_each: float = 0.0


@dataclass(kw_only=True)
class Program:
    """The program of own people, people from outside and what is required.

    Attributes
    ----------
    own : the people there are, with what levers let them do
    usual : agent id -> limits of her weeks without levers, in order
    outside : who may come, `number` of each at most, and one of them as the rules see her
    together : at most so many of the outsiders at once, by kind
    most_open : speed units, times half hours, that may stay open at no price
    """

    own: Sequence[Agent]
    usual: Mapping[str, Sequence[Span]]
    need: Need
    reach: Reach
    prices: Prices
    most_open: float = 0.0
    outside: Sequence[tuple[Outsider, Agent]] = ()
    together: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = rows = Rows()
        self._tagged: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.heads = [rows.column(each.price, self.together[each.kind]) for each, _ in self.outside]
        self._state_together()
        self._per_head: list[tuple[str, list[int], float]] = []
        self.step = _step([*self.own, *(agent for _, agent in self.outside)])
        people = classes([without(a, "R6") for a in self.own if _able(a)])
        self._present: dict[tuple[int, Capability, int], Presence] = defaultdict(Presence)
        for own in people:
            self._state_class(own)
        for head, (each, agent) in zip(self.heads, self.outside, strict=True):
            self._state_outsider(head, agent, self.together[each.kind])
        self.missing = self._state_coverage()
        over = rows.column(self.prices.open_hour / UNITS_PER_H, float(sum(self.need.values())))
        values = [1.0] * len(self.missing) + [-1.0]
        rows.row([*self.missing.values(), over], values, high=self.most_open)
        self.over = over

    def _state_together(self) -> None:
        """State how many of a kind may be there at once."""
        for kind, most in self.together.items():
            of = [(j, e) for j, (e, _) in zip(self.heads, self.outside, strict=True)]
            own = [(j, each) for j, each in of if each.kind == kind]
            for day in sorted({each.first for _, each in own}):
                there = [j for j, each in own if each.first <= day <= each.last]
                self.rows.row(there, ONES, high=float(most))

    def _state_class(self, of: Class) -> None:
        """State what a class of own people may do, and what it costs."""
        rows, days, kinds = self.rows, list[Free](), list[Free]()
        for d, option in enumerate(of.options):
            free = [
                (shift, rows.column(0.0, of.able(d, shift)))
                for shift in (() if option is None else option.shifts)
                if _stated(shift, self.step)
            ]
            number = float(of.available(d))
            alike: dict[tuple[int, tuple[str, ...]], list[tuple[Template, int]]] = {}
            for shift, j in free:
                alike.setdefault((shift.paid, shift.tags), []).append((shift, j))
            own = []
            for those in alike.values():
                own.append((those[0][0], rows.column(0.0, number)))
                values = [-1.0, *[1.0] * len(those)]
                rows.row([own[-1][1], *(j for _, j in those)], values, low=0.0, high=0.0)
            rows.row((j for _, j in own), ONES, high=number)
            days.append(free)
            kinds.append(own)
            if option is not None:
                self._add_presence(d, option.capability, free, number)
        # Limits ask for what shifts alike have in common; only the rest between them does not.
        awake = tuple(replace(a, limits=replace(a.limits, rest=0)) for a in of.members)
        state_limits(rows, replace(of, members=awake), kinds)
        self._state_rest(of, days)
        self._price(of, kinds)

    def _state_rest(self, of: Class, days: Sequence[Free]) -> None:
        """R9, as `relax` states it, with what ends late and begins early added up once."""
        rows, rest = self.rows, of.members[0].limits.rest
        for d, (now, then) in enumerate(itertools.pairwise(days)):
            number = float(
                sum(a.options[d] is not None or a.options[d + 1] is not None for a in of.members)
            )
            starts = sorted({shift.start + SLOTS_PER_DAY for shift, _ in then})
            ends = sorted({shift.end for shift, _ in now}, reverse=True)
            ends = [end for end in ends if starts and starts[0] < end + rest]
            early: dict[int, int] = {}
            before: list[int] = []
            for start in starts:
                if ends and start < ends[0] + rest:
                    own = [j for shift, j in then if shift.start + SLOTS_PER_DAY == start]
                    early[start] = self._sum([*own, *before], number)
                    before = [early[start]]
            before = []
            for end in ends:
                own = [j for shift, j in now if shift.end == end]
                late = self._sum([*own, *before], number)
                before = [late]
                last = max(start for start in starts if start < end + rest)
                rows.row([late, early[last]], ONES, high=number)

    def _sum(self, columns: Sequence[int], most: float) -> int:
        """Return a column that is the sum of some others."""
        made = self.rows.column(0.0, most)
        self.rows.row([made, *columns], [-1.0, *[1.0] * len(columns)], low=0.0, high=0.0)
        return made

    def _price(self, of: Class, kinds: Sequence[Free]) -> None:
        """State the overtime and moved rest days of each week, and the price of shifts.

        Hours above those of the contract's week are overtime unless the rest day is given back:
        from any week on, hours without overtime are at most the contracts'.
        """
        rows, prices = self.rows, self.prices
        for price, tag in ((prices.split, "split"), (prices.peak, "peak")):
            for _, j in (pair for free in kinds for pair in free if tag in pair[0].tags):
                rows.cost[j] = price
                self._tagged[tag].append((j, 1.0))
        if not (self.usual and kinds):
            return
        later: list[int] = []
        values: list[float] = []
        overs: list[int] = []
        due, heads = 0.0, float(len(of.members))
        shape = self.usual[of.members[0].agent_id]
        for k in reversed(range(len(shape))):
            free = [pair for d in shape[k].days for pair in kinds[d]]
            columns, paid = [j for _, j in free], [float(shift.paid) for shift, _ in free]
            split = [j for shift, j in free if "split" in shift.tags]
            self._per_head.append(("split", split, heads))
            most = float(sum(self.usual[a.agent_id][k].most_paid for a in of.members))
            allowed = float(sum(a.limits.spans[k].most_paid for a in of.members))
            if allowed <= most:
                later, values, due = [*later, *columns], [*values, *paid], due + most
                continue
            over = rows.column(prices.overtime_hour / SLOTS_PER_H, allowed)
            able = [a for a in of.members if a.limits.spans[k].most_paid > 0]
            days = float(prices.most_moved * len(able))
            moved = rows.column(prices.moved_day / MOVED, days * MOVED)
            rows.row([*columns, over, moved], [*paid, -1.0, -1.0], high=most)
            long = [
                (j, float(shift.paid - prices.normal_day))
                for shift, j in free
                if shift.paid > prices.normal_day
            ]
            rows.row([*(j for j, _ in long), over], [*(v for _, v in long), -1.0], high=0.0)
            later, values = [*later, *columns, over], [*values, *paid, -1.0]
            due += most
            rows.row(later, values, high=due)
            overs.append(over)
            self._tagged["overtime"].append((over, 1.0 / SLOTS_PER_H))
            self._tagged["moved"].append((moved, 1.0 / MOVED))
        self._per_head.append(("overtime", overs, heads))

    def _state_outsider(self, head: int, agent: Agent, most: int) -> None:
        """State what so many people from outside may do."""
        some = tuple(
            None
            if o is None
            else replace(
                o,
                shifts=tuple(s for s in o.shifts if _stated(s, self.step)),
                costs=None,
            )
            for o in agent.options
        )
        crowd = Crowd(agent=replace(without(agent, "R6"), options=some), most=most)
        for d, free in enumerate(state_crowd(self.rows, crowd, head)):
            option = some[d]
            if option is not None:
                self._add_presence(d, option.capability, free, float(most))

    def _add_presence(self, d: int, capability: Capability, free: Free, number: float) -> None:
        """Add people of a place on a day to those at work in each step."""
        day = d * SLOTS_PER_DAY
        hungry: dict[tuple[Meal, int], list[int]] = defaultdict(list)
        steps = set[int]()
        for shift, j in free:
            for t in shift.on_duty[:: self.step]:
                self._present[d, capability, day + t].here.append(j)
                steps.add(day + t)
            for meal in shift.meals:
                hungry[meal, shift.meal_slots].append(j)
        for t in steps:
            self._present[d, capability, t].most += number
        for (meal, length), columns in hungry.items():
            slots = [t for t in range(meal.first, meal.last + 1) if t % self.step == 0]
            begun = [self.rows.column(0.0, number) for _ in slots]
            values = [1.0] * len(begun) + [-1.0] * len(columns)
            self.rows.row([*begun, *columns], values, low=0.0, high=0.0)
            for t, j in zip(slots, begun, strict=True):
                for k in range(0, length, self.step):
                    self._present[d, capability, day + t + k].away.append(j)

    def _state_coverage(self) -> dict[Place, int]:
        """State who serves what, and what is missing; return the columns of the latter."""
        rows, serving = self.rows, defaultdict[Place, list[tuple[int, float]]](list)
        for (_, capability, t), people in self._present.items():
            flows, both = [], range(t, t + self.step)
            for place, speed in capability:
                rows_of = self.reach.get(place, (place,))
                filled = [(row, u) for row in rows_of for u in both if (row, u) in self.need]
                if filled:
                    flows.append(rows.column(0.0, people.most))
                    for at in filled:
                        serving[at].append((flows[-1], float(speed)))
            if flows:
                values = [1.0] * len(flows) + [-1.0] * len(people.here) + [1.0] * len(people.away)
                rows.row([*flows, *people.here, *people.away], values, high=0.0)
        missing = {at: rows.column(0.0, units) for at, units in by_pool(self.need).items()}
        for (row, t), units in self.need.items():
            own = serving[row, t]
            columns = [missing[pool_of(row), t], *(j for j, _ in own)]
            rows.row(columns, [1.0, *(speed for _, speed in own)], low=float(units))
        return missing

    def _linear(self, numbers: Floats | None = None, *, whole: bool = False) -> WholeProgram:
        """Return the program, with the numbers of people from outside if they are given."""
        of = program(self.rows, (), self.heads if whole else ())
        if numbers is not None:
            of.lower[self.heads] = of.upper[self.heads] = numbers
        return of

    @property
    def is_small(self) -> bool:
        """Return whether whole numbers are found by branch and bound."""
        return len(self.rows.columns) <= EXACT

    def cheapest(self, *, refit: bool = True) -> Found:
        """Return the cheapest mix.

        Small programs are solved with whole numbers of people from outside. In large ones these
        are rounded, and own people fitted around them; then `at_least` says what that may cost
        too much.

        Parameters
        ----------
        refit : whether own people are fitted around the rounded numbers; else they stay as they
            are, which is right but for what rounding moves between pools

        Raises
        ------
        ValueError
            Where somebody has no lawful horizon, not even in parts of shifts.
        """
        if self.is_small:
            best = minimised(self._linear(whole=True), gap=_EPS, nodes=NODES)
            if best.x is None:
                raise ValueError("somebody has no lawful horizon")
            return self._found(best.x, best.bound, exact=best.proven)
        x, bound = _middle(self._linear())
        parts = x[self.heads]
        if np.abs(parts - np.round(parts)).max(initial=0.0) <= FRACTION:
            return self._found(x, bound, exact=False)
        numbers = self._rounded(parts)
        if refit:
            x, _ = _middle(self._linear(numbers))
        else:
            x = x.copy()
            x[self.heads] = numbers
        return self._found(x, bound, exact=False)

    def _rounded(self, parts: Floats) -> Floats:
        """Return whole numbers of people from outside: of each kind together no fewer than parts.

        A best point without a corner spreads people over stays alike; so those of a pool are
        counted together, and pools rounded up that lack least, while there may be so many.
        """
        numbers = np.zeros(len(parts))
        for kind in self.together:
            pools: dict[str, list[int]] = defaultdict(list)
            for i, (each, _) in enumerate(self.outside):
                if each.kind == kind:
                    pools[each.pool].append(i)
            sums = {pool: float(parts[own].sum()) + FRACTION for pool, own in pools.items()}
            whole = math.ceil(sum(parts[i] for own in pools.values() for i in own) - FRACTION)
            spare = whole - sum(math.floor(each) for each in sums.values())
            by_lack = sorted(pools, key=lambda pool: math.floor(sums[pool]) - sums[pool])
            for rank, pool in enumerate(by_lack):
                for _ in range(math.floor(sums[pool]) + (rank < spare)):
                    self._add_one(numbers, parts, pools[pool])
        return numbers

    def _add_one(self, numbers: Floats, parts: Floats, own: Sequence[int]) -> None:
        """Add somebody to the stay that lacks most, of those that may have one more, in place."""
        for i in sorted(own, key=lambda i: numbers[i] - parts[i]):
            numbers[i] += 1.0
            if self._may_be(numbers):
                return
            numbers[i] -= 1.0

    def _may_be(self, numbers: Floats) -> bool:
        """Return whether so many people from outside may be there at once."""
        return all(
            sum(
                n
                for n, (e, _) in zip(numbers, self.outside, strict=True)
                if e.kind == kind and e.first <= day <= e.last
            )
            <= most
            for kind, most in self.together.items()
            for day in {e.first for e, _ in self.outside if e.kind == kind}
        )

    def _found(self, x: Floats, bound: float, *, exact: bool) -> Found:
        def used(tag: str) -> float:
            return float(sum(x[j] * each for j, each in self._tagged[tag]))

        cost = np.array(self.rows.cost, float)
        opened = float(cost[self.over] * x[self.over])
        missing = {
            at: float(x[j]) / SPEED_UNITS for at, j in self.missing.items() if x[j] > NOTHING
        }
        price = max(float(cost @ x) - opened, 0.0)
        return Found(
            overtime_h=used("overtime"),
            moved_days=used("moved"),
            splits=used("split"),
            peaks=used("peak"),
            numbers=tuple(round(float(x[j])) for j in self.heads),
            missing=missing,
            open_h=sum(missing.values()) / SLOTS_PER_H,
            price=price,
            at_least=min(max(bound - opened, 0.0), price),
            exact=exact,
            overtime_each_h=self._most_each("overtime", x) / SLOTS_PER_H,
            splits_each=self._most_each("split", x),
        )

    def _most_each(self, tag: str, x: Floats) -> float:
        """Return the most of a lever that people of any class have each."""
        shares = [float(x[own].sum()) / heads for name, own, heads in self._per_head if name == tag]
        return max(shares, default=0.0)


def _middle(of: WholeProgram) -> tuple[Floats, float]:
    found = middle(of)
    if found is None:
        raise ValueError("somebody has no lawful horizon")
    return found


def _able(agent: Agent) -> bool:
    """Return whether somebody has any shift on any day."""
    return any(option is not None and option.shifts for option in agent.options)


def _step(agents: Sequence[Agent]) -> int:
    """Return the half hours of a step: two where all shifts of all people fit that."""
    usual = {s for a in agents for o in a.options if o is not None for s in o.shifts}
    return 2 if all(_fits(s, 2) for s in usual if "split" not in s.tags) else 1


def _fits(shift: Template, step: int) -> bool:
    """Return whether a shift begins and ends, and is left, on whole steps."""
    whole = (shift.start, shift.end, *shift.hole, shift.meal_slots)
    return all(t % step == 0 for t in whole)


def _stated(shift: Template, step: int) -> bool:
    """Return whether a shift is in the program: no split one that is longer than a normal day."""
    long_split = "split" in shift.tags and shift.paid > MOVED
    return _fits(shift, step) and not long_split
