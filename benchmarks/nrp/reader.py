"""The instances' text format: sections of comma-separated lines, ``#`` begins a comment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Nurse:
    """One employee's limits; days count from 0, all limits are hard.

    Attributes
    ----------
    most_of : shift -> how often she may work it in the horizon
    days_off : days on which she does not work
    """

    most_of: dict[str, int]
    most_min: int
    least_min: int
    most_consecutive: int
    least_consecutive: int
    least_off: int
    most_weekends: int
    days_off: frozenset[int]


@dataclass(frozen=True, slots=True)
class Need:
    """Employees required of a shift on a day, and what each one missing or over costs."""

    required: int
    under: int
    over: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance; it starts on a Monday.

    Attributes
    ----------
    shifts : shift -> minutes
    forbidden : (shift, shift) pairs: the second never on the day after the first
    wanted : (employee, day, shift) -> cost of not working it
    unwanted : (employee, day, shift) -> cost of working it
    cover : (day, shift) -> need
    """

    days: int
    shifts: dict[str, int]
    forbidden: frozenset[tuple[str, str]]
    nurses: dict[str, Nurse]
    wanted: dict[tuple[str, int, str], int]
    unwanted: dict[tuple[str, int, str], int]
    cover: dict[tuple[int, str], Need]


def read(path: Path) -> Instance:
    """Return the instance in a file.

    Raises
    ------
    ValueError
        If a section is missing.
    """
    return parse(path.read_text("utf-8"))


def parse(text: str) -> Instance:
    """Return the instance in a text; see `read`."""
    sections: dict[str, list[list[str]]] = {}
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("SECTION_"):
            rows = sections.setdefault(line.removeprefix("SECTION_"), [])
        elif line and not line.startswith("#"):
            rows.append([cell.strip() for cell in line.split(",")])
    missing = {"HORIZON", "SHIFTS", "STAFF", "COVER"} - sections.keys()
    if missing:
        raise ValueError(f"sections {sorted(missing)} are missing; take the .txt of the instance")
    off = {row[0]: frozenset(map(int, row[1:])) for row in sections.get("DAYS_OFF", ())}
    return Instance(
        days=int(sections["HORIZON"][0][0]),
        shifts={row[0]: int(row[1]) for row in sections["SHIFTS"]},
        forbidden=frozenset(
            (row[0], after) for row in sections["SHIFTS"] for after in row[2].split("|") if after
        ),
        nurses={
            row[0]: Nurse(_most_of(row[1]), *map(int, row[2:8]), off.get(row[0], frozenset()))
            for row in sections["STAFF"]
        },
        wanted=_requests(sections.get("SHIFT_ON_REQUESTS", [])),
        unwanted=_requests(sections.get("SHIFT_OFF_REQUESTS", [])),
        cover={
            (int(day), shift): Need(int(number), int(under), int(over))
            for day, shift, number, under, over in sections["COVER"]
        },
    )


def _most_of(cell: str) -> dict[str, int]:
    pairs = (each.split("=") for each in cell.split("|"))
    return {shift: int(most) for shift, most in pairs}


def _requests(rows: list[list[str]]) -> dict[tuple[str, int, str], int]:
    return {(nurse, int(day), shift): int(weight) for nurse, day, shift, weight in rows}
