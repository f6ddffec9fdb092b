"""The event kernel of the replay: one first-come-first-served queue with changing slots.

Contacts start in the order of their arrival, so no event list is needed: the kernel walks
the contacts once and moves its clock to the moment the next one can start. Only the ends of
the contacts in progress are kept, on a heap.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["serve"]


def serve(
    arrivals_s: ArrayLike,
    work_s: ArrayLike,
    patience_s: ArrayLike,
    change_s: ArrayLike,
    slots: ArrayLike,
) -> NDArray[np.float64]:
    """Return how long each contact waited for its answer.

    One queue, first come first served. A phone agent is one answer slot, a chat agent as
    many as the chats held at once. At one instant ends of contacts come first, then changes
    of the slots, then starts: a contact that arrives as another ends finds its slot free.

    Parameters
    ----------
    arrivals_s : array_like, shape (contacts,)
        Arrival times in seconds from any origin, ascending.
    work_s : array_like, shape (contacts,)
        Handle time of each contact in seconds, >= 0, spent only if it is answered.
    patience_s : array_like, shape (contacts,)
        A contact abandons once it has waited longer than this; infinite: never.
    change_s : array_like, shape (changes,)
        Times at which the number of slots changes, strictly ascending.
    slots : array_like, shape (changes,)
        Whole numbers >= 0: ``slots[i]`` answer slots are open from ``change_s[i]`` until
        ``change_s[i + 1]``, the last ones for ever, none before ``change_s[0]``. A drop
        interrupts nobody: contacts in progress are finished, and none starts until fewer
        are in progress than slots are open.

    Returns
    -------
    ndarray of float64, shape (contacts,)
        Seconds from arrival to answer; NaN for a contact that abandoned or was never
        answered.

    Raises
    ------
    ValueError
        If an argument is not a 1-d array of numbers in its range and order, or lengths that
        belong together differ.

    Examples
    --------
    One slot; the second contact waits for the first, the third loses patience after 5 s:

    >>> serve([0, 10, 20], [60, 60, 60], [np.inf, np.inf, 5], [0], [1])
    array([ 0., 50., nan])
    """
    arrivals, work, patience = _contacts(arrivals_s, work_s, patience_s)
    changes, open_slots = _slots(change_s, slots)
    waits = np.full(arrivals.size, np.nan)
    answered = _walk(
        arrivals.tolist(), work.tolist(), patience.tolist(), changes.tolist(), open_slots.tolist()
    )
    waits[: len(answered)] = answered
    return waits


def _walk(
    arrivals: list[float],
    work: list[float],
    patience: list[float],
    changes: list[float],
    slots: list[float],
) -> list[float]:
    """Waits of the contacts in order, cut off where nobody is ever answered again.

    Plain lists and local names: this loop runs once per contact, a million times a replay.
    """
    waits: list[float] = []
    record = waits.append
    ends: list[float] = []  # heap: when each contact in progress ends
    upcoming = iter([*zip(changes, slots, strict=True), (math.inf, 0.0)])
    next_change, next_slots = next(upcoming)
    now, open_slots = -math.inf, 0.0
    for arrival, handle, tolerated in zip(arrivals, work, patience, strict=True):
        now = max(now, arrival)
        while True:
            while ends and ends[0] <= now:
                heappop(ends)
            while next_change <= now:
                open_slots = next_slots
                next_change, next_slots = next(upcoming)
            if len(ends) < open_slots:
                break
            now = ends[0] if ends and ends[0] < next_change else next_change
            if now == math.inf:
                return waits
        wait = now - arrival
        # Whoever has hung up by now is only dropped here: leaving early frees no slot, so
        # the contacts behind are none the worse, and no event is spent on it.
        if wait > tolerated:
            record(math.nan)
        else:
            record(wait)
            heappush(ends, now + handle)
    return waits


def _contacts(
    arrivals_s: ArrayLike, work_s: ArrayLike, patience_s: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The three columns of the contacts, checked."""
    arrivals = _column("arrivals_s", arrivals_s)
    work = _column("work_s", work_s)
    patience = _column("patience_s", patience_s)
    _require(np.isfinite(arrivals).all(), "arrivals_s must be finite")
    _require((np.diff(arrivals) >= 0).all(), "arrivals_s must ascend. Sort the contacts first.")
    _require((np.isfinite(work) & (work >= 0)).all(), "work_s must be finite and >= 0")
    _require((patience >= 0).all(), "patience_s must be >= 0 (infinite: never abandons)")
    for name, column in (("work_s", work), ("patience_s", patience)):
        _require(
            column.size == arrivals.size,
            f"{name} must have one value per contact: {column.size} for {arrivals.size} contacts",
        )
    return arrivals, work, patience


def _slots(
    change_s: ArrayLike, slots: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The steps of the open slots, checked."""
    changes = _column("change_s", change_s)
    count = _column("slots", slots)
    _require(np.isfinite(changes).all(), "change_s must be finite")
    _require((np.diff(changes) > 0).all(), "change_s must ascend strictly")
    whole = np.isfinite(count) & (count >= 0) & (count == np.floor(count))
    _require(whole.all(), "slots must be whole numbers >= 0")
    _require(
        count.size == changes.size,
        f"slots must have one value per change: {count.size} for {changes.size} changes",
    )
    return changes, count


def _column(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """``value`` as a 1-d array of floats; empty lists are columns of no rows."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be numeric: {error}") from error
    _require(array.dtype.kind in "iuf", f"{name} must be numeric, got {value!r:.80}")
    _require(array.ndim == 1, f"{name} must be one-dimensional, got shape {array.shape}")
    return array.astype(np.float64)


def _require(holds: bool | np.bool_, message: str) -> None:
    if not holds:
        raise ValueError(message)
