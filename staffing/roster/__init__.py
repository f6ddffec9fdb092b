"""Seats → who works when: lawful always, short only where it must be, with a proven bound.

Hard rules are R1...R18 of docs/rules.md. They bind the search (`staff`, `model`), and the
finished roster is checked again by `audit`, which shares no code with the solver.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace

import pandas as pd

from staffing.errors import InfeasibleRosterError
from staffing.grid import INTERVAL_MIN
from staffing.roster.audit import Violation, audit, shifts_of
from staffing.roster.duty import Roll
from staffing.roster.engine import Progress, search
from staffing.roster.explain import Shortage, contradictions, shortages
from staffing.roster.finish import assignments, coverage
from staffing.roster.first import NoWeekError
from staffing.roster.lawful import has_week
from staffing.roster.ledger import Ledger, ledger
from staffing.roster.pay import duty_points
from staffing.roster.places import needed
from staffing.roster.prices import PAID, SPEED_UNITS, missing_points, paid_hours
from staffing.roster.problem import problem_of, steps_of
from staffing.roster.recount import Recount, recount
from staffing.roster.report import Goal, SolveReport
from staffing.roster.staff import staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.words import Statement
from staffing.workspace import Workspace

__all__ = [
    "Goal",
    "Ledger",
    "Progress",
    "Recount",
    "Roster",
    "Shortage",
    "SolveReport",
    "Violation",
    "audit",
    "handed",
    "ledger",
    "recount",
    "refuse_unlawful",
    "roster",
    "shortages",
]


@dataclass(frozen=True, kw_only=True)
class Roster:
    """A finished roster.

    Attributes
    ----------
    assignments : one row a stretch of an agent's duty, in order: agent_id, name, team, date
        (service day), shift_start, shift_end, start, end (local wall time), activity (``work``,
        ``meal``, or one of the table `activities`), pool (blank where she serves none)
    coverage : one row a pool and open half hour: pool, date, slot, start, required, rostered
        (seats, speed-weighted: an agent at speed 0.6 counts 0.6), uncovered, surplus. Where some
        know a part of a pool, uncovered is also what the set of shops misses that misses most,
        and short_shops names that set's shops
    report : goals, bounds, gap, seconds, seed; uncovered and cost as the table has them
    duties : what the search found, for another one to begin from; none where the table was
        handed in
    """

    assignments: pd.DataFrame
    coverage: pd.DataFrame
    report: SolveReport
    duties: Roll = field(repr=False)

    @property
    def required_h(self) -> float:
        """Return the seat-hours required."""
        return float(self.coverage["required"].sum()) * INTERVAL_MIN / 60

    @property
    def uncovered_h(self) -> float:
        """Return the seat-hours required and not covered."""
        return float(self.coverage["uncovered"].sum()) * INTERVAL_MIN / 60

    @property
    def uncovered_share(self) -> float:
        """Return uncovered over required seat-hours; 0 where nothing is required."""
        return self.uncovered_h / self.required_h if self.required_h else 0.0

    @property
    def paid_h(self) -> float:
        """Return the paid hours: all duty but meals."""
        work = self.assignments[self.assignments["activity"] != "meal"]
        return float((work["end"] - work["start"]).dt.total_seconds().sum()) / 3600


def refuse_unlawful(scenario: Scenario) -> None:
    """Refuse to plan under a preset that no published roster may follow.

    Raises
    ------
    InfeasibleRosterError
        With the legal reason, under the preset ``industry``.
    """
    if scenario.rules.preset == "industry":
        raise InfeasibleRosterError([Statement("say.industry_refused")])


def roster(
    workspace: Workspace,
    scenario: Scenario,
    requirement: SeatRequirement,
    progress: Progress | None = None,
    start: Roll | None = None,
) -> Roster:
    """Return the best lawful roster found within the scenario's effort.

    Parameters
    ----------
    progress : told about each better roster
    start : duties of an earlier roster of the same days and people, improved instead of building
        a new one

    Raises
    ------
    InfeasibleRosterError
        When some agent has no lawful week at all, naming the facts that clash.
    """
    agents = staff(workspace, scenario)
    problem = problem_of(workspace, scenario, agents, requirement)
    planned = {agent.agent_id for agent in problem.agents}
    if not all(agent.agent_id in planned or has_week(agent) for agent in agents):
        raise InfeasibleRosterError(contradictions(agents, scenario))
    try:
        roll, report = search(problem, progress, start)
    except NoWeekError as error:
        raise InfeasibleRosterError(contradictions(error.agents, scenario)) from error
    table = assignments(workspace, scenario, agents, requirement, roll)
    covered = coverage(workspace, scenario, requirement, table)
    left_h = float(covered["uncovered"].sum()) * INTERVAL_MIN / 60
    cost = problem.missing_points(_missing(covered)) + problem.paid_points(roll)
    report = report.with_value("uncovered", left_h).with_value("cost", paid_hours(cost))
    return Roster(assignments=table, coverage=covered, report=report, duties=roll)


def handed(
    workspace: Workspace, scenario: Scenario, requirement: SeatRequirement, table: pd.DataFrame
) -> Roster:
    """Return a roster that was handed in: its coverage and cost, without any bound.

    Parameters
    ----------
    table : as `Roster.assignments`; stretches outside the horizon cover nothing
    """
    planned = table[table["date"].isin(pd.to_datetime(scenario.grid.dates))]
    covered = coverage(workspace, scenario, requirement, planned)
    seats = needed(requirement.table, requirement.sets)
    steps = steps_of(workspace, staff(workspace, scenario), seats)
    averaged = scenario.rules.average_over != "week"
    paid = 0
    for shift in (each for own in shifts_of(planned).values() for each in own):
        midnight, slot = (
            dt.datetime.combine(shift.date, dt.time()),
            dt.timedelta(minutes=INTERVAL_MIN),
        )
        start, end = ((moment - midnight) // slot for moment in (shift.start, shift.end))
        length = round(shift.paid_h * 60 / INTERVAL_MIN)
        paid += duty_points(shift.date, start, end, length, averaged=averaged) * PAID // 100
    points = sum(missing_points(steps[at], n) for at, n in _missing(covered).items()) + paid
    made = Roster(
        assignments=table,
        coverage=covered,
        report=SolveReport(goals=(), seed=scenario.seed, steps=0, seconds=0.0),
        duties={},
    )
    values = {"uncovered": made.uncovered_h, "paid": made.paid_h, "cost": paid_hours(points)}
    goals = tuple(Goal(name=name, value=value, bound=None) for name, value in values.items())
    return replace(made, report=replace(made.report, goals=goals))


def _missing(coverage: pd.DataFrame) -> dict[tuple[str, int], int]:
    """Return (pool, slot) -> the speed units that a coverage table misses."""
    short = coverage[coverage["uncovered"] > 0]
    units = (short["uncovered"] * SPEED_UNITS).round().astype(int)
    places = zip(short["pool"].astype(str), short["slot"].astype(int), strict=True)
    return dict(zip(places, units.tolist(), strict=True))
