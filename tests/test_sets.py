"""Seats of sets of shops: which are needed, what they ask, and that nobody counts twice."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.scenario import SeatSettings
from staffing.seats import demand_by_shop, required
from staffing.seats.sets import (
    Mask,
    Surcharge,
    agents_by_mask,
    carries,
    incidence,
    set_requirements,
    shortfall,
    useful_sets,
)
from staffing.workspace import Workspace
from tests.series import START, Row, expected, workspace

SETTINGS = SeatSettings(max_occupancy=1.0, demand="mean")
AHT_S = 300.0
SHOPS = "ABCDEF"
PEOPLE = 42
"""Seats of one pool of 36 erl at 80/20."""
EQUAL = (6.0,) * 6
UNEQUAL = (10.0, 8.0, 6.0, 4.0, 4.0, 4.0)

Agents = Mapping[Mask, float]


def masks(*names: str) -> list[Mask]:
    """Return masks of shops with one letter each."""
    return [frozenset(each) for each in names]


def names(sets: Iterable[Iterable[str]]) -> list[str]:
    """Return sets of shops as words."""
    return ["".join(sorted(each)) for each in sets]


def company(
    loads: Mapping[str, float], half_hours: int = 1, shops: Mapping[str, Row] | None = None
) -> tuple[Workspace, pd.DataFrame]:
    """Return a workspace of one pool of phone-like shops, and their demand in erlangs."""
    own = {shop: {"aht_s": AHT_S, **(shops or {}).get(shop, {})} for shop in loads}
    made = workspace({shop: np.ones(1) for shop in loads}, shops=own)
    volumes = {shop: [1800 / AHT_S * load] * half_hours for shop, load in loads.items()}
    return made, demand_by_shop(made, expected(volumes))


def asked(loads: Mapping[str, float], agents: Agents, **options: object) -> dict[str, int]:
    """Return the seats of each useful set of one half hour."""
    made, demand = company(loads)
    table = set_requirements(made, demand, SETTINGS, 0.0, agents, **options)  # type: ignore[arg-type]
    return dict(zip(names(table["members"]), table["seats"].astype(int), strict=True))


def missed(loads: Sequence[float], agents: Agents, **options: object) -> dict[str, float]:
    """Return the sets for which these agents on duty are too few, and by how much."""
    made, demand = company(dict(zip(SHOPS, loads, strict=False)))
    table = set_requirements(made, demand, SETTINGS, 0.0, agents, **options)  # type: ignore[arg-type]
    on_duty = pd.DataFrame(
        [{"mask": m, "slot": 18, "agents": count} for m, count in agents.items()]
    )
    short = shortfall(table, on_duty)
    return dict(zip(names(short["members"]), short["short"], strict=True))


def touching(agents: Agents, shops: Iterable[str]) -> float:
    """Return the agents who know a shop of a set."""
    return sum(count for mask, count in agents.items() if mask & frozenset(shops))


def subsets(shops: Iterable[str]) -> list[Mask]:
    """Return every set of shops but the empty one."""
    own = list(shops)
    return [
        frozenset(each)
        for size in range(1, len(own) + 1)
        for each in itertools.combinations(own, size)
    ]


def ring(total: int) -> dict[Mask, float]:
    """Return agents who know two neighbours of six shops in a circle."""
    return {
        frozenset((SHOPS[i], SHOPS[(i + 1) % 6])): total // 6 + (i < total % 6) for i in range(6)
    }


def spread(total: int, loads: Sequence[float], skills: int = 2) -> dict[Mask, float]:
    """Return agents whose skills are spread over all combinations, by the shops' loads."""
    found = [frozenset(each) for each in itertools.combinations(SHOPS[: len(loads)], skills)]
    load = dict(zip(SHOPS, loads, strict=False))
    weight = np.array([float(np.prod([load[shop] for shop in mask])) for mask in found])
    share = weight / weight.sum() * total
    count = np.floor(share)
    known = dict.fromkeys(load, 0.0)
    for mask, number in zip(found, count, strict=True):
        for shop in mask:
            known[shop] += number
    for _ in range(int(total - count.sum())):
        rank = [sum(known[shop] / load[shop] for shop in mask) for mask in found]
        i = min(range(len(found)), key=lambda i: (rank[i], count[i] - share[i]))
        count[i] += 1
        for shop in found[i]:
            known[shop] += 1
    return {mask: float(number) for mask, number in zip(found, count, strict=True) if number}


