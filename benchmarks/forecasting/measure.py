"""Methods on a set: forecasts from all origins, their scores and their CPU time."""

from __future__ import annotations

import logging
import warnings

import pandas as pd
from joblib import Parallel, delayed

from benchmarks.forecasting.peers import PEERS, Peer, kind
from benchmarks.forecasting.scores import joined, score
from benchmarks.forecasting.sets import Origin, Set
from benchmarks.forecasting.speed import cpu_s
from benchmarks.forecasting.tables import Result

OURS = "ours"
METHODS = (*PEERS, OURS)
COMPILED = ("ets", "theta", "mstl", "ets-totals", "prophet", "prophet-totals")
"""Methods whose first call in a process compiles or loads for seconds."""
warm: set[str] = set()


def measure(case: Set, names: tuple[str, ...], jobs: int) -> list[Result]:
    """Return what each method that suits a set reaches on it.

    Origins and methods run in `jobs` processes; each process counts its own CPU time.
    """
    asked = [name for name in names if name == OURS or kind(case) in PEERS[name].kinds]
    work = [(name, day) for name in asked for day in case.origins]
    done = Parallel(n_jobs=jobs)(delayed(from_origin)(case, name, day) for name, day in work)
    results = []
    for name in asked:
        parts = [part for (of, _), part in zip(work, done, strict=True) if of == name]
        rows, seconds = zip(*parts, strict=True)
        each_ms = 1000 * sum(seconds) / (case.shops * len(case.origins))
        results.append(Result(method_of(name).title, score(rows), each_ms))
    return results


def from_origin(case: Set, name: str, day: pd.Timestamp) -> tuple[pd.DataFrame, float]:
    """Return the scored rows of a method from one origin, and the CPU seconds it took."""
    quiet()
    method, origin = method_of(name).method, case.at(day)
    if name in COMPILED and name not in warm:
        method(case, first_shop(case, origin))
        warm.add(name)
    start = cpu_s()
    made = method(case, origin)
    return joined(made, origin.truth, origin.day), cpu_s() - start


def quiet() -> None:
    """Silence the other methods' own warnings and notes."""
    warnings.filterwarnings("ignore")
    for noisy in ("cmdstanpy", "prophet", "prophet.plot"):
        logging.getLogger(noisy).disabled = True


def method_of(name: str) -> Peer:
    """Return a method by its name."""
    if name != OURS:
        return PEERS[name]
    from benchmarks.forecasting import ours  # noqa: PLC0415 - the others run without it

    return Peer("**this project**", ours.ours, "dhe")


def first_shop(case: Set, origin: Origin) -> Origin:
    """Return the first shop's part of an origin."""
    shop = case.frame["shop_id"].iloc[0]
    parts = (rows[rows["shop_id"] == shop] for rows in (origin.known, origin.ahead, origin.truth))
    return Origin(origin.day, *parts)
