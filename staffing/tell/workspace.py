"""What a workspace is found to be."""

from __future__ import annotations

from pathlib import Path

from staffing.tell import faults
from staffing.tell.console import as_json, line
from staffing.words import Lang, say
from staffing.workspace import Workspace


def sound(workspace: Workspace, lang: Lang, *, machine: bool) -> None:
    """Print that all tables can be read, how much is in them and every notice."""
    if machine:
        as_json({"faults": 0, "notices": [each.line(lang) for each in workspace.notices]})
        return
    history = workspace.history["start"]
    shops, agents = len(workspace.shops), len(workspace.agents)
    if history.empty:
        line(say(lang, "say.sound_new", shops=shops, agents=agents))
    else:
        first, last = (f"{moment:%Y-%m-%d}" for moment in (history.min(), history.max()))
        line(say(lang, "say.sound", shops=shops, agents=agents, first=first, last=last))
    faults.notices(workspace.notices, lang, len(workspace.notices))


def created(folder: Path, lang: Lang) -> None:
    """Print where the empty workspace stands."""
    line(say(lang, "say.created", folder=folder))
