"""Reply times of an agent with several chats: theory, simulation, laws, platforms."""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.platforms import Rule, platforms
from staffing.seats.chat import Profile, fewest_seats
from staffing.seats.reply import (
    Pace,
    handle_times,
    highest_concurrency,
    level,
    mean_reply_s,
    replied_within,
)

PACE = Pace(reply_s=20, think_s=60, replies=6)
paces = st.builds(
    Pace,
    reply_s=st.floats(2, 120),
    think_s=st.one_of(st.just(0.0), st.floats(0.1, 600)),
    replies=st.floats(1, 30),
)


def simulated(reply_s: float, away_s: float, chats: int, replies: int) -> np.ndarray:
    """Reply times of one agent with a fixed number of chats, customers away a fixed time."""
    rng = np.random.default_rng(11)
    questions = [(float(at), i) for i, at in enumerate(rng.uniform(0, away_s, chats))]
    heapq.heapify(questions)
    free, times = 0.0, np.empty(replies)
    for i, work in enumerate(rng.exponential(reply_s, replies)):
        asked, chat = heapq.heappop(questions)
        free = max(free, asked) + work
        times[i] = free - asked
        heapq.heappush(questions, (free + away_s, chat))
    return times[replies // 10 :]


class TestTheory:
    """Closed forms and a simulation."""

    def test_a_lone_chat_waits_for_its_own_replies_only(self) -> None:
        """One chat takes M replies and M - 1 pauses, and a reply is exponential."""
        assert handle_times(PACE, 1) == pytest.approx((6 * 20 + 5 * 60,))
        assert replied_within(PACE, 30, 1) == pytest.approx([1 - math.exp(-1.5)])

    def test_two_chats_by_hand(self) -> None:
        """With z' = 50 s the other chat waits 20 / 70 of the time: R = 20 (1 + 2/7) s."""
        assert mean_reply_s(PACE, 2) == pytest.approx([20, 20 * (1 + 2 / 7)])
        late = 5 / 7 * math.exp(-1.5) + 2 / 7 * math.exp(-1.5) * 2.5
        assert replied_within(PACE, 30, 2)[1] == pytest.approx(1 - late)

    def test_without_pauses_every_other_chat_is_ahead(self) -> None:
        """Customers who never pause make a reply the sum of k exponentials, k chats take k AHT."""
        pace = Pace(reply_s=20, think_s=0, replies=6)
        assert handle_times(pace, 4) == pytest.approx([120, 240, 360, 480])
        assert replied_within(pace, 40, 2)[1] == pytest.approx(1 - 3 * math.exp(-2))
        assert handle_times(Pace(reply_s=20, think_s=60, replies=1), 2) == pytest.approx([20, 40])

    @settings(deadline=None)
    @given(paces)
    def test_the_mean_reply_is_the_area_above_the_shares(self, pace: Pace) -> None:
        """Mean value analysis and the distribution of replies agree on the mean."""
        mean = mean_reply_s(pace, 6)
        at = np.linspace(0, 40 * 6 * pace.reply_s, 20_001)
        late = 1 - replied_within(pace, at, 6)
        area = (late.sum(axis=0) - late[0] / 2 - late[-1] / 2) * at[1]
        np.testing.assert_allclose(area, mean, rtol=1e-3)

    @pytest.mark.parametrize(("chats", "within"), [(2, 30), (5, 60), (10, 180)])
    def test_replies_come_as_simulated(self, chats: int, within: int) -> None:
        """Simulated agents, customers away a fixed time, reply as computed within a point."""
        times = simulated(20, 50, chats, 60_000)
        assert np.mean(times <= within) == pytest.approx(
            replied_within(PACE, within, chats)[-1], abs=0.01
        )
        assert times.mean() == pytest.approx(mean_reply_s(PACE, chats)[-1], rel=0.02)

    def test_handle_times_make_a_chat_profile(self) -> None:
        """The handle times of a pace staff a chat queue; more chats at once need fewer seats."""
        seats = [
            int(
                fewest_seats(
                    Profile(aht_s=handle_times(PACE, k), answer_within_s=30, level=0.9), 0.2
                )
            )
            for k in (1, 3, 10)
        ]
        assert seats == sorted(seats, reverse=True)
        assert seats[0] > 2 * seats[2]


class TestLaws:
    """Properties that hold for every pace."""

    @settings(deadline=None)
    @given(paces, st.floats(0, 600), st.floats(0, 100))
    def test_shares_fall_with_chats_and_rise_with_time(
        self, pace: Pace, within: float, more: float
    ) -> None:
        """More chats never reply sooner, more time never replies to fewer, shares are shares."""
        soon, later = replied_within(pace, [within, within + more], 30)
        assert np.all((soon >= 0) & (later <= 1) & (soon <= later + 1e-12))
        assert np.all(np.diff(soon) <= 1e-12)

    @settings(deadline=None)
    @given(paces)
    def test_more_chats_take_longer_but_complete_no_fewer(self, pace: Pace) -> None:
        """AHT and chats completed an hour never fall with the chats held."""
        aht = np.array(handle_times(pace, 30))
        assert np.all(np.diff(aht) >= -1e-9 * aht[1:])
        ends = np.arange(1, 31) / aht
        assert np.all(np.diff(ends) >= -1e-9 * ends[1:])

    @settings(deadline=None)
    @given(paces, st.floats(0.1, 600), st.floats(0.05, 0.99))
    def test_the_cap_is_the_highest(self, pace: Pace, within: float, target: float) -> None:
        """The target holds at the cap and not above it; a customer asks more than a round."""
        caps = {}
        for unit in ("round", "first", "customer"):
            cap = highest_concurrency(pace, Rule(unit=unit, within_s=within), target, most=40)
            reached = level(pace, unit, within, 41)
            assert cap.reachable == (reached[0] >= target)
            assert cap.best_level == pytest.approx(reached[0])
            assert cap.chats == 40 or reached[cap.chats] < target
            assert not cap.chats or reached[cap.chats - 1] == pytest.approx(cap.level)
            caps[unit] = cap.chats
        assert caps["customer"] <= caps["round"] == caps["first"]

    def test_a_thousand_chats_stay_finite(self) -> None:
        """The largest table holds shares only."""
        shares = replied_within(PACE, 180, 1000)
        assert np.all((shares >= 0) & (shares <= 1))
        assert shares[-1] < 1e-9


class TestPlatforms:
    """The platforms' metrics."""

    def test_a_first_reply_in_thirty_seconds_is_out_of_reach(self) -> None:
        """JD's 80 % in 30 s cannot be staffed at 20 s a reply: 77.7 % is the best there is."""
        cap = highest_concurrency(PACE, platforms()["jd_30s"])
        assert (cap.chats, cap.reachable) == (0, False)
        assert cap.best_level == cap.level == pytest.approx(0.7769, abs=1e-4)

    def test_a_customer_counts_every_reply(self) -> None:
        """Per customer all M replies must be in time: p ** M."""
        p = replied_within(PACE, 180, 8)
        np.testing.assert_allclose(level(PACE, "customer", 180, 8), p**6)
        np.testing.assert_allclose(level(PACE, "round", 180, 8), p)

    def test_every_entry_names_its_source_and_date(self) -> None:
        """All presets load, with a page, a date and how far it is to be trusted."""
        rules = platforms()
        assert {"taobao_3min", "jd_30s", "pinduoduo_3min", "douyin_3min"} <= set(rules)
        for name, rule in rules.items():
            assert rule.source.startswith("http"), name
            assert rule.date, name
            assert rule.trust in {"repost", "report", "claim"}, name
            assert (rule.level is None) == (rule.level_is == ""), name

    def test_a_rule_without_a_level_asks_for_a_target(self) -> None:
        """Taobao's metric is ranked only: the target must be said."""
        with pytest.raises(ValueError, match="target must be given: 旺旺3分钟人工响应率"):
            highest_concurrency(PACE, platforms()["taobao_3min"])
        assert highest_concurrency(PACE, platforms()["taobao_3min"], 0.95).chats > 3

    def test_the_most_chats_end_the_count(self) -> None:
        """A target that always holds is capped by the chats considered."""
        assert highest_concurrency(PACE, Rule(unit="first", within_s=1e6), 0.5, most=12).chats == 12


class TestRefusals:
    """Bad input is named."""

    @pytest.mark.parametrize(
        ("argument", "bad"),
        [
            ("reply_s", 0),
            ("reply_s", math.nan),
            ("reply_s", (1, 2)),
            ("think_s", -1),
            ("think_s", math.inf),
            ("replies", 0.5),
            ("replies", "six"),
        ],
    )
    def test_a_bad_pace_is_refused_by_name(self, argument: str, bad: Any) -> None:
        """A value out of its range raises a ValueError that names it."""
        values: dict[str, Any] = {"reply_s": 20, "think_s": 60, "replies": 6}
        with pytest.raises(ValueError, match=argument):
            Pace(**values | {argument: bad})

    @pytest.mark.parametrize("bad", [0, -1, 1001, 2.5, True, "three"])
    def test_a_bad_concurrency_is_refused_by_name(self, bad: Any) -> None:
        """A concurrency that is no count up to 1000 raises a ValueError that names it."""
        with pytest.raises(ValueError, match="concurrency"):
            handle_times(PACE, bad)

    def test_a_bad_rule_is_refused_by_name(self) -> None:
        """An unknown unit, a negative time or a level in percent is named."""
        bad: Any = "session"
        with pytest.raises(ValueError, match="unit must be one of round, first, customer"):
            Rule(unit=bad, within_s=30)
        with pytest.raises(ValueError, match="within_s"):
            Rule(unit="first", within_s=-30)
        with pytest.raises(ValueError, match="level"):
            Rule(unit="first", within_s=30, level=80)
        with pytest.raises(ValueError, match="target"):
            highest_concurrency(PACE, Rule(unit="first", within_s=30), 1.5)
