"""roster.xlsx: sheets for the planner who prints, filters and hands out."""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import xlsxwriter

from staffing.frames import rows as walk
from staffing.plan import Plan
from staffing.publish import reports
from staffing.publish.board import FILL, Board, Cell, Day, board, doing
from staffing.publish.changes import changes
from staffing.publish.figures import figures
from staffing.publish.page import legend
from staffing.publish.promotion import people, phases, sentences, strengths
from staffing.publish.sheets import (
    BAD,
    HEAD,
    SOFT,
    Styles,
    columns,
    width_of,
    write_table,
)
from staffing.publish.tables import payroll_table, roster_table
from staffing.version import FIRST, Version
from staffing.workspace.tables import schema
from staffing.workspace.tables.duties import ITEMS

STATUTORY_FILL = "#FBE4E4"
LONG_TEXT_ENDS = 11
"""The column of the summary up to which the reasons of a shortage run."""
POOLS_WIDTH, LINE_HEIGHT = 76, 14
"""Characters a line of the pools of a day, points a line."""


def workbook(plan: Plan, version: Version = FIRST) -> bytes:
    """Return the workbook, in the scenario's language; the same plan gives the same bytes.

    Parameters
    ----------
    version : of the roster: what the version before had told otherwise has a sheet
    """
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        midnight = dt.datetime.combine(plan.scenario.horizon.start, dt.time())
        book.set_properties({"title": plan.scenario.name, "created": midnight})
        writer = _Writer(book, plan, version)
        roster = board(plan)
        _roster(writer, roster)
        _changes(writer, roster)
        _promotion(writer)
        _days(writer, roster)
        _coverage(writer, roster.days)
        _summary(writer, roster)
        _ledger(writer, roster)
        _payroll(writer)
        _defaults(writer)
        _stretches(writer)
    return buffer.getvalue()


class _Writer(Styles):
    """The workbook of a plan."""

    def __init__(self, book: Any, plan: Plan, version: Version) -> None:
        super().__init__(book, plan.scenario.lang)
        self.plan, self.version = plan, version

    def sheet(self, name: str, *, title: bool = True, landscape: bool = True) -> Any:
        """Add a sheet with its title in the first row."""
        sheet = self.plain_sheet(self.say(f"sheet.{name}"), landscape=landscape)
        if title:
            dates = self.plan.scenario.grid.dates
            text = self.say(
                "sheet.title",
                sheet=self.say(f"sheet.{name}"),
                scenario=self.plan.scenario.name,
                first=dates[0],
                last=dates[-1],
            )
            if self.version.number > FIRST.number:
                text += self.say("sheet.version", number=self.version.number)
            sheet.set_row(0, 24)
            sheet.write_string(0, 0, text, self.look(bold=True, font_size=14))
        return sheet

    def note(self, sheet: Any, row: int, key: str) -> None:
        """Write a line of explanation."""
        sheet.write_string(row, 0, self.say(key), self.look(font_color=SOFT, font_size=9))


def _roster(writer: _Writer, roster: Board) -> None:
    """Sheet 1: agents by days, coloured by kind of shift, with totals."""
    sheet = writer.sheet("roster")
    writer.note(sheet, 1, "sheet.times_note")
    _legend(writer, sheet, 2)
    writer.note(sheet, 3, "sheet.edit_note")
    top, fixed, days = 4, 3, len(roster.days)
    after = fixed + days
    people = ("agent_id", "name", "team")
    for column, key in enumerate(people):
        sheet.write_string(top, column, writer.say(f"label.{key}"), writer.head(align="left"))
    for column, day in enumerate(roster.days, start=fixed):
        sheet.write_string(top, column, _day_head(writer, day), _day_look(writer, day))
    totals = ("paid_h", "days", "late", "weekend")
    for column, key in enumerate(totals, start=after):
        sheet.write_string(top, column, writer.say(f"label.{key}"), writer.head())
    for row, line in enumerate(roster.lines, start=top + 1):
        for column, text in enumerate((line.agent_id, line.name, line.team)):
            sheet.write_string(row, column, text, writer.cell())
        for column, cell in enumerate(line.cells, start=fixed):
            sheet.write_string(row, column, cell.text, _cell_look(writer, cell))
        sums = (line.paid_h, line.days, line.late, line.weekend)
        for column, value in enumerate(sums, start=after):
            sheet.write_number(row, column, value, writer.cell(align="center"))
    last = top + len(roster.lines)
    _totals(writer, sheet, roster, last + 1, fixed)
    sheet.autofilter(top, 0, max(last, top + 1), after + len(totals) - 1)
    sheet.freeze_panes(top + 1, fixed)
    sheet.repeat_rows(top)
    sheet.repeat_columns(0, fixed - 1)
    sheet.set_row(top, 32)
    sheet.set_column(0, 0, width_of((line.agent_id for line in roster.lines), least=10))
    sheet.set_column(1, 1, width_of((line.name for line in roster.lines), least=9, most=24))
    sheet.set_column(2, 2, width_of((line.team for line in roster.lines), least=7, most=18))
    sheet.set_column(fixed, after - 1, 12.5)
    sheet.set_column(after, after + len(totals) - 1, 9.5)


