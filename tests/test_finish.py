"""Who keeps a pool from one half hour to the next."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from staffing.roster.duty import Duty
from staffing.roster.finish import CHANGE, NEVER, NOWHERE, _prices, _settled
from staffing.roster.ledger import HardHours
from staffing.roster.shifts import Meal, Template

PLACES = 3


@st.composite
def some_people(draw: st.DrawFn) -> tuple[list[list[int]], list[int], list[int]]:
    """Return speeds in each place and in none, the places they were in, and those to be filled."""
    speed = st.lists(st.sampled_from([0, 14, 20]), min_size=PLACES, max_size=PLACES)
    units = [[*own, 0] for own in draw(st.lists(speed, min_size=1, max_size=5))]
    place = st.integers(NOWHERE, PLACES - 1)
    last = [draw(place) for _ in units]
    seats = [draw(place) for _ in units]
    return units, last, seats


@given(some_people())
def test_a_seat_costs_nothing_to_who_is_there_and_is_for_the_as_fast(
    of: tuple[list[list[int]], list[int], list[int]],
) -> None:
    """Each price is that of the one person and the one seat; idling is half a change."""
    units, last, seats = of
    cost = _prices(np.array(units), np.array(last), np.array(seats))
    for (i, was), (j, place) in itertools.product(enumerate(last), enumerate(seats)):
        if place == NOWHERE:
            assert cost[i, j] == CHANGE / 2
        elif units[i][place] != units[j][place]:
            assert cost[i, j] == NEVER
        else:
            assert cost[i, j] == (0.0 if was == place else CHANGE)


def test_people_stay_where_they_are_and_coverage_as_it_was() -> None:
    """A and B swap pools every half hour and need not; C, who is slower, keeps her own seat."""
    shift = Template(18, 24, 6, ())
    to_and_fro = tuple(itertools.islice(itertools.cycle("PQ"), 6))
    roll = {
        ("A", 0): Duty(shift, (), to_and_fro),
        ("B", 0): Duty(shift, (), (*to_and_fro[1:], "P")),
        ("C", 0): Duty(shift, (), ("P",) * 5 + (None,)),
    }
    speed = {("A", 0): {"P": 20, "Q": 20}, ("B", 0): {"P": 20, "Q": 20}, ("C", 0): {"P": 14}}
    found = _settled(roll, speed)
    assert found["A", 0] == dict.fromkeys(range(18, 24), "P")
    assert found["B", 0] == dict.fromkeys(range(18, 24), "Q")
    assert found["C", 0] == dict.fromkeys(range(18, 23), "P")
    for t in range(18, 24):
        before = Counter(duty.pools[t - 18] for duty in roll.values())
        assert Counter(own.get(t) for own in found.values()) == before


HALVES = {agent: np.full(2, 0.5) for agent in "AB"}


def test_seats_of_a_hard_pool_go_to_who_is_least_ahead() -> None:
    """A is two hours ahead: B begins in P; that makes B ahead by one, so A does the day after."""
    shift = Template(18, 24, 6, ())
    roll = {(agent, d): Duty(shift, (), (p,) * 6) for agent, p in ("AP", "BQ") for d in (0, 1)}
    speed = {key: {"P": 20, "Q": 20} for key in roll}
    hard = HardHours(pools=frozenset("P"), balance_h={"A": 2.0, "B": 0.0}, part=HALVES)
    found = _settled(roll, speed, hard)
    assert {key: set(own.values()) for key, own in found.items()} == {
        ("A", 0): {"Q"},
        ("B", 0): {"P"},
        ("A", 1): {"P"},
        ("B", 1): {"Q"},
    }


def test_nobody_leaves_a_hard_pool_for_being_ahead() -> None:
    """A was alone in P before B came; both come from a meal: A goes back, far ahead or not."""
    meal = (Meal(22, 22, "lunch"),)
    early, late = Template(18, 28, 8, meal), Template(20, 28, 6, meal)
    away = (None, None)
    roll = {
        ("A", 0): Duty(early, (22,), ("P",) * 4 + away + ("P",) * 4),
        ("B", 0): Duty(late, (22,), ("Q",) * 2 + away + ("Q",) * 4),
    }
    speed = {key: {"P": 20, "Q": 20} for key in roll}
    hard = HardHours(pools=frozenset("P"), balance_h={"A": 99.0, "B": 0.0}, part=HALVES)
    found = _settled(roll, speed, hard)
    assert found["A", 0] == dict.fromkeys((*range(18, 22), *range(24, 28)), "P")
    assert found["B", 0] == dict.fromkeys((*range(20, 22), *range(24, 28)), "Q")
