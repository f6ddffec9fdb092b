"""The fewest changes to duties already told that fill the seats an absence or new demand opened.

Everybody's published duty is a column of its own, which keeps what she does in every slot; what
she might do instead are the shifts she may take that day and on which she is there while seats are
missing, with a price for the change on top of their pay (`ChangePrices`). Who changes is counted
with others alike, as anywhere; who keeps her duty fills exactly the seats she was told. One
mixed-integer program holds all of it: every limit of every person, meals in turn, and what pools
miss (`relax`). So what is found is lawful, and where the solver says so nothing costs less.

Nothing before the cut changes. A duty that has begun by then keeps its start, its meals eaten and
its pools so far; it may end sooner or later.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np
from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.activities import Key
from staffing.roster.classes import Class
from staffing.roster.days import roll_of
from staffing.roster.duty import Duty, Group, Roll, served
from staffing.roster.fairness import unfairness
from staffing.roster.lawful import is_lawful, solvable
from staffing.roster.mip import decided, minimised, program
from staffing.roster.pay import duty_points
from staffing.roster.places import SEPARATOR, by_pool, pool_of
from staffing.roster.prices import PAID, SPEED_UNITS, Place, first, missing_points, unit_price
from staffing.roster.problem import Problem, dearest
from staffing.roster.relax import (
    Eating,
    Floats,
    Free,
    Presence,
    Present,
    Rows,
    Serving,
    state_coverage,
    state_limits,
    state_presence,
)
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent
from staffing.roster.told import Speed, Told
from staffing.roster.turns import at_table, crowd_of

GAP = 1e-3
"""Relative gap at which the changes found are called the best."""
EFFORT = 5.0
"""Deterministic seconds after which a window is too hard for CP-SAT: HiGHS goes on from there."""
NODES = 100
"""Branches at most of a window there."""
AHEAD, PAIR = 3, 2
"""Windows stated at once, and how many of them are solved side by side."""
MOST = 130
"""Days of people planned at once; more are planned day after day."""
PAIRED = 12
"""Changes of pools and meals up to which two of them at once are tried to be taken back."""
ROUNDING = 1e-4
"""What a whole number of people at the table stays below their share plus one by, at least."""
STAYS = (SEPARATOR, 0)
"""A place that fills no seat: it parts those who keep their duty from those who change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePrices:
    """What a change costs, in points, on top of the pay that it adds.

    Attributes
    ----------
    seats : another pool or meal within the same hours: as much as a seat missing for half an hour
    hours : another start or end: a seat missing for an hour
    day : called in, or sent home for the day: a seat missing for two hours
    step : each half hour by which start and end move: a paid half hour
    """

    seats: int
    hours: int
    day: int
    step: int = PAID

    def of(self, old: Template | None, new: Template | None) -> int:
        """Return what it costs that somebody has another duty than she was told.

        Examples
        --------
        >>> of = ChangePrices(seats=240, hours=480, day=960)
        >>> early, late = Template(18, 26, 8, ()), Template(20, 28, 8, ())
        >>> of.of(early, early), of.of(early, late), of.of(None, late)
        (240, 520, 960)
        """
        if old is None or new is None:
            return self.day
        moved = abs(old.start - new.start) + abs(old.end - new.end)
        if not moved and old.hole == new.hole:
            return self.seats
        return self.hours + self.step * moved


