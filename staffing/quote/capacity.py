"""Whether the floor can deliver what is promised: the book against the agents, week by week.

1. Each week's seats are held against what its agents can lawfully cover at best (`crew`). A week is
   short where more stays open than `roster.max_uncovered` of what is required, or of what is
   required of a newcomer's pool even if everybody who knows it served nothing else. A short week
   is looked at without the newcomers as well, so that it is known who makes it short.
2. What would mend it is hiring and cross-training. What n people more leave open is a convex
   function of n, whose slope is the worth that the week's program tells; so the cheapest mix is
   found by a small integer program over such tangents (Benders 1962; Kelley 1960). Where many
   mixes have nearly one price that takes long: after some rounds more is asked for than need be.
3. Who can be had in time is a matter of days: a week before which nobody can be there stays short,
   and the newcomer cannot be promised before the first week from which on everything holds.
4. The mix is taken, as rows of the tables agents and skills, and the weeks are computed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

from staffing.grid import SLOTS_PER_H
from staffing.quote.book import Book, Week
from staffing.quote.crew import Covered, Crew, Kind, Part, at_full_speed, kinds, need_of, usual
from staffing.quote.hiring import DAYS_A_MONTH, decided_by, hire_price, lost_share, soonest
from staffing.roster.beside import side_by_side
from staffing.roster.measures import HIRED_H, longer, with_tables
from staffing.roster.places import by_pool, needed, pool_of
from staffing.roster.prices import SPEED_UNITS, Place
from staffing.roster.staff import Agent, staff, without
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

__all__ = ["Capacity", "Hire", "Judged", "Lack", "Training", "capacity", "judged", "with_measures"]

Floats = npt.NDArray[np.float64]
UNITS_PER_H = SPEED_UNITS * SLOTS_PER_H
MOST_POOLS, MOST_KINDS = 3, 4
"""Pools that people are hired and trained for, and kinds of agents trained for each."""
MOST_HIRED = 60
TANGENTS, MARGINS = 3, 8
"""Rounds with tangents alone, and with margins on top, at most."""
STEP = SPEED_UNITS / 2
"""Speed units that count as open: half a seat for half an hour."""
UNREACHED = 1e5
"""Yuan a speed unit that stays open above what may: more than any measure costs for it."""
LEAST_LACK = 0.1
"""Seats below which a half hour is not told to lack people."""
_EPS = 1e-6

Verdict = Literal["deliverable", "with_measures", "not_before", "not_within", "short_before"]


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


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A week against its agents.

    Attributes
    ----------
    covered : what stays open at best
    alone_h : pool of a newcomer, where more stays open than may -> seat-hours that stay open at
        best if everybody who knows it served nothing else
    people : the kinds of people that are there
    failed : what does not hold; none where the week is not short
    plain : what stays open without the newcomers; None where the week is not short with them
    plain_short : whether it is short without them already
    """

    week: Week
    covered: Covered
    alone_h: Mapping[str, float]
    people: tuple[Kind, ...]
    failed: tuple[_Check, ...]
    plain: Covered | None
    plain_short: bool

    @property
    def short(self) -> bool:
        """Return whether more stays open than may."""
        return bool(self.failed)

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
        it holds, with the measures; ``not_within`` the weeks looked at; ``short_before``: with the
        newcomers it holds, but a week before them is short and cannot be mended
    measures : the cheapest mix found that mends every week from `not_before` on
    at_least : yuan that every mix of the hires and trainings considered costs
    not_before : first day of the first week from which on all weeks hold
    checked : whether the weeks were computed again with the measures, and hold
    before : numbers of the weeks without newcomers that are short and cannot be mended in time
    leavers : people expected to leave within the weeks; all are replaced
    """

    book: Book
    weeks: tuple[Judged, ...]
    verdict: Verdict
    measures: tuple[Measure, ...] = ()
    at_least: Decimal = Decimal(0)
    not_before: dt.date | None = None
    checked: bool = True
    before: tuple[int, ...] = ()
    leavers: float = 0.0

    @property
    def short(self) -> tuple[Judged, ...]:
        """Return the weeks that are short as things are."""
        return tuple(each for each in self.weeks if each.short)

    @property
    def price(self) -> Decimal:
        """Return the yuan of the measures."""
        return _total(self.measures)

    @cached_property
    def proposed(self) -> Workspace:
        """Return the tables with the measures taken."""
        return with_measures(self.book, self.measures)


def capacity(
    book: Book,
    step: Callable[[str], None] = lambda _: None,
    part: Callable[[float], None] = lambda _: None,
) -> Capacity:
    """Return what can be promised of a book.

    Parameters
    ----------
    step : told the name of each step as it begins
    part : told which share of the step's weeks is done
    """
    step("cover")
    weeks = judged(book, part)
    days = (book.weeks[-1].last - book.scenario.horizon.start).days + 1
    stay = np.exp(-days / DAYS_A_MONTH / float(book.rates.costs.tenure_months))
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


def _total(measures: Sequence[Measure]) -> Decimal:
    return sum((each.price for each in measures), Decimal(0))


def _share(hours: float, asked: SeatRequirement) -> float:
    return hours / asked.seat_hours if asked.seat_hours else 0.0


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
    return 1 - lost_share(book.rates, middle if week.first > week.first_day else 0.0)


def _covered(book: Book, check: _Check, of: Sequence[Kind], asked: SeatRequirement) -> Covered:
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


def _people(book: Book, number: int, workspace: Workspace | None = None) -> tuple[Kind, ...]:
    """Return the kinds of people of a week."""
    week = book.weeks[number]
    return tuple(kinds(staff(book.tables(week, workspace), week.scenario)))


def _who(people: Sequence[Kind], check: _Check) -> list[Kind]:
    """Return the kinds of people that count for a check."""
    return [kind for kind in people if check.pool is None or check.pool in _knows(kind.agent)]


def _knows(agent: Agent) -> set[str]:
    """Return the pools that somebody can serve on some day."""
    return {pool_of(name) for o in agent.options if o is not None for name, _ in o.capability}


def _left(book: Book, check: _Check, space: Workspace) -> float:
    """Return the speed units that a check leaves open with other tables."""
    people = _who(_people(book, check.week, space), check)
    return _covered(book, check, people, book.weeks[check.week].asked).units


def judged(book: Book, part: Callable[[float], None] = lambda _: None) -> tuple[Judged, ...]:
    """Return each week of a book against its agents as they are."""
    light = _light(book)
    calls = [partial(_judge, light, number) for number in range(len(book.weeks))]
    return tuple(side_by_side(calls, len(book.workspace.agents), part))


def _light(book: Book) -> Book:
    """Return a book that is quickly handed to another process: all of it but what led to it."""
    space = with_tables(book.workspace, history=book.workspace.history.iloc[:0])
    coming = tuple(replace(each, contacts=_none) for each in book.newcomers)
    return replace(book, workspace=space, newcomers=coming)


def _none(_: dt.date) -> pd.DataFrame:
    """Return no contacts."""
    return pd.DataFrame({"slot": [], "contacts": [], "variance": []})


def _judge(book: Book, number: int) -> Judged:
    """Return a week against its agents as they are."""
    week = book.weeks[number]
    whole, *single = _checks(book, number)
    people = _people(book, number)
    made = _covered(book, whole, people, week.asked)
    open_units: dict[str | None, float] = {}
    for (pool, _), seats in made.missing.items():
        open_units[pool] = open_units.get(pool, 0.0) + seats * SPEED_UNITS
    # Where the others leave a pool enough it has enough without them.
    alone = {
        c.pool: _covered(book, c, _who(people, c), week.asked)
        for c in single
        if not c.holds(open_units.get(c.pool, 0.0))
    }
    failed = [] if whole.holds(made.units) else [whole]
    failed += [c for c in single if c.pool in alone and not c.holds(alone[c.pool].units)]
    plain: Covered | None = None
    plain_short = False
    if failed and week.newcomers:
        check = _check(book, number, week.plain_asked, None)
        before = kinds(staff(book.tables(week, plain=True), week.scenario))
        plain = _covered(book, check, before, week.plain_asked)
        plain_short = not check.holds(plain.units)
    elif not week.newcomers:
        plain, plain_short = made, bool(failed)
    return Judged(
        week=week,
        covered=made,
        alone_h={str(p): each.units / UNITS_PER_H for p, each in alone.items()},
        people=people,
        failed=tuple(failed),
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
    new = book.rates.hiring
    rows = [
        _skill(name, shop, new.hired_speed, day, new.ramp_days)
        for pool in hire.pools
        if hire.newcomer is None
        for shop in space.pools[pool]
    ]
    return with_tables(space, skills=longer(space.skills, rows)), name


def _trained(book: Book, space: Workspace, name: str, pool: str, serves: dt.date) -> Workspace:
    """Return the tables with an agent trained on all shops of a pool that she does not know."""
    own = space.skills[space.skills["agent_id"] == name]
    known = set(own["shop_id"].astype(str))
    new, day = book.rates.hiring, pd.Timestamp(serves)
    rows = [
        _skill(name, shop, new.trained_speed, day, new.ramp_days)
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
class _Hiring:
    """People may be hired for some pools, to serve from the first day of a week on."""

    pools: tuple[str, ...]
    newcomer: str | None
    week: int


@dataclass(frozen=True, kw_only=True)
class _Training:
    """Some people may be trained on a pool: groups of agents alike in every short week."""

    pool: str
    groups: tuple[tuple[str, ...], ...]
    week: int


@dataclass(frozen=True, kw_only=True)
class _Program:
    """A check of a short week with everybody who might be there.

    Attributes
    ----------
    able : whether each choice counts for it
    known : numbers of those choices -> what they leave open
    """

    check: _Check
    crew: Crew
    able: npt.NDArray[np.bool_]
    known: dict[bytes, Covered] = field(default_factory=dict)

    def key(self, numbers: Floats) -> bytes:
        """Return the numbers of the choices that count for it."""
        return numbers[self.able].tobytes()


class _Mix:
    """The cheapest hires and trainings that mend the short weeks."""

    def __init__(self, book: Book, weeks: Sequence[Judged]) -> None:
        self.book, self.weeks = book, tuple(weeks)
        self.short = [n for n, each in enumerate(weeks) if each.short]
        self.pools = self._pools()
        self.choices: list[_Hiring | _Training] = [*self._hirings(), *self._trainings()]
        self.most = np.array(
            [
                float(MOST_HIRED if isinstance(each, _Hiring) else sum(map(len, each.groups)))
                for each in self.choices
            ]
        )
        training = float(book.rates.hiring.cross_training_head)
        self.prices = np.array(
            [
                float(self._hire(each, 1).price) if isinstance(each, _Hiring) else training
                for each in self.choices
            ]
        )

    def cheapest(self) -> Capacity:
        """Return the verdict, with the cheapest mix and the weeks computed again with it."""
        able = [n for n in self.short if any(each.week <= n for each in self.choices)]
        self._hired_in = {n: self._hired_by(n) for n in able}
        self._trained_in = {n: self._trained_by(n) for n in able}
        programs = [self._program(check) for n in able for check in self.weeks[n].failed]
        lost = set(self.short) - {p.check.week for p in programs}
        at_most = self._answers(programs, self.most)
        lost |= {
            p.check.week
            for p, made in zip(programs, at_most, strict=True)
            if not p.check.holds(made.units)
        }
        before = {n for n in lost if self.book.newcomers and not self.weeks[n].week.newcomers}
        programs, lost = [p for p in programs if p.check.week not in before], lost - before
        measures, least, checked = tuple[Measure, ...](), 0.0, True
        while kept := [p for p in programs if p.check.week > max(lost, default=-1)]:
            measures, least, more, checked = self._mended(kept)
            if not more:
                break
            lost |= more
        else:
            measures, least, checked = (), 0.0, True
        verdict: Verdict = "with_measures"
        day: dt.date | None = None
        if lost and max(lost) + 1 == len(self.weeks):
            verdict = "not_within"
        elif lost:
            verdict, day = "not_before", self.weeks[max(lost) + 1].week.first
        elif before and not measures:
            verdict = "short_before"
        return Capacity(
            book=self.book,
            weeks=self.weeks,
            verdict=verdict,
            measures=measures,
            at_least=min(_yuan(Decimal(str(least))), _total(measures)),
            not_before=day,
            checked=checked,
            before=tuple(sorted(before)),
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
        return [pool for pool in order if hours[pool] > LEAST_LACK][:MOST_POOLS]

    def _hirings(self) -> list[_Hiring]:
        """Return what to hire for, each pool and those of others together, and from when on.

        Of all weeks in which they can be there only each short one and the one before, in which
        somebody new gets faster, and the first of all are worth their wages.
        """
        weeks = self.book.weeks
        first = soonest(self.book.rates.hiring, self.book.scenario.horizon.start, hired=True)
        able = [n for n in range(max(self.short) + 1) if weeks[n].first >= first]
        begin = {n for n in able if n in self.short or n + 1 in self.short}
        own = self.book.own_pools
        skills: list[tuple[tuple[str, ...], str | None]] = [
            ((pool,), own.get(pool)) for pool in self.pools
        ]
        shared = tuple(pool for pool in self.pools if pool not in own)
        if len(shared) > 1:
            skills.append((shared, None))
        return [
            _Hiring(pools=pools, newcomer=newcomer, week=n)
            for pools, newcomer in skills
            for n in sorted(begin)
        ]

    def _trainings(self) -> list[_Training]:
        """Return whom to train on what: those whose own work is worth least in the short weeks."""
        first = soonest(self.book.rates.hiring, self.book.scenario.horizon.start, hired=False)
        weeks = [n for n in self.short if self.book.weeks[n].first >= first]
        alike: dict[str, list[object]] = {}
        worth: dict[str, float] = {}
        knows: dict[str, set[str]] = {}
        for n in weeks:
            for k, kind in enumerate(self.weeks[n].people):
                for name, speed in zip(kind.members, kind.speeds, strict=True):
                    alike.setdefault(name, []).append((n, k, speed))
                    told = float(self.weeks[n].covered.worth[k]) * speed
                    worth[name] = worth.get(name, 0.0) + told
                    knows.setdefault(name, set()).update(_knows(kind.agent))
        groups: dict[tuple[object, ...], list[str]] = {}
        for name in sorted(alike):
            groups.setdefault(tuple(alike[name]), []).append(name)
        found = []
        for pool in self.pools:
            able = [own for own in groups.values() if pool not in knows[own[0]]]
            able.sort(key=lambda names: (round(worth[names[0]], 1), names[0]))
            if able and pool not in self.book.own_pools:
                some = tuple(tuple(names) for names in able[:MOST_KINDS])
                found.append(_Training(pool=pool, groups=some, week=weeks[0]))
        return found

    def _program(self, check: _Check) -> _Program:
        """Return a check with everybody who might be there."""
        week = self.book.weeks[check.week]
        of = _who(self.weeks[check.week].people, check)
        heads = [kind.heads for kind in of]
        most = [len(kind.members) for kind in of]
        place = {
            name: (k, speed)
            for k, kind in enumerate(of)
            for name, speed in zip(kind.members, kind.speeds, strict=True)
        }
        hired, trained = self._hired_in[check.week], self._trained_in[check.week]
        there: dict[tuple[str, ...], int] = {}

        def added(agent: Agent, number: int) -> int | None:
            """Return the kind of somebody who might be there, if she counts for the check."""
            if check.pool is not None and check.pool not in _knows(agent):
                return None
            of.append(Kind(agent=agent, members=(), speeds=()))
            heads.append(0.0)
            most.append(number)
            return len(of) - 1

        choices: list[list[Part]] = []
        for j, each in enumerate(self.choices):
            parts = list[Part]()
            if isinstance(each, _Hiring) and each in hired:
                agent, speed = hired[each]
                if each.pools not in there:
                    k = added(agent, MOST_HIRED * len(self.short) * 2)
                    if k is not None:
                        there[each.pools] = k
                if each.pools in there:
                    parts = [Part(heads={there[each.pools]: speed}, most=self.most[j])]
            elif isinstance(each, _Training) and each.week <= check.week:
                for names in each.groups:
                    change = dict[int, float]()
                    agent = trained[each.pool, names[0]]
                    if (k := added(agent, len(names))) is not None:
                        change[k] = 1.0
                        if names[0] in place:
                            old, speed = place[names[0]]
                            change[old] = -speed
                    parts.append(Part(heads=change, most=float(len(names)), who=names))
            choices.append(parts)
        staying = _staying(self.book, week)
        crew = Crew(of, heads, most, need_of(check.seats), week.asked.sets, staying, choices)
        return _Program(check=check, crew=crew, able=np.array([bool(parts) for parts in choices]))

    def _hired_by(self, number: int) -> dict[_Hiring, tuple[Agent, float]]:
        """Return somebody hired by a week, at full speed, and what she counts for.

        Her speed is that of the week's first day, and in the pool in which she is slowest: it only
        rises from there.
        """
        space, names = self.book.workspace, dict[str, _Hiring]()
        for each in self.choices:
            if isinstance(each, _Hiring) and each.week <= number:
                space, name = _hired(self.book, space, self._hire(each, 1))
                names[name] = each
        found = {}
        for agent in _few(self.book, self.book.weeks[number], space, list(names)):
            made = usual(agent)
            if made is not None and agent.options[0] is not None:
                units = min(u for _, u in agent.options[0].capability)
                found[names[agent.agent_id]] = at_full_speed(made[0]), units / SPEED_UNITS
        return found

    def _trained_by(self, number: int) -> dict[tuple[str, str], Agent]:
        """Return (pool, agent id) -> the first of each group as she is in a week once trained."""
        found = {}
        for each in self.choices:
            if isinstance(each, _Training) and each.week <= number:
                space, serves = self.book.workspace, self.book.weeks[each.week].first
                names = [own[0] for own in each.groups]
                for name in names:
                    space = _trained(self.book, space, name, each.pool, serves)
                for agent in _few(self.book, self.book.weeks[number], space, names):
                    found[each.pool, agent.agent_id] = without(agent, "R6")
        return found

    def _hire(self, each: _Hiring, number: int) -> Hire:
        """Return so many people hired."""
        rates, serves = self.book.rates, self.book.weeks[each.week].first
        days = (self.book.weeks[-1].last - serves).days + 1
        return Hire(
            number=number,
            pools=each.pools,
            newcomer=each.newcomer,
            serves=serves,
            decided_by=decided_by(rates.hiring, serves, hired=True),
            price=_yuan(number * hire_price(rates, days)),
        )

    def _mended(
        self, programs: Sequence[_Program]
    ) -> tuple[tuple[Measure, ...], float, set[int], bool]:
        """Return a cheap mix, checked.

        Returns
        -------
        the measures, what any mix costs at least (the price by the tangents, margins left out),
        weeks that no mix mends, and whether all checks hold with the tables changed
        """
        master = _Master(self.prices, self.most, [p.check for p in programs], self._people())
        tangents = 0
        numbers, slack = master.solved()
        found: dict[int, Covered] = {}
        while tangents < TANGENTS + MARGINS:
            found, over = self._over(programs, numbers, slack)
            lost = {p.check.week for p, s in zip(programs, slack, strict=True) if s > STEP}
            if lost and not over:
                return (), 0.0, lost, False
            if not over:
                measures = self._measures(numbers, found.values())
                over = self._left_over(programs, measures)
                if not over:
                    return measures, master.least(), set(), True
            tangents += 1
            for i, units in over.items():
                master.cut(i, found[i], numbers)
                if tangents > TANGENTS:
                    master.margin[i] += units + STEP
            numbers, slack = master.solved()
        return self._measures(numbers, found.values()), master.least(), set(), False

    def _over(
        self, programs: Sequence[_Program], numbers: Floats, slack: Floats
    ) -> tuple[dict[int, Covered], dict[int, float]]:
        """Return what programs leave open, and by how many units it is too much.

        Those of one pool are small: all pools of a week are looked at only where each of them
        holds.
        """
        found, over = dict[int, Covered](), dict[int, float]()
        for single in (True, False):
            some = [i for i, p in enumerate(programs) if (p.check.pool is not None) == single]
            made = self._answers([programs[i] for i in some], numbers)
            found |= dict(zip(some, made, strict=True))
            for i in some:
                left, check = found[i].units - float(slack[i]), programs[i].check
                if not check.holds(left):
                    over[i] = left - check.most
            if over:
                break
        return found, over

    def _answers(self, programs: Sequence[_Program], numbers: Floats) -> list[Covered]:
        """Return what each program leaves open; none is solved twice."""
        fresh = [p for p in programs if p.key(numbers) not in p.known]
        calls = [partial(p.crew.covered, numbers) for p in fresh]
        found = side_by_side(calls, len(self.book.workspace.agents))
        for p, made in zip(fresh, found, strict=True):
            p.known[p.key(numbers)] = made
        return [p.known[p.key(numbers)] for p in programs]

    def _people(self) -> tuple[Floats, float]:
        """Return which choices train somebody, and how many people there are to train."""
        which = np.array([float(isinstance(each, _Training)) for each in self.choices])
        names = {
            name
            for each in self.choices
            if isinstance(each, _Training)
            for own in each.groups
            for name in own
        }
        return which, float(len(names))

    def _left_over(
        self, programs: Sequence[_Program], measures: Sequence[Measure]
    ) -> dict[int, float]:
        """Return the checks that do not hold with the tables changed, and by how many units.

        The programs take people to be trained in parts; the tables name them.
        """
        light = _light(self.book)
        space = with_measures(light, measures)
        calls = [partial(_left, light, p.check, space) for p in programs]
        left = side_by_side(calls, len(self.book.workspace.agents))
        return {
            i: units - p.check.most
            for i, (p, units) in enumerate(zip(programs, left, strict=True))
            if not p.check.holds(units)
        }

    def _measures(self, numbers: Floats, found: Collection[Covered]) -> tuple[Measure, ...]:
        """Return the measures that numbers of the choices stand for.

        Of the people who may be trained those are named whom the programs use most.
        """
        hires, trainings, taken = list[Hire](), list[Training](), set[str]()
        hiring = self.book.rates.hiring
        for j, (each, number) in enumerate(zip(self.choices, numbers, strict=True)):
            count = round(float(number))
            if not count:
                continue
            if isinstance(each, _Hiring):
                hires.append(self._hire(each, count))
                continue
            used = np.zeros(len(each.groups))
            for made in found:
                used[: len(made.parts[j])] += made.parts[j]
            names = list[str]()
            for _ in range(count):
                free = [[n for n in own if n not in taken] for own in each.groups]
                k = max(
                    range(len(free)), key=lambda i: (bool(free[i]), round(float(used[i]), 3), -i)
                )
                if free[k]:
                    names.append(free[k][0])
                    taken.add(free[k][0])
                    used[k] -= len(found)
            serves = self.book.weeks[each.week].first
            trainings.append(
                Training(
                    agents=tuple(sorted(names)),
                    pool=each.pool,
                    serves=serves,
                    decided_by=decided_by(hiring, serves, hired=False),
                    price=_yuan(len(names) * hiring.cross_training_head),
                )
            )
        hires.sort(key=lambda hire: (hire.serves, hire.pools))
        return (*hires, *trainings)


class _Master:
    """The integer program over the tangents found so far.

    Attributes
    ----------
    margin : per check, speed units that are to be left open less than may be
    """

    def __init__(
        self,
        prices: Floats,
        most: Floats,
        checks: Sequence[_Check],
        people: tuple[Floats, float],
    ) -> None:
        self.prices, self.upper, self.checks, self.people = prices, most, checks, people
        self.margin = np.zeros(len(checks))
        self.cuts: list[tuple[int, Floats, float]] = []

    def cut(self, check: int, covered: Covered, at: Floats) -> None:
        """Add the tangent of what a check leaves open at some numbers."""
        self.cuts.append((check, covered.slope, covered.units - float(covered.slope @ at)))

    def least(self) -> float:
        """Return what all numbers cost at least."""
        numbers, _ = self._found(np.zeros(len(self.checks)))
        return float(self.prices @ numbers)

    def solved(self) -> tuple[Floats, Floats]:
        """Return numbers, and what stays open above what may."""
        return self._found(self.margin)

    def _found(self, margin: Floats) -> tuple[Floats, Floats]:
        """Return the cheapest numbers and what stays open above what may, less margins."""
        choices, checks = len(self.prices), len(self.checks)
        if not self.cuts:
            return np.zeros(choices), np.zeros(checks)
        matrix = np.zeros((len(self.cuts) + 1, choices + checks))
        most = np.zeros(len(self.cuts) + 1)
        matrix[-1, :choices], most[-1] = self.people
        for row, (check, slope, constant) in enumerate(self.cuts):
            matrix[row, :choices], matrix[row, choices + check] = slope, -1.0
            most[row] = self.checks[check].most - margin[check] - constant
        result = milp(
            np.concatenate([self.prices, np.full(checks, UNREACHED)]),
            constraints=LinearConstraint(matrix, -np.inf, most),
            bounds=Bounds(0.0, np.concatenate([self.upper, np.full(checks, np.inf)])),
            integrality=np.concatenate([np.ones(choices), np.zeros(checks)]),
        )
        if result.x is None:
            raise RuntimeError(f"the mix was not found: {result.message}")
        numbers = np.round(result.x[:choices])
        return numbers, np.asarray(result.x[choices:])


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


def _yuan(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), "ROUND_HALF_UP")
