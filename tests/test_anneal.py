"""Annealing: prices as `Problem.score` has them, limits as the law has them, never worse."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel
from numpy.typing import NDArray

from staffing.queue.kernel import Ints
from staffing.roster import anneal, engine
from staffing.roster.anneal import Annealing
from staffing.roster.arrays import Arrays
from staffing.roster.duty import Duty, Roll
from staffing.roster.engine import STEPS_PER_EFFORT, search
from staffing.roster.fairness import Standing
from staffing.roster.first import NoWeekError, first_roll
from staffing.roster.kernel.days import ILLEGAL, OFF, OPTION, POINTS, SHIFT, Duties, personal
from staffing.roster.kernel.moves import (
    MOST_CHANGES,
    alike_days,
    exchanged_days,
    liked,
    moved_days,
)
from staffing.roster.kernel.seats import (
    COMING,
    GOING,
    NOBODY,
    SIZE,
    Seats,
    come,
    exact,
    leave,
    undo,
)
from staffing.roster.kernel.walk import enter, reckon, turn
from staffing.roster.lawful import has_week, is_lawful
from staffing.roster.limits import MonthOvertime, WeekHours, WeekStarts
from staffing.roster.prices import CROWD, SPEED_UNITS, paid_hours
from staffing.roster.problem import Problem
from staffing.roster.report import Reached
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option, Span
from staffing.roster.turns import at_table, crowd_of
from staffing.scenario import Fairness
from tests.rosters import MONDAY
from tests.test_bound import company
from tests.test_lawful import CASES, DAYS, EARLY, LATE

MORE_LIMITS = {
    "overtime of a month": Limits(
        overtime=(
            MonthOvertime(
                weeks=(
                    WeekHours(days=(0, 1, 2), base=-16, over=1, normal_day=8),
                    WeekHours(days=(3, 4, 5), base=-20, over=0, normal_day=9),
                ),
                most=4,
            ),
        )
    ),
    "late shifts in a row": Limits(most_in_a_row=(("late", 2),)),
    "starts close together": Limits(
        starts=(
            WeekStarts(days=(0, 1, 2), spread=10, published=(30,)),
            WeekStarts(days=(3, 4, 5), spread=6),
        )
    ),
    "a free weekend of each run": Limits(free_weekends=(((1, 2), (4, 5)), ((0,),))),
}
LIMITS = {name: limits for name, (limits, _) in CASES.items()} | MORE_LIMITS
WAYS = tuple(itertools.product((None, EARLY, LATE), repeat=DAYS))
PASTS = (
    (frozenset[int](), None, frozenset[tuple[int, str]]()),
    (frozenset({-1, -2}), -2, frozenset({(-1, "late")})),
)


def alone(limits: Limits, past: int) -> Problem:
    """Return a company of one agent whose days have an early and a late shift."""
    worked, last_end, tagged = PASTS[past]
    agent = Agent(
        agent_id="A",
        contract_h=40.0,
        options=(Option((("P", 20),), (EARLY, LATE)),) * DAYS,
        limits=limits,
        worked=worked,
        last_end=last_end,
        tagged=tagged,
    )
    return Problem(agents=(agent,), need={}, steps={}, start=MONDAY, fairness=Fairness())


def idle_roll(problem: Problem, way: tuple[Template | None, ...]) -> Roll:
    """Return a way to fill the days of the only agent."""
    name = problem.agents[0].agent_id
    return {
        (name, d): Duty(shift, (), (None,) * (shift.end - shift.start))
        for d, shift in enumerate(way)
        if shift is not None
    }


@pytest.mark.parametrize("past", range(len(PASTS)))
@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_holds_where_the_law_says_so(name: str, past: int) -> None:
    """Of 80 ways to fill six days the compiled limits allow exactly those that CP-SAT allows."""
    problem = alone(LIMITS[name], past)
    arrays = Arrays(problem)
    for way in WAYS[::9]:
        own = personal(arrays.duties(idle_roll(problem, way)), 0)
        shifts = {d: shift for d, shift in enumerate(way) if shift is not None}
        assert (own < ILLEGAL) == is_lawful(problem.agents[0], shifts), way


def busy(seed: int) -> Problem:
    """Return a small company with every soft goal, and meals that are not to be bunched."""
    return replace(
        company(seed),
        fairness=Fairness(),
        wishes={("A0", 1): {"*": 3}, ("A1", 0): {"late": 4}, ("A2", 2): {"": 7}},
        standing=Standing(
            leads={("A0", "late"): 2.0, ("A3", "weekend"): 1.5},
            marked={"statutory": frozenset({1}), "peak_night": frozenset({2})},
            published={("A1", 1): (18, 26), ("A1", 2): None},
        ),
        meal_share=0.5,
    )


def over_weekend(problem: Problem) -> Problem:
    """Return a problem with its days in two weeks."""
    return replace(problem, start=MONDAY - dt.timedelta(days=2))


def annealing(problem: Problem, *, paired: bool) -> Annealing:
    """Return an annealing; a paired one of days over a weekend, so that there are two weeks."""
    if paired:
        problem = over_weekend(problem)
    walk = Annealing(problem, first_roll(problem), paired=paired)
    assert walk.threads == 2
    return walk


def points(problem: Problem, roll: Roll) -> int:
    """Return what the whole roster costs, people too many at the table included."""
    crowds = crowd_of(roll, problem.speed).values()
    above = sum(max(eat - at_table(here, problem.meal_share), 0) for here, eat in crowds)
    return problem.score(roll).total + CROWD * above


def tied(problem: Problem) -> Problem:
    """Return a problem whose people are off for two days in a row at least, where they can be."""
    for i, agent in enumerate(problem.agents):
        bound = replace(agent, limits=replace(agent.limits, least_off=2))
        if has_week(bound):
            agents = (*problem.agents[:i], bound, *problem.agents[i + 1 :])
            problem = replace(problem, agents=agents)
    assert any(agent.limits.least_off > 1 for agent in problem.agents)
    return problem


@settings(max_examples=24, deadline=None)
@given(seed=st.integers(0, 10_000), paired=st.booleans(), runs=st.booleans())
def test_points_are_kept_as_they_change(seed: int, paired: bool, runs: bool) -> None:
    """After a thousand changes the points kept are those of the duties, counted anew."""
    problem = tied(busy(seed)) if runs else busy(seed)
    walk = annealing(problem, paired=paired)
    for _ in walk.improve(1000):
        pass
    if paired:
        problem = over_weekend(problem)
    assert walk.points == points(problem, walk.roll())
    assert walk.units == problem.score(walk.roll()).units


@settings(max_examples=24, deadline=None)
@given(seed=st.integers(0, 10_000), paired=st.booleans(), part=st.floats(0, 1))
def test_people_sit_where_they_are_told_to(seed: int, paired: bool, part: float) -> None:
    """Points are those of the roster handed in, whoever of it serves nobody, and stay true."""
    walk = annealing(busy(seed), paired=paired)
    problem = over_weekend(busy(seed)) if paired else busy(seed)
    for _ in walk.improve(500):
        pass
    chance = random.Random(seed)
    told = {
        key: replace(duty, pools=tuple(p if chance.random() < part else None for p in duty.pools))
        for key, duty in walk.roll().items()
    }
    walk.sit(told)
    assert not np.any(walk.seats.known[..., 1] == walk.seats.versions[:, None])
    assert walk.points == points(problem, told)
    assert walk.units == problem.score(told).units
    assert problem.score(walk.roll()) == problem.score(told)
    for _ in walk.improve(500, 0.9):
        pass
    assert walk.points == points(problem, walk.roll())


@pytest.mark.parametrize("paired", [False, True])
def test_what_is_known_of_a_half_hour_is_true(paired: bool) -> None:
    """What was reckoned of somebody's coming or going there holds until its version changes."""
    problem = busy(5)
    walk = annealing(problem, paired=paired)
    for _ in walk.improve(20_000):
        pass
    seats, told = walk.seats, 0
    for g, t, way in np.argwhere(seats.known[..., 1] == seats.versions[:, None]).tolist():
        if way == GOING and not serving(seats, g, t):
            continue  # nobody is there who could go
        seats.marks[SIZE] = 0
        cost = come(seats, g, t) if way == COMING else leave(seats, g, t)
        undo(seats, 0)
        assert cost == seats.known[g, t, way, 0]
        told += 1
    assert told > 10


