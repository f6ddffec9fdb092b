"""One seat more or less: the curve against closed forms, the requirement and what must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.publish.curve import render, specification
from staffing.scenario import SeatSettings
from staffing.seats import demand_by_shop, erlang, required
from staffing.seats.curve import OFFSETS, Curve, curve
from staffing.seats.doubt import volumes
from staffing.words import LANGS
from tests.series import Row, expected, workspace

PHONE: Row = {"aht_s": 180.0, "target_level": 0.8, "answer_within_s": 20.0}
MEAN = SeatSettings(demand="mean", max_occupancy=1.0)


def demanded(
    means: Mapping[str, Sequence[float]],
    shops: Mapping[str, Row] | None = None,
    *,
    relative: float = 0.0,
    days: int = 1,
) -> pd.DataFrame:
    """Return what shops ask of seats that have these contacts a half hour from 09:00 on."""
    made = workspace(
        {shop: np.ones(1) for shop in means}, shops=shops or dict.fromkeys(means, PHONE)
    )
    return demand_by_shop(made, expected(means, relative=relative, days=days))


def drawn(
    means: Mapping[str, Sequence[float]],
    shops: Mapping[str, Row] | None = None,
    chosen: SeatSettings = MEAN,
    **told: object,
) -> pd.DataFrame:
    """Return the curve of shops, a seat-hour costing 30 yuan."""
    demand = demanded(means, shops, **told)  # type: ignore[arg-type]
    return curve(demand, chosen, 0.0, 30.0).table.set_index("offset")


def test_ten_erlangs_are_the_closed_form() -> None:
    """12 to 17 seats for 10 erlangs: Erlang-C at each; the 14th reaches 88.8 % in 20 seconds."""
    made = drawn({"S": [100.0]})
    assert made["seats"].tolist() == [12, 13, 14, 15, 16, 17]
    level = erlang.service_level(made["seats"], 10.0, 180.0, 20.0)
    assert made["service_level"].to_numpy() == pytest.approx(level, rel=1e-12)
    assert made["service_level"][0] == pytest.approx(0.88835, abs=5e-6)
    assert made["asa_s"].to_numpy() == pytest.approx(erlang.asa_s(made["seats"], 10.0, 180.0))
    assert made["occupancy"].to_numpy() == pytest.approx(10 / made["seats"])
    assert made["late"].to_numpy() == pytest.approx(100 * (1 - level))
    assert made["abandoned"].isna().all()
    assert made["target"].tolist() == pytest.approx([0.8] * 6)


def test_patience_is_erlang_a() -> None:
    """Where a patience is told, abandonment, level and ASA are those of Erlang A."""
    made = drawn({"S": [100.0]}, {"S": {**PHONE, "patience_s": 120.0}})
    truth = erlang.erlang_a(made["seats"], 10.0, 180.0, 120.0, 20.0)
    assert made["abandoned"].to_numpy() == pytest.approx(100 * truth.abandoned, rel=1e-9)
    assert made["service_level"].to_numpy() == pytest.approx(truth.service_level, rel=1e-9)
    assert made["asa_s"].to_numpy() == pytest.approx(truth.asa_s, rel=1e-9)
    assert (made["abandoned"] <= made["late"]).all()


def test_cost_is_hours_times_price() -> None:
    """Half an hour at 30 yuan is 15 yuan a seat; a saved contact costs what the step costs."""
    made = drawn({"S": [100.0]})
    assert made["cost"].tolist() == [15.0 * seats for seats in made["seats"]]
    in_time = 100 - made["late"][0]
    assert made["cost_per_contact"][0] == pytest.approx(15 * 14 / in_time)
    saved = made["late"][-1] - made["late"][0]
    assert made["cost_per_saved"][0] == pytest.approx(15 / saved)
    assert np.isnan(made["cost_per_saved"][-2])


def test_shrinkage_is_paid_and_not_met() -> None:
    """A fifth lost: 18 seats are rostered and paid for 14 at work, who serve as 14 do."""
    made = drawn({"S": [100.0]}, chosen=MEAN.model_copy(update={"shrinkage": 0.2}))
    assert made["seats"][0] == 14
    assert made["seat_hours"][0] == 18 / 2
    assert made["service_level"][0] == pytest.approx(0.88835, abs=5e-6)


def test_doubt_is_averaged_as_the_requirement_averages_it() -> None:
    """With a doubtful forecast the level is the mean over the volumes contacts see."""
    chosen = SeatSettings(max_occupancy=1.0)
    made = drawn({"S": [100.0]}, chosen=chosen, relative=0.2)
    seen = volumes(np.array([100.0]), np.array([100.0 + 400.0]))[0]
    for seats, level in zip(made["seats"], made["service_level"], strict=True):
        truth = erlang.service_level(seats, seen * 0.1, 180.0, 20.0).mean()
        assert level == pytest.approx(truth, rel=1e-12)
    assert made["service_level"][-1] < 0.8 <= made["service_level"][0]


@pytest.mark.parametrize("demand", ["expected", "mean", 0.9])
def test_the_recommended_seats_are_the_requirement(demand: str | float) -> None:
    """Offset 0 is the requirement's seats, half hour by half hour, with what set them."""
    means = {"A": [3.0, 40.0, 0.0, 90.0], "B": [8.0, 5.0, 0.0, 60.0]}
    shops = {
        "A": {**PHONE, "min_seats": 2.0},
        "B": {**PHONE, "answer_within_s": 60.0, "target_level": 0.95, "pool": "P"},
    }
    chosen = SeatSettings(demand=demand, max_occupancy=0.7, shrinkage=0.1)
    told = demanded(means, shops, relative=0.3, days=2)
    truth = required(told, chosen, 0.2, over_time=True).table
    for at_min in (540, 570, 600, 630):
        at = (truth["start"].dt.hour * 60 + truth["start"].dt.minute) == at_min
        made = curve(told, chosen, 0.2, 30.0, at_min=at_min, by_day=True)
        now = made.table[made.table["required"]]
        assert now["seat_hours"].tolist() == (truth["seats"][at] / 2).tolist()
        for name in ("service_level", "occupancy", "presence"):
            assert now[f"by_{name}"].tolist() == (truth["binding"][at] == name).tolist()


