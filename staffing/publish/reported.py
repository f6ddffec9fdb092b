"""Reports as files: the page, the workbook, a table each as CSV, figures; whole or not at all."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import xlsxwriter
from pandas.api.types import is_datetime64_any_dtype, is_float_dtype

from staffing.folder import json_bytes, replace, writing
from staffing.publish.cells import Column, Form, Table, column, shown
from staffing.publish.fonts import PAGE
from staffing.publish.page import CODE, template
from staffing.publish.sheets import Styles, width_of, write_table
from staffing.publish.tables import DAY, MINUTE, csv_bytes
from staffing.words import Lang, say

__all__ = ["Told", "publish_report"]

NAMES = ("report.html", "report.xlsx", "report.json")
MADE = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
"""A workbook must have a date; it tells nothing."""
DECIMALS = 4
WIDEST = 60


@dataclass(frozen=True, kw_only=True)
class Told:
    """A report in words, whatever it is about.

    Attributes
    ----------
    title, span : what it is about, and of when
    tiles : label, value, note and whether it is bad news
    verdict : sentences with whether they are good news
    tables : name -> the table as a reader sees it; notes : name -> what is to be said of it
    facts : name -> the table for machines, written as CSV
    record : figures for machines
    """

    lang: Lang
    title: str
    span: str
    tiles: tuple[tuple[str, str, str, bool], ...]
    verdict: tuple[tuple[bool, str], ...]
    tables: Mapping[str, Table]
    notes: Mapping[str, str]
    facts: Mapping[str, pd.DataFrame]
    record: Mapping[str, object]


def publish_report(told: Told, folder: Path) -> list[Path]:
    """Write page, workbook, tables and figures into a folder; return their paths, the page first.

    Raises
    ------
    PublishError
        When the folder holds other files or cannot be written (``cannot_write``). Nothing is
        left behind and an older output stays as it was.
    """
    files = {
        "report.html": _page(told).encode(),
        "report.xlsx": _workbook(told),
        **{f"{name}.csv": csv_bytes(_plain(table)) for name, table in told.facts.items()},
        "report.json": json_bytes(dict(told.record)),
    }
    with writing(folder):
        replace(folder, files, [*NAMES, *(f"{name}.csv" for name in told.facts)])
    return [folder / name for name in files]


def _page(told: Told) -> str:
    return template("report.html").render(
        code=CODE[told.lang],
        t=partial(say, told.lang),
        show=partial(shown, told.lang),
        told=told,
        font=PAGE,
    )


def _workbook(told: Told) -> bytes:
    """Return a sheet of sentences and one for each table."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": told.title, "created": MADE})
        writer = Styles(book, told.lang)
        sheet = writer.plain_sheet(say(told.lang, "report.sheet"))
        sheet.write_string(0, 0, told.title, writer.look(bold=True, font_size=14))
        sheet.write_string(1, 0, told.span, writer.look(font_color="#52606D"))
        lines = [*(f"{a}  {b}  {c}" for a, b, c, _ in told.tiles), *(s for _, s in told.verdict)]
        for row, text in enumerate(lines, start=3):
            sheet.write_string(row, 0, text, writer.look())
        sheet.set_column(0, 0, 120)
        for name, table in told.tables.items():
            sheet = writer.plain_sheet(say(told.lang, f"report.part_{name}"))
            sheet.write_string(0, 0, told.notes.get(name, ""), writer.look(font_color="#52606D"))
            write_table(writer, sheet, 2, table)
            for i, column in enumerate(table.columns):
                texts = [shown(told.lang, row[i], column.form) for row in table.rows]
                sheet.set_column(i, i, width_of([column.label, *texts], most=WIDEST))
            sheet.freeze_panes(4, 1)
    return buffer.getvalue()


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with times as text and numbers rounded."""
    plain = {}
    for name in map(str, table.columns):
        if is_float_dtype(table[name]):
            plain[name] = table[name].round(DECIMALS) + 0.0
        elif is_datetime64_any_dtype(table[name]):
            form = DAY if name in ("date", "first", "last") else MINUTE
            plain[name] = table[name].dt.strftime(form)
    return table.assign(**plain)


def columns(lang: Lang, first: str, told: Sequence[tuple[str, Form]]) -> tuple[Column, ...]:
    """Return what a row is about, and its figures under the headings of reports."""
    label = column(lang, first)
    return (label, *(Column(label=say(lang, f"report.{n}"), form=form) for n, form in told))
