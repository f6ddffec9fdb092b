"""The search: a first roster agent by agent, all of it annealed, then whole days planned exactly.

`first` gives everybody a lawful horizon where seats are open; `anneal` changes all duties at once
at a hundred thousand changes a second; then every day is planned anew for crews of people who
know the same pools, two days at a time in two processes, by HiGHS (`days`). A few people are
planned exactly, all at once, by CP-SAT (`model`). How good the result is at best is told by the
linear relaxation of the whole problem (`bound`), in a second process meanwhile, not by the search.
"""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from joblib import Parallel, delayed

from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
from staffing.roster.anneal import Annealing
from staffing.roster.bound import least_uncovered
from staffing.roster.classes import classes
from staffing.roster.days import solve_days
from staffing.roster.duty import Roll
from staffing.roster.even import evened
from staffing.roster.first import first_roll
from staffing.roster.lawful import is_lawful
from staffing.roster.model import Answer, Task, solve
from staffing.roster.parts import improved_bound
from staffing.roster.places import by_pool, pool_of
from staffing.roster.prices import SPEED_UNITS, Score, paid_hours
from staffing.roster.problem import Problem
from staffing.roster.relax import relaxation
from staffing.roster.report import Goal, SolveReport
from staffing.roster.staff import Agent
from staffing.roster.turns import crowd_of

FEW, FEW_DAYS = 4, 7
"""Agents and days up to whom all is planned at once, and mostly proven best."""
SERIAL = 16
"""Agents up to whom a second process costs more time than it saves."""
FEW_PART = 0.25
"""Part of the effort that a few agents may take."""
STEPS_PER_EFFORT = 100_000
"""Changes that annealing tries in a second of the scenario's effort."""
ANNEALED_PART = 0.7
"""Part of the effort that annealing takes; the days planned exactly have the rest."""
BOUND_PART = 0.3
"""Effort that the bound takes beyond its linear program, as a part of that of the search."""
DAY_CREW = 70
"""Most people whose day is planned at once."""
CREW_OVERHEAD = 0.1
"""Effort that stating a crew's model is counted as."""
EFFORT_PER_S = 0.8
"""Effort that two processes spend in a second of the scenario's effort."""

Progress = Callable[[int, float, float | None], None]
"""Called with the steps done so far, uncovered seat-hours and the bound on them, None while it is
not known."""
Bounds = tuple[float, float | None]
"""The least points, and the least uncovered units where these are quickly known."""


def search(
    problem: Problem,
    progress: Progress | None = None,
    start: Roll | None = None,
) -> tuple[Roll, SolveReport]:
    """Return the best duties found and the report on them, improved from `start` where given.

    The answer depends on inputs, seed and effort, never on the clock or the number of cores. An
    interrupt (Ctrl-C) ends the search with the best roster so far, and its bound if it is known.

    Raises
    ------
    NoWeekError
        When some agents have no lawful horizon at all.
    """
    began, steps = time.monotonic(), 0
    told = progress or (lambda *_: None)
    roll = first_roll(problem) if start is None else dict(start)
    least: Bounds = (-np.inf, None)
    processes = 2 if len(problem.agents) > SERIAL else 1
    with Parallel(n_jobs=processes, return_as="generator") as pair, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what is still at work at an interrupt
        bounds: Iterator[Bounds] = pair([delayed(_bounds)(problem)])  # at once, beside the search
        try:
            going = True
            if _few(problem):
                roll = _planned_at_once(problem, roll)
            else:
                steps, roll, going = _annealed(problem, roll, told)
            if going:
                (least,) = bounds
            for days, better in _planned_by_days(problem, roll, pair) if going else ():
                roll = better
                told(steps + days, _seat_h(problem.score(roll).units), _known_h(least[1]))
        except KeyboardInterrupt:
            pass
    roll = evened(
        problem.agents,
        roll,
        problem.start,
        problem.fairness,
        problem.wishes,
        problem.standing,
        seed=problem.seed,
    )
    return roll, _report(problem, roll, least, steps, time.monotonic() - began)


def _report(problem: Problem, roll: Roll, least: Bounds, steps: int, seconds: float) -> SolveReport:
    """Return the goals as they are reached and what is proven of them."""
    score, (points, units) = problem.score(roll), least
    goals = (
        Goal(
            name="uncovered",
            value=_seat_h(score.units),
            bound=_known_h(units),
        ),
        Goal(name="paid", value=sum(d.shift.paid for d in roll.values()) / SLOTS_PER_H, bound=None),
        Goal(
            name="cost",
            value=paid_hours(score.proven_part),
            bound=None if points == -np.inf else paid_hours(points),
        ),
        Goal(name="fairness", value=float(score.fair), bound=None),
    )
    return SolveReport(goals=goals, seed=problem.seed, steps=steps, seconds=seconds)


def _seat_h(units: float) -> float:
    return units / (SPEED_UNITS * SLOTS_PER_H)


def _known_h(units: float | None) -> float | None:
    return None if units is None else _seat_h(units)


def _bounds(problem: Problem) -> Bounds:
    relaxed = relaxation(
        classes(problem.agents), problem.need, problem.steps, problem.reach, problem.idle
    )
    *_, best = improved_bound(problem, problem.effort * BOUND_PART)
    return best, least_uncovered(relaxed)


