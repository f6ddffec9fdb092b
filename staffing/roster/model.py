"""The CP-SAT model of some agents' weeks against the seats that are still open.

Agents with the same capability on a day form a group. Inside a group nobody needs a name to
count meals or seats, so meals and service are integer counts per group, which is exact: any
agent of the group on the same shift can take any of its meals, and any agent on duty any of its
seats. Only shifts are personal, because rest, hours and fairness are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H
from staffing.roster.duty import Group, Roll, name_people
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent
from staffing.scenario import Fairness, Rules

Open = Mapping[tuple[str, int], int]
"""(pool, slot of the horizon) -> seats still open, in speed units; never negative."""
Wishes = Mapping[tuple[str, int], tuple[str, int]]
"""(agent id, day) -> (wish, weight)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What one unit of each goal costs; a higher goal outweighs all that lies below it.

    Attributes
    ----------
    under : a missing speed unit for one slot
    paid : a paid slot
    fair : a point of fairness
    """

    under: int
    paid: int
    fair: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Some agents' weeks to be planned against open seats: all that a solver needs.

    Attributes
    ----------
    agents : who is planned
    days : days of the horizon that are free; on the others they keep their duties
    roll : their present duties: kept on other days, a start for the search on free ones
    open : seats open once all duties that are kept, theirs and everybody else's, are counted
    """

    agents: tuple[Agent, ...]
    days: frozenset[int]
    roll: Roll
    open: Open
    start: dt.date
    rules: Rules
    fairness: Fairness
    wishes: Wishes
    weights: Weights
    seed: int
    effort: float


def total(terms: Iterable[cp_model.LinearExprT]) -> cp_model.LinearExpr:
    """Return a sum as an expression, also of nothing."""
    return cp_model.LinearExpr.sum(list(terms))


