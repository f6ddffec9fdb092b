"""How wrong a forecast may be: the variance behind its quantiles, and how errors hang together.

The variance of a day's contacts is ``phi * mean + sigma**2 * mean**2``: counting noise and the
error of the forecast, the latter from the residuals of the backtest. A half hour adds what its
share of the day errs by. Counts are negative binomial (`counts`); quantile levels are stretched
so that the backtest's own days fell inside as often as the levels say (recalibration by the
probability integral transform; Dawid 1984).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from staffing.forecast.calendar import Events
from staffing.forecast.counts import level_of, quantiles
from staffing.forecast.history import Array, History
from staffing.forecast.profile import RECENT_DAYS, Profiles, shaped
from staffing.forecast.robust import row_quantile

LEAST_SIGMA = 0.03
POOLED_ERRORS = 10.0
"""Errors whose weight a shop's own need to match all shops'."""
MOST_OF_USUAL = 9.0
"""Multiple of the median shop's squared error beyond which a shop no longer counts more."""
PRIOR_SIGMA = 0.25
"""Without any backtest: the day-to-day error of a cold start."""
KINDS = ("ordinary", "odd", "promotion")
"""Kinds of days that err differently; odd are holidays, special days and dates that repeat."""
PRIOR_EXTRA = (0.0, 0.1, 0.3)
"""What a kind of days adds to the relative error when none was tested: a promotion forecast from
one earlier one errs by 17-40 % (WAPE)."""
PRIOR_EXTRA_ERRORS = 20.0
"""Errors on days of a kind whose weight the tested ones need to match `PRIOR_EXTRA`."""
FEWEST_EXPECTED = 0.05
"""Contacts below which a half hour tells nothing."""
SCORED_DAYS = 1000
"""About as many of the tested days suffice to calibrate half hours."""
FEWEST_HALF_HOURS = 100
"""Half hours below which overdispersion cannot be told from none."""
MOST_OVERDISPERSED = 5.0
MOST_PROFILE_SIGMA = 0.5
Z80, SHARE80 = 1.2816, 0.8
"""80 % of normal errors lie within 1.28 standard deviations."""
Z95, SHARE95 = 1.96, 0.95
PRIOR_STRETCH = (1.0, 1.12)
"""What the scores of 80 and 95 % intervals are stretched by when little tells: errors have
heavier tails than a negative binomial count."""
PRIOR_RANKS, PRIOR_TESTS = 60.0, 1.0
"""Tested days and origins that weigh as much as `PRIOR_STRETCH`."""
MOST_STRETCH = 2.0
PRIOR_TIES = {"all": 0.05, "day": 0.10, "shop": 0.30}
"""Shares of the error's variance that all shops' whole horizon, all shops' day and a shop's whole
horizon have in common, when too few origins tell; assumed."""
PRIOR_ORIGINS = 6.0


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Doubt about the contacts of each shop.

    Attributes
    ----------
    sigma : relative standard deviation of an ordinary day's forecast (shops,)
    extra : what days of each of `KINDS` add to it, in quadrature
    phi : variance over mean of a half hour's counts given the day's total (shops,), at least 1
    profile_sigma : relative error of a half hour's share of the day (shops,)
    stretch, half_stretch : what the normal scores of 80 and 95 % intervals are multiplied by, of
        days and of half hours
    ties : shares of the error's variance in common: all, day, shop
    """

    sigma: Array
    extra: tuple[float, float, float]
    phi: Array
    profile_sigma: Array
    stretch: tuple[float, float]
    half_stretch: tuple[float, float]
    ties: dict[str, float]

    def variance(
        self,
        shop: npt.NDArray[np.integer],
        mean: Array,
        kind: npt.NDArray[np.integer],
        *,
        half_hours: bool,
    ) -> Array:
        """Return the variance of counts.

        Parameters
        ----------
        shop : position of each row's shop (n,)
        mean : expected contacts of each row (n,)
        kind : the kind of each row's day, see `kinds` (n,)
        half_hours : whether rows are half hours, else days
        """
        return self.around(shop, mean, self.relative(shop, kind), half_hours=half_hours)

    def relative(self, shop: npt.NDArray[np.integer], kind: npt.NDArray[np.integer]) -> Array:
        """Return the relative variance of the forecast of each row's day (n,)."""
        return np.asarray(self.sigma[shop] ** 2 + np.square(self.extra)[kind])

    def around(
        self, shop: npt.NDArray[np.integer], mean: Array, relative: Array, *, half_hours: bool
    ) -> Array:
        """Return the variance of counts, given that of their day's forecast (n,)."""
        if half_hours:
            relative = relative + self.profile_sigma[shop] ** 2
        return np.asarray(self.phi[shop] * mean + relative * mean**2)

    def quantiles(
        self, mean: Array, variance: Array, levels: Sequence[float], *, half_hours: bool
    ) -> Array:
        """Return quantiles of counts (n, levels), at levels stretched as the backtest tells."""
        z = special.ndtri(np.asarray(levels, dtype=np.float64))
        stretch = self.half_stretch if half_hours else self.stretch
        factor = np.interp(np.abs(z), [Z80, Z95], stretch)
        return quantiles(mean, variance, special.ndtr(z * factor).tolist())


