"""Other programs on the same weeks: each answers with a table of duties, or says why it has none.

Neither knows pools: the judge places their people as well as can be. Both get fixed shifts with
meals inside, the absences, and the nights that protected people do not work.

- pyworkforce as its own tutorials have it: `MinAbsDifference` counts the shifts that fit the
  seats, `MinHoursRoster` gives them to people. It has one kind of person, so part-timers take
  full-time shifts; it can ask for least hours and most rest days, not for the contrary. Eleven
  hours of rest can be asked for as successions that are forbidden.
- The model of OR-Tools' example ``shift_scheduling_sat``, stated anew: one boolean for each
  employee, day and shift, a demand for each shift, forbidden transitions, runs and weekly sums,
  solved whole by CP-SAT. Its demand is what `menu.wanted` counts, with the people there are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version

import numpy as np
import numpy.typing as npt
import pandas as pd
from ortools.sat.python import cp_model

from benchmarks.crews.generator import FULL_H, Instance
from benchmarks.crews.menu import FixedShift, as_table, menu, total_seats, wanted
from staffing.errors import InfeasibleRosterError
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H
from staffing.roster import Goal, SolveReport, roster
from staffing.roster.staff import at_night

try:
    from pyworkforce.rostering import MinHoursRoster
    from pyworkforce.scheduling import MinAbsDifference
except ImportError:
    MinHoursRoster = None

WORKERS = 2
SHORT, IDLE, REFUSED = 20, 2, 1
"""What the example's model pays for a person missing in a shift, one too many, a wish refused."""
COUNTING_SHARE = 0.25
"""Part of the time limit that counting shifts may take."""

DAYS_A_WEEK = 5
"""Days of a full week's contract; a day away costs one of them."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a program made of a week.

    Attributes
    ----------
    status : in its own words
    table : one row a stretch; None where it has no answer
    report : the engine's own, None for others
    """

    program: str
    status: str
    seconds: float
    table: pd.DataFrame | None
    report: SolveReport | None = None


def engine(instance: Instance, effort: float | None = None, gap: float | None = None) -> Answer:
    """Return this project's answer.

    Parameters
    ----------
    effort, gap : of the scenario; None is its default
    """
    workspace, scenario, requirement = instance
    told = {name: n for name, n in (("effort", effort), ("gap", gap)) if n is not None}
    settings = scenario.roster.model_copy(update=told)
    scenario = scenario.model_copy(update={"roster": settings})
    begun = time.perf_counter()
    try:
        made = roster(workspace, scenario, requirement)
    except InfeasibleRosterError as error:
        spent = time.perf_counter() - begun
        return Answer(program="this project", status=str(error), seconds=spent, table=None)
    return Answer(
        program="this project",
        status="gap unknown" if (gap := chief(made.report).gap) is None else f"gap {gap:.2%}",
        seconds=time.perf_counter() - begun,
        table=made.assignments,
        report=made.report,
    )


def chief(report: SolveReport) -> Goal:
    """Return the goal by which a search is judged: the cost of seats and hours where it is told."""
    names = [goal.name for goal in report.goals]
    return report.goal("cost" if "cost" in names else "uncovered")


