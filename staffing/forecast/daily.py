"""Contacts of a shop's day: level × weekday × holiday × event.

Everything is additive on the log of the day's contacts. The level is a local, exponentially
weighted mean; weekday and holiday factors come from a weighted regression in which priors stand
as pseudo-observations (Theil & Goldberger 1961); event factors are the mean excess of the
shop's own past days of the same phase, shrunk towards all shops' (James & Stein 1961) because a
single past event is a poor guide to the next.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import statsmodels.api as sm

from staffing.forecast.calendar import (
    HOLIDAY_KINDS,
    EventDay,
    EventKey,
    holiday_kinds,
    weekdays,
)
from staffing.forecast.history import Array, History

LEVEL_HALF_LIFE_DAYS = 14.0
WEEKDAY_HALF_LIFE_DAYS = 120.0
EVENT_DAY_WEIGHT = 0.25
"""How much a day inside an event says about the level, against an ordinary day."""
WEEKDAY_PRIOR_DAYS = 4.0
HOLIDAY_PRIOR_DAYS = 2.0
HOLIDAY_PRIOR = {"spring_festival": float(np.log(0.5)), "holiday": 0.0}
EVENT_PRIOR_DAYS = 1.0
"""Pseudo-observations that pull a shop's own event factor towards all shops'."""
POOLED_PRIOR_DAYS = 2.0
"""Pseudo-observations that pull all shops' event factor towards none."""
OUTLIER = 3.5
"""Robust standard deviations beyond which a day counts as if it stood there."""
ROUNDS = 2

Events = Mapping[str, Mapping[dt.date, list[EventDay]]]


@dataclass(frozen=True, kw_only=True)
class DailyModel:
    """The factors of every shop, on the log scale.

    Attributes
    ----------
    shops : shop ids, the order of every array
    level : log of an ordinary day's contacts now (shops,)
    weekday : Monday..Sunday (shops, 7), mean zero over the week
    holiday : in the order of HOLIDAY_KINDS (shops, 2)
    event : per shop, event key -> factor of a whole day of it
    smear : correction from the median to the mean (shops,); Duan 1983
    """

    shops: tuple[str, ...]
    level: Array
    weekday: Array
    holiday: Array
    event: tuple[dict[EventKey, float], ...]
    pooled: dict[EventKey, float]
    smear: Array

    def predict(self, days: pd.DatetimeIndex, events: Events) -> Array:
        """Return expected contacts (shops, days)."""
        log = self.level[:, None] + self.weekday[:, weekdays(days)]
        for j, kind in enumerate(holiday_kinds(days)):
            if kind is not None:
                log[:, j] += self.holiday[:, HOLIDAY_KINDS.index(kind)]
        for i, shop in enumerate(self.shops):
            for j, day in enumerate(days):
                log[i, j] += self.event_factor(i, events[shop].get(day.date(), []))
        return np.maximum(np.exp(log) * self.smear[:, None] - 0.5, 0.0)

    def event_factor(self, shop: int, touching: list[EventDay]) -> float:
        """Return the log factor of the events that touch a day of a shop.

        A phase that covers only part of the window lifts only that part, so its multiple is
        averaged over the window.
        """
        total = 0.0
        for event in touching:
            if event.strength is not None:
                log = float(np.log1p((event.strength - 1) * event.share))
            else:
                log = self.event[shop].get(event.key, self.pooled.get(event.key, 0.0))
            total += log
        return total


def fit(history: History, events: Events) -> DailyModel:
    """Estimate the factors from a history.

    Parameters
    ----------
    history : counts per shop and service day
    events : the promotion phases that touched each shop's days
    """
    log = np.log(history.totals + 0.5)
    touched = _touched(history, events)
    kinds = holiday_kinds(history.days)
    week = weekdays(history.days)
    design = _design(week, kinds)
    special = touched | np.array([kind is not None for kind in kinds])
    seasonal = np.zeros((len(history.shops), design.shape[1]))
    excess = np.zeros_like(log)
    for _ in range(ROUNDS):
        weight = np.where(np.isnan(log), 0.0, np.where(special, EVENT_DAY_WEIGHT, 1.0))
        level = _local_level(log - seasonal @ design.T - excess, weight)
        seasonal = _seasonal(_clipped(log - level - excess), touched, design)
        own, pooled = _event_factors(log - level - seasonal @ design.T, history, events)
        excess = _excess(history, events, own)
    rest = log - seasonal @ design.T - excess
    level = _local_level(rest, weight)
    residual = _clipped(rest - level)
    return DailyModel(
        shops=history.shops,
        level=level[:, -1],
        weekday=seasonal[:, :7],
        holiday=seasonal[:, 7:],
        event=own,
        pooled=pooled,
        smear=_smear(residual, special),
    )


def _touched(history: History, events: Events) -> np.ndarray:
    """Return which (shop, day) lie in a phase or its tail."""
    dates = [day.date() for day in history.days]
    return np.array([[day in events[shop] for day in dates] for shop in history.shops])


def _design(week: np.ndarray, kinds: list[str | None]) -> Array:
    """Return indicator columns (days, 7 weekdays + holiday kinds)."""
    columns = [week == d for d in range(7)]
    columns += [np.array([kind == k for kind in kinds]) for k in HOLIDAY_KINDS]
    return np.column_stack(columns).astype(np.float64)


