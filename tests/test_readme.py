"""The README is tried as a new user would: every command it shows, in its order, both languages."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

import cli

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
CHINESE = re.compile(r"[一-鿿]")
SHOWN = re.compile(
    r"^```(?P<kind>\w*)\n(?P<block>.*?)^```|`(?P<inline>[^`\n]+)`", re.MULTILINE | re.DOTALL
)
TOML = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `staffing ([\w-]+).*$", re.MULTILINE)
"""A row of the table of commands."""
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
GROUP = typer.main.get_command(cli.app)

MEANT = {
    "SCENARIO": "scenarios/next-week.toml",
    "TARGET": "scenarios/next-week.toml",
    "ROSTER": "out/next-week/roster.csv",
    "WORKSPACE": "data/demo",
    "PROSPECT": "prospect.toml",
    "PROSPECT.toml": "prospect.toml",
    "PLAN": "scenarios/next-week.toml",
    "KEY=V1,V2": "forecast.uplift=1,1.2",
    "SHOP": "S01",
    "DATE": "2026-11-25",
    "DIR": "new",
    "P": "P-S01",
    "TIME": "20:00",
    "场景": "scenarios/next-week.toml",
    "班表": "out/next-week/roster.csv",
    "数据": "data/demo",
    "商家": "prospect.toml",
    "对象": "scenarios/next-week.toml",
    "时刻": "20:00",
    "方案": "scenarios/next-week.toml",
    "键=值1,值2": "forecast.uplift=1,1.2",
    "店铺": "S01",
    "日期": "2026-11-25",
    "文件夹": "new",
}
"""What stands for something else on the pages, in both languages."""

PAST = {"report": "2026-11-17", "close-out": "2026-11-17"}
"""The day that stands for any, where a command is about days that are over."""

MAY_FALL_SHORT = {"plan", "publish", "repair", "replan", "capacity"}
"""Commands that exit 3 where people are short, as the README says."""


def commands(page: str) -> list[list[str]]:
    """Return the commands a page shows, each as its words without the program, in order.

    In running text a command without a file, such as `staffing seats`, is only its name.
    """
    found = []
    for match in SHOWN.finditer((ROOT / page).read_text("utf-8")):
        inline = match["inline"] is not None
        if not inline and match["kind"] not in ("", "console"):
            continue
        for line in (match["inline"] or match["block"]).replace("\\\n", " ").splitlines():
            words = (
                shlex.split(line.removeprefix("$ "), comments=True) if "staffing " in line else []
            )
            whole = not inline or (len(words) > 2 and not words[2].startswith("-"))
            if words and whole and Path(words[0]).name == "staffing":
                found.append(words[1:])
    return found


def filled(command: Sequence[str]) -> list[str]:
    """Return a command with names of files, shops and days for the words that stand for them."""
    words = [word.strip("[]") for word in command]
    day = PAST.get(words[0], MEANT["DATE"])
    meant = MEANT | {"DATE": day, "日期": day}
    return [meant.get(word, word) for word in words if word != "..."]


def alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two commands are the same but for the language and names in Chinese."""
    return len(one) == len(other) and all(
        a == b or {a, b} == {"zh", "en"} or CHINESE.search(a + b)
        for a, b in zip(one, other, strict=True)
    )


# --- the pages ----------------------------------------------------------------------------------


def test_both_readmes_show_the_same_commands() -> None:
    """No command stands in one language only, and they stand in the same order."""
    english, chinese = ([filled(each) for each in commands(page)] for page in READMES)
    missing = {
        page: [shlex.join(a) for a in own if not any(alike(a, b) for b in others)]
        for page, own, others in (
            (READMES[0], english, chinese),
            (READMES[1], chinese, english),
        )
    }
    assert missing == {page: [] for page in READMES}
    assert len(english) == len(chinese)
    assert all(alike(a, b) for a, b in zip(english, chinese, strict=True))


def test_both_readmes_show_the_same_files() -> None:
    """Scenarios and prospects are the same in both, and the scenarios are those that ship."""
    english, chinese = ([tomllib.loads(each) for each in tomls(page)] for page in READMES)
    assert english == chinese
    shipped = [tomllib.loads(path.read_text("utf-8")) for path in (ROOT / "scenarios").iterdir()]
    for block in english:
        whole = any(block.items() <= {**each, "horizon": _start(each)}.items() for each in shipped)
        assert whole or "category" in block or set(block) == {"forecast"}


def _start(scenario: dict[str, object]) -> object:
    horizon = scenario.get("horizon")
    return {"start": horizon["start"]} if isinstance(horizon, dict) else None


