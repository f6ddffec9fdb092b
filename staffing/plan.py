"""The main job: from a workspace and a scenario to a plan."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from staffing.confirm import Confirmation
from staffing.forecast import Forecast
from staffing.roster import (
    Ledger,
    Progress,
    Roster,
    Shortage,
    Violation,
    audit,
    ledger,
    refuse_unlawful,
    shortages,
)
from staffing.roster.activities import unplaced
from staffing.roster.audit import TOGETHER, hard
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement, follow_roster
from staffing.simulate import Replay
from staffing.stages import Stages, Step
from staffing.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything a plan consists of, each part as its stage made it.

    Attributes
    ----------
    violations : broken hard rules; a plan with any is never published
    crowded : who is at a meal with too many others of a pool (R18), where it could not be helped
    unplaced : kind, agent and first day of the activities that nobody found time for
    shortages : where the roster is short of seats, the largest first
    ledger : what everybody had and would have had in fairness, before, in and after the horizon
    course : what the roster does to the expected contacts, see `seats.follow_roster`
    confirmation : what replays made of it; None where it was replayed once, unconfirmed
    """

    workspace: Workspace
    scenario: Scenario
    forecast: Forecast
    seats: SeatRequirement
    roster: Roster
    violations: tuple[Violation, ...]
    crowded: tuple[Violation, ...]
    unplaced: tuple[tuple[str, str, dt.date], ...]
    shortages: tuple[Shortage, ...]
    ledger: Ledger
    course: pd.DataFrame
    replay: Replay
    confirmation: Confirmation | None = None

    @property
    def short(self) -> bool:
        """Return whether more is uncovered than the scenario allows."""
        return self.roster.uncovered_share > self.scenario.roster.max_uncovered


def plan(
    workspace: Workspace,
    scenario: Scenario,
    step: Step = lambda _: None,
    progress: Progress | None = None,
    *,
    confirmed: bool = False,
    stages: Stages | None = None,
) -> Plan:
    """Return the plan of a scenario.

    Parameters
    ----------
    step : told the name of each step as it begins: forecast, seats, roster, confirm, audit, replay
    progress : told about each better roster
    confirmed : whether to ask for more seats, and repair the roster, where the replay misses
    stages : the stages of this scenario with the cache they are taken from; without them all are
        computed

    Raises
    ------
    InfeasibleRosterError
        When some agent has no lawful week at all, or the preset of the rules is one that no
        published roster may follow.
    """
    refuse_unlawful(scenario)
    stages = stages if stages is not None else Stages(workspace, scenario, step=step)
    expected = stages.forecast()
    required = stages.seats(expected)
    rostered = stages.roster(required, progress)
    confirmation = replay = None
    if confirmed:
        confirmation, required, rostered, replay = stages.confirm(
            expected, required, rostered, progress
        )
    step("audit")
    broken = audit(workspace, scenario, rostered.assignments)
    violations = hard(broken)
    short = shortages(workspace, scenario, rostered.assignments, rostered.coverage)
    course = follow_roster(workspace, scenario, expected, required, rostered.coverage)
    if replay is None:
        replay = stages.replay(expected, required, rostered)
    return Plan(
        workspace=workspace,
        scenario=scenario,
        forecast=expected,
        seats=required,
        roster=rostered,
        violations=tuple(violations),
        crowded=tuple(each for each in broken if each.rule in TOGETHER),
        unplaced=tuple(unplaced(workspace, scenario, rostered.assignments)),
        shortages=tuple(short),
        ledger=ledger(workspace, scenario, rostered.assignments),
        course=course,
        replay=replay,
        confirmation=confirmation,
    )
