"""How a day's contacts spread over its half hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import EventDay, EventKey, holiday_kinds, weekdays
from staffing.forecast.design import Events
from staffing.forecast.history import Array, History
from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H, Window
from staffing.workspace import Workspace

RECENT_DAYS = 91
PRIOR_CONTACTS = 300.0
"""Contacts that pull a shop's own profile towards its category's, as if it had had them."""
EVENT_PRIOR_CONTACTS = 150.0
"""Contacts that pull a shop's profile of an event day towards all shops' change of shape."""
RATIO_PRIOR = 0.25
"""Pulls the change of shape of a half hour with few contacts towards none."""
HOURLY_PRIOR = (3, 2, 1, 1, 1, 1, 1, 2, 5, 12, 12, 6, 6, 7, 12, 12, 7, 6, 7, 12, 12, 10, 8, 5)
"""Relative contacts per hour from midnight when no shop shows a time of day: peaks 9-11, 14-16
and 19-21, few at night (vendor figure, 987vps.com/news/19403: a prior)."""

ShapeKey = tuple[EventKey, int | None, int | None]
"""Event key, and in which half hours the phase begins and ends if it does so while open."""


class Factors(Protocol):
    """What a profile asks of the daily model."""

    def event_factor(self, shop: int, touching: Sequence[EventDay]) -> float:
        """Return the log factor of events on a day of a shop."""
        ...


class Profiles:
    """Shares of a day's contacts per half hour of the service day.

    A shop's own recent shares, shrunk towards its category's, apart for working days and days
    off. A day in an event has the shop's own past shape on such days, shrunk towards its ordinary
    profile bent as all shops' bent; an event day like none before has the ordinary profile with
    the half hours inside the phase raised by the phase's multiple.
    """

    def __init__(self, history: History, events: Events, workspace: Workspace) -> None:
        self._shops = history.shops
        self._windows = [workspace.windows[shop] for shop in history.shops]
        self._masks = [_open(window, history.counts.shape[2]) for window in self._windows]
        timed = [shop not in history.daily_only for shop in history.shops]
        self._ordinary = self._usual(history.latest(RECENT_DAYS), events, timed, workspace)
        self._event = self._events(history, events, timed)

    def of(
        self, shop: int, days: pd.DatetimeIndex, events: Events, model: Factors | None = None
    ) -> Array:
        """Return shares (days, half hours of the service day); each row sums to one.

        Parameters
        ----------
        shop : position of the shop
        events : the promotion phases that touch each shop's days
        model : tells the multiple of a phase whose shape was never seen; without it such a day
            keeps the ordinary profile
        """
        rows = self._ordinary[shop][_off(days)]
        own = events[self._shops[shop]]
        for j, date in enumerate(days.date):
            if touching := own.get(date):
                rows[j] = self._on_event_day(shop, rows[j], touching, model)
        return rows

    def _on_event_day(
        self, shop: int, usual: Array, touching: Sequence[EventDay], model: Factors | None
    ) -> Array:
        event = _leading(touching)
        seen = self._event[shop].get(_shape_key(event, self._windows[shop]))
        if seen is not None or model is None:
            return usual if seen is None else seen
        multiple = 1 + np.expm1(model.event_factor(shop, [event])) / event.share
        bent = usual.copy()
        bent[slice(*event.covers)] *= max(multiple, 0.0)
        return _normal(bent, self._masks[shop])

    def _usual(
        self, recent: History, events: Events, timed: Sequence[bool], workspace: Workspace
    ) -> list[Array]:
        """Return each shop's profiles of working days and of days off (2, half hours)."""
        off = _off(recent.days)
        counts = np.nan_to_num(recent.counts)
        use = np.array(
            [
                [has_time and date not in events[shop] for date in recent.days.date]
                for shop, has_time in zip(recent.shops, timed, strict=True)
            ]
        )
        own = np.einsum("sd,sdk->sk", use, counts)
        category = workspace.shops["category"].loc[list(recent.shops)].to_numpy()
        found = []
        for i, mask in enumerate(self._masks):
            prior = _among_peers(own, category == category[i], mask)
            base = _normal(own[i] * mask + PRIOR_CONTACTS * prior, mask)
            kinds = [(use[i] * (off == kind)) @ counts[i] * mask for kind in (0, 1)]
            found.append(np.array([_normal(k + PRIOR_CONTACTS * base, mask) for k in kinds]))
        return found

    def _events(
        self, history: History, events: Events, timed: Sequence[bool]
    ) -> list[dict[ShapeKey, Array]]:
        """Return each shop's profile on every kind of event day that any shop has seen."""
        own: list[dict[ShapeKey, Array]] = [{} for _ in self._shops]
        came: dict[ShapeKey, Array] = {}
        usual: dict[ShapeKey, Array] = {}
        for i, key, counts, ordinary in self._past_event_days(history, events, timed):
            own[i][key] = own[i].get(key, 0.0) + counts
            weight = np.sqrt(counts.sum())  # a large shop says more, but not in proportion
            came[key] = came.get(key, 0.0) + counts / weight
            usual[key] = usual.get(key, 0.0) + weight * ordinary
        bend = {key: (came[key] + RATIO_PRIOR) / (usual[key] + RATIO_PRIOR) for key in came}
        return [
            {
                key: _normal(
                    own[i].get(key, 0.0)
                    + EVENT_PRIOR_CONTACTS * _normal(self._ordinary[i].mean(axis=0) * ratio, mask),
                    mask,
                )
                for key, ratio in bend.items()
            }
            for i, mask in enumerate(self._masks)
        ]

    def _past_event_days(
        self, history: History, events: Events, timed: Sequence[bool]
    ) -> Iterator[tuple[int, ShapeKey, Array, Array]]:
        """Yield shop, kind, contacts and ordinary profile of every known event day."""
        off = _off(history.days)
        position = {date: j for j, date in enumerate(history.days.date)}
        for i, shop in enumerate(self._shops):
            for date, touching in events[shop].items() if timed[i] else ():
                if (j := position.get(date)) is None:
                    continue
                counts = np.nan_to_num(history.counts[i, j])
                if counts.sum() > 0:
                    key = _shape_key(_leading(touching), self._windows[i])
                    yield i, key, counts, self._ordinary[i][off[j]]


