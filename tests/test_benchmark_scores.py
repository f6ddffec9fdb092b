"""The forecasting benchmark scores as its page says: by values computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.forecasting.scores import COLUMNS, joined, score, weighted_pinball
from benchmarks.forecasting.sets import call_centre, koubei, rolling
from benchmarks.forecasting.simple import naive, same_weekday_mean
from benchmarks.markdown import write

DAY = pd.Timestamp("2026-03-01")


def rows(actual: list[float], mean: list[float], **more: object) -> pd.DataFrame:
    """Scored rows of one shop from 2 March, all quantiles at the mean unless told."""
    start = pd.date_range(DAY + pd.Timedelta(days=1), periods=len(actual))
    table = pd.DataFrame({"shop_id": "a", "start": start, "contacts": actual, "mean": mean})
    table = table.assign(special=False, origin=DAY, **dict.fromkeys(COLUMNS, table["mean"]))
    return table.assign(**more)


def test_wape_and_bias_weigh_by_contacts() -> None:
    """10 too many of 100 and 30 too few of 300: 40 of 400 off, 20 of 400 too few."""
    made = score([rows([100, 300], [110, 270])])
    assert made.wape == pytest.approx(0.1)
    assert made.bias == pytest.approx(-0.05)


def test_pinball_at_the_median_is_the_wape() -> None:
    """With all quantiles at one value the losses are q or 1 - q of the error, on average half."""
    assert weighted_pinball(rows([100, 300], [110, 270])) == pytest.approx(0.1)


def test_pinball_weighs_the_sides_of_a_quantile() -> None:
    """Only the 0.9 quantile is off, by 10 of 100: 2 × 0.9 × 10 below it, 2 × 0.1 × 10 above."""
    below = rows([100], [100], **{"q0.9": 90.0})
    above = rows([100], [100], **{"q0.9": 110.0})
    assert weighted_pinball(below) == pytest.approx(18 / 100 / 5)
    assert weighted_pinball(above) == pytest.approx(2 / 100 / 5)


def test_coverage_counts_both_ends() -> None:
    """Of four rows three lie in 80 per cent (one at its end), all in 95 per cent."""
    made = score(
        [
            rows(
                [10, 20, 30, 41],
                [25, 25, 25, 25],
                **{"q0.025": 5.0, "q0.1": 10.0, "q0.9": 40.0, "q0.975": 50.0},
            )
        ]
    )
    assert (made.cover_80, made.cover_95) == (0.75, 1.0)


def test_the_first_week_ends_with_its_seventh_day() -> None:
    """An error on the eighth day counts in all days, not in the first week."""
    made = score([rows([10] * 8, [10] * 7 + [18])])
    assert made.first_week == 0
    assert made.wape == pytest.approx(0.1)


def test_special_days_are_scored_apart() -> None:
    """One of two days is a promotion, with all of the error."""
    made = score([rows([10, 10], [10, 15], special=[False, True])])
    assert (made.ordinary, made.special) == (0, 0.5)


def test_day_totals_let_half_hours_cancel() -> None:
    """Two half hours of a day, one 5 too high and one 5 too low."""
    start = DAY + pd.Timedelta(hours=33) + pd.to_timedelta([0, 30], unit="min")
    made = score([rows([10, 10], [15, 5]).assign(start=start)])
    assert (made.wape, made.totals) == (0.5, 0)


def test_origins_are_pooled_not_averaged() -> None:
    """An origin with thirty times the contacts weighs thirty times as much."""
    made = score([rows([10], [20]), rows([300], [300])])
    assert made.wape == pytest.approx(10 / 310)


@pytest.mark.parametrize("hole", ["missing", "nan"])
def test_a_row_without_forecast_is_refused(hole: str) -> None:
    """Leaving out a hard row would flatter a method."""
    truth = rows([10, 10], [10, 10])[["shop_id", "start", "contacts", "special"]]
    made = rows([10, 10], [10, 10]).drop(columns=["contacts", "special", "origin"])
    made = made[:1] if hole == "missing" else made.assign(mean=[10, np.nan])
    with pytest.raises(ValueError, match="1 rows without a forecast, first a 2026-03-03"):
        joined(made, truth, DAY)


def test_the_last_origin_has_its_whole_horizon() -> None:
    """Eight origins, 14 days apart, the last one horizon before the end of the data."""
    origins = rolling(pd.Timestamp("2016-10-31"), every_days=14, horizon_days=14)
    assert len(origins) == 8
    assert origins[0] == pd.Timestamp("2016-07-11")
    assert origins[-1] == pd.Timestamp("2016-10-17")


def bank() -> pd.DataFrame:
    """Two half hours on 100 weekdays, counting up from 1, without one Monday."""
    days = pd.bdate_range("2026-01-05", periods=100)
    start = [day + pd.Timedelta(hours=9, minutes=m) for day in days for m in (0, 30)]
    table = pd.DataFrame({"shop_id": "bank", "start": start, "contacts": range(1, 201)})
    return table[table["start"].dt.normalize() != days[95]]


def test_a_holiday_of_a_call_centre_is_a_working_day_without_calls() -> None:
    """Twenty working days are four weeks; the day without calls is asked for but not scored."""
    case = call_centre(bank(), "bank", "bank")
    origin = case.at(case.origins[-1])
    assert (len(case.origins), case.horizon_days) == (8, 28)
    assert (len(origin.ahead), len(origin.truth)) == (40, 38)
    assert origin.known["start"].max() < origin.ahead["start"].min()


def test_naive_repeats_the_week_before() -> None:
    """The first half hour ahead is that of five weekdays before: ten half hours less."""
    case = call_centre(bank(), "bank", "bank")
    origin = case.at(case.origins[-1])
    made = naive(case, origin).merge(origin.truth, on=["shop_id", "start"])
    assert (made["contacts"] - made["mean"]).iloc[0] == 10
    mean = same_weekday_mean(case, origin).merge(origin.truth, on=["shop_id", "start"])
    assert (mean["contacts"] - mean["mean"]).iloc[0] == 70  # the middle of 13 weeks is 7 back


def test_a_method_never_sees_what_came(tmp_path: Path) -> None:
    """Known rows end with the origin's day and the rows ahead carry no contacts."""
    days = pd.date_range("2015-07-01", "2016-10-31")
    table = pd.DataFrame({"shop_id": 1, "date": days, "contacts": 5})
    path = tmp_path / "koubei_1_daily.parquet"
    table.assign(city_name="x", cate_1_name="y", cate_2_name="z").to_parquet(path)
    daily, national_day = koubei(path)
    for case in (daily, national_day):
        for day in case.origins:
            origin = case.at(day)
            assert origin.known["start"].max() == day
            assert "contacts" not in origin.ahead
            assert "special" not in origin.ahead
    assert sum(daily.at(day).truth["special"].sum() for day in daily.origins) == 11


def test_a_table_replaces_only_its_own_block(tmp_path: Path) -> None:
    """What people wrote around the markers stays, and a second run leaves the same bytes."""
    page = tmp_path / "benchmarks.md"
    page.write_text("# Mine\n\n<!-- a: begin -->\nold\n<!-- a: end -->\n\nwords\n", "utf-8")
    for _ in range(2):
        write(page, "a", "new \\1")
        write(page, "b", "more")
    assert page.read_text("utf-8") == (
        "# Mine\n\n<!-- a: begin -->\nnew \\1\n<!-- a: end -->\n\nwords\n\n"
        "<!-- b: begin -->\nmore\n<!-- b: end -->\n"
    )
