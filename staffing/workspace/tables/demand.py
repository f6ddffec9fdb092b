"""The tables about contacts: how many came, and what is known ahead of days to come."""

from __future__ import annotations

import pandera.pandas as pa

from staffing.workspace.tables.columns import (
    ABOVE_ZERO,
    CATEGORIES,
    ENDS_AFTER_START,
    NOT_NEGATIVE,
    PLATFORMS,
    Ids,
    column,
    one_of,
    shop_id,
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
            "aht_s": _aht_s(
                "Mean handle time of the interval in seconds.", "该时段平均处理时长（秒）。"
            ),
            "orders": column(
                "whole",
                NOT_NEGATIVE,
                zh="订单数",
                also=("下单数", "订单量"),
                en="Orders of the interval, for reports alone; blank: not known.",
                note_zh="该时段的订单数，仅用于报告；留空为未知。",
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
            "aht_s": _aht_s("Handle time of the contact in seconds.", "该咨询的处理时长（秒）。"),
        }
    )


def _aht_s(en: str, note_zh: str) -> pa.Column:
    return column(
        "number",
        ABOVE_ZERO,
        zh="平均处理时长_秒",
        en=en,
        note_zh=note_zh,
        example="",
        optional=True,
        blank=True,
    )


def _scope(shop_ids: Ids, *, platform: str) -> dict[str, pa.Column]:
    """Return the columns that narrow a row down; a shop must fit all that are filled in.

    Parameters
    ----------
    platform : the example of its column
    """
    return {
        "platform": column(
            "text",
            one_of(PLATFORMS),
            zh="平台",
            en="Only shops on this platform; blank: all.",
            note_zh="仅限该平台；留空为全部。",
            example=platform,
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
    }


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
            **_scope(shop_ids, platform="Tmall"),
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


LONGEST_SPECIAL_DAYS = 400
"""A period longer than a year and a bit is a slip of the pen, not a season."""
IN_ORDER = pa.Check(lambda df: ~(df["last_day"] < df["first_day"]), error="last_before_first")
NOT_TOO_LONG = pa.Check(
    lambda df: ~((df["last_day"] - df["first_day"]).dt.days >= LONGEST_SPECIAL_DAYS),
    error="above_400_days",
)


def special_days(shop_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `special_days`: one row is a period known ahead, no promotion."""
    return pa.DataFrameSchema(
        {
            "name": column(
                "text",
                zh="名称",
                also=("特殊日", "特殊日名称"),
                en="Name of the days, the same each time they come round.",
                note_zh="这些日子的名称，每次都用同一个名称。",
                example="学校寒假",
            ),
            "first_day": column(
                "day",
                zh="开始日期",
                also=("首日", "开始", "日期"),
                en="First day.",
                note_zh="第一天。",
                example="2027-01-23",
            ),
            "last_day": column(
                "day",
                zh="结束日期",
                also=("最后一天", "结束"),
                en="Last day (inclusive); blank: the first day alone.",
                note_zh="最后一天（含）；留空表示只有第一天。",
                example="2027-02-20",
                optional=True,
                blank=True,
            ),
            **_scope(shop_ids, platform=""),
            "closed": column(
                "flag",
                zh="停止接待",
                also=("休店", "店休", "是否休息"),
                en="yes: the shops take no contacts on these days.",
                note_zh="是（yes）或否（no）；是：这些天店铺不接待。",
                example="no",
                default=False,
                origin="assumed",
            ),
        },
        checks=[IN_ORDER, NOT_TOO_LONG],
    )
