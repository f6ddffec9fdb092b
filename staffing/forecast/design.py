"""The days as numbers: what all shops share (weekday, turn of the month, season), and events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import EventDay, EventKey, Events, weekdays
from staffing.forecast.history import Array

Ints = npt.NDArray[np.int64]

SEASON_PAIRS = 12
"""Sine and cosine pairs of the year: waves down to a month."""
YEAR_DAYS = 365.25
MONTH_DAYS = 3
"""First and last days of a month that may differ: wages, rents and bills come then."""
EVE_REFERENCE = 0.25
"""Share of the day that an eve's factor refers to: 20:00-24:00 of a day from 8:00."""

WEEK = slice(0, 7)
MONTH = slice(7, 7 + 2 * MONTH_DAYS)
SEASON = slice(MONTH.stop, MONTH.stop + 2 * SEASON_PAIRS)


def day_columns(days: pd.DatetimeIndex, *, chinese: bool) -> Array:
    """Return weekday and month indicators and the waves of the year (days, SEASON.stop)."""
    week = weekdays(days, chinese=chinese)
    angle = 2 * np.pi * np.asarray(days.day_of_year, dtype=np.float64) / YEAR_DAYS
    left = np.asarray(days.days_in_month) - np.asarray(days.day)
    columns = [week == d for d in range(7)]
    columns += [left == d for d in range(MONTH_DAYS)]
    columns += [np.asarray(days.day) == d + 1 for d in range(MONTH_DAYS)]
    columns += [f(k * angle) for k in range(1, SEASON_PAIRS + 1) for f in (np.sin, np.cos)]
    return np.column_stack(columns).astype(np.float64)


def ordinal(days: pd.DatetimeIndex) -> Ints:
    """Return days since 1970."""
    return np.asarray(days.to_numpy().astype("datetime64[D]").astype(np.int64))


def lift(event: EventDay) -> float:
    """Return how much of its key's log factor a day feels.

    A phase that doubles the contacts of a whole day lifts a day that it covers for a share s by
    log(1 + s); other multiples behave nearly alike. An eve's factor refers to a quarter day.
    """
    reference = EVE_REFERENCE if event.is_eve else 1.0
    return float(np.log1p(event.share) / np.log1p(reference))


@dataclass(frozen=True, kw_only=True)
class EventTable:
    """The events of all shops as arrays.

    A *pair* is a shop and a key that touches any of its days.

    Attributes
    ----------
    keys, editions : what the positions below mean
    pair_shop, pair_key : (pairs,), ordered by shop
    pair, edition, day : of each event day: its pair, its edition, days since 1970; ordered by
        shop, then day
    lift : how much of the key's factor the day feels
    given : log factor by a person's estimate of strength; NaN where none
    promotion : whether a promotion phase runs
    """

    keys: tuple[EventKey, ...]
    editions: tuple[str, ...]
    pair_shop: Ints
    pair_key: Ints
    pair: Ints
    edition: Ints
    day: Ints
    lift: Array
    given: Array
    promotion: npt.NDArray[np.bool_]

    @property
    def shop(self) -> Ints:
        """Return the position of the shop of each event day."""
        return self.pair_shop[self.pair]

    @cached_property
    def pair_of(self) -> Mapping[tuple[int, EventKey], int]:
        """Return where each pair stands."""
        keys = [self.keys[k] for k in self.pair_key.tolist()]
        return {each: i for i, each in enumerate(zip(self.pair_shop.tolist(), keys, strict=True))}

    @classmethod
    def of(cls, shops: Sequence[str], events: Events) -> EventTable:
        """Return the events of these shops, in their order."""
        keys: dict[EventKey, int] = {}
        editions: dict[str, int] = {}
        made: dict[int, tuple[Array, ...]] = {}
        columns: list[tuple[Array, ...]] = []
        for i, shop in enumerate(shops):
            own = events[shop]
            if id(own) not in made:
                made[id(own)] = _columns(own, keys, editions)
            part = made[id(own)]
            columns.append((np.full(len(part[0]), i, dtype=np.float64), *part))
        parts = [np.concatenate(each) for each in zip(*columns, strict=True)]
        of_shop, day, key, edition, factor, given, runs = parts
        code = of_shop.astype(np.int64) * max(len(keys), 1) + key.astype(np.int64)
        pairs, pair = np.unique(code, return_inverse=True)
        return cls(
            keys=tuple(keys),
            editions=tuple(editions),
            pair_shop=pairs // max(len(keys), 1),
            pair_key=pairs % max(len(keys), 1),
            pair=pair.astype(np.int64),
            edition=edition.astype(np.int64),
            day=day.astype(np.int64),
            lift=factor,
            given=given,
            promotion=runs.astype(bool),
        )

    @property
    def is_holiday(self) -> npt.NDArray[np.bool_]:
        """Return whether each event day is in or beside a holiday."""
        return self.has(family="holiday")[self.pair]

    def has(self, *, family: str | None = None, part: str | None = None) -> npt.NDArray[np.bool_]:
        """Return which pairs are of a family and part (pairs,)."""
        of = [family in (None, key.family) and part in (None, key.part) for key in self.keys]
        return np.array(of, dtype=bool)[self.pair_key]

    def touched(
        self, shops: int, days: pd.DatetimeIndex, which: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[np.bool_]:
        """Return which days any event, or one of `which`, touches (shops, days)."""
        found = np.zeros((shops, len(days)), dtype=bool)
        at, row = self.rows(days)
        if which is not None:
            at, row = at[which[at]], row[which[at]]
        found[self.shop[at], row] = True
        return found

    def rows(self, days: pd.DatetimeIndex) -> tuple[Ints, Ints]:
        """Return which event days lie on consecutive `days`, and on which of them each does."""
        if not len(days):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        row = self.day - ordinal(days[:1])[0]
        at = np.flatnonzero((row >= 0) & (row < len(days)))
        return at, row[at]


def _columns(
    own: Mapping[dt.date, Sequence[EventDay]], keys: dict[EventKey, int], editions: dict[str, int]
) -> tuple[Array, ...]:
    """Return day, key, edition, lift, given factor and whether a promotion runs; fill the names."""
    flat = [(day, event) for day, touching in own.items() for event in touching]
    dates = np.array([day for day, _ in flat], dtype="datetime64[D]").astype(np.float64)
    rows = [
        (
            keys.setdefault(event.key, len(keys)),
            editions.setdefault(event.edition, len(editions)),
            lift(event),
            np.nan if event.strength is None else np.log1p((event.strength - 1) * event.share),
            event.key.family == "promotion" and event.key.part == "on",
        )
        for _, event in flat
    ]
    table = np.array(rows, dtype=np.float64).reshape(len(flat), 5)
    return (dates, *table.T)
