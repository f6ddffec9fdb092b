"""How a day's contacts spread over its half hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import (
    CHINESE_ZONES,
    SATURDAY,
    EventDay,
    EventKey,
    Events,
    weekdays,
)
from staffing.forecast.history import Array, History
from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H, Window
from staffing.workspace import Workspace

RECENT_DAYS = 91
PRIOR_CONTACTS = 300.0
"""Contacts that pull a shop's own profile towards its category's, as if it had had them."""
WEEKDAY_PRIOR_CONTACTS = 600.0
"""Contacts that pull the profile of a weekday towards that of all working days or days off."""
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

    def event_factor(self, shop: int, event: EventDay) -> float:
        """Return the log factor of an event on a day of a shop."""
        ...


class Profiles:
    """Shares of a day's contacts per half hour of the service day.

    A shop's own recent shares, shrunk towards its category's, apart for every weekday, which is
    in turn shrunk towards all working days or days off. A day in an event has the shop's own past
    shape on such days, shrunk towards its ordinary profile bent as all shops' bent; an event day
    like none before has the ordinary profile with the half hours inside the phase raised by the
    phase's multiple.
    """

    def __init__(self, history: History, events: Events, workspace: Workspace) -> None:
        self._shops = history.shops
        self._chinese = workspace.zone in CHINESE_ZONES
        self._windows = [workspace.windows[shop] for shop in history.shops]
        self._masks = np.array([_open(w, history.counts.shape[2]) for w in self._windows])
        timed = np.array([shop not in history.daily_only for shop in history.shops])
        self._ordinary = self._usual(history.latest(RECENT_DAYS), events, timed, workspace)
        self._past = history, events, timed

    @cached_property
    def _event(self) -> list[dict[ShapeKey, Array]]:
        return self._events(*self._past)

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
        rows = self._ordinary[shop][weekdays(days, chinese=self._chinese)]
        own = events[self._shops[shop]]
        for j, date in enumerate(days.date):
            if touching := [event for event in own.get(date, ()) if event.shapes_day]:
                rows[j] = self._on_event_day(shop, rows[j], touching, model)
        return np.asarray(rows)

    def _on_event_day(
        self, shop: int, usual: Array, touching: Sequence[EventDay], model: Factors | None
    ) -> Array:
        event = _leading(touching)
        seen = self._event[shop].get(_shape_key(event, self._windows[shop]))
        if seen is not None or model is None:
            return usual if seen is None else seen
        multiple = 1 + np.expm1(model.event_factor(shop, event)) / event.share
        bent = usual.copy()
        bent[slice(*event.covers)] *= max(multiple, 0.0)
        return _normal(bent, self._masks[shop])

    def ordinary(self, days: pd.DatetimeIndex) -> Array:
        """Return shares (shops, days, half hours of the service day) of days without events."""
        return self._ordinary[:, weekdays(days, chinese=self._chinese)]

    def _usual(
        self,
        recent: History,
        events: Events,
        timed: npt.NDArray[np.bool_],
        workspace: Workspace,
    ) -> Array:
        """Return the profile of every weekday (shops, 7, half hours)."""
        use = timed[:, None] & ~shaped(events, recent)
        of_weekday = weekdays(recent.days, chinese=self._chinese)[:, None] == np.arange(7)
        # (shops, 7, days) @ (shops, days, half hours)
        own = (use[:, None, :] * of_weekday.T[None]) @ np.nan_to_num(recent.counts)
        own *= self._masks[:, None, :]
        category = workspace.shops["category"].loc[list(recent.shops)].to_numpy()
        prior = _among_peers(own.sum(axis=1), category, self._masks)
        base = _normal(own.sum(axis=1) + PRIOR_CONTACTS * prior, self._masks)
        kinds = [own[:, each].sum(axis=1) for each in (slice(0, 5), slice(5, 7))]
        of_kind = [_normal(k + PRIOR_CONTACTS * base, self._masks) for k in kinds]
        shrunk = np.stack([of_kind[day >= SATURDAY] for day in range(7)], axis=1)
        return _normal(own + WEEKDAY_PRIOR_CONTACTS * shrunk, self._masks[:, None, :])

    def _events(
        self, history: History, events: Events, timed: npt.NDArray[np.bool_]
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
        self, history: History, events: Events, timed: npt.NDArray[np.bool_]
    ) -> Iterator[tuple[int, ShapeKey, Array, Array]]:
        """Yield shop, kind, contacts and ordinary profile of every known event day."""
        week = weekdays(history.days, chinese=self._chinese)
        position = {date: j for j, date in enumerate(history.days.date)}
        for i, shop in enumerate(self._shops):
            for date, every in events[shop].items() if timed[i] else ():
                touching = [event for event in every if event.shapes_day]
                if not touching or (j := position.get(date)) is None:
                    continue
                counts = np.nan_to_num(history.counts[i, j])
                if counts.sum() > 0:
                    key = _shape_key(_leading(touching), self._windows[i])
                    yield i, key, counts, self._ordinary[i, week[j]]


def shaped(events: Events, past: History) -> npt.NDArray[np.bool_]:
    """Return on which days an event may have changed the time of day (shops, days)."""
    made: dict[int, npt.NDArray[np.bool_]] = {}
    for shop in past.shops:
        own = events[shop]
        if id(own) not in made:
            dates = [day for day, touching in own.items() if any(e.shapes_day for e in touching)]
            made[id(own)] = past.days.isin(pd.DatetimeIndex(dates))
    return np.array([made[id(events[shop])] for shop in past.shops]).reshape(len(past.shops), -1)


def _leading(touching: Sequence[EventDay]) -> EventDay:
    """Return the event that shapes a day of several: the one that began last."""
    return max(touching, key=lambda event: (event.covers[0], -event.key.stretch, event.key))


def _shape_key(event: EventDay, window: Window) -> ShapeKey:
    begins, ends = event.covers
    return (
        event.key,
        begins if begins > window.first_slot else None,
        ends if ends < window.end_slot else None,
    )


def _among_peers(own: Array, category: npt.NDArray[np.object_], masks: Array) -> Array:
    """Return the profile to expect of each shop: its category's, all shops', or the prior.

    Parameters
    ----------
    own : contacts per half hour of the service day (shops, half hours)
    masks : 1 where the shop is open, else 0 (shops, half hours)
    """
    everyone = own.sum(axis=0)
    start = np.where(
        (everyone * masks).sum(axis=1, keepdims=True) > 0, everyone, _prior(len(everyone))
    )
    of = np.unique(category, return_inverse=True)[1]
    sums = np.zeros((int(of.max(initial=-1)) + 1, own.shape[1]))
    np.add.at(sums, of, own)
    peers = sums[of] * masks
    thin = peers.sum(axis=1, keepdims=True) < PRIOR_CONTACTS
    return _normal(
        peers + np.where(thin, PRIOR_CONTACTS, 0.0) * _normal(start * masks, masks), masks
    )


def _open(window: Window, width: int) -> Array:
    mask = np.zeros(width)
    mask[window.first_slot : window.end_slot] = 1.0
    return mask


def _prior(width: int) -> Array:
    each = np.repeat(np.array(HOURLY_PRIOR, dtype=np.float64), SLOTS_PER_H)
    return np.tile(each, width // SLOTS_PER_DAY + 1)[:width]


def _normal(shape: Array, mask: Array) -> Array:
    """Return shapes scaled to sum one; even over the open slots where they are empty."""
    shape = shape + 1e-9 * mask
    return np.asarray(shape / shape.sum(axis=-1, keepdims=True), dtype=np.float64)
