"""The whole problem, exactly: one mixed-integer program of all agents, days and goals.

Every agent is a class of her own (`relax.state_limits`), her runs of work are a path (`runs`),
fairness and wishes are stated as they are counted (`fairness`), meals and service are whole
numbers per group. Its optimum is the best roster there is, so small problems are solved with it
alone and neighbourhoods of large ones with parts of it (`neighbourhoods`). Meals in turn (R18) are
not in it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from staffing.roster.bound import safe_bound, solve_pdlp
from staffing.roster.classes import Class
from staffing.roster.days import roll_of
from staffing.roster.duty import Roll
from staffing.roster.fairness import NONE, STEADY, STEADY_STEP, STEPS, weights, wish_cost
from staffing.roster.mip import minimised
from staffing.roster.problem import Problem
from staffing.roster.relax import (
    NO_LIMIT,
    ONES,
    Bools,
    Eating,
    Floats,
    Free,
    Rows,
    Serving,
    state_coverage,
    state_limits,
    state_presence,
)
from staffing.roster.runs import has_path, state_runs
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent

SHARED = -1
"""Owner of columns that belong to nobody: meals, service, what is missing."""
TOLERANCE, LOOSE, LARGE = 2e-4, 1e-3, 200_000
"""Relative tolerances of the relaxation, the second beyond so many entries of the matrix: the
search only begins from it, and its bound is proven at any."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Whole:
    """Minimise ``cost @ x + constant`` over ``low <= matrix @ x <= high``, ``0 <= x <= upper``.

    Attributes
    ----------
    cost, upper, whole : per column; `whole` ones take whole numbers
    owner : per column the number of its agent, or `SHARED`
    day : per column the day of its shift, -1 for columns that are no shift
    matrix : rows × columns
    low, high : per row, infinite where there is no limit
    constant : points that no roster avoids
    shifts, eating, serving : which columns say what, see `relax`
    """

    agents: tuple[Agent, ...]
    cost: Floats
    upper: Floats
    whole: Bools
    owner: npt.NDArray[np.int64]
    day: npt.NDArray[np.int64]
    matrix: sp.csr_array
    low: Floats
    high: Floats
    constant: float
    shifts: Mapping[tuple[int, int], Free]
    eating: Eating
    serving: Serving

    def roll(self, x: Floats) -> Roll:
        """Return the duties of a solution."""
        return roll_of(self.agents, self.shifts, self.eating, self.serving, np.round(x))


@dataclass(frozen=True, kw_only=True, eq=False)
class Solution:
    """What a solver found.

    Attributes
    ----------
    x : the best point, None where none was found
    points : of that point
    bound : points below which the solver says there is no point
    proven : whether the solver says that none is better
    """

    x: Floats | None
    points: float
    bound: float
    proven: bool


def whole(problem: Problem, *, windows: bool = False) -> Whole:
    """Return the program of a whole problem; its optimum is `Problem.score(...).total`.

    Parameters
    ----------
    windows : whether limits on runs are stated over windows of days beside the paths, which says
        nothing new and makes linear programs slower; columns are the same. For the whole program
        HiGHS made more of the public instances 1, 4 and 6 with them, less of 2 and 3.
    """
    rows, constant = Rows(), float(problem.off)
    shifts: dict[tuple[int, int], Free] = {}
    owner: list[int] = []
    binary: list[int] = []
    of = [Class(members=(agent,), options=agent.options) for agent in problem.agents]
    for a, each in enumerate(of):
        own: list[Free] = []
        for d, option in enumerate(each.options):
            free: list[tuple[Template, int]] = []
            if option is not None:
                for shift, points in zip(option.shifts, option.points, strict=True):
                    free.append((shift, rows.column(points - option.off, each.able(d, shift))))
                rows.row((j for _, j in free), ONES, high=1.0)
            own.append(free)
            shifts[a, d] = free
            binary += [j for _, j in free]
        state_limits(rows, each if windows else _without_runs(each), own)
        if has_path(problem.agents[a].limits):
            state_runs(rows, problem.agents[a], [[j for _, j in free] for free in own])
        constant += state_fairness(rows, problem, problem.agents[a], own, binary)
        owner += [a] * (len(rows.cost) - len(owner))
    present, eating = state_presence(rows, of, shifts, problem.idle)
    _, serving = state_coverage(
        rows, present, problem.need, problem.steps, problem.reach, problem.idle
    )
    binary += [j for starts in eating.values() for j in starts.values()] + list(serving.values())
    size = len(rows.cost)
    owner += [SHARED] * (size - len(owner))
    whole, day = np.zeros(size, np.bool_), np.full(size, -1, np.int64)
    whole[binary] = True
    for (_, d), pairs in shifts.items():
        day[[j for _, j in pairs]] = d
    return Whole(
        agents=problem.agents,
        cost=np.array(rows.cost, float),
        upper=np.array(rows.upper, float),
        whole=whole,
        owner=np.array(owner, np.int64),
        day=day,
        matrix=rows.matrix(),
        low=np.array(rows.low, float),
        high=np.array(rows.high, float),
        constant=constant,
        shifts=shifts,
        eating=eating,
        serving=serving,
    )


