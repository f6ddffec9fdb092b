"""A scenario file read: its values, or every fault with its line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from staffing.chain import lines_of, read_chain, read_link
from staffing.errors import Fault, ScenarioError
from staffing.scenario.keys import (
    default_text,
    example,
    is_section,
    keys,
    nearest,
    numeric_keys,
    toml_text,
)
from staffing.scenario.model import Scenario
from staffing.scenario.section import Section
from staffing.words import Statement, catalogue

S = TypeVar("S", bound=Section)


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file, on top of its base where it has one.

    A relative workspace starts at the folder of the file that names it.

    Raises
    ------
    ScenarioError
        With every fault of the files, each under the file in which the key stands.
    """
    chain = read_chain(path)
    try:
        scenario = Scenario.model_validate(chain.raw)
    except ValidationError as error:
        found = [*chain.broken, *_faults(chain.place, error, Scenario, chain.broken)]
        faults = {(fault.column, fault.code): fault for fault in found}
        raise ScenarioError(sorted(faults.values(), key=chain.order)) from None
    if chain.broken:
        raise ScenarioError(chain.broken)
    if "\0" in (value := str(scenario.workspace)):
        file, row = chain.place(["workspace"])
        fault = Fault(code="no_file", file=file, row=row, column="workspace", value=value)
        raise ScenarioError([fault])
    return scenario.model_copy(update={"workspace": scenario.workspace.resolve()})


def read_toml(path: Path, missing: str) -> tuple[dict[str, Any], str]:
    """Read a TOML file: what it says, and its text.

    Parameters
    ----------
    missing : code of the fault where there is no such file

    Raises
    ------
    ScenarioError
        Where the file cannot be read.
    """
    link = read_link(path, path.name, missing)
    return dict(link.raw), link.text


def checked(model: type[S], raw: Mapping[str, Any], file: str, text: str) -> S:
    """Return the values of a file as the model that describes it.

    Parameters
    ----------
    raw, text : what the file says, and its text, in which faults find their lines

    Raises
    ------
    ScenarioError
        With every fault of the file.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        found = {
            (f.column, f.code): f
            for f in _faults(lambda key: (file, line_of(text, key)), error, model)
        }
        raise ScenarioError(sorted(found.values(), key=lambda f: f.row or 0)) from None


def varied(path: Path, key: str, values: Sequence[str], option: str) -> list[tuple[str, Scenario]]:
    """Return the scenario of a file once for each value of a numeric key, each value once.

    Parameters
    ----------
    key : dotted, such as ``forecast.uplift``
    values : as they would stand in the file; text needs no quotes
    option : where they were typed, for messages

    Raises
    ------
    ScenarioError
        With every fault of the file, else of the key, else of all values.
    """
    whole = read_scenario(path)
    numeric = numeric_keys()
    if key not in numeric:
        known = {name for name, field in keys() if not is_section(field)}
        if key in known:
            fault = Fault(code="not_numeric", file=option, value=key)
        elif near := nearest(key, numeric):
            fault = Fault(
                code="key_unknown_near",
                file=option,
                value=key,
                facts={"near": near, "page": Section.page},
            )
        else:
            fault = Fault(code="key_unknown", file=option, value=key, facts={"page": Section.page})
        raise ScenarioError([fault])
    chain = read_chain(path)
    found, faults = [], []
    for value in dict.fromkeys(values):
        raw = chain.raw
        *sections, name = key.split(".")
        place = raw
        for section in sections:
            place[section] = dict(place.get(section, {}))
            place = place[section]
        place[name] = _typed(value)
        try:
            made = Scenario.model_validate(raw)
        except ValidationError as error:
            told = next(_faults(chain.place, error, Scenario))
            faults.append(replace(told, file=f"{option} {key}", row=None, column=None, value=value))
            continue
        found.append((value, made.model_copy(update={"workspace": whole.workspace})))
    if faults:
        raise ScenarioError(faults)
    return found


def _typed(value: str) -> object:
    """Return a value as TOML would have it: a number where it is one, else text."""
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def check_shops(path: Path, scenario: Scenario, shops: Collection[str]) -> None:
    """Check that the shops that a scenario file names are shops of its workspace.

    Raises
    ------
    ScenarioError
        With each name that is not, and the line it stands on.
    """
    key = "fairness.hard_shops"
    faults = []
    for shop in scenario.fairness.hard_shops:
        if shop not in shops:
            near = difflib.get_close_matches(shop, shops, n=1)
            facts = {"table": "shops"} | ({"near": near[0]} if near else {})
            code = "unknown_near" if near else "unknown"
            file, row = read_chain(path).place(key.split("."))
            faults.append(Fault(code=code, file=file, row=row, column=key, value=shop, facts=facts))
    if faults:
        raise ScenarioError(faults)


LIMITS = {
    "greater_than": "above",
    "greater_than_equal": "at_least",
    "less_than": "below",
    "less_than_equal": "at_most",
    "multiple_of": "multiple",
    "finite_number": "number",
    "float_type": "number",
    "bool_type": "flag",
    "int_type": "whole",
    "literal_error": "one_of",
    "model_type": "section",
    "path_type": "text",
    "string_type": "text",
    "string_pattern_mismatch": "name",
    "tuple_type": "list",
}
"""Pydantic's types of error -> our sentences ``limit.*``; our own errors carry their name."""
BOUNDS = ("gt", "ge", "lt", "le", "multiple_of")


