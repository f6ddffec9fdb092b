"""Forecasts a planner could make in a spreadsheet, and quantiles for methods that have none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.forecasting.scores import COLUMNS, QUANTILES
from benchmarks.forecasting.sets import DAY, Origin, Set

Method = Callable[[Set, Origin], pd.DataFrame]
"""From a set and an origin to shop_id, start, mean and the quantile columns, per row ahead."""

ERROR_DAYS = 224
"""Days of earlier forecasts from which a method without intervals learns its errors, if known."""
WEEKS, WEEKS_HALF_HOURS = 8, 13
HALF_LIFE_DAYS = 28


def naive(_case: Set, origin: Origin) -> pd.DataFrame:
    """Return the last known value of the same weekday and time."""
    return mean_of_last(origin, ["weekday", "clock"], 1)


def same_weekday_mean(case: Set, origin: Origin) -> pd.DataFrame:
    """Return the mean of the last values of the same weekday, time and promotion flag.

    Eight of a day, thirteen of a half hour.
    """
    keys = ["weekday", "clock", *(["promo"] if "promo" in case.flags else [])]
    return mean_of_last(origin, keys, WEEKS if case.daily else WEEKS_HALF_HOURS)


def mean_of_last(origin: Origin, keys: list[str], count: int) -> pd.DataFrame:
    """Return the mean of a shop's last values with the same keys; of fewer keys where none is."""
    known = keyed(origin.known.dropna(subset="contacts"))
    ahead = keyed(origin.ahead)
    mean = pd.Series(np.nan, ahead.index)
    for kept in range(len(keys), -1, -1):
        by = ["shop_id", *keys[:kept]]
        latest = known.groupby(by).tail(count).groupby(by)["contacts"].mean().rename("mean")
        mean = mean.fillna(ahead.join(latest, on=by)["mean"])
    return origin.ahead[["shop_id", "start"]].assign(mean=mean)


def keyed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with their weekday and time of day."""
    day = rows["start"].dt.normalize()
    return rows.assign(weekday=day.dt.day_of_week, clock=rows["start"] - day)


def no_event(case: Set, origin: Origin) -> pd.DataFrame:
    """Return weekday × level with the days of earlier promotions left out."""
    return origin.ahead[["shop_id", "start"]].assign(
        mean=ordinary(case, origin, origin.ahead["start"], origin.ahead["shop_id"])
    )


def own_uplift(case: Set, origin: Origin) -> pd.DataFrame:
    """Return the ordinary day times what the shop's same day of the earlier phase had over it."""
    return with_uplift(case, origin, pooled=False)


def pooled_uplift(case: Set, origin: Origin) -> pd.DataFrame:
    """Return the ordinary day times the median uplift of all shops on that day of the phase."""
    return with_uplift(case, origin, pooled=True)


def with_uplift(case: Set, origin: Origin, *, pooled: bool) -> pd.DataFrame:
    """Return the ordinary day times the uplift of the same day of the earlier phase."""
    made = no_event(case, origin)
    if case.event is None or origin.day + DAY != case.event.target:
        return made
    earlier = origin.known[
        origin.known["start"].between(
            case.event.source, case.event.source + (case.event.days - 1) * DAY
        )
    ]
    base = ordinary(case, origin, earlier["start"], earlier["shop_id"])
    uplift = earlier["contacts"] / base.replace(0.0, np.nan)
    table = pd.DataFrame(
        {
            "shop_id": earlier["shop_id"],
            "start": earlier["start"] + (case.event.target - case.event.source),
            "uplift": uplift.fillna(1.0),
        }
    )
    if pooled:
        table["uplift"] = table.groupby("start")["uplift"].transform("median")
    found = made.merge(table, on=["shop_id", "start"], how="left")["uplift"].fillna(1.0)
    return made.assign(mean=made["mean"] * found)


def ordinary(case: Set, origin: Origin, start: pd.Series, shop: pd.Series) -> pd.Series:
    """Return level × weekday of given days, from the logarithms of days without promotion.

    A weekday is the median distance from the median week around it, the level the mean of what
    is left, with a half-life of 28 days.
    """
    wide = origin.known.pivot_table(
        index="start", columns="shop_id", values="contacts", dropna=False
    )
    log = np.log(wide.clip(lower=0.5))
    if case.event is not None:
        log[event_days(case, log.index)] = np.nan
    distance = log - log.rolling(7, center=True, min_periods=4).median()
    weekday = distance.groupby(distance.index.day_of_week).median().reindex(range(7)).fillna(0.0)
    left = log - weekday.loc[log.index.day_of_week].to_numpy()
    weights = left.notna().mul(0.5 ** (np.arange(len(left))[::-1] / HALF_LIFE_DAYS), axis=0)
    level = (left.fillna(0.0) * weights).sum() / weights.sum()
    logs = [level[s] + weekday.loc[d.weekday(), s] for s, d in zip(shop, start, strict=True)]
    return pd.Series(np.exp(logs), start.index)


def event_days(case: Set, days: pd.DatetimeIndex) -> np.ndarray:
    """Return which days lie in a phase of the set's promotions, evenings before left out."""
    inside = np.zeros(len(days), dtype=bool)
    assert case.events is not None
    for phase in case.events.itertuples():
        inside |= (days >= phase.start) & (days < phase.end)
    return inside


def with_past_errors(point: Method) -> Method:
    """Return a method with quantiles: the mean times those of actual over forecast until now.

    The ratios are those of forecasts from earlier origins, a horizon apart, of the same shop.
    """

    def method(case: Set, origin: Origin) -> pd.DataFrame:
        made = point(case, origin)
        steps = -(-ERROR_DAYS // case.horizon_days)
        ratios = [past_ratios(point, case, before) for before in case.earlier(origin.day, steps)]
        table = pd.concat(ratios) if ratios else made.assign(ratio=1.0)
        by_shop = table.groupby("shop_id")["ratio"]
        of_shop = pd.DataFrame({q: by_shop.quantile(q) for q in QUANTILES})
        of_all = table["ratio"].quantile(list(QUANTILES)).to_numpy()
        factors = of_shop.reindex(made["shop_id"]).to_numpy()
        factors = np.where(np.isnan(factors), of_all, factors)
        factors[:, QUANTILES.index(0.5)] = 1.0  # the median of few ratios is worse than the mean
        quantiles = made[["mean"]].to_numpy() * factors
        return made.assign(**dict(zip(COLUMNS, quantiles.T, strict=True)))

    return method


def past_ratios(point: Method, case: Set, origin: Origin) -> pd.DataFrame:
    """Return actual over forecast of the rows of an earlier origin."""
    rows = point(case, origin).merge(origin.truth, on=["shop_id", "start"])
    rows = rows[rows["mean"] > 0]
    return rows.assign(ratio=rows["contacts"] / rows["mean"])
