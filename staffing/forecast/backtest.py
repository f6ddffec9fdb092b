"""Rolling origins: what this forecast would have said, against what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from staffing.forecast.calendar import event_days
from staffing.forecast.daily import Events, fit
from staffing.forecast.history import Array, History
from staffing.scenario import Scenario
from staffing.workspace import Workspace

FEWEST_DAYS = 5
"""Days of history below which nothing can be tested."""


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Daily totals forecast from earlier origins beside the truth.

    Attributes
    ----------
    table : one row a shop, origin and service day: shop_id, origin (first day not known), date,
        lead_days, actual, forecast, naive (the last known same weekday), event
    """

    table: pd.DataFrame

    @cached_property
    def usable(self) -> pd.DataFrame:
        """Return the rows on which both the forecast and the naive one can be judged."""
        return self.table.dropna(subset=["actual", "naive"])

    def wape(self, column: str = "forecast", *, event: bool | None = None) -> float:
        """Return sum |actual - forecast| / sum actual; NaN without rows."""
        rows = self._rows(event)
        total = rows["actual"].sum()
        return float((rows["actual"] - rows[column]).abs().sum() / total) if total else np.nan

    def bias(self, column: str = "forecast", *, event: bool | None = None) -> float:
        """Return sum (forecast - actual) / sum actual; NaN without rows."""
        rows = self._rows(event)
        total = rows["actual"].sum()
        return float((rows[column] - rows["actual"]).sum() / total) if total else np.nan

    def _rows(self, event: bool | None) -> pd.DataFrame:
        return self.usable if event is None else self.usable[self.usable["event"] == event]

    def by_shop(self) -> pd.DataFrame:
        """Return shop_id, days, actual (contacts a day), wape, naive_wape, bias."""
        rows = self.usable.assign(
            miss=lambda t: (t["actual"] - t["forecast"]).abs(),
            naive_miss=lambda t: (t["actual"] - t["naive"]).abs(),
            over=lambda t: t["forecast"] - t["actual"],
        )
        sums = rows.groupby("shop_id", sort=False)[["actual", "miss", "naive_miss", "over"]].sum()
        days = rows.groupby("shop_id", sort=False).size()
        total = sums["actual"].where(sums["actual"] > 0)
        return pd.DataFrame(
            {
                "days": days,
                "actual_per_day": sums["actual"] / days,
                "wape": sums["miss"] / total,
                "naive_wape": sums["naive_miss"] / total,
                "bias": sums["over"] / total,
            }
        ).reset_index()


def backtest(workspace: Workspace, past: History, scenario: Scenario) -> Backtest:
    """Forecast again from earlier origins, with the scenario's distance from data to horizon.

    Origins lie a week apart (two days where the history is shorter than eight weeks); nothing
    after an origin is used, promotions and holidays are known in advance.
    """
    if not len(past.days):
        return Backtest(table=_rows([]))
    last = past.days[-1].date() + dt.timedelta(days=1)
    gap = max((scenario.horizon.start - last).days, 0)
    length = min(scenario.horizon.days, 7)
    apart = 7 if len(past.days) >= 56 else 2
    if len(past.days) < FEWEST_DAYS + gap + length:
        gap, length = 0, max(min(length, len(past.days) - FEWEST_DAYS), 0)
    events = event_days(workspace, past.days)
    parts = []
    for back in range(scenario.forecast.origins):
        origin = last - dt.timedelta(days=gap + length + apart * back)
        known = past.until(origin)
        if length == 0 or len(known.days) < FEWEST_DAYS:
            break
        parts.append(_one(past, known, origin, gap, length, events))
    return Backtest(table=_rows(parts))


def _rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = ["shop_id", "origin", "date", "lead_days", "actual", "forecast", "naive", "event"]
    if not parts:
        empty = pd.DataFrame(columns=names).astype(dict.fromkeys(names[4:7], "float64"))
        return empty.astype({"event": bool})
    return pd.concat(parts, ignore_index=True)[names]


def _one(
    past: History, known: History, origin: dt.date, gap: int, length: int, events: Events
) -> pd.DataFrame:
    """Return the rows of one origin."""
    first = len(known.days) + gap
    days = past.days[first : first + length]
    shops = past.shops
    predicted = fit(known, events).predict(days, events)
    return pd.DataFrame(
        {
            "shop_id": np.repeat(shops, len(days)),
            "origin": pd.Timestamp(origin),
            "date": np.tile(days, len(shops)),
            "lead_days": np.tile(np.arange(gap, gap + len(days)), len(shops)),
            "actual": past.totals[:, first : first + length].ravel(),
            "forecast": predicted.ravel(),
            "naive": _naive(known, days).ravel(),
            "event": [d.date() in events[s] for s in shops for d in days],
        }
    )


def _naive(known: History, days: pd.DatetimeIndex) -> Array:
    """Return the last known total of the same weekday, else of any day (shops, days)."""
    totals = known.totals
    found = np.full((len(known.shops), len(days)), np.nan)
    filled = pd.DataFrame(totals.T).ffill().iloc[-1].to_numpy()
    for j, day in enumerate(days):
        same = pd.DataFrame(totals[:, known.days.dayofweek == day.dayofweek].T).ffill()
        last = same.iloc[-1].to_numpy() if len(same) else np.full(len(known.shops), np.nan)
        found[:, j] = np.where(np.isnan(last), filled, last)
    return found
