"""How a forecast is judged: errors of the mean, pinball loss and coverage of the quantiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
COLUMNS = tuple(f"q{q}" for q in QUANTILES)


@dataclass(frozen=True)
class Scores:
    """Figures of one method on one set; shares, not per cent, NaN where nothing is scored.

    Attributes
    ----------
    wape : float
        Sum of absolute errors over sum of actuals.
    first_week, ordinary, special, totals : float
        The WAPE of the first seven days after each origin, of days that are not special, of
        special days, and of day totals.
    bias : float
        Sum of forecast less actual over sum of actuals.
    wpl : float
        Mean weighted pinball loss, see `weighted_pinball`.
    cover_80, cover_95 : float
        Share of rows from the 0.1 to the 0.9 and from the 0.025 to the 0.975 quantile.
    """

    wape: float
    first_week: float
    ordinary: float
    special: float
    totals: float
    bias: float
    wpl: float
    cover_80: float
    cover_95: float


def wape(forecast: pd.Series, actual: pd.Series) -> float:
    """Return the sum of absolute errors over the sum of actuals."""
    return share((forecast - actual).abs().sum(), actual.sum())


def bias(forecast: pd.Series, actual: pd.Series) -> float:
    """Return the sum of forecast less actual over the sum of actuals."""
    return share((forecast - actual).sum(), actual.sum())


def weighted_pinball(rows: pd.DataFrame) -> float:
    """Return twice the pinball loss over the sum of actuals, averaged over the quantiles.

    At the median alone it equals the WAPE of the median (Makridakis et al. 2022, the M5
    uncertainty competition, without the scaling).
    """
    actual = rows["contacts"]
    losses = []
    for quantile, column in zip(QUANTILES, COLUMNS, strict=True):
        short = actual - rows[column]
        losses.append(np.maximum(quantile * short, (quantile - 1) * short).sum())
    return share(2 * float(np.mean(losses)), actual.sum())


def coverage(rows: pd.DataFrame, low: str, high: str) -> float:
    """Return the share of actuals from one quantile to another, both ends included."""
    return float(rows["contacts"].between(rows[low], rows[high]).mean())


def joined(forecast: pd.DataFrame, truth: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the scored rows of one origin with their forecast, and the origin's day.

    Raises
    ------
    ValueError
        If a scored row has no finite forecast: leaving it out would flatter the method.
    """
    columns = ["mean", *COLUMNS]
    rows = truth.merge(
        forecast[["shop_id", "start", *columns]],
        on=["shop_id", "start"],
        how="left",
        validate="1:1",
    )
    missing = ~np.isfinite(rows[columns].to_numpy(dtype=float)).all(axis=1)
    if missing.any():
        first = rows[missing].iloc[0]
        msg = f"{missing.sum()} rows without a forecast, first {first['shop_id']} {first['start']}"
        raise ValueError(msg)
    return rows.assign(origin=day)


def score(pieces: Iterable[pd.DataFrame]) -> Scores:
    """Return the figures over the scored rows of all origins, see `joined`."""
    rows = pd.concat(list(pieces), ignore_index=True)
    day = rows["start"].dt.normalize()
    week = rows[(day - rows["origin"]).dt.days <= 7]
    special = rows["special"].astype(bool)
    totals = rows.groupby(["origin", "shop_id", day])[["mean", "contacts"]].sum()
    return Scores(
        wape=wape(rows["mean"], rows["contacts"]),
        first_week=wape(week["mean"], week["contacts"]),
        ordinary=wape(rows["mean"][~special], rows["contacts"][~special]),
        special=wape(rows["mean"][special], rows["contacts"][special]),
        totals=wape(totals["mean"], totals["contacts"]),
        bias=bias(rows["mean"], rows["contacts"]),
        wpl=weighted_pinball(rows),
        cover_80=coverage(rows, "q0.1", "q0.9"),
        cover_95=coverage(rows, "q0.025", "q0.975"),
    )


def share(part: float, whole: float) -> float:
    """Return part over whole, NaN where there is no whole."""
    return float(part / whole) if whole else float("nan")
