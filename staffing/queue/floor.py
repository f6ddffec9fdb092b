"""A floor of agents who differ: in hours, speed, shops they know and contacts they hold at once.

`serve_floor` follows every agent through her stretches of duty and every contact from its
arrival to its end. Where all agents are alike `serve` and `serve_chats` are faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from staffing.queue.columns import Floats, Ints, column, contacts, require

__all__ = ["Arrivals", "Duties", "Reserve", "Served", "Shops", "Skills", "serve_floor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The contacts, in the order of arrival; each array has one value a contact.

    Attributes
    ----------
    arrivals_s : seconds from any origin, ascending
    work : amount of work in handle times of its shop, >= 0
    patience_s : a contact abandons once it has waited longer than this; infinite: never. That of
        deferrable contacts is not looked at
    shop : row of `Shops`
    due_s : deadline of a deferrable contact; None where there are none
    """

    arrivals_s: ArrayLike
    work: ArrayLike
    patience_s: ArrayLike
    shop: ArrayLike
    due_s: ArrayLike | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shops:
    """What contacts of each shop ask.

    Attributes
    ----------
    aht_s : (shops, k) mean handle time in seconds, at speed 1, of a contact whose agent holds 1,
        2, ... contacts, > 0; the last column holds for all above it
    priority : (shops,) whole numbers, the higher is answered first; None: all alike
    deferrable : (shops,) whether contacts wait until there is room to spare; None: none of them
    """

    aht_s: ArrayLike
    priority: ArrayLike | None = None
    deferrable: ArrayLike | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skills:
    """Sets of skills, one row each.

    Attributes
    ----------
    speed : (rows, shops) speed in each shop: a contact takes its handle time over it; 0 where
        the shop is not served
    most : whole numbers >= 1, of the shape of `speed` or such that fits it: contacts of the shop
        that are held at once. Each takes one part in so many of its agent
    """

    speed: ArrayLike
    most: ArrayLike = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """Stretches of duty, one row each, in any order; those of an agent do not overlap.

    Breaks, meals, changes of pool and ends of shifts are what lies between them.

    Attributes
    ----------
    agent : number of the agent, from 0
    begin_s, end_s : from and up to when she takes new contacts; the end may be infinite
    skill : row of `Skills`
    """

    agent: ArrayLike
    begin_s: ArrayLike
    end_s: ArrayLike
    skill: ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Room that is kept free of deferrable contacts.

    Attributes
    ----------
    from_s : times from which each row holds, strictly ascending; the first holds before, too
    room : (times, shops) in agents: a contact of the shop is started only where so much room is
        left beside it, of all agents on duty who serve the shop. One of three places is a third
    """

    from_s: ArrayLike
    room: ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What became of each contact, in the order of arrival.

    Attributes
    ----------
    wait_s : seconds from arrival to answer; NaN for a contact that abandoned or was never
        answered
    start_s, end_s : when it was answered and when it ended; NaN as above, and the end also of a
        contact that was handed over and never taken up again
    agent : who answered it first; -1 where nobody did
    """

    wait_s: Floats
    start_s: Floats
    end_s: Floats
    agent: Ints


