"""Scores of daily forecasts: their errors, and how often their intervals were hit.

Everything here maps the rows of a `Backtest` (or of issued forecasts beside what came) to tidy
tables; nothing is forecast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

METHODS = ("forecast", "usual", "naive")
"""This forecast, the mean of the last eight like days, and the last known same weekday."""
KINDS = ("all", "promotion", "ordinary")
INTERVALS = {"hit_80": ("q10", "q90"), "hit_95": ("q2.5", "q97.5")}
SCOPES: Mapping[str, tuple[str, ...]] = {
    "all": (),
    "pool": ("pool",),
    "shop": ("shop_id",),
    "lead_days": ("lead_days",),
    "origin": ("origin",),
}
MEASURES = ("shop_days", "actual", "wape", "total_wape", "bias", "pinball", *INTERVALS)


def levels(table: pd.DataFrame) -> dict[str, float]:
    """Return the quantile columns of a table with their levels, ascending.

    Examples
    --------
    >>> levels(pd.DataFrame(columns=["q97.5", "date", "q10"]))
    {'q10': 0.1, 'q97.5': 0.975}
    """
    names = [str(name) for name in table.columns]
    found = {n: float(n[1:]) / 100 for n in names if n[:1] == "q" and n[1:2].isdigit()}
    return dict(sorted(found.items(), key=lambda each: each[1]))


def usable(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows on which every method can be judged: actual, forecast and naive known.

    Where no like day is known the usual mean is the naive value, so that all methods are judged
    on the same rows.
    """
    rows = table.dropna(subset=["actual", "forecast", "naive"])
    if "usual" in rows.columns:
        rows = rows.assign(usual=rows["usual"].fillna(rows["naive"]))
    return rows


def scores(table: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Return the scores of every method, one row a group, kind of day and method.

    Parameters
    ----------
    table : rows of a backtest: shop_id, origin, date, actual, forecast, naive, event; usual and
        quantiles ``q<percent>`` where there are any
    by : columns that make the groups; one group without any

    Returns
    -------
    the columns of `by`, kind (of `KINDS`), method (of `METHODS`), and

    shop_days : rows judged; groups and kinds without any have no row
    actual : contacts that came
    wape : sum of absolute errors of shops and days over `actual`
    total_wape : the same of the group's daily totals, in which the errors of shops cancel out
    bias : sum of (forecast - actual) over `actual`
    pinball : twice the pinball loss over `actual`, the mean of all quantiles (Makridakis et al.
        2022, the M5 uncertainty competition, without the scaling)
    hit_80, hit_95 : share of actuals from the 10 to the 90 and from the 2.5 to the 97.5 %
        quantile, ends included

    Shares of nothing, and what a method does not tell, are NaN.
    """
    rows = usable(table)
    methods = [method for method in METHODS if method in rows.columns]
    parts = [
        _scored(own, list(by), kind, method)
        for kind, own in _kinds(rows)
        for method in methods
        if len(own)
    ]
    columns = [*by, "kind", "method", *MEASURES]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def every_score(table: pd.DataFrame, pools: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the scores of all shops, of each pool, shop, lead day and origin in one table.

    Parameters
    ----------
    pools : pool -> its shops

    Returns
    -------
    scope (of `SCOPES`), key (which pool, shop ... as text, blank for all) and the columns of
    `scores`
    """
    pool_of = {shop: pool for pool, shops in pools.items() for shop in shops}
    rows = table.assign(pool=table["shop_id"].map(pool_of))
    parts = []
    for scope, by in SCOPES.items():
        found = scores(rows, by)
        key = [_text(value) for value in found[by[0]]] if by else ""
        found = found.drop(columns=list(by))
        found.insert(0, "scope", scope)
        found.insert(1, "key", key)
        parts.append(found)
    kept = [part for part in parts if len(part)]
    return pd.concat(kept, ignore_index=True) if kept else parts[0]


def calibration(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often actuals lay below each quantile, beside how often they should.

    Returns
    -------
    one row a kind of day and quantile: kind, level, observed (share of actuals below; on it
    counts half, for counts are often equal to their quantile), shop_days
    """
    rows = usable(table)
    found = []
    for kind, own in _kinds(rows):
        for column, level in levels(rows).items():
            known = own.dropna(subset=[column])
            if not len(known):
                continue
            under = (known["actual"] < known[column]).mean()
            on = (known["actual"] == known[column]).mean()
            found.append((kind, level, float(under + on / 2), len(known)))
    return pd.DataFrame(found, columns=["kind", "level", "observed", "shop_days"])


def _kinds(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    event = rows["event"].astype(bool)
    yield from zip(KINDS, (rows, rows[event], rows[~event]), strict=True)


def _scored(rows: pd.DataFrame, by: list[str], kind: str, method: str) -> pd.DataFrame:
    """Return the scores of one method on rows of one kind, of which there are some."""
    error = rows[method] - rows["actual"]
    told = method == "forecast"
    loss = _pinball(rows) if told else pd.Series(np.nan, rows.index)
    marks = rows[by].assign(
        shop_days=1,
        actual=rows["actual"],
        miss=error.abs(),
        over=error,
        loss=loss.fillna(0.0),
        quantified=rows["actual"].where(loss.notna(), 0.0),
    )
    groups = by or (lambda _: 0)
    summed = marks.groupby(groups, sort=False).sum()
    found = pd.DataFrame(
        {
            "shop_days": summed["shop_days"],
            "actual": summed["actual"],
            "wape": _over(summed["miss"], summed["actual"]),
            "total_wape": _over(_missed_totals(rows, by, method), summed["actual"]),
            "bias": _over(summed["over"], summed["actual"]),
            "pinball": _over(summed["loss"], summed["quantified"]),
        }
    )
    for name, ends in INTERVALS.items():
        hit = rows[by].assign(hit=_hit(rows, *ends) if told else np.nan)
        found[name] = hit.groupby(groups, sort=False)["hit"].mean()
    found = found.reset_index(drop=not by)
    return found.assign(kind=kind, method=method)


def _over(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return part over whole, NaN where there is no whole."""
    return part / whole.where(whole > 0)


def _missed_totals(rows: pd.DataFrame, by: list[str], method: str) -> pd.Series:
    """Return the summed absolute errors of each group's totals of an origin and day."""
    days = list(dict.fromkeys([*by, "origin", "date"]))
    totals = rows.groupby(days, sort=False)[["actual", method]].sum().reset_index()
    miss = totals[by].assign(miss=(totals[method] - totals["actual"]).abs())
    return miss.groupby(by or (lambda _: 0), sort=False)["miss"].sum()


def _pinball(rows: pd.DataFrame) -> pd.Series:
    """Return twice the pinball loss of each row, the mean of the quantiles it has."""
    losses = {}
    for column, level in levels(rows).items():
        short = rows["actual"] - rows[column]
        losses[column] = 2 * np.maximum(level * short, (level - 1) * short)
    return pd.DataFrame(losses, index=rows.index, dtype="float64").mean(axis=1)


def _hit(rows: pd.DataFrame, low: str, high: str) -> pd.Series:
    """Return 1 where the actual lies between two quantiles, NaN where they are not known."""
    if not {low, high} <= set(rows.columns):
        return pd.Series(np.nan, rows.index)
    inside = rows["actual"].between(rows[low], rows[high]).astype("float64")
    return inside.where(rows[[low, high]].notna().all(axis=1))


def _text(value: object) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
