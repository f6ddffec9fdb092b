"""The outputs of a replanned roster: those of any plan, and who changes and why.

Beside the plan that people were told it is the next version: its page says what has changed, and
its calendars replace theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from staffing.asked import Asked
from staffing.folder import MANIFEST, json_bytes, listed, paths, replace, writing
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN
from staffing.publish import contents
from staffing.publish import manifest as _manifest
from staffing.publish.summary import rounded, summary
from staffing.publish.tables import MINUTE, SEAT_DECIMALS, csv_bytes, roster_table
from staffing.replan import Change, Replanned
from staffing.simulate import Replay
from staffing.version import absent_record, succeeding

HALF_H = INTERVAL_MIN / 60
TABLE = "changes.csv"
SUMMARY = "summary.json"


def publish_replanned(
    made: Replanned,
    asked: Asked,
    folder: Path,
    *,
    roster: Path,
    scenario_file: Path,
    versions: Mapping[str, str] | None = None,
) -> list[Path]:
    """Write the outputs of a plan, and changes.csv; return their paths, the page first.

    Parameters
    ----------
    roster : the roster that was published; where its folder has a manifest, its next version is
        made
    versions : package -> version for the manifest; what is installed by default

    Raises
    ------
    PublishError
        When the folder cannot be written or holds files of somebody else. An older output stays.
    """
    with writing(folder):
        days = [f"{day}" for day in made.plan.scenario.grid.dates]
        content = csv_bytes(roster_table(made.plan))
        version = succeeding(roster.parent, folder, content, days)
        files = {TABLE: csv_bytes(changes_table(made)), **contents(made.plan, version)}
        files[SUMMARY] = json_bytes(summary(made.plan) | {"replan": record(made)})
        packages = _manifest.versions() if versions is None else versions
        told = _manifest.manifest(made.plan, files, packages, scenario_file, version, roster)
        told["asked"] = {
            "absent": list(asked.absent),
            "back": list(asked.back),
            "now": None if asked.now is None else asked.now.strftime(MINUTE),
            "freeze_h": asked.freeze_h,
            "all_days": asked.everywhere,
        }
        told["absent"] = absent_record(made.gone)
        files[MANIFEST] = json_bytes(told)
        replace(folder, files, listed(folder))
    return paths(folder, files)


def changes_table(made: Replanned) -> pd.DataFrame:
    """Return one row a changed duty, the absent ones first on each day.

    old and new tell the duty as ``09:00-12:00 P-a, 12:00-13:00 meal, ...``; covers the pools and
    times that would lack seats without the change, seat_h how many seat-hours, instead_of who was
    to serve there.
    """
    people = made.plan.workspace.agents
    columns = ["agent_id", "name", "team", "date", "kind", "old_start", "old_end", "new_start"]
    columns += ["new_end", "old", "new", "covers", "seat_h", "instead_of"]
    found = [
        {
            "agent_id": each.agent_id,
            "name": people["name"].get(each.agent_id),
            "team": people["team"].get(each.agent_id),
            "date": f"{each.date}",
            "kind": each.kind,
            **_ends("old", each.old),
            **_ends("new", each.new),
            "old": spelt(each.old),
            "new": spelt(each.new),
            "covers": ", ".join(f"{c.pool} {c.start:%H:%M}-{c.end:%H:%M}" for c in each.covers),
            "seat_h": round(each.hours, SEAT_DECIMALS) + 0.0,
            "instead_of": " ".join(sorted({a for c in each.covers for a in c.instead_of})),
        }
        for each in made.changes
    ]
    return pd.DataFrame(found, columns=columns)


def _ends(name: str, duty: pd.DataFrame) -> dict[str, str]:
    if duty.empty:
        return {f"{name}_start": "", f"{name}_end": ""}
    return {
        f"{name}_start": duty["start"].min().strftime(MINUTE),
        f"{name}_end": duty["end"].max().strftime(MINUTE),
    }


def spelt(duty: pd.DataFrame) -> str:
    """Return a duty in one line; a stretch on duty without a pool is told by its activity."""
    return ", ".join(
        f"{row.start:%H:%M}-{row.end:%H:%M} "
        f"{row.pool if isinstance(row.pool, str) and row.pool else row.activity}"
        for row in rows(duty)
    )


def record(made: Replanned) -> dict[str, object]:
    """Return the figures for machines; hours ``_h``, shares from 0 to 1, unknown ones None."""
    frozen = made.frozen_until
    return {
        "scenario": made.plan.scenario.name,
        "status": "short" if made.plan.short else "ok",
        "frozen_until": None if frozen is None else frozen.strftime(MINUTE),
        "proven": made.proven,
        "days": [f"{day}" for day in made.looked_at],
        "absent": len(made.absent),
        "changed": len(made.changed),
        "changed_by_kind": _by_kind(made.changed),
        "violations": len(made.plan.violations),
        "without_changes": _figures(made, made.before, made.lived_before),
        "with_changes": _figures(made, made.after, made.plan.replay),
        "changes": [
            {
                "agent_id": each.agent_id,
                "date": f"{each.date}",
                "kind": each.kind,
                "old": spelt(each.old),
                "new": spelt(each.new),
                "covers": [
                    {
                        "pool": cover.pool,
                        "start": cover.start.strftime(MINUTE),
                        "end": cover.end.strftime(MINUTE),
                        "seat_h": rounded(cover.hours),
                        "instead_of": list(cover.instead_of),
                    }
                    for cover in each.covers
                ],
            }
            for each in made.changes
        ],
        "uncovered": [
            {"pool": str(row.pool), "start": row.start.strftime(MINUTE), "seats": row.uncovered}
            for row in rows(made.after[made.after["uncovered"] > 0])
            if row.date.date() in made.looked_at
        ],
    }


def _by_kind(changes: list[Change]) -> dict[str, int]:
    kinds = [each.kind for each in changes]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def _figures(made: Replanned, table: pd.DataFrame, lived: Replay) -> dict[str, object]:
    days = table["date"].isin(pd.to_datetime(list(made.looked_at)))
    return {
        "uncovered_h": rounded(table["uncovered"].sum() * HALF_H),
        "uncovered_on_days_h": rounded(table.loc[days, "uncovered"].sum() * HALF_H),
        "service_level": rounded(lived.service_level),
        "service_level_on_days": rounded(made.service_level(lived)),
    }
