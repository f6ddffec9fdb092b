"""Seats of one queue through a day that does not stand still: the time-dependent chat queue.

The steady state of :mod:`staffing.seats.erlang` forgets what came before. Where a promotion
opens, or a backlog carries over, this module follows the distribution of the contacts in the
system instead: the birth-death chat queue of Luo & Zhang (2013), its forward (Kolmogorov)
equations integrated half hour by half hour. One seat holds up to ``c`` contacts, each taking
``AHT_k`` seconds on average while the seat holds ``k`` of them; ``c = 1`` is Erlang-C, and
Erlang-A where contacts abandon.

Assumptions: Poisson arrivals, their rate constant within 5 minutes; exponential handle times
and patience; contacts spread evenly over the seats; first come, first served. When seats
fall, the leaving agents finish what they hold without coming back to the queue, so the
contacts in service scale by ``after / before`` while whoever waits keeps waiting. When seats
rise, whoever waits is answered at once as far as the new slots go. After the last half hour
its seats stay.

Sources
-------
Jennings, Mandelbaum, Massey & Whitt (1996), Manag. Sci. 42(10), 1383-1394. Green, Kolesar &
Soares (2001), Oper. Res. 49(4), 549-564. Feldman, Mandelbaum, Massey & Whitt (2008), Manag.
Sci. 54(2), 324-338 (staffing by iterating a model of the transient queue). Luo & Zhang (2013),
Oper. Res. 61(2), 328-343. Garnett, Mandelbaum & Reiman (2002), MSOM 4(3), 208-227. Rannacher
(1984), Numer. Math. 43, 309-327 (implicit half steps tame Crank-Nicolson at a jump).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dgttrf, dgttrs
from scipy.special import betainc, gammainc

from staffing.seats.chat import Profile, fewest_seats
from staffing.seats.checks import Floats, Ints
from staffing.seats.shape import (
    HALF_HOUR_S,
    PART_S,
    PARTS,
    capacity_per_s,
    checked_contacts,
    checked_seats,
)

__all__ = [
    "Course",
    "fewest_over_time",
    "implicit",
    "staff_transient",
    "stationary",
    "transient",
]

Solver: TypeAlias = Callable[[Floats], Floats]

# Mass above the last state kept when a part of five minutes begins. The states then reach as
# far as arrivals can in these minutes: 7 standard deviations and 10 more, odds below 1e-11.
_TAIL = 1e-12
# The first step tried, and how far the service level may move when it is halved.
_STEP_S = 30.0
_STEP_TOLERANCE = 2e-3
# Just after the seats and the rate change the queue moves fast: so many times as many steps.
_FINER = 3
_HALVINGS = 4
# The target counts as met within this: levels are sums of floats.
_TIE = 1e-9
_ROUNDS = 8


@dataclass(frozen=True, kw_only=True)
class Course:
    """What a queue went through, one value a half hour.

    Attributes
    ----------
    seats : on duty
    contacts : expected arrivals
    service_level : share of the half hour's arrivals answered within the threshold, counting
        the seats of the next half hour where the threshold reaches into it; 1 without arrivals
    abandoned : share of the half hour's arrivals that will abandon
    asa_s : mean wait in seconds of the half hour's arrivals, abandoned or not, in whichever
        half hour it ends (where no seat is left for ever: up to the end)
    queue_end : contacts waiting, on average, when the half hour ends
    occupancy : share of the answer slots that are busy, on average; 0 without seats
    step_s : step of the integration that passed the check
    mass_lost : bound on the probability cut off with the states beyond the last one kept
    """

    seats: Ints
    contacts: Floats
    service_level: Floats
    abandoned: Floats
    asa_s: Floats
    queue_end: Floats
    occupancy: Floats
    step_s: float
    mass_lost: float

    @property
    def seat_hours(self) -> float:
        """Seat-hours of the course."""
        return float(self.seats.sum()) * HALF_HOUR_S / 3600.0


def transient(
    contacts: ArrayLike, seats: ArrayLike, profile: Profile, *, start: ArrayLike | None = None
) -> Course:
    """Follow the queue through consecutive half hours with the seats given.

    Parameters
    ----------
    contacts : array_like, shape (half hours, 6)
        Expected arrivals per 5 minutes, >= 0; see :func:`staffing.seats.shape.five_minute_shape`.
    seats : array_like, shape (half hours,)
        Seats on duty, whole numbers >= 0.
    profile : Profile
        How the pool answers.
    start : array_like, optional
        Probability of 0, 1, 2, ... contacts in the system at the start; empty if left out.

    Returns
    -------
    Course
        Integrated with half the step at which halving it moved no service level by 0.002: it
        is right to about 0.001.

    Raises
    ------
    ValueError
        If an argument is out of its range, or the step would have to be absurdly small.

    Examples
    --------
    >>> phone = Profile(aht_s=(180.0,), answer_within_s=20.0, level=0.8)
    >>> course = transient([[100 / 6] * 6] * 8, [14] * 8, phone)
    >>> float(course.service_level[-1].round(3))
    0.888
    """
    shape = checked_contacts(contacts)
    n = checked_seats(seats, len(shape))
    first = _distribution(start)
    halves, step_s = _fine_enough(shape, n, profile, first)
    return _course(halves, shape, n, profile, step_s)


def _fine_enough(
    shape: Floats, n: Ints, profile: Profile, first: Floats
) -> tuple[list[list[_Part]], float]:
    """Integrate all half hours with the step that is fine enough; see :func:`transient`."""
    coarse: Floats | None = None
    for halving in range(_HALVINGS + 2):
        step_s = _STEP_S / 2**halving
        halves = _halves(shape, n, profile, first, step_s)
        level = _levels(halves, shape)
        if coarse is not None and np.abs(level - coarse).max(initial=0.0) <= _STEP_TOLERANCE:
            return halves, step_s
        coarse = level
    raise ValueError(f"no step down to {step_s:g} s is fine enough. Check aht_s.")


def staff_transient(
    contacts: ArrayLike,
    profile: Profile,
    *,
    cap: ArrayLike | None = None,
    least: ArrayLike = 0,
    start: ArrayLike | None = None,
) -> Course:
    """Fewest seats with which every half hour meets the service level, backlog and all.

    From the stationary answer each half hour is raised or lowered in its turn to the fewest
    seats that do, given the queue it inherits, until a round changes nothing (Feldman et al.
    2008 iterate likewise). Rounds are bounded and the last ones only raise. A seat more in an
    earlier half hour was tried and never gave back two later: no half hour that meets its
    level leaves much of a backlog.

    Parameters
    ----------
    contacts : array_like, shape (half hours, 6)
        Expected arrivals per 5 minutes.
    profile : Profile
        How the pool answers.
    cap : array_like, optional
        Most seats, one value or one a half hour. Where it binds the level is missed and the
        backlog carries over to be paid for later.
    least : array_like, optional
        Fewest seats (presence). Without arrivals no level is missed: only this holds then.
        With the stationary answer here no half hour lives on what leaving agents finish: a
        constant load may otherwise alternate 14, 13, 14, 13 seats.
    start : array_like, optional
        As in :func:`transient`.

    Returns
    -------
    Course
        With the seats found; its ``service_level`` is below ``level`` only under the cap.
    """
    shape = checked_contacts(contacts)
    seats = fewest_over_time(shape, profile, cap=cap, least=least, start=start)
    return transient(shape, seats, profile, start=start)


def fewest_over_time(
    contacts: ArrayLike,
    profile: Profile,
    *,
    cap: ArrayLike | None = None,
    least: ArrayLike = 0,
    start: ArrayLike | None = None,
    step_s: float | None = None,
) -> Ints:
    """Fewest seats alone, without the course; see :func:`staff_transient`.

    Parameters
    ----------
    step_s : float, optional
        Step of the integration in seconds; if left out, the one that :func:`transient` takes,
        which costs as much as the rest to find.
    """
    shape = checked_contacts(contacts)
    count = len(shape)
    low = checked_seats(np.broadcast_to(np.asarray(least), count), count)
    high = np.full(count, np.iinfo(np.int64).max)
    if cap is not None:
        high = checked_seats(np.broadcast_to(np.asarray(cap), count), count)
    low = np.minimum(low, high)
    steady = np.clip(fewest_seats(profile, shape.sum(axis=1) / HALF_HOUR_S), low, high)
    first = _distribution(start)
    if step_s is None:
        _, step_s = _fine_enough(shape, steady, profile, first)
    # The coarse step finds the seats but for one or two, the fine one decides.
    coarse = _Search(shape, profile, first, _STEP_S).settle(steady, low, high)
    return _Search(shape, profile, first, step_s).settle(coarse, low, high)


def stationary(profile: Profile, seats: int, contacts_per_s: float) -> Floats:
    """Return the chance of 0, 1, 2, ... contacts in the system in steady state.

    Raises
    ------
    ValueError
        If there is none: nobody abandons, and more contacts come than the seats complete.
    """
    capacity = capacity_per_s(profile, seats)
    if contacts_per_s <= 0:
        return np.ones(1)
    if math.isinf(profile.patience_s) and contacts_per_s >= capacity:
        raise ValueError(
            f"contacts_per_s must be below the {capacity:g} that {seats} seats complete, "
            f"got {contacts_per_s:g}"
        )
    size = seats * profile.concurrency + 64
    while True:
        leave = _departures(profile, seats, size)
        log_chance = np.append(0.0, np.cumsum(np.log(contacts_per_s / leave[1:])))
        chance = np.exp(log_chance - log_chance.max())
        # Beyond the last state the chances fall at least as fast as there.
        fall = contacts_per_s / leave[-1]
        if fall < 1 and chance[-1] * fall / (1 - fall) < _TAIL:
            return np.asarray(chance / chance.sum())
        size *= 2


class _Search:
    """Courses tried on the way to the fewest seats; each half hour is integrated once."""

    def __init__(self, shape: Floats, profile: Profile, start: Floats, step_s: float) -> None:
        self.shape, self.profile, self.level, self.step_s = shape, profile, profile.level, step_s
        self.reach = math.ceil(profile.answer_within_s / HALF_HOUR_S)
        self.levels: dict[tuple[bytes, bytes], float] = {}
        self.ends: dict[bytes, Floats] = {b"": start}

    def reached(self, seats: Ints, h: int) -> bool:
        """Whether half hour ``h`` meets the level."""
        key = seats[: h + 1].tobytes(), seats[h + 1 : h + 1 + self.reach].tobytes()
        if key not in self.levels:
            begin = self._end(seats, h - 1)
            parts = _parts(begin, self.shape[h], seats, h, self.profile, self.step_s)
            answered = sum(part.answered for part in parts)
            self.ends[key[0]] = parts[-1].nodes[-1]
            self.levels[key] = _share(answered, float(self.shape[h].sum()), 1.0)
        return self.levels[key] >= self.level - _TIE

    def settle(self, seats: Ints, low: Ints, high: Ints) -> Ints:
        """Fewest seats of the half hours in their turn, until a round changes nothing."""
        seats = seats.copy()
        for turn in range(_ROUNDS):
            before = seats.copy()
            for h in range(seats.size):

                def reached(n: int, h: int = h) -> bool:
                    seats[h] = n
                    return self.reached(seats, h)

                # A half hour depends a little on the next one: only raise in the end.
                floor = low[h] if turn < _ROUNDS // 2 else seats[h]
                seats[h] = _fewest(reached, int(seats[h]), int(floor), int(high[h]))
            if (seats == before).all():
                break
        return seats

    def _end(self, seats: Ints, h: int) -> Floats:
        """Distribution at the end of half hour ``h``."""
        key = seats[: h + 1].tobytes()
        if key not in self.ends:
            begin = self._end(seats, h - 1)
            parts = _parts(begin, self.shape[h], seats, h, self.profile, self.step_s)
            self.ends[key] = parts[-1].nodes[-1]
        return self.ends[key]


@dataclass(frozen=True)
class _Part:
    """Five minutes integrated: the distribution at every step, and who is answered in time."""

    nodes: Floats
    answered: float
    lost: float


def _parts(
    begin: Floats, shape: Floats, seats: Ints, h: int, profile: Profile, step_s: float
) -> list[_Part]:
    """Integrate the six parts of half hour ``h`` from the distribution before it."""
    n = int(seats[h])
    now = _reseated(begin, int(seats[h - 1]) if h else n, n, profile.concurrency)
    parts = []
    for i, arrivals in enumerate(shape.tolist()):
        steps = math.ceil(PART_S / step_s - _TIE) * (_FINER if i == 0 else 1)
        now = _resized(now, arrivals)
        leave = _departures(profile, n, now.size)
        nodes = _integrate(now, arrivals / PART_S, leave, PART_S / steps, steps, jump=i == 0)
        now = nodes[-1]
        good = _answered(nodes, i * PART_S, seats, h, profile)
        lost = float(np.abs(nodes[:, -1]).max()) * arrivals + _TAIL
        parts.append(_Part(nodes=nodes, answered=arrivals * good, lost=lost))
    return parts


def _integrate(
    now: Floats, rate: float, leave: Floats, step: float, steps: int, *, jump: bool
) -> Floats:
    """Crank-Nicolson for the forward equations: the distribution at every step.

    With ``Y`` the solution of the implicit half step, ``2 Y - P`` is the Crank-Nicolson step:
    one solve with a matrix factorised once. After a jump the first step is two implicit half
    steps, which do not ring (Rannacher 1984). Columns sum to 0, so mass is kept.
    """
    arrive = np.full(now.size, rate)
    arrive[-1] = 0.0
    solve = implicit(step, arrive[:-1], arrive + leave, leave[1:])
    nodes = np.empty((steps + 1, now.size))
    nodes[0] = now
    for k in range(steps):
        half = solve(nodes[k])
        nodes[k + 1] = solve(half) if jump and k == 0 else 2.0 * half - nodes[k]
    return nodes


def implicit(step: float, below: Floats, diagonal: Floats, above: Floats) -> Solver:
    """Return the solver of half an implicit step with a tridiagonal generator (signs turned)."""
    half = step / 2.0
    *factors, info = dgttrf(-half * below, 1.0 + half * diagonal, -half * above)
    assert info == 0, "a diagonally dominant matrix has factors"

    def solve(right: Floats) -> Floats:
        return np.asarray(dgttrs(*factors, right)[0], dtype=np.float64)

    return solve


def _answered(nodes: Floats, begin_s: float, seats: Ints, h: int, profile: Profile) -> float:
    """Share of the arrivals over the nodes that are answered within the threshold.

    While everybody waits, departures are Poisson with the capacity of the seats then on duty,
    and seats that come open slots at once: without abandonment this is exact whatever happens
    within the threshold; with abandonment it uses the mean capacity.
    """
    n = int(seats[h])
    ahead = np.arange(nodes.shape[1]) - float(n * profile.concurrency)
    within = profile.answer_within_s
    times = begin_s + np.asarray(np.linspace(0.0, PART_S, len(nodes)), dtype=np.float64)
    weights = np.full(times.size, 1.0 / (times.size - 1))
    weights[[0, -1]] /= 2.0
    ends = times + within
    future = seats[h:]
    steady = ends <= HALF_HOUR_S * max(1, int(np.argmax(np.append(future, -1) != n)))
    good = 0.0
    if steady.any():
        usual = np.asarray(weights[steady] @ nodes[steady], dtype=np.float64)
        good = float(usual @ _in_time(profile, ahead, capacity_per_s(profile, n)))
    for k in np.flatnonzero(~steady).tolist():
        edges = np.append(HALF_HOUR_S * np.arange(1, future.size), math.inf)
        cuts = np.clip(np.append(times[k], edges), times[k], ends[k])
        capacity = capacity_per_s(profile, 1) * float(np.diff(cuts) @ future) / within
        come = int(np.maximum(np.diff(future), 0)[edges[:-1] <= ends[k]].sum())
        share = _in_time(profile, ahead - float(come * profile.concurrency), capacity)
        good += float(weights[k]) * float(nodes[k] @ share)
    return min(max(good, 0.0), 1.0)


def _halves(
    shape: Floats, seats: Ints, profile: Profile, start: Floats, step_s: float
) -> list[list[_Part]]:
    """Integrate all half hours with one step."""
    halves: list[list[_Part]] = []
    now = start
    for h in range(len(shape)):
        halves.append(_parts(now, shape[h], seats, h, profile, step_s))
        now = halves[-1][-1].nodes[-1]
    return halves


def _levels(halves: list[list[_Part]], shape: Floats) -> Floats:
    """Share of each half hour's arrivals answered within the threshold."""
    answered = [sum(part.answered for part in parts) for parts in halves]
    pairs = zip(answered, shape.sum(axis=1).tolist(), strict=True)
    return np.array([_share(good, total, 1.0) for good, total in pairs])


