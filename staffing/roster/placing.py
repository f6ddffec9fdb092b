"""Shifts changed by hand become duties: their meals and pools are placed where they help most.

Everybody else's duties stay as they are. One shift after the other takes the meals that were there
before where they still fit, else those inside the windows of `[shifts]` that cost the fewest seats
and crowd no table (R18); then, half hour by half hour, the pool in which she closes most of what is
open, without changing pool for little. Whether the result is lawful is the audit's to say.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY
from staffing.roster.finish import COLUMNS
from staffing.roster.places import needed, pool_of, reach
from staffing.roster.prices import SPEED_UNITS
from staffing.roster.shifts import spanning
from staffing.roster.staff import speeds
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

Wanted = Mapping[tuple[str, dt.date], tuple[tuple[int, int], ...]]
"""(agent, service day) -> minutes of the day of the shift's parts; none: a rest day."""
CHANGE = 30
"""Speed units of a half hour that must be won for a change of pool."""
CROWDED = 10_000
"""What a half hour at a full table costs: more than any seat."""
TIMES = ["date", "shift_start", "shift_end", "start", "end"]

Place = str | None


def placed(
    workspace: Workspace,
    scenario: Scenario,
    requirement: SeatRequirement,
    stretches: pd.DataFrame,
    wanted: Wanted,
) -> pd.DataFrame:
    """Return a roster with some of its shifts changed, see `Roster.assignments`.

    Parameters
    ----------
    stretches : the roster before: agent_id, date, start, end, activity, pool
    wanted : the shifts that are changed; times on the half hour

    Returns
    -------
    DataFrame; unchanged duties are as they were, rows in the order of a planned roster
    """
    before = stretches[["agent_id", "date", "start", "end", "activity", "pool"]]
    day = before["date"].dt.date
    changed = pd.Series(
        [(str(agent), date) in wanted for agent, date in zip(before["agent_id"], day, strict=True)],
        index=before.index,
        dtype=bool,
    )
    old = _duties(before[changed])
    floor = _Floor.of(workspace, scenario, requirement, before[~changed])
    found: list[tuple[object, ...]] = []
    for key in sorted(key for key, spans in wanted.items() if spans):
        found += floor.take(key, wanted[key], old.get(key, []))
    new = pd.DataFrame(found, columns=list(before.columns))
    return _ordered(workspace, pd.concat([before[~changed], new.astype(object)]))


def _ordered(workspace: Workspace, table: pd.DataFrame) -> pd.DataFrame:
    """Return stretches as a planned roster has them: columns, types, order."""
    table = table.assign(agent_id=table["agent_id"].astype(str))
    table = table.astype(dict.fromkeys(("date", "start", "end"), "datetime64[ns]"))
    table = table.assign(pool=table["pool"].astype("str").where(table["pool"] != "", None))
    duty = table.groupby(["agent_id", "date"])
    table = table.assign(
        shift_start=duty["start"].transform("min"), shift_end=duty["end"].transform("max")
    )
    people = workspace.agents[["name", "team"]]
    table = table.sort_values(["date", "agent_id", "start"], kind="stable")
    table = table.join(people, on="agent_id")[COLUMNS].reset_index(drop=True)
    return table.astype(dict.fromkeys(TIMES, "datetime64[ns]") | {"activity": "str", "pool": "str"})


