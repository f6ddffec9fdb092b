"""What can be bought: every measure as a crowd, a gate or a half hour to shut, and the cheapest.

Rules bind each agent alone, so a measure is stated by what its people may do once it is taken:
their agents are read from the inputs as they are then (`measures.applied`).
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from staffing.grid import SLOTS_PER_H
from staffing.roster.bottleneck import Case
from staffing.roster.crowds import Crowd, Shut
from staffing.roster.lawful import has_week
from staffing.roster.measures import (
    MOST_OVERTIME_H,
    Kind,
    Measure,
    applied,
    eased_rules,
    first_day,
    movable,
    service_slot,
    shut_slots,
    with_tables,
)
from staffing.roster.places import pool_of
from staffing.roster.staff import Agent, staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

ALL_POOLS, MOST_POOLS = 6, 4
"""Pools up to which all are considered; short ones that are where there are more."""
MOST_TRAINED, MOST_HIRED, MOST_SETS = 12, 60, 8
"""Crowds a pool that may be trained, people of a skill that may be hired, skills of several."""
MANY = 24
"""Crowds above which fewer may be trained (a third), and only the most overtime is considered."""
OVERTIME_H = (4.0, 8.0)
"""Hours of overtime a week that are considered."""
HALF_HOURS = 4
"""Half hours that a pool may close earlier, or open later, at most."""
SHARES = tuple(round(0.1 * k, 1) for k in range(9, -1, -1))
"""Least shares of the contract hours (R6) that are tried, the mildest first."""

Inputs = tuple[Workspace, Scenario, SeatRequirement]


def many(case: Case) -> bool:
    """Return whether a week has people of so many kinds that the program gets slow."""
    return len(case.crowds) > MANY


@dataclass(frozen=True, kw_only=True)
class _Offer:
    """A crowd that a measure makes, and the measure for one of its people."""

    crowd: Crowd
    measure: Measure


def cheapest(case: Case, most: float, seconds: float) -> tuple[list[Measure], float] | None:
    """Return the cheapest measures that leave at most so many units open, and a bound."""
    start: Inputs = (case.workspace, case.scenario, case.requirement)
    gates = list(_eases(case.scenario))
    offers = [
        *_absences(case, start),
        *_trainings(case, start),
        *_for_all(case, start, gates),
        *_hirings(case, start),
    ]
    shut, closings = _closings(case)
    people = [*case.crowds, *(offer.crowd for offer in offers)]
    program = case.program(people, gates=[gate.price for gate in gates], shut=shut)
    choice = program.cheapest(most, seconds)
    if choice is None:
        return None
    counts = [round(number) for number in choice.crowds[len(case.crowds) :]]
    bought = [(offer, number) for offer, number in zip(offers, counts, strict=True) if number]
    measures = _merged(case, bought, gates)
    for closing, own in closings:
        number = sum(bool(choice.shut[i]) for i in own)
        if number:
            price = sum(shut[i].price for i in own if choice.shut[i])
            measures.append(replace(closing, number=float(number), price=price))
    return measures, choice.bound


def _merged(
    case: Case, bought: Sequence[tuple[_Offer, int]], gates: Sequence[Measure]
) -> list[Measure]:
    """Return what was bought: trainings on the same pool, and overtime, as one measure each."""
    free = {c: list(crowd.members) for c, crowd in enumerate(case.crowds)}
    found: list[Measure] = []
    together: dict[tuple[str, ...], Measure] = {}
    for offer, number in bought:
        measure, price, names = offer.measure, offer.crowd.price * number, list[str]()
        if measure.kind == "absence":
            names = list(measure.agents)
        elif offer.crowd.of is not None:
            names = free[offer.crowd.of][:number]
        for name in names:
            free[offer.crowd.of or 0].remove(name)
        if measure.kind in ("train", "overtime"):
            key = (measure.kind, *measure.pools)
            old = together.get(key, replace(measure, agents=(), price=0.0))
            together[key] = replace(
                old,
                agents=(*old.agents, *names),
                price=old.price + price,
                number=max(old.number, measure.number),
            )
        elif measure.kind == "ease":
            together[measure.kind, measure.rule] = gates[offer.crowd.gate or 0]
        elif measure.kind == "hire":
            found.append(replace(measure, number=float(number), price=price))
        else:
            found.append(measure)
    return [*found, *together.values()]


def _people(inputs: Inputs, names: Sequence[str]) -> dict[str, Agent]:
    """Return some of the people as the rules see them."""
    space, story, _ = inputs
    agents, skills = space.agents, space.skills
    few = with_tables(
        space,
        agents=agents[agents.index.isin(names)],
        skills=skills[skills["agent_id"].isin(names)],
    )
    return {agent.agent_id: agent for agent in staff(few, story)}


def _able(agent: Agent | None) -> bool:
    """Return whether somebody has any shift, and a lawful week."""
    if agent is None or not any(option and option.shifts for option in agent.options):
        return False
    return has_week(agent)


def _pools(case: Case) -> list[str]:
    """Return the pools to hire and train for: all of a few, else those that miss most."""
    names = list(case.workspace.pools)
    if len(names) <= ALL_POOLS:
        return names
    missing: dict[str, float] = {}
    for (pool, _), units in [*case.least.missing.items(), *case.more.items()]:
        missing[pool_of(pool)] = missing.get(pool_of(pool), 0.0) + units
    return sorted(missing, key=lambda pool: -missing[pool])[:MOST_POOLS]


def _hirings(case: Case, start: Inputs) -> Iterator[_Offer]:
    """Yield people of each single pool, and of the skills of several that somebody has."""
    scenario, pools, day = case.scenario, _pools(case), first_day(case.scenario)
    days = sum(date >= day for date in scenario.grid.dates)
    price = scenario.repair.hire_week * days / 7
    known = {
        tuple(pool_of(name) for name, _ in option.capability)
        for crowd in case.crowds
        for option in crowd.agent.options
        if option is not None
    }
    several = sorted(own for own in known if len(own) > 1 and set(own) & set(pools))
    several.sort(key=lambda own: -len(set(own) & set(pools)))
    before = set(case.workspace.agents.index)
    for skills in [*((pool,) for pool in pools), *several[:MOST_SETS]]:
        one = Measure(kind="hire", price=price, pools=skills, number=1.0, day=day)
        inputs = applied(*start, [one])
        (name,) = set(inputs[0].agents.index) - before
        person = _people(inputs, [str(name)])[str(name)]
        if _able(person):
            crowd = Crowd(agent=replace(person, agent_id=""), most=MOST_HIRED, price=price)
            yield _Offer(crowd=crowd, measure=one)


def _trainings(case: Case, start: Inputs) -> Iterator[_Offer]:
    """Yield trainings on a pool of those whose own work is worth least, by the duals."""
    order = sorted(range(len(case.crowds)), key=lambda c: case.least.worth[c])
    day, price = first_day(case.scenario), case.scenario.repair.training
    most = MOST_TRAINED // 3 if many(case) else MOST_TRAINED
    for pool in _pools(case):
        tried = 0
        for c in order:
            if tried == most or day > case.scenario.grid.dates[-1]:
                break
            name = case.crowds[c].members[0]
            measure = Measure(kind="train", price=price, pools=(pool,), agents=(name,), day=day)
            offer = _changed(case, start, c, measure, price)
            if offer is not None:
                tried += 1
                yield offer


def _changed(
    case: Case, start: Inputs, c: int, measure: Measure, price: float, gate: int | None = None
) -> _Offer | None:
    """Return a crowd as it is after a measure, None where it changes nothing or helps nobody."""
    crowd = case.crowds[c]
    person = _people(applied(*start, [measure]), crowd.members[:1]).get(crowd.members[0])
    if person is None or person == crowd.agent or not _able(person):
        return None
    made = Crowd(agent=person, most=crowd.most, price=price, of=c, gate=gate)
    return _Offer(crowd=made, measure=measure)


def _absences(case: Case, start: Inputs) -> Iterator[_Offer]:
    """Yield each day of leave or training that can be moved, and all of a person's."""
    crowd_of = {name: c for c, crowd in enumerate(case.crowds) for name in crowd.members}
    for name, days in _away(case.workspace, case.scenario).items():
        if name not in crowd_of:
            continue
        for some in _some(days):
            price = case.scenario.repair.absence_day * len(some)
            measure = Measure(kind="absence", price=price, agents=(name,), days=some)
            offer = _changed(case, start, crowd_of[name], measure, price)
            if offer is not None:
                yield replace(offer, crowd=replace(offer.crowd, most=1))


