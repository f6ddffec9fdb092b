"""Days planned by HiGHS against CP-SAT and enumeration."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.roster.days import solve_days
from staffing.roster.engine import _replaced, crew_task
from staffing.roster.lawful import is_lawful
from staffing.roster.model import solve
from staffing.roster.problem import Problem
from staffing.scenario import Fairness
from tests.rosters import MONDAY
from tests.test_bound import company


def problem(seed: int, idle: dict[int, int] | None = None) -> Problem:
    agents, need = company(seed)
    wishes = {("A0", 1): {"*": 3}, ("A1", 0): {"late": 4}}
    return Problem(
        agents=tuple(agents),
        need=need,
        start=MONDAY,
        fairness=Fairness(),
        wishes=wishes,
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
    points = [whole.score(_replaced(first.roll, task, each.roll)) for each in (one, other)]
    assert points[0].total == pytest.approx(points[1].total, rel=1e-3)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_all_days_at_once_are_lawful(seed: int) -> None:
    """Planned from nothing, everybody's days keep her limits, and idle people cost their price."""
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
        known = {pool for pool, _ in option.capability}
        assert {pool for pool in duty.pools if pool} <= known
        assert all(duty.pools[t - duty.shift.start] is None for t in duty.away)
