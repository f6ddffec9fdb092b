"""Everybody's days planned anew by mixed-integer programming (HiGHS), some days at a time.

The linear relaxation of some days, even of a week of everybody, is nearly whole, and most shifts
of which it takes no part are not needed. So a large program is solved twice: as that relaxation,
leaning towards the present duties where they cost nearly the same, then in whole numbers with only
the shifts that it takes a part of and the present ones (RENS: Berthold 2014, Mathematical
Programming Computation 6). HiGHS does so in a tenth of the time that all shifts take it; CP-SAT
needs minutes. Fairness and wishes are told as what each shift would add for its agent to the days
she keeps: exact for one free day, the marginal price for more. Every rule of an agent is stated
(`relax.state_limits` of a class of one), so what is found is lawful.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.classes import Class
from staffing.roster.duty import Duty, Group, Roll, name_people
from staffing.roster.fairness import unfairness
from staffing.roster.interior import corner
from staffing.roster.mip import WholeProgram, minimised, program
from staffing.roster.model import Answer, Task
from staffing.roster.places import by_pool, pool_of
from staffing.roster.prices import CROWD, first
from staffing.roster.relax import (
    Eating,
    Floats,
    Free,
    Ints,
    Presence,
    Present,
    Rows,
    Serving,
    state_coverage,
    state_limits,
    state_presence,
)
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent

ROUNDING = 1e-4
"""What a whole number of people at the table stays below their share plus one by, at least."""
GAP = 1e-3
"""Relative gap at which an answer is good enough."""
NODES = 1
"""Branches at most: what the root leaves open is left to the next crew."""
CUTS = 60
"""Cuts that HiGHS keeps: with its ten thousand a window takes twice as long, and ends with more
seats open, for its linear programs are dense with them (17 windows of 60 people's days)."""
SMALL = 1500
"""Columns up to which a program keeps all its shifts."""
LEANING = 0.3
"""Points less that a present duty costs in the relaxation."""
CHANCE = 4.0
"""Points more at most that a shift costs there, by chance, so that of the relaxation's many corners
another one is met the next time."""
NONE = 1e-6
"""Part of a shift that counts as none."""


def solve_days(task: Task) -> Answer | None:
    """Return the best duties found for the free days of a task, or None when none was found."""
    rows = Rows()
    shifts: dict[tuple[int, int], Free] = {}
    kept: list[int] = []
    for a, agent in enumerate(task.agents):
        own: list[Free] = []
        for d, option in enumerate(agent.options):
            free: list[tuple[Template, int]] = []
            if d in task.days and option is not None:
                added = _fairness(task, agent, d, option.shifts)
                for shift, points, more in zip(option.shifts, option.points, added, strict=True):
                    able = _able(agent, d, shift)
                    free.append((shift, rows.column(points - option.off + more, able)))
                rows.row((j for _, j in free), (1.0,), high=1.0)
                shifts[a, d] = free
            elif d not in task.days and (duty := task.roll.get((agent.agent_id, d))) is not None:
                kept.append(rows.column(0.0, 1.0))
                free.append((duty.shift, kept[-1]))
            own.append(free)
        state_limits(rows, Class(members=(agent,), options=agent.options), own)
    classes = [Class(members=(agent,), options=agent.options) for agent in task.agents]
    present, eating = state_presence(rows, classes, shifts, task.idle)
    if task.meal_share < 1:
        _meals_in_turn(rows, task, present)
    serving = state_open(rows, task, present)
    whole = [j for free in shifts.values() for _, j in free]
    whole += [j for starts in eating.values() for j in starts.values()] + list(serving.values())
    columns = np.array([j for free in shifts.values() for _, j in free], np.int64)
    present_columns = _present_columns(task, shifts)
    stated = program(rows, kept, whole)
    few, spent = rounding(stated, columns, present_columns, seed=task.seed)
    if few is None:
        return None
    start = dict.fromkeys(present_columns.tolist(), 1.0)
    found = minimised(few, gap=GAP, nodes=NODES, start=start, restarts=False, cuts=CUTS)
    if found.x is None:
        return None
    roll = roll_of(task.agents, shifts, eating, serving, np.round(found.x))
    return Answer(roll=roll, proven=found.proven and few is stated, spent=spent + found.spent)


def state_open(rows: Rows, task: Task, present: Present) -> Serving:
    """State the service of a task's people to the seats that are open; return its columns."""
    need = {place: number for place, number in task.open.items() if number}
    steps = {place: first(task.steps[place], n) for place, n in by_pool(need).items()}
    _, serving = state_coverage(rows, present, need, steps, task.reach, task.idle)
    return serving


def _present_columns(task: Task, shifts: Mapping[tuple[int, int], Free]) -> Ints:
    """Return the columns of the duties that are there now."""
    now = {
        (a, d): duty.shift
        for a, d in shifts
        if (duty := task.roll.get((task.agents[a].agent_id, d))) is not None
    }
    return np.array([j for key in now for s, j in shifts[key] if s == now[key]], np.int64)


def rounding(
    of: WholeProgram, free: Ints, present: Ints, seed: int
) -> tuple[WholeProgram | None, float]:
    """Return a program without the free shifts of which its relaxation takes no part, and effort.

    None where the relaxation has no point. Present shifts stay, so present duties are still one.
    """
    if of.cost.size <= SMALL:
        return of, 0.0
    cost, upper = of.cost.copy(), of.upper.copy()
    cost[free] += np.random.default_rng(seed).uniform(0.0, CHANCE, free.size)
    cost[present] -= LEANING
    point, spent = corner(replace(of, cost=cost))
    if point is None:
        return None, spent
    unused = np.setdiff1d(free[point[free] <= NONE], present)
    upper[unused] = 0.0
    return replace(of, upper=upper), spent


def _meals_in_turn(rows: Rows, task: Task, present: Present) -> None:
    """R18: state how many of each pool's people may be at the table; each above costs `CROWD`.

    Of n people ``ceil(share n)`` may eat, so a whole number may iff it is below ``share n + 1``.
    """
    here: dict[tuple[str, int], list[Presence]] = defaultdict(list)
    for (group, t), people in present.items():
        for pool in dict.fromkeys(pool_of(place) for place, _ in group[1]):
            here[pool, t].append(people)
    for (pool, t), groups in here.items():
        eating = [j for people in groups for j in people.away]
        on_duty = [j for people in groups for j in people.here]
        kept_on, kept_eating = task.crowd.get((pool, t), (0, 0))
        if eating:
            above = rows.column(float(CROWD), len(eating) + kept_eating)
            values = [1.0] * len(eating) + [-task.meal_share] * len(on_duty) + [-1.0]
            most = task.meal_share * kept_on + 1 - ROUNDING - kept_eating
            rows.row([*eating, *on_duty, above], values, high=most)


def _able(agent: Agent, day: int, shift: Template) -> float:
    return float(Class(members=(agent,), options=agent.options).able(day, shift))


def _fairness(task: Task, agent: Agent, day: int, shifts: Sequence[Template]) -> list[int]:
    """Return the points that each shift adds to the days that the agent keeps."""
    kept = {
        key: duty
        for key, duty in task.roll.items()
        if key[0] == agent.agent_id and key[1] not in task.days
    }
    wishes = {key: costs for key, costs in task.wishes.items() if key[0] == agent.agent_id}
    standing = task.standing.of({agent.agent_id})

    def points(roll: Roll) -> int:
        return unfairness(roll, task.start, task.fairness, wishes, standing)

    without = points(kept)
    return [
        points({**kept, (agent.agent_id, day): Duty(shift, (), ())}) - without for shift in shifts
    ]


def roll_of(
    agents: Sequence[Agent],
    shifts: Mapping[tuple[int, int], Free],
    eating: Eating,
    serving: Serving,
    x: Floats,
) -> Roll:
    """Return the counts of a solution as duties of named people."""
    taken = {
        (agents[a].agent_id, d): shift
        for (a, d), free in shifts.items()
        for shift, column in free
        if x[column]
    }
    capability = {
        (agent.agent_id, d): option.capability
        for agent in agents
        for d, option in enumerate(agent.options)
        if option is not None
    }
    starts = {
        key: [t - key[0][0] * SLOTS_PER_DAY for t, j in own.items() for _ in range(int(x[j]))]
        for key, own in eating.items()
    }
    meals: dict[tuple[Group, Template, Meal], list[int]] = defaultdict(list)
    for (name, d), shift in taken.items():
        group = (d, capability[name, d])
        for meal in shift.meals:
            start = starts[group, meal, shift.meal_slots].pop()
            meals[group, shift, meal].append(start)
    service: dict[tuple[Group, int], dict[str, int]] = defaultdict(dict)
    for (group, t, pool), column in serving.items():
        service[group, t][pool] = int(x[column])
    return name_people(taken, capability, meals, service)
