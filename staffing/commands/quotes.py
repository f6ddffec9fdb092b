"""`quote` a merchant who is not there yet; `capacity`: whether we can deliver."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from staffing.commands import complete
from staffing.commands.options import NO_PLAN, Json, Language, Out, Quiet, ScenarioFile, Zone
from staffing.commands.reading import faults_told, read

if TYPE_CHECKING:
    from staffing.errors import Fault
    from staffing.quote.book import Newcomer
    from staffing.quote.rates import Rates
    from staffing.scenario import Scenario
    from staffing.words import Lang
    from staffing.workspace import Workspace

PriceModel = Literal["per_seat", "commission", "per_reception", "hybrid", "short_term"]
RatesFile = Annotated[
    Path | None,
    typer.Option(
        "--rates",
        help="What service costs and is sold at, what hiring takes (.toml).",
        autocompletion=complete.scenarios,
    ),
]


def quote(
    prospect_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PROSPECT]",
            help="The merchant's facts and terms (.toml).",
            autocompletion=complete.scenarios,
        ),
    ] = None,
    category: Annotated[str | None, typer.Option("--category", help="What the shop sells.")] = None,
    agents: Annotated[
        str | None, typer.Option("--agents", metavar="N", help="Agents that it has today.")
    ] = None,
    contacts: Annotated[
        str | None, typer.Option("--contacts", metavar="N", help="Contacts on an average day.")
    ] = None,
    promotions: Annotated[
        str | None,
        typer.Option(
            "--promotions",
            metavar="HOW OFTEN",
            help="none, yearly, quarterly, monthly or weekly.",
            autocompletion=complete.how_often,
        ),
    ] = None,
    workspace_folder: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            help="Our own shops: what they teach about such a shop.",
            autocompletion=complete.workspaces,
        ),
    ] = None,
    firm: Annotated[
        bool, typer.Option("--firm", help="A firm quote: refused while anything is open.")
    ] = False,
    rates_file: RatesFile = None,
    model: Annotated[
        PriceModel | None,
        typer.Option(
            "--model",
            metavar="BILLING",
            help="Billing offered first: per_seat, commission, per_reception, hybrid, short_term.",
        ),
    ] = None,
    date: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            metavar="DAY",
            formats=["%Y-%m-%d", "%Y/%m/%d"],
            help="The day of the quote; the first day of the service where none is given.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where the folder of documents goes; none without it."),
    ] = None,
    zone: Zone = "Asia/Shanghai",
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what a merchant needs who is not there yet: seats, headcount, what is open, advice."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        from staffing.quote.prospect import read_prospect

        flags = {
            "category": category,
            "agents": _number(agents),
            "contacts": _number(contacts),
            "promotions": promotions,
        }
        if not as_json and _at_terminal():
            flags = _asked_for(prospect_file, flags, voice.lang)
        prospect = read_prospect(prospect_file, flags)
        workspace = None
        if workspace_folder is not None:
            from staffing.workspace import read_workspace

            workspace = read_workspace(workspace_folder, zone)
        from staffing.quote.estimate import estimate, refuse_open
        from staffing.quote.offer import offer
        from staffing.quote.rates import Rates, read_rates
        from staffing.tell.offer import quoted
        from staffing.tell.progress import progress

        rates = Rates() if rates_file is None else read_rates(rates_file)
        made = estimate(prospect, workspace)
        if firm:
            refuse_open(made)
        priced = offer(
            made,
            rates,
            date=None if date is None else date.date(),
            firm=firm,
            model=model,
        )
        paths = []
        if out is not None:
            from staffing.publish.quote import publish_quote

            with progress(voice.lang) as live:
                live.step("publish")
                paths = publish_quote(priced, out / prospect.name, voice.lang)
    quoted(priced, paths, voice.lang, machine=as_json)


def _at_terminal() -> bool:
    """Return whether somebody can be asked."""
    return sys.stdin.isatty()


def _number(text: str | None) -> float | str | None:
    """Return what was typed as a number, whole where it is; as it is where it is none."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value.is_integer() else value


def _asked_for(
    prospect_file: Path | None, flags: dict[str, str | float | None], lang: Lang
) -> dict[str, str | float | None]:
    """Ask for the facts that neither file nor flags tell; blank ends the asking."""
    from staffing.quote.prospect import facts_told
    from staffing.words import say

    told = facts_told(prospect_file)
    for name, value in flags.items():
        if value is None and name not in told:
            typed = typer.prompt(say(lang, f"quote.ask_{name}"), default="", show_default=False)
            if typed.strip():
                number = name in ("agents", "contacts")
                flags[name] = _number(typed.strip()) if number else typed.strip()
    return flags


def capacity(
    scenario_file: ScenarioFile,
    prospect_files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[PROSPECT]...",
            help="Merchants who may come (.toml).",
            autocompletion=complete.scenarios,
        ),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=26, help="Calendar weeks from the start on.")
    ] = 8,
    rates_file: RatesFile = None,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say whether our agents can deliver what is promised, week by week; exit 3 if not."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace = read(scenario_file, voice)
        from staffing.folder import refuse_unusable
        from staffing.publish.capacity import publish_capacity
        from staffing.quote.book import book
        from staffing.quote.capacity import capacity as run
        from staffing.roster import refuse_unlawful
        from staffing.tell.capacity import record, told
        from staffing.tell.progress import progress

        refuse_unlawful(scenario)
        folder = out / f"{scenario.name}-capacity"
        refuse_unusable(folder)
        newcomers, rates = _newcomers(prospect_files or [], rates_file, scenario, workspace)
        with progress(scenario.lang) as live:
            live.step("book")
            booked = book(workspace, scenario, newcomers, rates, weeks, live.part)
            made = run(booked, live.step, live.part)
        paths = publish_capacity(made, folder, record(made, scenario.lang))
    told(made, paths, scenario.lang, machine=as_json)
    if made.verdict != "deliverable":
        raise typer.Exit(NO_PLAN)


def _newcomers(
    paths: list[Path], rates_file: Path | None, scenario: Scenario, workspace: Workspace
) -> tuple[list[Newcomer], Rates]:
    """Read merchants who may come, and the rates; tell all faults of all files at once."""
    from staffing.errors import InputError, ScenarioError
    from staffing.quote.book import newcomer
    from staffing.quote.estimate import estimate
    from staffing.quote.prospect import read_prospect
    from staffing.quote.rates import Rates, read_rates

    found: list[Newcomer] = []
    faults: list[Fault] = []
    rates = Rates()
    try:
        rates = rates if rates_file is None else read_rates(rates_file)
    except InputError as error:
        faults += error.faults
    for path in paths:
        try:
            made = estimate(read_prospect(path, {}), workspace, scenario.seats)
            found.append(newcomer(made, path))
        except InputError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return found, rates
