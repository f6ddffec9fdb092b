"""The roster benchmark: its companies can be planned, and its judge counts what its page says."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from benchmarks.crews import peers
from benchmarks.crews.generator import FIRST, LOAD, OPEN, Instance, generated
from benchmarks.crews.judge import judged
from benchmarks.crews.menu import as_table, menu, total_seats
from staffing.grid import INTERVAL_MIN
from staffing.roster.audit import cases, check, shifts_of
from staffing.roster.explain import contradictions
from staffing.roster.staff import staff
from staffing.seats import SeatRequirement

SMALL = generated(24, 1, 4, shops=6, seed=3)


@pytest.fixture(scope="module")
def example() -> peers.Answer:
    return peers.example(SMALL, limit_s=3.0)


def need(instance: Instance, seats: dict[tuple[str, int, int], int]) -> Instance:
    """The same company with seats required at (pool, day, hour) for an hour, and nowhere else."""
    rows = [
        {"pool": pool, "slot": 48 * day + 2 * hour + half, "seats": number}
        for (pool, day, hour), number in seats.items()
        for half in (0, 1)
    ]
    return instance._replace(requirement=SeatRequirement(table=pd.DataFrame(rows)))


def stretch(agent: str, day: int, start: int, end: int, pool: str | None, what: str = "work"):
    midnight = dt.datetime.combine(FIRST, dt.time()) + dt.timedelta(days=day)
    return {
        "agent_id": agent,
        "date": pd.Timestamp(midnight),
        "start": pd.Timestamp(midnight + dt.timedelta(hours=start)),
        "end": pd.Timestamp(midnight + dt.timedelta(hours=end)),
        "activity": what,
        "pool": pool,
    }


def knowing(instance: Instance, number: int, speed: float = 1.0) -> tuple[str, list[str]]:
    """Somebody who knows so many pools, all at a speed, and the pools."""
    skills = instance.workspace.skills
    pool = skills["shop_id"].map(instance.workspace.shops["pool"])
    for agent, own in skills.groupby(skills["agent_id"]):
        pools = sorted(set(pool[own.index]))
        if len(pools) == number and (own["speed"] == speed).all():
            return str(agent), pools
    raise AssertionError(f"nobody knows {number} pools at {speed}")


class TestGenerator:
    def test_the_same_seed_gives_the_same_company(self) -> None:
        """Every table comes out the same again."""
        again = generated(24, 1, 4, shops=6, seed=3)
        assert again.scenario == SMALL.scenario
        pd.testing.assert_frame_equal(again.requirement.table, SMALL.requirement.table)
        for name, table in SMALL.workspace.tables.items():
            pd.testing.assert_frame_equal(again.workspace.tables[name], table)

    def test_another_seed_gives_another_company(self) -> None:
        """Seats and skills differ."""
        other = generated(24, 1, 4, shops=6, seed=4)
        assert not other.requirement.table["seats"].equals(SMALL.requirement.table["seats"])
        assert not other.workspace.skills.equals(SMALL.workspace.skills)

    @pytest.mark.parametrize("size", [(24, 2, 4), (60, 1, 10), (160, 1, 40)])
    def test_everybody_has_a_lawful_horizon(self, size: tuple[int, int, int]) -> None:
        """No agent's rules contradict each other, the published week and absences counted."""
        made = generated(*size, seed=2)
        agents = staff(made.workspace, made.scenario)
        assert len(agents) == size[0]
        assert contradictions(agents, made.scenario) == []

    def test_the_published_week_is_lawful(self) -> None:
        """As a horizon of its own it breaks no rule that binds people alone."""
        made = generated(200, 1, 25, seed=5)
        table = made.workspace.tables["rosters"]
        start = {
            "horizon": made.scenario.horizon.model_copy(
                update={"start": table["date"].min().date()}
            )
        }
        assert (table["date"].dt.date < FIRST).all()
        meal = table["start"] + pd.Timedelta(hours=3)
        eats = table[(table["end"] - table["start"]) > pd.Timedelta(hours=6)].index
        whole = table[["agent_id", "date", "start", "end"]].assign(activity="work", pool=None)
        before = whole.loc[eats].assign(end=meal[eats])
        after = whole.loc[eats].assign(start=meal[eats] + pd.Timedelta(hours=1))
        eaten = whole.loc[eats].assign(
            start=meal[eats], end=meal[eats] + pd.Timedelta(hours=1), activity="meal"
        )
        duties = pd.concat([whole.drop(eats), before, eaten, after])
        scenario = made.scenario.model_copy(update=start)
        bare = {**made.workspace.tables, "rosters": table.iloc[:0]}
        space = type(made.workspace)(**{**vars(made.workspace), "tables": bare})
        for case in cases(space, scenario, shifts_of(duties)):
            assert case.shifts
            assert check(case) == []

    def test_the_seats_are_the_stated_part_of_the_hours_people_can_work(self) -> None:
        """Contract hours, a fifth less for a day away, by speed in the pools that fit."""
        made = generated(200, 1, 25, seed=1)
        agents = made.workspace.agents
        away = made.workspace.tables["absences"].groupby("agent_id").size()
        out = away.reindex(agents.index).fillna(0).clip(upper=5)
        hours = (agents["hours_per_week"] * (1 - out / 5)).sum()
        part = made.requirement.seat_hours / hours
        slowest = made.workspace.skills.groupby("agent_id")["speed"].mean().mean()
        assert LOAD * slowest - 0.05 < part < LOAD

    def test_every_pool_is_open_all_day_and_has_people(self) -> None:
        """At least a seat in each open half hour, and somebody who knows all the pool's shops."""
        table = SMALL.requirement.table
        assert len(table) == 4 * 7 * (OPEN.end_slot - OPEN.first_slot)
        assert (table["seats"] >= 1).all()
        start = pd.Timestamp(FIRST) + pd.to_timedelta(table["slot"] * INTERVAL_MIN, unit="min")
        assert (table["start"] == start).all()
        skills = SMALL.workspace.skills
        known = skills.groupby("agent_id")["shop_id"].agg(set)
        for shops in SMALL.workspace.pools.values():
            assert any(set(shops) <= own for own in known)

    def test_skills_overlap(self) -> None:
        """People of one pool know other pools that differ from person to person."""
        made = generated(60, 1, 10, seed=1)
        pool = made.workspace.skills["shop_id"].map(made.workspace.shops["pool"])
        known = pool.groupby(made.workspace.skills["agent_id"]).agg(frozenset)
        assert known.map(len).between(2, 5).all()
        assert known.nunique() > 15

    def test_too_few_people_are_refused(self) -> None:
        """Ten people cannot keep ten pools open."""
        with pytest.raises(ValueError, match="10 agents for 10 pools"):
            generated(10, 1, 10)


