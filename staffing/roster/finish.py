"""From duties to the published table: few changes of pool, idle time spent where it helps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from staffing.frames import rows as rows_of
from staffing.grid import SLOTS_PER_DAY, Grid
from staffing.roster.duty import Duty, Roll
from staffing.roster.staff import SPEED_UNITS, Agent, capabilities
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

CHANGE, NEVER = 1.0, 1e6
COLUMNS = [
    "agent_id",
    "name",
    "team",
    "date",
    "shift_start",
    "shift_end",
    "start",
    "end",
    "activity",
    "pool",
]

Key = tuple[str, int]
"""(agent id, day of the horizon)."""


def assignments(
    workspace: Workspace,
    scenario: Scenario,
    agents: Sequence[Agent],
    requirement: SeatRequirement,
    roll: Roll,
) -> pd.DataFrame:
    """Return the duties as one row a stretch, see `Roster.assignments`."""
    speed = {
        (agent.agent_id, d): dict(option.capability)
        for agent in agents
        for d, option in enumerate(agent.options)
        if option is not None
    }
    pools = _settled(roll, speed)
    _use_idle(pools, roll, speed, requirement)
    rows = [
        row
        for key in sorted(roll, key=lambda k: (k[1], k[0]))
        for row in _stretches(scenario.grid, key, roll[key], pools[key])
    ]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("name", "team")])
    people = workspace.agents[["name", "team"]]
    table = table.join(people, on="agent_id")[COLUMNS]
    times = ["date", "shift_start", "shift_end", "start", "end"]
    return table.astype(dict.fromkeys(times, "datetime64[ns]") | {"pool": "str"})


def _settled(roll: Roll, speed: Mapping[Key, Mapping[str, int]]) -> dict[Key, dict[int, str]]:
    """Return (agent, day) -> slot of the day -> pool, with seats swapped for fewer changes.

    Slot by slot the people on duty take over the same seats, but each keeps her pool where she
    can; a seat goes only to somebody of the same speed in it, so coverage stays as it was.
    """
    found: dict[Key, dict[int, str]] = {key: {} for key in roll}
    by_day: dict[int, list[Key]] = defaultdict(list)
    for key in sorted(roll):
        by_day[key[1]].append(key)
    for keys in by_day.values():
        last: dict[Key, str] = {}
        for t in range(
            min(roll[k].shift.start for k in keys), max(roll[k].shift.end for k in keys)
        ):
            here = [k for k in keys if _on(roll[k], t)]
            seats = [roll[k].pools[t - roll[k].shift.start] for k in here]
            units = [speed[k].get(p, 0) if p else 0 for k, p in zip(here, seats, strict=True)]
            cost = np.array(
                [
                    [_price(speed[k], last.get(k), p, u) for p, u in zip(seats, units, strict=True)]
                    for k in here
                ]
            ).reshape(len(here), len(here))
            for i, j in zip(*linear_sum_assignment(cost), strict=True):
                if (pool := seats[j]) is not None:
                    found[here[i]][t] = last[here[i]] = pool
    return found


def _on(duty: Duty, t: int) -> bool:
    return duty.shift.start <= t < duty.shift.end and t not in duty.away


def _price(own: Mapping[str, int], last: str | None, pool: str | None, units: int) -> float:
    """Return what it costs that somebody who was in `last` takes a seat in `pool`."""
    if pool is None:
        return CHANGE / 2
    if own.get(pool) != units:
        return NEVER
    return 0.0 if last == pool else CHANGE


def _use_idle(
    pools: dict[Key, dict[int, str]],
    roll: Roll,
    speed: Mapping[Key, Mapping[str, int]],
    requirement: SeatRequirement,
) -> None:
    """Send people nobody needs to one of their open pools, the least comfortable one first."""
    required = {(str(r.pool), int(r.slot)): int(r.seats) for r in rows_of(requirement.table)}
    seated: dict[tuple[str, int], int] = defaultdict(int)
    for key, own in pools.items():
        for t, pool in own.items():
            seated[pool, key[1] * SLOTS_PER_DAY + t] += speed[key][pool]
    for key in sorted(roll):
        for stretch in _idle(roll[key], pools[key]):
            first = key[1] * SLOTS_PER_DAY
            open_all = [
                pool for pool in speed[key] if all((pool, first + t) in required for t in stretch)
            ]
            if not open_all:
                continue
            beside = pools[key].get(stretch[0] - 1) or pools[key].get(stretch[-1] + 1)

            def comfort(
                pool: str, slots: list[int] = stretch, day: int = first, near: str | None = beside
            ) -> tuple[float, bool, str]:
                spare = min(
                    seated[pool, day + t] / max(required[pool, day + t] * SPEED_UNITS, 1)
                    for t in slots
                )
                return (round(spare, 1), pool != near, pool)

            chosen = min(open_all, key=comfort)
            for t in stretch:
                pools[key][t] = chosen
                seated[chosen, first + t] += speed[key][chosen]


def _idle(duty: Duty, own: Mapping[int, str]) -> list[list[int]]:
    """Return the stretches of slots on duty, not at a meal, without a pool."""
    found: list[list[int]] = []
    for t in range(duty.shift.start, duty.shift.end):
        if t in own or t in duty.away:
            continue
        if found and found[-1][-1] == t - 1:
            found[-1].append(t)
        else:
            found.append([t])
    return found


def _stretches(
    grid: Grid, key: Key, duty: Duty, own: Mapping[int, str]
) -> list[tuple[object, ...]]:
    """Return one row per stretch of the same activity and pool."""
    agent, day = key
    first = day * SLOTS_PER_DAY
    meals = {t: i for i, t0 in enumerate(duty.meals) for t in range(t0, t0 + duty.shift.meal_slots)}
    whole = (grid.time_of(first + duty.shift.start), grid.time_of(first + duty.shift.end))
    rows: list[tuple[object, ...]] = []
    begun, was = duty.shift.start, None
    for t in range(duty.shift.start, duty.shift.end + 1):
        now = ("meal", meals[t]) if t in meals else ("work", own.get(t))
        if t == duty.shift.end or (was is not None and now != was):
            assert was is not None
            pool = was[1] if was[0] == "work" else None
            span = (grid.time_of(first + begun), grid.time_of(first + t))
            rows.append((agent, grid.dates[day], *whole, *span, was[0], pool))
            begun = t
        was = now
    return rows


def coverage(
    workspace: Workspace, scenario: Scenario, requirement: SeatRequirement, table: pd.DataFrame
) -> pd.DataFrame:
    """Return required against rostered seats from the published table, see `Roster.coverage`."""
    grid = scenario.grid
    speed = {day: capabilities(workspace, day) for day in grid.dates}
    seated: dict[tuple[str, int], float] = defaultdict(float)
    for row in rows_of(table[table["activity"] == "work"]):
        if pd.isna(row.pool):
            continue
        units = speed[row.date.date()].get(str(row.agent_id), {}).get(str(row.pool), 0.0)
        for t in range(grid.slot_of(row.start), grid.slot_of(row.end)):
            seated[str(row.pool), t] += units
    found = requirement.table[["pool", "date", "slot", "start"]].assign(
        required=requirement.table["seats"].astype("float64"),
        rostered=[
            round(seated[str(p), int(t)], 6)
            for p, t in zip(requirement.table["pool"], requirement.table["slot"], strict=True)
        ],
    )
    spare = found["rostered"] - found["required"]
    return found.assign(
        uncovered=(-spare).clip(lower=0).round(6), surplus=spare.clip(lower=0).round(6)
    )
