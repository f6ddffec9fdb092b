"""The seats a pool needs, against closed forms and what must hold for any pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.forecast import forecast, history
from staffing.scenario import SeatSettings
from staffing.seats import SeatRequirement, demand_by_shop, erlang, seats
from tests.series import START, Row, day_after, expected, scenario, workspace


def required(
    means: Mapping[str, Sequence[float]],
    shops: Mapping[str, Row] | None = None,
    chosen: SeatSettings | None = None,
    relative: float = 0.0,
) -> SeatRequirement:
    """Return the requirement of shops with these contacts a half hour, occupancy uncapped."""
    made = workspace({shop: np.ones(1) for shop in means}, shops=shops)
    told = scenario(START, 1, seats=chosen or SeatSettings(max_occupancy=1.0))
    return seats(made, told, expected(means, relative=relative))


def number(means: float, shop: Row, chosen: SeatSettings | None = None) -> int:
    """Return the seats of one shop with one half hour of contacts."""
    return int(required({"S": [means]}, {"S": shop}, chosen).table["seats"].iloc[0])


@pytest.mark.parametrize(
    ("contacts", "aht_s", "level", "within_s", "answer"),
    [(100, 180, 0.8, 20, 14), (125, 330, 0.8, 30, 28), (50, 752, 0.9, 20, 28)],
)
def test_worked_numbers(
    contacts: float, aht_s: float, level: float, within_s: float, answer: int
) -> None:
    """Published Erlang-C cases come out of the whole stage."""
    shop = {"aht_s": aht_s, "target_level": level, "answer_within_s": within_s}
    assert number(contacts, shop) == answer


def test_what_the_seats_achieve_is_the_closed_form() -> None:
    """14 seats for 10 erlangs answer 88.8 % in 20 seconds and keep people busy 71 %."""
    row = required({"S": [100.0]}, {"S": {"aht_s": 180.0}}).table.iloc[0]
    assert row["service_level"] == pytest.approx(0.88835, abs=5e-6)
    assert row["asa_s"] == pytest.approx(7.836, abs=5e-4)
    assert row["occupancy"] == pytest.approx(10 / 14)
    assert row["binding"] == "service_level"


def test_history_to_seats() -> None:
    """A shop that had 100 contacts in every half hour for weeks is given 14 seats."""
    flat = np.where(np.arange(48) >= 18, 1 / 30, 0.0)
    values = np.full(70, 3000.0)
    made = workspace({"S": values}, shops={"S": {"aht_s": 180.0}}, hourly={"S": flat})
    told = scenario(day_after(values), 2, seats=SeatSettings(max_occupancy=1.0))
    found = seats(made, told, forecast(made, told, history(made)))
    assert set(found.table["seats"]) == {14}
    assert found.seat_hours == 2 * 15 * 14


@settings(max_examples=25)
@given(
    contacts=st.floats(0, 400),
    aht_s=st.floats(30, 900),
    level=st.floats(0.5, 0.95),
    more=st.floats(1.0, 1.5),
)
def test_seats_never_fall_as_more_is_asked(
    contacts: float, aht_s: float, level: float, more: float
) -> None:
    """More contacts, longer ones, a higher target: never fewer seats."""
    usual = {"aht_s": aht_s, "target_level": level}
    base = number(contacts, usual)
    assert number(contacts * more, usual) >= base
    assert number(contacts, usual | {"aht_s": aht_s * more}) >= base
    assert number(contacts, usual | {"target_level": min(level * more, 0.99)}) >= base
    assert number(contacts, usual | {"answer_within_s": 20.0 / more}) >= base


def test_occupancy_is_capped() -> None:
    """Where the target alone would keep people too busy the cap sets the seats, and says so."""
    shop: Row = {"aht_s": 180.0, "target_level": 0.5, "answer_within_s": 120.0}
    row = required({"S": [400.0]}, {"S": shop}, SeatSettings(max_occupancy=0.8)).table.iloc[0]
    assert row["seats"] == 50
    assert row["binding"] == "occupancy"
    assert row["occupancy"] == pytest.approx(0.8)


def test_presence_is_kept_without_contacts() -> None:
    """A half hour without contacts needs nobody but whom the shop wants present."""
    assert number(0.0, {}) == 0
    row = required({"S": [0.0]}, {"S": {"min_seats": 2.0}}).table.iloc[0]
    assert row["seats"] == 2
    assert row["binding"] == "presence"
    assert row["service_level"] == 1.0


def test_the_strictest_target_of_a_pool_is_met() -> None:
    """Shops that share a queue get the seats of the most demanding among them."""
    slack: Row = {"target_level": 0.7, "answer_within_s": 180.0}
    strict: Row = {"target_level": 0.95, "answer_within_s": 10.0}
    both = required({"A": [40.0], "B": [40.0]}, {"A": slack, "B": strict})
    alone = required({"A": [40.0], "B": [40.0]}, {"A": strict, "B": strict})
    assert both.table["seats"].tolist() == alone.table["seats"].tolist()


def test_service_level_counts_each_shop_by_its_own_threshold() -> None:
    """A pool's level is the contact-weighted mean of its shops' levels at their thresholds."""
    shops: dict[str, Row] = {
        "A": {"answer_within_s": 10.0, "target_level": 0.5},
        "B": {"answer_within_s": 120.0, "target_level": 0.5},
    }
    row = required({"A": [30.0], "B": [60.0]}, shops).table.iloc[0]
    load = 90 * 240 / 1800
    each = erlang.service_level(int(row["seats"]), load, 240.0, np.array([10.0, 120.0]))
    assert row["service_level"] == pytest.approx((30 * each[0] + 60 * each[1]) / 90)


@settings(max_examples=25)
@given(st.lists(st.floats(1, 60), min_size=2, max_size=6))
def test_pooling_never_needs_more(volumes: list[float]) -> None:
    """Shops in one pool need no more seats than each on its own."""
    means = {f"S{i}": [volume] for i, volume in enumerate(volumes)}
    apart: dict[str, Row] = {shop: {"pool": shop} for shop in means}
    together, separate = required(means), required(means, apart)
    assert together.table["seats"].sum() <= separate.table["seats"].sum()


def test_a_pool_of_two_aht_has_their_load() -> None:
    """Loads of different handle times add up, and the pool's AHT is their weighted mean."""
    shops: dict[str, Row] = {"A": {"aht_s": 100.0}, "B": {"aht_s": 400.0}}
    row = required({"A": [30.0], "B": [10.0]}, shops).table.iloc[0]
    assert row["load_erl"] == pytest.approx((30 * 100 + 10 * 400) / 1800)
    assert row["aht_s"] == pytest.approx(175.0)