def _local_level(rest: Array, weight: Array) -> Array:
    """Return the two-sided exponentially weighted mean of each day's neighbourhood."""
    days = np.arange(rest.shape[1])
    kernel = 0.5 ** (np.abs(days[:, None] - days[None, :]) / LEVEL_HALF_LIFE_DAYS)
    known = np.nan_to_num(rest)
    level = _ratio((known * weight) @ kernel, weight @ kernel)
    spread = _robust_spread(np.where(weight > 0, rest - level, np.nan))
    steady = level + np.clip(np.nan_to_num(rest - level), -OUTLIER * spread, OUTLIER * spread)
    return _ratio((steady * weight) @ kernel, weight @ kernel)


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _robust_spread(residual: Array) -> Array:
    """Return 1.4826 × the median absolute deviation per shop (shops, 1), at least 0.02."""
    known = np.where(np.isnan(residual).all(axis=1, keepdims=True), 0.0, residual)
    deviation = np.nanmedian(np.abs(known), axis=1, keepdims=True)
    return np.maximum(1.4826 * deviation, 0.02)


def _clipped(residual: Array) -> Array:
    """Return residuals with outliers moved to `OUTLIER` robust standard deviations."""
    limit = OUTLIER * _robust_spread(residual)
    return np.clip(residual, -limit, limit)


def _seasonal(residual: Array, touched: np.ndarray, design: Array) -> Array:
    """Return weekday and holiday coefficients per shop (shops, 9).

    Two passes: the first pulls each shop towards no pattern, the second towards the median
    pattern of all shops.
    """
    prior = np.concatenate([np.zeros(7), [HOLIDAY_PRIOR[k] for k in HOLIDAY_KINDS]])
    strength = np.array([WEEKDAY_PRIOR_DAYS] * 7 + [HOLIDAY_PRIOR_DAYS] * len(HOLIDAY_KINDS))
    age = np.arange(residual.shape[1])[::-1]
    decay = 0.5 ** (age / WEEKDAY_HALF_LIFE_DAYS)
    decay = np.where(design[:, 7:].any(axis=1), 1.0, decay)
    for _ in range(2):
        fits = [
            _pseudo_wls(r, design, np.where(t | np.isnan(r), 0.0, decay), prior, strength)
            for r, t in zip(residual, touched, strict=True)
        ]
        found = np.array(fits)
        found[:, :7] -= found[:, :7].mean(axis=1, keepdims=True)
        prior = np.median(found, axis=0)
    return found


def _pseudo_wls(y: Array, design: Array, weight: Array, prior: Array, strength: Array) -> Array:
    """Return weighted least squares coefficients with priors as pseudo-observations."""
    use = weight > 0
    size = len(prior)
    endog = np.concatenate([y[use], prior])
    exog = np.vstack([design[use], np.eye(size)])
    weights = np.concatenate([weight[use], strength])
    return np.asarray(sm.WLS(endog, exog, weights=weights).fit().params, dtype=np.float64)


def _event_factors(
    residual: Array, history: History, events: Events
) -> tuple[tuple[dict[EventKey, float], ...], dict[EventKey, float]]:
    """Return each shop's log factor of each event key, and the one of all shops.

    A day that touches several keys (overlapping promotions) tells each its equal part.
    """
    position = {day.date(): j for j, day in enumerate(history.days)}
    seen: list[dict[EventKey, list[float]]] = []
    for i, shop in enumerate(history.shops):
        own: dict[EventKey, list[float]] = {}
        for day, touching in events[shop].items():
            j = position.get(day)
            if j is None or np.isnan(residual[i, j]):
                continue
            for event in touching:
                own.setdefault(event.key, []).append(float(residual[i, j]) / len(touching))
        seen.append(own)
    everyone: dict[EventKey, list[float]] = {}
    for own in seen:
        for key, values in own.items():
            everyone.setdefault(key, []).append(float(np.mean(values)))
    pooled = {
        key: float(np.median(v)) * len(v) / (len(v) + POOLED_PRIOR_DAYS)
        for key, v in everyone.items()
    }
    factors = tuple(
        {
            key: (sum(v) + EVENT_PRIOR_DAYS * pooled[key]) / (len(v) + EVENT_PRIOR_DAYS)
            for key, v in own.items()
        }
        for own in seen
    )
    return factors, pooled


def _excess(history: History, events: Events, own: tuple[dict[EventKey, float], ...]) -> Array:
    """Return the event part of each (shop, day) on the log scale."""
    excess = np.zeros((len(history.shops), len(history.days)))
    position = {day.date(): j for j, day in enumerate(history.days)}
    for i, shop in enumerate(history.shops):
        for day, touching in events[shop].items():
            if (j := position.get(day)) is not None:
                excess[i, j] = sum(own[i].get(event.key, 0.0) for event in touching)
    return excess


def _smear(residual: Array, special: np.ndarray) -> Array:
    """Return mean(exp(residual)) over ordinary days; 1 where a shop has too few (Duan 1983)."""
    use = ~special & ~np.isnan(residual)
    total = np.where(use, np.exp(np.nan_to_num(residual)), 0.0).sum(axis=1)
    number = use.sum(axis=1)
    return np.where(number >= 7, _ratio(total, number.astype(np.float64)), 1.0)
