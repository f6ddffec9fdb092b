"""The search: build a roster crew by crew, then improve it by large-neighbourhood search.

A crew is planned exactly against the seats that the others leave open: a few agents for all
their days by CP-SAT, or many agents for a day or two by HiGHS (`days`). Building plans everybody
once in small crews; then every day is planned anew for everybody, and then one crew after another
(large-neighbourhood search, Shaw 1998), mostly people who could serve the same short pools. Two
crews are planned at a time in two processes. How good the result is at best is told by the linear
relaxation of the whole problem (`bound`), not by the search.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from joblib import Parallel, delayed

from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
from staffing.roster.bound import least_points, least_uncovered
from staffing.roster.classes import classes
from staffing.roster.days import solve_days
from staffing.roster.duty import Roll
from staffing.roster.even import evened
from staffing.roster.lawful import is_lawful
from staffing.roster.model import Answer, Task, solve
from staffing.roster.places import by_pool, pool_of
from staffing.roster.prices import SPEED_UNITS, Score, paid_hours
from staffing.roster.problem import Problem
from staffing.roster.relax import relaxation
from staffing.roster.report import Goal, SolveReport
from staffing.roster.staff import Agent

BUILDING_CREW = 4
CREWS = range(4, 9)
"""Sizes of the crews whose whole horizon is planned again, drawn at random: larger ones cost more
than they find."""
DAY_CREW, FREE_DAYS = 70, 2
"""Most people who are planned again on one day, of several their part, and at most how many
days: HiGHS needs ten times as long for twice as many."""
DAYS_CHANCE = 0.6
"""Share of the crews that are planned again on a few days only."""
CREW_EFFORT, CREW_SHARE = 2.0, 0.1
"""Deterministic seconds a crew may take at most, and as a share of the whole effort."""
BUILDING_SHARE = 0.15
"""Part of the effort that building a first roster may take at most."""
CREW_OVERHEAD = 0.1
"""Deterministic seconds that stating a crew's model is counted as."""
EFFORT_PER_S = 0.8
"""Deterministic seconds that two processes spend in a second of the scenario's effort."""
FEW = 2 * max(CREWS)
"""Agents up to whom a second process costs more time than it saves."""
IDLE_ROUNDS = 50
"""Rounds without a better roster after which the search stops before its effort is spent."""
Progress = Callable[[int, float, float], None]
"""Called with the crews planned so far, uncovered seat-hours and the bound on them."""


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
    kept = {key: duty for key, duty in roll.items() if not (key[0] in names and key[1] in days)}
    open_ = {key: number for key, number in problem.left_open(kept).items() if number}
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
        seed=seed,
        effort=effort,
    )


def _crew_effort(problem: Problem) -> float:
    """Return the deterministic seconds that planning one crew may take."""
    return min(CREW_EFFORT, CREW_SHARE * problem.effort)


def search(
    problem: Problem,
    progress: Progress | None = None,
    start: Roll | None = None,
) -> tuple[Roll, SolveReport]:
    """Return the best duties found and the report on them, improved from `start` where given.

    The answer depends on inputs, seed and effort, never on the clock or the number of cores. An
    interrupt (Ctrl-C) while improving ends the search with the best roster so far.
    """
    began = time.monotonic()
    processes = 2 if len(problem.agents) > FEW else 1
    with Parallel(n_jobs=processes) as pair:
        build = delayed(_build)(problem) if start is None else delayed(dict)(start)
        relaxed = pair([delayed(_bounds)(problem), build])  # the two longest serial parts
        (least, least_units), roll = relaxed[0], relaxed[1]
        score, crews = problem.score(roll), 0
        try:
            for better in _improve(problem, roll, score, pair):
                roll, score, crews = better
                if progress is not None:
                    progress(crews, _seat_h(score.units), _seat_h(least_units or 0.0))
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
    score = problem.score(roll)
    bound_h = None if least_units is None else _seat_h(least_units)
    goals = (
        Goal(name="uncovered", value=_seat_h(score.units), bound=bound_h),
        Goal(name="paid", value=sum(d.shift.paid for d in roll.values()) / SLOTS_PER_H, bound=None),
        Goal(name="cost", value=paid_hours(score.proven_part), bound=paid_hours(least)),
        Goal(name="fairness", value=float(score.fair), bound=None),
    )
    seconds = time.monotonic() - began
    return roll, SolveReport(goals=goals, seed=problem.seed, crews=crews, seconds=seconds)


def _seat_h(units: float) -> float:
    return units / (SPEED_UNITS * SLOTS_PER_H)


def _bounds(problem: Problem) -> tuple[float, float | None]:
    """Return the least points, and the least uncovered units where that is quickly known."""
    relaxed = relaxation(
        classes(problem.agents), problem.need, problem.steps, problem.reach, problem.idle
    )
    least = least_points(relaxed)
    return least, least_uncovered(relaxed)


