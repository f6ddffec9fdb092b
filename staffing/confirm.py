"""A roster confirmed by its replay: where a target is missed, more is asked and it is repaired.

The requirement asks each half hour for seats as a queue of like agents would need them; the
roster's people differ, leave for meals and share pools. The replay knows. Where it misses a
pool's target on a day, beyond its own confidence interval, the half hours that lose most get more
seats and the roster is improved from where it stands (cutting planes by simulation: Atlason,
Epelman & Henderson 2008, Manag. Sci. 54(2); Cezik & L'Ecuyer 2008, Manag. Sci. 54(2)). A round
that does not bring the misses down is taken back and ends the search: what is left then is short
of people, or of the search's effort, not of a requirement.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from staffing.forecast import Forecast
from staffing.grid import INTERVAL_MIN
from staffing.roster import Progress, Roster, roster
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement, follow_roster
from staffing.simulate import Replay, simulate
from staffing.workspace import Workspace

__all__ = ["Confirmation", "Round", "confirm"]

MOST_REPAIRS = 3
EFFORT_SHARE = 0.3
"""Part of the scenario's effort that each repair may take."""
MORE = 0.08
"""Share by which a half hour's seats are raised at a time, at least one seat."""
HELPED = 0.5
"""Share of a half hour's late contacts that such a raise is taken to bring in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One replay and what was asked after it.

    Attributes
    ----------
    missed : days of pools whose replay missed the target
    late : contacts a horizon by which they missed it
    added_h : seat-hours asked more after that
    """

    missed: int
    late: float
    added_h: float


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What replays made of a roster.

    Attributes
    ----------
    rounds : the replays in turn; the last one's roster is not repaired any more
    missed : the days of pools that still miss: pool, date, service_level, high (end of its
        confidence interval), target, uncovered_h (seat-hours by which that day is short)
    """

    rounds: tuple[Round, ...]
    missed: pd.DataFrame

    @property
    def added_h(self) -> float:
        """Return the seat-hours asked more in all."""
        return sum(each.added_h for each in self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """A requirement, the roster made for it, and its replay."""

    requirement: SeatRequirement
    roster: Roster
    replay: Replay

    @property
    def missed(self) -> pd.DataFrame:
        """Return the days of pools whose whole confidence interval lies below the target."""
        table = self.replay.table
        return table[table["high"] < table["target"]]

    @property
    def late(self) -> float:
        """Return the contacts by which targets are missed."""
        missed = self.missed
        return float((missed["contacts"] * (missed["target"] - missed["service_level"])).sum())


def confirm(
    workspace: Workspace,
    scenario: Scenario,
    forecast: Forecast,
    requirement: SeatRequirement,
    rostered: Roster,
    progress: Progress | None = None,
) -> tuple[Confirmation, SeatRequirement, Roster, Replay]:
    """Return the roster whose replay misses its targets least, and what was asked for it.

    Returns
    -------
    confirmation, requirement (half hours raised have the binding ``replay``), roster, replay
    """
    repairing = scenario.roster.model_copy(update={"effort": scenario.roster.effort * EFFORT_SHARE})
    story = scenario.model_copy(update={"roster": repairing})

    def lived(requirement: SeatRequirement, made: Roster) -> _State:
        replay = simulate(workspace, scenario, forecast, requirement, made.assignments)
        return _State(requirement=requirement, roster=made, replay=replay)

    best = lived(requirement, rostered)
    rounds: list[Round] = []
    while len(rounds) < MOST_REPAIRS:
        raised = _raised(workspace, scenario, forecast, best)
        added = int((raised.table["seats"] - best.requirement.table["seats"]).sum())
        if not added:
            break
        made = roster(workspace, story, raised, progress, start=best.roster.duties)
        tried = lived(raised, made)
        if tried.late >= best.late:
            break
        rounds.append(
            Round(missed=len(best.missed), late=best.late, added_h=added * INTERVAL_MIN / 60)
        )
        best = tried
    rounds.append(Round(missed=len(best.missed), late=best.late, added_h=0.0))
    confirmation = Confirmation(rounds=tuple(rounds), missed=_left(best))
    return confirmation, best.requirement, best.roster, best.replay


def _raised(
    workspace: Workspace, scenario: Scenario, forecast: Forecast, state: _State
) -> SeatRequirement:
    """Return the requirement with more seats where days that miss lose most of their contacts.

    Half hours that are short of seats already are left alone: more asked would bring none.
    """
    table = state.requirement.table.reset_index(drop=True)
    lived = follow_roster(workspace, scenario, forecast, state.requirement, state.roster.coverage)
    key = ["pool", "slot"]
    late = table[key].merge(
        lived.assign(late=lived["contacts"] * (1 - lived["service_level"]))[[*key, "late"]], on=key
    )["late"]
    short = table[key].merge(state.roster.coverage[[*key, "uncovered"]], on=key)["uncovered"] > 0
    seats, binding = table["seats"].to_numpy(np.int64).copy(), table["binding"].to_numpy().copy()
    for row in state.missed.itertuples():
        at = np.flatnonzero((table["pool"] == row.pool) & (table["date"] == row.date) & ~short)
        at = at[np.argsort(-late.to_numpy()[at], kind="stable")]
        asked = float(str(row.contacts)) * (float(str(row.target)) - float(str(row.service_level)))
        helped = HELPED * late.to_numpy()[at]
        chosen = at[: int(np.searchsorted(np.cumsum(helped), asked)) + 1]
        chosen = chosen[late.to_numpy()[chosen] > 0]
        seats[chosen] += np.maximum(np.ceil(MORE * seats[chosen]).astype(np.int64), 1)
        binding[chosen] = "replay"
    return replace(state.requirement, table=table.assign(seats=seats, binding=binding))


def _left(state: _State) -> pd.DataFrame:
    """Return `Confirmation.missed`."""
    short = state.roster.coverage.groupby(["pool", "date"])["uncovered"].sum() * INTERVAL_MIN / 60
    columns = ["pool", "date", "service_level", "high", "target"]
    found = state.missed[columns].reset_index(drop=True)
    return found.join(short.rename("uncovered_h"), on=["pool", "date"])
