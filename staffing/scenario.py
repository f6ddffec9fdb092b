"""The scenario file: horizon, targets, shifts and rules of one plan; all else is a default.

A scenario is TOML. A key that the file leaves out is its base's (`chain`), else it keeps its
default, and every default that was used is listed with its origin in the manifest of the outputs.
docs/scenario.md, made by `keys_page`, lists all keys.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import zoneinfo
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from staffing.chain import lines_of, read_chain, read_link
from staffing.errors import Fault, ScenarioError
from staffing.grid import INTERVAL_MIN, Grid, Window, clock_min, clock_text
from staffing.words import Lang, Statement, catalogue, say

TRADE = "usual in the trade (vendor texts): a prior"
POLICY = "company policy: no national figure found"


def given(default: Any, about: str, *, origin: str, limits: str = "", **bounds: Any) -> Any:
    """Return a pydantic field with a default, its meaning and where the default comes from.

    `limits` says in words what `bounds` cannot.
    """
    extra: JsonDict = {"origin": origin, "limits": limits}
    return Field(default, description=about, json_schema_extra=extra, **bounds)


def required(about: str, *, example: str, limits: str = "", **bounds: Any) -> Any:
    """Return a pydantic field that every scenario file must give."""
    extra: JsonDict = {"limits": limits}
    return Field(description=about, examples=[example], json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A table of the scenario file: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    page: ClassVar[str] = "docs/scenario.md"
    """The page that lists the keys."""

    @property
    def preset_origins(self) -> Mapping[str, str]:
        """Return where defaults come from that are not the fields' own, by key."""
        return {}


S = TypeVar("S", bound=Section)


def unfit(limit: str, *, key: str = "", value: str | None = None, **facts: str | int) -> Exception:
    """Return the error of a value; `limit` names a sentence ``limit.*`` or a fault of the words.

    A check of several keys says with `key` (dotted) and `value` which of them to change.
    """
    section = "limit" if f"limit.{limit}" in catalogue() else "fault"
    context = {"key": key, "value": value, **facts}
    return PydanticCustomError(limit, say("en", f"{section}.{limit}", **facts), context)


def _clock(text: Any) -> Any:
    try:
        minutes = clock_min(str(text))
    except ValueError:
        raise unfit("clock") from None
    if minutes % INTERVAL_MIN:
        raise unfit("half_hour")
    return minutes


def _window(pair: Any) -> Any:
    if isinstance(pair, Window):
        return pair
    try:
        opens, closes = pair
        return Window.parse(str(opens), str(closes))
    except (TypeError, ValueError):
        raise unfit("window") from None


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


Clock = Annotated[int, BeforeValidator(_clock)]
"""A clock time in the file, minutes after midnight in the model."""
Span = Annotated[Window, BeforeValidator(_window)]
Hours = Annotated[float, Field(gt=0, le=24, multiple_of=INTERVAL_MIN / 60)]
SPAN = "two times on the half hour"
LENGTHS = "hours in halves, above 0, at most 24; at least one"


FIRST_YEAR, LAST_YEAR = 1901, 2099
"""Years that a calendar can be told for."""


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


class RosterSettings(Section):
    """How hard the solver tries and when a roster counts as short."""

    max_uncovered: float = given(
        0.03,
        "Share of seat-hours that may stay uncovered before the exit code is 3.",
        origin="project default",
        ge=0,
        le=1,
    )
    effort: float = given(
        45.0,
        "Work the solver may do.",
        origin="about as many seconds on two cores; counted in deterministic work units",
        gt=0,
        le=3600,
    )


