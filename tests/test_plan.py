"""The main job end to end, through the command line."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from staffing.forecast import forecast, history
from staffing.plan import plan
from staffing.roster import audit
from staffing.roster.audit import hard
from staffing.scenario import Scenario, read_scenario
from staffing.workspace import read_workspace
from tests.tiny import START, tiny_workspace

ROOT = Path(__file__).parents[1]
DOUBLE11 = ROOT.parent / "shared" / "workspaces" / "double11"
OUTPUTS = {
    "roster.csv",
    "roster.xlsx",
    "seats.csv",
    "forecast.csv",
    "ledger.csv",
    "payroll.csv",
    "calendars",
    "announcements",
    "tables",
    "plan.html",
    "summary.json",
    "manifest.json",
}


def staffing(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def write_scenario(folder: Path, extra: str = "") -> Path:
    """Write a tiny workspace and a scenario for it."""
    tiny_workspace(folder / "workspace")
    path = folder / "tiny.toml"
    text = f'name = "tiny"\nworkspace = "workspace"\nlang = "en"\n[horizon]\nstart = {START}\n'
    quick = "[roster]\neffort = 2\nmax_uncovered = 1.0\n[replay]\nreplications = 2\n"
    path.write_text(text + (extra or quick), "utf-8")
    return path


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Plan the same scenario twice into two folders; return both and what was printed."""
    home = tmp_path_factory.mktemp("twice")
    path = write_scenario(home)
    folders = []
    for name in ("first", "second"):
        done = staffing("plan", str(path), "--out", str(home / name), cwd=home)
        assert done.returncode == 0, done.stderr
        folders.append(home / name / "tiny")
    return folders[0], folders[1], done.stdout


def test_every_output_is_written_and_named(twice: tuple[Path, Path, str]) -> None:
    """The folder holds every output, and the command ends with their paths."""
    first, second, printed = twice
    assert {path.name for path in first.iterdir()} == OUTPUTS
    *written, kept = [Path(line.strip()) for line in printed.splitlines()[-len(OUTPUTS) - 1 :]]
    assert {path.name for path in written} == OUTPUTS
    assert kept.parent.name == "issued"
    assert second.exists()


def test_the_same_inputs_give_the_same_bytes(twice: tuple[Path, Path, str]) -> None:
    """Two runs write identical files, and the manifest holds their true sha256."""
    first, second, _ = twice
    names = [p.relative_to(first).as_posix() for p in first.rglob("*") if p.is_file()]
    assert {name.split("/")[0] for name in names} == OUTPUTS
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    manifest = json.loads((first / "manifest.json").read_text("utf-8"))
    for name in set(names) - {"manifest.json"}:
        digest = hashlib.sha256((first / name).read_bytes()).hexdigest()
        assert digest in json.dumps(manifest["files"]), name


def test_the_published_roster_passes_the_audit_command(twice: tuple[Path, Path, str]) -> None:
    """`staffing audit` on the published roster.csv exits 0."""
    first, _, _ = twice
    scenario = first.parents[1] / "tiny.toml"
    done = staffing("audit", str(first / "roster.csv"), str(scenario), "--lang", "en", cwd=first)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Lawful:")


def test_an_edited_roster_is_refused_by_rule_number(
    twice: tuple[Path, Path, str], tmp_path: Path
) -> None:
    """A duty handed to somebody nobody knows exits 3 and names R1 and her."""
    first, _, _ = twice
    lines = (first / "roster.csv").read_text("utf-8-sig").splitlines()
    agent, _, _, date = lines[1].split(",")[:4]
    moved = [
        line.replace(agent, "A999", 1) if line.startswith(agent) and f",{date}," in line else line
        for line in lines
    ]
    edited = tmp_path / "edited.csv"
    edited.write_text("\n".join(moved), "utf-8")
    scenario = first.parents[1] / "tiny.toml"
    done = staffing("audit", str(edited), str(scenario), "--json", cwd=tmp_path)
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert {"R1"} <= {v["rule"] for v in found["violations"] if v["agent_id"] == "A999"}


def test_a_short_roster_is_written_and_exits_3(tmp_path: Path) -> None:
    """With five times the contacts the roster is short: written, marked, explained, exit 3."""
    extra = "[forecast]\nuplift = 5\n[roster]\neffort = 0.2\n[replay]\nreplications = 2\n"
    path = write_scenario(tmp_path, extra)
    done = staffing("plan", str(path), cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert {p.name for p in (tmp_path / "out" / "tiny").iterdir()} == OUTPUTS
    assert "Short of people" in done.stdout
    summary = json.loads((tmp_path / "out" / "tiny" / "summary.json").read_text("utf-8"))
    assert summary["status"] == "short"
    assert summary["shortages"][0]["reasons"]


def test_a_contradiction_exits_3_and_writes_nothing(tmp_path: Path) -> None:
    """Where rules leave somebody no week the command names them and writes no output."""
    path = write_scenario(tmp_path, "[rules]\nmin_week_share = 1\nmax_daily_h = 3.5\n")
    done = staffing("plan", str(path), cwd=tmp_path)
    assert done.returncode == 3
    assert "has no lawful week: R6" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".cache"]


@pytest.mark.slow
@pytest.mark.skipif(not DOUBLE11.exists(), reason="the real Double 11 workspace is not here")
def test_the_real_double_11_week_is_lawful() -> None:
    """24 shops' real volumes, 90 agents, 13-19 November 2023: the audit finds nothing."""
    scenario = Scenario.model_validate(
        {
            "name": "double11",
            "workspace": DOUBLE11,
            "horizon": {"start": "2023-11-13"},
            "roster": {"effort": 5},
            "replay": {"replications": 2},
        }
    )
    made = plan(read_workspace(DOUBLE11), scenario)
    assert made.violations == ()
    assert hard(audit(made.workspace, scenario, made.roster.assignments)) == []
    goal = made.roster.report.goal("uncovered")
    assert goal.gap is not None
    assert goal.gap < 0.2
    assert made.short


def test_the_demo_forecast_beats_seasonal_naive() -> None:
    """On the shipped workspace the backtest's WAPE is at most 0.6 of the naive one's."""
    scenario = read_scenario(ROOT / "scenarios" / "next-week.toml")
    workspace = read_workspace(scenario.workspace)
    tested = forecast(workspace, scenario, history(workspace)).backtest
    assert tested.wape() < 0.6 * tested.wape("naive")


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_scenarios_can_be_read(path: Path) -> None:
    """Every shipped scenario is valid and is named like its file."""
    assert read_scenario(path).name == path.stem
