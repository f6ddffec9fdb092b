"""What whole people leave open: no roster is cut off, and fractions of people gain nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from staffing.roster.bound import least_points
from staffing.roster.classes import classes
from staffing.roster.hull import Ints, Kind, corners, is_whole
from staffing.roster.prices import missing_points, steps
from staffing.roster.relax import relaxation
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option, Span
from tests.rosters import MONDAY
from tests.test_bound import EVEN, Problem, best, company, relaxed

KINDS = st.lists(
    st.tuples(st.sampled_from([20, 18, 16, 14, 12]), st.sampled_from([(0,), (0, 1), (1,)])),
    min_size=1,
    max_size=3,
    unique=True,
)


def mixed(points: Ints, people: Ints, given_: Sequence[int], *, exact: bool) -> float | None:
    """Return the least points of a mixture that so many people allow, None where there is none."""
    rows = {"A_ub": people.T, "b_ub": given_}
    if exact:
        rows = {"A_eq": np.vstack([people.T, np.ones(len(points))]), "b_eq": [*given_, 1]}
    else:
        rows |= {"A_eq": np.ones((1, len(points))), "b_eq": [1]}
    result = linprog(points, **rows)
    return None if result.x is None else float(result.fun)


@settings(max_examples=25, deadline=None)
@given(kinds=KINDS, seats=st.tuples(st.integers(1, 4), st.integers(0, 3)), exact=st.booleans())
def test_no_whole_numbers_of_people_are_cut_off(
    kinds: list[Kind], seats: tuple[int, int], exact: bool
) -> None:
    """For any people the best mixture costs no more than they leave open; of one kind the same."""
    required, of = tuple(20 * n for n in seats), steps(max(seats))
    found = corners(required, of, tuple(kinds), (3,) * len(kinds), exact=exact)
    assert found is not None
    people, units, points = found
    assert [missing_points(of, int(n)) for n in units] == points.tolist()
    for numbers in itertools.product(range(4), repeat=len(kinds)):
        served = [
            sum(n * speed for n, (speed, own) in zip(numbers, kinds, strict=True) if row in own)
            for row in (0, 1)
        ]
        over = any(units > most for units, most in zip(served, required, strict=True))
        if exact and over:
            continue
        left = max(most - units for units, most in zip(served, required, strict=True))
        least = mixed(points, people, numbers, exact=exact)
        assert least is not None
        assert least <= missing_points(of, max(left, 0)) + 1e-6
        if seats[1] == 0 and len(kinds) == 1:
            assert least == pytest.approx(missing_points(of, max(left, 0)), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(kinds=KINDS, seats=st.tuples(st.integers(1, 4), st.integers(0, 3)), exact=st.booleans())
def test_corners_mix_to_the_same_as_all_points(
    kinds: list[Kind], seats: tuple[int, int], exact: bool
) -> None:
    """Leaving out the points that are no corners changes no mixture, of whole people or not."""
    required, of = tuple(20 * n for n in seats), steps(max(seats))
    shape = (required, of, tuple(kinds), (3,) * len(kinds))
    few, all_ = corners(*shape, exact=exact), corners(*shape, exact=exact, inner=True)
    assert few is not None
    assert all_ is not None
    assert len(few[0]) <= len(all_[0])
    for numbers in itertools.product((0.0, 0.7, 1.5, 3.0), repeat=len(kinds)):
        one = mixed(few[2], few[0], numbers, exact=exact)
        other = mixed(all_[2], all_[0], numbers, exact=exact)
        assert one == (other if other is None else pytest.approx(other, abs=1e-6))


@pytest.mark.parametrize(
    ("required", "kinds", "whole"),
    [
        ((60,), ((20, (0,)),), True),
        ((60,), ((14, (0,)),), False),
        ((60,), ((20, (0,)), (14, (0,))), False),
        ((60, 20), ((20, (0, 1)),), False),
        ((60,), (), True),
    ],
)
def test_people_at_full_speed_need_no_hull(
    required: tuple[int, ...], kinds: tuple[Kind, ...], whole: bool
) -> None:
    """Only one speed that parts the seats and all their steps leaves the plain rows whole."""
    assert is_whole(required, steps(3), kinds) == whole


def slow(shift: Template, most_paid: int = 99, days: int = 1) -> Problem:
    """Return two agents at speed 0.7 and one seat all day: together they fill it."""
    span = Span(days=tuple(range(days)), most_paid=most_paid, most_days=days)
    option = Option((("P", 14),), (shift,))
    agents = tuple(
        Agent(
            agent_id=name, contract_h=40.0, options=(option,) * days, limits=Limits(spans=(span,))
        )
        for name in "AB"
    )
    need = {("P", 48 * d + t): 20 for d in range(days) for t in range(shift.start, shift.end)}
    return Problem(
        agents=agents,
        need=need,
        steps={key: steps(1) for key in need},
        start=MONDAY,
        fairness=EVEN,
    )


def test_two_slow_people_fill_a_seat_and_less_do_not() -> None:
    """Two shifts of 80 points are needed: the plain rows send 1.43 people, the hull sends two."""
    of = slow(Template(18, 26, 8, ()))
    assert least_points(relaxed(of, hulls=None)) == pytest.approx(80 * 20 / 14, abs=0.1)
    assert least_points(relaxed(of)) == pytest.approx(160, abs=0.1)


def test_no_part_of_a_shift_fills_up_the_hours_of_a_week() -> None:
    """With 20 paid slots only two shifts of 8 fit; each of two slow people works two of 3 days."""
    tight = relaxed(slow(Template(18, 26, 8, ()), most_paid=20, days=3))
    same = relaxed(slow(Template(18, 26, 8, ()), most_paid=16, days=3))
    loose = relaxed(slow(Template(18, 26, 8, ()), most_paid=24, days=3))
    assert least_points(tight) == pytest.approx(least_points(same), abs=0.1)
    assert least_points(loose) < least_points(tight) - 100


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), idle=st.booleans())
def test_every_roster_is_a_mixture_of_one_point(seed: int, idle: bool) -> None:
    """In whole numbers the relaxation with all points costs what the one without any does."""
    of = company(seed, people=3)
    if idle:
        of = Problem(**{**vars(of), "idle": {20: 5, 30: 7}})
    plain, whole = (relaxed(of, apart=True, hulls=hulls) for hulls in (None, "whole"))
    assert best(whole, whole=True) == pytest.approx(best(plain, whole=True))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_hull_never_loosens_the_bound(seed: int) -> None:
    """The optimum with corners lies between that of the plain rows and that in whole numbers."""
    of = company(seed, people=4)
    plain, tight = relaxed(of, hulls=None), relaxed(of)
    exact = best(relaxed(of, apart=True, hulls=None), whole=True)
    assert best(plain, whole=False) - 1e-6 <= best(tight, whole=False) <= exact + 1e-6


def test_too_many_kinds_fall_back_on_plain_rows() -> None:
    """Where a pool has too many points, None is returned and the rows are stated step by step."""
    kinds = tuple((speed, (0,)) for speed in (20, 18, 16, 14, 12, 10))
    assert corners((400,), steps(20), kinds, (20,) * 6) is None
    agents = [
        Agent(
            agent_id=f"A{i}",
            contract_h=40.0,
            options=(Option((("P", 20 - 2 * (i % 6)),), (Template(18, 19, 1, ()),)),),
        )
        for i in range(60)
    ]
    need = {("P", 18): 400}
    of = relaxation(classes(agents), need, {("P", 18): steps(20)}, {}, {})
    assert least_points(of) == pytest.approx(10 * (10 + 10 + (400 - 200 - 180) / 16), abs=0.1)
