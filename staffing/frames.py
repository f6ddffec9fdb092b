"""Walking through a table row by row."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pandas as pd


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows as named tuples, with the index as `Index`.

    Typed loosely on purpose: pandas' own annotation makes each cell a union of every scalar,
    while a checked table has one type a column.
    """
    made = _row(tuple(map(str, frame.columns)))
    return map(made, frame.index, *(column for _, column in frame.items()))


@cache
def _row(columns: tuple[str, ...]) -> Callable[..., Any]:
    """Return what makes a row of such a table: to make the type anew each time takes longer."""
    return namedtuple("Row", ("Index", *columns), rename=True)
