"""Seats under an uncertain forecast: the service level to expect, not that of the mean.

A forecast's mean is right on average, its service level is not: too few seats on a busy day cost
more contacts than too many on a quiet one win, and the busy day has more contacts to lose. What
counts is the share of all contacts answered in time, ``E[L * SL(n, L)] / E[L]`` with the contacts
``L`` gamma distributed around the forecast (Jongbloed & Koole 2001; Whitt 2006). Weighting a
gamma distribution with its own variable is again a gamma, of one more in shape.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NODES = 16
"""Volumes that stand for the distribution: the middles of as many equal parts of it."""
CERTAIN = 1e-9
"""Squared relative doubt below which there is none."""


def volumes(mean: Array, variance: Array) -> Array:
    """Return the volumes that contacts see, each as likely as the others (n, NODES).

    Parameters
    ----------
    mean : contacts expected (n,)
    variance : of the counts; what exceeds the mean is doubt about the rate (n,)

    >>> volumes(np.array([100.0]), np.array([100.0])).std()
    np.float64(0.0)
    """
    doubt = (variance - mean) / np.maximum(mean, CERTAIN) ** 2
    certain = (doubt <= CERTAIN) | (mean <= 0)
    shape = 1 / np.where(certain, 1.0, doubt)
    middle = (np.arange(NODES) + 0.5) / NODES
    drawn = special.gammaincinv(shape[:, None] + 1, middle) * (mean / shape)[:, None]
    return np.where(certain[:, None], mean[:, None], drawn)


def fewest(level: Callable[[Ints, Ints], Array], start: Ints, target: Array) -> Ints:
    """Return the fewest seats whose service level reaches the target (n,).

    Parameters
    ----------
    level : the service level of some rows at some seats, given positions and seats; never
        falling in the seats, and at last above any target
    start : seats to begin the search from (n,)
    target : service level to reach, below 1 (n,)
    """
    high = start.copy()
    low = np.full(len(start), -1, dtype=np.int64)
    open_ = np.arange(len(start))
    while len(open_):
        short = open_[level(open_, high[open_]) < target[open_]]
        low[short] = high[short]
        high[short] += np.maximum(high[short] // 8, 1)
        open_ = short
    open_ = np.flatnonzero(high - low > 1)
    # Most answers lie just below the bracket's upper end.
    middle = high - 1
    while len(open_):
        tried = middle[open_]
        enough = level(open_, tried) >= target[open_]
        high[open_[enough]] = tried[enough]
        low[open_[~enough]] = tried[~enough]
        open_ = open_[high[open_] - low[open_] > 1]
        middle[open_] = (low[open_] + high[open_]) // 2
    return high
