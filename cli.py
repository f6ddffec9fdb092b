"""The command line: parse, call, print, exit code. The only file that knows typer.

Exit codes: 0 done, 1 a bug, 2 bad input, 3 no feasible or deliverable plan.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    import pandas as pd

    from staffing.cache import Cache
    from staffing.errors import Fault
    from staffing.forecast import Forecast
    from staffing.outcome import Outcome
    from staffing.publish.tested import Scored
    from staffing.publish.whatif import Beside, Column
    from staffing.quote.book import Newcomer
    from staffing.quote.rates import Rates
    from staffing.roster import Roster
    from staffing.scenario import Scenario
    from staffing.seats import SeatRequirement
    from staffing.simulate import Replay
    from staffing.words import Lang
    from staffing.workspace import Workspace

BAD_INPUT, NO_PLAN = 2, 3
BACKTEST_DAYS = 14
"""Days that a bare workspace is tested on from each origin."""
TOML = ".toml"
MOMENTS = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M"]
"""How a moment may be typed."""

app = typer.Typer(
    name="staffing",
    help="Forecast contacts, compute seats and build lawful rosters for customer service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file (.toml).")]
WorkspaceFolder = Annotated[
    Path, typer.Argument(metavar="WORKSPACE", help="A folder of tables, or one .xlsx.")
]
RosterFile = Annotated[
    Path,
    typer.Argument(metavar="ROSTER", help="A published roster.xlsx, also edited, or a roster.csv."),
]
Language = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", help="Language of messages and outputs.")
]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON to stdout.")]
Out = Annotated[Path, typer.Option("--out", help="Where output folders go.")]
PriceModel = Literal["per_seat", "commission", "per_reception", "hybrid", "short_term"]
RatesFile = Annotated[
    Path | None,
    typer.Option("--rates", help="What service costs and is sold at, what hiring takes (.toml)."),
]
CacheFolder = Annotated[
    Path | None,
    typer.Option("--cache", metavar="DIR", help="Where results are kept; by default OUT/.cache."),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Compute everything anew and keep nothing.")
]
Zone = Annotated[str, typer.Option("--zone", help="IANA time zone of the tables.")]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def plan(
    scenario_file: ScenarioFile,
    out: Out = Path("out"),
    confirmed: Annotated[
        bool,
        typer.Option("--confirm", help="Repair the roster where its replay misses a target."),
    ] = False,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Forecast, compute seats, build and audit the roster, replay it, write the outputs."""
    with _faults_told(lang, as_json=as_json) as voice:
        from staffing.tell.outcome import planned

        kept = _cache(cache, out, no_cache=no_cache)
        made = _outcome(scenario_file, voice, kept, out, confirmed=confirmed)
        paths = made.deliver(out)
        _cache_told(kept, made.lang)
    planned(made, paths, machine=as_json)
    if made.short:
        raise typer.Exit(NO_PLAN)


def _cache(folder: Path | None, out: Path, *, no_cache: bool) -> Cache:
    """Return the cache that is asked for; one without a folder keeps nothing."""
    from staffing.cache import FOLDER, Cache

    if no_cache:
        return Cache(None)
    return Cache(out / FOLDER if folder is None else folder)


def _cache_told(cache: Cache, lang: Lang) -> None:
    """Tell why something could not be kept, if so: a run is as good, only the next one slower."""
    if cache.trouble is not None:
        from staffing.errors import Fault
        from staffing.tell import faults

        facts = {"reason": cache.trouble}
        faults.notices([Fault(code="not_kept", file=str(cache.folder), facts=facts)], lang)


