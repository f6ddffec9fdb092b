"""One agent's days, compiled: what they cost her, and whether they keep her limits.

Nothing is checked here; every array is what `staffing.roster.arrays` says it is.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from staffing.queue.kernel import Ints, apart, inner

SLOTS = 48
"""Slots of a day, `staffing.grid.SLOTS_PER_DAY`: a compiled loop needs it as a number."""
OFF = -1
"""Instead of an option: no duty."""
SPAN, TAGGED, RUN, LEAST_RUN, LEAST_OFF, REST, AFTER, WEEKENDS, OVERTIME, TAG_RUN, STARTS, FREE = (
    range(12)
)
"""Kinds of limits in `Duties.code`: kind, how many numbers follow, numbers."""
BEGINS, ENDS, PAID, TAGS, MEALS, MEAL_SLOTS, HOLE_BEGINS, HOLE_ENDS, WINDOWS = range(9)
"""Columns of `Duties.templates`; of each meal the first and last start."""
SHIFT, POINTS, BURDEN = 0, 1, 2
"""Columns of `Duties.options`."""
DAYS_WEIGHT, STEADY_WEIGHT, STEADY_FREE, STEADY_STEP, WEIGHTS = range(5)
"""Of `Duties.prices`; four weights, one of each burden's bit."""
OPTION, FIRST_MEAL, SECOND_MEAL = 0, 1, 2
"""Columns of `Duties.taken`."""
ABSENT, WORKING, EATING = 0, 1, 2
"""What somebody does in a slot."""
# Of a plain number numba would compile every function that is given it anew, as a constant.
ILLEGAL, ZERO, FAR = (cast("int", np.int64(n)) for n in (1 << 60, 0, 1 << 40))


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
    span : first of the days that may change, and how many they are: after the last comes the first
    fixed : (agents, days) whether an agent's day stays all the same, but for its meals
    sums : (slots until the last shift ends + 1) scratch
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
    span: Ints
    fixed: Ints
    sums: Ints


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


@inner
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


@inner
def _kept(w: Duties, a: int, kind: int, c: Ints) -> bool:
    """Return whether one limit holds.

    Parameters
    ----------
    c : its numbers
    """
    if kind == SPAN:
        return _in_span(w, a, c)
    if kind == REST:
        return _rested(w, a, c)
    if kind in (RUN, TAG_RUN):
        return _not_too_long(w, a, kind, c)
    if kind == OVERTIME:
        return _overtime(w, a, c) <= c[0]
    if kind == TAGGED:
        return _tagged(w, a, c) <= c[3]
    if kind == STARTS:
        return _close(w, a, c)
    if kind == AFTER:
        return _follow(w, a, c)
    if kind in (LEAST_RUN, LEAST_OFF):
        return _not_too_short(w, a, kind, c)
    free = _free_weekends(w, a, c[1:])
    return free >= 1 if kind == FREE else (len(c) - 1) // 2 - free <= c[0]


@inner
def _in_span(w: Duties, a: int, c: Ints) -> bool:
    """Numbers: first day, day after the last, least and most paid slots, least and most days."""
    paid = worked = 0
    for d in range(c[0], c[1]):
        if _works(w, a, d):
            paid += _about(w, a, d, PAID)
            worked += 1
    return c[2] <= paid <= c[3] and c[4] <= worked <= c[5]


@inner
def _tagged(w: Duties, a: int, c: Ints) -> int:
    """Numbers: first day, day after the last, tags, most."""
    number = 0
    for d in range(c[0], c[1]):
        number += (_about(w, a, d, TAGS) & c[2]) != 0
    return number


@inner
def _not_too_long(w: Duties, a: int, kind: int, c: Ints) -> bool:
    """Numbers: most days in a row, days so far before the horizon, tags."""
    run = c[1]
    for d in range(w.week.size):
        on = _works(w, a, d) if kind == RUN else (_about(w, a, d, TAGS) & c[2]) != 0
        run = run + 1 if on else 0
        if run > c[0]:
            return False
    return True


@inner
def _not_too_short(w: Duties, a: int, kind: int, c: Ints) -> bool:
    """Numbers: least days in a row; a run that touches an edge may go on beyond."""
    length = FAR
    for d in range(w.week.size):
        if _works(w, a, d) == (kind == LEAST_RUN):
            length += 1
        elif 0 < length < c[0]:
            return False
        else:
            length = ZERO
    return True


@inner
def _rested(w: Duties, a: int, c: Ints) -> bool:
    """Numbers: slots of rest, slot in which the last published shift ended."""
    last = c[1]
    for d in range(w.week.size):
        if _works(w, a, d):
            if d * SLOTS + _about(w, a, d, BEGINS) < last + c[0]:
                return False
            last = d * SLOTS + _about(w, a, d, ENDS)
        elif d > 0:
            last = -FAR
    return True


@inner
def _follow(w: Duties, a: int, c: Ints) -> bool:
    """Numbers: tags, tags that never come on the day after."""
    for d in range(w.week.size - 1):
        if (_about(w, a, d, TAGS) & c[0]) and (_about(w, a, d + 1, TAGS) & c[1]):
            return False
    return True


@inner
def _free_weekends(w: Duties, a: int, c: Ints) -> int:
    """Numbers: first day and day after the last of each weekend."""
    free = 0
    for i in range(0, len(c), 2):
        worked = False
        for d in range(c[i], c[i + 1]):
            worked = worked or _works(w, a, d)
        free += not worked
    return free


@inner
def _overtime(w: Duties, a: int, c: Ints) -> int:
    """Numbers: most, then of each week: days, paid before, above before, slots of a normal day."""
    total = ZERO
    for i in range(1, len(c), 5):
        paid, above = c[i + 2], c[i + 3]
        for d in range(c[i], c[i + 1]):
            own = _about(w, a, d, PAID)
            paid += own
            above += max(own - c[i + 4], 0)
        total += max(paid, above, 0)
    return total


@inner
def _close(w: Duties, a: int, c: Ints) -> bool:
    """Numbers: first day, day after the last, spread, earliest and latest published start."""
    earliest, latest = c[3], c[4]
    for d in range(c[0], c[1]):
        if _works(w, a, d):
            start = _about(w, a, d, BEGINS)
            earliest, latest = min(earliest, start), max(latest, start)
    return latest - earliest <= c[2]


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
