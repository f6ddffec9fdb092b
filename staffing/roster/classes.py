"""Agents alike: same pools and speeds, shifts and limits; absences and past weeks may differ.

The relaxation counts a class instead of naming its people, so that its size follows the kinds of
contract and training, not the number of agents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option

Kind = tuple[object, ...]
"""What members of a class have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """Some agents alike.

    Attributes
    ----------
    members : the agents, in order
    options : per day what a member who is there may do; None where nobody ever is
    """

    members: tuple[Agent, ...]
    options: tuple[Option | None, ...]

    def available(self, day: int) -> int:
        """Return how many members could work on a day."""
        return sum(agent.options[day] is not None for agent in self.members)

    def able(self, day: int, shift: Template) -> int:
        """Return how many members could take a shift, the rest after their last one counted."""
        begins = day * SLOTS_PER_DAY + shift.start
        return sum(
            agent.options[day] is not None
            and (agent.last_end is None or begins >= agent.last_end + agent.limits.rest)
            for agent in self.members
        )


@dataclass(slots=True)
class _Numbers:
    """Small numbers for options, the same for equal ones; long tuples are compared once each."""

    options: dict[tuple[object, ...], int] = field(default_factory=dict)
    shifts: dict[tuple[Template, ...], int] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)

    def of(self, option: Option) -> int:
        """Return the number of an option."""
        if (number := self.seen.get(id(option.shifts))) is None:
            number = self.shifts.setdefault(option.shifts, len(self.shifts))
            self.seen[id(option.shifts)] = number
        key = (option.capability, number, option.costs, option.off)
        return self.options.setdefault(key, len(self.options))


def classes(agents: Sequence[Agent]) -> list[Class]:
    """Return the classes, in the order of their first members."""
    found: dict[Kind, list[Agent]] = {}
    numbers = _Numbers()
    for agent in agents:
        found.setdefault(_kind(agent, numbers), []).append(agent)
    return [Class(members=tuple(own), options=_union(own)) for own in found.values()]


def _kind(agent: Agent, numbers: _Numbers) -> Kind:
    """Return what tells one class from another.

    Days of absence are filled with what she may do on the days beside them, since only their
    number differs; members who are there on a day may do the same on it.
    """
    days = [None if o is None else numbers.of(o) for o in agent.options]
    return (tuple(_filled(days)), _shape(agent.limits))


def _shape(limits: Limits) -> Limits:
    """Return limits without the amounts that a class sums, and what the past leaves of them."""
    return replace(
        limits,
        spans=tuple(
            replace(span, most_paid=0, most_days=0, least_paid=0, least_days=0)
            for span in limits.spans
        ),
        overtime=tuple(
            replace(
                month, most=0, weeks=tuple(replace(week, base=0, over=0) for week in month.weeks)
            )
            for month in limits.overtime
        ),
        starts=tuple(replace(week, published=()) for week in limits.starts),
        free_weekends=(),
    )


def _filled(days: Sequence[int | None]) -> list[int | None]:
    """Return the days with gaps filled from before, and a gap at the start from after."""
    first = next((day for day in days if day is not None), None)
    found: list[int | None] = []
    for day in days:
        found.append(day if day is not None else (found[-1] if found else first))
    return found


def _union(members: Sequence[Agent]) -> tuple[Option | None, ...]:
    """Return per day the option of the first member who is there."""
    return tuple(
        next((o for o in day if o is not None), None)
        for day in zip(*(agent.options for agent in members), strict=True)
    )
