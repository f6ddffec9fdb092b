"""What the formulas of this stage ask of their arguments: numbers, finite, in their range."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Floats", "Ints", "number", "patience", "refuse", "share"]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

# A longer patience than 30,000 years is a slip of units, or infinite.
_LONGEST_PATIENCE_S = 1e12


def share(name: str, value: ArrayLike, *, whole: bool = False) -> Floats:
    """A share in (0, 1), or in (0, 1] where the whole is allowed."""
    found = number(name, value)
    too_high = found > 1 if whole else found >= 1
    refuse(name, f"in (0, 1{']' if whole else ')'}", found, (found <= 0) | too_high)
    return found


def patience(name: str, value: ArrayLike) -> Floats:
    """Mean patience in seconds: positive, and infinite where nobody abandons."""
    endless = np.isposinf(np.asarray(value)) if np.asarray(value).dtype.kind == "f" else False
    found = number(name, np.where(endless, 1.0, value) if np.any(endless) else value, positive=True)
    refuse(name, "infinite or at most 1e12", found, found > _LONGEST_PATIENCE_S)
    return np.where(endless, np.inf, found)


def number(name: str, value: ArrayLike, *, least: float = 0.0, positive: bool = False) -> Floats:
    """``value`` as floats, checked to be numbers, finite and at least ``least``."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be numeric: {error}") from error
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be numeric, got {value!r:.80}")
    numbers = array.astype(np.float64)
    low = numbers <= least if positive else numbers < least
    asked = f"finite and {'>' if positive else '>='} {least:g}"
    refuse(name, asked, numbers, low | ~np.isfinite(numbers))
    return numbers


def refuse(name: str, asked: str, values: Floats, bad: NDArray[np.bool_]) -> None:
    """Raise a ValueError that shows the first bad value."""
    if np.any(bad):
        raise ValueError(f"{name} must be {asked}, got {values[bad].flat[0]:g}")
