"""Days planned by HiGHS against CP-SAT and the law."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.roster.crews import crew_task, replaced
from staffing.roster.days import solve_days
from staffing.roster.fairness import Standing
from staffing.roster.lawful import is_lawful
from staffing.roster.limits import WeekStarts
from staffing.roster.model import solve
from staffing.roster.problem import Problem
from staffing.scenario import Fairness
from tests.test_bound import company

STANDING = Standing(leads={("A0", "late"): 2.0}, published={("A1", 1): (18, 26), ("A2", 1): None})


def problem(seed: int, idle: dict[int, int] | None = None) -> Problem:
    """Return a company with wishes, leads and a published day, whose starts lie together."""
    of = company(seed)
    week = WeekStarts(days=(0, 1, 2), spread=4)
    return replace(
        of,
        agents=tuple(
            replace(agent, limits=replace(agent.limits, starts=(week,))) for agent in of.agents
        ),
        fairness=Fairness(),
        wishes={("A0", 1): {"*": 3}, ("A1", 0): {"late": 4}},
        standing=STANDING,
        idle=idle or {},
    )


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_day_costs_as_little_as_cp_sat_proves(seed: int) -> None:
    """With the other days kept, both solvers end at the same points, fairness included."""
    whole = problem(seed)
    first = solve(crew_task(whole, whole.agents, whole.days, {}, seed=1, effort=0.3))
    assert first is not None
    task = crew_task(whole, whole.agents, frozenset({1}), first.roll, seed=1, effort=20.0)
    one, other = solve_days(task), solve(task)
    assert one is not None
    assert other is not None
    assert other.proven
    points = [whole.score(replaced(first.roll, task, each.roll)) for each in (one, other)]
    assert points[0].total == pytest.approx(points[1].total, rel=1e-3)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_all_days_at_once_are_lawful(seed: int) -> None:
    """Planned from nothing, everybody's days keep her limits, and she serves what she knows."""
    whole = problem(seed, idle={18: 5, 67: 9})
    task = crew_task(whole, whole.agents, whole.days, {}, seed=1, effort=1.0)
    answer = solve_days(task)
    assert answer is not None
    for agent in whole.agents:
        own = {d: duty.shift for (name, d), duty in answer.roll.items() if name == agent.agent_id}
        assert is_lawful(agent, own)
    for (name, d), duty in answer.roll.items():
        who = next(agent for agent in whole.agents if agent.agent_id == name)
        option = who.options[d]
        assert option is not None
        known = {place for place, _ in option.capability}
        assert {place for place in duty.pools if place} <= known
        assert all(duty.pools[t - duty.shift.start] is None for t in duty.away)
