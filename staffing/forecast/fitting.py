"""Estimates the factors of a day: level, weekday, turn of the month, season, events.

Everything is additive on the log of the day's contacts and estimated at once, so that no part
is credited with what another explains: weighted least squares in which priors stand as
pseudo-observations (Theil & Goldberger 1961), for all shops together (`solve`).

- The level is a random walk, known at knots a week apart; a forecast carries on its last value.
- Weekdays, the turn of the month and the season of a shop are drawn towards those of its
  category; a season needs two years to be told from growth and counts accordingly less before.
- Dates on which the shops together left the pattern a year ago are expected to do so again.
- The factor of an event (promotion phase, holiday, special day) is drawn towards that of the
  shops alike (empirical Bayes, Efron & Morris 1975), because one past event is a poor guide to
  the next; the older what a shop itself showed, the less it counts. Beside it every shop has a
  response of its own to all promotions, and every edition that still runs a strength of its own,
  which is expected of its remaining days.
- Days that do not fit, and steps of the level that were not needed, weigh as under a Student t
  distribution (Lange, Little & Taylor 1989): an outlier is let go, a lasting step is followed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import EventKey
from staffing.forecast.daily import DailyModel, on_dates, pattern
from staffing.forecast.dates import repeating_dates
from staffing.forecast.design import (
    MONTH,
    SEASON,
    SEASON_PAIRS,
    WEEK,
    YEAR_DAYS,
    EventTable,
    Ints,
    day_columns,
    ordinal,
)
from staffing.forecast.history import Array, History
from staffing.forecast.pool import ShopFacts, expected_events, no_events_known, pooled_days
from staffing.forecast.robust import row_quantile
from staffing.forecast.solve import KNOT_DAYS, Entries, Problem, evidence, level_on_days, solve

STEPS = np.array([0.01, 0.03, 0.08, 0.16])
"""Daily steps of the level to choose from, in units of a day's noise: at the end of a history the
level is a mean with a half-life of ln 2 / step, 69 to 4 days."""
FIRST_STEP = 0.045
TEMPER = 4.0
"""Divides the evidence for a step: days are not as independent of each other as it assumes."""
RESTLESS = 0.09
"""Log evidence per day that every e-fold of the step must earn: so much do disturbances of a few
days, which are over by the horizon, lend a restless level. Found on the series of the benchmark."""
POOL_ROUNDS = 20
FIRST_NOISE = 0.15
"""Log standard deviation of a day before the residuals tell it."""
LEAST_NOISE = 0.03
NOISE_DAYS = 10.0
"""Days whose weight a shop's own noise needs to match all shops'."""
MAD = 0.6745
"""Median absolute deviation of a standard normal variable."""
WEEKDAY_SD = (0.08, 0.3)
"""Spread (log) of the shops around their category, and of the category around no pattern."""
MONTH_SD = (0.03, 0.1)
SEASON_SD = (0.04, 0.10)
"""Of the wave of a year; shorter waves have their share."""
DATE_SD = 0.15
EVENT_SD = {
    ("promotion", "on"): (0.20, 0.5),
    ("promotion", "before"): (0.04, 0.08),
    ("promotion", "after"): (0.04, 0.08),
    ("holiday", "on"): (0.10, 0.20),
    ("holiday", "before"): (0.04, 0.08),
    ("holiday", "after"): (0.04, 0.08),
    ("special", "on"): (0.05, 0.2),
    ("special", "before"): (0.08, 0.3),
    ("special", "after"): (0.08, 0.3),
}
"""Spread of a shop's factor around its peers', and of the peers' around what is expected."""
SPRING_SD = (0.10, 0.25)
RESPONSE_SD = 0.2
"""Spread of the shops' response to promotions around their peers', relative."""
EDITION_SD = 0.3
"""Spread of an edition's strength around that of the past ones: of promotions relative to what
is expected of them, of holidays a log factor."""
MEMORY_DAYS = 180.0
"""Half-life of what sets a shop's own events apart from its peers': a guide three weeks later, a
poor one a year later."""
FREEDOM = 5.0
"""Degrees of freedom of the Student t distribution of days and level steps."""
ROUNDS = 3
WARM_ROUNDS = 2
"""Rounds that suffice from the factors of a fit a week earlier."""
MOST_DAYS = 1096
"""Days of history in use: three years hold three editions of every event."""
STEP_DAYS = 14
STEP_SCORE = 3.0
"""Standard deviations of a day that the median of the last week must be off for a step."""
OUTLIER_DAYS = 56
OUTLIER_SCORE = 5.0
"""Recent days, and standard deviations off the pattern, from which on a day is told as odd; it
weighs a sixth of an ordinary one."""
SMEAR_DAYS = 365
MOST_SMEAR = 2.0
"""What is off by more than this is no skewed error but a level that did not fit."""
SMEAR_PRIOR_DAYS = 28.0
"""Days whose weight a shop's own correction to the mean needs to match all shops'."""
ESTIMATE_SD = 0.3
"""Log error of a person's estimate of a shop's contacts a day; assumed."""
FIRST_DAYS_NOISE = 2.0
"""Multiple of a day's noise by which the first days of a shop tell its level: they err together,
and weekday and season are its peers' yet. Found on new shops (docs/benchmarks.md)."""
ESTIMATED_OVER_DAYS = 56
"""Days whose promotions and holidays a person's average is taken to contain."""
STRANGER_SD = 1.0
"""Log spread of the shops' levels around their category's."""


