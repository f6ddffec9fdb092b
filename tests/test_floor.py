"""The floor of agents who differ: by hand, against a slow exact simulator and against theory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from staffing.queue import serve, serve_chats
from staffing.queue.floor import Arrivals, Duties, Reserve, Served, Shops, Skills, serve_floor
from staffing.seats import erlang
from tests.test_queue import GONE, NEVER, assert_mean, birth_death

CHAT_S = (360.0, 450.0, 540.0)
Leaving = Literal["finish", "hand over"]


def slow_floor(  # noqa: C901  # obvious and whole rather than in parts
    arrivals: Arrivals,
    shops: Shops,
    skills: Skills,
    duties: Duties,
    reserve: Reserve | None,
    leaving: Leaving,
) -> tuple[list[float], list[float], list[int]]:
    """The same floor in exact fractions, looking at everything at every instant."""
    shop, patience = list(arrivals.shop), list(arrivals.patience_s)
    left = [Fraction(amount) for amount in arrivals.work]
    due, aht = list(arrivals.due_s), [[Fraction(v) for v in row] for row in shops.aht_s]
    speed = [[Fraction(v) for v in row] for row in skills.speed]
    most = np.broadcast_to(np.asarray(skills.most), np.shape(skills.speed)).tolist()
    stretches = [*zip(duties.agent, duties.begin_s, duties.end_s, duties.skill, strict=True)]
    people = range(max(duties.agent, default=0) + 1)
    start, end, who = [GONE] * len(left), [GONE] * len(left), [-1] * len(left)
    held: list[dict[int, tuple[Fraction, Fraction]]] = [{} for _ in people]  # chat: speed, part
    coming, queue = [*range(len(left))], []
    steps = [] if reserve is None else [*zip(reserve.from_s, reserve.room, strict=True)]
    times = sorted({t for _, b, e, _ in stretches for t in (b, e)} | {s for s, _ in steps})
    now = Fraction(-1)

    def pace(agent: int, i: int) -> Fraction:
        row = aht[shop[i]]
        return row[min(len(held[agent]), len(row)) - 1] / held[agent][i][0]

    def row_of(agent: int) -> int | None:
        on = [r for a, b, e, r in stretches if a == agent and b <= now < e]
        return on[0] if on else None

    def serves(agent: int, j: int) -> bool:
        row = row_of(agent)
        return row is not None and speed[row][j] > 0

    def part(agent: int, j: int) -> Fraction:
        return Fraction(1, int(most[row_of(agent)][j]))

    def room(agent: int) -> Fraction:
        return 1 - sum((p for _, p in held[agent].values()), Fraction(0))

    def rank(i: int) -> tuple[Any, ...]:
        return (who[i] < 0, -shops.priority[shop[i]], i)

    def give(i: int, agent: int) -> None:
        queue.remove(i)
        if who[i] < 0:
            start[i], who[i] = float(now), agent
        held[agent][i] = (speed[row_of(agent)][shop[i]], part(agent, shop[i]))

    def able(i: int) -> list[int]:
        """Return who can answer now, the best first."""
        ticket = shops.deferrable[shop[i]]
        found = []
        for agent in people:
            if not serves(agent, shop[i]) or room(agent) < part(agent, shop[i]):
                continue
            if ticket and any(shops.deferrable[shop[k]] for k in held[agent]):
                continue
            hers = [k for k in queue if not shops.deferrable[shop[k]] and serves(agent, shop[k])]
            if any(ticket or rank(k) < rank(i) for k in hers):
                continue
            known = sum(v > 0 for v in speed[row_of(agent)])
            found.append((len(held[agent]), known, agent))
        return [agent for *_, agent in sorted(found)]

    while True:
        ends = [now + left[i] * pace(a, i) for a in people for i in held[a]]
        instants = [
            *ends,
            *(arrivals.arrivals_s[i] for i in coming),
            *(t for t in times if t > now),
        ]
        if not instants:
            return start, end, who
        for agent in people:
            done = {i: (min(instants) - now) / pace(agent, i) for i in held[agent]}
            for i, amount in done.items():
                left[i] -= amount
        now = Fraction(min(instants))
        for agent in people:
            for i in [i for i in held[agent] if left[i] == 0]:
                del held[agent][i]
                end[i] = float(now)
        if leaving == "hand over":
            for agent in people:
                for i in [*held[agent]]:
                    if not serves(agent, shop[i]) and any(serves(a, shop[i]) for a in people):
                        del held[agent][i]
                        queue.append(i)
        queue += [i for i in coming if arrivals.arrivals_s[i] == now]
        coming = [i for i in coming if arrivals.arrivals_s[i] > now]
        queue = [
            i
            for i in queue
            if who[i] >= 0
            or shops.deferrable[shop[i]]
            or now - arrivals.arrivals_s[i] <= patience[i]
        ]
        moved = True
        while moved:
            moved = False
            live = [i for i in queue if not shops.deferrable[shop[i]]]
            for i in sorted(live, key=rank):
                if able(i):
                    give(i, able(i)[0])
                    moved = True
                    break
        moved = True
        while moved:
            moved = False
            tickets = [i for i in queue if shops.deferrable[shop[i]]]
            for i in sorted(tickets, key=lambda i: (due[i], i)):
                kept = [r[shop[i]] for s, r in steps if s <= now] or [
                    r[shop[i]] for _, r in steps[:1]
                ]
                spare = sum(room(a) for a in people if serves(a, shop[i]))
                if able(i) and spare - part(able(i)[0], shop[i]) >= (kept[-1] if kept else 0):
                    give(i, able(i)[0])
                    moved = True
                    break


@st.composite
def small_floors(draw: st.DrawFn) -> dict[str, Any]:
    """Up to ten contacts of three shops, three agents; numbers that floats hold exactly."""
    times = sorted(draw(st.lists(st.integers(0, 20), max_size=10)))

    def some(number: int, values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=number, max_size=number))

    edges = [sorted(draw(st.sets(st.integers(0, 40), max_size=5))) for _ in range(3)]
    duties = [
        (agent, begin, end, row)
        for agent, own in enumerate(edges)
        for begin, end in pairwise(own)
        for row in [draw(st.integers(-1, 3))]  # -1: a break
        if row >= 0
    ]
    columns = list(zip(*duties, strict=True)) or [(), (), (), ()]
    parts = st.sampled_from([1, 2, 4])
    most = draw(
        st.one_of(parts, st.lists(st.lists(parts, min_size=3, max_size=3), min_size=4, max_size=4))
    )
    steps = sorted(draw(st.sets(st.integers(0, 30), min_size=1, max_size=3)))
    kept = [some(3, st.sampled_from([0, 0.5, 1, 2])) for _ in steps]
    return {
        "arrivals": Arrivals(
            arrivals_s=times,
            work=some(len(times), st.sampled_from([0, 0.5, 1, 2, 3])),
            patience_s=some(len(times), st.sampled_from([0, 1, 3, 8, 20, NEVER])),
            shop=some(len(times), st.integers(0, 2)),
            due_s=some(len(times), st.integers(0, 60)),
        ),
        "shops": Shops(
            aht_s=some(3, st.sampled_from([[4, 4], [4, 8], [8, 4], [2, 4]])),
            priority=some(3, st.integers(0, 2)),
            deferrable=some(3, st.sampled_from([False, False, True])),
        ),
        "skills": Skills(
            speed=[some(3, st.sampled_from([0, 0.5, 1, 1, 2])) for _ in range(4)], most=most
        ),
        "duties": Duties(**dict(zip(("agent", "begin_s", "end_s", "skill"), columns, strict=True))),
        "reserve": draw(st.sampled_from([None, Reserve(from_s=steps, room=kept)])),
        "leaving": draw(st.sampled_from(["finish", "hand over"])),
    }


@settings(max_examples=150, deadline=None)
@given(small_floors())
def test_a_slow_simulator_agrees(floor: dict[str, Any]) -> None:
    """Every start, end and agent is that of a simulator in exact fractions."""
    made = serve_floor(**floor)
    start, end, who = slow_floor(**floor)
    np.testing.assert_allclose(made.start_s, start, rtol=1e-12)
    np.testing.assert_allclose(made.end_s, end, rtol=1e-12)
    np.testing.assert_array_equal(made.agent, who)


# --- by hand ------------------------------------------------------------------------------------


def floor(
    arrivals: list[float],
    duties: list[tuple[int, float, float, int]],
    *,
    work: list[float] | None = None,
    shop: list[int] | None = None,
    aht_s: tuple[float, ...] = (60.0, 100.0),
    speed: Any = ((1.0,),),
    most: Any = 2,
    due_s: list[float] | None = None,
    priority: list[int] | None = None,
    deferrable: list[bool] | None = None,
    reserve: Reserve | None = None,
    leaving: Leaving = "finish",
) -> Served:
    """Serve patient contacts, one handle time of work each; duties: agent, begin, end, skill."""
    agent, begin, end, skill = zip(*duties, strict=True)
    return serve_floor(
        Arrivals(
            arrivals_s=arrivals,
            work=work or [1.0] * len(arrivals),
            patience_s=[NEVER] * len(arrivals),
            shop=shop or [0] * len(arrivals),
            due_s=due_s,
        ),
        Shops(aht_s=[aht_s] * len(speed[0]), priority=priority, deferrable=deferrable),
        Skills(speed=speed, most=most),
        Duties(agent=agent, begin_s=begin, end_s=end, skill=skill),
        reserve=reserve,
        leaving=leaving,
    )


def assert_became(made: Served, start: list[float], end: list[float], agent: list[int]) -> None:
    """Compare with what was worked by hand."""
    np.testing.assert_allclose(made.start_s, start)
    np.testing.assert_allclose(made.end_s, end)
    np.testing.assert_array_equal(made.agent, agent)


def test_who_leaves_finishes() -> None:
    """A1 leaves at 30 with half a chat: it ends at 60; A0 takes the chat of 30."""
    made = floor([0, 0, 30], [(0, 0, 900, 0), (1, 0, 30, 0)])
    # A0: half of the first is left at 30, shared from then on for 50 s; the third then alone.
    assert_became(made, [0, 0, 30], [80, 60, 110], [0, 1, 0])


def test_who_leaves_hands_over() -> None:
    """A1 hands her half chat over at 30: A0 has two halves, which take 50 s more together."""
    made = floor([0, 0], [(0, 0, 900, 0), (1, 0, 30, 0)], leaving="hand over")
    assert_became(made, [0, 0], [80, 80], [0, 1])


def test_a_chat_handed_over_goes_on_at_the_speed_of_who_takes_it() -> None:
    """Half of it took 60 s at speed 0.5; the other half takes 30 s at speed 1."""
    made = floor([0], [(0, 0, 60, 0), (1, 50, 900, 1)], speed=((0.5,), (1.0,)), leaving="hand over")
    assert_became(made, [0], [90], [0])


def test_a_change_of_pool_hands_over_what_she_does_not_serve_any_more() -> None:
    """A0 goes from shop 0 to shop 1 at 30 and keeps the chat only where nobody can take it."""
    skills = ((1.0, 0.0), (0.0, 1.0))
    moved = [(0, 0, 30, 0), (0, 30, 900, 1)]
    alone = floor([0, 30], moved, shop=[0, 1], speed=skills, leaving="hand over")
    assert_became(alone, [0, 30], [80, 110], [0, 0])
    joined = floor(
        [0, 30], [*moved, (1, 30, 900, 0)], shop=[0, 1], speed=skills, leaving="hand over"
    )
    assert_became(joined, [0, 30], [60, 90], [0, 0])


def test_chats_of_the_old_pool_take_room_in_the_new_one() -> None:
    """Who still holds two chats as she changes pool takes none of the new one until one ends."""
    made = floor(
        [0, 0, 30], [(0, 0, 30, 0), (0, 30, 900, 1)], shop=[0, 0, 1],
        speed=((1.0, 0.0), (0.0, 1.0)),
    )  # fmt: skip
    assert_became(made, [0, 0, 100], [100, 100, 160], [0, 0, 0])


def test_a_specialist_is_asked_before_one_who_knows_more() -> None:
    """Among the least busy the fewest skills count, then the lowest number."""
    skills = ((1.0, 1.0), (1.0, 0.0))
    duties = [(0, 0, 900, 0), (1, 0, 900, 1), (2, 0, 900, 1)]
    made = floor([0, 1, 2, 3], duties, shop=[0] * 4, speed=skills)
    np.testing.assert_array_equal(made.agent, [1, 2, 0, 1])


def test_priority_comes_before_the_longest_wait() -> None:
    """The agent who is free at 60 takes the later contact of the higher priority."""
    made = floor([0, 1, 2], [(0, 0, 900, 0)], shop=[0, 0, 1], speed=((1.0, 1.0),), most=1,
                 priority=[1, 2])  # fmt: skip
    np.testing.assert_allclose(made.start_s, [0, 120, 60])


def test_a_contact_that_needs_a_whole_agent_is_not_overtaken() -> None:
    """Halves that come later do not keep a whole one waiting: the room is kept for it."""
    made = floor([0, 0, 10, 20], [(0, 0, 900, 0)], work=[1, 2, 1, 1], shop=[0, 0, 1, 0],
                 speed=((1.0, 1.0),), most=((2, 1),))  # fmt: skip
    # Two halves together: the first ends at 100, the second, one left, alone at 160.
    assert_became(made, [0, 0, 160, 220], [100, 160, 220, 280], [0] * 4)


def test_tickets_wait_for_spare_agents() -> None:
    """Of three agents one must stay free: two tickets start, earliest deadline first."""
    hold = Reserve(from_s=[0, 300], room=[[1, 1], [0, 0]])
    duties = [(agent, 0, 900, 0) for agent in range(3)]
    made = floor(
        [0, 0, 0, 10], duties, shop=[1, 1, 1, 0], work=[1, 1, 4, 10], speed=((1.0, 1.0),),
        most=1, due_s=[900, 500, 400, 0], deferrable=[False, True], reserve=hold,
    )  # fmt: skip
    # Due first: 2 and 1. The chat takes the third agent at 10; 1 ends at 60 and 2 at 240, yet
    # then the other one is free with nobody beside: the last ticket starts at 240.
    assert_became(made, [240, 0, 0, 10], [300, 60, 240, 610], [0, 1, 0, 2])


def test_a_ticket_is_one_at_a_time_and_takes_a_place() -> None:
    """With two places an agent works on one ticket beside a chat, not on two."""
    made = floor([0, 0, 0, 0], [(0, 0, 900, 0)], shop=[1, 1, 0, 0], speed=((1.0, 1.0),),
                 due_s=[9, 5, 0, 0], deferrable=[False, True])  # fmt: skip
    # Chats first, both at once until 100; then a ticket at a time, alone.
    assert_became(made, [160, 100, 0, 0], [220, 160, 100, 100], [0] * 4)


def test_nobody_starts_in_a_break() -> None:
    """Every start lies in a stretch of duty that serves the shop, however lively the floor."""
    rng = np.random.default_rng(2)
    number, agents = 20_000, 12
    begin = np.arange(0, 250_000, 3600.0)[None, :] + rng.uniform(0, 3600, (agents, 1))
    skill = rng.integers(0, 3, begin.shape)
    duties = Duties(
        agent=np.repeat(np.arange(agents), begin.shape[1]), begin_s=begin.ravel(),
        end_s=begin.ravel() + 3000, skill=skill.ravel(),
    )  # fmt: skip
    speed = np.array([[1.0, 0.0], [0.0, 0.7], [1.2, 1.0]])
    arrivals = np.sort(rng.uniform(0, 250_000, number))
    shop = rng.integers(0, 2, number)
    made = serve_floor(
        Arrivals(arrivals_s=arrivals, work=rng.exponential(size=number),
                 patience_s=rng.exponential(300, number), shop=shop),
        Shops(aht_s=[CHAT_S, CHAT_S]), Skills(speed=speed, most=3), duties,
    )  # fmt: skip
    seen = made.agent >= 0
    assert 0.3 < seen.mean() < 1
    start, who, of = made.start_s[seen], made.agent[seen], shop[seen]
    at = np.array(
        [np.searchsorted(begin[w], s, "right") - 1 for w, s in zip(who, start, strict=True)]
    )
    assert (at >= 0).all()
    assert (start < begin[who, at] + 3000).all()
    assert (speed[skill[who, at], of] > 0).all()


# --- the other queues ---------------------------------------------------------------------------


def alike(number: int, agents: int) -> Duties:
    """Return so many agents who are always there."""
    return Duties(
        agent=np.arange(agents), begin_s=np.zeros(agents), end_s=np.full(agents, NEVER),
        skill=np.zeros(agents),
    )  # fmt: skip


def stream(number: int, per_s: float, seed: int, patience: float = NEVER) -> tuple[Any, Any, Any]:
    """Return arrivals, unit work and patience of a Poisson stream."""
    rng = np.random.default_rng(seed)
    arrivals, work = np.cumsum(rng.exponential(1 / per_s, number)), rng.exponential(size=number)
    return arrivals, work, rng.exponential(1, number) * patience


def served(columns: tuple[Any, Any, Any], shop: Any, shops: Shops, skills: Skills, duties: Duties,
           **more: Any) -> Served:  # fmt: skip
    """Serve a stream."""
    arrivals, work, patience = columns
    told = Arrivals(arrivals_s=arrivals, work=work, patience_s=patience, shop=shop)
    return serve_floor(told, shops, skills, duties, **more)


@pytest.mark.parametrize("leaving", ["finish", "hand over"])
def test_agents_who_are_alike_are_the_chat_queue(leaving: Leaving) -> None:
    """One shop, one speed: starts, ends and agents are those of `serve_chats` to the last bit."""
    rng = np.random.default_rng(6)
    columns = stream(20_000, 1 / 12, 6, patience=200)
    changes = np.arange(0, columns[0][-1] + 8000, 1800)
    count = rng.integers(0, 40, changes.size)
    rows = [
        (agent, begin, end)
        for agent in range(40)
        for begin, end, on in zip(
            changes, np.append(changes[1:], NEVER), count > agent, strict=True
        )
        if on
    ]
    agent, begin, end = np.array(rows).T
    duties = Duties(agent=agent, begin_s=begin, end_s=end, skill=np.zeros(len(rows)))
    made = served(columns, np.zeros(20_000), Shops(aht_s=[CHAT_S]), Skills(speed=[[1]], most=3),
                  duties, leaving=leaving)  # fmt: skip
    chats = serve_chats(*columns, changes, count, CHAT_S, leaving=leaving)
    for name in ("start_s", "end_s", "agent", "wait_s"):
        np.testing.assert_array_equal(getattr(made, name), getattr(chats, name))


def test_one_at_a_time_is_the_phone() -> None:
    """With one place each and nobody leaving, waits are those of `serve` to the last bit."""
    columns = stream(20_000, 1 / 10, 4, patience=90)
    duties = Duties(agent=np.arange(7), begin_s=[0] * 3 + [2000] * 2 + [30_000] * 2,
                    end_s=[NEVER] * 7, skill=[0] * 7)  # fmt: skip
    made = served(columns, np.zeros(20_000), Shops(aht_s=[[60.0]]), Skills(speed=[[1]]), duties)
    arrivals, work, patience = columns
    waits = serve(arrivals, work * 60, patience, [0, 2000, 30_000], [3, 5, 7])
    np.testing.assert_array_equal(made.wait_s, waits)


def test_single_skilled_teams_are_queues_apart() -> None:
    """Two shops with a team each wait as if the other did not exist, to the last bit."""
    columns, shop = stream(20_000, 1 / 20, 8), np.random.default_rng(1).integers(0, 2, 20_000)
    duties = Duties(agent=np.arange(10), begin_s=[0] * 10, end_s=[NEVER] * 10,
                    skill=[0] * 5 + [1] * 5)  # fmt: skip
    made = served(columns, shop, Shops(aht_s=[[150.0], [150.0]]),
                  Skills(speed=[[1, 0], [0, 1]]), duties)  # fmt: skip
    for j in range(2):
        arrivals, work, patience = (each[shop == j] for each in columns)
        alone = serve(arrivals, work * 150, patience, [0], [5])
        np.testing.assert_array_equal(made.wait_s[shop == j], alone)


def test_full_skills_are_one_pool() -> None:
    """Two shops that everybody serves wait as one, to the last bit."""
    columns, shop = stream(20_000, 1 / 20, 8), np.random.default_rng(1).integers(0, 2, 20_000)
    made = served(columns, shop, Shops(aht_s=[[150.0], [150.0]]), Skills(speed=[[1, 1]]),
                  alike(20_000, 9))  # fmt: skip
    arrivals, work, patience = columns
    np.testing.assert_array_equal(made.wait_s, serve(arrivals, work * 150, patience, [0], [9]))


def test_threads_give_the_same_numbers() -> None:
    """Floors served side by side come out as one after the other."""

    def one(seed: int) -> NDArray[np.float64]:
        columns = stream(20_000, 9 / 60, seed, patience=60)
        shop = np.random.default_rng(seed).integers(0, 2, 20_000)
        skills = Skills(speed=[[1, 0.5], [0, 1]], most=2)
        duties = Duties(agent=np.arange(6), begin_s=[0] * 6, end_s=[NEVER] * 6, skill=[0, 1] * 3)
        return served(columns, shop, Shops(aht_s=[[60.0, 80.0]] * 2), skills, duties).end_s

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(one, range(6)))
    for ends, seed in zip(together, range(6), strict=True):
        np.testing.assert_array_equal(ends, one(seed))


# --- theory -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("agents", "load", "aht"), [(1, 0.5, 60), (14, 10, 180), (54, 48, 60)])
def test_patient_queues_wait_as_erlang_c_says(agents: int, load: float, aht: float) -> None:
    """In M/M/n the share that waits, ASA and service level are those of Erlang C."""
    number = 400_000
    made = served(stream(number, load / aht, 11), np.zeros(number), Shops(aht_s=[[aht]]),
                  Skills(speed=[[1]]), alike(number, agents))  # fmt: skip
    assert_mean(made.wait_s > 0, float(erlang.erlang_c(agents, load)), within=0.15)
    assert_mean(made.wait_s, float(erlang.asa_s(agents, load, aht)), within=0.3)
    level = float(erlang.service_level(agents, load, aht, 20))
    assert_mean(made.wait_s <= 20, level, within=0.03)


@pytest.mark.parametrize(
    ("agents", "load", "aht", "patience"), [(50, 48, 60, 120), (12, 14, 180, 60)]
)
def test_impatient_queues_are_those_of_erlang_a(
    agents: int, load: float, aht: float, patience: float
) -> None:
    """In M/M/n+M the shares that abandon and the mean time in queue are the chain's."""
    number = 400_000
    columns = stream(number, load / aht, 11, patience)
    made = served(columns, np.zeros(number), Shops(aht_s=[[aht]]), Skills(speed=[[1]]),
                  alike(number, agents))  # fmt: skip
    system = np.arange(1, 2000)
    rates = np.minimum(system, agents) / aht + np.maximum(system - agents, 0) / patience
    share = birth_death(load / aht, rates)
    queue = (share * np.maximum(np.arange(2000) - agents, 0)).sum()
    gone = np.isnan(made.wait_s)
    assert_mean(gone, queue / patience / (load / aht), within=0.15)
    waited = np.where(gone, columns[2], made.wait_s)
    assert_mean(waited, queue / (load / aht), within=0.15)


