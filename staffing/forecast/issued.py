"""Forecasts that were issued, beside what has come since."""

from __future__ import annotations

import numpy as np
import pandas as pd

from staffing.forecast.backtest import naive, usual
from staffing.forecast.calendar import CHINESE_ZONES, event_days
from staffing.forecast.design import EventTable
from staffing.forecast.history import History
from staffing.forecast.scores import levels
from staffing.workspace import Workspace

DAY = pd.Timedelta(days=1)


def beside_actuals(issued: pd.DataFrame, workspace: Workspace, past: History) -> pd.DataFrame:
    """Return issued forecasts as rows of a backtest.

    Parameters
    ----------
    issued : known_until, scenario, shop_id, date, mean and quantiles ``q<percent>``
    past : the history as it is known now

    Returns
    -------
    the columns of `Backtest.table` with scenario in front: origin is the day after known_until;
    naive and usual are what was known then. Days that have not come and shops that are no longer
    there have no row.
    """
    events = EventTable.of(past.shops, event_days(workspace, past.days))
    chinese = workspace.zone in CHINESE_ZONES
    come = issued[issued["date"].isin(past.days) & issued["shop_id"].isin(past.shops)]
    parts = [
        _from_origin(rows, past, events, chinese=chinese)
        for _, rows in come.groupby("known_until", sort=True)
    ]
    columns = ["scenario", "shop_id", "origin", "date", "lead_days", "actual", "forecast"]
    columns += ["naive", "usual", "event", *levels(issued)]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return found[columns]


def _from_origin(
    rows: pd.DataFrame, past: History, events: EventTable, *, chinese: bool
) -> pd.DataFrame:
    """Return the rows of all forecasts that were issued on the same knowledge."""
    origin = rows["known_until"].iloc[0] + DAY
    known = past.until(origin.date())
    first, last = rows["date"].min(), rows["date"].max()
    days = past.days[(past.days >= first) & (past.days <= last)]
    shop = pd.Index(past.shops).get_indexer(pd.Index(rows["shop_id"]))
    day = days.get_indexer(pd.DatetimeIndex(rows["date"]).as_unit(days.unit))
    actual = past.totals[:, past.days.get_indexer(days)]
    promotion = events.touched(len(past.shops), days, events.promotion)
    return rows.assign(
        origin=origin,
        lead_days=(rows["date"] - origin).dt.days,
        forecast=rows["mean"],
        actual=actual[shop, day],
        naive=naive(known, days)[shop, day],
        usual=usual(known, events, days, chinese=chinese)[shop, day],
        event=promotion[shop, day].astype(np.bool_),
    )
