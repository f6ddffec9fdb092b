"""Scenarios that build on others: what is taken over, where faults stand, what is listed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest

from staffing.errors import ScenarioError
from staffing.publish.manifest import manifest
from staffing.scenario import Scenario, check_shops, read_scenario
from tests.tiny import tiny_plan

WEEK = 'name = "week"\nworkspace = "tables"\n\n[horizon]\nstart = 2026-11-23\ndays = 14\n'


def write(folder: Path, **files: str) -> Path:
    """Write scenario files, `_` for a folder's slash, and return the path of the first."""
    paths = [folder / f"{name.replace('__', '/')}.toml" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return paths[0]


def faults(path: Path) -> list[str]:
    """Return the faults of a scenario in English."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    return [fault.line("en") for fault in caught.value.faults]


def test_a_scenario_gives_only_what_differs(tmp_path: Path) -> None:
    """Keys that the file does not give are its base's; sections are merged key by key."""
    made = read_scenario(
        write(
            tmp_path,
            more='base = "week.toml"\n[horizon]\ndays = 7\n[seats]\nshrinkage = 0.1\n',
            week=WEEK + "[seats]\nshrinkage = 0.2\nmax_occupancy = 0.8\n",
        )
    )
    assert made.horizon.start == dt.date(2026, 11, 23)
    assert made.horizon.days == 7
    assert (made.seats.shrinkage, made.seats.max_occupancy) == (0.1, 0.8)
    assert made.workspace == tmp_path / "tables"


def test_the_name_is_never_taken_over(tmp_path: Path) -> None:
    """Without a name the plan is called as its file is, however long the chain; one given wins."""
    first = write(tmp_path, third='base = "second.toml"', second='base = "week.toml"', week=WEEK)
    assert read_scenario(first).name == "third"
    assert read_scenario(write(tmp_path, own='base = "week.toml"\nname = "mine"')).name == "mine"
    assert faults(write(tmp_path, **{"a b": 'base = "week.toml"'})) == [
        "a b.toml, name: 'a b' must be 1 to 64 letters, digits, dots, hyphens and underscores, "
        'without a dot or hyphen in front. An example is name = "next-week"; see docs/scenario.md.'
    ]


def test_chains_are_followed_to_the_end(tmp_path: Path) -> None:
    """The nearest file that gives a key wins; lists are taken whole."""
    made = read_scenario(
        write(
            tmp_path,
            a='base = "b.toml"\n[shifts]\npart_time_h = [5]\n',
            b='base = "c.toml"\nlang = "en"\n[forecast]\nuplift = 2\n',
            c=WEEK + "[forecast]\nuplift = 3\norigins = 4\n[shifts]\npart_time_h = [4, 6]\n",
        )
    )
    assert made.lang == "en"
    assert (made.forecast.uplift, made.forecast.origins) == (2.0, 4)
    assert made.shifts.part_time_h == (5.0,)


def test_the_workspace_starts_at_the_file_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base elsewhere brings its own tables, also when it is asked for by a relative path."""
    write(tmp_path, what_if__more='base = "../weeks/week.toml"', weeks__week=WEEK)
    monkeypatch.chdir(tmp_path)
    made = read_scenario(Path("what_if/more.toml"))
    assert made.workspace == tmp_path / "weeks" / "tables"
    write(tmp_path, what_if__own='base = "../weeks/week.toml"\nworkspace = "tables"')
    assert read_scenario(Path("what_if/own.toml")).workspace == tmp_path / "what_if" / "tables"


def test_what_the_base_gives_is_no_default(tmp_path: Path) -> None:
    """Only what no file of the chain gives is listed as a default, with its origin."""
    made = read_scenario(
        write(tmp_path, a='base = "week.toml"', week=WEEK + "[seats]\nshrinkage = 0.1\n")
    )
    used = {name: origin for name, _, origin in made.defaults()}
    assert not {"seats.shrinkage", "horizon.days", "base"} & set(used)
    assert used["seats.max_occupancy"].startswith("usual in the trade")


def test_a_fault_names_the_file_in_which_its_key_stands(tmp_path: Path) -> None:
    """All faults of all files at once, the first file's first, each with its own line."""
    path = write(
        tmp_path,
        what_if__a='base = "../week.toml"\n[seats]\nshrinkage = 30\n',
        week=WEEK + "[forecast]\nuplif = 2\n[roster]\neffort = 0\n",
    )
    found = faults(path)
    assert [line.split(":")[0] for line in found] == [
        "a.toml, line 3, seats.shrinkage",
        "../week.toml, line 8, forecast.uplif",
        "../week.toml, line 10, roster.effort",
    ]


def test_an_unknown_shop_is_told_where_it_stands(tmp_path: Path) -> None:
    """The base names a shop that is not in the workspace: its file and line."""
    path = write(
        tmp_path, a='base = "week.toml"', week=WEEK + '[fairness]\nhard_shops = ["S1", "S9"]\n'
    )
    with pytest.raises(ScenarioError, match=r"week\.toml, line 8, fairness\.hard_shops: 'S9'"):
        check_shops(path, read_scenario(path), ["S1"])


def test_a_missing_base_is_told_with_what_else_is_wrong(tmp_path: Path) -> None:
    """The line that names it, and this file's own faults; none for what the base might say."""
    path = write(tmp_path, a='\nbase = "gone.toml"\n[seats]\nshrinkage = 30\n')
    found = faults(path)
    assert found[0] == (
        "a.toml, line 2, base: 'gone.toml' there is no such scenario file to build on. "
        "Check the path; it starts at the folder of the file that says it."
    )
    assert [line.split(":")[0] for line in found[1:]] == ["a.toml, line 4, seats.shrinkage"]


@pytest.mark.parametrize("first", ["a", "b", "c"])
def test_a_cycle_is_told_with_its_files(first: str, tmp_path: Path) -> None:
    """Files that build on each other in a ring: the line that closes it, and the ring."""
    ring = {"a": "b", "b": "c", "c": "b"}
    write(tmp_path, **{name: f'base = "{base}.toml"' for name, base in ring.items()})
    found = faults(tmp_path / f"{first}.toml")
    closes, names = (
        ("b", "c.toml → b.toml → c.toml")
        if first == "c"
        else (
            "c",
            "b.toml → c.toml → b.toml",
        )
    )
    base = "c" if first == "c" else "b"
    assert found == [
        f"{closes}.toml, line 1, base: '{base}.toml' leads back to where it began ({names}). "
        "Remove one of these bases."
    ]


def test_a_file_that_builds_on_itself_is_a_cycle(tmp_path: Path) -> None:
    """The shortest ring of all."""
    found = faults(write(tmp_path, week=WEEK.replace("\n\n", '\nbase = "./week.toml"\n\n')))
    assert len(found) == 1
    assert "week.toml, line 3, base" in found[0]
    assert "(week.toml → week.toml)" in found[0]


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ('base = "tables"', "'tables' is a folder, no scenario file to build on"),
        ("base = 7", "base: '7' must be text in quotes"),
    ],
)
def test_a_base_that_is_no_file_is_told(base: str, told: str, tmp_path: Path) -> None:
    """A folder and a number are no scenario to build on."""
    (tmp_path / "tables").mkdir()
    assert any(told in line for line in faults(write(tmp_path, a=base)))