@dataclass(frozen=True, kw_only=True)
class _Data:
    """What the history says, padded at the front to whole weeks, and where its columns stand.

    Attributes
    ----------
    days : (n,)
    log : log(contacts + 0.5), NaN where unknown (shops, n)
    known : (shops, n)
    plain : known and untouched by any event (shops, n)
    datable : known and neither in a promotion nor in or beside a holiday (shops, n)
    shared : the columns that all shops share (n, SEASON.stop)
    pairs, pair_column : the pairs seen, ordered by shop, and the column of each (seen,)
    at : position in the event table of each entry of a shop's own columns (entries,)
    shop, row, column : where it stands (entries,)
    patterned : whether it is one of the response or of a running edition (entries,)
    response : column of the response; those of the running editions follow
    running : position of the editions that have begun and have a phase yet to come
    """

    days: pd.DatetimeIndex
    log: Array
    known: npt.NDArray[np.bool_]
    plain: npt.NDArray[np.bool_]
    datable: npt.NDArray[np.bool_]
    shared: Array
    table: EventTable
    pairs: Ints
    pair_column: Ints
    at: Ints
    shop: Ints
    row: Ints
    column: Ints
    patterned: npt.NDArray[np.bool_]
    response: int
    running: Ints

    @property
    def columns(self) -> int:
        """Return the number of a shop's own columns."""
        return self.response + 1 + len(self.running)

    @property
    def pair_shop(self) -> Ints:
        """Return the shop of each pair seen."""
        return self.table.pair_shop[self.pairs]

    @cached_property
    def full(self) -> Array:
        """Return how far each shop's history reaches from one year (0) to two (1)."""
        span = np.where(self.known.any(axis=1), len(self.days) - self.known.argmax(axis=1), 0)
        return np.clip(span / YEAR_DAYS - 1, 1e-3, 1.0)

    @cached_property
    def last_of_key(self) -> Array:
        """Return the last known day of each key, since 1970 (keys,)."""
        last = np.zeros(len(self.table.keys))
        key = self.table.pair_key[self.table.pair[self.at]]
        np.maximum.at(last, key, self.table.day[self.at].astype(np.float64))
        return last

    def entries(self, usual: Array) -> Entries:
        """Return the columns of the shops' own, given what is usual of each pair."""
        lift, pair = self.table.lift[self.at], self.table.pair[self.at]
        value = lift * np.where(self.patterned, pattern(self.table, usual)[pair], 1.0)
        return Entries(
            shop=self.shop, row=self.row, column=self.column, value=value, columns=self.columns
        )