def serving(seats: Seats, g: int, t: int) -> bool:
    """Return whether somebody of a group is on duty in a slot."""
    own = range(seats.groups[g], seats.groups[g + 1])
    return bool(seats.crews[t, [*own, len(seats.posts) + g]].any())


@pytest.mark.parametrize("limit", [-300, -20, 0, 20, 300])
def test_shifts_are_drawn_that_are_worth_it(limit: int) -> None:
    """Where all of a day's half hours are known, and no meals, those within the limit are drawn."""
    arrays, roll = Arrays(without_meals(company(5))), first_roll(without_meals(company(5)))
    s, w = arrays.seats(), arrays.duties(roll)
    reckon(s, w, np.zeros(len(w.group), np.int64))
    enter(s, w)
    for g, t in np.ndindex(s.known.shape[:2]):
        for way in (GOING, COMING) if serving(s, g, t) else (COMING,):
            s.marks[SIZE] = 0
            exact(s, g, t, way)
    random, drawn_some = np.array([5], np.uint64), 0
    for a, d in np.argwhere(w.group >= 0).tolist():
        first, end = w.first[a * w.week.size + d :][:2].tolist()
        others = set(range(first, end)) - {int(w.taken[a, d, OPTION])}
        within = {option for option in others if added(s, w, a, d, option) <= limit}
        drawn = {liked(s, w, random, a, d, NOBODY, limit) for _ in range(40 * len(others))}
        assert drawn - {OFF} == within
        assert OFF not in drawn or not within
        drawn_some += len(within)
    assert drawn_some > 0 or limit < 0


