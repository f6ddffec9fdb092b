"""The documents are executed: what they show is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def sessions() -> list[tuple[str, str, str]]:
    """Return (page, command, expected output) of every console block."""
    found = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text("utf-8")):
            for part in block.split("$ ")[1:]:
                command, _, output = part.partition("\n")
                found.append((page.name, command, output))
    return found


@pytest.mark.parametrize(("page", "command", "output"), sessions())
def test_console_block(page: str, command: str, output: str) -> None:
    """Each command of a console block prints what the page says."""
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/staffing", f"{page}: {program} is not shown as executed"
    done = subprocess.run(
        [sys.executable, "cli.py", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == output


def test_every_page_is_reached_and_every_link_leads_somewhere() -> None:
    """Relative links of all pages point at files that are there."""
    for page in PAGES:
        for target in LINK.findall(page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
    linked = set(LINK.findall((ROOT / "README.md").read_text("utf-8")))
    assert {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} <= linked


def test_the_readme_opens_with_the_two_commands() -> None:
    """`make plan` and `make test` are the first commands, and the Makefile has them."""
    readme = (ROOT / "README.md").read_text("utf-8")
    first = readme.split("```")[1]
    assert first.split()[:2] == ["make", "plan"]
    assert "make test" in first
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "\nplan:" in makefile
    assert "\ntest:" in makefile
