"""Which shops to answer together: seats saved against the training it takes.

Shops are first taken one by one; then, again and again, the two pools are joined that save the
most seat-hours for each training that is missing, as long as they save enough. Everybody who
serves a pool must be trained for all of its shops, so a pool needs as many such people as it has
seats at its peak, and enough hours in their contracts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN
from staffing.scenario import SeatSettings
from staffing.seats import required
from staffing.workspace import Workspace

SEAT_H = INTERVAL_MIN / 60
LEAST_SAVED = 0.03
"""Share of two pools' seat-hours that joining them must save."""
LEAST_H_A_TRAINING = 0.5
"""Seat-hours a week that each training must save; assumed: a training costs some 20 hours, and
people stay for about a year."""
WEEK_DAYS, WEEK_H = 7, 40.0
"""A full-time week, for the people that a pool's hours ask for."""

Names = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """A way to answer shops together.

    Attributes
    ----------
    table : one row a pool: pool, shops (ids), separate_h and together_h (seat-hours of the
        horizon with each shop alone and with all together), separate_peak and together_peak
        (seats at once), trainings (agents × shops still to be trained)
    """

    table: pd.DataFrame

    @property
    def separate_h(self) -> float:
        """Return the seat-hours with every shop alone."""
        return float(self.table["separate_h"].sum())

    @property
    def together_h(self) -> float:
        """Return the seat-hours of these pools."""
        return float(self.table["together_h"].sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """Seats of a pool over the horizon."""

    seat_h: float
    peak: int


class _Judge:
    """Seats and trainings of any set of shops, each found once."""

    def __init__(
        self, workspace: Workspace, demand: pd.DataFrame, settings: SeatSettings, tie: float
    ) -> None:
        self._demand = {str(shop): rows for shop, rows in demand.groupby("shop_id", sort=False)}
        self._settings, self._tie = settings, tie
        self._days = demand["date"].nunique()
        skills = workspace.skills
        self._trained = {
            str(shop): frozenset(own.astype(str))
            for shop, own in skills.groupby("shop_id", observed=True)["agent_id"]
        }
        self._known: dict[Names, _Need] = {}

    @property
    def shops(self) -> list[str]:
        """Return the shops that have contacts, in the order of the table."""
        return list(self._demand)

    def needs(self, sets: Sequence[Names]) -> list[_Need]:
        """Return the seats of sets of shops; those not known yet are found together."""
        new = [names for names in dict.fromkeys(sets) if names not in self._known]
        if new:
            parts = [
                self._demand[shop].assign(pool=f"{i}")
                for i, names in enumerate(new)
                for shop in names
            ]
            made = required(pd.concat(parts, ignore_index=True), self._settings, self._tie).table
            grouped = made.groupby(made["pool"].astype(int))["seats"]
            hours, peak = SEAT_H * grouped.sum().to_numpy(), grouped.max().to_numpy()
            for i, names in enumerate(new):
                self._known[names] = _Need(seat_h=float(hours[i]), peak=int(peak[i]))
        return [self._known[names] for names in sets]

    def trainings(self, names: Names) -> int:
        """Return the trainings missing for a pool, given to those who lack the fewest."""
        (need,) = self.needs([names])
        weeks = self._days / WEEK_DAYS
        people = max(need.peak, int(np.ceil(need.seat_h / (WEEK_H * weeks))))
        trained = [self._trained.get(shop, frozenset()) for shop in names]
        anyone = frozenset().union(*trained)
        missing = sorted(sum(agent not in own for own in trained) for agent in anyone)
        missing += [len(names)] * max(people - len(missing), 0)
        return sum(missing[:people])


def as_they_are(
    workspace: Workspace, demand: pd.DataFrame, settings: SeatSettings, tie: float
) -> Pooling:
    """Return the pools of the workspace, beside every shop alone; see `propose`."""
    judge = _Judge(workspace, demand, settings, tie)
    pools = workspace.pools.values()
    own = [tuple(shop for shop in shops if shop in judge.shops) for shops in pools]
    return _pooling(judge, [names for names in own if names], list(workspace.pools))


def propose(
    workspace: Workspace,
    demand: pd.DataFrame,
    settings: SeatSettings,
    tie: float,
    *,
    most_shops: int = 5,
) -> Pooling:
    """Return the pools that save the most for their training.

    Parameters
    ----------
    demand : contacts per shop and half hour, as `demand_by_shop` returns them
    tie : correlation of the shops' forecast errors
    most_shops : shops that a person can know well at once
    """
    judge = _Judge(workspace, demand, settings, tie)
    shops = workspace.shops
    channel = dict(zip(shops.index.astype(str), shops["channel"].astype(str), strict=True))
    pools: list[Names] = [(shop,) for shop in judge.shops]
    while (best := _best(judge, pools, channel, most_shops)) is not None:
        kept = [names for names in pools if names not in best]
        pools = [*kept, tuple(sorted(best[0] + best[1]))]
    return _pooling(judge, sorted(pools), [f"P{i + 1}" for i in range(len(pools))])


def _best(
    judge: _Judge, pools: Sequence[Names], channel: Mapping[str, str], most_shops: int
) -> tuple[Names, Names] | None:
    """Return the two pools to join next, or None where no two save enough."""
    pairs = [
        (one, other)
        for one, other in combinations(pools, 2)
        if channel[one[0]] == channel[other[0]] and len(one) + len(other) <= most_shops
    ]
    joined = [tuple(sorted(one + other)) for one, other in pairs]
    judge.needs([*pools, *joined])
    best, gain = None, LEAST_H_A_TRAINING
    for pair, names in zip(pairs, joined, strict=True):
        apart = judge.needs(pair)
        before = sum(need.seat_h for need in apart)
        saved = before - judge.needs([names])[0].seat_h
        if saved < LEAST_SAVED * before:
            continue
        more = judge.trainings(names) - sum(judge.trainings(each) for each in pair)
        if saved / max(more, 1) > gain:
            best, gain = pair, saved / max(more, 1)
    return best


def _pooling(judge: _Judge, pools: Sequence[Names], titles: Sequence[str]) -> Pooling:
    rows = []
    for title, names in zip(titles, pools, strict=True):
        alone, (together,) = judge.needs([(shop,) for shop in names]), judge.needs([names])
        rows.append(
            {
                "pool": title,
                "shops": names,
                "separate_h": sum(need.seat_h for need in alone),
                "together_h": together.seat_h,
                "separate_peak": sum(need.peak for need in alone),
                "together_peak": together.peak,
                "trainings": judge.trainings(names),
            }
        )
    return Pooling(table=pd.DataFrame(rows))
