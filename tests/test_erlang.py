"""Erlang-C and the chat slot model against exact figures, theory and their own laws."""

from __future__ import annotations

import csv
import math
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betainc

from staffing.seats import erlang
from staffing.seats.erlang import (
    asa_s,
    chat_seats,
    chat_service_level,
    erlang_a,
    erlang_c,
    fewest_servers,
    occupancy,
    service_level,
)

REFERENCE = Path(__file__).parents[2] / "shared" / "queueing" / "erlangc_reference.csv"

loads = st.floats(1e-3, 3000)
ahts = st.floats(10, 1200)
levels = st.floats(0.01, 0.9999)
thresholds = st.floats(0, 600)


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    """900 rows computed with 50-digit arithmetic, one array per column."""
    if not REFERENCE.exists():
        pytest.skip("the 50-digit reference table is not beside the repository")
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def exact_erlang_c(servers: int, load_erl: float) -> Decimal:
    """Erlang C by the plain recursion of Erlang B in 40 digits."""
    with localcontext() as context:
        context.prec = 40
        load = Decimal(load_erl)
        inverse_b = Decimal(1)
        for n in range(1, servers + 1):
            inverse_b = 1 + inverse_b * n / load
        return servers / ((servers - load) * inverse_b + load)


class TestReference:
    """Agreement with the 50-digit table."""

    def test_every_row_has_the_fewest_seats(self, reference: dict[str, np.ndarray]) -> None:
        """All 900 seat counts are exact."""
        r = reference
        found = fewest_servers(r["load_erl"], r["aht_s"], r["sl_target"], r["awt_s"])
        np.testing.assert_array_equal(found, r["min_agents"])
        assert found.size == 900

    def test_every_measure_is_exact_to_twelve_digits(
        self, reference: dict[str, np.ndarray]
    ) -> None:
        """Service level, ASA, occupancy and P(wait) agree to 1e-12 relative."""
        r = reference
        n, load, aht, within = r["min_agents"], r["load_erl"], r["aht_s"], r["awt_s"]
        for found, expected in (
            (service_level(n, load, aht, within), r["sl"]),
            (asa_s(n, load, aht), r["asa_s"]),
            (occupancy(n, load), r["occupancy"]),
            (erlang_c(n, load), r["p_wait"]),
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-12)

    def test_one_server_less_has_the_level_of_the_table(
        self, reference: dict[str, np.ndarray]
    ) -> None:
        """The service level one server below the answer agrees where it exists."""
        r = {
            name: column[~np.isnan(reference["sl_at_n_minus_1"])]
            for name, column in reference.items()
        }
        found = service_level(r["min_agents"] - 1, r["load_erl"], r["aht_s"], r["awt_s"])
        np.testing.assert_allclose(found, r["sl_at_n_minus_1"], rtol=1e-12)