@dataclass(frozen=True, kw_only=True)
class _State:
    """What is known after a round.

    Attributes
    ----------
    days : weekday, month and season factors to expect of each shop (shops, SEASON.stop)
    usual : log factor to expect of each pair (pairs,)
    dates, date_mean : dates that repeat, and what to expect of them (dates,)
    noise, step : per shop
    day_weight, step_weight : robust weights (shops, n), (shops, n / 7)
    knots, factors, fitted : of the last solution; `factors` refer to `used`
    used : the state that the solution was found under
    """

    days: Array
    usual: Array
    dates: Ints
    date_mean: Array
    noise: Array
    step: Array
    day_weight: Array
    step_weight: Array
    knots: Array
    factors: Array
    fitted: Array
    used: _State | None = None


def fit(
    history: History, table: EventTable, facts: ShopFacts, start: DailyModel | None = None
) -> DailyModel:
    """Estimate the factors from a history.

    Parameters
    ----------
    history : counts per shop and service day; at least one day, though it may be unknown
    table : the events that touch the shops' days, those of the days to forecast included
    facts : which shops are alike, and what else is told of them
    start : the fit to an earlier part of the history with the same events, to begin from
    """
    data = _data(history.latest(MOST_DAYS), table, chinese=facts.chinese)
    state = _begin(data, facts, start)
    for turn in range(ROUNDS if start is None else WARM_ROUNDS):
        wide = start is None and turn == 0
        if start is None and turn == 1:
            state = replace(state, step=_chosen_step(data, facts, state))
        state = _round(data, facts, state, wide=wide, find_dates=wide)
    return _model(history.shops, data, facts, state)


def _data(history: History, table: EventTable, *, chinese: bool) -> _Data:
    pad = -len(history.days) % KNOT_DAYS
    days = pd.date_range(end=history.days[-1], periods=len(history.days) + pad, freq="D")
    log = np.log(np.pad(history.totals, ((0, 0), (pad, 0)), constant_values=np.nan) + 0.5)
    known = ~np.isnan(log)
    at, row = table.rows(days)
    seen = known[table.shop[at], row]
    at, row = at[seen], row[seen]
    pairs = np.unique(table.pair[at])
    shop = table.pair_shop[pairs]
    pair_column = np.arange(len(pairs)) - np.searchsorted(shop, shop)
    response = int(pair_column.max(initial=-1)) + 1
    running = _running(table, at, days)
    place = np.full(len(table.editions), -1)
    place[running] = np.arange(len(running))
    of_promotion = np.flatnonzero(table.has(family="promotion")[table.pair[at]])
    runs = np.flatnonzero(place[table.edition[at]] >= 0)
    source = np.concatenate([np.arange(len(at)), of_promotion, runs])
    column = np.concatenate(
        [
            pair_column[np.searchsorted(pairs, table.pair[at])],
            np.full(len(of_promotion), response),
            response + 1 + place[table.edition[at[runs]]],
        ]
    )
    order = np.lexsort((column, row[source], table.shop[at[source]]))
    source, column = source[order], column[order]
    return _Data(
        days=days,
        log=log,
        known=known,
        plain=known & ~table.touched(len(log), days),
        datable=known & ~table.touched(len(log), days, table.promotion | table.is_holiday),
        shared=day_columns(days, chinese=chinese),
        table=table,
        pairs=pairs,
        pair_column=pair_column,
        at=at[source],
        shop=table.shop[at[source]],
        row=row[source],
        column=column,
        patterned=column >= response,
        response=response,
        running=running,
    )


def _running(table: EventTable, seen: Ints, days: pd.DatetimeIndex) -> Ints:
    begun, left = np.zeros((2, len(table.editions)), dtype=bool)
    begun[table.edition[seen]] = True
    ahead = (table.day > ordinal(days[-1:])[0]) & table.has(part="on")[table.pair]
    left[table.edition[ahead]] = True
    return np.flatnonzero(begun & left)


