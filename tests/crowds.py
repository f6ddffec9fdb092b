"""Two thousand agents with hostile names, on the roster of the tiny plan: quickly made."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType

import pandas as pd

from staffing.plan import Plan

HOSTILE = {
    "=1+2": '=HYPERLINK("http://evil.example","open")',
    "../../etc/passwd": "<script>alert(1)</script>",
    "con": "名" * 400,
    "a/b\\c:d": "👩‍💻🔥",
    "CON": "line\r\nBEGIN:VEVENT\r\nUID:forged",
    "-x": "; DROP, \\n \u202egnirts",
    "é" * 400: "@所有人",
}
"""Agent -> name: formulas, markup, paths, devices of Windows, line breaks, very long ones."""


def crowd(plan: Plan, people: int = 2000) -> Plan:
    """Return a plan whose agents are many, each with the duties of somebody of the plan."""
    ids = [*HOSTILE, *(f"B{i:04d}" for i in range(people - len(HOSTILE)))]
    names = [*HOSTILE.values(), *(f"客服{i}" for i in range(people - len(HOSTILE)))]
    table = plan.roster.assignments
    old = sorted(table["agent_id"].unique())
    agents = plan.workspace.agents.loc[[old[i % len(old)] for i in range(people)]]
    agents = agents.assign(name=names, team=["T1", '=T("2")/../'] * (people // 2))
    agents.index = pd.Index(ids, name="agent_id")
    pairs = pd.DataFrame(
        {"own": ids, "name": names, "old": [old[i % len(old)] for i in range(people)]}
    )
    rows = pairs.merge(table.drop(columns="name"), left_on="old", right_on="agent_id")
    rows = rows.drop(columns=["agent_id", "old"]).rename(columns={"own": "agent_id"})[table.columns]
    table = plan.ledger.table
    shares = pairs[["own", "old"]].merge(table, left_on="old", right_on="agent_id")
    shares = shares.drop(columns="agent_id").rename(columns={"own": "agent_id"})[table.columns]
    own = {name: plan.workspace.tables[name].iloc[:0] for name in ("requests", "absences")}
    tables = MappingProxyType({**plan.workspace.tables, **own, "agents": agents})
    workspace = dataclasses.replace(plan.workspace, tables=tables)
    roster = dataclasses.replace(plan.roster, assignments=rows)
    ledger = dataclasses.replace(plan.ledger, table=shares)
    return dataclasses.replace(plan, workspace=workspace, roster=roster, ledger=ledger)
