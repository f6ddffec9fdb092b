"""The whole problem as one program, against trying every roster there is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.roster.crews import crew_task
from staffing.roster.duty import Duty, Roll
from staffing.roster.fairness import Standing, unfairness
from staffing.roster.first import NoWeekError, first_roll
from staffing.roster.lawful import is_lawful
from staffing.roster.limits import WeekStarts
from staffing.roster.model import solve
from staffing.roster.neighbourhoods import Found, improve
from staffing.roster.prices import missing_points
from staffing.roster.problem import Problem
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option, Span
from staffing.roster.whole import part, relaxed, solve_part, solve_whole, whole
from staffing.scenario import Fairness
from tests.rosters import MONDAY
from tests.test_days import problem as everything

SHIFTS = (Template(18, 21, 3, (), ("early",)), Template(20, 24, 4, (), ("late",)))
SIZES = ((3, 4), (2, 6))
"""Agents and days: 3 ** days horizons for each."""
SOME = settings(max_examples=12, deadline=None)
Weeks = dict[str, list[dict[int, Template]]]


def company(seed: int) -> Problem:
    """Return two or three agents with random limits, wishes, pasts, prices and idle points."""
    random = np.random.default_rng(seed)
    people, days = SIZES[random.integers(len(SIZES))]
    capability = (("P", 20),)

    def option() -> Option | None:
        costs = tuple(int(c) for c in random.integers(0, 40, len(SHIFTS)))
        made = Option(capability, SHIFTS, costs, int(random.integers(0, 9)))
        return None if random.random() < 0.1 else made

    agents = tuple(
        Agent(
            agent_id=f"A{i}",
            contract_h=20.0,
            options=tuple(option() for _ in range(days)),
            limits=limits(random, days),
            worked=frozenset({-1}) if random.random() < 0.4 else frozenset(),
            last_end=int(random.integers(-30, 0)),
        )
        for i in range(people)
    )
    slots = [48 * d + t for d in range(days) for t in range(18, 24)]
    seats = {("P", t): 20 * int(random.integers(0, people + 1)) for t in slots}
    dear = {key: int(random.integers(1, 6)) for key in seats}
    return Problem(
        agents=agents,
        need=seats,
        steps={key: ((20, dear[key]), (number, 2 * dear[key])) for key, number in seats.items()},
        start=MONDAY,
        fairness=Fairness(late_weight=5, days_weight=3, weekend_weight=0, steady_weight=4),
        wishes={("A0", 1): {"*": 30}, ("A1", 2): {"late": 20, "": 11}},
        standing=Standing(leads={("A1", "late"): 1.5}, published={("A0", 0): (18, 21)}),
        idle={t: int(random.integers(0, 12)) for t in slots[::2]},
    )


def limits(random: np.random.Generator, days: int) -> Limits:
    """Return limits of every kind that some horizon may keep."""
    most = int(random.integers(1, 4))
    span = Span(
        days=tuple(range(days)),
        most_paid=int(random.integers(7, 16)),
        most_days=days - 1,
        least_paid=int(random.integers(0, 5)),
        least_days=int(random.integers(0, 2)),
    )
    return Limits(
        spans=(span,),
        most_consecutive=most if random.random() < 0.8 else None,
        least_consecutive=int(random.integers(1, most + 1)),
        least_off=int(random.integers(1, 4)),
        rest=int(random.choice([0, 28, 44])),
        most_of=(("late", 2),) if random.random() < 0.5 else (),
        weekends=((0, 1), (2, 3)),
        most_weekends=1 if random.random() < 0.5 else None,
        forbidden=(("late", "early"),) if random.random() < 0.5 else (),
        most_in_a_row=(("late", 1),) if random.random() < 0.3 else (),
        starts=(WeekStarts(days=(0, 1, 2), spread=1),) if random.random() < 0.3 else (),
        free_weekends=(((0, 1), (2, 3)),) if random.random() < 0.3 else (),
    )


def keeps(agent: Agent, own: Mapping[int, Template]) -> bool:
    """Return whether shifts keep an agent's limits, by plain counting."""
    of, days = agent.limits, range(len(agent.options))
    late = {d for d, shift in own.items() if "late" in shift.tags}
    paid, ends = sum(shift.paid for shift in own.values()), {d: s.end for d, s in own.items()}
    begins = {d: 48 * d + shift.start for d, shift in own.items()}
    (span,) = of.spans
    rows = [
        span.least_paid <= paid <= span.most_paid,
        span.least_days <= len(own) <= span.most_days,
        all(begins[d] >= 48 * (d - 1) + ends[d - 1] + of.rest for d in own if d - 1 in own),
        agent.last_end is None or all(t >= agent.last_end + of.rest for t in begins.values()),
        all(len(late) <= most for _, most in of.most_of),
        not of.forbidden or not any(d in late and d + 1 in own.keys() - late for d in days),
        not of.most_in_a_row or not any({d, d + 1} <= late for d in days),
        all(
            max(starts, default=0) - min(starts, default=0) <= week.spread
            for week in of.starts
            for starts in [[own[d].start for d in week.days if d in own]]
        ),
        all(any(not own.keys() & set(w) for w in run) for run in of.free_weekends),
    ]
    if of.most_weekends is not None:
        rows.append(sum(bool(own.keys() & set(w)) for w in of.weekends) <= of.most_weekends)
    before = len(agent.worked)
    for first, works, length in runs(own, len(days)):
        inside = first > 0 and first + length < len(days)
        most = of.most_consecutive
        if works and most is not None:
            rows.append(length + (before if first == 0 else 0) <= max(most, before))
        rows.append(not inside or length >= (of.least_consecutive if works else of.least_off))
    return all(rows)


