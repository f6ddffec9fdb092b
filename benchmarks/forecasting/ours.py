"""The project's forecast of the benchmark's sets: a workspace for each origin, no settings."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.forecasting import speed
from benchmarks.forecasting.sets import DAY, Origin, Set
from staffing.forecast import forecast, history
from staffing.forecast.history import History
from staffing.scenario import ForecastSettings, Horizon, Scenario
from staffing.workspace import Workspace, read_workspace
from staffing.workspace.tables import empty
from staffing.workspace.tables.columns import CATEGORIES

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
ELSEWHERE = "UTC"
"""Zone of series from outside China: the Chinese calendar does not hold, clocks never change."""
CATEGORY = ("StoreType", "cate_2_name")
"""Traits that say what a shop sells, where a set has one."""
HALF_HOUR = pd.Timedelta(minutes=30)


def ours(case: Set, origin: Origin, told: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return shop_id, start, mean and quantiles ``q0.025`` ... of the rows ahead.

    Parameters
    ----------
    told : contacts a day of some shops, as a person estimates them
    """
    workspace = as_workspace(case, origin)
    estimates = workspace.shops.index.map(told or {}).to_numpy(dtype=float)
    workspace.tables["shops"]["contacts_per_day"] = estimates
    made = forecast(workspace, as_scenario(case, origin), history(workspace))
    found = made.daily.rename(columns={"date": "start"}) if case.daily else made.table
    names = {f"q{100 * level:g}": f"q{level}" for level in LEVELS}
    found = found.rename(columns=names).assign(shop_id=lambda t: t["shop_id"].astype(str))
    ahead = origin.ahead[["shop_id", "start"]].assign(key=lambda t: t["shop_id"].astype(str))
    columns = ["key", "start", "mean", *names.values()]
    found = found.rename(columns={"shop_id": "key"})[columns]
    return ahead.merge(found, on=["key", "start"], how="left").drop(columns="key").fillna(0.0)


def as_scenario(case: Set, origin: Origin, days: int | None = None) -> Scenario:
    """Return the scenario of the days after an origin."""
    return Scenario(
        name=case.name,
        workspace=Path(),
        zone="Asia/Shanghai" if case.country == "CN" else ELSEWHERE,
        horizon=Horizon(start=(origin.day + DAY).date(), days=days or case.horizon_days),
        forecast=ForecastSettings(quantiles=LEVELS),
    )


def as_workspace(case: Set, origin: Origin) -> Workspace:
    """Return the tables that a planner would have had at an origin."""
    known = origin.known.assign(shop_id=origin.known["shop_id"].astype(str))
    rows = known.dropna(subset=["contacts"])[["shop_id", "start", "contacts"]]
    tables = {
        "shops": _shops(case, known),
        "history": rows.reset_index(drop=True),
        "promotions": _promotions(case, origin),
        "special_days": _special_days(case, origin),
    }
    return Workspace(
        root=Path(),
        zone="Asia/Shanghai" if case.country == "CN" else ELSEWHERE,
        tables=tables,
        files={"history": case.name},
        defaults=(),
        notices=(),
    )


def _shops(case: Set, known: pd.DataFrame) -> pd.DataFrame:
    traits = known.drop_duplicates("shop_id").set_index("shop_id")
    category = next((trait for trait in CATEGORY if trait in case.traits), None)
    clock = known["start"] - known["start"].dt.normalize()
    opens, closes = (clock.min(), clock.max() + HALF_HOUR) if not case.daily else (9, 24)
    return pd.DataFrame(
        {
            "platform": "-",
            "category": "-" if category is None else traits[category].fillna("-").astype(str),
            "opens": f"{int(pd.Timedelta(opens, 'h') / HALF_HOUR) // 2:02d}:00",
            "closes": f"{int(pd.Timedelta(closes, 'h') / HALF_HOUR) // 2:02d}:00",
            "statutory_days": "open",
            "contacts_per_day": np.nan,
            "promotions_per_month": np.nan,
            "strength": np.nan,
        },
        index=traits.index,
    )


