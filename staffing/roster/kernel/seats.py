"""Who serves where, compiled: people come and go, and others change places for them.

Half hours are apart from each other: in each, what a pool misses is mended along the cheapest path
or cycle found of people who change places, each at her own speed where she goes. Every step is
written down, so that a change can be taken back. What somebody's coming or going comes to is kept
(`Seats.known`) until the half hour changes, for few of the changes tried are made. Nothing is
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
ONE, TWO, PRICE, PRICED = 0, 1, 2, 5
"""Columns of `Seats.pools`, three prices; how many columns."""
ON_DUTY, AT_TABLE = 0, 1
"""Of `Seats.present`."""
NEED, COVERED = 0, 1
"""Columns of `Seats.rows`."""
MISSED, IDLE = 0, 1
"""Columns of `Seats.slots`."""
GOING, COMING = 0, 1
"""Of `Seats.known`: that somebody stops serving, or starts."""
SEEN, FROM, TO, QUEUE, BASE, TOTAL, FIRST = 0, 1, 2, 3, 4, 5, 6
"""Columns of `Seats.path`."""
SIZE, STAMP, CROWDED, DAYBREAK, TAIL, BEST, END, POST, CLOSER, LARGE, TIED, MARKS = range(12)
"""Of `Seats.marks`: entries of the log, number of the last search, points of each person too many
at the table, first slot of the day at which any shift begins; of the last search how many pools it
has met, and its best way: points, last pool, the posts that somebody comes to there and from; 1 for
a large company; 1 where somebody's days in a row are limited from below."""
NOBODY = cast("int", np.int64(-1))
DEEP = 10
"""Pools whose people a search asks, at most."""


class Seats(NamedTuple):
    """Who serves where; see `staffing.roster.arrays` for how it is made.

    A *post* is a place as one group of people fills it, at their speed. What a search reads of one
    slot lies side by side; what a duty reads of many slots does, slot by slot.

    posts : (posts, 4) place, units, pool, group
    groups : (groups + 1) where the posts of a group begin
    fills : (places, 1 + most) how many rows a place fills, and which
    users : (pools, 1 + most) how many posts are in a pool, and which
    parts : (pools, 1 + most) how many rows a pool has, and which
    rows : (slots, rows, 2) units needed and covered
    pools : (slots, pools, 5) missing units up to which the first and second step go, points of a
        unit on each step
    present : (pools, slots, 2) people on duty and at the table who know some of the pool's shops
    crews : (slots, posts + groups) people at each post, and of each group who serve nobody
    slots : (slots, 2) points of what is missing in all pools; points of somebody who serves nobody
    versions : (slots) how often it has changed who serves where, and one more
    known : (groups, slots, 2, 2) points that somebody of a group adds who stops or starts serving,
        as they were reckoned last, and the slot's version then, 0 for never
    helpers : (pools, 1 + most) how many agents ever serve a pool, and which
    table : (people + 1) how many of so many may be at a meal
    log : (entries, 4) index of `crews` or, below zero, of `present`; slot, change, change of points
    path : (pools, 7) of the search for somebody to change places
    marks : see above
    """

    posts: Ints
    groups: Ints
    fills: Ints
    users: Ints
    parts: Ints
    rows: Ints
    pools: Ints
    present: Ints
    crews: Ints
    slots: Ints
    versions: Ints
    known: Ints
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
        most = max(most, s.rows[t, r, NEED] - s.rows[t, r, COVERED])
    return most


@inner
def price(s: Seats, p: int, t: int, missing: int) -> int:
    """Return the points of missing units of a pool."""
    if missing <= 0:
        return ZERO
    one, two = s.pools[t, p, ONE], s.pools[t, p, TWO]
    points = min(missing, one) * s.pools[t, p, PRICE]
    if missing > one:
        points += (min(missing, two) - one) * s.pools[t, p, PRICE + 1]
    if missing > two:
        points += (missing - two) * s.pools[t, p, PRICE + 2]
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
        s.rows[t, s.fills[q, i], COVERED] += units
    s.crews[t, j] += change


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
    s.crews[t, j] += change
    note(s, j, t, change, 0)
    return change * s.slots[t, IDLE]


@inner
def count(s: Seats, p: int, t: int, column: int, change: int) -> None:
    """Count somebody in or out who is on duty or at the table."""
    s.present[p, t, column] += change
    note(s, -1 - 2 * p - column, t, change, 0)


