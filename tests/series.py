"""Workspaces with a history of known truth, built in memory."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import Backtest, Forecast
from staffing.grid import SLOTS_PER_DAY, Grid
from staffing.scenario import ForecastSettings, Horizon, ReplaySettings, Scenario, SeatSettings
from staffing.workspace import Workspace
from staffing.workspace.tables import empty

Array = npt.NDArray[np.float64]
Row = Mapping[str, object]

START = dt.date(2024, 4, 8)
"""A Monday, far from Spring Festival."""
SHOP: Row = {
    "name": "shop",
    "platform": "Tmall",
    "category": "snacks",
    "opens": "09:00",
    "closes": "24:00",
    "pool": "P",
    "statutory_days": "open",
    "channel": "chat",
    "aht_s": 240.0,
    "aht_alone_s": np.nan,
    "concurrency": 1.0,
    "target_level": 0.8,
    "answer_within_s": 20.0,
    "bot_deflection": 0.0,
    "min_seats": 0.0,
    "patience_s": np.nan,
    "priority": 1.0,
    "daily_cap": np.nan,
    "due_within_h": 24.0,
    "reply_rule": None,
    "reply_level": np.nan,
    "replies": np.nan,
    "reply_s": np.nan,
    "contacts_per_day": np.nan,
    "promotions_per_month": np.nan,
    "strength": np.nan,
}
PHASE: Row = {
    "name": "Sale 2024",
    "phase": "peak",
    "platform": None,
    "shop_id": None,
    "category": None,
    "strength": np.nan,
}


def workspace(
    totals: Mapping[str, Array],
    *,
    start: dt.date = START,
    shops: Mapping[str, Row] | None = None,
    promotions: Sequence[Row] = (),
    hourly: Mapping[str, Array] | None = None,
) -> Workspace:
    """Return a workspace whose shops had these contacts a day from `start` on.

    Parameters
    ----------
    totals : shop -> contacts of each day; NaN where the day has no rows
    shops : shop -> what differs from `SHOP`
    hourly : shop -> 48 shares of a day's half hours; without it a shop's history is daily
    """
    others = shops or {}
    rows = pd.DataFrame([dict(SHOP) | dict(others.get(shop, {})) for shop in totals])
    tables = {
        "shops": rows.set_index(pd.Index(list(totals), name="shop_id")),
        "history": history_rows(totals, start, hourly or {}),
        "promotions": promotion_rows(promotions),
        "special_days": empty("special_days"),
        "skills": empty("skills"),
    }
    return Workspace(
        root=Path(),
        zone="Asia/Shanghai",
        tables=tables,
        files={"history": "history.csv"},
        defaults=(),
        notices=(),
    )


def history_rows(
    totals: Mapping[str, Array], start: dt.date, hourly: Mapping[str, Array]
) -> pd.DataFrame:
    """Return the rows of the history table."""
    parts = []
    for shop, values in totals.items():
        days = pd.date_range(start, periods=len(values), freq="D")
        known = ~np.isnan(values)
        starts, contacts = days[known], np.asarray(values, dtype=np.float64)[known]
        if shop in hourly:
            slots = np.flatnonzero(hourly[shop])
            offsets = pd.to_timedelta(30 * slots, unit="min")
            contacts = (contacts[:, None] * hourly[shop][slots]).ravel()
            starts = pd.DatetimeIndex(np.add.outer(starts.to_numpy(), offsets.to_numpy()).ravel())
        parts.append(pd.DataFrame({"shop_id": shop, "start": starts, "contacts": contacts}))
    return pd.concat(parts, ignore_index=True)


def promotion_rows(promotions: Sequence[Row]) -> pd.DataFrame:
    """Return the promotions table; what a row leaves out is that of `PHASE`."""
    rows = [dict(PHASE) | dict(row) for row in promotions]
    table = pd.DataFrame(rows, columns=[*PHASE, "start", "end"])
    moments = {name: pd.to_datetime(table[name], format="ISO8601") for name in ("start", "end")}
    return table.assign(**moments)


def scenario(
    start: dt.date,
    days: int = 7,
    *,
    forecast: ForecastSettings | None = None,
    seats: SeatSettings | None = None,
    replications: int = 20,
) -> Scenario:
    """Return a scenario of some days from `start` on."""
    return Scenario(
        name="series",
        workspace=Path(),
        horizon=Horizon(start=start, days=days),
        forecast=forecast or ForecastSettings(),
        seats=seats or SeatSettings(),
        replay=ReplaySettings(replications=replications),
    )


def day_after(values: Array, start: dt.date = START) -> dt.date:
    """Return the day after a series."""
    return start + dt.timedelta(days=len(values))


def expected(
    means: Mapping[str, Sequence[float]],
    *,
    day: dt.date = START,
    first_slot: int = 18,
    relative: float = 0.0,
    dispersion: float = 1.0,
    days: int = 1,
) -> Forecast:
    """Return a forecast that says exactly this.

    Parameters
    ----------
    means : shop -> contacts of each half hour from `first_slot` on, the same every day
    relative : relative standard deviation of a day
    dispersion : variance over mean of a half hour's counts given its day
    """
    grid = Grid(start=day, days=days)
    table = pd.concat(
        [
            pd.DataFrame(
                {
                    "shop_id": shop,
                    "date": pd.Timestamp(day) + pd.Timedelta(days=d),
                    "slot": np.arange(first_slot, first_slot + len(values)) + d * SLOTS_PER_DAY,
                    "mean": np.asarray(values, dtype=np.float64),
                    "event": False,
                }
            )
            for d in range(days)
            for shop, values in means.items()
        ],
        ignore_index=True,
    )
    table["start"] = grid.times_of(table["slot"].to_numpy())
    daily = table.groupby(["shop_id", "date"], as_index=False)["mean"].sum().assign(event=False)
    table, daily = (
        t.assign(variance=dispersion * t["mean"] + (relative * t["mean"]) ** 2)
        for t in (table, daily)
    )
    nothing = pd.DataFrame(columns=["actual", "naive"])
    return Forecast(table=table, daily=daily, backtest=Backtest(table=nothing))
