"""Walking through a table row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def rows(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows as named tuples, with the index as `Index`.

    Typed loosely on purpose: pandas' own annotation makes each cell a union of every scalar,
    while a checked table has one type a column.
    """
    return iter(frame.itertuples())
