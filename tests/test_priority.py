"""Classes served before others of their queue, against closed forms, chains and a simulation."""

from __future__ import annotations

import heapq
import math
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.linalg import expm

from staffing.scenario import SeatSettings
from staffing.seats import erlang
from staffing.seats import seats as required_seats
from staffing.seats.checks import Floats
from staffing.seats.doubt import volumes
from staffing.seats.passage import late_behind
from staffing.seats.priority import (
    chat_seats,
    chat_service_levels,
    fewest_servers,
    mean_waits,
    service_levels,
)
from tests.series import START, Row, expected, scenario, workspace

AHT_S = 180.0
loads = st.lists(st.floats(0.05, 40), min_size=2, max_size=4)
seats = st.integers(1, 120)
thresholds = st.floats(0, 600)


def late(
    drain: float, above: float, upto: float, within: float, patience: float = math.inf
) -> float:
    """Return the share late behind full slots of one queue."""
    row = (np.array([value]) for value in (drain, above, upto, within, patience))
    return float(late_behind(*row)[0])


def late_by_states(
    drain: float, above: float, upto: float, within: float, patience: float = math.inf
) -> float:
    """The same from the chain of those in front, cut off at 240, by a matrix exponential."""
    size, theta = 240, 1 / patience
    down = drain + np.arange(size) * theta
    chain = np.diag(-(down + above + theta)) + np.diag(np.full(size - 1, above), 1)
    chain += np.diag(down[1:], -1)
    whole = np.zeros((size + 1, size + 1))
    whole[:size, :size], whole[0, size] = chain, drain
    start = np.append(np.cumprod(np.append(1.0, upto / (drain + np.arange(1, size) * theta))), 0.0)
    return float(1 - (start / start.sum() @ expm(whole * within))[-1])


class TestBehindFullSlots:
    """The wait of contacts that others may overtake."""

    @pytest.mark.parametrize(
        ("above", "upto", "within"),
        [
            (0.3, 0.6, 2), (0.3, 0.9, 5), (0.81, 0.9, 5), (0.5, 0.5, 3), (0.36, 0.6, 4),
            (0.01, 0.5, 2), (1e-7, 0.7, 1), (0.75, 0.84, 30), (0.2, 0.4, 1e-3),
        ],
    )  # fmt: skip
    def test_the_integral_is_the_first_passage(
        self, above: float, upto: float, within: float
    ) -> None:
        """Nobody leaving, the share late equals that of the chain's states to ten digits."""
        expected = late_by_states(1.0, above, upto, within)
        assert late(1.0, above, upto, within) == pytest.approx(expected, abs=1e-10)

    @pytest.mark.parametrize(
        ("above", "upto", "within", "patience"),
        [
            (0.3, 0.6, 2, 10), (0.3, 0.9, 5, 10), (0.8, 1.9, 5, 20), (0.5, 0.5, 3, 1),
            (1.2, 1.4, 8, 50), (0.4, 0.8, 4, 1e7), (2.0, 3.0, 1, 0.5), (0.0, 0.6, 3, 4),
        ],
    )  # fmt: skip
    def test_the_inversion_is_the_first_passage(
        self, above: float, upto: float, within: float, patience: float
    ) -> None:
        """With patience it equals that of the chain to seven digits."""
        expected = late_by_states(1.0, above, upto, within, patience)
        assert late(1.0, above, upto, within, patience) == pytest.approx(expected, abs=3e-8)

    @given(st.floats(1e-9, 1 - 1e-9), st.floats(0, 1))
    def test_the_whole_chance_is_there(self, upto: float, part: float) -> None:
        """At once everybody behind full slots waits, however heavy the traffic."""
        assert late(1.0, part * upto, upto, 1e-15) == pytest.approx(1.0, abs=1e-9)

    @given(st.floats(0.01, 0.99), st.floats(0.01, 1), st.floats(0.1, 50))
    def test_who_is_overtaken_waits_longer(self, upto: float, part: float, within: float) -> None:
        """The more of those in front come first, the more are late, between two closed forms."""
        shares = [late(1.0, x * upto, upto, within) for x in (0.0, part / 2, part)]
        assert shares[0] == pytest.approx(math.exp(-within * (1 - upto)))
        assert shares[0] <= shares[1] + 1e-10 <= shares[2] + 2e-10

    @pytest.mark.parametrize("drain", [2.0, 50.0, 1000.0])
    @pytest.mark.parametrize("busy", [0.7, 1.5])
    def test_as_many_leave_as_in_order_of_arrival(self, drain: float, busy: float) -> None:
        """Whatever the order, equally many leave in all: those never answered, however late."""
        upto = drain * busy * np.array([0.3, 0.7, 1.0])
        above = np.append(0.0, upto[:-1])
        never = [late(drain, *pair, 60.0, 1.0) for pair in zip(above, upto, strict=True)]
        all_together = late(drain, 0.0, upto[-1], 60.0, 1.0)
        shares = np.diff(upto, prepend=0) / upto[-1]
        assert shares @ never == pytest.approx(all_together, abs=2e-8)


