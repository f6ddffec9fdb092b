"""Tickets beside live contacts: what fits, against theory and simulation, and by when."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from staffing.queue.blend import thresholds
from staffing.seats import blend, erlang
from staffing.seats.capacity import TooManySeatsError
from staffing.seats.deadlines import ticket_plan
from staffing.seats.deferred import ticket_capacity

AHT, WITHIN, TICKET = 180.0, 20.0, 300.0


def row(*values: float) -> list[np.ndarray]:
    """Columns of one row."""
    return [np.array([float(value)]) for value in values]


def exact(slots: int, load: float, within: float, pace: float, level: float, take: int) -> float:
    """Tickets in work of one queue."""
    return float(blend.exact(np.array([slots]), *row(load, within, pace, level), take)[0])


def policy(
    slots: int, least: int, load: float, within: float, pace: float, take: int
) -> tuple[float, float]:
    """Live service level and tickets in work of one threshold."""
    found = thresholds(np.array([slots]), np.array([least]), *row(load, within, pace), take)
    return float(found[0, 0]), float(found[1, 0])


def chain(
    slots: int, least: int, load: float, within: float, pace: float, take: int, most: int
) -> tuple[float, float]:
    """The same by a linear system over all states, waits by uniformization; small queues only."""
    states = [
        (live, tickets)
        for live in range(most + 1)
        for tickets in range(slots // take + 1)
        if live + take * tickets > least - take and take * tickets <= least
    ]
    place = {state: at for at, state in enumerate(states)}
    flow = np.zeros((len(states), len(states)))
    for (live, tickets), at in place.items():
        served = min(live, slots - take * tickets)
        moves = [(load, live + 1, tickets), (served, live - 1, tickets)]
        for rate, to_live, left in [*moves, (tickets * pace, live, tickets - 1)]:
            to_tickets = left + (to_live + take * left + take <= least)
            if rate and to_live <= most:
                flow[at, place[to_live, to_tickets]] += rate
                flow[at, at] -= rate
    system = np.vstack([flow.T, np.ones(len(states))])
    chance = np.linalg.lstsq(system, np.eye(len(states) + 1)[-1], rcond=None)[0]
    # Late with q ahead and some tickets: nothing but ends happens to whoever waits.
    pace_most = slots + slots * pace
    late = np.ones((most + 1, slots // take + 1))
    weight = np.exp(-pace_most * within)
    total, count = late * weight, 0
    tickets = np.arange(late.shape[1])
    live_rate, end_rate = slots - take * tickets, tickets * pace
    while weight > 1e-14 or count < pace_most * within:
        count += 1
        by_live = np.vstack([np.zeros((1, late.shape[1])), late[:-1]]) * live_rate
        by_ticket = np.zeros_like(late)
        by_ticket[take:, 1:] = late[:-take, :-1]
        stay = pace_most - live_rate - end_rate
        late = (late * stay + by_live + by_ticket * end_rate) / pace_most
        weight *= pace_most * within / count
        total += late * weight
    missed = sum(
        p * total[live + take * tickets - slots, tickets]
        for (live, tickets), p in zip(states, chance, strict=True)
        if live + take * tickets >= slots
    )
    return 1 - missed, sum(p * s[1] for s, p in zip(states, chance, strict=True))


def simulated(
    slots: int, reserve: int, load: float, within: float, pace: float, take: int, contacts: int
) -> tuple[float, float]:
    """Service level and ticket work of a queue lived contact by contact, in order of arrival."""
    rng = np.random.default_rng(7)
    arrivals = np.cumsum(rng.exponential(1 / load, contacts)).tolist()
    live, tickets = (
        rng.exponential(1, contacts).tolist(),
        iter(lambda: rng.exponential(1 / pace), 0),
    )
    free, good, worked, now = slots, 0, 0.0, 0.0
    ends: list[tuple[float, int]] = []
    queue: deque[int] = deque()
    at = 0
    while at < contacts:
        if ends and ends[0][0] <= arrivals[at]:
            now, back = heapq.heappop(ends)
            free += back
        else:
            now = arrivals[at]
            queue.append(at)
            at += 1
        while queue and free:
            first = queue.popleft()
            good += now - arrivals[first] <= within
            heapq.heappush(ends, (now + live[first], 1))
            free -= 1
        while free - take >= reserve:
            length = next(tickets)
            heapq.heappush(ends, (now + length, take))
            worked += length
            free -= take
    return good / contacts, worked / now


@pytest.mark.parametrize(
    ("slots", "least", "load", "within", "pace", "take"),
    [
        (5, 3, 2.2, 0.2, 1.0, 1),
        (6, 4, 3.0, 0.11, 0.5, 1),
        (6, 6, 2.0, 0.4, 2.5, 1),
        (9, 7, 4.0, 0.06, 1.8, 3),
        (8, 5, 3.0, 0.2, 0.7, 2),
        (7, 3, 3.5, 0.0, 0.6, 3),
    ],
)
def test_chain_solves_its_balance_equations(
    slots: int, least: int, load: float, within: float, pace: float, take: int
) -> None:
    """Column by column or as one linear system: the same tickets, the level within 1e-4."""
    level, work = policy(slots, least, load, within, pace, take)
    dense_level, dense_work = chain(slots, least, load, within, pace, take, most=60)
    assert work == pytest.approx(dense_work, abs=1e-5)
    assert level == pytest.approx(dense_level, abs=1e-4)


@pytest.mark.parametrize(("slots", "load", "level"), [(3, 1.0, 0.8), (14, 10, 0.8), (40, 30, 0.95)])
def test_equal_handle_times_have_a_closed_form(slots: int, load: float, level: float) -> None:
    """With tickets as long as contacts the two-dimensional chain is the one-dimensional one."""
    closed = blend.equal_rates(np.array([slots]), *row(load, WITHIN / AHT, level))
    assert exact(slots, load, WITHIN / AHT, 1.0, level, 1) == pytest.approx(closed[0], abs=2e-4)


def test_four_idle_seats_are_not_four_seats_of_tickets() -> None:
    """Of 4 idle seats at 10 erl, a threshold leaves 1.34 to 5-minute tickets, chance 1.68."""
    level, work = policy(14, 8, 10, WITHIN / AHT, AHT / TICKET, 1)
    assert level > 0.80
    assert work == pytest.approx(1.34, abs=0.01)
    assert policy(14, 9, 10, WITHIN / AHT, AHT / TICKET, 1)[0] < 0.80
    assert exact(14, 10, WITHIN / AHT, AHT / TICKET, 0.8, 1) == pytest.approx(1.681, abs=0.002)
    assert ticket_capacity(14, 10, AHT, 0.8, WITHIN, TICKET) == pytest.approx(1.681, abs=0.03)


@pytest.mark.parametrize(
    ("slots", "reserve", "load", "within", "pace", "take"),
    [(14, 6, 10, WITHIN / AHT, AHT / TICKET, 1), (24, 4, 14, 0.06, 1.8, 3)],
    ids=["phone", "chat"],
)
def test_threshold_policy_as_simulated(
    slots: int, reserve: int, load: float, within: float, pace: float, take: int
) -> None:
    """An event simulation that keeps slots free finds the same service level and ticket work."""
    level, work = simulated(slots, reserve, load, within, pace, take, contacts=600_000)
    model_level, model_work = policy(slots, slots - reserve, load, within, pace, take)
    assert level == pytest.approx(model_level, abs=0.009)
    assert work == pytest.approx(model_work, rel=0.02)


def test_table_is_near_the_exact_result() -> None:
    """Between its nodes the table is off by less than 0.3 seat or 4 %, by 0.1 seat mostly."""
    rng = np.random.default_rng(3)
    for held, ticket_s in ((1, 300.0), (1, 900.0), (3, 120.0)):
        seats = rng.integers(1, 50 // held, 120)
        aht, load = rng.uniform(100, 600, 120), seats * held * rng.uniform(0.05, 0.97, 120)
        level = np.full(120, 0.8)
        found = ticket_capacity(seats, load, aht, 0.8, 20, ticket_s, held)
        true = blend.exact(seats * held, load, 20 / aht, aht / ticket_s, level, held)
        off = np.abs(found - true)
        assert np.all(off <= np.maximum(0.3, 0.04 * true))
        assert np.mean(off <= 0.1) > 0.8


def test_target_is_kept_at_the_table_s_answer() -> None:
    """Working as many tickets as the table says costs the live level one point at the most."""
    for slots, load in ((6, 3.0), (14, 10.0), (14, 9.0), (30, 24.0), (45, 37.0)):
        asked = float(ticket_capacity(slots, load, AHT, 0.8, WITHIN, TICKET))
        points = [
            policy(slots, m, load, WITHIN / AHT, AHT / TICKET, 1) for m in range(1, slots + 1)
        ]
        levels, works = zip(*points, strict=True)
        assert np.interp(asked, works, levels) >= 0.79


def test_no_tickets_where_seats_only_just_suffice() -> None:
    """No level to spare, no tickets; no contacts, all seats; overload and no seats, none."""
    load = 12.0
    level = float(erlang.service_level(16, load, AHT, WITHIN))
    assert ticket_capacity(16, load, AHT, level, WITHIN, TICKET) == 0
    assert ticket_capacity([15, 12, 3, 0], load, AHT, level, WITHIN, TICKET).tolist() == [0] * 4
    assert ticket_capacity([0, 4, 2.5], 0, AHT, 0.8, WITHIN, TICKET).tolist() == [0, 4, 2.5]


@pytest.mark.parametrize("held", [1, 2.5, 4])
def test_capacity_moves_the_right_way(held: float) -> None:
    """More seats, fewer contacts, a lower target, more time: never less room for tickets."""
    seats = np.arange(1, 60)
    by_seats = ticket_capacity(seats, 9 * held, AHT, 0.8, WITHIN, TICKET, held)
    by_load = ticket_capacity(20, np.linspace(1, 20, 60) * held, AHT, 0.8, WITHIN, TICKET, held)
    by_level = ticket_capacity(20, 15 * held, AHT, np.linspace(0.5, 0.99, 8), WITHIN, TICKET, held)
    by_time = ticket_capacity(20, 15 * held, AHT, 0.8, [0, 10, 20, 60, 600, 1e5], TICKET, held)
    for rising in (by_seats, by_load[::-1], by_level[::-1], by_time):
        assert np.all(np.diff(rising) >= -0.03)
        assert rising[-1] > rising[0]
    idle = seats - 9.0
    assert np.all(by_seats <= np.maximum(idle, 0))
    assert by_time[-1] == pytest.approx(5, abs=0.15)


@given(
    slots=st.integers(1, 25),
    share=st.floats(0.05, 0.95),
    within=st.floats(0, 1),
    pace=st.floats(0.1, 5),
    level=st.floats(0.5, 0.99),
    take=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_exact_capacity_is_monotone(
    slots: int, share: float, within: float, pace: float, level: float, take: int
) -> None:
    """One more seat, a lower load or a lower target never leave fewer tickets, exactly."""
    here = exact(slots, share * slots, within, pace, level, take)
    assert 0 <= here <= (1 - share) * slots / take + 1e-3
    assert exact(slots + take, share * slots, within, pace, level, take) >= here - 1e-6
    assert exact(slots, 0.9 * share * slots, within, pace, level, take) >= here - 1e-6
    assert exact(slots, share * slots, within, pace, 0.9 * level, take) >= here - 1e-6


def test_whole_plan_takes_a_second() -> None:
    """A week of 20 pools at six seat counts is answered at once when the tables are there."""
    rng = np.random.default_rng(5)
    aht = np.repeat(rng.uniform(120, 500, 20), 250)[:, None]
    load = np.repeat(rng.uniform(3, 30, 20), 250)[:, None] * rng.uniform(0.1, 1.5, (5000, 1))
    seats = erlang.fewest_servers(load, aht, 0.8, 20) + np.arange(6)
    took = []
    for _ in range(2):
        start = time.perf_counter()
        ticket_capacity(seats, load, aht, 0.8, 20, 300)
        took.append(time.perf_counter() - start)
    assert took[0] < 8
    assert took[1] < 2


def test_bad_capacity_arguments_are_refused() -> None:
    """What no queue can be is refused by name."""
    good = [14, 10, AHT, 0.8, WITHIN, TICKET]
    for at, value, name in (
        (0, -1, "seats"),
        (1, float("nan"), "load_erl"),
        (2, 0, "aht_s"),
        (3, 1.0, "target_level"),
        (5, 0, "ticket_aht_s"),
    ):
        with pytest.raises(ValueError, match=name):
            ticket_capacity(*[value if i == at else old for i, old in enumerate(good)])
    with pytest.raises(TooManySeatsError, match="answer slots"):
        ticket_capacity(1e6, 10, AHT, 0.8, WITHIN, TICKET)


def lived(
    arrivals: np.ndarray, due: ArrayLike, capacity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Work in whole units: what is done, and what is overdue at the end of each half hour."""
    due = np.atleast_1d(due)
    waiting: list[int] = []
    done, overdue = np.zeros((2, capacity.size))
    for half, room in enumerate(capacity.tolist()):
        if half:
            for kind, units in enumerate(arrivals[:, half - 1].tolist()):
                waiting += [half + int(due[kind]) - 2] * int(units)
        waiting.sort()
        done[half] = min(room, len(waiting))
        waiting = waiting[int(done[half]) :]
        overdue[half] = sum(last <= half for last in waiting)
    return done, overdue


