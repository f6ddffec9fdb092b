"""Plans beside each other: `compare` several, `sweep` one key."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from staffing.commands import complete
from staffing.commands.options import (
    NO_PLAN,
    TOML,
    CacheFolder,
    Json,
    Language,
    NoCache,
    Out,
    Quiet,
    ScenarioFile,
)
from staffing.commands.planning import cache_of, cache_told, outcome_of
from staffing.commands.reading import Voice, faults_told, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from staffing.cache import Cache
    from staffing.errors import Fault
    from staffing.publish.whatif import Beside, Column
    from staffing.words import Lang


def compare(
    plans: Annotated[
        list[Path],
        typer.Argument(
            metavar="PLAN...",
            help="Scenario files (.toml), or folders of outputs.",
            autocompletion=complete.plans,
        ),
    ],
    out: Out = Path("out"),
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put plans side by side: demand, seats, heads, hours, cost, service level, fairness, gap."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        kept = cache_of(cache, out, no_cache=no_cache)
        from staffing.folder import refuse_unusable

        refuse_unusable(folder := out / "compare")
        found = _plans(plans, voice, kept, out)
        from staffing.publish.whatif import publish_whatif
        from staffing.tell.whatif import beside

        made = _beside(found, voice.lang)
        paths = publish_whatif(made, folder)
        cache_told(kept, voice.lang)
    beside(made, paths, machine=as_json)
    if not all(column.lawful for column in made.columns):
        raise typer.Exit(NO_PLAN)


def _plans(paths: list[Path], voice: Voice, cache: Cache, out: Path) -> list[Column]:
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
    began = time.monotonic()
    for number, path in enumerate(paths, 1):
        try:
            if path.suffix.lower() != TOML:
                column, lang = _finished(path)
            else:
                own = Voice(voice.lang, asked=voice.asked)
                try:
                    outcome = outcome_of(path, own, cache, out, turn=(number, len(paths), began))
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
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise PublishError([Fault(code="not_summary", file=str(file))]) from None
    return column, next((lang for lang in LANGS if lang == told.get("lang")), "zh")


def _column(summary: Mapping[str, Any]) -> Column:
    """Return a plan's figures from its summary."""
    from staffing.publish.whatif import Column
    from staffing.whatif import measured

    days = summary["horizon"]
    horizon = (str(days["start"]), str(days["end"]))
    return Column(name=str(summary["scenario"]), figures=measured(summary), horizon=horizon)


def _seats_alone(path: Path, voice: Voice, cache: Cache) -> Column:
    """Return what is known of a plan for which no lawful roster exists."""
    from staffing.publish.whatif import Column
    from staffing.whatif import sweep as run

    scenario, workspace = read(path, voice)
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


def sweep(
    scenario_file: ScenarioFile,
    overs: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="KEY=V1,V2,...",
            help="A numeric key and its values, such as forecast.uplift=1,1.2,1.5.",
            autocompletion=complete.keys,
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
    quiet: Quiet = False,
) -> None:
    """Compute seats, or rosters, at several values of a key: cost against service level."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        from staffing.cache import digest_of_files
        from staffing.errors import Fault, ScenarioError
        from staffing.scenario import varied

        if len(overs) > 1:
            facts: dict[str, object] = {"count": len(overs)}
            raise ScenarioError([Fault(code="one_over", file="--over", facts=facts)])
        key, equals, values = (over := overs[0]).partition("=")
        if not equals:
            raise ScenarioError([Fault(code="over_form", file="--over", value=over)])
        given = [value.strip() for value in values.split(",")]
        scenarios = varied(scenario_file, key.strip(), given, "--over")
        files = digest_of_files(scenarios[0][1].workspace)
        scenario, workspace = read(scenario_file, voice)
        from staffing.folder import refuse_unusable
        from staffing.publish.whatif import Beside, Column, publish_whatif
        from staffing.tell.progress import progress
        from staffing.tell.whatif import beside
        from staffing.whatif import sweep as run
        from staffing.words import say

        refuse_unusable(folder := out / f"{scenario.name}-sweep")
        kept = cache_of(cache, out, no_cache=no_cache)
        with progress(scenario.lang) as live:

            def begins(value: str) -> None:
                live.turn(1 + [name for name, _ in scenarios].index(value), len(scenarios))
                live.step("scenario", name=f"{key}={value}")

            points = run(
                workspace,
                scenarios,
                kept,
                begins,
                live.step,
                live.found,
                rostered=rostered,
                files=files,
            )
            columns = [
                Column(name=each.value, figures=each.figures, lawful=each.lawful) for each in points
            ]
            live.turn(0, 0)
            live.step("publish")
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
            paths = publish_whatif(made, folder)
        cache_told(kept, scenario.lang)
    beside(made, paths, machine=as_json)
    if not all(column.lawful for column in columns):
        raise typer.Exit(NO_PLAN)
