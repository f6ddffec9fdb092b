"""What is known about a day in advance: weekday, holiday, promotion phase."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import holidays
import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN, Window
from staffing.workspace import Workspace

LAST_OFFICIAL_YEAR = 2026
"""State Council notices are known up to this year; later years are a rule-based guess."""
TAIL_DAYS = 3
"""Days after a phase that are still not ordinary (after-sales contacts follow the orders)."""
AFTER = "after "
"""Before the name of a phase: the days after it that no other phase touches."""
EVE_SHARE = 0.5
"""A first day covered less than this is the eve of the phase: an evening start at 20:00."""
BUCKETS = (0, 1, 2, 3, 5, 8)
"""First days of the stretches of a phase that are treated alike: an event fades ever slower."""
YEAR = re.compile(r"\s*\b20\d\d\b\s*$")

EventKey = tuple[str, str, int]
"""Event without its year, phase, stretch of the phase (-1 its eve, then as `bucket` says)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDay:
    """One shop's service day inside a promotion phase or its tail.

    Attributes
    ----------
    key : what makes days of different years comparable
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
        return self.key[2] < 0

    @property
    def is_tail(self) -> bool:
        """Return whether the phase is over and only its after-effect is left."""
        return self.key[1].startswith(AFTER)


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
    found = np.asarray(days.day_of_week, dtype=np.int64)
    for i, date in enumerate(days.date):
        kind = chinese_days(date.year).get(date, "")
        if kind.startswith("makeup:"):
            found[i] = int(kind.removeprefix("makeup:"))
    return found


HOLIDAY_KINDS = ("spring_festival", "holiday", "before_spring", "after_spring")
BEFORE_SPRING_DAYS = 9
"""Couriers stop a week and more before the Spring Festival block."""
AFTER_SPRING_DAYS = 8
"""Trade comes back until the Lantern Festival, the 15th day of the year."""


def holiday_kinds(days: pd.DatetimeIndex) -> list[str | None]:
    """Return for each day one of `HOLIDAY_KINDS` or None."""
    return [_holiday(date) for date in days.date]


@cache
def _holiday(day: dt.date) -> str | None:
    begins, ends = _spring_block(day.year)
    if begins <= day <= ends:
        return "spring_festival"
    if chinese_days(day.year).get(day) in ("statutory", "rest"):
        return "holiday"
    if dt.timedelta(0) < begins - day <= dt.timedelta(days=BEFORE_SPRING_DAYS):
        return "before_spring"
    if dt.timedelta(0) < day - ends <= dt.timedelta(days=AFTER_SPRING_DAYS):
        return "after_spring"
    return None


@cache
def _spring_block(year: int) -> tuple[dt.date, dt.date]:
    """Return the first and last day off of Spring Festival (21 January to 20 February begins it).

    New Year's days off end on 3 January and the next holiday is in April.
    """
    block = [
        day
        for day, kind in chinese_days(year).items()
        if kind in ("statutory", "rest") and (1, 10) < (day.month, day.day) < (3, 15)
    ]
    return min(block), max(block)


def event_days(
    workspace: Workspace, days: pd.DatetimeIndex
) -> dict[str, dict[dt.date, list[EventDay]]]:
    """Return shop -> service day -> the promotion phases and tails that touch it.

    Only service days from the first to the last of `days` are listed.
    """
    found: dict[str, dict[dt.date, list[EventDay]]] = {s: {} for s in workspace.windows}
    first, last = days[0].date(), days[-1].date()
    for phase in workspace.promotions.itertuples():
        for shop in _in_scope(workspace, phase):
            for day, event in _touched(phase, workspace.windows[shop]):
                if first <= day <= last:
                    found[shop].setdefault(day, []).append(event)
    return {shop: _without_idle_tails(own) for shop, own in found.items()}


def _without_idle_tails(
    own: dict[dt.date, list[EventDay]],
) -> dict[dt.date, list[EventDay]]:
    """Drop a tail where a phase runs on, and all but the latest of several tails of a day."""
    kept: dict[dt.date, list[EventDay]] = {}
    for day, events in own.items():
        phases = [event for event in events if not event.is_tail]
        kept[day] = phases or [min(events, key=lambda event: event.key[2])]
    return kept


def _in_scope(workspace: Workspace, phase: Any) -> list[str]:
    """Return the shops that a promotion row applies to."""
    shops = workspace.shops
    mask = pd.Series(True, shops.index)
    for column in ("platform", "category"):
        if pd.notna(wanted := getattr(phase, column)):
            mask &= shops[column] == wanted
    if pd.notna(phase.shop_id):
        mask &= shops.index == phase.shop_id
    return list(shops.index[mask].astype(str))


def _touched(phase: Any, window: Window) -> list[tuple[dt.date, EventDay]]:
    """Return the service days of a phase and of its tail."""
    edition, name = str(phase.name), str(phase.phase)
    event = YEAR.sub("", edition)
    strength = None if pd.isna(phase.strength) else float(phase.strength)
    covered = list(_covered(phase.start, phase.end, window))
    if not covered:
        return []
    eve = len(covered) > 1 and _share(covered[0][1], window) < EVE_SHARE
    found = [
        (
            day,
            EventDay(
                key=(event, name, bucket(number - eve)),
                edition=edition,
                covers=covers,
                share=_share(covers, window),
                strength=strength,
            ),
        )
        for number, (day, covers) in enumerate(covered)
    ]
    last = covered[-1][0]
    return found + [
        (
            last + dt.timedelta(days=i + 1),
            EventDay(
                key=(event, AFTER + name, i),
                edition=edition,
                covers=(window.first_slot, window.end_slot),
            ),
        )
        for i in range(TAIL_DAYS)
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


def bucket(day: int) -> int:
    """Return the days of a phase that are treated alike, by its first day counted from 0.

    >>> [bucket(day) for day in (-1, 0, 1, 2, 3, 4, 5, 6, 30)]
    [-1, 0, 1, 2, 3, 3, 4, 4, 5]
    """
    return bisect_right(BUCKETS, day) - 1
