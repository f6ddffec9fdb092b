"""History and promotion calendar → expected contacts per shop and half hour, with quantiles.

A day's total (`daily`) times its profile (`profile`), never a fit at half-hour level; how wrong
it may be comes from rolling-origin errors (`backtest`, `spread`).
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault, ForecastError
from staffing.forecast.aht import handle_times
from staffing.forecast.backtest import Backtest, backtest, totals
from staffing.forecast.calendar import (
    CHINESE_ZONES,
    LAST_OFFICIAL_YEAR,
    event_days,
    trading_days,
)
from staffing.forecast.contacts import Basis, Forecast
from staffing.forecast.design import EventTable
from staffing.forecast.fitting import fit
from staffing.forecast.history import Array, History, history
from staffing.forecast.pool import ShopFacts
from staffing.forecast.profile import Profiles
from staffing.forecast.solve import one_thread
from staffing.forecast.spread import Spread, calibrated, half_hour_noise, kinds, spread
from staffing.frames import rows
from staffing.grid import SLOTS_PER_DAY
from staffing.scenario import Scenario
from staffing.words import listed
from staffing.workspace import Workspace

__all__ = [
    "Backtest",
    "Forecast",
    "backtest",
    "forecast",
    "forecast_notices",
    "history",
    "horizon_notices",
]

FAR_AHEAD_DAYS = 28
OUTLIERS_NAMED = 5
REST_WEEKS = 8
"""Weeks without a single contact on a weekday after which it is one on which a shop rests."""


@one_thread
def forecast(workspace: Workspace, scenario: Scenario, past: History) -> Forecast:
    """Forecast the scenario's horizon from the past.

    Parameters
    ----------
    past : the workspace's history on the grid, as `history` returns it

    Raises
    ------
    ForecastError
        When nothing is known before the horizon, of no shop.
    """
    grid = scenario.grid
    known = _known(workspace, past, grid.start)
    days = pd.DatetimeIndex(pd.to_datetime(grid.dates))
    every = known.days.union(days)
    events = event_days(workspace, pd.date_range(every[0], every[-1], freq="D"))
    table = EventTable.of(known.shops, events)
    facts = ShopFacts.of(workspace, known)
    tested = backtest(workspace, known, scenario, events, table)
    model = fit(known, table, facts)
    profiles = Profiles(known, events, workspace)
    noise = half_hour_noise(known, events, profiles)
    doubt = spread(known.shops, noise, tested.usable, model.level_sd)
    doubt = calibrated(doubt, known, profiles, tested.usable)
    mean = totals(model, known, table, days, tested.simpler) * scenario.forecast.uplift
    mean = mean * model.with_promotions(days, scenario.forecast.promotion_strength)
    mean = mean * ~_rests(known, days)
    shares = np.array([profiles.of(i, days, events, model) for i in range(len(known.shops))])
    promoted = table.touched(len(known.shops), days, table.promotion)
    odd = model.is_odd(days)
    mean, is_open = _while_open(workspace, days, mean, width=shares.shape[2])
    shop, day, of_day = np.nonzero(is_open)
    slot = day * SLOTS_PER_DAY + of_day
    names = pd.Index(known.shops, dtype="str")
    halves = pd.DataFrame(
        {
            "shop_id": names[shop],
            "date": days[day],
            "slot": slot,
            "start": grid.times_of(slot),
            "mean": mean[shop, day] * shares[shop, day, of_day],
            "event": promoted[shop, day],
            "odd": odd[shop, day],
        }
    )
    if known.aht_s is not None:
        halves["aht_s"] = handle_times(known, days, events, workspace)[shop, day, of_day]
    shop_of, day_of = (each.ravel() for each in np.indices(mean.shape))
    daily = pd.DataFrame(
        {
            "shop_id": names[shop_of],
            "date": days[day_of],
            "mean": mean.ravel(),
            "event": promoted.ravel(),
            "odd": odd.ravel(),
        }
    )
    levels = scenario.forecast.quantiles
    return Forecast(
        table=_with_quantiles(halves, shop, doubt, levels, half_hours=True),
        daily=_with_quantiles(daily, shop_of, doubt, levels, half_hours=False),
        backtest=tested,
        basis=Basis(start=grid.start, model=model, events=events, profiles=profiles, spread=doubt),
    )


def _known(workspace: Workspace, past: History, start: dt.date) -> History:
    """Return what is known before the horizon; days of nothing where no shop has a history.

    Raises
    ------
    ForecastError
        When there is a history, but none of it lies before the horizon.
    """
    known = past.until(start)
    if len(known.days) and not np.isnan(known.counts).all():
        return known
    told = workspace.shops["contacts_per_day"].notna().all()
    if len(past.days) and not told:
        file = workspace.files["history"]
        raise ForecastError([Fault(code="before_history", file=file, value=f"{start}")])
    width = max(window.end_slot for window in workspace.windows.values())
    days = pd.date_range(end=pd.Timestamp(start) - pd.Timedelta(days=1), periods=7, freq="D")
    shops = tuple(workspace.shops.index.astype(str))
    nothing = np.full((len(shops), len(days), width), np.nan)
    return History(shops=shops, days=days, counts=nothing, daily_only=frozenset(shops))


def _rests(known: History, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Return the days on which a shop never takes contacts: a weekday it rests on (shops, days).

    Told by weeks on end in which other weekdays have contacts and this one has no row.
    """
    recent = known.latest(7 * REST_WEEKS)
    came = ~np.isnan(recent.totals)
    full = came.sum(axis=1) >= 2 * REST_WEEKS
    if len(recent.days) < 7 * REST_WEEKS:
        return np.zeros((len(known.shops), len(days)), dtype=bool)
    week = np.asarray(recent.days.day_of_week)
    never = np.column_stack([~came[:, week == day].any(axis=1) for day in range(7)])
    return np.asarray((never & full[:, None])[:, np.asarray(days.day_of_week)])


