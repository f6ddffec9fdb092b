"""Rosters replanned: against enumeration, lawful, frozen where they must be; the command."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

import cli
from staffing.asked import Asked
from staffing.errors import InputError
from staffing.replan import Case, Change, replan, with_absences
from staffing.roster import _missing, audit, roster
from staffing.roster import changes as changes_of
from staffing.roster.audit import hard
from staffing.roster.changes import (
    Changes,
    Published,
    broken,
    change_prices,
    fewest_changes,
    needful,
    worthy,
)
from staffing.roster.finish import coverage
from staffing.roster.prices import PAID, missing_points
from staffing.roster.problem import problem_of
from staffing.roster.shifts import Template
from staffing.roster.staff import speeds_in_units, staff
from staffing.roster.told import told_duties
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.version import newest
from staffing.workspace import Workspace
from tests.rosters import MONDAY, duty, need, scenario, table, workspace
from tests.test_roster import busy_week
from tests.workspaces import ROSTER, START, project

FREE = {"min_week_share": 0.0}
UNFAIR = {
    f"{name}_weight": 0
    for name in ("late", "weekend", "statutory", "peak_night", "days", "steady", "change")
}
PART = {"part_time_h": [4.0], "start_every_min": 120}
AFTERNOON = [14 + h / 2 for h in range(8)]


def day_of(day: int) -> dt.date:
    return MONDAY + dt.timedelta(days=day)


def crew(folder: Path, number: int, **columns: object) -> Workspace:
    """Return some part-timers who know the only pool."""
    names = [f"A{i + 1}" for i in range(number)]
    return workspace(
        folder,
        agents=[{"agent_id": a, "contract": "part_time", **columns} for a in names],
        skills=[{"agent_id": a, "shop_id": "S1"} for a in names],
    )


def published(
    space: Workspace, story: Scenario, required: SeatRequirement, told: pd.DataFrame
) -> Published:
    speed = speeds_in_units(space, story.grid.dates)
    problem = problem_of(space, story, staff(space, story), required)
    duties = told_duties(story.grid, told, speed, story.fairness.late_after)
    return Published(problem=problem, told=duties, speed=speed)


def points(of: Published, shifts: dict[str, Template | None], seats: dict[int, int]) -> int:
    """Return what a day of a pool costs: seats missing, pay, and changes."""
    steps, prices = of.problem.steps, change_prices(of.problem)
    total = 0
    for t, number in seats.items():
        there = sum(s is not None and s.start <= t < s.end for s in shifts.values())
        total += missing_points(steps["P", t], 20 * max(number - there, 0)) if number else 0
    for agent, shift in shifts.items():
        told = of.told.get((agent, 0))
        old = None if told is None else told.duty.shift
        total += PAID * shift.paid if shift is not None else 0
        same = (old and (old.start, old.end)) == (shift and (shift.start, shift.end))
        total += 0 if same else prices.of(old, shift)
    return total


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_changes_cost_as_little_as_brute_force_finds(seed: int, tmp_path: Path) -> None:
    """Three people, one day, random seats and duties: no choice of shifts costs less in all."""
    space = crew(tmp_path / "w", 3)
    story = scenario(tmp_path, days=1, rules=FREE, fairness=UNFAIR, shifts=PART)
    random = np.random.default_rng(seed)
    seats = dict(zip(range(18, 48), random.integers(0, 3, 30).tolist(), strict=True))
    required = SeatRequirement(table=need({("P", 0, t / 2): n for t, n in seats.items()}))
    starts = [float(h) for h in random.choice(range(9, 21, 2), 2)]
    told = table(*(duty(0, h, h + 4, agent=f"A{i + 1}") for i, h in enumerate(starts)))
    of = published(space, story, required, told)
    option = of.problem.agents[0].options[0]
    assert option is not None
    best = min(
        points(of, dict(zip(("A1", "A2", "A3"), chosen, strict=True)), seats)
        for chosen in itertools.product((None, *option.shifts), repeat=3)
    )
    made = fewest_changes(of, [0])
    assert made is not None
    assert made.proven
    roll = made.applied(of.roll)
    shifts = {
        name: roll[name, 0].shift if (name, 0) in roll else None for name in ("A1", "A2", "A3")
    }
    assert points(of, shifts, seats) == pytest.approx(best, rel=1e-3)


def test_what_is_done_meanwhile_is_done_once_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rounds the windows take; and never where nothing is to be solved."""
    space = crew(tmp_path / "w", 3)
    story = scenario(tmp_path, days=5, rules=FREE, fairness=UNFAIR, shifts=PART)
    places = {("P", d, t / 2): 2 for d in range(5) for t in range(20, 28)}
    told = table(duty(0, 10, 14, agent="A1"))
    of = published(space, story, SeatRequirement(table=need(places)), told)
    done: list[str] = []
    monkeypatch.setattr(changes_of, "MOST", 0)  # a window each day, more of them than one round
    assert changes_of.AHEAD < 5
    made = fewest_changes(of, range(5), lambda: done.append("done"))
    assert done == ["done"]
    assert made is not None
    assert {d for _, d in made.duties} == set(range(5))
    assert made == fewest_changes(of, range(5))
    assert fewest_changes(of, [], lambda: done.append("again")) is not None
    assert done == ["done"]


