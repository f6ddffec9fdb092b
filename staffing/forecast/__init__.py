"""History and promotion calendar → expected contacts per shop and half hour, with quantiles.

A day's total (`daily`) times its profile (`profile`), never a fit at half-hour level; how wrong
it may be comes from rolling-origin errors (`backtest`, `spread`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from staffing.errors import Fault, ForecastError
from staffing.forecast.backtest import Backtest, backtest
from staffing.forecast.calendar import LAST_OFFICIAL_YEAR, event_days, is_statutory
from staffing.forecast.daily import Events, fit
from staffing.forecast.history import Array, History, history
from staffing.forecast.profile import Profiles
from staffing.forecast.spread import quantile, spread
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, Grid
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
    model, profiles = fit(known, events), Profiles(known, events, workspace)
    tested = backtest(workspace, known, scenario)
    doubt = spread(known, profiles, tested.table)
    totals = model.predict(days, events) * scenario.forecast.uplift * _open(workspace, days)
    touched = np.array([[d.date() in events[s] for d in days] for s in known.shops])
    levels = scenario.forecast.quantiles
    half_hours = [
        _half_hours(workspace, grid, shop, totals[i], profiles.of(i, days, events), touched[i])
        for i, shop in enumerate(known.shops)
    ]
    table = pd.concat(half_hours, ignore_index=True)
    shop = pd.Categorical(table["shop_id"], categories=list(known.shops)).codes
    sigma, phi = doubt.sigma[shop], doubt.phi[shop]
    table = _with_quantiles(table, sigma, phi, levels)
    daily = _daily(known, days, totals, touched)
    each = np.repeat(np.arange(len(known.shops)), len(days))
    daily = _with_quantiles(daily, doubt.sigma[each], doubt.phi[each], levels)
    return Forecast(table=table, daily=daily, backtest=tested)


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


def _open(workspace: Workspace, days: pd.DatetimeIndex) -> Array:
    """Return 0 for shops closed on a statutory day, else 1 (shops, days)."""
    closed = (workspace.shops["statutory_days"] == "closed").to_numpy()
    statutory = np.array([is_statutory(day.date()) for day in days])
    return np.where(closed[:, None] & statutory[None, :], 0.0, 1.0)


def _half_hours(
    workspace: Workspace, grid: Grid, shop: str, totals: Array, shares: Array, event: Array
) -> pd.DataFrame:
    """Return one shop's rows: every half hour of its window on every day that it opens."""
    window = workspace.windows[shop]
    inside = np.arange(window.first_slot, window.end_slot)
    day = np.repeat(np.flatnonzero(totals > 0), len(inside))
    of_day = np.tile(inside, len(day) // len(inside))
    slot = day * SLOTS_PER_DAY + of_day
    return pd.DataFrame(
        {
            "shop_id": shop,
            "date": grid.times_of(day * SLOTS_PER_DAY),
            "slot": slot,
            "start": grid.times_of(slot),
            "mean": totals[day] * shares[day, of_day],
            "event": event[day],
        }
    )


def _daily(
    known: History, days: pd.DatetimeIndex, totals: Array, touched: Array
) -> pd.DataFrame:
    """Return one row a shop and service day."""
    return pd.DataFrame(
        {
            "shop_id": np.repeat(known.shops, len(days)),
            "date": np.tile(days, len(known.shops)),
            "mean": totals.ravel(),
            "event": touched.ravel(),
        }
    )


def _with_quantiles(
    table: pd.DataFrame, sigma: Array, phi: Array, levels: tuple[float, ...]
) -> pd.DataFrame:
    from staffing.forecast.spread import EVENT_SIGMA

    mean = table["mean"].to_numpy()
    sigma2 = sigma**2 + np.where(table["event"], EVENT_SIGMA**2, 0.0)
    variance = phi * mean + sigma2 * mean**2
    columns = {f"q{100 * q:g}": quantile(mean, variance, q) for q in levels}
    return table.assign(variance=variance, **columns)
