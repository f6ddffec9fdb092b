"""What stays with us: the cost line by line, the margin, and every rate with its origin."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import xlsxwriter

from staffing.grid import SLOTS_PER_H
from staffing.publish.cells import Column, Form, Table, origin_text, shown
from staffing.publish.quote.workbook import OPTIONS
from staffing.publish.sheets import BAD, Styles, width_of, write_table
from staffing.quote.costs import LINES, cost, together
from staffing.quote.money import decimal, money_text, total, yuan
from staffing.quote.offer import LIKELY, Quote, one_seat
from staffing.quote.prices import listed
from staffing.quote.prices import shown as shown_decimal
from staffing.quote.rates import SEAT_DAY_H
from staffing.scenario import used_defaults
from staffing.words import Lang, say

__all__ = ["internal_record", "internal_workbook"]


def internal_workbook(quote: Quote, lang: Lang) -> bytes:
    """Return internal.xlsx: cost build-up by month, margin of each model, rates in use."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        created = dt.datetime.combine(quote.date, dt.time())
        book.set_properties({"title": quote.number, "created": created})
        styles = Styles(book, lang)
        for name, tables in (
            ("costs", [_whole(quote, lang), _by_month(quote, lang)]),
            ("seat", [_seat(quote, lang), _persons(quote, lang)]),
            ("margin", [_margins(quote, lang), _break_evens(quote, lang)]),
            ("work", [_work(quote, lang)]),
            ("rates", [_rates(quote, lang)]),
        ):
            _sheet(styles, quote, name, tables)
    return buffer.getvalue()


def internal_record(quote: Quote, lang: Lang) -> dict[str, object]:
    """Return internal.json: the same for machines; amounts are texts of decimals."""
    return {
        "number": quote.number,
        "cost": {
            "total": str(total(each.total for each in quote.costs)),
            "lines": {key: str(amount) for key, amount in together(quote.costs).items()},
            "months": [
                {
                    "first": f"{work.month}",
                    "total": str(costs.total),
                    "lines": {line.key: str(line.amount) for line in costs.lines},
                }
                for work, costs in zip(quote.months[LIKELY], quote.costs, strict=True)
            ],
        },
        "models": {
            model: {
                "total": str(priced.total),
                "must_earn": str(priced.must_earn),
                "earned": str(priced.earned),
                "margin": None if priced.margin is None else f"{priced.margin:.4f}",
            }
            for model, priced in quote.priced[LIKELY].items()
        },
        "break_even_commission": _share(quote.break_even_commission),
        "rates": quote.rates.model_dump(mode="json", exclude={"hiring"}),
        "defaults": [
            {"name": name, "value": value, "origin": origin_text(lang, origin)}
            for name, value, origin in used_defaults(quote.rates)
            if not name.startswith("hiring.")
        ],
        "assumptions": [
            {"name": each.key, "value": each.value, "origin": each.origin.text(lang)}
            for each in quote.estimate.assumptions
        ],
    }


def _share(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _columns(lang: Lang, *named: tuple[str, Form]) -> tuple[Column, ...]:
    return tuple(
        Column(label=say(lang, f"internal_label.{name}"), form=form) for name, form in named
    )


def _table(
    lang: Lang,
    title: str,
    columns: tuple[Column, ...],
    rows: list[tuple[object, ...]],
    *,
    sums: bool = False,
) -> Table:
    return Table(
        title=say(lang, f"internal.{title}"), columns=columns, rows=tuple(rows), total=sums
    )


def _whole(quote: Quote, lang: Lang) -> Table:
    """Return the lines of the whole contract with their shares of the cost."""
    sums = together(quote.costs)
    whole = total(sums.values())
    rows: list[tuple[object, ...]] = [(say(lang, "internal_label.total"), whole, 1.0)]
    rows += [
        (say(lang, f"cost_line.{key}"), sums[key], float(sums[key] / whole) if whole else None)
        for key in LINES
    ]
    columns = _columns(lang, ("line", "text"), ("amount", "yuan"), ("share", "share"))
    return _table(lang, "whole", columns, rows, sums=True)


def _by_month(quote: Quote, lang: Lang) -> Table:
    """Return every line of every month with how it was reckoned."""
    rows: list[tuple[object, ...]] = []
    for work, costs in zip(quote.months[LIKELY], quote.costs, strict=True):
        rows += [
            (
                f"{work.month}",
                say(lang, f"cost_line.{line.key}"),
                line.amount,
                line.basis.text(lang),
            )
            for line in costs.lines
        ]
        rows.append((f"{work.month}", say(lang, "internal_label.total"), costs.total, None))
    columns = _columns(
        lang, ("month", "text"), ("line", "text"), ("amount", "yuan"), ("basis", "long")
    )
    return _table(lang, "by_month", columns, rows)


def _seat(quote: Quote, lang: Lang) -> Table:
    """Return what one seat open all hours costs in a mean month, line by line."""
    made = cost(one_seat(quote.estimate, quote.rates), quote.rates)
    rows: list[tuple[object, ...]] = [(say(lang, "internal_label.total"), made.total, None)]
    rows += [
        (say(lang, f"cost_line.{line.key}"), line.amount, line.basis.text(lang))
        for line in made.lines
    ]
    columns = _columns(lang, ("line", "text"), ("amount", "yuan"), ("basis", "long"))
    hours = shown_decimal(decimal(len(quote.prospect.slots)) / SLOTS_PER_H)
    title = say(lang, "internal.seat", hours=hours)
    return Table(title=title, columns=columns, rows=tuple(rows), total=True)


def _persons(quote: Quote, lang: Lang) -> Table:
    """Return why a seat costs more than vendors' texts ask: they ask it for a person."""
    work = one_seat(quote.estimate, quote.rates)
    seat = cost(work, quote.rates).total
    least = seat / (1 - quote.rates.prices.margin)
    turns = work.open_h / SEAT_DAY_H
    told = quote.estimate.heads["per_seat_low"], quote.estimate.heads["per_seat_high"]
    heads = shown_decimal(work.heads)
    each = yuan(seat / work.heads)
    reckoned: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("heads", heads, {"low": f"{told[0]:.2f}", "high": f"{told[1]:.2f}", "heads": heads}),
        ("cost_seat", money_text(seat), {}),
        ("cost_person", money_text(each), {"seat": money_text(seat), "heads": heads}),
        ("least_seat", money_text(yuan(least)), {"margin": f"{quote.rates.prices.margin:.0%}"}),
        ("least_person", money_text(yuan(least / work.heads)), {"heads": heads}),
        (
            "list_seat",
            money_text(yuan(turns * quote.rates.prices.seat_month)),
            {"turns": shown_decimal(turns), "yuan": money_text(quote.rates.prices.seat_month)},
        ),
        ("texts", "", {}),
    )
    rows = [
        (say(lang, f"internal_seat.{key}"), value, say(lang, f"internal_seat.{key}_basis", **facts))
        for key, value, facts in reckoned
    ]
    columns = _columns(lang, ("line", "text"), ("value", "text"), ("basis", "long"))
    return _table(lang, "persons", columns, list(rows))


