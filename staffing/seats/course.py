"""A day's queue followed where steady state is not to be trusted: a sale opens, a backlog waits.

`seats` asks each half hour on its own. Where the contacts jump to about twice, or a backlog is
carried over (`shape.needs_transient`), `seats_over_time` asks again, with the half hours before
and after held as they are. `follow` says what the seats of a finished roster do.

A pool is one queue (`lines`). Answer slots are servers of one contact each, ``floor(seats ×
concurrency)`` of them, which for whole concurrencies is the chat queue of equal handle times
exactly; the concurrency of a mixed pool is the half hour's mean and may be fractional. A `Line`
keeps its curve and patience. As the handle time moves from half hour to half hour the contacts
are counted as many as weigh the same (`Line.rate`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.seats.abreast import Lived, Queue, live
from staffing.seats.chat import Profile
from staffing.seats.checks import Floats, Ints
from staffing.seats.lines import TOLERANCE, Line
from staffing.seats.shape import HALF_HOUR_S, PARTS, capacity_per_s, five_minute_shape
from staffing.seats.shape import needs_transient as not_at_rest
from staffing.seats.transient import fewest_over_time, stationary

__all__ = ["follow", "seats_over_time"]

Bools = npt.NDArray[np.bool_]

MOST_SERVERS = 1_000_000
"""No cap: more than anybody could ask for."""
STEP_S = 15.0
"""Step of the search: with half of it no service level of a pool of people moves by 0.002."""
FORGETS_S = HALF_HOUR_S / 3
"""Customers of less patience than this let a queue forget its past within a half hour."""
FOLLOWED = ["service_level", "abandoned", "asa_s", "queue_end", "occupancy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What some shops of a pool ask: `contacts` are theirs, `asked` is false where none is open."""

    level: float
    answer_within_s: float
    contacts: Floats
    asked: Bools

    @property
    def reach(self) -> int:
        """Return how many half hours later seats may still answer in time."""
        return max(1, math.ceil(self.answer_within_s / HALF_HOUR_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A pool's open half hours in a row, mostly a service day.

    Attributes
    ----------
    at : their rows in the pooled table (n,)
    shape : contacts per 5 minutes, as many as weigh the same at the curve (n, 6)
    aht_s : handle times of a server who holds 1, 2, ... contacts
    a_seat : servers that one seat counts (n,)
    is_line : whether a server is a seat, and not an answer slot
    """

    at: Ints
    shape: Floats
    aht_s: tuple[float, ...]
    patience_s: float
    a_seat: Floats
    is_line: bool
    targets: tuple[_Target, ...]

    def profile(self, target: _Target) -> Profile:
        """Return the queue with a target."""
        return Profile(
            aht_s=self.aht_s,
            answer_within_s=target.answer_within_s,
            level=target.level,
            patience_s=self.patience_s,
        )

    def servers(self, seats: Floats) -> Ints:
        """Return the whole servers that seats count."""
        return np.floor(seats * self.a_seat + TOLERANCE).astype(np.int64)

    def doubtful(self, servers: Ints) -> Bools:
        """Return the half hours in which steady state is not to be trusted for some target."""
        asked = [not_at_rest(self.shape, servers, self.profile(each)) for each in self.targets]
        return np.asarray(np.logical_or.reduce(asked))

    def forgets(self, servers: Ints) -> Bools:
        """Return the half hours at whose end nothing is left of what was before them.

        The relaxation time is that of `shape.needs_transient`, or the patience if it is shorter.
        """
        if self.patience_s <= FORGETS_S:
            return np.ones(len(servers), dtype=bool)
        profile = self.profile(self.targets[0])
        capacity = np.array([capacity_per_s(profile, n) for n in servers.tolist()])
        gap = np.sqrt(capacity) - np.sqrt(self.shape.sum(axis=1) / HALF_HOUR_S)
        return np.asarray((gap > 0) & (gap**2 * HALF_HOUR_S >= 1))

    def begin(self, servers: Ints, calm: Bools, h: int) -> tuple[int, Floats]:
        """Return from where to follow so as to know half hour `h`, and the queue there.

        It is the last calm half hour before `h` that forgets what was before it, in steady state;
        else the first of all, with an empty queue.
        """
        known = np.flatnonzero((self.forgets(servers) & calm)[:h])
        if not len(known):
            return 0, np.ones(1)
        first = int(known[-1])
        rate = float(self.shape[first].sum()) / HALF_HOUR_S
        return first, stationary(self.profile(self.targets[0]), int(servers[first]), rate)

    def queue(self, servers: Ints) -> Queue:
        """Return the queue to be followed with these servers."""
        return Queue(
            contacts=self.shape,
            servers=servers,
            profile=self.profile(self.targets[0]),
            within_s=tuple(target.answer_within_s for target in self.targets),
        )

    def measured(self, lived: Lived) -> Floats:
        """Return `FOLLOWED` of what the queue went through (n, 5)."""
        weights = np.array([target.contacts for target in self.targets])
        total, good = weights.sum(axis=0), (weights * lived.service_level).sum(axis=0)
        level = np.divide(good, total, out=np.ones(len(total)), where=total > 0)
        others = [lived.abandoned, lived.asa_s, lived.queue_end, lived.occupancy]
        return np.array([level, *others]).T


def seats_over_time(
    demand: pd.DataFrame,
    pooled: pd.DataFrame,
    own: Mapping[str, Line],
    *,
    seats: Ints,
    least: Ints,
    spare: Ints,
) -> tuple[Ints, Bools]:
    """Return the seats for the service level, and which half hours were followed to find them.

    Where steady state is not to be trusted with `seats`, they are the fewest with which every
    target is met by the volume planned for, given the queue that the half hour inherits; several
    targets are asked one after another, and the one that takes the most decides. Elsewhere they
    stay as they are.

    The doubt about the forecast is added on top: `spare` is what it added to the steady answer,
    and the search is for the volume planned for with so many seats fewer everywhere. The volumes
    are not followed one by one: what doubt adds is about its spread in erlangs, whether the queue
    inherits something or not. Followed volume by volume, a promotion evening with 10, 20, 30 % of
    doubt so reaches at 20:00 an expected .95, .94, .94 of .90 (chat) and .85, .84, .82 of .80
    (phone), never less than the target.

    Parameters
    ----------
    demand : contacts per shop and half hour, as `seats.demand_by_shop` returns them
    pooled : one row a pool and half hour by pool and slot: contacts, planned_contacts, aht_s,
        concurrency
    own : the pools that are more than answer slots
    seats : the steady answer, all that sets seats considered (n,)
    least : seats for anything but the service level (n,)
    spare : seats for the service level to expect less those for the mean (n,)
    """
    found, followed = seats.copy(), np.zeros(len(seats), dtype=bool)
    for run in _runs(demand, pooled, own, pooled["planned_contacts"].to_numpy(np.float64)):
        flagged = run.doubtful(run.servers(seats[run.at].astype(np.float64)))
        if not flagged.any():
            continue
        base = run.servers(np.maximum(seats - spare, 0)[run.at].astype(np.float64))
        low = run.servers(np.maximum(least - spare, 0)[run.at].astype(np.float64))
        need = low.copy()
        for target in run.targets:
            free = flagged & target.asked
            need[free] = np.maximum(need, _fewest(run, target, base, low, free))[free]
        whole = np.ceil((need - TOLERANCE / 2) / run.a_seat).astype(np.int64) + spare[run.at]
        found[run.at] = np.where(flagged, np.maximum(whole, least[run.at]), found[run.at])
        followed[run.at] = flagged
    return found, followed


def _fewest(run: _Run, target: _Target, base: Ints, low: Ints, free: Bools) -> Ints:
    """Return the fewest servers with which a target is met, `base` wherever they are not free."""
    found = base.copy()
    places = np.arange(len(base))
    for first, last in _blocks(free, target.reach):
        begin, queue = run.begin(found, ~free, first)
        part = slice(begin, last)
        open_ = free[part] & (places[part] >= first)
        found[part] = fewest_over_time(
            run.shape[part],
            run.profile(target),
            cap=np.where(open_, MOST_SERVERS, found[part]),
            least=np.where(open_, low[part], found[part]),
            start=queue,
            step_s=STEP_S,
        )
    return found


def _blocks(flagged: Bools, reach: int) -> Iterator[tuple[int, int]]:
    """Yield [first, last) of the flagged half hours in a row with `reach` more behind each."""
    h, count = 0, len(flagged)
    while h < count:
        if not flagged[h]:
            h += 1
            continue
        last = h + 1
        while last < count and flagged[last : last + reach + 1].any():
            last += 1
        last = min(last + reach, count)
        yield h, last
        h = last


def follow(
    demand: pd.DataFrame,
    pooled: pd.DataFrame,
    own: Mapping[str, Line],
    seats: Floats,
    only: Bools | None = None,
) -> pd.DataFrame:
    """Return what seats do to the expected contacts, half hour by half hour, backlog carried.

    Every pool is followed through every run of open half hours, which it begins with an empty
    queue (`abreast`): finding out where steady state would do costs as much.

    Seats weighed with their agents' speed may be fractional. Answer slots round them down to
    whole slots, as the replay does; a `Line` is followed with the seats rounded down and again
    with one more where they are not whole, and what it does lies between, as in
    `lines.service_level`.

    Parameters
    ----------
    demand, pooled, own : as in `seats_over_time`
    seats : at work in each row of `pooled` (n,)
    only : follow only the runs of half hours in which this is true somewhere (n,)

    Returns
    -------
    DataFrame, one row for each of `pooled` that was followed, with its index: pool, slot,
    service_level (share of the half hour's contacts answered within their own shop's threshold,
    whenever that is), abandoned (share), asa_s (mean wait of all, abandoned or not), queue_end
    (contacts waiting as the half hour ends), occupancy (share of the answer slots that are busy)
    """
    contacts = pooled["contacts"].to_numpy(np.float64)
    runs = [
        run for run in _runs(demand, pooled, own, contacts) if only is None or only[run.at].any()
    ]
    few = [run.servers(seats[run.at]) for run in runs]
    part = [
        np.where(run.is_line, np.maximum(seats[run.at] - low, 0.0), 0.0)
        for run, low in zip(runs, few, strict=True)
    ]
    between = [i for i, share in enumerate(part) if (share > TOLERANCE).any()]
    queues = [run.queue(low) for run, low in zip(runs, few, strict=True)]
    queues += [runs[i].queue(few[i] + (part[i] > TOLERANCE)) for i in between]
    lived = live(queues)
    columns = [run.measured(low) for run, low in zip(runs, lived, strict=False)]
    for i, high in zip(between, lived[len(runs) :], strict=True):
        columns[i] += part[i][:, None] * (runs[i].measured(high) - columns[i])
    at = np.concatenate([run.at for run in runs]) if runs else np.zeros(0, dtype=np.int64)
    values = np.concatenate(columns) if runs else np.zeros((0, len(FOLLOWED)))
    table = pooled.iloc[at][["pool", "slot"]]
    return table.assign(**dict(zip(FOLLOWED, values.T, strict=True)))


def _runs(
    demand: pd.DataFrame, pooled: pd.DataFrame, own: Mapping[str, Line], volume: Floats
) -> Iterator[_Run]:
    """Yield the runs of half hours of all pools.

    Parameters
    ----------
    volume : contacts to follow in each row of `pooled` (n,)
    """
    key = ["pool", "slot"]
    at = pd.MultiIndex.from_frame(pooled[key]).get_indexer(pd.MultiIndex.from_frame(demand[key]))
    shape = _five_minutes(demand, at, len(pooled))
    contacts, aht_s, most = (
        pooled[name].to_numpy(np.float64) for name in ("contacts", "aht_s", "concurrency")
    )
    shape *= np.divide(volume, contacts, out=np.ones_like(contacts), where=contacts > 0)[:, None]
    names, slot = pooled["pool"].astype(str).to_numpy(), pooled["slot"].to_numpy()
    breaks = np.flatnonzero((names[1:] != names[:-1]) | (np.diff(slot) != 1)) + 1
    for rows in np.split(np.arange(len(pooled)), breaks):
        line = own.get(names[rows[0]])
        weight = np.maximum(contacts[rows], TOLERANCE)
        curve = (float(np.average(aht_s[rows], weights=weight)),) if line is None else line.aht_s
        inside = np.flatnonzero((at >= rows[0]) & (at <= rows[-1]))
        yield _Run(
            at=rows,
            shape=shape[rows] * (aht_s[rows] / curve[-1])[:, None],
            aht_s=curve,
            patience_s=math.inf if line is None else line.patience_s,
            a_seat=most[rows] if line is None else np.ones(len(rows)),
            is_line=line is not None,
            targets=_targets(demand.iloc[inside], at[inside] - rows[0], len(rows)),
        )


def _targets(demand: pd.DataFrame, place: Ints, count: int) -> tuple[_Target, ...]:
    """Return the targets of some shops' half hours; `place` says which half hour of the run."""
    contacts = demand["contacts"].to_numpy(np.float64)
    keys = ["target_level", "answer_within_s"]
    asks: dict[Any, Any] = dict(demand.groupby(keys, sort=False).indices)
    return tuple(
        _Target(
            level=float(level),
            answer_within_s=float(within_s),
            contacts=np.bincount(place[own], contacts[own], count).astype(np.float64),
            asked=np.bincount(place[own], minlength=count) > 0,
        )
        for (level, within_s), own in asks.items()
    )


def _five_minutes(demand: pd.DataFrame, at: Ints, count: int) -> Floats:
    """Return the contacts of each row per 5 minutes, those of every shop in their own shape.

    A shop that opens in the middle of the day does so at once, and only a shop whose own phase
    begins has its contacts early.
    """
    found = np.zeros((count, PARTS))
    shop, _ = pd.factorize(demand["shop_id"])
    slot = demand["slot"].to_numpy()
    order = np.lexsort((slot, shop))
    breaks = np.flatnonzero((np.diff(shop[order]) != 0) | (np.diff(slot[order]) != 1)) + 1
    contacts = demand["contacts"].to_numpy(np.float64)
    opens = demand["opens_phase"].to_numpy(bool)
    for rows in np.split(order, breaks):
        starts = np.flatnonzero(opens[rows]).tolist()
        np.add.at(found, at[rows], five_minute_shape(contacts[rows], phase_starts=starts))
    return found