class TestKnownNumbers:
    """Figures from the literature and from hand calculation."""

    def test_hundred_contacts_per_half_hour(self) -> None:
        """100 contacts per 30 min of 180 s at 80/20 need 14 seats, with these measures."""
        assert fewest_servers(10, 180, 0.80, 20) == 14
        assert service_level(14, 10, 180, 20) == pytest.approx(0.88835, abs=5e-6)
        assert erlang_c(14, 10) == pytest.approx(0.17413, abs=5e-6)
        assert asa_s(14, 10, 180) == pytest.approx(7.836, abs=5e-4)
        assert occupancy(14, 10) == pytest.approx(10 / 14)

    @pytest.mark.parametrize(
        ("contacts", "per_s", "aht", "level", "within", "seats"),
        [(250, 3600, 330, 0.80, 30, 28), (25, 900, 752, 0.90, 20, 28)],
    )
    def test_published_seat_counts(
        self, contacts: int, per_s: int, aht: int, level: float, within: int, seats: int
    ) -> None:
        """Two published examples need 28 seats each."""
        assert fewest_servers(contacts * aht / per_s, aht, level, within) == seats

    @pytest.mark.parametrize(("n", "load", "wait"), [(8, 3.87, 0.0501), (10, 4.08, 0.0101)])
    def test_published_waiting_shares(self, n: int, load: float, wait: float) -> None:
        """Two entries of the published Erlang-C tables."""
        assert erlang_c(n, load) == pytest.approx(wait, abs=5e-5)

    def test_a_circulating_fixture_is_wrong(self) -> None:
        """5 erl on 8 servers reach .856 within AHT / 20, and .75 at no threshold at all."""
        assert service_level(8, 5, 300, 15) == pytest.approx(0.856, abs=5e-4)
        assert service_level(8, 5, 300, 0) > 0.83

    @pytest.mark.parametrize("load", [0.2, 0.5, 0.9])
    def test_one_server_waits_as_in_m_m_1(self, load: float) -> None:
        """On one server P(wait) is the load and ASA is load / (1 - load) handle times."""
        assert erlang_c(1, load) == pytest.approx(load, rel=1e-14)
        assert asa_s(1, load, 100) == pytest.approx(100 * load / (1 - load), rel=1e-14)

    @pytest.mark.parametrize(
        ("servers", "load"),
        [
            (1, 1e-9),
            (5, 4.9),
            (7, 0.01),
            (15, 14.5),
            (16, 15.5),
            (17, 3.0),
            (5_100, 5_000.3),
            (100_001, 100_000.0),
            (100_300, 100_000.0),
            (101_500, 100_000.0),
        ],
    )
    def test_forty_digit_recursion_agrees(self, servers: int, load: float) -> None:
        """P(wait) agrees with 40-digit arithmetic from nearly nothing to 100,000 erlangs."""
        expected = float(exact_erlang_c(servers, load))
        assert erlang_c(servers, load) == pytest.approx(expected, rel=1e-12, abs=0)

    def test_hundred_thousand_erlangs_need_the_fewest_seats(self) -> None:
        """At 100,000 erlangs the answer is confirmed by 40-digit arithmetic at n and n - 1."""
        n = int(fewest_servers(100_000, 300, 0.80, 20))
        late = [
            float(exact_erlang_c(m, 100_000)) * math.exp(-(m - 100_000) * 20 / 300)
            for m in (n, n - 1)
        ]
        assert late[0] <= 0.2 < late[1]


