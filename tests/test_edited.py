"""The published workbook edited in Excel: read back, audited, published; bad cells are faults."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import cli
from staffing.errors import RosterFileError
from staffing.plan import Plan
from staffing.publish import publish
from staffing.publish.board import board, board_of
from staffing.publish.edited import is_grid, read_edited, read_spans
from staffing.publish.tables import csv_bytes, roster_table
from staffing.publish.workbook import workbook
from staffing.roster import handed
from staffing.roster.audit import audit, hard
from staffing.roster.placing import placed
from staffing.seats import SeatRequirement
from staffing.simulate import simulate
from staffing.words import LANGS
from tests.crowds import HOSTILE, crowd
from tests.rosters import MONDAY, duty, scenario, table, workspace
from tests.tiny import START, tiny_plan

VERSIONS = {"python": "3"}
Edit = Callable[[Any], None]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


@pytest.fixture(scope="module")
def book(tiny: Plan) -> bytes:
    return workbook(tiny)


def cells(book: Any) -> Any:
    """Return the sheet of the grid."""
    return book.worksheets[0]


def at(book: Any, agent: str, day: int) -> Any:
    """Return an agent's cell of a day."""
    row = next(row for row in cells(book).iter_rows(min_row=6) if row[0].value == agent)
    return row[3 + day]


def saved(folder: Path, book: bytes, *edits: Edit) -> Path:
    """Return the workbook with some edits, saved."""
    opened = openpyxl.load_workbook(io.BytesIO(book))
    for edit in edits:
        edit(opened)
    path = folder / "edited.xlsx"
    opened.save(path)
    return path


def sets(agent: str, day: int, value: object) -> Edit:
    def edit(book: Any) -> None:
        at(book, agent, day).value = value

    return edit


def read(plan: Plan, path: Path) -> pd.DataFrame:
    """Return the roster that a workbook says."""
    edited = read_edited(path, plan.workspace, plan.scenario)
    return placed(plan.workspace, plan.scenario, plan.seats, edited.stretches, edited.wanted)


def full_day(rows: pd.DataFrame) -> pd.Series:
    """Return which stretches are of a shift 09:00-18:00."""
    begin, end = (rows["date"] + pd.Timedelta(hours=h) for h in (9, 18))
    return (rows["shift_start"] == begin) & (rows["shift_end"] == end)


def refused(plan: Plan, path: Path) -> list[Any]:
    with pytest.raises(RosterFileError) as error:
        read_edited(path, plan.workspace, plan.scenario)
    for lang in LANGS:
        assert all(fault.line(lang) for fault in error.value.faults)
    return list(error.value.faults)


# The round trip.


@pytest.mark.parametrize("lang", LANGS)
def test_an_unedited_workbook_loses_nothing(tiny, tmp_path, lang):
    """Saved by another program and read back, roster.csv is the same byte for byte."""
    plan = dataclasses.replace(tiny, scenario=tiny.scenario.model_copy(update={"lang": lang}))
    path = saved(tmp_path, workbook(plan))
    assert is_grid(path)
    assert read_edited(path, plan.workspace, plan.scenario).wanted == {}
    found = read(plan, path)
    assert (
        found.dtypes.astype(str).to_dict() == tiny.roster.assignments.dtypes.astype(str).to_dict()
    )
    back = dataclasses.replace(plan, roster=dataclasses.replace(plan.roster, assignments=found))
    assert csv_bytes(roster_table(back)) == csv_bytes(roster_table(tiny))


