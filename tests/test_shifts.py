"""Shift templates, split duties, meals in turn, part-trained agents: closed and tiny cases."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from staffing.errors import WorkspaceError
from staffing.forecast import forecast, history
from staffing.grid import Window
from staffing.roster import audit, roster
from staffing.roster.activities import activities, place, unplaced
from staffing.roster.duty import Duty
from staffing.roster.finish import _settled, coverage
from staffing.roster.prices import SPEED_UNITS
from staffing.roster.shifts import Template, templates
from staffing.roster.staff import staff
from staffing.roster.turns import in_turn
from staffing.scenario import RosterSettings, Scenario, ShiftSettings
from staffing.seats import SeatRequirement, seats
from staffing.workspace import Workspace
from tests.rosters import MONDAY, Row, duty, need, scenario, table, workspace

FREE = {"min_week_share": 0.0}


@pytest.mark.parametrize("every", [30, 60])
def test_shifts_start_from_every_pools_opening(every: int) -> None:
    """Pools that open at 09:00 and 18:30 (until 02:00) give starts counted from either time."""
    windows = [Window(540, 1440), Window(1110, 1560)]
    story = ShiftSettings(start_every_min=every, part_time_h=(4.0,))
    starts = {t.start for t in templates(story, "part_time", Window(540, 1560), 6.0, windows)}
    step = every // 30
    assert starts == {t for first in (18, 37) for t in range(first, 52 - 8 + 1, step)}


def test_full_timers_get_peak_shifts_where_the_scenario_allows() -> None:
    """Four-hour shifts are a full-timer's only with `peak_h`, and tagged as such."""
    span = Window(540, 1440)
    plain = templates(ShiftSettings(), "full_time", span, 6.0)
    both = templates(ShiftSettings(peak_h=(4.0,)), "full_time", span, 6.0)
    short = [shift for shift in both if shift not in plain]
    assert {(shift.paid, shift.tags) for shift in short} == {(8, ("peak",))}
    assert len(short) == 12
    assert set(plain) < set(both)


def test_split_shifts_are_every_lawful_pair_of_parts() -> None:
    """Eight hours in 09-24 split by 2 to 5 hours on the hour: enumeration gives the same."""
    story = ShiftSettings(splits_per_week=1)
    span = Window(540, 1440)
    made = {
        (t.start, t.hole, t.end)
        for t in templates(story, "full_time", span, 6.0)
        if "split" in t.tags
    }
    expected = {
        (s, (s + 8, s + 8 + hole), s + 16 + hole)
        for s in range(18, 48, 2)
        for hole in (4, 6, 8, 10)
        if s + 16 + hole <= 48
    }
    assert made == expected
    assert not any(t.hole for t in templates(ShiftSettings(), "full_time", span, 6.0))


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_two_peaks_a_day_are_covered_by_split_shifts(allowed: int, tmp_path: Path) -> None:
    """Seats at 09-13 and 18-22 on two days: each split shift allowed covers four hours more."""
    space = workspace(tmp_path)
    story = scenario(
        tmp_path, days=2, rules=FREE, shifts={"splits_per_week": allowed}, roster={"effort": 2.0}
    )
    peaks = [*range(9, 13), *range(18, 22)]
    required = need({("P", d, h + half): 1 for d in (0, 1) for h in peaks for half in (0, 0.5)})
    made = roster(space, story, SeatRequirement(table=required))
    # An unsplit shift covers five of the eight: 13-22 with dinner, or 14-22:30 at best.
    whole = 16 - 4 * 2
    assert audit(space, story, made.assignments) == []
    holes = made.assignments.groupby("date").apply(
        lambda own: bool((own["end"].shift() < own["start"]).any())
    )
    assert holes.sum() == allowed
    assert made.paid_h == 16.0
    assert made.uncovered_h <= whole - 3 * allowed


def part_trained_company(folder: Path) -> tuple[Workspace, Scenario]:
    """Return one pool of two shops: A knows both, B only S1, C only S2; part-time."""
    space = workspace(
        folder,
        shops=[{"shop_id": s, "pool": "P"} for s in ("S1", "S2")],
        agents=[{"agent_id": a, "contract": "part_time"} for a in "ABC"],
        skills=[
            {"agent_id": a, "shop_id": s}
            for a, s in (("A", "S1"), ("A", "S2"), ("B", "S1"), ("C", "S2"))
        ],
    )
    shifts = {"part_time_h": [4.0], "start_every_min": 240}
    return space, scenario(folder, days=1, rules=FREE, shifts=shifts, roster={"effort": 2.0})


