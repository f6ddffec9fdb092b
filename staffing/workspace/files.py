"""Finding and reading the files of a workspace into raw tables, before any meaning is given.

A raw table keeps every cell as it was typed, indexed by the row number the planner sees in
Excel (the header is row 1), so that a fault can be pointed at.
"""

from __future__ import annotations

import datetime as dt
import difflib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from staffing.errors import Fault
from staffing.workspace.tables import CHINESE_VALUES, TABLES, Table, schema

PERSONAL = re.compile(
    r"phone|mobile|telephone|address|buyer|receiver|consignee|wechat|id_?card|passport"
    r"|手机|电话|地址|买家|收货|收件|微信|身份证|顾客姓名|客户姓名|旺旺",
    re.IGNORECASE,
)
FIRST_ROW = 2
"""The row number of the first data row; the header is row 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A table as it was found: `file` for messages, cells as typed, row numbers as index."""

    table: str
    file: str
    frame: pd.DataFrame


def find(root: Path, faults: list[Fault]) -> Iterator[Raw]:
    """Yield the raw tables of a workspace: a folder of files, or one .xlsx.

    Missing required tables, unreadable files and doubled tables go into `faults`.
    """
    if root.is_file() and root.suffix.lower() == ".xlsx":
        yield from _sheets(root, faults)
        return
    if not root.is_dir():
        faults.append(Fault(code="no_workspace", file=str(root)))
        return
    books = sorted(p for p in root.glob("*.xlsx") if not p.name.startswith("~$"))
    if len(books) == 1 and not any(_candidates(root, table) for table in TABLES):
        yield from _sheets(books[0], faults)
        return
    for table in TABLES:
        paths = _candidates(root, table)
        if len(paths) > 1:
            names = ", ".join(p.name for p in paths)
            faults.append(Fault(code="doubled_table", file=names, facts={"table": table.name}))
        elif paths:
            frame = read_table(paths[0], faults)
            if frame is not None:
                yield Raw(table=table.name, file=paths[0].name, frame=frame)
        elif table.required:
            faults.append(
                Fault(code="missing_table", file=str(root), facts={"table": table.name})
            )


def _candidates(root: Path, table: Table) -> list[Path]:
    paths = [root / f"{n}{suffix}" for n in (table.name, table.zh) for suffix in _READERS]
    return [path for path in paths if path.is_file()]


def _sheets(book: Path, faults: list[Fault]) -> Iterator[Raw]:
    try:
        sheets = pd.read_excel(book, sheet_name=None, dtype=object, engine="openpyxl")
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        faults.append(_unreadable(book, error))
        return
    by_name = {str(name).strip().lower(): frame for name, frame in sheets.items()}
    for table in TABLES:
        frame = by_name.get(table.name, by_name.get(table.zh))
        if frame is not None:
            yield Raw(
                table=table.name, file=f"{book.name}[{table.name}]", frame=_typed(frame)
            )
        elif table.required:
            faults.append(
                Fault(code="missing_table", file=book.name, facts={"table": table.name})
            )


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return an Excel sheet as text, the way its cells would be typed."""

    def cell(value: object) -> object:
        if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
            return None
        if isinstance(value, dt.time):
            return value.strftime("%H:%M")
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip() or None

    text = pd.DataFrame({str(c): frame[c].map(cell).astype("str") for c in frame.columns})
    return _numbered(text)


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Number the rows as Excel does and drop the blank ones."""
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame))
    return frame.dropna(how="all")


def read_table(path: Path, faults: list[Fault]) -> pd.DataFrame | None:
    """Return the raw cells of a CSV or Parquet file, or None with a fault."""
    try:
        return _READERS[path.suffix.lower()](path)
    except KeyError:
        faults.append(Fault(code="unknown_format", file=path.name))
    except (ValueError, OSError, pa.ArrowException) as error:
        faults.append(_unreadable(path, error))
    return None


def _unreadable(path: Path, error: Exception) -> Fault:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return Fault(code="unreadable", file=path.name, facts={"reason": reason[:200]})