def _begin(data: _Data, facts: ShopFacts, start: DailyModel | None) -> _State:
    shops, n = data.log.shape
    return _State(
        days=np.zeros((shops, SEASON.stop))
        if start is None
        else _peers_days(data, facts, start.days),
        usual=no_events_known(data.table) if start is None else start.usual,
        dates=np.zeros(0, dtype=np.int64) if start is None else start.dates,
        date_mean=np.zeros(0) if start is None else start.date_factor.mean(axis=0),
        noise=np.full(shops, FIRST_NOISE) if start is None else start.noise,
        step=np.full(shops, FIRST_STEP) if start is None else start.step,
        day_weight=np.ones((shops, n)),
        step_weight=np.ones((shops, n // KNOT_DAYS)),
        knots=np.repeat(_mean_log(data), n // KNOT_DAYS + 1, axis=1),
        factors=np.zeros((shops, SEASON.stop + data.columns)),
        fitted=np.zeros((shops, n)),
    )


def _mean_log(data: _Data) -> Array:
    """Return each shop's mean log contacts; zero where nothing is known (shops, 1)."""
    size = np.maximum(data.known.sum(axis=1, keepdims=True), 1)
    return np.asarray(np.where(data.known, data.log, 0.0).sum(axis=1, keepdims=True) / size)


def _round(data: _Data, facts: ShopFacts, state: _State, *, wide: bool, find_dates: bool) -> _State:
    """Solve with the weights and peers of the round before, then renew both."""
    step = _step_precision(state, state.step)
    knots, factors = solve(_problem(data, facts, state, wide=wide), step)
    shared = _shared(data, state.dates)
    fitted = level_on_days(knots) + factors[:, : shared.shape[1]] @ shared.T
    own = factors[:, shared.shape[1] :]
    fitted += data.entries(state.usual).times(own, len(data.days))
    residual = np.where(data.known, data.log - fitted, np.nan)
    noise = _noise(residual)
    dates, date_mean = state.dates, factors[:, SEASON.stop : shared.shape[1]].mean(axis=0)
    if find_dates:
        dates, date_mean = repeating_dates(np.where(data.datable, residual, np.nan), data.days)
    seen = own[data.pair_shop, data.pair_column]
    day_weight = _student(np.nan_to_num(residual) / noise[:, None])
    step_weight = _student(np.diff(knots) / _week_step(state.step, noise))
    _let_step(data, residual, noise, state.step, (day_weight, step_weight))
    return _State(
        days=_peers_days(data, facts, factors[:, : SEASON.stop]),
        usual=expected_events(data.table, data.pairs, seen, data.last_of_key, facts),
        dates=dates,
        date_mean=date_mean,
        noise=noise,
        step=state.step,
        day_weight=day_weight,
        step_weight=step_weight,
        knots=knots,
        factors=factors,
        fitted=fitted,
        used=replace(state, used=None),
    )


def _let_step(
    data: _Data, residual: Array, noise: Array, step: Array, weights: tuple[Array, Array]
) -> None:
    """Let the level step where the latest days all lie off on one side; in place.

    At the end of a history an outlier and the beginning of a lasting change look alike; a week of
    them is a change.
    """
    recent = np.where(data.datable, residual, np.nan)[:, -STEP_DAYS:]
    size = (~np.isnan(recent)).sum(axis=1)
    back = np.cumsum(~np.isnan(recent[:, ::-1]), axis=1)[:, ::-1]
    last = np.where(back <= KNOT_DAYS, recent, np.nan)
    enough = np.flatnonzero(size >= KNOT_DAYS)
    if not len(enough):
        return
    middle, low, high = (row_quantile(last[enough], level) for level in (0.5, 0.1, 0.9))
    off = (np.abs(middle) > STEP_SCORE * noise[enough]) & (low * high > 0)
    shops = enough[off]
    day_weight, step_weight = weights
    day_weight[shops, -STEP_DAYS:] = 1.0
    allowed = _week_step(step[shops], noise[shops]) / np.abs(middle[off, None])
    weeks = STEP_DAYS // KNOT_DAYS
    step_weight[shops, -weeks:] = np.minimum(step_weight[shops, -weeks:], allowed**2)


def _problem(data: _Data, facts: ShopFacts, state: _State, *, wide: bool) -> Problem:
    return Problem(
        log=data.log,
        weight=data.known * state.day_weight / state.noise[:, None] ** 2,
        fixed=_shared(data, state.dates),
        entries=data.entries(state.usual),
        prior=_prior(data, facts, state, wide=wide),
        first=_first_knot(data, facts, state),
    )


def _step_precision(state: _State, step: Array) -> Array:
    return np.asarray(state.step_weight / _week_step(step, state.noise) ** 2)


def _week_step(step: Array, noise: Array) -> Array:
    """Return the standard deviation of the level's step from knot to knot (shops, 1)."""
    return np.asarray((step * noise * np.sqrt(KNOT_DAYS))[:, None])


def _shared(data: _Data, dates: Ints) -> Array:
    return np.hstack([data.shared, on_dates(data.days, dates)])


def _prior(data: _Data, facts: ShopFacts, state: _State, *, wide: bool) -> tuple[Array, Array]:
    """Return mean and precision of all factors; `wide` while no peers are known."""
    table, level = data.table, int(wide)
    shared = SEASON.stop + len(state.dates)
    mean = np.zeros((len(data.log), shared + data.columns))
    spread = np.full(mean.shape, EDITION_SD)
    mean[:, : SEASON.stop], spread[:, : SEASON.stop] = state.days, _days_sd(level)
    spread[:, SEASON] *= data.full[:, None]
    mean[:, SEASON.stop : shared], spread[:, SEASON.stop : shared] = state.date_mean, DATE_SD
    at = (data.pair_shop, shared + data.pair_column)
    mean[at] = state.usual[data.pairs]
    key_sd = np.array([_event_sd(key, level) for key in table.keys], dtype=np.float64)
    spread[at] = key_sd[table.pair_key[data.pairs]]
    mean[:, shared + data.response] = facts.strength - 1
    spread[:, shared + data.response] = RESPONSE_SD
    return mean, spread**-2.0


def _days_sd(level: int) -> Array:
    """Return the spread of day factors: 0 of shops in their category, 1 of categories."""
    found = np.empty(SEASON.stop)
    found[WEEK], found[MONTH] = WEEKDAY_SD[level], MONTH_SD[level]
    found[SEASON] = SEASON_SD[level] / np.repeat(np.arange(1, SEASON_PAIRS + 1), 2)
    return found


def _event_sd(key: EventKey, level: int) -> float:
    return SPRING_SD[level] if key.is_spring else EVENT_SD[key.family, key.part][level]


def _first_knot(data: _Data, facts: ShopFacts, state: _State) -> tuple[Array, Array]:
    """Return mean and precision of the first level: as a person told it, else as its peers'."""
    multiple = np.where(np.isnan(facts.busy), _calendar_multiple(data, state.usual), facts.busy)
    told = np.log(facts.estimate / multiple + 0.5)
    peers = facts.category_mean(state.knots[:, -1], facts.has_history)
    guess = np.isnan(told)
    mean = np.where(guess, peers, told)
    return mean, np.where(guess, STRANGER_SD**-2, ESTIMATE_SD**-2)


def _calendar_multiple(data: _Data, usual: Array) -> Array:
    """Return an average day of the last weeks over an ordinary one, by their events (shops,)."""
    days, table = data.days[-ESTIMATED_OVER_DAYS:], data.table
    at, row = table.rows(days)
    log = np.zeros((len(data.log), len(days)))
    np.add.at(log, (table.shop[at], row), table.lift[at] * usual[table.pair[at]])
    return np.asarray(np.exp(log).mean(axis=1))


def _chosen_step(data: _Data, facts: ShopFacts, state: _State) -> Array:
    """Return each shop's step of the level: the mean of `STEPS`, weighted by their evidence.

    What the other shops' evidence favours is the prior (empirical Bayes).
    """
    shops = len(data.log)
    steps = [_step_precision(state, np.full(shops, each)) for each in STEPS]
    found = evidence(_problem(data, facts, state, wide=False), steps)
    days = data.known.sum(axis=1)[:, None]
    found = (found - RESTLESS * days * np.log(STEPS / STEPS[0])) / TEMPER
    likely = np.exp(found - found.max(axis=1, keepdims=True))
    prior = np.full(len(STEPS), 1 / len(STEPS))
    share = likely * prior
    for _ in range(POOL_ROUNDS):
        share = likely * prior
        share /= share.sum(axis=1, keepdims=True)
        prior = (share.sum(axis=0) + 0.5) / (shops + 0.5 * len(STEPS))
    return np.asarray(np.exp(share @ np.log(STEPS)))


def _peers_days(data: _Data, facts: ShopFacts, own: Array) -> Array:
    # The mean of the weekdays is the level's affair, and the level is a shop's own.
    own = own.copy()
    own[:, WEEK] -= own[:, WEEK].mean(axis=1, keepdims=True)
    shrink = (_days_sd(0) / _days_sd(1)) ** 2
    has_any = np.asarray(data.known.any(axis=1))
    return pooled_days(own, shrink, has_any, data.full, facts.category)


def _noise(residual: Array) -> Array:
    """Return the robust log standard deviation of a day, drawn towards that of all shops."""
    size = (~np.isnan(residual)).sum(axis=1)
    has = size > 0
    if not has.any():
        return np.full(len(residual), FIRST_NOISE)
    own = np.full(len(residual), np.nan)
    own[has] = row_quantile(np.abs(residual[has]), 0.5) / MAD
    usual = float(np.median(own[has]))
    own = np.where(has, own, usual)
    mixed = (size * own**2 + NOISE_DAYS * usual**2) / (size + NOISE_DAYS)
    return np.asarray(np.maximum(np.sqrt(mixed), LEAST_NOISE))


def _student(score: Array) -> Array:
    """Return the weight of residuals, in standard deviations, under a Student t distribution."""
    return np.asarray((FREEDOM + 1) / (FREEDOM + score**2))


def _model(names: tuple[str, ...], data: _Data, facts: ShopFacts, state: _State) -> DailyModel:
    used, table = state.used or state, data.table
    shared = SEASON.stop + len(used.dates)
    days = state.factors[:, : SEASON.stop].copy()
    middle = days[:, WEEK].mean(axis=1)
    days[:, WEEK] -= middle[:, None]
    own = state.factors[:, shared:]
    response = np.where(table.has(family="promotion"), own[table.pair_shop, data.response], 0.0)
    factor = (1 + response) * used.usual
    apart = own[data.pair_shop, data.pair_column] - used.usual[data.pairs]
    factor[data.pairs] += apart * _memory(data)
    own_of = _seen_alike(data)
    factor, editions = factor[own_of], _editions(data)
    return DailyModel(
        shops=names,
        chinese=facts.chinese,
        level=state.knots[:, -1] + middle,
        level_sd=_level_sd(data, facts, state.noise),
        days=days,
        dates=used.dates,
        date_factor=state.factors[:, SEASON.stop : shared],
        table=table,
        own=factor,
        usual=used.usual,
        editions=editions,
        doubt=_event_doubt(table, used.usual, editions),
        running=data.running,
        edition=own[:, data.response + 1 :],
        smear=_smear(data, state),
        noise=state.noise,
        step=state.step,
        outliers=_outliers(names, data, state),
    )


def _outliers(names: tuple[str, ...], data: _Data, state: _State) -> pd.DataFrame:
    """Return the recent days far from the pattern, the farthest first: see `DailyModel`."""
    recent = slice(-OUTLIER_DAYS, None)
    log, fitted = data.log[:, recent], state.fitted[:, recent]
    score = np.abs(np.where(data.known[:, recent], log - fitted, 0.0)) / state.noise[:, None]
    shop, day = np.nonzero(score > OUTLIER_SCORE)
    order = np.lexsort((day, shop, -score[shop, day]))
    at = shop[order], day[order]
    return pd.DataFrame(
        {
            "shop_id": np.array(names, dtype=object)[at[0]],
            "date": data.days[recent][at[1]],
            "came": np.exp(log[at]) - 0.5,
            "expected": np.maximum(np.exp(fitted[at]) - 0.5, 0.0),
        }
    )


def _level_sd(data: _Data, facts: ShopFacts, noise: Array) -> Array:
    """Return the doubt about the level that few days of history leave (shops,)."""
    prior = np.where(np.isnan(facts.estimate), STRANGER_SD, ESTIMATE_SD)
    return np.asarray(
        (prior**-2 + data.known.sum(axis=1) / (FIRST_DAYS_NOISE * noise) ** 2) ** -0.5
    )


def _memory(data: _Data) -> Array:
    """Return what is left of each seen pair's own deviation after the time since (seen,)."""
    last = np.zeros(len(data.table.pair_shop))
    np.maximum.at(last, data.table.pair[data.at], data.row.astype(np.float64))
    return np.asarray(0.5 ** ((len(data.days) - last[data.pairs]) / MEMORY_DAYS))


def _seen_alike(data: _Data) -> Ints:
    """Return for each pair itself, or where the shop has not seen it the nearest that it has.

    That is the same stretch of the latest phase of the same event: who answered strongly to the
    opening of a sale is expected to do so at its peak.
    """
    table = data.table
    alike = [(key.family, key.event, key.part, key.alike) for key in table.keys]
    number = {each: i for i, each in enumerate(dict.fromkeys(alike))}
    of_key = np.array([number[each] for each in alike], dtype=np.int64)
    code = table.pair_shop * max(len(number), 1) + of_key[table.pair_key]
    seen = data.pairs[np.argsort(data.last_of_key[table.pair_key[data.pairs]], kind="stable")]
    latest = np.full(int(code.max(initial=-1)) + 1, -1)
    latest[code[seen]] = seen
    unseen = np.ones(len(code), dtype=bool)
    unseen[data.pairs] = False
    nearest = latest[code]
    return np.where(unseen & (nearest >= 0), nearest, np.arange(len(code)))


def _editions(data: _Data) -> Ints:
    """Return how many editions of it each pair has seen, without those that run (pairs,)."""
    seen, size = data.at[~data.patterned], max(len(data.table.editions), 1)  # noqa: PD008
    seen = seen[~np.isin(data.table.edition[seen], data.running)]
    pairs = np.unique(data.table.pair[seen] * size + data.table.edition[seen]) // size
    return np.bincount(pairs, minlength=len(data.table.pair_shop)).astype(np.int64)


def _event_doubt(table: EventTable, usual: Array, editions: Ints) -> Array:
    """Return the variance of each promotion's log factor around what is expected (pairs,).

    Of the next edition around the past ones, and of the shop around its peers as far as its own
    editions do not tell.
    """
    on = table.has(family="promotion", part="on")
    own = np.array([EVENT_SD[key.family, key.part][0] for key in table.keys])[table.pair_key]
    return np.where(on, (EDITION_SD * usual) ** 2 + own**2 / (1 + editions), 0.0)


def _smear(data: _Data, state: _State) -> Array:
    """Return actual over fitted contacts, drawn towards all shops' (shops,).

    Of the last year, without promotions and holidays; outliers count as little as in the fit.
    """
    use = data.datable[:, -SMEAR_DAYS:]
    weight, fitted = np.minimum(state.day_weight[:, -SMEAR_DAYS:], 1.0), state.fitted
    came = np.where(use, weight * np.exp(data.log[:, -SMEAR_DAYS:]), 0.0).sum(axis=1)
    told = np.where(use, weight * np.exp(fitted[:, -SMEAR_DAYS:]), 0.0).sum(axis=1)
    has = told > 0
    if not has.any():
        return np.ones(len(fitted))
    ratio = np.divide(came, told, where=has, out=np.ones(len(fitted)))
    ratio = np.clip(ratio, 1 / MOST_SMEAR, MOST_SMEAR)
    days = use.sum(axis=1)
    usual = float(np.average(ratio, weights=days))
    return np.asarray((days * ratio + SMEAR_PRIOR_DAYS * usual) / (days + SMEAR_PRIOR_DAYS))
