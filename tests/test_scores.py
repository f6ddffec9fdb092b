"""The scores of daily forecasts, by values computed by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from staffing.forecast.scores import INTERVALS, calibration, every_score, levels, scores, usable

ORIGIN = pd.Timestamp("2026-11-02")


def table(**columns: list[object]) -> pd.DataFrame:
    """Return rows of a backtest: two shops, two days; `columns` replace or add."""
    days = [ORIGIN, ORIGIN + pd.Timedelta(days=1)] * 2
    rows: dict[str, list[object]] = {
        "shop_id": ["A", "A", "B", "B"],
        "origin": [ORIGIN] * 4,
        "date": list(days),
        "lead_days": [0, 1, 0, 1],
        "actual": [100.0, 200.0, 10.0, 90.0],
        "forecast": [110.0, 180.0, 0.0, 100.0],
        "naive": [100.0, 100.0, 10.0, 10.0],
        "usual": [120.0, 200.0, 10.0, 90.0],
        "event": [False, True, False, True],
    }
    return pd.DataFrame(rows | columns)


def one(found: pd.DataFrame, **where: object) -> pd.Series:
    """Return the only row with these values."""
    for name, value in where.items():
        found = found[found[name] == value]
    assert len(found) == 1
    return found.iloc[0]


def test_error_and_bias_are_sums_over_sums() -> None:
    """WAPE adds up errors before it divides; the bias lets them cancel out."""
    own = one(scores(table()), kind="all", method="forecast")
    assert own["wape"] == pytest.approx((10 + 20 + 10 + 10) / 400)
    assert own["bias"] == pytest.approx((10 - 20 - 10 + 10) / 400)
    assert (own["shop_days"], own["actual"]) == (4, 400.0)


def test_errors_of_shops_cancel_out_in_totals() -> None:
    """The WAPE of totals adds up the shops of a day first: 110 as forecast, then 280 for 290."""
    assert one(scores(table()), kind="all", method="forecast")["total_wape"] == 10 / 400


def test_each_method_is_judged_on_the_same_rows() -> None:
    """A usual mean that is not known is the naive value, and no method loses a row by it."""
    found = scores(table(usual=[math.nan, 200.0, 10.0, 90.0]))
    assert list(found[found["kind"] == "all"]["shop_days"]) == [4, 4, 4]
    assert one(found, kind="all", method="usual")["wape"] == 0
    assert one(found, kind="all", method="naive")["wape"] == pytest.approx(180 / 400)


def test_promotion_days_are_judged_apart() -> None:
    """The kinds of day part the rows; together they are all."""
    found = scores(table())
    assert one(found, kind="promotion", method="forecast")["wape"] == pytest.approx(30 / 290)
    assert one(found, kind="ordinary", method="forecast")["wape"] == pytest.approx(20 / 110)


def test_unknown_actuals_are_not_judged() -> None:
    """A day without actual, forecast or naive value is left out for every method."""
    spoilt = table(actual=[math.nan, 200.0, 10.0, 90.0], naive=[1.0, math.nan, 10.0, 10.0])
    assert list(usable(spoilt)["shop_id"]) == ["B", "B"]
    assert set(scores(spoilt)["shop_days"]) == {2, 1}


def test_pinball_loss_by_hand() -> None:
    """At the median it is the absolute error; at 0.9 what is missing costs nine times more."""
    rows = table(q50=[110.0, 180.0, 0.0, 100.0], q90=[100.0, 190.0, 20.0, 90.0])
    at_50 = 10 + 20 + 10 + 10
    at_90 = 2 * (0.9 * 10 + 0.1 * 10)
    own = one(scores(rows), kind="all", method="forecast")
    assert own["pinball"] == pytest.approx((at_50 + at_90) / 2 / 400)


def test_intervals_are_hit_ends_included() -> None:
    """Three of four actuals lie from the 10 to the 90 % quantile, two of them on an end."""
    rows = table(q10=[100.0, 150.0, 11.0, 50.0], q90=[120.0, 200.0, 20.0, 99.0])
    own = one(scores(rows), kind="all", method="forecast")
    assert own["hit_80"] == 0.75
    assert math.isnan(own["hit_95"])


def test_rows_without_quantiles_do_not_count_for_intervals() -> None:
    """The first origin has no quantiles yet: hits and pinball loss are those of the others."""
    gap = [math.nan, math.nan]
    rows = table(q10=[*gap, 0.0, 95.0], q90=[*gap, 20.0, 99.0])
    own = one(scores(rows), kind="all", method="forecast")
    assert own["hit_80"] == 0.5
    losses = 2 * (0.1 * 10 + 0.1 * 10 + 0.9 * 5 + 0.1 * 9) / 2
    assert own["pinball"] == pytest.approx(losses / 100)
    assert own["wape"] == pytest.approx(50 / 400)


def test_other_methods_tell_no_interval() -> None:
    """Naive and usual are single numbers: pinball and hits are left out, not made up."""
    rows = scores(table(q10=[0.0] * 4, q90=[300.0] * 4))
    others = rows[rows["method"] != "forecast"]
    assert others[["pinball", *INTERVALS]].isna().all(axis=None)


def test_nothing_came_gives_no_share() -> None:
    """Days of zeros have no WAPE, but their intervals are hit or missed all the same."""
    rows = table(actual=[0.0] * 4, q10=[0.0] * 4, q90=[5.0, 5.0, 5.0, -1.0])
    own = one(scores(rows), kind="all", method="forecast")
    assert own[["wape", "total_wape", "bias", "pinball"]].isna().all()
    assert own["hit_80"] == 0.75


def test_no_rows_give_an_empty_table() -> None:
    """A table without rows has scores without rows, in every scope."""
    assert scores(table()[:0]).empty
    assert every_score(table()[:0], {}).empty
    assert calibration(table()[:0]).empty


def test_groups_are_judged_each() -> None:
    """With shop_id every shop has the scores of its own rows."""
    found = scores(table(), ["shop_id"])
    assert one(found, shop_id="A", kind="all", method="forecast")["wape"] == 30 / 300
    assert one(found, shop_id="B", kind="all", method="forecast")["wape"] == 20 / 100


def test_one_table_has_all_scopes() -> None:
    """All, pools, shops, lead days and origins stand in one table under their own keys."""
    found = every_score(table(), {"P": ["A", "B"]})
    rows = found[(found["kind"] == "all") & (found["method"] == "naive")]
    assert list(zip(rows["scope"], rows["key"], strict=True)) == [
        ("all", ""),
        ("pool", "P"),
        ("shop", "A"),
        ("shop", "B"),
        ("lead_days", "0"),
        ("lead_days", "1"),
        ("origin", "2026-11-02"),
    ]
    pool = one(found, scope="pool", kind="all", method="forecast")
    assert pool["total_wape"] == 10 / 400


def test_calibration_counts_what_lies_below() -> None:
    """One of four below, one on the quantile: half of that one counts."""
    rows = table(q50=[101.0, 200.0, 5.0, 80.0])
    assert one(calibration(rows), kind="all")["observed"] == 0.375
    assert one(calibration(rows), kind="promotion")["observed"] == 0.25


def test_quantile_columns_are_told_by_name() -> None:
    """Only q and a number is a quantile; they come in order of their level."""
    names = pd.DataFrame(columns=["q90", "quick", "q2.5"])
    assert list(levels(names).items()) == [("q2.5", 0.025), ("q90", 0.9)]
