"""The problem as arrays of whole numbers, for the compiled loop, and its duties back from them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np

from staffing.grid import SLOTS_PER_DAY
from staffing.queue.kernel import Ints
from staffing.roster.duty import Duty, Roll
from staffing.roster.fairness import ANY, BURDENS, NONE, STEADY, STEADY_STEP, STEPS, weights
from staffing.roster.kernel import days as of_days
from staffing.roster.kernel import seats as of_seats
from staffing.roster.kernel.days import OFF, Duties
from staffing.roster.kernel.seats import Seats
from staffing.roster.places import pool_of
from staffing.roster.prices import CROWD
from staffing.roster.problem import Problem
from staffing.roster.runs import has_path
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Capability, Limits, Option
from staffing.roster.turns import at_table

LOG = 1 << 16
"""Entries of the log: more than any change of four duties can write."""
NEVER, FAR = -(1 << 40), 1 << 40
"""A slot before all others; more units than any pool needs."""


class Arrays:
    """A problem as the arrays of `staffing.roster.kernel`, and duties read back from them.

    Attributes
    ----------
    daybreak : first slot of a day at which any shift begins
    days_apart : whether no shift goes on when shifts of the day after begin
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._days = len(problem.days)
        self._number = {agent.agent_id: a for a, agent in enumerate(problem.agents)}
        self._templates: dict[Template, int] = {}
        self._groups: dict[Capability, int] = {}
        self._group = np.full((len(problem.agents), self._days), -1, np.int64)
        for a, agent in enumerate(problem.agents):
            for d, option in enumerate(agent.options):
                if option is not None:
                    own = self._groups.setdefault(option.capability, len(self._groups))
                    self._group[a, d] = own
                    for shift in option.shifts:
                        self._templates.setdefault(shift, len(self._templates))
        begin = min((shift.start for shift in self._templates), default=0)
        self._last = max((shift.end for shift in self._templates), default=0)
        self.daybreak, self.days_apart = begin, self._last <= begin + SLOTS_PER_DAY
        open_ = [*(t for _, t in problem.need), *problem.idle]  # maybe later than anybody serves
        self._slots = (self._days - 1) * SLOTS_PER_DAY + max(self._last, SLOTS_PER_DAY)
        self._slots = max(self._slots, 1 + max(open_, default=0))
        self._tags = sorted({tag for agent in problem.agents for tag in _asked(agent.limits)})

    def _options(self) -> dict[str, Ints]:
        """Return what each agent may do on each day, and what it costs her."""
        problem = self._problem
        first, shift, points, burden = [0], [], [], []
        off_points = np.zeros((len(problem.agents), self._days), np.int64)
        shared: dict[int, tuple[Ints, Ints]] = {}
        bits: dict[tuple[int, int], Ints] = {}
        for a, agent in enumerate(problem.agents):
            name = agent.agent_id
            charge = np.array(
                [
                    problem.standing.surcharge(name, each, weight)
                    for each, weight in weights(problem.fairness).items()
                ],
                np.int64,
            )
            for d, option in enumerate(agent.options):
                if option is None or not option.shifts:
                    first.append(first[-1])
                    off_points[a, d] = self._without(name, d) + (option.off if option else 0)
                    continue
                if id(option) not in shared:
                    own = np.array([self._templates[each] for each in option.shifts], np.int64)
                    shared[id(option)] = own, np.array(option.points, np.int64)
                own, cost = shared[id(option)]
                off_points[a, d] = option.off + self._without(name, d)
                mask = self._burdens(d, option, bits)
                cost = cost + (mask[:, None] >> np.arange(len(BURDENS)) & 1) @ charge
                extra = self._wished(name, d, option)
                shift.append(own)
                points.append(cost if extra is None else cost + extra)
                burden.append(mask)
                first.append(first[-1] + own.size)
        empty = np.zeros(0, np.int64)
        columns = [np.concatenate([empty, *each]) for each in (shift, points, burden)]
        return {
            "first": np.array(first, np.int64),
            "options": np.stack(columns, axis=1),
            "off": off_points,
        }

    def _burdens(self, d: int, option: Option, bits: dict[tuple[int, int], Ints]) -> Ints:
        """Return the bits of the burdens that each shift of an option is one more of."""
        key = (d, id(option))
        if key not in bits:
            standing, start = self._problem.standing, self._problem.start
            bits[key] = np.array(
                [
                    sum(
                        standing.counts(each, start, d, shift) << i
                        for i, each in enumerate(BURDENS)
                    )
                    for shift in option.shifts
                ],
                np.int64,
            )
        return bits[key]

    def _without(self, name: str, d: int) -> int:
        """Return what a day without a duty costs beside the option's own price."""
        problem = self._problem
        cost = problem.wishes.get((name, d), {}).get(NONE, 0)
        if problem.standing.published.get((name, d)) is not None:
            cost += problem.fairness.change_weight
        return cost

    def _wished(self, name: str, d: int, option: Option) -> Ints | None:
        """Return what wishes and changes add to each shift; None for nothing."""
        problem = self._problem
        wish = problem.wishes.get((name, d))
        published = (name, d) in problem.standing.published
        if wish is None and not published:
            return None
        extra = np.zeros(len(option.shifts), np.int64)
        if wish is not None:
            extra += np.array(
                [
                    wish.get(ANY, 0) + sum(wish.get(tag, 0) for tag in shift.tags)
                    for shift in option.shifts
                ],
                np.int64,
            )
        if published:
            span = problem.standing.published[name, d]
            same = np.array([(s.start, s.end) == span for s in option.shifts])
            extra += problem.fairness.change_weight * ~same
        return extra

    def _shifts(self) -> Ints:
        """Return the templates."""
        found = np.zeros((len(self._templates), of_days.WINDOWS + 4), np.int64)
        for k, shift in enumerate(self._templates):
            windows = [each for meal in shift.meals for each in (meal.first, meal.last)]
            own = [
                shift.start,
                shift.end,
                shift.paid,
                self._mask(shift.tags),
                len(shift.meals),
                shift.meal_slots,
                *(shift.hole or (0, 0)),
                *windows,
            ]
            found[k, : len(own)] = own
        return found

    def _mask(self, tags: Iterable[str]) -> int:
        return sum(1 << self._tags.index(tag) for tag in tags if tag in self._tags)

    def seats(self) -> Seats:
        """Return the seats before anybody serves."""
        problem = self._problem
        begins, posts = [0], []
        places: dict[str, int] = {}
        for g, capability in enumerate(self._groups):
            for name, units in capability:
                posts.append((places.setdefault(name, len(places)), units, g))
            begins.append(len(posts))
        self._places = list(places)
        rows: dict[str, int] = {}
        fills = [
            [rows.setdefault(row, len(rows)) for row in problem.reach.get(name, (name,))]
            for name in places
        ]
        for row, _ in problem.need:
            rows.setdefault(row, len(rows))
        pools: dict[str, int] = {}
        parts: list[list[int]] = []
        for row, r in rows.items():
            if pools.setdefault(pool_of(row), len(pools)) == len(parts):
                parts.append([])
            parts[pools[pool_of(row)]].append(r)
        users: list[list[int]] = [[] for _ in pools]
        table = np.zeros((len(posts), 4), np.int64)
        for j, (q, units, g) in enumerate(posts):
            p = pools[pool_of(self._places[q])]
            users[p].append(j)
            table[j] = q, units, p, g
        need = np.zeros((self._slots, len(rows), 2), np.int64)
        for (row, t), units in problem.need.items():
            need[t, rows[row], of_seats.NEED] = units
        slots = np.zeros((self._slots, 2), np.int64)
        for t, points in problem.idle.items():
            slots[t, of_seats.IDLE] = points
        marks = np.zeros(of_seats.MARKS, np.int64)
        marks[of_seats.DAYBREAK] = self.daybreak
        marks[of_seats.CROWDED] = CROWD if problem.meal_share < 1 else 0
        marks[of_seats.TIED] = any(has_path(agent.limits) for agent in problem.agents)
        most = [at_table(n, problem.meal_share) for n in range(len(problem.agents) + 2)]
        return Seats(
            posts=table,
            groups=np.array(begins, np.int64),
            fills=_lists(fills),
            users=_lists(users),
            parts=_lists(parts),
            rows=need,
            pools=self._prices(pools),
            present=np.zeros((len(pools), self._slots, 2), np.int64),
            crews=np.zeros((self._slots, len(posts) + len(self._groups)), np.int64),
            slots=slots,
            versions=np.ones(self._slots, np.int64),
            known=np.zeros((len(self._groups), self._slots, 2, 2), np.int64),
            helpers=_lists(self._helpers(pools, table)),
            table=np.array(most, np.int64),
            log=np.zeros((LOG, 4), np.int64),
            path=np.zeros((len(pools), 7), np.int64),
            marks=marks,
        )

    def sit(self, s: Seats, roll: Roll) -> None:
        """Let everybody of a roster serve where she does there, and nobody else."""
        here = np.zeros((2, len(self._groups), self._slots), np.int64)
        post = {
            (self._places[q], g): j
            for j, (q, g) in enumerate(s.posts[:, [of_seats.PLACE, of_seats.GROUP]].tolist())
        }
        for each in (s.crews, s.present, s.rows[:, :, of_seats.COVERED]):
            each[:] = 0
        for (name, d), duty in roll.items():
            g, t = int(self._group[self._number[name], d]), d * SLOTS_PER_DAY
            here[of_seats.ON_DUTY, g, [t + k for k in duty.shift.on_duty]] += 1
            eating = [t + k for k in duty.shift.on_duty if k in duty.away]
            here[of_seats.AT_TABLE, g, eating] += 1
            for slot, place in enumerate(duty.pools, start=t + duty.shift.start):
                if place is not None:
                    s.crews[slot, post[place, g]] += 1
        free = s.crews[:, len(s.posts) :]
        free += (here[of_seats.ON_DUTY] - here[of_seats.AT_TABLE]).T
        for j, (q, units, p, g) in enumerate(s.posts.tolist()):
            free[:, g] -= s.crews[:, j]
            s.present[p] += here[:, g].T
            for r in s.fills[q, 1 : 1 + s.fills[q, 0]]:
                s.rows[:, r, of_seats.COVERED] += units * s.crews[:, j]
        s.versions[:] += 1

    def _helpers(self, pools: Mapping[str, int], posts: Ints) -> list[list[int]]:
        """Return who ever serves each pool."""
        found: list[list[int]] = [[] for _ in pools]
        own = [
            posts[posts[:, of_seats.GROUP] == g, of_seats.POOL].tolist()
            for g in range(len(self._groups))
        ]
        for a, groups in enumerate(self._group.tolist()):
            for p in set().union(*(own[g] for g in set(groups) - {-1})):
                found[p].append(a)
        return found

    def _prices(self, pools: Mapping[str, int]) -> Ints:
        """Return what missing units of each pool and slot cost."""
        found = np.zeros((self._slots, len(pools), of_seats.PRICED), np.int64)
        found[:, :, : of_seats.PRICE] = FAR
        for (pool, t), steps in self._problem.steps.items():
            upto, own = 0, found[t, pools[pool]]
            for i, (width, points) in enumerate(steps):
                own[of_seats.PRICE + i : of_seats.PRICE + 3] = points
                upto += width
                if i < len(steps) - 1:
                    own[of_seats.ONE + i] = upto
        return found

    def _code(self, limits: Limits, agent: Agent) -> Iterator[tuple[int, ...]]:
        """Yield each limit: kind, then its numbers."""
        for span in limits.spans:
            days, tagged = _edges([span.days]), span.most_of
            paid = span.least_paid, span.most_paid
            yield of_days.SPAN, *days, *paid, span.least_days, span.most_days
            yield from ((of_days.TAGGED, *days, self._mask([tag]), most) for tag, most in tagged)
        if limits.most_consecutive is not None:
            yield of_days.RUN, limits.most_consecutive, _run(agent.worked, limits.most_consecutive)
        for tag, most in limits.most_in_a_row:
            before = _run({d for d, own in agent.tagged if own == tag}, most)
            yield of_days.TAG_RUN, most, before, self._mask([tag])
        for tag, most in limits.most_of:
            yield of_days.TAGGED, 0, self._days, self._mask([tag]), most
        yield of_days.REST, limits.rest, NEVER if agent.last_end is None else agent.last_end
        yield from self._runs(limits)
        yield from self._weeks(limits)

    def _runs(self, limits: Limits) -> Iterator[tuple[int, ...]]:
        """Yield the limits on days that follow each other."""
        for one, two in limits.forbidden:
            yield of_days.AFTER, self._mask([one]), self._mask([two])
        if limits.least_consecutive > 1:
            yield of_days.LEAST_RUN, limits.least_consecutive
        if limits.least_off > 1:
            yield of_days.LEAST_OFF, limits.least_off

    def _weeks(self, limits: Limits) -> Iterator[tuple[int, ...]]:
        """Yield the limits on weeks, weekends and months."""
        if limits.most_weekends is not None:
            yield of_days.WEEKENDS, limits.most_weekends, *_edges(limits.weekends)
        for run in limits.free_weekends:
            yield of_days.FREE, 0, *_edges(run)
        for month in limits.overtime:
            weeks = [
                (*_edges([week.days]), week.base, week.over, week.normal_day)
                for week in month.weeks
            ]
            yield of_days.OVERTIME, month.most, *itertools.chain.from_iterable(weeks)
        for week in limits.starts:
            edges = (min(week.published), max(week.published)) if week.published else (FAR, -FAR)
            yield of_days.STARTS, *_edges([week.days]), week.spread, *edges

    def duties(self, roll: Roll) -> Duties:
        """Return who works when, and what each may."""
        problem, agents = self._problem, self._problem.agents
        dates = [problem.start + dt.timedelta(days=d) for d in range(self._days)]
        fairness = problem.fairness
        prices = [fairness.days_weight, fairness.steady_weight, STEADY, STEADY_STEP]
        convex = [sum(max(n - each, 0) for each in STEPS) for n in range(self._days + 1)]
        codes = [
            [n for kind, *own in self._code(agent.limits, agent) for n in (kind, len(own), *own)]
            for agent in agents
        ]
        options = self._options()
        return Duties(
            taken=self.taken(options["first"], roll),
            group=self._group,
            **options,
            templates=self._shifts(),
            week=np.array([d - date.weekday() for d, date in enumerate(dates)], np.int64),
            code_first=np.concatenate([[0], np.cumsum([len(own) for own in codes])]).astype(int),
            code=np.array(list(itertools.chain.from_iterable(codes)), np.int64),
            prices=np.array([*prices, *weights(fairness).values()], np.int64),
            convex=np.array(convex, np.int64),
            span=np.array([0, self._days], np.int64),
            fixed=np.zeros(self._group.shape, np.int64),
            sums=np.zeros(self._last + 1, np.int64),
        )

    def taken(self, first: Ints, roll: Roll) -> Ints:
        """Return the options and meals of a roster, as in `Duties`."""
        taken = np.zeros((*self._group.shape, 3), np.int64)
        taken[:, :, of_days.OPTION] = OFF
        for (name, d), duty in roll.items():
            a = self._number[name]
            option = self._problem.agents[a].options[d]
            assert option is not None
            own = first[a * self._days + d] + option.shifts.index(duty.shift)
            taken[a, d, : 1 + len(duty.meals)] = own, *duty.meals
        return taken

    def roll(self, seats: Seats, duties: Duties) -> dict[tuple[str, int], Duty]:
        """Return the duties of people by name; who is in a pool stays while its count lasts."""
        templates, agents = list(self._templates), self._problem.agents
        shift: dict[tuple[int, int], tuple[Template, tuple[int, ...]]] = {}
        here: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
        for a, d in np.argwhere(duties.taken[:, :, of_days.OPTION] != OFF).tolist():
            option, *starts = duties.taken[a, d].tolist()
            own = templates[duties.options[option, of_days.SHIFT]]
            meals = tuple(starts[: len(own.meals)])
            shift[a, d] = own, meals
            away = Duty(own, meals, ()).away
            for t in own.on_duty:
                if t not in away:
                    here[d * SLOTS_PER_DAY + t, int(self._group[a, d])].append((a, d))
        pools: dict[tuple[int, int], dict[int, str]] = {key: {} for key in shift}
        for (t, g), keys in sorted(here.items()):
            wanted = {
                self._places[seats.posts[j, of_seats.PLACE]]: int(seats.crews[t, j])
                for j in range(seats.groups[g], seats.groups[g + 1])
            }
            free = []
            for key in keys:
                slot = t - key[1] * SLOTS_PER_DAY
                last = pools[key].get(slot - 1, "")
                if wanted.get(last, 0) > 0:
                    wanted[last] -= 1
                    pools[key][slot] = last
                else:
                    free.append((key, slot))
            queue = [name for name, number in wanted.items() for _ in range(number)]
            for (key, slot), name in zip(free, queue, strict=False):
                pools[key][slot] = name
        return {
            (agents[a].agent_id, d): Duty(
                own, meals, tuple(pools[a, d].get(t) for t in range(own.start, own.end))
            )
            for (a, d), (own, meals) in sorted(shift.items())
        }


def _asked(limits: Limits) -> Iterable[str]:
    """Yield the tags that limits ask about."""
    for span in limits.spans:
        yield from (tag for tag, _ in span.most_of)
    yield from (tag for tag, _ in (*limits.most_of, *limits.most_in_a_row))
    yield from itertools.chain.from_iterable(limits.forbidden)


def _lists(lists: Sequence[Sequence[int]]) -> Ints:
    """Return lists as rows of an array: how many there are, then each."""
    found = np.zeros((len(lists), 1 + max(map(len, lists), default=0)), np.int64)
    for i, own in enumerate(lists):
        found[i, : 1 + len(own)] = len(own), *own
    return found


def _run(days: Collection[int], most: int) -> int:
    """Return how many days in a row before the horizon are among some, at most `most`."""
    return next(n for n in range(most + 1) if n == most or -1 - n not in days)


def _edges(runs: Iterable[Sequence[int]]) -> list[int]:
    """Return first day and day after the last of each run of days; limits are on days in a row."""
    return [edge for run in runs for edge in ((run[0], run[-1] + 1) if run else (0, 0))]
