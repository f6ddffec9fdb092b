"""A better bound: the relaxation parted into its days, or into crews, each in whole people.

Only limits that bind several days (`Parts.binding`) tie the days together. Priced by their duals
instead of stated, they leave a problem for each day alone (or for each part of it whose pools
share nobody), and the optima of the parts add up to a bound for whatever prices (Lagrangian
relaxation; Geoffrion 1974). In a part all shifts, meals and services are whole numbers, so it
knows what the linear program does not: that nobody has half a meal, and that a day's people fill
the seats of all its half hours at once.

Or it is parted into crews: a pool and all the days of those who serve it. What their service is
worth to other pools is priced instead. Where four people alone know a pool it tells what these four
can do with it at best. The better of the two partings counts.

A problem too large for hulls in the linear program has them week by week instead. What ties weeks
together is left out: days in a row across a Sunday and the like hardly bind. A month's overtime
does, so where there is a limit on it ties are priced by the duals of the program without hulls.

CP-SAT works in whole numbers, so what it proves of a day holds without rounding errors, also
where its effort ends before the optimum. The prices are multiples of a power of two, so that the
costs of a day are whole numbers of that size. HiGHS proves crews, many times as fast, but in
floating point: its word is taken less what its tolerance lets each column be off by (`WRONG`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.roster import interior
from staffing.roster.bound import duals_of, fitting, safe_bound, solve_pdlp
from staffing.roster.classes import classes
from staffing.roster.mip import cut, minimised, together
from staffing.roster.places import by_pool
from staffing.roster.problem import Problem
from staffing.roster.relax import MOST_HULLS, Bools, Floats, Hulls, Ints, Relaxation, relaxation

SCALE = 2**12
"""Prices are told in so many parts of a point."""
HULLS: tuple[Hulls, Hulls] = ("corners", "whole")
"""Of the relaxation that prices the days, and of the one that states them in whole numbers."""
FEW, MOST = 5, 20_000
"""Columns of a part that is worth stating and not too large to gain anything."""
SEATS_PER_EFFORT = 600
"""Pools times half hours for each second of effort up to which large problems have hulls, week by
week."""
DAYS_A_WEEK = 7
LEAST_EFFORT = 0.5
"""Deterministic seconds below which a part is not begun."""
CREWS_PART = 1 / 3
"""Effort that crews may take before the days, as a part of that of the days."""
MOST_OF_CREW, NODES = 6_000, 200
"""Columns of a crew that is mostly proven in seconds, and branches that it may take."""
WRONG = 1e-6
"""Part of the most of each column by which HiGHS may be off: its tolerance."""


class Part(NamedTuple):
    """Columns and rows that hang together without the binding rows, in rising order."""

    columns: Ints
    rows: Ints


class Programs(NamedTuple):
    """The relaxation with the corners of hulls, that with all their points, and duals of the first.

    Both number alike all columns before those of the hulls, and all rows before coverage.
    """

    tight: Relaxation
    whole: Relaxation
    duals: Floats


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How a relaxation falls apart.

    Attributes
    ----------
    binding : rows that tie days together, of all rows (rows,)
    parts : those with `FEW` columns or more, and shifts among them
    """

    binding: Bools
    parts: tuple[Part, ...]


def improved_bound(problem: Problem, effort: float) -> Iterator[float]:
    """Yield bounds on goals 1 and 2, each better than the one before, that of `bound` first.

    One process is enough: run beside a search it takes nothing from it but a core.

    Parameters
    ----------
    effort : deterministic seconds that days may take together, and crews a third as much; the
        linear program may take what `problem.effort` allows, and the bounds depend on the problem
        and on these alone

    Yields
    ------
    Points that no lawful roster goes below: after the linear program, and after each part that
    gains. Of a large problem, after the linear program without hulls where that is needed, and
    after that with hulls.
    """
    if _have_hulls_by_week(problem):
        yield from _weekly(problem)
        return
    tight, whole = (_relaxed(problem, hulls, MOST_HULLS) for hulls in HULLS)
    if _mixtures(whole) == _mixtures(tight):
        tight = whole  # as tight, and its duals price the days better
    duals = fitting(tight, duals_of(tight, problem.effort))
    best = safe_bound(tight, duals)
    yield best
    programs = Programs(tight, whole, duals)
    for totals in (_by_crews(programs, effort * CREWS_PART), _by_days(programs, effort)):
        for total in totals:
            if total > best:
                best = total
                yield best