def asked(asks: Mapping[tuple[str, ...], int]) -> SeatRequirement:
    """Return seats of the pool and of sets of its shops, the same in each half hour 13-17."""
    hours = [13 + h / 2 for h in range(8)]
    pool = need({("P", 0, hour): asks["S1", "S2"] for hour in hours})
    sets = pd.concat(
        pool.assign(set_id=f"P#{i}", members=[members] * len(pool), seats=number)
        for i, (members, number) in enumerate(asks.items())
    )
    return SeatRequirement(table=pool, sets=sets)


@pytest.mark.parametrize("seed", range(6))
def test_part_trained_people_cover_as_brute_force_says(seed: int, tmp_path: Path) -> None:
    """One shift fits the seats: of all choices of people the least missing, then fewest people."""
    space, story = part_trained_company(tmp_path)
    random = np.random.default_rng(seed)
    one, two = (int(n) for n in random.integers(0, 3, 2))
    both = int(random.integers(max(one, two), 4))
    asks = {("S1", "S2"): both, ("S1",): one, ("S2",): two}
    knows = {"A": {"S1", "S2"}, "B": {"S1"}, "C": {"S2"}}
    choices = [c for n in range(4) for c in itertools.combinations("ABC", n)]
    missing = {
        c: max(max(n - sum(bool(knows[a] & set(s)) for a in c), 0) for s, n in asks.items())
        for c in choices
    }
    best = min(choices, key=lambda c: (missing[c], len(c)))
    made = roster(space, story, asked(asks))
    assert made.uncovered_h == pytest.approx(4 * missing[best])
    assert made.assignments["agent_id"].nunique() == len(best)
    bound = made.report.goal("uncovered").bound
    assert bound is not None
    assert bound <= made.uncovered_h + 1e-6
    assert audit(space, story, made.assignments) == []


def test_a_set_that_misses_people_is_shown(tmp_path: Path) -> None:
    """Two who know S1 alone fill the pool's two seats and leave S2's seat uncovered."""
    space, story = part_trained_company(tmp_path)
    required = asked({("S1", "S2"): 2, ("S1",): 1, ("S2",): 1})
    own = table(duty(0, 13, 17, agent="A"), duty(0, 13, 17, agent="B"))
    covered = coverage(space, story, required, own)
    assert (covered["uncovered"].sum(), set(covered["short_shops"])) == (0.0, {""})
    short = coverage(space, story, required, own[own["agent_id"] == "B"])
    assert set(short["uncovered"]) == {1.0}
    twice = table(duty(0, 13, 17, agent="B"), duty(0, 13, 17, agent="B"))
    lopsided = coverage(space, story, required, twice)
    assert (lopsided["rostered"] == 2).all()
    assert (set(lopsided["uncovered"]), set(lopsided["short_shops"])) == ({1.0}, {"S2"})


def test_seats_of_sets_are_asked_only_where_somebody_knows_a_part(tmp_path: Path) -> None:
    """The part-trained company has sets of shops; once all know everything there are none."""
    space, story = part_trained_company(tmp_path / "part")
    expected = forecast(space, story, history(space))
    sets = seats(space, story, expected).sets
    assert sets is not None
    assert {frozenset(members) for members in sets["members"]} == {
        frozenset(("S1", "S2")),
        frozenset(("S1",)),
        frozenset(("S2",)),
    }
    whole = workspace(
        tmp_path / "whole",
        shops=[{"shop_id": s, "pool": "P"} for s in ("S1", "S2")],
        skills=[{"agent_id": "A1", "shop_id": s} for s in ("S1", "S2")],
    )
    assert seats(whole, story, forecast(whole, story, history(whole))).sets is None


def crowd(folder: Path, people: int, share: float) -> tuple[Workspace, Scenario]:
    """Return so many full-timers of one pool that needs nobody at noon."""
    names = [f"A{i}" for i in range(people)]
    space = workspace(
        folder,
        agents=[{"agent_id": name} for name in names],
        skills=[{"agent_id": name, "shop_id": "S1"} for name in names],
    )
    story = scenario(folder, days=1, rules=FREE, shifts={"meal_share": share})
    return space, story


