"""The tables of a workspace: every column with its meaning, limits, default and origin.

The schemas are pandera's; what a planner reads about a column (its meaning, an example, where
its default comes from) lies in the column's `metadata`, so the reader, ``staffing init``, the
manifest and the documentation all speak from one place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import pandas as pd
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
PROTECTED = ("pregnant", "nursing", "minor")
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
    "channel": {"在线": "chat", "电话": "phone"},
    "contract": {"全职": "full_time", "兼职": "part_time"},
    "protected": {"孕期": "pregnant", "哺乳期": "nursing", "未成年工": "minor"},
    "activity": {"工作": "work", "用餐": "meal"},
    "kind": {"休假": "leave", "病假": "sick", "培训": "training"},
    "wish": {"休息": "rest_day", "早班": "early", "晚班": "late"},
}
"""Chinese cell values that are read as the names above."""

Kind = Literal["text", "clock", "number", "whole", "moment", "day"]
DTYPES: dict[Kind, Any] = {
    "text": str,
    "clock": str,
    "number": "float64",
    "whole": "float64",
    "moment": "datetime64[ns]",
    "day": "datetime64[ns]",
}


ABOVE_ZERO = pa.Check.gt(0, error="not_above_zero")
NOT_NEGATIVE = pa.Check.ge(0, error="negative")
BELIEVABLE = pa.Check.lt(1e9, error="too_large")
WHOLE = pa.Check(lambda s: s % 1 == 0, error="not_whole")
SHARE = pa.Check.in_range(0, 1, include_max=False, error="not_a_share")
SPEED = pa.Check.in_range(0.1, 1.5, error="not_a_speed")
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
    default_where: tuple[str, str, object, str] | None = None,
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
    default_where : another column, its value, and default and origin that hold in such rows
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


def shops() -> pa.DataFrameSchema:
    """Return the schema of `shops`: one row is a shop on a platform."""
    return pa.DataFrameSchema(
        {
            "shop_id": shop_id(unique=True),
            "name": name("名称", ("店铺名称", "店铺名"), "云裳旗舰店"),
            "platform": column(
                "text",
                one_of(PLATFORMS),
                zh="平台",
                en="One of " + ", ".join(PLATFORMS) + ".",
                note_zh=chinese_names("platform") + "。",
                example="Tmall",
            ),
            "category": column(
                "text",
                one_of(CATEGORIES),
                zh="类目",
                en="One of " + ", ".join(CATEGORIES) + ".",
                note_zh=chinese_names("category") + "。",
                example="apparel_bags",
            ),
            "service": column(
                "text",
                one_of(("pre_sales", "after_sales", "both")),
                zh="服务类型",
                en="pre_sales, after_sales or both.",
                note_zh=chinese_names("service") + "。",
                example="both",
                default="both",
                origin="assumed: one team answers everything",
            ),
            "goods": column(
                "text",
                one_of(("physical", "virtual")),
                zh="商品",
                en="physical or virtual goods.",
                note_zh=chinese_names("goods") + "。",
                example="physical",
                default="physical",
                origin="assumed",
            ),
            "opens": column(
                "clock",
                zh="开始时间",
                en="Opening, HH:MM on the half hour.",
                note_zh="开始接待，HH:MM，整点或半点。",
                example="09:00",
                default="09:00",
                origin="the trade's usual day is 9-24",
            ),
            "closes": column(
                "clock",
                zh="结束时间",
                en="Closing, HH:MM; 24:00 is midnight, an earlier hour than opens is next day.",
                note_zh="结束接待，HH:MM；24:00 为午夜，早于开始时间表示次日。",
                example="24:00",
                default="24:00",
                origin="the trade's usual day is 9-24",
            ),
            "statutory_days": column(
                "text",
                one_of(("open", "reduced", "closed")),
                zh="法定节假日",
                en="What the shop does on the 13 statutory days: open, reduced or closed.",
                note_zh="13 天法定节假日：" + chinese_names("statutory_days") + "。",
                example="open",
                default="open",
                origin="assumed: holidays are selling days",
            ),
            "pool": column(
                "text",
                zh="接待组",
                en="Shops with the same pool are answered from one queue; blank: its own.",
                note_zh="同组店铺共用一个队列；留空则单独成组。",
                example="P-apparel",
                optional=True,
                blank=True,
            ),
            "channel": column(
                "text",
                one_of(("chat", "phone")),
                zh="渠道",
                en="chat (several at once) or phone (one at a time).",
                note_zh=chinese_names("channel") + "。",
                example="chat",
                default="chat",
                origin="assumed",
            ),
            "aht_s": column(
                "number",
                [ABOVE_ZERO, pa.Check.le(7200, error="above_7200")],
                zh="平均处理时长_秒",
                en="Mean handle time in seconds, observed at the stated concurrency.",
                note_zh="平均处理时长（秒），在所填并发数下观察到的值。",
                example="420",
                default=300.0,
                origin="general contact 3-5 min, vendor figure (talkq.vip): a prior",
            ),
            "concurrency": column(
                "whole",
                pa.Check.in_range(1, 30, error="not_a_concurrency"),
                zh="并发数",
                en="Chats one agent holds at once; 1 for phone.",
                note_zh="一名客服同时接待几人；电话为 1。",
                example="3",
                default=3.0,
                origin="chat 2-5 at once, vendor figure (turnella.com): a prior",
                default_where=("channel", "phone", 1.0, "a phone line holds one call"),
            ),
            "target_level": column(
                "number",
                pa.Check.in_range(0, 1, include_min=False, include_max=False, error="not_a_level"),
                zh="服务水平目标",
                en="Share of contacts to be answered within answer_within_s, e.g. 0.9.",
                note_zh="应答时限内接起的比例，如 0.9。",
                example="0.9",
                default=0.9,
                origin="JD first answer >= 80 %, Pinduoduo and Douyin warn below 80-90 %",
            ),
            "answer_within_s": column(
                "number",
                [NOT_NEGATIVE, pa.Check.le(86400, error="above_a_day")],
                zh="应答时限_秒",
                en="Answer threshold in seconds.",
                note_zh="应答时限（秒）。",
                example="180",
                default=180.0,
                origin="the platforms' 3-minute human reply rate",
            ),
            "patience_s": column(
                "number",
                ABOVE_ZERO,
                zh="耐心_秒",
                en="Mean seconds a customer waits before leaving; blank: nobody leaves.",
                note_zh="顾客平均等待多久离开（秒）；留空表示不离开。",
                example="",
                optional=True,
                blank=True,
            ),
            "daily_cap": column(
                "whole",
                ABOVE_ZERO,
                zh="每席日接待上限",
                en="Most contacts one agent takes in a day; blank: no cap.",
                note_zh="一名客服一天最多接待数；留空不限。",
                example="220",
                optional=True,
                blank=True,
            ),
            "bot_deflection": column(
                "number",
                SHARE,
                zh="机器人拦截率",
                en="Share of the history's contacts that a bot will resolve without an agent.",
                note_zh="机器人独立解决的比例，0 到 1。",
                example="0",
                default=0.0,
                origin="assumed: the history counts contacts that reach a person",
            ),
            "min_seats": column(
                "whole",
                pa.Check.in_range(0, 500, error="not_seats"),
                zh="最少在线人数",
                en="Fewest seats while the shop's pool is open.",
                note_zh="营业时间内最少在线人数。",
                example="1",
                default=1.0,
                origin="assumed: an open shop is answered",
            ),
            "priority": column(
                "whole",
                pa.Check.in_range(1, 9, error="not_a_priority"),
                zh="优先级",
                en="1 is ordinary; higher is served first when seats are short.",
                note_zh="1 为普通；数字越大，缺人时越优先。",
                example="1",
                default=1.0,
                origin="assumed",
            ),
        }
    )


def agents() -> pa.DataFrameSchema:
    """Return the schema of `agents`: one row is a person."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(unique=True),
            "name": name("姓名", ("名称", "客服姓名"), "张伟"),
            "team": column("text", zh="班组", en="Team.", note_zh="所属班组。", example="T1"),
            "started_on": column(
                "day",
                zh="入职日期",
                en="First day at work; blank: long ago.",
                note_zh="入职日期；留空视为老员工。",
                example="2026-03-02",
                optional=True,
                blank=True,
            ),
            "hours_per_week": column(
                "number",
                pa.Check.in_range(1, 44, error="not_weekly_hours"),
                zh="周工时",
                en="Contract hours a week, at most 44 (Labour Law art. 36).",
                note_zh="合同周工时，不超过 44（劳动法第36条）。",
                example="40",
                default=40.0,
                origin="State Council Decree 174, art. 3",
            ),
            "contract": column(
                "text",
                one_of(("full_time", "part_time")),
                zh="合同",
                en="full_time or part_time: decides the lengths of shift.",
                note_zh=chinese_names("contract") + "，决定班次长度。",
                example="full_time",
                default="full_time",
                origin="assumed",
            ),
            "monthly_wage": column(
                "number",
                NOT_NEGATIVE,
                zh="月薪",
                en="Monthly wage in yuan; blank: unknown.",
                note_zh="月薪（元）；可留空。",
                example="4500",
                optional=True,
                blank=True,
            ),
            "protected": column(
                "text",
                one_of(PROTECTED),
                zh="特殊保护",
                en="pregnant, nursing or minor: no work between 22:00 and 06:00; else blank.",
                note_zh=chinese_names("protected") + "：22:00-6:00 不排班；其他人留空。",
                example="",
                optional=True,
                blank=True,
            ),
            "max_concurrency": column(
                "whole",
                pa.Check.in_range(1, 30, error="not_a_concurrency"),
                zh="最大并发",
                en="Most chats this agent holds at once; blank: the shop's figure.",
                note_zh="该客服最多同时接待数；留空按店铺。",
                example="3",
                optional=True,
                blank=True,
            ),
        }
    )


