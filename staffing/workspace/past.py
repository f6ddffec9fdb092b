"""A workspace as it was known on an earlier day, so that a past week can be planned honestly."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd

from staffing.grid import DAY_MIN
from staffing.workspace import Workspace

__all__ = ["CAME", "as_of", "spill"]

CAME = "came"
"""Table of the history that was not known yet: what a forecast can be held against."""


def as_of(workspace: Workspace, day: dt.date | None) -> Workspace:
    """Return the workspace as it was known on the morning of a day.

    History and published duties end with the service day before. Agents who began later are not
    there, nor are their skills. What is planned ahead stays: promotions, absences, requests and
    trainings of those who are there. The history that came later is the table `CAME`.

    Parameters
    ----------
    day : None: as it is
    """
    if day is None:
        return workspace
    now, tables = pd.Timestamp(day), dict(workspace.tables)
    history, agents, rosters = (tables[name] for name in ("history", "agents", "rosters"))
    known = history["start"] < now + spill(workspace, history["shop_id"])
    gone = agents.index[agents["started_on"] > now].astype(str)
    tables |= {"history": history[known], CAME: history[~known]}
    tables["rosters"] = rosters[rosters["date"] < now]
    tables["agents"] = agents[~agents.index.isin(gone)]
    for name in ("skills", "absences", "requests", "rosters", "activities", "ledger"):
        if "agent_id" in tables[name]:
            tables[name] = tables[name][~tables[name]["agent_id"].isin(gone)]
    return replace(workspace, tables=tables)


def spill(workspace: Workspace, shops: pd.Series) -> pd.Series:
    """Return how long after midnight the service day of each row's shop goes on."""
    spill_min = {shop: max(w.closes_min - DAY_MIN, 0) for shop, w in workspace.windows.items()}
    return pd.to_timedelta(shops.astype("str").map(spill_min), unit="min")
