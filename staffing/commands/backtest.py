"""`backtest`: past forecasts beside what came."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from staffing.commands import complete
from staffing.commands.options import TOML, Json, Language, Out, Quiet, Zone
from staffing.commands.reading import Voice, faults_told, read

if TYPE_CHECKING:
    from staffing.publish.tested import Scored
    from staffing.scenario import Scenario
    from staffing.workspace import Workspace

BACKTEST_DAYS = 14
"""Days that a bare workspace is tested on from each origin."""


def backtest(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="TARGET",
            help="A scenario (.toml), or a workspace.",
            autocompletion=complete.scenarios,
        ),
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
    zone: Zone = "Asia/Shanghai",
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score the forecast from past origins of the history, or forecasts issued then."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace = _read_target(target, zone, voice)
        scenario = _retold(scenario, origins, days)
        from staffing.folder import refuse_unusable

        folder = out / f"{scenario.name}-backtest"
        refuse_unusable(folder)
        from staffing.publish.tested import publish_backtest
        from staffing.tell.backtest import scored
        from staffing.tell.progress import progress

        with progress(scenario.lang) as live:
            live.step("backtest")
            named = scenario.name if target.suffix.lower() == TOML else None
            made = _tested(workspace, scenario, issued, named, live.part)
            live.step("publish")
            paths = publish_backtest(made, folder)
    scored(made, paths, machine=as_json)


def _read_target(path: Path, zone: str, voice: Voice) -> tuple[Scenario, Workspace]:
    """Read a scenario, or a workspace with the scenario of the days right after its history."""
    if path.suffix.lower() == TOML:
        return read(path, voice)
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
    workspace: Workspace,
    scenario: Scenario,
    issued: Path | None,
    named: str | None,
    part: Callable[[float], None],
) -> Scored:
    """Return past forecasts beside what came: made again, or read where they were kept."""
    from staffing.errors import Fault, ForecastError
    from staffing.forecast import backtest as run
    from staffing.forecast import history
    from staffing.publish.tested import Scored

    past = history(workspace)
    if issued is None:
        table = run(workspace, past.until(scenario.horizon.start), scenario, part=part).table
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
