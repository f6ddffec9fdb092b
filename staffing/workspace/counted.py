"""A history counted per shop and day, and per shop and five minutes of the day.

A company's history has tens of millions of rows, but few shops, days and times of day: what is to
be known of a shop's interval, gaps and opening is read from these small tables. The rows are
walked in blocks, so that no temporary array is as long as the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.grid import DAY_MIN

TICK_MIN = 5
TICKS = DAY_MIN // TICK_MIN
BLOCK_ROWS = 1 << 18
"""Rows of a block: its arrays fit into the cache."""
TICK_NS = TICK_MIN * 60 * 10**9
HALF_PAST = (np.arange(TICKS) % (60 // TICK_MIN) > 0).astype(np.int64)
"""One for each five minutes of the day that do not begin an hour."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the rows of a history add up to.

    Attributes
    ----------
    days : the days that have rows, ascending
    day_rows, day_contacts : rows and contacts (shops, days)
    half_past : rows that do not start on the hour (shops, days)
    tick_rows, tick_contacts : rows and contacts per five minutes of the day (shops, 288)
    off_grid : shops with a row that starts between the ticks (shops,)
    """

    days: npt.NDArray[np.datetime64]
    day_rows: Ints
    day_contacts: Floats
    half_past: Ints
    tick_rows: Ints
    tick_contacts: Floats
    off_grid: Bools

    @cached_property
    def rows(self) -> Ints:
        """Return the rows of each shop (shops,)."""
        return np.asarray(self.tick_rows.sum(axis=1))

    @cached_property
    def common_min(self) -> Ints:
        """Return per shop the longest interval that divides the day and fits every start."""
        minutes = np.where(self.tick_rows > 0, np.arange(TICKS) * TICK_MIN, 0)
        return np.asarray(np.gcd(np.gcd.reduce(minutes, axis=1), DAY_MIN))


def counted(
    codes: npt.NDArray[np.integer], starts: pd.Series, contacts: Floats, shops: int
) -> Counted:
    """Count a history.

    Parameters
    ----------
    codes : position of each row's shop, from 0 to `shops` - 1
    starts, contacts : of each row; none is blank
    """
    days = _days(starts)
    made = Counted(
        days=days,
        day_rows=np.zeros((shops, len(days)), np.int64),
        day_contacts=np.zeros((shops, len(days))),
        half_past=np.zeros((shops, len(days)), np.int64),
        tick_rows=np.zeros((shops, TICKS), np.int64),
        tick_contacts=np.zeros((shops, TICKS)),
        off_grid=np.zeros(shops, np.bool_),
    )
    first = days[0].astype(np.int64) if len(days) else 0
    rank = np.searchsorted(days.astype(np.int64) - first, np.arange(_span(days)))
    for block in blocks(len(starts)):
        shop = codes[block].astype(np.int64)
        since = _ns(starts, block)
        ticks = since // TICK_NS
        day = ticks // TICKS
        tick = ticks - day * TICKS
        at_day = shop * len(days) + rank[day - first]
        at_tick = shop * TICKS + tick
        np.add.at(made.day_rows.reshape(-1), at_day, 1)
        np.add.at(made.day_contacts.reshape(-1), at_day, contacts[block])
        np.add.at(made.half_past.reshape(-1), at_day, HALF_PAST[tick])
        np.add.at(made.tick_rows.reshape(-1), at_tick, 1)
        np.add.at(made.tick_contacts.reshape(-1), at_tick, contacts[block])
        made.off_grid[shop[since > ticks * TICK_NS]] = True
    return made


def blocks(rows: int, parts: int = 1) -> Iterator[slice]:
    """Yield the slices that together hold all rows; shorter where a row has several parts."""
    length = BLOCK_ROWS // parts
    for first in range(0, rows, length):
        yield slice(first, first + length)


def _days(starts: pd.Series) -> npt.NDArray[np.datetime64]:
    """Return the days on which something starts, ascending."""
    if starts.empty:
        return np.array([], dtype="datetime64[D]")
    first, last = (np.datetime64(each, "D") for each in (starts.min(), starts.max()))
    seen = np.zeros(_span(np.array([first, last])), dtype=np.bool_)
    for block in blocks(len(starts)):
        seen[(starts.to_numpy()[block].astype("datetime64[D]") - first).astype(np.int64)] = True
    return first + np.flatnonzero(seen)


def _span(days: npt.NDArray[np.datetime64]) -> int:
    """Return the days from the first to the last, both counted."""
    return int((days[-1] - days[0]).astype(np.int64)) + 1 if len(days) else 0


def _ns(starts: pd.Series, block: slice) -> Ints:
    """Return the starts of a block in nanoseconds."""
    return starts.to_numpy()[block].astype("datetime64[ns]").view(np.int64)
