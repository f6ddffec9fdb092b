"""Reports: a day against its forecast, and a shop's contract closed out."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from staffing.commands import complete
from staffing.commands.options import Json, Language, Out, Quiet, ScenarioFile
from staffing.commands.reading import faults_told, known_shop, read

if TYPE_CHECKING:
    import pandas as pd

    from staffing.scenario import Scenario
    from staffing.workspace import Workspace

DAYS = ["%Y-%m-%d", "%Y/%m/%d"]
"""How a day may be typed."""
Rosters = Annotated[
    list[Path] | None,
    typer.Option(
        "--roster",
        help="A published roster.csv; again for more; OUT's own is known.",
        autocompletion=complete.tables,
    ),
]


def report(
    day: Annotated[datetime, typer.Argument(metavar="DATE", formats=DAYS, help="A day past.")],
    scenario_file: ScenarioFile,
    rosters: Rosters = None,
    issued: Annotated[
        Path | None,
        typer.Option("--issued", help="Forecasts that were kept; by default OUT/issued."),
    ] = None,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Hold a day against its forecast: contacts, orders, seats, who covered, drift warnings."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace = read(scenario_file, voice)
        from staffing.forecast import history
        from staffing.publish.daily import told_daily
        from staffing.publish.reported import publish_report
        from staffing.report import daily
        from staffing.tell.progress import progress
        from staffing.tell.report import reported

        kept = _issued(issued, out)
        roster = _published(rosters, out, scenario, workspace)
        with progress(scenario.lang) as live:
            live.step("report")
            past = history(workspace)
            told = told_daily(daily(workspace, scenario, past, day.date(), kept, roster))
            live.step("publish")
            paths = publish_report(told, out / f"report-{day:%Y-%m-%d}")
    reported(told, paths, machine=as_json)


def close_out(
    shop: Annotated[str, typer.Argument(metavar="SHOP", help="A shop's identifier.")],
    scenario_file: ScenarioFile,
    first: Annotated[
        datetime, typer.Option("--from", formats=DAYS, help="First day of the contract.")
    ],
    last: Annotated[datetime, typer.Option("--to", formats=DAYS, help="Its last day.")],
    seats: Annotated[
        float | None,
        typer.Option(
            "--seats", min=0, max=10_000, help="Seats agreed; by default the shop's min_seats."
        ),
    ] = None,
    rosters: Rosters = None,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Close a shop's contract out: what came, what was delivered, what to settle."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace = read(scenario_file, voice)
        known_shop(workspace, shop, "SHOP")
        span = _span(first, last)
        from staffing.forecast import history
        from staffing.publish.closed_out import told_close_out
        from staffing.publish.names import file_names
        from staffing.publish.reported import publish_report
        from staffing.report import close_out as closed
        from staffing.tell.progress import progress
        from staffing.tell.report import reported

        roster = _published(rosters, out, scenario, workspace)
        with progress(scenario.lang) as live:
            past = history(workspace)
            made = closed(
                workspace,
                scenario,
                past,
                shop,
                span,
                roster,
                seats,
                lambda day: live.step("report_week", day=f"{day}"),
            )
            live.step("publish")
            told = told_close_out(made)
            name = f"close-out-{file_names([shop])[shop]}-{first:%Y-%m-%d}-{last:%Y-%m-%d}"
            paths = publish_report(told, out / name)
    reported(told, paths, machine=as_json)


def _span(first: datetime, last: datetime) -> tuple[date, date]:
    if last < first:
        from staffing.errors import Fault, ScenarioError

        facts = {"first": f"{first:%Y-%m-%d}"}
        fault = Fault(code="ends_first", file="--to", value=f"{last:%Y-%m-%d}", facts=facts)
        raise ScenarioError([fault])
    return first.date(), last.date()


def _issued(folder: Path | None, out: Path) -> pd.DataFrame | None:
    """Return the forecasts that were kept: as asked for, else what lies below OUT, if anything."""
    from staffing.errors import StoreError
    from staffing.store import FOLDER
    from staffing.store import issued as kept

    try:
        return kept(out / FOLDER if folder is None else folder)
    except StoreError:
        if folder is not None:
            raise
        return None


def _published(
    files: list[Path] | None, out: Path, scenario: Scenario, workspace: Workspace
) -> pd.DataFrame:
    """Return the rosters that are known: those given, the newest below OUT, the workspace's own."""
    from staffing.errors import Fault
    from staffing.report import published
    from staffing.roster.file import read_roster
    from staffing.tell import faults
    from staffing.version import newest

    found = list(files or [])
    folders = (out / scenario.name, out / f"{scenario.name}-replan")
    if (own := newest(folders)) is not None:
        found.append(own)
        if own.parent != folders[0]:
            facts = {"folder": own.parent.as_posix()}
            told = Fault(code="newer_roster", file="--roster", facts=facts)
            faults.notices([told], scenario.lang)
    tables = [read_roster(path, scenario.zone) for path in found]
    return published([*tables, workspace.tables["rosters"]])
