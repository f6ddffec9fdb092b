"""The history on the half-hour grid of service days."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd

from staffing.forecast.history import History, history
from tests.series import START, Row, workspace


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