def _few(problem: Problem) -> bool:
    return len(problem.agents) <= FEW and len(problem.days) <= FEW_DAYS


def _planned_at_once(problem: Problem, roll: Roll) -> Roll:
    """Return everybody's duties as CP-SAT finds them best, or as they were."""
    effort = problem.effort * FEW_PART
    task = crew_task(problem, problem.agents, problem.days, roll, seed=problem.seed, effort=effort)
    answer = solve(task) if problem.agents else None
    if answer is None or problem.score(answer.roll).total >= problem.score(roll).total:
        return roll
    return answer.roll


def _annealed(problem: Problem, roll: Roll, told: Progress) -> tuple[int, Roll, bool]:
    """Return the changes tried, the duties annealed, and whether no interrupt ended it."""
    walk, tried = Annealing(problem, roll), 0
    try:
        for tried in walk.improve(int(problem.effort * ANNEALED_PART * STEPS_PER_EFFORT)):
            told(tried, _seat_h(walk.units), None)
    except KeyboardInterrupt:
        return tried, walk.roll(), False
    return tried, walk.roll(), True


# --- days planned exactly -------------------------------------------------------------------------


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
    open_ = {
        (row, t): number
        for (row, t), number in problem.left_open(near).items()
        if number and min(days, default=0) <= t // SLOTS_PER_DAY < end
    }
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


def _planned_by_days(problem: Problem, roll: Roll, pair: Parallel) -> Iterator[tuple[int, Roll]]:
    """Plan every day of everybody anew, as far as the effort goes; yield days done and duties."""
    effort = problem.effort * (1 - ANNEALED_PART) * EFFORT_PER_S
    score, done = problem.score(roll), 0
    todo = [] if _few(problem) else _sweep(problem)
    while effort > 0 and todo:
        picked, todo = todo[:2], todo[2:]
        tasks = [
            crew_task(problem, crew, days, roll, seed=problem.seed, effort=0.0)
            for crew, days in picked
        ]
        answers: list[Answer | None] = list(pair(delayed(solve_days)(task) for task in tasks))
        effort -= sum(CREW_OVERHEAD + (answer.spent if answer else 0.0) for answer in answers)
        better = _best(problem, roll, score, tasks, answers)
        if better is not None:
            roll, score = better
        done += len(tasks)
        yield done, roll


def _sweep(problem: Problem) -> list[tuple[list[Agent], frozenset[int]]]:
    """Return every day of everybody once, in crews of people who know the same pools.

    Neighbouring days come apart from each other, so that two planned at a time fit together.
    """
    order = sorted(problem.agents, key=lambda agent: (_pools(agent), agent.agent_id))
    number = -(-len(order) // DAY_CREW)
    crews = [list(part) for part in np.array_split(np.array(order, object), max(number, 1))]
    days = sorted(problem.days)
    half = (len(days) + 1) // 2
    mixed = [d for both in itertools.zip_longest(days[:half], days[half:]) for d in both]
    return [(crew, frozenset({d})) for d in mixed if d is not None for crew in crews if crew]


def _pools(agent: Agent) -> tuple[str, ...]:
    """Return the pools that an agent ever serves."""
    return tuple(sorted({pool_of(p) for o in agent.options if o for p, _ in o.capability}))


def _best(
    problem: Problem,
    roll: Roll,
    score: Score,
    tasks: Sequence[Task],
    answers: Sequence[Answer | None],
) -> tuple[Roll, Score] | None:
    """Return the best of: the first answer, the second, both; None if none beats `roll`.

    All crews were planned against the same roster, so together they may do worse than alone, and
    somebody who is in both may get two halves that make no lawful week.
    """
    alone = [
        (task, answer.roll, _replaced(roll, task, answer.roll))
        for task, answer in zip(tasks, answers, strict=True)
        if answer is not None
    ]
    tried = [whole for _, _, whole in alone]
    if len(alone) == 2:
        (one, _, first), (other, new, _) = alone
        if (both := _joined(one, first, other, new)) is not None:
            tried.append(both)
    scored = [(each, problem.score(each)) for each in tried]
    best = min(scored, key=lambda pair: pair[1].total, default=None)
    return best if best is not None and best[1].total < score.total else None


def _joined(one: Task, first: Roll, other: Task, new: Roll) -> Roll | None:
    """Return the first crew's roster with the other's new duties, None where that is not lawful."""
    shared = [agent for agent in one.agents if agent in other.agents]
    if shared and one.days & other.days:
        return None
    both = _replaced(first, other, new)
    for agent in shared:
        days = range(len(agent.options))
        own = {d: both[key].shift for d in days if (key := (agent.agent_id, d)) in both}
        if not is_lawful(agent, own):
            return None
    return both


def _replaced(roll: Roll, task: Task, new: Roll) -> Roll:
    """Return the roster with the duties of a task's free days replaced."""
    names = {agent.agent_id for agent in task.agents}
    kept = {k: duty for k, duty in roll.items() if not (k[0] in names and k[1] in task.days)}
    return {**kept, **new}
