"""What a replan is asked for: who is absent, goes home or is back, and the moment of asking."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from staffing.errors import Fault
from staffing.grid import INTERVAL_MIN, Grid
from staffing.version import Absent
from staffing.workspace import Workspace

ABSENCE = re.compile(
    r"^\s*(?P<agent>.+?)\s*[:：=]\s*(?P<first>\d{4}[-/]\d{1,2}[-/]\d{1,2})"
    r"(?:\s*\.\.\s*(?P<last>\d{4}[-/]\d{1,2}[-/]\d{1,2})|[T\s]+(?P<time>\d{1,2}:\d{2}))?\s*$"
)
MOST_DAYS = 1_000
"""Days of an absence that are looked at; no horizon is as long."""
FREEZE_H = 2.0
"""Hours after now in which nothing changes: people must hear of it, and come."""
GoneHome = Mapping[tuple[str, dt.date], dt.datetime]
"""Who goes home from her duty of which service day, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for.

    Attributes
    ----------
    absent : ``AGENT:DATE``, ``AGENT:FIRST..LAST`` or, of who goes home, ``AGENT:DATETTIME``, as
        they were typed
    back : who is there after all, in the same way
    now : the moment of asking, local wall time; None: before the horizon
    freeze_h : hours after it in which nothing changes
    everywhere : whether days without an absence are looked at as well, if there is any absence
    """

    absent: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    now: dt.datetime | None = None
    freeze_h: float = FREEZE_H
    everywhere: bool = False

    def cut(self, grid: Grid) -> int:
        """Return the slot before which all is frozen."""
        if self.now is None:
            return 0
        since = self.now - dt.datetime.combine(grid.start, dt.time())
        since += dt.timedelta(hours=self.freeze_h)
        return max(-(-since // dt.timedelta(minutes=INTERVAL_MIN)), 0)

    def days(
        self, workspace: Workspace, grid: Grid
    ) -> tuple[set[tuple[str, dt.date]], list[Fault]]:
        """Return agents with their days of absence, and what is wrong with what was typed."""
        found: set[tuple[str, dt.date]] = set()
        faults: list[Fault] = []
        known = set(workspace.agents.index.astype(str))
        for text in self.absent:
            agent, dates, time = _absence(text)
            if dates is None:
                faults.append(Fault(code="absence_unread", file="--absent", value=text))
                continue
            if agent not in known:
                facts: dict[str, object] = {"table": "agents"}
                faults.append(Fault(code="unknown", file="--absent", value=agent, facts=facts))
            outside = [day for day in dates if time is None and day not in grid.dates]
            if outside or not dates:
                facts = {"first": f"{grid.dates[0]}", "last": f"{grid.dates[-1]}"}
                code = "not_planned" if outside else "absence_backwards"
                faults.append(Fault(code=code, file="--absent", value=text, facts=facts))
            if time is None:
                found |= {(agent, day) for day in dates}
        if self.now is not None and self.cut(grid) >= grid.slots:
            facts = {"last": f"{grid.dates[-1]}"}
            value = f"{self.now:%Y-%m-%d %H:%M}"
            faults.append(Fault(code="now_too_late", file="--now", value=value, facts=facts))
        return found, faults

    def returned(self, absent: Absent) -> tuple[set[tuple[str, dt.date]], list[Fault]]:
        """Return who is back on which days of earlier absences, and what is wrong with it."""
        found: set[tuple[str, dt.date]] = set()
        faults = []
        for text in self.back:
            agent, dates, time = _absence(text)
            pairs = {(agent, day) for day in dates or ()} & absent.keys()
            if dates is None or time is not None:
                faults.append(Fault(code="back_unread", file="--back", value=text))
            elif not pairs:
                faults.append(Fault(code="back_not_absent", file="--back", value=text))
            found |= pairs
        return found, faults

    def gone_home(
        self, table: pd.DataFrame, gone: Collection[tuple[str, dt.date]]
    ) -> tuple[dict[tuple[str, dt.date], dt.datetime], list[Fault]]:
        """Return who goes home when, and what is wrong with it.

        Parameters
        ----------
        table : the roster: whose duty it is, and of which service day, may be told past midnight
        gone : who is absent all day: that is the more
        """
        found: dict[tuple[str, dt.date], dt.datetime] = {}
        faults = []
        for text in self.absent:
            agent, dates, time = _absence(text)
            if dates is None or time is None:
                continue
            moment = dt.datetime.combine(dates[0], time)
            own = table[table["agent_id"].astype(str) == agent].groupby("date")
            ends = own["end"].max()
            on_duty = ends.index[(own["start"].min() < moment) & (ends > moment)]
            if moment.minute % INTERVAL_MIN:
                faults.append(Fault(code="left_off_half_hour", file="--absent", value=text))
            elif on_duty.empty:
                faults.append(Fault(code="left_off_duty", file="--absent", value=text))
            elif (pair := (agent, on_duty[0].date())) not in gone:
                found[pair] = min(moment, found.get(pair, moment))
        return found, faults


def _absence(text: str) -> tuple[str, list[dt.date] | None, dt.time | None]:
    """Return agent, days and time of an absence as typed; no days for what is no date or time."""
    match = ABSENCE.match(text)
    if match is None:
        return text, None, None
    try:
        time = dt.time.fromisoformat(match["time"].zfill(5)) if match["time"] else None
        ends = [
            dt.date(*map(int, re.split("[-/]", day)))
            for day in (match["first"], match["last"] or match["first"])
        ]
    except ValueError:
        return text, None, None
    length = min((ends[1] - ends[0]).days + 1, MOST_DAYS)
    return match["agent"], [ends[0] + dt.timedelta(days=i) for i in range(length)], time
