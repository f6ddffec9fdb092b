"""Least squares for many shops at once: a level that walks from week to week, and factors.

The normal equations of one shop are a chain (each level knot is tied to the next) bordered by
the factors. The chain is eliminated first, knot by knot for all shops together; what is left is
a small dense system per shop (block elimination; Golub & Van Loan, Matrix Computations, 4.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse
from threadpoolctl import threadpool_limits

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KNOT_DAYS = 7
"""Days between the knots of the level: finer than a week the weekdays could not be told apart."""
SHOPS_AT_ONCE = 128
"""Bounds the memory; larger batches gain nothing."""
RISE = np.arange(KNOT_DAYS) / KNOT_DAYS
"""Weight of the knot after each day of a stretch; that before has the rest."""
LEAST_PRECISION = 1e-8
"""Of a knot that no day and no prior speaks for."""


P = ParamSpec("P")
R = TypeVar("R")


def one_thread(work: Callable[P, R]) -> Callable[P, R]:
    """Return a function whose linear algebra keeps to one thread.

    On many small matrices threads would only wait for each other.
    """

    @wraps(work)
    def alone(*args: P.args, **kwargs: P.kwargs) -> R:
        with threadpool_limits(1, user_api="blas"):
            return work(*args, **kwargs)

    return alone


@dataclass(frozen=True, kw_only=True)
class Entries:
    """The columns that differ from shop to shop, as the few entries that are not zero.

    Attributes
    ----------
    shop, row, column : position of each entry, ordered by shop, then row (entries,)
    value : (entries,)
    columns : number of columns
    """

    shop: Ints
    row: Ints
    column: Ints
    value: Array
    columns: int

    def of(self, first: int, end: int) -> Entries:
        """Return the entries of some shops, counted from zero."""
        at = slice(*np.searchsorted(self.shop, [first, end]))
        return Entries(
            shop=self.shop[at] - first,
            row=self.row[at],
            column=self.column[at],
            value=self.value[at],
            columns=self.columns,
        )

    def times(self, factors: Array, days: int) -> Array:
        """Return the sum of value × factor (shops, columns) on every day (shops, days)."""
        shops = len(factors)
        terms = self.value * factors[self.shop, self.column]
        flat = np.bincount(self.shop * days + self.row, terms, shops * days)
        return flat.reshape(shops, days).astype(np.float64)


def level_on_days(knots: Array) -> Array:
    """Return the level on every day (shops, 7 m) from its knots (shops, m + 1)."""
    low, high = knots[:, :-1, None], knots[:, 1:, None]
    return np.asarray(low + (high - low) * RISE).reshape(len(knots), -1)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is to be explained, and by what.

    Attributes
    ----------
    log : the values (shops, n), n a multiple of `KNOT_DAYS`
    weight : precision of each day, zero where unknown (shops, n)
    fixed : columns that all shops share (n, fixed)
    entries : columns of a shop's own
    prior : mean and precision of the factors, first the fixed then the own (shops, fixed + own)
    first : mean and precision of the first knot (shops,)
    """

    log: Array
    weight: Array
    fixed: Array
    entries: Entries
    prior: tuple[Array, Array]
    first: tuple[Array, Array]

    def batches(self) -> Iterator[tuple[slice, Problem]]:
        """Yield the problems of some shops at a time."""
        for i in range(0, len(self.log), SHOPS_AT_ONCE):
            at = slice(i, min(i + SHOPS_AT_ONCE, len(self.log)))
            part = Problem(
                log=self.log[at],
                weight=self.weight[at],
                fixed=self.fixed,
                entries=self.entries.of(at.start, at.stop),
                prior=(self.prior[0][at], self.prior[1][at]),
                first=(self.first[0][at], self.first[1][at]),
            )
            yield at, part


def solve(problem: Problem, step: Array) -> tuple[Array, Array]:
    """Return level and factors that minimise the weighted squares, priors included.

    Parameters
    ----------
    step : precision of the step from each knot to the next (shops, n / 7)

    Returns
    -------
    knots (shops, n / 7 + 1), factors (shops, fixed + own)
    """
    parts = [_Solution.of(_normal(part), part.weight, step[at]) for at, part in problem.batches()]
    return (
        np.concatenate([part.knots for part in parts]),
        np.concatenate([part.factors for part in parts]),
    )


