"""Calls that need nothing of one another, worked out in two processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from joblib import Parallel, delayed

from staffing.roster.engine import SERIAL

Answer = TypeVar("Answer")


def side_by_side(calls: Sequence[Callable[[], Answer]], agents: int) -> list[Answer]:
    """Return the answers of some calls, in their order, the same however many processes there are.

    Parameters
    ----------
    agents : how many people it is about: for a few a second process costs more than it saves

    Examples
    --------
    >>> from functools import partial
    >>> side_by_side([partial(max, 1, 2), partial(max, 4, 3)], agents=3)
    [2, 4]
    """
    processes = min(2 if agents > SERIAL else 1, max(len(calls), 1))
    return list(Parallel(n_jobs=processes)(delayed(call)() for call in calls))
