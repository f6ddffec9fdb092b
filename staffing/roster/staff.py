"""What each agent may do: pools and speed per day, shifts, weekly limits, published shifts.

This is where the tables become the integers of the model. Each limit names the rule it comes
from (docs/rules.md), so that a contradiction can be told in those words.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pandas as pd

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, Grid, Window
from staffing.roster.places import place, pool_of
from staffing.roster.shifts import Template, templates
from staffing.scenario import Scenario
from staffing.workspace import Workspace
from staffing.workspace.skills import known_on

SPEED_UNITS = 20
"""A full-speed seat in integer units: speeds are taken to the nearest 0.05."""
LAW_MAX_WEEK_H = 44.0
"""Labour Law art. 36."""

Capability = tuple[tuple[str, int], ...]
"""(place, speed in units) pairs, in the order of the pools; see `staffing.roster.places`."""


@dataclass(frozen=True, slots=True)
class Option:
    """A service day on which an agent may work: pools she may serve and shifts she may take."""

    capability: Capability
    shifts: tuple[Template, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Limits on some days together: a calendar week, or the whole horizon.

    Attributes
    ----------
    days : days of the horizon, counted from the first
    most_paid, least_paid : paid slots (R5, R6), what was published before the horizon deducted
    most_days, least_days : working days (R7), published ones deducted
    most_of : (tag, most shifts with it on these days) pairs (R20)
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
    """

    agent_id: str
    contract_h: float
    options: tuple[Option | None, ...]
    limits: Limits = Limits()
    worked: frozenset[int] = frozenset()
    last_end: int | None = None


def staff(workspace: Workspace, scenario: Scenario) -> list[Agent]:
    """Return every agent of the workspace, in the order of the table."""
    grid = scenario.grid
    away = _away(workspace)
    trained = _trained(workspace, grid.dates)
    ever = {agent for own in trained for agent in own}
    published = dict(iter(workspace.tables["rosters"].groupby("agent_id", sort=False)))
    found = []
    for agent_id, row in zip(
        workspace.agents.index.astype(str), workspace.agents.to_dict("records"), strict=True
    ):
        own = published.get(agent_id, workspace.tables["rosters"].iloc[:0])
        absent = {d for d in grid.dates if d in away.get(agent_id, ())}
        absent |= {
            d for d in grid.dates if pd.notna(row["started_on"]) and d < row["started_on"].date()
        }
        found.append(
            Agent(
                agent_id=agent_id,
                contract_h=float(row["hours_per_week"]),
                options=tuple(
                    None
                    if day in absent
                    else _option(workspace, scenario, row, trained[d].get(agent_id, {}))
                    for d, day in enumerate(grid.dates)
                ),
                limits=Limits(
                    spans=_weeks(
                        scenario, row, away.get(agent_id, frozenset()), own, agent_id in ever
                    ),
                    most_consecutive=scenario.rules.max_consecutive_days,
                    rest=round(scenario.rules.min_rest_h * SLOTS_PER_H),
                ),
                worked=_worked(grid, own),
                last_end=_last_end(grid, own),
            )
        )
    return found


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


def _option(
    workspace: Workspace,
    scenario: Scenario,
    row: Mapping[Any, Any],
    trained: Mapping[str, int],
) -> Option | None:
    if not trained:
        return None
    places = {pool_of(name): name for name in trained}
    pools = [pool for pool in workspace.pools if pool in places]
    windows = [workspace.windows[shop] for pool in pools for shop in workspace.pools[pool]]
    span = Window(min(w.opens_min for w in windows), max(w.closes_min for w in windows))
    shifts = _templates(
        scenario, str(row["contract"]), span, pd.notna(row["protected"]), frozenset(windows)
    )
    return Option(tuple((places[pool], trained[places[pool]]) for pool in pools), shifts)


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
    most = scenario.rules.max_daily_h * SLOTS_PER_H
    night = scenario.rules.night
    return tuple(
        replace(
            shift, tags=tuple(sorted(("late" if shift.end > late_after else "early", *shift.tags)))
        )
        for shift in templates(
            scenario.shifts, contract, span, scenario.rules.max_stretch_h, windows
        )
        if shift.paid <= most and not (protected and at_night(shift.start, shift.end, night))
    )


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
    published: pd.DataFrame,
    trained: bool,
) -> tuple[Span, ...]:
    """Return the limits per calendar week; an absence counts as a fifth of the contract hours."""
    grid, rules = scenario.grid, scenario.rules
    contract = min(float(str(row["hours_per_week"])), LAW_MAX_WEEK_H)
    started = row["started_on"]
    splits = scenario.shifts.splits_per_week
    mondays = sorted({day - dt.timedelta(days=day.weekday()) for day in grid.dates})
    before = published[published["date"] < pd.Timestamp(grid.start)]
    paid_h = paid_hours(before)
    found = []
    for monday in mondays:
        week = [monday + dt.timedelta(days=i) for i in range(7)]
        out = sum(d in away or (pd.notna(started) and d < started.date()) for d in week)
        due_h = contract * max(1 - out / 5, 0.0)
        in_week = (before["date"] >= pd.Timestamp(monday)).to_numpy()
        done_h, done_days = float(paid_h[in_week].sum()), before.loc[in_week, "date"].nunique()
        whole = monday >= grid.start and week[-1] <= grid.dates[-1]
        least_h = due_h * rules.min_week_share if whole and trained else 0.0
        found.append(
            Span(
                days=tuple(i for i, d in enumerate(grid.dates) if d in week),
                most_paid=int((due_h - done_h) * SLOTS_PER_H + 1e-9),
                least_paid=int(least_h * SLOTS_PER_H + 1e-9),
                most_days=7 - rules.rest_days_per_week - done_days,
                most_of=(("split", splits),) if splits else (),
            )
        )
    return tuple(found)


def paid_hours(published: pd.DataFrame) -> pd.Series:
    """Return paid hours of published rows: as given, else the span less an hour above six."""
    span = (published["end"] - published["start"]).dt.total_seconds() / 3600
    return published["paid_h"].fillna(span - (span > 6).astype(float))


def _worked(grid: Grid, published: pd.DataFrame) -> frozenset[int]:
    days = (published["date"] - pd.Timestamp(grid.start)).dt.days
    return frozenset(int(d) for d in days if d < 0)


def _last_end(grid: Grid, published: pd.DataFrame) -> int | None:
    """Return the slot at which the last published shift before the horizon ends, rounded up."""
    before = published[published["date"] < pd.Timestamp(grid.start)]
    if before.empty:
        return None
    since = before["end"].max() - pd.Timestamp(grid.start)
    return -int(-since // pd.Timedelta(minutes=INTERVAL_MIN))
