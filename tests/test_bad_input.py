"""Bad input of every kind: exit code 2, the place, the value and a remedy, and nothing written."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import cli
from staffing.errors import Fault, InputError
from staffing.roster.file import read_roster
from tests.workspaces import ROSTER, SCENARIO, START, Row, Tables, project, tables, write

Spoil = Callable[[Path], object]
"""Changes one thing in a sound project: workspace/, scenario.toml, roster.csv."""


def cell(table: str, row: int, column: str, value: object) -> Spoil:
    """Put a value into a cell; `row` counts as Excel does, the header is row 1."""
    return rows(lambda all_: all_[table][row - 2].update({column: value}))


def column(table: str, name: str, value: object) -> Spoil:
    """Add a column, or overwrite one."""
    return rows(lambda all_: [row.update({name: value}) for row in all_[table]])


def without(table: str, name: str) -> Spoil:
    """Take a column out of a table."""
    return rows(lambda all_: [row.pop(name) for row in all_[table]])


def renamed(table: str, old: str, new: str) -> Spoil:
    """Give a column another name."""
    return rows(lambda all_: [row.update({new: row.pop(old)}) for row in all_[table]])


def lose_zeros(all_: Tables) -> None:
    """Call the last agent 007, and 7 in one of her skills, as Excel would."""
    all_["agents"][3]["agent_id"] = "007"
    for row in all_["skills"][-3:]:
        row["agent_id"] = "007"
    all_["skills"][-1]["agent_id"] = "7"


def again(table: str, row: int, **changes: object) -> Spoil:
    """Append a copy of a row."""
    return rows(lambda all_: all_[table].append(all_[table][row - 2] | changes))


def rows(change: Callable[[Tables], object]) -> Spoil:
    """Change some tables and write those."""

    def spoil(folder: Path) -> None:
        sound, changed = tables(), tables()
        change(changed)
        write(folder / "workspace", {k: own for k, own in changed.items() if own != sound.get(k)})

    return spoil


def history(*starts: str, contacts: object = 8) -> Spoil:
    """Let every shop's history be rows of these starts."""
    return rows(
        lambda all_: all_.update(
            history=[
                {"shop_id": shop, "start": start, "contacts": contacts}
                for shop in ("S1", "S2", "S3")
                for start in starts
            ]
        )
    )


def every(minutes: int) -> Spoil:
    """Let the history have a row every so many minutes of five days."""
    day = pd.date_range("2026-11-02 09:00", "2026-11-02 22:00", freq=f"{minutes}min")
    days = [day + pd.Timedelta(days=i) for i in range(5)]
    return history(*(f"{start:%Y-%m-%d %H:%M}" for day in days for start in day))


