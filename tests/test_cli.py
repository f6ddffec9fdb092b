"""The command line: help, exit codes, languages, JSON on stdout and nothing else there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner, Result

import cli
from staffing.words import LANGS, say
from tests.workspaces import ROSTER, SCENARIO, START, project

ROOT = Path(__file__).parents[1]
COMMANDS = sorted(
    command.name or command.callback.__name__
    for command in cli.app.registered_commands
    if command.callback is not None
)
KNOWN_DAY = f"{START - timedelta(days=1)}"
CHINESE = re.compile(r"[一-鿿]")
LATER = ("pandas", "numpy", "numba", "ortools", "statsmodels", "altair", "pydantic", "openpyxl")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound project: workspace, scenario.toml in English, roster.csv."""
    return project(tmp_path_factory.mktemp("project"))


@pytest.fixture(autouse=True)
def _terminal_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No language of the machine that the tests run on shines through."""
    for name in ("LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: object) -> Result:
    """Run a command; an exception that is no exit is a failure of the test."""
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lenient(here: Path) -> Path:
    """Return the scenario again, content with a roster of one duty."""
    path = here / "lenient.toml"
    path.write_text(SCENARIO.replace("[roster]\n", "[roster]\nmax_uncovered = 1.0\n"), "utf-8")
    return path


def arguments(command: str, here: Path) -> list[object]:
    """Return what a command needs to succeed, quickly."""
    scenario = here / "scenario.toml"
    special: dict[str, list[object]] = {
        **{name: [scenario, "--out", here / "out"] for name in ("plan", "forecast", "backtest")},
        **{name: [here / "roster.csv", scenario] for name in ("audit", "simulate")},
        "replan": [here / "roster.csv", lenient(here), "--out", here / "out"],
        "publish": [here / "roster.csv", lenient(here), "--out", here / "out"],
        "capacity": [lenient(here), "--weeks", 1, "--out", here / "out"],
        "report": [KNOWN_DAY, scenario, "--out", here / "out"],
        "close-out": [
            *("S1", scenario, "--from", KNOWN_DAY, "--to", KNOWN_DAY, "--out", here / "out"),
        ],
        "check": [here / "workspace"],
        "quote": ["--category", "snacks", "--agents", 3, "--contacts", 90, "--promotions", "none"],
        "compare": [scenario, scenario, "--out", here / "out"],
        "sweep": [scenario, "--over", "forecast.uplift=1,1.2", "--out", here / "out"],
        "init": [here / f"new-{len(list(here.iterdir()))}"],
    }
    return special.get(command, [scenario])


# --- help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    """`--help` exits 0 and says what the command does and what each option is for."""
    result = run(command, "--lang", "en", "--help")
    assert result.exit_code == 0
    callback = next(
        each.callback
        for each in cli.app.registered_commands
        if each.callback is not None and (each.name or each.callback.__name__) == command
    )
    summary = (callback.__doc__ or "").split(".")[0]
    assert summary.split()[0] in result.stdout
    told = result.stdout.split("Example:")[0]
    options = [line for line in told.splitlines() if re.match(r"\s+--\w", line)]
    assert len(options) > 1
    assert all(re.search(r"\S  +\S", line.strip()) for line in options)


def test_help_lists_every_command() -> None:
    """`staffing --help` names all commands; without arguments it shows the same."""
    result = run("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\s", result.stdout, re.MULTILINE)


def test_every_command_stands_in_the_readme() -> None:
    """README.md shows each command as it is typed."""
    readme = ROOT / "README.md"
    if not readme.exists():
        pytest.skip("there is no README.md yet")
    text = readme.read_text("utf-8")
    assert [command for command in COMMANDS if f"staffing {command} " not in text] == []


def test_help_imports_nothing_heavy() -> None:
    """`--help` must not pay for pandas, ortools and the like."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "cli.py", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "typer" in imported
    assert [name for name in LATER if name in imported] == []


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="user time is measured by wait4")
def test_help_is_quick() -> None:
    """`--help` takes less than 0.4 seconds of processor time in the best of three runs."""
    times = []
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "cli.py", "--help"], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        times.append(used.ru_utime)
    assert min(times) < 0.4


