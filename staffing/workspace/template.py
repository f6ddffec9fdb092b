"""A new workspace: every table with its columns, one example row each, and what they mean."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandera.pandas as pa

from staffing.errors import Fault, PublishError
from staffing.words import Lang
from staffing.workspace.tables import TABLES, schema



def write_template(folder: Path, lang: Lang) -> list[Path]:
    """Write an empty workspace into a new folder and return its files.

    Headers are Chinese or English; COLUMNS.md explains each column in that language.

    Raises
    ------
    PublishError
        When the folder is not empty or cannot be written; then nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PublishError([Fault(code="folder_in_use", file=str(folder))])
    texts = {f"{table.name}.csv": _table(table.name, lang) for table in TABLES}
    texts["COLUMNS.md"] = columns_page(lang)
    existed = folder.exists()
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = folder / name
            path.write_text(text, "utf-8-sig" if name.endswith(".csv") else "utf-8", newline="\n")
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if not existed and folder.is_dir():
            folder.rmdir()
        facts = {"reason": error.strerror or str(error)}
        raise PublishError([Fault(code="cannot_write", file=str(folder), facts=facts)]) from None
    return written


def _header(name: str, column: pa.Column, lang: Lang) -> str:
    return str(column.metadata["zh"]) if lang == "zh" and column.metadata else name


def _table(table: str, lang: Lang) -> str:
    columns = schema(table).columns
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([_header(name, column, lang) for name, column in columns.items()])
    rows.writerow([(column.metadata or {})["example"] for column in columns.values()])
    return text.getvalue()


def columns_page(lang: Lang) -> str:
    """Return the explanation of every table and column as Markdown."""
    title, needed, may, default = {
        "zh": ("各表各列说明", "必填", "可选", "默认值"),
        "en": ("Tables and columns", "required", "optional", "default"),
    }[lang]
    lines = [f"# {title}", ""]
    for table in TABLES:
        lines += [f"## {table.name} ({table.zh})" + ("" if table.required else f" - {may}"), ""]
        lines += ["| | | | |", "|---|---|---|---|"]
        for name, column in schema(table.name).columns.items():
            meta = column.metadata or {}
            note = meta["note_zh"] if lang == "zh" else column.description
            preset = meta["default"]
            if preset is not None:
                state = f"{default} {preset}"
            else:
                state = needed if column.required and not column.nullable else may
            lines.append(f"| `{name}` | {meta['zh']} | {state} | {note} |")
        lines.append("")
    return "\n".join(lines)