def _margins(quote: Quote, lang: Lang) -> Table:
    """Return price, cost and margin of each model at P80, and whether its list was raised."""
    rows: list[tuple[object, ...]] = []
    for model in quote.models:
        priced = quote.likely(model)
        raised = priced.tariff != listed(quote.rates.prices, model)
        rows.append(
            (
                say(lang, f"model.{model}"),
                priced.total,
                priced.cost,
                priced.earned,
                None if priced.margin is None else float(priced.margin),
                priced.must_earn,
                say(lang, "internal.raised" if raised else "internal.as_listed"),
            )
        )
    columns = _columns(
        lang,
        ("model", "text"),
        ("price", "yuan"),
        ("cost", "yuan"),
        ("earned", "yuan"),
        ("margin", "share"),
        ("must_earn", "yuan"),
        ("list", "text"),
    )
    return _table(lang, "margins", columns, rows)


def _break_evens(quote: Quote, lang: Lang) -> Table:
    """Return the volume at which two models change places, and the break-even commission."""
    rows: list[tuple[object, ...]] = [
        (
            say(lang, f"model.{one}"),
            say(lang, f"model.{other}"),
            say(lang, "internal.never") if contacts is None else f"{contacts:,.0f}",
        )
        for (one, other), contacts in quote.break_evens.items()
    ]
    found = quote.break_even_commission
    text = say(lang, "internal.no_sales") if found is None else f"{float(found):.2%}"
    rows.append((say(lang, "internal.break_even_commission"), None, text))
    columns = _columns(lang, ("one", "text"), ("other", "text"), ("volume", "text"))
    return _table(lang, "break_evens", columns, rows)


def _work(quote: Quote, lang: Lang) -> Table:
    """Return the months of work behind cost and price."""
    names: tuple[tuple[str, Form], ...] = (
        ("contacts", "number"),
        ("seats", "number"),
        ("peak_seats", "number"),
        ("heads", "number"),
        ("seat_h", "number"),
        ("statutory_h", "number"),
        ("night_h", "number"),
        ("extra_h", "number"),
        ("overtime_h", "number"),
        ("sales_yuan", "yuan"),
    )
    rows: list[tuple[object, ...]] = [
        (f"{work.month}", work.days, *(getattr(work, name) for name, _ in names))
        for work in quote.months[LIKELY]
    ]
    columns = _columns(lang, ("month", "text"), ("days", "count"), *names)
    return _table(lang, "work", columns, rows)


def _rates(quote: Quote, lang: Lang) -> Table:
    """Return every rate in use, with its origin where it is a default."""
    origins = {name: origin for name, _, origin in used_defaults(quote.rates)}
    rows: list[tuple[object, ...]] = []
    for part, section in (("costs", quote.rates.costs), ("prices", quote.rates.prices)):
        for name in type(section).model_fields:
            key = f"{part}.{name}"
            origin = origins.get(key)
            said = origin_text(lang, origin) if origin else say(lang, "internal.from_file")
            label = say(lang, f"rate.{name}")
            rows.append((key, label, _value(getattr(section, name), lang), said))
    columns = _columns(
        lang, ("key", "text"), ("meaning", "text"), ("value", "text"), ("origin", "long")
    )
    return _table(lang, "rates", columns, rows)


def _value(value: object, lang: Lang) -> str:
    if isinstance(value, tuple):
        return say(lang, "mark.list").join(str(each) for each in value)
    if isinstance(value, bool):
        return say(lang, "internal.yes" if value else "internal.no")
    return str(value)


def _sheet(styles: Styles, quote: Quote, name: str, tables: list[Table]) -> None:
    sheet: Any = styles.plain_sheet(styles.say(f"internal.sheet_{name}"))
    warning = styles.look(bold=True, font_color=BAD)
    sheet.write_string(0, 0, styles.say("internal.secret", number=quote.number), warning)
    row, widths = 2, dict[int, float]()
    for table in tables:
        row = write_table(styles, sheet, row, table, wrapped=True) + 1
        for number, column in enumerate(table.columns):
            texts = [shown(styles.lang, cells[number], column.form) for cells in table.rows]
            own = width_of([column.label, *texts], least=10, most=70)
            widths[number] = max(widths.get(number, 0), own)
    for number, width in widths.items():
        sheet.set_column(number, number, width)
