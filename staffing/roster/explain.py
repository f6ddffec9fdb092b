"""Why no lawful roster exists, and why a roster is short: in the words of the rules."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, Grid
from staffing.roster.audit import RULES, Case, Shift, Stretch, cases, shifts_of
from staffing.roster.lawful import has_week
from staffing.roster.places import pool_of
from staffing.roster.shifts import Template
from staffing.roster.staff import FREE_SLOTS, PERSONAL_RULES, Agent, Option, staff, without
from staffing.scenario import Scenario
from staffing.words import Statement
from staffing.workspace import Workspace

SHOWN = 12
"""Shortages that are explained, the largest first."""
BLOCKING_RULES = ("R5", "R7", "R8", "R9", "R12", "R14", "R15", "R16")
"""Rules that can keep an agent who is free at a moment from one more shift."""


def contradictions(agents: Sequence[Agent], scenario: Scenario) -> list[Statement]:
    """Return, for every agent without a lawful week, the rules that clash.

    Hard rules bind each agent alone, so a roster exists exactly when everybody has a week.
    """
    found = []
    for agent in agents:
        clash = _clash(agent)
        if clash:
            rules = tuple(Statement(f"clash.{r}", _facts(r, agent, scenario)) for r in clash)
            if not any(option and option.shifts for option in agent.options):
                rules += (Statement("clash.no_shift"),)
            found.append(Statement("clash.agent", {"agent": agent.agent_id, "rules": rules}))
    return found


def _clash(agent: Agent) -> list[str]:
    """Return a smallest set of rules that leave the agent no week, [] when there is one."""
    if has_week(agent):
        return []
    needed = set(PERSONAL_RULES)
    for rule in PERSONAL_RULES:
        if not _feasible(agent, needed - {rule}):
            needed.discard(rule)
    clash = sorted(needed, key=lambda rule: int(rule[1:]))
    return [*clash, "R3"] if any(option is None for option in agent.options) else clash


def _feasible(agent: Agent, rules: set[str]) -> bool:
    """Return whether the agent has a week that keeps these rules."""
    for rule in PERSONAL_RULES:
        if rule not in rules:
            agent = without(agent, rule)
    return has_week(agent)


def _facts(rule: str, agent: Agent, scenario: Scenario) -> Mapping[str, object]:
    rules, spans = scenario.rules, agent.limits.spans
    told = [span.most_paid for span in spans if span.most_paid < FREE_SLOTS / 2]
    most = max(told, default=0) / SLOTS_PER_H
    least = max((span.least_paid for span in spans), default=0) / SLOTS_PER_H
    facts: Mapping[str, Mapping[str, object]] = {
        "R3": {"days": sum(option is None for option in agent.options)},
        "R5": {"hours": f"{most:g}"},
        "R6": {"hours": f"{least:g}"},
        "R7": {"days": rules.rest_days_per_week},
        "R8": {"days": rules.max_consecutive_days, "before": len(agent.worked)},
        "R9": {"hours": f"{rules.min_rest_h:g}"},
        "R12": {"hours": f"{rules.overtime_month_h:g}"},
        "R14": {"days": rules.max_late_in_a_row},
        "R15": {"hours": f"{rules.start_spread_h:g}"},
        "R16": {"weeks": rules.weekend_off_every_weeks},
    }
    return facts[rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Half hours in a row in which a pool has fewer seats than required.

    Attributes
    ----------
    seats : the largest shortfall in a half hour; seat_hours : the sum
    reasons : what each trained agent does instead, or the rule that keeps her away -> people, in
        the middle of the shortage
    """

    pool: str
    start: dt.datetime
    end: dt.datetime
    seats: float
    seat_hours: float
    reasons: Mapping[str, int]


