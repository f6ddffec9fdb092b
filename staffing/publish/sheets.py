"""Sheets of a workbook: formats that are made once, widths, and a table written as cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from staffing.publish.cells import Form, Table, shown
from staffing.words import Lang, say

FONT: Mapping[Lang, str] = {"zh": "Microsoft YaHei", "en": "Calibri"}
NUMBER: Mapping[Form, str] = {
    "count": "#,##0",
    "number": "#,##0.0",
    "share": "0.0%",
    "signed": "+0.0%;-0.0%;0.0%",
    "yuan": '"¥"#,##0.00;-"¥"#,##0.00',
}
HEAD, BORDER, SOFT, BAD, BAD_FILL = "#EEF1F5", "#D5DBE3", "#52606D", "#B83232", "#FDECEC"
A4 = 9
WIDE_CHARACTER = "\u2e80"
"""From here on a character takes about two columns of width."""


class Styles:
    """A workbook with its formats, each made once."""

    def __init__(self, book: Any, lang: Lang) -> None:
        self.book, self.lang = book, lang
        self._formats: dict[tuple[tuple[str, object], ...], Any] = {}

    def say(self, key: str, **facts: object) -> str:
        """Return a text in the language of the workbook."""
        return say(self.lang, key, **facts)

    def look(self, **properties: object) -> Any:
        """Return a format; borders and font are common to all."""
        common = {"font_name": FONT[self.lang], "font_size": 10, "valign": "vcenter"}
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(common | properties)
        return self._formats[key]

    def cell(self, **properties: object) -> Any:
        """Return the format of a table's cell."""
        return self.look(border=1, border_color=BORDER, **properties)

    def head(self, **properties: object) -> Any:
        """Return the format of a heading."""
        defaults = {"bold": True, "bg_color": HEAD, "align": "center", "text_wrap": True}
        return self.cell(**(defaults | properties))

    def plain_sheet(self, name: str, *, landscape: bool = True) -> Any:
        """Add a sheet of this name, set up for printing one page wide."""
        sheet = self.book.add_worksheet(name)
        sheet.set_paper(A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        if landscape:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")
        sheet.hide_gridlines(2)
        return sheet


def width_of(texts: Iterable[str], least: float = 6, most: float = 60) -> float:
    """Return a column's width for its texts; Chinese characters are twice as wide."""
    return min(max(max(map(columns, texts), default=0) + 2, least), most)


def columns(text: str) -> int:
    """Return how many columns of a fixed font a text takes."""
    return sum(2 if character >= WIDE_CHARACTER else 1 for character in text)


def write_table(
    writer: Styles, sheet: Any, row: int, table: Table, last: int = 0, *, wrapped: bool = False
) -> int:
    """Write a table with its title at `row`; return the row after it.

    Parameters
    ----------
    last : the column up to which long text runs across cells
    wrapped : whether long text is broken into lines within its cell
    """
    if not table.rows:
        return row
    sheet.write_string(row, 0, table.title, writer.look(bold=True, font_size=12))
    for column, each in enumerate(table.columns):
        side = "left" if each.form in ("text", "long") else "right"
        sheet.write_string(row + 1, column, each.label, writer.head(align=side))
        if each.form == "long" and last > column:
            for line in range(row + 1, row + 2 + len(table.rows)):
                sheet.merge_range(line, column, line, last, "", writer.cell())
            sheet.write_string(row + 1, column, each.label, writer.head(align=side))
    for i, row_values in enumerate(table.rows):
        for j, value in enumerate(row_values):
            properties: dict[str, object] = {}
            if (i, j) in table.flagged:
                properties |= {"font_color": BAD, "bg_color": BAD_FILL}
            if table.total and i == 0:
                properties |= {"bold": True}
            if wrapped and table.columns[j].form == "long":
                properties |= {"text_wrap": True}
            text = shown(writer.lang, value, form := table.columns[j].form)
            at = (row + 2 + i, j)
            if form in NUMBER and text != writer.say("mark.blank"):
                look = writer.cell(num_format=NUMBER[form], **properties)
                sheet.write_number(*at, float(str(value)), look)
            else:
                side = "right" if form in NUMBER else "left"
                sheet.write_string(*at, text, writer.cell(align=side, **properties))
    return row + 2 + len(table.rows)
