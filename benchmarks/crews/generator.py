"""Invented companies of any size: pools of very different size, people whose skills overlap.

`generated` is a pure function of its arguments. Nothing is written: the tables go through the
workspace's own checks in memory. What is assumed stands as constants below. The seats required
are `LOAD` of the hours that the people can work, so that nearly all can be covered, and not
easily: each pool gets the hours that its people can give it, over a day with two peaks.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault, WorkspaceError
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, Window
from staffing.scenario import Horizon, Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Used, Workspace
from staffing.workspace.files import Raw
from staffing.workspace.tables import TABLES, empty
from staffing.workspace.tables.columns import CATEGORIES, PLATFORMS
from staffing.workspace.validate import validate

FIRST = dt.date(2026, 3, 2)
"""A Monday; no statutory day in the week before nor in the four weeks from it."""
ZONE = "Asia/Shanghai"
OPEN = Window.parse("09:00", "24:00")
LOAD = 0.86
"""Seat-hours required over the hours that the people can work, meals and absences deducted."""
SIZES = 0.9
"""Standard deviation of the logarithm of the pools' sizes."""
LEAST = 1.1
"""Least mean seats that a pool's people can fill: an open pool has somebody at any time."""
GROUPS, GROUPS_PER_POOL = 20, 0.6
"""Groups of people who are alike: so many, or so many a pool where that is more."""
PER_GROUP = 3
"""Fewest people a group has on average."""
KNOWN = (2, 5)
"""Pools that somebody knows, at least and at most."""
FULL_SPEED, SLOWER = 0.7, (0.8, 0.9)
"""Share of a group's pools that it serves at full speed, and speeds in the others."""
NEWCOMERS, NEW_SPEED = 0.06, 0.6
OWN_KIND = 0.04
"""Share of people who share their skills with nobody."""
PART_TIMERS, PART_H = 0.15, (20.0, 24.0)
FULL_H, DAY_H = 40.0, 8.0
PROTECTED = 0.04
ABSENT, LONGEST_LEAVE = 0.03, 5
"""Share of days that people are away, in runs of one to so many days."""
ASKING = 0.1
"""Share of people with a wish in a week."""
WISHES, WISHED = ("rest_day", "early", "late"), (0.6, 0.2, 0.2)
WEEKDAYS = (1.03, 0.98, 0.96, 0.97, 1.0, 1.04, 1.02)
WAVES = 0.03
"""Standard deviation of a pool's day about its weekday."""
MOST_SHIFTS_LATE = 3

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


class Instance(NamedTuple):
    """What the roster stage is given."""

    workspace: Workspace
    scenario: Scenario
    requirement: SeatRequirement


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """Who there is; arrays are (agents,).

    Attributes
    ----------
    group : which group she is of, -1 for people of their own kind
    speed : (agents, pools), 0 in pools that she does not know
    away : (agents, days)
    """

    group: Ints
    speed: Floats
    hours: Floats
    protected: Bools
    away: Bools

    @property
    def worked_h(self) -> Floats:
        """Return the hours that each can work in the horizon: a day away costs a fifth of a week.

        Meals are not in it: contract hours are paid hours.
        """
        weeks = self.away.reshape(len(self.away), -1, 7).sum(axis=2)
        return (self.hours[:, None] * np.maximum(1 - weeks / 5, 0.0)).sum(axis=1)


def generated(
    agents: int, weeks: int, pools: int, *, shops: int | None = None, seed: int = 1
) -> Instance:
    """Return an invented company with the weeks to plan and the seats that they require.

    Parameters
    ----------
    weeks : planned, from `FIRST`; the week before is published
    shops : dealt out to the pools, each at least one; None is one a pool

    Raises
    ------
    ValueError
        When there are fewer shops than pools, fewer pools than somebody knows, or too few people
        for so many pools.
    """
    shops = pools if shops is None else shops
    if shops < pools or pools < KNOWN[0]:
        raise ValueError(f"got {shops} shops in {pools} pools: need 2 pools, and a shop for each")
    random = np.random.default_rng([seed, agents, weeks, pools, shops])
    share = np.exp(SIZES * random.standard_normal(pools))
    people = _people(random, agents, 7 * weeks, share / share.sum())
    capacity_h = _capacity(people, share / share.sum(), weeks)
    requirement = SeatRequirement(table=_required(random, capacity_h, weeks))
    workspace = _workspace(random, people, shops, weeks)
    scenario = Scenario(
        name=f"generated-{agents}-{weeks}-{pools}-{seed}",
        workspace=workspace.root,
        horizon=Horizon(start=FIRST, days=7 * weeks),
        seed=seed,
    )
    return Instance(workspace, scenario, requirement)