class TestJudge:
    def test_a_hand_made_roster_is_counted(self) -> None:
        """Two seats for an hour, one person in it for three hours: 1 h missing, 2 h over."""
        agent, (pool, *_) = knowing(SMALL, 2)
        asked = need(SMALL, {(pool, 2, 14): 2})
        found = judged(asked, pd.DataFrame([stretch(agent, 2, 13, 16, pool)]))
        assert (found.required_h, found.uncovered_h, found.over_h) == (2.0, 1.0, 2.0)
        assert found.paid_h == 3.0

    def test_meals_are_no_work(self) -> None:
        """Somebody at a meal fills no seat and is not paid."""
        agent, (pool, *_) = knowing(SMALL, 2)
        asked = need(SMALL, {(pool, 2, 14): 1})
        table = pd.DataFrame(
            [
                stretch(agent, 2, 12, 14, pool),
                stretch(agent, 2, 14, 15, None, "meal"),
                stretch(agent, 2, 15, 17, pool),
            ]
        )
        found = judged(asked, table)
        assert (found.uncovered_h, found.over_h, found.paid_h) == (1.0, 4.0, 4.0)

    def test_slow_people_count_by_their_speed(self) -> None:
        """Of a seat for an hour somebody at 0.6 leaves 0.4 h missing, and wastes as much."""
        made = generated(60, 1, 10, seed=1)
        agent, (pool, *_) = knowing(made, 2, speed=0.6)
        asked = need(made, {(pool, 2, 14): 1})
        found = judged(asked, pd.DataFrame([stretch(agent, 2, 14, 15, pool)]))
        assert found.uncovered_h == pytest.approx(0.4)
        assert found.over_h == pytest.approx(0.4)

    def test_people_without_pools_are_placed_where_they_help(self) -> None:
        """Somebody who knows two pools fills the one seat asked for, whichever pool has it."""
        agent, pools = knowing(SMALL, 2)
        duty = pd.DataFrame([stretch(agent, 2, 14, 15, None)])
        other = next(pool for pool in SMALL.workspace.pools if pool not in pools)
        for pool in pools:
            assert judged(need(SMALL, {(pool, 2, 14): 1}), duty).uncovered_h == pytest.approx(0)
        assert judged(need(SMALL, {(other, 2, 14): 1}), duty).uncovered_h == pytest.approx(1)

    def test_nobody_fills_two_seats_at_once(self) -> None:
        """A seat in each of two pools, one person who knows both: an hour stays uncovered."""
        agent, pools = knowing(SMALL, 2)
        asked = need(SMALL, dict.fromkeys(((pool, 2, 14) for pool in pools), 1))
        found = judged(asked, pd.DataFrame([stretch(agent, 2, 14, 15, None)]))
        assert found.uncovered_h == pytest.approx(1)

    def test_broken_rules_are_told_by_their_number(self) -> None:
        """Nine hours after a late end is too little rest (R9), seven hours too long (R10)."""
        agent, (pool, *_) = knowing(SMALL, 2)
        table = pd.DataFrame([stretch(agent, 2, 17, 24, pool), stretch(agent, 3, 9, 12, pool)])
        broken = judged(need(SMALL, {(pool, 2, 14): 1}), table).broken
        assert (broken["R9"], broken["R10"]) == (1, 1)