def half(total: int) -> dict[Mask, float]:
    """Return agents half of whom know all six shops, the others one each."""
    single = total // 2
    own = {frozenset(shop): float(single // 6 + (i < single % 6)) for i, shop in enumerate(SHOPS)}
    return own | {frozenset(SHOPS): float(total - single)}


class Queues:
    """Six queues lived contact by contact, with agents who know some of the shops.

    An arriving contact takes the idle agent with the fewest skills, a freed agent the contact
    that has waited longest among those she can serve. Of agents with equally many skills one
    of the most idle kind is taken, in turns: otherwise the kinds named first would work more.
    """

    def __init__(self, loads: Sequence[float], agents: Agents) -> None:
        own = sorted(agents, key=lambda mask: (len(mask), sorted(mask)))
        self.idle = [int(agents[mask]) for mask in own]
        self.taken = [0] * len(own)
        self.serves = [sorted(SHOPS.index(shop) for shop in mask) for mask in own]
        self.able = [
            [
                list(group)
                for _, group in itertools.groupby(
                    [k for k, shops in enumerate(self.serves) if i in shops],
                    key=lambda k: len(self.serves[k]),
                )
            ]
            for i in range(len(loads))
        ]
        self.waiting: list[deque[int]] = [deque() for _ in loads]
        self.busy: list[tuple[float, int]] = []
        self.loads = np.asarray(loads)

    def levels(self, contacts: int, seed: int, within_s: float = 20.0) -> np.ndarray:
        """Return the share answered in time, a shop."""
        random = np.random.default_rng(seed)
        total = self.loads.sum()
        arrival = np.cumsum(random.exponential(AHT_S / total, contacts))
        shop = random.choice(len(self.loads), contacts, p=self.loads / total)
        work, start = random.exponential(AHT_S, contacts).tolist(), np.full(contacts, np.inf)
        at, of = arrival.tolist(), shop.tolist()
        for i in range(contacts):
            self._end_until(at[i], work, start)
            k = self._idle_for(of[i])
            if k is None:
                self.waiting[of[i]].append(i)
            else:
                self.idle[k] -= 1
                self.taken[k] = i
                start[i] = at[i]
                heapq.heappush(self.busy, (at[i] + work[i], k))
        good = start - arrival <= within_s
        kept = np.arange(contacts) >= contacts // 20
        return np.array([good[kept & (shop == s)].mean() for s in range(len(self.loads))])

    def _idle_for(self, shop: int) -> int | None:
        for group in self.able[shop]:
            k = max(group, key=lambda k: (self.idle[k], -self.taken[k]))
            if self.idle[k]:
                return k
        return None

    def _end_until(self, now: float, work: list[float], start: np.ndarray) -> None:
        while self.busy and self.busy[0][0] <= now:
            end, k = heapq.heappop(self.busy)
            heads = [self.waiting[s][0] for s in self.serves[k] if self.waiting[s]]
            if not heads:
                self.idle[k] += 1
                continue
            first = min(heads)
            next(q for q in self.waiting if q and q[0] == first).popleft()
            start[first] = end
            heapq.heappush(self.busy, (end + work[first], k))


def lived(loads: Sequence[float], agents: Agents, contacts: int = 50_000) -> np.ndarray:
    """Return the share answered within 20 s, a shop."""
    return Queues(loads, agents).levels(contacts, seed=3)


@cache
def alone_seats(load: float) -> int:
    """Return the seats of one shop."""
    return asked({"A": load}, {frozenset("A"): 1.0})["A"]


# ------------------------------------------------------------------------- which sets are needed


def test_a_pool_that_everybody_knows_is_one_set() -> None:
    """Full training leaves the pool's own requirement alone."""
    assert names(useful_sets(masks("ABC", "ABC"), "ABC")) == ["ABC"]


def test_shops_that_nobody_shares_are_sets_of_their_own() -> None:
    """Agents of one shop each make as many queues, and no joint requirement."""
    assert names(useful_sets(masks("A", "B", "C"), "ABC")) == ["A", "B", "C"]


def test_a_flexible_agent_links_the_single_ones() -> None:
    """One who knows both makes the pair a set beside the two shops."""
    assert names(useful_sets(masks("A", "B", "AB"), "AB")) == ["AB", "A", "B"]


def test_a_ring_has_its_arcs() -> None:
    """Of six shops in a circle the arcs of one to four count; five touch all agents."""
    found = useful_sets(list(ring(42)), SHOPS)
    assert sorted(map(len, found)) == [1] * 6 + [2] * 6 + [3] * 6 + [4] * 6 + [6]
    assert frozenset("AC") not in found


def test_a_shop_that_nobody_knows_is_a_set() -> None:
    """It is not hidden in a larger set that others cover."""
    assert names(useful_sets(masks("AB"), "ABC")) == ["AB", "C"]
    assert names(useful_sets([], "AB")) == ["A", "B"]


def test_the_number_of_sets_is_bounded() -> None:
    """Of many sets the wholes, shops and complements of a mask stay, unions of middle size go."""
    shops = "ABCDEFGHIJKL"
    pairs = [frozenset(pair) for pair in itertools.combinations(shops, 2)]
    found = useful_sets(pairs, shops, 90)
    assert len(found) == len(set(found)) == 90
    assert found[0] == frozenset(shops)
    assert found[1:13] == tuple(frozenset(shop) for shop in shops)
    assert sorted(map(len, found[13:79])) == [10] * 66
    assert set(map(len, found[79:])) == {2}
    assert len(useful_sets(pairs, shops, 1)) == 13


def test_masks_of_other_pools_are_refused() -> None:
    """A shop that the pool does not have is named."""
    with pytest.raises(ValueError, match=r"shops of the pool \(A, B\), got X"):
        useful_sets(masks("AX"), "AB")
    with pytest.raises(ValueError, match="most must be at least 1, got 0"):
        useful_sets(masks("A"), "A", 0)


some_masks = st.lists(st.frozensets(st.sampled_from("ABCDE"), min_size=1), min_size=1, max_size=7)


@settings(max_examples=80, deadline=None)
@given(own=some_masks, data=st.data())
def test_the_useful_sets_imply_all_others(own: list[Mask], data: st.DataObject) -> None:
    """Where every useful set has agents enough for its loads, so has every set of shops."""
    agents = {mask: data.draw(st.integers(0, 6)) for mask in own}
    load = {shop: data.draw(st.integers(0, 6)) for shop in "ABCDE"}

    def enough(sets: Iterable[Mask]) -> bool:
        return all(touching(agents, each) >= sum(load[s] for s in each) for each in sets)

    assert enough(useful_sets(own, "ABCDE")) == enough(subsets("ABCDE"))


@settings(max_examples=60, deadline=None)
@given(own=some_masks)
def test_no_useful_set_is_implied_by_the_others(own: list[Mask]) -> None:
    """For each there are loads and agents for which it alone is short."""
    sets = useful_sets(own, "ABCDE")
    for each in sets:
        agents = {m: float(len(m & each)) if m & each else 99.0 for m in own}
        load = {shop: float(sum(shop in m for m in agents)) for shop in each}
        load[min(each)] += 0.5
        short = [s for s in sets if touching(agents, s) < sum(load.get(x, 0.0) for x in s)]
        assert short == [each]


# ------------------------------------------------------------------------------- nobody twice


def test_nobody_counts_in_two_shops() -> None:
    """20 and 15 erl of two shops are not content with 25 people who know both."""
    agents = {frozenset("AB"): 25.0}
    assert alone_seats(20.0) <= 25
    assert alone_seats(15.0) <= 25
    flow = carries({"A": 20.0, "B": 15.0}, agents)
    assert not flow.carried
    assert flow.missing == pytest.approx(10.0)
    assert flow.short == frozenset("AB")
    assert missed((20.0, 15.0), agents) == {"AB": alone_seats(35.0) - 25.0}


@settings(max_examples=80, deadline=None)
@given(own=some_masks, data=st.data())
def test_the_sets_are_the_condition_of_the_flow(own: list[Mask], data: st.DataObject) -> None:
    """Agent time flows to every shop exactly where all sets of shops have agents enough."""
    agents = {mask: data.draw(st.sampled_from([0.0, 0.6, 1.0, 2.0, 3.5])) for mask in own}
    load = {shop: data.draw(st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.0])) for shop in "ABCDE"}
    flow = carries(load, agents)
    lack = {each: sum(load[s] for s in each) - touching(agents, each) for each in subsets("ABCDE")}
    most = max(0.0, *lack.values())
    assert flow.carried == (most < 1e-6)
    assert flow.missing == pytest.approx(most, abs=1e-6)
    if flow.short:
        assert lack[flow.short] == pytest.approx(most)
    assert (flow.time.sum(axis=1) <= np.array(list(agents.values())) + 1e-6).all()
    assert (flow.time[~np.array([[s in m for s in load] for m in agents])] == 0).all()


