"""A workspace small enough to plan in seconds: two pools, three shops, eight agents, five weeks."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from staffing.plan import Plan, plan
from staffing.scenario import Horizon, ReplaySettings, RosterSettings, Scenario, ShiftSettings
from staffing.words import Lang
from staffing.workspace import read_workspace

FIRST = dt.date(2026, 10, 12)
WEEKS = 5
START = FIRST + dt.timedelta(weeks=WEEKS)
"""The Monday that is planned: the day after the history ends."""
SHOPS = (
    ("S1", "云裳旗舰店", "Tmall", "09:00", "22:00", "P-day", 420, 3.0),
    ("S2", "果壳<b>零食</b>", "JD", "09:00", "22:00", "P-day", 300, 2.0),
    ("S3", "<script>alert(1)</script>", "Douyin", "12:00", "01:00", "P-late", 360, 2.5),
)
"""Shop, name, platform, window, pool, AHT, mean contacts a half hour; markup on purpose."""
AGENTS = (
    ("A1", "王静", 40, "full_time", ""),
    ("A2", "李<i>杰</i>", 40, "full_time", ""),
    ("A3", "=1+1", 40, "full_time", ""),
    ("A4", "刘敏", 40, "full_time", "pregnant"),
    ("A5", "陈娟", 40, "full_time", ""),
    ("A6", "杨刚", 24, "part_time", ""),
    ("A7", "赵丽", 40, "full_time", ""),
    ("A8", "黄涛", 40, "full_time", ""),
)
"""Agent, name, weekly hours, contract, protection."""


def tiny_workspace(folder: Path) -> Path:
    """Write the workspace into `folder` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    shops = [(*shop[:7], 2) for shop in SHOPS]
    columns = ("shop_id", "name", "platform", "opens", "closes", "pool", "aht_s", "concurrency")
    _write(
        folder / "shops.csv",
        (*columns, "category", "patience_s"),
        [(*shop, "snacks", 240) for shop in shops],
    )
    _write(
        folder / "agents.csv",
        ("agent_id", "name", "hours_per_week", "contract", "protected", "team"),
        [(*agent, f"T{1 + i % 2}") for i, agent in enumerate(AGENTS)],
    )
    skills = [(a[0], s[0], 0.6 if a[0] == "A8" else 1) for a in AGENTS for s in SHOPS]
    _write(folder / "skills.csv", ("agent_id", "shop_id", "speed"), skills)
    _write(folder / "history.csv", ("shop_id", "start", "contacts"), _history())
    absent = [("A2", START + dt.timedelta(days=i), "training") for i in (1, 2)]
    _write(folder / "absences.csv", ("agent_id", "date", "kind"), absent)
    wish = [("A1", START + dt.timedelta(days=5), "rest_day"), ("A5", START, "early")]
    _write(folder / "requests.csv", ("agent_id", "date", "wish"), wish)
    return folder


def tiny_scenario(folder: Path, lang: Lang = "zh", days: int = 7) -> Scenario:
    """Return the scenario of the week after the history."""
    return Scenario(
        name="tiny",
        workspace=folder,
        horizon=Horizon(start=START, days=days),
        lang=lang,
        shifts=ShiftSettings(start_every_min=120),
        roster=RosterSettings(effort=2.0),
        replay=ReplaySettings(replications=2),
    )


@cache
def tiny_plan(folder: Path, lang: Lang = "zh") -> Plan:
    """Return the plan of the tiny workspace, written into `folder`; made once a folder."""
    workspace = read_workspace(tiny_workspace(folder))
    return plan(workspace, tiny_scenario(folder, lang))


def _history() -> Iterable[tuple[str, str, int]]:
    random = np.random.default_rng(7)
    for shop, _, _, opens, closes, _, _, mean in SHOPS:
        first, end = int(opens[:2]) * 2, int(closes[:2]) * 2
        end += 48 if end <= first else 0
        for day in range(7 * WEEKS):
            midnight = dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time())
            weekend = 1.3 if midnight.weekday() >= 5 else 1.0
            for slot in range(first, end):
                evening = 1.5 if 38 <= slot < 44 else 1.0
                number = int(random.poisson(mean * weekend * evening))
                yield shop, f"{midnight + dt.timedelta(minutes=30 * slot):%Y-%m-%d %H:%M}", number


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
