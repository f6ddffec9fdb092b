"""Many queues followed at once, half hour by half hour, from an empty beginning.

The model is that of :mod:`staffing.seats.transient`; the states of all queues lie one behind the
other in one tridiagonal system, so that a step of all is one solve. The steps are fixed: a queue
followed alone with as many as it takes has service levels within 0.005.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammainc

from staffing.seats.chat import Profile
from staffing.seats.checks import Floats, Ints
from staffing.seats.shape import HALF_HOUR_S, PART_S, PARTS
from staffing.seats.transient import implicit

__all__ = ["Lived", "Queue", "live"]

STEPS, FIRST_STEPS = 10, 30
"""Steps of five minutes, and of the first five after the seats and the rate have changed."""
UNMOVED = 1e-12
"""Capacities that differ by less are one."""
TOGETHER = 8_000
"""States solved at once: as many as a processor keeps close at hand."""
SPREAD, MEMORY = 5.0, 8
"""States are kept for so many standard deviations of the contacts in so many half hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue to be followed.

    Attributes
    ----------
    contacts : expected per 5 minutes (n, 6)
    servers : on duty (n,)
    profile : how they work; its threshold and level play no part
    within_s : answer thresholds in seconds
    """

    contacts: Floats
    servers: Ints
    profile: Profile
    within_s: tuple[float, ...]

    @property
    def states(self) -> int:
        """Return how many contacts there may ever be at once, and one more for none."""
        peak = waiting = 0.0
        stay = math.exp(-PART_S / self.profile.patience_s)
        for row, servers in zip(self.contacts.tolist(), self.servers.tolist(), strict=True):
            ends = servers * self.profile.ends_per_s[-1] * PART_S
            for part in row:
                waiting = max(0.0, waiting * stay + part - ends)
                peak = max(peak, waiting)
        total = np.append(0.0, np.cumsum(self.contacts.sum(axis=1)))
        memory = min(MEMORY, len(self.contacts))
        spread = SPREAD * math.sqrt((total[memory:] - total[:-memory]).max() + peak)
        slots = int(self.servers.max(initial=0)) * self.profile.concurrency
        return slots + math.ceil(peak + spread) + 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What a queue went through, as in `transient.Course`, one value a half hour (n,).

    Attributes
    ----------
    service_level : one row for each answer threshold (thresholds, n)
    """

    service_level: Floats
    abandoned: Floats
    asa_s: Floats
    queue_end: Floats
    occupancy: Floats


def live(queues: Sequence[Queue]) -> list[Lived]:
    """Return what each queue goes through."""
    found: dict[int, Lived] = {}
    for places in _batches(queues):
        lived = _Batch([queues[i] for i in places]).live()
        found.update(zip(places, lived, strict=True))
    return [found[i] for i in range(len(queues))]


def _batches(queues: Sequence[Queue]) -> Iterator[list[int]]:
    """Yield the places of queues of about equal length, and not too many states."""
    batch: list[int] = []
    held = 0
    for i in sorted(range(len(queues)), key=lambda i: len(queues[i].servers)):
        size = queues[i].states
        if batch and held + size > TOGETHER:
            yield batch
            batch, held = [], 0
        batch.append(i)
        held += size
    if batch:
        yield batch


