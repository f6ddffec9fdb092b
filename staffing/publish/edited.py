"""The published workbook read back, after a planner has changed cells of its grid.

Two sheets count: the grid of agents and days, and the stretches below it, which hold the meals and
pools that the grid does not show. A cell that says what its stretches say is left as it is; any
other is a wish: a shift from and to, or a rest day. Nothing else of the workbook is read.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from openpyxl.utils import get_column_letter

from staffing.errors import Fault, RosterFileError, WorkspaceError
from staffing.grid import DAY_MIN, INTERVAL_MIN, clock_min
from staffing.publish.board import SPLIT, board_of, spans
from staffing.roster.file import checked, no_stretches
from staffing.roster.placing import Wanted
from staffing.scenario import Scenario
from staffing.words import LANGS, listed, say
from staffing.workspace import Workspace
from staffing.workspace.cells import as_typed
from staffing.workspace.files import Raw, framed, kind_of, sheets_of
from staffing.workspace.headers import nearest
from staffing.workspace.tables import EXCEL_ERRORS, STRETCHES

ISO_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b")
SPAN = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
DASHES = str.maketrans("–—−~～至", "------")
LAST_MIN = 36 * 60
"""A shift ends by noon of the next day."""

Sheet = Sequence[tuple[object, ...]]


@dataclass(frozen=True, kw_only=True)
class Edited:
    """What a workbook says.

    Attributes
    ----------
    stretches : of all duties as they were published, one row each: agent_id, date, start, end,
        activity, pool
    wanted : (agent, day) -> the shift that an edited cell asks for; no spans: a rest day
    absent : (agent, day) of the words of absence that no table knows of
    """

    stretches: pd.DataFrame
    wanted: Wanted
    absent: frozenset[tuple[str, dt.date]] = frozenset()


def is_grid(path: Path) -> bool:
    """Return whether a file is a workbook with the sheet of the grid.

    Raises
    ------
    RosterFileError
        When it is not there, cannot be read, or is not what its name says.
    """
    try:
        return kind_of(path) == ".xlsx" and _named("roster", sheets_of(path)) is not None
    except WorkspaceError as error:
        raise RosterFileError(error.faults) from None


def read_edited(path: Path, workspace: Workspace, scenario: Scenario) -> Edited:
    """Return the roster of a published workbook with the changes made in its grid.

    Raises
    ------
    RosterFileError
        With every fault of grid and stretches: sheet, row, column, what was got, what to do.
    """
    try:
        sheets = sheets_of(path)
    except WorkspaceError as error:
        raise RosterFileError(error.faults) from None
    faults: list[Fault] = []
    base = _stretches(path, sheets, scenario.zone, faults)
    name = _named("roster", sheets)
    if name is None:
        raise RosterFileError([Fault(code="roster_book", file=path.name)])
    grid = _Grid(f"{path.name}[{name}]", sheets[name], workspace, scenario, faults)
    said = grid.cells()
    if faults or base is None:
        raise RosterFileError(faults)
    absent = frozenset(k for k, own in said.items() if own.spans is None and k not in grid.away)
    wanted = _changes(said, base, workspace, scenario)
    return Edited(stretches=base, wanted=wanted, absent=absent)


def _named(sheet: str, sheets: Mapping[str, Sheet]) -> str | None:
    """Return the sheet's name in the workbook, in whichever language it was published."""
    names = {say(lang, f"sheet.{sheet}") for lang in LANGS}
    return next((title for title in sheets if title.strip() in names), None)


def _stretches(
    path: Path, sheets: Mapping[str, Sheet], zone: str, faults: list[Fault]
) -> pd.DataFrame | None:
    """Return the stretches of the workbook; without duties the sheet has no rows."""
    name = _named("stretches", sheets)
    if name is None:
        faults.append(Fault(code="no_stretches", file=path.name))
        return None
    file = f"{path.name}[{name}]"
    try:
        frame = framed(file, sheets[name])
    except WorkspaceError as error:
        if [each.code for each in error.faults] == ["no_rows"]:
            return no_stretches()
        faults += error.faults
        return None
    return checked(Raw(table=STRETCHES.name, file=file, frame=frame), zone, faults)


