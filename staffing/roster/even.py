"""Dealing finished duties out more evenly: exchanges that leave coverage and paid hours alone.

The search sees fairness last, and stops at gaps that hide single points of it. Here two agents
exchange their duties of a day, of two days or of a whole week, where each is at least as fast in
every pool of what she takes over, some burden moves, both stay lawful, no more people are too many
at the table (R18), and the soft goals cost less together. So no higher goal loses anything
(exchanges of length two, as in Burke & Curtois 2014, Eur. J. Oper. Res. 237(1)).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.duty import Duty, Roll
from staffing.roster.fairness import BURDENS, Standing, Wishes, unfairness
from staffing.roster.lawful import is_lawful
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent
from staffing.roster.turns import Crowd, Speed, at_table, crowd_of
from staffing.scenario import Fairness

PARTNERS, ROUNDS, LEAST_ROUNDS = 25, 6, 2
"""Colleagues with whom each agent tries to exchange in a round, drawn at random; rounds at most,
and at least, unless one gains nothing."""
PAIRS_PER_EFFORT, LEAST_PAIRS = 100, 6_000
"""Pairs of agents that are tried for each second of effort, or so many if that is more. Where they
are not enough for all partners and rounds, there are fewer rounds, then of fewer partners."""

Week = dict[int, Duty]
"""Day of the horizon -> duty of one agent."""


Pair = tuple[int, Duty | None, Duty | None]
"""A day, with the duties on it that two agents exchange."""


@dataclass(slots=True)
class _Table:
    """Everybody's duties while they are dealt anew, with what each agent's cost."""

    start: dt.date
    weigh: Fairness
    wishes: Mapping[str, Wishes]
    standing: Mapping[str, Standing]
    weeks: dict[str, Week]
    speed: Speed
    share: float
    crowd: dict[tuple[str, int], tuple[int, int]]
    price: dict[str, int] = field(default_factory=dict)
    seen: dict[tuple[int, Template], tuple[bool, ...]] = field(default_factory=dict)

    def burdens(self, day: int, duty: Duty | None) -> tuple[bool, ...]:
        """Return which burdens a duty is one more of."""
        if duty is None:
            return (False,) * len(BURDENS)
        key = (day, duty.shift)
        if key not in self.seen:
            any_ = next(iter(self.standing.values()))
            self.seen[key] = tuple(any_.counts(b, self.start, day, duty.shift) for b in BURDENS)
        return self.seen[key]

    def points(self, agent: Agent, week: Week) -> int:
        """Return what an agent's duties cost."""
        name = agent.agent_id
        roll = {(name, day): duty for day, duty in week.items()}
        return unfairness(roll, self.start, self.weigh, self.wishes[name], self.standing[name])

    def crowded(self, one: Agent, two: Agent, pairs: Sequence[Pair]) -> Crowd:
        """Return `crowd` after an exchange, where it changes; nothing where all may eat at once."""
        if self.share >= 1:
            return {}
        names = one.agent_id, two.agent_id
        old, new = (
            crowd_of(
                {
                    (name, d): duty
                    for d, *duties in pairs
                    for name, duty in zip(order, duties, strict=True)
                    if duty is not None
                },
                self.speed,
            )
            for order in (names, names[::-1])
        )
        found = {}
        for at in old.keys() | new.keys():
            less, more = old.get(at, (0, 0)), new.get(at, (0, 0))
            if less != more:
                here, eating = self.crowd.get(at, (0, 0))
                found[at] = here + more[0] - less[0], eating + more[1] - less[1]
        return found

    def too_many(self, crowd: Crowd) -> int:
        """Return how many people are at the table beyond those who may be."""
        return sum(max(eating - at_table(here, self.share), 0) for here, eating in crowd.values())

    def can(self, agent: Agent, day: int, duty: Duty | None, of: Agent) -> bool:
        """Return whether an agent may take over a duty, no slower than whose it was."""
        if duty is None:
            return True
        option = agent.options[day]
        if option is None or duty.shift not in option.shifts:
            return False
        mine, hers = self.speed[agent.agent_id, day], self.speed[of.agent_id, day]
        return all(mine.get(pool, 0) >= hers[pool] for pool in set(duty.pools) if pool is not None)


def evened(
    agents: Sequence[Agent],
    roll: Roll,
    start: dt.date,
    weigh: Fairness,
    wishes: Wishes,
    standing: Standing,
    *,
    seed: int,
    effort: float,
    meal_share: float = 1.0,
) -> dict[tuple[str, int], Duty]:
    """Return the duties dealt out so that the soft goals cost no more, mostly less.

    Uncovered seats do not rise, nor who is too many at the table; paid hours and the duties as such
    stay. The answer depends on the inputs, the seed and the effort alone.

    Parameters
    ----------
    effort : seconds of the scenario's effort, by which a large company has fewer exchanges tried
        for each agent
    meal_share : of a pool's people, who may be at the table at a time (R18)
    """
    table = _table(agents, roll, start, weigh, wishes, standing, meal_share)
    random = np.random.default_rng(seed)
    days = range(max((len(agent.options) for agent in agents), default=0))
    weeks = [list(days[i : i + 7]) for i in range(0, len(days), 7)]
    moves = [[d] for d in days] + weeks
    moves += [list(pair) for week in weeks for pair in itertools.combinations(week, 2)]
    near = _colleagues(agents)
    partners, rounds = _tries(len(agents), effort)
    for _ in range(rounds):
        gained = False
        for a in random.permutation(len(agents)):
            for b in random.permutation(near[a])[:partners]:
                gained |= _exchange(table, agents[a], agents[b], moves)
        if not gained:
            break
    return {
        (agent.agent_id, day): duty
        for agent in agents
        for day, duty in sorted(table.weeks[agent.agent_id].items())
    }


