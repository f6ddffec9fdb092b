"""manifest.json: what the outputs were made from, so that they can be checked and made again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from staffing.plan import Plan
from staffing.publish.version import Version
from staffing.workspace import Workspace

NAME = "manifest.json"
PACKAGES = (
    "staffing",
    "altair",
    "icalendar",
    "jinja2",
    "numpy",
    "ortools",
    "pandas",
    "pyarrow",
    "scipy",
    "statsmodels",
    "vl-convert-python",
    "xlsxwriter",
)
"""Packages that shape the outputs; those that are not installed are left out."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that shape the outputs."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def manifest(
    plan: Plan,
    files: Mapping[str, bytes],
    versions: Mapping[str, str],
    scenario_file: Path | None,
    version: Version,
    roster_file: Path | None = None,
) -> dict[str, object]:
    """Return the manifest of the outputs: no time, no path, no host.

    Parameters
    ----------
    files : name -> content of every other output
    versions : package -> version
    scenario_file : the scenario as it was read, if it was a file
    version : of the roster among those that the folder has held
    roster_file : the roster as it was handed in, if it was not planned

    Raises
    ------
    OSError
        When an input can no longer be read.
    """
    scenario, workspace = plan.scenario, plan.workspace
    found: dict[str, object] = {
        "scenario": scenario.model_dump(mode="json", exclude={"workspace"}),
        "seed": scenario.seed,
        "defaults": [
            {"name": name, "value": value, "origin": origin}
            for name, value, origin in scenario.defaults()
        ],
        "workspace_defaults": [
            {"where": used.where, "cells": used.cells, "value": used.value, "origin": used.origin}
            for used in workspace.defaults
        ],
        "inputs": list(_inputs(workspace)),
    }
    if scenario_file is not None:
        found["scenario_file"] = _entry(scenario_file.name, scenario_file.read_bytes())
    if roster_file is not None:
        found["roster_file"] = _entry(roster_file.name, roster_file.read_bytes())
    return found | {
        "version": version.record(),
        "versions": dict(sorted(versions.items())),
        "files": [_entry(name, content) for name, content in files.items()],
    }


def _inputs(workspace: Workspace) -> Iterator[dict[str, object]]:
    """Yield every file of the workspace once, with the tables read from it."""
    tables: dict[str, list[str]] = {}
    for table, file in workspace.files.items():
        tables.setdefault(file.split("[", 1)[0], []).append(table)
    for file, names in tables.items():
        path = workspace.root if workspace.root.is_file() else workspace.root / file
        yield _entry(file, path.read_bytes()) | {"tables": names}


def _entry(name: str, content: bytes) -> dict[str, object]:
    return {
        "file": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
