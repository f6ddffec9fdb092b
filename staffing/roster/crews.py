"""Crews whose days are planned anew, window after window.

A window is some days of some people; all other duties are kept. Which windows pay differs between
problems and changes as a roster gets better: a day of many people, two days of some, a week of a
few. So a window takes the shape that has lately gained most for its effort, and now and then
another one in turn (large neighbourhoods chosen by success: Ropke & Pisinger 2006, Transportation
Science 40). While a window is solved in one process another one is in a second process, of people's
days far from it; a shape for which too few are free waits for the first window to end. Answers are
taken in the order of their questions, so that what comes out does not depend on which is ready
first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed

from staffing.roster.days import solve_days
from staffing.roster.duty import Roll
from staffing.roster.fairness import unfairness
from staffing.roster.lawful import is_lawful
from staffing.roster.model import Answer, Task
from staffing.roster.places import by_pool, pool_of
from staffing.roster.prices import CROWD
from staffing.roster.problem import Problem
from staffing.roster.relax import Bools, Ints
from staffing.roster.staff import Agent
from staffing.roster.turns import at_table, crowd_of


class Shape(NamedTuple):
    """How many days of how many people are planned at once."""

    days: int
    people: int


SHAPES = (Shape(1, 70), Shape(2, 60), Shape(2, 35), Shape(7, 15))
"""They take HiGHS one to ten seconds, and the first gains most. Three days of everybody take thirty
and gained next to nothing."""
TRIAL = 8
"""Every so many windows another shape has its turn."""
HOPE = 0.1
"""What a shape not tried yet is expected to gain, as a part of the best that any has gained."""
MEMORY = 0.7
"""Part of a shape's past gains and efforts that still counts after its next window."""
CHOICES = 8
"""Runs of days that are tried until enough people are free."""
PATIENCE = 10
"""Windows of every shape without any gain after which nothing is left to be gained."""
OVERHEAD = 0.1
"""Effort that stating a window is counted as."""


class _Success:
    """What shapes have lately gained for their effort."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = shapes
        self._gained = dict.fromkeys(shapes, 0.0)
        self._effort = dict.fromkeys(shapes, 0.0)
        self._most = 0.0

    def rate(self, shape: Shape) -> float:
        """Return points for a second of effort."""
        if not self._effort[shape]:
            return HOPE * self._most
        return self._gained[shape] / self._effort[shape]

    def learn(self, shape: Shape, gained: int, effort: float) -> None:
        """Take in what a window of the shape came to: points and effort."""
        self._gained[shape] = MEMORY * self._gained[shape] + gained
        self._effort[shape] = MEMORY * self._effort[shape] + effort
        self._most = max(self._most, self.rate(shape))

    def ranked(self, number: int) -> list[Shape]:
        """Return the shapes for the window with this number, the best one first."""
        ranked = sorted(self._shapes, key=self.rate, reverse=True)
        trial, at = divmod(number + 1, TRIAL)
        return ranked if at else [self._shapes[trial % len(self._shapes)], *ranked]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A window that is being solved.

    Attributes
    ----------
    answers : hands on the answer when it is there
    of : the duties that it was asked of
    """

    shape: Shape
    window: Window
    task: Task
    answers: Iterator[Answer | None]
    of: Roll