def file(name: str, content: bytes | str) -> Spoil:
    """Write a file of the workspace as it is, in place of the table's CSV."""

    def spoil(folder: Path) -> None:
        path = folder / "workspace" / name
        path.with_suffix(".csv").unlink(missing_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def gone(name: str) -> Spoil:
    """Remove a file of the project."""
    return lambda folder: (folder / name).unlink()


def folder_instead(name: str) -> Spoil:
    """Put a folder where a file of the project was."""

    def spoil(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return spoil


def workbook(*sheets: str, into: str = "tables.xlsx") -> Spoil:
    """Replace the tables by one workbook with these sheets."""

    def spoil(folder: Path) -> None:
        root = folder / "workspace"
        all_ = tables()
        for table in all_:
            (root / f"{table}.csv").unlink(missing_ok=True)
        with pd.ExcelWriter(root / into) as book:
            for sheet in sheets:
                pd.DataFrame(all_.get(sheet, [])).to_excel(book, sheet_name=sheet, index=False)

    return spoil


def table_workbook(table: str, *sheets: str) -> Spoil:
    """Replace one table's CSV by a workbook of its own with these sheets."""

    def spoil(folder: Path) -> None:
        (folder / "workspace" / f"{table}.csv").unlink()
        with pd.ExcelWriter(folder / "workspace" / f"{table}.xlsx") as book:
            for sheet in sheets:
                pd.DataFrame(tables()[table]).to_excel(book, sheet_name=sheet, index=False)
            if not sheets:
                pd.DataFrame().to_excel(book, sheet_name="Sheet1", index=False)

    return spoil


def scenario(old: str, new: str) -> Spoil:
    """Replace a part of the scenario file."""
    assert old in SCENARIO
    return lambda folder: (folder / "scenario.toml").write_text(SCENARIO.replace(old, new), "utf-8")


def correction(**changes: object) -> Spoil:
    """Add a table of one correction of the ledger; `changes` spoil it."""
    row = {"agent_id": "A1", "date": "2026-11-02", "item": "late", "count": 1} | changes
    return rows(lambda all_: all_.update(ledger=[row]))


def activity(*spoilt: Row) -> Spoil:
    """Add a table of activities, a row for each of the changes."""
    plain = {"activity": "qc", "agent_id": "A1", "minutes": 60, "first_day": f"{START}"}
    return rows(lambda all_: all_.update(activities=[plain | row for row in spoilt]))


def more(text: str) -> Spoil:
    """Append keys to the scenario file."""
    return scenario("[roster]", f"{text}\n[roster]")


def roster(text: str | bytes) -> Spoil:
    """Write the roster file."""
    raw = text.encode() if isinstance(text, str) else text
    return lambda folder: (folder / "roster.csv").write_bytes(raw)


def own_roster(**changes: object) -> str:
    """Return a duty as our own roster.csv has it; `changes` go into its first stretch."""
    edges = ("09:00", "12:00", "13:00", "18:00")
    stretches: list[dict[str, object]] = [
        {
            "agent_id": "A1",
            "date": f"{START}",
            "shift_start": f"{START} 09:00",
            "shift_end": f"{START} 18:00",
            "start": f"{START} {edges[i]}",
            "end": f"{START} {edges[i + 1]}",
            "activity": activity,
            "pool": pool,
            "paid_h": hours,
        }
        for i, (activity, pool, hours) in enumerate(
            (("work", "P", 3), ("meal", "", 0), ("work", "P", 5))
        )
    ]
    stretches[0] |= changes
    return pd.DataFrame(stretches).to_csv(index=False)


def parquet(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet."""
    into = io.BytesIO()
    frame.to_parquet(into)
    return into.getvalue()


HISTORY = pd.DataFrame(tables()["history"])

BROKEN_BOOK = b"PK\x03\x04" + b"x" * 100
OLD_EXCEL = b"\xd0\xcf\x11\xe0" + b"x" * 100

WORKSPACE: dict[str, tuple[Spoil, str]] = {
    # what is there at all
    "missing table": (
        gone("workspace/skills.csv"),
        "workspace: the table 'skills' (技能) is missing",
    ),
    "two files for a table": (
        lambda folder: (folder / "workspace" / "skills.xlsx").write_bytes(BROKEN_BOOK),
        "skills.csv, skills.xlsx: the table 'skills' is there more than once",
    ),
    "a Chinese and an English file for a table": (
        lambda folder: (folder / "workspace" / "技能.csv").write_text("x"),
        "skills.csv, 技能.csv: the table 'skills' is there more than once",
    ),
    "workspace is not there": (
        scenario('"workspace"', '"nowhere"'),
        "nowhere: there is no such workspace folder or .xlsx workbook",
    ),
    "workspace is a file": (
        scenario('"workspace"', '"roster.csv"'),
        "roster.csv: there is no such workspace folder or .xlsx workbook",
    ),
    # files that cannot be read
    "empty file": (file("skills.csv", ""), "skills.csv: the file is empty"),
    "blank file": (file("skills.csv", "\n\n , \n"), "skills.csv: the file is empty"),
    "header only": (
        file("skills.csv", "agent_id,shop_id\n"),
        "skills.csv: there is a header but no row",
    ),
    "title row above the header": (
        file("skills.csv", "技能表,\nagent_id,shop_id\nA1,S1\n"),
        "skills.csv: the header names no known column (found: 技能表)",
    ),
    "binary garbage": (
        file("skills.csv", bytes(range(256)) * 20),
        "skills.csv: the content is not text in UTF-8 or GB18030",
    ),
    "UTF-16": (
        file("skills.csv", "agent_id,shop_id\nA1,S1\n".encode("utf-16")),
        "skills.csv: the text is encoded in UTF-16",
    ),
    "old Excel named CSV": (
        file("skills.csv", OLD_EXCEL),
        "skills.csv: the name does not fit the content, which is .xls (Excel 97-2003)",
    ),
    "workbook named CSV": (
        file("skills.csv", BROKEN_BOOK),
        "skills.csv: the name does not fit the content, which is .xlsx",
    ),
    "old Excel": (file("skills.xls", OLD_EXCEL), "skills.xls: this kind of file cannot be read"),
    "broken workbook": (
        file("skills.xlsx", BROKEN_BOOK),
        "skills.xlsx: this is no sound .xlsx workbook (damaged, or with a password)",
    ),
    "truncated Parquet": (
        file("history.parquet", parquet(HISTORY)[:-100]),
        "history.parquet: this is no sound Parquet file (it may be cut off)",
    ),
    "text named Parquet": (
        file("history.parquet", "shop_id,start\n"),
        "history.parquet: this is no sound Parquet file (it may be cut off)",
    ),
    "row with too many cells": (
        file("skills.csv", "agent_id,shop_id\nA1,S1\nA1,S2,1,x\n"),
        "skills.csv, row 3: 'A1,S2,1,x' has 4 cells, the header 2",
    ),
    "open quotation mark": (
        file("skills.csv", 'agent_id,shop_id\nA1,S1\nA1,"S2\nA2,S1\n'),
        "skills.csv, row 3: a quotation mark is never closed",
    ),
    "surplus cells and a cell beyond all bounds": (
        file("skills.csv", f"agent_id,shop_id\nA1,S1,x\nA2,{'S' * 200_000}\n"),
        "skills.csv: the content is not text in UTF-8 or GB18030",
    ),
    "broken workbook of all tables": (
        lambda folder: (
            workbook("shops")(folder),
            (folder / "workspace" / "tables.xlsx").write_bytes(BROKEN_BOOK),
        ),
        "tables.xlsx: this is no sound .xlsx workbook",
    ),
    "blank sheet": (
        workbook("shops", "agents", "技能", "history"),
        "tables.xlsx[技能]: the file is empty",
    ),
    "blank workbook of a table": (
        table_workbook("skills"),
        "skills.xlsx: the file is empty",
    ),
    "workbook without a sheet": (
        workbook("shops", "agents", "history"),
        "tables.xlsx: the table 'skills' (技能) is missing",
    ),
    "workbook with two sheets for a table": (
        workbook("shops", "店铺", "agents", "skills", "history"),
        "tables.xlsx[shops, 店铺]: the table 'shops' is there more than once",
    ),
    "table workbook with several sheets": (
        table_workbook("skills", "一", "二"),
        "skills.xlsx: several sheets, and none is named after the table (一, 二)",
    ),
    # columns
    "missing column": (
        without("shops", "category"),
        "shops.csv, column category / 类目: this required column is missing",
    ),
    "misspelt column": (
        renamed("shops", "category", "catgory"),
        "shops.csv, column category / 类目: this required column is missing. Is it the column "
        "'catgory'? Then rename that",
    ),
    "date and time in two columns": (
        rows(
            lambda all_: [
                row.update({"日期": "2026-11-02", "时段": row.pop("start")})
                for row in all_["history"]
            ]
        ),
        "history.csv, column start / 开始: this required column is missing. Join date and time",
    ),
    "column twice": (
        file("skills.csv", "agent_id,客服编号,shop_id\nA1,A1,S1\n"),
        "skills.csv, column 客服编号: the column is there twice",
    ),
    **{
        f"personal data: {name}": (
            column("history", name, "x"),
            f"history.csv, column {name}: this looks like personal data",
        )
        for name in (
            "phone",
            "买家手机号",
            "Buyer Name",
            "收货地址",
            "wechat_id",
            "顾客姓名",
            "email",
        )
    },
    # numbers
    "text in a number": (
        cell("shops", 3, "aht_s", "4 min"),
        "shops.csv, row 3, column aht_s: '4 min' is not a number",
    ),
    "thousands separator": (
        cell("history", 3, "contacts", "1,200"),
        "history.csv, row 3, column contacts: '1,200' is not a number",
    ),
    "percent sign": (
        cell("shops", 3, "target_level", "90%"),
        "shops.csv, row 3, column target_level: '90%' is not a number",
    ),
    "NaN": (
        cell("history", 3, "contacts", "nan"),
        "history.csv, row 3, column contacts: 'nan' is not a number",
    ),
    "infinity": (
        cell("shops", 3, "answer_within_s", "inf"),
        "shops.csv, row 3, column answer_within_s: 'inf' is not a number",
    ),
    "1e308": (
        cell("history", 3, "contacts", "1e308"),
        "history.csv, row 3, column contacts: '1e308' is too large to be true",
    ),
    "1e308 in a column without limits": (
        cell("agents", 3, "monthly_wage", "1e308"),
        "agents.csv, row 3, column monthly_wage: '1e308' is too large to be true",
    ),
    "negative count": (
        cell("history", 3, "contacts", -2),
        "history.csv, row 3, column contacts: '-2' is negative",
    ),
    "fraction of a contact": (
        cell("history", 3, "contacts", 2.5),
        "history.csv, row 3, column contacts: '2.5' is not a whole number",
    ),
    "blank count": (
        cell("history", 3, "contacts", ""),
        "history.csv, row 3, column contacts: must not be blank",
    ),
    "Excel error in a number": (
        cell("shops", 3, "aht_s", "#REF!"),
        "shops.csv, row 3, column aht_s: '#REF!' is an Excel error",
    ),
    "Excel error in a text": (
        cell("shops", 3, "name", "#N/A"),
        "shops.csv, row 3, column name: '#N/A' is an Excel error",
    ),
    "target of 100 %": (
        cell("shops", 3, "target_level", "1.0"),
        "shops.csv, row 3, column target_level: '1.0' does not lie strictly between 0 and 1",
    ),
    "target of 90": (
        cell("shops", 3, "target_level", 90),
        "shops.csv, row 3, column target_level: '90' does not lie strictly between 0 and 1",
    ),
    "AHT in milliseconds": (
        cell("shops", 3, "aht_s", 240000),
        "shops.csv, row 3, column aht_s: '240000' is more than 7200 seconds",
    ),
    "60 hours a week": (
        cell("agents", 3, "hours_per_week", 60),
        "agents.csv, row 3, column hours_per_week: '60' is not a week of 1 to 44 hours",
    ),
    # identifiers
    "shop twice": (again("shops", 2), "shops.csv, row 5, column shop_id: 'S1' is in row 2 already"),
    "agent twice": (
        again("agents", 3),
        "agents.csv, row 6, column agent_id: 'A2' is in row 3 already",
    ),
    "history row twice": (
        again("history", 2, start="2026/10/12 9:00", contacts=1),
        "history.csv, row 1577, column shop_id, start: 'S1 2026/10/12 9:00' repeats row 2",
    ),
    "skill twice": (
        again("skills", 4),
        "skills.csv, row 14, column agent_id, shop_id: 'A1 S3' repeats row 4",
    ),
    "absence twice": (
        again("absences", 2),
        f"absences.csv, row 3, column agent_id, date: 'A2 {START}' repeats row 2",
    ),
    **{
        f"unknown shop in {table}": (
            cell(table, 2, "shop_id", "X77"),
            f"{table}.csv, row 2, column shop_id: 'X77' is not in the table shops",
        )
        for table in ("skills", "history", "promotions", "special_days")
    },
    **{
        f"unknown agent in {table}": (
            cell(table, 2, "agent_id", "Z9"),
            f"{table}.csv, row 2, column agent_id: 'Z9' is not in the table agents",
        )
        for table in ("skills", "absences", "requests", "rosters")
    },
    "row of totals": (
        again("history", 2, shop_id="合计", start="2026-11-15 23:30"),
        "history.csv, row 1577, column shop_id: '合计' is a row of totals, not a shop",
    ),
    "shop in small letters": (
        cell("skills", 2, "shop_id", "s1"),
        "skills.csv, row 2, column shop_id: 's1' is not in the table shops. Did you mean 'S1'?",
    ),
    "leading zero lost": (
        rows(lose_zeros),
        "skills.csv, row 13, column agent_id: '7' is not in the table agents. Did you mean '007'?",
    ),
    "shop with nothing but zeros": (
        rows(
            lambda all_: [
                row.update(contacts=0) for row in all_["history"] if row["shop_id"] == "S2"
            ]
        ),
        "shops.csv, row 3, column shop_id: 'S2' has no contact in its whole history",
    ),
    # names and times
    "unknown platform": (
        cell("shops", 2, "platform", "Amazon"),
        "shops.csv, row 2, column platform: 'Amazon' is not one of the allowed values. "
        "Write one of: Tmall (天猫), Taobao",
    ),
    **{
        f"date {value}": (
            cell("absences", 2, "date", value),
            f"absences.csv, row 2, column date: '{value}' is not a date of the form 2026-11-02",
        )
        for value in ("2026-13-01", "2026-02-30", "tomorrow", "03/11/2026", "today", "2026", "12")
    },
    "date with a time": (
        cell("absences", 2, "date", "2026-11-16 09:00"),
        "absences.csv, row 2, column date: '2026-11-16 09:00' is not a date of the form 2026-11-02",
    ),
    **{
        f"time {value}": (
            cell("history", 2, "start", value),
            f"history.csv, row 2, column start: '{value}' is not a date and time of the form",
        )
        for value in ("2026-10-12 9am", "2026-10-12 37:00", "2026-10-12 09:60", "1760230800")
    },
    "promotion ends before its start": (
        cell("promotions", 2, "end", "2026-11-10 20:00"),
        "promotions.csv, row 2, column end: '2026-11-10 20:00' ends no later than it starts",
    ),
    "special days end before they start": (
        cell("special_days", 2, "last_day", "2027-01-22"),
        "special_days.csv, row 2, column last_day: '2027-01-22' is before the first day",
    ),
    "special days of 401 days": (
        cell("special_days", 2, "last_day", "2028-02-27"),
        "special_days.csv, row 2, column last_day: '2028-02-27' makes a period of more than 400",
    ),
    "special days of no platform": (
        cell("special_days", 2, "platform", "Amazon"),
        "special_days.csv, row 2, column platform: 'Amazon' is not one of the allowed values",
    ),
    "special days of no category": (
        cell("special_days", 2, "category", "snack"),
        "special_days.csv, row 2, column category: 'snack' is not one of the allowed values",
    ),
    "special days without a first day": (
        cell("special_days", 3, "first_day", ""),
        "special_days.csv, row 3, column first_day: must not be blank",
    ),
    "special days perhaps closed": (
        cell("special_days", 3, "closed", "maybe"),
        "special_days.csv, row 3, column closed: 'maybe' is neither yes nor no. Write yes or no.",
    ),
    "no contacts a day": (
        cell("shops", 2, "contacts_per_day", 0),
        "shops.csv, row 2, column contacts_per_day: '0' is not above 0",
    ),
    "promotions on 32 days of a month": (
        cell("shops", 2, "promotions_per_month", 32),
        "shops.csv, row 2, column promotions_per_month: '32' is not a number from 0 to 31 a month",
    ),
    **{
        f"answer to promotions of {value}": (
            cell("shops", 2, "strength", value),
            f"shops.csv, row 2, column strength: '{value}' is not a multiple above 0 and up to 5",
        )
        for value in (0, 120)
    },
    "ramp of no days": (
        cell("skills", 2, "ramp_days", 0),
        "skills.csv, row 2, column ramp_days: '0' is not a number of days from 1 to 365",
    ),
    "ramp from no day": (
        rows(lambda all_: all_["skills"][0].update(ramp_days=7, since="")),
        "skills.csv, row 2, column since: is blank, so ramp_days has no first day",
    ),
    "reply metric of no platform": (
        cell("shops", 2, "reply_rule", "amazon_1min"),
        "shops.csv, row 2, column reply_rule: 'amazon_1min' is not one of the allowed values",
    ),
    "handle time of no time": (
        cell("shops", 2, "aht_s", "1e-9"),
        "shops.csv, row 2, column aht_s: '1e-9' is less than a second",
    ),
    "level of nothing": (
        cell("shops", 2, "target_level", "1e-12"),
        "shops.csv, row 2, column target_level: '1e-12' is so low that it asks for nothing",
    ),
    "a million and one a day": (
        cell("shops", 2, "contacts_per_day", 1000001),
        "shops.csv, row 2, column contacts_per_day: '1000001' is more than a million a day",
    ),
    "more than a week for a ticket": (
        cell("shops", 2, "due_within_h", 1440),
        "shops.csv, row 2, column due_within_h: '1440' is more than a week (168 hours)",
    ),
    "reply of eleven minutes": (
        cell("shops", 2, "reply_s", 660),
        "shops.csv, row 2, column reply_s: '660' is more than 600 seconds",
    ),
    "half a reply": (
        cell("shops", 2, "replies", 0.5),
        "shops.csv, row 2, column replies: '0.5' is not a number of replies from 1 to 100",
    ),
    "no history and no figure for one of the shops": (
        lambda folder: (
            rows(
                lambda all_: [row.update(contacts_per_day=90) for row in all_["shops"][:2]],
            )(folder),
            gone("workspace/history.csv")(folder),
        ),
        "workspace: the table 'history' (历史接待量) is missing, and so is contacts_per_day of "
        "these shops: S3. Add history.csv or",
    ),
    "shift ends before its start": (
        cell("rosters", 3, "end", "2026-11-14 00:00"),
        "rosters.csv, row 3, column end: '2026-11-14 00:00' ends no later than it starts",
    ),
    "two shifts at once": (
        again("rosters", 2, start="2026-11-13 17:00", end="2026-11-13 20:00"),
        "rosters.csv, row 4, column start: 'A1 2026-11-13 17:00' overlaps another shift",
    ),
    "opening off the half hour": (
        cell("shops", 2, "opens", "09:15"),
        "shops.csv, row 2, column opens: '09:15-24:00' is off the half hour",
    ),
    "closing off the half hour": (
        cell("shops", 2, "closes", "23:45"),
        "shops.csv, row 2, column closes: '09:00-23:45' is off the half hour",
    ),
    "open for more than a day": (
        cell("shops", 2, "closes", "34:00"),
        "shops.csv, row 2, column closes: '09:00-34:00' is off the half hour or longer",
    ),
    "opens when it closes": (
        cell("shops", 2, "closes", "09:00"),
        "shops.csv, row 2, column closes: '09:00-09:00' opens and closes at the same time",
    ),
    "no clock time": (
        cell("shops", 2, "opens", "9am"),
        "shops.csv, row 2, column opens: '9am' is not a clock time HH:MM",
    ),
    "phone with three at once": (
        rows(lambda all_: all_["shops"][0].update(channel="phone", pool="")),
        "shops.csv, row 2, column concurrency: '3' is more than a phone line holds at once",
    ),
    "phone and chat in a pool": (
        rows(lambda all_: all_["shops"][1].update(channel="phone", concurrency=1)),
        "shops.csv, row 3, column channel: 'phone' is not the channel of the other shops in pool P",
    ),
    # the ledger and activities
    **{
        f"a correction of {value} for {column}": (
            correction(**{column: value}),
            f"ledger.csv, row 2, column {column}: '{value}' is {problem}",
        )
        for column, value, problem in (
            ("count", "nan", "not a number"),
            ("count", "1e9", "not a count from -1000 to 1000"),
            ("item", "early", "not one of the allowed values"),
            ("agent_id", "gone", "not in the table agents"),
            ("date", "2026-02-30", "not a date"),
        )
    },
    "the ledger of a plan as corrections": (
        correction(balance_before=0, balance_after=0),
        "ledger.csv: this is the ledger that a plan wrote",
    ),
    "an activity of no time": (
        activity({"minutes": 0}),
        "activities.csv, row 2, column minutes: '0' is not a number of minutes",
    ),
    "an activity off the half hour": (
        activity({"opens": "09:15", "closes": "11:00"}),
        "activities.csv, row 2, column opens: '09:15-11:00' is off the half hour",
    ),
    "an activity longer than its window": (
        activity({"minutes": 90, "opens": "13:00", "closes": "14:00"}),
        "activities.csv, row 2, column minutes: '90' is longer than the window 13:00-14:00",
    ),
    "a session of two lengths": (
        activity({"together": "x"}, {"together": "x", "agent_id": "A2", "minutes": 90}),
        "activities.csv, row 3, column together: 'x' is the word of row 2, too",
    ),
    "an agent twice in a session": (
        activity({"together": "😀" * 400}, {"together": "😀" * 400}),
        f"activities.csv, row 3, column together: '{'😀' * 80}...' has the same agent in row 2",
    ),
    # grids
    "steps of 7 minutes": (
        every(7),
        "history.csv, row 3, column start: '2026-11-02 09:07' fits no regular grid "
        "(shops: S1, S2, S3)",
    ),
    "seconds": (
        history("2026-11-02 09:00:30", "2026-11-02 09:30:30"),
        "history.csv, row 2, column start: '2026-11-02 09:00:30' fits no regular grid",
    ),
    **{
        f"steps of {minutes} minutes": (
            every(minutes),
            f"history.csv, row {row}, column start: '{value}' belongs to steps of {minutes} "
            "minutes, which do not fit half hours (shops: S1, S2, S3)",
        )
        for minutes, row, value in (
            (20, 3, "2026-11-02 09:20"),
            (45, 3, "2026-11-02 09:45"),
            (180, 2, "2026-11-02 09:00"),
        )
    },
}

SCENARIOS: dict[str, tuple[Spoil, str]] = {
    "no such file": (gone("scenario.toml"), "scenario.toml: there is no such scenario file"),
    "a folder": (
        folder_instead("scenario.toml"),
        "scenario.toml: this is a folder, not a file",
    ),
    "not in UTF-8": (
        lambda folder: (folder / "scenario.toml").write_bytes("# 大促\n".encode("gb18030")),
        "scenario.toml: the text is not encoded in UTF-8",
    ),
    "no TOML": (
        scenario("days = 1", "days 1"),
        "scenario.toml, line 8: 'days 1' is not valid TOML (at character 6)",
    ),
    "open string": (
        scenario(SCENARIO, 'name = "x'),
        "scenario.toml, line 1: 'name = \"x' is not valid TOML (at character",
    ),
    "impossible date": (
        scenario(f"start = {START}", "start = 2026-02-30"),
        "scenario.toml, line 7: 'start = 2026-02-30' is not valid TOML",
    ),
    "key twice": (
        scenario("days = 1", "days = 1\ndays = 2"),
        "scenario.toml, line 9: 'days = 2' is written twice",
    ),
    "everything missing": (
        scenario(SCENARIO, 'lang = "en"'),
        'scenario.toml, name: this required key is missing. Add it, such as name = "next-week"',
    ),
    "start missing": (
        scenario(f"start = {START}\n", ""),
        "scenario.toml, line 6, horizon.start: this required key is missing. "
        "Add it, such as start = 2026-11-23",
    ),
    "unknown section": (
        more("[forcast]\nuplift = 2"),
        "scenario.toml, line 10, forcast: there is no such key. Did you mean 'forecast'?",
    ),
    "unknown key": (
        more("[seats]\nmax_ocupancy = 0.8"),
        "scenario.toml, line 11, seats.max_ocupancy: there is no such key. "
        "Did you mean 'seats.max_occupancy'?",
    ),
    "key in the wrong section": (
        more("[seats]\ndays = 2"),
        "scenario.toml, line 11, seats.days: there is no such key. Did you mean 'horizon.days'?",
    ),
    "name with a slash": (
        scenario('"tiny"', '"a/b"'),
        "scenario.toml, line 2, name: 'a/b' must be 1 to 64 letters",
    ),
    "name that climbs": (
        scenario('"tiny"', '".."'),
        "scenario.toml, line 2, name: '..' must be 1 to 64 letters",
    ),
    "name is a number": (
        scenario('"tiny"', "7"),
        "scenario.toml, line 2, name: '7' must be text in quotes",
    ),
    "workspace is a list": (
        scenario('"workspace"', '["workspace"]'),
        "scenario.toml, line 3, workspace: '[\"workspace\"]' must be text in quotes",
    ),
    "unknown language": (
        scenario('lang = "en"', 'lang = "fr"'),
        "scenario.toml, line 4, lang: 'fr' must be one of zh, en",
    ),
    "horizon is a text": (
        scenario(SCENARIO, 'name = "x"\nworkspace = "workspace"\nhorizon = "next week"\n'),
        "scenario.toml, line 3, horizon: '\"next week\"' must be a section, written [horizon]",
    ),
    "section is a list": (
        scenario("[roster]\neffort = 0.5", "[[roster]]\neffort = 0.5"),
        "scenario.toml, line 10, roster: '[{}]' must be a section, written [roster]",
    ),
    "start is a moment": (
        scenario(f"start = {START}", "start = 2026-11-16T09:00:00"),
        "scenario.toml, line 7, horizon.start: '2026-11-16 09:00:00' must be a date",
    ),
    "start is a word": (
        scenario(f"start = {START}", 'start = "monday"'),
        "scenario.toml, line 7, horizon.start: 'monday' must be a date",
    ),
    "no day": (
        scenario("days = 1", "days = 0"),
        "scenario.toml, line 8, horizon.days: '0' must be at least 1",
    ),
    "a year of days": (
        scenario("days = 1", "days = 365"),
        "scenario.toml, line 8, horizon.days: '365' must be at most 42",
    ),
    "a truth as number of days": (
        scenario("days = 1", "days = true"),
        "scenario.toml, line 8, horizon.days: 'true' must be a whole number",
    ),
    "days in quotes": (
        scenario("days = 1", 'days = "7"'),
        "scenario.toml, line 8, horizon.days: '\"7\"' must be a whole number",
    ),
    "horizon before any history": (
        scenario(f"start = {START}", "start = 2026-10-12"),
        "history.csv: '2026-10-12' has no history before it",
    ),
    "unknown zone": (
        scenario('lang = "en"', 'zone = "Mars/Olympus"'),
        "scenario.toml, line 4, zone: 'Mars/Olympus' must be an IANA time zone",
    ),
    "clock change within the horizon": (
        scenario(
            SCENARIO,
            'name = "x"\nworkspace = "workspace"\nzone = "America/New_York"\n'
            "horizon = {start = 2026-10-30, days = 3}",
        ),
        "scenario.toml, line 4, horizon.start: '2026-10-30' starts a horizon in which the clocks "
        "of America/New_York change on 2026-11-01",
    ),
    "shrinkage of 30": (
        more("[seats]\nshrinkage = 30"),
        "scenario.toml, line 11, seats.shrinkage: '30' must be below 0.6. Write 0.3 for 30 %",
    ),
    "occupancy of 85": (
        more("[seats]\nmax_occupancy = 85"),
        "scenario.toml, line 11, seats.max_occupancy: '85' must be at most 1. Write 0.3 for 30 %",
    ),
    "demand is a word": (
        more('[seats]\ndemand = "median"'),
        'scenario.toml, line 11, seats.demand: \'median\' must be "expected", "mean" or',
    ),
    "quantile 0 and 1": (
        more("[forecast]\nquantiles = [0, 0.5, 1]"),
        "scenario.toml, line 11, forecast.quantiles: '[0, 0.5, 1]' must lie strictly between",
    ),
    "quantile without brackets": (
        more("[forecast]\nquantiles = 0.5"),
        "scenario.toml, line 11, forecast.quantiles: '0.5' must be a list in square brackets",
    ),
    "quantile is a word": (
        more('[forecast]\nquantiles = ["a"]'),
        "scenario.toml, line 11, forecast.quantiles: '\"a\"' must be a number",
    ),
    "no quantile": (
        more("[forecast]\nquantiles = []"),
        "scenario.toml, line 11, forecast.quantiles: '[]' needs at least one value",
    ),
    "uplift is not a number": (
        more("[forecast]\nuplift = nan"),
        "scenario.toml, line 11, forecast.uplift: 'nan' must be a number",
    ),
    "uplift is a list": (
        more("[forecast]\nuplift = [1.2]"),
        "scenario.toml, line 11, forecast.uplift: '[1.2]' must be a number",
    ),
    "lunch shorter than a meal": (
        more('[shifts]\nlunch = ["12:00", "12:30"]'),
        "scenario.toml, line 11, shifts.lunch: '12:00-12:30' is shorter than a meal (60 minutes)",
    ),
    "dinner before lunch": (
        more('[shifts]\ndinner = ["13:00", "15:00"]'),
        "scenario.toml, line 11, shifts.dinner: '13:00-15:00' begins before lunch ends",
    ),
    "lunch is one time": (
        more('[shifts]\nlunch = "12:00"'),
        "scenario.toml, line 11, shifts.lunch: '12:00' must be two times on the half hour",
    ),
    "shift of 8.2 hours": (
        more("[shifts]\nfull_time_h = [8.2]"),
        "scenario.toml, line 11, shifts.full_time_h: '8.2' must be a multiple of 0.5",
    ),
    "no shift length": (
        more("[shifts]\npart_time_h = []"),
        "scenario.toml, line 11, shifts.part_time_h: '[]' needs at least one value",
    ),
    "lunch into dinner": (
        more('[shifts]\nlunch = ["16:00", "18:00"]'),
        "scenario.toml, line 11, shifts.lunch: '16:00-18:00' ends after dinner (17:00-20:00)",
    ),
    "a least hole above the most": (
        more("[shifts]\nsplit_least_h = 6.0"),
        "scenario.toml, line 11, shifts.split_least_h: '6' is above split_most_h (5)",
    ),
    "a most hole below the least": (
        more("[shifts]\nsplit_most_h = 1.5"),
        "scenario.toml, line 11, shifts.split_most_h: '1.5' is below split_least_h (2)",
    ),
    "overtime of a day only": (
        more("[rules]\novertime_day_h = 3.0"),
        "scenario.toml, line 11, rules.overtime_day_h: '3' needs overtime_month_h as well",
    ),
    "days of 14 hours": (
        more('[rules]\novertime_day_h = 3.0\npreset = "comprehensive-hours"'),
        "scenario.toml, line 11, rules.overtime_day_h: '3' makes a day above 11 hours",
    ),
    "a hard shop that is none": (
        more('[fairness]\nhard_shops = ["S1", "云裳"]'),
        "scenario.toml, line 11, fairness.hard_shops: '云裳' is not in the table shops",
    ),
    "late at 22": (
        more("[fairness]\nlate_after = 22"),
        "scenario.toml, line 11, fairness.late_after: '22' must be a clock time in quotes",
    ),
    "late off the half hour": (
        more('[fairness]\nlate_after = "22:10"'),
        "scenario.toml, line 11, fairness.late_after: '22:10' must lie on the half hour",
    ),
    "rest in quotes": (
        more('[rules]\nmin_rest_h = "11"'),
        "scenario.toml, line 11, rules.min_rest_h: '\"11\"' must be a number",
    ),
}

ROSTERS: dict[str, tuple[Spoil, str]] = {
    "no such file": (gone("roster.csv"), "roster.csv: there is no such file"),
    "a folder": (
        folder_instead("roster.csv"),
        "roster.csv: this is a folder, not a file",
    ),
    "empty": (roster(""), "roster.csv: the file is empty"),
    "unknown columns only": (
        roster("a,b\n1,2\n"),
        "roster.csv: the header names no known column (found: a, b)",
    ),
    "bad time": (
        roster(ROSTER.replace("09:00", "9am")),
        f"roster.csv, row 2, column start: '{START} 9am' is not a date and time",
    ),
    "ends before its start": (
        roster(ROSTER.replace("18:00", "12:30")),
        f"roster.csv, row 4, column end: '{START} 12:30' ends no later than it starts",
    ),
    "moved in the copy of the start": (
        roster(own_roster(shift_start=f"{START} 10:00")),
        f"roster.csv, row 2, column shift_start: '{START} 10:00' is not where the first stretch",
    ),
    "moved in the copy of the end": (
        roster(own_roster(shift_end=f"{START} 19:00")),
        f"roster.csv, row 2, column shift_end: '{START} 19:00' is not where the last stretch",
    ),
    "hours changed in the copy": (
        roster(own_roster(paid_h=4)),
        "roster.csv, row 2, column paid_h: '4' is not the length of the stretch",
    ),
    "bad date beside good copies": (
        roster(own_roster(date="soon")),
        "roster.csv, row 2, column date: 'soon' is not a date",
    ),
    "bad time beside good copies": (
        roster(own_roster(start="noon")),
        "roster.csv, row 2, column start: 'noon' is not a date and time",
    ),
    "unknown activity": (
        roster(ROSTER.replace("meal", "nap")),
        "roster.csv, row 3, column activity: 'nap' is not one of the allowed values",
    ),
    "a workbook in disguise": (
        roster(BROKEN_BOOK),
        "roster.csv: the name does not fit the content, which is .xlsx",
    ),
}


def run(*arguments: str) -> tuple[int, str, list[Fault]]:
    """Run the command line; return exit code, what it says and the faults behind it."""
    result = CliRunner().invoke(cli.app, list(arguments))
    if not isinstance(result.exception, SystemExit):
        raise result.exception or AssertionError("the command succeeded")
    assert not result.stdout
    error: BaseException | None = result.exception
    while error is not None and not isinstance(error, InputError):
        error = error.__context__
    return result.exit_code, result.stderr, list(error.faults) if error else []


def refused(folder: Path, expected: str, *arguments: str) -> None:
    """Assert that the command refuses the project: told in both languages, nothing written."""
    before = sorted(folder.rglob("*"))
    code, said, faults = run(*arguments, "--lang", "en")
    assert code == 2
    lines = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    assert lines == [fault.line("en").strip() for fault in faults]
    told = [line.replace(f"{folder}/", "") for line in lines]
    assert any(line.startswith(expected) for line in told), said
    assert len(told) == 1 or expected.endswith('"next-week"'), said
    for fault, line in zip(faults, lines, strict=True):
        assert re.search(r"\S[.?)] \S.*[.?]$", line), line
        chinese = fault.line("zh")
        assert chinese.endswith(("。", "？")), chinese
        assert not re.search(r"[一-鿿][,;:?!]", chinese), chinese
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(("spoil", "expected"), WORKSPACE.values(), ids=WORKSPACE)
def test_a_bad_workspace_is_refused_with_its_place(
    spoil: Spoil, expected: str, tmp_path: Path
) -> None:
    """`plan` names file, row, column, value and remedy of one fault and writes nothing."""
    spoil(project(tmp_path))
    out = tmp_path / "out"
    refused(tmp_path, expected, "plan", str(tmp_path / "scenario.toml"), "--out", str(out))


@pytest.mark.parametrize(("spoil", "expected"), SCENARIOS.values(), ids=SCENARIOS)
def test_a_bad_scenario_is_refused_with_its_line(
    spoil: Spoil, expected: str, tmp_path: Path
) -> None:
    """`plan` names line, key, value and remedy of one fault and writes nothing."""
    spoil(project(tmp_path))
    out = tmp_path / "out"
    refused(tmp_path, expected, "plan", str(tmp_path / "scenario.toml"), "--out", str(out))


@pytest.mark.parametrize(("spoil", "expected"), ROSTERS.values(), ids=ROSTERS)
def test_a_bad_roster_is_refused_with_its_place(
    spoil: Spoil, expected: str, tmp_path: Path
) -> None:
    """`audit` names file, row, column, value and remedy of one fault."""
    spoil(project(tmp_path))
    roster, scenario = tmp_path / "roster.csv", tmp_path / "scenario.toml"
    refused(tmp_path, expected, "audit", str(roster), str(scenario))


PATHS = {
    "a workspace with a NUL": ("workspace", "a\\u0000b", "scenario.toml, line 1, workspace:"),
    "a base with a NUL": ("base", "a\\u0000b", "scenario.toml, line 1, base:"),
    "a workspace that is too long": ("workspace", "a" * 300, "this path cannot be used ("),
    "a base that is too long": ("base", "a" * 300, "this path cannot be used ("),
}


@pytest.mark.parametrize(("key", "value", "told"), PATHS.values(), ids=PATHS)
def test_a_path_that_cannot_be_is_refused(key: str, value: str, told: str, tmp_path: Path) -> None:
    """What no system can open is told like any other fault, and nothing is written."""
    path = project(tmp_path) / "scenario.toml"
    text = re.sub(f"(?m)^{key} = .*\n", "", path.read_text("utf-8"))
    path.write_text(f'{key} = "{value}"\n{text}', "utf-8")
    code, said, _ = run("plan", str(path), "--out", str(tmp_path / "out"), "--lang", "en")
    assert code == 2
    assert told in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["check", "plan", "audit"])
def test_a_name_too_long_is_refused(command: str, tmp_path: Path) -> None:
    """An argument that is no possible file name is told, not a traceback."""
    scenario = str(project(tmp_path) / "scenario.toml")
    rest = [scenario] if command == "audit" else []
    code, said, _ = run(command, "a" * 300, *rest, "--lang", "en")
    assert code == 2
    assert "a" * 300 in said


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_file_name_that_is_no_text_is_planned_with(tmp_path: Path) -> None:
    """A name in another encoding than UTF-8, as on an old share, is no obstacle."""
    folder = project(tmp_path)
    name = os.fsdecode(b"plan-\xd6\xdc.toml")
    (folder / "scenario.toml").rename(folder / name)
    out = tmp_path / "out"
    result = CliRunner().invoke(cli.app, ["plan", str(folder / name), "--out", str(out)])
    assert result.exit_code in (0, 3), result.exception
    manifest = json.loads(next(out.glob("*/manifest.json")).read_bytes())
    assert "plan-??.toml" in json.dumps(manifest)


def test_all_faults_of_all_tables_are_told_at_once(tmp_path: Path) -> None:
    """Five faults in four tables and a missing fifth table make six lines in one run."""

    def spoil(all_: Tables) -> None:
        all_["shops"][0]["opens"] = "09:10"
        all_["shops"][1]["aht_s"] = -1
        all_["agents"][2]["hours_per_week"] = "forty"
        all_["skills"][3]["shop_id"] = "X77"
        all_["rosters"][1]["end"] = "2026-11-14 14:00"

    rows(spoil)(project(tmp_path))
    (tmp_path / "workspace" / "history.csv").unlink()
    code, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    places = [line.strip().split(": ")[0] for line in said.splitlines()[1:]]
    assert code == 2
    assert sorted(places) == sorted(
        [
            str(tmp_path / "workspace"),
            "shops.csv, row 2, column opens",
            "shops.csv, row 3, column aht_s",
            "agents.csv, row 4, column hours_per_week",
            "skills.csv, row 5, column shop_id",
            "rosters.csv, row 3, column end",
        ]
    )


def test_all_faults_of_a_scenario_are_told_at_once(tmp_path: Path) -> None:
    """Three faults in three sections make three lines, each with its own line number."""
    more('[seats]\nshrinkage = 30\n[rules]\nmin_rest = 11\n[forecast]\norigins = "6"')(
        project(tmp_path)
    )
    code, said, _ = run("plan", str(tmp_path / "scenario.toml"), "--lang", "en")
    assert code == 2
    assert re.findall(r"line (\d+), (\S+):", said) == [
        ("11", "seats.shrinkage"),
        ("13", "rules.min_rest"),
        ("15", "forecast.origins"),
    ]


def test_a_column_that_is_wrong_throughout_is_counted(tmp_path: Path) -> None:
    """Of 1,575 bad cells the first twenty are listed and the rest is one line."""
    column("history", "contacts", "x")(project(tmp_path))
    _, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    assert said.count("'x' is not a number") == 20
    assert "history.csv, column contacts: 1555 more rows have the same fault" in said


def test_an_unknown_id_is_told_once_however_often_it_stands_there(tmp_path: Path) -> None:
    """525 rows of one unknown shop make one line with its first row, and a count."""
    rows(
        lambda all_: [
            row.update(shop_id="X77") for row in all_["history"] if row["shop_id"] == "S1"
        ]
    )(project(tmp_path))
    _, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    assert said.count("'X77' is not in the table shops") == 1
    assert "524 more rows have the same fault" in said


def test_what_an_unreadable_row_hides_is_no_second_fault(tmp_path: Path) -> None:
    """A misspelt shop or count is one fault, not also a shop without history or contacts."""

    def spoil(all_: Tables) -> None:
        all_["history"] = [row for row in all_["history"] if row["shop_id"] == "S1"][:40]
        all_["history"].append({"shop_id": "S2", "start": "2026-11-02 09:00", "contacts": "x"})
        all_["history"].append({"shop_id": "s3", "start": "2026-11-02 09:00", "contacts": 3})

    rows(spoil)(project(tmp_path))
    _, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    assert re.findall(r"row \d+, column (\w+): '(\w+)'", said) == [
        ("contacts", "x"),
        ("shop_id", "s3"),
    ]


def test_a_missing_table_does_not_make_every_reference_unknown(tmp_path: Path) -> None:
    """Without shops the skills and the history are not told that each of their shops is unknown."""
    (project(tmp_path) / "workspace" / "shops.csv").unlink()
    _, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    assert [line.split(": ")[1] for line in said.splitlines()[1:]] == [
        "the table 'shops' (店铺) is missing. Add shops.csv or 店铺.csv (or .parquet, .xlsx, or a "
        "sheet of that name); 'staffing init DIR' writes a template."
    ]


def test_personal_data_is_never_repeated(tmp_path: Path) -> None:
    """The message on a column of personal data names the column, not its content."""
    column("history", "买家手机号", "13800138000")(project(tmp_path))
    code, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "zh")
    assert code == 2
    assert "买家手机号" in said
    assert "13800138000" not in said


def test_a_fault_is_told_under_the_header_of_the_file(tmp_path: Path) -> None:
    """A Chinese header is called by its own name, so that the planner finds the column."""
    rows(
        lambda all_: [
            row.update({"平均处理时长（秒）": "4 分钟", "aht": row.pop("aht_s")})
            for row in all_["shops"][:1]
        ]
    )(project(tmp_path))
    _, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "zh")
    assert "shops.csv，第 2 行，“平均处理时长（秒）”列：“4 分钟”不是数字" in said


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """`check --zone` with a made-up zone is bad input, not a traceback."""
    project(tmp_path)
    code, said, _ = run(
        "check", str(tmp_path / "workspace"), "--zone", "Mars/Olympus", "--lang", "en"
    )
    assert code == 2
    assert "--zone: 'Mars/Olympus' is not an IANA time zone. Write a name such as" in said


def test_a_value_cannot_play_tricks_on_the_terminal(tmp_path: Path) -> None:
    """Control characters and braces of a cell come out as plain characters, long cells cut."""
    cell("shops", 2, "platform", "\x1b[31m{x}" + "a" * 500)(project(tmp_path))
    code, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    assert code == 2
    assert "\x1b" not in said
    assert "[31m{x}aaa" in said
    assert "a" * 200 not in said


def test_a_file_that_another_program_holds_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system refuses to open is bad input with the system's reason."""
    project(tmp_path)
    plainly = Path.open

    def held(path: Path, *how: str, **more: str) -> object:
        if path.name == "skills.csv":
            raise PermissionError(13, "Permission denied")
        return plainly(path, *how, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", held)
    code, said, _ = run("check", str(tmp_path / "workspace"), "--lang", "en")
    assert code == 2
    assert "skills.csv: cannot be read (Permission denied). Close the program that holds" in said


def test_the_roster_of_a_plan_is_read_for_audit(tmp_path: Path) -> None:
    """Our own roster.csv, copies included, is sound input."""
    (tmp_path / "roster.csv").write_text(own_roster(), "utf-8")
    assert len(read_roster(tmp_path / "roster.csv")) == 3


def test_a_workbook_whose_grid_was_renamed_is_told(tmp_path: Path) -> None:
    """`audit roster.xlsx` without the sheet of the grid names it, and the roster.csv beside it."""
    project(tmp_path)
    with pd.ExcelWriter(tmp_path / "roster.xlsx") as book:
        for sheet in ("roster", "coverage"):
            pd.DataFrame({"a": [1]}).to_excel(book, sheet_name=sheet, index=False)
    scenario = str(tmp_path / "scenario.toml")
    code, said, _ = run("audit", str(tmp_path / "roster.xlsx"), scenario, "--lang", "en")
    assert code == 2
    assert "roster.xlsx: there are several sheets, and none is named Roster (班表)" in said
    assert "use the roster.csv beside it" in said
