"""Where a week lacks people whatever the roster, and which rules clash with the seats required.

All of it is told of the relaxation, so it holds for every lawful roster: what the relaxation
leaves open, no roster covers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H
from staffing.roster.crowds import Choice, Crowd, Program, Shut, crowds
from staffing.roster.measures import taught, with_tables
from staffing.roster.places import by_pool, needed, pool_of, reach
from staffing.roster.prices import SPEED_UNITS, Need, Place
from staffing.roster.staff import PERSONAL_RULES, Agent, staff, without
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.words import Statement
from staffing.workspace import Workspace

JUDGED = 4
"""Short pools of which it is told what they lack alone."""
LARGE = 400_000
"""Entries of the program's matrix above which rules are not tried one after another."""
FAMILIES = ("R3", "R1", "R14", "R9", "R8", "R16", "R15", "R12", "R7", "R5")
"""Rules that can keep people from seats, in the order in which the filter drops them."""
UNITS_PER_H = SPEED_UNITS * SLOTS_PER_H


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """Half hours in a row in which the people for a pool do not suffice.

    Attributes
    ----------
    first, end : slots of the horizon
    seats : the largest shortfall
    seat_hours : missing there and then
    """

    pool: str
    first: int
    end: int
    seats: float
    seat_hours: float

    def said(self, scenario: Scenario) -> Statement:
        """Return it as a sentence."""
        begin, until = (scenario.grid.time_of(t) for t in (self.first, self.end))
        facts = {
            "pool": self.pool,
            "seats": f"{self.seats:.1f}".removesuffix(".0"),
            "hours": f"{self.seat_hours:,.1f}",
            "day": f"{begin:%m-%d}",
            "begin": f"{begin:%H:%M}",
            "until": f"{until:%H:%M}",
        }
        return Statement("bottleneck.lacks", facts)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Why a week cannot be covered.

    Attributes
    ----------
    least_h : seat-hours that every lawful roster leaves uncovered
    pools : pool -> seat-hours of them, the worst first
    alone_h : pool -> seat-hours that it lacks even if everybody who knows it served nothing else
    runs : where they are missing, the most seat-hours first; where pools share people the half
        hours of one of several ways to share them
    worth : pools known -> seat-hours that one more person who knows them would cover, by the
        duals of the relaxation; those of the scarcest people first
    clash : rules that together, and none of them left out, make the week short; empty where it
        stays short without any of them, None where that was not looked for
    """

    least_h: float
    pools: Mapping[str, float] = field(default_factory=dict)
    alone_h: Mapping[str, float] = field(default_factory=dict)
    runs: tuple[Bottleneck, ...] = ()
    worth: Mapping[tuple[str, ...], float] = field(default_factory=dict)
    clash: tuple[str, ...] | None = None


@dataclass(kw_only=True)
class Case:
    """A week as it is: its people, what is required, and what the relaxation makes of it.

    Attributes
    ----------
    more : (row, slot) -> speed units asked on top, so that a roster covers what a relaxation does
    """

    workspace: Workspace
    scenario: Scenario
    requirement: SeatRequirement
    more: Mapping[Place, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.agents = staff(self.workspace, self.scenario)
        self.crowds = crowds(self.agents)
        seats = needed(self.requirement.table, self.requirement.sets)
        self.asked = {place: number * SPEED_UNITS for place, number in seats.items()}
        self.need = {place: units + self.more.get(place, 0) for place, units in self.asked.items()}
        self.least = self.program(self.crowds).least_missing()

    @property
    def required(self) -> float:
        """Return the speed units required, times half hours."""
        return float(sum(by_pool(self.asked).values()))

    @property
    def most(self) -> float:
        """Return the speed units that may stay uncovered."""
        return self.scenario.roster.max_uncovered * self.required

    @property
    def short(self) -> bool:
        """Return whether every lawful roster leaves more open than it may."""
        return self.least.value > self.most * (1 + 1e-6) + 1e-3

    def program(
        self,
        people: Sequence[Crowd],
        need: Need | None = None,
        gates: Sequence[float] = (),
        shut: Sequence[Shut] = (),
    ) -> Program:
        """Return the program of other people, another need, or with more to choose."""
        places = (
            name
            for c in people
            for o in c.agent.options
            if o is not None
            for name, _ in o.capability
        )
        return Program(
            crowds=people,
            need=self.need if need is None else need,
            reach=reach(places, self.requirement.sets),
            gates=gates,
            shut=shut,
        )


def finding(case: Case, *, rules: bool = True) -> Finding:
    """Return where a week is short and why; nothing of a week that is not.

    Parameters
    ----------
    rules : whether to look for the rules that clash, which takes longest
    """
    if not case.short:
        return Finding(least_h=case.least.value / UNITS_PER_H)
    pools: dict[str, float] = defaultdict(float)
    for (pool, _), units in case.least.missing.items():
        pools[pool] += units / UNITS_PER_H
    worst = sorted(pools, key=lambda pool: (-pools[pool], pool))
    alone = {pool: _alone(case, pool) for pool in worst[:JUDGED]}
    order = sorted(worst, key=lambda pool: (-alone.get(pool, 0.0), -pools[pool]))
    return Finding(
        least_h=case.least.value / UNITS_PER_H,
        pools={pool: pools[pool] for pool in order},
        alone_h={pool: hours for pool, hours in alone.items() if hours > 0.05},
        runs=tuple(_runs(case.least)),
        worth=_worth(case),
        clash=_clash(case) if rules else None,
    )


def _alone(case: Case, pool: str) -> float:
    """Return the seat-hours that a pool lacks even if nothing else were asked of anybody."""
    need = {place: units for place, units in case.need.items() if pool_of(place[0]) == pool}
    return case.program(case.crowds, need).least_missing().value / UNITS_PER_H


def _runs(least: Choice) -> list[Bottleneck]:
    """Return the half hours in a row in which a pool misses people, the most hours first."""
    found: list[Bottleneck] = []
    run: list[float] = []
    places = sorted(least.missing)
    for i, (pool, t) in enumerate(places):
        run.append(least.missing[pool, t])
        if i + 1 < len(places) and places[i + 1] == (pool, t + 1) and (t + 1) % SLOTS_PER_DAY:
            continue
        found.append(
            Bottleneck(
                pool=pool,
                first=t + 1 - len(run),
                end=t + 1,
                seats=max(run) / SPEED_UNITS,
                seat_hours=sum(run) / UNITS_PER_H,
            )
        )
        run = []
    return sorted(found, key=lambda each: (-each.seat_hours, each.first, each.pool))


def _worth(case: Case) -> dict[tuple[str, ...], float]:
    """Return what one more person of each skill would cover at the margin, the most first."""
    worth: dict[tuple[str, ...], float] = {}
    for crowd, units in zip(case.crowds, case.least.worth, strict=True):
        known = {pool_of(name) for o in crowd.agent.options if o for name, _ in o.capability}
        key = tuple(sorted(known))
        worth[key] = max(worth.get(key, 0.0), float(units) / UNITS_PER_H)
    kept = {key: hours for key, hours in worth.items() if hours > 0.05}
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))


def _clash(case: Case) -> tuple[str, ...] | None:
    """Return a smallest set of rules without any of which the week could be covered.

    A deletion filter (Chinneck 2008, Feasibility and Infeasibility in Optimization, ch. 6): a rule
    is dropped for good where the week stays short without it.
    """
    if len(case.program(case.crowds).rows.columns) > LARGE:
        return None
    binding = [rule for rule in FAMILIES if _changes(case, rule)]
    gone: set[str] = set()
    if not _short_without(case, set(binding)):
        for rule in binding:
            if _short_without(case, gone | {rule}):
                gone.add(rule)
        return tuple(sorted(set(binding) - gone, key=lambda rule: int(rule[1:])))
    return ()


def _changes(case: Case, rule: str) -> bool:
    """Return whether anybody's week is another one without a rule."""
    if rule == "R3":
        return any(option is None for agent in case.agents for option in agent.options)
    if rule == "R1":
        return len(case.workspace.pools) > 1
    return any(without(agent, rule) != agent for agent in case.agents)


