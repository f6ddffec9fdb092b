"""What each agent may do: pools and speed per day, shifts, weekly limits, published shifts.

This is where the tables become the integers of the model. Each limit names the rule it comes
from (docs/rules.md), so that a contradiction can be told in those words.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, Window
from staffing.roster.limits import (
    NORMAL_DAY_H,
    NORMAL_WEEK_H,
    MonthOvertime,
    Published,
    WeekStarts,
    averaging_periods,
    known_since,
    month_overtime,
    published_shifts,
    week_starts,
    weekends_to_free,
)
from staffing.roster.pay import duty_points
from staffing.roster.places import place, pool_of
from staffing.roster.prices import PAID, SPEED_UNITS, shift_points
from staffing.roster.shifts import Template, templates
from staffing.scenario import Scenario
from staffing.workspace import Workspace
from staffing.workspace.skills import known_on

LAW_MAX_WEEK_H = 44.0
"""Labour Law art. 36."""

FREE_SLOTS = 10_000
"""More paid slots than any horizon has."""
PERSONAL_RULES = ("R5", "R6", "R7", "R8", "R9", "R12", "R14", "R15", "R16")
"""Rules that bind an agent's days together and can leave her no lawful horizon."""

Capability = tuple[tuple[str, int], ...]
"""(place, speed in units) pairs, in the order of the pools; see `staffing.roster.places`."""