def _course(
    halves: list[list[_Part]], shape: Floats, seats: Ints, profile: Profile, step_s: float
) -> Course:
    """What the half hours come to."""
    total = shape.sum(axis=1)
    wait_s = _waits(halves, shape, seats, profile)
    asa_s, queue_end, busy = np.ones((3, total.size))
    for h, parts in enumerate(halves):
        slots = int(seats[h]) * profile.concurrency
        asa_s[h] = _share(wait_s[h], float(total[h]), 0.0)
        last = parts[-1].nodes[-1]
        queue_end[h] = max(0.0, float(last @ np.maximum(np.arange(last.size) - slots, 0)))
        held = [
            p.nodes.mean(axis=0) @ np.minimum(np.arange(p.nodes.shape[1]), slots) for p in parts
        ]
        busy[h] = float(np.mean(held)) / slots if slots else 0.0
    return Course(
        seats=seats,
        contacts=total,
        service_level=_levels(halves, shape),
        # Patience is exponential: everybody who waits leaves at the same rate.
        abandoned=np.minimum(asa_s / profile.patience_s, 1.0),
        asa_s=asa_s,
        queue_end=queue_end,
        occupancy=busy,
        step_s=step_s,
        mass_lost=sum(part.lost for parts in halves for part in parts),
    )


