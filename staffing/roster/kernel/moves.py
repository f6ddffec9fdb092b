"""The changes that `walk` tries, drawn by chance: other duties of an agent, or of two.

Each is written as rows of agent, day and option; whether it keeps the limits and what it costs the
walk finds out. Nothing is checked here; every array is what `staffing.roster.arrays` says it is.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from staffing.queue.kernel import Ints, apart, inner
from staffing.roster.kernel.days import (
    ABSENT,
    BEGINS,
    ENDS,
    FAR,
    FIRST_MEAL,
    HOLE_BEGINS,
    HOLE_ENDS,
    OFF,
    OPTION,
    POINTS,
    SECOND_MEAL,
    SHIFT,
    SLOTS,
    WORKING,
    ZERO,
    Duties,
    doing,
)
from staffing.roster.kernel.seats import (
    COMING,
    DAYBREAK,
    GOING,
    LARGE,
    MISSED,
    NOBODY,
    POOL,
    TIED,
    Seats,
    lacking,
    least,
)

LONGEST = 14
"""Days in a row that one change concerns at most."""
MOST_CHANGES = 2 * LONGEST
"""Duties of a change at most."""
DAYS_A_WEEK = 7
NEARBY = 4
"""Of so many days one is any of the horizon, the others are of the same week."""
ANOTHER_PART, DAY_PART, TWO_DAYS_PART = (25, 37), (4, 8), (15, 40)
"""Per cent of the changes that are not of meals or to where seats are missing: another shift, a day
more or less, two days of an agent; what remains are exchanges between two. Those take long, and pay
where a roster is good already: the second numbers are of large companies, whose people have fewer
changes each (`LARGE`). Where limits bind days in a row from below (`TIED`), half of the last two
kinds change a run of days at once, for exchanges of single days are mostly unlawful there."""
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
def free(w: Duties, a: int, d: int) -> bool:
    """Return whether an agent may work on a day at all, and the day may change."""
    n = a * w.week.size + d
    return not w.fixed[a, d] and w.group[a, d] >= 0 and w.first[n] < w.first[n + 1]


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
def alike(w: Duties, a: int, d: int, option: int, b: int, e: int) -> int:
    """Return an agent's option of a day with the template of another's on hers; OFF if none."""
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
        if s.marks[TIED] == 0 or below(random, 2) == 0:
            return two_days(s, w, random, at, limit)
        if below(random, 2) == 0:
            return alike_days(w, random, at)
        return moved_days(w, random, at)
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
    if s.marks[TIED] > 0 and below(random, 2) == 0:
        return exchanged_days(w, random, at, b)
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
def alike_days(w: Duties, random: NDArray[np.uint64], at: Ints) -> int:
    """Give an agent one shift on some days in a row, of these half the time only where she works.

    Returns
    -------
    How many changes; so do the two that follow
    """
    a, d = at[0, 0], at[0, 1]
    option, every, number = another(w, random, a, d), below(random, 2) == 0, 0
    for e in range(d, min(d + 2 + below(random, LONGEST // 2), w.week.size)):
        now = w.taken[a, e, OPTION]
        if not may_change(w, e) or not free(w, a, e) or (now == OFF and not every):
            break
        new = alike(w, a, e, option, a, d)
        if new == OFF:
            break
        if new != now:
            at[number, 0], at[number, 1], at[number, 2] = a, e, new
            number += 1
    return number


@inner
def moved_days(w: Duties, random: NDArray[np.uint64], at: Ints) -> int:
    """Move an agent's duties of some days in a row by a day; the one pushed out fills the gap."""
    a, d, number = at[0, 0], at[0, 1], 0
    length, back = min(2 + below(random, LONGEST - 1), w.week.size - d), below(random, 2) == 0
    for e in range(d, d + length):
        if not may_change(w, e) or w.fixed[a, e] or w.group[a, e] < 0:
            return 0
        source = d + (e - d + (1 if back else length - 1)) % length
        then, now = w.taken[a, source, OPTION], w.taken[a, e, OPTION]
        new = alike(w, a, e, then, a, source)
        if new == OFF and then != OFF:
            return 0
        if new != now:
            at[number, 0], at[number, 1], at[number, 2] = a, e, new
            number += 1
    return number


@inner
def exchanged_days(w: Duties, random: NDArray[np.uint64], at: Ints, b: int) -> int:
    """Let an agent exchange some days in a row with another, but for those that they may not.

    Parameters
    ----------
    b : the other one
    """
    a, d, number = at[0, 0], at[0, 1], 0
    for e in range(d, min(d + 2 + below(random, LONGEST - 1), w.week.size)):
        if may_change(w, e) and free(w, a, e) and free(w, b, e):
            at[number, 0], at[number, 1] = a, e
            number += 2 if exchanged(w, at, number, b) else 0
    return number


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
    at[i, 2], at[i + 1, 2] = alike(w, a, d, hers, b, d), alike(w, b, d, mine, a, d)
    at[i + 1, 0], at[i + 1, 1] = b, d
    if (at[i, 2] == OFF) != (hers == OFF) or (at[i + 1, 2] == OFF) != (mine == OFF):
        return False
    return at[i, 2] != mine or at[i + 1, 2] != hers


@inner
def nearby(w: Duties, random: NDArray[np.uint64], d: int) -> int:
    """Return a day by chance, mostly of the same week; it may be the same one."""
    if below(random, NEARBY) > 0:
        e = w.week[d] + below(random, DAYS_A_WEEK)
        if 0 <= e < w.week.size and may_change(w, e):
            return e
    return day(w, random)
