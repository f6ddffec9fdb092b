"""Seconds for a thousand shops with two years of half hours."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.forecasting.peers import PEERS
from benchmarks.forecasting.sets import DAY, DAY_MIN, Set

SHOPS, DAYS, HORIZON_DAYS = 1000, 730, 28
SLOTS = np.arange(18, 48)
"""Half hours from 9:00 to midnight."""
SAMPLE = {"ets": 20, "prophet": 20}
"""Shops on which a peer is timed; its time for all of them is scaled from these."""


@dataclass(frozen=True)
class Speed:
    """How long a method takes for all shops.

    Attributes
    ----------
    title : str
        The method, and on what it ran.
    timed_shops : int
        Shops it was timed on.
    cpu_s, wall_s : float
        CPU and wall-clock seconds for `SHOPS` shops, scaled from these.
    """

    title: str
    timed_shops: int
    cpu_s: float
    wall_s: float


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def timed(title: str, work: Callable[[], object], shops: int = SHOPS) -> Speed:
    """Return how long some work for some shops takes, scaled to all of them."""
    start, began = cpu_s(), time.perf_counter()
    work()
    scale = SHOPS / shops
    return Speed(title, shops, scale * (cpu_s() - start), scale * (time.perf_counter() - began))


def half_hours(shops: int, seed: int = 0) -> pd.DataFrame:
    """Return invented contacts: shop_id, start, contacts of two years of half hours.

    Poisson counts of a level × weekday × season × hump of the day; 20 to 2,000 contacts a day.
    """
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=DAYS)
    weekday = 1 + 0.2 * rng.standard_normal((shops, 7)).clip(-2, 2)
    season = 1 + 0.2 * np.sin(2 * np.pi * (np.arange(DAYS) / 365 + rng.random((shops, 1))))
    level = 10 ** rng.uniform(1.3, 3.3, (shops, 1))
    total = level * season * weekday[:, days.weekday]
    hump = np.exp(-(((SLOTS - 40) / 10.0) ** 2)) + 0.3
    counts = rng.poisson(total[:, :, None] * (hump / hump.sum()))
    start = days.to_numpy()[:, None] + SLOTS * np.timedelta64(30, "m")
    names = [f"shop{k:04d}" for k in range(shops)]
    return pd.DataFrame(
        {
            "shop_id": pd.Categorical.from_codes(
                np.repeat(np.arange(shops), start.size), categories=names
            ),
            "start": np.tile(start.ravel(), shops),
            "contacts": counts.ravel(),
        }
    )


def daily_set(shops: int) -> Set:
    """Return the day totals of some shops, with a horizon after the last of them."""
    rows = half_hours(shops)
    rows["shop_id"] = rows["shop_id"].astype(str)
    keys = [rows["shop_id"], rows["start"].dt.normalize()]
    known = rows.groupby(keys)["contacts"].sum().astype(float).reset_index()
    last = known["start"].max()
    ahead = pd.MultiIndex.from_product(
        [sorted(known["shop_id"].unique()), pd.date_range(last + DAY, periods=HORIZON_DAYS)],
        names=["shop_id", "start"],
    ).to_frame(index=False)
    frame = pd.concat([known, ahead]).sort_values(["shop_id", "start"], ignore_index=True)
    return Set(
        name="speed",
        title="speed",
        step_min=DAY_MIN,
        frame=frame.assign(special=False),
        origins=(last,),
        horizon_days=HORIZON_DAYS,
    )


def speeds(names: tuple[str, ...]) -> list[Speed]:
    """Return how long the named methods take for a thousand shops.

    This project forecasts half hours with quantiles for all shops, from a workspace on disk; the
    peers forecast the day totals of a sample, at which they are fast.
    """
    made = []
    if "ours" in names:
        from benchmarks.forecasting import ours  # noqa: PLC0415 - other methods run without it

        path = ours.speed_workspace(SHOPS)
        loaded = []
        reading = timed(
            "before it: reading its tables", lambda: loaded.append(ours.speed_load(path))
        )
        whole = timed("this project, half hours", lambda: ours.speed_forecast(*loaded[0]))
        made += [whole, reading]
    for name in (name for name in SAMPLE if name in names):
        case = daily_set(SAMPLE[name])
        origin = case.at(case.origins[0])
        one = replace(case, frame=case.frame[case.frame["shop_id"] == "shop0000"])
        PEERS[name].method(one, one.at(one.origins[0]))  # compiles, loads
        title = f"{PEERS[name].title}, day totals"
        work = partial(PEERS[name].method, case, origin)
        made.append(timed(title, work, case.shops))
    return made
