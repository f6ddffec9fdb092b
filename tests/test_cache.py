"""The cache: unchanged inputs are not computed again, and any changed byte is noticed."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import cli
from staffing import cache as kept
from staffing import stages
from staffing.cache import Cache, digest, digest_of_files, program
from staffing.roster import Roster
from staffing.scenario import Scenario, read_scenario
from staffing.stages import READS, Stages
from staffing.workspace import read_workspace
from staffing.workspace.tables import TABLES
from tests.workspaces import SCENARIO, project, tables, write

STAGES = ("forecast", "seats", "roster", "replay")
OUTPUTS = ("plan.html", "roster.xlsx", "roster.csv", "seats.csv", "summary.json", "manifest.json")


def run(*arguments: object) -> Result:
    """Run a command in English; an exception that is no exit is a failure of the test."""
    result = CliRunner().invoke(cli.app, [*(str(each) for each in arguments), "--lang", "en"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with every table, planned once: everything is in out/.cache."""
    home = project(tmp_path_factory.mktemp("cache"))
    every = tables()
    del every["special_days"][1:]
    write(home / "workspace", every)
    rows = {
        "activities": "activity,agent_id,minutes,first_day\ntraining,A3,60,2026-11-16\n",
        "ledger": "agent_id,date,item,count\nA1,2026-11-01,late,1\n",
    }
    for name, text in rows.items():
        (home / "workspace" / f"{name}.csv").write_text(text, "utf-8")
    done = run("plan", home / "scenario.toml", "--out", home / "out")
    assert done.exit_code in (0, 3), done.stderr
    return home


def computed(result: Result) -> set[str]:
    """Return the stages that a run computed; the others said that they are kept."""
    told = {
        "forecast": "forecasting contacts ...",
        "seats": "computing seats ...",
        "roster": "building the roster ...",
        "replay": "replaying the week ...",
    }
    lines = set(result.stderr.splitlines())
    return {stage for stage, line in told.items() if line in lines}


def again(here: Path, folder: Path, change: Callable[[Path], object]) -> Result:
    """Plan a changed copy of the project on top of what was kept of the original."""
    home = folder / "copy"
    shutil.copytree(here, home)
    change(home)
    result = run("plan", home / "scenario.toml", "--out", home / "out")
    assert result.exit_code in (0, 3), result.stderr
    return result


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder by name."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_an_unchanged_run_computes_nothing_and_writes_the_same(here: Path, tmp_path: Path) -> None:
    """All results from the cache: the same bytes, terminal text and exit code, also elsewhere."""
    first = run("plan", here / "scenario.toml", "--out", here / "out")
    anew = run("plan", here / "scenario.toml", "--out", tmp_path / "anew", "--no-cache")
    assert "nothing has changed: all results taken from the cache" in first.stderr
    assert computed(first) == set()
    assert computed(anew) == set(STAGES)
    assert bytes_of(here / "out" / "tiny") == bytes_of(tmp_path / "anew" / "tiny")
    assert set(OUTPUTS) <= set(bytes_of(tmp_path / "anew" / "tiny"))
    assert bytes_of(here / "out" / "issued") == bytes_of(tmp_path / "anew" / "issued")
    assert first.exit_code == anew.exit_code
    told = first.stdout.replace(str(here / "out"), "OUT")
    assert told == anew.stdout.replace(str(tmp_path / "anew"), "OUT")
    assert not (tmp_path / "anew" / ".cache").exists()
    kept_notices = [line for line in first.stderr.splitlines() if not line.endswith(" ...")]
    assert [line for line in kept_notices if "nothing has changed" not in line] == [
        line for line in anew.stderr.splitlines() if not line.endswith(" ...")
    ]


