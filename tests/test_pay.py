"""What minutes are paid at, against sums by hand, and a roster counted again from its table."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from staffing.errors import InfeasibleRosterError, ScenarioError
from staffing.plan import plan
from staffing.roster.audit import audit
from staffing.roster.pay import CLASSES, duty_points, pay_classes
from staffing.roster.recount import recount
from staffing.scenario import Rules, Scenario, read_scenario
from staffing.workspace import Workspace
from tests.rosters import MONDAY, Row, duty, scenario, table, workspace

LUNCH = [(12, 13)]
NATIONAL_DAY = (dt.date(2026, 10, 1) - MONDAY).days
"""A Thursday: the first of three statutory days."""


def eight(*days: int) -> pd.DataFrame:
    return table(*(duty(day, 9, 18, meals=LUNCH) for day in days))


def hours(space: Workspace, story: Scenario, roster: pd.DataFrame) -> dict[int, float]:
    found = pay_classes(space, story, roster)
    return {each: float(found[f"min_{each}"].sum()) / 60 for each in CLASSES}


def test_a_plain_week_is_paid_at_100(tmp_path: Path) -> None:
    """Five days of eight hours: forty hours, no premium."""
    found = hours(workspace(tmp_path), scenario(tmp_path), eight(*range(5)))
    assert found == {100: 40, 150: 0, 200: 0, 300: 0}


def test_long_days_and_a_sixth_day_are_paid_at_150(tmp_path: Path) -> None:
    """Nine hours on Monday, eight on five more days: 1 + 8 hours at 150 %, 40 at 100 %."""
    roster = pd.concat([table(duty(0, 9, 19, meals=[(13, 14)])), eight(*range(1, 6))])
    found = hours(workspace(tmp_path), scenario(tmp_path), roster)
    assert found == {100: 40, 150: 9, 200: 0, 300: 0}


def test_the_seventh_day_of_a_week_is_paid_at_200(tmp_path: Path) -> None:
    """Seven days of eight hours: 40 at 100 %, the sixth day at 150 %, the seventh at 200 %.

    Under a five-day contract the sixth day is a rest day as well.
    """
    space = workspace(tmp_path)
    found = hours(space, scenario(tmp_path), eight(*range(7)))
    assert found == {100: 40, 150: 8, 200: 8, 300: 0}
    found = hours(space, scenario(tmp_path, rules={"pay_rest_days": 2}), eight(*range(7)))
    assert found == {100: 40, 150: 0, 200: 16, 300: 0}


def test_published_days_of_the_week_count(tmp_path: Path) -> None:
    """Monday to Friday are published, the horizon begins on Saturday: eight hours at 150 %."""
    days = [MONDAY + dt.timedelta(days=i) for i in range(5)]
    rows = [{"agent_id": "A1", "date": d, "start": f"{d} 09:00", "end": f"{d} 18:00"} for d in days]
    space = workspace(tmp_path, rosters=rows)
    story = scenario(tmp_path, horizon={"start": MONDAY + dt.timedelta(days=5), "days": 2})
    assert hours(space, story, eight(5)) == {100: 0, 150: 8, 200: 0, 300: 0}
    assert hours(space, story, eight(5, 6)) == {100: 0, 150: 8, 200: 8, 300: 0}


def published(*days: int) -> list[Row]:
    dates = [MONDAY + dt.timedelta(days=day) for day in days]
    return [
        {"agent_id": "A1", "date": d, "start": f"{d} 09:00", "end": f"{d} 18:00"} for d in dates
    ]


def test_a_published_statutory_day_uses_up_no_normal_hours(tmp_path: Path) -> None:
    """Monday and 1 October published, Sunday planned: 8 of the week's 16 normal hours are left."""
    space = workspace(tmp_path, rosters=published(NATIONAL_DAY - 3, NATIONAL_DAY))
    start = MONDAY + dt.timedelta(days=NATIONAL_DAY + 1)
    story = scenario(tmp_path, horizon={"start": start, "days": 3})
    assert hours(space, story, eight(NATIONAL_DAY + 3)) == {100: 8, 150: 0, 200: 0, 300: 0}


