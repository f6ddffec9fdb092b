"""Tickets beside live contacts in steady state: the chain of a threshold policy, compiled.

See `staffing.seats.blend` for the model. The state is the answer slots taken, contacts in queue
counted on top, and the tickets in work. The slots taken never fall below a lowest state, for there
the next ticket starts: only there do tickets become more, and only above it fewer. So each number
of tickets is a tridiagonal system of its own, from the most downwards: what flows down to the next
number is known, and comes back through its lowest state. All terms are positive, nothing cancels
(the elimination is that of Grassmann, Taksar & Heyman 1985).
"""

from __future__ import annotations

import math

import numpy as np

from staffing.queue.kernel import Floats, Ints, cached, making

# Mass of the queue that is cut off, and chances that are as good as none.
_TAIL = 1e-7
_NOTHING = 1e-10
_LONGEST_QUEUE = 2_000
# A Poisson number stays within so many standard deviations, and as many more, but once in 1e8.
_FAR = 6.0
# Chances are relative to the states with most tickets; scaled back before they overflow.
_LARGE = 1e100

SOURCES = "7c5baa2ce50a4e75"
"""Of the other files whose functions are compiled into those that are kept here: without it numba
would take kept machine code for that of a changed function elsewhere. A test tells it."""


@making
def fill_late(late: Floats, slots: int, tickets: int, within: float, pace: float, take: int) -> int:
    """Fill in the chances that with 0, 1, ... contacts ahead the wait exceeds the threshold.

    Returns
    -------
    How many were filled in; with more ahead the wait is too long for certain.
    """
    ends = -math.expm1(-pace * within)
    # Handle times from a ticket's end to the threshold, on average over those that end before it.
    left = within / ends - 1 / pace if ends > 0 else 0.0
    widest = slots * within
    most = min(
        late.size,
        int(
            widest
            + tickets * ends * take
            + _FAR * (math.sqrt(widest) + take)
            + _FAR * take * math.sqrt(tickets * ends)
            + _FAR
        ),
    )
    late[:most] = 0.0
    for ended in range(tickets + 1):
        chance = math.lgamma(tickets + 1.0) - math.lgamma(ended + 1.0)
        chance -= math.lgamma(tickets - ended + 1.0) + (tickets - ended) * pace * within
        if ended:
            if ends <= 0:
                break
            chance += ended * math.log(ends)
        chance = math.exp(chance)
        if chance < _TAIL:
            if ended > tickets * ends:
                break
            continue
        first = ended * take
        mean = (slots - take * tickets) * within + first * left
        start = max(0, int(mean - _FAR * math.sqrt(mean) - _FAR))
        one = (
            1.0 if mean <= 0 else math.exp(start * math.log(mean) - mean - math.lgamma(start + 1.0))
        )
        few = 0.0
        for ahead in range(first + start, most):
            few += one
            late[ahead] += chance * min(few, 1.0)
            one *= mean / (ahead - first + 1)
    return most


@making
def fill_column(
    given: Floats,
    fresh: Floats,
    inverse: Floats,
    held: Floats,
    coming: float,
    end: float,
    take: int,
) -> float:
    """Solve the states with one number of tickets for two inflows, in place.

    Parameters
    ----------
    given : inflow from the states with more tickets; on return the chances by it
    fresh : on return the chances by an inflow of 1 where a ticket starts
    inverse : scratch
    held : contacts in work in each state; they end at the rate 1
    coming : rate of new contacts
    end : rate at which the tickets end; below `take` states the next one starts at once
    take : slots a ticket takes

    Returns
    -------
    What the ends of tickets lead down of the given inflow.
    """
    last = given.size - 1
    leave = 0.0  # the rate out of a state other than to the one above it
    for i in range(last + 1):
        leave = held[i] * (leave * inverse[i - 1] if i else 1.0) + (end if i >= take else 0.0)
        inverse[i] = 1 / (leave + (coming if i < last else 0.0))
        fresh[i] = 1.0 if i == take - 1 else 0.0
        if i:
            given[i] += coming * inverse[i - 1] * given[i - 1]
            fresh[i] += coming * inverse[i - 1] * fresh[i - 1]
    lost = 0.0
    for i in range(last, -1, -1):
        if i < last:
            given[i] += held[i + 1] * given[i + 1]
            fresh[i] += held[i + 1] * fresh[i + 1]
        given[i] *= inverse[i]
        fresh[i] *= inverse[i]
        if i >= take:
            lost += end * given[i]
    return lost


@making
def steady(
    n: int, least: int, coming: float, within: float, pace: float, take: int
) -> tuple[float, float]:
    """Return service level and tickets in work of one row of `thresholds`."""
    lowest, most = least - take + 1, least // take
    free = n - lowest
    queue = min(math.ceil(math.log(_TAIL) / math.log(coming / n)), _LONGEST_QUEUE)
    column, fresh, source, inverse, held = np.zeros((5, free + take + 1 + queue))
    late = np.zeros(column.size - free)
    total, work, missed = 0.0, 0.0, 0.0
    for tickets in range(most, -1, -1):
        end = tickets * pace
        for i in range(column.size):
            held[i] = max(min(lowest + i, n) - tickets * take, 0)
        column[:] = source
        lost = fill_column(column, fresh, inverse, held, coming, end, take)
        # What tickets' ends lead down comes back as tickets begun in the lowest state.
        column += (1.0 if tickets == most else lost / (held[0] * fresh[0])) * fresh
        mass = column.sum()
        total += mass
        work += tickets * mass
        if column[free:].sum() > _NOTHING * total:
            near = fill_late(late, n, tickets, within, pace, take)
            late[near:] = 1.0
            missed += (late * column[free:]).sum()
        if mass < _NOTHING * total and tickets * total < work:
            break
        source[:] = 0.0
        source[:-take] = end * column[take:]
        if total > _LARGE:
            source /= total
            work, missed, total = work / total, missed / total, 1.0
    return 1 - missed / total, work / total


@cached
def thresholds(
    slots: Ints, least: Ints, load: Floats, within: Floats, pace: Floats, take: int
) -> Floats:
    """Return service level and tickets in work of rows, shape (2, rows).

    Parameters
    ----------
    slots : answer slots
    least : a ticket starts wherever at most so many slots, its own among them, are then taken;
        from `take` to the slots
    load : of the live contacts in erlangs, above 0 and below the slots
    within : answer threshold in live handle times
    pace : live handle time over that of a ticket
    take : slots a ticket takes
    """
    found = np.zeros((2, slots.size))
    for row in range(slots.size):
        found[0, row], found[1, row] = steady(
            slots[row], least[row], load[row], within[row], pace[row], take
        )
    return found
