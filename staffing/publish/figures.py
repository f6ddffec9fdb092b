"""The key figures of a plan, computed once for summary, page and workbook."""

from __future__ import annotations

from dataclasses import dataclass

from staffing.plan import Plan
from staffing.roster.audit import RULES

RULES_CHECKED = len(RULES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a plan comes to.

    Attributes
    ----------
    required_h, uncovered_h : seat-hours; uncovered_share is their quotient
    bound_h : seat-hours that no lawful roster leaves less uncovered than; None without a proof
    paid_h : paid hours; agents, on_duty : people of the workspace, people with a shift
    shifts : number of shifts
    """

    required_h: float
    uncovered_h: float
    uncovered_share: float
    bound_h: float | None
    paid_h: float
    agents: int
    on_duty: int
    shifts: int

    @property
    def gap(self) -> float | None:
        """Return (uncovered - bound) / uncovered, 0 when proven best; None without a bound."""
        if self.bound_h is None:
            return None
        return self.distance_h / self.uncovered_h if self.distance_h else 0.0

    @property
    def distance_h(self) -> float:
        """Return the seat-hours between roster and bound, at least 0."""
        return max(self.uncovered_h - (self.bound_h or 0.0), 0.0)

    def share(self, hours: float) -> float:
        """Return seat-hours as a share of those required; 0 where nothing is required."""
        return hours / self.required_h if self.required_h else 0.0


def figures(plan: Plan) -> Figures:
    """Return the key figures of a plan.

    The gap is that of the published coverage, where people without a seat of their own have been
    put to use: it can be a little smaller than the gap of the search's own objective.
    """
    table = plan.roster.assignments
    return Figures(
        required_h=plan.roster.required_h,
        uncovered_h=plan.roster.uncovered_h,
        uncovered_share=plan.roster.uncovered_share,
        bound_h=plan.roster.report.goal("uncovered").bound,
        paid_h=plan.roster.paid_h,
        agents=len(plan.workspace.agents),
        on_duty=int(table["agent_id"].nunique()),
        shifts=len(table[["agent_id", "date"]].drop_duplicates()),
    )
