"""History and promotion calendar → expected contacts per shop and half hour, with quantiles.

A day's total (`daily`) times its profile (`profile`), never a fit at half-hour level; how wrong
it may be comes from rolling-origin errors (`backtest`, `spread`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault, ForecastError
from staffing.forecast.backtest import Backtest, backtest
from staffing.forecast.calendar import LAST_OFFICIAL_YEAR, event_days, is_statutory
from staffing.forecast.daily import fit
from staffing.forecast.history import Array, History, history
from staffing.forecast.pool import Peers
from staffing.forecast.profile import Profiles
from staffing.forecast.spread import Spread, quantile, spread
from staffing.grid import SLOTS_PER_DAY
from staffing.scenario import Scenario
from staffing.workspace import Workspace

__all__ = ["Backtest", "Forecast", "backtest", "forecast", "history", "horizon_notices"]

FAR_AHEAD_DAYS = 28


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Contacts expected per shop and half hour of the horizon.

    Attributes
    ----------
    table : one row a shop and open half hour: shop_id, date (service day), slot, start, mean,
        variance, event (whether a promotion touches the day), and a column ``q<percent>`` for
        each quantile; contacts per half hour, before bot deflection
    daily : one row a shop and service day: shop_id, date, mean, variance, event and quantiles
    backtest : the rolling-origin errors behind the quantiles
    """

    table: pd.DataFrame
    daily: pd.DataFrame
    backtest: Backtest


def forecast(workspace: Workspace, scenario: Scenario, past: History) -> Forecast:
    """Forecast the scenario's horizon from the past.

    Parameters
    ----------
    past : the workspace's history on the grid, as `history` returns it

    Raises
    ------
    ForecastError
        When nothing is known before the horizon.
    """
    grid = scenario.grid
    known = past.until(grid.start)
    if np.isnan(known.counts).all():
        file = workspace.files["history"]
        value = f"{scenario.horizon.start}"
        raise ForecastError([Fault(code="before_history", file=file, value=value)])
    days = pd.DatetimeIndex(pd.to_datetime(grid.dates))
    events = event_days(workspace, known.days.union(days))
    model = fit(known, events, Peers.of(workspace))
    profiles = Profiles(known, events, workspace)
    tested = backtest(workspace, known, scenario)
    doubt = spread(known, events, profiles, tested.usable)
    totals = model.predict(days, events) * scenario.forecast.uplift
    shares = np.array([profiles.of(i, days, events, model) for i in range(len(known.shops))])
    touched = np.array([[date in events[s] for date in grid.dates] for s in known.shops])
    totals, is_open = _while_open(workspace, days, totals, width=shares.shape[2])
    shop, day, of_day = np.nonzero(is_open)
    slot = day * SLOTS_PER_DAY + of_day
    table = pd.DataFrame(
        {
            "shop_id": np.array(known.shops)[shop],
            "date": days[day],
            "slot": slot,
            "start": grid.times_of(slot),
            "mean": totals[shop, day] * shares[shop, day, of_day],
            "event": touched[shop, day],
        }
    )
    shop_of, day_of = (each.ravel() for each in np.indices(totals.shape))
    daily = pd.DataFrame(
        {
            "shop_id": np.array(known.shops)[shop_of],
            "date": days[day_of],
            "mean": totals.ravel(),
            "event": touched.ravel(),
        }
    )
    levels = scenario.forecast.quantiles
    return Forecast(
        table=_with_quantiles(table, shop, doubt, levels),
        daily=_with_quantiles(daily, shop_of, doubt, levels),
        backtest=tested,
    )


def horizon_notices(workspace: Workspace, scenario: Scenario) -> list[Fault]:
    """Return what is odd about the horizon: far from the data, or holidays that are a guess."""
    found = []
    last = workspace.history["start"].max().date()
    if (days := (scenario.horizon.start - last).days - 1) > FAR_AHEAD_DAYS:
        facts = {"days": str(days)}
        found.append(Fault(code="far_ahead", file=workspace.files["history"], facts=facts))
    for year in sorted({day.year for day in scenario.grid.dates}):
        if year > LAST_OFFICIAL_YEAR:
            facts = {"year": str(year)}
            found.append(Fault(code="provisional_year", file="horizon", facts=facts))
    return found


def _while_open(
    workspace: Workspace, days: pd.DatetimeIndex, totals: Array, width: int
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the totals without statutory days off, and the open half hours.

    Parameters
    ----------
    totals : contacts (shops, days)
    width : half hours of a service day

    Returns
    -------
    totals (shops, days) and which half hours are open (shops, days, width)
    """
    closes = (workspace.shops["statutory_days"] == "closed").to_numpy()
    statutory = np.array([is_statutory(date) for date in days.date])
    trades = ~(closes[:, None] & statutory[None, :])
    half_hour = np.arange(width)
    windows = np.array(
        [
            (window.first_slot <= half_hour) & (half_hour < window.end_slot)
            for window in workspace.windows.values()
        ]
    )
    return totals * trades, trades[:, :, None] & windows[:, None, :]


def _with_quantiles(
    table: pd.DataFrame, shop: npt.NDArray[np.intp], doubt: Spread, levels: tuple[float, ...]
) -> pd.DataFrame:
    """Return a table with its variance and quantiles; `shop` is the position of each row's."""
    mean = table["mean"].to_numpy()
    variance = doubt.variance(shop, mean, table["event"].to_numpy())
    columns = {f"q{100 * q:g}": quantile(mean, variance, q) for q in levels}
    return table.assign(variance=variance, **columns)