class TestLevels:
    """Service levels of classes."""

    @given(seats, st.floats(0.01, 100), thresholds)
    def test_one_class_is_erlang_c(self, n: int, load: float, within: float) -> None:
        """A single class has the level and the mean wait of order of arrival."""
        (level,) = service_levels(n, [load], AHT_S, [within])
        (wait,) = mean_waits(n, [load], AHT_S)
        assert level == pytest.approx(
            float(erlang.service_level(n, load, AHT_S, within)), abs=2e-11
        )
        assert wait == pytest.approx(float(erlang.asa_s(n, load, AHT_S)), rel=1e-12)

    @given(seats, st.floats(0.01, 100), thresholds, st.floats(5, 5000))
    def test_one_class_with_patience_is_erlang_a(
        self, n: int, load: float, within: float, patience: float
    ) -> None:
        """A single class whose customers leave has the level of Erlang-A."""
        (level,) = service_levels(n, [load], AHT_S, [within], patience)
        queue = erlang.erlang_a(n, load, AHT_S, patience, within)
        assert level == pytest.approx(float(queue.service_level), abs=1e-10)

    @given(st.integers(0, 60), loads)
    def test_the_mean_wait_is_kept(self, spare: int, load: list[float]) -> None:
        """Weighted by their contacts the classes wait as long as in order of arrival."""
        n = math.floor(sum(load)) + 1 + spare
        mean = float(np.average(mean_waits(n, load, AHT_S), weights=load))
        assert mean == pytest.approx(float(erlang.asa_s(n, sum(load), AHT_S)), rel=1e-9)

    @pytest.mark.parametrize(
        ("n", "load"), [(3, [0.5, 1.0, 0.8]), (14, [2, 8]), (14, [9, 1, 3]), (5, [2, 2, 4])]
    )
    def test_mean_waits_are_those_of_the_law(self, n: int, load: list[float]) -> None:
        """The integral of the share that still waits is the mean of Cobham, in every class."""
        waits = mean_waits(n, load, AHT_S)

        def still(within: float, k: int) -> float:
            return float(1 - service_levels(n, load, AHT_S, within)[k])

        for k in np.flatnonzero(np.isfinite(waits)):
            whole, _ = quad(
                still, 0, 300 * waits[k], args=(k,), points=waits[k] * np.array([3, 30])
            )
            assert whole == pytest.approx(waits[k], rel=1e-5)

    @given(seats, loads, thresholds)
    def test_order_of_arrival_lies_between(self, n: int, load: list[float], within: float) -> None:
        """The first class does no worse than in order of arrival, the last no better."""
        levels = service_levels(n, load, AHT_S, within)
        fifo = float(erlang.service_level(n, sum(load), AHT_S, within))
        assert levels[-1] - 1e-9 <= fifo <= levels[0] + 2e-11
        assert (np.diff(levels) <= 1e-9).all()

    @given(seats, loads, thresholds, st.integers(0, 3), st.floats(0.1, 5))
    def test_more_seats_help_and_more_load_hurts(
        self, n: int, load: list[float], within: float, which: int, more: float
    ) -> None:
        """No class falls with one more server, nor rises with more load of any class."""
        base, helped = service_levels([n, n + 1], load, AHT_S, within)
        assert (helped >= base - 1e-9).all()
        load[which % len(load)] += more
        assert (service_levels(n, load, AHT_S, within) <= base + 1e-9).all()

    def test_a_flooded_class_leaves_those_above_it_alone(self) -> None:
        """While the second class only grows, the first waits for one of n to finish, no longer."""
        first, second = service_levels(10, [6.0, 5.0], AHT_S, 20)
        assert first == pytest.approx(1 - math.exp(-(10 - 6) * 20 / AHT_S))
        assert second == 0
        assert mean_waits(10, [6.0, 5.0], AHT_S).tolist() == [AHT_S / 4, math.inf]

    def test_how_flooded_a_class_is_does_not_matter(self) -> None:
        """Beyond the servers more load of the lowest class changes nothing for the others."""
        levels = service_levels(10, [[6, 2, 3], [6, 2, 3000]], AHT_S, 20)
        assert levels[0].tolist() == levels[1].tolist()
        assert 0 < levels[0, 1] < levels[0, 0]

    def test_classes_without_load(self) -> None:
        """An idle class changes nothing for the others and has the level its contact would."""
        both = service_levels(14, [4, 6], AHT_S, 20)
        for k in range(3):
            load = np.insert([4.0, 6.0], k, 0.0)
            levels = service_levels(14, load, AHT_S, 20)
            np.testing.assert_allclose(np.delete(levels, k), both, atol=2e-11)
            rare = service_levels(14, np.where(load > 0, load, 1e-9), AHT_S, 20)
            np.testing.assert_allclose(levels, rare, atol=1e-7)
        assert service_levels([0, 3], [[0, 0]], AHT_S, 20).tolist() == [[1, 1], [1, 1]]
        assert service_levels(0, [1, 0], AHT_S, 20).tolist() == [0, 0]

    def test_at_once_means_without_waiting(self) -> None:
        """With a threshold of 0 the order does not matter: a free server is free for all."""
        fifo = float(erlang.service_level(14, 10, AHT_S, 0))
        assert service_levels(14, [2, 3, 5], AHT_S, 0) == pytest.approx([fifo] * 3, abs=1e-14)

    def test_a_slot_of_a_chat_is_a_server(self) -> None:
        """Three chats a seat are three servers; a third of a seat too few does not count."""
        levels = chat_service_levels([3.4, 3.3], [2, 4], 300, 30, 3)
        expected = service_levels([10, 9], [2, 4], 300, 30)
        np.testing.assert_array_equal(levels, expected)

    @pytest.mark.parametrize(
        ("name", "bad"),
        [
            ("servers", 2.5), ("servers", -1), ("load_erl", [-1, 2]), ("load_erl", [math.nan, 2]),
            ("load_erl", 3.0), ("load_erl", []), ("aht_s", 0), ("aht_s", math.inf),
            ("answer_within_s", -1), ("patience_s", 0),
        ],
    )  # fmt: skip
    def test_bad_input_is_refused_by_name(self, name: str, bad: Any) -> None:
        """An argument out of its range raises a ValueError that names it."""
        told: dict[str, Any] = {
            "servers": 14, "load_erl": [2, 8], "aht_s": 180, "answer_within_s": 20,
            "patience_s": 90,
        }  # fmt: skip
        with pytest.raises(ValueError, match=name):
            service_levels(**(told | {name: bad}))


