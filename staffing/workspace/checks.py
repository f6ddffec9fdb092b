"""What only several cells, rows or tables together can tell: faults and notices."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault
from staffing.grid import DAY_MIN, INTERVAL_MIN, Window, clock_min
from staffing.words import Statement, listed
from staffing.workspace.cells import as_typed
from staffing.workspace.files import Raw

STEPS_MIN = (DAY_MIN, 60, 30, 15, 10, 5)
"""Intervals that a history may come in; 20 minutes do not fit into half hours."""
SHORT_HISTORY_DAYS = 28
STALE_DAYS = 7
OUTSIDE_SHARE = 0.001
CLOSED_BELOW = 0.001
"""A day at zero this improbable for a shop of its size (Poisson) is taken for closed."""
FEWEST_ROWS_OF_A_GRID = 20
"""Fewer rows may lie apart by chance, so their interval is not judged."""

Tables = Mapping[str, pd.DataFrame]
Raws = Mapping[str, Raw]
Minutes = npt.NDArray[np.float64]


def cross_check(
    tables: Tables,
    raws: Raws,
    absent: Sequence[Fault],
    faults: list[Fault],
    notices: list[Fault],
) -> None:
    """Append what is wrong between cells, rows and tables; give each shop without pool its own.

    Runs after each table's own check, whose faults it does not repeat, with whatever tables
    could be read; `absent` holds the missing tables that the shops may make up for.
    """
    windows: dict[str, Window] = {}
    if "shops" in raws:
        shops = tables["shops"]
        shops["pool"] = shops["pool"].fillna(pd.Series(shops.index, shops.index))
        windows = _windows(shops, raws["shops"], faults)
        _channels(shops, raws["shops"], faults)
    if "history" in raws:
        if "shops" in raws:
            _volumes(tables["history"], tables["shops"], raws, faults, notices)
        judged = _steps(tables["history"], raws["history"], faults)
        notices += _oddities(judged, windows, raws["history"])
    for missing in absent:
        _no_history(missing, tables["shops"], raws.get("shops"), faults, notices)
    if {"shops", "agents", "skills"} <= set(raws):
        notices += _training(tables, raws["skills"])
    if "rosters" in raws:
        _overlaps(tables["rosters"], raws["rosters"], faults)


def _windows(shops: pd.DataFrame, raw: Raw, faults: list[Fault]) -> dict[str, Window]:
    """Return shop_id -> window of the shops whose window can be read."""
    windows: dict[str, Window] = {}
    known = shops.dropna(subset=["opens", "closes"])
    for shop, row, opens, closes in zip(
        known.index, known["row"], known["opens"], known["closes"], strict=True
    ):
        try:
            windows[str(shop)] = Window.parse(opens, closes)
        except ValueError:
            code = "empty_window" if clock_min(opens) == clock_min(closes) else "not_a_window"
            column = "opens" if clock_min(opens) % INTERVAL_MIN else "closes"
            faults.append(raw.fault(code, row=row, column=column, value=f"{opens}-{closes}"))
    return windows


def _channels(shops: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """A phone holds one contact at a time, and a pool has one channel."""
    for _, shop in shops[(shops["channel"] == "phone") & (shops["concurrency"] > 1)].iterrows():
        value = f"{shop['concurrency']:g}"
        faults.append(
            raw.fault("phone_concurrency", row=shop["row"], column="concurrency", value=value)
        )
    phones = shops["channel"] == "phone"
    for pool, group in shops[phones].groupby("pool", sort=False):
        if ((shops["pool"] == pool) & (shops["channel"] == "chat")).any():
            row = group["row"].iloc[0]
            faults.append(
                raw.fault("mixed_channels", row=row, column="channel", value="phone", pool=pool)
            )


def _volumes(
    history: pd.DataFrame,
    shops: pd.DataFrame,
    raws: Raws,
    faults: list[Fault],
    notices: list[Fault],
) -> None:
    """Whoever has a history was contacted; what is assumed of shops without one is told.

    Rows whose shop or count cannot be read are faults already; what they hide is not judged.
    """
    totals = history.groupby("shop_id")["contacts"].sum().to_dict()
    unread = set(history.loc[history["contacts"].isna(), "shop_id"])
    for shop, row in shops["row"].items():
        if shop in totals and totals[shop] <= 0 and shop not in unread:
            faults.append(raws["shops"].fault("all_zero", row=row, column="shop_id", value=shop))
    if history["shop_id"].notna().all():
        new = shops[[shop not in totals for shop in shops.index]]
        notices += _assumed(new, raws["shops"])


def _no_history(
    missing: Fault,
    shops: pd.DataFrame,
    raw: Raw | None,
    faults: list[Fault],
    notices: list[Fault],
) -> None:
    """Without any history, every shop needs its contacts a day; `missing` is the plain fault."""
    if raw is None:
        faults.append(missing)
        return
    bare = [str(shop) for shop in shops.index[~_estimated(shops, raw)]]
    if bare:
        facts = {**missing.facts, "shops": listed(bare)}
        faults.append(Fault(code="missing_history", file=missing.file, facts=facts))
    else:
        notices += _assumed(shops, raw)


def _assumed(new: pd.DataFrame, raw: Raw) -> list[Fault]:
    """Return what is assumed of shops without history."""
    known = _estimated(new, raw)
    told = {
        "no_history_estimated": new.loc[known, "contacts_per_day"].map("{:g}".format),
        "no_history": new.loc[~known, "category"],
    }
    return [
        raw.fault(
            code,
            column="contacts_per_day",
            shops=listed([f"{shop} ({detail})" for shop, detail in details.items()]),
        )
        for code, details in told.items()
        if len(details)
    ]


def _estimated(shops: pd.DataFrame, raw: Raw) -> npt.NDArray[np.bool_]:
    """Return which shops have contacts a day, also such as cannot be read: told already."""
    if "contacts_per_day" not in raw.frame:
        return np.zeros(len(shops), dtype=np.bool_)
    return np.asarray(raw.frame.loc[shops["row"], "contacts_per_day"].notna(), dtype=np.bool_)


def _steps(history: pd.DataFrame, raw: Raw, faults: list[Fault]) -> dict[str, pd.DataFrame]:
    """Return shop -> its rows, for the shops whose rows lie on a grid that can be used."""
    judged: dict[str, pd.DataFrame] = {}
    found: dict[tuple[str, int], list[tuple[str, int]]] = defaultdict(list)
    rows = history.dropna(subset=["shop_id", "start", "contacts"])
    for name, own in rows.groupby("shop_id", sort=False):
        minutes = minute_of_day(own["start"])
        off, step = np.flatnonzero(minutes % 5), _odd_step(minutes)
        if raw.table == "contact_log" or not (off.size or step):
            judged[str(name)] = own
            continue
        if not off.size:
            off = np.flatnonzero(minutes % INTERVAL_MIN)
        row = own.index[int(off[0]) if off.size else 0]
        found["irregular_step" if step else "irregular", step].append((str(name), int(row)))
    for (code, step), shops in found.items():
        row = shops[0][1]
        value = as_typed(raw.frame.loc[row, "start"])
        facts: dict[str, object] = {"shops": listed([shop for shop, _ in shops])}
        facts |= {"step": step} if step else {}
        faults.append(raw.fault(code, row=row, column="start", value=value, **facts))
    return judged


def minute_of_day(starts: pd.Series) -> Minutes:
    """Return minutes since midnight, with seconds as a fraction."""
    since = (starts - starts.dt.normalize()).dt.total_seconds() / 60
    return np.asarray(since, dtype=np.float64)


def common_min(minutes: Minutes) -> int:
    """Return the longest interval in minutes that divides the day and fits every start."""
    return math.gcd(DAY_MIN, *np.unique(minutes).astype(int).tolist())


def _odd_step(minutes: Minutes) -> int:
    """Return an interval that does not fit half hours (20, 45, 120 minutes ...), else 0."""
    if (minutes % 5).any():
        return 0
    step = common_min(minutes)
    if step in STEPS_MIN or len(minutes) < FEWEST_ROWS_OF_A_GRID or len(np.unique(minutes)) < 2:
        return 0
    return step


def step_min(starts: pd.Series) -> int:
    """Return the interval of a shop's history in minutes: the longest that fits every start."""
    common = common_min(minute_of_day(starts))
    return next(step for step in STEPS_MIN if common % step == 0)


