"""The roster engine on public nurse-rostering instances, against brute force and by hand."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.nrp.__main__ import DATA, Row, annealed, cells, merged, numbers, run
from benchmarks.nrp.adapter import problem, roster
from benchmarks.nrp.evaluate import broken, cost
from benchmarks.nrp.reader import Instance, parse
from staffing.grid import SLOTS_PER_DAY
from staffing.roster.anneal import Annealing
from staffing.roster.duty import Duty, Roll
from staffing.roster.first import first_roll
from staffing.roster.neighbourhoods import improve
from staffing.roster.whole import solve_whole

FOLDER = Path(os.environ.get("NRP_DATA", DATA))
MINI = """
SECTION_HORIZON
7
SECTION_SHIFTS
# E may not follow L
E,480,
L,600,E
SECTION_STAFF
A,E=7|L=2,2400,960,3,2,2,1
B,E=0|L=7,3000,1800,3,1,2,1
SECTION_DAYS_OFF
A,1
SECTION_SHIFT_ON_REQUESTS
A,3,E,4
B,6,L,2
SECTION_SHIFT_OFF_REQUESTS
A,4,E,3
SECTION_COVER
0,E,1,100,1
3,L,1,50,30
4,E,1,7,20
4,L,0,100,5
5,L,2,10,1
6,E,1,9,1
"""


@pytest.fixture(scope="module")
def mini() -> Instance:
    return parse(MINI)


def test_cost_counts_requests_and_both_sides_of_cover(mini: Instance) -> None:
    """The objective adds requests not granted, employees missing and employees over."""
    assert cost(mini, {}) == (4 + 2) + (100 + 50 + 7 + 2 * 10 + 9)
    both = {("A", 3): "L", ("B", 3): "L", ("A", 4): "E", ("B", 6): "L"}
    assert cost(mini, both) == 4 + 3 + 100 + 30 + 2 * 10 + 9


LAWFUL = {("A", 3): "E", ("A", 4): "E", ("B", 2): "L", ("B", 3): "L", ("B", 6): "L"}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({("A", 3): None, ("A", 4): None}, "0 minutes"),
        ({("A", 2): "L", ("A", 3): "L", ("A", 4): "L"}, "L 3 times"),
        ({("A", 0): "E", ("A", 1): "E"}, "works on day 1"),
        ({("A", 3): "L"}, "E after L on day 4"),
        ({("A", 4): None, ("A", 6): "E"}, "1 days on in a row from day 3"),
        ({("B", 4): "L"}, "1 days off in a row from day 5"),
        ({("B", 4): "L", ("B", 5): "L"}, "5 days on in a row from day 2"),
        ({("B", 7): "L"}, "works on day 7"),
        ({("C", 0): "E"}, "C: unknown"),
    ],
)
def test_each_hard_rule_is_told(
    mini: Instance, change: dict[tuple[str, int], str | None], fault: str
) -> None:
    """A lawful roster has no fault, and each hand-broken one names its own."""
    assert broken(mini, LAWFUL) == []
    changed = {key: shift for key, shift in {**LAWFUL, **change}.items() if shift is not None}
    assert any(fault in each for each in broken(mini, changed))


def test_too_many_weekends_are_told() -> None:
    """One weekend more than allowed is a fault, whichever of its days is worked."""
    strict = parse(MINI.replace("3,1,2,1", "3,1,2,0"))
    assert any("1 weekends" in each for each in broken(strict, LAWFUL))


def test_missing_section_is_named() -> None:
    """A text without cover is refused with the section's name."""
    with pytest.raises(ValueError, match="COVER"):
        parse(MINI.split("SECTION_COVER", maxsplit=1)[0])


def _least(instance: Instance) -> int:
    """Return the least cost over all lawful rosters, by trying every one."""
    lawful: dict[str, list[dict[tuple[str, int], str]]] = {}
    for name in instance.nurses:
        tried = itertools.product(("", *instance.shifts), repeat=instance.days)
        own = ({(name, d): s for d, s in enumerate(days) if s} for days in tried)
        alone = parse_one(instance, name)
        lawful[name] = [each for each in own if not broken(alone, each)]
    first, second = lawful.values()
    return min(cost(instance, {**a, **b}) for a in first for b in second)