class _Batch:
    """Queues side by side; shorter ones stay as they end until the longest has ended."""

    def __init__(self, queues: Sequence[Queue]) -> None:
        self.queues = queues
        self.lengths = np.array([len(queue.servers) for queue in queues])
        longest = int(self.lengths.max())
        self.contacts = np.array(
            [np.pad(q.contacts, ((0, longest - len(q.contacts)), (0, 0))) for q in queues]
        )
        self.servers = np.array(
            [np.pad(q.servers, (0, longest - len(q.servers)), mode="edge") for q in queues]
        )
        self.most = np.array([queue.profile.concurrency for queue in queues])
        self.theta = np.array([1.0 / queue.profile.patience_s for queue in queues])
        self.pace = np.zeros((len(queues), int(self.most.max()) + 2))
        for pace, queue in zip(self.pace, queues, strict=True):
            pace[: queue.profile.concurrency + 1] = queue.profile.ends_per_s
        self.full_pace = self.pace[np.arange(len(queues)), self.most]
        self.capacity = self.servers * self.full_pace[:, None]
        count = max(len(queue.within_s) for queue in queues)
        self.within_s = np.array(
            [np.pad(q.within_s, (0, count - len(q.within_s)), mode="edge") for q in queues]
        ).T
        sizes = np.array([queue.states for queue in queues])
        self.first = np.append(0, np.cumsum(sizes)[:-1])
        self.queue = np.repeat(np.arange(len(queues)), sizes)
        self.held = np.arange(len(self.queue)) - self.first[self.queue]
        self.last = self.first + sizes - 1

    def live(self) -> list[Lived]:
        """Return what each queue goes through."""
        count, longest = self.servers.shape
        good = np.zeros((len(self.within_s), count, longest))
        queue_end, busy = np.zeros((2, count, longest))
        means = np.zeros((longest, PARTS - 1, len(self.queue)))
        ends = np.zeros((longest, STEPS + 1, len(self.queue)))
        now = np.zeros(len(self.queue))
        now[self.first] = 1.0
        for h in range(longest):
            now = self._reseated(now, h)
            in_service = np.minimum(self.held, (self.servers[:, h] * self.most)[self.queue])
            leave = self._departures(in_service, h)
            shares = [self._in_time(self._ahead(h), within, h) for within in self.within_s]
            for i in range(PARTS):
                nodes = self._integrate(now, self.contacts[:, h, i] / PART_S, leave, first=i == 0)
                now = nodes[-1]
                mean = _trapezoid(len(nodes)) @ nodes
                if i < PARTS - 1:
                    means[h, i] = mean
                else:
                    ends[h] = nodes
                for k, share in enumerate(shares):
                    answered = self._sums(mean * share)
                    answered += self._changes(nodes, share, h, i, self.within_s[k])
                    good[k, :, h] += self.contacts[:, h, i] * np.clip(answered, 0.0, 1.0)
                busy[:, h] += self._sums(mean * in_service) / PARTS
            queue_end[:, h] = self._sums(now * (self.held - in_service))
        waits_s = self._waits(means, ends)
        return [self._lived(b, good[:, b], waits_s[b], queue_end[b], busy[b]) for b in range(count)]

    def _lived(
        self, b: int, good: Floats, wait_s: Floats, queue_end: Floats, busy: Floats
    ) -> Lived:
        """Return one queue's columns from its sums."""
        length, queue = int(self.lengths[b]), self.queues[b]
        total = queue.contacts.sum(axis=1)
        some = np.maximum(total, 1e-300)
        slots = np.maximum(queue.servers * queue.profile.concurrency, 1)
        asa_s = np.where(total > 0, np.maximum(wait_s[:length], 0.0) / some, 0.0)
        level = np.where(total > 0, good[: len(queue.within_s), :length] / some, 1.0)
        return Lived(
            service_level=np.minimum(level, 1.0),
            abandoned=np.minimum(asa_s * self.theta[b], 1.0),
            asa_s=asa_s,
            queue_end=np.maximum(queue_end[:length], 0.0),
            occupancy=np.clip(busy[:length] / slots, 0.0, 1.0),
        )

    def _sums(self, values: Floats) -> Floats:
        """Return the sum over the states of each queue (queues,)."""
        return np.asarray(np.add.reduceat(values, self.first))

    def _ahead(self, h: int) -> Ints:
        """Return how many wait ahead of who comes; negative where a slot is free (states,)."""
        return np.asarray(self.held - (self.servers[:, h] * self.most)[self.queue])

    def _reseated(self, now: Floats, h: int) -> Floats:
        """Return the chances after a change of servers: a fall takes its share of the served."""
        before, after = self.servers[:, max(h - 1, 0)], self.servers[:, h]
        if (after >= before).all():
            return now
        stay = np.minimum(after / np.maximum(before, 1), 1.0)[self.queue]
        served = np.minimum(self.held, (before * self.most)[self.queue])
        place = served * stay + (self.held - served)
        floor = np.floor(place).astype(np.int64)
        part, at = place - floor, self.first[self.queue] + floor
        moved = np.bincount(at, now * (1.0 - part), len(now) + 1)
        moved += np.bincount(at + 1, now * part, len(now) + 1)
        return np.asarray(moved[:-1])

    def _departures(self, in_service: Ints, h: int) -> Floats:
        """Return the contacts per second that leave (states,)."""
        servers = self.servers[self.queue, h]
        each, more = np.divmod(in_service, np.maximum(servers, 1))
        done = (servers - more) * self.pace[self.queue, each]
        done += more * self.pace[self.queue, each + 1]
        return np.asarray(done + (self.held - in_service) * self.theta[self.queue])

    def _integrate(self, now: Floats, rate: Floats, leave: Floats, *, first: bool) -> Floats:
        """Return the chances at every step of five minutes; see `transient`."""
        steps = FIRST_STEPS if first else STEPS
        arrive = rate[self.queue]
        arrive[self.last] = 0.0
        solve = implicit(PART_S / steps, arrive[:-1], arrive + leave, leave[1:])
        nodes = np.empty((steps + 1, len(now)))
        nodes[0] = now
        for k in range(steps):
            half = solve(nodes[k])
            nodes[k + 1] = solve(half) if first and k == 0 else 2.0 * half - nodes[k]
        return nodes

    def _in_time(
        self, ahead: Ints, within_s: Floats, h: int, capacity: Floats | None = None
    ) -> Floats:
        """Return the chance to be answered in time behind so many (states,).

        Parameters
        ----------
        ahead : waiting ahead, or -1 and less for a free slot (states,)
        within_s, capacity : of each queue; without a capacity that of half hour `h` (queues,)
        """
        if capacity is None:
            capacity = self.capacity[:, h]
        share = (ahead < 0).astype(np.float64)
        behind = np.flatnonzero((ahead >= 0) & ((capacity > 0) & (within_s > 0))[self.queue])
        queue, rank = self.queue[behind], ahead[behind] + 1.0
        leaves = self.theta[queue] > 0
        calm, hasty = np.flatnonzero(~leaves), np.flatnonzero(leaves)
        share[behind[calm]] = gammainc(rank[calm], (capacity * within_s)[queue[calm]])
        b, rank, of = capacity[queue[hasty]] / self.theta[queue[hasty]], rank[hasty], queue[hasty]
        late = betainc(rank, b + 1.0, -np.expm1(-self.theta[of] * within_s[of]))
        share[behind[hasty]] = b / (b + rank) * late
        return share

    def _changes(self, nodes: Floats, share: Floats, h: int, i: int, within_s: Floats) -> Floats:
        """Return by how much servers that come or go within the threshold move the answered.

        See `transient`: who waits counts on the mean capacity until the threshold, and on the
        slots that open at once. They do so for who comes later than a threshold before the half
        hour ends; each node stands for its surroundings from then on.
        """
        found = np.zeros(len(self.first))
        begin_s, step_s = HALF_HOUR_S * h + PART_S * i, PART_S / (len(nodes) - 1)
        since_s = HALF_HOUR_S * (h + 1) - within_s
        for k, node in enumerate(nodes):
            time_s = begin_s + k * step_s
            low_s, high_s = max(time_s - step_s / 2, begin_s), time_s + step_s / 2
            high_s = min(high_s, begin_s + PART_S)
            weight = np.maximum(high_s - np.maximum(low_s, since_s), 0.0) / PART_S
            if not weight.any():
                continue
            mean, come = self._capacity_until(np.maximum(time_s, since_s), within_s, h)
            moved = (come > 0) | (np.abs(mean - self.capacity[:, h]) > UNMOVED)
            moved &= weight > 0
            if moved.any():
                inside = moved[self.queue]
                ahead = np.where(inside, self._ahead(h) - come[self.queue], -1)
                other = self._in_time(ahead, within_s, h, mean)
                found += weight * self._sums(np.where(inside, node * (other - share), 0.0))
        return found

    def _capacity_until(self, time_s: Floats, within_s: Floats, h: int) -> tuple[Floats, Ints]:
        """Return the mean capacity until the threshold, and the slots that open (queues,)."""
        end_s, longest = time_s + within_s, self.servers.shape[1]
        work, come = np.zeros(len(within_s)), np.zeros(len(within_s), dtype=np.int64)
        k, begin_s = h, time_s
        while k == h or (begin_s < end_s).any():
            now = min(k, longest - 1)
            over = HALF_HOUR_S * (k + 1) if k < longest - 1 else math.inf
            work += self.capacity[:, now] * np.maximum(np.minimum(over, end_s) - begin_s, 0.0)
            if k < longest - 1:
                opened = np.maximum(self.servers[:, now + 1] - self.servers[:, now], 0)
                come += np.where(over <= end_s, opened * self.most, 0)
            k, begin_s = k + 1, np.full_like(end_s, over)
        mean = np.divide(work, within_s, out=self.capacity[:, h].copy(), where=within_s > 0)
        return mean, come

    def _waits(self, means: Floats, ends: Floats) -> Floats:
        """Return the seconds that the arrivals of each half hour wait in all (queues, n).

        The backward equation of the mean wait with so many ahead, as in `transient`.

        Parameters
        ----------
        means : the mean chances of all five minutes but the last of each half hour
        ends : those at every step of the last, in which servers may be about to come
        """
        count, longest = self.servers.shape
        slots = self.servers * self.most[:, None]
        sizes = np.maximum(self.last - self.first + 1 - slots.min(axis=1), 3)
        first = np.append(0, np.cumsum(sizes)[:-1])
        queue = np.repeat(np.arange(count), sizes)
        rank = np.arange(len(queue)) - first[queue] + 1.0
        theta = self.theta[queue]
        drain = self.capacity[queue, -1] + rank * theta
        wait = np.divide(rank, drain, out=np.zeros_like(rank), where=drain > 0)
        found = np.zeros((count, longest))
        step = PART_S / STEPS
        weights = _trapezoid(STEPS + 1)
        for h in range(longest - 1, -1, -1):
            ended = (h >= self.lengths)[queue]
            after = slots[:, min(h + 1, longest - 1)]
            source = (rank - 1 - np.maximum(after - slots[:, h], 0)[queue]).astype(np.int64)
            wait = np.where(source >= 0, wait[first[queue] + np.maximum(source, 0)], 0.0)
            leave = np.where(ended, 0.0, self.capacity[queue, h] + (rank - 1.0) * theta)
            below = leave[1:].copy()
            below[first[1:] - 1] = 0.0
            gone = np.where(ended, 0.0, leave + theta)
            solve = implicit(step, below, gone, np.zeros(len(rank) - 1))
            push = np.where(ended, 0.0, step / 2.0)
            ahead = self._ahead(h)
            waiting = np.flatnonzero(ahead >= 0)
            reach = first[self.queue[waiting]] + ahead[waiting]
            queued = np.zeros(len(self.queue))
            for i in range(PARTS - 1, -1, -1):
                last = i == PARTS - 1
                mean = np.zeros(len(waiting))
                for k in range(STEPS + 1):
                    if k > 0:
                        half = solve(wait + push)
                        wait = solve(half + push) if last and k == 1 else 2.0 * half - wait
                    chance = ends[h, STEPS - k] if last else means[h, i]
                    mean += weights[k] * chance[waiting] * wait[reach]
                queued[waiting] = mean
                found[:, h] += self.contacts[:, h, i] * self._sums(queued)
        return found


def _trapezoid(count: int) -> Floats:
    """Return the weights of so many nodes whose mean is wanted."""
    weights = np.full(count, 1.0 / (count - 1))
    weights[[0, -1]] /= 2.0
    return weights