def _legend(writer: _Writer, sheet: Any, row: int) -> None:
    sheet.write_string(row, 0, writer.say("label.legend"), writer.look(font_color=SOFT))
    entries = legend(writer.lang, writer.plan.scenario.fairness.late_after)
    sheet.set_row(row, 30)
    for column, (kind, name, meaning) in enumerate(entries, start=3):
        look = writer.cell(bg_color=FILL[kind], text_wrap=True, align="center", font_size=8)
        text = writer.say("label.legend_entry", kind=name, meaning=meaning)
        sheet.write_string(row, column, text, look)


def _day_head(writer: _Writer, day: Day) -> str:
    parts = [f"{day.date}", day.weekday(writer.lang)]
    if day.statutory:
        parts.append(writer.say("day.statutory_short"))
    return f"{parts[0]}\n{' '.join(parts[1:])}"


def _day_look(writer: _Writer, day: Day) -> Any:
    if day.statutory:
        return writer.head(bg_color=STATUTORY_FILL, font_color=BAD)
    return writer.head(bg_color="#DDE3EA") if day.weekend else writer.head()


def _cell_look(writer: _Writer, cell: Cell) -> Any:
    colour = SOFT if cell.kind == "leave" else ("#A3ADB8" if cell.kind == "rest" else "#1F2A37")
    return writer.cell(bg_color=FILL[cell.kind], align="center", font_color=colour)


def _totals(writer: _Writer, sheet: Any, roster: Board, row: int, fixed: int) -> None:
    """Write people on duty and paid hours of every day below the agents."""
    look = {"bold": True, "bg_color": HEAD}
    days = range(len(roster.days))
    sums: tuple[tuple[str, str, list[float]], ...] = (
        ("label.on_duty", "#,##0", [roster.on_duty(day) for day in days]),
        ("label.paid_h", "#,##0.0", [roster.paid_h(day) for day in days]),
    )
    for at, (key, number, values) in enumerate(sums, start=row):
        sheet.merge_range(at, 0, at, fixed - 1, writer.say(key), writer.cell(**look))
        for column, value in enumerate(values, start=fixed):
            sheet.write_number(
                at, column, value, writer.cell(**look, align="center", num_format=number)
            )
    whole = writer.cell(**look, align="center", num_format="#,##0.0")
    sheet.write_number(row + 1, fixed + len(roster.days), writer.plan.roster.paid_h, whole)


