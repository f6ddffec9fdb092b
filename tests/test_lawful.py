"""The personal rules of one agent against brute force over every way to fill her days."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from ortools.sat.python import cp_model

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.lawful import has_week, lawful_week
from staffing.roster.shifts import Template
from staffing.roster.staff import Agent, Limits, Option, Span

EARLY = Template(18, 26, 8, (), ("early",))
LATE = Template(36, 46, 10, (), ("late",))
DAYS = 6
Way = tuple[Template | None, ...]


def agent(limits: Limits, days: int = DAYS) -> Agent:
    option = Option((("P", 20),), (EARLY, LATE))
    return Agent(agent_id="A", contract_h=40.0, options=(option,) * days, limits=limits)


class Collector(cp_model.CpSolverSolutionCallback):
    """Collects every way the model allows."""

    def __init__(self, own: dict[int, list[tuple[Template, cp_model.IntVar]]]) -> None:
        super().__init__()
        self.own = own
        self.found: set[Way] = set()

    def on_solution_callback(self) -> None:
        self.found.add(
            tuple(
                next((shift for shift, v in shifts if self.value(v)), None)
                for _, shifts in sorted(self.own.items())
            )
        )


def allowed(who: Agent) -> set[Way]:
    cp = cp_model.CpModel()
    own = {
        d: [(shift, cp.new_bool_var("")) for shift in option.shifts]
        for d, option in enumerate(who.options)
        if option is not None
    }
    lawful_week(cp, who, own)
    solver, collector = cp_model.CpSolver(), Collector(own)
    solver.parameters.enumerate_all_solutions = True
    solver.solve(cp, collector)
    return collector.found


def runs(way: Way, *, off: bool) -> list[tuple[int, bool]]:
    """Return the length of each run of days off (or on) and whether it touches an edge."""
    found, first = [], 0
    for is_off, run in itertools.groupby(way, key=lambda shift: shift is None):
        length = len(list(run))
        if is_off == off:
            found.append((length, first == 0 or first + length == len(way)))
        first += length
    return found


def tags(shift: Template | None) -> tuple[str, ...]:
    return shift.tags if shift else ()


def worked(way: Way, days: tuple[int, ...]) -> int:
    return sum(way[d] is not None for d in days)


def paid(way: Way, days: tuple[int, ...]) -> int:
    return sum(shift.paid for d in days if (shift := way[d]) is not None)


WEEKENDS = ((1, 2), (4, 5))
CASES: dict[str, tuple[Limits, Callable[[Way], bool]]] = {
    "no limit": (Limits(), lambda way: True),
    "paid slots and days of a span": (
        Limits(
            spans=(
                Span(days=(0, 1, 2), most_paid=18, most_days=3, least_paid=8),
                Span(days=(2, 3, 4, 5), most_paid=99, most_days=3, least_days=2),
            )
        ),
        lambda way: 8 <= paid(way, (0, 1, 2)) <= 18 and 2 <= worked(way, (2, 3, 4, 5)) <= 3,
    ),
    "most days in a row": (
        Limits(most_consecutive=3),
        lambda way: all(length <= 3 for length, _ in runs(way, off=False)),
    ),
    "least days in a row, runs at the edge apart": (
        Limits(least_consecutive=3),
        lambda way: all(length >= 3 or edge for length, edge in runs(way, off=False)),
    ),
    "least days off in a row, runs at the edge apart": (
        Limits(least_off=2),
        lambda way: all(length >= 2 or edge for length, edge in runs(way, off=True)),
    ),
    "rest between two days": (
        Limits(rest=SLOTS_PER_DAY - 27),
        lambda way: all(not (one is LATE and two is EARLY) for one, two in itertools.pairwise(way)),
    ),
    "most shifts of a tag": (
        Limits(most_of=(("late", 2), ("early", 3))),
        lambda way: way.count(LATE) <= 2 and way.count(EARLY) <= 3,
    ),
    "most weekends": (
        Limits(weekends=WEEKENDS, most_weekends=1),
        lambda way: sum(worked(way, days) > 0 for days in WEEKENDS) <= 1,
    ),
    "forbidden successions": (
        Limits(forbidden=(("early", "late"), ("late", "late"))),
        lambda way: all(
            "late" not in tags(two) or one is None for one, two in itertools.pairwise(way)
        ),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_limit_allows_what_enumeration_allows(name: str) -> None:
    """Of all 729 ways to fill six days the model allows exactly those that keep the limit."""
    limits, keeps = CASES[name]
    ways = set(itertools.product((None, EARLY, LATE), repeat=DAYS))
    assert allowed(agent(limits)) == {way for way in ways if keeps(way)}


def test_each_limit_forbids_something_and_not_everything() -> None:
    """The cases above can fail: each limit leaves some ways and takes some away."""
    for name, (limits, _) in CASES.items():
        if name != "no limit":
            assert 0 < len(allowed(agent(limits))) < 3**DAYS


def test_limits_that_clash_leave_no_week() -> None:
    """Five of six days, never more than two in a row, days off in pairs: there is no such week."""
    whole = Span(days=tuple(range(DAYS)), most_paid=99, most_days=6, least_days=5)
    limits = Limits(spans=(whole,), most_consecutive=2, least_off=2)
    assert not has_week(agent(limits))
    assert has_week(agent(Limits(spans=(whole,), most_consecutive=3)))
