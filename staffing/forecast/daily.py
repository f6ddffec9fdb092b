"""Contacts of a shop's day: level × weekday × holiday × season × event.

Everything is additive on the log of the day's contacts and estimated at once, so that no part
is credited with what another explains: least squares in which priors stand as pseudo-observations
(Theil & Goldberger 1961).

- The level is a random walk, known at knots a week apart; a forecast carries on its last value.
- Weekdays, holidays and the season of a shop are drawn towards those of its category; a season
  needs two years to be told from growth and counts accordingly less before.
- An event's factor is drawn towards that of the shops on the same platform (empirical Bayes,
  Efron & Morris 1975), because one past event is a poor guide to the next. Beside it every shop
  has a response of its own to all events, and every edition a strength of its own: that of a past
  edition is not expected again, that of a running one is expected of its remaining days.
- Days that do not fit, and steps of the level that were not needed, weigh as under a Student t
  distribution (Lange, Little & Taylor 1989): an outlier is let go, a lasting step is followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import splu
from statsmodels.robust.scale import mad

from staffing.forecast.calendar import AFTER, HOLIDAY_KINDS, EventDay, EventKey
from staffing.forecast.design import (
    HOLIDAY,
    KNOT_DAYS,
    SEASON,
    SEASON_PAIRS,
    WEEK,
    YEAR_DAYS,
    Design,
    Events,
    day_columns,
    designs,
    lift,
)
from staffing.forecast.history import Array, History
from staffing.forecast.pool import EventPool, Peers, pooled_days

LEVEL_STEP = 0.05
"""Daily step of the level in units of a day's noise: at the end of the history the level is a
mean with a half-life of ln 2 / 0.05 = 14 days."""
FIRST_STEP = 2.0
"""Times the daily step in the first round: so a lasting step stands out and is let pass later."""
FIRST_NOISE = 0.15
"""Log standard deviation of a day before the residuals tell it."""
LEAST_NOISE = 0.03
WEEKDAY_SD = (0.05, 0.15)
"""Spread (log) of the shops around their category, and of the category around no pattern."""
HOLIDAY_SD = (0.08, 0.25)
SEASON_SD = (0.04, 0.10)
HOLIDAY_PRIOR = {"spring_festival": 0.5, "before_spring": 0.85, "after_spring": 0.85}
"""Share of an ordinary day's contacts when no history tells it; assumed. Others: 1."""
EVENT_SD = (0.10, 0.5)
TAIL_SD = 0.10
"""The days after a phase are nearly ordinary until they show otherwise."""
RESPONSE_SD = 0.2
"""Spread of the shops' response to promotions around their peers', relative."""
EDITION_SD = 0.15
"""Spread of an edition's strength around that of the past ones, relative."""
FREEDOM = 5.0
"""Degrees of freedom of the Student t distribution of days and level steps."""
ROUNDS = 3
FLAT = 1e-6
"""Precision of a prior that says nothing."""
MOST_DAYS = 1096
"""Days of history in use: three years hold three editions of every event."""
SMEAR_DAYS = 365
FEWEST_SMEAR_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class DailyModel:
    """The factors of every shop, on the log scale.

    Attributes
    ----------
    shops : shop ids, the order of every array
    platform : platform of each shop
    level : log of an ordinary day's contacts now (shops,)
    weekday : Monday..Sunday (shops, 7), mean zero over the week
    holiday : in the order of HOLIDAY_KINDS (shops, 4)
    season : sine and cosine of the year, half year and third (shops, 6)
    event : per shop, event key -> factor of a whole day of it (of a quarter day for an eve)
    response : how much more (+) or less a shop answers to events than its peers (shops,)
    edition : per shop, edition -> how much stronger it ran than its keys tell
    pooled : what to expect of a key that a shop has not seen
    smear : correction from the median to the mean (shops,); Duan 1983
    """

    shops: tuple[str, ...]
    platform: tuple[str, ...]
    level: Array
    weekday: Array
    holiday: Array
    season: Array
    event: tuple[dict[EventKey, float], ...]
    response: Array
    edition: tuple[dict[str, float], ...]
    pooled: EventPool
    smear: Array

    def predict(self, days: pd.DatetimeIndex, events: Events) -> Array:
        """Return expected contacts (shops, days)."""
        factors = np.hstack([self.weekday, self.holiday, self.season])
        log = self.level[:, None] + factors @ day_columns(days).T
        position = {date: j for j, date in enumerate(days.date)}
        for i, shop in enumerate(self.shops):
            for date, touching in events[shop].items():
                if (j := position.get(date)) is not None:
                    log[i, j] += self.event_factor(i, touching)
        return np.maximum(np.exp(log) * self.smear[:, None] - 0.5, 0.0)

    def event_factor(self, shop: int, touching: Sequence[EventDay]) -> float:
        """Return the log factor of the events that touch a day of a shop.

        A person's estimate of the strength overrules the past.
        """
        return sum(self._one_event(shop, event) for event in touching)

    def _one_event(self, shop: int, event: EventDay) -> float:
        if event.strength is not None:
            return float(np.log1p((event.strength - 1) * event.share))
        usual = self.pooled.expected(event.key, self.platform[shop])
        own = self.event[shop].get(event.key, (1 + self.response[shop]) * usual)
        now = self.edition[shop].get(event.edition, 0.0) * usual
        return float(lift(event) * (own + now))


