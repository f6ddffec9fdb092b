"""The roster stage against brute force, closed cases and the independent audit."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from staffing.errors import InfeasibleRosterError
from staffing.grid import Window
from staffing.roster import Roster, audit, roster, shortages
from staffing.roster.audit import hard
from staffing.roster.bound import least_uncovered
from staffing.roster.classes import classes
from staffing.roster.crews import crew_task, taken
from staffing.roster.model import Task, solve
from staffing.roster.prices import SPEED_UNITS, UNIT
from staffing.roster.problem import problem_of
from staffing.roster.relax import relaxation
from staffing.roster.shifts import Template, templates
from staffing.roster.staff import Agent, capabilities, staff
from staffing.scenario import Scenario, ShiftSettings
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace
from tests.rosters import MONDAY, need, scenario, workspace

FREE = {"min_week_share": 0.0}


def task(agents: list[Agent], story: Scenario, open_: Mapping[tuple[str, int], int]) -> Task:
    return Task(
        agents=tuple(agents),
        days=frozenset(range(story.horizon.days)),
        roll={},
        open=open_,
        start=MONDAY,
        fairness=story.fairness,
        wishes={},
        steps={place: ((number, UNIT),) for place, number in open_.items()},
        seed=1,
        effort=20.0,
    )


def two_agents(folder: Path, **columns: object) -> Workspace:
    agents = [{"agent_id": a, "contract": "part_time", **columns} for a in ("A1", "A2")]
    skills = [{"agent_id": a, "shop_id": "S1"} for a in ("A1", "A2")]
    return workspace(folder, agents=agents, skills=skills)


def positions(shift: Template) -> list[set[int]]:
    """Return every way to work a shift: the sets of slots at work."""
    ways = []
    for starts in itertools.product(*(range(m.first, m.last + 1) for m in shift.meals)):
        away = {t + k for t in starts for k in range(shift.meal_slots)}
        ways.append(set(range(shift.start, shift.end)) - away)
    return ways


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 10_000))
def test_a_crew_is_planned_as_well_as_brute_force_can(seed: int, tmp_path: Path) -> None:
    """Two agents, one day, random seats: CP-SAT leaves as little uncovered as enumeration."""
    space = two_agents(tmp_path / "w")
    story = scenario(
        tmp_path, days=1, rules=FREE, shifts={"part_time_h": [4.0, 6.0], "start_every_min": 120}
    )
    random = np.random.default_rng(seed)
    seats = dict(zip(range(18, 48), random.integers(0, 3, 30).tolist(), strict=True))
    agents = staff(space, story)
    option = agents[0].options[0]
    assert option is not None
    ways = [set[int]()] + [way for shift in option.shifts for way in positions(shift)]
    best = min(
        sum(max(number - (t in one) - (t in two), 0) for t, number in seats.items())
        for one, two in itertools.combinations_with_replacement(ways, 2)
    )
    answer = solve(task(agents, story, {("P", t): n * SPEED_UNITS for t, n in seats.items() if n}))
    assert answer is not None
    served = [
        {t for t, pool in enumerate(d.pools, d.shift.start) if pool} for d in answer.roll.values()
    ]
    left = sum(max(n - sum(t in one for one in served), 0) for t, n in seats.items())
    assert answer.proven
    assert left == best


def test_nobody_covers_two_seats_at_once(tmp_path: Path) -> None:
    """One agent trained for two pools that need a seat each covers half of what is required."""
    space = workspace(
        tmp_path,
        shops=[{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "Q"}],
        skills=[{"agent_id": "A1", "shop_id": "S1"}, {"agent_id": "A1", "shop_id": "S2"}],
    )
    story = scenario(tmp_path, days=1, rules=FREE)
    required = need({(p, 0, h): 1 for p in "PQ" for h in (14, 14.5, 15, 15.5)})
    made = roster(space, story, SeatRequirement(table=required))
    assert made.uncovered_h == pytest.approx(2.0)
    assert made.report.goal("uncovered").bound == pytest.approx(2.0, abs=1e-3)


def test_a_slow_agent_counts_as_her_speed(tmp_path: Path) -> None:
    """An agent at speed 0.6 leaves 0.4 of the only seat uncovered."""
    space = workspace(tmp_path, skills=[{"agent_id": "A1", "shop_id": "S1", "speed": 0.6}])
    story = scenario(tmp_path, days=1, rules=FREE)
    made = roster(space, story, SeatRequirement(table=need({("P", 0, 14): 1, ("P", 0, 14.5): 1})))
    assert made.uncovered_h == pytest.approx(0.4)


def test_a_new_agent_speeds_up_over_her_ramp(tmp_path: Path) -> None:
    """From 0.6 on the first day to full speed after four days, and no slower again."""
    skill = {"agent_id": "A1", "shop_id": "S1", "speed": 0.6, "since": f"{MONDAY}", "ramp_days": 4}
    space = workspace(tmp_path, skills=[skill])
    days = [MONDAY + dt.timedelta(days=i) for i in range(-1, 6)]
    told = capabilities(space, days)
    assert [told[day].get("A1", {}).get("P", 0) for day in days] == pytest.approx(
        [0, 0.6, 0.7, 0.8, 0.9, 1.0, 1.0]
    )


def test_paid_hours_are_saved_once_seats_are_covered(tmp_path: Path) -> None:
    """One seat for four hours is covered by one four-hour shift, not by two people."""
    space = two_agents(tmp_path)
    story = scenario(tmp_path, days=1, rules=FREE)
    required = need({("P", 0, 14 + h / 2): 1 for h in range(8)})
    made = roster(space, story, SeatRequirement(table=required))
    assert (made.uncovered_h, made.paid_h) == (0.0, 4.0)
    assert made.report.goal("cost").value == 4.0


def test_late_shifts_are_shared(tmp_path: Path) -> None:
    """Four late shifts among two agents make two each, not four and none."""
    space = two_agents(tmp_path)
    story = scenario(tmp_path, days=4, rules=FREE)
    required = need({("P", d, 20 + h / 2): 1 for d in range(4) for h in range(8)})
    made = roster(space, story, SeatRequirement(table=required))
    late = made.assignments.groupby("agent_id")["date"].nunique()
    assert sorted(late) == [2, 2]


def test_a_wish_is_met_where_it_costs_nothing(tmp_path: Path) -> None:
    """The agent who asked for the day off gets it when the other one can work."""
    agents = [{"agent_id": a, "contract": "part_time"} for a in ("A1", "A2")]
    skills = [{"agent_id": a, "shop_id": "S1"} for a in ("A1", "A2")]
    required = need({("P", 0, 14 + h / 2): 1 for h in range(8)})
    for wisher, other in (("A1", "A2"), ("A2", "A1")):
        space = workspace(
            tmp_path / wisher,
            agents=agents,
            skills=skills,
            requests=[{"agent_id": wisher, "date": MONDAY}],
        )
        story = scenario(tmp_path, days=1, rules=FREE)
        made = roster(space, story, SeatRequirement(table=required))
        assert set(made.assignments["agent_id"]) == {other}


def busy_week(folder: Path, seed: int) -> tuple[Workspace, Scenario, SeatRequirement]:
    """Return a random small company: three pools, eight agents, every odd thing at once."""
    random = np.random.default_rng(seed)
    shops = [
        {"shop_id": "S1", "pool": "P"},
        {"shop_id": "S2", "pool": "Q"},
        {"shop_id": "S3", "pool": "N", "opens": "18:00", "closes": "02:00"},
    ]
    agents, skills, absences, rosters = [], [], [], []
    for i in range(8):
        agent = f"A{i}"
        agents.append(
            {
                "agent_id": agent,
                "contract": random.choice(["full_time", "part_time"]),
                "hours_per_week": int(random.choice([24, 40, 44])),
                "protected": random.choice(["", "", "", "nursing"]),
            }
        )
        others = random.choice(["S2", "S3"], size=random.integers(0, 3), replace=False)
        known = ["S1", *others]
        speed = float(random.choice([0.6, 1.0]))
        skills += [{"agent_id": agent, "shop_id": s, "speed": speed} for s in known]
        if random.random() < 0.3:
            absences.append({"agent_id": agent, "date": MONDAY + pd.Timedelta(days=2)})
        for day in range(-int(random.integers(1, 6)), 0):
            date = MONDAY + pd.Timedelta(days=day)
            row = {"date": date, "start": f"{date} 15:00", "end": f"{date} 24:00"}
            rosters.append({"agent_id": agent, **row})
    space = workspace(
        folder, shops=shops, agents=agents, skills=skills, absences=absences, rosters=rosters
    )
    open_hours = {"P": range(18, 48), "Q": range(18, 48), "N": range(36, 52)}
    required = need(
        {
            (pool, day, t / 2): int(random.integers(0, 3))
            for pool, slots in open_hours.items()
            for day in range(7)
            for t in slots
        }
    )
    story = scenario(folder, rules={"min_week_share": 0.3}, roster={"effort": 1.0})
    return space, story, SeatRequirement(table=required)


@pytest.mark.parametrize("seed", range(4))
def test_a_random_company_gets_a_lawful_roster(seed: int, tmp_path: Path) -> None:
    """The independent audit finds nothing, and no roster beats the proven bounds."""
    space, story, required = busy_week(tmp_path, seed)
    made = roster(space, story, required)
    assert hard(audit(space, story, made.assignments)) == []
    goal = made.report.goal("uncovered")
    assert goal.bound is not None
    assert goal.bound <= goal.value + 1e-6
    assert made.uncovered_h <= goal.value + 1e-6
    cost = made.report.goal("cost")
    assert cost.bound is not None
    assert cost.bound <= cost.value
    assert made.paid_h <= cost.value


def test_two_halves_of_one_week_are_never_joined(tmp_path: Path) -> None:
    """A late day from one crew's plan and an early next day from another's are not both taken."""
    space = workspace(tmp_path)
    story = scenario(tmp_path, days=2, rules=FREE)
    agents = staff(space, story)
    evening = {("P", 0, h / 2): 1 for h in range(30, 48)}
    morning = {("P", 1, h / 2): 1 for h in range(18, 36)}
    problem = problem_of(space, story, agents, SeatRequirement(table=need(evening | morning)))
    tasks = [crew_task(problem, agents, frozenset({day}), {}, seed=1, effort=1.0) for day in (0, 1)]
    answers = [solve(each) for each in tasks]
    gained, roll = taken(problem, {}, tasks[0], answers[0], changed=False)
    more, roll = taken(problem, roll, tasks[1], answers[1], changed=True)
    assert more == 0
    assert all(answer and len(answer.roll) == 1 for answer in answers)
    assert len(roll) == 1
    assert gained == problem.score({}).total - problem.score(roll).total


def test_the_same_seed_gives_the_same_roster(tmp_path: Path) -> None:
    """Two searches with the same inputs and seed end in the same table."""
    space, story, required = busy_week(tmp_path, 7)
    first, second = (roster(space, story, required) for _ in range(2))
    pd.testing.assert_frame_equal(first.assignments, second.assignments)


def test_coverage_counts_what_the_table_says(tmp_path: Path) -> None:
    """Rostered seats of the coverage equal a direct count over the published stretches."""
    space, story, required = busy_week(tmp_path, 3)
    made = roster(space, story, required)
    speed = space.skills.merge(space.shops[["pool"]], left_on="shop_id", right_index=True)
    by = {(r.agent_id, r.pool): r.speed for r in speed.itertuples()}
    work = made.assignments[made.assignments["activity"] == "work"].dropna(subset=["pool"])
    for row in made.coverage.itertuples():
        on = work[(work["pool"] == row.pool) & (work["start"] <= row.start)]
        on = on[on["end"] > row.start]
        expected = sum(by[agent, row.pool] for agent in on["agent_id"])
        assert row.rostered == pytest.approx(expected)


def test_a_contradiction_is_named(tmp_path: Path) -> None:
    """44 contract hours cannot be filled exactly with 8-hour shifts: R5 and R6 clash for A1."""
    space = workspace(tmp_path, agents=[{"agent_id": "A1", "hours_per_week": 44}])
    story = scenario(tmp_path, rules={"min_week_share": 1.0})
    with pytest.raises(InfeasibleRosterError) as caught:
        roster(space, story, SeatRequirement(table=need({("P", 0, 14): 1})))
    (said,) = caught.value.contradictions
    text = said.text("en")
    assert text == "A1 has no lawful week: R5 at most 44 h a week; R6 at least 44 h a week"


def test_an_agent_without_any_shift_is_named(tmp_path: Path) -> None:
    """Nobody can nurse, serve only an evening pool past ten, and work her least hours."""
    space = workspace(
        tmp_path,
        shops=[{"shop_id": "S1", "pool": "P", "opens": "18:00", "closes": "24:00"}],
        agents=[{"agent_id": "A1", "protected": "nursing"}],
    )
    with pytest.raises(InfeasibleRosterError, match=r"A1 .* no shift fits"):
        roster(space, scenario(tmp_path), SeatRequirement(table=need({("P", 0, 19): 1})))


def test_a_shortage_says_what_the_trained_do_instead(tmp_path: Path) -> None:
    """With one agent on leave and one at work there, a third seat is short for those reasons."""
    agents = [{"agent_id": a} for a in ("A1", "A2")]
    skills = [{"agent_id": a, "shop_id": "S1"} for a in ("A1", "A2")]
    absences = [{"agent_id": "A2", "date": MONDAY}]
    space = workspace(tmp_path, agents=agents, skills=skills, absences=absences)
    story = scenario(tmp_path, days=1, rules=FREE)
    made = roster(space, story, SeatRequirement(table=need({("P", 0, 14): 3, ("P", 0, 14.5): 3})))
    (short,) = shortages(space, story, made.assignments, made.coverage)
    assert (short.seats, short.seat_hours) == (2.0, 2.0)
    assert short.reasons == {"R3": 1, "here": 1}


def test_bound_is_exact_where_the_relaxation_is(tmp_path: Path) -> None:
    """Ten seat-hours for one eight-hour agent leave at least two uncovered."""
    space = workspace(tmp_path)
    story = scenario(tmp_path, days=1, rules=FREE)
    agents = staff(space, story)
    open_ = {("P", t): SPEED_UNITS for t in range(28, 48)}
    steps_ = {place: ((number, UNIT),) for place, number in open_.items()}
    bound = least_uncovered(relaxation(classes(agents), open_, steps_, {}, {}))
    assert bound is not None
    assert bound / SPEED_UNITS / 2 == pytest.approx(10 - 8, abs=1e-3)


@given(
    start_every=st.sampled_from([30, 60, 120]),
    hours=st.lists(st.sampled_from([4.0, 5.0, 6.0, 7.0, 7.5, 8.0, 10.0]), min_size=1, max_size=3),
    closes=st.integers(22, 26),
)
def test_every_template_can_be_worked_lawfully(
    start_every: int, hours: list[float], closes: int
) -> None:
    """Whatever the settings, no placing of the meals makes a stretch above six hours."""
    story = ShiftSettings(start_every_min=start_every, full_time_h=tuple(hours))
    for shift in templates(story, "full_time", Window(540, closes * 60), 6.0):
        assert 18 <= shift.start < shift.end <= closes * 2
        for way in positions(shift):
            assert len(way) == shift.paid
            runs = np.split(np.array(sorted(way)), np.flatnonzero(np.diff(sorted(way)) > 1) + 1)
            assert max(len(run) for run in runs) <= 12


def test_uncovered_share_of_nothing_is_zero(tmp_path: Path) -> None:
    """A week that requires no seat is covered, whoever rests."""
    space = workspace(tmp_path)
    made = roster(
        space, scenario(tmp_path, rules=FREE), SeatRequirement(table=need({("P", 0, 14): 0}))
    )
    assert isinstance(made, Roster)
    assert made.uncovered_share == 0.0
