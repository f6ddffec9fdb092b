"""The history as one dense array: shop × service day × half hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.grid import DAY_MIN, INTERVAL_MIN, Window
from staffing.workspace import Workspace
from staffing.workspace.checks import CLOSED_BELOW, steps_min
from staffing.workspace.counted import Bools, Counted, Ints, blocks, counted

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
    daily_only : shops whose history has no time of day; their counts spread a day evenly. Shops
        without any row are among them
    aht_s : mean handle time in seconds, of the shape of `counts`; NaN where unknown, None where
        the history tells none at all
    """

    shops: tuple[str, ...]
    days: pd.DatetimeIndex
    counts: Array
    daily_only: frozenset[str]
    aht_s: Array | None = None

    @cached_property
    def totals(self) -> Array:
        """Return contacts per shop and service day (shops, days); NaN where unknown."""
        known = ~np.isnan(self.counts).all(axis=2)
        return np.where(known, np.nansum(self.counts, axis=2), np.nan)

    def until(self, day: dt.date) -> History:
        """Return the history as it was known at the start of `day`."""
        return self._of_days(slice(int(self.days.searchsorted(pd.Timestamp(day)))))

    def latest(self, days: int) -> History:
        """Return the last `days` days of the history."""
        return self._of_days(slice(-days, None))

    def _of_days(self, kept: slice) -> History:
        aht_s = None if self.aht_s is None else self.aht_s[:, kept]
        made = replace(self, days=self.days[kept], counts=self.counts[:, kept], aht_s=aht_s)
        # A year of half hours is summed once, not for every part of it.
        made.__dict__["totals"] = self.totals[:, kept]
        return made


