"""Mixed-integer programs solved by HiGHS, through OR-Tools' MathOpt.

HiGHS tells no deterministic time; its simplex iterations are the same every time, and with the
rows they pass over they tell the seconds to within a factor of two (`EFFORT`).
"""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2

from staffing.roster.bound import Linear
from staffing.roster.relax import Bools, Floats

EFFORT = 1 / 7e6
"""Effort that a simplex iteration of a row is counted as: about the seconds it takes."""
BARRIER = 3e-7
"""Effort that a barrier iteration of an entry is counted as, crossover included."""


class Program(Linear, Protocol):
    """A linear program between ``lower`` and `upper`, some of whose columns are whole numbers."""

    @property
    def lower(self) -> Floats:
        """Return the least of each column."""

    @property
    def whole(self) -> Bools:
        """Return which columns take whole numbers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What HiGHS made of a program.

    Attributes
    ----------
    x : the best point, with whole numbers rounded; None where none was found
    bound : points that no point goes below
    proven : whether `x` is best within the gap, or, where there is none, that there cannot be one
    spent : the effort it took, the same every time
    """

    x: Floats | None
    bound: float
    proven: bool
    spent: float


def minimised(
    of: Program,
    *,
    gap: float = 0.0,
    nodes: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    start: Mapping[int, float] | None = None,
    restarts: bool = True,
) -> Found:
    """Return the best point that HiGHS finds.

    Parameters
    ----------
    gap : relative gap at which the solver may stop
    nodes, seconds : limits on branches and on the clock; without the last the answer is the same
        every time
    start : values of some columns, from which a first point is made
    restarts : whether the root may be presolved anew, which rarely finds better points
    """
    model = mathopt.Model.from_model_proto(proto(of, of.cost, of.whole))
    variables = list(model.variables())
    hints = []
    if start:
        values = {variables[column]: value for column, value in start.items()}
        hints.append(mathopt.SolutionHint(variable_values=values))
    params = mathopt.SolveParameters(
        relative_gap_tolerance=gap,
        node_limit=nodes,
        time_limit=None if seconds is None else dt.timedelta(seconds=max(seconds, 0.1)),
        random_seed=seed,
        highs=highs_pb2.HighsOptionsProto(
            string_options={"parallel": "off"}, bool_options={"mip_allow_restart": restarts}
        ),
    )
    hinted = mathopt.ModelSolveParameters(solution_hints=hints)
    with _hushed():
        found = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params, model_params=hinted)
    ends, point = found.termination, None
    proven = ends.reason == mathopt.TerminationReason.OPTIMAL
    if found.has_primal_feasible_solution():
        point = np.array(found.variable_values(variables), float)
        point = np.where(of.whole, np.round(point), point)
    else:
        proven = ends.reason == mathopt.TerminationReason.INFEASIBLE
    return Found(
        x=point,
        bound=ends.objective_bounds.dual_bound,
        proven=proven,
        spent=EFFORT * found.solve_stats.simplex_iterations * of.low.size,
    )


@contextmanager
def _hushed() -> Iterator[None]:
    """Drop what HiGHS writes to standard output now and then: a command may print JSON there."""
    if os.name != "posix":
        yield
        return
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def relaxed(of: Program, cost: Floats) -> tuple[Floats | None, float]:
    """Return a corner of least cost with any real numbers, None where there is none, and effort.

    Programs of rosters are so degenerate that interior points are much faster than the simplex.
    """
    model = mathopt.Model.from_model_proto(proto(of, cost, np.zeros_like(of.whole)))
    params = mathopt.SolveParameters(lp_algorithm=mathopt.LPAlgorithm.BARRIER)
    found = mathopt.solve(model, mathopt.SolverType.HIGHS, params=params)
    spent = BARRIER * found.solve_stats.barrier_iterations * of.matrix.nnz
    if not found.has_primal_feasible_solution():
        return None, spent
    return np.array(found.variable_values(list(model.variables())), float), spent


def proto(of: Program, cost: Floats, whole: Bools) -> model_pb2.ModelProto:
    """Return a program in the form that MathOpt reads at once."""
    proto, size = model_pb2.ModelProto(), cost.size
    proto.variables.ids.extend(range(size))
    proto.variables.lower_bounds.extend(of.lower.tolist())
    proto.variables.upper_bounds.extend(of.upper.tolist())
    proto.variables.integers.extend(whole.tolist())
    priced = np.flatnonzero(cost)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(cost[priced].tolist())
    proto.linear_constraints.ids.extend(range(of.low.size))
    proto.linear_constraints.lower_bounds.extend(of.low.tolist())
    proto.linear_constraints.upper_bounds.extend(of.high.tolist())
    entries = of.matrix.tocoo()
    order = np.lexsort((entries.col, entries.row))
    proto.linear_constraint_matrix.row_ids.extend(entries.row[order].tolist())
    proto.linear_constraint_matrix.column_ids.extend(entries.col[order].tolist())
    proto.linear_constraint_matrix.coefficients.extend(entries.data[order].tolist())
    return proto
