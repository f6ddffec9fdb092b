"""What the shops have in common: the factors that a single shop's are drawn towards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from staffing.forecast.calendar import CHINESE_ZONES, EventKey
from staffing.forecast.design import SEASON, EventTable, Ints
from staffing.forecast.history import Array, History
from staffing.workspace import Workspace

UNSEEN_EVENTS = 1.0
"""Events without any effect that stand beside the known ones where a key was never seen."""
STRANGERS = 0.5
"""Shops' worth of all platforms' factor that a platform's own is drawn towards."""
OTHER_CATEGORIES = 1.0
"""Shops' worth of all shops' pattern that a category's own is drawn towards."""
PROMOTION_DAYS = 3.0
PROMOTION_MULTIPLE = 1.8
"""Length and strength of a promotion of a shop without history; assumed."""
MONTH_DAYS = 30.4
SPRING_PRIOR = {"before": np.log(0.85), "on": np.log(0.5), "after": np.log(0.85)}
"""Spring Festival when no history tells it, as log factors of an ordinary day; assumed."""


@dataclass(frozen=True, kw_only=True)
class ShopFacts:
    """What is told of the shops: who is like whom, and what a person knows.

    Attributes
    ----------
    category : shares weeks and seasons
    platform : shares promotions, most of all within the category
    chinese : whether the State Council's calendar tells which days are lived as weekdays
    estimate : average contacts a day as a person tells; NaN where none (shops,)
    busy : average day over ordinary day as far as promotions are told by their number a month, not
        by the calendar; NaN where they are not (shops,)
    strength : response to promotions relative to the peers' as a person tells, else 1 (shops,)
    has_history : whether any day of the shop is known (shops,)
    """

    category: tuple[str, ...]
    platform: tuple[str, ...]
    chinese: bool
    estimate: Array
    busy: Array
    strength: Array
    has_history: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, workspace: Workspace, past: History) -> ShopFacts:
        """Return the facts of a workspace, in the order of its shops."""
        shops = workspace.shops
        often = shops["promotions_per_month"].to_numpy(dtype=np.float64)
        promoted = np.clip(often * PROMOTION_DAYS / MONTH_DAYS, 0.0, 1.0)
        strength = shops["strength"].to_numpy(dtype=np.float64)
        return cls(
            category=tuple(shops["category"].astype(str)),
            platform=tuple(shops["platform"].astype(str)),
            chinese=workspace.zone in CHINESE_ZONES,
            estimate=shops["contacts_per_day"].to_numpy(dtype=np.float64),
            busy=1 + promoted * (PROMOTION_MULTIPLE - 1),
            strength=np.where(np.isnan(strength), 1.0, strength),
            has_history=np.asarray(~np.isnan(past.totals).all(axis=1)),
        )

    def category_mean(self, value: Array, use: npt.NDArray[np.bool_]) -> Array:
        """Return the mean of a category's shops, else of all shops (shops,)."""
        of = np.unique(self.category, return_inverse=True)[1]
        number, total = (
            np.bincount(of[use], minlength=len(of)),
            np.bincount(of[use], value[use], len(of)),
        )
        overall = float(value[use].mean()) if use.any() else 0.0
        return np.where(number > 0, total / np.maximum(number, 1), overall)[of]


def no_events_known(table: EventTable) -> Array:
    """Return the log factor to expect of each pair before any history is seen (pairs,)."""
    prior = np.array([_prior(key) for key in table.keys], dtype=np.float64)
    return prior[table.pair_key]


def expected_events(
    table: EventTable, seen: Ints, factor: Array, last: Array, facts: ShopFacts
) -> Array:
    """Return the log factor to expect of each pair, from the most alike that is known.

    In turn: the key in the same category and on the same platform, each drawn towards the wider
    circle (empirical Bayes, Efron & Morris 1975); for a key that no shop has seen the same stretch
    of the event's latest phase; the same phase and stretch of other events; the same stretch of
    any phase; none.

    Parameters
    ----------
    seen : the pairs that were observed (n,)
    factor : their shops' own log factors (n,)
    last : the last known day of each key, since 1970 (keys,)

    Returns
    -------
    log factors (pairs,)
    """
    prior = np.array([_prior(key) for key in table.keys], dtype=np.float64)
    firm = np.array([_is_firm(key) for key in table.keys], dtype=bool)
    number = np.bincount(table.pair_key[seen], minlength=len(prior)).astype(np.float64)
    total = np.bincount(table.pair_key[seen], factor, len(prior))
    weight = np.where(firm, 0.0, STRANGERS)
    known = number > 0
    everyone = np.divide(total + weight * prior, number + weight, where=known, out=prior.copy())
    everyone = np.where(known, everyone, _by_likeness(table.keys, everyone, known, last))
    found = everyone[table.pair_key]
    both = [f"{p}\n{c}" for p, c in zip(facts.platform, facts.category, strict=True)]
    for circle in (facts.platform, both):
        found = _drawn(table, seen, factor, np.unique(circle, return_inverse=True)[1], found)
    return found


