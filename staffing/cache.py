"""What was computed is kept under the sha256 of everything it was computed from.

A key is the digest of all that a result depends on: the bytes of the tables, the keys of the
scenario, the keys of the stages before it, this program's own files and the versions of Python and
the libraries. Whoever changes one byte of these asks under another key, so nothing is ever out of
date and nothing needs to be invalidated. To the results themselves the cache is invisible.

joblib.Memory, which is here for other work, keys by a function's arguments and trusts what it
reads; these files say their own sha256, so that one that was cut off or spoilt is made anew.
Entries are pickles: a cache folder belongs to whoever runs the program, as the program does.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import platform
from collections.abc import Callable
from contextlib import suppress
from functools import cache as once
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

from staffing.folder import write

__all__ = ["FOLDER", "MOST_BYTES", "Cache", "digest", "digest_of_files", "program"]

FOLDER = ".cache"
"""Name of the folder below the outputs, where no other is asked for."""
MOST_BYTES = 512 * 1024**2
"""Size up to which entries are kept, the ones used last; about sixty plans of the demo."""
SUFFIX = ".entry"
LIBRARIES = (
    "altair",
    "holidays",
    "jinja2",
    "joblib",
    "numba",
    "numpy",
    "openpyxl",
    "ortools",
    "pandas",
    "pandera",
    "pyarrow",
    "pydantic",
    "scipy",
    "statsmodels",
    "tzdata",
    "vl-convert-python",
    "xlsxwriter",
)
"""Libraries that results may depend on; rich and typer only show them."""
SPOILT = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
)
"""What reading a pickle may raise."""

Made = TypeVar("Made")


def digest(parts: object) -> str:
    """Return the sha256 of plain values: texts, numbers, lists and dicts of them.

    The name of a file may be bytes that are no UTF-8.
    """
    said = json.dumps(parts, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()


def digest_of_files(root: Path) -> dict[str, str]:
    """Return file name -> sha256 of every file of a workspace, a folder or one file.

    A file that cannot be read has the digest ''; that is told where it is read as a table.
    """
    files = sorted(root.iterdir()) if root.is_dir() else [root]
    return {
        path.name: _digest_of(path)
        for path in files
        if path.is_file() and not path.name.startswith((".", "~$"))
    }


def _digest_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


@once
def program() -> str:
    """Return the digest of what computes: this package's files, Python and the libraries."""
    package = Path(__file__).parent
    files = [path for path in package.rglob("*") if path.is_file() and _ours(path)]
    files.append(package.parent / "cli.py")  # which stages are run, and with what
    own = {
        path.relative_to(package.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.exists()
    }
    return digest([own, platform.python_version(), _versions()])


def _ours(path: Path) -> bool:
    """Return whether a file is a source, not what Python or numba made of one."""
    return "__pycache__" not in path.parts and not path.name.startswith(".")


def _versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


class Cache:
    """Results by key, in files of one folder.

    Parameters
    ----------
    folder : made when something is kept; None keeps nothing
    most_bytes : size of all entries above which those used longest ago are dropped

    Attributes
    ----------
    trouble : why something could not be kept, None as long as everything could
    """

    def __init__(self, folder: Path | None, most_bytes: int = MOST_BYTES) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        self.trouble: str | None = None

    def get(self, name: str, key: str) -> Any:
        """Return what was kept under a key, or None; an entry that is spoilt is as none."""
        if self.folder is None:
            return None
        path = self._path(name, key)
        try:
            content = path.read_bytes()
            told, payload = content[:32], memoryview(content)[32:]
            if hashlib.sha256(payload).digest() != told:
                return None
            value = pickle.loads(payload)  # noqa: S301 - see the module: our own files
            os.utime(path)  # used just now: dropped last
        except (OSError, *SPOILT):
            return None
        return value

    def put(self, name: str, key: str, value: object) -> None:
        """Keep a result, whole or not at all; where that fails, `trouble` says why."""
        if self.folder is None:
            return
        payload = pickle.dumps(value, protocol=5)
        try:
            write(self._path(name, key), hashlib.sha256(payload).digest() + payload)
            self._drop()
        except OSError as error:
            self.trouble = error.strerror or str(error)

    def take(
        self,
        name: str,
        key: str,
        make: Callable[[], Made],
        keep: Callable[[Made], bool] = lambda _: True,
    ) -> tuple[Made, bool]:
        """Return what is kept under a key, else make and keep it; and whether it was kept.

        What `keep` denies is made but not kept.
        """
        value = self.get(name, key)
        if value is not None:
            return value, True
        made = make()
        if keep(made):
            self.put(name, key, made)
        return made, False

    def _path(self, name: str, key: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}-{key}{SUFFIX}"

    def _drop(self) -> None:
        """Drop the entries used longest ago until the rest fits."""
        assert self.folder is not None
        told = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another run has just dropped it
                if path.name.endswith(SUFFIX):
                    told.append((path.stat(), path))
        left = sum(stat.st_size for stat, _ in told)
        for stat, path in sorted(told, key=lambda each: (each[0].st_mtime_ns, each[1].name))[:-1]:
            if left <= self.most_bytes:
                break
            path.unlink(missing_ok=True)
            left -= stat.st_size
