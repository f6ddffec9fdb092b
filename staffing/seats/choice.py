"""Which pools, days and half hours a question about seats is about, checked all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault
from staffing.grid import INTERVAL_MIN, clock_min, clock_text
from staffing.seats.checks import Ints
from staffing.words import listed

DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is asked for, as it was typed; what is None is not narrowed down.

    Attributes
    ----------
    pool : a pool's name
    day : a service day, as 2026-11-25
    at : the start of a half hour, as 20:00
    """

    pool: str | None = None
    day: str | None = None
    at: str | None = None

    def faults(self, demand: pd.DataFrame) -> Iterator[Fault]:
        """Yield what is asked for that is not there.

        Parameters
        ----------
        demand : contacts per shop and half hour, with pool, date and start
        """
        pools = sorted(map(str, demand["pool"].unique()))
        if self.pool is not None and self.pool not in pools:
            facts: dict[str, object] = {"pools": listed(pools, len(pools))}
            yield Fault(code="unknown_pool", file="--pool", value=self.pool, facts=facts)
        days = [f"{day:%Y-%m-%d}" for day in sorted(demand["date"].unique())]
        if self.day is not None and self.day not in days:
            facts = {"first": days[0], "last": days[-1]}
            yield Fault(code="not_planned", file="--day", value=self.day, facts=facts)
        opened = _minutes(self._rows(demand))
        if self.at_min is not None and not self._at(opened).any():
            ends = (int(opened.min()), int(opened.max()))
            first, last = (clock_text(each % DAY_MIN) for each in ends)
            facts = {"first": first, "last": last}
            yield Fault(code="not_open", file="--at", value=self.at, facts=facts)

    def of(self, demand: pd.DataFrame) -> pd.DataFrame:
        """Return the demand of the chosen pools on all days."""
        return demand if self.pool is None else demand[demand["pool"] == self.pool]

    @property
    def days(self) -> list[pd.Timestamp] | None:
        """Return the chosen day, None for all."""
        return None if self.day is None else [pd.Timestamp(self.day)]

    @property
    def at_min(self) -> int | None:
        """Return the chosen half hour in minutes after midnight; None for all, -1 for no time."""
        if self.at is None:
            return None
        try:
            minutes = clock_min(self.at)
        except ValueError:
            return -1
        return minutes % DAY_MIN if minutes % INTERVAL_MIN == 0 else -1

    def _at(self, opened: Ints) -> npt.NDArray[np.bool_]:
        """Return which half hours are meant; 25:30 is only one past midnight."""
        late = self.at is not None and self.at_min != -1 and clock_min(self.at) >= DAY_MIN
        return np.asarray((opened % DAY_MIN == self.at_min) & ((opened >= DAY_MIN) | (not late)))

    def _rows(self, demand: pd.DataFrame) -> pd.DataFrame:
        """Return the chosen pools and days, all of those where that leaves none."""
        own = demand[demand["pool"] == self.pool] if self.pool is not None else demand
        own = own if len(own) else demand
        day = own[own["date"].dt.strftime("%Y-%m-%d") == self.day]
        return day if len(day) else own


def _minutes(rows: pd.DataFrame) -> Ints:
    """Return the starts of half hours in minutes after midnight of their service day."""
    since = pd.TimedeltaIndex(rows["start"] - rows["date"])
    return np.asarray(since.total_seconds() // 60, dtype=np.int64)