def lunches(space: Workspace, story: Scenario, seats: Mapping[tuple[str, int], int]) -> list[int]:
    """Return when people eat who all work 9-18 and would all eat at 12, once they take turns."""
    agents = {agent.agent_id: agent for agent in staff(space, story)}
    roll, speed = {}, {}
    for name, agent in agents.items():
        option = agent.options[0]
        assert option is not None
        shift = next(t for t in option.shifts if (t.start, t.end) == (18, 36))
        pools = tuple(None if t in (24, 25) else "P" for t in range(18, 36))
        roll[name, 0] = Duty(shift, (24,), pools)
        speed[name, 0] = dict(option.capability)
    need = {key: number * SPEED_UNITS for key, number in seats.items()}
    made = in_turn(roll, speed, need, {}, story.shifts.meal_share)
    for each in made.values():
        assert all(
            (pool is None) <= (t in each.away or not need.get(("P", t)))
            for t, pool in enumerate(each.pools, start=18)
        )
    return sorted(each.meals[0] for each in made.values())


@pytest.mark.parametrize(("people", "share"), [(1, 0.5), (2, 0.5), (5, 0.5), (6, 0.34), (4, 1.0)])
def test_meals_are_taken_in_turn(people: int, share: float, tmp_path: Path) -> None:
    """At no half hour more than the share, rounded up, of those on duty eat; 1 moves nobody."""
    starts = lunches(*crowd(tmp_path, people, share), {})
    most = max(sum(t in (s, s + 1) for s in starts) for t in range(22, 29))
    assert most <= math.ceil(share * people)
    assert sum(s == 24 for s in starts) == math.ceil(share * people)


def test_meals_move_to_where_seats_are_to_spare(tmp_path: Path) -> None:
    """Of two who eat at 12 one moves to 13, not to 11, where both are required."""
    seats = {("P", t): 2 for t in (22, 23)} | {("P", t): 1 for t in range(24, 28)}
    assert lunches(*crowd(tmp_path, 2, 0.5), seats) == [24, 26]


def test_a_roster_without_seats_at_noon_keeps_somebody_there(tmp_path: Path) -> None:
    """Four people, four seats until noon and after two: the roster made takes meals in turn."""
    space, story = crowd(tmp_path, 4, 0.5)
    story = story.model_copy(update={"roster": RosterSettings(effort=2.0)})
    hours = [9 + h / 2 for h in range(18) if not 11 <= 9 + h / 2 < 14]
    made = roster(space, story, SeatRequirement(table=need({("P", 0, h): 4 for h in hours})))
    assert made.uncovered_h == 0
    assert (made.assignments["activity"] == "meal").sum() == 4
    assert audit(space, story, made.assignments) == []


def busy_but(hours: Sequence[float], seats: int) -> SeatRequirement:
    """Return so many seats in each half hour of 9-18 but these, which need one less."""
    every = [9 + h / 2 for h in range(18)]
    return SeatRequirement(
        table=need({("P", 0, h): seats - (h in hours) for h in every}),
    )


def training(agent: str, minutes: int = 60, **others: object) -> Row:
    return {
        "activity": "培训",
        "agent_id": agent,
        "minutes": minutes,
        "first_day": f"{MONDAY}",
        **others,
    }


@pytest.mark.parametrize("quiet", [11.0, 14.5, 16.0])
def test_a_training_is_placed_where_no_seat_is_lost(quiet: float, tmp_path: Path) -> None:
    """One agent, a seat all day but for one hour: that hour is the training's, paid as work."""
    agents = [{"agent_id": "A1", "contract": "part_time"}]
    space = workspace(tmp_path, agents=agents, activities=[training("A1")])
    shifts = {"part_time_h": [8.0], "meal_from_h": 9.0}
    story = scenario(
        tmp_path, days=1, rules=FREE | {"max_stretch_h": 9.0}, shifts=shifts, roster={"effort": 1.0}
    )
    made = roster(space, story, busy_but([quiet, quiet + 0.5], 1))
    row = made.assignments[made.assignments["activity"] == "training"].iloc[0]
    assert (row["start"].hour + row["start"].minute / 60, row["end"] - row["start"]) == (
        quiet,
        pd.Timedelta(hours=1),
    )
    assert made.paid_h == 8.0
    assert made.uncovered_h == 1.0  # nine hours less eight, and no hour less for the training
    assert audit(space, story, made.assignments) == []
    assert unplaced(space, story, made.assignments) == []