@dataclass(frozen=True, slots=True)
class Option:
    """A service day on which an agent may work: pools she may serve and shifts she may take.

    Attributes
    ----------
    costs : points of each shift, premiums included; None: `prices.PAID` for each paid slot
    off : points of a day without any shift
    """

    capability: Capability
    shifts: tuple[Template, ...]
    costs: tuple[int, ...] | None = None
    off: int = 0

    @property
    def points(self) -> tuple[int, ...]:
        """Return the points of each shift."""
        return shift_points(self.shifts, self.costs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Limits on some days together: a calendar week, or the whole horizon.

    Attributes
    ----------
    days : days of the horizon, counted from the first
    most_paid, least_paid : paid slots (R5, R6), what was published before the horizon deducted
    most_days, least_days : working days (R7), published ones deducted
    most_of : (tag, most shifts with it on these days) pairs (R17)
    """

    days: tuple[int, ...]
    most_paid: int
    most_days: int
    least_paid: int = 0
    least_days: int = 0
    most_of: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a lawful horizon of one agent is, beside what she may do on each day alone.

    None means that there is no such limit. A run that touches an edge of the horizon is never
    too short, since it may go on beyond.

    Attributes
    ----------
    spans : limits on paid slots and working days
    most_consecutive, least_consecutive : working days in a row (R8); published ones count
        towards the most
    least_off : days without duty in a row
    rest : slots between the end of a duty and the start of the next day's (R9)
    most_of : (tag, most shifts with it in the horizon) pairs
    weekends, most_weekends : the days of each weekend, and on how many weekends she may work
    forbidden : (tag, tag) pairs: a shift with the second never on the day after the first
    overtime : months with the overtime that is left in them (R12)
    most_in_a_row : (tag, most days in a row with such a shift) pairs (R14)
    starts : weeks in which starts lie close together (R15)
    free_weekends : runs of weekends, the days of each; one weekend of a run is free (R16)
    """

    spans: tuple[Span, ...] = ()
    most_consecutive: int | None = None
    least_consecutive: int = 1
    least_off: int = 1
    rest: int = 0
    most_of: tuple[tuple[str, int], ...] = ()
    weekends: tuple[tuple[int, ...], ...] = ()
    most_weekends: int | None = None
    forbidden: tuple[tuple[str, str], ...] = ()
    overtime: tuple[MonthOvertime, ...] = ()
    most_in_a_row: tuple[tuple[str, int], ...] = ()
    starts: tuple[WeekStarts, ...] = ()
    free_weekends: tuple[tuple[tuple[int, ...], ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One agent, as the model sees her.

    Attributes
    ----------
    options : per service day of the horizon what she may do, None when she is away (R3)
    limits : what binds her days together
    worked : days before the horizon (negative: -1 is the eve) with a published shift
    last_end : slot in which the last published shift ended (negative or small), or None
    contract_h : contract hours a week
    tagged : (day before the horizon, tag) of published shifts
    """

    agent_id: str
    contract_h: float
    options: tuple[Option | None, ...]
    limits: Limits = Limits()
    worked: frozenset[int] = frozenset()
    last_end: int | None = None
    tagged: frozenset[tuple[int, str]] = frozenset()


def staff(workspace: Workspace, scenario: Scenario) -> list[Agent]:
    """Return every agent of the workspace, in the order of the table."""
    grid = scenario.grid
    away = _away(workspace)
    trained = _trained(workspace, grid.dates)
    ever = {agent for own in trained for agent in own}
    table = workspace.tables["rosters"]
    table = table.assign(paid_h=paid_hours(table))
    published = dict(iter(table.groupby("agent_id", sort=False)))
    dates = table["date"]
    since = known_since(grid.start, set(dates[dates < pd.Timestamp(grid.start)].dt.date))
    found = []
    for agent_id, row in zip(
        workspace.agents.index.astype(str), workspace.agents.to_dict("records"), strict=True
    ):
        own = published.get(agent_id, table.iloc[:0])
        gone = away.get(agent_id, frozenset())
        absent = {d for d in grid.dates if d in gone or _not_yet(row, d)}
        past = published_shifts(grid, own, own["paid_h"])
        late_after = scenario.fairness.late_after // INTERVAL_MIN
        found.append(
            Agent(
                agent_id=agent_id,
                contract_h=float(row["hours_per_week"]),
                options=tuple(
                    None
                    if day in absent
                    else _option(workspace, scenario, row, day, trained[d].get(agent_id, {}))
                    for d, day in enumerate(grid.dates)
                ),
                limits=_limits(scenario, row, gone, past, agent_id in ever, since),
                worked=frozenset(p.day for p in past),
                last_end=max((p.day * SLOTS_PER_DAY + p.end for p in past), default=None),
                tagged=frozenset((p.day, "late") for p in past if p.end > late_after),
            )
        )
    return found


def _not_yet(row: Mapping[Any, Any], day: dt.date) -> bool:
    """Return whether a day lies before an agent's first one."""
    return bool(pd.notna(row["started_on"]) and day < row["started_on"].date())


def _limits(
    scenario: Scenario,
    row: Mapping[Any, Any],
    away: frozenset[dt.date],
    past: Sequence[Published],
    trained: bool,
    since: dt.date,
) -> Limits:
    """Return what binds one agent's days together under the scenario's rules."""
    grid, rules = scenario.grid, scenario.rules
    contract_h = min(float(str(row["hours_per_week"])), LAW_MAX_WEEK_H)
    first = min(since, grid.start) - dt.timedelta(days=62)
    near = [first + dt.timedelta(days=i) for i in range((grid.dates[-1] - first).days + 8)]
    out = {day for day in near if day in away or _not_yet(row, day)}
    extra_h = 0.0 if pd.notna(row["protected"]) else rules.overtime_month_h  # R13
    spans = _weeks(scenario, row, away, past, trained, extra_h)
    if rules.average_over != "week":
        for days, most_h in averaging_periods(
            grid, rules.average_over, contract_h, out, since, extra_h
        ):
            done_h = sum(p.paid_h for p in past if grid.start + dt.timedelta(days=p.day) in days)
            ahead = tuple(i for i, day in enumerate(grid.dates) if day in days)
            most = max(int((most_h - done_h) * SLOTS_PER_H + 1e-6), 0)
            spans += (Span(days=ahead, most_paid=most, most_days=len(ahead)),)
    overtime: tuple[MonthOvertime, ...] = ()
    if extra_h > 0 and rules.average_over == "week":
        overtime = month_overtime(grid, rules, contract_h, out, past, extra_h)
    every = rules.weekend_off_every_weeks
    return Limits(
        spans=spans,
        most_consecutive=rules.max_consecutive_days,
        rest=round(rules.min_rest_h * SLOTS_PER_H),
        overtime=overtime,
        most_in_a_row=(("late", rules.max_late_in_a_row),),
        starts=week_starts(grid, rules.start_spread_h, past) if rules.start_spread_h < 24 else (),
        free_weekends=weekends_to_free(grid, every, past) if every else (),
    )


def without(agent: Agent, rule: str) -> Agent:
    """Return the agent freed of one of `PERSONAL_RULES`.

    Raises
    ------
    KeyError
        When the rule is none of them.
    """
    limits = agent.limits
    free: dict[str, dict[str, Any]] = {
        "R5": {"spans": tuple(replace(s, most_paid=FREE_SLOTS) for s in limits.spans)},
        "R6": {"spans": tuple(replace(s, least_paid=0) for s in limits.spans)},
        "R7": {"spans": tuple(replace(s, most_days=len(s.days)) for s in limits.spans)},
        "R8": {"most_consecutive": None},
        "R9": {"rest": 0},
        "R12": {"overtime": ()},
        "R14": {"most_in_a_row": ()},
        "R15": {"starts": ()},
        "R16": {"free_weekends": ()},
    }
    last_end = None if rule == "R9" else agent.last_end
    return replace(agent, limits=replace(limits, **free[rule]), last_end=last_end)


def _away(workspace: Workspace) -> dict[str, frozenset[dt.date]]:
    rows = workspace.tables["absences"]
    return {
        str(agent): frozenset(day.date() for day in group["date"])
        for agent, group in rows.groupby("agent_id", sort=False)
    }


def _trained(workspace: Workspace, days: Sequence[dt.date]) -> list[dict[str, dict[str, int]]]:
    """Return for each day: agent -> place -> speed in units, in pools she knows some shop of then.

    Her speed in a pool is the mean over the shops that she knows.
    """
    skills = workspace.skills.assign(pool=workspace.skills["shop_id"].map(workspace.shops["pool"]))
    size = pd.Series({pool: len(shops) for pool, shops in workspace.pools.items()})
    found = []
    for day in days:
        now = known_on(skills, day)
        own = now.groupby(["agent_id", "pool"], sort=False, observed=True)
        known: pd.DataFrame = own["speed"].agg(["mean", "size"])
        whole = size[known.index.get_level_values("pool")].to_numpy()
        partly = known["size"].to_numpy() < whole
        masks: dict[Any, list[str]] = {}
        if partly.any():
            masks = own["shop_id"].agg(list)[partly].to_dict()
        by_agent: dict[str, dict[str, int]] = {}
        means: Mapping[Any, float] = known["mean"].to_dict()
        for (agent, pool), mean in means.items():
            units = max(round(float(mean) * SPEED_UNITS), 1)
            shops = workspace.pools[str(pool)]
            at = place(str(pool), map(str, masks.get((agent, pool), shops)), shops)
            by_agent.setdefault(str(agent), {})[at] = units
        found.append(by_agent)
    return found


def capabilities(
    workspace: Workspace, days: Sequence[dt.date]
) -> dict[dt.date, dict[str, dict[str, float]]]:
    """Return day -> agent -> pool -> speed, for pools that the agent knows some shop of."""
    return {
        day: {
            agent: {pool_of(name): speed for name, speed in own.items()}
            for agent, own in places.items()
        }
        for day, places in speeds(workspace, days).items()
    }


def speeds(
    workspace: Workspace, days: Sequence[dt.date]
) -> dict[dt.date, dict[str, dict[str, float]]]:
    """Return day -> agent -> place -> speed, see `staffing.roster.places`."""
    return {
        day: {
            agent: {name: units / SPEED_UNITS for name, units in pools.items()}
            for agent, pools in own.items()
        }
        for day, own in zip(days, _trained(workspace, days), strict=True)
    }


def speeds_in_units(
    workspace: Workspace, days: Sequence[dt.date]
) -> dict[tuple[str, int], Mapping[str, int]]:
    """Return (agent id, day counted from the first) -> place -> speed in units."""
    return {
        (agent, d): pools
        for d, own in enumerate(_trained(workspace, days))
        for agent, pools in own.items()
    }


def _option(
    workspace: Workspace,
    scenario: Scenario,
    row: Mapping[Any, Any],
    day: dt.date,
    trained: Mapping[str, int],
) -> Option | None:
    if not trained:
        return None
    places = {pool_of(name): name for name in trained}
    pools = [pool for pool in workspace.pools if pool in places]
    windows = [workspace.windows[shop] for pool in pools for shop in workspace.pools[pool]]
    span = Window(min(w.opens_min for w in windows), max(w.closes_min for w in windows))
    shifts, costs = _priced(
        scenario, str(row["contract"]), span, pd.notna(row["protected"]), frozenset(windows), day
    )
    return Option(tuple((places[pool], trained[places[pool]]) for pool in pools), shifts, costs)


@cache
def _priced(
    scenario: Scenario,
    contract: str,
    span: Window,
    protected: bool,
    windows: frozenset[Window],
    day: dt.date,
) -> tuple[tuple[Template, ...], tuple[int, ...] | None]:
    """Return the shifts of a day and their points, None where those are of their paid slots.

    Premiums of a duty alone are in; what a whole week or period adds is known from it only.
    """
    shifts = _templates(scenario, contract, span, protected, windows)
    averaged = scenario.rules.average_over != "week"
    points = tuple(
        duty_points(day, shift.start, shift.end, shift.paid, averaged=averaged) * PAID // 100
        for shift in shifts
    )
    return shifts, None if points == shift_points(shifts, None) else points


@cache
def _templates(
    scenario: Scenario,
    contract: str,
    span: Window,
    protected: bool,
    windows: frozenset[Window],
) -> tuple[Template, ...]:
    """Return the shifts within a span that respect daily hours (R4) and night work (R11).

    Each is tagged ``late`` or ``early``, beside its kind.
    """
    late_after = scenario.fairness.late_after // INTERVAL_MIN
    rules, settings = scenario.rules, scenario.shifts
    night = rules.night
    most_h = rules.max_daily_h
    if protected:  # R13
        most_h = min(most_h, NORMAL_DAY_H)
    elif contract == "full_time" and rules.overtime_day_h > 0:
        longer = {h + over for h in settings.full_time_h for over in _steps(rules.overtime_day_h)}
        lengths = tuple(sorted({*settings.full_time_h, *longer}))
        settings = settings.model_copy(update={"full_time_h": lengths})
        most_h += rules.overtime_day_h
    return tuple(
        replace(
            shift, tags=tuple(sorted(("late" if shift.end > late_after else "early", *shift.tags)))
        )
        for shift in templates(settings, contract, span, rules.max_stretch_h, windows)
        if shift.paid <= most_h * SLOTS_PER_H
        and not (protected and at_night(shift.start, shift.end, night))
    )


def _steps(most_h: float) -> list[float]:
    """Return the hours of overtime a shift may have: whole ones, and the most."""
    whole = [float(hours) for hours in range(1, int(most_h) + 1)]
    return sorted({*whole, math.floor(most_h * SLOTS_PER_H) / SLOTS_PER_H})


def at_night(start: int, end: int, night: Window) -> bool:
    """Return whether slots [start, end) of a service day touch the night of any day."""
    return any(
        start < night.end_slot + shift and night.first_slot + shift < end
        for shift in (-SLOTS_PER_DAY, 0, SLOTS_PER_DAY)
    )


def _weeks(
    scenario: Scenario,
    row: Mapping[Any, Any],
    away: frozenset[dt.date],
    past: Sequence[Published],
    trained: bool,
    extra_h: float,
) -> tuple[Span, ...]:
    """Return the limits per calendar week, less what a day of absence takes from each.

    It takes a fifth of the hours that are due (R6), and a sixth of those allowed (R5): nobody works
    on more than six days, and who was told six short ones keeps the other five.

    Parameters
    ----------
    extra_h : overtime that may come on top; what a month has of it is another limit (R12)
    """
    grid, rules = scenario.grid, scenario.rules
    contract = min(float(str(row["hours_per_week"])), LAW_MAX_WEEK_H)
    splits = scenario.shifts.splits_per_week
    mondays = sorted({day - dt.timedelta(days=day.weekday()) for day in grid.dates})
    moved_h = 0.0
    if rules.average_over == "week" and not pd.notna(row["protected"]):  # R13
        moved_h = rules.moved_rest_days * NORMAL_DAY_H
    found, allowed = [], list[tuple[dt.date, float]]()
    for monday in mondays:
        week = [monday + dt.timedelta(days=i) for i in range(7)]
        out = sum(d in away or _not_yet(row, d) for d in week)
        due_h = contract * max(1 - out / 5, 0.0)
        allowed_h = contract * max(1 - out / 6, 0.0)
        done = [p.paid_h for p in past if p.day >= (monday - grid.start).days]
        whole = monday >= grid.start and week[-1] <= grid.dates[-1]
        most_h = allowed_h + extra_h + moved_h
        allowed.append((monday, max(allowed_h, sum(done)) - sum(done)))
        if pd.notna(row["protected"]):  # R13
            most_h = min(allowed_h, NORMAL_WEEK_H * max(1 - out / 5, 0.0))
        elif rules.average_over != "week":
            most_h = FREE_SLOTS / SLOTS_PER_H
        least_h = due_h * rules.min_week_share if whole and trained else 0.0
        found.append(
            Span(
                days=tuple(i for i, d in enumerate(grid.dates) if d in week),
                most_paid=max(int((most_h - sum(done)) * SLOTS_PER_H + 1e-9), 0),
                least_paid=int(least_h * SLOTS_PER_H + 1e-9),
                most_days=max(7 - rules.rest_days_per_week - len(done), 0),
                most_of=(("split", splits),) if splits else (),
            )
        )
    return (*found, *_given_back(grid.dates, allowed, extra_h)) if moved_h else tuple(found)


def _given_back(
    dates: Sequence[dt.date], allowed: Sequence[tuple[dt.date, float]], extra_h: float
) -> Iterator[Span]:
    """R5: yield the limits that have a moved rest day given back in a later week.

    From any week on the hours are those allowed, and the overtime of the months that the weeks end
    in.

    Parameters
    ----------
    allowed : Mondays of the weeks, and the hours allowed that are not published already
    """
    for k, (first, _) in enumerate(allowed):
        ends = [monday + dt.timedelta(days=6) for monday, _ in allowed[k:]]
        months = len({(day.year, day.month) for day in ends})
        most_h = sum(hours for _, hours in allowed[k:]) + extra_h * months
        days = tuple(i for i, day in enumerate(dates) if day >= first)
        yield Span(days=days, most_paid=int(most_h * SLOTS_PER_H + 1e-9), most_days=len(days))


def paid_hours(published: pd.DataFrame) -> pd.Series:
    """Return paid hours of published rows: as given, else the span less an hour above six."""
    span = (published["end"] - published["start"]).dt.total_seconds() / 3600
    return published["paid_h"].fillna(span - (span > 6).astype(float))
