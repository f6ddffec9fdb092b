"""Quantiles of counts whose rate is itself uncertain: the negative binomial distribution.

A Poisson count with a gamma rate (Jongbloed & Koole 2001 for the doubly stochastic arrivals of
call centres). Made for millions of half hours: small counts by the recursion of their
probabilities, all at once; large ones by the cube-root approximation of the gamma distribution
(Wilson & Hilferty 1931).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

LARGE = 25.0
"""Mean from which on a count is as good as continuous."""
NOTHING = 1e-9
LEAST_OVER = 1e-6
"""Variance over mean less one below which counts are Poisson."""


def quantiles(mean: Array, variance: Array, levels: Sequence[float]) -> Array:
    """Return quantiles of counts with this mean and variance (n, levels); they never cross.

    >>> quantiles(np.array([100.0, 2.0, 0.0]), np.array([500.0, 2.0, 0.0]), [0.1, 0.9])
    array([[ 73., 129.],
           [  0.,   4.],
           [  0.,   0.]])
    """
    mean = np.asarray(mean, dtype=np.float64)
    over = np.maximum(np.asarray(variance) / np.maximum(mean, NOTHING) - 1, LEAST_OVER)
    found = np.zeros((len(mean), len(levels)))
    large = mean >= LARGE
    found[large] = _large(mean[large], over[large], levels)
    small = (mean > NOTHING) & ~large
    # What rounds to the same has the same quantiles: most half hours are alike.
    pairs = np.column_stack([np.round(mean[small], 3), _three_digits(over[small])])
    known, of = _distinct(pairs)
    found[small] = _small(known[:, 0], known[:, 1], levels)[of]
    return found


def _distinct(pairs: Array) -> tuple[Array, npt.NDArray[np.int64]]:
    code = pairs[:, 0] + 1j * pairs[:, 1]
    known, of = np.unique(code, return_inverse=True)
    return np.column_stack([known.real, known.imag]), of.astype(np.int64)


def _three_digits(over: Array) -> Array:
    scale = 10.0 ** (2 - np.floor(np.log10(over)))
    return np.asarray(np.round(over * scale) / scale)


def _large(mean: Array, over: Array, levels: Sequence[float]) -> Array:
    scale = 1 + over
    shape = mean / scale
    z = special.ndtri(levels)
    root = 1 - 1 / (9 * shape[:, None]) + z / (3 * np.sqrt(shape[:, None]))
    return np.asarray(np.round(shape[:, None] * scale[:, None] * np.maximum(root, 0.0) ** 3))


def _small(mean: Array, over: Array, levels: Sequence[float]) -> Array:
    """Return the least count whose cumulative probability reaches each level."""
    found = np.zeros((len(mean), len(levels)))
    size, left = mean / over, np.arange(len(mean))
    odds = over / (1 + over)
    term = np.exp(-size * np.log1p(over))
    total = term.copy()
    count, top = 0, np.max(levels, initial=0.0)
    while len(left):
        found[left] += total[:, None] < np.asarray(levels)
        term *= odds * (size + count) / (count + 1)
        total += term
        count += 1
        # Rounding may keep the sum below a level next to one for ever.
        open_ = (total - term < top) & ((term > 1e-15) | (count < LARGE))
        if not open_.all():
            left, size, odds = left[open_], size[open_], odds[open_]
            term, total = term[open_], total[open_]
    return found


def level_of(count: Array, mean: Array, variance: Array) -> Array:
    """Return the cumulative probability of counts, halfway into their own probability (n,)."""
    mean = np.maximum(np.asarray(mean, dtype=np.float64), NOTHING)
    over = np.maximum(variance / mean - 1, LEAST_OVER)
    size, chance = mean / over, 1 / (1 + over)
    upto = special.betainc(size, np.floor(count) + 1, chance)
    before = np.where(count < 1, 0.0, special.betainc(size, np.maximum(np.floor(count), 1), chance))
    return np.asarray((upto + before) / 2)


def rate_quantile(mean: Array, variance: Array, level: float) -> Array:
    """Return a quantile of the contacts to expect, apart from the luck of their arrivals.

    The rate behind the counts is gamma; a queue's formula has the arrivals' own (Poisson) noise
    in it already. Levels from one half on never give less than the mean.

    >>> rate_quantile(np.array([100.0]), np.array([500.0]), 0.9).round(1)
    array([126.3])
    """
    mean = np.asarray(mean, dtype=np.float64)
    beyond = variance - mean
    certain = beyond <= NOTHING * np.maximum(mean, 1.0)
    scale = np.where(certain, 1.0, beyond) / np.maximum(mean, NOTHING)
    found = special.gammaincinv(np.maximum(mean, NOTHING) / scale, level) * scale
    found = np.where(certain, mean, found)
    return np.maximum(found, mean) if level >= 0.5 else found
