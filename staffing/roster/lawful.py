"""The rules that bind one agent alone, stated over her shifts: what a lawful horizon is.

R3, R4, R11 and R13 are in the options an agent has; the rules here tie her days together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent

Own = Mapping[int, Sequence[tuple[Template, cp_model.IntVar]]]
"""Day of the horizon -> shifts that may be taken, with their variables."""
Works = Sequence[cp_model.LinearExpr]
"""Per day of the horizon whether she works."""


def total(terms: Iterable[cp_model.LinearExprT]) -> cp_model.LinearExpr:
    """Return a sum as an expression, also of nothing."""
    return cp_model.LinearExpr.sum(list(terms))


def has_week(agent: Agent) -> bool:
    """Return whether an agent has any lawful horizon at all."""
    cp = cp_model.CpModel()
    own = {
        d: [(shift, cp.new_bool_var("")) for shift in (option.shifts if option else ())]
        for d, option in enumerate(agent.options)
    }
    return solvable(cp, agent, own)


def is_lawful(agent: Agent, shifts: Mapping[int, Template]) -> bool:
    """Return whether shifts on some days of the horizon keep every rule of an agent."""
    cp = cp_model.CpModel()
    own = {
        d: [(shifts[d], cp.new_constant(1))] if d in shifts else []
        for d in range(len(agent.options))
    }
    return solvable(cp, agent, own)


def solvable(cp: cp_model.CpModel, agent: Agent, own: Own) -> bool:
    """Return whether some choice of an agent's shifts keeps every rule of hers.

    Parameters
    ----------
    cp : what is stated of the shifts already; her rules are added
    """
    lawful_week(cp, agent, own)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.catch_sigint_signal = False  # Ctrl-C is Python's to handle
    return solver.solve(cp) != cp_model.INFEASIBLE


def lawful_week(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """State the rules R2, R5 to R9 and R12 to R16 and whatever else the agent's limits ask.

    Parameters
    ----------
    own : for every day of the horizon the shifts that may be taken
    """
    for shifts in own.values():
        cp.add_at_most_one(v for _, v in shifts)
    works = [total(v for _, v in own[d]) for d in range(len(agent.options))]
    _spans(cp, agent, own, works)
    _most_consecutive(cp, agent, works)
    _least_in_a_row(cp, agent, works)
    _rest(cp, agent, own)
    _successions(cp, agent, own)
    _most_of(cp, agent, own)
    _weekends(cp, agent, works)
    _overtime(cp, agent, own)
    _most_in_a_row(cp, agent, own)
    _starts(cp, agent, own)
    _free_weekends(cp, agent, works)


def _spans(cp: cp_model.CpModel, agent: Agent, own: Own, works: Works) -> None:
    """R5 most hours, R6 least hours, R7 rest days, R17 split shifts of each calendar week."""
    for span in agent.limits.spans:
        paid = total(shift.paid * v for d in span.days for shift, v in own[d])
        cp.add_linear_constraint(paid, span.least_paid, span.most_paid)
        days = total(works[d] for d in span.days)
        cp.add_linear_constraint(days, span.least_days, span.most_days)
        for tag, most in span.most_of:
            cp.add(total(v for d in span.days for s, v in own[d] if tag in s.tags) <= most)


def _most_consecutive(cp: cp_model.CpModel, agent: Agent, works: Works) -> None:
    """R8: in any `most` + 1 consecutive days, published ones included, one is free."""
    most = agent.limits.most_consecutive
    if most is None:
        return
    for first in range(-most, len(works) - most):
        window = range(first, first + most + 1)
        before = sum(d in agent.worked for d in window if d < 0)
        cp.add_linear_constraint(total(works[d] for d in window if d >= 0), 0, most - before)


def _least_in_a_row(cp: cp_model.CpModel, agent: Agent, works: Works) -> None:
    """Forbid runs of work, and of days off, that are too short and lie inside the horizon."""
    limits, number = agent.limits, len(works)
    for length in range(1, limits.least_consecutive):
        for before in range(number - length - 1):
            run = works[before + 1 : before + length + 1]
            cp.add(works[before] + works[before + length + 1] + length - total(run) >= 1)
    for length in range(1, limits.least_off):
        for before in range(number - length - 1):
            run = works[before + 1 : before + length + 1]
            cp.add(2 - works[before] - works[before + length + 1] + total(run) >= 1)


def _rest(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """R9: between two shifts lie `rest` slots, the last published shift included.

    One clique per end time: shifts that end at it or later exclude every shift of the next day
    that starts less than `rest` after it.
    """
    rest = agent.limits.rest
    for d, shifts in own.items():
        for shift, variable in shifts:
            begins = d * SLOTS_PER_DAY + shift.start
            if agent.last_end is not None and begins < agent.last_end + rest:
                cp.add_linear_constraint(variable, 0, 0)
        for end in sorted({shift.end for shift, _ in shifts}):
            late = [v for shift, v in shifts if shift.end >= end]
            early = [v for s, v in own.get(d + 1, ()) if SLOTS_PER_DAY + s.start < end + rest]
            if early:
                cp.add_at_most_one(late + early)


def _successions(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """Forbid shifts with certain tags on the day after shifts with certain others."""
    by_first = itertools.groupby(sorted(agent.limits.forbidden), key=lambda pair: pair[0])
    for tag, pairs in by_first:
        banned = {after for _, after in pairs}
        for d, shifts in own.items():
            first = [v for shift, v in shifts if tag in shift.tags]
            second = [v for s, v in own.get(d + 1, ()) if banned & set(s.tags)]
            if first and second:
                cp.add_at_most_one(first + second)


def _most_of(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """Limit how many shifts with a tag she has in the horizon."""
    for tag, most in agent.limits.most_of:
        tagged = [v for shifts in own.values() for shift, v in shifts if tag in shift.tags]
        cp.add_linear_constraint(total(tagged), 0, most)


def _weekends(cp: cp_model.CpModel, agent: Agent, works: Works) -> None:
    """Limit on how many weekends she works; one of its days is enough."""
    if agent.limits.most_weekends is None:
        return
    worked = []
    for days in agent.limits.weekends:
        worked.append(cp.new_bool_var(""))
        for d in days:
            cp.add(worked[-1] >= works[d])
    cp.add_linear_constraint(total(worked), 0, agent.limits.most_weekends)


def _overtime(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """R12: limit the overtime of the weeks that end in a month."""
    for month in agent.limits.overtime:
        weeks = []
        for week in month.weeks:
            shifts = [each for d in week.days for each in own[d]]
            overtime = cp.new_int_var(0, max(month.most, 0), "")
            cp.add(overtime >= week.base + total(shift.paid * v for shift, v in shifts))
            long = [(s.paid - week.normal_day, v) for s, v in shifts if s.paid > week.normal_day]
            cp.add(overtime >= week.over + total(over * v for over, v in long))
            weeks.append(overtime)
        cp.add(total(weeks) <= month.most)


def _most_in_a_row(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """R14: in any `most` + 1 days in a row, published ones included, one lacks the tag."""
    for tag, most in agent.limits.most_in_a_row:
        tagged = [
            total(v for shift, v in own[d] if tag in shift.tags) for d in range(len(agent.options))
        ]
        for first in range(-most, len(tagged) - most):
            window = range(first, first + most + 1)
            before = sum((d, tag) in agent.tagged for d in window if d < 0)
            cp.add_linear_constraint(total(tagged[d] for d in window if d >= 0), 0, most - before)


def _starts(cp: cp_model.CpModel, agent: Agent, own: Own) -> None:
    """R15: all shifts of a week start within `spread` slots of its earliest start."""
    for week in agent.limits.starts:
        shifts = [each for d in week.days for each in own[d]]
        edges = [*week.published, *(shift.start for shift, _ in shifts)]
        if not edges:
            continue
        earliest = cp.new_int_var(min(edges) - week.spread, max(edges), "")
        for start in week.published:
            cp.add_linear_constraint(earliest, start - week.spread, start)
        for shift, variable in shifts:
            cp.add(earliest <= shift.start).only_enforce_if(variable)
            cp.add(earliest >= shift.start - week.spread).only_enforce_if(variable)


def _free_weekends(cp: cp_model.CpModel, agent: Agent, works: Works) -> None:
    """R16: of each run of weekends one is free."""
    for run in agent.limits.free_weekends:
        free = []
        for days in run:
            free.append(cp.new_bool_var(""))
            for d in days:
                cp.add(works[d] + free[-1] <= 1)
        cp.add_bool_or(free)
