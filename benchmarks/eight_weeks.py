"""Eight weeks in a row on the demo: whether the ledger evens out and the seams hold.

Run ``python -m benchmarks.eight_weeks [--effort SECONDS] [--weeks N] [--write]``. The
weeks are the one that the shipped scenario plans and the seven after it, all forecast from the
history as it ends before the first: the later ones are as far out as they are. Each is planned
with all earlier weeks published, audited against them, and then published itself. The ledger
begins with what the shipped `rosters` left uneven. Newcomers learn, by the rule that made the
demo: the last of them is at full speed in the fourth week. Prints per week seat-hours, broken
rules and the spread of each balance, and at the end everybody's late shifts beside her fair
share; ``--write`` puts that into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmarks import markdown
from staffing.forecast import forecast, history
from staffing.roster import Ledger, Roster, audit, ledger, roster
from staffing.scenario import read_scenario
from staffing.seats import seats
from staffing.workspace import Workspace, read_workspace
from staffing.workspace.tables.duties import ITEMS

ROOT = Path(__file__).parents[1]
BURDENS = tuple(item for item in ITEMS if item != "granted")
SPEED_OF_NEW = (0.6, 0.6, 0.7, 0.8)
"""Speed by weeks since somebody's first day, then full: `NEW_SPEED` of data/demo/generate.py."""
AHEAD_DAYS = 5
"""A week that begins on Monday is planned on the Wednesday before, as the shipped one."""
NEAR = 1.0
"""Late shifts from the fair share within which a balance is even."""


def main() -> None:
    """Plan the weeks one after another and print what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--effort", type=float, help="of the solver a week; else the scenario's")
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    story = read_scenario(ROOT / "scenarios" / "next-week.toml")
    effort = story.roster.effort if asked.effort is None else asked.effort
    search = story.roster.model_copy(update={"effort": effort})
    story = story.model_copy(update={"roster": search})
    own = read_workspace(story.workspace, story.zone)
    table = [
        ["week", "required h", "uncovered", "broken rules", *BURDENS, f"late within ±{NEAR:g}"],
        ["---", *["---:"] * (4 + len(BURDENS))],
    ]
    for week in range(asked.weeks):
        start = story.horizon.start + dt.timedelta(weeks=week)
        horizon = story.horizon.model_copy(update={"start": start})
        told = story.model_copy(update={"horizon": horizon})
        own = learnt(own, start - dt.timedelta(days=AHEAD_DAYS))
        made = roster(own, told, seats(own, told, forecast(own, told, history(own))))
        broken = audit(own, told, made.assignments)
        account = ledger(own, told, made.assignments)
        table.append(row(start, made, len(broken), account))
        print(markdown.lined(table[-1:]), flush=True)
        own = published(own, pd.concat([own.tables["rosters"], duties(made)], ignore_index=True))
    text = "\n\n".join(["### Balances week by week", markdown.lined(table), by_agent(account)])
    print("\n" + text)
    if asked.write:
        markdown.write(markdown.PAGE, "eight weeks", text)


def learnt(own: Workspace, day: dt.date) -> Workspace:
    """Return the workspace with the speeds of newcomers as they are on a day."""
    since = own.skills["agent_id"].astype(str).map(own.agents["started_on"])
    weeks = ((pd.Timestamp(day) - since).dt.days // 7).clip(0, len(SPEED_OF_NEW)).astype(int)
    now = weeks.map(dict(enumerate((*SPEED_OF_NEW, 1.0))))
    speed = own.skills["speed"].clip(lower=now)
    return replace(own, tables={**own.tables, "skills": own.skills.assign(speed=speed)})


def published(own: Workspace, rosters: pd.DataFrame) -> Workspace:
    """Return the workspace with these published weeks."""
    return replace(own, tables={**own.tables, "rosters": rosters})


def duties(made: Roster) -> pd.DataFrame:
    """Return a roster as rows of the table `rosters`."""
    work = made.assignments[made.assignments["activity"] == "work"]
    paid_h = (work["end"] - work["start"]).dt.total_seconds() / 3600
    return work[["agent_id", "date", "start", "end", "pool"]].assign(paid_h=paid_h)


def row(start: dt.date, made: Roster, broken: int, account: Ledger) -> list[str]:
    """Return the figures of a week."""
    late = comparable(account)["balance_after"]
    return [
        f"{start}",
        f"{made.required_h:,.0f}",
        f"{made.uncovered_share:.1%}",
        f"{broken}",
        *(f"{account.spread(burden):.1f}" for burden in BURDENS),
        f"{(late.abs() <= NEAR).sum()} of {len(late)}",
    ]


def comparable(account: Ledger) -> pd.DataFrame:
    """Return the late shifts of those who are compared."""
    table = account.table
    return table[(table["item"] == "late") & table["comparable"]]


def by_agent(account: Ledger) -> str:
    """Return everybody's late shifts beside the fair share, most ahead first."""
    own = comparable(account).sort_values("balance_after", ascending=False)
    rows = [["agent", "late shifts", "fair share", "balance"], ["---", "---:", "---:", "---:"]]
    for each in own.to_dict("records"):
        had, share = (each[name] + each[f"{name}_before"] for name in ("had", "share"))
        rows.append(
            [each["agent_id"], f"{had:.0f}", f"{share:.1f}", f"{each['balance_after']:+.1f}"]
        )
    return markdown.lined(rows)


if __name__ == "__main__":
    main()
