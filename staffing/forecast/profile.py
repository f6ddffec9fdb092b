"""How a day's contacts spread over its half hours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from staffing.forecast.calendar import EventKey, weekdays
from staffing.forecast.daily import Events
from staffing.forecast.history import Array, History
from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H, Window
from staffing.workspace import Workspace

RECENT_DAYS = 91
PRIOR_CONTACTS = 300.0
"""Contacts whose weight a shop's own profile needs to match its category's."""
EVENT_PRIOR_CONTACTS = 150.0
HOURLY_PRIOR = (3, 2, 1, 1, 1, 1, 1, 2, 5, 12, 12, 6, 6, 7, 12, 12, 7, 6, 7, 12, 12, 10, 8, 5)
"""Relative contacts per hour from midnight when no shop shows a time of day: peaks 9-11, 14-16
and 19-21, few at night (vendor figure, 987vps.com/news/19403: a prior)."""


class Profiles:
    """Shares of a day's contacts per half hour of the service day.

    A shop's own recent shares, shrunk towards its category's; apart for weekdays, weekends and
    the days of each promotion phase (an evening start at 20:00 moves the day into the night).
    """

    def __init__(self, history: History, events: Events, workspace: Workspace) -> None:
        self._shops = history.shops
        recent = history.counts[:, -RECENT_DAYS:]
        days = history.days[-RECENT_DAYS:]
        timed = np.array([shop not in history.daily_only for shop in history.shops])
        touched = np.array(
            [[day.date() in events[shop] for day in days] for shop in history.shops]
        )
        weekend = weekdays(days) >= 5
        open_slots = [_open(workspace.windows[s], history.counts.shape[2]) for s in self._shops]
        category = workspace.shops["category"].loc[list(self._shops)].to_numpy()
        use = np.where(timed[:, None] & ~touched, 1.0, 0.0)
        base = self._shrunk(np.nan_to_num(recent), use, category, open_slots)
        self._ordinary = [
            [
                self._own(np.nan_to_num(recent[i]), use[i] * (weekend == kind), base[i], mask)
                for kind in (False, True)
            ]
            for i, mask in enumerate(open_slots)
        ]
        self._event = self._events(history, events, timed, open_slots)

    @staticmethod
    def _own(counts: Array, use: Array, prior: Array, mask: Array) -> Array:
        total = use @ counts * mask + PRIOR_CONTACTS * prior
        return np.asarray(total / total.sum(), dtype=np.float64)

    def _shrunk(
        self, recent: Array, use: Array, category: np.ndarray, masks: list[Array]
    ) -> list[Array]:
        """Return each shop's profile over all ordinary days, shrunk to its category's."""
        own = np.einsum("sd,sdk->sk", use, recent)
        everyone = own.sum(axis=0)
        prior = everyone if everyone.sum() > 0 else _prior(recent.shape[2])
        found = []
        for i, mask in enumerate(masks):
            peers = own[category == category[i]].sum(axis=0) * mask
            if peers.sum() < PRIOR_CONTACTS:
                peers = peers + PRIOR_CONTACTS * _normal(prior * mask, mask)
            total = own[i] * mask + PRIOR_CONTACTS * _normal(peers, mask)
            found.append(_normal(total, mask))
        return found

    def _events(
        self, history: History, events: Events, timed: np.ndarray, masks: list[Array]
    ) -> list[dict[EventKey, Array]]:
        """Return each shop's profile on days of each phase, shrunk to all shops' excess shape."""
        position = {day.date(): j for j, day in enumerate(history.days)}
        own: list[dict[EventKey, Array]] = [{} for _ in self._shops]
        everyone: dict[EventKey, Array] = {}
        for i, shop in enumerate(self._shops):
            if not timed[i]:
                continue
            for day, touching in events[shop].items():
                j = position.get(day)
                if j is None or not touching or np.isnan(history.counts[i, j]).all():
                    continue
                key, counts = touching[-1].key, np.nan_to_num(history.counts[i, j])
                own[i][key] = own[i].get(key, 0.0) + counts
                tilt = counts / max(counts.sum(), 1.0)
                everyone[key] = everyone.get(key, 0.0) + np.sqrt(counts.sum()) * tilt
        shrunk: list[dict[EventKey, Array]] = []
        for i, mask in enumerate(masks):
            prior = {key: _normal(shape * mask, mask) for key, shape in everyone.items()}
            shrunk.append(
                {
                    key: _normal(own[i].get(key, 0.0) + EVENT_PRIOR_CONTACTS * shape, mask)
                    for key, shape in prior.items()
                }
            )
        return shrunk

    def of(self, shop: int, days: pd.DatetimeIndex, events: Events) -> Array:
        """Return shares (days, half hours of the service day); each row sums to one."""
        weekend = weekdays(days) >= 5
        rows = [self._ordinary[shop][int(kind)] for kind in weekend]
        for j, day in enumerate(days):
            touching = events[self._shops[shop]].get(day.date(), [])
            if touching and (shape := self._event[shop].get(touching[-1].key)) is not None:
                rows[j] = shape
        return np.array(rows)


def _open(window: Window, width: int) -> Array:
    mask = np.zeros(width)
    mask[window.first_slot : window.end_slot] = 1.0
    return mask


def _prior(width: int) -> Array:
    each = np.repeat(np.array(HOURLY_PRIOR, dtype=np.float64), SLOTS_PER_H)
    return np.tile(each, width // SLOTS_PER_DAY + 1)[:width]


def _normal(shape: Array, mask: Sequence[float] | Array) -> Array:
    """Return `shape` scaled to sum one; even over the open slots where it is empty."""
    shape = shape + 1e-9 * np.asarray(mask)
    return np.asarray(shape / shape.sum(), dtype=np.float64)