def _away(workspace: Workspace, scenario: Scenario) -> dict[str, list[dt.date]]:
    """Return agent -> planned days of leave or training that can be moved."""
    found: dict[str, list[dt.date]] = defaultdict(list)
    for name, day in movable(workspace, scenario):
        found[name].append(day)
    return found


def _some(days: Sequence[dt.date]) -> list[tuple[dt.date, ...]]:
    """Return each day alone, and all of several."""
    return [(day,) for day in days] + ([tuple(days)] if len(days) > 1 else [])


def _overtimes(scenario: Scenario, hours_a_week: Sequence[float] = OVERTIME_H) -> Iterator[Measure]:
    """Yield more overtime than is allowed now, for one person."""
    now = scenario.rules.overtime_month_h
    for hours in hours_a_week:
        month = min(now + hours * math.ceil(scenario.horizon.days / 7), MOST_OVERTIME_H)
        if month > now:
            price = (month - now) * scenario.repair.overtime_hour
            yield Measure(kind="overtime", price=price, number=month)


def _eases(scenario: Scenario) -> Iterator[Measure]:
    """Yield each rule that is stricter than need be, eased for everybody."""
    price = scenario.repair.rule_week * scenario.horizon.days / 7
    for rule, value in eased_rules(scenario):
        yield Measure(kind="ease", price=price, rule=rule, number=value)


