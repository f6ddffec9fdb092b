"""The bound on all lawful rosters: right whatever the duals, tight where it can be."""

from __future__ import annotations

import datetime as dt
import itertools
import operator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, milp

from staffing.roster.bound import duals_of, least_points, least_uncovered, safe_bound
from staffing.roster.classes import Class, classes
from staffing.roster.crews import crew_task
from staffing.roster.lawful import is_lawful
from staffing.roster.limits import MonthOvertime, WeekHours
from staffing.roster.model import solve
from staffing.roster.places import place, row_of
from staffing.roster.prices import missing_points, steps, unit_price, units
from staffing.roster.problem import Problem, problem_of
from staffing.roster.relax import (
    Free,
    Hulls,
    Relaxation,
    Rows,
    filling,
    relaxation,
    state_limits,
)
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Limits, Option, Span, staff
from staffing.scenario import Fairness
from staffing.seats import SeatRequirement
from tests.rosters import MONDAY, need, scenario, workspace
from tests.test_limits import HOURS, PAST, RULES, base, together, world

__all__ = ["base"]  # a fixture

SHIFTS = (
    Template(18, 26, 8, (), ("early",)),
    Template(18, 34, 14, (Meal(22, 26, "lunch"),), ("early",)),
    Template(20, 36, 8, (), ("late", "split"), (24, 32)),
    Template(28, 36, 8, (), ("late",)),
)
DAYS = 3
SOME = settings(max_examples=8, deadline=None)
ROW = row_of("P", ["s1"])
SKILLED, OTHER = place("P", ["s1"], ["s1", "s2"]), place("P", ["s2"], ["s1", "s2"])
REACH = {"P": ("P", ROW), SKILLED: ("P", ROW), OTHER: ("P",)}
EVEN = Fairness(
    late_weight=0,
    weekend_weight=0,
    days_weight=0,
    statutory_weight=0,
    peak_night_weight=0,
    change_weight=0,
    steady_weight=0,
)
"""Weights under which nothing is unfair."""
CAPABILITIES = (
    (("P", 20),),
    (("P", 20), ("Q", 12)),
    ((SKILLED, 20),),
    ((OTHER, 16), ("Q", 20)),
)


