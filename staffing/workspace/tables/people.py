"""The tables about people: who they are, what they know, when they are away, what they wish."""

from __future__ import annotations

import pandera.pandas as pa

from staffing.workspace.tables.columns import (
    NOT_NEGATIVE,
    Ids,
    agent_id,
    chinese_names,
    column,
    date,
    name,
    one_of,
    shop_id,
)

PROTECTED = ("pregnant", "nursing", "minor")
SPEED = pa.Check.in_range(0.1, 1.5, error="not_a_speed")


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
            "ramp_days": column(
                "whole",
                pa.Check.in_range(1, 365, error="not_a_ramp"),
                zh="磨合天数",
                en="Days from `since` in which speed rises to full; blank: it stays as stated.",
                note_zh="从掌握日期起多少天升到熟手速度；留空表示一直是所填熟练度。",
                example="",
                optional=True,
                blank=True,
            ),
        },
        unique=["agent_id", "shop_id"],
        report_duplicates="exclude_first",
    )


def absences(agent_ids: Ids) -> pa.DataFrameSchema:
    """Return the schema of `absences`: one row is an agent's day away."""
    return pa.DataFrameSchema(
        {
            "agent_id": agent_id(ids=agent_ids),
            "date": date("Day away.", "不能上班的日期。"),
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
            "date": date("Day that the wish is for.", "愿望所指的日期。"),
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
