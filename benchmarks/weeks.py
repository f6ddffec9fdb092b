"""The figures of the main job: the shipped week and the real week after Double 11 2023.

Run ``python benchmarks/weeks.py [EFFORT]``. Prints, for each week, the forecast's error on
earlier weeks, seat-hours required and uncovered with the proven bound, the service level of the
replay, broken rules, and the seconds of each step. The real week is skipped where its data is
not beside the project.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

from staffing.plan import plan
from staffing.scenario import Scenario, read_scenario
from staffing.workspace import read_workspace

ROOT = Path(__file__).parents[1]
DOUBLE11 = ROOT.parent / "shared" / "workspaces" / "double11"


def double11() -> Scenario:
    """Return the scenario of the real week."""
    horizon = {"start": "2023-11-13"}
    return Scenario.model_validate({"name": "double11", "workspace": DOUBLE11, "horizon": horizon})


def figures(scenario: Scenario) -> None:
    """Plan a week and print what it came to."""
    marks = [("read", time.monotonic())]
    workspace = read_workspace(scenario.workspace, scenario.zone)
    made = plan(workspace, scenario, lambda step: marks.append((step, time.monotonic())))
    marks.append(("", time.monotonic()))
    tested, roster = made.forecast.backtest, made.roster
    goal = roster.report.goal("uncovered")
    print(f"{scenario.name}")
    print(f"  backtest WAPE {tested.wape():.1%} (seasonal naive {tested.wape('naive'):.1%})")
    for name, event in (("ordinary days", False), ("promotion days", True)):
        wape, naive = tested.wape(event=event), tested.wape("naive", event=event)
        print(f"    {name}: {wape:.1%} (seasonal naive {naive:.1%})")
    print(f"  bias {tested.bias():+.1%}")
    print(
        f"  required {roster.required_h:,.1f} seat-hours, uncovered {roster.uncovered_h:,.1f} "
        f"({roster.uncovered_share:.2%}), proven bound {goal.bound:,.1f}"
    )
    print(f"  paid {roster.paid_h:,.1f} h, broken rules {len(made.violations)}")
    print(f"  service level {made.replay.service_level:.1%}, target {made.replay.target:.1%}")
    pairs = itertools.pairwise(marks)
    print("  seconds: " + ", ".join(f"{name} {b - a:.1f}" for (name, a), (_, b) in pairs))


def main() -> None:
    """Print the figures of both weeks."""
    stories = [read_scenario(ROOT / "scenarios" / "next-week.toml")]
    if DOUBLE11.exists():
        stories.append(double11())
    else:
        print("double11: skipped, its data is not beside the project")
    for story in stories:
        if len(sys.argv) > 1:
            roster = story.roster.model_copy(update={"effort": float(sys.argv[1])})
            figures(story.model_copy(update={"roster": roster}))
        else:
            figures(story)


if __name__ == "__main__":
    main()