def change_prices(problem: Problem) -> ChangePrices:
    """Return the prices of changes, in proportion to that of a seat (`prices.unit_price`).

    No shift is as dear as a seat is for half an hour, so no change is made to save pay.
    """
    seat = unit_price(dearest(problem.agents)) * SPEED_UNITS
    return ChangePrices(seats=seat, hours=2 * seat, day=4 * seat)


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was told to people, once the absent are struck out, and what binds a change of it.

    Attributes
    ----------
    problem : with the absences in place: nobody has an option on a day on which she is absent
    told : (agent id, day of the horizon) -> duty
    speed : (agent id, day) -> place -> units, also of people without any shift
    cut : slot of the horizon before which all is frozen
    averaged : whether hours are averaged, see `pay.duty_points`
    """

    problem: Problem
    told: Mapping[Key, Told]
    speed: Speed
    cut: int = 0
    averaged: bool = False

    @property
    def roll(self) -> Roll:
        """Return the duties."""
        return {key: told.duty for key, told in self.told.items()}

    def left_open(self, roll: Roll) -> dict[Place, int]:
        """Return what duties leave open of each row of seats from the cut on, where anything."""
        covered = served(roll, self.speed, self.problem.reach)
        need = self.problem.need.items()
        missing = {key: n - covered.get(key, 0) for key, n in need if key[1] >= self.cut}
        return {key: n for key, n in missing.items() if n > 0}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is changed.

    Attributes
    ----------
    duties : the new duties of those who change
    dropped : duties that fall away
    proven : whether no other changes cost less, within `GAP`; where days were planned apart, day
        by day
    """

    duties: Roll = field(default_factory=dict)
    dropped: frozenset[Key] = frozenset()
    proven: bool = True

    def applied(self, roll: Roll) -> dict[Key, Duty]:
        """Return the roster with the changes made."""
        kept = {key: duty for key, duty in roll.items() if key not in self.dropped}
        return {**kept, **self.duties}


def fewest_changes(
    of: Published, days: Collection[int], meanwhile: Callable[[], object] = lambda: None
) -> Changes | None:
    """Return the changes that cost least together with the seats that stay open on some days.

    On other days only somebody changes whose horizon is not lawful as it stands, and then whoever
    fills the seats that she leaves. None where somebody has no lawful horizon any more.

    Some windows are solved side by side. A later one knows nothing of the changes of those before
    it: where it would be another one with them it waits, and is solved again.

    Parameters
    ----------
    meanwhile : done once while the first windows are solved, which leaves Python idle; not at all
        where there are none
    """
    prices, roll, made = change_prices(of.problem), of.roll, Changes()
    pending, done = _together(of, frozenset(days)), frozenset[int]()
    unlawful, first_time = broken(of, roll), True
    if unlawful and not pending:
        pending = [frozenset()]
    with ThreadPoolExecutor(PAIR) as pair:
        while pending:
            some = pending[: 1 if unlawful else AHEAD]
            settled = {*made.duties, *made.dropped}
            solving = [
                pair.submit(_Window(of, roll, days, prices, unlawful, settled).solved)
                for days in some
            ]
            if first_time:
                meanwhile()
                first_time = False
            before = roll
            for window, found in zip(some, [each.result() for each in solving], strict=True):
                if roll is not before and not _fits(of, before, roll, window, found):
                    break
                if found is None:
                    return None
                pending.remove(window)
                roll, done, unlawful = found.applied(roll), done | window, frozenset()
                made = Changes(
                    duties={**made.duties, **found.duties},
                    dropped=made.dropped | found.dropped,
                    proven=made.proven and found.proven,
                )
                left = {d for _, d in (*found.duties, *found.dropped)} - done
                pending += _together(of, frozenset(left - set().union(*pending)))
    return needful(of, made)


def needful(of: Published, made: Changes) -> Changes:
    """Return the changes without those of pools and meals that are good for nothing.

    What is worth less than the gap to which a window is solved may be in it. One such change or
    two at once are taken back as long as no seat is missed for it and no table more crowded.
    """
    roll = of.roll
    least = _lost(of, made.applied(roll))

    def taken_back() -> Changes | None:
        same = [
            key
            for key, duty in sorted(made.duties.items())
            if key in roll and roll[key].shift.on_duty == duty.shift.on_duty
        ]
        alone = [(key,) for key in same]
        pairs = combinations(same, 2) if len(same) <= PAIRED else ()
        for keys in (*alone, *pairs):
            fewer = {key: duty for key, duty in made.duties.items() if key not in keys}
            less = replace(made, duties=fewer)
            if _lost(of, less.applied(roll)) <= least:
                return less
        return None

    while (less := taken_back()) is not None:
        made = less
    return made


