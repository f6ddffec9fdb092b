"""A better bound: the relaxation parted into its days, each in whole people.

Only limits that bind several days (`Parts.binding`) tie the days together. Priced by their duals
instead of stated, they leave a problem for each day alone (or for each part of it whose pools
share nobody), and the optima of the parts add up to a bound for whatever prices (Lagrangian
relaxation; Geoffrion 1974). In a part all shifts, meals and services are whole numbers, so it
knows what the linear program does not: that nobody has half a meal, and that a day's people fill
the seats of all its half hours at once.

CP-SAT works in whole numbers, so what it proves of a part holds without rounding errors, also
where its effort ends before the optimum. The prices are multiples of a power of two, so that the
costs of a part are whole numbers of that size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from ortools.sat.python import cp_model
from scipy.sparse.csgraph import connected_components

from staffing.roster.bound import duals_of, fitting, safe_bound
from staffing.roster.classes import classes
from staffing.roster.problem import Problem
from staffing.roster.relax import Floats, Ints, Relaxation, relaxation

SCALE = 2**12
"""Prices are told in so many parts of a point."""
FEW, MOST = 50, 20_000
"""Columns of a part that is worth stating and not too large to gain anything."""
LEAST_EFFORT = 0.5
"""Deterministic seconds below which a part is not begun."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How a relaxation falls apart.

    Attributes
    ----------
    binding : rows that tie days together, of all rows (rows,)
    columns, rows : of each part, those with `FEW` to `MOST` columns; the largest part last
    """

    binding: np.ndarray[tuple[int], np.dtype[np.bool_]]
    columns: tuple[Ints, ...]
    rows: tuple[Ints, ...]


def improved_bound(problem: Problem, effort: float) -> Iterator[float]:
    """Yield bounds on goals 1 and 2, each at least as good as the one before, the plain one first.

    Parameters
    ----------
    effort : deterministic seconds that the parts may take together, the linear program apart; the
        bounds depend on the problem and on it alone

    Yields
    ------
    Points that no lawful roster goes below; after the linear program, and after each part.
    """
    of = relaxation(
        classes(problem.agents),
        problem.need,
        problem.steps,
        problem.reach,
        problem.idle,
        hulls="whole",
    )
    duals = fitting(of, duals_of(of))
    best = safe_bound(of, duals)
    yield best
    parts = parted(of)
    if not parts.columns:
        return
    prices = np.where(parts.binding, np.round(duals * SCALE) / SCALE, 0.0)
    duals = np.where(parts.binding, prices, duals)
    total = safe_bound(of, duals)
    shares = [_share(of, duals, *part) for part in zip(parts.columns, parts.rows, strict=True)]
    reduced = np.floor((of.cost - of.matrix.T @ prices) * SCALE).astype(np.int64)
    todo = list(zip(parts.columns, parts.rows, shares, strict=True))
    for number, (columns, rows, share) in enumerate(todo):
        allowed = effort / (len(todo) - number)
        if allowed < LEAST_EFFORT:
            return
        proven, spent = least_of_part(of, columns, rows, reduced[columns], allowed)
        effort -= spent
        total += max(proven / SCALE - share, 0.0)
        if total > best:
            best = total
            yield best


def parted(of: Relaxation) -> Parts:
    """Return the parts into which a relaxation falls without the rows that tie days together."""
    day = np.full(of.cost.size, -1)
    for (_, d), free in of.shifts.items():
        day[[column for _, column in free]] = d
    matrix = of.matrix
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    days = day[matrix.indices]
    first = np.full(matrix.shape[0], days.max(initial=0))
    last = np.full(matrix.shape[0], -1)
    np.minimum.at(first, rows, days)
    np.maximum.at(last, rows, days)
    binding = np.zeros(matrix.shape[0], bool)
    binding[of.limits] = (first < last)[of.limits]  # columns without a day count as day -1
    inner = np.flatnonzero(~binding)
    entries = ~binding[rows]
    number = matrix.shape[0]
    graph = sp.coo_array(
        (np.ones(int(entries.sum())), (rows[entries], number + matrix.indices[entries])),
        shape=(number + matrix.shape[1], number + matrix.shape[1]),
    )
    _, label = connected_components(graph, directed=False)
    of_row, of_column = label[inner], label[number:]
    size = np.bincount(of_column, minlength=int(label.max(initial=0)) + 1)
    kept = [int(k) for k in np.argsort(size, kind="stable") if FEW <= size[k] <= MOST]
    return Parts(
        binding=binding,
        columns=tuple(np.flatnonzero(of_column == k) for k in kept),
        rows=tuple(inner[of_row == k] for k in kept),
    )


def _share(of: Relaxation, duals: Floats, columns: Ints, rows: Ints) -> float:
    """Return what a part has of the bound from these duals."""
    own = duals[rows]
    side = np.where(own > 0, of.low[rows], np.where(own < 0, of.high[rows], 0.0))
    reduced = of.cost[columns] - (of.matrix.T @ duals)[columns]
    return float(own @ side + np.minimum(reduced, 0.0) @ of.upper[columns])


def least_of_part(
    of: Relaxation, columns: Ints, rows: Ints, cost: Ints, effort: float
) -> tuple[float, float]:
    """Return what CP-SAT proves that a part costs at least in whole numbers, and the effort spent.

    Parameters
    ----------
    cost : of each column of the part
    effort : deterministic seconds, which are spent
    """
    cp = cp_model.CpModel()
    variables = [cp.new_int_var(0, int(most), "") for most in of.upper[columns]]
    place = {int(column): k for k, column in enumerate(columns)}
    matrix = of.matrix
    for row in rows.tolist():
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
