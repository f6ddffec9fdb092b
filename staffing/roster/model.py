"""The CP-SAT model of some agents' weeks against the seats that are still open.

Agents with the same capability on a day form a group. Inside a group nobody needs a name to
count meals or seats, so meals and service are integer counts per group, which is exact: any
agent of the group on the same shift can take any of its meals, and any agent on duty any of its
seats. Only shifts are personal, because rest, hours and fairness are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.duty import Group, Roll, name_people
from staffing.roster.fairness import FRESH, Standing, Wishes, unfairness_terms
from staffing.roster.lawful import Own, lawful_week, total
from staffing.roster.places import Reach, pool_of
from staffing.roster.prices import StepsOf, first
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Option
from staffing.roster.turns import Crowd
from staffing.scenario import Fairness

Open = Mapping[tuple[str, int], int]
"""(row of seats, slot of the horizon) -> those still open, in speed units; never negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Some agents' weeks to be planned against open seats: all that a solver needs.

    Attributes
    ----------
    agents : who is planned
    days : days of the horizon that are free; on the others they keep their duties
    roll : their present duties: kept on other days, a start for the search on free ones
    open : seats open once all duties that are kept, theirs and everybody else's, are counted
    steps, reach, fairness, wishes, standing, idle, start, meal_share : as in `problem.Problem`,
        for these agents and open seats at least
    crowd : of all whose duties are kept, those on duty and at the table, see `turns.crowd_of`
    """

    agents: tuple[Agent, ...]
    days: frozenset[int]
    roll: Roll
    open: Open
    start: dt.date
    fairness: Fairness
    wishes: Wishes
    steps: StepsOf
    seed: int
    effort: float
    reach: Reach = field(default_factory=dict)
    standing: Standing = FRESH
    idle: Mapping[int, int] = field(default_factory=dict)
    meal_share: float = 1.0
    crowd: Crowd = field(default_factory=dict)


@dataclass(slots=True)
class _Model:
    """The variables, by what they decide; `own` has shifts of days that are not free too."""

    task: Task
    own: dict[str, Own] = field(default_factory=dict)
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    shift: dict[tuple[int, int, Template], cp_model.IntVar] = field(default_factory=dict)
    meal: dict[tuple[Group, Template, Meal, int], cp_model.IntVar] = field(default_factory=dict)
    serve: dict[tuple[Group, int, str], cp_model.LinearExpr] = field(default_factory=dict)
    points: list[cp_model.LinearExprT] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The best duties found for the free days of a task.

    Attributes
    ----------
    proven : whether no better ones exist
    spent : the effort it took, in deterministic seconds
    """

    roll: Roll
    proven: bool
    spent: float


def solve(task: Task) -> Answer | None:
    """Return the best duties found within the effort, or None when none was found.

    The answer depends on the task alone, never on the clock: the effort is counted in CP-SAT's
    deterministic time, one worker. No gap is good enough: while many seats are open, a share of
    all points would hide what fairness costs.
    """
    model = _Model(task)
    _personal_rules(model)
    _coverage(model)
    model.cp.minimize(
        total(model.points)
        + unfairness_terms(
            model.cp, model.own, task.start, task.fairness, task.wishes, task.standing
        )
    )
    for (a, d, shift), variable in model.shift.items():
        duty = task.roll.get((task.agents[a].agent_id, d))
        model.cp.add_hint(variable, duty is not None and duty.shift == shift)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is Python's to handle
    solver.parameters.random_seed = task.seed
    solver.parameters.max_deterministic_time = task.effort
    solver.parameters.linearization_level = 2
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return Answer(
        roll=_read(model, solver),
        proven=status == cp_model.OPTIMAL,
        spent=solver.response_proto.deterministic_time,
    )


def _personal_rules(model: _Model) -> None:
    """State the rules that bind each agent alone."""
    task = model.task
    for a, agent in enumerate(task.agents):
        own: dict[int, list[tuple[Template, cp_model.IntVar]]] = {}
        for d, option in enumerate(agent.options):
            if d in task.days:
                own[d] = [] if option is None else _free(model, a, d, option)
            elif (duty := task.roll.get((agent.agent_id, d))) is not None:
                own[d] = [(duty.shift, model.cp.new_constant(1))]
            else:
                own[d] = []
        lawful_week(model.cp, agent, own)
        model.own[agent.agent_id] = own


def _free(model: _Model, a: int, d: int, option: Option) -> list[tuple[Template, cp_model.IntVar]]:
    """State which shift an agent takes on a free day, and what that costs."""
    own = [(shift, model.cp.new_bool_var("")) for shift in option.shifts]
    model.shift.update({(a, d, shift): v for shift, v in own})
    for (_, variable), points in zip(own, option.points, strict=True):
        model.points.append((points - option.off) * variable)
    return own


