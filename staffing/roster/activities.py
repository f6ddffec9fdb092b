"""Training, meetings and quality checks, placed where they cost the fewest seats.

Once everybody's duties are known, each activity goes to the time inside its window at which most
of those who are asked can come, then to the one at which the fewest required seats lose somebody.
It is paid time without a pool. Whoever is never on duty long enough inside the window stays away,
and `unplaced` tells of her.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, Grid, Window
from staffing.scenario import Scenario
from staffing.workspace import Workspace

Key = tuple[str, int]
"""(agent id, day of the horizon)."""
Loss = Callable[[Sequence[Key], Sequence[int]], int]
"""Speed units of required seats lost while these people are away in these slots of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that people do together at one time, or one does alone.

    Attributes
    ----------
    kind : ``training``, ``meeting`` or ``qc``
    agents : who is to come
    length : slots
    days : days of the horizon on which it may be
    window : first slot, and the slot by which it must end, of the service day
    """

    kind: str
    agents: tuple[str, ...]
    length: int
    days: tuple[int, ...]
    window: tuple[int, int]

    def times(self) -> Iterator[tuple[int, range]]:
        """Yield the days and slots at which it may be, earliest first."""
        for day in self.days:
            for first in range(self.window[0], self.window[1] - self.length + 1):
                yield day, range(first, first + self.length)


def activities(workspace: Workspace, grid: Grid) -> list[Activity]:
    """Return the activities of the horizon, in the order of the table.

    Rows of one kind with the same `together`, days, window and minutes are one activity.
    """
    table = workspace.tables["activities"]
    found: dict[tuple[object, ...], list[str]] = {}
    for number, row in enumerate(rows(table)):
        window = Window.parse(row.opens, row.closes)
        last = row.first_day if pd.isna(row.last_day) else row.last_day
        days = tuple(
            d for d, day in enumerate(grid.dates) if row.first_day.date() <= day <= last.date()
        )
        name = number if pd.isna(row.together) or not row.together else str(row.together)
        length = -int(-row.minutes // INTERVAL_MIN)
        key = (name, str(row.activity), length, days, (window.first_slot, window.end_slot))
        if days:
            found.setdefault(key, []).append(str(row.agent_id))
    return [
        Activity(kind=kind, agents=tuple(agents), length=length, days=days, window=window)  # type: ignore[arg-type]
        for (_, kind, length, days, window), agents in found.items()
    ]


def place(
    activity: Activity, free: Mapping[Key, Collection[int]], loss: Loss
) -> tuple[list[Key], range] | None:
    """Return who comes and when; None where nobody can.

    Parameters
    ----------
    free : (agent, day) -> slots of the day on duty, not at a meal nor at another activity
    loss : what it costs
    """
    best: tuple[tuple[int, int], list[Key], range] | None = None
    for day, slots in activity.times():
        keys = [(agent, day) for agent in activity.agents]
        come = [key for key in keys if all(t in free.get(key, ()) for t in slots)]
        if not come or (best is not None and len(come) < len(best[1])):
            continue
        price = (-len(come), loss(come, slots))
        if best is None or price < best[0]:
            best = (price, come, slots)
    return None if best is None else best[1:]


def unplaced(
    workspace: Workspace, scenario: Scenario, table: pd.DataFrame
) -> list[tuple[str, str, dt.date]]:
    """Return kind, agent and first day of the activities that a published roster has no time for.

    Time that one activity took is no other's.

    Parameters
    ----------
    table : one row a stretch, see `Roster.assignments`
    """
    grid = scenario.grid
    held: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in rows(table[~table["activity"].isin(["work", "meal"])]):
        slots = range(grid.slot_of(row.start), grid.slot_of(row.end))
        held[str(row.activity), str(row.agent_id)].update(slots)
    found = []
    for activity in activities(workspace, grid):
        for agent in activity.agents:
            own = held[activity.kind, agent]
            taken = next((each for each in _slots(activity) if own.issuperset(each)), None)
            if taken is None:
                found.append((activity.kind, agent, grid.dates[activity.days[0]]))
            else:
                own.difference_update(taken)
    return found


def _slots(activity: Activity) -> Iterator[range]:
    """Yield the slots of the horizon at which an activity may be, earliest first."""
    for day, slots in activity.times():
        yield range(day * SLOTS_PER_DAY + slots.start, day * SLOTS_PER_DAY + slots.stop)
