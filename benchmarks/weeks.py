"""The figures of the main job: the shipped week and the real week after Double 11 2023.

Run ``python -m benchmarks.weeks [--confirm] [--effort SECONDS] [--write]``. Prints, for each week,
the forecast's error on earlier weeks, seat-hours required and uncovered with the proven bound,
broken rules, seconds of each step, and per shop and day the service level of the replay beside the
target and beside what Erlang-C promised of the same seats; ``--write`` puts that into
docs/benchmarks.md. The real week is skipped where its data is not beside the project.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import pandas as pd

from benchmarks import markdown
from staffing.plan import Plan, plan
from staffing.scenario import Scenario, read_scenario
from staffing.simulate import Replay
from staffing.workspace import read_workspace

ROOT = Path(__file__).parents[1]
DOUBLE11 = ROOT.parent / "shared" / "workspaces" / "double11"


def main() -> None:
    """Plan both weeks and print, or write, what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--effort", type=float, help="work the solver may do, about seconds")
    parser.add_argument("--confirm", action="store_true", help="repair where the replay misses")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    stories = [read_scenario(ROOT / "scenarios" / "next-week.toml")]
    if DOUBLE11.exists():
        stories.append(double11())
    else:
        print("double11: skipped, its data is not beside the project")
    for story in stories:
        effort = {"effort": asked.effort or story.roster.effort}
        roster = story.roster.model_copy(update=effort)
        told = story.model_copy(update={"roster": roster})
        text = figures(told, confirmed=asked.confirm)
        print(text, end="\n\n")
        if asked.write:
            markdown.write(markdown.PAGE, f"week {story.name}", text)


def double11() -> Scenario:
    """Return the scenario of the real week."""
    horizon = {"start": "2023-11-13"}
    return Scenario.model_validate({"name": "double11", "workspace": DOUBLE11, "horizon": horizon})


def figures(scenario: Scenario, *, confirmed: bool) -> str:
    """Plan a week and return what it came to."""
    marks = [("read", time.monotonic())]
    workspace = read_workspace(scenario.workspace, scenario.zone)
    made = plan(
        workspace,
        scenario,
        lambda step: marks.append((step, time.monotonic())),
        confirmed=confirmed,
    )
    marks.append(("", time.monotonic()))
    spent = [f"{name} {end - begin:.1f}" for (name, begin), (_, end) in itertools.pairwise(marks)]
    first, last = scenario.grid.dates[0], scenario.grid.dates[-1]
    return "\n".join(
        [
            f"### Week `{scenario.name}`, {first} to {last}",
            "",
            *_facts(made),
            f"- seconds: {', '.join(spent)}",
            "",
            "Per shop and day: contacts answered within the threshold in the replay, in per cent, "
            "with half its 95 % confidence interval; in brackets what Erlang-C promised of the "
            "same seats.",
            "",
            by_shop(made.replay),
        ]
    )


def _facts(made: Plan) -> list[str]:
    tested, roster, replay = made.forecast.backtest, made.roster, made.replay
    kinds = (("ordinary days", False), ("promotion days", True))
    apart = ", ".join(
        f"{name} {tested.wape(event=event):.1%} (naive {tested.wape('naive', event=event):.1%})"
        for name, event in kinds
    )
    goal, cost = roster.report.goal("uncovered"), roster.report.goal("cost")
    lines = [
        f"- forecast: backtest WAPE {tested.wape():.1%} (seasonal naive "
        f"{tested.wape('naive'):.1%}), bias {tested.bias():+.1%}; {apart}",
        f"- roster: required {roster.required_h:,.1f} seat-hours, uncovered "
        f"{roster.uncovered_h:,.1f} ({roster.uncovered_share:.2%}), proven bound "
        f"{goal.bound or 0:,.1f}; paid {roster.paid_h:,.1f} h; both together {cost.value:,.1f} h, "
        f"gap {cost.gap or 0:.1%} to the proven {cost.bound or 0:,.1f} h; broken rules "
        f"{len(made.violations)}",
        f"- service level {replay.service_level:.1%}, target {replay.target:.1%}, promised by "
        f"Erlang-C {replay.promised:.1%}; {replay.replications} replications",
    ]
    if made.confirmation is not None:
        rounds = made.confirmation.rounds
        lines.append(
            f"- confirmation: pool-days below target {rounds[0].missed} → {rounds[-1].missed}, "
            f"repairs {len(rounds) - 1}, seat-hours asked more {made.confirmation.added_h:,.1f}"
        )
    return lines


def by_shop(replay: Replay) -> str:
    """Return the table of shops and days."""
    shops = replay.shops
    days = sorted(shops["date"].unique())
    rows = [["pool", "shop", "target", *(f"{day:%m-%d}" for day in days)]]
    rows.append(["---", "---", *["---:"] * (1 + len(days))])
    for (pool, shop), own in shops.groupby(["pool", "shop_id"], sort=False):
        by_day = own.set_index("date")
        cells = [_cell(by_day.loc[day]) if day in by_day.index else "-" for day in days]
        rows.append([str(pool), str(shop), f"{100 * own['target'].iloc[0]:.0f}", *cells])
    return markdown.lined(rows)


def _cell(day: pd.Series) -> str:
    half = (day["high"] - day["low"]) / 2
    missed = "**" if day["high"] < day["target"] else ""
    return (
        f"{missed}{100 * day['service_level']:.0f}{missed} ±{100 * half:.0f} "
        f"({100 * day['promised']:.0f})"
    )


if __name__ == "__main__":
    main()
