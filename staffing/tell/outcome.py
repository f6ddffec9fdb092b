"""What a run of `staffing plan` came to, and where its outputs are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from staffing.outcome import Outcome
from staffing.tell.console import as_json, replayed, written


def planned(made: Outcome, paths: Sequence[Path], *, machine: bool) -> None:
    """Print what the run told, and the files written; for machines as JSON."""
    if machine:
        more = {} if made.advice is None else {"repair": made.advice}
        as_json({**made.summary, **more, "files": [path.as_posix() for path in paths]})
        return
    replayed(made.told)
    written(made.lang, paths)
