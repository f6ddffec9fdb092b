"""A table with raw values, and how each of them is shown: what pages and workbooks share."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from staffing.quote.money import money_text
from staffing.words import Lang, catalogue, say

__all__ = [
    "Column",
    "Form",
    "Table",
    "column",
    "origin_text",
    "proven_least",
    "proven_most",
    "shown",
]

TINY = 1e-6
"""What a number may lie beside one with few decimals and still be taken for it."""

Form = Literal["text", "long", "count", "number", "share", "signed", "yuan"]
"""How a value is shown: long text wraps; count has no decimals, number one; shares are percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its heading and how its values are shown."""

    label: str
    form: Form = "text"


def column(lang: Lang, name: str, form: Form = "text") -> Column:
    """Return a column under the heading that all tables have for a figure, ``label.<name>``."""
    return Column(label=say(lang, f"label.{name}"), form=form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with raw values.

    Attributes
    ----------
    rows : values in the order of `columns`; None or NaN is shown as blank
    flagged : (row, column) of values that miss their target
    total : whether the first row sums up the others
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    flagged: frozenset[tuple[int, int]] = frozenset()
    total: bool = False


def shown(lang: Lang, value: object, form: Form) -> str:
    """Return a value as a reader sees it.

    Examples
    --------
    >>> shown("en", 1807.04, "number"), shown("zh", 0.0436, "share"), shown("en", None, "share")
    ('1,807.0', '4.4%', '–')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return say(lang, "mark.blank")
    if form == "yuan":
        return money_text(Decimal(str(value)))
    if form not in FORMATS:
        return str(value)
    return FORMATS[form].format(float(str(value)) + 0.0)


FORMATS: Mapping[Form, str] = {
    "count": "{:,.0f}",
    "number": "{:,.1f}",
    "share": "{:.1%}",
    "signed": "{:+.1%}",
}
"""How the numbers of a form are written."""


def origin_text(lang: Lang, origin: str) -> str:
    """Return the origin of a default in the reader's language, as the code has it if unknown."""
    return say(lang, f"origin.{origin}") if f"origin.{origin}" in catalogue() else origin


def proven_least(value: float, decimals: int) -> float:
    """Return a lower bound with so many decimals, rounded down: what is told is proven, too.

    Examples
    --------
    >>> proven_least(6.7667, 1), proven_least(0.3, 1)
    (6.7, 0.3)
    """
    return math.floor(value * 10.0**decimals + TINY) / 10.0**decimals


def proven_most(value: float, decimals: int) -> float:
    """Return an upper bound with so many decimals, rounded up.

    Examples
    --------
    >>> proven_most(0.005246, 4), proven_most(0.3, 1)
    (0.0053, 0.3)
    """
    return math.ceil(value * 10.0**decimals - TINY) / 10.0**decimals
