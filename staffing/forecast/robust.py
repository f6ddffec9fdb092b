"""Quantiles of rows with gaps, all rows at once."""

from __future__ import annotations

import numpy as np

from staffing.forecast.history import Array


def row_quantile(values: Array, level: float) -> Array:
    """Return a quantile of what is known of each row, NaN where nothing is (rows,).

    As `numpy.nanquantile`, which goes row by row.

    >>> row_quantile(np.array([[3.0, np.nan, 1.0], [np.nan, np.nan, np.nan]]), 0.5)
    array([ 2., nan])
    """
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    ordered = np.sort(values, axis=1)
    place = level * np.maximum((~np.isnan(values)).sum(axis=1) - 1, 0)
    low = np.floor(place).astype(np.int64)
    high = np.ceil(place).astype(np.int64)
    row = np.arange(len(values))
    below, above = ordered[row, low], ordered[row, high]
    return np.asarray(below + (above - below) * (place - low))
