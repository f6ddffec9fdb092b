"""The model's limits and the audit's checks are two statements of the same rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.roster import audit, roster
from staffing.roster.audit import hard
from staffing.roster.explain import contradictions
from staffing.roster.lawful import lawful_week
from staffing.roster.staff import PERSONAL_RULES, Agent, staff, without
from staffing.scenario import Horizon, Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace
from tests.rosters import MONDAY, Row, duty, need, scenario, table, workspace

WEDNESDAY = MONDAY + dt.timedelta(days=2)
RULES = st.fixed_dictionaries(
    {
        "min_week_share": st.sampled_from([0.0, 0.3]),
        "max_consecutive_days": st.integers(2, 6),
        "rest_days_per_week": st.integers(1, 3),
        "max_late_in_a_row": st.integers(1, 4),
        "start_spread_h": st.sampled_from([24.0, 6.0, 2.0, 0.0]),
        "weekend_off_every_weeks": st.integers(0, 3),
        "overtime_day_h": st.sampled_from([0.0, 1.0, 2.5]),
        "overtime_month_h": st.sampled_from([0.0, 2.0, 9.0, 36.0]),
        "min_rest_h": st.sampled_from([8.0, 11.0]),
    }
)
HOURS = st.sampled_from(
    [
        {},
        {"preset": "comprehensive-hours"},
        {"preset": "comprehensive-hours", "average_over": "quarter"},
        {"preset": "comprehensive-hours", "average_over": "horizon"},
    ]
)
SHIFTS = {"start_every_min": 240, "full_time_h": [8.0, 6.0]}
SHIFT = st.sampled_from([None, None, 0, 0, 1, 2, 3, 5, 7])
PAST = st.lists(
    st.tuples(st.integers(-16, -1), st.sampled_from([9, 12, 15])),
    max_size=9,
    unique_by=lambda pair: pair[0],
)


def together(rules: Mapping[str, object], system: Mapping[str, object]) -> dict[str, object]:
    """Return rules under a system without the hours of a day that a scenario may not ask for."""
    told = {**rules, **system}
    if system or not told["overtime_month_h"]:
        told["overtime_day_h"] = 0.0
    return told


def published(past: list[tuple[int, int]], start: dt.date) -> list[Row]:
    found = []
    for day, hour in sorted(past):
        date = start + dt.timedelta(days=day)
        midnight = dt.datetime.combine(date, dt.time())
        end = midnight + dt.timedelta(hours=hour + 9)
        found.append(
            {"agent_id": "A1", "date": date, "start": f"{date} {hour:02d}:00", "end": f"{end}"[:16]}
        )
    return found


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a pool that is open 9-24 and two agents, one protected, with a published shift."""
    shops = [{"shop_id": "S1", "pool": "P", "opens": "09:00", "closes": "24:00"}]
    agents = [{"agent_id": "A1"}, {"agent_id": "A2", "protected": "nursing"}]
    skills = [{"agent_id": a, "shop_id": "S1"} for a in ("A1", "A2")]
    return workspace(
        tmp_path_factory.mktemp("base"),
        shops=shops,
        agents=agents,
        skills=skills,
        rosters=published([(-1, 9)], WEDNESDAY),
    )


def world(
    base: Workspace, past: list[tuple[int, int]], rules: dict[str, object]
) -> tuple[Workspace, Scenario]:
    """Return the base with these published shifts, and nine days from a Wednesday on."""
    told = base.tables["rosters"]
    rows = pd.DataFrame(published(past, WEDNESDAY), columns=told.columns).astype(told.dtypes)
    space = replace(base, tables={**base.tables, "rosters": rows})
    story = scenario(
        Path(),
        horizon={"start": WEDNESDAY, "days": 9},
        rules=rules,
        shifts=SHIFTS,
        roster={"effort": 0.2},
    )
    return space, story


