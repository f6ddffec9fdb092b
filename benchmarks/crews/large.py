"""One generated company planned in a process of its own, so that its memory can be told.

``python -m benchmarks.crews.large AGENTS WEEKS POOLS SHOPS SEED EFFORT`` prints one line of JSON;
`measured` starts that and reads it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from joblib.externals.loky import get_reusable_executor

from benchmarks.crews.generator import generated
from benchmarks.crews.judge import judged
from benchmarks.crews.peers import chief, engine

ROOT = Path(__file__).parents[2]
PROCESSES = 2
"""Workers of the engine."""
GIB = 2**30
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of ``ru_maxrss``: getrusage(2) counts kilobytes on Linux, bytes on macOS."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """A company to be generated, and the effort that planning it may take."""

    agents: int
    weeks: int
    pools: int
    shops: int
    effort: float

    @property
    def name(self) -> str:
        """Return its size in words."""
        shops = "" if self.shops == self.pools else f", {self.shops} shops"
        return f"{self.agents:,} agents × {self.weeks} weeks × {self.pools} pools{shops}"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What planning one company came to.

    Attributes
    ----------
    goal, value, bound : the goal by which the search is judged
    memory_gib : peak of the process and of its workers together, at most: all workers are taken
        to be as large as the largest
    """

    goal: str
    value: float
    bound: float | None
    gap: float | None
    required_h: float
    uncovered_h: float
    breaches: int
    seconds: float
    memory_gib: float


def measured(size: Size, seed: int) -> Measured:
    """Return what planning a company came to, in a process of its own.

    Raises
    ------
    RuntimeError
        When the process fails, with its last words.
    """
    numbers = [size.agents, size.weeks, size.pools, size.shops, seed, size.effort]
    command = [sys.executable, "-m", "benchmarks.crews.large", *map(str, numbers)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"{size.name}: {run.stderr.strip().splitlines()[-1:]}")
    return Measured(**json.loads(run.stdout.splitlines()[-1]))


def main() -> None:
    """Plan one company and print what it came to."""
    agents, weeks, pools, shops, seed = map(int, sys.argv[1:6])
    instance = generated(agents, weeks, pools, shops=shops, seed=seed)
    answer = engine(instance, float(sys.argv[6]))
    if answer.table is None or answer.report is None:
        raise RuntimeError(answer.status)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    get_reusable_executor().shutdown(wait=True)  # only workers that have ended are counted
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    verdict, goal = judged(instance, answer.table), chief(answer.report)
    found = Measured(
        goal=goal.name,
        value=goal.value,
        bound=goal.bound,
        gap=goal.gap,
        required_h=verdict.required_h,
        uncovered_h=verdict.uncovered_h,
        breaches=verdict.breaches,
        seconds=answer.seconds,
        memory_gib=(own + PROCESSES * worker) * RSS_UNIT / GIB,
    )
    print(json.dumps(asdict(found)))


if __name__ == "__main__":
    main()
