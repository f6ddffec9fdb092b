"""The loop of `anneal`, compiled: duties change one by one, and every change is priced exactly.

Nothing is checked here; every array is what `staffing.roster.arrays` says it is. All prices are
whole points, so the answer does not depend on the order of sums; only the acceptance of a worse
change draws on a logarithm.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from staffing.queue.kernel import Ints, apart, cached, inner

SLOTS = 48
"""Slots of a day, `staffing.grid.SLOTS_PER_DAY`: a compiled loop needs it as a number."""
OFF = -1
ABSENT, WORKING, EATING = 0, 1, 2
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
BEGINS, ENDS, PAID, TAGS, MEALS, MEAL_SLOTS, HOLE_BEGINS, HOLE_ENDS, WINDOWS = range(9)
"""Columns of `Duties.templates`; of each meal the first and last start."""
SHIFT, POINTS, BURDEN = 0, 1, 2
"""Columns of `Duties.options`."""
DAYS_WEIGHT, STEADY_WEIGHT, STEADY_FREE, STEADY_STEP, WEIGHTS = range(5)
"""Of `Duties.prices`; four weights, one of each burden's bit."""
OPTION, FIRST_MEAL, SECOND_MEAL = 0, 1, 2
"""Columns of `Duties.taken`."""
SPAN, TAGGED, RUN, LEAST_RUN, LEAST_OFF, REST, AFTER, WEEKENDS, OVERTIME, TAG_RUN, STARTS, FREE = (
    range(12)
)
"""Kinds of limits, as `arrays` writes them into `code`: kind, length of what follows, numbers."""
# Of a plain number numba would compile every function that is given it anew, as a constant.
ILLEGAL, ZERO, NOBODY, FAR = (cast("int", np.int64(n)) for n in (1 << 60, 0, -1, 1 << 40))
DEEP = 40
"""Pools that the search for somebody to change places looks at, at most."""
MOST_CHANGES = 4
MEALS_PART, WANTED_PART = 20, 30
"""Per cent of the changes that move a meal, or go to where seats are missing."""
EXCHANGES_FROM = 75
"""Per cent of the other changes before those that two agents make between them."""
TRIES = 12
"""Draws of chance until what was sought is given up."""


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
    table: Ints
    log: Ints
    path: Ints
    marks: Ints


class Duties(NamedTuple):
    """Who works when, what each may and what it costs her.

    taken : (agents, days, 3) option, OFF for none, and slots of the day at which meals begin
    group : (agents, days) group of people alike in what they serve; -1 where she is away
    first : (agents * days + 1) where her options of a day begin
    options : (options, 3) template, points, bits of burdens
    off : (agents, days) points of a day without duty
    templates : (templates, 12) see above; slots count from midnight of the day
    week : (days) number of the calendar week
    code_first, code : limits of each agent: kind, length of what follows, numbers
    prices : see above
    convex : (counts) points of a count
    """

    taken: Ints
    group: Ints
    first: Ints
    options: Ints
    off: Ints
    templates: Ints
    week: Ints
    code_first: Ints
    code: Ints
    prices: Ints
    convex: Ints


# --- chance -------------------------------------------------------------------------------------


@apart
def below(random: NDArray[np.uint64], number: int) -> int:
    """Return a whole number from 0 to `number` - 1: xorshift64* (Vigna 2016, ACM TOMS 42(4))."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return np.int64(((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) % np.uint64(number))


# --- what an agent's own days cost ----------------------------------------------------------------


@apart
def personal(w: Duties, a: int) -> int:
    """Return the points of an agent's own days, ILLEGAL where they break a limit."""
    at, end = w.code_first[a], w.code_first[a + 1]
    while at < end:
        kind, length = w.code[at], w.code[at + 1]
        if not _kept(w, a, kind, w.code[at + 2 : at + 2 + length]):
            return ILLEGAL
        at += 2 + length
    total, worked = ZERO, 0
    one = two = three = four = 0
    for d in range(w.week.size):
        option = w.taken[a, d, OPTION]
        if option == OFF:
            total += w.off[a, d]
            continue
        worked += 1
        total += w.options[option, POINTS]
        bits = w.options[option, BURDEN]
        one += bits & 1
        two += (bits >> 1) & 1
        three += (bits >> 2) & 1
        four += (bits >> 3) & 1
    total += w.prices[WEIGHTS] * w.convex[one] + w.prices[WEIGHTS + 1] * w.convex[two]
    total += w.prices[WEIGHTS + 2] * w.convex[three] + w.prices[WEIGHTS + 3] * w.convex[four]
    total += w.prices[DAYS_WEIGHT] * w.convex[worked]
    return total + _unsteady(w, a) if w.prices[STEADY_WEIGHT] > 0 else total


