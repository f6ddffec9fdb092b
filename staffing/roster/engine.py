"""The search: build a roster crew by crew, then improve it by large-neighbourhood search.

A crew of a few agents is planned exactly (CP-SAT) against the seats that the others leave open.
Building does that once for everybody; improving frees one crew after another and plans it again
(Shaw 1998), crews being people who could serve the same short pools. Two crews are planned at a
time in two processes. How good the result is at best is told by the linear relaxation of the
whole problem (`bound`), not by the search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from staffing.grid import SLOTS_PER_H
from staffing.roster.bound import least_uncovered
from staffing.roster.duty import Roll, served
from staffing.roster.even import evened
from staffing.roster.fairness import unfairness
from staffing.roster.ledger import standing, wishes
from staffing.roster.model import Answer, Task, Weights, solve
from staffing.roster.places import by_pool, needed, pool_of, reach
from staffing.roster.report import Goal, SolveReport
from staffing.roster.staff import SPEED_UNITS, Agent
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

BUILDING_CREW = 4
CREWS = range(4, 9)
"""Sizes of the crews whose whole horizon is planned again, drawn at random: larger ones cost more
than they find."""
DAY_CREWS, FREE_DAYS = range(12, 25), 2
"""Sizes of the crews that are planned again on a few days only, and how many days."""
CREW_EFFORT, CREW_SHARE = 2.0, 0.1
"""Deterministic seconds a crew may take at most, and as a share of the whole effort."""
BUILDING_SHARE = 0.4
"""Part of the effort that building a first roster may take at most."""
CREW_OVERHEAD = 0.1
"""Deterministic seconds that stating a crew's model is counted as."""
EFFORT_PER_S = 0.8
"""Deterministic seconds that two processes spend in a second of the scenario's effort."""
FEW = 2 * max(CREWS)
"""Agents up to whom a second process costs more time than it saves."""
IDLE_ROUNDS = 50
"""Rounds without a better roster after which the search stops before its effort is spent."""
WEIGHTS = Weights(under=1000, paid=10, fair=1)
"""A missing twentieth of a seat for half an hour outweighs 50 paid hours, and a paid half hour
ten points of fairness: no lower goal buys more than that of a higher one."""

Progress = Callable[[int, float, float], None]
"""Called with the crews planned so far, uncovered seat-hours and the bound on them."""


@dataclass(frozen=True, slots=True)
class _Score:
    """The goals of a whole roster, in their units."""

    under: int
    paid: int
    fair: int

    @property
    def cost(self) -> int:
        return WEIGHTS.under * self.under + WEIGHTS.paid * self.paid + WEIGHTS.fair * self.fair