def tomls(page: str) -> list[str]:
    """Return the TOML that a page shows."""
    return TOML.findall((ROOT / page).read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_understood(page: str) -> None:
    """Command, options and number of files of every command shown are what the program takes."""
    for command in commands(page):
        name, *rest = filled(command)
        if not name.startswith("-"):
            with GROUP.commands[name].make_context(name, rest):
                pass


@pytest.mark.parametrize("page", READMES)
def test_options_beside_a_command_are_its_own(page: str) -> None:
    """In the table of commands each option that a row names is one of the row's command."""
    rows = list(ROW.finditer((ROOT / page).read_text("utf-8")))
    assert sorted(row[1] for row in rows) == sorted(GROUP.commands)
    for row in rows:
        known = {option for each in GROUP.commands[row[1]].params for option in each.opts}
        assert set(OPTION.findall(row[0])) <= known, row[0]


def test_make_plan_plans_the_scenario_of_the_readme() -> None:
    """What `make plan` runs is a command that the README shows, and so is tried below."""
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", "--no-print-directory", "plan"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    words = shlex.split(done.stdout.splitlines()[-1])
    assert ["staffing", *words[1:]] == [Path(words[0]).name, *words[1:]]
    assert words[1:] in commands("README.md")


# --- as a new user ------------------------------------------------------------------------------

FIRST, WEEKS = dt.date(2026, 9, 23), 8
SHOPS = (("S01", "P-S01", "Tmall"), ("S05", "P-beauty", "Douyin"))
AGENTS = ("A001", "A003", "A017", "A022", "A031", "A034", "A042", "A044")


def write(path: Path, columns: Iterable[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project like the one that ships, with a small company and little work for the solver."""
    folder = tmp_path_factory.mktemp("readme")
    data = folder / "data" / "demo"
    data.mkdir(parents=True)
    write(
        data / "shops.csv",
        [
            "shop_id",
            "name",
            "platform",
            "category",
            "opens",
            "closes",
            "pool",
            "aht_s",
            "concurrency",
        ],
        [(s, f"店{s}", at, "apparel_bags", "10:00", "20:00", p, 240, 3) for s, p, at in SHOPS],
    )
    write(
        data / "agents.csv",
        ("agent_id", "name", "team", "hours_per_week"),
        [(agent, f"客服{agent}", "T1", 40) for agent in AGENTS],
    )
    write(data / "skills.csv", ("agent_id", "shop_id"), [(a, s) for a in AGENTS for s, *_ in SHOPS])
    starts = [
        dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(10)) + dt.timedelta(minutes=m)
        for day in range(7 * WEEKS)
        for m in range(0, 600, 30)
    ]
    write(
        data / "history.csv",
        ("shop_id", "start", "contacts"),
        [(s, f"{t:%Y-%m-%d %H:%M}", 5 + (t.day + t.hour) % 3) for s, *_ in SHOPS for t in starts],
    )
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    with (folder / "scenarios" / "next-week.toml").open("a", encoding="utf-8") as file:
        file.write("[roster]\neffort = 0.2\n[repair]\neffort = 0.2\n[replay]\nreplications = 2\n")
    prospect = next(block for block in tomls("README.md") if "category" in block)
    (folder / "prospect.toml").write_text(prospect, "utf-8")
    return folder


def test_every_command_of_both_readmes_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the README's order each exits as it says, and leaves the files of which it speaks."""
    monkeypatch.chdir(here)
    told: list[str] = []
    done: list[list[str]] = []
    for page in READMES:
        for command in map(filled, commands(page)):
            if command in done:
                continue
            done.append(command)
            if "edited.xlsx" in command and not Path("edited.xlsx").exists():
                shutil.copy("out/next-week/roster.xlsx", "edited.xlsx")
            result = CliRunner().invoke(cli.app, command)
            allowed = (0, 3) if command[0] in MAY_FALL_SHORT else (0,)
            if result.exit_code not in allowed:
                told.append(f"{shlex.join(command)}: {result.exit_code}\n{result.stderr}")
    assert told == []
    for page in READMES:
        text = (ROOT / page).read_text("utf-8")
        for path in re.findall(r"`(out/(?!NAME|店名)[\w./-]+)`", text):
            assert (here / path).exists(), path
        for row in re.findall(r"^\| ((?:`[\w./-]+`[,、 ]*)+) \|", text, re.MULTILINE):
            for name in re.findall(r"`([\w./-]+)`", row):
                assert (here / "out" / "next-week" / name).exists(), name


def test_forecasts_of_the_readme_run_on_the_workspace_that_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop, the days and the hour that the README names are there to be forecast."""
    monkeypatch.chdir(ROOT)
    shown = [each for each in commands("README.md") if each[0] == "forecast" and len(each) > 2]
    assert len(shown) == 2
    for command in shown:
        result = CliRunner().invoke(cli.app, [*command, "--out", str(tmp_path)])
        assert result.exit_code == 0, result.stderr