# --- one thing at a time --------------------------------------------------------------------------


def mended(
    space: Workspace,
    story: Scenario,
    required: SeatRequirement,
    told: pd.DataFrame,
    gone: Sequence[tuple[str, int]],
    now: dt.datetime | None = None,
    freeze_h: float = 2.0,
) -> tuple[Case, pd.DataFrame, list[Change]]:
    """Return a case, its new roster and the changes."""
    asked = Asked(now=now, freeze_h=freeze_h)
    case = Case(space, story, required, told, {(a, day_of(d)) for a, d in gone}, asked)
    made, _ = case.planned()
    after = coverage(case.workspace, story, required, made)
    return case, made, case.changes(made, after)


def kinds(changes: Sequence[Change]) -> list[tuple[str, str]]:
    return [(change.agent_id, change.kind) for change in changes]


def test_somebody_is_called_in_for_who_is_absent(tmp_path: Path) -> None:
    """The only seat of the afternoon is filled by the other one, and the change says for whom."""
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, h): 1 for h in AFTERNOON}))
    _, made, changes = mended(space, story, required, table(duty(0, 14, 18)), [("A1", 0)])
    assert kinds(changes) == [("A1", "absent"), ("A2", "called_in")]
    (cover,) = changes[1].covers
    assert (cover.pool, cover.hours, cover.instead_of) == ("P", 4.0, ("A1",))
    assert set(made["agent_id"]) == {"A2"}


def test_an_absence_that_opens_no_seat_changes_nothing(tmp_path: Path) -> None:
    """Two are there for one seat: the other one's rows stay word for word."""
    space, story = crew(tmp_path / "w", 3), scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, h): 1 for h in AFTERNOON}))
    told = table(duty(0, 14, 18), duty(0, 14, 18, agent="A2"))
    case, made, changes = mended(space, story, required, told, [("A1", 0)])
    assert kinds(changes) == [("A1", "absent")]
    pd.testing.assert_frame_equal(made, case.struck)


def test_one_missing_half_hour_is_no_reason_to_call_anybody_in(tmp_path: Path) -> None:
    """A day off is worth two seat-hours with the pay on top; three half hours are not."""
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=1, rules=FREE)
    for hours, called in ((AFTERNOON[:3], False), (AFTERNOON[:6], True)):
        required = SeatRequirement(table=need({("P", 0, h): 1 for h in hours}))
        _, _, changes = mended(space, story, required, table(duty(0, 14, 18)), [("A1", 0)])
        assert (("A2", "called_in") in kinds(changes)) is called


def test_nobody_is_changed_to_save_pay(tmp_path: Path) -> None:
    """Four are there and no seat is asked for: all of them come as they were told."""
    space, story = crew(tmp_path / "w", 4), scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, 14): 0}))
    told = table(*(duty(0, 14, 18, agent=f"A{i}") for i in range(1, 5)))
    of = published(space, story, required, told)
    made = fewest_changes(of, [0])
    assert made is not None
    assert made.applied(of.roll) == of.roll
    assert worthy(of) == frozenset()


def test_pools_are_swapped_before_anybody_is_called_in(tmp_path: Path) -> None:
    """A2 sits where nobody is needed and knows the absent one's pool: she changes pool only."""
    skills = [("A1", "S1"), ("A2", "S1"), ("A2", "S2"), ("A3", "S1")]
    space = workspace(
        tmp_path / "w",
        shops=[{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "Q"}],
        agents=[{"agent_id": a, "contract": "part_time"} for a in ("A1", "A2", "A3")],
        skills=[{"agent_id": a, "shop_id": s} for a, s in skills],
    )
    story = scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, h): 1 for h in AFTERNOON}))
    told = table(duty(0, 14, 18), duty(0, 14, 18, agent="A2", pool="Q"))
    _, made, changes = mended(space, story, required, told, [("A1", 0)])
    assert kinds(changes) == [("A1", "absent"), ("A2", "seats")]
    assert set(made["pool"]) == {"P"}


