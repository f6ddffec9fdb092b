"""The fairness ledger by hand: balances, corrections, and who is owed gets."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest
from ortools.sat.python import cp_model

from staffing.errors import ScenarioError, WorkspaceError
from staffing.roster import ledger, roster
from staffing.roster.duty import Duty
from staffing.roster.even import LEAST_PAIRS, PAIRS_PER_EFFORT, evened
from staffing.roster.fairness import (
    FRESH,
    GOALS,
    Standing,
    points_by_goal,
    unfairness,
    unfairness_terms,
)
from staffing.roster.ledger import hard_hours, hard_pools, ledger_notices, standing, wishes
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Agent, Option, staff
from staffing.scenario import Fairness, Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace
from tests.rosters import MONDAY, Row, duty, need, scenario, table, workspace

EARLY = Template(18, 26, 8, (), ("early",))
LATE = Template(36, 48, 12, (), ("late",))
SHOP = {"shop_id": "S1", "pool": "P", "opens": "09:00", "closes": "24:00"}


def published(agent: str, day: int, start_h: float, end_h: float, pool: str = "P") -> Row:
    """Return a published shift, `day` days from MONDAY (negative: before)."""
    midnight = pd.Timestamp(MONDAY) + pd.Timedelta(days=day)
    return {
        "agent_id": agent,
        "date": f"{midnight:%Y-%m-%d}",
        "start": f"{midnight + pd.Timedelta(hours=start_h):%Y-%m-%d %H:%M}",
        "end": f"{midnight + pd.Timedelta(hours=end_h):%Y-%m-%d %H:%M}",
        "pool": pool,
    }


def late(agent: str, day: int) -> Row:
    return published(agent, day, 18, 24)


def team(
    folder: Path, agents: Sequence[Row], shops: Sequence[Row] = (SHOP,), **tables: Sequence[Row]
) -> Workspace:
    """Return a workspace in which everybody knows every shop."""
    skills = [
        {"agent_id": agent["agent_id"], "shop_id": shop["shop_id"]}
        for agent in agents
        for shop in shops
    ]
    return workspace(folder, shops=shops, agents=agents, skills=skills, **tables)


def balances(folder: Path, own: Workspace, item: str, **settings: object) -> dict[str, float]:
    """Return agent -> balance of an item before the horizon."""
    made = ledger(own, scenario(folder, fairness=settings), table(duty(0, 9, 12)))
    rows = made.table[made.table["item"] == item]
    return dict(zip(rows["agent_id"], rows["balance_before"], strict=True))


TWO = ({"agent_id": "A1"}, {"agent_id": "A2"})


def test_of_two_alike_the_balance_is_half_the_difference(tmp_path: Path) -> None:
    """Three late shifts to one: 3 - 2 and 1 - 2."""
    rows = [late("A1", -3), late("A1", -2), late("A1", -1), late("A2", -1)]
    own = team(tmp_path, TWO, rosters=rows)
    assert balances(tmp_path, own, "late") == {"A1": 1.0, "A2": -1.0}


def test_half_a_contract_owes_half(tmp_path: Path) -> None:
    """Of three late shifts 40 hours owe two and 20 hours one."""
    agents = ({"agent_id": "A1"}, {"agent_id": "A2", "hours_per_week": 20})
    own = team(tmp_path, agents, rosters=[late("A1", -3), late("A1", -2), late("A2", -1)])
    assert balances(tmp_path, own, "late") == {"A1": 0.0, "A2": 0.0}


def test_nobody_owes_for_a_day_of_leave(tmp_path: Path) -> None:
    """The late shift of the day on which the other was on leave is nobody's excess."""
    away = [{"agent_id": "A2", "date": f"{MONDAY - dt.timedelta(days=2)}"}]
    own = team(tmp_path, TWO, rosters=[late("A1", -2), late("A1", -1)], absences=away)
    assert balances(tmp_path, own, "late") == {"A1": 0.5, "A2": -0.5}


def test_newcomers_count_from_their_first_day(tmp_path: Path) -> None:
    """What was dealt out before she started is not owed by a newcomer."""
    agents = (TWO[0], {"agent_id": "A2", "started_on": f"{MONDAY - dt.timedelta(days=1)}"})
    own = team(tmp_path, agents, rosters=[late("A1", -3), late("A1", -2), late("A1", -1)])
    assert balances(tmp_path, own, "late") == {"A1": 0.5, "A2": -0.5}


