"""What only several cells, rows or tables together can tell: faults and notices."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault
from staffing.frames import rows as walk
from staffing.grid import DAY_MIN, INTERVAL_MIN, Window, clock_min, clock_text
from staffing.platforms import platforms
from staffing.words import Statement, listed
from staffing.workspace.cells import as_typed
from staffing.workspace.counted import TICK_MIN, Counted, Ints, counted
from staffing.workspace.files import Raw

STEPS_MIN = (DAY_MIN, 60, 30, 15, 10, 5)
"""Intervals that a history may come in; 20 minutes do not fit into half hours."""
SHORT_HISTORY_DAYS = 28
STALE_DAYS = 7
MOST_APART_DAYS = 731
"""Days without any row between two rows beyond which one of them has a mistyped year."""
OUTSIDE_SHARE = 0.001
CLOSED_BELOW = 0.001
"""A day at zero this improbable for a shop of its size (Poisson) is taken for closed."""
FEWEST_ROWS_OF_A_GRID = 20
"""Fewer rows may lie apart by chance, so their interval is not judged."""

Tables = Mapping[str, pd.DataFrame]
Raws = Mapping[str, Raw]


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
        _curves(shops, raws["shops"], faults)
        _replies(shops, raws["shops"], faults)
    if "activities" in raws:
        _activities(tables["activities"], raws["activities"], faults)
    if "history" in raws:
        volume = _volume(tables["history"])
        if "shops" in raws:
            _volumes(volume, tables["shops"], raws, faults, notices)
        _years(volume, raws["history"], faults)
        judged = _steps(volume, raws["history"], faults)
        notices += _oddities(volume, judged, windows, raws["history"])
    for missing in absent:
        _no_history(missing, tables["shops"], raws.get("shops"), faults, notices)
    if {"shops", "agents", "skills"} <= set(raws):
        notices += _training(tables, raws["skills"])
    if "skills" in raws:
        _ramps(tables["skills"], raws["skills"], faults)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A row of `activities` that could be read: when it may be, in what session and whose."""

    row: int
    agent: str
    session: tuple[str, str] | None
    when: tuple[int, Window, pd.Timestamp, pd.Timestamp]

    def shares_a_day(self, other: _Asked) -> bool:
        """Return whether both may be on one day."""
        return self.when[2] <= other.when[3] and other.when[2] <= self.when[3]


