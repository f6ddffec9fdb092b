"""The tables of duties: what was published before, and a roster that is handed in."""

from __future__ import annotations

from typing import Literal

import pandas as pd
import pandera.pandas as pa

from staffing.workspace.tables.columns import (
    ENDS_AFTER_START,
    Ids,
    Kind,
    agent_id,
    chinese_names,
    column,
    date,
    one_of,
)
from staffing.workspace.tables.demand import IN_ORDER

ACTIVITIES = ("training", "meeting", "qc")
"""What people do on duty beside serving and meals."""


def activities(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `activities`: one row is something an agent is to do on duty once."""
    return pa.DataFrameSchema(
        {
            "activity": column(
                "text",
                one_of(ACTIVITIES),
                zh="内容",
                en="training, meeting or qc.",
                note_zh="培训（training）、会议（meeting）或质检（qc）。",
                example="training",
            ),
            "agent_id": agent_id(ids=agent_ids),
            "minutes": column(
                "whole",
                pa.Check.in_range(30, 480, error="not_activity_minutes"),
                zh="分钟数",
                en="How long it takes, in minutes; half hours are filled up.",
                note_zh="所需分钟数，不足半小时按半小时计。",
                example="60",
            ),
            "first_day": column(
                "day",
                zh="最早日期",
                en="First service day on which it may be.",
                note_zh="可安排的第一天。",
                example="2026-11-02",
            ),
            "last_day": column(
                "day",
                zh="最晚日期",
                en="Last service day on which it may be; blank: the first.",
                note_zh="可安排的最后一天；留空即最早日期当天。",
                example="2026-11-06",
                optional=True,
                blank=True,
            ),
            "opens": column(
                "clock",
                zh="最早时间",
                en="It begins no earlier than this, on the half hour.",
                note_zh="不早于该时间开始（整点或半点）。",
                example="13:00",
                default="00:00",
                origin="assumed: at any time on duty",
            ),
            "closes": column(
                "clock",
                zh="最晚时间",
                en="It ends by this time, on the half hour; past midnight below `opens`.",
                note_zh="不晚于该时间结束（整点或半点）；小于最早时间表示次日。",
                example="17:00",
                default="24:00",
                origin="assumed: at any time on duty",
            ),
            "together": column(
                "text",
                zh="同场",
                en="Rows with the same word here are held at one time; blank: alone.",
                note_zh="填写相同文字的各行同一时间进行；留空为单独进行。",
                example="",
                optional=True,
                blank=True,
            ),
        },
        checks=IN_ORDER,
    )


def rosters(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `rosters`: one row is a shift already published (or a part of one)."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "date": date(
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
            "pool": column(
                "text",
                zh="接待组",
                en="Pool served; blank: unknown, then the ledger's hard hours leave it out.",
                note_zh="接待组；留空为不明，公平账不计难店工时。",
                example="P-apparel",
                optional=True,
                blank=True,
            ),
        },
        checks=ENDS_AFTER_START,
    )


ITEMS = ("late", "weekend", "statutory", "peak_night", "hard", "granted")
"""What the ledger keeps of every agent."""


def ledger(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `ledger`: one row is a planner's correction of what somebody had."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "date": date(
                "Day that the correction is for; any day of the week for a week's.",
                "更正所属日期；整周的更正写该周任一天。",
            ),
            "item": column(
                "text",
                one_of(ITEMS),
                zh="项目",
                en="late, weekend, statutory, peak_night, hard (hours) or granted (requests).",
                note_zh=chinese_names("item") + "；难店按小时计。",
                example="late",
            ),
            "count": column(
                "number",
                pa.Check.in_range(-1000, 1000, error="not_a_correction"),
                zh="数量",
                en="How many more she had than the published rosters say; negative: fewer.",
                note_zh="比已发布班表多出的数量；少则为负。",
                example="1",
            ),
            "note": column(
                "text",
                zh="备注",
                en="Why; for the reader only.",
                note_zh="原因，仅供查阅。",
                example="",
                optional=True,
                blank=True,
            ),
        }
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
            "date": date(
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
                one_of(("work", "meal", *ACTIVITIES)),
                zh="内容",
                en="work, meal, training, meeting or qc.",
                note_zh=chinese_names("activity") + "。",
                example="work",
                default="work",
                origin="assumed: what is not a meal is work",
            ),
            "pool": column(
                "text",
                zh="接待组",
                en="Pool served; blank at meals and activities.",
                note_zh="接待组；用餐和内部安排时留空。",
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