def _by_crews(of: Programs, effort: float) -> Iterator[float]:
    """Yield the bound with crews in whole people, small ones first, no two with the same people."""
    total = safe_bound(of.tight, of.duals)
    taken = np.zeros(of.tight.cost.size, bool)
    for crew, own in _matched(of, crews(of.tight), crews(of.whole), MOST_OF_CREW):
        if effort < LEAST_EFFORT:
            return
        if taken[crew.columns].any():
            continue
        proven, spent = _least_of_crew(of, crew, own)
        effort -= spent
        gain = proven - _share(of.tight, of.duals, crew)
        if 0 < gain < np.inf:
            taken[crew.columns] = True
            total += gain
            yield total


def _by_days(of: Programs, effort: float) -> Iterator[float]:
    """Yield the bound with days in whole people."""
    parts = parted(of.tight)
    prices = np.where(parts.binding, np.round(of.duals * SCALE) / SCALE, 0.0)
    duals = np.where(parts.binding, prices, of.duals)
    total = safe_bound(of.tight, duals)
    todo = _matched(of, parts.parts, parted(of.whole).parts, MOST)
    cost = _priced(of.whole, prices)
    for number, (part, own) in enumerate(todo):
        if effort < LEAST_EFFORT:
            return
        allowed = max(effort / (len(todo) - number), LEAST_EFFORT)
        proven, spent = least_of_part(of.whole, own, cost[own.columns], allowed)
        effort -= spent
        total += max(proven / SCALE - _share(of.tight, duals, part), 0.0)
        yield total


