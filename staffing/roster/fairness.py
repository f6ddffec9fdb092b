"""The soft goals below hours: even burdens, wishes, and few changes, each with its name.

Each price is stated twice: over the variables of a crew's model, and for a finished roll. What
came before the horizon enters as a `Standing`: an agent who is ahead of the others in a burden
pays for every further one.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
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
BURDENS = ("late", "weekend", "statutory", "peak_night")
"""What is spread evenly and remembered: late shifts, weekend days, statutory days, evenings of
promotion days."""
GOALS = (*BURDENS, "days", "requests", "changes", "steady")
"""Every soft goal of this module."""
EVENING = (20 * SLOTS_PER_H, SLOTS_PER_DAY)
"""Slots of a service day whose work on a promotion day is a peak night: 20:00 to 24:00, when
phases open and most is bought."""
STEADY = 2 * SLOTS_PER_H
"""Slots by which the starts of an agent's shifts may differ in a week at no price."""
STEADY_STEP = 4 * SLOTS_PER_H
"""Each begun step beyond that costs the weight: hours each would outweigh even late shifts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What fairness starts from; empty, nobody is ahead and nothing was published.

    Attributes
    ----------
    leads : (agent id, burden) -> by how much she is ahead of who is least so, never negative
    marked : ``statutory`` and ``peak_night`` -> the days of the horizon that count as such
    published : (agent id, day) -> start and end slot of the duty in the last published version
        of the horizon, None for a published day off; days that were not published are missing
    """

    leads: Mapping[tuple[str, str], float] = field(default_factory=dict)
    marked: Mapping[str, frozenset[int]] = field(default_factory=dict)
    published: Mapping[tuple[str, int], tuple[int, int] | None] = field(default_factory=dict)

    def of(self, agents: Collection[str]) -> Standing:
        """Return what concerns some agents only."""
        return Standing(
            leads={key: lead for key, lead in self.leads.items() if key[0] in agents},
            marked=self.marked,
            published={key: span for key, span in self.published.items() if key[0] in agents},
        )

    def counts(self, burden: str, start: dt.date, day: int, shift: Template) -> bool:
        """Return whether a shift on a day of the horizon is one more of a burden."""
        match burden:
            case "late":
                return "late" in shift.tags
            case "weekend":
                return (start + dt.timedelta(days=day)).weekday() >= 5
            case "peak_night" if not (shift.start < EVENING[1] and shift.end > EVENING[0]):
                return False
        return day in self.marked.get(burden, frozenset())

    def surcharge(self, agent: str, burden: str, weight: int) -> int:
        """Return the points of each further burden of an agent, for her lead.

        A count n that starts from a balance b costs the triangular number of n + b; against that
        of b alone this is the price of n from nothing, and b for each. So balances need no
        variables of their own, and may be fractions.
        """
        return round(weight * self.leads.get((agent, burden), 0.0))


FRESH = Standing()
"""Nobody is ahead, nothing was published."""


def wish_cost(costs: Mapping[str, int], shift: Template | None) -> int:
    """Return what a day costs with a shift, or with none."""
    if shift is None:
        return costs.get(NONE, 0)
    return costs.get(ANY, 0) + sum(costs.get(tag, 0) for tag in shift.tags)


def weights(weigh: Fairness) -> dict[str, int]:
    """Return the weight of each burden."""
    return {
        "late": weigh.late_weight,
        "weekend": weigh.weekend_weight,
        "statutory": weigh.statutory_weight,
        "peak_night": weigh.peak_night_weight,
    }


