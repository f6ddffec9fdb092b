"""What a merchant is told: everything that page, PDF and workbook show, and nothing else.

The documents are written from a `Letter` alone. Wages, costs, margin, agents and other shops are
no part of it, so no document can show them.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from staffing.forecast.calendar import LAST_OFFICIAL_YEAR
from staffing.frames import rows as walk
from staffing.grid import DAY_MIN, INTERVAL_MIN, SLOTS_PER_H, clock_text
from staffing.publish.cells import Column, Form, Table
from staffing.quote.costs import Line
from staffing.quote.estimate import LEVELS, Assumption, Estimate, Kind, contacts_on
from staffing.quote.money import decimal, yuan
from staffing.quote.offer import LIKELY, Quote
from staffing.quote.prices import Model, Tariff, shown
from staffing.quote.priors import table
from staffing.quote.prospect import WEEKDAYS, Prospect
from staffing.quote.rates import SEAT_DAY_H
from staffing.words import Lang, Statement, catalogue, say

__all__ = ["Day", "Letter", "Tile", "Touch", "letter", "snapshot"]

FIT = "letter_assumed"
"""Section of the words with the assumptions that a merchant is told; others stay with us."""
PHASES_SHOWN = 12
TENTH = Decimal("0.1")
SHARES: Mapping[str, str] = {"p50": "50%", "p80": "80%", "p90": "90%"}
UNITS = {"s": "秒", "d": "天", "h": "小时"}
"""Units of the assumptions' values in Chinese."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A key figure: what it is, its value, and a note."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Day:
    """The seats of a kind of day by half hour.

    Attributes
    ----------
    name : the kind, and its name as it is said
    rows : slot (minutes after midnight of the service day), contacts, seats at P50, P80, P90
    times : when each row begins, as it is said
    """

    name: str
    title: str
    rows: tuple[tuple[int, float, float, float, float], ...]
    times: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Touch:
    """A date of the contract with its expected contacts."""

    date: dt.date
    kind: str
    contacts: float


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A quote as a merchant reads it, in one language."""

    lang: Lang
    number: str
    date: dt.date
    valid_until: dt.date
    firm: bool
    merchant: str
    lead: str
    tiles: tuple[Tile, ...]
    scope: Table
    days: tuple[Day, ...]
    parts: tuple[Table, ...]
    kinds: Table
    touches: tuple[Touch, ...]
    phases: Table
    models: Table
    bill: Table
    instalments: Table
    break_evens: tuple[str, ...]
    advice: Table
    advice_note: str
    assumptions: Table
    check: tuple[str, ...]
    open_items: tuple[str, ...]
    changes: Table
    changes_note: str
    terms: tuple[str, ...]

    @property
    def title(self) -> str:
        """Return the title of the files."""
        return say(self.lang, "letter.file_title", number=self.number, merchant=self.merchant)


def letter(quote: Quote, lang: Lang, earlier: Mapping[str, object] | None = None) -> Letter:
    """Return what a merchant is told of a quote.

    Parameters
    ----------
    earlier : number, date and snapshot of the quote that this one replaces
    """
    writer = _Writer(quote, lang)
    return Letter(
        lang=lang,
        number=quote.number,
        date=quote.date,
        valid_until=quote.valid_until,
        firm=quote.firm,
        merchant=writer.merchant(),
        lead=writer.lead(),
        tiles=tuple(writer.tiles()),
        scope=writer.scope(),
        days=tuple(writer.day(kind) for kind in writer.charted()),
        parts=tuple(writer.parts(kind) for kind in writer.charted()),
        kinds=writer.kinds(),
        touches=tuple(touches(quote.estimate)),
        phases=writer.phases(),
        models=writer.models(),
        bill=writer.bill(),
        instalments=writer.instalments(),
        break_evens=tuple(writer.break_evens()),
        advice=writer.advice(),
        advice_note=writer.advice_note(),
        assumptions=writer.assumptions(),
        check=tuple(writer.check()),
        open_items=tuple(each.text(lang) for each in quote.estimate.open_items),
        changes=writer.changes(earlier),
        changes_note=writer.changes_note(earlier),
        terms=tuple(writer.terms()),
    )


def snapshot(quote: Quote) -> dict[str, str]:
    """Return the facts that a later quote is compared with: key of ``letter_fact`` -> value.

    Values are told without a language, as ``key|argument|...`` of ``letter_value`` or plain.
    """
    writer = _Writer(quote, "en")
    facts = {name: raw for name, raw, _ in writer.facts()}
    low, high = quote.range_of(quote.model)
    return facts | {
        "seats": f"seats_number|{_count(quote.estimate.ordinary.seats(LIKELY))}",
        "heads": f"agents_now|{_count(quote.estimate.heads[LIKELY], '1')}",
        "model": f"model|{quote.model}",
        "low": _money(low),
        "likely": _money(quote.likely().total),
        "high": _money(high),
        "status": f"status|{'firm' if quote.firm else 'preliminary'}",
    }


def touches(estimate: Estimate) -> Iterator[Touch]:
    """Yield every served date of the contract with its expected contacts."""
    known: dict[tuple[str, float, int], float] = {}
    for number in range((estimate.end - estimate.start).days):
        date = estimate.start + dt.timedelta(days=number)
        share, kind = estimate.share_on(date), estimate.kind_of(date).name
        if share <= 0:
            continue
        key = kind, share, date.weekday()
        if key not in known:
            known[key] = float(contacts_on(estimate, date)["contacts"].sum())
        yield Touch(date=date, kind=kind, contacts=known[key])


class _Writer:
    """The parts of a letter, said in its language."""

    def __init__(self, quote: Quote, lang: Lang) -> None:
        self.quote, self.lang = quote, lang
        self.estimate, self.prospect = quote.estimate, quote.prospect
        self.short = quote.prospect.days is not None

    def say(self, key: str, **facts: object) -> str:
        return say(self.lang, f"letter.{key}", **facts)

    def label(self, name: str, **facts: object) -> str:
        return say(self.lang, f"letter_label.{name}", **facts)

    def columns(self, *named: tuple[str, Form]) -> tuple[Column, ...]:
        return tuple(Column(label=self.label(name), form=form) for name, form in named)

    def date(self, day: dt.date) -> str:
        return self.say("day", day=day)

    def clock(self, minutes: int) -> str:
        """Return a time of a service day; after midnight it is told as the next day's."""
        if minutes <= DAY_MIN:
            return clock_text(minutes)
        return self.say("next_day", clock=clock_text(minutes - DAY_MIN))

    def kind(self, name: str) -> str:
        return say(self.lang, f"letter_kind.{name}")

    def model(self, model: Model) -> str:
        return say(self.lang, f"model.{model}")

    def merchant(self) -> str:
        name = self.prospect.name
        return name if "name" in self.prospect.told else self.say("you")

    # --- the head -------------------------------------------------------------------------------

    def charted(self) -> list[Kind]:
        """Return the kinds of day that are told by time of day: ordinary, and the busiest."""
        kinds = list(self.estimate.kinds)
        others = [kind for kind in kinds[1:] if kind.days_per_month > 0]
        busiest = max(others, key=lambda kind: kind.seats(LIKELY), default=None)
        return [kinds[0], busiest] if busiest is not None else kinds[:1]

    def lead(self) -> str:
        ordinary, model = self.estimate.ordinary, self.model(self.quote.model)
        contacts = f"{self.prospect.contacts:,g}"
        seats = [_count(ordinary.seats(level)) for level in LEVELS]
        likely, (low, high) = self.quote.likely(), self.quote.range_of(self.quote.model)
        if self.short:
            total = self.total(self.quote.model)
            number = seats[1] if self.quote.firm else _span(self.say, "range", seats[0], seats[2])
            return self.say("lead_short", contacts=contacts, seats=number, model=model, total=total)
        if self.quote.firm:
            return self.say(
                "lead_firm",
                contacts=contacts,
                seats=seats[1],
                model=model,
                total=_money(likely.total),
                fee=self.monthly(likely.total),
            )
        key = "lead_same" if (seats[0], low) == (seats[2], high) else "lead_range"
        return self.say(
            key,
            contacts=contacts,
            low=seats[0],
            high=seats[2],
            model=model,
            low_fee=self.monthly(low),
            high_fee=self.monthly(high),
        )

    def monthly(self, total: Decimal) -> str:
        """Return a contract's mean month, to the yuan."""
        mean = total / len(self.quote.months[LIKELY])
        return f"¥{mean.quantize(Decimal(1), ROUND_HALF_UP):,}"

    def total(self, model: Model) -> str:
        """Return a contract's total: one price if firm, else the range."""
        low, high = self.quote.range_of(model)
        if self.quote.firm:
            return _money(self.quote.likely(model).total)
        return _span(self.say, "range", _money(low), _money(high))

    def tiles(self) -> Iterator[Tile]:
        ordinary, heads = self.estimate.ordinary, self.estimate.heads
        seats = [_count(ordinary.seats(level)) for level in LEVELS]
        yield Tile(
            label=self.say("tile_seats"),
            value=_span(self.say, "seats", *((seats[1],) * 2 if self.quote.firm else seats[::2])),
            note=self.say("tile_seats_note", seats=seats[1]),
        )
        if self.short:
            yield from self.tile_total()
            return
        people = [_count(heads[name], "1") for name in ("p80_low", "p80")]
        each = [f"{heads[name]:.1f}" for name in ("per_seat_low", "per_seat_high")]
        yield Tile(
            label=self.say("tile_heads"),
            value=_span(self.say, "people", *people),
            note=self.say("tile_heads_note", hours=self.open_h(), low=each[0], high=each[1]),
        )
        low, high = self.ends()
        yield Tile(
            label=self.say("tile_month"),
            value=_span(self.say, "range", self.monthly(low), self.monthly(high)),
            note=self.say("tile_month_note", model=self.model(self.quote.model)),
        )
        yield from self.tile_total()

    def ends(self) -> tuple[Decimal, Decimal]:
        """Return the ends of the contract's range; both are the price if firm."""
        if self.quote.firm:
            return self.quote.likely().total, self.quote.likely().total
        return self.quote.range_of(self.quote.model)

    def tile_total(self) -> Iterator[Tile]:
        low, high = self.ends()
        facts = {"first": self.date(self.estimate.start)}
        yield Tile(
            label=self.say("tile_total"),
            value=_span(self.say, "range", _money(low), _money(high)),
            note=self.say("tile_total_note_days", days=self.prospect.days, **facts)
            if self.short
            else self.say("tile_total_note", months=self.prospect.months, **facts),
        )

    def open_h(self) -> str:
        return f"{len(self.prospect.slots) / SLOTS_PER_H:g}"

    # --- what is served -------------------------------------------------------------------------

    def facts(self) -> Iterator[tuple[str, str, bool]]:
        """Yield name, value without a language, and whether the merchant told it."""
        p, told = self.prospect, self.prospect.told
        estimate = self.estimate
        seats = "own_seats" if p.dedicated else "shared_seats"
        if p.priority == "vip":
            seats = "own_vip"
        term = f"days|{p.days}" if p.days is not None else f"months|{p.months}"
        target = f"target|{estimate.level:.0%}|{estimate.within_s:g}"
        yield "category", f"category|{p.category}", True
        yield "contacts", f"contacts_a_day|{p.contacts:,g}", True
        yield "agents", f"agents_now|{p.agents}", True
        yield "promotions", p.promotions, True
        yield "platform", p.platform, "platform" in told
        yield "goods", p.goods, "goods" in told
        yield "service", p.service, "service" in told
        yield "channel", p.channel, "channel" in told
        yield "hours", _hours(p), bool({"opens", "closes", "short"} & told)
        served = bool({"weekdays", "short"} & told)
        yield "weekdays", f"weekdays|{','.join(p.served)}", served
        yield "target", target, bool({"target_level", "answer_within_s", "platform"} & told)
        yield "dedicated", seats, bool({"dedicated", "priority"} & told)
        bot = f"{p.bot_deflection:.0%}" if p.bot_deflection else "no_bot"
        yield "bot", bot, "bot_deflection" in told
        yield "start", f"date|{estimate.start}", "start" in told
        yield "term", term, bool({"months", "days"} & told)

    def value(self, raw: str) -> str:
        """Return a value of `facts` or `snapshot` as it is said."""
        name, _, rest = raw.partition("|")
        own: dict[str, Callable[[str], str]] = {
            "category": self.category,
            "date": lambda text: self.date(dt.date.fromisoformat(text)),
            "weekdays": lambda text: self.weekdays(text.split(",")),
            "model": lambda text: say(self.lang, f"model.{text}"),
            "status": self.say,
        }
        if name in own:
            return own[name](rest)
        key = f"letter_value.{name}"
        if key not in catalogue():
            return raw
        parts = rest.split("|") if rest else []
        if name == "hours_meals":
            parts = [say(self.lang, "mark.list").join(parts)]
        return say(self.lang, key, **dict(zip(FILLED.get(name, ()), parts, strict=True)))

    def category(self, name: str) -> str:
        """Return a category as it is said; one that is not known as the merchant wrote it."""
        key = f"{name}_category" if name in ("virtual", "other") else name
        known = name in table("category")
        return say(self.lang, f"letter_value.{key}") if known else name

    def weekdays(self, names: Sequence[str]) -> str:
        if len(names) == len(WEEKDAYS):
            return say(self.lang, "letter_value.every_day")
        said = [
            say(self.lang, f"weekday.{WEEKDAYS.index(name)}") for name in WEEKDAYS if name in names
        ]
        return say(self.lang, "mark.list").join(said)

    def scope(self) -> Table:
        rows = []
        for name, raw, told in self.facts():
            value = self.value(raw)
            if not told:
                value = self.say("provisional", value=value)
            rows.append((say(self.lang, f"letter_fact.{name}"), value))
        columns = self.columns(("item", "text"), ("content", "long"))
        return Table(title=self.say("scope"), columns=columns, rows=tuple(rows))

    # --- seats ----------------------------------------------------------------------------------

    def day(self, kind: Kind) -> Day:
        names = ["slot", "contacts", *(f"seats_{level}" for level in LEVELS)]
        rows = tuple(
            (int(slot), float(contacts), float(low), float(likely), float(high))
            for slot, contacts, low, likely, high in kind.table[names].itertuples(index=False)
        )
        times = tuple(self.clock(row[0]) for row in rows)
        return Day(name=kind.name, title=self.kind(kind.name), rows=rows, times=times)

    def parts(self, kind: Kind) -> Table:
        rows = tuple(
            (
                f"{self.clock(int(row.opens))}–{self.clock(int(row.closes))}",
                float(row.contacts),
                *(float(getattr(row, f"seats_{level}")) for level in LEVELS),
            )
            for row in walk(kind.dayparts)
        )
        form: Form = "count" if self.prospect.dedicated else "number"
        columns = self.columns(
            ("time", "text"),
            ("contacts", "number"),
            *((f"seats_{level}", form) for level in LEVELS),
        )
        title = self.say("parts", kind=self.kind(kind.name))
        return Table(title=title, columns=columns, rows=rows)

    def kinds(self) -> Table:
        form: Form = "count" if self.prospect.dedicated else "number"
        rows = tuple(
            (
                self.kind(kind.name),
                kind.days_per_month,
                float(kind.table["contacts"].sum()),
                *(kind.seats(level) for level in LEVELS),
                kind.seat_h(LIKELY),
                _answered(kind),
            )
            for kind in self.estimate.kinds
        )
        columns = self.columns(
            ("kind", "text"),
            ("days", "number"),
            ("contacts", "count"),
            *((f"seats_{level}", form) for level in LEVELS),
            ("seat_h", "number"),
            ("level", "share"),
        )
        return Table(title=self.say("kinds"), columns=columns, rows=rows)

    def phases(self) -> Table:
        """Return every stretch of days of a promotion's phase within the contract."""
        found: list[list[object]] = []
        before: Touch | None = None
        for touch in touches(self.estimate):
            if touch.kind != "ordinary":
                begun = before is not None and before.kind == touch.kind
                follows = before is not None and (touch.date - before.date).days == 1
                if begun and follows:
                    found[-1][2] = touch
                else:
                    found.append([touch.kind, touch, touch])
            before = touch
        rows = []
        for kind, first, last in found:
            assert isinstance(first, Touch)
            assert isinstance(last, Touch)
            days = (last.date - first.date).days + 1
            seats = self.estimate.kind_of(first.date).seats(LIKELY)
            dates = self.date(first.date), self.date(last.date)
            rows.append((self.kind(str(kind)), *dates, days, first.contacts, seats))
        columns = self.columns(
            ("phase", "text"),
            ("first", "text"),
            ("last", "text"),
            ("length", "count"),
            ("contacts", "count"),
            ("seats_p80", "count" if self.prospect.dedicated else "number"),
        )
        return Table(title=self.say("phases"), columns=columns, rows=tuple(rows))

    # --- prices ---------------------------------------------------------------------------------

    def models(self) -> Table:
        rows: list[tuple[object, ...]] = []
        for model in self.quote.priced[LIKELY]:
            name = self.model(model)
            if model not in self.quote.models:
                if model == "commission" and not self.short:
                    rows.append((name, self.say("on_request"), None, None))
                continue
            if model == self.quote.model:
                name = self.say("offered", model=name)
            low, high = self.quote.range_of(model)
            if self.quote.firm:
                low = high = self.quote.likely(model).total
            month = _span(self.say, "range", self.monthly(low), self.monthly(high))
            units = self.units(self.quote.likely(model).tariff, model)
            rows.append((name, units, month, self.total(model)))
        forms: tuple[tuple[str, Form], ...] = (
            ("model", "text"),
            ("units", "long"),
            ("monthly", "text"),
            ("total", "text"),
        )
        columns = self.columns(*forms)
        return Table(title=self.say("prices"), columns=columns, rows=tuple(rows))

    def units(self, tariff: Tariff, model: Model) -> str:
        """Return a tariff's unit prices in words, a seat's for the hours that it is open."""
        hours = decimal(self.open_h())
        seat = shown(yuan(tariff.seat * hours / SEAT_DAY_H))
        extra = self.say("unit_extra", yuan=shown(tariff.extra_hour))
        of_seat = self.say("unit_seat", yuan=seat, hours=self.open_h())
        promoted = any(work.extra_h for work in self.quote.months[LIKELY])
        match model:
            case "per_seat":
                parts = [of_seat, *([extra] if promoted else [])]
            case "commission":
                share = f"{float(tariff.commission * 100):.4g}%"
                base = self.say("unit_base", yuan=seat, hours=self.open_h(), share=share)
                parts = [base, *([extra] if promoted else [])]
            case "per_reception":
                parts = list(self.tiers(tariff))
            case "hybrid":
                included = shown((tariff.included * hours / SEAT_DAY_H).quantize(TENTH))
                excess = shown(tariff.excess)
                parts = [of_seat, self.say("unit_excess", included=included, yuan=excess)]
            case "short_term":
                parts = [
                    self.say("unit_hour", yuan=shown(tariff.hour)),
                    self.say("unit_day", yuan=shown(tariff.day)),
                ]
        return say(self.lang, "mark.clause").join(parts)

    def tiers(self, tariff: Tariff) -> Iterator[str]:
        bounds = [0, *tariff.upto]
        for i, each in enumerate(tariff.tiers):
            facts = {"low": bounds[i], "yuan": shown(each)}
            if not tariff.upto:
                yield self.say("unit_tier_only", yuan=shown(each))
            elif i == len(tariff.upto):
                yield self.say("unit_tier_last", **facts)
            else:
                key = "unit_tier" if i else "unit_tier_first"
                yield self.say(key, **facts, upto=tariff.upto[i])

    def line_label(self, line: Line) -> str:
        return say(self.lang, f"price_line.{line.key}", **line.basis.facts)

    def bill(self) -> Table:
        """Return every line of the offered contract at P80, and its total."""
        priced = self.quote.likely()
        rows: list[tuple[object, ...]] = [(None, self.label("sum"), None, priced.total)]
        for month in priced.months:
            rows += [
                (f"{month.first}", self.line_label(line), line.basis.text(self.lang), line.amount)
                for line in month.lines
                if line.amount
            ]
        if priced.adjustment is not None:
            line = priced.adjustment
            row = (self.label("adjustment"), self.line_label(line), line.basis.text(self.lang))
            rows.append((*row, line.amount))
        columns = self.columns(
            ("month", "text"), ("what", "text"), ("basis", "long"), ("amount", "yuan")
        )
        title = self.say("bill", model=self.model(self.quote.model))
        return Table(title=title, columns=columns, rows=tuple(rows), total=True)

    def instalments(self) -> Table:
        """Return the payments: one amount each if firm, else at P50 and at P90."""
        levels = (LIKELY,) if self.quote.firm else ("p50", "p90")
        each = [self.quote.priced[level][self.quote.model] for level in levels]
        rows: list[tuple[object, ...]] = [
            (self.label("sum"), None, *(priced.total for priced in each))
        ]
        for parts in zip(*(priced.instalments for priced in each), strict=True):
            first = parts[0]
            covers = self.label("whole" if self.short else "months", months=first.months)
            rows.append((self.date(first.due), covers, *(part.amount for part in parts)))
        names: tuple[tuple[str, Form], ...] = (("due", "text"), ("covers", "text"))
        amounts = ("amount",) if self.quote.firm else ("low", "high")
        forms: tuple[tuple[str, Form], ...] = tuple((name, "yuan") for name in amounts)
        columns = self.columns(*names, *forms)
        return Table(
            title=self.say("instalments"), columns=columns, rows=tuple(rows), total=len(rows) > 2
        )

    def break_evens(self) -> Iterator[str]:
        """Yield at which volume which way of billing becomes the cheaper one."""
        for (one, other), contacts in self.quote.break_evens.items():
            if contacts is None or "short_term" in (one, other):
                continue
            if self.quote.model not in (one, other):
                continue
            yield self.say(
                "break_even_above",
                contacts=f"{contacts:,.0f}",
                cheaper=self.model(one),
                dearer=self.model(other),
            )

    def advice(self) -> Table:
        """Return what seats more or fewer do to the merchant; what they cost is no part of it."""
        advice = self.quote.advice
        sold = not any(math.isnan(step.sales_lost_yuan) for step in advice.steps)
        sales: list[tuple[str, Form]] = [("sales", "count")] if sold else []
        forms: list[tuple[str, Form]] = [
            ("seats", "count"),
            ("answered", "share"),
            ("occupancy", "share"),
            ("lost", "number"),
            *sales,
            ("verdict", "text"),
        ]
        rows = []
        for step in advice.steps:
            values: list[object] = [
                step.seats,
                step.service_level,
                step.occupancy,
                step.lost,
                *([step.sales_lost_yuan] if sold else []),
                say(self.lang, f"advice.{step.verdict}"),
            ]
            rows.append(tuple(values))
        title = self.say("advice")
        return Table(title=title, columns=self.columns(*forms), rows=tuple(rows))

    def advice_note(self) -> str:
        """Return how the table is to be read, with the reason where its figures do not tell it."""
        why = self.quote.advice.why
        told = why.text(self.lang) if why.key in ("advice.cap", "advice.on_average") else ""
        note = self.say("advice_note")
        return self.say("advice_why", note=note, why=told) if told else note

    def check(self) -> Iterator[str]:
        """Yield what does not fit together in the merchant's figures, as one asks a customer."""
        for each in self.estimate.warnings:
            key = f"letter_check.{each.key.partition('.')[2]}"
            if key in catalogue():
                yield say(self.lang, key, **each.facts)

    # --- what it rests on -----------------------------------------------------------------------

    def assumptions(self) -> Table:
        rows = tuple(
            (
                say(self.lang, f"{FIT}.{each.key}"),
                self.assumed(each),
                self.origin(each.origin),
            )
            for each in self.estimate.assumptions
            if f"{FIT}.{each.key}" in catalogue()
        )
        columns = self.columns(("item", "text"), ("value", "text"), ("origin", "long"))
        return Table(title=self.say("assumptions"), columns=columns, rows=rows)

    def assumed(self, each: Assumption) -> str:
        if each.key == "category":
            return self.value(f"category|{each.value}")
        if self.lang == "zh":
            return re.sub(r"(?<=\d) ?([sdh])\b", lambda match: f" {UNITS[match[1]]}", each.value)
        return each.value

    def origin(self, statement: Statement) -> str:
        """Return an origin as a merchant is told it: no address of a page, no count of shops."""
        key = f"letter_origin.{statement.key.rpartition('.')[2]}"
        return say(self.lang, key, **statement.facts)

    def terms(self) -> Iterator[str]:
        quote, prices = self.quote, self.quote.rates.prices
        yield self.say("term_valid", first=self.date(quote.date), last=self.date(quote.valid_until))
        yield self.say("term_tax")
        yield self.say("term_firm" if quote.firm else "term_range")
        yield self.say("term_volume")
        if "commission" in quote.models:
            yield self.say(
                "term_commission",
                silent=self.say("silent_out" if prices.exclude_silent else "silent_in"),
                refunds=self.say("refunds_out" if prices.exclude_refunds else "refunds_in"),
            )
        if quote.model == "short_term":
            least, step = shown(prices.minimum_h), shown(prices.unit_h)
            yield self.say("term_short", least=least, step=step)
        else:
            training, ramp = self.estimate.training_days, self.estimate.ramp_days
            yield self.say("term_training", days=f"{training:g}", ramp=f"{ramp:g}")
        if self.prospect.handover:
            steps = " → ".join(f"{share:.0%}" for share in self.prospect.handover)
            yield self.say("term_handover", steps=steps)
        last = (self.estimate.end - dt.timedelta(days=1)).year
        if last > LAST_OFFICIAL_YEAR:
            first = max(self.estimate.start.year, LAST_OFFICIAL_YEAR + 1)
            year = f"{first}" if first == last else f"{first}–{last}"
            yield self.say("term_calendar", year=year)

    # --- against an earlier quote ---------------------------------------------------------------

    def changes(self, earlier: Mapping[str, object] | None) -> Table:
        before = earlier.get("snapshot") if earlier is not None else None
        rows = []
        if isinstance(before, dict):
            now = snapshot(self.quote)
            for name, raw in now.items():
                was = before.get(name)
                if isinstance(was, str) and was != raw:
                    label = say(self.lang, f"letter_fact.{name}")
                    rows.append((label, self.value(was), self.value(raw)))
        columns = self.columns(("item", "text"), ("before", "text"), ("now", "text"))
        return Table(title=self.say("changes"), columns=columns, rows=tuple(rows))

    def changes_note(self, earlier: Mapping[str, object] | None) -> str:
        if earlier is None:
            return ""
        date = self.date(dt.date.fromisoformat(str(earlier["date"])))
        return self.say("changes_note", number=earlier["number"], date=date)


