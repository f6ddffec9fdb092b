"""Tables of what is to be met: horizon, forecast, seats, and what a seat-hour costs."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, field_validator

from staffing.scenario.section import TRADE, Section, given, required, unfit

FIRST_YEAR, LAST_YEAR = 1901, 2099
"""Years that a calendar can be told for."""


def _demand(value: Any) -> Any:
    if value in ("expected", "mean") or (type(value) is float and 0 < value < 1):
        return value
    raise unfit("demand")


def _target(value: Any) -> Any:
    if value == "own" or (type(value) is float and 0 < value < 1):
        return value
    raise unfit("target")


def _as_of(value: Any) -> Any:
    if value == "now" or isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise unfit("day") from None


class Horizon(Section):
    """Which days are planned."""

    start: dt.date = required(
        "First service day.",
        example="2026-11-23",
        limits="a day of 1901 to 2099",
        strict=False,
    )
    days: int = given(7, "Number of service days.", origin="a roster week", ge=1, le=42)

    @field_validator("start")
    @classmethod
    def _year(cls, start: dt.date) -> dt.date:
        if not FIRST_YEAR <= start.year <= LAST_YEAR:
            raise unfit("year", first=FIRST_YEAR, last=LAST_YEAR)
        return start


class ForecastSettings(Section):
    """How volumes are forecast."""

    quantiles: tuple[float, ...] = given(
        (0.1, 0.5, 0.8, 0.9, 0.95),
        "Quantiles of the contacts that are given besides the mean.",
        origin="the range a planner looks at",
        limits="shares strictly between 0 and 1; at least one",
        strict=False,
    )
    promotion_strength: float = given(
        1.0,
        "Factor on what promotions add to an ordinary day: 0 nothing, 2 twice as much.",
        origin="promotions as forecast, or as their `strength` in the table tells",
        ge=0,
        le=20,
    )
    uplift: float = given(
        1.0,
        "Factor on all volumes, for what-if plans.",
        origin="no what-if: the forecast as it is",
        gt=0,
        le=20,
    )
    as_of: Annotated[Literal["now"] | dt.date, BeforeValidator(_as_of)] = given(
        "now",
        "Plan with what was known on the morning of this day; what came later is compared.",
        origin="all that is in the tables is known",
        limits='"now" or a day no later than `horizon.start`',
    )
    origins: int = given(
        6,
        "How many weekly origins the backtest has.",
        origin="weekly backtest origins behind the quantiles",
        ge=2,
        le=52,
    )

    @property
    def known_day(self) -> dt.date | None:
        """Return the day as of which is planned, None for all that is in the tables."""
        return None if self.as_of == "now" else self.as_of

    @field_validator("quantiles")
    @classmethod
    def _shares(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if not values:
            raise unfit("one_or_more")
        if not all(0 < v < 1 for v in values):
            raise unfit("between")
        return tuple(sorted(set(values)))


class SeatSettings(Section):
    """How seats are computed from the forecast."""

    demand: Annotated[Literal["expected", "mean"] | float, BeforeValidator(_demand)] = given(
        "expected",
        "Volume that seats are computed for: with the doubt about it, its mean, or a quantile.",
        origin="the service level to expect over the forecast's doubt; the mean alone misses it",
        limits='"expected", "mean" or a quantile strictly between 0 and 1',
    )
    target_level: Annotated[Literal["own"] | float, BeforeValidator(_target)] = given(
        "own",
        "Service level target of every shop: its own, or this one for all.",
        origin="`target_level` of each shop in the table",
        limits='"own" or a share strictly between 0 and 1',
    )
    max_occupancy: float = given(
        0.85, "Highest share of time that agents are busy.", origin=TRADE, ge=0.01, le=1
    )
    shrinkage: float = given(
        0.0,
        "Share of rostered time that is lost besides meals and absences.",
        origin="absences are rows of the absences table, meals are in the shift",
        ge=0,
        lt=0.6,
    )
    cap_day_h: float = given(
        8.0,
        "Hours of a day's work that `daily_cap` of a shop is meant for.",
        origin="Labour Law art. 36: 8 hours a day",
        ge=1,
        le=24,
    )


class Costs(Section):
    """What seats cost, in yuan."""

    seat_hour: float = given(
        30.0,
        "Yuan that an hour of one rostered seat costs.",
        origin="prior of 2025: 4500-5500 yuan a seat and month (vendor texts) over 20.67 × 8 hours",
        gt=0,
        le=10_000,
    )
