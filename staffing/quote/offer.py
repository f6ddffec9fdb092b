"""The whole of a quote: an estimate → months of work → costs → prices under every model.

Seats are those of the estimate, staffed by dayparts; what is paid more for comes from the dates
themselves: the 13 statutory days, the hours from 22:00 to 06:00, and the seats that promotion days
need above the ordinary ones.
"""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from staffing.errors import Fault, ScenarioError
from staffing.forecast.calendar import is_statutory
from staffing.grid import DAY_MIN, INTERVAL_MIN, SLOTS_PER_H
from staffing.quote.advice import Advice, advise
from staffing.quote.costs import Costs, Workload, cost
from staffing.quote.estimate import LEVELS, Estimate, add_months, contacts_on
from staffing.quote.money import decimal
from staffing.quote.prices import (
    MODELS,
    Model,
    Priced,
    break_even,
    break_even_commission,
    cheaper,
    commissionable,
    price,
)
from staffing.quote.prospect import Prospect
from staffing.quote.rates import Rates
from staffing.scenario.demand import FIRST_YEAR

__all__ = ["LIKELY", "Quote", "offer", "one_seat", "workloads"]

LIKELY = "p80"
"""The level that a firm quote is priced at."""
NIGHT_ENDS_MIN, NIGHT_BEGINS_MIN = 6 * 60, 22 * 60
"""Customary night hours, 22:00-06:00."""
MEAN_MONTH_DAYS = 365 / 12
STATUTORY_DAYS = 13
"""Paid at 300 %: Decree 795 art. 2, in force since 2025."""
PLACES = Decimal("0.001")
"""Quantities are priced as they are printed."""