def pyworkforce(instance: Instance, limit_s: float, *, rest: bool) -> Answer:
    """Return pyworkforce's answer.

    Parameters
    ----------
    limit_s : seconds that each of its two stages may search
    rest : whether to forbid successions of less rest than the scenario's
    """
    shifts = menu(instance, part_time=False)
    agents, days = list(instance.workspace.agents.index.astype(str)), instance.scenario.horizon.days
    seats = total_seats(instance)
    begun = time.perf_counter()
    counted = MinAbsDifference(
        num_days=days,
        periods=seats.shape[1],
        shifts_coverage={s.name: s.working.astype(int).tolist() for s in shifts},
        required_resources=seats.tolist(),
        max_period_concurrency=len(agents),
        max_shift_concurrency=len(agents),
        max_search_time=float(limit_s),
        num_search_workers=WORKERS,
    ).solve()
    program = f"pyworkforce {version('pyworkforce')}" + (", 11 h rest asked" if rest else "")
    none = Answer(program=program, status=f"stage 1 {counted['status']}", seconds=0.0, table=None)
    number = {
        (each["shift"], each["day"]): each["resources"] for each in counted["resources_shifts"]
    }
    if counted["cost"] == -1:
        return replace(none, seconds=time.perf_counter() - begun)
    may = _allowed(instance, shifts, any_shift=True)
    away = (~may.any(axis=2)).sum(axis=1)
    pairs = _too_close(instance, shifts) if rest else []
    made = MinHoursRoster(
        num_days=days,
        resources=agents,
        shifts=[s.name for s in shifts],
        shifts_hours=[round(s.paid_h) for s in shifts],
        min_working_hours=0,
        max_resting=max(2 * days // 7, int(away.max())),
        non_sequential_shifts=[
            {"origin": shifts[i].name, "destination": shifts[j].name} for i, j in pairs
        ],
        banned_shifts=[
            {"resource": agents[a], "shift": shifts[s].name, "day": int(d)}
            for a, d, s in np.argwhere(~may)
        ],
        required_resources={s.name: [number[s.name, d] for d in range(days)] for s in shifts},
        max_search_time=float(limit_s),
        num_search_workers=WORKERS,
    ).solve()
    answer = replace(none, status=made["status"], seconds=time.perf_counter() - begun)
    if made["cost"] == -1:
        return answer
    named = {s.name: s for s in shifts}
    duties = [
        (each["resource"], each["day"], named[each["shift"]]) for each in made["resource_shifts"]
    ]
    return replace(answer, table=as_table(instance, duties))


def example(instance: Instance, limit_s: float) -> Answer:
    """Return the answer of OR-Tools' example model.

    Parameters
    ----------
    limit_s : seconds, counting the demand of each shift included
    """
    shifts = menu(instance, part_time=True)
    may = _allowed(instance, shifts, any_shift=False)
    begun = time.perf_counter()
    full = (instance.workspace.agents["hours_per_week"] >= FULL_H).to_numpy()
    there = may.any(axis=2)
    most = _most_days(there)
    present = np.array([[*there[kind].sum(axis=0), most[kind].sum()] for kind in (~full, full)])
    demand = wanted(instance, shifts, present, COUNTING_SHARE * limit_s)
    cp = cp_model.CpModel()
    x = {(a, d, s): cp.new_bool_var("") for a, d, s in map(tuple, np.argwhere(may).tolist())}
    _rules(cp, instance, shifts, x, most)
    paid = list(_cover(cp, demand, x, len(there)))
    paid += [REFUSED * x[key] for key in _refused(instance, shifts) if key in x]
    cp.minimize(cp_model.LinearExpr.sum(paid))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = WORKERS
    solver.parameters.max_time_in_seconds = max(limit_s - (time.perf_counter() - begun), 1.0)
    status = solver.solve(cp)
    told = solver.status_name(status)
    program = "OR-Tools' example model"
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        spent = time.perf_counter() - begun
        return Answer(program=program, status=told, seconds=spent, table=None)
    value, bound = solver.objective_value, solver.best_objective_bound
    names = instance.workspace.agents.index.astype(str)
    chosen = [(str(names[a]), d, shifts[s]) for (a, d, s), v in x.items() if solver.value(v)]
    return Answer(
        program=program,
        status=f"{told}, gap {(value - bound) / max(value, 1):.0%}",
        seconds=time.perf_counter() - begun,
        table=as_table(instance, chosen),
    )


def _allowed(instance: Instance, shifts: list[FixedShift], *, any_shift: bool) -> Bools:
    """Return which shifts each may take on which day (agents, days, shifts).

    Parameters
    ----------
    any_shift : whether everybody may take the shifts of any contract
    """
    agents, grid = instance.workspace.agents, instance.scenario.grid
    may = np.ones((len(agents), grid.days, len(shifts)), dtype=bool)
    away = instance.workspace.tables["absences"]
    day = (away["date"] - pd.Timestamp(grid.start)).dt.days.to_numpy()
    may[agents.index.get_indexer(pd.Index(away["agent_id"])), day] = False
    night = instance.scenario.rules.night
    dark = [at_night(s.start, s.end, night) for s in shifts]
    may[np.ix_(agents["protected"].notna(), np.ones(grid.days, bool), dark)] = False
    if not any_shift:
        full = (agents["hours_per_week"] >= FULL_H).to_numpy()
        may &= (full[:, None] == np.array([s.full_time for s in shifts]))[:, None, :]
    return may


def _too_close(instance: Instance, shifts: list[FixedShift]) -> list[tuple[int, int]]:
    """Return the pairs of shifts with less than the least rest between them on days in a row."""
    rest = round(instance.scenario.rules.min_rest_h * SLOTS_PER_H)
    return [
        (i, j)
        for i, before in enumerate(shifts)
        for j, after in enumerate(shifts)
        if SLOTS_PER_DAY + after.start - before.end < rest
    ]


def _most_days(there: Bools) -> Ints:
    """Return the days that people may work: of each week 5 less those away (agents, weeks).

    Parameters
    ----------
    there : (agents, days), days of whole weeks
    """
    away = (~there.reshape(len(there), -1, 7)).sum(axis=2)
    return np.asarray(np.maximum(DAYS_A_WEEK - away, 0), dtype=np.int64)


def _rules(
    cp: cp_model.CpModel,
    instance: Instance,
    shifts: list[FixedShift],
    x: dict[tuple[int, int, int], cp_model.IntVar],
    most: Ints,
) -> None:
    """State what binds each employee alone: one shift a day, weekly sums, transitions, runs."""
    days, late_min = instance.scenario.horizon.days, instance.scenario.fairness.late_after
    close, late = _too_close(instance, shifts), range(len(shifts))
    late = [s for s in late if shifts[s].end * INTERVAL_MIN > late_min]
    most_late = instance.scenario.rules.max_late_in_a_row
    hours = instance.workspace.agents["hours_per_week"].tolist()
    for a, own_most in enumerate(most.tolist()):
        own = {d: [s for s in range(len(shifts)) if (a, d, s) in x] for d in range(days)}
        for d in range(days):
            cp.add_at_most_one(x[a, d, s] for s in own[d])
            for i, j in close:
                if (a, d, i) in x and (a, d + 1, j) in x:
                    cp.add_bool_or(~x[a, d, i], ~x[a, d + 1, j])
        for week, number in enumerate(own_most):
            duties = [(d, s) for d in range(7 * week, 7 * week + 7) for s in own[d]]
            cp.add(sum(x[a, d, s] for d, s in duties) <= number)
            slots = [round(shifts[s].paid_h * SLOTS_PER_H) * x[a, d, s] for d, s in duties]
            due = hours[a] * SLOTS_PER_H * number / DAYS_A_WEEK
            least = int(due * instance.scenario.rules.min_week_share)
            cp.add_linear_constraint(cp_model.LinearExpr.sum(slots), least, int(due))
        for first in range(days - most_late):
            run = range(first, first + most_late + 1)
            cp.add(sum(x[a, d, s] for d in run for s in late if (a, d, s) in x) <= most_late)


def _cover(
    cp: cp_model.CpModel,
    demand: Ints,
    x: dict[tuple[int, int, int], cp_model.IntVar],
    people: int,
) -> Iterator[cp_model.LinearExpr]:
    """State the demand of each day and shift; yield what missing and idle people cost."""
    takers: dict[tuple[int, int], list[cp_model.IntVar]] = {}
    for (_, d, s), variable in x.items():
        takers.setdefault((d, s), []).append(variable)
    for (d, s), number in np.ndenumerate(demand):
        short, idle = (cp.new_int_var(0, people, "") for _ in range(2))
        cp.add(cp_model.LinearExpr.sum(takers.get((d, s), [])) + short - idle == int(number))
        yield SHORT * short + IDLE * idle


def _refused(instance: Instance, shifts: list[FixedShift]) -> Iterator[tuple[int, int, int]]:
    """Yield agent, day and shift that go against a wish."""
    start, late_min = instance.scenario.horizon.start, instance.scenario.fairness.late_after
    agents = instance.workspace.agents.index
    wishes = instance.workspace.tables["requests"]
    for agent, date, wish in zip(wishes["agent_id"], wishes["date"], wishes["wish"], strict=True):
        for s, shift in enumerate(shifts):
            late = shift.end * INTERVAL_MIN > late_min
            if wish == "rest_day" or (wish == "late") != late:
                yield int(agents.get_loc(agent)), (date.date() - start).days, s