def _read_csv(path: Path) -> pd.DataFrame:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            raise ValueError("neither UTF-8 nor GB18030 text") from None
    if "\x00" in text:
        raise ValueError("binary data, not text")
    header = text.split("\n", 1)[0]
    frame = pd.read_csv(
        io.StringIO(text),
        dtype=str,
        keep_default_na=False,
        na_values=[""],
        skip_blank_lines=False,
        index_col=False,
        sep="\t" if "\t" in header and "," not in header else ",",
        on_bad_lines="error",
    )
    blank = {c: frame[c].str.strip().replace("", None) for c in frame.columns}
    return _numbered(pd.DataFrame(blank, dtype="str"))


def _read_parquet(path: Path) -> pd.DataFrame:
    return _numbered(pd.read_parquet(path).reset_index(drop=True))


_READERS = {".csv": _read_csv, ".parquet": _read_parquet}


def english(raw: Raw, notices: list[Fault], faults: list[Fault]) -> Raw:
    """Return the table with its columns under their English names, unknown ones left out.

    Personal data is refused by column name (PIPL art. 6: no more than the purpose needs);
    other unknown columns are left out with a notice that names the nearest known one.
    """
    name = history_form(raw) if raw.table == "history" else raw.table
    columns = schema(name).columns
    by_header = {c: c for c in columns} | {
        each.metadata["zh"]: c for c, each in columns.items() if each.metadata
    }
    kept: dict[str, pd.Series] = {}
    for header in raw.frame.columns:
        plain = str(header).strip()
        column = by_header.get(plain) or by_header.get(plain.lower())
        if column in kept:
            faults.append(Fault(code="doubled_column", file=raw.file, column=plain))
        elif column is not None:
            kept[column] = raw.frame[header]
        elif PERSONAL.search(plain):
            faults.append(Fault(code="personal_data", file=raw.file, column=plain))
        elif not plain.startswith("Unnamed"):
            near = difflib.get_close_matches(plain.lower(), list(by_header), n=1, cutoff=0.6)
            code = "unknown_column_near" if near else "unknown_column"
            facts = {"near": near[0]} if near else {}
            notices.append(Fault(code=code, file=raw.file, column=plain, facts=facts))
    for column, values in CHINESE_VALUES.items():
        if column in kept:
            kept[column] = kept[column].replace(values)
    return Raw(table=name, file=raw.file, frame=pd.DataFrame(kept, index=raw.frame.index))


def history_form(raw: Raw) -> str:
    """Return ``contact_log`` for one row a contact, ``history`` for counts."""
    log = schema("contact_log").columns["contacted_at"]
    headers = {str(c).strip() for c in raw.frame.columns}
    return "contact_log" if headers & {"contacted_at", log.metadata["zh"]} else "history"


_OFFSET = re.compile(r"(?:[+-]\d{2}:?\d{2}|Z)$")
_MIDNIGHT = re.compile(r"^(.*)[ T]24:00(?::00)?$")


def moments(cells: pd.Series, zone: str) -> pd.Series:
    """Return cells as local wall times of `zone`; a cell that is no time stays as typed.

    ``24:00`` is midnight at the end of the day; a time with an offset is converted to `zone`.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return cells.dt.tz_convert(zone).dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return cells
    text = cells.astype("str")
    late = text.str.fullmatch(_MIDNIGHT).fillna(False).astype(bool)
    offset = text.str.contains(_OFFSET).fillna(False).astype(bool)
    plain = text.where(~late, text.str.replace(_MIDNIGHT, r"\1", regex=True))
    local = pd.to_datetime(plain.where(~offset), format="mixed", errors="coerce")
    local = local.astype("datetime64[ns]") + pd.to_timedelta(late.astype(int), unit="D")
    if offset.any():
        shifted = pd.to_datetime(text[offset], format="mixed", errors="coerce", utc=True)
        local[offset] = shifted.dt.tz_convert(zone).dt.tz_localize(None).astype("datetime64[ns]")
    bad = local.isna() & cells.notna()
    if not bad.any():
        return local
    mixed = local.astype(object)
    mixed[bad] = cells[bad]
    return mixed
