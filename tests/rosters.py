"""Builders of tiny workspaces, scenarios and rosters for the tests of the roster stage."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from staffing.scenario import Scenario
from staffing.workspace import Workspace, read_workspace

MONDAY = dt.date(2026, 3, 2)
Row = Mapping[str, object]


def workspace(
    folder: Path,
    *,
    shops: Sequence[Row] = ({"shop_id": "S1", "pool": "P"},),
    agents: Sequence[Row] = ({"agent_id": "A1"},),
    skills: Sequence[Row] = ({"agent_id": "A1", "shop_id": "S1"},),
    **others: Sequence[Row],
) -> Workspace:
    """Write and read a workspace; what a row leaves out gets a plain value."""
    folder.mkdir(parents=True, exist_ok=True)
    usual_shop = {"name": "shop", "platform": "JD", "category": "snacks"}
    tables: dict[str, Sequence[Row]] = {
        "shops": [usual_shop | dict(row) for row in shops],
        "agents": [{"name": "somebody", "team": "T"} | dict(row) for row in agents],
        "skills": skills,
        "history": [
            {"shop_id": shop["shop_id"], "start": f"2026-02-{day:02d} 10:00", "contacts": 5}
            for shop in shops
            for day in range(1, 29)
        ],
        **others,
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    return read_workspace(folder)


def scenario(folder: Path, days: int = 7, **sections: Mapping[str, object]) -> Scenario:
    """Return a scenario of the week from MONDAY; sections overwrite its defaults."""
    return Scenario.model_validate(
        {
            "name": "tiny",
            "workspace": folder,
            "horizon": {"start": MONDAY, "days": days},
            **sections,
        }
    )


def duty(
    day: int,
    start_h: float,
    end_h: float,
    *,
    meals: Sequence[tuple[float, float]] = (),
    agent: str = "A1",
    pool: str | None = "P",
) -> list[Row]:
    """Return the stretches of one duty; hours of the service day, above 24 past midnight."""
    midnight = dt.datetime.combine(MONDAY + dt.timedelta(days=day), dt.time())
    edges = [start_h, *(hour for meal in meals for hour in meal), end_h]
    rows = []
    for i, (begin, end) in enumerate(itertools.pairwise(edges)):
        rows.append(
            {
                "agent_id": agent,
                "date": pd.Timestamp(midnight),
                "start": pd.Timestamp(midnight + dt.timedelta(hours=begin)),
                "end": pd.Timestamp(midnight + dt.timedelta(hours=end)),
                "activity": "meal" if i % 2 else "work",
                "pool": None if i % 2 else pool,
            }
        )
    return rows


def table(*duties: list[Row]) -> pd.DataFrame:
    """Return duties as the table that the audit reads."""
    return pd.DataFrame([row for rows in duties for row in rows])


def need(seats: Mapping[tuple[str, int, float], int]) -> pd.DataFrame:
    """Return a requirement table from (pool, day, hour) -> seats in that half hour."""
    rows = []
    for (pool, day, hour), number in sorted(seats.items()):
        midnight = dt.datetime.combine(MONDAY + dt.timedelta(days=day), dt.time())
        rows.append(
            {
                "pool": pool,
                "date": pd.Timestamp(midnight),
                "slot": day * 48 + int(hour * 2),
                "start": pd.Timestamp(midnight + dt.timedelta(hours=hour)),
                "seats": number,
            }
        )
    return pd.DataFrame(rows)
