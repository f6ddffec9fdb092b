"""The half-hour grid of a plan: days, slots, opening windows past midnight, clock changes.

A *slot* is one interval, counted from midnight of the first day of the horizon: slot 0 starts
00:00 on the first day, slot 48 starts 00:00 on the second. A *service day* is the day on which
an opening window begins; a shop open 18:00-02:00 answers its 01:00 contacts on the service day
before, and they count there.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

INTERVAL_MIN = 30
SLOTS_PER_H = 60 // INTERVAL_MIN
SLOTS_PER_DAY = 24 * SLOTS_PER_H
DAY_MIN = 24 * 60

CLOCK = re.compile(r"^(?P<h>\d{1,2}):(?P<m>[0-5]\d)(:00)?$")


def clock_min(text: str) -> int:
    """Return minutes after midnight of ``HH:MM``; hours up to 36 are allowed (``26:00``).

    Raises
    ------
    ValueError
        When `text` is not a clock time.
    """
    match = CLOCK.match(text.strip())
    if match is None or (minutes := int(match["h"]) * 60 + int(match["m"])) > 36 * 60:
        raise ValueError(f"not a clock time: {text!r}")
    return minutes


def clock_text(minutes: int) -> str:
    """Return ``HH:MM`` of minutes after midnight; 1440 is ``24:00``, later hours go on."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """An opening window of one service day, in minutes after its midnight: [opens, closes)."""

    opens_min: int
    closes_min: int

    @classmethod
    def parse(cls, opens: str, closes: str) -> Window:
        """Read two clock times; a closing before the opening lies on the next day.

        Round the clock is 00:00 to 24:00, or any time to the same time plus 24 hours.

        Raises
        ------
        ValueError
            When a time is not on the half-hour grid, the window is empty or longer than 24 hours.
        """
        start, end = clock_min(opens), clock_min(closes)
        if end < start:
            end += DAY_MIN
        if start % INTERVAL_MIN or end % INTERVAL_MIN:
            raise ValueError(f"not on the half-hour grid: {opens}-{closes}")
        if start >= DAY_MIN or not 0 < end - start <= DAY_MIN:
            raise ValueError(f"empty or longer than a day: {opens}-{closes}")
        return cls(start, end)

    @property
    def first_slot(self) -> int:
        """Return the first slot of the service day inside the window."""
        return self.opens_min // INTERVAL_MIN

    @property
    def end_slot(self) -> int:
        """Return the slot after the last one inside the window (above 48 past midnight)."""
        return self.closes_min // INTERVAL_MIN

    def __str__(self) -> str:
        return f"{clock_text(self.opens_min)}-{clock_text(self.closes_min)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """The slots of a planning horizon, local wall time.

    Attributes
    ----------
    start : the first service day
    days : number of service days
    zone : IANA name of the time zone; wall times are of this zone
    """

    start: dt.date
    days: int
    zone: str = "Asia/Shanghai"

    @property
    def dates(self) -> list[dt.date]:
        """Return the service days."""
        return [self.start + dt.timedelta(days=i) for i in range(self.days)]

    @property
    def slots(self) -> int:
        """Return the number of slots, with the night after the last service day."""
        return (self.days + 1) * SLOTS_PER_DAY

    def slot_of(self, moment: dt.datetime) -> int:
        """Return the slot that `moment` (local wall time) falls into; negative before the start."""
        since = moment - dt.datetime.combine(self.start, dt.time())
        return int(since // dt.timedelta(minutes=INTERVAL_MIN))

    def time_of(self, slot: int) -> dt.datetime:
        """Return the wall time at which `slot` starts."""
        return dt.datetime.combine(self.start, dt.time()) + dt.timedelta(
            minutes=slot * INTERVAL_MIN
        )

    def times_of(self, slots: npt.ArrayLike) -> pd.DatetimeIndex:
        """Return the wall times at which `slots` start, vectorised."""
        minutes = np.asarray(slots, dtype=np.int64) * INTERVAL_MIN
        return pd.DatetimeIndex(pd.Timestamp(self.start) + pd.to_timedelta(minutes, unit="min"))

    def clock_change(self) -> dt.date | None:
        """Return the first day of the horizon on which the zone's clocks change, if any."""
        zone = ZoneInfo(self.zone)
        for day in [*self.dates, self.start + dt.timedelta(days=self.days)]:
            before = dt.datetime.combine(day, dt.time(), zone)
            after = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)
            if before.utcoffset() != after.utcoffset():
                return day
        return None
