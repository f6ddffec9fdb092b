"""What the minutes of a roster are paid at: 100, 150, 200 or 300 per cent.

Labour Law art. 44: 150 % for longer hours, 200 % for work on a rest day, 300 % on the 13
statutory days. Under comprehensive hours (劳部发〔1994〕503号) a rest day is a day like any
other, and what exceeds the period's hours is paid at 150 %. Computed from the table alone, no
code of the search.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY
from staffing.roster.audit import Person, Shift, known_from, people, shifts_of
from staffing.scenario import Scenario
from staffing.workspace import Workspace

CLASSES = (100, 150, 200, 300)
"""Per cent of the wage."""
DAY_MIN, WEEK_MIN = 8 * 60, 40 * 60
"""State Council Decree 174 art. 3: a normal day and week."""
NORMAL_DAY_SLOTS = DAY_MIN // INTERVAL_MIN
PAID_DAYS_PER_MONTH = 21.75
"""人社部发〔2025〕2号: days that a monthly wage is for."""
COLUMNS = [f"min_{each}" for each in CLASSES]

Minutes = dict[dt.date, dict[int, float]]
"""Service day -> per cent -> minutes."""


def pay_classes(workspace: Workspace, scenario: Scenario, table: pd.DataFrame) -> pd.DataFrame:
    """Return the paid minutes of each agent and service day by class.

    Parameters
    ----------
    table : one row a stretch: agent_id, date, start, end (naive local time), activity, pool;
        meals are unpaid

    Returns
    -------
    agent_id, date, ``min_100``, ``min_150``, ``min_200``, ``min_300``; the minutes of a row add up
    to those worked on that duty. Published shifts before the horizon count towards weeks and
    periods, and have no row. Agents that are not in the workspace have none either.
    """
    found = []
    duties = shifts_of(table)
    averaged = scenario.rules.average_over != "week"
    days = _days_told(workspace, scenario, table)
    for person in people(workspace, scenario):
        shifts = duties.get(person.agent_id, [])
        minutes = {shift.date: _statutory(shift) for shift in shifts}
        if averaged:
            _by_period(scenario, person, minutes, days)
        else:
            _by_week(scenario, person, minutes)
        for date, own in sorted(minutes.items()):
            classes = {f"min_{each}": own.get(each, 0.0) for each in CLASSES}
            found.append({"agent_id": person.agent_id, "date": pd.Timestamp(date), **classes})
    return pd.DataFrame(found, columns=["agent_id", "date", *COLUMNS])


def hourly_wages(workspace: Workspace) -> pd.Series:
    """Return yuan an hour by agent: monthly wage ÷ (21.75 × 8), part-time in proportion.

    NaN where the table has no wage.
    """
    agents = workspace.agents
    full = pd.to_numeric(agents["monthly_wage"]) / (PAID_DAYS_PER_MONTH * 8)
    return full / (agents["hours_per_week"].astype(float).clip(upper=40.0) / 40.0)


def duty_points(date: dt.date, start: int, end: int, paid: int, *, averaged: bool = False) -> int:
    """Return what one duty costs in hundredths of a paid slot, whatever else the week holds.

    Exact for statutory days and hours above the normal day; what is above the normal week depends
    on the other days, so it is not in. Meals are taken before midnight.

    Parameters
    ----------
    start, end : slots of the service day [start, end)
    paid : paid slots
    averaged : whether hours are averaged, so that a long day alone has no overtime
    """
    after = min(max(end - max(start, SLOTS_PER_DAY), 0), paid)
    next_day = date + dt.timedelta(days=1)
    statutory = (paid - after) * is_statutory(date) + after * is_statutory(next_day)
    plain = paid - statutory
    longer = 0 if averaged else max(plain - NORMAL_DAY_SLOTS, 0)
    return 300 * statutory + 150 * longer + 100 * (plain - longer)


def _statutory(shift: Shift) -> dict[int, float]:
    """Return a duty's minutes as 300 % and 100 %, parted at midnight."""
    found: dict[int, float] = defaultdict(float)
    for stretch in shift.stretches:
        if stretch.activity == "meal":
            continue
        for day, minutes in _by_date(stretch.start, stretch.end):
            found[300 if is_statutory(day) else 100] += minutes
    return found


def _by_date(start: dt.datetime, end: dt.datetime) -> Iterator[tuple[dt.date, float]]:
    """Yield the calendar days of a stretch with its minutes on each."""
    while start < end:
        midnight = dt.datetime.combine(start.date() + dt.timedelta(days=1), dt.time())
        until = min(midnight, end)
        yield start.date(), (until - start).total_seconds() / 60
        start = until


