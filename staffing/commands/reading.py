"""How commands read what they are given, and in which language they speak of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from staffing.commands.options import BAD_INPUT, NO_PLAN

if TYPE_CHECKING:
    import pandas as pd

    from staffing.cache import Cache
    from staffing.errors import Fault
    from staffing.forecast import Forecast
    from staffing.scenario import Scenario
    from staffing.stages import Stages
    from staffing.words import Lang
    from staffing.workspace import Workspace


@dataclass(slots=True)
class Voice:
    """The language to speak: as asked for, else the scenario's once it is read."""

    lang: Lang
    asked: bool


@contextmanager
def faults_told(lang: str | None, *, as_json: bool = False, quiet: bool = False) -> Iterator[Voice]:
    """Turn errors raised on purpose into messages and exit codes; hush all else where asked."""
    voice = Voice(language_of(lang), asked=lang is not None)
    from staffing.errors import Fault, InfeasibleRosterError, InputError
    from staffing.tell import faults
    from staffing.tell.console import hush

    hush(quiet)
    try:
        yield voice
    except InputError as error:
        faults.refusal(error, voice.lang, machine=as_json)
        raise typer.Exit(BAD_INPUT) from None
    except OSError as error:
        if error.filename is None:
            raise  # no path that was given, such as a closed pipe
        facts = {"reason": error.strerror or str(error)}
        fault = Fault(code="unusable_path", file=os.fspath(error.filename), facts=facts)
        faults.refusal(InputError([fault]), voice.lang, machine=as_json)
        raise typer.Exit(BAD_INPUT) from None
    except InfeasibleRosterError as error:
        faults.contradiction(error, voice.lang, machine=as_json)
        raise typer.Exit(NO_PLAN) from None


def language_of(lang: str | None) -> Lang:
    """Return the language asked for, else the terminal's, else Chinese."""
    from staffing.words import LANGS, say

    for each in LANGS:
        if lang == each:
            return each
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    own: Lang = "en" if spoken.startswith("en") else "zh"
    if lang is not None:
        raise typer.BadParameter(say(own, "say.no_language", lang=lang), param_hint="--lang")
    return own


def scenario_of(path: Path, voice: Voice) -> Scenario:
    """Read a scenario, in the language that is asked for."""
    from staffing.scenario import read_scenario

    scenario = read_scenario(path)
    if voice.asked:
        scenario = scenario.model_copy(update={"lang": voice.lang})
    voice.lang = scenario.lang
    return scenario


def workspace_of(path: Path, scenario: Scenario) -> tuple[Workspace, list[Fault]]:
    """Read the workspace of a scenario; tell what is odd on stderr, and return it."""
    from staffing.forecast import horizon_notices
    from staffing.scenario import check_shops
    from staffing.tell import faults
    from staffing.workspace import read_workspace
    from staffing.workspace.past import as_of

    workspace = as_of(
        read_workspace(scenario.workspace, scenario.zone), scenario.forecast.known_day
    )
    check_shops(path, scenario, list(workspace.windows))
    notices = [*horizon_notices(workspace, scenario), *workspace.notices]
    faults.notices(notices, scenario.lang)
    return workspace, notices


def read(path: Path, voice: Voice) -> tuple[Scenario, Workspace]:
    """Read a scenario and its workspace, tell what is odd on stderr."""
    scenario = scenario_of(path, voice)
    workspace, _ = workspace_of(path, scenario)
    return scenario, workspace


def stages_of(path: Path, voice: Voice, cache: Cache) -> Stages:
    """Read a scenario and its workspace, tell what is odd on stderr; return its stages."""
    scenario = scenario_of(path, voice)
    from staffing.cache import digest_of_files

    files = digest_of_files(scenario.workspace)
    workspace, _ = workspace_of(path, scenario)
    from staffing.stages import Stages

    return Stages(workspace, scenario, cache, files=files)


def read_expecting(path: Path, voice: Voice) -> tuple[Scenario, Workspace, Forecast]:
    """Read a scenario and its workspace, and forecast."""
    scenario, workspace = read(path, voice)
    from staffing.forecast import forecast as expect
    from staffing.forecast import history
    from staffing.tell.progress import progress

    with progress(scenario.lang) as live:
        live.step("forecast")
        expected = expect(workspace, scenario, history(workspace))
    return scenario, workspace, expected


def read_handed(roster: Path, path: Path, voice: Voice) -> tuple[Scenario, Workspace, pd.DataFrame]:
    """Read a scenario, its workspace and a roster for it."""
    scenario, workspace = read(path, voice)
    from staffing.roster.file import read_roster

    return scenario, workspace, read_roster(roster, scenario.zone)


def known_shop(workspace: Workspace, shop: str, option: str = "--shop") -> None:
    """Refuse a shop that the workspace does not have; `option` is where it was named."""
    from staffing.errors import Fault, WorkspaceError

    if shop not in workspace.shops.index:
        facts = {"table": "shops"}
        raise WorkspaceError([Fault(code="unknown", file=option, value=shop, facts=facts)])