def kinds(rows: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the position in `KINDS` of each row's day, from its columns event and odd (n,)."""
    return np.where(rows["event"].to_numpy(bool), 2, rows["odd"].to_numpy(bool)).astype(np.int64)


def spread(
    shops: Sequence[str], noise: Noise, errors: pd.DataFrame, level_sd: Array | None = None
) -> Spread:
    """Return the spread behind a forecast.

    Parameters
    ----------
    shops : their order
    noise : how half hours err around the day's total
    errors : a backtest's usable rows: shop_id, origin, date, actual, forecast, event, odd
    level_sd : further doubt about each shop's level: of a shop with little history (shops,)
    """
    shop, kind = _shop_of(shops, errors), kinds(errors)
    sigma = _sigma(noise.phi, shop[kind == 0], errors[kind == 0])
    if level_sd is not None:
        sigma = np.hypot(sigma, level_sd)
    odd, promotion = (
        _extra(sigma, noise.phi, shop[kind == k], errors[kind == k], k) for k in (1, 2)
    )
    plain = Spread(
        sigma=sigma,
        extra=(0.0, odd, promotion),
        phi=noise.phi,
        profile_sigma=noise.profile_sigma,
        stretch=PRIOR_STRETCH,
        half_stretch=PRIOR_STRETCH,
        ties=PRIOR_TIES,
    )
    if errors.empty:
        return plain
    score = _scores(plain, shop, errors)
    return replace(
        plain,
        stretch=_stretch(score, errors["origin"].nunique()),
        ties=_ties(errors.assign(score=score)),
    )


def calibrated(doubt: Spread, history: History, profiles: Profiles, errors: pd.DataFrame) -> Spread:
    """Return a spread with the quantiles of half hours stretched as those of the past ask."""
    score = _half_scores(doubt, history, profiles, _shop_of(history.shops, errors), errors)
    return replace(doubt, half_stretch=_stretch(score, errors["origin"].nunique()))


def _shop_of(shops: Sequence[str], errors: pd.DataFrame) -> npt.NDArray[np.int64]:
    return pd.Categorical(errors["shop_id"], categories=list(shops)).codes.astype(np.int64)


def _scores(plain: Spread, shop: npt.NDArray[np.int64], errors: pd.DataFrame) -> Array:
    """Return the normal scores of the days that came (n,)."""
    mean = errors["forecast"].to_numpy()
    variance = plain.variance(shop, mean, kinds(errors), half_hours=False)
    return _normal_score(errors["actual"].to_numpy(), mean, variance)


def _half_scores(
    plain: Spread,
    history: History,
    profiles: Profiles,
    shop: npt.NDArray[np.int64],
    errors: pd.DataFrame,
) -> Array:
    """Return the normal scores of half hours of the latest ordinary days that came (n,)."""
    day = history.days.get_indexer(pd.DatetimeIndex(errors["date"]))
    timed = np.array([name not in history.daily_only for name in history.shops])
    use = np.flatnonzero((day >= 0) & timed[shop] & (kinds(errors) == 0))
    use = use[:: max(len(use) // SCORED_DAYS, 1)]
    if not len(use):
        return np.zeros(0)
    every, of = np.unique(day[use], return_inverse=True)
    share = profiles.ordinary(history.days[every])[shop[use], of]
    mean = errors["forecast"].to_numpy()[use, None] * share
    came = history.counts[shop[use], day[use]]
    row, slot = np.nonzero(~np.isnan(came) & (mean > FEWEST_EXPECTED))
    at = (row, slot)
    kind = np.zeros(len(row), dtype=np.int64)
    variance = plain.variance(shop[use][row], mean[at], kind, half_hours=True)
    return _normal_score(came[at], mean[at], variance)


def _normal_score(count: Array, mean: Array, variance: Array) -> Array:
    level = np.clip(level_of(count, mean, variance), 1e-6, 1 - 1e-6)
    return np.asarray(special.ndtri(level), dtype=np.float64)


def _stretch(score: Array, origins: int) -> tuple[float, float]:
    """Return what makes the scores of 80 and 95 % intervals hold as many as they say."""
    if not len(score):
        return PRIOR_STRETCH
    trust = min(len(score) / (len(score) + PRIOR_RANKS), origins / (origins + PRIOR_TESTS))
    seen = np.quantile(np.abs(score), (SHARE80, SHARE95)) / (Z80, Z95)
    seen = np.clip(seen, 1 / MOST_STRETCH, MOST_STRETCH)
    found = (seen**trust * np.array(PRIOR_STRETCH) ** (1 - trust)).tolist()
    # Levels must not cross: the wider score stays the wider.
    return found[0], max(found[1], found[0] * Z80 / Z95)


def _ties(scores: pd.DataFrame) -> dict[str, float]:
    """Return how much of the error's variance is common: to all, to a day, to a shop.

    The mean product of two different errors of one origin, of one day, of one shop estimates
    what the pair has in common.
    """
    groups = {"all": ["origin"], "day": ["origin", "date"], "shop": ["origin", "shop_id"]}
    shared = {name: _pairs(scores, by) for name, by in groups.items()}
    origins = scores["origin"].nunique()
    trust = origins / (origins + PRIOR_ORIGINS)
    apart = {"all": 0.0, "day": shared["all"], "shop": shared["all"]}
    found = {
        name: float(np.clip(trust * (shared[name] - apart[name]) + (1 - trust) * prior, 0.0, 0.9))
        for name, prior in PRIOR_TIES.items()
    }
    total = max(sum(found.values()), 1.0)
    return {name: value / total for name, value in found.items()}


def _pairs(scores: pd.DataFrame, by: list[str]) -> float:
    """Return the mean product of two different scores of a group."""
    total = float((scores["score"] ** 2).mean()) or 1.0
    grouped = scores.assign(square=scores["score"] ** 2).groupby(by, sort=False)
    sums, squares, size = grouped["score"].sum(), grouped["square"].sum(), grouped.size()
    number = float((size * (size - 1)).sum())
    return float((sums**2 - squares).sum() / number / total) if number else 0.0


def _log_errors(rows: pd.DataFrame) -> Array:
    actual, expected = rows["actual"].to_numpy(), rows["forecast"].to_numpy()
    return np.asarray(np.abs(np.log((actual + 0.5) / (expected + 0.5))))


def _sigma(phi: Array, shop: npt.NDArray[np.int64], usual: pd.DataFrame) -> Array:
    """Return relative errors of ordinary days, robust, shrunk towards all shops'."""
    number = np.bincount(shop, minlength=len(phi))
    has = number > 0
    errors, means = (
        _by_shop(each, shop, number) for each in (_log_errors(usual), usual["forecast"].to_numpy())
    )
    scale = row_quantile(errors, SHARE80)[has] / Z80
    noise = phi[has] / np.maximum(np.nanmean(means[has], axis=1), 1.0)
    own2 = np.zeros(len(phi))
    own2[has] = np.maximum(scale**2 - noise, LEAST_SIGMA**2)
    if not number.any():
        return np.full(len(phi), PRIOR_SIGMA)
    # One shop that has fallen silent says nothing about the others.
    most = MOST_OF_USUAL * float(np.median(own2[number > 0]))
    pooled = float(np.average(np.minimum(own2, most), weights=number))
    return np.sqrt((number * own2 + POOLED_ERRORS * pooled) / (number + POOLED_ERRORS))


def _by_shop(values: Array, shop: npt.NDArray[np.int64], number: npt.NDArray[np.intp]) -> Array:
    """Return values in one row a shop, filled up with NaN (shops, most of a shop)."""
    order = np.argsort(shop, kind="stable")
    place = np.arange(len(shop)) - np.repeat(np.cumsum(number) - number, number)
    found = np.full((len(number), int(number.max(initial=0))), np.nan)
    found[shop[order], place] = values[order]
    return found


def _extra(
    sigma: Array, phi: Array, shop: npt.NDArray[np.int64], rows: pd.DataFrame, kind: int
) -> float:
    """Return what days of a kind add to the relative error, robust, shrunk towards the prior."""
    number = len(rows)
    if not number:
        return PRIOR_EXTRA[kind]
    noise = phi[shop] / np.maximum(rows["forecast"].to_numpy(), 1.0)
    usual = np.sqrt(sigma[shop] ** 2 + noise)
    # How much wider than usual the errors are, and what that leaves for the kind itself.
    wider = float(np.quantile(_log_errors(rows) / usual, SHARE80)) / Z80
    extra2 = max(wider**2 - 1, 0.0) * float(np.median(usual)) ** 2
    total = number * extra2 + PRIOR_EXTRA_ERRORS * PRIOR_EXTRA[kind] ** 2
    return float(np.sqrt(total / (number + PRIOR_EXTRA_ERRORS)))


@dataclass(frozen=True, kw_only=True)
class Noise:
    """How half hours err around the day's total × profile.

    Attributes
    ----------
    phi : variance over mean of a half hour's counts given the day's total (shops,), at least 1
    profile_sigma : relative error of a half hour's share of the day (shops,)
    """

    phi: Array
    profile_sigma: Array


def half_hour_noise(history: History, events: Events, profiles: Profiles) -> Noise:
    """Return how the half hours of a history err.

    Their squared errors are taken to grow as ``phi * mean + (profile_sigma * mean)**2``; both are
    found by least squares weighted with the inverse mean, on days without promotions.
    """
    recent = history.latest(RECENT_DAYS)
    shops = len(history.shops)
    phi, profile = np.ones(shops), np.zeros(shops)
    timed = np.array([shop not in history.daily_only for shop in history.shops])
    use = timed[:, None] & ~shaped(events, recent)
    expected = np.nansum(recent.counts, axis=2)[:, :, None] * profiles.ordinary(recent.days)
    for i in np.flatnonzero(use.any(axis=1)):
        counts, mean = recent.counts[i][use[i]], expected[i][use[i]]
        kept = ~np.isnan(counts) & (mean > FEWEST_EXPECTED)
        if kept.sum() <= FEWEST_HALF_HOURS:
            continue
        counts, mean = counts[kept], mean[kept]
        ratio = (counts - mean) ** 2 / mean
        apart = float(((mean - mean.mean()) ** 2).sum())
        slope = float((ratio * (mean - mean.mean())).sum()) / apart if apart > 0 else 0.0
        slope = float(np.clip(slope, 0.0, MOST_PROFILE_SIGMA**2))
        start = float(ratio.mean()) - slope * float(mean.mean())
        if start < 1.0:
            slope = max((float(ratio.mean()) - 1.0) / float(mean.mean()), 0.0)
        phi[i], profile[i] = np.clip(start, 1.0, MOST_OVERDISPERSED), np.sqrt(slope)
    return Noise(phi=phi, profile_sigma=np.minimum(profile, MOST_PROFILE_SIGMA))
