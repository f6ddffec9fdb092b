"""File names that any identifier of a table can be given, and its text on one line."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LONGEST = 40
"""Characters kept of an identifier: with four bytes each still below what file systems allow."""
UNSAFE = re.compile(r"[^\w.-]+")
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices, with any suffix."""
FORGING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Line breaks, control characters and marks that turn the direction of what follows."""


def file_names(identifiers: Iterable[str]) -> dict[str, str]:
    """Return identifier -> the stem of its file, different for each on any file system.

    An identifier of letters (Chinese ones too), digits, dots, hyphens and underscores is its own
    name. What had to be changed, or differs from another in upper and lower case only, ends in
    eight digits of its SHA-256, so that a name does not depend on the order of the agents.

    Examples
    --------
    >>> file_names(["A017", "../x", "客服一"])
    {'A017': 'A017', '../x': 'x-d6b96a97', '客服一': '客服一'}
    """
    wanted = {each: _safe(each) for each in identifiers}
    times = Counter(name.casefold() for name in wanted.values())
    return {
        each: name
        if name == each and times[name.casefold()] == 1
        else f"{name}-{hashlib.sha256(each.encode('utf-8', 'replace')).hexdigest()[:8]}"
        for each, name in wanted.items()
    }


def _safe(identifier: str) -> str:
    plain = UNSAFE.sub("_", unicodedata.normalize("NFC", identifier))
    name = plain.strip("._-")[:LONGEST].rstrip("._-")
    return f"_{name}" if not name or RESERVED.fullmatch(name) else name


def one_line(text: str) -> str:
    r"""Return a text without line breaks and control characters, which would forge other lines.

    Examples
    --------
    >>> one_line("Li\r\nJie \u202e")
    'Li Jie'
    """
    return " ".join(FORGING.sub(" ", text).split())
