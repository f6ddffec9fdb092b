"""Seats for reply targets: closed forms, laws, a simulation of agents and rounds, refusals."""

from __future__ import annotations

import heapq
import math
from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from staffing.platforms import Rule, Unit, platforms
from staffing.seats import erlang
from staffing.seats.capacity import TooManySeatsError
from staffing.seats.chat import Profile, fewest_seats, measures
from staffing.seats.replies import UnreachableTargetError, fewest_reply_seats, reply_level
from staffing.seats.reply import Pace, handle_times, level, replied_within

PACE = Pace(reply_s=15, think_s=60, replies=6)
UNITS: tuple[Unit, ...] = ("round", "first", "customer")


def chat(pace: Pace, concurrency: int, patience_s: float = math.inf) -> Profile:
    """A queue whose handle times are those of its pace."""
    return Profile(
        aht_s=handle_times(pace, concurrency),
        answer_within_s=30,
        level=0.9,
        patience_s=patience_s,
    )


@st.composite
def queues(draw: st.DrawFn) -> tuple[Profile, Pace, Rule]:
    """Any pace and rule; handle times of the pace, or others that rise with the chats."""
    pace = Pace(
        reply_s=draw(st.floats(2, 120)),
        think_s=draw(st.floats(0, 300)),
        replies=draw(st.floats(1, 12)),
    )
    aht = list(handle_times(pace, draw(st.integers(1, 6))))
    if draw(st.booleans()):
        aht = [draw(st.floats(20, 900))]
        for k in range(1, draw(st.integers(1, 6))):
            aht.append(aht[-1] * draw(st.floats(1, (k + 1) / k)))
    profile = Profile(
        aht_s=tuple(aht),
        answer_within_s=30,
        level=0.9,
        patience_s=draw(st.one_of(st.just(math.inf), st.floats(5, 3000))),
    )
    rule = Rule(unit=draw(st.sampled_from(UNITS)), within_s=draw(st.floats(0, 900)))
    return profile, pace, rule


