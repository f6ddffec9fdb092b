"""The finished roster replayed against sampled arrivals: the service level it will reach.

Each replication draws every pool's day: contacts per half hour from the forecast's own
distribution (a common factor for the day, counting noise on top), handle times exponential, one
queue a pool, as many answer slots as the roster seats at that half hour. Chats in progress when
seats drop are finished by their agent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import Forecast
from staffing.grid import INTERVAL_MIN
from staffing.queue import serve
from staffing.roster import Roster
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement, demand_by_shop
from staffing.workspace import Workspace

INTERVAL_S = 60.0 * INTERVAL_MIN
TWO_SIDED_95 = 1.96
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What the roster reaches when its week is lived through again and again.

    Attributes
    ----------
    table : one row a pool and service day: pool, date, contacts (mean a replication), answered
        within their shop's threshold as service_level with low and high (95 % confidence of the
        mean), target (contact-weighted), lost (share abandoned or never answered), asa_s (mean
        wait of answered contacts), occupancy (share of answer slots busy)
    replications : number of times each day was lived
    """

    table: pd.DataFrame
    replications: int

    @property
    def service_level(self) -> float:
        """Return the share of all contacts answered within their threshold."""
        return _weighted(self.table, "service_level")

    @property
    def target(self) -> float:
        """Return the contact-weighted target."""
        return _weighted(self.table, "target")

    def by_pool(self) -> pd.DataFrame:
        """Return pool, contacts, service_level, target, lost, asa_s over the horizon."""
        columns = ["service_level", "target", "lost", "asa_s", "occupancy"]
        rows = [
            {"pool": pool, "contacts": group["contacts"].sum()}
            | {column: _weighted(group, column) for column in columns}
            for pool, group in self.table.groupby("pool", sort=True)
        ]
        return pd.DataFrame(rows, columns=["pool", "contacts", *columns])


def _weighted(table: pd.DataFrame, column: str) -> float:
    total = float(table["contacts"].sum())
    return float((table[column] * table["contacts"]).sum() / total) if total else 1.0


def simulate(
    workspace: Workspace,
    scenario: Scenario,
    forecast: Forecast,
    requirement: SeatRequirement,
    roster: Roster,
) -> Replay:
    """Replay a roster; the same scenario seed gives the same numbers."""
    doubt = _day_spread(forecast)
    demand = demand_by_shop(workspace, forecast).join(doubt, on=["shop_id", "date"])
    patience = workspace.shops["patience_s"]
    seats = roster.coverage[["pool", "slot", "rostered"]]
    pooled = requirement.table.merge(seats, on=["pool", "slot"])
    streams = np.random.SeedSequence(scenario.seed)
    days = list(pooled.groupby(["pool", "date"], sort=True))
    rows = []
    for ((pool, date), day), seed in zip(days, streams.spawn(len(days)), strict=True):
        own = demand[(demand["pool"] == pool) & (demand["date"] == date)]
        rows.append({"pool": pool, "date": date} | _day(day, own, patience, scenario, seed))
    return Replay(table=pd.DataFrame(rows), replications=scenario.replay.replications)


def _day(
    day: pd.DataFrame,
    demand: pd.DataFrame,
    patience: pd.Series,
    scenario: Scenario,
    seed: np.random.SeedSequence,
) -> dict[str, float]:
    """Return one pool's day, averaged over the replications."""
    random = np.random.default_rng(seed)
    begin_s = (day["slot"].to_numpy() * INTERVAL_S).astype(np.float64)
    slots = np.floor(day["rostered"] * day["concurrency"] + 1e-9).to_numpy().astype(np.int64)
    change_s = np.append(begin_s, begin_s[-1] + INTERVAL_S)
    wait_out = demand["shop_id"].map(patience).to_numpy(dtype=np.float64)
    outcome = [
        _once(demand, wait_out, change_s, np.append(slots, slots[-1:]), random)
        for _ in range(scenario.replay.replications)
    ]
    sums = np.array(outcome)
    contacts, good, lost, wait_s, answered, work_s = sums.T
    share = np.divide(good, contacts, out=np.ones_like(good), where=contacts > 0)
    total = contacts.sum()
    level = float(good.sum() / total) if total else 1.0
    error = TWO_SIDED_95 * float(share.std(ddof=1)) / np.sqrt(len(share))
    weights = demand["contacts"].to_numpy()
    target = demand["target_level"].to_numpy()
    open_s = float(slots.sum()) * INTERVAL_S * len(share)
    return {
        "contacts": float(contacts.mean()),
        "service_level": level,
        "low": max(level - error, 0.0),
        "high": min(level + error, 1.0),
        "target": float(np.average(target, weights=np.maximum(weights, 1e-9))),
        "lost": float(lost.sum() / total) if total else 0.0,
        "asa_s": float(wait_s.sum() / answered.sum()) if answered.sum() else 0.0,
        "occupancy": min(float(work_s.sum() / open_s), 1.0) if open_s else 0.0,
    }


def _once(
    demand: pd.DataFrame,
    wait_out: Array,
    change_s: Array,
    slots: npt.NDArray[np.int64],
    random: np.random.Generator,
) -> tuple[float, float, float, float, float, float]:
    """Live one day: contacts, answered in time, lost, seconds waited, answered, seconds of work."""
    number = random.poisson(demand["contacts"].to_numpy() * _busyness(demand, random))
    row = np.repeat(np.arange(len(demand)), number)
    begin = demand["slot"].to_numpy()[row] * INTERVAL_S
    arrivals = begin + random.uniform(0, INTERVAL_S, len(row))
    order = np.argsort(arrivals, kind="stable")
    arrivals, row = arrivals[order], row[order]
    work = random.exponential(demand["aht_s"].to_numpy()[row])
    mean_patience = wait_out[row]
    patience = np.where(
        np.isnan(mean_patience), np.inf, random.exponential(np.nan_to_num(mean_patience, nan=1.0))
    )
    waits = serve(arrivals, work, patience, change_s, slots)
    answered = ~np.isnan(waits)
    within = demand["answer_within_s"].to_numpy()[row]
    good = float((waits[answered] <= within[answered]).sum())
    return (
        float(len(row)),
        good,
        float((~answered).sum()),
        float(waits[answered].sum()),
        float(answered.sum()),
        float(work[answered].sum()),
    )


def _day_spread(forecast: Forecast) -> pd.Series:
    """Return (shop_id, date) -> squared relative error of the day's total beyond counting."""
    daily = forecast.daily.set_index(["shop_id", "date"])
    mean = daily["mean"].where(daily["mean"] > 0)
    beyond = ((daily["variance"] - mean) / mean**2).clip(lower=0).fillna(0.0)
    return beyond.rename("spread2")


def _busyness(demand: pd.DataFrame, random: np.random.Generator) -> Array:
    """Return for each row how busy its shop's day turned out: gamma factors of mean one."""
    shops, first = np.unique(demand["shop_id"].to_numpy(dtype=str), return_index=True)
    spread2 = np.maximum(demand["spread2"].to_numpy()[first], 1e-9)
    factor = random.gamma(1 / spread2, spread2)
    return np.asarray(factor[np.searchsorted(shops, demand["shop_id"].to_numpy(dtype=str))])