@pytest.mark.parametrize("wanted", ["P", "Q"])
def test_a_change_of_pools_that_is_good_for_nothing_is_taken_back(
    wanted: str, tmp_path: Path
) -> None:
    """Two who were told pool P swap to Q: it stays where Q lacks them, as no gap hides it."""
    names = ("A1", "A2")
    space = workspace(
        tmp_path / "w",
        shops=[{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "Q"}],
        agents=[{"agent_id": a, "contract": "part_time"} for a in names],
        skills=[{"agent_id": a, "shop_id": s} for a in names for s in ("S1", "S2")],
    )
    story = scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({(wanted, 0, h): 2 for h in AFTERNOON}))
    of = published(space, story, required, table(*(duty(0, 14, 18, agent=a) for a in names)))
    swapped = {(name, 0): replace(of.roll[name, 0], pools=("Q",) * 8) for name in names}
    left = needful(of, Changes(duties=swapped)).duties
    assert left == (swapped if wanted == "Q" else {})


def test_a_duty_that_has_begun_is_extended_and_keeps_its_start(tmp_path: Path) -> None:
    """At 13:00 the morning's part-timer is asked to stay on: from ten as before."""
    space = crew(tmp_path / "w", 2)
    story = scenario(
        tmp_path, days=1, rules=FREE, shifts={"part_time_h": [4.0, 6.0], "meal_from_h": 8.0}
    )
    required = SeatRequirement(table=need({("P", 0, h): 1 for h in (14, 14.5, 15, 15.5)}))
    told = table(duty(0, 10, 14), duty(0, 14, 18, agent="A2"))
    now = dt.datetime.combine(MONDAY, dt.time(13))
    _, made, changes = mended(space, story, required, told, [("A2", 0)], now, freeze_h=0.5)
    assert kinds(changes) == [("A2", "absent"), ("A1", "hours")]
    assert made["start"].min() == pd.Timestamp(f"{MONDAY} 10:00")
    assert made["end"].max() >= pd.Timestamp(f"{MONDAY} 16:00")
    assert hard(audit(space, story, made)) == []


def test_who_teaches_or_meets_is_left_alone(tmp_path: Path) -> None:
    """A duty with training in it is not moved, others count on it."""
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=1, rules=FREE)
    told = table(duty(0, 14, 18), duty(0, 9, 13, agent="A2"))
    told.loc[told["agent_id"] == "A2", ["activity", "pool"]] = ["training", None]
    required = SeatRequirement(table=need({("P", 0, h): 1 for h in AFTERNOON}))
    _, _, changes = mended(space, story, required, told, [("A1", 0)])
    assert kinds(changes) == [("A1", "absent")]


def test_nobody_is_called_in_on_a_day_of_her_own_absence(tmp_path: Path) -> None:
    """A2 is ill on her day off: the seat stays open, and her week's hours are not touched."""
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, h): 1 for h in AFTERNOON}))
    gone = [("A1", 0), ("A2", 0)]
    case, made, changes = mended(space, story, required, table(duty(0, 14, 18)), gone)
    assert kinds(changes) == [("A1", "absent")]
    assert made.empty
    assert set(case.workspace.tables["absences"]["agent_id"]) == {"A1"}


def six_days(agent: str = "A1") -> pd.DataFrame:
    return table(*(duty(d, 10, 14, agent=agent) for d in range(6)))


def left_at(
    space: Workspace, story: Scenario, told: pd.DataFrame, *absent: str
) -> tuple[dict[tuple[str, dt.date], dt.datetime], list[str]]:
    """Return who goes home when, and the codes of what is wrong."""
    asked = Asked(absent=absent)
    gone, faults = asked.days(space, story.grid)
    left, wrong = asked.gone_home(told, gone)
    return left, [fault.code for fault in (*faults, *wrong)]


def test_who_goes_home_keeps_what_she_has_worked(tmp_path: Path) -> None:
    """Her last two hours are filled by the other one; nothing is deducted from her week."""
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, h / 2): 1 for h in range(20, 32)}))
    told = table(duty(0, 10, 16))
    left, wrong = left_at(space, story, told, f"A1:{MONDAY}T12:00")
    assert wrong == []
    asked = Asked(now=dt.datetime.combine(MONDAY, dt.time(8)))
    case = Case(space, story, required, told, set(), asked, left)
    made, _ = case.planned()
    changes = case.changes(made, coverage(case.workspace, story, required, made))
    assert kinds(changes) == [("A1", "went_home"), ("A2", "called_in")]
    (cover,) = changes[1].covers
    assert (f"{cover.start:%H:%M}", f"{cover.end:%H:%M}") == ("12:00", "16:00")
    assert cover.instead_of == ("A1",)
    mine = made[made["agent_id"] == "A1"]
    assert (f"{mine['start'].min():%H:%M}", f"{mine['end'].max():%H:%M}") == ("10:00", "12:00")
    assert len(case.workspace.tables["absences"]) == 0
    assert hard(audit(case.workspace, story, made)) == []