@dataclass(slots=True)
class _Model:
    """The variables, by what they decide; `kept` are shifts of days that are not free."""

    task: Task
    kept: list[tuple[int, int, Template]] = field(default_factory=list)
    cp: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    shift: dict[tuple[int, int, Template], cp_model.IntVar] = field(default_factory=dict)
    meal: dict[tuple[Group, Template, Meal, int], cp_model.IntVar] = field(default_factory=dict)
    serve: dict[tuple[Group, int, str], cp_model.LinearExpr] = field(default_factory=dict)
    under: list[cp_model.IntVar] = field(default_factory=list)


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
    deterministic time, one worker.
    """
    model = _Model(task)
    _personal_rules(model)
    _coverage(model)
    weights = task.weights
    model.cp.minimize(
        weights.under * total(model.under)
        + weights.paid * total(t.paid * v for (_, _, t), v in model.shift.items())
        + weights.fair * _unfairness(model)
    )
    for (a, d, shift), variable in model.shift.items():
        duty = task.roll.get((task.agents[a].agent_id, d))
        model.cp.add_hint(variable, duty is not None and duty.shift == shift)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = task.seed
    solver.parameters.max_deterministic_time = task.effort
    solver.parameters.linearization_level = 2
    solver.parameters.relative_gap_limit = 1e-4
    status = solver.solve(model.cp)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return Answer(
        roll=_read(model, solver),
        proven=status == cp_model.OPTIMAL,
        spent=solver.response_proto.deterministic_time,
    )


Own = Mapping[int, Sequence[tuple[Template, cp_model.IntVar]]]
"""Day of the horizon -> shifts that may be taken, with their variables."""


def has_week(agent: Agent, max_consecutive_days: int, rest: int) -> bool:
    """Return whether an agent has any lawful week at all; `rest` in slots."""
    cp = cp_model.CpModel()
    own = {
        d: [(shift, cp.new_bool_var("")) for shift in (option.shifts if option else ())]
        for d, option in enumerate(agent.options)
    }
    _lawful_week(cp, agent, own, max_consecutive_days, rest)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return solver.solve(cp) != cp_model.INFEASIBLE


def _personal_rules(model: _Model) -> None:
    """State the rules that bind each agent alone."""
    task, rules = model.task, model.task.rules
    rest = round(rules.min_rest_h * SLOTS_PER_H)
    for a, agent in enumerate(task.agents):
        own: dict[int, list[tuple[Template, cp_model.IntVar]]] = {}
        for d, option in enumerate(agent.options):
            if d in task.days:
                shifts = option.shifts if option else ()
                own[d] = [(shift, model.cp.new_bool_var("")) for shift in shifts]
                model.shift.update({(a, d, shift): v for shift, v in own[d]})
            elif (duty := task.roll.get((agent.agent_id, d))) is not None:
                own[d] = [(duty.shift, model.cp.new_constant(1))]
                model.kept.append((a, d, duty.shift))
            else:
                own[d] = []
        _lawful_week(model.cp, agent, own, rules.max_consecutive_days, rest)


def _lawful_week(
    cp: cp_model.CpModel, agent: Agent, own: Own, max_consecutive_days: int, rest: int
) -> None:
    """State the rules R2 and R5 to R9; R3, R4 and R11 are in the options an agent has."""
    works: dict[int, cp_model.LinearExpr] = {}
    for d, shifts in own.items():
        cp.add_at_most_one(v for _, v in shifts)
        works[d] = total(v for _, v in shifts)
    _weekly(cp, agent, own, works)
    _consecutive(cp, agent, works, max_consecutive_days)
    _rest(cp, agent, own, rest)


def _weekly(
    cp: cp_model.CpModel, agent: Agent, own: Own, works: Mapping[int, cp_model.LinearExpr]
) -> None:
    """R5 most hours, R6 least hours, R7 rest days of each calendar week."""
    for week in agent.weeks:
        paid = total(shift.paid * v for d in week.days for shift, v in own[d])
        cp.add_linear_constraint(paid, week.least_paid, week.most_paid)
        cp.add_linear_constraint(total(works[d] for d in week.days), 0, week.most_days)


def _consecutive(
    cp: cp_model.CpModel, agent: Agent, works: Mapping[int, cp_model.LinearExpr], most: int
) -> None:
    """R8: in any `most` + 1 consecutive days, published ones included, one is free."""
    for first in range(-most, len(works) - most):
        window = range(first, first + most + 1)
        before = sum(d in agent.worked for d in window if d < 0)
        cp.add_linear_constraint(total(works[d] for d in window if d >= 0), 0, most - before)


def _rest(cp: cp_model.CpModel, agent: Agent, own: Own, rest: int) -> None:
    """R9: between two shifts lie `rest` slots, the last published shift included.

    One clique per end time: shifts that end at it or later exclude every shift of the next day
    that starts less than `rest` after it.
    """
    for d, shifts in own.items():
        for shift, variable in shifts:
            begins = d * SLOTS_PER_DAY + shift.start
            if agent.last_end is not None and begins < agent.last_end + rest:
                cp.add_linear_constraint(variable, 0, 0)
        for end in sorted({shift.end for shift, _ in shifts}):
            late = [v for shift, v in shifts if shift.end >= end]
            early = [v for s, v in own.get(d + 1, ()) if SLOTS_PER_DAY + s.start < end + rest]
            if early:
                cp.add_at_most_one(late + early)


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
        for t in range(day + shift.start, day + shift.end):
            present[group, t].terms.append(number)
            present[group, t].most += len(variables)
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
    cp, open_ = model.cp, model.task.open
    serving: dict[tuple[str, int], list[cp_model.LinearExprT]] = defaultdict(list)
    for (group, t), people in _presence(model).items():
        pools = [(pool, units) for pool, units in group[1] if open_.get((pool, t), 0) > 0]
        flows: list[cp_model.LinearExpr] = [total(people.terms)]
        if len(pools) > 1:
            flows = [cp.new_int_var(0, people.most, "") for _ in pools]
            cp.add(total(flows) <= total(people.terms))
        for (pool, units), flow in zip(pools, flows, strict=False):
            model.serve[group, t, pool] = flow
            serving[pool, t].append(units * flow)
    for place, terms in serving.items():
        under = cp.new_int_var(0, open_[place], "")
        model.under.append(under)
        cp.add(total(terms) + under >= open_[place])


def _unfairness(model: _Model) -> cp_model.LinearExpr:
    """Return the price of uneven late shifts, weekend days and days, and of broken wishes."""
    task = model.task
    terms: list[cp_model.LinearExprT] = []
    weigh, late_after = task.fairness, task.fairness.late_after // INTERVAL_MIN
    for a, agent in enumerate(task.agents):
        own: list[tuple[int, Template, cp_model.LinearExprT]] = [
            (d, t, v) for (b, d, t), v in model.shift.items() if b == a
        ]
        own += [(d, t, 1) for b, d, t in model.kept if b == a]
        late = [v for _, t, v in own if t.end > late_after]
        weekend = [v for d, _, v in own if _weekend(task.start, d)]
        terms += [weigh.late_weight * v for v in _convex(model.cp, late)]
        terms += [weigh.weekend_weight * v for v in _convex(model.cp, weekend)]
        terms += [weigh.days_weight * v for v in _convex(model.cp, [v for _, _, v in own])]
        for d, shift, variable in own:
            wish, weight = task.wishes.get((agent.agent_id, d), ("", 0))
            if broken(wish, shift, late_after):
                terms.append(weight * variable)
    return total(terms)


def unfairness(roll: Roll, start: dt.date, weigh: Fairness, wishes: Wishes) -> int:
    """Return what `_unfairness` would say of finished duties."""
    late_after = weigh.late_after // INTERVAL_MIN
    late, weekend, days = Counter[str](), Counter[str](), Counter[str]()
    total = 0
    for (agent, day), duty in roll.items():
        late[agent] += duty.shift.end > late_after
        weekend[agent] += _weekend(start, day)
        days[agent] += 1
        wish, weight = wishes.get((agent, day), ("", 0))
        total += weight * broken(wish, duty.shift, late_after)
    for counts, weight in (
        (late, weigh.late_weight),
        (weekend, weigh.weekend_weight),
        (days, weigh.days_weight),
    ):
        total += weight * sum(_convex_value(number) for number in counts.values())
    return total


def _weekend(start: dt.date, day: int) -> bool:
    return (start + dt.timedelta(days=day)).weekday() >= 5


def broken(wish: str, shift: Template, late_after: int) -> bool:
    """Return whether a shift goes against a wish; no wish is never broken."""
    match wish:
        case "rest_day":
            return True
        case "early":
            return shift.end > late_after
        case "late":
            return shift.end <= late_after
    return False


STEPS = range(1, 6)
"""A count costs its excess over each of these: 0, 1, 3, 6, 10, 15 for 1 to 6."""


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