def _people(random: np.random.Generator, agents: int, days: int, share: Floats) -> _People:
    """Return who there is: groups as large as their pools, then what is each one's own."""
    known = _groups(random, agents, share)
    size = (known > 0) @ (share / (known > 0).sum(axis=0))
    group = random.permutation(np.repeat(np.arange(len(known)), _dealt(agents, size)))
    speed = known[group]
    speed[random.random(agents) < NEWCOMERS] *= NEW_SPEED
    for agent in np.flatnonzero(random.random(agents) < OWN_KIND):
        group[agent], speed[agent] = -1, 0.0
        own = random.choice(len(share), _number_known(random, len(share)), replace=False, p=share)
        speed[agent, own] = random.choice([*SLOWER, 1.0], len(own))
    part = random.random(agents) < PART_TIMERS
    leave = random.random((agents, days)) < 2 * ABSENT / (1 + LONGEST_LEAVE)
    length = random.integers(1, LONGEST_LEAVE + 1, (agents, days))
    away = leave.copy()
    for after in range(1, min(LONGEST_LEAVE, days)):
        away[:, after:] |= (leave & (length > after))[:, :-after]
    return _People(
        group=group,
        speed=np.round(speed * 20) / 20,
        hours=np.where(part, random.choice(PART_H, agents), FULL_H),
        protected=~part & (random.random(agents) < PROTECTED),
        away=away,
    )


def _number_known(random: np.random.Generator, pools: int) -> int:
    return min(int(random.integers(KNOWN[0], KNOWN[1] + 1)), pools)


