"""`plan`, and what a whole run comes to, from the cache where nothing has changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from staffing.commands.options import (
    NO_PLAN,
    CacheFolder,
    Json,
    Language,
    NoCache,
    Out,
    Quiet,
    ScenarioFile,
)
from staffing.commands.reading import Voice, faults_told, scenario_of, workspace_of

if TYPE_CHECKING:
    from staffing.cache import Cache
    from staffing.outcome import Outcome
    from staffing.scenario import Scenario
    from staffing.words import Lang
    from staffing.workspace import Workspace


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
    quiet: Quiet = False,
) -> None:
    """Forecast, compute seats, build and audit the roster, replay it, write the outputs."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        from staffing.errors import Fault
        from staffing.tell import faults
        from staffing.tell.outcome import planned

        kept = cache_of(cache, out, no_cache=no_cache)
        made = outcome_of(scenario_file, voice, kept, out, confirmed=confirmed)
        edited = made.displaced(out)
        paths = made.deliver(out)
        if edited is not None:
            facts = {"roster": edited}
            faults.notices([Fault(code="edit_replaced", file=made.name, facts=facts)], made.lang)
        cache_told(kept, made.lang)
    planned(made, paths, machine=as_json)
    if made.short:
        raise typer.Exit(NO_PLAN)


def outcome_of(
    scenario_file: Path,
    voice: Voice,
    cache: Cache,
    out: Path,
    *,
    confirmed: bool = False,
    turn: tuple[int, int, float | None] = (0, 0, None),
) -> Outcome:
    """Return what planning a scenario comes to, from the cache where nothing has changed.

    Nor may the folder below `out` hold another version of the roster, whose calendars must be told.
    `turn` says which of how many plans it is, and when the first of them began.
    """
    from staffing.cache import digest_of_files
    from staffing.errors import Fault
    from staffing.folder import listed, refuse_unusable
    from staffing.outcome import KEPT, Outcome, asked
    from staffing.tell import faults
    from staffing.tell.progress import progress

    scenario = scenario_of(scenario_file, voice)
    refuse_unusable(out / scenario.name, listed(out / scenario.name))
    files = digest_of_files(scenario.workspace)
    key = asked(scenario_file, scenario.workspace.name, scenario.lang, files, confirmed=confirmed)
    known: Outcome | None = cache.get(KEPT, key)
    if known is not None and known.fits(out):
        for group in known.notices:
            faults.notices(group, scenario.lang)
        with progress(scenario.lang) as live:
            live.step("plan_kept")
        return known
    workspace, odd = workspace_of(scenario_file, scenario)
    from staffing.forecast import forecast_notices
    from staffing.plan import plan as run
    from staffing.publish import outputs
    from staffing.publish.summary import summary
    from staffing.roster.ledger import ledger_notices
    from staffing.seats import seat_notices
    from staffing.stages import Stages
    from staffing.store import FOLDER, entry, known_until
    from staffing.tell.plan import report

    with progress(scenario.lang) as live:
        live.turn(*turn)
        stages = Stages(workspace, scenario, cache, live.step, files)
        with _ways_out_told(workspace, scenario):
            made = run(
                workspace, scenario, live.step, live.found, confirmed=confirmed, stages=stages
            )
        live.step("publish")
        version, written = outputs(made, out / scenario.name, scenario_file=scenario_file)
        until = known_until(workspace, scenario.horizon.start)
        name, content = entry(scenario, until, made.forecast.daily)
        advice = None
        if made.short and made.promotion is None:  # whose levers say what can be had
            from staffing.roster.repair import repair as mend

            live.step("repair")
            advice = mend(workspace, scenario, made.seats, made.roster, check=False)
    notices = [*ledger_notices(workspace, scenario), *seat_notices(workspace, scenario)]
    notices += forecast_notices(workspace, made.forecast)
    if made.promotion is not None and made.promotion.phases.empty:
        notices.append(Fault(code="no_phase", file=scenario_file.name))
    if made.roster.report.cut_short:
        notices.append(Fault(code="cut_short", file=scenario_file.name))
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
    if digest_of_files(scenario.workspace) == files and not made.roster.report.cut_short:
        cache.put(KEPT, key, outcome)
    return outcome


def cache_of(folder: Path | None, out: Path, *, no_cache: bool) -> Cache:
    """Return the cache that is asked for; one without a folder keeps nothing."""
    from staffing.cache import FOLDER, Cache

    if no_cache:
        return Cache(None)
    return Cache(out / FOLDER if folder is None else folder)


def cache_told(cache: Cache, lang: Lang) -> None:
    """Tell why something could not be kept, if so: a run is as good, only the next one slower."""
    if cache.trouble is not None:
        from staffing.errors import Fault
        from staffing.tell import faults

        facts = {"reason": cache.trouble}
        faults.notices([Fault(code="not_kept", file=str(cache.folder), facts=facts)], lang)


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
