"""What-if: the figures that plans are compared by, and one plan for each value of a key."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from staffing.cache import Cache
from staffing.errors import InfeasibleRosterError
from staffing.forecast import Forecast
from staffing.roster import Progress, Roster, refuse_unlawful
from staffing.roster.pay import CLASSES, pay_classes
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.simulate import Replay
from staffing.stages import Stages, Step
from staffing.workspace import Workspace

__all__ = [
    "MEASURES",
    "Figures",
    "Form",
    "Point",
    "measured",
    "roster_figures",
    "seat_figures",
    "sweep",
]

Form = Literal["count", "number", "share"]
Figures = dict[str, float | None]
"""Measure -> its value; None where it is not known."""
MEASURES: Mapping[str, Form] = {
    "contacts": "count",
    "required_h": "number",
    "peak_seats": "count",
    "heads_needed": "number",
    "seat_cost": "count",
    "seat_level": "share",
    "paid_h": "number",
    "cost": "count",
    "uncovered_h": "number",
    "uncovered_share": "share",
    "service_level": "share",
    "fairness_points": "count",
    "cost_gap": "share",
}
"""What is compared, in order, under the names of summary.json, and how it is shown."""
OF_ROSTER = tuple(list(MEASURES)[6:])
"""Measures that only a roster has."""
DIGITS = 6


def seat_figures(
    workspace: Workspace, scenario: Scenario, expected: Forecast, required: SeatRequirement
) -> Figures:
    """Return what is known before anybody is rostered.

    Returns
    -------
    contacts : expected over the horizon; required_h : seat-hours; peak_seats : most seats of all
    pools at once; heads_needed : people with this company's mean contract whose hours make up the
    seat-hours, and no fewer than sit at the peak; seat_cost : yuan of the seat-hours at
    `costs.seat_hour`; seat_level : service level expected on exactly these seats, by contacts
    """
    table, agents = required.table, workspace.agents
    peak = float(table.groupby("slot")["seats"].sum().max()) if len(table) else 0.0
    weekly_h = float(agents["hours_per_week"].astype(float).mean()) if len(agents) else math.nan
    heads = required.seat_hours / (weekly_h * scenario.horizon.days / 7)
    answered = table[table["service_level"].notna() & (table["contacts"] > 0)]
    contacts = float(answered["contacts"].sum())
    good = float((answered["contacts"] * answered["service_level"]).sum())
    return _plain(
        contacts=float(expected.daily["mean"].sum()),
        required_h=required.seat_hours,
        peak_seats=peak,
        heads_needed=max(heads, peak) if math.isfinite(heads) else heads,
        seat_cost=required.seat_hours * scenario.costs.seat_hour,
        seat_level=good / contacts if contacts else math.nan,
    )


def roster_figures(
    workspace: Workspace, scenario: Scenario, rostered: Roster, replay: Replay
) -> Figures:
    """Return what a roster comes to.

    Returns
    -------
    paid_h, uncovered_h, uncovered_share; cost : yuan of the paid hours at `costs.seat_hour`, those
    that are paid at 150, 200 and 300 % as such; service_level : of the replay; fairness_points :
    what is uneven or not as wished, the fewer the fairer, unknown of a roster that was handed in;
    cost_gap : how far the roster may be from the best one in uncovered and paid hours together
    """
    points = [goal.value for goal in rostered.report.goals if goal.name == "fairness"]
    return _plain(
        paid_h=rostered.paid_h,
        cost=_weighted_h(pay_classes(workspace, scenario, rostered.assignments))
        * scenario.costs.seat_hour,
        uncovered_h=rostered.uncovered_h,
        uncovered_share=rostered.uncovered_share,
        service_level=replay.service_level,
        fairness_points=points[0] if points else math.nan,
        cost_gap=rostered.report.goal("cost").gap,
    )


def _weighted_h(minutes: pd.DataFrame) -> float:
    """Return the hours that are paid as much as these, each at 100 %."""
    return sum(float(minutes[f"min_{each}"].sum()) * each / 100 for each in CLASSES) / 60


def measured(summary: Mapping[str, object]) -> Figures:
    """Return the figures that a summary.json has; those of an older program may be unknown.

    Raises
    ------
    ValueError
        When one is no finite number.
    """
    found: Figures = {}
    for name in MEASURES:
        value = summary.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise ValueError(f"{name} is no number")
        found[name] = None if value is None else float(str(value))
        if not math.isfinite(found[name] or 0.0):
            raise ValueError(f"{name} is not finite")
    return found


def _plain(**figures: float | None) -> Figures:
    """Return figures rounded; what is unknown or endless is None."""
    return {
        name: None if value is None or not math.isfinite(value) else round(value, DIGITS) + 0.0
        for name, value in figures.items()
    }


@dataclass(frozen=True, kw_only=True)
class Point:
    """One value of a sweep and what it comes to; `lawful` unless no roster exists for it."""

    value: str
    figures: Figures
    lawful: bool = True


def sweep(
    workspace: Workspace,
    scenarios: Sequence[tuple[str, Scenario]],
    cache: Cache,
    begin: Callable[[str], None] = lambda _: None,
    step: Step = lambda _: None,
    progress: Progress | None = None,
    *,
    rostered: bool = False,
    files: Mapping[str, str] | None = None,
) -> Iterator[Point]:
    """Yield what each value of a key comes to, in turn.

    Parameters
    ----------
    scenarios : value and the scenario that has it
    begin : told each value as its turn comes
    rostered : whether to build and replay a roster for each, too
    files : see `Stages`
    """
    for value, scenario in scenarios:
        begin(value)
        stages = Stages(workspace, scenario, cache, step, files)
        expected = stages.forecast()
        required = stages.seats(expected)
        figures = seat_figures(workspace, scenario, expected, required)
        lawful = True
        if rostered:
            try:
                refuse_unlawful(scenario)
                made = stages.roster(required, progress)
            except InfeasibleRosterError:
                lawful = False
                figures |= dict.fromkeys(OF_ROSTER)
            else:
                replay = stages.replay(expected, required, made)
                figures |= roster_figures(workspace, scenario, made, replay)
        yield Point(value=value, figures=figures, lawful=lawful)