def _lost(of: Published, roll: Roll) -> int:
    """Return the points of missing seats, and of people too many at a table (R18)."""
    missing = by_pool(of.left_open(roll))
    lost = sum(missing_points(of.problem.steps[key], n) for key, n in missing.items())
    share = of.problem.meal_share
    crowded = sum(
        max(eating - at_table(here, share), 0)
        for (_, t), (here, eating) in crowd_of(roll, of.speed).items()
        if t >= of.cut
    )
    return lost + crowded * change_prices(of.problem).seats


def _fits(
    of: Published, before: Roll, roll: Roll, window: frozenset[int], found: Changes | None
) -> bool:
    """Return whether changes that were found for one roster mend another as well.

    They do where the window has the same open seats in both, and everybody who changes has a lawful
    horizon with the changes of both.
    """
    if found is None:
        return False
    slots = {t for d in window for t in _slots(of, d)}
    then, now = (
        {k: n for k, n in of.left_open(each).items() if k[1] in slots} for each in (before, roll)
    )
    names = {name for name, _ in (*found.duties, *found.dropped)}
    return then == now and not names & broken(of, found.applied(roll))


def worthy(of: Published) -> frozenset[int]:
    """Return the days on which seats are open that are worth a change."""
    missing, prices = by_pool(of.left_open(of.roll)), change_prices(of.problem)
    lost = {key: missing_points(of.problem.steps[key], n) for key, n in missing.items()}
    days = {d: _slots(of, d) for d in of.problem.days}
    return frozenset(
        d
        for d, slots in days.items()
        if sum(points for (_, t), points in lost.items() if t in slots) >= prices.seats
    )


def _together(of: Published, days: frozenset[int]) -> list[frozenset[int]]:
    """Return the days to be planned at once: all, or each alone where that is too much."""
    if len(days) * len(of.problem.agents) <= MOST:
        return [days] if days else []
    return [frozenset({d}) for d in sorted(days)]


def broken(of: Published, roll: Roll) -> frozenset[str]:
    """Return the people whose duties as they are do not make a lawful horizon."""
    return frozenset(
        agent.agent_id for agent in of.problem.agents if not is_lawful(agent, _own(agent, roll))
    )


def _own(agent: Agent, roll: Roll) -> dict[int, Template]:
    days = range(len(agent.options))
    return {d: roll[key].shift for d in days if (key := (agent.agent_id, d)) in roll}


def _slots(of: Published, day: int) -> range:
    """Return the slots of the horizon in which duties of a day can lie."""
    options = [agent.options[day] for agent in of.problem.agents]
    shifts = [shift for option in options if option is not None for shift in option.shifts]
    begin, end = min((s.start for s in shifts), default=0), max((s.end for s in shifts), default=0)
    return range(day * SLOTS_PER_DAY + begin, day * SLOTS_PER_DAY + end)


def ways(of: Published, agent: Agent, day: int) -> tuple[Template, ...]:
    """Return the shifts that somebody might have on a day, instead of what she was told.

    The shift that she was told is among them where her meals or pools might still change. None
    where all of the day is frozen, or she holds training, a meeting or a quality check.
    """
    told, option = of.told.get((agent.agent_id, day)), agent.options[day]
    ahead = of.cut - day * SLOTS_PER_DAY
    shifts = () if option is None else option.shifts
    if told is None:
        return tuple(shift for shift in shifts if shift.start >= ahead)
    old = told.duty.shift
    if told.busy or old.end <= ahead:
        return ()
    if not any((s.start, s.end, s.hole) == (old.start, old.end, old.hole) for s in shifts):
        shifts = (*shifts, old)
    if old.start >= ahead:
        return tuple(shift for shift in shifts if shift.start >= ahead)
    begun = [_begun(told.duty, shift, ahead) for shift in shifts]
    return tuple(shift for shift in begun if shift is not None)


