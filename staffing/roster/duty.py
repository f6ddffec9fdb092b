"""Duties: one agent's day with its shift, meals and the pool served in each slot."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.places import Reach
from staffing.roster.shifts import Meal, Template
from staffing.roster.staff import Capability

Group = tuple[int, Capability]
"""Day of the horizon, pools and speeds: people who are alike on that day."""


@dataclass(frozen=True, slots=True)
class Duty:
    """One agent's day.

    Attributes
    ----------
    shift : the template, slots of the service day
    meals : start slots of the meals, of the service day, in the order of the shift's meals
    pools : the place served in each slot of the shift; None at a meal, in a hole or when no pool
        of hers is open
    """

    shift: Template
    meals: tuple[int, ...]
    pools: tuple[str | None, ...]

    @property
    def away(self) -> frozenset[int]:
        """Return the slots of the service day spent at meals or in the hole of a split shift."""
        length = self.shift.meal_slots
        eaten = frozenset(t + k for t in self.meals for k in range(length))
        return eaten | frozenset(range(*self.shift.hole)) if self.shift.hole else eaten


Roll = Mapping[tuple[str, int], Duty]
"""(agent id, day of the horizon) -> duty."""


def served(
    roll: Roll,
    speed: Mapping[tuple[str, int], Mapping[str, int]],
    reach: Reach = MappingProxyType({}),
) -> dict[tuple[str, int], int]:
    """Return (row of seats, slot of the horizon) -> speed units served.

    Parameters
    ----------
    speed : (agent id, day) -> place -> units
    """
    by_row: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for (agent, day), duty in roll.items():
        units = speed[agent, day]
        t = day * SLOTS_PER_DAY + duty.shift.start
        for place, run in itertools.groupby(duty.pools):
            begin, t = t, t + len(list(run))
            if place is None:
                continue
            for row in reach.get(place, (place,)):
                own, number = by_row[row], units[place]
                for slot in range(begin, t):
                    own[slot] += number
    return {(row, t): number for row, own in by_row.items() for t, number in own.items()}


def name_people(
    shifts: Mapping[tuple[str, int], Template],
    capability: Mapping[tuple[str, int], Capability],
    meals: Mapping[tuple[Group, Template, Meal], Iterable[int]],
    service: Mapping[tuple[Group, int], Mapping[str, int]],
) -> dict[tuple[str, int], Duty]:
    """Hand a group's counts of meals and service to its people.

    Any hand-out is right; this one keeps people in the pool they are in as long as its count
    lasts. Who is not needed anywhere gets no pool.
    """
    eating = {key: sorted(starts) for key, starts in meals.items()}
    chosen: dict[tuple[str, int], tuple[int, ...]] = {}
    members: dict[Group, list[str]] = defaultdict(list)
    for (agent, day), shift in sorted(shifts.items()):
        group = (day, capability[agent, day])
        members[group].append(agent)
        chosen[agent, day] = tuple(eating[group, shift, meal].pop(0) for meal in shift.meals)
    pools: dict[tuple[str, int], dict[int, str]] = {key: {} for key in shifts}
    for group, agents in members.items():
        _serve(group, agents, shifts, chosen, service, pools)
    return {
        (agent, day): Duty(
            shift,
            chosen[agent, day],
            tuple(pools[agent, day].get(t) for t in range(shift.start, shift.end)),
        )
        for (agent, day), shift in sorted(shifts.items())
    }


def _serve(
    group: Group,
    agents: list[str],
    shifts: Mapping[tuple[str, int], Template],
    meals: Mapping[tuple[str, int], tuple[int, ...]],
    service: Mapping[tuple[Group, int], Mapping[str, int]],
    pools: Mapping[tuple[str, int], dict[int, str]],
) -> None:
    """Fill `pools` (slot of the day -> pool) of one group's people."""
    day = group[0]
    last: dict[str, str] = {}
    away = {agent: Duty(shifts[agent, day], meals[agent, day], ()).away for agent in agents}
    first = min(shifts[agent, day].start for agent in agents)
    end = max(shifts[agent, day].end for agent in agents)
    for t in range(first, end):
        wanted = dict(service.get((group, day * SLOTS_PER_DAY + t), {}))
        here = [
            agent
            for agent in agents
            if shifts[agent, day].start <= t < shifts[agent, day].end and t not in away[agent]
        ]
        free = []
        for agent in here:
            pool = last.get(agent)
            if pool is not None and wanted.get(pool, 0) > 0:
                wanted[pool] -= 1
                pools[agent, day][t] = pool
            else:
                free.append(agent)
        queue = [pool for pool, number in wanted.items() for _ in range(number)]
        for agent, pool in zip(free, queue, strict=False):
            pools[agent, day][t] = last[agent] = pool
