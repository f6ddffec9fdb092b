"""What the forecast's contacts ask of seats: by shop, by channel, and pool by pool."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from staffing.forecast import Forecast
from staffing.forecast.calendar import phase_openings
from staffing.forecast.counts import rate_quantile
from staffing.grid import INTERVAL_MIN
from staffing.scenario import SeatSettings
from staffing.seats.lines import INTERVAL_S
from staffing.seats.priority import ranked
from staffing.seats.reply import lone_share
from staffing.workspace import Workspace

__all__ = ["by_channel", "demand_by_shop", "pooled_by_slot"]

OF_SHOP = [
    "pool",
    "channel",
    "aht_s",
    "aht_alone_s",
    "concurrency",
    "target_level",
    "answer_within_s",
    "patience_s",
    "priority",
    "bot_deflection",
    "min_seats",
    "daily_cap",
    "due_within_h",
    "reply_rule",
    "reply_level",
    "replies",
    "reply_s",
]
"""Columns of the shops table that say what contacts ask of seats."""


def demand_by_shop(
    workspace: Workspace, forecast: Forecast, target_level: Literal["own"] | float = "own"
) -> pd.DataFrame:
    """Return the forecast per shop and half hour with what the shop's contacts ask of seats.

    Adds to the forecast's table what the shops table says of each shop (`OF_SHOP`), its AHT
    (`aht_s`) as forecast, else as stated there, that of a lone chat over it (`alone`: as stated,
    else as the rhythm of its replies has it), whether a promotion phase begins in the half hour
    (`opens_phase`), and contacts and noise (mean and variance of what the bot leaves to people).

    Parameters
    ----------
    target_level : the service level target of every shop, or each its own
    """
    shops = workspace.shops[OF_SHOP].rename(columns={"aht_s": "stated_s"})
    if target_level != "own":
        shops["target_level"] = target_level
    alone = shops["aht_alone_s"] / shops["stated_s"]
    by_rhythm = [
        lone_share(*map(float, cells)) if cells[0] == cells[0] else 1.0
        for cells in shops[["replies", "reply_s", "stated_s", "concurrency"]].itertuples(
            index=False
        )
    ]
    shops["alone"] = alone.fillna(pd.Series(by_rhythm, shops.index))
    rows = forecast.table.join(shops.drop(columns="aht_alone_s"), on="shop_id")
    stated_s = rows["stated_s"]
    rows["aht_s"] = rows["aht_s"].fillna(stated_s) if "aht_s" in rows else stated_s
    openings = phase_openings(workspace)
    opening = pd.MultiIndex.from_arrays(
        [openings["shop_id"], openings["start"].dt.floor(f"{INTERVAL_MIN}min")]
    )
    rows["opens_phase"] = pd.MultiIndex.from_frame(rows[["shop_id", "start"]]).isin(opening)
    human = 1 - rows["bot_deflection"]
    # Each contact meets the bot on its own: thinning keeps the Poisson part of the noise Poisson.
    noise = rows["variance"] * human**2 + rows["mean"] * human * (1 - human)
    return rows.assign(contacts=rows["mean"] * human, noise=noise)


def by_channel(demand: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the contacts that are answered as they come, each with its place, and the tickets."""
    deferred = demand["channel"] == "ticket"
    return ranked(demand[~deferred]), demand[deferred]


def pooled_by_slot(demand: pd.DataFrame, settings: SeatSettings, tie: float) -> pd.DataFrame:
    """Return one row a pool and half hour: contacts, noise, mean AHT, concurrency and load.

    Tickets open their pool's half hours but are no live contacts: they count for nothing else.

    Parameters
    ----------
    demand : as `demand_by_shop` returns it
    tie : correlation of the shops' forecast errors
    """
    live = (demand["channel"] != "ticket").to_numpy()
    contacts, noise = demand["contacts"] * live, demand["noise"] * live
    doubt = np.sqrt((noise - contacts).clip(lower=0.0))
    work = contacts * demand["aht_s"]
    rows = demand.assign(
        contacts=contacts,
        noise=noise,
        work_s=work,
        agent_s=work / demand["concurrency"],
        doubt=doubt,
        doubt2=doubt**2,
    )
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
