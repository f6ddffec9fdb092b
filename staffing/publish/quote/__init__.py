"""The documents of a quote, whole or not at all.

quote.html, quote.pdf, quote.xlsx and quote.json are for the merchant and are written from a
`Letter` alone. internal.xlsx and internal.json have cost and margin; they stay with us, in a folder
of their own beside the merchant's. An earlier quote.json in the folder tells what changed. The
same quote gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from staffing.folder import replace_all, writing
from staffing.publish.quote.internal import internal_record, internal_workbook
from staffing.publish.quote.letter import Letter, letter, snapshot
from staffing.publish.quote.page import page
from staffing.publish.quote.pdf import pdf
from staffing.publish.quote.record import Earlier, earlier_of, record
from staffing.publish.quote.workbook import workbook
from staffing.quote.offer import Quote
from staffing.words import Lang

__all__ = [
    "FOR_MERCHANTS",
    "FOR_US",
    "NAMES",
    "Letter",
    "internal_folder",
    "letter",
    "publish_quote",
    "render",
]

FOR_MERCHANTS = ("quote.html", "quote.pdf", "quote.xlsx", "quote.json")
FOR_US = ("internal.xlsx", "internal.json")
NAMES = (*FOR_MERCHANTS, *FOR_US)


def publish_quote(quote: Quote, folder: Path, lang: Lang) -> list[Path]:
    """Write the documents of a quote and return their paths, the page first.

    What is sent goes into `folder`, what stays with us into `internal_folder` beside it. An earlier
    quote there is replaced, and what changed against it is told if it was for the same merchant;
    any other folder that holds files is left alone and refused.

    Raises
    ------
    PublishError
        When either folder cannot be written (``cannot_write``). Nothing is left behind and an
        older quote stays as it was.
    """
    with writing(folder):
        files = render(quote, lang, earlier_of(folder / "quote.json", quote))
        parts = {
            folder: {name: files[name] for name in FOR_MERCHANTS},
            internal_folder(folder): {name: files[name] for name in FOR_US},
        }
        replace_all(parts, NAMES)
    return [each / name for each, part in parts.items() for name in part]


def internal_folder(folder: Path) -> Path:
    """Return where what stays with us is written: beside the folder that is sent."""
    return folder.with_name(f"{folder.name}-internal")


def render(quote: Quote, lang: Lang, earlier: Earlier | None = None) -> Mapping[str, bytes]:
    """Return name -> content of every document.

    Parameters
    ----------
    earlier : the quote that this one replaces
    """
    told = letter(quote, lang, earlier)
    return {
        "quote.html": page(told).encode(),
        "quote.pdf": pdf(told),
        "quote.xlsx": workbook(told),
        "quote.json": _json(record(quote, told, snapshot(quote), earlier)),
        "internal.xlsx": internal_workbook(quote, lang),
        "internal.json": _json(internal_record(quote, lang)),
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n").encode()