def serve_floor(
    arrivals: Arrivals,
    shops: Shops,
    skills: Skills,
    duties: Duties,
    *,
    reserve: Reserve | None = None,
    leaving: Literal["finish", "hand over"] = "finish",
) -> Served:
    """Serve the contacts of several shops by agents who differ.

    A contact goes to an agent on duty who serves its shop and has room: to the one with the
    fewest contacts, among equals to the one who serves the fewest shops, then to the lowest
    number. Where there is none it waits. An agent with room takes, of the contacts that wait and
    that she serves, one of the highest priority, and of those the one that has waited longest.
    An agent who holds k contacts gets on with each at ``speed / aht_s[shop, k - 1]``.

    Deferrable contacts wait for room that nobody else wants, earliest deadline first; an agent
    holds one of them at a time, and what is begun is not interrupted.

    At one instant ends come first, then changes of the agents, then arrivals and starts.

    Parameters
    ----------
    leaving : {"finish", "hand over"}
        What an agent does, as a stretch of duty ends, with contacts of shops that she does not
        serve from then on: finish them, taking no new ones, or hand them over at once. A contact
        handed over goes to an agent with room, else it waits before all others that were not,
        and does not abandon. Where nobody on duty serves its shop it is finished. A speed is
        that of the agent who holds the contact, as she was when she took it.

    Returns
    -------
    Served

    Raises
    ------
    ValueError
        If an array is not of its range, order or shape, or ``leaving`` is none of the two.

    Notes
    -----
    With one shop, one speed and agents who come in the order of their numbers and leave in the
    reverse, waits are those of `serve_chats`. Contacts that take unequal parts of an agent do
    not overtake each other: an agent with too little room for the one whose turn it is keeps it.
    Routing to the least busy and threshold for deferred work: Tezcan & Zhang (2014), Oper. Res.
    62(4), 943-964; Gans & Zhou (2003), Oper. Res. 51(2), 255-271; Bhulai & Koole (2003), IEEE
    Trans. Autom. Control 48(8), 1434-1438.

    Examples
    --------
    A slow agent for both shops and a fast one for the second only; both wait for neither:

    >>> served = serve_floor(
    ...     Arrivals(arrivals_s=[0, 1], work=[1, 1], patience_s=[np.inf] * 2, shop=[1, 0]),
    ...     Shops(aht_s=[[60], [60]]),
    ...     Skills(speed=[[0.5, 0.5], [0, 1]]),
    ...     Duties(agent=[0, 1], begin_s=[0, 0], end_s=[900, 900], skill=[0, 1]),
    ... )
    >>> served.agent, served.end_s
    (array([1, 0]), array([ 60., 121.]))
    """
    from staffing.queue import floor_kernel  # noqa: PLC0415  # numba takes half a second to import

    require(leaving in {"finish", "hand over"}, f"leaving: 'finish' or 'hand over', not {leaving}")
    times, amount, patience = contacts(
        arrivals.arrivals_s, arrivals.work, arrivals.patience_s, work_name="work"
    )
    speed, most = _skills(skills)
    number = speed.shape[1]
    aht = _handle_times(shops.aht_s, number, int(most.max(initial=1)))
    priority = _per_shop("priority", shops.priority, number)
    defers = _per_shop("deferrable", shops.deferrable, number)
    require(((defers == 0) | (defers == 1)).all(), "deferrable must be true or false")
    shop = _numbers("shop", arrivals.shop, number, times.size, "contact")
    agent, changes, skill = _changes(duties, len(speed))
    turn, by_turn = _turns(arrivals.due_s, defers[shop].astype(bool))
    reserve_from, room = _reserve(reserve, number)
    waiting = np.bincount(shop, minlength=number) * defers
    places = np.concatenate([[0], np.cumsum(waiting)]).astype(np.int64)
    share = 1.0 / most
    served = speed > 0
    mixed = bool((np.where(served, share, -1).max(1) > np.where(served, share, 2).min(1)).any())
    start, end = np.full((2, times.size), np.nan)
    who = np.full(times.size, -1, dtype=np.int64)
    floor_kernel.serve_floor(
        times, amount, patience, shop, turn, by_turn, aht, priority, defers, places,
        int(agent.max(initial=0)) + 1, changes, agent, skill,
        speed, share, served.sum(axis=1), mixed,
        reserve_from, room, leaving == "hand over", start, end, who,
    )  # fmt: skip
    return Served(wait_s=start - times, start_s=start, end_s=end, agent=who)


