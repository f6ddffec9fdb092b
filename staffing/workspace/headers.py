"""The columns of a raw table under their English names; personal data is refused."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

import pandas as pd

from staffing.errors import Fault
from staffing.words import listed
from staffing.workspace.files import Raw
from staffing.workspace.tables import CHINESE_VALUES, schema

PERSONAL = re.compile(
    r"phone|mobile|telephone|address|e_?mail|buyer|receiver|consignee|wechat|id_?card|passport"
    r"|customer_?(?:name|id|nick)|nick_?name|手机|电话|地址|住址|邮箱|买家|收货|收件|微信|身份证"
    r"|昵称|(?:顾客|客户)(?:姓名|名字|编号|账号)|旺旺",
    re.IGNORECASE,
)
CLOSE = 0.6
"""How alike two names must be (difflib's ratio) for one to be meant by the other."""
OURS = {"activity", "pool", "paid_h", "shift_start", "shift_end"}
"""Columns of our own roster.csv: read back where they are known, else passed over in silence."""
LEDGER_RESULT = {"balance_before", "balance_after"}
"""Columns of our own ledger.csv, whose name is that of the table of corrections."""
DATE_OR_TIME = {"date", "day", "time", "hour", "日期", "时段", "小时", "钟点"}


def english(raw: Raw, notices: list[Fault], faults: list[Fault]) -> Raw | None:
    """Return the table with its columns under their English names, unknown ones left out.

    Personal data is refused by column name (PIPL art. 6: no more than the purpose needs);
    other unknown columns are left out with a notice that names the nearest known one. None when
    no column is known at all.
    """
    if raw.table == "ledger" and {plain(str(h)) for h in raw.frame.columns} >= LEDGER_RESULT:
        faults.append(raw.fault("ledger_result"))
        return None
    table = history_form(raw) if raw.table == "history" else raw.table
    known = names_of(table)
    found: dict[str, tuple[str, pd.Series]] = {}
    unknown: list[str] = []
    for i, header in enumerate(str(name) for name in raw.frame.columns):
        column = known.get(plain(header))
        if column in found:
            faults.append(raw.fault("doubled_column", column=header))
        elif column is not None:
            found[column] = header, raw.frame.iloc[:, i]
        elif PERSONAL.search(header):
            faults.append(raw.fault("personal_data", column=header))
        elif not header:
            notices.append(raw.fault("nameless_column", number=i + 1))
        elif plain(header) not in OURS:
            unknown.append(header)
    if not found:
        names = listed([str(name) for name in raw.frame.columns if name])
        faults.append(raw.fault("no_known_column", found=names, page=_page(table)))
        return None
    columns = {name: cells for name, (_, cells) in found.items()}
    frame = pd.DataFrame(columns, raw.frame.index, copy=False)
    headers = {name: header for name, (header, _) in found.items()}
    taken = _missing(raw, table, set(found), unknown, faults)
    notices += [_unknown(raw, header, known) for header in unknown if header not in taken]
    return Raw(table=table, file=raw.file, frame=_canonical(frame, table), headers=headers)


def plain(header: str) -> str:
    """Return a header without case, width, blanks, brackets and asterisks."""
    text = unicodedata.normalize("NFKC", header).lower()
    return re.sub(r"[\s\-()/]+", "_", text).strip("_*")


def names_of(table: str) -> dict[str, str]:
    """Return every header that is accepted, made plain -> its column."""
    columns = schema(table).columns
    also = {plain(h): c for c, each in columns.items() for h in each.metadata["also"]}
    return also | {
        plain(h): c for c, each in columns.items() for h in (c, str(each.metadata["zh"]))
    }


def history_form(raw: Raw) -> str:
    """Return ``contact_log`` for one row a contact, ``history`` for counts."""
    log = {h for h, column in names_of("contact_log").items() if column == "contacted_at"}
    headers = {plain(str(name)) for name in raw.frame.columns}
    return "contact_log" if headers & log else "history"


def missing_columns(table: str, found: set[str]) -> list[str]:
    """Return the required columns of a table that are not among those found."""
    return [c for c, each in schema(table).columns.items() if each.required and c not in found]


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the name most like `name`, None when none is alike.

    Case does not count, nor do leading zeros: Excel drops them.
    """
    known = {_bare(each): each for each in names}
    close = difflib.get_close_matches(_bare(name), list(known), n=1, cutoff=CLOSE)
    return known[close[0]] if close else None


def _bare(name: str) -> str:
    return name.lower().lstrip("0")


def _missing(
    raw: Raw, table: str, found: set[str], unknown: list[str], faults: list[Fault]
) -> set[str]:
    """Append a fault for each missing column; return the unknown headers that may be meant."""
    taken = set()
    columns = schema(table).columns
    for column in missing_columns(table, found):
        zh = str(columns[column].metadata["zh"])
        like = {plain(h): h for h in unknown if h not in taken}
        near = nearest(column, like) or nearest(zh, like)
        name = f"{column} / {zh}"
        if near is not None:
            taken.add(like[near])
            faults.append(raw.fault("missing_column_near", column=name, near=like[near]))
        elif table == "history" and column == "start" and DATE_OR_TIME & set(like):
            faults.append(raw.fault("missing_start", column=name))
        else:
            faults.append(raw.fault("missing_column", column=name, page=_page(table)))
    return taken


def _page(table: str) -> str:
    """Return where the columns of a table are explained."""
    return "docs/workspace.md" if table == "stretches" else "COLUMNS.md (staffing init)"


def _unknown(raw: Raw, header: str, known: dict[str, str]) -> Fault:
    near = nearest(plain(header), known)
    if near is None:
        return raw.fault("unknown_column", column=header)
    return raw.fault("unknown_column_near", column=header, near=near)


def _canonical(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the table with Chinese and differently spelt values as the names they stand for."""
    for column, each in schema(table).columns.items():
        listed_in = [check for check in each.checks if check.error == "not_listed"]
        if column not in frame or not listed_in:
            continue
        allowed = listed_in[0].statistics["allowed_values"]
        meant = {name.lower(): name for name in allowed} | dict(CHINESE_VALUES.get(column, {}))
        cells = frame[column].astype("str")
        frame[column] = cells.str.lower().map(meant).fillna(cells)
    return frame
