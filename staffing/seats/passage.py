"""The wait behind full answer slots of contacts that others may overtake.

While every slot is taken, contacts to be answered no later than some class arrive at ``upto`` per
second, ``above`` of them to be answered before it, and the slots finish ``drain`` per second,
whoever they hold. The number of the former that wait is then a birth-death chain of its own,
whatever the lower classes do: geometric, and with patience like Erlang-A's. Who finds ``q`` of
them waits until the chain that only those above enter has fallen ``q + 1`` times: a first passage
(Kella & Yechiali 1985).

Without patience its transform is ``(1 - rho) B / (1 - rho B)``, ``rho = upto / drain``, with
``B`` that of a busy period of M/M/1. Inverted along the cut of ``B``, with
``eta = above / drain`` and ``y = 1 - 2 sqrt(eta) cos(x) + eta``,

    P(wait > t) = (2 (1 - rho) / pi) * integral over 0..pi of
                  exp(-drain t y) eta sin(x)^2 / (y (eta - 2 rho sqrt(eta) cos(x) + rho^2)) dx
                + (rho^2 - eta)+ / (rho (rho - eta)) * exp(-drain t (1 - rho) (1 - eta / rho)):

all terms are positive. In ``log tan(x / 2)`` the integrand is analytic in a strip of the same
width for all ``rho`` and ``eta``, so the trapezoid rule keeps ten digits in every queue.

With patience the transform is a continued fraction over the chain's states, and its inversion the
Euler sum of Abate & Whitt (1995).

Sources
-------
Kella & Yechiali (1985), Math. Oper. Res. 10(4), 708-717 (priorities in M/M/c). Abate & Whitt
(1995), ORSA J. Comput. 7(1), 36-43 (inversion).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import comb, expit

from staffing.seats.capacity import MOST_SLOTS
from staffing.seats.checks import Floats, Ints
from staffing.seats.waiting import queue_behind

__all__ = ["late_behind"]

# The trapezoid rule errs by exp(-pi^2 / (2 step)), and leaves out exp(-25) at either end.
_STEP = 0.2
_LEFT_OUT = 25.0
# Nodes, and complex points, laid out at a time; their arrays then fit into the processor's cache.
_NODES = 200_000
_POINTS = 16_000
# A rate of 0 is one that hardly ever happens.
_RARE = 1e-12
# Euler's sum errs by exp(-18.4) where it has terms enough, of which the last are averaged.
_DAMP = 18.4
_AVERAGED = 11
_TERMS, _SUDDEN = 8, 1.0
# States of a queue are left out that hold less than exp(-22) of the chance.
_NEVER = 22.0


def late_behind(
    drain: Floats, above: Floats, upto: Floats, within_s: Floats, patience_s: Floats
) -> Floats:
    """Return the share not answered within the threshold of contacts that meet full slots.

    Parameters
    ----------
    drain : contacts that the full slots finish per second, >= 0 (n,)
    above : contacts per second that are answered before those in question (n,)
    upto : these and those in question, >= ``above`` (n,)
    within_s : answer threshold in seconds, >= 0 (n,)
    patience_s : mean patience in seconds, > 0; infinite where nobody leaves (n,)

    Returns
    -------
    1 where they come faster than the slots finish them, nobody leaving. Who leaves is not
    answered. Queues of more than 200,000 that wait are taken as if nobody left (n,)
    """
    late = np.ones_like(drain)
    some = (drain > 0) & (within_s > 0)
    stays = np.isposinf(patience_s)
    calm = np.flatnonzero(some & stays & (upto < drain))
    late[calm] = _overtaken(drain[calm], above[calm], upto[calm], within_s[calm])
    first = np.flatnonzero(some & ~stays & (above <= 0))
    rate = np.maximum(upto[first], _RARE * drain[first])
    late[first] = queue_behind(rate, drain[first], patience_s[first], within_s[first]).late
    leaving = np.flatnonzero(some & ~stays & (above > 0))
    rows = (column[leaving] for column in (drain, above, upto, within_s, 1.0 / patience_s))
    late[leaving] = _overtaken_leaving(*rows)
    return late


def _overtaken(drain: Floats, above: Floats, upto: Floats, within_s: Floats) -> Floats:
    """P(wait > threshold) behind full slots, nobody leaving; ``upto < drain``."""
    eta, rho = above / drain, upto / drain
    root, span = np.sqrt(eta), drain * within_s
    late = np.exp(-span * (1.0 - rho))
    rows = np.flatnonzero(eta > 0)
    if not rows.size:
        return late
    eta, rho, root, span = eta[rows], rho[rows], root[rows], span[rows]
    found = _pole(eta, rho, span)
    # Where the integrand bends from one power of tan(x / 2) to another.
    near = np.log((1.0 - root) / (1.0 + root))
    bend = np.log(np.maximum(np.abs(rho - root) / (rho + root), 1e-300))
    dip = np.clip(near - bend, 0.0, _LEFT_OUT)
    low = near - dip - (_LEFT_OUT - dip) / 3
    high = np.minimum(near + _LEFT_OUT, _LEFT_OUT / 3)
    count = np.ceil((high - low) / _STEP).astype(np.int64) + 1
    order = np.argsort(count, kind="stable")
    start = 0
    while start < order.size:
        # The last row of a block has its most nodes: as many rows as that allows.
        size = np.arange(1, order.size - start + 1) * count[order[start:]]
        part = order[start : start + max(int(np.searchsorted(size, _NODES)), 1)]
        start += part.size
        step = np.linspace(0.0, 1.0, int(count[part[-1]]))
        at = low[part, None] + (high - low)[part, None] * step
        found[part] += _cut(at, eta[part, None], rho[part, None], span[part, None])
    late[rows] = np.clip(found, late[rows], 1.0)
    return late


def _pole(eta: Floats, rho: Floats, span: Floats) -> Floats:
    """The wait's share with a single rate, which it has where ``rho**2 > eta``."""
    mass = np.maximum(rho * rho - eta, 0.0)
    apart = np.where(mass > 0, rho * (rho - eta), 1.0)
    with np.errstate(over="ignore", invalid="ignore"):
        rate = (1.0 - rho) * (1.0 - eta / rho)
    return np.asarray(mass / apart * np.exp(-span * rate))


