"""A roster in hand: `audit` and `publish` it, `replan` it; `repair` a week that lacks people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
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
    RosterFile,
    ScenarioFile,
    moment,
)
from staffing.commands.planning import cache_of, cache_told
from staffing.commands.reading import faults_told, read_expecting, stages_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    import pandas as pd

    from staffing.asked import Asked
    from staffing.roster import Roster
    from staffing.roster.placing import Wanted
    from staffing.simulate import Replay
    from staffing.stages import Brief, Stages
    from staffing.version import Absent
    from staffing.words import Lang


OUT = Path("out")
"""Where the results of stages are taken from, if it is there, by a command that writes nothing."""


def audit(
    roster: RosterFile,
    scenario_file: ScenarioFile,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a roster, also one made by hand, against every hard rule; exit 3 if any is broken.

    Of a published workbook the grid is read, as it was edited in Excel, and coverage, cost and
    service level are computed again.
    """
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        kept = cache_of(cache, OUT, no_cache=no_cache or (cache is None and not OUT.is_dir()))
        stages = stages_of(scenario_file, voice, kept)
        from staffing.publish.edited import is_grid
        from staffing.roster.file import read_roster

        absent = _absent_before(roster, stages.scenario.lang)
        if is_grid(roster):
            found = _edited(roster, stages, absent)
        else:
            table = read_roster(roster, stages.scenario.zone)
            brief = _brief(stages, absent) if stages.scenario.is_promotion else None
            found = _Handed(table, absent, brief)
        broken = _tell_audit(found, stages, as_json=as_json)
        cache_told(kept, stages.scenario.lang)
    if broken:
        raise typer.Exit(NO_PLAN)


