"""What of the levers a finished roster uses, counted from its table."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

import pandas as pd

from staffing.promotion import Promotion, Use
from staffing.promotion.levers import Lever
from staffing.roster.audit import Case, Shift, allowed_h, cases, shifts_of, weeks
from staffing.scenario import Scenario
from staffing.workspace import Workspace

__all__ = ["used"]

NORMAL_DAY_H = 8.0


def used(
    workspace: Workspace, scenario: Scenario, made: Promotion, table: pd.DataFrame
) -> tuple[Use, ...]:
    """Return what own people do beyond what they would without levers, and who came.

    Parameters
    ----------
    workspace, scenario : without levers
    table : the assignments of the roster
    """
    told, duties = scenario.promotion, shifts_of(table)
    overtime_h = moved = splits = peaks = 0.0
    for case in cases(workspace, scenario, duties):
        over, given = _beyond(case)
        overtime_h, moved = overtime_h + over, moved + given / NORMAL_DAY_H
        splits += sum(bool(shift.holes) for shift in case.shifts)
    full = set(workspace.agents.index[workspace.agents["contract"] == "full_time"].astype(str))
    short = {round(h, 2) for h in told.peak_h} - set(scenario.shifts.full_time_h)
    own = (each for name in sorted(full) for each in duties.get(name, []))
    peaks = float(sum(round(shift.paid_h, 2) in short for shift in own))
    counted: Sequence[tuple[Lever, float, float]] = (
        ("moved_rest_days", moved, told.moved_rest_day),
        ("overtime", overtime_h, told.overtime_hour),
        ("split_shifts", splits, told.split_shift),
        ("peak_shifts", peaks, told.peak_shift),
    )
    uses = [Use(lever=name, amount=n, price=n * each) for name, n, each in counted if n > 0]
    outside = [use for use in made.outlook.uses if use.lever in ("borrowed", "temps")]
    return (*uses, *outside)


def _beyond(case: Case) -> tuple[float, float]:
    """Return hours of overtime of a person, and hours on rest days that are given back later."""
    rules = case.scenario.rules
    day_h = rules.max_daily_h + rules.overtime_day_h
    long: dict[dt.date, float] = defaultdict(float)
    for shift in case.shifts:
        long[_monday(shift)] += max(shift.paid_h - day_h, 0.0)
    overtime = given = spare = 0.0
    for monday, _, out, paid, _ in reversed(list(weeks(case))):
        allowed = allowed_h(case, out)
        excess = max(paid - allowed - rules.overtime_month_h, 0.0)
        back = min(excess, spare, NORMAL_DAY_H)
        overtime += max(long[monday], excess - back)
        given += back
        spare += max(allowed - paid, 0.0) - back
    return overtime, given


def _monday(shift: Shift) -> dt.date:
    return shift.date - dt.timedelta(days=shift.date.weekday())
