"""The queue of chats against hand-worked cases, exact chains and a slow exact simulator."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from staffing.queue import Chats, serve, serve_chats
from tests.test_queue import GONE, NEVER, assert_mean, birth_death

CHAT_S = (360.0, 450.0, 540.0)
Leaving = Literal["finish", "hand over"]


def slow_chats(
    arrivals_s: list[int],
    work: list[float],
    patience_s: list[float],
    change_s: list[int],
    agents: list[int],
    aht_s: list[int],
    leaving: Leaving,
) -> tuple[list[float], list[float], list[int]]:
    """The same queue in exact fractions, looking at everything at every instant."""
    left = [Fraction(amount) for amount in work]
    start, end, answerer = [GONE] * len(left), [GONE] * len(left), [-1] * len(left)
    held: list[set[int]] = [set() for _ in range(max(agents, default=0))]
    coming, changing = [*range(len(left))], [*zip(change_s, agents, strict=True)]
    queue: list[int] = []
    handed: list[int] = []
    now, on_duty = Fraction(-1), 0
    while True:
        ends = [now + left[i] * aht_s[len(mine) - 1] for mine in held for i in mine]
        instants = [*ends, *(arrivals_s[i] for i in coming), *(when for when, _ in changing)]
        if not instants:
            return start, end, answerer
        for mine in held:
            for i in mine:
                left[i] -= (min(instants) - now) / Fraction(aht_s[len(mine) - 1])
        now = Fraction(min(instants))
        for mine in held:
            for i in [i for i in mine if left[i] == 0]:
                mine.remove(i)
                end[i] = float(now)
        if changing and changing[0][0] == now:
            leavers, on_duty = range(changing[0][1], on_duty), changing.pop(0)[1]
            if leaving == "hand over" and on_duty > 0:
                handed = sorted(handed + [i for agent in leavers for i in held[agent]])
                held = [set() if agent in leavers else mine for agent, mine in enumerate(held)]
        queue += [i for i in coming if arrivals_s[i] == now]
        queue = [i for i in queue if now - arrivals_s[i] <= patience_s[i]]
        coming = [i for i in coming if arrivals_s[i] > now]
        room = [(k, agent) for k in range(len(aht_s)) for agent in range(on_duty)]
        for k, agent in room:  # to the fewest chats first
            if len(held[agent]) == k and (handed or queue):
                i = (handed or queue).pop(0)
                held[agent].add(i)
                if answerer[i] < 0:
                    start[i], answerer[i] = float(now), agent


@st.composite
def small_queues(draw: st.DrawFn) -> dict[str, Any]:
    """Up to ten chats and four changes of the agents, in numbers that floats hold exactly."""
    arrivals = sorted(draw(st.lists(st.integers(0, 20), max_size=10)))
    changes = sorted(draw(st.sets(st.integers(0, 40), max_size=4)))

    def one_each(rows: list[int], values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=len(rows), max_size=len(rows)))

    return {
        "arrivals_s": arrivals,
        "work": one_each(arrivals, st.sampled_from([0, 0.5, 1, 2, 3])),
        "patience_s": one_each(arrivals, st.sampled_from([0, 1, 3, 8, 20, NEVER])),
        "change_s": changes,
        "agents": one_each(changes, st.integers(0, 3)),
        "aht_s": draw(st.sampled_from([[4], [4, 4], [4, 8], [2, 4, 4], [8, 4], [4, 4, 8, 8]])),
        "leaving": draw(st.sampled_from(["finish", "hand over"])),
    }


@settings(max_examples=300)
@given(small_queues())
def test_a_slow_simulator_agrees(queue: dict[str, Any]) -> None:
    """Every start, end and agent is that of a simulator in exact fractions."""
    made = serve_chats(**queue)
    start, end, agent = slow_chats(**queue)
    np.testing.assert_allclose(made.start_s, start, rtol=1e-12)
    np.testing.assert_allclose(made.end_s, end, rtol=1e-12)
    np.testing.assert_array_equal(made.agent, agent)


@pytest.mark.parametrize(
    ("arrivals", "work", "changes", "agents", "leaving", "start", "end", "agent"),
    [
        pytest.param(
            [0, 30], [1, 1], [0], [1], "finish", [0, 30], [80, 110], [0, 0],
            id="the second slows the first from half done, then is alone half done",
        ),
        pytest.param(
            [0, 1, 2, 3], [1] * 4, [0], [2], "finish", [0, 1, 2, 3], None, [0, 1, 0, 1],
            id="to the fewest chats, among equals to the lowest number",
        ),
        pytest.param(
            [0, 0, 0], [1, 1, 1], [0], [1], "finish", [0, 0, 100], [100, 100, 160], [0, 0, 0],
            id="the third waits until both end at once and is then alone",
        ),
        pytest.param(
            [0, 0, 30], [1, 1, 1], [0, 30], [2, 1], "finish", [0, 0, 30], [80, 60, 110],
            [0, 1, 0], id="the one who leaves takes no new chats but finishes hers",
        ),
        pytest.param(
            [0, 0], [1, 1], [0, 30], [2, 1], "hand over", [0, 0], [80, 80], [0, 1],
            id="both half done are shared from 30 on: 50 s more",
        ),
        pytest.param(
            [0, 0, 0, 0, 1], [1] * 5, [0, 50], [2, 1], "hand over",
            [0, 0, 0, 0, 150], [100, 150, 100, 150, 210], [0, 1, 0, 1, 0],
            id="handed over at half, they wait for room ahead of the queue",
        ),
        pytest.param(
            [0, 0], [1, 1], [0, 30], [2, 0], "hand over", [0, 0], [60, 60], [0, 1],
            id="where all leave there is nobody to hand over to",
        ),
        pytest.param(
            [0, 0, 0], [1, 1, 1], [0, 30, 40], [1, 0, 1], "finish",
            [0, 0, 100], [100, 100, 160], [0, 0, 0],
            id="back after ten seconds she holds her two chats still",
        ),
        pytest.param(
            [0, 0, 0, 1], [1] * 4, [0, 30], [1, 0], "finish",
            [0, 0, GONE, GONE], [100, 100, GONE, GONE], [0, 0, -1, -1],
            id="past closing the ones in progress end, the others are lost",
        ),
        pytest.param([0], [0], [0], [1], "finish", [0], [0], [0], id="no work"),
        pytest.param([0], [1], [], [], "finish", [GONE], [GONE], [-1], id="nobody ever"),
        pytest.param([], [], [0], [1], "finish", [], [], [], id="no chats"),
    ],
)  # fmt: skip
def test_hand_worked_queues(
    arrivals: list[float],
    work: list[float],
    changes: list[float],
    agents: list[int],
    leaving: Leaving,
    start: list[float],
    end: list[float] | None,
    agent: list[int],
) -> None:
    """Two chats an agent, 60 s alone and 100 s together, come out as worked by hand."""
    patience = [NEVER] * len(arrivals)
    made = serve_chats(arrivals, work, patience, changes, agents, [60, 100], leaving=leaving)
    np.testing.assert_allclose(made.start_s, start)
    np.testing.assert_allclose(made.wait_s, np.subtract(start, arrivals))
    if end is not None:
        np.testing.assert_allclose(made.end_s, end)
    np.testing.assert_array_equal(made.agent, agent)


def test_one_chat_an_agent_is_a_phone() -> None:
    """With one chat at a time waits are those of `serve` to the last bit, as staff comes in."""
    rng = np.random.default_rng(4)
    arrivals, work = np.cumsum(rng.exponential(10, 20_000)), rng.exponential(60, 20_000)
    steps = [0, 2000, 30_000], [3, 5, 7]
    patience = rng.exponential(90, 20_000)
    made = serve_chats(arrivals, work, patience, *steps, [1.0])
    np.testing.assert_array_equal(made.wait_s, serve(arrivals, work, patience, *steps))


@pytest.fixture(scope="module", params=["finish", "hand over"])
def lively(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Chats]:
    """A long queue whose agents come and go, and what became of it."""
    rng = np.random.default_rng(6)
    arrivals = np.cumsum(rng.exponential(12, 20_000))
    changes = np.arange(0, arrivals[-1] + 8000, 1800)
    queue = {
        "arrivals_s": arrivals,
        "work": rng.exponential(size=20_000),
        "patience_s": rng.exponential(200, 20_000),
        "change_s": changes,
        "agents": rng.integers(0, 40, changes.size),
        "aht_s": CHAT_S,
        "leaving": request.param,
    }
    return queue, serve_chats(**queue)


def test_starts_are_in_turn_and_on_duty(lively: tuple[dict[str, Any], Chats]) -> None:
    """Nobody is answered before she came, out of turn, too late or by an agent off duty."""
    queue, made = lively
    answered = made.agent >= 0
    assert 0.2 < answered.mean() < 0.99
    start = made.start_s[answered]
    np.testing.assert_array_equal(np.isnan(made.wait_s), ~answered)
    assert (made.wait_s[answered] >= 0).all()
    assert (made.wait_s[answered] <= queue["patience_s"][answered]).all()
    assert (np.diff(start) >= 0).all()
    on_duty = queue["agents"][np.searchsorted(queue["change_s"], start, side="right") - 1]
    assert (made.agent[answered] < on_duty).all()


def test_nobody_holds_more_than_the_most(lively: tuple[dict[str, Any], Chats]) -> None:
    """No agent, and together no staff, has more chats than fit; each takes the time it must."""
    queue, made = lively
    done = ~np.isnan(made.end_s)
    np.testing.assert_array_equal(done, made.agent >= 0)
    if queue["leaving"] == "finish":
        for agent in range(40):
            mine = done & (made.agent == agent)
            start, end = made.start_s[mine], np.sort(made.end_s[mine])
            held = np.arange(1, start.size + 1) - np.searchsorted(end, start, side="right")
            assert held.max(initial=0) <= 3
        taken = (made.end_s - made.start_s)[done]
        assert (taken >= queue["work"][done] * 360 * (1 - 1e-9) - 1e-6).all()
        assert (taken <= queue["work"][done] * 540 * (1 + 1e-9) + 1e-6).all()


# --- theory -------------------------------------------------------------------------------------


def poisson_chats(
    chats: int, per_hour: float, agents: int, patience: float = NEVER, seed: int = 11
) -> Chats:
    """Chats of a Poisson stream with exponential work, at CHAT_S."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(3600 / per_hour, chats))
    tolerated = rng.exponential(1.0, chats) * patience
    return serve_chats(arrivals, rng.exponential(size=chats), tolerated, [0], [agents], CHAT_S)


