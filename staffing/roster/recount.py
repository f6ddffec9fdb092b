"""Hours, pay classes and coverage of a roster counted again from its table alone.

For any table of stretches, also one made by hand; no code of the search.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from staffing.frames import rows
from staffing.grid import INTERVAL_MIN
from staffing.roster.audit import shifts_of
from staffing.roster.pay import CLASSES, COLUMNS, hourly_wages, pay_classes
from staffing.scenario import Scenario
from staffing.workspace import Workspace
from staffing.workspace.skills import known_on

HALF_H = INTERVAL_MIN / 60


@dataclass(frozen=True, kw_only=True)
class Recount:
    """What a roster's table amounts to.

    Attributes
    ----------
    agents : agent_id, days, late (shifts), paid_h, ``h_100``, ``h_150``, ``h_200``, ``h_300``, yuan
        (hours × class × hourly wage; NaN without a wage); one row an agent on duty
    pools : pool, open_h, staffed_h (person-hours), seat_h (weighted by speed), empty_h (open hours
        with nobody), and with a requirement required_h and uncovered_h
    """

    agents: pd.DataFrame
    pools: pd.DataFrame


def recount(
    workspace: Workspace,
    scenario: Scenario,
    table: pd.DataFrame,
    required: pd.DataFrame | None = None,
) -> Recount:
    """Return hours and pay per agent and coverage per pool.

    Parameters
    ----------
    table : one row a stretch: agent_id, date, start, end (naive local time), activity, pool
    required : pool, start, seats of each half hour, where coverage is to be told against it
    """
    return Recount(
        agents=_agents(workspace, scenario, table),
        pools=_pools(workspace, scenario, table, required),
    )


def _agents(workspace: Workspace, scenario: Scenario, table: pd.DataFrame) -> pd.DataFrame:
    minutes = pay_classes(workspace, scenario, table)
    hours = minutes.groupby("agent_id")[COLUMNS].sum().astype(float) / 60
    hours.columns = [f"h_{each}" for each in CLASSES]
    late_after = dt.timedelta(minutes=scenario.fairness.late_after)
    late = {
        agent: sum(s.end > dt.datetime.combine(s.date, dt.time()) + late_after for s in shifts)
        for agent, shifts in shifts_of(table).items()
    }
    weighted = sum((hours[f"h_{each}"] * each / 100 for each in CLASSES), start=0.0)
    made = hours.assign(
        days=minutes.groupby("agent_id").size(),
        late=[late[agent] for agent in hours.index],
        paid_h=hours.sum(axis=1),
        yuan=weighted * hourly_wages(workspace).reindex(hours.index),
    ).reset_index()
    return made[["agent_id", "days", "late", "paid_h", *hours.columns, "yuan"]]


def _pools(
    workspace: Workspace, scenario: Scenario, table: pd.DataFrame, required: pd.DataFrame | None
) -> pd.DataFrame:
    people: dict[tuple[str, dt.datetime], float] = defaultdict(float)
    seats: dict[tuple[str, dt.datetime], float] = defaultdict(float)
    half = dt.timedelta(minutes=INTERVAL_MIN)
    served = table[(table["activity"] == "work") & table["pool"].notna() & (table["pool"] != "")]
    speeds = {day: _speeds(workspace, day) for day in sorted(set(served["date"].dt.date))}
    for row in rows(served):
        speed = speeds[row.date.date()].get((str(row.agent_id), str(row.pool)), 0.0)
        start, end = row.start.to_pydatetime(), row.end.to_pydatetime()
        moment = row.start.floor(f"{INTERVAL_MIN}min").to_pydatetime()
        while moment < end:
            part = (min(end, moment + half) - max(start, moment)) / half
            people[str(row.pool), moment] += part
            seats[str(row.pool), moment] += part * speed
            moment += half
    need = {
        (str(row.pool), row.start.to_pydatetime()): float(row.seats)
        for row in rows(required if required is not None else pd.DataFrame())
    }
    found = []
    for pool, shops in workspace.pools.items():
        windows = [workspace.windows[shop] for shop in shops]
        moments = {
            dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
            for day in scenario.grid.dates
            for window in windows
            for minute in range(window.opens_min, window.closes_min, INTERVAL_MIN)
        }
        own = {
            "pool": pool,
            "open_h": len(moments) * HALF_H,
            "staffed_h": sum(n for (p, _), n in people.items() if p == pool) * HALF_H,
            "seat_h": sum(n for (p, _), n in seats.items() if p == pool) * HALF_H,
            "empty_h": sum((pool, moment) not in people for moment in moments) * HALF_H,
        }
        if required is not None:
            asked = {key: number for key, number in need.items() if key[0] == pool}
            short = sum(max(n - seats.get(key, 0.0), 0.0) for key, n in asked.items())
            own |= {"required_h": sum(asked.values()) * HALF_H, "uncovered_h": short * HALF_H}
        found.append(own)
    return pd.DataFrame(found)


def _speeds(workspace: Workspace, day: dt.date) -> dict[tuple[str, str], float]:
    """Return (agent, pool) -> mean speed over the shops of the pool that she knows."""
    pool_of = {shop: pool for pool, shops in workspace.pools.items() for shop in shops}
    known: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows(known_on(workspace.skills, day)):
        known[str(row.agent_id), pool_of[str(row.shop_id)]].append(float(row.speed))
    return {key: sum(own) / len(own) for key, own in known.items()}
