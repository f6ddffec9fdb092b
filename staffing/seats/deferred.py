"""Ticket work that the seats of a live pool can do beside it without missing its target.

Tickets and after-sales cases wait for hours; chats and calls for seconds. So tickets fill the
seats' idle time, but not all of it: who has begun a ticket is not there for the next contact, and
some seats must stay free for those. `blend` says how many tickets can be in work on average.

On the phone a ticket takes a seat as a call does. In chat it takes a whole seat: as many answer
slots as the agent holds chats at once, all free when the ticket starts and back when it ends. The
slots are counted over the pool, as if the chats still running moved together on the other seats;
in practice the agent who is to take a ticket gets no new chats first. No chat waits for that, so
one or two seats that hold many chats each rarely have a seat's worth free and count little. Where
the concurrency is a mean over unlike shops, the result lies between those of the whole numbers
around it.

What tickets keep busy is the closed form for tickets of one slot, as long as a contact, times the
exact result over it. That ratio is smooth: it is tabulated once for a target and a ticket's handle
time, over handle times (steps of 30 %), answer slots (each up to eight, then steps of a quarter, up
to 500; beyond, the ratio at 500) and load, and interpolated. Against the exact result that is off
by 0.02 to 0.05 seat (root mean square), 0.2 at the worst, rather below than above where tickets
take long; the live level moves by less than a point.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from staffing.seats import blend, erlang
from staffing.seats.capacity import MOST_SLOTS, TooManySeatsError
from staffing.seats.checks import Floats, Ints, number, refuse, share

__all__ = ["ticket_capacity"]

Node: TypeAlias = tuple[int, int]

_WHOLE = 1e-9
_NONE = 1e-6
_AHT_STEP = math.log(1.3)
_SLOTS = np.unique(np.rint(np.concatenate([np.arange(1, 9), 8 * 1.25 ** np.arange(1, 19), [500]])))
# Square roots of the relative distance from the highest load served without tickets.
_SLACK = np.array([0.05, 0.11, 0.18, 0.27, 0.38, 0.5, 0.64, 0.8, 0.97])
# Square roots of the closed form over that without load, at which the ratios are kept.
_GRID = np.linspace(0.0, 1.0, 33)
_BISECTIONS = 40
# exp of more would overflow; nobody waits so long.
_LONG = 600.0


def ticket_capacity(
    seats: ArrayLike,
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    target_level: ArrayLike,
    answer_within_s: ArrayLike,
    ticket_aht_s: ArrayLike,
    concurrency: ArrayLike = 1.0,
) -> Floats:
    """Return the seats that tickets can keep busy while the live service level is met.

    Parameters
    ----------
    seats : array_like
        Seats on duty, >= 0; only whole answer slots count.
    load_erl : array_like
        Offered live load in erlangs of answer slots, >= 0.
    aht_s : array_like
        Mean handle time in seconds of a live contact, for chat observed at the concurrency, > 0.
    target_level : array_like
        Share of the live contacts to be answered within the threshold, in (0, 1).
    answer_within_s : array_like
        Answer threshold in seconds, >= 0.
    ticket_aht_s : array_like
        Mean seconds an agent needs for a ticket, giving it her whole attention, > 0.
    concurrency : array_like, optional
        Chats an agent holds at once, >= 1; 1 is the phone.

    Returns
    -------
    ndarray of float64
        Erlangs of tickets, of the broadcast shape: ticket seat-hours an hour. 0 where the live
        contacts alone do not leave any service level to spare; all seats where none come.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.
    TooManySeatsError
        If there are more than 200,000 answer slots.

    Notes
    -----
    Nobody loses patience and the load stands still within the half hour.

    Examples
    --------
    Ten erlangs of calls of three minutes, 80 % within 20 s. They need 14 seats; four are idle on
    average, and less than half of that can go to tickets of five minutes:

    >>> ticket_capacity([13, 14, 16, 20], 10, 180, 0.80, 20, 300).round(1).tolist()
    [0.0, 1.7, 4.4, 9.1]
    """
    columns = np.broadcast_arrays(
        number("seats", seats),
        number("load_erl", load_erl),
        number("aht_s", aht_s, positive=True),
        share("target_level", target_level),
        number("answer_within_s", answer_within_s),
        number("ticket_aht_s", ticket_aht_s, positive=True),
        number("concurrency", concurrency, least=1.0),
    )
    n, load, aht, level, within_s, ticket_s, held = (column.ravel() for column in columns)
    refuse("answer_within_s", "at most 1e9 handle times", within_s, within_s > 1e9 * aht)
    most = float(np.max(n * held, initial=0.0))
    if most > MOST_SLOTS:
        raise TooManySeatsError(
            f"seats must stay below {MOST_SLOTS:,} answer slots, got {most:g}. Check the units."
        )
    slots = np.floor(n * held + _WHOLE).astype(np.int64)
    found = np.where(load > 0, 0.0, n)
    rows = np.flatnonzero((load > 0) & (load < slots))
    found[rows] = _spare(
        slots[rows], load[rows], aht[rows], level[rows], within_s[rows], ticket_s[rows], held[rows]
    )
    idle = n[rows] - load[rows] / held[rows]
    found[rows] = np.clip(found[rows], 0.0, np.maximum(idle, 0.0))
    found[found < _NONE] = 0.0  # a level met exactly, but for rounding
    return found.reshape(columns[0].shape)


def _spare(
    slots: Ints,
    load: Floats,
    aht_s: Floats,
    level: Floats,
    within_s: Floats,
    ticket_s: Floats,
    held: Floats,
) -> Floats:
    """Tickets in work of rows with load and more slots than load."""
    within = within_s / aht_s
    equal = blend.equal_rates(slots, load, within, level)
    unloaded = _unloaded(slots, within, level)
    root = np.sqrt(np.clip(equal / unloaded, 0.0, 1.0))
    found = np.zeros(slots.size)
    some = np.flatnonzero(equal > 0)
    least = np.floor(held + _WHOLE)
    for take in (least, least + 1):
        weight = np.maximum(1 - np.abs(held - take), 0.0)
        weight[weight < _WHOLE] = 0.0
        part = some[weight[some] > 0]
        keys = np.column_stack([level, within_s, ticket_s, take])[part]
        kinds, kind = np.unique(keys, axis=0, return_inverse=True)
        for at, key in enumerate(kinds.tolist()):
            rows = part[kind.ravel() == at]
            table = _table(key[0], key[1], key[2], int(key[3]))
            ratio = table.at(slots[rows], aht_s[rows], root[rows])
            found[rows] += weight[rows] * equal[rows] / take[rows] * ratio
    return found


class _Table:
    """Exact results over closed form of one target and one kind of ticket."""

    def __init__(self, level: float, within_s: float, ticket_s: float, take: int) -> None:
        self._level, self._within_s, self._ticket_s, self._take = level, within_s, ticket_s, take
        self._ratios: dict[Node, Floats] = {}

    def at(self, slots: Ints, aht_s: Floats, root: Floats) -> Floats:
        """Return the ratios of rows; `root` is the square root of their place in the load."""
        pace = np.log(aht_s) / _AHT_STEP
        size = np.log(np.clip(slots, _SLOTS[0], _SLOTS[-1]))
        sizes = np.log(_SLOTS)
        left = np.floor(pace).astype(np.int64)
        below = np.clip(np.searchsorted(sizes, size, side="right") - 1, 0, sizes.size - 2)
        up = pace - left
        # How far from the lower node to the upper one.
        over = (size - sizes[below]) / (sizes[below + 1] - sizes[below])
        corner = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        weight = np.where(corner[:, :1] > 0, up, 1 - up)
        weight = weight * np.where(corner[:, 1:] > 0, over, 1 - over)
        around = np.column_stack([left, below])[None] + corner[:, None]
        which, row = np.nonzero(weight)
        nodes, place = np.unique(around[which, row], axis=0, return_inverse=True)
        kept = self._kept([(int(aht), int(size)) for aht, size in nodes])[place.ravel()]
        step = np.minimum((root * (_GRID.size - 1)).astype(np.int64), _GRID.size - 2)
        part = (root * (_GRID.size - 1) - step)[row]
        entry = np.arange(row.size)
        low, high = kept[entry, step[row]], kept[entry, step[row] + 1]
        ratio = weight[which, row] * (low + part * (high - low))
        found = np.zeros(slots.size)
        np.add.at(found, row, ratio)
        return found

    def _kept(self, nodes: list[Node]) -> Floats:
        """Return the ratios of nodes, solved where they are new (nodes, places in the load)."""
        self._solve([node for node in nodes if node not in self._ratios])
        return np.array([self._ratios[node] for node in nodes])

    def _solve(self, nodes: list[Node]) -> None:
        """Fill in the ratios of nodes: the number of the handle time and that of the slots."""
        if not nodes:
            return
        aht_s = np.exp(_AHT_STEP * np.array([node[0] for node in nodes], dtype=np.float64))
        slots = _SLOTS[[node[1] for node in nodes]].astype(np.int64)
        within = self._within_s / aht_s
        load = _most_load(slots, within, self._level)[:, None] * (1 - _SLACK**2)
        rows = [np.repeat(column, _SLACK.size) for column in (slots, within, aht_s)]
        level = np.full(load.size, self._level)
        tickets = blend.exact(
            rows[0], load.ravel(), rows[1], rows[2] / self._ticket_s, level, self._take
        )
        equal = blend.equal_rates(rows[0], load.ravel(), rows[1], level)
        unloaded = _unloaded(rows[0], rows[1], level)
        ratio = np.divide(tickets * self._take, equal, out=np.zeros(load.size), where=equal > 0)
        root = np.sqrt(np.clip(equal / unloaded, 0.0, 1.0))
        places, ratios = root.reshape(load.shape), ratio.reshape(load.shape)
        for node, place, found in zip(nodes, places, ratios, strict=True):
            self._ratios[node] = np.interp(_GRID, place, found)


_table = lru_cache(maxsize=256)(_Table)


def _unloaded(slots: Ints, within: Floats, level: Floats) -> Floats:
    """The closed form as the load goes to 0: a slot is kept free as often as the level needs."""
    room = (1 - level) * np.exp(np.minimum(slots * within, _LONG))
    return np.asarray(slots - 1 + np.minimum(room, 1.0))


def _most_load(slots: Ints, within: Floats, level: float) -> Floats:
    """The highest loads whose level is met without tickets, by bisection."""
    low, high = np.zeros(slots.size), slots.astype(np.float64)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        met = erlang.service_level(slots, middle, 1.0, within) >= level
        low, high = np.where(met, middle, low), np.where(met, high, middle)
    return low