def exact_chain(
    per_hour: float, agents: int, longest: int = 400
) -> tuple[NDArray[np.float64], list[tuple[tuple[int, ...], int]]]:
    """Shares of time in each (chats of the agents, sorted; queue), with routing to the fewest."""
    full = (len(CHAT_S),) * agents
    states = {((0,) * agents, 0): 0}
    rates: list[tuple[int, int, float]] = []
    todo = [*states]

    def go(here: int, held: tuple[int, ...], queue: int, rate: float) -> None:
        state = (tuple(sorted(held)), queue)
        if state not in states:
            states[state] = len(states)
            todo.append(state)
        rates.append((here, states[state], rate))

    while todo:
        held, queue = todo.pop()
        here = states[held, queue]
        if held != full:
            go(here, (held[0] + 1, *held[1:]), 0, per_hour / 3600)
        elif queue < longest:
            go(here, held, queue + 1, per_hour / 3600)
        for agent, k in enumerate(held):
            if k and queue:
                go(here, held, queue - 1, k / CHAT_S[k - 1])
            elif k:
                go(here, (*held[:agent], k - 1, *held[agent + 1 :]), 0, k / CHAT_S[k - 1])
    flow = np.zeros((len(states), len(states)))
    for here, there, rate in rates:
        flow[there, here] += rate
        flow[here, here] -= rate
    flow[0] = 1.0  # in place of one balance equation: shares sum to 1
    share = np.linalg.solve(flow, np.eye(len(states))[0])
    return share, [*states]