def company(seed: int, people: int = 6) -> Problem:
    """Return agents of few kinds with leave and a past here and there, and seats of two pools.

    Pool P has two shops; some know one of them only, and the first needs people of its own.
    """
    random = np.random.default_rng(seed)
    kinds = random.choice(len(CAPABILITIES), size=2, replace=False)
    agents = []
    for i in range(people):
        away = random.random(DAYS) < 0.2
        option = Option(CAPABILITIES[kinds[random.integers(2)]], SHIFTS)
        worked = frozenset(d for d in (-2, -1) if random.random() < 0.3)
        agents.append(
            Agent(
                agent_id=f"A{i}",
                contract_h=20.0,
                options=tuple(None if out else option for out in away),
                limits=limits(random),
                worked=worked,
                tagged=frozenset((d, "late") for d in worked),
                last_end=int(random.integers(-20, 4)),
            )
        )
    seats = {
        (pool, 48 * day + t): 20 * int(random.integers(1, 4))
        for pool in "PQ"
        for day in range(DAYS)
        for t in range(18, 36)
    }
    special = {
        (ROW, 48 * day + t): 20 * int(random.integers(1, 3))
        for day in range(DAYS)
        for t in range(24, 32)
    }
    most = {
        key: max(number, special.get((ROW, key[1]), 0)) if key[0] == "P" else number
        for key, number in seats.items()
    }
    return Problem(
        agents=tuple(agents),
        need=seats | special,
        steps={key: steps(number // 20) for key, number in most.items()},
        reach=REACH,
        start=MONDAY,
        fairness=EVEN,
    )


def limits(random: np.random.Generator) -> Limits:
    """Return limits with overtime, late shifts, split shifts and a weekend to be free."""
    week = Span(
        days=(0, 1, 2),
        most_paid=int(random.choice([22, 30])),
        most_days=2,
        most_of=(("split", 1),),
    )
    hours = WeekHours(days=(0, 1, 2), base=int(random.integers(-22, -14)), over=0, normal_day=10)
    return Limits(
        spans=(week,),
        most_consecutive=2,
        rest=34,
        overtime=(MonthOvertime(weeks=(hours,), most=int(random.integers(0, 8))),),
        most_in_a_row=(("late", 1),),
        free_weekends=(((1, 2), (0,)),) if random.random() < 0.5 else (),
    )


def relaxed(of: Problem, *, apart: bool = False, hulls: Hulls | None = "corners") -> Relaxation:
    """Return the relaxation, over classes or over agents one by one."""
    alone = [each for agent in of.agents for each in classes([agent])]
    own = alone if apart else classes(of.agents)
    return relaxation(own, of.need, of.steps, of.reach, of.idle, hulls=hulls)


def best(of: Relaxation, *, whole: bool) -> float:
    """Return the optimum that HiGHS finds, in whole numbers or not."""
    rows = LinearConstraint(of.matrix, of.low, of.high)
    integral = np.full(of.cost.size, int(whole))
    result = milp(of.cost, constraints=rows, bounds=(0, of.upper), integrality=integral)
    return float(result.fun) + of.constant


@SOME
@given(seed=st.integers(0, 10_000), noise=st.floats(0, 100))
def test_any_duals_give_a_bound(seed: int, noise: float) -> None:
    """From the solver's duals with whatever noise no bound exceeds the optimum."""
    of = relaxed(company(seed))
    random = np.random.default_rng(seed)
    duals = duals_of(of) + noise * random.normal(size=of.low.size)
    assert safe_bound(of, duals) <= best(of, whole=False) + 1e-6


@SOME
@given(seed=st.integers(0, 10_000))
def test_the_bound_is_the_optimum_of_the_relaxation(seed: int) -> None:
    """What is lost to the solver's tolerance is below a thousandth."""
    of = relaxed(replace(company(seed), idle={18: 5, 30: 7}))
    assert least_points(of) == pytest.approx(best(of, whole=False), rel=1e-3, abs=1.0)


@SOME
@given(seed=st.integers(0, 10_000))
def test_classes_bound_what_named_agents_can_do(seed: int) -> None:
    """The bound of classes is never above the best roster of the same agents one by one."""
    of = company(seed)
    assert len(classes(of.agents)) < len(of.agents)
    assert least_points(relaxed(of)) <= best(relaxed(of, apart=True, hulls=None), whole=True) + 1e-6


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_whole_numbers_for_single_agents_are_the_problem_itself(seed: int) -> None:
    """HiGHS over classes of one and CP-SAT over the same people end at the same points."""
    of = company(seed, people=3)
    answer = solve(crew_task(of, of.agents, of.days, {}, seed=1, effort=30.0))
    assert answer is not None
    assert answer.proven
    assert of.score(answer.roll).total == pytest.approx(
        best(relaxed(of, apart=True, hulls=None), whole=True)
    )


@settings(max_examples=25, deadline=None)
@given(
    rules=RULES,
    system=HOURS,
    past=PAST,
    who=st.integers(0, 1),
    seed=st.integers(0, 10_000),
)
def test_a_class_of_one_states_the_law_exactly(
    base, rules: dict[str, object], system: dict[str, object], past, who: int, seed: int
) -> None:
    """Shifts on nine days are feasible in the linear rows exactly where they are lawful."""
    space, story = world(base, past, together(rules, system))
    agent = staff(space, story)[who]
    rows, own = Rows(), list[Free]()
    for d, option in enumerate(agent.options):
        shifts = option.shifts if option else ()
        of = Class(members=(agent,), options=agent.options)
        own.append([(s, rows.column(0.0, of.able(d, s))) for s in shifts])
        rows.row((j for _, j in own[-1]), (1.0,), high=1.0)
    state_limits(rows, Class(members=(agent,), options=agent.options), own)
    upper, matrix = np.array(rows.upper, float), rows.matrix()
    limits = LinearConstraint(matrix, np.array(rows.low), np.array(rows.high))
    random = np.random.default_rng(seed)
    for _ in range(6):
        chosen = {
            d: free[random.integers(len(free))]
            for d, free in enumerate(own)
            if free and random.random() < 0.5
        }
        fixed = np.zeros(upper.size)
        fixed[[j for _, j in chosen.values()]] = 1.0
        shift = [j for free in own for _, j in free]
        most = upper.copy()
        most[shift] = fixed[shift]
        stated = bool((fixed <= upper).all()) and (
            milp(np.zeros(upper.size), constraints=limits, bounds=(fixed, most)).status == 0
        )
        assert stated == is_lawful(agent, {d: s for d, (s, _) in chosen.items()})


@SOME
@given(
    lengths=st.sets(st.integers(4, 20), min_size=1, max_size=4),
    most=st.integers(0, 60),
    days=st.integers(0, 5),
)
def test_what_fits_into_hours_is_all_that_leaves_no_room(
    lengths: set[int], most: int, days: int
) -> None:
    """Of all numbers of shifts of each length those are listed that no other one contains."""
    own = tuple(sorted(lengths))
    fits = {
        numbers
        for numbers in itertools.product(range(days + 1), repeat=len(own))
        if sum(numbers) <= days and sum(map(operator.mul, numbers, own)) <= most
    }
    more = {
        (*numbers[:k], numbers[k] - 1, *numbers[k + 1 :])
        for numbers in fits
        for k in range(len(own))
    }
    assert set(filling(own, most, days)) == fits - more


def test_half_of_a_third_shift_fits_nowhere() -> None:
    """Ten hours hold two shifts of four, or one and one of six: the seats of a third stay open.

    Shifts of six hours are never worth it here; without them the hours would be rounded to eight.
    """
    short, long = Template(18, 26, 8, ()), Template(18, 30, 12, ())
    span = Span(days=(0, 1, 2), most_paid=20, most_days=3)
    agent = Agent(
        agent_id="A",
        contract_h=10.0,
        options=(Option((("P", 20),), (short, long)),) * 3,
        limits=Limits(spans=(span,)),
    )
    seats = {("P", 48 * d + t): 20 for d in range(3) for t in range(18, 26)}
    of = Problem(
        agents=(agent, replace(agent, agent_id="B", options=(None,) * 3)),
        need=seats,
        steps=dict.fromkeys(seats, steps(1)),
        start=MONDAY,
        fairness=EVEN,
    )
    day = 8 * 240
    assert least_points(relaxed(of)) == pytest.approx(2 * 80 + day, abs=0.5)


def test_agents_who_differ_in_leave_alone_are_one_class() -> None:
    """Leave is counted, pools and limits tell classes apart."""
    option, other = Option((("P", 20),), SHIFTS), Option((("Q", 20),), SHIFTS)
    make = dict[str, float](contract_h=20.0)
    agents = [
        Agent(agent_id="A", options=(option, None), **make),
        Agent(
            agent_id="B", options=(None, Option((("P", 20),), (*SHIFTS[:2], *SHIFTS[2:]))), **make
        ),
        Agent(agent_id="C", options=(option, other), **make),
        Agent(agent_id="D", options=(option, option), limits=Limits(rest=1), **make),
    ]
    found = classes(agents)
    assert [[a.agent_id for a in each.members] for each in found] == [["A", "B"], ["C"], ["D"]]
    assert [found[0].available(day) for day in range(2)] == [1, 1]


@given(seats=st.integers(1, 60), priority=st.integers(1, 9), dearest=st.integers(0, 660))
def test_a_missing_seat_costs_the_more_the_more_are_missing(
    seats: int, priority: int, dearest: int
) -> None:
    """Steps rise, cover the whole requirement, and the first seat outweighs the dearest shift."""
    of = steps(seats, priority, unit_price(dearest))
    assert units(of) == 20 * seats
    assert [price for _, price in of] == sorted(price for _, price in of)
    each = [missing_points(of, 20 * n) - missing_points(of, 20 * (n - 1)) for n in range(1, seats)]
    assert each == sorted(each)
    assert missing_points(of, 20) > max(dearest, 10 * 22)


@pytest.mark.parametrize(
    ("day", "points"), [(dt.date(2026, 9, 30), 160), (dt.date(2026, 10, 1), 480)]
)
def test_a_statutory_day_is_dearer_and_so_is_a_seat(
    day: dt.date, points: int, tmp_path: Path
) -> None:
    """Eight hours cost three times as much on National Day; a missing half hour costs more yet."""
    space = workspace(tmp_path)
    story = scenario(tmp_path, horizon={"start": day, "days": 1}, rules={"min_week_share": 0.0})
    agents = staff(space, story)
    (option,) = agents[0].options
    assert option is not None
    assert set(option.points) == {points}
    assert (option.costs is None) == (points == 160)
    required = SeatRequirement(table=need({("P", 0, 14): 1}))
    of = problem_of(space, story, agents, required)
    assert missing_points(of.steps["P", 28], 20) > points
    answer = solve(crew_task(of, of.agents, of.days, {}, seed=1, effort=5.0))
    assert answer is not None
    assert of.score(answer.roll).units == 0


def test_an_empty_problem_costs_nothing() -> None:
    """No agents and one seat: exactly the seat's price."""
    of = relaxation([], {("P", 20): 20}, {("P", 20): steps(1)}, {}, {})
    assert isinstance(of.matrix, sp.csr_array)
    assert least_points(of) == pytest.approx(240.0, abs=1e-2)


def test_a_pool_misses_what_the_row_of_it_misses_that_misses_most() -> None:
    """Two seats of the pool, and of them one for a shop nobody knows: one seat is missed."""
    option = Option(((OTHER, 20),), (Template(18, 26, 8, ()),))
    agents = [Agent(agent_id=name, contract_h=40.0, options=(option,)) for name in "AB"]
    need_ = {("P", 20): 40, (ROW, 20): 20}
    of = relaxation(classes(agents), need_, {("P", 20): steps(2)}, REACH, {})
    assert least_uncovered(of) == pytest.approx(20.0, abs=1e-3)