def replayed(
    n: int, load: list[float], within: float, patience: float, contacts: int, seed: int
) -> Floats:
    """Serve contacts event by event; return the share in time of each class in ten batches.

    Handle times have the mean 1. Classes (10 batches, K).
    """
    draw = np.random.default_rng(seed)
    coming = np.cumsum(draw.exponential(1 / sum(load), contacts)).tolist()
    of_class = draw.choice(len(load), contacts, p=np.array(load) / sum(load)).tolist()
    takes = draw.exponential(1.0, contacts).tolist()
    stays = (draw.exponential(1.0, contacts) * patience).tolist()
    ends: list[float] = []
    queue: list[tuple[int, int]] = []
    good = np.zeros((contacts,), dtype=bool)

    def serve(now: float) -> bool:
        while queue:
            _, i = heapq.heappop(queue)
            if coming[i] + stays[i] > now:
                good[i] = now - coming[i] <= within
                heapq.heappush(ends, now + takes[i])
                return True
        return False

    for i, now in enumerate(coming):
        while ends and ends[0] <= now:
            serve(heapq.heappop(ends))
        if len(ends) < n:
            good[i] = True
            heapq.heappush(ends, now + takes[i])
        else:
            heapq.heappush(queue, (of_class[i], i))
    rows = np.array_split(np.arange(contacts), 10)
    own = np.array(of_class)
    return np.array([[good[r][own[r] == k].mean() for k in range(len(load))] for r in rows])