def _short_without(case: Case, gone: Iterable[str]) -> bool:
    """Return whether the week is short even if some rules did not bind anybody."""
    gone, space = set(gone), case.workspace
    if "R3" in gone:
        space = with_tables(space, absences=space.tables["absences"].iloc[:0])
    if "R1" in gone:
        for agent in case.agents:
            space = taught(space, agent.agent_id, list(space.pools), 1.0)
    people = case.agents if space is case.workspace else staff(space, case.scenario)
    free = [_freed(agent, gone) for agent in people]
    return case.program(crowds(free)).least_missing().value > case.most * (1 + 1e-6) + 1e-3


def _freed(agent: Agent, gone: set[str]) -> Agent:
    for rule in PERSONAL_RULES:
        # Least hours never help to cover seats, and less may be possible once others are gone.
        if rule in gone or rule == "R6":
            agent = without(agent, rule)
    return agent


def record(found: Finding, scenario: Scenario) -> dict[str, object]:
    """Return a finding for machines; hours are seat-hours."""
    time = scenario.grid.time_of
    return {
        "least_uncovered_h": round(found.least_h, 2),
        "pools": {
            pool: {"missing_h": round(hours, 2), "alone_h": round(found.alone_h.get(pool, 0.0), 2)}
            for pool, hours in found.pools.items()
        },
        "half_hours": [
            {
                "pool": each.pool,
                "start": f"{time(each.first):%Y-%m-%d %H:%M}",
                "end": f"{time(each.end):%Y-%m-%d %H:%M}",
                "seats": round(each.seats, 2),
                "seat_hours": round(each.seat_hours, 2),
            }
            for each in found.runs
        ],
        "one_more": [
            {"pools": list(pools), "covers_h": round(hours, 2)}
            for pools, hours in found.worth.items()
        ],
        "clash": None if found.clash is None else list(found.clash),
    }


def said(found: Finding, scenario: Scenario, most: int = 6) -> Iterator[Statement]:
    """Yield a finding in sentences, the worst first."""
    for pool, hours in list(found.pools.items())[:JUDGED]:
        facts = {"pool": pool, "hours": f"{hours:,.1f}"}
        alone = found.alone_h.get(pool)
        if alone is None:
            yield Statement("bottleneck.pool", facts)
        else:
            yield Statement("bottleneck.alone", facts | {"alone": f"{alone:,.1f}"})
        own = [run for run in found.runs if run.pool == pool]
        yield from (run.said(scenario) for run in own[: max(most // len(found.pools), 1)])
    for pools, hours in list(found.worth.items())[:1]:
        yield Statement("bottleneck.one_more", {"pool": list(pools), "hours": f"{hours:,.1f}"})
    if found.clash is not None:
        rules = tuple(Statement(f"family.{rule}") for rule in found.clash)
        yield Statement("bottleneck.clash" if rules else "bottleneck.people", {"rules": rules})


def least_share(case: Case) -> float:
    """Return the share of what is required that every lawful roster leaves uncovered."""
    return case.least.value / case.required if case.required else 0.0