def test_no_agents_carry_nothing() -> None:
    """Without anybody all load is missing, and no load is carried by nobody."""
    assert carries({"A": 2.0}, {}).missing == 2.0
    assert carries({"A": 0.0}, {}).carried
    with pytest.raises(ValueError, match="load must be finite"):
        carries({"A": -1.0}, {})


# --------------------------------------------------------------------------------- requirements


def test_full_training_asks_what_the_stage_asks() -> None:
    """The set of a pool that everybody knows has the seats of `required`, to the half hour."""
    made, demand = company({"A": 3.0, "B": 7.0}, half_hours=3)
    table = set_requirements(made, demand, SETTINGS, 0.0, {frozenset("AB"): 5.0})
    stage = required(demand, SETTINGS, 0.0).table
    assert table["seats"].tolist() == stage["seats"].tolist()
    assert table["slot"].tolist() == stage["slot"].tolist()
    assert table["surcharge"].tolist() == [0, 0, 0]


def test_a_set_is_a_pool_in_its_own_right() -> None:
    """Each set asks what its shops would as the pool of the tables."""
    loads = {"A": 3.0, "B": 7.0, "C": 5.0}
    agents = dict.fromkeys(masks("A", "AB", "BC"), 1.0)
    found = asked(loads, agents, surcharge=Surcharge(alone=0, step=0))
    assert set(found) >= {"ABC", "A", "BC"}
    for own, seats in found.items():
        _, demand = company({shop: loads[shop] for shop in own})
        assert seats == required(demand, SETTINGS, 0.0).table["seats"].iloc[0]