@pytest.mark.parametrize(
    ("n", "load", "within", "patience"),
    [
        (8, [1.5, 2.0, 3.0], 0.15, math.inf),
        (3, [1.2, 1.3], 0.5, math.inf),
        (8, [3.0, 3.0, 3.5], 0.25, 0.8),
        (20, [14.0, 4.0], 0.1, 2.0),
    ],
)
def test_an_event_by_event_simulation_agrees(
    n: int, load: list[float], within: float, patience: float
) -> None:
    """The level of every class lies within 4.5 standard errors of a simulation's, all small."""
    found = replayed(n, load, within, patience, contacts=150_000, seed=7)
    error = found.std(axis=0, ddof=1) / math.sqrt(len(found))
    levels = service_levels(n, load, 1.0, within, patience)
    assert (error < 0.009).all()
    assert (np.abs(found.mean(axis=0) - levels) < 4.5 * error).all()


class TestSeats:
    """Fewest servers for every class's target."""

    @given(loads, st.lists(st.floats(0.3, 0.99), min_size=4, max_size=4), st.floats(0, 300))
    def test_the_answer_is_the_fewest(
        self, load: list[float], level: list[float], within: float
    ) -> None:
        """All targets are met at n, and one is missed at n - 1."""
        wanted = np.array(level[: len(load)])
        n = int(fewest_servers(load, AHT_S, wanted, within))
        fewer, enough = service_levels([n - 1, n], load, AHT_S, within)
        assert (enough >= wanted - 1e-10).all()
        assert (fewer < wanted).any()

    @given(st.floats(0.05, 60), st.floats(0.3, 0.99), thresholds)
    def test_one_class_needs_what_erlang_c_needs(
        self, load: float, level: float, within: float
    ) -> None:
        """A single class has the servers of order of arrival."""
        fifo = erlang.fewest_servers(load, AHT_S, level, within)
        assert fewest_servers([load], AHT_S, level, within) == fifo

    @given(loads, st.floats(0.3, 0.99), st.floats(0.3, 0.99), thresholds, thresholds)
    def test_the_lowest_class_needs_at_least_order_of_arrival(
        self, load: list[float], level: float, other: float, within: float, other_within: float
    ) -> None:
        """Priority never saves servers for the lowest class's target, hence none for equal ones."""
        targets = [other] * (len(load) - 1) + [level]
        thresholds_s = [other_within] * (len(load) - 1) + [within]
        n = fewest_servers(load, AHT_S, targets, thresholds_s)
        assert n >= erlang.fewest_servers(sum(load), AHT_S, level, within)

    def test_a_tie_is_reached(self) -> None:
        """80 % at once of 0.2 erlangs is what one server gives, whatever the rounding."""
        assert fewest_servers([0.1, 0.1], AHT_S, 0.8, 0) == 1
        shops: dict[str, Row] = {
            shop: {"target_level": 0.8, "answer_within_s": 0.0, "priority": p}
            for shop, p in (("A", 1), ("B", 2))
        }
        assert planned({"A": [0.75], "B": [0.75]}, shops)["seats"].tolist() == [1]

    def test_priority_saves_where_the_first_is_strict(self) -> None:
        """95 % for 2 of 10 erlangs needs 14 servers with priority, 16 in order of arrival."""
        assert fewest_servers([2, 8], AHT_S, [0.95, 0.8], 20) == 14
        assert erlang.fewest_servers(10, AHT_S, 0.95, 20) == 16

    def test_a_strict_class_served_last_costs_servers(self) -> None:
        """95 % of 2 erlangs that 8 others overtake need 15 servers, 14 in order of arrival."""
        assert fewest_servers([8, 2], AHT_S, [0.8, 0.95], 60) == 15
        assert erlang.fewest_servers(10, AHT_S, 0.95, 60) == 14

    def test_a_class_without_load_asks_nothing(self) -> None:
        """Targets of classes that have no load are not staffed for."""
        plain = fewest_servers([[2, 8, 5]], AHT_S, [0.95, 0.8, 0.5], 20)
        idle = fewest_servers([[0, 2, 8, 5]], AHT_S, [0.999, 0.95, 0.8, 0.5], 20)
        last = fewest_servers([[2, 8, 5, 0]], AHT_S, [0.95, 0.8, 0.5, 0.999], 20)
        assert plain == idle == last
        assert fewest_servers([[0, 0]], AHT_S, 0.9, 20) == 0

    def test_those_who_leave_need_no_seat(self) -> None:
        """With patience the fewest servers still meet every target, and are fewer."""
        load, level = np.array([4.0, 12.0]), np.array([0.9, 0.7])
        n = int(fewest_servers(load, AHT_S, level, 20, 120))
        assert n < fewest_servers(load, AHT_S, level, 20)
        fewer, enough = service_levels([n - 1, n], load, AHT_S, 20, 120)
        assert (enough >= level).all()
        assert (fewer < level).any()

    def test_chat_seats_hold_the_slots(self) -> None:
        """The slots of n seats meet every class's target, those of n - 1 do not."""
        load, level = np.array([[4.0, 12.0], [1.0, 30.0], [0.2, 0.1]]), [0.95, 0.9]
        n = chat_seats(load, 300, level, 30, 2.5)
        enough = chat_service_levels(n, load, 300, 30, 2.5) >= level
        fewer = chat_service_levels(n - 1, load, 300, 30, 2.5) >= level
        assert enough.all()
        assert not fewer.all(axis=1).any()

    def test_rows_are_answered_alone(self) -> None:
        """Many pools at once have the seats and levels that each has on its own."""
        draw = np.random.default_rng(3)
        load, within = draw.uniform(0, 30, (6, 3)), draw.uniform(0, 90, (6, 3))
        patience = np.array([60.0, math.inf] * 3)
        n = fewest_servers(load, AHT_S, 0.8, within, patience)
        levels = service_levels(n, load, AHT_S, within, patience)
        for i in range(6):
            assert fewest_servers(load[i], AHT_S, 0.8, within[i], patience[i]) == n[i]
            alone = service_levels(n[i], load[i], AHT_S, within[i], patience[i])
            np.testing.assert_allclose(levels[i], alone, atol=1e-7)


