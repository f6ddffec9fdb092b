"""A scenario as a whole, and the defaults that it uses."""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from staffing.grid import Grid
from staffing.scenario.demand import Costs, ForecastSettings, Horizon, SeatSettings
from staffing.scenario.promotion import PromotionSettings
from staffing.scenario.rules import Fairness, Rules, ShiftSettings
from staffing.scenario.search import RepairSettings, ReplaySettings, RosterSettings
from staffing.scenario.section import Section, given, required, unfit
from staffing.words import Lang


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
