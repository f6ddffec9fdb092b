"""An output folder is written whole or not at all, and nobody else's folder is touched."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from staffing.errors import Fault, PublishError
from staffing.words import Statement

__all__ = [
    "MANIFEST",
    "json_bytes",
    "listed",
    "paths",
    "read_manifest",
    "refuse_unusable",
    "replace",
    "replace_all",
    "write",
    "writing",
]

MANIFEST = "manifest.json"
"""The output that lists the others."""
WORKBOOK = "roster.xlsx"
"""The output that is edited."""
NOBODYS = ("~$", ".~lock.", "._", ".DS_Store", "Thumbs.db", "desktop.ini")
"""How the names of files begin that Excel, LibreOffice and file managers leave in a folder."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Tell an operating system's error within as the fault ``cannot_write`` of a folder."""
    try:
        yield
    except OSError as error:
        raise PublishError([_cannot_write(folder, error.strerror or str(error))]) from error


def refuse_unusable(
    folder: Path, ours: Collection[str] | None = None, source: Path | None = None
) -> None:
    """Refuse a folder that outputs cannot go to, before they are computed.

    Parameters
    ----------
    ours : as in `replace`, where that is known so early
    source : the file that the outputs are made of, which may be one of the folder's own

    Raises
    ------
    PublishError
        When it is a file or below one, may not be written, or holds files of somebody else
        (``cannot_write``), or a workbook that was edited since (``edits_unpublished``).
    """
    with writing(folder):
        target = _resolved(folder)
    there = next(each for each in (target, *target.parents) if each.exists())
    with writing(folder):
        foreign = "" if ours is None else _foreign(target, ours)
    reason = None
    if not there.is_dir():
        reason = Statement("page.no_folder", {"path": f"{there}"})
    elif not os.access(there if there != target else target.parent, os.W_OK):
        reason = Statement("page.no_right", {"path": f"{there}"})
    elif foreign:
        reason = Statement("page.foreign", {"names": foreign})
    if reason is not None:
        raise PublishError([_cannot_write(folder, reason)])
    book = target / WORKBOOK
    with writing(folder):
        edited = _edited(book)
    if edited and (source is None or source.resolve() != book):
        raise PublishError([Fault(code="edits_unpublished", file=str(folder / WORKBOOK))])


def _edited(book: Path) -> bool:
    """Return whether a workbook is no longer as it was written."""
    files = read_manifest(book.parent).get("files", ())
    told = {each["file"]: each.get("sha256") for each in files}.get(WORKBOOK)
    known = told is not None and book.is_file()
    return known and hashlib.sha256(book.read_bytes()).hexdigest() != told


def replace(folder: Path, files: Mapping[str, bytes], ours: Collection[str]) -> None:
    """Make a folder hold these files and no other.

    Parameters
    ----------
    files : name -> content; a name may hold one folder, as in ``calendars/A1.ics``
    ours : names that an earlier run may have left there; any other name is somebody else's, and
        the folder is refused

    Raises
    ------
    PublishError
        When the folder holds files of somebody else (``cannot_write``).
    OSError
        When it cannot be written; it is then as it was.
    """
    replace_all({folder: files}, ours)


def replace_all(folders: Mapping[Path, Mapping[str, bytes]], ours: Collection[str]) -> None:
    """Make folders hold these files and no other, all of them or none; see `replace`.

    Parameters
    ----------
    folders : folder -> name -> content

    Raises
    ------
    PublishError
        With every folder that holds files of somebody else (``cannot_write``).
    OSError
        When one cannot be written; all are then as they were.
    """
    faults = [
        _cannot_write(folder, Statement("page.foreign", {"names": foreign}))
        for folder in folders
        if (foreign := _foreign(_resolved(folder), ours))
    ]
    if faults:
        raise PublishError(faults)
    _swap({_resolved(folder): files for folder, files in folders.items()})


def write(path: Path, content: bytes) -> None:
    """Write one file, whole or not at all; its folder is made where it is missing.

    Raises
    ------
    OSError
        When it cannot be written; an older file is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        new.write_bytes(content)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an older output; empty where it is missing or not ours."""
    try:
        old = json.loads((folder / MANIFEST).read_text("utf-8"))
        json.dumps(old, ensure_ascii=False).encode()  # halves of a character are not ours
        ours = all(isinstance(each["file"], str) for each in old["files"])
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return {}
    return dict(old) if ours else {}


def listed(folder: Path) -> set[str]:
    """Return the files that an older manifest lists, itself included; empty if it is not ours."""
    old = read_manifest(folder)
    return {each["file"] for each in old["files"]} | {MANIFEST} if old else set()


def paths(folder: Path, files: Iterable[str]) -> list[Path]:
    """Return the paths of outputs in order; of many in a folder of their own, that folder."""
    return list(dict.fromkeys(folder / name.split("/", 1)[0] for name in files))


def json_bytes(value: object) -> bytes:
    """Return a value as the bytes of a JSON file; what is no text in UTF-8 is a question mark.

    Raises
    ------
    ValueError
        When a number in it is not finite: a bug, not an input.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return text.encode("utf-8", "replace")


def _cannot_write(folder: Path, reason: str | Statement) -> Fault:
    return Fault(code="cannot_write", file=str(folder), facts={"reason": reason})


def _resolved(folder: Path) -> Path:
    """Return where a folder really is.

    Raises
    ------
    OSError
        When links lead round in a circle, which Python before 3.13 tells otherwise.
    """
    try:
        return folder.resolve()
    except RuntimeError:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(folder)) from None


def _foreign(folder: Path, ours: Collection[str]) -> str:
    """Return up to three names in a folder that are not ours, '' when there is none.

    What Excel, LibreOffice and the file manager leave there is nobody's work; a folder within one
    of ours is somebody's.
    """
    if not folder.is_dir():
        return ""
    unknown = []
    for path in sorted(folder.iterdir()):
        below = sorted(path.iterdir()) if path.is_dir() and not path.is_symlink() else [path]
        names = [each.relative_to(folder).as_posix() for each in below]
        unknown += [
            name
            for each, name in zip(below, names, strict=True)
            if each.is_dir() or (name not in ours and not each.name.startswith(NOBODYS))
        ]
    return ", ".join(unknown[:3])


def _swap(folders: Mapping[Path, Mapping[str, bytes]]) -> None:
    """Write a folder beside each target and swap all in; the old ones come back if that fails."""
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(None, "not a folder")
        folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = ({folder: _beside(folder, name) for folder in folders} for name in ("new", "old"))
    placed: list[Path] = []
    try:
        for folder, files in folders.items():
            new[folder].mkdir()
            for name, content in files.items():
                path = new[folder] / name
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
        for folder in folders:
            if folder.exists():
                folder.rename(old[folder])
            new[folder].rename(folder)
            placed.append(folder)
    except BaseException:
        for folder in folders:
            if folder in placed:
                folder.rename(new[folder])
            if old[folder].exists():
                old[folder].rename(folder)
        raise
    finally:
        for folder in folders:
            shutil.rmtree(new[folder], ignore_errors=True)
            shutil.rmtree(old[folder], ignore_errors=True)


def _beside(folder: Path, name: str) -> Path:
    return folder.with_name(f".{folder.name}.{os.getpid()}.{name}")