def _duties(table: pd.DataFrame) -> dict[tuple[str, dt.date], list[tuple[int, int, str, str]]]:
    """Return (agent, day) -> stretches: minutes of the day, activity, pool or ''."""
    found: dict[tuple[str, dt.date], list[tuple[int, int, str, str]]] = defaultdict(list)
    for row in rows(table):
        start, end = (
            int((moment - row.date).total_seconds() // 60) for moment in (row.start, row.end)
        )
        pool = "" if pd.isna(row.pool) else str(row.pool)
        found[str(row.agent_id), row.date.date()].append((start, end, str(row.activity), pool))
    return dict(found)


@dataclass(frozen=True, kw_only=True)
class _Floor:
    """What is required, and who is there, in every half hour of the horizon.

    Attributes
    ----------
    need, taken : (row of seats, slot) -> speed units, see `places`
    opened : (pool, slot) while the pool is open
    there, eating : (pool, slot) -> people who know some shop of it, on duty and at a meal
    """

    scenario: Scenario
    need: Mapping[tuple[str, int], int]
    opened: frozenset[tuple[str, int]]
    speed: Mapping[dt.date, Mapping[str, Mapping[str, float]]]
    reach: Mapping[str, tuple[str, ...]]
    taken: dict[tuple[str, int], float] = field(default_factory=lambda: defaultdict(float))
    there: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    eating: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(
        cls,
        workspace: Workspace,
        scenario: Scenario,
        requirement: SeatRequirement,
        kept: pd.DataFrame,
    ) -> _Floor:
        """Return the floor with the duties that are kept on it."""
        speed = speeds(workspace, scenario.grid.dates)
        names = {name for day in speed.values() for own in day.values() for name in own}
        seats = needed(requirement.table, requirement.sets)
        made = cls(
            scenario=scenario,
            need={key: number * SPEED_UNITS for key, number in seats.items()},
            opened=frozenset((str(r.pool), int(r.slot)) for r in rows(requirement.table)),
            speed=speed,
            reach=reach(names, requirement.sets),
        )
        for key, parts in _duties(kept).items():
            if key[1] in speed:
                made.enter(key, parts)
        return made

    def enter(self, key: tuple[str, dt.date], parts: Sequence[tuple[int, int, str, str]]) -> None:
        """Count a duty in."""
        own = self.speed[key[1]].get(key[0], {})
        for start, end, activity, pool in parts:
            name = next((each for each in own if pool_of(each) == pool), None)
            for t in range(start // INTERVAL_MIN, end // INTERVAL_MIN):
                at = self._slot(key, t)
                for each in own:
                    self.there[pool_of(each), at] += 1
                    self.eating[pool_of(each), at] += activity == "meal"
                if activity == "work" and name is not None:
                    for row in self.reach.get(name, (name,)):
                        self.taken[row, at] += own[name] * SPEED_UNITS

    def take(
        self,
        key: tuple[str, dt.date],
        spans: Sequence[tuple[int, int]],
        old: Sequence[tuple[int, int, str, str]],
    ) -> list[tuple[object, ...]]:
        """Return the stretches of a shift, and count them in."""
        on_duty = [
            t for start, end in spans for t in range(start // INTERVAL_MIN, end // INTERVAL_MIN)
        ]
        doing = {
            t: activity
            for start, end, activity, _ in old
            if activity not in ("work", "meal")
            for t in range(start // INTERVAL_MIN, end // INTERVAL_MIN)
        }
        if not doing.keys() <= set(on_duty):
            doing = {}
        meals = self._meals(key, spans, old, doing)
        free = [t for t in on_duty if t not in doing and not any(t in meal for meal in meals)]
        what: dict[int, tuple[str, object]] = {t: (each, "") for t, each in doing.items()}
        what |= {t: ("meal", i) for i, meal in enumerate(meals) for t in meal}
        what |= {t: ("work", pool) for t, pool in zip(free, self._pools(key, free), strict=True)}
        parts = [
            (run[0] * INTERVAL_MIN, (run[-1] + 1) * INTERVAL_MIN, *_told(what[run[0]]))
            for run in _runs(what)
        ]
        self.enter(key, parts)
        midnight = dt.datetime.combine(key[1], dt.time())
        return [
            (
                key[0],
                midnight,
                midnight + dt.timedelta(minutes=start),
                midnight + dt.timedelta(minutes=end),
                activity,
                pool,
            )
            for start, end, activity, pool in parts
        ]

    def _slot(self, key: tuple[str, dt.date], t: int) -> int:
        """Return a slot of a service day as one of the horizon."""
        return (key[1] - self.scenario.grid.start).days * SLOTS_PER_DAY + t

    def _meals(
        self,
        key: tuple[str, dt.date],
        spans: Sequence[tuple[int, int]],
        old: Sequence[tuple[int, int, str, str]],
        doing: Mapping[int, str],
    ) -> list[range]:
        """Return the slots of each meal: as before where that fits, else where it costs least."""
        if len(spans) > 1:
            return []  # eaten in the hole
        start, end = (minute // INTERVAL_MIN for minute in spans[0])
        shift = spanning(self.scenario.shifts, start, end, self.scenario.rules.max_stretch_h)
        length = self.scenario.shifts.meal_min // INTERVAL_MIN
        choices = [
            [range(t, t + length) for t in range(meal.first, meal.last + 1)] for meal in shift.meals
        ]
        options: list[tuple[range, ...]] = [
            tuple(each)
            for each in itertools.product(*choices)
            if not any(t in doing for meal in each for t in meal)
            and all(a.stop <= b.start for a, b in itertools.pairwise(each))
        ]
        before = tuple(
            range(a // INTERVAL_MIN, b // INTERVAL_MIN) for a, b, what, _ in old if what == "meal"
        )
        if before in options:
            return list(before)

        def price(option: tuple[range, ...]) -> tuple[float, list[int]]:
            lost = sum(self._price(key, t) for meal in option for t in meal)
            return lost, [meal.start for meal in option]

        best = min(options, key=price, default=())
        return list(best)

    def _price(self, key: tuple[str, dt.date], t: int) -> float:
        """Return what her absence at a meal costs: the seat she would fill, and a full table."""
        own, at = self.speed[key[1]].get(key[0], {}), self._slot(key, t)
        lost = max((self._gain(name, at, own[name]) for name in own), default=0.0)
        share = self.scenario.shifts.meal_share
        crowds = sum(
            self.eating[pool, at] + 1 > -int(-share * (self.there[pool, at] + 1) // 1)
            for pool in map(pool_of, own)
        )
        return lost + CROWDED * crowds

    def _gain(self, name: str, at: int, speed: float) -> float:
        """Return the units of required seats that she fills in a place, the scarcest row's."""
        if (pool_of(name), at) not in self.opened:
            return 0.0
        filled = self.reach.get(name, (name,))
        left = max(self.need.get((row, at), 0) - self.taken[row, at] for row in filled)
        return max(min(speed * SPEED_UNITS, left), 0.0)

    def _pools(self, key: tuple[str, dt.date], free: Sequence[int]) -> list[str]:
        """Return the pool of each free slot, '' where none is open: the best course through them.

        A change of pool is free after a break, for which slots do not follow one another.
        """
        own = self.speed[key[1]].get(key[0], {})
        best: dict[Place, tuple[float, list[Place]]] = {None: (0.0, [])}
        for i, t in enumerate(free):
            at = self._slot(key, t)
            names: list[Place] = [
                name for name in sorted(own) if (pool_of(name), at) in self.opened
            ]
            after_break = i == 0 or free[i - 1] != t - 1
            best = {
                name: max(
                    (
                        (
                            value + self._worth(name, at, own) - _turn(was, name, free=after_break),
                            way,
                        )
                        for was, (value, way) in best.items()
                    ),
                    key=_value,
                )
                for name in (names or [None])
            }
            best = {name: (value, [*way, name]) for name, (value, way) in best.items()}
        _, course = max(best.values(), key=_value)
        return ["" if name is None else pool_of(name) for name in course]

    def _worth(self, name: Place, at: int, own: Mapping[str, float]) -> float:
        """Return what serving a place is worth; where nobody is missing, the scarcest is best."""
        if name is None:
            return 0.0
        need = max(self.need.get((pool_of(name), at), 0), SPEED_UNITS)
        return self._gain(name, at, own[name]) - self.taken[pool_of(name), at] / need


def _value(way: tuple[float, list[Place]]) -> float:
    return way[0]


def _turn(was: Place, name: Place, *, free: bool) -> float:
    return CHANGE if was is not None and name not in (None, was) and not free else 0.0


def _told(what: tuple[str, object]) -> tuple[str, str]:
    """Return activity and pool of what is done."""
    return what[0], str(what[1]) if what[0] == "work" else ""


def _runs(what: Mapping[int, tuple[str, object]]) -> Iterator[list[int]]:
    """Yield the slots of each stretch: consecutive and of one kind."""
    run: list[int] = []
    for t in sorted(what):
        if run and (t != run[-1] + 1 or what[t] != what[run[-1]]):
            yield run
            run = []
        run.append(t)
    if run:
        yield run