def _begun(duty: Duty, shift: Template, ahead: int) -> Template | None:
    """Return a shift as it may go on from a duty that has begun; None where it may not.

    Meals that have begun stay, and the others are eaten from now on: windows only get narrower, so
    no stretch of work gets too long by it.
    """
    before = [t for t in duty.shift.on_duty if t < ahead]
    eaten = [start for start in duty.meals if start < ahead]
    fits = (
        [t for t in shift.on_duty if t < ahead] == before
        and len(eaten) <= len(shift.meals)
        and (not eaten or shift.meal_slots == duty.shift.meal_slots)
        and all(m.first <= t <= m.last for m, t in zip(shift.meals, eaten, strict=False))
    )
    if not fits:
        return None
    had = [Meal(t, t, m.name) for m, t in zip(shift.meals, eaten, strict=False)]
    ahead_of = [replace(m, first=max(m.first, ahead)) for m in shift.meals[len(eaten) :]]
    if any(meal.first > meal.last for meal in ahead_of):
        return None
    return replace(shift, meals=(*had, *ahead_of))


class _Window:
    """Some days of everybody, stated and solved."""

    def __init__(
        self,
        of: Published,
        roll: Roll,
        days: frozenset[int],
        prices: ChangePrices,
        unlawful: frozenset[str],
        settled: Collection[Key],
    ) -> None:
        self._of, self._roll, self._prices = of, roll, prices
        self._short = {t for _, t in of.left_open(roll)}
        self._ways = {
            (agent.agent_id, d): found
            for agent in of.problem.agents
            for d in sorted(of.problem.days)
            if (d in days or agent.agent_id in unlawful)
            and (agent.agent_id, d) not in settled
            and (found := self._helpful(agent, d, unlawful=agent.agent_id in unlawful))
        }
        named = {name for name, _ in self._ways}
        self._agents = [agent for agent in of.problem.agents if agent.agent_id in named]
        self._rows, self._fixed = Rows(), list[int]()
        self._stays: dict[Key, int] = {}
        self._new: dict[tuple[int, int], Free] = {}

    def _helpful(self, agent: Agent, d: int, *, unlawful: bool) -> tuple[Template, ...]:
        """Return the shifts with which somebody is there while seats are missing.

        All of them where her horizon is not lawful as it stands.
        """
        first_slot = d * SLOTS_PER_DAY
        return tuple(
            shift
            for shift in ways(self._of, agent, d)
            if unlawful or any(first_slot + t in self._short for t in shift.on_duty)
        )

    def solved(self) -> Changes | None:
        """Return the best changes of the window; None where there are no lawful ones."""
        classes = [Class(members=(agent,), options=agent.options) for agent in self._agents]
        for a, (agent, alone) in enumerate(zip(self._agents, classes, strict=True)):
            own = [self._day(a, agent, alone, d) for d in range(len(agent.options))]
            state_limits(self._rows, alone, own)
        present, eating = state_presence(self._rows, classes, self._new, {})
        present = dict(present)
        if self._of.problem.meal_share < 1:
            self._meals_in_turn(present)
        self._told_seats(present)
        serving = self._coverage(present)
        whole = [j for free in self._new.values() for _, j in free] + list(self._stays.values())
        whole += [j for starts in eating.values() for j in starts.values()] + list(serving.values())
        stated = program(self._rows, self._fixed, whole)
        found = decided(stated, gap=GAP, effort=EFFORT)
        if not found.proven:
            start = {} if found.x is None else dict(enumerate(found.x.tolist()))
            found = minimised(stated, gap=GAP, nodes=NODES, start=start)
        if found.x is None:
            return None
        return self._read(eating, serving, np.round(found.x), proven=found.proven)

    def _day(self, a: int, agent: Agent, alone: Class, d: int) -> list[tuple[Template, int]]:
        """State what somebody may do on a day; return the shifts with their columns."""
        key = (agent.agent_id, d)
        duty = self._roll.get(key)
        old = None if duty is None else duty.shift
        if key not in self._ways:
            if old is None:
                return []
            self._fixed.append(self._rows.column(0.0, 1.0))
            return [(old, self._fixed[-1])]
        rows, found = self._rows, list[tuple[Template, int]]()
        # what it costs to stay at home is deducted from everything else
        home = 0 if old is None else self._prices.of(old, None) - self._pay(d, old)
        if old is not None:
            self._stays[key] = rows.column(-home, 1.0)
            # added to all, so that the gap is of what is missing and changed
            self._fixed.append(rows.column(home, 1.0))
            found.append((old, self._stays[key]))
        for shift in self._ways[key]:
            points = self._prices.of(old, shift) + self._pay(d, shift) + self._uneven(key, shift)
            points -= home + (0 if old is None else self._pay(d, old))
            able = 1.0 if old is not None and shift.start == old.start else alone.able(d, shift)
            column = rows.column(points, float(able))
            found.append((shift, column))
            self._new.setdefault((a, d), [])
            self._new[a, d] = [*self._new[a, d], (shift, column)]
        begun = old is not None and old.start < self._of.cut - d * SLOTS_PER_DAY
        rows.row((j for _, j in found), (1.0,), low=1.0 if begun else -np.inf, high=1.0)
        return found

    def _pay(self, day: int, shift: Template) -> int:
        date = self._of.problem.start + dt.timedelta(days=day)
        averaged = self._of.averaged
        return (
            duty_points(date, shift.start, shift.end, shift.paid, averaged=averaged) * PAID // 100
        )

    def _uneven(self, key: Key, shift: Template) -> int:
        """Return the fairness and the wishes that a shift costs; what it gains is no reason."""
        problem, agent = self._of.problem, key[0]
        own = {k: duty for k, duty in self._roll.items() if k[0] == agent}
        wishes = {k: costs for k, costs in problem.wishes.items() if k[0] == agent}
        standing = replace(problem.standing.of({agent}), published={})

        def points(roll: Roll) -> int:
            return unfairness(roll, problem.start, problem.fairness, wishes, standing)

        return max(points({**own, key: Duty(shift, (), ())}) - points(own), 0)

    def _fixed_roll(self) -> Roll:
        return {key: duty for key, duty in self._roll.items() if key not in self._ways}

    def _meals_in_turn(self, present: Present) -> None:
        """R18: state how many may be at the table; as crowded as it was told it may stay.

        Of n people ``ceil(share n)`` may eat, so a whole number may iff it is below
        ``share n + 1``. Each above costs a seat.
        """
        share, speed = self._of.problem.meal_share, self._of.speed
        here: dict[Place, list[int]] = defaultdict(list)
        eating: dict[Place, list[int]] = defaultdict(list)
        for (group, t), people in present.items():
            for pool in dict.fromkeys(pool_of(name) for name, _ in group[1]):
                here[pool, t] += people.here
                eating[pool, t] += people.away
        for key, column in self._stays.items():
            for at, (_, ate) in crowd_of({key: self._roll[key]}, speed).items():
                here[at].append(column)
                if ate:
                    eating[at].append(column)
        told = crowd_of(self._roll, speed)
        kept = crowd_of(self._fixed_roll(), speed)
        for at, columns in eating.items():
            if not columns or at[1] < self._of.cut:
                continue
            kept_on, kept_eating = kept.get(at, (0, 0))
            told_on, told_eating = told.get(at, (0, 0))
            over = max(told_eating - share * told_on - 1 + ROUNDING, 0.0)
            above = self._rows.column(float(self._prices.seats), len(columns) + kept_eating)
            values = [1.0] * len(columns) + [-share] * len(here[at]) + [-1.0]
            most = share * kept_on + 1 - ROUNDING - kept_eating + over
            self._rows.row([*columns, *here[at], above], values, high=most)

    def _told_seats(self, present: dict[tuple[Group, int], Presence]) -> None:
        """Add who keeps her duty as people who can only serve what she was told to."""
        for key, column in self._stays.items():
            duty, units = self._roll[key], self._of.speed[key]
            for t, name in enumerate(duty.pools, start=key[1] * SLOTS_PER_DAY + duty.shift.start):
                if name is not None and t >= self._of.cut:
                    group = (key[1], ((name, units[name]), STAYS))
                    people = present.setdefault((group, t), Presence())
                    people.here.append(column)
                    people.most += 1

    def _coverage(self, present: Present) -> Serving:
        slots = {t for _, t in present}
        open_ = self._of.left_open(self._fixed_roll())
        need = {place: n for place, n in open_.items() if place[1] in slots}
        steps = {at: first(self._of.problem.steps[at], n) for at, n in by_pool(need).items()}
        _, serving = state_coverage(
            self._rows,
            present,
            need,
            steps,
            self._of.problem.reach,
            {},
        )
        return serving

    def _read(self, eating: Eating, serving: Serving, x: Floats, *, proven: bool) -> Changes:
        stays = {key for key, column in self._stays.items() if x[column]}
        made = roll_of(self._agents, self._new, eating, serving, x)
        changed = as_told(self._of, made)
        gone = {key for key in self._ways if key in self._roll} - stays - set(changed)
        same = {key for key, duty in changed.items() if self._roll.get(key) == duty}
        return Changes(
            duties={key: duty for key, duty in changed.items() if key not in same},
            dropped=frozenset(gone),
            proven=proven,
        )


