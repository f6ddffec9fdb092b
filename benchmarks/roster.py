"""The roster engine measured: its gap, its lawfulness, other programs beside it, large companies.

Run ``make bench-roster``, or ``python -m benchmarks.roster`` where pyworkforce need not be beside
it; ``--write`` puts the tables into docs/benchmarks.md, ``--only demo,peers`` measures these
parts, ``--small`` is a rehearsal of a minute or two. Every company but the demo is invented by
`benchmarks.crews.generator`; every roster is judged by `benchmarks.crews.judge`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks import markdown
from benchmarks.crews import peers
from benchmarks.crews.generator import generated
from benchmarks.crews.judge import Verdict, judged
from benchmarks.crews.large import Measured, Size, measured
from staffing.forecast import forecast
from staffing.forecast.history import history
from staffing.roster import Goal, audit, roster
from staffing.roster.audit import hard
from staffing.scenario import read_scenario
from staffing.seats import seats
from staffing.workspace import read_workspace

ROOT = Path(__file__).parents[1]
POOLS = {60: 10, 200: 25, 500: 60}
"""Agents of the weeks -> pools."""
SEEDS = range(1, 21)
LIMIT_S = 90.0
"""Seconds that another program may search: each stage of pyworkforce, the whole of the example."""
LARGE = (
    Size(agents=500, weeks=4, pools=60, shops=60, effort=400.0),
    Size(agents=2000, weeks=4, pools=100, shops=200, effort=250.0),
)
"""Annealing so many people takes longer than their effort says: that of the first is meant for a
gap of 2 %, that of the second for 30 minutes of two idle cores."""
SMALL = (Size(agents=60, weeks=2, pools=10, shops=12, effort=5.0),)
SMALL_EFFORT, SMALL_LIMIT_S = 3.0, 5.0


def main() -> None:
    """Print the parts asked for, and write them if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a rehearsal, never written")
    parser.add_argument("--only", default="demo,weeks,peers,large", help="parts, comma-separated")
    parser.add_argument("--sizes", default="60,200,500", help="agents of the weeks beside peers")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds of other programs")
    parser.add_argument("--seeds", help="of the weeks, comma-separated; else 1 to 20")
    parser.add_argument(
        "--gap", type=float, help="at which weeks are good enough; else the default"
    )
    parser.add_argument("--effort", type=float, help="of this project's weeks; else the default")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    if asked.small and asked.write:
        parser.error("--small measures too little to be written")
    effort, limit_s, seeds, large = asked.effort, asked.limit, list(SEEDS), LARGE
    if asked.seeds:
        seeds = [int(seed) for seed in asked.seeds.split(",")]
    sizes = [int(size) for size in asked.sizes.split(",")]
    if asked.small:
        effort, limit_s, seeds, large = SMALL_EFFORT, SMALL_LIMIT_S, SEEDS[:2], SMALL
        sizes = sizes[:1]
    if unknown := [size for size in sizes if size not in POOLS]:
        parser.error(f"--sizes: got {unknown}, choose from {list(POOLS)}")
    parts: Mapping[str, Callable[[], str]] = {
        "demo": lambda: demo(effort),
        "weeks": lambda: weeks(seeds, effort, asked.gap),
        "peers": lambda: beside(sizes, limit_s, effort),
        "large": lambda: companies(large),
    }
    names = asked.only.split(",")
    if unknown_parts := sorted(set(names) - set(parts)):
        parser.error(f"--only: got {unknown_parts}, choose from {list(parts)}")
    for name in names:
        text = parts[name]()
        print(text, end="\n\n", flush=True)
        if asked.write:
            markdown.write(markdown.PAGE, f"roster-{name}", text)


def demo(effort: float | None) -> str:
    """Plan the shipped week and return the goals with their bounds."""
    scenario = read_scenario(ROOT / "scenarios" / "next-week.toml")
    if effort is not None:
        settings = scenario.roster.model_copy(update={"effort": effort})
        scenario = scenario.model_copy(update={"roster": settings})
    workspace = read_workspace(scenario.workspace, scenario.zone)
    required = seats(workspace, scenario, forecast(workspace, scenario, history(workspace)))
    begun = time.perf_counter()
    made = roster(workspace, scenario, required)
    spent = time.perf_counter() - begun
    broken = len(hard(audit(workspace, scenario, made.assignments)))
    rows = [["goal", "value", "bound", "gap"], ["---", "---:", "---:", "---:"]]
    rows += [[g.name, f"{g.value:,.1f}", _bound(g), _gap(g)] for g in made.report.goals]
    facts = (
        f"{len(workspace.agents)} agents, {made.required_h:,.1f} seat-hours required, "
        f"{made.uncovered_h:,.1f} uncovered; {broken} rules broken; {spent:.1f} s."
    )
    return "\n\n".join(["### The shipped week", facts, markdown.lined(rows)])