def _drawn(table: EventTable, seen: Ints, factor: Array, group: Ints, towards: Array) -> Array:
    """Return the mean of each group and key, drawn towards what is expected more widely."""
    code = group[table.pair_shop] * len(table.keys) + table.pair_key
    _, of = np.unique(code, return_inverse=True)
    size = int(of.max(initial=-1)) + 1
    number = np.bincount(of[seen], minlength=size)
    total = np.bincount(of[seen], factor, size)
    return np.asarray((total[of] + STRANGERS * towards) / (number[of] + STRANGERS))


def _is_firm(key: EventKey) -> bool:
    """Return whether a day is known to be far from ordinary, so that a first sight is believed."""
    return key.family == "promotion" and key.part == "on"


def _prior(key: EventKey) -> float:
    return float(SPRING_PRIOR[key.part]) if key.is_spring else 0.0


def _by_likeness(
    keys: Sequence[EventKey], factor: Array, known: npt.NDArray[np.bool_], last: Array
) -> Array:
    """Return what to expect of keys that were never seen (keys,)."""
    found = np.array([_prior(key) for key in keys], dtype=np.float64)
    latest: dict[tuple[str, ...], float] = {}
    for i in np.flatnonzero(known)[np.argsort(last[known], kind="stable")].tolist():
        latest[_event(keys[i])] = float(factor[i])
    phases: dict[tuple[str, ...], list[float]] = {}
    for i in np.flatnonzero(known).tolist():
        phases.setdefault(_phase(keys[i]), []).append(float(factor[i]))
    stretches: dict[tuple[str, ...], list[float]] = {}
    for phase, values in phases.items():
        stretches.setdefault((phase[0], *phase[2:]), []).append(float(np.mean(values)))
    for i in np.flatnonzero(~known).tolist():
        key = keys[i]
        if (same := latest.get(_event(key))) is not None:
            found[i] = same
            continue
        if key.family == "special" or found[i]:
            continue
        wide = stretches.get((_phase(key)[0], *_phase(key)[2:]), [])
        usual = sum(wide) / (len(wide) + UNSEEN_EVENTS) if _is_firm(key) else 0.0
        own = phases.get(_phase(key), [])
        found[i] = (sum(own) + UNSEEN_EVENTS * usual) / (len(own) + UNSEEN_EVENTS)
    return found


def _event(key: EventKey) -> tuple[str, ...]:
    return key.family, key.event, key.part, str(key.alike)


def _phase(key: EventKey) -> tuple[str, ...]:
    return key.family, key.phase, key.part, str(key.alike)


def pooled_days(
    own: Array,
    shrink: Array,
    known: npt.NDArray[np.bool_],
    full: Array,
    categories: Sequence[str],
) -> Array:
    """Return for every shop the weekday, month and season factors to expect of it.

    Parameters
    ----------
    own : the shops' own factors (shops, factors)
    shrink : pseudo-shops without any pattern (factors,)
    known : whether a shop has any history (shops,)
    full : how much its seasons count, 0 to 1 (shops,)
    categories : the category of each shop
    """
    counts = np.repeat(known[:, None].astype(np.float64), own.shape[1], axis=1)
    counts[:, SEASON] *= full[:, None]
    overall = (own * counts).sum(axis=0) / (counts.sum(axis=0) + shrink)
    found = np.empty_like(own)
    names = np.array(categories)
    for name in dict.fromkeys(categories):
        of = names == name
        total = (own[of] * counts[of]).sum(axis=0) + OTHER_CATEGORIES * overall
        found[of] = total / (counts[of].sum(axis=0) + OTHER_CATEGORIES)
    return found
