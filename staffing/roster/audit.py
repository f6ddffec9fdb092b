"""Every hard rule checked again on a finished roster, without the solver and its model.

Works on any table of stretches of duty, also one made by hand: agent_id, date, start, end,
activity (``work`` or ``meal``), pool. Each rule is a function of its own; docs/rules.md has the
sources.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.forecast.openings import Openings
from staffing.frames import rows
from staffing.grid import DAY_MIN
from staffing.scenario import Scenario
from staffing.words import Statement
from staffing.workspace import Workspace

TOLERANCE_H = 1e-6
LAW_MAX_WEEK_H = 44.0
"""Labour Law art. 36."""
DAY_H, WEEK_H = 8.0, 40.0
"""State Council Decree 174 art. 3: the normal day and week; what is longer is overtime."""
OFF_SPREAD_H = 24.0
"""A day's starts are never further apart: R15 asks nothing."""
MOST_MEALS = 2
"""Lunch and dinner: more of them are unpaid hours in between, as of a split duty."""
LONG_SPAN_H = 6.0
"""A published shift without paid hours is taken to hold an hour's meal above this span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A hard rule broken: which, by whom, on which service day, and how."""

    rule: str
    agent_id: str
    date: dt.date
    how: Statement

    @property
    def law(self) -> Statement:
        """Return the law, or the policy, that the rule comes from."""
        return Statement(f"law.{self.rule}")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a duty."""

    start: dt.datetime
    end: dt.datetime
    activity: str
    pool: str | None

    @property
    def hours(self) -> float:
        """Return its length."""
        return (self.end - self.start).total_seconds() / 3600


@dataclass(frozen=True)
class Shift:
    """One agent's duty of one service day: its stretches in order."""

    date: dt.date
    stretches: tuple[Stretch, ...]

    @cached_property
    def start(self) -> dt.datetime:
        """Return when the duty begins."""
        return self.stretches[0].start

    @cached_property
    def end(self) -> dt.datetime:
        """Return when the last stretch ends."""
        return max(stretch.end for stretch in self.stretches)

    @cached_property
    def holes(self) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
        """Return the times between stretches that do not follow one another."""
        return tuple(
            (before.end, after.start)
            for before, after in zip(self.stretches, self.stretches[1:], strict=False)
            if after.start > before.end
        )

    @cached_property
    def paid_h(self) -> float:
        """Return the hours of work, meals not counted."""
        return sum(stretch.hours for stretch in self.stretches if stretch.activity != "meal")