def test_published_weeks_of_a_month_count_under_comprehensive_hours(tmp_path: Path) -> None:
    """48 hours published, 40 planned in the next week of the month: 80 are normal, 8 at 150 %.

    Over the horizon alone its 40 hours are normal.
    """
    space = workspace(tmp_path, rosters=published(*range(6)))
    for over, longer in (("month", 8.0), ("quarter", 8.0), ("horizon", 0.0)):
        rules = {"preset": "comprehensive-hours", "average_over": over}
        start = MONDAY + dt.timedelta(days=7)
        story = scenario(tmp_path, horizon={"start": start, "days": 7}, rules=rules)
        found = hours(space, story, eight(*range(7, 12)))
        assert found == pytest.approx({100: 40 - longer, 150: longer, 200: 0, 300: 0})


def test_statutory_minutes_are_paid_at_300_from_midnight_on(tmp_path: Path) -> None:
    """A shift 18:00-02:00 into National Day has two hours at 300 %; one on the day has all eight.

    The week of 1 to 3 October has two normal days: 16 hours at 100 %.
    """
    space = workspace(tmp_path, shops=[{"shop_id": "S1", "pool": "P", "closes": "02:00"}])
    eve = table(duty(NATIONAL_DAY - 1, 18, 26, meals=[(20, 21)]))
    assert hours(space, scenario(tmp_path), eve) == {100: 5, 150: 0, 200: 0, 300: 2}
    week = eight(*range(NATIONAL_DAY - 3, NATIONAL_DAY + 1))
    assert hours(space, scenario(tmp_path), week) == {100: 16, 150: 8, 200: 0, 300: 8}


def test_points_of_a_duty_agree_with_its_minutes(tmp_path: Path) -> None:
    """On its own, a duty of any kind costs its minutes times their class."""
    space = workspace(
        tmp_path, shops=[{"shop_id": "S1", "pool": "P", "opens": "00:00", "closes": "24:00"}]
    )
    for day, start, end, meal in (
        (0, 9, 18, 12),
        (0, 9, 20, 14),
        (NATIONAL_DAY, 9, 20, 14),
        (NATIONAL_DAY - 1, 18, 26, 20),
        (NATIONAL_DAY + 2, 18, 26, 20),
    ):
        found = hours(
            space, scenario(tmp_path), table(duty(day, start, end, meals=[(meal, meal + 1)]))
        )
        points = sum(2 * number * each for each, number in found.items())
        date = MONDAY + dt.timedelta(days=day)
        assert points == duty_points(date, 2 * start, 2 * end, 2 * (end - start - 1))


def test_hours_are_averaged_under_comprehensive_hours(tmp_path: Path) -> None:
    """Seven days then three in a fortnight's horizon: all 80 hours are normal, none at 200 %."""
    rules = {"preset": "comprehensive-hours", "average_over": "horizon"}
    space, story = workspace(tmp_path), scenario(tmp_path, days=14, rules=rules)
    assert hours(space, story, eight(*range(10))) == pytest.approx(
        {100: 80, 150: 0, 200: 0, 300: 0}
    )
    assert hours(space, story, eight(*range(11))) == pytest.approx(
        {100: 80, 150: 8, 200: 0, 300: 0}
    )


def nine_on_one_off(days: int, hours_a_day: int = 8) -> pd.DataFrame:
    end = 10 + hours_a_day
    return table(*(duty(d, 9, end, meals=LUNCH) for d in range(days) if d % 10 != 9))


def test_nine_on_one_off_is_refused_by_the_labour_law(tmp_path: Path) -> None:
    """Six weeks of it break the weekly rest day, the week's hours and the days in a row.

    With all the overtime that the law allows, a month still has more than 36 hours of it.
    """
    space = workspace(tmp_path)
    roster = nine_on_one_off(42)
    broken = audit(space, scenario(tmp_path, days=42), roster)
    assert {violation.rule for violation in broken} == {"R5", "R7", "R8"}
    said = {violation.rule: violation.law.text("en") for violation in broken}
    assert "art. 38" in said["R7"]
    assert "44 hours" in said["R5"]
    allowed = {"overtime_day_h": 3.0, "overtime_month_h": 36.0}
    broken = audit(space, scenario(tmp_path, days=42, rules=allowed), roster)
    assert {violation.rule for violation in broken} == {"R7", "R8", "R12"}
    assert any("36 hours" in violation.law.text("en") for violation in broken)


