"""The search: a first roster agent by agent, all of it annealed, then whole days planned exactly.

`first` gives everybody a lawful horizon where seats are open; `anneal` changes all duties at once
at up to a million changes a second; then crews of people who know the same pools have some of
their days planned anew by HiGHS, several windows side by side (`crews`); last come everybody's
meals and places of each day (`seating`), of a large company before the last part of annealing too.
A few people are planned exactly, all at once, by CP-SAT (`model`). How good the result is at best
is told by the linear relaxation of the whole problem (`bound`), in a second process meanwhile, not
by the search.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed

from staffing.grid import SLOTS_PER_H
from staffing.roster.ahead import Ahead
from staffing.roster.anneal import Annealing
from staffing.roster.bound import least_uncovered
from staffing.roster.classes import classes
from staffing.roster.crews import crew_task, improved
from staffing.roster.duty import Roll
from staffing.roster.even import evened
from staffing.roster.first import first_roll
from staffing.roster.model import solve
from staffing.roster.parts import improved_bound
from staffing.roster.prices import SPEED_UNITS, paid_hours
from staffing.roster.problem import Problem
from staffing.roster.relax import relaxation
from staffing.roster.report import Goal, Reached, SolveReport
from staffing.roster.seating import reseated

FEW, FEW_DAYS = 4, 7
"""Agents and days up to whom all is planned at once, and mostly proven best."""
SERIAL = 16
"""Agents up to whom a second process costs more time than it saves."""
FEW_PART = 0.25
"""Part of the effort that a few agents may take."""
STEPS_PER_EFFORT = 450_000
"""Changes that annealing tries in a second of the scenario's effort, on each core."""
ANNEALED_PART = 0.75
"""Part of the effort that annealing takes at least; the windows planned exactly have the rest."""
WINDOWED = 2_000
"""Days of people up to which the windows have all of that rest. Of more they would not get around
in time, while annealing gains from everybody at once."""
BOUND_PART = 0.3
"""Effort that the bound takes beyond its linear program, as a part of that of the search."""
ALONE_PART = 0.3
"""Part of the windows' effort before the bound is waited for, to see whether that is near enough:
it is not needed sooner, and what comes out may not depend on when it is there."""
SEATED_PART = 0.3
"""Effort beyond that of the scenario after which meals and places are planned no further round at
the end, as a part of it."""
EFFORT_PER_S = 1.3
"""Effort that a process spends on windows in a second of the scenario's effort."""
COLD_PART, COLD = 0.15, 0.9
"""Of a large company: the part of the changes that is tried after meals and places were planned for
the first time, and the part of the cooling at which these begin."""
TOLD_EACH = 4
"""Parts of the annealing after which it is told where it stands: to reckon that takes a while."""

Progress = Callable[[Reached], None]
"""Told where the search stands, about every other second."""
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
    began, steps, going = time.monotonic(), 0, True
    roll = first_roll(problem) if start is None else dict(start)
    least: Bounds = (-np.inf, None)
    processes = 2 if len(problem.agents) > SERIAL else 1
    beside = Parallel(n_jobs=processes, return_as="generator")
    lanes = [Parallel(n_jobs=processes, return_as="generator") for _ in range(processes)]
    with ExitStack() as stack, warnings.catch_warnings():
        for each in (beside, *lanes):
            stack.enter_context(each)
        warnings.simplefilter("ignore", UserWarning)  # what is still at work at an interrupt
        bounds = Ahead[Bounds](beside([delayed(_bounds)(problem)]), elsewhere=processes > 1)

        def told(roll: Roll, part: float | None = None) -> None:
            if progress is not None:
                progress(_reached(problem, roll, bounds.now(), part))

        try:
            if _few(problem):
                roll = _planned_at_once(problem, roll)
            else:
                steps, roll, going = _annealed(problem, roll, told, lanes[0])
                effort = problem.effort * (1 - _annealed_part(problem)) * processes * EFFORT_PER_S
                for left, better in improved(problem, roll, effort, lanes) if going else ():
                    roll = better
                    told(roll)
                    if left < effort * (1 - ALONE_PART) and _close(problem, roll, bounds.wait()):
                        break
                else:
                    effort = problem.effort * SEATED_PART * processes
                    for better in reseated(problem, roll, effort, lanes[0]) if going else ():
                        roll = better
                        told(roll)
            least = bounds.wait() if going else bounds.now() or least
        except KeyboardInterrupt:
            least, going = bounds.now() or least, False
    roll = evened(
        problem.agents,
        roll,
        problem.start,
        problem.fairness,
        problem.wishes,
        problem.standing,
        seed=problem.seed,
        effort=problem.effort,
        meal_share=problem.meal_share,
    )
    report = _report(problem, roll, least, steps, time.monotonic() - began)
    return roll, replace(report, cut_short=not going)


def _close(problem: Problem, roll: Roll, least: Bounds) -> bool:
    """Return whether a roster is as near to the bound as the scenario asks."""
    gap = _cost(problem.score(roll).proven_part, least[0]).gap
    return gap is not None and gap <= problem.gap


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
        _cost(score.proven_part, points),
        Goal(name="fairness", value=float(score.fair), bound=None),
    )
    return SolveReport(goals=goals, seed=problem.seed, steps=steps, seconds=seconds)


def _reached(problem: Problem, roll: Roll, least: Bounds | None, part: float | None) -> Reached:
    score = problem.score(roll)
    cost = _cost(score.proven_part, -np.inf if least is None else least[0])
    return Reached(part=part, uncovered_h=_seat_h(score.units), cost=cost)


def _cost(points: float, least: float) -> Goal:
    bound = None if least == -np.inf else paid_hours(least)
    return Goal(name="cost", value=paid_hours(points), bound=bound)


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


def _annealed_part(problem: Problem) -> float:
    """Return the part of the effort that annealing takes."""
    days = len(problem.agents) * len(problem.days)
    return 1 - (1 - ANNEALED_PART) * min(1.0, WINDOWED / max(days, 1))


def _annealed(
    problem: Problem, roll: Roll, told: Callable[[Roll, float], None], lane: Parallel
) -> tuple[int, Roll, bool]:
    """Return the changes tried, the duties annealed, and whether no interrupt ended it."""
    part = _annealed_part(problem)
    large = part > ANNEALED_PART
    walk, tried = Annealing(problem, roll, paired=large), 0
    steps = int(problem.effort * part * STEPS_PER_EFFORT * walk.threads)
    cold = int(steps * COLD_PART) if large else 0

    def cooled(number: int, since: float = 0.0) -> None:
        nonlocal tried
        before = tried
        for i, more in enumerate(walk.improve(number, since), 1):
            tried = before + more
            if i % TOLD_EACH == 0:
                told(walk.roll(), part * tried / max(steps, 1))

    going, seated = True, list[Roll]()
    try:
        cooled(steps - cold)
        if cold:
            seated = [walk.roll()]
            for better in reseated(problem, seated[0], 0.0, lane):
                seated = [better]
                told(better, part * tried / max(steps, 1))
            walk.sit(seated[0])
            cooled(cold, COLD)
    except KeyboardInterrupt:
        going = False
    best = min([walk.roll(), *seated], key=lambda each: problem.score(each).total)
    return tried, best, going
