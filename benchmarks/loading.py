"""Seconds to read a company's history and to lay it on the half-hour grid.

Run ``python benchmarks/loading.py [SHOPS] [DAYS]``. Writes made-up workspaces of several forms
into a temporary folder (by default 1,000 shops, open 9:00 to 24:00, for two years of half hours:
22 million rows of Parquet), reads each `REPEATS` times, each time in a process of its own, and
prints for each form the rows, the shortest seconds of `read_workspace` and of `history`, on the
clock and of processor time, and the peak of memory.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import history
from staffing.workspace import read_workspace

T = TypeVar("T")
SHOPS, DAYS = 1000, 730
FIRST = pd.Timestamp("2024-11-18")
OPENS, CLOSES = 18, 48
"""Half hours of the day."""
SEED = 20261122
REPEATS = 3
FORMS: dict[str, tuple[int, str, float]] = {
    "half hours, Parquet": (30, ".parquet", 1.0),
    "half hours in no order, Parquet": (30, ".parquet", 1.0),
    "half hours with aht_s, Parquet": (30, ".parquet", 0.2),
    "hours, Parquet": (60, ".parquet", 1.0),
    "days, Parquet": (24 * 60, ".parquet", 1.0),
    "half hours, CSV": (30, ".csv", 0.05),
    "one row a contact, Parquet": (0, ".parquet", 0.1),
}
"""Form -> its interval in minutes (0: a log), its kind of file, its share of the shops."""


def counts(shops: int, days: int) -> npt.NDArray[np.int64]:
    """Return made-up contacts (shops, days, half hours): Poisson about a weekly and daily shape.

    Sizes are log-normal with a median of 120 contacts a day, weekends a fifth busier, evenings
    busiest, days differ by a tenth from what is expected.
    """
    rng = np.random.default_rng(SEED)
    size = rng.lognormal(np.log(120), 1.0, shops)
    week = np.array([1.0, 0.97, 0.98, 1.0, 1.05, 1.2, 1.2])[np.arange(days) % 7]
    hour = np.arange(OPENS, CLOSES) / 2
    shape = 0.6 + np.exp(-(((hour - 20.5) / 2.5) ** 2)) + 0.5 * np.exp(-(((hour - 14) / 2) ** 2))
    daily = size[:, None] * week * rng.lognormal(0, 0.1, (shops, days))
    made: npt.NDArray[np.int64] = rng.poisson(daily[:, :, None] * (shape / shape.sum()))
    return made


def rows_of(made: npt.NDArray[np.int64], step_min: int) -> pd.DataFrame:
    """Return counts as the rows of a history with this interval."""
    shops, days, slots = made.shape
    each = min(step_min // 30, slots)
    made = made.reshape(shops, days, slots // each, each).sum(axis=3)
    first = 0 if each == slots else OPENS * 30
    minutes = np.add.outer(np.arange(days) * 24 * 60, first + np.arange(slots // each) * step_min)
    starts = FIRST.to_datetime64() + minutes.ravel().astype("timedelta64[m]")
    return pd.DataFrame(
        {
            "shop_id": np.repeat(ids(shops), starts.size),
            "start": np.tile(starts.astype("datetime64[us]"), shops),
            "contacts": made.ravel(),
        }
    )


def log(made: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return counts as a log: one row a contact, at any second of its half hour."""
    table = rows_of(made, 30)
    each = table.loc[table.index.repeat(table["contacts"])]
    seconds = np.random.default_rng(SEED).integers(0, 30 * 60, len(each))
    at = each["start"] + pd.to_timedelta(seconds, unit="s")
    return pd.DataFrame({"shop_id": each["shop_id"], "contacted_at": at}).reset_index(drop=True)


def ids(shops: int) -> npt.NDArray[np.object_]:
    """Return the shops' identifiers."""
    return np.array([f"S{i + 1:04d}" for i in range(shops)], dtype=object)


def write(folder: Path, form: str, shops: int, days: int) -> int:
    """Write a workspace whose history has this form; return the rows of the history."""
    step_min, suffix, share = FORMS[form]
    shops = max(1, round(shops * share))
    made = counts(shops, days)
    table = rows_of(made, step_min) if step_min else log(made)
    if "no order" in form:
        table = table.sample(frac=1, random_state=SEED)
    if "aht_s" in form:
        table["aht_s"] = np.random.default_rng(SEED).gamma(9, 30, len(table)).round(1)
    if suffix == ".csv":
        table.to_csv(folder / "history.csv", index=False)
    else:
        table.to_parquet(folder / "history.parquet", index=False)
    shop = {"shop_id": ids(shops), "name": ids(shops), "platform": "Tmall", "category": "snacks"}
    pd.DataFrame(shop).to_csv(folder / "shops.csv", index=False)
    people = [f"A{i + 1}" for i in range(shops)]
    pd.DataFrame({"agent_id": people, "name": people, "team": "T"}).to_csv(
        folder / "agents.csv", index=False
    )
    pd.DataFrame({"agent_id": people, "shop_id": ids(shops)}).to_csv(
        folder / "skills.csv", index=False
    )
    return len(table)


def measured(folder: Path) -> tuple[float, ...]:
    """Return seconds of both steps (clock, processor, clock, processor) and the peak in GiB."""
    marks = [(time.perf_counter(), time.process_time())]
    workspace = read_workspace(folder)
    marks.append((time.perf_counter(), time.process_time()))
    history(workspace)
    marks.append((time.perf_counter(), time.process_time()))
    seconds = np.diff(np.array(marks), axis=0).ravel().tolist()
    return (*seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def alone(work: Callable[..., T], *given: object) -> T:
    """Return what a function returns in a process of its own, with a memory of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def main() -> None:
    """Print one line a form."""
    shops, days = [int(each) for each in sys.argv[1:3]] or [SHOPS, DAYS]
    print(f"{'form':<33} {'rows':>10}   read s (cpu)   history s (cpu)   peak GiB")
    for form in FORMS:
        with tempfile.TemporaryDirectory() as folder:
            rows = alone(write, Path(folder), form, shops, days)
            figures = [alone(measured, Path(folder)) for _ in range(REPEATS)]
        read, read_cpu, laid, laid_cpu, peak = np.min(figures, axis=0)
        print(
            f"{form:<33} {rows:>10,} {read:8.2f} ({read_cpu:.2f}) {laid:10.2f} ({laid_cpu:.2f})"
            f" {peak:10.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