def test_figures_of_wallace_and_whitt() -> None:
    """Six shops of 6 erl: 54 seats apart, 42 together, 44 with two skills, 45 half trained."""
    loads = dict.fromkeys(SHOPS, 6.0)
    assert sum(asked(loads, {frozenset(shop): 9.0 for shop in SHOPS}).values()) == 54
    assert asked(loads, {frozenset(SHOPS): 1.0}) == {SHOPS: PEOPLE}
    assert asked(loads, spread(44, EQUAL))[SHOPS] == 44
    assert asked(loads, half(45))[SHOPS] == 45


def test_the_surcharge_never_exceeds_what_pooling_saves() -> None:
    """Where it would, each shop on its own is as good."""
    loads = dict.fromkeys("ABC", 0.4)
    apart = 3 * alone_seats(0.4)
    agents = dict.fromkeys(masks("AB", "BC", "A", "C"), 1.0)
    found = asked(loads, agents, surcharge=Surcharge(alone=1.0, step=1.0))
    plain = asked(loads, agents, surcharge=Surcharge(alone=0.0, step=0.0))
    assert plain["ABC"] < found["ABC"] <= apart


def test_the_surcharge_counts_open_shops_only() -> None:
    """Once the other shops have closed, who knows the last one knows all there is."""
    made, demand = company(dict.fromkeys("ABC", 6.0), half_hours=2)
    demand = demand[(demand["shop_id"] == "A") | (demand["slot"] == 18)]
    agents = dict.fromkeys(masks("AB", "BC", "CA", "A", "B", "C"), 1.0)
    table = set_requirements(made, demand, SETTINGS, 0.0, agents)
    whole = table[table["members"].map(len) == 3]
    assert (whole["surcharge"] > 0).tolist() == [True, False]
    assert whole["seats"].iloc[1] == alone_seats(6.0)


