"""Tables of what people may be asked to do: shifts, rules, fairness."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import field_validator, model_validator

from staffing.grid import INTERVAL_MIN, Window
from staffing.scenario.section import (
    LENGTHS,
    POLICY,
    SPAN,
    Clock,
    Hours,
    Section,
    Span,
    given,
    unfit,
)


class ShiftSettings(Section):
    """Which shifts may be worked, and when meals are taken."""

    start_every_min: int = given(
        60,
        "Minutes between possible starts of a shift.",
        origin="assumed: starts on the hour",
        ge=30,
        le=240,
        multiple_of=INTERVAL_MIN,
    )
    full_time_h: tuple[Hours, ...] = given(
        (8.0,),
        "Paid hours of a full-time shift.",
        origin="Labour Law art. 36: 8 hours a day",
        limits=LENGTHS,
        strict=False,
    )
    part_time_h: tuple[Hours, ...] = given(
        (6.0, 4.0),
        "Paid hours of a part-time shift.",
        origin="assumed: half days and peak shifts",
        limits=LENGTHS,
        strict=False,
    )
    peak_h: tuple[Hours, ...] = given(
        (),
        "Paid hours of the short shifts that full-timers may be given too.",
        origin="assumed: short shifts are for part-timers",
        limits="hours in halves, above 0, at most 24; may be empty",
        strict=False,
    )
    splits_per_week: int = given(
        0,
        "Most split shifts a week: two equal parts with hours off between them.",
        origin="R17: no split shifts unless agreed",
        ge=0,
        le=7,
    )
    split_least_h: Hours = given(
        2.0, "Least hours off between the parts of a split shift.", origin="R17: " + POLICY
    )
    split_most_h: Hours = given(
        5.0,
        "Most hours off between the parts of a split shift, no less than `split_least_h`.",
        origin="R17: " + POLICY,
    )
    lunch: Span = given(
        Window(660, 840),
        "Lunch is taken within.",
        origin="lunch and dinner of an hour each (trade)",
        limits=f"{SPAN}, no shorter than `meal_min`",
    )
    dinner: Span = given(
        Window(1020, 1200),
        "Dinner is taken within.",
        origin="lunch and dinner of an hour each (trade)",
        limits=f"{SPAN}, no shorter than `meal_min`, after lunch",
    )
    meal_min: int = given(
        60,
        "Minutes of a meal, unpaid.",
        origin="lunch and dinner of an hour each (trade)",
        ge=30,
        le=120,
        multiple_of=INTERVAL_MIN,
    )
    meal_share: float = given(
        0.5,
        "Share of a pool's people on duty who may be at a meal at once, rounded up; 1 is no limit.",
        origin="R18: never a whole pool at the table",
        gt=0,
        le=1,
    )
    meal_from_h: float = given(
        6.0,
        "Shifts of at least so many paid hours have a meal.",
        origin="assumed: shorter shifts have no meal",
        gt=0,
        le=24,
    )
    work_before_meal_h: Hours = given(
        2.0, "Least hours of work before a meal.", origin="assumed: no meal right after the start"
    )
    work_after_meal_h: Hours = given(
        1.0, "Least hours of work after a meal.", origin="assumed: no meal right before the end"
    )

    @field_validator("full_time_h", "part_time_h")
    @classmethod
    def _lengths(cls, hours: tuple[float, ...]) -> tuple[float, ...]:
        if not hours:
            raise unfit("one_or_more")
        return hours

    @model_validator(mode="after")
    def _meals(self) -> Self:
        for meal, window in (("lunch", self.lunch), ("dinner", self.dinner)):
            if window.closes_min - window.opens_min < self.meal_min:
                raise unfit("meal_fits", key=meal, value=str(window), minutes=self.meal_min)
        if self.dinner.opens_min < self.lunch.closes_min:
            if "dinner" in self.model_fields_set:
                raise unfit("lunch_first", key="dinner", value=str(self.dinner))
            raise unfit("dinner_last", key="lunch", value=str(self.lunch), dinner=str(self.dinner))
        if self.split_most_h < self.split_least_h:
            least, most = f"{self.split_least_h:g}", f"{self.split_most_h:g}"
            if "split_most_h" in self.model_fields_set:
                raise unfit("split_at_least", key="split_most_h", value=most, number=least)
            raise unfit("split_at_most", key="split_least_h", value=least, number=most)
        return self


PRESETS: Mapping[str, Mapping[str, tuple[object, str]]] = {
    "labour-law": {},
    "comprehensive-hours": {
        "average_over": ("month", "R5: comprehensive hours, by approval (1994 No. 503, art. 5)"),
        "max_daily_h": (11.0, "R4: comprehensive hours: 8 hours and the 3 of Labour Law art. 41"),
        "min_week_share": (0.0, "R6: comprehensive hours: the average counts, not the week"),
    },
    "industry": {
        "rest_days_per_week": (0, "R7: nine days on, one off (trade); unlawful"),
        "max_consecutive_days": (9, "R8: nine days on, one off (trade); unlawful"),
        "overtime_day_h": (3.0, "R4: Labour Law art. 41: at most 3 hours a day"),
        "overtime_month_h": (36.0, "R12: Labour Law art. 41: at most 36 hours a month"),
    },
}
"""Preset -> key -> the default it sets instead of the usual one, and where that comes from."""
LAW_REST_DAYS, LAW_CONSECUTIVE_DAYS, LAW_DAY_H = 1, 6, 11.0
"""Labour Law art. 38; Decree 795 art. 7; arts. 36 and 41: 8 hours and 3 of overtime."""


class Rules(Section):
    """The hard rules; numbers R1... are those of docs/rules.md."""

    preset: Literal["labour-law", "comprehensive-hours", "industry"] = given(
        "labour-law",
        "Working-hours system, which sets the defaults of the other keys; see docs/rules.md.",
        origin="the standard working hours of Labour Law art. 36",
    )
    average_over: Literal["week", "month", "quarter", "horizon"] = given(
        "week",
        "Days over which weekly hours are averaged; above a week under comprehensive hours only.",
        origin="R5: Labour Law art. 36",
    )
    max_daily_h: float = given(
        8.0, "Most paid hours a day.", origin="R4: Labour Law art. 36", gt=0, le=11
    )
    overtime_day_h: float = given(
        0.0,
        "Hours of overtime a day that may be planned on top, after consultation.",
        origin="R4: no overtime unless it was agreed",
        ge=0,
        le=3,
        limits="number, at least 0, at most 3; with `max_daily_h` 11; needs `overtime_month_h`",
    )
    overtime_month_h: float = given(
        0.0,
        "Hours of overtime a calendar month that may be planned, published weeks counted.",
        origin="R12: no overtime unless it was agreed",
        ge=0,
        le=36,
    )
    moved_rest_days: int = given(
        0,
        "Rest days of a week that may be worked for as many more days off in a later week of the "
        "horizon; not under averaged hours.",
        origin="R5: no rest day is moved unless it was agreed",
        ge=0,
        le=1,
    )
    min_week_share: float = given(
        0.6,
        "Least share of the contract hours in a week.",
        origin="R6: company policy: least share of the contract hours",
        ge=0,
        le=1,
    )
    rest_days_per_week: int = given(
        1,
        "Fewest rest days in a calendar week; 0 is not for `labour-law`.",
        origin="R7: Labour Law art. 38",
        ge=0,
        le=6,
    )
    max_consecutive_days: int = given(
        6,
        "Most working days in a row; more than 6 is not for `labour-law`.",
        origin="R8: Decree 795 art. 7 and Labour Law art. 38",
        ge=1,
        le=13,
    )
    min_rest_h: float = given(
        11.0, "Least hours between two shifts.", origin="R9: " + POLICY, ge=0, le=16
    )
    max_stretch_h: float = given(
        6.0, "Longest work without a meal, in hours.", origin="R10: " + POLICY, gt=0, le=24
    )
    night: Span = given(
        Window(22 * 60, 30 * 60),
        "Hours that protected agents do not work.",
        origin="R11: night work, customarily 22:00-06:00",
        limits=SPAN,
    )
    max_late_in_a_row: int = given(
        3,
        "Most late shifts on days in a row.",
        origin="R14: " + POLICY,
        ge=1,
        le=13,
    )
    start_spread_h: float = given(
        24.0,
        "Hours between the earliest and the latest start of a person's shifts in a week.",
        origin="R15: off: a day's starts are never further apart",
        ge=0,
        le=24,
    )
    weekend_off_every_weeks: int = given(
        0,
        "One whole weekend off in so many weeks in a row; 0 is off.",
        origin="R16: off: no law asks for it",
        ge=0,
        le=8,
    )
    pay_rest_days: int = given(
        1,
        "Rest days of a week whose work is paid at 200 %: 2 under a five-day contract.",
        origin="Labour Law arts. 38 and 44: one day a week",
        ge=1,
        le=2,
    )

    @model_validator(mode="after")
    def _preset(self) -> Self:
        """Take the preset's defaults; what the file gives wins, within the law of the preset."""
        for name, (value, _) in PRESETS[self.preset].items():
            if name not in self.model_fields_set:
                object.__setattr__(self, name, value)  # as a default: not a key that was given
        if self.preset == "labour-law":
            if self.rest_days_per_week < LAW_REST_DAYS:
                raise unfit("rest_day_due", key="rest_days_per_week", value="0")
            if self.max_consecutive_days > LAW_CONSECUTIVE_DAYS:
                value = f"{self.max_consecutive_days}"
                raise unfit("six_days", key="max_consecutive_days", value=value)
            if self.average_over != "week":
                raise unfit("not_averaged", key="average_over", value=self.average_over)
        if self.preset == "industry":
            return self
        if self.max_daily_h + self.overtime_day_h > LAW_DAY_H:
            raise unfit("day_of_11", key="overtime_day_h", value=f"{self.overtime_day_h:g}")
        if self.average_over == "week" and self.overtime_day_h > 0 == self.overtime_month_h:
            # R12 asks nothing where the month's overtime is off: the day's would be without limit.
            raise unfit(
                "overtime_unlimited", key="overtime_day_h", value=f"{self.overtime_day_h:g}"
            )
        return self

    @property
    def preset_origins(self) -> Mapping[str, str]:
        """Return where the defaults that the preset sets come from, by key."""
        return {name: origin for name, (_, origin) in PRESETS[self.preset].items()}

    @property
    def judged(self) -> Rules:
        """Return the rules by which a roster is called lawful.

        They are these, but for `industry`: that is held against the labour law with all the
        overtime the law allows, so that each breach is one of the law.
        """
        if self.preset != "industry":
            return self
        unlawful = {"preset", "average_over", "max_daily_h", *PRESETS["industry"]}
        given_ = {n: getattr(self, n) for n in self.model_fields_set - unlawful}
        return Rules(preset="labour-law", overtime_day_h=3.0, overtime_month_h=36.0, **given_)


