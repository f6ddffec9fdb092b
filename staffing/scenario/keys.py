"""The keys of a scenario: all of them, those that hold a number, and their page."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from staffing.grid import Window, clock_text
from staffing.scenario.model import Scenario
from staffing.scenario.section import Section, clock


def keys(model: type[BaseModel] = Scenario, path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every key of a scenario, dotted, with its field; sections come after plain keys."""
    sections = {name for name, field in model.model_fields.items() if is_section(field)}
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] in sections):
        yield f"{path}{name}", field
        if is_section(field):
            yield from keys(field.annotation, f"{path}{name}.")  # type: ignore[arg-type]


def is_section(field: FieldInfo) -> bool:
    """Return whether a key is a section."""
    return isinstance(field.annotation, type) and issubclass(field.annotation, Section)


def nearest(key: str, known: Sequence[str]) -> str | None:
    """Return the known key that is meant: the same name in another section, or like spelling."""
    moved = [name for name in known if name.rpartition(".")[2] == key.rpartition(".")[2]]
    close = moved or difflib.get_close_matches(key, known, n=1)
    return close[0] if close else None


def example(key: str, model: type[BaseModel]) -> str:
    """Return how a required key is written."""
    field = dict(keys(model)).get(key)
    example = str((field.examples or [""])[0]) if field is not None else ""
    return example if example.startswith("[") else f"{key.rpartition('.')[2]} = {example}"


def default_text(field: FieldInfo) -> str:
    """Return a default as it would stand in the file."""
    default = field.get_default(call_default_factory=True)
    if isinstance(default, int) and any(
        isinstance(each, BeforeValidator) and each.func is clock for each in field.metadata
    ):
        default = clock_text(default)
    return "none" if default is None else toml_text(default) or ""


def toml_text(value: object) -> str | None:
    """Return a value as it would stand in the file, None for a whole section."""
    match value:
        case dict() | BaseModel():
            return None
        case Window():
            return json.dumps(
                [clock_text(value.opens_min), clock_text(value.closes_min % 1440 or 1440)]
            )
        case list() | tuple():
            return f"[{', '.join(toml_text(each) or '{}' for each in value)}]"
        case bool() | str():
            return json.dumps(value, ensure_ascii=False)
        case float():
            return f"{value:g}" if value % 1 else f"{value:.1f}"
        case _:
            return str(value)


def keys_page(model: type[BaseModel] = Scenario) -> str:
    """Return the reference of all keys as Markdown: default, limits, meaning, origin."""
    lines: list[str] = []
    head = [
        "| key | default | limits | meaning | where the default comes from |",
        "|---|---|---|---|---|",
    ]
    for name, field in keys(model):
        if is_section(field):
            lines += [
                "",
                f"## [{name}]",
                "",
                str(getattr(field.annotation, "__doc__", "")),
                "",
                *head,
            ]
            continue
        if not lines:
            lines += head
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        default = "required" if field.is_required() else f"`{default_text(field)}`"
        cells = (f"`{name}`", default, _limits(field), field.description, extra.get("origin", ""))
        lines.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _limits(field: FieldInfo) -> str:
    """Return what a value must be, in words."""
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    if extra.get("limits"):
        return str(extra["limits"])
    kinds = {
        int: "whole number",
        float: "number",
        Decimal: "number",
        bool: "true or false",
        dt.date: "date",
        Path: "path",
        str: "text",
    }
    words = {
        "gt": "above {}",
        "ge": "at least {}",
        "lt": "below {}",
        "le": "at most {}",
        "multiple_of": "in steps of {}",
    }
    kind = next((word for each, word in kinds.items() if field.annotation is each), None)
    parts = [kind or " or ".join(f'"{each}"' for each in get_args(field.annotation))]
    for each in field.metadata:
        parts += [
            said.format(toml_text(getattr(each, name)))
            for name, said in words.items()
            if getattr(each, name, None) is not None
        ]
    return ", ".join(parts)


def numeric_keys() -> list[str]:
    """Return the dotted names of the keys that hold a number."""
    return [name for name, field in keys() if _is_numeric(field)]


def _is_numeric(field: FieldInfo) -> bool:
    """Return whether a key is a number, not a time of day."""
    kinds = {field.annotation, *get_args(field.annotation)}
    clocked = any(
        isinstance(each, BeforeValidator) and each.func is clock for each in field.metadata
    )
    return bool(kinds & {int, float}) and not clocked and get_origin(field.annotation) is not tuple
