"""Mixed-integer programs solved by HiGHS or CP-SAT, through OR-Tools' MathOpt.

HiGHS tells no deterministic time; its simplex iterations are the same every time, and with the
rows they pass over they tell the seconds to within a factor of two (`EFFORT`).
"""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import numpy as np
import scipy.sparse as sp
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from ortools.math_opt.solvers import highs_pb2
from ortools.sat import sat_parameters_pb2
from scipy.sparse.csgraph import connected_components

from staffing.roster.relax import Bools, Floats, Ints, Rows

EFFORT = 1 / 7e6
"""Effort that a simplex iteration of a row is counted as: about the seconds it takes."""


class Linear(Protocol):
    """Minimise ``cost @ x`` over ``low <= matrix @ x <= high``, ``x <= upper``."""

    @property
    def cost(self) -> Floats:
        """Return the points of each column."""

    @property
    def upper(self) -> Floats:
        """Return the most of each column."""

    @property
    def matrix(self) -> sp.csr_array:
        """Return rows × columns."""

    @property
    def low(self) -> Floats:
        """Return the least of each row."""

    @property
    def high(self) -> Floats:
        """Return the most of each row."""


class Program(Linear, Protocol):
    """A linear program between ``lower`` and `upper`, some of whose columns are whole numbers."""

    @property
    def lower(self) -> Floats:
        """Return the least of each column."""

    @property
    def whole(self) -> Bools:
        """Return which columns take whole numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class WholeProgram:
    """A `Program` as its arrays."""

    cost: Floats
    lower: Floats
    upper: Floats
    whole: Bools
    matrix: sp.csr_array
    low: Floats
    high: Floats


def cut(of: Linear, columns: Ints, rows: Ints) -> WholeProgram:
    """Return what some columns and rows of a linear program are by themselves."""
    return WholeProgram(
        cost=of.cost[columns],
        lower=np.zeros(columns.size),
        upper=of.upper[columns],
        whole=np.zeros(columns.size, bool),
        matrix=sp.csr_array(of.matrix[rows][:, columns]),
        low=of.low[rows],
        high=of.high[rows],
    )


def together(matrix: sp.csr_array, kept: Bools) -> tuple[Ints, Ints]:
    """Return the numbers of what rows and columns hang together with by the rows that are kept."""
    number, columns = matrix.shape
    rows = np.repeat(np.arange(number), np.diff(matrix.indptr))
    entries = kept[rows]
    graph = sp.coo_array(
        (np.ones(int(entries.sum())), (rows[entries], number + matrix.indices[entries])),
        shape=(number + columns, number + columns),
    )
    _, label = connected_components(graph, directed=False)
    return label[:number].astype(np.int64), label[number:].astype(np.int64)


def program(rows: Rows, kept: Sequence[int], whole: Sequence[int]) -> WholeProgram:
    """Return what was stated, with the columns of kept shifts fixed at one, some of it whole."""
    number = len(rows.upper)
    lower, integral = np.zeros(number), np.zeros(number, bool)
    lower[list(kept)] = 1.0
    integral[list(whole)] = True
    return WholeProgram(
        cost=np.array(rows.cost, float),
        lower=lower,
        upper=np.array(rows.upper, float),
        whole=integral,
        matrix=rows.matrix(),
        low=np.array(rows.low, float),
        high=np.array(rows.high, float),
    )


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
    cuts: int | None = None,
) -> Found:
    """Return the best point that HiGHS finds.

    Parameters
    ----------
    gap : relative gap at which the solver may stop
    nodes, seconds : limits on branches and on the clock; without the last the answer is the same
        every time
    start : values of some columns, from which a first point is made
    restarts : whether the root may be presolved anew, which rarely finds better points
    cuts : how many the pool holds before it drops old ones; with few of them points come sooner
    """
    params = mathopt.SolveParameters(
        relative_gap_tolerance=gap,
        node_limit=nodes,
        time_limit=None if seconds is None else dt.timedelta(seconds=max(seconds, 0.1)),
        random_seed=seed,
        highs=highs_pb2.HighsOptionsProto(
            string_options={"parallel": "off"},
            bool_options={"mip_allow_restart": restarts},
            int_options={} if cuts is None else {"mip_pool_soft_limit": cuts},
        ),
    )
    return _solved(of, mathopt.SolverType.HIGHS, params, start or {})


def decided(of: Program, *, gap: float = 0.0, effort: float) -> Found:
    """Return the best point that CP-SAT finds, which decides hard little programs sooner.

    One worker with all of the linear relaxation, so the answer is the same every time. Columns
    that need not be whole are taken as whole, too. What it spent MathOpt does not tell: 0.

    Parameters
    ----------
    gap : relative gap at which the solver may stop
    effort : deterministic seconds at most
    """
    params = mathopt.SolveParameters(
        relative_gap_tolerance=gap,
        cp_sat=sat_parameters_pb2.SatParameters(
            num_workers=1,
            linearization_level=2,
            cp_model_probing_level=0,
            max_deterministic_time=effort,
        ),
    )
    return _solved(of, mathopt.SolverType.CP_SAT, params, {})


def _solved(
    of: Program,
    solver: mathopt.SolverType,
    params: mathopt.SolveParameters,
    start: Mapping[int, float],
) -> Found:
    model = mathopt.Model.from_model_proto(proto(of))
    variables = list(model.variables())
    values = {variables[column]: value for column, value in start.items()}
    hints = [mathopt.SolutionHint(variable_values=values)] if start else []
    hinted = mathopt.ModelSolveParameters(solution_hints=hints)
    with HUSHED:
        found = mathopt.solve(model, solver, params=params, model_params=hinted)
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


class _Hushed:
    """Drops what HiGHS writes to standard output now and then: a command may print JSON there.

    The output is the process's: the first solver of some side by side takes it away, and the last
    gives it back.
    """

    def __init__(self) -> None:
        self._lock, self._solvers, self._kept = Lock(), 0, -1

    def __enter__(self) -> None:
        with self._lock:
            self._solvers += 1
            if self._solvers > 1 or os.name != "posix":
                return
            sys.stdout.flush()
            self._kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.close(nowhere)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._solvers -= 1
            if self._solvers or os.name != "posix":
                return
            ctypes.CDLL(None).fflush(None)
            os.dup2(self._kept, 1)
            os.close(self._kept)


HUSHED = _Hushed()


def proto(of: Program) -> model_pb2.ModelProto:
    """Return a program in the form that MathOpt reads at once."""
    made, size = model_pb2.ModelProto(), of.cost.size
    made.variables.ids.extend(range(size))
    made.variables.lower_bounds.extend(of.lower.tolist())
    made.variables.upper_bounds.extend(of.upper.tolist())
    made.variables.integers.extend(of.whole.tolist())
    priced = np.flatnonzero(of.cost)
    made.objective.linear_coefficients.ids.extend(priced.tolist())
    made.objective.linear_coefficients.values.extend(of.cost[priced].tolist())
    made.linear_constraints.ids.extend(range(of.low.size))
    made.linear_constraints.lower_bounds.extend(of.low.tolist())
    made.linear_constraints.upper_bounds.extend(of.high.tolist())
    entries = of.matrix.tocoo()
    order = np.lexsort((entries.col, entries.row))
    made.linear_constraint_matrix.row_ids.extend(entries.row[order].tolist())
    made.linear_constraint_matrix.column_ids.extend(entries.col[order].tolist())
    made.linear_constraint_matrix.coefficients.extend(entries.data[order].tolist())
    return made
