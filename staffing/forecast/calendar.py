"""What is known about a day in advance: weekday, holiday, promotion phase."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, Window
from staffing.workspace import Workspace

LAST_OFFICIAL_YEAR = 2026
"""State Council notices are known up to this year; later years are a rule-based guess."""
TAIL = (0, 1, 2, 3, 3, 3, 3)
"""Stretches of the days after a phase that are still not ordinary: after-sales contacts follow
the orders, and who has bought does not buy again at once."""
RUN_UP = (0, 0, 1, 1, 1, 1, 1)
"""Stretches of the days before a phase, counted backwards: buyers wait for it."""
SPRING_RUN_UP = (0, 0, 1, 1, 1, 2, 2, 2, 2)
"""Couriers stop a week and more before the Spring Festival block."""
SPRING_TAIL = (0, 0, 1, 1, 1, 2, 2, 2)
"""Trade comes back until the Lantern Festival, the 15th day of the year."""
CHINESE_ZONES = frozenset({"Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Harbin", "PRC"})
"""Zones in which the State Council's calendar holds; elsewhere `special_days` tells holidays."""
EVE_SHARE = 0.5
"""A first day covered less than this is the eve of the phase: an evening start at 20:00."""
BUCKETS = (0, 1, 2, 3, 5, 8)
"""First days of the stretches of a phase that are treated alike: an event fades ever slower."""
NAMESAKE = 9
"""Stretch of the day that gave a sale its name: as strong as a first day until it has been seen."""
NAMESAKES = {
    (3, 8): re.compile(r"(?<!\d)3\.?8(?!\d)|三八|女王节|妇女节"),
    (6, 18): re.compile(r"(?<!\d)6\.?18(?!\d)|六一八"),
    (8, 18): re.compile(r"(?<!\d)8\.?18(?!\d)|八一八"),
    (9, 9): re.compile(r"(?<!\d)9\.?9(?!\d)|九九"),
    (11, 11): re.compile(r"(?i)double (11|eleven)|(?<!\d)11\.?11(?!\d)|双11|双十一"),
    (12, 12): re.compile(r"(?i)double (12|twelve)|(?<!\d)12\.?12(?!\d)|双12|双十二"),
}
"""Month and day that sales are called after; on it the most is sold."""
YEAR = re.compile(r"\s*\b20\d\d\b\s*$")
DAY = dt.timedelta(days=1)
SPRING_FESTIVAL = "Spring Festival"
SATURDAY, SUNDAY = 5, 6
CLOSED = "closed"
BREAK = pd.Timedelta(days=7)
"""Without a phase for longer than this, a promotion named without a year has ended."""

Family = Literal["promotion", "holiday", "special"]
Part = Literal["before", "on", "after"]


class EventKey(NamedTuple):
    """What makes days of different years comparable.

    `event` is without its year; `stretch` counts within the part: of a phase as `bucket` says
    (-1 its eve, `NAMESAKE` the day it is called after), of the days before it backwards.
    """

    family: Family
    event: str
    phase: str
    part: Part
    stretch: int

    @property
    def is_spring(self) -> bool:
        """Return whether the day belongs to Spring Festival, which halves trade for weeks."""
        return self.family == "holiday" and self.event == SPRING_FESTIVAL

    @property
    def alike(self) -> int:
        """Return the stretch whose factor is the best guess where no other is known."""
        return 0 if self.stretch == NAMESAKE else self.stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDay:
    """One shop's service day in, before or after a promotion phase, a holiday, a special day.

    Attributes
    ----------
    edition : the event with its year
    covers : the half hours of the service day inside the phase, [first, end)
    share : share of the opening window that lies inside the phase; 1 for a whole day
    strength : a person's estimate of the multiple of an ordinary day, if any
    """

    key: EventKey
    edition: str
    covers: tuple[int, int]
    share: float = 1.0
    strength: float | None = None

    @property
    def is_eve(self) -> bool:
        """Return whether the phase only begins in the course of the day."""
        return self.key.part == "on" and self.key.stretch < 0

    @property
    def shapes_day(self) -> bool:
        """Return whether the day's contacts may come at other hours than usual."""
        key = self.key
        return key.family == "promotion" and key.part != "before" and key.alike < max(TAIL)


