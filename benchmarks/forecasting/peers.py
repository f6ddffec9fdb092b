"""The general forecasters: statsforecast, Prophet and LightGBM, each set up as well as we know.

Every one gets the same rows, the same features (`features.py`) where it takes any, and gives
its own intervals where it has some.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.forecasting.features import features, numbered, varying
from benchmarks.forecasting.scores import COLUMNS, QUANTILES
from benchmarks.forecasting.sets import DAY, DAY_MIN, Origin, Set
from benchmarks.forecasting.simple import (
    Method,
    keyed,
    naive,
    no_event,
    own_uplift,
    pooled_uplift,
    same_weekday_mean,
    with_past_errors,
)

FEWEST = 14
"""Rows a shop must have for a model of its own."""
GAP_DAYS = 100
YEAR_DAYS = 365
TWO_YEARS_DAYS = 700
"""From this much history on a method is told the season; Rossmann begins with 718 days."""
PROFILE_WEEKS = 13
PROPHET_SAMPLES = 400
LAG_WEEKS = 4
TREES = 200
LEVELS = (80, 95)


@dataclass(frozen=True)
class Peer:
    """A method with its title and the kinds of sets it is for.

    Attributes
    ----------
    title : str
        For the tables.
    method : Method
        See `simple.Method`.
    kinds : str
        Letters: d daily, h half hours, e a promotion from an earlier phase.
    """

    title: str
    method: Method
    kinds: str


def kind(case: Set) -> str:
    """Return the letter of a set's kind."""
    if case.event is not None:
        return "e"
    return "d" if case.daily else "h"


def week_rows(case: Set, rows: pd.DataFrame) -> int:
    """Return the rows of one shop in a week."""
    if case.daily:
        return int(rows["start"].dt.day_of_week.nunique())
    week = pd.DataFrame({"shop": rows["shop_id"], "day": rows["start"].dt.day_of_week})
    week["clock"] = rows["start"] - rows["start"].dt.normalize()
    return int(week.drop_duplicates().groupby("shop").size().max())


def together(origin: Origin) -> pd.DataFrame:
    """Return known and ahead as one table, sorted, with `ahead` marking the latter."""
    rows = pd.concat([origin.known.assign(ahead=False), origin.ahead.assign(ahead=True)])
    return rows.sort_values(["shop_id", "start"], ignore_index=True)


def without_gaps(known: pd.DataFrame) -> pd.DataFrame:
    """Return a shop's rows since its last long gap, short gaps filled with the week before.

    The classical models know no missing values. A season without data, as between the two halves
    of the 618 data, would be the same week for months. What never occurs, as a Sunday, is filled
    along a straight line.
    """
    values = known["contacts"]
    filled = known[values.notna().cumsum() > 0]
    seen = filled.loc[filled["contacts"].notna(), "start"]
    breaks = seen[seen.diff() > GAP_DAYS * DAY]
    if len(breaks) and (filled["start"].max() - breaks.iloc[-1]).days >= GAP_DAYS / 2:
        filled = filled[filled["start"] >= breaks.iloc[-1]]
    rows = keyed(filled)
    weekly = rows.groupby(["weekday", "clock"])["contacts"].ffill()
    return filled.assign(contacts=weekly.interpolate().bfill())


