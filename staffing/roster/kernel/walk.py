"""The walk of `staffing.roster.anneal`, compiled: duties change by chance, and what that costs.

All prices are whole points, so the answer does not depend on the order of sums; only the
acceptance of a worse change draws on a logarithm. Nothing is checked here; every array is what
`staffing.roster.arrays` says it is.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from staffing.queue.kernel import Ints, apart, cached, inner
from staffing.roster.kernel.days import (
    BEGINS,
    ENDS,
    FAR,
    FIRST_MEAL,
    HOLE_BEGINS,
    HOLE_ENDS,
    ILLEGAL,
    MEAL_SLOTS,
    MEALS,
    OFF,
    OPTION,
    POINTS,
    SECOND_MEAL,
    SHIFT,
    SLOTS,
    WINDOWS,
    ZERO,
    Duties,
    personal,
)
from staffing.roster.kernel.seats import (
    AT_TABLE,
    COMING,
    CROWDED,
    DAYBREAK,
    GOING,
    IDLE,
    LARGE,
    MISSED,
    NOBODY,
    ON_DUTY,
    POOL,
    SIZE,
    Seats,
    changed,
    come,
    count,
    exact,
    lacking,
    least,
    leave,
    price,
    shifted,
    undo,
)

SOURCES = "440f83e659f74334"
"""Of the other files whose functions are compiled into those that are kept here: without it numba
would take kept machine code for that of a changed function elsewhere. A test tells it."""
ABSENT, WORKING, EATING = 0, 1, 2
"""What somebody does in a slot."""
MOST_CHANGES = 4
DAYS_A_WEEK = 7
NEARBY = 4
"""Of so many days one is any of the horizon, the others are of the same week."""
MEALS_PART, WANTED_PART = 20, 30
"""Per cent of the changes that move a meal, or go to where seats are missing."""
ANOTHER_PART, DAY_PART, TWO_DAYS_PART = (25, 37), (4, 8), (15, 40)
"""Per cent of the other changes: another shift, a day more or less, two days of an agent; what
remains are exchanges between two. Those take long, and pay where a roster is good already: the
second numbers are of large companies, whose people have fewer changes each (`LARGE`)."""
ANEW = 12
"""One of so many changes is drawn and reckoned without regard to what was known once."""
TRIES = 12
"""Draws of chance until what was sought is given up."""


@inner
def below(random: NDArray[np.uint64], number: int) -> int:
    """Return a whole number from 0 to `number` - 1: xorshift64* (Vigna 2016, ACM TOMS 42(4))."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    drawn = (x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)
    return np.int64(drawn % np.uint64(number))  # type: ignore[return-value]


@inner
def day(w: Duties, random: NDArray[np.uint64]) -> int:
    """Return one of the days that may change, by chance."""
    return (w.span[0] + below(random, w.span[1])) % w.week.size


@inner
def may_change(w: Duties, d: int) -> bool:
    """Return whether a day is one of those that may change."""
    return (d - w.span[0]) % w.week.size < w.span[1]


@inner
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


@inner
def crowd(s: Seats, p: int, t: int) -> int:
    """Return the points of too many of a pool's people at the table."""
    most = s.table[s.present[p, t, ON_DUTY]]
    return s.marks[CROWDED] * max(s.present[p, t, AT_TABLE] - most, 0)


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
    first, end = stretch(w, old, new)
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
            total += _counted(s, g, t, was, now)
    return total


@inner
def crowding(s: Seats, g: int, t: int, was: int, now: int) -> int:
    """Return the change of points by too many at the table when somebody does something else."""
    here = (1 if now != ABSENT else 0) - (1 if was != ABSENT else 0)
    eats = (1 if now == EATING else 0) - (1 if was == EATING else 0)
    total = ZERO
    for j in range(s.groups[g], s.groups[g + 1]):
        p = s.posts[j, POOL]
        on, at = s.present[p, t, ON_DUTY], s.present[p, t, AT_TABLE]
        total += max(at + eats - s.table[on + here], 0) - max(at - s.table[on], 0)
    return s.marks[CROWDED] * total


