"""What the shell may complete: files by their ending, languages, keys of a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args


def scenarios(incomplete: str) -> list[str]:
    """Return the scenario files, and the folders on the way to them, that begin so."""
    return list(_files(incomplete, (".toml",)))


def tables(incomplete: str) -> list[str]:
    """Return the rosters as files, and the folders on the way to them, that begin so."""
    return list(_files(incomplete, (".csv", ".xlsx")))


def workspaces(incomplete: str) -> list[str]:
    """Return the folders, and the workbooks, that begin so."""
    return list(_files(incomplete, (".xlsx",)))


def plans(incomplete: str) -> list[str]:
    """Return the scenario files, summaries and folders that begin so."""
    return list(_files(incomplete, (".toml", ".json")))


def languages(incomplete: str) -> list[str]:
    """Return the languages that begin so."""
    from staffing.words import LANGS

    return [lang for lang in LANGS if lang.startswith(incomplete)]


def how_often(incomplete: str) -> list[str]:
    """Return how often promotions may be that begin so."""
    from staffing.quote.prospect import Frequency

    return [each for each in get_args(Frequency) if each.startswith(incomplete)]


def keys(incomplete: str) -> list[str]:
    """Return the numeric keys of a scenario that begin so, with the sign before their values."""
    from staffing.scenario import numeric_keys

    return [f"{key}=" for key in numeric_keys() if key.startswith(incomplete)]


def _files(incomplete: str, endings: tuple[str, ...]) -> Iterator[str]:
    """Yield folders, with a slash, and files of these endings; hidden ones only where asked for."""
    typed, _, begun = incomplete.rpartition("/")
    folder = Path(typed + "/" if incomplete.startswith("/") else typed or ".")
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if not path.name.startswith(begun) or (path.name[0] == "." and not begun):
            continue
        shown = f"{typed}/{path.name}" if "/" in incomplete else path.name
        if path.is_dir():
            yield shown + "/"
        elif path.suffix.lower() in endings:
            yield shown
