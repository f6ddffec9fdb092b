"""Solve public nurse-rostering instances: ``python -m benchmarks.nrp --only 1,2,3``.

Run ``python -m benchmarks.nrp [--only 1-4,6] [--seconds 300] [--seed 1] [--data DIR] [--write]``.
Each instance becomes a `Problem` (adapter.py). The engine's first roster is annealed in two
threads, then its whole program and parts of it are solved in two processes; the answer is judged
by the instance's own definition (evaluate.py). ``--write`` puts the rows into docs/benchmarks.md
and leaves other rows there.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.markdown import PAGE, lined, write
from benchmarks.nrp.adapter import problem, roster
from benchmarks.nrp.evaluate import broken, cost
from benchmarks.nrp.reader import read
from staffing.roster.anneal import Annealing
from staffing.roster.duty import Roll
from staffing.roster.engine import STEPS_PER_EFFORT
from staffing.roster.first import first_roll
from staffing.roster.neighbourhoods import improve
from staffing.roster.problem import Problem

DATA = Path(__file__).parents[3] / "shared" / "roster" / "nrp"
ANNEALED_PART = 0.2
"""Effort of the annealing as a part of the seconds."""
LIMIT_PART = 0.7
"""Seconds that the annealing may take, as a part of all."""
TRIAL = 300_000
"""Changes that are tried to see how long they take."""
HEAD = [
    "#",
    "people × days × shifts",
    "best known",
    "ours",
    "above",
    "proven bound",
    "HiGHS' bound",
    "found s",
    "limit s",
    "CP-SAT 60 / 300 s",
    "HiGHS 60 s",
    "IP + VNS 600 s",
    "ejection chain 600 s",
]
Others = tuple[int | None, str, str, str, str]
UNKNOWN: Others = (None, "–", "–", "–", "–")
OTHERS: Mapping[int, Others] = {
    1: (607, "607 / –", "607", "607", "607"),
    2: (828, "828 / –", "828", "828", "923"),
    3: (1001, "1001 / –", "1001", "1001", "1003"),
    4: (1716, "1718 / 1718", "1716", "1716", "1719"),
    5: (1143, "1251 / 1235", "1242", "1143", "1439"),
    6: (1950, "2257 / 2151", "2139", "1950", "2344"),
    7: (1056, "1281 / 1073", "1369", "1056", "1284"),
    8: (1300, "1954 / 1744", "none", "1364", "2529"),
    9: (439, "468 / 457", "539", "439", "474"),
    10: (4631, "5476 / 4965", "6139", "4631", "4999"),
    11: (3443, "3798 / 3793", "3546", "3443", "3967"),
    12: (4040, "6654 / 5542", "11100", "4042", "5611"),
    13: (1348, "–", "–", "3109", "8707"),
}
"""Instance -> best known (schedulingbenchmarks.org); plain CP-SAT and plain HiGHS on two cores;
IP + VNS (Rahimian, Akartunalı & Levine 2017) and the ejection chain of Curtois & Qu 2014, as
published. Of other instances nothing is told beside our own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One instance's result.

    Attributes
    ----------
    size : people, days and shifts
    bound, claimed : proven, and by the solver's own word
    found_s : when the last better roster was found
    seconds : until the search ended
    """

    number: int
    size: tuple[int, int, int]
    cost: int
    bound: float
    claimed: float
    found_s: float
    seconds: float


def main() -> int:
    """Solve and print; with ``--write`` put the rows into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nrp", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("NRP_DATA", DATA)))
    parser.add_argument("--only", default="1-13", help="such as 1-4,6")
    parser.add_argument("--seconds", type=float, default=300.0, help="search time an instance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    for number in numbers(asked.only):
        path = asked.data / f"Instance{number}.txt"
        if not path.exists():
            parser.error(f"{path.name} is not in the folder; give that of the instances: --data")
        row = run(path, number, asked.seconds, asked.seed)
        print(lined([cells(row)]), flush=True)
        if asked.write:
            write(PAGE, "nrp", merged(PAGE.read_text("utf-8"), row))
    return 0


def numbers(text: str) -> list[int]:
    """Return the numbers of a list of ranges.

    Examples
    --------
    >>> numbers("1-3,6")
    [1, 2, 3, 6]
    """
    found = []
    for each in text.split(","):
        first, _, last = each.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def run(path: Path, number: int, seconds: float, seed: int) -> Row:
    """Solve one instance and check the answer by the instance's own definition.

    Raises
    ------
    AssertionError
        If the answer is not lawful, or costs anything else than the engine says.
    """
    instance = read(path)
    of = replace(problem(instance), seed=seed)
    list(Annealing(of, {}).improve(0))  # compiles the kernel, which is nobody's search time
    began = time.monotonic()
    roll = annealed(of, seconds * ANNEALED_PART, seconds * LIMIT_PART)
    gone_s = time.monotonic() - began
    course = improve(of, roll, seconds=seconds - gone_s, seed=seed)
    best = found = next(course)
    for found in course:
        print(
            f"  {number}: {found.points:.0f} after {gone_s + found.seconds:.0f} s", file=sys.stderr
        )
        best = found if found.points < best.points - 0.5 else best
    answer = roster(found.roll)
    faults = broken(instance, answer)
    if faults or cost(instance, answer) != round(found.points):
        raise AssertionError(f"instance {number}: {cost(instance, answer)}, {faults}")
    return Row(
        number=number,
        size=(len(instance.nurses), instance.days, len(instance.shifts)),
        cost=round(found.points),
        bound=found.bound,
        claimed=found.claimed,
        found_s=gone_s + best.seconds,
        seconds=time.monotonic() - began,
    )


def annealed(of: Problem, effort: float, limit_s: float) -> Roll:
    """Return a roster after so much annealing, as the engine counts it on each core.

    Parameters
    ----------
    limit_s : how long it may take; a long horizon has fewer changes, by how long some on trial take
    """
    began = time.monotonic()
    roll = first_roll(of)
    trial, walk = Annealing(of, roll), Annealing(of, roll)
    before = time.monotonic()
    *_, tried = trial.improve(TRIAL)
    now = time.monotonic()
    most = max(limit_s - (now - began), 0.0) / (now - before) * tried
    for _ in walk.improve(round(min(effort * STEPS_PER_EFFORT * walk.threads, most))):
        pass
    return walk.roll()


def cells(row: Row) -> list[str]:
    """Return a row as text; costs are whole, so bounds are rounded up."""
    known, *others = OTHERS.get(row.number, UNKNOWN)
    return [
        str(row.number),
        " × ".join(map(str, row.size)),
        "–" if known is None else str(known),
        str(row.cost),
        "–" if known is None else f"{row.cost / known - 1:.1%}",
        str(math.ceil(row.bound - 1e-6)),
        str(math.ceil(row.claimed - 1e-3)),
        f"{row.found_s:.0f}",
        f"{row.seconds:.0f}",
        *others,
    ]


def merged(page: str, row: Row) -> str:
    """Return the table of a page with one row put in or replaced."""
    block = re.search(r"<!-- nrp: begin -->(.*?)<!-- nrp: end -->", page, re.DOTALL)
    lines = block[1].splitlines() if block else []
    of = {int(found[1]): line for line in lines if (found := re.match(r"\| (\d+) \|", line))}
    of[row.number] = lined([cells(row)])
    rule = ["---:" if k != 1 else "---" for k in range(len(HEAD))]
    return "\n".join([lined([HEAD, rule]), *(of[number] for number in sorted(of))])


if __name__ == "__main__":
    sys.exit(main())
