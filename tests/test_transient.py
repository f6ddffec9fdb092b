"""The time-dependent queue against steady state, simulation, and the promotion evening."""

from __future__ import annotations

import math
import time
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from staffing.seats import erlang, transient
from staffing.seats.chat import Profile, fewest_seats
from staffing.seats.shape import five_minute_shape
from staffing.seats.transient import Course, staff_transient

PHONE = Profile(aht_s=(180.0,), answer_within_s=20.0, level=0.8)
CHAT = Profile(aht_s=(360.0, 450.0, 540.0), answer_within_s=30.0, level=0.9)
# The research page states neither the evening beside 150 -> 1000 nor the chat's AHT. Seat-hours
# of chat : phone (194 : 214) say 170 s per seat and chat; these values reproduce its table.
EVENING_CHAT = Profile(aht_s=(360.0, 435.0, 510.0), answer_within_s=30.0, level=0.9)
EVENING = np.array([150, 150, 150, 150, 1000, 600, 400, 300, 250, 200, 180, 150], dtype=float)
AT_20 = 4
SHAPE = five_minute_shape(EVENING, phase_starts=[AT_20])


def stationary(contacts: ArrayLike, profile: Profile) -> NDArray[np.int64]:
    """Seats of each half hour on its own."""
    return fewest_seats(profile, np.asarray(contacts, dtype=np.float64) / 1800)


def flat(*contacts: float) -> np.ndarray:
    """Half hours without a shape inside."""
    return np.repeat(np.array(contacts, dtype=float)[:, None] / 6, 6, axis=1)