Events = Mapping[str, Mapping[dt.date, Sequence[EventDay]]]
"""Shop -> service day -> what touches it; shops with the same calendar share one object."""


def in_promotion(touching: Sequence[EventDay]) -> bool:
    """Return whether a promotion phase runs on a day, whatever else touches it."""
    return any(e.key.family == "promotion" and e.key.part == "on" for e in touching)


@cache
def _chinese_calendar(year: int) -> Mapping[dt.date, str]:
    return holidays.country_holidays("CN", years=[year - 1, year, year + 1], language="en_US")


@cache
def chinese_days(year: int) -> dict[dt.date, str]:
    """Return the kinds of a year's special days.

    ``statutory`` (the 13 days paid at 300 %, Decree 795), ``rest`` (other days of a holiday
    block, swapped days included), ``makeup:N`` (a weekend day worked in place of weekday N).
    """
    calendar = _chinese_calendar(year)
    kinds: dict[dt.date, str] = {}
    for day, name in calendar.items():
        swapped = re.search(r"substituted from (\d\d)/(\d\d)/(\d{4})", name)
        kinds[day] = "rest" if swapped or "observed" in name else "statutory"
        if swapped:
            month, date, of_year = (int(part) for part in swapped.groups())
            kinds[dt.date(of_year, month, date)] = f"makeup:{day.weekday()}"
    return {day: kind for day, kind in kinds.items() if day.year == year}


def is_statutory(day: dt.date) -> bool:
    """Return whether `day` is one of the 13 days paid at 300 % (Decree 795 of 2024)."""
    return chinese_days(day.year).get(day) == "statutory"


def weekdays(days: pd.DatetimeIndex, *, chinese: bool = True) -> npt.NDArray[np.int64]:
    """Return 0 (Monday) to 6, under the Chinese calendar as people live them.

    A make-up workday counts as the weekday it replaces; a day off counts as a Saturday, the last
    of a holiday as a Sunday.
    """
    found = np.array(days.day_of_week, dtype=np.int64)
    if not chinese:
        return found
    for i, date in enumerate(days.date):
        kind = chinese_days(date.year).get(date, "")
        if kind.startswith("makeup:"):
            found[i] = int(kind.removeprefix("makeup:"))
        elif kind:
            found[i] = SATURDAY if is_day_off(date + DAY) else SUNDAY
    return found


def is_day_off(day: dt.date) -> bool:
    """Return whether a Chinese holiday or a day swapped for one makes `day` free."""
    return chinese_days(day.year).get(day) in ("statutory", "rest")


def _is_free(day: dt.date) -> bool:
    """Return whether nobody works in an office: a day off, or a weekend that is not made up."""
    kind = chinese_days(day.year).get(day, "")
    return is_day_off(day) or (day.weekday() >= SATURDAY and not kind)


@cache
def holiday_days(year: int) -> tuple[tuple[dt.date, EventKey, str], ...]:
    """Return the days in, before and after the Chinese holidays that begin in a year.

    A holiday is a block of days off in a row, by the name of its first statutory day.

    Returns
    -------
    day, key and edition of each
    """
    first = dt.date(year - 1, 12, 20)
    off = [day for i in range(390) if _is_free(day := first + i * DAY)]
    found: list[tuple[dt.date, EventKey, str]] = []
    for block in _runs(sorted(off)):
        name = next((n for day in block if (n := _holiday_name(day))), None)
        if name is None or next(day for day in block if _holiday_name(day)).year != year:
            continue
        spring = name == SPRING_FESTIVAL
        parts: tuple[tuple[Part, dt.date, int, Sequence[int]], ...] = (
            ("before", block[0] - DAY, -1, SPRING_RUN_UP if spring else (0,)),
            ("on", block[0], 1, [bucket(i) for i in range(len(block))]),
            ("after", block[-1] + DAY, 1, SPRING_TAIL if spring else (0,)),
        )
        for part, first, step, stretches in parts:
            for i, stretch in enumerate(stretches):
                key = EventKey("holiday", name, "", part, stretch)
                found.append((first + i * step * DAY, key, f"{name} {year}"))
    if (qixi := QIXI.get(year)) is not None:
        month, day_of_month = divmod(qixi, 100)
        key = EventKey("holiday", "Qixi", "", "on", 0)
        found.append((dt.date(year, month, day_of_month), key, f"Qixi {year}"))
    return tuple(found)


