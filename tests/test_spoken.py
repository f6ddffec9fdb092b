"""The command line speaks Chinese: every help text is there, and what typer says itself."""

from __future__ import annotations

import json
import re

import pytest
import typer.main
from typer.testing import CliRunner

import cli
from staffing.commands.spoken import spoken_texts, texts

CHINESE = re.compile(r"[一-鿿]")
WORDS = re.compile(r"[A-Za-z][a-z]+ [a-z]+ [a-z]+")
"""Three English words in a row."""
TREE = typer.main.get_command(cli.app)
CALLS = {
    "pla": "没有“pla”这个命令。 是不是 'plan', 'replan'？",
    "plan": "缺少参数 SCENARIO。",
    "sweep x": "缺少选项 --over。",
    "plan x --bogus": "没有 --bogus 这个选项。",
    "plan x --out": "选项 --out 后面要写一个值。",
    "plan x y": "多出了参数：y。",
    "plan x --quiet=3": "选项 --quiet 后面不写值。",
    "forecast x --explain S01": "选项 --explain 后面要写 2 个值。",
    "pools x --most-shops a": "--most-shops 的值不对：应为整数。",
    "pools x --most-shops 1": "--most-shops 的值不对：不得小于 2。",
    "capacity x --weeks 99": "--weeks 的值不对：不得大于 26。",
    "close-out S x --seats a --from 2026-01-01 --to 2026-01-02": "--seats 的值不对：应为数字。",
    "report x y": "DATE 的值不对：“x”不符合格式 '%Y-%m-%d', '%Y/%m/%d'。",
    "plan x --lang fr": "--lang 的值不对：“fr”不在 zh、en 之列",
}


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chinese terminal."""
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")


def commands() -> list[str]:
    return sorted(TREE.commands)  # type: ignore[attr-defined]


def test_every_help_text_has_its_chinese_and_none_is_left_over() -> None:
    """A new option without a line in zh.toml fails here, as does a line nobody says."""
    said = set(spoken_texts(TREE))
    for name in commands():
        said |= set(spoken_texts(TREE.commands[name]))  # type: ignore[attr-defined]
    assert said - texts().keys() == set()
    assert texts().keys() - said == set()
    assert all(CHINESE.search(text) for text in texts().values())


@pytest.mark.parametrize("command", ["", *commands()])
def test_a_help_page_has_no_english_sentence(command: str) -> None:
    """But for the example, which is typed as it stands; with --lang en it has no Chinese word."""
    asked = [*command.split(), "--help"]
    told = CliRunner().invoke(cli.app, asked).stdout
    page = told.split("示例：")[0]
    assert "用法：" in page
    assert not WORDS.search(page)
    if command:
        english = CliRunner().invoke(cli.app, [command, "--lang", "en", "--help"]).stdout
        assert not CHINESE.search(english)


@pytest.mark.parametrize(("call", "told"), CALLS.items())
def test_a_wrong_call_is_told_in_chinese(call: str, told: str) -> None:
    """The fault and where help is, exit code 2, no English sentence."""
    made = CliRunner().invoke(cli.app, call.split())
    assert made.exit_code == 2
    assert f"错误：{told}" in made.stderr
    assert not WORDS.search(made.stderr)


def test_the_terminal_s_language_gives_way_to_the_one_that_is_asked_for() -> None:
    """`--lang en` in a Chinese terminal, and `--lang=zh` in an English one."""
    english = CliRunner().invoke(cli.app, ["plan", "--lang", "en"])
    assert "Missing argument" in english.stderr
    chinese = CliRunner().invoke(cli.app, ["plan", "--lang=zh"], env={"LANG": "en_US.UTF-8"})
    assert "缺少参数" in chinese.stderr


@pytest.mark.parametrize("call", CALLS)
def test_a_wrong_call_is_told_to_machines(call: str) -> None:
    """With `--json` stdout has what is wrong as it has any other fault."""
    command, *given = call.split()
    result = CliRunner().invoke(cli.app, [command, "--json", *given])
    assert result.exit_code == 2
    (fault,) = json.loads(result.stdout)["faults"]
    assert fault["problem"].startswith(CALLS[call])
    assert "--help" in fault["remedy"]
