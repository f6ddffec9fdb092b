"""Finding the files of a workspace and reading them into raw tables, before any meaning is given.

A raw table keeps every cell as it was typed, indexed by the row number the planner sees in
Excel (the header is row 1), so that a fault can be pointed at.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.exceptions import InvalidFileException

from staffing.errors import Fault, WorkspaceError
from staffing.words import listed
from staffing.workspace.cells import as_typed, coded, texts
from staffing.workspace.tables import STRETCHES, TABLES, Table

DELIMITERS = ",\t;|"
MAGIC = {
    b"PK\x03\x04": ("xlsx", ".xlsx"),
    b"\xd0\xcf\x11\xe0": ("xls", ".xls (Excel 97-2003)"),
    b"PAR1": ("parquet", ".parquet"),
    b"%PDF": ("pdf", ".pdf"),
}
"""First bytes of a file -> the suffix that fits, and how it is called in messages."""
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""What a workbook with a password holds: it looks like one of Excel 97."""
FIRST_ROW = 2
"""The row number of the first data row; the header is row 1."""
INDEX = "__index_level"
"""How pandas begins the name of a column that was a nameless index."""
SHOWN_ROWS = 20
"""Of the rows with too many cells only the first are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A table as it was found.

    Attributes
    ----------
    file : its name for messages
    frame : cells as typed, columns as the file calls them, Excel's row numbers as index
    headers : English column name -> the name in the file, once the columns are known
    """

    table: str
    file: str
    frame: pd.DataFrame
    headers: Mapping[str, str] = field(default_factory=dict)

    def fault(
        self,
        code: str,
        *,
        row: object = None,
        column: str | None = None,
        value: object = None,
        **facts: object,
    ) -> Fault:
        """Return a fault of this table; `column` is the English name."""
        return Fault(
            code=code,
            file=self.file,
            row=None if row is None else int(str(row)),
            column=None if column is None else self.headers.get(column, column),
            value=None if value is None else str(value),
            facts=facts,
        )


def find(
    root: Path, faults: list[Fault], notices: list[Fault], absent: list[Fault]
) -> Iterator[Raw]:
    """Yield the raw tables of a workspace: a folder of files, or one .xlsx.

    Missing required tables, unreadable files and doubled tables go into `faults`; files and
    sheets that are no table into `notices`; a missing table that some workspaces can do without
    (`Table.unless`) into `absent`, as the fault that it is in the others.
    """
    if root.is_file() and root.suffix.lower() == ".xlsx":
        yield from _workbook(root, faults, notices, absent)
    elif not root.is_dir():
        faults.append(Fault(code="no_workspace", file=str(root)))
    else:
        files = [path for path in sorted(root.iterdir()) if path.is_file() and is_table_like(path)]
        books = [path for path in files if path.suffix.lower() == ".xlsx"]
        if len(books) == 1 and not any(_table_of(path.stem) for path in files):
            yield from _workbook(books[0], faults, notices, absent)
        else:
            yield from _folder(root, files, faults, notices, absent)


def is_table_like(path: Path) -> bool:
    """Return whether a planner may take a file for a table; Excel's lock files are none."""
    return path.suffix.lower() in _TABLE_LIKE and not path.name.startswith("~$")


def _folder(
    root: Path,
    files: Sequence[Path],
    faults: list[Fault],
    notices: list[Fault],
    absent: list[Fault],
) -> Iterator[Raw]:
    by_table: dict[str, list[Path]] = {table.name: [] for table in TABLES}
    names = ", ".join(f"{table.name}.csv" for table in TABLES)
    for path in files:
        table = _table_of(path.stem)
        if table is not None:
            by_table[table.name].append(path)
        else:
            notices.append(Fault(code="unknown_file", file=path.name, facts={"names": names}))
    for table in TABLES:
        match by_table[table.name]:
            case []:
                if table.required:
                    (absent if table.unless else faults).append(_missing(str(root), table))
            case [path]:
                try:
                    frame = read_table(path, table)
                    yield Raw(table=table.name, file=path.name, frame=frame)
                except WorkspaceError as error:
                    faults += error.faults
            case several:
                shown = ", ".join(path.name for path in several)
                facts = {"table": table.name}
                faults.append(Fault(code="doubled_table", file=shown, facts=facts))