@apart
def undo(s: Seats, size: int) -> None:
    """Take back the log's entries from the end until `size` are left."""
    for n in range(s.marks[SIZE] - 1, size - 1, -1):
        index, t, change = s.log[n, 0], s.log[n, 1], s.log[n, 2]
        if index < 0:
            s.present[(-1 - index) // 2, t, (-1 - index) % 2] -= change
        elif index < len(s.posts):
            fill(s, index, t, -change)
            s.slots[t, MISSED] -= s.log[n, 3]
        else:
            s.crews[t, index] -= change
    s.marks[SIZE] = size


@inner
def loss(s: Seats, j: int, t: int) -> int:
    """Return the points that one person less at a post would cost."""
    p, q, units = s.posts[j, POOL], s.posts[j, PLACE], s.posts[j, UNITS]
    spare = FAR
    for i in range(1, s.fills[q, 0] + 1):
        r = s.fills[q, i]
        spare = min(spare, s.rows[t, r, COVERED] - s.rows[t, r, NEED])
    if spare >= units:
        return ZERO
    now = lacking(s, p, t)
    return price(s, p, t, max(now, units - spare)) - price(s, p, t, now)


@inner
def shifted(s: Seats, p: int, t: int, gone: int, new: int) -> int:
    """Return the change of a pool's points: one person less at one post of it, one more at another.

    Either post may be NOBODY.
    """
    if s.parts[p, 0] == 1:
        r = s.parts[p, 1]
        now = s.rows[t, r, NEED] - s.rows[t, r, COVERED]
        then = now
        if gone >= 0:
            then += s.posts[gone, UNITS]
        if new >= 0:
            then -= s.posts[new, UNITS]
        return price(s, p, t, then) - price(s, p, t, now)
    before = price(s, p, t, lacking(s, p, t))
    if gone >= 0:
        fill(s, gone, t, -1)
    if new >= 0:
        fill(s, new, t, 1)
    after = price(s, p, t, lacking(s, p, t))
    if gone >= 0:
        fill(s, gone, t, 1)
    if new >= 0:
        fill(s, new, t, -1)
    return after - before


@inner
def label(s: Seats, p: int, gone: int, new: int, base: int, total: int) -> None:
    """Note how a search comes to a pool."""
    s.path[p, SEEN] = s.marks[STAMP]
    s.path[p, FROM], s.path[p, TO], s.path[p, BASE], s.path[p, TOTAL] = gone, new, base, total


@apart
def mend(s: Seats, target: int, t: int) -> int:
    """Move people along pools towards one that misses some; return the change of points.

    Breadth first from the pool backwards to who is free, or is missed less where she is, or changes
    places with one of the pool's own. Each pool keeps the cheapest way found until people of it
    are asked themselves.
    """
    s.marks[STAMP] += 1
    label(s, target, NOBODY, NOBODY, 0, 0)
    s.path[0, QUEUE] = target
    s.marks[BEST], s.marks[TAIL] = 0, 1
    head, ideal = 0, ZERO
    while head < min(s.marks[TAIL], DEEP):
        p = s.path[head, QUEUE]
        least = ask(s, target, p, t)
        if head == 0:
            ideal = least
        if s.marks[BEST] <= ideal:
            break
        head += 1
    if s.marks[BEST] < 0:
        move(s, target, t)
    return s.marks[BEST]


@inner
def ask(s: Seats, target: int, p: int, t: int) -> int:
    """Ask who could come to a pool of the search; return the least points with one who is free."""
    s.path[p, SEEN] = -s.marks[STAMP]
    gone, base, least, idle = s.path[p, FROM], s.path[p, BASE], ZERO, s.slots[t, IDLE]
    units, closed = ZERO, ZERO
    for i in range(1, s.users[p, 0] + 1):
        j = s.users[p, i]
        g = s.posts[j, GROUP]
        if s.posts[j, UNITS] != units or s.parts[p, 0] > 1:
            units, closed = s.posts[j, UNITS], base + shifted(s, p, t, gone, j)
        least = min(least, closed - idle)
        if closed - idle >= s.marks[BEST]:
            continue
        if s.crews[t, len(s.posts) + g] > 0:
            choose(s, closed - idle, p, j, NOBODY)
            continue
        for k in range(s.groups[g], s.groups[g + 1]):
            other = s.posts[k, POOL]
            if s.crews[t, k] == 0:
                continue
            if other == target and p != target:
                new = s.path[p, FIRST]
                total = closed + shifted(s, target, t, k, new) - shifted(s, target, t, NOBODY, new)
                if total < s.marks[BEST]:
                    choose(s, total, p, j, k)
            elif s.path[other, SEEN] != -s.marks[STAMP]:
                total = closed + loss(s, k, t)
                if queued(s, other, k, j, closed, total):
                    s.path[other, FIRST] = j if p == target else s.path[p, FIRST]
                    if total < s.marks[BEST]:
                        choose(s, total, other, NOBODY, NOBODY)
    return least


@inner
def choose(s: Seats, total: int, p: int, post: int, closer: int) -> None:
    """Note the best way of a search: from which pool, and who comes to it, if anybody.

    Parameters
    ----------
    post : to which somebody comes, NOBODY where the pool is missed less
    closer : the post that she leaves, NOBODY where she is free
    """
    s.marks[BEST], s.marks[END], s.marks[POST], s.marks[CLOSER] = total, p, post, closer


@inner
def queued(s: Seats, p: int, gone: int, new: int, base: int, total: int) -> bool:
    """Note a way to a pool if it is the first one or cheaper; return whether it is."""
    if s.path[p, SEEN] != s.marks[STAMP]:
        s.path[s.marks[TAIL], QUEUE] = p
        s.marks[TAIL] += 1
    elif total >= s.path[p, TOTAL]:
        return False
    label(s, p, gone, new, base, total)
    return True


@inner
def move(s: Seats, target: int, t: int) -> None:
    """Let people move along the best way of a search."""
    p, post = s.marks[END], s.marks[POST]
    if post >= 0:
        if s.marks[CLOSER] >= 0:
            seat(s, s.marks[CLOSER], t, -1)
        else:
            rest(s, s.posts[post, GROUP], t, -1)
        seat(s, post, t, 1)
    while p != target:
        k, j = s.path[p, FROM], s.path[p, TO]
        seat(s, k, t, -1)
        seat(s, j, t, 1)
        p = s.posts[j, POOL]


@inner
def come(s: Seats, g: int, t: int) -> int:
    """Let somebody of a group start serving in a slot; return the change of points."""
    total = rest(s, g, t, 1)
    if s.slots[t, MISSED] == 0:
        return total
    return total + send(s, g, t)


@apart
def send(s: Seats, g: int, t: int) -> int:
    """Put somebody who is free where she, or who leaves for another pool then, helps most.

    Breadth first from the pools that she knows; return the change of points.
    """
    s.marks[STAMP] += 1
    s.marks[BEST], s.marks[TAIL], s.marks[END] = 0, 0, NOBODY
    missed, head = s.slots[t, MISSED], 0
    for j in range(s.groups[g], s.groups[g + 1]):
        offer(s, s.posts[j, POOL], NOBODY, j, 0, t)
    end = s.marks[END]
    if end >= 0 and price(s, end, t, lacking(s, end, t)) == missed:
        head = s.marks[TAIL]  # nothing is missed elsewhere
    while head < min(s.marks[TAIL], DEEP) and s.marks[BEST] > -missed:
        p = s.path[head, QUEUE]
        new, base = s.path[p, TO], s.path[p, BASE]
        s.path[p, SEEN] = -s.marks[STAMP]
        units, left = ZERO, ZERO
        for i in range(1, s.users[p, 0] + 1):
            k = s.users[p, i]
            if s.crews[t, k] == 0:
                continue
            if s.posts[k, UNITS] != units or s.parts[p, 0] > 1:
                units, left = s.posts[k, UNITS], base + shifted(s, p, t, k, new)
            h = s.posts[k, GROUP]
            if left - missed < s.marks[BEST]:
                for j in range(s.groups[h], s.groups[h + 1]):
                    offer(s, s.posts[j, POOL], k, j, left, t)
        head += 1
    p = s.marks[END]
    if p < 0:
        return ZERO
    total = s.marks[BEST] + rest(s, g, t, -1)
    while p >= 0:
        k, j = s.path[p, FROM], s.path[p, TO]
        seat(s, j, t, 1)
        p = NOBODY
        if k >= 0:
            seat(s, k, t, -1)
            p = s.posts[k, POOL]
    return total


@inner
def offer(s: Seats, p: int, gone: int, new: int, base: int, t: int) -> None:
    """Note that somebody could come to a pool, unless people of it were moved on already."""
    if s.path[p, SEEN] == -s.marks[STAMP]:
        return
    total = base + shifted(s, p, t, NOBODY, new)
    if queued(s, p, gone, new, base, total) and total < s.marks[BEST]:
        choose(s, total, p, new, NOBODY)


@inner
def leave(s: Seats, g: int, t: int) -> int:
    """Let somebody of a group stop serving in a slot; return the change of points."""
    if s.crews[t, len(s.posts) + g] > 0:
        return rest(s, g, t, -1)
    best, post = ILLEGAL, NOBODY
    for j in range(s.groups[g], s.groups[g + 1]):
        if s.crews[t, j] > 0:
            cost = loss(s, j, t)
            if cost < best:
                best, post = cost, j
                if cost == 0:
                    break
    total = seat(s, post, t, -1)
    if total > 0:
        total += mend(s, s.posts[post, POOL], t)
    return total


@inner
def least(s: Seats, g: int, t: int, way: int, once: bool) -> int:
    """Return the least points that somebody who stops or starts serving adds, by what is known.

    Parameters
    ----------
    way : GOING or COMING
    once : whether what was true once is taken as known
    """
    version = s.known[g, t, way, 1]
    if version == s.versions[t] or (once and version > 0):
        return s.known[g, t, way, 0]
    idle = s.slots[t, IDLE]
    return idle - s.slots[t, MISSED] if way == COMING else min(-idle, 0)


@inner
def exact(s: Seats, g: int, t: int, way: int) -> int:
    """Return the points that somebody who stops or starts serving adds, and keep them as known."""
    if s.known[g, t, way, 1] != s.versions[t]:
        size = s.marks[SIZE]
        s.known[g, t, way, 0] = come(s, g, t) if way == COMING else leave(s, g, t)
        s.known[g, t, way, 1] = s.versions[t]
        undo(s, size)
    return s.known[g, t, way, 0]


@inner
def changed(s: Seats) -> None:
    """Give new versions to the half hours in which the log has changed who serves where."""
    for n in range(s.marks[SIZE]):
        if s.log[n, 0] >= 0:
            s.versions[s.log[n, 1]] += 1