class _Problem:
    """The whole problem: what tasks are cut from and answers are measured against."""

    def __init__(
        self,
        workspace: Workspace,
        scenario: Scenario,
        agents: Sequence[Agent],
        requirement: SeatRequirement,
    ) -> None:
        self.agents = [a for a in agents if any(o and o.shifts for o in a.options)]
        self.scenario = scenario
        self.days = frozenset(range(scenario.horizon.days))
        self.need: dict[tuple[str, int], int] = {
            key: seats * SPEED_UNITS
            for key, seats in needed(requirement.table, requirement.sets).items()
        }
        self.speed = {
            (agent.agent_id, d): dict(option.capability)
            for agent in self.agents
            for d, option in enumerate(agent.options)
            if option is not None
        }
        places = (name for own in self.speed.values() for name in own)
        self.reach = reach(places, requirement.sets)
        self.wishes = wishes(workspace, scenario)
        self.standing = standing(workspace, scenario)

    def left_open(self, roll: Roll) -> dict[tuple[str, int], int]:
        """Return what a roster leaves uncovered of each row of seats, in speed units."""
        covered = served(roll, self.speed, self.reach)
        return {key: max(units - covered.get(key, 0), 0) for key, units in self.need.items()}

    def score(self, roll: Roll) -> _Score:
        """Return the goals of a roster."""
        return _Score(
            under=sum(by_pool(self.left_open(roll)).values()),
            paid=sum(duty.shift.paid for duty in roll.values()),
            fair=unfairness(
                roll,
                self.scenario.horizon.start,
                self.scenario.fairness,
                self.wishes,
                self.standing,
            ),
        )

    @property
    def crew_effort(self) -> float:
        """Return the deterministic seconds that planning one crew may take."""
        return min(CREW_EFFORT, CREW_SHARE * self.scenario.roster.effort)

    def task(
        self,
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
        return Task(
            agents=tuple(crew),
            days=days,
            roll={key: duty for key, duty in roll.items() if key[0] in names},
            open=self.left_open(kept),
            start=self.scenario.horizon.start,
            fairness=self.scenario.fairness,
            wishes=self.wishes,
            standing=self.standing.of(names),
            weights=WEIGHTS,
            seed=seed,
            effort=effort,
            reach=self.reach,
        )


def search(
    workspace: Workspace,
    scenario: Scenario,
    agents: Sequence[Agent],
    requirement: SeatRequirement,
    progress: Progress | None = None,
    start: Roll | None = None,
) -> tuple[Roll, SolveReport]:
    """Return the best duties found and the report on them, improved from `start` where given.

    The answer depends on inputs, seed and effort, never on the clock or the number of cores. An
    interrupt (Ctrl-C) while improving ends the search with the best roster so far.
    """
    began = time.monotonic()
    problem = _Problem(workspace, scenario, agents, requirement)
    processes = 2 if len(problem.agents) > FEW else 1
    with Parallel(n_jobs=processes) as pair:
        build = delayed(_build)(problem) if start is None else delayed(dict)(start)
        relaxed = pair([delayed(_bound)(problem), build])  # the two longest serial parts
        bound, roll = float(relaxed[0]), relaxed[1]
        score, crews = problem.score(roll), 0
        try:
            for better in _improve(problem, roll, score, pair):
                roll, score, crews = better
                if progress is not None:
                    progress(crews, _seat_h(score.under), _seat_h(bound))
        except KeyboardInterrupt:
            pass
    roll = evened(
        problem.agents,
        roll,
        scenario.horizon.start,
        scenario.fairness,
        problem.wishes,
        problem.standing,
        seed=scenario.seed,
    )
    score = problem.score(roll)
    goals = (
        Goal(name="uncovered", value=_seat_h(score.under), bound=_seat_h(bound)),
        Goal(name="paid", value=score.paid / SLOTS_PER_H, bound=None),
        Goal(name="fairness", value=float(score.fair), bound=None),
    )
    return roll, SolveReport(
        goals=goals, seed=scenario.seed, crews=crews, seconds=time.monotonic() - began
    )


def _seat_h(units: float) -> float:
    return units / (SPEED_UNITS * SLOTS_PER_H)


def _bound(problem: _Problem) -> float:
    """Return the least uncovered units of any roster; 0, which always holds, if unknown."""
    return least_uncovered(problem.agents, problem.need, problem.reach) or 0.0


def _build(problem: _Problem) -> Roll:
    """Plan everybody once, crew by crew; those who know fewest pools have the first choice."""
    order = sorted(
        problem.agents,
        key=lambda agent: (max(len(o.capability) for o in agent.options if o), agent.agent_id),
    )
    crews = [order[i : i + BUILDING_CREW] for i in range(0, len(order), BUILDING_CREW)]
    seed, total = problem.scenario.seed, problem.scenario.roster.effort * BUILDING_SHARE
    effort = min(problem.crew_effort, total / max(len(crews), 1))
    roll: Roll = {}
    for crew in crews:
        answer = _planned(problem.task(crew, problem.days, roll, seed=seed, effort=effort))
        roll = {**roll, **answer.roll}
    return roll


def _planned(task: Task) -> Answer:
    """Plan a crew; where the effort ends without any answer, try again with more of it."""
    while (answer := solve(task)) is None:
        task = replace(task, effort=4 * task.effort)
    return answer


def _improve(
    problem: _Problem, roll: Roll, score: _Score, pair: Parallel
) -> Iterator[tuple[Roll, _Score, int]]:
    """Yield the roster and the crews planned so far after each round of two crews."""
    random = np.random.default_rng(problem.scenario.seed)
    effort = problem.scenario.roster.effort * EFFORT_PER_S
    idle, crews = 0, 0
    yield roll, score, crews
    while effort > 0 and idle < IDLE_ROUNDS and problem.agents:
        tasks = [
            problem.task(
                *_crew(problem, roll, random),
                roll,
                seed=int(random.integers(2**31)),
                effort=problem.crew_effort,
            )
            for _ in range(2)
        ]
        answers: list[Answer | None] = pair(delayed(solve)(task) for task in tasks)
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


def _best(
    problem: _Problem,
    roll: Roll,
    score: _Score,
    tasks: Sequence[Task],
    answers: Sequence[Answer | None],
) -> tuple[Roll, _Score] | None:
    """Return the best of: the first answer, the second, both; None if none beats `roll`.

    Both crews were planned against the same roster, so together they may do worse than alone, and
    somebody who is in both may get two halves that make no lawful week.
    """
    first, second = (
        None if answer is None else _replaced(roll, task, answer.roll)
        for task, answer in zip(tasks, answers, strict=True)
    )
    tried = [each for each in (first, second) if each is not None]
    strangers = not set(tasks[0].agents) & set(tasks[1].agents)
    if first is not None and answers[1] is not None and strangers:
        tried.append(_replaced(first, tasks[1], answers[1].roll))
    scored = [(each, problem.score(each)) for each in tried]
    best = min(scored, key=lambda pair: pair[1].cost, default=None)
    return best if best is not None and best[1].cost < score.cost else None


def _replaced(roll: Roll, task: Task, new: Roll) -> Roll:
    """Return the roster with the duties of a task's free days replaced."""
    names = {agent.agent_id for agent in task.agents}
    kept = {k: duty for k, duty in roll.items() if not (k[0] in names and k[1] in task.days)}
    return {**kept, **new}


def _crew(
    problem: _Problem, roll: Roll, random: np.random.Generator
) -> tuple[list[Agent], frozenset[int]]:
    """Return a crew and its free days: mostly people who could serve a pool that is short.

    By turns of chance a few people with all their days, or many people on a few days.
    """
    days = problem.days
    sizes = CREWS
    if len(days) > FREE_DAYS and random.random() < 0.5:
        days = frozenset(random.choice(sorted(days), size=FREE_DAYS, replace=False).tolist())
        sizes = DAY_CREWS
    short: dict[str, int] = {}
    for (pool, _), units in by_pool(problem.left_open(roll)).items():
        short[pool] = short.get(pool, 0) + units + 1
    pools = sorted(short)
    weight = np.array([short[pool] for pool in pools], dtype=np.float64)
    focus = str(random.choice(pools, p=weight / weight.sum())) if pools else ""
    serves = np.array([_serves(agent, focus) for agent in problem.agents])
    chance = np.where(serves, 1.0, 0.15)
    size = min(int(random.choice(sizes)), len(problem.agents))
    picked = random.choice(len(chance), size=size, replace=False, p=chance / chance.sum())
    return [problem.agents[i] for i in sorted(picked)], days


def _serves(agent: Agent, pool: str) -> bool:
    return any(
        pool == pool_of(p) for option in agent.options if option for p, _ in option.capability
    )