def skills(shop_ids: Ids, agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `skills`: one row is a shop that an agent is trained for."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "shop_id": shop_id(ids=shop_ids),
            "speed": column(
                "number",
                SPEED,
                zh="熟练度",
                en="Speed against an experienced agent: 1 is full, 0.6 a newcomer.",
                note_zh="相对熟手的速度：1 为熟手，0.6 为新人。",
                example="1",
                default=1.0,
                origin="assumed: trained means full speed",
            ),
            "since": column(
                "day",
                zh="掌握日期",
                en="First day on which the agent may serve the shop; blank: already.",
                note_zh="从哪天起可接待该店；留空表示已可。",
                example="",
                optional=True,
                blank=True,
            ),
        },
        unique=["agent_id", "shop_id"],
        report_duplicates="exclude_first",
    )


def history(shop_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `history` in counts: one row is a shop's interval."""
    return pa.DataFrameSchema(
        {
            "shop_id": shop_id(ids=shop_ids),
            "start": column(
                "moment",
                zh="开始",
                also=("开始时间", "时间"),
                en="Start of the interval, local wall time; 5, 10, 15, 30, 60 minutes or a day.",
                note_zh="时段开始（当地时间）；步长 5、10、15、30、60 分钟或一天。",
                example="2026-11-02 09:00",
            ),
            "contacts": column(
                "whole",
                NOT_NEGATIVE,
                zh="接待量",
                also=("咨询量", "接待人数", "咨询人数"),
                en="Contacts that arrived in the interval.",
                note_zh="该时段进入的咨询数。",
                example="12",
            ),
            "aht_s": column(
                "number",
                ABOVE_ZERO,
                zh="平均处理时长_秒",
                en="Mean handle time of the interval in seconds.",
                note_zh="该时段平均处理时长（秒）。",
                example="",
                optional=True,
                blank=True,
            ),
        },
        unique=["shop_id", "start"],
        report_duplicates="exclude_first",
    )


def contact_log(shop_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `history` as a log: one row is one contact."""
    return pa.DataFrameSchema(
        {
            "shop_id": shop_id(ids=shop_ids),
            "contacted_at": column(
                "moment",
                zh="进线时间",
                also=("咨询时间", "接入时间"),
                en="When the contact arrived, local wall time.",
                note_zh="咨询进入时间（当地时间）。",
                example="2026-11-02 09:03:10",
            ),
        }
    )


def promotions(shop_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `promotions`: one row is a phase of a promotion."""
    return pa.DataFrameSchema(
        {
            "name": column(
                "text",
                zh="活动",
                en="Promotion; a trailing year is ignored when events are compared.",
                note_zh="活动名称；末尾的年份在比较历次活动时忽略。",
                example="Double 11 2026",
            ),
            "phase": column(
                "text",
                zh="阶段",
                en="Phase, e.g. presale, warm_up, opening, peak, final_payment, tail.",
                note_zh="阶段，如 presale、warm_up、opening、peak、final_payment、tail。",
                example="peak",
            ),
            "start": column(
                "moment",
                zh="开始",
                also=("开始时间",),
                en="Start, local wall time.",
                note_zh="开始（当地时间）。",
                example="2026-11-10 20:00",
            ),
            "end": column(
                "moment",
                zh="结束",
                also=("结束时间",),
                en="End (exclusive), local wall time.",
                note_zh="结束（不含，当地时间）。",
                example="2026-11-12 00:00",
            ),
            "platform": column(
                "text",
                one_of(PLATFORMS),
                zh="平台",
                en="Only shops on this platform; blank: all.",
                note_zh="仅限该平台；留空为全部。",
                example="Tmall",
                optional=True,
                blank=True,
            ),
            "shop_id": shop_id(ids=shop_ids, optional=True),
            "category": column(
                "text",
                one_of(CATEGORIES),
                zh="类目",
                en="Only shops of this category; blank: all.",
                note_zh="仅限该类目；留空为全部。",
                example="",
                optional=True,
                blank=True,
            ),
            "strength": column(
                "number",
                pa.Check.in_range(0.1, 50, error="not_a_strength"),
                zh="强度",
                en="Expected multiple of an ordinary day, set by a person; blank: learnt.",
                note_zh="人工设定的倍数；留空由历史估计。",
                example="",
                optional=True,
                blank=True,
            ),
            "source": column(
                "text",
                zh="来源",
                en="Where the dates come from.",
                note_zh="日期来源。",
                example="platform notice",
                optional=True,
                blank=True,
            ),
        },
        checks=ENDS_AFTER_START,
    )


def absences(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `absences`: one row is an agent's day away."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "date": _date("Day away.", "不能上班的日期。"),
            "kind": column(
                "text",
                one_of(("leave", "sick", "training")),
                zh="类型",
                en="leave, sick or training.",
                note_zh=chinese_names("kind") + "。",
                example="leave",
                default="leave",
                origin="assumed",
            ),
        },
        unique=["agent_id", "date"],
        report_duplicates="exclude_first",
    )


def requests(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `requests`: one row is an agent's wish for a day."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "date": _date("Day that the wish is for.", "愿望所指的日期。"),
            "wish": column(
                "text",
                one_of(("rest_day", "early", "late")),
                zh="愿望",
                en="rest_day, early (ends by 22:00) or late (ends after 22:00).",
                note_zh=chinese_names("wish") + "；22:00 后下班算晚班。",
                example="rest_day",
                default="rest_day",
                origin="assumed",
            ),
            "weight": column(
                "number",
                pa.Check.in_range(0, 100, error="not_a_weight"),
                zh="权重",
                en="Importance; 1 is ordinary.",
                note_zh="重要程度；1 为普通。",
                example="1",
                default=1.0,
                origin="assumed",
            ),
        },
        unique=["agent_id", "date"],
        report_duplicates="exclude_first",
    )


