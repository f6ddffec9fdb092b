"""Which version of a roster a folder holds, and the duties that an older one had told.

A calendar that is imported again changes an event only if its SEQUENCE has risen, and takes one
away only if it is told so. Both need to know what the folder published before: its manifest says
the number, its ``roster.csv`` who had a duty when. The number rises when the roster has changed and
not otherwise, so that publishing the same plan again writes the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from staffing.folder import MANIFEST

Told = Mapping[str, tuple[str, ...]]
"""Agent -> days (ISO), in order."""
ROSTER = "roster.csv"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A published version of a roster.

    Attributes
    ----------
    number : 1 for the first one of a folder
    withdrawn : days of the horizon on which an earlier version had a duty of an agent, and this
        one has none
    """

    number: int = 1
    withdrawn: Told = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """Return the version for the manifest."""
        return {"number": self.number, "withdrawn": dict(self.withdrawn)}


FIRST = Version()


def following(folder: Path, roster: bytes, days: Collection[str]) -> Version:
    """Return the version that a roster is when it takes the place of what a folder holds.

    Parameters
    ----------
    roster : the new ``roster.csv``
    days : of the horizon, ISO; of other days nothing is withdrawn
    """
    old = read_manifest(folder / MANIFEST)
    if not old:
        return FIRST
    number, withdrawn = _known(old.get("version"))
    sums = {each["file"]: each["sha256"] for each in old["files"] if "sha256" in each}
    if sums.get(ROSTER) == hashlib.sha256(roster).hexdigest():
        return Version(number=number, withdrawn=withdrawn)
    told = _duties(_content(folder / ROSTER)) | {
        (a, d) for a, own in withdrawn.items() for d in own
    }
    gone: dict[str, tuple[str, ...]] = {}
    for agent, day in sorted(told - _duties(roster)):
        if day in days:
            gone[agent] = (*gone.get(agent, ()), day)
    return Version(number=number + 1, withdrawn=gone)


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of an older output; empty where it is missing or not ours."""
    try:
        old = json.loads(path.read_text("utf-8"))
        {str(each["file"]) for each in old["files"]}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return dict(old)


def _known(record: object) -> tuple[int, Told]:
    """Return number and withdrawn days of a manifest's record; the first version without one."""
    try:
        number, withdrawn = record["number"], record["withdrawn"]  # type: ignore[index]
        return int(number), {str(a): tuple(map(str, own)) for a, own in withdrawn.items()}
    except (TypeError, KeyError, ValueError, AttributeError):
        return FIRST.number, {}


def _content(path: Path) -> bytes:
    """Return what an older file holds, nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _duties(roster: bytes) -> set[tuple[str, str]]:
    """Return agent and day of every duty in a roster.csv; none where it is no such table."""
    try:
        rows = csv.DictReader(io.StringIO(roster.decode("utf-8-sig"), newline=""))
        return {(row["agent_id"], row["date"]) for row in rows}
    except (ValueError, KeyError, csv.Error):
        return set()