def test_nine_on_one_off_has_53_7_hours_of_overtime_a_month(tmp_path: Path) -> None:
    """Over a year, 8 hours a day: what is paid above 100 % is 53.7 h a month (2026: 54.2).

    248 work days a year are an average; 2026 has 247.7.
    """
    story = scenario(
        tmp_path,
        rules={"preset": "comprehensive-hours", "average_over": "horizon"},
        horizon={"start": dt.date(2026, 1, 1), "days": 42},
    )
    first = (dt.date(2026, 1, 1) - MONDAY).days
    roster = table(*(duty(first + d, 9, 18, meals=LUNCH) for d in range(365) if d % 10 != 9))
    found = hours(workspace(tmp_path), story, roster)
    assert (found[150] + found[300]) / 12 == pytest.approx(53.7, abs=0.6)
    assert found[200] == 0


def test_comprehensive_hours_price_nine_on_one_off(tmp_path: Path) -> None:
    """With the approval for other rest days its hours are the only breach; at 7 h there is none.

    Thirty days from 2 March have 30 × 5 / 7 work days and no statutory one: 171.4 hours. 216 hours
    are worked; 7 hours a day stay within the 36 of a month.
    """
    rules: dict[str, object] = {
        "preset": "comprehensive-hours",
        "average_over": "horizon",
        "rest_days_per_week": 0,
        "max_consecutive_days": 9,
        "overtime_month_h": 36.0,
    }
    space = workspace(tmp_path, agents=[{"agent_id": "A1", "monthly_wage": 5220}])
    story = scenario(tmp_path, days=30, rules=rules)
    roster = nine_on_one_off(30)
    assert {violation.rule for violation in audit(space, story, roster)} == {"R5"}
    assert audit(space, story, nine_on_one_off(30, hours_a_day=7)) == []
    (row,) = recount(space, story, roster).agents.to_dict("records")
    normal = 30 * 5 / 7 * 8
    assert (row["h_100"], row["h_150"]) == pytest.approx((normal, 216 - normal))
    assert row["yuan"] == pytest.approx(30.0 * (normal + 1.5 * (216 - normal)))  # 5220 / 174 = 30


def test_industry_is_audited_by_the_law_and_priced_but_never_planned(tmp_path: Path) -> None:
    """Its own rules allow nine days on: the audit names the law, there is a price, no plan."""
    space = workspace(tmp_path)
    story = scenario(tmp_path, days=30, rules={"preset": "industry"})
    assert (story.rules.max_consecutive_days, story.rules.rest_days_per_week) == (9, 0)
    broken = {v.rule for v in audit(space, story, nine_on_one_off(30))}
    assert broken == {"R7", "R8", "R12"}
    assert hours(space, story, nine_on_one_off(30))[200] > 0
    with pytest.raises(InfeasibleRosterError, match=r"art\. 38.*art\. 36.*art\. 41"):
        plan(space, story)


@pytest.mark.parametrize(
    ("key", "value", "because"),
    [
        ("rest_days_per_week", "0", "art. 38"),
        ("max_consecutive_days", "9", "6 days in a row"),
        ("average_over", '"month"', "labour bureau"),
        ("overtime_day_h", "3.0\nmax_daily_h = 9.0", "11 hours"),
        ("overtime_day_h", '1.0\npreset = "comprehensive-hours"', "11 hours"),
        ("overtime_day_h", "3.0", "overtime_month_h"),
    ],
)
def test_labour_law_cannot_be_set_aside(key: str, value: str, because: str, tmp_path: Path) -> None:
    """A key that goes beyond the law is a fault of the scenario that names it."""
    path = tmp_path / "a.toml"
    head = 'name = "a"\nworkspace = "w"\n[horizon]\nstart = 2026-03-02\n[rules]\n'
    path.write_text(f"{head}{key} = {value}\n", "utf-8")
    with pytest.raises(ScenarioError, match=because) as caught:
        read_scenario(path)
    assert caught.value.faults[0].column == f"rules.{key}"


