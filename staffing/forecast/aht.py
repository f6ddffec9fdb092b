"""Handle time per shop and half hour: level × time of day × promotion, from what contacts took.

Seats need seconds of work, so means are estimated, not medians: a multiplicative model whose
fitted work equals the observed work of every shop, half hour and kind of day (the method of
marginal totals; Bailey 1963, "Insurance rates with minimum bias", ASTIN Bulletin 2). That
handle times are skewed and change through the day and over weeks: Gans, Liu, Mandelbaum, Shen
and Ye 2010, "Service times in call centers", IMS Collections 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import Events, in_promotion
from staffing.forecast.history import Array, History
from staffing.workspace import Workspace

Bools = npt.NDArray[np.bool_]

HALF_LIFE_DAYS = 28.0
"""Age at which a day's handle times count half."""
MOST_DAYS = 182
"""Days looked back on: the last large promotion is among them."""
FULL_WEIGHT = 50.0
"""Contacts beyond which a half hour says little more: what made it odd, made it odd for all."""
STATED_CONTACTS = 20.0
"""Contacts that the handle time stated in the shops table is worth."""
SHAPE_CONTACTS = 100.0
"""Contacts in a half hour that pull its own time of day towards its peers'."""
PROMOTION_CONTACTS = 300.0
"""Contacts on promotion days that pull their factor towards that of all shops."""
SMOOTH = np.array([1.0, 2.0, 3.0, 2.0, 1.0])
"""Neighbouring half hours learn from each other."""
PASSES = 3
LEAST = 1e-12


def handle_times(
    history: History, days: pd.DatetimeIndex, events: Events, workspace: Workspace
) -> Array:
    """Return the mean handle time to expect in seconds (shops, days, half hours of the day).

    A recent level of the shop × its time of day, shrunk towards its category's by the contacts
    behind it, × what promotion days do to it, shrunk towards all shops'. A half hour of few
    contacts weighs little, one far off the rest is cut back. NaN for shops of whose handle times
    the history tells nothing.

    Parameters
    ----------
    days : service days to forecast
    events : what touches each shop's days, of the history and ahead
    workspace : tells categories, and the handle times stated for shops that tell little
    """
    shops = history.shops
    found = np.full((len(shops), len(days), history.counts.shape[2]), np.nan)
    if history.aht_s is None or not len(history.days):
        return found
    past = _Observed.of(history.latest(MOST_DAYS), events)
    names = [shops[i] for i in past.shop]
    table = workspace.shops.loc[names]
    factors = _fit(past, table["category"].to_numpy())
    level = _level_now(past, factors, table["aht_s"].to_numpy(dtype=np.float64))
    ahead = _promotion_days(names, events, days)
    of_day = level[:, None] * np.where(ahead, factors.promotion[:, None], 1.0)
    found[past.shop] = of_day[:, :, None] * factors.shape[:, None, :]
    return found


@dataclass(frozen=True, kw_only=True)
class _Observed:
    """Handle times of the shops that have any.

    Attributes
    ----------
    shop : position of each among the history's shops (n,)
    weight : contacts, of large half hours less (n, days, half hours); 0 where unknown
    work_s : mean handle time × weight (n, days, half hours)
    most : by what an observed mean may exceed the expected one (n, days, half hours)
    promotion : days in a promotion phase (n, days)
    recency : weight of each day for the last (days,)
    """

    shop: npt.NDArray[np.intp]
    weight: Array
    work_s: Array
    most: Array
    promotion: Bools
    recency: Array

    @classmethod
    def of(cls, history: History, events: Events) -> _Observed:
        """Return what a history with handle times tells."""
        seconds = np.full_like(history.counts, np.nan) if history.aht_s is None else history.aht_s
        told = np.isfinite(seconds) & (history.counts > 0)
        shop = np.flatnonzero(told.any(axis=(1, 2)))
        told = told[shop]
        contacts = np.where(told, history.counts[shop], 0.0)
        weight = contacts / (1 + contacts / FULL_WEIGHT)
        return cls(
            shop=shop,
            weight=weight,
            work_s=np.where(told, seconds[shop], 0.0) * weight,
            # The mean of n exponential times scatters by 1 / sqrt(n) of itself.
            most=2 + 4 / np.sqrt(np.maximum(weight, 1e-6)),
            promotion=_promotion_days([history.shops[i] for i in shop], events, history.days),
            recency=0.5 ** (np.arange(len(history.days))[::-1] / HALF_LIFE_DAYS),
        )

    def without_outliers(self, factors: _Factors) -> Array:
        """Return the work, cut back to what the mean of so many contacts may be."""
        of_day = factors.level * np.where(self.promotion, factors.promotion[:, None], 1.0)
        usual = of_day[:, :, None] * factors.shape[:, None, :] * self.weight
        return np.clip(self.work_s, usual / self.most, usual * self.most)