@pytest.mark.parametrize(("per_hour", "agents"), [(20, 2), (35, 2), (50, 3)])
def test_few_agents_are_those_of_the_exact_chain(per_hour: float, agents: int) -> None:
    """The share that waits, the ASA and the mean chat are those of the chain of all loads."""
    share, states = exact_chain(per_hour, agents)
    waits = sum(share[i] for i, (held, _) in enumerate(states) if min(held) == len(CHAT_S))
    queue = sum(share[i] * queue for i, (_, queue) in enumerate(states))
    held = sum(share[i] * sum(held) for i, (held, _) in enumerate(states))
    made = poisson_chats(600_000, per_hour, agents)
    assert_mean(made.wait_s > 0, waits, within=0.1)
    assert_mean(made.wait_s, queue * 3600 / per_hour, within=0.15)
    assert_mean(made.end_s - made.start_s, held * 3600 / per_hour, within=0.02)


def birth_death_chat(per_hour: float, agents: int, theta: float = 0.0) -> NDArray[np.float64]:
    """Shares of time with j chats where they are always spread evenly: models.md."""
    rate = [0.0, *(k / aht for k, aht in enumerate(CHAT_S, start=1))]
    system = np.arange(1, 3000)
    inside = np.minimum(system, agents * len(CHAT_S))
    k, m = inside // agents, inside % agents
    steps = np.append(rate, 0.0)
    deaths = (agents - m) * steps[k] + m * steps[k + 1] + (system - inside) * theta
    return birth_death(per_hour / 3600, deaths)


