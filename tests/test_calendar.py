"""What is known of a day in advance: official holidays and the promotion calendar."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import holidays
import numpy as np
import pandas as pd
import pytest

from staffing.forecast.calendar import (
    QIXI,
    EventDay,
    EventKey,
    bucket,
    chinese_days,
    event_days,
    is_statutory,
    weekdays,
)
from tests.series import Row, workspace

KEY = EventKey("promotion", "Sale", "peak", "on", 0)
OFFICIAL = Path(__file__).parents[2] / "shared" / "domain" / "holidays_cn_2025_2026.csv"


def days_of(year: int) -> list[dt.date]:
    """Return every day of a year."""
    return [date.date() for date in pd.date_range(f"{year}-01-01", f"{year}-12-31")]


def official(kind: str) -> set[dt.date]:
    """Return the days of a kind in the official table."""
    if not OFFICIAL.exists():
        pytest.skip("the official holiday table is not beside the project")
    with OFFICIAL.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["type"] == kind]
    return {dt.date.fromisoformat(row["date"]) for row in rows}


def of_shop(phases: list[Row], **shop: object) -> dict[dt.date, list[EventDay]]:
    """Return the event days of one shop under these promotion rows."""
    made = workspace({"S": np.ones(3)}, shops={"S": shop}, promotions=phases)
    found = event_days(made, pd.date_range("2024-01-01", "2026-12-31"))["S"]
    return {day: list(events) for day, events in found.items()}


def promoted(days: Mapping[dt.date, Sequence[EventDay]]) -> dict[dt.date, list[EventDay]]:
    """Return the days of promotions alone."""
    kept = {d: [e for e in events if e.key.family == "promotion"] for d, events in days.items()}
    return {day: events for day, events in kept.items() if events}


@pytest.mark.parametrize("year", [2025, 2026])
def test_thirteen_days_a_year_are_paid_triple(year: int) -> None:
    """Decree 795 names 13 statutory days since 2025."""
    assert sum(map(is_statutory, days_of(year))) == 13


def test_statutory_days_are_the_official_ones() -> None:
    """The statutory days of 2025 and 2026 are those of the State Council's notices."""
    found = {day for year in (2025, 2026) for day in days_of(year) if is_statutory(day)}
    assert found == official("statutory_300")


def test_makeup_workdays_are_the_official_ones() -> None:
    """The weekend days worked in 2025 and 2026 are those of the notices."""
    found = {
        day
        for year in (2025, 2026)
        for day, kind in chinese_days(year).items()
        if kind.startswith("makeup")
    }
    assert found == official("makeup_workday")


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_days_off_agree_with_the_holidays_package(year: int) -> None:
    """A weekday is off, and a weekend day worked, exactly where `holidays` says so."""
    china = holidays.country_holidays("CN", years=(year - 1, year, year + 1))
    for day in days_of(year):
        kind = chinese_days(year).get(day, "")
        off = kind in ("statutory", "rest") or (day.weekday() >= 5 and not kind)
        assert off == (not china.is_working_day(day)), f"{day} is {kind or 'ordinary'}"


def test_makeup_workday_counts_as_the_weekday_it_replaces() -> None:
    """Sunday 28 September 2025 was worked in place of Tuesday 7 October."""
    days = pd.DatetimeIndex(["2025-09-28", "2025-09-29"])
    assert weekdays(days).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("day", "name", "part"),
    [
        ("2026-01-01", "New Year", "on"),
        ("2026-01-20", None, None),
        ("2026-02-10", "Spring Festival", "before"),
        ("2026-02-17", "Spring Festival", "on"),
        ("2026-02-23", "Spring Festival", "on"),
        ("2026-02-24", "Spring Festival", "after"),
        ("2026-03-10", None, None),
        ("2026-08-19", "Qixi", "on"),
        ("2026-09-30", "National Day", "before"),
        ("2026-10-01", "National Day", "on"),
        ("2026-10-09", None, None),
    ],
)
def test_days_around_holidays_belong_to_them(day: str, name: str | None, part: str | None) -> None:
    """Spring Festival has a long run-up and return, other holidays a day before and after."""
    touching = of_shop([]).get(dt.date.fromisoformat(day), [])
    found = [(event.key.event, event.key.part) for event in touching]
    assert found == ([] if name is None else [(name, part)])


