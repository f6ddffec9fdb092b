"""Help texts and faults of the command line itself in Chinese, where that is spoken.

Commands say what they do in English, where they are declared; `zh.toml` has the same in Chinese.
What typer itself says, it says in English only: its sentences are known by their patterns.
"""

from __future__ import annotations

import io
import re
import sys
import tomllib
from collections.abc import Sequence
from contextvars import ContextVar
from copy import copy
from functools import cache
from importlib import resources
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from staffing.words import LANGS, Lang

__all__ = ["SpokenCommand", "SpokenGroup", "spoken_texts", "texts"]

SPEAKING: ContextVar[Lang] = ContextVar("SPEAKING", default="en")
"""The language of the run at hand; English where no run is, as for the documentation."""
JSON = "--json"
HEAD = re.compile(r"^[^\s:：]+[:：] ?")
"""The word before what is wrong."""
WIDTH = 70
"""Characters of a line of Chinese help, most of them as wide as two."""


@cache
def texts() -> dict[str, str]:
    """Return help text in English -> in Chinese."""
    return dict(_file()["help"])


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what typer says, as patterns, with what they become in Chinese."""
    return [(re.compile(each["says"], re.MULTILINE), each["becomes"]) for each in _file()["typer"]]


@cache
def _file() -> dict[str, Any]:
    text = resources.files("staffing.commands").joinpath("zh.toml").read_text("utf-8")
    return tomllib.loads(text)


def spoken_texts(command: Any) -> list[str]:
    """Return every help text of a command and its parameters, as `texts` has them."""
    found = [command.help, *(getattr(each, "help", None) for each in command.params)]
    return [" ".join(each.split()) for each in found if each]


def _in_chinese(text: str | None) -> str | None:
    """Return a help text in Chinese; as it is where there is none."""
    return text and texts().get(" ".join(text.split()), text)


def _worded(text: str) -> str:
    """Return what typer has written with its own words in Chinese."""
    for pattern, becomes in _patterns():
        text = pattern.sub(becomes, text)
    return text


def _translated(command: Any) -> Any:
    """Return a command with its help texts, and those of its parameters, in Chinese."""
    made = copy(command)
    made.help = _in_chinese(command.help)
    if made.help:  # the list of commands has the first sentence
        made.short_help = made.help.partition("。")[0] + "。"
    made.params = []
    for each in command.params:
        own = copy(each)
        if getattr(each, "help", None):
            own.help = _in_chinese(each.help)
        made.params.append(own)
    if getattr(command, "commands", None):
        made.commands = {name: _translated(each) for name, each in command.commands.items()}
    return made


def _help(command: Any, ctx: Any, plain: Any) -> str:
    """Return the help page of a command in the language that is spoken."""
    if SPEAKING.get() == "en":
        return str(plain(command, ctx))
    ctx.terminal_width = WIDTH
    return _worded(str(plain(_translated(command), ctx)))


class SpokenCommand(TyperCommand):
    """A command whose help is in the language that is spoken."""

    def get_help(self, ctx: Any) -> str:
        """Return the help page."""
        return _help(self, ctx, TyperCommand.get_help)


class SpokenGroup(TyperGroup):
    """The commands: their list and what is wrong with a call, in the language that is spoken."""

    def get_help(self, ctx: Any) -> str:
        """Return the help page."""
        return _help(self, ctx, TyperGroup.get_help)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; a call that is wrong is told in the language that is spoken."""
        given = list(sys.argv[1:] if args is None else args)
        lang = _asked(given)
        token = SPEAKING.set(lang)
        own = standalone_mode and (lang != "en" or JSON in given)
        try:
            made = super().main(
                args,
                prog_name,
                complete_var,
                standalone_mode and not own,
                windows_expand_args,
                **extra,
            )
        except Exception as error:
            if not own or not hasattr(error, "show"):
                raise
            told = io.StringIO()
            error.show(told)
            text = told.getvalue() if lang == "en" else _worded(told.getvalue())
            typer.echo(text, err=True, nl=False)
            if JSON in given:
                from staffing.tell.console import as_json

                as_json(_record(text))
            sys.exit(int(error.exit_code))  # type: ignore[attr-defined]
        finally:
            SPEAKING.reset(token)
        if own:
            sys.exit(made if isinstance(made, int) else 0)
        return made


def _record(text: str) -> dict[str, object]:
    """Return what is wrong with a call as other faults are told to machines."""
    usage, _, problem = text.strip().rpartition("\n\n")
    problem = HEAD.sub("", problem)
    remedy = " ".join(usage.splitlines()) or "staffing --help"
    nowhere = {"file": None, "row": None, "column": None, "value": None}
    return {"faults": [{**nowhere, "problem": problem, "remedy": remedy}]}


def _asked(arguments: Sequence[str]) -> Lang:
    """Return the language that a call asks for, else the terminal's."""
    from staffing.commands.reading import language_of

    for at, each in enumerate(arguments):
        said = each.partition("=")[2] if each.startswith("--lang=") else None
        if each == "--lang":
            said = next(iter(arguments[at + 1 :]), None)
        if said in LANGS:
            return language_of(said)
    return language_of(None)
