"""A scenario file and those it builds on: read, merged, and where each key stands.

A file that says ``base = "next-week.toml"`` takes every key that it does not give itself from
that file, which may have a base of its own. Sections are merged key by key; a list or a value is
taken whole. The name is the one key that is never taken over, since two plans cannot share a
folder: a file with a base and without a name is called as the file is.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from staffing.errors import Fault, ScenarioError

__all__ = ["BASE", "Chain", "Link", "lines_of", "read_chain", "read_link"]

BASE = "base"
"""The key that names the file to build on."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One file of a chain.

    Attributes
    ----------
    file : its name for messages, as seen from the folder of the first file
    content : its bytes, as they were read
    text : the same as text
    raw : its keys as TOML has them
    """

    path: Path
    file: str
    content: bytes = field(repr=False)
    text: str = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """Return dotted key or section -> its line, the first of several."""
        return lines_of(self.text)


def lines_of(text: str) -> dict[str, int]:
    """Return dotted key or section of a TOML text -> its line, the first of several."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#", 1)[0].strip()
        if bare.startswith("["):
            section = bare.strip("[] ").replace('"', "")
            found.setdefault(section, number)
        elif "=" in bare:
            name = bare.split("=", 1)[0].replace('"', "").replace(" ", "")
            found.setdefault(f"{section}.{name}".strip("."), number)
    return found


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The files of a scenario, the one asked for first, each followed by its base.

    Attributes
    ----------
    broken : why the last file's base could not be read; then keys may be missing that it has
    """

    links: tuple[Link, ...]
    broken: tuple[Fault, ...] = ()

    @property
    def raw(self) -> dict[str, Any]:
        """Return the keys of all files, the first file's before its bases'."""
        merged: dict[str, Any] = {}
        for link in reversed(self.links):
            merged = _merged(merged, _own(link, last=link is self.links[-1]))
        if BASE not in self.links[0].raw:
            merged.pop(BASE, None)
        return merged

    def place(self, key: Sequence[str]) -> tuple[str, int | None]:
        """Return file and line of a key, else those of its section, else the first file alone."""
        links = self.links[:1] if key[:1] in (["name"], [BASE]) else self.links
        for length in range(len(key), 0, -1):
            name = ".".join(key[:length])
            for link in links:
                if name in link.lines:
                    return link.file, link.lines[name]
        return self.links[0].file, None

    def order(self, fault: Fault) -> tuple[int, int]:
        """Return where a fault stands among others: by file, then by line."""
        files = [link.file for link in self.links]
        return (files.index(fault.file) if fault.file in files else len(files), fault.row or 0)


def read_chain(path: Path) -> Chain:
    """Read a scenario file and every file that it builds on.

    Raises
    ------
    ScenarioError
        When a file that is there cannot be read as TOML, or the first one is not there. That a
        base is missing or leads back is told in `Chain.broken`, so that what else is wrong can be
        told beside it.
    """
    links, seen = [read_link(path, path.name)], [path.resolve()]
    while isinstance(base := links[-1].raw.get(BASE), str) and base:
        child = links[-1]
        below = child.path.parent / base
        if "\0" in base:
            broken = _broken(child, base, "no_base")
        elif below.resolve() in seen:
            names = [link.file for link in links[seen.index(below.resolve()) :]]
            broken = _broken(child, base, "base_cycle", files=" → ".join([*names, names[0]]))
        elif below.is_dir():
            broken = _broken(child, base, "base_folder")
        elif not below.exists():
            broken = _broken(child, base, "no_base")
        else:
            links.append(read_link(below, _beside(path, below)))
            seen.append(below.resolve())
            continue
        return Chain(links=tuple(links), broken=(broken,))
    return Chain(links=tuple(links))


def _broken(child: Link, base: str, code: str, **facts: object) -> Fault:
    """Return the fault of a base that cannot be read."""
    row = child.lines.get(BASE)
    return Fault(code=code, file=child.file, row=row, column=BASE, value=base, facts=facts)


def read_link(path: Path, file: str, missing: str = "no_scenario") -> Link:
    """Read one file.

    Parameters
    ----------
    missing : code of the fault where there is no such file

    Raises
    ------
    ScenarioError
        When it is not there, or is not TOML in UTF-8.
    """
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        raw = tomllib.loads(text)
    except FileNotFoundError:
        raise ScenarioError([Fault(code=missing, file=str(path))]) from None
    except OSError as error:
        facts = {} if path.is_dir() else {"reason": error.strerror or str(error)}
        code = "unreadable" if facts else "is_folder"
        raise ScenarioError([Fault(code=code, file=str(path), facts=facts)]) from None
    except UnicodeDecodeError:
        raise ScenarioError([Fault(code="not_utf8", file=file)]) from None
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([_not_toml(file, text, str(error))]) from None
    except RecursionError:
        raise ScenarioError([Fault(code="toml_deep", file=file)]) from None
    return Link(path=path, file=file, content=content, text=text, raw=raw)


def _not_toml(file: str, text: str, reason: str) -> Fault:
    """Return where TOML could not be read, with the line as it stands there."""
    lines = text.splitlines() or [""]
    at = re.search(r"at line (\d+), column (\d+)", reason)
    row, position = (int(at[1]), at[2]) if at else (len(lines), str(len(lines[-1])))
    code = "key_twice" if re.search("overwrite|twice|mutate", reason) else "not_toml"
    value = lines[min(row, len(lines)) - 1].strip()
    return Fault(code=code, file=file, row=row, value=value, facts={"position": position})


def _own(link: Link, *, last: bool) -> dict[str, Any]:
    """Return the keys of one file, its workspace as a path of its own folder, its name told."""
    raw = dict(link.raw)
    if isinstance(workspace := raw.get("workspace"), str):
        raw["workspace"] = str(_folder(link.path) / workspace)
    if "name" not in raw and not last:
        raw["name"] = link.path.stem
    return raw


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of both, sections merged key by key, `above` first."""
    found = dict(below)
    for name, value in above.items():
        under = found.get(name)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            found[name] = _merged(under, value)
        else:
            found[name] = value
    return found


def _folder(path: Path) -> Path:
    return Path(os.path.abspath(path.parent))  # noqa: PTH100 - `resolve` would follow links


def _beside(first: Path, other: Path) -> str:
    """Return a file's name as seen from the folder of the first one."""
    return Path(os.path.relpath(_folder(other) / other.name, _folder(first))).as_posix()
