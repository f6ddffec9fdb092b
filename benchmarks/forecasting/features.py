"""What the calendar and the promotions say of a day, as numbers: the same for every method."""

from __future__ import annotations

import holidays
import numpy as np
import pandas as pd

from benchmarks.forecasting.sets import DAY, Set

WEEK = 7


def features(case: Set, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a column of numbers per feature, one row per row of `rows`.

    Parameters
    ----------
    case : Set
        Says which flags, holidays and promotions there are.
    rows : DataFrame
        shop_id, start and the flags, known and ahead together, without gaps.

    Notes
    -----
    Only what varies is returned: a constant column helps no method and breaks some. Features of
    promotions follow the finding that they decide on these stores, not the method: promotion ×
    weekday, the week before and after one, the Saturday after, days beside a closure, school and
    open holidays, the ramp to Christmas, the eves.
    """
    day = rows["start"].dt.normalize()
    made = holiday_features(case, day)
    if "promo" in case.flags:
        made |= promotion_features(rows, day)
        made |= {flag: rows[flag].astype(float) for flag in ("school", "holopen", "pre", "post")}
        made |= christmas_features(day)
    if case.event is not None:
        for k in range(case.event.days):
            now = {case.event.source + k * DAY, case.event.target + k * DAY}
            made[f"event_day_{k + 1}"] = day.isin(list(now)).astype(float)
    return varying(pd.DataFrame(made, index=rows.index))


def varying(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are not constant."""
    return table.loc[:, table.min() < table.max()]


def promotion_features(rows: pd.DataFrame, day: pd.Series) -> dict[str, pd.Series]:
    """Return promotion by weekday, the week before and after, and the Saturday after."""
    promo = rows["promo"].astype(float)
    monday = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    # A promotion runs from Monday to Friday of a week.
    with_promo = promo.groupby([rows["shop_id"], monday]).max()
    this, before, after = (
        with_promo.reindex(pd.MultiIndex.from_arrays([rows["shop_id"], monday + days * DAY]))
        .fillna(0.0)
        .set_axis(rows.index)
        for days in (0, WEEK, -WEEK)
    )
    made = {f"promo_{k}": promo * (day.dt.day_of_week == k) for k in range(WEEK)}
    made["before_promo"] = before * (1 - this)
    made["after_promo"] = after * (1 - this)
    made["saturday_after"] = this * (day.dt.day_of_week == 5)
    return made


def christmas_features(day: pd.Series) -> dict[str, pd.Series]:
    """Return the ramp up to Christmas, the two eves on which shops close early, and between."""
    date = day.dt.day.where(day.dt.month == 12, 0)
    return {
        "to_christmas": ((date - 9).clip(lower=0) / 14).where(date < 24, 0.0),
        "christmas_eve": (date == 24) * 1.0,
        "after_christmas": date.between(27, 30) * 1.0,
        "new_years_eve": (date == 31) * 1.0,
    }


def holiday_features(case: Set, day: pd.Series) -> dict[str, pd.Series]:
    """Return a column per public holiday and one for make-up workdays."""
    years = range(int(day.dt.year.min()), int(day.dt.year.max()) + 1)
    known = holidays.country_holidays(case.country, years=years, language="en_US")
    names: dict[str, list[pd.Timestamp]] = {}
    for date, name in sorted(known.items()):
        # A day off taken for another one belongs to the holiday that it lengthens.
        own = "bridge" if "substituted" in name else name.split(";")[0].split(" (")[0]
        names.setdefault(own, []).append(pd.Timestamp(date))
    made = {f"holiday_{name}": day.isin(days) * 1.0 for name, days in sorted(names.items())}
    extra = sorted(getattr(known, "weekend_workdays", ()))
    made["makeup_workday"] = (
        day.isin(pd.DatetimeIndex(extra)) * 1.0 if extra else day.map(lambda _: 0.0)
    )
    return made


def numbered(case: Set, rows: pd.DataFrame) -> pd.DataFrame:
    """Return weekday, time of day, season and traits as whole numbers, for trees."""
    day = rows["start"].dt.normalize()
    made = {
        "weekday": day.dt.day_of_week,
        "minute": ((rows["start"] - day).dt.total_seconds() // 60).astype(int),
        "day_of_year": day.dt.dayofyear,
        "day_of_month": day.dt.day,
    }
    made |= {name: pd.Series(codes(rows[name]), rows.index) for name in case.traits}
    return pd.DataFrame(made, index=rows.index)


def codes(texts: pd.Series) -> np.ndarray:
    """Return the rank of each text among the sorted texts."""
    return np.searchsorted(np.sort(texts.unique().astype(str)), texts.to_numpy(dtype=str))
