"""The outputs of a plan: workbook, page, tables, summary and manifest, whole or not at all.

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
from staffing.folder import MANIFEST, json_bytes, listed, replace, writing

if TYPE_CHECKING:
    from staffing.plan import Plan

__all__ = ["outputs", "publish", "render"]


def publish(
    plan: Plan,
    folder: Path,
    versions: Mapping[str, str] | None = None,
    scenario_file: Path | None = None,
) -> list[Path]:
    """Write all outputs of a plan into a folder and return their paths, the page first.

    An earlier output folder of the same name is replaced; any other folder that holds files is
    left alone and refused.

    Parameters
    ----------
    versions : package -> version for the manifest; what is installed by default
    scenario_file : the scenario as it was read, for its checksum and those of its bases

    Raises
    ------
    InfeasibleRosterError
        When its rules are ones that no published roster may follow.
    PublishError
        When the plan breaks a hard rule (``unlawful``) or the folder cannot be written
        (``cannot_write``). Nothing is left behind and an older output stays as it was.
    """
    files = outputs(plan, str(folder), versions, scenario_file)
    with writing(folder):
        replace(folder, files, listed(folder))
    return [folder / name for name in files]


def outputs(
    plan: Plan,
    folder: str,
    versions: Mapping[str, str] | None = None,
    scenario_file: Path | None = None,
) -> dict[str, bytes]:
    """Return name -> content of all outputs of a plan that may be published; see `publish`.

    Parameters
    ----------
    folder : where they are meant to go, for messages

    Raises
    ------
    InfeasibleRosterError, PublishError
        When it may not be published, or an input can no longer be read.
    """
    from staffing.publish import manifest
    from staffing.roster import refuse_unlawful

    refuse_unlawful(plan.scenario)
    if plan.violations:
        facts = {"count": str(len(plan.violations))}
        raise PublishError([Fault(code="unlawful", file=folder, facts=facts)])
    with writing(Path(folder)):
        return render(plan, manifest.versions() if versions is None else versions, scenario_file)


def render(
    plan: Plan, versions: Mapping[str, str], scenario_file: Path | None = None
) -> dict[str, bytes]:
    """Return name -> content of every output, in the order in which a planner opens them."""
    from staffing.publish import manifest
    from staffing.publish.page import page
    from staffing.publish.summary import summary
    from staffing.publish.tables import (
        csv_bytes,
        forecast_table,
        ledger_table,
        roster_table,
        seats_table,
    )
    from staffing.publish.workbook import workbook

    files = {
        "plan.html": page(plan).encode(),
        "roster.xlsx": workbook(plan),
        "roster.csv": csv_bytes(roster_table(plan)),
        "seats.csv": csv_bytes(seats_table(plan)),
        "forecast.csv": csv_bytes(forecast_table(plan)),
        "ledger.csv": csv_bytes(ledger_table(plan)),
        "summary.json": json_bytes(summary(plan)),
    }
    made = manifest.manifest(plan, files, versions, scenario_file)
    return files | {MANIFEST: json_bytes(made)}
