"""A proof of how good a roster can be: the linear relaxation of the whole problem.

Agents alike in every respect form a class; their shifts, meals and service become real numbers.
No lawful roster leaves fewer seats uncovered than this relaxation, whatever search found it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from ortools.math_opt.python import mathopt

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.duty import Group
from staffing.roster.model import Open
from staffing.roster.places import Reach, by_pool, pool_of
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent

TIME_LIMIT = dt.timedelta(seconds=300)
"""Never reached in practice; a relaxation cut short proves nothing and is not used."""
SAFETY = 1e-6
"""Subtracted from the optimum: the solver's own tolerance."""

Key = tuple[int, int, Template]


def least_uncovered(
    agents: Sequence[Agent], need: Open, reach: Reach = MappingProxyType({})
) -> float | None:
    """Return a lower bound on uncovered speed units over all lawful rosters.

    None when the relaxation could not be solved.
    """
    model = mathopt.Model()
    classes: dict[Agent, int] = defaultdict(int)
    for agent in agents:
        classes[_faceless(agent)] += 1
    shift: dict[Key, mathopt.Variable] = {}
    for c, (agent, size) in enumerate(classes.items()):
        _personal_rules(model, c, agent, size, shift)
    under = _coverage(model, list(classes.items()), need, shift, reach)
    model.minimize(mathopt.fast_sum(under))
    parameters = mathopt.SolveParameters(
        time_limit=TIME_LIMIT, lp_algorithm=mathopt.LPAlgorithm.BARRIER
    )
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return None
    return max(float(result.dual_bound()) - SAFETY * sum(need.values()), 0.0)


def _faceless(agent: Agent) -> Agent:
    """Return the agent without what tells her from others who are bound alike."""
    return replace(agent, agent_id="")


def _personal_rules(
    model: mathopt.Model,
    c: int,
    agent: Agent,
    size: int,
    shift: dict[Key, mathopt.Variable],
) -> None:
    """State what bounds a class: one shift a day, weekly hours and days, days in a row (R2-R8).

    Rest between shifts (R9) is left out: a relaxation may forget rules, and its bound stays one.
    """
    works: list[mathopt.LinearSum] = []
    for d, option in enumerate(agent.options):
        own = []
        for each in () if option is None else option.shifts:
            shift[c, d, each] = model.add_variable(lb=0, ub=size)
            own.append(shift[c, d, each])
        works.append(mathopt.fast_sum(own))
        if own:
            model.add_linear_constraint(works[d] <= size)
    for span in agent.limits.spans:
        paid = mathopt.fast_sum(
            [each.paid * v for (b, d, each), v in shift.items() if b == c and d in span.days]
        )
        days = mathopt.fast_sum([works[d] for d in span.days])
        model.add_linear_constraint(paid <= size * span.most_paid)
        model.add_linear_constraint(days <= size * span.most_days)
    most = agent.limits.most_consecutive
    if most is None:
        return
    for first in range(-most, len(works) - most):
        window = range(first, first + most + 1)
        before = sum(d in agent.worked for d in window if d < 0)
        days = mathopt.fast_sum([works[d] for d in window if d >= 0])
        model.add_linear_constraint(days <= size * (most - before))


def _presence(
    model: mathopt.Model, classes: list[tuple[Agent, int]], shift: dict[Key, mathopt.Variable]
) -> dict[tuple[Group, int], list[mathopt.LinearTypes]]:
    """State the meals of each group and shift; return who is at work when."""
    people: dict[tuple[Group, Template], list[mathopt.Variable]] = defaultdict(list)
    for (c, d, each), variable in shift.items():
        option = classes[c][0].options[d]
        assert option is not None
        people[(d, option.capability), each].append(variable)
    present: dict[tuple[Group, int], list[mathopt.LinearTypes]] = defaultdict(list)
    for (group, each), variables in people.items():
        number = mathopt.fast_sum(variables)
        day = group[0] * SLOTS_PER_DAY
        for t in each.on_duty:
            present[group, day + t].append(number)
        for meal in each.meals:
            eating = [model.add_variable(lb=0) for _ in range(meal.first, meal.last + 1)]
            model.add_linear_constraint(mathopt.fast_sum(eating) == number)
            for t, variable in enumerate(eating, start=day + meal.first):
                for k in range(each.meal_slots):
                    present[group, t + k].append(-1 * variable)
    return present


def _coverage(
    model: mathopt.Model,
    classes: list[tuple[Agent, int]],
    need: Open,
    shift: dict[Key, mathopt.Variable],
    reach: Reach,
) -> list[mathopt.Variable]:
    """State service and what stays uncovered; return the latter."""
    serving: dict[tuple[str, int], list[mathopt.LinearTypes]] = defaultdict(list)
    for (group, t), numbers in _presence(model, classes, shift).items():
        flows = []
        for pool, units in group[1]:
            asked = [row for row in reach.get(pool, (pool,)) if need.get((row, t), 0) > 0]
            if asked:
                flows.append(model.add_variable(lb=0))
                for row in asked:
                    serving[row, t].append(units * flows[-1])
        if flows:
            model.add_linear_constraint(mathopt.fast_sum(flows) <= mathopt.fast_sum(numbers))
    most = by_pool(need)
    found = {key: model.add_variable(lb=0, ub=units) for key, units in most.items()}
    for (row, t), units in need.items():
        covered = mathopt.fast_sum([*serving[row, t], found[pool_of(row), t]])
        model.add_linear_constraint(covered >= units)
    return list(found.values())