@dataclass(frozen=True, kw_only=True)
class _Prior:
    """What to expect of a shop: its factors of days and of its event keys, and their spread.

    `step` is the daily step of its level in units of a day's noise.
    """

    days: Array
    days_sd: Array
    events: Array
    events_sd: Array
    step: float


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """One shop's coefficients, what they leave over, and the weights to go on with."""

    level: Array
    days: Array
    events: Array
    response: float
    editions: Array
    fitted: Array
    noise: float
    day_weight: Array
    step_weight: Array


def fit(history: History, events: Events, peers: Peers | None = None) -> DailyModel:
    """Estimate the factors from a history.

    Parameters
    ----------
    history : counts per shop and service day
    events : the promotion phases that touched each shop's days
    peers : which shops are alike; without it all are
    """
    peers = peers or Peers.alike(len(history.shops))
    shops = designs(history.latest(MOST_DAYS), events)
    full = np.array([_years_beyond_first(shop) for shop in shops])
    fits = [_unfitted(shop) for shop in shops]
    days = np.tile(_start(), (len(shops), 1))
    pool = used = EventPool()
    for turn in range(ROUNDS):
        used, first = pool, turn == 0
        expected = [_expected(s, pool, p) for s, p in zip(shops, peers.platform, strict=True)]
        priors = [
            _prior(shop, days[i], expected[i], full[i], first=first) for i, shop in enumerate(shops)
        ]
        fits = [_fit(s, prior, past) for s, prior, past in zip(shops, priors, fits, strict=True)]
        days = pooled_days(
            np.array([f.days for f in fits]), _start(), _days_shrink(), full, peers.category
        )
        own = [dict(zip(s.keys, f.events, strict=True)) for s, f in zip(shops, fits, strict=True)]
        pool = EventPool.of(own, peers.platform)
    return _model(history.shops, peers, shops, fits, used)


def _years_beyond_first(shop: Design) -> float:
    """Return how far a shop's history reaches from one year (0) to two (1)."""
    span = shop.day[-1] - shop.day[0] if len(shop.day) else 0
    return float(np.clip(span / YEAR_DAYS - 1, 1e-3, 1.0))


def _start() -> Array:
    """Return the day factors before anything is known."""
    factors = np.zeros(SEASON.stop)
    factors[HOLIDAY] = [np.log(HOLIDAY_PRIOR.get(kind, 1.0)) for kind in HOLIDAY_KINDS]
    return factors


def _days_sd(level: int) -> Array:
    """Return the spread of day factors: 0 of shops in their category, 1 of categories."""
    found = np.empty(SEASON.stop)
    found[WEEK], found[HOLIDAY] = WEEKDAY_SD[level], HOLIDAY_SD[level]
    found[SEASON] = SEASON_SD[level] / np.sqrt(np.repeat(np.arange(1, SEASON_PAIRS + 1), 2))
    return found


def _days_shrink() -> Array:
    return np.asarray(_days_sd(0) ** 2 / _days_sd(1) ** 2)


def _expected(shop: Design, pool: EventPool, platform: str) -> Array:
    return np.array([pool.expected(key, platform) for key in shop.keys], dtype=np.float64)


def _prior(shop: Design, days: Array, events: Array, full: float, *, first: bool) -> _Prior:
    """Return a shop's prior; in the first round, with no peers yet, a wide one."""
    days_sd = _days_sd(1 if first else 0)
    days_sd[SEASON] *= full
    tails = np.array([key[1].startswith(AFTER) for key in shop.keys], dtype=bool)
    return _Prior(
        days=days,
        days_sd=days_sd,
        events=events,
        events_sd=np.where(tails, TAIL_SD, EVENT_SD[1 if first else 0]),
        step=LEVEL_STEP * (FIRST_STEP if first else 1.0),
    )


def _unfitted(shop: Design) -> _Fit:
    """Return the state before the first round."""
    return _Fit(
        level=np.full(shop.knots, np.log(0.5)),
        days=np.zeros(SEASON.stop),
        events=np.zeros(len(shop.keys)),
        response=0.0,
        editions=np.zeros(len(shop.editions)),
        fitted=np.zeros(len(shop.log)),
        noise=FIRST_NOISE,
        day_weight=np.ones(len(shop.log)),
        step_weight=np.ones(shop.knots - 1),
    )


