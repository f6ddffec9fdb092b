"""Who serves where, compiled: people come and go, and others change places for them.

Half hours are apart from each other: in each, what a pool misses is mended by the shortest
augmenting path. Every step is written down, so that a change can be taken back. Nothing is
checked here; every array is what `staffing.roster.arrays` says it is.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from staffing.queue.kernel import Ints, apart, inner
from staffing.roster.kernel.days import FAR, ILLEGAL, ZERO

PLACE, UNITS, POOL, GROUP = 0, 1, 2, 3
"""Columns of `Seats.posts`."""
ONE, TWO, PRICE, ON_DUTY, AT_TABLE = 0, 1, 2, 5, 6
"""Columns of `Seats.pools`; three prices."""
NEED, COVERED = 0, 1
"""Columns of `Seats.rows`."""
MISSED, IDLE = 0, 1
"""Columns of `Seats.slots`."""
SEEN, FROM, TO, QUEUE = 0, 1, 2, 3
"""Columns of `Seats.path`."""
SIZE, STAMP, CROWDED, DAYBREAK = 0, 1, 2, 3
"""Of `Seats.marks`: entries of the log, number of the last search, points of each person too many
at the table, first slot of the day at which any shift begins."""
NOBODY = cast("int", np.int64(-1))
DEEP = 6
"""Pools that a search for somebody to change places looks at, at most."""


class Seats(NamedTuple):
    """Who serves where; see `staffing.roster.arrays` for how it is made.

    A *post* is a place as one group of people fills it, at their speed.

    posts : (posts, 4) place, units, pool, group
    groups : (groups + 1) where the posts of a group begin
    fills : (places, 1 + most) how many rows a place fills, and which
    users : (pools, 1 + most) how many posts are in a pool, and which
    parts : (pools, 1 + most) how many rows a pool has, and which
    rows : (rows, slots, 2) units needed and covered
    pools : (pools, slots, 7) missing units up to which the first and second step go, points of a
        unit on each step, people on duty and at the table who know some of the pool's shops
    crews : (posts + groups, slots) people at each post, and of each group who serve nobody
    slots : (slots, 2) points of what is missing in all pools; points of somebody who serves nobody
    helpers : (pools, 1 + most) how many agents ever serve a pool, and which
    table : (people + 1) how many of so many may be at a meal
    log : (entries, 4) index of `crews` or, below zero, of pools; slot, change, change of points
    path : (pools, 4) of the search for somebody to change places
    marks : see above
    """

    posts: Ints
    groups: Ints
    fills: Ints
    users: Ints
    parts: Ints
    rows: Ints
    pools: Ints
    crews: Ints
    slots: Ints
    helpers: Ints
    table: Ints
    log: Ints
    path: Ints
    marks: Ints


@inner
def lacking(s: Seats, p: int, t: int) -> int:
    """Return the units that a pool misses: those of the row that misses most."""
    most = ZERO
    for i in range(1, s.parts[p, 0] + 1):
        r = s.parts[p, i]
        most = max(most, s.rows[r, t, NEED] - s.rows[r, t, COVERED])
    return most


@inner
def price(s: Seats, p: int, t: int, missing: int) -> int:
    """Return the points of missing units of a pool."""
    if missing <= 0:
        return ZERO
    one, two = s.pools[p, t, ONE], s.pools[p, t, TWO]
    points = min(missing, one) * s.pools[p, t, PRICE]
    if missing > one:
        points += (min(missing, two) - one) * s.pools[p, t, PRICE + 1]
    if missing > two:
        points += (missing - two) * s.pools[p, t, PRICE + 2]
    return points


@inner
def note(s: Seats, index: int, t: int, change: int, cost: int) -> None:
    """Write an entry of the log."""
    n = s.marks[SIZE]
    s.log[n, 0], s.log[n, 1], s.log[n, 2], s.log[n, 3] = index, t, change, cost
    s.marks[SIZE] = n + 1


@inner
def fill(s: Seats, j: int, t: int, change: int) -> None:
    """Count people into the rows that a post fills."""
    q, units = s.posts[j, PLACE], change * s.posts[j, UNITS]
    for i in range(1, s.fills[q, 0] + 1):
        s.rows[s.fills[q, i], t, COVERED] += units
    s.crews[j, t] += change


@inner
def seat(s: Seats, j: int, t: int, change: int) -> int:
    """Put people to a post, or take them away; return the change of points."""
    p = s.posts[j, POOL]
    before = price(s, p, t, lacking(s, p, t))
    fill(s, j, t, change)
    cost = price(s, p, t, lacking(s, p, t)) - before
    s.slots[t, MISSED] += cost
    note(s, j, t, change, cost)
    return cost


@inner
def rest(s: Seats, g: int, t: int, change: int) -> int:
    """Let people of a group serve nobody, or no longer; return the change of points."""
    j = len(s.posts) + g
    s.crews[j, t] += change
    note(s, j, t, change, 0)
    return change * s.slots[t, IDLE]


@inner
def count(s: Seats, p: int, t: int, column: int, change: int) -> None:
    """Count somebody in or out who is on duty or at the table."""
    s.pools[p, t, column] += change
    note(s, -1 - 2 * p - (column - ON_DUTY), t, change, 0)


@apart
def undo(s: Seats, size: int) -> None:
    """Take back the log's entries from the end until `size` are left."""
    for n in range(s.marks[SIZE] - 1, size - 1, -1):
        index, t, change = s.log[n, 0], s.log[n, 1], s.log[n, 2]
        if index < 0:
            s.pools[(-1 - index) // 2, t, ON_DUTY + (-1 - index) % 2] -= change
        elif index < len(s.posts):
            fill(s, index, t, -change)
            s.slots[t, MISSED] -= s.log[n, 3]
        else:
            s.crews[index, t] -= change
    s.marks[SIZE] = size


@inner
def loss(s: Seats, j: int, t: int) -> int:
    """Return the points that one person less at a post would cost."""
    p, q, units = s.posts[j, POOL], s.posts[j, PLACE], s.posts[j, UNITS]
    spare = FAR
    for i in range(1, s.fills[q, 0] + 1):
        r = s.fills[q, i]
        spare = min(spare, s.rows[r, t, COVERED] - s.rows[r, t, NEED])
    if spare >= units:
        return ZERO
    now = lacking(s, p, t)
    return price(s, p, t, max(now, units - spare)) - price(s, p, t, now)


@inner
def gain(s: Seats, j: int, t: int) -> int:
    """Return the points that one person more at a post would save."""
    p = s.posts[j, POOL]
    now = lacking(s, p, t)
    if now <= 0:
        return ZERO
    if s.parts[p, 0] == 1:
        then = max(now - s.posts[j, UNITS], 0)
    else:
        fill(s, j, t, 1)
        then = lacking(s, p, t)
        fill(s, j, t, -1)
    return price(s, p, t, now) - price(s, p, t, then)


@apart
def mend(s: Seats, target: int, t: int) -> int:
    """Move people along pools towards one that misses some; return the change of points.

    Breadth first from the pool backwards to who is free, or can be spared, or is missed less
    where she is: the shortest augmenting path.
    """
    s.marks[STAMP] += 1
    stamp = s.marks[STAMP]
    s.path[target, SEEN] = stamp
    s.path[0, QUEUE] = target
    head, tail = 0, 1
    best, source, post = ILLEGAL, NOBODY, NOBODY
    while head < tail and best > 0:
        p = s.path[head, QUEUE]
        head += 1
        for i in range(1, s.users[p, 0] + 1):
            j = s.users[p, i]
            g = s.posts[j, GROUP]
            if s.crews[len(s.posts) + g, t] > 0:
                best, source, post = ZERO, p, j
                break
            for k in range(s.groups[g], s.groups[g + 1]):
                other = s.posts[k, POOL]
                if s.crews[k, t] == 0 or s.path[other, SEEN] == stamp:
                    continue
                s.path[other, SEEN] = stamp
                s.path[other, FROM], s.path[other, TO] = k, j
                cost = loss(s, k, t)
                if cost < best:
                    best, source = cost, other
                if tail < min(DEEP, len(s.path)):
                    s.path[tail, QUEUE] = other
                    tail += 1
            if best == 0:
                break
    if source < 0:
        return ZERO
    size, total, p = s.marks[SIZE], ZERO, source
    if post >= 0:
        total += rest(s, s.posts[post, GROUP], t, -1)
        total += seat(s, post, t, 1)
    while p != target:
        k, j = s.path[p, FROM], s.path[p, TO]
        total += seat(s, k, t, -1)
        total += seat(s, j, t, 1)
        p = s.posts[j, POOL]
    if total >= 0:
        undo(s, size)
        return ZERO
    return total


@inner
def come(s: Seats, g: int, t: int) -> int:
    """Let somebody of a group start serving in a slot; return the change of points."""
    total = rest(s, g, t, 1)
    if s.slots[t, MISSED] == 0 and s.slots[t, IDLE] == 0:
        return total
    best, post = ZERO, NOBODY
    for j in range(s.groups[g], s.groups[g + 1]):
        saved = gain(s, j, t)
        if saved > best:
            best, post = saved, j
    if post >= 0:
        total += rest(s, g, t, -1)
        return total + seat(s, post, t, 1)
    return total + send(s, g, t) if s.slots[t, MISSED] > 0 else total


@apart
def send(s: Seats, g: int, t: int) -> int:
    """Put somebody who is free where another can leave for a pool that misses some.

    Breadth first from the pools that she knows to the nearest that misses some; return the change
    of points, 0 where none is reached.
    """
    s.marks[STAMP] += 1
    stamp, head, tail, end = s.marks[STAMP], 0, 0, NOBODY
    for j in range(s.groups[g], s.groups[g + 1]):
        p = s.posts[j, POOL]
        s.path[p, SEEN] = stamp
        s.path[p, FROM], s.path[p, TO] = NOBODY, j
        s.path[tail, QUEUE] = p
        tail += 1
    while head < tail and end < 0:
        p = s.path[head, QUEUE]
        head += 1
        for i in range(1, s.users[p, 0] + 1):
            k = s.users[p, i]
            if s.crews[k, t] == 0:
                continue
            h = s.posts[k, GROUP]
            for j in range(s.groups[h], s.groups[h + 1]):
                other = s.posts[j, POOL]
                if s.path[other, SEEN] == stamp:
                    continue
                s.path[other, SEEN] = stamp
                s.path[other, FROM], s.path[other, TO] = k, j
                if tail < min(DEEP, len(s.path)):
                    s.path[tail, QUEUE] = other
                    tail += 1
                if gain(s, j, t) > 0:
                    end = other
                    break
            if end >= 0:
                break
    if end < 0:
        return ZERO
    size, total, p = s.marks[SIZE], rest(s, g, t, -1), end
    while p >= 0:
        k, j = s.path[p, FROM], s.path[p, TO]
        total += seat(s, j, t, 1)
        p = NOBODY
        if k >= 0:
            total += seat(s, k, t, -1)
            p = s.posts[k, POOL]
    if total >= 0:
        undo(s, size)
        return ZERO
    return total


@inner
def leave(s: Seats, g: int, t: int) -> int:
    """Let somebody of a group stop serving in a slot; return the change of points."""
    if s.crews[len(s.posts) + g, t] > 0:
        return rest(s, g, t, -1)
    best, post = ILLEGAL, NOBODY
    for j in range(s.groups[g], s.groups[g + 1]):
        if s.crews[j, t] > 0:
            cost = loss(s, j, t)
            if cost < best:
                best, post = cost, j
                if cost == 0:
                    break
    total = seat(s, post, t, -1)
    if total > 0:
        total += mend(s, s.posts[post, POOL], t)
    return total
