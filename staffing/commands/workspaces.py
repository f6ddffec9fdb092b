"""`check` the tables of a workspace; `init` an empty one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from staffing.commands.options import Json, Language, Quiet, WorkspaceFolder, Zone
from staffing.commands.reading import faults_told, language_of


def check(
    workspace_folder: WorkspaceFolder,
    zone: Zone = "Asia/Shanghai",
    lang: Language = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read all tables of a workspace and report every fault at once."""
    with faults_told(lang, as_json=as_json, quiet=quiet):
        from staffing.tell.workspace import sound
        from staffing.workspace import read_workspace

        workspace = read_workspace(workspace_folder, zone)
    sound(workspace, language_of(lang), machine=as_json)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """Write an empty workspace: every table with explained columns and one example row."""
    with faults_told(lang, quiet=quiet):
        from staffing.tell.workspace import created
        from staffing.workspace.template import write_template

        write_template(folder, language_of(lang))
    created(folder, language_of(lang))