def history(workspace: Workspace) -> History:
    """Return the workspace's history on the half-hour grid of service days.

    Contacts outside a shop's window are left out (`Workspace.notices` says how many); hours and
    longer intervals are spread evenly over their half hours; contacts after midnight belong to
    the service day before. Days of zeros at a busy shop are taken for outages and dropped,
    unless they last longer than `LONGEST_OUTAGE_DAYS`. A shop without rows is unknown throughout;
    without any row there is no day.
    """
    rows, shops = workspace.history, workspace.shops
    ids = shops.index.astype("str")
    codes = pd.Categorical(rows["shop_id"], categories=ids).codes
    counts = counted(codes, rows["start"], rows["contacts"].to_numpy(), len(ids))
    layout = _Layout.of(counts, [workspace.windows[shop] for shop in ids])
    laid, known, aht_s = _laid(rows, codes, layout)
    closed = (shops["statutory_days"] == "closed").to_numpy()
    known &= ~np.outer(closed, [is_statutory(date) for date in layout.days.date]).astype(bool)
    totals = np.where(known, laid.sum(axis=2), 0.0)
    for i in range(len(ids)):
        known[i] &= ~_outages(totals[i], known[i])
    unknown = ~(known[:, :, None] & layout.open_slots[:, None])
    for grid in (laid, aht_s):
        if grid is not None:
            np.copyto(grid, np.nan, where=unknown)
    there = np.flatnonzero(known.any(axis=0))
    kept = slice(there[0], there[-1] + 1) if there.size else slice(0, 0)
    return History(
        shops=tuple(ids),
        days=layout.days[kept],
        counts=laid[:, kept],
        daily_only=frozenset(ids[layout.daily]),
        aht_s=None if aht_s is None else aht_s[:, kept],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How the rows of each shop fall onto the grid.

    Attributes
    ----------
    days : service days, from the day before the first row on: a contact at 01:00 may belong there
    opens_min, closes_min : window of each shop (shops,)
    daily : shops with a row a day (shops,); those without a row count as such
    hourly : days on which a shop's rows are hours (shops, days)
    """

    days: pd.DatetimeIndex
    opens_min: Ints
    closes_min: Ints
    daily: Bools
    hourly: Bools

    @classmethod
    def of(cls, counts: Counted, windows: Sequence[Window]) -> _Layout:
        """Tell the intervals of a counted history.

        A history of half hours may have days of hours: those with rows on the hour alone.
        """
        step = steps_min(counts)[:, None]
        whole = (counts.half_past == 0) & (counts.day_rows >= FEWEST_ROWS_OF_AN_HOURLY_DAY)
        days = pd.DatetimeIndex([])
        if counts.days.size:
            days = pd.date_range(counts.days[0] - np.timedelta64(1, "D"), counts.days[-1])
        hourly = np.zeros((len(windows), len(days)), dtype=np.bool_)
        hourly[:, days.searchsorted(counts.days)] = (step == 60) | (step == INTERVAL_MIN) & whole
        return cls(
            days=days,
            opens_min=np.array([window.opens_min for window in windows]),
            closes_min=np.array([window.closes_min for window in windows]),
            daily=step[:, 0] == DAY_MIN,
            hourly=hourly,
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return shops, days and half hours of the grid."""
        return len(self.daily), len(self.days), int(self.closes_min.max()) // INTERVAL_MIN

    @property
    def open_slots(self) -> Bools:
        """Return the half hours inside each shop's window (shops, half hours)."""
        minute = np.arange(self.shape[2]) * INTERVAL_MIN
        return (minute >= self.opens_min[:, None]) & (minute < self.closes_min[:, None])

    def halves(self, shop: Ints, since_min: Ints) -> tuple[Ints, Ints, Ints]:
        """Cut rows into half hours and place those that lie inside the window.

        Parameters
        ----------
        shop : position of each row's shop
        since_min : minutes from the first service day to each row's start

        Returns
        -------
        row, cell, parts : the row of each half hour, its place on the flattened grid, and how many
            half hours share the row's contacts
        """
        day = since_min // DAY_MIN
        minute = since_min - day * DAY_MIN
        parts, row = 1 + self.hourly[shop, day], np.arange(len(shop))
        if (daily := self.daily[shop]).any():
            minute = np.where(daily, self.opens_min[shop], minute)
            width = (self.closes_min - self.opens_min) // INTERVAL_MIN
            parts = np.where(daily, width[shop], parts)
        if (parts > 1).any():
            row = np.repeat(row, parts)
            nth = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
            shop, day, minute = shop[row], day[row], minute[row] + nth * INTERVAL_MIN
        opens, closes = self.opens_min[shop], self.closes_min[shop]
        late = minute + DAY_MIN < closes
        day, minute = day - late, minute + late * DAY_MIN
        inside = (minute >= opens) & (minute < closes) & (day >= 0)
        _, days, slots = self.shape
        cell = (shop * days + day) * slots + minute // INTERVAL_MIN
        return row[inside], cell[inside], parts[row[inside]]


def _laid(
    rows: pd.DataFrame, codes: npt.NDArray[np.integer], layout: _Layout
) -> tuple[Array, Bools, Array | None]:
    """Return contacts, known days and, where the rows tell them, handle times on the grid.

    Contacts are zero where there is no row. Handle times are weighted with the contacts whose
    time is known, and NaN where there are none.
    """
    shape = layout.shape
    laid, known = np.zeros(shape), np.zeros(shape[:2], dtype=np.bool_)
    contacts, starts = rows["contacts"].to_numpy(), rows["start"].to_numpy()
    times = rows["aht_s"].to_numpy() if "aht_s" in rows else np.full(0, np.nan)
    timed = bool(np.isfinite(times).any())
    weight, seconds = (np.zeros(shape if timed else 0) for _ in range(2))
    first = layout.days[0].to_datetime64() if len(layout.days) else np.datetime64("NaT")
    for block in blocks(len(rows), shape[2] if layout.daily.any() else 1):
        since_min = (starts[block] - first).astype("timedelta64[m]").astype(np.int64)
        row, cell, parts = layout.halves(codes[block].astype(np.int64), since_min)
        part = contacts[block][row] / parts
        np.add.at(laid.reshape(-1), cell, part)
        known.reshape(-1)[cell // shape[2]] = True
        if timed:
            aht_s = times[block][row]
            part = np.where(np.isnan(aht_s), 0.0, part)
            np.add.at(weight.reshape(-1), cell, part)
            np.add.at(seconds.reshape(-1), cell, part * np.nan_to_num(aht_s))
    if not timed:
        return laid, known, None
    return laid, known, np.divide(seconds, weight, out=np.full(shape, np.nan), where=weight > 0)


def _outages(totals: Array, known: Bools) -> Bools:
    """Return days without a single contact at a shop too busy for that by chance (days,).

    Zeros before the first contact ever are among them: the shop had not come yet.

    Parameters
    ----------
    totals : contacts of each day, zero where unknown
    """
    zero = known & (totals == 0)
    busy = totals[totals > 0]
    if not zero.any() or not busy.size or np.exp(-np.median(busy)) >= CLOSED_BELOW:
        return np.zeros_like(zero)
    run = np.cumsum(~zero)  # zeros in a row share the number of the day before them
    length = np.bincount(run[zero], minlength=int(run[-1]) + 1)
    first = int(np.argmax(totals > 0))
    short = length[run] <= LONGEST_OUTAGE_DAYS
    found: Bools = zero & (short | (np.arange(len(zero)) < first))
    return found