def _promotions(case: Set, origin: Origin) -> pd.DataFrame:
    """Return the set's events, and the runs of days with a promotion flag.

    National Day is no promotion: the calendar knows it.
    """
    found: list[tuple[object, ...]] = []
    if case.events is not None:
        rows = case.events[case.events["phase"] != "holiday"]
        found = [(*row, None) for row in rows.itertuples(index=False)]
    if "promo" in case.flags:
        for shop, first, last in _runs(_both(origin), "promo"):
            found.append(("Promotion", "sale", first, last + DAY, shop))
    shared = pd.DataFrame(found, columns=["name", "phase", "start", "end", "shop_id"])
    shared = shared.assign(platform=None, category=None, strength=np.nan)
    moments = {name: pd.to_datetime(shared[name]) for name in ("start", "end")}
    return empty("promotions") if shared.empty else shared.assign(**moments)


def _special_days(case: Set, origin: Origin) -> pd.DataFrame:
    """Return closings beside the weekdays on which a shop never opens, and school holidays."""
    found: list[tuple[object, ...]] = []
    if "open" in case.flags:
        both = _both(origin)
        weekday = both["start"].dt.day_of_week
        opens = both.groupby([both["shop_id"], weekday])["open"].transform("mean") > 0
        both = both.assign(closed=1 - both["open"], unusual=(both["open"] == 0) & opens)
        odd = both[both["unusual"]].groupby("shop_id")["start"].agg(set).to_dict()
        for shop, first, last in _runs(both, "closed"):
            if not odd.get(shop, set()).isdisjoint(pd.date_range(first, last)):
                found.append(("closed", first, last, True, shop))
        for shop, first, last in _runs(both, "school"):
            found.append(("school holiday", first, last, False, shop))
    if not found:
        return empty("special_days")
    table = pd.DataFrame(found, columns=["name", "first_day", "last_day", "closed", "shop_id"])
    return table.assign(platform=None, category=None)


def _both(origin: Origin) -> pd.DataFrame:
    """Return the days known and ahead, each shop's in order."""
    both = pd.concat([origin.known, origin.ahead], ignore_index=True)
    both = both.assign(shop_id=both["shop_id"].astype(str))
    return both.sort_values(["shop_id", "start"], ignore_index=True)


def _runs(rows: pd.DataFrame, flag: str) -> Iterator[tuple[str, pd.Timestamp, pd.Timestamp]]:
    """Yield shop, first and last day of every run of days with a flag."""
    on = rows[rows[flag] > 0]
    step = (on["start"].diff() != DAY) | (on["shop_id"] != on["shop_id"].shift())
    spans = on.groupby(step.cumsum()).agg(
        shop=("shop_id", "first"), first=("start", "first"), last=("start", "last")
    )
    yield from spans.itertuples(index=False, name=None)


def speed_workspace(shops: int) -> Path:
    """Write a workspace with two years of half hours of invented shops; return its folder."""
    folder = Path(tempfile.mkdtemp(prefix="staffing-speed-"))
    rows = speed.half_hours(shops)
    rows.to_parquet(folder / "history.parquet", index=False)
    names = rows["shop_id"].drop_duplicates().astype(str).to_numpy()
    pd.DataFrame(
        {
            "shop_id": names,
            "name": names,
            "platform": "Tmall",
            "category": [CATEGORIES[i % len(CATEGORIES)] for i in range(len(names))],
            "opens": "09:00",
            "closes": "24:00",
        }
    ).to_csv(folder / "shops.csv", index=False)
    (folder / "agents.csv").write_text("agent_id,name,team\nA1,Anna,one\n", "utf-8")
    (folder / "skills.csv").write_text(f"agent_id,shop_id\nA1,{names[0]}\n", "utf-8")
    return folder


def speed_load(folder: Path) -> tuple[Workspace, History]:
    """Return a workspace and its history on the grid, read from its tables."""
    workspace = read_workspace(folder, "Asia/Shanghai")
    return workspace, history(workspace)


def speed_forecast(workspace: Workspace, past: History) -> pd.DataFrame:
    """Return 28 days of quantiles of a workspace."""
    first = past.days[-1].date() + dt.timedelta(days=1)
    horizon = Horizon(start=first, days=speed.HORIZON_DAYS)
    scenario = Scenario(name="speed", workspace=Path(), horizon=horizon)
    return forecast(workspace, scenario, past).table