def rosters(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `rosters`: one row is a shift already published (or a part of one)."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "date": _date(
                "Service day: the day on which the shift begins.",
                "班次所属日期：班次开始的那一天。",
            ),
            "start": column(
                "moment",
                zh="开始",
                also=("开始时间",),
                en="Start of the shift, local wall time.",
                note_zh="班次开始（当地时间）。",
                example="2026-11-02 09:00",
            ),
            "end": column(
                "moment",
                zh="结束",
                also=("结束时间",),
                en="End of the shift, local wall time; midnight may be written 24:00.",
                note_zh="班次结束（当地时间）；午夜可写 24:00。",
                example="2026-11-02 18:00",
            ),
            "paid_h": column(
                "number",
                pa.Check.in_range(0, 24, error="not_daily_hours"),
                zh="计薪工时",
                en="Paid hours; blank: the span less one hour when longer than 6 h.",
                note_zh="计薪工时；留空按时长计，超过 6 小时扣 1 小时用餐。",
                example="8",
                optional=True,
                blank=True,
            ),
        },
        checks=ENDS_AFTER_START,
    )


def _whole_duty(edge: str, end: Literal["min", "max"]) -> pa.Check:
    """Return a check that a duty's edge, where it is given, is that of its stretches.

    An agent with a stretch that cannot be read is not judged.
    """

    def holds(table: pd.DataFrame) -> pd.Series:
        copy: pd.Series = table[f"shift_{edge}"]
        blank = table[["date", edge]].isna().any(axis=1)
        nameless = bool(table["agent_id"].isna().any())
        unread = blank.groupby(table["agent_id"]).transform("any") | nameless
        true = table.groupby(["agent_id", "date"])[edge].transform(end)
        fits: pd.Series = copy.isna() | unread | copy.eq(true)
        return fits

    return pa.Check(holds, error=f"shift_{edge}_differs")