def test_who_cannot_work_late_is_not_compared(tmp_path: Path) -> None:
    """A nursing agent neither owes late shifts nor counts in the spread; weekends she owes."""
    agents = (*TWO, {"agent_id": "A3", "protected": "nursing"})
    own = team(tmp_path, agents, rosters=[late("A1", -1), late("A2", -1)])
    assert balances(tmp_path, own, "late") == {"A1": 0.0, "A2": 0.0, "A3": 0.0}
    assert balances(tmp_path, own, "weekend") == pytest.approx(
        {"A1": 1 / 3, "A2": 1 / 3, "A3": -2 / 3}
    )
    made = ledger(own, scenario(tmp_path), table(duty(0, 9, 12)))
    assert (made.spread("late"), made.spread("weekend")) == (0.0, 1.0)


def test_statutory_days_and_evenings_of_promotions_have_accounts(tmp_path: Path) -> None:
    """Work on 1 January counts as statutory; 18:00-24:00 of a promotion day as peak night."""
    phase = {"name": "x", "phase": "peak", "start": "2026-02-28 00:00", "end": "2026-03-01 00:00"}
    new_year = (dt.date(2026, 1, 1) - MONDAY).days
    rows = [published("A1", new_year, 9, 15), late("A1", -2), published("A2", -2, 9, 15)]
    own = team(tmp_path, TWO, rosters=rows, promotions=[phase])
    assert balances(tmp_path, own, "statutory") == {"A1": 0.5, "A2": -0.5}
    assert balances(tmp_path, own, "peak_night") == {"A1": 0.5, "A2": -0.5}


def test_what_is_older_than_the_window_is_forgotten(tmp_path: Path) -> None:
    """A late shift 13 weeks ago counts in a ledger of 14 weeks and not in one of 12."""
    own = team(tmp_path, TWO, rosters=[late("A1", -91)])
    assert balances(tmp_path, own, "late", ledger_weeks=14)["A1"] == 0.5
    assert balances(tmp_path, own, "late", ledger_weeks=12)["A1"] == 0.0


def test_a_correction_counts_as_had_and_is_dealt_out(tmp_path: Path) -> None:
    """A late shift that the rosters do not know is half owed by each; a swap moves one over."""
    day = f"{MONDAY - dt.timedelta(days=1)}"
    more = [{"agent_id": "A1", "date": day, "item": "late", "count": 1}]
    own = team(tmp_path / "a", TWO, rosters=[late("A2", -1)], ledger=more)
    assert balances(tmp_path, own, "late") == {"A1": 0.0, "A2": 0.0}
    swap = [*more, {"agent_id": "A2", "date": day, "item": "晚班", "count": -1}]
    own = team(tmp_path / "b", TWO, rosters=[late("A2", -1)], ledger=swap)
    assert balances(tmp_path, own, "late") == {"A1": 0.5, "A2": -0.5}


def test_a_correction_of_an_unknown_item_is_a_fault(tmp_path: Path) -> None:
    """The item of a correction is one of those that the ledger keeps, the agent one of ours."""
    wrong = [{"agent_id": "A9", "date": f"{MONDAY}", "item": "lunch", "count": 1}]
    with pytest.raises(WorkspaceError) as raised:
        team(tmp_path, TWO, ledger=wrong)
    assert {fault.column for fault in raised.value.faults} == {"agent_id", "item"}


def test_corrections_that_count_nowhere_are_told(tmp_path: Path) -> None:
    """Of the horizon's first day and before the 26 weeks remembered: told, the day between not."""
    days = {"in": 0, "last": -1, "first": -26 * 7, "forgotten": -26 * 7 - 1}
    rows = [
        {"agent_id": "A1", "date": f"{MONDAY + dt.timedelta(days=d)}", "item": "late", "count": 1}
        for d in days.values()
    ]
    own = team(tmp_path, TWO, ledger=rows)
    (notice,) = ledger_notices(own, scenario(tmp_path))
    assert (notice.code, notice.file, notice.facts["count"]) == (
        "idle_corrections",
        "ledger.csv",
        2,
    )
    assert "A1 2026-03-02、A1 2025-08-31" in notice.line("zh")
    assert ledger_notices(team(tmp_path / "b", TWO), scenario(tmp_path)) == []