def evidence(problem: Problem, steps: Sequence[Array]) -> Array:
    """Return the log evidence for the priors and each of some steps (shops, steps).

    Up to a constant of the shop; parameters as of `solve`.
    """
    found = np.empty((len(problem.log), len(steps)))
    for at, part in problem.batches():
        normal = _normal(part)
        for k, step in enumerate(steps):
            found[at, k] = _Solution.of(normal, part.weight, step[at]).evidence(step[at])
    return found


@dataclass(frozen=True, kw_only=True)
class _Normal:
    """The normal equations apart from the steps of the level.

    Attributes
    ----------
    dense, right : the factors' matrix (shops, p, p) and right side (shops, p), priors included
    border : knots × (factors and right side): (knots, shops, p + 1)
    first : precision of the first knot (shops,)
    """

    dense: Array
    right: Array
    border: Array
    first: Array


def _normal(problem: Problem) -> _Normal:
    weight, (mean, precision) = problem.weight, problem.prior
    weighted = np.where(weight > 0, problem.log, 0.0) * weight
    dense, right = _factor_block(weight, weighted, problem.fixed, problem.entries)
    border = _border(weight, weighted, problem.fixed, problem.entries)
    border[0, :, -1] += problem.first[0] * problem.first[1]
    at = np.arange(dense.shape[1])
    dense[:, at, at] += precision
    right += precision * mean
    return _Normal(dense=dense, right=right, border=border, first=problem.first[1])


@dataclass(frozen=True, kw_only=True)
class _Solution:
    """A solution, and what is left of the matrices after the elimination.

    Attributes
    ----------
    knots, factors : (shops, knots), (shops, p)
    sides : the right sides that belong to them
    diagonal, dense : pivots of the chain (shops, knots), matrix of the factors (shops, p, p)
    """

    knots: Array
    factors: Array
    sides: tuple[Array, Array]
    diagonal: Array
    dense: Array

    @classmethod
    def of(cls, normal: _Normal, weight: Array, step: Array) -> _Solution:
        """Eliminate the chain, solve for the factors, then go back along the chain."""
        diagonal, off = _chain(weight, step)
        diagonal[:, 0] += normal.first
        border = normal.border.copy()
        multiplier = _eliminate(diagonal, off, border)
        scaled = border / diagonal.T[:, :, None]
        # (knots, shops, columns) -> per shop (columns, knots) @ (knots, columns)
        left = border[:, :, :-1].transpose(1, 2, 0) @ scaled.transpose(1, 0, 2)
        dense = normal.dense - left[:, :, :-1]
        right = normal.right - left[:, :, -1]
        factors = np.asarray(np.linalg.solve(dense, right[:, :, None])[:, :, 0], dtype=np.float64)
        knots = scaled[:, :, -1] - np.einsum(
            "ksp,sp->ks", scaled[:, :, :-1], factors, optimize=True
        )
        for k in range(len(knots) - 2, -1, -1):
            knots[k] -= multiplier[k] * knots[k + 1]
        return cls(
            knots=knots.T.copy(),
            factors=factors,
            sides=(normal.border[:, :, -1].T, normal.right),
            diagonal=diagonal,
            dense=dense,
        )

    def evidence(self, step: Array) -> Array:
        """Return the log evidence up to a constant (shops,)."""
        of_knots, of_factors = self.sides
        fits = (of_knots * self.knots).sum(axis=1) + (of_factors * self.factors).sum(axis=1)
        size = np.log(self.diagonal).sum(axis=1) + np.linalg.slogdet(self.dense)[1]
        return np.asarray((fits - size + np.log(step).sum(axis=1)) / 2)


