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
from staffing.simulate.desks import floors
from staffing.simulate.sampled import demand_of
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
        columns=["agent_id", "shop_id", "speed", "since", "ramp_days"],
    )
    tables = {
        "agents": rows.set_index(pd.Index(list(agents), name="agent_id")),
        "skills": known.assign(since=pd.to_datetime(known["since"])).astype({"ramp_days": float}),
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


# --- agent by agent -----------------------------------------------------------------------------


def lived(
    found: Forecast,
    made: Workspace,
    rows: Sequence[tuple[str, str, float, float]],
    *,
    shrinkage: float = 0.0,
    replications: int = 60,
    threads: int | None = None,
    reserve: float | None = None,
) -> Replay:
    """Replay these duties: agent, pool, first and last hour."""
    told = scenario(
        START,
        found.daily["date"].nunique(),
        seats=SeatSettings(shrinkage=shrinkage),
        replications=replications,
    )
    required = seats(made, told, found)
    if reserve is not None:
        required = replace(required, table=required.table.assign(reserve=reserve))
    return simulate(made, told, found, required, on_duty(rows), threads=threads)


def levels(made: Replay) -> dict[str, float]:
    """Return shop -> service level on the first day."""
    return dict(zip(made.shops["shop_id"], made.shops["service_level"], strict=True))


DAY = (9.0, 24.0)


def team(number: int, pool: str = "P", *, first: int = 0) -> list[tuple[str, str, float, float]]:
    """Return duties of some agents from opening to closing."""
    return [(f"A{n:02d}", pool, *DAY) for n in range(first, first + number)]


def knowing(made: Workspace, shops: Mapping[int, Sequence[str]], **row: object) -> Workspace:
    """Return the workspace with agents by number, and the shops that each knows."""
    known = {(f"A{n:02d}", shop): row for n, own in shops.items() for shop in own}
    return people(made, {f"A{n:02d}": {} for n in shops}, known)


TWO = {"S1": np.ones(1), "S2": np.ones(1)}


def test_part_trained_agents_serve_what_they_know() -> None:
    """Two shops of a pool with a team each that knows no other are two Erlang-C queues."""
    made = knowing(workspace(TWO), {n: ["S1"] if n < 8 else ["S2"] for n in range(14)})
    found = expected({"S1": [40.0] * 30, "S2": [25.0] * 30})
    level = levels(lived(found, made, team(14), replications=200))
    for shop, agents, contacts in (("S1", 8, 40), ("S2", 6, 25)):
        theory = float(erlang.service_level(agents, contacts * 240 / 1800, 240, 20))
        assert level[shop] == pytest.approx(theory, abs=0.015)


def test_one_who_knows_a_shop_alone_does_not_help_the_other() -> None:
    """Six agents more for one shop leave the other as it was, to the last contact."""
    base = {n: ["S1"] if n < 4 else ["S2"] for n in range(8)}
    found = expected({"S1": [20.0] * 30, "S2": [20.0] * 30})
    few = lived(found, knowing(workspace(TWO), base), team(8))
    more = knowing(workspace(TWO), base | {n: ["S1"] for n in range(8, 14)})
    many = lived(found, more, team(14))
    assert levels(many)["S2"] == levels(few)["S2"]
    assert levels(many)["S1"] > levels(few)["S1"] + 0.05


def test_speed_is_that_of_the_roster() -> None:
    """One agent at speed 0.5 serves as one whose contacts take twice as long."""
    found = expected({"S": [2.0] * 30}, days=7)
    slow = knowing(workspace({"S": np.ones(1)}), {0: ["S"]}, speed=0.5)
    rows = [("A00", "P", 24 * d + 9.0, 24 * d + 24.0) for d in range(7)]
    reached = lived(found, slow, rows, replications=200)
    load = 2 * 480 / 1800
    assert reached.service_level == pytest.approx(
        float(erlang.service_level(1, load, 480, 20)), abs=0.02
    )
    # Erlang-C sees half a seat, which is no answer slot.
    assert reached.promised == 0.0


def test_skills_begin_on_their_day() -> None:
    """Who learns the shop on the second day answers nobody on the first."""
    later = pd.Timestamp(START) + pd.Timedelta(days=1)
    made = knowing(workspace({"S": np.ones(1)}), {n: ["S"] for n in range(6)}, since=later)
    found = flat(20.0, days=2)
    rows = [(f"A{n:02d}", "P", 24 * d + 9.0, 24 * d + 24.0) for n in range(6) for d in range(2)]
    reached = lived(found, made, rows, replications=10).table["service_level"]
    assert reached.iloc[0] == 0.0
    assert reached.iloc[1] > 0.8


def test_an_agents_own_cap_holds() -> None:
    """Four agents who hold one chat each are four slots where the shop allows three."""
    shops: dict[str, Row] = {"S": {"concurrency": 3.0}}
    made = workspace({"S": np.ones(1)}, shops=shops)
    capped = people(
        made,
        {f"A{n:02d}": {"max_concurrency": 1.0} for n in range(4)},
        {(f"A{n:02d}", "S"): {} for n in range(4)},
    )
    reached = lived(flat(20.0), capped, team(4), replications=200)
    theory = float(erlang.service_level(4, 20 * 240 / 1800, 240, 20))
    assert reached.service_level == pytest.approx(theory, abs=0.02)
    free = lived(flat(20.0), knowing(made, {n: ["S"] for n in range(4)}), team(4))
    assert free.service_level > 0.99


def test_a_preferred_shop_is_answered_first() -> None:
    """Where seats are short the shop of the higher priority waits as Cobham (1954) says."""
    shops: dict[str, Row] = {"S1": {"priority": 3.0}}
    made = knowing(workspace(TWO, shops=shops), {n: ["S1", "S2"] for n in range(8)})
    found = expected({"S1": [20.0] * 30, "S2": [34.0] * 30})
    reached = lived(found, made, team(8), replications=300).shops.set_index("shop_id")
    load = 54 * 240 / 1800
    first = float(erlang.erlang_c(8, load)) * 240 / 8 / (1 - 20 * 240 / 1800 / 8)
    assert reached.loc["S1", "asa_s"] == pytest.approx(first, rel=0.1)
    assert reached.loc["S2", "asa_s"] > 3 * first


def test_shrinkage_takes_its_share_of_the_agents() -> None:
    """Twenty agents with a fifth of the time away are busy as sixteen, and promised as sixteen."""
    made = knowing(workspace({"S": np.ones(1)}), {n: ["S"] for n in range(20)})
    found = flat(75.0)
    away = lived(found, made, team(20), shrinkage=0.2, replications=100)
    there = lived(found, made, team(16), replications=100)
    assert away.promised == there.promised
    assert whole(away, "occupancy") == pytest.approx(whole(there, "occupancy"), rel=0.01)
    assert there.service_level - 0.08 < away.service_level < there.service_level - 0.005


def test_breaks_are_a_share_of_every_moment() -> None:
    """Agents are at their desks 1 - s of the time, at the start of a duty as later, none late."""
    made = knowing(workspace({"S": np.ones(1)}), {n: ["S"] for n in range(400)})
    told, found = scenario(START, 1), flat(1.0)
    required = seats(made, told, found)
    rows = [(f"A{n:02d}", "P", 9.0, 17.25) for n in range(400)]
    demand = demand_of(made, found)
    (floor,) = floors(made, told, required, on_duty(rows), demand)
    duties = floor.desks.present(np.random.default_rng(3), 0.3)
    begin, end = np.asarray(duties.begin_s) / 3600, np.asarray(duties.end_s) / 3600
    assert (begin >= 9).all()
    assert (end <= 17.25).all()
    assert (end - begin).sum() == pytest.approx(400 * 8.25 * 0.7, rel=0.01)
    for hour in (9.0, 9.3, 13.0, 17.2):
        here = ((begin <= hour) & (hour < end)).sum()
        assert here == pytest.approx(280, abs=4 * np.sqrt(400 * 0.3 * 0.7))


def test_who_changes_pool_takes_her_chats_along() -> None:
    """An agent cannot answer the second pool while the first keeps her; another one could."""
    shops: dict[str, Row] = {
        "S1": {"pool": "P1", "aht_s": 7200.0},
        "S2": {"pool": "P2", "answer_within_s": 600.0, "patience_s": 900.0},
    }
    made = knowing(workspace(TWO, shops=shops), {0: ["S1", "S2"], 1: ["S2"]})
    found = expected({"S1": [20.0, 0.0], "S2": [0.0, 3.0]})
    moving = levels(lived(found, made, [("A00", "P1", 9, 9.5), ("A00", "P2", 9.5, 10)]))
    other = levels(lived(found, made, [("A00", "P1", 9, 9.5), ("A01", "P2", 9.5, 10)]))
    assert moving["S1"] == other["S1"]
    assert moving["S2"] < other["S2"] - 0.3


def test_a_meal_is_no_time_to_answer() -> None:
    """Contacts of a half hour in which the only agent eats wait for her return."""
    made = knowing(workspace({"S": np.ones(1)}), {0: ["S"]})
    found = expected({"S": [0.0, 1.0, 0.0, 0.0]}, relative=0.0)
    eats = lived(found, made, [("A00", "P", 9, 9.5), ("A00", "P", 10, 11)])
    assert eats.service_level < 0.1
    assert whole(eats, "asa_s") > 600
    assert whole(eats, "peak_backlog") == pytest.approx(1.0, abs=0.4)


def test_the_number_of_threads_changes_nothing() -> None:
    """One thread and three give the same tables to the last bit."""
    made = knowing(workspace(TWO), {n: ["S1", "S2"] for n in range(5)})
    found = expected({"S1": [15.0] * 30, "S2": [15.0] * 30}, relative=0.2)
    one, three = (
        lived(found, made, team(5), shrinkage=0.1, replications=12, threads=n) for n in (1, 3)
    )
    pd.testing.assert_frame_equal(one.table, three.table)
    pd.testing.assert_frame_equal(one.shops, three.shops)


def test_every_roster_meets_the_same_contacts() -> None:
    """With one seed the contacts are the same whoever is on duty."""
    found = flat(20.0, relative=0.3)
    few, many = (replayed(found, number, replications=7) for number in (2, 9))
    assert whole(few, "contacts") == whole(many, "contacts")


def test_a_backlog_is_what_waits_as_half_hours_end() -> None:
    """With nobody there all who came wait; with plenty of agents nobody does."""
    rostered = [0.0, 0.0, 30.0, 30.0]
    made = replayed(flat(40.0, half_hours=4), rostered, replications=300)
    assert whole(made, "peak_backlog") == pytest.approx(80.0, rel=0.03)
    assert whole(made, "backlog") == pytest.approx(0.0, abs=0.2)
    closed = replayed(flat(40.0, half_hours=4, days=2), [30.0] * 2 + [0.0] * 2 + [30.0] * 4)
    first = closed.table.iloc[0]
    assert first["backlog"] == pytest.approx(80.0, rel=0.05)
    assert first["lost_contacts"] == pytest.approx(first["backlog"], rel=0.05)
    assert closed.shops["backlog"].tolist() == closed.table["backlog"].tolist()


def test_the_promise_is_erlang_c_of_the_seats() -> None:
    """Steady contacts are promised the level of Erlang-C; the replay reaches about as much."""
    made = replayed(flat(100.0), 15.0, shops={"S": {"aht_s": 180.0}}, replications=100)
    theory = float(erlang.service_level(15, 10, 180, 20))
    assert made.promised == pytest.approx(theory)
    assert whole(made, "promised") == pytest.approx(theory)
    assert made.service_level == pytest.approx(theory, abs=0.02)


def test_the_promise_knows_nothing_of_a_backlog() -> None:
    """Two hours without anybody cost the next hours too, which Erlang-C does not see."""
    made = replayed(flat(60.0, half_hours=12), [0.0] * 4 + [10.0] * 8)
    per_half_hour = float(erlang.service_level(10, 8, 240, 20))
    assert made.promised == pytest.approx(per_half_hour * 8 / 12)
    assert made.service_level < made.promised - 0.1


# --- tickets ------------------------------------------------------------------------------------

MAIL: Row = {"channel": "ticket", "due_within_h": 4.0, "aht_s": 600.0}
CALLS: Row = {"channel": "phone", "due_within_h": np.nan}


def with_tickets(agents: int, **mail: object) -> Workspace:
    """Return a pool of calls (S1) and tickets (S2) and agents who know both."""
    made = workspace(TWO, shops={"S1": CALLS, "S2": dict(MAIL) | mail})
    return knowing(made, {n: ["S1", "S2"] for n in range(agents)})


def test_tickets_are_judged_by_their_deadline() -> None:
    """Of tickets that wait for an agent from noon on, those due before are late, and no others."""
    found = expected({"S1": [0.0] * 20, "S2": [4.0] * 2 + [0.0] * 18})
    rows = [("A00", "P", 12.0, 19.0)]
    for due_h, level in ((2.0, 0.0), (9.0, 1.0)):
        made = lived(found, with_tickets(1, due_within_h=due_h, aht_s=60.0), rows)
        assert levels(made)["S2"] == pytest.approx(level, abs=0.01)
    mail = made.shops.set_index("shop_id").loc["S2"]
    assert np.isnan(mail["promised"])
    assert mail["peak_backlog"] == pytest.approx(8.0, rel=0.1)


def test_tickets_give_way_to_calls() -> None:
    """The more agents are kept free of a flood of tickets, the less calls suffer from it."""
    calls = {"S1": [20.0] * 30}
    flood = expected(calls | {"S2": [200.0] + [0.0] * 29})
    quiet = expected(calls | {"S2": [0.0] * 30})
    alone = levels(lived(quiet, with_tickets(6), team(6)))["S1"]
    kept = [
        levels(lived(flood, with_tickets(6), team(6), reserve=reserve))["S1"]
        for reserve in (None, 2.0, 4.0)
    ]
    assert kept == sorted(kept)
    assert kept[0] < alone - 0.3
    assert alone - 0.1 < kept[2] < alone


def test_tickets_wait_over_night_and_not_for_overtime() -> None:
    """What is left at closing is not done by those who leave, but the next morning."""
    found = expected({"S1": [0.0] * 30, "S2": [0.0] * 29 + [6.0]}, days=2)
    rows = [("A00", "P", 24 * d + 9.0, 24 * d + 23.5) for d in range(2)]
    made = lived(found, with_tickets(1, due_within_h=12.0, aht_s=60.0), rows, replications=10)
    mail = made.shops[made.shops["shop_id"] == "S2"]
    assert mail["service_level"].iloc[0] == 1.0
    assert mail["asa_s"].iloc[0] > 9 * 3600
    assert mail["backlog"].iloc[0] == pytest.approx(mail["contacts"].iloc[0])
    # Those of the last evening are open and not yet due: neither done nor lost.
    assert mail["contacts"].iloc[1] > 0
    assert mail["lost"].tolist() == [0.0, 0.0]
    assert mail["service_level"].iloc[1] == 1.0
