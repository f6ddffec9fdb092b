"""The loops of the queues, compiled by numba: importing this module takes half a second.

Nothing is checked here; every array is what `staffing.queue` says it is. No global state and
no lock of the interpreter: threads may run replications at the same time.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple, TypeAlias, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., object])

UNREADABLE = (OSError, EOFError, pickle.UnpicklingError)
OPTIONS = {"nogil": True, "error_model": "numpy"}
UNCOUNTED = {**OPTIONS, "_nrt": False}
"""Without numba's runtime references to arrays are not counted, which in code of many small
functions takes most of the time; but no array can be made, nor a slice of one assigned."""


def inner(function: Function) -> Function:
    """Compile a function into those that call it: see `UNCOUNTED`."""
    return cast("Function", numba.njit(forceinline=True, **UNCOUNTED)(function))


def apart(function: Function) -> Function:
    """Compile a function whose code stands once, not at each call: see `UNCOUNTED`."""
    return cast("Function", numba.njit(**UNCOUNTED)(function))


def making(function: Function) -> Function:
    """Compile a function that makes arrays into those that call it, which make arrays too."""
    return cast("Function", numba.njit(forceinline=True, **OPTIONS)(function))


def cached(function: Function) -> Function:
    """Compile a function and keep its machine code for the next process, where that is possible.

    numba keeps it beside this file, or else in the user's cache directory. Where neither can be
    written, or what is there cannot be read, the code lives as long as the process.
    """
    fresh = numba.njit(**OPTIONS)(function)
    try:
        kept = numba.njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # no directory to keep it in
        return cast("Function", fresh)

    @wraps(function)
    def run(*arguments: object) -> object:
        try:
            return kept(*arguments)
        except UNREADABLE:  # found on the first call, before anything has run
            return fresh(*arguments)

    return cast("Function", run)


# --- a heap of the smallest ---------------------------------------------------------------------


@inner
def push(heap: Floats, size: int, value: float) -> None:
    """Add a value to a binary heap of `size` values."""
    node = size
    while node > 0:
        parent = (node - 1) >> 1
        if heap[parent] <= value:
            break
        heap[node] = heap[parent]
        node = parent
    heap[node] = value


@inner
def replace(heap: Floats, size: int, value: float) -> None:
    """Put a value in the place of the least of a heap of `size` values."""
    node, child = 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if value <= heap[child]:
            break
        heap[node] = heap[child]
        node, child = child, 2 * child + 1
    heap[node] = value


# --- one contact a slot -------------------------------------------------------------------------


@cached
def serve(
    arrivals: Floats, work: Floats, patience: Floats, changes: Floats, slots: Ints, waits: Floats
) -> None:
    """Write the waits of the contacts, which are NaN beforehand.

    Contacts start in the order of their arrival, so no event list is needed: the clock moves on
    to the moment the next one can start. Only the ends of contacts in progress are kept. Ends
    that have passed stay on the heap until their place is wanted.
    """
    ends = np.empty(slots.max() if slots.size else 0)
    now, busy, open_slots, at = -np.inf, 0, 0, 0
    for i in range(arrivals.size):
        now = max(now, arrivals[i])
        while True:
            while at < changes.size and changes[at] <= now:
                open_slots = slots[at]
                at += 1
            over = busy > 0 and ends[0] <= now
            if busy < open_slots or (over and busy == open_slots):
                break
            if over:
                busy -= 1
                replace(ends, busy, ends[busy])
                continue
            now = changes[at] if at < changes.size else np.inf
            if busy > 0:
                now = min(now, ends[0])
            if now == np.inf:
                return
        # Whoever has hung up by now is only dropped here: leaving early frees no slot, so the
        # contacts behind are none the worse, and no event is spent on it.
        wait = now - arrivals[i]
        if wait > patience[i]:
            continue
        waits[i] = wait
        if busy < open_slots:
            push(ends, busy, now + work[i])
            busy += 1
        else:
            replace(ends, busy, now + work[i])


# --- several chats an agent ---------------------------------------------------------------------


class Floor(NamedTuple):
    """The agents and their chats: what `serve_chats` knows at one moment.

    held : chats of each agent
    since : moment up to which the work of her chats is counted
    chat, rest : number and work left of each chat she holds (agents, most)
    due : when her next chat ends; infinite without any, as for the places after the last agent
    load : chats of each agent on duty; infinite for the others
    next_due, least_load : trees that lead to the smallest `due` and `load`
    aht : handle time at 1, 2, ... chats
    """

    held: Ints
    since: Floats
    chat: Ints
    rest: Floats
    due: Floats
    load: Floats
    next_due: Ints
    least_load: Ints
    aht: Floats


@making
def tree_of(leaves: int) -> Ints:
    """Return a tree over keys that are all the same: node 1 is the first place of the smallest."""
    tree = np.zeros(2 * leaves, np.int64)
    for leaf in range(leaves):
        tree[leaves + leaf] = leaf
    for node in range(leaves - 1, 0, -1):
        tree[node] = tree[2 * node]
    return tree


@inner
def renew(tree: Ints, key: Floats, leaf: int) -> None:
    """Let a tree know that the key of a leaf has changed."""
    node = (key.size + leaf) >> 1
    while node > 0:
        left, right = tree[2 * node], tree[2 * node + 1]
        first = left if key[left] <= key[right] else right
        if first == tree[node] and first != leaf:
            return  # as above, for the leaf was and is not the smallest here
        tree[node] = first
        node >>= 1


@inner
def settle(floor: Floor, agent: int, now: float) -> None:
    """Count what the agent has worked off up to now, each chat as much as the other."""
    held = floor.held[agent]
    if held > 0:
        done = (now - floor.since[agent]) / floor.aht[held - 1]
        for place in range(held):
            floor.rest[agent, place] -= done
    floor.since[agent] = now


@inner
def resume(floor: Floor, agent: int, held: int) -> None:
    """Let the agent go on with this many chats, settled up to now."""
    floor.held[agent] = held
    if floor.load[agent] < np.inf and floor.load[agent] != held:
        floor.load[agent] = held
        renew(floor.least_load, floor.load, agent)
    floor.due[agent] = np.inf
    if held > 0:
        least = floor.rest[agent, 0]
        for place in range(1, held):
            least = min(least, floor.rest[agent, place])
        # Rounding may leave a chat that ends with another a hair of work above or below none.
        floor.due[agent] = floor.since[agent] + max(least, 0.0) * floor.aht[held - 1]
    renew(floor.next_due, floor.due, agent)


@inner
def take(floor: Floor, agent: int, chat: int, work: float, now: float) -> None:
    """Give an agent a chat."""
    settle(floor, agent, now)
    held = floor.held[agent]
    floor.chat[agent, held] = chat
    floor.rest[agent, held] = work
    resume(floor, agent, held + 1)


@inner
def finish(floor: Floor, agent: int, now: float) -> int:
    """End the chat of an agent that has the least work left; return its number."""
    last = floor.held[agent] - 1
    place = 0
    for other in range(1, last + 1):
        if floor.rest[agent, other] < floor.rest[agent, place]:
            place = other
    chat = floor.chat[agent, place]
    settle(floor, agent, now)
    floor.chat[agent, place] = floor.chat[agent, last]
    floor.rest[agent, place] = floor.rest[agent, last]
    resume(floor, agent, last)
    return int(chat)


@inner
def staff(floor: Floor, before: int, after: int) -> None:
    """Bring agents to their desks or send them away from new chats."""
    for agent in range(min(before, after), max(before, after)):
        floor.load[agent] = floor.held[agent] if after > before else np.inf
        renew(floor.least_load, floor.load, agent)


@inner
def hand_over(
    floor: Floor, before: int, after: int, now: float, left: Floats, line: Floats, size: int
) -> int:
    """Put the chats of agents `after` to `before` into the line; return its length."""
    for agent in range(after, before):
        settle(floor, agent, now)
        for place in range(floor.held[agent]):
            left[floor.chat[agent, place]] = max(floor.rest[agent, place], 0.0)
            push(line, size, float(floor.chat[agent, place]))
            size += 1
        resume(floor, agent, 0)
    return size


@cached
def serve_chats(
    arrivals: Floats, work: Floats, patience: Floats, changes: Floats, agents: Ints, aht: Floats,
    hands_over: bool, start: Floats, end: Floats, answerer: Ints,
) -> None:  # fmt: skip
    """Write starts and ends, NaN beforehand, and who answered, -1 beforehand.

    Each turn of the loop is one instant: ends, a change of the agents, an arrival if nobody
    waits, and then starts. Two trees lead to the agent whose chat ends next and to the one
    with the fewest chats.
    """
    most, number = aht.size, agents.max() if agents.size else 0
    leaves = 1
    while leaves < number:
        leaves *= 2
    floor = Floor(
        np.zeros(leaves, np.int64), np.zeros(leaves),
        np.zeros((number, most), np.int64), np.zeros((number, most)),
        np.full(leaves, np.inf), np.full(leaves, np.inf),
        tree_of(leaves), tree_of(leaves), aht,
    )  # fmt: skip
    left = work.copy()
    line = np.empty(number * most if hands_over else 0)  # handed over, by number: a heap
    now, on_duty, at, i, size = -np.inf, 0, 0, 0, 0
    while True:
        moment = floor.due[floor.next_due[1]]
        if at < changes.size:
            moment = min(moment, changes[at])
        if i < arrivals.size and arrivals[i] > now:
            moment = min(moment, arrivals[i])
        if moment == np.inf:
            return
        now = moment
        while floor.due[floor.next_due[1]] <= now:
            end[finish(floor, floor.next_due[1], now)] = now
        if at < changes.size and changes[at] <= now:
            staff(floor, on_duty, agents[at])
            if hands_over and agents[at] > 0:
                size = hand_over(floor, on_duty, agents[at], now, left, line, size)
            on_duty = agents[at]
            at += 1
        while size > 0 and floor.load[floor.least_load[1]] < most:
            chat = int(line[0])
            size -= 1
            replace(line, size, line[size])
            take(floor, floor.least_load[1], chat, left[chat], now)
        while i < arrivals.size and arrivals[i] <= now and floor.load[floor.least_load[1]] < most:
            if now - arrivals[i] <= patience[i]:
                start[i] = now
                answerer[i] = floor.least_load[1]
                take(floor, answerer[i], i, work[i], now)
            i += 1
