"""One strength of a promotion: what it asks, what own people cover, levers, and the gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from staffing.forecast import Forecast
from staffing.grid import SLOTS_PER_H
from staffing.promotion.levers import (
    Lever,
    Outsider,
    as_agents,
    levered,
    outsiders,
)
from staffing.promotion.program import UNITS_PER_H, Found, Prices, Program
from staffing.roster.places import needed, reach
from staffing.roster.prices import SPEED_UNITS, Place
from staffing.roster.staff import Agent, Span, staff
from staffing.scenario import Scenario, Strength
from staffing.seats import SeatRequirement, follow_roster, seats
from staffing.workspace import Workspace

__all__ = ["Outlook", "Use", "asked", "cheapest_mix", "looked_at", "mixed"]

WORTH_LOOKING = 0.05
"""Share of all that own people leave open below which nobody is looked for to serve a pool."""
LEAST = 0.05
"""Hours, days and shifts below which a lever counts as not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much of a lever is used.

    Attributes
    ----------
    amount : hours of overtime, rest days moved, split or short shifts, people from outside
    price : yuan of all of it
    """

    lever: Lever
    amount: float
    price: float


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a promotion comes to at one strength.

    Attributes
    ----------
    factor : on the contacts of promotion days
    contacts : expected over the horizon, after the bot; tickets apart
    required : the seats that they require
    own_open_h, own_level : seat-hours that own people leave open at best without any lever, and
        the service level that means
    open_h, level : the same with the cheapest mix
    missing : (pool, slot) -> seats that are then missing, where there are any
    uses : of each lever, in the order in which they are told; none that is not used
    people : from outside
    at_least : yuan that no mix that leaves as little open goes below
    exact : whether the mix is proven the cheapest
    overtime_each_h, splits_each : of those who have most, each: hours in the horizon, split shifts
        in a week
    """

    strength: Strength
    factor: float
    contacts: float
    required: SeatRequirement
    own_open_h: float = 0.0
    own_level: float = 1.0
    open_h: float = 0.0
    level: float = 1.0
    missing: Mapping[Place, float]
    uses: tuple[Use, ...] = ()
    people: tuple[Outsider, ...] = ()
    at_least: float = 0.0
    exact: bool = True
    overtime_each_h: float = 0.0
    splits_each: float = 0.0

    @property
    def price(self) -> float:
        """Return the yuan of all levers."""
        return sum(use.price for use in self.uses)

    @property
    def required_h(self) -> float:
        """Return the seat-hours required."""
        return self.required.seat_hours

    @property
    def peak(self) -> tuple[float, pd.Timestamp | None]:
        """Return the most seats of all pools at once, and when that is first."""
        total = self.required.table.groupby("start", as_index=False)["seats"].sum()
        if total.empty:
            return 0.0, None
        seats_at = total["seats"].to_numpy()
        at = int(seats_at.argmax())
        return float(seats_at[at]), pd.Timestamp(total["start"].iloc[at])


def asked(
    workspace: Workspace, scenario: Scenario, expected: Forecast, strength: Strength, factor: float
) -> Outlook:
    """Return the seats that a strength requires, and what own people leave open of them.

    Parameters
    ----------
    expected : the forecast at this strength
    """
    required = seats(workspace, scenario, expected)
    people = staff(workspace, scenario)
    found = _program(required, people, Prices()).cheapest()
    return Outlook(
        strength=strength,
        factor=factor,
        contacts=float(required.table["contacts"].sum()),
        required=required,
        own_open_h=found.open_h,
        own_level=level(workspace, scenario, expected, required, found.missing),
        missing=found.missing,
    )


def mixed(workspace: Workspace, scenario: Scenario, expected: Forecast, made: Outlook) -> Outlook:
    """Return the outlook with the cheapest mix of levers."""
    required = made.required
    found, uses, people = cheapest_mix(
        workspace,
        scenario,
        required,
        _short(made),
        refit=made.strength == scenario.promotion.roster_for,
    )
    return replace(
        made,
        open_h=found.open_h,
        level=level(workspace, scenario, expected, required, found.missing),
        missing=found.missing,
        uses=tuple(uses),
        people=tuple(people),
        at_least=min(found.at_least, sum(use.price for use in uses)),
        exact=found.exact,
        overtime_each_h=found.overtime_each_h,
        splits_each=found.splits_each,
    )


def _short(made: Outlook) -> set[str]:
    """Return the pools in which own people leave open enough to get somebody for."""
    missing: dict[str, float] = {}
    for (pool, _), lacking in made.missing.items():
        missing[pool] = missing.get(pool, 0.0) + lacking
    least = WORTH_LOOKING * sum(missing.values())
    return {pool for pool, lacking in missing.items() if lacking >= least}