def runs(own: Mapping[int, Template], days: int) -> list[tuple[int, bool, int]]:
    """Return first day, whether at work, and length of each run of days."""
    found, first = [], 0
    for works, run in itertools.groupby(range(days), own.__contains__):
        length = len(list(run))
        found.append((first, works, length))
        first += length
    return found


def horizons(problem: Problem) -> Weeks:
    """Return every lawful horizon of each agent."""
    found: Weeks = {}
    for agent in problem.agents:
        free = [(None, *(option.shifts if option else ())) for option in agent.options]
        tried = (
            {d: shift for d, shift in enumerate(each) if shift is not None}
            for each in itertools.product(*free)
        )
        found[agent.agent_id] = [own for own in tried if keeps(agent, own)]
    return found


def least(problem: Problem, every: Weeks) -> float:
    """Return the least points over all rosters made of lawful horizons."""
    slots = sorted(t for _, t in problem.need)
    at = {t: i for i, t in enumerate(slots)}
    present, alone = np.zeros((1, len(slots)), np.int64), np.full(1, float(problem.off))
    for name, weeks in every.items():
        own = np.zeros((len(weeks), len(slots)), np.int64)
        points = np.zeros(len(weeks))
        for i, week in enumerate(weeks):
            roll = {(name, d): Duty(shift, (), ()) for d, shift in week.items()}
            for d, shift in week.items():
                own[i, [at[48 * d + t] for t in shift.on_duty]] = 1
                points[i] += problem.price[name, d][shift]
            wishes = {key: costs for key, costs in problem.wishes.items() if key[0] == name}
            standing = problem.standing.of({name})
            points[i] += unfairness(roll, problem.start, problem.fairness, wishes, standing)
        present = (present[:, None] + own).reshape(-1, len(slots))
        alone = (alone[:, None] + points).ravel()
    for i, t in enumerate(slots):
        need, steps = problem.need["P", t] // 20, problem.steps["P", t]
        idle = problem.idle.get(t, 0)
        table = [
            missing_points(steps, 20 * max(need - n, 0)) + idle * max(n - need, 0)
            for n in range(len(problem.agents) + 1)
        ]
        alone += np.array(table, float)[present[:, i]]
    return float(alone.min(initial=np.inf))


@SOME
@given(seed=st.integers(0, 10_000))
def test_the_program_costs_what_no_roster_undercuts(seed: int) -> None:
    """Its optimum is lawful, scores what it says, and equals the least over all rosters."""
    problem = company(seed)
    every = horizons(problem)
    best = least(problem, every)
    roll, found = solve_whole(problem)
    if np.isinf(best):
        assert roll is None
        return
    assert roll is not None
    assert found.proven
    assert problem.score(roll).total == pytest.approx(best)
    assert found.points == pytest.approx(best)
    for agent in problem.agents:
        own = {d: duty.shift for (name, d), duty in roll.items() if name == agent.agent_id}
        assert keeps(agent, own)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_meals_masks_and_standing_cost_what_cp_sat_proves(seed: int) -> None:
    """With two pools, partial skills, meals, overtime and a past, both solvers end at one sum."""
    of = everything(seed, idle={18: 5, 67: 9})
    of = replace(of, agents=of.agents[:3])
    other = solve(crew_task(of, of.agents, of.days, {}, seed=1, effort=60.0))
    roll, found = solve_whole(of)
    assert other is not None
    assert roll is not None
    assert other.proven
    assert found.proven
    assert of.score(other.roll).total == of.score(roll).total == round(found.points)


@SOME
@given(seed=st.integers(0, 10_000))
def test_the_bound_is_below_every_roster_and_the_search_reaches_the_best(seed: int) -> None:
    """The relaxation's bound holds; the search ends at the least points, proven by the solver."""
    problem = company(seed)
    best = least(problem, horizons(problem))
    if np.isinf(best):
        with pytest.raises(NoWeekError):
            first_roll(problem)
        return
    assert relaxed(whole(problem)).bound <= best + 1e-6
    *_, last = improve(problem, first_roll(problem), parts=4, processes=1)
    assert last.points == pytest.approx(best) == problem.score(last.roll).total
    assert last.bound <= best + 1e-6
    assert last.claimed == pytest.approx(best)


