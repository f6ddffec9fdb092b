"""How strong a promotion may get: its days' contacts times a factor, low, mid and high."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from staffing.forecast import Forecast
from staffing.scenario import PromotionSettings, Strength

__all__ = ["STRENGTHS", "factors", "stronger"]

STRENGTHS: tuple[Strength, ...] = ("low", "mid", "high")
"""In rising order."""


def factors(expected: Forecast, settings: PromotionSettings) -> Mapping[Strength, float]:
    """Return what the contacts of promotion days are multiplied by, in rising order.

    Where none is told, low and high are quantiles of the sum of all promotion days over its mean,
    the shops' errors hanging together as the backtest found them; never on the wrong side of mid.
    """
    levels = (settings.low_quantile, settings.high_quantile)
    low, high = settings.low, settings.high
    on = expected.daily["event"].to_numpy(bool)
    if on.any() and not (low and high):
        sums = expected.sums(np.where(on, "on", "off"), levels)
        mean = float(sums["mean"].loc["on"])
        if mean > 0:
            ratios = [float(sums[f"q{100 * level:g}"].loc["on"]) / mean for level in levels]
            low, high = low or settings.mid * ratios[0], high or settings.mid * ratios[1]
    low, high = low or settings.mid, high or settings.mid
    return {"low": min(low, settings.mid), "mid": settings.mid, "high": max(high, settings.mid)}


def stronger(expected: Forecast, factor: float) -> Forecast:
    """Return a forecast with the contacts of its promotion days times a factor.

    The doubt stays the same share of them; the arrivals' own noise follows their number.
    """
    if factor == 1.0:
        return expected
    tables = (expected.table, expected.daily)
    table, daily = (_scaled(each, factor) for each in tables)
    return replace(expected, table=table, daily=daily)


def _scaled(table: pd.DataFrame, factor: float) -> pd.DataFrame:
    by = np.where(table["event"].to_numpy(bool), factor, 1.0)
    doubt = (table["variance"] - table["mean"]).clip(lower=0.0)
    counted = [name for name in table.columns if name == "mean" or name.startswith("q")]
    scaled = table.assign(**{name: table[name] * by for name in counted})
    return scaled.assign(variance=doubt * by**2 + scaled["mean"])
