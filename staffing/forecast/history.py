"""The history as one dense array: shop × service day × half hour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.grid import DAY_MIN, INTERVAL_MIN, Window
from staffing.workspace import Workspace
from staffing.workspace.checks import CLOSED_BELOW, step_min

Array = npt.NDArray[np.float64]
FEWEST_ROWS_OF_AN_HOURLY_DAY = 6
LONGEST_OUTAGE_DAYS = 6
"""Zero days in a row beyond which a shop has fallen silent: that is demand again, of none."""


@dataclass(frozen=True, kw_only=True)
class History:
    """Contacts per shop, service day and half hour of the service day.

    Attributes
    ----------
    shops : shop ids, the first axis
    days : service days without gaps, the second axis
    counts : float array (shops, days, half hours from midnight of the service day, up to the
        latest closing); NaN where nothing is known (before the shop came, missing days, outages,
        statutory days off, outside the opening window); a missing half hour of a known day is
        zero
    daily_only : shops whose history has no time of day; their counts spread a day evenly
    """

    shops: tuple[str, ...]
    days: pd.DatetimeIndex
    counts: Array
    daily_only: frozenset[str]

    @property
    def totals(self) -> Array:
        """Return contacts per shop and service day (shops, days); NaN where unknown."""
        known = ~np.isnan(self.counts).all(axis=2)
        return np.where(known, np.nansum(self.counts, axis=2), np.nan)

    def until(self, day: dt.date) -> History:
        """Return the history as it was known at the start of `day`."""
        keep = int(self.days.searchsorted(pd.Timestamp(day)))
        return replace(self, days=self.days[:keep], counts=self.counts[:, :keep])

    def latest(self, days: int) -> History:
        """Return the last `days` days of the history."""
        return replace(self, days=self.days[-days:], counts=self.counts[:, -days:])


def history(workspace: Workspace) -> History:
    """Return the workspace's history on the half-hour grid of service days.

    Contacts outside a shop's window are left out (`Workspace.notices` says how many); hours and
    longer intervals are spread evenly over their half hours; contacts after midnight belong to
    the service day before. Days of zeros at a busy shop are taken for outages and dropped,
    unless they last longer than `LONGEST_OUTAGE_DAYS`.
    """
    windows = workspace.windows
    first, last = workspace.history["start"].min(), workspace.history["start"].max()
    days = pd.date_range(first.normalize() - pd.Timedelta(days=1), last.normalize(), freq="D")
    width = max(window.end_slot for window in windows.values())
    shops = tuple(workspace.shops.index.astype(str))
    counts = np.full((len(shops), len(days), width), np.nan)
    daily_only = set()
    by_shop = dict(iter(workspace.history.groupby("shop_id", sort=False)))
    statutory = np.array([is_statutory(date) for date in days.date])
    closes = (workspace.shops["statutory_days"] == "closed").to_numpy()
    for i, shop in enumerate(shops):
        own, window = by_shop[shop], windows[shop]
        step = step_min(own["start"])
        if step == DAY_MIN:
            daily_only.add(shop)
        counts[i] = _shop(own, step, window, days, width)
        if closes[i]:
            counts[i, statutory] = np.nan
        _drop_outages(counts[i])
    known = ~np.isnan(counts).all(axis=(0, 2))
    begin, end = int(np.argmax(known)), len(days) - int(np.argmax(known[::-1]))
    return History(
        shops=shops,
        days=days[begin:end],
        counts=counts[:, begin:end],
        daily_only=frozenset(daily_only),
    )


def _shop(
    own: pd.DataFrame, step: int, window: Window, days: pd.DatetimeIndex, width: int
) -> Array:
    """Return one shop's contacts (days, half hours)."""
    grid = np.full((len(days), width), np.nan)
    since = (own["start"] - days[0]).dt.total_seconds().to_numpy() / 60
    contacts = own["contacts"].to_numpy(dtype=np.float64)
    if step == DAY_MIN:
        each = window.end_slot - window.first_slot
        at = (since // DAY_MIN).astype(int)
        grid[at, window.first_slot : window.end_slot] = contacts[:, None] / each
        return grid
    minutes, contacts = _half_hours(since, contacts, step)
    day, minute = np.divmod(minutes.astype(int), DAY_MIN)
    late = minute + DAY_MIN < window.closes_min
    day, minute = np.where(late, day - 1, day), np.where(late, minute + DAY_MIN, minute)
    inside = (minute >= window.opens_min) & (minute < window.closes_min) & (day >= 0)
    grid[np.unique(day[inside]), window.first_slot : window.end_slot] = 0.0
    np.add.at(grid, (day[inside], minute[inside] // INTERVAL_MIN), contacts[inside])
    return grid


def _half_hours(since: Array, contacts: Array, step: int) -> tuple[Array, Array]:
    """Split intervals longer than half an hour; `since` in minutes."""
    hourly = np.full(since.shape, step == 60)
    if step == INTERVAL_MIN:
        day = since // DAY_MIN
        whole = pd.Series(since % 60 == 0)
        size = whole.groupby(day).transform("size").to_numpy()
        all_whole = whole.groupby(day).transform("all").to_numpy()
        hourly = all_whole & (size >= FEWEST_ROWS_OF_AN_HOURLY_DAY)
    if not hourly.any():
        return since, contacts
    halves = contacts[hourly] / 2
    return (
        np.concatenate([since[~hourly], since[hourly], since[hourly] + INTERVAL_MIN]),
        np.concatenate([contacts[~hourly], halves, halves]),
    )


def _drop_outages(grid: Array) -> None:
    """Blank, in place, days without a single contact at a shop too busy for that by chance.

    Zeros before the first contact ever go too: the shop had not come yet.
    """
    known = ~np.isnan(grid).all(axis=1)
    totals = np.nansum(grid, axis=1)
    zero = known & (totals == 0)
    busy = totals[known & ~zero]
    if not zero.any() or not busy.size or np.exp(-np.median(busy)) >= CLOSED_BELOW:
        return
    run = np.cumsum(~zero)  # zeros in a row share the number of the day before them
    length = np.bincount(run[zero], minlength=int(run[-1]) + 1)
    first = int(np.argmax(totals > 0))
    short = length[run] <= LONGEST_OUTAGE_DAYS
    grid[zero & (short | (np.arange(len(zero)) < first))] = np.nan