def cheapest(arrivals: np.ndarray, due: ArrayLike, capacity: np.ndarray) -> int:
    """Fewest added seats with which no more is ever overdue than with all; every choice tried."""
    halves, steps = capacity.shape
    at = np.arange(halves)
    least = lived(arrivals, due, capacity[:, -1])[1]
    return min(
        sum(tried)
        for tried in itertools.product(range(steps), repeat=halves)
        if np.all(lived(arrivals, due, capacity[at, list(tried)])[1] <= least)
    )


def test_one_kind_is_planned_with_the_fewest_seats() -> None:
    """One deadline: the plan adds as few seats as trying every choice, whatever the capacities."""
    rng = np.random.default_rng(11)
    short = 0
    for _ in range(60):
        arrivals = rng.poisson(1.5, (1, 6))
        due = int(rng.integers(2, 6))
        capacity = np.cumsum(rng.integers(0, 3, (6, 3)), axis=1)
        plan = ticket_plan(arrivals[0], due, capacity)
        done, overdue = lived(arrivals, due, capacity[np.arange(6), plan.seats])
        least = lived(arrivals, due, capacity[:, -1])[1]
        assert plan.seats.sum() == cheapest(arrivals, due, capacity)
        assert np.all(overdue <= least)
        np.testing.assert_allclose(plan.done_h, done)
        short += bool(least.any())
    assert 5 < short < 55


