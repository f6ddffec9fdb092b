"""The command line: parse, call, print, exit code. The only file that knows typer.

Exit codes: 0 done, 1 a bug, 2 bad input, 3 no feasible or deliverable plan.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from staffing.errors import Fault
    from staffing.forecast import Forecast
    from staffing.forecast.today import Today
    from staffing.plan import Plan
    from staffing.publish.tested import Scored
    from staffing.roster import Shortage
    from staffing.scenario import Scenario
    from staffing.simulate import Replay
    from staffing.words import Lang
    from staffing.workspace import Workspace

BAD_INPUT, NO_PLAN = 2, 3
SHOWN_NOTICES = 5
SHOWN_SHORTAGES = 8
SHOWN_SHOPS = 15
CLOSED = "closed"
"""What the forecast calls closings, whatever their name."""
BACKTEST_DAYS = 14
"""Days that a bare workspace is tested on from each origin."""
TOML = ".toml"

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
Language = Annotated[
    str | None, typer.Option("--lang", metavar="zh|en", help="Language of messages and outputs.")
]
Json = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON to stdout.")]
Out = Annotated[Path, typer.Option("--out", help="Where output folders go.")]
Zone = Annotated[str, typer.Option("--zone", help="IANA time zone of the tables.")]


def main() -> None:
    """Run the command line."""
    app()


@app.command()
def plan(
    scenario_file: ScenarioFile,
    out: Out = Path("out"),
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Forecast, compute seats, build and audit the roster, replay it, write the outputs."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.forecast import forecast_notices
        from staffing.plan import plan as run
        from staffing.publish import publish, summary

        with _progress(scenario.lang) as (step, found):
            made = run(workspace, scenario, step, found)
            step("publish")
            paths = publish(made, out / scenario.name, scenario_file=scenario_file)
            paths.append(_keep(out, workspace, scenario, made.forecast))
        _tell_notices(forecast_notices(workspace, made.forecast), scenario.lang, SHOWN_NOTICES)
    if as_json:
        _print_json(summary(made) | {"files": [path.as_posix() for path in paths]})
    else:
        _tell_plan(made, paths)
    if made.short:
        raise typer.Exit(NO_PLAN)


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
            formats=["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y/%m/%d %H:%M"],
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

        scenario = _asked(workspace, scenario, shop, explain, now)
        past = history(workspace)
        made = run(workspace, scenario, past)
        told, kept = None, None
        if now is None:
            kept = _keep(out, workspace, scenario, made)
        else:
            told = today(workspace, made, past, now, scenario.forecast.quantiles)
            made = told.forecast
        _tell_notices(forecast_notices(workspace, made), scenario.lang, SHOWN_NOTICES)
    if explain is not None:
        _tell_parts(made, *explain, scenario.lang, as_json=as_json)
        return
    daily = made.daily if shop is None else made.daily[made.daily["shop_id"] == shop]
    if as_json:
        _print_json(json.loads(daily.to_json(orient="records", date_format="iso")))
        return
    by_day = daily.pivot_table(index="shop_id", columns="date", values="mean", sort=False)
    say = _say(scenario.lang)
    if shop is not None:
        quantiles = [name for name in daily.columns if re.fullmatch(r"q[\d.]+", name)]
        for name in quantiles:
            by_day.loc[name] = daily[name].to_numpy()
    if told is not None:
        _tell_today(told, shop, scenario.lang)
    rows = [[str(name), *(f"{value:,.0f}" for value in row)] for name, row in by_day.iterrows()]
    if shop is None:
        rows.append([say("table.total"), *(f"{value:,.0f}" for value in by_day.sum())])
    _table([say("table.shop"), *(f"{day:%m-%d}" for day in by_day.columns)], rows)
    _tell_strengths(made, scenario.lang)
    if kept is not None:
        typer.echo(say("say.kept", path=kept))


@app.command()
def seats(scenario_file: ScenarioFile, lang: Language = None, as_json: Json = False) -> None:
    """Print the seats required per pool and day: seat-hours and peak."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.forecast import forecast as expect
        from staffing.forecast import history
        from staffing.seats import seats as run

        made = run(workspace, scenario, expect(workspace, scenario, history(workspace)))
    if as_json:
        _print_json(json.loads(made.table.to_json(orient="records", date_format="iso")))
        return
    say = _say(scenario.lang)
    days = sorted(made.table["date"].unique())
    rows = []
    for pool, own in made.table.groupby("pool", sort=True):
        cells = [own[own["date"] == day]["seats"] for day in days]
        rows.append([str(pool), *(f"{c.sum() / 2:,.1f} ({c.max()})" for c in cells)])
    head = f"{say('table.seat_hours')} ({say('table.peak_seats')})"
    _table([f"{say('table.pool')} - {head}", *(f"{day:%m-%d}" for day in days)], rows)


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
        scenario, workspace = _read(scenario_file, voice)
        from staffing.forecast import forecast as expect
        from staffing.forecast import history
        from staffing.seats import demand_by_shop
        from staffing.seats.pools import as_they_are, propose

        made = expect(workspace, scenario, history(workspace))
        told = workspace, demand_by_shop(workspace, made), scenario.seats, made.tie
        now, then = as_they_are(*told), propose(*told, most_shops=most_shops)
    if as_json:
        tables = {"now": now.table, "proposed": then.table}
        _print_json({k: json.loads(t.to_json(orient="records")) for k, t in tables.items()})
        return
    say = _say(scenario.lang)
    numbers = {"separate": then.separate_h, "now": now.together_h, "proposed": then.together_h}
    typer.echo(say("say.pooled", **{k: f"{value:,.1f}" for k, value in numbers.items()}))
    for title, table in (("pools_now", now.table), ("pools_proposed", then.table)):
        typer.echo(say(f"say.{title}"))
        names = ("pool", "shops", "separate_h", "together_h", "peak_seats", "trainings")
        rows = [
            [
                str(row.pool),
                " ".join(row.shops),
                f"{row.separate_h:,.1f}",
                f"{row.together_h:,.1f}",
                f"{row.separate_peak} → {row.together_peak}",
                f"{row.trainings}",
            ]
            for row in table.itertuples()
        ]
        _table([say(f"table.{name}") for name in names], rows)


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

        with _progress(scenario.lang) as (step, _):
            step("backtest")
            named = scenario.name if target.suffix.lower() == TOML else None
            made = _tested(workspace, scenario, issued, named)
            step("publish")
            paths = publish_backtest(made, out / f"{scenario.name}-backtest")
    if as_json:
        _print_json(_backtest_record(made, paths))
    else:
        _tell_backtest(made, paths)


