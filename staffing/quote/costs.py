"""What a month of service costs us, line by line.

Wages are those of the hours at the seats; `shrinkage` is paid on top of them, and premiums come
from the calendar of the month. What belongs to heads (benefits, board, training, management,
recruiting) and to workplaces (premises, equipment) is theirs for the part of the month served.

Who leaves is replaced: with a mean tenure of T months, 1/T of the heads a month in the long run,
whatever the law of tenure (the renewal theorem); with T = 6 that is 16.7 %, and 15.4 % of those
there on the first day are gone by the last where leaving is equally likely every day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from staffing.quote.money import total, yuan
from staffing.quote.rates import PAID_HOURS_MONTH, Rates
from staffing.words import Statement

__all__ = ["LINES", "Costs", "Line", "Workload", "cost", "together"]

LINES = (
    "wages",
    "shrinkage",
    "statutory",
    "overtime",
    "night",
    "benefits",
    "board",
    "training",
    "management",
    "recruiting",
    "premises",
    "equipment",
)
"""Lines of the cost: the eight of the trade, and what the calendar and shrinkage add to wages."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The work of one month of a contract, or of the days of a short engagement.

    Attributes
    ----------
    month : its first day
    days : calendar days of it under contract
    whole_days : calendar days of the whole month, for what is charged by the month
    open_days : days of those on which the shop is served
    open_h : hours that a billed seat is open on such a day
    contacts : expected receptions by people
    seat_h : hours at the seats, meals not counted
    statutory_h, night_h, overtime_h : those of `seat_h` on one of the 13 statutory days, between
        22:00 and 06:00, and beyond a person's normal hours
    extra_h : those of `seat_h` above the billed seats, on promotion days
    seats : billed seats: those of the busiest half hour of an ordinary day
    peak_seats : seats of the busiest half hour of the dearest promotion day
    heads : people employed for the seats
    new_heads : people found and trained for the start
    sales_yuan : expected sales that came of an inquiry, before refunds
    """

    month: dt.date
    days: int
    whole_days: int
    open_days: int
    open_h: Decimal
    contacts: Decimal
    seat_h: Decimal
    statutory_h: Decimal
    night_h: Decimal
    overtime_h: Decimal
    seats: Decimal
    peak_seats: Decimal
    heads: Decimal
    sales_yuan: Decimal
    extra_h: Decimal = Decimal(0)
    new_heads: Decimal = Decimal(0)

    @property
    def share(self) -> Decimal:
        """Return the part of a whole month that is under contract."""
        return Decimal(self.days) / self.whole_days


@dataclass(frozen=True, kw_only=True)
class Line:
    """An amount of a build-up: what it is for, and how it was reckoned."""

    key: str
    amount: Decimal
    basis: Statement


@dataclass(frozen=True, kw_only=True)
class Costs:
    """A cost build-up; the total is the sum of the rounded lines."""

    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """Return the sum of the lines, in yuan."""
        return total(line.amount for line in self.lines)

    def of(self, key: str) -> Decimal:
        """Return the amount of a line."""
        return total(line.amount for line in self.lines if line.key == key)


def cost(workload: Workload, rates: Rates) -> Costs:
    """Return the cost of a month of service, in the order of `LINES`.

    Every line is a product of quantities of the workload and rates, none below 0, so more work
    never costs less.
    """
    set_, share = rates.costs, workload.share
    hour = set_.wage_month / PAID_HOURS_MONTH
    wages = workload.seat_h * hour
    lost = wages * set_.shrinkage / (1 - set_.shrinkage)
    statutory = workload.statutory_h * hour * set_.statutory_premium
    overtime = workload.overtime_h * hour * set_.overtime_premium
    night = workload.night_h * set_.night_hour
    paid = wages + lost + statutory + overtime + night
    heads = workload.heads * share
    found = heads / set_.tenure_months + workload.new_heads
    places = max(workload.seats, workload.peak_seats)
    # As a quotient, so that a reader's own sum comes to the same cent.
    hourly = f"{_shown(set_.wage_month)} ÷ {_shown(PAID_HOURS_MONTH)}"
    newcomers = f"{_shown(heads)} ÷ {_shown(set_.tenure_months)}"
    if workload.new_heads:
        newcomers = f"({newcomers} + {_shown(workload.new_heads)})"
    reckoned: dict[str, tuple[Decimal, dict[str, object]]] = {
        "wages": (wages, {"hours": _shown(workload.seat_h), "yuan": hourly}),
        "shrinkage": (lost, {"share": _percent(set_.shrinkage)}),
        "statutory": (
            statutory,
            {
                "hours": _shown(workload.statutory_h),
                "yuan": hourly,
                "share": _percent(set_.statutory_premium),
            },
        ),
        "overtime": (
            overtime,
            {
                "hours": _shown(workload.overtime_h),
                "yuan": hourly,
                "share": _percent(set_.overtime_premium),
            },
        ),
        "night": (night, {"hours": _shown(workload.night_h), "yuan": _shown(set_.night_hour)}),
        "benefits": (
            paid * set_.benefits_share,
            {"yuan": _shown(paid), "share": _percent(set_.benefits_share)},
        ),
        "board": (
            heads * set_.board_month,
            {"heads": _shown(heads), "yuan": _shown(set_.board_month)},
        ),
        "training": (
            found * set_.training_head,
            {"heads": newcomers, "yuan": _shown(set_.training_head)},
        ),
        "management": (
            heads / set_.span * set_.supervisor_month,
            {
                "heads": _shown(heads),
                "span": _shown(set_.span),
                "yuan": _shown(set_.supervisor_month),
            },
        ),
        "recruiting": (
            found * set_.recruiting_head,
            {"heads": newcomers, "yuan": _shown(set_.recruiting_head)},
        ),
        "premises": (
            places * share * set_.premises_month,
            {"places": _shown(places * share), "yuan": _shown(set_.premises_month)},
        ),
        "equipment": (
            places * share * set_.equipment / set_.equipment_months,
            {
                "places": _shown(places * share),
                "yuan": _shown(set_.equipment),
                "months": set_.equipment_months,
            },
        ),
    }
    return Costs(
        lines=tuple(
            Line(key=key, amount=yuan(amount), basis=Statement(f"cost_basis.{key}", facts))
            for key, (amount, facts) in reckoned.items()
        )
    )


def together(months: Sequence[Costs]) -> dict[str, Decimal]:
    """Return line -> its sum over the months of a contract."""
    return {key: total(each.of(key) for each in months) for key in LINES}


def _shown(value: Decimal) -> str:
    """Return a quantity or rate with up to three decimals, which is how quantities are priced."""
    text = f"{value:,.3f}"
    return text.rstrip("0").rstrip(".")


def _percent(share: Decimal) -> str:
    return f"{float(share * 100):.4g}%"