def test_several_kinds_are_planned_near_the_fewest_seats() -> None:
    """Two deadlines: no more overdue than with all seats, and rarely a seat too many."""
    rng = np.random.default_rng(12)
    extra = []
    for _ in range(40):
        arrivals, due = rng.poisson(0.9, (2, 6)), np.array([2, 5])
        capacity = np.cumsum(rng.integers(0, 3, (6, 3)), axis=1)
        plan = ticket_plan(arrivals, due, capacity)
        overdue = lived(arrivals, due, capacity[np.arange(6), plan.seats])[1]
        assert np.all(overdue <= lived(arrivals, due, capacity[:, -1])[1])
        extra.append(plan.seats.sum() - cheapest(arrivals, due, capacity))
    assert min(extra) >= 0
    assert np.mean(extra) < 0.2


def test_work_is_conserved() -> None:
    """What comes is done or left; nothing is done before it came, in closed hours, beyond room."""
    rng = np.random.default_rng(13)
    arrivals, is_open = rng.gamma(2, 0.4, (3, 96)), np.tile(np.arange(48) >= 18, 2)
    capacity = np.cumsum(rng.uniform(0, 0.8, (96, 5)), axis=1)
    plan = ticket_plan(arrivals, [8, 24, 48], capacity, is_open)
    assert plan.done_h.sum() + plan.left_h == pytest.approx(arrivals.sum())
    come = np.concatenate([[0], arrivals.sum(axis=0).cumsum()[:-1]])
    assert np.all(plan.done_h.cumsum() <= come + 1e-9)
    assert not plan.done_h[~is_open].any()
    assert not plan.seats[~is_open].any()
    assert np.all(plan.done_h <= capacity[np.arange(96), plan.seats] + 1e-9)
    assert plan.done_h.any()
    assert plan.seats.any()