def test_of_many_half_hours_days_are_averaged_and_contacts_weigh() -> None:
    """A curve over two days is per day; the level weighs half hours by their contacts."""
    means = {"S": [100.0, 10.0]}
    one, two = drawn(means), drawn(means, days=2)
    pd.testing.assert_frame_equal(one, two)
    apart = [drawn({"S": [each]}) for each in means["S"]]
    weighed = sum(each["service_level"] * each["contacts"] for each in apart) / 110
    assert one["service_level"].to_numpy() == pytest.approx(weighed.to_numpy())
    assert one["cost"][0] == sum(each["cost"][0] for each in apart)


def test_each_shop_is_held_to_its_own_threshold() -> None:
    """Of two shops in a pool each counts what is answered within its own seconds."""
    shops = {"A": PHONE, "B": {**PHONE, "answer_within_s": 120.0}}
    made = drawn({"A": [60.0], "B": [40.0]}, shops)
    levels = [erlang.service_level(made["seats"], 10.0, 180.0, within) for within in (20.0, 120.0)]
    assert made["service_level"].to_numpy() == pytest.approx(0.6 * levels[0] + 0.4 * levels[1])


@settings(max_examples=20, deadline=None)
@given(
    contacts=st.lists(st.floats(0, 200), min_size=1, max_size=4),
    aht_s=st.floats(30, 900),
    patience_s=st.sampled_from([np.nan, 60.0]),
    concurrency=st.sampled_from([1.0, 3.0]),
    relative=st.floats(0, 0.4),
)
def test_more_seats_serve_better_and_cost_more(
    contacts: list[float], aht_s: float, patience_s: float, concurrency: float, relative: float
) -> None:
    """Service level never falls, late, abandoned, ASA and occupancy never rise; cost rises."""
    shop = {**PHONE, "aht_s": aht_s, "patience_s": patience_s, "concurrency": concurrency}
    made = drawn({"S": contacts}, {"S": shop}, SeatSettings(), relative=relative)
    assert (made["service_level"].diff().dropna() >= -1e-9).all()
    assert made["service_level"].between(0, 1).all()
    assert (made["cost"].diff().dropna() > 0).all()
    for name in ("late", "abandoned", "occupancy", "asa_s"):
        later, sooner = made[name].to_numpy()[1:], made[name].to_numpy()[:-1]
        assert np.isnan(later).all() or (later <= sooner + 1e-9).all()


