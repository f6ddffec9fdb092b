"""Handle times: the truth of invented shops is found again, and where little is known, a mean."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from time import process_time

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from staffing.forecast.aht import handle_times
from staffing.forecast.calendar import event_days
from staffing.forecast.history import History
from tests.series import START, Row, workspace

Array = npt.NDArray[np.float64]
DAYS, HALF_HOURS = 84, 48
OPEN = np.arange(HALF_HOURS) >= 18
SALE: Row = {"start": "2024-06-10 00:00", "end": "2024-06-20 00:00"}
AHEAD = pd.date_range(START + dt.timedelta(days=DAYS), periods=7)


def past(seconds: Mapping[str, Array], contacts: Mapping[str, float], seed: int = 1) -> History:
    """Return a history of shops with exponential handle times of these means.

    Parameters
    ----------
    seconds : shop -> mean handle time (days, half hours); NaN for shops that tell none
    contacts : shop -> mean contacts of an open half hour
    """
    random = np.random.default_rng(seed)
    counts = np.array([random.poisson(contacts[s], (DAYS, HALF_HOURS)) for s in seconds]) * OPEN
    mean = np.array(list(seconds.values()))
    with np.errstate(invalid="ignore"):
        took = random.gamma(np.maximum(counts, 1)) / np.maximum(counts, 1) * mean
    return History(
        shops=tuple(seconds),
        days=pd.date_range(START, periods=DAYS),
        counts=np.where(OPEN, counts, np.nan),
        daily_only=frozenset(),
        aht_s=np.where(counts > 0, took, np.nan),
    )


def forecast(
    found: History,
    promotions: Sequence[Row] = (),
    stated_s: float = 240.0,
    ahead: pd.DatetimeIndex = AHEAD,
) -> Array:
    """Return the handle times of the days ahead of these shops."""
    names = {shop: np.ones(1) for shop in found.shops}
    shops: dict[str, Row] = {shop: {"aht_s": stated_s} for shop in found.shops}
    made = workspace(names, shops=shops, promotions=promotions)
    events = event_days(made, found.days.union(ahead))
    return handle_times(found, ahead, events, made)


def flat(seconds: float) -> Array:
    """Return the same handle time in every half hour."""
    return np.full((DAYS, HALF_HOURS), float(seconds))


def test_a_steady_handle_time_is_found() -> None:
    """With many contacts of a mean of 300 s every half hour ahead has about 300 s."""
    made = forecast(past({"S": flat(300)}, {"S": 20}))
    assert made.shape == (1, 7, HALF_HOURS)
    assert made[0][:, OPEN] == pytest.approx(300, rel=0.05)


def test_the_mean_is_found_and_not_the_median() -> None:
    """Single contacts with exponential times (median 208 s) are forecast at their mean of 300."""
    made = forecast(past({"S": flat(300)}, {"S": 1.0}))
    assert made[0][:, OPEN].mean() == pytest.approx(300, rel=0.05)


def test_a_level_shift_is_followed() -> None:
    """Eight weeks after handle times rose from 200 to 300 s the forecast is most of the way."""
    seconds = flat(200)
    seconds[-56:] = 300
    assert forecast(past({"S": seconds}, {"S": 20}))[0][:, OPEN].mean() > 270


def test_recent_weeks_count_more() -> None:
    """Of two levels, six weeks each, the later one decides."""
    early, late = flat(200), flat(200)
    early[:42], late[42:] = 300, 300
    made = forecast(past({"E": early, "L": late}, {"E": 20, "L": 20}))
    assert made[0][:, OPEN].mean() < 230
    assert made[1][:, OPEN].mean() > 260


def test_an_outlier_half_hour_moves_little() -> None:
    """A half hour of two hours a contact, last day, changes no half hour by over three per cent."""
    found = past({"S": flat(300)}, {"S": 20})
    assert found.aht_s is not None
    plain = forecast(found)
    found.aht_s[0, -1, 30] = 7200
    moved = forecast(found)
    assert np.abs(moved / plain - 1)[0][:, OPEN].max() < 0.03
    assert (moved != plain).any()


def test_a_half_hour_of_one_contact_counts_little() -> None:
    """The same odd handle time weighs more with thirty contacts behind it than with one."""
    few, many = (past({"S": flat(300)}, {"S": 10}) for _ in range(2))
    for found, contacts in ((few, 1.0), (many, 30.0)):
        assert found.aht_s is not None
        found.counts[0, -1, 30], found.aht_s[0, -1, 30] = contacts, 600
    assert forecast(few)[0].mean(where=OPEN) < forecast(many)[0].mean(where=OPEN)


def test_the_time_of_day_is_recovered() -> None:
    """Where lunch takes half as long again as the rest, the forecast says nearly so."""
    seconds = flat(240)
    seconds[:, 23:28] *= 1.5
    made = forecast(past({"S": seconds}, {"S": 20}))[0, 0]
    assert made[25] == pytest.approx(360, rel=0.06)
    assert made[36:48] == pytest.approx(240, rel=0.06)


def test_few_contacts_have_the_shops_mean() -> None:
    """A shop of a contact in ten days' half hours is as quick at noon as in the evening."""
    seconds = flat(240)
    seconds[:, 23:28] *= 3
    made = forecast(past({"S": seconds}, {"S": 0.1}))[0, 0][OPEN]
    assert made.max() / made.min() < 1.3