@dataclass(slots=True)
class _Presence:
    """People of a group at work in a slot: terms to be added up, and how many at most."""

    terms: list[cp_model.LinearExprT] = field(default_factory=list)
    most: int = 0


def _presence(model: _Model) -> dict[tuple[Group, int], _Presence]:
    """R10: state the meals of each group and shift; return who is at work when."""
    people: dict[tuple[Group, Template], list[cp_model.IntVar]] = defaultdict(list)
    for (a, d, shift), variable in model.shift.items():
        option = model.task.agents[a].options[d]
        assert option is not None
        people[(d, option.capability), shift].append(variable)
    present: dict[tuple[Group, int], _Presence] = defaultdict(_Presence)
    for (group, shift), variables in people.items():
        number = total(variables)
        day = group[0] * SLOTS_PER_DAY
        for t in shift.on_duty:
            present[group, day + t].terms.append(number)
            present[group, day + t].most += len(variables)
        for meal in shift.meals:
            starts = range(meal.first, meal.last + 1)
            eating = {t: model.cp.new_int_var(0, len(variables), "") for t in starts}
            model.cp.add(total(eating.values()) == number)
            for t, variable in eating.items():
                model.meal[group, shift, meal, t] = variable
                for k in range(shift.meal_slots):
                    present[group, day + t + k].terms.append(-variable)
    return present


def _coverage(model: _Model) -> None:
    """R1, R2: state the service of each group to its pools, and what stays open."""
    cp, open_, reach, idle = model.cp, model.task.open, model.task.reach, model.task.idle
    serving: dict[tuple[str, int], list[cp_model.LinearExprT]] = defaultdict(list)
    for (group, t), people in _presence(model).items():
        pools = [
            (pool, units)
            for pool, units in group[1]
            if any(open_.get((row, t), 0) > 0 for row in reach.get(pool, (pool,)))
        ]
        flows: list[cp_model.LinearExpr] = [total(people.terms)]
        if len(pools) > 1 or t in idle:
            flows = [cp.new_int_var(0, people.most, "") for _ in pools]
            cp.add(total(flows) <= total(people.terms))
            model.points.append(idle.get(t, 0) * (total(people.terms) - total(flows)))
        for (pool, units), flow in zip(pools, flows, strict=False):
            model.serve[group, t, pool] = flow
            for row in reach.get(pool, (pool,)):
                serving[row, t].append(units * flow)
    missing: dict[tuple[str, int], cp_model.LinearExpr] = {}
    for (row, t), terms in serving.items():
        if (pool_of(row), t) not in missing:
            missing[pool_of(row), t] = _missing(model, pool_of(row), t, serving)
        if (units := open_.get((row, t), 0)) > 0:
            cp.add(total(terms) + missing[pool_of(row), t] >= units)
            if t in idle:
                cp.add(total(terms) <= units)


def _missing(
    model: _Model, pool: str, t: int, serving: Mapping[tuple[str, int], object]
) -> cp_model.LinearExpr:
    """State what a pool misses in a slot, step by step; at least what a row misses nobody fills."""
    rows = model.task.reach.get(pool, (pool,))
    lacking = {row: model.task.open.get((row, t), 0) for row in rows}
    parts = []
    for width, points in first(model.task.steps[pool, t], max(lacking.values())):
        parts.append(model.cp.new_int_var(0, width, ""))
        model.points.append(points * parts[-1])
    if least := max((n for row, n in lacking.items() if (row, t) not in serving), default=0):
        model.cp.add(total(parts) >= least)
    return total(parts)


def _read(model: _Model, solver: cp_model.CpSolver) -> Roll:
    """Return the solver's counts as duties of named people."""
    agents = model.task.agents
    shifts = {(agents[a].agent_id, d): t for (a, d, t), v in model.shift.items() if solver.value(v)}
    meals: dict[tuple[Group, Template, Meal], list[int]] = defaultdict(list)
    for (group, shift, meal, t), variable in model.meal.items():
        meals[group, shift, meal] += [t] * solver.value(variable)
    service: dict[tuple[Group, int], dict[str, int]] = defaultdict(dict)
    for (group, t, pool), flow in model.serve.items():
        service[group, t][pool] = solver.value(flow)
    capability = {
        (agent.agent_id, d): option.capability
        for agent in agents
        for d, option in enumerate(agent.options)
        if option is not None
    }
    return name_people(shifts, capability, meals, service)