def _days(writer: _Writer, roster: Board) -> None:
    """Sheet 2: one row an agent-day with shift, meals and pools by time."""
    sheet = writer.sheet("days")
    writer.note(sheet, 1, "sheet.times_note")
    keys = ("date", "weekday", "agent_id", "name", "team", "shift", "kind", "paid_h", "meals")
    labels = [writer.say(f"label.{key}") for key in (*keys, "pools")]
    rows = [
        (
            f"{day.date}",
            day.weekday(writer.lang),
            line.agent_id,
            line.name,
            line.team,
            cell.text,
            writer.say(f"kind.{cell.kind}"),
            cell.paid_h,
            _meals(writer, cell),
            _pools(writer, cell),
        )
        for d, day in enumerate(roster.days)
        for line in roster.lines
        for cell in [line.cells[d]]
        if cell.parts
    ]
    top = 3
    for column, label in enumerate(labels):
        sheet.write_string(top, column, label, writer.head(align="left"))
    plain, wrapped = writer.cell(valign="top"), writer.cell(valign="top", text_wrap=True)
    for number, values in enumerate(rows, start=top + 1):
        sheet.set_row(number, LINE_HEIGHT * math.ceil(columns(values[-1]) / POOLS_WIDTH) + 3)
        for column, value in enumerate(values):
            if isinstance(value, float):
                sheet.write_number(number, column, value, writer.cell(valign="top", align="center"))
            else:
                sheet.write_string(number, column, value, wrapped if column == 9 else plain)
    sheet.autofilter(top, 0, max(top + len(rows), top + 1), len(labels) - 1)
    sheet.freeze_panes(top + 1, 4)
    sheet.repeat_rows(top)
    for column, label in enumerate(labels[:-1]):
        texts = (str(values[column]) for values in rows)
        sheet.set_column(column, column, max(width_of(texts, most=26), width_of([label]) + 2))
    sheet.set_column(9, 9, POOLS_WIDTH + 4)


def _changes(writer: _Writer, roster: Board) -> None:
    """Sheet of a later version alone: whose duty is another one than the version before had."""
    if writer.version.number == FIRST.number:
        return
    sheet, made = writer.sheet("changes"), changes(writer.lang, roster, writer.version)
    sheet.write_string(1, 0, made.sentence, writer.look())
    write_table(writer, sheet, 3, made.table)
    sheet.set_column(0, 3, 16)
    sheet.set_column(4, 5, POOLS_WIDTH)


def _promotion(writer: _Writer) -> None:
    """Sheet of a promotion run alone: strengths, levers, people from outside, phases."""
    plan, made = writer.plan, writer.plan.promotion
    if made is None:
        return
    sheet, row = writer.sheet("promotion"), 1
    for text in sentences(plan, made):
        sheet.write_string(row, 0, text, writer.look())
        row += 1
    for table in (strengths(plan, made), people(plan, made), phases(plan, made)):
        if table.rows:
            row = write_table(writer, sheet, row + 1, table)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 4, 24)
    sheet.set_column(5, 9, 14)


def _meals(writer: _Writer, cell: Cell) -> str:
    return writer.say("mark.list").join(p.text for p in cell.parts if p.activity == "meal")


def _pools(writer: _Writer, cell: Cell) -> str:
    """Return the pools served, in order of time; equal neighbours are told once."""
    texts = [f"{p.text} {doing(writer.lang, p)}" for p in cell.parts if p.activity != "meal"]
    return writer.say("mark.clause").join(texts)


def _coverage(writer: _Writer, days: Sequence[Day]) -> None:
    """Sheet 3: required and rostered seats of every pool, one row a half hour."""
    sheet = writer.sheet("coverage")
    writer.note(sheet, 1, "sheet.coverage_note")
    rows = writer.plan.roster.coverage
    pools = [str(pool) for pool in writer.plan.workspace.pools if (rows["pool"] == pool).any()]
    titles = reports.pool_titles(writer.plan.workspace, writer.lang)
    top, fixed = 3, 3
    for column, key in enumerate(("date", "weekday", "time")):
        sheet.merge_range(
            top, column, top + 1, column, writer.say(f"label.{key}"), writer.head(align="left")
        )
    for i, pool in enumerate(pools):
        column = fixed + 2 * i
        sheet.merge_range(top, column, top, column + 1, titles[pool], writer.head())
        for offset, key in enumerate(("required_short", "rostered_short")):
            sheet.write_string(top + 1, column + offset, writer.say(f"label.{key}"), writer.head())
    at = {pool: fixed + 2 * i for i, pool in enumerate(pools)}
    weekday = {day.date: day.weekday(writer.lang) for day in days}
    number = top + 1
    plain, figure = writer.cell(), writer.cell(align="center")
    for _, group in rows.groupby(["date", "slot"], sort=True):
        number += 1
        date, moment = group["date"].iloc[0].date(), group["start"].iloc[0]
        clock = f"{moment:%H:%M}" if moment.date() == date else f"{moment:%H:%M} +1"
        texts = (f"{date}", weekday[date], clock)
        for column, text in enumerate(texts):
            sheet.write_string(number, column, text, plain)
        for column in range(fixed, fixed + 2 * len(pools)):
            sheet.write_blank(number, column, None, plain)
        for row in walk(group):
            sheet.write_number(number, at[str(row.pool)], row.required, figure)
            sheet.write_number(number, at[str(row.pool)] + 1, row.rostered, figure)
    short = writer.book.add_format({"bg_color": "#F6C1C1", "font_color": "#8C1D1D"})
    for column in at.values():
        need, have = (xlsxwriter.utility.xl_col_to_name(c) for c in (column, column + 1))
        first = top + 3
        rule = f"=AND(ISNUMBER({have}{first}),{have}{first}<{need}{first}-0.001)"
        options = {"type": "formula", "criteria": rule, "format": short}
        sheet.conditional_format(top + 2, column + 1, max(number, top + 2), column + 1, options)
    sheet.autofilter(top + 1, 0, max(number, top + 2), fixed - 1)
    sheet.freeze_panes(top + 2, fixed)
    sheet.repeat_rows(top, top + 1)
    sheet.repeat_columns(0, fixed - 1)
    sheet.set_row(top, 44)
    sheet.set_column(0, 0, 11.5)
    sheet.set_column(1, 2, 8)
    sheet.set_column(fixed, fixed + 2 * len(pools), 8.5)