def test_a_preset_sets_defaults_and_given_keys_win(tmp_path: Path) -> None:
    """Defaults of the preset are listed with its origin, given keys are not listed."""
    rules = {"preset": "comprehensive-hours", "average_over": "quarter"}
    story = scenario(tmp_path, rules=rules)
    assert (story.rules.average_over, story.rules.max_daily_h) == ("quarter", 11.0)
    listed = {name: (value, origin) for name, value, origin in story.defaults()}
    assert "rules.average_over" not in listed
    assert listed["rules.max_daily_h"][0] == 11.0
    assert "comprehensive hours" in listed["rules.max_daily_h"][1]
    assert Rules().judged == Rules()


def shared(folder: Path) -> tuple[Workspace, pd.DataFrame, list[Row]]:
    agents = [{"agent_id": a} for a in ("A1", "A2")]
    skills = [{"agent_id": "A1", "shop_id": "S1"}]
    skills += [{"agent_id": "A2", "shop_id": "S1", "speed": 0.5}]
    seats = [
        {"pool": "P", "start": pd.Timestamp(MONDAY) + pd.Timedelta(hours=h), "seats": 2}
        for h in (12.0, 12.5, 23.5)
    ]
    return workspace(folder, agents=agents, skills=skills), pd.DataFrame(seats), []


def test_coverage_is_counted_from_the_table_alone(tmp_path: Path) -> None:
    """One full and one half-speed agent, by hand.

    A1 9-18 with a meal, A2 14-20: 8 + 6 person-hours, 8 + 3 seat-hours. The pool is open for 15
    hours: nobody is there 12-13 and 20-24. Of two seats at noon and at 23:30 all are missing.
    """
    space, seats, _ = shared(tmp_path)
    roster = table(duty(0, 9, 18, meals=LUNCH), duty(0, 14, 20, agent="A2"))
    (row,) = recount(space, scenario(tmp_path, days=1), roster, seats).pools.to_dict("records")
    assert row == {
        "pool": "P",
        "open_h": 15.0,
        "staffed_h": 14.0,
        "seat_h": 11.0,
        "empty_h": 5.0,
        "required_h": 3.0,
        "uncovered_h": 3.0,
    }


def test_who_knows_a_part_of_a_pool_counts_at_her_speed_there(tmp_path: Path) -> None:
    """Two hours of somebody at speed 0.5 in one of two shops: 2 person-hours, 1 seat-hour."""
    shops = [{"shop_id": s, "pool": "P"} for s in ("S1", "S2")]
    skills = [{"agent_id": "A1", "shop_id": "S1", "speed": 0.5}]
    space = workspace(tmp_path, shops=shops, skills=skills)
    counted = recount(space, scenario(tmp_path, days=1), table(duty(0, 9, 11)))
    (row,) = counted.pools.to_dict("records")
    assert (row["staffed_h"], row["seat_h"], row["empty_h"]) == (2.0, 1.0, 13.0)


def test_quarters_of_an_hour_are_counted_as_such(tmp_path: Path) -> None:
    """From 9:15 to 10:20: 65 minutes, in three half hours."""
    roster = table(duty(0, 9.25, 10 + 1 / 3))
    (row,) = recount(workspace(tmp_path), scenario(tmp_path, days=1), roster).pools.to_dict(
        "records"
    )
    assert row["staffed_h"] == pytest.approx(65 / 60)
    assert row["empty_h"] == 13.5


def test_a_roster_of_strangers_has_no_hours(tmp_path: Path) -> None:
    """Agents who are not in the workspace are not paid; the tables are empty, not broken."""
    counted = recount(workspace(tmp_path), scenario(tmp_path), table(duty(0, 9, 15, agent="A9")))
    assert counted.agents.empty
    assert counted.pools["seat_h"].sum() == 0
