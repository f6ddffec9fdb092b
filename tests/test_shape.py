"""Five-minute rates from half hours, and which half hours steady state gets wrong."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.seats.chat import Profile, fewest_seats
from staffing.seats.shape import five_minute_shape, needs_transient

EVENING = [150, 150, 150, 150, 1000, 600, 400, 300, 250, 200, 180, 150]
AT_20 = 4
CHAT = Profile(aht_s=(360.0, 435.0, 510.0), answer_within_s=30.0, level=0.9)
SHAPE = five_minute_shape(EVENING, phase_starts=[AT_20])


@given(
    contacts=st.lists(st.floats(0, 2000), min_size=1, max_size=12),
    start=st.integers(0, 11),
    decay=st.floats(1, 120),
)
def test_nothing_is_lost_or_negative(contacts: list[float], start: int, decay: float) -> None:
    """Half-hour totals are kept."""
    shape = five_minute_shape(contacts, phase_starts=[start % len(contacts)], decay_min=decay)
    assert (shape >= 0).all()
    np.testing.assert_allclose(shape.sum(axis=1), contacts, rtol=1e-9, atol=1e-9)


def test_steady_growth_grows() -> None:
    """Growing half hours have growing five minutes."""
    rates = five_minute_shape([100, 120, 145, 170]).ravel()
    assert all(b >= a - 1e-9 for a, b in pairwise(rates[3:-3]))


def test_phase_comes_at_once() -> None:
    """Before 20:00 nothing of the phase shows; from then on it fades."""
    assert SHAPE[AT_20 - 1].max() == pytest.approx(25)
    assert SHAPE[AT_20, 0] / SHAPE[AT_20].sum() == pytest.approx(0.345, abs=0.01)
    assert (np.diff(SHAPE[AT_20]) < 0).all()


def test_marked_as_transient() -> None:
    """20:00 needs this model, the quiet half hours before do not."""
    seats = fewest_seats(CHAT, np.array(EVENING) / 1800)
    needed = needs_transient(SHAPE, seats, CHAT)
    assert needed[AT_20]
    assert not needed[:AT_20].any()
    seats[AT_20] = 80
    assert needs_transient(SHAPE, seats, CHAT)[AT_20 : AT_20 + 2].all()
