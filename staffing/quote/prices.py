"""The price models: the same work, sold in five ways.

A model has its listed unit prices (`listed`). Where the contract would earn less than the margin
asks for, and the model's premium for risk, the unit prices are raised in proportion (`settled`)
and rounded up; what rounding up adds is taken off again in one line. The total is therefore the
larger of what is listed and what must be earned: both grow with every quantity of the work, so
more work is never cheaper.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal, get_args

from staffing.quote.costs import Costs, Line, Workload, cost
from staffing.quote.money import NOTHING, YUAN, total, up, yuan
from staffing.quote.rates import SEAT_DAY_H, PriceRates, Rates
from staffing.words import Statement

__all__ = [
    "MODELS",
    "Instalment",
    "Model",
    "Month",
    "Priced",
    "Tariff",
    "break_even",
    "break_even_commission",
    "charges",
    "cheaper",
    "commissionable",
    "listed",
    "price",
    "settled",
]

Model = Literal["per_seat", "commission", "per_reception", "hybrid", "short_term"]
MODELS: tuple[Model, ...] = get_args(Model)
MILLE = Decimal("0.001")
MONTHS_PER_INSTALMENT = 3
MOST_TIMES = 20
"""Break-even volumes are looked for up to so many times the expected one."""


@dataclass(frozen=True, kw_only=True)
class Tariff:
    """The unit prices of a contract, in yuan; 0 where the model has no such price.

    Attributes
    ----------
    seat : a seat of 8 hours a day, a month
    extra_hour : an hour of an additional seat on a promotion day
    commission : share of the sales that commission is paid on
    upto, tiers : receptions a day at which the next tier begins, and the price in each
    included, excess : receptions a day in a seat of 8 hours, and the price of one beyond
    hour, day : a seat for a short time
    """

    seat: Decimal = NOTHING
    extra_hour: Decimal = NOTHING
    commission: Decimal = NOTHING
    upto: tuple[int, ...] = ()
    tiers: tuple[Decimal, ...] = (NOTHING,)
    included: int = 0
    excess: Decimal = NOTHING
    hour: Decimal = NOTHING
    day: Decimal = NOTHING


@dataclass(frozen=True, kw_only=True)
class Month:
    """What is charged for one month; the total is the sum of the rounded lines."""

    first: dt.date
    lines: tuple[Line, ...]

    @property
    def total(self) -> Decimal:
        """Return the sum of the lines, in yuan."""
        return total(line.amount for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A payment: due on its first day for the months up to the next."""

    due: dt.date
    months: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A contract under one model.

    Attributes
    ----------
    adjustment : the line that makes the months' sum the total: what rounding up unit prices
        added, taken off, or what is missing to the least charge; part of the last instalment
    must_earn : the least total that leaves the margin and the model's premium for risk
    cost : what the service costs us
    """

    model: Model
    tariff: Tariff
    months: tuple[Month, ...]
    adjustment: Line | None
    instalments: tuple[Instalment, ...]
    must_earn: Decimal
    cost: Decimal

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return every line of the contract."""
        own = tuple(line for month in self.months for line in month.lines)
        return own if self.adjustment is None else (*own, self.adjustment)

    @property
    def total(self) -> Decimal:
        """Return the sum of all lines, in yuan."""
        return total(line.amount for line in self.lines)

    @property
    def earned(self) -> Decimal:
        """Return what is left after cost, in yuan."""
        return self.total - self.cost

    @property
    def margin(self) -> Decimal | None:
        """Return the share of the price that is left after cost; None without a price."""
        return self.earned / self.total if self.total else None


def listed(prices: PriceRates, model: Model) -> Tariff:
    """Return the unit prices of a model as they are listed."""
    match model:
        case "per_seat":
            return Tariff(seat=prices.seat_month, extra_hour=prices.promotion_hour)
        case "commission":
            return Tariff(
                seat=prices.base_month,
                extra_hour=prices.promotion_hour,
                commission=prices.commission,
            )
        case "per_reception":
            return Tariff(upto=prices.tier_upto, tiers=prices.tier_yuan)
        case "hybrid":
            return Tariff(
                seat=prices.hybrid_seat_month,
                included=prices.hybrid_included,
                excess=prices.hybrid_excess,
            )
        case "short_term":
            return Tariff(hour=prices.hour, day=prices.day)


