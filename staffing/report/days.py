"""Days that have come: the forecast of the day before, what came, and the roster in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from staffing.forecast import Forecast, forecast
from staffing.forecast.history import History
from staffing.frames import rows
from staffing.grid import DAY_MIN, SLOTS_PER_DAY
from staffing.roster.audit import LONG_SPAN_H
from staffing.roster.finish import coverage
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement, seats
from staffing.simulate import Replay, simulate
from staffing.workspace import Workspace

STRETCH = ["agent_id", "date", "start", "end", "activity", "pool", "paid_h"]

LEAST = 1e-9
"""Instead of nothing, where something is divided by it."""
MEAL_H = 1.0
"""Taken off a long shift whose paid hours are not told, as the audit takes it."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """Some days in a row that are over.

    Attributes
    ----------
    scenario : its horizon is these days
    expected : the forecast from the days before the first of them
    came : the same with the contacts that came in the place of the means, without any doubt
    required : the seats that these contacts asked for
    roster : the stretches of these days
    coverage : those seats against the roster's, as `Roster.coverage`, of the days whose roster
        tells pools; replay : what the roster reached in the replay of what came, on those days
    """

    scenario: Scenario
    expected: Forecast
    came: Forecast
    required: SeatRequirement
    roster: pd.DataFrame
    coverage: pd.DataFrame | None
    replay: Replay | None


def published(sources: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the stretches of rosters that were published, of each day those of one alone.

    Parameters
    ----------
    sources : tables of stretches or of whole shifts, the one to be believed first in front; without
        a column activity, hours that are not paid and have no pool are meals

    Returns
    -------
    agent_id, date, start, end, activity, pool (None where it was not told), paid_h (as told, else
    the length of what is no meal)
    """
    parts: list[pd.DataFrame] = []
    seen: set[pd.Timestamp] = set()
    for source in sources:
        own = source[~source["date"].isin(list(seen))]
        if own.empty:
            continue
        pool = own["pool"] if "pool" in own else pd.Series(np.nan, own.index)
        pool = pool.astype("object").where(pool.notna() & (pool != ""), None)
        if "activity" in own:
            activity = own["activity"]
        else:
            unpaid = (
                own["paid_h"] == 0 if "paid_h" in own else pd.Series(data=False, index=own.index)
            )
            activity = pd.Series(np.where(unpaid & pool.isna(), "meal", "work"), own.index)
        length_h = (own["end"] - own["start"]).dt.total_seconds() / 3600
        paid_h = length_h.where(activity != "meal", 0.0)
        if "activity" not in own:
            paid_h -= MEAL_H * (paid_h > LONG_SPAN_H)
        if "paid_h" in own:
            paid_h = own["paid_h"].fillna(paid_h)
        parts.append(own.assign(pool=pool, activity=activity, paid_h=paid_h)[STRETCH])
        seen |= set(own["date"])
    if not parts:
        return pd.DataFrame(columns=STRETCH)
    return pd.concat(parts, ignore_index=True).astype({"agent_id": "str"})


def days_of(
    workspace: Workspace,
    scenario: Scenario,
    past: History,
    first: dt.date,
    days: int,
    roster: pd.DataFrame,
) -> Days:
    """Return what came on some days that the history knows.

    Parameters
    ----------
    past : the history, these days among it; the forecast sees no more than the days before
    roster : as `published` returns it

    Raises
    ------
    ForecastError
        When nothing is known before the first of them.
    """
    horizon = scenario.horizon.model_copy(update={"start": first, "days": days})
    own = scenario.model_copy(update={"horizon": horizon})
    expected = forecast(workspace, own, past)
    came = as_it_came(expected, past)
    required = seats(workspace, own, came)
    here = roster[roster["date"].isin(pd.to_datetime(list(own.grid.dates)))]
    told = sorted(set(here.loc[here["pool"].notna(), "date"]))
    known = here[here["agent_id"].isin(workspace.agents.index.astype("str"))]
    known = known[known["date"].isin(told)]
    covered = lived = None
    if told:
        covered = coverage(workspace, own, required, known)
        covered = covered[covered["date"].isin(told)]
        lived = simulate(workspace, own, came, required, known)
        lived = replace(
            lived,
            table=lived.table[lived.table["date"].isin(told)],
            shops=lived.shops[lived.shops["date"].isin(told)],
        )
    return Days(
        scenario=own,
        expected=expected,
        came=came,
        required=required,
        roster=here,
        coverage=covered,
        replay=lived,
    )


