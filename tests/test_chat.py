"""The birth-death chat model against closed forms, simulations and its own laws."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.seats import chat, erlang
from staffing.seats.capacity import MOST_SLOTS, TooManySeatsError
from staffing.seats.chat import Measures, Profile, fewest_seats, measures

SCENARIOS = Path(__file__).parents[2] / "shared" / "queueing" / "chat_scenarios.csv"

THREE: dict[str, Any] = {"aht_s": (360, 450, 540), "answer_within_s": 30, "level": 0.9}
RATES = ("service_level", "wait_probability", "abandoned", "occupancy", "agents_busy")


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Any handle times that rise with the chats and let an agent complete no fewer."""
    aht = [draw(st.floats(20, 900))]
    for k in range(1, draw(st.integers(1, 6))):
        aht.append(aht[-1] * draw(st.floats(1, (k + 1) / k)))
    return Profile(
        aht_s=tuple(aht),
        answer_within_s=draw(st.floats(0, 300)),
        level=draw(st.floats(0.05, 0.99)),
        patience_s=draw(st.one_of(st.just(math.inf), st.floats(5, 3000))),
    )


def by_hand(profile: Profile, seats: int, rate: float, states: int = 3000) -> dict[str, float]:
    """Measures from the balance equations, state by state, and Simpson's rule for the wait."""
    c, full = profile.concurrency, seats * profile.concurrency
    ends = [0.0] + [(k + 1) / a for k, a in enumerate(profile.aht_s)]
    log_p = [0.0]
    for j in range(1, full + states):
        k, m = divmod(min(j, full), seats)
        death = (seats - m) * ends[k] + (m * ends[k + 1] if m else 0.0)
        log_p.append(log_p[-1] + math.log(rate / (death + max(j - full, 0) / profile.patience_s)))
    p = np.exp(np.array(log_p) - max(log_p))
    p /= p.sum()
    j = np.arange(p.size)
    held, queued = np.minimum(j, full), np.maximum(j - full, 0)
    abandoned = queued @ p / profile.patience_s / rate
    return {
        "wait_probability": p[full:].sum(),
        "abandoned": abandoned,
        "mean_wait_s": queued @ p / rate,
        "occupancy": held @ p / full,
        "agents_busy": np.minimum(j, seats) @ p / seats,
        "mean_chats": held @ p / (np.minimum(j, seats) @ p),
        "effective_aht_s": held @ p / (rate * (1 - abandoned)),
        "concurrency": c,
    }


class TestSimulations:
    """Agreement with simulated queues."""

    def test_every_scenario_has_the_simulated_seats(self) -> None:
        """The fewest seats equal the simulation's in each row, the level is within a point."""
        if not SCENARIOS.exists():
            pytest.skip("the table of simulated chat queues is not beside the repository")
        with SCENARIOS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 7
        for row in rows:
            profile = Profile(
                aht_s=tuple(float(each) for each in row["aht_list_s"].split(";")),
                answer_within_s=float(row["awt_s"]),
                level=float(row["target"]),
                patience_s=float(row["patience_s"]) or math.inf,
            )
            rate = float(row["per_hour"]) / 3600
            seats = fewest_seats(profile, rate)
            assert seats == int(row["true_min_seats_sim"]), row["scenario"]
            found = float(measures(profile, seats, rate).service_level)
            assert found == pytest.approx(float(row["sim_sl"]), abs=0.01), row["scenario"]

    @pytest.mark.parametrize(
        ("aht", "per_hour", "level", "within", "patience", "seats"),
        [
            ((360, 450, 540), 20, 0.9, 30, math.inf, 2),
            ((360, 450, 540), 120, 0.9, 30, math.inf, 8),
            ((360, 450, 540), 1200, 0.9, 30, math.inf, 64),
            ((300, 330, 375, 435, 510), 400, 0.9, 30, math.inf, 13),
            ((360, 450, 540), 120, 0.9, 30, 120, 7),
            ((180,), 200, 0.8, 20, 180, 12),
            ((180,), 200, 0.8, 20, math.inf, 14),
        ],
    )
    def test_known_seats(
        self,
        aht: tuple[float, ...],
        per_hour: float,
        level: float,
        within: float,
        patience: float,
        seats: int,
    ) -> None:
        """Simulations of up to two million chats found these seats."""
        profile = Profile(aht_s=aht, answer_within_s=within, level=level, patience_s=patience)
        assert fewest_seats(profile, per_hour / 3600) == seats