@dataclass(frozen=True, kw_only=True)
class Person:
    """What the rules need to know about one agent.

    Attributes
    ----------
    trained : pool -> first day on which she may serve it
    past : published shifts before the horizon as (date, start, end, paid hours)
    """

    agent_id: str
    contract_h: float
    started_on: dt.date | None
    protected: bool
    away: frozenset[dt.date]
    trained: Mapping[str, dt.date]
    past: tuple[tuple[dt.date, dt.datetime, dt.datetime, float], ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One person's duties of the horizon, in order, with what binds them."""

    person: Person
    shifts: tuple[Shift, ...]
    workspace: Workspace
    scenario: Scenario
    openings: Openings

    def broken(self, rule: str, date: dt.date, key: str, **facts: object) -> Violation:
        """Return a violation of this person's."""
        how = Statement(f"violation.{key}", facts)
        return Violation(rule=rule, agent_id=self.person.agent_id, date=date, how=how)


def audit(workspace: Workspace, scenario: Scenario, table: pd.DataFrame) -> list[Violation]:
    """Return every broken hard rule of a roster, by agent and day; empty when it is lawful.

    Under the preset `industry` the yardstick is the labour law itself.

    Parameters
    ----------
    table : one row a stretch: agent_id, date, start, end (naive local time), activity, pool
    """
    scenario = scenario.model_copy(update={"rules": scenario.rules.judged})
    duties = shifts_of(table)
    unknown = sorted(set(duties) - set(workspace.agents.index.astype(str)))
    found = [
        Violation(
            rule="R1",
            agent_id=agent,
            date=duties[agent][0].date,
            how=Statement("violation.unknown_agent"),
        )
        for agent in unknown
    ]
    for case in cases(workspace, scenario, duties):
        found += check(case)
    for rule in TOGETHER.values():
        found += rule(workspace, scenario, duties)
    return found


def cases(
    workspace: Workspace, scenario: Scenario, duties: Mapping[str, Sequence[Shift]]
) -> list[Case]:
    """Return everybody with her duties, as `shifts_of` returns them."""
    openings = Openings(workspace)
    return [
        Case(
            person=person,
            shifts=tuple(duties.get(person.agent_id, ())),
            workspace=workspace,
            scenario=scenario,
            openings=openings,
        )
        for person in people(workspace, scenario)
    ]


def check(case: Case) -> list[Violation]:
    """Return the violations of one person's duties."""
    return [violation for rule in RULES.values() for violation in rule(case)]


def shifts_of(table: pd.DataFrame) -> dict[str, list[Shift]]:
    """Return agent -> duties by service day, stretches in order."""
    parts: dict[tuple[str, dt.date], list[Stretch]] = defaultdict(list)
    for row in rows(table):
        pool = None if pd.isna(row.pool) or row.pool == "" else str(row.pool)
        stretch = Stretch(
            row.start.to_pydatetime(), row.end.to_pydatetime(), str(row.activity), pool
        )
        parts[str(row.agent_id), row.date.date()].append(stretch)
    found: dict[str, list[Shift]] = defaultdict(list)
    for (agent, date), stretches in sorted(parts.items()):
        found[agent].append(Shift(date, tuple(sorted(stretches, key=lambda s: (s.start, s.end)))))
    return found


def people(workspace: Workspace, scenario: Scenario) -> list[Person]:
    """Return what the rules need to know about every agent."""
    away: dict[str, set[dt.date]] = defaultdict(set)
    for row in rows(workspace.tables["absences"]):
        away[str(row.agent_id)].add(row.date.date())
    past = _past(workspace, scenario.horizon.start)
    trained = _trained(workspace)
    return [
        Person(
            agent_id=str(agent),
            contract_h=min(float(row["hours_per_week"]), LAW_MAX_WEEK_H),
            started_on=None if pd.isna(row["started_on"]) else row["started_on"].date(),
            protected=bool(pd.notna(row["protected"])),
            away=frozenset(away[str(agent)]),
            trained=trained[str(agent)],
            past=tuple(past[str(agent)]),
        )
        for agent, row in workspace.agents.iterrows()
    ]


def _past(
    workspace: Workspace, start: dt.date
) -> dict[str, list[tuple[dt.date, dt.datetime, dt.datetime, float]]]:
    """Return each agent's published shifts before the horizon, parts of a shift joined."""
    joined: dict[tuple[str, dt.date], tuple[dt.datetime, dt.datetime, float]] = {}
    for row in rows(workspace.tables["rosters"]):
        span_h = (row.end - row.start).total_seconds() / 3600
        guess = span_h - (1.0 if span_h > LONG_SPAN_H else 0.0)
        paid = guess if pd.isna(row.paid_h) else float(row.paid_h)
        key = (str(row.agent_id), row.date.date())
        begin, end = row.start.to_pydatetime(), row.end.to_pydatetime()
        if key in joined:
            first, last, sum_h = joined[key]
            joined[key] = (min(first, begin), max(last, end), sum_h + paid)
        else:
            joined[key] = (begin, end, paid)
    found: dict[str, list[tuple[dt.date, dt.datetime, dt.datetime, float]]] = defaultdict(list)
    for (agent, date), (begin, end, paid) in sorted(joined.items()):
        if date < start:
            found[agent].append((date, begin, end, paid))
    return found


def _trained(workspace: Workspace) -> dict[str, dict[str, dt.date]]:
    """Return agent -> pool -> first day, for pools that she is trained for in some shop."""
    known: dict[str, dict[str, dt.date]] = defaultdict(dict)
    for row in rows(workspace.skills):
        since = dt.date.min if pd.isna(row.since) else row.since.date()
        known[str(row.agent_id)][str(row.shop_id)] = since
    found: dict[str, dict[str, dt.date]] = defaultdict(dict)
    for agent, own in known.items():
        for pool, shops in workspace.pools.items():
            if any(shop in own for shop in shops):
                found[agent][pool] = min(own[shop] for shop in shops if shop in own)
    return found


def r1_trained(case: Case) -> Iterator[Violation]:
    """R1: an agent serves only open pools of the workspace of which she knows some shop.

    What those who know a part of it leave to others is a matter of coverage, see `coverage`.
    """
    pools = case.workspace.pools
    for shift in case.shifts:
        for stretch in shift.stretches:
            if stretch.pool is None or stretch.activity == "meal":
                continue
            if stretch.pool not in pools:
                yield case.broken("R1", shift.date, "unknown_pool", pool=stretch.pool)
                continue
            since = case.person.trained.get(stretch.pool)
            if since is None or since > shift.date:
                yield case.broken("R1", shift.date, "untrained", pool=stretch.pool)
            spans = case.openings.of(shift.date, stretch.pool)
            if not any(opens <= stretch.start and stretch.end <= closes for opens, closes in spans):
                facts = {"pool": stretch.pool, "time": f"{stretch.start:%H:%M}"}
                yield case.broken("R1", shift.date, "pool_closed", **facts)


def r2_one_place(case: Case) -> Iterator[Violation]:
    """R2: one duty a service day, its stretches follow one another, duties never overlap.

    A duty begins on its service day: after midnight only while some shop is open so long.
    """
    closes_min = max(window.closes_min for window in case.workspace.windows.values())
    previous: dt.datetime | None = None
    for shift in case.shifts:
        for stretch in shift.stretches:
            if stretch.end <= stretch.start:
                yield case.broken("R2", shift.date, "backwards", time=f"{stretch.start:%H:%M}")
            elif previous is not None and stretch.start < previous:
                yield case.broken("R2", shift.date, "overlap", time=f"{stretch.start:%H:%M}")
            previous = stretch.end if previous is None else max(previous, stretch.end)
        for begin, _ in () if _split_may_be(case, shift) else shift.holes:
            yield case.broken("R2", shift.date, "split", time=f"{begin:%H:%M}")
        midnight = dt.datetime.combine(shift.date, dt.time())
        if not midnight <= shift.start < midnight + dt.timedelta(minutes=max(DAY_MIN, closes_min)):
            yield case.broken("R2", shift.date, "wrong_day", time=f"{shift.start:%Y-%m-%d}")


def _split_may_be(case: Case, shift: Shift) -> bool:
    """Return whether the holes of a duty are those of a split shift that the scenario allows."""
    allowed = case.scenario.shifts
    if not allowed.splits_per_week or len(shift.holes) > 1:
        return False
    lengths = [(end - begin).total_seconds() / 3600 for begin, end in shift.holes]
    return all(allowed.split_least_h <= hours <= allowed.split_most_h for hours in lengths)


def r3_available(case: Case) -> Iterator[Violation]:
    """R3: no duty on a day of absence, before the first day, or outside the horizon."""
    days = set(case.scenario.grid.dates)
    for shift in case.shifts:
        if shift.date in case.person.away:
            yield case.broken("R3", shift.date, "absent")
        if case.person.started_on is not None and shift.date < case.person.started_on:
            yield case.broken("R3", shift.date, "not_started", day=str(case.person.started_on))
        if shift.date not in days:
            yield case.broken("R3", shift.date, "outside_horizon")


def r4_daily_hours(case: Case) -> Iterator[Violation]:
    """R4: paid hours of a day with the overtime allowed (Labour Law arts. 36 and 41)."""
    most = case.scenario.rules.max_daily_h + case.scenario.rules.overtime_day_h
    for shift in case.shifts:
        if shift.paid_h > most + TOLERANCE_H:
            yield case.broken(
                "R4", shift.date, "daily_hours", hours=f"{shift.paid_h:g}", most=f"{most:g}"
            )


def _out(person: Person, day: dt.date) -> bool:
    """Return whether a day is one of absence or before the first one."""
    return day in person.away or (person.started_on is not None and day < person.started_on)


def _hours_by_day(case: Case) -> dict[dt.date, float]:
    """Return day -> paid hours, published days before the horizon included."""
    hours: dict[dt.date, float] = defaultdict(float)
    for date, _, _, paid in case.person.past:
        hours[date] += paid
    for shift in case.shifts:
        hours[shift.date] += shift.paid_h
    return hours


def weeks(case: Case) -> Iterator[tuple[dt.date, list[dt.date], int, float, set[dt.date]]]:
    """Yield Monday, days, days out, hours paid and days worked of each calendar week touched.

    Days out are those of absence, and before the first day.
    """
    grid, person = case.scenario.grid, case.person
    for monday in sorted({day - dt.timedelta(days=day.weekday()) for day in grid.dates}):
        days = [monday + dt.timedelta(days=i) for i in range(7)]
        out = sum(_out(person, day) for day in days)
        paid = sum(shift.paid_h for shift in case.shifts if shift.date in days)
        paid += sum(hours for date, _, _, hours in person.past if date in days)
        worked = {shift.date for shift in case.shifts if shift.date in days}
        worked |= {date for date, *_ in person.past if date in days}
        yield monday, days, out, paid, worked


def allowed_h(case: Case, out: int) -> float:
    """R5: return the hours of a week less a sixth for each day out: nobody works on more."""
    return case.person.contract_h * max(1 - out / 6, 0.0)


def _published_h(case: Case, days: Collection[dt.date]) -> float:
    """Return the published hours of some days: what is published breaks no rule of the plan."""
    return sum(hours for date, _, _, hours in case.person.past if date in days)


def r5_most_hours(case: Case) -> Iterator[Violation]:
    """R5: paid hours of a calendar week, or on average over a longer period.

    A week has at most the contract's hours and 44 (Labour Law art. 36), and the overtime allowed;
    on average over a period (劳部发〔1994〕503号) the like.
    """
    rules = case.scenario.rules
    if rules.average_over != "week":
        yield from _averaged(case)
        return
    moved_h = 0.0 if case.person.protected else rules.moved_rest_days * DAY_H
    for monday, days, out, paid, _ in weeks(case):
        most = max(
            allowed_h(case, out) + rules.overtime_month_h + moved_h, _published_h(case, days)
        )
        if paid > most + TOLERANCE_H:
            yield case.broken("R5", monday, "weekly_hours", hours=f"{paid:g}", most=f"{most:.4g}")
    if moved_h:
        yield from _not_given_back(case)


def _not_given_back(case: Case) -> Iterator[Violation]:
    """R5: a rest day that was worked is a day off in a later week of the horizon (art. 44).

    So the hours from any week on are at most those allowed then, and the overtime of their months.
    """
    left_h, paid_h, months = 0.0, 0.0, set[tuple[int, int]]()
    found = []
    for monday, days, out, paid, _ in reversed(list(weeks(case))):
        months.add((days[-1].year, days[-1].month))
        left_h += max(allowed_h(case, out), _published_h(case, days))
        paid_h += paid
        most = left_h + case.scenario.rules.overtime_month_h * len(months)
        if paid_h > most + TOLERANCE_H:
            facts = {"hours": f"{paid_h:g}", "most": f"{most:.4g}"}
            found.append(case.broken("R5", monday, "moved_days", **facts))
    yield from reversed(found)


def _averaged(case: Case) -> Iterator[Violation]:
    """R5 under comprehensive hours: hours of a period against its work days.

    Work days are five in seven, less statutory days and days out (人社部发〔2025〕2号: 248 a year);
    known weeks before the horizon count, overtime in proportion to the days.
    """
    rules, start, end = case.scenario.rules, case.scenario.grid.start, case.scenario.grid.dates[-1]
    first = start if rules.average_over == "horizon" else known_from(case.workspace, case.scenario)
    periods: dict[object, list[dt.date]] = defaultdict(list)
    for day in (first + dt.timedelta(days=i) for i in range((end - first).days + 1)):
        unit = {"month": day.month, "quarter": (day.month + 2) // 3}.get(rules.average_over)
        periods[None if unit is None else (day.year, unit)].append(day)
    hours = _hours_by_day(case)
    extra = 0.0 if case.person.protected else rules.overtime_month_h
    for days in periods.values():
        if days[-1] < start:
            continue
        lost = sum(1 for day in days if is_statutory(day) or _out(case.person, day))
        due = case.person.contract_h / 5 * max(len(days) * 5 / 7 - lost, 0.0)
        most = max(due + extra * 12 * len(days) / 365, _published_h(case, days))
        paid = sum(hours.get(day, 0.0) for day in days)
        if paid > most + TOLERANCE_H:
            facts = {"hours": f"{paid:g}", "most": f"{most:.1f}", "days": len(days)}
            yield case.broken("R5", max(days[0], start), "average_hours", **facts)


def known_from(workspace: Workspace, scenario: Scenario) -> dt.date:
    """Return the Monday from which on every week before the horizon has published shifts.

    The horizon's first day where the week before it has none.
    """
    start = scenario.grid.start
    table = workspace.tables["rosters"]["date"]
    known = {day - dt.timedelta(days=day.weekday()) for day in table.dt.date if day < start}
    monday = start - dt.timedelta(days=start.weekday())
    first = monday if monday in known else start
    while (monday := monday - dt.timedelta(days=7)) in known:
        first = monday
    return first


def r6_least_weekly_hours(case: Case) -> Iterator[Violation]:
    """R6: paid hours of a whole calendar week, at least a share of the contract's.

    A day out lowers them by a fifth.
    """
    share, dates = case.scenario.rules.min_week_share, case.scenario.grid.dates
    serves = any(first <= dates[-1] for first in case.person.trained.values())
    for monday, days, out, paid, _ in weeks(case):
        due = case.person.contract_h * max(1 - out / 5, 0.0)
        least = int(due * share * 2 + TOLERANCE_H) / 2
        whole = days[0] >= dates[0] and days[-1] <= dates[-1]
        if whole and serves and paid < least - TOLERANCE_H:
            yield case.broken("R6", monday, "few_hours", hours=f"{paid:g}", least=f"{least:g}")


def r7_rest_days(case: Case) -> Iterator[Violation]:
    """R7: rest days in every calendar week (Labour Law art. 38)."""
    past = {date for date, *_ in case.person.past}
    for monday, days, _, _, worked in weeks(case):
        least = min(case.scenario.rules.rest_days_per_week, 7 - len(past & set(days)))
        if 7 - len(worked) < least:
            yield case.broken("R7", monday, "rest_days", days=7 - len(worked), least=least)


def r8_consecutive_days(case: Case) -> Iterator[Violation]:
    """R8: days worked in a row, across the seam to published weeks."""
    most = case.scenario.rules.max_consecutive_days
    worked = {shift.date for shift in case.shifts} | {date for date, *_ in case.person.past}
    run = 0
    for day in _days(worked):
        run = run + 1 if day in worked else 0
        if run > most and day >= case.scenario.horizon.start:
            yield case.broken("R8", day, "in_a_row", days=run, most=most)


def _days(worked: set[dt.date]) -> Iterable[dt.date]:
    if not worked:
        return []
    first, last = min(worked), max(worked)
    return [first + dt.timedelta(days=i) for i in range((last - first).days + 1)]


def r9_rest(case: Case) -> Iterator[Violation]:
    """R9: hours between the end of a duty and the start of the next."""
    least = case.scenario.rules.min_rest_h
    previous = max((end for _, _, end, _ in case.person.past), default=None)
    for shift in case.shifts:
        if previous is not None:
            rest = (shift.start - previous).total_seconds() / 3600
            if rest < least - TOLERANCE_H:
                yield case.broken("R9", shift.date, "rest", hours=f"{rest:g}", least=f"{least:g}")
        previous = shift.end if previous is None else max(previous, shift.end)


def r10_meals(case: Case) -> Iterator[Violation]:
    """R10: meals have their length, and no stretch of work between them is too long."""
    length, most = case.scenario.shifts.meal_min, case.scenario.rules.max_stretch_h
    for shift in case.shifts:
        work_h, before = 0.0, shift.start
        for stretch in shift.stretches:
            if stretch.start > before:
                work_h = 0.0
            before = stretch.end
            if stretch.activity == "meal":
                work_h = 0.0
                if round(stretch.hours * 60) != length:
                    minutes = round(stretch.hours * 60)
                    yield case.broken("R10", shift.date, "meal", minutes=minutes, length=length)
                continue
            if work_h <= most + TOLERANCE_H < work_h + stretch.hours:
                yield case.broken("R10", shift.date, "stretch", most=f"{most:g}")
            work_h += stretch.hours
        meals = sum(stretch.activity == "meal" for stretch in shift.stretches)
        if meals > MOST_MEALS:
            yield case.broken("R10", shift.date, "many_meals", meals=meals, most=MOST_MEALS)
        if "meal" in (shift.stretches[0].activity, shift.stretches[-1].activity):
            yield case.broken("R10", shift.date, "meal_at_edge")


def r11_night(case: Case) -> Iterator[Violation]:
    """R11: no night work for pregnant and nursing agents and minors (State Council Decree 619)."""
    if not case.person.protected:
        return
    night = case.scenario.rules.night
    for shift in case.shifts:
        midnight = dt.datetime.combine(shift.date, dt.time())
        for shifted in (-DAY_MIN, 0, DAY_MIN):
            begin = midnight + dt.timedelta(minutes=night.opens_min + shifted)
            end = midnight + dt.timedelta(minutes=night.closes_min + shifted)
            if shift.start < end and begin < shift.end:
                yield case.broken("R11", shift.date, "night", until=f"{shift.end:%H:%M}")
                break


def r12_overtime(case: Case) -> Iterator[Violation]:
    """R12: overtime of the weeks that end in a calendar month (Labour Law art. 41)."""
    rules, start = case.scenario.rules, case.scenario.grid.start
    if rules.overtime_month_h <= 0 or rules.average_over != "week":
        return
    hours, published = _hours_by_day(case), _hours_by_day(replace(case, shifts=()))
    days = sorted({*hours, *case.scenario.grid.dates})
    months: dict[tuple[int, int], float] = defaultdict(float)
    before: dict[tuple[int, int], float] = defaultdict(float)
    ends: dict[tuple[int, int], dt.date] = {}
    for sunday in sorted({day + dt.timedelta(days=6 - day.weekday()) for day in days}):
        overtime = _overtime(case, sunday, hours)
        month = (sunday.year, sunday.month)
        months[month] += overtime
        before[month] += _overtime(case, sunday, published)
        ends[month] = sunday
    for month, overtime in months.items():
        last = ends[month]
        most = max(rules.overtime_month_h, before[month])
        if last >= start and overtime > most + TOLERANCE_H:
            date = max(last - dt.timedelta(days=6), start)
            facts = {"hours": f"{overtime:g}", "most": f"{most:g}"}
            yield case.broken("R12", date, "overtime", month=f"{last:%Y-%m}", **facts)


def _overtime(case: Case, sunday: dt.date, hours: Mapping[dt.date, float]) -> float:
    """Return overtime of the week up to a Sunday: above the normal day, then the normal week."""
    week = [sunday - dt.timedelta(days=i) for i in range(7)]
    share = max(1 - sum(_out(case.person, day) for day in week) / 5, 0.0)
    normal = min(case.person.contract_h, WEEK_H) * share
    day_h = min(case.scenario.rules.max_daily_h, DAY_H)
    inside = sum(min(hours.get(day, 0.0), day_h) for day in week)
    outside = sum(max(hours.get(day, 0.0) - day_h, 0.0) for day in week)
    return outside + max(inside - normal, 0.0)


def r13_protected_hours(case: Case) -> Iterator[Violation]:
    """R13: no overtime for pregnant and nursing agents and minors (State Council Decree 619)."""
    if not case.person.protected:
        return
    for shift in case.shifts:
        if shift.paid_h > DAY_H + TOLERANCE_H:
            facts = {"hours": f"{shift.paid_h:g}", "most": f"{DAY_H:g}"}
            yield case.broken("R13", shift.date, "protected_day", **facts)
    for monday, days, out, paid, _ in weeks(case):
        normal = WEEK_H * max(1 - out / 5, 0.0)
        most = max(min(allowed_h(case, out), normal), _published_h(case, days))
        if paid > most + TOLERANCE_H:
            facts = {"hours": f"{paid:g}", "most": f"{most:.4g}"}
            yield case.broken("R13", monday, "protected_week", **facts)


def r14_late_in_a_row(case: Case) -> Iterator[Violation]:
    """R14: late shifts on days in a row, across the seam to published weeks."""
    most, late_min = case.scenario.rules.max_late_in_a_row, case.scenario.fairness.late_after
    ends = [(date, end) for date, _, end, _ in case.person.past]
    ends += [(shift.date, shift.end) for shift in case.shifts]
    late = {
        date
        for date, end in ends
        if end > dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=late_min)
    }
    run = 0
    for day in _days(late):
        run = run + 1 if day in late else 0
        if run > most and day >= case.scenario.grid.start:
            yield case.broken("R14", day, "late_in_a_row", days=run, most=most)


def r15_steady_starts(case: Case) -> Iterator[Violation]:
    """R15: the starts of a calendar week's shifts lie close together."""
    if case.scenario.rules.start_spread_h >= OFF_SPREAD_H:
        return
    published = _starts_by_week((date, start) for date, start, _, _ in case.person.past)
    planned = _starts_by_week((shift.date, shift.start) for shift in case.shifts)
    for monday, starts in sorted(planned.items()):
        before = published.get(monday, [])
        most = max(
            case.scenario.rules.start_spread_h, max(before, default=0.0) - min(before, default=0.0)
        )
        spread = max(starts + before) - min(starts + before)
        if spread > most + TOLERANCE_H:
            facts = {"hours": f"{spread:g}", "most": f"{most:g}"}
            yield case.broken("R15", monday, "starts_apart", **facts)


def _starts_by_week(
    duties: Iterable[tuple[dt.date, dt.datetime]],
) -> dict[dt.date, list[float]]:
    """Return Monday -> hours after midnight of their service days at which duties start."""
    found: dict[dt.date, list[float]] = defaultdict(list)
    for date, start in duties:
        since = start - dt.datetime.combine(date, dt.time())
        found[date - dt.timedelta(days=date.weekday())].append(since.total_seconds() / 3600)
    return found


def r16_whole_weekends(case: Case) -> Iterator[Violation]:
    """R16: of so many weekends in a row one is free, published ones counted."""
    every, grid = case.scenario.rules.weekend_off_every_weeks, case.scenario.grid
    if not every:
        return
    past = {date for date, *_ in case.person.past}
    worked = {shift.date for shift in case.shifts} | past
    run = before = 0
    sunday = grid.start + dt.timedelta(days=6 - grid.start.weekday() - 7 * every)
    while sunday <= grid.dates[-1]:
        weekend = {sunday, sunday - dt.timedelta(days=1)}
        run = run + 1 if worked & weekend else 0
        before = before + 1 if past & weekend else 0
        if run >= every > before and sunday >= grid.start:
            date = max(sunday - dt.timedelta(days=1), grid.start)
            yield case.broken("R16", date, "no_weekend_off", weeks=run, every=every)
        sunday += dt.timedelta(days=7)


def r17_splits(case: Case) -> Iterator[Violation]:
    """R17: split duties of a calendar week; where none are allowed R2 refuses each."""
    most = case.scenario.shifts.splits_per_week
    split: dict[dt.date, int] = defaultdict(int)
    for shift in case.shifts:
        monday = shift.date - dt.timedelta(days=shift.date.weekday())
        split[monday] += bool(shift.holes)
        if most and shift.holes and split[monday] == most + 1:
            yield case.broken("R17", shift.date, "splits", most=most)


RULES = {
    "R1": r1_trained,
    "R2": r2_one_place,
    "R3": r3_available,
    "R4": r4_daily_hours,
    "R5": r5_most_hours,
    "R6": r6_least_weekly_hours,
    "R7": r7_rest_days,
    "R8": r8_consecutive_days,
    "R9": r9_rest,
    "R10": r10_meals,
    "R11": r11_night,
    "R12": r12_overtime,
    "R13": r13_protected_hours,
    "R14": r14_late_in_a_row,
    "R15": r15_steady_starts,
    "R16": r16_whole_weekends,
    "R17": r17_splits,
}
"""Rule number -> its check."""


def r18_meals_in_turn(
    workspace: Workspace, scenario: Scenario, duties: Mapping[str, Sequence[Shift]]
) -> Iterator[Violation]:
    """R18: of the people on duty who know some shop of a pool, not too many are at a meal.

    Told once for each time that it begins, of who came to the table last.
    """
    share = scenario.shifts.meal_share
    if share >= 1:
        return
    of_pool: dict[str, list[tuple[str, dt.date, Stretch]]] = defaultdict(list)
    for person in people(workspace, scenario):
        for shift in duties.get(person.agent_id, ()):
            for pool, since in person.trained.items():
                if since <= shift.date:
                    own = [(person.agent_id, shift.date, part) for part in shift.stretches]
                    of_pool[pool] += own
    for pool, parts in sorted(of_pool.items()):
        meals = [each for each in parts if each[2].activity == "meal"]
        moments = _moments([part for _, _, part in parts])
        on_duty = _present([part for _, _, part in parts], moments)
        eating = _present([part for _, _, part in meals], moments)
        most = np.ceil(share * on_duty - TOLERANCE_H)
        crowded = eating > most
        for at in np.flatnonzero(crowded & ~np.concatenate([[False], crowded[:-1]])):
            moment = moments[at].astype("datetime64[s]").item()
            there = [each for each in meals if each[2].start <= moment < each[2].end]
            agent, date, _ = max(there, key=lambda each: (each[2].start, each[0]))
            facts = {"pool": pool, "eating": int(eating[at]), "people": int(on_duty[at])}
            facts |= {"most": int(most[at]), "time": f"{moment:%H:%M}"}
            how = Statement("violation.meals_together", facts)
            yield Violation(rule="R18", agent_id=agent, date=date, how=how)


def _moments(parts: Sequence[Stretch]) -> npt.NDArray[np.datetime64]:
    """Return when stretches begin or end, in order."""
    times = [moment for part in parts for moment in (part.start, part.end)]
    return np.unique(np.array(times, dtype="datetime64[s]"))


def _present(
    parts: Sequence[Stretch], moments: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.int64]:
    """Return how many of the stretches go on right after each moment (moments,)."""
    begins = np.sort(np.array([part.start for part in parts], dtype="datetime64[s]"))
    ends = np.sort(np.array([part.end for part in parts], dtype="datetime64[s]"))
    begun, ended = (np.searchsorted(each, moments, side="right") for each in (begins, ends))
    return np.asarray(begun - ended, dtype=np.int64)


TOGETHER = {"R18": r18_meals_in_turn}
"""Rule number -> its check, of rules that bind people together."""


def hard(violations: Iterable[Violation]) -> list[Violation]:
    """Return the violations that keep a roster from being published: all but those of R18."""
    return [each for each in violations if each.rule not in TOGETHER]


def order(violations: Sequence[Violation]) -> list[Violation]:
    """Return violations by rule number, agent and day."""
    return sorted(violations, key=lambda v: (int(v.rule[1:]), v.agent_id, v.date))