def _waits(halves: list[list[_Part]], shape: Floats, seats: Ints, profile: Profile) -> list[float]:
    """Seconds that the arrivals of each half hour will wait in all, whenever the wait ends.

    The backward equation of the mean wait with so many ahead, from the end of the day, where
    the last seats stay, to its beginning.
    """
    slots, theta = profile.concurrency, 1.0 / profile.patience_s
    room = max(
        p.nodes.shape[1] - int(n) * slots for n, ps in zip(seats, halves, strict=True) for p in ps
    )
    rank = np.arange(1.0, max(room, 3) + 1.0)
    drain = capacity_per_s(profile, int(seats[-1])) + rank * theta
    wait = np.divide(rank, drain, out=np.zeros_like(rank), where=drain > 0)
    totals = []
    for h in range(len(halves) - 1, -1, -1):
        n = int(seats[h])
        come = min(max(int(seats[min(h + 1, len(seats) - 1)]) - n, 0) * slots, wait.size)
        wait = np.append(np.zeros(come), wait[: wait.size - come])
        leave = capacity_per_s(profile, n) + (rank - 1.0) * theta
        total = 0.0
        for i in range(PARTS - 1, -1, -1):
            nodes = halves[h][i].nodes
            steps = len(nodes) - 1
            step = PART_S / steps
            solve = implicit(step, leave[1:], leave + theta, np.zeros(rank.size - 1))
            waiting = nodes[:, n * slots :]
            sums = [float(waiting[-1] @ wait[: waiting.shape[1]]) / 2.0]
            for k in range(steps - 1, -1, -1):
                half = solve(wait + step / 2.0)
                first = i == PARTS - 1 and k == steps - 1
                wait = solve(half + step / 2.0) if first else 2.0 * half - wait
                sums.append(float(waiting[k] @ wait[: waiting.shape[1]]))
            sums[-1] /= 2.0
            total += float(shape[h, i]) * sum(sums) / steps
        totals.append(max(total, 0.0))
    return totals[::-1]


