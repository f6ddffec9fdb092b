"""quote.pdf: the quote on paper, set by Typst with a font of its own that is embedded.

The date in the file is that of the quote, and only the packaged font is used, so the same quote
gives the same bytes on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pylopdf_fonts_zh_cn
import typst

from staffing.publish.cells import Table, shown
from staffing.publish.quote.charts import ON_PAPER, PHASES, day_chart, phase_chart
from staffing.publish.quote.letter import PHASES_SHOWN, Letter
from staffing.words import catalogue, say

REGIONS = {"zh": "CN", "en": "GB"}
Piece = dict[str, Any]


def pdf(letter: Letter) -> bytes:
    """Return the PDF of a quote."""
    content = json.dumps(_content(letter), ensure_ascii=False)
    made = _compiler().compile(_source(), format="pdf", sys_inputs={"letter": content})
    assert isinstance(made, bytes)
    return made


@cache
def _source() -> bytes:
    return (files("staffing.publish.quote") / "templates" / "quote.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """Return a compiler that knows the packaged font alone."""
    folder = pylopdf_fonts_zh_cn.sans_path().parent
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
    )
    return typst.Compiler(font_paths=fonts, ignore_system_fonts=True)


def _content(letter: Letter) -> dict[str, Any]:
    """Return all that the template shows, as text."""

    def t(name: str, **facts: object) -> str:
        return say(letter.lang, f"letter.{name}", **facts)

    made, until = (t("day", day=day) for day in (letter.date, letter.valid_until))
    return {
        "title": letter.title,
        "lang": letter.lang,
        "region": REGIONS[letter.lang],
        "date": [letter.date.year, letter.date.month, letter.date.day],
        "number": letter.number,
        "pages": catalogue()["letter.page"][letter.lang],
        "heading": t("title"),
        "status": t("firm" if letter.firm else "preliminary"),
        "to": {"label": t("to"), "value": letter.merchant},
        "who": [
            {"label": t("number"), "value": letter.number},
            {"label": t("date"), "value": made},
            {"label": t("valid"), "value": until},
        ],
        "lead": letter.lead,
        "tiles": [
            {"label": each.label, "value": each.value, "note": each.note} for each in letter.tiles
        ],
        "parts": [part for part in _parts(letter) if part["pieces"]],
    }


def _parts(letter: Letter) -> list[dict[str, Any]]:
    """Return the sections: title, note, and what stands in them."""

    def t(name: str, **facts: object) -> str:
        return say(letter.lang, f"letter.{name}", **facts)

    def part(title: str, note: str, *pieces: Piece | None) -> dict[str, Any]:
        return {"title": title, "note": note, "pieces": [each for each in pieces if each]}

    def cells(table: Table, *, title: str = "", note: str = "") -> Piece | None:
        return _cells(letter, table, title, note)

    days = [
        {
            "kind": "picture",
            "title": (title := t("chart_day", kind=day.title)),
            "svg": day_chart(day, title, ON_PAPER),
        }
        for day in letter.days
    ]
    prices = "prices_note_firm" if letter.firm else "prices_note_range"
    return [
        part(letter.changes.title, letter.changes_note, cells(letter.changes)),
        part(t("open"), t("open_note"), _list("numbers", letter.open_items)),
        part(t("check"), "", _list("list", letter.check)),
        part(
            t("prices"),
            t(prices),
            cells(letter.models),
            _list("list", letter.break_evens, t("break_evens")),
            cells(letter.instalments, title=letter.instalments.title),
        ),
        part(
            t("seats"),
            t("seats_note"),
            *days,
            *(cells(table, title=table.title) for table in letter.parts),
            cells(letter.kinds, title=letter.kinds.title),
        ),
        part(letter.advice.title, letter.advice_note, cells(letter.advice)),
        part(letter.phases.title, t("phases_note"), *_phases(letter)),
        part(letter.scope.title, t("scope_note"), cells(letter.scope)),
        part(letter.assumptions.title, t("assumptions_note"), cells(letter.assumptions)),
        part(t("terms"), "", _list("numbers", letter.terms)),
        part(letter.bill.title, t("bill_note"), cells(letter.bill)),
    ]


def _phases(letter: Letter) -> list[Piece | None]:
    """Return legend, chart and table of the promotions; nothing where there are none."""
    if not letter.phases.rows:
        return []
    kinds = {touch.kind for touch in letter.touches}
    legend = [
        (ON_PAPER[kind], say(letter.lang, f"letter_kind.{kind}"))
        for kind in PHASES
        if kind in kinds
    ]
    title = say(letter.lang, "letter.axis_contacts")
    picture = phase_chart(letter.touches, letter.phases.title, ON_PAPER)
    number = len(letter.phases.rows)
    note = ""
    if number > PHASES_SHOWN:
        note = say(letter.lang, "letter.phases_many", shown=PHASES_SHOWN, number=number)
    return [
        {"kind": "legend", "items": legend},
        {"kind": "picture", "title": title, "svg": picture},
        _cells(letter, letter.phases, "", note, PHASES_SHOWN),
    ]


def _cells(
    letter: Letter, table: Table, title: str, note: str, most: int | None = None
) -> Piece | None:
    """Return a table with its values as text, None where it has no row."""
    if not table.rows:
        return None
    forms = [column.form for column in table.columns]
    rows = [
        [shown(letter.lang, value, form) for value, form in zip(row, forms, strict=True)]
        for row in table.rows[:most]
    ]
    columns = [{"label": column.label, "form": column.form} for column in table.columns]
    return {
        "kind": "table",
        "title": title,
        "note": note,
        "table": {"columns": columns, "rows": rows, "total": table.total},
    }


def _list(kind: str, items: Sequence[str], title: str = "") -> Piece | None:
    return {"kind": kind, "title": title, "items": list(items)} if items else None
