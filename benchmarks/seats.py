"""Agreement of the seat searches with 50-digit arithmetic and with simulation, and their speed.

Run ``make bench-seats``, or ``python -m benchmarks.seats`` where pyworkforce need not be beside it;
``--write`` puts the figures into docs/benchmarks.md, those of `benchmarks.simulator` behind them.
What needs a table that is not beside the repository, or pyworkforce, is left out without it.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks import markdown, simulator
from staffing.platforms import Rule
from staffing.seats.chat import Profile, fewest_seats, measures
from staffing.seats.erlang import fewest_servers
from staffing.seats.replies import fewest_reply_seats
from staffing.seats.reply import Pace, handle_times

try:
    from pyworkforce.queuing import ErlangC
except ImportError:
    ErlangC = None

QUEUES = Path(__file__).parents[2] / "shared" / "queueing"
REFERENCE, SIMULATED = QUEUES / "erlangc_reference.csv", QUEUES / "chat_scenarios.csv"
CHAT = Profile(aht_s=(360.0, 450.0, 540.0), answer_within_s=30.0, level=0.9)
PACE = Pace(reply_s=15.0, think_s=60.0, replies=6.0)
RULE = Rule(unit="customer", within_s=60.0)
ROWS = 1_000_000
REPEATS = 3
PEER_ROWS = 500


def main() -> None:
    """Print one figure a line, and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    rows = [["figure", "measured"], ["---", "---:"]]
    for name, value in itertools.chain(figures(), simulator.figures()):
        print(f"{name}: {value}", flush=True)
        rows.append([name, value])
    if asked.write:
        head = "## Seats and queues\n\n```\nmake bench-seats ARGS=--write\n```\n\nOne core.\n\n"
        markdown.write(markdown.PAGE, "seats", head + markdown.lined(rows))


def figures() -> Iterator[tuple[str, str]]:
    """Measure the searches, and yield what and how much."""
    if REFERENCE.exists():
        agreeing, rows = agreement()
        yield "seats equal to those of 50-digit arithmetic", f"{agreeing} of {rows}"
    rng = np.random.default_rng(0)
    load = rng.uniform(0.1, 5000, ROWS)
    aht, within = rng.uniform(60, 600, ROWS), rng.uniform(0, 180, ROWS)
    level = rng.uniform(0.5, 0.99, ROWS)
    one_target = seconds(lambda: fewest_servers(load, 180, 0.80, 20))
    own_targets = seconds(lambda: fewest_servers(load, aht, level, within))
    yield (
        "seconds for a million Erlang-C searches, 0.1 to 5,000 erl, one target",
        f"{one_target:.2f}",
    )
    yield "the same, every row with its own target and AHT", f"{own_targets:.2f}"
    if ErlangC is not None:
        yield from peer(load, one_target)
    if SIMULATED.exists():
        for name, truth, found, reached, simulated in chats():
            told = f"{truth}, {100 * simulated:.1f} % | {found}, {100 * reached:.1f} %"
            yield f"{name}: simulated seats and level, and found", told.replace(" | ", "; ")
    rate = rng.uniform(0.001, 1.5, ROWS)
    start = time.perf_counter()
    fewest_seats(CHAT, rate)
    tables = time.perf_counter() - start
    again = seconds(lambda: fewest_seats(CHAT, rate))
    yield (
        "seconds for a million chat searches (and with their tables)",
        f"{again:.2f} ({tables:.2f})",
    )
    chat = Profile(aht_s=handle_times(PACE, 10), answer_within_s=30.0, level=0.9)
    start = time.perf_counter()
    fewest_reply_seats(chat, PACE, RULE, rate, 0.8)
    yield "the same for a reply metric, with tables", f"{time.perf_counter() - start:.2f}"


def peer(load: np.ndarray, seconds_per_million: float) -> Iterator[tuple[str, str]]:
    """Yield what one call of pyworkforce costs on a sample of the same loads, and the ratio."""
    sample = load[:PEER_ROWS]
    found = fewest_servers(sample, 180, 0.80, 20)
    start = time.perf_counter()
    theirs = [
        ErlangC(transactions=10 * each, aht=3, asa=20 / 60, interval=30).required_positions(0.80)[
            "raw_positions"
        ]
        for each in sample.tolist()
    ]
    each_s = (time.perf_counter() - start) / len(sample)
    ratio = each_s / (seconds_per_million / ROWS)
    yield (
        "microseconds of a call of pyworkforce (and over ours)",
        f"{1e6 * each_s:,.0f} ({ratio:,.0f})",
    )
    yield "rows on which pyworkforce agrees", f"{int(sum(found == theirs))} of {len(sample)}"


def agreement() -> tuple[int, int]:
    """Rows of the reference whose seats are exact, and all its rows."""
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("load_erl", "aht_s", "sl_target", "awt_s")
    found = fewest_servers(*([float(row[name]) for row in rows] for name in columns))
    return int(sum(found == [int(row["min_agents"]) for row in rows])), len(rows)


def chats() -> Iterator[tuple[str, int, int, float, float]]:
    """Yield each simulated queue: name, true and found seats, found and simulated level."""
    with SIMULATED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            profile = Profile(
                aht_s=tuple(float(each) for each in row["aht_list_s"].split(";")),
                answer_within_s=float(row["awt_s"]),
                level=float(row["target"]),
                patience_s=float(row["patience_s"]) or math.inf,
            )
            rate, truth = float(row["per_hour"]) / 3600, int(row["true_min_seats_sim"])
            level = float(measures(profile, truth, rate).service_level)
            found = int(fewest_seats(profile, rate))
            yield row["scenario"], truth, found, level, float(row["sim_sl"])


def seconds(work: Callable[[], object]) -> float:
    """Shortest wall time of several runs: the others measure the machine's other tasks."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