class TestClosedForms:
    """The limits in which the model is another, known one."""

    load = np.concatenate([np.linspace(0, 60, 2001), np.geomspace(60, 6000, 400)])

    @pytest.mark.parametrize(("level", "within"), [(0.8, 20), (0.9, 0), (0.5, 300), (0.99, 60)])
    @pytest.mark.parametrize("max_occupancy", [1.0, 0.85])
    def test_one_chat_is_erlang_c(self, level: float, within: float, max_occupancy: float) -> None:
        """One chat at a time without patience needs the seats of Erlang-C at every load."""
        profile = Profile(aht_s=(180,), answer_within_s=within, level=level)
        np.testing.assert_array_equal(
            fewest_seats(profile, self.load / 180, max_occupancy),
            erlang.fewest_servers(self.load, 180, level, within, max_occupancy=max_occupancy),
        )

    @pytest.mark.parametrize(("patience", "level"), [(180.0, 0.8), (20.0, 0.9), (600.0, 0.4)])
    def test_one_chat_with_patience_is_erlang_a(self, patience: float, level: float) -> None:
        """One chat at a time with patience needs the seats counted up with Erlang-A."""
        profile = Profile(aht_s=(180,), answer_within_s=20, level=level, patience_s=patience)
        load = np.linspace(0.05, 150, 300)
        reached = erlang.erlang_a(np.arange(200)[:, None], load, 180, patience, 20)
        counted = np.argmax(reached.service_level >= level, axis=0)
        np.testing.assert_array_equal(fewest_seats(profile, load / 180), counted)

    def test_one_chat_measures_as_the_phone(self) -> None:
        """All measures of one chat at a time are those of Erlang-C and Erlang-A."""
        n, load = np.arange(1, 80)[:, None], np.geomspace(0.1, 300, 40)
        for patience in (math.inf, 180.0, 1.0):
            profile = Profile(aht_s=(180,), answer_within_s=20, level=0.8, patience_s=patience)
            found = measures(profile, n, load / 180)
            phone = erlang.erlang_a(n, load, 180, patience, 20)
            for name in erlang.ErlangA.__slots__:
                np.testing.assert_allclose(
                    getattr(found, name), getattr(phone, name), rtol=1e-11, atol=1e-12
                )

    def test_equal_handle_times_are_erlang_c_on_the_slots(self) -> None:
        """Where chats do not slow each other, n agents of c chats are n * c servers."""
        profile = Profile(aht_s=(480,) * 3, answer_within_s=30, level=0.9)
        n, load = np.arange(1, 60)[:, None], np.geomspace(0.5, 300, 40)
        found = measures(profile, n, load / 480)
        expected = erlang.service_level(3 * n, load, 480, 30)
        np.testing.assert_allclose(found.service_level, expected, atol=1e-12)
        np.testing.assert_allclose(found.occupancy, np.minimum(load / 3 / n, 1), rtol=1e-12)
        slots = erlang.fewest_servers(load, 480, 0.9, 30)
        np.testing.assert_array_equal(fewest_seats(profile, load / 480), -(-slots // 3))

    @pytest.mark.parametrize("patience", [math.inf, 120.0])
    @pytest.mark.parametrize(("seats", "per_hour"), [(1, 5), (3, 40), (8, 120), (40, 790)])
    def test_measures_satisfy_the_balance_equations(
        self, patience: float, seats: int, per_hour: int
    ) -> None:
        """Every measure equals the sum over the states, each weighed by its own chance."""
        profile = Profile(**THREE, patience_s=patience)
        found = measures(profile, seats, per_hour / 3600)
        expected = by_hand(profile, seats, per_hour / 3600)
        assert expected.pop("concurrency") == 3
        for name, value in expected.items():
            assert getattr(found, name) == pytest.approx(value, rel=1e-9), name

    def test_large_pools_are_answered_as_by_an_exact_table(self) -> None:
        """Beyond 256 agents too, n agents reach the level and n - 1 miss it."""
        profile = Profile(**THREE, patience_s=300.0)
        rate = np.random.default_rng(7).uniform(1.5, 12, 60)
        n = fewest_seats(profile, rate)
        assert n.min() > 256
        assert np.all(measures(profile, n, rate).service_level >= 0.9 - 1e-10)
        assert np.all(measures(profile, n - 1, rate).service_level < 0.9)

    def test_a_rate_on_an_interpolated_boundary_is_solved(self) -> None:
        """At the highest rate of n agents to the last digits, n is found, and n + 1 above it."""
        profile = Profile(**THREE)
        table = chat._capacity(profile, None)
        fewest_seats(profile, 9.0)
        n = np.array([301, 777, 1203])
        edge = table._solve(n)
        np.testing.assert_array_equal(fewest_seats(profile, edge * (1 - 1e-13)), n)
        np.testing.assert_array_equal(fewest_seats(profile, edge * (1 + 1e-12)), n + 1)


class TestLaws:
    """Properties that hold for every profile."""

    @settings(deadline=None, max_examples=25)
    @given(profiles(), st.floats(1e-4, 0.3), st.floats(0.3, 1))
    def test_the_answer_is_the_fewest(self, profile: Profile, rate: float, limit: float) -> None:
        """Level and occupancy are kept at n, one of them is missed at n - 1."""
        n = int(fewest_seats(profile, rate, limit))
        here, less = measures(profile, n, rate), measures(profile, n - 1, rate)
        assert here.service_level >= profile.level - 1e-9
        assert here.occupancy <= limit * (1 + 1e-8)
        assert less.service_level < profile.level + 1e-9 or less.occupancy > limit * (1 - 1e-8)

    @settings(deadline=None, max_examples=25)
    @given(profiles(), st.integers(1, 60), st.floats(1e-5, 2), st.floats(1, 3))
    def test_more_contacts_are_served_worse(
        self, profile: Profile, seats: int, rate: float, times: float
    ) -> None:
        """More contacts lower the level and fill slots and agents; one more agent helps."""
        found = measures(profile, [seats, seats, seats + 1], [rate, rate * times, rate])
        assert found.service_level[1] <= found.service_level[0] + 1e-12
        assert found.service_level[2] >= found.service_level[0] - 1e-12
        for name in ("wait_probability", "abandoned", "occupancy", "agents_busy", "mean_chats"):
            few, many, _ = getattr(found, name)
            assert many >= few - 1e-9, name

    @settings(deadline=None, max_examples=25)
    @given(profiles(), st.floats(1e-4, 0.3), st.floats(1, 2), st.floats(0, 60), st.floats(0, 0.9))
    def test_seats_are_monotone(
        self, profile: Profile, rate: float, times: float, later: float, softer: float
    ) -> None:
        """Longer chats, more contacts, a nearer threshold, a higher level never save a seat."""
        n = fewest_seats(profile, rate)
        parts: dict[str, Any] = {name: getattr(profile, name) for name in Profile.__slots__}
        slow = parts | {"aht_s": tuple(times * each for each in profile.aht_s)}
        assert fewest_seats(Profile(**slow), rate) >= n
        assert fewest_seats(profile, rate * times) >= n
        late = parts | {"answer_within_s": profile.answer_within_s + later}
        assert fewest_seats(Profile(**late), rate) <= n
        soft = parts | {"level": profile.level * (1 - softer)}
        assert fewest_seats(Profile(**soft), rate) <= n

    @settings(deadline=None, max_examples=25)
    @given(profiles(), st.integers(1, 40), st.floats(1e-4, 1), st.floats(1, 10))
    def test_patience_keeps_customers(
        self, profile: Profile, seats: int, rate: float, times: float
    ) -> None:
        """More patience lets fewer abandon and more wait."""
        parts: dict[str, Any] = {name: getattr(profile, name) for name in Profile.__slots__}
        patience = min(profile.patience_s, 3000.0)
        short = measures(Profile(**parts | {"patience_s": patience}), seats, rate)
        long = measures(Profile(**parts | {"patience_s": patience * times}), seats, rate)
        assert long.abandoned <= short.abandoned + 1e-12
        assert long.wait_probability >= short.wait_probability - 1e-12
        assert long.mean_wait_s >= short.mean_wait_s - 1e-9

    @pytest.mark.parametrize("patience", [math.inf, 1e-6, 120.0, 1e12])
    @pytest.mark.parametrize(
        "aht", [(360, 450, 540), (180,), tuple(300 + 9 * k for k in range(30))]
    )
    def test_extremes_stay_finite(self, aht: tuple[float, ...], patience: float) -> None:
        """From no contacts to 1e9 a second, no agents to 20,000 slots: shares stay shares."""
        profile = Profile(aht_s=aht, answer_within_s=30, level=0.9, patience_s=patience)
        seats = np.array([0, 1, 7, 100, 20_000 // len(aht)])[:, None]
        found = measures(profile, seats, [0, 1e-300, 1e-9, 0.01, 1, 30, 1e6, 1e9])
        for name in Measures.__slots__:
            values = getattr(found, name)
            assert values.shape == (5, 8)
            assert np.all(values >= 0), name
            if name in RATES:
                assert np.all(values <= 1 + 1e-12), name
            elif name not in ("asa_s", "mean_wait_s"):
                assert np.all(np.isfinite(values)), name
        assert np.all(found.service_level[:, 0] == 1)
        assert np.all(found.effective_aht_s[1:] >= aht[0] * (1 - 1e-5))
        assert np.all(found.effective_aht_s[1:] <= aht[-1] * (1 + 1e-5))

    def test_nobody_on_duty(self) -> None:
        """Without agents everybody waits for ever, or abandons after the mean patience."""
        calm, leaving = (
            measures(Profile(**THREE, patience_s=patience), 0, 0.1) for patience in (math.inf, 90.0)
        )
        assert (calm.service_level, calm.abandoned, calm.mean_wait_s) == (0, 0, math.inf)
        assert (leaving.service_level, leaving.abandoned, leaving.mean_wait_s) == (0, 1, 90)

    def test_arguments_broadcast_and_keep_their_shape(self) -> None:
        """A table of rates gives the seats of single calls; nothing gives nothing."""
        profile = Profile(**THREE)
        rate = np.array([[0.0, 0.01], [0.1, 0.4]])
        found = fewest_seats(profile, rate)
        assert found.dtype == np.int64
        single = [[int(fewest_seats(profile, each)) for each in row] for row in rate]
        np.testing.assert_array_equal(found, single)
        assert found[0, 0] == 0
        assert fewest_seats(profile, []).shape == (0,)
        assert measures(profile, [], []).service_level.shape == (0,)

    def test_the_order_of_questions_does_not_matter(self) -> None:
        """A table grown in one leap answers as one grown step by step."""
        rate = np.linspace(0, 8, 4001)
        chat._capacity.cache_clear()
        leap = fewest_seats(Profile(**THREE), rate[::-1])
        chat._capacity.cache_clear()
        steps = [fewest_seats(Profile(**THREE), part) for part in np.array_split(rate, 9)]
        np.testing.assert_array_equal(leap[::-1], np.concatenate(steps))


class TestRefusals:
    """Bad input is named."""

    @pytest.mark.parametrize(
        ("argument", "bad"),
        [
            ("aht_s", ()),
            ("aht_s", 180),
            ("aht_s", (180, math.nan)),
            ("aht_s", (180, math.inf)),
            ("aht_s", (0,)),
            ("aht_s", (-180,)),
            ("aht_s", ("long",)),
            ("aht_s", ((180, 200), (180, 200))),
            ("answer_within_s", -1),
            ("answer_within_s", math.inf),
            ("answer_within_s", math.nan),
            ("answer_within_s", (20, 30)),
            ("level", 0),
            ("level", 1),
            ("level", 80),  # percent instead of a share
            ("level", "high"),
            ("patience_s", 0),
            ("patience_s", -5),
            ("patience_s", -math.inf),
            ("patience_s", math.nan),
            ("patience_s", 1e13),
            ("patience_s", None),
        ],
    )
    def test_a_bad_profile_is_refused_by_name(self, argument: str, bad: Any) -> None:
        """A value out of its range raises a ValueError that names it."""
        with pytest.raises(ValueError, match=argument):
            Profile(**THREE | {argument: bad})

    def test_chats_that_stop_each_other_are_refused_with_the_cap(self) -> None:
        """Three chats of 900 s complete fewer than two of 450 s: cap the concurrency at 2."""
        with pytest.raises(ValueError, match="Cap the concurrency at 2"):
            Profile(aht_s=(360, 450, 900), answer_within_s=30, level=0.9)
        Profile(aht_s=(200, 400, 600), answer_within_s=30, level=0.9)  # equal: no gain, no loss

    @pytest.mark.parametrize("bad", [-1, math.nan, math.inf, "many"])
    def test_bad_rates_are_refused_by_name(self, bad: Any) -> None:
        """Contacts that are no rate raise a ValueError that names them."""
        with pytest.raises(ValueError, match="contacts_per_s"):
            fewest_seats(Profile(**THREE), bad)
        with pytest.raises(ValueError, match="contacts_per_s"):
            measures(Profile(**THREE), 3, bad)
        with pytest.raises(ValueError, match="contacts_per_s must be at most 1e"):
            measures(Profile(**THREE), 3, 2e9)

    @pytest.mark.parametrize("bad", [-1, 2.5, math.nan, "many"])
    def test_bad_seats_are_refused_by_name(self, bad: Any) -> None:
        """Seats that are not whole numbers >= 0 raise a ValueError that names them."""
        with pytest.raises(ValueError, match="seats"):
            measures(Profile(**THREE), bad, 0.1)

    @pytest.mark.parametrize("bad", [0, 1.1, math.nan, (0.8, 0.9)])
    def test_a_bad_occupancy_is_refused_by_name(self, bad: Any) -> None:
        """An occupancy that is no share raises a ValueError that names it."""
        with pytest.raises(ValueError, match="max_occupancy"):
            fewest_seats(Profile(**THREE), 0.1, bad)

    def test_too_many_seats_are_a_slip_of_units(self) -> None:
        """More than 200,000 answer slots are refused, both as seats and as an answer."""
        profile = Profile(
            aht_s=tuple(60.0 * k for k in range(1, 1001)), answer_within_s=1, level=0.5
        )
        with pytest.raises(TooManySeatsError, match="200,000 answer slots"):
            fewest_seats(profile, 1e6)
        with pytest.raises(TooManySeatsError, match="seats"):
            measures(profile, MOST_SLOTS // 1000 + 1, 1)
