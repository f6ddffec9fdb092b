"""What somebody hired costs, when to decide on it, and what it costs that people leave."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from staffing.quote.rates import HiringRates, Rates

__all__ = ["decided_by", "hire_price", "lost_share", "month_wage", "ramped", "soonest"]

MONTHS_A_YEAR, DAYS_A_YEAR = 12, 365
DAYS_A_MONTH = DAYS_A_YEAR / MONTHS_A_YEAR


def month_wage(rates: Rates) -> Decimal:
    """Return what an agent costs a month: wage, benefits, board and lodging.

    Examples
    --------
    >>> month_wage(Rates())
    Decimal('4950.00')
    """
    costs = rates.costs
    return costs.wage_month * (1 + costs.benefits_share) + costs.board_month


def hire_price(rates: Rates, days: int) -> Decimal:
    """Return the yuan of somebody who is hired and serves for so many days, paid while in training.

    Examples
    --------
    >>> round(hire_price(Rates(), 60))  # 600 + 1200 + 65 days of a month of 4950
    12378
    """
    paid = month_wage(rates) * MONTHS_A_YEAR / DAYS_A_YEAR * (days + rates.hiring.training_days)
    return rates.costs.recruiting_head + rates.costs.training_head + paid


def soonest(hiring: HiringRates, day: dt.date, *, hired: bool) -> dt.date:
    """Return the first day of service of those hired, or trained on one more pool, on a day."""
    return day + dt.timedelta(days=_lead(hiring, hired=hired))


def decided_by(hiring: HiringRates, serves: dt.date, *, hired: bool) -> dt.date:
    """Return the last day on which to decide, for service from a day on."""
    return serves - dt.timedelta(days=_lead(hiring, hired=hired))


def _lead(hiring: HiringRates, *, hired: bool) -> int:
    return hiring.hiring_days + hiring.training_days if hired else hiring.cross_training_days


def ramped(first: float, days: float, ramp_days: float) -> float:
    """Return a speed after so many days, rising steadily from the first one to full.

    Examples
    --------
    >>> ramped(0.6, 7, 14), ramped(0.6, 30, 14), ramped(1.2, 0, 14)
    (0.8, 1.0, 1.2)
    """
    return first + max(1 - first, 0.0) * min(max(days / ramp_days, 0.0), 1.0)


def lost_share(rates: Rates, day: float) -> float:
    """Return the share of the people's work that turnover costs on a day.

    People leave at a steady rate, one in `tenure_months`, from day 0 on, and everybody who leaves
    is replaced: a place is empty for `gap_days`, then its new agent rises to full speed.

    Parameters
    ----------
    day : days since the tables were true

    Examples
    --------
    Nobody has left on the first day; once things are steady it is rate × (gap + half the ramp's
    loss):

    >>> lost_share(Rates(), 0)
    0.0
    >>> round(lost_share(Rates(), 60), 4), round((3 + 0.4 * 14 / 2) * 12 / 365 / 6, 4)
    (0.0318, 0.0318)
    """
    hiring = rates.hiring
    rate = 1 / (float(rates.costs.tenure_months) * DAYS_A_MONTH)
    empty = min(day, hiring.gap_days)
    rising = min(max(day - hiring.gap_days, 0.0), hiring.ramp_days)
    slow = (1 - hiring.hired_speed) * (rising - rising**2 / (2 * hiring.ramp_days))
    return rate * (empty + slow)
