"""Half hours followed through the day: the promotion evening, and what a roster does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from staffing.scenario import SeatSettings
from staffing.seats import SeatRequirement, demand_by_shop, required
from staffing.seats.course import follow
from staffing.seats.lines import lines
from tests.series import START, Row, expected, workspace

EVENING = [150.0, 150, 150, 150, 1000, 600, 400, 300, 250, 200, 180, 150]
AT_18, AT_20 = 36, 4
"""Slot of the first half hour, and which of them the promotion begins in."""
SALE: Row = {"start": f"{START} 20:00", "end": f"{START} 23:30"}
CHAT: Row = {
    "aht_s": 510.0,
    "aht_alone_s": 360.0,
    "concurrency": 3.0,
    "target_level": 0.9,
    "answer_within_s": 30.0,
}
PHONE: Row = {"aht_s": 180.0, "target_level": 0.8, "answer_within_s": 20.0}
MEAN = SeatSettings(max_occupancy=1.0, demand="mean")


def demand(
    means: Mapping[str, Sequence[float]],
    shops: Mapping[str, Row],
    promotions: Sequence[Row] = (SALE,),
    *,
    relative: float = 0.0,
    days: int = 1,
) -> pd.DataFrame:
    """Return the contacts of shops from 18:00 on, the same every day."""
    made = workspace({shop: np.ones(1) for shop in means}, shops=shops, promotions=promotions)
    told = expected(means, first_slot=AT_18, relative=relative, days=days)
    return demand_by_shop(made, told)


def over_time(rows: pd.DataFrame, settings: SeatSettings = MEAN) -> SeatRequirement:
    """Return the seats with the queue followed where it has to be."""
    return required(rows, settings, 0.0, over_time=True)


@pytest.mark.parametrize(
    ("shop", "level", "hours", "within", "short"),
    [(CHAT, 0.9, 190.5, 0.035, 0.80), (PHONE, 0.8, 235.5, 0.01, 0.26)],
    ids=["chat", "phone"],
)
def test_the_promotion_evening(
    shop: Row, level: float, hours: float, within: float, short: float
) -> None:
    """20:00 gets the seats that reach its level, where steady state reached the measured share.

    The measured chat evening also saves seats in half hours that are not followed here.
    """
    rows = demand({"S": EVENING}, {"S": shop})
    steady, found = required(rows, MEAN, 0.0).table, over_time(rows)
    lived = follow(rows, steady, lines(rows), steady["seats"].to_numpy(np.float64))
    assert lived["service_level"][AT_20] == pytest.approx(short, abs=0.02)
    assert found.table["service_level"][AT_20] == pytest.approx(level, abs=0.02)
    assert found.seat_hours == pytest.approx(hours, rel=within)
    followed = found.table["binding"] == "course"
    assert followed[AT_20]
    assert not followed[:AT_20].any()
    assert (found.table["seats"] == steady["seats"])[~followed].all()


def test_ordinary_days_are_left_alone() -> None:
    """The day after the evening, without a jump, is that of steady state byte for byte."""
    rows = demand({"S": EVENING}, {"S": PHONE}, days=2)
    calm = rows["date"] > pd.Timestamp(START)
    rows.loc[calm, "contacts"] = rows.loc[calm, "noise"] = 90.0
    steady, found = required(rows, MEAN, 0.0).table, over_time(rows).table
    later = steady["date"] > pd.Timestamp(START)
    assert found[later].to_csv() == steady[later].to_csv()
    assert found[~later].to_csv() != steady[~later].to_csv()


def test_a_capped_evening_pays_later() -> None:
    """80 seats at 20:00 answer .33 in time, and the next two half hours .63 and .89.

    The measured loads after 20:00 are not known, hence the width there.
    """
    rows = demand({"S": EVENING}, {"S": CHAT})
    table = required(rows, MEAN, 0.0).table
    seats = table["seats"].to_numpy(np.float64)
    seats[AT_20] = 80
    lived = follow(rows, table, lines(rows), seats)
    at_20, at_2030, at_21 = lived["service_level"][AT_20 : AT_20 + 3]
    assert at_20 == pytest.approx(0.33, abs=0.02)
    assert at_2030 == pytest.approx(0.63, abs=0.05)
    assert at_21 == pytest.approx(0.89, abs=0.05)
    assert lived["queue_end"][AT_20] > 8
