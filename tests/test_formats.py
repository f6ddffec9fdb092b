"""Tables as Parquet and JSON with their schemas, and the texts for the chat groups."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

import jsonschema
import pandas as pd
import pyarrow.parquet as pq
import pytest

from staffing.plan import Plan
from staffing.publish import render
from staffing.publish.announcements import announcements
from staffing.publish.board import board
from staffing.publish.formats import json_bytes, meaning, schema, table_files
from staffing.publish.tables import TABLES, csv_bytes, payroll_table, roster_table
from staffing.version import FIRST, Version
from staffing.words import LANGS
from tests.crowds import HOSTILE, crowd
from tests.tiny import tiny_plan

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


@pytest.fixture(scope="module")
def rendered(tiny: Plan) -> Mapping[str, bytes]:
    return render(tiny, {})


def changed(plan: Plan, **update: object) -> Plan:
    return dataclasses.replace(plan, scenario=plan.scenario.model_copy(update=update))


# Tables.


@pytest.mark.parametrize("name", TABLES)
def test_json_keeps_its_schema(rendered, name):
    """The file validates, and a row with a column less or a text for a figure does not."""
    rows = json.loads(rendered[f"tables/{name}.json"])
    rules = json.loads(rendered[f"tables/{name}.schema.json"])
    jsonschema.Draft202012Validator.check_schema(rules)
    judge = jsonschema.Draft202012Validator(rules)
    judge.validate(rows)
    assert rows
    first = dict(rows[0])
    column = next(iter(first))
    assert not judge.is_valid([{k: v for k, v in first.items() if k != column}])
    assert not judge.is_valid([first | {"more": 1}])
    figure = next(k for k, v in first.items() if isinstance(v, (int, float)))
    assert not judge.is_valid([first | {figure: "many"}])


@pytest.mark.parametrize("name", TABLES)
def test_csv_parquet_and_json_tell_the_same(rendered, name):
    """Cell by cell, but for the apostrophe that keeps Excel from running a name."""
    told = pd.read_csv(io.BytesIO(rendered[f"{name}.csv"]), dtype=str, keep_default_na=False)
    rows = json.loads(rendered[f"tables/{name}.json"])
    arrow = pq.read_table(io.BytesIO(rendered[f"tables/{name}.parquet"]))
    assert list(told.columns) == list(rows[0]) == arrow.column_names
    assert len(told) == len(rows) == arrow.num_rows
    for column in told.columns:
        cells = [row[column] for row in rows]
        kept = arrow.column(column).to_pylist()
        assert [_plain(each) for each in kept] == cells
        for text, cell in zip(told[column], cells, strict=True):
            if isinstance(cell, (int, float)):
                assert float(text) == cell
            else:
                assert text.removeprefix("'") == (cell or "")


def _plain(value: object) -> object:
    match value:
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case dt.date():
            return f"{value}"
    return value


def test_every_column_is_explained_in_both_languages(tiny):
    """Descriptions exist for all columns, a quantile with its level among them."""
    for lang in LANGS:
        for name, made in TABLES.items():
            found = schema(name, made(tiny), lang)["items"]["properties"]
            assert all(each["description"] for each in found.values())
    assert meaning("q97.5", "en") == "97.5 % quantile of the contacts"


def test_the_page_of_outputs_explains_every_column(tiny):
    """docs/outputs.md has a row for each column of each table, with the schema's words."""
    page = (Path(__file__).parents[1] / "docs" / "outputs.md").read_text("utf-8")
    for name, made in TABLES.items():
        part = page.split(f"### {name}\n")[1].split("\n### ")[0]
        for column in map(str, made(tiny).columns):
            if not re.fullmatch(r"q[\d.]+", column):
                means = re.escape(meaning(column, "en"))
                assert re.search(rf"^\| `{column}` \| .* \| {means} \|$", part, re.MULTILINE)


# Announcements.


def test_each_team_has_its_own_text(tiny, rendered):
    """Everybody stands in her team's text with a line for each of her days or run of days."""
    for team in ("T1", "T2"):
        text = rendered[f"announcements/{team}.txt"].decode()
        own = [line for line in board(tiny).lines if line.team == team]
        blocks = text.split("\n\n")
        assert [block.split("\n")[0] for block in blocks[1:-1]] == [
            f"{line.name}（{line.agent_id}）" for line in own
        ]
        assert f"【{team} 班表】2026 年 11月16日 周一 至 11月22日 周日" in text
        for line, block in zip(own, blocks[1:-1], strict=True):
            for cell in line.cells:
                assert (cell.text if cell.kind != "rest" else "休息") in block


def test_days_alike_in_a_row_are_told_once(tiny):
    """Somebody off all week has one line for it."""
    table = tiny.roster.assignments
    left = table[table["agent_id"] != "A1"]
    idle = dataclasses.replace(tiny, roster=dataclasses.replace(tiny.roster, assignments=left))
    text = announcements(idle, board(idle), FIRST)["announcements/T1.txt"].decode()
    assert "王静（A1）\n11月16日 周一～11月22日 周日：休息\n\n" in text