def improved(
    problem: Problem, roll: Roll, effort: float, lanes: Sequence[Parallel]
) -> Iterator[tuple[float, Roll]]:
    """Plan windows anew until the effort is spent or nothing gains; yield what is left of it.

    With it go the duties.

    Parameters
    ----------
    effort : that all windows may take together, see `mip.EFFORT`
    lanes : each solves one window at a time, with answers as a generator
    """
    draw = _Draw(problem)
    success, asked = _Success(draw.shapes), deque[_Asked]()
    begun = idle = 0
    while True:
        while len(asked) < len(lanes) and effort > 0 and idle < PATIENCE * len(draw.shapes):
            ranked = success.ranked(begun)
            found = draw.window(ranked[:1] if asked else ranked, [each.window for each in asked])
            if found is None:
                break  # until nobody is in another window
            shape, window = found
            crew = [problem.agents[a] for a in window.crew]
            task = crew_task(
                problem, crew, window.days, roll, seed=problem.seed + begun, effort=0.0
            )
            answers = iter(lanes[begun % len(lanes)]([delayed(solve_days)(task)]))
            asked.append(_Asked(shape=shape, window=window, task=task, answers=answers, of=roll))
            begun += 1
        if not asked:
            return
        first = asked.popleft()
        (answer,) = first.answers
        spent = OVERHEAD + (answer.spent if answer else 0.0)
        gained, roll = taken(problem, roll, first.task, answer, changed=roll is not first.of)
        success.learn(first.shape, gained, spent)
        effort -= spent
        idle = 0 if gained else idle + 1
        yield effort, roll


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
    problem: Problem, roll: Roll, task: Task, answer: Answer | None, *, changed: bool
) -> tuple[int, Roll]:
    """Return the points gained, and the duties, with an answer where it gains.

    Parameters
    ----------
    changed : whether the duties are others than those that the window was asked of: then two halves
        of somebody's week may make no lawful one, and she keeps the days that she has
    """
    if answer is None:
        return 0, roll
    names = {agent.agent_id for agent in task.agents}
    new = replaced(roll, task, answer.roll)
    if changed:
        for agent in task.agents:
            if not _lawful(agent, new):
                new = _kept(roll, new, agent.agent_id, task.days)
    less = _points(problem, roll, names, task.days) - _points(problem, new, names, task.days)
    return (less, new) if less > 0 else (0, roll)


def _kept(roll: Roll, new: Roll, name: str, days: frozenset[int]) -> Roll:
    """Return the new duties with those of somebody's days as they were."""
    other = {key: duty for key, duty in new.items() if not (key[0] == name and key[1] in days)}
    return {**other, **{(name, d): roll[name, d] for d in days if (name, d) in roll}}


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
    crowded = _crowded(near, problem) if problem.meal_share < 1 else 0
    return problem.missing_points(missing) + problem.paid_points(own) + uneven + crowded


def _crowded(roll: Roll, problem: Problem) -> int:
    """R18: return the points of people too many at the table, as the windows price them."""
    above = (
        max(eating - at_table(on_duty, problem.meal_share), 0)
        for on_duty, eating in crowd_of(roll, problem.speed).values()
    )
    return CROWD * sum(above)


# --- windows --------------------------------------------------------------------------------------


class Window(NamedTuple):
    """Numbers of agents, in their order, and the days that are planned anew."""

    crew: Ints
    days: frozenset[int]


class _Draw:
    """Windows by chance, the same for the same seed."""

    def __init__(self, problem: Problem) -> None:
        self._number, self._days = len(problem.agents), sorted(problem.days)
        self._random = np.random.default_rng(problem.seed)
        self._knows = _pools(problem.agents)
        self._queue: list[int] = []
        number, length = self._number, len(self._days)
        fitting = (Shape(min(s.days, length), min(s.people, number)) for s in SHAPES)
        self.shapes = [shape for shape in dict.fromkeys(fitting) if shape.days and shape.people]

    def window(
        self, shapes: Sequence[Shape], others: Sequence[Window]
    ) -> tuple[Shape, Window] | None:
        """Return a window of the first shape for which enough people are far from all others."""
        for shape in shapes:
            for days in self._choices(shape.days):
                near = {d + k for d in days for k in (-1, 0, 1)}
                free = np.ones(self._number, bool)
                for other in others:
                    free[other.crew] &= not near & other.days
                if 2 * int(free.sum()) >= shape.people:
                    self._queue = [d for d in self._queue if shape.days > 1 or d not in days]
                    return shape, Window(self._crew(shape.people, free), days)
        return None

    def _choices(self, number: int) -> list[frozenset[int]]:
        """Return days in a row to choose from; single days until all of them had their turn."""
        if number == 1:
            if not self._queue:
                self._queue = [int(d) for d in self._random.permutation(self._days)]
            return [frozenset({d}) for d in self._queue]
        starts = self._random.permutation(len(self._days) - number + 1)[:CHOICES]
        return [frozenset(self._days[k : k + number]) for k in starts.tolist()]

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