@dataclass(frozen=True, slots=True)
class _Said:
    """A cell of the grid: its text, and the shift it stands for; None for a word of absence."""

    text: str
    spans: tuple[tuple[int, int], ...] | None


class _Grid:
    """The grid's sheet: where its agents and days are, and what its cells say."""

    def __init__(
        self,
        file: str,
        rows: Sheet,
        workspace: Workspace,
        scenario: Scenario,
        faults: list[Fault],
    ) -> None:
        self.file, self.faults = file, faults
        self.rows = [[as_typed(cell) for cell in row] for row in rows]
        self.agents = list(workspace.agents.index.astype(str))
        self.dates = scenario.grid.dates
        self.away = _absent(workspace, scenario)

    def cells(self) -> dict[tuple[str, dt.date], _Said]:
        """Return what every agent's cell of every day says."""
        labels = {say(lang, "label.agent_id") for lang in LANGS}
        for at, row in enumerate(self.rows):
            for column, cell in enumerate(row):
                if cell in labels:
                    return self._below(at, column, self._days(at))
        self.fault("no_grid_head")
        return {}

    def _days(self, head: int) -> dict[int, dt.date]:
        """Return column -> day of the horizon."""
        found: dict[int, dt.date] = {}
        for column, cell in enumerate(self.rows[head]):
            day = _day(cell)
            if day is None:
                continue
            first = next((c for c, d in found.items() if d == day), None)
            if day not in self.dates:
                facts = {"first": self.dates[0], "last": self.dates[-1]}
                self.fault("grid_other_day", head, column, str(day), **facts)
            elif first is not None:
                other = get_column_letter(first + 1)
                self.fault("grid_day_twice", head, column, str(day), other=other)
            else:
                found[column] = day
        missing = [f"{day}" for day in self.dates if day not in found.values()]
        if missing:
            self.fault("grid_day_missing", head, days=listed(missing))
        return found

    def _below(
        self, head: int, own: int, days: Mapping[int, dt.date]
    ) -> dict[tuple[str, dt.date], _Said]:
        """Return the cells below the header, down to the totals."""
        totals = {say(lang, f"label.{key}") for lang in LANGS for key in ("on_duty", "paid_h")}
        found: dict[tuple[str, dt.date], _Said] = {}
        seen: dict[str, int] = {}
        for at in range(head + 1, len(self.rows)):
            row = self.rows[at]
            agent = row[own] if own < len(row) else None
            if agent in totals and agent not in self.agents:
                break
            if agent is None:
                if any(column < len(row) and row[column] for column in days):
                    self.fault("grid_no_agent", at, own)
            elif agent not in self.agents:
                self._stranger(at, own, agent)
            elif agent in seen:
                self.fault("grid_agent_twice", at, own, agent, first=seen[agent])
            else:
                seen[agent] = at + 1
                found |= self._line(at, agent, days)
        missing = [agent for agent in self.agents if agent not in seen]
        if missing:
            self.fault("grid_agent_missing", agents=listed(missing))
        return found

    def _stranger(self, at: int, own: int, agent: str) -> None:
        near = nearest(agent, self.agents)
        if near is None:
            self.fault("unknown", at, own, agent, table="agents")
        else:
            self.fault("unknown_near", at, own, agent, table="agents", near=near)

    def _line(
        self, at: int, agent: str, days: Mapping[int, dt.date]
    ) -> dict[tuple[str, dt.date], _Said]:
        """Return the cells of one agent that can be read."""
        found, row = {}, self.rows[at]
        for column, day in days.items():
            text = row[column] if column < len(row) else None
            said = self._cell(at, column, text, absent=(agent, day) in self.away)
            if said is not None:
                found[agent, day] = said
        return found

    def _cell(self, at: int, column: int, text: str | None, *, absent: bool) -> _Said | None:
        """Return what a cell says, None where that cannot be told."""
        if text is None:
            self.fault("grid_blank", at, column)
            return None
        plain = _plain(text)
        if text in EXCEL_ERRORS:
            self.fault("excel_error", at, column, text)
        elif plain in _RESTS:
            return _Said(plain, ())
        elif plain in _ABSENCES:
            if absent or plain in _TYPED:
                return _Said(plain, None)
            self.fault("grid_absence", at, column, text)
        elif (asked := read_spans(plain)) is None:
            self.fault("grid_cell", at, column, text)
        elif any(minute % INTERVAL_MIN for span in asked for minute in span):
            self.fault("grid_half_hour", at, column, text)
        else:
            return _Said(plain, asked)
        return None

    def fault(
        self,
        code: str,
        at: int | None = None,
        column: int | None = None,
        value: str | None = None,
        **facts: object,
    ) -> None:
        """Keep a fault of the sheet; row and column count from 0."""
        letter = None if column is None else get_column_letter(column + 1)
        row = None if at is None else at + 1
        self.faults.append(
            Fault(code=code, file=self.file, row=row, column=letter, value=value, facts=facts)
        )


