"""The payroll table reconciles with the roster to the minute."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from staffing.plan import Plan
from staffing.publish import render
from staffing.roster.pay import COLUMNS
from staffing.roster.payroll import payroll
from staffing.scenario import read_scenario
from staffing.workspace import Workspace, read_workspace
from tests.rosters import MONDAY, duty, scenario, table, workspace
from tests.tiny import tiny_plan

DEMO = Path(__file__).parents[1] / "data" / "demo"
SCENARIO = Path(__file__).parents[1] / "scenarios" / "next-week.toml"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace(
        tmp_path_factory.mktemp("two"),
        agents=[{"agent_id": "A1"}, {"agent_id": "A2", "hours_per_week": 24}],
        skills=[{"agent_id": each, "shop_id": "S1"} for each in ("A1", "A2")],
    )


def minutes(roster: pd.DataFrame, *, meals: bool) -> dict[tuple[str, str], int]:
    """Return (agent, month) -> minutes at meals or not, from the stretches alone."""
    own = roster[(roster["activity"] == "meal") == meals]
    length = (own["end"] - own["start"]).dt.total_seconds() / 60
    month = own["date"].dt.strftime("%Y-%m")
    sums = length.groupby([own["agent_id"].astype(str), month]).sum()
    return {key: round(value) for key, value in sums.items() if value}


def reconciles(found: pd.DataFrame, roster: pd.DataFrame) -> None:
    by_key = found.set_index(["agent_id", "month"])
    paid = by_key["paid_min"]
    assert by_key[COLUMNS].sum(axis=1).to_dict() == paid.to_dict()
    assert paid[paid > 0].to_dict() == minutes(roster, meals=False)
    eaten = by_key["meal_min"]
    assert eaten[eaten > 0].to_dict() == minutes(roster, meals=True)
    assert by_key["meals"].sum() == (roster["activity"] == "meal").sum()
    assert by_key["duties"].sum() == len(roster.drop_duplicates(["agent_id", "date"]))
    assert (by_key["night_min"] <= paid).all()


def test_a_week_by_hand(two, tmp_path):
    """Eight hours with a meal, and 16:00-02:00: night minutes begin at 22:00, meals are unpaid."""
    roster = table(duty(0, 9, 18, meals=[(12, 13)]), duty(1, 16, 26, meals=[(19, 20)], agent="A2"))
    found = payroll(two, scenario(tmp_path), roster).set_index("agent_id")
    assert found.loc["A1", ["duties", "paid_min", "night_min", "meals", "meal_min"]].tolist() == [
        1, 480, 0, 1, 60,
    ]  # fmt: skip
    assert found.loc["A2", ["min_100", "min_150", "paid_min", "night_min"]].tolist() == [
        480, 60, 540, 240,
    ]  # fmt: skip


def test_the_early_morning_is_night_too(two, tmp_path):
    """A duty from 05:00 has an hour of the night that began the evening before."""
    found = payroll(two, scenario(tmp_path), table(duty(2, 5, 9)))
    assert found["night_min"].tolist() == [60, 0]


def test_months_are_parted_by_the_service_day(two, tmp_path):
    """Of a duty past midnight into April all minutes are March's; both months have their rows."""
    day = (dt.date(2026, 3, 31) - MONDAY).days
    roster = table(duty(day, 20, 26), duty(day + 1, 9, 13))
    found = payroll(two, scenario(tmp_path, days=35), roster)
    assert found["month"].tolist() == ["2026-03", "2026-04"] * 2
    assert found["paid_min"].tolist() == [360, 240, 0, 0]


def test_parted_minutes_keep_their_sum(two, tmp_path):
    """Under comprehensive hours a period's normal hours part a minute: the total stays whole."""
    rules = {"preset": "comprehensive-hours", "average_over": "horizon"}
    roster = table(*(duty(day, 9, 20, meals=[(12, 13)]) for day in range(6)))
    found = payroll(two, scenario(tmp_path, rules=rules), roster)
    reconciles(found, roster)
    assert found["min_150"].sum() > 0


@given(
    shifts=some.lists(
        some.tuples(
            some.sampled_from(["A1", "A2"]),
            some.integers(0, 13),
            some.integers(0, 44),
            some.integers(1, 24),
            some.booleans(),
        ),
        max_size=12,
        unique_by=lambda each: each[:2],
    ),
    averaged=some.booleans(),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_roster_reconciles(two, tmp_path, shifts, averaged):
    """Whatever the duties, lawful or not, classes add up to what the stretches last."""
    rows = [
        duty(
            day,
            start / 2,
            (start + length) / 2,
            meals=[(start / 2 + 1, start / 2 + 2)] if eats and length > 5 else [],
            agent=agent,
        )
        for agent, day, start, length, eats in shifts
    ]
    if not rows:
        return
    rules = {"preset": "comprehensive-hours"} if averaged else {}
    roster = table(*rows)
    reconciles(payroll(two, scenario(tmp_path, days=14, rules=rules), roster), roster)


def test_the_demo_week_reconciles():
    """A week of the demo's published shifts, all its agents: to the minute."""
    space, story = read_workspace(DEMO), read_scenario(SCENARIO)
    shifts = space.tables["rosters"]
    week = shifts[shifts["date"] >= shifts["date"].max() - pd.Timedelta(days=6)]
    horizon = story.horizon.model_copy(update={"start": week["date"].min().date()})
    story = story.model_copy(update={"horizon": horizon})
    roster = week.assign(activity="work", pool=None)[
        ["agent_id", "date", "start", "end", "activity", "pool"]
    ]
    found = payroll(space, story, roster)
    reconciles(found, roster)
    assert len(found) == len(space.agents)
    assert found["min_150"].sum() > 0


def test_file_sheet_and_roster_agree(tiny):
    """payroll.csv, the sheet and the stretches of roster.csv tell the same minutes."""
    files = render(tiny, {})
    told = pd.read_csv(io.BytesIO(files["payroll.csv"]))
    roster = pd.read_csv(io.BytesIO(files["roster.csv"]))
    paid = (roster.groupby("agent_id")["paid_h"].sum() * 60).round().astype(int)
    assert told.set_index("agent_id")["paid_min"].to_dict() == paid.to_dict()
    sheet = openpyxl.load_workbook(io.BytesIO(files["roster.xlsx"]))["计薪"]
    rows = list(sheet.iter_rows(min_row=5, max_row=4 + len(told), values_only=True))
    shown = [list(row[3:]) for row in rows]
    assert shown == told.drop(columns=["agent_id", "name", "team"]).to_numpy().tolist()
    total = [cell.value for cell in sheet[5 + len(told)]]
    assert total[4:] == told.select_dtypes("int64").sum().tolist()