def test_hard_pools_are_named_or_those_of_the_longest_contacts(tmp_path: Path) -> None:
    """By default one of four pools, the one with the highest AHT; a named shop replaces it."""
    shops = [SHOP | {"shop_id": f"S{i}", "pool": f"P{i}", "aht_s": 100 * i} for i in (1, 2, 3, 4)]
    rows = [published("A1", -1, 10, 15, "P4"), published("A2", -1, 10, 15, "P1")]
    own = team(tmp_path, TWO, shops=shops, rosters=rows)
    assert hard_pools(own, scenario(tmp_path)) == {"P4"}
    assert balances(tmp_path, own, "hard") == {"A1": 2.5, "A2": -2.5}
    assert balances(tmp_path, own, "hard", hard_shops=["S1"]) == {"A1": -2.5, "A2": 2.5}
    with pytest.raises(ScenarioError, match="S9"):
        hard_pools(own, scenario(tmp_path, fairness={"hard_shops": ["S9"]}))


def test_hard_hours_are_dealt_out_among_those_who_know_the_pool(tmp_path: Path) -> None:
    """Five hours of P2 are A1's; A2, who is away on the first day, owes half of every other one."""
    shops = [SHOP | {"shop_id": f"S{i}", "pool": f"P{i}", "aht_s": 100 * i} for i in (1, 2)]
    away = [{"agent_id": "A2", "date": f"{MONDAY}"}]
    rows = [published("A1", -1, 10, 15, "P2")]
    own = team(tmp_path, TWO, shops=shops, rosters=rows, absences=away)
    found = hard_hours(own, scenario(tmp_path))
    assert (found.pools, found.balance_h) == ({"P2"}, {"A1": 2.5, "A2": -2.5})
    assert found.part["A1"].tolist() == [1.0] + [0.5] * 6
    assert found.part["A2"].tolist() == [0.0] + [0.5] * 6


def test_requests_are_granted_at_one_rate(tmp_path: Path) -> None:
    """Two of four kept: who got both of two is one ahead, who got none of two one behind."""
    days = [f"{MONDAY + dt.timedelta(days=d)}" for d in (-2, -1)]
    asked = [{"agent_id": a["agent_id"], "date": day} for a in TWO for day in days]
    own = team(tmp_path, TWO, rosters=[late("A2", -2), late("A2", -1)], requests=asked)
    assert balances(tmp_path, own, "granted") == {"A1": 1.0, "A2": -1.0}


def test_who_was_refused_weighs_more(tmp_path: Path) -> None:
    """One request behind, half as much again; who is ahead keeps the ordinary weight."""
    days = [f"{MONDAY + dt.timedelta(days=d)}" for d in (-2, -1, 3)]
    asked = [{"agent_id": a["agent_id"], "date": day} for a in TWO for day in days]
    own = team(tmp_path, TWO, rosters=[late("A2", -2), late("A2", -1)], requests=asked)
    story = scenario(tmp_path, fairness={"request_weight": 4})
    assert wishes(own, story) == {("A1", 3): {"*": 4}, ("A2", 3): {"*": 6}}


def test_the_ledger_adds_up(tmp_path: Path) -> None:
    """Before, had and share in the horizon, after: hand-made duties move the account along."""
    own = team(tmp_path, TWO, rosters=[late("A1", -1)])
    made = ledger(own, scenario(tmp_path), table(duty(0, 18, 24, agent="A2")))
    rows = made.table[made.table["item"] == "late"].set_index("agent_id")
    columns = ["balance_before", "had", "share", "balance_after"]
    assert rows.loc["A1", columns].tolist() == [0.5, 0.0, 0.5, 0.0]
    assert rows.loc["A2", columns].tolist() == [-0.5, 1.0, 0.5, 0.0]
    assert (made.spread("late", "balance_before"), made.spread("late")) == (1.0, 0.0)


