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
    ABSENT,
    BEGINS,
    EATING,
    ENDS,
    FAR,
    FIRST_MEAL,
    ILLEGAL,
    MEAL_SLOTS,
    MEALS,
    OFF,
    OPTION,
    SECOND_MEAL,
    SHIFT,
    SLOTS,
    WINDOWS,
    WORKING,
    ZERO,
    Duties,
    doing,
    personal,
)
from staffing.roster.kernel.moves import MOST_CHANGES, below, day, may_change, proposed, wanted
from staffing.roster.kernel.seats import (
    AT_TABLE,
    COMING,
    CROWDED,
    GOING,
    IDLE,
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

SOURCES = "3aa317f809faa8c6"
"""Of the other files whose functions are compiled into those that are kept here: without it numba
would take kept machine code for that of a changed function elsewhere. A test tells it."""
MEALS_PART, WANTED_PART = 20, 30
"""Per cent of the changes that move a meal, or go to where seats are missing."""
ANEW = 12
"""One of so many changes is drawn and reckoned without regard to what was known once."""


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
def exchanged_meals(w: Duties, at: Ints, new: Ints, i: int) -> None:
    """Write one of two exchanged duties to `new`, with the meals of who had it."""
    had = w.taken[at[i ^ 1, 0], at[i, 1]]
    new[i, OPTION], new[i, FIRST_MEAL], new[i, SECOND_MEAL] = (
        at[i, 2],
        had[FIRST_MEAL],
        had[SECOND_MEAL],
    )


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