class RepairSettings(Section):
    """What it costs, in yuan, to make a short week coverable, and how soon it can be had."""

    hire_week: float = given(
        1600.0,
        "A full-time agent hired or borrowed, a week.",
        origin="prior of 2025: 5500 yuan a seat and month (vendor texts) and a fee of a quarter",
        gt=0,
        le=100_000,
    )
    hired_speed: float = given(
        0.8, "Speed of somebody just hired.", origin="assumed in 2026: a prior", gt=0, le=1
    )
    training: float = given(
        600.0,
        "Training an agent on one more pool.",
        origin="prior of 2026: three days' wage of 200 yuan",
        gt=0,
        le=100_000,
    )
    trained_speed: float = given(
        0.8, "Speed of somebody just trained.", origin="assumed in 2026: a prior", gt=0, le=1
    )
    lead_days: int = given(
        0,
        "Days of the horizon before those hired or trained can serve.",
        origin="assumed: weeks are planned early enough",
        ge=0,
        le=42,
    )
    overtime_hour: float = given(
        45.0,
        "An hour of overtime allowed.",
        origin="Labour Law art. 44: half as much again as the prior of `costs.seat_hour`",
        gt=0,
        le=10_000,
    )
    absence_day: float = given(
        300.0,
        "Moving a day of leave or training.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=100_000,
    )
    rule_week: float = given(
        1000.0,
        "Easing a rule that is stricter than its lawful default, a week.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=1_000_000,
    )
    closed_hour: float = given(
        150.0,
        "An hour of a day that a pool is closed earlier or opened later.",
        origin="assumed in 2026: a prior",
        gt=0,
        le=1_000_000,
    )
    effort: float = given(
        10.0,
        "Work the solver may do to check a repair by planning with it.",
        origin="a quarter of the plan's: a check, not a plan",
        gt=0,
        le=3600,
    )


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


class ReplaySettings(Section):
    """How the finished roster is replayed against sampled arrivals."""

    replications: int = given(
        20,
        "How many times each day is replayed.",
        origin="a day's service level to about one point",
        ge=2,
        le=1000,
    )


class Scenario(Section):
    """One story to plan."""

    name: str = required(
        "Name of the plan and of its output folder.",
        example='"next-week"',
        limits="1 to 64 letters (Chinese too), digits, dots, hyphens, underscores",
        pattern=r"^\w[\w.-]{0,63}$",
    )
    workspace: Path = required(
        "Folder (or .xlsx) of the tables, relative to the file that says it.",
        example='"../data/demo"',
        strict=False,
    )
    horizon: Horizon = required("Which days are planned.", example="[horizon] start = 2026-11-23")
    base: str = given(
        "",
        "Another scenario file, relative to this one, whose keys hold where this file gives none.",
        origin="none: the file stands alone",
        limits="path of a .toml file",
    )
    lang: Lang = given("zh", "Language of the outputs.", origin="the product's first language")
    zone: str = given(
        "Asia/Shanghai",
        "Time zone of all wall times.",
        origin="one zone in China",
        limits="an IANA name; no clock change within the horizon",
    )
    contact: str = given(
        "",
        "Whom agents ask about their shifts; told in the announcements.",
        origin="assumed: agents know their planner",
    )
    seed: int = given(
        1,
        "Seed of everything random.",
        origin="fixed, so that reruns agree",
        ge=0,
        le=2**31 - 1,
    )
    forecast: ForecastSettings = Field(default_factory=ForecastSettings)
    seats: SeatSettings = Field(default_factory=SeatSettings)
    costs: Costs = Field(default_factory=Costs)
    shifts: ShiftSettings = Field(default_factory=ShiftSettings)
    rules: Rules = Field(default_factory=Rules)
    fairness: Fairness = Field(default_factory=Fairness)
    roster: RosterSettings = Field(default_factory=RosterSettings)
    repair: RepairSettings = Field(default_factory=RepairSettings)
    replay: ReplaySettings = Field(default_factory=ReplaySettings)
    promotion: PromotionSettings = Field(default_factory=PromotionSettings)

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in zoneinfo.available_timezones():
            raise unfit("zone")
        return name

    @model_validator(mode="after")
    def _steady_clock(self) -> Self:
        if (day := self.grid.clock_change()) is not None:
            value = f"{self.horizon.start}"
            raise unfit(
                "clock_change", key="horizon.start", value=value, zone=self.zone, day=f"{day}"
            )
        return self

    @model_validator(mode="after")
    def _known_before(self) -> Self:
        day = self.forecast.known_day
        if day is not None and day > self.horizon.start:
            start = f"{self.horizon.start}"
            raise unfit("known_before", key="forecast.as_of", value=f"{day}", start=start)
        return self

    @property
    def is_promotion(self) -> bool:
        """Return whether the scenario is a promotion run: it has the table."""
        return "promotion" in self.model_fields_set

    @property
    def grid(self) -> Grid:
        """Return the grid of the horizon."""
        return Grid(start=self.horizon.start, days=self.horizon.days, zone=self.zone)

    def only(self, names: Collection[str]) -> Scenario:
        """Return the scenario without its other keys: to ask for one is an AttributeError."""
        made = self.model_copy()
        for name in set(made.__dict__) - set(names):
            del made.__dict__[name]
        return made

    def defaults(self) -> Iterator[tuple[str, object, str]]:
        """Yield every default in use: dotted name, value as JSON would say it, origin."""
        for name, value, origin in used_defaults(self):
            if self.is_promotion or not name.startswith("promotion."):
                yield name, value, origin


