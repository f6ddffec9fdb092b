"""The whole problem as a linear program: classes of agents, shifts and seats as real numbers.

Every lawful roster is a feasible point of it at no more than its own points, so no roster costs
less than the optimum. It holds the limits of lawful.py summed over the members of a class (spans,
most days in a row, rest as one cut per end time, most of a tag, overtime, weekends, successions),
meals as counts per group and window, and the service of groups to rows of seats. Least runs of
days and starts close together are stated for single agents only: a relaxation may forget rules.
For a class of one every limit is stated exactly as long as shifts are whole. Where shifts differ in
length, what fits into a member's hours is stated in whole shifts besides. Fairness, wishes and
meals in turn (R18) are not in it.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from operator import or_
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from staffing.grid import SLOTS_PER_DAY
from staffing.roster import hull
from staffing.roster.classes import Class
from staffing.roster.duty import Group
from staffing.roster.limits import MonthOvertime, WeekStarts
from staffing.roster.places import Reach, by_pool, pool_of
from staffing.roster.prices import Need, Place, Steps, StepsOf
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Free = Sequence[tuple[Template, int]]
"""Shifts of a class on a day with their columns."""
Hulls = Literal["corners", "whole"]
MOST_HULLS = 15_000
"""Pools times half hours up to which hulls are worth their columns: they triple a large program."""
MOST_FITTING = 500
"""Ways to have shifts of each length in a span up to which those that fill it are listed: a week
of five lengths has 330, a month of three 496."""
NO_LIMIT = np.inf
ONES = (1.0,)


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """Minimise ``cost @ x + constant`` over ``low <= matrix @ x <= high`` and ``0 <= x <= upper``.

    Attributes
    ----------
    cost, upper : per column; every column is boxed, so any duals give a bound
    matrix : rows × columns
    low, high : per row, infinite where there is no limit
    constant : points that no roster avoids
    shifts : (class, day) -> shifts with their columns
    units : per column, the missing speed units that it stands for
    limits : rows of what binds a class, its days together or each alone
    mixtures : the first column of those that state what pools miss
    pools : the pool of each column from there on
    """

    cost: Floats
    upper: Floats
    matrix: sp.csr_array
    low: Floats
    high: Floats
    constant: float
    shifts: Mapping[tuple[int, int], Free]
    units: Floats
    limits: Ints
    mixtures: int
    pools: tuple[str, ...]


@dataclass(slots=True)
class Rows:
    """Columns and rows as they are stated, one after another."""

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def column(self, cost: float, upper: float) -> int:
        """Add a column; return its number."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(
        self,
        columns: Iterable[int],
        values: Sequence[float],
        low: float = -NO_LIMIT,
        high: float = NO_LIMIT,
    ) -> None:
        """Add a row, unless it is empty; a single value is that of every column."""
        before = len(self.columns)
        self.columns.extend(columns)
        number = len(self.columns) - before
        if number == 0:
            return
        self.values.extend(values if len(values) > 1 else itertools.repeat(values[0], number))
        self.lengths.append(number)
        self.low.append(low)
        self.high.append(high)

    def matrix(self) -> sp.csr_array:
        """Return the rows as a sparse matrix."""
        pointers = np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])
        found = sp.csr_array(
            (np.array(self.values, float), np.array(self.columns, np.int64), pointers),
            shape=(len(self.low), len(self.cost)),
        )
        found.sum_duplicates()
        return found


