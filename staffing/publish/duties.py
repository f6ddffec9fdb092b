"""The roster as the page's script reads it: every duty once, and who has which on what day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from staffing.publish.board import OTHER, Board, Cell, Part

ACTIVITIES = (*OTHER, "")
"""What is done without a pool; the last is being on duty while no pool needs her."""


def duties(roster: Board, pools: Sequence[str]) -> dict[str, Any]:
    """Return the roster without a word of any language, small enough for thousands of agents.

    Parameters
    ----------
    pools : their order, by which stretches name them

    Returns
    -------
    days : date, whether it is a statutory day, whether a Saturday or Sunday; duties : each that
    somebody has: kind, hours as text, paid hours, 1 where late, and its stretches as start and end
    in minutes of the service day and a position in `pools`, or -1 - the one in `ACTIVITIES`; idle :
    kinds of days without one; agents : identifier, name, team, weekend days and for each day a
    position in duties, or -1 - the one in idle; on_duty, paid_h : of each day
    """
    place = {pool: i for i, pool in enumerate(pools)}
    known: dict[Cell, int] = {}
    idle: dict[str, tuple[int, str]] = {}

    def at(cell: Cell) -> int:
        if cell.parts:
            return known.setdefault(cell, len(known))
        return -1 - idle.setdefault(cell.why, (len(idle), cell.kind))[0]

    agents = [
        [line.agent_id, line.name, line.team, line.weekend, list(map(at, line.cells))]
        for line in roster.lines
    ]
    return {
        "days": [[f"{day.date}", int(day.statutory), int(day.weekend)] for day in roster.days],
        "duties": [
            [
                cell.kind,
                cell.text,
                cell.paid_h,
                int(cell.late),
                [[part.start_min, part.end_min, _what(part, place)] for part in cell.parts],
            ]
            for cell in known
        ],
        "idle": [[why, kind] for why, (_, kind) in idle.items()],
        "agents": agents,
        "on_duty": [roster.on_duty(i) for i in range(len(roster.days))],
        "paid_h": [roster.paid_h(i) for i in range(len(roster.days))],
    }


def _what(part: Part, place: dict[str, int]) -> int:
    if part.pool is not None and part.pool in place:
        return place[part.pool]
    return -1 - (ACTIVITIES.index(part.activity) if part.activity in OTHER else len(OTHER))