def weeks(seeds: Sequence[int], effort: float | None, gap: float | None) -> str:
    """Plan seeded weeks of 60 agents and return each one's gap, and the worst."""
    head = ["seed", "required h", "uncovered h", "goal", "value", "bound", "gap", "broken", "s"]
    rows = [head, ["---:"] * 3 + ["---"] + ["---:"] * 5]
    gaps: list[float] = []
    unlawful = 0
    for seed in seeds:
        instance = generated(60, 1, POOLS[60], seed=seed)
        answer = peers.engine(instance, effort, gap)
        if answer.table is None or answer.report is None:
            unlawful += 1
            rows.append([str(seed), *["-"] * 6, answer.status, f"{answer.seconds:.0f}"])
            continue
        verdict, goal = judged(instance, answer.table), peers.chief(answer.report)
        unlawful += verdict.breaches > 0
        gaps.append(1.0 if goal.gap is None else goal.gap)
        hours = [f"{verdict.required_h:,.1f}", f"{verdict.uncovered_h:,.1f}"]
        told = [goal.name, f"{goal.value:,.1f}", _bound(goal), _gap(goal)]
        rows.append([str(seed), *hours, *told, _broken(verdict), f"{answer.seconds:.0f}"])
        print(" | ".join(rows[-1]), flush=True)
    facts = (
        f"{len(seeds) - unlawful} of {len(seeds)} lawful; gap at worst "
        f"{max(gaps, default=1.0):.2%}, on average {sum(gaps) / max(len(gaps), 1):.2%}."
    )
    title = f"### Weeks of 60 agents, {POOLS[60]} pools"
    return "\n\n".join([title, facts, markdown.lined(rows)])


def beside(sizes: list[int], limit_s: float, effort: float | None) -> str:
    """Plan the same weeks with other programs too and return what each came to."""
    head = ["week", "program", "ends", "uncovered h", "overstaffed h", "rules broken"]
    rows = [[*head, "crowded meals", "s"], [*["---"] * 3, *["---:"] * 2, "---", *["---:"] * 2]]
    for size in sizes:
        instance = generated(size, 1, POOLS[size])
        required = f"{instance.requirement.seat_hours:,.0f}"
        for answer in _answers(instance, limit_s, effort):
            cells = ["-", "-", "-", "-"]
            if answer.table is not None:
                found = judged(instance, answer.table)
                cells = [
                    f"{found.uncovered_h:,.0f} ({found.uncovered_h / found.required_h:.1%})",
                    f"{found.over_h:,.0f}",
                    _broken(found),
                    str(found.crowded),
                ]
            week = f"{size} agents, {required} seat-hours"
            rows.append([week, answer.program, answer.status, *cells, f"{answer.seconds:.0f}"])
            print(" | ".join(rows[-1]), flush=True)
    title = "### Other programs on the same weeks"
    facts = f"Others may search {limit_s:g} s a stage."
    return "\n\n".join([title, facts, markdown.lined(rows)])


def _answers(
    instance: peers.Instance, limit_s: float, effort: float | None
) -> Iterator[peers.Answer]:
    if peers.MinHoursRoster is None:
        print("pyworkforce: left out, it is not installed here")
    else:
        yield peers.pyworkforce(instance, limit_s, rest=False)
        yield peers.pyworkforce(instance, limit_s, rest=True)
    yield peers.example(instance, limit_s)
    yield peers.engine(instance, effort)


def companies(sizes: tuple[Size, ...]) -> str:
    """Plan large companies, each in a process of its own, and return what they came to."""
    head = ["company", "uncovered h", "goal", "value", "bound", "gap", "broken", "s", "GiB"]
    rows = [head, ["---", "---:", "---", *["---:"] * 6]]
    for size in sizes:
        found: Measured = measured(size, seed=1)
        goal = Goal(name=found.goal, value=found.value, bound=found.bound)
        share = found.uncovered_h / found.required_h
        told = [goal.name, f"{goal.value:,.1f}", _bound(goal), _gap(goal)]
        spent = [str(found.breaches), f"{found.seconds:,.0f}", f"{found.memory_gib:.1f}"]
        rows.append([size.name, f"{found.uncovered_h:,.0f} ({share:.1%})", *told, *spent])
        print(" | ".join(rows[-1]), flush=True)
    return "\n\n".join(["### Large companies", markdown.lined(rows)])


def _bound(goal: Goal) -> str:
    return "-" if goal.bound is None else f"{goal.bound:,.1f}"


def _gap(goal: Goal) -> str:
    return "-" if goal.gap is None else f"{goal.gap:.2%}"


def _broken(verdict: Verdict) -> str:
    """Return how often hard rules are broken, and which."""
    ranked = sorted(verdict.broken.items(), key=lambda each: int(each[0][1:]))
    each = ", ".join(f"{rule} {number}" for rule, number in ranked)
    return f"{verdict.breaches} ({each})" if each else "0"


if __name__ == "__main__":
    main()
