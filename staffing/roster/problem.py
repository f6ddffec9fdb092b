"""The whole problem: who may do what, what is required, and what the goals cost.

`Problem` knows neither tables nor shops: `problem_of` maps a workspace onto it, other adapters map
other worlds.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.duty import Roll, served
from staffing.roster.fairness import FRESH, Standing, Wishes, unfairness
from staffing.roster.ledger import past_account, standing, wishes
from staffing.roster.places import Reach, by_pool, needed, reach
from staffing.roster.prices import (
    SPEED_UNITS,
    Need,
    Place,
    Score,
    StepsOf,
    missing_points,
    steps,
    unit_price,
)
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent
from staffing.scenario import Fairness, Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Problem:
    """All that a search needs.

    Attributes
    ----------
    agents : everybody, each with one option (or None) per day of the horizon
    need : (row of seats, slot of the horizon) -> speed units required, see `places`
    steps : (pool, slot) -> what missing units cost, for every pool with a row that requires any
    reach : place -> the rows it fills
    start : first day of the horizon
    fairness, wishes, standing : the lowest goals, and what they start from
    meal_share : share of a pool's people on duty who may be at a meal (R18)
    idle : slot of the horizon -> points of a person on duty, not at a meal, who serves nobody;
        in these slots nobody serves beyond the need; slots left out cost nothing
    seed, effort, gap : as in the scenario's `seed`, `roster.effort` and `roster.gap`
    """

    agents: tuple[Agent, ...]
    need: Need
    steps: StepsOf
    start: dt.date
    fairness: Fairness
    reach: Reach = field(default_factory=dict)
    wishes: Wishes = field(default_factory=dict)
    standing: Standing = FRESH
    meal_share: float = 1.0
    idle: Mapping[int, int] = field(default_factory=dict)
    seed: int = 1
    effort: float = 60.0
    gap: float = 0.005

    @property
    def days(self) -> frozenset[int]:
        """Return the days of the horizon."""
        return frozenset(range(max((len(agent.options) for agent in self.agents), default=0)))

    @cached_property
    def speed(self) -> Mapping[tuple[str, int], Mapping[str, int]]:
        """Return (agent id, day) -> place -> speed units."""
        made: dict[int, dict[str, int]] = {}
        return {
            (agent.agent_id, d): made.setdefault(id(option.capability), dict(option.capability))
            for agent in self.agents
            for d, option in enumerate(agent.options)
            if option is not None
        }

    @cached_property
    def price(self) -> Mapping[tuple[str, int], Mapping[Template, int]]:
        """Return (agent id, day) -> shift -> its points less those of the day without one."""
        made: dict[tuple[int, int, int], dict[Template, int]] = {}
        found: dict[tuple[str, int], dict[Template, int]] = {}
        for agent in self.agents:
            for d, option in enumerate(agent.options):
                if option is None:
                    continue
                key = (id(option.shifts), id(option.costs), option.off)
                if key not in made:
                    pairs = zip(option.shifts, option.points, strict=True)
                    made[key] = {shift: points - option.off for shift, points in pairs}
                found[agent.agent_id, d] = made[key]
        return found

    @cached_property
    def off(self) -> int:
        """Return the points of a roster in which nobody ever has a shift."""
        return sum(o.off for agent in self.agents for o in agent.options if o is not None)

    @cached_property
    def need_of_day(self) -> Mapping[int, Need]:
        """Return the need by the day of the clock."""
        found: dict[int, dict[Place, int]] = defaultdict(dict)
        for (row, t), units in self.need.items():
            found[t // SLOTS_PER_DAY][row, t] = units
        return found

    def left_open(self, roll: Roll, days: Iterable[int] | None = None) -> dict[Place, int]:
        """Return what a roster leaves open of each row of seats, in speed units, 0 included.

        Parameters
        ----------
        days : of the clock, of which it is told; all by default
        """
        covered = served(roll, self.speed, self.reach)
        of = self.need_of_day
        return {
            key: max(units - covered.get(key, 0), 0)
            for d in (of if days is None else days)
            for key, units in of.get(d, {}).items()
        }

    def score(self, roll: Roll) -> Score:
        """Return the goals of a roster."""
        missing = by_pool(self.left_open(roll))
        return Score(
            units=sum(missing.values()),
            uncovered=self.missing_points(missing),
            paid=self.paid_points(roll),
            fair=unfairness(roll, self.start, self.fairness, self.wishes, self.standing),
        )

    def missing_points(self, missing: Mapping[Place, int]) -> int:
        """Return what units cost that pools, not rows, miss."""
        return sum(missing_points(self.steps[key], n) for key, n in missing.items() if n > 0)

    def paid_points(self, roll: Roll) -> int:
        """Return the points of the shifts, of days without one, and of idle people."""
        points = self.off + sum(self.price[key][duty.shift] for key, duty in roll.items())
        if self.idle:
            for (_, d), duty in roll.items():
                away = duty.away
                for t, pool in enumerate(duty.pools, start=duty.shift.start):
                    if pool is None and t not in away:
                        points += self.idle.get(d * SLOTS_PER_DAY + t, 0)
        return points


def problem_of(
    workspace: Workspace,
    scenario: Scenario,
    agents: Sequence[Agent],
    requirement: SeatRequirement,
) -> Problem:
    """Return the problem of a workspace's agents and the seats required of them.

    Agents without any shift are left out. A pool has the highest priority among its shops.
    """
    able = tuple(a for a in agents if any(o and o.shifts for o in a.options))
    seats = needed(requirement.table, requirement.sets)
    places = (name for a in able for o in a.options if o is not None for name, _ in o.capability)
    past = past_account(workspace, scenario)
    return Problem(
        agents=able,
        need={key: number * SPEED_UNITS for key, number in seats.items()},
        steps=steps_of(workspace, able, seats),
        reach=reach(places, requirement.sets),
        start=scenario.horizon.start,
        fairness=scenario.fairness,
        wishes=wishes(workspace, scenario, past),
        standing=standing(workspace, scenario, past),
        meal_share=scenario.shifts.meal_share,
        seed=scenario.seed,
        effort=scenario.roster.effort,
        gap=scenario.roster.gap,
    )


def steps_of(workspace: Workspace, agents: Sequence[Agent], seats: Need) -> StepsOf:
    """Return the points that missing units of each pool and slot cost.

    Parameters
    ----------
    agents : whose dearest shift a missing seat must outbid, see `prices.unit_price`
    seats : required of each row and slot, as `places.needed` returns them
    """
    of_pool = workspace.shops["priority"].astype(float).groupby(workspace.shops["pool"]).max()
    priority = {str(pool): float(value) for pool, value in of_pool.items()}
    unit = unit_price(dearest(agents))
    return {
        (pool, t): steps(number, priority[pool], unit)
        for (pool, t), number in by_pool(seats).items()
    }


def dearest(agents: Sequence[Agent]) -> int:
    """Return the points of the dearest shift that anybody may take."""
    seen = {
        (id(option.shifts), id(option.costs)): option
        for agent in agents
        for option in agent.options
        if option is not None
    }
    return max((points for option in seen.values() for points in option.points), default=0)
