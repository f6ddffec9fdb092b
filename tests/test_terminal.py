"""The terminal: progress with time left, the search's live line, quiet, completion, examples."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from rich.console import Console
from rich.spinner import Spinner
from typer.testing import CliRunner

import cli
from staffing.roster.report import Goal, Reached
from staffing.tell.console import hush, line, table
from staffing.tell.progress import Progress
from tests.workspaces import project

ROOT = Path(__file__).parents[1]
GROUP = typer.main.get_command(cli.app)


class Clock:
    """Seconds that pass when they are told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock of its own for each test."""
    return Clock()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound project: workspace, scenario.toml in English, roster.csv."""
    return project(tmp_path_factory.mktemp("project"))


# --- the live line ------------------------------------------------------------------------------


def test_a_step_tells_its_seconds_once_it_lasts(clock: Clock) -> None:
    """Nothing for two seconds, then how long it has taken; the next step begins anew."""
    live = Progress("en", clock)
    live.step("seats")
    clock.now += 1.9
    assert live.line() == "computing seats"
    clock.now += 10.1
    assert live.line() == "computing seats · 12 s"
    live.step("publish")
    assert live.line() == "writing the outputs"


def test_the_time_left_follows_from_the_share_done(clock: Clock) -> None:
    """A quarter in ten seconds leaves thirty, which go down while nothing more is told."""
    live = Progress("en", clock)
    live.step("backtest")
    clock.now += 10
    live.part(0.25)
    assert live.line().endswith("10 s, about 30 s left")
    clock.now += 12
    assert live.line().endswith("22 s, about 18 s left")
    clock.now += 60
    assert live.line().endswith("82 s")


def test_what_comes_before_the_first_share_is_not_in_the_rate(clock: Clock) -> None:
    """A search that took ten seconds to begin, then a second a hundredth, has 98 left."""
    live = Progress("en", clock)
    live.step("roster")
    clock.now += 10
    live.part(0.01)
    clock.now += 1
    live.part(0.02)
    assert live.line().endswith("11 s, about 98 s left")


def test_the_search_tells_objective_bound_and_gap(clock: Clock) -> None:
    """The objective and what is uncovered all along, bound and gap once they are proven."""
    live = Progress("en", clock)
    live.step("roster")
    clock.now += 9
    cost = Goal(name="cost", value=2000.0, bound=None)
    live.found(Reached(part=0.45, uncovered_h=31.5, cost=cost))
    assert live.line() == (
        "building the roster · cost 2,000.0 paid hours, bound ..., gap ... · "
        "31.5 seat-hours short · 9 s, about 11 s left"
    )
    cost = Goal(name="cost", value=2000.0, bound=1960.0)
    live.found(Reached(part=None, uncovered_h=12.0, cost=cost))
    assert "cost 2,000.0 paid hours, bound 1,960.0, gap 2.0% · 12.0 seat-hours" in live.line()
    assert "about 11 s left" in live.line()


def test_runs_of_the_same_steps_tell_the_time_left_of_all(clock: Clock) -> None:
    """Of three plans the first took twenty seconds: forty are left as the second begins."""
    live = Progress("en", clock)
    live.turn(1, 3)
    live.step("roster")
    assert live.line() == "1 of 3 · building the roster"
    clock.now += 20
    live.turn(2, 3)
    live.step("roster")
    assert live.line() == "2 of 3 · building the roster · 20 s, about 40 s left"


def test_the_live_line_is_cut_where_the_terminal_ends(clock: Clock) -> None:
    """It never takes two lines."""
    live = Progress("zh", clock)
    live.step("roster")
    live.found(Reached(part=0.1, uncovered_h=31.5, cost=Goal(name="cost", value=1.0, bound=0.5)))
    terminal = Console(width=12, record=True, file=io.StringIO())
    terminal.print(Spinner("dots", text=live))
    assert len(terminal.export_text().splitlines()) == 1


# --- quiet --------------------------------------------------------------------------------------


def test_quiet_says_nothing_where_all_is_well(here: Path) -> None:
    """Neither progress nor summary nor notices; the files are there."""
    told = ["plan", str(here / "scenario.toml"), "--out", str(here / "out")]
    result = CliRunner().invoke(cli.app, [*told, "--quiet"])
    assert (result.exit_code, result.stdout, result.stderr) in [(0, "", ""), (3, "", "")]
    assert (here / "out" / "tiny" / "roster.csv").exists()
    assert CliRunner().invoke(cli.app, told).stdout, "the next command speaks again"


def test_quiet_machines_have_json_alone(here: Path) -> None:
    """With --json stdout is the JSON, and stderr is empty."""
    result = CliRunner().invoke(
        cli.app, ["seats", str(here / "scenario.toml"), "--json", "--quiet"]
    )
    assert json.loads(result.stdout)
    assert result.stderr == ""


def test_quiet_tells_faults_all_the_same(here: Path) -> None:
    """What is wrong with an input stands on stderr."""
    result = CliRunner().invoke(cli.app, ["check", str(here / "nowhere"), "--quiet"])
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


# --- examples and completion --------------------------------------------------------------------


@pytest.mark.parametrize("command", sorted(GROUP.commands))
def test_every_help_ends_with_an_example_that_is_understood(command: str) -> None:
    """The last line is a call of the command itself, and the program takes it as it stands."""
    last = " ".join(
        CliRunner()
        .invoke(cli.app, [command, "--lang", "en", "--help"])
        .stdout.split("Example: ")[1:]
    )
    program, name, *rest = shlex.split(last)
    assert (program, name) == ("staffing", command)
    with GROUP.commands[command].make_context(command, rest):
        pass


def completed(words: str, cwd: Path, shell: str = "bash") -> list[str]:
    """Return what a shell offers for the last word."""
    asked = {
        "_STAFFING_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", "import cli; cli.app(prog_name='staffing')"],
        cwd=cwd,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_shell_completes_files_languages_and_keys(here: Path) -> None:
    """Scenario files by their ending, values of options, keys of a sweep."""
    assert completed("staffing plan sc", here) == ["scenario.toml"]
    assert completed("staffing audit ro", here) == ["roster.csv"]
    assert completed("staffing check wo", here) == ["workspace/"]
    assert completed("staffing plan scenario.toml --lang ", here) == ["zh", "en"]
    assert completed("staffing quote --model comm", here) == ["commission"]
    assert completed("staffing sweep scenario.toml --over forecast.up", here) == [
        "forecast.uplift="
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_the_shell_is_shown(shell: str, here: Path) -> None:
    """`--show-completion` prints what makes a shell ask the program."""
    done = subprocess.run(
        [sys.executable, "-c", "import cli; cli.app(prog_name='staffing')"],
        cwd=here,
        env={**os.environ, "_STAFFING_COMPLETE": f"source_{shell}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_STAFFING_COMPLETE" in done.stdout


def test_what_a_terminal_would_obey_is_printed_as_a_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An escape in a name neither colours lines nor tables."""
    hush(quiet=False)
    line("a\x1b[31mb\x07\nc")
    table(["\x1bname"], [["\x1b]0;d"]])
    told = capsys.readouterr().out
    assert "a\u241b[31mb\u2407\nc" in told
    assert "\u241bname" in told
    assert "\u241b]0;d" in told
    assert not {"\x1b", "\x07"} & set(told)