def state_fairness(
    rows: Rows, problem: Problem, agent: Agent, own: Sequence[Free], integral: list[int]
) -> float:
    """State what `fairness.unfairness` counts of one agent; return what she costs at rest.

    Parameters
    ----------
    own : per day her shifts with their columns, whose costs grow
    integral : columns that take whole numbers, to which those of this function are added
    """
    weigh, standing, start, name = (
        problem.fairness,
        problem.standing,
        problem.start,
        agent.agent_id,
    )
    constant = 0.0
    for burden, weight in weights(weigh).items():
        surcharge = standing.surcharge(name, burden, weight)
        counted = [
            j
            for d, free in enumerate(own)
            for shift, j in free
            if (weight or surcharge) and standing.counts(burden, start, d, shift)
        ]
        _convex(rows, weight, counted)
        for j in counted:
            rows.cost[j] += surcharge
    _convex(rows, weigh.days_weight, [j for free in own for _, j in free])
    for d, free in enumerate(own):
        costs = problem.wishes.get((name, d), {})
        none = costs.get(NONE, 0)
        constant += none
        span = standing.published.get((name, d))
        told = (name, d) in standing.published
        constant += weigh.change_weight * (told and span is not None)
        for shift, j in free:
            rows.cost[j] += wish_cost(costs, shift) - none
            if told and span is None:
                rows.cost[j] += weigh.change_weight
            elif told and span == (shift.start, shift.end):
                rows.cost[j] -= weigh.change_weight
    if weigh.steady_weight:
        _steady(rows, weigh.steady_weight, start, own, integral)
    return constant


def _convex(rows: Rows, weight: int, counted: Sequence[int]) -> None:
    """Price the excess of a count over each of the steps."""
    if not weight:
        return
    for above in STEPS[: max(len(counted) - 1, 0)]:
        over = rows.column(float(weight), float(len(counted)))
        rows.row([over, *counted], [1.0] + [-1.0] * len(counted), low=-above)