def _have_hulls_by_week(problem: Problem) -> bool:
    """Return whether all at once is too much, but no week is, and the effort lasts."""
    seats = by_pool(problem.need)
    weeks = Counter(_week(problem, t // SLOTS_PER_DAY) for _, t in seats)
    most = max(weeks.values(), default=0)
    return most <= MOST_HULLS < len(seats) <= SEATS_PER_EFFORT * problem.effort


def _week(problem: Problem, day: int) -> int:
    """Return the number of a day's calendar week."""
    return (problem.start.weekday() + day) // DAYS_A_WEEK


def _weekly(problem: Problem) -> Iterator[float]:
    """Yield the bounds of a large problem."""
    if not any(agent.limits.overtime for agent in problem.agents):
        yield by_weeks(problem)
        return
    plain = _relaxed(problem, None)
    duals = fitting(plain, duals_of(plain, problem.effort))
    best = safe_bound(plain, duals)
    yield best
    yield max(best, by_weeks(problem, duals[plain.limits]))


def by_weeks(problem: Problem, ties: Floats | float = 0.0) -> float:
    """Return the bound of the relaxation with hulls, each week's duals found by themselves.

    Parameters
    ----------
    ties : what each of `Relaxation.limits` is priced at where it ties weeks together; 0 leaves it
        out
    """
    whole = _relaxed(problem, "corners")
    weeks = parted(whole, partial(_week, problem))
    found = np.zeros(whole.low.size)
    found[whole.limits] = np.where(weeks.binding[whole.limits], ties, 0.0)
    cost = whole.cost - whole.matrix.T @ found
    for part in (*weeks.parts, _rest(whole, weeks)):
        stated = cut(replace(whole, cost=cost), part.columns, part.rows)
        own = interior.duals(stated)
        found[part.rows] = solve_pdlp(stated).dual_solution if own is None else own
    return safe_bound(whole, found)


def _relaxed(problem: Problem, hulls: Hulls | None, most_hulls: float = np.inf) -> Relaxation:
    """Return the relaxation of a problem."""
    return relaxation(
        classes(problem.agents),
        problem.need,
        problem.steps,
        problem.reach,
        problem.idle,
        hulls=hulls,
        most_hulls=most_hulls,
    )


def _rest(of: Relaxation, parts: Parts) -> Part:
    """Return what is in none of the parts and not binding."""
    columns, rows = np.ones(of.cost.size, bool), ~parts.binding
    for part in parts.parts:
        columns[part.columns] = rows[part.rows] = False
    return Part(np.flatnonzero(columns), np.flatnonzero(rows))


def _mixtures(of: Relaxation) -> int:
    """Return how many rows are sums that are one, as those of mixtures are."""
    return int(np.sum((of.low == 1.0) & (of.high == 1.0)))


def parted(of: Relaxation, period: Callable[[int], int] = int) -> Parts:
    """Return the parts into which a relaxation falls without the rows that tie days together.

    Parameters
    ----------
    period : the number of the days that stay together, from 0, of each day; else each is alone
    """
    day = np.full(of.cost.size, -1)
    for (_, d), free in of.shifts.items():
        day[[column for _, column in free]] = period(d)
    matrix = of.matrix
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    _date(of, day, rows)
    first, last = _ends(day[matrix.indices], rows, matrix.shape[0])
    binding = np.zeros(matrix.shape[0], bool)
    binding[of.limits] = (first < last)[of.limits]  # columns without a day count as day -1
    of_row, of_column = together(matrix, ~binding)
    size, shifts = np.bincount(of_column), np.bincount(of_column[day >= 0])
    return Parts(
        binding=binding,
        parts=tuple(
            Part(np.flatnonzero(of_column == k), np.flatnonzero((of_row == k) & ~binding))
            for k in np.flatnonzero((size[: shifts.size] >= FEW) & (shifts > 0)).tolist()
        ),
    )


def _date(of: Relaxation, day: Ints, rows: Ints) -> None:
    """Give columns that only count shifts, such as overtime, the period of these if it is one."""
    columns, limit = of.matrix.indices.astype(np.int64), np.zeros(of.low.size, bool)
    limit[of.limits] = True
    dated = limit[rows] & (day[columns] >= 0)
    first, last = _ends(day[columns[dated]], rows[dated], of.low.size)
    counting = limit[rows] & (day[columns] < 0) & (last[rows] >= 0)
    earliest, _ = _ends(first[rows[counting]], columns[counting], of.cost.size)
    _, latest = _ends(last[rows[counting]], columns[counting], of.cost.size)
    one = (earliest == latest) & (latest >= 0)
    day[one] = latest[one]


def _ends(days: Ints, of: Ints, number: int) -> tuple[Ints, Ints]:
    """Return the least and greatest of the days of each thing, -1 as the greatest of none."""
    first, last = np.full(number, days.max(initial=0)), np.full(number, -1)
    np.minimum.at(first, of, days)
    np.maximum.at(last, of, days)
    return first, last


def crews(of: Relaxation) -> Iterator[Part]:
    """Yield each pool with all the days of those who serve it."""
    matrix, names = of.matrix, {pool: k for k, pool in enumerate(dict.fromkeys(of.pools))}
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    pool = np.full(of.cost.size, -1)
    pool[of.mixtures :] = [names[each] for each in of.pools]
    _, covers = _ends(pool[matrix.indices], rows, matrix.shape[0])
    of_row, of_column = together(matrix, covers < 0)
    for k in names.values():
        serve = np.zeros(sum(matrix.shape), bool)
        serve[of_column[matrix[covers == k].indices]] = True
        inner = (covers == k) | ((covers < 0) & serve[of_row])
        yield Part(np.flatnonzero(serve[of_column]), np.flatnonzero(inner))


def _matched(
    of: Programs, parts: Iterable[Part], others: Iterable[Part], most: int
) -> list[tuple[Part, Part]]:
    """Return parts of the first program with what states them in whole numbers, smallest first.

    Parameters
    ----------
    most : columns in whole numbers that are not too many
    """
    whole = {int(other.columns[0]): other for other in others}
    pairs = [(part, whole[k]) for part in parts if (k := int(part.columns[0])) in whole]
    found = []
    for part, own in sorted(pairs, key=lambda pair: pair[1].columns.size):
        one, other = (each.columns[each.columns < of.tight.mixtures] for each in (part, own))
        if own.columns.size <= most and np.array_equal(one, other):
            found.append((part, own))
    return found


def _priced(whole: Relaxation, prices: Floats) -> Ints:
    """Return the cost of each column less what the binding rows pay for it, in whole numbers."""
    binding = np.flatnonzero(prices)
    paid = whole.matrix[binding].T @ prices[binding]
    return np.asarray(np.floor((whole.cost - paid) * SCALE), np.int64)


def _share(of: Relaxation, duals: Floats, part: Part) -> float:
    """Return what a part has of the bound from these duals."""
    own = duals[part.rows]
    side = np.where(own > 0, of.low[part.rows], np.where(own < 0, of.high[part.rows], 0.0))
    reduced = of.cost[part.columns] - (of.matrix.T @ duals)[part.columns]
    return float(own @ side + np.minimum(reduced, 0.0) @ of.upper[part.columns])


def _least_of_crew(of: Programs, crew: Part, own: Part) -> tuple[float, float]:
    """Return points that HiGHS proves a crew to cost at least in whole numbers, and effort spent.

    Parameters
    ----------
    crew, own : it in both programs
    """
    outside, before = of.duals.copy(), of.tight.mixtures
    outside[crew.rows] = 0.0
    cost = of.whole.cost.copy()
    cost[:before] = (of.tight.cost - of.tight.matrix.T @ outside)[:before]
    stated = cut(replace(of.whole, cost=cost), own.columns, own.rows)
    found = minimised(replace(stated, whole=np.ones(own.columns.size, bool)), nodes=NODES)
    return found.bound - WRONG * float(np.abs(stated.cost) @ stated.upper), found.spent


def least_of_part(of: Relaxation, part: Part, cost: Ints, effort: float) -> tuple[float, float]:
    """Return what CP-SAT proves that a part costs at least in whole numbers, and the effort spent.

    Parameters
    ----------
    cost : of each column of the part
    effort : deterministic seconds, which are spent
    """
    cp = cp_model.CpModel()
    variables = [cp.new_int_var(0, int(most), "") for most in of.upper[part.columns]]
    place = {int(column): k for k, column in enumerate(part.columns)}
    matrix = of.matrix
    for row in part.rows.tolist():
        entries = range(*matrix.indptr[row : row + 2].tolist())
        own = [variables[place[int(matrix.indices[e])]] for e in entries]
        values = [int(matrix.data[e]) for e in entries]
        low, high = of.low[row], of.high[row]
        if low == high == 1.0 and set(values) == {1}:
            cp.add_exactly_one(own)
            continue
        whole = cp_model.LinearExpr.weighted_sum(own, values)
        if np.isfinite(low):
            cp.add(whole >= int(low))
        if np.isfinite(high):
            cp.add(whole <= int(high))
    cp.minimize(cp_model.LinearExpr.weighted_sum(variables, cost.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is Python's to handle
    solver.parameters.max_deterministic_time = effort
    solver.parameters.linearization_level = 2
    status = solver.solve(cp)
    spent = solver.response_proto.deterministic_time
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.UNKNOWN):
        return solver.best_objective_bound, spent
    return -np.inf, spent
