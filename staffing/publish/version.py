"""Which version of a roster a folder holds, and the duties that an older one had told.

A calendar that is imported again changes an event only if its SEQUENCE has risen, and takes one
away only if it is told so. Both need to know what the folder published before: its manifest says
the number, its ``roster.csv`` who had a duty when. The number rises when the roster has changed and
not otherwise, so that publishing the same plan again writes the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from staffing.publish.tables import DAY

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


def following(
    folder: Path, old: Mapping[str, Any], roster: bytes, table: pd.DataFrame, days: Iterable[str]
) -> Version:
    """Return the version that a roster is when it takes the place of what a folder holds.

    Parameters
    ----------
    old : the folder's manifest, empty where there is none
    roster : the new ``roster.csv``
    table : its agent_id and date
    days : of the horizon, ISO; of other days nothing is withdrawn
    """
    if not old:
        return FIRST
    number, withdrawn = _known(old.get("version"))
    sums = {each["file"]: each["sha256"] for each in old["files"] if "sha256" in each}
    if sums.get(ROSTER) == hashlib.sha256(roster).hexdigest():
        return Version(number=number, withdrawn=withdrawn)
    told = _duties(folder / ROSTER) | {(a, d) for a, own in withdrawn.items() for d in own}
    kept = set(zip(table["agent_id"].astype(str), table["date"].dt.strftime(DAY), strict=True))
    horizon = set(days)
    gone: dict[str, tuple[str, ...]] = {}
    for agent, day in sorted(told - kept):
        if day in horizon:
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


def _duties(path: Path) -> set[tuple[str, str]]:
    """Return agent and day of every duty in an older roster.csv; none where it cannot be read."""
    try:
        old = pd.read_csv(
            io.BytesIO(path.read_bytes()),
            dtype=str,
            keep_default_na=False,
            usecols=["agent_id", "date"],
        )
    except (OSError, ValueError):
        return set()
    return set(zip(old["agent_id"], old["date"], strict=True))