def duties(story: Scenario, agent: Agent, chosen: list[int | None]) -> pd.DataFrame:
    """Return the table of one agent's chosen shifts, meals at the start of their windows."""
    rows = []
    for d, index in enumerate(chosen):
        option = agent.options[d]
        if index is None or option is None:
            continue
        shift = option.shifts[index % len(option.shifts)]
        edges, first = [], shift.start
        for meal in shift.meals:
            edges += [(first, meal.last, "work"), (meal.last, meal.last + shift.meal_slots, "meal")]
            first = meal.last + shift.meal_slots
        for begin, end, activity in [*edges, (first, shift.end, "work")]:
            rows.append(
                {
                    "agent_id": agent.agent_id,
                    "date": pd.Timestamp(story.grid.dates[d]),
                    "start": story.grid.time_of(d * SLOTS_PER_DAY + begin),
                    "end": story.grid.time_of(d * SLOTS_PER_DAY + end),
                    "activity": activity,
                    "pool": "P" if activity == "work" else None,
                }
            )
    columns = ["agent_id", "date", "start", "end", "activity", "pool"]
    made = pd.DataFrame(rows, columns=columns)
    return made.astype(dict.fromkeys(("date", "start", "end"), "datetime64[us]"))


def allows(agent: Agent, chosen: list[int | None]) -> bool:
    """Return whether the model lets the agent have exactly these shifts."""
    cp = cp_model.CpModel()
    own = {
        d: [(shift, cp.new_bool_var("")) for shift in (option.shifts if option else ())]
        for d, option in enumerate(agent.options)
    }
    lawful_week(cp, agent, own)
    for d, index in enumerate(chosen):
        for i, (_, variable) in enumerate(own[d]):
            cp.add(variable == (index is not None and index % len(own[d]) == i))
    return cp_model.CpSolver().solve(cp) == cp_model.OPTIMAL


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rules=RULES,
    system=HOURS,
    past=PAST,
    weeks=st.lists(st.lists(SHIFT, min_size=9, max_size=9), min_size=8, max_size=8),
    who=st.integers(0, 1),
)
def test_the_model_allows_what_the_audit_finds_lawful(
    rules: dict[str, object],
    system: dict[str, object],
    past: list[tuple[int, int]],
    weeks: list[list[int | None]],
    who: int,
    base: Workspace,
) -> None:
    """Random rules, published shifts and duties: model and audit agree on every one of them.

    The horizon begins on a Wednesday, so weeks, runs and the month reach across the seam.
    """
    space, story = world(base, past, together(rules, system))
    agent = staff(space, story)[who]
    for chosen in weeks:
        made = duties(story, agent, chosen)
        broken = [v for v in audit(space, story, made) if v.agent_id == agent.agent_id]
        assert allows(agent, chosen) == (not broken), broken


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules=RULES, system=HOURS, past=PAST, seats=st.integers(0, 2))
def test_every_roster_of_random_rules_passes_the_audit(
    rules: dict[str, object],
    system: dict[str, object],
    past: list[tuple[int, int]],
    seats: int,
    base: Workspace,
) -> None:
    """Whatever the rules ask, a roster that the engine returns breaks none of them."""
    space, story = world(base, past, together(rules, system))
    if contradictions(staff(space, story), story):
        return
    required = need({("P", d + 2, h): seats for d in range(9) for h in range(10, 24)})
    required["slot"] -= 2 * SLOTS_PER_DAY
    made = roster(space, story, SeatRequirement(table=required))
    assert hard(audit(space, story, made.assignments)) == []


@pytest.mark.parametrize("rule", PERSONAL_RULES)
def test_an_agent_can_be_freed_of_each_rule(rule: str, base: Workspace) -> None:
    """Freed of one rule her limits are others, freed twice they stay so, her options stay."""
    rules: dict[str, object] = {
        "min_week_share": 0.4,
        "overtime_month_h": 2.0,
        "start_spread_h": 2.0,
        "weekend_off_every_weeks": 1,
    }
    space, story = world(base, [(-1, 9)], rules)
    story = story.model_copy(update={"horizon": Horizon(start=MONDAY, days=14)})
    agent = staff(space, story)[0]
    free = without(agent, rule)
    assert free != agent
    assert without(free, rule) == free
    assert free.options == agent.options


