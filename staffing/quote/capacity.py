"""Whether the floor can deliver what is promised: the book against the agents, week by week.

1. Each week's seats are held against what its agents can lawfully cover at best (`crew`). A week is
   short where more stays open than `roster.max_uncovered` of what is required, or of what is
   required of a newcomer's pool even if everybody who knows it served nothing else. A short week
   is looked at without the newcomers as well, so that it is known who makes it short.
2. What would mend it is hiring and cross-training. What n people more leave open is a convex
   function of n whose slope is the worth that the week's program tells; so the cheapest mix is found
   by a small integer program over such tangents, until they hold (Benders 1962; Kelley 1960).
3. Who can be had in time is a matter of days: a week before which nobody can be there stays short,
   and the newcomer cannot be promised before the first week from which on everything holds.
4. The mix is taken, as rows of the tables agents and skills, and the weeks are computed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
from staffing.quote.book import Book, Week
from staffing.quote.crew import Choice, Covered, Crew, Kind, at_full_speed, kinds, need_of, usual
from staffing.quote.hiring import lost_share
from staffing.roster.measures import HIRED_H, longer, with_tables
from staffing.roster.places import by_pool, needed, pool_of
from staffing.roster.prices import SPEED_UNITS, Place
from staffing.roster.staff import Agent, staff, without
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

__all__ = ["Capacity", "Hire", "Judged", "Lack", "Training", "capacity", "with_measures"]

Floats = npt.NDArray[np.float64]
UNITS_PER_H = SPEED_UNITS * SLOTS_PER_H
WORKERS = 2
"""Programs solved at once: each is solved by one thread, alike whatever the machine."""
MOST_POOLS, MOST_KINDS = 3, 4
"""Pools that people are hired and trained for, and kinds of agents trained for each."""
MOST_HIRED = 60
ROUNDS = 14
"""Rounds of tangents at most; what they end with is checked like any other mix."""
UNREACHED = 1e5
"""Yuan a speed unit that stays open above what may: more than any measure costs for it."""
LEAST_LACK = 0.1
"""Seats below which a half hour is not told to lack people."""
_EPS = 1e-6

Verdict = Literal["deliverable", "with_measures", "not_before", "not_within"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What a pool lacks in a week.

    Attributes
    ----------
    days : service days with half hours that lack people
    seats : the most at once
    hours : seat-hours
    """

    pool: str
    days: tuple[dt.date, ...]
    seats: float
    hours: float


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A week against its agents.

    Attributes
    ----------
    covered : what stays open at best
    alone_h : pool of a newcomer -> seat-hours that stay open at best if everybody who knows it
        served nothing else
    short : whether more is open than may be
    plain : what stays open without the newcomers; None where the week is not short with them
    plain_short : whether it is short without them already
    """

    week: Week
    covered: Covered
    alone_h: Mapping[str, float]
    short: bool
    plain: Covered | None
    plain_short: bool

    @property
    def missing_h(self) -> float:
        """Return the seat-hours that stay open at best."""
        return self.covered.units / UNITS_PER_H

    @property
    def share(self) -> float:
        """Return the share of the seats required that stays open at best."""
        return _share(self.missing_h, self.week.asked)

    @property
    def plain_share(self) -> float | None:
        """Return that share without the newcomers, None where it was not needed."""
        if self.plain is None:
            return None
        return _share(self.plain.units / UNITS_PER_H, self.week.plain_asked)

    @cached_property
    def lacks(self) -> tuple[Lack, ...]:
        """Return what the pools lack, the most seat-hours first."""
        found: dict[str, dict[int, float]] = {}
        for (pool, t), seats in self.covered.missing.items():
            if seats >= LEAST_LACK:
                found.setdefault(pool, {})[t] = seats
        day = dict(zip(self.week.asked.table["slot"], self.week.asked.table["date"], strict=True))
        made = [
            Lack(
                pool=pool,
                days=tuple(sorted({day[t].date() for t in own})),
                seats=max(own.values()),
                hours=sum(own.values()) / SLOTS_PER_H,
            )
            for pool, own in found.items()
        ]
        return tuple(sorted(made, key=lambda lack: (-round(lack.hours, 3), lack.pool)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Hire:
    """People to hire.

    Attributes
    ----------
    pools : what they are to know
    newcomer : whose team they are to be, where it has a pool of its own
    serves : first day of service
    decided_by : last day to decide, hiring and training taken off
    price : yuan of all of them up to the last week of the book
    """

    number: int
    pools: tuple[str, ...]
    newcomer: str | None
    serves: dt.date
    decided_by: dt.date
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Agents to train on one more pool; attributes as those of `Hire`."""

    agents: tuple[str, ...]
    pool: str
    serves: dt.date
    decided_by: dt.date
    price: Decimal


