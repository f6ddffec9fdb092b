"""The outputs of a plan: workbook, page, tables, calendars and texts, whole or not at all.

Everything is made in memory first, so a folder is touched only when nothing can fail any more but
the disk; the new folder then takes the old one's place in one rename. The same inputs and seed
give the same bytes: no clock, path or host is written anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from staffing.errors import Fault, PublishError
from staffing.plan import Plan
from staffing.publish import manifest as _manifest
from staffing.publish.announcements import announcements
from staffing.publish.board import board
from staffing.publish.calendars import calendars
from staffing.publish.folder import replace, writing
from staffing.publish.formats import table_files
from staffing.publish.manifest import versions as installed
from staffing.publish.page import page
from staffing.publish.summary import summary
from staffing.publish.tables import TABLES, csv_bytes, roster_table
from staffing.publish.version import FIRST, Version, following, read_manifest
from staffing.publish.workbook import workbook
from staffing.roster import refuse_unlawful

__all__ = ["publish", "render", "summary"]


def publish(
    plan: Plan,
    folder: Path,
    versions: Mapping[str, str] | None = None,
    scenario_file: Path | None = None,
    roster_file: Path | None = None,
) -> list[Path]:
    """Write all outputs of a plan into a folder and return their paths, the page first.

    Of the outputs that are many files in a folder of their own, the folder is returned.

    An earlier output folder of the same name is replaced; any other folder that holds files is
    left alone and refused.

    Parameters
    ----------
    versions : package -> version for the manifest; what is installed by default
    scenario_file : the scenario as it was read, for its checksum
    roster_file : the roster as it was handed in, for its checksum, if it was not planned

    Raises
    ------
    InfeasibleRosterError
        When its rules are ones that no published roster may follow.
    PublishError
        When the plan breaks a hard rule (``unlawful``) or the folder cannot be written
        (``cannot_write``). Nothing is left behind and an older output stays as it was.
    """
    refuse_unlawful(plan.scenario)
    if plan.violations:
        facts = {"count": str(len(plan.violations))}
        raise PublishError([Fault(code="unlawful", file=str(folder), facts=facts)])
    with writing(folder):
        old = read_manifest(folder / _manifest.NAME)
        table, days = plan.roster.assignments, map(str, plan.scenario.grid.dates)
        version = following(folder, old, csv_bytes(roster_table(plan)), table, days)
        packages = installed() if versions is None else versions
        files = render(plan, packages, scenario_file, version, roster_file)
        replace(folder, files, _listed(old))
    return list(dict.fromkeys(folder / name.split("/", 1)[0] for name in files))


def render(
    plan: Plan,
    versions: Mapping[str, str],
    scenario_file: Path | None = None,
    version: Version = FIRST,
    roster_file: Path | None = None,
) -> dict[str, bytes]:
    """Return name -> content of every output, in the order in which a planner opens them."""
    roster = board(plan)
    tables = {name: made(plan) for name, made in TABLES.items()}
    files = {
        "plan.html": page(plan).encode(),
        "roster.xlsx": workbook(plan),
        **{f"{name}.csv": csv_bytes(table) for name, table in tables.items()},
        **calendars(plan, roster, version),
        **announcements(plan, roster, version),
        **table_files(tables, plan.scenario.lang),
        "summary.json": _json(summary(plan)),
    }
    made = _manifest.manifest(plan, files, versions, scenario_file, version, roster_file)
    return files | {_manifest.NAME: _json(made)}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()


def _listed(old: Mapping[str, Any]) -> set[str]:
    """Return the files that an older manifest lists, itself included; empty without one."""
    return {str(each["file"]) for each in old["files"]} | {_manifest.NAME} if old else set()
