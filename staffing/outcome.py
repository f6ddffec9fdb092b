"""What a run of `staffing plan` came to: files, figures, and what it told, to be given again.

An unchanged run is answered from one of these, kept in the cache under everything that the run
read; it holds plain values only, so that nothing heavy has to be imported to give them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from staffing.cache import digest, program
from staffing.chain import read_chain
from staffing.errors import Fault, StoreError
from staffing.folder import listed, paths, replace, write, writing
from staffing.version import ROSTER, Version, following, handed_in
from staffing.words import Lang

__all__ = ["KEPT", "Grid", "Outcome", "Part", "asked"]

KEPT = "outcome"
"""Name of the entries in the cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table that was told: its heading and its rows, as text."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


Part = str | Grid
"""A line or a table of what was told."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to.

    Attributes
    ----------
    name : of the scenario, and of the folder of its outputs
    short : whether more is uncovered than the scenario allows
    files : name -> content of the outputs
    issued : file below the outputs -> content of the forecast as it was issued
    summary : the figures for machines, see `staffing.publish.summary`
    advice : what would mend a short week, for machines; None where it is not short
    notices : what was odd about the inputs, in the groups in which it was told
    told : what is said of the plan, before the files that are written
    version : of the roster, which the calendars tell
    days : of the horizon, ISO
    """

    name: str
    lang: Lang
    short: bool
    files: Mapping[str, bytes] = field(repr=False)
    issued: Mapping[str, bytes] = field(repr=False)
    summary: Mapping[str, object]
    advice: Mapping[str, object] | None
    notices: tuple[tuple[Fault, ...], ...]
    told: tuple[Part, ...]
    version: Version
    days: tuple[str, ...]

    def fits(self, out: Path) -> bool:
        """Return whether the files are the version that comes next in their folder."""
        return following(out / self.name, self.files[ROSTER], self.days) == self.version

    def displaced(self, out: Path) -> str | None:
        """Return the edited roster whose publication below `out` this takes the place of, if any.

        None where it was published without an edit: the roster is the same then.
        """
        return handed_in(out / self.name, self.files[ROSTER])

    def deliver(self, out: Path) -> list[Path]:
        """Write the outputs below a folder, whole or not at all; return their paths in order.

        Raises
        ------
        PublishError, StoreError
            When they cannot be written; what was there is then as it was.
        """
        folder = out / self.name
        with writing(folder):
            replace(folder, self.files, listed(folder))
        written = paths(folder, self.files)
        for name, content in self.issued.items():
            written.append(out / name)
            try:
                write(out / name, content)
            except OSError as error:
                facts = {"reason": error.strerror or str(error)}
                fault = Fault(code="cannot_write", file=str(out / name), facts=facts)
                raise StoreError([fault]) from error
        return written


def asked(
    scenario_file: Path, workspace: str, lang: Lang, files: Mapping[str, str], *, confirmed: bool
) -> str:
    """Return the key of a run: all that it reads.

    Parameters
    ----------
    workspace : name of the folder or workbook, which messages repeat
    files : digest of each file of the workspace

    Raises
    ------
    ScenarioError
        When the scenario can no longer be read.
    """
    links = [(link.file, link.content.hex()) for link in read_chain(scenario_file).links]
    return digest([program(), links, workspace, lang, files, confirmed])