def _summary(writer: _Writer, roster: Board) -> None:
    """Sheet 4: key figures, goals, service, shortages, fairness, backtest."""
    plan, made = writer.plan, figures(writer.plan)
    titles = reports.pool_titles(plan.workspace, writer.lang)
    sheet = writer.sheet("summary")
    row = 1
    for good, sentence in reports.verdict(plan, made, titles):
        look = writer.look() if good else writer.look(font_color=BAD, bold=True)
        sheet.write_string(row, 0, sentence, look)
        row += 1
    tables = (
        reports.key_figures(plan, made),
        reports.goals(plan, made),
        reports.service(plan, titles),
        reports.service_by_day(plan, roster.days, titles),
        reports.fairness(plan, roster),
        reports.backtest(plan),
        reports.backtest_by_shop(plan),
        reports.shortages(plan, titles),
    )
    for table in tables:
        row = write_table(writer, sheet, row + 1, table, last=LONG_TEXT_ENDS)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 4, 16)
    sheet.set_column(5, max(LONG_TEXT_ENDS, len(roster.days)), 14)


def _ledger(writer: _Writer, roster: Board) -> None:
    """Sheet 5: the fairness ledger, one row an agent, four columns an item; spreads below."""
    sheet, ledger = writer.sheet("ledger"), writer.plan.ledger
    writer.note(sheet, 1, "sheet.ledger_note")
    names = ("balance_before", "had", "share", "balance_after")
    items = [
        item
        for item in ITEMS
        if ledger.table.loc[ledger.table["item"] == item, ["share", "had", names[0]]].any(axis=None)
    ]
    top, fixed = 3, 3
    for column, key in enumerate(("agent_id", "name", "team")):
        label = writer.say(f"label.{key}")
        sheet.merge_range(top, column, top + 1, column, label, writer.head(align="left"))
    at = {item: fixed + len(names) * i for i, item in enumerate(items)}
    for item, column in at.items():
        last = column + len(names) - 1
        sheet.merge_range(top, column, top, last, writer.say(f"item.{item}"), writer.head())
        for offset, key in enumerate(names):
            sheet.write_string(top + 1, column + offset, writer.say(f"label.{key}"), writer.head())
    own = {(row["agent_id"], row["item"]): row for row in ledger.table.to_dict("records")}
    figure = {"align": "center", "num_format": "0.0"}
    for row, line in enumerate(roster.lines, start=top + 2):
        for column, text in enumerate((line.agent_id, line.name, line.team)):
            sheet.write_string(row, column, text, writer.cell())
        for item, column in at.items():
            each = own[line.agent_id, item]
            colour = {} if each["comparable"] else {"font_color": SOFT, "bg_color": HEAD}
            for offset, key in enumerate(names):
                bold = {"bold": key == "balance_after"}
                look = writer.cell(**figure, **colour, **bold)
                sheet.write_number(row, column + offset, each[key], look)
    last = top + 2 + len(roster.lines)
    total = writer.cell(bold=True, bg_color=HEAD, **figure)
    sheet.merge_range(last, 0, last, fixed - 1, writer.say("label.spread"), writer.head())
    for item, column in at.items():
        for offset, key in enumerate(names):
            if key.startswith("balance"):
                sheet.write_number(last, column + offset, ledger.spread(item, key), total)
    sheet.autofilter(top + 1, 0, max(last - 1, top + 2), fixed + len(names) * len(items) - 1)
    sheet.freeze_panes(top + 2, fixed)
    sheet.repeat_rows(top, top + 1)
    sheet.repeat_columns(0, fixed - 1)
    sheet.set_column(0, fixed - 1, 11)
    sheet.set_column(fixed, fixed + len(names) * len(items), 9)