def _cut(at: Floats, eta: Floats, rho: Floats, span: Floats) -> Floats:
    """The integral over the cut, on evenly spaced ``log tan(x / 2)`` (rows, nodes)."""
    root = np.sqrt(eta)
    half = expit(2.0 * at)  # sin(x / 2)^2; cos(x) is 1 - 2 * half
    swing = half * expit(-2.0 * at)  # sin(x)^2 / 4
    pace = (1.0 - root) ** 2 + 4.0 * root * half
    ring = (rho - root) ** 2 + 4.0 * rho * root * half
    # dx is 2 sqrt(swing) du, and eta - 2 rho sqrt(eta) cos(x) + rho^2 is the ring.
    values = np.exp(-span * pace) * 8.0 * swing * np.sqrt(swing) / (pace * ring)
    whole = values.sum(axis=1) * (at[:, 1] - at[:, 0])
    return np.asarray(2.0 / math.pi * ((1.0 - rho) * eta)[:, 0] * whole)


def _overtaken_leaving(
    drain: Floats, above: Floats, upto: Floats, within_s: Floats, theta: Floats
) -> Floats:
    """Share not answered within the threshold behind full slots, ``theta = 1 / patience``."""
    states = _states(drain, upto, theta)
    late = np.ones_like(drain)
    long = states > MOST_SLOTS
    calm = np.flatnonzero(long & (upto < drain))
    late[calm] = _overtaken(drain[calm], above[calm], upto[calm], within_s[calm])
    rows = np.flatnonzero(~long)
    order = rows[np.argsort(states[rows], kind="stable")]
    start = 0
    while start < order.size:
        # Queues of about the same length are followed together.
        most = 1.3 * states[order[start]] + 20
        end = int(np.searchsorted(states[order], most, side="right"))
        # The longer the queue, the more sudden the answer: it takes more terms.
        terms = _TERMS + int(_SUDDEN * math.sqrt(states[order[end - 1]]))
        end = min(end, start + max(_POINTS // (terms + _AVERAGED), 1))
        part = order[start:end]
        start = end
        columns = (column[part, None] for column in (drain, above, upto, within_s, theta))
        late[part] = 1.0 - _answered(*columns, most=int(states[part[-1]]), terms=terms)
    return np.clip(late, 0.0, 1.0)


def _states(drain: Floats, upto: Floats, theta: Floats) -> Ints:
    """How many may wait in front, all but exp(-22) of the chance; at most MOST_SLOTS + 1."""
    peak = np.maximum((upto - drain) / theta, 0.0)
    base = np.maximum(drain, upto)
    beyond = np.ones_like(drain)
    slack = np.log(base / np.maximum(upto, _RARE * drain))
    open_ = peak < MOST_SLOTS
    while open_.any():
        # The sum of log(1 + j theta / base) over j <= k is at least half of k of its middle.
        fall = beyond * (slack + 0.5 * np.log1p(beyond / 2 * theta / base))
        open_ &= (fall < _NEVER) & (beyond < MOST_SLOTS)
        beyond = np.where(open_, beyond * 1.25, beyond)
    return np.asarray(np.minimum(peak + beyond, MOST_SLOTS + 1).astype(np.int64) + 1)


def _answered(
    drain: Floats,
    above: Floats,
    upto: Floats,
    within_s: Floats,
    theta: Floats,
    *,
    most: int,
    terms: int,
) -> Floats:
    """Share answered within the threshold; columns (rows, 1), queues of up to ``most``."""
    points, weights = _euler(terms)
    s = points / within_s + theta
    # Above the last state the chain is taken as one of constant rates.
    fall = drain + most * theta
    both = s + above + fall
    down = 2.0 * fall / (both + np.sqrt(both * both - 4.0 * above * fall))
    mass, first = np.ones_like(drain), down
    for q in range(most - 1, -1, -1):
        fall = drain + q * theta
        down = fall / (s + above + fall - above * down)
        with np.errstate(over="ignore"):
            mass = 1.0 + upto / (fall + theta) * mass
        first = down * (1.0 / mass + (1.0 - 1.0 / mass) * first)
    return np.asarray(np.real(first / points) @ weights)


def _euler(terms: int) -> tuple[np.ndarray, Floats]:
    """Points and weights: a function of time is the sum of its transform at points / time."""
    k = np.arange(terms + _AVERAGED + 1)
    points = _DAMP / 2 + 1j * math.pi * k
    tail = np.cumsum(comb(_AVERAGED, np.arange(_AVERAGED + 1))[::-1])[::-1] / 2.0**_AVERAGED
    weights = np.concatenate([np.ones(terms), tail]) * (-1.0) ** k
    weights[0] = 0.5
    return points, math.exp(_DAMP / 2) * weights
