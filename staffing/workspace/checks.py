"""What only several cells, rows or tables together can tell: faults and notices."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from staffing.errors import Fault
from staffing.grid import DAY_MIN, Window

STEPS_MIN = (DAY_MIN, 60, 30, 15, 10, 5)
"""Intervals that a history may come in; 20 minutes do not fit into half hours."""
SHORT_HISTORY_DAYS = 28

Tables = Mapping[str, pd.DataFrame]


def cross_check(
    tables: Tables, files: Mapping[str, str], faults: list[Fault], notices: list[Fault]
) -> None:
    """Append what is wrong between cells, rows and tables; give each shop without pool its own.

    Runs after each table's own check, whose faults it does not repeat.
    """
    shops = tables["shops"]
    shops["pool"] = shops["pool"].fillna(pd.Series(shops.index, shops.index))
    windows = _windows(shops, files["shops"], faults)
    _channels(shops, files["shops"], faults)
    _history(tables["history"], shops, windows, files["history"], faults, notices)
    _training(tables, files["skills"], notices)
    _overlaps(tables["rosters"], files.get("rosters", "rosters"), faults)


def _windows(shops: pd.DataFrame, file: str, faults: list[Fault]) -> dict[str, Window]:
    """Return shop_id -> window of the shops whose window can be read."""
    windows: dict[str, Window] = {}
    for shop, row in shops.iterrows():
        try:
            windows[str(shop)] = Window.parse(str(row["opens"]), str(row["closes"]))
        except ValueError:
            value = f"{row['opens']}-{row['closes']}"
            faults.append(
                Fault(
                    code="not_a_window",
                    file=file,
                    row=int(row["row"]),
                    column="closes",
                    value=value,
                )
            )
    return windows


def _channels(shops: pd.DataFrame, file: str, faults: list[Fault]) -> None:
    """A phone holds one contact at a time, and a pool has one channel."""
    for shop, row in shops[(shops["channel"] == "phone") & (shops["concurrency"] > 1)].iterrows():
        faults.append(
            Fault(
                code="phone_concurrency",
                file=file,
                row=int(row["row"]),
                column="concurrency",
                value=f"{row['concurrency']:.0f}",
                facts={"shop": str(shop)},
            )
        )
    channels = shops.groupby("pool")["channel"].nunique()
    for pool in channels.index[channels > 1]:
        row = shops[shops["pool"] == pool].iloc[-1]
        faults.append(
            Fault(
                code="mixed_channels",
                file=file,
                row=int(row["row"]),
                column="channel",
                value=str(row["channel"]),
                facts={"pool": str(pool)},
            )
        )


def _history(
    history: pd.DataFrame,
    shops: pd.DataFrame,
    windows: Mapping[str, Window],
    file: str,
    faults: list[Fault],
    notices: list[Fault],
) -> None:
    rows = history.dropna(subset=["shop_id", "start", "contacts"])
    by_shop = dict(iter(rows.groupby("shop_id", sort=False)))
    for shop in shops.index.astype(str):
        own = by_shop.get(shop)
        if own is None or not own["contacts"].sum() > 0:
            code = "no_history" if own is None else "all_zero"
            faults.append(Fault(code=code, file=file, column="shop_id", value=shop))
            continue
        off = off_grid(own["start"])
        if off is not None:
            faults.append(
                Fault(
                    code="irregular",
                    file=file,
                    row=int(off),
                    column="start",
                    value=str(own.at[off, "start"]),
                    facts={"shop": shop},
                )
            )
            continue
        notices += _oddities(own, shop, windows.get(shop), file)


def off_grid(starts: pd.Series) -> int | None:
    """Return the row label of a start that fits no regular interval, or None."""
    seconds = ((starts - starts.dt.normalize()).dt.total_seconds()).to_numpy()
    off = np.flatnonzero(seconds % 300 != 0)
    if off.size:
        return int(starts.index[off[0]])
    steps = math.gcd(DAY_MIN, *np.unique(seconds // 60).astype(int).tolist())
    if steps in (20, 40):
        return int(starts.index[np.flatnonzero(seconds % 1800 != 0)[0]])
    return None


def step_min(starts: pd.Series) -> int:
    """Return the interval of a shop's history in minutes: the longest that fits every start."""
    minutes = ((starts - starts.dt.normalize()).dt.total_seconds() // 60).unique()
    common = math.gcd(DAY_MIN, *np.asarray(minutes, dtype=int).tolist())
    return next(step for step in STEPS_MIN if common % step == 0)


def _oddities(
    own: pd.DataFrame, shop: str, window: Window | None, file: str
) -> list[Fault]:
    """Return notices on gaps, zero days, short history and contacts outside the window."""
    found: list[tuple[str, dict[str, str]]] = []
    days = own["start"].dt.normalize()
    totals = own.groupby(days)["contacts"].sum()
    span = (days.max() - days.min()).days + 1
    if span < SHORT_HISTORY_DAYS:
        found.append(("short_history", {"days": str(span)}))
    if (gaps := span - len(totals)) > 0:
        found.append(("missing_days", {"days": str(gaps)}))
    if (zeros := int((totals == 0).sum())) and totals.median() >= 10:
        found.append(("zero_days", {"days": str(zeros)}))
    if window is not None and step_min(own["start"]) < DAY_MIN:
        minute = (own["start"] - days).dt.total_seconds() / 60
        inside = ((minute >= window.opens_min) & (minute < window.closes_min)) | (
            minute + DAY_MIN < window.closes_min
        )
        share = float(own["contacts"].where(~inside, 0).sum() / own["contacts"].sum())
        if share > 0.001:
            facts = {"share": f"{share:.1%}", "window": str(window)}
            found.append(("outside_window", facts))
    return [
        Fault(code=code, file=file, column="start", value=shop, facts={"shop": shop, **facts})
        for code, facts in found
    ]


def _training(tables: Tables, file: str, notices: list[Fault]) -> None:
    """Pools nobody can serve, agents trained for part of a pool, agents without any skill."""
    shops, skills = tables["shops"], tables["skills"]
    trained = skills.dropna(subset=["agent_id", "shop_id"]).groupby("agent_id")["shop_id"].agg(set)
    for pool, group in shops.groupby("pool", sort=False):
        members = set(group.index)
        full = sum(members <= known for known in trained)
        partial = sum(bool(members & known) and not members <= known for known in trained)
        if not full:
            notices.append(
                Fault(code="nobody_trained", file=file, column="shop_id", value=str(pool))
            )
        if partial:
            facts = {"agents": str(partial), "pool": str(pool)}
            notices.append(
                Fault(code="partly_trained", file=file, column="shop_id", facts=facts)
            )
    idle = [str(a) for a in tables["agents"].index if a not in trained.index]
    if idle:
        facts = {"agents": ", ".join(idle[:5]), "count": str(len(idle))}
        notices.append(Fault(code="no_skill", file=file, column="agent_id", facts=facts))


def _overlaps(rosters: pd.DataFrame, file: str, faults: list[Fault]) -> None:
    """A person cannot work two published shifts at once."""
    ordered = rosters.dropna(subset=["agent_id", "start", "end"]).sort_values(
        ["agent_id", "start"]
    )
    same = ordered["agent_id"].eq(ordered["agent_id"].shift())
    clash = same & (ordered["start"] < ordered["end"].shift())
    for row in ordered.index[clash]:
        value = f"{ordered.at[row, 'agent_id']} {ordered.at[row, 'start']}"
        faults.append(
            Fault(code="overlap", file=file, row=int(row), column="start", value=value)
        )
