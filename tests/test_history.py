"""The history on the half-hour grid of service days."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.forecast.history import FEWEST_ROWS_OF_AN_HOURLY_DAY, History, history
from staffing.grid import DAY_MIN, Window
from tests.series import START, Row, workspace

WINDOWS = (("09:00", "24:00"), ("18:00", "02:30"), ("00:00", "24:00"), ("10:30", "13:00"))
STEPS_MIN = (5, 10, 15, 30, 60, DAY_MIN)
Rows = list[tuple[str, pd.Timestamp, float, float]]
"""Shop, start, contacts, mean handle time."""


def of_rows(rows: list[tuple[str, float]], **shop: object) -> History:
    """Return the history of one shop with these (start, contacts) rows."""
    made = workspace({"S": np.ones(2)}, shops={"S": shop})
    table = pd.DataFrame(rows, columns=["start", "contacts"]).assign(shop_id="S")
    tables = {**made.tables, "history": table.assign(start=pd.to_datetime(table["start"]))}
    return history(dataclasses.replace(made, tables=tables))


def on(made: History, day: str, half_hour: int) -> float:
    """Return the contacts of a half hour of a service day."""
    return float(made.counts[0, made.days.get_loc(pd.Timestamp(day)), half_hour])


def of_totals(values: list[float], **shop: object) -> History:
    """Return the history of one shop with these contacts a day."""
    row: Row = shop
    return history(workspace({"S": np.array(values, dtype=float)}, shops={"S": row}))


def test_contacts_past_midnight_count_on_the_service_day() -> None:
    """At a shop open 18:00-02:00 a contact at 01:00 belongs to the evening before."""
    rows = [("2024-05-01 23:30", 4.0), ("2024-05-02 01:00", 3.0), ("2024-05-02 18:00", 2.0)]
    made = of_rows(rows, opens="18:00", closes="02:00")
    assert (on(made, "2024-05-01", 47), on(made, "2024-05-01", 50)) == (4.0, 3.0)
    assert made.totals[0].tolist() == [7.0, 2.0]


def test_hours_are_split_into_half_hours() -> None:
    """An hourly history gives each half hour half of its contacts."""
    made = of_rows([(f"2024-05-01 {hour:02d}:00", 10.0 + hour) for hour in range(9, 24)])
    assert (on(made, "2024-05-01", 18), on(made, "2024-05-01", 19)) == (9.5, 9.5)
    assert made.totals[0, 0] == sum(10.0 + hour for hour in range(9, 24))


def test_quarter_hours_are_added_up() -> None:
    """A 15-minute history is summed into half hours."""
    starts = ("09:00", "09:15", "09:30", "09:45")
    made = of_rows([(f"2024-05-01 {start}", 1.0 + i) for i, start in enumerate(starts)])
    assert (on(made, "2024-05-01", 18), on(made, "2024-05-01", 19)) == (3.0, 7.0)


def test_contacts_outside_the_window_are_left_out() -> None:
    """Contacts before opening and after closing do not count."""
    made = of_rows([("2024-05-01 08:30", 9.0), ("2024-05-01 09:00", 2.0)], closes="22:00")
    assert made.totals[0].tolist() == [2.0]


def test_a_daily_history_says_so_and_keeps_its_totals() -> None:
    """A shop with one row a day has no time of day, but all its contacts."""
    made = of_totals([30.0, 40.0])
    assert made.daily_only == {"S"}
    assert made.totals[0].tolist() == [30.0, 40.0]


def test_missing_half_hours_of_a_known_day_are_zero() -> None:
    """A half hour without a row on a day with rows had no contacts."""
    made = of_rows([("2024-05-01 09:30", 5.0), ("2024-05-01 12:00", 1.0)])
    assert on(made, "2024-05-01", 30) == 0.0


def test_a_day_of_zeros_at_a_busy_shop_is_an_outage() -> None:
    """A shop of 100 contacts a day does not go without one by chance."""
    made = of_totals([100.0, 0.0, 100.0])
    assert np.isnan(made.totals[0]).tolist() == [False, True, False]


def test_a_day_of_zeros_at_a_small_shop_is_demand() -> None:
    """A shop of two contacts a day has days without any."""
    made = of_totals([2.0, 0.0, 2.0])
    assert made.totals[0].tolist() == [2.0, 0.0, 2.0]


def test_weeks_of_zeros_are_demand() -> None:
    """A shop that fell silent for longer than an outage lasts has no demand."""
    made = of_totals([100.0] * 20 + [0.0] * 14)
    assert made.totals[0, -14:].tolist() == [0.0] * 14


def test_zeros_before_the_first_contact_are_unknown() -> None:
    """Rows of zeros from before a shop came tell nothing about its demand."""
    made = of_totals([0.0] * 20 + [100.0] * 20)
    assert np.isnan(made.totals[0]).sum() == 0
    assert len(made.days) == 20


def test_statutory_days_off_are_unknown() -> None:
    """A shop closed on statutory days has no demand to learn there, whatever the rows say."""
    values = [5.0] * 40
    made = of_totals(values, statutory_days="closed")
    assert np.isnan(made.totals[0, (dt.date(2024, 5, 1) - START).days])


def test_until_knows_nothing_of_its_day() -> None:
    """What was known at the start of a day ends with the day before."""
    made = of_totals([10.0, 11.0, 12.0])
    known = made.until(made.days[2].date())
    assert known.totals[0].tolist() == [10.0, 11.0]


# --- many shops at once -------------------------------------------------------------------------


def of_table(rows: Rows, shops: Mapping[str, Row], columns: Sequence[str] = ()) -> History:
    """Return the history of these shops with these rows."""
    made = workspace({shop: np.ones(1) for shop in shops}, shops=shops)
    table = pd.DataFrame(rows, columns=["shop_id", "start", "contacts", "aht_s"]).astype(
        {"start": "datetime64[ns]", "contacts": "float64", "aht_s": "float64"}
    )
    table = table[["shop_id", "start", "contacts", *columns]]
    return history(dataclasses.replace(made, tables={**made.tables, "history": table}))


@st.composite
def histories(draw: st.DrawFn) -> tuple[Rows, dict[str, Row]]:
    """Draw some contacts of two or three shops, each with its own window and interval."""
    shops: dict[str, Row] = {}
    rows: Rows = []
    for name in ("b", "a", "c")[: draw(st.integers(2, 3))]:
        opens, closes = draw(st.sampled_from(WINDOWS))
        shops[name] = {"opens": opens, "closes": closes}
        step = draw(st.sampled_from(STEPS_MIN))
        ticks = draw(st.sets(st.integers(0, 4 * DAY_MIN // step - 1), max_size=20))
        rows += [
            (
                name,
                pd.Timestamp(START) + pd.Timedelta(minutes=tick * step),
                float(draw(st.integers(1, 3))),
                float(draw(st.integers(1, 9)) * 60),
            )
            for tick in sorted(ticks)
        ]
    return rows, shops


def by_hand(rows: Rows, shop: str, window: Window) -> tuple[dict[tuple[dt.date, int], float], bool]:
    """Return contacts per service day and half hour of a shop, row by row; and if it is daily."""
    own = [(start, contacts) for name, start, contacts, _ in rows if name == shop]
    minutes = [start.hour * 60 + start.minute for start, _ in own]
    step = next(step for step in reversed(STEPS_MIN) if all(m % step == 0 for m in minutes))
    found: dict[tuple[dt.date, int], float] = {}
    for start, contacts in own:
        same_day = [each for each, _ in own if each.date() == start.date()]
        hours = step == 60 or (
            step == 30
            and len(same_day) >= FEWEST_ROWS_OF_AN_HOURLY_DAY
            and all(each.minute == 0 for each in same_day)
        )
        if step == DAY_MIN:
            halves = [(start.date(), slot) for slot in range(window.first_slot, window.end_slot)]
        else:
            at = start.hour * 2 + start.minute // 30
            halves = [(start.date(), at + i) for i in range(2 if hours else 1)]
        for date, slot in halves:
            day, half = date, slot
            if step < DAY_MIN and slot + 48 < window.end_slot:
                day, half = date - dt.timedelta(days=1), slot + 48
            if window.first_slot <= half < window.end_slot:
                found[day, half] = found.get((day, half), 0.0) + contacts / len(halves)
    return found, step == DAY_MIN


@settings(max_examples=40, deadline=None)
@given(histories())
def test_the_grid_is_what_one_gets_row_by_row(drawn: tuple[Rows, dict[str, Row]]) -> None:
    """Any mix of windows and intervals gives the counts of a walk through the rows."""
    rows, shops = drawn
    made = of_table(rows, shops)
    assert made.shops == tuple(shops)
    seen = set()
    for i, (shop, row) in enumerate(shops.items()):
        window = Window.parse(str(row["opens"]), str(row["closes"]))
        found, daily = by_hand(rows, shop, window)
        known = {day for day, _ in found}
        expected = np.full(made.counts.shape[1:], np.nan)
        for j, day in enumerate(made.days.date):
            if day in known:
                expected[j, window.first_slot : window.end_slot] = [
                    found.get((day, slot), 0.0)
                    for slot in range(window.first_slot, window.end_slot)
                ]
        np.testing.assert_allclose(made.counts[i], expected)
        assert (shop in made.daily_only) is daily
        seen |= known
    assert set(made.days.date) >= seen


@settings(max_examples=20, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_grid_does_not_depend_on_the_order_of_the_rows(
    drawn: tuple[Rows, dict[str, Row]], random: Random
) -> None:
    """Rows in any order give the same days, counts and handle times."""
    rows, shops = drawn
    shuffled = random.sample(rows, len(rows))
    plain, other = (of_table(each, shops, ["aht_s"]) for each in (rows, shuffled))
    assert plain.days.equals(other.days)
    assert plain.daily_only == other.daily_only
    np.testing.assert_array_equal(plain.counts, other.counts)
    assert (plain.aht_s is None) is (other.aht_s is None)
    if plain.aht_s is not None and other.aht_s is not None:
        np.testing.assert_allclose(plain.aht_s, other.aht_s)


def test_a_shop_without_rows_is_unknown_throughout() -> None:
    """A shop that nothing is known of is there, with no count, beside one with a history."""
    made = of_table([("a", pd.Timestamp(START), 5.0, 60.0)], {"a": {}, "b": {}})
    assert made.shops == ("a", "b")
    assert np.isnan(made.counts[1]).all()
    assert made.totals[0].tolist() == [5.0]


def test_no_row_at_all_makes_no_day() -> None:
    """A company before its first contact has shops and no day."""
    made = of_table([], {"a": {}, "b": {}}, ["aht_s"])
    assert made.counts.shape == (2, 0, 48)
    assert made.totals.shape == (2, 0)
    assert made.aht_s is None


# --- handle times -------------------------------------------------------------------------------


def aht_s(rows: list[tuple[str, float, float]]) -> History:
    """Return the history of one shop with these (start, contacts, aht_s) rows."""
    return of_table([("S", pd.Timestamp(at), n, s) for at, n, s in rows], {"S": {}}, ["aht_s"])


def test_handle_times_are_weighted_with_their_contacts() -> None:
    """Two quarter hours make the mean over contacts; rows without a time do not weigh."""
    made = aht_s(
        [
            ("2024-04-08 09:00", 1.0, 100.0),
            ("2024-04-08 09:15", 3.0, 200.0),
            ("2024-04-08 09:30", 2.0, np.nan),
            ("2024-04-08 09:45", 1.0, 90.0),
        ]
    )
    assert made.aht_s is not None
    assert made.aht_s[0, 0, 18:20].tolist() == [175.0, 90.0]
    assert np.isnan(made.aht_s[0, 0, 20:]).all()


def test_an_hours_handle_time_holds_in_both_halves() -> None:
    """Hours and days give their handle time to each of their half hours."""
    hours = aht_s([(f"2024-04-08 {hour:02d}:00", 2.0, 10.0 * hour) for hour in range(9, 24)])
    days = aht_s([("2024-04-08", 30.0, 240.0)])
    assert hours.aht_s is not None
    assert days.aht_s is not None
    assert hours.aht_s[0, 0, 18:22].tolist() == [90.0, 90.0, 100.0, 100.0]
    assert days.aht_s[0, 0, 18:].tolist() == [240.0] * 30


def test_handle_times_go_with_their_days() -> None:
    """What is cut off the counts is cut off the handle times."""
    made = aht_s([("2024-04-08", 30.0, 240.0), ("2024-04-09", 30.0, 250.0)])
    for cut in (made.latest(1), made.until(made.days[1].date())):
        assert cut.aht_s is not None
        assert cut.aht_s.shape == cut.counts.shape
    assert made.latest(1).aht_s[0, 0, 20] == 250.0  # type: ignore[index]


def test_a_history_without_handle_times_says_so() -> None:
    """Without the column, or with a blank one, there are no handle times."""
    assert of_rows([("2024-04-08 09:00", 1.0)]).aht_s is None
    assert aht_s([("2024-04-08 09:00", 1.0, np.nan)]).aht_s is None
