"""A roster confirmed by its replay: more is asked only where a target is missed, and it helps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from staffing.confirm import confirm
from staffing.forecast import forecast, history
from staffing.plan import plan
from staffing.roster import audit, roster
from staffing.roster.audit import hard
from staffing.scenario import ForecastSettings, ReplaySettings, RosterSettings, Rules, Scenario
from staffing.seats import SeatRequirement, seats
from staffing.simulate import simulate
from staffing.workspace import read_workspace
from tests.tiny import tiny_scenario, tiny_workspace


def week(folder: Path, uplift: float) -> Scenario:
    """A week of the tiny company; at 0.55 it has people to spare."""
    changes = {
        "forecast": ForecastSettings(uplift=uplift),
        "roster": RosterSettings(effort=4.0),
        "rules": Rules(min_week_share=0.0),
        "replay": ReplaySettings(replications=20),
    }
    return tiny_scenario(folder).model_copy(update=changes)


@pytest.mark.slow
def test_a_requirement_that_is_too_low_is_found_out_and_mended(tmp_path: Path) -> None:
    """With 40 % of the seats asked the replay misses; what is asked more brings the misses down."""
    space, story = read_workspace(tiny_workspace(tmp_path)), week(tmp_path, uplift=0.8)
    expected = forecast(space, story, history(space))
    table = seats(space, story, expected).table
    low = SeatRequirement(table=table.assign(seats=np.ceil(table["seats"] * 0.4).astype(int)))
    made = roster(space, story, low)
    before = simulate(space, story, expected, low, made.assignments)
    told, asked, repaired, replay = confirm(space, story, expected, low, made)
    assert (before.table["high"] < before.table["target"]).sum() == told.rounds[0].missed > 0
    assert len(told.rounds) > 1
    assert told.rounds[-1].late < told.rounds[0].late
    assert replay.service_level > before.service_level
    raised = asked.table["seats"] > low.table["seats"]
    assert (asked.table["seats"] >= low.table["seats"]).all()
    assert set(asked.table.loc[raised, "binding"]) == {"replay"}
    assert told.added_h == pytest.approx((asked.table["seats"] - low.table["seats"]).sum() / 2)
    assert len(told.missed) == (replay.table["high"] < replay.table["target"]).sum()
    assert hard(audit(space, story, repaired.assignments)) == []


def test_a_week_that_meets_its_targets_is_left_alone(tmp_path: Path) -> None:
    """Nothing is asked more, and the plan is the one without confirmation."""
    space, story = read_workspace(tiny_workspace(tmp_path)), week(tmp_path, uplift=0.55)
    plain, confirmed = plan(space, story), plan(space, story, confirmed=True)
    assert confirmed.confirmation is not None
    assert confirmed.confirmation.added_h == 0
    assert confirmed.confirmation.missed.empty
    assert confirmed.seats.table.equals(plain.seats.table)
    assert confirmed.roster.assignments.equals(plain.roster.assignments)
    assert plain.confirmation is None