def test_qixi_lies_five_weeks_before_mid_autumn() -> None:
    """The seventh of the seventh month is 37 or 38 days before the fifteenth of the eighth."""
    for year, coded in QIXI.items():
        names = holidays.country_holidays("CN", years=year, language="en_US")
        middle = next(
            day
            for day, name in sorted(names.items())
            if "Mid-Autumn" in name and "observed" not in name and "substituted" not in name
        )
        assert (middle - dt.date(year, *divmod(coded, 100))).days in (37, 38), year


def test_the_same_event_of_two_years_has_the_same_keys() -> None:
    """The year in a promotion's name does not keep its editions apart."""
    found = of_shop(
        [
            {"name": f"Sale {year}", "start": f"{year}-05-06", "end": f"{year}-05-08"}
            for year in (2024, 2025)
        ]
    )
    keys = {day: [event.key for event in events] for day, events in promoted(found).items()}
    assert keys[dt.date(2024, 5, 6)] == keys[dt.date(2025, 5, 6)] == [KEY]
    assert found[dt.date(2024, 5, 6)][0].edition == "Sale 2024"


def test_an_evening_start_is_the_eve_of_day_nought() -> None:
    """A phase from 20:00 covers part of its first service day, and day 0 is the day after."""
    found = of_shop([{"start": "2024-11-10 20:00", "end": "2024-11-12"}])
    eve, first = found[dt.date(2024, 11, 10)][0], found[dt.date(2024, 11, 11)][0]
    assert (eve.key.stretch, first.key.stretch) == (-1, 0)
    assert eve.covers == (40, 48)
    assert [eve.share, first.share] == pytest.approx([4 / 15, 1.0])


def test_a_start_after_midnight_belongs_to_the_service_day_before() -> None:
    """At a shop open 18:00-02:00 a phase from midnight begins in the evening before."""
    found = of_shop([{"start": "2024-11-11", "end": "2024-11-12"}], opens="18:00", closes="02:00")
    assert found[dt.date(2024, 11, 10)][0].covers == (48, 52)
    assert found[dt.date(2024, 11, 11)][0].covers == (36, 48)


def test_a_phase_outside_the_window_touches_no_day() -> None:
    """A phase that is over before the shop opens is none."""
    assert not promoted(of_shop([{"start": "2024-11-11 00:00", "end": "2024-11-11 09:00"}]))


def test_a_tail_gives_way_to_the_next_phase() -> None:
    """Only the first phase of an edition has days of waiting, only the last a tail."""
    found = of_shop(
        [
            {"phase": "opening", "start": "2024-06-01", "end": "2024-06-03"},
            {"phase": "peak", "start": "2024-06-04", "end": "2024-06-05"},
        ]
    )
    names = {
        f"{day:%m-%d}": [(event.key.phase, event.key.part) for event in events]
        for day, events in promoted(found).items()
    }
    assert names["06-01"] == names["06-02"] == [("opening", "on")]
    assert "06-03" not in names  # between two phases of one edition only the level differs
    assert names["06-04"] == [("peak", "on")]
    assert names["05-31"] == [("opening", "before")]
    assert names["06-05"] == names["06-11"] == [("peak", "after")]
    assert "06-12" not in names


def test_later_days_of_a_phase_share_a_stretch() -> None:
    """Stretches grow with the days that have gone by, and never fall back."""
    stretches = [bucket(day) for day in range(-1, 60)]
    assert stretches == sorted(stretches)
    assert stretches[:4] == [-1, 0, 1, 2]
    assert stretches[-1] == stretches[-30]


def test_a_promotion_reaches_only_its_scope() -> None:
    """A row for JD leaves the shops on Tmall alone."""
    made = workspace(
        {"A": np.ones(3), "B": np.ones(3)},
        shops={"B": {"platform": "JD"}},
        promotions=[{"platform": "JD", "start": "2024-06-01", "end": "2024-06-02"}],
    )
    found = event_days(made, pd.date_range("2024-01-01", "2024-12-31"))
    assert not promoted(found["A"])
    assert dt.date(2024, 6, 1) in promoted(found["B"])
