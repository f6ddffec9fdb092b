"""Each hard rule: one tiny roster that keeps it, one that breaks it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from staffing.roster.audit import RULES, TOGETHER, audit
from tests.rosters import MONDAY, Row, duty, scenario, table, workspace

LUNCH = [(12, 13)]


def days(*numbers: int) -> list[list[Row]]:
    return [duty(day, 9, 18, meals=LUNCH) for day in numbers]


def published(day: int, start: int, end: int) -> Row:
    date = MONDAY + pd.Timedelta(days=day)
    return {
        "agent_id": "A1",
        "date": date,
        "start": f"{date} {start:02d}:00",
        "end": f"{date} {end:02d}:00",
    }


SIX_DAYS_BEFORE = [published(day, 9, 15) for day in range(-6, 0)]
WEEK_BEFORE = [published(day, 9, 18) for day in range(-7, -2)]
NURSING = {"agents": [{"agent_id": "A1", "protected": "nursing"}]}
OVERTIME = {"overtime_day_h": 2.0, "overtime_month_h": 10.0}
AVERAGED = {"preset": "comprehensive-hours"}
LATE_BEFORE = [published(day, 18, 23) for day in range(-3, 0)]
NINE_H = [duty(day, 9, 19, meals=[(13, 14)]) for day in range(4)]
TWO_POOLS = [{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "Q"}]

TWO_PARTS = [[*duty(day, 9, 13), *duty(day, 15, 19)] for day in range(2)]
FOUR: dict[str, object] = {
    "agents": [{"agent_id": f"A{i}"} for i in range(4)],
    "skills": [{"agent_id": f"A{i}", "shop_id": "S1"} for i in range(4)],
}
THREE_MEALS = [(10, 11), (12, 13), (13.5, 14.5)]
SPLITS = {"splits_per_week": 1}

CASES: dict[str, tuple[str, dict[str, object], dict[str, object], list[list[Row]], bool]] = {
    # name: rule, workspace tables, rules of the scenario (or whole sections), duties, lawful
    "serves a pool she knows": ("R1", {}, {}, days(0), True),
    "serves a pool she was never trained for": (
        "R1",
        {"shops": TWO_POOLS},
        {},
        [duty(0, 9, 18, meals=LUNCH, pool="Q")],
        False,
    ),
    "knows only one of the pool's two shops": (
        "R1",
        {"shops": [{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "P"}]},
        {},
        days(0),
        True,
    ),
    "serves a pool that does not exist": ("R1", {}, {}, [duty(0, 9, 12, pool="X")], False),
    "is trained from tomorrow on": (
        "R1",
        {"skills": [{"agent_id": "A1", "shop_id": "S1", "since": "2026-03-03"}]},
        {},
        days(0),
        False,
    ),
    "works before the pool opens": ("R1", {}, {}, [duty(0, 8, 12)], False),
    "serves between the openings of two shops": (
        "R1",
        {
            "shops": [
                {"shop_id": "S1", "pool": "P", "opens": "09:00", "closes": "12:00"},
                {"shop_id": "S2", "pool": "P", "opens": "18:00", "closes": "24:00"},
            ]
        },
        {},
        [duty(0, 10, 14)],
        False,
    ),
    "serves two shops that follow one another": (
        "R1",
        {
            "shops": [
                {"shop_id": "S1", "pool": "P", "opens": "09:00", "closes": "12:00"},
                {"shop_id": "S2", "pool": "P", "opens": "12:00", "closes": "24:00"},
            ]
        },
        {},
        [duty(0, 10, 14)],
        True,
    ),
    "serves a shop on a day that it is closed": (
        "R1",
        {"special_days": [{"name": "x", "first_day": "2026-03-02", "closed": "yes"}]},
        {},
        days(0),
        False,
    ),
    "begins on the day after its service day": (
        "R2",
        {},
        {},
        [[row | {"date": row["date"] - pd.Timedelta(days=1)} for row in duty(2, 9, 15, pool=None)]],
        False,
    ),
    "begins after midnight while a shop is open": (
        "R2",
        {"shops": [{"shop_id": "S1", "pool": "P", "opens": "18:00", "closes": "04:00"}]},
        {},
        [duty(0, 24.5, 28)],
        True,
    ),
    "sits at three meals": ("R10", {}, {}, [duty(0, 9, 15, meals=THREE_MEALS)], False),
    "works one duty a day": ("R2", {}, {}, days(0, 1), True),
    "works two duties on a day": ("R2", {}, {}, [duty(0, 9, 12), duty(0, 15, 19)], False),
    "is in two pools at once": (
        "R2",
        {
            "shops": TWO_POOLS,
            "skills": [{"agent_id": "A1", "shop_id": s} for s in ("S1", "S2")],
        },
        {},
        [duty(0, 9, 12), duty(0, 11, 13, pool="Q")],
        False,
    ),
    "works around a day of leave": (
        "R3",
        {"absences": [{"agent_id": "A1", "date": "2026-03-03"}]},
        {},
        days(0, 2),
        True,
    ),
    "works on a day of leave": (
        "R3",
        {"absences": [{"agent_id": "A1", "date": "2026-03-03"}]},
        {},
        days(0, 1),
        False,
    ),
    "works before her first day": (
        "R3",
        {"agents": [{"agent_id": "A1", "started_on": "2026-03-04"}]},
        {},
        days(1),
        False,
    ),
    "works eight hours": ("R4", {}, {}, days(0), True),
    "works nine hours": ("R4", {}, {}, [duty(0, 9, 19, meals=LUNCH)], False),
    "works forty hours": ("R5", {}, {}, days(0, 1, 2, 3, 4), True),
    "works forty-eight hours": ("R5", {}, {}, days(0, 1, 2, 3, 4, 5), False),
    "works forty hours in a week with a day of leave": (
        "R5",
        {"absences": [{"agent_id": "A1", "date": "2026-03-08"}]},
        {},
        days(0, 1, 2, 3, 4),
        False,
    ),
    "works the other five of six short days": (
        "R5",
        {
            "agents": [{"agent_id": "A1", "hours_per_week": 24}],
            "absences": [{"agent_id": "A1", "date": "2026-03-07"}],
        },
        {},
        [duty(d, 9, 13) for d in range(5)],
        True,
    ),
    "works her least hours": ("R6", {}, {"min_week_share": 0.6}, days(0, 1, 2), True),
    "works less than her least hours": ("R6", {}, {"min_week_share": 0.6}, days(0, 1), False),
    "rests on one day of seven": ("R7", {}, {}, [duty(d, 9, 15) for d in range(6)], True),
    "rests on one day where two are due": (
        "R7",
        {},
        {"rest_days_per_week": 2},
        [duty(d, 9, 15) for d in range(6)],
        False,
    ),
    "works six days in a row": ("R8", {}, {}, [duty(d, 9, 15) for d in range(6)], True),
    "works a seventh day after six published ones": (
        "R8",
        {"rosters": SIX_DAYS_BEFORE},
        {},
        [duty(0, 9, 15)],
        False,
    ),
    "rests a day after six published ones": (
        "R8",
        {"rosters": SIX_DAYS_BEFORE},
        {},
        [duty(1, 9, 15)],
        True,
    ),
    "rests eleven hours": ("R9", {}, {}, [duty(0, 18, 24), duty(1, 11, 17)], True),
    "rests ten and a half hours": ("R9", {}, {}, [duty(0, 18, 24), duty(1, 10.5, 16)], False),
    "rests ten hours after a published duty": (
        "R9",
        {"rosters": [published(-1, 17, 23)]},
        {},
        [duty(0, 9, 15)],
        False,
    ),
    "works six hours on end": ("R10", {}, {}, [duty(0, 9, 15)], True),
    "works six and a half hours on end": ("R10", {}, {}, [duty(0, 9, 15.5)], False),
    "has half an hour for a meal": ("R10", {}, {}, [duty(0, 9, 17, meals=[(12, 12.5)])], False),
    "ends her duty with a meal": (
        "R10",
        {},
        {},
        [duty(0, 9, 12), [dict(duty(0, 12, 13)[0], activity="meal", pool=None)]],
        False,
    ),
    "has a split duty where one a week may be": (
        "R17",
        {},
        {"shifts": SPLITS},
        TWO_PARTS[:1],
        True,
    ),
    "has two split duties where one a week may be": (
        "R17",
        {},
        {"shifts": SPLITS},
        TWO_PARTS,
        False,
    ),
    "has an hour between the parts of a split duty": (
        "R2",
        {},
        {"shifts": SPLITS},
        [[*duty(0, 9, 13), *duty(0, 14, 18)]],
        False,
    ),
    "has three parts in a day": (
        "R2",
        {},
        {"shifts": SPLITS},
        [[*duty(0, 9, 12), *duty(0, 14, 17), *duty(0, 19, 21)]],
        False,
    ),
    "of four people two are at lunch": (
        "R18",
        FOUR,
        {},
        [duty(0, 9, 18, meals=LUNCH if i < 2 else [(13, 14)], agent=f"A{i}") for i in range(4)],
        True,
    ),
    "of four people three are at lunch": (
        "R18",
        FOUR,
        {},
        [duty(0, 9, 18, meals=LUNCH if i < 3 else [(13, 14)], agent=f"A{i}") for i in range(4)],
        False,
    ),
    "all four are at lunch where that may be": (
        "R18",
        FOUR,
        {"shifts": {"meal_share": 1.0}},
        [duty(0, 9, 18, meals=LUNCH, agent=f"A{i}") for i in range(4)],
        True,
    ),
    "nurses and works until ten": (
        "R11",
        {"agents": [{"agent_id": "A1", "protected": "nursing"}]},
        {},
        [duty(0, 16, 22)],
        True,
    ),
    "nurses and works past ten": (
        "R11",
        {"agents": [{"agent_id": "A1", "protected": "nursing"}]},
        {},
        [duty(0, 16.5, 22.5)],
        False,
    ),
    "is pregnant and works after midnight": (
        "R11",
        {
            "agents": [{"agent_id": "A1", "protected": "pregnant"}],
            "shops": [{"shop_id": "S1", "pool": "P", "opens": "00:00", "closes": "24:00"}],
        },
        {},
        [duty(0, 5, 10)],
        False,
    ),
    "works nine hours where one of overtime is allowed": (
        "R4",
        {},
        OVERTIME | {"overtime_day_h": 1.0},
        NINE_H[:1],
        True,
    ),
    "works ten hours where one of overtime is allowed": (
        "R4",
        {},
        OVERTIME | {"overtime_day_h": 1.0},
        [duty(0, 9, 20, meals=[(14, 15)])],
        False,
    ),
    "works forty-eight hours after a light week of the same quarter": (
        "R5",
        {"rosters": WEEK_BEFORE[:3]},
        AVERAGED | {"average_over": "quarter"},
        days(0, 1, 2, 3, 4, 5),
        True,
    ),
    "works forty-eight hours after a full week of the same quarter": (
        "R5",
        {"rosters": WEEK_BEFORE},
        AVERAGED | {"average_over": "quarter"},
        days(0, 1, 2, 3, 4, 5),
        False,
    ),
    "works forty-eight hours in a horizon of a week": (
        "R5",
        {"rosters": WEEK_BEFORE[:3]},
        AVERAGED | {"average_over": "horizon"},
        days(0, 1, 2, 3, 4, 5),
        False,
    ),
    "works eight hours of overtime of ten": (
        "R12",
        {"rosters": WEEK_BEFORE},
        OVERTIME,
        days(0, 1, 2, 3, 4, 5),
        True,
    ),
    "works eight hours of overtime in each of two weeks of a month": (
        "R12",
        {"rosters": [published(day, 9, 18) for day in range(-7, -1)]},
        OVERTIME,
        days(0, 1, 2, 3, 4, 5),
        False,
    ),
    "works eight hours of overtime after as many in the month before": (
        "R12",
        {"rosters": [published(day, 9, 18) for day in range(-14, -8)]},
        OVERTIME,
        days(0, 1, 2, 3, 4, 5),
        True,
    ),
    "works four days an hour longer, three of overtime allowed": (
        "R12",
        {},
        OVERTIME | {"overtime_month_h": 3.0},
        NINE_H,
        False,
    ),
    "nurses and works eight hours": ("R13", NURSING, OVERTIME, days(0, 1, 2, 3, 4), True),
    "nurses and works nine hours": ("R13", NURSING, OVERTIME, NINE_H[:1], False),
    "nurses and works forty-eight hours": (
        "R13",
        NURSING,
        OVERTIME,
        days(0, 1, 2, 3, 4, 5),
        False,
    ),
    "is a minor and works nine hours": (
        "R13",
        {"agents": [{"agent_id": "A1", "protected": "minor"}]},
        AVERAGED | {"average_over": "horizon"},
        NINE_H[:1],
        False,
    ),
    "works late three days in a row": ("R14", {}, {}, [duty(d, 18, 24) for d in range(3)], True),
    "works late four days in a row": ("R14", {}, {}, [duty(d, 18, 24) for d in range(4)], False),
    "works late after three published late shifts": (
        "R14",
        {"rosters": LATE_BEFORE},
        {},
        [duty(0, 18, 24)],
        False,
    ),
    "works late after two published late shifts": (
        "R14",
        {"rosters": LATE_BEFORE[1:]},
        {},
        [duty(0, 18, 24)],
        True,
    ),
    "starts two hours apart": (
        "R15",
        {},
        {"start_spread_h": 2.0},
        [duty(0, 9, 15), duty(1, 11, 17)],
        True,
    ),
    "starts two and a half hours apart": (
        "R15",
        {},
        {"start_spread_h": 2.0},
        [duty(0, 9, 15), duty(1, 11.5, 17)],
        False,
    ),
    "works on a weekend after a free one": (
        "R16",
        {"rosters": [published(-3, 9, 15)]},
        {"weekend_off_every_weeks": 2},
        [duty(5, 9, 15)],
        True,
    ),
    "works on a second weekend": (
        "R16",
        {"rosters": [published(-2, 9, 15)]},
        {"weekend_off_every_weeks": 2},
        [duty(6, 9, 15)],
        False,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule(name: str, tmp_path: Path) -> None:
    """The audit names the rule exactly when the roster breaks it, and no other one."""
    rule, tables, rules, duties, lawful = CASES[name]
    space = workspace(tmp_path, **tables)  # type: ignore[arg-type]
    shifts = rules.get("shifts", {})
    laws = {"min_week_share": 0.0} | {k: v for k, v in rules.items() if k != "shifts"}
    story = scenario(tmp_path, rules=laws, shifts=shifts)  # type: ignore[arg-type]
    broken = {violation.rule for violation in audit(space, story, table(*duties))}
    assert broken == (set() if lawful else {rule})


def test_every_rule_has_a_lawful_and_an_unlawful_case() -> None:
    """Each rule is kept and broken by at least one roster above; over 25 are broken in all."""
    assert sum(not lawful for *_, lawful in CASES.values()) > 25
    for rule in RULES | TOGETHER:
        assert {lawful for r, _, _, _, lawful in CASES.values() if r == rule} == {True, False}


def test_every_rule_is_documented() -> None:
    """docs/rules.md has a section for every rule that the audit checks, and no other."""
    page = (Path(__file__).parents[1] / "docs" / "rules.md").read_text("utf-8")
    headings = [line.split()[1] for line in page.splitlines() if line.startswith("## R")]
    assert headings == [*RULES, *TOGETHER]


def test_an_unknown_agent_is_a_violation(tmp_path: Path) -> None:
    """A duty of somebody who is not in the agents table is named, not passed over."""
    space = workspace(tmp_path)
    story = scenario(tmp_path, rules={"min_week_share": 0.0})
    (violation,) = audit(space, story, table(duty(0, 9, 15, agent="A9")))
    assert (violation.rule, violation.agent_id) == ("R1", "A9")