def _payroll(writer: _Writer) -> None:
    """Sheet 6: minutes of each agent and month by pay class, at night and at meals; sums below."""
    sheet, rules = writer.sheet("payroll"), writer.plan.scenario.rules
    table = payroll_table(writer.plan)
    note = writer.say("sheet.payroll_note", night=rules.night)
    sheet.write_string(1, 0, note, writer.look(font_color=SOFT, font_size=9))
    top, texts = 3, [name for name in table.columns if table[name].dtype.kind != "i"]
    for column, name in enumerate(table.columns):
        side = {"align": "left"} if name in texts else {}
        sheet.write_string(top, column, writer.say(f"label.{name}"), writer.head(**side))
    figure = writer.cell(align="center", num_format="#,##0")
    for row, values in enumerate(table.itertuples(index=False), start=top + 1):
        for column, value in enumerate(values):
            if column < len(texts):
                sheet.write_string(row, column, str(value), writer.cell())
            else:
                sheet.write_number(row, column, value, figure)
    last, fixed = top + len(table), len(texts)
    sheet.merge_range(last + 1, 0, last + 1, fixed - 1, writer.say("label.total"), writer.head())
    total = writer.cell(bold=True, bg_color=HEAD, align="center", num_format="#,##0")
    for column, name in enumerate(table.columns[fixed:], start=fixed):
        sheet.write_number(last + 1, column, int(table[name].sum()), total)
    sheet.autofilter(top, 0, max(last, top + 1), len(table.columns) - 1)
    sheet.freeze_panes(top + 1, fixed)
    sheet.repeat_rows(top)
    sheet.set_column(0, fixed - 1, 11)
    sheet.set_column(fixed, len(table.columns) - 1, 10)


def _defaults(writer: _Writer) -> None:
    """Sheet 7: every default that was used, with its value and origin."""
    sheet = writer.sheet("defaults")
    row = 1
    for table in reports.defaults(writer.plan):
        row = write_table(writer, sheet, row + 1, table)
    if row == 1:
        writer.note(sheet, 2, "page.defaults_none")
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 2, 30)
    sheet.set_column(3, 3, 70)


def _stretches(writer: _Writer) -> None:
    """Sheet 8: roster.csv as it is: the meals and pools of duties whose grid cell is not edited."""
    sheet, table = writer.sheet("stretches", title=False), roster_table(writer.plan)
    known = schema("stretches").columns
    for column, name in enumerate(str(each) for each in table.columns):
        own = known.get(name)
        label = writer.say(f"label.{name}") if own is None else str(own.metadata["zh"])
        text = label if own is None or writer.lang == "zh" else name
        sheet.write_string(0, column, text, writer.head(align="left"))
    plain, figure = writer.cell(), writer.cell(align="center")
    for row, values in enumerate(table.itertuples(index=False), start=1):
        for column, value in enumerate(values):
            if isinstance(value, float) and column == len(values) - 1:
                sheet.write_number(row, column, value, figure)
            else:
                sheet.write_string(row, column, "" if pd.isna(value) else str(value), plain)
    sheet.autofilter(0, 0, max(len(table), 1), len(table.columns) - 1)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_column(0, 3, 11)
    sheet.set_column(4, 7, 16)
    sheet.set_column(8, len(table.columns) - 1, 11)