def _workbook(
    book: Path, faults: list[Fault], notices: list[Fault], absent: list[Fault]
) -> Iterator[Raw]:
    try:
        sheets = sheets_of(book)
    except WorkspaceError as error:
        faults += error.faults
        return
    by_table: dict[str, list[str]] = {table.name: [] for table in TABLES}
    names = ", ".join(f"{table.name} ({table.zh})" for table in TABLES)
    for sheet, rows in sheets.items():
        found = _table_of(sheet)
        if found is not None:
            by_table[found.name].append(sheet)
        elif rows:
            file, facts = f"{book.name}[{sheet}]", {"names": names}
            notices.append(Fault(code="unknown_file", file=file, facts=facts))
    for table in TABLES:
        match by_table[table.name]:
            case []:
                if table.required:
                    (absent if table.unless else faults).append(_missing(book.name, table))
            case [sheet]:
                file = f"{book.name}[{sheet}]"
                try:
                    yield Raw(table=table.name, file=file, frame=framed(file, sheets[sheet]))
                except WorkspaceError as error:
                    faults += error.faults
            case several:
                file = f"{book.name}[{', '.join(several)}]"
                facts = {"table": table.name}
                faults.append(Fault(code="doubled_table", file=file, facts=facts))


def _table_of(name: str) -> Table | None:
    """Return the table that a file's stem or a sheet's name stands for."""
    plain = name.strip().lower()
    return next((table for table in TABLES if plain in (table.name, table.zh)), None)


def _missing(where: str, table: Table) -> Fault:
    return Fault(code="missing_table", file=where, facts={"table": table.name, "zh": table.zh})


def read_table(path: Path, table: Table) -> pd.DataFrame:
    """Return the raw cells of a CSV, Parquet or .xlsx file that holds one table.

    Raises
    ------
    WorkspaceError
        When the file is not there, of no known format, broken, or without rows.
    """
    return _READERS[kind_of(path)](path, table)


def kind_of(path: Path) -> str:
    """Return the suffix of a file that is there and begins as such files do.

    Raises
    ------
    WorkspaceError
        When it is not there, cannot be read, or is of no known format.
    """
    if path.is_dir():
        raise _refused(str(path), "is_folder")
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        raise _refused(str(path), "no_file") from None
    except OSError as error:
        raise _refused(path.name, "unreadable", reason=error.strerror or str(error)) from None
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        raise _refused(path.name, "unknown_format")
    fits, found = MAGIC.get(start, ("csv", "csv"))
    if fits == "xls" and suffix == ".xlsx" and ENCRYPTED in path.read_bytes():
        raise _refused(path.name, "not_workbook")
    if fits not in ("csv", suffix[1:]):
        raise _refused(path.name, "wrong_suffix", found=found)
    return suffix


def _refused(
    file: str, code: str, *, row: int | None = None, value: str | None = None, **facts: object
) -> WorkspaceError:
    return WorkspaceError([Fault(code=code, file=file, row=row, value=value, facts=facts)])