def publish(
    roster: RosterFile,
    scenario_file: ScenarioFile,
    out: Out = Path("out"),
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Publish a roster that was edited by hand, with all outputs; exit 3 if it is not lawful.

    The roster is a published workbook whose grid was edited in Excel, or a roster.csv.
    """
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        kept = cache_of(cache, out, no_cache=no_cache)
        stages = stages_of(scenario_file, voice, kept)
        workspace, scenario = stages.workspace, stages.scenario
        from staffing.folder import listed, refuse_unusable
        from staffing.roster import refuse_unlawful

        refuse_unlawful(scenario)
        folder = out / scenario.name
        refuse_unusable(folder, listed(folder), roster)
        absent = _absent_before(roster, scenario.lang)
        found = _edited(roster, stages, absent, replayed=False)
        assert found.brief is not None
        assert found.roster is not None
        from staffing.roster.audit import audit as check_rules
        from staffing.roster.audit import hard
        from staffing.tell.console import line, speaker
        from staffing.tell.progress import progress

        if hard(check_rules(found.brief.workspace, found.brief.scenario, found.table)):
            _tell_audit(found, stages, as_json=as_json)
            line(speaker(scenario.lang)("say.not_published"), stderr=True, fault=True)
            raise typer.Exit(NO_PLAN)
        from staffing.plan import plan_of
        from staffing.publish import publish as write
        from staffing.publish.summary import summary
        from staffing.tell.outcome import published
        from staffing.tell.plan import report

        with progress(scenario.lang) as live:
            made = plan_of(workspace, scenario, found.brief, found.roster, live.step)
            live.step("publish")
            paths = write(
                made, folder, scenario_file=scenario_file, roster_file=roster, absent=found.absent
            )
        cache_told(kept, scenario.lang)
    published(report(made), summary(made), scenario.lang, paths, machine=as_json)
    if made.short:
        raise typer.Exit(NO_PLAN)


@dataclass(slots=True)
class _Handed:
    """A roster that was handed in, and, where that is asked for, what it comes to."""

    table: pd.DataFrame
    absent: Absent
    brief: Brief | None = None
    edited: int = 0
    roster: Roster | None = None
    replay: Replay | None = None


def _absent_before(roster: Path, lang: Lang, asked: Asked | None = None) -> Absent:
    """Return the absences that a roster was replanned with; tell those of who is not back."""
    from staffing.errors import Fault
    from staffing.tell import faults
    from staffing.version import absent_before
    from staffing.words import listed

    absent = absent_before(roster)
    back = set() if asked is None else asked.returned(absent)[0]
    if still := sorted(absent.keys() - back):
        facts = {"names": listed([f"{agent} {date}" for agent, date in still])}
        faults.notices([Fault(code="absent_still", file=roster.name, facts=facts)], lang)
    return absent


def _brief(stages: Stages, absent: Absent) -> Brief:
    """Return what the roster was to do, with the levers of a promotion run pulled."""
    from staffing.replan import with_deducted
    from staffing.tell.progress import progress

    with progress(stages.scenario.lang) as live:
        stages.step = live.step
        brief = stages.brief()
    return replace(brief, workspace=with_deducted(brief.workspace, absent))


def _typed(typed: Iterable[tuple[str, dt.date]], absent: Absent, file: str, lang: Lang) -> Absent:
    """Return absences with those that were written into a grid, and tell them."""
    from staffing.errors import Fault
    from staffing.tell import faults
    from staffing.words import listed

    facts = {"names": listed([f"{agent} {date}" for agent, date in sorted(typed)])}
    faults.notices([Fault(code="absent_typed", file=file, facts=facts)], lang)
    return {**absent, **dict.fromkeys(typed, True)}


def _edited(path: Path, stages: Stages, absent: Absent, *, replayed: bool = True) -> _Handed:
    """Read a roster with its edited cells, place their meals and pools, and compute coverage."""
    from staffing.publish.edited import is_grid, read_edited
    from staffing.replan import with_deducted
    from staffing.roster import handed
    from staffing.roster.file import read_roster
    from staffing.roster.placing import placed
    from staffing.simulate import simulate as replay
    from staffing.tell.progress import progress

    workbook = is_grid(path)  # a file that is not there is told before anything is computed
    brief = _brief(stages, absent)
    workspace, scenario = brief.workspace, brief.scenario
    wanted: Wanted = {}
    if workbook:
        edited = read_edited(path, workspace, scenario)
        stretches, wanted = edited.stretches, edited.wanted
        if edited.absent:
            absent = _typed(edited.absent, absent, path.name, scenario.lang)
            workspace = with_deducted(brief.workspace, absent)
            brief = replace(brief, workspace=workspace)
    else:
        stretches = read_roster(path, scenario.zone)
    with progress(scenario.lang) as live:
        table = placed(workspace, scenario, brief.required, stretches, wanted)
        made = handed(workspace, scenario, brief.required, table)
        found = _Handed(table, absent, brief, len(wanted), made)
        if replayed:
            live.step("replay")
            found.replay = replay(workspace, scenario, brief.expected, brief.required, table)
    return found


def _tell_audit(found: _Handed, stages: Stages, *, as_json: bool) -> bool:
    """Audit a roster and tell what it breaks and comes to; return whether a hard rule is broken."""
    from staffing.replan import with_deducted
    from staffing.roster.audit import audit as run
    from staffing.roster.audit import hard, order
    from staffing.roster.recount import recount
    from staffing.tell.roster import Judged, audited

    brief = found.brief
    workspace = with_deducted(stages.workspace, found.absent) if brief is None else brief.workspace
    scenario = stages.scenario if brief is None else brief.scenario
    broken = order(run(workspace, scenario, found.table))
    required = None if brief is None else brief.required.table
    counted = recount(workspace, scenario, found.table, required)
    judged = None
    if found.roster is not None and found.replay is not None:
        judged = Judged(edited=found.edited, roster=found.roster, replay=found.replay)
    audited(found.table, broken, counted, workspace, scenario, judged, machine=as_json)
    return bool(hard(broken))


def replan(
    roster: RosterFile,
    scenario_file: ScenarioFile,
    absent: Annotated[
        list[str] | None,
        typer.Option(
            "--absent",
            metavar="AGENT:DATE",
            help="Who is absent: A017:2026-11-25, 2026-11-25..2026-11-27 for days, "
            "2026-11-25T13:00 of who goes home then; repeat it.",
        ),
    ] = None,
    back: Annotated[
        list[str] | None,
        typer.Option(
            "--back",
            metavar="AGENT:DATE",
            help="Who is there after all, absent by an earlier replan; repeat it.",
        ),
    ] = None,
    now: Annotated[
        datetime | None,
        moment("This moment, such as '2026-11-25 08:50'; what lies before it stays."),
    ] = None,
    freeze_h: Annotated[
        float,
        typer.Option("--freeze-h", min=0, max=168, help="Hours after it in which all stays."),
    ] = 2.0,
    all_days: Annotated[
        bool, typer.Option("--all-days", help="Look at days without an absence as well.")
    ] = False,
    out: Out = Path("out"),
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Mend a published roster with the fewest changes where somebody is absent or demand is new."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        from staffing.publish.library import making

        making()
        kept = cache_of(cache, out, no_cache=no_cache)
        stages = stages_of(scenario_file, voice, kept)
        workspace, scenario = stages.workspace, stages.scenario
        from staffing.asked import Asked
        from staffing.folder import listed, refuse_unusable
        from staffing.publish.edited import is_grid
        from staffing.publish.replanned import publish_replanned
        from staffing.replan import replan as run
        from staffing.roster.file import read_roster
        from staffing.tell import faults
        from staffing.tell.progress import progress
        from staffing.tell.replan import filed, replanned

        folder = out / f"{scenario.name}-replan"
        refuse_unusable(folder, listed(folder), roster)
        asked = Asked(
            absent=tuple(absent or ()),
            back=tuple(back or ()),
            now=now,
            freeze_h=freeze_h,
            everywhere=all_days,
        )
        still_absent = _absent_before(roster, scenario.lang, asked)
        if is_grid(roster):
            given = _edited(roster, stages, still_absent, replayed=False)
            table, still_absent = given.table, given.absent
        else:
            table = read_roster(roster, scenario.zone)
        with progress(scenario.lang) as live:
            stages.step = live.step
            made = run(
                workspace,
                scenario,
                table,
                asked,
                file=roster.name,
                still_absent=still_absent,
                step=live.step,
                stages=stages,
            )
        faults.notices(made.notices, scenario.lang)
        if not as_json:
            replanned(made)  # people wait for it; the files take some seconds more
        with progress(scenario.lang) as live:
            live.step("publish")
            paths = publish_replanned(
                made, asked, folder, roster=roster, scenario_file=scenario_file
            )
        cache_told(kept, scenario.lang)
    filed(made, paths, machine=as_json)
    if made.plan.short:
        raise typer.Exit(NO_PLAN)


def repair(
    scenario_file: ScenarioFile,
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say where a week lacks people, which rules clash, and the cheapest measures that mend it."""
    with faults_told(lang, as_json=as_json, quiet=quiet) as voice:
        scenario, workspace, expected = read_expecting(scenario_file, voice)
        from staffing.roster import refuse_unlawful
        from staffing.roster.repair import repair as run
        from staffing.seats import seats as require
        from staffing.tell.progress import progress
        from staffing.tell.repair import repaired

        refuse_unlawful(scenario)
        with progress(scenario.lang) as live:
            live.step("seats")
            required = require(workspace, scenario, expected)
            live.step("repair")
            made = run(workspace, scenario, required)
    repaired(made, scenario.lang, machine=as_json)
    if made.needed:
        raise typer.Exit(NO_PLAN)