@pytest.mark.parametrize("agents", [8, 9])
def test_more_agents_are_close_to_the_birth_death_chain(agents: int) -> None:
    """At 120 an hour waits stay near the chain of even loads, which is a little too hopeful."""
    made = poisson_chats(600_000, 120, agents)
    share = birth_death_chat(120, agents)
    hopeful = share[3 * agents :].sum()
    assert hopeful < (made.wait_s > 0).mean() < 1.25 * hopeful


@pytest.mark.parametrize(
    ("per_hour", "agents", "patience", "level"),
    [(20, 2, NEVER, 0.9458), (120, 7, 120.0, 0.9127), (1200, 64, NEVER, 0.9067)],
)
def test_another_simulator_agrees(
    per_hour: float, agents: int, patience: float, level: float
) -> None:
    """Levels within 30 s are those measured apart from this code: chat_scenarios.csv."""
    made = poisson_chats(1_000_000, per_hour, agents, patience)
    assert (made.wait_s <= 30).mean() == pytest.approx(level, abs=0.012)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "bad"),
    [
        ("arrivals_s", [1, 0]),
        ("work", [1, -1]),
        ("work", [1]),
        ("patience_s", [1, np.nan]),
        ("change_s", [0, 0]),
        ("agents", [1, 1.5]),
        ("agents", [1]),
        ("aht_s", []),
        ("aht_s", [60, 0]),
        ("aht_s", [60, np.inf]),
        ("aht_s", 60),
        ("leaving", "drop"),
    ],
)
def test_bad_input_is_refused_by_name(argument: str, bad: Any) -> None:
    """An argument out of its range, order or length raises a ValueError that names it."""
    sound: dict[str, Any] = {
        "arrivals_s": [0, 1], "work": [1, 1], "patience_s": [9, 9],
        "change_s": [0, 10], "agents": [1, 2], "aht_s": [60, 100],
    }  # fmt: skip
    with pytest.raises(ValueError, match=argument):
        serve_chats(**(sound | {argument: bad}))