def _outcome(
    scenario_file: Path, voice: _Voice, cache: Cache, out: Path, *, confirmed: bool = False
) -> Outcome:
    """Return what planning a scenario comes to, from the cache where nothing has changed.

    Nor may the folder below `out` hold another version of the roster, whose calendars must be told.
    """
    from staffing.cache import digest_of_files
    from staffing.outcome import KEPT, Outcome, asked
    from staffing.tell import faults
    from staffing.tell.console import progress

    scenario = _scenario(scenario_file, voice)
    files = digest_of_files(scenario.workspace)
    key = asked(scenario_file, scenario.workspace.name, scenario.lang, files, confirmed=confirmed)
    known: Outcome | None = cache.get(KEPT, key)
    if known is not None and known.fits(out):
        for group in known.notices:
            faults.notices(group, scenario.lang)
        with progress(scenario.lang) as (step, _):
            step("plan_kept")
        return known
    workspace, odd = _workspace(scenario_file, scenario)
    from staffing.forecast import forecast_notices
    from staffing.plan import plan as run
    from staffing.publish import outputs
    from staffing.publish.summary import summary
    from staffing.roster.ledger import ledger_notices
    from staffing.seats import seat_notices
    from staffing.stages import Stages
    from staffing.store import FOLDER, entry, known_until
    from staffing.tell.plan import report

    with progress(scenario.lang) as (step, found):
        stages = Stages(workspace, scenario, cache, step, files)
        with _ways_out_told(workspace, scenario):
            made = run(workspace, scenario, step, found, confirmed=confirmed, stages=stages)
        step("publish")
        version, written = outputs(made, out / scenario.name, scenario_file=scenario_file)
        until = known_until(workspace, scenario.horizon.start)
        name, content = entry(scenario, until, made.forecast.daily)
        advice = None
        if made.short and made.promotion is None:  # whose levers say what can be had
            from staffing.roster.repair import repair as mend

            step("repair")
            advice = mend(workspace, scenario, made.seats, made.roster, check=False)
    notices = [*ledger_notices(workspace, scenario), *seat_notices(workspace, scenario)]
    notices += forecast_notices(workspace, made.forecast)
    faults.notices(notices, scenario.lang)
    outcome = Outcome(
        name=scenario.name,
        lang=scenario.lang,
        short=made.short,
        files=written,
        issued={f"{FOLDER}/{name}": content},
        summary=summary(made),
        advice=None if advice is None else advice.record(scenario.lang),
        notices=(tuple(odd), tuple(notices)),
        told=report(made, advice),
        version=version,
        days=tuple(str(day) for day in scenario.grid.dates),
    )
    if digest_of_files(scenario.workspace) == files:
        cache.put(KEPT, key, outcome)
    return outcome


@app.command()
def forecast(
    scenario_file: ScenarioFile,
    shop: Annotated[str | None, typer.Option("--shop", help="Only this shop.")] = None,
    explain: Annotated[
        tuple[str, str] | None,
        typer.Option("--explain", metavar="SHOP DATE", help="What a shop's day is made of."),
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            "--now",
            metavar="TIME",
            formats=MOMENTS,
            help="Correct the days from this moment's on by what has come; not kept.",
        ),
    ] = None,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Print the contacts expected per shop and day."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.forecast import forecast as run
        from staffing.forecast import forecast_notices, history
        from staffing.forecast.today import today
        from staffing.tell import faults
        from staffing.tell.forecast import contacts, parts

        scenario = _asked(workspace, scenario, shop, explain, now)
        past = history(workspace)
        made = run(workspace, scenario, past)
        told, kept = None, None
        if now is None:
            kept = _keep(out, workspace, scenario, made)
        else:
            told = today(workspace, made, past, now, scenario.forecast.quantiles)
            made = told.forecast
        faults.notices(forecast_notices(workspace, made), scenario.lang)
    if explain is not None:
        parts(made, *explain, scenario.lang, machine=as_json)
    else:
        contacts(made, shop, told, kept, scenario.lang, machine=as_json)


