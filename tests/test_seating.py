"""Meals and places planned anew for the shifts that are there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel

from staffing.roster import seating
from staffing.roster.crews import crew_task
from staffing.roster.duty import Duty, Roll
from staffing.roster.model import solve
from staffing.roster.prices import steps
from staffing.roster.problem import Problem
from staffing.roster.seating import reseated
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option
from staffing.roster.turns import at_table, crowd_of
from tests.test_bound import EVEN, MONDAY, company

PEOPLE = 14


def last(of: Problem, roll: Roll) -> Roll:
    """Return the roster with all its days planned anew."""
    lane = Parallel(n_jobs=1, return_as="generator")
    for better in reseated(of, roll, 10.0, lane):
        roll = better
    return roll


def stood_up(roll: Roll) -> Roll:
    """Return the roster with nobody serving any pool, and everybody eating as early as may be."""
    return {
        key: Duty(
            duty.shift,
            tuple(meal.first for meal in duty.shift.meals),
            (None,) * len(duty.pools),
        )
        for key, duty in roll.items()
    }


def with_these_shifts_alone(of: Problem, roll: Roll) -> Problem:
    """Return the problem in which everybody may take the shifts that she has, at no pay."""

    def options(agent: Agent) -> Iterator[Option | None]:
        for d, option in enumerate(agent.options):
            duty = roll.get((agent.agent_id, d))
            if option is None or duty is None:
                yield None
            else:
                yield replace(option, shifts=(duty.shift,), costs=(0,), off=0)

    return replace(
        of, agents=tuple(replace(agent, options=tuple(options(agent))) for agent in of.agents)
    )


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_seats_are_as_full_as_cp_sat_proves(seed: int) -> None:
    """With shifts fixed, however badly people were seated, no fewer seats can be open."""
    whole = company(seed)
    first = solve(crew_task(whole, whole.agents, whole.days, {}, seed=1, effort=0.3))
    assert first is not None
    given_ = with_these_shifts_alone(whole, first.roll)
    proof = solve(crew_task(given_, given_.agents, given_.days, {}, seed=1, effort=20.0))
    assert proof is not None
    assert proof.proven
    found = last(given_, stood_up(first.roll))
    assert given_.score(found).uncovered == pytest.approx(
        given_.score(proof.roll).uncovered, rel=2e-3
    )


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.sampled_from([0.5, 1.0]), apart=st.booleans())
def test_shifts_stay_and_nothing_gets_worse(seed: int, share: float, apart: bool) -> None:
    """Meals keep to their windows, people to their pools and turns, with meals planned or not."""
    whole = replace(company(seed, people=10), meal_share=share)
    first = solve(crew_task(whole, whole.agents, whole.days, {}, seed=1, effort=0.3))
    assert first is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seating, "MOST", 0 if apart else seating.MOST)
        found = last(whole, first.roll)
    assert {key: duty.shift for key, duty in found.items()} == {
        key: duty.shift for key, duty in first.roll.items()
    }
    assert whole.score(found).total <= whole.score(first.roll).total
    for key, duty in found.items():
        assert {place for place in duty.pools if place} <= set(whole.speed[key])
        assert all(duty.pools[t - duty.shift.start] is None for t in duty.away)
        pairs = zip(duty.meals, duty.shift.meals, strict=True)
        assert all(meal.first <= start <= meal.last for start, meal in pairs)
    before = crowd_of(first.roll, whole.speed)
    for at, (on_duty, eating) in crowd_of(found, whole.speed).items():
        assert eating <= max(at_table(on_duty, share), before[at][1])
    if apart:
        eaten = sorted((k[1], d.shift.start, d.meals) for k, d in found.items())
        assert eaten == sorted((k[1], d.shift.start, d.meals) for k, d in first.roll.items())


def test_help_comes_from_afar() -> None:
    """Each of fourteen knows two pools in a row; the first is not needed, the last one misses one.

    That is farther than the annealing looks.
    """
    shift = Template(start=20, end=24, paid=4, meals=())
    capability = [((f"P{i:02d}", 20), (f"P{i + 1:02d}", 20)) for i in range(PEOPLE)]
    agents = tuple(
        Agent(
            agent_id=f"A{i:02d}",
            contract_h=40.0,
            options=(Option(own, (shift,)),),
            limits=Limits(),
        )
        for i, own in enumerate(capability)
    )
    seats = {(f"P{i:02d}", t): 20 for i in range(1, PEOPLE + 1) for t in range(20, 24)}
    of = Problem(
        agents=agents,
        need=seats,
        steps=dict.fromkeys(seats, steps(1)),
        start=MONDAY,
        fairness=EVEN,
    )
    roll = {(f"A{i:02d}", 0): Duty(shift, (), (f"P{i:02d}",) * 4) for i in range(PEOPLE)}
    assert of.score(roll).units == 4 * 20
    assert of.score(last(of, roll)).units == 0


@pytest.mark.parametrize("need", [{}, {("Q", 20): 20}, {("P", 68): 20}])
def test_days_without_people_or_seats_stay(need: dict[tuple[str, int], int]) -> None:
    """Nobody works on the second day, nobody knows Q: nothing is to be gained."""
    shift = Template(start=20, end=24, paid=4, meals=())
    options = (Option((("P", 20),), (shift,)),) * 2
    of = Problem(
        agents=(Agent(agent_id="A", contract_h=40.0, options=options, limits=Limits()),),
        need=need,
        steps=dict.fromkeys(need, steps(1)),
        start=MONDAY,
        fairness=EVEN,
        meal_share=0.5,
    )
    roll = {("A", 0): Duty(shift, (), (None,) * 4)}
    assert last(of, roll) == roll
