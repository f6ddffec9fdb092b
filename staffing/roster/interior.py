"""Linear programs by HiGHS's interior point method, to a corner or the middle of the best points.

Programs of rosters are so degenerate that it is many times as fast as the simplex.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from staffing.roster.mip import HUSHED, WholeProgram, proto
from staffing.roster.relax import Floats

__all__ = ["corner", "duals", "middle"]

TOLERANCE = 1e-5
"""Relative, of the optimum of a middle: what programs of shares of people are good for."""
EFFORT = 3e-7
"""Effort that an iteration of an entry is counted as, crossover included: about its seconds."""


def corner(of: WholeProgram) -> tuple[Floats | None, float]:
    """Return a corner that is best, in numbers of any size, None where there is none, and effort.

    The same program gives the same corner, for the same effort, see `mip.EFFORT`.
    """
    found = _solved(of, {"run_crossover": "on"})
    if found is None:
        return None, 0.0
    spent = EFFORT * found[1].solve_stats.barrier_iterations * of.matrix.nnz
    return found[0], spent


def middle(of: WholeProgram) -> tuple[Floats, float] | None:
    """Return a point that is best, in numbers of any size, and a bound; None where there is none.

    No corner is looked for, which would take as long again: where many points are best it is one
    in their middle. The same program gives the same point.
    """
    for crossover in ("off", "on"):
        found = _solved(of, {"run_crossover": crossover}, {"ipm_optimality_tolerance": TOLERANCE})
        if found is not None and found[0] is not None:
            return found[0], float(found[1].termination.objective_bounds.dual_bound)
    return None


def duals(of: WholeProgram) -> Floats | None:
    """Return the duals of its rows, nearly the best; None where none were found.

    The same program gives the same ones.
    """
    found = _solved(of, {"run_crossover": "off"}, {"ipm_optimality_tolerance": TOLERANCE})
    if found is None or not found[1].has_dual_feasible_solution():
        return None
    told = found[1].dual_values()
    return np.array([told[row] for row in sorted(told, key=lambda row: row.id)], float)


def _solved(
    of: WholeProgram, texts: dict[str, str], numbers: dict[str, float] | None = None
) -> tuple[Floats | None, mathopt.SolveResult] | None:
    """Return the point found, if any, and what MathOpt tells of it; None where it could not."""
    model = mathopt.Model.from_model_proto(proto(replace(of, whole=np.zeros_like(of.whole))))
    options = highs_pb2.HighsOptionsProto(
        string_options={"solver": "ipm", "parallel": "off", **texts}, double_options=numbers or {}
    )
    try:
        with HUSHED:
            found = mathopt.solve(
                model, mathopt.SolverType.HIGHS, params=mathopt.SolveParameters(highs=options)
            )
    except (AttributeError, RuntimeError):
        # HiGHS could not tell how good its point is, and MathOpt trips over saying so.
        return None
    if not found.has_primal_feasible_solution():
        return None, found
    return np.array(found.variable_values(list(model.variables())), float), found
