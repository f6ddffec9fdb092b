"""The outputs of a plan: workbook, page, tables, calendars and texts, whole or not at all.

Everything is made in memory first, so a folder is touched only when nothing can fail any more but
the disk; the new folder then takes the old one's place in one rename. The same inputs and seed
give the same bytes: no clock, path or host is written anywhere.

What makes the outputs of a plan is imported when a plan is published, so that a quote, which is
published from here too, need not load solver and charts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from staffing.errors import Fault, PublishError
from staffing.folder import MANIFEST, json_bytes, listed, paths, replace, writing
from staffing.version import (
    FIRST,
    NOBODY,
    ROSTER,
    Absent,
    Version,
    absent_record,
    succeeding,
)

if TYPE_CHECKING:
    from staffing.plan import Plan

__all__ = ["contents", "outputs", "publish", "render"]


def publish(
    plan: Plan,
    folder: Path,
    versions: Mapping[str, str] | None = None,
    scenario_file: Path | None = None,
    roster_file: Path | None = None,
    absent: Absent = NOBODY,
) -> list[Path]:
    """Write all outputs of a plan into a folder and return their paths, the page first.

    Of the outputs that are many files in a folder of their own, the folder is returned.

    An earlier output folder of the same name is replaced; any other folder that holds files is
    left alone and refused.

    Parameters
    ----------
    versions : package -> version for the manifest; what is installed by default
    scenario_file : the scenario as it was read, for its checksum and those of its bases
    roster_file : the roster as it was handed in, for its checksum, if it was not planned
    absent : absences that it was replanned with, for whoever replans it again

    Raises
    ------
    InfeasibleRosterError
        When its rules are ones that no published roster may follow.
    PublishError
        When the plan breaks a hard rule (``unlawful``) or the folder cannot be written
        (``cannot_write``). Nothing is left behind and an older output stays as it was.
    """
    _, files = outputs(plan, folder, versions, scenario_file, roster_file, absent)
    with writing(folder):
        replace(folder, files, listed(folder))
    return paths(folder, files)


def outputs(
    plan: Plan,
    folder: Path,
    versions: Mapping[str, str] | None = None,
    scenario_file: Path | None = None,
    roster_file: Path | None = None,
    absent: Absent = NOBODY,
) -> tuple[Version, dict[str, bytes]]:
    """Return the version of a plan that may be published, and name -> content of its outputs.

    Parameters
    ----------
    folder : where they are meant to go: what it holds now tells which version this is
    versions, scenario_file, roster_file : as in `publish`

    Raises
    ------
    InfeasibleRosterError, PublishError
        When it may not be published, or an input can no longer be read.
    """
    from staffing.publish import manifest
    from staffing.publish.tables import csv_bytes, roster_table
    from staffing.roster import refuse_unlawful

    refuse_unlawful(plan.scenario)
    if plan.violations:
        facts = {"count": str(len(plan.violations))}
        raise PublishError([Fault(code="unlawful", file=str(folder), facts=facts)])
    with writing(folder):
        days = [str(day) for day in plan.scenario.grid.dates]
        content, told = csv_bytes(roster_table(plan)), roster_file or folder / ROSTER
        version = succeeding(told.parent, folder, content, days)
        packages = manifest.versions() if versions is None else versions
        return version, render(plan, packages, scenario_file, version, roster_file, absent)


def render(
    plan: Plan,
    versions: Mapping[str, str],
    scenario_file: Path | None = None,
    version: Version = FIRST,
    roster_file: Path | None = None,
    absent: Absent = NOBODY,
) -> dict[str, bytes]:
    """Return name -> content of every output, in the order in which a planner opens them."""
    from staffing.publish import manifest

    files = contents(plan, version)
    made = manifest.manifest(plan, files, versions, scenario_file, version, roster_file)
    if absent:
        made["absent"] = absent_record(absent)
    return files | {MANIFEST: json_bytes(made)}


def contents(plan: Plan, version: Version = FIRST) -> dict[str, bytes]:
    """Return name -> content of every output but the manifest."""
    from staffing.publish.announcements import announcements
    from staffing.publish.board import board
    from staffing.publish.calendars import calendars
    from staffing.publish.formats import table_files
    from staffing.publish.page import page
    from staffing.publish.promotion import levers_table, temps_table
    from staffing.publish.summary import summary
    from staffing.publish.tables import TABLES, csv_bytes
    from staffing.publish.workbook import workbook

    roster = board(plan)
    tables = {name: made(plan) for name, made in TABLES.items()}
    if plan.promotion is not None:
        tables |= {"levers": levers_table(plan), "temps": temps_table(plan)}
    return {
        "plan.html": page(plan, version).encode(),
        "roster.xlsx": workbook(plan, version),
        **{f"{name}.csv": csv_bytes(table) for name, table in tables.items()},
        **calendars(plan, roster, version),
        **announcements(plan, roster, version),
        **table_files(tables, plan.scenario.lang),
        "summary.json": json_bytes(summary(plan)),
    }