def test_priorities_wait_as_cobham_says() -> None:
    """Three classes in M/M/n: each waits C / (n mu) over (1 - heavier) (1 - heavier and own).

    Cobham (1954), Oper. Res. 2(1), 70-76. The mean over all is that without priorities, which
    no order changes (conservation).
    """
    number, agents, aht, load = 600_000, 5, 100.0, 4.25
    columns = stream(number, load / aht, 21)
    shop = np.random.default_rng(5).choice(3, number, p=[0.2, 0.3, 0.5])
    made = served(columns, shop, Shops(aht_s=[[aht]] * 3, priority=[3, 2, 1]),
                  Skills(speed=[[1, 1, 1]]), alike(number, agents))  # fmt: skip
    first = float(erlang.erlang_c(agents, load)) * aht / agents
    through = load / agents * np.array([0.0, 0.2, 0.5, 1.0])
    for j in range(3):
        theory = first / (1 - through[j]) / (1 - through[j + 1])
        assert_mean(made.wait_s[shop == j], theory, within=0.25)
    assert_mean(made.wait_s, float(erlang.asa_s(agents, load, aht)), within=0.25)


def test_half_speed_is_twice_the_handle_time() -> None:
    """One agent at speed 0.5 is an M/M/1 whose handle time is double."""
    number, aht = 400_000, 60.0
    made = served(stream(number, 0.3 / aht, 3), np.zeros(number), Shops(aht_s=[[aht]]),
                  Skills(speed=[[0.5]]), alike(number, 1))  # fmt: skip
    assert_mean(made.wait_s, float(erlang.asa_s(1, 0.6, 2 * aht)), within=0.1)
    assert_mean(made.end_s - made.start_s, 2 * aht, within=0.02)


