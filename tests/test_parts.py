"""The bound by days: never above the best roster, and above the linear program where that errs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.roster import parts
from staffing.roster.bound import duals_of, least_points
from staffing.roster.classes import classes
from staffing.roster.limits import MonthOvertime, WeekHours
from staffing.roster.parts import by_weeks, crews, improved_bound, parted
from staffing.roster.places import pool_of
from staffing.roster.prices import steps
from staffing.roster.problem import Problem
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option, Span
from tests.rosters import MONDAY
from tests.test_bound import EVEN, best, company, relaxed
from tests.test_hull import slow


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), effort=st.sampled_from([0.0, 2.0, 20.0]))
def test_no_bound_exceeds_the_best_roster(seed: int, effort: float) -> None:
    """Bounds never fall, and the last one is no more than what named agents reach."""
    of = company(seed, people=4)
    bounds = list(improved_bound(of, effort))
    assert bounds == sorted(bounds)
    assert bounds[-1] <= best(relaxed(of, apart=True, hulls=None), whole=True) + 1e-6


def triangle() -> Problem:
    """Return a day of three half hours, and people whose shifts cover any two of them."""
    shifts = (
        Template(18, 20, 2, ()),
        Template(19, 21, 2, ()),
        Template(18, 21, 2, (), ("split",), (19, 20)),
    )
    need = {("P", t): 20 for t in (18, 19, 20)}
    return Problem(
        agents=tuple(
            Agent(agent_id=name, contract_h=40.0, options=(Option((("P", 20),), shifts),))
            for name in "ABC"
        ),
        need=need,
        steps=dict.fromkeys(need, steps(1)),
        start=MONDAY,
        fairness=EVEN,
    )


def test_nobody_has_a_part_of_a_shift() -> None:
    """One and a half shifts of 20 points cover the day in the linear program, two are needed."""
    first, *_, last = improved_bound(triangle(), 10.0)
    assert first == pytest.approx(30.0, abs=0.1)
    assert last == pytest.approx(40.0, abs=0.1)


def nine_days(overtime: int | None = None) -> Problem:
    """Return nine days of a seat that two people at speed 0.7 fill together.

    Parameters
    ----------
    overtime : paid slots of each that the month allows, all being overtime
    """
    of = slow(Template(18, 26, 8, ()), days=9)
    if overtime is None:
        return of
    weeks = tuple(
        WeekHours(days=days, base=0, over=0, normal_day=0) for days in (tuple(range(7)), (7, 8))
    )
    month = MonthOvertime(weeks=weeks, most=overtime)
    return replace(
        of,
        agents=tuple(
            replace(agent, limits=replace(agent.limits, overtime=(month,))) for agent in of.agents
        ),
    )


def test_parts_share_nothing_but_what_binds_days() -> None:
    """Each part is one day, its rows hold its columns alone, and all others bind several days."""
    of = relaxed(company(3, people=4))
    found = parted(of)
    day = {j: d for (_, d), free in of.shifts.items() for _, j in free}
    seen: list[int] = []
    for columns, rows in found.parts:
        assert len({day[j] for j in columns.tolist() if j in day}) == 1
        assert not found.binding[rows].any()
        assert set(of.matrix[rows].indices.tolist()) <= set(columns.tolist())
        seen += columns.tolist()
    assert len(seen) == len(set(seen))
    assert len(found.parts) == 3
    assert found.binding.any()


def crew_of_one(rest: int) -> Problem:
    """Return three days of two pools, of which the one person of P may work one.

    That is told of each pair of days, so that half of every day is within all limits.

    Parameters
    ----------
    rest : people of Q
    """
    shift = Template(18, 20, 2, ())
    pairs = tuple(Span(days=days, most_paid=99, most_days=1) for days in ((0, 1), (1, 2), (0, 2)))
    one = Agent(
        agent_id="A",
        contract_h=40.0,
        options=(Option((("P", 20),), (shift,)),) * 3,
        limits=Limits(spans=pairs),
    )
    others = tuple(
        Agent(agent_id=f"B{n}", contract_h=40.0, options=(Option((("Q", 20),), (shift,)),) * 3)
        for n in range(rest)
    )
    need = {(pool, 48 * d + t): 20 for pool in "PQ" for d in range(3) for t in (18, 19)}
    return Problem(
        agents=(one, *others),
        need=need,
        steps=dict.fromkeys(need, steps(1)),
        start=MONDAY,
        fairness=EVEN,
    )


def test_a_crew_has_no_half_days() -> None:
    """Half of each of three days is possible in the linear program, one whole day is at most."""
    first, *_, last = improved_bound(crew_of_one(rest=1), 10.0)
    assert first == pytest.approx(1.5 * 480 + 1.5 * 20 + 3 * 20, abs=0.5)
    assert last == pytest.approx(2 * 480 + 20 + 3 * 20, abs=0.5)


def test_a_crew_is_a_pool_with_all_the_days_of_its_people() -> None:
    """Its rows hold its columns alone, and its shifts are those of all who know the pool."""
    problem = company(3, people=4)
    of, kinds = relaxed(problem), classes(problem.agents)
    found = list(crews(of))
    assert len(found) == len(set(of.pools)) == 2
    for name, (columns, rows) in zip(dict.fromkeys(of.pools), found, strict=True):
        assert set(of.matrix[rows].indices.tolist()) <= set(columns.tolist())
        own = {of.mixtures + k for k, pool in enumerate(of.pools) if pool == name}
        for (c, d), free in of.shifts.items():
            option = kinds[c].options[d]
            if option is not None and name in {pool_of(place) for place, _ in option.capability}:
                own |= {column for _, column in free}
        assert own <= set(columns.tolist())


def test_crews_of_pools_that_share_nobody_share_nothing() -> None:
    """The person of P is no part of the crew of Q."""
    of = relaxed(crew_of_one(rest=2))
    first, second = crews(of)
    assert not set(first.columns.tolist()) & set(second.columns.tolist())
    assert not set(first.rows.tolist()) & set(second.rows.tolist())
    assert len(first.columns) + len(second.columns) == of.cost.size


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


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_hulls_by_weeks_are_between_none_and_all_at_once(seed: int) -> None:
    """Priced, what ties the weeks together costs nothing of the plain bound, and is still valid.

    Left out it may cost some of it.
    """
    of = replace(company(seed, people=4), start=MONDAY - dt.timedelta(days=1))
    plain = relaxed(of, hulls=None)
    priced, loose = by_weeks(of, duals_of(plain)[plain.limits]), by_weeks(of)
    assert priced >= least_points(plain) - 0.5
    for found in (priced, loose):
        assert found <= least_points(relaxed(of)) + 0.5
        assert found <= best(relaxed(of, apart=True, hulls=None), whole=True) + 1e-6


def test_a_large_problem_has_hulls_week_by_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people at speed 0.7 are needed on each of nine days, of which eight are too many."""
    monkeypatch.setattr(parts, "MOST_HULLS", 60)
    assert list(improved_bound(nine_days(), 10.0)) == [pytest.approx(9 * 160, abs=0.5)]


def test_a_limit_on_overtime_ties_weeks_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nine days of two people they have six between them, where overtime ends at three each.

    Week by week alone each could have all nine.
    """
    monkeypatch.setattr(parts, "MOST_HULLS", 60)
    first, last = improved_bound(nine_days(overtime=24), 10.0)
    assert first < last < 3 * 160 + 6 * 8 * 240 + 0.5
    assert by_weeks(nine_days(overtime=24)) < last - 1000


def test_hulls_week_by_week_wait_for_an_effort_that_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take as long as a small problem's whole search, so little effort goes without."""
    monkeypatch.setattr(parts, "MOST_HULLS", 60)
    of = replace(nine_days(), effort=0.1)
    assert not any(bound > 9 * 159 for bound in improved_bound(of, 0.0))
