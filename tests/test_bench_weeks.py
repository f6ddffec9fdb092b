"""The benchmark of eight weeks: its newcomers learn by the rule that made the demo."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from benchmarks.eight_weeks import ROOT, learnt
from staffing.scenario import read_scenario
from staffing.workspace import Workspace, read_workspace


@pytest.fixture(scope="module")
def demo() -> Workspace:
    story = read_scenario(ROOT / "scenarios" / "next-week.toml")
    return read_workspace(story.workspace, story.zone)


def test_on_the_day_of_the_shipped_plan_speeds_are_the_shipped_ones(demo: Workspace) -> None:
    """Only where the rule is that of the demo does it change nobody's speed on 18 November."""
    pd.testing.assert_frame_equal(learnt(demo, dt.date(2026, 11, 18)).skills, demo.skills)


def test_newcomers_are_faster_each_week_and_full_from_the_fifth(demo: Workspace) -> None:
    """A058, who began on 9 November: 0.7 in her third week, 0.8 in the fourth, then 1."""
    days = (dt.date(2026, 11, 25), dt.date(2026, 12, 2), dt.date(2026, 12, 9))
    tables = [learnt(demo, day).skills for day in days]
    assert [set(t.loc[t["agent_id"] == "A058", "speed"]) for t in tables] == [{0.7}, {0.8}, {1.0}]
    assert set(tables[-1]["speed"]) == {1.0}