def as_told(of: Published, made: Roll) -> Roll:
    """Return new duties with the pools handed out as people were told them, where that may be.

    People alike exchange pools half hour by half hour: first who was told a pool keeps it, then who
    is in it; what was served before the cut stays as it was.
    """
    pools: dict[Key, dict[int, str | None]] = {
        key: dict(enumerate(duty.pools, start=duty.shift.start)) for key, duty in made.items()
    }
    groups: dict[tuple[int, object], list[Key]] = defaultdict(list)
    for key in sorted(made):
        groups[key[1], tuple(of.speed[key].items())].append(key)
    for keys in groups.values():
        _exchange(of, keys, made, pools)
    for key, own in pools.items():
        ahead = of.cut - key[1] * SLOTS_PER_DAY
        if (told := of.told.get(key)) is not None:
            before = dict(enumerate(told.duty.pools, start=told.duty.shift.start))
            own.update({t: before.get(t) for t in own if t < ahead})
    return {
        key: replace(duty, pools=tuple(pools[key][t] for t in sorted(pools[key])))
        for key, duty in made.items()
    }


def _exchange(
    of: Published, keys: Sequence[Key], made: Roll, pools: Mapping[Key, dict[int, str | None]]
) -> None:
    """Hand the pools of people alike out anew, half hour by half hour."""
    told: dict[Key, dict[int, str | None]] = {}
    for key in keys:
        if (each := of.told.get(key)) is not None:
            told[key] = dict(enumerate(each.duty.pools, start=each.duty.shift.start))
    for t in sorted({t for key in keys for t in pools[key]}):
        here = [key for key in keys if t in pools[key] and t not in made[key].away]
        left = [pools[key][t] for key in here]
        given: dict[Key, str | None] = {}
        for wanted in (
            {key: told.get(key, {}).get(t) for key in here},
            {key: pools[key].get(t - 1) for key in here},
        ):
            for key, name in wanted.items():
                if key not in given and name is not None and name in left:
                    left.remove(name)
                    given[key] = name
        for key in here:
            pools[key][t] = given[key] if key in given else left.pop(0)


def can_be_lawful(of: Published, agent: Agent) -> bool:
    """Return whether somebody has a lawful horizon, with what may still change of her days."""
    cp = cp_model.CpModel()
    own: dict[int, list[tuple[Template, cp_model.IntVar]]] = {}
    for d in range(len(agent.options)):
        told = of.told.get((agent.agent_id, d))
        free = ways(of, agent, d)
        shifts = [] if told is None else [told.duty.shift]
        own[d] = [(s, cp.new_bool_var("") if free else cp.new_constant(1)) for s in shifts]
        own[d] += [(s, cp.new_bool_var("")) for s in free]
        if free and told is not None and told.duty.shift.start < of.cut - d * SLOTS_PER_DAY:
            cp.add_exactly_one(v for _, v in own[d])
    return solvable(cp, agent, own)