def _factor_block(
    weight: Array, weighted: Array, fixed: Array, entries: Entries
) -> tuple[Array, Array]:
    """Return the normal equations of the factors: matrix (shops, p, p), right side (shops, p)."""
    shops, days = weight.shape
    own, shared = entries.columns, fixed.shape[1]
    upper = np.triu_indices(shared)
    dense = np.zeros((shops, shared + own, shared + own))
    products = weight @ (fixed[:, upper[0]] * fixed[:, upper[1]])
    dense[:, upper[0], upper[1]] = products
    dense[:, upper[1], upper[0]] = products
    right = np.concatenate([weighted @ fixed, np.zeros((shops, own))], axis=1)
    if not own:
        return dense, right
    at = entries.shop * own + entries.column
    heavy = entries.value * weight[entries.shop, entries.row]
    matrix = sparse.csr_array((heavy, (at, entries.row)), shape=(shops * own, days))
    mixed = np.asarray(matrix @ fixed).reshape(shops, own, shared)
    dense[:, shared:, :shared] = mixed
    dense[:, :shared, shared:] = mixed.transpose(0, 2, 1)
    one, other = _same_day(entries)
    square = np.bincount(
        at[one] * own + entries.column[other], heavy[one] * entries.value[other], shops * own * own
    )
    dense[:, shared:, shared:] = square.reshape(shops, own, own)
    logs = entries.value * weighted[entries.shop, entries.row]
    right[:, shared:] = np.bincount(at, logs, shops * own).reshape(shops, own)
    return dense, right


def _same_day(entries: Entries) -> tuple[Ints, Ints]:
    """Return all ordered pairs of entries of the same shop and day, each with itself too."""
    start = np.flatnonzero(
        np.diff(entries.shop, prepend=-1).astype(bool)
        | np.diff(entries.row, prepend=-1).astype(bool)
    )
    size = np.diff(np.append(start, len(entries.shop)))
    begin, number = np.repeat(start, size), np.repeat(size, size)
    one = np.repeat(np.arange(len(number)), number)
    within = np.arange(len(one)) - np.repeat(np.cumsum(number) - number, number)
    return one, begin[one] + within


def _border(weight: Array, weighted: Array, fixed: Array, entries: Entries) -> Array:
    """Return knots × (factors and right side): (knots, shops, p + 1)."""
    shops, days = weight.shape
    spans, own, shared = days // KNOT_DAYS, entries.columns, fixed.shape[1]
    border = np.zeros((spans + 1, shops, shared + own + 1))
    by_span = weight.reshape(shops, spans, KNOT_DAYS).transpose(1, 0, 2)
    columns = fixed.reshape(spans, KNOT_DAYS, shared)
    logs = weighted.reshape(shops, spans, KNOT_DAYS).transpose(1, 0, 2)
    for part, hat in ((slice(None, -1), 1 - RISE), (slice(1, None), RISE)):
        border[part, :, :shared] += (by_span * hat) @ columns
        border[part, :, -1] += logs @ hat
    if own:
        at = entries.shop * own + entries.column
        heavy = entries.value * weight[entries.shop, entries.row]
        span, rise = entries.row // KNOT_DAYS, RISE[entries.row % KNOT_DAYS]
        size = (spans + 1) * shops * own
        flat = np.bincount(span * shops * own + at, heavy * (1 - rise), size)
        flat += np.bincount((span + 1) * shops * own + at, heavy * rise, size)
        border[:, :, shared:-1] = flat.reshape(spans + 1, shops, own)
    return border


def _chain(weight: Array, step: Array) -> tuple[Array, Array]:
    """Return diagonal (shops, knots) and off-diagonal (shops, knots - 1) of the level."""
    by_span = weight.reshape(len(weight), -1, KNOT_DAYS)
    diagonal = np.full((len(weight), by_span.shape[1] + 1), LEAST_PRECISION)
    diagonal[:, :-1] += by_span @ (1 - RISE) ** 2 + step
    diagonal[:, 1:] += by_span @ RISE**2 + step
    return diagonal, by_span @ (RISE * (1 - RISE)) - step


def _eliminate(diagonal: Array, off: Array, border: Array) -> Array:
    """Eliminate the chain from the first knot on, in place; return the multipliers."""
    multiplier = np.empty((off.shape[1], len(off)))
    for k in range(off.shape[1]):
        multiplier[k] = off[:, k] / diagonal[:, k]
        diagonal[:, k + 1] -= multiplier[k] * off[:, k]
        border[k + 1] -= multiplier[k][:, None] * border[k]
    return multiplier
