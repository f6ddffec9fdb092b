"""Rolling origins: what this forecast would have said, against what came."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from staffing.forecast.calendar import event_days
from staffing.forecast.daily import fit
from staffing.forecast.design import Events
from staffing.forecast.history import Array, History
from staffing.forecast.pool import Peers
from staffing.scenario import Scenario
from staffing.workspace import Workspace

FEWEST_DAYS = 5
"""Days of history below which nothing can be tested."""
LONG_DAYS = 56
"""Days of history from which on origins lie a week apart."""
SHORT_STEP_DAYS = 2
WEEK_DAYS = 7


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
    after an origin is used, promotions and holidays are known in advance. Each origin is judged
    on as many days as the scenario plans, but on no more than a third of the history, or a week.
    """
    if not len(past.days):
        return Backtest(table=_rows([]))
    last = past.days[-1].date() + dt.timedelta(days=1)
    gap = max((scenario.horizon.start - last).days, 0)
    length = min(scenario.horizon.days, max(WEEK_DAYS, len(past.days) // 3))
    apart = WEEK_DAYS if len(past.days) >= LONG_DAYS else SHORT_STEP_DAYS
    if len(past.days) < FEWEST_DAYS + gap + length:
        gap, length = 0, max(min(length, WEEK_DAYS, len(past.days) - FEWEST_DAYS), 0)
    events = event_days(workspace, past.days)
    parts = []
    for back in range(scenario.forecast.origins):
        origin = last - dt.timedelta(days=gap + length + apart * back)
        known = past.until(origin)
        if length == 0 or len(known.days) < FEWEST_DAYS:
            break
        parts.append(_one(past, known, gap, length, events, Peers.of(workspace)))
    return Backtest(table=_rows(parts))


def _rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
    names = ["shop_id", "origin", "date", "lead_days", "actual", "forecast", "naive", "event"]
    if not parts:
        empty = pd.DataFrame(columns=names).astype(dict.fromkeys(names[4:7], "float64"))
        return empty.astype({"event": bool})
    return pd.concat(parts, ignore_index=True)[names]


def _one(
    past: History, known: History, gap: int, length: int, events: Events, peers: Peers
) -> pd.DataFrame:
    """Return the rows of the origin on the day after `known`."""
    first = len(known.days) + gap
    days = past.days[first : first + length]
    shops = past.shops
    predicted = fit(known, events, peers).predict(days, events)
    return pd.DataFrame(
        {
            "shop_id": np.repeat(shops, len(days)),
            "origin": past.days[len(known.days)],
            "date": np.tile(days, len(shops)),
            "lead_days": np.tile(np.arange(gap, gap + len(days)), len(shops)),
            "actual": past.totals[:, first : first + length].ravel(),
            "forecast": predicted.ravel(),
            "naive": _naive(known, days).ravel(),
            "event": [date in events[s] for s in shops for date in days.date],
        }
    )


def _naive(known: History, days: pd.DatetimeIndex) -> Array:
    """Return the last known total of the same weekday, else of any day (shops, days)."""
    any_day = _last_known(known.totals)
    found = np.empty((len(known.shops), len(days)))
    for weekday in range(7):
        same = _last_known(known.totals[:, known.days.day_of_week == weekday])
        at = days.day_of_week == weekday
        found[:, at] = np.where(np.isnan(same), any_day, same)[:, None]
    return found


def _last_known(totals: Array) -> Array:
    """Return the last value of each row that is known; NaN without any."""
    known = ~np.isnan(totals)
    if not known.shape[1]:
        return np.full(len(totals), np.nan)
    last = known.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    return np.asarray(totals[np.arange(len(totals)), last])
