"""The minutes of a roster for the payroll: by pay class, at night, and at meals, month by month.

Computed from the finished table alone; the minutes of an agent's classes add up to those that her
stretches last, meals left out. Wages are `hourly_wages`' business.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import numpy as np
import pandas as pd

from staffing.frames import rows
from staffing.grid import Window
from staffing.roster.pay import COLUMNS, pay_classes
from staffing.scenario import Scenario
from staffing.workspace import Workspace

COUNTED = ("duties", "paid_min", "night_min", "meals", "meal_min")


def payroll(workspace: Workspace, scenario: Scenario, table: pd.DataFrame) -> pd.DataFrame:
    """Return the whole minutes of each agent and month.

    Parameters
    ----------
    table : one row a stretch: agent_id, date, start, end (naive local time), activity, pool

    Returns
    -------
    agent_id, month (``2026-11``, of the service day, also for what lies past midnight), duties,
    ``min_100``, ``min_150``, ``min_200``, ``min_300``, paid_min (their sum), night_min (paid
    minutes inside the scenario's `rules.night`), meals, meal_min (unpaid). One row for every agent
    of the workspace and month of the horizon, also where all is zero; agents in their order.
    """
    agents = workspace.agents.index.astype(str)
    months = sorted({f"{day:%Y-%m}" for day in scenario.grid.dates})
    index = pd.MultiIndex.from_product([agents, months], names=["agent_id", "month"])
    by_class = pay_classes(workspace, scenario, table)
    by_class = by_class.assign(month=pd.to_datetime(by_class["date"]).dt.strftime("%Y-%m"))
    exact = by_class.groupby(["agent_id", "month"])[COLUMNS].sum().reindex(index, fill_value=0.0)
    counted = _counted(table, scenario.rules.night)
    zero = dict.fromkeys(COUNTED, 0)
    more = pd.DataFrame([counted.get(key, zero) for key in index], index, columns=list(COUNTED))
    made = more[["duties"]].join(_whole(exact.astype(float))).join(more[list(COUNTED[1:])])
    return made.reset_index()


def _whole(exact: pd.DataFrame) -> pd.DataFrame:
    """Return whole minutes with the same sum in each row.

    A month's normal hours under comprehensive hours part a minute; rounding sums from the left
    and not each class keeps the total.
    """
    sums = np.rint(exact.cumsum(axis=1).to_numpy()).astype(np.int64)
    return pd.DataFrame(np.diff(sums, axis=1, prepend=0), exact.index, exact.columns)


def _counted(table: pd.DataFrame, night: Window) -> dict[tuple[str, str], dict[str, int]]:
    """Return (agent, month) -> what is counted of her stretches."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    days: dict[tuple[str, str], set[dt.date]] = defaultdict(set)
    for row in rows(table):
        key = (str(row.agent_id), f"{row.date:%Y-%m}")
        start, end = row.start.to_pydatetime(), row.end.to_pydatetime()
        minutes = round((end - start).total_seconds() / 60)
        days[key].add(row.date.date())
        if row.activity == "meal":
            found[key]["meals"] += 1
            found[key]["meal_min"] += minutes
        else:
            found[key]["paid_min"] += minutes
            found[key]["night_min"] += _at_night(start, end, night)
    for key, own in days.items():
        found[key]["duties"] = len(own)
    return found


def _at_night(start: dt.datetime, end: dt.datetime, night: Window) -> int:
    """Return the minutes of a stretch inside the night, which may begin on the day before."""
    minutes = 0.0
    day = start.date() - dt.timedelta(days=1)
    while day <= end.date():
        midnight = dt.datetime.combine(day, dt.time())
        opens, closes = (
            midnight + dt.timedelta(minutes=each) for each in (night.opens_min, night.closes_min)
        )
        minutes += max((min(end, closes) - max(start, opens)).total_seconds(), 0) / 60
        day += dt.timedelta(days=1)
    return round(minutes)