@dataclass(frozen=True, kw_only=True)
class Quote:
    """A quote: what is asked for, what it takes, and what it is sold at.

    Attributes
    ----------
    date : the day it was made; it is valid for `valid_days` of the rates after it
    months : level (p50, p80, p90) -> months of work
    costs : cost of each month at P80
    priced : level -> model -> the contract's price
    model : the model that is offered first
    break_evens : pair of models -> receptions of a mean month from which the first is the cheaper
        one and the second no longer; None where the first always is
    advice : seats more or fewer, at the price of an hour of a seat
    """

    estimate: Estimate
    rates: Rates
    date: dt.date
    firm: bool
    model: Model
    months: Mapping[str, tuple[Workload, ...]]
    costs: tuple[Costs, ...]
    priced: Mapping[str, Mapping[Model, Priced]]
    break_evens: Mapping[tuple[Model, Model], Decimal | None]
    advice: Advice

    @property
    def prospect(self) -> Prospect:
        """Return the merchant who asked."""
        return self.estimate.prospect

    @property
    def valid_until(self) -> dt.date:
        """Return the last day on which the quote holds."""
        return self.date + dt.timedelta(days=self.rates.prices.valid_days)

    @property
    def models(self) -> tuple[Model, ...]:
        """Return the models that can be offered.

        Some days are sold for a short time only, and a commission needs sales to be paid on.
        """
        return _models(self.estimate, self.rates, self.months[LIKELY])

    @property
    def break_even_commission(self) -> Decimal | None:
        """Return the commission at which the listed base fee just covers the cost."""
        return break_even_commission(self.months[LIKELY], self.rates)

    def likely(self, model: Model | None = None) -> Priced:
        """Return the price at P80 seats, of the model offered first where none is named."""
        return self.priced[LIKELY][model or self.model]

    def range_of(self, model: Model) -> tuple[Decimal, Decimal]:
        """Return the totals at P50 and at P90 seats."""
        return self.priced["p50"][model].total, self.priced["p90"][model].total

    @property
    def number(self) -> str:
        """Return the quote's number: its date, and a digest of all that it was made from."""
        known = {
            "prospect": self.prospect.model_dump(mode="json", exclude={"history"}),
            "rates": self.rates.model_dump(mode="json", exclude={"hiring"}),
            "date": self.date.isoformat(),
            "firm": self.firm,
            "model": self.model,
            "kinds": [
                (kind.name, kind.days_per_month, kind.table.to_csv(float_format="%.6g"))
                for kind in self.estimate.kinds
            ],
        }
        text = json.dumps(known, ensure_ascii=True, sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{self.date:%Y%m%d}-{digest[:8].upper()}"


def offer(
    estimate: Estimate,
    rates: Rates,
    *,
    date: dt.date | None = None,
    firm: bool = False,
    model: Model | None = None,
) -> Quote:
    """Return the quote of an estimate under all price models.

    Parameters
    ----------
    date : the day the quote is made; the first day of the service where None
    firm : one price at P80 seats rather than a range from P50 to P90
    model : offered first; by the seat where None, or as short term where only that is asked for

    Raises
    ------
    ScenarioError
        When the date lies after the first day of the service, or the model cannot be offered.
    """
    months = workloads(estimate, rates)
    likely = months[LIKELY]
    models = _models(estimate, rates, likely)
    short = estimate.prospect.days is not None or estimate.prospect.short is not None
    chosen: Model = model or ("short_term" if short else "per_seat")
    _refuse(estimate, date, chosen, models)
    priced = {
        level: {each: price(work, rates, each) for each in MODELS} for level, work in months.items()
    }
    mean = _mean(likely)
    hours = sum((work.seat_h for work in likely), Decimal(0))
    hour_yuan = float(priced[LIKELY][chosen].total / hours) if hours else 0.0
    return Quote(
        estimate=estimate,
        rates=rates,
        date=date or estimate.start,
        firm=firm,
        model=chosen,
        months=months,
        costs=tuple(cost(each, rates) for each in likely),
        priced=priced,
        break_evens=dict(_break_evens(rates, models, mean)),
        advice=advise(estimate, hour_yuan or None),
    )


def _break_evens(
    rates: Rates, models: Sequence[Model], month: Workload
) -> Iterator[tuple[tuple[Model, Model], Decimal | None]]:
    """Yield pairs of models with their break-even, the one first that is cheaper above it."""
    for pair in combinations(models, 2):
        at = break_even(rates, *pair, month)
        volume = month.contacts if at is None else at
        first = cheaper(rates, *pair, month, volume)
        yield (first, pair[pair[0] == first]), at


def _refuse(
    estimate: Estimate, date: dt.date | None, model: Model, models: Sequence[Model]
) -> None:
    """Refuse a date or a model that does not fit the service, all faults at once."""
    faults = []
    if date is not None and date.year < FIRST_YEAR:
        faults.append(Fault(code="quoted_early", file="--date", value=f"{date}"))
    if date is not None and date > estimate.start:
        facts = {"start": f"{estimate.start}"}
        faults.append(Fault(code="quoted_late", file="--date", value=f"{date}", facts=facts))
    if model not in models:
        only_days = estimate.prospect.days is not None
        code = "model_of_months" if only_days else "model_of_sales"
        faults.append(Fault(code=code, file="--model", value=model))
    if faults:
        raise ScenarioError(faults)


def _models(estimate: Estimate, rates: Rates, months: Sequence[Workload]) -> tuple[Model, ...]:
    if estimate.prospect.days is not None:
        return ("short_term",)
    sales = any(commissionable(each, rates.prices) for each in months)
    return tuple(model for model in MODELS if model != "commission" or sales)


def workloads(estimate: Estimate, rates: Rates) -> dict[str, tuple[Workload, ...]]:
    """Return level -> months of a contract, or the one period of a short engagement.

    A level (p50, p80, p90) is the quantile of the contacts at which seats are filled.
    """
    days = _Days(estimate)
    return {level: tuple(_months(estimate, rates, level, days)) for level in LEVELS}


def _months(estimate: Estimate, rates: Rates, level: str, days: _Days) -> Iterator[Workload]:
    prospect = estimate.prospect
    short = prospect.days is not None or prospect.short is not None
    for number, (first, end) in enumerate(_periods(estimate)):
        whole = (end - first).days
        if prospect.days is not None:
            whole = calendar.monthrange(first.year, first.month)[1]
        work = _workload(estimate, rates, level, (first, end), whole, days)
        if number == 0 and not short:  # its people are found and trained for the start
            work = replace(work, new_heads=work.heads)
        yield work


def _periods(estimate: Estimate) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield first day and day after the last of each month of the contract."""
    if estimate.prospect.days is not None:
        yield estimate.start, estimate.end
        return
    for number in range(estimate.prospect.months):
        yield add_months(estimate.start, number), add_months(estimate.start, number + 1)


class _Day(NamedTuple):
    """What a day asks for: hours by what they are paid as, seats, receptions.

    Attributes
    ----------
    seat_h, next_h : hours at the seats before and after midnight
    night_h, extra_h : those from 22:00 to 06:00, and above the billed seats
    billed, peak : seats of an ordinary day, and of this one's busiest half hour
    """

    seat_h: float
    next_h: float
    night_h: float
    extra_h: float
    billed: float
    peak: float
    contacts: float


class _Days:
    """The days of an estimate; those that are alike are reckoned once."""

    def __init__(self, estimate: Estimate) -> None:
        self._estimate = estimate
        parts = {kind.name: kind.dayparts for kind in estimate.kinds}
        self._slots = {
            (name, level): _slots(rows, level) for name, rows in parts.items() for level in LEVELS
        }
        self._known: dict[tuple[str, str, float, int], _Day] = {}

    def on(self, date: dt.date, level: str) -> _Day:
        """Return what a served day asks for; a shop's own seats are handed over whole."""
        share, kind = self._estimate.share_on(date), self._estimate.kind_of(date)
        key = level, kind.name, share, date.weekday()
        if key not in self._known:
            contacts = float(contacts_on(self._estimate, date)["contacts"].sum())
            billed = self._estimate.ordinary.seats(level)
            slots = self._slots[kind.name, level]
            self._known[key] = self._day(slots, share, billed, contacts)
        return self._known[key]

    def _day(
        self, slots: Sequence[tuple[int, float]], share: float, ordinary: float, contacts: float
    ) -> _Day:
        own = self._estimate.prospect.dedicated

        def seats_of(number: float) -> float:
            return float(math.ceil(number * share - 1e-9)) if own else number * share

        billed, hours = seats_of(ordinary), 1 / SLOTS_PER_H
        sums = dict.fromkeys(("seat_h", "next_h", "night_h", "extra_h"), 0.0)
        for slot, number in slots:
            seats, clock = seats_of(number), slot % DAY_MIN
            sums["seat_h" if slot < DAY_MIN else "next_h"] += seats * hours
            if clock >= NIGHT_BEGINS_MIN or clock < NIGHT_ENDS_MIN:
                sums["night_h"] += seats * hours
            sums["extra_h"] += max(seats - billed, 0.0) * hours
        peak = max((seats_of(number) for _, number in slots), default=0.0)
        return _Day(**sums, billed=billed, peak=peak, contacts=contacts)


def _workload(
    estimate: Estimate,
    rates: Rates,
    level: str,
    period: tuple[dt.date, dt.date],
    whole_days: int,
    days_like: _Days,
) -> Workload:
    """Return the work of the days from the first to before the end of a period."""
    first, end = period
    dates = [first + dt.timedelta(days=i) for i in range((end - first).days)]
    served = [date for date in dates if estimate.share_on(date) > 0]
    days = [days_like.on(date, level) for date in served]
    statutory = sum(
        day.seat_h * is_statutory(date) + day.next_h * is_statutory(date + dt.timedelta(days=1))
        for date, day in zip(served, days, strict=True)
    )
    number = max(len(days), 1)
    contacts = sum(day.contacts for day in days)
    extra = _exact(sum(day.extra_h for day in days))
    share = sum(estimate.share_on(date) for date in served) / number
    prospect = estimate.prospect
    sales = contacts * (prospect.conversion or 0) * (prospect.order_value_yuan or 0)
    return Workload(
        month=first,
        days=len(dates),
        whole_days=whole_days,
        open_days=len(served),
        open_h=decimal(len(prospect.slots)) / SLOTS_PER_H,
        contacts=_exact(contacts).quantize(Decimal(1)),
        seat_h=_exact(sum(day.seat_h + day.next_h for day in days)),
        statutory_h=_exact(statutory),
        night_h=_exact(sum(day.night_h for day in days)),
        overtime_h=(extra * rates.costs.overtime_share).quantize(PLACES),
        extra_h=extra,
        seats=_exact(sum(day.billed for day in days) / number),
        peak_seats=_exact(max((day.peak for day in days), default=0.0)),
        heads=_heads(estimate, rates, level, share),
        sales_yuan=_exact(sales),
    )


def one_seat(estimate: Estimate, rates: Rates) -> Workload:
    """Return a mean month of one seat that is open all the hours asked for, without a promotion.

    It has the heads of such a seat with two rest days in seven, and the mean month's share of the
    13 statutory days, so its cost is what a seat costs us before anything special.
    """
    slots = estimate.prospect.slots
    days = _exact(MEAN_MONTH_DAYS * len(estimate.prospect.served) / 7)
    open_h = decimal(len(slots)) / SLOTS_PER_H
    clocks = [slot * INTERVAL_MIN % DAY_MIN for slot in slots]
    at_night = sum(clock >= NIGHT_BEGINS_MIN or clock < NIGHT_ENDS_MIN for clock in clocks)
    served = days / _exact(MEAN_MONTH_DAYS)
    without = estimate.heads["per_seat_high"] * (1 - estimate.settings.shrinkage)
    return Workload(
        month=estimate.start,
        days=1,
        whole_days=1,
        open_days=round(days),
        open_h=open_h,
        contacts=Decimal(0),
        seat_h=(open_h * days).quantize(PLACES),
        statutory_h=(open_h * STATUTORY_DAYS * served / 12).quantize(PLACES),
        night_h=(decimal(at_night) / SLOTS_PER_H * days).quantize(PLACES),
        overtime_h=Decimal(0),
        seats=Decimal(1),
        peak_seats=Decimal(1),
        heads=_exact(without / (1 - float(rates.costs.shrinkage))),
        sales_yuan=Decimal(0),
    )


def _heads(estimate: Estimate, rates: Rates, level: str, share: float) -> Decimal:
    """Return the people to employ, with the shrinkage that wages are reckoned with."""
    without = estimate.heads[level] * (1 - estimate.settings.shrinkage) * share
    return _exact(without / (1 - float(rates.costs.shrinkage)))


def _slots(parts: pd.DataFrame, level: str) -> list[tuple[int, float]]:
    """Return half hour and seats: all of a daypart has the seats of its busiest half hour."""
    names = ["opens", "closes", f"seats_{level}"]
    return [
        (slot, float(seats))
        for opens, closes, seats in parts[names].itertuples(index=False)
        for slot in range(int(opens), int(closes), INTERVAL_MIN)
    ]


def _mean(months: tuple[Workload, ...]) -> Workload:
    """Return the mean month of a contract."""
    number = len(months)

    def mean(name: str) -> Decimal:
        return sum((getattr(each, name) for each in months), Decimal(0)) / number

    whole = max(round(sum(each.whole_days for each in months) / number), 1)
    return Workload(
        month=months[0].month,
        days=round(sum(each.days for each in months) / number),
        whole_days=whole,
        open_days=round(sum(each.open_days for each in months) / number),
        **{
            name: mean(name)
            for name in (
                "open_h",
                "contacts",
                "seat_h",
                "statutory_h",
                "night_h",
                "overtime_h",
                "extra_h",
                "seats",
                "peak_seats",
                "heads",
                "sales_yuan",
                "new_heads",
            )
        },
    )


def _exact(value: float) -> Decimal:
    """Return a computed quantity as the decimal that is priced."""
    return decimal(round(value, 6)).quantize(PLACES)