class TestEdges:
    """No load, no servers, overload, ties and limits."""

    def test_no_load_needs_nobody(self) -> None:
        """Without load nobody waits, every contact is in time, and no seat is needed."""
        for n in (0, 3):
            assert erlang_c(n, 0) == 0
            assert service_level(n, 0, 180, 20) == 1
            assert asa_s(n, 0, 180) == 0
            assert occupancy(n, 0) == 0
        assert fewest_servers(0, 180, 0.8, 20) == 0
        assert chat_seats(0, 180, 0.8, 20, 3) == 0

    @pytest.mark.parametrize("servers", [0, 4, 5])
    def test_overload_answers_nobody(self, servers: int) -> None:
        """At load >= servers everyone waits for ever and the servers are always busy."""
        assert erlang_c(servers, 5) == 1
        assert service_level(servers, 5, 180, 600) == 0
        assert asa_s(servers, 5, 180) == np.inf
        assert occupancy(servers, 5) == 1

    def test_a_tie_with_the_level_counts_as_reached(self) -> None:
        """1 - 0.2 is 0.8 on paper: one server at 0.2 erl answers exactly 80 % at once."""
        assert fewest_servers(0.2, 180, 0.8, 0) == 1
        assert fewest_servers(1, 180, 2 / 3, 0) == 2
        assert fewest_servers(1, 180, 2 / 3 + 1e-9, 0) == 3

    @pytest.mark.parametrize(("load", "limit"), [(16.15, 0.85), (13.3, 0.7)])
    def test_a_tie_with_the_occupancy_counts_as_kept(self, load: float, limit: float) -> None:
        """16.15 / 0.85 and 13.3 / 0.7 are 19 seats, though the latter exceeds 19 in floats."""
        assert fewest_servers(load, 180, 0.1, 20, max_occupancy=limit) == 19
        assert fewest_servers(load + 0.01, 180, 0.1, 20, max_occupancy=limit) == 20

    def test_the_occupancy_only_adds_seats(self) -> None:
        """The level binds small queues, the occupancy large ones."""
        np.testing.assert_array_equal(
            fewest_servers([1, 1000], 180, 0.8, 20, max_occupancy=[0.85, 0.85]), [3, 1177]
        )
        np.testing.assert_array_equal(fewest_servers([1, 1000], 180, 0.8, 20), [3, 1011])

    @pytest.mark.parametrize("load", [1e-300, 1e-6, 0.5, 3, 4_000, 1e5, 9e8])
    @pytest.mark.parametrize("level", [1e-12, 0.5, 1 - 1e-15])
    @pytest.mark.parametrize("within", [0, 1e-9, 1e12])
    def test_extreme_inputs_end_at_a_stable_queue(
        self, load: float, level: float, within: float
    ) -> None:
        """Extremes neither overflow nor loop, and stay within ten spreads of the load."""
        n = int(fewest_servers(load, 1e-3, level, within))
        assert load < n <= load + 10 * math.sqrt(load) + 12

    def test_arguments_broadcast_like_ufuncs(self) -> None:
        """A column of loads against a row of levels gives the table of single calls."""
        load, level = np.array([[0.0], [3.0], [40.0]]), np.array([0.7, 0.9])
        table = fewest_servers(load, 180, level, 20)
        assert table.dtype == np.int64
        expected = [[int(fewest_servers(a, 180, s, 20)) for s in level] for a in load[:, 0]]
        np.testing.assert_array_equal(table, expected)
        assert service_level(table, load, 180, 20).shape == (3, 2)
        assert fewest_servers([], 180, 0.8, 20).shape == (0,)

    def test_long_columns_are_searched_whole(self) -> None:
        """A column of several internal chunks gives the same answers as its pieces."""
        load = np.linspace(0, 300, 40_000)
        whole = fewest_servers(load, 180, 0.8, 20)
        pieces = [fewest_servers(part, 180, 0.8, 20) for part in np.array_split(load, 7)]
        np.testing.assert_array_equal(whole, np.concatenate(pieces))

    @pytest.mark.parametrize("off", [-1e9, 0, 50])
    def test_the_answer_does_not_depend_on_the_guess(
        self, off: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From a guess far too low or too high the steps reach the same seats."""
        load = np.linspace(0.1, 200, 500)
        expected = fewest_servers(load, 180, 0.9, 20)
        monkeypatch.setattr(erlang, "_square_root_staffing", lambda a, *_: a + off)
        np.testing.assert_array_equal(fewest_servers(load, 180, 0.9, 20), expected)

    @pytest.mark.parametrize(
        ("argument", "bad"),
        [
            ("load_erl", math.nan),
            ("load_erl", math.inf),
            ("load_erl", -1),
            ("load_erl", "ten"),
            ("load_erl", None),
            ("load_erl", True),
            ("load_erl", [1, math.nan]),
            ("load_erl", [[1], [1, 2]]),
            ("load_erl", 1e300),  # more servers than there are people
            ("aht_s", 0),
            ("aht_s", -180),
            ("aht_s", math.nan),
            ("level", 0),
            ("level", 1),
            ("level", 80),  # percent instead of a share
            ("level", math.nan),
            ("answer_within_s", -1),
            ("answer_within_s", math.inf),
            ("max_occupancy", 0),
            ("max_occupancy", 1.01),
            ("max_occupancy", math.nan),
            ("concurrency", 0),
            ("concurrency", 0.5),
            ("concurrency", math.inf),
        ],
    )
    def test_bad_input_is_refused_by_name(self, argument: str, bad: Any) -> None:
        """An argument out of its range raises a ValueError that names it."""
        arguments: dict[str, Any] = {
            "load_erl": 10, "aht_s": 180, "level": 0.8, "answer_within_s": 20, "concurrency": 3,
            "max_occupancy": 0.9,
        }  # fmt: skip
        with pytest.raises(ValueError, match=argument):
            chat_seats(**(arguments | {argument: bad}))

    @pytest.mark.parametrize("bad", [-1, 2.5, math.nan, math.inf, "many"])
    def test_bad_servers_are_refused_by_name(self, bad: Any) -> None:
        """Servers that are not whole numbers >= 0 raise a ValueError that names them."""
        for measure in (erlang_c, occupancy):
            with pytest.raises(ValueError, match="servers"):
                measure(bad, 5)


class TestLaws:
    """Properties that hold for every input."""

    @settings(deadline=None)
    @given(loads, ahts, levels, thresholds)
    def test_the_answer_is_the_fewest(
        self, load: float, aht: float, level: float, within: float
    ) -> None:
        """The level is reached at n and missed at n - 1."""
        n = int(fewest_servers(load, aht, level, within))
        assert service_level(n, load, aht, within) >= level - 1e-10
        assert service_level(n - 1, load, aht, within) < level

    @settings(deadline=None)
    @given(loads, ahts, levels, thresholds, st.floats(0.05, 1))
    def test_the_occupancy_is_kept_by_the_fewest(
        self, load: float, aht: float, level: float, within: float, limit: float
    ) -> None:
        """With an occupancy limit, n - 1 breaks the limit or misses the level."""
        n = int(fewest_servers(load, aht, level, within, max_occupancy=limit))
        assert occupancy(n, load) <= limit * (1 + 1e-8)
        assert service_level(n, load, aht, within) >= level - 1e-10
        too_busy = occupancy(n - 1, load) > limit
        assert too_busy or service_level(n - 1, load, aht, within) < level

    @settings(deadline=None)
    @given(st.floats(0.01, 40), ahts, levels, thresholds)
    def test_counting_up_from_one_finds_the_same(
        self, load: float, aht: float, level: float, within: float
    ) -> None:
        """The search ends where counting servers from 1 upwards ends."""
        reached = service_level(np.arange(200), load, aht, within) >= level - 1e-12
        assert fewest_servers(load, aht, level, within) == np.argmax(reached)

    @settings(deadline=None)
    @given(loads, loads, ahts, levels, levels, thresholds, thresholds)
    def test_seats_are_monotone(
        self,
        load: float,
        load_2: float,
        aht: float,
        level: float,
        level_2: float,
        within: float,
        within_2: float,
    ) -> None:
        """More load or a higher level never needs fewer seats, a longer threshold never more."""
        n = fewest_servers(max(load, load_2), aht, max(level, level_2), min(within, within_2))
        assert n >= fewest_servers(load, aht, max(level, level_2), min(within, within_2))
        assert n >= fewest_servers(max(load, load_2), aht, level, min(within, within_2))
        assert n >= fewest_servers(max(load, load_2), aht, max(level, level_2), within)

    @settings(deadline=None)
    @given(st.integers(0, 3000), loads)
    def test_measures_stay_in_their_range(self, servers: int, load: float) -> None:
        """Shares lie in 0..1 and one more server never lets more contacts wait."""
        wait, wait_more = erlang_c([servers, servers + 1], load)
        assert 0 <= wait_more <= wait <= 1
        assert 0 <= service_level(servers, load, 180, 20) <= 1
        assert 0 < occupancy(servers, load) <= 1

    @settings(deadline=None)
    @given(loads, ahts, levels, thresholds, st.floats(0.5, 1))
    def test_one_chat_at_a_time_is_the_phone(
        self, load: float, aht: float, level: float, within: float, limit: float
    ) -> None:
        """At concurrency 1 chat seats and chat level equal the phone's exactly."""
        n = chat_seats(load, aht, level, within, 1, max_occupancy=limit)
        assert n == fewest_servers(load, aht, level, within, max_occupancy=limit)
        assert chat_service_level(n, load, aht, within, 1) == service_level(n, load, aht, within)

    @settings(deadline=None)
    @given(loads, ahts, levels, thresholds, st.sampled_from([1, 1.1, 2, 2.2, 2.5, 3, 10 / 3, 8]))
    def test_chat_seats_are_the_fewest(
        self, load: float, aht: float, level: float, within: float, concurrency: float
    ) -> None:
        """The slots of n seats reach the level, those of n - 1 miss it."""
        n = int(chat_seats(load, aht, level, within, concurrency))
        assert chat_service_level(n, load, aht, within, concurrency) >= level - 1e-10
        assert chat_service_level(n - 1, load, aht, within, concurrency) < level


def counted_erlang_a(
    servers: int, load: float, aht: float, patience: float, within: float
) -> tuple[float, float, float, float, float]:
    """Erlang-A state by state, the wait behind q others by the incomplete beta function."""
    drain, theta, rate = servers / aht, 1 / patience, load / aht
    log_p = [0.0]
    for j in range(1, servers + 4000):
        log_p.append(
            log_p[-1] + math.log(rate / (min(j, servers) / aht + max(j - servers, 0) * theta))
        )
    p = np.exp(np.array(log_p) - max(log_p))
    p /= p.sum()
    waiting = p[servers:]
    q, b = np.arange(waiting.size), drain / theta
    answered = b / (b + q + 1)
    in_time = answered * betainc(q + 1, b + 1, -math.expm1(-theta * within))
    # Who is answered waited for q + 1 departures, each as fast as if all had to be outlived.
    wait = answered * np.cumsum(1 / (drain + (q + 1) * theta))
    free = 1 - waiting.sum()
    return (
        free + waiting @ in_time,
        1 - free,
        waiting @ (1 - answered),
        waiting @ wait / (free + waiting @ answered),
        waiting @ q / rate,
    )


class TestPatience:
    """Erlang-A: customers who wait lose patience."""

    def test_the_published_example(self) -> None:
        """48 a minute of 1 min, 50 agents, patience 2 min: 3.09 % abandon after 3.71 s waits."""
        queue = erlang_a(50, 48, 60, 120, 20)
        assert queue.abandoned == pytest.approx(0.0309, abs=5e-5)
        assert queue.mean_wait_s == pytest.approx(3.71, abs=5e-3)
        assert queue.asa_s < queue.mean_wait_s

    @pytest.mark.parametrize("servers", [1, 12, 150])
    @pytest.mark.parametrize("busy", [0.3, 0.95, 1.0, 1.6])
    @pytest.mark.parametrize(("patience", "within"), [(180, 20), (5, 0), (1500, 300)])
    def test_measures_equal_the_sum_over_states(
        self, servers: int, busy: float, patience: float, within: float
    ) -> None:
        """Level, waits and abandoning agree with the state probabilities to nine digits."""
        load = servers * busy
        queue = erlang_a(servers, load, 180, patience, within)
        found = [float(getattr(queue, name)) for name in (
            "service_level", "wait_probability", "abandoned", "asa_s", "mean_wait_s"
        )]  # fmt: skip
        expected = counted_erlang_a(servers, load, 180, patience, within)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-13)

    def test_endless_patience_is_erlang_c(self) -> None:
        """Infinite patience gives Erlang-C, a very long one comes near it."""
        n, load = np.arange(0, 200)[:, None], np.geomspace(0.01, 300, 50)
        queue = erlang_a(n, load, 180, math.inf, 20)
        np.testing.assert_allclose(queue.service_level, service_level(n, load, 180, 20), atol=1e-12)
        np.testing.assert_allclose(queue.wait_probability, erlang_c(n, load), 1e-9, 1e-300)
        np.testing.assert_allclose(queue.asa_s, asa_s(n, load, 180), 1e-9, 1e-300)
        near = erlang_a(14, 10, 180, 1e9, 20)
        assert near.service_level == pytest.approx(0.88835, abs=5e-6)

    @settings(deadline=None)
    @given(st.integers(0, 20_000), st.floats(1e-6, 1e5), st.floats(1e-3, 1e9), thresholds)
    def test_measures_stay_in_their_range(
        self, servers: int, load: float, patience: float, within: float
    ) -> None:
        """At any load, below or far above the servers, shares are shares and waits finite."""
        queue = erlang_a([servers, servers + 1], load, 180, patience, within)
        for name in ("service_level", "wait_probability", "abandoned"):
            values = getattr(queue, name)
            assert np.all((values >= 0) & (values <= 1)), name
        assert np.all((queue.mean_wait_s >= 0) & (queue.mean_wait_s <= patience))
        assert queue.service_level[1] >= queue.service_level[0] - 1e-12
        assert queue.abandoned[1] <= queue.abandoned[0] + 1e-12
        # What is answered was done by the servers: abandoned >= 1 - servers / load.
        assert queue.abandoned[0] >= 1 - servers / load - 1e-12

    @pytest.mark.parametrize("bad", [0, -1, math.nan, -math.inf, 1e13, "long", None])
    def test_bad_patience_is_refused_by_name(self, bad: Any) -> None:
        """A patience that is no time raises a ValueError that names it."""
        with pytest.raises(ValueError, match="patience_s"):
            erlang_a(14, 10, 180, bad, 20)