def used_defaults(section: BaseModel) -> Iterator[tuple[str, object, str]]:
    """Yield every default in use of a model made of sections, as `Scenario.defaults` does."""
    yield from _defaults(section, section.model_dump(mode="json"), "")


def _defaults(
    section: BaseModel, said: dict[str, Any], path: str
) -> Iterator[tuple[str, object, str]]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _defaults(value, said[name], f"{path}{name}.")
        elif name not in section.model_fields_set and isinstance(field.json_schema_extra, dict):
            usual = str(field.json_schema_extra["origin"])
            own = section.preset_origins if isinstance(section, Section) else {}
            yield f"{path}{name}", said[name], own.get(name, usual)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file, on top of its base where it has one.

    A relative workspace starts at the folder of the file that names it.

    Raises
    ------
    ScenarioError
        With every fault of the files, each under the file in which the key stands.
    """
    chain = read_chain(path)
    try:
        scenario = Scenario.model_validate(chain.raw)
    except ValidationError as error:
        found = [*chain.broken, *_faults(chain.place, error, Scenario, chain.broken)]
        faults = {(fault.column, fault.code): fault for fault in found}
        raise ScenarioError(sorted(faults.values(), key=chain.order)) from None
    if chain.broken:
        raise ScenarioError(chain.broken)
    return scenario.model_copy(update={"workspace": scenario.workspace.resolve()})


def read_toml(path: Path, missing: str) -> tuple[dict[str, Any], str]:
    """Read a TOML file: what it says, and its text.

    Parameters
    ----------
    missing : code of the fault where there is no such file

    Raises
    ------
    ScenarioError
        Where the file cannot be read.
    """
    link = read_link(path, path.name, missing)
    return dict(link.raw), link.text


def checked(model: type[S], raw: Mapping[str, Any], file: str, text: str) -> S:
    """Return the values of a file as the model that describes it.

    Parameters
    ----------
    raw, text : what the file says, and its text, in which faults find their lines

    Raises
    ------
    ScenarioError
        With every fault of the file.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = {
            (f.column, f.code): f
            for f in _faults(lambda key: (file, line_of(text, key)), error, model)
        }
        raise ScenarioError(sorted(found.values(), key=lambda f: f.row or 0)) from None


def numeric_keys() -> list[str]:
    """Return the dotted names of the keys that hold a number."""
    return [name for name, field in keys() if _is_numeric(field)]


def varied(path: Path, key: str, values: Sequence[str], option: str) -> list[tuple[str, Scenario]]:
    """Return the scenario of a file once for each value of a numeric key, each value once.

    Parameters
    ----------
    key : dotted, such as ``forecast.uplift``
    values : as they would stand in the file; text needs no quotes
    option : where they were typed, for messages

    Raises
    ------
    ScenarioError
        With every fault of the file, else of the key, else of all values.
    """
    whole = read_scenario(path)
    numeric = numeric_keys()
    if key not in numeric:
        known = {name for name, field in keys() if not _is_section(field)}
        if key in known:
            fault = Fault(code="not_numeric", file=option, value=key)
        elif near := _nearest(key, numeric):
            fault = Fault(
                code="key_unknown_near",
                file=option,
                value=key,
                facts={"near": near, "page": Section.page},
            )
        else:
            fault = Fault(code="key_unknown", file=option, value=key, facts={"page": Section.page})
        raise ScenarioError([fault])
    chain = read_chain(path)
    found, faults = [], []
    for value in dict.fromkeys(values):
        raw = chain.raw
        *sections, name = key.split(".")
        place = raw
        for section in sections:
            place[section] = dict(place.get(section, {}))
            place = place[section]
        place[name] = _typed(value)
        try:
            made = Scenario.model_validate(raw)
        except ValidationError as error:
            told = next(_faults(chain.place, error, Scenario))
            faults.append(replace(told, file=f"{option} {key}", row=None, column=None, value=value))
            continue
        found.append((value, made.model_copy(update={"workspace": whole.workspace})))
    if faults:
        raise ScenarioError(faults)
    return found