def unfairness_terms(
    cp: cp_model.CpModel,
    own: Mapping[str, Own],
    start: dt.date,
    weigh: Fairness,
    wishes: Wishes,
    standing: Standing = FRESH,
) -> cp_model.LinearExpr:
    """Return the price of uneven burdens and days, broken wishes, changes and unsteady weeks.

    Parameters
    ----------
    own : agent id -> her shifts of every day of the horizon, kept ones included
    """
    terms: list[cp_model.LinearExprT] = []
    for agent, days in own.items():
        shifts = [(d, t, v) for d, each in days.items() for t, v in each]
        for burden, weight in weights(weigh).items():
            counted = [v for d, t, v in shifts if standing.counts(burden, start, d, t)]
            terms += [weight * v for v in _convex(cp, counted)]
            if surcharge := standing.surcharge(agent, burden, weight):
                terms += [surcharge * v for v in counted]
        terms += [weigh.days_weight * v for v in _convex(cp, [v for _, _, v in shifts])]
        for d, each in days.items():
            costs = wishes.get((agent, d), {})
            terms += [c * v for t, v in each if (c := wish_cost(costs, t))]
            if none := wish_cost(costs, None):
                terms.append(none * (1 - total(v for _, v in each)))
            if (agent, d) in standing.published and weigh.change_weight:
                span = standing.published[agent, d]
                terms.append(weigh.change_weight * _changed(each, span))
        if weigh.steady_weight:
            for week in _by_week(start, days):
                terms.append(weigh.steady_weight * _unsteady(cp, [days[d] for d in week]))
    return total(terms)


def unfairness(
    roll: Roll, start: dt.date, weigh: Fairness, wishes: Wishes, standing: Standing = FRESH
) -> int:
    """Return what `unfairness_terms` would say of finished duties."""
    return sum(points_by_goal(roll, start, weigh, wishes, standing).values())


def points_by_goal(
    roll: Roll, start: dt.date, weigh: Fairness, wishes: Wishes, standing: Standing = FRESH
) -> dict[str, int]:
    """Return the points of each of `GOALS` for finished duties; their sum is `unfairness`."""
    points = dict.fromkeys(GOALS, 0)
    days = Counter(agent for agent, _ in roll)
    for burden, weight in weights(weigh).items():
        counts = Counter(
            agent
            for (agent, day), duty in roll.items()
            if standing.counts(burden, start, day, duty.shift)
        )
        points[burden] = sum(
            weight * _convex_value(number) + standing.surcharge(agent, burden, weight) * number
            for agent, number in counts.items()
        )
    points["days"] = weigh.days_weight * sum(map(_convex_value, days.values()))
    for key, costs in wishes.items():
        points["requests"] += wish_cost(costs, roll[key].shift if key in roll else None)
    for key, span in standing.published.items():
        shift = roll[key].shift if key in roll else None
        changed = span != (None if shift is None else (shift.start, shift.end))
        points["changes"] += weigh.change_weight * changed
    if weigh.steady_weight:
        starts: dict[tuple[str, dt.date], list[int]] = defaultdict(list)
        for (agent, day), duty in roll.items():
            starts[agent, _monday(start, day)].append(duty.shift.start)
        points["steady"] = weigh.steady_weight * sum(
            -(-max(max(each) - min(each) - STEADY, 0) // STEADY_STEP) for each in starts.values()
        )
    return points


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


def _changed(
    shifts: Sequence[tuple[Template, cp_model.IntVar]], span: tuple[int, int] | None
) -> cp_model.LinearExpr:
    """Return 1 where a day is not as it was published, else 0."""
    if span is None:
        return total(v for _, v in shifts)
    return 1 - total(v for t, v in shifts if (t.start, t.end) == span)


def _monday(start: dt.date, day: int) -> dt.date:
    date = start + dt.timedelta(days=day)
    return date - dt.timedelta(days=date.weekday())


def _by_week(start: dt.date, days: Iterable[int]) -> list[list[int]]:
    """Return the days of each calendar week of the horizon."""
    found: dict[dt.date, list[int]] = defaultdict(list)
    for day in days:
        found[_monday(start, day)].append(day)
    return list(found.values())


def _unsteady(
    cp: cp_model.CpModel, days: Sequence[Sequence[tuple[Template, cp_model.IntVar]]]
) -> cp_model.IntVar:
    """Return the steps, rounded up, by which the starts of a week differ beyond `STEADY`."""
    latest = max((t.start for each in days for t, _ in each), default=0)
    first, last = cp.new_int_var(0, latest, ""), cp.new_int_var(0, latest, "")
    for each in days:
        begins = total(t.start * v for t, v in each)
        cp.add(last >= begins)
        cp.add(first <= begins + latest * (1 - total(v for _, v in each)))
    steps = cp.new_int_var(0, latest, "")
    cp.add(STEADY_STEP * steps >= last - first - STEADY)
    return steps
