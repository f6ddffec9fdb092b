"""Tickets beside a live queue: what a threshold policy leaves of either, in steady state.

Live contacts (chat, phone) come first. A ticket is begun only where its answer slots are free
and at least so many others stay free for the next contacts; once begun it is worked to its end.
Tickets always wait to be begun, so the taken slots never fall below the threshold: as soon as
they would, the next ticket starts. Such a policy is the best there is where a ticket takes one
slot and contacts and tickets take equally long (Bhulai & Koole 2003; Gans & Zhou 2003), and there
the taken slots are a birth-death chain with a closed form, :func:`equal_rates`.

Otherwise the state is the slots taken (with the contacts in queue) and the tickets in work. Tickets
only become more in the lowest state, where a contact ends, and only fewer elsewhere, so the chain
is solved exactly and without iteration (`staffing.queue.blend`).

A contact with ``q`` others ahead is answered within the threshold where more than ``q`` slots
become free in it: by tickets, a binomial number, and by contacts, a Poisson number that knows how
many tickets end but of the moments only the mean. That is all that is not exact; it moves the
service level by some 1e-5.

Time is measured in live handle times; arguments are one-dimensional arrays of one length, already
checked.

Sources
-------
Bhulai & Koole (2003), "A queueing model for call blending in call centers", IEEE Trans. Autom.
Control 48(8), 1434-1438. Gans & Zhou (2003), "A call-routing problem with service-level
constraints", Oper. Res. 51(2), 255-271.
"""

from __future__ import annotations

import numpy as np

from staffing.seats import erlang
from staffing.seats.checks import Floats, Ints

__all__ = ["equal_rates", "exact"]

# A late share this little (relatively) above the allowed one is a tie, as in `erlang`.
_TIE = 1e-9
# Numbers per block of rows.
_BLOCK = 200_000
# Chances relative to that of full slots are cut where they would overflow.
_LOG_LARGE = 460.0


def equal_rates(slots: Ints, load: Floats, within: Floats, level: Floats) -> Floats:
    """Return the slots that tickets can keep busy where they take as long as contacts.

    With ``m`` slots at least taken, ``P(j) ~ load**j / j!`` from ``m`` to the slots and falls
    geometrically beyond; tickets are begun at the rate ``m P(m)``.

    Parameters
    ----------
    slots : answer slots, >= 1
    load : of the live contacts in erlangs, > 0
    within : answer threshold in handle times
    level : share of the contacts to be answered within it

    Returns
    -------
    Erlangs, between two neighbouring thresholds so that the level is met exactly; 0 where it is
    not met without tickets.
    """
    found = np.zeros(slots.size)
    order = np.argsort(slots, kind="stable")
    order = order[load[order] < slots[order]]
    start = 0
    while start < order.size:
        # Sorted: the last row of a block is the longest.
        stop = start + 1
        while stop < order.size and (stop - start) * slots[order[stop]] < _BLOCK:
            stop += max(1, (stop - start) // 4)
        part = order[start : min(stop, order.size)]
        found[part] = _equal_rates(slots[part], load[part], within[part], level[part])
        start = min(stop, order.size)
    return found


def _equal_rates(slots: Ints, load: Floats, within: Floats, level: Floats) -> Floats:
    """`equal_rates` of a block of stable rows."""
    free = np.arange(int(slots.max()))
    taken = np.maximum(slots[:, None] - free, 0)
    with np.errstate(divide="ignore"):
        steps = np.log(taken / load[:, None])
    # P(m) / P(slots) for m = slots, slots - 1, ... 0; cut where far more than enough is free.
    log_mass = np.zeros((slots.size, free.size + 1))
    np.cumsum(steps, axis=1, out=log_mass[:, 1:])
    mass = np.exp(np.minimum(log_mass, _LOG_LARGE))
    full = 1 / (1 - load / slots)
    total = full[:, None] + np.cumsum(mass, axis=1) - 1
    late = (full * np.exp(-(slots - load) * within))[:, None] / total
    least = np.maximum(slots[:, None] - np.arange(free.size + 1), 0)
    worked = least * mass / total
    allowed = (1 - level) * (1 + _TIE)
    enough = late <= allowed[:, None]
    at = np.argmax(enough, axis=1)
    row = np.arange(slots.size)
    before = np.maximum(at - 1, 0)
    gap = late[row, before] - late[row, at]
    share = np.divide(allowed - late[row, at], gap, out=np.zeros(slots.size), where=gap > 0)
    between = worked[row, at] + share * (worked[row, before] - worked[row, at])
    return np.where(enough.any(axis=1), between, 0.0)


def exact(
    slots: Ints, load: Floats, within: Floats, pace: Floats, level: Floats, take: int
) -> Floats:
    """Return the tickets that can be in work on average while the live level is met.

    The highest threshold that meets the level is bracketed, at first around the one that leaves
    the contacts' own spread free; between it and the next, chance decides, so that the level is
    met exactly (mixing two thresholds mixes what they reach).

    Parameters
    ----------
    slots, load, within, level : as in `equal_rates`
    pace : live handle time over that of a ticket
    take : slots that a ticket takes, >= 1

    Returns
    -------
    Tickets in work; 0 where the level is not met without tickets.
    """
    from staffing.queue.blend import thresholds  # noqa: PLC0415  # numba: half a second

    one = np.ones(slots.size)
    low, high = np.full(slots.size, take - 1), slots + 1
    work_low, level_high, work_high = np.zeros((3, slots.size))
    level_low = erlang.service_level(slots, load, one, within)
    late = (1 - level) * (1 + _TIE)
    met = (load < slots) & (1 - level_low <= late)
    middle = np.rint(load + 0.5 * (slots - load)).astype(np.int64)
    reach = np.maximum(np.sqrt(slots).astype(np.int64) // 2, 1)
    middle = np.clip(middle, take, slots)
    open_ = np.flatnonzero(met & (slots >= take))
    while open_.size:
        at = middle[open_]
        reached, work = thresholds(slots[open_], at, load[open_], within[open_], pace[open_], take)
        enough = 1 - reached <= late[open_]
        for yes, least, levels, works in (
            (enough, low, level_low, work_low),
            (~enough, high, level_high, work_high),
        ):
            rows = open_[yes]
            least[rows], levels[rows], works[rows] = at[yes], reached[yes], work[yes]
        open_ = open_[high[open_] - low[open_] > 1]
        # Wider and wider steps until the bracket has two ends that were tried, then its middle.
        step, within_ = reach[open_], (low[open_] + high[open_]) // 2
        aim = np.where(high[open_] > slots[open_], low[open_] + step, within_)
        aim = np.where(low[open_] < take, high[open_] - step, aim)
        middle[open_] = np.clip(aim, low[open_] + 1, high[open_] - 1)
        reach[open_] *= 2
    gap = np.where(high <= slots, level_low - level_high, 0.0)
    share = np.divide(level_low - level, gap, out=np.zeros(slots.size), where=gap > 0)
    between = work_low + np.clip(share, 0, 1) * (work_high - work_low)
    return np.where(met, between, 0.0)
