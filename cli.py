"""The command line: which commands there are. What each does stands in `staffing/commands`.

Exit codes: 0 done, 1 a bug, 2 bad input, 3 no feasible or deliverable plan.
"""

from __future__ import annotations

import atexit
import gc

import typer

from staffing.commands import (
    backtest,
    planning,
    quotes,
    reports,
    rosters,
    stages,
    whatif,
    workspaces,
)
from staffing.commands.spoken import SpokenCommand, SpokenGroup

GARBAGE_AFTER = 100_000
"""Objects more before Python looks for cycles of them, of which there are next to none: to look as
often as it does of itself takes a tenth of a short command."""

app = typer.Typer(
    name="staffing",
    help="Forecast contacts, compute seats and build lawful rosters for customer service.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    cls=SpokenGroup,
)
COMMANDS = {  # in the order in which `--help` lists them, each with an example
    planning.plan: "plan scenarios/next-week.toml --confirm",
    stages.forecast: "forecast scenarios/next-week.toml --explain S01 2026-11-25",
    stages.seats: "seats scenarios/next-week.toml --pool P-S01 --day 2026-11-25 --plot curve.html",
    stages.pools: "pools scenarios/next-week.toml --most-shops 4",
    whatif.compare: "compare scenarios/next-week.toml scenarios/too-few-people.toml",
    whatif.sweep: "sweep scenarios/next-week.toml --over forecast.uplift=1,1.2,1.5 --roster",
    backtest.backtest: "backtest data/demo --origins 8 --days 7",
    rosters.repair: "repair scenarios/too-few-people.toml",
    quotes.capacity: "capacity scenarios/next-week.toml prospect.toml --weeks 8",
    rosters.replan: "replan out/next-week/roster.csv scenarios/next-week.toml "
    '--now "2026-11-25 08:50" --absent A017:2026-11-25',
    rosters.audit: "audit edited.xlsx scenarios/next-week.toml",
    rosters.publish: "publish edited.xlsx scenarios/next-week.toml",
    stages.simulate: "simulate out/next-week/roster.csv scenarios/next-week.toml",
    reports.report: "report 2026-11-17 scenarios/next-week.toml",
    reports.close_out: "close-out S01 scenarios/next-week.toml --from 2026-11-01 --to 2026-11-17",
    quotes.quote: "quote --category apparel_bags --agents 6 --contacts 520 --promotions monthly",
    workspaces.check: "check data/demo",
    workspaces.init: "init my-company",
}
for command, example in COMMANDS.items():
    name = example.split()[0]
    app.command(name, cls=SpokenCommand, epilog=f"Example: staffing {example}")(command)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(GARBAGE_AFTER)
    atexit.register(gc.freeze)  # else Python looks through all objects once more, for half a second
    app()


if __name__ == "__main__":
    main()