def as_it_came(expected: Forecast, past: History) -> Forecast:
    """Return a forecast with the contacts that came in the place of its means, without any doubt.

    Behind the count of a half hour stands a rate: the day's contacts by the forecast's profile,
    corrected by what came as far as the profile errs more than counts do by chance (credibility,
    Bühlmann 1967). Taking the counts themselves for rates would make a shortage of every chance
    peak. The rates of a day add up to its contacts; a day that is not known has none.
    """
    shops, table = pd.Index(past.shops), expected.table
    day = past.days.get_indexer(pd.DatetimeIndex(table["date"]).as_unit(past.days.unit))
    first = pd.Timestamp(table["date"].min())
    slot = table["slot"].to_numpy() - SLOTS_PER_DAY * (table["date"] - first).dt.days.to_numpy()
    shop = shops.get_indexer(pd.Index(table["shop_id"]))
    at = (shop, day, slot)
    counts = np.nan_to_num(np.where(day >= 0, past.counts[at], 0.0))
    sums = table.assign(came=counts).groupby(["shop_id", "date"])[["mean", "came"]]
    total = sums.transform("sum")
    level = (total["came"] / total["mean"].where(total["mean"] > 0)).fillna(0.0).to_numpy()
    rate = table["mean"].to_numpy() * level
    if expected.basis is not None:
        doubt = expected.basis.spread
        trust = doubt.profile_sigma[shop] ** 2 * rate
        trust /= np.maximum(trust + doubt.phi[shop], LEAST)
        rate = rate + trust * (counts - rate)
    else:
        rate = counts
    table = table.assign(mean=rate)
    scaled = table.groupby(["shop_id", "date"])["mean"].transform("sum")
    rate = np.where(scaled > 0, rate * total["came"] / scaled.where(scaled > 0), counts)
    table = table.assign(mean=rate, variance=rate)
    if past.aht_s is not None and "aht_s" in table:
        seen = past.aht_s[at]
        table["aht_s"] = np.where(np.isnan(seen) | (counts == 0), table["aht_s"], seen)
    of_day = table.groupby(["shop_id", "date"])["mean"].sum()
    keys = pd.MultiIndex.from_frame(expected.daily[["shop_id", "date"]])
    daily = of_day.reindex(keys, fill_value=0.0).to_numpy()
    return replace(expected, table=table, daily=expected.daily.assign(mean=daily, variance=daily))


def orders(workspace: Workspace, past: History) -> pd.Series:
    """Return the orders per shop and service day where the history tells them; else empty."""
    history = workspace.history
    if "orders" not in history or history["orders"].isna().all():
        index = pd.MultiIndex.from_arrays([[], []], names=["shop_id", "date"])
        return pd.Series([], index=index, dtype="float64")
    shop = history["shop_id"].astype("str")
    minute = history["start"].dt.hour * 60 + history["start"].dt.minute
    spill = {s: w.closes_min - DAY_MIN for s, w in workspace.windows.items()}
    timed = ~shop.isin(list(past.daily_only))
    before = timed & (minute < shop.map(spill))
    date = history["start"].dt.normalize() - pd.to_timedelta(before.astype("int64"), unit="D")
    return history["orders"].groupby([shop, date.rename("date")]).sum(min_count=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Somebody's duty: its hours, and those in each pool."""

    agent_id: str
    name: str
    team: str
    date: dt.date
    start: dt.datetime
    end: dt.datetime
    paid_h: float
    in_pools: Mapping[str, float]


def on_duty(workspace: Workspace, roster: pd.DataFrame) -> Iterator[Duty]:
    """Yield the duties of a roster by agent and day."""
    people = workspace.agents
    for key, own in roster.groupby(["agent_id", "date"], sort=True):
        agent, date = str(key[0]), own["date"].iloc[0].date()
        in_pools: dict[str, float] = {}
        for row in rows(own):
            length_h = (row.end - row.start).total_seconds() / 3600
            if row.activity == "work" and row.pool is not None:
                in_pools[str(row.pool)] = in_pools.get(str(row.pool), 0.0) + length_h
        there = agent in people.index
        yield Duty(
            agent_id=agent,
            name=str(people.loc[agent, "name"]) if there else "",
            team=str(people.loc[agent, "team"]) if there else "",
            date=date,
            start=own["start"].min().to_pydatetime(),
            end=own["end"].max().to_pydatetime(),
            paid_h=float(own["paid_h"].sum()),
            in_pools=in_pools,
        )
