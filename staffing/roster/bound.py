"""A proof of how good a roster can be: the linear relaxation of the whole problem.

What a solver says of its own optimum is not trusted. From its duals alone, however inexact, a
bound is computed that holds: all columns are boxed, so ``low`` or ``high`` weighed by the duals
plus the least that the reduced costs can add over the boxes is below every feasible point
(Neumaier & Shcherbina 2004, Safe bounds in linear and mixed-integer linear programming).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np
from ortools.pdlp import solvers_pb2
from ortools.pdlp.python import pdlp

from staffing.roster import interior
from staffing.roster.mip import Linear, cut
from staffing.roster.relax import Floats, Relaxation

SMALL = 400_000
"""Entries of the matrix up to which a bound on the uncovered seats alone is worth its time."""
TINY = 50_000
"""Entries of the matrix up to which a second thread costs more than it saves."""
TOLERANCE = 1e-6
"""Relative, of PDLP: a looser one loses more in `safe_bound` than it saves in time."""
EPSILON = float(np.finfo(float).eps)
MOST_STEPS = 100_000
"""Iterations of PDLP; where they end the duals reached give a weaker bound, but one."""
LEAST_STEPS, ENTRIES_PER_EFFORT = 2_000, 200_000_000
"""Iterations at least, and entries of the matrix that they pass in a second of effort."""
INTERIOR, INTERIOR_PER_EFFORT = 1_000_000, 16_000
"""Entries of the matrix, and those for each second of effort, up to which the interior point method
is the faster one and ends in about that time."""


class Program(Linear, Protocol):
    """A linear program of columns that are never negative, with points that nothing avoids."""

    @property
    def constant(self) -> float:
        """Return points that nothing avoids."""


def least_points(of: Relaxation) -> float:
    """Return points that no lawful roster goes below, fairness and wishes apart."""
    return safe_bound(of, duals_of(of))


def least_uncovered(of: Relaxation) -> float | None:
    """Return speed units that every lawful roster leaves uncovered; None for large problems."""
    if of.matrix.nnz > SMALL:
        return None
    return max(least_points(replace(of, cost=of.units, constant=0.0)), 0.0)


def safe_bound(of: Program, duals: Floats) -> float:
    """Return a lower bound on the relaxation from any duals, rounding errors allowed for.

    Parameters
    ----------
    duals : per row; positive ones press on `low`, negative ones on `high`
    """
    duals = fitting(of, duals)
    side = np.where(duals > 0, of.low, np.where(duals < 0, of.high, 0.0))
    reduced = of.cost - of.matrix.T @ duals
    value = float(duals @ side) + float(np.minimum(reduced, 0.0) @ of.upper)
    size = np.abs(of.cost) + abs(of.matrix).T @ np.abs(duals)
    terms = float(np.abs(duals) @ np.abs(side)) + float(size @ of.upper)
    return float(value + of.constant - terms * 4 * EPSILON * of.cost.size**0.5)


def fitting(of: Program, duals: Floats) -> Floats:
    """Return the duals without those that press on a side where a row has no limit."""
    duals = np.where((duals > 0) & np.isinf(of.low), 0.0, duals)
    return np.where((duals < 0) & np.isinf(of.high), 0.0, duals)


def duals_of(of: Program, effort: float = np.inf) -> Floats:
    """Return nearly the best duals, where the effort lasts.

    HiGHS's interior point method finds them several times as fast as PDLP where the program is not
    large, but it is of no use before its end.
    """
    if of.matrix.nnz <= min(INTERIOR, INTERIOR_PER_EFFORT * effort):
        found = interior.duals(cut(of, np.arange(of.upper.size), np.arange(of.low.size)))
        if found is not None:
            return found
    most = ENTRIES_PER_EFFORT * effort / max(of.matrix.nnz, 1)
    steps = int(min(max(most, LEAST_STEPS), MOST_STEPS))
    return np.asarray(solve_pdlp(of, most_steps=steps).dual_solution, float)


def solve_pdlp(
    of: Linear,
    tolerance: float = TOLERANCE,
    most_steps: int = MOST_STEPS,
    threads: int | None = None,
    seconds: float | None = None,
) -> pdlp.SolverResult:
    """Return what PDLP makes of a program, up to a relative tolerance or so many iterations.

    Parameters
    ----------
    threads : None: two, where the program is not tiny
    seconds : of the clock at most; with them the answer may differ from one time to the next
    """
    program = pdlp.QuadraticProgram()
    program.objective_vector = of.cost
    program.constraint_matrix = of.matrix.tocsc()
    program.constraint_lower_bounds, program.constraint_upper_bounds = of.low, of.high
    program.variable_lower_bounds = np.zeros(of.upper.size)
    program.variable_upper_bounds = of.upper
    settings = solvers_pb2.PrimalDualHybridGradientParams()
    settings.num_threads = threads or (2 if of.matrix.nnz > TINY else 1)
    criteria = settings.termination_criteria
    criteria.simple_optimality_criteria.eps_optimal_relative = tolerance
    criteria.simple_optimality_criteria.eps_optimal_absolute = tolerance
    criteria.iteration_limit = most_steps
    if seconds is not None:
        criteria.time_sec_limit = seconds
    return pdlp.primal_dual_hybrid_gradient(program, settings)