@apart
def bounded(s: Seats, w: Duties, a: int, d: int, new: Ints, once: bool) -> int:
    """Return the least points that another duty of an agent adds, by what is known of half hours.

    Parameters
    ----------
    once : whether what was true once is taken as known
    """
    g, old = w.group[a, d], w.taken[a, d]
    first, end = stretch(w, old, new)
    total = ZERO
    for h in range(first, end):
        was = doing(w, old[OPTION], old[FIRST_MEAL], old[SECOND_MEAL], h)
        now = doing(w, new[OPTION], new[FIRST_MEAL], new[SECOND_MEAL], h)
        if was == now:
            continue
        t = d * SLOTS + h
        if was == WORKING:
            total += least(s, g, t, GOING, once)
        elif now == WORKING:
            total += least(s, g, t, COMING, once)
        if s.marks[CROWDED] > 0:
            total += crowding(s, g, t, was, now)
    return total


@inner
def reckoned(s: Seats, w: Duties, a: int, d: int, new: Ints, room: int) -> int:
    """Return the points that another duty adds beyond those of `bounded`, or more than `room`."""
    g, old = w.group[a, d], w.taken[a, d]
    first, end = stretch(w, old, new)
    total = ZERO
    for h in range(first, end):
        was = doing(w, old[OPTION], old[FIRST_MEAL], old[SECOND_MEAL], h) == WORKING
        now = doing(w, new[OPTION], new[FIRST_MEAL], new[SECOND_MEAL], h) == WORKING
        if was == now:
            continue
        t, way = d * SLOTS + h, COMING if now else GOING
        total -= least(s, g, t, way, False)
        total += exact(s, g, t, way)
        if total > room:
            break
    return total


@inner
def stretch(w: Duties, old: Ints, new: Ints) -> tuple[int, int]:
    """Return first slot of the day, and the one after the last, of either of two duties."""
    first, end = FAR, ZERO
    if old[OPTION] != OFF:
        k = w.options[old[OPTION], SHIFT]
        first, end = w.templates[k, BEGINS], w.templates[k, ENDS]
    if new[OPTION] != OFF:
        k = w.options[new[OPTION], SHIFT]
        first, end = min(first, w.templates[k, BEGINS]), max(end, w.templates[k, ENDS])
    return first, end


@inner
def _counted(s: Seats, g: int, t: int, was: int, now: int) -> int:
    """Count somebody among those on duty and at the table; return the change of points."""
    here = (1 if now != ABSENT else 0) - (1 if was != ABSENT else 0)
    eats = (1 if now == EATING else 0) - (1 if was == EATING else 0)
    total = ZERO
    for j in range(s.groups[g], s.groups[g + 1]):
        p = s.posts[j, POOL]
        total -= crowd(s, p, t)
        if here != 0:
            count(s, p, t, ON_DUTY, here)
        if eats != 0:
            count(s, p, t, AT_TABLE, eats)
        total += crowd(s, p, t)
    return total


@inner
def worth(s: Seats, g: int, t: int) -> int:
    """Return the points lost when somebody of a group is at the table in a slot."""
    best = ZERO
    if s.slots[t, MISSED] > 0:
        for j in range(s.groups[g], s.groups[g + 1]):
            best = max(best, -shifted(s, s.posts[j, POOL], t, NOBODY, j))
    if s.marks[CROWDED] > 0:
        for j in range(s.groups[g], s.groups[g + 1]):
            p = s.posts[j, POOL]
            if s.present[p, t, AT_TABLE] + 1 > s.table[s.present[p, t, ON_DUTY] + 1]:
                best += s.marks[CROWDED]
    return best


@inner
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


@inner
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


@inner
def another(w: Duties, random: NDArray[np.uint64], a: int, d: int) -> int:
    """Return an option of a day by chance: half the time one near the present one, else any."""
    first, end = w.first[a * w.week.size + d], w.first[a * w.week.size + d + 1]
    now = w.taken[a, d, OPTION]
    if now != OFF and below(random, 2) == 0:
        near = now - 4 + below(random, 9)
        if first <= near < end:
            return near
    return first + below(random, end - first)


@inner
def given(s: Seats, w: Duties, a: int, d: int) -> int:
    """Return the points that it seems to cost that somebody does not work on a day of hers."""
    g, old = w.group[a, d], w.taken[a, d]
    k = w.options[old[OPTION], SHIFT]
    total = w.off[a, d] - w.options[old[OPTION], POINTS]
    for h in range(w.templates[k, BEGINS], w.templates[k, ENDS]):
        if doing(w, old[OPTION], old[FIRST_MEAL], old[SECOND_MEAL], h) == WORKING:
            total += least(s, g, d * SLOTS + h, GOING, True)
    return total