def test_errors_and_words_need_no_other_stage() -> None:
    """Telling a bad workspace does not import the stages that plan."""
    code = (
        "import sys, staffing.workspace; from staffing.words import catalogue; catalogue(); "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('ortools', 'statsmodels', 'altair', 'xlsxwriter')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# --- exit codes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_done_exits_0(command: str, here: Path) -> None:
    """Sound input: exit code 0 and something to read on stdout."""
    result = run(command, *arguments(command, here))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_with_bad_input_exits_2(command: str, here: Path) -> None:
    """What is not there (for init: what is there) exits 2, with nothing on stdout."""
    bad = here / "workspace" if command == "init" else here / "nowhere"
    both = [bad, bad] if command in ("audit", "publish", "replan", "simulate", "compare") else [bad]
    both += ["--over", "forecast.uplift=1"] if command == "sweep" else []  # type: ignore[list-item]
    if command == "report":
        both = [KNOWN_DAY, bad]  # type: ignore[list-item]
    if command == "close-out":
        both = ["S1", bad, "--from", KNOWN_DAY, "--to", KNOWN_DAY]  # type: ignore[list-item]
    result = run(command, *both)
    assert result.exit_code == 2
    assert not result.stdout
    assert str(bad) in result.stderr


@pytest.mark.parametrize("typed", [["no-such-command"], ["plan"], ["check", "x", "--lang", "fr"]])
def test_wrong_usage_exits_2(typed: list[str]) -> None:
    """An unknown command, a missing argument and an unknown language are wrong usage."""
    result = run(*typed)
    assert result.exit_code == 2
    assert not result.stdout


def test_an_unlawful_roster_exits_3(here: Path, tmp_path: Path) -> None:
    """`audit` tells each broken rule with agent and day."""
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER.replace("A1,", "A9,"), "utf-8")
    result = run("audit", path, here / "scenario.toml")
    assert result.exit_code == 3
    assert re.search(rf"R1\s+A9\s+{START}", result.stdout)


def short(here: Path, folder: Path) -> Path:
    """Return a scenario that asks for ten times the contacts, so that people are missing."""
    path = folder / "short.toml"
    text = SCENARIO.replace('"workspace"', f'"{(here / "workspace").as_posix()}"')
    path.write_text(text + "\n[forecast]\nuplift = 20\n", "utf-8")
    return path