def relaxation(
    of: Sequence[Class],
    need: Need,
    steps: StepsOf,
    reach: Reach,
    idle: Mapping[int, int],
    *,
    hulls: Hulls | None = "corners",
    most_hulls: float = MOST_HULLS,
) -> Relaxation:
    """Return the linear program of classes against what is required.

    Parameters
    ----------
    need, steps, reach, idle : as in `problem.Problem`
    hulls : whether pools miss what whole people leave open; None: what any numbers leave open.
        With the corners alone the parts of a mixture are fractions even in a roster; with all
        points of it (``whole``) whole numbers in all columns are the problem itself. Of a pool
        with too many points none are taken
    most_hulls : pools times half hours up to which any hulls are taken
    """
    rows, constant, limits = Rows(), 0.0, list[int]()
    shifts: dict[tuple[int, int], Free] = {}
    for c, each in enumerate(of):
        own: list[Free] = []
        for d, option in enumerate(each.options):
            free: list[tuple[Template, int]] = []
            if option is not None:
                number = each.available(d)
                constant += number * option.off
                for shift, points in zip(option.shifts, option.points, strict=True):
                    free.append((shift, rows.column(points - option.off, each.able(d, shift))))
                rows.row((j for _, j in free), ONES, high=number)
            own.append(free)
            shifts[c, d] = free
        before = len(rows.low)
        state_limits(rows, each, own)
        _lengths(rows, each, own)
        limits += range(before, len(rows.low))
    present, _ = state_presence(rows, of, shifts, idle)
    if hulls is not None and len(by_pool(need)) > most_hulls:
        hulls = None
    missing, _ = state_coverage(rows, present, need, steps, reach, idle, hulls=hulls)
    units = np.zeros(len(rows.cost))
    units[list(missing)] = [lack.units for lack in missing.values()]
    return Relaxation(
        cost=np.array(rows.cost, float),
        upper=np.array(rows.upper, float),
        matrix=rows.matrix(),
        low=np.array(rows.low, float),
        high=np.array(rows.high, float),
        constant=constant,
        shifts=shifts,
        units=units,
        limits=np.array(limits, np.int64),
        mixtures=min(missing, default=len(rows.cost)),
        pools=tuple(lack.pool for lack in missing.values()),
    )


def state_limits(rows: Rows, of: Class, own: Sequence[Free]) -> None:
    """State the limits of a class: each member's, summed."""
    limits, days = of.members[0].limits, [[j for _, j in free] for free in own]
    _spans(rows, of, own)
    if limits.most_consecutive is not None:
        worked = [agent.worked for agent in of.members]
        _most_in_a_row(rows, worked, days, limits.most_consecutive)
    for tag, most in limits.most_in_a_row:
        had = [frozenset(d for d, name in agent.tagged if name == tag) for agent in of.members]
        tagged_days = [[j for shift, j in free if tag in shift.tags] for free in own]
        _most_in_a_row(rows, had, tagged_days, most)
    for k, month in enumerate(limits.overtime):
        _overtime(rows, month, [agent.limits.overtime[k] for agent in of.members], own)
    _free_weekends(rows, of, days)
    for d, (now, then) in enumerate(itertools.pairwise(own)):
        _day_after(rows, limits, now, then, _either(of, d))
    for tag, number in limits.most_of:
        tagged = [j for free in own for shift, j in free if tag in shift.tags]
        rows.row(tagged, ONES, high=number * len(of.members))
    if len(of.members) == 1:
        _least_in_a_row(rows, limits, days)
        for week in limits.starts:
            _starts(rows, week, own)
    _weekends(rows, of, days)


def _spans(rows: Rows, of: Class, own: Sequence[Free]) -> None:
    """R5 to R7 and R17: paid slots, days and shifts with a tag of each span."""
    for k, span in enumerate(of.members[0].limits.spans):
        free = [pair for d in span.days for pair in own[d]]
        spans = [agent.limits.spans[k] for agent in of.members]
        columns, paid = [j for _, j in free], [float(shift.paid) for shift, _ in free]
        least, most = _paid(of, k, own)
        rows.row(columns, paid, low=least, high=most)
        least, most = sum(s.least_days for s in spans), sum(s.most_days for s in spans)
        rows.row(columns, ONES, low=least, high=most)
        for tag, number in span.most_of:
            tagged = [j for shift, j in free if tag in shift.tags]
            rows.row(tagged, ONES, high=number * len(of.members))


