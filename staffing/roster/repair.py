"""The cheapest repair of a week that is short or impossible: found as a program, and checked.

1. Where somebody has no lawful week, the cheapest measure that gives her one is searched for one
   person after another (`lawful_measures`): rules bind each alone.
2. Where the relaxation leaves more uncovered than the scenario allows, people are missing. Every
   measure becomes a crowd, a gate or a half hour to shut in `crowds.Program`, which chooses the
   cheapest ones with whole numbers.
3. The week is planned with them. A relaxation promises a little more than a roster keeps: the next
   proposal must promise to leave by as much less open as the roster left too much, and where that
   is less than nothing, what the roster left open is asked for once more. Then measures that are
   not needed are left out again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

import pandas as pd

from staffing.roster import Roster, roster
from staffing.roster.audit import audit, hard
from staffing.roster.bottleneck import UNITS_PER_H, Case, Finding, finding, record, said
from staffing.roster.explain import contradictions
from staffing.roster.measures import Measure, applied
from staffing.roster.offers import Inputs, cheapest, lawful_measures, many, total_price
from staffing.roster.prices import SPEED_UNITS, Place
from staffing.roster.staff import staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.words import Lang, Statement
from staffing.workspace import Workspace

LIMIT_S = 30.0
"""Seconds that the searches for the cheapest measures may take, the first one half of them; then
the best so far is told."""
TRIES, PRUNED = 5, 6
"""Proposals that are planned with at most, and plans to find measures that are not needed."""
STEP = 1.0
"""Speed units, times half hours, by which the next proposal must do better at least."""
PLANNED = 2000
"""Agents times days up to which a proposal is planned with; above the bound is taken again."""
LONGEST_S = 300.0
"""Seconds after which no further proposal is made."""

How = Literal["planned", "bound", "unchecked"]


@dataclass(frozen=True, kw_only=True)
class Repair:
    """What to know and do about a week that is short or has no lawful roster.

    Attributes
    ----------
    scenario : the week's
    needed : whether anything is wrong with the week
    clashes : who has no lawful week, and why
    finding : where and why people are missing; None where it was not reached
    share : of the seats required that stays open as the week is, at the least known: of the
        roster where there is one, else of the relaxation
    measures : the cheapest repair found; empty where there is none, or none is needed
    price : yuan of all of them
    at_least : yuan that every repair by the measures considered costs
    how : whether the week was planned with them, its bound computed, or neither
    done : whether that left no more uncovered than the scenario allows, and broke no rule
    left_share : what it left uncovered; None where unchecked
    looked : whether measures were looked for
    """

    scenario: Scenario
    needed: bool
    clashes: tuple[Statement, ...] = ()
    finding: Finding | None = None
    share: float = 0.0
    measures: tuple[Measure, ...] = ()
    price: float = 0.0
    at_least: float = 0.0
    how: How = "unchecked"
    done: bool = False
    left_share: float | None = None
    looked: bool = True

    def lines(self) -> Iterator[Statement]:
        """Yield it in sentences."""
        if not self.needed:
            yield Statement("repair.not_needed")
            return
        yield from self.clashes
        found = self.finding
        if found is not None and found.pools:
            yield from said(found, self.scenario)
        elif found is not None and not self.clashes:
            told = {"share": f"{self.share:.1%}", "least": f"{found.least_h:,.1f}"}
            yield Statement("repair.search", told)
        if not self.measures:
            yield Statement("repair.none" if self.looked else "repair.ask")
            return
        facts = {"price": f"{self.price:,.0f}", "least": f"{self.at_least:,.0f}"}
        if self.how == "unchecked":
            yield Statement("repair.unchecked", facts)
        else:
            key = f"repair.{self.how}" if self.done else "repair.not_enough"
            yield Statement(key, facts | {"share": f"{self.left_share or 0.0:.1%}"})
        for each in self.measures:
            yield Statement("repair.measure", {"measure": each.said(self.scenario)})

    def record(self, lang: Lang) -> dict[str, object]:
        """Return it for machines, its sentences in a language."""
        told = self.scenario.model_copy(update={"lang": lang})
        return {
            "needed": self.needed,
            "contradictions": [each.text(lang) for each in self.clashes],
            "bottleneck": None if self.finding is None else record(self.finding, told),
            "uncovered_share": round(self.share, 6),
            "measures": [each.record(told) for each in self.measures],
            "price": round(self.price, 2),
            "price_at_least": round(self.at_least, 2),
            "checked": None if self.how == "unchecked" else self.how,
            "done": self.done,
            "left_share": None if self.left_share is None else round(self.left_share, 6),
            "text": [each.text(lang) for each in self.lines()],
        }


def repair(
    workspace: Workspace,
    scenario: Scenario,
    requirement: SeatRequirement,
    rostered: Roster | None = None,
    *,
    check: bool = True,
) -> Repair:
    """Return what is wrong with a week and the cheapest measures that mend it.

    Parameters
    ----------
    rostered : the week's roster, where there is one
    check : whether to plan with each proposal, until one is enough; where not, and people are of
        many kinds, only the bottleneck is told
    """
    start: Inputs = (workspace, scenario, requirement)
    agents = staff(workspace, scenario)
    clashes = tuple(contradictions(agents, scenario))
    first = lawful_measures(start, agents) if clashes else []
    if first is None:
        return Repair(scenario=scenario, needed=True, clashes=clashes)
    inputs = applied(*start, first)
    case = _case(inputs)
    if rostered is None and not clashes and not case.short and check:
        rostered = _planned(inputs)
    open_ = case.least.value if rostered is None else rostered.uncovered_h * UNITS_PER_H
    made = Repair(
        scenario=scenario,
        needed=bool(clashes) or case.short or open_ > case.most + 1e-3,
        clashes=clashes,
        finding=finding(case, rules=check or not many(case)),
        share=open_ / case.required if case.required else 0.0,
    )
    if not made.needed:
        return made
    if first and not case.short:
        made = _with(made, first, bound=total_price(first))
        if not check:
            return made
        made, rostered = _tried(made, start)
        if made.done:
            return made
    if not case.short and rostered is not None:
        case = _asking_more(case, rostered)
    if not check and many(case):
        return replace(made, looked=False)
    return _proposed(made, start, first, case, check=check)


def ways_out(workspace: Workspace, scenario: Scenario) -> list[Statement]:
    """Return the cheapest measures that give everybody a lawful week, in sentences."""
    nothing = SeatRequirement(table=pd.DataFrame({"pool": [], "date": [], "slot": [], "seats": []}))
    found = lawful_measures((workspace, scenario, nothing), staff(workspace, scenario))
    if not found:
        return [Statement("repair.none")]
    told = [Statement("repair.measure", {"measure": each.said(scenario)}) for each in found]
    return [Statement("repair.lawful", {"price": f"{total_price(found):,.0f}"}), *told]


def _proposed(
    made: Repair, start: Inputs, first: Sequence[Measure], case: Case, *, check: bool
) -> Repair:
    """Return the repair with the cheapest measures beside the first ones, planned until enough.

    Half of the seconds left are given to each search.
    """
    paid, most, seconds, tries = total_price(first), case.most, LIMIT_S, 0
    bound: float | None = None
    ends = time.monotonic() + LONGEST_S
    while time.monotonic() < ends and tries < (TRIES if check else 1):
        tries, seconds = tries + 1, seconds / 2
        found = cheapest(case, most, seconds)
        if found is None:
            break
        measures, least = found
        if bound is None:  # what is asked more proves nothing
            bound = paid if case.more else paid + least
        made = _with(made, [*first, *measures], bound=bound)
        if not check:
            break
        made, left = _tried(made, start)
        if made.done or left is None:
            break
        relaxed = _case(applied(*start, made.measures), case.more).least.value
        beyond = max(left.uncovered_h * UNITS_PER_H - case.most, 0.0)
        most = min(most, relaxed) - beyond - STEP
        if most < 0:
            case, most, seconds = _asking_more(case, left), 0.0, max(seconds, LIMIT_S / 4)
    return _pruned(made, start, len(first)) if made.done and tries > 1 else made


def _case(inputs: Inputs, more: Mapping[Place, int] = MappingProxyType({})) -> Case:
    return Case(workspace=inputs[0], scenario=inputs[1], requirement=inputs[2], more=more)


def _pruned(made: Repair, start: Inputs, first: int) -> Repair:
    """Return the repair without measures that the week can be planned without, the dearest first.

    Later proposals are made against a margin, which may ask for more than is needed.
    """
    plans = 0
    for each in sorted(made.measures[first:], key=lambda measure: -measure.price):
        kept: Measure | None = each
        while kept is not None and plans < PRUNED:
            less = _less(kept)
            own = [less if old is kept else old for old in made.measures]
            fewer = _with(made, [one for one in own if one is not None], bound=made.at_least)
            tried, _ = _tried(fewer, start)
            plans += 1
            if not tried.done:
                break
            made, kept = tried, less
    return made


def _less(measure: Measure) -> Measure | None:
    """Return the measure with one person or half hour less; None where nothing is left of it."""
    number, agents = measure.number, measure.agents
    if measure.kind in ("hire", "close", "open") and number > 1:
        return replace(measure, number=number - 1, price=measure.price * (number - 1) / number)
    if measure.kind == "train" and len(agents) > 1:
        price = measure.price * (len(agents) - 1) / len(agents)
        return replace(measure, agents=agents[:-1], price=price)
    return None


def _asking_more(case: Case, short: Roster) -> Case:
    """Return the case with what a roster left open asked for once more."""
    more = dict(case.more)
    table = short.coverage[short.coverage["uncovered"] > 0]
    for pool, t, seats in zip(table["pool"], table["slot"], table["uncovered"], strict=True):
        if (place := (str(pool), int(t))) in case.asked:
            more[place] = more.get(place, 0) + math.ceil(float(seats) * SPEED_UNITS)
    return _case((case.workspace, case.scenario, case.requirement), more)


def _with(made: Repair, measures: Sequence[Measure], bound: float) -> Repair:
    price = total_price(measures)
    return replace(
        made,
        measures=tuple(measures),
        price=price,
        at_least=min(max(bound, 0.0), price),
        how="unchecked",
        done=False,
        left_share=None,
    )


def _planned(inputs: Inputs) -> Roster:
    """Return a roster made with little effort."""
    space, story, required = inputs
    settings = story.roster.model_copy(update={"effort": story.repair.effort})
    return roster(space, story.model_copy(update={"roster": settings}), required)


def _tried(made: Repair, start: Inputs) -> tuple[Repair, Roster | None]:
    """Return the repair with what planning with it leaves open, and that roster."""
    inputs = applied(*start, made.measures)
    space, story, _ = inputs
    people = staff(space, story)
    most = story.roster.max_uncovered + 1e-9
    if contradictions(people, story):
        return replace(made, how="planned", done=False, left_share=1.0), None
    if len(people) * story.horizon.days > PLANNED:
        case = _case(inputs)
        share = case.least.value / case.required if case.required else 0.0
        return replace(made, how="bound", done=share <= most, left_share=share), None
    rostered = _planned(inputs)
    lawful = not hard(audit(space, story, rostered.assignments))
    share = rostered.uncovered_share
    made = replace(made, how="planned", done=lawful and share <= most, left_share=share)
    return made, rostered
