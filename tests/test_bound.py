"""The bound on all lawful rosters: right whatever the duals, tight where it can be."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from staffing.roster.bound import duals_of, least_points, safe_bound
from staffing.roster.classes import classes
from staffing.roster.prices import missing_points, steps, units
from staffing.roster.relax import Relaxation, relaxation
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Limits, Option, Span

SHIFTS = (
    Template(18, 26, 8, (), ("early",)),
    Template(18, 34, 14, (Meal(22, 26, "lunch"),), ("early",)),
    Template(28, 36, 8, (), ("late",)),
)
DAYS = 3
SOME = settings(max_examples=10, deadline=None)


def company(seed: int) -> tuple[list[Agent], dict[tuple[str, int], tuple[tuple[int, int], ...]]]:
    """Return some agents of few kinds with leave here and there, and seats of two pools."""
    random = np.random.default_rng(seed)
    agents = []
    for i in range(6):
        capability = ((("P", 20),), (("P", 20), ("Q", 12)))[random.integers(2)]
        away = random.random(DAYS) < 0.2
        option = Option(capability, SHIFTS)
        week = Span(days=(0, 1, 2), most_paid=int(random.choice([22, 30])), most_days=2)
        limits = Limits(spans=(week,), most_consecutive=2, rest=34)
        agents.append(
            Agent(
                agent_id=f"A{i}",
                contract_h=20.0,
                options=tuple(None if out else option for out in away),
                limits=limits,
                last_end=int(random.integers(-20, 4)),
            )
        )
    need = {
        (pool, 48 * day + t): steps(int(random.integers(1, 4)))
        for pool in "PQ"
        for day in range(DAYS)
        for t in range(18, 36)
    }
    return agents, need


def best(of: Relaxation, *, whole: bool) -> float:
    """Return the optimum that HiGHS finds, with shifts in whole numbers or not."""
    integral = np.zeros(of.cost.size)
    if whole:
        integral[[j for free in of.shifts.values() for _, j in free]] = 1
    rows = LinearConstraint(of.matrix, of.low, of.high)
    result = milp(of.cost, constraints=rows, bounds=(0, of.upper), integrality=integral)
    return float(result.fun) + of.constant


@SOME
@given(seed=st.integers(0, 10_000), noise=st.floats(0, 100))
def test_any_duals_give_a_bound(seed: int, noise: float) -> None:
    """From the solver's duals with whatever noise no bound exceeds the optimum."""
    agents, need = company(seed)
    of = relaxation(classes(agents), need, {})
    random = np.random.default_rng(seed)
    duals = duals_of(of) + noise * random.normal(size=of.low.size)
    assert safe_bound(of, duals) <= best(of, whole=False) + 1e-6


@SOME
@given(seed=st.integers(0, 10_000))
def test_the_bound_is_the_optimum_of_the_relaxation(seed: int) -> None:
    """What is lost to PDLP's tolerance is below a thousandth."""
    agents, need = company(seed)
    of = relaxation(classes(agents), need, {18: 5, 30: 7})
    assert least_points(of) == pytest.approx(best(of, whole=False), rel=1e-3, abs=1.0)


@SOME
@given(seed=st.integers(0, 10_000))
def test_classes_bound_what_named_agents_can_do(seed: int) -> None:
    """The bound of classes is never above the best roster of the same agents one by one."""
    agents, need = company(seed)
    alone = relaxation([each for agent in agents for each in classes([agent])], need, {})
    bound = least_points(relaxation(classes(agents), need, {}))
    assert len(classes(agents)) < len(agents)
    assert bound <= best(alone, whole=True) + 1e-6


def test_agents_who_differ_in_leave_alone_are_one_class() -> None:
    """Leave is counted, pools and limits tell classes apart."""
    option, other = Option((("P", 20),), SHIFTS), Option((("Q", 20),), SHIFTS)
    make = dict[str, float](contract_h=20.0)
    agents = [
        Agent(agent_id="A", options=(option, None), **make),
        Agent(agent_id="B", options=(None, option), **make),
        Agent(agent_id="C", options=(option, other), **make),
        Agent(agent_id="D", options=(option, option), limits=Limits(rest=1), **make),
    ]
    found = classes(agents)
    assert [[a.agent_id for a in each.members] for each in found] == [["A", "B"], ["C"], ["D"]]
    assert [found[0].available(day) for day in range(2)] == [1, 1]


@given(seats=st.integers(1, 60), priority=st.integers(1, 9))
def test_a_missing_seat_costs_the_more_the_more_are_missing(seats: int, priority: int) -> None:
    """Steps rise, cover the whole requirement, and the first missing seat is the cheapest."""
    of = steps(seats, priority)
    assert units(of) == 20 * seats
    assert [price for _, price in of] == sorted(price for _, price in of)
    each = [missing_points(of, 20 * n) - missing_points(of, 20 * (n - 1)) for n in range(1, seats)]
    assert each == sorted(each)
    assert missing_points(of, 20) > 10 * 22


def test_an_empty_problem_costs_nothing() -> None:
    """No agents and one seat: exactly the seat's price."""
    of = relaxation([], {("P", 20): steps(1)}, {})
    assert isinstance(of.matrix, sp.csr_array)
    assert least_points(of) == pytest.approx(240.0, abs=1e-2)