def parse_one(instance: Instance, name: str) -> Instance:
    """Return the instance with one employee alone."""
    return Instance(
        instance.days,
        instance.shifts,
        instance.forbidden,
        {name: instance.nurses[name]},
        {},
        {},
        {},
    )


def test_whole_program_equals_brute_force(mini: Instance) -> None:
    """On the mini instance the roster is lawful and costs what no other one undercuts."""
    roll, found = solve_whole(problem(mini))
    assert roll is not None
    assert found.proven
    answer = roster(roll)
    assert broken(mini, answer) == []
    assert cost(mini, answer) == round(found.points) == _least(mini)


def test_search_equals_brute_force(mini: Instance) -> None:
    """So does the search, whose proven bound is no higher."""
    of = problem(mini)
    *_, found = improve(of, first_roll(of), parts=2, processes=1)
    assert round(found.points) == _least(mini)
    assert found.bound <= found.points + 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_adapter_costs_what_the_evaluator_does(mini: Instance, seed: int) -> None:
    """Random rosters, lawful or not, score the instance's cost, with requests on days off too."""
    asked_off = {**mini.wanted, ("A", 1, "E"): 5}
    instance = Instance(
        mini.days, mini.shifts, mini.forbidden, mini.nurses, asked_off, mini.unwanted, mini.cover
    )
    asked, random = problem(instance), np.random.default_rng(seed)
    left = dict(asked.need)
    roll: Roll = {}
    for agent in asked.agents:
        for d, option in enumerate(agent.options):
            if option is None or not option.shifts or random.random() < 0.3:
                continue
            shift = option.shifts[random.integers(len(option.shifts))]
            place = (shift.tags[0], d * SLOTS_PER_DAY + shift.start)
            serves = left.get(place, 0) > 0
            left[place] = left.get(place, 0) - 1
            roll = {
                **roll,
                (agent.agent_id, d): Duty(shift, (), (shift.tags[0] if serves else None,)),
            }
    assert asked.score(roll).total == cost(instance, roster(roll))
    assert len(roll) > 3


def test_too_many_shifts_are_refused() -> None:
    """Each shift needs a slot of the day of its own: the 49th has none."""
    shifts = {f"S{k}": 480 for k in range(49)}
    with pytest.raises(ValueError, match="49 shifts"):
        problem(Instance(7, shifts, frozenset(), {}, {}, {}, {}))


@pytest.mark.skipif(not FOLDER.exists(), reason="the public instances are not beside the project")
def test_first_instance_is_solved() -> None:
    """Instance 1 ends at its best known cost, which the solver proves."""
    row = run(FOLDER / "Instance1.txt", 1, 60.0, 1)
    assert (row.cost, round(row.claimed)) == (607, 607)
    assert row.bound <= 607


def test_an_instance_without_others_figures_has_its_own() -> None:
    """Of an instance whose best known cost is not in the table only our own figures are told."""
    told = cells(Row(14, (32, 42, 4), 1300, 1200.5, 1250.0, 60.0, 300.0))
    assert told == ["14", "32 × 42 × 4", "–", "1300", "–", "1201", "1250", "60", "300", *"––––"]


def test_annealing_ends_in_time_whatever_its_effort(mini: Instance) -> None:
    """An effort of hours ends within the seconds it may take, with a lawful roster."""
    of = problem(mini)
    list(Annealing(of, {}).improve(0))
    began = time.monotonic()
    found = annealed(of, 10_000.0, 2.0)
    assert time.monotonic() - began < 20
    assert broken(mini, roster(found)) == []


def test_rows_of_the_table_are_replaced_one_by_one() -> None:
    """Writing an instance leaves the rows of the others, in order."""
    rows = [Row(n, (8, 14, 1), 607, 430.2, 607.0, 1.0, 2.0) for n in (10, 2, 10)]
    page = ""
    for row in rows:
        page = f"<!-- nrp: begin -->\n{merged(page, row)}\n<!-- nrp: end -->"
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    assert [line.split()[1] for line in lines] == ["#", "---:", "2", "10"]
    assert "| 431 | 607 |" in lines[2]
    assert numbers("1-3,6") == [1, 2, 3, 6]
