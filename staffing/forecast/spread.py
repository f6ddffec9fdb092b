"""How wrong a forecast may be: the variance behind its quantiles.

The variance of an interval's contacts is ``phi * mean + sigma**2 * mean**2``: counting noise and
the error of the day's total, the latter from the residuals of the backtest. Counts are taken as
negative binomial (Jongbloed & Koole 2001 for the doubly stochastic arrivals of call centres).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from staffing.forecast.design import Events
from staffing.forecast.history import Array, History
from staffing.forecast.profile import RECENT_DAYS, Profiles

LEAST_SIGMA = 0.03
POOLED_ERRORS = 10.0
"""Errors whose weight a shop's own need to match all shops'."""
PRIOR_SIGMA = 0.25
"""Without any backtest: the day-to-day error of a cold start."""
EVENT_SIGMA = 0.3
"""Added on event days when none was tested: events forecast from one earlier one err by 17-40 %
(WAPE)."""
PRIOR_EVENT_ERRORS = 20.0
"""Errors on event days whose weight the tested ones need to match `EVENT_SIGMA`."""
FEWEST_HALF_HOURS = 100
"""Half hours below which overdispersion cannot be told from none."""
MOST_OVERDISPERSED = 5.0
Z80, SHARE80 = 1.2816, 0.8
"""80 % of normal errors lie within 1.28 standard deviations."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Per shop: relative error of the day's total and overdispersion of a half hour.

    Attributes
    ----------
    sigma : relative standard deviation of an ordinary day's forecast (shops,)
    event_sigma : what event days add to it, in quadrature
    phi : variance over mean of a half hour's counts given the day's total (shops,), at least 1
    """

    sigma: Array
    event_sigma: float
    phi: Array

    def variance(
        self, shop: npt.NDArray[np.integer], mean: Array, event: npt.NDArray[np.bool_]
    ) -> Array:
        """Return the variance of counts.

        Parameters
        ----------
        shop : position of each row's shop (n,)
        mean : expected contacts of each row (n,)
        event : whether an event touches the row's day (n,)
        """
        sigma2 = self.sigma[shop] ** 2 + np.where(event, self.event_sigma**2, 0.0)
        return np.asarray(self.phi[shop] * mean + sigma2 * mean**2)


def quantile(mean: Array, variance: Array, level: float) -> Array:
    """Return a quantile of negative binomial counts with this mean and variance.

    >>> quantile(np.array([100.0, 0.0]), np.array([500.0, 0.0]), 0.9)
    array([129.,   0.])
    """
    mean = np.asarray(mean, dtype=np.float64)
    safe = np.maximum(mean, 1e-9)
    over = np.maximum(variance / safe, 1 + 1e-6)
    found = stats.nbinom.ppf(level, safe / (over - 1), 1 / over)
    return np.where(mean <= 1e-9, 0.0, found)


def rate_quantile(mean: Array, variance: Array, level: float) -> Array:
    """Return a quantile of the contacts to expect, apart from the luck of their arrivals.

    The rate behind the negative binomial counts is gamma; a queue's formula has the arrivals'
    own (Poisson) noise in it already. Levels from one half on never give less than the mean.

    >>> rate_quantile(np.array([100.0]), np.array([500.0]), 0.9).round(1)
    array([126.3])
    """
    mean = np.asarray(mean, dtype=np.float64)
    beyond = variance - mean
    certain = beyond <= 1e-9 * np.maximum(mean, 1.0)
    scale = np.where(certain, 1.0, beyond) / np.maximum(mean, 1e-9)
    found = stats.gamma.ppf(level, np.maximum(mean, 1e-9) / scale, scale=scale)
    found = np.where(certain, mean, found)
    return np.maximum(found, mean) if level >= 0.5 else found


def spread(history: History, events: Events, profiles: Profiles, errors: pd.DataFrame) -> Spread:
    """Return the spread behind a forecast.

    Parameters
    ----------
    events : the promotion phases that touched each shop's days
    errors : a backtest's usable rows: shop_id, actual, forecast, event
    """
    phi = _overdispersion(history, events, profiles)
    sigma = _sigma(history.shops, phi, errors[~errors["event"]])
    extra = _event_sigma(history.shops, sigma, phi, errors[errors["event"]])
    return Spread(sigma=sigma, event_sigma=extra, phi=phi)


def _log_errors(rows: pd.DataFrame) -> Array:
    actual, expected = rows["actual"].to_numpy(), rows["forecast"].to_numpy()
    return np.asarray(np.abs(np.log((actual + 0.5) / (expected + 0.5))))


def _sigma(shops: tuple[str, ...], phi: Array, usual: pd.DataFrame) -> Array:
    """Return relative errors of ordinary days, robust, shrunk towards all shops'."""
    own2, number = np.zeros(len(shops)), np.zeros(len(shops))
    for i, shop in enumerate(shops):
        rows = usual[usual["shop_id"] == shop]
        if rows.empty:
            continue
        noise = phi[i] / max(float(rows["forecast"].mean()), 1.0)
        scale = float(np.quantile(_log_errors(rows), SHARE80)) / Z80
        own2[i] = max(scale**2 - noise, LEAST_SIGMA**2)
        number[i] = len(rows)
    if not number.any():
        return np.full(len(shops), PRIOR_SIGMA)
    pooled = float(np.average(own2, weights=number))
    prior = np.where(number > 0, pooled, max(pooled, PRIOR_SIGMA**2))
    return np.sqrt((number * own2 + POOLED_ERRORS * prior) / (number + POOLED_ERRORS))


def _event_sigma(shops: tuple[str, ...], sigma: Array, phi: Array, rows: pd.DataFrame) -> float:
    """Return what event days add to the relative error, robust, shrunk towards the prior."""
    shop = pd.Categorical(rows["shop_id"], categories=list(shops)).codes
    noise = phi[shop] / np.maximum(rows["forecast"].to_numpy(), 1.0)
    usual = np.sqrt(sigma[shop] ** 2 + noise)
    number = len(rows)
    if not number:
        return EVENT_SIGMA
    # How much wider than usual the errors are, and what that leaves for the event itself.
    wider = float(np.quantile(_log_errors(rows) / usual, SHARE80)) / Z80
    extra2 = max(wider**2 - 1, 0.0) * float(np.median(usual)) ** 2
    total = number * extra2 + PRIOR_EVENT_ERRORS * EVENT_SIGMA**2
    return float(np.sqrt(total / (number + PRIOR_EVENT_ERRORS)))


def _overdispersion(history: History, events: Events, profiles: Profiles) -> Array:
    """Return variance over mean of half hours around total × profile on ordinary days."""
    recent = history.latest(RECENT_DAYS)
    none: Events = {shop: {} for shop in history.shops}
    found = np.ones(len(history.shops))
    for i, shop in enumerate(history.shops):
        if shop in history.daily_only:
            continue
        plain = np.array([date not in events[shop] for date in recent.days.date], dtype=bool)
        counts = recent.counts[i, plain]
        totals = np.nansum(counts, axis=1)
        expected = totals[:, None] * profiles.of(i, recent.days[plain], none)
        use = ~np.isnan(counts) & (expected > 0.05)
        if use.sum() > FEWEST_HALF_HOURS:
            found[i] = np.mean((counts[use] - expected[use]) ** 2 / expected[use])
    return np.clip(found, 1.0, MOST_OVERDISPERSED)