def test_shares_of_the_surcharge_are_shares() -> None:
    """More than all of the saving, or less than nothing, cannot be lost."""
    for bad in (1.5, -0.1, float("nan")):
        with pytest.raises(ValueError, match="alone must be"):
            Surcharge(alone=bad)
    assert Surcharge().lost(1, 6) > Surcharge().lost(2, 6) > Surcharge().lost(3, 6) > 0
    assert Surcharge().lost(6, 6) == 0


def test_agents_are_those_trained_on_the_dates() -> None:
    """A training that ends within the dates counts from its day on; other pools are apart."""
    made, demand = company(dict.fromkeys("AB", 2.0), shops={"B": {"pool": "Q"}})
    start = pd.Timestamp(START)
    made.tables["skills"] = pd.DataFrame(  # type: ignore[index]
        {
            "agent_id": ["X", "X", "Y"],
            "shop_id": ["A", "B", "A"],
            "speed": 1.0,
            "since": [pd.NaT, start + pd.Timedelta(days=1), start],
        }
    )
    found = agents_by_mask(made, [start, start + pd.Timedelta(days=1)])
    assert found == {frozenset("A"): 1.5, frozenset("AB"): 0.5}
    table = set_requirements(made, demand, SETTINGS, 0.0)
    assert names(table["members"]) == ["A", "B"]
    assert table["set_id"].tolist() == ["P#1", "Q#1"]


# ---------------------------------------------------------------------------------- shortfall


def test_incidence_says_who_can_serve_which_set() -> None:
    """A mask helps a set where they share a shop."""
    found = incidence(masks("A", "BC"), ["A", "B", "AC"])
    assert found.tolist() == [[True, False, True], [False, True, True]]


def test_shortfall_counts_by_speed_and_half_hour() -> None:
    """Slow people count less, rows add up, and a half hour without anybody is all short."""
    sets = pd.DataFrame(
        {
            "pool": "P",
            "set_id": ["P#1", "P#2", "P#1", "P#2"],
            "members": [("A", "B"), ("A",), ("A", "B"), ("A",)],
            "slot": [18, 18, 19, 19],
            "seats": [3, 1, 3, 1],
        }
    )
    on_duty = pd.DataFrame(
        {
            "mask": [frozenset("A"), frozenset("B"), ("B",), frozenset("A")],
            "slot": [18, 18, 18, 40],
            "agents": [0.6, 1.0, 1.4, 9.0],
        }
    )
    found = shortfall(sets, on_duty)
    assert found["set_id"].tolist() == ["P#2", "P#1", "P#2"]
    assert found["slot"].tolist() == [18, 19, 19]
    assert found["short"].tolist() == pytest.approx([0.4, 3.0, 1.0])
    assert found["on_duty"].tolist() == pytest.approx([0.6, 0.0, 0.0])