@apart
def liked(
    s: Seats, w: Duties, random: NDArray[np.uint64], a: int, d: int, h: int, limit: int
) -> int:
    """Return another option of a day by chance, of those that seem to cost no more than `limit`.

    What half hours cost is what was known of them once; meals are left out of account.

    Parameters
    ----------
    h : slot of the day that the shift is to span, NOBODY for any
    limit : points more than the present day's

    Returns
    -------
    OFF where there is none
    """
    g, old, n = w.group[a, d], w.taken[a, d], a * w.week.size + d
    begin, end = FAR, ZERO
    for i in range(w.first[n], w.first[n + 1]):
        k = w.options[i, SHIFT]
        begin, end = min(begin, w.templates[k, BEGINS]), max(end, w.templates[k, ENDS])
    total = -w.off[a, d] if old[OPTION] == OFF else -w.options[old[OPTION], POINTS]
    w.sums[begin] = 0
    for t in range(begin, end):
        does, own = doing(w, old[OPTION], old[FIRST_MEAL], old[SECOND_MEAL], t), ZERO
        if does == ABSENT:
            own = least(s, g, d * SLOTS + t, COMING, True)
        elif does == WORKING:
            own = -least(s, g, d * SLOTS + t, GOING, True)
            total -= own
        w.sums[t + 1] = w.sums[t] + own
    found, ties = OFF, 0
    for i in range(w.first[n], w.first[n + 1]):
        k = w.options[i, SHIFT]
        one, two = w.templates[k, BEGINS], w.templates[k, ENDS]
        if i == old[OPTION] or (h >= 0 and not one <= h < two):
            continue
        cost = total + w.options[i, POINTS] + w.sums[two] - w.sums[one]
        cost -= w.sums[w.templates[k, HOLE_ENDS]] - w.sums[w.templates[k, HOLE_BEGINS]]
        if cost <= limit:
            ties += 1
            if below(random, ties) == 0:
                found = i
    return found


@inner
def alike(w: Duties, a: int, d: int, b: int, e: int) -> int:
    """Return an agent's option of a day with the template of what another has on hers, or OFF."""
    option = w.taken[b, e, OPTION]
    if option == OFF:
        return OFF
    first, end = w.first[a * w.week.size + d], w.first[a * w.week.size + d + 1]
    same = first + option - w.first[b * w.week.size + e]  # most have the same ones
    if same < end and w.options[same, SHIFT] == w.options[option, SHIFT]:
        return same
    for i in range(first, end):
        if w.options[i, SHIFT] == w.options[option, SHIFT]:
            return i
    return OFF


@inner
def free(w: Duties, a: int, d: int) -> bool:
    """Return whether an agent may work on a day at all, and the day may change."""
    n = a * w.week.size + d
    return not w.fixed[a, d] and w.group[a, d] >= 0 and w.first[n] < w.first[n + 1]


@inner
def wanted(s: Seats, w: Duties, random: NDArray[np.uint64], at: Ints, limit: int) -> int:
    """Write a change to `at` by which somebody comes to where seats are missing; return how many.

    If she is off that day she gives another day for it or not, by chance; 0 where chance met
    nothing that is missing, or nobody who could help.

    Parameters
    ----------
    limit : points that it may seem to cost; see `liked`
    """
    d, t = 0, len(s.slots)
    for _ in range(TRIES):
        if t < len(s.slots) and s.slots[t, MISSED] > 0:
            break
        d = day(w, random)
        t = d * SLOTS + s.marks[DAYBREAK] + below(random, SLOTS)
    if t >= len(s.slots) or s.slots[t, MISSED] == 0:
        return 0
    p, h = below(random, len(s.parts)), t - d * SLOTS
    for _ in range(len(s.parts)):
        if lacking(s, p, t) > 0:
            break
        p = (p + 1) % len(s.parts)
    for _ in range(TRIES if s.helpers[p, 0] > 0 else 0):
        a = helper(s, random, p)
        if not free(w, a, d):
            continue
        now, one, two = w.taken[a, d]
        if doing(w, now, one, two, h) == WORKING:
            continue
        e = nearby(w, random, d) if now == OFF and below(random, 4) > 0 else d
        if w.taken[a, e, OPTION] == OFF:
            e = d
        if e != d and w.fixed[a, e]:
            return 0
        room = limit - given(s, w, a, e) if e != d else limit
        option = liked(s, w, random, a, d, h, room)
        if option == OFF:
            continue
        at[0, 0], at[0, 1], at[0, 2] = a, d, option
        if e == d:
            return 1
        at[1, 0], at[1, 1], at[1, 2] = a, e, OFF
        return 2
    return 0