def test_trainings_are_told_with_their_time(tiny):
    """A training inside a duty stands behind the shift; a day of training in its place."""
    table = tiny.roster.assignments.copy()
    row = table[(table["agent_id"] == "A1") & (table["activity"] == "work")].index[0]
    table.loc[row, ["activity", "pool"]] = ["training", None]
    begun, ends = table.loc[row, "start"], table.loc[row, "end"]
    plan = dataclasses.replace(tiny, roster=dataclasses.replace(tiny.roster, assignments=table))
    made = announcements(plan, board(plan), FIRST)
    assert f"；{begun:%H:%M}-{ends:%H:%M} 培训" in made["announcements/T1.txt"].decode()
    assert "11月17日 周二～11月18日 周三：培训" in made["announcements/T2.txt"].decode()


def test_the_group_is_not_told_who_is_ill(tiny):
    """Leave and sick leave read alike in the announcement."""
    kinds = ("sick", "leave")
    table = tiny.workspace.tables["absences"].assign(kind=kinds)
    tables = {**tiny.workspace.tables, "absences": table}
    plan = dataclasses.replace(tiny, workspace=dataclasses.replace(tiny.workspace, tables=tables))
    text = announcements(plan, board(plan), FIRST)["announcements/T2.txt"].decode()
    assert "11月17日 周二～11月18日 周三：请假" in text
    assert "病假" not in text


def test_whom_to_ask_and_the_version_are_told(tiny):
    """The scenario's contact and a later version are named; without them neither is."""
    asked = changed(tiny, contact="排班组 小李\r\n伪造")
    text = announcements(asked, board(asked), Version(number=3))["announcements/T1.txt"].decode()
    assert "第 3 版，以本版为准，旧版作废。" in text
    assert text.endswith("有疑问请联系：排班组 小李 伪造\n")
    plain = announcements(tiny, board(tiny), FIRST)["announcements/T1.txt"].decode()
    assert "版，" not in plain
    assert plain.endswith("有疑问请联系排班负责人。\n")


def test_a_later_version_begins_with_whose_hours_have_changed(tiny):
    """Only the own team is told, and nobody whose seats alone have changed or who has left."""
    roster = board(tiny)
    line = next(each for each in roster.lines if each.team == "T1")
    on = next(i for i, cell in enumerate(line.cells) if cell.parts)
    off = next(i for i, cell in enumerate(line.cells) if cell.kind == "rest")
    was = {
        f"{roster.days[on].date}": f"{line.cells[on].text} elsewhere",
        f"{roster.days[off].date}": "06:00-10:00 P-x",
    }
    before = {line.agent_id: was, "GONE": was}
    texts = announcements(tiny, roster, Version(number=2, before=before))
    when = f"11月{roster.days[off].date.day}日 {roster.days[off].weekday('zh')}"
    told = f"{line.name}（{line.agent_id}） {when}：06:00-10:00 → 休息"
    assert f"班次时间有改动的：\n{told}" in texts["announcements/T1.txt"].decode().split("\n\n")
    other = texts["announcements/T2.txt"].decode()
    assert "→" not in other
    assert "本组班次时间与上一版相同。" in other.split("\n\n")[0]


def test_english_texts_speak_english(tiny):
    """Apart from names nothing Chinese is in the English announcement, calendar and schemas."""
    files = render(changed(tiny, lang="en"), {})
    names = "".join(str(name) for name in tiny.workspace.agents["name"])
    for name, content in files.items():
        if name.endswith((".txt", ".ics", ".schema.json")):
            text = content.replace(b"\r\n ", b"").decode()
            assert set(CHINESE.findall(text)) <= set(names), name


# Hostile names, many agents.


def test_hostile_names_and_two_thousand_agents_are_harmless(tiny):
    """Names stay text in every format: no forged line, no formula, valid JSON and Parquet."""
    many = crowd(tiny)
    texts = announcements(many, board(many), FIRST)
    assert all(re.fullmatch(r"announcements/[\w.-]+\.txt", name) for name in texts)
    whole = "".join(content.decode() for content in texts.values())
    assert not re.search(r"^(BEGIN|UID)", whole, re.MULTILINE)
    assert "<script>alert(1)</script>（../../etc/passwd）" in whole
    tables = {"roster": roster_table(many), "payroll": payroll_table(many)}
    files = table_files(tables, "zh")
    for name, table in tables.items():
        rows = json.loads(files[f"tables/{name}.json"])
        kept = pq.read_table(io.BytesIO(files[f"tables/{name}.parquet"])).to_pylist()
        assert {r["agent_id"]: r["name"] for r in rows}.items() >= HOSTILE.items()
        assert {r["agent_id"]: r["name"] for r in kept}.items() >= HOSTILE.items()
        assert len({r["agent_id"] for r in rows}) == 2000
        head = csv_bytes(table).decode("utf-8-sig").split("\n", 2)[1]
        assert head.startswith("=1+2,\"'=HYPERLINK(")


def test_text_that_is_no_unicode_is_replaced():
    """A lone surrogate, which no file can hold, becomes a question mark."""
    rows = json.loads(json_bytes(pd.DataFrame({"name": ["a\ud800b", "", None]}, dtype=object)))
    assert [row["name"] for row in rows] == ["a?b", None, None]