def test_enough_room_adds_no_seat() -> None:
    """Where the present seats do all tickets in time, none is added and nothing is late."""
    plan = ticket_plan(np.ones(48), 4, np.tile([1.1, 2.0], (48, 1)))
    assert not plan.seats.any()
    assert not plan.late_h.any()
    assert plan.left_h == pytest.approx(1)


def test_late_work_is_told_and_still_done() -> None:
    """Due within an hour and nobody there till later: late when due, done at the opening."""
    room, is_open = np.tile([1.0, 2.0], (6, 1)), [False, False, False, True, True, True]
    plan = ticket_plan([3, 0, 0, 0, 0, 0], 2, room, is_open)
    assert plan.late_h.tolist() == [0, 3, 0, 0, 0, 0]
    assert plan.done_h.tolist() == [0, 0, 0, 2, 1, 0]
    assert plan.left_h == 0


def test_a_week_of_a_pool_is_planned_at_once() -> None:
    """336 half hours with ten added seats at the most take well under a second."""
    rng = np.random.default_rng(14)
    room = np.cumsum(rng.uniform(0, 0.45, (336, 11)), axis=1)
    is_open = np.tile(np.arange(48) >= 18, 7)
    start = time.perf_counter()
    plan = ticket_plan(rng.gamma(2, 0.6, 336), 48, room, is_open)
    assert time.perf_counter() - start < 1
    assert plan.seats.sum() > 50
    assert not plan.late_h.any()


def test_bad_plan_arguments_are_refused() -> None:
    """Shapes that do not fit and deadlines that are none are refused by name."""
    room = np.ones((4, 2))
    for arguments, name in (
        (([1, 1], 4, room), "capacity_h"),
        (([1] * 4, 4, room[:, :0]), "capacity_h"),
        (([1] * 4, 1, room), "due_halfhours"),
        (([1] * 4, 2.5, room), "due_halfhours"),
        (([1] * 4, [2, 3], room), "due_halfhours"),
        (([-1] * 4, 4, room), "arrivals_h"),
        (([1] * 4, 4, room, [True]), "is_open"),
    ):
        with pytest.raises(ValueError, match=name):
            ticket_plan(*arguments)
