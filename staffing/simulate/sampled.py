"""The contacts of a pool, drawn as the forecast doubts them.

A factor common to a shop's day and one of the half hour, both gamma, counting noise on top:
together the variance of the forecast. Work is exponential, patience too where it is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import Forecast
from staffing.grid import INTERVAL_MIN
from staffing.seats import demand_by_shop
from staffing.workspace import Workspace

INTERVAL_S = 60.0 * INTERVAL_MIN
LEAST_SPREAD = 1e-9
JUST_BEFORE_S = 1e-6
HOUR_S = 3600.0
Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def demand_of(
    workspace: Workspace, forecast: Forecast, target_level: Literal["own"] | float = "own"
) -> pd.DataFrame:
    """Return the contacts per shop and half hour with what the replay has to know of them.

    Adds to `staffing.seats.demand_by_shop`: day_spread, the squared relative error of the shop's
    day beyond counting noise, burst, what the half hour adds to it, and of each shop priority,
    ticket (whether its contacts may be deferred) and due_within_s (infinite for others).
    """
    rows = demand_by_shop(workspace, forecast, target_level)
    daily = forecast.daily.set_index(["shop_id", "date"])
    of_day = _beyond_counting(daily["mean"], daily["variance"]).rename("day_spread")
    rows = rows.join(of_day, on=["shop_id", "date"])
    whole = _beyond_counting(rows["mean"], rows["variance"])
    burst = (whole - rows["day_spread"]) / (1 + rows["day_spread"])
    ticket = (rows["channel"] == "ticket").to_numpy(np.bool_)
    return rows.assign(
        burst=burst.clip(lower=LEAST_SPREAD),
        patience_s=rows["patience_s"].astype("float64").mask(ticket),
        priority=rows["priority"].astype("int64"),
        ticket=ticket,
        due_within_s=np.where(ticket, rows["due_within_h"] * HOUR_S, np.inf),
    )


def _beyond_counting(mean: pd.Series, variance: pd.Series) -> pd.Series:
    """Return the squared relative spread of the rate behind counts."""
    positive = mean.where(mean > 0)
    return ((variance - mean) / positive**2).clip(lower=LEAST_SPREAD).fillna(LEAST_SPREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a pool's contacts come from: one value a row of its demand.

    Attributes
    ----------
    row : position among the rows of the whole demand
    begin_s : when the half hour begins
    contacts, aht_s, patience_s : expected number, mean seconds of work, mean patience (NaN: not
        known)
    shop_day : number of the shop's day; spread of each of them
    burst : spread of the half hour
    ticket : whether the contacts wait until they are done, over night too
    opening_s : when the pool opens again after having been closed
    """

    row: Ints
    begin_s: Array
    contacts: Array
    aht_s: Array
    patience_s: Array
    shop_day: Ints
    spread: Array
    burst: Array
    ticket: npt.NDArray[np.bool_]
    opening_s: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """Contacts of one replication, by arrival: row of the demand, seconds."""

    row: Ints
    arrivals_s: Array
    work_s: Array
    patience_s: Array


def source(demand: pd.DataFrame, rows: Ints, opened: Ints) -> Source:
    """Return the source of a pool's contacts.

    Parameters
    ----------
    demand : as `demand_of` returns it
    rows : the pool's rows of it
    opened : the half hours in which the pool is open, ascending
    """
    own = demand.iloc[rows]
    shop_day = np.asarray(own.groupby(["shop_id", "date"], sort=False).ngroup(), dtype=np.int64)
    _, first = np.unique(shop_day, return_index=True)
    return Source(
        row=rows,
        begin_s=own["slot"].to_numpy() * INTERVAL_S,
        contacts=own["contacts"].to_numpy(np.float64),
        aht_s=own["aht_s"].to_numpy(np.float64),
        patience_s=own["patience_s"].to_numpy(np.float64),
        shop_day=shop_day,
        spread=own["day_spread"].to_numpy(np.float64)[first],
        burst=own["burst"].to_numpy(np.float64),
        ticket=own["ticket"].to_numpy(np.bool_),
        opening_s=np.asarray(opened[1:][np.diff(opened) > 1] * INTERVAL_S, dtype=np.float64),
    )


def draw(source: Source, random: np.random.Generator) -> Contacts:
    """Draw a horizon of a pool's contacts."""
    busy = random.gamma(1 / source.spread, source.spread)[source.shop_day]
    rate = busy * random.gamma(1 / source.burst, source.burst) * source.contacts
    at = np.repeat(np.arange(len(rate)), random.poisson(rate))
    arrivals = source.begin_s[at] + random.uniform(0, INTERVAL_S, len(at))
    order = np.argsort(arrivals, kind="stable")
    at, arrivals = at[order], arrivals[order]
    work = random.exponential(source.aht_s[at])
    return Contacts(
        row=source.row[at],
        arrivals_s=arrivals,
        work_s=work,
        patience_s=np.where(
            source.ticket[at],
            np.inf,
            np.minimum(
                _patience(source.patience_s[at], random), _until_reopening(source, arrivals)
            ),
        ),
    )


def together(parts: list[Contacts]) -> Contacts:
    """Return the contacts of several pools, by arrival."""
    names = ("row", "arrivals_s", "work_s", "patience_s")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    order = np.argsort(columns["arrivals_s"], kind="stable")
    return Contacts(**{name: column[order] for name, column in columns.items()})


def _patience(mean_s: Array, random: np.random.Generator) -> Array:
    """Return how long each contact waits before it leaves; without end where it is not known."""
    drawn = random.exponential(np.nan_to_num(mean_s, nan=1.0))
    return np.where(np.isnan(mean_s), np.inf, drawn)


def _until_reopening(source: Source, arrivals: Array) -> Array:
    """Return the seconds from each arrival to just before the pool opens again."""
    after = np.searchsorted(source.opening_s, arrivals, side="right")
    return np.append(source.opening_s, np.inf)[after] - arrivals - JUST_BEFORE_S
