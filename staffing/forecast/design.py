"""The columns of the daily regression: level knots, weekday, holiday, season, events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from staffing.forecast.calendar import (
    HOLIDAY_KINDS,
    EventDay,
    EventKey,
    holiday_kinds,
    weekdays,
)
from staffing.forecast.history import Array, History

Ints = npt.NDArray[np.int64]
Events = Mapping[str, Mapping[dt.date, Sequence[EventDay]]]

KNOT_DAYS = 7
"""Days between the knots of the level: finer than a week the weekdays could not be told apart."""
SEASON_PAIRS = 3
"""Sine and cosine pairs of the year: enough for a summer low and an autumn rise."""
YEAR_DAYS = 365.25
EVE_REFERENCE = 0.25
"""Share of the day that an eve's factor refers to: 20:00-24:00 of a day from 8:00."""

WEEK = slice(0, 7)
HOLIDAY = slice(7, 7 + len(HOLIDAY_KINDS))
SEASON = slice(HOLIDAY.stop, HOLIDAY.stop + 2 * SEASON_PAIRS)


@dataclass(frozen=True, kw_only=True)
class Design:
    """One shop's known days as the rows of a regression on the log of a day's contacts.

    Attributes
    ----------
    log : log(contacts + 0.5) of the known days (n,)
    day : their positions in the history (n,)
    plain : whether a day is neither in an event nor a holiday (n,)
    fixed : level knots, then weekday, holiday and season columns (n, knots + SEASON.stop)
    keys : the event keys the shop has seen
    editions : the editions it has seen
    row, key, edition, lift : one entry an event day: its row, the positions of its key and
        edition, and how much of the key's factor the day feels
    """

    log: Array
    day: Ints
    plain: npt.NDArray[np.bool_]
    fixed: sparse.csr_array
    keys: tuple[EventKey, ...]
    editions: tuple[str, ...]
    row: Ints
    key: Ints
    edition: Ints
    lift: Array

    @property
    def knots(self) -> int:
        """Return the number of level knots."""
        return int(self.fixed.shape[1]) - SEASON.stop

    def matrix(self, expected: Array) -> sparse.csr_array:
        """Return all columns: fixed, one a key, the response, one an edition.

        The response column is the whole pattern that is expected of the shop's events; its
        coefficient tells how much stronger this shop answers to promotions than its peers. The
        column of an edition is the same pattern on that edition's days only.

        Parameters
        ----------
        expected : log factor of each key by the shop's peers (keys,)
        """
        size, keys = len(self.log), len(self.keys)
        pattern = self.lift * expected[self.key] if keys else self.lift
        columns = [self.key, np.full(len(self.row), keys), keys + 1 + self.edition]
        values = np.concatenate([self.lift, pattern, pattern])
        events = sparse.csr_array(
            (values, (np.tile(self.row, 3), np.concatenate(columns))),
            shape=(size, keys + 1 + len(self.editions)),
        )
        return sparse.csr_array(sparse.hstack([self.fixed, events]))


def designs(history: History, events: Events) -> list[Design]:
    """Return every shop's design."""
    columns = np.hstack([_knots(len(history.days)), day_columns(history.days)])
    festive = np.any(columns[:, -SEASON.stop :][:, HOLIDAY], axis=1)
    log = np.log(history.totals + 0.5)
    position = {date: j for j, date in enumerate(history.days.date)}
    return [
        _design(log[i], position, columns, festive, events[shop])
        for i, shop in enumerate(history.shops)
    ]


def _design(
    log: Array,
    position: Mapping[dt.date, int],
    columns: Array,
    festive: npt.NDArray[np.bool_],
    events: Mapping[dt.date, Sequence[EventDay]],
) -> Design:
    """Return one shop's design."""
    known = np.flatnonzero(~np.isnan(log))
    row_of = np.full(len(log) + 1, -1)  # the last place stands for days outside the history
    row_of[known] = np.arange(len(known))
    entries = [
        (row, event)
        for date, touching in events.items()
        if (row := int(row_of[position.get(date, -1)])) >= 0
        for event in touching
    ]
    keys = tuple(dict.fromkeys(event.key for _, event in entries))
    editions = tuple(dict.fromkeys(event.edition for _, event in entries))
    key_at = {key: i for i, key in enumerate(keys)}
    edition_at = {edition: i for i, edition in enumerate(editions)}
    rows = np.array([row for row, _ in entries], dtype=np.int64)
    plain = ~festive[known]
    plain[rows] = False
    return Design(
        log=log[known],
        day=known,
        plain=plain,
        fixed=sparse.csr_array(columns[known]),
        keys=keys,
        editions=editions,
        row=rows,
        key=np.array([key_at[event.key] for _, event in entries], dtype=np.int64),
        edition=np.array([edition_at[event.edition] for _, event in entries], dtype=np.int64),
        lift=np.array([lift(event) for _, event in entries], dtype=np.float64),
    )


def lift(event: EventDay) -> float:
    """Return how much of its key's log factor a day feels.

    A phase that doubles the contacts of a whole day lifts a day that it covers for a share s by
    log(1 + s); other multiples behave nearly alike. An eve's factor refers to a quarter day.
    """
    reference = EVE_REFERENCE if event.is_eve else 1.0
    return float(np.log1p(event.share) / np.log1p(reference))


def day_columns(days: pd.DatetimeIndex) -> Array:
    """Return weekday and holiday indicators and the waves of the year (days, SEASON.stop)."""
    week, kinds = weekdays(days), np.array(holiday_kinds(days), dtype=object)
    angle = 2 * np.pi * np.asarray(days.day_of_year, dtype=np.float64) / YEAR_DAYS
    waves = [f(k * angle) for k in range(1, SEASON_PAIRS + 1) for f in (np.sin, np.cos)]
    return np.column_stack(
        [week == d for d in range(7)] + [kinds == kind for kind in HOLIDAY_KINDS] + waves
    ).astype(np.float64)


def _knots(size: int) -> Array:
    """Return hat functions (days, knots), the last knot on the last day."""
    spans = max(-(-(size - 1) // KNOT_DAYS), 1)
    since = np.arange(size) - (size - 1) + spans * KNOT_DAYS
    before = np.minimum(since // KNOT_DAYS, spans - 1)
    part = since / KNOT_DAYS - before
    hats = np.zeros((size, spans + 1))
    day = np.arange(size)
    hats[day, before], hats[day, before + 1] = 1 - part, part
    return hats
