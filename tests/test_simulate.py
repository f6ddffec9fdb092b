"""The replay against theory, and what must hold for any roster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from staffing.forecast import Forecast
from staffing.scenario import SeatSettings
from staffing.seats import erlang, seats
from staffing.seats.chat import Profile, measures
from staffing.simulate import Replay, simulate
from staffing.workspace import Workspace
from tests.series import START, Row, expected, scenario, workspace

SOMEBODY: Row = {"name": "somebody", "team": "T", "max_concurrency": np.nan}
SKILL: Row = {"speed": 1.0, "since": pd.NaT}


def people(
    made: Workspace, agents: Mapping[str, Row], skills: Mapping[tuple[str, str], Row]
) -> Workspace:
    """Return the workspace with these agents and skills; rows tell what is not usual."""
    rows = pd.DataFrame([dict(SOMEBODY) | dict(row) for row in agents.values()])
    known = pd.DataFrame(
        [
            {"agent_id": agent, "shop_id": shop} | dict(SKILL) | dict(row)
            for (agent, shop), row in skills.items()
        ],
        columns=["agent_id", "shop_id", "speed", "since"],
    )
    tables = {
        "agents": rows.set_index(pd.Index(list(agents), name="agent_id")),
        "skills": known.assign(since=pd.to_datetime(known["since"])),
    }
    return replace(made, tables={**made.tables, **tables})


def on_duty(rows: Sequence[tuple[str, str, float, float]]) -> pd.DataFrame:
    """Return assignments from agent, pool, first and last hour, counted from START."""
    made = pd.DataFrame(rows, columns=["agent_id", "pool", "begin_h", "end_h"])
    origin = pd.Timestamp(START)
    return made.assign(
        date=origin + pd.to_timedelta(made["begin_h"] // 24, unit="D"),
        start=origin + pd.to_timedelta(60 * made["begin_h"], unit="min"),
        end=origin + pd.to_timedelta(60 * made["end_h"], unit="min"),
        activity="work",
    )


def replayed(
    found: Forecast,
    rostered: float | Sequence[float],
    *,
    shops: Mapping[str, Row] | None = None,
    replications: int = 40,
    seed: int = 1,
    shrinkage: float = 0.0,
) -> Replay:
    """Replay a forecast with so many agents in every half hour of a pool, or in each in turn."""
    names = list(dict.fromkeys(found.table["shop_id"]))
    made = workspace({shop: np.ones(1) for shop in names}, shops=shops)
    days = found.daily["date"].nunique()
    told = scenario(
        START, days, seats=SeatSettings(shrinkage=shrinkage), replications=replications
    ).model_copy(update={"seed": seed})
    required = seats(made, told, found)
    desks = required.table[["pool", "slot"]].assign(number=rostered)
    rows = [
        (f"{row.pool}-{n:02d}", row.pool, row.slot / 2, row.slot / 2 + 0.5)
        for row in desks.itertuples()
        for n in range(int(row.number))
    ]
    agents = {agent: pool for agent, pool, *_ in rows}
    skills = {(agent, shop): {} for agent, pool in agents.items() for shop in made.pools[pool]}
    made = people(made, {key: {} for key in agents or ["nobody"]}, skills)
    return simulate(made, told, found, required, on_duty(rows))


def flat(contacts: float, half_hours: int = 30, days: int = 1, relative: float = 0.0) -> Forecast:
    """Return a forecast of the same contacts in every half hour of one shop."""
    return expected({"S": [contacts] * half_hours}, days=days, relative=relative)


def whole(made: Replay, column: str) -> float:
    """Return the only value of a column."""
    return float(made.table[column].iloc[0])


def test_a_steady_queue_is_that_of_erlang_c() -> None:
    """Over many days M/M/14 with 10 erlangs answers the share and waits the time of theory."""
    shop: Row = {"aht_s": 180.0}
    made = replayed(flat(100.0, days=7), 14.0, shops={"S": shop}, replications=60)
    error = (made.table["high"] - made.table["low"]).mean() / 2 / np.sqrt(7)
    # The day starts with an empty queue, which lifts the level by a few tenths of a point.
    assert made.service_level == pytest.approx(
        float(erlang.service_level(14, 10, 180, 20)), abs=0.004 + error
    )
    assert made.by_pool()["asa_s"].iloc[0] == pytest.approx(
        float(erlang.asa_s(14, 10, 180)), rel=0.1
    )
    assert made.by_pool()["occupancy"].iloc[0] == pytest.approx(10 / 14, rel=0.02)


def test_chat_seats_are_answer_slots() -> None:
    """Five seats of two chats each are ten servers."""
    shop: Row = {"aht_s": 120.0, "concurrency": 2.0}
    made = replayed(flat(100.0, days=7), 5.0, shops={"S": shop})
    theory = float(erlang.service_level(10, 100 * 120 / 1800, 120, 20))
    assert made.service_level == pytest.approx(theory, abs=0.02)


def test_chats_that_slow_each_other_reach_what_theory_says() -> None:
    """Eight agents with up to three chats, 360, 450 and 540 s: 95 % of 120 an hour in 30 s."""
    shop: Row = {
        "aht_s": 540.0,
        "aht_alone_s": 360.0,
        "concurrency": 3.0,
        "answer_within_s": 30.0,
        "target_level": 0.9,
    }
    made = replayed(flat(60.0, days=7), 8.0, shops={"S": shop}, replications=60)
    theory = measures(Profile(aht_s=(360, 450, 540), answer_within_s=30, level=0.9), 8, 1 / 30)
    assert made.service_level == pytest.approx(float(theory.service_level), abs=0.01)
    occupancy = made.by_pool()["occupancy"].iloc[0]
    assert occupancy == pytest.approx(float(theory.occupancy), rel=0.03)


def test_shops_make_up_their_pool() -> None:
    """Contacts add up, and the pool's level is the mean of its shops', weighted by contacts."""
    shops: dict[str, Row] = {"A": {"answer_within_s": 5.0}, "B": {"answer_within_s": 120.0}}
    made = replayed(expected({"A": [30.0] * 10, "B": [50.0] * 10}), 12.0, shops=shops)
    own = made.shops.set_index("shop_id")
    assert own["contacts"].sum() == pytest.approx(whole(made, "contacts"))
    level = (own["contacts"] * own["service_level"]).sum() / own["contacts"].sum()
    assert level == pytest.approx(whole(made, "service_level"))
    assert own.loc["A", "service_level"] < own.loc["B", "service_level"]


def test_fewer_seats_answer_less() -> None:
    """Each seat taken away costs service level."""
    levels = [replayed(flat(60.0), float(n)).service_level for n in (11, 10, 9, 8, 5)]
    assert levels == sorted(levels, reverse=True)
    assert levels[0] - levels[-1] > 0.5


def test_nobody_on_duty_answers_nobody() -> None:
    """Without seats the service level is 0 and every contact is lost."""
    made = replayed(flat(20.0), 0.0)
    assert made.service_level == 0.0
    assert whole(made, "lost") == 1.0
    assert whole(made, "occupancy") == 0.0


def test_half_hours_that_the_roster_does_not_list_have_no_seats() -> None:
    """A pool that the roster forgot is unmanned, not left out."""
    found = flat(20.0, half_hours=2)
    made = people(workspace({"S": np.ones(1)}), {"A": {}}, {("A", "S"): {}})
    told = scenario(START, 1)
    nothing = on_duty([("A", "elsewhere", 9, 18), ("A", "P", 489, 499)])
    replay = simulate(made, told, found, seats(made, told, found), nothing)
    assert replay.table["contacts"].iloc[0] > 0
    assert replay.service_level == 0.0


def test_the_same_seed_gives_the_same_numbers() -> None:
    """A replay can be repeated to the last bit, and another seed differs."""
    one, again = (replayed(flat(30.0), 6.0) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, again.table)
    other = replayed(flat(30.0), 6.0, seed=2)
    assert whole(other, "contacts") != whole(one, "contacts")


def test_contacts_are_those_of_the_forecast() -> None:
    """The days lived have on average the contacts that were forecast."""
    mean = 30 * 50.0
    made = replayed(flat(50.0, relative=0.2), 12.0, replications=300)
    assert whole(made, "contacts") == pytest.approx(mean, rel=0.03)


def test_doubt_about_the_day_costs_service() -> None:
    """Days that may turn out a third busier are served worse with the same seats."""
    certain = replayed(flat(60.0, days=3), 10.0, replications=60)
    doubtful = replayed(flat(60.0, days=3, relative=0.3), 10.0, replications=60)
    assert doubtful.service_level < certain.service_level - 0.03


def test_bursts_within_the_day_cost_service() -> None:
    """Half hours that scatter more than Poisson are served worse with the same seats."""
    steady = expected({"S": [60.0] * 30}, days=3)
    bursty = expected({"S": [60.0] * 30}, days=3, dispersion=6.0)
    calm = replayed(steady, 10.0, replications=60).service_level
    assert replayed(bursty, 10.0, replications=60).service_level < calm - 0.03


def test_each_shop_is_judged_by_its_own_threshold() -> None:
    """In one queue a shop with a long threshold is served better than one with none."""
    found = expected({"A": [30.0] * 30, "B": [30.0] * 30}, days=3)
    within = {}
    for patient, hasty in ((60.0, 60.0), (60.0, 0.0), (0.0, 0.0)):
        shops: dict[str, Row] = {
            "A": {"answer_within_s": patient},
            "B": {"answer_within_s": hasty},
        }
        within[patient, hasty] = replayed(found, 9.0, shops=shops).service_level
    middle = (within[60.0, 60.0] + within[0.0, 0.0]) / 2
    assert within[60.0, 0.0] == pytest.approx(middle, abs=0.01)
    assert within[60.0, 60.0] > within[0.0, 0.0] + 0.1


def test_targets_are_weighted_by_contacts() -> None:
    """A pool's target is its shops' targets by their volume."""
    found = expected({"A": [30.0] * 4, "B": [10.0] * 4})
    shops: dict[str, Row] = {"A": {"target_level": 0.9}, "B": {"target_level": 0.5}}
    assert replayed(found, 9.0, shops=shops).target == pytest.approx(0.8)


def test_impatient_contacts_are_lost() -> None:
    """With little patience an overloaded pool loses contacts; with none known they wait."""
    patient = replayed(flat(60.0, half_hours=10), 6.0)
    hasty = replayed(flat(60.0, half_hours=10), 6.0, shops={"S": {"patience_s": 60.0}})
    assert whole(patient, "lost") == 0.0
    assert 0.1 < whole(hasty, "lost") < 0.6
    assert whole(hasty, "asa_s") < whole(patient, "asa_s")


def test_whoever_waits_at_closing_is_answered_by_the_last_seats() -> None:
    """A queue left at closing time is worked off, so that nobody patient is lost."""
    made = replayed(flat(60.0, half_hours=6), [9.0, 9.0, 9.0, 2.0, 2.0, 2.0])
    assert whole(made, "lost") == 0.0
    assert whole(made, "asa_s") > 600


def test_whoever_still_waits_when_the_pool_opens_again_is_lost() -> None:
    """A queue does not outlive the night: the next day begins without it."""
    found = flat(60.0, half_hours=4, days=2)
    made = replayed(found, [0.0] * 4 + [30.0] * 4)
    assert made.table["lost"].tolist() == [1.0, 0.0]
    assert made.table["service_level"].iloc[1] > 0.99


def test_a_queue_crosses_midnight_at_a_pool_that_never_closes() -> None:
    """Without a closed half hour the backlog of one service day weighs on the next."""
    found = expected({"S": [30.0] * 48}, first_slot=0, days=2)
    shop: Row = {"opens": "00:00", "closes": "24:00"}
    understaffed = [6.0] * 44 + [0.0] * 4 + [6.0] * 48
    backlog = replayed(found, understaffed, shops={"S": shop}).table["service_level"]
    free = replayed(found, 6.0, shops={"S": shop}).table["service_level"]
    assert backlog.iloc[1] < free.iloc[1] - 0.02
    assert replayed(found, understaffed, shops={"S": shop}).table["lost"].max() == 0.0


def test_a_day_without_contacts_is_served_well() -> None:
    """Where nobody comes nothing goes wrong, and nothing is divided by nothing."""
    made = replayed(flat(0.0), 1.0)
    row = made.table.iloc[0]
    assert (row["contacts"], row["service_level"], row["lost"], row["asa_s"]) == (0, 1, 0, 0)
    assert made.service_level == 1.0


def test_more_replications_narrow_the_interval() -> None:
    """Sixteen times the replications have an interval about a quarter as wide."""
    width = {
        number: whole(made, "high") - whole(made, "low")
        for number in (20, 320)
        for made in [replayed(flat(40.0), 6.0, replications=number)]
    }
    assert width[320] == pytest.approx(width[20] / 4, rel=0.5)


def test_the_interval_holds_the_truth() -> None:
    """Of many short replays nearly all 95 % intervals hold the level of a long one."""
    found = flat(40.0, half_hours=6)
    truth = replayed(found, 7.0, replications=1000, seed=99).service_level
    inside = [
        whole(made, "low") <= truth <= whole(made, "high")
        for seed in range(40)
        for made in [replayed(found, 7.0, replications=20, seed=seed)]
    ]
    assert np.mean(inside) >= 0.85


def test_blocks_of_replications_are_all_lived() -> None:
    """A number of replications that fills no whole block counts in full."""
    made = replayed(flat(20.0, half_hours=3), 5.0, replications=73)
    assert made.replications == 73
    assert whole(made, "contacts") * 73 == pytest.approx(round(whole(made, "contacts") * 73))
    assert whole(made, "contacts") == pytest.approx(60.0, rel=0.05)


def test_pools_are_lived_apart() -> None:
    """One pool's empty roster leaves another's service alone."""
    found = expected({"A": [20.0] * 6, "B": [20.0] * 6})
    shops: dict[str, Row] = {"A": {"pool": "PA"}, "B": {"pool": "PB"}}
    made = replayed(found, [0.0] * 6 + [12.0] * 6, shops=shops).by_pool()
    level = dict(zip(made["pool"], made["service_level"], strict=True))
    assert level["PA"] == 0.0
    assert level["PB"] > 0.99


def test_forecast_handle_times_are_lived() -> None:
    """Half hours whose contacts take twice as long keep the seats twice as busy."""
    found = flat(20.0)
    slow = replace(found, table=found.table.assign(aht_s=480.0))
    usual, longer = (replayed(each, 14.0, replications=100) for each in (found, slow))
    assert whole(longer, "occupancy") == pytest.approx(2 * whole(usual, "occupancy"), rel=0.1)