def simulated(
    shape: np.ndarray, seats: list[int], profile: Profile, runs: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Service level, abandoned share and mean wait of each half hour's arrivals, event by event."""
    rng = np.random.default_rng(seed)
    halves = len(shape)
    count, good, left, waited = np.zeros((4, halves))
    theta, slots, pace = 1 / profile.patience_s, profile.concurrency, [*profile.ends_per_s, 0.0]

    def leave(arrived: float, now: float, *, answered: bool) -> None:
        h = int(arrived // 1800)
        if h < halves:
            count[h] += 1
            good[h] += answered and now - arrived <= profile.answer_within_s
            left[h] += not answered
            waited[h] += now - arrived

    for _ in range(runs):
        held, before, now = 0, seats[0], 0.0
        queue: deque[float] = deque()
        for part in range(halves * 6 + 60):
            h = min(part // 6, halves - 1)
            n, end = seats[h], 300.0 * (part + 1)
            rate = shape[h, part % 6] / 300 if part < halves * 6 else 0.0
            if n < before:
                held = math.floor(held * n / before + rng.random())
            before, now = n, 300.0 * part
            while True:
                while queue and held < n * slots:
                    leave(queue.popleft(), now, answered=True)
                    held += 1
                k, m = divmod(held, n)
                done = (n - m) * pace[k] + m * pace[k + 1]
                total = rate + done + theta * len(queue)
                now += rng.exponential(1 / total) if total else math.inf
                if now >= end:
                    break
                what = rng.random() * total
                if what < rate:
                    queue.append(now)
                elif what < rate + done:
                    held -= 1
                else:
                    at = int(rng.integers(len(queue)))
                    leave(queue[at], now, answered=False)
                    del queue[at]
            if part >= halves * 6 and not queue:
                break
    return good / count, left / count, waited / count


class TestSteadyState:
    """Under a constant load the queue settles where the steady-state models say."""

    @pytest.mark.parametrize(("n", "contacts"), [(14, 100), (12, 100), (3, 15), (120, 1100)])
    def test_phone_becomes_erlang_c(self, n: int, contacts: float) -> None:
        """Service level, ASA and occupancy reach Erlang-C."""
        course = transient.transient(flat(*[contacts] * 24), [n] * 24, PHONE)
        load = contacts / 10
        level = float(erlang.service_level(n, load, 180, 20))
        assert course.service_level[-1] == pytest.approx(level, abs=1e-4)
        assert course.asa_s[-1] == pytest.approx(float(erlang.asa_s(n, load, 180)), rel=1e-3)
        assert course.occupancy[-1] == pytest.approx(load / n, rel=1e-4)

    def test_impatient_phone_becomes_erlang_a(self) -> None:
        """48 a minute of 1 min, 50 agents, patience 2 min: 3.09 % abandon, ASA 3.71 s."""
        profile = Profile(aht_s=(60.0,), answer_within_s=20.0, level=0.8, patience_s=120.0)
        course = transient.transient(flat(*[1440] * 4), [50] * 4, profile)
        assert course.abandoned[-1] == pytest.approx(0.0309, abs=5e-5)
        assert course.asa_s[-1] == pytest.approx(3.71, abs=0.005)

    def test_chat_becomes_the_stationary_birth_death_queue(self) -> None:
        """The seats known from long simulations, and their service level at 1200 an hour."""
        assert stationary([10, 60, 600], CHAT).tolist() == [2, 8, 64]
        course = transient.transient(flat(*[600] * 10), [64] * 10, CHAT)
        assert course.service_level[-1] == pytest.approx(0.9067, abs=0.012)  # two of its errors

    def test_chat_with_abandonment(self) -> None:
        """120 an hour, patience 2 min: 7 seats give .9127 in the long simulation."""
        profile = Profile(aht_s=CHAT.aht_s, answer_within_s=30.0, level=0.9, patience_s=120.0)
        assert stationary([60], profile).tolist() == [7]
        course = transient.transient(flat(*[60] * 12), [7] * 12, profile)
        assert course.service_level[-1] == pytest.approx(0.9127, abs=0.005)

    def test_constant_load_is_staffed_as_in_steady_state(self) -> None:
        """Not below the stationary answer, nothing is added to it; free, it saves one at most."""
        steady = stationary([100] * 8, PHONE)
        course = staff_transient(flat(*[100] * 8), PHONE, least=steady)
        assert course.seats.tolist() == [14] * 8
        assert set(staff_transient(flat(*[100] * 8), PHONE).seats.tolist()) <= {13, 14}


class TestSimulation:
    """Within two points of an event-by-event simulation of the same rules."""

    @pytest.mark.parametrize(
        ("aht", "within", "patience"),
        [((180.0,), 20.0, math.inf), ((300.0, 450.0), 60.0, math.inf), ((180.0,), 60.0, 150.0)],
    )
    def test_phase_start_with_backlog(
        self, aht: tuple[float, ...], within: float, patience: float
    ) -> None:
        """A jump, a shortage, its backlog over a rise and a fall of seats."""
        profile = Profile(aht_s=aht, answer_within_s=within, level=0.8, patience_s=patience)
        shape = five_minute_shape([20, 130, 90, 40], phase_starts=[1])
        scale = 180 * len(aht) / aht[-1] if len(aht) == 1 else 225 / 180
        seats = [math.ceil(n * scale) for n in (4, 10, 13, 5)]
        course = transient.transient(shape, seats, profile)
        level, left, waited = simulated(shape, seats, profile, 500, seed=7)
        np.testing.assert_allclose(course.service_level, level, atol=0.02)
        np.testing.assert_allclose(course.abandoned, left, atol=0.02)
        np.testing.assert_allclose(course.asa_s, waited, atol=3.0, rtol=0.06)


class TestPromotionEvening:
    """150 -> 1000 contacts at 20:00, front-loaded: the table of the research page."""

    @pytest.mark.parametrize(
        ("profile", "level", "mean_hours", "mean_level", "peak_hours", "found_hours"),
        [(EVENING_CHAT, 0.9, 194.0, 0.80, 258.5, 190.5), (PHONE, 0.8, 214.0, 0.26, 282.5, 235.5)],
        ids=["chat", "phone"],
    )
    def test_table(
        self,
        profile: Profile,
        level: float,
        mean_hours: float,
        mean_level: float,
        peak_hours: float,
        found_hours: float,
    ) -> None:
        """Seat-hours within 1 %, service levels at 20:00 within two points."""
        mean = transient.transient(SHAPE, stationary(EVENING, profile), profile)
        peak_seats = stationary(SHAPE.max(axis=1) * 6, profile)
        peak = transient.transient(SHAPE, peak_seats, profile)
        found = staff_transient(SHAPE, profile)
        assert mean.seat_hours == pytest.approx(mean_hours, rel=0.01)
        assert mean.service_level[AT_20] == pytest.approx(mean_level, abs=0.02)
        assert peak.seat_hours == pytest.approx(peak_hours, rel=0.01)
        assert peak.service_level.min() >= level
        assert peak.service_level[AT_20] > 0.99
        assert found.seat_hours == pytest.approx(found_hours, rel=0.01)
        assert found.service_level.min() >= level - 1e-9
        assert found.service_level[AT_20] == pytest.approx(level, abs=0.01)

    def test_backlog_is_carried(self) -> None:
        """80 seats at 20:00 give .33, and the next two half hours pay for them."""
        steady = stationary(EVENING, EVENING_CHAT)
        steady[AT_20] = 80
        course = transient.transient(SHAPE, steady, EVENING_CHAT)
        at_20, at_2030, at_21 = course.service_level[AT_20 : AT_20 + 3]
        assert at_20 == pytest.approx(0.33, abs=0.02)
        # The page has .63 and .89; its loads after 20:00 are not known.
        assert at_2030 == pytest.approx(0.63, abs=0.05)
        assert at_21 == pytest.approx(0.89, abs=0.05)
        assert at_20 < at_2030 < at_21 < 0.9
        assert course.queue_end[AT_20] > 8

    def test_cap_is_kept_and_paid_for_later(self) -> None:
        """Under a cap 20:00 misses its level and 20:30 takes more seats than without."""
        free = staff_transient(SHAPE, EVENING_CHAT)
        capped = staff_transient(SHAPE, EVENING_CHAT, cap=80)
        assert capped.seats[AT_20] == 80
        assert capped.service_level[AT_20] < 0.4
        assert capped.seats[AT_20 + 1] > free.seats[AT_20 + 1]
        assert np.delete(capped.service_level, AT_20).min() >= 0.9 - 1e-9

    def test_fast(self) -> None:
        """An evening takes some tenths of a second; the bound leaves room for a busy machine."""
        steady = stationary(EVENING, EVENING_CHAT)
        begin = time.perf_counter()
        transient.transient(SHAPE, steady, EVENING_CHAT)
        assert time.perf_counter() - begin < 2.0


class TestLaws:
    """What holds for every queue."""

    @settings(max_examples=25, deadline=None)
    @given(
        contacts=st.lists(st.floats(0, 120), min_size=2, max_size=4),
        seats=st.lists(st.integers(0, 18), min_size=4, max_size=4),
        at=st.integers(0, 3),
        concurrency=st.integers(1, 3),
        patience=st.sampled_from([math.inf, 120.0]),
    )
    def test_shares_are_shares_and_more_seats_never_worse(
        self,
        contacts: list[float],
        seats: list[int],
        at: int,
        concurrency: int,
        patience: float,
    ) -> None:
        """Levels lie in [0, 1], mass is kept, a seat more for ever lowers no level."""
        aht = tuple(180.0 * k**0.7 for k in range(1, concurrency + 1))
        profile = Profile(aht_s=aht, answer_within_s=30.0, level=0.9, patience_s=patience)
        shape, n = five_minute_shape(contacts), np.array(seats[: len(contacts)])

        def run(n: np.ndarray) -> Course:
            halves = transient._halves(shape, n, profile, np.ones(1), 15.0)
            course = transient._course(halves, shape, n, profile, 15.0)
            for share in (course.service_level, course.abandoned, course.occupancy):
                assert ((share >= 0) & (share <= 1 + 1e-9)).all()
            assert (course.asa_s >= 0).all()
            assert course.mass_lost < 1e-8
            return course

        more = run(n + 1)
        assert (more.service_level >= run(n).service_level - 3e-3).all()

    def test_mass_is_conserved(self) -> None:
        """Probabilities sum to 1 at every step, through falls and rises of seats."""
        now, seats = np.ones(1), np.array([10, 25, 7, 12])
        for h, row in enumerate(five_minute_shape([80, 200, 150, 60], phase_starts=[1])):
            parts = transient._parts(now, row, seats, h, PHONE, 15.0)
            for part in parts:
                np.testing.assert_allclose(part.nodes.sum(axis=1), 1.0, atol=1e-10)
                assert part.nodes.min() > -1e-3
            now = parts[-1].nodes[-1]

    def test_falling_seats_take_their_share_and_leave_the_queue(self) -> None:
        """Half the seats keep half the contacts in service; whoever waits keeps waiting."""
        now = np.zeros(40)
        now[[12, 30]] = 0.5
        after = transient._reseated(now, 10, 5, 2)
        assert after[[6, 20]].tolist() == [0.5, 0.5]
        assert transient._reseated(now, 10, 11, 2) is now

    def test_seats_that_come_count_for_those_already_waiting(self) -> None:
        """With 5 minutes of patience for an answer the next half hour's seats help this one."""
        slow = Profile(aht_s=(180.0,), answer_within_s=300.0, level=0.8)
        few = transient.transient(flat(60, 60), [5, 5], slow).service_level[0]
        more = transient.transient(flat(60, 60), [5, 20], slow).service_level[0]
        assert few + 0.05 < more < 1

    def test_no_seats(self) -> None:
        """Without seats nobody is answered, and everybody is still there."""
        course = transient.transient(flat(30, 30), [0, 0], PHONE)
        assert course.service_level.tolist() == [0, 0]
        assert course.queue_end[-1] == pytest.approx(60)

    def test_presence_and_empty_half_hours(self) -> None:
        """Without contacts only the presence asks for seats."""
        course = staff_transient(flat(0, 20, 0), PHONE, least=[2, 0, 1])
        assert course.seats.tolist()[0::2] == [2, 1]
        assert course.service_level[0] == 1

    def test_faulty_tables(self) -> None:
        """Shapes and signs are checked."""
        for contacts, seats in (([[1.0] * 5], [1]), (flat(-1), [1]), (flat(1), [1.5])):
            with pytest.raises(ValueError, match="must"):
                transient.transient(contacts, seats, PHONE)