class Rounds:
    """Agents, chats and rounds lived event by event, apart from the formulas.

    A chat goes to the agent with the fewest, among equals to any, or waits; her questions queue
    at her in order of arrival, replies are exponential, customers think exponentially.
    """

    def __init__(self, pace: Pace, concurrency: int, patience_s: float, *, seed: int) -> None:
        self.pace, self.concurrency, self.patience_s = pace, concurrency, patience_s
        self.rng = np.random.default_rng(seed)

    def replies(self, seats: int, per_s: float, chats: int) -> np.ndarray:
        """Seconds from question to reply, one row a chat; a row of infinity where it left."""
        rng, rounds = self.rng, int(self.pace.replies)
        came = np.cumsum(rng.exponential(1 / per_s, chats)).tolist()
        stays = (
            rng.exponential(self.patience_s, chats)
            if math.isfinite(self.patience_s)
            else np.full(chats, np.inf)
        ).tolist()
        work = rng.exponential(self.pace.reply_s, chats * rounds).tolist()
        thought = rng.exponential(self.pace.think_s, chats * rounds).tolist()
        lot = rng.random(chats).tolist()
        times = np.full((chats, rounds), np.inf)
        given = [0] * chats
        asked, agent_of = came.copy(), [0] * chats
        desks: list[deque[int]] = [deque() for _ in range(seats)]
        held, line = [0] * seats, deque[int]()
        events = [(at, "comes", i) for i, at in enumerate(came)]  # ascending: already a heap

        def ask(now: float, i: int) -> None:
            desk = desks[agent_of[i]]
            desk.append(i)
            if len(desk) == 1:
                heapq.heappush(events, (now + work.pop(), "replied", i))

        while events:
            now, what, i = heapq.heappop(events)
            if what == "comes":
                fewest = min(held)
                if fewest == self.concurrency:
                    line.append(i)
                    continue
                equal = [a for a, k in enumerate(held) if k == fewest]
                agent_of[i] = equal[int(lot[i] * len(equal))]
                held[agent_of[i]] += 1
                ask(now, i)
            elif what == "asks":
                asked[i] = now
                ask(now, i)
            else:
                desk = desks[agent_of[i]]
                desk.popleft()
                times[i, given[i]] = now - asked[i]
                given[i] += 1
                if desk:
                    heapq.heappush(events, (now + work.pop(), "replied", desk[0]))
                if given[i] < rounds:
                    heapq.heappush(events, (now + thought.pop(), "asks", i))
                    continue
                while line and came[line[0]] + stays[line[0]] < now:
                    line.popleft()
                if line:
                    agent_of[line[0]] = agent_of[i]
                    ask(now, line.popleft())
                else:
                    held[agent_of[i]] -= 1
        return times[chats // 10 :]


def counted(times: np.ndarray, within_s: float) -> dict[Unit, float]:
    """The level of each metric in a simulation."""
    left = np.isinf(times[:, 0])
    in_time = times <= within_s
    rounds = np.where(left, 1, times.shape[1])
    return {
        "first": float(in_time[:, 0].mean()),
        "round": float(in_time.sum() / rounds.sum()),
        "customer": float(in_time.all(axis=1).mean()),
    }


class TestSimulations:
    """Agreement with agents simulated round by round."""

    @pytest.mark.parametrize(
        ("pace", "concurrency", "per_h", "patience_s", "within_s", "seats"),
        [
            (PACE, 3, 120, math.inf, 30, 8),
            (Pace(reply_s=20, think_s=60, replies=6), 8, 400, 120.0, 180, 13),
            (Pace(reply_s=10, think_s=45, replies=8), 10, 1000, math.inf, 60, 25),
        ],
    )
    def test_levels_come_as_simulated(
        self,
        pace: Pace,
        concurrency: int,
        per_h: float,
        patience_s: float,
        within_s: float,
        seats: int,
    ) -> None:
        """All three metrics agree with the simulation within two points."""
        lived = Rounds(pace, concurrency, patience_s, seed=5).replies(seats, per_h / 3600, 16_000)
        for unit, share in counted(lived, within_s).items():
            rule = Rule(unit=unit, within_s=within_s)
            found = reply_level(
                chat(pace, concurrency, patience_s), pace, rule, seats, per_h / 3600
            )
            assert float(found) == pytest.approx(share, abs=0.02), unit

    @pytest.mark.parametrize(
        ("unit", "concurrency", "per_h", "within_s", "target"),
        [("customer", 5, 200, 60, 0.6), ("first", 3, 120, 30, 0.7), ("round", 5, 200, 60, 0.9)],
    )
    def test_the_fewest_seats_are_those_of_the_simulation(
        self, unit: Unit, concurrency: int, per_h: float, within_s: float, target: float
    ) -> None:
        """One seat fewer misses the target when simulated, one more reaches it."""
        rule = Rule(unit=unit, within_s=within_s)
        seats = int(fewest_reply_seats(chat(PACE, concurrency), PACE, rule, per_h / 3600, target))
        fewer, more = (
            counted(
                Rounds(PACE, concurrency, math.inf, seed=3).replies(n, per_h / 3600, 10_000),
                within_s,
            )[unit]
            for n in (seats - 1, seats + 1)
        )
        assert fewer < target <= more


class TestClosedForms:
    """The limits in which the model is another, known one."""

    @pytest.mark.parametrize("within", [5.0, 30.0, 180.0, 3600.0])
    def test_one_chat_is_the_erlang_c_wait_and_a_reply(self, within: float) -> None:
        """With one chat at a time a first reply is the wait of Erlang-C plus an exponential."""
        aht = handle_times(PACE, 1)[0]
        n, load = np.arange(2, 40), np.linspace(0.5, 1, 38, endpoint=False) * np.arange(2, 40)
        wait = erlang.erlang_c(n, load)
        spare, ends = (n - load) / aht, 1 / PACE.reply_s
        both = (ends * np.exp(-spare * within) - spare * np.exp(-ends * within)) / (ends - spare)
        late = (1 - wait) * np.exp(-ends * within) + wait * both
        found = reply_level(chat(PACE, 1), PACE, Rule(unit="first", within_s=within), n, load / aht)
        np.testing.assert_allclose(1 - found, late, rtol=1e-9, atol=1e-15)

    @pytest.mark.parametrize(("patience", "concurrency"), [(60.0, 1), (300.0, 3), (1200.0, 5)])
    def test_the_wait_of_the_patient_is_added_to_the_reply(
        self, patience: float, concurrency: int
    ) -> None:
        """Full slots: in time are those still there when the offered wait and a reply are over."""
        profile, n, rate, within = chat(PACE, concurrency, patience), 4, 0.1, 90.0
        drain = n * profile.ends_per_s[-1]

        def offered(x: float) -> float:
            return math.exp(-rate * patience * math.expm1(-x / patience) - drain * x)

        whole = quad(offered, 0, np.inf)[0]
        of_reply = lambda x: replied_within(PACE, x, concurrency)[-1]  # noqa: E731
        in_time = quad(
            lambda x: offered(x) * math.exp(-x / patience) * of_reply(within - x), 0, within
        )[0]
        # The level is affine in P(wait): a threshold that is no one's wait leaves the rest.
        j = np.arange(n * concurrency)
        chance = self.chances(profile, n, rate)
        wait = 1 - chance.sum()
        assert wait == pytest.approx(measures(profile, n, rate).wait_probability, rel=1e-9)
        held, more = np.divmod(j + 1, n)
        ends = np.append(profile.ends_per_s, 0.0)
        shares = np.concatenate([[0.0], replied_within(PACE, within, concurrency), [0.0]])
        by = np.array([(n - more) * ends[held], more * ends[held + 1]])
        at_once = (by * [shares[held], shares[held + 1]]).sum(axis=0) / by.sum(axis=0)
        expected = chance @ at_once + wait * in_time / whole
        found = reply_level(profile, PACE, Rule(unit="first", within_s=within), n, rate)
        assert float(found) == pytest.approx(expected, rel=1e-7)

    @staticmethod
    def chances(profile: Profile, n: int, rate: float) -> np.ndarray:
        """Chances of the states below full slots, from the balance equations."""
        full, ends = n * profile.concurrency, profile.ends_per_s
        weights = [1.0]
        for j in range(1, full + 2000):
            k, m = divmod(min(j, full), n)
            done = (n - m) * ends[k] + (m * ends[k + 1] if m else 0.0)
            weights.append(weights[-1] * rate / (done + max(j - full, 0) / profile.patience_s))
        return np.array(weights[:full]) / math.fsum(weights)

    @pytest.mark.parametrize("unit", UNITS)
    def test_an_idle_house_replies_as_to_a_lone_chat(self, unit: Unit) -> None:
        """Without contacts, or with agents to spare, the level is that of one chat at a time."""
        rule = Rule(unit=unit, within_s=30)
        alone = level(PACE, unit, 30, 1)[0]
        for patience in (math.inf, 120.0):
            profile = chat(PACE, 5, patience)
            found = reply_level(profile, PACE, rule, [0, 1, 9, 1, 500], [0, 0, 0, 1e-12, 0.1])
            np.testing.assert_allclose(found, alone, rtol=1e-8)

    @pytest.mark.parametrize("unit", UNITS)
    def test_full_agents_reply_as_with_all_their_chats(self, unit: Unit) -> None:
        """Far above the capacity the few who are not gone at once get the level of c chats."""
        profile, n, rate = chat(PACE, 4, patience_s=1e-4), 3, 100.0
        found = float(reply_level(profile, PACE, Rule(unit=unit, within_s=90), n, rate))
        answered = 1 - float(measures(profile, n, rate).abandoned)
        full = answered * level(PACE, unit, 90, 4)[-1]
        if unit == "round":
            full *= 6 / (1 + 5 * answered)
        assert found == pytest.approx(full, rel=1e-4)

    def test_on_the_brink_only_first_replies_are_late(self) -> None:
        """Just below the capacity waits have no end, and later replies come as with c chats."""
        profile, n = chat(PACE, 4), 30
        rate = n * profile.ends_per_s[-1] * (1 - 1e-9)
        rounds, first, customer = (
            float(reply_level(profile, PACE, Rule(unit=unit, within_s=90), n, rate))
            for unit in UNITS
        )
        assert rounds == pytest.approx(5 / 6 * replied_within(PACE, 90, 4)[-1], rel=1e-5)
        assert max(first, customer) < 1e-5

    def test_without_waits_rounds_and_first_replies_agree(self) -> None:
        """Where nobody waits a first reply is a reply like any other."""
        profile, n, rate = chat(PACE, 20), 25, 600 / 3600
        assert measures(profile, n, rate).wait_probability < 1e-12
        first, rounds = (
            reply_level(profile, PACE, Rule(unit=unit, within_s=45), n, rate)
            for unit in ("first", "round")
        )
        assert float(first) == pytest.approx(float(rounds), rel=1e-12)


class TestLaws:
    """Properties that hold for every pace, rule and queue."""

    @settings(deadline=None, max_examples=60)
    @given(queues(), st.integers(1, 40), st.floats(0.01, 3))
    def test_levels_rise_with_seats_and_fall_with_contacts(
        self, queue: tuple[Profile, Pace, Rule], seats: int, busy: float
    ) -> None:
        """A level is a share, never above a lone chat's, and monotone in seats and contacts."""
        profile, pace, rule = queue
        rate = busy * seats * profile.ends_per_s[-1]
        found = reply_level(
            profile, pace, rule, np.arange(seats, seats + 12)[:, None], rate * np.array([1, 1.1, 2])
        )
        assert np.all((found >= 0) & (found <= level(pace, rule.unit, rule.within_s, 1) + 1e-9))
        assert np.all(np.diff(found, axis=0) >= -1e-9)
        assert np.all(np.diff(found, axis=1) <= 1e-9)

    @settings(deadline=None, max_examples=25)
    @given(queues(), st.floats(0.001, 0.999), st.floats(0, 12))
    def test_the_fewest_seats_are_the_fewest(
        self, queue: tuple[Profile, Pace, Rule], part: float, load: float
    ) -> None:
        """The seats reach the target and one fewer does not, whatever is asked."""
        profile, pace, rule = queue
        target = float(part * level(pace, rule.unit, rule.within_s, 1)[0])
        if not 1e-6 < target < 1 - 1e-9:
            return
        rate = load / profile.aht_s[0]
        seats = int(fewest_reply_seats(profile, pace, rule, rate, target))
        if load == 0:
            assert seats == 0
            return
        reached = reply_level(profile, pace, rule, [seats - 1, seats], rate)
        assert reached[0] < target <= reached[1] + 1e-9

    @settings(deadline=None, max_examples=40)
    @given(queues(), st.integers(1, 30), st.floats(0.1, 1.5))
    def test_a_customer_asks_more_than_a_first_reply(
        self, queue: tuple[Profile, Pace, Rule], seats: int, busy: float
    ) -> None:
        """Per customer is the hardest metric, per round the easiest: the wait counts once."""
        profile, pace, rule = queue
        rate = busy * seats * profile.ends_per_s[-1]
        rounds, first, customer = (
            float(reply_level(profile, pace, Rule(unit=u, within_s=rule.within_s), seats, rate))
            for u in UNITS
        )
        assert customer <= first + 1e-12
        if rate < seats * profile.ends_per_s[-1]:
            assert first <= rounds + 1e-12

    def test_large_tables_agree_with_levels(self) -> None:
        """Beyond 256 agents, where entries are interpolated, the seats are still the fewest."""
        profile, rule = chat(PACE, 4), Rule(unit="customer", within_s=90)
        rate = np.linspace(2.5, 6, 150)
        seats = fewest_reply_seats(profile, PACE, rule, rate, 0.85)
        assert seats[0] > 256
        assert np.all(reply_level(profile, PACE, rule, seats, rate) >= 0.85 - 1e-12)
        assert np.all(reply_level(profile, PACE, rule, seats - 1, rate) < 0.85)

    def test_rounds_alone_do_not_limit_the_wait(self) -> None:
        """A round target below (M - 1) / M is met by seats at which contacts wait too long."""
        profile, rate = chat(PACE, 3), 0.1
        seats = int(fewest_reply_seats(profile, PACE, Rule(unit="round", within_s=180), rate, 0.8))
        assert seats < int(fewest_seats(profile, rate))
        first = reply_level(profile, PACE, Rule(unit="first", within_s=180), seats, rate)
        assert float(first) < 0.8

    def test_arguments_broadcast_and_keep_their_shape(self) -> None:
        """A table of seats and rates gives the levels and the seats of single calls."""
        profile, rule = chat(PACE, 3, 120.0), Rule(unit="round", within_s=60)
        n, rate = np.array([3, 40, 7])[:, None], np.array([0.0, 0.4, 0.01, 0.05])
        found = reply_level(profile, PACE, rule, n, rate)
        single = [[float(reply_level(profile, PACE, rule, a, b)) for b in rate] for a in n.ravel()]
        np.testing.assert_allclose(found, single, rtol=1e-12)
        seats = fewest_reply_seats(profile, PACE, rule, rate.reshape(2, 2), 0.85)
        assert (seats.dtype, seats.shape, seats[0, 0]) == (np.int64, (2, 2), 0)
        assert fewest_reply_seats(profile, PACE, rule, [], 0.85).shape == (0,)
        assert reply_level(profile, PACE, rule, [], []).shape == (0,)

    @pytest.mark.parametrize("unit", UNITS)
    @pytest.mark.parametrize("patience", [math.inf, 1e-3, 120.0])
    def test_extremes_stay_shares(self, unit: Unit, patience: float) -> None:
        """From no contacts to 1e9 a second, no agents to 20,000: levels stay in [0, 1]."""
        found = reply_level(
            chat(PACE, 10, patience),
            PACE,
            Rule(unit=unit, within_s=3600),
            np.array([0, 1, 30, 20_000])[:, None],
            [0, 1e-300, 0.01, 1, 100, 1e9],
        )
        assert np.all((found >= 0) & (found <= 1))
        assert np.all(found[0, 1:] == 0)


class TestRefusals:
    """What cannot be staffed, and bad input."""

    def test_a_target_out_of_reach_says_the_best_there_is(self) -> None:
        """JD's 80 % in 30 s at 20 s a reply: 77.7 % is the best, and no seats are given."""
        pace = Pace(reply_s=20, think_s=60, replies=6)
        for rate in (0.0, 0.1):
            with pytest.raises(UnreachableTargetError, match=r"below 0\.7769, got 0\.8") as error:
                fewest_reply_seats(chat(pace, 3), pace, platforms()["jd_30s"], rate)
        assert error.value.target == 0.8
        assert error.value.best_level == pytest.approx(1 - math.exp(-1.5))
        best = error.value.best_level
        near = fewest_reply_seats(chat(pace, 3), pace, platforms()["jd_30s"], 0.1, best - 1e-9)
        assert 40 < int(near) < 200
        with pytest.raises(UnreachableTargetError):
            fewest_reply_seats(chat(pace, 3), pace, platforms()["jd_30s"], 0.1, best)

    def test_a_rule_without_a_level_asks_for_a_target(self) -> None:
        """Taobao's metric is ranked only: the target must be said."""
        with pytest.raises(ValueError, match="target must be given"):
            fewest_reply_seats(chat(PACE, 3), PACE, platforms()["taobao_3min"], 0.1)

    @pytest.mark.parametrize("bad", [0, 1, 80, math.nan, (0.8, 0.9), "high"])
    def test_a_bad_target_is_refused_by_name(self, bad: Any) -> None:
        """A target that is no share raises a ValueError that names it."""
        with pytest.raises(ValueError, match="target"):
            fewest_reply_seats(chat(PACE, 3), PACE, Rule(unit="first", within_s=30), 0.1, bad)

    @pytest.mark.parametrize("bad", [-1, math.nan, math.inf, "many"])
    def test_bad_contacts_and_seats_are_refused_by_name(self, bad: Any) -> None:
        """Contacts that are no rate, seats that are no count raise a ValueError that names them."""
        rule = Rule(unit="first", within_s=30)
        with pytest.raises(ValueError, match="contacts_per_s"):
            fewest_reply_seats(chat(PACE, 3), PACE, rule, bad, 0.5)
        with pytest.raises(ValueError, match="contacts_per_s"):
            reply_level(chat(PACE, 3), PACE, rule, 3, bad)
        with pytest.raises(ValueError, match="seats"):
            reply_level(chat(PACE, 3), PACE, rule, bad, 0.1)

    def test_too_many_seats_are_a_slip_of_units(self) -> None:
        """More than 200,000 answer slots are refused, as seats and as an answer."""
        rule = Rule(unit="round", within_s=180)
        with pytest.raises(TooManySeatsError):
            reply_level(chat(PACE, 3), PACE, rule, 100_000, 0.1)
        with pytest.raises(TooManySeatsError):
            fewest_reply_seats(chat(PACE, 3), PACE, rule, 1e6, 0.5)