def flat(known: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of a handful of rows, from which no model can be fitted."""
    mean = known["contacts"].mean()
    return ahead[["shop_id", "start"]].assign(mean=mean, **dict.fromkeys(COLUMNS, mean))


# --- statsforecast -----------------------------------------------------------------------------


def statistical(name: str) -> Method:
    """Return AutoETS, DynamicOptimizedTheta or MSTL, with its own intervals."""

    def method(case: Set, origin: Origin) -> pd.DataFrame:
        week = week_rows(case, origin.known)
        days = int(origin.known["start"].dt.day_of_week.nunique())
        made = [
            statistical_shop(name, week, 0 if case.daily else days, rows, ahead)
            for (_, rows), (_, ahead) in zip(
                origin.known.groupby("shop_id"), origin.ahead.groupby("shop_id"), strict=True
            )
        ]
        return pd.concat(made, ignore_index=True)

    return method


def statistical_shop(
    name: str, week: int, days: int, known: pd.DataFrame, ahead: pd.DataFrame
) -> pd.DataFrame:
    """Return the forecast of one shop: `week` rows a week, on `days` of it, 0 if rows are days."""
    if known["contacts"].count() < FEWEST:
        return flat(known, ahead)
    values = without_gaps(known)["contacts"].to_numpy(dtype=float)
    model = statistical_model(name, week, days, len(values))
    found = model.forecast(y=values, h=len(ahead), level=list(LEVELS))
    columns = ("lo-95", "lo-80", "mean", "hi-80", "hi-95")
    quantiles = {q: found[c] for q, c in zip(COLUMNS, columns, strict=True)}
    made = ahead[["shop_id", "start"]].assign(mean=found["mean"], **quantiles)
    return made.assign(**made[["mean", *COLUMNS]].clip(lower=0.0))


def statistical_model(name: str, week: int, days: int, length: int) -> object:
    """Return a model of statsforecast for a series of some length."""
    from statsforecast import models  # noqa: PLC0415 - compiles for seconds

    season = week if length >= 2 * week else 1
    if name == "ets":
        return models.AutoETS(season_length=season)
    if name == "theta":
        return models.DynamicOptimizedTheta(season_length=season)
    if days:
        return models.MSTL(season_length=[week // days, week])
    return models.MSTL(season_length=[week, YEAR_DAYS] if length >= TWO_YEARS_DAYS else [week])


# --- Prophet -----------------------------------------------------------------------------------


def prophet(case: Set, origin: Origin) -> pd.DataFrame:
    """Return Prophet with all features as regressors, multiplicative, and its own intervals."""
    rows = together(origin)
    extra = features(case, rows)
    shops = rows.groupby("shop_id").groups.values()
    made = [prophet_shop(case, rows.loc[index], extra.loc[index]) for index in shops]
    return pd.concat(made, ignore_index=True)


def prophet_shop(case: Set, rows: pd.DataFrame, extra: pd.DataFrame) -> pd.DataFrame:
    """Return the forecast of one shop."""
    from prophet import Prophet  # noqa: PLC0415 - takes seconds and warns of plotly

    fitted = ~rows["ahead"] & rows["contacts"].notna()
    if fitted.sum() < FEWEST:
        return flat(rows[fitted], rows[rows["ahead"]])
    span = rows.loc[fitted, "start"].max() - rows.loc[fitted, "start"].min()
    model = Prophet(
        seasonality_mode="multiplicative",
        weekly_seasonality=True,
        yearly_seasonality=span.days >= TWO_YEARS_DAYS,
        daily_seasonality=False if case.daily else 10,
        uncertainty_samples=PROPHET_SAMPLES,
    )
    told = extra[varying(extra[fitted]).columns]
    for name in told:
        model.add_regressor(name, standardize=False)
    table = pd.concat([rows[["start"]].rename(columns={"start": "ds"}), told], axis=1)
    table["y"] = rows["contacts"]
    model.fit(table[fitted], seed=0)
    np.random.seed(0)  # noqa: NPY002 - Prophet draws its intervals from the global generator
    ahead = table[rows["ahead"]].drop(columns="y")
    model.uncertainty_samples = 0  # else it draws twice
    mean = model.predict(ahead)["yhat"].clip(lower=0.0).to_numpy()
    model.uncertainty_samples = PROPHET_SAMPLES
    draws = model.predictive_samples(ahead)["yhat"].clip(min=0.0)
    quantiles = dict(zip(COLUMNS, np.quantile(draws, QUANTILES, axis=1), strict=True))
    return rows.loc[rows["ahead"], ["shop_id", "start"]].assign(mean=mean, **quantiles)


# --- LightGBM ----------------------------------------------------------------------------------


def lightgbm(case: Set, origin: Origin) -> pd.DataFrame:
    """Return one LightGBM for all shops: L1 for the mean, a model per quantile.

    Told the features, lags of a horizon and more, means of weekdays and the shop's level then; the
    target is contacts over that level, weighted by it, so that small and large shops share trees.
    """
    import lightgbm as lgb  # noqa: PLC0415 - a peer, not a requirement

    rows = together(origin)
    level, table = lagged(case, rows)
    table = pd.concat([table, numbered(case, rows), features(case, rows)], axis=1)
    if rows["start"].max() - rows["start"].min() < TWO_YEARS_DAYS * DAY:
        # A year seen once is growth as much as season: 24.6 instead of 21.4 on Koubei.
        table = table.drop(columns=["day_of_year", "lag_year"], errors="ignore")
    table.columns = [f"f{k}" for k in range(table.shape[1])]
    fitted = ~rows["ahead"] & rows["contacts"].notna() & (level > 0)
    target = rows["contacts"] / level.where(level > 0)
    made = rows.loc[rows["ahead"], ["shop_id", "start"]]
    scale = level[rows["ahead"]].fillna(0.0)
    asked = {"mean": {"objective": "l1"}} | {
        column: {"objective": "quantile", "alpha": q}
        for q, column in zip(QUANTILES, COLUMNS, strict=True)
    }
    for column, objective in asked.items():
        model = lgb.LGBMRegressor(
            **objective,
            n_estimators=TREES,
            learning_rate=0.08,
            num_leaves=31,
            min_child_samples=20,
            subsample=0.8,
            subsample_freq=1,
            colsample_bytree=0.8,
            random_state=0,
            n_jobs=1,
            deterministic=True,
            force_row_wise=True,
            verbose=-1,
        )
        model.fit(table[fitted], target[fitted], sample_weight=level[fitted])
        made[column] = np.maximum(model.predict(table[rows["ahead"]]), 0.0) * scale
    made[list(COLUMNS)] = np.sort(made[list(COLUMNS)].to_numpy(), axis=1)
    return made.reset_index(drop=True)


def lagged(case: Set, rows: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Return each row's level and lags, as they were known a horizon before."""
    week = week_rows(case, rows)
    days = int(rows["start"].dt.day_of_week.nunique())
    horizon = week * -(-case.horizon_days // 7)
    of_shop = rows["contacts"].groupby(rows["shop_id"])
    old = of_shop.shift(horizon)
    by_shop = old.groupby(rows["shop_id"])
    level = by_shop.transform(lambda v: v.rolling(4 * week, min_periods=days).mean())
    # A young shop: the last mean that is known at all.
    level = level.groupby(rows["shop_id"]).ffill()
    level = level.fillna(of_shop.transform("mean").where(rows["ahead"]))
    made = {f"lag_{k}": of_shop.shift(horizon + k * week) / level for k in range(LAG_WEEKS)}
    if case.daily:
        made |= {f"lag_day_{k}": of_shop.shift(horizon + k) / level for k in range(1, 7)}
    if case.daily:
        made["lag_year"] = of_shop.shift(52 * week) / level
    weeks = [of_shop.shift(horizon + k * week) for k in range(PROFILE_WEEKS)]
    made["weekday_mean"] = pd.concat(weeks, axis=1).mean(axis=1) / level
    made["last_week"] = by_shop.transform(lambda v: v.rolling(week, min_periods=1).mean()) / level
    if "promo" in case.flags:
        same = rows.groupby(["shop_id", rows["start"].dt.day_of_week, "promo"])["contacts"]
        lag = -(-case.horizon_days // 7)
        shifted = same.shift(lag)
        keys = [rows["shop_id"], rows["start"].dt.day_of_week, rows["promo"]]
        rolled = shifted.groupby(keys).transform(lambda v: v.rolling(8, min_periods=1).mean())
        made["weekday_promo_mean"] = rolled / level
    return level, pd.DataFrame(made)


# --- day totals spread over the half hours -----------------------------------------------------


def totals_by_profile(daily_method: Method) -> Method:
    """Return a daily method for half hours: its day totals × the weekday's shares of 13 weeks."""

    def point(case: Set, origin: Origin) -> pd.DataFrame:
        totals = daily_method(replace(case, step_min=DAY_MIN), day_totals(origin))
        profile = same_weekday_mean(case, origin)
        day = profile["start"].dt.normalize()
        share = profile["mean"] / profile["mean"].groupby([profile["shop_id"], day]).transform(
            "sum"
        )
        total = profile.assign(start=day)[["shop_id", "start"]].merge(
            totals[["shop_id", "start", "mean"]], on=["shop_id", "start"], how="left"
        )
        return profile.assign(mean=total["mean"].to_numpy() * share)

    return with_past_errors(point)


def day_totals(origin: Origin) -> Origin:
    """Return the origin with days for half hours; a day without any row is unknown."""
    return Origin(
        day=origin.day,
        known=of_days(origin.known, min_count=1),
        ahead=of_days(origin.ahead.assign(contacts=0.0)).drop(columns="contacts"),
        truth=of_days(origin.truth).assign(special=False),
    )


def of_days(rows: pd.DataFrame, min_count: int = 0) -> pd.DataFrame:
    """Return day totals."""
    keys = [rows["shop_id"], rows["start"].dt.normalize()]
    return rows.groupby(keys)["contacts"].sum(min_count=min_count).reset_index()


PEERS = {
    "naive": Peer("seasonal naive", with_past_errors(naive), "dhe"),
    "mean": Peer("same weekday (and promotion), mean", with_past_errors(same_weekday_mean), "dhe"),
    "no-event": Peer("weekday × level, no promotion", with_past_errors(no_event), "e"),
    "own-uplift": Peer("the same × own uplift", with_past_errors(own_uplift), "e"),
    "pooled-uplift": Peer("the same × pooled uplift", with_past_errors(pooled_uplift), "e"),
    "ets": Peer("AutoETS", statistical("ets"), "de"),
    "theta": Peer("dynamic optimised Theta", statistical("theta"), "d"),
    "mstl": Peer("MSTL", statistical("mstl"), "dh"),
    "ets-totals": Peer("AutoETS totals × profile", totals_by_profile(statistical("ets")), "h"),
    "prophet": Peer("Prophet, all features", prophet, "dhe"),
    "prophet-totals": Peer("Prophet totals × profile", totals_by_profile(prophet), "h"),
    "lightgbm": Peer("LightGBM, global, all features", lightgbm, "dhe"),
}