QIXI = {
    2013: 813, 2014: 802, 2015: 820, 2016: 809, 2017: 828, 2018: 817, 2019: 807, 2020: 825,
    2021: 814, 2022: 804, 2023: 822, 2024: 810, 2025: 829, 2026: 819, 2027: 808, 2028: 826,
    2029: 816, 2030: 805,
}  # fmt: skip
"""Month × 100 + day of the seventh day of the seventh lunar month, the lovers' day: a working day
on which restaurants, flowers and gifts sell as on a holiday. It lies 37 or 38 days before
Mid-Autumn."""

_NAMES = {
    "New Year": "New Year",
    "Spring Festival": SPRING_FESTIVAL,
    "Tomb-Sweeping": "Qingming",
    "Labor": "Labour Day",
    "Dragon Boat": "Dragon Boat",
    "Mid-Autumn": "Mid-Autumn",
    "National": "National Day",
    "Commemoration": "Commemoration",
}


def _holiday_name(day: dt.date) -> str | None:
    """Return the name of a statutory day; of a Mid-Autumn inside National Day the latter."""
    if chinese_days(day.year).get(day) != "statutory":
        return None
    told = _chinese_calendar(day.year)[day]
    names = [name for word, name in _NAMES.items() if word in told]
    if "Spring Festival" in told or "Chinese New Year" in told:
        return SPRING_FESTIVAL
    return names[-1] if names else None


