"""What can go wrong, and how it is said.

StaffingError
├── InputError            bad input: exit code 2, carries every fault found
│   ├── WorkspaceError
│   ├── ScenarioError
│   ├── ForecastError
│   ├── RosterFileError
│   ├── PublishError      the outputs cannot be written
│   └── StoreError        what was issued cannot be kept or read
└── InfeasibleRosterError no lawful roster exists: exit code 3
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from staffing.words import Lang, Statement, say, told

LONGEST_VALUE = 80
"""Characters of a cell that a message repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of an input: where it is, what was found, what to do about it.

    `code` names two entries of ``words.toml``: ``fault.<code>`` says what is wrong and
    ``remedy.<code>`` what to do; `facts` fills their placeholders.

    Attributes
    ----------
    file : the file, as the user knows it
    row : the row as Excel counts them (the header is row 1), or the line of a scenario
    column : the column under the name that the file gives it, or the dotted key of a scenario
    value : what was found there, as it was typed
    """

    code: str
    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    def where(self, lang: Lang) -> str:
        """Return the place, e.g. ``shops.csv, row 3, column aht_s``."""
        scenario = self.file.endswith(".toml")
        parts = [self.file]
        if self.row is not None:
            parts.append(say(lang, "where.text_row" if scenario else "where.row", row=self.row))
        if self.column is not None:
            key = "where.key" if scenario else "where.column"
            parts.append(say(lang, key, column=self.column))
        return say(lang, "where.join").join(parts)

    def problem(self, lang: Lang) -> str:
        """Return what is wrong, with the value that was found."""
        text = say(lang, f"fault.{self.code}", **told(lang, self.facts))
        if self.value is None:
            return text
        return say(lang, "where.got", text=text, value=_printable(self.value))

    def remedy(self, lang: Lang) -> str:
        """Return what the user should do."""
        return say(lang, f"remedy.{self.code}", **told(lang, self.facts))

    def line(self, lang: Lang) -> str:
        """Return place, problem and remedy in one line."""
        return say(
            lang,
            "where.line",
            where=self.where(lang),
            problem=self.problem(lang),
            remedy=self.remedy(lang),
        )

    def record(self, lang: Lang) -> dict[str, object]:
        """Return the fault for machines, its sentences in a language."""
        return {
            "file": self.file,
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "problem": say(lang, f"fault.{self.code}", **told(lang, self.facts)),
            "remedy": self.remedy(lang),
        }


def _printable(value: str) -> str:
    """Return a value for a message: no control characters, not too long."""
    plain = "".join(char if char.isprintable() else "�" for char in value)
    return plain if len(plain) <= LONGEST_VALUE else plain[:LONGEST_VALUE] + "..."


class StaffingError(Exception):
    """The root of every error this package raises on purpose."""


class InputError(StaffingError):
    """Input that cannot be planned with; `faults` holds all of them, never only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        super().__init__("\n".join(fault.line("en") for fault in self.faults))

    def __reduce__(self) -> tuple[type[InputError], tuple[Sequence[Fault]]]:
        """Let it be raised from another process."""
        return type(self), (self.faults,)


class WorkspaceError(InputError):
    """The tables of a workspace."""


class ScenarioError(InputError):
    """The scenario file."""


class ForecastError(InputError):
    """A history that cannot carry the horizon."""


class RosterFileError(InputError):
    """A roster file that was handed in for audit."""


class PublishError(InputError):
    """The output folder cannot be written."""


class StoreError(InputError):
    """Issued forecasts that cannot be kept or read."""


class InfeasibleRosterError(StaffingError):
    """No lawful roster exists; `contradictions` names, per agent, the facts that clash.

    `ways_out` says what would give everybody a lawful week, where that was looked for.
    """

    def __init__(
        self, contradictions: Iterable[Statement], ways_out: Iterable[Statement] = ()
    ) -> None:
        self.contradictions: Sequence[Statement] = tuple(contradictions)
        self.ways_out: Sequence[Statement] = tuple(ways_out)
        super().__init__("\n".join(each.text("en") for each in self.contradictions))