@inner
def helper(s: Seats, random: NDArray[np.uint64], p: int) -> int:
    """Return somebody by chance who ever serves a pool."""
    return s.helpers[p, 1 + below(random, s.helpers[p, 0])]


@inner
def proposed(s: Seats, w: Duties, random: NDArray[np.uint64], at: Ints, limit: int) -> int:
    """Write changes by chance to `at`, (changes, 3) agent, day and option; return how many.

    Parameters
    ----------
    limit : points that another shift of one agent may seem to cost; see `liked`
    """
    a, d = below(random, w.group.shape[0]), day(w, random)
    kind, large = below(random, 100), s.marks[LARGE]
    if not free(w, a, d):
        return 0
    now = w.taken[a, d, OPTION]
    at[0, 0], at[0, 1] = a, d
    if kind < ANOTHER_PART[large]:
        if now == OFF:
            return 0
        at[0, 2] = liked(s, w, random, a, d, NOBODY, limit)
        return 1 if at[0, 2] != OFF else 0
    if kind < ANOTHER_PART[large] + DAY_PART[large]:
        at[0, 2] = liked(s, w, random, a, d, NOBODY, limit) if now == OFF else OFF
        return 1 if at[0, 2] != now else 0
    if kind < ANOTHER_PART[large] + DAY_PART[large] + TWO_DAYS_PART[large]:
        return two_days(s, w, random, at, limit)
    return exchange(s, w, random, at)


@inner
def two_days(s: Seats, w: Duties, random: NDArray[np.uint64], at: Ints, limit: int) -> int:
    """Give an agent other shifts on two days, or move her rest day; return how many changes."""
    a, d, e = at[0, 0], at[0, 1], nearby(w, random, at[0, 1])
    now, then = w.taken[a, d, OPTION], w.taken[a, e, OPTION]
    at[1, 0], at[1, 1] = a, e
    if e == d or not free(w, a, e):
        return 0
    if now == OFF and then == OFF:
        return 0
    if (now == OFF) == (then == OFF):
        at[0, 2], at[1, 2] = another(w, random, a, d), another(w, random, a, e)
        return 2
    come, go = (0, 1) if now == OFF else (1, 0)
    room = limit - given(s, w, a, at[go, 1])
    at[come, 2], at[go, 2] = liked(s, w, random, a, at[come, 1], NOBODY, room), OFF
    return 2 if at[come, 2] != OFF else 0


@inner
def exchange(s: Seats, w: Duties, random: NDArray[np.uint64], at: Ints) -> int:
    """Let two agents who know the same pool exchange a day or two; return how many changes.

    Where only one of them works that day, the other gives a day of hers for it.
    """
    a, d, g = at[0, 0], at[0, 1], w.group[at[0, 0], at[0, 1]]
    if s.groups[g] == s.groups[g + 1]:
        return 0
    j = s.groups[g] + below(random, s.groups[g + 1] - s.groups[g])
    b = helper(s, random, s.posts[j, POOL])
    if b == a or not free(w, b, d):
        return 0
    mine, hers = w.taken[a, d, OPTION], w.taken[b, d, OPTION]
    if (mine == OFF) == (hers == OFF):
        if mine == OFF or not exchanged(w, at, 0, b):
            return 0
        if below(random, 2) == 0:
            return 2
        at[2, 0], at[2, 1] = a, nearby(w, random, d)
        return 4 if at[2, 1] != d and exchanged(w, at, 2, b) else 0
    first = below(random, DAYS_A_WEEK)
    for i in range(DAYS_A_WEEK):
        e = w.week[d] + (first + i) % DAYS_A_WEEK
        if e < 0 or e >= w.week.size or not free(w, a, e):
            continue
        if (w.taken[a, e, OPTION] == OFF) == (mine == OFF):
            continue
        if (w.taken[b, e, OPTION] == OFF) == (hers == OFF) or not free(w, b, e):
            continue
        at[2, 0], at[2, 1] = a, e
        return 4 if exchanged(w, at, 0, b) and exchanged(w, at, 2, b) else 0
    return 0


