"""A tiny workspace with every table, as rows that a test can spoil before they are written."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

FIRST = dt.date(2026, 10, 12)
DAYS = 35
START = FIRST + dt.timedelta(days=DAYS)
"""The Monday after the history: the first day of the scenario."""

Row = dict[str, object]
Tables = dict[str, list[Row]]


def tables() -> Tables:
    """Return every table of a sound workspace: 3 shops, 4 agents, 5 weeks of history."""
    shops = (("S1", "云裳旗舰店", "Tmall"), ("S2", "果壳零食", "JD"), ("S3", "星河数码", "Douyin"))
    agents = ("A1", "A2", "A3", "A4")
    return {
        "shops": [
            {
                "shop_id": shop,
                "name": name,
                "platform": platform,
                "category": "snacks",
                "opens": "09:00",
                "closes": "24:00",
                "pool": "P",
                "channel": "chat",
                "aht_s": 240,
                "concurrency": 3,
                "target_level": 0.9,
                "answer_within_s": 180,
            }
            for shop, name, platform in shops
        ],
        "agents": [
            {"agent_id": agent, "name": f"客服{agent}", "team": "T1", "hours_per_week": 40}
            for agent in agents
        ],
        "skills": [
            {"agent_id": agent, "shop_id": shop[0], "speed": 1}
            for agent in agents
            for shop in shops
        ],
        "history": [
            {
                "shop_id": shop[0],
                "start": f"{FIRST + dt.timedelta(days=day)} {hour:02d}:00",
                "contacts": 8,
            }
            for shop in shops
            for day in range(DAYS)
            for hour in range(9, 24)
        ],
        "promotions": [
            {
                "name": "Double 11 2026",
                "phase": "peak",
                "start": "2026-11-10 20:00",
                "end": "2026-11-12 00:00",
                "platform": "Tmall",
                "shop_id": "",
                "category": "",
            }
        ],
        "special_days": [
            {
                "name": "学校寒假",
                "first_day": "2027-01-23",
                "last_day": "2027-02-20",
                "category": "snacks",
                "closed": "no",
            },
            {
                "name": "店休",
                "first_day": "2026-11-18",
                "last_day": "",
                "category": "",
                "closed": "yes",
            },
        ],
        "absences": [{"agent_id": "A2", "date": f"{START}", "kind": "leave"}],
        "requests": [{"agent_id": "A3", "date": f"{START}", "wish": "rest_day", "weight": 1}],
        "rosters": [
            {
                "agent_id": "A1",
                "date": "2026-11-13",
                "start": "2026-11-13 09:00",
                "end": "2026-11-13 18:00",
                "paid_h": 8,
            },
            {
                "agent_id": "A1",
                "date": "2026-11-14",
                "start": "2026-11-14 15:00",
                "end": "2026-11-14 24:00",
                "paid_h": 8,
            },
        ],
    }


def write(folder: Path, rows: Mapping[str, Sequence[Mapping[str, object]]]) -> Path:
    """Write tables as CSV files of a workspace and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, own in rows.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in own for key in row)))
            writer.writeheader()
            writer.writerows(own)
    return folder


SCENARIO = f"""# a plan of one day
name = "tiny"
workspace = "workspace"
lang = "en"

[horizon]
start = {START}
days = 1

[roster]
effort = 0.5

[replay]
replications = 2
"""

ROSTER = f"""agent_id,date,start,end,activity,pool
A1,{START},{START} 09:00,{START} 12:00,work,P
A1,{START},{START} 12:00,{START} 13:00,meal,
A1,{START},{START} 13:00,{START} 18:00,work,P
"""


REQUIRED = ("shops", "agents", "skills", "history")


def project(folder: Path) -> Path:
    """Write a workspace of the required tables, scenario.toml and roster.csv; return the folder."""
    write(folder / "workspace", {name: tables()[name] for name in REQUIRED})
    (folder / "scenario.toml").write_text(SCENARIO, "utf-8")
    (folder / "roster.csv").write_text(ROSTER, "utf-8")
    return folder