PLAIN = SeatSettings(max_occupancy=1.0, demand="mean")
VIP: Row = {"target_level": 0.95, "priority": 3}
ORDINARY: Row = {"target_level": 0.8}


def planned(
    means: dict[str, list[float]], shops: dict[str, Row], chosen: SeatSettings = PLAIN, **told: Any
) -> pd.DataFrame:
    """Return the requirement of one pool of shops with these contacts a half hour."""
    made = workspace({shop: np.ones(1) for shop in means}, shops=shops)
    return required_seats(made, scenario(START, 1, seats=chosen), expected(means, **told)).table


class TestPlan:
    """Shops of different priorities in the seats of a plan."""

    means: ClassVar = {"A": [15.0, 30.0, 0.0, 0.0], "B": [60.0, 30.0, 50.0, 0.0]}

    def test_one_priority_is_order_of_arrival(self) -> None:
        """Shops that all have priority 9 are planned to the byte as shops of priority 1."""
        tables = [planned(self.means, {shop: {"priority": p} for shop in "AB"}) for p in (1, 9)]
        assert tables[0].to_csv() == tables[1].to_csv()

    def test_a_strict_shop_first_saves_seats(self) -> None:
        """The seats are the fewest servers of the two classes, below those of order of arrival."""
        first = planned(self.means, {"A": VIP, "B": ORDINARY})
        alike = planned(self.means, {"A": {**VIP, "priority": 1}, "B": ORDINARY})
        load = np.array([[15, 60], [30, 30]]) * 240 / 1800
        servers = fewest_servers(load, 240, [0.95, 0.8], 20)
        assert first["seats"].tolist()[:2] == servers.tolist()
        assert (first["seats"] <= alike["seats"]).all()
        assert first["seats"].sum() < alike["seats"].sum()

    def test_the_level_beside_the_seats_is_that_of_the_classes(self) -> None:
        """The pool's level is the mean of its classes' levels by their contacts."""
        row = planned(self.means, {"A": VIP, "B": ORDINARY}).iloc[0]
        levels = service_levels(int(row["seats"]), np.array([15, 60]) * 240 / 1800, 240, 20)
        assert row["service_level"] == pytest.approx((15 * levels[0] + 60 * levels[1]) / 75)

    def test_only_those_who_are_open_are_before_others(self) -> None:
        """While the first shop is closed or has no contacts the other is as on its own."""
        alone = planned({"B": [50.0]}, {"B": ORDINARY})
        both = planned(self.means, {"A": {**ORDINARY, "priority": 2}, "B": ORDINARY})
        assert both["seats"].tolist()[2:] == [alone["seats"].iloc[0], 0]
        assert both["service_level"].iloc[2] == pytest.approx(alone["service_level"].iloc[0])

    def test_the_occupancy_is_capped(self) -> None:
        """Where the targets ask little the cap sets the seats, as in order of arrival."""
        slack: Row = {"target_level": 0.5, "answer_within_s": 300.0}
        shops: dict[str, Row] = {"A": {**slack, "priority": 2}, "B": slack}
        row = planned(self.means, shops, SeatSettings(max_occupancy=0.6, demand="mean")).iloc[0]
        assert row["seats"] == math.ceil(10 / 0.6)
        assert row["binding"] == "occupancy"

    @pytest.mark.parametrize(
        "queue", [{}, {"patience_s": 150.0}, {"concurrency": 3.0, "aht_alone_s": 150.0}]
    )
    def test_every_queue_knows_priority(self, queue: Row) -> None:
        """Phones, patience, chats that slow each other: a strict first shop saves, a last costs."""
        sums = [
            int(
                planned(
                    {"A": [100.0], "B": [300.0]},
                    {
                        "A": {**queue, "target_level": 0.95, "priority": p},
                        "B": {**queue, "target_level": 0.8, "priority": 2},
                    },
                )["seats"].iloc[0]
            )
            for p in (3, 2, 1)
        ]
        assert sums[0] < sums[1]
        assert sums[1] <= sums[2]

    def test_chats_of_one_handle_time_are_slots(self) -> None:
        """A curve of handle times that hardly rises plans as the answer slots it is."""
        chat: Row = {"concurrency": 3.0, "answer_within_s": 30.0}
        shops = {"A": {**VIP, **chat}, "B": {**ORDINARY, **chat}}
        curved = {shop: {**row, "aht_alone_s": 240.0 - 1e-6} for shop, row in shops.items()}
        slots, curve = planned(self.means, shops), planned(self.means, curved)
        assert slots["seats"].tolist() == curve["seats"].tolist()
        np.testing.assert_allclose(slots["service_level"], curve["service_level"], atol=1e-7)

    def test_doubt_is_expected_over_by_class(self) -> None:
        """Under doubt every class's expected level meets its target, and one seat less fails."""
        safe = SeatSettings(max_occupancy=1.0, demand="expected")
        shops: dict[str, Row] = {"A": VIP, "B": ORDINARY}
        row = planned({"A": [100.0], "B": [300.0]}, shops, safe, relative=0.2).iloc[0]
        certain = planned({"A": [100.0], "B": [300.0]}, shops).iloc[0]
        assert row["seats"] > certain["seats"]
        noise = 400 + (0.2 * 100) ** 2 + (0.2 * 300) ** 2
        seen = volumes(np.array([400.0]), np.array([noise]))[0] * 240 / 1800
        load = seen[:, None] * np.array([0.25, 0.75])
        n = int(row["seats"])
        assert (service_levels(n, load, 240, 20).mean(axis=0) >= [0.95, 0.8]).all()
        assert (service_levels(n - 1, load, 240, 20).mean(axis=0) < [0.95, 0.8]).any()