FILLED: Mapping[str, tuple[str, ...]] = {
    "contacts_a_day": ("number",),
    "agents_now": ("number",),
    "seats_number": ("number",),
    "months": ("number",),
    "days": ("number",),
    "hours": ("opens", "closes"),
    "hours_next": ("opens", "closes"),
    "hours_meals": ("spans",),
    "target": ("level", "seconds"),
}
"""Placeholders of the values of ``letter_value`` that have some, in order."""


def _hours(prospect: Prospect) -> str:
    """Return the hours asked for, without a language."""
    window, slots = prospect.window, prospect.slots
    whole = range(window.first_slot, window.end_slot)
    if tuple(slots) != tuple(whole):
        spans, first = [], slots[0]
        for slot, after in zip(slots, [*slots[1:], slots[0]], strict=True):
            if after != slot + 1:
                ends = (slot + 1) * INTERVAL_MIN
                spans.append(f"{clock_text(first * INTERVAL_MIN)}–{clock_text(ends)}")
                first = after
        return "|".join(["hours_meals", *spans])
    opens, closes = clock_text(window.opens_min), window.closes_min
    if closes > DAY_MIN:
        return f"hours_next|{opens}|{clock_text(closes - DAY_MIN)}"
    return f"hours|{opens}|{clock_text(closes)}"


def _answered(kind: Kind) -> float:
    """Return the share answered in time at P80 seats: the half hours weighted by contacts."""
    contacts = kind.table["contacts"]
    total = float(contacts.sum())
    return float((kind.table["service_level"] * contacts).sum() / total) if total else 1.0


def _span(say_: Callable[..., str], key: str, low: str, high: str) -> str:
    """Return a range, or the one value where both ends are alike."""
    if key == "range":
        return low if low == high else say_("range", low=low, high=high)
    return say_(f"{key}_one", low=low) if low == high else say_(f"{key}_range", low=low, high=high)


def _count(value: float, step: str = "0.1") -> str:
    """Return seats or people: whole ones without decimals; people are rounded up."""
    if step == "1":
        return f"{-(-value // 1):.0f}"
    return f"{value:.1f}".removesuffix(".0")


def _money(amount: Decimal) -> str:
    """Return a total; whole yuan without cents."""
    return f"¥{amount:,.2f}".removesuffix(".00")
