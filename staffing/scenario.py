"""The scenario file: horizon, targets, shifts and rules of one plan; all else is a default.

A scenario is TOML. Every field that the file leaves out keeps its default, and every default
that was used is listed with its origin in the manifest of the outputs.
"""

from __future__ import annotations

import datetime as dt
import tomllib
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from staffing.errors import Fault, ScenarioError
from staffing.grid import INTERVAL_MIN, Grid, Window, clock_min
from staffing.words import Lang

TRADE = "usual in the trade (vendor texts): a prior"
POLICY = "company policy: no national figure found"


def given(default: Any, *, origin: str, **limits: Any) -> Any:
    """Return a pydantic field with a default and where the default comes from."""
    return Field(default, json_schema_extra={"origin": origin}, **limits)


class Section(BaseModel):
    """A table of the scenario file: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


def _clock(text: Any) -> Any:
    if not isinstance(text, str):
        raise ValueError("must be a clock time like 22:00")
    minutes = clock_min(text)
    if minutes % INTERVAL_MIN:
        raise ValueError("must lie on the half hour")
    return minutes


def _window(pair: Any) -> Any:
    if isinstance(pair, Window):
        return pair
    if not (isinstance(pair, list | tuple) and len(pair) == 2):
        raise ValueError('must be two clock times like ["11:00", "14:00"]')
    return Window.parse(str(pair[0]), str(pair[1]))


Clock = Annotated[int, BeforeValidator(_clock)]
"""A clock time in the file, minutes after midnight in the model."""
Span = Annotated[Window, BeforeValidator(_window)]
Hours = Annotated[float, Field(gt=0, le=24, multiple_of=INTERVAL_MIN / 60)]


class Horizon(Section):
    """Which days are planned."""

    start: dt.date = Field(description="first service day")
    days: int = given(7, origin="a roster week", ge=1, le=42)


class ForecastSettings(Section):
    """How volumes are forecast."""

    quantiles: tuple[float, ...] = given(
        (0.1, 0.5, 0.8, 0.9, 0.95), origin="the range a planner looks at"
    )
    uplift: float = given(1.0, origin="no what-if: the forecast as it is", gt=0, le=20)
    origins: int = given(6, origin="weekly backtest origins behind the quantiles", ge=2, le=52)

    @field_validator("quantiles")
    @classmethod
    def _shares(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        if not values or not all(0 < v < 1 for v in values):
            raise ValueError("every quantile lies strictly between 0 and 1")
        return tuple(sorted(set(values)))


class SeatSettings(Section):
    """How seats are computed from the forecast."""

    demand: Literal["mean"] | Annotated[float, Field(gt=0, lt=1)] = given(
        "mean", origin="the expected volume; a quantile such as 0.8 buys safety"
    )
    max_occupancy: float = given(0.85, origin=TRADE, gt=0, le=1)
    shrinkage: float = given(
        0.0, origin="absences are rows of the absences table, meals are in the shift", ge=0, lt=0.6
    )


class ShiftSettings(Section):
    """Which shifts may be worked, and when meals are taken."""

    start_every_min: int = given(60, origin="assumed: starts on the hour", ge=30, le=240)
    full_time_h: tuple[Hours, ...] = given((8.0,), origin="Labour Law art. 36: 8 hours a day")
    part_time_h: tuple[Hours, ...] = given((6.0, 4.0), origin="assumed: half days and peak shifts")
    lunch: Span = given(Window(660, 840), origin="lunch and dinner of an hour each (trade)")
    dinner: Span = given(Window(1020, 1200), origin="lunch and dinner of an hour each (trade)")
    meal_min: int = given(60, origin="lunch and dinner of an hour each (trade)", ge=30, le=120)
    meal_from_h: float = given(6.0, origin="assumed: shorter shifts have no meal", gt=0, le=24)
    work_before_meal_h: Hours = given(2.0, origin="assumed: no meal right after the start")
    work_after_meal_h: Hours = given(1.0, origin="assumed: no meal right before the end")

    @field_validator("start_every_min", "meal_min")
    @classmethod
    def _on_grid(cls, minutes: int) -> int:
        if minutes % INTERVAL_MIN:
            raise ValueError(f"must be a multiple of {INTERVAL_MIN} minutes")
        return minutes

    @model_validator(mode="after")
    def _meals(self) -> Self:
        for meal, window in (("lunch", self.lunch), ("dinner", self.dinner)):
            if window.closes_min - window.opens_min < self.meal_min:
                raise ValueError(f"{meal} is shorter than meal_min")
        if self.dinner.opens_min < self.lunch.closes_min:
            raise ValueError("dinner begins before lunch ends")
        if not self.full_time_h or not self.part_time_h:
            raise ValueError("full_time_h and part_time_h need at least one length")
        return self


class Rules(Section):
    """The hard rules; numbers R1... are those of docs/rules.md."""

    max_daily_h: float = given(8.0, origin="R4: Labour Law art. 36", gt=0, le=11)
    min_week_share: float = given(
        0.6, origin="R6: company policy: least share of the contract hours", ge=0, le=1
    )
    rest_days_per_week: int = given(1, origin="R7: Labour Law art. 38", ge=1, le=6)
    max_consecutive_days: int = given(
        6, origin="R8: Decree 795 art. 7 and Labour Law art. 38", ge=1, le=6
    )
    min_rest_h: float = given(11.0, origin="R9: " + POLICY, ge=0, le=16)
    max_stretch_h: float = given(6.0, origin="R10: " + POLICY, gt=0, le=24)
    night: Span = given(
        Window(22 * 60, 30 * 60), origin="R11: night work, customarily 22:00-06:00"
    )


class Fairness(Section):
    """What the lowest goals weigh against each other."""

    late_after: Clock = given(22 * 60, origin="assumed: a shift that ends after 22:00 is late")
    late_weight: int = given(2, origin="assumed", ge=0, le=100)
    weekend_weight: int = given(2, origin="assumed", ge=0, le=100)
    days_weight: int = given(1, origin="assumed", ge=0, le=100)
    request_weight: int = given(3, origin="assumed", ge=0, le=100)


class RosterSettings(Section):
    """How hard the solver tries and when a roster counts as short."""

    max_uncovered: float = given(0.03, origin="project default", ge=0, le=1)
    effort: float = given(
        60.0,
        origin="about as many seconds on two cores; counted in deterministic work units",
        gt=0,
        le=3600,
    )


class ReplaySettings(Section):
    """How the finished roster is replayed against sampled arrivals."""

    replications: int = given(20, origin="a day's service level to about one point", ge=2, le=1000)


class Scenario(Section):
    """One story to plan."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    workspace: Path
    horizon: Horizon
    lang: Lang = given("zh", origin="the product's first language")
    zone: str = given("Asia/Shanghai", origin="one zone in China")
    seed: int = given(1, origin="fixed, so that reruns agree", ge=0, le=2**31 - 1)
    forecast: ForecastSettings = Field(default_factory=ForecastSettings)
    seats: SeatSettings = Field(default_factory=SeatSettings)
    shifts: ShiftSettings = Field(default_factory=ShiftSettings)
    rules: Rules = Field(default_factory=Rules)
    fairness: Fairness = Field(default_factory=Fairness)
    roster: RosterSettings = Field(default_factory=RosterSettings)
    replay: ReplaySettings = Field(default_factory=ReplaySettings)

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name not in zoneinfo.available_timezones():
            raise ValueError("not an IANA time zone such as Asia/Shanghai")
        return name

    @model_validator(mode="after")
    def _steady_clock(self) -> Self:
        if (day := self.grid.clock_change()) is not None:
            raise ValueError(f"the clocks of {self.zone} change on {day}: plan around that night")
        return self

    @property
    def grid(self) -> Grid:
        """Return the grid of the horizon."""
        return Grid(start=self.horizon.start, days=self.horizon.days, zone=self.zone)

    def defaults(self) -> Iterator[tuple[str, object, str]]:
        """Yield every default in use: dotted name, value as JSON would say it, origin."""
        yield from _defaults(self, self.model_dump(mode="json"), "")


