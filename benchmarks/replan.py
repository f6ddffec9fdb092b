"""Absences in the shipped week: how fast, how lawful and how sparing `staffing replan` is.

Run ``python -m benchmarks.replan [--roster FILE] [--seeds N] [--write]``. The shipped week is
planned by the command line (or its published roster taken from a file), as every week is before
it is replanned: its forecast and seats are in the cache. Then, for each seed, three of the sixty
agents who are on duty on a drawn day call in sick at 06:50, every other time for three days, and

- the command line replans the roster: seconds from start to end of the process, duties changed of
  people who are there, broken rules by the audit with the absences in place;
- the week is planned from scratch with the same absences, and its duties compared with those told
  in the same way. What lies before the moment of asking is not counted as changed.

``--write`` puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import markdown
from staffing.forecast import forecast, history
from staffing.grid import INTERVAL_MIN
from staffing.replan import changed_duties, with_absences
from staffing.roster import audit, roster
from staffing.roster.audit import hard
from staffing.roster.file import read_roster
from staffing.roster.finish import coverage
from staffing.scenario import Scenario, read_scenario
from staffing.seats import SeatRequirement, seats
from staffing.workspace import Workspace, read_workspace

ROOT = Path(__file__).parents[1]
STORY = ROOT / "scenarios" / "next-week.toml"
ABSENT = 3
HOUR = "06:50"
"""With two hours frozen nothing of the day has begun: every duty of it may change."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one drawn case; ``wall_s`` and ``cpu_s`` are of the whole command."""

    absent: str
    wall_s: float
    cpu_s: float
    replanned: int
    resolved: int
    open_h: tuple[float, float, float]
    broken: int
    proven: bool

    @property
    def fewer(self) -> float:
        """Return the share of changed duties that replanning spares."""
        return 1 - self.replanned / self.resolved


def main() -> None:
    """Run all seeds and print, or write, what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--roster", type=Path, help="the week's roster.csv, as it was published")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    story = read_scenario(STORY)
    space = read_workspace(story.workspace, story.zone)
    required = seats(space, story, forecast(space, story, history(space)))
    with tempfile.TemporaryDirectory() as folder:
        path = asked.roster or Path(folder) / story.name / "roster.csv"
        if asked.roster is None:
            command = [sys.executable, "cli.py", "plan", str(STORY), "--out", folder, "--quiet"]
            subprocess.run(command, cwd=ROOT, check=True)
        results = []
        for seed in range(asked.seeds):
            results.append(case(space, story, required, path, seed, Path(folder)))
            print(results[-1], flush=True)
    text = told(results)
    print(text)
    if asked.write:
        markdown.write(markdown.PAGE, "replan", text)


def case(
    space: Workspace,
    story: Scenario,
    required: SeatRequirement,
    path: Path,
    seed: int,
    folder: Path,
) -> Result:
    """Draw who is absent, replan, plan from scratch, and compare both with what was told."""
    random = np.random.default_rng(seed)
    table = read_roster(path, story.zone)
    day = story.grid.dates[int(random.integers(1, 5))]
    there = sorted(set(table.loc[table["date"] == pd.Timestamp(day), "agent_id"].astype(str)))
    gone = sorted(random.choice(there, ABSENT, replace=False).tolist())
    last = story.grid.dates[story.grid.dates.index(day) + 2 * (seed % 2)]
    command = [sys.executable, "cli.py", "replan", str(path), str(STORY), "--json", "--lang", "en"]
    command += ["--now", f"{day} {HOUR}", "--out", str(folder)]
    command += [f"--absent={agent}:{day}..{last}" for agent in gone]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 3), done.stderr
    said = json.loads(done.stdout)
    pairs = {(agent, each) for agent in gone for each in story.grid.dates if day <= each <= last}
    on_duty = set(zip(table["agent_id"].astype(str), table["date"].dt.date, strict=True))
    absent = with_absences(space, pairs & on_duty)
    new = read_roster(folder / f"{story.name}-replan" / "roster.csv", story.zone)
    scratch = roster(absent, story, required).assignments
    from_now = pd.Timestamp(day)
    again = changed_duties(
        table[table["date"] >= from_now], scratch[scratch["date"] >= from_now], pairs
    )
    open_h = [
        float(coverage(absent, story, required, each)["uncovered"].sum()) * INTERVAL_MIN / 60
        for each in (new, scratch)
    ]
    return Result(
        absent=f"{' '.join(gone)}, {day:%m-%d}" + (f" to {last:%m-%d}" if last > day else ""),
        wall_s=wall,
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        replanned=int(said["changed"]),
        resolved=sum(kind != "absent" for kind in again.values()),
        open_h=(float(said["without_changes"]["uncovered_h"]), *open_h),
        broken=len(hard(audit(absent, story, new))),
        proven=bool(said["proven"]),
    )


def told(results: Sequence[Result]) -> str:
    """Return the table of all cases."""
    rows = [
        ["absent", "changed", "from scratch", "fewer", "broken rules"],
        ["---", "---:", "---:", "---:", "---:"],
    ]
    rows[0] += ["uncovered: no change", "replanned", "from scratch", "proven", "wall s", "CPU s"]
    rows[1] += ["---:"] * 6
    rows += [
        [
            each.absent,
            f"{each.replanned}",
            f"{each.resolved}",
            f"{each.fewer:.0%}",
            f"{each.broken}",
            *(f"{hours:.1f}" for hours in each.open_h),
            "yes" if each.proven else "no",
            f"{each.wall_s:.1f}",
            f"{each.cpu_s:.1f}",
        ]
        for each in results
    ]
    fewest, slowest = min(r.fewer for r in results), max(r.wall_s for r in results)
    head = (
        f"### Three of sixty agents absent: at least {fewest:.0%} fewer changed duties than from "
        f"scratch, at most {slowest:.1f} s"
    )
    note = (
        "Changed are duties, from the day of asking on, of people who are there, whose hours, "
        "pools or meals differ from what was told; uncovered are seat-hours of the week; seconds "
        "are those of the whole command: on the wall whatever else the machine does meanwhile, of "
        "CPU its own alone."
    )
    return f"{head}\n\n{note}\n\n{markdown.lined(rows)}"


if __name__ == "__main__":
    main()
