"""Meals and places of a whole day planned anew for the shifts that are there (HiGHS).

The annealing seats people by short ways from pool to pool, and the windows see some people at a
time. With everybody's shifts fixed a day falls apart into its half hours, which only meals tie
together: into the lunches, the dinners, and each half hour besides. Those are small enough to be
planned all pools at once, so who is missed in one pool may come by way of all others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.classes import Class
from staffing.roster.crews import crew_task, taken
from staffing.roster.days import roll_of, state_open
from staffing.roster.duty import Group, Roll
from staffing.roster.mip import WholeProgram, cut, minimised, program, together
from staffing.roster.model import Answer, Task
from staffing.roster.places import pool_of
from staffing.roster.prices import Place
from staffing.roster.problem import Problem
from staffing.roster.relax import (
    ONES,
    Bools,
    Eating,
    Floats,
    Free,
    Ints,
    Present,
    Rows,
    Serving,
    state_presence,
)
from staffing.roster.shifts import Meal
from staffing.roster.turns import at_table, crowd_of

ROUNDS = 3
"""Times that every day is planned at most, each from what the one before has left."""
GAP, NODES = 1e-3, 1
"""Relative gap at which a part is good enough, and branches at most: another round, which begins
where this one ended and looks elsewhere, gains more for its effort than more branches."""
MOST = 5_000
"""Columns up to which meals are planned with the places; of larger parts meals stay."""


def reseated(problem: Problem, roll: Roll, effort: float, lane: Parallel) -> Iterator[Roll]:
    """Yield the roster after each day whose meals and places have become better.

    Parameters
    ----------
    effort : that all days may take together, see `mip.EFFORT`; with none left after a round there
        is no other, so 0 is for one round
    lane : plans days side by side, with answers as a generator, in the order of the days
    """
    for number in range(ROUNDS):
        before, tasks = roll, [_task(problem, roll, d, number) for d in sorted(problem.days)]
        for task, answer in zip(tasks, lane(delayed(seated)(task) for task in tasks), strict=True):
            # shifts stay, so whatever days before have changed, everybody's week is lawful
            gained, roll = taken(problem, roll, task, answer, changed=False)
            effort -= answer.spent
            if gained:
                yield roll
        if roll is before or effort <= 0:
            return


def _task(problem: Problem, roll: Roll, day: int, seed: int) -> Task:
    """Return the task to seat all who work on a day, without what only shifts are priced by."""
    there = [agent for agent in problem.agents if (agent.agent_id, day) in roll]
    task = crew_task(problem, there, frozenset({day}), roll, seed=seed, effort=0.0)
    own = {(agent.agent_id, day): roll[agent.agent_id, day] for agent in there}
    return replace(task, roll=own, wishes={}, standing=task.standing.of(()))


def seated(task: Task) -> Answer:
    """Return the duties of a task's one day with the same shifts, and better meals and places."""
    (day,), rows = task.days, Rows()
    shifts: dict[tuple[int, int], Free] = {
        (a, day): [(task.roll[agent.agent_id, day].shift, rows.column(0.0, 1.0))]
        for a, agent in enumerate(task.agents)
    }
    kept = list(range(len(shifts)))
    alone = [Class(members=(agent,), options=agent.options) for agent in task.agents]
    present, eating = state_presence(rows, alone, shifts, task.idle)
    if task.meal_share < 1:
        _tables(rows, task, present)
    serving = state_open(rows, task, present)
    meals = [j for starts in eating.values() for j in starts.values()]
    stated = program(rows, kept, [*kept, *meals, *serving.values()])
    x = _now(task, stated, eating, serving)
    x[kept] = 1.0
    spent = 0.0
    for part, columns in _parts(stated, x, np.array(meals, np.int64)):
        start = {k: x[j] for k, j in enumerate(columns.tolist()) if stated.whole[j]}
        found = minimised(part, gap=GAP, nodes=NODES, restarts=False, seed=task.seed, start=start)
        spent += found.spent
        if found.x is not None:
            x[columns] = found.x
    return Answer(roll=roll_of(task.agents, shifts, eating, serving, x), proven=False, spent=spent)


def _tables(rows: Rows, task: Task, present: Present) -> None:
    """R18: state that no pool's people are more at the table than may be, or than are now."""
    (day,) = task.days
    speed = {(a.agent_id, day): dict(o.capability) for a in task.agents if (o := a.options[day])}
    now = crowd_of(task.roll, speed)
    eating: dict[Place, list[int]] = defaultdict(list)
    for (group, t), people in present.items():
        for pool in dict.fromkeys(pool_of(place) for place, _ in group[1]):
            eating[pool, t] += people.away
    for at, columns in eating.items():
        kept_on, kept_eating = task.crowd.get(at, (0, 0))
        on_duty, at_meals = now.get(at, (0, 0))
        most = at_table(kept_on + on_duty, task.meal_share) - kept_eating
        rows.row(columns, ONES, high=max(most, at_meals))


def _now(task: Task, of: WholeProgram, eating: Eating, serving: Serving) -> Floats:
    """Return the numbers of people at meals and places as they are; other columns are zero."""
    meals: Counter[tuple[Group, Meal, int, int]] = Counter()
    places: Counter[tuple[Group, int, str]] = Counter()
    (day,) = task.days
    capability = {a.agent_id: o.capability for a in task.agents if (o := a.options[day])}
    for (name, _), duty in task.roll.items():
        group, t = (day, capability[name]), day * SLOTS_PER_DAY
        for meal, start in zip(duty.shift.meals, duty.meals, strict=True):
            meals[group, meal, duty.shift.meal_slots, t + start] += 1
        for slot, place in enumerate(duty.pools, start=t + duty.shift.start):
            if place is not None:
                places[group, slot, place] += 1
    x = np.zeros(of.cost.size)
    for key, starts in eating.items():
        for slot, column in starts.items():
            x[column] = meals[*key, slot]
    for place_of, column in serving.items():
        x[column] = places[place_of]
    return x


def _parts(of: WholeProgram, x: Floats, meals: Ints) -> Iterator[tuple[WholeProgram, Ints]]:
    """Yield what hangs together once shifts are fixed, with its columns.

    Parameters
    ----------
    x : what columns that are fixed are fixed at: shifts, and meals of parts too large
    """
    free = of.lower < of.upper
    whose, _ = _labels(of, free)
    size = np.bincount(whose[free], minlength=1)
    free[meals[size[whose[meals]] > MOST]] = False
    fixed = of.matrix @ np.where(free, 0.0, x)
    open_ = replace(of, low=of.low - fixed, high=of.high - fixed)
    of_column, of_row = _labels(of, free)
    for k in range(int(of_column.max(initial=-1)) + 1):
        columns, rows = np.flatnonzero(of_column == k), np.flatnonzero(of_row == k)
        if of.cost[columns].any():
            yield replace(cut(open_, columns, rows), whole=of.whole[columns]), columns


def _labels(of: WholeProgram, free: Bools) -> tuple[Ints, Ints]:
    """Return the number of the part of each column and row: -1 where columns are fixed."""
    numbers = np.flatnonzero(free)
    inner = sp.csr_array(of.matrix[:, numbers])
    own_row, own_column = together(inner, np.ones(of.low.size, bool))
    columns = np.full(of.cost.size, -1)
    columns[numbers] = own_column
    return columns, np.where(np.diff(inner.indptr) > 0, own_row, -1)