def read_spans(text: str) -> tuple[tuple[int, int], ...] | None:
    """Return the minutes of a shift's parts, None where a text is no shift.

    An end no later than its start lies on the next day, and so does a part that begins before the
    one before it ends; hours above 24 are the next day's.

    Examples
    --------
    >>> read_spans("17:00-02:00"), read_spans("09:00-13:00+17:00-21:00"), read_spans("25:00")
    (((1020, 1560),), ((540, 780), (1020, 1260)), None)
    """
    found: list[tuple[int, int]] = []
    for part in text.split(SPLIT):
        match = SPAN.fullmatch(part)
        if match is None:
            return None
        try:
            start, end = clock_min(match[1]), clock_min(match[2])
        except ValueError:
            return None
        if found and start < found[-1][1]:
            start, end = start + DAY_MIN, end + DAY_MIN
        if end <= start:
            end += DAY_MIN
        if end - start >= DAY_MIN or end > LAST_MIN or (found and start <= found[-1][1]):
            return None
        found.append((start, end))
    return tuple(found) if len(found) <= 2 else None


def _plain(text: str) -> str:
    """Return a cell's text without blanks, in plain digits and dashes, lower case."""
    narrow = unicodedata.normalize("NFKC", text).translate(DASHES)
    return "".join(narrow.split()).lower()


_RESTS = {_plain(say(lang, "kind.rest")) for lang in LANGS} | {"休息", "rest"}
_TYPED = {
    _plain(say(lang, key))
    for lang in LANGS
    for key in ("kind.leave", "absence.leave", "absence.sick", "absence.training", "absence.absent")
}
"""What a planner may write for an absence that no table has yet."""
_ABSENCES = _TYPED | {
    _plain(say(lang, f"absence.{kind}")) for lang in LANGS for kind in ("not_started", "finished")
}


def _day(cell: str | None) -> dt.date | None:
    """Return the day that a header begins with."""
    match = ISO_DAY.match(cell or "")
    if match is None:
        return None
    try:
        return dt.date(*map(int, match.groups()))
    except ValueError:
        return None


def _absent(workspace: Workspace, scenario: Scenario) -> set[tuple[str, dt.date]]:
    """Return who is away when, as the tables have it."""
    nobody = pd.DataFrame(columns=["agent_id", "date", "start", "end", "activity", "pool"])
    made = board_of(workspace, scenario, nobody)
    return {
        (line.agent_id, day.date)
        for line in made.lines
        for day, cell in zip(made.days, line.cells, strict=True)
        if cell.kind == "leave"
    }


def _changes(
    said: Mapping[tuple[str, dt.date], _Said],
    base: pd.DataFrame,
    workspace: Workspace,
    scenario: Scenario,
) -> Wanted:
    """Return the cells that do not say what their stretches say."""
    found: dict[tuple[str, dt.date], tuple[tuple[int, int], ...]] = {}
    made = board_of(workspace, scenario, base)
    for line in made.lines:
        for day, cell in zip(made.days, line.cells, strict=True):
            own = said[line.agent_id, day.date]
            same = not own.spans
            if cell.parts:
                same = own.text == _plain(cell.text) or own.spans == tuple(spans(cell.parts))
            if not same:
                found[line.agent_id, day.date] = own.spans or ()
    return found