def shortages(
    workspace: Workspace, scenario: Scenario, table: pd.DataFrame, coverage: pd.DataFrame
) -> list[Shortage]:
    """Return all shortages, the largest first; the first dozen with reasons.

    Parameters
    ----------
    table, coverage : a roster's assignments and coverage
    """
    found = sorted(_runs(coverage), key=lambda s: (-s.seat_hours, s.start, s.pool))
    everybody = {
        each.person.agent_id: each for each in cases(workspace, scenario, shifts_of(table))
    }
    options = {agent.agent_id: agent.options for agent in staff(workspace, scenario)}
    return [
        replace(each, reasons=_reasons(scenario.grid, each, everybody, options))
        for each in found[:SHOWN]
    ] + found[SHOWN:]


def _runs(coverage: pd.DataFrame) -> Iterator[Shortage]:
    """Yield consecutive short half hours of each pool."""
    short = coverage[coverage["uncovered"] > 0].sort_values(["pool", "slot"])
    fresh = (short["slot"].diff() != 1) | (short["pool"] != short["pool"].shift())
    for _, run in short.groupby(fresh.cumsum()):
        yield Shortage(
            pool=str(run["pool"].iloc[0]),
            start=run["start"].iloc[0].to_pydatetime(),
            end=run["start"].iloc[-1].to_pydatetime() + dt.timedelta(minutes=INTERVAL_MIN),
            seats=float(run["uncovered"].max()),
            seat_hours=float(run["uncovered"].sum()) * INTERVAL_MIN / 60,
            reasons={},
        )


def _reasons(
    grid: Grid,
    short: Shortage,
    cases: Mapping[str, Case],
    options: Mapping[str, tuple[Option | None, ...]],
) -> Mapping[str, int]:
    """Return what everybody trained for the pool does at the middle of a shortage."""
    half = dt.timedelta(minutes=INTERVAL_MIN)
    middle = short.start + ((short.end - short.start) // half // 2) * half
    slot = grid.slot_of(middle)
    counts: Counter[str] = Counter()
    for agent, case in cases.items():
        if short.pool in case.person.trained:
            counts[_reason(grid, case, options[agent], short.pool, middle, slot)] += 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _reason(
    grid: Grid,
    case: Case,
    options: tuple[Option | None, ...],
    pool: str,
    moment: dt.datetime,
    slot: int,
) -> str:
    """Return why one agent does not fill a seat at a moment; a key of the words ``why.*``."""
    for shift in case.shifts:
        for stretch in shift.stretches:
            if stretch.start <= moment < stretch.end:
                if stretch.activity == "meal":
                    return "meal"
                return "here" if stretch.pool == pool else "elsewhere"
    days = [d for d in (slot // SLOTS_PER_DAY, slot // SLOTS_PER_DAY - 1) if d in range(grid.days)]
    if any(shift.date == grid.dates[days[0]] for shift in case.shifts):
        return "R4"
    fitting = [
        (d, shift)
        for d in days
        if (option := options[d]) is not None
        and any(pool == pool_of(p) for p, _ in option.capability)
        for shift in option.shifts
        if shift.start <= slot - d * SLOTS_PER_DAY < shift.end
    ]
    if not fitting:
        return (
            "R3" if options[days[0]] is None else ("R11" if case.person.protected else "no_shift")
        )
    broken = [_first_broken(grid, case, d, shift) for d, shift in fitting]
    return "free" if None in broken else str(min(filter(None, broken), key=lambda r: int(r[1:])))


def _first_broken(grid: Grid, case: Case, day: int, shift: Template) -> str | None:
    """Return the first rule that would break if the agent took a shift on top, or None."""
    begin = grid.time_of(day * SLOTS_PER_DAY + shift.start)
    end = begin + dt.timedelta(minutes=shift.paid * INTERVAL_MIN)
    extra = Shift(grid.dates[day], (Stretch(begin, end, "work", None),))
    shifts = tuple(sorted((*case.shifts, extra), key=lambda s: s.date))
    added = replace(case, shifts=shifts)
    for rule in BLOCKING_RULES:
        if any(RULES[rule](added)):
            return rule
    return None
