"""Runs of work and of days off of one agent as a path through the horizon.

A run of work from one day to another is one column, and the columns of an agent form a path: work,
days off, work again. Least and most runs then hold of every real point of the program, where rows
over windows of days leave half-days in between; and of a weekend it is known whether any run
meets it. The relaxation of such a path is whole (a shortest path; the automaton of Côté, Gendron,
Quimper & Rousseau 2011, Formal languages for integer programming modeling of shift scheduling).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from staffing.roster.relax import Rows
from staffing.roster.staff import Agent, Limits

Run = tuple[int, int, int]
"""First day of a run of work, the day after its last, its column."""


def has_path(limits: Limits) -> bool:
    """Return whether runs are limited from below, so that a path says more than windows do."""
    return limits.least_consecutive > 1 or limits.least_off > 1


def state_runs(rows: Rows, agent: Agent, days: Sequence[Sequence[int]]) -> list[Run]:
    """State the path of an agent; return her runs of work.

    It says all of days in a row, and of weekends more than `relax.state_limits` does.

    Parameters
    ----------
    days : per day of the horizon the columns of her shifts
    """
    limits, end = agent.limits, len(days)
    most = end if limits.most_consecutive is None else limits.most_consecutive
    before = next(k for k in range(end + most + 1) if -k - 1 not in agent.worked)
    ready: dict[int, list[tuple[int, float]]] = defaultdict(list)
    worked: dict[int, list[tuple[int, float]]] = defaultdict(list)
    runs: list[Run] = []
    cover: list[list[int]] = [[] for _ in days]
    for first in range(end):
        room = max(most - before, 0) if first == 0 else most
        for last in range(first, min(first + room, end)):
            if not days[last]:
                break
            inside = first > 0 and last < end - 1
            if inside and last - first + 1 < limits.least_consecutive:
                continue
            column = rows.column(0.0, 1.0)
            runs.append((first, last + 1, column))
            ready[first].append((column, -1.0))
            worked[last + 1].append((column, 1.0))
            for d in range(first, last + 1):
                cover[d].append(column)
    for d in range(end):
        stay = rows.column(0.0, 1.0)
        ready[d].append((stay, -1.0))
        ready[d + 1].append((stay, 1.0))
        if d > 0:
            rest = rows.column(0.0, 1.0)
            worked[d].append((rest, -1.0))
            ready[min(d + limits.least_off, end)].append((rest, 1.0))
    for d in range(end):
        flow = -1.0 if d == 0 else 0.0
        rows.row(*_parts(ready[d]), low=flow, high=flow)
        if d > 0:
            rows.row(*_parts(worked[d]), low=0.0, high=0.0)
        values = [1.0] * len(days[d]) + [-1.0] * len(cover[d])
        rows.row([*days[d], *cover[d]], values, low=0.0, high=0.0)
    if limits.most_weekends is not None and all(map(_one_run_at_most, limits.weekends)):
        met = [
            (column, float(sum(any(first <= d < after for d in w) for w in limits.weekends)))
            for first, after, column in runs
        ]
        rows.row(*_parts([(j, number) for j, number in met if number]), high=limits.most_weekends)
    return runs


def _one_run_at_most(weekend: Sequence[int]) -> bool:
    """Return whether two runs of work cannot both meet a weekend: no day off lies inside."""
    return len(weekend) <= 2 and max(weekend) - min(weekend) < 2


def _parts(terms: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """Return the columns and the values of a row."""
    return [column for column, _ in terms], [value for _, value in terms]
