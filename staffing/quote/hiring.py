"""How soon people can be had, what they cost, and how many leave meanwhile."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from staffing.scenario import Section, checked, given, read_toml

__all__ = ["Hiring", "lost_share", "ramped", "read_hiring"]

UNSOURCED = "assumed in 2026: no source was found"
DAYS_A_MONTH = 365 / 12


class Hiring(Section):
    """What somebody new, or newly trained, costs in yuan and in days; who leaves."""

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
    ramp_days: int = given(
        14,
        "Days in which somebody new rises to full speed.",
        origin="trade text: a week to a month",
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
    tenure_months: float = given(
        6.0,
        "Months that an agent stays on average.",
        origin="prior: about 6 months (trade text); others claim 35 % a year",
        ge=1,
        le=600,
    )
    gap_days: float = given(
        3.0,
        "Days that a place stays empty when an agent leaves and is replaced.",
        origin="prior of 2025: 48-72 hours (vendor text)",
        ge=0,
        le=180,
    )
    recruiting_yuan: float = given(600.0, "Recruiting somebody.", origin=UNSOURCED, ge=0, le=1e6)
    training_yuan: float = given(
        1200.0,
        "Training somebody hired.",
        origin="prior of 2025: 800-2000 yuan a head (vendor text)",
        ge=0,
        le=1e6,
    )
    cross_training_yuan: float = given(
        600.0,
        "Training an agent on one more pool.",
        origin="prior of 2026: three days' wage of 200 yuan",
        ge=0,
        le=1e6,
    )
    month_yuan: float = given(
        4950.0,
        "Wage, social insurance, board and lodging of an agent a month.",
        origin="prior of 2024: 3500 yuan of wage (vendor texts), 30 % and 400 yuan assumed",
        ge=0,
        le=1e6,
    )

    @property
    def hired_after_days(self) -> int:
        """Return the days from the decision to hire to the first day of service."""
        return self.hiring_days + self.training_days

    def hire_price(self, days: int) -> Decimal:
        """Return the yuan of one person who serves for so many days, paid while in training."""
        paid = Decimal(str(self.month_yuan)) * 12 / 365 * (days + self.training_days)
        return Decimal(str(self.recruiting_yuan)) + Decimal(str(self.training_yuan)) + paid

    def decided_by(self, serves: dt.date, *, hired: bool) -> dt.date:
        """Return the last day on which to decide, for service from a day on."""
        lead = self.hired_after_days if hired else self.cross_training_days
        return serves - dt.timedelta(days=lead)


def read_hiring(path: Path | None) -> Hiring:
    """Read a file of hiring terms; what it leaves out, or no file at all, keeps its default.

    Raises
    ------
    ScenarioError
        With every fault of the file.
    """
    if path is None:
        return Hiring()
    raw, text = read_toml(path, "no_hiring")
    return checked(Hiring, raw, path.name, text)


def ramped(first: float, days: float, ramp_days: float) -> float:
    """Return a speed after so many days, rising steadily from the first one to full.

    Examples
    --------
    >>> ramped(0.6, 7, 14), ramped(0.6, 30, 14), ramped(1.2, 0, 14)
    (0.8, 1.0, 1.2)
    """
    return first + max(1 - first, 0.0) * min(max(days / ramp_days, 0.0), 1.0)


def lost_share(hiring: Hiring, day: float) -> float:
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

    >>> lost_share(Hiring(), 0)
    0.0
    >>> round(lost_share(Hiring(), 60), 4), round((3 + 0.4 * 14 / 2) * 12 / 365 / 6, 4)
    (0.0318, 0.0318)
    """
    rate = 1 / (hiring.tenure_months * DAYS_A_MONTH)
    empty = min(day, hiring.gap_days)
    rising = min(max(day - hiring.gap_days, 0.0), hiring.ramp_days)
    slow = (1 - hiring.hired_speed) * (rising - rising**2 / (2 * hiring.ramp_days))
    return rate * (empty + slow)
