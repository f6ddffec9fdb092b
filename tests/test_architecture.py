"""The house keeps its shape: who may import whom, and what only one stage may use."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([ROOT / "cli.py", *(ROOT / "staffing").rglob("*.py")])

STAGES = (
    "forecast",
    "seats",
    "roster",
    "promotion",
    "simulate",
    "confirm",
    "stages",
    "whatif",
    "plan",
    "replan",
    "report",
    "quote",
    "publish",
    "tell",
    "commands",
)
"""In the order in which data flows."""
GROUND = (
    "errors",
    "words",
    "folder",
    "version",
    "cache",
    "outcome",
    "grid",
    "frames",
    "workspace",
    "chain",
    "scenario",
    "queue",
    "store",
    "platforms",
    "asked",
)
"""Shared ground: any stage may stand on it, it stands on no stage."""
ONLY_IN = {
    "typer": ("cli.py", "staffing/commands/"),
    "rich": "staffing/tell/",
    "ortools": "staffing/roster/",
    "xlsxwriter": "staffing/publish/",
    "altair": "staffing/publish/",
    "vl_convert": "staffing/publish/",
    "jinja2": "staffing/publish/",
    "icalendar": "staffing/publish/",
    "typst": "staffing/publish/",
    "pylopdf_fonts_zh_cn": "staffing/publish/",
    "pandera": "staffing/workspace/",
    "joblib": "staffing/roster/",
    "numba": "staffing/queue/",
}


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted names that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def stage_of(name: str) -> str | None:
    """Return the first name below `staffing` of a dotted module."""
    parts = name.split(".")
    return parts[1] if parts[0] == "staffing" and len(parts) > 1 else None


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_is_used_in_its_stage_alone(library: str) -> None:
    """A heavy or outward library is imported in its own place only."""
    place = ONLY_IN[library]
    users = {
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if library in {name.split(".")[0] for name in imports(path)}
    }
    assert users, f"nothing imports {library}: remove it from the list and the requirements"
    assert all(user.startswith(place) for user in users)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_stage_imports_a_later_one(path: Path) -> None:
    """Data flows one way: a stage imports earlier stages and the shared ground only."""
    if path.name == "cli.py":
        return
    parts = path.relative_to(ROOT / "staffing").with_suffix("").parts
    own = parts[0]
    for name in imports(path):
        other = stage_of(name)
        if other is None or other == own:
            continue
        if own in STAGES and other in STAGES:
            assert STAGES.index(other) < STAGES.index(own), f"{path.name} imports {name}"
        elif own in GROUND:
            assert other not in STAGES, f"{path.name} imports {name}"


def test_the_command_line_alone_tells() -> None:
    """What is printed is decided by a command: no module computes and prints in one go."""
    users = {path for path in FILES if "tell" in map(stage_of, imports(path))}
    assert {path.parent.name for path in users} == {"tell", "commands"}


def test_every_module_has_its_place() -> None:
    """Each module of the package is a stage or shared ground, and says what it is for."""
    names = {path.relative_to(ROOT / "staffing").with_suffix("").parts[0] for path in FILES[1:]}
    assert names - {"__init__", "docs"} == {*STAGES, *GROUND}
    for path in FILES:
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"{path} has no docstring"


def test_the_audit_shares_no_code_with_the_solver() -> None:
    """staffing/roster/audit.py imports neither ortools nor any module of the search."""
    allowed = {"staffing.frames", "staffing.grid", "staffing.scenario", "staffing.words"}
    # which days are statutory, when pools are open: tables of the calendar
    allowed |= {"staffing.forecast.calendar", "staffing.forecast.openings"}
    own = {n for n in imports(ROOT / "staffing/roster/audit.py") if n.startswith("staffing")}
    assert own <= allowed | {"staffing.workspace"}
