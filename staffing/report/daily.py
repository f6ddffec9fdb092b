"""A day that is over: forecast against actual per shop, seats against the roster, who covered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from staffing.errors import Fault, ForecastError
from staffing.forecast.history import History
from staffing.report.days import Days, days_of, on_duty, orders
from staffing.report.drift import Drift, drift
from staffing.scenario import Scenario
from staffing.workspace import Workspace

HALF_H = 0.5
BAND = (0.1, 0.9)
"""Ends of the 80 % interval."""
LOW, HIGH = "q10", "q90"
SILENT_H = 2
"""Hours before the last closing in which nobody need have come."""


@dataclass(frozen=True, kw_only=True)
class Daily:
    """What a day came to.

    Attributes
    ----------
    known_until : the last day that the forecast had seen; issued : whether it is one that was
        published then, else it was made again from what was known
    shops : one row a shop: shop_id, pool, forecast, low and high (80 % interval), actual, error
        ((forecast - actual) / actual), inside (1 where actual lies in the interval), orders,
        conversion (orders / actual), and of the replay service_level, target, lost; NaN where
        not known
    pools : one row a pool: pool, required_h (seat-hours that what came asked for), rostered_h,
        uncovered_h, uncovered_share, and of the replay service_level, target; empty where no roster
        of the day tells pools
    agents : one row a duty: agent_id, name, team, start, end, paid_h, pools (text)
    drifting : shops whose last days together have left the forecast
    history_ends : where the history ends before the last shop closes, its last moment
    """

    workspace: Workspace
    scenario: Scenario
    date: dt.date
    known_until: dt.date
    issued: bool
    shops: pd.DataFrame
    pools: pd.DataFrame
    agents: pd.DataFrame
    drifting: tuple[Drift, ...]
    history_ends: dt.datetime | None

    @property
    def wape(self) -> float:
        """Return the sum of absolute errors over the sum of actuals; NaN without any."""
        known = self.shops.dropna(subset=["actual", "forecast"])
        total = float(known["actual"].sum())
        miss = float((known["forecast"] - known["actual"]).abs().sum())
        return miss / total if total else float("nan")

    @property
    def bias(self) -> float:
        """Return the sum of (forecast - actual) over the sum of actuals; NaN without any."""
        known = self.shops.dropna(subset=["actual", "forecast"])
        total = float(known["actual"].sum())
        return float((known["forecast"] - known["actual"]).sum()) / total if total else float("nan")


def daily(
    workspace: Workspace,
    scenario: Scenario,
    past: History,
    day: dt.date,
    issued: pd.DataFrame | None,
    roster: pd.DataFrame,
) -> Daily:
    """Return the report of a day.

    Parameters
    ----------
    past : the history, the day among it
    issued : forecasts as they were published (`staffing.store.issued`), if any were kept; the
        latest one that had not seen the day is judged
    roster : as `staffing.report.days.published` returns it

    Raises
    ------
    ForecastError
        When the history does not know the day (``day_not_come``), or nothing before it.
    """
    refuse_unknown(workspace, past, day, day)
    lived = days_of(workspace, scenario, past, day, 1, roster)
    said, known_until, kept = _forecast(lived, issued, day)
    shops = _shops(workspace, past, lived, said)
    return Daily(
        workspace=workspace,
        scenario=scenario,
        date=day,
        known_until=known_until,
        issued=kept,
        shops=shops,
        pools=pools(lived),
        agents=_agents(workspace, lived),
        drifting=tuple(drift(workspace, scenario, past, day)),
        history_ends=_ends(workspace, day),
    )


def refuse_unknown(workspace: Workspace, past: History, first: dt.date, last: dt.date) -> None:
    """Refuse a time of which the history knows no day.

    Raises
    ------
    ForecastError
        With the days that it knows (``day_not_come``).
    """
    at = (past.days >= pd.Timestamp(first)) & (past.days <= pd.Timestamp(last))
    if (~np.isnan(past.totals[:, at])).any():
        return
    known = past.days[np.flatnonzero(~np.isnan(past.totals).all(axis=0))]
    facts = {"first": "-", "last": "-"}
    if len(known):
        facts = {"first": f"{known[0]:%Y-%m-%d}", "last": f"{known[-1]:%Y-%m-%d}"}
    value = f"{first}" if first == last else f"{first}..{last}"
    file = workspace.files.get("history", "history")
    raise ForecastError([Fault(code="day_not_come", file=file, value=value, facts=facts)])


def _forecast(
    lived: Days, issued: pd.DataFrame | None, day: dt.date
) -> tuple[pd.DataFrame, dt.date, bool]:
    """Return the forecast to judge (shop_id, forecast, low, high), what it knew, if it was kept."""
    made = lived.expected.daily.assign(date=pd.Timestamp(day))
    again = made.rename(columns={"mean": "forecast"})[["shop_id", "forecast"]]
    doubt = lived.expected.basis
    if doubt is not None:
        found = doubt.spread.quantiles(
            made["mean"].to_numpy(), made["variance"].to_numpy(), BAND, half_hours=False
        )
        again = again.assign(low=found[:, 0], high=found[:, 1])
    else:
        again = again.assign(low=np.nan, high=np.nan)
    before = day - dt.timedelta(days=1)
    if issued is None:
        return again, before, False
    rows = issued[
        (issued["date"] == pd.Timestamp(day)) & (issued["known_until"] < pd.Timestamp(day))
    ]
    rows = rows.sort_values(["known_until", "scenario"], kind="stable")
    rows = rows[rows["known_until"] == rows["known_until"].max()]
    rows = rows.drop_duplicates("shop_id", keep="last")
    if rows.empty:
        return again, before, False
    rows = rows.reindex(columns=["shop_id", "known_until", "mean", LOW, HIGH])
    rows = rows.rename(columns={"mean": "forecast", LOW: "low", HIGH: "high"})
    return rows.drop(columns="known_until"), rows["known_until"].iloc[0].date(), True


def _shops(workspace: Workspace, past: History, lived: Days, said: pd.DataFrame) -> pd.DataFrame:
    day = pd.Timestamp(lived.scenario.horizon.start)
    at = past.days.get_indexer(pd.DatetimeIndex([day]).as_unit(past.days.unit))[0]
    table = pd.DataFrame({"shop_id": past.shops, "actual": past.totals[:, at]})
    table.insert(1, "pool", workspace.shops["pool"].astype("str").reindex(past.shops).to_numpy())
    table = table.merge(said.astype({"shop_id": "str"}), on="shop_id", how="left")
    came = table["actual"].where(table["actual"] > 0)
    inside = table["actual"].between(table["low"], table["high"]).astype("float64")
    inside = inside.where(table[["actual", "low", "high"]].notna().all(axis=1))
    sold = orders(workspace, past)
    keys = pd.MultiIndex.from_product([past.shops, [day]], names=["shop_id", "date"])
    of_day = sold.reindex(keys).to_numpy(dtype="float64")
    table = table.assign(
        error=(table["forecast"] - table["actual"]) / came,
        inside=inside,
        orders=of_day,
        conversion=of_day / came,
    )
    names = ["shop_id", "service_level", "target", "lost"]
    replayed = pd.DataFrame(columns=names) if lived.replay is None else lived.replay.shops[names]
    table = table.merge(replayed.astype({"shop_id": "str"}), on="shop_id", how="left")
    columns = ["shop_id", "pool", "forecast", "low", "high", "actual", "error", "inside"]
    columns += ["orders", "conversion", "service_level", "target", "lost"]
    found = table[columns]
    return found.astype(dict.fromkeys(columns[2:], "float64"))


def pools(lived: Days) -> pd.DataFrame:
    """Return the seats of each pool against the roster, and what the replay reached."""
    columns = ["pool", "required_h", "rostered_h", "uncovered_h", "uncovered_share"]
    columns += ["service_level", "target"]
    if lived.coverage is None or lived.replay is None:
        return pd.DataFrame(columns=columns)
    sums = lived.coverage.groupby("pool")[["required", "rostered", "uncovered"]].sum() * HALF_H
    sums.columns = pd.Index(["required_h", "rostered_h", "uncovered_h"])
    share = sums["uncovered_h"] / sums["required_h"].where(sums["required_h"] > 0)
    reached = lived.replay.by_pool().set_index("pool")[["service_level", "target"]]
    table = sums.assign(uncovered_share=share).join(reached).reset_index()
    return table[columns]


def _agents(workspace: Workspace, lived: Days) -> pd.DataFrame:
    found = [
        {
            "agent_id": each.agent_id,
            "name": each.name,
            "team": each.team,
            "start": each.start,
            "end": each.end,
            "paid_h": each.paid_h,
            "pools": spelt(each.in_pools),
        }
        for each in on_duty(workspace, lived.roster)
    ]
    columns = ["agent_id", "name", "team", "start", "end", "paid_h", "pools"]
    return pd.DataFrame(found, columns=columns)


def spelt(hours: Mapping[str, float]) -> str:
    """Return hours in pools as text, the most first."""
    order = sorted(hours.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{pool} {number:g}" for pool, number in order)


def _ends(workspace: Workspace, day: dt.date) -> dt.datetime | None:
    """Return the last moment of the history where it ends before the last shop closes."""
    start = workspace.history["start"]
    last = start.max()
    closes_min = max(window.closes_min for window in workspace.windows.values())
    closing = pd.Timestamp(day) + pd.Timedelta(minutes=closes_min)
    whole = (start[start >= pd.Timestamp(day)].dt.time == dt.time()).all()
    if whole or last + pd.Timedelta(hours=SILENT_H) >= closing:
        return None
    found: dt.datetime = last.to_pydatetime()
    return found
