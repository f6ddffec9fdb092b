"""How many chats there are: chances of the numbers held by agents with room left.

``D(j)`` of :mod:`staffing.seats.chat` is what ``j`` chats held by ``n`` agents end a second; they
come at one rate, so ``P(j) * rate = P(j + 1) * D(j + 1)``. The states are summed in logarithms,
from full slots down to where a proven bound leaves out less than exp(-50).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from staffing.seats.capacity import MOST_SLOTS, TooManySeatsError
from staffing.seats.checks import Floats, number, refuse

__all__ = ["seats_and_rates", "states"]

# More contacts than this are a slip of units.
_MOST_PER_S = 1e9
# The states left out hold less than exp(-50) of the chance each, found in so many cells.
_LEFT_OUT = 50.0
_CELLS = 128


def seats_and_rates(
    seats: ArrayLike, contacts_per_s: ArrayLike, concurrency: int
) -> tuple[Floats, Floats]:
    """Return seats and contacts per second, checked and broadcast.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite, negative, or ``seats`` not whole.
    TooManySeatsError
        If there are more than 200,000 answer slots.
    """
    coming = number("contacts_per_s", contacts_per_s)
    refuse("contacts_per_s", f"at most {_MOST_PER_S:g}", coming, coming > _MOST_PER_S)
    n = number("seats", seats)
    refuse("seats", "whole", n, n != np.floor(n))
    if np.any(n * concurrency > MOST_SLOTS):
        raise TooManySeatsError(
            f"seats must stay below {MOST_SLOTS:,} answer slots, got {np.max(n):g} seats of "
            f"{concurrency}."
        )
    n, coming = np.broadcast_arrays(n, coming)
    return n, coming


def states(ends_per_s: Floats, n: Floats, rate: Floats) -> tuple[Floats, Floats]:
    """Return log P(j chats) / P(all slots just full) and j, for j = slots - 1, ... in each row.

    Rows of fewer slots are filled up with chance 0.

    Parameters
    ----------
    ends_per_s : what an agent with 0, 1, ... c chats completes, never falling
    n : agents, > 0, one for each row
    rate : contacts per second, > 0, one for each row
    """
    slots = (n * (ends_per_s.size - 1))[:, None]
    down = np.arange(_worth_counting(ends_per_s, n, rate))
    above = np.maximum(slots - down, 0.0)
    log_weight = np.cumsum(_log_ends(ends_per_s, n, above), axis=1)
    log_weight += (down + 1) * _log_slack(ends_per_s, n, rate)
    return log_weight, np.maximum(above - 1, 0.0)


def _worth_counting(ends_per_s: Floats, n: Floats, rate: Floats) -> int:
    """How many states, from full slots downwards, hold all but exp(-50) of the chance.

    ``D`` never falls, so a cell whose top state ends chats slower than they come lies below the
    most likely state, and each of its states is at least that factor less likely than the next.
    """
    slots = n * (ends_per_s.size - 1)
    step = math.ceil(float(slots.max(initial=0)) / _CELLS)
    tops = np.maximum(slots[:, None] - step * np.arange(_CELLS), 0.0)
    slack = _log_slack(ends_per_s, n, rate)
    fall = np.cumsum(step * np.minimum(_log_ends(ends_per_s, n, tops) + slack, 0.0), axis=1)
    return int(np.max((fall > -_LEFT_OUT).sum(axis=1), initial=0) + 1) * step


def _log_slack(ends_per_s: Floats, n: Floats, rate: Floats) -> Floats:
    """Log of the capacity over what comes, one column."""
    drain = n * ends_per_s[-1]
    # The ratio keeps its digits near 1; it overflows where next to nothing comes.
    with np.errstate(over="ignore"):
        times = drain / rate
    log_times = np.where(np.isfinite(times), np.log(times), np.log(drain) - np.log(rate))
    return np.asarray(log_times[:, None])


def _log_ends(ends_per_s: Floats, n: Floats, chats: Floats) -> Floats:
    """Log of ``D(j)`` over the capacity, for a table of ``j`` with one row for each ``n``."""
    ends = ends_per_s / ends_per_s[-1]
    each = chats / n[:, None]
    held = np.minimum(each.astype(np.int64), ends.size - 2)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(ends[held] + (each - held) * np.diff(ends)[held]))