def _steady(
    rows: Rows, weight: int, start: dt.date, own: Sequence[Free], integral: list[int]
) -> None:
    """Price each begun step by which the starts of a calendar week differ beyond `STEADY`."""
    weeks: dict[int, list[int]] = defaultdict(list)
    for d in range(len(own)):
        weeks[(d + start.weekday()) // 7].append(d)
    for days in weeks.values():
        latest = max((shift.start for d in days for shift, _ in own[d]), default=0)
        most = -(-max(latest - STEADY, 0) // STEADY_STEP)
        if not most:
            continue
        early, late = rows.column(0.0, latest), rows.column(0.0, latest)
        steps = rows.column(float(weight), most)
        integral.append(steps)
        for d in days:
            if not own[d]:
                continue
            columns = [j for _, j in own[d]]
            starts = [float(shift.start) for shift, _ in own[d]]
            rows.row([late, *columns], [1.0, *(-s for s in starts)], low=0.0)
            rows.row([early, *columns], [1.0, *(latest - s for s in starts)], high=latest)
        rows.row([steps, late, early], [float(STEADY_STEP), -1.0, 1.0], low=-float(STEADY))


def _without_runs(of: Class) -> Class:
    """Return a class of one without the limits on runs that a path states."""
    (agent,) = of.members
    if not has_path(agent.limits):
        return of
    limits = replace(agent.limits, most_consecutive=None, least_consecutive=1, least_off=1)
    return replace(of, members=(replace(agent, limits=limits),))


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """What is left of a program when some of its columns are fixed.

    Attributes
    ----------
    fixed : per column of the program its value, 0 where it is free
    free : which columns are free; the following are of these alone
    base : points of what is fixed
    start : a feasible point to begin from, or None
    """

    fixed: Floats
    free: Bools
    cost: Floats
    lower: Floats
    upper: Floats
    whole: Bools
    matrix: sp.csr_array
    low: Floats
    high: Floats
    base: float
    start: Floats | None


def part(
    of: Whole,
    lower: Floats | None = None,
    upper: Floats | None = None,
    start: Floats | None = None,
) -> Part:
    """Return the program between bounds, without fixed columns and rows that nothing free enters.

    Such rows are not checked: what is fixed is taken to be lawful, or not planned yet.
    """
    lower = np.zeros(of.cost.size) if lower is None else lower
    upper = of.upper if upper is None else upper
    free = lower < upper
    fixed = np.where(free, 0.0, lower)
    done = of.matrix @ fixed
    matrix = sp.csr_array(of.matrix[:, free])
    used = np.diff(matrix.indptr) > 0
    return Part(
        fixed=fixed,
        free=free,
        cost=of.cost[free],
        lower=lower[free],
        upper=upper[free],
        whole=of.whole[free],
        matrix=sp.csr_array(matrix[used]),
        low=(of.low - done)[used],
        high=(of.high - done)[used],
        base=of.constant + float(of.cost @ fixed),
        start=None if start is None else start[free],
    )


def solve_part(
    of: Part,
    *,
    gap: float = 0.0,
    nodes: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
) -> Solution:
    """Return the best point that HiGHS finds.

    Parameters
    ----------
    gap : relative gap at which the solver may stop
    nodes, seconds : limits on branches and on the clock; without the last the answer is the same
        every time
    """
    if not of.free.any():
        return Solution(x=of.fixed, points=of.base, bound=of.base, proven=True)
    found = minimised(
        of,
        gap=gap,
        nodes=nodes,
        seconds=seconds,
        seed=seed,
        start=None if of.start is None else dict(enumerate(of.start.tolist())),
    )
    bound = of.base + found.bound
    if found.x is None:
        return Solution(x=None, points=NO_LIMIT, bound=bound, proven=found.proven)
    x = of.fixed.copy()
    x[of.free] = found.x
    points = of.base + float(of.cost @ found.x)
    return Solution(x=x, points=points, bound=bound, proven=found.proven)


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A nearly best real point of a program and a proven bound on all its points."""

    x: Floats
    bound: float


def relaxed(of: Whole, seconds: float | None = None) -> Relaxed:
    """Return the linear relaxation by PDLP; the bound holds however early it stops.

    Parameters
    ----------
    seconds : of the clock at most; duals of an early stop may say less than none
    """
    found = solve_pdlp(of, TOLERANCE if of.matrix.nnz <= LARGE else LOOSE, seconds=seconds)
    x = np.clip(np.asarray(found.primal_solution, float), 0.0, of.upper)
    duals = np.asarray(found.dual_solution, float)
    return Relaxed(x, max(safe_bound(of, duals), safe_bound(of, np.zeros(duals.size))))


def solve_whole(
    problem: Problem, *, gap: float = 0.0, nodes: int | None = None, seconds: float | None = None
) -> tuple[Roll | None, Solution]:
    """Return the best roster of a whole problem, None where none was found.

    Parameters
    ----------
    gap, nodes, seconds : as in `solve_part`
    """
    of = whole(problem, windows=True)
    found = solve_part(part(of), gap=gap, nodes=nodes, seconds=seconds)
    return (None if found.x is None else of.roll(found.x)), found