def without_meals(problem: Problem) -> Problem:
    """Return a problem whose shifts have no meals."""
    agents = [
        replace(
            agent,
            options=tuple(
                option
                and replace(option, shifts=tuple(replace(s, meals=()) for s in option.shifts))
                for option in agent.options
            ),
        )
        for agent in problem.agents
    ]
    return replace(problem, agents=tuple(agents))


def added(s: Seats, w: Duties, a: int, d: int, option: int) -> int:
    """Return what another option of a day costs more than the present one."""
    now = int(w.taken[a, d, OPTION])
    own = w.options[option, POINTS] - (w.off[a, d] if now == OFF else w.options[now, POINTS])
    new = np.array([option, 0, 0], np.int64)
    s.marks[SIZE] = 0
    of_seats = turn(s, w, a, d, new, False, ILLEGAL) + turn(s, w, a, d, new, True, ILLEGAL)
    undo(s, 0)
    return int(own + of_seats)


@settings(max_examples=24, deadline=None)
@given(seed=st.integers(0, 10_000), paired=st.booleans(), runs=st.booleans())
def test_what_is_found_is_lawful(seed: int, paired: bool, runs: bool) -> None:
    """Everybody keeps her limits, eats inside her meals' windows and serves what she knows.

    Also where halves of the days are joined that were changed apart.
    """
    problem = tied(busy(seed)) if runs else busy(seed)
    walk = annealing(problem, paired=paired)
    for _ in walk.improve(2000):
        pass
    roll = walk.roll()
    for agent in problem.agents:
        own = {d: duty.shift for (name, d), duty in roll.items() if name == agent.agent_id}
        assert is_lawful(agent, own)
    for (name, d), duty in roll.items():
        assert all(
            m.first <= t <= m.last for m, t in zip(duty.shift.meals, duty.meals, strict=True)
        )
        served = {
            t: pool for t, pool in enumerate(duty.pools, start=duty.shift.start) if pool is not None
        }
        assert set(served.values()) <= set(problem.speed[name, d])
        assert not set(served) & duty.away


def changed_days(
    drawn: Callable[[Duties, NDArray[np.uint64], Ints], int],
) -> Iterator[tuple[list[list[int]], list[list[int]]]]:
    """Yield what two agents had for ten days, template or OFF, and what after a change."""
    (a,) = alone(Limits(), 0).agents
    days = a.options[:1] * 10
    away = replace(a, agent_id="B", options=(*days[:7], None, *days[8:]))
    problem = replace(alone(Limits(), 0), agents=(replace(a, options=days), away))
    random, at = np.array([5], np.uint64), np.zeros((MOST_CHANGES, 3), np.int64)
    chance, w = np.random.default_rng(1), Arrays(problem).duties({})
    for _ in range(400):
        for agent, d in np.ndindex(2, 10):
            first, end = w.first[agent * 10 + d :][:2].tolist()
            w.taken[agent, d, OPTION] = chance.choice([OFF, *range(first, end)])
        before = templates(w)
        at[0] = chance.integers(2), chance.integers(10), 0
        for agent, d, option in at[: drawn(w, random, at)].tolist():
            first, end = w.first[agent * 10 + d :][:2].tolist()
            assert option == OFF or first <= option < end
            w.taken[agent, d, OPTION] = option
        if templates(w) != before:
            yield before, templates(w)


