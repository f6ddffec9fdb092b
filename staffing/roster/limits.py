"""Limits that tie an agent's weeks together beyond the hours of a week, published ones counted.

Overtime of a month (R12), late shifts in a row (R14), starts within a week (R15), whole weekends
(R16), and hours averaged over a period (R5 under comprehensive hours). Published shifts that
break a limit themselves leave nothing of it, and forbid no roster.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, SLOTS_PER_H, Grid
from staffing.scenario import Rules

NORMAL_DAY_H, NORMAL_WEEK_H = 8.0, 40.0
"""State Council Decree 174 art. 3: what is longer is overtime."""
MONTHS_PER_DAY = 12 / 365
_EPS = 1e-6

Days = tuple[int, ...]
"""Days of the horizon, counted from the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekHours:
    """A calendar week whose overtime is counted.

    Overtime is the larger of `base` + paid slots and `over` + paid slots above `normal_day` a
    day: hours above the normal day, and of the rest those above the normal week.

    Attributes
    ----------
    base : published paid slots less those of a normal week, rounded up
    over : published slots above the normal day
    normal_day : slots of a normal day
    """

    days: Days
    base: int
    over: int
    normal_day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthOvertime:
    """The weeks that end in a calendar month and the overtime slots left for them (R12)."""

    weeks: tuple[WeekHours, ...]
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekStarts:
    """How far apart the starts of a week's shifts may lie, in slots of the day (R15).

    Attributes
    ----------
    published : slots of the day at which the week's published shifts start
    """

    days: Days
    spread: int
    published: Days = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published shift before the horizon: day (negative), slots of its day, paid hours."""

    day: int
    start: int
    end: int
    paid_h: float


def published_shifts(grid: Grid, table: pd.DataFrame, paid_h: pd.Series) -> list[Published]:
    """Return one agent's published shifts before the horizon, parts of a shift joined.

    Parameters
    ----------
    table : her rows of the rosters table
    paid_h : hours paid of each row
    """
    found: dict[int, Published] = {}
    for row, hours in zip(rows(table), paid_h, strict=True):
        day = (row.date.date() - grid.start).days
        if day >= 0:
            continue
        half = pd.Timedelta(minutes=INTERVAL_MIN)
        start, end = (row.start - row.date) // half, -(-(row.end - row.date) // half)
        old = found.get(day, Published(day=day, start=start, end=end, paid_h=0.0))
        found[day] = Published(
            day=day,
            start=min(old.start, start),
            end=max(old.end, end),
            paid_h=old.paid_h + float(hours),
        )
    return [found[day] for day in sorted(found)]


def month_overtime(
    grid: Grid,
    rules: Rules,
    contract_h: float,
    out: Set[dt.date],
    past: Sequence[Published],
    most_h: float,
) -> tuple[MonthOvertime, ...]:
    """R12: return the months in which a week of the horizon ends, with the overtime left.

    A week belongs to the month of its Sunday.

    Parameters
    ----------
    out : days of absence and before the first day; each counts as a fifth of the normal week
    most_h : overtime allowed a month
    """
    normal_day = round(min(rules.max_daily_h, NORMAL_DAY_H) * SLOTS_PER_H)
    months: dict[tuple[int, int], tuple[float, list[WeekHours]]] = {}
    first = -grid.start.weekday()
    begun = min([first, *(p.day - (p.day - first) % 7 for p in past)])
    for monday in range(begun, grid.days, 7):
        dates = [grid.start + dt.timedelta(days=monday + i) for i in range(7)]
        key = (dates[-1].year, dates[-1].month)
        share = max(1 - sum(day in out for day in dates) / 5, 0.0)
        normal = min(contract_h, NORMAL_WEEK_H) * share * SLOTS_PER_H
        done = [p.paid_h * SLOTS_PER_H for p in past if monday <= p.day < monday + 7]
        over = sum(max(paid - normal_day, 0.0) for paid in done)
        spent, weeks = months.setdefault(key, (0.0, []))
        days = tuple(d for d in range(monday, monday + 7) if 0 <= d < grid.days)
        if days:
            weeks.append(
                WeekHours(
                    days=days,
                    base=math.ceil(sum(done) - normal - _EPS),
                    over=math.ceil(over - _EPS),
                    normal_day=normal_day,
                )
            )
        else:
            months[key] = (spent + max(sum(done) - normal, over, 0.0), weeks)
    return tuple(
        MonthOvertime(
            weeks=tuple(weeks),
            most=max(
                math.floor(most_h * SLOTS_PER_H - spent + _EPS),
                sum(max(week.base, week.over, 0) for week in weeks),
            ),
        )
        for spent, weeks in months.values()
        if weeks
    )


def averaging_periods(
    grid: Grid, over: str, contract_h: float, out: Set[dt.date], since: dt.date, extra_h: float
) -> list[tuple[list[dt.date], float]]:
    """R5 under comprehensive hours: return the days of each period and the most hours of them.

    The work days of a period are five in seven less the 13 statutory days, as 人社部发〔2025〕2号
    counts 248 a year; overtime on average 36 hours a month (劳部发〔1994〕503号).

    Parameters
    ----------
    over : ``month``, ``quarter`` or ``horizon``
    since : the first day of the unbroken weeks that are known; earlier days count as worked
    extra_h : overtime allowed a month
    """
    periods: dict[tuple[int, int], list[dt.date]] = {}
    last = grid.dates[-1]
    first = grid.start if over == "horizon" else since
    for i in range((last - first).days + 1):
        day = first + dt.timedelta(days=i)
        key = {"month": (day.year, day.month), "quarter": (day.year, (day.month - 1) // 3)}
        periods.setdefault(key.get(over, (0, 0)), []).append(day)
    found = []
    for days in periods.values():
        if days[-1] >= grid.start:
            idle = sum(is_statutory(day) or day in out for day in days)
            due_h = contract_h / 5 * max(len(days) * 5 / 7 - idle, 0.0)
            found.append((days, due_h + extra_h * len(days) * MONTHS_PER_DAY))
    return found


def known_since(start: dt.date, published: Set[dt.date]) -> dt.date:
    """Return the Monday from which on every calendar week has published shifts, else `start`."""
    monday = start - dt.timedelta(days=start.weekday())
    first = start
    if any(monday <= day < start for day in published):
        first = monday
    while any(monday - dt.timedelta(days=i) in published for i in range(1, 8)):
        monday -= dt.timedelta(days=7)
        first = monday
    return first


def week_starts(grid: Grid, spread_h: float, past: Sequence[Published]) -> tuple[WeekStarts, ...]:
    """R15: return the calendar weeks of the horizon in which starts must lie close together."""
    spread = round(spread_h * SLOTS_PER_H)
    found = []
    for monday in range(-grid.start.weekday(), grid.days, 7):
        week = range(monday, monday + 7)
        published = tuple(p.start for p in past if p.day in week)
        found.append(
            WeekStarts(
                days=tuple(d for d in week if 0 <= d < grid.days),
                spread=max(spread, max(published, default=0) - min(published, default=0)),
                published=published,
            )
        )
    return tuple(found)


def weekends_to_free(
    grid: Grid, every: int, past: Sequence[Published]
) -> tuple[tuple[Days, ...], ...]:
    """R16: return runs of `every` weekends, one of each run to be free.

    A weekend is its days inside the horizon. Weekends already worked are left out of a run, and
    a run with one that was free is met; so is one that published weekends fill. Weekends that end
    after the horizon are nobody's yet.
    """
    worked = {p.day for p in past}
    saturdays = range((5 - grid.start.weekday()) % 7 - 7 * every, grid.days - 1, 7)
    found = []
    for i in range(len(saturdays) - every + 1):
        run = saturdays[i : i + every]
        if run[-1] + 1 < 0:
            continue
        if any(saturday + 1 < 0 and not worked & {saturday, saturday + 1} for saturday in run):
            continue
        found.append(
            tuple(
                tuple(d for d in (saturday, saturday + 1) if d >= 0)
                for saturday in run
                if saturday + 1 >= 0 and not (saturday < 0 and saturday in worked)
            )
        )
    return tuple(run for run in found if run)
