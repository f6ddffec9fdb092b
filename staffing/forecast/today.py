"""The forecast again in the course of a day, from what has come so far.

Every day's contacts are the morning's forecast times a factor around one; what has come is that
factor with noise. The factor of each shop and day is corrected by the best linear predictor
(credibility, Bühlmann 1967; updating within the day: Shen & Huang 2008): all shops' evidence
counts for each as far as the backtest's errors go together, and what today tells of later days
is what errors of one shop, or of all, have in common over a horizon.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import cho_factor, cho_solve

from staffing.errors import Fault, ForecastError
from staffing.forecast.calendar import in_promotion
from staffing.forecast.contacts import Basis, Forecast
from staffing.forecast.history import Array, History
from staffing.forecast.profile import RECENT_DAYS, shaped
from staffing.forecast.robust import row_quantile
from staffing.forecast.spread import SHARE80, Z80, kinds
from staffing.grid import DAY_MIN, INTERVAL_MIN
from staffing.workspace import Workspace

POOLED_DAYS = 10.0
"""Days whose weight a shop's own course needs to match all shops'."""
EVENT_COURSE = 0.5
"""Relative error of what share of a promotion's day has come, early in it, where the shop has
seen none like it: on the first day of Double 11 2023, mornings of sorting sites ran 80 % above
their share. It falls with the share that is left."""
SEEN_TWICE = 2.0
"""Raises the squared errors of past promotion days: their shapes were learnt from themselves."""
COURSE_TIE, EVENT_TIE = 0.3, 0.8
"""Correlation of the shops' courses through a day, when few days tell, and in a promotion like
none before; assumed."""
LEAST_SHARE = 0.01
"""Share of a day before which its course tells nothing."""
MOST_SHARE = 0.98
LEAST_FACTOR = 0.05


@dataclass(frozen=True, kw_only=True)
class Today:
    """A forecast corrected by what has come.

    Attributes
    ----------
    forecast : the corrected forecast; half hours that are over hold what came, without doubt
    until : the moment up to which contacts are known
    shops : one row a shop: shop_id, expected (contacts up to then, in the morning's forecast),
        came (NaN where unknown), morning, total (of the whole day, before and now), and
        ``q<percent>`` of the total
    """

    forecast: Forecast
    until: dt.datetime
    shops: pd.DataFrame


def service_day(workspace: Workspace, now: dt.datetime) -> dt.date:
    """Return the service day that runs at a moment; after midnight it may be the day before."""
    closes_min = max(window.closes_min for window in workspace.windows.values())
    still_open = now.hour * 60 + now.minute + DAY_MIN < closes_min
    return now.date() - dt.timedelta(days=still_open and now.date() > dt.date.min)


def today(
    workspace: Workspace, made: Forecast, past: History, now: dt.datetime, levels: Sequence[float]
) -> Today:
    """Correct a forecast whose first day runs by the contacts up to a moment.

    Parameters
    ----------
    made : the forecast from the days before
    past : a history that reaches into the first day
    now : half hours that end by then, and by the last contact of the day, are over
    levels : quantiles to give

    Raises
    ------
    ForecastError
        When the history holds nothing of the day up to then.
    """
    basis, first = made.basis, made.daily["date"].iloc[0]
    at = past.days.get_indexer(pd.DatetimeIndex([first]))[0]
    over = _over(workspace, first, now)
    if basis is None or at < 0 or not over:
        raise _nothing_yet(workspace, first, now)
    timed = np.array([shop not in past.daily_only for shop in past.shops])
    counts = np.where(timed[:, None], past.counts[:, at, :over], np.nan)
    came = np.where(np.isnan(counts).all(axis=1), np.nan, np.nansum(counts, axis=1))
    if np.isnan(came).all():
        raise _nothing_yet(workspace, first, now)
    shop = pd.Categorical(made.table["shop_id"], categories=list(past.shops)).codes
    means = np.zeros(past.counts.shape[::2])
    on = (made.table["date"] == first).to_numpy()
    means[shop[on], made.table["slot"].to_numpy()[on]] = made.table["mean"].to_numpy()[on]
    factor, variance = _corrected(made, basis, past, means, over, came)
    table = _halves(made, basis, (factor, variance), counts, levels)
    daily = _days(made, basis, (factor, variance), (means[:, over:].sum(axis=1), came), levels)
    of_today = daily[daily["date"] == first].reset_index(drop=True)
    shops = pd.DataFrame(
        {
            "shop_id": of_today["shop_id"],
            "expected": means[:, :over].sum(axis=1),
            "came": came,
            "morning": made.daily.loc[made.daily["date"] == first, "mean"].to_numpy(),
            "total": of_today["mean"],
        }
    )
    return Today(
        forecast=replace(made, table=table, daily=daily),
        until=first.to_pydatetime() + dt.timedelta(minutes=over * INTERVAL_MIN),
        shops=shops.join(of_today.filter(regex=r"^q\d")),
    )


def _nothing_yet(workspace: Workspace, first: pd.Timestamp, now: dt.datetime) -> ForecastError:
    facts = {"day": f"{first:%Y-%m-%d}"}
    file = workspace.files.get("history", "history")
    value = f"{now:%Y-%m-%d %H:%M}"
    return ForecastError([Fault(code="nothing_yet", file=file, value=value, facts=facts)])


def _over(workspace: Workspace, first: pd.Timestamp, now: dt.datetime) -> int:
    """Return how many half hours of the service day are over and known.

    Beyond the last contact of the day the history may simply end: a half hour without any
    contact is not told from one that was not exported yet.
    """
    start = workspace.history["start"]
    last = start[(start >= first) & (start < now)].max()
    if pd.isna(last):
        return 0
    passed = (pd.Timestamp(now) - first) // pd.Timedelta(minutes=INTERVAL_MIN)
    return int(min(passed, (last - first) // pd.Timedelta(minutes=INTERVAL_MIN) + 1))


def _corrected(
    made: Forecast, basis: Basis, past: History, means: Array, over: int, came: Array
) -> tuple[Array, Array]:
    """Return the factor of each shop's days and its variance (shops, days).

    The first day's is that of its half hours to come.
    """
    doubt, shops = basis.spread, len(past.shops)
    prior = doubt.relative(np.arange(shops).repeat(len(made.daily) // shops), kinds(made.daily))
    prior = prior.reshape(shops, -1)
    expected, whole = means[:, :over].sum(axis=1), means.sum(axis=1)
    seen = np.flatnonzero(~np.isnan(came) & (expected > LEAST_SHARE * whole))
    if not len(seen):
        return np.ones(prior.shape), prior
    luck = doubt.phi[seen] / expected[seen]
    share = np.minimum(expected[seen] / whole[seen], MOST_SHARE)
    course, new, tie = _courses(basis, past, over, made.daily["date"].iloc[0])
    course = np.where(new[seen], (EVENT_COURSE * (1 - share)) ** 2, 0.0) + course[seen]
    shape = np.maximum(course - luck * (1 - share), 0.0)
    shapes = _tied(np.sqrt(shape), np.sqrt(shape), np.arange(len(seen)), tie, 1.0)
    # Who comes early does not come late: given the day, what has come too much will be missing.
    tilt = share / (1 - share)
    deviation = np.sqrt(prior)
    of_seen, ties = deviation[seen, 0], doubt.ties
    now = _tied(deviation[:, 0], of_seen, seen, ties["all"] + ties["day"], 1.0)
    solved = cho_factor(now[seen] + shapes + np.diag(luck))
    weight = cho_solve(solved, came[seen] / expected[seen] - 1)
    # But a surplus never lowers what is to come: too few people cost more than too many.
    now[seen] = np.maximum(now[seen] - tilt[:, None] * shapes, 0.0)
    variance = prior.copy()
    variance[seen, 0] += shape * tilt**2
    factor = np.empty(prior.shape)
    for day in range(prior.shape[1]):
        common = now
        if day:
            own = ties["all"] + ties["shop"]
            common = _tied(deviation[:, day], of_seen, seen, ties["all"], own)
        factor[:, day] = np.maximum(1 + common @ weight, LEAST_FACTOR)
        variance[:, day] -= np.einsum("ij,ji->i", common, cho_solve(solved, common.T))
    return factor, np.maximum(variance, 0.0)


def _tied(
    deviation: Array, of_seen: Array, seen: npt.NDArray[np.intp], others: float, own: float
) -> Array:
    """Return covariances of shops with the shops seen (shops, seen).

    What a shop is more doubtful about than most is its own affair.
    """
    usual = float(np.median(of_seen))
    shared = np.minimum(deviation, usual)[:, None] * np.minimum(of_seen, usual)[None, :]
    common = others * shared
    at = np.arange(len(seen))
    common[seen, at] = own * deviation[seen] * of_seen
    return np.asarray(common)


def _courses(
    basis: Basis, past: History, over: int, day: pd.Timestamp
) -> tuple[Array, npt.NDArray[np.bool_], float]:
    """Return how the share of a day's contacts that comes by then errs.

    Returns
    -------
    relative variances (shops,), in which shops a promotion like none before runs (shops,), and
    the correlation of the shops' errors
    """
    before = past.until(basis.start)
    recent = before.latest(RECENT_DAYS)
    usual = basis.profiles.ordinary(recent.days)[:, :, :over].sum(axis=2)
    off = _off(recent, usual, over, ~shaped(basis.events, recent))
    course, tie = _pooled(off), _tie(off)
    model, new = basis.model, np.zeros(len(past.shops), dtype=bool)
    runs = np.zeros(len(past.shops), dtype=bool)
    for i, shop in enumerate(past.shops):
        running = [e for e in basis.events[shop].get(day.date(), ()) if in_promotion([e])]
        seen = [model.editions[model.table.pair_of[i, event.key]] for event in running]
        runs[i], new[i] = bool(seen), min(seen, default=1) == 0
    if runs.any():
        shape = np.stack(
            [
                basis.profiles.of(i, before.days, basis.events)[:, :over].sum(axis=1)
                for i in range(len(past.shops))
            ]
        )
        promotion = model.table.touched(len(past.shops), before.days, model.table.promotion)
        of_events = SEEN_TWICE * _pooled(_off(before, shape, over, promotion))
        course = np.where(runs & ~new, np.maximum(course, of_events), course)
    return course, new, max(tie, EVENT_TIE) if new.any() else tie


def _off(days: History, usual: Array, over: int, use: npt.NDArray[np.bool_]) -> Array:
    """Return by how much the share of each day that came by then differed (shops, days)."""
    total = days.totals
    use = use & (np.nan_to_num(total) > 0) & (usual > LEAST_SHARE)
    share = np.nansum(days.counts[:, :, :over], axis=2) / np.where(use, total, 1.0)
    return np.where(use, share / np.maximum(usual, LEAST_SHARE) - 1, np.nan)


def _pooled(off: Array) -> Array:
    """Return each shop's variance, robust, drawn towards that of all shops (shops,)."""
    size = (~np.isnan(off)).sum(axis=1)
    own, has = np.zeros(len(off)), size > 0
    if not has.any():
        return own
    own[has] = (row_quantile(np.abs(off[has]), SHARE80) / Z80) ** 2
    pooled = float(np.average(own, weights=size))
    return np.asarray((size * own + POOLED_DAYS * pooled) / (size + POOLED_DAYS))


def _tie(off: Array) -> float:
    """Return the correlation of the shops' errors of a day, drawn towards the prior."""
    known = ~np.isnan(off)
    scale = np.sqrt((np.nan_to_num(off) ** 2).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    score = np.nan_to_num(off) / np.where(scale > 0, scale, 1.0)[:, None]
    size = known.sum(axis=0)
    pairs = float((size * (size - 1)).sum())
    both = float((score.sum(axis=0) ** 2 - (score**2).sum(axis=0)).sum())
    days = int((size > 1).sum())
    found = both / pairs if pairs else 0.0
    return float(np.clip((days * found + POOLED_DAYS * COURSE_TIE) / (days + POOLED_DAYS), 0, 0.95))


def _halves(
    made: Forecast,
    basis: Basis,
    corrected: tuple[Array, Array],
    counts: Array,
    levels: Sequence[float],
) -> pd.DataFrame:
    """Return the half hours: what came, and what is expected of the others."""
    table, doubt = made.table, basis.spread
    shop, day = _places(made, table)
    slot = table["slot"].to_numpy()
    factor, variance = (each[shop, day] for each in corrected)
    mean = table["mean"].to_numpy() * factor
    around = doubt.around(shop, mean, variance / factor**2, half_hours=True)
    over = (day == 0) & (slot < counts.shape[1])
    known = np.zeros(len(table), dtype=bool)
    known[over] = ~np.isnan(counts[shop[over], slot[over]])
    mean[known], around[known] = counts[shop[known], slot[known]], 0.0
    found = doubt.quantiles(mean, around, levels, half_hours=True)
    found[known] = mean[known, None]
    names = [f"q{100 * level:g}" for level in levels]
    return table.assign(mean=mean, variance=around, **dict(zip(names, found.T, strict=True)))


def _days(
    made: Forecast,
    basis: Basis,
    corrected: tuple[Array, Array],
    of_today: tuple[Array, Array],
    levels: Sequence[float],
) -> pd.DataFrame:
    """Return the days: the first is what came and the rest of it."""
    daily, doubt = made.daily, basis.spread
    shop, day = _places(made, daily)
    factor, variance = (each[shop, day] for each in corrected)
    left, came = of_today
    known = (day == 0) & ~np.isnan(came[shop])
    morning = np.where(known, left[shop], daily["mean"].to_numpy())
    before = np.where(known, np.nan_to_num(came)[shop], 0.0)
    mean = morning * factor
    around = doubt.around(shop, mean, variance / factor**2, half_hours=False)
    found = doubt.quantiles(mean, around, levels, half_hours=False) + before[:, None]
    columns = {f"q{100 * level:g}": found[:, k] for k, level in enumerate(levels)}
    return daily.assign(mean=mean + before, variance=around, **columns)


def _places(
    made: Forecast, rows: pd.DataFrame
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the positions of each row's shop and day."""
    shop = pd.Index(made.daily["shop_id"].unique()).get_indexer(pd.Index(rows["shop_id"]))
    day = (rows["date"] - made.daily["date"].iloc[0]).dt.days.to_numpy()
    return shop, day.astype(np.intp)