def test_an_agent_is_on_duty_in_one_pool() -> None:
    """A mask over two pools would count her twice."""
    sets = pd.DataFrame(
        {
            "pool": ["P", "Q"],
            "set_id": ["P#1", "Q#1"],
            "members": [("A",), ("B",)],
            "slot": 18,
            "seats": 1,
        }
    )
    on_duty = pd.DataFrame({"mask": [frozenset("AB")], "slot": [18], "agents": [1.0]})
    with pytest.raises(ValueError, match="a mask must stay in one pool, got A, B in P and Q"):
        shortfall(sets, on_duty)


# ---------------------------------------------------------------------- what the queues live


def test_apart_and_together_the_queues_reach_the_target() -> None:
    """54 seats apart and 42 together both answer 80 % in each shop; 53 and 41 do not."""
    apart = {frozenset(shop): 9.0 for shop in SHOPS}
    assert lived(EQUAL, apart).min() > 0.78
    assert lived(EQUAL, apart | {frozenset("A"): 8.0}).min() < 0.75
    assert lived(EQUAL, {frozenset(SHOPS): PEOPLE}).min() > 0.78
    assert lived(EQUAL, {frozenset(SHOPS): PEOPLE - 2.0}).min() < 0.75


def test_two_skills_spread_well_hold_with_the_surcharge() -> None:
    """44 with two skills spread over all pairs miss no set, and the worst shop holds the target."""
    agents = spread(44, EQUAL)
    assert missed(EQUAL, agents) == {}
    assert set(missed(EQUAL, spread(43, EQUAL))) == {SHOPS}
    assert lived(EQUAL, agents).min() > 0.79


def test_half_cross_trained_hold_with_the_surcharge() -> None:
    """45 of whom half know all shops miss no set, and the worst shop holds the target."""
    assert missed(EQUAL, half(45)) == {}
    assert lived(EQUAL, half(45)).min() > 0.79


def test_a_ring_of_unequal_shops_fails_and_the_sets_say_so() -> None:
    """42 in a ring leave the large neighbours below a half, and their set is the one short.

    Without the surcharge the whole pool is content with the same 42, and so is every shop.
    """
    agents = ring(PEOPLE)
    assert lived(UNEQUAL, agents).min() < 0.5
    short = missed(UNEQUAL, agents, surcharge=Surcharge(alone=0, step=0))
    assert short["AB"] >= 2
    assert SHOPS not in short
    assert all(len(each) > 1 for each in short)
    assert carries(dict(zip(SHOPS, UNEQUAL, strict=True)), agents).carried


def test_the_same_people_spread_by_load_hold() -> None:
    """With the second skills spread by load the sets accept what the queues then live."""
    seats = asked(dict(zip(SHOPS, UNEQUAL, strict=True)), spread(44, UNEQUAL))[SHOPS]
    agents = spread(seats, UNEQUAL)
    assert missed(UNEQUAL, agents) == {}
    assert lived(UNEQUAL, agents).min() > 0.79
    assert "AB" in missed(UNEQUAL, ring(seats))


@pytest.mark.parametrize(("load", "shops"), [(1.5, 6), (6.0, 3), (24.0, 3)])
def test_the_surcharge_of_two_skills_is_enough_at_other_loads(load: float, shops: int) -> None:
    """A share of what pooling saves holds the worst shop for small and for large pools."""
    loads = (load,) * shops
    found = asked(dict(zip(SHOPS, loads, strict=False)), spread(60, loads))
    seats = found[SHOPS[:shops]]
    assert lived(loads, spread(seats, loads)).min() > 0.78