def _paid_as_long(table: pd.DataFrame) -> pd.Series:
    """Return which rows' paid hours, where they are given, are the length of their work."""
    hours = (table["end"] - table["start"]).dt.total_seconds() / 3600
    due = hours.where(table["activity"] != "meal", 0.0)
    return table["paid_h"].isna() | due.isna() | ((table["paid_h"] - due).abs() < 0.01)


ECHOES = (
    _whole_duty("start", "min"),
    _whole_duty("end", "max"),
    pa.Check(_paid_as_long, error="paid_h_differs"),
)
"""Columns that repeat what start and end say: an edit of the copy alone must not pass unseen."""


def _echo(kind: Kind, zh: str, en: str, note_zh: str) -> pa.Column:
    return column(
        kind,
        zh=zh,
        en=f"{en} A copy: checked against start and end.",
        note_zh=f"{note_zh}，须与开始、结束一致。",
        example="",
        optional=True,
        blank=True,
    )


def stretches() -> pa.DataFrameSchema:
    """Return the schema of a roster file: one row is a stretch of an agent's duty."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(),
            "date": _date(
                "Service day: the day on which the duty begins.", "班次所属日期：班次开始的那一天。"
            ),
            "start": column(
                "moment",
                zh="开始",
                also=("开始时间",),
                en="Start of the stretch, local wall time.",
                note_zh="时段开始（当地时间）。",
                example="2026-11-02 09:00",
            ),
            "end": column(
                "moment",
                zh="结束",
                also=("结束时间",),
                en="End of the stretch, local wall time.",
                note_zh="时段结束（当地时间）。",
                example="2026-11-02 12:00",
            ),
            "activity": column(
                "text",
                one_of(("work", "meal")),
                zh="内容",
                en="work or meal.",
                note_zh=chinese_names("activity") + "。",
                example="work",
                default="work",
                origin="assumed: what is not a meal is work",
            ),
            "pool": column(
                "text",
                zh="接待组",
                en="Pool served; blank at meals.",
                note_zh="接待组；用餐时留空。",
                example="P-apparel",
                optional=True,
                blank=True,
            ),
            "shift_start": _echo(
                "moment", "班次开始", "Start of the whole duty.", "整个班次的开始"
            ),
            "shift_end": _echo("moment", "班次结束", "End of the whole duty.", "整个班次的结束"),
            "paid_h": _echo("number", "计薪工时", "Paid hours of the stretch.", "该时段计薪工时"),
        },
        checks=[ENDS_AFTER_START, *ECHOES],
    )


def _date(en: str, note_zh: str) -> pa.Column:
    return column("day", zh="日期", en=en, note_zh=note_zh, example="2026-11-02")


@dataclass(frozen=True, slots=True)
class Table:
    """A table's name, its Chinese name (file or sheet) and whether a plan needs it."""

    name: str
    zh: str
    required: bool


