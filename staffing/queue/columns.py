"""The arguments of the queues as checked columns."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]


def contacts(
    arrivals_s: ArrayLike, work: ArrayLike, patience_s: ArrayLike, *, work_name: str
) -> tuple[Floats, Floats, Floats]:
    """Return the three columns of the contacts."""
    arrivals = column("arrivals_s", arrivals_s)
    amount = column(work_name, work)
    patience = column("patience_s", patience_s)
    require(np.isfinite(arrivals).all(), "arrivals_s must be finite")
    require(
        (arrivals[1:] >= arrivals[:-1]).all(), "arrivals_s must ascend. Sort the contacts first."
    )
    require((np.isfinite(amount) & (amount >= 0)).all(), f"{work_name} must be finite and >= 0")
    require((patience >= 0).all(), "patience_s must be >= 0 (infinite: never abandons)")
    for name, values in ((work_name, amount), ("patience_s", patience)):
        require(
            values.size == arrivals.size,
            f"{name} must have one value per contact: {values.size} for {arrivals.size} contacts",
        )
    return arrivals, amount, patience


def steps(
    change_s: ArrayLike, count: ArrayLike, *, count_name: str, most: int
) -> tuple[Floats, Ints]:
    """Return the times and the counts of a step function, no count above `most`."""
    changes = column("change_s", change_s)
    counts = column(count_name, count)
    require(np.isfinite(changes).all(), "change_s must be finite")
    require((np.diff(changes) > 0).all(), "change_s must ascend strictly")
    whole = np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))
    require(whole.all(), f"{count_name} must be whole numbers >= 0")
    require(
        counts.size == changes.size,
        f"{count_name} must have one value per change: {counts.size} for {changes.size} changes",
    )
    return changes, np.minimum(counts, most).astype(np.int64)


def handle_times(aht_s: ArrayLike) -> Floats:
    """Return the mean handle times at one chat, two, and so on."""
    aht = column("aht_s", aht_s)
    require(aht.size > 0, "aht_s must have a value for at least one chat")
    require((np.isfinite(aht) & (aht > 0)).all(), "aht_s must be finite and > 0")
    return aht


def column(name: str, value: ArrayLike) -> Floats:
    """Return `value` as a 1-d array of floats; empty lists are columns of no rows."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be numeric: {error}") from error
    if array.dtype.kind not in "iuf":  # printing an array takes longer than serving a short queue
        raise ValueError(f"{name} must be numeric, got {value!r:.80}")
    require(array.ndim == 1, f"{name} must be one-dimensional, got shape {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float64)


def require(holds: bool | np.bool_, message: str) -> None:
    """Raise a ValueError that says what does not hold."""
    if not holds:
        raise ValueError(message)
