"""An output folder is written whole or not at all, and nobody else's folder is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from staffing.errors import Fault, PublishError
from staffing.words import Statement

__all__ = ["replace", "writing"]


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Tell an operating system's error within as the fault ``cannot_write`` of a folder."""
    try:
        yield
    except OSError as error:
        raise PublishError([_cannot_write(folder, error.strerror or str(error))]) from error


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
    target = folder.resolve()
    if foreign := _foreign(target, ours):
        reason = Statement("page.foreign", {"names": foreign})
        raise PublishError([_cannot_write(folder, reason)])
    _swap(target, files)


def _cannot_write(folder: Path, reason: str | Statement) -> Fault:
    return Fault(code="cannot_write", file=str(folder), facts={"reason": reason})


def _foreign(folder: Path, ours: Collection[str]) -> str:
    """Return up to three names in a folder that are not ours, '' when there is none.

    Hidden files and the lock files of Excel are nobody's work.
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
            if name not in ours and not each.name.startswith((".", "~$"))
        ]
    return ", ".join(unknown[:3])


def _swap(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder beside the target and swap it in; the old one comes back if that fails."""
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(None, "not a folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    try:
        new.mkdir()
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
