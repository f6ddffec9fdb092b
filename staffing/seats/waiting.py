"""The queue behind full answer slots whose customers may lose patience.

Once every slot is taken, phone and chat queue alike: contacts come at ``rate``, the full slots
finish ``drain`` contacts per second, and each waiting customer leaves after an exponential
patience. The wait offered to an arrival has the density (Mandelbaum & Zeltyn 2007, from the
Erlang-A of Palm 1957 and Garnett, Mandelbaum & Reiman 2002)

    v(x) = drain * P(slots just full) * exp(g(x)),
    g(x) = rate * (1 - exp(-theta x)) / theta - drain * x,      theta = 1 / patience.

Its textbook integrals are differences of incomplete gamma functions, which underflow in large
queues and cancel where patience is long. ``g`` is concave, so here each integral is taken by
Gauss-Legendre over the stretch around its peak that holds all of it but exp(-40), relative to
that peak: every term is positive and nothing overflows. Eleven digits are kept in queues of
people; five where a billion contacts a second meet the patience of a microsecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from staffing.seats.checks import Floats

__all__ = ["Queue", "late_after", "queue_behind"]

# The integrand is left out where it is below exp(-40) of its peak: 4e-18.
_DROP = 40.0
# Newton's last step to the place of that drop may be off by a percent without harm.
_NEWTON_STEPS = 6
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS
# Beyond this many patiences nobody is left waiting.
_OUT_OF_PATIENCE = 45.0
# Below it, y + expm1(-y) cancels and its series takes over.
_SMALL = 0.1
# 1/2!, -1/3!, 1/4!, ...: coefficients of (y + expm1(-y)) / y.
_SERIES = (1 / 2, -1 / 6, 1 / 24, -1 / 120, 1 / 720, -1 / 5040, 1 / 40320, -1 / 362880)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What an arrival meets that finds every slot taken.

    Attributes
    ----------
    log_mass : logarithm of P(all slots taken) / P(slots just full and nobody waiting), >= 0
    late : share not answered within the threshold: answered later or abandoned
    abandoned : share that abandons
    answered : share that is answered, however late
    answered_wait_s : mean wait in seconds times the share that is answered
    """

    log_mass: Floats
    late: Floats
    abandoned: Floats
    answered: Floats
    answered_wait_s: Floats


def queue_behind(rate: Floats, drain: Floats, patience_s: Floats, within_s: Floats) -> Queue:
    """Return the queue behind full slots for 1-d rows.

    Parameters
    ----------
    rate : contacts per second, > 0
    drain : contacts that the full slots finish per second, > 0
    patience_s : mean patience in seconds, > 0; infinite where nobody abandons, and there
        ``rate < drain`` is required
    within_s : answer threshold in seconds, >= 0

    Returns
    -------
    Queue of arrays of the same length.
    """
    log_mass, late, abandoned, answered, waited = np.zeros((5, rate.size))
    calm = np.isinf(patience_s)
    spare = drain[calm] - rate[calm]
    log_mass[calm] = np.log(drain[calm] / spare)
    late[calm] = np.exp(-spare * within_s[calm])
    answered[calm], waited[calm] = 1.0, 1.0 / spare
    leaving = np.flatnonzero(~calm)
    if leaving.size:
        rows = rate[leaving], drain[leaving], 1.0 / patience_s[leaving], within_s[leaving]
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            found = _integrate(*rows)
        for column, values in zip(
            (log_mass, late, abandoned, answered, waited), found, strict=True
        ):
            column[leaving] = values
    return Queue(
        log_mass=log_mass,
        late=late,
        abandoned=abandoned,
        answered=answered,
        answered_wait_s=waited,
    )


def late_after(
    rate: Floats,
    drain: Floats,
    patience_s: Floats,
    within_s: float,
    late: Callable[[Floats], Floats],
    settled_s: float,
) -> Floats:
    """Return the share that is answered within the threshold but served after it, for 1-d rows.

    Parameters
    ----------
    rate, drain, patience_s : as in :func:`queue_behind`
    within_s : seconds from arrival within which answer and service are to come, >= 0
    late : of seconds, the share of services that take longer; elementwise
    settled_s : seconds after which that is as good as none

    Returns
    -------
    ndarray of float64
        Of those who meet full slots, as in `Queue`.
    """
    theta = 1.0 / patience_s
    high = np.full_like(rate, within_s)
    low = np.maximum(high - settled_s, 0.0)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        top, sides = _nodes(rate, drain, theta, low, high)
        sums = np.zeros_like(rate)
        for wait, density in sides:
            patient = np.exp(-theta[:, None] * wait)
            sums += (density * patient * late(np.maximum(within_s - wait, 0.0))).sum(axis=1)
        mass = queue_behind(rate, drain, patience_s, high).log_mass
    return np.asarray(np.exp(top + np.log(drain) - mass) * sums)