def _reseated(now: Floats, before: int, after: int, slots: int) -> Floats:
    """Distribution after a change of seats: a fall takes its share of the contacts in service."""
    if after >= before:
        return now
    j = np.arange(now.size)
    held = np.minimum(j, before * slots)
    place = held * (after / before) + (j - held)
    floor = np.floor(place).astype(np.int64)
    part = place - floor
    moved = np.bincount(floor, now * (1.0 - part), now.size + 1)
    moved += np.bincount(floor + 1, now * part, now.size + 1)
    return np.asarray(moved[:-1])


def _resized(now: Floats, arrivals: float) -> Floats:
    """The states that so many arrivals can reach; those beyond hold next to nothing."""
    beyond = np.cumsum(np.abs(now[::-1]))[::-1]
    top = int(np.count_nonzero(beyond > _TAIL))
    size = top + math.ceil(arrivals + 7.0 * math.sqrt(arrivals)) + 10
    return np.append(now[:size], np.zeros(max(0, size - now.size)))


def _fewest(reached: Callable[[int], bool], guess: int, low: int, high: int) -> int:
    """Fewest n in low .. high that reach, which more never lose; ``high`` where none does."""
    n, step = min(max(guess, low), high), 1
    if reached(n):
        below, above = low - 1, n
        while above > low:
            if not reached(max(above - step, low)):
                below = max(above - step, low)
                break
            above, step = max(above - step, low), 2 * step
    else:
        below, above = n, high
        while below < high:
            if reached(min(below + step, high)):
                above = min(below + step, high)
                break
            below, step = min(below + step, high), 2 * step
    while above - below > 1:
        middle = (above + below) // 2
        below, above = (below, middle) if reached(middle) else (middle, above)
    return above


