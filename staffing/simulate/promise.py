"""What plain Erlang-C says of the rostered seats, to set beside what the replay finds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from staffing.seats import SeatRequirement, erlang
from staffing.simulate.sampled import INTERVAL_S


def promised(
    demand: pd.DataFrame, requirement: SeatRequirement, covered: pd.DataFrame, shrinkage: float
) -> pd.Series:
    """Return the service level of each row of `demand` in steady state, NaN for tickets.

    Each half hour for itself, at the mean of the forecast, without patience or priority: seats
    at work (speed-weighted, less shrinkage) as answer slots of one queue a pool.

    Parameters
    ----------
    demand : as `staffing.simulate.sampled.demand_of` returns it
    covered : the rostered seats, see `Roster.coverage`; what it does not list has none
    """
    keys = ["pool", "slot"]
    rows = demand[~demand["ticket"]]
    work_s = rows["contacts"] * rows["aht_s"]
    pooled = (
        rows[keys]
        .assign(contacts=rows["contacts"], work_s=work_s, agent_s=work_s / rows["concurrency"])
        .groupby(keys, as_index=False)
        .sum()
    )
    seats = requirement.table[keys].merge(covered[[*keys, "rostered"]], on=keys, how="left")
    each = rows[[*keys, "aht_s", "concurrency", "answer_within_s"]].reset_index(names="at")
    each = each.merge(pooled, on=keys, how="left").merge(seats, on=keys, how="left")
    some = each["contacts"] > 0
    level = erlang.chat_service_level(
        each["rostered"].fillna(0.0) * (1 - shrinkage),
        each["work_s"] / INTERVAL_S,
        (each["work_s"] / each["contacts"]).where(some, each["aht_s"]),
        each["answer_within_s"],
        (each["work_s"] / each["agent_s"]).where(some, each["concurrency"]),
    )
    return pd.Series(np.asarray(level), index=each["at"]).reindex(demand.index)