def templates(w: Duties) -> list[list[int]]:
    """Return the template of each agent's days, OFF for none."""
    taken = w.taken[:, :, OPTION]
    return [[OFF if o == OFF else int(w.options[o, SHIFT]) for o in own] for own in taken]


def test_one_shift_is_given_on_days_in_a_row() -> None:
    """From the first day that changes to the last an agent has the same, and the other her own."""
    seen = set()
    for before, after in changed_days(alike_days):
        a = next(i for i in range(2) if before[i] != after[i])
        days = [d for d in range(10) if before[a][d] != after[a][d]]
        assert before[1 - a] == after[1 - a]
        assert len(set(after[a][days[0] : days[-1] + 1]) - {OFF}) == 1
        assert OFF not in after[a][days[0] : days[-1] + 1]
        seen.add(len(days))
    assert {1, 2, 3} <= seen


def test_duties_of_days_in_a_row_move_by_one() -> None:
    """Of some stretch they are the same in turn; the one pushed out is at its other end."""
    seen = set()
    for before, after in changed_days(moved_days):
        a = next(i for i in range(2) if before[i] != after[i])
        assert before[1 - a] == after[1 - a]
        old, new, ways = before[a], after[a], set()
        for d, e in itertools.combinations(range(11), 2):
            back, on = [*old[d + 1 : e], old[d]], [old[e - 1], *old[d : e - 1]]
            ways |= {"back"} if new == old[:d] + back + old[e:] else set()
            ways |= {"on"} if new == old[:d] + on + old[e:] else set()
        assert ways
        seen |= ways
    assert seen == {"back", "on"}


def test_days_in_a_row_are_exchanged() -> None:
    """In one stretch each has what the other had, but for a day on which one of them is away."""
    seen = set()
    for before, after in changed_days(
        lambda w, random, at: exchanged_days(w, random, at, 1 - at[0, 0])
    ):
        days = [d for d in range(10) if before[0][d] != after[0][d]]
        assert 7 not in days
        for d in range(10):
            changed = days[0] <= d <= days[-1] and d != 7
            assert [after[0][d], after[1][d]] == [before[changed][d], before[not changed][d]]
        seen.add(len(days))
    assert {1, 2, 3, 4} <= seen