def _share(part: float, whole: float, otherwise: float) -> float:
    """``part / whole``, or something else where there is no whole."""
    return part / whole if whole > 0 else otherwise


def _distribution(start: ArrayLike | None) -> Floats:
    """Distribution at the start, checked."""
    now = np.ones(1) if start is None else np.asarray(start, dtype=np.float64)
    if now.ndim != 1 or not (now >= 0).all() or abs(now.sum() - 1.0) > 1e-6:
        raise ValueError("start must be probabilities of 0, 1, 2, ... contacts that sum to 1")
    return now


def _departures(profile: Profile, seats: int, size: int) -> Floats:
    """Contacts per second that leave, by contacts in the system 0 .. size - 1."""
    j = np.arange(size)
    busy = np.minimum(j, seats * profile.concurrency)
    held, more = np.divmod(busy, max(seats, 1))
    pace = np.append(profile.ends_per_s, 0.0)  # `more` is 0 where every seat is full
    done = (seats - more) * pace[held] + more * pace[held + 1]
    return np.asarray(done + (j - busy) / profile.patience_s)


def _in_time(profile: Profile, ahead: NDArray[np.floating[Any]], capacity: float) -> Floats:
    """Chance to be answered in time with so many waiting ahead (negative: at once)."""
    rank = np.maximum(ahead + 1.0, 0.0)
    some = rank > 0
    share = np.where(some, 0.0, 1.0)
    within = profile.answer_within_s
    if capacity <= 0 or within <= 0:
        return share
    if math.isinf(profile.patience_s):
        share[some] = gammainc(rank[some], capacity * within)
    else:
        b = capacity * profile.patience_s
        late = betainc(rank[some], b + 1.0, -math.expm1(-within / profile.patience_s))
        share[some] = b / (b + rank[some]) * late
    return share
