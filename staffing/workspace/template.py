"""A new workspace: every table with its columns, one example row each, and what they mean."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pandera.pandas as pa

from staffing.errors import Fault, PublishError
from staffing.words import Lang, say
from staffing.workspace.tables import CHINESE_VALUES, STRETCHES, TABLES, Table, schema

TABLE_NAMES = (*(table.name for table in TABLES), "contact_log", STRETCHES.name)
"""Everything that `table_page` explains: the tables, the history as a log, a roster file."""


def write_template(folder: Path, lang: Lang) -> list[Path]:
    """Write an empty workspace into a new folder and return its files.

    Headers and example cells are Chinese or English; COLUMNS.md explains each column in that
    language.

    Raises
    ------
    PublishError
        When the folder is not empty or cannot be written; then nothing is left behind.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PublishError([Fault(code="folder_in_use", file=str(folder))])
    texts = {f"{table.name}.csv": _table(table.name, lang) for table in TABLES}
    texts["COLUMNS.md"] = columns_page(lang)
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            encoding = "utf-8-sig" if name.endswith(".csv") else "utf-8"
            (folder / name).write_text(text, encoding, newline="\n")
    except OSError as error:
        with suppress(OSError):
            for name in texts:
                (folder / name).unlink(missing_ok=True)
            for path in new:
                path.rmdir()
        facts = {"reason": error.strerror or str(error)}
        raise PublishError([Fault(code="cannot_write", file=str(folder), facts=facts)]) from None
    return [folder / name for name in texts]


def _table(table: str, lang: Lang) -> str:
    """Return a table as CSV: its header and one example row."""
    columns = schema(table).columns
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([each.metadata["zh"] if lang == "zh" else name for name, each in columns.items()])
    rows.writerow([_example(each, lang) for each in columns.values()])
    return text.getvalue()


def _example(column: pa.Column, lang: Lang) -> str:
    """Return the example cell of a column, in Chinese where a Chinese value is understood."""
    example = str(column.metadata["example"])
    chinese = {name: zh for zh, name in CHINESE_VALUES.get(column.name, {}).items()}
    return chinese.get(example, example) if lang == "zh" else example


def columns_page(lang: Lang) -> str:
    """Return the explanation of every table and column as Markdown."""
    page = [f"# {say(lang, 'columns.title')}", "", say(lang, "columns.how"), ""]
    for table in TABLES:
        page += [f"## {_title(table, lang)}", "", table_page(table.name, lang)]
        if table.name == "history":
            page += [f"## {say(lang, 'columns.log')}", "", table_page("contact_log", lang)]
    return "\n".join(page)


def _title(table: Table, lang: Lang) -> str:
    state = say(lang, "columns.required" if table.required else "columns.optional")
    if table.unless is not None:
        state = say(lang, "columns.required_unless", column=table.unless)
    return say(lang, "columns.table", table=table.name, zh=table.zh, state=state)


def table_page(table: str, lang: Lang) -> str:
    """Return the columns of one table as a Markdown table."""
    heads = ("column", "chinese", "state", "meaning", "example")
    lines = [_line(say(lang, f"columns.{name}") for name in heads), _line("---" for _ in heads)]
    for name, each in schema(table).columns.items():
        note = each.metadata["note_zh"] if lang == "zh" else each.description
        example = _example(each, lang)
        cells = (f"`{name}`", each.metadata["zh"], _state(each, lang), note)
        lines.append(_line((*cells, f"`{example}`" if example else "")))
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _state(column: pa.Column, lang: Lang) -> str:
    """Return whether a column is required, optional, or what a blank cell counts as."""
    meta = column.metadata
    if meta["default"] is None:
        return say(lang, "columns.optional" if column.nullable else "columns.required")
    if meta["default_where"] is None:
        return say(lang, "columns.default", value=_plain(meta["default"]))
    _, others, where, _ = meta["default_where"]
    return say(
        lang,
        "columns.default_where",
        value=_plain(meta["default"]),
        where=_plain(where),
        other=", ".join(others),
    )


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
