"""Large linear programs by HiGHS's interior point method, which stops short of a corner."""

from __future__ import annotations

import numpy as np
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from staffing.roster.mip import Program, proto
from staffing.roster.relax import Floats

__all__ = ["middle"]

TOLERANCE = 1e-5
"""Relative, of the optimum: what programs of shares of people are good for."""


def middle(of: Program) -> tuple[Floats, float] | None:
    """Return a point that is best, in numbers of any size, and a bound; None where there is none.

    No corner is looked for, which would take as long again: where many points are best it is one
    in their middle. The same program gives the same point.
    """
    model = mathopt.Model.from_model_proto(proto(of, of.cost, of.whole))
    found = None
    for crossover in ("off", "on"):
        texts = {"solver": "ipm", "run_crossover": crossover, "parallel": "off"}
        options = highs_pb2.HighsOptionsProto(
            string_options=texts, double_options={"ipm_optimality_tolerance": TOLERANCE}
        )
        params = mathopt.SolveParameters(highs=options)
        try:
            found = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params)
        except (AttributeError, RuntimeError):
            # HiGHS could not tell how good its point is, and MathOpt trips over saying so.
            continue
        break
    if found is None or not found.has_primal_feasible_solution():
        return None
    point = np.array(found.variable_values(list(model.variables())), float)
    return point, float(found.termination.objective_bounds.dual_bound)
