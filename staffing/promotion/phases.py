"""The phases of the promotions that touch the horizon: when, how strong, what they bring."""

from __future__ import annotations

import pandas as pd

from staffing.forecast import Forecast
from staffing.forecast.calendar import YEAR
from staffing.scenario import Scenario
from staffing.workspace import Workspace

__all__ = ["phases"]


def phases(workspace: Workspace, scenario: Scenario, expected: Forecast) -> pd.DataFrame:
    """Return the phases of the horizon in the order in which they begin.

    Returns
    -------
    one row a row of the promotions table: name, phase, scope (platform, shop or category that it
    is of), start, end, multiple, low and high (contacts of its strongest day over an ordinary
    one, as learnt, with the 80 % range; NaN where nothing is known)
    """
    table = workspace.promotions
    first = pd.Timestamp(scenario.grid.dates[0])
    last = pd.Timestamp(scenario.grid.dates[-1]) + pd.Timedelta(days=1)
    rows = table[(table["end"] > first) & (table["start"] < last)]
    rows = rows.sort_values(["start", "end"], kind="stable")
    scope = rows["platform"].astype("object").fillna("")
    for name in ("shop_id", "category"):
        given = rows[name].astype("object").fillna("")
        scope = scope.where(given == "", given)
    made = pd.DataFrame(
        {
            "name": rows["name"].astype(str),
            "phase": rows["phase"].astype(str),
            "scope": scope.astype(str),
            "start": rows["start"],
            "end": rows["end"],
        }
    ).reset_index(drop=True)
    learnt = expected.strengths()[["event", "phase", "multiple", "low", "high"]]
    learnt = learnt.astype({"event": str, "phase": str})  # an empty table has no types of its own
    made["event"] = made["name"].str.replace(YEAR, "", regex=True)
    return made.merge(learnt, on=["event", "phase"], how="left").drop(columns="event")
