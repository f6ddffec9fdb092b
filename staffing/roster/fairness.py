"""Fairness and wishes: the price of uneven duties and of days that go against what was asked.

Each price is stated twice: over the variables of a crew's model, and for a finished roll.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from staffing.roster.duty import Roll
from staffing.roster.lawful import Own, total
from staffing.roster.shifts import Template
from staffing.scenario import Fairness

ANY, NONE = "*", ""
"""In wishes: any shift at all, and no shift."""
Wishes = Mapping[tuple[str, int], Mapping[str, int]]
"""(agent id, day) -> tag of a shift, `ANY` or `NONE` -> what such a day costs, never negative."""
UNWANTED = {"rest_day": ANY, "early": "late", "late": "early"}
"""Wish of the requests table -> the tag that breaks it."""
STEPS = range(1, 6)
"""A count costs its excess over each of these: 0, 1, 3, 6, 10, 15 for 1 to 6."""


def wish_cost(costs: Mapping[str, int], shift: Template | None) -> int:
    """Return what a day costs with a shift, or with none."""
    if shift is None:
        return costs.get(NONE, 0)
    return costs.get(ANY, 0) + sum(costs.get(tag, 0) for tag in shift.tags)


def unfairness_terms(
    cp: cp_model.CpModel,
    own: Mapping[str, Own],
    start: dt.date,
    weigh: Fairness,
    wishes: Wishes,
) -> cp_model.LinearExpr:
    """Return the price of uneven late shifts, weekend days and days, and of broken wishes.

    Parameters
    ----------
    own : agent id -> her shifts of every day of the horizon, kept ones included
    """
    terms: list[cp_model.LinearExprT] = []
    for agent, days in own.items():
        shifts = [(d, t, v) for d, each in days.items() for t, v in each]
        late = [v for _, t, v in shifts if "late" in t.tags]
        weekend = [v for d, _, v in shifts if _weekend(start, d)]
        terms += [weigh.late_weight * v for v in _convex(cp, late)]
        terms += [weigh.weekend_weight * v for v in _convex(cp, weekend)]
        terms += [weigh.days_weight * v for v in _convex(cp, [v for _, _, v in shifts])]
        for d, each in days.items():
            costs = wishes.get((agent, d), {})
            terms += [c * v for t, v in each if (c := wish_cost(costs, t))]
            if none := wish_cost(costs, None):
                terms.append(none * (1 - total(v for _, v in each)))
    return total(terms)


def unfairness(roll: Roll, start: dt.date, weigh: Fairness, wishes: Wishes) -> int:
    """Return what `unfairness_terms` would say of finished duties."""
    late, weekend, days = Counter[str](), Counter[str](), Counter[str]()
    points = 0
    for (agent, day), duty in roll.items():
        late[agent] += "late" in duty.shift.tags
        weekend[agent] += _weekend(start, day)
        days[agent] += 1
    for key, costs in wishes.items():
        points += wish_cost(costs, roll[key].shift if key in roll else None)
    for counts, weight in (
        (late, weigh.late_weight),
        (weekend, weigh.weekend_weight),
        (days, weigh.days_weight),
    ):
        points += weight * sum(_convex_value(number) for number in counts.values())
    return points


def _weekend(start: dt.date, day: int) -> bool:
    return (start + dt.timedelta(days=day)).weekday() >= 5


def _convex(cp: cp_model.CpModel, own: Sequence[cp_model.LinearExprT]) -> list[cp_model.IntVar]:
    """Return the excesses of a count: a convex price, so that it spreads evenly."""
    found = []
    for above in STEPS[: max(len(own) - 1, 0)]:
        over = cp.new_int_var(0, len(own), "")
        cp.add(over >= total(own) - above)
        found.append(over)
    return found


def _convex_value(number: int) -> int:
    return sum(max(number - above, 0) for above in STEPS)
