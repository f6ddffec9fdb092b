"""What the shops have in common: the factors that a single shop's are drawn towards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from staffing.forecast.calendar import AFTER, EventKey
from staffing.forecast.design import SEASON
from staffing.forecast.history import Array
from staffing.workspace import Workspace

K = TypeVar("K")
V = TypeVar("V")

UNSEEN_EVENTS = 1.0
"""Events without any effect that stand beside the known ones where a key was never seen."""
STRANGERS = 0.5
"""Shops' worth of all platforms' factor that a platform's own is drawn towards."""
OTHER_CATEGORIES = 1.0
"""Shops' worth of all shops' pattern that a category's own is drawn towards."""


@dataclass(frozen=True, kw_only=True)
class Peers:
    """Who is like whom: `category` shares weeks and seasons, `platform` shares promotions."""

    category: tuple[str, ...]
    platform: tuple[str, ...]

    @classmethod
    def of(cls, workspace: Workspace) -> Peers:
        """Return the peers of a workspace, in the order of its shops."""
        shops = workspace.shops
        return cls(
            category=tuple(shops["category"].astype(str)),
            platform=tuple(shops["platform"].astype(str)),
        )

    @classmethod
    def alike(cls, size: int) -> Peers:
        """Return `size` shops that are all peers of each other."""
        return cls(category=("",) * size, platform=("",) * size)


@dataclass(frozen=True, kw_only=True)
class EventPool:
    """The log factor to expect of an event key, from the most alike that is known.

    In turn: the key on the same platform, on all platforms; the same phase and stretch of other
    events; the same stretch of any phase; none.
    """

    platform: Mapping[tuple[str, EventKey], float] = field(default_factory=dict)
    everyone: Mapping[EventKey, float] = field(default_factory=dict)
    phase: Mapping[tuple[str, int], float] = field(default_factory=dict)
    stretch: Mapping[int, float] = field(default_factory=dict)

    def expected(self, key: EventKey, platform: str) -> float:
        """Return the log factor to expect of `key` at a shop of `platform`."""
        _, phase, stretch = key
        chain: tuple[float | None, ...] = (
            self.platform.get((platform, key)),
            self.everyone.get(key),
            self.phase.get((phase, stretch)),
            None if phase.startswith(AFTER) else self.stretch.get(stretch),
        )
        return next((factor for factor in chain if factor is not None), 0.0)

    @classmethod
    def of(cls, factors: Sequence[Mapping[EventKey, float]], platforms: Sequence[str]) -> EventPool:
        """Pool the shops' own log factors."""
        flat = [
            (p, key, f) for own, p in zip(factors, platforms, strict=True) for key, f in own.items()
        ]
        everyone = {key: _mean(v) for key, v in _grouped((key, f) for _, key, f in flat).items()}
        phases = _grouped((key[1:], f) for key, f in everyone.items())
        stretches = _grouped(
            (stretch, _mean(v))
            for (phase, stretch), v in phases.items()
            if not phase.startswith(AFTER)
        )
        stretch = {s: _drawn(v, 0.0, UNSEEN_EVENTS) for s, v in stretches.items()}
        return cls(
            platform={
                (p, key): _drawn(v, everyone[key], STRANGERS)
                for (p, key), v in _grouped(((p, key), f) for p, key, f in flat).items()
            },
            everyone=everyone,
            phase={
                (name, s): _drawn(v, 0.0 if name.startswith(AFTER) else stretch[s], UNSEEN_EVENTS)
                for (name, s), v in phases.items()
            },
            stretch=stretch,
        )


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _drawn(values: Sequence[float], towards: float, weight: float) -> float:
    """Return the mean of `values` and of `weight` pseudo-observations at `towards`."""
    return (sum(values) + weight * towards) / (len(values) + weight)


def pooled_days(
    own: Array, start: Array, shrink: Array, weight: Array, categories: Sequence[str]
) -> Array:
    """Return for every shop the weekday, holiday and season factors to expect of it.

    Parameters
    ----------
    own : the shops' own factors (shops, factors)
    start : what to expect when nothing is known (factors,)
    shrink : pseudo-shops at `start` (factors,)
    weight : how much a shop's seasons count, 0 to 1 (shops,)
    categories : the category of each shop
    """
    counts = np.ones_like(own)
    counts[:, SEASON] = weight[:, None]
    overall = ((own * counts).sum(axis=0) + shrink * start) / (counts.sum(axis=0) + shrink)
    found = np.empty_like(own)
    names = np.array(categories)
    for name in dict.fromkeys(categories):
        of = names == name
        total = (own[of] * counts[of]).sum(axis=0) + OTHER_CATEGORIES * overall
        found[of] = total / (counts[of].sum(axis=0) + OTHER_CATEGORIES)
    return found
