"""Places: who serves a pool with which skill mask, and the seats she fills there.

Whoever knows every shop of a pool fills its seats whole: her place is the pool itself. Whoever
knows some of its shops has a place of her own, which fills the seats of the pool and those of
each set of shops that her mask touches (`staffing.seats.sets`). A *row* of seats is a pool or such
a set. Places and rows are names, so that whatever counts by pool counts by them as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from staffing.frames import rows

SEPARATOR = "\x1f"
"""Between the parts of a name: the unit separator of ASCII, which no table's cell can hold."""

Reach = Mapping[str, tuple[str, ...]]
"""Place -> the rows it fills; a place that is missing fills the row of its own name alone."""


def place(pool: str, known: Iterable[str], shops: Iterable[str]) -> str:
    """Return the place of somebody who knows these of the pool's shops."""
    mask = frozenset(known)
    names = [shop for shop in shops if shop in mask]
    return pool if set(shops) <= mask else SEPARATOR.join([pool, *names])


def pool_of(name: str) -> str:
    """Return the pool of a place or row."""
    return name.partition(SEPARATOR)[0]


def row_of(pool: str, members: Iterable[str]) -> str:
    """Return the row of a set of shops."""
    return SEPARATOR.join([pool, "", *members])


def reach(places: Iterable[str], sets: pd.DataFrame | None) -> Reach:
    """Return which rows each place fills.

    Parameters
    ----------
    places : of all agents; pools with sets are added
    sets : pool, members, ..., see `SeatRequirement.sets`
    """
    own: dict[str, dict[str, frozenset[str]]] = {}
    for each in () if sets is None else rows(sets.drop_duplicates("set_id")):
        own.setdefault(str(each.pool), {})[row_of(each.pool, each.members)] = frozenset(
            each.members
        )
    found = {pool: (pool, *of_pool) for pool, of_pool in own.items()}
    for name in sorted(set(places)):
        pool, *mask = name.split(SEPARATOR)
        if mask:
            touched = [row for row, shops in own.get(pool, {}).items() if shops & set(mask)]
            found[name] = (pool, *touched)
    return found


def needed(table: pd.DataFrame, sets: pd.DataFrame | None) -> dict[tuple[str, int], int]:
    """Return (row, slot of the horizon) -> seats, where there are any.

    Parameters
    ----------
    table, sets : as `SeatRequirement` has them
    """
    found = {(str(r.pool), int(r.slot)): int(r.seats) for r in rows(table) if r.seats > 0}
    for each in () if sets is None else rows(sets):
        if each.seats > 0:
            found[row_of(each.pool, each.members), int(each.slot)] = int(each.seats)
    return found


def by_pool(open_: Mapping[tuple[str, int], Any]) -> dict[tuple[str, int], Any]:
    """Return (pool, slot) -> what its row misses that misses most.

    So many people who know every shop would fill all its rows.
    """
    found: dict[tuple[str, int], Any] = {}
    for (row, t), missing in open_.items():
        key = (pool_of(row), t)
        found[key] = max(found.get(key, missing), missing)
    return found
