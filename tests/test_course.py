"""Half hours followed through the day: the promotion evening, and what a roster does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from staffing.queue import serve, serve_chats
from staffing.scenario import SeatSettings
from staffing.seats import SeatRequirement, demand_by_shop, erlang, follow_roster, required
from staffing.seats.chat import Profile, measures
from staffing.seats.course import follow
from staffing.seats.doubt import volumes
from staffing.seats.lines import lines
from staffing.seats.shape import five_minute_shape
from staffing.seats.transient import Course, transient
from tests.series import START, Row, expected, scenario, workspace

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
PROFILE = Profile(aht_s=(180.0,), answer_within_s=20.0, level=0.8)
"""The phone, as a queue."""
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


def courses(rows: pd.DataFrame, seats: Sequence[float]) -> pd.DataFrame:
    """Return what seats do to contacts."""
    table = required(rows, MEAN, 0.0).table
    return follow(rows, table, lines(rows), np.asarray(seats, dtype=np.float64))


JUMP = [20.0, 130.0, 90.0, 40.0]


@pytest.mark.parametrize(
    ("shop", "seats"),
    [
        ({**PHONE, "answer_within_s": 60.0, "patience_s": np.nan}, [4, 10, 13, 13]),
        ({**CHAT, "patience_s": 150.0}, [3, 13, 16, 16]),
    ],
    ids=["phone", "impatient chat"],
)
def test_a_jump_as_in_the_event_simulation(shop: Row, seats: list[int]) -> None:
    """A jump, its backlog and a rise of seats: within two points of contacts served one by one."""
    found = courses(demand({"S": JUMP}, {"S": shop}), seats)
    level, left, waited = simulated(shop, seats, runs=600)
    np.testing.assert_allclose(found["service_level"], level, atol=0.02)
    np.testing.assert_allclose(found["abandoned"], left, atol=0.02)
    np.testing.assert_allclose(found["asa_s"], waited, rtol=0.08, atol=3.0)


def simulated(
    shop: Row, seats: Sequence[int], *, runs: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return service level, share lost and mean wait of each half hour by `staffing.queue`.

    The runs follow one another, each once the queue of the one before has long been answered.
    """
    random = np.random.default_rng(5)
    most, mean_s = int(float(str(shop.get("concurrency", 1)))), float(str(shop.get("patience_s")))
    number = random.poisson(five_minute_shape(JUMP).ravel(), (runs, 6 * len(JUMP)))
    begin_s = 3600.0 * (len(JUMP) + 2) * np.arange(runs)[:, None]
    arrivals = np.repeat((begin_s + 300.0 * np.arange(number.shape[1])).ravel(), number.ravel())
    arrivals = np.sort(arrivals + random.uniform(0, 300.0, len(arrivals)))
    work, patience = random.exponential(size=(2, len(arrivals)))
    patience = patience * mean_s if np.isfinite(mean_s) else np.full(len(arrivals), np.inf)
    change_s = (begin_s + 1800.0 * np.arange(len(seats))).ravel()
    count, aht_s = np.tile(seats, runs), float(str(shop["aht_s"]))
    if most == 1:
        wait_s = serve(arrivals, work * aht_s, patience, change_s, count)
    else:
        curve = np.linspace(float(str(shop["aht_alone_s"])), aht_s, most)
        wait_s = serve_chats(arrivals, work, patience, change_s, count, curve).wait_s
    lost = np.isnan(wait_s)
    wait_s = np.where(lost, patience, wait_s)
    good = ~lost & (wait_s <= float(str(shop["answer_within_s"])))
    half = (arrivals % begin_s[1] // 1800).astype(np.int64)
    came, answered, left, waited = (
        np.bincount(half, each, len(seats)) for each in (np.ones(len(half)), good, lost, wait_s)
    )
    return answered / came, left / came, waited / came


@pytest.mark.parametrize("shop", [CHAT, PHONE, {**CHAT, "patience_s": 90.0}])
def test_all_at_once_as_one_alone(shop: Row) -> None:
    """Two pools of unequal days followed together are each followed alone, within 0.005."""
    long = [30.0, 80.0, 200.0, 120.0, 60.0, 0.0, 40.0, 50.0]
    shops: dict[str, Row] = {"A": {**shop, "pool": "A"}, "B": {**shop, "pool": "B"}}
    rows = demand({"A": long, "B": long[:5]}, shops, [])
    seats = [5, 9, 17, 20, 8, 0, 6, 7]
    found = courses(rows, [*seats, *seats[:5]])
    lone = alone(long, seats, shop)
    shorter = alone(long[:5], seats[:5], shop)
    for name, within in (("service_level", 0.005), ("abandoned", 0.005), ("occupancy", 0.005)):
        expected_ = [*getattr(lone, name), *getattr(shorter, name)]
        np.testing.assert_allclose(found[name], expected_, atol=within)
    for name in ("asa_s", "queue_end"):
        expected_ = [*getattr(lone, name), *getattr(shorter, name)]
        np.testing.assert_allclose(found[name], expected_, rtol=0.03, atol=0.2)


def alone(contacts: list[float], seats: list[int], shop: Row) -> Course:
    """Return the course of one queue by `transient`."""
    most, aht_s = int(float(str(shop.get("concurrency", 1)))), float(str(shop["aht_s"]))
    curve = np.linspace(float(str(shop.get("aht_alone_s", aht_s))), aht_s, most)
    profile = Profile(
        aht_s=tuple(curve.tolist() if most > 1 else [aht_s]),
        answer_within_s=float(str(shop["answer_within_s"])),
        level=0.5,
        patience_s=float(str(shop.get("patience_s", np.inf))),
    )
    return transient(five_minute_shape(contacts), seats, profile)


def test_answer_slots_are_chats_of_equal_handle_times() -> None:
    """Two slots a seat are the chat queue of two equal handle times."""
    shop: Row = {"aht_s": 300.0, "concurrency": 2.0, "answer_within_s": 60.0}
    found = courses(demand({"S": JUMP}, {"S": shop}, []), [3, 10, 14, 9])
    profile = Profile(aht_s=(300.0, 300.0), answer_within_s=60.0, level=0.8)
    lone = transient(five_minute_shape(JUMP), [3, 10, 14, 9], profile)
    np.testing.assert_allclose(found["service_level"], lone.service_level, atol=0.005)


def test_a_mixed_pool_has_the_slots_of_its_mean_concurrency() -> None:
    """Shops of two and of four chats a seat share floor(seats × their mean) slots."""
    shops: dict[str, Row] = {"A": {"concurrency": 2.0}, "B": {"concurrency": 4.0}}
    rows = demand({"A": [60.0] * 6, "B": [60.0] * 6}, shops, [])
    found = courses(rows, [7] * 6)
    slots = 18  # 7 seats of 8/3, the mean by work per agent
    level = erlang.service_level(slots, 120 * 240 / 1800, 240.0, 20.0)
    assert found["service_level"].iloc[-1] == pytest.approx(float(level), abs=0.005)


def test_a_seat_in_part_lies_between() -> None:
    """6.4 seats of a chat queue do four tenths of what a seventh would add to six."""
    rows = demand({"S": [60.0] * 6}, {"S": CHAT}, [])
    low, part, high = (courses(rows, [n] * 6)["service_level"] for n in (6, 6.4, 7))
    np.testing.assert_allclose(part, low + 0.4 * (high - low), atol=1e-9)
    assert (high > low + 0.01).all()


def test_the_strictest_target_decides() -> None:
    """At a jump the shop that asks the most sets the seats of the pool, and both are met."""
    slack: Row = {"aht_s": 180.0, "target_level": 0.7, "answer_within_s": 180.0}
    strict: Row = {"aht_s": 180.0, "target_level": 0.9, "answer_within_s": 20.0}
    half = [n / 2 for n in EVENING]

    def at_20(a: Row, b: Row) -> int:
        table = over_time(demand({"A": half, "B": half}, {"A": a, "B": b})).table
        assert table["binding"][AT_20] == "course"
        return int(table["seats"][AT_20])

    assert at_20(slack, strict) == at_20(strict, slack) == at_20(strict, strict)
    assert at_20(slack, slack) < at_20(strict, strict)


def test_shrinkage_is_added_to_what_was_followed() -> None:
    """With 20 % shrinkage the followed seats are divided by 0.8 once, and achieve the same."""
    rows = demand({"S": EVENING}, {"S": PHONE})
    plain = over_time(rows).table
    away = over_time(rows, SeatSettings(max_occupancy=1.0, demand="mean", shrinkage=0.2)).table
    assert away["seats"].tolist() == np.ceil(plain["seats"] / 0.8 - 1e-9).tolist()
    assert away["service_level"].tolist() == plain["service_level"].tolist()


def test_occupancy_still_caps() -> None:
    """A followed half hour has no fewer seats than the cap on occupancy asks for."""
    rows = demand({"S": EVENING}, {"S": PHONE})
    table = over_time(rows, SeatSettings(max_occupancy=0.6, demand="mean")).table
    assert table["seats"][AT_20] == np.ceil(1000 * 180 / 1800 / 0.6)
    assert table["binding"][AT_20] == "occupancy"


def test_doubt_is_paid_on_top() -> None:
    """With 20 % of doubt the expected level reaches the target; seats for the mean miss it."""
    sure, doubtful = (
        over_time(
            demand({"S": EVENING[:7]}, {"S": PHONE}, relative=0.2),
            SeatSettings(max_occupancy=1.0, demand=told),
        ).table["seats"]
        for told in ("mean", "expected")
    )
    shape = five_minute_shape(EVENING[:7], phase_starts=[AT_20])
    (drawn,) = volumes(np.array([1000.0]), np.array([1000.0 + 200.0**2])) / 1000

    def level(seats: pd.Series) -> float:
        lived = [transient(shape * x, seats, PROFILE) for x in drawn[1::3]]
        return float(np.mean([each.service_level[AT_20] for each in lived]))

    assert 0.8 <= level(doubtful) < 0.88
    assert level(sure) < 0.75


def test_only_the_shop_whose_phase_begins_comes_early() -> None:
    """A sale on another platform leaves the shop's half hour as it was, and needs fewer seats."""
    own = over_time(demand({"S": EVENING}, {"S": PHONE})).table
    other = over_time(demand({"S": EVENING}, {"S": PHONE}, [{**SALE, "platform": "JD"}])).table
    assert other["seats"][AT_20] < own["seats"][AT_20] - 10


def test_a_phase_opens_in_one_half_hour() -> None:
    """Of a phase from 20:10 the half hour at 20:00 is its opening, and none of the next day."""
    begins = [{"start": f"{START} 20:10", "end": f"{START + pd.Timedelta(days=2)} 00:00"}]
    rows = demand({"S": EVENING}, {"S": PHONE}, begins, days=2)
    assert rows.index[rows["opens_phase"]].tolist() == [AT_20]


def test_what_an_impatient_pool_achieves() -> None:
    """ASA and occupancy of a pool whose customers lose patience are those of its own queue."""
    shop: Row = {**CHAT, "patience_s": 120.0}
    row = required(demand({"S": [60.0]}, {"S": shop}), MEAN, 0.0).table.iloc[0]
    profile = Profile(
        aht_s=(360.0, 435.0, 510.0), answer_within_s=30.0, level=0.9, patience_s=120.0
    )
    theory = measures(profile, row["seats"], 60 / 1800)
    assert row["asa_s"] == pytest.approx(float(theory.asa_s))
    assert row["occupancy"] == pytest.approx(float(theory.occupancy))
    assert row["occupancy"] < row["load_erl"] / (3 * row["seats"]) - 0.01


def test_a_roster_is_followed_without_what_shrinkage_takes() -> None:
    """Half hours that the roster does not list have nobody; a fifth of the seats is not there."""
    made = workspace({"S": np.ones(1)}, shops={"S": PHONE})
    told = expected({"S": [100.0] * 4})
    away = scenario(START, 1, seats=SeatSettings(demand="mean", shrinkage=0.2))
    requirement = required(demand_by_shop(made, told), away.seats, 0.0)
    covered = requirement.table[["pool", "slot"]].assign(rostered=20.0).iloc[:3]
    found = follow_roster(made, away, told, requirement, covered)
    alike = transient(five_minute_shape([100.0] * 4), [16, 16, 16, 0], PROFILE)
    np.testing.assert_allclose(found["service_level"], alike.service_level, atol=0.005)
    assert found["queue_end"].iloc[-1] > 90
    assert found["start"].tolist() == requirement.table["start"].tolist()