def _integrate(rate: Floats, drain: Floats, theta: Floats, within: Floats) -> tuple[Floats, ...]:
    """Columns of `Queue` for rows with finite patience."""
    gone = _OUT_OF_PATIENCE / theta
    edges = [np.zeros_like(rate), np.minimum(within, gone), np.maximum(within, gone)]
    ends = [*edges[1:], np.full_like(rate, np.inf)]
    panels = [_panel(rate, drain, theta, *span) for span in zip(edges, ends, strict=True)]
    top = np.max([peak for peak, _ in panels], axis=0)
    first, middle, last = (np.exp(peak - top) * sums for peak, sums in panels)
    mass, *shares = first + middle + last
    in_time = within > gone  # the middle stretch ends at the threshold, not at the patience
    late = first[1] + np.where(in_time, middle[1], middle[0]) + last[0]
    log_mass = np.maximum(top + np.log(drain * mass), 0.0)
    abandoned, answered, waited = shares
    columns = (np.minimum(part / mass, 1.0) for part in (late, abandoned, answered))
    return log_mass, *columns, waited / mass


def _panel(
    rate: Floats, drain: Floats, theta: Floats, low: Floats, high: Floats
) -> tuple[Floats, Floats]:
    """Peak of ``g`` within a stretch, and four integrals relative to exp(peak).

    The integrands are exp(g) times 1, the share out of patience, the share still waiting, and
    the wait of these.
    """
    top, sides = _nodes(rate, drain, theta, low, high)
    sums = np.zeros((4, rate.size))
    for wait, density in sides:
        patient = np.exp(-theta[:, None] * wait)
        sums[0] += density.sum(axis=1)
        sums[1] += (density * -np.expm1(-theta[:, None] * wait)).sum(axis=1)
        sums[2] += (density * patient).sum(axis=1)
        sums[3] += (density * wait * patient).sum(axis=1)
    return top, sums


def _nodes(
    rate: Floats, drain: Floats, theta: Floats, low: Floats, high: Floats
) -> tuple[Floats, Iterator[tuple[Floats, Floats]]]:
    """Peak of ``g`` within a stretch; on either side of it waits, and exp(g - peak) dx there."""
    summit = np.maximum(np.log(rate / drain) / theta, 0.0)
    peak = np.clip(summit, low, high)
    # Seen from the peak, `g` has its own form again with the rate of those still waiting.
    local = rate * np.exp(-theta * peak)
    # On the inside of its stretch the peak is flat: do not let rounding tilt it.
    slope = np.where(peak == summit, np.minimum(local - drain, 0.0), local - drain)
    slope = np.where((peak == summit) & (summit > 0), 0.0, slope)

    def sides() -> Iterator[tuple[Floats, Floats]]:
        for side, room in ((1.0, high - peak), (-1.0, peak - low)):
            width = np.minimum(_reach(side, slope, local, theta), room)
            step = side * width[:, None] * _NODES
            fall = _rise(step, slope[:, None], local[:, None], theta[:, None])
            density = np.exp(np.minimum(fall, 0.0)) * (width[:, None] * _WEIGHTS)
            yield np.maximum(peak[:, None] + step, 0.0), density

    return (rate - drain) * peak - rate * peak * _bend(theta * peak), sides()


def _reach(side: float, slope: Floats, local: Floats, theta: Floats) -> Floats:
    """How far from its peak ``g`` has fallen by the drop that ends the stretch."""
    # `g` falls at least along its tangent; 0 where the peak is on the other end.
    tilt = np.maximum(-side * slope, 0.0)
    width = 2 * _DROP / (tilt + np.sqrt(tilt * tilt + 2 * _DROP * local * theta))
    if side < 0:  # the fall to the left is exponential where customers leave quickly
        width = np.minimum(width, (1 + np.log1p(2 * _DROP * theta / local)) / theta)
    for _ in range(_NEWTON_STEPS):
        fallen = -_rise(side * width, slope, local, theta)
        steepness = -side * (slope + local * np.expm1(-theta * side * width))
        better = width + (_DROP - fallen) / steepness
        width = np.where(np.isfinite(better) & (better > 0), better, width)
    return width


def _rise(step: Floats, slope: Floats, local: Floats, theta: Floats) -> Floats:
    """``g(peak + step) - g(peak)``."""
    return np.asarray(slope * step - local * step * _bend(theta * step))


def _bend(y: Floats) -> Floats:
    """``(y + expm1(-y)) / y``, the share of a stretch that patience takes away."""
    small = np.abs(y) < _SMALL
    near, far = np.where(small, y, 0.0), np.where(small, 1.0, y)
    series = np.full_like(y, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        series *= near
        series += coefficient
    return np.asarray(np.where(small, series * near, 1.0 + np.expm1(-far) / far))