def _oddities(
    judged: Mapping[str, pd.DataFrame], windows: Mapping[str, Window], raw: Raw
) -> list[Fault]:
    """Return notices on gaps, zero days, short histories and contacts outside the window."""
    found: dict[str, list[str]] = defaultdict(list)
    last = max((pd.Timestamp(own["start"].max()) for own in judged.values()), default=None)
    for shop, own in judged.items():
        for code, detail in _odd(own, windows.get(shop), last or pd.Timestamp.min).items():
            found[code].append(f"{shop} ({detail})")
    column = "start" if "start" in raw.headers else "contacted_at"
    return [
        raw.fault(code, column=column, shops=listed(shops)) for code, shops in sorted(found.items())
    ]


def _odd(own: pd.DataFrame, window: Window | None, last: pd.Timestamp) -> dict[str, str]:
    """Return what is odd about one shop's history: code -> the figure behind it."""
    found: dict[str, str] = {}
    days = own["start"].dt.normalize()
    totals = own.groupby(days)["contacts"].sum()
    span = (days.max() - days.min()).days + 1
    if span < SHORT_HISTORY_DAYS:
        found["short_history"] = f"{span}"
    if (gaps := span - len(totals)) > 0:
        found["missing_days"] = f"{gaps}/{span}"
    zeros, busy = int((totals == 0).sum()), totals[totals > 0]
    if zeros and len(busy) and math.exp(-busy.median()) < CLOSED_BELOW:
        found["zero_days"] = f"{zeros}/{span}"
    if (last - days.max()).days >= STALE_DAYS:
        found["ends_early"] = f"{days.max():%Y-%m-%d}"
    minutes = minute_of_day(own["start"])
    if len(own) == len(totals) >= FEWEST_ROWS_OF_A_GRID and minutes[0] and np.ptp(minutes) == 0:
        found["one_time"] = f"{own['start'].iloc[0]:%H:%M}"
    if window is not None and common_min(minutes) < DAY_MIN:
        inside = ((minutes >= window.opens_min) & (minutes < window.closes_min)) | (
            minutes + DAY_MIN < window.closes_min
        )
        share = float(own["contacts"].where(~inside, 0).sum() / max(own["contacts"].sum(), 1))
        if share > OUTSIDE_SHARE:
            found["outside_window"] = f"{share:.1%}, {window}"
    return found


