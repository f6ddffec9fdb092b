"""One raw table through its pandera schema: clean rows, or every fault with its cell."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd
import pandera.pandas as pa

from staffing.errors import Fault
from staffing.grid import INTERVAL_MIN
from staffing.workspace.files import Raw, moments
from staffing.workspace.tables import schema

SHOWN_PER_COLUMN = 20
"""A column that is wrong throughout is shown by its first rows and counted."""

INDEXED_BY = {"shops": "shop_id", "agents": "agent_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A default that was used: where, how often, its value and where it comes from."""

    where: str
    cells: int
    value: object
    origin: str


def validate(
    raw: Raw,
    zone: str,
    ids: Mapping[str, Collection[str]],
    faults: list[Fault],
    defaults: list[Used],
) -> pd.DataFrame:
    """Return the clean table; faults and used defaults are appended to their lists.

    Two passes: the first finds cells that are not of their column's type, the second checks
    limits with those cells blanked, so that one bad cell hides no other.
    """
    rules = schema(raw.table, **{k: v for k, v in ids.items()})
    frame = raw.frame.copy()
    missing = [c for c, each in rules.columns.items() if each.required and c not in frame]
    faults += [Fault(code="missing_column", file=raw.file, column=c) for c in missing]
    for column, each in rules.columns.items():
        if column in frame and each.metadata and each.metadata["kind"] in ("moment", "day"):
            frame[column] = moments(frame[column], zone)
    frame = _fill(raw, frame, rules, defaults)
    typed, mistyped = _retype(frame, rules)
    faults += _limited(raw, mistyped, rules)
    failures = _failures(typed, rules, {(f[0], f[1]) for f in mistyped}, missing)
    faults += _limited(raw, failures, rules)
    return _finish(typed, raw.table)


def _fill(
    raw: Raw, frame: pd.DataFrame, rules: pa.DataFrameSchema, defaults: list[Used]
) -> pd.DataFrame:
    """Fill blank cells from the defaults and note each; add missing optional columns."""
    columns: dict[str, pd.Series] = {}
    for column, each in rules.columns.items():
        meta = each.metadata or {}
        cells = frame[column] if column in frame else pd.Series(None, frame.index, dtype=object)
        default = meta.get("default")
        if default is not None and (blank := int(cells.isna().sum())):
            cells = cells.astype(object).where(cells.notna(), str(default))
            used = Used(
                where=f"{raw.table}.{column}",
                cells=blank,
                value=default,
                origin=str(meta["origin"]),
            )
            defaults.append(used)
        columns[column] = cells
    return pd.DataFrame(columns, index=frame.index)


Failure = tuple[str, int, str, str]
"""Column ('' for a whole row), row number, code of the fault, the cell as text."""


def _retype(
    frame: pd.DataFrame, rules: pa.DataFrameSchema
) -> tuple[pd.DataFrame, list[Failure]]:
    """Return the table with its columns' types, and the cells that were not of them."""
    failures: list[Failure] = []
    typed: dict[str, pd.Series] = {}
    for column, each in rules.columns.items():
        cells = frame[column]
        kind = (each.metadata or {})["kind"]
        if kind in ("moment", "day"):
            good = pd.to_datetime(cells, errors="coerce").astype("datetime64[ns]")
        elif kind == "text":
            good = cells.astype("str")
        else:
            good = pd.to_numeric(cells, errors="coerce").astype("float64")
        bad = good.isna() & cells.notna()
        failures += [
            (column, int(row), f"not_a_{kind}", str(cells[row])) for row in cells.index[bad]
        ]
        typed[column] = good
    return pd.DataFrame(typed, index=frame.index), failures


def _failures(
    typed: pd.DataFrame,
    rules: pa.DataFrameSchema,
    known: set[tuple[str, int]],
    missing: Collection[str],
) -> list[Failure]:
    """Return what pandera finds, less the cells already `known` to be bad."""
    try:
        rules.validate(typed, lazy=True)
    except pa.errors.SchemaErrors as errors:
        found: dict[tuple[str, int], Failure] = {}
        for case in errors.failure_cases.itertuples():
            if pd.isna(case.index):
                continue
            row = int(case.index)
            column = str(case.column) if case.schema_context == "Column" else ""
            code = _code(str(case.check))
            if column in missing or (column, row) in known:
                continue
            if code == "multiple_fields_uniqueness":
                column, code = "", "doubled_row"
            value = "" if column == "" else _shown(typed.at[row, column])
            found.setdefault((column, row), (column, row, code, value))
        return sorted(found.values(), key=lambda f: (f[0], f[1]))
    return []


def _code(check: str) -> str:
    """Return our code for pandera's own checks; ours carry theirs as the error text."""
    return {"not_nullable": "blank", "field_uniqueness": "doubled"}.get(check, check)


def _shown(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _limited(raw: Raw, failures: list[Failure], rules: pa.DataFrameSchema) -> list[Fault]:
    """Return the failures as faults; of each column and code only the first are listed."""
    faults: list[Fault] = []
    count: dict[tuple[str, str], int] = {}
    for column, row, code, value in failures:
        count[column, code] = count.get((column, code), 0) + 1
        if count[column, code] <= SHOWN_PER_COLUMN:
            faults.append(
                Fault(
                    code=code,
                    file=raw.file,
                    row=row,
                    column=column or None,
                    value=value or None,
                    facts=_facts(rules, column, code),
                )
            )
    for (column, code), number in count.items():
        if number > SHOWN_PER_COLUMN:
            facts = {"more": str(number - SHOWN_PER_COLUMN)}
            faults.append(Fault(code="and_more", file=raw.file, column=column or None, facts=facts))
    return faults


def _facts(rules: pa.DataFrameSchema, column: str, code: str) -> dict[str, str]:
    """Return what the sentence of a fault needs to know."""
    if code == "not_listed":
        for check in rules.columns[column].checks:
            if check.error == "not_listed":
                return {"allowed": ", ".join(check.statistics["allowed_values"])}
    if code == "unknown":
        return {"table": "agents" if column == "agent_id" else "shops"}
    return {}


def _finish(typed: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the table as the stages want it: indexed by its id, logs counted.

    Shops and agents keep their row number in `row`; the other tables in their index.
    """
    if table == "contact_log":
        start = typed["contacted_at"].dt.floor(f"{INTERVAL_MIN}min")
        return (
            typed.assign(start=start)
            .groupby(["shop_id", "start"], as_index=False)
            .agg(contacts=("shop_id", "size"))
            .astype({"contacts": "float64"})
        )
    if (column := INDEXED_BY.get(table)) is None:
        return typed
    rows = typed.assign(row=typed.index)
    return rows.dropna(subset=[column]).drop_duplicates(column).set_index(column)