def _fit(shop: Design, prior: _Prior, past: _Fit) -> _Fit:
    """Return the coefficients under a prior, with the weights of the round before."""
    if not len(shop.log):
        return past
    matrix = shop.matrix(prior.events)
    weighted = matrix.multiply((past.day_weight / past.noise**2)[:, None]).tocsc()
    mean, precision = _pseudo_observations(shop, prior)
    step_sd = prior.step * past.noise * np.sqrt(KNOT_DAYS)
    walk = _random_walk(past.step_weight / step_sd**2, len(mean))
    # Sparse: the level is a chain, an event touches few days. Also, unlike dense solvers, this
    # one does not wait for other processes' threads when the machine is busy.
    normal = (matrix.T @ weighted + walk + sparse.diags_array(precision)).tocsc()
    right = weighted.T @ shop.log + precision * mean
    found = splu(normal, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0).solve(right)
    level, days, own, response, editions = np.split(found, _bounds(shop))
    fitted = matrix @ found
    residual = shop.log - fitted
    noise = max(float(mad(residual, center=0.0)), LEAST_NOISE)
    return _Fit(
        level=level,
        days=days,
        events=own,
        response=float(response[0]),
        editions=editions,
        fitted=fitted,
        noise=noise,
        day_weight=_student(residual / noise),
        step_weight=_student(np.diff(level) / (LEVEL_STEP * noise * np.sqrt(KNOT_DAYS))),
    )


def _bounds(shop: Design) -> list[int]:
    """Return where the coefficients of days, keys, response and editions begin."""
    return list(np.cumsum([shop.knots, SEASON.stop, len(shop.keys), 1]))


def _pseudo_observations(shop: Design, prior: _Prior) -> tuple[Array, Array]:
    """Return mean and precision of the prior of every coefficient."""
    rest = 1 + len(shop.editions)
    mean = np.concatenate([np.zeros(shop.knots), prior.days, prior.events, np.zeros(rest)])
    spread = np.concatenate(
        [prior.days_sd, prior.events_sd, [RESPONSE_SD], np.full(rest - 1, EDITION_SD)]
    )
    return mean, np.concatenate([np.full(shop.knots, FLAT), spread**-2.0])


def _random_walk(precision: Array, size: int) -> sparse.csr_array:
    """Return the pseudo-observations that tie each level knot to the next (size, size)."""
    steps = len(precision)
    differences = sparse.eye_array(steps, size, k=1) - sparse.eye_array(steps, size)
    return sparse.csr_array(differences.T @ sparse.diags_array(precision) @ differences)


def _student(score: Array) -> Array:
    """Return the weight of residuals, in standard deviations, under a Student t distribution."""
    return np.asarray((FREEDOM + 1) / (FREEDOM + score**2))


def _model(
    names: tuple[str, ...],
    peers: Peers,
    shops: Sequence[Design],
    fits: Sequence[_Fit],
    pool: EventPool,
) -> DailyModel:
    days = np.array([f.days for f in fits])
    middle = days[:, WEEK].mean(axis=1)
    return DailyModel(
        shops=names,
        platform=peers.platform,
        level=np.array([f.level[-1] for f in fits]) + middle,
        weekday=days[:, WEEK] - middle[:, None],
        holiday=days[:, HOLIDAY],
        season=days[:, SEASON],
        event=tuple(
            _factors(shop, f, _expected(shop, pool, platform))
            for shop, f, platform in zip(shops, fits, peers.platform, strict=True)
        ),
        response=np.array([f.response for f in fits]),
        edition=tuple(
            dict(zip(shop.editions, f.editions.tolist(), strict=True))
            for shop, f in zip(shops, fits, strict=True)
        ),
        pooled=pool,
        smear=np.array([_smear(shop, f) for shop, f in zip(shops, fits, strict=True)]),
    )


def _factors(shop: Design, fitted: _Fit, expected: Array) -> dict[EventKey, float]:
    """Return a shop's log factor of each key it has seen, its response included."""
    total = fitted.events + fitted.response * expected
    return dict(zip(shop.keys, total.tolist(), strict=True))


def _smear(shop: Design, fitted: _Fit) -> float:
    """Return actual over fitted contacts on the plain days of the last year; 1 where too few."""
    use = shop.plain & (shop.day >= shop.day[-1] - SMEAR_DAYS) if len(shop.day) else shop.plain
    if use.sum() < FEWEST_SMEAR_DAYS:
        return 1.0
    return float(np.exp(shop.log[use]).sum() / np.exp(fitted.fitted[use]).sum())