def _build(problem: Problem) -> Roll:
    """Plan everybody once, crew by crew; those who know fewest pools have the first choice."""
    order = sorted(
        problem.agents,
        key=lambda agent: (max(len(o.capability) for o in agent.options if o), agent.agent_id),
    )
    crews = [order[i : i + BUILDING_CREW] for i in range(0, len(order), BUILDING_CREW)]
    seed, total = problem.seed, problem.effort * BUILDING_SHARE
    effort = min(_crew_effort(problem), total / max(len(crews), 1))
    roll: Roll = {}
    for crew in crews:
        answer = _planned(crew_task(problem, crew, problem.days, roll, seed=seed, effort=effort))
        roll = {**roll, **answer.roll}
    return roll


def _planned(task: Task) -> Answer:
    """Plan a crew; where the effort ends without any answer, try again with more of it."""
    while (answer := solve(task)) is None:
        task = replace(task, effort=4 * task.effort)
    return answer


def _improve(
    problem: Problem, roll: Roll, score: Score, pair: Parallel
) -> Iterator[tuple[Roll, Score, int]]:
    """Yield the roster and the crews planned so far after each round of two crews."""
    random = np.random.default_rng(problem.seed)
    effort = problem.effort * EFFORT_PER_S
    idle, crews, todo = 0, 0, _sweep(problem)
    yield roll, score, crews
    while effort > 0 and (todo or idle < IDLE_ROUNDS) and problem.agents:
        picked = todo[:2] or [_crew(problem, roll, random) for _ in range(2)]
        todo = todo[2:]
        tasks = [
            crew_task(
                problem,
                crew,
                days,
                roll,
                seed=int(random.integers(2**31)),
                effort=_crew_effort(problem),
            )
            for crew, days in picked
        ]
        answers: list[Answer | None] = pair(delayed(_plan)(task) for task in tasks)
        crews += len(tasks)
        effort -= sum(
            CREW_OVERHEAD + (answer.spent if answer else task.effort)
            for task, answer in zip(tasks, answers, strict=True)
        )
        better = _best(problem, roll, score, tasks, answers)
        idle = 0 if better is not None else idle + 1
        if better is not None:
            roll, score = better
        yield roll, score, crews


def _plan(task: Task) -> Answer | None:
    """Plan some days of many people, or whole weeks of few, each by the solver that is best."""
    return (
        solve_days(task)
        if len(task.days) <= FREE_DAYS < len(task.agents[0].options)
        else solve(task)
    )


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


def _sweep(problem: Problem) -> list[tuple[list[Agent], frozenset[int]]]:
    """Return every day of everybody once, in crews of people who know the same pools.

    Neighbouring days come apart from each other, so that two planned at a time fit together.
    """
    order = sorted(problem.agents, key=lambda agent: (_pools(agent), agent.agent_id))
    number = -(-len(order) // DAY_CREW)
    crews = [list(part) for part in np.array_split(np.array(order, object), max(number, 1))]
    days = sorted(problem.days)
    if len(days) <= FREE_DAYS:
        return []
    half = (len(days) + 1) // 2
    mixed = [d for both in itertools.zip_longest(days[:half], days[half:]) for d in both]
    return [(crew, frozenset({d})) for d in mixed if d is not None for crew in crews if crew]


def _pools(agent: Agent) -> tuple[str, ...]:
    """Return the pools that an agent ever serves."""
    return tuple(sorted({pool_of(p) for o in agent.options if o for p, _ in o.capability}))


def _crew(
    problem: Problem, roll: Roll, random: np.random.Generator
) -> tuple[list[Agent], frozenset[int]]:
    """Return a crew and its free days: mostly people who could serve a pool that is short.

    By turns of chance a few people with all their days, or many people on one or two days.
    """
    days, size = problem.days, int(random.choice(CREWS))
    if len(days) > FREE_DAYS and random.random() < DAYS_CHANCE:
        number = int(random.integers(1, FREE_DAYS + 1))
        days = frozenset(random.choice(sorted(days), size=number, replace=False).tolist())
        size = DAY_CREW // number
    short: dict[str, int] = {}
    for (pool, t), left in by_pool(problem.left_open(roll)).items():
        if t // SLOTS_PER_DAY in days:
            short[pool] = short.get(pool, 0) + left + 1
    pools = sorted(short)
    weight = np.array([short[pool] for pool in pools], dtype=np.float64)
    focus = str(random.choice(pools, p=weight / weight.sum())) if pools else ""
    serves = np.array([focus in _pools(agent) for agent in problem.agents])
    chance = np.where(serves, 1.0, 0.15)
    size = min(size, len(problem.agents))
    picked = random.choice(len(chance), size=size, replace=False, p=chance / chance.sum())
    return [problem.agents[i] for i in sorted(picked)], days
