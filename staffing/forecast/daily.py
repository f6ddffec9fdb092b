"""Contacts of a shop's day: level × weekday × turn of the month × season × event.

What a fit (`fitting`) has found, and what it says of days to come.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import EventDay
from staffing.forecast.design import MONTH, SEASON, WEEK, EventTable, Ints, day_columns, lift
from staffing.forecast.history import Array

Kind = Literal["level", "weekday", "month", "season", "date", "event", "mean"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One factor of a forecast day.

    Attributes
    ----------
    kind : level, weekday, turn of the month, season, repeating date, event, or the correction
        from the median to the mean
    factor : what it multiplies the day by; of the level contacts a day
    event : of an event the day of it
    usual : of an event what its peers show, as a factor of the day
    own : of an event what the shop itself showed in the past beyond its peers, as a factor
    running : of an event what this edition shows beyond the past, as a factor
    editions : of an event how often the shop has seen it before this edition
    """

    kind: Kind
    factor: float
    event: EventDay | None = None
    usual: float = 1.0
    own: float = 1.0
    running: float = 1.0
    editions: int = 0


@dataclass(frozen=True, kw_only=True)
class DailyModel:
    """The factors of every shop, on the log scale.

    Attributes
    ----------
    shops : shop ids, the order of every array
    chinese : whether the State Council's calendar tells which days are lived as weekdays
    level : log of an ordinary day's contacts now (shops,)
    level_sd : doubt about it where a shop has little history (shops,)
    days : weekday, turn of the month and season factors (shops, SEASON.stop); the weekdays'
        mean is zero
    dates : month × 100 + day of the dates that repeat
    date_factor : their factors (shops, dates)
    table : the events that the pairs below belong to
    own : log factor of each pair, of a whole day of it (of a quarter day for an eve) (pairs,)
    usual : the same of the shop's peers (pairs,)
    editions : how many past editions of it each pair has seen (pairs,)
    doubt : variance of each promotion's log factor around it (pairs,); half of it is what the
        mean lies above the median
    running : position of the editions that run
    edition : how much stronger they ran than their keys tell (shops, running)
    smear : correction from the median to the mean (shops,); Duan 1983
    noise : log standard deviation of a day (shops,)
    step : daily step of the level in units of the noise (shops,)
    outliers : recent days far from the pattern, which count less, the farthest first: shop_id,
        date, came, expected
    """

    shops: tuple[str, ...]
    chinese: bool
    level: Array
    level_sd: Array
    days: Array
    dates: Ints
    date_factor: Array
    table: EventTable
    own: Array
    usual: Array
    editions: Ints
    doubt: Array
    running: Ints
    edition: Array
    smear: Array
    noise: Array
    step: Array
    outliers: pd.DataFrame

    def predict(self, days: pd.DatetimeIndex) -> Array:
        """Return expected contacts (shops, days)."""
        log = self.level[:, None] + self.days @ day_columns(days, chinese=self.chinese).T
        log += self.date_factor @ on_dates(days, self.dates).T
        at, row = self.table.rows(days)
        np.add.at(log, (self.table.shop[at], row), self._factors(at))
        return np.maximum(np.exp(log) * self.smear[:, None] - 0.5, 0.0)

    def with_promotions(self, days: pd.DatetimeIndex, strength: float) -> Array:
        """Return what promotions of another strength make of each day (shops, days).

        A promotion that multiplies an ordinary day by m multiplies it by 1 + strength × (m - 1).
        Run-up, phases and tail alike; days without a promotion have the factor 1.
        """
        log = np.zeros((len(self.shops), len(days)))
        if strength == 1:
            return np.ones_like(log)  # exactly
        at, row = self.table.rows(days)
        at, row = (each[self.table.promotion[at]] for each in (at, row))
        np.add.at(log, (self.table.shop[at], row), self._factors(at))
        multiple = np.exp(log)
        return np.asarray(np.maximum(1 + strength * (multiple - 1), 0.0) / multiple)

    def is_odd(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Return the days in a holiday, on a special day or on a date that repeats (shops, days).

        No two of them are alike, so that they err more than ordinary days.
        """
        table = self.table
        apart = ~table.has(family="promotion")[table.pair]
        repeats = np.asarray(on_dates(days, self.dates).any(axis=1))
        return np.asarray(table.touched(len(self.shops), days, apart) | repeats[None, :])

    def event_factor(self, shop: int, event: EventDay) -> float:
        """Return the log factor of one event on a day of a shop."""
        if event.strength is not None:
            return float(np.log1p((event.strength - 1) * event.share))
        pair = self.table.pair_of[shop, event.key]
        return float(lift(event) * (self.own[pair] + self._running(shop, event, pair)))

    def parts(self, shop: int, day: pd.Timestamp, touching: tuple[EventDay, ...]) -> list[Part]:
        """Return the factors of a day of a shop; their product is the forecast.

        Parameters
        ----------
        touching : the events that touch the day, as `event_days` lists them
        """
        days = pd.DatetimeIndex([day])
        columns = day_columns(days, chinese=self.chinese)[0] * self.days[shop]
        on = on_dates(days, self.dates)[0] @ self.date_factor[shop]
        plain: list[tuple[Kind, float]] = [
            ("level", float(np.exp(self.level[shop]))),
            ("weekday", float(np.exp(columns[WEEK].sum()))),
            ("month", float(np.exp(columns[MONTH].sum()))),
            ("season", float(np.exp(columns[SEASON].sum()))),
            ("date", float(np.exp(on))),
        ]
        found = [Part(kind=kind, factor=factor) for kind, factor in plain]
        found += list(self._events(shop, touching))
        so_far = float(np.prod([part.factor for part in found]))
        mean = float(self.predict(days)[shop, 0])
        return [*found, Part(kind="mean", factor=mean / so_far if so_far else 1.0)]

    def _events(self, shop: int, touching: tuple[EventDay, ...]) -> Iterator[Part]:
        for event in touching:
            pair, share = self.table.pair_of[shop, event.key], lift(event)
            told = event.strength is not None
            yield Part(
                kind="event",
                factor=float(np.exp(self.event_factor(shop, event))),
                event=event,
                usual=float(np.exp(share * self.usual[pair])),
                own=1.0 if told else float(np.exp(share * (self.own - self.usual)[pair])),
                running=1.0 if told else float(np.exp(share * self._running(shop, event, pair))),
                editions=int(self.editions[pair]),
            )

    def _running(self, shop: int, event: EventDay, pair: int) -> float:
        """Return how much more of the key's factor the running edition shows."""
        edition = self.table.editions.index(event.edition)
        at = np.flatnonzero(self.running == edition)
        if not len(at):
            return 0.0
        return float(self.edition[shop, at[0]] * pattern(self.table, self.usual)[pair])

    def told_by_data(self, at: Ints) -> tuple[Array, Array]:
        """Return log factors of event days and their variances, whatever a person estimates.

        Parameters
        ----------
        at : positions in the event table (n,)
        """
        table = self.table
        now = np.zeros((len(self.shops), len(table.editions)))
        now[:, self.running] = self.edition
        pair = table.pair[at]
        more = now[table.pair_shop[pair], table.edition[at]] * pattern(table, self.usual)[pair]
        return table.lift[at] * (self.own[pair] + more), table.lift[at] ** 2 * self.doubt[pair]

    def _factors(self, at: Ints) -> Array:
        """Return the log factors of event days; a person's estimate overrules the past."""
        factor, variance = self.told_by_data(at)
        given = self.table.given[at]
        return np.where(np.isnan(given), factor + variance / 2, given)


def pattern(table: EventTable, usual: Array) -> Array:
    """Return what an edition's strength multiplies: promotions' usual factor, else 1."""
    promotion = table.has(family="promotion")
    return np.where(promotion, usual, np.where(table.has(part="on"), 1.0, 0.0))


def on_dates(days: pd.DatetimeIndex, dates: Ints) -> Array:
    """Return which days fall on which dates of the year (days, dates)."""
    return np.asarray(date_of(days)[:, None] == dates[None, :], dtype=np.float64)


def date_of(days: pd.DatetimeIndex) -> Ints:
    """Return month × 100 + day."""
    return np.asarray(days.month * 100 + days.day, dtype=np.int64)