def test_an_empty_floor_is_not_emptied_again() -> None:
    """One required seat: offset -1 has none, -2 is left out; nobody answers, everybody waits."""
    made = drawn({"S": [0.2]}, {"S": {**PHONE, "answer_within_s": 60.0}})
    assert made.index.tolist() == [-1, 0, 1, 2, 3]
    assert made["seats"][0] == 1
    assert made["service_level"][-1] == 0
    assert made["asa_s"][-1] == np.inf
    assert made["occupancy"][-1] == 1


def test_without_contacts_all_is_served() -> None:
    """Nothing comes: level 1, nobody busy, no cost per contact, and no contact to save."""
    made = drawn({"S": [0.0]}, {"S": {**PHONE, "min_seats": 1.0}})
    assert made["service_level"].tolist() == [1.0] * 5
    assert made["occupancy"].tolist() == [0.0] * 5
    assert made["asa_s"].tolist() == [0.0] * 5
    assert made["cost_per_contact"].isna().all()
    assert np.isinf(made["cost_per_saved"].iloc[1:]).all()


def test_days_and_half_hours_are_chosen() -> None:
    """A day, and a half hour of it, have the rows of that day; other pools are apart."""
    shops = {"A": PHONE, "B": {**PHONE, "pool": "Q"}}
    told = demanded({"A": [100.0, 50.0], "B": [20.0, 20.0]}, shops, days=3)
    day = told["date"].unique()[1]
    made = curve(told, MEAN, 0.0, 30.0, days=[day], at_min=570, by_day=True)
    assert isinstance(made, Curve)
    assert made.table["date"].unique().tolist() == [day]
    assert (made.table["half_hours"] == 1).all()
    assert made.table.groupby("pool").size().to_dict() == {"P": len(OFFSETS), "Q": len(OFFSETS)}
    assert made.table.groupby("pool")["contacts"].first().to_dict() == {"P": 50.0, "Q": 20.0}


def test_a_drawing_has_every_row_and_no_endless_number() -> None:
    """A panel each for level, occupancy and cost, with target and cap; what is endless is null."""
    told = demanded({"A": [0.2], "B": [100.0]}, {"A": {**PHONE, "pool": "<Q>"}, "B": PHONE})
    made = curve(told, MEAN, 0.0, 30.0, at_min=540)
    for lang in LANGS:
        drawn = specification(made, lang)
        titles = [row["title"]["text"] for row in drawn["vconcat"]]
        assert titles == ["<Q> 09:00", "P 09:00"]
        panels = [panel for row in drawn["vconcat"] for panel in row["hconcat"]]
        rows = [drawn["datasets"][panel["data"]["name"]] for panel in panels]
        assert [len(each) for each in rows] == [5, 5, 5, 6, 6, 6]
        assert rows[0][0]["asa_s"] is None
        assert [row["target"] for row in rows[3]] == [0.8] * 6
        assert [row["required"] for row in rows[3]] == [False, False, True, False, False, False]
        page = render(made, ".html", lang).decode()
        assert "<Q>" not in page
        assert not re.search(r"""(src|href)=["']?https?:""", page)
        assert render(made, ".svg", lang) == render(made, ".svg", lang)
