"""Prospects for tests: the four facts, and files that say more."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from staffing.quote.estimate import Estimate, estimate
from staffing.quote.prospect import Prospect, prospect_of
from staffing.workspace import Workspace, read_workspace

ROOT = Path(__file__).parents[1]
FACTS: dict[str, Any] = {
    "category": "apparel_bags",
    "agents": 6,
    "contacts": 520,
    "promotions": "monthly",
}
SOUND = """\
category = "apparel_bags"
agents = 6
contacts = 520
promotions = "monthly"
"""


@cache
def demo() -> Workspace:
    """The demo workspace, read once."""
    return read_workspace(ROOT / "data" / "demo")


def prospect(**more: Any) -> Prospect:
    """The seed case with some fields changed."""
    return prospect_of({**FACTS, **more})


MADE: dict[tuple[object, ...], Estimate] = {}
"""Estimates made already: they are frozen, and many tests look at the same ones."""


def from_priors(**more: Any) -> Estimate:
    """The estimate of a prospect from the priors alone."""
    return _made(None, more)


def from_demo(**more: Any) -> Estimate:
    """The estimate of a prospect beside the demo's shops."""
    return _made(demo(), more)


def _made(workspace: Workspace | None, more: dict[str, Any]) -> Estimate:
    key = (workspace is None, *(f"{name}={more[name]!r}" for name in sorted(more)))
    if key not in MADE:
        MADE[key] = estimate(prospect(**more), workspace)
    return MADE[key]


def seat_h(made: Estimate, level: str = "p80") -> float:
    """Seat-hours of one day of each kind."""
    return sum(kind.seat_h(level) for kind in made.kinds)