def _for_all(case: Case, start: Inputs, gates: Sequence[Measure]) -> Iterator[_Offer]:
    """Yield everybody with more overtime, and, behind its gate, with each rule eased."""
    hours = OVERTIME_H[-1:] if many(case) else OVERTIME_H
    told: list[tuple[Measure, int | None]] = [
        (each, None) for each in _overtimes(case.scenario, hours)
    ]
    told += [(gate, i) for i, gate in enumerate(gates)]
    names = [crowd.members[0] for crowd in case.crowds]
    for measure, gate in told:
        people = _people(applied(*start, [measure]), names)
        price = measure.price if gate is None else 0.0
        for c, crowd in enumerate(case.crowds):
            person = people[names[c]]
            if person != crowd.agent and _able(person):
                made = Crowd(agent=person, most=crowd.most, price=price, of=c, gate=gate)
                yield _Offer(crowd=made, measure=measure)


def _closings(case: Case) -> tuple[list[Shut], list[tuple[Measure, list[int]]]]:
    """Return half hours at the ends of the pools' windows, and the measure of each end."""
    table, shut = case.requirement.table, list[Shut]()
    table = table[table["seats"] > 0]
    slots = service_slot(case.scenario, table)
    found: list[tuple[Measure, list[int]]] = []
    kinds: tuple[Kind, ...] = ("close", "open")
    for pool, kind in itertools.product(_pools(case), kinds):
        own: list[int] = []
        for number in range(1, HALF_HOURS + 1):
            measure = Measure(kind=kind, price=0.0, pools=(pool,), number=float(number))
            whole = shut_slots(case.workspace, measure)
            slot = whole.start if kind == "close" else whole.stop - 1
            there = table[(table["pool"] == pool) & (slots == slot)]
            price = case.scenario.horizon.days * case.scenario.repair.closed_hour / SLOTS_PER_H
            places = tuple((pool, int(t)) for t in there["slot"])
            shut.append(Shut(price=price, places=places, after=own[-1] if own else None))
            own.append(len(shut) - 1)
        found.append((Measure(kind=kind, price=0.0, pools=(pool,)), own))
    return shut, found


def lawful_measures(start: Inputs, agents: Sequence[Agent]) -> list[Measure] | None:
    """Return the cheapest measures that give everybody a lawful week, None where none does.

    At most one rule is eased, for everybody; whom that does not help has days away moved.
    """
    space, story, _ = start
    lost = [agent.agent_id for agent in agents if not has_week(agent)]
    away = _away(space, story)
    price = story.repair.rule_week * story.horizon.days / 7
    shares = [
        Measure(kind="ease", price=price, rule="min_week_share", number=share)
        for share in SHARES
        if share < story.rules.min_week_share
    ]
    best: list[Measure] | None = None
    for rule in [None, *_eases(story), *_overtimes(story), *shares]:
        eased = [] if rule is None else [rule]
        people = _people(applied(*start, eased), lost)
        left = [name for name in lost if not has_week(people[name])]
        if rule is not None and rule.kind == "overtime":
            helped = tuple(name for name in lost if name not in left)
            eased = [replace(rule, agents=helped, price=rule.price * len(helped))]
        for name in left:
            moved = _moved(applied(*start, eased), name, away.get(name, []))
            if moved is None:
                break
            eased.append(moved)
        else:
            if best is None or total_price(eased) < total_price(best):
                best = eased
    return best


def _moved(inputs: Inputs, name: str, days: Sequence[dt.date]) -> Measure | None:
    """Return the fewest days away to be moved so that somebody has a lawful week, None if none."""
    price = inputs[1].repair.absence_day
    for some in _some(days):
        one = Measure(kind="absence", price=price * len(some), agents=(name,), days=some)
        if has_week(_people(applied(*inputs, [one]), [name])[name]):
            return one
    return None


def total_price(measures: Sequence[Measure]) -> float:
    """Return the yuan of some measures."""
    return sum(each.price for each in measures)