def commissionable(workload: Workload, prices: PriceRates) -> Decimal:
    """Return the sales that commission is paid on: with silent orders and refunds, or without."""
    sales = workload.sales_yuan
    if not prices.exclude_silent:
        sales /= 1 - prices.silent_share
    return sales * (1 - prices.refund_share) if prices.exclude_refunds else sales


def charges(
    workload: Workload, prices: PriceRates, tariff: Tariff, model: Model
) -> tuple[Line, ...]:
    """Return what a month is charged under a tariff, each line rounded once.

    Parameters
    ----------
    prices : for terms that are no unit price: least billed hours, what commission is paid on
    """
    match model:
        case "per_seat":
            lines = [_seats(workload, tariff), _extra(workload, tariff)]
        case "commission":
            lines = [
                _seats(workload, tariff, "base"),
                _extra(workload, tariff),
                _commission(workload, prices, tariff),
            ]
        case "per_reception":
            lines = _tiers(workload, tariff)
        case "hybrid":
            lines = [_seats(workload, tariff), _excess(workload, tariff)]
        case "short_term":
            lines = [_short(workload, prices, tariff)]
    return tuple(lines)


def price(workloads: Sequence[Workload], rates: Rates, model: Model) -> Priced:
    """Return the price of a contract under a model.

    Parameters
    ----------
    workloads : its months in order, at least one
    """
    tariff, must_earn = settled(workloads, rates, model)
    plain = _contract(workloads, rates, listed(rates.prices, model), model)
    months = _contract(workloads, rates, tariff, model)
    due = max(total(month.total for month in plain), must_earn)
    missing = due - total(month.total for month in months)
    adjustment = None
    if missing:
        key = "rounding" if missing < 0 else "least"
        adjustment = Line(key=key, amount=missing, basis=Statement(f"price_basis.{key}"))
    return Priced(
        model=model,
        tariff=tariff,
        months=months,
        adjustment=adjustment,
        instalments=_instalments(months, missing),
        must_earn=must_earn,
        cost=total(each.total for each in _costs(workloads, rates)),
    )


def settled(workloads: Sequence[Workload], rates: Rates, model: Model) -> tuple[Tariff, Decimal]:
    """Return the unit prices of a contract, and what it must earn at least, in whole yuan.

    Listed unit prices are raised by one factor until the contract earns cost ÷ (1 − margin) ×
    (1 + premium for risk). Commission, the price of receptions in excess and that of additional
    hours beside a base fee, which is far below what a seat costs, are left as they are. Prices are
    rounded up to the yuan, those of a reception to a tenth of a cent.
    """
    prices = rates.prices
    spent = total(each.total for each in _costs(workloads, rates))
    premium: Decimal = getattr(prices, f"risk_{model}", NOTHING)
    must_earn = up(spent / (1 - prices.margin) * (1 + premium), YUAN)
    tariff = listed(prices, model)
    stays = model == "commission"
    fixed = replace(
        tariff,
        seat=NOTHING,
        extra_hour=tariff.extra_hour if stays else NOTHING,
        tiers=tuple(NOTHING for _ in tariff.tiers),
        hour=NOTHING,
        day=NOTHING,
    )
    whole, rest = (
        total(month.total for month in _contract(workloads, rates, each, model))
        for each in (tariff, fixed)
    )
    if whole >= must_earn or whole == rest:
        return tariff, must_earn
    factor = (must_earn - rest) / (whole - rest)
    raised = replace(
        tariff,
        seat=up(tariff.seat * factor, YUAN),
        extra_hour=tariff.extra_hour if stays else up(tariff.extra_hour * factor, YUAN),
        tiers=tuple(up(each * factor, MILLE) for each in tariff.tiers),
        hour=up(tariff.hour * factor, YUAN),
        day=up(tariff.day * factor, YUAN),
    )
    return raised, must_earn


