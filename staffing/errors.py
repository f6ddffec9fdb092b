"""What can go wrong, and how it is said.

StaffingError
├── InputError            bad input: exit code 2, carries every fault found
│   ├── WorkspaceError
│   ├── ScenarioError
│   ├── ForecastError
│   ├── RosterFileError
│   └── PublishError      the outputs cannot be written
└── InfeasibleRosterError no lawful roster exists: exit code 3
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from staffing.words import Lang, Statement, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of an input: where it is, what was found, what to do about it.

    `code` names two entries of ``words.toml``: ``fault.<code>`` says what is wrong and
    ``remedy.<code>`` what to do; `facts` fills their placeholders.
    """

    code: str
    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def where(self, lang: Lang) -> str:
        """Return the place, e.g. ``shops.csv, row 3, column aht_s``."""
        parts = [self.file]
        if self.row is not None:
            parts.append(say(lang, "where.row", row=self.row))
        if self.column is not None:
            parts.append(say(lang, "where.column", column=self.column))
        return say(lang, "where.join").join(parts)

    def problem(self, lang: Lang) -> str:
        """Return what is wrong, with the value that was found."""
        text = say(lang, f"fault.{self.code}", **self.facts)
        if self.value is None:
            return text
        return say(lang, "where.got", text=text, value=self.value)

    def remedy(self, lang: Lang) -> str:
        """Return what the user should do."""
        return say(lang, f"remedy.{self.code}", **self.facts)

    def line(self, lang: Lang) -> str:
        """Return place, problem and remedy in one line."""
        return say(
            lang,
            "where.line",
            where=self.where(lang),
            problem=self.problem(lang),
            remedy=self.remedy(lang),
        )


class StaffingError(Exception):
    """The root of every error this package raises on purpose."""


class InputError(StaffingError):
    """Input that cannot be planned with; `faults` holds all of them, never only the first."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        super().__init__("\n".join(fault.line("en") for fault in self.faults))


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


class InfeasibleRosterError(StaffingError):
    """No lawful roster exists; `contradictions` names, per agent, the facts that clash."""

    def __init__(self, contradictions: Iterable[Statement]) -> None:
        self.contradictions: Sequence[Statement] = tuple(contradictions)
        super().__init__("\n".join(each.text("en") for each in self.contradictions))
