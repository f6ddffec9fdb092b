"""What a column of a table is, and the columns and checks that several tables share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import pandera.pandas as pa

from staffing.grid import CLOCK

PLATFORMS = ("Tmall", "Taobao", "JD", "Pinduoduo", "Douyin", "Kuaishou", "Xiaohongshu", "other")
CATEGORIES = (
    "apparel_bags",
    "beauty_care",
    "home_textiles",
    "snacks",
    "small_appliances",
    "mother_baby",
    "digital",
    "virtual",
    "other",
)
CHINESE_VALUES: Mapping[str, Mapping[str, str]] = {
    "platform": {
        "天猫": "Tmall",
        "淘宝": "Taobao",
        "京东": "JD",
        "拼多多": "Pinduoduo",
        "抖音": "Douyin",
        "快手": "Kuaishou",
        "小红书": "Xiaohongshu",
        "其他": "other",
    },
    "category": {
        "服饰箱包": "apparel_bags",
        "美容个护": "beauty_care",
        "家纺家居": "home_textiles",
        "零食": "snacks",
        "小家电": "small_appliances",
        "母婴": "mother_baby",
        "数码": "digital",
        "虚拟": "virtual",
        "其他": "other",
    },
    "service": {"售前": "pre_sales", "售后": "after_sales", "全包": "both"},
    "goods": {"实物": "physical", "虚拟": "virtual"},
    "statutory_days": {"照常": "open", "减员": "reduced", "休息": "closed"},
    "channel": {"在线": "chat", "电话": "phone", "工单": "ticket"},
    "contract": {"全职": "full_time", "兼职": "part_time"},
    "protected": {"孕期": "pregnant", "哺乳期": "nursing", "未成年工": "minor"},
    "activity": {
        "工作": "work",
        "用餐": "meal",
        "培训": "training",
        "会议": "meeting",
        "质检": "qc",
    },
    "kind": {"休假": "leave", "病假": "sick", "培训": "training"},
    "closed": {"是": "yes", "否": "no"},
    "item": {
        "晚班": "late",
        "周末": "weekend",
        "法定节假日": "statutory",
        "大促晚班": "peak_night",
        "难店": "hard",
        "获准申请": "granted",
    },
    "wish": {"休息": "rest_day", "早班": "early", "晚班": "late"},
}
"""Chinese cell values that are read as the names above."""

Kind = Literal["text", "clock", "number", "whole", "moment", "day", "flag"]
DTYPES: dict[Kind, Any] = {
    "text": str,
    "clock": str,
    "number": "float64",
    "whole": "float64",
    "moment": "datetime64[ns]",
    "day": "datetime64[ns]",
    "flag": "boolean",
}
"""Types while a table is checked; a flag, which cannot stay blank, is a plain bool after that."""


ABOVE_ZERO = pa.Check.gt(0, error="not_above_zero")
NOT_NEGATIVE = pa.Check.ge(0, error="negative")
BELIEVABLE = pa.Check.lt(1e9, error="too_large")
WHOLE = pa.Check(lambda s: s % 1 == 0, error="not_whole")
CLOCK_TIME = pa.Check.str_matches(CLOCK.pattern, error="not_a_clock_time")
EXCEL_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!")
NO_ERROR = pa.Check.notin(EXCEL_ERRORS, error="excel_error")
ENDS_AFTER_START = pa.Check(lambda df: ~(df["end"] <= df["start"]), error="ends_before_start")


def column(
    kind: Kind,
    checks: pa.Check | Sequence[pa.Check] = (),
    *,
    zh: str,
    en: str,
    note_zh: str,
    example: str,
    also: Sequence[str] = (),
    default: object = None,
    origin: str | None = None,
    default_where: tuple[str, tuple[str, ...], object, str] | None = None,
    optional: bool = False,
    blank: bool = False,
    unique: bool = False,
) -> pa.Column:
    """Return a column with what a planner must know about it.

    Parameters
    ----------
    kind : what a cell holds
    zh : the Chinese header that is accepted and written; `also` are accepted
    en, note_zh : the meaning, with its unit, in one sentence per language
    example : the cell of the example row of ``staffing init``
    default : taken for a blank cell; `origin` says where it comes from
    default_where : another column, its values, and default and origin that hold in such rows
    optional : the column may be missing
    blank : a cell may be blank (a column with a default may always be blank)
    """
    every = [checks] if isinstance(checks, pa.Check) else list(checks)
    match kind:
        case "text":
            every.insert(0, NO_ERROR)
        case "clock":
            every.append(CLOCK_TIME)
        case "whole":
            every = [WHOLE, *every, BELIEVABLE]
        case "number":
            every.append(BELIEVABLE)
        case "day":
            every.append(pa.Check(lambda s: s == s.dt.normalize(), error="not_a_day"))
    return pa.Column(
        DTYPES[kind],
        every,
        nullable=blank or default is not None,
        required=not (optional or default is not None),
        unique=unique,
        report_duplicates="exclude_first",
        description=en,
        metadata={
            "kind": kind,
            "zh": zh,
            "also": tuple(also),
            "note_zh": note_zh,
            "example": example,
            "default": default,
            "origin": origin,
            "default_where": default_where,
        },
    )


Ids = Collection[str] | None
"""Identifiers that a column may refer to; None where the other table could not be read."""


def chinese_names(of: str) -> str:
    """Return the Chinese values of a column with what they stand for."""
    return "、".join(f"{zh}（{name}）" for zh, name in CHINESE_VALUES[of].items())


def one_of(names: Collection[str]) -> pa.Check:
    """Return a check that a cell is one of `names`."""
    return pa.Check.isin(list(names), error="not_listed")


def shop_id(*, ids: Ids = None, unique: bool = False, optional: bool = False) -> pa.Column:
    """Return the column that names a shop; with `ids`, only shops of the workspace."""
    return column(
        "text",
        [] if ids is None else pa.Check.isin(sorted(ids), error="unknown"),
        zh="店铺编号",
        also=("店铺ID",),
        en="Only this shop; blank: all." if optional else "Identifier of the shop.",
        note_zh="仅限该店铺；留空为全部。" if optional else "店铺的编号。",
        example="" if optional else "S01",
        optional=optional,
        blank=optional,
        unique=unique,
    )


def agent_id(*, ids: Ids = None, unique: bool = False) -> pa.Column:
    """Return the column that names an agent; with `ids`, only agents of the workspace."""
    return column(
        "text",
        [] if ids is None else pa.Check.isin(sorted(ids), error="unknown"),
        zh="客服编号",
        also=("客服ID", "工号", "员工编号"),
        en="Identifier of the agent.",
        note_zh="客服的编号。",
        example="A001",
        unique=unique,
    )


def name(zh: str, also: Sequence[str], example: str) -> pa.Column:
    """Return the display name of a shop or an agent."""
    return column(
        "text",
        zh=zh,
        also=also,
        en="Name as shown in outputs.",
        note_zh="在班表中显示的名称。",
        example=example,
    )


def date(en: str, note_zh: str) -> pa.Column:
    """Return the column of the one day that a row is about."""
    return column("day", zh="日期", en=en, note_zh=note_zh, example="2026-11-02")