def _table(
    agents: Sequence[Agent],
    roll: Roll,
    start: dt.date,
    weigh: Fairness,
    wishes: Wishes,
    standing: Standing,
    meal_share: float,
) -> _Table:
    names = [agent.agent_id for agent in agents]
    weeks: dict[str, Week] = {name: {} for name in names}
    for (name, day), duty in roll.items():
        weeks[name][day] = duty
    asked: dict[str, dict[tuple[str, int], Mapping[str, int]]] = {name: {} for name in names}
    for key, costs in wishes.items():
        if key[0] in asked:
            asked[key[0]][key] = costs
    speed = {
        (agent.agent_id, d): dict(option.capability)
        for agent in agents
        for d, option in enumerate(agent.options)
        if option is not None
    }
    table = _Table(
        start=start,
        weigh=weigh,
        wishes=asked,
        standing={name: standing.of({name}) for name in names},
        weeks=weeks,
        speed=speed,
        share=meal_share,
        crowd=dict(crowd_of(roll, speed)),
    )
    table.price = {a.agent_id: table.points(a, weeks[a.agent_id]) for a in agents}
    return table


def _tries(people: int, effort: float) -> tuple[int, int]:
    """Return with how many partners each of some people tries to exchange in a round, and rounds.

    Parameters
    ----------
    effort : seconds of the scenario's effort
    """
    each = max(PAIRS_PER_EFFORT * effort, LEAST_PAIRS) / max(people, 1)
    partners = min(max(int(each / LEAST_ROUNDS), 1), PARTNERS)
    return partners, min(max(int(each / partners), LEAST_ROUNDS), ROUNDS)


def _colleagues(agents: Sequence[Agent]) -> list[list[int]]:
    """Return for each agent the numbers of the others who ever serve some place that she does."""
    places = [{name for o in agent.options if o for name, _ in o.capability} for agent in agents]
    who: dict[str, set[int]] = defaultdict(set)
    for a, own in enumerate(places):
        for name in own:
            who[name].add(a)
    return [sorted(set().union(*(who[n] for n in own)) - {a}) for a, own in enumerate(places)]


def _exchange(table: _Table, one: Agent, two: Agent, moves: Sequence[Sequence[int]]) -> bool:
    """Make the first exchange between two agents that costs less; return whether there is one."""
    first, second = table.weeks[one.agent_id], table.weeks[two.agent_id]
    now = table.price[one.agent_id] + table.price[two.agent_id]
    if not now:
        return False
    moved = _movable(table, one, two)
    if not any(map(any, moved.values())):
        return False
    for days in moves:
        if not all(d in moved for d in days):
            continue
        if not any(map(sum, zip(*(moved[d] for d in days), strict=True))):
            continue
        pairs = [(d, first.get(d), second.get(d)) for d in days]
        new_one, new_two = _taken(first, second, days), _taken(second, first, days)
        prices = table.points(one, new_one), table.points(two, new_two)
        if sum(prices) >= now or not (_rested(one, new_one) and _rested(two, new_two)):
            continue
        new = table.crowded(one, two, pairs)
        old = {at: table.crowd.get(at, (0, 0)) for at in new}
        if table.too_many(new) <= table.too_many(old) and all(
            is_lawful(agent, {day: duty.shift for day, duty in week.items()})
            for agent, week in ((one, new_one), (two, new_two))
        ):
            table.crowd.update(new)
            table.weeks[one.agent_id], table.weeks[two.agent_id] = new_one, new_two
            table.price[one.agent_id], table.price[two.agent_id] = prices
            return True
    return False


def _movable(table: _Table, one: Agent, two: Agent) -> dict[int, tuple[int, ...]]:
    """Return the days on which two may exchange, with the burdens that go from one to the other."""
    first, second = table.weeks[one.agent_id], table.weeks[two.agent_id]
    found = {}
    for d in range(len(one.options)):
        mine, hers = first.get(d), second.get(d)
        if table.can(two, d, mine, one) and table.can(one, d, hers, two):
            given, got = table.burdens(d, mine), table.burdens(d, hers)
            found[d] = tuple(x - y for x, y in zip(given, got, strict=True))
    return found


def _taken(own: Week, other: Week, days: Sequence[int]) -> Week:
    """Return a week with the other's duties on some days."""
    kept = {d: duty for d, duty in own.items() if d not in days}
    return kept | {d: other[d] for d in days if d in other}


def _rested(agent: Agent, week: Week) -> bool:
    """Return whether rest between duties suffices: a cheap check before the whole law."""
    return all(
        d + 1 not in week
        or week[d + 1].shift.start + SLOTS_PER_DAY - duty.shift.end >= agent.limits.rest
        for d, duty in week.items()
    )