def _defaults(section: BaseModel, said: dict[str, Any], path: str) -> Iterator[
    tuple[str, object, str]
]:
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _defaults(value, said[name], f"{path}{name}.")
        elif name not in section.model_fields_set and isinstance(field.json_schema_extra, dict):
            yield f"{path}{name}", said[name], str(field.json_schema_extra["origin"])


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file; its workspace is relative to the file's folder.

    Raises
    ------
    ScenarioError
        With every fault of the file.
    """
    try:
        text = path.read_text("utf-8-sig")
        raw = tomllib.loads(text)
    except OSError:
        raise ScenarioError([Fault(code="no_scenario", file=str(path))]) from None
    except UnicodeDecodeError:
        raise ScenarioError([Fault(code="not_utf8", file=path.name)]) from None
    except tomllib.TOMLDecodeError as error:
        facts = {"reason": str(error)}
        raise ScenarioError([Fault(code="not_toml", file=path.name, facts=facts)]) from None
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        raise ScenarioError(_faults(path.name, text, error)) from None
    root = (path.parent / scenario.workspace).resolve()
    return scenario.model_copy(update={"workspace": root})


def _faults(file: str, text: str, error: ValidationError) -> Iterator[Fault]:
    """Yield pydantic's errors as faults with the line of the file they stand on."""
    for each in error.errors():
        place = [str(part) for part in each["loc"] if not str(part).startswith("literal")]
        kind = each["type"]
        code = {"missing": "key_missing", "extra_forbidden": "key_unknown"}.get(kind, "key_wrong")
        value = None if kind == "missing" or isinstance(each["input"], dict) else each["input"]
        yield Fault(
            code=code,
            file=file,
            row=_line(text, place),
            column=".".join(place) or None,
            value=None if value is None else str(value),
            facts={"reason": each["msg"].removeprefix("Value error, ")},
        )


def _line(text: str, place: list[str]) -> int | None:
    """Return the line of a dotted key in a TOML text, or None when it is not there."""
    section = ""
    *parents, key = place or [""]
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#", 1)[0].strip()
        if bare.startswith("["):
            section = bare.strip("[] ")
        elif "=" in bare:
            name = bare.split("=", 1)[0].strip().strip('"')
            full = f"{section}.{name}".strip(".")
            if full in (".".join(place), ".".join(parents)) or (
                name == key and section == ".".join(parents)
            ):
                return number
    return None