@app.command()
def audit(
    roster: Annotated[Path, typer.Argument(metavar="ROSTER", help="A roster.csv.")],
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Check a roster, also one made by hand, against every hard rule; exit 3 if any is broken."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.roster.audit import audit as run
        from staffing.roster.audit import order
        from staffing.roster.file import read_roster

        table = read_roster(roster, scenario.zone)
        broken = order(run(workspace, scenario, table))
    say = _say(scenario.lang)
    if as_json:
        found = [
            {
                "rule": v.rule,
                "agent_id": v.agent_id,
                "date": f"{v.date}",
                "how": v.how.text(scenario.lang),
            }
            for v in broken
        ]
        _print_json({"lawful": not broken, "violations": found})
    elif broken:
        typer.echo(say("say.roster_unlawful", count=len(broken)))
        rows = [[v.rule, v.agent_id, f"{v.date}", v.how.text(scenario.lang)] for v in broken]
        _table([say(f"table.{name}") for name in ("rule", "agent", "day", "how")], rows)
    else:
        duties = table.groupby(["agent_id", "date"]).ngroups
        typer.echo(say("say.roster_lawful", count=duties))
    if broken:
        raise typer.Exit(NO_PLAN)


@app.command()
def simulate(
    roster: Annotated[Path, typer.Argument(metavar="ROSTER", help="A roster.csv.")],
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Replay a roster against sampled arrivals: the service level each shop will see."""
    with _faults_told(lang, as_json=as_json) as voice:
        scenario, workspace = _read(scenario_file, voice)
        from staffing.forecast import forecast as expect
        from staffing.forecast import history
        from staffing.roster.file import read_roster
        from staffing.seats import seats as require
        from staffing.simulate import simulate as run

        table = read_roster(roster, scenario.zone)
        with _progress(scenario.lang) as (step, _):
            step("forecast")
            expected = expect(workspace, scenario, history(workspace))
            step("seats")
            needed = require(workspace, scenario, expected)
            step("replay")
            made = run(workspace, scenario, expected, needed, table)
    if as_json:
        tables = {"pools": made.table, "shops": made.shops}
        told = {
            name: json.loads(each.to_json(orient="records", date_format="iso"))
            for name, each in tables.items()
        }
        _print_json({"replications": made.replications, **told})
    else:
        _tell_replay(made, scenario.lang)


@app.command()
def check(
    workspace_folder: WorkspaceFolder,
    zone: Zone = "Asia/Shanghai",
    lang: Language = None,
    as_json: Json = False,
) -> None:
    """Read all tables of a workspace and report every fault at once."""
    with _faults_told(lang, as_json=as_json):
        from staffing.workspace import read_workspace

        workspace = read_workspace(workspace_folder, zone)
    spoken = _language(lang)
    if as_json:
        _print_json({"faults": 0, "notices": [each.line(spoken) for each in workspace.notices]})
        return
    history = workspace.history["start"]
    shops, agents = len(workspace.shops), len(workspace.agents)
    if history.empty:
        typer.echo(_say(spoken)("say.sound_new", shops=shops, agents=agents))
    else:
        first, last = (f"{moment:%Y-%m-%d}" for moment in (history.min(), history.max()))
        typer.echo(_say(spoken)("say.sound", shops=shops, agents=agents, first=first, last=last))
    _tell_notices(workspace.notices, spoken, len(workspace.notices))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    lang: Language = None,
) -> None:
    """Write an empty workspace: every table with explained columns and one example row."""
    with _faults_told(lang):
        from staffing.workspace.template import write_template

        write_template(folder, _language(lang))
    typer.echo(_say(_language(lang))("say.created", folder=folder))


@dataclass(slots=True)
class _Voice:
    """The language to speak: as asked for, else the scenario's once it is read."""

    lang: Lang
    asked: bool


def _read(path: Path, voice: _Voice) -> tuple[Scenario, Workspace]:
    """Read a scenario and its workspace, tell what is odd on stderr."""
    from staffing.forecast import horizon_notices
    from staffing.scenario import read_scenario
    from staffing.workspace import read_workspace

    scenario = read_scenario(path)
    if voice.asked:
        scenario = scenario.model_copy(update={"lang": voice.lang})
    voice.lang = scenario.lang
    workspace = read_workspace(scenario.workspace, scenario.zone)
    notices = [*horizon_notices(workspace, scenario), *workspace.notices]
    _tell_notices(notices, scenario.lang, SHOWN_NOTICES)
    return scenario, workspace


def _read_target(path: Path, zone: str, voice: _Voice) -> tuple[Scenario, Workspace]:
    """Read a scenario, or a workspace with the scenario of the days right after its history."""
    if path.suffix.lower() == TOML:
        return _read(path, voice)
    import datetime as dt

    from staffing.scenario import Horizon, Scenario
    from staffing.store import known_until
    from staffing.workspace import read_workspace

    workspace, one_day = read_workspace(path, zone), dt.timedelta(days=1)
    _tell_notices(workspace.notices, voice.lang, SHOWN_NOTICES)
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


def _backtest_record(made: Scored, paths: Sequence[Path]) -> dict[str, Any]:
    records = json.loads(made.scores.to_json(orient="records"))
    totals = [each for each in records if each["scope"] == "all" and each["kind"] == "all"]
    return {
        "name": made.name,
        "issued": made.issued,
        "origins": sorted({f"{origin:%Y-%m-%d}" for origin in made.rows["origin"]}),
        "total": {each["method"]: {n: each[n] for n in list(each)[4:]} for each in totals},
        "scores": records,
        "files": [path.as_posix() for path in paths],
    }


def _tell_backtest(made: Scored, paths: Sequence[Path]) -> None:
    from staffing.publish.reports import shown
    from staffing.publish.tested.page import by_group, shop_titles, totals, verdict

    say = _say(made.lang)
    for _, sentence in verdict(made):
        typer.echo(sentence)
    titles = {pool: pool for pool in made.workspace.pools}
    tables = [totals(made), by_group(made, "pool", titles)]
    tables.append(by_group(made, "shop", shop_titles(made)))
    for table in tables:
        forms = [column.form for column in table.columns]
        rows = [
            [shown(made.lang, value, form) for value, form in zip(row, forms, strict=True)]
            for row in table.rows
        ]
        most = SHOWN_SHOPS if table is tables[-1] else len(rows)
        _table([column.label for column in table.columns], rows[:most])
        if len(rows) > most:
            typer.echo(say("say.more_shops", count=len(rows) - most))
    typer.echo(say("say.written"))
    for path in paths:
        typer.echo(f"  {path}")


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


def _say(lang: Lang) -> Callable[..., str]:
    from functools import partial

    from staffing.words import say

    return partial(say, lang)


@contextmanager
def _faults_told(lang: str | None, *, as_json: bool = False) -> Iterator[_Voice]:
    """Turn errors raised on purpose into messages and exit codes."""
    voice = _Voice(_language(lang), asked=lang is not None)
    from staffing.errors import InfeasibleRosterError, InputError

    try:
        yield voice
    except InputError as error:
        if as_json:
            _print_json({"faults": [each.record(voice.lang) for each in error.faults]})
        typer.echo(_say(voice.lang)("say.faults", count=len(error.faults)), err=True)
        for fault in error.faults:
            typer.echo("  " + fault.line(voice.lang), err=True)
        raise typer.Exit(BAD_INPUT) from None
    except InfeasibleRosterError as error:
        if as_json:
            said = [each.text(voice.lang) for each in error.contradictions]
            _print_json({"status": "infeasible", "contradictions": said})
        typer.echo(_say(voice.lang)("say.no_roster"), err=True)
        for clash in error.contradictions:
            typer.echo("  " + clash.text(voice.lang), err=True)
        raise typer.Exit(NO_PLAN) from None


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


def _tell_replay(made: Replay, lang: Lang) -> None:
    """Print the service level of each shop and day, pool by pool."""
    say = _say(lang)
    level, target = f"{made.service_level:.1%}", f"{made.target:.1%}"
    typer.echo(say("say.replayed", level=level, target=target, times=made.replications))
    shops, days = made.shops, sorted(made.shops["date"].unique())
    rows = []
    for (pool, shop), own in shops.groupby(["pool", "shop_id"], sort=False):
        by_day = own.set_index("date")
        half = 100 * (by_day["high"] - by_day["low"]) / 2
        cells = [
            f"{100 * by_day['service_level'][day]:.0f} ±{half[day]:.0f}" if day in half else "-"
            for day in days
        ]
        whole = (own["service_level"] * own["contacts"]).sum() / max(own["contacts"].sum(), 1e-9)
        rows.append(
            [
                str(pool),
                str(shop),
                f"{own['contacts'].sum():,.0f}",
                f"{100 * own['target'].iloc[0]:.0f}",
                f"{100 * whole:.0f}",
                *cells,
            ]
        )
    names = ("pool", "shop", "contacts", "target", "reached")
    _table(
        [*(say(f"table.{name}") for name in names), *(f"{day:%m-%d}" for day in days)],
        rows,
    )


def _tell_today(told: Today, shop: str | None, lang: Lang) -> None:
    """Print what has come beside what was expected, and what that makes of the day."""
    say = _say(lang)
    shops = told.shops if shop is None else told.shops[told.shops["shop_id"] == shop]
    quantiles = [name for name in shops.columns if name.startswith("q")]
    low, high = quantiles[0], quantiles[-1]
    shown = shops[["expected", "came", "morning", "total", low, high]].to_numpy().tolist()
    rows = [
        [str(name), *("-" if math.isnan(value) else f"{value:,.0f}" for value in values)]
        for name, values in zip(shops["shop_id"], shown, strict=True)
    ]
    until = f"{told.until:%H:%M}"
    typer.echo(say("say.as_of", time=f"{told.until:%Y-%m-%d %H:%M}"))
    names = ("shop", "expected_by", "came_by", "morning", "now", "low", "high")
    _table([say(f"table.{name}", time=until, low=low, high=high) for name in names], rows)


def _tell_strengths(made: Forecast, lang: Lang) -> None:
    """Print how strong the promotions of the days are, a person's estimate beside the data's."""
    say, found = _say(lang), made.strengths()
    rows = [
        [
            f"{row.event} {row.phase}",
            f"{row.shops}",
            "-" if math.isnan(row.told) else f"{row.told:.2f}",
            f"{row.multiple:.2f}",
            f"{row.low:.2f}-{row.high:.2f}",
        ]
        for row in found.itertuples()
    ]
    if rows:
        names = ("promotion", "shops", "told", "by_data", "range")
        _table([say(f"table.{name}") for name in names], rows)


def _tell_parts(made: Forecast, shop: str, day: str, lang: Lang, *, as_json: bool) -> None:
    """Print the factors of a shop's day; they multiply to the number."""
    say, parts = _say(lang), made.parts(shop, day)
    if as_json:
        _print_json(parts)
        return
    rows, value = [], 1.0
    for part in parts:
        value *= part["factor"]
        if part["kind"] != "event":
            name = say(f"part.{part['kind']}")
        else:
            event = say("part.closed") if part["event"] == CLOSED else part["event"]
            name = " ".join(filter(None, [event, part["phase"], say(f"part.{part['when']}")]))
        about = ""
        if part["kind"] == "event" and part["told"]:
            about = say("part.told")
        elif part["kind"] == "event":
            numbers = {k: f"{part[k]:.2f}" for k in ("usual", "own", "running")}
            about = say("part.shrunk", **numbers, count=part["editions"])
        factor = f"{part['factor']:,.1f}" if part["kind"] == "level" else f"× {part['factor']:.3f}"
        rows.append([name, factor, f"{value:,.1f}", about])
    _table([say(f"table.{name}") for name in ("part", "factor", "contacts", "because")], rows)


def _tell_notices(notices: Sequence[Fault], lang: Lang, most: int) -> None:
    say = _say(lang)
    if notices:
        typer.echo(say("say.notices", count=len(notices)), err=True)
    for each in notices[:most]:
        typer.echo("  " + each.line(lang), err=True)
    if len(notices) > most:
        typer.echo("  " + say("say.more_notices", count=len(notices) - most), err=True)


@contextmanager
def _progress(
    lang: Lang,
) -> Iterator[tuple[Callable[[str], None], Callable[[int, float, float], None]]]:
    """Yield what tells steps and better rosters: a live line on a terminal, else plain lines."""
    console = _console(stderr=True)
    say = _say(lang)
    with console.status("") as status:

        def step(name: str) -> None:
            text = say(f"say.step_{name}")
            status.update(text)
            if not console.is_terminal:
                typer.echo(text + " ...", err=True)

        def found(_: int, value: float, bound: float) -> None:
            status.update(say("say.searching", value=f"{value:,.1f}", bound=f"{bound:,.1f}"))

        yield step, found


def _tell_plan(made: Plan, paths: Sequence[Path]) -> None:
    say = _say(made.scenario.lang)
    roster, goal = made.roster, made.roster.report.goal("uncovered")
    from staffing.roster.audit import RULES

    typer.echo(say("say.lawful", rules=len(RULES)))
    typer.echo(
        say(
            "say.coverage",
            uncovered=f"{roster.uncovered_h:,.1f}",
            required=f"{roster.required_h:,.1f}",
            share=f"{roster.uncovered_share:.2%}",
            bound=f"{goal.bound or 0:,.1f}",
        )
    )
    duties = roster.assignments.groupby(["agent_id", "date"]).ngroups
    people = roster.assignments["agent_id"].nunique()
    typer.echo(say("say.paid", hours=f"{roster.paid_h:,.1f}", agents=people, shifts=duties))
    level, target = made.replay.service_level, made.replay.target
    typer.echo(say("say.service", level=f"{level:.1%}", target=f"{target:.1%}"))
    tested = made.forecast.backtest
    if len(tested.usable):
        wape, naive = f"{tested.wape():.1%}", f"{tested.wape('naive'):.1%}"
        typer.echo(say("say.tested", wape=wape, naive=naive))
    else:
        typer.echo(say("say.untested"))
    if made.short:
        typer.echo(say("say.short", most=f"{made.scenario.roster.max_uncovered:.1%}"))
        _tell_shortages(made.shortages[:SHOWN_SHORTAGES], made.scenario.lang)
    typer.echo(say("say.written"))
    for path in paths:
        typer.echo(f"  {path}")


def _tell_shortages(shortages: Sequence[Shortage], lang: Lang) -> None:
    say = _say(lang)
    rows = [
        [
            each.pool,
            f"{each.start:%m-%d %H:%M}",
            f"{each.end:%m-%d %H:%M}",
            f"{each.seats:g}",
            f"{each.seat_hours:.1f}",
            ", ".join(f"{say('why.' + why)} {number}" for why, number in each.reasons.items()),
        ]
        for each in shortages
    ]
    names = ("pool", "from", "to", "seats_short", "seat_hours", "why")
    _table([say(f"table.{name}") for name in names], rows)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column left, short cells right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for i, name in enumerate(head):
        short = all(len(row[i]) <= 14 for row in rows)
        table.add_column(name, justify="right" if i and short else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = _console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
