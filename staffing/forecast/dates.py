"""Dates of the year on which the shops together leave the pattern, as they may again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from staffing.forecast.daily import date_of
from staffing.forecast.design import Ints
from staffing.forecast.history import Array
from staffing.forecast.robust import row_quantile

SCORE = 3.0
"""Standard deviations of the shops' common error beyond which a date is expected to repeat."""
AGREEMENT = 1.5
"""Times the shops' spread that their common error must be: else it is some shops' affair."""
MOST_DATES = 24
FEWEST_SHOP_YEARS = 8
"""Shops times years that must agree on a date."""
LEAST_SHARE = 0.2
"""Share of the shops that must be known on a day for it to say anything of them all."""
MAD = 0.6745
"""Median absolute deviation of a standard normal variable."""


def repeating_dates(residual: Array, days: pd.DatetimeIndex) -> tuple[Ints, Array]:
    """Return the most telling dates and what to expect of them.

    A date that stands out by z standard deviations keeps 1 - (3 / z)² of its mean error, so that
    one at the threshold counts for nothing (James & Stein 1961, positive part).

    Parameters
    ----------
    residual : log actual - fitted where nothing else explains a day, else NaN (shops, n)
    days : (n,)

    Returns
    -------
    month × 100 + day (dates,), log factors (dates,)
    """
    number = (~np.isnan(residual)).sum(axis=0)
    use = number >= max(2.0, LEAST_SHARE * len(residual))
    if not use.any():
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    common = row_quantile(residual[:, use].T, 0.5)
    apart = row_quantile(np.abs(residual[:, use] - common).T, 0.5) / MAD
    seen = pd.DataFrame(
        {
            "date": date_of(days[use]),
            "common": common,
            "shops": number[use],
            "agreed": np.abs(common) / np.maximum(apart, 1e-6),
        }
    )
    by_date = seen.groupby("date").agg(
        mean=("common", "mean"),
        low=("common", "min"),
        high=("common", "max"),
        years=("common", "size"),
        shops=("shops", "sum"),
        agreed=("agreed", "min"),
    )
    scale = max(float(np.median(np.abs(common))) / MAD, 1e-6)
    by_date["score"] = by_date["mean"].abs() * np.sqrt(by_date["years"]) / scale
    one_way = by_date["low"] * by_date["high"] > 0
    enough = (by_date["shops"] >= FEWEST_SHOP_YEARS) & (by_date["agreed"] > AGREEMENT)
    found = by_date[one_way & enough & (by_date["score"] > SCORE)]
    found = found.sort_values("score", ascending=False, kind="stable").head(MOST_DATES).sort_index()
    factor = found["mean"] * (1 - (SCORE / found["score"]) ** 2)
    return found.index.to_numpy(dtype=np.int64), factor.to_numpy(dtype=np.float64)
