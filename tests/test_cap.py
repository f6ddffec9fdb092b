"""Daily reception caps: enough days of work for the contacts, and no more than that."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.seats.cap import seats_within_caps

DAY_H = 8.0


def day(contacts: list[int], cap: float, pool: str = "P") -> pd.DataFrame:
    """One shop's half hours of a day."""
    told = {"pool": pool, "date": pd.Timestamp("2026-11-02"), "daily_cap": cap}
    return pd.DataFrame({"slot": range(len(contacts)), "contacts": contacts}).assign(**told)


def test_seats_are_added_until_the_days_of_work_take_all_contacts() -> None:
    """240 contacts at 60 a day are four days of work, 64 half hours; 40 of them were there."""
    shop = day([12] * 20, cap=60)
    found = seats_within_caps(shop, shop, np.full(20, 2), DAY_H)
    assert found.sum() == 64
    assert set(found) == {3, 4}


def test_they_are_added_where_a_seat_has_the_most_contacts() -> None:
    """A busy half hour gets them, a quiet one keeps what it has."""
    shop = day([2, 30, 2], cap=10)
    found = seats_within_caps(shop, shop, np.array([1, 1, 1]), day_h=1.0)
    assert found.tolist() == [1, 5, 1]


def test_a_cap_that_is_kept_already_changes_nothing() -> None:
    """Enough seat-hours, a blank cap, or no contacts leave the seats alone."""
    seats = np.array([3, 3, 0])
    for shop in (day([5, 5, 0], 200), day([500, 500, 0], np.nan), day([0, 0, 0], 1)):
        assert seats_within_caps(shop, shop, seats, 1.0).tolist() == seats.tolist()


def test_each_pool_and_day_stands_for_itself() -> None:
    """Spare seats of one pool do no work in another."""
    pools = pd.concat([day([10, 10], 10, "A"), day([10, 10], 10, "B")], ignore_index=True)
    found = seats_within_caps(pools, pools, np.array([9, 9, 1, 1]), day_h=1.0)
    assert found.tolist() == [9, 9, 2, 2]


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=20),
    st.integers(1, 300),
    st.integers(0, 20),
)
def test_the_fewest_seats_are_added(contacts: list[int], cap: int, seats: int) -> None:
    """Never fewer than before, enough for the cap, and with one fewer not enough."""
    shop = day(contacts, cap)
    before = np.full(len(contacts), seats)
    found = seats_within_caps(shop, shop, before, DAY_H)
    asked = sum(contacts) / cap * DAY_H * 2
    assert (found >= before).all()
    assert found.sum() >= asked - 1e-6
    assert found.sum() == before.sum() or found.sum() - 1 < asked


@given(st.integers(1, 200), st.integers(1, 50))
def test_a_higher_cap_never_needs_more(cap: int, more: int) -> None:
    """Raising the cap never raises the seats."""
    contacts = [3, 14, 40, 22]
    low, high = (
        seats_within_caps(day(contacts, c), day(contacts, c), np.ones(4, dtype=np.int64), DAY_H)
        for c in (cap, cap + more)
    )
    assert high.sum() <= low.sum()


def test_shops_of_a_pool_add_up() -> None:
    """Each shop brings the days of work of its own cap."""
    shops = pd.concat([day([30], 30), day([20], 10)], ignore_index=True)
    pooled = day([50], np.nan)
    found = seats_within_caps(pooled, shops, np.array([1]), day_h=1.0)
    assert found.tolist() == pytest.approx([6])