def _training(tables: Tables, raw: Raw) -> list[Fault]:
    """Pools nobody can serve, agents trained for part of a pool, agents without any skill."""
    notices: list[Fault] = []
    shops, skills = tables["shops"], tables["skills"].dropna(subset=["agent_id", "shop_id"])
    trained = skills.groupby("agent_id")["shop_id"].agg(set)
    for pool, group in shops.groupby("pool", sort=False):
        members = set(group.index)
        if not any(members <= known for known in trained):
            notices.append(raw.fault("nobody_trained", column="shop_id", value=pool))
        partly = [
            str(agent)
            for agent, known in trained.items()
            if members & known and not members <= known
        ]
        if partly:
            facts: dict[str, str | Statement] = {"agents": listed(partly), "pool": str(pool)}
            notices.append(raw.fault("partly_trained", column="shop_id", **facts))
    idle = [str(agent) for agent in tables["agents"].index if agent not in trained.index]
    if idle:
        notices.append(raw.fault("no_skill", column="agent_id", agents=listed(idle)))
    return notices


def _overlaps(rosters: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """A person cannot work two published shifts at once."""
    ordered = rosters.dropna(subset=["agent_id", "start", "end"]).sort_values(
        ["agent_id", "start"], kind="stable"
    )
    until = ordered.groupby("agent_id")["end"].cummax()
    busy_until = until.groupby(ordered["agent_id"]).shift()
    for row in ordered.index[ordered["start"] < busy_until]:
        value = f"{ordered.loc[row, 'agent_id']} {ordered.loc[row, 'start']:%Y-%m-%d %H:%M}"
        faults.append(raw.fault("overlap", row=row, column="start", value=value))
