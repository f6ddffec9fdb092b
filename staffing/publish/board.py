"""The roster as a planner reads it: one line an agent, one cell a service day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import pandas as pd

from staffing.forecast.calendar import is_statutory
from staffing.frames import rows
from staffing.grid import DAY_MIN, clock_text
from staffing.plan import Plan
from staffing.scenario import Scenario
from staffing.words import Lang, say
from staffing.workspace import Workspace

Kind = Literal["early", "middle", "late", "past_midnight", "short", "rest", "leave"]
KINDS: tuple[Kind, ...] = get_args(Kind)

EARLY_BEFORE_MIN = 11 * 60
"""A shift that starts before 11:00 is early."""
SHORT_BELOW_H = 6.0
"""A shift with fewer paid hours is short."""

FILL: Mapping[Kind, str] = {
    "early": "#DCEFD3",
    "middle": "#D9E6F7",
    "late": "#FCE3BF",
    "past_midnight": "#E4D5F2",
    "short": "#D2EFEF",
    "rest": "#FFFFFF",
    "leave": "#DFE3E8",
}
"""Background of a cell; page and workbook share it."""


def shift_kind(start_min: int, end_min: int, paid_h: float, late_after_min: int) -> Kind:
    """Return the kind of a shift.

    When it ends goes before how long it is, so that the cells coloured late or past midnight are
    exactly those that count as late shifts in the fairness goal.

    Parameters
    ----------
    start_min, end_min : minutes after midnight of the service day; above 1440 the next day
    paid_h : hours without meals
    late_after_min : a shift that ends later is late
    """
    if end_min > DAY_MIN:
        return "past_midnight"
    if end_min > late_after_min:
        return "late"
    if paid_h < SHORT_BELOW_H:
        return "short"
    return "early" if start_min < EARLY_BEFORE_MIN else "middle"


SPLIT = "+"
"""Between the two parts of a split shift."""
OTHER = {name: f"activity.{name}" for name in ("meal", "training", "meeting", "qc")}
"""Activity without a pool -> its word."""


def span_text(start_min: int, end_min: int) -> str:
    """Return ``15:00-24:00``; past midnight it is the next day's clock, ``17:00-02:00``.

    Examples
    --------
    >>> span_text(900, 1440), span_text(1020, 1560), span_text(1440, 1560)
    ('15:00-24:00', '17:00-02:00', '00:00-02:00')
    """
    start = start_min - DAY_MIN if start_min >= DAY_MIN else start_min
    end = end_min - DAY_MIN if end_min > DAY_MIN else end_min
    return f"{clock_text(start)}-{clock_text(end)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A service day of the horizon and what is marked about it."""

    date: dt.date
    statutory: bool

    @property
    def weekend(self) -> bool:
        """Return whether it is a Saturday or Sunday, as the fairness goal counts them."""
        return self.date.weekday() >= 5

    def weekday(self, lang: Lang) -> str:
        """Return the short name of the weekday."""
        return say(lang, f"weekday.{self.date.weekday()}")

    def text(self, lang: Lang) -> str:
        """Return date, weekday and the mark of a statutory day."""
        parts = [f"{self.date}", self.weekday(lang)]
        return " ".join([*parts, say(lang, "day.statutory_short")] if self.statutory else parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a shift: span in minutes of the service day; pool None without one."""

    start_min: int
    end_min: int
    activity: str
    pool: str | None

    @property
    def text(self) -> str:
        """Return its span."""
        return span_text(self.start_min, self.end_min)


def doing(lang: Lang, part: Part) -> str:
    """Return the pool that is served in a stretch, or what is done instead."""
    return part.pool or say(lang, OTHER.get(part.activity, "label.no_pool"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What an agent does on a day.

    Attributes
    ----------
    text : the span of the shift, or the kind of rest or absence
    parts : the stretches of the shift in order; empty without one
    why : without a shift, the key of the word that `text` is in one language
    """

    kind: Kind
    text: str
    paid_h: float = 0.0
    late: bool = False
    parts: tuple[Part, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One agent's horizon: a cell a day."""

    agent_id: str
    name: str
    team: str
    cells: tuple[Cell, ...]
    weekend: int
    """Saturdays and Sundays worked."""

    @property
    def paid_h(self) -> float:
        """Return the paid hours of the horizon."""
        return sum(cell.paid_h for cell in self.cells)

    @property
    def days(self) -> int:
        """Return the days worked."""
        return sum(bool(cell.parts) for cell in self.cells)

    @property
    def late(self) -> int:
        """Return the late shifts, those past midnight among them."""
        return sum(cell.late for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All agents of the workspace by all days of the horizon."""

    days: tuple[Day, ...]
    lines: tuple[Line, ...]

    def on_duty(self, day: int) -> int:
        """Return the people on duty on a day."""
        return sum(bool(line.cells[day].parts) for line in self.lines)

    def paid_h(self, day: int) -> float:
        """Return the paid hours of a day."""
        return sum(line.cells[day].paid_h for line in self.lines)

    @property
    def working(self) -> tuple[Line, ...]:
        """Return the lines of those who work at all."""
        return tuple(line for line in self.lines if line.days)


def board(plan: Plan) -> Board:
    """Return the roster of a plan by agent and day, agents in the order of their table."""
    return board_of(plan.workspace, plan.scenario, plan.roster.assignments)


def board_of(workspace: Workspace, scenario: Scenario, assignments: pd.DataFrame) -> Board:
    """Return a roster by agent and day.

    Parameters
    ----------
    assignments : one row a stretch, see `Roster.assignments`
    """
    days = tuple(Day(date=d, statutory=is_statutory(d)) for d in scenario.grid.dates)
    shifts = _shifts(assignments, scenario.fairness.late_after)
    away = _away(workspace)
    lines = []
    for agent, name, team, started in zip(
        workspace.agents.index.astype(str),
        workspace.agents["name"].astype(str),
        workspace.agents["team"].astype(str),
        workspace.agents["started_on"],
        strict=True,
    ):
        first = dt.date.min if pd.isna(started) else started.date()
        cells = tuple(
            shifts.get((agent, day.date)) or _idle(scenario, day.date, first, away.get(agent, {}))
            for day in days
        )
        weekend = sum(
            day.weekend and bool(cell.parts) for day, cell in zip(days, cells, strict=True)
        )
        lines.append(Line(agent_id=agent, name=name, team=team, cells=cells, weekend=weekend))
    return Board(days=days, lines=tuple(lines))


def _shifts(assignments: pd.DataFrame, late_after_min: int) -> dict[tuple[str, dt.date], Cell]:
    """Return (agent, service day) -> cell of each shift."""
    parts: dict[tuple[str, dt.date], list[Part]] = {}
    for row in rows(assignments):
        part = Part(
            start_min=_minute(row.start, row.date),
            end_min=_minute(row.end, row.date),
            activity=str(row.activity),
            pool=None if pd.isna(row.pool) or row.pool == "" else str(row.pool),
        )
        parts.setdefault((str(row.agent_id), row.date.date()), []).append(part)
    return {key: _cell(sorted(own, key=_start), late_after_min) for key, own in parts.items()}


def _start(part: Part) -> int:
    return part.start_min


def _minute(moment: pd.Timestamp, date: pd.Timestamp) -> int:
    return int((moment - date).total_seconds() // 60)


def _cell(parts: list[Part], late_after_min: int) -> Cell:
    start, end = parts[0].start_min, parts[-1].end_min
    paid_h = sum(p.end_min - p.start_min for p in parts if p.activity != "meal") / 60
    return Cell(
        kind=shift_kind(start, end, paid_h, late_after_min),
        text=SPLIT.join(span_text(*span) for span in spans(parts)),
        paid_h=paid_h,
        late=end > late_after_min,
        parts=tuple(parts),
    )


def spans(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Return the minutes of a shift without the hole of a split one, its parts in order."""
    found: list[tuple[int, int]] = []
    for part in parts:
        if found and part.start_min <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], part.end_min))
        else:
            found.append((part.start_min, part.end_min))
    return found


def _away(workspace: Workspace) -> dict[str, dict[dt.date, str]]:
    """Return agent -> date -> kind of absence."""
    found: dict[str, dict[dt.date, str]] = {}
    for row in rows(workspace.tables["absences"]):
        found.setdefault(str(row.agent_id), {})[row.date.date()] = str(row.kind)
    return found


def _idle(
    scenario: Scenario, date: dt.date, started_on: dt.date, away: Mapping[dt.date, str]
) -> Cell:
    """Return the cell of a day without a shift."""
    absence = "not_started" if date < started_on else away.get(date)
    if absence is None:
        return Cell(kind="rest", text=say(scenario.lang, "kind.rest"), why="kind.rest")
    why = f"absence.{absence}"
    return Cell(kind="leave", text=say(scenario.lang, why), why=why)