def _activities(table: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """An activity fits into its window, and rows of one session say the same of it."""
    windows = _windows(table.assign(row=table.index), raw, faults)
    sessions: dict[tuple[str, str], list[_Asked]] = defaultdict(list)
    for each in _asked(table, windows):
        slots, window, *_ = each.when
        if slots > window.end_slot - window.first_slot:
            value = as_typed(raw.frame["minutes"].loc[each.row])
            code, told = "activity_too_long", f"{window}"
            faults.append(raw.fault(code, row=each.row, column="minutes", value=value, window=told))
        if each.session is None:
            continue
        for other in filter(each.shares_a_day, sessions[each.session]):
            alike = each.when == other.when
            if alike and each.agent != other.agent:
                continue
            code, word = "twice_together" if alike else "not_together", each.session[1]
            faults.append(
                raw.fault(code, row=each.row, column="together", value=word, first=other.row)
            )
            break
        sessions[each.session].append(each)


def _asked(table: pd.DataFrame, windows: Mapping[str, Window]) -> Iterator[_Asked]:
    """Yield the rows without a blank where there must be none."""
    table = table.assign(last_day=table["last_day"].fillna(table["first_day"]), number=table.index)
    for each in walk(table.dropna(subset=["activity", "agent_id", "minutes", "first_day"])):
        if (window := windows.get(str(each.number))) is not None:
            word = "" if pd.isna(each.together) else str(each.together)
            yield _Asked(
                row=int(each.number),
                agent=str(each.agent_id),
                session=(str(each.activity), word) if word else None,
                when=(-int(-each.minutes // INTERVAL_MIN), window, each.first_day, each.last_day),
            )


def _channels(shops: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """A phone or a ticket is one at a time; a pool answers chats or phones, tickets besides."""
    one_by_one = shops["channel"].isin(["phone", "ticket"])
    for _, shop in shops[one_by_one & (shops["concurrency"] > 1)].iterrows():
        value = f"{shop['concurrency']:g}"
        faults.append(
            raw.fault(
                "phone_concurrency" if shop["channel"] == "phone" else "ticket_concurrency",
                row=shop["row"],
                column="concurrency",
                value=value,
            )
        )
    phones = shops["channel"] == "phone"
    for pool, group in shops[phones].groupby("pool", sort=False):
        if ((shops["pool"] == pool) & (shops["channel"] == "chat")).any():
            row = group["row"].iloc[0]
            faults.append(
                raw.fault("mixed_channels", row=row, column="channel", value="phone", pool=pool)
            )


def _curves(shops: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """A chat among others takes longer than a lone one, but not so long that less gets done."""
    alone, aht, most = shops["aht_alone_s"], shops["aht_s"], shops["concurrency"]
    odd = (alone > aht) | (alone * most < aht) | ((most == 1) & (alone != aht) & alone.notna())
    for _, shop in shops[odd].iterrows():
        facts = {"aht_s": f"{shop['aht_s']:g}", "concurrency": f"{shop['concurrency']:g}"}
        value = f"{shop['aht_alone_s']:g}"
        faults.append(
            raw.fault("not_alone", row=shop["row"], column="aht_alone_s", value=value, **facts)
        )


def _replies(shops: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """A reply metric is one of chats, needs a rhythm that fits their AHT, and a share asked for."""
    judged = shops[shops["reply_rule"].isin(list(platforms()))]
    for shop, cells in judged.iterrows():
        fault = _unfit_for_replies(str(shop), cells, raw)
        faults += [] if fault is None else [fault]


def _unfit_for_replies(shop: str, cells: pd.Series, raw: Raw) -> Fault | None:
    """Return what keeps a shop's reply metric from being one, if anything."""
    row, rule = cells["row"], str(cells["reply_rule"])
    if cells["channel"] != "chat":
        return raw.fault("reply_without_chat", row=row, column="reply_rule", shop=shop)
    if pd.isna(cells["reply_level"]) and platforms()[rule].level is None:
        return raw.fault("no_reply_level", row=row, column="reply_level", rule=rule, shop=shop)
    for column in ("replies", "reply_s"):
        if pd.isna(cells[column]):
            return raw.fault("no_pace", row=row, column=column, rule=rule, shop=shop)
    busy_s = cells["replies"] * cells["reply_s"] * cells["concurrency"]
    if busy_s > cells["aht_s"]:
        facts = {"aht_s": f"{cells['aht_s']:g}", "busy_s": f"{busy_s:g}", "shop": shop}
        return raw.fault("not_a_pace", row=row, column="reply_s", **facts)
    return None


def _volumes(
    volume: _Volume, shops: pd.DataFrame, raws: Raws, faults: list[Fault], notices: list[Fault]
) -> None:
    """Whoever has a history was contacted; what is assumed of shops without one is told.

    Rows whose shop or count cannot be read are faults already; what they hide is not judged.
    """
    totals = dict(zip(volume.shops, volume.counts.day_contacts.sum(axis=1), strict=True))
    there = set(volume.shops[volume.present])
    for shop, row in shops["row"].items():
        if shop in there and totals[shop] <= 0 and shop not in volume.unread:
            faults.append(raws["shops"].fault("all_zero", row=row, column="shop_id", value=shop))
    if not volume.nameless:
        new = shops[[shop not in there | volume.unread for shop in shops.index]]
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Volume:
    """A history counted.

    Attributes
    ----------
    rows : the rows that can be read
    shops : shop ids, in the order of the axes of `counts`
    present : positions of the shops that have such rows, in the order of the file
    unread : shops with a row that cannot be read
    nameless : whether a row's shop cannot be read
    """

    rows: pd.DataFrame
    shops: pd.Index
    present: list[int]
    counts: Counted
    unread: set[str]
    nameless: bool


def _volume(history: pd.DataFrame) -> _Volume:
    """Count the rows that can be read."""
    nameless = history["shop_id"].isna()
    blank = nameless | history["start"].isna() | history["contacts"].isna()
    rows = history[~blank] if blank.any() else history
    codes, shops = rows["shop_id"].cat.codes.to_numpy(), rows["shop_id"].cat.categories
    return _Volume(
        rows=rows,
        shops=shops,
        present=pd.unique(codes).tolist(),
        counts=counted(codes, rows["start"], rows["contacts"].to_numpy(), len(shops)),
        unread=set(history.loc[blank & ~nameless, "shop_id"]),
        nameless=bool(nameless.any()),
    )


def _years(volume: _Volume, raw: Raw, faults: list[Fault]) -> None:
    """Append the first row of every run of days that lies years away from most rows."""
    days, rows = volume.counts.days, volume.counts.day_rows.sum(axis=0)
    if len(days) < 2:
        return
    apart = np.flatnonzero(np.diff(days).astype(np.int64) > MOST_APART_DAYS) + 1
    runs = np.split(np.arange(len(days)), apart)
    most = max(runs, key=lambda run: (int(rows[run].sum()), int(run[0])))
    starts, column = volume.rows["start"], "start" if "start" in raw.headers else "contacted_at"
    for run in runs:
        if run is not most:
            first, end = days[run[0]], days[run[-1]] + np.timedelta64(1, "D")
            row = starts.index[((starts >= first) & (starts < end)).to_numpy()][0]
            facts = {"first": f"{days[most[0]]}", "last": f"{days[most[-1]]}"}
            value = as_typed(raw.frame[column].loc[row])
            faults.append(raw.fault("far_apart", row=row, column=column, value=value, **facts))


def _steps(volume: _Volume, raw: Raw, faults: list[Fault]) -> list[int]:
    """Return the positions of the shops whose rows lie on a grid that can be used."""
    counts = volume.counts
    if raw.table == "contact_log":
        return volume.present
    judged: list[int] = []
    found: dict[tuple[str, int], list[int]] = defaultdict(list)
    odd = _odd_steps(counts)
    for shop in volume.present:
        if counts.off_grid[shop]:
            found["irregular", 0].append(shop)
        elif odd[shop]:
            found["irregular_step", int(odd[shop])].append(shop)
        else:
            judged.append(shop)
    for (code, step), shops in found.items():
        row = _first_off(volume, shops[0], INTERVAL_MIN if step else TICK_MIN)
        value = as_typed(raw.frame["start"].loc[row])
        facts: dict[str, object] = {"shops": listed([str(name) for name in volume.shops[shops]])}
        facts |= {"step": step} if step else {}
        faults.append(raw.fault(code, row=row, column="start", value=value, **facts))
    return judged


def _odd_steps(counts: Counted) -> Ints:
    """Return per shop an interval that does not fit half hours (20, 45, 120 minutes ...), else 0.

    Few rows may lie apart by chance, and rows at one time of day are days.
    """
    step = counts.common_min
    times = (counts.tick_rows > 0).sum(axis=1)
    fits = np.isin(step, STEPS_MIN) | (counts.rows < FEWEST_ROWS_OF_A_GRID) | (times < 2)
    return np.where(fits, 0, step)


def _first_off(volume: _Volume, shop: int, step: int) -> int:
    """Return the number of a shop's first row off a step, of its first row where there is none."""
    starts = volume.rows["start"][(volume.rows["shop_id"] == volume.shops[shop]).to_numpy()]
    off = (starts - starts.dt.normalize()) % pd.Timedelta(minutes=step) != pd.Timedelta(0)
    return int(off.idxmax())


def steps_min(counts: Counted) -> Ints:
    """Return the interval of each shop's history in minutes: the longest that fits every start."""
    steps = np.array(STEPS_MIN)
    fits = counts.common_min[:, None] % steps == 0
    return np.asarray(steps[np.argmax(fits, axis=1)])


def _oddities(
    volume: _Volume, judged: Sequence[int], windows: Mapping[str, Window], raw: Raw
) -> list[Fault]:
    """Return notices on gaps, zero days, short histories and contacts outside the window."""
    found: dict[str, list[str]] = defaultdict(list)
    known = volume.counts.day_rows[list(judged)].any(axis=0)
    last = volume.counts.days[known].max() if known.any() else np.datetime64("NaT")
    for shop in judged:
        name = str(volume.shops[shop])
        details = _odd_days(volume.counts, shop, last) | _odd_times(
            volume.counts, shop, windows.get(name)
        )
        for code, detail in details.items():
            found[code].append(f"{name} ({detail})")
    column = "start" if "start" in raw.headers else "contacted_at"
    return [
        raw.fault(code, column=column, shops=listed(shops)) for code, shops in sorted(found.items())
    ]


def _odd_days(counts: Counted, shop: int, last: np.datetime64) -> dict[str, str]:
    """Return what is odd about the days of a shop's history: code -> the figure behind it."""
    found: dict[str, str] = {}
    there = np.flatnonzero(counts.day_rows[shop])
    days, totals = counts.days[there], counts.day_contacts[shop, there]
    span = int((days[-1] - days[0]).astype(int)) + 1
    if span < SHORT_HISTORY_DAYS:
        found["short_history"] = f"{span}"
    if (gaps := span - len(days)) > 0:
        found["missing_days"] = f"{gaps}/{span}"
    zeros, busy = int((totals == 0).sum()), totals[totals > 0]
    if zeros and len(busy) and math.exp(-np.median(busy)) < CLOSED_BELOW:
        found["zero_days"] = f"{zeros}/{span}"
    if int((last - days[-1]).astype(int)) >= STALE_DAYS:
        found["ends_early"] = f"{days[-1]}"
    return found


def _odd_times(counts: Counted, shop: int, window: Window | None) -> dict[str, str]:
    """Return what is odd about the times of day of a shop's history."""
    found: dict[str, str] = {}
    ticks = np.flatnonzero(counts.tick_rows[shop])
    rows, days = counts.rows[shop], np.count_nonzero(counts.day_rows[shop])
    if rows == days >= FEWEST_ROWS_OF_A_GRID and len(ticks) == 1 and ticks[0]:
        found["one_time"] = clock_text(int(ticks[0]) * TICK_MIN)
    if window is not None and counts.common_min[shop] < DAY_MIN:
        minutes, contacts = ticks * TICK_MIN, counts.tick_contacts[shop, ticks]
        inside = ((minutes >= window.opens_min) & (minutes < window.closes_min)) | (
            minutes + DAY_MIN < window.closes_min
        )
        share = contacts[~inside].sum() / max(contacts.sum(), 1)
        if share > OUTSIDE_SHARE:
            found["outside_window"] = f"{share:.1%}, {window}"
    return found


def _training(tables: Tables, raw: Raw) -> list[Fault]:
    """Pools nobody can serve, agents trained for part of a pool, agents without any skill."""
    notices: list[Fault] = []
    shops, skills = tables["shops"], tables["skills"][["agent_id", "shop_id"]].dropna()
    trained = skills.drop_duplicates().assign(pool=skills["shop_id"].map(shops["pool"]))
    known = trained.groupby(["pool", "agent_id"]).size()
    whole = known == shops.groupby("pool").size().reindex(known.index, level="pool")
    able = set(known.index[whole].get_level_values("pool"))
    partly = defaultdict(list)
    for pool, agent in known.index[~whole]:
        partly[pool].append(str(agent))
    for pool in shops["pool"].unique():
        if pool not in able:
            notices.append(raw.fault("nobody_trained", column="shop_id", value=pool))
        if pool in partly:
            facts: dict[str, str | Statement] = {"agents": listed(partly[pool]), "pool": str(pool)}
            notices.append(raw.fault("partly_trained", column="shop_id", **facts))
    taught = set(skills["agent_id"])
    idle = [str(agent) for agent in tables["agents"].index if agent not in taught]
    if idle:
        notices.append(raw.fault("no_skill", column="agent_id", agents=listed(idle)))
    return notices


def _ramps(skills: pd.DataFrame, raw: Raw, faults: list[Fault]) -> None:
    """A rising speed rises from some day on."""
    rising = skills.index[skills["ramp_days"].notna()]
    told = raw.frame["since"].notna() if "since" in raw.frame else pd.Series(dtype="bool")
    bare = [row for row in rising if not told.get(row, default=False)]
    faults += [raw.fault("ramp_without_since", row=row, column="since") for row in bare]


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