def test_a_meeting_is_held_when_most_can_come(tmp_path: Path) -> None:
    """Three on 9-13, 11-15 and 14-18, each to meet for an hour: two meet between 11 and 13."""
    space = workspace(
        tmp_path,
        agents=[{"agent_id": a} for a in "ABC"],
        skills=[{"agent_id": a, "shop_id": "S1"} for a in "ABC"],
        activities=[training(a, together="weekly") for a in "ABC"],
    )
    (meeting,) = activities(space, scenario(tmp_path, days=1).grid)
    free = {("A", 0): range(18, 26), ("B", 0): range(22, 30), ("C", 0): range(29, 36)}
    placed = place(meeting, free, lambda _, slots: 10 - slots[0] // 3)
    assert placed == ([("A", 0), ("B", 0)], range(24, 26))


def test_an_activity_without_time_is_told(tmp_path: Path) -> None:
    """Who is off duty on the day is named; a stretch too short or past the window does not do."""
    rows = [training("A1", opens="10:00", closes="12:00")]
    space = workspace(tmp_path, activities=rows)
    story = scenario(tmp_path, rules=FREE)
    duties = {
        "none": duty(0, 9, 12),
        "short": [*duty(0, 9, 10), dict(duty(0, 10, 10.5, pool=None)[0], activity="training")],
        "late": [*duty(0, 9, 12), dict(duty(0, 12, 13, pool=None)[0], activity="training")],
        "done": [*duty(0, 9, 10), dict(duty(0, 10, 11, pool=None)[0], activity="training")],
    }
    told = {name: unplaced(space, story, table(own)) for name, own in duties.items()}
    missing = [("training", "A1", MONDAY)]
    assert told == {"none": missing, "short": missing, "late": missing, "done": []}


def test_time_of_one_activity_is_no_others(tmp_path: Path) -> None:
    """Two trainings of an hour need two hours: of one hour held the second is told as missing."""
    space = workspace(tmp_path, activities=[training("A1"), training("A1")])
    story = scenario(tmp_path, rules=FREE)
    held = {
        hours: [
            *duty(0, 9, 10),
            dict(duty(0, 10, 10 + hours, pool=None)[0], activity="training"),
        ]
        for hours in (1, 2)
    }
    told = {hours: unplaced(space, story, table(own)) for hours, own in held.items()}
    assert told == {1: [("training", "A1", MONDAY)], 2: []}


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"opens": "09:15"}, "not_a_window"),
        ({"minutes": 10}, "not_activity_minutes"),
        ({"last_day": "2026-03-01"}, "last_before_first"),
        ({"activity": "lunch"}, "not_listed"),
        ({"minutes": 90, "opens": "13:00", "closes": "14:00"}, "activity_too_long"),
    ],
)
def test_a_wrong_activity_is_a_fault(wrong: Row, code: str, tmp_path: Path) -> None:
    """Times off the half hour, too few minutes, days out of order and unknown kinds are told."""
    with pytest.raises(WorkspaceError) as caught:
        workspace(tmp_path, activities=[training("A1") | wrong])
    assert [(fault.code, fault.row) for fault in caught.value.faults] == [(code, 2)]


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"minutes": 90}, "not_together"),
        ({"opens": "13:00"}, "not_together"),
        ({"last_day": "2026-03-05"}, "not_together"),
        ({"agent_id": "A1"}, "twice_together"),
        ({"first_day": "2026-03-03"}, None),
        ({"activity": "qc", "minutes": 90}, None),
        ({"together": "other", "minutes": 90}, None),
        ({"together": "", "agent_id": "A1"}, None),
        ({"minutes": 50}, None),
    ],
)
def test_rows_held_together_are_alike(other: Row, code: str | None, tmp_path: Path) -> None:
    """Rows with one word on a day ask for one session; other days, kinds and words are others."""
    rows = [training("A1", together="weekly"), training("A2", together="weekly") | other]
    agents = [{"agent_id": a} for a in ("A1", "A2")]
    found = []
    try:
        workspace(tmp_path, agents=agents, activities=rows)
    except WorkspaceError as error:
        found = [(fault.code, fault.row) for fault in error.faults]
    assert found == ([] if code is None else [(code, 3)])


@pytest.mark.parametrize("names", ["AB", "BA"])
def test_who_was_long_in_a_pool_changes_rather_than_who_just_came(names: str) -> None:
    """P and Q, then both P for an hour, then P and Q again: nobody stays for that hour alone."""
    long, short = names
    shift = Template(0, 16, 16, ())
    roll = {
        (long, 0): Duty(shift, (), ("P",) * 16),
        (short, 0): Duty(shift, (), ("Q",) * 6 + ("P",) * 2 + ("Q",) * 8),
    }
    speed = {key: {"P": 20, "Q": 20} for key in roll}
    found = _settled(roll, speed)
    assert [found[short, 0][t] for t in range(16)] == ["Q"] * 6 + ["P"] * 10
    assert [found[long, 0][t] for t in range(16)] == ["P"] * 8 + ["Q"] * 8