def test_chat_holds_several_contacts_a_seat() -> None:
    """120 chats an hour of 540 s at three a seat need eight seats for 90 % in 30 s."""
    shop = {"aht_s": 540.0, "concurrency": 3.0, "target_level": 0.9, "answer_within_s": 30.0}
    assert number(60.0, shop) == 8


@pytest.mark.parametrize(
    ("contacts", "shop", "answer"),
    [
        (60, {"aht_alone_s": 360.0}, 8),
        (60, {"aht_alone_s": 360.0, "patience_s": 120.0}, 7),
        (600, {"aht_alone_s": 360.0}, 64),
        (100, {"aht_s": 180.0, "concurrency": 1.0, "target_level": 0.8, "answer_within_s": 20.0,
               "patience_s": 180.0}, 12),
    ],
)  # fmt: skip
def test_chats_that_slow_each_other_and_customers_who_leave(
    contacts: float, shop: Row, answer: int
) -> None:
    """The fewest seats of simulated chat and phone queues come out of the whole stage."""
    chat: Row = {"aht_s": 540.0, "concurrency": 3.0, "target_level": 0.9, "answer_within_s": 30.0}
    plain = SeatSettings(max_occupancy=1.0, demand="mean")
    assert number(contacts, {**chat, **shop}, plain) == answer


def test_what_a_chat_queue_achieves_is_said() -> None:
    """The level beside the seats is that of the queue they were found with."""
    shop: Row = {"aht_s": 540.0, "aht_alone_s": 360.0, "concurrency": 3.0, "answer_within_s": 30.0}
    plain = SeatSettings(max_occupancy=1.0, demand="mean")
    row = required({"S": [60.0]}, {"S": {**shop, "target_level": 0.9}}, plain).table.iloc[0]
    assert row["service_level"] == pytest.approx(0.953, abs=5e-4)


def test_half_hours_with_longer_contacts_move_the_whole_curve() -> None:
    """Twice the handle time in half the half hours needs what twice the contacts would."""
    shop: Row = {"aht_s": 300.0, "aht_alone_s": 200.0, "concurrency": 3.0}
    made = workspace({"S": np.ones(1)}, shops={"S": shop})
    told = scenario(START, 1, seats=SeatSettings(max_occupancy=1.0, demand="mean"))
    forecast_ = expected({"S": [60.0, 60.0]})
    longer = replace(forecast_, table=forecast_.table.assign(aht_s=[300.0, 600.0]))
    short, long = seats(made, told, longer).table["seats"]
    more = seats(made, told, expected({"S": [60.0, 120.0]})).table["seats"]
    assert short == more.iloc[0]
    assert abs(long - more.iloc[1]) <= 1


