"""quote.xlsx: the quote as sheets that a merchant may reckon with."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from staffing.publish.cells import Table, shown
from staffing.publish.quote.letter import Letter
from staffing.publish.sheets import SOFT, Styles, width_of, write_table
from staffing.words import say

LONG_TEXT = 54
"""Characters of a column of long text."""
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def workbook(letter: Letter) -> bytes:
    """Return the workbook of a quote; the same quote gives the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        created = dt.datetime.combine(letter.date, dt.time())
        book.set_properties({"title": letter.title[:TITLE_MOST], "created": created})
        styles = Styles(book, letter.lang)
        _front(styles, letter)
        _tables(styles, letter, "prices", [letter.models, letter.instalments, letter.bill])
        _tables(
            styles,
            letter,
            "seats",
            [letter.kinds, letter.advice, *letter.parts, *_half_hours(letter)],
        )
        if letter.phases.rows:
            _tables(styles, letter, "phases", [letter.phases])
        if letter.assumptions.rows:
            _tables(styles, letter, "assumptions", [letter.assumptions])
    return buffer.getvalue()


TITLE_MOST = 255
"""Characters of a property that Excel reads."""


def _front(styles: Styles, letter: Letter) -> None:
    """Sheet 1: who, when, the key figures, what is served, what is open, terms."""
    sheet = styles.plain_sheet(styles.say("letter.sheet_quote"), landscape=False)
    status = styles.say("letter.firm" if letter.firm else "letter.preliminary")
    sheet.set_row(0, 26)
    sheet.write_string(
        0, 0, f"{styles.say('letter.title')} · {status}", styles.look(bold=True, font_size=16)
    )
    head = [
        (styles.say("letter.to"), letter.merchant),
        (styles.say("letter.number"), letter.number),
        (styles.say("letter.date"), styles.say("letter.day", day=letter.date)),
        (styles.say("letter.valid"), styles.say("letter.day", day=letter.valid_until)),
    ]
    plain = styles.look(text_wrap=True, valign="top")
    soft = styles.look(font_color=SOFT, valign="top")
    row = 2
    for label, value in head:
        sheet.write_string(row, 0, label, soft)
        sheet.write_string(row, 1, value, plain)
        row += 1
    row = _sentences(styles, sheet, row + 1, "", [letter.lead])
    for tile in letter.tiles:
        sheet.write_string(row, 0, tile.label, soft)
        sheet.write_string(row, 1, f"{tile.value}\n{tile.note}", plain)
        sheet.set_row(row, 32)
        row += 1
    row = write_table(styles, sheet, row + 1, letter.changes) + 1
    row = _sentences(styles, sheet, row, styles.say("letter.open"), letter.open_items)
    row = _sentences(styles, sheet, row, styles.say("letter.check"), letter.check)
    row = write_table(styles, sheet, row, letter.scope) + 1
    row = _sentences(styles, sheet, row, styles.say("letter.break_evens"), letter.break_evens)
    _sentences(styles, sheet, row, styles.say("letter.terms"), letter.terms)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 44)
    sheet.set_column(2, 2, 30)


def _sentences(styles: Styles, sheet: Any, row: int, title: str, sentences: Sequence[str]) -> int:
    """Write sentences over the width of the sheet; return the row after them and a blank one."""
    if not sentences:
        return row
    if title:
        sheet.write_string(row, 0, title, styles.look(bold=True, font_size=12))
        row += 1
    look = styles.look(text_wrap=True, valign="top")
    for sentence in sentences:
        sheet.merge_range(row, 0, row, 2, "", look)
        sheet.write_string(row, 0, sentence, look)
        lines = -(-width_of([sentence], most=10_000) // LINE)
        sheet.set_row(row, 15 * max(lines, 1))
        row += 1
    return row + 1


LINE = 96
"""Characters of a line over the width of the first sheet."""


def _tables(styles: Styles, letter: Letter, name: str, tables: Sequence[Table]) -> None:
    """Write tables below one another, columns wide enough for their texts."""
    sheet = styles.plain_sheet(styles.say(f"letter.sheet_{name}"))
    row, widths = 0, dict[int, float]()
    for table in tables:
        if not table.rows:
            continue
        row = write_table(styles, sheet, row, table, wrapped=True) + 1
        for number, column in enumerate(table.columns):
            texts = [shown(letter.lang, cells[number], column.form) for cells in table.rows]
            most = LONG_TEXT if column.form == "long" else 40
            own = width_of([column.label, *texts], least=10, most=most)
            widths[number] = max(widths.get(number, 0), own)
    for number, width in widths.items():
        sheet.set_column(number, number, width)


def _half_hours(letter: Letter) -> list[Table]:
    """Return the seats of every half hour of each kind of day."""
    columns = [letter.parts[0].columns[0], *letter.parts[0].columns[1:]]
    return [
        Table(
            title=say(letter.lang, "letter.chart_day", kind=day.title),
            columns=tuple(columns),
            rows=tuple((time, *row[1:]) for time, row in zip(day.times, day.rows, strict=True)),
        )
        for day in letter.days
    ]
