"""What a run of `staffing plan` came to, and where its outputs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from staffing.outcome import Outcome, Part
from staffing.tell.console import as_json, replayed, written
from staffing.words import Lang


def planned(made: Outcome, paths: Sequence[Path], *, machine: bool) -> None:
    """Print what the run told, and the files written; for machines as JSON."""
    more = {} if made.advice is None else {"repair": made.advice}
    published(made.told, {**made.summary, **more}, made.lang, paths, machine=machine)


def published(
    told: Sequence[Part],
    summary: Mapping[str, object],
    lang: Lang,
    paths: Sequence[Path],
    *,
    machine: bool,
) -> None:
    """Print what is said of a plan, and the files written; for machines its figures as JSON."""
    if machine:
        as_json({**summary, "files": [path.as_posix() for path in paths]})
        return
    replayed(told)
    written(lang, paths)
