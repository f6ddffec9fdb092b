"""Crews whose days are planned anew, exactly, round after round.

A window is some days of some people; all other duties are kept. Which windows pay differs between
problems and changes as a roster gets better: a day of many people, two days of some, a week of a
few. So a round takes the shape that has lately gained most for its effort, and now and then another
one in turn (large neighbourhoods chosen by success: Ropke & Pisinger 2006, Transportation
Science 40). The windows of a round share nobody's day, and are solved side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed

from staffing.roster.days import solve_days
from staffing.roster.duty import Roll
from staffing.roster.fairness import unfairness
from staffing.roster.lawful import is_lawful
from staffing.roster.model import Answer, Task
from staffing.roster.places import by_pool, pool_of
from staffing.roster.problem import Problem
from staffing.roster.relax import Bools, Ints
from staffing.roster.staff import Agent
from staffing.roster.turns import crowd_of


class Shape(NamedTuple):
    """How many days of how many people are planned at once."""

    days: int
    people: int


SHAPES = (Shape(1, 70), Shape(2, 60), Shape(7, 15), Shape(3, 60), Shape(7, 30))
"""Each takes HiGHS about a second, the last some five; the first gains most from a rough roster."""
WINDOWS = 4
"""Windows of a round."""
TRIAL = 4
"""Every so many rounds another shape has its turn."""
HOPE = 0.1
"""What a shape not tried yet is expected to gain, as a part of the best that any has gained."""
MEMORY = 0.3
"""Part of a shape's past gains and efforts that still counts after its next round."""
CHOICES = 8
"""Draws of some days until their people are free."""
PATIENCE = 3
"""Rounds of every shape without any gain after which nothing is left to be gained."""
OVERHEAD = 0.1
"""Effort that stating a window is counted as."""


class _Success:
    """What shapes have lately gained for their effort."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._gained = dict.fromkeys(shapes, 0.0)
        self._effort = dict.fromkeys(shapes, 0.0)
        self._most = 0.0

    def rate(self, shape: Shape) -> float:
        """Return points for a second of effort."""
        if not self._effort[shape]:
            return HOPE * self._most
        return self._gained[shape] / self._effort[shape]

    def learn(self, shape: Shape, gained: int, effort: float) -> None:
        """Take in what a round came to."""
        self._gained[shape] = MEMORY * self._gained[shape] + gained
        self._effort[shape] = MEMORY * self._effort[shape] + effort
        self._most = max(self._most, self.rate(shape))


def improved(
    problem: Problem, roll: Roll, effort: float, pair: Parallel
) -> Iterator[tuple[int, Roll]]:
    """Plan windows anew until the effort is spent or nothing gains; yield rounds done and duties.

    Parameters
    ----------
    effort : that all windows may take together, see `mip.EFFORT`
    pair : the processes, with answers as a generator
    """
    draw = _Draw(problem)
    success, shapes = _Success(draw.shapes), draw.shapes
    done = idle = 0
    while shapes and effort > 0 and idle < PATIENCE * len(shapes):
        trial, at = divmod(done + 1, TRIAL)
        shape = max(shapes, key=success.rate) if at else shapes[trial % len(shapes)]
        tasks = [
            crew_task(problem, crew, days, roll, seed=problem.seed + done * WINDOWS + k, effort=0.0)
            for k, (crew, days) in enumerate(draw.round(shape))
        ]
        answers: list[Answer | None] = list(pair(delayed(solve_days)(task) for task in tasks))
        spent = sum(OVERHEAD + (answer.spent if answer else 0.0) for answer in answers)
        gained, roll = taken(problem, roll, tasks, answers)
        success.learn(shape, gained, spent)
        effort -= spent
        done, idle = done + 1, 0 if gained else idle + 1
        yield done, roll


def crew_task(
    problem: Problem,
    crew: Sequence[Agent],
    days: frozenset[int],
    roll: Roll,
    *,
    seed: int,
    effort: float,
) -> Task:
    """Return the task to plan a crew's free days while all other duties are kept."""
    names = {agent.agent_id for agent in crew}
    first, end = min(days, default=0) - 1, max(days, default=0) + 2  # shifts may pass midnight
    near = {
        key: duty
        for key, duty in roll.items()
        if first <= key[1] < end and not (key[0] in names and key[1] in days)
    }
    known = _known(crew)
    left = problem.left_open(near, range(first + 1, end))
    open_ = {(row, t): n for (row, t), n in left.items() if n and pool_of(row) in known}
    return Task(
        agents=tuple(crew),
        days=days,
        roll={key: duty for key, duty in roll.items() if key[0] in names},
        open=open_,
        steps={key: problem.steps[key] for key in by_pool(open_)},
        reach=problem.reach,
        idle=problem.idle,
        start=problem.start,
        fairness=problem.fairness,
        wishes={key: costs for key, costs in problem.wishes.items() if key[0] in names},
        standing=problem.standing.of(names),
        meal_share=problem.meal_share,
        crowd=crowd_of(near, problem.speed) if problem.meal_share < 1 else {},
        seed=seed,
        effort=effort,
    )


