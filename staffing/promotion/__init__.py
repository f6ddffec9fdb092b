"""The promotion run: what a promotion asks at three strengths, and the cheapest lawful levers.

1. `strengths`: the forecast with its promotion days weaker and stronger.
2. `outlook`: the seats of each, what own people cover, and what the levers add (`program`).
3. `levers`: rules and people that the cheapest mix of one strength takes; the roster is built with
   them like any other, and `used` counts in it what was pulled.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pandas as pd

from staffing.forecast import Forecast
from staffing.promotion.levers import LEVERS, Lever, Outsider, joined, levered, today
from staffing.promotion.outlook import Outlook, Use, looked_at
from staffing.promotion.phases import phases
from staffing.promotion.strengths import STRENGTHS, factors, stronger
from staffing.roster.beside import side_by_side
from staffing.scenario import Scenario, Strength
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace
from staffing.workspace.past import CAME, spill

__all__ = [
    "LEVERS",
    "STRENGTHS",
    "Came",
    "Lever",
    "Outlook",
    "Outsider",
    "Promotion",
    "Use",
    "promotion",
    "stronger",
]

OWN: tuple[Lever, ...] = ("moved_rest_days", "overtime", "split_shifts", "peak_shifts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came on the days of the horizon whose history is known by now.

    Attributes
    ----------
    days : service days with a history, and those that the forecast is held against
    contacts, expected : sums over shops and days of both
    wape : of days of shops
    """

    days: int
    contacts: float
    expected: float
    wape: float


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What a promotion run found.

    Attributes
    ----------
    outlooks : by strength, low to high
    chosen : the strength that the roster is built for
    phases : the phases of the horizon, see `phases.phases`
    decided_on : the day on which is decided
    came : how the forecast at mid strength did; None where nothing came yet
    """

    outlooks: Mapping[Strength, Outlook]
    chosen: Strength
    phases: pd.DataFrame
    decided_on: dt.date
    came: Came | None

    @property
    def outlook(self) -> Outlook:
        """Return the outlook that the roster is built for."""
        return self.outlooks[self.chosen]

    def expected(self, forecast: Forecast) -> Forecast:
        """Return the forecast at the strength that the roster is built for."""
        return stronger(forecast, self.outlook.factor)

    @property
    def required(self) -> SeatRequirement:
        """Return the seats that the roster is built for."""
        return self.outlook.required

    def taken(self, workspace: Workspace, scenario: Scenario) -> tuple[Workspace, Scenario]:
        """Return tables and rules once the levers of the mix are pulled.

        Nobody may have more of one than those who have most of it in the mix.
        """
        outlook = self.outlook
        used = [use.lever for use in outlook.uses]
        space, _ = joined(workspace, scenario, outlook.people)
        most = scenario.promotion.model_copy(
            update={
                "overtime_month_h": min(
                    scenario.promotion.overtime_month_h, float(math.ceil(outlook.overtime_each_h))
                ),
                "splits_per_week": min(
                    scenario.promotion.splits_per_week, math.ceil(outlook.splits_each)
                ),
            }
        )
        told = scenario.model_copy(update={"promotion": most})
        allowed = levered(told, [each for each in OWN if each in used])
        return space, allowed.model_copy(update={"promotion": scenario.promotion})


def promotion(workspace: Workspace, scenario: Scenario, expected: Forecast) -> Promotion:
    """Return what a promotion asks at each strength, and the cheapest levers for it.

    Parameters
    ----------
    expected : the forecast as it is
    """
    told = factors(expected, scenario.promotion)
    calls = [
        partial(looked_at, workspace, scenario, stronger(expected, told[name]), name, told[name])
        for name in _hardest_first(told, scenario.promotion.roster_for)
    ]
    found = {made.strength: made for made in side_by_side(calls, len(workspace.agents))}
    mid = stronger(expected, told["mid"])
    return Promotion(
        outlooks={name: found[name] for name in STRENGTHS},
        chosen=scenario.promotion.roster_for,
        phases=phases(workspace, scenario, mid),
        decided_on=today(workspace, scenario),
        came=_came(workspace, mid),
    )


def _hardest_first(told: Mapping[Strength, float], chosen: Strength) -> Sequence[Strength]:
    """Return the strengths, that of the roster first: its levers are refitted and take longest."""
    return sorted(told, key=lambda name: (name != chosen, -told[name]))


def _came(workspace: Workspace, expected: Forecast) -> Came | None:
    """Return how the forecast did on the days whose contacts have come since."""
    rows = workspace.tables.get(CAME)
    if rows is None or rows.empty:
        return None
    day = (rows["start"] - spill(workspace, rows["shop_id"])).dt.normalize()
    counted = rows.assign(date=day, shop_id=rows["shop_id"].astype("str"))
    whole = day.max()  # the last day may not be over yet
    sums = counted[counted["date"] < whole].groupby(["shop_id", "date"])["contacts"].sum()
    beside = expected.daily.set_index(["shop_id", "date"])["mean"].to_frame("expected")
    both = beside.join(sums.rename("came"), how="inner")
    if both.empty or both["came"].sum() <= 0:
        return None
    return Came(
        days=both.index.get_level_values("date").nunique(),
        contacts=float(both["came"].sum()),
        expected=float(both["expected"].sum()),
        wape=float((both["expected"] - both["came"]).abs().sum() / both["came"].sum()),
    )