def test_a_fast_and_a_slow_agent_are_their_chain() -> None:
    """Fewest contacts first, number 0 among equals: the chain of M/M/2 with unequal servers."""
    number, rate, quick, slow = 400_000, 1 / 60, 1 / 60, 1 / 120
    # States: nobody busy, only the quick, only the slow, both and a queue.
    both = quick + slow
    flow = np.array([
        [-rate, quick, slow, 0.0],
        [rate, -rate - quick, 0.0, slow],
        [0.0, 0.0, -rate - slow, quick],
        [1.0, 1.0, 1.0, 1 / (1 - rate / both)],
    ])  # fmt: skip
    share = np.linalg.solve(flow, [0, 0, 0, 1])
    made = served(stream(number, rate, 3), np.zeros(number), Shops(aht_s=[[60.0]]),
                  Skills(speed=[[1.0], [0.5]]),
                  replace(alike(number, 2), skill=[0, 1]))  # fmt: skip
    wait = share[3] / (1 - rate / both)
    assert_mean(made.wait_s > 0, wait, within=0.05)
    assert_mean(made.wait_s, wait / (both - rate), within=0.1)


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "bad"),
    [
        ("arrivals_s", [1, 0]),
        ("work", [1, -1]),
        ("patience_s", [1, np.nan]),
        ("shop", [0, 2]),
        ("shop", [0]),
        ("due_s", [1]),
        ("due_s", [np.nan, 1]),
        ("due_s", None),
        ("aht_s", [60, 60]),
        ("aht_s", [[60], [0]]),
        ("aht_s", [[60]]),
        ("priority", [1]),
        ("priority", [1, 0.5]),
        ("deferrable", [2, 0]),
        ("speed", [[1, -1]]),
        ("speed", [1, 1]),
        ("most", 0),
        ("most", [1, 2, 3]),
        ("agent", [0, -1]),
        ("skill", [0, 1]),
        ("begin_s", [0, 5]),
        ("begin_s", [0, np.inf]),
        ("end_s", [10, 10]),
        ("end_s", [10]),
        ("from_s", [0, 0]),
        ("room", [[0, 0]]),
        ("room", [[0, 0], [0, -1]]),
    ],
)
def test_bad_input_is_refused_by_name(argument: str, bad: Any) -> None:
    """An argument out of its range, order or shape raises a ValueError that names it."""
    sound: list[Any] = [
        Arrivals(arrivals_s=[0, 1], work=[1, 1], patience_s=[9, 9], shop=[0, 1], due_s=[5, 5]),
        Shops(aht_s=[[60], [60]], priority=[1, 2], deferrable=[True, False]),
        Skills(speed=[[1, 1]], most=1),
        Duties(agent=[0, 0], begin_s=[0, 10], end_s=[10, 20], skill=[0, 0]),
        Reserve(from_s=[0, 9], room=[[0, 0], [1, 1]]),
    ]
    told = [replace(part, **{argument: bad}) if hasattr(part, argument) else part for part in sound]
    assert told != sound
    serve_floor(*sound[:4], reserve=sound[4])
    with pytest.raises(ValueError, match=argument):
        serve_floor(*told[:4], reserve=told[4])
    with pytest.raises(ValueError, match="leaving"):
        serve_floor(*sound[:4], leaving="drop")  # type: ignore[arg-type]