def test_a_small_shop_has_the_time_of_day_of_its_category() -> None:
    """A shop with few contacts borrows the slow lunch of a large one, at its own level."""
    large, small = flat(240), flat(480)
    large[:, 23:28] *= 1.5
    made = forecast(past({"L": large, "S": small}, {"L": 40, "S": 0.05}), stated_s=480.0)
    assert made[1, 0, 25] / made[1, 0, 40] == pytest.approx(1.5, rel=0.1)
    assert made[1, 0, 40] == pytest.approx(480, rel=0.25)


def test_one_contact_does_not_decide() -> None:
    """A shop with a single contact of two hours stays near the handle time stated for it."""
    found = past({"S": flat(np.nan)}, {"S": 1.0})
    assert found.aht_s is not None
    found.counts[0, -1, 30], found.aht_s[0, -1, 30] = 1, 7200
    assert 240 < forecast(found)[0, 0, 30] < 600


def test_promotion_days_have_their_own_handle_time() -> None:
    """Where a sale makes contacts a fifth shorter, the next sale's days are, and others are not."""
    seconds = flat(300)
    first = (dt.date(2024, 6, 10) - START).days
    seconds[first : first + 10] *= 0.8
    coming: Row = {"start": AHEAD[3], "end": AHEAD[5], "name": "Sale 2 2024"}
    made = forecast(past({"S": seconds}, {"S": 20}), [SALE, coming])[0][:, OPEN].mean(axis=1)
    assert made[3:5] == pytest.approx(240, rel=0.05)
    assert made[[0, 1, 2, 5, 6]] == pytest.approx(300, rel=0.05)


def test_promotions_never_seen_change_nothing() -> None:
    """Without a past promotion day a coming one has the ordinary handle time."""
    coming: Row = {"start": AHEAD[3], "end": AHEAD[5]}
    made = forecast(past({"S": flat(300)}, {"S": 20}), [coming])[0]
    assert made[3] == pytest.approx(made[0])


def test_shops_without_handle_times_are_unknown() -> None:
    """A shop that tells none is NaN beside one that does, and all are without the column."""
    found = past({"A": flat(300), "B": flat(np.nan)}, {"A": 20, "B": 20})
    made = forecast(found)
    assert np.isfinite(made[0]).all()
    assert np.isnan(made[1]).all()
    none = History(shops=found.shops, days=found.days, counts=found.counts, daily_only=frozenset())
    assert np.isnan(forecast(none)).all()


def test_handle_times_scale() -> None:
    """Seconds three times as long are forecast three times as long."""
    found = past({"A": flat(300), "B": flat(150)}, {"A": 20, "B": 2})
    plain = forecast(found, stated_s=240.0)
    assert found.aht_s is not None
    found.aht_s[:] *= 3
    assert forecast(found, stated_s=720.0) == pytest.approx(3 * plain)


def test_the_order_of_shops_does_not_matter() -> None:
    """Shops in another order have the same handle times."""
    found = past({s: flat(200 + 50 * i) for i, s in enumerate("ABC")}, {"A": 1, "B": 20, "C": 5})
    assert found.aht_s is not None
    order = [2, 0, 1]
    turned = History(
        shops=tuple(found.shops[i] for i in order),
        days=found.days,
        counts=found.counts[order],
        daily_only=frozenset(),
        aht_s=found.aht_s[order],
    )
    assert forecast(turned) == pytest.approx(forecast(found)[order])


def test_a_thousand_shops_take_a_second() -> None:
    """A shop costs at most a few milliseconds, also on a busy machine."""
    number = 60
    one = past({"S": flat(300)}, {"S": 20})
    assert one.aht_s is not None
    found = History(
        shops=tuple(f"S{i}" for i in range(number)),
        days=one.days,
        counts=np.repeat(one.counts, number, axis=0),
        daily_only=frozenset(),
        aht_s=np.repeat(one.aht_s, number, axis=0),
    )
    began = process_time()
    forecast(found)
    assert (process_time() - began) / number < 0.01
