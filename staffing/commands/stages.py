"""The stages on their own: forecast, seats, pools, simulate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from staffing.commands import complete
from staffing.commands.options import Json, Language, Out, Quiet, ScenarioFile, moment
from staffing.commands.reading import faults_told, known_shop, read, read_expecting, read_handed

if TYPE_CHECKING:
    from staffing.forecast import Forecast
    from staffing.scenario import Scenario
    from staffing.workspace import Workspace


def forecast(
    scenario_file: ScenarioFile,
    shop: Annotated[str | None, typer.Option("--shop", help="Only this shop.")] = None,
    explain: Annotated[
        tuple[str, str] | None,
        typer.Option("--explain", metavar="SHOP DATE", help="What a shop's day is made of."),
    ] = None,
    now: Annotated[
        datetime | None,
        moment("Correct the days from this moment's on by what has come; not kept."),
    ] = None,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Print the contacts expected per shop and day."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace = read(scenario_file, voice)
        from staffing.forecast import forecast as run
        from staffing.forecast import forecast_notices, history
        from staffing.forecast.today import today
        from staffing.tell import faults
        from staffing.tell.forecast import contacts, parts
        from staffing.tell.progress import progress

        scenario = _asked(workspace, scenario, shop, explain, now)
        past = history(workspace)
        with progress(scenario.lang) as live:
            live.step("forecast")
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
    quiet: Quiet = False,
) -> None:
    """Print the seats required per pool and day, or what one seat more or less is worth."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace, expected = read_expecting(scenario_file, voice)
        if any(each is not None for each in (pool, day, at, plot)):
            _curve(scenario, workspace, expected, (pool, day, at), plot, as_json=as_json)
            return
        from staffing.seats import seat_notices
        from staffing.seats import seats as run
        from staffing.tell import faults
        from staffing.tell.progress import progress
        from staffing.tell.seats import required

        with progress(scenario.lang) as live:
            live.step("seats")
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
    asked, demand = (
        Choice(pool=pool, day=day, at=at),
        demand_by_shop(workspace, expected, scenario.seats.target_level),
    )
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


def pools(
    scenario_file: ScenarioFile,
    most_shops: Annotated[
        int, typer.Option("--most-shops", min=2, max=20, help="Shops a person can know at once.")
    ] = 5,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Propose which shops to answer together: seats saved, and the training it takes."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace, expected = read_expecting(scenario_file, voice)
        from staffing.seats import demand_by_shop
        from staffing.seats.pools import as_they_are, propose
        from staffing.tell import seats as tell

        demand = demand_by_shop(workspace, expected, scenario.seats.target_level)
        told = workspace, demand, scenario.seats, expected.tie
        now, then = as_they_are(*told), propose(*told, most_shops=most_shops)
    tell.pools(now, then, scenario.lang, machine=as_json)


def simulate(
    roster: Annotated[
        Path,
        typer.Argument(metavar="ROSTER", help="A roster.csv.", autocompletion=complete.tables),
    ],
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Replay a roster against sampled arrivals: the service level each shop will see."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace, table = read_handed(roster, scenario_file, voice)
        from staffing.forecast import forecast as expect
        from staffing.forecast import history
        from staffing.seats import seats as require
        from staffing.simulate import left_out
        from staffing.simulate import simulate as run
        from staffing.tell import faults
        from staffing.tell.progress import progress
        from staffing.tell.roster import replayed

        with progress(scenario.lang) as live:
            live.step("forecast")
            expected = expect(workspace, scenario, history(workspace))
            live.step("seats")
            needed = require(workspace, scenario, expected)
            live.step("replay")
            made = run(workspace, scenario, expected, needed, table)
        faults.notices(left_out(workspace, scenario, table, roster.name), scenario.lang)
    replayed(made, scenario.lang, machine=as_json)


def _keep(out: Path, workspace: Workspace, scenario: Scenario, made: Forecast) -> Path:
    """Keep a forecast as it was issued, to be scored when its days have come."""
    from staffing.store import FOLDER, keep, known_until

    known = known_until(workspace, scenario.horizon.start)
    return keep(out / FOLDER, scenario, known, made.daily)


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
        known_shop(workspace, shop)
    if now is not None:
        scenario = _from_today(workspace, scenario, now)
    if explain is not None:
        known_shop(workspace, explain[0], "--explain")
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