class TestMenu:
    def test_shifts_are_full_time_with_lawful_meals(self) -> None:
        """Each has eight paid hours; as a duty it breaks neither R4 nor R10."""
        agent, (pool, *_) = knowing(SMALL, 2)
        one_hour = need(SMALL, {(pool, 2, 14): 1})
        for shift in menu(SMALL, part_time=False):
            assert shift.paid_h == 8
            table = as_table(SMALL, [(agent, 2, shift)])
            assert not {"R2", "R4", "R10"} & set(judged(one_hour, table).broken)

    def test_seats_of_all_pools_are_added_up(self) -> None:
        """Days by open half hours, in total the seats required."""
        seats = total_seats(SMALL)
        assert seats.shape == (7, 30)
        assert seats.sum() == SMALL.requirement.table["seats"].sum()


class TestPeers:
    def test_the_examples_model_keeps_the_rules_it_knows(self, example: peers.Answer) -> None:
        """Beside what the published week binds, no rest, day or hour rule is broken."""
        assert example.table is not None
        found = judged(SMALL, example.table)
        assert not {"R2", "R3", "R4", "R5", "R6", "R7", "R10", "R11", "R13"} & set(found.broken)
        assert found.uncovered_h < 0.3 * found.required_h

    def test_absent_people_get_no_duty(self, example: peers.Answer) -> None:
        """Days of absence are told to the other programs."""
        away = SMALL.workspace.tables["absences"][["agent_id", "date"]]
        assert len(away)
        assert example.table is not None
        assert example.table.merge(away, on=["agent_id", "date"]).empty

    def test_pyworkforce_answers_and_its_rest_rule_does_not(self) -> None:
        """Without rest it staffs the week; with 11 h asked for, its model has no answer."""
        pytest.importorskip(
            "pyworkforce", reason="pyworkforce is among the benchmarks' extras only"
        )
        answer = peers.pyworkforce(SMALL, 1.0, rest=False)
        assert answer.table is not None
        assert judged(SMALL, answer.table).uncovered_h < 0.3 * SMALL.requirement.seat_hours
        asked = peers.pyworkforce(SMALL, 1.0, rest=True)
        assert (asked.status, asked.table) == ("INFEASIBLE", None)
