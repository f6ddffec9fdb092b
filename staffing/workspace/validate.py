"""One raw table through its pandera schema: clean rows, or every fault with its cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.pandas as pa

from staffing.errors import Fault
from staffing.grid import INTERVAL_MIN
from staffing.workspace.cells import as_typed, clocks, coded, flags, moments, numbers, texts
from staffing.workspace.files import Raw
from staffing.workspace.headers import nearest
from staffing.workspace.tables import CHINESE_VALUES, EXCEL_ERRORS, Ids, schema

SHOWN_PER_COLUMN = 20
"""A column that is wrong throughout is shown by its first rows and counted."""
INDEXED_BY = {"shops": "shop_id", "agents": "agent_id"}
LONG = {"history", "contact_log"}
"""Tables of millions of rows: their text is kept as categories, an optional column that is absent
stays so, and each distinct value of a column is judged once."""
SAME_VALUE_ONCE = {"unknown", "not_listed"}
"""Faults that are listed once for each value, however many rows hold it."""
TOTALS = {"合计", "总计", "小计", "共计", "total", "sum"}
"""What the last row of an export often says in place of an identifier."""
ROW_FAULTS = {
    "ends_before_start": "end",
    "last_before_first": "last_day",
    "above_400_days": "last_day",
    "shift_start_differs": "shift_start",
    "shift_end_differs": "shift_end",
    "paid_h_differs": "paid_h",
}
"""Faults that several cells of a row make together -> the column they are shown at."""
CODES = {
    "not_nullable": "blank",
    "field_uniqueness": "doubled",
    "multiple_fields_uniqueness": "doubled_row",
}
"""Pandera's own checks -> our codes; our checks carry their code as the error text."""


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
    shop_ids: Ids,
    agent_ids: Ids,
    faults: list[Fault],
    defaults: list[Used],
) -> pd.DataFrame:
    """Return the clean table; faults and used defaults are appended to their lists.

    Cells that cannot be read as their column's type are found first and blanked, so that one
    bad cell hides no other; then pandera checks every limit. A cell with a fault is blank in the
    table returned, so that later checks between tables do not repeat it.
    """
    rules = schema(raw.table, shop_ids=shop_ids, agent_ids=agent_ids)
    typed, mistyped = _retype(raw, rules, zone)
    typed = _filled(raw, typed, rules, defaults)
    failures = pd.concat([mistyped, _broken(raw, typed, rules)], ignore_index=True)
    failures = failures.drop_duplicates(["column", "row"])
    faults += _told(raw, typed, failures, rules)
    for column, group in failures.groupby("column"):
        if column in typed:
            typed[column] = typed[column].mask(typed.index.isin(group["row"]))
    return _finished(typed, raw.table)


def _failures(column: object, row: object, code: object) -> pd.DataFrame:
    """Return a table of bad cells: column ('' for a whole row), row number, code of the fault."""
    return pd.DataFrame({"column": column, "row": row, "code": code}).astype(
        {"column": "str", "row": "int64", "code": "str"}
    )