def test_a_changed_shift_keeps_all_the_others(tiny, book, tmp_path):
    """One cell moved: her duty is the new one with a meal inside its window, no other changed."""
    path = saved(tmp_path, book, sets("A3", 0, "10:00-19:00"))
    found, before = read(tiny, path), tiny.roster.assignments
    moved = (found["agent_id"] == "A3") & (found["date"] == pd.Timestamp(START))
    own = found[moved]
    assert own["start"].min() == pd.Timestamp(START) + pd.Timedelta(hours=10)
    assert own["end"].max() == pd.Timestamp(START) + pd.Timedelta(hours=19)
    (meal,) = own[own["activity"] == "meal"].itertuples()
    assert dt.time(11) <= meal.start.time() <= meal.end.time() <= dt.time(14)
    assert own[own["activity"] == "work"]["pool"].notna().all()
    old = before[(before["agent_id"] != "A3") | (before["date"] != pd.Timestamp(START))]
    assert csv_of(found[~moved]) == csv_of(old)


def csv_of(table: pd.DataFrame) -> str:
    return table.to_csv(index=False)


def test_meals_that_still_fit_are_kept(tiny, book, tmp_path):
    """A shift begun an hour later with its meal still inside the window eats when it did."""
    rows = tiny.roster.assignments
    late = (rows["activity"] == "meal") & (rows["start"] >= rows["date"] + pd.Timedelta(hours=12))
    meal = next(rows[full_day(rows) & late].itertuples())
    day = (meal.date.date() - START).days
    found = read(tiny, saved(tmp_path, book, sets(meal.agent_id, day, "09:30-18:30")))
    now = found[(found["agent_id"] == meal.agent_id) & (found["date"] == meal.date)]
    (kept,) = now[now["activity"] == "meal"].itertuples()
    assert (kept.start, kept.end) == (meal.start, meal.end)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("9:00-18:00", ((540, 1080),)),
        ("09：00 – 18：00", ((540, 1080),)),
        ("09:00至18:00", ((540, 1080),)),
        ("17:00-02:00", ((1020, 1560),)),
        ("17:00-26:00", ((1020, 1560),)),
        ("24:00-26:00", ((1440, 1560),)),
        ("09:00-13:00+17:00-21:00", ((540, 780), (1020, 1260))),
        ("20:00-23:00+01:00-03:00", ((1200, 1380), (1500, 1620))),
        ("休", ()),
        ("off", ()),
        ("OFF", ()),
    ],
)
def test_ways_to_write_a_shift(tiny, book, tmp_path, text, spans):
    """Full-width marks, other dashes, hours past midnight, split shifts and rest days."""
    path = saved(tmp_path, book, sets("A1", 0, text))
    wanted = read_edited(path, tiny.workspace, tiny.scenario).wanted
    rows = tiny.roster.assignments
    own = rows[(rows["agent_id"] == "A1") & (rows["date"] == pd.Timestamp(START))]
    ends = {(row.shift_start - row.date, row.shift_end - row.date) for row in own.itertuples()}
    told = tuple(tuple(end // pd.Timedelta(minutes=1) for end in each) for each in ends)
    assert wanted.get(("A1", START)) == (spans if spans != told else None)


def test_the_demand_decides_where_an_edited_shift_serves(tmp_path):
    """With nobody else there she serves the pool that misses seats, and its meal costs none."""
    space = workspace(
        tmp_path,
        shops=[{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "Q"}],
        skills=[{"agent_id": "A1", "shop_id": each} for each in ("S1", "S2")],
    )
    story = scenario(tmp_path)
    rows = [
        {
            "pool": pool,
            "slot": slot,
            "start": pd.Timestamp(MONDAY) + pd.Timedelta(minutes=30 * slot),
            "seats": int(pool == ("P" if slot < 28 else "Q") and slot not in (26, 27)),
        }
        for pool in "PQ"
        for slot in range(18, 48)
    ]
    need = SeatRequirement(table=pd.DataFrame(rows))
    nothing = table(duty(0, 9, 10)).iloc[:0]
    found = placed(space, story, need, nothing, {("A1", MONDAY): ((540, 1080),)})
    told = [(f"{r.start:%H:%M}", f"{r.end:%H:%M}", r.activity) for r in found.itertuples()]
    assert told == [
        ("09:00", "13:00", "work"), ("13:00", "14:00", "meal"), ("14:00", "18:00", "work"),
    ]  # fmt: skip
    assert found["pool"].fillna("").tolist() == ["P", "", "Q"]


def test_a_training_inside_the_new_shift_is_kept(tiny, book, tmp_path):
    """What was placed in the old duty stays at its time where the new one has it inside."""
    rows = tiny.roster.assignments.copy()
    full = next(rows[full_day(rows)].itertuples())
    own = rows[(rows["agent_id"] == full.agent_id) & (rows["date"] == full.date)]
    at_work = own[own["activity"] == "work"].index[-1]
    rows.loc[at_work, ["activity", "pool"]] = ["training", None]
    span = (rows.loc[at_work, "start"], rows.loc[at_work, "end"])
    plan = dataclasses.replace(tiny, roster=dataclasses.replace(tiny.roster, assignments=rows))
    day = (full.date.date() - START).days
    found = read(plan, saved(tmp_path, workbook(plan), sets(full.agent_id, day, "08:00-18:00")))
    now = found[(found["agent_id"] == full.agent_id) & (found["activity"] == "training")]
    assert [(r.start, r.end) for r in now.itertuples()] == [span]


def test_split_shifts_are_written_as_two_parts(tiny):
    """The grid tells a split shift from one that goes on, and its text reads back as itself."""
    split = table(duty(0, 9, 13), duty(0, 17, 21)).assign(agent_id="A1", date=pd.Timestamp(START))
    shift = pd.Timestamp(START) - pd.Timestamp(MONDAY)
    split = split.assign(start=split["start"] + shift, end=split["end"] + shift)
    cell = board_of(tiny.workspace, tiny.scenario, split).lines[0].cells[0]
    assert cell.text == "09:00-13:00+17:00-21:00"
    assert read_spans(cell.text) == ((540, 780), (1020, 1260))


# Unlawful edits.


UNLAWFUL: Mapping[str, tuple[str, list[tuple[str, int, str]]]] = {
    "a shift on a day of training": ("R3", [("A2", 1, "09:00-18:00")]),
    "nine hours a day": ("R4", [("A3", 0, "09:00-19:00")]),
    "a sixth day of eight hours": ("R5", [("A7", day, "13:00-22:00") for day in range(6)]),
    "two days a week": ("R6", [("A5", day, "休") for day in range(2, 7)]),
    "seven days a week": ("R7", [("A6", day, "09:00-13:00") for day in range(7)]),
    "seven days in a row": ("R8", [("A6", day, "09:00-13:00") for day in range(7)]),
    "eight hours after the night": ("R9", [("A3", 1, "16:00-01:00"), ("A3", 2, "09:00-13:00")]),
    "no meal in seven hours": ("R10", [("A6", 3, "00:00-07:00")]),
    "night work of a pregnant agent": ("R11", [("A4", 1, "14:00-23:00")]),
    "long days of a pregnant agent": ("R13", [("A4", 1, "08:00-18:00")]),
    "four late shifts in a row": (
        "R14",
        [("A3", 2, "休"), *(("A3", day, "16:00-01:00") for day in (3, 4, 5, 6))],
    ),
    "a split shift that nobody allowed": ("R2", [("A3", 0, "09:00-13:00+17:00-21:00")]),
}


@pytest.mark.parametrize("name", UNLAWFUL)
def test_an_unlawful_edit_is_caught_with_its_rule(tiny, book, tmp_path, name):
    """The audit names rule, agent and, within the week, the day."""
    rule, edits = UNLAWFUL[name]
    path = saved(tmp_path, book, *(sets(*each) for each in edits))
    found = audit(tiny.workspace, tiny.scenario, read(tiny, path))
    agent = edits[0][0]
    own = [each for each in hard(found) if each.rule == rule]
    assert [each.agent_id for each in own] == [agent] * len(own)
    assert own
    days = {START + dt.timedelta(days=day) for _, day, _ in edits}
    weekly = {"R5", "R6", "R7", "R8", "R13"}
    assert rule in weekly or {each.date for each in own} <= days
    assert {each.agent_id for each in hard(found)} == {agent}


def test_a_stretch_in_a_strange_pool_is_caught(tiny, book, tmp_path):
    """The sheet of stretches counts as well: a pool that does not exist breaks R1."""

    def edit(book: Any) -> None:
        book["时段明细"]["J2"] = "P-nowhere"

    found = audit(tiny.workspace, tiny.scenario, read(tiny, saved(tmp_path, book, edit)))
    assert {each.rule for each in hard(found)} == {"R1"}


def test_strangers_and_other_weeks_in_a_roster_are_caught(tiny):
    """Duties of nobody and of another week are counted, replayed and named, not crashed on."""
    rows = tiny.roster.assignments
    own = rows[(rows["agent_id"] == "A3") & (rows["date"] == pd.Timestamp(START))]
    month = pd.Timedelta(days=28)
    moved = own.assign(**{name: own[name] + month for name in ("date", "start", "end")})
    stretches = pd.concat([rows, own.assign(agent_id="A999"), moved])
    found = placed(tiny.workspace, tiny.scenario, tiny.seats, stretches, {})
    broken = {(each.rule, each.agent_id) for each in audit(tiny.workspace, tiny.scenario, found)}
    assert broken >= {("R1", "A999"), ("R3", "A3")}
    made = handed(tiny.workspace, tiny.scenario, tiny.seats, found)
    assert made.uncovered_h == pytest.approx(tiny.roster.uncovered_h)
    lived = simulate(tiny.workspace, tiny.scenario, tiny.forecast, tiny.seats, found)
    assert lived.service_level == pytest.approx(tiny.replay.service_level)


# Bad cells.


def removes_row(book: Any) -> None:
    cells(book).delete_rows(6)


def doubles_row(book: Any) -> None:
    cells(book).insert_rows(8)
    for column in range(1, 11):
        cells(book).cell(8, column).value = cells(book).cell(6, column).value


def renames(book: Any) -> None:
    cells(book)["A6"] = "A1x"


def removes_column(book: Any) -> None:
    cells(book).delete_cols(5)


def doubles_day(book: Any) -> None:
    cells(book)["E5"] = cells(book)["D5"].value


def another_week(book: Any) -> None:
    cells(book)["D5"] = "2025-01-01\n周三"


def no_identifier(book: Any) -> None:
    cells(book)["A6"] = None


def no_header(book: Any) -> None:
    cells(book).delete_rows(5)


def no_stretches(book: Any) -> None:
    del book["时段明细"]


BAD: Mapping[str, tuple[Edit, dict[str, tuple[int | None, str | None]]]] = {
    "9点": (sets("A1", 0, "9点"), {"grid_cell": (6, "D")}),
    "25:00": (sets("A1", 1, "25:00"), {"grid_cell": (6, "E")}),
    "a time": (sets("A1", 1, dt.time(9)), {"grid_cell": (6, "E")}),
    "a number": (sets("A2", 0, 9), {"grid_cell": (7, "D")}),
    "no length": (sets("A1", 0, "09:00-09:00"), {"grid_cell": (6, "D")}),
    "too late": (sets("A1", 0, "20:00-38:00"), {"grid_cell": (6, "D")}),
    "three parts": (sets("A1", 0, "09:00-10:00+11:00-12:00+13:00-14:00"), {"grid_cell": (6, "D")}),
    "parts that touch": (sets("A1", 0, "09:00-10:00+10:00-12:00"), {"grid_cell": (6, "D")}),
    "off the half hour": (sets("A1", 0, "09:10-18:00"), {"grid_half_hour": (6, "D")}),
    "blank": (sets("A1", 0, None), {"grid_blank": (6, "D")}),
    "not started though she has": (sets("A1", 0, "未入职"), {"grid_absence": (6, "D")}),
    "an error of Excel": (sets("A1", 0, "#REF!"), {"excel_error": (6, "D")}),
    "an agent removed": (removes_row, {"grid_agent_missing": (None, None)}),
    "an agent twice": (doubles_row, {"grid_agent_twice": (8, "A")}),
    "an agent renamed": (renames, {"unknown_near": (6, "A"), "grid_agent_missing": (None, None)}),
    "an agent without identifier": (
        no_identifier,
        {"grid_no_agent": (6, "A"), "grid_agent_missing": (None, None)},
    ),
    "a column removed": (removes_column, {"grid_day_missing": (5, None)}),
    "a day twice": (doubles_day, {"grid_day_twice": (5, "E"), "grid_day_missing": (5, None)}),
    "another week": (another_week, {"grid_other_day": (5, "D"), "grid_day_missing": (5, None)}),
    "no header": (no_header, {"no_grid_head": (None, None)}),
    "no stretches": (no_stretches, {"no_stretches": (None, None)}),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_cell_is_a_fault_with_its_place(tiny, book, tmp_path, name):
    """Each is told with sheet, row and column, and what to do, in both languages."""
    edit, expected = BAD[name]
    found = refused(tiny, saved(tmp_path, book, edit))
    assert {fault.code: (fault.row, fault.column) for fault in found} == expected
    sheet = "edited.xlsx" if name == "no stretches" else "edited.xlsx[班表]"
    assert {fault.file for fault in found} == {sheet}


@pytest.mark.parametrize("word", ["请假", "病假", "缺勤", "leave", "absent"])
def test_an_absence_may_be_written_into_the_grid(tiny, book, tmp_path, word):
    """She stays away that day, as an absence that no table has yet."""
    path = saved(tmp_path, book, sets("A3", 0, word))
    edited = read_edited(path, tiny.workspace, tiny.scenario)
    assert edited.absent == {("A3", START)}
    assert edited.wanted == {("A3", START): ()}


def test_an_absence_in_the_grid_is_published_and_known_afterwards(tiny, home, book, tmp_path):
    """The manifest keeps it for the next replan; the grid shows it; the tables are asked for it."""
    path = saved(tmp_path, book, sets("A3", 0, "请假"))
    done = run("publish", path, home / "tiny.toml", "--out", tmp_path / "out", "--lang", "en")
    assert done.exit_code in (0, 3), done.stdout + done.stderr
    assert f"absent, as the grid says: A3 {START}" in done.stderr
    out = tmp_path / "out" / "tiny"
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["absent"] == [{"agent_id": "A3", "date": f"{START}", "deducted": True}]
    again = openpyxl.load_workbook(out / "roster.xlsx")
    assert at(again, "A3", 0).value in {"缺勤", "absent"}
    copy = tmp_path / "copied.xlsx"
    copy.write_bytes((out / "roster.xlsx").read_bytes())
    told = run("audit", copy, home / "tiny.toml", "--lang", "en")
    assert told.exit_code == 0, told.stdout + told.stderr
    assert f"absent, as the grid says: A3 {START}" in told.stderr


def test_all_faults_come_at_once(tiny, book, tmp_path):
    """Bad cells of several agents and a bad stretch are told together."""

    def edit(book: Any) -> None:
        book["时段明细"]["G2"] = "morgen"

    edits = (sets("A1", 0, "9点"), sets("A2", 0, "x"), sets("A3", 0, None), edit)
    found = refused(tiny, saved(tmp_path, book, *edits))
    assert [fault.code for fault in found] == [
        "not_a_moment", "grid_cell", "grid_cell", "grid_blank",
    ]  # fmt: skip
    assert found[0].file == "edited.xlsx[时段明细]"


def test_an_edit_of_the_copies_alone_is_refused(tiny, book, tmp_path):
    """A stretch moved out of its duty contradicts the duty's own start and end."""

    def edit(book: Any) -> None:
        book["时段明细"]["E2"] = f"{START} 06:00"

    found = refused(tiny, saved(tmp_path, book, edit))
    assert {fault.code for fault in found} == {"shift_start_differs"}


def test_other_files_are_no_grid(tiny, tmp_path):
    """A roster.csv is none; what is not there or not a workbook is told."""
    (tmp_path / "roster.csv").write_bytes(csv_bytes(roster_table(tiny)))
    assert not is_grid(tmp_path / "roster.csv")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 no zip")
    for name, code in (("gone.xlsx", "no_file"), ("broken.xlsx", "not_workbook")):
        with pytest.raises(RosterFileError) as error:
            is_grid(tmp_path / name)
        assert [fault.code for fault in error.value.faults] == [code]


def test_a_workbook_damaged_inside_is_no_traceback(tiny, book, tmp_path):
    """A part that does not unpack, XML that breaks off, a password: all are no sound workbook."""
    with zipfile.ZipFile(io.BytesIO(book)) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    for spoilt in (sheet, "[Content_Types].xml", "xl/workbook.xml"):
        with zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as made:
            for name, content in parts.items():
                made.writestr(name, content[: len(content) // 2] if name == spoilt else content)
        with pytest.raises(RosterFileError) as error:
            read_edited(tmp_path / "cut.xlsx", tiny.workspace, tiny.scenario)
        assert [fault.code for fault in error.value.faults] == ["not_workbook"], spoilt
    packed = bytearray(book)
    packed[3000:3060] = bytes(60)
    (tmp_path / "zero.xlsx").write_bytes(packed)
    (tmp_path / "locked.xlsx").write_bytes(
        b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le")
    )
    for name in ("zero.xlsx", "locked.xlsx"):
        with pytest.raises(RosterFileError) as error:
            is_grid(tmp_path / name)
        assert [fault.code for fault in error.value.faults] == ["not_workbook"], name


def test_a_roster_without_duties_reads_back(tiny, tmp_path):
    """With nobody on duty the stretches have no rows, and a first shift can be written."""
    empty = dataclasses.replace(tiny.roster, assignments=tiny.roster.assignments.iloc[:0])
    plan = dataclasses.replace(tiny, roster=empty)
    found = read(plan, saved(tmp_path, workbook(plan), sets("A1", 0, "09:00-18:00")))
    assert found["agent_id"].unique().tolist() == ["A1"]


def test_two_thousand_agents_and_hostile_names_read_back(tiny, tmp_path):
    """Identifiers like formulas and paths stay what they are; nothing counts as edited."""
    many = crowd(tiny)
    path = tmp_path / "edited.xlsx"
    path.write_bytes(workbook(dataclasses.replace(many, ledger=wide(many))))
    edited = read_edited(path, many.workspace, many.scenario)
    assert edited.wanted == {}
    assert set(HOSTILE) <= set(edited.stretches["agent_id"])
    assert len(edited.stretches) == len(many.roster.assignments)


def wide(plan: Plan) -> Any:
    """Return a ledger with a row of zeros for everybody."""
    item = plan.ledger.table.iloc[:6]
    rows = pd.concat([item] * len(plan.workspace.agents), ignore_index=True)
    ids = [agent for agent in plan.workspace.agents.index for _ in range(6)]
    return dataclasses.replace(plan.ledger, table=rows.assign(agent_id=ids))


# The commands.


@pytest.fixture(scope="module")
def home(tiny: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenario of the tiny plan and its published outputs."""
    folder = tmp_path_factory.mktemp("home")
    text = f'name = "tiny"\nworkspace = "{tiny.workspace.root}"\n[horizon]\nstart = {START}\n'
    text += "[shifts]\nstart_every_min = 120\n[roster]\neffort = 2.0\nmax_uncovered = 1.0\n"
    (folder / "tiny.toml").write_text(text + "[replay]\nreplications = 2\n", "utf-8")
    publish(tiny, folder / "out" / "tiny", VERSIONS)
    return folder


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_an_edited_workbook_is_audited_in_full(tiny, home, book, tmp_path):
    """Rules, coverage, cost and service level are told; a lawful edit exits 0."""
    path = saved(tmp_path, book, sets("A3", 0, "10:00-19:00"))
    done = run("audit", path, home / "tiny.toml", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["lawful"]
    assert told["edited_cells"] == 1
    assert told["required_h"] == pytest.approx(tiny.roster.required_h)
    assert told["uncovered_h"] == pytest.approx(sum(p["uncovered_h"] for p in told["pools"]), abs=1)
    assert told["cost_h"] > told["paid_h"] == pytest.approx(tiny.roster.paid_h)
    assert 0 < told["service_level"] <= 1
    done = run("audit", path, home / "tiny.toml", "--lang", "en")
    assert "Read from the workbook; cells changed: 1" in done.stdout
    assert "Service level in the replay" in done.stdout


def test_an_unedited_workbook_costs_what_the_plan_cost(tiny, home, book, tmp_path):
    """Read back unchanged, uncovered seats and the cost are those that the search had."""
    done = run("audit", saved(tmp_path, book), home / "tiny.toml", "--json")
    told = json.loads(done.stdout)
    assert told["uncovered_h"] == pytest.approx(tiny.roster.uncovered_h)
    assert told["cost_h"] == pytest.approx(tiny.roster.report.goal("cost").value)


def test_an_unlawful_workbook_is_not_published(home, book, tmp_path):
    """Exit 3 with the list of rule, agent and day; the folder is as it was."""
    out = home / "out" / "tiny"
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    path = saved(tmp_path, book, sets("A3", 0, "09:00-19:00"))
    done = run("publish", path, home / "tiny.toml", "--out", home / "out", "--lang", "en")
    assert done.exit_code == 3
    assert "R4" in done.stdout
    assert "A3" in done.stdout
    assert f"{START}" in done.stdout
    assert "Not published" in done.stderr
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_bad_cells_exit_2_and_are_told(home, book, tmp_path):
    """Both commands tell sheet, row, column and value, and write nothing."""
    path = saved(tmp_path, book, sets("A1", 0, "9点"))
    for command in ("audit", "publish"):
        done = run(command, path, home / "tiny.toml", "--lang", "zh")
        assert done.exit_code == 2
        assert "edited.xlsx[班表]，第 6 行，“D”列：“9点”既不是班次也不是休息" in done.stderr


def test_a_lawful_edit_is_published_with_all_outputs(tiny, home, book, tmp_path):
    """The edited roster takes the old one's place: version 2, its calendars risen, no bound."""
    path = saved(tmp_path, book, sets("A3", 0, "10:00-19:00"))
    publish(tiny, tmp_path / "out" / "tiny", VERSIONS)
    names = {p.relative_to(tmp_path) for p in (tmp_path / "out").rglob("*")}
    done = run("publish", path, home / "tiny.toml", "--out", tmp_path / "out", "--lang", "en")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert "no bound is proven" in done.stdout
    out = tmp_path / "out" / "tiny"
    now = {p.relative_to(tmp_path) for p in (tmp_path / "out").rglob("*")}
    assert {name for name in now if ".cache" not in name.parts} == names
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["version"]["number"] == 2
    assert manifest["roster_file"]["file"] == "edited.xlsx"
    roster = pd.read_csv(out / "roster.csv")
    own = roster[(roster["agent_id"] == "A3") & (roster["date"] == f"{START}")]
    assert own["shift_start"].unique().tolist() == [f"{START} 10:00"]
    calendar = (out / "calendars" / "A3.ics").read_text("utf-8")
    assert "DTSTART;TZID=Asia/Shanghai:20261116T100000" in calendar
    assert "SEQUENCE:1" in calendar


def test_edits_that_were_not_published_are_not_overwritten(tiny, home, book, tmp_path):
    """Saved over the output as the docs have it: nothing takes its place but what is made of it."""
    publish(tiny, tmp_path / "out" / "tiny", VERSIONS)
    own = tmp_path / "out" / "tiny" / "roster.xlsx"
    own.write_bytes(saved(tmp_path, book, sets("A3", 0, "10:00-19:00")).read_bytes())
    edited, out = own.read_bytes(), ("--out", tmp_path / "out", "--lang", "en")
    other = home / "roster.csv"
    other.write_bytes((tmp_path / "out" / "tiny" / "roster.csv").read_bytes())
    for command in (("plan", home / "tiny.toml"), ("publish", other, home / "tiny.toml")):
        done = run(*command, *out)
        assert done.exit_code == 2
        assert "Publish it with 'staffing publish' first" in done.stderr
        assert own.read_bytes() == edited
    assert run("publish", own, home / "tiny.toml", *out).exit_code == 0
    assert own.read_bytes() != edited


def test_an_unedited_workbook_is_published_as_it_was(tiny, home, book, tmp_path):
    """Published from the workbook, every .csv is the same byte for byte, and so is the version."""
    publish(tiny, tmp_path / "out" / "tiny", VERSIONS)
    old = {p.name: p.read_bytes() for p in (tmp_path / "out" / "tiny").glob("*.csv")}
    done = run("publish", saved(tmp_path, book), home / "tiny.toml", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stdout + done.stderr
    now = {p.name: p.read_bytes() for p in (tmp_path / "out" / "tiny").glob("*.csv")}
    assert [name for name in old if now[name] != old[name]] == []
    manifest = json.loads((tmp_path / "out" / "tiny" / "manifest.json").read_text("utf-8"))
    assert manifest["version"]["number"] == 1


def test_an_edit_is_announced_wherever_the_workbook_lies(tiny, home, book, tmp_path):
    """Published from a copy elsewhere, the team is told whose hours have changed."""
    publish(tiny, tmp_path / "out" / "tiny", VERSIONS)
    edited = saved(tmp_path, book, sets("A3", 0, "10:00-19:00"))
    done = run("publish", edited, home / "tiny.toml", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    texts = (tmp_path / "out" / "tiny" / "announcements").glob("*.txt")
    told = [line for text in texts for line in text.read_text("utf-8").splitlines() if "→" in line]
    assert len(told) == 1
    assert "（A3）" in told[0]
    assert told[0].endswith(" → 10:00-19:00")


def test_the_grid_shows_what_the_edit_note_says(tiny, book):
    """The sheet tells how to write shifts and rest days, and every cell reads back."""
    opened = openpyxl.load_workbook(io.BytesIO(book))
    note = cells(opened)["A4"].value
    for said in ("09:00-18:00", "17:00-02:00", "09:00-13:00+17:00-21:00", "休", "staffing audit"):
        assert said in note
    for line in board(tiny).lines:
        for cell in line.cells:
            assert not cell.parts or read_spans(cell.text)


def test_a_plan_tells_that_it_takes_the_place_of_an_edited_roster(home, book, tmp_path):
    """Once, and not where the workbook was published as it was."""
    for change, told in ((None, False), (sets("A3", 0, "10:00-19:00"), True)):
        out = tmp_path / f"{told}"
        done = run(
            "publish", saved(tmp_path, book, *[change] if change else []), *told_of(home, out)
        )
        assert done.exit_code == 0, done.output
        for edited in (told, False):
            done = run("plan", *told_of(home, out), "--lang", "en")
            assert done.exit_code == 0, done.output
            assert ("edited by hand" in done.stderr) is edited


def told_of(home, out):
    """Return the scenario, and where its outputs go."""
    return (home / "tiny.toml", "--out", out)