@apart
def _unsteady(w: Duties, a: int) -> int:
    """Return the points of starts that differ within a week."""
    total, earliest, latest, week = ZERO, 0, -1, -1
    for d in range(w.week.size + 1):
        if d == w.week.size or w.week[d] != week:
            apart_by = latest - earliest - w.prices[STEADY_FREE]
            if latest >= 0 and apart_by > 0:
                total += w.prices[STEADY_WEIGHT] * -(-apart_by // w.prices[STEADY_STEP])
            if d == w.week.size:
                break
            earliest, latest, week = 0, -1, w.week[d]
        if w.taken[a, d, OPTION] != OFF:
            start = w.templates[w.options[w.taken[a, d, OPTION], SHIFT], BEGINS]
            earliest = start if latest < 0 else min(earliest, start)
            latest = max(latest, start)
    return total


@inner
def _works(w: Duties, a: int, d: int) -> bool:
    return w.taken[a, d, OPTION] != OFF


@inner
def _about(w: Duties, a: int, d: int, column: int) -> int:
    """Return a figure of the template that is worked on a day; 0 on a day off."""
    option = w.taken[a, d, OPTION]
    return ZERO if option == OFF else w.templates[w.options[option, SHIFT], column]


@apart
def _kept(w: Duties, a: int, kind: int, c: Ints) -> bool:
    """Return whether one limit holds; `c` are its numbers."""
    days = w.week.size
    if kind == SPAN:  # first day, day after the last, paid slots least, most, days least, most
        paid = worked = 0
        for d in range(c[0], c[1]):
            if _works(w, a, d):
                paid += _about(w, a, d, PAID)
                worked += 1
        return c[2] <= paid <= c[3] and c[4] <= worked <= c[5]
    if kind == TAGGED:  # first day, day after the last, tags, most
        number = 0
        for d in range(c[0], c[1]):
            number += (_about(w, a, d, TAGS) & c[2]) != 0
        return number <= c[3]
    if kind == RUN or kind == TAG_RUN:  # most, days before the horizon, tags
        run = c[1]
        for d in range(days):
            on = _works(w, a, d) if kind == RUN else (_about(w, a, d, TAGS) & c[2]) != 0
            run = run + 1 if on else 0
            if run > c[0]:
                return False
        return True
    if kind == LEAST_RUN or kind == LEAST_OFF:  # least
        begun = -1
        for d in range(days):
            on = _works(w, a, d) == (kind == LEAST_RUN)
            if on and begun < 0 and d > 0:
                begun = d
            if d == 0 and on:
                begun = days  # a run that touches the edge may have begun before
            if not on:
                if 0 <= begun < days and d - begun < c[0]:
                    return False
                begun = -1
        return True
    if kind == REST:  # slots, end of the last published shift
        last = c[1]
        for d in range(days):
            if _works(w, a, d):
                if d * SLOTS + _about(w, a, d, BEGINS) < last + c[0]:
                    return False
                last = d * SLOTS + _about(w, a, d, ENDS)
            elif d > 0:
                last = -(1 << 40)
        return True
    if kind == AFTER:  # tags, tags not on the day after
        for d in range(days - 1):
            if (_about(w, a, d, TAGS) & c[0]) and (_about(w, a, d + 1, TAGS) & c[1]):
                return False
        return True
    if kind == WEEKENDS:  # most, then first day and day after the last of each
        number = 0
        for i in range(1, c.size, 2):
            for d in range(c[i], c[i + 1]):
                if _works(w, a, d):
                    number += 1
                    break
        return number <= c[0]
    if kind == OVERTIME:  # most, then of each week: days, paid before, above before, normal day
        total = 0
        for i in range(1, c.size, 5):
            paid, above = c[i + 2], c[i + 3]
            for d in range(c[i], c[i + 1]):
                if _works(w, a, d):
                    own = _about(w, a, d, PAID)
                    paid += own
                    above += max(own - c[i + 4], 0)
            total += max(paid, above, 0)
        return total <= c[0]
    if kind == STARTS:  # first day, day after the last, spread, published earliest, latest
        earliest, latest = c[3], c[4]
        for d in range(c[0], c[1]):
            if _works(w, a, d):
                start = _about(w, a, d, BEGINS)
                earliest, latest = min(earliest, start), max(latest, start)
        return latest - earliest <= c[2]
    if kind == FREE:  # first day and day after the last of each weekend: one is free
        for i in range(0, c.size, 2):
            free = True
            for d in range(c[i], c[i + 1]):
                free = free and not _works(w, a, d)
            if free:
                return True
        return c.size == 0
    return False


# --- seats ----------------------------------------------------------------------------------------


@apart
def lacking(s: Seats, p: int, t: int) -> int:
    """Return the units that a pool misses: those of the row that misses most."""
    most = ZERO
    for i in range(1, s.parts[p, 0] + 1):
        r = s.parts[p, i]
        most = max(most, s.rows[r, t, NEED] - s.rows[r, t, COVERED])
    return most


@apart
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


@apart
def note(s: Seats, index: int, t: int, change: int, cost: int) -> None:
    """Write an entry of the log."""
    n = s.marks[SIZE]
    s.log[n, 0], s.log[n, 1], s.log[n, 2], s.log[n, 3] = index, t, change, cost
    s.marks[SIZE] = n + 1


@apart
def fill(s: Seats, j: int, t: int, change: int) -> None:
    """Count people into the rows that a post fills."""
    q, units = s.posts[j, PLACE], change * s.posts[j, UNITS]
    for i in range(1, s.fills[q, 0] + 1):
        s.rows[s.fills[q, i], t, COVERED] += units
    s.crews[j, t] += change


@apart
def seat(s: Seats, j: int, t: int, change: int) -> int:
    """Put people to a post, or take them away; return the change of points."""
    p = s.posts[j, POOL]
    before = price(s, p, t, lacking(s, p, t))
    fill(s, j, t, change)
    cost = price(s, p, t, lacking(s, p, t)) - before
    s.slots[t, MISSED] += cost
    note(s, j, t, change, cost)
    return cost


@apart
def rest(s: Seats, g: int, t: int, change: int) -> int:
    """Let people of a group serve nobody, or no longer; return the change of points."""
    j = len(s.posts) + g
    s.crews[j, t] += change
    note(s, j, t, change, 0)
    return change * s.slots[t, IDLE]


@apart
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


@apart
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


@apart
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
                if tail < len(s.path):
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


@apart
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
    for p in range(len(s.pools)):
        if lacking(s, p, t) > 0:
            saved = mend(s, p, t)
            if saved < 0:
                return total + saved
    return total


@apart
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
    total = seat(s, post, t, -1)
    if total > 0:
        total += mend(s, s.posts[post, POOL], t)
    return total


# --- duties ---------------------------------------------------------------------------------------


@apart
def doing(w: Duties, option: int, one: int, two: int, t: int) -> int:
    """Return what somebody does in a slot of the day who has an option with its meals."""
    if option == OFF:
        return ABSENT
    k = w.options[option, SHIFT]
    if t < w.templates[k, BEGINS] or t >= w.templates[k, ENDS]:
        return ABSENT
    if w.templates[k, HOLE_BEGINS] <= t < w.templates[k, HOLE_ENDS]:
        return ABSENT
    length = w.templates[k, MEAL_SLOTS]
    if w.templates[k, MEALS] > 0 and one <= t < one + length:
        return EATING
    if w.templates[k, MEALS] > 1 and two <= t < two + length:
        return EATING
    return WORKING


@apart
def crowd(s: Seats, p: int, t: int) -> int:
    """Return the points of too many of a pool's people at the table."""
    most = s.table[s.pools[p, t, ON_DUTY]]
    return s.marks[CROWDED] * max(s.pools[p, t, AT_TABLE] - most, 0)


@apart
def turn(s: Seats, w: Duties, a: int, d: int, new: Ints, leaving: bool, limit: int) -> int:
    """Do half of changing an agent's duty of a day; return the change of points, her own apart.

    First all who come are seated, then those who leave stand up: so what is left open can be
    taken at once. Leaving costs points and never saves any, so it ends where `limit` is passed.

    Parameters
    ----------
    new : option and meals, as in `taken`
    """
    g, old = w.group[a, d], w.taken[a, d]
    first, end = FAR, ZERO
    if old[OPTION] != OFF:
        k = w.options[old[OPTION], SHIFT]
        first, end = w.templates[k, BEGINS], w.templates[k, ENDS]
    if new[OPTION] != OFF:
        k = w.options[new[OPTION], SHIFT]
        first, end = min(first, w.templates[k, BEGINS]), max(end, w.templates[k, ENDS])
    total = ZERO
    for h in range(first, end):
        was = doing(w, old[OPTION], old[FIRST_MEAL], old[SECOND_MEAL], h)
        now = doing(w, new[OPTION], new[FIRST_MEAL], new[SECOND_MEAL], h)
        if was == now:
            continue
        t = d * SLOTS + h
        if leaving:
            if was == WORKING:
                total += leave(s, g, t)
                if total > limit:
                    return total
            continue
        if now == WORKING:
            total += come(s, g, t)
        if s.marks[CROWDED] > 0:
            here = np.int64(now != ABSENT) - np.int64(was != ABSENT)
            eats = np.int64(now == EATING) - np.int64(was == EATING)
            for j in range(s.groups[g], s.groups[g + 1]):
                p = s.posts[j, POOL]
                total -= crowd(s, p, t)
                if here != 0:
                    count(s, p, t, ON_DUTY, here)
                if eats != 0:
                    count(s, p, t, AT_TABLE, eats)
                total += crowd(s, p, t)
    return total


@apart
def worth(s: Seats, g: int, t: int) -> int:
    """Return the points lost when somebody of a group is at the table in a slot."""
    best = ZERO
    if s.slots[t, MISSED] > 0:
        for j in range(s.groups[g], s.groups[g + 1]):
            best = max(best, gain(s, j, t))
    if s.marks[CROWDED] > 0:
        for j in range(s.groups[g], s.groups[g + 1]):
            p = s.posts[j, POOL]
            if s.pools[p, t, AT_TABLE] + 1 > s.table[s.pools[p, t, ON_DUTY] + 1]:
                best += s.marks[CROWDED]
    return best


@apart
def meal(
    s: Seats, w: Duties, random: NDArray[np.uint64], place: tuple[int, int], k: int, number: int
) -> int:
    """Return a start for a meal of a template: where least is lost by it, among such by chance.

    Parameters
    ----------
    place : group and day
    """
    first, last = w.templates[k, WINDOWS + 2 * number], w.templates[k, WINDOWS + 2 * number + 1]
    best, found, ties = ILLEGAL, first, 0
    for start in range(first, last + 1):
        cost = ZERO
        for h in range(start, start + w.templates[k, MEAL_SLOTS]):
            cost += worth(s, place[0], place[1] * SLOTS + h)
        if cost < best:
            best, found, ties = cost, start, 1
        elif cost == best:
            ties += 1
            if below(random, ties) == 0:
                found = start
    return found


@apart
def fed(
    s: Seats, w: Duties, random: NDArray[np.uint64], a: int, d: int, option: int, new: Ints
) -> None:
    """Write an option with its meals to `new`: where they were, if they may be, else anew."""
    new[OPTION] = option
    if option == OFF:
        return
    k = w.options[option, SHIFT]
    for i in range(w.templates[k, MEALS]):
        start = w.taken[a, d, FIRST_MEAL + i]
        first, last = w.templates[k, WINDOWS + 2 * i], w.templates[k, WINDOWS + 2 * i + 1]
        if w.taken[a, d, OPTION] == OFF or start < first or start > last:
            start = meal(s, w, random, (w.group[a, d], d), k, i)
        new[FIRST_MEAL + i] = start


# --- the walk -------------------------------------------------------------------------------------


@apart
def another(w: Duties, random: NDArray[np.uint64], a: int, d: int) -> int:
    """Return an option of a day by chance: half the time one near the present one, else any."""
    first, end = w.first[a * w.week.size + d], w.first[a * w.week.size + d + 1]
    now = w.taken[a, d, OPTION]
    if now != OFF and below(random, 2) == 0:
        near = now - 4 + below(random, 9)
        if first <= near < end:
            return near
    return first + below(random, end - first)


@apart
def alike(w: Duties, a: int, d: int, option: int) -> int:
    """Return an agent's option of a day with the template of another option, or OFF."""
    if option == OFF:
        return OFF
    for i in range(w.first[a * w.week.size + d], w.first[a * w.week.size + d + 1]):
        if w.options[i, SHIFT] == w.options[option, SHIFT]:
            return i
    return OFF


@apart
def free(w: Duties, a: int, d: int) -> bool:
    """Return whether an agent may work on a day at all."""
    n = a * w.week.size + d
    return w.group[a, d] >= 0 and w.first[n] < w.first[n + 1]


@apart
def wanted(s: Seats, w: Duties, random: NDArray[np.uint64], at: Ints) -> int:
    """Write a change to `at` by which somebody comes to where seats are missing; return how many.

    If she works that day already, or may work no day more, she gives another day for it or not,
    by chance; 0 where chance met nothing that is missing, or nobody who could help.
    """
    agents, days = w.group.shape
    t = below(random, len(s.slots))
    for _ in range(TRIES):
        if s.slots[t, MISSED] > 0:
            break
        t = below(random, len(s.slots))
    p = below(random, len(s.pools))
    for _ in range(len(s.pools)):
        if s.slots[t, MISSED] == 0 or lacking(s, p, t) > 0:
            break
        p = (p + 1) % len(s.pools)
    if s.slots[t, MISSED] == 0:
        return 0
    d = min(t // SLOTS, days - 1)
    if d > 0 and d * SLOTS > t - s.marks[DAYBREAK]:
        d -= 1
    h = t - d * SLOTS
    for _ in range(TRIES):
        a = below(random, agents)
        if not free(w, a, d) or not knows(s, w.group[a, d], p):
            continue
        now, one, two = w.taken[a, d]
        if doing(w, now, one, two, h) == WORKING:
            continue
        option = another(w, random, a, d)
        k = w.options[option, SHIFT]
        if option == now or not w.templates[k, BEGINS] <= h < w.templates[k, ENDS]:
            continue
        at[0, 0], at[0, 1], at[0, 2] = a, d, option
        e = below(random, days)
        if now != OFF or e == d or w.taken[a, e, OPTION] == OFF or below(random, 4) == 0:
            return 1
        at[1, 0], at[1, 1], at[1, 2] = a, e, OFF
        return 2
    return 0


@apart
def knows(s: Seats, g: int, p: int) -> bool:
    """Return whether a group serves a pool."""
    for j in range(s.groups[g], s.groups[g + 1]):
        if s.posts[j, POOL] == p:
            return True
    return False


@apart
def proposed(w: Duties, random: NDArray[np.uint64], at: Ints) -> int:
    """Write changes by chance to `at`, (changes, 3) agent, day and option; return how many."""
    agents, days = w.group.shape
    a, d, kind = below(random, agents), below(random, days), below(random, 100)
    if not free(w, a, d):
        return 0
    now = w.taken[a, d, OPTION]
    at[0, 0], at[0, 1] = a, d
    if kind < EXCHANGES_FROM // 2:  # another shift
        at[0, 2] = another(w, random, a, d)
        return 1 if now != OFF else 0
    if kind < EXCHANGES_FROM // 2 + 8:  # a day more or less
        at[0, 2] = another(w, random, a, d) if now == OFF else OFF
        return 1
    if kind < EXCHANGES_FROM:  # other shifts on two days, or the rest day on another one
        e = below(random, days)
        then = w.taken[a, e, OPTION]
        if e == d or not free(w, a, e) or (now == OFF and then == OFF):
            return 0
        at[1, 0], at[1, 1] = a, e
        copy = below(random, 2) == 0
        if now != OFF and then != OFF:
            at[0, 2], at[1, 2] = another(w, random, a, d), another(w, random, a, e)
        elif now == OFF:
            at[0, 2] = alike(w, a, d, then) if copy else another(w, random, a, d)
            at[1, 2] = OFF
        else:
            at[1, 2] = alike(w, a, e, now) if copy else another(w, random, a, e)
            at[0, 2] = OFF
        return 2
    b = below(random, agents)  # two agents exchange a day, or two
    number = 0
    for i in range(1 + below(random, 2)):
        e = d if i == 0 else below(random, days)
        if b == a or (i == 1 and e == d) or w.group[a, e] < 0 or w.group[b, e] < 0:
            return 0
        mine, hers = w.taken[a, e, OPTION], w.taken[b, e, OPTION]
        at[number, 0], at[number, 1], at[number, 2] = a, e, alike(w, a, e, hers)
        at[number + 1, 0], at[number + 1, 1], at[number + 1, 2] = b, e, alike(w, b, e, mine)
        if (at[number, 2] == OFF) != (hers == OFF) or (at[number + 1, 2] == OFF) != (mine == OFF):
            return 0
        number += 2
    return number


@apart
def own(w: Duties, costs: Ints, at: Ints, number: int, fresh: Ints) -> int:
    """Return what changes add to the points of the agents concerned; ILLEGAL if they may not.

    Parameters
    ----------
    costs : (agents) points of each agent's own
    fresh : the new ones of the first two changes' agents are written here
    """
    old = np.empty(MOST_CHANGES, np.int64)
    for i in range(number):
        old[i] = w.taken[at[i, 0], at[i, 1], OPTION]
        w.taken[at[i, 0], at[i, 1], OPTION] = at[i, 2]
    a, b = at[0, 0], at[min(number, 2) - 1, 0]
    fresh[0] = personal(w, a)
    fresh[1] = fresh[0] if b == a or fresh[0] == ILLEGAL else personal(w, b)
    for i in range(number):
        w.taken[at[i, 0], at[i, 1], OPTION] = old[i]
    if fresh[0] == ILLEGAL or fresh[1] == ILLEGAL:
        return ILLEGAL
    return fresh[0] - costs[a] + (0 if a == b else fresh[1] - costs[b])


@apart
def later(w: Duties, random: NDArray[np.uint64], at: Ints, new: Ints) -> int:
    """Write another time for a meal to `new`; return 1, or 0 where chance met no meal."""
    a, d = below(random, w.group.shape[0]), below(random, w.group.shape[1])
    option = w.taken[a, d, OPTION]
    if option == OFF or w.templates[w.options[option, SHIFT], MEALS] == 0:
        return 0
    k = w.options[option, SHIFT]
    i = below(random, w.templates[k, MEALS])
    first, last = w.templates[k, WINDOWS + 2 * i], w.templates[k, WINDOWS + 2 * i + 1]
    at[0, 0], at[0, 1], at[0, 2] = a, d, option
    new[0] = w.taken[a, d]
    new[0, FIRST_MEAL + i] = first + below(random, last - first + 1)
    return 1


@cached
def walk(
    s: Seats,
    w: Duties,
    costs: Ints,
    random: NDArray[np.uint64],
    steps: int,
    hot: float,
    cold: float,
) -> int:
    """Change duties by simulated annealing; return the change of all points.

    Parameters
    ----------
    costs : (agents) points of each agent's own days
    steps : changes tried
    hot, cold : temperatures in points at the first and last step
    """
    gained, heat = ZERO, hot
    cooling = (cold / hot) ** (1.0 / max(steps, 1))
    at = np.zeros((MOST_CHANGES, 3), np.int64)
    new = np.zeros((MOST_CHANGES, 3), np.int64)
    fresh = np.zeros(2, np.int64)
    for _ in range(steps):
        heat *= cooling
        delta = ZERO
        kind = below(random, 100)
        eaten = kind < MEALS_PART
        if eaten:
            number = later(w, random, at, new)
        else:
            aimed = kind < MEALS_PART + WANTED_PART
            number = wanted(s, w, random, at) if aimed else proposed(w, random, at)
            if number > 0:
                delta = own(w, costs, at, number, fresh)
        if number == 0 or delta == ILLEGAL:
            continue
        chance = (np.float64(below(random, 1 << 53)) + 1.0) / 9007199254740992.0
        limit = np.int64(np.floor(-heat * np.log(chance)))
        s.marks[SIZE] = 0
        for i in range(number):
            if not eaten:
                fed(s, w, random, at[i, 0], at[i, 1], at[i, 2], new[i])
            delta += turn(s, w, at[i, 0], at[i, 1], new[i], False, ILLEGAL)
        for i in range(number):
            if delta <= limit:
                left = limit - delta
                delta += turn(s, w, at[i, 0], at[i, 1], new[i], True, left)
        if delta > limit:
            undo(s, 0)
            continue
        gained += delta
        for i in range(number):
            w.taken[at[i, 0], at[i, 1]] = new[i]
        if not eaten:
            costs[at[0, 0]] = fresh[0]
            costs[at[min(number, 2) - 1, 0]] = fresh[1]
    return gained


@cached
def enter(s: Seats, w: Duties, costs: Ints) -> int:
    """Seat everybody for the duties that are taken; return the points of all."""
    agents, days = w.group.shape
    total = ZERO
    for p in range(len(s.pools)):
        for t in range(len(s.slots)):
            missed = price(s, p, t, lacking(s, p, t))
            s.slots[t, MISSED] += missed
            total += missed
    new = np.zeros(3, np.int64)
    for a in range(agents):
        costs[a] = personal(w, a)
        total += costs[a]
        for d in range(days):
            new[:] = w.taken[a, d]
            if new[OPTION] != OFF:
                w.taken[a, d, OPTION] = OFF
                s.marks[SIZE] = 0
                total += turn(s, w, a, d, new, False, ILLEGAL)
                w.taken[a, d] = new
    return total
