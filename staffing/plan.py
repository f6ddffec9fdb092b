"""The main job: from a workspace and a scenario to a plan."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from staffing.confirm import Confirmation
from staffing.forecast import Forecast
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN
from staffing.promotion import Promotion, Use
from staffing.promotion.used import used
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
from staffing.simulate import Replay, simulate
from staffing.stages import Brief, Stages, Step
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
    promotion : what a promotion run found; tables, rules, forecast and seats are then those with
        its levers pulled, at the strength that the roster is built for
    used : what of the levers the roster uses
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
    promotion: Promotion | None = None
    used: tuple[Use, ...] = ()

    @property
    def short(self) -> bool:
        """Return whether more is uncovered than the scenario allows."""
        return self.roster.uncovered_share > self.scenario.roster.max_uncovered

    @property
    def days_beyond(self) -> dict[dt.date, tuple[float, float]]:
        """Return service day -> seat-hours uncovered and required, where that share is exceeded.

        The worst first. The rest of the horizon may make up for them, as for a promotion's opening.
        """
        by_day = self.roster.coverage.groupby("date")[["uncovered", "required"]].sum()
        share = (by_day["uncovered"] / by_day["required"]).sort_values(ascending=False)
        days = share.index[share > self.scenario.roster.max_uncovered]
        hours = by_day.loc[days] * INTERVAL_MIN / 60
        return {
            pd.Timestamp(row.Index).date(): (float(row.uncovered), float(row.required))
            for row in rows(hours)
        }


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
    brief = stages.brief()
    rostered = stages.roster(brief.required, progress)
    confirmation = replay = None
    if confirmed:
        confirmation, required, rostered, replay = stages.confirm(
            brief.expected, brief.required, rostered, progress
        )
        brief = replace(brief, required=required)
    step("audit")

    def replayed() -> Replay:
        if replay is not None:
            return replay
        return stages.replay(brief.expected, brief.required, rostered)

    made = _told(brief, rostered, replayed, confirmation)
    return _counted(made, workspace, scenario)


def plan_of(
    workspace: Workspace,
    scenario: Scenario,
    brief: Brief,
    rostered: Roster,
    step: Step = lambda _: None,
    replay: Replay | None = None,
) -> Plan:
    """Return the plan around a roster that is there already, such as one edited by hand.

    Parameters
    ----------
    workspace, scenario : as they were read; those of the brief may have levers pulled
    brief : what the roster was to do
    replay : of this roster, where it is known

    Raises
    ------
    InfeasibleRosterError
        When the preset of the rules is one that no published roster may follow.
    """
    refuse_unlawful(scenario)
    step("audit")

    def replayed() -> Replay:
        if replay is not None:
            return replay
        step("replay")
        return simulate(
            brief.workspace, brief.scenario, brief.expected, brief.required, rostered.assignments
        )

    return _counted(_told(brief, rostered, replayed), workspace, scenario)


def _counted(made: Plan, workspace: Workspace, scenario: Scenario) -> Plan:
    """Return the plan with what its roster uses of a promotion run's levers."""
    if made.promotion is None:
        return made
    table = made.roster.assignments
    return replace(made, used=used(workspace, scenario, made.promotion, table))


def _told(
    brief: Brief,
    rostered: Roster,
    replayed: Callable[[], Replay],
    confirmation: Confirmation | None = None,
) -> Plan:
    """Return a roster with all that is said of it: audited, followed, replayed."""
    workspace, scenario = brief.workspace, brief.scenario
    broken = audit(workspace, scenario, rostered.assignments)
    short = shortages(workspace, scenario, rostered.assignments, rostered.coverage)
    course = follow_roster(workspace, scenario, brief.expected, brief.required, rostered.coverage)
    return Plan(
        workspace=workspace,
        scenario=scenario,
        forecast=brief.expected,
        seats=brief.required,
        roster=rostered,
        violations=tuple(hard(broken)),
        crowded=tuple(each for each in broken if each.rule in TOGETHER),
        unplaced=tuple(unplaced(workspace, scenario, rostered.assignments)),
        shortages=tuple(short),
        ledger=ledger(workspace, scenario, rostered.assignments),
        course=course,
        replay=replayed(),
        confirmation=confirmation,
        promotion=brief.promotion,
    )