def _faults(
    place_of: Callable[[Sequence[str]], tuple[str, int | None]],
    error: ValidationError,
    model: type[BaseModel],
    broken: Collection[Fault] = (),
) -> Iterator[Fault]:
    """Yield pydantic's errors as faults with the file and line they stand on.

    Parameters
    ----------
    broken : why a base could not be read; then what it may have said is not known
    """
    for each in error.errors():
        facts = each.get("ctx", {})
        if broken and (each["type"] == "missing" or facts.get("key")):
            continue  # what the base that is not there says of it is not known
        place = [str(part) for part in each["loc"] if isinstance(part, str)]
        place += str(facts["key"]).split(".") if facts.get("key") else []
        key = ".".join(place)
        value = facts.get("value") or _shown(each["input"], each["type"])
        match each["type"]:
            case "missing":
                code, value, facts = "key_missing", None, {"example": example(key, model)}
            case "extra_forbidden":
                near = nearest(key, [name for name, _ in keys(model)])
                code, value = "key_unknown_near" if near else "key_unknown", None
                facts = {"near": near} if near else {}
            case _:
                code, facts = _unfit(key, each, model)
        file, row = place_of(place)
        facts = {**facts, "page": getattr(model, "page", Section.page)}
        yield Fault(code=code, file=file, row=row, column=key, value=value, facts=facts)


def _shown(value: object, kind: str) -> str | None:
    """Return a value for a message, text without its quotes unless they are the mistake."""
    quotes_matter = kind.startswith(("int_", "float_", "model_", "tuple_"))
    return value if isinstance(value, str) and not quotes_matter else toml_text(value)


def _unfit(key: str, error: ErrorDetails, model: type[BaseModel]) -> tuple[str, dict[str, object]]:
    """Return code and facts of a value that is not what it must be."""
    kind, facts = error["type"], dict(error.get("ctx", {}))
    facts = {name: fact for name, fact in facts.items() if name not in ("key", "value")}
    if f"fault.{kind}" in catalogue():
        return kind, facts
    limit = "day" if kind.startswith("date_") else LIMITS.get(kind, kind)
    bound = next((facts[name] for name in BOUNDS if name in facts), None)
    if bound is not None:
        facts = {"number": f"{float(bound):.10g}"}
    elif limit == "one_of":
        facts = {"allowed": re.findall(r"'([^']*)'", str(facts["expected"]))}
    elif limit == "section":
        facts = {"name": key}
    elif f"limit.{limit}" not in catalogue():
        limit, facts = "other", {"reason": error["msg"]}
    said = Statement(f"limit.{limit}", facts)
    if limit in ("below", "at_most") and bound is not None and bound <= 1:
        return "key_not_a_share", {"limit": said}
    if limit == "section":
        return "key_not_a_section", {"limit": said, "name": key}
    field = dict(keys(model)).get(key)
    if field is None or field.is_required():
        return "key_wrong_required", {"limit": said, "example": example(key, model)}
    return "key_wrong", {"limit": said, "default": default_text(field)}


def line_of(text: str, key: Sequence[str] | str) -> int | None:
    """Return the line of a dotted key in a TOML text, else that of its section, else None."""
    parts = key.split(".") if isinstance(key, str) else key
    lines = lines_of(text)
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((lines[name] for name in names if name in lines), None)
