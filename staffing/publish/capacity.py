"""What the floor can deliver, as files: the weeks, what lacks, and the rows that would mend it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from staffing.folder import replace, writing
from staffing.quote.capacity import Capacity

__all__ = ["publish_capacity"]

FILES = ("weeks.csv", "lacks.csv", "agents.csv", "skills.csv", "capacity.json")
DECIMALS = 2


def publish_capacity(made: Capacity, folder: Path, record: dict[str, object]) -> list[Path]:
    """Write weeks and lacks, and the proposed rows of agents and skills where there are any.

    The rows are those to append to the workspace's tables of these names, column by column.

    Parameters
    ----------
    record : the whole for machines

    Raises
    ------
    PublishError
        When the folder cannot be written.
    """
    told = json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    files = {
        "weeks.csv": _csv(weeks(made)),
        "lacks.csv": _csv(lacks(made)),
        "capacity.json": told.encode("utf-8"),
    }
    if made.measures:
        files["agents.csv"] = _csv(_new_agents(made))
        files["skills.csv"] = _csv(_new_skills(made))
    with writing(folder):
        replace(folder, files, ours=FILES)
    return [folder / name for name in FILES if name in files]


def weeks(made: Capacity) -> pd.DataFrame:
    """Return one row a week and pool.

    Seat-hours required without and with the newcomers, covered at best, and missing; the most
    seats missing at once.
    """
    found = []
    for each in made.weeks:
        week = each.week
        lacking = {lack.pool: lack for lack in each.lacks}
        asked, plain = (
            r.table.groupby("pool")["seats"].sum() / 2 for r in (week.asked, week.plain_asked)
        )
        for pool, hours in asked.items():
            lack = lacking.get(str(pool))
            missing = 0.0 if lack is None else lack.hours
            found.append(
                {
                    "week": f"{week.first}",
                    "until": f"{week.last}",
                    "pool": pool,
                    "book_h": round(float(plain.get(pool, 0.0)), DECIMALS),
                    "required_h": round(float(hours), DECIMALS),
                    "covered_at_best_h": round(float(hours) - missing, DECIMALS),
                    "missing_h": round(missing, DECIMALS),
                    "missing_seats": 0.0 if lack is None else round(lack.seats, DECIMALS),
                }
            )
    return pd.DataFrame(found)


def lacks(made: Capacity) -> pd.DataFrame:
    """Return one row a pool and half hour that lacks people: pool, start, seats."""
    found = [
        {
            "pool": pool,
            "start": f"{each.week.scenario.grid.time_of(t)}",
            "seats": round(n, DECIMALS),
        }
        for each in made.weeks
        for (pool, t), n in sorted(each.covered.missing.items())
        if round(n, DECIMALS) > 0
    ]
    return pd.DataFrame(found, columns=["pool", "start", "seats"])


def _new_agents(made: Capacity) -> pd.DataFrame:
    table = made.proposed.agents
    fresh = table[~table.index.isin(made.book.workspace.agents.index)].reset_index()
    names = ["agent_id", "name", "team", "started_on", "hours_per_week", "contract"]
    return fresh[names].assign(started_on=_days(fresh["started_on"]))


def _new_skills(made: Capacity) -> pd.DataFrame:
    fresh = made.proposed.skills.iloc[len(made.book.workspace.skills) :]
    names = ["agent_id", "shop_id", "speed", "since", "ramp_days"]
    whole = [f"{days:g}" for days in fresh["ramp_days"]]
    return fresh[names].assign(since=_days(fresh["since"]), ramp_days=whole)


def _days(column: pd.Series) -> Sequence[str]:
    return [f"{day:%Y-%m-%d}" for day in column]


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")
