"""Seats of one chat queue in steady state: agents who hold several chats at once.

The more chats an agent holds, the longer each takes, so a chat seat is not so many phones.
``AHT_k`` is the mean handle time while the agent holds ``k`` chats, ``k / AHT_k`` what she
completes. A new chat goes to the least busy agent, so ``j`` chats on ``n`` agents are held ``k``
or ``k + 1`` each (``k = j div n``, ``m = j mod n``) and end at the rate

    D(j) = (n - m) * k / AHT_k + m * (k + 1) / AHT_{k+1},      j <= n * c,

up to the concurrency ``c``; the others wait, in order of arrival, each as long as an
exponential patience lasts. One chat at a time is Erlang-C, or Erlang-A with patience, exactly;
the same AHT at every ``k`` is Erlang-C on ``n * c`` answer slots.

The states below ``n * c`` are summed by :mod:`staffing.seats.states`, those above integrated by
:mod:`staffing.seats.waiting`. It holds up to 200,000 answer slots.

Sources
-------
Luo & Zhang (2013), Oper. Res. 61(2), 328-343. Tezcan & Zhang (2014), Oper. Res. 62(4), 943-964.
Garnett, Mandelbaum & Reiman (2002), Manuf. Serv. Oper. Manag. 4(3), 208-227.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logsumexp

from staffing.seats.capacity import Capacity, TooManySeatsError, blocks
from staffing.seats.checks import Floats, Ints, number, patience, share
from staffing.seats.states import seats_and_rates, states
from staffing.seats.waiting import Queue, queue_behind

__all__ = ["Measures", "Profile", "TooManySeatsError", "fewest_seats", "measures"]

# As in `erlang`: a late share this little above the allowed one is a tie, and kept; so is
# an occupancy.
_TIE = 1e-11
_WHOLE = 1e-9
# Capacities k / AHT_k that differ by less are equal: AHT of 200, 400 s is 1/200 twice.
_LEVEL_ENDS = 1e-9
# Late shares below this are as good as none; their logarithm stays finite.
_NEVER = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How one chat queue is worked and what is asked of it.

    Attributes
    ----------
    aht_s : mean handle time in seconds while the agent holds 1, 2, ... c chats; its length is
        the concurrency, one entry is the phone
    answer_within_s : answer threshold in seconds, >= 0
    level : share of all contacts to be answered within the threshold, in (0, 1)
    patience_s : mean patience in seconds of a customer who waits; infinite (the default) where
        nobody abandons, at most 1e12 otherwise

    Raises
    ------
    ValueError
        If a value is not numeric, NaN or out of its range, or if an agent completes fewer chats
        an hour with k + 1 at once than with k: such a concurrency is to be lowered, not staffed.
    """

    aht_s: tuple[float, ...]
    answer_within_s: float
    level: float
    patience_s: float = math.inf

    def __post_init__(self) -> None:
        aht = number("aht_s", self.aht_s, positive=True)
        if aht.ndim != 1 or not aht.size:
            raise ValueError(
                f"aht_s must be one AHT for each of 1, 2, ... chats, got {self.aht_s!r:.80}"
            )
        ends = np.arange(1, aht.size + 1) / aht
        falls = np.flatnonzero(ends[1:] < ends[:-1] * (1 - _LEVEL_ENDS))
        if falls.size:
            k = int(falls[0]) + 1
            raise ValueError(
                f"aht_s must not let an agent complete fewer chats as she holds more, got "
                f"{aht[k - 1]:g} s at {k} and {aht[k]:g} s at {k + 1}. Cap the concurrency at {k}."
            )
        for name in ("answer_within_s", "level", "patience_s"):
            if np.ndim(getattr(self, name)):
                raise ValueError(f"{name} must be one number, got {getattr(self, name)!r:.80}")
        number("answer_within_s", self.answer_within_s)
        share("level", self.level)
        patience("patience_s", self.patience_s)
        object.__setattr__(self, "aht_s", tuple(aht.tolist()))
        for name in ("answer_within_s", "level", "patience_s"):
            object.__setattr__(self, name, float(getattr(self, name)))

    @property
    def concurrency(self) -> int:
        """Return the most chats an agent holds at once."""
        return len(self.aht_s)

    @property
    def ends_per_s(self) -> Floats:
        """Return what an agent with 0, 1, ... c chats completes, in chats per second."""
        return np.asarray(np.arange(self.concurrency + 1) / np.array([np.inf, *self.aht_s]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Steady state of a chat queue; arrays of one shape.

    Attributes
    ----------
    service_level : share of all contacts answered within the threshold; who abandons is not
        answered, however early
    wait_probability : share of contacts that meet no free answer slot
    asa_s : mean wait in seconds until the answer of the contacts that are answered, those
        answered at once among them; infinite where nobody is
    mean_wait_s : mean wait in seconds of all contacts, until the answer or until they abandon
    abandoned : share of contacts that abandon
    occupancy : share of the answer slots that are busy
    agents_busy : share of the agents who hold a chat
    mean_chats : mean chats held by an agent who holds any; 0 where nothing comes
    effective_aht_s : mean seconds in service of an answered contact
    """

    service_level: Floats
    wait_probability: Floats
    asa_s: Floats
    mean_wait_s: Floats
    abandoned: Floats
    occupancy: Floats
    agents_busy: Floats
    mean_chats: Floats
    effective_aht_s: Floats


def measures(profile: Profile, seats: ArrayLike, contacts_per_s: ArrayLike) -> Measures:
    """Return what a chat queue does in steady state.

    Parameters
    ----------
    profile : Profile
        Its ``level`` plays no part here.
    seats : array_like
        Agents on duty, whole numbers >= 0.
    contacts_per_s : array_like
        Contacts per second, from 0 to 1e9; broadcasts against ``seats``.

    Returns
    -------
    Measures
        Of the broadcast shape. Without contacts nobody waits and the service level is 1. Where
        the contacts exceed what all agents complete and nobody abandons, the queue only grows:
        service level 0, all slots busy, infinite waits.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite, negative, or ``seats`` not whole.
    TooManySeatsError
        If there are more than 200,000 answer slots.

    Examples
    --------
    120 chats an hour on 8 agents who hold up to three:

    >>> chat = Profile(aht_s=(360, 450, 540), answer_within_s=30, level=0.9)
    >>> float(measures(chat, 8, 120 / 3600).service_level.round(3))
    0.953
    """
    n, rate = seats_and_rates(seats, contacts_per_s, profile.concurrency)
    shape, n, rate = n.shape, n.ravel(), rate.ravel()
    drain = n * profile.ends_per_s[-1]
    grows = (rate > 0) & ((n == 0) | (math.isinf(profile.patience_s) & (rate >= drain)))
    found = _at_rest(profile, n.size)
    found[:, grows] = _overrun(profile, n[grows])
    # Rows of like seats share a block, so little of it is empty.
    rows = np.flatnonzero((rate > 0) & ~grows)
    rows = rows[np.argsort(n[rows], kind="stable")]
    for part in blocks(n[rows] * profile.concurrency):
        found[:, rows[part]] = _steady(profile, n[rows[part]], rate[rows[part]])
    return Measures(
        **dict(zip(Measures.__slots__, found.reshape(found.shape[0], *shape), strict=True))
    )


def fewest_seats(profile: Profile, contacts_per_s: ArrayLike, max_occupancy: float = 1.0) -> Ints:
    """Return the fewest agents that reach the service level and stay within the occupancy.

    The highest rate of contacts that n agents serve at the target is tabulated once per profile
    and kept; each answer is then a search in that table. Up to 256 agents every entry is solved
    exactly. Beyond, entries are interpolated, the error is measured at each doubling, and a
    rate closer to an entry than a millionth of a seat has it solved exactly: the answers are
    those of an exact table.

    Parameters
    ----------
    profile : Profile
        The queue and its target.
    contacts_per_s : array_like
        Contacts per second, >= 0.
    max_occupancy : float, optional
        Highest share of the answer slots that may be busy on average, in (0, 1].

    Returns
    -------
    ndarray of int64
        0 where no contacts come. An exact tie with the target or the occupancy counts as
        reached whatever the rounding (within 1e-11 of the late share, 1e-9 of the occupancy).

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.
    TooManySeatsError
        If more than 200,000 answer slots would be needed.

    Examples
    --------
    >>> chat = Profile(aht_s=(360, 450, 540), answer_within_s=30, level=0.9)
    >>> fewest_seats(chat, [0, 20 / 3600, 120 / 3600, 1200 / 3600]).tolist()
    [0, 2, 8, 64]
    """
    rate = number("contacts_per_s", contacts_per_s)
    if np.ndim(max_occupancy):
        raise ValueError(f"max_occupancy must be one number, got {max_occupancy!r:.80}")
    limit = float(share("max_occupancy", max_occupancy, whole=True))
    seats = _capacity(profile, None).fewest(rate)
    return seats if limit == 1 else np.maximum(seats, _capacity(profile, limit).fewest(rate))


def _at_rest(profile: Profile, rows: int) -> Floats:
    """Rows of `Measures` of a queue without contacts."""
    column = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, profile.aht_s[0]]
    return np.repeat(np.array(column)[:, None], rows, axis=1)


def _overrun(profile: Profile, n: Floats) -> Floats:
    """Rows of `Measures` of a queue in which nobody is answered in time."""
    leave = (n == 0) & math.isfinite(profile.patience_s)
    column = [0.0, 1.0, np.inf, np.inf, 0.0, 1.0, 1.0, profile.concurrency, profile.aht_s[-1]]
    found = np.repeat(np.array(column)[:, None], n.size, axis=1)
    found[3, leave], found[4, leave] = profile.patience_s, 1.0
    return found


def _steady(profile: Profile, n: Floats, rate: Floats) -> Floats:
    """Rows of `Measures` of queues with contacts, agents and a steady state."""
    slots = n * profile.concurrency
    log_weight, chats = states(profile.ends_per_s, n, rate)
    queue = _queue(profile, n, rate)
    top = np.max(log_weight, axis=1, initial=-np.inf)
    weight = np.exp(log_weight - top[:, None])
    below = weight.sum(axis=1)
    odds = queue.log_mass - top - np.log(below)
    # Both are needed to their last digits: far above the capacity 1 - wait would be rounding.
    wait, at_once = expit(odds), expit(-odds)
    free = at_once / below
    held = free * (weight * chats).sum(axis=1) + wait * slots
    busy = free * (weight * np.minimum(chats, n[:, None])).sum(axis=1) + wait * n
    abandoned = wait * queue.abandoned
    answered = at_once + wait * queue.answered
    asa = wait * queue.answered_wait_s / answered
    leaves = math.isfinite(profile.patience_s)
    mean_wait = abandoned * profile.patience_s if leaves else asa
    columns = [1 - wait * queue.late, wait, asa, mean_wait, abandoned, held / slots, busy / n]
    return np.array([*columns, held / busy, held / (rate * answered)])


def _queue(profile: Profile, n: Floats, rate: Floats) -> Queue:
    """The queue behind all slots of each row."""
    return queue_behind(
        rate,
        n * profile.ends_per_s[-1],
        np.full_like(rate, profile.patience_s),
        np.full_like(rate, profile.answer_within_s),
    )


def _log_late(profile: Profile, n: Floats, rate: Floats) -> Floats:
    """Logarithm of the share of contacts not answered within the threshold."""
    late = np.zeros_like(rate)
    calm = np.flatnonzero(np.isfinite(profile.patience_s) | (rate < n * profile.ends_per_s[-1]))
    n, rate = n[calm], rate[calm]
    log_weight, _ = states(profile.ends_per_s, n, rate)
    queue = _queue(profile, n, rate)
    late[calm] = np.log(np.maximum(queue.late, _NEVER)) - np.logaddexp(
        0.0, logsumexp(log_weight, axis=1) - queue.log_mass
    )
    return late


def _log_occupancy(profile: Profile, n: Floats, rate: Floats) -> Floats:
    """Logarithm of the share of the answer slots that are busy."""
    busy = np.zeros_like(rate)
    calm = np.flatnonzero(np.isfinite(profile.patience_s) | (rate < n * profile.ends_per_s[-1]))
    busy[calm] = np.log(_steady(profile, n[calm], rate[calm])[5])
    return busy


@lru_cache(maxsize=512)
def _capacity(profile: Profile, limit: float | None) -> Capacity:
    """The table of a profile's target, or of a limit of its occupancy."""
    slow, fast = profile.ends_per_s[[1, -1]]
    stops = math.isinf(profile.patience_s)
    if limit is None:
        goal = math.log((1 - profile.level) * (1 + _TIE))
        # Who waits meets a busy agent, and D(j) >= 1 / AHT_1; who is answered was finished.
        low, high = slow * (1 - profile.level) / 2, 2 * fast / profile.level
    else:
        goal = math.log(min(limit / (1 - _WHOLE), 1.0))
        # At that many times the capacity the free slots are fewer than 1 - limit.
        low, high = slow * limit / 2, fast * (2 + 1 / (1 - limit))
    measure = _log_late if limit is None else _log_occupancy

    def excess(seats: Floats, rate: Floats) -> Floats:
        return measure(profile, seats, rate) - goal

    return Capacity(
        excess,
        serves=float(low),
        fails_per_seat=float(fast if stops else high),
        done_per_seat=float(fast),
        slots_per_seat=profile.concurrency,
    )
