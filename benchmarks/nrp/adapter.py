"""An instance as a `Problem` of the roster engine, and duties back as a roster.

Shifts of the instances have no clock times, so each gets a slot of the day of its own and is a
pool that is open in that slot only; successions and counts go by its tag.
"""

from __future__ import annotations

import datetime as dt

from benchmarks.nrp.evaluate import Roster
from benchmarks.nrp.reader import Instance, Nurse
from staffing.grid import SLOTS_PER_DAY
from staffing.roster.duty import Roll
from staffing.roster.problem import Problem
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Capability, Limits, Option, Span
from staffing.scenario import Fairness

MONDAY = dt.date(2024, 1, 1)
EVEN = Fairness(
    late_weight=0,
    weekend_weight=0,
    days_weight=0,
    statutory_weight=0,
    peak_night_weight=0,
    change_weight=0,
    steady_weight=0,
)
"""The instances have no price on uneven duties."""


def problem(instance: Instance) -> Problem:
    """Return what the engine is asked; the points of a roster are its cost.

    Raises
    ------
    ValueError
        If there are more shifts than slots in a day.
    """
    if len(instance.shifts) > SLOTS_PER_DAY:
        raise ValueError(f"{len(instance.shifts)} shifts, but only {SLOTS_PER_DAY} slots a day")
    shifts = {
        name: Template(k, k + 1, minutes, (), (name,))
        for k, (name, minutes) in enumerate(instance.shifts.items())
    }
    cover = {
        (shift, day * SLOTS_PER_DAY + shifts[shift].start): need
        for (day, shift), need in instance.cover.items()
    }
    return Problem(
        agents=tuple(_agent(instance, name, shifts) for name in instance.nurses),
        need={place: need.required for place, need in cover.items()},
        steps={place: ((need.required, need.under),) for place, need in cover.items()},
        idle={t: need.over for (_, t), need in cover.items()},
        start=MONDAY,
        fairness=EVEN,
    )


def _agent(instance: Instance, name: str, shifts: dict[str, Template]) -> Agent:
    nurse = instance.nurses[name]
    own = tuple(shift for tag, shift in shifts.items() if nurse.most_of.get(tag, 0) > 0)
    capability: Capability = tuple((tag, 1) for tag in shifts)
    return Agent(
        agent_id=name,
        contract_h=0.0,
        options=tuple(
            _option(instance, name, d, () if d in nurse.days_off else own, capability)
            for d in range(instance.days)
        ),
        limits=_limits(instance, nurse),
    )


def _option(
    instance: Instance, name: str, day: int, own: tuple[Template, ...], capability: Capability
) -> Option:
    """Return a day with what requests cost: a wanted shift, when she has another or none."""
    wanted = {s: w for (n, d, s), w in instance.wanted.items() if n == name and d == day}
    unwanted = {s: w for (n, d, s), w in instance.unwanted.items() if n == name and d == day}
    off = sum(wanted.values())
    tags = [shift.tags[0] for shift in own]
    costs = tuple(off - wanted.get(tag, 0) + unwanted.get(tag, 0) for tag in tags)
    return Option(capability, own, costs, off)


def _limits(instance: Instance, nurse: Nurse) -> Limits:
    days = instance.days
    weekends = (range(first, min(first + 2, days)) for first in range(5, days, 7))
    span = Span(
        days=tuple(range(days)),
        most_paid=nurse.most_min,
        least_paid=nurse.least_min,
        most_days=days,
    )
    return Limits(
        spans=(span,),
        most_consecutive=nurse.most_consecutive,
        least_consecutive=nurse.least_consecutive,
        least_off=nurse.least_off,
        most_of=tuple((s, m) for s, m in nurse.most_of.items() if 0 < m < days),
        weekends=tuple(tuple(days) for days in weekends),
        most_weekends=nurse.most_weekends,
        forbidden=tuple(sorted(instance.forbidden)),
    )


def roster(roll: Roll) -> Roster:
    """Return duties as the instances write them."""
    return {key: duty.shift.tags[0] for key, duty in roll.items()}
