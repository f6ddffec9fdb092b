"""A first roster: everybody a lawful horizon, one agent after another where seats are still open.

Hard rules bind each agent alone, so a roster exists exactly when everybody has a horizon. Those
who know fewest pools choose first. What a shift is worth counts each of her slots at the pool of
hers with most seats open; meals and exact service are left to the search.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.queue.kernel import Ints
from staffing.roster.duty import Duty, Roll
from staffing.roster.lawful import lawful_week, total
from staffing.roster.places import by_pool, pool_of
from staffing.roster.prices import PAID
from staffing.roster.problem import Problem
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Option

EFFORT = 0.05
"""Deterministic seconds for the best horizon of an agent; any lawful one is good enough."""


@dataclass
class NoWeekError(Exception):
    """Some agents have no lawful horizon at all."""

    agents: Sequence[Agent]


def first_roll(problem: Problem) -> Roll:
    """Return lawful duties of everybody; pools are not named yet.

    Raises
    ------
    NoWeekError
        With all agents who have no lawful horizon.
    """
    last = max((t for _, t in problem.need), default=0)
    slots = max((len(problem.days) + 1) * SLOTS_PER_DAY, last + 1)
    open_: dict[str, Ints] = defaultdict(lambda: np.zeros(slots, np.int64))
    for (pool, t), units in by_pool(problem.need).items():
        open_[pool][t] = units
    order = sorted(
        problem.agents,
        key=lambda agent: (_pools(agent), agent.agent_id),
    )
    roll: dict[tuple[str, int], Duty] = {}
    stuck = []
    for agent in order:
        own = _chosen(agent, open_)
        if own is None:
            stuck.append(agent)
            continue
        for d, shift in own.items():
            meals = tuple((meal.first + meal.last) // 2 for meal in shift.meals)
            roll[agent.agent_id, d] = Duty(shift, meals, (None,) * (shift.end - shift.start))
            option = agent.options[d]
            assert option is not None
            _take(open_, option, d, shift)
    if stuck:
        names = {agent.agent_id for agent in stuck}
        raise NoWeekError([agent for agent in problem.agents if agent.agent_id in names])
    return roll


def _pools(agent: Agent) -> int:
    """Return how many pools an agent knows at most."""
    return max((len(option.capability) for option in agent.options if option), default=0)


def _chosen(agent: Agent, open_: Mapping[str, Ints]) -> dict[int, Template] | None:
    """Return the shifts of a horizon worth most within the effort, None where none is lawful."""
    cp = cp_model.CpModel()
    own: dict[int, list[tuple[Template, cp_model.IntVar]]] = {}
    worth: list[cp_model.LinearExpr] = []
    for d, option in enumerate(agent.options):
        own[d] = []
        if option is None:
            continue
        sums = np.concatenate([[0], np.cumsum(_most(open_, option, d))])
        for shift, points in zip(option.shifts, option.points, strict=True):
            own[d].append((shift, cp.new_bool_var("")))
            seats = PAID * int(sums[shift.end] - sums[shift.start])
            worth.append((seats - points + option.off) * own[d][-1][1])
    lawful_week(cp, agent, own)
    cp.maximize(total(worth))
    for most in (EFFORT, np.inf):
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False  # Ctrl-C is Python's to handle
        solver.parameters.max_deterministic_time = most
        if most > EFFORT:
            solver.parameters.stop_after_first_solution = True
            # with all of the linear relaxation half a year is found some 20 times as fast
            solver.parameters.linearization_level = 2
        status = solver.solve(cp)
        if status == cp_model.INFEASIBLE:
            return None
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return {d: s for d, shifts in own.items() for s, v in shifts if solver.value(v)}
    return None


def _most(open_: Mapping[str, Ints], option: Option, day: int) -> Ints:
    """Return what she could fill in each slot of two days at her best pool, in units."""
    first = day * SLOTS_PER_DAY
    found: Ints = np.stack(list(_fillable(open_, option, first, first + 2 * SLOTS_PER_DAY)))
    best: Ints = found.max(axis=0)
    return best


def _fillable(open_: Mapping[str, Ints], option: Option, first: int, end: int) -> Iterable[Ints]:
    for place, units in option.capability:
        found = np.zeros(end - first, np.int64)
        own = np.minimum(open_[pool_of(place)][first:end], units)
        found[: own.size] = own
        yield found


def _take(open_: Mapping[str, Ints], option: Option, day: int, shift: Template) -> None:
    """Count her seats as filled, each slot at the pool where she fills most."""
    first = day * SLOTS_PER_DAY
    at = first + np.array(shift.on_duty)
    span = np.stack(list(_fillable(open_, option, first, first + 2 * SLOTS_PER_DAY)))
    best = span[:, shift.on_duty].argmax(axis=0)
    for i, (place, units) in enumerate(option.capability):
        open_[pool_of(place)][at[best == i]] -= units
        np.maximum(open_[pool_of(place)], 0, out=open_[pool_of(place)])