TABLES = (
    Table("shops", "店铺", True),
    Table("agents", "客服", True),
    Table("skills", "技能", True),
    Table("history", "历史接待量", True),
    Table("promotions", "活动", False),
    Table("absences", "缺勤", False),
    Table("requests", "申请", False),
    Table("rosters", "已发布班表", False),
)
STRETCHES = Table("stretches", "班表", True)
"""A roster file that is handed in for audit; it is no table of a workspace."""


_SCHEMAS: Mapping[str, Callable[[Ids, Ids], pa.DataFrameSchema]] = {
    "shops": lambda *_: shops(),
    "agents": lambda *_: agents(),
    "skills": skills,
    "history": lambda shop_ids, _: history(shop_ids),
    "contact_log": lambda shop_ids, _: contact_log(shop_ids),
    "promotions": lambda shop_ids, _: promotions(shop_ids),
    "absences": lambda _, agent_ids: absences(agent_ids),
    "requests": lambda _, agent_ids: requests(agent_ids),
    "rosters": lambda _, agent_ids: rosters(agent_ids),
    "stretches": lambda *_: stretches(),
}


def schema(table: str, *, shop_ids: Ids = None, agent_ids: Ids = None) -> pa.DataFrameSchema:
    """Return the schema of a table by name; ids are those that it may refer to."""
    if shop_ids is None and agent_ids is None:
        return _schema(table)
    return _SCHEMAS[table](shop_ids, agent_ids)


@cache
def _schema(table: str) -> pa.DataFrameSchema:
    return _SCHEMAS[table](None, None)


def empty(table: str) -> pd.DataFrame:
    """Return a table without rows, with every column of its schema and the right types."""
    columns = schema(table).columns
    return pd.DataFrame(
        {name: pd.Series([], dtype=each.dtype.type) for name, each in columns.items()}
    )