def _typed(value: str) -> object:
    """Return a value as TOML would have it: a number where it is one, else text."""
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _is_numeric(field: FieldInfo) -> bool:
    """Return whether a key is a number, not a time of day."""
    kinds = {field.annotation, *get_args(field.annotation)}
    clocked = any(
        isinstance(each, BeforeValidator) and each.func is _clock for each in field.metadata
    )
    return bool(kinds & {int, float}) and not clocked and get_origin(field.annotation) is not tuple


def check_shops(path: Path, scenario: Scenario, shops: Collection[str]) -> None:
    """Check that the shops that a scenario file names are shops of its workspace.

    Raises
    ------
    ScenarioError
        With each name that is not, and the line it stands on.
    """
    key = "fairness.hard_shops"
    faults = []
    for shop in scenario.fairness.hard_shops:
        if shop not in shops:
            near = difflib.get_close_matches(shop, shops, n=1)
            facts = {"table": "shops"} | ({"near": near[0]} if near else {})
            code = "unknown_near" if near else "unknown"
            file, row = read_chain(path).place(key.split("."))
            faults.append(Fault(code=code, file=file, row=row, column=key, value=shop, facts=facts))
    if faults:
        raise ScenarioError(faults)


LIMITS = {
    "greater_than": "above",
    "greater_than_equal": "at_least",
    "less_than": "below",
    "less_than_equal": "at_most",
    "multiple_of": "multiple",
    "finite_number": "number",
    "float_type": "number",
    "bool_type": "flag",
    "int_type": "whole",
    "literal_error": "one_of",
    "model_type": "section",
    "path_type": "text",
    "string_type": "text",
    "string_pattern_mismatch": "name",
    "tuple_type": "list",
}
"""Pydantic's types of error -> our sentences ``limit.*``; our own errors carry their name."""
BOUNDS = ("gt", "ge", "lt", "le", "multiple_of")


def _faults(
    place_of: Callable[[Sequence[str]], tuple[str, int | None]],
    error: ValidationError,
    model: type[BaseModel],
    broken: Collection[Fault] = (),
) -> Iterator[Fault]:
    """Yield pydantic's errors as faults with the file and line they stand on.

    Parameters
    ----------
    broken : why a base could not be read; then what it may have said is not known
    """
    for each in error.errors():
        facts = each.get("ctx", {})
        if broken and (each["type"] == "missing" or facts.get("key")):
            continue  # what the base that is not there says of it is not known
        place = [str(part) for part in each["loc"] if isinstance(part, str)]
        place += str(facts["key"]).split(".") if facts.get("key") else []
        key = ".".join(place)
        value = facts.get("value") or _shown(each["input"], each["type"])
        match each["type"]:
            case "missing":
                code, value, facts = "key_missing", None, {"example": _example(key, model)}
            case "extra_forbidden":
                near = _nearest(key, [name for name, _ in keys(model)])
                code, value = "key_unknown_near" if near else "key_unknown", None
                facts = {"near": near} if near else {}
            case _:
                code, facts = _unfit(key, each, model)
        file, row = place_of(place)
        facts = {**facts, "page": getattr(model, "page", Section.page)}
        yield Fault(code=code, file=file, row=row, column=key, value=value, facts=facts)


def _shown(value: object, kind: str) -> str | None:
    """Return a value for a message, text without its quotes unless they are the mistake."""
    quotes_matter = kind.startswith(("int_", "float_", "model_", "tuple_"))
    return value if isinstance(value, str) and not quotes_matter else _toml(value)