def _off(days: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    """Return 1 for weekends and holidays off, 0 for working days."""
    festive = [kind in ("holiday", "spring_festival") for kind in holiday_kinds(days)]
    off = (weekdays(days) >= 5) | np.array(festive, dtype=bool)
    return np.asarray(off, dtype=np.int64)


def _leading(touching: Sequence[EventDay]) -> EventDay:
    """Return the event that shapes a day of several: the one that began last."""
    return max(touching, key=lambda event: (event.covers[0], -event.key[2], event.key))


def _shape_key(event: EventDay, window: Window) -> ShapeKey:
    begins, ends = event.covers
    return (
        event.key,
        begins if begins > window.first_slot else None,
        ends if ends < window.end_slot else None,
    )


def _among_peers(own: Array, peers: npt.NDArray[np.bool_], mask: Array) -> Array:
    """Return the profile to expect of a shop: its category's, all shops', or the prior."""
    everyone = own.sum(axis=0)
    start = everyone if (everyone * mask).sum() > 0 else _prior(len(mask))
    category = own[peers].sum(axis=0) * mask
    if category.sum() < PRIOR_CONTACTS:
        category = category + PRIOR_CONTACTS * _normal(start * mask, mask)
    return _normal(category, mask)


def _open(window: Window, width: int) -> Array:
    mask = np.zeros(width)
    mask[window.first_slot : window.end_slot] = 1.0
    return mask


def _prior(width: int) -> Array:
    each = np.repeat(np.array(HOURLY_PRIOR, dtype=np.float64), SLOTS_PER_H)
    return np.tile(each, width // SLOTS_PER_DAY + 1)[:width]


def _normal(shape: Array, mask: Array) -> Array:
    """Return `shape` scaled to sum one; even over the open slots where it is empty."""
    shape = shape + 1e-9 * mask
    return np.asarray(shape / shape.sum(), dtype=np.float64)