def test_no_duty_ends_with_a_meal_because_somebody_goes_home(tmp_path: Path) -> None:
    """She leaves in the middle of her meal: the duty ended before it, at noon."""
    space, story = crew(tmp_path / "w", 1), scenario(tmp_path, days=1, rules=FREE)
    required = SeatRequirement(table=need({("P", 0, 10): 1}))
    told = table(duty(0, 9, 18, meals=[(12, 13)]))
    left, _ = left_at(space, story, told, f"A1:{MONDAY} 12:30")
    case = Case(space, story, required, told, set(), Asked(), left)
    assert f"{case.struck['end'].max():%H:%M}" == "12:00"
    assert set(case.struck["activity"]) == {"work"}


def test_a_time_at_which_nobody_can_go_home_is_told(tmp_path: Path) -> None:
    """Off the half hour, before or after the duty, on a day off; a whole day off is the more."""
    space, story = crew(tmp_path / "w", 1), scenario(tmp_path, days=2, rules=FREE)
    told = table(duty(0, 17, 25))
    late = f"A1:{day_of(1)}T00:30"
    assert left_at(space, story, told, late) == (
        {("A1", MONDAY): dt.datetime.combine(day_of(1), dt.time(0, 30))},
        [],
    )
    assert left_at(space, story, told, late, f"A1:{MONDAY}") == ({}, [])
    for text, code in (
        (f"A1:{MONDAY}T18:10", "left_off_half_hour"),
        (f"A1:{MONDAY}T17:00", "left_off_duty"),
        (f"A1:{day_of(1)}T01:00", "left_off_duty"),
        (f"A1:{MONDAY}T25:00", "absence_unread"),
    ):
        assert left_at(space, story, told, text) == ({}, [code]), text


def test_nobody_is_sent_home_because_she_is_ill_on_another_day(tmp_path: Path) -> None:
    """R5: of 24 hours a sixth falls away, which leaves the five other duties of four hours."""
    space, story = crew(tmp_path / "w", 1, hours_per_week=24), scenario(tmp_path, rules=FREE)
    required = SeatRequirement(table=need({("P", d, 10): 1 for d in range(6)}))
    case, made, changes = mended(space, story, required, six_days(), [("A1", 0)])
    assert kinds(changes) == [("A1", "absent")]
    assert len(case.workspace.tables["absences"]) == 1
    assert hard(audit(case.workspace, story, made)) == []
    assert case.notices == []


@pytest.mark.parametrize("hour", [None, 8])
def test_an_absence_is_not_deducted_where_her_other_duties_are_too_long(
    hour: int | None, tmp_path: Path
) -> None:
    """R5: 21 hours of other duties are more than 20; they stay, worked or ahead, and it is told."""
    space, story = crew(tmp_path / "w", 1, hours_per_week=24), scenario(tmp_path, rules=FREE)
    required = SeatRequirement(table=need({("P", d, 10): 1 for d in range(6)}))
    told = table(*(duty(d, 9, 15) for d in range(3)), *(duty(d, 10, 13) for d in (3, 4)))
    now = None if hour is None else dt.datetime.combine(day_of(4), dt.time(hour))
    case, made, changes = mended(space, story, required, told, [("A1", 4)], now)
    assert kinds(changes) == [("A1", "absent")]
    assert [notice.code for notice in case.notices] == ["absent_not_deducted"]
    assert hard(audit(case.workspace, story, made)) == []


def test_of_several_days_as_many_are_deducted_as_her_hours_allow(tmp_path: Path) -> None:
    """With 15 of 24 hours worked, R5 leaves 12 of all three days off, R6 asks 19.2 of none."""
    space = crew(tmp_path / "w", 1, hours_per_week=24)
    story = scenario(tmp_path, rules={"min_week_share": 0.8})
    required = SeatRequirement(table=need({("P", d, 10): 1 for d in range(6)}))
    told = table(*(duty(d, 9, 15) for d in range(2)), *(duty(d, 10, 13) for d in range(2, 6)))
    now = dt.datetime.combine(day_of(3), dt.time(8))
    gone = [("A1", d) for d in (3, 4, 5)]
    case, made, changes = mended(space, story, required, told, gone, now)
    assert kinds(changes) == [("A1", "absent")] * 3
    [notice] = case.notices
    assert f"A1 {day_of(3)}" in str(notice.facts["names"])
    assert f"A1 {day_of(4)}" not in str(notice.facts["names"])
    assert len(case.workspace.tables["absences"]) == 2
    assert hard(audit(case.workspace, story, made)) == []