def framed(file: str, rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Return rows of cells as a raw table: the first row that is not blank is the header."""
    typed = [[as_typed(cell) for cell in row] for row in rows]
    head = next((i for i, row in enumerate(typed) if any(row)), None)
    if head is None:
        raise _refused(file, "empty_file")
    width = max(len(row) for row in typed)
    padded = [row + [None] * (width - len(row)) for row in typed]
    frame = pd.DataFrame(padded[head + 1 :], columns=range(width), dtype="str")
    return _numbered(file, frame, padded[head], head + 2)


def _numbered(
    file: str, frame: pd.DataFrame, header: Sequence[str | None], first_row: int
) -> pd.DataFrame:
    """Name the columns, number the rows as Excel does and drop the blank ones.

    Columns without a name and a cell are dropped; those with cells keep the name ''.
    """
    frame.index = pd.RangeIndex(first_row, first_row + len(frame))
    if not any(frame.iloc[:, i].notna().all() for i in range(frame.shape[1])):
        frame = frame.dropna(how="all")
    names = [(name or "").strip() for name in header]
    kept = [i for i, name in enumerate(names) if name or frame.iloc[:, i].notna().any()]
    if len(kept) < len(names):
        frame = frame.iloc[:, kept]
    frame.columns = pd.Index([names[i] for i in kept], dtype="str")
    if frame.empty:
        raise _refused(file, "no_rows")
    return frame


def _read_csv(path: Path, _: Table) -> pd.DataFrame:
    text = _decoded(path)
    body = text.lstrip("\r\n")
    above = len(text[: len(text) - len(body)].splitlines())
    if not body.strip(DELIMITERS + " \r\n"):
        raise _refused(path.name, "empty_file")
    header = body.splitlines()[0]
    delimiter = max(DELIMITERS, key=header.count)
    try:
        cells = pd.read_csv(
            io.StringIO(body),
            header=None,
            dtype=str,
            keep_default_na=False,
            na_values=[""],
            skip_blank_lines=False,
            sep=delimiter,
        )
    except pd.errors.ParserError as error:
        if (quote := re.search(r"EOF inside string starting at row (\d+)", str(error))) is not None:
            row = int(quote[1]) + 1 + above
            raise _refused(path.name, "open_quote", row=row) from None
        cells = pd.DataFrame(_ragged(path.name, body, delimiter, above), dtype="str")
    cells = cells.apply(texts)
    names = [None if pd.isna(name) else str(name) for name in cells.iloc[0]]
    return _numbered(path.name, cells.iloc[1:], names, above + 2)


def _decoded(path: Path) -> str:
    """Return the text of a CSV file in UTF-8 (with or without mark) or GB18030."""
    raw = path.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise _refused(path.name, "utf16")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise _refused(path.name, "not_text")


def _ragged(file: str, text: str, delimiter: str, above: int) -> list[list[str]]:
    """Return the rows of a CSV with surplus cells that are blank cut off, or refuse the others."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise _refused(file, "not_text") from None
    width = len(rows[0])
    long = [i for i, row in enumerate(rows) if any(cell.strip() for cell in row[width:])]
    if long:
        raise WorkspaceError(
            Fault(
                code="long_row",
                file=file,
                row=i + 1 + above,
                value=delimiter.join(rows[i]),
                facts={"cells": len(rows[i]), "columns": width},
            )
            for i in long[:SHOWN_ROWS]
        )
    return [[*row[:width], *[""] * (width - len(row))] for row in rows]


def _read_parquet(path: Path, _: Table) -> pd.DataFrame:
    try:
        with pq.ParquetFile(path) as file:
            worded = [each.name for each in file.schema_arrow if _is_text(each.type)]
            names = [name for name in file.schema_arrow.names if not name.startswith(INDEX)]
        with pq.ParquetFile(path, read_dictionary=worded) as file:
            found = [each for name in dict.fromkeys(names) for each in _columns(file, name)]
    except (pa.ArrowException, OSError, ValueError):
        raise _refused(path.name, "not_parquet") from None
    frame = pd.DataFrame({i: cells for i, (_, cells) in enumerate(found)}, copy=False)
    return _numbered(path.name, frame, [name for name, _ in found], FIRST_ROW)


def _columns(file: pq.ParquetFile, name: str) -> Iterator[tuple[str, pd.Series]]:
    """Yield the columns of a name: read name by name, a long table is never twice in memory."""
    table = file.read(columns=[name])
    for found, cells in zip(table.column_names, table.columns, strict=True):
        if found == name:  # a dot in a name makes Arrow return others, too
            yield name, _tidy(cells.to_pandas())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _tidy(cells: pd.Series) -> pd.Series:
    """Return a Parquet column as it is where it has a type of its own, else as text.

    Text that Parquet keeps as codes of its distinct values stays so.
    """
    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return cells
    return coded(cells) if isinstance(cells.dtype, pd.CategoricalDtype) else texts(cells)


def _read_xlsx(path: Path, table: Table) -> pd.DataFrame:
    """Return the only sheet of a workbook that is not blank, or the one named after the table."""
    sheets = {name: rows for name, rows in sheets_of(path).items() if rows}
    own = [name for name in sheets if _table_of(name) == table]
    if not sheets:
        raise _refused(path.name, "empty_file")
    if len(own or sheets) > 1:
        if table is STRETCHES:
            raise _refused(path.name, "roster_book")
        shown = listed(list(own or sheets))
        raise _refused(path.name, "which_sheet", sheets=shown, table=table.name)
    name = next(iter(own or sheets))
    return framed(f"{path.name}[{name}]", sheets[name])


NO_WORKBOOK = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # of XML
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
)
"""What openpyxl raises of a file that is damaged inside."""


def sheets_of(book: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the cells of every sheet of a workbook; a blank sheet has no rows."""
    found: dict[str, list[tuple[object, ...]]] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # styles openpyxl does not know
            opened = openpyxl.load_workbook(book, read_only=True, data_only=True)
            try:
                for sheet in opened.worksheets:
                    sheet.reset_dimensions()  # some exporters write wrong ones
                    rows: list[tuple[object, ...]] = list(sheet.iter_rows(values_only=True))
                    filled = any(cell is not None for row in rows for cell in row)
                    found[sheet.title] = rows if filled else []
            finally:
                opened.close()
    except NO_WORKBOOK:
        raise _refused(book.name, "not_workbook") from None
    return found


_READERS = {".csv": _read_csv, ".parquet": _read_parquet, ".xlsx": _read_xlsx}
_TABLE_LIKE = {*_READERS, ".xls", ".xlsm", ".et", ".ods", ".tsv", ".numbers"}
"""Suffixes of files that a planner may take for tables."""