def test_the_bot_takes_its_share() -> None:
    """Of 200 contacts the bot resolves half: the people see 100."""
    row = required({"S": [200.0]}, {"S": {"aht_s": 180.0, "bot_deflection": 0.5}}).table.iloc[0]
    assert row["contacts"] == pytest.approx(100.0)
    assert row["seats"] == 14


def test_a_bot_keeps_poisson_contacts_poisson() -> None:
    """What is left of Poisson contacts after the bot has a variance equal to its mean."""
    made = workspace({"S": np.ones(1)}, shops={"S": {"bot_deflection": 0.3}})
    rows = demand_by_shop(made, expected({"S": [50.0]}))
    assert rows["noise"].iloc[0] == pytest.approx(rows["contacts"].iloc[0])


def test_shrinkage_is_added_once() -> None:
    """With 30 % shrinkage 14 people at work are 20 on duty, who achieve what 14 do."""
    shop: Row = {"aht_s": 180.0}
    away = SeatSettings(max_occupancy=1.0, shrinkage=0.3)
    row = required({"S": [100.0]}, {"S": shop}, away).table.iloc[0]
    assert row["seats"] == 20
    assert row["service_level"] == pytest.approx(0.88835, abs=5e-6)


@pytest.mark.parametrize("relative", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("volume", [0.1, 3.0, 200.0])
def test_a_high_quantile_buys_at_least_the_seats_of_the_mean(
    relative: float, volume: float
) -> None:
    """Staffing for the 80 % quantile of the demand never buys less than for its mean."""
    safe = SeatSettings(max_occupancy=1.0, demand=0.8)
    plain = SeatSettings(max_occupancy=1.0, demand="mean")
    mean = required({"S": [volume]}, chosen=plain, relative=relative).table.iloc[0]
    high = required({"S": [volume]}, chosen=safe, relative=relative).table.iloc[0]
    assert high["seats"] >= mean["seats"]
    assert high["planned_contacts"] >= mean["planned_contacts"]


def test_a_certain_forecast_needs_no_safety() -> None:
    """Erlang-C has the arrivals' luck in it: a quantile adds nothing to a certain rate."""
    safe = SeatSettings(max_occupancy=1.0, demand=0.95)
    assert number(100.0, {"aht_s": 180.0}, safe) == 14


def test_a_doubtful_forecast_buys_more() -> None:
    """Ten percent of doubt about a hundred contacts costs about a seat at the 90 % quantile."""
    safe = SeatSettings(max_occupancy=1.0, demand=0.9)
    row = required({"S": [100.0]}, {"S": {"aht_s": 180.0}}, safe, relative=0.1).table.iloc[0]
    assert row["planned_contacts"] == pytest.approx(113.0, abs=0.5)
    assert row["seats"] == 15


def test_only_open_half_hours_of_a_shop_count() -> None:
    """In a pool of two shops a half hour has the contacts of those that are open in it."""
    made = workspace({"A": np.ones(1), "B": np.ones(1)})
    early = expected({"A": [10.0, 10.0]}, first_slot=18)
    late = expected({"B": [5.0, 5.0]}, first_slot=19)
    both = type(early)(
        table=pd.concat([early.table, late.table]),
        daily=pd.concat([early.daily, late.daily]),
        backtest=early.backtest,
    )
    found = seats(made, scenario(START, 1), both).table
    assert found["contacts"].tolist() == [10.0, 15.0, 5.0]
    assert found["slot"].tolist() == [18, 19, 20]


def test_a_forecast_handle_time_moves_its_half_hours_alone() -> None:
    """Contacts that take twice as long in the evening buy evening seats, and no morning ones."""
    made = workspace({"S": np.ones(1)})
    plain = expected({"S": [40.0] * 30})
    evening = plain.table["slot"] >= 36
    aht_s = np.where(evening, 480.0, 240.0)
    longer = replace(plain, table=plain.table.assign(aht_s=aht_s))
    before, after = (seats(made, scenario(START, 1), each).table for each in (plain, longer))
    assert (after["seats"] > before["seats"]).tolist() == evening.tolist()
    assert after["aht_s"].tolist() == aht_s.tolist()


def test_where_no_handle_time_is_forecast_the_stated_one_counts() -> None:
    """A row whose handle time is unknown has that of the shops table."""
    plain = expected({"S": [40.0] * 2})
    partly = replace(plain, table=plain.table.assign(aht_s=[np.nan, 480.0]))
    made = workspace({"S": np.ones(1)}, shops={"S": {"aht_s": 300.0}})
    assert demand_by_shop(made, partly)["aht_s"].tolist() == [300.0, 480.0]