def _runs(days: Sequence[dt.date]) -> list[list[dt.date]]:
    """Split sorted days into runs of consecutive ones."""
    runs: list[list[dt.date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def event_days(workspace: Workspace, days: pd.DatetimeIndex) -> Events:
    """Return the promotion phases, holidays and special days that touch each shop's days.

    Only service days from the first to the last of `days` are listed.
    """
    if not len(days):
        return {shop: {} for shop in workspace.windows}
    first, last = days[0].date(), days[-1].date()
    scopes = {
        name: np.array([_in_scope(workspace, row) for row in rows(workspace.tables[name])])
        for name in ("promotions", "special_days")
    }
    statutory_off = (workspace.shops["statutory_days"] == "closed").to_numpy()
    shared: dict[tuple[object, ...], dict[dt.date, list[EventDay]]] = {}
    found = {}
    for i, (shop, window) in enumerate(workspace.windows.items()):
        promotions, specials = (
            tuple(np.flatnonzero(mask[:, i]).tolist()) if len(mask) else ()
            for mask in scopes.values()
        )
        signature = (window, promotions, specials, bool(statutory_off[i]))
        if signature not in shared:
            own = _calendar(workspace, window, promotions, specials, (first, last))
            shared[signature] = own
        found[shop] = shared[signature]
    return found


def closed_days(workspace: Workspace, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Return on which days special days close which shops (shops, days)."""
    found = np.zeros((len(workspace.shops), len(days)), dtype=bool)
    special = workspace.tables["special_days"]
    for row in rows(special[special["closed"]]):
        inside = np.asarray((days >= row.first_day) & (days <= row.last_day))
        found |= _in_scope(workspace, row)[:, None] & inside[None, :]
    return found


def trading_days(workspace: Workspace, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
    """Return on which days shops trade (shops, days): neither a special nor a statutory day off."""
    closes = (workspace.shops["statutory_days"] == "closed").to_numpy()
    statutory = np.array([is_statutory(date) for date in days.date], dtype=bool)
    trades: npt.NDArray[np.bool_] = ~(closes[:, None] & statutory) & ~closed_days(workspace, days)
    return trades


def phase_openings(workspace: Workspace) -> pd.DataFrame:
    """Return when promotion phases begin: shop_id and start (local wall time), each once."""
    promotions, shops = workspace.promotions, workspace.shops.index
    found = [
        pd.DataFrame({"shop_id": shops[_in_scope(workspace, row)], "start": row.start})
        for row in rows(promotions)
    ]
    if not found:
        return pd.DataFrame({"shop_id": shops[:0], "start": promotions["start"]})
    return pd.concat(found, ignore_index=True).drop_duplicates(ignore_index=True)


def _calendar(
    workspace: Workspace,
    window: Window,
    promotions: Sequence[int],
    specials: Sequence[int],
    span: tuple[dt.date, dt.date],
) -> dict[dt.date, list[EventDay]]:
    """Return what touches the days of a shop with this window; rows by position."""
    whole = (window.first_slot, window.end_slot)
    found: dict[dt.date, list[EventDay]] = {}
    phases = workspace.promotions.iloc[list(promotions)]
    editions = _editions(phases)
    for row, edition in zip(rows(phases), editions, strict=True):
        for day, event in _touched(row, edition, window):
            found.setdefault(day, []).append(event)
    found = {day: _once(events) for day, events in found.items()}
    spans = _spans(found)
    found = {day: _without_idle(day, events, spans) for day, events in found.items()}
    if workspace.zone in CHINESE_ZONES:
        for year in range(span[0].year - 1, span[1].year + 1):
            for day, key, edition in holiday_days(year):
                event = EventDay(key=key, edition=edition, covers=whole)
                found.setdefault(day, []).append(event)
    for row in rows(workspace.tables["special_days"].iloc[list(specials)]):
        for day, key in _special(row):
            event = EventDay(key=key, edition=f"{row.name} {row.first_day:%Y-%m-%d}", covers=whole)
            found.setdefault(day, []).append(event)
    return {day: found[day] for day in sorted(found) if span[0] <= day <= span[1]}


def _special(row: Any) -> Iterator[tuple[dt.date, EventKey]]:
    """Yield the days of a special period; of a closed one those beside it."""
    first, last = row.first_day.date(), row.last_day.date()
    if row.closed:
        # One closure is like another: what it is called tells little of the days beside it.
        yield first - DAY, EventKey("special", CLOSED, "", "before", 0)
        yield last + DAY, EventKey("special", CLOSED, "", "after", 0)
        return
    for i in range((last - first).days + 1):
        yield first + i * DAY, EventKey("special", str(row.name), "", "on", 0)


def _editions(phases: pd.DataFrame) -> list[str]:
    """Return the edition of each row: the name with its year; without one, a run of phases."""
    found = [""] * len(phases)
    ends: dict[str, tuple[pd.Timestamp, str]] = {}
    table = list(rows(phases))
    for at in sorted(range(len(table)), key=lambda i: (table[i].start, table[i].end, i)):
        row = table[at]
        name = str(row.name)
        end, edition = ends.get(name, (row.start - 2 * BREAK, name))
        if not YEAR.search(name) and row.start - end > BREAK:
            edition = f"{name} {row.start:%Y-%m-%d}"
        ends[name] = (max(end, row.end), edition)
        found[at] = edition
    return found


def _once(events: Sequence[EventDay]) -> list[EventDay]:
    """Leave one of several rows that tell the same phase: the last with a person's strength."""
    kept: dict[EventKey, EventDay] = {}
    for event in sorted(events, key=lambda each: each.strength is not None):
        kept[event.key] = event
    return [event for event in events if kept[event.key] is event]


def _spans(found: Mapping[dt.date, Sequence[EventDay]]) -> dict[str, tuple[dt.date, dt.date]]:
    """Return the first and the last day on which any phase of each edition runs."""
    days: dict[str, list[dt.date]] = {}
    for day, events in found.items():
        for event in events:
            if event.key.part == "on":
                days.setdefault(event.edition, []).append(day)
    return {edition: (min(own), max(own)) for edition, own in days.items()}


def _without_idle(
    day: dt.date, events: list[EventDay], spans: Mapping[str, tuple[dt.date, dt.date]]
) -> list[EventDay]:
    """Keep the phases that run; where none does, the nearest before and the nearest after.

    Between two phases of one edition buyers neither wait nor rest: what differs is its level.
    """
    running = [event for event in events if event.key.part == "on"]
    if running or any(spans[e.edition][0] < day < spans[e.edition][1] for e in events):
        return running
    sides = ([e for e in events if e.key.part == part] for part in ("before", "after"))
    return [min(own, key=lambda event: event.key.stretch) for own in sides if own]


def _in_scope(workspace: Workspace, row: Any) -> npt.NDArray[np.bool_]:
    """Return which shops a row of promotions or special days applies to (shops,)."""
    shops = workspace.shops
    mask = np.ones(len(shops), dtype=bool)
    for column in ("platform", "category"):
        if pd.notna(wanted := getattr(row, column)):
            mask &= (shops[column] == wanted).to_numpy()
    if pd.notna(row.shop_id):
        mask &= np.asarray(shops.index == row.shop_id)
    return mask


def _touched(phase: Any, edition: str, window: Window) -> list[tuple[dt.date, EventDay]]:
    """Return the service days of a phase, of its run-up and of its tail."""
    event, name = YEAR.sub("", str(phase.name)), str(phase.phase)
    strength = None if pd.isna(phase.strength) else float(phase.strength)
    covered = list(_covered(phase.start, phase.end, window))
    if not covered:
        return []
    eve = len(covered) > 1 and _share(covered[0][1], window) < EVE_SHARE
    found = [
        (
            day,
            EventDay(
                key=EventKey("promotion", event, name, "on", _stretch(event, day, number - eve)),
                edition=edition,
                covers=covers,
                share=_share(covers, window),
                strength=strength,
            ),
        )
        for number, (day, covers) in enumerate(covered)
    ]
    beside: tuple[tuple[Part, dt.date, int, Sequence[int]], ...] = (
        ("before", covered[0][0], -1, RUN_UP),
        ("after", covered[-1][0], 1, TAIL),
    )
    return found + [
        (
            day + step * (i + 1) * DAY,
            EventDay(
                key=EventKey("promotion", event, name, part, stretch),
                edition=edition,
                covers=(window.first_slot, window.end_slot),
            ),
        )
        for part, day, step, stretches in beside
        for i, stretch in enumerate(stretches)
    ]


def _covered(
    start: pd.Timestamp, end: pd.Timestamp, window: Window
) -> Iterator[tuple[dt.date, tuple[int, int]]]:
    """Yield the service days on which a phase runs, and which half hours of each it covers."""
    day = (start - pd.Timedelta(days=1)).normalize()
    while day < end:
        begins = max((start - day).total_seconds() / 60, window.opens_min)
        ends = min((end - day).total_seconds() / 60, window.closes_min)
        covers = round(begins / INTERVAL_MIN), round(ends / INTERVAL_MIN)
        if covers[0] < covers[1]:
            yield day.date(), covers
        day += pd.Timedelta(days=1)


def _share(covers: tuple[int, int], window: Window) -> float:
    """Return the share of the opening window that the half hours cover."""
    return (covers[1] - covers[0]) / (window.end_slot - window.first_slot)


def _stretch(event: str, day: dt.date, number: int) -> int:
    """Return the stretch of a phase's day; a first day stays one, whatever its date."""
    named = NAMESAKES.get((day.month, day.day))
    if number > 0 and named is not None and named.search(event):
        return NAMESAKE
    return bucket(number)


def bucket(day: int) -> int:
    """Return the days of a phase that are treated alike, by its first day counted from 0.

    >>> [bucket(day) for day in (-1, 0, 1, 2, 3, 4, 5, 6, 30)]
    [-1, 0, 1, 2, 3, 3, 4, 4, 5]
    """
    return bisect_right(BUCKETS, day) - 1