def test_a_base_that_is_no_toml_is_told_under_its_name(tmp_path: Path) -> None:
    """The file that cannot be read is named, not the one asked for."""
    found = faults(write(tmp_path, a='base = "x/b.toml"', x__b='name = "x\n'))
    assert len(found) == 1
    assert found[0].startswith("x/b.toml, line 1: 'name = \"x' is not valid TOML")


def test_an_empty_base_is_none(tmp_path: Path) -> None:
    """The default, spelt out."""
    text = WEEK.replace("\n\n", '\nbase = ""\n\n')
    assert read_scenario(write(tmp_path, week=text)).name == "week"


def test_the_manifest_lists_every_file_of_the_chain(tmp_path: Path) -> None:
    """Each with its sha256, the file asked for apart; no path of the machine."""
    first = write(tmp_path, a='base = "b.toml"', b='base = "x/week.toml"', x__week=WEEK)
    made = tiny_plan(tmp_path / "tiny")
    found = manifest(made, {}, {}, first)
    digests = {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for name in ("a.toml", "b.toml", "x/week.toml")
    }
    told: list[dict[str, str]] = [found["scenario_file"], *found["bases"]]  # type: ignore[list-item, misc]
    assert {each["file"]: each["sha256"] for each in told} == digests
    assert str(tmp_path) not in json.dumps(found)


def test_bases_change_nothing_but_where_keys_come_from(tmp_path: Path) -> None:
    """The same keys in one file and in a chain are the same scenario, but for its base."""
    one = read_scenario(write(tmp_path, one=WEEK + "[forecast]\nuplift = 2\n"))
    two = read_scenario(
        write(tmp_path, two='base = "w.toml"\nname = "week"\n[forecast]\nuplift = 2', w=WEEK)
    )
    assert one == two.model_copy(update={"base": ""})
    assert isinstance(one, Scenario)