def _paid(of: Class, k: int, own: Sequence[Free]) -> tuple[int, int]:
    """Return the least and most paid slots of a span that shifts of its days add up to, summed.

    Five shifts of 16 slots fit below 88, and no part of a sixth.
    """
    sums = _sums({shift.paid for shift, _ in own[d]} for d in of.members[0].limits.spans[k].days)
    least, most = 0, 0
    for span in (agent.limits.spans[k] for agent in of.members):
        below = sums & ((2 << span.most_paid) - 1) if span.most_paid >= 0 else 0
        most += below.bit_length() - 1 if below else span.most_paid
        above = sums >> span.least_paid if span.least_paid > 0 else 0
        least += span.least_paid + ((above & -above).bit_length() - 1 if above else 0)
    return least, most


def _sums(sizes: Iterable[set[int]]) -> int:
    """Return which totals one size or none of each set makes, as the bits of a number."""
    found = 1
    for own in sizes:
        found = reduce(or_, (found << size for size in sorted(own)), found)
    return found


def _lengths(rows: Rows, of: Class, own: Sequence[Free]) -> None:
    """R5 and R7 where shifts differ in length: what a member has is a mixture of what fits her.

    Two shifts of 8 slots fit below 20, and no half of a third, though one of 8 and one of 12 would
    fill all of it.
    """
    for k, span in enumerate(of.members[0].limits.spans):
        columns: dict[int, list[int]] = defaultdict(list)
        for d in span.days:
            for shift, column in own[d]:
                columns[shift.paid].append(column)
        lengths = tuple(sorted(columns))
        if len(lengths) < 2 or _listed(lengths, len(span.days)) > MOST_FITTING:
            continue
        mixed: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for (most, days), number in Counter(_room(agent, k) for agent in of.members).items():
            parts = {rows.column(0.0, number): fits for fits in filling(lengths, most, days)}
            rows.row(parts, ONES, low=number, high=number)
            for part, fits in parts.items():
                for length, n in zip(lengths, fits, strict=True):
                    mixed[length].append((part, -float(n)))
        for length, shifts in columns.items():
            filled = [(part, n) for part, n in mixed[length] if n]
            values = [1.0] * len(shifts) + [n for _, n in filled]
            rows.row(shifts + [part for part, _ in filled], values, high=0.0)


def _room(agent: Agent, k: int) -> tuple[int, int]:
    """Return the paid slots and days that a member can work of a span."""
    span = agent.limits.spans[k]
    there = sum(agent.options[d] is not None for d in span.days)
    return max(span.most_paid, 0), min(max(span.most_days, 0), there)


def _listed(lengths: Sequence[int], days: int) -> int:
    """Return how many `filling` lists at most: days without a longer shift have the shortest."""
    return math.comb(days + len(lengths) - 1, days)