def test_a_plan_that_is_short_exits_3_and_is_written(here: Path, tmp_path: Path) -> None:
    """Too few people: the lawful plan is written all the same, and says where it is short."""
    result = run("plan", short(here, tmp_path), "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "Short of people: more than 3.0% uncovered" in result.stdout
    assert (tmp_path / "out" / "tiny" / "roster.csv").is_file()


def test_no_lawful_roster_exits_3_and_writes_nothing(here: Path, tmp_path: Path) -> None:
    """When an agent has no lawful week the command names her and leaves no output."""
    path = tmp_path / "none.toml"
    text = SCENARIO.replace('"workspace"', f'"{(here / "workspace").as_posix()}"')
    text = text.replace("days = 1", "days = 7")
    path.write_text(text + "\n[rules]\nmin_week_share = 1\nmax_consecutive_days = 1\n", "utf-8")
    result = run("plan", path, "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "No lawful roster exists" in result.stderr
    assert "A1" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".cache"]


@pytest.mark.parametrize(
    "command", ["plan", "replan", "publish", "backtest", "capacity", "compare", "sweep"]
)
def test_a_file_in_the_way_is_told_before_anything_is_computed(
    command: str, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where outputs cannot go is said at once: no step of the work is begun."""
    monkeypatch.setattr("staffing.tell.progress.progress", None)
    (tmp_path / "out").write_text("a file", "utf-8")
    given = [
        tmp_path / "out" if each == here / "out" else each for each in arguments(command, here)
    ]
    result = run(command, *given, "--lang", "en")
    assert result.exit_code == 2, result.exception
    assert f"{tmp_path / 'out'} is not a folder" in " ".join(result.stderr.split())


# --- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "init"])
def test_json_is_all_that_stands_on_stdout(command: str, here: Path) -> None:
    """With `--json` stdout is one JSON value; progress and notices go elsewhere."""
    result = run(command, *arguments(command, here), "--json")
    assert result.exit_code == 0, result.stderr
    value = json.loads(
        result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON")
    )
    assert value


def test_json_of_an_unlawful_roster_lists_the_violations(here: Path, tmp_path: Path) -> None:
    """Exit code 3 changes nothing: stdout is JSON with rule, agent, day and sentence."""
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER.replace("A1,", "A9,"), "utf-8")
    result = run("audit", path, here / "scenario.toml", "--json")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert found["lawful"] is False
    assert found["violations"][0]["agent_id"] == "A9"
    assert found["violations"][0]["rule"] == "R1"


def test_json_of_a_short_plan_says_so(here: Path, tmp_path: Path) -> None:
    """A short plan's JSON has the status and the shortages."""
    result = run("plan", short(here, tmp_path), "--out", tmp_path / "out", "--json")
    assert result.exit_code == 3
    found = json.loads(result.stdout)
    assert found["status"] == "short"
    assert found["shortages"]


# --- languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_lang_works_both_ways(command: str, here: Path) -> None:
    """`--lang` wins over the scenario: Chinese is Chinese, English has no Chinese word."""
    chinese = run(command, *arguments(command, here), "--lang", "zh")
    english = run(command, *arguments(command, here), "--lang", "en")
    assert (chinese.exit_code, english.exit_code) == (0, 0)
    assert CHINESE.search(chinese.stdout)
    told = english.stdout.replace(str(here), "")
    for table in ("shops", "agents"):  # a name stays as it is
        for name in pd.read_csv(here / "workspace" / f"{table}.csv")["name"]:
            told = told.replace(name, "")
    assert not CHINESE.search(told)


def test_without_lang_the_scenario_decides(here: Path) -> None:
    """A scenario in English is told in English also on a terminal without a language."""
    result = run("audit", here / "roster.csv", here / "scenario.toml")
    assert "Lawful: no hard rule is broken" in result.stdout


@pytest.mark.parametrize(
    ("spoken", "lang"), [("en_GB.UTF-8", "en"), ("zh_CN.UTF-8", "zh"), ("", "zh")]
)
def test_without_scenario_the_terminal_decides(
    spoken: str, lang: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check` speaks the language of the terminal, Chinese where there is none."""
    monkeypatch.setenv("LANG", spoken)
    result = run("check", here / "workspace")
    assert bool(CHINESE.search(result.stdout)) is (lang == "zh")


@pytest.mark.parametrize("lang", LANGS)
def test_faults_are_told_in_the_language_asked_for(lang: str, here: Path) -> None:
    """The head of the list of faults is the catalogue's sentence in that language."""
    result = run("check", here / "nowhere", "--lang", lang)
    assert say(lang, "say.faults", count=1) in result.stderr  # type: ignore[arg-type]


def test_typer_is_known_to_the_command_line_only() -> None:
    """No module that computes imports typer; `cli` is an application of it."""
    assert isinstance(cli.app, typer.Typer)
    users = [
        path.name
        for path in (ROOT / "staffing").rglob("*.py")
        if path.parent.name != "commands"
        and re.search(r"^\s*(import|from) typer", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert users == []


def test_a_forecast_day_is_explained_by_factors_that_multiply_to_it(here: Path) -> None:
    """The parts of a day give its number; a day that is not planned is a fault."""
    scenario = here / "scenario.toml"
    out = ["--out", here / "explained", "--json"]
    days = json.loads(run("forecast", scenario, *out).stdout)
    told = days[0]
    day = str(told["date"])[:10]
    asked = run("forecast", scenario, *out, "--explain", told["shop_id"], day)
    assert asked.exit_code == 0, asked.stderr
    product = 1.0
    for part in json.loads(asked.stdout):
        product *= part["factor"]
    assert product == pytest.approx(told["mean"], rel=1e-6)
    wrong = run("forecast", scenario, "--explain", told["shop_id"], "1999-01-01", "--lang", "en")
    assert wrong.exit_code == 2
    assert "1999-01-01" in wrong.stderr
    table = run("forecast", scenario, "--explain", told["shop_id"], day, "--lang", "zh")
    assert "当前水平" in table.stdout


def test_a_roster_file_is_replayed_shop_by_shop(here: Path) -> None:
    """Each shop and day has its service level inside its interval, the same at every call."""
    asked = ("simulate", here / "roster.csv", here / "scenario.toml", "--json")
    told = json.loads(run(*asked).stdout)
    assert told == json.loads(run(*asked).stdout)
    assert {row["shop_id"] for row in told["shops"]}
    for row in [*told["shops"], *told["pools"]]:
        assert row["low"] <= row["service_level"] <= row["high"]


def test_pools_stand_beside_their_proposal(here: Path) -> None:
    """What is proposed answers every shop, for no more seat-hours than each shop alone."""
    told = json.loads(run("pools", here / "scenario.toml", "--json").stdout)
    shops = [shop for row in told["proposed"] for shop in row["shops"]]
    assert sorted(shops) == sorted(shop for row in told["now"] for shop in row["shops"])
    for row in told["proposed"]:
        assert row["together_h"] <= row["separate_h"]


@pytest.mark.parametrize("lang", LANGS)
def test_one_seat_more_or_less_is_told_around_the_requirement(lang: str, here: Path) -> None:
    """A day's curve: a row a shift, the required one marked, bars; without colours in a file."""
    told = run("seats", here / "scenario.toml", "--day", START, "--lang", lang)
    assert told.exit_code == 0, told.stderr
    assert bool(CHINESE.search(told.stdout)) is (lang == "zh")
    assert f"P{'，' if lang == 'zh' else ', '}{START}" in told.stdout
    assert "\x1b" not in told.stdout
    rows = re.findall(r"^ *(n(?:[+-]\d)?) .*$", told.stdout, re.MULTILINE)
    assert rows == [*rows[: len(rows) // 2]] * 2  # the table, then its bars
    assert rows[-4:] == ["n", "n+1", "n+2", "n+3"]
    reason = say(lang, "curve.required", reasons=say(lang, "curve.service_level"))  # type: ignore[arg-type]
    assert reason in told.stdout
    assert told.stdout.count("│") > len(rows) // 2


def test_the_json_of_the_curve_agrees_with_the_requirement(here: Path) -> None:
    """Offset 0 has the seat-hours that `seats` requires; dearer seats cost more."""
    scenario = here / "scenario.toml"
    needed = json.loads(run("seats", scenario, "--json").stdout)
    told = json.loads(run("seats", scenario, "--pool", "P", "--json").stdout)
    now = [row for row in told["curves"] if row["required"]]
    assert [row["seat_hours"] for row in now] == [sum(row["seats"] for row in needed) / 2]
    assert now[0]["cost"] == told["seat_hour"] * now[0]["seat_hours"]
    dear = scenario.with_name("dear.toml")
    dear.write_text(SCENARIO + "\n[costs]\nseat_hour = 50\n", "utf-8")
    asked = ("seats", dear, "--pool", "P", "--at", "9:30", "--json")
    row = next(row for row in json.loads(run(*asked).stdout)["curves"] if row["required"])
    half_hour = next(each for each in needed if "T09:30" in each["start"])
    assert row["cost"] == 50 * half_hour["seats"] / 2


@pytest.mark.parametrize(
    ("suffix", "opens"), [(".html", b"<!doctype"), (".svg", b"<svg"), (".png", b"\x89PNG")]
)
def test_the_curve_is_drawn(suffix: str, opens: bytes, here: Path, tmp_path: Path) -> None:
    """`--plot` alone draws every pool; the file is what its suffix says, nothing else is left."""
    path = tmp_path / "new" / f"curve{suffix}"
    told = run("seats", here / "scenario.toml", "--plot", path)
    assert told.exit_code == 0, told.stderr
    assert str(path) in told.stdout
    assert path.read_bytes().startswith(opens)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("lang", LANGS)
def test_all_that_is_not_there_is_told_at_once(lang: str, here: Path, tmp_path: Path) -> None:
    """Unknown pool and day, a time that is no half hour, bad suffix: four faults, what is known."""
    path = tmp_path / "curve.pdf"
    asked = ("--pool", "Q", "--day", "1999-01-01", "--at", "20:10", "--plot", path)
    told = run("seats", here / "scenario.toml", *asked, "--lang", lang)
    assert told.exit_code == 2
    assert not told.stdout
    faults = [line.strip() for line in told.stderr.splitlines() if line.startswith("  --")]
    assert [re.match(r"--\w+", line)[0] for line in faults] == ["--pool", "--day", "--at", "--plot"]  # type: ignore[index]
    for line, known in zip(faults, ("P", f"{START}", "23:30", ".svg"), strict=True):
        assert known in line
        assert bool(CHINESE.search(line)) is (lang == "zh")
    assert not path.exists()


@pytest.mark.parametrize("at", ["08:30", "24:00", "noon", "25:99"])
def test_a_closed_half_hour_has_no_curve(at: str, here: Path) -> None:
    """A time at which no shop is open, or that is none, is a fault with the open hours."""
    told = run("seats", here / "scenario.toml", "--at", at, "--lang", "en")
    assert told.exit_code == 2
    assert f"--at: '{at}' is not the start of an open half hour" in told.stderr
    assert "from 09:00 to 23:30" in told.stderr


def test_a_curve_that_cannot_be_written_leaves_what_was_there(here: Path, tmp_path: Path) -> None:
    """A folder in the way: exit 2, and it stays as it was."""
    path = tmp_path / "curve.svg"
    (path / "kept").mkdir(parents=True)
    told = run("seats", here / "scenario.toml", "--day", START, "--plot", path)
    assert told.exit_code == 2
    assert str(path) in told.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["curve.svg"]
    assert [each.name for each in path.iterdir()] == ["kept"]


def test_the_running_day_is_corrected_and_not_kept(here: Path) -> None:
    """With --now nothing is written; a moment without any contacts yet is a fault."""
    out = here / "running"
    scenario = here / "scenario.toml"
    wrong = run("forecast", scenario, "--now", f"{START} 09:00", "--out", out, "--lang", "en")
    assert wrong.exit_code == 2
    assert "has no contacts" in wrong.stderr
    outside = run("forecast", scenario, "--now", "1999-01-01 12:00", "--out", out, "--lang", "en")
    assert outside.exit_code == 2
    assert "none of the planned days" in outside.stderr
    assert not out.exists()
    earlier = scenario.with_name("earlier.toml")
    earlier.write_text(SCENARIO.replace(f"start = {START}", "start = 2026-11-15"), "utf-8")
    told = run("forecast", earlier, "--now", "2026-11-15 15:00", "--out", out, "--lang", "en")
    assert told.exit_code == 0, told.stderr
    assert "Corrected by what has come" in told.stdout
    assert not out.exists()
