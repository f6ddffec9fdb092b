"""Agreement of the seat search with 50-digit arithmetic, and its speed.

Run ``python benchmarks/erlang.py``. Every line is a name and a plain number; the agreement
is left out where the reference table is not beside the repository.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from staffing.seats.erlang import fewest_servers

REFERENCE = Path(__file__).parents[2] / "shared" / "queueing" / "erlangc_reference.csv"
ROWS = 1_000_000
REPEATS = 3


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


def agreement() -> tuple[int, int]:
    """Rows of the reference whose seats are exact, and all its rows."""
    with REFERENCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("load_erl", "aht_s", "sl_target", "awt_s")
    found = fewest_servers(*([float(row[name]) for row in rows] for name in columns))
    return int(sum(found == [int(row["min_agents"]) for row in rows])), len(rows)


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