def horizon_notices(workspace: Workspace, scenario: Scenario) -> list[Fault]:
    """Return what is odd about the horizon: far from the data, or holidays that are a guess."""
    found = []
    last = workspace.history["start"].max()
    if (
        pd.notna(last)
        and (days := (scenario.horizon.start - last.date()).days - 1) > FAR_AHEAD_DAYS
    ):
        facts = {"days": str(days)}
        found.append(Fault(code="far_ahead", file=workspace.files["history"], facts=facts))
    for year in sorted({day.year for day in scenario.grid.dates}):
        if year > LAST_OFFICIAL_YEAR and workspace.zone in CHINESE_ZONES:
            facts = {"year": str(year)}
            found.append(Fault(code="provisional_year", file="horizon", facts=facts))
    return found


def forecast_notices(workspace: Workspace, made: Forecast) -> list[Fault]:
    """Return what is odd about the history behind a forecast: days that count less."""
    if made.basis is None or made.basis.model.outliers.empty:
        return []
    odd = made.basis.model.outliers
    days = [
        f"{row.shop_id} {row.date:%m-%d} ({row.came:,.0f} / {row.expected:,.0f})"
        for row in rows(odd)
    ]
    facts = {"count": len(days), "days": listed(days, OUTLIERS_NAMED)}
    return [Fault(code="outliers", file=workspace.files["history"], facts=facts)]


def _while_open(
    workspace: Workspace, days: pd.DatetimeIndex, totals: Array, width: int
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return the totals without statutory days off and closings, and the open half hours.

    Parameters
    ----------
    totals : contacts (shops, days)
    width : half hours of a service day

    Returns
    -------
    totals (shops, days) and which half hours are open (shops, days, width)
    """
    trades = trading_days(workspace, days)
    half_hour = np.arange(width)
    windows = np.array(
        [
            (window.first_slot <= half_hour) & (half_hour < window.end_slot)
            for window in workspace.windows.values()
        ]
    )
    return totals * trades, trades[:, :, None] & windows[:, None, :]


def _with_quantiles(
    table: pd.DataFrame,
    shop: npt.NDArray[np.intp],
    doubt: Spread,
    levels: tuple[float, ...],
    *,
    half_hours: bool,
) -> pd.DataFrame:
    """Return a table with its variance and quantiles; `shop` is the position of each row's."""
    mean = table["mean"].to_numpy()
    variance = doubt.variance(shop, mean, kinds(table), half_hours=half_hours)
    found = doubt.quantiles(mean, variance, levels, half_hours=half_hours)
    columns = {f"q{100 * q:g}": found[:, k] for k, q in enumerate(levels)}
    return table.assign(variance=variance, **columns)
