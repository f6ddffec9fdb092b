"""What a half hour is like inside, and whether steady state may be asked about it.

A half hour is six parts of five minutes: an ordinary one goes over smoothly into the next, one
in which a promotion phase begins has its contacts early.

Source of the monotone interpolation: Fritsch & Carlson (1980), SIAM J. Numer. Anal. 17(2),
238-246.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from staffing.seats.chat import Profile
from staffing.seats.checks import Floats, Ints

__all__ = ["five_minute_shape", "needs_transient"]

PARTS = 6
PART_S = 300.0
HALF_HOUR_S = PARTS * PART_S
# A jump, a move of the load worth a look, and contacts per half hour worth a jump.
_JUMP, _MOVED, _SOME = 1.8, 0.2, 10.0
# Extra contacts of a phase come this many minutes after its start on average: the value that
# reproduces the promotion evening measured by the research behind this module.
DECAY_MIN = 11.5


def needs_transient(contacts: ArrayLike, seats: ArrayLike, profile: Profile) -> NDArray[np.bool_]:
    """Half hours in which the stationary answer is not to be trusted.

    True where the rate jumps to 1.8 times the half hour before or more; where a fluid queue
    (arrivals less capacity) grows beyond what is answered within the threshold, and until it
    is gone; and where the load moved by a fifth or more while the queue forgets its past more
    slowly than in a half hour: relaxation time ``1 / (sqrt(capacity) - sqrt(rate))**2``.

    Parameters
    ----------
    contacts : array_like, shape (half hours, 6)
        Expected arrivals per 5 minutes.
    seats : array_like, shape (half hours,)
        Seats on duty, such as the stationary answer.
    profile : Profile
        How the pool answers.

    Returns
    -------
    ndarray of bool, shape (half hours,)
    """
    shape = checked_contacts(contacts)
    n = checked_seats(seats, len(shape))
    needed = np.zeros(n.size, dtype=np.bool_)
    total = shape.sum(axis=1)
    backlog = 0.0
    for h, seats_now in enumerate(n.tolist()):
        capacity = capacity_per_s(profile, seats_now)
        needed[h] = backlog > 0
        for part in shape[h].tolist():
            backlog = max(0.0, backlog + part - capacity * PART_S)
            needed[h] |= backlog > capacity * profile.answer_within_s
        if h:
            # Poisson noise of a few contacts is no jump.
            jump = total[h] >= _JUMP * total[h - 1] and total[h] - total[h - 1] >= _SOME
            moved = abs(total[h] - total[h - 1]) >= _MOVED * total[h - 1]
            gap = math.sqrt(capacity) - math.sqrt(total[h] / HALF_HOUR_S)
            slow = gap <= 0 or gap * gap * HALF_HOUR_S < 1
            needed[h] |= bool(jump or (moved and slow and total[h] >= _SOME))
    return needed


def five_minute_shape(
    contacts: ArrayLike, *, phase_starts: Sequence[int] = (), decay_min: float = DECAY_MIN
) -> Floats:
    """Arrivals per 5 minutes from arrivals per half hour, none lost.

    Ordinary half hours join smoothly: the running total is interpolated by a monotone cubic
    (Fritsch & Carlson 1980), so no rate is negative and totals are kept. In a half hour that
    opens a phase (a promotion at 20:00) the contacts beyond the rate of the half hour before
    come at once and fade exponentially, ``decay_min`` minutes on average if they could go on
    beyond the half hour.

    Parameters
    ----------
    contacts : array_like, shape (half hours,)
        Expected arrivals per half hour, >= 0.
    phase_starts : sequence of int
        Half hours that open a phase, as positions in ``contacts``.
    decay_min : float
        Mean minutes after the start of the contacts that the phase adds.

    Returns
    -------
    ndarray of float64, shape (half hours, 6)

    Examples
    --------
    >>> five_minute_shape([60, 60]).tolist()[0]
    [10.0, 10.0, 10.0, 10.0, 10.0, 10.0]
    """
    total = np.asarray(contacts, dtype=np.float64)
    if total.ndim != 1 or not (np.isfinite(total) & (total >= 0)).all():
        raise ValueError("contacts must be one finite number >= 0 per half hour")
    if not decay_min > 0:
        raise ValueError(f"decay_min must be > 0, got {decay_min!r}")
    shape = np.zeros((total.size, PARTS))
    edges = sorted({0, total.size, *phase_starts, *(h + 1 for h in phase_starts)})
    if edges[0] < 0 or edges[-1] > total.size:
        raise ValueError(f"phase_starts must be positions in contacts, got {phase_starts}")
    for first, last in itertools.pairwise(edges):
        if first in phase_starts:
            usual = min(total[first - 1], total[first]) if first else 0.0
            left = np.exp(-PART_S / 60.0 / decay_min * np.arange(PARTS + 1))
            fade = -np.diff(left) / (1.0 - left[-1])
            shape[first] = usual / PARTS + (total[first] - usual) * fade
        else:
            shape[first:last] = _smooth(total[first:last])
    return shape


def _smooth(total: Floats) -> Floats:
    """Monotone cubic through the running total, cut into 5 minutes."""
    if total.size == 1:
        return np.repeat(total / PARTS, PARTS).reshape(1, PARTS)
    with np.errstate(over="ignore"):  # one over next to nothing: a slope of 0
        running = PchipInterpolator(np.arange(total.size + 1), np.append(0.0, np.cumsum(total)))
    fine = running(np.arange(total.size * PARTS + 1) / PARTS)
    return np.maximum(np.diff(fine), 0.0).reshape(-1, PARTS)


def checked_contacts(contacts: ArrayLike) -> Floats:
    """The arrivals per 5 minutes, checked."""
    shape = np.asarray(contacts, dtype=np.float64)
    if shape.ndim != 2 or shape.shape[1] != PARTS or not len(shape):
        raise ValueError(f"contacts must be half hours x {PARTS} parts, got shape {shape.shape}")
    if not (np.isfinite(shape) & (shape >= 0)).all():
        raise ValueError("contacts must be finite and >= 0")
    return shape


def checked_seats(seats: ArrayLike, count: int) -> Ints:
    """Seats per half hour, checked."""
    n = np.asarray(seats)
    if n.shape != (count,) or not ((n >= 0) & (n == np.floor(n))).all():
        raise ValueError(f"seats must be {count} whole numbers >= 0, got {seats!r:.80}")
    return n.astype(np.int64)


def capacity_per_s(profile: Profile, seats: float) -> float:
    """Contacts per second that busy seats complete."""
    return float(seats * profile.ends_per_s[-1])
