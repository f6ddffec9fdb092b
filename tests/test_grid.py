"""The half-hour grid: clock times, windows past midnight, slots, clock changes."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.grid import DAY_MIN, SLOTS_PER_DAY, Grid, Window, clock_min, clock_text

MONDAY = dt.date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("00:00", 0), ("9:05", 545), (" 09:30 ", 570), ("24:00", 1440), ("26:30", 1590)],
)
def test_a_clock_time_is_minutes_after_midnight(text: str, minutes: int) -> None:
    """Hours go on past 24 into the next day."""
    assert clock_min(text) == minutes


@pytest.mark.parametrize("text", ["", "9", "9:60", "24:00:30", "37:00", "-1:00", "nine", "9:5"])
def test_what_is_no_clock_time_raises(text: str) -> None:
    """Nothing is guessed from other texts."""
    with pytest.raises(ValueError, match="not a clock time"):
        clock_min(text)


@given(st.integers(0, 36 * 60))
def test_clock_text_is_read_back(minutes: int) -> None:
    """Writing minutes as HH:MM and reading them gives the same minutes."""
    assert clock_min(clock_text(minutes)) == minutes


@pytest.mark.parametrize(
    ("opens", "closes", "minutes"),
    [
        ("09:00", "24:00", (540, 1440)),
        ("00:00", "24:00", (0, 1440)),
        ("18:00", "02:00", (1080, 1560)),
        ("18:00", "26:00", (1080, 1560)),
        ("09:00", "00:00", (540, 1440)),
        ("12:00", "36:00", (720, 2160)),
    ],
)
def test_a_window_may_run_past_midnight(opens: str, closes: str, minutes: tuple[int, int]) -> None:
    """A closing before the opening is on the next day, as an hour above 24 is."""
    window = Window.parse(opens, closes)
    assert (window.opens_min, window.closes_min) == minutes


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("09:15", "24:00"),
        ("09:00", "17:45"),
        ("09:00", "09:00"),
        ("00:00", "00:00"),
        ("09:00", "33:30"),
        ("24:00", "26:00"),
        ("x", "24:00"),
    ],
)
def test_what_is_no_window_raises(opens: str, closes: str) -> None:
    """Off the half hour, empty, longer than a day, opening after the day ends: no window."""
    with pytest.raises(ValueError, match=r"^(not|empty)"):
        Window.parse(opens, closes)


@given(st.integers(0, 47), st.integers(1, 48))
def test_every_window_on_the_grid_is_read_back(first: int, length: int) -> None:
    """Each window of at most a day is what its own text says, slots included."""
    window = Window(first * 30, (first + length) * 30)
    opens, closes = str(window).split("-")
    if window.closes_min <= 36 * 60:
        assert Window.parse(opens, closes) == window
    assert (window.first_slot, window.end_slot) == (first, first + length)


@given(st.integers(1, 42), st.integers(0, 42 * SLOTS_PER_DAY))
def test_slots_and_times_are_inverse(days: int, slot: int) -> None:
    """The slot of a slot's time is that slot, also a minute before the next one."""
    grid = Grid(start=MONDAY, days=days)
    moment = grid.time_of(slot)
    assert grid.slot_of(moment) == slot
    assert grid.slot_of(moment + dt.timedelta(minutes=29)) == slot
    assert grid.slot_of(moment - dt.timedelta(minutes=1)) == slot - 1
    assert grid.times_of([slot])[0] == pd.Timestamp(moment)


def test_the_grid_holds_the_night_after_the_last_day() -> None:
    """A week has seven dates and eight days of slots: shops may close past midnight."""
    grid = Grid(start=MONDAY, days=7)
    assert grid.dates == [MONDAY + dt.timedelta(days=i) for i in range(7)]
    assert grid.slots == 8 * SLOTS_PER_DAY
    assert grid.time_of(grid.slots) == dt.datetime(2026, 12, 1)


@pytest.mark.parametrize(
    ("zone", "start", "days", "change"),
    [
        ("Asia/Shanghai", dt.date(2026, 10, 1), 42, None),
        ("America/New_York", dt.date(2026, 10, 26), 5, None),
        ("America/New_York", dt.date(2026, 10, 26), 7, dt.date(2026, 11, 1)),
        ("America/New_York", dt.date(2026, 11, 1), 1, dt.date(2026, 11, 1)),
        ("America/New_York", dt.date(2026, 11, 2), 7, None),
        ("Europe/Berlin", dt.date(2026, 3, 28), 1, dt.date(2026, 3, 29)),
    ],
)
def test_a_clock_change_is_seen(
    zone: str, start: dt.date, days: int, change: dt.date | None
) -> None:
    """The first day with a change is named, the night after the last service day included."""
    assert Grid(start=start, days=days, zone=zone).clock_change() == change


def test_a_day_has_forty_eight_half_hours() -> None:
    """The constants agree with each other."""
    assert SLOTS_PER_DAY * 30 == DAY_MIN
