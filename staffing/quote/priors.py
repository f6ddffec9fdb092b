"""What a quote assumes where nobody tells: ``priors.toml``, each number with its source."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from staffing.words import Statement

__all__ = ["OTHER", "Prior", "categories", "category_of", "prior", "table"]

OTHER = "other"
"""The category of what is like no other."""
CLOSE = 0.7
"""How alike two names of categories must be (difflib's ratio) for one to be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A number that stands in for what nobody told.

    Attributes
    ----------
    value : a number, a text or a list
    unit : of the value, in words
    source, date, grade : where it comes from; P primary text, N news, V vendor marketing,
        A assumed
    """

    value: Any
    unit: str
    source: str
    date: str
    grade: str

    @property
    def origin(self) -> Statement:
        """Return where the number comes from, to be said."""
        if self.grade == "A":
            return Statement("quote.origin_assumed", {"date": self.date})
        facts = {"source": self.source, "date": self.date, "grade": self.grade}
        return Statement("quote.origin_source", facts)


@cache
def _raw() -> dict[str, Any]:
    return tomllib.loads((files("staffing") / "quote" / "priors.toml").read_text("utf-8"))


def table(name: str) -> dict[str, Any]:
    """Return a section of the file as it stands there."""
    found: dict[str, Any] = _raw()[name]
    return found


def categories() -> frozenset[str]:
    """Return the names of the known categories."""
    return frozenset(table("category"))


@cache
def prior(key: str) -> Prior:
    """Return a prior by its dotted key.

    Raises
    ------
    KeyError
        When there is none: a bug, not an input.

    Examples
    --------
    >>> prior("category.apparel_bags.daily_cap").value
    120
    """
    found: Any = _raw()
    for name in key.split("."):
        found = found[name]
    source = _raw()["source"][found["from"]]
    return Prior(
        value=found["value"],
        unit=found["unit"],
        source=source["text"],
        date=source["date"],
        grade=source["grade"],
    )


def category_of(name: str) -> tuple[str, bool]:
    """Return the category that a name means, and whether that was guessed.

    Names in Chinese and the usual sub-categories are known; another name is taken as the nearest
    of them, and what is like none as `OTHER`.

    Examples
    --------
    >>> category_of("apparel_bags"), category_of("女装"), category_of("womens-wear")
    (('apparel_bags', False), ('apparel_bags', False), ('apparel_bags', False))
    >>> category_of("高端女装"), category_of("zzz")
    (('apparel_bags', True), ('other', True))
    """
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    known = table("category")
    names = {alias: key for key, entry in known.items() for alias in [key, *entry["aliases"]]}
    if plain in names:
        return names[plain], False
    within = [alias for alias in names if len(alias) > 1 and alias in plain]
    if within:
        return names[max(within, key=len)], True
    close = difflib.get_close_matches(plain, names, n=1, cutoff=CLOSE)
    return (names[close[0]] if close else OTHER), True
