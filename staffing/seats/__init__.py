"""Forecast → seats per pool and half hour.

The shops of a pool are answered from one queue by agents trained for all of them. Chat is
``seats × concurrency`` answer slots, each a server with the handle time observed at that
concurrency; phone is the same with one slot a seat, which is Erlang-C exactly. Where the handle
time of a lone chat or the customers' patience is told, it is a birth-death queue (`lines`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import Forecast
from staffing.forecast.counts import rate_quantile
from staffing.grid import INTERVAL_MIN
from staffing.scenario import Scenario, SeatSettings
from staffing.seats import erlang
from staffing.seats.checks import Floats, Ints
from staffing.seats.doubt import fewest, volumes
from staffing.seats.lines import INTERVAL_S, Line, lines, seats_needed, service_level
from staffing.workspace import Workspace

__all__ = [
    "SeatRequirement",
    "demand_by_shop",
    "erlang",
    "required",
    "rostered",
    "seats",
    "staffed",
]

TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True)
class SeatRequirement:
    """Seats required per pool and half hour.

    Attributes
    ----------
    table : one row a pool and open half hour: pool, date (service day), slot, start, contacts
        (expected, after bot deflection), planned_contacts (staffed for: the mean, or a quantile
        of the rate, apart from the arrivals' own noise that Erlang-C has in it already), aht_s,
        concurrency (mean over the shops), load_erl (answer slots busy by the planned contacts),
        seats (required), binding (what set them: service_level, occupancy, presence), and what
        the expected contacts meet at `seats` less shrinkage: service_level, occupancy, asa_s
    """

    table: pd.DataFrame

    @property
    def seat_hours(self) -> float:
        """Return the seat-hours required over the horizon."""
        return float(self.table["seats"].sum()) * INTERVAL_MIN / 60


def seats(workspace: Workspace, scenario: Scenario, forecast: Forecast) -> SeatRequirement:
    """Return the fewest seats that reach every shop's target in its pool.

    Per half hour the largest of: the seats for each distinct service-level target of the shops
    that are open (Erlang-C on the pooled load; expected over the forecast's doubt where the
    scenario asks for that), the occupancy cap, the minimum presence; then divided by one minus
    the in-shift shrinkage.
    """
    demand = demand_by_shop(workspace, forecast)
    return required(demand, scenario.seats, forecast.tie)


def required(demand: pd.DataFrame, settings: SeatSettings, tie: float) -> SeatRequirement:
    """Return the seats that contacts require; see `seats`.

    Parameters
    ----------
    demand : contacts per shop and half hour, as `demand_by_shop` returns them; its column pool
        says who is answered together
    tie : correlation of the shops' forecast errors
    """
    table, own = staffed(demand, settings, tie)
    achieved = _expected_service(demand, table, own)
    spent = ["min_seats", "on_seat", "noise"]
    return SeatRequirement(table=table.join(achieved).drop(columns=spent))


def staffed(
    demand: pd.DataFrame, settings: SeatSettings, tie: float
) -> tuple[pd.DataFrame, dict[str, Line]]:
    """Return the half hours of every pool with their seats, and the queues behind the pools.

    Parameters are those of `required`.

    Returns
    -------
    table : as `SeatRequirement` has it but for what is met, with on_seat (seats at work, before
        shrinkage), noise (variance of the counts) and min_seats
    own : the pools that are more than answer slots
    """
    pooled, own = _pooled(demand, settings, tie), lines(demand)
    doubtful = settings.demand == "expected"
    wait = _for_targets(demand, pooled, own, max_occupancy=1.0, doubtful=doubtful)
    busy = _for_targets(demand, pooled, own, max_occupancy=settings.max_occupancy)
    present = pooled["min_seats"].to_numpy().astype(np.int64)
    chosen = np.maximum.reduce([wait, busy, present])
    binding = np.select(
        [present > np.maximum(wait, busy), busy > wait],
        ["presence", "occupancy"],
        default="service_level",
    )
    needed = rostered(chosen, settings.shrinkage)
    return pooled.assign(seats=needed, binding=binding, on_seat=chosen), own


def rostered(on_seat: npt.NDArray[np.int64], shrinkage: float) -> npt.NDArray[np.int64]:
    """Return the seats to roster so that so many are at work."""
    return np.ceil(on_seat / (1 - shrinkage) - TOLERANCE).astype(np.int64)


def demand_by_shop(workspace: Workspace, forecast: Forecast) -> pd.DataFrame:
    """Return the forecast per shop and half hour with what the shop's contacts ask of seats.

    Adds to the forecast's table the pool, concurrency, target and presence of each shop, its
    AHT (`aht_s`) as forecast, else as stated in the shops table, that of a lone chat over it
    (`alone`), patience, and contacts and noise (mean and variance of what the bot leaves to
    people).
    """
    shops = workspace.shops[
        [
            "pool",
            "aht_s",
            "concurrency",
            "target_level",
            "answer_within_s",
            "bot_deflection",
            "min_seats",
            "aht_alone_s",
            "patience_s",
        ]
    ]
    rows = forecast.table.join(shops.rename(columns={"aht_s": "stated_s"}), on="shop_id")
    stated_s = rows.pop("stated_s")
    rows["alone"] = (rows.pop("aht_alone_s") / stated_s).fillna(1.0)
    rows["aht_s"] = rows["aht_s"].fillna(stated_s) if "aht_s" in rows else stated_s
    human = 1 - rows["bot_deflection"]
    # Each contact meets the bot on its own: thinning keeps the Poisson part of the noise Poisson.
    noise = rows["variance"] * human**2 + rows["mean"] * human * (1 - human)
    return rows.assign(contacts=rows["mean"] * human, noise=noise)


def _pooled(demand: pd.DataFrame, settings: SeatSettings, tie: float) -> pd.DataFrame:
    """Return one row a pool and half hour: contacts, noise, mean AHT, concurrency and load.

    Parameters
    ----------
    tie : correlation of the shops' forecast errors
    """
    work = demand["contacts"] * demand["aht_s"]
    doubt = np.sqrt((demand["noise"] - demand["contacts"]).clip(lower=0.0))
    rows = demand.assign(work_s=work, agent_s=work / demand["concurrency"], doubt=doubt)
    rows["doubt2"] = doubt**2
    table = rows.groupby(["pool", "slot"], sort=False, as_index=False).agg(
        date=("date", "first"),
        start=("start", "first"),
        contacts=("contacts", "sum"),
        noise=("noise", "sum"),
        doubt=("doubt", "sum"),
        doubt2=("doubt2", "sum"),
        work_s=("work_s", "sum"),
        agent_s=("agent_s", "sum"),
        aht_s=("aht_s", "mean"),
        concurrency=("concurrency", "min"),
        min_seats=("min_seats", "max"),
    )
    some = table["contacts"] > 0
    table["aht_s"] = (table["work_s"] / table["contacts"]).where(some, table["aht_s"])
    table["concurrency"] = (table["work_s"] / table["agent_s"]).where(some, table["concurrency"])
    table["noise"] += tie * (table["doubt"] ** 2 - table["doubt2"])
    planned = table["contacts"].to_numpy()
    if not isinstance(settings.demand, str):
        planned = rate_quantile(planned, table["noise"].to_numpy(), float(settings.demand))
    table["planned_contacts"] = planned
    table["load_erl"] = planned * table["aht_s"] / INTERVAL_S
    return table.sort_values(["pool", "slot"], ignore_index=True).drop(
        columns=["work_s", "agent_s", "doubt", "doubt2"]
    )


def _for_targets(
    demand: pd.DataFrame,
    pooled: pd.DataFrame,
    own: Mapping[str, Line],
    max_occupancy: float,
    *,
    doubtful: bool = False,
) -> npt.NDArray[np.int64]:
    """Return the seats that reach every target present in the pool at that half hour.

    Parameters
    ----------
    own : the pools that are more than answer slots
    doubtful : whether the service level is to be expected over the forecast's doubt
    """
    targets = demand[["pool", "slot", "target_level", "answer_within_s"]].drop_duplicates()
    rows = targets.merge(pooled.reset_index(names="at"), on=["pool", "slot"])
    found = seats_needed(rows, own, max_occupancy)
    if doubtful:
        seen = volumes(rows["contacts"].to_numpy(np.float64), rows["noise"].to_numpy(np.float64))

        def level(at: Ints, seats: Ints) -> Floats:
            reached = service_level(rows.iloc[at], own, seats.astype(np.float64), seen[at])
            return np.asarray(reached.mean(axis=1))

        found = fewest(level, found, rows["target_level"].to_numpy(np.float64))
    need = np.zeros(len(pooled), dtype=np.int64)
    np.maximum.at(need, rows["at"].to_numpy(), found)
    return need


def _expected_service(
    demand: pd.DataFrame, pooled: pd.DataFrame, own: Mapping[str, Line]
) -> pd.DataFrame:
    """Return what the seats at work achieve on the expected contacts, in steady state.

    Parameters
    ----------
    pooled : one row a pool and half hour with contacts, aht_s, concurrency, on_seat

    Returns
    -------
    DataFrame indexed like `pooled`: service_level (share of contacts answered within their own
    shop's threshold), occupancy, asa_s (infinite where the queue only grows; of answer slots,
    nobody losing patience)
    """
    load = pooled["contacts"] * pooled["aht_s"] / INTERVAL_S
    slots = np.floor(pooled["on_seat"] * pooled["concurrency"] + TOLERANCE)
    of_pool = pooled[["pool", "slot", "aht_s", "concurrency", "on_seat"]]
    rows = demand[["pool", "slot", "contacts", "answer_within_s", "target_level"]].merge(
        of_pool.assign(at=pooled.index, whole=pooled["contacts"]), on=["pool", "slot"]
    )
    on_seat, whole = (rows[name].to_numpy(np.float64) for name in ("on_seat", "whole"))
    level = service_level(rows, own, on_seat, whole[:, None])[:, 0]
    good = (rows["contacts"] * level).groupby(rows["at"]).sum().reindex(pooled.index)
    contacts = pooled["contacts"].where(pooled["contacts"] > 0)
    return pd.DataFrame(
        {
            "service_level": (good / contacts).fillna(1.0),
            "occupancy": erlang.occupancy(slots, load),
            "asa_s": erlang.asa_s(slots, load, pooled["aht_s"]),
        },
        index=pooled.index,
    )