def _groups(random: np.random.Generator, agents: int, share: Floats) -> Floats:
    """Return the speed of each group in each pool (groups, pools); every pool has a group."""
    pools = len(share)
    number = max(min(max(GROUPS, round(GROUPS_PER_POOL * pools)), agents // PER_GROUP), 1)
    if pools > KNOWN[1] * number:
        raise ValueError(f"got {agents} agents for {pools} pools: need {pools} or more")
    knows = np.zeros((number, pools), dtype=bool)
    knows[np.arange(pools) % number, random.permutation(pools)] = True
    for own in knows:
        more = _number_known(random, pools) - int(own.sum())
        if more > 0:
            chance = np.where(own, 0.0, np.sqrt(share))
            own[random.choice(pools, more, replace=False, p=chance / chance.sum())] = True
    slower = random.random(knows.shape) >= FULL_SPEED
    slower[np.arange(number), knows.argmax(axis=1)] = False
    return np.where(knows, np.where(slower, random.choice(SLOWER, knows.shape), 1.0), 0.0)


def _dealt(number: int, share: Floats) -> Ints:
    """Return how many of `number` things fall to each share, by largest remainders, one at least.

    The sum is `number`.
    """
    exact = share / share.sum() * (number - len(share))
    whole = np.floor(exact).astype(np.int64)
    rest = number - len(share) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    return whole + 1


def _capacity(people: _People, share: Floats, weeks: int) -> Floats:
    """Return the seat-hours that each pool's people can give it (pools,).

    People's hours are divided among the pools they know by iterative proportional fitting to the
    pools' sizes, so what the pools get together is what there is.
    """
    hours, knows = people.worked_h, people.speed > 0
    open_h = weeks * 7 * (OPEN.end_slot - OPEN.first_slot) / SLOTS_PER_H
    least = LEAST * open_h / LOAD
    wanted = np.maximum(share * hours.sum(), least)
    if hours.sum() < least * len(share):
        few = math.ceil(least * len(share) / hours.mean())
        raise ValueError(f"got {len(hours)} agents for {len(share)} pools: need {few} or more")
    part = knows * hours[:, None]
    for _ in range(100):
        part *= wanted / np.maximum(part.sum(axis=0), 1e-9)
        part *= (hours / np.maximum(part.sum(axis=1), 1e-9))[:, None]
    return (part * people.speed).sum(axis=0)


def _required(random: np.random.Generator, capacity_h: Floats, weeks: int) -> pd.DataFrame:
    """Return the seats required, one row a pool and open half hour."""
    pools, days = len(capacity_h), 7 * weeks
    hour = (np.arange(OPEN.first_slot, OPEN.end_slot) + 0.5) / SLOTS_PER_H
    curve = _curve(random, hour, pools)
    weekday = np.resize(WEEKDAYS, days) * np.exp(WAVES * random.standard_normal((pools, days)))
    mean = capacity_h[:, None, None] * weekday[:, :, None] * curve[:, None, :]
    mean *= SLOTS_PER_H * capacity_h.sum() / mean.sum()
    luck = random.random((pools, days, 1))  # one a day: a fraction of a seat does not flicker

    def seats(scale: float) -> Ints:
        return np.maximum(np.floor(scale * mean + luck), 1).astype(np.int64)

    low, high, due = 0.0, 2.0, LOAD * SLOTS_PER_H * capacity_h.sum()
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if seats(middle).sum() > due else (middle, high)
    pool, day, slot = np.indices(mean.shape).reshape(3, -1)
    slot = day * SLOTS_PER_DAY + OPEN.first_slot + slot
    dates = pd.Timestamp(FIRST) + pd.to_timedelta(np.arange(days), unit="D")
    return pd.DataFrame(
        {
            "pool": np.array(_names("P", pools))[pool],
            "date": dates[day],
            "slot": slot,
            "start": pd.Timestamp(FIRST) + pd.to_timedelta(slot * INTERVAL_MIN, unit="min"),
            "seats": seats(low).ravel(),
        }
    ).astype({"date": "datetime64[ns]", "start": "datetime64[ns]"})


def _curve(random: np.random.Generator, hour: Floats, pools: int) -> Floats:
    """Return each pool's course over a day (pools, half hours): two peaks, around 10:30 and 21."""

    def bell(at: float, wide: float) -> Floats:
        shift = 0.3 * random.standard_normal((pools, 1))
        return np.exp(-(((hour - at - shift) / wide) ** 2) / 2)

    height = random.uniform(0.7, 1.3, (2, pools, 1))
    peaks = 0.3 * height[0] * bell(10.5, 1.0) + 0.35 * height[1] * bell(21.0, 1.3)
    edges = 0.25 * np.exp((9 - hour) / 0.4) + 0.25 * np.exp((hour - 24) / 0.6)
    curve = 1 + peaks + 0.1 * bell(15.0, 1.5) - edges
    return np.asarray(curve / curve.sum(axis=1, keepdims=True))


def _workspace(random: np.random.Generator, people: _People, shops: int, weeks: int) -> Workspace:
    """Return the tables, checked as those of a folder are."""
    frames = _tables(random, people, shops, weeks)
    faults: list[Fault] = []
    defaults: list[Used] = []
    ids = {name: set(frames[name][f"{name[:-1]}_id"]) for name in ("shops", "agents")}
    clean = {table.name: empty(table.name) for table in TABLES}
    for name, frame in frames.items():
        raw = Raw(table=name, file=f"{name}.csv", frame=frame.set_axis(frame.index + 2))
        clean[name] = validate(raw, ZONE, ids["shops"], ids["agents"], faults, defaults)
    if faults:
        raise WorkspaceError(faults)
    return Workspace(
        root=Path("generated"),
        zone=ZONE,
        tables=clean,
        files={name: f"{name}.csv" for name in frames},
        defaults=tuple(defaults),
        notices=(),
    )


def _tables(
    random: np.random.Generator, people: _People, shops: int, weeks: int
) -> Mapping[str, pd.DataFrame]:
    """Return the tables as a planner would hand them in."""
    agents, pools = people.speed.shape
    names, shop_ids = np.array(_names("A", agents)), np.array(_names("S", shops))
    pool_of = np.concatenate([np.arange(pools), random.integers(0, pools, shops - pools)])
    who, shop = np.nonzero(people.speed[:, pool_of] > 0)
    absent, day = np.nonzero(people.away)
    first = pd.Timestamp(FIRST)
    return {
        "shops": pd.DataFrame(
            {
                "shop_id": shop_ids,
                "name": shop_ids,
                "platform": np.resize(PLATFORMS, shops),
                "category": np.resize(CATEGORIES, shops),
                "pool": np.array(_names("P", pools))[pool_of],
                "aht_s": random.integers(24, 49, shops) * 10,
            }
        ),
        "agents": pd.DataFrame(
            {
                "agent_id": names,
                "name": names,
                "team": np.array([f"T{group + 2}" for group in people.group.tolist()]),
                "hours_per_week": people.hours,
                "contract": np.where(people.hours < FULL_H, "part_time", "full_time"),
                "protected": np.where(people.protected, "nursing", None),
            }
        ),
        "skills": pd.DataFrame(
            {
                "agent_id": names[who],
                "shop_id": shop_ids[shop],
                "speed": people.speed[who, pool_of[shop]],
            }
        ),
        "absences": pd.DataFrame(
            {"agent_id": names[absent], "date": first + pd.to_timedelta(day, unit="D")}
        ),
        "requests": _requests(random, names, weeks),
        "rosters": _published(random, people, names),
    }


def _requests(random: np.random.Generator, names: npt.NDArray[np.str_], weeks: int) -> pd.DataFrame:
    """Return what people wish: at most one day a week each."""
    week, who = np.nonzero(random.random((weeks, len(names))) < ASKING)
    day = 7 * week + random.integers(0, 7, len(week))
    return pd.DataFrame(
        {
            "agent_id": names[who],
            "date": pd.Timestamp(FIRST) + pd.to_timedelta(day, unit="D"),
            "wish": random.choice(WISHES, len(week), p=WISHED),
            "weight": random.integers(1, 4, len(week)),
        }
    )


def _published(
    random: np.random.Generator, people: _People, names: npt.NDArray[np.str_]
) -> pd.DataFrame:
    """Return a lawful week before the horizon, which binds its first days.

    Two days off in a row (three for people of 24 hours), and one kind of shift all week: early,
    middle, or late on the last three days of each run of work.
    """
    agents = len(names)
    days = np.where(people.hours == PART_H[1], 4, 5)
    off = random.integers(0, 7, agents)
    since_off = (np.arange(7) - off[:, None]) % 7
    works = since_off >= (7 - days)[:, None]
    kind = random.choice(3, agents, p=(0.4, 0.2, 0.4))
    kind[people.protected] = np.minimum(kind[people.protected], 1)
    left = np.zeros((agents, 7), dtype=np.int64)  # days of this run of work from this day on
    for day in range(6, -1, -1):
        after = left[:, day + 1] if day < 6 else 0
        left[:, day] = np.where(works[:, day], 1 + after, 0)
    late = (kind == 2)[:, None] & (left <= MOST_SHIFTS_LATE)
    paid = (people.hours / days)[:, None] + np.zeros((1, 7))
    length = paid + (paid >= 6)
    start = np.where(late, 24 - length, np.where((kind == 0)[:, None], 9.0, 12.0))
    who, day = np.nonzero(works)
    date = pd.Timestamp(FIRST) + pd.to_timedelta(day - 7, unit="D")
    return pd.DataFrame(
        {
            "agent_id": names[who],
            "date": date,
            "start": date + pd.to_timedelta(start[who, day], unit="h"),
            "end": date + pd.to_timedelta((start + length)[who, day], unit="h"),
            "paid_h": paid[who, day],
        }
    )


def _names(letter: str, number: int) -> list[str]:
    digits = len(str(number))
    return [f"{letter}{i:0{digits}d}" for i in range(1, number + 1)]