Measure = Hire | Training


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What can be promised.

    Attributes
    ----------
    weeks : each week as things are
    verdict : ``deliverable`` as things are; ``with_measures``; ``not_before`` a date, from which on
        it holds, with the measures; ``not_within`` the weeks looked at
    measures : the cheapest mix found that mends every week from `not_before` on
    at_least : yuan that every mix of the hires and trainings considered costs
    not_before : first day of the first week from which on all weeks hold
    checked : whether the weeks were computed again with the measures, and hold
    leavers : people expected to leave within the weeks; all are replaced
    """

    book: Book
    weeks: tuple[Judged, ...]
    verdict: Verdict
    measures: tuple[Measure, ...] = ()
    at_least: Decimal = Decimal(0)
    not_before: dt.date | None = None
    checked: bool = True
    leavers: float = 0.0

    @property
    def short(self) -> tuple[Judged, ...]:
        """Return the weeks that are short as things are."""
        return tuple(each for each in self.weeks if each.short)

    @property
    def price(self) -> Decimal:
        """Return the yuan of the measures."""
        return sum((each.price for each in self.measures), Decimal(0))

    @cached_property
    def proposed(self) -> Workspace:
        """Return the tables with the measures taken."""
        return with_measures(self.book, self.measures)


def capacity(book: Book, step: Callable[[str], None] = lambda _: None) -> Capacity:
    """Return what can be promised of a book.

    Parameters
    ----------
    step : told the name of each step as it begins
    """
    step("cover")
    weeks = _judged(book)
    days = (book.weeks[-1].last - book.scenario.horizon.start).days + 1
    stay = np.exp(-days * 12 / 365 / book.hiring.tenure_months)
    leavers = len(book.workspace.agents) * (1 - float(stay))
    if not any(each.short for each in weeks):
        return Capacity(book=book, weeks=weeks, verdict="deliverable", leavers=leavers)
    step("mix")
    made = _Mix(book, weeks).cheapest()
    return replace(made, leavers=leavers)


def with_measures(book: Book, measures: Sequence[Measure]) -> Workspace:
    """Return the tables of a book with people hired and trained."""
    space = book.workspace
    for each in measures:
        if isinstance(each, Hire):
            for _ in range(each.number):
                space, _name = _hired(book, space, each)
        else:
            for name in each.agents:
                space = _trained(book, space, name, each.pool, each.serves)
    return space


def _share(hours: float, asked: SeatRequirement) -> float:
    return hours / asked.seat_hours if asked.seat_hours else 0.0


@dataclass(frozen=True, kw_only=True)
class _Check:
    """What a week must hold: of all its pools, or of one with everybody who knows it.

    Attributes
    ----------
    seats : (row of seats, slot) -> number
    most : speed units that may stay open
    """

    week: int
    pool: str | None
    seats: Mapping[Place, int]
    most: float

    def holds(self, units: float) -> bool:
        """Return whether so many speed units may stay open."""
        return units <= self.most * (1 + 1e-6) + 1e-3


def _checks(book: Book, number: int) -> list[_Check]:
    """Return what a week must hold with the newcomers."""
    week = book.weeks[number]
    pools = sorted({book.pool_of[name] for name in week.newcomers})
    return [_check(book, number, week.asked, pool) for pool in (None, *pools)]


def _check(book: Book, number: int, asked: SeatRequirement, pool: str | None) -> _Check:
    seats = {
        place: n
        for place, n in needed(asked.table, asked.sets).items()
        if pool is None or pool_of(place[0]) == pool
    }
    whole = sum(by_pool(seats).values()) * SPEED_UNITS
    most = book.scenario.roster.max_uncovered * whole
    return _Check(week=number, pool=pool, seats=seats, most=most)


def _staying(book: Book, week: Week) -> float:
    """Return the share of the work that is left of the people in a week, on its middle day."""
    middle = (week.first - week.first_day).days + week.scenario.horizon.days / 2
    return 1 - lost_share(book.hiring, middle if week.first > week.first_day else 0.0)


def _covered(
    book: Book, check: _Check, of: Sequence[Kind], asked: SeatRequirement
) -> Covered:
    """Return what the people of a week leave open at best."""
    crew = Crew(
        of,
        [kind.heads for kind in of],
        [len(kind.members) for kind in of],
        need_of(check.seats),
        asked.sets,
        _staying(book, book.weeks[check.week]),
    )
    return crew.covered()


def _who(book: Book, check: _Check, workspace: Workspace | None = None) -> list[Kind]:
    """Return the kinds of people of a week that count for a check."""
    week = book.weeks[check.week]
    found = kinds(staff(book.tables(week, workspace), week.scenario))
    return [kind for kind in found if check.pool is None or check.pool in _knows(kind.agent)]


def _knows(agent: Agent) -> set[str]:
    """Return the pools that somebody can serve on some day."""
    return {pool_of(name) for o in agent.options if o is not None for name, _ in o.capability}


def _judged(book: Book) -> tuple[Judged, ...]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return tuple(pool.map(lambda number: _judge(book, number), range(len(book.weeks))))


def _judge(book: Book, number: int) -> Judged:
    """Return a week against its agents as they are."""
    week = book.weeks[number]
    whole, *single = _checks(book, number)
    made = _covered(book, whole, _who(book, whole), week.asked)
    alone = {c.pool: _covered(book, c, _who(book, c), week.asked) for c in single}
    short = not whole.holds(made.units)
    short |= any(not c.holds(alone[c.pool].units) for c in single)
    plain: Covered | None = None
    plain_short = False
    if short and week.newcomers:
        check = _check(book, number, week.plain_asked, None)
        people = kinds(staff(book.tables(week, plain=True), week.scenario))
        plain = _covered(book, check, people, week.plain_asked)
        plain_short = not check.holds(plain.units)
    elif not week.newcomers:
        plain, plain_short = made, short
    return Judged(
        week=week,
        covered=made,
        alone_h={str(p): each.units / UNITS_PER_H for p, each in alone.items()},
        short=short,
        plain=plain,
        plain_short=plain_short,
    )


def _hired(book: Book, space: Workspace, hire: Hire) -> tuple[Workspace, str]:
    """Return the tables with one more full-timer, and her id."""
    agents = space.agents
    name = next(f"NEW-{i}" for i in range(1, 100_000) if f"NEW-{i}" not in agents.index)
    day = pd.Timestamp(hire.serves)
    row = {
        str(agents.index.name): name,
        "name": name,
        "team": hire.newcomer or "NEW",
        "started_on": day,
        "hours_per_week": HIRED_H,
        "contract": "full_time",
    }
    longer_agents = longer(agents.reset_index(), [row]).set_index(agents.index.name)
    space = with_tables(space, agents=longer_agents)
    rows = [
        _skill(name, shop, book.hiring.hired_speed, day, book.hiring.ramp_days)
        for pool in hire.pools
        if hire.newcomer is None
        for shop in space.pools[pool]
    ]
    return with_tables(space, skills=longer(space.skills, rows)), name


def _trained(book: Book, space: Workspace, name: str, pool: str, serves: dt.date) -> Workspace:
    """Return the tables with an agent trained on all shops of a pool that she does not know."""
    own = space.skills[space.skills["agent_id"] == name]
    known = set(own["shop_id"].astype(str))
    rows = [
        _skill(name, shop, book.hiring.trained_speed, pd.Timestamp(serves), book.hiring.ramp_days)
        for shop in space.pools[pool]
        if shop not in known
    ]
    return with_tables(space, skills=longer(space.skills, rows))


def _skill(
    name: str, shop: str, speed: float, since: pd.Timestamp, ramp_days: int
) -> dict[str, object]:
    return {
        "agent_id": name,
        "shop_id": shop,
        "speed": speed,
        "since": since,
        "ramp_days": float(ramp_days),
    }


@dataclass(frozen=True, kw_only=True)
class _Skill:
    """What people may be hired for."""

    pools: tuple[str, ...]
    newcomer: str | None


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Agents alike in every short week, who may be trained on a pool."""

    members: tuple[str, ...]
    pool: str