def _by_week(scenario: Scenario, person: Person, minutes: Minutes) -> None:
    """Move minutes to 200 % and 150 % under standard hours, in place.

    In a week the days beyond 7 - `pay_rest_days`, the last ones, are work on a rest day; of the
    others what exceeds 8 hours a day, then what exceeds 40 hours a week, is overtime. A statutory
    day and a day out lower the 40 by a fifth each (248 work days a year: 人社部发〔2025〕2号).
    """
    past, back = _past(person), _given_back(scenario, person, minutes)
    for monday in sorted({day - dt.timedelta(days=day.weekday()) for day in minutes}):
        week = [monday + dt.timedelta(days=i) for i in range(7)]
        worked = [day for day in week if day in minutes or day in past]
        left = _normal_week(person, week) + back.get(monday, 0.0)
        work_days = 7 - scenario.rules.pay_rest_days + (back.get(monday, 0.0) > 0)
        for day in worked[:work_days]:
            if day not in minutes:
                left = max(left - min(_not_statutory(day, past), DAY_MIN), 0.0)
                continue
            plain = minutes[day].get(100, 0.0)
            normal = min(plain, DAY_MIN, left)
            left -= normal
            minutes[day][100], minutes[day][150] = normal, plain - normal
        for day in worked[work_days:]:
            if day in minutes:
                minutes[day][200] = minutes[day].pop(100, 0.0)


def _normal_week(person: Person, week: Sequence[dt.date]) -> float:
    """Return the normal minutes of a week, less a fifth for each statutory day and day out."""
    idle = sum(is_statutory(day) or _out(person, day) for day in week)
    return WEEK_MIN * max(1 - idle / 5, 0.0)


def _given_back(scenario: Scenario, person: Person, minutes: Minutes) -> dict[dt.date, float]:
    """Return Monday -> minutes of rest days worked that a later week of the horizon gives back.

    They are paid as any other (art. 44: 200 % where no rest is given instead).
    """
    if not scenario.rules.moved_rest_days or person.protected:
        return {}
    past, spare, found = _past(person), 0.0, dict[dt.date, float]()
    days = scenario.grid.dates
    for monday in sorted({day - dt.timedelta(days=day.weekday()) for day in days}, reverse=True):
        week = [monday + dt.timedelta(days=i) for i in range(7)]
        normal = _normal_week(person, week)
        done = sum(
            min(minutes[day].get(100, 0.0), DAY_MIN) if day in minutes else past.get(day, 0.0)
            for day in week
        )
        back = min(max(done - normal, 0.0), spare, scenario.rules.moved_rest_days * DAY_MIN)
        found[monday] = back
        spare += max(normal - done, 0.0) - back
    return found


def _by_period(
    scenario: Scenario, person: Person, minutes: Minutes, days: tuple[dt.date, dt.date]
) -> None:
    """Move minutes above a period's hours to 150 % under comprehensive hours, in place.

    A period's normal hours are 8 on five days in seven, less statutory days and days out.
    """
    past = _past(person)
    unit = {"month": 1, "quarter": 3}.get(scenario.rules.average_over)
    first, last = days
    left: dict[object, float] = defaultdict(float)
    keys: dict[dt.date, object] = {}
    for i in range((last - first).days + 1):
        day = first + dt.timedelta(days=i)
        keys[day] = None if unit is None else (day.year, (day.month - 1) // unit)
        idle = is_statutory(day) or _out(person, day)
        left[keys[day]] += DAY_MIN * (5 / 7 - idle)
    for day, key in keys.items():
        if day in minutes:
            plain = minutes[day].get(100, 0.0)
            normal = min(plain, max(left[key], 0.0))
            left[key] -= normal
            minutes[day][100], minutes[day][150] = normal, plain - normal
        elif day in past:
            left[key] -= _not_statutory(day, past)


def _not_statutory(day: dt.date, past: Mapping[dt.date, float]) -> float:
    """Return published minutes that count towards normal hours: on a statutory day none do.

    Published shifts are not parted at midnight.
    """
    return 0.0 if is_statutory(day) else past[day]


def _days_told(
    workspace: Workspace, scenario: Scenario, table: pd.DataFrame
) -> tuple[dt.date, dt.date]:
    """Return the first and last day that hours are known of.

    From the first of the unbroken published weeks before the horizon, as in R5, to the last day
    of the horizon or the table.
    """
    dates = [scenario.grid.dates[0], scenario.grid.dates[-1], *table["date"].dt.date]
    if scenario.rules.average_over != "horizon":
        dates.append(known_from(workspace, scenario))
    return min(dates), max(dates)


def _past(person: Person) -> Mapping[dt.date, float]:
    """Return published minutes before the horizon by day."""
    return {date: hours * 60 for date, _, _, hours in person.past}


def _out(person: Person, day: dt.date) -> bool:
    return day in person.away or (person.started_on is not None and day < person.started_on)
