"""Seats of one queue in steady state: Erlang-C and -A for phones, answer slots for chats.

All functions broadcast their arguments like numpy ufuncs and return arrays of the
broadcast shape (zero-dimensional for scalars). They hold from 0 to 100,000 erlangs and
far beyond: Erlang B is the Poisson probability of the server count over the Poisson tail,
each computed without cancellation (Loader 2000).

Words: the *offered load* (erlangs) is contacts per second times AHT in seconds; a queue is
*unstable* when its load reaches its servers, and then in steady state nobody is answered.

Sources
-------
Erlang (1917), "Solution of some problems in the theory of probabilities of significance in
automatic telephone exchanges". Halfin & Whitt (1981), Oper. Res. 29(3), 567-588,
doi:10.1287/opre.29.3.567. Garnett, Mandelbaum & Reiman (2002), Manuf. Serv. Oper. Manag. 4(3),
208-227 (Erlang-A: customers lose patience). Loader (2000), "Fast and accurate computation of
binomial probabilities". Luo & Zhang (2013), Oper. Res. 61(2), 328-343 (chat agents as servers
of several customers at once).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, gammaincc, ndtr

from staffing.seats.checks import Floats, Ints, number, patience, refuse, share
from staffing.seats.waiting import queue_behind

__all__ = [
    "ErlangA",
    "asa_s",
    "chat_seats",
    "chat_service_level",
    "erlang_a",
    "erlang_c",
    "fewest_servers",
    "occupancy",
    "service_level",
]

# A share of late answers this little (relatively) above the allowed share still counts as
# within it: M/M/1 at 0.2 erl and "80 % at once" is a tie that rounding must not decide.
_TIE = 1e-11
# load / max_occupancy is a whole number of servers when it is this close to one:
# 13.3 / 0.7 is 19 on paper and 19.000000000000004 in floating point.
_WHOLE = 1e-9
# More than this is a slip of units, not a queue.
_MOST_SERVERS = 1e9
# The longest threshold in handle times; infinite ones would turn 0 * inf into NaN.
_LONGEST = 1e300
# Newton doubles the digits of beta: from two digits on, four steps exhaust a float.
_NEWTON_STEPS = 4
# Rows searched at a time: the working arrays then fit into the processor's cache.
_CHUNK = 16_384
# So many spreads above the servers, Erlang B is a continued fraction of so many levels; nearer,
# its incomplete gamma function does not underflow.
_FAR_ABOVE = 10.0
_LEVELS = 60
# Coefficients of Stirling's series for ln n!, exact to 1e-16 from n = 16 on.
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188)
_SMALL = 16


def erlang_c(servers: ArrayLike, load_erl: ArrayLike) -> Floats:
    """Share of contacts that have to wait (Erlang C).

    Parameters
    ----------
    servers : array_like
        Whole numbers >= 0.
    load_erl : array_like
        Offered load in erlangs, >= 0; broadcasts against ``servers``.

    Returns
    -------
    ndarray of float64
        0 where the load is 0, 1 where the queue is unstable (load >= servers).

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or negative, or ``servers`` not whole.

    Examples
    --------
    >>> float(erlang_c(8, 3.87).round(4))
    0.0501
    """
    n, load = np.broadcast_arrays(_servers(servers), number("load_erl", load_erl))
    wait = np.where(load > 0, 1.0, 0.0)
    stable = (load > 0) & (load < n)
    n, load = n[stable], load[stable]
    with np.errstate(over="ignore", divide="ignore"):
        wait[stable] = n / _wait_odds(n, load, _inverse_erlang_b(n, load))
    return wait


def service_level(
    servers: ArrayLike, load_erl: ArrayLike, aht_s: ArrayLike, answer_within_s: ArrayLike
) -> Floats:
    """Share of contacts answered within the answer threshold, nobody abandoning.

    Parameters
    ----------
    servers : array_like
        Whole numbers >= 0.
    load_erl : array_like
        Offered load in erlangs, >= 0.
    aht_s : array_like
        Average handle time in seconds, > 0.
    answer_within_s : array_like
        Answer threshold in seconds, >= 0.

    Returns
    -------
    ndarray of float64
        1 where the load is 0, 0 where the queue is unstable.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.

    Examples
    --------
    >>> float(service_level(14, 10, 180, 20).round(5))
    0.88835
    """
    n, load = _servers(servers), number("load_erl", load_erl)
    threshold = _threshold(aht_s, answer_within_s)
    wait = erlang_c(n, load)
    with np.errstate(over="ignore"):
        # An unstable queue has wait = 1 and no spare server: its level comes out as 0.
        return np.asarray(1.0 - wait * np.exp(-np.maximum(n - load, 0.0) * threshold))


def asa_s(servers: ArrayLike, load_erl: ArrayLike, aht_s: ArrayLike) -> Floats:
    """Average speed of answer: the mean wait in seconds over all contacts.

    Parameters
    ----------
    servers : array_like
        Whole numbers >= 0.
    load_erl : array_like
        Offered load in erlangs, >= 0.
    aht_s : array_like
        Average handle time in seconds, > 0.

    Returns
    -------
    ndarray of float64
        0 where the load is 0, infinite where the queue is unstable.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.
    """
    n, load = _servers(servers), number("load_erl", load_erl)
    wait_s = erlang_c(n, load) * number("aht_s", aht_s, positive=True)
    spare = np.where(load > 0, n - load, 1.0)
    return np.asarray(
        np.divide(wait_s, spare, out=np.full(np.shape(wait_s), np.inf), where=spare > 0)
    )


def occupancy(servers: ArrayLike, load_erl: ArrayLike) -> Floats:
    """Share of their time that servers are busy.

    Parameters
    ----------
    servers : array_like
        Whole numbers >= 0.
    load_erl : array_like
        Offered load in erlangs, >= 0.

    Returns
    -------
    ndarray of float64
        ``load_erl / servers``; 0 where the load is 0, never more than 1 (unstable).

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or negative, or ``servers`` not whole.
    """
    n, load = np.broadcast_arrays(_servers(servers), number("load_erl", load_erl))
    busy = np.where(load > 0, 1.0, 0.0)
    return np.asarray(np.divide(load, n, out=busy, where=load < n))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErlangA:
    """Steady state of a queue whose customers lose patience; arrays of one shape.

    Attributes
    ----------
    service_level : share of all contacts answered within the threshold; who abandons is not
        answered, however early
    wait_probability : share of contacts that find every server taken
    abandoned : share of contacts that abandon
    asa_s : mean wait in seconds until the answer of the contacts that are answered, those
        answered at once among them; infinite where nobody is
    mean_wait_s : mean wait in seconds of all contacts, until the answer or until they abandon
    """

    service_level: Floats
    wait_probability: Floats
    abandoned: Floats
    asa_s: Floats
    mean_wait_s: Floats


def erlang_a(
    servers: ArrayLike,
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    patience_s: ArrayLike,
    answer_within_s: ArrayLike,
) -> ErlangA:
    """Return what a queue does whose waiting customers leave after an exponential patience.

    Parameters
    ----------
    servers : array_like
        Whole numbers >= 0.
    load_erl : array_like
        Offered load in erlangs, from 0 to 1e9; it may exceed the servers.
    aht_s : array_like
        Average handle time in seconds, > 0.
    patience_s : array_like
        Mean patience in seconds, > 0 and at most 1e12; infinite is Erlang-C.
    answer_within_s : array_like
        Answer threshold in seconds, >= 0.

    Returns
    -------
    ErlangA
        Of the broadcast shape. Without load nobody waits and the service level is 1.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN or out of its range.

    Examples
    --------
    48 contacts a minute of a minute each, 50 agents, patience of two minutes:

    >>> queue = erlang_a(50, 48, 60, 120, 20)
    >>> float(queue.abandoned.round(4)), float(queue.mean_wait_s.round(2))
    (0.0309, 3.71)
    """
    columns = np.broadcast_arrays(
        _servers(servers),
        number("load_erl", load_erl),
        number("aht_s", aht_s, positive=True),
        patience("patience_s", patience_s),
        number("answer_within_s", answer_within_s),
    )
    n, load, aht, patient, within = (column.ravel() for column in columns)
    refuse("load_erl", f"at most {_MOST_SERVERS:g}", load, load > _MOST_SERVERS)
    found = np.zeros((5, n.size))
    found[0] = load == 0
    nobody = (load > 0) & ((n == 0) | (np.isinf(patient) & (load >= n)))
    leave = nobody & np.isfinite(patient)
    found[1, nobody], found[2, leave], found[3:, nobody] = 1.0, 1.0, np.inf
    found[4, leave] = patient[leave]
    rows = np.flatnonzero((load > 0) & ~nobody)
    for start in range(0, rows.size, _CHUNK):
        part = rows[start : start + _CHUNK]
        found[:, part] = _with_patience(n[part], load[part], aht[part], patient[part], within[part])
    return ErlangA(**dict(zip(ErlangA.__slots__, found.reshape(5, *columns[0].shape), strict=True)))


def fewest_servers(
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    level: ArrayLike,
    answer_within_s: ArrayLike,
    *,
    max_occupancy: ArrayLike = 1.0,
) -> Ints:
    """Fewest servers that reach the service level and stay within the occupancy.

    The search starts at square-root staffing (Halfin & Whitt 1981) and steps by one server
    through the recursion ``1/B(n) = 1 + n / load / B(n - 1)`` of Erlang B. Every step up
    cuts the share of late answers at least by the factor ``load / n``, so it ends.

    Parameters
    ----------
    load_erl : array_like
        Offered load in erlangs, >= 0.
    aht_s : array_like
        Average handle time in seconds, > 0.
    level : array_like
        Share to be answered within the threshold, strictly between 0 and 1.
    answer_within_s : array_like
        Answer threshold in seconds, >= 0.
    max_occupancy : array_like, optional
        Highest share of time a server may be busy, in (0, 1].

    Returns
    -------
    ndarray of int64
        0 where the load is 0. An exact tie with ``level`` or with ``max_occupancy`` counts
        as reached whatever the rounding (within 1e-11 of the late share, 1e-9 of the load).

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range, or more than
        1e9 servers would be needed.

    Examples
    --------
    100 contacts per half hour of 180 s each are 10 erlangs:

    >>> int(fewest_servers(10, 180, 0.80, 20))
    14
    """
    load = number("load_erl", load_erl)
    threshold = _threshold(aht_s, answer_within_s)
    late = (1.0 - share("level", level)) * (1.0 + _TIE)
    lowest = _lowest_servers(load, share("max_occupancy", max_occupancy, whole=True))
    load, threshold, late, lowest = np.broadcast_arrays(load, threshold, late, lowest)
    servers = np.zeros(load.size, dtype=np.int64)
    rows = [np.ravel(column) for column in (load, threshold, late, lowest)]
    for start in range(0, servers.size, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        servers[chunk] = _search(*(column[chunk] for column in rows))
    return servers.reshape(load.shape)


def chat_seats(
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    level: ArrayLike,
    answer_within_s: ArrayLike,
    concurrency: ArrayLike,
    *,
    max_occupancy: ArrayLike = 1.0,
) -> Ints:
    """Fewest seats whose answer slots reach the service level of a chat queue.

    A seat that holds ``concurrency`` chats at once is that many servers, each with the AHT
    *observed at that concurrency*: this lands within a seat or two of the full birth-death
    model (Luo & Zhang 2013). Dividing the AHT of a lone chat by the concurrency instead
    understaffs to the point of an unstable queue.

    Parameters
    ----------
    load_erl : array_like
        Offered load in erlangs of chats, computed with the AHT at ``concurrency``.
    aht_s : array_like
        Mean handle time in seconds of a chat whose agent holds ``concurrency`` chats, > 0.
    level, answer_within_s : array_like
        As in :func:`fewest_servers`.
    concurrency : array_like
        Chats a seat holds at once, >= 1; 1 is the phone exactly. It may be fractional
        (the mean over a mixed pool).
    max_occupancy : array_like, optional
        Highest share of its slots a pool may have filled on average, in (0, 1].

    Returns
    -------
    ndarray of int64
        0 where the load is 0.

    Raises
    ------
    ValueError
        As in :func:`fewest_servers`, or if ``concurrency`` is below 1.

    Examples
    --------
    120 chats an hour, 540 s each while the agent holds three (18 erlangs):

    >>> int(chat_seats(18, 540, 0.90, 30, 3))
    8
    """
    per_seat = number("concurrency", concurrency, least=1.0)
    slots = fewest_servers(load_erl, aht_s, level, answer_within_s, max_occupancy=max_occupancy)
    # Half the tolerance of `chat_service_level`, which must find these slots again.
    return np.asarray(np.ceil((slots - _WHOLE / 2) / per_seat), dtype=np.int64)


def chat_service_level(
    seats: ArrayLike,
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    answer_within_s: ArrayLike,
    concurrency: ArrayLike,
) -> Floats:
    """Share of chats whose first answer comes within the threshold.

    Parameters
    ----------
    seats : array_like
        Seats on duty, >= 0; fractional where agents are weighted by speed. Only whole
        answer slots count: ``floor(seats * concurrency)``.
    load_erl, aht_s, answer_within_s : array_like
        As in :func:`service_level`, the AHT observed at ``concurrency``.
    concurrency : array_like
        Chats a seat holds at once, >= 1.

    Returns
    -------
    ndarray of float64
        1 where the load is 0, 0 where the queue is unstable.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.
    """
    per_seat = number("concurrency", concurrency, least=1.0)
    slots = np.floor(number("seats", seats) * per_seat + _WHOLE)
    return service_level(slots, load_erl, aht_s, answer_within_s)


def _with_patience(
    n: Floats, load: Floats, aht: Floats, patience_s: Floats, within: Floats
) -> Floats:
    """Rows of `ErlangA` for 1-d rows of queues that have a steady state."""
    queue = queue_behind(load / aht, n / aht, patience_s, within)
    # 1/B(n) - 1, the states below full ones over the full one, is n / load / B(n - 1).
    below = np.log(n / load) + _log_inverse_erlang_b(n - 1, load)
    wait, at_once = expit(queue.log_mass - below), expit(below - queue.log_mass)
    abandoned = wait * queue.abandoned
    asa = wait * queue.answered_wait_s / (at_once + wait * queue.answered)
    leaves = np.isfinite(patience_s)
    mean_wait = np.where(leaves, abandoned * np.where(leaves, patience_s, 0.0), asa)
    return np.array([1 - wait * queue.late, wait, abandoned, asa, mean_wait])


def _search(load: Floats, threshold: Floats, late: Floats, lowest: Floats) -> Floats:
    """Fewest servers (>= ``lowest``) of 1-d rows: guess, then step up or down by one."""
    answer = np.zeros_like(load)
    busy = np.flatnonzero(load > 0)
    load, threshold, late, lowest = load[busy], threshold[busy], late[busy], lowest[busy]
    with np.errstate(over="ignore", divide="ignore"):
        n = np.maximum(lowest, np.ceil(_square_root_staffing(load, threshold, late)))
        inverse_b = _inverse_erlang_b(n, load)
        reached = _late_share(n, load, inverse_b, threshold) <= late
        state = np.stack([n, inverse_b, load, threshold, late, lowest])
        _step_up(n, np.flatnonzero(~reached), state)
        _step_down(n, np.flatnonzero(reached & (n > lowest)), state)
    answer[busy] = n
    return answer


def _step_up(n: Floats, rows: Ints, state: Floats) -> None:
    """Raise ``n`` at ``rows`` in place until the late share is allowed."""
    state = state[:, rows]
    while rows.size:
        k, inverse_b, load, threshold, late, _ = state
        k += 1.0
        inverse_b *= k / load
        inverse_b += 1.0
        reached = _late_share(k, load, inverse_b, threshold) <= late
        n[rows[reached]] = k[reached]
        rows, state = rows[~reached], state[:, ~reached]


def _step_down(n: Floats, rows: Ints, state: Floats) -> None:
    """Lower ``n`` at ``rows`` in place while one server less still suffices.

    The recursion runs backwards here. It loses digits only where 1/B is near 1, which needs
    load >> servers; the lowest count keeps every row on the stable side.
    """
    state = state[:, rows]
    while rows.size:
        k, inverse_b, load, threshold, late, lowest = state
        inverse_b -= 1.0
        inverse_b *= load / k
        k -= 1.0
        reached = _late_share(k, load, inverse_b, threshold) <= late
        n[rows[reached]] = k[reached]
        further = reached & (k > lowest)
        rows, state = rows[further], state[:, further]


def _square_root_staffing(load: Floats, threshold: Floats, late: Floats) -> Floats:
    """Servers, not rounded, by the Halfin-Whitt approximation of the late share.

    Solves ``ln(1 + beta * Phi(beta) / phi(beta)) + beta * sqrt(load) * threshold = -ln late``
    for beta: a quadratic fitted to the left side, then Newton steps until a step moves no
    row by half a server.
    """
    root = np.sqrt(load)
    drain = root * threshold
    goal = -np.log(late)
    slope = drain + math.sqrt(math.pi / 2)
    # The stable form of the positive root; 0.27 fits the curvature over beta in 0..3.
    beta = np.maximum(2.0 * goal / (slope + np.sqrt(slope * slope + 1.08 * goal)), 0.0)
    for _ in range(_NEWTON_STEPS):
        density = np.exp(-0.5 * beta * beta) / math.sqrt(2 * math.pi)
        below = np.asarray(ndtr(beta))
        tilted = density + beta * below
        excess = np.log(tilted / density) + beta * drain - goal
        gradient = drain + (below + beta * tilted) / tilted
        better = np.maximum(beta - excess / gradient, 0.0)
        moved = np.max(np.abs(better - beta) * root, initial=0.0)
        beta = better
        if moved < 0.5:
            break
    return np.asarray(load + beta * root)


def _late_share(n: Floats, load: Floats, inverse_b: Floats, threshold: Floats) -> Floats:
    """P(wait > threshold) of a stable queue; the threshold is in handle times."""
    return n * np.exp((load - n) * threshold) / _wait_odds(n, load, inverse_b)


def _wait_odds(n: Floats, load: Floats, inverse_b: Floats) -> Floats:
    """``n / C(n)``, Erlang C turned upside down: finite steps while B underflows."""
    return (n - load) * inverse_b + load


def _inverse_erlang_b(n: Floats, load: Floats) -> Floats:
    """1 / B for whole n > load > 0: the Poisson tail P(X <= n) over P(X = n).

    Infinite where P(X = n) underflows, far above the load.
    """
    return np.asarray(gammaincc(n + 1.0, load) / _poisson_pmf(n, load))


def _log_inverse_erlang_b(n: Floats, load: Floats) -> Floats:
    """``ln(1 / B)`` for whole n >= 0 at any load > 0; infinite where P(X = n) underflows."""
    logarithm = np.zeros_like(load)
    far = load > n + _FAR_ABOVE * (np.sqrt(n) + 1)
    near = ~far & (n > 0)
    with np.errstate(divide="ignore", over="ignore"):
        logarithm[near] = np.log(_inverse_erlang_b(n[near], load[near]))
    # Legendre's continued fraction of the incomplete gamma function, from its end (DLMF 8.9.2).
    n, load = n[far], load[far]
    fraction = load - n + 2.0 * _LEVELS
    for level in range(_LEVELS, 0, -1):
        above = np.maximum(n + 1.0 - level, 0.0) * level
        fraction = load - n + 2.0 * (level - 1) + above / fraction
    logarithm[far] = np.log(load / fraction)
    return logarithm


def _poisson_pmf(n: Floats, load: Floats) -> Floats:
    """P(X = n), X Poisson with mean ``load``, n >= 1, by Loader's saddle-point form."""
    ratio = load / n
    away = (load - n) / n
    # Near n the difference away - log1p(away) keeps its digits; far below it ln(ratio) does.
    logarithm = np.where(ratio > 0.5, np.log1p(np.maximum(away, -0.5)), np.log(ratio))
    deviance = n * (away - logarithm)
    return np.asarray(np.exp(-deviance - _stirling_error(n)) / np.sqrt(2 * math.pi * n))