def test_a_roster_that_was_cut_short_is_told_and_not_kept(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the search: the next run searches again, and has what an undisturbed one has."""
    real = stages.roster

    def cut_short(*given: Any) -> Roster:
        made = real(*given)
        return replace(made, report=replace(made.report, cut_short=True))

    arguments = ("plan", here / "scenario.toml", "--out", tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(stages, "roster", cut_short)
        first = run(*arguments)
    assert "Ctrl-C ended the search" in first.stderr
    assert json.loads((tmp_path / "tiny/summary.json").read_text("utf-8"))["cut_short"]
    second = run(*arguments)
    assert computed(second) == {"roster", "replay"}
    assert "Ctrl-C" not in second.stderr
    assert bytes_of(tmp_path / "tiny") == bytes_of(here / "out" / "tiny")


def test_json_of_a_kept_run_is_the_same(here: Path, tmp_path: Path) -> None:
    """What was kept of a run for people also answers machines."""
    out = ("--out", here / "out", "--json")
    first = json.loads(run("plan", here / "scenario.toml", *out).stdout)
    anew = json.loads(run("plan", here / "scenario.toml", *out, "--no-cache").stdout)
    assert first == anew
    assert first["scenario"] == "tiny"


def changed(name: str) -> Callable[[Path], object]:
    """Return what adds one byte to a table: a space before its last line break."""

    def change(home: Path) -> None:
        path = home / "workspace" / f"{name}.csv"
        path.write_bytes(path.read_bytes().rstrip() + b" \n")

    return change


AFTER = {
    "shops": set(STAGES),
    "history": set(STAGES),
    "promotions": set(STAGES),
    "special_days": set(STAGES),
    "skills": {"seats", "roster", "replay"},
    "agents": {"roster", "replay"},
    "absences": {"roster", "replay"},
    "requests": {"roster", "replay"},
    "rosters": {"roster", "replay"},
    "activities": {"roster", "replay"},
    "ledger": {"roster", "replay"},
}
"""Table -> the stages that must be computed again when it changes."""


@pytest.mark.parametrize("table", AFTER)
def test_one_byte_of_a_table_is_noticed(table: str, here: Path, tmp_path: Path) -> None:
    """The stages that read it, and those after them, are computed again; the others are not."""
    assert computed(again(here, tmp_path, changed(table))) == AFTER[table]


def test_every_table_is_tried() -> None:
    """A table that is added to the workspaces must say here which stages read it."""
    assert set(AFTER) == {table.name for table in TABLES}


SECTIONS = {
    "[forecast]\nuplift = 1.1": set(STAGES),
    "[seats]\nmax_occupancy = 0.8": {"seats", "roster", "replay"},
    "[shifts]\nmeal_share = 0.9": {"roster", "replay"},
    "[rules]\nmin_rest_h = 10.5": {"roster", "replay"},
    "[fairness]\nlate_weight = 3": {"roster", "replay"},
    "[costs]\nseat_hour = 31": set(),
    "[repair]\ntraining = 601": set(),
}
"""Keys of a scenario -> the stages that must be computed again when they change."""
OTHERS = {
    ("effort = 0.5", "effort = 0.6"): {"roster", "replay"},
    ("replications = 2", "replications = 3"): {"replay"},
    ("days = 1", "days = 2"): set(STAGES),
    ("[horizon]", "seed = 2\n[horizon]"): {"roster", "replay"},
    ("[horizon]", 'zone = "Asia/Singapore"\n[horizon]'): set(STAGES),
    ('name = "tiny"', 'name = "other"'): set(),
    ("[horizon]", 'contact = "Li"\n[horizon]'): set(),
}


@pytest.mark.parametrize(
    ("text", "stages"),
    [
        *((f"{SCENARIO}\n{section}\n", stages) for section, stages in SECTIONS.items()),
        *((SCENARIO.replace(*change), stages) for change, stages in OTHERS.items()),
    ],
)
def test_a_key_of_the_scenario_is_noticed(
    text: str, stages: set[str], here: Path, tmp_path: Path
) -> None:
    """The stages that read it, and those after them, are computed again; the others are not."""

    def change(home: Path) -> None:
        assert text != SCENARIO
        (home / "scenario.toml").write_text(text, "utf-8")

    done = again(here, tmp_path, change)
    assert computed(done) == stages
    assert "nothing has changed" not in done.stderr  # the manifest lists the scenario's bytes


def test_every_section_is_tried() -> None:
    """A key that is added to the scenarios must say here which stages read it."""
    plain = {"name", "workspace", "lang", "base", "zone", "seed", "contact"}
    plain |= {"horizon", "roster", "replay"}
    plain |= {"promotion"}  # tests/test_promotion.py
    tried = {re.findall(r"\[(\w+)\]", section)[0] for section in SECTIONS}
    assert tried | plain == set(Scenario.model_fields)


def test_a_base_that_changes_is_noticed(here: Path, tmp_path: Path) -> None:
    """A byte in the file that the scenario builds on: a comment alone computes no stage again."""

    def build(text: str) -> Callable[[Path], None]:
        def change(home: Path) -> None:
            (home / "week.toml").write_text(SCENARIO + text, "utf-8")
            (home / "scenario.toml").write_text('base = "week.toml"\nname = "tiny"\n', "utf-8")

        return change

    done = again(here, tmp_path / "a", build("# a remark\n"))
    assert computed(done) == set()
    assert "nothing has changed" not in done.stderr
    done = again(here, tmp_path / "b", build("[seats]\nshrinkage = 0.1\n"))
    assert computed(done) == {"seats", "roster", "replay"}


def test_another_program_computes_anew(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed source file or library is another program: nothing of the old one is taken."""
    monkeypatch.setattr("staffing.stages.program", lambda: "another")
    monkeypatch.setattr("staffing.outcome.program", lambda: "another")
    assert computed(again(here, tmp_path, lambda _: None)) == set(STAGES)


def test_the_program_is_its_files_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte of any source, template or sentence, or a version, makes another digest."""
    before = program.__wrapped__()
    assert program.__wrapped__() == before
    read = Path.read_bytes
    for name in ("words.toml", "plan.css", "engine.py", "cli.py"):
        with monkeypatch.context() as patched:

            def spoilt(path: Path, name: str = name) -> bytes:
                return read(path) + (b" " if path.name == name else b"")

            patched.setattr(Path, "read_bytes", spoilt)
            assert program.__wrapped__() != before, name
    monkeypatch.setattr(kept.metadata, "version", lambda _: "0")
    assert program.__wrapped__() != before


def test_a_stage_sees_only_what_it_declares(here: Path) -> None:
    """Tables and keys that are not in a stage's key are not there for it."""
    scenario = read_scenario(here / "scenario.toml")
    workspace = read_workspace(scenario.workspace)
    reads = READS["forecast"]
    with pytest.raises(KeyError):
        _ = workspace.only(reads.tables).agents
    with pytest.raises(AttributeError):
        _ = scenario.only(reads.keys).seats
    assert scenario.only(reads.keys).grid == scenario.grid
    assert scenario.seats.shrinkage == 0.0


def test_a_workspace_that_changes_while_it_is_read_is_not_kept(here: Path, tmp_path: Path) -> None:
    """Tables that are no longer the files they were read from leave no entry."""
    scenario = read_scenario(here / "scenario.toml")
    workspace = read_workspace(scenario.workspace)
    files = digest_of_files(scenario.workspace)
    for told, entries in ((files | {"shops.csv": "before"}, 0), (files, 1)):
        Stages(workspace, scenario, Cache(tmp_path), files=told).forecast()
        assert len(list(tmp_path.iterdir())) == entries


@pytest.mark.parametrize("spoil", ["cut", "flip", "empty", "folder"])
def test_a_spoilt_entry_is_made_anew(spoil: str, here: Path, tmp_path: Path) -> None:
    """Cut off, with a byte flipped, empty: ignored, and the run writes what it always wrote."""
    home = tmp_path / "copy"
    shutil.copytree(here, home)
    entries = sorted((home / "out" / ".cache").glob("*.entry"))
    assert len(entries) == len(STAGES) + 1
    for path in entries:
        content = path.read_bytes()
        middle = len(content) // 2
        match spoil:
            case "cut":
                path.write_bytes(content[:middle])
            case "flip":
                flipped = bytes([content[middle] ^ 1])
                path.write_bytes(content[:middle] + flipped + content[middle + 1 :])
            case "empty":
                path.write_bytes(b"")
            case "folder":
                path.unlink()
                path.mkdir()
    before = bytes_of(home / "out" / "tiny")
    done = run("plan", home / "scenario.toml", "--out", home / "out")
    assert computed(done) == set(STAGES)
    assert bytes_of(home / "out" / "tiny") == before
    if spoil == "folder":
        assert "results could not be kept in the cache" in done.stderr
    else:
        done = run("plan", home / "scenario.toml", "--out", home / "out")
        assert computed(done) == set()


def test_a_cache_that_cannot_be_written_only_costs_time(here: Path, tmp_path: Path) -> None:
    """A file in the way: the plan is made, and a notice says that nothing was kept."""
    way = tmp_path / "file"
    way.write_text("no folder")
    done = run("plan", here / "scenario.toml", "--out", tmp_path / "out", "--cache", way)
    assert done.exit_code in (0, 3)
    assert f"{way}: results could not be kept in the cache" in done.stderr
    assert (tmp_path / "out" / "tiny" / "plan.html").is_file()
    assert way.read_text() == "no folder"


def test_the_cache_may_lie_elsewhere(here: Path, tmp_path: Path) -> None:
    """`--cache DIR` is read and written there, and nowhere else."""
    shutil.copytree(here / "out" / ".cache", tmp_path / "kept")
    out = ("--out", tmp_path / "out", "--cache", tmp_path / "kept")
    assert computed(run("plan", here / "scenario.toml", *out)) == set()
    assert not (tmp_path / "out" / ".cache").exists()


def test_the_entries_used_longest_ago_are_dropped(tmp_path: Path) -> None:
    """Above its size the cache drops what was not read for longest; what was just kept stays."""
    cache = Cache(tmp_path, most_bytes=3500)
    for name in ("a", "b", "c"):
        cache.put(name, "k", bytes(1000))
    assert cache.get("a", "k") == bytes(1000)
    cache.put("d", "k", bytes(1000))
    assert [cache.get(name, "k") is None for name in "abcd"] == [False, True, False, False]
    cache.put("e", "k", bytes(9000))
    assert cache.get("e", "k") == bytes(9000)
    assert len(list(tmp_path.iterdir())) == 1


def test_only_its_own_entries_are_dropped(tmp_path: Path) -> None:
    """Somebody's file in the folder is left alone."""
    (tmp_path / "notes.txt").write_bytes(bytes(5000))
    cache = Cache(tmp_path, most_bytes=1500)
    cache.put("a", "k", bytes(1000))
    cache.put("b", "k", bytes(1000))
    assert (tmp_path / "notes.txt").exists()
    assert [cache.get(name, "k") is None for name in "ab"] == [True, False]


def test_digests_tell_values_apart() -> None:
    """Another text, number, order of a list or key is another digest; order of keys is not."""
    values: list[object] = [1, "1", [1, 2], [2, 1], {"a": 1}, {"b": 1}, None, 1.5]
    assert len({digest(value) for value in values}) == len(values)
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})


def test_a_pickle_of_something_gone_is_no_entry(tmp_path: Path) -> None:
    """An entry whose class no longer exists is as none."""
    payload = pickle.dumps(Cache).replace(b"Cache", b"Cachf")
    (tmp_path / "a-k.entry").write_bytes(hashlib.sha256(payload).digest() + payload)
    assert Cache(tmp_path).get("a", "k") is None