def test_the_horizon_is_no_past(tmp_path: Path) -> None:
    """Published rows inside the horizon are its last version, not a burden that was borne."""
    own = team(tmp_path, TWO, rosters=[late("A1", 2)])
    assert balances(tmp_path, own, "late") == {"A1": 0.0, "A2": 0.0}
    assert standing(own, scenario(tmp_path)).published == {("A1", 2): (36, 48), ("A2", 2): None}


def test_leads_are_counted_from_who_is_least_ahead(tmp_path: Path) -> None:
    """Balances 1 and -1 are leads of 2 and none; nine to none count as at most three each way."""
    rows = [late("A1", -3), late("A1", -2), late("A1", -4), late("A2", -1)]
    own = team(tmp_path / "a", TWO, rosters=rows)
    leads = standing(own, scenario(tmp_path)).leads
    assert {key: lead for key, lead in leads.items() if key[1] == "late"} == {("A1", "late"): 2.0}
    own = team(tmp_path / "b", TWO, rosters=[late("A1", -i) for i in range(1, 10)])
    assert standing(own, scenario(tmp_path)).leads["A1", "late"] == 6.0


def old_price(shifts: Mapping[tuple[str, int], Template], story: Scenario) -> int:
    """Return what unevenness cost before there was a ledger: triangular numbers of each count."""
    points = 0
    for agent in {agent for agent, _ in shifts}:
        own = [(day, shift) for (a, day), shift in shifts.items() if a == agent]
        lates = sum("late" in shift.tags for _, shift in own)
        weekend = sum(day >= 5 for day, _ in own)
        counts = ((lates, 2), (weekend, 2), (len(own), 1))
        points += sum(weight * n * (n - 1) // 2 for n, weight in counts)
    return points


@pytest.mark.parametrize("number", [0, 1, 3, 6])
def test_nobody_ahead_is_the_old_price(number: int, tmp_path: Path) -> None:
    """Without a ledger, counts cost their triangular numbers, as they always did."""
    story = scenario(tmp_path, fairness={"steady_weight": 0})
    shifts = {("A1", day): LATE for day in range(number)} | {("A2", 6): EARLY}
    roll = {key: Duty(shift, (), ()) for key, shift in shifts.items()}
    assert unfairness(roll, MONDAY, story.fairness, {}) == old_price(shifts, story)


STANDING = Standing(
    leads={("A1", "late"): 1.3, ("A2", "weekend"): 2.0, ("A2", "peak_night"): 0.5},
    marked={"statutory": frozenset({1}), "peak_night": frozenset({0, 2})},
    published={("A1", 0): (36, 48), ("A2", 0): None, ("A1", 2): (18, 26)},
)


@pytest.mark.parametrize("start", [MONDAY, MONDAY + dt.timedelta(days=5)])
def test_the_model_prices_what_the_roll_costs(start: dt.date, tmp_path: Path) -> None:
    """For every seventh choice of shifts of two agents on three days both statements agree."""
    weigh = scenario(tmp_path).fairness
    asked = {("A1", 1): {"*": 3}, ("A2", 2): {"late": 2, "": 1}}
    keys = list(itertools.product(("A1", "A2"), range(3)))
    every = itertools.product((None, EARLY, LATE), repeat=len(keys))
    for choice in itertools.islice(every, 0, None, 7):
        cp = cp_model.CpModel()
        own = {
            agent: {
                d: [
                    (shift, cp.new_constant(int(choice[keys.index((agent, d))] == shift)))
                    for shift in (EARLY, LATE)
                ]
                for d in range(3)
            }
            for agent in ("A1", "A2")
        }
        cp.minimize(unfairness_terms(cp, own, start, weigh, asked, STANDING))
        solver = cp_model.CpSolver()
        assert solver.solve(cp) == cp_model.OPTIMAL
        roll = {k: Duty(s, (), ()) for k, s in zip(keys, choice, strict=True) if s is not None}
        assert solver.objective_value == unfairness(roll, start, weigh, asked, STANDING)


def test_each_goal_has_its_points(tmp_path: Path) -> None:
    """Two late shifts with a lead of 1.5 cost 2 + 6; a changed day and a restless week cost too."""
    weigh = scenario(tmp_path).fairness
    roll = {("A1", 0): Duty(EARLY, (), ()), ("A1", 2): Duty(LATE, (), ())}
    roll |= {("A1", 3): Duty(LATE, (), ())}
    start = Standing(
        leads={("A1", "late"): 1.5},
        marked={"peak_night": frozenset({3})},
        published={("A1", 0): (18, 26), ("A1", 1): None, ("A1", 2): None},
    )
    found = points_by_goal(roll, MONDAY, weigh, {("A1", 0): {"*": 3}}, start)
    assert tuple(found) == GOALS
    assert found == {
        "late": 2 + 2 * 3,
        "weekend": 0,
        "statutory": 0,
        "peak_night": 0,
        "days": 3,
        "requests": 3,
        "changes": 2,
        "steady": 2,
    }


def planned(folder: Path, own: Workspace, lates: Sequence[int], **fairness: object) -> pd.DataFrame:
    """Return late shifts of a roster that needs one seat 18:00-22:30 on some days."""
    seats = {("P", day, 18 + half / 2): 1 for day in lates for half in range(9)}
    story = scenario(
        folder,
        shifts={"start_every_min": 120, "part_time_h": [6.0], "meal_from_h": 7.0},
        rules={"min_week_share": 0.0},
        roster={"effort": 1.0},
        fairness=fairness,
    )
    return roster(own, story, SeatRequirement(table=need(seats))).assignments


PART = tuple({"agent_id": a, "contract": "part_time"} for a in ("A1", "A2"))


@pytest.mark.parametrize(("debtor", "creditor"), [("A1", "A2"), ("A2", "A1")])
def test_who_is_owed_gets(debtor: str, creditor: str, tmp_path: Path) -> None:
    """The one late shift of a week goes to whoever has had fewer."""
    own = team(tmp_path, PART, rosters=[late(creditor, -3), late(creditor, -2)])
    assert set(planned(tmp_path, own, [2])["agent_id"]) == {debtor}


def test_a_roster_is_the_cheapest_of_all_ways_to_deal(tmp_path: Path) -> None:
    """With three late shifts and a debt of two, the engine deals as brute force does."""
    own = team(tmp_path, PART, rosters=[late("A1", -3), late("A1", -2)])
    days = (1, 2, 3)
    made = planned(tmp_path, own, days, steady_weight=0)
    got = [made[made["date"].dt.day == 2 + day]["agent_id"].iloc[0] for day in days]
    story = scenario(tmp_path, fairness={"steady_weight": 0})
    before = standing(own, story)

    def price(who: Sequence[str]) -> int:
        roll = {(a, d): Duty(LATE, (), ()) for a, d in zip(who, days, strict=True)}
        return unfairness(roll, MONDAY, story.fairness, {}, before)

    assert price(got) == min(map(price, itertools.product(("A1", "A2"), repeat=3)))


def test_two_agents_alternate_over_four_weeks(tmp_path: Path) -> None:
    """One late shift a week, four weeks in a row, each week published: two each, by turns."""
    rows: list[Row] = []
    took = []
    for week in range(4):
        shifted = [dict(row) for row in rows]
        for row in shifted:  # the planned week stays; what is past moves back
            for name in ("date", "start", "end"):
                row[name] = f"{pd.Timestamp(str(row[name])) - pd.Timedelta(weeks=1)}"
        rows = shifted
        tables = {"rosters": rows} if rows else {}
        made = planned(tmp_path, team(tmp_path / str(week), PART, **tables), [2])
        (agent,) = set(made["agent_id"])
        took.append(agent)
        rows = [*rows, late(agent, 2)]
    assert took[0] != took[1]
    assert took[:2] == took[2:]


def test_an_old_version_is_kept_where_it_costs_nothing(tmp_path: Path) -> None:
    """Of two agents alike, the one whom the last version had on that day has it again."""
    for agent in ("A1", "A2"):
        own = team(tmp_path / agent, PART, rosters=[published(agent, 2, 17, 23)])
        assert set(planned(tmp_path, own, [2])["agent_id"]) == {agent}


def test_a_fresh_standing_knows_nothing() -> None:
    """Nobody pays, no day is marked."""
    assert FRESH.surcharge("A1", "late", 2) == 0
    assert not FRESH.counts("statutory", MONDAY, 0, EARLY)


def test_exchanges_even_out_what_the_search_left(tmp_path: Path) -> None:
    """Two late shifts of one and two early ones of the other become one each, the duties kept."""
    own = team(tmp_path, PART)
    story = scenario(
        tmp_path,
        shifts={"part_time_h": [6.0]},
        rules={"min_week_share": 0.0},
        fairness={"steady_weight": 0},
    )
    agents = staff(own, story)
    shifts = {t.start: t for o in agents[0].options if o for t in o.shifts}
    served = {start: Duty(shifts[start], (), ("P",) * 12) for start in (18, 36)}
    roll = {("A1", 0): served[36], ("A1", 2): served[36]}
    roll |= {("A2", 0): served[18], ("A2", 2): served[18]}
    made = evened(agents, roll, MONDAY, story.fairness, {}, FRESH, seed=1, effort=1.0)
    assert sorted(day for day, duty in _days(made, "A1") if "late" in duty.shift.tags) in ([0], [2])
    for day in (0, 2):
        assert {made["A1", day], made["A2", day]} == {served[18], served[36]}


@pytest.mark.parametrize(("share", "exchanged"), [(1.0, True), (0.5, False)])
def test_evening_out_crowds_no_table(share: float, exchanged: bool) -> None:
    """B would share A's late shifts, but would then eat with D, who knows her other pool too."""
    early = Template(18, 34, 14, (Meal(22, 26, "lunch"),), ("early",))
    late = Template(28, 44, 14, (Meal(32, 36, "dinner"),), ("late",))
    knows = {"A": ("P",), "B": ("P", "Q"), "D": ("Q",)}
    agents = tuple(
        Agent(
            agent_id=name,
            contract_h=40.0,
            options=(Option(tuple((pool, 20) for pool in own), (early, late)),) * 2,
        )
        for name, own in knows.items()
    )
    has = {
        "A": Duty(late, (32,), ("P",) * 16),
        "B": Duty(early, (22,), ("P",) * 16),
        "D": Duty(late, (32,), ("Q",) * 16),
    }
    roll = {(name, day): duty for name, duty in has.items() for day in (0, 1)}
    weigh = Fairness(steady_weight=0)
    made = evened(agents, roll, MONDAY, weigh, {}, FRESH, seed=1, effort=1.0, meal_share=share)
    assert (made != roll) == exchanged
    assert {made["A", 0].shift, made["A", 1].shift} == ({early, late} if exchanged else {late})


def knowing(name: str, pool: str) -> Agent:
    """Return somebody who knows one pool."""
    return Agent(agent_id=name, contract_h=40.0, options=(Option(((pool, 20),), (EARLY,)),))


def tried(monkeypatch: pytest.MonkeyPatch, agents: Sequence[Agent], effort: float) -> Counter[str]:
    """Return with whom exchanges are tried, where all succeed."""
    with_whom: Counter[str] = Counter()

    def noted(_: object, one: Agent, two: Agent, __: object) -> bool:
        with_whom[f"{one.agent_id} {two.agent_id}"] += 1
        return True

    monkeypatch.setattr("staffing.roster.even._exchange", noted)
    evened(agents, {}, MONDAY, Fairness(), {}, FRESH, seed=1, effort=effort)
    return with_whom


def test_exchanges_are_tried_among_people_who_share_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """A and B know P, C knows Q: nobody exchanges with C."""
    agents = [knowing("A", "P"), knowing("B", "P"), knowing("C", "Q")]
    assert set(tried(monkeypatch, agents, 1.0)) == {"A B", "B A"}


def test_a_large_company_tries_as_many_exchanges_as_the_effort_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Few people try 25 colleagues six times; of 800 each tries three twice, or more."""
    few = [knowing(f"A{i}", "P") for i in range(30)]
    many = [knowing(f"A{i}", "P") for i in range(800)]
    assert tried(monkeypatch, few, 1.0).total() == 30 * 25 * 6
    assert tried(monkeypatch, many, 1.0).total() == 800 * 3 * 2 <= LEAST_PAIRS
    assert tried(monkeypatch, many, 90.0).total() == 800 * 5 * 2 <= 90 * PAIRS_PER_EFFORT


def _days(roll: Mapping[tuple[str, int], Duty], agent: str) -> list[tuple[int, Duty]]:
    return [(day, duty) for (name, day), duty in roll.items() if name == agent]