def break_even(rates: Rates, one: Model, other: Model, workload: Workload) -> Decimal | None:
    """Return the receptions a month at which two models change places in price.

    The tariffs are those of a contract over this month, its seats stay, and sales follow the
    receptions. Prices are steps of cents over pieces that are straight between the bounds of
    tiers and what seats include; in the first piece whose ends differ in which model is cheaper,
    bisection finds the least whole number of receptions from which it is the other one.

    Returns
    -------
    Receptions, or None where the same model is cheaper up to `MOST_TIMES` the expected volume.
    """
    tariffs = _tariffs(rates, one, other, workload)

    def dearer(contacts: int) -> int:
        """Return -1, 0 or 1 as `one` is cheaper, as dear or dearer."""
        return _compared(rates, tariffs, workload, Decimal(contacts))

    bounds = [each * workload.open_days for model in tariffs for each in tariffs[model].upto]
    bounds += [int(_included(workload, tariffs[model])) for model in tariffs]
    last = int(workload.contacts * MOST_TIMES)
    ends = sorted({0, last, *(bound for bound in bounds if 0 < bound < last)})
    side = 0
    for low, high in pairwise(ends):
        side = side or dearer(low)
        if side and dearer(high) in (0, side):
            continue
        if not side:  # as dear all the way from the start
            side = dearer(high)
            continue
        return Decimal(_first(low, high, dearer, -side))
    return None


def cheaper(rates: Rates, one: Model, other: Model, workload: Workload, contacts: Decimal) -> Model:
    """Return the cheaper of two models at a volume, under the tariffs of `break_even`."""
    tariffs = _tariffs(rates, one, other, workload)
    return other if _compared(rates, tariffs, workload, contacts) > 0 else one


def _tariffs(rates: Rates, one: Model, other: Model, workload: Workload) -> dict[Model, Tariff]:
    return {model: settled([workload], rates, model)[0] for model in (one, other)}


def _compared(
    rates: Rates, tariffs: Mapping[Model, Tariff], workload: Workload, contacts: Decimal
) -> int:
    """Return -1, 0 or 1 as the first of two models is cheaper, as dear or dearer at a volume."""
    at = at_volume(workload, contacts)
    first, second = (
        total(line.amount for line in charges(at, rates.prices, tariff, model))
        for model, tariff in tariffs.items()
    )
    return (first > second) - (first < second)


def _first(low: int, high: int, side_at: Callable[[int], int], side: int) -> int:
    """Return by bisection the least number above `low` on a side; `high` is on it."""
    while high - low > 1:
        middle = (low + high) // 2
        if side_at(middle) == side:
            high = middle
        else:
            low = middle
    return high


def at_volume(workload: Workload, contacts: Decimal) -> Workload:
    """Return a month with other receptions: sales follow them, the seats stay."""
    ratio = contacts / workload.contacts if workload.contacts else NOTHING
    return replace(workload, contacts=contacts, sales_yuan=workload.sales_yuan * ratio)


def break_even_commission(workloads: Sequence[Workload], rates: Rates) -> Decimal | None:
    """Return the commission, as a share, at which the listed base fee just covers the cost.

    None where no sales are expected; 0 where the base fee alone covers it.
    """
    sales = sum((commissionable(each, rates.prices) for each in workloads), NOTHING)
    if not sales:
        return None
    base = replace(listed(rates.prices, "commission"), commission=NOTHING)
    fees = total(month.total for month in _contract(workloads, rates, base, "commission"))
    spent = total(each.total for each in _costs(workloads, rates))
    return max((spent - fees) / sales, NOTHING)


def _costs(workloads: Sequence[Workload], rates: Rates) -> list[Costs]:
    return [cost(each, rates) for each in workloads]


def _contract(
    workloads: Sequence[Workload], rates: Rates, tariff: Tariff, model: Model
) -> tuple[Month, ...]:
    return tuple(
        Month(first=each.month, lines=charges(each, rates.prices, tariff, model))
        for each in workloads
    )