class TestChat:
    """The slot model of a chat seat."""

    @pytest.mark.parametrize(
        ("per_hour", "aht", "concurrency", "seats"),
        [(20, 540, 3, 2), (120, 540, 3, 8), (1200, 540, 3, 65), (400, 510, 5, 14)],
    )
    def test_slots_at_the_observed_aht_come_near_the_simulated_seats(
        self, per_hour: int, aht: int, concurrency: int, seats: int
    ) -> None:
        """At 90/30 the simulations found 2, 8, 64 and 13 seats: at most one less."""
        assert chat_seats(per_hour * aht / 3600, aht, 0.90, 30, concurrency) == seats

    def test_the_occupancy_limits_filled_slots(self) -> None:
        """60 erl of chats at 80 % need 75 slots: 25 seats of three."""
        assert chat_seats(60, 540, 0.5, 600, 3, max_occupancy=0.8) == 25

    def test_a_mean_concurrency_counts_whole_seats(self) -> None:
        """21 slots at 1.4 chats a seat are 15 seats, though 21 / 1.4 exceeds 15 in floats."""
        assert 21 / 1.4 > 15
        assert chat_seats(16.8, 300, 0.5, 600, 1.4, max_occupancy=0.8) == 15

    def test_fractional_seats_count_whole_slots(self) -> None:
        """3.4 speed-weighted seats of three chats are ten slots, 3.3 are nine."""
        assert chat_service_level(3.4, 6, 300, 30, 3) == service_level(10, 6, 300, 30)
        assert chat_service_level(3.3, 6, 300, 30, 3) == service_level(9, 6, 300, 30)

    def test_ten_tenths_are_a_whole_slot(self) -> None:
        """Ten agents of speed 0.1 make one seat although their sum is 0.9999999999999999."""
        weights = sum([0.1] * 10)
        assert weights < 1
        assert chat_service_level(weights, 0.5, 300, 30, 1) == service_level(1, 0.5, 300, 30)

    def test_negative_seats_are_refused_by_name(self) -> None:
        """Seats below 0 raise a ValueError that names them."""
        with pytest.raises(ValueError, match="seats"):
            chat_service_level(-0.5, 6, 300, 30, 3)
