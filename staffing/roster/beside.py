"""Calls that need nothing of one another, worked out in two processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from joblib import Parallel, delayed

from staffing.roster.engine import SERIAL

Answer = TypeVar("Answer")


def side_by_side(
    calls: Sequence[Callable[[], Answer]],
    agents: int,
    part: Callable[[float], None] = lambda _: None,
) -> list[Answer]:
    """Return the answers of some calls, in their order, the same however many processes there are.

    Parameters
    ----------
    agents : how many people it is about: for a few a second process costs more than it saves
    part : told which share of the answers is there, as they come

    Examples
    --------
    >>> from functools import partial
    >>> side_by_side([partial(max, 1, 2), partial(max, 4, 3)], agents=3)
    [2, 4]
    """
    processes = min(2 if agents > SERIAL else 1, max(len(calls), 1))
    found = list[Answer]()
    for answer in Parallel(n_jobs=processes, return_as="generator")(delayed(c)() for c in calls):
        found.append(answer)
        part(len(found) / len(calls))
    return found
