"""The rates of quotes and capacity: what service and people cost us, and what service is sold at.

Every default is dated and tells where it comes from; what no source was found for says so. A rate
that is set to 0 takes its line out of the cost.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from staffing.quote.money import decimal
from staffing.quote.priors import prior
from staffing.scenario.file import checked, read_toml
from staffing.scenario.section import Section, given, unfit

UNSOURCED = "assumed in 2026: no source was found"
PAID_HOURS_MONTH = Decimal("21.75") * 8
"""人社部发〔2025〕2号: a month's wage pays 21.75 days of 8 hours."""
SEAT_DAY_H = Decimal(8)
"""Hours of the seat that prices are listed for: Labour Law art. 36, 8 hours a day."""
LONGEST_MONTH = 31
MOST_YUAN = 1_000_000
PAGE = "docs/quotes.md"


def _number(value: Any) -> Any:
    """Return a number of a TOML file as the decimal it was written as."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise unfit("number")
    try:
        found = decimal(value)
    except InvalidOperation:
        raise unfit("number") from None
    if not found.is_finite():
        raise unfit("number")
    return found


Number = Annotated[Decimal, BeforeValidator(_number)]


def _money(default: str, about: str, *, origin: str) -> Any:
    return given(Decimal(default), about, origin=origin, ge=0, le=MOST_YUAN)


class CostRates(Section):
    """What an hour, a head and a workplace cost us, in yuan."""

    page: ClassVar[str] = PAGE

    wage_month: Number = _money(
        "3500",
        "Wage of an agent a month.",
        origin="prior of 2024: 2500-4000 yuan in third-tier cities (vendor texts)",
    )
    shrinkage: Number = given(
        Decimal("0.12"),
        "Share of paid hours not at the seat: paid leave and holidays, sickness, meetings.",
        origin="13 statutory and 5 leave days of 261 are 7 %; sickness and meetings are assumed",
        ge=0,
        lt=Decimal("0.6"),
    )
    statutory_premium: Number = given(
        Decimal("2.0"),
        "Paid on top of the wage for hours on a statutory day, as a share of the wage.",
        origin="Labour Law art. 44: 300 % in all on the 13 days of Decree 795",
        ge=0,
        le=10,
    )
    overtime_premium: Number = given(
        Decimal("0.5"),
        "Paid on top of the wage for overtime, as a share of the wage.",
        origin="Labour Law art. 44: 150 % in all",
        ge=0,
        le=10,
    )
    overtime_share: Number = given(
        Decimal("0.5"),
        "Share of the additional seat-hours of promotion days that are worked as overtime.",
        origin=UNSOURCED,
        ge=0,
        le=1,
    )
    night_hour: Number = _money(
        "2.50",
        "Paid on top of the wage for an hour between 22:00 and 06:00.",
        origin="company policy, assumed in 2026: no national night allowance found",
    )
    benefits_share: Number = given(
        Decimal("0.30"),
        "Employer's social insurance and housing fund, as a share of all wages paid.",
        origin="assumed in 2026: shares and bases differ by city, no source was found",
        ge=0,
        le=2,
    )
    board_month: Number = _money("400", "Board and lodging of an agent a month.", origin=UNSOURCED)
    training_head: Number = _money(
        "1200",
        "Training of somebody new.",
        origin="prior of 2025: 800-2000 yuan a head (vendor text)",
    )
    recruiting_head: Number = _money("600", "Recruiting somebody.", origin=UNSOURCED)
    tenure_months: Number = given(
        Decimal(6),
        "Months that an agent stays on average.",
        origin="prior: about 6 months (trade text); others claim 35 % a year",
        ge=1,
        le=600,
    )
    supervisor_month: Number = _money(
        "7500", "What a supervisor costs a month, benefits included.", origin=UNSOURCED
    )
    span: Number = given(
        Decimal(15), "Agents that one supervisor leads.", origin=UNSOURCED, ge=1, le=200
    )
    premises_month: Number = _money(
        "350", "Room, power and lines of a workplace a month.", origin=UNSOURCED
    )
    equipment: Number = _money("4500", "Computer and furniture of a workplace.", origin=UNSOURCED)
    equipment_months: int = given(
        36,
        "Months over which equipment is written off.",
        origin="three years for electronic devices (income tax rules art. 60, not checked)",
        ge=1,
        le=240,
    )


class HiringRates(Section):
    """How soon people can be had, and how fast they are; `capacity` alone asks for it.

    What recruiting, training and a month's work cost, and how long people stay, is told in `costs`.
    """

    page: ClassVar[str] = PAGE

    hiring_days: int = given(
        14,
        "Days from the decision to hire to the first day of training.",
        origin=UNSOURCED,
        ge=0,
        le=180,
    )
    training_days: int = given(
        5,
        "Days of training before somebody hired serves.",
        origin="prior of 2025: 3-5 days, 7 for apparel (vendor texts)",
        ge=0,
        le=60,
    )
    cross_training_days: int = given(
        3,
        "Days of training before an agent serves one more pool.",
        origin="prior of 2025: 3 days for plain goods (vendor text)",
        ge=0,
        le=60,
    )
    cross_training_head: Number = _money(
        "600",
        "Training of an agent on one more pool.",
        origin="prior of 2026: three days' wage of 200 yuan",
    )
    ramp_days: int = given(
        int(prior("person.ramp_days").value),
        "Days in which somebody new rises to full speed.",
        origin="prior: a week to a month (trade text)",
        ge=1,
        le=90,
    )
    hired_speed: float = given(
        0.6,
        "Speed of somebody hired on the first day of service.",
        origin="assumed in 2026: a vendor text has new agents 2.3 times slower, untrained",
        ge=0.1,
        le=1,
    )
    trained_speed: float = given(
        0.8,
        "Speed of an experienced agent on the first day in a pool or shop that is new to her.",
        origin="assumed in 2026: a prior",
        ge=0.1,
        le=1,
    )
    gap_days: float = given(
        3.0,
        "Days that a place stays empty when an agent leaves and is replaced.",
        origin="prior of 2025: 48-72 hours (vendor text)",
        ge=0,
        le=180,
    )


class PriceRates(Section):
    """What service is sold at, in yuan; a contract that earns too little is raised."""

    page: ClassVar[str] = PAGE
    margin: Number = given(
        Decimal("0.20"),
        "Least share of the price that is left after cost.",
        origin="company policy, assumed in 2026: no source was found",
        ge=0,
        lt=Decimal("0.9"),
    )
    seat_month: Number = _money(
        "6300",
        "A seat of 8 hours a day, a month.",
        origin="prior of 2025: 4500-5500 yuan a person and month (vendor texts), 1.4 persons",
    )
    promotion_hour: Number = _money(
        "45",
        "An hour of an additional seat on a promotion day.",
        origin="prior of 2025: 20-50 yuan an hour and 50-100 % more in promotions (vendor text)",
    )
    base_month: Number = _money(
        "1500",
        "Base fee of a seat of 8 hours a day, a month, where a commission is paid.",
        origin="prior of 2022: 1500 yuan a shift and month and 1-3 % (vendor texts)",
    )
    commission: Number = given(
        Decimal("0.02"),
        "Commission on sales that came of an inquiry.",
        origin="prior of 2022: 1500 yuan a shift and month and 1-3 % (vendor texts)",
        ge=0,
        le=1,
    )
    exclude_silent: bool = given(
        True,
        "No commission on orders that were placed without an inquiry.",
        origin="usual in the trade (vendor texts): a prior",
    )
    silent_share: Number = given(
        Decimal("0.5"),
        "Share of a shop's sales without an inquiry; counts where they are not excluded.",
        origin=UNSOURCED,
        ge=0,
        lt=Decimal("0.99"),
    )
    exclude_refunds: bool = given(
        True,
        "No commission on orders that were refunded.",
        origin="usual in the trade (vendor texts): a prior",
    )
    refund_share: Number = given(
        Decimal("0.15"),
        "Share of sales that is refunded.",
        origin=UNSOURCED,
        ge=0,
        le=1,
    )
    tier_upto: tuple[int, ...] = given(
        (200, 500),
        "Receptions a day at which the next tier begins.",
        origin="prior of 2025: 0-200, 200-500 and over 500 a day (vendor text)",
        limits="whole numbers above 0, rising",
        strict=False,
    )
    tier_yuan: tuple[Number, ...] = given(
        (Decimal("1.75"), Decimal("1.35"), Decimal("1.00")),
        "Price of a reception in each tier; one more than `tier_upto`.",
        origin="prior of 2025: 1.5-2.0, 1.2-1.5 and 0.8-1.2 yuan (vendor text)",
        limits="numbers of at least 0; one more than `tier_upto`",
        strict=False,
    )
    hybrid_seat_month: Number = _money(
        "3800",
        "A seat of 8 hours a day, a month, where receptions beyond those included are paid.",
        origin="prior of 2025: 3800 yuan a seat and 0.9 a reception in excess (vendor text)",
    )
    hybrid_included: int = given(
        65,
        "Receptions a day that a seat of 8 hours includes.",
        origin="prior: 50-80 receptions an agent and day (vendor text)",
        ge=0,
        le=2000,
    )
    hybrid_excess: Number = _money(
        "0.90",
        "A reception beyond those included.",
        origin="prior of 2025: 3800 yuan a seat and 0.9 a reception in excess (vendor text)",
    )
    hour: Number = _money(
        "35",
        "An hour of a seat for a short time.",
        origin="prior of 2025: 25-40 or 20-50 yuan an hour (vendor text)",
    )
    day: Number = _money(
        "260",
        "A day of 8 hours of a seat for a short time.",
        origin="prior of 2025: 200-400 yuan a day (vendor text)",
    )
    minimum_h: Number = given(
        Decimal(4),
        "Hours a day that a seat is billed for at least.",
        origin=UNSOURCED,
        ge=0,
        le=24,
    )
    unit_h: Number = given(
        Decimal(1),
        "Hours of a short time are billed in steps of so many.",
        origin=UNSOURCED,
        ge=Decimal("0.5"),
        le=24,
    )
    risk_commission: Number = given(
        Decimal("0.05"),
        "Added to what must be earned where sales may fall short.",
        origin=UNSOURCED,
        ge=0,
        le=2,
    )
    risk_per_reception: Number = given(
        Decimal("0.10"),
        "Added to what must be earned where receptions may fall short.",
        origin=UNSOURCED,
        ge=0,
        le=2,
    )
    risk_hybrid: Number = given(
        Decimal("0.03"),
        "Added to what must be earned where only a part of the fee follows the volume.",
        origin=UNSOURCED,
        ge=0,
        le=2,
    )
    risk_short_term: Number = given(
        Decimal("0.25"),
        "Added to what must be earned where people are found for a few days.",
        origin=UNSOURCED,
        ge=0,
        le=2,
    )
    valid_days: int = given(30, "Days that a quote is valid.", origin=UNSOURCED, ge=1, le=365)

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        upto, prices = self.tier_upto, self.tier_yuan
        if any(each < 1 for each in upto) or list(upto) != sorted(set(upto)):
            raise unfit("tiers_rise", key="tier_upto", value=str(list(upto)))
        if len(prices) != len(upto) + 1 or any(each < 0 for each in prices):
            value = f"[{', '.join(map(str, prices))}]"
            raise unfit("tier_prices", key="tier_yuan", value=value, number=len(upto) + 1)
        worth = self.hybrid_included * LONGEST_MONTH * self.hybrid_excess
        if self.hybrid_seat_month < worth:
            value = str(self.hybrid_seat_month)
            raise unfit("hybrid_seat", key="hybrid_seat_month", value=value, worth=str(worth))
        return self


class Rates(Section):
    """What service costs, how soon people can be had, and what it is sold at."""

    page: ClassVar[str] = PAGE

    costs: CostRates = Field(default_factory=CostRates)
    hiring: HiringRates = Field(default_factory=HiringRates)
    prices: PriceRates = Field(default_factory=PriceRates)


def read_rates(path: Path) -> Rates:
    """Read a file of rates; what it leaves out keeps its default.

    Raises
    ------
    ScenarioError
        With every fault of the file.
    """
    raw, text = read_toml(path, "no_file")
    return checked(Rates, raw, path.name, text)
