"""The close-out of a shop's contract: what came, what was delivered, what to settle."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.forecast.history import History
from staffing.report.daily import HALF_H, refuse_unknown
from staffing.report.days import Days, days_of, on_duty, orders
from staffing.scenario import Scenario
from staffing.workspace import Workspace

WEEK = 7
"""Days that are forecast, and replayed, from one origin."""
MONTH_DAYS = 31
"""Of the last days of a contract, one must have come before it is closed out."""


@dataclass(frozen=True, kw_only=True)
class CloseOut:
    """What a shop's contract came to.

    Attributes
    ----------
    days : one row a day of the contract: date, contacts, orders, forecast (from what was known
        before its week), service_level, target, lost (of the replay), agreed_h (seat-hours agreed
        over the opening hours), delivered_h (seat-hours of the pool, the shop's part), statutory
        (1 on a statutory day); NaN where not known
    months : the same by month: sums of contacts, orders, forecast and hours, days (known), wape,
        bias, and service_level, target, lost by contacts
    agents : one row an agent: agent_id, name, team, days, hours (of the pool's, the shop's part)
    shared : whether the shop's pool serves other shops, too
    """

    workspace: Workspace
    scenario: Scenario
    shop_id: str
    first: dt.date
    last: dt.date
    days: pd.DataFrame
    months: pd.DataFrame
    agents: pd.DataFrame
    shared: bool

    @property
    def total(self) -> pd.Series:
        """Return the whole contract as one row of `months`."""
        return _summed(self.days)


def close_out(
    workspace: Workspace,
    scenario: Scenario,
    past: History,
    shop_id: str,
    span: tuple[dt.date, dt.date],
    roster: pd.DataFrame,
    agreed_seats: float | None = None,
    week: Callable[[dt.date], None] = lambda _: None,
) -> CloseOut:
    """Return the close-out of a shop from the first to the last day of its contract.

    A pool that serves several shops is parted among them by each day's work (contacts × handle
    time); of a shop in a pool of its own all is its own.

    Parameters
    ----------
    past : the history; of days that it does not know nothing is said but the roster's hours
    roster : as `staffing.report.days.published` returns it
    agreed_seats : seats agreed in each open half hour; by default the shop's ``min_seats``
    week : told the first day of each week as it is replayed

    Raises
    ------
    ForecastError
        When the history knows no day of the contract's last month (``day_not_come``).
    """
    first, last = span
    due = last - dt.timedelta(days=min((last - first).days, MONTH_DAYS - 1))
    refuse_unknown(workspace, past, due, last)
    pool = str(workspace.shops.loc[shop_id, "pool"])
    told = workspace.shops["min_seats"].astype("float64")[shop_id]
    seats = told if agreed_seats is None else agreed_seats
    window = workspace.windows[shop_id]
    open_h = (window.closes_min - window.opens_min) / 60
    days: list[pd.DataFrame] = []
    hours: dict[tuple[str, str, str], list[float]] = {}
    for start, length in _weeks(first, last):
        week(start)
        lived = days_of(workspace, scenario, past, start, length, roster)
        share = _share(workspace, lived, shop_id, pool)
        days.append(_days(workspace, past, lived, (shop_id, pool), share))
        for each in on_duty(workspace, lived.roster):
            if pool in each.in_pools:
                own = each.in_pools[pool] * share.get(pd.Timestamp(each.date), np.nan)
                hours.setdefault((each.agent_id, each.name, each.team), []).append(own)
    table = pd.concat(days, ignore_index=True)
    closed = str(workspace.shops.loc[shop_id, "statutory_days"]) == "closed"
    statutory = pd.Series([float(is_statutory(day)) for day in table["date"].dt.date])
    opens = 1.0 - statutory * closed
    table = table.assign(statutory=statutory, agreed_h=seats * open_h * opens)
    by_month = table.groupby(table["date"].dt.strftime("%Y-%m"), sort=True)
    months = [_summed(own).rename(month) for month, own in by_month]
    return CloseOut(
        workspace=workspace,
        scenario=scenario,
        shop_id=shop_id,
        first=first,
        last=last,
        days=table,
        months=pd.DataFrame(months).rename_axis("month").reset_index(),
        agents=pd.DataFrame(
            [(*who, len(own), float(np.nansum(own))) for who, own in sorted(hours.items())],
            columns=["agent_id", "name", "team", "days", "hours"],
        ),
        shared=len(workspace.pools[pool]) > 1,
    )


def _weeks(first: dt.date, last: dt.date) -> Iterator[tuple[dt.date, int]]:
    """Yield the first day and the length of each week of a time."""
    day = first
    while day <= last:
        yield day, min(WEEK, (last - day).days + 1)
        day += dt.timedelta(days=WEEK)


def _share(workspace: Workspace, lived: Days, shop_id: str, pool: str) -> dict[pd.Timestamp, float]:
    """Return the shop's part of the pool's work on each day; an even part where none came."""
    table = lived.came.table
    pools = workspace.shops["pool"].astype("str")
    own = table[table["shop_id"].map(pools) == pool]
    aht_s = own["shop_id"].map(workspace.shops["aht_s"]).astype("float64")
    aht_s = own["aht_s"].fillna(aht_s) if "aht_s" in own else aht_s
    work = own.assign(work=own["mean"] * aht_s)
    of_all = work.groupby("date")["work"].sum()
    of_shop = work[work["shop_id"] == shop_id].groupby("date")["work"].sum()
    even = 1 / len(workspace.pools[pool])
    part = of_shop.reindex(of_all.index, fill_value=0.0) / of_all.where(of_all > 0)
    return {pd.Timestamp(str(day)): float(each) for day, each in part.fillna(even).items()}


def _days(
    workspace: Workspace,
    past: History,
    lived: Days,
    of: tuple[str, str],
    share: dict[pd.Timestamp, float],
) -> pd.DataFrame:
    """Return the rows of one week."""
    shop_id, pool = of
    dates = pd.DatetimeIndex(pd.to_datetime(list(lived.scenario.grid.dates)))
    at = past.days.get_indexer(dates.as_unit(past.days.unit))
    totals = past.totals[past.shops.index(shop_id)]
    table = pd.DataFrame({"date": dates, "contacts": np.where(at >= 0, totals[at], np.nan)})
    expected = lived.expected.daily
    own = expected[expected["shop_id"] == shop_id].set_index("date")["mean"]
    sold = orders(workspace, past)
    keys = pd.MultiIndex.from_product([[shop_id], dates], names=["shop_id", "date"])
    table = table.assign(
        orders=sold.reindex(keys).to_numpy(dtype="float64"),
        forecast=own.reindex(dates).to_numpy(dtype="float64"),
    )
    for name in ("service_level", "target", "lost"):
        table[name] = np.nan
        if lived.replay is not None:
            rows = lived.replay.shops
            found = rows[rows["shop_id"] == shop_id].set_index("date")[name]
            known = found.reindex(dates).to_numpy(dtype="float64")
            table[name] = np.where(table["contacts"].notna(), known, np.nan)
    table["delivered_h"] = np.nan
    if lived.coverage is not None:
        rows = lived.coverage[lived.coverage["pool"] == pool]
        seated = rows.groupby("date")["rostered"].sum() * HALF_H
        parts = [share.get(day, np.nan) for day in dates]
        table["delivered_h"] = seated.reindex(dates).to_numpy(dtype="float64") * parts
    return table


def _summed(days: pd.DataFrame) -> pd.Series:
    """Return some days as one row."""
    known = days.dropna(subset=["contacts"])
    miss, total = known["forecast"] - known["contacts"], float(known["contacts"].sum())
    found = {
        "days": float(len(known)),
        "contacts": total,
        "orders": known["orders"].sum(min_count=1),
        "forecast": float(known["forecast"].sum()),
        "wape": float(miss.abs().sum()) / total if total else np.nan,
        "bias": float(miss.sum()) / total if total else np.nan,
    }
    for name in ("service_level", "target", "lost"):
        rows = known.dropna(subset=[name])
        weight = float(rows["contacts"].sum())
        found[name] = float((rows[name] * rows["contacts"]).sum()) / weight if weight else np.nan
    found["agreed_h"] = float(days["agreed_h"].sum())
    found["delivered_h"] = days["delivered_h"].sum(min_count=1)
    found["rostered_days"] = float(days["delivered_h"].notna().sum())
    # of what is not known no day counts as kept
    for name, had, due in (
        ("short_days", days["delivered_h"], days["agreed_h"]),
        ("missed_days", known["service_level"], known["target"]),
    ):
        found[name] = float((had < due).sum()) if had.notna().any() else np.nan
    found["statutory_days"] = float(days["statutory"].sum())
    return pd.Series(found, dtype="float64")