class Fairness(Section):
    """What the lowest goals weigh against each other."""

    late_after: Clock = given(
        22 * 60,
        "A shift that ends later is a late shift.",
        origin="assumed: a shift that ends after 22:00 is late",
        limits="a time on the half hour",
    )
    late_weight: int = given(2, "Weight of even late shifts.", origin="assumed", ge=0, le=100)
    weekend_weight: int = given(2, "Weight of even weekend days.", origin="assumed", ge=0, le=100)
    days_weight: int = given(1, "Weight of even working days.", origin="assumed", ge=0, le=100)
    statutory_weight: int = given(
        2, "Weight of even statutory days.", origin="assumed", ge=0, le=100
    )
    peak_night_weight: int = given(
        2,
        "Weight of even evenings (20:00-24:00) of promotion days.",
        origin="assumed",
        ge=0,
        le=100,
    )
    request_weight: int = given(3, "Weight of wishes granted.", origin="assumed", ge=0, le=100)
    change_weight: int = given(
        2,
        "Weight of a day that differs from the version published before.",
        origin="assumed",
        ge=0,
        le=100,
    )
    steady_weight: int = given(
        1,
        "Weight of each four hours by which an agent's starts differ in a week, beyond two.",
        origin="assumed",
        ge=0,
        le=100,
    )
    ledger_weeks: int = given(
        26,
        "Weeks before the horizon that the ledger remembers.",
        origin="assumed: half a year holds both holiday and promotion seasons",
        ge=12,
        le=104,
    )
    hard_shops: tuple[str, ...] = given(
        (),
        "Shops whose hours the ledger counts as hard; none: a quarter of the pools, by AHT.",
        origin="assumed: long contacts are the hard ones",
        limits="shop ids",
        strict=False,
    )