def test_who_is_absent_all_week_owes_no_hours(tmp_path: Path) -> None:
    """R6: of her three duties alone three fifths fall away, and two for her rest days."""
    space = crew(tmp_path / "w", 1, hours_per_week=24)
    story = scenario(tmp_path, rules={"min_week_share": 0.8})
    required = SeatRequirement(table=need({("P", d, 10): 1 for d in range(3)}))
    told = table(*(duty(d, 9, 17, agent="A1") for d in range(3)))
    case, made, changes = mended(space, story, required, told, [("A1", d) for d in range(7)])
    assert kinds(changes) == [("A1", "absent")] * 3
    assert hard(audit(case.workspace, story, made)) == []
    assert case.notices == []
    few = with_absences(space, [("A1", day_of(d)) for d in range(3)])
    assert [each.rule for each in hard(audit(few, story, made))] == ["R6"]


@pytest.mark.parametrize(("early", "begins"), [(9, 10), (12, 12)])
def test_days_found_side_by_side_are_lawful_together(
    early: int, begins: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each day alone calls in the same person; with both she begins after eleven hours of rest."""
    monkeypatch.setattr(changes_of, "MOST", 0)
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=2, rules=FREE)
    open_ = {("P", 0, 19 + h / 2): 1 for h in range(8)}
    open_ |= {("P", 1, early + h / 2): 1 for h in range(8)}
    told = table(duty(0, 19, 23), duty(1, early, early + 4))
    required, found = SeatRequirement(table=need(open_)), []
    for pair in (1, 2):
        monkeypatch.setattr(changes_of, "PAIR", pair)
        case, made, _ = mended(space, story, required, told, [("A1", 0), ("A1", 1)])
        assert hard(audit(case.workspace, story, made)) == []
        found.append(made)
    starts = found[1].groupby("date")["start"].min()
    assert [start.hour for start in starts] == [19, begins]
    pd.testing.assert_frame_equal(*found)


# --- whatever happens -----------------------------------------------------------------------------


@cache
def told_week(seed: int) -> tuple[Workspace, Scenario, SeatRequirement, pd.DataFrame]:
    """Return a random company with the roster that was told."""
    space, story, required = busy_week(Path(mkdtemp()), seed)
    return space, story, required, roster(space, story, required).assignments


def before(made: pd.DataFrame, cut: pd.Timestamp) -> set[tuple[object, ...]]:
    """Return who did what in each half hour before a moment."""
    return {
        (row.agent_id, row.date, moment, row.activity, row.pool if row.activity == "work" else "")
        for row in made.fillna({"pool": ""}).itertuples()
        for moment in pd.date_range(row.start, row.end, freq="30min", inclusive="left")
        if moment < cut
    }


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 1),
    drawn=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 6)), min_size=1, max_size=4),
    hour=st.integers(0, 150),
    everywhere=st.booleans(),
)
def test_whoever_is_absent_the_law_holds_and_what_is_frozen_stays(
    seed: int, drawn: list[tuple[int, int]], hour: int, everywhere: bool
) -> None:
    """No rule is broken, no half hour before the cut differs, no begun duty starts elsewhere."""
    space, story, required, told = told_week(seed)
    gone = {(f"A{a}", day_of(d)) for a, d in drawn}
    now = dt.datetime.combine(MONDAY, dt.time()) + dt.timedelta(hours=hour, minutes=20)
    asked = Asked(now=now, freeze_h=2.0, everywhere=everywhere)
    case = Case(space, story, required, told, gone, asked)
    made, _ = case.planned()
    assert hard(audit(case.workspace, story, made)) == []
    assert not {(a, d.date()) for a, d in zip(made["agent_id"], made["date"], strict=True)} & gone
    cut = pd.Timestamp(story.grid.time_of(asked.cut(story.grid)))
    assert cut == pd.Timestamp(now) + pd.Timedelta(hours=2, minutes=10)
    assert before(made, cut) == before(case.struck, cut)
    of = case.published
    lost = [
        of.problem.missing_points(_missing(coverage(case.workspace, story, required, each)))
        for each in (case.struck, made)
    ]
    assert lost[1] <= lost[0] or broken(of, of.roll)


# --- what is asked --------------------------------------------------------------------------------


def refused(space: Workspace, story: Scenario, told: pd.DataFrame, asked: Asked) -> list[str]:
    with pytest.raises(InputError) as caught:
        replan(space, story, told, asked)
    return [fault.code for fault in caught.value.faults]


def test_everything_wrong_with_what_is_asked_is_told_at_once(tmp_path: Path) -> None:
    """Unknown person, day, order, text, moment, odd minutes, an unlawful roster: all of it."""
    space, story = crew(tmp_path / "w", 2), scenario(tmp_path, days=1, rules=FREE)
    told = table(duty(0, 14.25, 18), duty(0, 1, 5, agent="A2"))
    texts = (
        "A9:2026-03-02",
        "A1:2026-04-01",
        "A1:2026-03-03..2026-03-02",
        "A1 today",
        "A1:2026-02-30",
    )
    asked = Asked(absent=texts, now=dt.datetime(2026, 4, 1, 9))
    assert refused(space, story, told, asked) == [
        "unknown",
        "not_planned",
        "absence_backwards",
        "absence_unread",
        "absence_unread",
        "now_too_late",
        "off_half_hour",
        "told_unlawful",
    ]


@pytest.mark.parametrize(
    "text", ["A1:2026-03-02", "A1：2026/3/2", "A1=2026-03-02", " A1 : 2026-03-02..2026-03-02 "]
)
def test_an_absence_may_be_typed_in_several_ways(text: str, tmp_path: Path) -> None:
    """Colon, full-width colon or equals sign; dashes or slashes."""
    space, story = crew(tmp_path / "w", 1), scenario(tmp_path, days=1)
    found, faults = Asked(absent=(text,)).days(space, story.grid)
    assert (found, faults) == ({("A1", MONDAY)}, [])


# --- on the command line --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(tmp_path_factory.mktemp("project"))


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_writes_who_changes_and_why(here: Path, tmp_path: Path) -> None:
    """Somebody comes instead of A1; the new roster passes the audit; again the same bytes."""
    told = (here / "roster.csv", here / "scenario.toml", "--absent", f"A1:{START}", "--json")
    results = [run("replan", *told, "--out", tmp_path / name) for name in "ab"]
    assert {result.exit_code for result in results} <= {0, 3}
    said = json.loads(results[0].stdout)
    assert (said["absent"], said["violations"], said["proven"]) == (1, 0, True)
    assert said["changed"] >= 1
    less = [said[name]["uncovered_h"] for name in ("with_changes", "without_changes")]
    assert less[0] < less[1]
    assert (results[0].exit_code == 3) is (said["status"] == "short")
    one, other = (tmp_path / name / "tiny-replan" for name in "ab")
    names = sorted(f"{path.relative_to(one)}" for path in one.rglob("*") if path.is_file())
    assert {"changes.csv", "plan.html", "roster.xlsx"} <= set(names)
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)
    changes = pd.read_csv(one / "changes.csv")
    assert changes["kind"][0] == "absent"
    assert set(changes["kind"][1:]) == {"called_in"}
    assert {f"calendars/{agent}.ics" for agent in changes["agent_id"][1:]} <= set(names)
    assert "A1" in str(changes["instead_of"][1:].tolist())
    again = run("audit", one / "roster.csv", here / "scenario.toml")
    assert again.exit_code == 0


def test_a_replanned_roster_is_the_next_version_of_the_one_that_was_told(
    here: Path, tmp_path: Path
) -> None:
    """Page and calendars tell what has changed since the plan; a second replan rises further."""
    story = here / "scenario.toml"
    assert run("publish", here / "roster.csv", story, "--out", tmp_path).exit_code in (0, 3)
    told = (tmp_path / "tiny/roster.csv", story, "--out", tmp_path)
    numbers = []
    for away in (["A1"], ["A1"], ["A1", "A2"]):
        absent = [f"{agent}:{START}" for agent in away]
        options = [each for one in absent for each in ("--absent", one)]
        assert run("replan", *told, *options).exit_code in (0, 3)
        made = json.loads((tmp_path / "tiny-replan/manifest.json").read_text("utf-8"))
        numbers.append(made["version"]["number"])
        assert made["version"]["before"]["A1"].keys() == {f"{START}"}
        assert made["asked"]["absent"] == absent
    assert numbers == [2, 2, 3]
    calendar = (tmp_path / "tiny-replan/calendars/A1.ics").read_text("utf-8")
    assert calendar.count("STATUS:CANCELLED") == 1


def test_who_was_absent_for_an_earlier_replan_stays_absent(here: Path, tmp_path: Path) -> None:
    """Also of its workbook; what was deducted then is deducted by audit, publish and replan."""
    story = here / "scenario.toml"
    away = f"A1:{START}"
    first = run("replan", here / "roster.csv", story, "--absent", away, "--out", tmp_path)
    assert first.exit_code in (0, 3)
    made = tmp_path / "tiny-replan"
    for name in ("roster.csv", "roster.xlsx"):
        told = run("audit", made / name, story, "--lang", "en")
        assert told.exit_code == 0, told.output
        assert f"A1 {START}" in told.stderr
    second = run(
        "replan", made / "roster.xlsx", story, "--absent", f"A2:{START}", "--out", tmp_path
    )
    assert second.exit_code in (0, 3), second.output
    roster = pd.read_csv(made / "roster.csv")
    assert not ((roster["agent_id"] == "A1") & (roster["date"] == f"{START}")).any()
    assert run("publish", made / "roster.csv", story, "--out", tmp_path).exit_code in (0, 3)
    for folder in (made, tmp_path / "tiny"):
        kept = json.loads((folder / "manifest.json").read_text("utf-8"))["absent"]
        assert [each["agent_id"] for each in kept] == ["A1", "A2"]
        assert {each["date"] for each in kept} == {f"{START}"}
    copy = tmp_path / "copy.csv"
    copy.write_bytes((made / "roster.csv").read_bytes())
    assert f"A1 {START}" not in run("audit", copy, story, "--lang", "en").stderr
    kept = json.loads((made / "manifest.json").read_text("utf-8"))
    for spoilt in ("{", "[]", json.dumps(kept | {"absent": [{"agent_id": "A1"}]})):
        (made / "manifest.json").write_text(spoilt, "utf-8")
        for command in ("audit", "replan", "publish"):
            told = run(command, made / "roster.csv", story, "--lang", "en")
            assert told.exit_code == 2, spoilt
            assert "the absences of earlier replans are not known" in told.stderr


def test_who_is_back_may_be_called_in_again(here: Path, tmp_path: Path) -> None:
    """Everybody is absent, then A1 is back: she serves again, the others stay away."""
    story, agents = here / "scenario.toml", pd.read_csv(here / "workspace" / "agents.csv")
    away = [f"--absent={name}:{START}" for name in agents["agent_id"]]
    assert run("replan", here / "roster.csv", story, *away, "--out", tmp_path).exit_code == 3
    made = tmp_path / "tiny-replan"
    told = run(
        "replan",
        made / "roster.csv",
        story,
        "--back",
        f"A1:{START}",
        "--out",
        tmp_path,
        "--lang",
        "en",
    )
    assert told.exit_code in (0, 3), told.output
    assert f"on {START}, to serve where seats are missing" in told.stdout
    assert f"A1 {START}" not in told.stderr
    assert f"A2 {START}" in told.stderr
    assert set(pd.read_csv(made / "roster.csv")["agent_id"]) == {"A1"}
    kept = json.loads((made / "manifest.json").read_text("utf-8"))
    assert "A1" not in {each["agent_id"] for each in kept["absent"]}
    assert len(kept["absent"]) == len(agents) - 1
    wrong = ("--back", f"A1:{START}", "--back", "A2")
    again = run("replan", made / "roster.csv", story, *wrong, "--out", tmp_path, "--lang", "en")
    assert again.exit_code == 2
    assert "is no absence that an earlier replan was told of" in again.stderr
    assert "does not say who is back when" in again.stderr


def test_an_edited_replan_is_the_version_after_it(here: Path, tmp_path: Path) -> None:
    """Published, it follows the replan that it was edited from, not the plan before that.

    And it is the newest of the two folders, which is what reports go by.
    """
    story, folders = here / "scenario.toml", [tmp_path / name for name in ("tiny", "tiny-replan")]
    assert run("publish", here / "roster.csv", story, "--out", tmp_path).exit_code in (0, 3)
    roster = folders[0] / "roster.csv"
    away = f"A1:{START}"
    assert run("replan", roster, story, "--absent", away, "--out", tmp_path).exit_code in (0, 3)
    assert newest(folders) == folders[1] / "roster.csv"
    table = pd.read_csv(folders[1] / "roster.csv")
    table[table["agent_id"] != table["agent_id"].iloc[0]].to_csv(
        folders[1] / "roster.csv", index=False
    )
    told = run("publish", folders[1] / "roster.csv", story, "--out", tmp_path)
    assert told.exit_code in (0, 3), told.output
    numbers = [
        json.loads((folder / "manifest.json").read_text("utf-8"))["version"]["number"]
        for folder in folders
    ]
    assert numbers == [3, 2]
    assert newest(folders) == folders[0] / "roster.csv"
    assert newest([tmp_path / "none"]) is None


def test_when_everybody_is_absent_the_empty_roster_is_read_back(here: Path, tmp_path: Path) -> None:
    """The audit of it finds nobody on duty; a replan of it says that it is short of people."""
    story, agents = here / "scenario.toml", pd.read_csv(here / "workspace" / "agents.csv")
    away = [f"--absent={name}:{START}" for name in agents["agent_id"]]
    assert run("replan", here / "roster.csv", story, *away, "--out", tmp_path).exit_code == 3
    made = tmp_path / "tiny-replan" / "roster.csv"
    assert len(pd.read_csv(made)) == 0
    assert run("audit", made, story).exit_code == 0
    again = run("replan", made, story, "--out", tmp_path, "--lang", "en")
    assert again.exit_code == 3
    assert "Short of people" in again.stdout


def test_only_the_hours_of_who_is_absent_are_not_held_against_the_roster(
    here: Path, tmp_path: Path
) -> None:
    """A duty in a pool that does not exist is a fault, also of somebody who is ill that week."""
    table = pd.read_csv(here / "roster.csv")
    own = table[table["agent_id"] == "A1"].assign(pool="NOPE")
    day = START + dt.timedelta(days=1)
    for name in ("date", "start", "end", "shift_start", "shift_end"):
        if name in own:
            own[name] = own[name].str.replace(f"{START}", f"{day}")
    pd.concat([table, own]).to_csv(tmp_path / "odd.csv", index=False)
    home = tmp_path / "home"
    shutil.copytree(here / "workspace", home / "workspace")
    story = (here / "scenario.toml").read_text("utf-8").replace("days = 1", "days = 2")
    (home / "scenario.toml").write_text(story, "utf-8")
    (home / "workspace" / "absences.csv").write_text(
        f"agent_id,date,kind\nA1,{START},sick\n", "utf-8"
    )
    told = run("replan", tmp_path / "odd.csv", home / "scenario.toml", "--out", tmp_path)
    assert told.exit_code == 2, told.output
    assert "NOPE" in told.stderr


def test_a_changed_demand_is_replanned_without_any_absence(here: Path, tmp_path: Path) -> None:
    """With a tiny uplift nobody changes; with the whole demand somebody is called in."""
    story = tmp_path / "scenario.toml"
    text = (here / "scenario.toml").read_text("utf-8")
    text = text.replace('"workspace"', f'"{(here / "workspace").as_posix()}"')
    changed = []
    for uplift in (0.05, 1.0):
        story.write_text(f"{text}\n[forecast]\nuplift = {uplift}\n", "utf-8")
        result = run("replan", here / "roster.csv", story, "--out", tmp_path, "--json")
        changed.append(json.loads(result.stdout)["changed"])
    assert changed[1] > 0


def test_what_is_asked_wrongly_exits_with_its_remedy(here: Path, tmp_path: Path) -> None:
    """Two faults on stderr, both with what to do; nothing is written."""
    told = (here / "roster.csv", here / "scenario.toml", "--out", tmp_path / "out")
    result = run("replan", *told, "--absent", "A1", "--absent", f"A9:{START}")
    assert result.exit_code == 2
    assert "Write AGENT:DATE" in result.stderr
    assert "--absent: 'A9' is not in the table agents. Correct it" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_absence_on_a_day_off_and_one_that_has_begun_are_told(
    lang: str, here: Path, tmp_path: Path
) -> None:
    """A2 has no duty that day; A1 is struck out although her duty began at nine."""
    told = (here / "roster.csv", here / "scenario.toml", "--out", tmp_path, "--lang", lang)
    told = (*told, "--absent", f"A1:{START}", "--absent", f"A2:{START}")
    result = run("replan", *told, "--now", f"{START} 10:00")
    assert ("no duty on that day anyway: A2" in result.stderr) is (lang == "en")
    assert ("当天本来没有班" in result.stderr) is (lang == "zh")
    assert ("the duty had begun by now: A1" in result.stderr) is (lang == "en")
    assert f"{START} 12:00" in result.stdout


def test_an_unlawful_roster_is_sent_to_the_audit_first(here: Path, tmp_path: Path) -> None:
    """Thirteen hours without a meal are no roster to start from."""
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER.replace("18:00", "23:00"), "utf-8")
    result = run("replan", path, here / "scenario.toml", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "See them all with 'staffing audit'" in result.stderr