@dataclass(frozen=True, kw_only=True)
class _Factors:
    """What handle times are made of.

    Attributes
    ----------
    level : seconds around each day (n, days)
    shape : time of day (n, half hours)
    promotion : promotion days over others (n,)
    work_s, asked : work of each day without outliers, and the same at a level of one (n, days)
    """

    level: Array
    shape: Array
    promotion: Array
    work_s: Array
    asked: Array


def _fit(past: _Observed, category: npt.NDArray[np.object_]) -> _Factors:
    """Return the factors behind the observed handle times."""
    shops, days, half_hours = past.weight.shape
    age = np.arange(days)
    near = 0.5 ** (np.abs(age[:, None] - age) / HALF_LIFE_DAYS)
    peers = (category[:, None] == category[None, :]).astype(np.float64)
    shape, promotion = np.ones((shops, half_hours)), np.ones(shops)
    work_s = past.work_s
    for _ in range(PASSES):
        of_day = work_s.sum(axis=2)
        on_day = np.where(past.promotion, promotion[:, None], 1.0)
        asked = (past.weight @ shape[:, :, None])[:, :, 0] * on_day
        level = (of_day @ near) / np.maximum(asked @ near, LEAST)
        shape = _time_of_day(past, work_s, level * on_day, peers)
        promotion = _promotion_factor(past, of_day / np.maximum(level, LEAST), asked / on_day)
        factors = _Factors(
            level=level, shape=shape, promotion=promotion, work_s=of_day, asked=asked
        )
        work_s = past.without_outliers(factors)
    return factors


def _time_of_day(past: _Observed, work_s: Array, of_day: Array, peers: Array) -> Array:
    """Return handle time over the day's (n, half hours), smooth, shrunk towards the peers'."""
    share = past.recency / np.maximum(of_day, LEAST)
    own = _smooth((share[:, None, :] @ work_s)[:, 0])
    contacts = _smooth(past.recency @ past.weight)
    everyone = _shrunk(own.sum(axis=0), contacts.sum(axis=0), 1.0)
    of_peers = _shrunk(peers @ own, peers @ contacts, everyone)
    shape = _shrunk(own, contacts, of_peers)
    total = contacts.sum(axis=1)
    mean = np.where(total > 0, (shape * contacts).sum(axis=1) / np.maximum(total, LEAST), 1.0)
    return shape / mean[:, None]


def _shrunk(own: Array, contacts: Array, prior: Array | float) -> Array:
    return np.asarray((own + SHAPE_CONTACTS * prior) / (contacts + SHAPE_CONTACTS))


def _promotion_factor(past: _Observed, relative: Array, contacts: Array) -> Array:
    """Return handle time on promotion days over that on others (n,).

    Parameters
    ----------
    relative : each day's work over the level of its time (n, days)
    contacts : what it would be on other days (n, days)
    """
    own = relative.sum(axis=1, where=past.promotion)
    behind = contacts.sum(axis=1, where=past.promotion)
    everyone = (own.sum() + PROMOTION_CONTACTS) / (behind.sum() + PROMOTION_CONTACTS)
    return np.asarray((own + PROMOTION_CONTACTS * everyone) / (behind + PROMOTION_CONTACTS))


def _level_now(past: _Observed, factors: _Factors, stated_s: Array) -> Array:
    """Return the level after the last day in seconds (n,), with what is stated as a prior."""
    trust = np.where(np.isfinite(stated_s), STATED_CONTACTS, 0.0)
    work_s = factors.work_s @ past.recency + trust * np.nan_to_num(stated_s)
    return np.asarray(work_s / np.maximum(factors.asked @ past.recency + trust, LEAST))


def _smooth(values: Array) -> Array:
    """Return each half hour's sum with its neighbours' (n, half hours), weighted to sum one."""
    reach = len(SMOOTH) // 2
    wide = np.pad(values, ((0, 0), (reach, reach)))
    view = np.lib.stride_tricks.sliding_window_view(wide, len(SMOOTH), axis=1)
    return np.asarray(view @ (SMOOTH / SMOOTH.sum()))


def _promotion_days(shops: list[str], events: Events, days: pd.DatetimeIndex) -> Bools:
    """Return which days a promotion phase runs on (shops, days)."""
    position = {date: i for i, date in enumerate(days.date)}
    found = np.zeros((len(shops), len(days)), dtype=np.bool_)
    made: dict[int, list[int]] = {}
    for i, shop in enumerate(shops):
        own = events[shop]
        if id(own) not in made:
            made[id(own)] = [
                position[date]
                for date, touching in own.items()
                if date in position and in_promotion(touching)
            ]
        found[i, made[id(own)]] = True
    return found
