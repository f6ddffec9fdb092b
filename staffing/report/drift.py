"""Drift: whether a shop's contacts still are what the forecast expects, but for its own doubt.

The forecast of a week ago is held against the days since. Each day's contacts have a normal score
under the forecast's own distribution; errors of one shop from one origin go together, with the
correlation rho that the backtest found, so the sum of n scores has variance n (1 + (n - 1) rho)
(the design effect of Kish 1965). What this z exceeds is the normal quantile of 5 % shared among the
shops (Bonferroni; Dunn 1961): while nothing has changed, at most one report in twenty has any
warning. A score counts as 3 at most, so that one odd day is no drift.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from staffing.forecast import Forecast, forecast
from staffing.forecast.counts import level_of
from staffing.forecast.history import History
from staffing.scenario import Scenario
from staffing.workspace import Workspace

DRIFT_DAYS = 7
"""Days that are judged together: each weekday once."""
FEWEST_DAYS = 5
"""Days of a shop below which nothing is said."""
FALSE_ALARMS = 0.05
"""Share of reports that may have a warning while nothing has changed."""
MOST_SCORE = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A shop whose contacts have left the forecast.

    Attributes
    ----------
    first, last : the days that were judged
    expected, came : contacts of those days
    z : how far the days are off, in standard deviations of the forecast's own doubt
    limit : beyond which that is a warning
    """

    shop_id: str
    first: dt.date
    last: dt.date
    expected: float
    came: float
    z: float
    limit: float

    @property
    def share(self) -> float:
        """Return (came - expected) / expected."""
        return self.came / self.expected - 1 if self.expected else float("inf")


def drift(workspace: Workspace, scenario: Scenario, past: History, day: dt.date) -> list[Drift]:
    """Return the shops that have left the forecast of a week ago by the end of a day.

    Parameters
    ----------
    past : the history, the day among it
    """
    first = day - dt.timedelta(days=DRIFT_DAYS - 1)
    if not len(past.until(first).days):
        return []
    horizon = scenario.horizon.model_copy(update={"start": first, "days": DRIFT_DAYS})
    made = forecast(workspace, scenario.model_copy(update={"horizon": horizon}), past)
    return drifting(made, _came(made, past))


def _came(made: Forecast, past: History) -> pd.Series:
    """Return the contacts that came on each row's day; NaN where unknown."""
    shop = pd.Index(past.shops).get_indexer(pd.Index(made.daily["shop_id"]))
    at = past.days.get_indexer(pd.DatetimeIndex(made.daily["date"]).as_unit(past.days.unit))
    return pd.Series(np.where(at >= 0, past.totals[shop, at], np.nan), made.daily.index)


def drifting(made: Forecast, came: pd.Series) -> list[Drift]:
    """Return the shops whose days together are too far from a forecast, the farthest first.

    Parameters
    ----------
    came : contacts of each row of the forecast's days; NaN where unknown
    """
    ties = {"all": 0.0, "shop": 0.0} if made.basis is None else made.basis.spread.ties
    rho = ties["all"] + ties["shop"]
    stretch = 1.0 if made.basis is None else made.basis.spread.stretch[0]
    # A day on which a shop is closed tells nothing.
    rows = made.daily.assign(came=came)[came.notna() & (made.daily["mean"] > 0)]
    level = level_of(rows["came"].to_numpy(), rows["mean"].to_numpy(), rows["variance"].to_numpy())
    score = special.ndtri(np.clip(level, 1e-9, 1 - 1e-9)) / stretch
    rows = rows.assign(score=np.clip(score, -MOST_SCORE, MOST_SCORE))
    shops = {str(shop): own for shop, own in rows.groupby("shop_id") if len(own) >= FEWEST_DAYS}
    limit = float(special.ndtri(1 - FALSE_ALARMS / 2 / max(len(shops), 1)))
    found = []
    for shop, own in shops.items():
        number = len(own)
        z = float(own["score"].sum()) / (number * (1 + (number - 1) * rho)) ** 0.5
        if abs(z) > limit:
            found.append(
                Drift(
                    shop_id=shop,
                    first=own["date"].min().date(),
                    last=own["date"].max().date(),
                    expected=float(own["mean"].sum()),
                    came=float(own["came"].sum()),
                    z=z,
                    limit=limit,
                )
            )
    return sorted(found, key=lambda each: -abs(each.z))