def _instalments(months: Sequence[Month], adjustment: Decimal) -> tuple[Instalment, ...]:
    """Return a payment for every three months, the adjustment in the last."""
    found = []
    for start in range(0, len(months), MONTHS_PER_INSTALMENT):
        part = months[start : start + MONTHS_PER_INSTALMENT]
        amount = total(month.total for month in part)
        if start + MONTHS_PER_INSTALMENT >= len(months):
            amount += adjustment
        found.append(Instalment(due=part[0].first, months=len(part), amount=amount))
    return tuple(found)


def _line(key: str, amount: Decimal, **facts: object) -> Line:
    return Line(key=key, amount=yuan(amount), basis=Statement(f"price_basis.{key}", facts))


def _turns(workload: Workload) -> Decimal:
    """Return the seats in those of 8 hours a day."""
    return workload.seats * workload.open_h / SEAT_DAY_H


def _seats(workload: Workload, tariff: Tariff, key: str = "seats") -> Line:
    facts: dict[str, object] = {
        "seats": shown(workload.seats),
        "hours": shown(workload.open_h),
        "yuan": shown(tariff.seat),
    }
    amount = yuan(_turns(workload) * workload.share * tariff.seat)
    if workload.share == 1:
        return Line(key=key, amount=amount, basis=Statement("price_basis.seats", facts))
    facts |= {"days": workload.days, "whole": workload.whole_days}
    return Line(key=key, amount=amount, basis=Statement("price_basis.part", facts))


def _extra(workload: Workload, tariff: Tariff) -> Line:
    hours = shown(workload.extra_h)
    amount = workload.extra_h * tariff.extra_hour
    return _line("extra", amount, hours=hours, yuan=shown(tariff.extra_hour))


def _commission(workload: Workload, prices: PriceRates, tariff: Tariff) -> Line:
    sales = commissionable(workload, prices)
    share = f"{float(tariff.commission * 100):.4g}%"
    return _line("commission", sales * tariff.commission, sales=shown(yuan(sales)), share=share)


def _tiers(workload: Workload, tariff: Tariff) -> list[Line]:
    """Return a line a tier: receptions are counted by the mean of a served day."""
    bounds = [Decimal(each * workload.open_days) for each in tariff.upto]
    found = []
    for i, each in enumerate(tariff.tiers):
        low = bounds[i - 1] if i else NOTHING
        high = bounds[i] if i < len(bounds) else max(workload.contacts, low)
        number = max(min(workload.contacts, high) - low, NOTHING)
        if number or not i:
            facts = {"number": shown(number), "yuan": shown(each)}
            found.append(_line("receptions", number * each, tier=i + 1, **facts))
    return found


def _included(workload: Workload, tariff: Tariff) -> Decimal:
    return _turns(workload) * workload.open_days * tariff.included


def _excess(workload: Workload, tariff: Tariff) -> Line:
    included = _included(workload, tariff)
    number = max(workload.contacts - included, NOTHING)
    facts = {"included": shown(included), "number": shown(number), "yuan": shown(tariff.excess)}
    return _line("excess", number * tariff.excess, **facts)


def _short(workload: Workload, prices: PriceRates, tariff: Tariff) -> Line:
    """Return hours by the hour or by the day of 8 hours begun, whichever is cheaper."""
    hours = up(max(workload.open_h, prices.minimum_h), prices.unit_h)
    by_hour = hours * tariff.hour
    by_day = up(hours / SEAT_DAY_H, Decimal(1)) * tariff.day
    seat_days = workload.seats * workload.open_days
    key = "by_hour" if by_hour <= by_day else "by_day"
    facts = {
        "seats": shown(workload.seats),
        "days": workload.open_days,
        "hours": shown(hours),
        "number": shown(up(hours / SEAT_DAY_H, Decimal(1))),
        "yuan": shown(tariff.hour if key == "by_hour" else tariff.day),
    }
    amount = seat_days * min(by_hour, by_day)
    return Line(key=key, amount=yuan(amount), basis=Statement(f"price_basis.{key}", facts))


def shown(value: Decimal) -> str:
    """Return a quantity or unit price without needless decimals: 15, 9.375, 1,500.

    Examples
    --------
    >>> shown(Decimal("9.3750")), shown(Decimal("1500.00")), shown(Decimal("1.755"))
    ('9.375', '1,500', '1.755')
    """
    text = f"{value.quantize(MILLE):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