def taken(
    problem: Problem, roll: Roll, tasks: Sequence[Task], answers: Sequence[Answer | None]
) -> tuple[int, Roll]:
    """Return the points gained, and the duties, once all answers that gain are taken in order.

    All were planned against the same roster, so one may gain nothing after another, and two halves
    of somebody's week may make no lawful one.
    """
    gained = 0
    changed: set[str] = set()
    for task, answer in zip(tasks, answers, strict=True):
        if answer is None:
            continue
        names = {agent.agent_id for agent in task.agents}
        new = replaced(roll, task, answer.roll)
        less = _points(problem, roll, names, task.days) - _points(problem, new, names, task.days)
        both = [agent for agent in task.agents if agent.agent_id in changed]
        if less > 0 and all(_lawful(agent, new) for agent in both):
            gained, roll = gained + less, new
            changed |= names
    return gained, roll


def replaced(roll: Roll, task: Task, new: Roll) -> Roll:
    """Return the roster with the duties of a task's free days replaced."""
    names = {agent.agent_id for agent in task.agents}
    kept = {k: duty for k, duty in roll.items() if not (k[0] in names and k[1] in task.days)}
    return {**kept, **new}


def _lawful(agent: Agent, roll: Roll) -> bool:
    days = range(len(agent.options))
    return is_lawful(
        agent, {d: roll[key].shift for d in days if (key := (agent.agent_id, d)) in roll}
    )


def _points(problem: Problem, roll: Roll, names: set[str], days: frozenset[int]) -> int:
    """Return the points that depend on what a crew does on some days, and others that do not."""
    first, end = min(days) - 1, max(days) + 2
    near = {key: duty for key, duty in roll.items() if first <= key[1] < end}
    own = {key: duty for key, duty in roll.items() if key[0] in names}
    missing = by_pool(problem.left_open(near, range(first + 1, end)))
    wishes = {key: costs for key, costs in problem.wishes.items() if key[0] in names}
    standing = problem.standing.of(names)
    uneven = unfairness(own, problem.start, problem.fairness, wishes, standing)
    return problem.missing_points(missing) + problem.paid_points(own) + uneven


# --- windows --------------------------------------------------------------------------------------


class _Draw:
    """Windows by chance, the same for the same seed."""

    def __init__(self, problem: Problem) -> None:
        self._agents, self._days = problem.agents, sorted(problem.days)
        self._random = np.random.default_rng(problem.seed)
        self._knows = _pools(problem.agents)
        self._queue: list[int] = []
        number, length = len(self._agents), len(self._days)
        fitting = (Shape(min(s.days, length), min(s.people, number)) for s in SHAPES)
        self.shapes = [shape for shape in dict.fromkeys(fitting) if shape.days and shape.people]

    def round(self, shape: Shape) -> list[tuple[list[Agent], frozenset[int]]]:
        """Return windows of a shape, no day of anybody in two of them."""
        windows: list[tuple[Ints, frozenset[int]]] = []
        for _ in range(WINDOWS):
            for days in self._choices(shape.days):
                near = {d + k for d in days for k in (-1, 0, 1)}
                free = np.ones(len(self._agents), bool)
                for crew, others in windows:
                    free[crew] &= not near & others
                if 2 * int(free.sum()) >= shape.people:
                    windows.append((self._crew(shape.people, free), days))
                    self._queue = [d for d in self._queue if shape.days > 1 or d not in days]
                    break
        return [([self._agents[a] for a in crew], days) for crew, days in windows]

    def _choices(self, number: int) -> list[frozenset[int]]:
        """Return days to choose from: single days until all had their turn, else some of a week."""
        if number == 1:
            if not self._queue:
                self._queue = [int(d) for d in self._random.permutation(self._days)]
            return [frozenset({d}) for d in self._queue]
        length = min(7, len(self._days))
        first = int(self._random.integers(len(self._days) - length + 1))
        week = self._days[first : first + length]
        drawn = (self._random.choice(week, number, replace=False) for _ in range(CHOICES))
        return [frozenset(map(int, days)) for days in drawn]

    def _crew(self, number: int, free: Bools) -> Ints:
        """Return somebody free with those who share most pools with her, in the agents' order."""
        able = np.flatnonzero(free)
        if able.size <= number:
            return able
        leader = self._random.choice(able)
        shared = self._knows[able] @ self._knows[leader]
        order = np.lexsort((self._random.random(able.size), -shared))
        return np.sort(able[order[:number]])


def _pools(agents: Sequence[Agent]) -> Ints:
    """Return agents × pools: 1 where an agent ever serves a pool."""
    own = [_known([agent]) for agent in agents]
    column = {pool: j for j, pool in enumerate(sorted(set().union(*own)))}
    found = np.zeros((len(agents), len(column)), np.int64)
    for a, pools in enumerate(own):
        found[a, [column[pool] for pool in pools]] = 1
    return found


def _known(crew: Sequence[Agent]) -> set[str]:
    """Return the pools that somebody of a crew ever serves."""
    return {pool_of(p) for agent in crew for o in agent.options if o for p, _ in o.capability}
