"""What a pool can miss in a half hour, in whole people: the corners of its convex hull.

One person at speed 0.7 fills 14 of the 20 units of a seat and leaves 6 open; a linear program
sends 1.43 of her instead and leaves none. So the relaxation does not let a pool miss what
fractions of people leave open: it mixes whole numbers of people, each at what it leaves open. Of
those only the corners of the convex hull matter, since every other one is a mixture of them at no
more points (Minkowski and Weyl: a polyhedron with corners is their mixtures plus its directions).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from staffing.roster.prices import Steps

Ints = npt.NDArray[np.int64]
Kind = tuple[int, tuple[int, ...]]
"""Speed units of a person in a pool, and which of its rows she fills, by number."""

MOST_POINTS = 20_000
"""Whole numbers of people of all kinds up to which the hull of a pool and slot is taken."""
MOST_WHOLE = 200
"""The same where all points are wanted, not the corners alone."""
CACHED = 20_000


def is_whole(required: Sequence[int], of: Steps, kinds: Sequence[Kind]) -> bool:
    """Return whether fractions of people change nothing: one row, one speed that parts all steps.

    Then the corners of the plain rows are whole already.
    """
    speeds = {speed for speed, _ in kinds}
    if not speeds:
        return True
    if len(required) > 1 or len(speeds) > 1:
        return False
    (speed,) = speeds
    return required[0] % speed == 0 and all(width % speed == 0 for width, _ in of)


@lru_cache(maxsize=CACHED)
def corners(
    required: tuple[int, ...],
    of: Steps,
    kinds: tuple[Kind, ...],
    most: tuple[int, ...],
    *,
    exact: bool = False,
    inner: bool = False,
) -> tuple[Ints, Ints, Ints] | None:
    """Return whole numbers of people whose mixtures are below all others; None where too many.

    Parameters
    ----------
    required : speed units of each row of the pool
    of : what missing units cost
    kinds, most : people who can serve, and how many of each there are
    exact : nobody may serve beyond what a row requires (`Problem.idle`); else more people than
        are needed may be there, and what only they tell apart is left out
    inner : return points that are no corners as well, so that each roster is one point

    Returns
    -------
    people : (corners, kinds)
    units, points : (corners,), what is missing and what that costs
    """
    useful = [
        min(number, max(math.ceil(required[row] / speed) for row in rows))
        for number, (speed, rows) in zip(most, kinds, strict=True)
    ]
    if math.prod(number + 1 for number in useful) > (MOST_WHOLE if inner else MOST_POINTS):
        return None
    shape = tuple(number + 1 for number in useful)
    people = np.indices(shape)
    missing, fits = np.zeros(shape, np.int64), np.ones(shape, bool)
    for row, units in enumerate(required):
        left = np.full(shape, units)
        for number, (speed, rows) in zip(people, kinds, strict=True):
            if row in rows:
                left -= speed * number
        missing = np.maximum(missing, left)
        fits &= (left >= 0) | (not exact)
    points, before = np.zeros(shape, np.int64), 0
    for width, price in of:
        points += price * np.clip(missing - before, 0, width)
        before += width
    keep = fits if inner else fits & ~_mixed(points, fits)
    if not exact:
        keep &= ~_superfluous(points)
    return people[:, keep].T, missing[keep], points[keep]


def _superfluous(points: Ints) -> npt.NDArray[np.bool_]:
    """Return where one person less costs the same."""
    found = np.zeros(points.shape, bool)
    for kind in range(points.ndim):
        one = _moved(points, _step(points.ndim, {kind: -1}), -1)
        found |= one == points
    return found


def _mixed(points: Ints, fits: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return where the mean of two points on either side costs no more."""
    found = np.zeros(points.shape, bool)
    none = np.int64(points.max() * 4 + 4)
    priced = np.where(fits, points, none)
    for step in _steps(points.ndim):
        ahead = _moved(priced, step, none)
        behind = _moved(priced, tuple(-s for s in step), none)
        found |= ahead + behind <= 2 * points
    return found


def _steps(kinds: int) -> list[tuple[int, ...]]:
    """Return the directions in which mixtures are looked for: one more, one instead of another."""
    alone = [_step(kinds, {k: n}) for k in range(kinds) for n in (1, 2)]
    return alone + [
        _step(kinds, {one: n, other: -m})
        for one, other in itertools.combinations(range(kinds), 2)
        for n, m in ((1, 1), (1, 2), (2, 1), (1, -1))
    ]


def _step(kinds: int, of: dict[int, int]) -> tuple[int, ...]:
    return tuple(of.get(kind, 0) for kind in range(kinds))


def _moved(points: Ints, step: Sequence[int], outside: int | np.int64) -> Ints:
    """Return for each place what stands a step further on."""
    found = np.full(points.shape, outside)
    here = tuple(
        slice(max(-s, 0), max(n - max(s, 0), 0)) for s, n in zip(step, points.shape, strict=True)
    )
    there = tuple(
        slice(max(s, 0), max(n - max(-s, 0), 0)) for s, n in zip(step, points.shape, strict=True)
    )
    found[here] = points[there]
    return found
