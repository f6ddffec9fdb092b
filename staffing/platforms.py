"""How Chinese platforms score reply times: facts with source and date (``platforms.toml``).

Platforms score replies, not only the first answer, and each counts something else: rounds,
sessions' first replies, or customers who never waited long.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

__all__ = ["Rule", "Unit", "platforms"]

Unit = Literal["round", "first", "customer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A platform's reply metric.

    Attributes
    ----------
    unit : what is counted: ``round`` (each reply), ``first`` (the first reply of a session),
        ``customer`` (customers without any late reply)
    within_s : seconds within which a reply is in time
    level : the share asked for in (0, 1); None where the platform only ranks
    level_is : what the level opens or closes
    platform, metric, hours, source, date, trust : where the rule comes from

    Raises
    ------
    ValueError
        If the unit is unknown, or a number out of its range.
    """

    unit: Unit
    within_s: float
    level: float | None = None
    level_is: str = ""
    platform: str = ""
    metric: str = ""
    hours: str = ""
    source: str = ""
    date: str = ""
    trust: str = ""

    def __post_init__(self) -> None:
        if self.unit not in get_args(Unit):
            raise ValueError(
                f"unit must be one of {', '.join(get_args(Unit))}, got {self.unit!r:.80}"
            )
        if not 0 <= self.within_s < float("inf"):
            raise ValueError(f"within_s must be finite and >= 0, got {self.within_s!r:.80}")
        if self.level is not None and not 0 < self.level < 1:
            raise ValueError(f"level must be in (0, 1), got {self.level!r:.80}")


@cache
def platforms() -> Mapping[str, Rule]:
    """Return the platforms' reply metrics by name, each with its source and date."""
    text = (files("staffing") / "platforms.toml").read_text("utf-8")
    return {name: Rule(**entry) for name, entry in tomllib.loads(text).items()}
