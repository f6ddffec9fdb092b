"""tables/: the published tables with their types, as Parquet and as JSON with a schema each."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from staffing.publish.tables import DAY, MINUTE
from staffing.words import Lang, say

FOLDER = "tables"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
MOMENTS = ("shift_start", "shift_end", "start", "end")
DAYS = ("date", "decide_by", "training_from", "first", "last", "full_speed_on")
QUANTILE = re.compile(r"q(\d+(?:\.\d+)?)")
BLANK = {"pool", "name", "team", "binding"}
"""Columns of text that may be blank; figures may be wherever they are not whole."""

Kind = Literal["text", "day", "minute", "month", "whole", "number"]
PATTERN: Mapping[Kind, str] = {
    "day": r"^\d{4}-\d{2}-\d{2}$",
    "minute": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$",
    "month": r"^\d{4}-\d{2}$",
}


def table_files(tables: Mapping[str, pd.DataFrame], lang: Lang) -> dict[str, bytes]:
    """Return name -> content of the tables as Parquet, JSON and JSON schema."""
    found = {}
    for name, table in tables.items():
        found[f"{FOLDER}/{name}.parquet"] = parquet_bytes(table)
        found[f"{FOLDER}/{name}.json"] = json_bytes(table)
        text = json.dumps(schema(name, table, lang), ensure_ascii=False, indent=2) + "\n"
        found[f"{FOLDER}/{name}.schema.json"] = text.encode()
    return found


def kind(table: pd.DataFrame, column: str) -> Kind:
    """Return what a column of a published table holds."""
    if column in MOMENTS:
        return "minute"
    if column in DAYS:
        return "day"
    if column == "month":
        return "month"
    if pd.api.types.is_integer_dtype(table[column]):
        return "whole"
    return "number" if pd.api.types.is_float_dtype(table[column]) else "text"


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as Parquet: days as dates, times as local wall times without a zone."""
    arrays = {str(name): _array(table[name], kind(table, str(name))) for name in table.columns}
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays), buffer, compression="zstd")
    return buffer.getvalue()


def _array(cells: pd.Series, kind: Kind) -> pa.Array:
    match kind:
        case "day":
            days = pd.to_datetime(cells, format=DAY).dt.date
            return pa.array(days, pa.date32())
        case "minute":
            return pa.array(pd.to_datetime(cells, format=MINUTE), pa.timestamp("ms"))
        case "whole":
            return pa.array(cells, pa.int64())
        case "number":
            return pa.array(cells, pa.float64(), from_pandas=True)
        case _:
            return pa.array(_texts(cells), pa.string())


def _texts(cells: pd.Series) -> list[str | None]:
    """Return cells of text, None for blank ones; what is no character of Unicode is replaced."""
    blank = cells.isna() | (cells == "")
    return [
        None if empty else str(cell).encode("utf-8", "replace").decode()
        for cell, empty in zip(cells, blank, strict=True)
    ]


def json_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as a JSON array of objects, one a line; blank cells are null."""
    columns: list[list[object]] = []
    for name in table.columns:
        cells = table[name]
        match kind(table, str(name)):
            case "whole":
                columns.append([int(cell) for cell in cells])
            case "number":
                columns.append([None if pd.isna(cell) else float(cell) for cell in cells])
            case _:
                columns.append(list(_texts(cells)))
    names = [str(name) for name in table.columns]
    rows = (
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)
        for row in zip(*columns, strict=True)
    )
    return ("[\n" + ",\n".join(rows) + "\n]\n").encode()


def schema(name: str, table: pd.DataFrame, lang: Lang) -> dict[str, object]:
    """Return the JSON schema of a table's JSON file (draft 2020-12)."""
    columns = [str(column) for column in table.columns]
    properties = {column: _property(table, column, lang) for column in columns}
    row = {
        "type": "object",
        "properties": properties,
        "required": columns,
        "additionalProperties": False,
    }
    return {"$schema": DRAFT, "title": say(lang, f"schema.{name}"), "type": "array", "items": row}


def meaning(column: str, lang: Lang) -> str:
    """Return what a column of the published tables means."""
    if (quantile := QUANTILE.fullmatch(column)) is not None:
        return say(lang, "field.quantile", level=quantile[1])
    return say(lang, f"field.{column}")


def _property(table: pd.DataFrame, column: str, lang: Lang) -> dict[str, object]:
    found: dict[str, object] = {"description": meaning(column, lang)}
    match kind(table, column):
        case "whole":
            return found | {"type": "integer"}
        case "number":
            return found | {"type": ["number", "null"]}
        case "text":
            return found | {"type": ["string", "null"] if column in BLANK else "string"}
        case each:
            return found | {"type": "string", "pattern": PATTERN[each]}