def test_a_relaxation_cut_short_has_a_bound() -> None:
    """Stopped at once it proves less than when it is solved, and no more than is so."""
    of = whole(crowd())
    cut, solved = relaxed(of, seconds=0.0), relaxed(of)
    nothing = of.constant + float(np.minimum(of.cost, 0) @ of.upper)
    assert nothing - 1e-6 <= cut.bound < solved.bound
    assert cut.x.shape == of.cost.shape


def test_plain_counting_and_the_model_agree_on_what_is_lawful() -> None:
    """The counting of this file forbids what `lawful.py` forbids, horizon by horizon."""
    problem = company(5)
    agent = problem.agents[0]
    tried = itertools.product((None, *SHIFTS), repeat=3)
    weeks = [{d: s for d, s in enumerate(each) if s and agent.options[d]} for each in tried]
    assert {keeps(agent, own) for own in weeks} == {True, False}
    assert all(keeps(agent, own) == is_lawful(agent, own) for own in weeks)


def crowd(people: int = 8) -> Problem:
    """Return agents alike and seats that make it hard to choose."""
    problem = company(3)
    agent = replace(
        problem.agents[0],
        options=tuple(Option((("P", 20),), SHIFTS, (7, 9)) for _ in range(6)),
        limits=Limits(most_consecutive=3, least_consecutive=2, least_off=2),
    )
    random = np.random.default_rng(2)
    need = {
        ("P", 48 * d + t): 20 * int(random.integers(6)) for d in range(6) for t in range(18, 24)
    }
    return replace(
        problem,
        agents=tuple(replace(agent, agent_id=f"A{i}") for i in range(people)),
        need=need,
        steps={key: ((number, 3),) for key, number in need.items()},
        idle={t: 4 for _, t in need},
    )


def lazy(problem: Problem) -> Roll:
    """Return a roster that serves as little as is lawful."""
    return first_roll(replace(problem, need=dict.fromkeys(problem.need, 0)))


def test_same_seed_gives_the_same_course(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limited by parts, two searches with one seed find the same rosters in the same order."""
    monkeypatch.setattr("staffing.roster.neighbourhoods.FIRST_SIZE", 60.0)
    start = lazy(crowd())

    def course() -> list[Found]:
        found = improve(crowd(), start, parts=6, seed=3, processes=1)
        return [replace(each, seconds=0.0) for each in found]

    one = course()
    assert one == course()
    assert len(one) > 1


@pytest.mark.parametrize(("at_once", "stale"), [(0, 0), (2000, 6)])
def test_the_whole_is_solved_beside_its_parts(
    monkeypatch: pytest.MonkeyPatch, at_once: int, stale: int
) -> None:
    """Small at once, else where parts are stale: it proves by the clock what exact solving does."""
    monkeypatch.setattr("staffing.roster.neighbourhoods.MOST_AT_ONCE", at_once)
    monkeypatch.setattr("staffing.roster.neighbourhoods.STALE", stale)
    _, exact = solve_whole(crowd())
    *_, last = improve(crowd(), lazy(crowd()), seconds=60.0, processes=1)
    assert last.points == pytest.approx(exact.points) == last.claimed
    assert last.seconds < 50.0


def test_a_search_without_a_limit_is_refused() -> None:
    """Neither parts nor seconds: the fault says what to give."""
    with pytest.raises(ValueError, match="give parts or seconds"):
        next(improve(crowd(), lazy(crowd())))


def test_an_unlawful_roster_is_no_beginning() -> None:
    """One with a single day off between two worked ones is refused, and what is asked for told."""
    duty = Duty(SHIFTS[0], (), (None,) * (SHIFTS[0].end - SHIFTS[0].start))
    start = {("A0", d): duty for d in (0, 1, 3, 4)}
    with pytest.raises(ValueError, match="keeps the limits"):
        next(improve(crowd(), start, parts=1, processes=1))


def test_the_search_goes_on_from_a_roster() -> None:
    """A given roster comes first, with its own points, and nothing worse follows."""
    problem = crowd()
    start = lazy(problem)
    again = list(improve(problem, start, parts=4, processes=1))
    assert again[0].points == pytest.approx(problem.score(start).total)
    assert again[-1].points < again[0].points
    assert [each.points for each in again] == sorted((e.points for e in again), reverse=True)


def test_nobody_has_a_roster_too() -> None:
    """Without agents the only roster leaves everything open, and the search ends at once."""
    nobody = replace(crowd(), agents=())
    (only,) = improve(nobody, {}, seconds=60.0, processes=1)
    assert only.roll == {}
    assert only.points == sum(3 * units for units in nobody.need.values())


def test_fixed_columns_keep_their_values() -> None:
    """A part changes free columns only, and never does worse than the point it starts from."""
    of = whole(crowd())
    start = solve_part(part(of), gap=0.5)
    assert start.x is not None
    free = of.owner != 0
    lower, upper = np.where(free, 0.0, start.x), np.where(free, of.upper, start.x)
    answer = solve_part(part(of, lower, upper, start.x))
    assert answer.x is not None
    assert np.array_equal(answer.x[~free], start.x[~free])
    assert answer.points <= start.points + 1e-6