def _unfit(key: str, error: ErrorDetails, model: type[BaseModel]) -> tuple[str, dict[str, object]]:
    """Return code and facts of a value that is not what it must be."""
    kind, facts = error["type"], dict(error.get("ctx", {}))
    facts = {name: fact for name, fact in facts.items() if name not in ("key", "value")}
    if f"fault.{kind}" in catalogue():
        return kind, facts
    limit = "day" if kind.startswith("date_") else LIMITS.get(kind, kind)
    bound = next((facts[name] for name in BOUNDS if name in facts), None)
    if bound is not None:
        facts = {"number": f"{float(bound):.10g}"}
    elif limit == "one_of":
        facts = {"allowed": re.findall(r"'([^']*)'", str(facts["expected"]))}
    elif limit == "section":
        facts = {"name": key}
    elif f"limit.{limit}" not in catalogue():
        limit, facts = "other", {"reason": error["msg"]}
    said = Statement(f"limit.{limit}", facts)
    if limit in ("below", "at_most") and bound is not None and bound <= 1:
        return "key_not_a_share", {"limit": said}
    if limit == "section":
        return "key_not_a_section", {"limit": said, "name": key}
    field = dict(keys(model)).get(key)
    if field is None or field.is_required():
        return "key_wrong_required", {"limit": said, "example": _example(key, model)}
    return "key_wrong", {"limit": said, "default": _default(field)}


def line_of(text: str, key: Sequence[str] | str) -> int | None:
    """Return the line of a dotted key in a TOML text, else that of its section, else None."""
    parts = key.split(".") if isinstance(key, str) else key
    lines = lines_of(text)
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((lines[name] for name in names if name in lines), None)


def keys(model: type[BaseModel] = Scenario, path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every key of a scenario, dotted, with its field; sections come after plain keys."""
    sections = {name for name, field in model.model_fields.items() if _is_section(field)}
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] in sections):
        yield f"{path}{name}", field
        if _is_section(field):
            yield from keys(field.annotation, f"{path}{name}.")  # type: ignore[arg-type]


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, Section)


def _nearest(key: str, known: Sequence[str]) -> str | None:
    """Return the known key that is meant: the same name in another section, or like spelling."""
    moved = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    close = moved or difflib.get_close_matches(key, known, n=1)
    return close[0] if close else None


def _example(key: str, model: type[BaseModel]) -> str:
    """Return how a required key is written."""
    field = dict(keys(model)).get(key)
    example = str((field.examples or [""])[0]) if field is not None else ""
    return example if example.startswith("[") else f"{key.rpartition('.')[2]} = {example}"


def _default(field: FieldInfo) -> str:
    """Return a default as it would stand in the file."""
    default = field.get_default(call_default_factory=True)
    if isinstance(default, int) and any(
        isinstance(each, BeforeValidator) and each.func is _clock for each in field.metadata
    ):
        default = clock_text(default)
    return "none" if default is None else _toml(default) or ""


def _toml(value: object) -> str | None:
    """Return a value as it would stand in the file, None for a whole section."""
    match value:
        case dict() | BaseModel():
            return None
        case Window():
            return json.dumps(
                [clock_text(value.opens_min), clock_text(value.closes_min % 1440 or 1440)]
            )
        case list() | tuple():
            return f"[{', '.join(_toml(each) or '{}' for each in value)}]"
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case float():
            return f"{value:g}" if value % 1 else f"{value:.1f}"
        case _:
            return str(value)


def keys_page(model: type[BaseModel] = Scenario) -> str:
    """Return the reference of all keys as Markdown: default, limits, meaning, origin."""
    lines: list[str] = []
    head = [
        "| key | default | limits | meaning | where the default comes from |",
        "|---|---|---|---|---|",
    ]
    for name, field in keys(model):
        if _is_section(field):
            lines += [
                "",
                f"## [{name}]",
                "",
                str(getattr(field.annotation, "__doc__", "")),
                "",
                *head,
            ]
            continue
        if not lines:
            lines += head
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "required" if field.is_required() else f"`{_default(field)}`"
        cells = (f"`{name}`", default, _limits(field), field.description, extra.get("origin", ""))
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _limits(field: FieldInfo) -> str:
    """Return what a value must be, in words."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    if extra.get("limits"):
        return str(extra["limits"])
    kinds = {
        int: "whole number",
        float: "number",
        Decimal: "number",
        bool: "true or false",
        dt.date: "date",
        Path: "path",
        str: "text",
    }
    words = {
        "gt": "above {}",
        "ge": "at least {}",
        "lt": "below {}",
        "le": "at most {}",
        "multiple_of": "in steps of {}",
    }
    kind = next((word for each, word in kinds.items() if field.annotation is each), None)
    parts = [kind or " or ".join(f'"{each}"' for each in get_args(field.annotation))]
    for each in field.metadata:
        parts += [
            said.format(_toml(getattr(each, name)))
            for name, said in words.items()
            if getattr(each, name, None) is not None
        ]
    return ", ".join(parts)
