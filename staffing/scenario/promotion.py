"""The table of a promotion run: strengths, levers and their prices."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from staffing.scenario.section import Hours, Section, given, unfit

Strength = Literal["low", "mid", "high"]


class PromotionSettings(Section):
    """A promotion run: the table alone makes `plan` one, see docs/promotion.md; prices in yuan."""

    roster_for: Strength = given(
        "mid",
        "Strength that the roster is built for.",
        origin="the forecast as it is",
    )
    low: float = given(
        0.0,
        "Factor on the contacts of promotion days at low strength; 0: what `low_quantile` says.",
        origin="the forecast's own doubt",
        ge=0,
        le=20,
    )
    mid: float = given(
        1.0,
        "Factor on the contacts of promotion days at mid strength.",
        origin="the forecast as it is",
        gt=0,
        le=20,
    )
    high: float = given(
        0.0,
        "Factor on the contacts of promotion days at high strength; 0: what `high_quantile` says.",
        origin="the forecast's own doubt",
        ge=0,
        le=20,
    )
    low_quantile: float = given(
        0.1,
        "Quantile of the contacts of all promotion days together that low strength stands for.",
        origin="the range a planner looks at",
        gt=0,
        lt=0.5,
    )
    high_quantile: float = given(
        0.9,
        "Quantile of the contacts of all promotion days together that high strength stands for.",
        origin="the range a planner looks at",
        gt=0.5,
        lt=1,
    )
    most_open: float = given(
        0.01,
        "Share of the seat-hours that the levers may leave open.",
        origin="a third of `roster.max_uncovered`: people come whole, programs do not",
        ge=0,
        le=1,
    )
    open_hour: float = given(
        300.0,
        "What a seat-hour open above that is worth: no lever is bought that costs more for it.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=100_000,
    )
    moved_rest_days: int = given(
        1,
        "Rest days of a week that may be moved, see `rules.moved_rest_days`; 0 is off.",
        origin="R5: Labour Law art. 44: rest given back is no overtime",
        ge=0,
        le=1,
    )
    moved_rest_day: float = given(
        100.0,
        "A rest day moved, beside the day off given back.",
        origin="assumed in 2026: a prior",
        ge=0,
        le=100_000,
    )
    overtime_day_h: float = given(
        3.0,
        "Hours of overtime a day that were agreed for the promotion; 0 is off.",
        origin="R4: Labour Law art. 41: at most 3 hours a day",
        ge=0,
        le=3,
    )
    overtime_month_h: float = given(
        36.0,
        "Hours of overtime a calendar month that were agreed for the promotion; 0 is off.",
        origin="R12: Labour Law art. 41: at most 36 hours a month",
        ge=0,
        le=36,
    )
    overtime_hour: float = given(
        45.0,
        "An hour of overtime.",
        origin="Labour Law art. 44: half as much again as the prior of `costs.seat_hour`",
        ge=0,
        le=10_000,
    )
    splits_per_week: int = given(
        2,
        "Most split shifts of a person in a week; 0 is off.",
        origin="R17: company policy: no national figure found",
        ge=0,
        le=7,
    )
    split_shift: float = given(
        40.0, "A split shift.", origin="assumed in 2026: a prior", ge=0, le=10_000
    )
    peak_h: tuple[Hours, ...] = given(
        (4.0,),
        "Paid hours of the short shifts of full-timers.",
        origin="assumed: half days and peak shifts",
        limits="hours in halves, above 0, at most 24; may be empty",
        strict=False,
    )
    peak_shift: float = given(
        30.0, "A short shift of a full-timer.", origin="assumed in 2026: a prior", ge=0, le=10_000
    )
    borrowed_most: int = given(
        0,
        "People that others lend at once, each trained for one pool.",
        origin="nobody lends unless it was agreed",
        ge=0,
        le=1000,
    )
    borrowed_day: float = given(
        350.0,
        "A day of somebody borrowed; five days a week.",
        origin="assumed in 2026: a prior",
        ge=0,
        le=100_000,
    )
    borrowed_speed: float = given(
        0.9, "Speed of somebody borrowed.", origin="assumed in 2026: a prior", gt=0, le=1
    )
    temps_most: int = given(
        20,
        "Temps who can be there at once; 0 is off.",
        origin="assumed in 2026: a prior",
        ge=0,
        le=1000,
    )
    temp_day: float = given(
        260.0,
        "A day of a temp, training included; five days a week.",
        origin="prior of 2025: 200-400 yuan a day (vendor texts)",
        ge=0,
        le=100_000,
    )
    temp_once: float = given(
        500.0,
        "Finding and training a temp.",
        origin="assumed in 2026: a prior",
        ge=0,
        le=100_000,
    )
    temp_lead_days: int = given(
        7,
        "Days from deciding on temps to their first day of training.",
        origin="assumed in 2026: a prior",
        ge=0,
        le=365,
    )
    temp_training_days: int = given(
        3,
        "Days of training before a temp serves.",
        origin="prior of 2025: 3 days for simple goods, 7 for apparel (vendor texts)",
        ge=0,
        le=90,
    )
    temp_speed: float = given(
        0.6,
        "Speed of a temp on the first day of service.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=1,
    )
    temp_ramp_days: int = given(
        10,
        "Days in which a temp rises to full speed.",
        origin="prior of 2025: one to three weeks (vendor texts)",
        ge=1,
        le=365,
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.low and self.low > self.mid:
            raise unfit("low_above_mid", key="low", value=f"{self.low:g}", number=f"{self.mid:g}")
        if self.high and self.high < self.mid:
            raise unfit(
                "high_below_mid", key="high", value=f"{self.high:g}", number=f"{self.mid:g}"
            )
        return self