@dataclass(frozen=True, kw_only=True)
class _Program:
    """A check of a short week with everybody who might be there."""

    check: _Check
    crew: Crew


class _Mix:
    """The cheapest hires and trainings that mend the short weeks."""

    def __init__(self, book: Book, weeks: Sequence[Judged]) -> None:
        self.book, self.weeks = book, tuple(weeks)
        self.short = [n for n, each in enumerate(weeks) if each.short]
        start, hiring = book.scenario.horizon.start, book.hiring
        hired = start + dt.timedelta(days=hiring.hired_after_days)
        trained = start + dt.timedelta(days=hiring.cross_training_days)
        last = max(self.short)
        firsts = [week.first for week in book.weeks]
        self.starts = [n for n in range(last + 1) if firsts[n] >= hired]
        reached = [n for n in self.short if firsts[n] >= trained]
        self.trained_from = reached[0] if reached else None
        self.pools = self._pools()
        self.skills = self._skills()
        self.groups = [] if self.trained_from is None else self._groups()
        self.choices: list[tuple[_Skill | _Group, int]] = [
            *((skill, n) for skill in self.skills for n in self.starts),
            *((group, self.trained_from or 0) for group in self.groups),
        ]
        self.most = np.array(
            [
                float(MOST_HIRED if isinstance(choice, _Skill) else len(choice.members))
                for choice, _ in self.choices
            ]
        )

    def cheapest(self) -> Capacity:
        """Return the verdict, with the cheapest mix and the weeks computed again with it."""
        reach = [n for n in self.short if self._reached(n)]
        programs = self._programs(reach) if self.choices else []
        numbers, least, lost = self._solved(programs)
        lost |= set(self.short) - set(reach)
        last = max(lost, default=-1)
        while last >= 0 and (kept := [p for p in programs if p.check.week > last]):
            numbers, least, more = self._solved(kept)
            programs = kept
            if not more:
                break
            last = max(more)
        if last >= 0 and not any(p.check.week > last for p in programs):
            numbers, least, programs = np.zeros(len(self.choices)), 0.0, []
        measures = self._measures(numbers)
        checked = self._holds(measures, [p.check for p in programs])
        served = [n for n in range(last + 1) if self.weeks[n].week.newcomers and n in lost]
        verdict: Verdict = "with_measures"
        day: dt.date | None = None
        if last >= 0:
            if last + 1 == len(self.weeks):
                verdict = "not_within"
            else:
                verdict = "not_before"
                day = self.weeks[last + 1].week.first
        del served
        return Capacity(
            book=self.book,
            weeks=self.weeks,
            verdict=verdict,
            measures=measures,
            at_least=Decimal(str(round(least, 2))),
            not_before=day,
            checked=checked,
        )

    def _reached(self, number: int) -> bool:
        """Return whether somebody hired or trained can be there in a week."""
        first = self.trained_from
        return any(n <= number for n in self.starts) or (
            first is not None and first <= number and bool(self.groups)
        )

    def _pools(self) -> list[str]:
        """Return the pools that lack most in the short weeks."""
        hours: dict[str, float] = {}
        for n in self.short:
            for lack in self.weeks[n].lacks:
                hours[lack.pool] = hours.get(lack.pool, 0.0) + lack.hours
            for pool, missing in self.weeks[n].alone_h.items():
                hours[pool] = max(hours.get(pool, 0.0), missing)
        order = sorted(hours, key=lambda pool: (-round(hours[pool], 3), pool))
        return [pool for pool in order if hours[pool] > 0][:MOST_POOLS]

    def _skills(self) -> list[_Skill]:
        """Return what to hire for: each pool, and those of others together."""
        own = self.book.own_pools
        found = [_Skill(pools=(pool,), newcomer=own.get(pool)) for pool in self.pools]
        shared = tuple(pool for pool in self.pools if pool not in own)
        if len(shared) > 1:
            found.append(_Skill(pools=shared, newcomer=None))
        return found

    def _groups(self) -> list[_Group]:
        """Return whom to train: those whose own work is worth least in the short weeks."""
        weeks = [n for n in self.short if n >= (self.trained_from or 0)]
        key: dict[str, list[object]] = {}
        worth: dict[str, float] = {}
        knows: dict[str, set[str]] = {}
        for n in weeks:
            whole = _checks(self.book, n)[0]
            people = _who(self.book, whole)
            for k, kind in enumerate(people):
                for name, speed in zip(kind.members, kind.speeds, strict=True):
                    key.setdefault(name, []).append((n, k, speed))
                    told = float(self.weeks[n].covered.worth[k]) * speed
                    worth[name] = worth.get(name, 0.0) + told
                    knows.setdefault(name, set()).update(_knows(kind.agent))
        alike: dict[tuple[object, ...], list[str]] = {}
        for name in key:
            alike.setdefault(tuple(key[name]), []).append(name)
        own = self.book.own_pools
        found = []
        for pool in self.pools:
            if pool in own:
                continue
            able = [names for names in alike.values() if pool not in knows[names[0]]]
            able.sort(key=lambda names: (round(worth[names[0]], 3), names[0]))
            found += [_Group(members=tuple(names), pool=pool) for names in able[:MOST_KINDS]]
        return found

    def _programs(self, numbers: Sequence[int]) -> list[_Program]:
        checks = [check for n in numbers for check in _checks(self.book, n)]
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(self._program, checks))

    def _program(self, check: _Check) -> _Program:
        """Return a check with everybody who might be there."""
        week = self.book.weeks[check.week]
        of = _who(self.book, check)
        fresh, speeds = self._hires(check.week)
        heads = [kind.heads for kind in of]
        most = [len(kind.members) for kind in of]
        place = {
            name: (k, speed)
            for k, kind in enumerate(of)
            for name, speed in zip(kind.members, kind.speeds, strict=True)
        }
        heads_of: list[dict[int, float]] = [{} for _ in self.choices]
        for skill in self.skills:
            agent = fresh.get(skill)
            if agent is None or (check.pool is not None and check.pool not in _knows(agent)):
                continue
            of.append(Kind(agent=agent, members=(), speeds=()))
            most.append(MOST_HIRED * len(self.starts))
            heads.append(0.0)
            for j, (choice, n) in enumerate(self.choices):
                if choice == skill and (speed := speeds.get((skill, n))) is not None:
                    heads_of[j][len(of) - 1] = speed
        trained = self._trainees(check.week)
        for j, (choice, _) in enumerate(self.choices):
            agent = trained.get(choice) if isinstance(choice, _Group) else None
            if agent is None or (check.pool is not None and check.pool not in _knows(agent)):
                continue
            if choice.members[0] in place:
                k, speed = place[choice.members[0]]
                heads_of[j][k] = -speed
            of.append(Kind(agent=agent, members=(), speeds=()))
            most.append(len(choice.members))
            heads.append(0.0)
            heads_of[j][len(of) - 1] = 1.0
        crew = Crew(
            of,
            heads,
            most,
            need_of(check.seats),
            week.asked.sets,
            _staying(self.book, week),
            [
                Choice(heads=own, most=self.most[j], who=_people_of(self.choices[j][0]))
                for j, own in enumerate(heads_of)
            ],
        )
        return _Program(check=check, crew=crew)

    def _hires(self, number: int) -> tuple[dict[_Skill, Agent], dict[tuple[_Skill, int], float]]:
        """Return somebody hired for each skill, at full speed, and her speed by when she began.

        Her speed is that of the week's first day, and in the pool in which she is slowest: it only
        rises from there.
        """
        week, space = self.book.weeks[number], self.book.workspace
        names: dict[str, tuple[_Skill, int]] = {}
        for skill in self.skills:
            for n in self.starts:
                if n <= number:
                    one = self._hire(skill, n, 1)
                    space, name = _hired(self.book, space, one)
                    names[name] = skill, n
        agents, speeds = dict[_Skill, Agent](), dict[tuple[_Skill, int], float]()
        for agent in _few(self.book, week, space, list(names)):
            made = usual(agent)
            if made is None or any(option is None for option in agent.options):
                continue
            skill, n = names[agent.agent_id]
            units = [u for o in agent.options[:1] if o is not None for _, u in o.capability]
            speeds[skill, n] = min(units) / SPEED_UNITS
            agents[skill] = at_full_speed(made[0])
        return agents, speeds

    def _trainees(self, number: int) -> dict[_Group, Agent]:
        """Return one agent of each group as she is in a week once trained."""
        first = self.trained_from
        if first is None or number < first:
            return {}
        week, found = self.book.weeks[number], dict[_Group, Agent]()
        for group in self.groups:
            name, serves = group.members[0], self.book.weeks[first].first
            space = _trained(self.book, self.book.workspace, name, group.pool, serves)
            for agent in _few(self.book, week, space, [name]):
                if any(option is not None and option.shifts for option in agent.options):
                    found[group] = without(agent, "R6")
        return found

    def _hire(self, skill: _Skill, start: int, number: int) -> Hire:
        """Return so many people hired for a skill from a week on."""
        hiring, serves = self.book.hiring, self.book.weeks[start].first
        days = (self.book.weeks[-1].last - serves).days + 1
        return Hire(
            number=number,
            pools=skill.pools,
            newcomer=skill.newcomer,
            serves=serves,
            decided_by=hiring.decided_by(serves, hired=True),
            price=_yuan(number * hiring.hire_price(days)),
        )

    def _prices(self) -> Floats:
        """Return the yuan of one of each choice."""
        training = float(self.book.hiring.cross_training_yuan)
        return np.array(
            [
                float(self._hire(choice, n or 0, 1).price)
                if isinstance(choice, _Skill)
                else training
                for choice, n in self.choices
            ]
        )

    def _solved(self, programs: Sequence[_Program]) -> tuple[Floats, float, set[int]]:
        """Return the cheapest numbers, what any cost at least, and the weeks that no mix mends."""
        numbers = np.zeros(len(self.choices))
        lost = self._beyond(programs)
        programs = [p for p in programs if p.check.week not in lost]
        if not programs:
            return numbers, 0.0, lost
        master = _Master(self, len(programs))
        least, slack = 0.0, np.zeros(len(programs))
        for _ in range(ROUNDS):
            found = _at(programs, numbers)
            open_ = [
                i
                for i, (p, made) in enumerate(zip(programs, found, strict=True))
                if not p.check.holds(made.units - slack[i])
            ]
            if not open_:
                break
            for i in open_:
                master.cut(i, programs[i], found[i], numbers)
            numbers, slack, least = master.solved()
        lost |= {p.check.week for p, s in zip(programs, slack, strict=True) if s > SPEED_UNITS / 2}
        return numbers, least, lost

    def _beyond(self, programs: Sequence[_Program]) -> set[int]:
        """Return the weeks that stay short with all the people that might be had."""
        found = _at(programs, self.most)
        return {
            p.check.week
            for p, made in zip(programs, found, strict=True)
            if not p.check.holds(made.units)
        }

    def _measures(self, numbers: Floats) -> tuple[Measure, ...]:
        """Return the measures that numbers of the choices stand for."""
        hires, trained = list[Hire](), dict[str, list[str]]()
        taken: set[str] = set()
        for (choice, n), number in zip(self.choices, numbers, strict=True):
            count = round(float(number))
            if not count:
                continue
            if isinstance(choice, _Skill):
                hires.append(self._hire(choice, n or 0, count))
                continue
            names = [name for name in choice.members if name not in taken][:count]
            taken |= set(names)
            trained.setdefault(choice.pool, []).extend(names)
        hires.sort(key=lambda hire: (hire.serves, hire.pools))
        first = self.book.weeks[self.trained_from or 0].first
        hiring = self.book.hiring
        trainings = [
            Training(
                agents=tuple(names),
                pool=pool,
                serves=first,
                decided_by=hiring.decided_by(first, hired=False),
                price=_yuan(len(names) * Decimal(str(hiring.cross_training_yuan))),
            )
            for pool, names in trained.items()
        ]
        return (*hires, *trainings)

    def _holds(self, measures: Sequence[Measure], checks: Sequence[_Check]) -> bool:
        """Return whether the checks hold once the measures are rows of the tables."""
        space = with_measures(self.book, measures)

        def holds(check: _Check) -> bool:
            of, asked = _who(self.book, check, space), self.book.weeks[check.week].asked
            return check.holds(_covered(self.book, check, of, asked).units)

        with ThreadPoolExecutor(WORKERS) as pool:
            return all(pool.map(holds, checks))


