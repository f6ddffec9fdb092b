"""Rolling origins: what this forecast would have said, against what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import Events, event_days, weekdays
from staffing.forecast.daily import DailyModel
from staffing.forecast.design import EventTable
from staffing.forecast.fitting import fit
from staffing.forecast.history import Array, History
from staffing.forecast.pool import ShopFacts
from staffing.forecast.profile import Profiles
from staffing.forecast.solve import one_thread
from staffing.forecast.spread import Noise, Spread, half_hour_noise, kinds, spread
from staffing.scenario import Scenario
from staffing.workspace import Workspace

FEWEST_DAYS = 5
"""Days of history below which nothing can be tested."""
LONG_DAYS = 56
"""Days of history from which on origins lie a week apart."""
SHORT_STEP_DAYS = 2
WEEK_DAYS = 7
LAST_WEEKS = 8
"""Days of the same weekday that the mean beside the forecast has."""
LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
"""Quantiles that are tested: the median and the ends of the 80 and 95 % intervals."""
FEWEST_JUDGED = 14
"""Tested days of a shop from which on a simpler forecast may replace the model's."""
MUCH_BETTER = 0.9
"""Share of the model's absolute error below which the simpler forecast must err."""
COLUMNS = ("shop_id", "origin", "date", "lead_days", "actual", "forecast", "naive", "usual")


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Daily totals forecast from earlier origins beside the truth.

    Attributes
    ----------
    table : one row a shop, origin and service day: shop_id, origin (first day not known), date,
        lead_days, actual, forecast, naive (the last known same weekday), usual (mean of the last
        eight days of the same weekday, in promotions apart), event (whether a promotion runs), odd
        (whether the day is out of the ordinary otherwise, see `DailyModel.is_odd`), quantiles
        ``q<percent>`` (NaN at the first origin: they are learnt from earlier ones)
    simpler : whether the mean of the last weeks has served each shop so much better than the
        model that its ordinary days are forecast by it (shops,)
    model : the fit at the last origin; None without any
    """

    table: pd.DataFrame
    simpler: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))
    model: DailyModel | None = None

    @cached_property
    def usable(self) -> pd.DataFrame:
        """Return the rows on which both the forecast and the naive one can be judged."""
        return _usable(self.table)

    def wape(self, column: str = "forecast", *, event: bool | None = None) -> float:
        """Return sum |actual - forecast| / sum actual; NaN without rows."""
        rows = self._rows(event)
        total = rows["actual"].sum()
        return float((rows["actual"] - rows[column]).abs().sum() / total) if total else np.nan

    def bias(self, column: str = "forecast", *, event: bool | None = None) -> float:
        """Return sum (forecast - actual) / sum actual; NaN without rows."""
        rows = self._rows(event)
        total = rows["actual"].sum()
        return float((rows[column] - rows["actual"]).sum() / total) if total else np.nan

    def _rows(self, event: bool | None) -> pd.DataFrame:
        return self.usable if event is None else self.usable[self.usable["event"] == event]

    def by_shop(self) -> pd.DataFrame:
        """Return shop_id, days, actual (contacts a day), wape, naive_wape, bias."""
        rows = self.usable.assign(
            miss=lambda t: (t["actual"] - t["forecast"]).abs(),
            naive_miss=lambda t: (t["actual"] - t["naive"]).abs(),
            over=lambda t: t["forecast"] - t["actual"],
        )
        sums = rows.groupby("shop_id", sort=False)[["actual", "miss", "naive_miss", "over"]].sum()
        days = rows.groupby("shop_id", sort=False).size()
        total = sums["actual"].where(sums["actual"] > 0)
        return pd.DataFrame(
            {
                "days": days,
                "actual_per_day": sums["actual"] / days,
                "wape": sums["miss"] / total,
                "naive_wape": sums["naive_miss"] / total,
                "bias": sums["over"] / total,
            }
        ).reset_index()


@one_thread
def backtest(
    workspace: Workspace,
    past: History,
    scenario: Scenario,
    events: Events | None = None,
    table: EventTable | None = None,
    part: Callable[[float], None] = lambda _: None,
) -> Backtest:
    """Forecast again from earlier origins, with the scenario's distance from data to horizon.

    Origins lie a week apart (two days where the history is shorter than eight weeks); nothing
    after an origin is used, promotions and holidays are known in advance. Each origin is judged
    on as many days as the scenario plans, but on no more than a third of the history, or a week.

    Parameters
    ----------
    events, table : what touches each shop's days, where it is known already
    part : told which share of the origins is done
    """
    nothing = np.zeros(len(past.shops), dtype=bool)
    if not len(past.days):
        return Backtest(table=_rows([]), simpler=nothing)
    if events is None:
        events = event_days(workspace, past.days)
    table = table or EventTable.of(past.shops, events)
    parts: list[pd.DataFrame] = []
    model: DailyModel | None = None
    noise: Noise | None = None
    gap, length, origins = _origins(past, scenario)
    for origin in origins:
        known = past.until(origin)
        model = fit(known, table, ShopFacts.of(workspace, known), model)
        days = past.days[len(known.days) + gap :][:length]
        simpler = _simpler(past.shops, parts)
        expected = totals(model, known, table, days, simpler)
        rows = _one(past, known, days, model, expected, table)
        if parts:
            # How half hours err says little about days; that of the first origin will do.
            noise = noise or half_hour_noise(known, events, Profiles(known, events, workspace))
            rows = _with_quantiles(rows, spread(past.shops, noise, _usable(pd.concat(parts))))
        parts.append(rows)
        part(len(parts) / len(origins))
    return Backtest(table=_rows(parts), simpler=_simpler(past.shops, parts), model=model)


def _origins(past: History, scenario: Scenario) -> tuple[int, int, list[dt.date]]:
    """Return days left out after each origin, days judged, and the origins, oldest first."""
    last = past.days[-1].date() + dt.timedelta(days=1)
    gap = max((scenario.horizon.start - last).days, 0)
    length = min(scenario.horizon.days, max(WEEK_DAYS, len(past.days) // 3))
    apart = WEEK_DAYS if len(past.days) >= LONG_DAYS else SHORT_STEP_DAYS
    if len(past.days) < FEWEST_DAYS + gap + length:
        gap, length = 0, max(min(length, WEEK_DAYS, len(past.days) - FEWEST_DAYS), 0)
    found = []
    for back in range(scenario.forecast.origins if length else 0):
        origin = last - dt.timedelta(days=gap + length + apart * back)
        if (origin - past.days[0].date()).days < FEWEST_DAYS:
            break
        found.append(origin)
    return gap, length, found[::-1]


def totals(
    model: DailyModel,
    known: History,
    table: EventTable,
    days: pd.DatetimeIndex,
    simpler: npt.NDArray[np.bool_],
) -> Array:
    """Return the contacts to expect of each day (shops, days).

    Where the mean of the last weeks has served better, it forecasts the days without events.
    """
    expected = model.predict(days)
    if simpler.any():
        plain = simpler[:, None] & ~table.touched(len(expected), days)
        mean = usual(known, table, days, chinese=model.chinese)
        expected = np.where(plain & ~np.isnan(mean), mean, expected)
    return expected


def _simpler(shops: Sequence[str], parts: list[pd.DataFrame]) -> npt.NDArray[np.bool_]:
    if not parts:
        return np.zeros(len(shops), dtype=bool)
    rows = pd.concat(parts).dropna(subset=["actual", "usual"])
    rows = rows[~rows["event"]]
    misses = pd.DataFrame(
        {
            "shop_id": rows["shop_id"],
            "model": (rows["actual"] - rows["model"]).abs(),
            "usual": (rows["actual"] - rows["usual"]).abs(),
            "days": 1,
        }
    )
    sums = misses.groupby("shop_id").sum().reindex(list(shops), fill_value=0.0)
    found = (sums["usual"] < MUCH_BETTER * sums["model"]) & (sums["days"] >= FEWEST_JUDGED)
    return found.to_numpy()


def _rows(parts: list[pd.DataFrame]) -> pd.DataFrame:
    tested = [f"q{100 * level:g}" for level in LEVELS]
    names = [*COLUMNS, "event", "odd", *tested]
    if not parts:
        empty = pd.DataFrame(columns=names)
        numbers = dict.fromkeys([*COLUMNS[4:], *tested], "float64")
        return empty.astype(numbers | {"event": bool, "odd": bool})
    return pd.concat(parts, ignore_index=True).reindex(columns=names)


def _one(
    past: History,
    known: History,
    days: pd.DatetimeIndex,
    model: DailyModel,
    expected: Array,
    table: EventTable,
) -> pd.DataFrame:
    """Return the rows of the origin on the day after `known`, with what the model alone said."""
    shops, first = past.shops, int(past.days.searchsorted(days[0]))
    lead = (days[0] - known.days[-1]).days - 1
    return pd.DataFrame(
        {
            "shop_id": np.repeat(shops, len(days)),
            "origin": past.days[len(known.days)],
            "date": np.tile(days, len(shops)),
            "lead_days": np.tile(np.arange(lead, lead + len(days)), len(shops)),
            "actual": past.totals[:, first : first + len(days)].ravel(),
            "forecast": expected.ravel(),
            "model": model.predict(days).ravel(),
            "naive": naive(known, days).ravel(),
            "usual": usual(known, table, days, chinese=model.chinese).ravel(),
            "event": table.touched(len(shops), days, table.promotion).ravel(),
            "odd": model.is_odd(days).ravel(),
        }
    )


def _with_quantiles(rows: pd.DataFrame, doubt: Spread) -> pd.DataFrame:
    """Return the rows with the quantiles that the origins before would have given them."""
    shops = len(doubt.sigma)
    shop = np.repeat(np.arange(shops), len(rows) // shops)
    mean = rows["forecast"].to_numpy()
    variance = doubt.variance(shop, mean, kinds(rows), half_hours=False)
    found = doubt.quantiles(mean, variance, LEVELS, half_hours=False)
    return rows.assign(**{f"q{100 * q:g}": found[:, k] for k, q in enumerate(LEVELS)})


def _usable(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.dropna(subset=["actual", "naive"])


def naive(known: History, days: pd.DatetimeIndex) -> Array:
    """Return the last known total of the same weekday, else of any day (shops, days)."""
    any_day = _last_known(known.totals, 1)
    found = np.empty((len(known.shops), len(days)))
    for weekday in range(7):
        same = _last_known(known.totals[:, known.days.day_of_week == weekday], 1)
        at = days.day_of_week == weekday
        found[:, at] = np.where(np.isnan(same), any_day, same)[:, None]
    return found


def usual(known: History, table: EventTable, days: pd.DatetimeIndex, *, chinese: bool) -> Array:
    """Return the mean of the last days of the same weekday, in promotions apart (shops, days)."""
    shops = len(known.shops)
    recent = known.latest(52 * WEEK_DAYS)
    before, ahead = (table.touched(shops, of, table.promotion) for of in (recent.days, days))
    week, week_ahead = (weekdays(of, chinese=chinese) for of in (recent.days, days))
    found = np.full((shops, len(days)), np.nan)
    for weekday in range(7):
        on, at = week == weekday, np.flatnonzero(week_ahead == weekday)
        if not len(at):
            continue
        every = recent.totals[:, on]
        any_day = _last_known(every, LAST_WEEKS)
        for promotion in (False, True):
            same = np.where(before[:, on] == promotion, every, np.nan)
            mean = _last_known(same, LAST_WEEKS)
            mean = np.where(np.isnan(mean), any_day, mean)
            found[:, at] = np.where(ahead[:, at] == promotion, mean[:, None], found[:, at])
    return found


def _last_known(values: Array, number: int) -> Array:
    """Return the mean of the last `number` known values of each row; NaN without any."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    back = values[:, ::-1]
    known = ~np.isnan(back)
    use = known & (np.cumsum(known, axis=1) <= number)
    size = use.sum(axis=1)
    total = np.where(use, back, 0.0).sum(axis=1)
    return np.where(size > 0, total / np.maximum(size, 1), np.nan)