@cache
def filling(lengths: tuple[int, ...], most: int, days: int) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of shifts of each length that leave no room for more.

    Parameters
    ----------
    lengths : paid slots of a shift, shortest first
    most, days : paid slots and days that there is room for
    """
    *shorter, longest = lengths
    if not shorter:
        return ((min(most // longest, days),),)
    return tuple(
        (*others, n)
        for n in range(min(most // longest, days) + 1)
        for others in filling(tuple(shorter), most - n * longest, days - n)
    )


def _weekends(rows: Rows, of: Class, days: Sequence[list[int]]) -> None:
    """State on how many weekends somebody works; one of its days is enough."""
    limits = of.members[0].limits
    if limits.most_weekends is None:
        return
    at_work = [rows.column(0.0, len(of.members)) for _ in limits.weekends]
    for weekend, column in zip(limits.weekends, at_work, strict=True):
        for d in weekend:
            if days[d]:
                rows.row([*days[d], column], [*[1.0] * len(days[d]), -1.0], high=0.0)
    rows.row(at_work, ONES, high=limits.most_weekends * len(of.members))


def _day_after(rows: Rows, limits: Limits, now: Free, then: Free, most: int) -> None:
    """R9 and forbidden successions: of two days that do not fit each member has one."""
    for end in sorted({shift.end for shift, _ in now}):
        late = [j for shift, j in now if shift.end >= end]
        early = [j for s, j in then if s.start + SLOTS_PER_DAY < end + limits.rest]
        if early:
            rows.row(late + early, ONES, high=most)
    for tag in sorted({first for first, _ in limits.forbidden}):
        banned = {second for first, second in limits.forbidden if first == tag}
        before = [j for shift, j in now if tag in shift.tags]
        after = [j for shift, j in then if banned & set(shift.tags)]
        if before and after:
            rows.row(before + after, ONES, high=most)


def _either(of: Class, day: int) -> int:
    """Return how many members could work on a day or on the next one."""
    return sum(
        agent.options[day] is not None or agent.options[day + 1] is not None for agent in of.members
    )


def _least_in_a_row(rows: Rows, limits: Limits, days: Sequence[list[int]]) -> None:
    """Forbid runs of work or of days off that are too short; of one agent, a class cannot say."""
    for least, sign in ((limits.least_consecutive, 1.0), (limits.least_off, -1.0)):
        for length in range(1, least):
            for before in range(len(days) - length - 1):
                ends, run = days[before] + days[before + length + 1], days[before + 1 :][:length]
                inner = [j for day in run for j in day]
                values = [sign] * len(ends) + [-sign] * len(inner)
                low = 1.0 - length if sign > 0 else -1.0
                rows.row(ends + inner, values, low=low)


def _most_in_a_row(
    rows: Rows, had: Sequence[frozenset[int]], days: Sequence[list[int]], most: int
) -> None:
    """R8 and R14: of `most` + 1 days in a row one is free, or lacks the tag.

    Parameters
    ----------
    had : days before the horizon that count, of each member
    """
    for first in range(-most, len(days) - most):
        window = range(first, first + most + 1)
        columns = [j for d in window if d >= 0 for j in days[d]]
        before = sum(d in own for own in had for d in window if d < 0)
        rows.row(columns, ONES, high=most * len(had) - before)


def _overtime(
    rows: Rows, shape: MonthOvertime, members: Sequence[MonthOvertime], own: Sequence[Free]
) -> None:
    """R12: overtime of each week, summed over the members, within what the month has left."""
    most = sum(max(month.most, 0) for month in members)
    found = []
    for k, week in enumerate(shape.weeks):
        free = [pair for d in week.days for pair in own[d]]
        overtime = rows.column(0.0, most)
        base = sum(month.weeks[k].base for month in members)
        columns, paid = [j for _, j in free], [-float(shift.paid) for shift, _ in free]
        rows.row([overtime, *columns], [1.0, *paid], low=base)
        over = sum(month.weeks[k].over for month in members)
        long = [(j, s.paid - week.normal_day) for s, j in free if s.paid > week.normal_day]
        values = [1.0, *(-float(slots) for _, slots in long)]
        rows.row([overtime, *(j for j, _ in long)], values, low=over)
        found.append(overtime)
    rows.row(found, ONES, high=sum(month.most for month in members))


def _free_weekends(rows: Rows, of: Class, days: Sequence[list[int]]) -> None:
    """R16: on the weekends of a run there are as many free ones as members who need one."""
    runs = Counter(run for agent in of.members for run in agent.limits.free_weekends)
    number = len(of.members)
    weekends = {days_off for run in runs for days_off in run}
    free = {weekend: rows.column(0.0, number) for weekend in sorted(weekends)}
    for weekend, column in free.items():
        for d in weekend:
            rows.row([*days[d], column], ONES, high=number)
    for run, members in runs.items():
        rows.row([free[weekend] for weekend in run], ONES, low=members)


def _starts(rows: Rows, week: WeekStarts, own: Sequence[Free]) -> None:
    """R15: no two shifts of a week start more than `spread` slots apart; one cut per start."""
    free = [pair for d in week.days for pair in own[d]]
    for start in week.published:
        far = [j for shift, j in free if abs(shift.start - start) > week.spread]
        rows.row(far, ONES, high=0.0)
    for one, other in itertools.permutations(week.days, 2):
        for start in sorted({shift.start for shift, _ in own[one]}):
            early = [j for shift, j in own[one] if shift.start <= start]
            late = [j for shift, j in own[other] if shift.start > start + week.spread]
            if late:
                rows.row(early + late, ONES, high=1.0)


Present = Mapping[tuple[Group, int], "Presence"]
Eating = Mapping[tuple[Group, Meal, int], Mapping[int, int]]
"""Group, meal and its slots -> slot of the horizon -> column of the people who begin it then."""
Serving = Mapping[tuple[Group, int, str], int]
"""Group, slot and pool -> column of the people who serve."""


class Lack(NamedTuple):
    """What a column of a pool stands for where it is 1: speed units that the pool misses."""

    pool: str
    units: int


@dataclass(slots=True)
class Presence:
    """People of a group at work in a slot: columns that come and go, and how many at most."""

    here: list[int] = field(default_factory=list)
    away: list[int] = field(default_factory=list)
    most: float = 0.0


def state_presence(
    rows: Rows,
    of: Sequence[Class],
    shifts: Mapping[tuple[int, int], Free],
    idle: Mapping[int, int],
) -> tuple[Present, Eating]:
    """State the meals of each group and window; return who is at work when, and the meals."""
    present: dict[tuple[Group, int], Presence] = defaultdict(Presence)
    hungry: dict[tuple[Group, Meal, int], list[int]] = defaultdict(list)
    eating: dict[tuple[Group, Meal, int], dict[int, int]] = {}
    for (c, d), free in shifts.items():
        option = of[c].options[d]
        if option is None:
            continue
        group, day, most = (d, option.capability), d * SLOTS_PER_DAY, of[c].available(d)
        for t in sorted({t for shift, _ in free for t in _on_duty(shift)}):
            present[group, day + t].most += most
        for shift, column in free:
            for t in _on_duty(shift):
                present[group, day + t].here.append(column)
                rows.cost[column] += idle.get(day + t, 0)
            for meal in shift.meals:
                hungry[group, meal, shift.meal_slots].append(column)
    for (group, meal, length), columns in hungry.items():
        people, day = sum(rows.upper[j] for j in columns), group[0] * SLOTS_PER_DAY
        slots = range(day + meal.first, day + meal.last + 1)
        starts = [
            rows.column(-sum(idle.get(t + k, 0) for k in range(length)), people) for t in slots
        ]
        values = [1.0] * len(starts) + [-1.0] * len(columns)
        rows.row(starts + columns, values, low=0.0, high=0.0)
        eating[group, meal, length] = dict(zip(slots, starts, strict=True))
        for t, column in eating[group, meal, length].items():
            for k in range(length):
                present[group, t + k].away.append(column)
    return present, eating


@cache
def _on_duty(shift: Template) -> tuple[int, ...]:
    return shift.on_duty


def state_coverage(
    rows: Rows,
    present: Present,
    need: Need,
    steps: StepsOf,
    reach: Reach,
    idle: Mapping[int, int],
    *,
    hulls: Hulls | None = None,
) -> tuple[Mapping[int, Lack], Serving]:
    """State the service of groups to places; return the columns of what is missing, and service.

    All rows of a pool share what it misses: step by step, or as a mixture of what whole people
    leave open (`hulls`).

    Returns
    -------
    missing : column -> what is missing where it is 1, in the order of the columns
    """
    serving: dict[Place, dict[tuple[int, tuple[str, ...]], Flows]] = defaultdict(dict)
    service: dict[tuple[Group, int, str], int] = {}
    for (group, t), people in present.items():
        flows = []
        for place, speed in group[1]:
            filled = tuple(row for row in reach.get(place, (place,)) if (row, t) in need)
            if filled:
                flows.append(rows.column(-idle.get(t, 0), people.most))
                service[group, t, place] = flows[-1]
                kind = serving[pool_of(place), t].setdefault((speed, filled), Flows())
                kind.columns.append(flows[-1])
                kind.most += people.most
        values = [1.0] * len(flows) + [-1.0] * len(people.here) + [1.0] * len(people.away)
        if flows:
            rows.row(flows + people.here + people.away, values, high=0.0)
    required: dict[Place, dict[str, int]] = defaultdict(dict)
    for (row, t), units in need.items():
        required[pool_of(row), t][row] = units
    missing: dict[int, Lack] = {}
    for (pool, t), of_rows in required.items():
        kinds, of_pool = serving[pool, t], steps[pool, t]
        exact, mixed = t in idle, None
        if hulls is not None:
            inner = hulls == "whole"
            mixed = _mixtures(rows, of_rows, of_pool, kinds, exact=exact, inner=inner)
        lacking = mixed or _step_by_step(rows, of_rows, of_pool, kinds, exact=exact)
        missing |= {column: Lack(pool, units) for column, units in lacking.items()}
    return missing, service


@dataclass(slots=True)
class Flows:
    """Columns of the people of a kind who serve a pool in a slot, and how many at most."""

    columns: list[int] = field(default_factory=list)
    most: float = 0.0


Kinds = Mapping[tuple[int, tuple[str, ...]], Flows]
"""(speed units, rows of seats filled) -> who serves them so."""


def _step_by_step(
    rows: Rows, required: Mapping[str, int], of: Steps, kinds: Kinds, *, exact: bool
) -> dict[int, int]:
    """State what a pool misses as units of its steps; return their columns."""
    lacking = [rows.column(price, width) for width, price in of]
    for row, units in required.items():
        serving = [(j, speed) for (speed, own), f in kinds.items() if row in own for j in f.columns]
        columns, speeds = [j for j, _ in serving], [float(speed) for _, speed in serving]
        rows.row(lacking + columns, [1.0] * len(lacking) + speeds, low=units)
        if exact:
            rows.row(columns, speeds, high=units)
    return dict.fromkeys(lacking, 1)


def _mixtures(
    rows: Rows, required: Mapping[str, int], of: Steps, kinds: Kinds, *, exact: bool, inner: bool
) -> dict[int, int] | None:
    """State what a pool misses as a mixture of whole numbers of people; None if that is no use.

    Of each kind at least as many serve as the mixture has; exactly as many where nobody may serve
    beyond what is required.
    """
    number = {row: i for i, row in enumerate(required)}
    names = tuple((speed, tuple(number[row] for row in own)) for speed, own in kinds)
    units = tuple(required.values())
    if hull.is_whole(units, of, names):
        return None
    most = tuple(int(flows.most) for flows in kinds.values())
    found = hull.corners(units, of, names, most, exact=exact, inner=inner)
    if found is None:
        return None
    people, missing, points = found
    parts = [rows.column(float(price), 1.0) for price in points]
    rows.row(parts, ONES, low=1.0, high=1.0)
    for counts, flows in zip(people.T, kinds.values(), strict=True):
        some = [(part, float(n)) for part, n in zip(parts, counts, strict=True) if n]
        values = [n for _, n in some] + [-1.0] * len(flows.columns)
        low = 0.0 if exact else -NO_LIMIT
        rows.row([j for j, _ in some] + flows.columns, values, low=low, high=0.0)
    return dict(zip(parts, missing.tolist(), strict=True))