def _stirling_error(n: Floats) -> Floats:
    """``ln n! - ln(sqrt(2 pi n) (n / e)**n)`` for whole n >= 1."""
    square = 1.0 / (n * n)
    series = np.full_like(n, _STIRLING[-1])
    for coefficient in _STIRLING[-2::-1]:
        series *= square
        series += coefficient
    small = _SMALL_STIRLING_ERRORS[np.minimum(n, _SMALL - 1).astype(np.int64)]
    return np.asarray(np.where(n < _SMALL, small, series / n))


_SMALL_STIRLING_ERRORS = np.array(
    [0.0]
    + [
        math.log(math.factorial(n) / (math.sqrt(2 * math.pi * n) * (n / math.e) ** n))
        for n in range(1, _SMALL)
    ]
)


def _lowest_servers(load: Floats, max_occupancy: Floats) -> Floats:
    """Fewest servers that are stable and within the occupancy."""
    with np.errstate(over="ignore"):
        filled = np.ceil(load / max_occupancy * (1.0 - _WHOLE))
    lowest = np.maximum(filled, np.floor(load) + 1.0)
    if np.any(lowest > _MOST_SERVERS):
        raise ValueError(
            f"load_erl / max_occupancy must stay below {_MOST_SERVERS:g} servers, "
            f"got {np.max(lowest):g}. Check the units: load_erl is contacts per second "
            "times AHT in seconds."
        )
    return lowest


def _threshold(aht_s: ArrayLike, answer_within_s: ArrayLike) -> Floats:
    """The answer threshold in handle times."""
    within = number("answer_within_s", answer_within_s)
    with np.errstate(over="ignore"):
        return np.minimum(within / number("aht_s", aht_s, positive=True), _LONGEST)


def _servers(servers: ArrayLike) -> Floats:
    """Servers as floats, checked to be whole."""
    n = number("servers", servers)
    refuse("servers", "whole", n, n != np.floor(n))
    return n
