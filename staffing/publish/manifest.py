"""manifest.json: what the outputs were made from, so that they can be checked and made again."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

from staffing.chain import read_chain
from staffing.plan import Plan
from staffing.scenario import Scenario
from staffing.workspace import Workspace

PACKAGES = (
    "staffing",
    "altair",
    "jinja2",
    "numpy",
    "ortools",
    "pandas",
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
    plan: Plan, files: Mapping[str, bytes], versions: Mapping[str, str], scenario_file: Path | None
) -> dict[str, object]:
    """Return the manifest of the outputs: no time, no path, no host.

    Parameters
    ----------
    files : name -> content of every other output
    versions : package -> version
    scenario_file : the scenario as it was read, if it was a file; its bases are listed with it

    Raises
    ------
    OSError, ScenarioError
        When an input can no longer be read.
    """
    found = made_from(plan.scenario, plan.workspace)
    if scenario_file is not None:
        own, *bases = read_chain(scenario_file).links
        found["scenario_file"] = entry(own.file, own.content)
        found["bases"] = [entry(link.file, link.content) for link in bases]
    return found | listing(files, versions)


def listing(files: Mapping[str, bytes], versions: Mapping[str, str]) -> dict[str, object]:
    """Return the versions of the packages, and what the outputs are."""
    return {
        "versions": dict(sorted(versions.items())),
        "files": [entry(name, content) for name, content in files.items()],
    }


def made_from(scenario: Scenario, workspace: Workspace) -> dict[str, object]:
    """Return scenario, defaults and input files, as a manifest tells them.

    Raises
    ------
    OSError
        When an input can no longer be read.
    """
    return {
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


def _inputs(workspace: Workspace) -> Iterator[dict[str, object]]:
    """Yield every file of the workspace once, with the tables read from it."""
    tables: dict[str, list[str]] = {}
    for table, file in workspace.files.items():
        tables.setdefault(file.split("[", 1)[0], []).append(table)
    for file, names in tables.items():
        path = workspace.root if workspace.root.is_file() else workspace.root / file
        yield entry(file, path.read_bytes()) | {"tables": names}


def entry(name: str, content: bytes) -> dict[str, object]:
    """Return name, size and checksum of a file."""
    return {
        "file": name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
