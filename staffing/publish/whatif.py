"""Plans beside each other, and one key at several values: a page and a workbook of the figures."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import altair as alt
import xlsxwriter

from staffing.folder import replace, writing
from staffing.publish.cells import shown
from staffing.publish.charts import FONT, ROSTERED, SHORT
from staffing.publish.library import library
from staffing.publish.page import template
from staffing.whatif import MEASURES, OF_ROSTER, Figures, Form
from staffing.words import Lang, say

__all__ = ["Beside", "Cell", "Column", "columns", "publish_whatif"]

WIDTH, HEIGHT = 560, 340
NUMBER: Mapping[Form, str] = {"count": "#,##0", "number": "#,##0.0", "share": "0.0%"}
CHANGE: Mapping[Form, str] = {
    "count": "+#,##0;-#,##0;0",
    "number": "+#,##0.0;-#,##0.0;0.0",
    "share": "+0.0%;-0.0%;0.0%",
}
MADE = dt.datetime(2000, 1, 1)
"""The workbook's date: one that never changes, so that the same figures give the same bytes."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One plan: what it is called, what it comes to, and what is to be said of it.

    Attributes
    ----------
    horizon : its first and last day
    lawful : whether a roster exists, or was not asked for
    """

    name: str
    figures: Figures
    horizon: tuple[str, str] = ("", "")
    lawful: bool = True


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Plans beside each other.

    Attributes
    ----------
    file : name of its outputs without suffix: ``compare`` or ``sweep``
    title : its heading; note : how to read it
    rostered : whether the plans have rosters: else only what is known of seats is shown
    compared : whether each plan is held against the first
    key : the key of the scenario that is swept over; '' where plans are compared
    """

    file: str
    lang: Lang
    title: str
    note: str
    columns: Sequence[Column]
    rostered: bool
    compared: bool
    key: str = ""

    @property
    def measures(self) -> list[str]:
        """Return the measures that are shown."""
        return [name for name in MEASURES if self.rostered or name not in OF_ROSTER]

    @property
    def axes(self) -> tuple[str, str]:
        """Return the measures of cost and service level that the chart draws."""
        return ("cost", "service_level") if self.rostered else ("seat_cost", "seat_level")

    def change(self, column: Column, measure: str) -> float | None:
        """Return a figure less the first plan's; None where either is not known."""
        own, first = column.figures.get(measure), self.columns[0].figures.get(measure)
        return None if own is None or first is None else own - first

    def record(self) -> list[dict[str, object]]:
        """Return the plans for machines, with differences to the first where they are compared."""
        found: list[dict[str, object]] = []
        for column in self.columns:
            called = "value" if self.key else "name"
            own: dict[str, object] = {called: column.name, "lawful": column.lawful}
            own |= {name: column.figures.get(name) for name in self.measures}
            if self.compared:
                changes = {name: self.change(column, name) for name in self.measures}
                own["change"] = {
                    name: None if value is None else round(value, 6) + 0.0
                    for name, value in changes.items()
                }
            found.append(own)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure of the table: as a number, how it is shown, and whether it is a difference."""

    value: float | None
    form: Form
    change: bool = False

    def text(self, lang: Lang) -> str:
        """Return the figure as a reader sees it, a difference with its sign."""
        if not self.change or self.value is None:
            return shown(lang, self.value, self.form)
        told = shown(lang, abs(self.value), self.form)
        if told == shown(lang, 0.0, self.form):
            return told
        return ("+" if self.value > 0 else "−") + told


def columns(made: Beside) -> tuple[list[str], list[tuple[str, list[Cell]]]]:
    """Return the table: headings, and a row a measure, each plan followed by its difference."""
    head = [say(made.lang, "whatif.measure")]
    for i, column in enumerate(made.columns):
        head.append(column.name)
        if made.compared and i:
            head.append(say(made.lang, "whatif.change"))
    rows = []
    for name in made.measures:
        cells, form = [], MEASURES[name]
        for i, column in enumerate(made.columns):
            cells.append(Cell(value=column.figures.get(name), form=form))
            if made.compared and i:
                cells.append(Cell(value=made.change(column, name), form=form, change=True))
        rows.append((say(made.lang, f"whatif.{name}"), cells))
    return head, rows


def publish_whatif(made: Beside, folder: Path) -> list[Path]:
    """Write page and workbook into a folder and return their paths, the page first.

    Raises
    ------
    PublishError
        When the folder holds other files or cannot be written (``cannot_write``). Nothing is
        left behind and an older output stays as it was.
    """
    names = (f"{made.file}.html", f"{made.file}.xlsx")
    files = dict(zip(names, (_page(made).encode(), _workbook(made)), strict=True))
    with writing(folder):
        replace(folder, files, names)
    return [folder / name for name in files]


def _page(made: Beside) -> str:
    head, rows = columns(made)
    return template("whatif.html").render(
        lang={"zh": "zh-CN", "en": "en"}[made.lang],
        t=partial(say, made.lang),
        made=made,
        head=head,
        rows=[(label, [cell.text(made.lang) for cell in cells]) for label, cells in rows],
        specification=_chart(made),
        library=library(),
        font=FONT,
    )


def _chart(made: Beside) -> dict[str, Any]:
    """Return cost against service level: a labelled point a plan, joined in their order."""
    cost, level = made.axes
    values = [
        {"name": column.name, "at": i, "cost": column.figures[cost], "level": column.figures[level]}
        for i, column in enumerate(made.columns)
        if column.figures.get(cost) is not None and column.figures.get(level) is not None
    ]
    rows = alt.Chart(alt.InlineData(values=values))
    x = alt.X("cost:Q").axis(title=say(made.lang, f"whatif.{cost}"), format=",.0f", grid=False)
    y = alt.Y("level:Q").axis(title=say(made.lang, f"whatif.{level}"), format=".1%")
    x, y = x.scale(zero=False, padding=30), y.scale(zero=False, padding=20)
    tips = [
        alt.Tooltip("name:N", title=say(made.lang, "whatif.plan")),
        alt.Tooltip("cost:Q", title=say(made.lang, f"whatif.{cost}"), format=",.0f"),
        alt.Tooltip("level:Q", title=say(made.lang, f"whatif.{level}"), format=".1%"),
    ]
    first = alt.when("datum.at == 0").then(alt.value(SHORT)).otherwise(alt.value(ROSTERED))
    colour = first if made.compared else alt.value(ROSTERED)
    layers = [
        rows.mark_point(filled=True, size=80, opacity=1).encode(
            x=x, y=y, color=colour, tooltip=tips
        ),
        rows.mark_text(dy=-12, fontSize=12, limit=220).encode(x=x, y=y, text="name:N"),
    ]
    if not made.compared:
        line = rows.mark_line(color=ROSTERED, strokeWidth=1.5)
        layers.insert(0, line.encode(x=x, y=y, order="at:Q"))
    look = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    look = look.configure(font=FONT, padding=8).configure_view(stroke="#E3E8EF")
    look = look.configure_axis(
        labelColor="#52606D", titleColor="#52606D", gridColor="#EEF1F5", domainColor="#CBD2D9"
    )
    found: dict[str, Any] = look.to_dict()
    return found


def _workbook(made: Beside) -> bytes:
    """Return the table as one sheet of real numbers; names are never formulas."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": made.title, "created": MADE})
        common = {"font_name": {"zh": "Microsoft YaHei", "en": "Calibri"}[made.lang]}
        border = common | {"border": 1, "border_color": "#D5DBE3"}
        title = book.add_format(common | {"bold": True, "font_size": 14})
        soft = book.add_format(common | {"font_color": "#52606D"})
        heading = book.add_format(border | {"bold": True, "bg_color": "#EEF1F5", "text_wrap": True})
        plain = book.add_format(border)
        looks = {
            (form, change): book.add_format(border | {"num_format": told[form]})
            for change, told in ((False, NUMBER), (True, CHANGE))
            for form in NUMBER
        }
        sheet = book.add_worksheet(say(made.lang, f"whatif.sheet_{made.file}"))
        sheet.write_string(0, 0, made.title, title)
        sheet.write_string(1, 0, made.note, soft)
        head, rows = columns(made)
        for i, text in enumerate(head):
            sheet.write_string(3, i, text, heading)
        for row, (label, cells) in enumerate(rows, start=4):
            sheet.write_string(row, 0, label, plain)
            for i, cell in enumerate(cells, start=1):
                look = looks[cell.form, cell.change]
                if cell.value is None:
                    sheet.write_string(row, i, shown(made.lang, None, "text"), plain)
                else:
                    sheet.write_number(row, i, cell.value, look)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, len(head), 15)
        sheet.freeze_panes(4, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, 3 + len(rows), len(head) - 1)
    return buffer.getvalue()
