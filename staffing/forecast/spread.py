"""How wrong a forecast may be: the variance behind its quantiles.

The variance of an interval's contacts is ``phi * mean + sigma**2 * mean**2``: counting noise and
the error of the day's total, the latter from the residuals of the backtest. Counts are taken as
negative binomial (Jongbloed & Koole 2001 for the doubly stochastic arrivals of call centres).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from staffing.forecast.history import Array, History
from staffing.forecast.profile import RECENT_DAYS, Profiles

LEAST_SIGMA = 0.03
POOLED_ERRORS = 10.0
"""Errors whose weight a shop's own need to match all shops'."""
PRIOR_SIGMA = 0.25
"""Without any backtest: the day-to-day error of a cold start."""
EVENT_SIGMA = 0.3
"""Added on event days: events forecast from one earlier one err by 17-40 % (WAPE)."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Per shop: relative error of the day's total and overdispersion of a half hour.

    Attributes
    ----------
    sigma : relative standard deviation of a day's forecast (shops,)
    phi : variance over mean of a half hour's counts given the day's total (shops,), at least 1
    """

    sigma: Array
    phi: Array

    def variance(self, mean: Array, event: Array) -> Array:
        """Return the variance of counts with this mean (shops, n); `event` marks event days."""
        sigma2 = self.sigma[:, None] ** 2 + np.where(event, EVENT_SIGMA**2, 0.0)
        return np.asarray(self.phi[:, None] * mean + sigma2 * mean**2)


def quantile(mean: Array, variance: Array, level: float) -> Array:
    """Return a quantile of negative binomial counts with this mean and variance."""
    mean = np.asarray(mean, dtype=np.float64)
    safe = np.maximum(mean, 1e-9)
    over = np.maximum(variance / safe, 1 + 1e-6)
    found = stats.nbinom.ppf(level, safe / (over - 1), 1 / over)
    return np.where(mean <= 1e-9, 0.0, found)


def spread(history: History, profiles: Profiles, errors: pd.DataFrame) -> Spread:
    """Return the spread behind a forecast.

    Parameters
    ----------
    errors : a backtest's rows with shop_id, actual, forecast, event
    """
    phi = _overdispersion(history, profiles)
    return Spread(sigma=_sigma(history.shops, phi, errors), phi=phi)


def _sigma(shops: tuple[str, ...], phi: Array, errors: pd.DataFrame) -> Array:
    """Return relative errors, robust (80 % of the errors lie within 1.28 sigma), shrunk."""
    usual = errors[~errors["event"]]
    own2, number = np.zeros(len(shops)), np.zeros(len(shops))
    for i, shop in enumerate(shops):
        rows = usual[usual["shop_id"] == shop]
        if rows.empty:
            continue
        log = np.log((rows["actual"] + 0.5) / (rows["forecast"] + 0.5)).abs()
        noise = phi[i] / max(float(rows["forecast"].mean()), 1.0)
        own2[i] = max((float(log.quantile(0.8)) / 1.2816) ** 2 - noise, LEAST_SIGMA**2)
        number[i] = len(rows)
    if not number.any():
        return np.full(len(shops), PRIOR_SIGMA)
    pooled = float(np.average(own2, weights=number))
    return np.sqrt((number * own2 + POOLED_ERRORS * pooled) / (number + POOLED_ERRORS))


def _overdispersion(history: History, profiles: Profiles) -> Array:
    """Return variance over mean of half hours around total × profile, per shop."""
    days = history.days[-RECENT_DAYS:]
    found = np.ones(len(history.shops))
    for i, shop in enumerate(history.shops):
        if shop in history.daily_only:
            continue
        counts = history.counts[i, -RECENT_DAYS:]
        totals = np.nansum(counts, axis=1)
        expected = totals[:, None] * profiles.of(i, days, {s: {} for s in history.shops})
        use = ~np.isnan(counts) & (expected > 0.05)
        if use.sum() > 100:
            found[i] = np.mean((counts[use] - expected[use]) ** 2 / expected[use])
    return np.clip(found, 1.0, 5.0)
