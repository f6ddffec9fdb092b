"""How much of a week's seats its agents can lawfully cover at best, and what one more would add.

The linear relaxation of the roster (`roster.relax`), with the numbers of people as columns: hours
of the week, rest days, rest between shifts, opening hours, absences, meals and skills are in it, so
that no lawful roster covers more. What stays open is told as the bound that the duals prove,
however inexact (`roster.bound.safe_bound`); the same duals say what one person more of each kind
would cover.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from staffing.roster.bound import TINY, fitting, safe_bound, solve_pdlp
from staffing.roster.classes import Class
from staffing.roster.crowds import Crowd, crowds, state_crowd
from staffing.roster.places import by_pool, reach
from staffing.roster.prices import SPEED_UNITS, Need, Place
from staffing.roster.relax import ONES, Free, Rows, state_coverage, state_presence
from staffing.roster.staff import Agent, Option, without

__all__ = [
    "Choice",
    "Covered",
    "Crew",
    "Kind",
    "Part",
    "at_full_speed",
    "kinds",
    "need_of",
    "usual",
]

Floats = npt.NDArray[np.float64]
SMALL, LARGE = 1e-6, 2e-4
"""Relative tolerance of PDLP for programs up to `TINY` entries, and for larger ones: about a tenth
of a seat-hour in a week of a hundred people."""
_EPS = 1e-3


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
class Part:
    """One way to do what is chosen.

    Attributes
    ----------
    heads : kind of the crew -> heads that doing it once adds, or takes where negative
    most : how many times at most
    who : the people whom it is done with, if they are named: parts with the same people are
        together done no more often than there are people
    """

    heads: Mapping[int, float]
    most: float
    who: tuple[str, ...] = ()


Choice = Sequence[Part]
"""What may be done once or several times, each time in one of some ways."""


@dataclass(frozen=True, kw_only=True)
class Covered:
    """What people leave open at best.

    Attributes
    ----------
    missing : (pool, slot) -> seats, where there are any; where pools share people one of several
        ways to share them
    units : speed units of all of it, at least
    worth : per kind of the crew, speed units that one more head would cover
    parts : per choice how often each of its parts is used
    slope : per choice, at most 0: however often each is taken, at least ``units + slope @ (numbers
        - these numbers)`` stay open
    """

    missing: Mapping[Place, float]
    units: float
    worth: Floats
    parts: tuple[Floats, ...]
    slope: Floats


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
    return replace(option, capability=tuple((name, SPEED_UNITS) for name, _ in option.capability))


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


@dataclass(frozen=True, kw_only=True)
class _Program:
    """As `roster.bound.Program` has it."""

    cost: Floats
    upper: Floats
    matrix: sp.csr_array
    low: Floats
    high: Floats
    constant: float = 0.0


class Crew:
    """The program of some kinds of people against the seats that are asked of them.

    Parameters
    ----------
    of : the kinds; those who might be there as well
    heads : what the people of each kind that are there count for
    most : people of each kind at most
    need : (row of seats, slot) -> speed units, see `roster.places`
    sets : as in `SeatRequirement`
    staying : share of their work that is left of all heads, turnover taken off
    choices : what may be done to have more of them
    """

    def __init__(
        self,
        of: Sequence[Kind],
        heads: Sequence[float],
        most: Sequence[int],
        need: Need,
        sets: pd.DataFrame | None,
        staying: float = 1.0,
        choices: Sequence[Choice] = (),
    ) -> None:
        self.choices = choices
        rows = Rows()
        people = [Crowd(agent=kind.agent, most=n) for kind, n in zip(of, most, strict=True)]
        self._of = [rows.column(0.0, crowd.room) for crowd in people]
        self._taken = [rows.column(0.0, sum(p.most for p in choice)) for choice in choices]
        self._parts = [[rows.column(0.0, part.most) for part in choice] for choice in choices]
        self._state_heads(rows, heads, staying)
        shifts: dict[tuple[int, int], Free] = {}
        crews = []
        for c, crowd in enumerate(people):
            for d, free in enumerate(state_crowd(rows, crowd, self._of[c])):
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
        cost = np.zeros(len(rows.cost))
        cost[list(self.missing.values())] = 1.0
        self._program = _Program(
            cost=cost,
            upper=np.array(rows.upper, float),
            matrix=rows.matrix(),
            low=np.array(rows.low),
            high=np.array(rows.high),
        )

    def _state_heads(self, rows: Rows, heads: Sequence[float], staying: float) -> None:
        """State how many there are of each kind: more are never worse, so at most so many."""
        change: dict[int, list[tuple[int, float]]] = {k: [] for k in range(len(heads))}
        who: dict[tuple[str, ...], list[int]] = {}
        for choice, columns in zip(self.choices, self._parts, strict=True):
            for part, column in zip(choice, columns, strict=True):
                for k, number in part.heads.items():
                    change[k].append((column, -number * staying))
                if part.who:
                    who.setdefault(part.who, []).append(column)
        for k, number in enumerate(heads):
            columns, values = [j for j, _ in change[k]], [value for _, value in change[k]]
            rows.row([self._of[k], *columns], [1.0, *values], high=number * staying)
        for taken, columns in zip(self._taken, self._parts, strict=True):
            rows.row([taken, *columns], [-1.0, *[1.0] * len(columns)], high=0.0)
        for people, columns in who.items():
            rows.row(columns, ONES, high=float(len(people)))
        self._heads = range(len(heads))

    def covered(self, numbers: Floats | None = None) -> Covered:
        """Return what is left open at best where each choice is taken so often at most."""
        if not self.missing:
            return Covered(
                missing={},
                units=0.0,
                worth=np.zeros(len(self._of)),
                parts=tuple(np.zeros(len(choice)) for choice in self.choices),
                slope=np.zeros(len(self.choices)),
            )
        upper = self._program.upper.copy()
        if numbers is not None:
            upper[self._taken] = numbers
        of = replace(self._program, upper=upper)
        tolerance = SMALL if of.matrix.nnz <= TINY else LARGE
        # Begun from nothing: where nobody may be had, warm duals are large, and their slope no use.
        found = solve_pdlp(of, tolerance, threads=1)
        x, y = (np.asarray(each, float) for each in (found.primal_solution, found.dual_solution))
        duals = fitting(of, y)
        # Whatever the duals, the numbers enter the bound by this alone: a slope that holds.
        reduced = of.cost - of.matrix.T @ duals
        return Covered(
            missing={p: float(x[j]) / SPEED_UNITS for p, j in self.missing.items() if x[j] > _EPS},
            units=max(safe_bound(of, duals), 0.0),
            worth=np.maximum(-duals[self._heads], 0.0),
            parts=tuple(x[columns] for columns in self._parts),
            slope=np.minimum(reduced[self._taken], 0.0),
        )


def need_of(seats: Mapping[Place, int]) -> Need:
    """Return seats as speed units."""
    return {place: number * SPEED_UNITS for place, number in seats.items()}
