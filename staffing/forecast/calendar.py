"""What is known about a day in advance: weekday, holiday, promotion phase."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import holidays
import numpy as np
import pandas as pd

from staffing.grid import Window
from staffing.workspace import Workspace

LAST_OFFICIAL_YEAR = 2026
"""State Council notices are known up to this year; later years are a rule-based guess."""
TAIL_DAYS = 3
"""Days after a phase that are still not ordinary (after-sales contacts follow the orders)."""
LAST_BUCKET = 3
"""Days of a phase beyond the fourth are treated alike."""
YEAR = re.compile(r"\s*\b20\d\d\b\s*$")

EventKey = tuple[str, str, int]
"""Event without its year, phase (``tail`` after it), day in the phase from 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDay:
    """One shop's service day inside a promotion phase or its tail.

    Attributes
    ----------
    key : what makes days of different years comparable
    share : share of the opening window that lies inside the phase; 1 for a whole day
    strength : a person's estimate of the multiple of an ordinary day, if any
    """

    key: EventKey
    share: float
    strength: float | None = None


@cache
def chinese_days(year: int) -> dict[dt.date, str]:
    """Return the kinds of a year's special days.

    ``statutory`` (the 13 days paid at 300 %, Decree 795), ``rest`` (other days of a holiday
    block, swapped days included), ``makeup:N`` (a weekend day worked in place of weekday N).
    """
    calendar = holidays.country_holidays("CN", years=[year - 1, year, year + 1], language="en_US")
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


def weekdays(days: pd.DatetimeIndex) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return 0 (Monday) to 6; a make-up workday counts as the weekday it replaces."""
    found = np.asarray(days.dayofweek, dtype=np.int64)
    for i, day in enumerate(days):
        kind = chinese_days(day.year).get(day.date(), "")
        if kind.startswith("makeup:"):
            found[i] = int(kind.removeprefix("makeup:"))
    return found


HOLIDAY_KINDS = ("spring_festival", "holiday")


def holiday_kinds(days: pd.DatetimeIndex) -> list[str | None]:
    """Return for each day ``spring_festival``, ``holiday`` or None."""
    return [_holiday(day.date()) for day in days]


def _holiday(day: dt.date) -> str | None:
    if chinese_days(day.year).get(day) not in ("statutory", "rest"):
        return None
    new_year = day.month == 1 and day.day <= 3
    return "spring_festival" if day.month <= 2 and not new_year else "holiday"


def event_days(
    workspace: Workspace, days: pd.DatetimeIndex
) -> dict[str, dict[dt.date, list[EventDay]]]:
    """Return shop -> service day -> the promotion phases and tails that touch it."""
    found: dict[str, dict[dt.date, list[EventDay]]] = {s: {} for s in workspace.windows}
    first, last = days[0].date(), days[-1].date()
    for phase in workspace.promotions.itertuples():
        for shop in _in_scope(workspace, phase):
            touched = _touched(phase, workspace.windows[shop])
            for day, event in touched:
                if first <= day <= last:
                    found[shop].setdefault(day, []).append(event)
    return {shop: _without_idle_tails(own) for shop, own in found.items()}


def _without_idle_tails(
    own: dict[dt.date, list[EventDay]],
) -> dict[dt.date, list[EventDay]]:
    """Drop a tail where a phase runs on, and all but one of several tails of a day."""
    kept: dict[dt.date, list[EventDay]] = {}
    for day, events in own.items():
        phases = [e for e in events if e.key[1] != "after"]
        kept[day] = phases or events[:1]
    return kept


def _in_scope(workspace: Workspace, phase: object) -> Sequence[str]:
    """Return the shops that a promotion row applies to."""
    shops = workspace.shops
    mask = pd.Series(True, shops.index)
    for column in ("platform", "category"):
        if pd.notna(wanted := getattr(phase, column)):
            mask &= shops[column] == wanted
    if pd.notna(wanted := getattr(phase, "shop_id")):  # noqa: B009 - symmetric with the loop
        mask &= shops.index == wanted
    return list(shops.index[mask].astype(str))


def _touched(phase: object, window: Window) -> list[tuple[dt.date, EventDay]]:
    """Return the service days of a phase and of its tail."""
    start, end = phase.start, phase.end  # type: ignore[attr-defined]
    event = YEAR.sub("", str(phase.name))  # type: ignore[attr-defined]
    name = str(phase.phase)  # type: ignore[attr-defined]
    strength = phase.strength  # type: ignore[attr-defined]
    found: list[tuple[dt.date, EventDay]] = []
    day = (start - pd.Timedelta(days=1)).normalize()
    number = 0
    while day < end:
        opens = day + pd.Timedelta(minutes=window.opens_min)
        closes = day + pd.Timedelta(minutes=window.closes_min)
        share = (min(end, closes) - max(start, opens)) / (closes - opens)
        if share > 0:
            found.append(
                (
                    day.date(),
                    EventDay(
                        key=(event, name, min(number, LAST_BUCKET)),
                        share=float(share),
                        strength=None if pd.isna(strength) else float(strength),
                    ),
                )
            )
            number += 1
        day += pd.Timedelta(days=1)
    if found:
        last = found[-1][0]
        found += [
            (last + dt.timedelta(days=i + 1), EventDay(key=(event, "after", i), share=1.0))
            for i in range(TAIL_DAYS)
        ]
    return found
