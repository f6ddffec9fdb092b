"""Speed of the queues, beside the Python loop that `serve` was before it was compiled.

Run ``python -m benchmarks.simulator``. Every line is a figure with its name: contacts a second on
one core, the checks of the arguments included, and how many times the old loop's.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import heappop, heappush

import numpy as np

from staffing.queue import serve, serve_chats
from staffing.queue.columns import Floats
from staffing.queue.floor import Arrivals, Duties, Shops, Skills, serve_floor

CONTACTS = 1_000_000
SLOW_CONTACTS = 200_000
SERVERS = (10, 100, 1000)
BUSY = 0.95
PHONE_S = 180.0
CHAT_S = (360.0, 450.0, 540.0)
REPEATS = 3
THREADS = 2


def main() -> None:
    """Print one figure a line."""
    for name, value in figures():
        print(f"{name}: {value}", flush=True)


def figures() -> Iterator[tuple[str, str]]:
    """Measure, and yield what and how much."""
    start = time.perf_counter()
    serve([0], [1], [1], [0], [1])
    serve_chats([0], [1], [1], [0], [1], CHAT_S)
    yield "seconds to load the compiled loops", f"{time.perf_counter() - start:.2f}"
    for servers in SERVERS:
        phone = contacts(servers * BUSY / PHONE_S)
        phone[1] *= PHONE_S
        change, slots = np.zeros(1), np.array([servers])
        old = speed(partial(by_hand, *phone[:, :SLOW_CONTACTS], change, slots), SLOW_CONTACTS)
        new = speed(partial(serve, *phone, change, slots))
        name = f"contacts a second, {servers} phones (and over a Python loop)"
        yield name, f"{new:,.0f} ({new / old:.1f})"
    for agents in SERVERS:
        chats = contacts(agents * BUSY * len(CHAT_S) / CHAT_S[-1])
        new = speed(partial(serve_chats, *chats, [0], [agents], CHAT_S))
        yield f"contacts a second, {agents} chat agents all alike", f"{new:,.0f}"
    for agents, shops in ((50, 1), (50, 20), (500, 20)):
        new = speed(floor(agents, shops))
        yield f"contacts a second, floor of {agents} chat agents, {shops} shops", f"{new:,.0f}"
    with ThreadPoolExecutor(THREADS) as pool:
        both = speed(lambda: [*pool.map(lambda _: serve(*phone, change, slots), range(THREADS))])
    alone = speed(partial(serve, *phone, change, slots))
    yield f"{THREADS} threads over one", f"{THREADS * both / alone:.2f}"


def contacts(per_s: float) -> Floats:
    """Return arrivals, unit work and endless patience of a Poisson stream (3, CONTACTS)."""
    random = np.random.default_rng(0)
    gaps, work = random.exponential(size=(2, CONTACTS))
    return np.array([np.cumsum(gaps / per_s), work, np.full(CONTACTS, np.inf)])


def floor(agents: int, shops: int) -> Callable[[], object]:
    """Return a floor of chat agents to serve: every other knows half of the shops, at speed 0.8."""
    arrivals, work, patience = contacts(agents * 0.8 * BUSY * len(CHAT_S) / CHAT_S[-1])
    speeds = np.ones((2, shops))
    speeds[1] = 0.8 * (np.arange(shops) % 2 == 0)
    return partial(
        serve_floor,
        Arrivals(
            arrivals_s=arrivals,
            work=work,
            patience_s=patience,
            shop=np.random.default_rng(1).integers(0, shops, CONTACTS),
        ),
        Shops(aht_s=[CHAT_S] * shops, priority=np.arange(shops) % 3),
        Skills(speed=speeds, most=len(CHAT_S)),
        Duties(
            agent=np.arange(agents),
            begin_s=np.zeros(agents),
            end_s=np.full(agents, np.inf),
            skill=np.arange(agents) % 2,
        ),
    )


def by_hand(
    arrivals: Floats, work: Floats, patience: Floats, changes: Floats, slots: Floats
) -> Floats:
    """Serve in plain Python: the loop that the compiled one must agree with."""
    waits = np.full(len(arrivals), np.nan)
    ends: list[float] = []  # heap: when each contact in progress ends
    upcoming = iter([*zip(changes.tolist(), slots.tolist(), strict=True), (math.inf, 0)])
    next_change, next_slots = next(upcoming)
    now, open_slots = -math.inf, 0
    columns = (arrivals.tolist(), work.tolist(), patience.tolist())
    for i, (arrival, handle, tolerated) in enumerate(zip(*columns, strict=True)):
        now = max(now, arrival)
        while True:
            while ends and ends[0] <= now:
                heappop(ends)
            while next_change <= now:
                open_slots = next_slots
                next_change, next_slots = next(upcoming)
            if len(ends) < open_slots:
                break
            now = ends[0] if ends and ends[0] < next_change else next_change
            if now == math.inf:
                return waits
        if now - arrival <= tolerated:
            waits[i] = now - arrival
            heappush(ends, now + handle)
    return waits


def speed(work: Callable[[], object], number: int = CONTACTS) -> float:
    """Contacts a second in the best of several runs: the others measure other tasks."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return number / min(times)


if __name__ == "__main__":
    main()
