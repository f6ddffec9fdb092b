"""Which version of a roster a folder holds, and how it differs from what an older one had told.

A calendar that is imported again changes an event only if its SEQUENCE has risen, and takes one
away only if it is told so. Both need to know what the folder published before: its manifest says
the number, its ``roster.csv`` who had a duty when. The number rises when the roster has changed and
not otherwise, so that publishing the same plan again writes the same bytes. For the same reason the
manifest keeps what the version before had told otherwise.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from staffing.errors import Fault, RosterFileError
from staffing.folder import MANIFEST, read_manifest

Told = Mapping[str, tuple[str, ...]]
"""Agent -> days (ISO), in order."""
Before = Mapping[str, Mapping[str, str]]
"""Agent -> day (ISO) -> the duty as it was told before, as `spelt` has it; blank without one."""
Absent = Mapping[tuple[str, dt.date], bool]
"""Who is absent on which day, and whether that is deducted from her hours."""
Duties = Mapping[tuple[str, str], str]
"""Agent and day (ISO) -> the duty as `spelt` has it."""
ROSTER = "roster.csv"
STRETCH = re.compile(r"(?:^|, )(\d\d:\d\d)-(\d\d:\d\d) ")
"""The hours of a stretch in a duty that is spelt."""
MIDNIGHT = {"00:00": "24:00"}
"""How the end of a duty at midnight is told."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A published version of a roster.

    Attributes
    ----------
    number : 1 for the first one of a folder
    withdrawn : days of the horizon on which an earlier version had a duty of an agent, and this
        one has none
    before : what the version before had told otherwise of the days that both plan
    """

    number: int = 1
    withdrawn: Told = field(default_factory=dict)
    before: Before = field(default_factory=dict)

    def record(self) -> dict[str, object]:
        """Return the version for the manifest."""
        before = {agent: dict(days) for agent, days in self.before.items()}
        return {"number": self.number, "withdrawn": dict(self.withdrawn), "before": before}


FIRST = Version()
MOST_VERSIONS = 1_000_000
"""A greater number is a damaged one; calendars take up to 2**31."""
NOBODY: Absent = MappingProxyType({})


def following(folder: Path, roster: bytes, days: Collection[str]) -> Version:
    """Return the version that a roster is when it takes the place of what a folder holds.

    Parameters
    ----------
    roster : the new ``roster.csv``
    days : of the horizon, ISO; of other days nothing is withdrawn
    """
    old = read_manifest(folder)
    if not old:
        return FIRST
    known = _known(old.get("version"))
    if _holds(old, roster):
        return known
    told, now = duties(_content(folder / ROSTER)), duties(roster)
    earlier = set(told) | {(a, d) for a, own in known.withdrawn.items() for d in own}
    gone: dict[str, tuple[str, ...]] = {}
    for agent, day in sorted(earlier - set(now)):
        if day in days:
            gone[agent] = (*gone.get(agent, ()), day)
    both = _planned(told) & set(days)
    return Version(number=known.number + 1, withdrawn=gone, before=_before(told, now, both))


def succeeding(source: Path, folder: Path, roster: bytes, days: Collection[str]) -> Version:
    """Return the version that a roster made of another one is, in the folder it goes to.

    Parameters
    ----------
    source : the folder of the roster it was made of, which people were told of; where it holds no
        output, as that of a workbook kept elsewhere, they were told of what `folder` holds
    roster, days : as in `following`
    """
    # calendars of either may have been handed out
    told, held = (following(each, roster, days) for each in (source, folder))
    before = told.before if read_manifest(source) else held.before
    gone: dict[str, tuple[str, ...]] = {}
    for agent in sorted({*told.withdrawn, *held.withdrawn}):
        days = {*told.withdrawn.get(agent, ()), *held.withdrawn.get(agent, ())}
        gone[agent] = tuple(sorted(days))
    number = max(told.number, held.number)
    return Version(number=number, withdrawn=gone, before=before)


def _planned(told: Duties) -> set[str]:
    """Return the days from the first to the last duty: those an older roster planned."""
    found = sorted({day for _, day in told})
    if not found:
        return set()
    first, last = map(dt.date.fromisoformat, (found[0], found[-1]))
    return {f"{first + dt.timedelta(days=i)}" for i in range((last - first).days + 1)}


def _before(told: Duties, now: Duties, days: Collection[str]) -> Before:
    """Return what was told otherwise on some days."""
    found: dict[str, dict[str, str]] = {}
    for agent, day in sorted(set(told) | set(now)):
        if day in days and (was := told.get((agent, day), "")) != now.get((agent, day), ""):
            found.setdefault(agent, {})[day] = was
    return found


def newest(folders: Iterable[Path]) -> Path | None:
    """Return the roster of the latest version that some folders hold; of equals the first."""
    found = [folder for folder in folders if (folder / ROSTER).exists()]
    numbers = [_known(read_manifest(each).get("version")).number for each in found]
    best = max(range(len(found)), key=numbers.__getitem__, default=None)
    return None if best is None else found[best] / ROSTER


def absent_before(roster: Path) -> Absent:
    """Return the absences that an output was replanned with, which stand in no table.

    Parameters
    ----------
    roster : a file of that output; a copy elsewhere knows of none

    Raises
    ------
    RosterFileError
        When there is a manifest beside it that cannot be read.
    """
    path = roster.parent / MANIFEST
    old = read_manifest(roster.parent)
    damaged = RosterFileError([Fault(code="manifest_damaged", file=str(path))])
    if not old and path.exists():
        raise damaged
    if roster.name not in {str(each["file"]) for each in old.get("files", ())}:
        return {}
    found: dict[tuple[str, dt.date], bool] = {}
    try:
        for each in old.get("absent", ()):
            if not isinstance(each["deducted"], bool):
                raise damaged
            found[str(each["agent_id"]), dt.date.fromisoformat(each["date"])] = each["deducted"]
    except (TypeError, KeyError, ValueError, AttributeError):
        raise damaged from None
    return found


def handed_in(folder: Path, roster: bytes) -> str | None:
    """Return the name of the edited roster that an output was published from.

    None where it was planned, or is the same as the ``roster.csv`` that is given.
    """
    old = read_manifest(folder)
    entry = old.get("roster_file")
    if not isinstance(entry, dict) or "file" not in entry or _holds(old, roster):
        return None
    return str(entry["file"])


def _holds(manifest: Mapping[str, Any], roster: bytes) -> bool:
    """Return whether the output of a manifest has this ``roster.csv``."""
    sums = {each["file"]: each["sha256"] for each in manifest["files"] if "sha256" in each}
    return sums.get(ROSTER) == hashlib.sha256(roster).hexdigest()


def absent_record(absent: Absent) -> list[dict[str, object]]:
    """Return absences for the manifest."""
    return [
        {"agent_id": agent, "date": f"{date}", "deducted": deducted}
        for (agent, date), deducted in sorted(absent.items())
    ]


def _known(record: object) -> Version:
    """Return the version of a manifest's record; the first version without one."""
    try:
        number, withdrawn = record["number"], record["withdrawn"]  # type: ignore[index]
        if not 1 <= number <= MOST_VERSIONS:
            return FIRST
        for day in (day for own in withdrawn.values() for day in own):
            dt.date.fromisoformat(day)
        before = record.get("before", {})  # type: ignore[attr-defined]
        return Version(
            number=int(number),
            withdrawn={str(a): tuple(map(str, own)) for a, own in withdrawn.items()},
            before={str(a): {str(d): str(t) for d, t in own.items()} for a, own in before.items()},
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return FIRST


def _content(path: Path) -> bytes:
    """Return what an older file holds, nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def duties(roster: bytes) -> Duties:
    """Return every duty of a roster.csv, spelt; none where it is no such table."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    try:
        for row in csv.DictReader(io.StringIO(roster.decode("utf-8-sig"), newline="")):
            dt.date.fromisoformat(row["date"])
            stretch = (row["start"], row["end"], row["pool"] or row["activity"])
            found.setdefault((row["agent_id"], row["date"]), []).append(stretch)
    except (ValueError, KeyError, TypeError, csv.Error):
        return {}
    return {key: spelt(stretches) for key, stretches in found.items()}


def spelt(stretches: Iterable[tuple[str, str, str]]) -> str:
    """Return a duty in one line, each stretch with its pool, or its activity without one.

    Examples
    --------
    >>> spelt([("2026-11-23 09:00", "2026-11-23 13:00", "P"), ("2026-11-23 13:00", "", "meal")])
    '09:00-13:00 P, 13:00- meal'
    """
    return ", ".join(
        f"{start[11:16]}-{end[11:16]} {what}" for start, end, what in sorted(stretches)
    )


def hours(duty: str) -> str:
    """Return the hours of a duty that is spelt, the parts of a split one apart.

    Examples
    --------
    >>> hours("09:00-13:00 P, 13:00-14:00 meal, 14:00-18:00 P")
    '09:00-18:00'
    >>> hours("09:00-12:00 P, 17:00-00:00 P")
    '09:00-12:00+17:00-24:00'
    """
    spans = STRETCH.findall(duty)
    found = [list(span) for span in spans[:1]]
    for (_, end), (start, until) in pairwise(spans):
        if end == start:
            found[-1][1] = until
        else:
            found.append([start, until])
    return "+".join(f"{start}-{MIDNIGHT.get(end, end)}" for start, end in found)