def test_a_unit_may_be_a_whole_seat() -> None:
    """Counted in seats or in twentieths of them, the same company is annealed at the same heat."""

    def counted(units: int) -> Problem:
        (agent,) = alone(Limits(most_consecutive=4), 0).agents
        days = (Option((("P", units),), (EARLY, LATE)),) * DAYS
        seats = {("P", 48 * d + t): 1 + (d + t) % 3 for d in range(DAYS) for t in range(18, 46)}
        return replace(
            alone(Limits(), 0),
            agents=tuple(replace(agent, agent_id=f"A{i}", options=days) for i in range(5)),
            need={key: number * units for key, number in seats.items()},
            steps={key: ((number * units, 400 // units),) for key, number in seats.items()},
        )

    start = first_roll(counted(1))
    walks = [Annealing(counted(units), start) for units in (1, SPEED_UNITS)]
    for walk in walks:
        list(walk.improve(2000))
    assert walks[0].roll() == walks[1].roll() != start


def test_the_better_of_two_rosters_stays() -> None:
    """Of a company that is not large two are annealed by chances of their own."""
    walk = annealing(busy(5), paired=False)
    list(walk.improve(400))
    points = [copy.points for copy in walk._copies]
    assert points[0] != points[1]
    assert walk.points == min(points)


@pytest.mark.parametrize("weeks", [2, 3, 4, 5])
def test_six_days_stay_between_what_two_threads_change(weeks: int) -> None:
    """Else two halves of somebody's days might break a limit together that each of them keeps.

    In time every day of everybody is changed, also beside one that she keeps.
    """
    days = 7 * weeks
    agent = Agent(agent_id="A", contract_h=40.0, options=(Option((("P", 20),), (EARLY,)),) * days)
    agents = (agent, replace(agent, agent_id="B"))
    problem = Problem(agents=agents, need={}, steps={}, start=MONDAY, fairness=Fairness())
    walk = Annealing(problem, {}, paired=True)
    changed = np.zeros((2, days), bool)
    for number in range(4 * weeks):
        one, two = walk.halve(number)
        assert one.any(axis=1).all()
        assert two.any(axis=1).all()
        for own, other in ((one, two), (two, one)):
            for k in range(7):  # a day of one half and one of the other are a week apart
                assert not (own[:, : days - k] & other[:, k:]).any()
        changed |= one | two
    assert changed.all()


def test_two_halves_that_do_not_go_together_are_not_joined() -> None:
    """One day of the week may be worked, both halves would work theirs: she keeps the first."""
    once = Limits(spans=(Span(days=tuple(range(DAYS)), most_paid=48, most_days=1),))
    need = {("P", 48 * d + t): 20 for d in range(DAYS) for t in range(18, 26)}
    problem = replace(
        over_weekend(alone(once, 0)), need=need, steps=dict.fromkeys(need, ((20, 12),))
    )
    walk = Annealing(problem, {}, paired=True)
    for _ in walk.improve(8000):
        roll = walk.roll()
        assert len(roll) <= 1
        assert walk.points == points(problem, roll)
    assert [duty.shift for duty in roll.values()] == [EARLY]


@pytest.mark.parametrize("paired", [False, True])
def test_the_same_seed_gives_the_same_roster(paired: bool) -> None:
    """Chance is the seed's alone, not that of which thread is first."""
    problem = busy(3)

    def found(seed: int) -> Roll:
        walk = annealing(replace(problem, seed=seed), paired=paired)
        list(walk.improve(3000))
        return walk.roll()

    assert found(1) == found(1)
    assert found(1) != found(2)


def test_people_change_places_for_one_who_comes() -> None:
    """Who knows one pool alone frees another for a pool that she does not know.

    B sits in P though Q lacks her; A, who knows P only, comes: B goes to Q and nothing is missing.
    """
    shift = Template(18, 20, 2, ())
    need = {("P", 18): 20, ("Q", 18): 20, ("P", 19): 20, ("Q", 19): 20}
    both, one = (("P", 20), ("Q", 20)), (("P", 20),)
    agents = tuple(
        Agent(agent_id=name, contract_h=1.0, options=(Option(knows, (shift,)),))
        for name, knows in (("A", one), ("B", both))
    )
    steps = dict.fromkeys(need, ((20, 12),))
    problem = Problem(
        agents=agents, need=need, steps=steps, start=MONDAY, fairness=Fairness(days_weight=0)
    )
    roll = {("B", 0): Duty(shift, (), ("P", "P")), ("A", 0): Duty(shift, (), ("P", "P"))}
    walk = Annealing(problem, roll)
    assert walk.units == 0
    assert walk.roll()["B", 0].pools == ("Q", "Q")


def test_the_first_roster_names_who_has_no_horizon() -> None:
    """All agents without a lawful horizon are named at once, and nobody else."""
    problem = company(1)
    hours = replace(
        problem.agents[0].limits,
        spans=tuple(
            replace(span, least_paid=1 + 16 * len(span.days))
            for span in problem.agents[0].limits.spans
        ),
    )
    assert hours.spans, "the company has no spans: nobody can be stuck"
    agents = list(problem.agents)
    for a in (1, 4):
        agents[a] = replace(agents[a], limits=hours)
    with pytest.raises(NoWeekError) as caught:
        first_roll(replace(problem, agents=tuple(agents)))
    assert [agent.agent_id for agent in caught.value.agents] == ["A1", "A4"]


def test_the_first_roster_covers_what_one_can() -> None:
    """An agent alone takes the shift in which most seats are open."""
    early, late = Template(18, 26, 8, ()), Template(28, 36, 8, ())
    need = {("P", t): 20 for t in range(28, 36)}
    agent = Agent(agent_id="A", contract_h=4.0, options=(Option((("P", 20),), (early, late)),))
    steps = dict.fromkeys(need, ((20, 12),))
    problem = Problem(agents=(agent,), need=need, steps=steps, start=MONDAY, fairness=Fairness())
    assert first_roll(problem)["A", 0].shift == late


def test_seats_later_than_anybody_serves_stay_open() -> None:
    """A pool that nobody knows may be open after the last shift, and past midnight."""
    early = Template(18, 26, 8, ())
    need = {("P", t): 20 for t in range(18, 26)} | {("Q", 49): 20, ("Q", 50): 40}
    agent = Agent(agent_id="A", contract_h=4.0, options=(Option((("P", 20),), (early,)),))
    steps = dict.fromkeys(need, ((20, 12),)) | {("Q", 50): ((20, 12), (20, 12))}
    problem = Problem(agents=(agent,), need=need, steps=steps, start=MONDAY, fairness=Fairness())
    walk = Annealing(problem, first_roll(problem))
    list(walk.improve(4_000))
    assert (walk.units, walk.points) == (60, problem.score(walk.roll()).total)
    assert ("A", 0) in walk.roll()


def test_an_interrupt_keeps_the_roster_so_far() -> None:
    """Ctrl-C while annealing ends the search at once, with a lawful roster and no bound."""
    problem = replace(busy(3), effort=2.0)
    heard: list[Reached] = []

    def interrupt(reached: Reached) -> None:
        heard.append(reached)
        raise KeyboardInterrupt

    roll, report = search(problem, interrupt)
    assert len(heard) == 1
    assert 0 < report.steps < problem.effort * STEPS_PER_EFFORT
    assert report.goal("cost").bound is None
    assert report.cut_short
    assert not search(replace(busy(3), effort=0.5))[1].cut_short
    for agent in problem.agents:
        own = {d: duty.shift for (name, d), duty in roll.items() if name == agent.agent_id}
        assert is_lawful(agent, own)


def test_a_large_company_is_annealed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """All changes that the effort allows are tried, and progress never falls.

    They are made in two parts, with all places planned between. These people count as many here.
    """
    monkeypatch.setattr(engine, "WINDOWED", 0)
    planned = list[float]()
    reseated = engine.reseated

    def noted(of: Problem, now: Roll, effort: float, lane: Parallel) -> Iterator[Roll]:
        planned.append(effort)
        return reseated(of, now, effort, lane)

    monkeypatch.setattr(engine, "reseated", noted)
    problem, parts = replace(over_weekend(busy(3)), effort=1.0), list[float]()
    roll, report = search(problem, lambda reached: parts.extend(filter(None, [reached.part])))
    assert planned[0] == 0.0, "one round, before the last part"
    assert report.steps >= 2 * STEPS_PER_EFFORT
    assert parts == sorted(parts)
    assert parts[-1] == pytest.approx(1.0, abs=0.01)
    assert report.goal("cost").value == paid_hours(problem.score(roll).proven_part)
    for agent in problem.agents:
        own = {d: duty.shift for (name, d), duty in roll.items() if name == agent.agent_id}
        assert is_lawful(agent, own)


def test_an_interrupt_of_the_last_part_keeps_what_was_better(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last part begins warm: what it makes worse at first is not what Ctrl-C keeps."""
    monkeypatch.setattr(engine, "WINDOWED", 0)
    monkeypatch.setattr(engine, "COLD", 0.0)
    monkeypatch.setattr(anneal, "HEAT", ((0.0, 20.0), (1.0, 0.01)))
    problem, told = replace(over_weekend(busy(3)), effort=2.0), list[float]()

    def interrupt(reached: Reached) -> None:
        told.append(reached.cost.value)
        if reached.part is not None and reached.part > 1 - engine.COLD_PART + 0.01:
            raise KeyboardInterrupt

    roll, report = search(problem, interrupt)
    assert report.cut_short
    assert told[-1] > min(told)
    assert paid_hours(problem.score(roll).proven_part) < told[-1]


def test_the_order_of_hashes_changes_nothing() -> None:
    """Processes that hash strings differently find the same roster."""
    script = (
        "from dataclasses import replace\n"
        "from staffing.roster.engine import search\n"
        "from tests.test_anneal import busy\n"
        "print(sorted(search(replace(busy(3), effort=3.0))[0].items()))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