def _table(name: str, value: ArrayLike) -> Floats:
    """Return a 2-d array of floats."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numeric, got {value!r:.80}")
    require(array.ndim == 2, f"{name} must be two-dimensional, got shape {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float64)


def _skills(skills: Skills) -> tuple[Floats, Floats]:
    """Return speed and most (rows, shops)."""
    speed = _table("speed", skills.speed)
    require((np.isfinite(speed) & (speed >= 0)).all(), "speed must be finite and >= 0")
    try:
        most = np.broadcast_to(np.asarray(skills.most, dtype=np.float64), speed.shape)
    except (TypeError, ValueError):
        raise ValueError(
            f"most must be numbers that fit the shape of speed {speed.shape}"
        ) from None
    whole = np.isfinite(most) & (most >= 1) & (most == np.floor(most))
    require(whole.all(), "most must be whole numbers >= 1")
    return speed, np.ascontiguousarray(most)


def _handle_times(aht_s: ArrayLike, shops: int, most: int) -> Floats:
    """Return the handle times at 1, 2, ... `most` contacts (shops, most)."""
    aht = _table("aht_s", aht_s)
    require(
        len(aht) == shops and aht.shape[1] > 0,
        f"aht_s must have a row of at least one value per column of speed: "
        f"shape {aht.shape} for {shops} shops",
    )
    require((np.isfinite(aht) & (aht > 0)).all(), "aht_s must be finite and > 0")
    beyond = max(most - aht.shape[1], 0)
    return np.ascontiguousarray(np.pad(aht, ((0, 0), (0, beyond)), mode="edge"))


def _per_shop(name: str, value: ArrayLike | None, shops: int) -> Ints:
    """Return a whole number a shop, 0 where none is told."""
    array = np.zeros(shops) if value is None else np.asarray(value)
    array = column(name, array.astype(np.int64) if array.dtype.kind == "b" else array)
    require(array.size == shops, f"{name} must have one value per shop: {array.size} for {shops}")
    require((array == np.floor(array)).all(), f"{name} must be whole numbers")
    return array.astype(np.int64)


def _numbers(name: str, value: ArrayLike, below: int, size: int, each: str) -> Ints:
    """Return row numbers from 0 to `below`."""
    array = column(name, value)
    require(array.size == size, f"{name} must have one value per {each}: {array.size} for {size}")
    known = (array >= 0) & (array < below) & (array == np.floor(array))
    require(known.all(), f"{name} must be whole numbers from 0 to {below - 1}")
    return array.astype(np.int64)


def _changes(duties: Duties, rows: int) -> tuple[Ints, Floats, Ints]:
    """Return agent, time and skill set of each change of somebody's duty, in order.

    The skill set is -1 where she goes off duty. One who goes on at once has no end before.
    """
    begin, end = column("begin_s", duties.begin_s), column("end_s", duties.end_s)
    agent = _numbers("agent", duties.agent, 2**31, begin.size, "stretch")
    skill = _numbers("skill", duties.skill, rows, begin.size, "stretch")
    require(end.size == begin.size, f"end_s must have one value per stretch: {end.size}")
    require(np.isfinite(begin).all(), "begin_s must be finite")
    require((end > begin).all(), "end_s must be later than begin_s")
    order = np.lexsort((begin, agent))
    agent, begin, end, skill = agent[order], begin[order], end[order], skill[order]
    same = agent[1:] == agent[:-1]
    require(
        (~same | (begin[1:] >= end[:-1])).all(), "begin_s: stretches of one agent must not overlap"
    )
    on_at_once = np.append(same & (begin[1:] == end[:-1]), False)
    ends = np.isfinite(end) & ~on_at_once
    who = np.concatenate([agent, agent[ends]])
    when = np.concatenate([begin, end[ends]])
    to = np.concatenate([skill, np.full(int(ends.sum()), -1, dtype=np.int64)])
    order = np.lexsort((who, when))
    return who[order], when[order], to[order]


def _turns(due_s: ArrayLike | None, deferrable: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return the place of each contact in the order of deadlines, and its inverse."""
    if due_s is None:
        require(not deferrable.any(), "due_s must be given where shops are deferrable")
        return (np.arange(deferrable.size),) * 2
    due = column("due_s", due_s)
    require(
        due.size == deferrable.size,
        f"due_s must have one value per contact: {due.size} for {deferrable.size} contacts",
    )
    require(not np.isnan(due[deferrable]).any(), "due_s must be a time for deferrable contacts")
    by_turn = np.argsort(due, kind="stable").astype(np.int64)
    turn = np.empty_like(by_turn)
    turn[by_turn] = np.arange(due.size)
    return turn, by_turn


def _reserve(reserve: Reserve | None, shops: int) -> tuple[Floats, Floats]:
    """Return times and room (times, shops); without a reserve there is none."""
    if reserve is None:
        return np.zeros(1), np.zeros((1, shops))
    times, room = column("from_s", reserve.from_s), _table("room", reserve.room)
    require(
        times.size > 0 and np.isfinite(times).all() and (np.diff(times) > 0).all(),
        "from_s must be finite times that ascend strictly, at least one",
    )
    require(
        room.shape == (times.size, shops),
        f"room must have a row per time and a column per shop: shape {room.shape} for "
        f"{times.size} times and {shops} shops",
    )
    require((np.isfinite(room) & (room >= 0)).all(), "room must be finite and >= 0")
    return times, room