def _retype(raw: Raw, rules: pa.DataFrameSchema, zone: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the table with its columns' types, and the cells that were not of them."""
    found = [_failures([], [], [])]
    typed: dict[str, pd.Series] = {}
    for column, rule in rules.columns.items():
        cells = raw.frame.get(column)
        if cells is None:
            if raw.table in LONG and not rule.required:
                continue
            cells = pd.Series(None, raw.frame.index, dtype="str")
        kind = rule.metadata["kind"]
        match kind:
            case "moment" | "day":
                good = moments(cells, zone)
            case "text":
                good = coded(cells) if raw.table in LONG else texts(cells)
            case "clock":
                good = clocks(cells)
            case "flag":
                good = flags(cells)
            case _:
                good = numbers(cells)
        typed[column] = good
        bad = cells[good.isna() & cells.notna()]
        if bad.empty:
            continue
        code = "not_a_number" if kind in ("number", "whole") else f"not_a_{kind}"
        codes = np.where(bad.isin(EXCEL_ERRORS), "excel_error", code)
        found.append(_failures(column, bad.index, codes))
    table = pd.DataFrame(typed, index=raw.frame.index, copy=False)
    return table, pd.concat(found, ignore_index=True)


def _filled(
    raw: Raw, typed: pd.DataFrame, rules: pa.DataFrameSchema, defaults: list[Used]
) -> pd.DataFrame:
    """Fill blank cells from the defaults and note each."""
    for column, rule in rules.columns.items():
        meta = rule.metadata
        if meta["default"] is None:
            continue
        blank = typed[column].isna()
        if column in raw.frame:
            blank &= raw.frame[column].isna()
        presets = [(blank, meta["default"], meta["origin"])]
        if meta["default_where"] is not None:
            other, values, default, origin = meta["default_where"]
            there = typed[other].isin(values)
            presets = [
                (blank & ~there, meta["default"], meta["origin"]),
                (blank & there, default, origin),
            ]
        for cells, default, origin in presets:
            if number := int(cells.sum()):
                typed[column] = typed[column].mask(cells, default)
                where = f"{raw.table}.{column}"
                defaults.append(Used(where=where, cells=number, value=default, origin=origin))
    return typed


def _broken(raw: Raw, typed: pd.DataFrame, rules: pa.DataFrameSchema) -> pd.DataFrame:
    """Return what pandera finds, less what a missing column or a blank key explains."""
    found = _judged_by_value(typed, rules) if raw.table in LONG else _judged(typed, rules)
    absent = [c for c, rule in rules.columns.items() if rule.required and c not in raw.frame]
    found = found[~found["column"].isin(absent)]
    if rules.unique and (found["code"] == "doubled_row").any():
        keyed = typed.index[typed[list(rules.unique)].notna().all(axis=1)]
        found = found[(found["code"] != "doubled_row") | found["row"].isin(keyed)]
    return found.sort_values(["column", "row"], kind="stable")


def _judged(table: pd.DataFrame, rules: pa.DataFrameSchema) -> pd.DataFrame:
    """Return what pandera finds."""
    try:
        rules.validate(table, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases.dropna(subset=["index"])
        column = cases["column"].where(cases["schema_context"] == "Column", "")
        return _failures(column, cases["index"], cases["check"].replace(CODES))
    return _failures([], [], [])


def _judged_by_value(table: pd.DataFrame, rules: pa.DataFrameSchema) -> pd.DataFrame:
    """Return what pandera finds in a table whose rules are about single cells and repeated rows."""
    found = [_failures([], [], [])]
    for column, rule in rules.columns.items():
        if column not in table:
            continue
        values = _distinct(table[column], with_good=bool(rule.checks))
        wrong = _judged(values.to_frame(column), pa.DataFrameSchema({column: rule}))
        for code, group in wrong.groupby("code", sort=False):
            bad = values[group["row"]]
            cells = table[column]
            rows = cells.index[cells.isna() if code == "blank" else cells.isin(bad)]
            found.append(_failures(column, rows, code))
    if rules.unique and _may_repeat(table, list(rules.unique)):
        again = table.index[table.duplicated(list(rules.unique))]
        found.append(_failures("", again, "doubled_row"))
    return pd.concat(found, ignore_index=True)


def _distinct(cells: pd.Series, *, with_good: bool) -> pd.Series:
    """Return each value of a column once, blank included; where no limit is set, only blank."""
    blank = cells[cells.isna()].iloc[:1]
    if not with_good:
        return pd.Series(blank.array)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        known = pd.Series(cells.cat.categories)
        return pd.concat(
            [known, pd.Series(None, range(len(blank)), known.dtype)], ignore_index=True
        )
    return pd.Series(pd.unique(cells))


def _may_repeat(table: pd.DataFrame, keys: list[str]) -> bool:
    """Return whether two rows may share their keys: a text as categories, and a moment.

    Rows in order tell it at once, others when sorted as integers: both are many times faster
    than to let pandas look for the rows.
    """
    text, moment = (table[key] for key in keys)
    if text.isna().any() or moment.isna().any():
        return True
    codes = text.cat.codes.to_numpy()
    starts = moment.to_numpy()
    other = codes[1:] != codes[:-1]
    if np.count_nonzero(other) < len(text.cat.categories):
        return not (other | (starts[1:] > starts[:-1])).all()
    seconds = starts.astype("datetime64[s]").view(np.int64)
    seconds -= seconds.min()
    seconds += codes * (seconds.max() + 1)
    seconds.sort()
    return bool((seconds[1:] == seconds[:-1]).any())


def _told(
    raw: Raw, typed: pd.DataFrame, failures: pd.DataFrame, rules: pa.DataFrameSchema
) -> Iterator[Fault]:
    """Yield the failures as faults; of each column and code only the first are listed."""
    for (column, code), group in failures.groupby(["column", "code"], sort=False):
        shown = group["row"]
        if code in SAME_VALUE_ONCE:
            shown = shown[~raw.frame.loc[shown, str(column)].duplicated().to_numpy()]
        shown = shown.iloc[:SHOWN_PER_COLUMN]
        for row in shown:
            yield _fault(raw, typed, rules, str(column), int(row), str(code))
        if (more := len(group) - len(shown)) > 0:
            at = str(column) or ROW_FAULTS.get(str(code))
            yield raw.fault("and_more", column=at, more=more)


def _fault(
    raw: Raw, typed: pd.DataFrame, rules: pa.DataFrameSchema, column: str, row: int, code: str
) -> Fault:
    """Return a bad cell as it was typed, with what its sentence needs to know."""
    cells = raw.frame.loc[row]
    if code == "doubled_row":
        keys = list(rules.unique)
        same = [(typed[key] == typed.at[row, key]).to_numpy() for key in keys]  # noqa: PD008
        first = typed.index[int(np.argmax(np.logical_and.reduce(same)))]
        names = ", ".join(raw.headers.get(key, key) for key in keys)
        both = " ".join(str(as_typed(cells[key])) for key in keys)
        return raw.fault(code, row=row, column=names, value=both, first=first)
    column = column or ROW_FAULTS.get(code, "")
    value = as_typed(cells.get(column))
    facts: dict[str, object] = {}
    match code:
        case "doubled":
            facts["first"] = (typed[column] == typed.loc[row, column]).idxmax()
        case "not_listed":
            facts["allowed"] = _allowed(rules.columns[column])
        case "unknown":
            facts["table"] = "agents" if column == "agent_id" else "shops"
            ids = _permitted(rules.columns[column], code)
            if str(value).lower() in TOTALS:
                code, facts = "total_row", {}
            elif (near := nearest(str(value), ids)) is not None:
                code, facts["near"] = "unknown_near", near
    return raw.fault(code, row=row, column=column, value=value, **facts)


def _permitted(column: pa.Column, code: str) -> list[str]:
    """Return the values that the check with this error text allows."""
    check = next(check for check in column.checks if check.error == code)
    return [str(value) for value in check.statistics["allowed_values"]]


def _allowed(column: pa.Column) -> str:
    """Return the allowed values, each with its Chinese name where it has one."""
    chinese = {name: zh for zh, name in CHINESE_VALUES.get(column.name, {}).items()}
    names = _permitted(column, "not_listed")
    return ", ".join(f"{name} ({chinese[name]})" if name in chinese else name for name in names)


def _finished(typed: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the table as the stages want it: indexed by its id, logs counted, periods closed.

    Shops and agents keep their row number in `row`; the other tables in their index.
    """
    if table == "contact_log":
        return _log_counted(typed)
    if table == "special_days":
        last, closed = typed["last_day"].fillna(typed["first_day"]), typed["closed"].fillna(False)
        return typed.assign(last_day=last, closed=closed.astype(bool))
    if (column := INDEXED_BY.get(table)) is None:
        return typed
    numbered = typed.assign(row=typed.index)
    return numbered.dropna(subset=[column]).drop_duplicates(column).set_index(column)


def _log_counted(log: pd.DataFrame) -> pd.DataFrame:
    """Return a contact log as contacts per shop and half hour, with their mean handle time."""
    known = log.dropna(subset=["shop_id", "contacted_at"])
    start = known["contacted_at"].dt.floor(f"{INTERVAL_MIN}min")
    groups = known.assign(start=start).groupby(["shop_id", "start"], observed=True)
    counts = groups.size().astype("float64").rename("contacts").to_frame()
    if "aht_s" in log:
        counts["aht_s"] = groups["aht_s"].mean()
    return counts.reset_index()