@inner
def exchanged(w: Duties, at: Ints, i: int, b: int) -> bool:
    """Write that two exchange a day; return whether each may have the other's shift, a new one.

    Parameters
    ----------
    i : first of the two rows of `at`, which names one of them and the day
    b : the other one
    """
    a, d = at[i, 0], at[i, 1]
    if w.fixed[a, d] or w.fixed[b, d]:
        return False
    mine, hers = w.taken[a, d, OPTION], w.taken[b, d, OPTION]
    at[i, 2], at[i + 1, 2] = alike(w, a, d, b, d), alike(w, b, d, a, d)
    at[i + 1, 0], at[i + 1, 1] = b, d
    if (at[i, 2] == OFF) != (hers == OFF) or (at[i + 1, 2] == OFF) != (mine == OFF):
        return False
    return at[i, 2] != mine or at[i + 1, 2] != hers


@inner
def exchanged_meals(w: Duties, at: Ints, new: Ints, i: int) -> None:
    """Write one of two exchanged duties to `new`, with the meals of who had it."""
    had = w.taken[at[i ^ 1, 0], at[i, 1]]
    new[i, OPTION], new[i, FIRST_MEAL], new[i, SECOND_MEAL] = (
        at[i, 2],
        had[FIRST_MEAL],
        had[SECOND_MEAL],
    )


@inner
def nearby(w: Duties, random: NDArray[np.uint64], d: int) -> int:
    """Return a day by chance, mostly of the same week; it may be the same one."""
    if below(random, NEARBY) > 0:
        e = w.week[d] + below(random, DAYS_A_WEEK)
        if 0 <= e < w.week.size and may_change(w, e):
            return e
    return day(w, random)


@inner
def swap(w: Duties, at: Ints, number: int) -> None:
    """Exchange what is taken with changes: once to make them, once more to take them back."""
    for i in range(number):
        a, d = at[i, 0], at[i, 1]
        w.taken[a, d, OPTION], at[i, 2] = at[i, 2], w.taken[a, d, OPTION]


@inner
def own(w: Duties, costs: Ints, at: Ints, number: int, fresh: Ints) -> int:
    """Return what changes add to the points of the agents concerned; ILLEGAL if they may not.

    Parameters
    ----------
    costs : (agents) points of each agent's own
    fresh : the new ones of the first two changes' agents are written here
    """
    swap(w, at, number)
    a, b = at[0, 0], at[min(number, 2) - 1, 0]
    fresh[0] = personal(w, a)
    fresh[1] = fresh[0] if b == a or fresh[0] == ILLEGAL else personal(w, b)
    swap(w, at, number)
    if fresh[0] == ILLEGAL or fresh[1] == ILLEGAL:
        return ILLEGAL
    return fresh[0] - costs[a] + (0 if a == b else fresh[1] - costs[b])


@inner
def later(w: Duties, random: NDArray[np.uint64], at: Ints, new: Ints) -> int:
    """Write another time for a meal to `new`; return 1, or 0 where chance met no meal."""
    a, d = below(random, w.group.shape[0]), day(w, random)
    option = w.taken[a, d, OPTION]
    if option == OFF or w.templates[w.options[option, SHIFT], MEALS] == 0:
        return 0
    k = w.options[option, SHIFT]
    i = below(random, w.templates[k, MEALS])
    first, last = w.templates[k, WINDOWS + 2 * i], w.templates[k, WINDOWS + 2 * i + 1]
    at[0, 0], at[0, 1], at[0, 2] = a, d, option
    for column in (OPTION, FIRST_MEAL, SECOND_MEAL):
        new[0, column] = w.taken[a, d, column]
    new[0, FIRST_MEAL + i] = first + below(random, last - first + 1)
    return 1 if new[0, FIRST_MEAL + i] != w.taken[a, d, FIRST_MEAL + i] else 0