def test_a_clash_of_new_rules_is_told(tmp_path: Path) -> None:
    """Full hours, no late shift twice running and only late shifts: R6 and R14 are named."""
    rules = {"min_week_share": 1.0, "max_late_in_a_row": 1}
    shops = [{"shop_id": "S1", "pool": "P", "opens": "15:00", "closes": "24:00"}]
    space = workspace(tmp_path, shops=shops)
    story = scenario(tmp_path, rules=rules)
    (clash,) = contradictions(staff(space, story), story)
    assert "R6" in clash.text("en")
    assert "R14 late shifts on at most 1 day in a row" in clash.text("en")


def test_without_an_unknown_rule_is_a_bug(base: Workspace) -> None:
    """A rule that binds no days together cannot be dropped."""
    space, story = world(base, [], {})
    with pytest.raises(KeyError):
        without(staff(space, story)[0], "R1")


@pytest.mark.parametrize(("long_days", "lawful"), [(3, True), (4, False)])
def test_the_model_counts_overtime_of_a_month(
    long_days: int, lawful: bool, base: Workspace
) -> None:
    """Of three hours of overtime a month the model lets her work three nine-hour days, not four."""
    rules: dict[str, object] = {
        "min_week_share": 0.0,
        "overtime_day_h": 1.0,
        "overtime_month_h": 3.0,
    }
    space, story = world(base, [], rules)
    agent = staff(space, story)[0]
    option = agent.options[0]
    assert option is not None
    nine = next(i for i, shift in enumerate(option.shifts) if shift.paid == 18)
    chosen: list[int | None] = [nine if d < long_days else None for d in range(9)]
    assert allows(agent, chosen) == lawful
    broken = {v.rule for v in audit(space, story, duties(story, agent, chosen))}
    assert broken == (set() if lawful else {"R12"})


def long_days(*days: int) -> list[Row]:
    """Return published shifts of twelve paid hours, 9 to 22."""
    dates = [MONDAY + dt.timedelta(days=day) for day in days]
    return [
        {"agent_id": "A1", "date": d, "start": f"{d} 09:00", "end": f"{d} 22:00", "paid_h": 12}
        for d in dates
    ]


ALREADY: dict[str, tuple[int, list[Row], dict[str, object]]] = {
    # rule: first day of the horizon, what is published before, rules of the scenario
    "R5": (4, long_days(0, 1, 2, 3), {}),
    "R5 averaged": (21, long_days(*range(21)), {"preset": "comprehensive-hours"}),
    "R7": (5, published([(d, 9) for d in range(-5, 0)], MONDAY + dt.timedelta(5)), {}),
    "R12": (7, long_days(0, 2, 4, 6), {"overtime_month_h": 10.0}),
    "R13": (4, long_days(0, 1, 2, 3), {}),
    "R15": (2, published([(-2, 9), (-1, 15)], MONDAY + dt.timedelta(2)), {"start_spread_h": 2.0}),
    "R16": (6, published([(-1, 9), (-8, 9)], MONDAY + dt.timedelta(6)), {"every": 2}),
}


@pytest.mark.parametrize("name", ALREADY)
def test_what_is_published_forbids_no_roster(name: str, tmp_path: Path) -> None:
    """Published shifts break a limit by themselves: she still has a week, in which she rests.

    One long duty more and the audit names the rule, where the limit is one that it can break.
    """
    start, past, given_ = ALREADY[name]
    rules: dict[str, object] = {"min_week_share": 0.0, **given_}
    if every := rules.pop("every", 0):
        rules["weekend_off_every_weeks"] = every
    if name == "R7":
        rules["rest_days_per_week"] = 3
    agents = [{"agent_id": "A1"} | ({"protected": "nursing"} if name == "R13" else {})]
    space = workspace(tmp_path, agents=agents, rosters=past)
    horizon = {"start": MONDAY + dt.timedelta(days=start), "days": 2}
    story = scenario(tmp_path, horizon=horizon, rules=rules)
    more = table(duty(start, 23, 24) if name == "R15" else duty(start, 9, 19, meals=[(13, 14)]))
    assert contradictions(staff(space, story), story) == []
    assert audit(space, story, more.iloc[:0]) == []
    found = {violation.rule for violation in audit(space, story, more)}
    assert (name.split(maxsplit=1)[0] in found) == (name != "R16")
