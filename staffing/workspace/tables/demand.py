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