@app.command()
def seats(
    scenario_file: ScenarioFile,
    pool: Annotated[
        str | None,
        typer.Option("--pool", help="A pool: what one seat more or less is worth there."),
    ] = None,
    day: Annotated[
        str | None,
        typer.Option("--day", metavar="DATE", help="The same for one day, such as 2026-11-25."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="The same for one half hour, such as 20:00."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw it, too: a .html, .svg or .png file.")
    ] = None,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Print the seats required per pool and day, or what one seat more or less is worth."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace, expected = _read_expecting(scenario_file, voice)
        if any(each is not None for each in (pool, day, at, plot)):
            _curve(scenario, workspace, expected, (pool, day, at), plot, as_json=as_json)
            return
        from staffing.seats import seat_notices
        from staffing.seats import seats as run
        from staffing.tell import faults
        from staffing.tell.seats import required

        made = run(workspace, scenario, expected)
        faults.notices(seat_notices(workspace, scenario), scenario.lang)
    required(made, scenario.lang, machine=as_json)


def _curve(
    scenario: Scenario,
    workspace: Workspace,
    expected: Forecast,
    narrowed: tuple[str | None, str | None, str | None],
    plot: Path | None,
    *,
    as_json: bool,
) -> None:
    """Tell and draw what one seat more or less is worth to a pool, on a day, at a half hour."""
    from staffing.errors import InputError
    from staffing.publish.curve import plot_faults, write_plot
    from staffing.seats import demand_by_shop
    from staffing.seats.choice import Choice
    from staffing.seats.curve import curve
    from staffing.tell.curve import shifted

    pool, day, at = narrowed
    asked, demand = Choice(pool=pool, day=day, at=at), demand_by_shop(workspace, expected)
    if faults := [*asked.faults(demand), *plot_faults(plot)]:
        raise InputError(faults)
    made = curve(
        asked.of(demand),
        scenario.seats,
        expected.tie,
        scenario.costs.seat_hour,
        days=asked.days,
        at_min=asked.at_min,
        by_day=asked.day is not None,
    )
    if plot is not None:
        write_plot(made, plot, scenario.lang)
    shifted(made, scenario, asked, plot, machine=as_json)


@app.command()
def pools(
    scenario_file: ScenarioFile,
    most_shops: Annotated[
        int, typer.Option("--most-shops", min=2, max=20, help="Shops a person can know at once.")
    ] = 5,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Propose which shops to answer together: seats saved, and the training it takes."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace, expected = _read_expecting(scenario_file, voice)
        from staffing.seats import demand_by_shop
        from staffing.seats.pools import as_they_are, propose
        from staffing.tell import seats as tell

        told = workspace, demand_by_shop(workspace, expected), scenario.seats, expected.tie
        now, then = as_they_are(*told), propose(*told, most_shops=most_shops)
    tell.pools(now, then, scenario.lang, machine=as_json)


@app.command()
def compare(
    plans: Annotated[
        list[Path],
        typer.Argument(metavar="PLAN...", help="Scenario files (.toml), or folders of outputs."),
    ],
    out: Out = Path("out"),
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Put plans side by side: demand, seats, heads, hours, cost, service level, fairness, gap."""
    with _faults_told(lang, as_json=as_json) as voice:
        kept = _cache(cache, out, no_cache=no_cache)
        found = _plans(plans, voice, kept, out)
        from staffing.publish.whatif import publish_whatif
        from staffing.tell.whatif import beside

        made = _beside(found, voice.lang)
        paths = publish_whatif(made, out / "compare")
        _cache_told(kept, voice.lang)
    beside(made, paths, machine=as_json)
    if not all(column.lawful for column in made.columns):
        raise typer.Exit(NO_PLAN)


def _plans(paths: list[Path], voice: _Voice, cache: Cache, out: Path) -> list[Column]:
    """Return the figures of each plan; all faults of all of them at once."""
    from staffing.errors import Fault, InfeasibleRosterError, InputError

    faults: list[Fault] = []
    if len(paths) < 2:
        faults.append(Fault(code="too_few_plans", file="compare", facts={"count": len(paths)}))
    for path in paths:  # before any of them is planned, which takes long
        try:
            _plan_there(path)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    found: list[Column] = []
    spoken: Lang | None = None
    for path in paths:
        try:
            if path.suffix.lower() != TOML:
                column, lang = _finished(path)
            else:
                own = _Voice(voice.lang, asked=voice.asked)
                try:
                    outcome = _outcome(path, own, cache, out)
                except InfeasibleRosterError:
                    column, lang = _seats_alone(path, own, cache), own.lang
                else:
                    column, lang = _column(outcome.summary), outcome.lang
            found.append(column)
            spoken = spoken or lang
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(faults)
    if spoken is not None and not voice.asked:
        voice.lang = spoken
    return found


def _plan_there(path: Path) -> None:
    """Refuse what is neither a sound scenario file nor the outputs of a plan."""
    if path.suffix.lower() == TOML:
        from staffing.scenario import read_scenario

        read_scenario(path)
    else:
        _finished(path)


def _finished(path: Path) -> tuple[Column, Lang]:
    """Return the figures of a finished plan, from its folder or its summary.json."""
    import json

    from staffing.errors import Fault, PublishError
    from staffing.words import LANGS

    file = path / "summary.json" if path.is_dir() else path
    try:
        told = json.loads(file.read_text("utf-8"))
        column = _column(told)
    except OSError:
        raise PublishError([Fault(code="no_plan", file=str(path))]) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise PublishError([Fault(code="not_summary", file=str(file))]) from None
    return column, next((lang for lang in LANGS if lang == told.get("lang")), "zh")


def _column(summary: Mapping[str, Any]) -> Column:
    """Return a plan's figures from its summary."""
    from staffing.publish.whatif import Column
    from staffing.whatif import measured

    days = summary["horizon"]
    horizon = (str(days["start"]), str(days["end"]))
    return Column(name=str(summary["scenario"]), figures=measured(summary), horizon=horizon)


def _seats_alone(path: Path, voice: _Voice, cache: Cache) -> Column:
    """Return what is known of a plan for which no lawful roster exists."""
    from staffing.publish.whatif import Column
    from staffing.whatif import sweep as run

    scenario, workspace = _read(path, voice)
    point = next(run(workspace, [(scenario.name, scenario)], cache))
    dates = scenario.grid.dates
    horizon = (f"{dates[0]}", f"{dates[-1]}")
    return Column(name=scenario.name, figures=point.figures, horizon=horizon, lawful=False)


def _beside(found: list[Column], lang: Lang) -> Beside:
    """Return plans beside each other; names that are there twice are numbered."""
    from dataclasses import replace

    from staffing.publish.whatif import Beside
    from staffing.words import listed, say

    names: list[str] = []
    for column in found:
        again = sum(each.name == column.name for each in found[: len(names)])
        names.append(column.name + (f" ({again + 1})" if again else ""))
    columns = [replace(each, name=name) for each, name in zip(found, names, strict=True)]
    note = say(lang, "whatif.compare_note")
    if len({column.horizon for column in columns}) > 1:
        days = [
            say(lang, "whatif.horizon", name=each.name, first=each.horizon[0], last=each.horizon[1])
            for each in columns
        ]
        note = say(lang, "whatif.horizons", horizons=listed(days).text(lang)) + " " + note
    return Beside(
        file="compare",
        lang=lang,
        title=say(lang, "whatif.compare", names=listed(names).text(lang)),
        note=note,
        columns=columns,
        rostered=True,
        compared=True,
    )


@app.command()
def sweep(
    scenario_file: ScenarioFile,
    over: Annotated[
        str,
        typer.Option(
            "--over",
            metavar="KEY=V1,V2,...",
            help="A numeric key and its values, such as forecast.uplift=1,1.2,1.5.",
        ),
    ],
    rostered: Annotated[
        bool, typer.Option("--roster", help="Build and replay a roster for each value, too.")
    ] = False,
    out: Out = Path("out"),
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Compute seats, or rosters, at several values of a key: cost against service level."""
    with _faults_told(lang, as_json=as_json) as voice:
        from staffing.cache import digest_of_files
        from staffing.errors import Fault, ScenarioError
        from staffing.scenario import varied

        key, equals, values = over.partition("=")
        if not equals:
            raise ScenarioError([Fault(code="over_form", file="--over", value=over)])
        given = [value.strip() for value in values.split(",")]
        scenarios = varied(scenario_file, key.strip(), given, "--over")
        files = digest_of_files(scenarios[0][1].workspace)
        scenario, workspace = _read(scenario_file, voice)
        from staffing.publish.whatif import Beside, Column, publish_whatif
        from staffing.tell.console import progress
        from staffing.tell.whatif import beside
        from staffing.whatif import sweep as run
        from staffing.words import say

        kept = _cache(cache, out, no_cache=no_cache)
        with progress(scenario.lang) as (step, found):
            points = run(
                workspace,
                scenarios,
                kept,
                lambda value: step("scenario", name=f"{key}={value}"),
                step,
                found,
                rostered=rostered,
                files=files,
            )
            columns = [
                Column(name=each.value, figures=each.figures, lawful=each.lawful) for each in points
            ]
            step("publish")
            made = Beside(
                file="sweep",
                lang=scenario.lang,
                title=say(scenario.lang, "whatif.sweep", scenario=scenario.name, key=key.strip()),
                note=say(scenario.lang, "whatif.sweep_note"),
                columns=columns,
                rostered=rostered,
                compared=False,
                key=key.strip(),
            )
            paths = publish_whatif(made, out / f"{scenario.name}-sweep")
        _cache_told(kept, scenario.lang)
    beside(made, paths, machine=as_json)
    if not all(column.lawful for column in columns):
        raise typer.Exit(NO_PLAN)


@app.command()
def backtest(
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="A scenario (.toml), or a workspace.")
    ],
    out: Out = Path("out"),
    issued: Annotated[
        Path | None,
        typer.Option("--issued", help="Score the forecasts kept in this folder instead."),
    ] = None,
    origins: Annotated[
        int | None, typer.Option("--origins", min=2, max=52, help="How many past origins.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=42, help="How many days from each.")
    ] = None,
    zone: Annotated[
        str, typer.Option("--zone", help="IANA time zone of a workspace's tables.")
    ] = "Asia/Shanghai",
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Score the forecast from past origins of the history, or forecasts issued then."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read_target(target, zone, voice)
        scenario = _retold(scenario, origins, days)
        from staffing.publish.tested import publish_backtest
        from staffing.tell.backtest import scored
        from staffing.tell.console import progress

        with progress(scenario.lang) as (step, _):
            step("backtest")
            named = scenario.name if target.suffix.lower() == TOML else None
            made = _tested(workspace, scenario, issued, named)
            step("publish")
            paths = publish_backtest(made, out / f"{scenario.name}-backtest")
    scored(made, paths, machine=as_json)


@app.command()
def repair(
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Say where a week lacks people, which rules clash, and the cheapest measures that mend it."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace, expected = _read_expecting(scenario_file, voice)
        from staffing.roster import refuse_unlawful
        from staffing.roster.repair import repair as run
        from staffing.seats import seats as require
        from staffing.tell.console import progress
        from staffing.tell.repair import repaired

        refuse_unlawful(scenario)
        with progress(scenario.lang) as (step, _):
            step("seats")
            required = require(workspace, scenario, expected)
            step("repair")
            made = run(workspace, scenario, required)
    repaired(made, scenario.lang, machine=as_json)
    if made.needed:
        raise typer.Exit(NO_PLAN)


@app.command()
def capacity(
    scenario_file: ScenarioFile,
    prospect_files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PROSPECT]...", help="Merchants who may come (.toml)."),
    ] = None,
    weeks: Annotated[
        int, typer.Option("--weeks", min=1, max=26, help="Calendar weeks from the start on.")
    ] = 8,
    rates_file: RatesFile = None,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Say whether our agents can deliver what is promised, week by week; exit 3 if not."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.publish.capacity import publish_capacity
        from staffing.quote.book import book
        from staffing.quote.capacity import capacity as run
        from staffing.roster import refuse_unlawful
        from staffing.tell.capacity import record, told
        from staffing.tell.console import progress

        refuse_unlawful(scenario)
        newcomers, rates = _newcomers(prospect_files or [], rates_file, scenario, workspace)
        with progress(scenario.lang) as (step, _):
            step("book")
            booked = book(workspace, scenario, newcomers, rates, weeks)
            made = run(booked, step)
        folder = out / f"{scenario.name}-capacity"
        paths = publish_capacity(made, folder, record(made, scenario.lang))
    told(made, paths, scenario.lang, machine=as_json)
    if made.verdict != "deliverable":
        raise typer.Exit(NO_PLAN)


@app.command()
def replan(
    roster: Annotated[
        Path, typer.Argument(metavar="ROSTER", help="The published roster.csv, or its .xlsx table.")
    ],
    scenario_file: ScenarioFile,
    absent: Annotated[
        list[str] | None,
        typer.Option(
            "--absent",
            metavar="AGENT:DATE",
            help="Who is absent: A017:2026-11-25, or 2026-11-25..2026-11-27 for days; repeat it.",
        ),
    ] = None,
    now: Annotated[
        datetime | None,
        typer.Option(
            "--now",
            metavar="TIME",
            formats=MOMENTS,
            help="This moment, such as '2026-11-25 08:50'; what lies before it stays.",
        ),
    ] = None,
    freeze_h: Annotated[
        float,
        typer.Option("--freeze-h", min=0, max=168, help="Hours after it in which all stays."),
    ] = 2.0,
    all_days: Annotated[
        bool, typer.Option("--all-days", help="Look at days without an absence as well.")
    ] = False,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Mend a published roster with the fewest changes where somebody is absent or demand is new."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace, table = _read_roster(roster, scenario_file, voice)
        from staffing.publish.replanned import publish_replanned
        from staffing.replan import Asked
        from staffing.replan import replan as run
        from staffing.tell import faults
        from staffing.tell.console import progress
        from staffing.tell.replan import replanned

        content = roster.read_bytes()
        asked = Asked(absent=tuple(absent or ()), now=now, freeze_h=freeze_h, everywhere=all_days)
        with progress(scenario.lang) as (step, _):
            made = run(workspace, scenario, table, asked, file=roster.name, step=step)
            step("publish")
            paths = publish_replanned(
                made,
                asked,
                out / f"{scenario.name}-replan",
                roster=(roster.name, content),
                scenario_file=scenario_file,
            )
        faults.notices(made.notices, scenario.lang)
    replanned(made, paths, machine=as_json)
    if made.short:
        raise typer.Exit(NO_PLAN)


@app.command()
def audit(
    roster: RosterFile,
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Check a roster, also one made by hand, against every hard rule; exit 3 if any is broken.

    Of a published workbook the grid is read, as it was edited in Excel, and coverage, cost and
    service level are computed again: staffing audit edited.xlsx scenarios/next-week.toml
    """
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.publish.edited import is_grid

        if is_grid(roster):
            found = _edited(roster, scenario, workspace)
        else:
            from staffing.roster.file import read_roster

            found = _Handed(read_roster(roster, scenario.zone))
        broken = _tell_audit(found, scenario, workspace, as_json=as_json)
    if broken:
        raise typer.Exit(NO_PLAN)


@app.command()
def publish(
    roster: RosterFile,
    scenario_file: ScenarioFile,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Publish a roster that was edited by hand, with all outputs; exit 3 if it is not lawful.

    The roster is a published workbook whose grid was edited in Excel, or a roster.csv:
    staffing publish edited.xlsx scenarios/next-week.toml
    """
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.roster import refuse_unlawful

        refuse_unlawful(scenario)
        found = _edited(roster, scenario, workspace, replayed=False)
        from staffing.roster.audit import audit as check_rules
        from staffing.roster.audit import hard
        from staffing.tell.console import line, progress, speaker

        if hard(check_rules(workspace, scenario, found.table)):
            _tell_audit(found, scenario, workspace, as_json=as_json)
            line(speaker(scenario.lang)("say.not_published"), stderr=True)
            raise typer.Exit(NO_PLAN)
        assert found.seats is not None
        assert found.forecast is not None
        assert found.roster is not None
        from staffing.plan import plan_of
        from staffing.publish import publish as write
        from staffing.publish.summary import summary
        from staffing.tell.outcome import published
        from staffing.tell.plan import report

        with progress(scenario.lang) as (step, _):
            made = plan_of(workspace, scenario, found.forecast, found.seats, found.roster, step)
            step("publish")
            folder = out / scenario.name
            paths = write(made, folder, scenario_file=scenario_file, roster_file=roster)
    published(report(made), summary(made), scenario.lang, paths, machine=as_json)
    if made.short:
        raise typer.Exit(NO_PLAN)


@dataclass(slots=True)
class _Handed:
    """A roster that was handed in, and, where that is asked for, what it comes to."""

    table: pd.DataFrame
    edited: int = 0
    forecast: Forecast | None = None
    seats: SeatRequirement | None = None
    roster: Roster | None = None
    replay: Replay | None = None


def _edited(
    path: Path, scenario: Scenario, workspace: Workspace, *, replayed: bool = True
) -> _Handed:
    """Read a roster with its edited cells, place their meals and pools, and compute coverage."""
    from staffing.forecast import forecast as expect
    from staffing.forecast import history
    from staffing.publish.edited import is_grid, read_edited
    from staffing.roster import handed
    from staffing.roster.file import read_roster
    from staffing.roster.placing import placed
    from staffing.seats import seats as require
    from staffing.simulate import simulate as replay
    from staffing.tell.console import progress

    if is_grid(path):
        edited = read_edited(path, workspace, scenario)
        stretches, wanted = edited.stretches, edited.wanted
    else:
        stretches, wanted = read_roster(path, scenario.zone), {}
    with progress(scenario.lang) as (step, _):
        step("forecast")
        expected = expect(workspace, scenario, history(workspace))
        step("seats")
        needed = require(workspace, scenario, expected)
        table = placed(workspace, scenario, needed, stretches, wanted)
        made = handed(workspace, scenario, needed, table)
        found = _Handed(table, len(wanted), expected, needed, made)
        if replayed:
            step("replay")
            found.replay = replay(workspace, scenario, expected, needed, table)
    return found


def _tell_audit(found: _Handed, scenario: Scenario, workspace: Workspace, *, as_json: bool) -> bool:
    """Audit a roster and tell what it breaks and comes to; return whether a hard rule is broken."""
    from staffing.roster.audit import audit as run
    from staffing.roster.audit import hard, order
    from staffing.roster.recount import recount
    from staffing.tell.roster import Judged, audited

    broken = order(run(workspace, scenario, found.table))
    required = None if found.seats is None else found.seats.table
    counted = recount(workspace, scenario, found.table, required)
    judged = None
    if found.roster is not None and found.replay is not None:
        judged = Judged(edited=found.edited, roster=found.roster, replay=found.replay)
    audited(found.table, broken, counted, scenario, judged, machine=as_json)
    return bool(hard(broken))


@app.command()
def simulate(
    roster: Annotated[Path, typer.Argument(metavar="ROSTER", help="A roster.csv.")],
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Replay a roster against sampled arrivals: the service level each shop will see."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace, table = _read_roster(roster, scenario_file, voice)
        from staffing.forecast import forecast as expect
        from staffing.forecast import history
        from staffing.seats import seats as require
        from staffing.simulate import left_out
        from staffing.simulate import simulate as run
        from staffing.tell import faults
        from staffing.tell.console import progress
        from staffing.tell.roster import replayed

        with progress(scenario.lang) as (step, _):
            step("forecast")
            expected = expect(workspace, scenario, history(workspace))
            step("seats")
            needed = require(workspace, scenario, expected)
            step("replay")
            made = run(workspace, scenario, expected, needed, table)
        faults.notices(left_out(workspace, scenario, table, roster.name), scenario.lang)
    replayed(made, scenario.lang, machine=as_json)


@app.command()
def quote(
    prospect_file: Annotated[
        Path | None,
        typer.Argument(metavar="[PROSPECT]", help="The merchant's facts and terms (.toml)."),
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
        ),
    ] = None,
    workspace_folder: Annotated[
        Path | None,
        typer.Option("--workspace", help="Our own shops: what they teach about such a shop."),
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
) -> None:
    """Say what a merchant needs who is not there yet: seats, headcount, what is open, advice."""
    with _faults_told(lang, as_json=as_json) as voice:
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


@app.command()
def check(
    workspace_folder: WorkspaceFolder,
    zone: Zone = "Asia/Shanghai",
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Read all tables of a workspace and report every fault at once."""
    with _faults_told(lang, as_json=as_json):
        from staffing.tell.workspace import sound
        from staffing.workspace import read_workspace

        workspace = read_workspace(workspace_folder, zone)
    sound(workspace, _language(lang), machine=as_json)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    lang: Language = None,
) -> None:
    """Write an empty workspace: every table with explained columns and one example row."""
    with _faults_told(lang):
        from staffing.tell.workspace import created
        from staffing.workspace.template import write_template

        write_template(folder, _language(lang))
    created(folder, _language(lang))


@dataclass(slots=True)
class _Voice:
    """The language to speak: as asked for, else the scenario's once it is read."""

    lang: Lang
    asked: bool


def _scenario(path: Path, voice: _Voice) -> Scenario:
    """Read a scenario, in the language that is asked for."""
    from staffing.scenario import read_scenario

    scenario = read_scenario(path)
    if voice.asked:
        scenario = scenario.model_copy(update={"lang": voice.lang})
    voice.lang = scenario.lang
    return scenario


def _workspace(path: Path, scenario: Scenario) -> tuple[Workspace, list[Fault]]:
    """Read the workspace of a scenario; tell what is odd on stderr, and return it."""
    from staffing.forecast import horizon_notices
    from staffing.scenario import check_shops
    from staffing.tell import faults
    from staffing.workspace import read_workspace
    from staffing.workspace.past import as_of

    workspace = read_workspace(scenario.workspace, scenario.zone)
    workspace = as_of(workspace, scenario.forecast.known_day)
    check_shops(path, scenario, list(workspace.windows))
    notices = [*horizon_notices(workspace, scenario), *workspace.notices]
    faults.notices(notices, scenario.lang)
    return workspace, notices


def _read(path: Path, voice: _Voice) -> tuple[Scenario, Workspace]:
    """Read a scenario and its workspace, tell what is odd on stderr."""
    scenario = _scenario(path, voice)
    workspace, _ = _workspace(path, scenario)
    return scenario, workspace


def _read_expecting(path: Path, voice: _Voice) -> tuple[Scenario, Workspace, Forecast]:
    """Read a scenario and its workspace, and forecast."""
    scenario, workspace = _read(path, voice)
    from staffing.forecast import forecast as expect
    from staffing.forecast import history

    return scenario, workspace, expect(workspace, scenario, history(workspace))


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


def _read_roster(
    roster: Path, path: Path, voice: _Voice
) -> tuple[Scenario, Workspace, pd.DataFrame]:
    """Read a scenario, its workspace and a roster for it."""
    scenario, workspace = _read(path, voice)
    from staffing.roster.file import read_roster

    return scenario, workspace, read_roster(roster, scenario.zone)


def _read_target(path: Path, zone: str, voice: _Voice) -> tuple[Scenario, Workspace]:
    """Read a scenario, or a workspace with the scenario of the days right after its history."""
    if path.suffix.lower() == TOML:
        return _read(path, voice)
    import datetime as dt

    from staffing.scenario import Horizon, Scenario
    from staffing.store import known_until
    from staffing.tell import faults
    from staffing.workspace import read_workspace

    workspace, one_day = read_workspace(path, zone), dt.timedelta(days=1)
    faults.notices(workspace.notices, voice.lang)
    last = workspace.history["start"].max()
    first = dt.date(2000, 1, 3)
    if not workspace.history.empty:
        first = known_until(workspace, last.date() + 2 * one_day) + one_day
    name = re.sub(r"[^\w.-]", "-", path.resolve().stem).lstrip(".-")[:64] or "workspace"
    plain = Scenario(name=name, workspace=path, horizon=Horizon(start=dt.date(2000, 1, 3)))
    horizon = Horizon(start=first, days=BACKTEST_DAYS)
    told = {"horizon": horizon, "zone": zone, "lang": voice.lang}
    return plain.model_copy(update=told), workspace


def _retold(scenario: Scenario, origins: int | None, days: int | None) -> Scenario:
    """Return the scenario with another number of origins and days, where they are given."""
    if origins is not None:
        forecast = scenario.forecast.model_copy(update={"origins": origins})
        scenario = scenario.model_copy(update={"forecast": forecast})
    if days is not None:
        horizon = scenario.horizon.model_copy(update={"days": days})
        scenario = scenario.model_copy(update={"horizon": horizon})
    return scenario


def _tested(
    workspace: Workspace, scenario: Scenario, issued: Path | None, named: str | None
) -> Scored:
    """Return past forecasts beside what came: made again, or read where they were kept."""
    from staffing.errors import Fault, ForecastError
    from staffing.forecast import backtest as run
    from staffing.forecast import history
    from staffing.publish.tested import Scored

    past = history(workspace)
    if issued is None:
        table = run(workspace, past.until(scenario.horizon.start), scenario).table
    else:
        from staffing.forecast.issued import beside_actuals
        from staffing.store import issued as kept

        table = beside_actuals(kept(issued, named), workspace, past)
    made = Scored(
        name=scenario.name,
        lang=scenario.lang,
        workspace=workspace,
        table=table,
        issued=issued is not None,
    )
    if made.rows.empty:
        known = f"{past.days[-1]:%Y-%m-%d}" if len(past.days) else "-"
        raise ForecastError(
            [
                Fault(
                    code="too_short_to_test" if issued is None else "not_come",
                    file=workspace.files.get("history", workspace.root.name),
                    facts={"days": len(past.days), "known": known},
                )
            ]
        )
    return made


def _keep(out: Path, workspace: Workspace, scenario: Scenario, made: Forecast) -> Path:
    """Keep a forecast as it was issued, to be scored when its days have come."""
    from staffing.store import FOLDER, keep, known_until

    known = known_until(workspace, scenario.horizon.start)
    return keep(out / FOLDER, scenario, known, made.daily)


def _language(lang: str | None) -> Lang:
    """Return the language asked for, else the terminal's, else Chinese."""
    from staffing.words import LANGS

    for each in LANGS:
        if lang == each:
            return each
    if lang is not None:
        raise typer.BadParameter(f"'{lang}' is not one of zh, en", param_hint="--lang")
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if spoken.startswith("en") else "zh"


@contextmanager
def _faults_told(lang: str | None, *, as_json: bool = False) -> Iterator[_Voice]:
    """Turn errors raised on purpose into messages and exit codes."""
    voice = _Voice(_language(lang), asked=lang is not None)
    from staffing.errors import InfeasibleRosterError, InputError
    from staffing.tell import faults

    try:
        yield voice
    except InputError as error:
        faults.refusal(error, voice.lang, machine=as_json)
        raise typer.Exit(BAD_INPUT) from None
    except InfeasibleRosterError as error:
        faults.contradiction(error, voice.lang, machine=as_json)
        raise typer.Exit(NO_PLAN) from None


@contextmanager
def _ways_out_told(workspace: Workspace, scenario: Scenario) -> Iterator[None]:
    """Add to what clashes the cheapest measures that give everybody a lawful week."""
    from staffing.errors import InfeasibleRosterError

    try:
        yield
    except InfeasibleRosterError as error:
        if scenario.rules.preset == "industry":
            raise
        from staffing.roster.repair import ways_out

        raise InfeasibleRosterError(error.contradictions, ways_out(workspace, scenario)) from None


def _known_shop(workspace: Workspace, shop: str, option: str = "--shop") -> None:
    from staffing.errors import Fault, WorkspaceError

    if shop not in workspace.shops.index:
        facts = {"table": "shops"}
        raise WorkspaceError([Fault(code="unknown", file=option, value=shop, facts=facts)])


def _planned_day(scenario: Scenario, option: str, day: str) -> None:
    from staffing.errors import Fault, ForecastError

    if day not in {f"{date}" for date in scenario.grid.dates}:
        first, last = scenario.grid.dates[0], scenario.grid.dates[-1]
        facts = {"first": f"{first}", "last": f"{last}"}
        raise ForecastError([Fault(code="not_planned", file=option, value=day, facts=facts)])


def _asked(
    workspace: Workspace,
    scenario: Scenario,
    shop: str | None,
    explain: tuple[str, str] | None,
    now: datetime | None,
) -> Scenario:
    """Check what is asked of a forecast; return the scenario, from the running day on if any."""
    if shop is not None:
        _known_shop(workspace, shop)
    if now is not None:
        scenario = _from_today(workspace, scenario, now)
    if explain is not None:
        _known_shop(workspace, explain[0], "--explain")
        _planned_day(scenario, "--explain", explain[1])
    return scenario


def _from_today(workspace: Workspace, scenario: Scenario, now: datetime) -> Scenario:
    """Return the scenario of the planned days from the running one on."""
    from staffing.forecast.today import service_day

    day = service_day(workspace, now)
    _planned_day(scenario, "--now", f"{day}")
    days = scenario.horizon.days - (day - scenario.horizon.start).days
    horizon = scenario.horizon.model_copy(update={"start": day, "days": days})
    return scenario.model_copy(update={"horizon": horizon})


if __name__ == "__main__":
    main()
