"""What a promotion run may pull: rules that were agreed for it, and people from outside.

Own people are levered by rules of the scenario (`levered`): every one of them stays a hard rule
that the audit checks. People from outside are rows of the tables like anybody else (`joined`), so
that forecast to calendars nothing has to know of them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from staffing.roster.measures import HIRED_H, longer, with_tables
from staffing.roster.staff import Agent, staff
from staffing.scenario import Scenario
from staffing.scenario.rules import LAW_DAY_H
from staffing.store import known_until
from staffing.workspace import Workspace

__all__ = [
    "LEVERS",
    "WORK_DAYS",
    "Kind",
    "Lever",
    "Outsider",
    "joined",
    "levered",
    "outsiders",
    "today",
]

Lever = Literal["moved_rest_days", "overtime", "split_shifts", "peak_shifts", "borrowed", "temps"]
LEVERS: tuple[Lever, ...] = (
    "moved_rest_days",
    "overtime",
    "split_shifts",
    "peak_shifts",
    "borrowed",
    "temps",
)
"""In the order in which they are told."""
Kind = Literal["borrowed", "temps"]
WORK_DAYS = 5
"""Days a week that somebody from outside is paid for: 40 hours in shifts of eight."""
LONG = 4
"""Weeks up to which somebody may come and leave with any week; in longer horizons stays of up to
two weeks, and to the end, are looked at."""
NAMES = {"borrowed": "LENT", "temps": "TEMP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsider:
    """People from outside, alike: one pool, first and last day of service.

    Attributes
    ----------
    number : how many
    price : yuan of each
    training_from : first day of training; the first of service where there is none
    decide_by : last day on which to decide on them
    full_speed_on : day from which they are at the speed that they rise to
    """

    kind: Kind
    pool: str
    first: dt.date
    last: dt.date
    price: float
    training_from: dt.date
    decide_by: dt.date
    full_speed_on: dt.date
    number: int = 0


def today(workspace: Workspace, scenario: Scenario) -> dt.date:
    """Return the day on which is decided: the one planned as of, else that after the history."""
    told = scenario.forecast.known_day
    if told is not None:
        return told
    return known_until(workspace, scenario.horizon.start) + dt.timedelta(days=1)


def levered(scenario: Scenario, used: Sequence[Lever] = LEVERS) -> Scenario:
    """Return the scenario with the rules that levers for own people need.

    Under averaged hours neither overtime nor moved rest days are levers: the average is one.
    """
    told, rules, shifts = scenario.promotion, scenario.rules, scenario.shifts
    new: dict[str, object] = {}
    if rules.average_over == "week":
        if "overtime" in used and told.overtime_month_h > 0:
            room = LAW_DAY_H - rules.max_daily_h
            new["overtime_day_h"] = max(rules.overtime_day_h, min(told.overtime_day_h, room))
            new["overtime_month_h"] = max(rules.overtime_month_h, told.overtime_month_h)
        if "moved_rest_days" in used and told.moved_rest_days:
            new["moved_rest_days"] = told.moved_rest_days
    hours: dict[str, object] = {}
    if "split_shifts" in used and told.splits_per_week:
        hours["splits_per_week"] = max(shifts.splits_per_week, told.splits_per_week)
    if "peak_shifts" in used and told.peak_h:
        hours["peak_h"] = tuple(sorted({*shifts.peak_h, *told.peak_h}))
    made: dict[str, object] = {}
    if new:
        made["rules"] = rules.model_copy(update=new)
    if hours:
        made["shifts"] = shifts.model_copy(update=hours)
    return scenario.model_copy(update=made) if made else scenario


def outsiders(workspace: Workspace, scenario: Scenario) -> list[Outsider]:
    """Return who may come from outside: each pool, and each stay of whole weeks, of each kind.

    Temps can serve from the day on which somebody decided on today is trained.
    """
    told, now = scenario.promotion, today(workspace, scenario)
    found = []
    days = told.temp_lead_days + told.temp_training_days
    for kind, most, wait in (("borrowed", told.borrowed_most, 0), ("temps", told.temps_most, days)):
        if not most:
            continue
        for first, last in _stays(scenario, now + dt.timedelta(days=wait), kind):
            one = _outsider(scenario, kind, first, last)
            found += [replace(one, pool=pool) for pool in workspace.pools]
    return found


def _stays(scenario: Scenario, soonest: dt.date, kind: str) -> list[tuple[dt.date, dt.date]]:
    """Return first and last days of stays: calendar weeks on end, from the soonest day on.

    Who is borrowed is borrowed week by week.
    """
    days = scenario.grid.dates
    firsts = [d for d in days if d >= soonest and (d.weekday() == 0 or d in (days[0], soonest))]
    lasts = [d for d in days if d.weekday() == 6 or d == days[-1]]
    found = []
    for first in firsts:
        for weeks, last in enumerate((d for d in lasts if d >= first), start=1):
            if kind == "borrowed" and weeks > 1:
                continue
            if len(lasts) > LONG and weeks > 2 and last != days[-1]:
                continue
            found.append((first, last))
    return found


def _outsider(scenario: Scenario, kind: str, first: dt.date, last: dt.date) -> Outsider:
    """Return somebody of a stay, of no pool yet."""
    told, served = scenario.promotion, (last - first).days + 1
    paid = math.ceil(served * WORK_DAYS / 7)
    if kind == "borrowed":
        return Outsider(
            kind="borrowed",
            pool="",
            first=first,
            last=last,
            price=told.borrowed_day * paid,
            training_from=first,
            decide_by=first,
            full_speed_on=first,
        )
    training = first - dt.timedelta(days=told.temp_training_days)
    return Outsider(
        kind="temps",
        pool="",
        first=first,
        last=last,
        price=told.temp_once + told.temp_day * (paid + told.temp_training_days),
        training_from=training,
        decide_by=training - dt.timedelta(days=told.temp_lead_days),
        full_speed_on=first + dt.timedelta(days=told.temp_ramp_days),
    )


def joined(
    workspace: Workspace, scenario: Scenario, people: Sequence[Outsider]
) -> tuple[Workspace, list[list[str]]]:
    """Return the workspace with people from outside, and the ids of each kind of them."""
    told, names = scenario.promotion, list[list[str]]()
    taken = set(workspace.agents.index.astype(str))
    agents, skills, absences = list[dict[str, object]](), [], []
    for each in people:
        own = list[str]()
        stem = NAMES[each.kind]
        for _ in range(each.number):
            name = next(f"{stem}-{i}" for i in range(1, 100_000) if f"{stem}-{i}" not in taken)
            taken.add(name)
            own.append(name)
            first = pd.Timestamp(each.first)
            agents.append(
                {
                    str(workspace.agents.index.name): name,
                    "name": name,
                    "team": stem,
                    "started_on": first,
                    "hours_per_week": HIRED_H,
                    "contract": "full_time",
                }
            )
            temp = each.kind == "temps"
            skill = {
                "agent_id": name,
                "speed": told.temp_speed if temp else told.borrowed_speed,
                "since": first,
                "ramp_days": float(told.temp_ramp_days) if temp else float("nan"),
            }
            skills += [{**skill, "shop_id": shop} for shop in workspace.pools[each.pool]]
            after = (d for d in scenario.grid.dates if d > each.last)
            absences += [
                {"agent_id": name, "date": pd.Timestamp(d), "kind": "finished"} for d in after
            ]
        names.append(own)
    if not taken - set(workspace.agents.index.astype(str)):
        return workspace, names
    table = workspace.agents
    more = longer(table.reset_index(), agents).set_index(table.index.name)
    made = with_tables(
        workspace,
        agents=more,
        skills=longer(workspace.skills, skills),
        absences=longer(workspace.tables["absences"], absences),
    )
    return made, names


def as_agents(workspace: Workspace, scenario: Scenario, people: Sequence[Outsider]) -> list[Agent]:
    """Return one of each kind of people from outside as the rules see her."""
    own = with_tables(workspace, agents=workspace.agents.iloc[:0], skills=workspace.skills.iloc[:0])
    space, names = joined(own, scenario, [replace(each, number=1) for each in people])
    found = {agent.agent_id: agent for agent in staff(space, scenario)}
    return [replace(found[name], agent_id="") for (name,) in names]
