"""Agreement of the seat searches with 50-digit arithmetic and with simulation, and their speed.

Run ``make bench-seats``, or ``python benchmarks/seats.py`` where pyworkforce need not be beside it.
Every line is a name and a plain number; what needs a table that is not beside the repository, or
pyworkforce where it is not installed, is left out and said to be.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

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
    """Print one figure a line."""
    if REFERENCE.exists():
        agreeing, rows = agreement()
        print(f"reference_rows {rows}")
        print(f"reference_rows_exact {agreeing}")
    else:
        print("reference table missing: agreement skipped")
    rng = np.random.default_rng(0)
    load = rng.uniform(0.1, 5000, ROWS)
    aht, within = rng.uniform(60, 600, ROWS), rng.uniform(0, 180, ROWS)
    level = rng.uniform(0.5, 0.99, ROWS)
    one_target = seconds(lambda: fewest_servers(load, 180, 0.80, 20))
    own_targets = seconds(lambda: fewest_servers(load, aht, level, within))
    print(f"seconds_per_million_one_target {one_target:.3f}")
    print(f"seconds_per_million_own_targets {own_targets:.3f}")
    print_peer(load, one_target)
    if SIMULATED.exists():
        for name, truth, found, level, simulated in chats():
            figures = f"{truth} {found} {100 * simulated:.2f} {100 * level:.2f}"
            print(f"chat_seats_and_level_simulated_and_found {name.replace(' ', '_')} {figures}")
    rate = rng.uniform(0.001, 1.5, ROWS)
    start = time.perf_counter()
    fewest_seats(CHAT, rate)
    print(f"seconds_of_chat_tables_and_million {time.perf_counter() - start:.3f}")
    print(f"seconds_per_million_chat {seconds(lambda: fewest_seats(CHAT, rate)):.3f}")
    chat = Profile(aht_s=handle_times(PACE, 10), answer_within_s=30.0, level=0.9)
    start = time.perf_counter()
    fewest_reply_seats(chat, PACE, RULE, rate, 0.8)
    print(f"seconds_of_reply_tables_and_million {time.perf_counter() - start:.3f}")


def print_peer(load: np.ndarray, seconds_per_million: float) -> None:
    """Print what one call of pyworkforce costs on a sample of the same loads, and the ratio."""
    if ErlangC is None:
        print("pyworkforce is not installed: ratio skipped")
        return
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
    print(f"pyworkforce_us_per_call {1e6 * each_s:.0f}")
    print(f"pyworkforce_time_over_ours {each_s / (seconds_per_million / ROWS):.0f}")
    print(f"pyworkforce_rows_that_agree {int(sum(found == theirs))} of {len(sample)}")


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