class _Master:
    """The integer program over the tangents found so far."""

    def __init__(self, mix: _Mix, checks: int) -> None:
        self.mix, self.checks = mix, checks
        self.width = len(mix.choices) + checks
        self.rows: list[Floats] = []
        self.most: list[float] = []
        self.upper = np.concatenate([mix.most, np.full(checks, np.inf)])
        self._once_each()

    def _once_each(self) -> None:
        """State that nobody is trained on two pools at once."""
        by_people: dict[tuple[str, ...], list[int]] = {}
        for j, (choice, _) in enumerate(self.mix.choices):
            if isinstance(choice, _Group):
                by_people.setdefault(choice.members, []).append(j)
        for members, columns in by_people.items():
            row = np.zeros(self.width)
            row[columns] = 1.0
            self.rows.append(row)
            self.most.append(float(len(members)))

    def cut(self, number: int, program: _Program, covered: Covered, at: Floats) -> None:
        """State that a check is at least as its tangent at some numbers has it."""
        slope, row = covered.slope, np.zeros(self.width)
        row[: len(slope)] = slope
        row[len(slope) + number] = -1.0
        self.rows.append(row)
        self.most.append(program.check.most - covered.units + float(slope @ at))

    def solved(self) -> tuple[Floats, Floats, float]:
        """Return numbers, what stays open above what may, and the price of the numbers."""
        choices = len(self.mix.choices)
        prices = self.mix._prices()
        cost = np.concatenate([prices, np.full(self.checks, UNREACHED)])
        whole = np.concatenate([np.ones(choices), np.zeros(self.checks)])
        result = milp(
            cost,
            constraints=LinearConstraint(np.array(self.rows), -np.inf, np.array(self.most)),
            bounds=Bounds(0.0, self.upper),
            integrality=whole,
        )
        if result.x is None:
            raise RuntimeError(f"the mix was not found: {result.message}")
        numbers = np.round(result.x[:choices])
        return numbers, np.asarray(result.x[choices:]), float(prices @ numbers)


def _few(book: Book, week: Week, space: Workspace, names: Sequence[str]) -> list[Agent]:
    """Return some of the people of a week as the rules see them."""
    agents, skills = space.agents, space.skills
    shared = {*names}
    few = with_tables(
        space,
        agents=agents[agents.index.isin(shared)],
        skills=skills[skills["agent_id"].isin(shared)],
    )
    return staff(book.tables(week, few), week.scenario)


def _at(programs: Sequence[_Program], numbers: Floats) -> list[Covered]:
    """Return what is left open at best in each program with so many of each choice."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda program: program.crew.covered(list(numbers)), programs))


def _people_of(choice: _Skill | _Group) -> tuple[str, ...]:
    return choice.members if isinstance(choice, _Group) else ()


def _yuan(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), "ROUND_HALF_UP")