@inner
def too_dear(
    s: Seats,
    w: Duties,
    at: Ints,
    new: Ints,
    number: int,
    limit: int,
    anew: bool,
) -> bool:
    """Return whether changes of one agent's days cost more than `limit`, without making them.

    First, unless they are to be reckoned anew, by what was known of half hours once, true or not;
    then by what is known to be true, and only then is reckoned what is not known.
    """
    delta = ZERO
    if not anew:
        for i in range(number):
            delta += bounded(s, w, at[i, 0], at[i, 1], new[i], True)
        if delta > limit:
            return True
    delta = ZERO
    for i in range(number):
        delta += bounded(s, w, at[i, 0], at[i, 1], new[i], False)
    for i in range(number):
        if delta <= limit:
            delta += reckoned(s, w, at[i, 0], at[i, 1], new[i], limit - delta)
    return delta > limit


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
        chance = (np.float64(below(random, 1 << 53)) + 1.0) / 9007199254740992.0
        limit = int(np.floor(-heat * np.log(chance)))
        anew = below(random, ANEW) == 0
        kind, seeming = below(random, 100), ILLEGAL if anew else limit
        eaten = kind < MEALS_PART
        if eaten:
            number = later(w, random, at, new)
        else:
            aimed, draw = kind < MEALS_PART + WANTED_PART, (s, w, random, at, seeming)
            number = wanted(*draw) if aimed else proposed(*draw)
            if number > 0:
                delta = own(w, costs, at, number, fresh)
        if number == 0 or delta == ILLEGAL:
            continue
        s.marks[SIZE] = 0
        alone = at[number - 1, 0] == at[0, 0]
        for i in range(0 if eaten else number):
            if alone:
                fed(s, w, random, at[i, 0], at[i, 1], at[i, 2], new[i])
            else:
                exchanged_meals(w, at, new, i)
        if alone and too_dear(s, w, at, new, number, limit - delta, anew):
            continue
        for i in range(number):
            delta += turn(s, w, at[i, 0], at[i, 1], new[i], False, ILLEGAL)
        for i in range(number):
            if delta <= limit:
                left = limit - delta
                delta += turn(s, w, at[i, 0], at[i, 1], new[i], True, left)
        if delta > limit:
            undo(s, 0)
            continue
        gained += delta
        changed(s)
        for i in range(number):
            w.taken[at[i, 0], at[i, 1]] = new[i]
        if not eaten:
            costs[at[0, 0]] = fresh[0]
            costs[at[min(number, 2) - 1, 0]] = fresh[1]
    return gained


@cached
def reckon(s: Seats, w: Duties, costs: Ints) -> int:
    """Return the points of all duties and of who serves where, by agent in `costs`."""
    total = ZERO
    for t in range(len(s.slots)):
        s.slots[t, MISSED] = ZERO
        for p in range(len(s.parts)):
            s.slots[t, MISSED] += price(s, p, t, lacking(s, p, t))
            total += crowd(s, p, t)
        total += s.slots[t, MISSED]
        for j in range(len(s.posts), s.crews.shape[1]):
            total += s.crews[t, j] * s.slots[t, IDLE]
    for a in range(len(costs)):
        costs[a] = personal(w, a)
        total += costs[a]
    return total


@cached
def enter(s: Seats, w: Duties) -> int:
    """Seat everybody for the duties that are taken; return the change of points by that."""
    agents, days = w.group.shape
    total, new = ZERO, np.zeros(3, np.int64)
    for a in range(agents):
        for d in range(days):
            new[:] = w.taken[a, d]
            if new[OPTION] != OFF:
                w.taken[a, d, OPTION] = OFF
                s.marks[SIZE] = 0
                total += turn(s, w, a, d, new, False, ILLEGAL)
                w.taken[a, d] = new
    return total


@cached
def adopt(s: Seats, w: Duties, costs: Ints, other: Ints) -> int:
    """Take over the duties of days that may not change here, for which the seats are taken already.

    An agent whose limits do not hold with both halves keeps the duties that she has here; return
    the change of points of seats and meals by that.

    Parameters
    ----------
    other : as `Duties.taken`
    """
    agents, days = w.group.shape
    total, mine = ZERO, np.zeros((days, 3), np.int64)
    for a in range(agents):
        mine[:] = w.taken[a]
        for d in range(days):
            if not may_change(w, d):
                w.taken[a, d] = other[a, d]
        fresh = personal(w, a)
        if fresh != ILLEGAL:
            costs[a] = fresh
            continue
        for d in range(days):
            s.marks[SIZE] = 0
            total += turn(s, w, a, d, mine[d], False, ILLEGAL)
            total += turn(s, w, a, d, mine[d], True, ILLEGAL)
            changed(s)
            w.taken[a, d] = mine[d]
    return total
