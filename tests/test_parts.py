"""The bound by days: never above the best roster, and above the linear program where that errs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.roster.bound import least_points
from staffing.roster.parts import improved_bound, parted
from staffing.roster.prices import steps
from staffing.roster.problem import Problem
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Option
from tests.rosters import MONDAY
from tests.test_bound import EVEN, best, company, relaxed


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), effort=st.sampled_from([0.0, 2.0, 20.0]))
def test_no_bound_exceeds_the_best_roster(seed: int, effort: float) -> None:
    """Bounds never fall, and the last one is no more than what named agents reach."""
    of = company(seed, people=4)
    bounds = list(improved_bound(of, effort))
    assert bounds == sorted(bounds)
    assert bounds[-1] <= best(relaxed(of, apart=True, hulls=None), whole=True) + 1e-6


def lunch(people: int) -> Problem:
    """Return people on one day who all eat within three half hours, and a seat each."""
    shift = Template(18, 34, 15, (Meal(24, 26, "lunch"),))
    option = Option((("P", 20),), (shift,))
    need = {("P", t): 20 * people for t in range(18, 34)}
    return Problem(
        agents=tuple(
            Agent(agent_id=f"A{i}", contract_h=40.0, options=(option,)) for i in range(people)
        ),
        need=need,
        steps=dict.fromkeys(need, ((20, 12), (20 * people - 20, 50))),
        start=MONDAY,
        fairness=EVEN,
    )


def test_nobody_has_a_part_of_a_meal() -> None:
    """Four people eat in three slots: the first missing seat is cheap thrice, the fourth dear."""
    of = lunch(4)
    first, *_, last = improved_bound(of, 10.0)
    assert first == pytest.approx(least_points(relaxed(of)), abs=1)
    assert last == pytest.approx(best(relaxed(of, apart=True, hulls=None), whole=True), abs=1)


def test_parts_share_nothing_but_what_binds_days() -> None:
    """Each part is one day, its rows hold its columns alone, and all others bind several days."""
    of = relaxed(company(3, people=4))
    found = parted(of)
    day = {j: d for (_, d), free in of.shifts.items() for _, j in free}
    seen: list[int] = []
    for columns, rows in zip(found.columns, found.rows, strict=True):
        assert len({day[j] for j in columns.tolist() if j in day}) == 1
        assert not found.binding[rows].any()
        assert set(of.matrix[rows].indices.tolist()) <= set(columns.tolist())
        seen += columns.tolist()
    assert len(seen) == len(set(seen))
    assert len(found.columns) == 3
    assert found.binding.any()


def test_the_same_effort_gives_the_same_bounds() -> None:
    """Effort is counted in deterministic work, so a bound does not depend on the clock."""
    of = company(7, people=6)
    assert np.array_equal(list(improved_bound(of, 3.0)), list(improved_bound(of, 3.0)))


def test_a_problem_without_agents_has_its_plain_bound_alone() -> None:
    """Nobody to plan: a missing seat at its price, and no part to improve."""
    of = Problem(
        agents=(), need={("P", 20): 20}, steps={("P", 20): steps(1)}, start=MONDAY, fairness=EVEN
    )
    assert list(improved_bound(of, 5.0)) == [pytest.approx(240.0, abs=0.1)]
