"""The command line: which commands there are. What each does stands in `staffing/commands`.

Exit codes: 0 done, 1 a bug, 2 bad input, 3 no feasible or deliverable plan.
"""

from __future__ import annotations

import typer

from staffing.commands import (
    backtest,
    planning,
    quotes,
    rosters,
    stages,
    whatif,
    workspaces,
)

app = typer.Typer(
    name="staffing",
    help="Forecast contacts, compute seats and build lawful rosters for customer service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (  # in the order in which `--help` lists them
    planning.plan,
    stages.forecast,
    stages.seats,
    stages.pools,
    whatif.compare,
    whatif.sweep,
    backtest.backtest,
    rosters.repair,
    quotes.capacity,
    rosters.replan,
    rosters.audit,
    rosters.publish,
    stages.simulate,
    quotes.quote,
    workspaces.check,
    workspaces.init,
):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