def cheapest_mix(
    workspace: Workspace,
    scenario: Scenario,
    required: SeatRequirement,
    pools: Collection[str] | None = None,
    *,
    refit: bool = True,
) -> tuple[Found, list[Use], list[Outsider]]:
    """Return the cheapest mix of levers for some seats, what it uses, and who comes from outside.

    Parameters
    ----------
    pools : that people from outside are looked for; all of them without
    refit : as in `Program.cheapest`
    """
    told, allowed = scenario.promotion, levered(scenario)
    own, who = staff(workspace, allowed), outsiders(workspace, scenario)
    who = [each for each in who if pools is None or each.pool in pools]
    alike = as_agents(workspace, scenario, who)
    week = scenario.rules.average_over == "week"
    day_h = scenario.rules.max_daily_h + scenario.rules.overtime_day_h
    prices = Prices(
        overtime_hour=told.overtime_hour,
        moved_day=told.moved_rest_day,
        split=told.split_shift,
        peak=told.peak_shift,
        open_hour=told.open_hour,
        most_moved=allowed.rules.moved_rest_days,
        normal_day=round(SLOTS_PER_H * day_h),
    )
    found = _program(
        required,
        own,
        prices,
        usual={a.agent_id: a.limits.spans for a in staff(workspace, scenario)} if week else {},
        most_open=told.most_open * required.seat_hours * UNITS_PER_H,
        outside=list(zip(who, alike, strict=True)),
        together={"borrowed": told.borrowed_most, "temps": told.temps_most},
    ).cheapest(refit=refit)
    people = [replace(o, number=n) for o, n in zip(who, found.numbers, strict=True) if n]
    return found, _uses(found, people, prices), people


def looked_at(
    workspace: Workspace, scenario: Scenario, expected: Forecast, strength: Strength, factor: float
) -> Outlook:
    """Return all of a strength."""
    made = asked(workspace, scenario, expected, strength, factor)
    return mixed(workspace, scenario, expected, made)


def _program(
    required: SeatRequirement,
    own: Sequence[Agent],
    prices: Prices,
    usual: Mapping[str, Sequence[Span]] = MappingProxyType({}),
    outside: Sequence[tuple[Outsider, Agent]] = (),
    together: Mapping[str, int] = MappingProxyType({}),
    most_open: float = 0.0,
) -> Program:
    """Return the program of people against what is required."""
    need = {at: n * SPEED_UNITS for at, n in needed(required.table, required.sets).items()}
    everybody = [*own, *(agent for _, agent in outside)]
    places = (
        name for a in everybody for o in a.options if o is not None for name, _ in o.capability
    )
    return Program(
        own=own,
        need=need,
        reach=reach(places, required.sets),
        prices=prices,
        usual=usual,
        outside=outside,
        together=together,
        most_open=most_open,
    )


def _uses(found: Found, people: Sequence[Outsider], prices: Prices) -> list[Use]:
    """Return the levers that a mix uses."""
    own: tuple[tuple[Lever, float, float], ...] = (
        ("moved_rest_days", found.moved_days, prices.moved_day),
        ("overtime", found.overtime_h, prices.overtime_hour),
        ("split_shifts", found.splits, prices.split),
        ("peak_shifts", found.peaks, prices.peak),
    )
    uses = [
        Use(lever=lever, amount=amount, price=amount * each)
        for lever, amount, each in own
        if amount > LEAST
    ]
    kinds: tuple[Lever, ...] = ("borrowed", "temps")
    for kind in kinds:
        some = [each for each in people if each.kind == kind]
        if some:
            number = float(sum(each.number for each in some))
            price = sum(each.number * each.price for each in some)
            uses.append(Use(lever=kind, amount=number, price=price))
    return uses


def level(
    workspace: Workspace,
    scenario: Scenario,
    expected: Forecast,
    required: SeatRequirement,
    missing: Mapping[Place, float],
) -> float:
    """Return the service level of the expected contacts where these seats are missing.

    Parameters
    ----------
    missing : (pool, slot) -> seats
    """
    table = required.table
    lacking = [
        missing.get((str(pool), int(slot)), 0.0)
        for pool, slot in zip(table["pool"], table["slot"], strict=True)
    ]
    covered = table[["pool", "slot"]].assign(rostered=table["seats"] - lacking)
    lived = follow_roster(workspace, scenario, expected, required, covered)
    total = float(lived["contacts"].sum())
    return float((lived["service_level"] * lived["contacts"]).sum()) / total if total else 1.0
