"""Seats for the service level to expect over the forecast's doubt."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.scenario import SeatSettings
from staffing.seats import erlang, seats
from staffing.seats.doubt import Array, Ints, fewest, volumes
from tests.series import START, expected, scenario, workspace

AHT_S, WITHIN_S, LEVEL = 180.0, 20.0, 0.8


def needed(load_erl: float, relative: float) -> tuple[int, int, float]:
    """Return seats for the mean, seats under doubt, and the expected level of the former."""
    mean = np.array([load_erl * 1800 / AHT_S])
    seen = volumes(mean, mean + (relative * mean) ** 2) * AHT_S / 1800

    def level(at: Ints, number: Ints) -> Array:
        found = erlang.service_level(number[:, None], seen[at], AHT_S, WITHIN_S)
        return np.asarray(found.mean(axis=1))

    plain = erlang.fewest_servers(np.array([load_erl]), AHT_S, LEVEL, WITHIN_S)
    found = fewest(level, plain, np.array([LEVEL]))
    return int(plain[0]), int(found[0]), float(level(np.array([0]), plain)[0])


@pytest.mark.parametrize(
    ("load_erl", "relative", "more"),
    [(20, 0.0, 0.0), (20, 0.1, 0.04), (20, 0.2, 0.17), (100, 0.1, 0.07), (100, 0.2, 0.18)],
)
def test_doubt_costs_what_was_measured(load_erl: float, relative: float, more: float) -> None:
    """Extra seats at 80/20: 4 % and 17 % at 20 erlangs, 7 % and 18 % at 100."""
    plain, found, _ = needed(load_erl, relative)
    assert found / plain - 1 == pytest.approx(more, abs=0.006)


def test_the_mean_alone_misses_the_target() -> None:
    """Seats for the mean of 100 erlangs with 10 % of doubt answer 59 %, not 82 %."""
    assert needed(100, 0.0)[2] == pytest.approx(0.82, abs=0.005)
    assert needed(100, 0.1)[2] == pytest.approx(0.59, abs=0.005)


@given(st.floats(0.1, 3000), st.floats(0.01, 0.8))
def test_contacts_see_more_than_the_mean(mean: float, relative: float) -> None:
    """A contact is likelier on a busy day: the volumes it sees average mean × (1 + doubt)."""
    seen = volumes(np.array([mean]), np.array([mean + (relative * mean) ** 2]))
    assert seen.mean() == pytest.approx(mean * (1 + relative**2), rel=0.02)
    assert (np.diff(seen[0]) > 0).all()


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 0.95))
def test_the_search_finds_the_least_from_anywhere(answer: int, start: int, target: float) -> None:
    """Wherever it begins, the search ends at the first number that suffices."""

    def level(at: Ints, number: Ints) -> Array:
        return np.where(number >= answer, target, target / 2) + 0 * at

    found = fewest(level, np.array([start]), np.array([target]))
    assert found.tolist() == [answer]


def test_a_pool_whose_shops_err_together_needs_more() -> None:
    """Two shops in one queue are more doubtful than if their errors cancelled."""
    made = workspace(
        {"A": np.ones(1), "B": np.ones(1)}, shops={shop: {"pool": "P"} for shop in "AB"}
    )
    told = scenario(START, 1, seats=SeatSettings(max_occupancy=1.0))
    forecast = expected({"A": [900.0], "B": [900.0]}, relative=0.4)
    assert forecast.tie > 0
    found = seats(made, told, forecast).table["seats"].sum()
    alone = expected({"A": [1800.0]}, relative=0.4 / np.sqrt(2))
    cancelled = seats(workspace({"A": np.ones(1)}), told, alone).table["seats"].sum()
    assert found > cancelled
