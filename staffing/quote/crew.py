"""How much of a week's seats its agents can lawfully cover at best, and what one more would add.

The linear relaxation of the roster (`roster.relax`), with the numbers of people as columns that
are held in place (`roster.crowds`): hours of the week, rest days, rest between shifts, opening
hours, absences, meals and skills are in it, so that no lawful roster covers more. Its reduced
costs say what one person more of each kind would cover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import linprog

from staffing.roster.classes import Class
from staffing.roster.crowds import Crowd, crowds, state_crowd
from staffing.roster.places import by_pool, reach
from staffing.roster.prices import SPEED_UNITS, Need, Place
from staffing.roster.relax import Free, Rows, state_coverage, state_presence
from staffing.roster.staff import Agent, Option, without

__all__ = ["Covered", "Crew", "Kind", "at_full_speed", "kinds", "need_of", "usual"]

Floats = npt.NDArray[np.float64]
_EPS = 1e-6


@dataclass(frozen=True, kw_only=True)
class Kind:
    """People who may do the same.

    Attributes
    ----------
    agent : one of them, at full speed where all of them are equally fast in whatever they do
    members : agent ids
    speeds : what each counts for: her speed where `agent` has the full one, else 1
    """

    agent: Agent
    members: tuple[str, ...]
    speeds: tuple[float, ...]

    @property
    def heads(self) -> float:
        """Return what all of them count for."""
        return sum(self.speeds)


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What people leave open at best.

    Attributes
    ----------
    missing : (pool, slot) -> seats, where there are any; where pools share people one of several
        ways to share them
    units : speed units of all of it
    worth : per kind of the crew, speed units that one more head would cover
    """

    missing: Mapping[Place, float]
    units: float
    worth: Floats


def usual(agent: Agent) -> tuple[Agent, float] | None:
    """Return an agent without the least hours of her contract, and what she counts for.

    An hour at the seat of somebody at speed 0.8 fills 0.8 of a seat, whatever the pool; so where
    she is as fast everywhere she is 0.8 of an agent at full speed, and agents of different speeds
    are of one kind. Least hours (R6) never help to cover a seat. None where she has no shift.
    """
    agent = without(agent, "R6")
    options = [option for option in agent.options if option is not None and option.shifts]
    units = {u for option in options for _, u in option.capability}
    if not units:
        return None
    if len(units) > 1:
        return agent, 1.0
    return at_full_speed(agent), units.pop() / SPEED_UNITS


def at_full_speed(agent: Agent) -> Agent:
    """Return an agent as if she were at full speed in all that she can do."""
    full = tuple(None if o is None else _full(o) for o in agent.options)
    return replace(agent, options=full)


def _full(option: Option) -> Option:
    return replace(
        option, capability=tuple((name, SPEED_UNITS) for name, _ in option.capability)
    )


def kinds(agents: Sequence[Agent]) -> list[Kind]:
    """Return the kinds of people among some agents; those without a shift are left out."""
    found = {agent.agent_id: made for agent in agents if (made := usual(agent)) is not None}
    return [
        Kind(
            agent=crowd.agent,
            members=crowd.members,
            speeds=tuple(found[name][1] for name in crowd.members),
        )
        for crowd in crowds([agent for agent, _ in found.values()])
    ]


class Crew:
    """The program of some kinds of people against the seats that are asked of them.

    Parameters
    ----------
    of : the kinds; those who might be there as well
    most : people of each kind at most
    need : (row of seats, slot) -> speed units, see `roster.places`
    sets : as in `SeatRequirement`
    staying : share of their work that is left of all heads, turnover taken off
    """

    def __init__(
        self,
        of: Sequence[Kind],
        most: Sequence[int],
        need: Need,
        sets: Any,
        staying: float = 1.0,
    ) -> None:
        self.staying = staying
        rows = Rows()
        people = [Crowd(agent=kind.agent, most=n) for kind, n in zip(of, most, strict=True)]
        self.heads = [rows.column(0.0, crowd.room) for crowd in people]
        shifts: dict[tuple[int, int], Free] = {}
        crews = []
        for c, crowd in enumerate(people):
            for d, free in enumerate(state_crowd(rows, crowd, self.heads[c])):
                shifts[c, d] = free
            members = (crowd.agent,) * crowd.room
            crews.append(Class(members=members, options=crowd.agent.options))
        present, _ = state_presence(rows, crews, shifts, {})
        asked = by_pool(need)
        steps = {place: ((units, 1),) for place, units in asked.items()}
        names = (
            name
            for kind in of
            for option in kind.agent.options
            if option is not None
            for name, _ in option.capability
        )
        missing, _ = state_coverage(rows, present, need, steps, reach(names, sets), {})
        self.missing = dict(zip(asked, missing, strict=True))
        self._state(rows)

    def _state(self, rows: Rows) -> None:
        """Keep the program in the form in which it is solved again and again."""
        matrix, low, high = rows.matrix(), np.array(rows.low), np.array(rows.high)
        same = low == high
        under, over = ~same & np.isfinite(high), ~same & np.isfinite(low)
        self.under = sp.vstack([matrix[under], -matrix[over]]).tocsr()
        self.at_most = np.concatenate([high[under], -low[over]])
        self.equal = matrix[same] if same.any() else None
        self.value = high[same] if same.any() else None
        self.upper = np.array(rows.upper, float)
        self.cost = np.zeros(self.upper.size)
        self.cost[list(self.missing.values())] = 1.0

    def covered(self, heads: Sequence[float]) -> Covered:
        """Return what so many heads of each kind leave open at best.

        Raises
        ------
        RuntimeError
            Where the solver fails: a bug, since nobody at work is always a solution.
        """
        if not self.missing:
            return Covered(missing={}, units=0.0, worth=np.zeros(len(self.heads)))
        lower, upper = np.zeros(self.upper.size), self.upper.copy()
        lower[self.heads] = upper[self.heads] = np.asarray(heads, float) * self.staying
        result: Any = linprog(
            self.cost,
            A_ub=self.under,
            b_ub=self.at_most,
            A_eq=self.equal,
            b_eq=self.value,
            bounds=np.column_stack([lower, upper]),
            method="highs-ipm",
        )
        if result.x is None:
            raise RuntimeError(f"the week's program was not solved: {result.message}")
        marginal = result.lower.marginals + result.upper.marginals
        x = result.x
        return Covered(
            missing={p: float(x[j]) / SPEED_UNITS for p, j in self.missing.items() if x[j] > _EPS},
            units=max(float(result.fun), 0.0),
            worth=np.asarray(-marginal[self.heads]) * self.staying,
        )


def need_of(seats: Mapping[Place, int]) -> Need:
    """Return seats as speed units."""
    return {place: number * SPEED_UNITS for place, number in seats.items()}
