"""The tables of a workspace: every column with its meaning, limits, default and origin.

The schemas are pandera's; what a planner reads about a column (its meaning, an example, where
its default comes from) lies in the column's `metadata`, so the reader, ``staffing init``, the
manifest and the documentation all speak from one place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd
import pandera.pandas as pa

from staffing.workspace.tables.columns import CHINESE_VALUES, EXCEL_ERRORS, Ids
from staffing.workspace.tables.demand import contact_log, history, promotions, special_days
from staffing.workspace.tables.duties import activities, ledger, rosters, stretches
from staffing.workspace.tables.people import absences, agents, requests, skills
from staffing.workspace.tables.shops import shops

__all__ = [
    "CHINESE_VALUES",
    "EXCEL_ERRORS",
    "STRETCHES",
    "TABLES",
    "Ids",
    "Table",
    "empty",
    "schema",
]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a workspace.

    Attributes
    ----------
    zh : Chinese name of its file or sheet
    required : whether a plan needs it
    unless : the column of `shops` that spares it when filled in for every shop
    """

    name: str
    zh: str
    required: bool
    unless: str | None = None


TABLES = (
    Table("shops", "店铺", True),
    Table("agents", "客服", True),
    Table("skills", "技能", True),
    Table("history", "历史接待量", True, unless="contacts_per_day"),
    Table("promotions", "活动", False),
    Table("special_days", "特殊日", False),
    Table("absences", "缺勤", False),
    Table("requests", "申请", False),
    Table("rosters", "已发布班表", False),
    Table("activities", "内部安排", False),
    Table("ledger", "公平账更正", False),
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
    "special_days": lambda shop_ids, _: special_days(shop_ids),
    "absences": lambda _, agent_ids: absences(agent_ids),
    "requests": lambda _, agent_ids: requests(agent_ids),
    "rosters": lambda _, agent_ids: rosters(agent_ids),
    "activities": lambda _, agent_ids: activities(agent_ids),
    "ledger": lambda _, agent_ids: ledger(agent_ids),
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
        {
            name: pd.Series([], dtype=bool if each.metadata["kind"] == "flag" else each.dtype.type)
            for name, each in columns.items()
        }
    )
