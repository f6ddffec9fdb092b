"""Reading a workspace: formats, spellings, odd data, defaults, the template, the document."""

from __future__ import annotations

import csv
import datetime as dt
import string
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from staffing.docs import refreshed
from staffing.errors import PublishError, WorkspaceError
from staffing.forecast import history
from staffing.grid import DAY_MIN
from staffing.words import LANGS
from staffing.workspace import Workspace, read_workspace
from staffing.workspace.cells import clocks, moments
from staffing.workspace.tables import CHINESE_VALUES, TABLES, schema
from staffing.workspace.template import TABLE_NAMES, columns_page, write_template
from staffing.workspace.validate import _judged, _judged_by_value
from tests.workspaces import FIRST, REQUIRED, START, Row, Tables, tables, write

DOCS = Path(__file__).parents[1] / "docs"
ZONE = "Asia/Shanghai"
SOUND = {name: tables()[name] for name in REQUIRED}

Writer = Callable[[Path, Mapping[str, list[Row]]], object]


def same(one: Workspace, other: Workspace) -> None:
    """Assert that two workspaces hold equal tables, types included."""
    assert one.tables.keys() == other.tables.keys()
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], obj=name)


def codes(workspace: Workspace) -> list[str]:
    """Return the codes of the notices."""
    return sorted(notice.code for notice in workspace.notices)


def with_history(rows: list[Row]) -> Tables:
    """Return sound tables with this history for S1 and little for the others."""
    others: list[Row] = [
        {"shop_id": shop, "start": f"{FIRST}", "contacts": 5} for shop in ("S2", "S3")
    ]
    return {**SOUND, "history": [{"shop_id": "S1", **row} for row in rows] + others}


# --- formats ------------------------------------------------------------------------------------


def typed(rows: list[Row]) -> pd.DataFrame:
    """Return a table with times as times and blanks as nothing, as a database would export it."""
    frame = pd.DataFrame(rows).replace("", None)
    for name in {"start", "end", "date", "started_on"} & set(frame):
        late = frame[name].astype("str").str.endswith("24:00")
        text = frame[name].where(~late, frame[name].astype("str").str[:10])
        day = pd.to_datetime(text, format="ISO8601")
        frame[name] = day + pd.to_timedelta(late.astype(int), unit="D")
    return frame


def as_parquet(folder: Path, rows: Mapping[str, list[Row]]) -> None:
    folder.mkdir()
    for name, own in rows.items():
        typed(own).to_parquet(folder / f"{name}.parquet")


def as_workbooks(folder: Path, rows: Mapping[str, list[Row]]) -> None:
    folder.mkdir()
    for name, own in rows.items():
        typed(own).to_excel(folder / f"{name}.xlsx", sheet_name="Sheet1", index=False)


def as_workbook(folder: Path, rows: Mapping[str, list[Row]]) -> None:
    folder.mkdir()
    with pd.ExcelWriter(folder / "all.xlsx") as book:
        for name, own in rows.items():
            typed(own).to_excel(book, sheet_name=name, index=False)


def as_chinese_workbook(folder: Path, rows: Mapping[str, list[Row]]) -> None:
    folder.mkdir()
    zh = {table.name: table.zh for table in TABLES}
    with pd.ExcelWriter(folder / "数据.xlsx") as book:
        for name, own in rows.items():
            in_chinese(typed(own), name).to_excel(book, sheet_name=zh[name], index=False)


def as_chinese_csv(folder: Path, rows: Mapping[str, list[Row]]) -> None:
    folder.mkdir()
    zh = {table.name: table.zh for table in TABLES}
    for name, own in rows.items():
        table = in_chinese(pd.DataFrame(own), name)
        table.to_csv(folder / f"{zh[name]}.csv", index=False, encoding="gb18030")


def in_chinese(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return a table with Chinese headers and, where there are some, Chinese values."""
    columns = schema(table).columns
    for name in frame.columns:
        zh = {value: chinese for chinese, value in CHINESE_VALUES.get(name, {}).items()}
        if zh:
            frame[name] = frame[name].replace(zh)
    return frame.rename(columns={name: columns[name].metadata["zh"] for name in frame})


def as_text(encoding: str, separator: str = ",") -> Writer:
    def writer(folder: Path, rows: Mapping[str, list[Row]]) -> None:
        folder.mkdir()
        for name, own in rows.items():
            path = folder / f"{name}.csv"
            pd.DataFrame(own).to_csv(path, index=False, encoding=encoding, sep=separator)

    return writer


FORMATS: dict[str, Writer] = {
    "UTF-8 with mark": as_text("utf-8-sig"),
    "GB18030": as_text("gb18030"),
    "tabs": as_text("utf-8", "\t"),
    "semicolons": as_text("utf-8", ";"),
    "Parquet": as_parquet,
    "a workbook a table": as_workbooks,
    "one workbook": as_workbook,
    "one Chinese workbook": as_chinese_workbook,
    "Chinese CSV": as_chinese_csv,
}


@pytest.mark.parametrize("writer", FORMATS.values(), ids=FORMATS)
def test_every_format_reads_to_the_same_tables(writer: Writer, tmp_path: Path) -> None:
    """Encoding, separator, file format, language of headers and values change no table."""
    plain = read_workspace(write(tmp_path / "plain", tables()))
    writer(tmp_path / "other", tables())
    other = read_workspace(tmp_path / "other")
    same(plain, other)
    assert other.notices == ()


def test_a_workbook_may_be_named_itself(tmp_path: Path) -> None:
    """The path of an .xlsx is a workspace, as the folder around it is."""
    as_workbook(tmp_path / "book", tables())
    same(read_workspace(tmp_path / "book" / "all.xlsx"), read_workspace(tmp_path / "book"))


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8
).filter(lambda text: not text.startswith("#") and "_x" not in text)
"""Names as people write them; openpyxl reads a leading # as an error and _x as an escape."""


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ids=st.lists(
        st.text(string.ascii_uppercase + string.digits + "店", min_size=1, max_size=4),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    data=st.data(),
)
def test_any_content_survives_every_format(
    ids: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Leading zeros, quotation marks, commas, Chinese and numbers come out alike of all formats."""
    shop: Row = {"platform": "JD", "category": "other"}
    number = st.one_of(st.none(), st.floats(1, 7200, allow_nan=False).map(lambda x: round(x, 3)))
    rows: Tables = {
        "shops": [
            shop | {"shop_id": each, "name": data.draw(NAMES), "aht_s": data.draw(number)}
            for each in ids
        ],
        "agents": [{"agent_id": "007", "name": data.draw(NAMES), "team": data.draw(NAMES)}],
        "skills": [{"agent_id": "007", "shop_id": each} for each in ids],
        "history": [
            {
                "shop_id": each,
                "start": f"2026-11-02 {hour:02d}:30",
                "contacts": data.draw(st.integers(1, 10**6)),
            }
            for each in ids
            for hour in data.draw(st.sets(st.integers(0, 23), min_size=1, max_size=3))
        ],
    }
    folder = tmp_path_factory.mktemp("formats")
    as_text("utf-8")(folder / "csv", rows)
    as_parquet(folder / "parquet", rows)
    as_workbook(folder / "xlsx", rows)
    plain = read_workspace(folder / "csv")
    assert list(plain.shops.index) == ids
    assert list(plain.shops["name"]) == [row["name"] for row in rows["shops"]]
    same(plain, read_workspace(folder / "parquet"))
    same(plain, read_workspace(folder / "xlsx"))


# --- odd files ----------------------------------------------------------------------------------


def skills_csv(folder: Path, text: str) -> Workspace:
    """Read a sound workspace with this skills.csv."""
    write(folder, SOUND)
    (folder / "skills.csv").write_text(text, "utf-8", newline="")
    return read_workspace(folder)


@pytest.mark.parametrize(
    "text",
    [
        "agent_id,shop_id\r\nA1,S1\r\n\r\n,\r\n",
        "\n\nagent_id,shop_id\nA1,S1",
        "agent_id,shop_id,,\nA1,S1,,\n",
        "agent_id,shop_id\nA1,S1,,\n",
        " Agent ID , 店铺编号 * \n A1 ,\u3000S1\xa0\n",
        "AGENT-ID,Shop_Id\nA1,S1\n",
        "工号,店铺ID\nA1,S1\n",
        "agent_id,shop_id,speed,since\nA1,S1,, \n",
        'agent_id,shop_id\n"A1","S1"\n',
        "agent_id;shop_id\nA1;S1\n",
    ],
    ids=[
        "blank rows below",
        "blank rows above",
        "blank columns",
        "surplus commas in a row",
        "blanks around headers and cells",
        "capitals and hyphens",
        "other Chinese headers",
        "column of blanks",
        "quotation marks",
        "semicolons",
    ],
)
def test_harmless_oddities_are_read_through(text: str, tmp_path: Path) -> None:
    """What Excel leaves behind in a CSV changes neither the row nor makes a notice of its own."""
    workspace = skills_csv(tmp_path, text)
    assert workspace.skills[["agent_id", "shop_id", "speed"]].to_numpy().tolist() == [
        ["A1", "S1", 1.0]
    ]
    assert {"nobody_trained", "no_skill", "partly_trained"} >= set(codes(workspace))


def test_rows_are_numbered_as_excel_does(tmp_path: Path) -> None:
    """Blank rows above and between count, so that the fault's row is the one in Excel."""
    with pytest.raises(Exception, match=r"skills\.csv, row 5, column speed: 'x' is not a number"):
        skills_csv(tmp_path, "\nagent_id,shop_id,speed\nA1,S1,1\n\nA2,S1,x\n")


def test_unknown_columns_are_left_out_and_told_with_the_nearest_name(tmp_path: Path) -> None:
    """A column that is not known makes a notice; one that is nearly known names its like."""
    workspace = skills_csv(tmp_path, "agent_id,shop_id,sped,colour\nA1,S1,0.5,red\n")
    told = {notice.column: notice.remedy("en") for notice in workspace.notices if notice.column}
    assert told["sped"] == "Did you mean 'speed'?"
    assert "colour" in told
    assert list(workspace.skills.columns) == ["agent_id", "shop_id", "speed", "since", "ramp_days"]
    assert workspace.skills["speed"].tolist() == [1.0]


def test_cells_under_no_header_are_told(tmp_path: Path) -> None:
    """A column with cells but without a name is left out with a notice."""
    workspace = skills_csv(tmp_path, "agent_id,shop_id,\nA1,S1,important\n")
    assert "nameless_column" in codes(workspace)


def test_files_that_are_no_table_are_told_unless_they_are_clearly_not_meant(
    tmp_path: Path,
) -> None:
    """An unknown CSV makes a notice; Excel's lock files, notes and pictures do not."""
    write(tmp_path, SOUND)
    for name in ("shops (1).csv", "~$shops.xlsx", "notes.txt", "COLUMNS.md", "logo.png"):
        (tmp_path / name).write_text("x")
    told = [notice.file for notice in read_workspace(tmp_path).notices]
    assert told == ["shops (1).csv"]


def test_our_own_roster_is_read_back_in_silence(tmp_path: Path) -> None:
    """Last week's roster.csv, copied as rosters.csv, gives the shifts and no notice."""
    row = {
        "agent_id": "A1",
        "date": "2026-11-14",
        "shift_start": "2026-11-14 09:00",
        "shift_end": "2026-11-14 18:00",
        "start": "2026-11-14 09:00",
        "end": "2026-11-14 12:00",
        "activity": "work",
        "pool": "P",
        "paid_h": 3,
    }
    workspace = read_workspace(write(tmp_path, {**SOUND, "rosters": [row]}))
    assert workspace.notices == ()
    assert workspace.tables["rosters"]["paid_h"].tolist() == [3.0]


def test_sheets_that_are_no_table_are_told_unless_they_are_blank(tmp_path: Path) -> None:
    """A sheet of notes makes a notice, Excel's blank Sheet2 does not."""
    as_workbook(tmp_path / "w", SOUND)
    with pd.ExcelWriter(tmp_path / "w" / "all.xlsx", mode="a", engine="openpyxl") as book:
        pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="notes", index=False)
        book.book.create_sheet("Sheet2")
    told = [notice.file for notice in read_workspace(tmp_path / "w").notices]
    assert told == ["all.xlsx[notes]"]


# --- Excel and Parquet cells --------------------------------------------------------------------


def test_excel_dates_and_times_are_what_they_show(tmp_path: Path) -> None:
    """Date cells, time cells, 24:00 in both of Excel's formats and bare numbers are understood."""
    write(tmp_path, SOUND)
    (tmp_path / "shops.csv").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["shop_id", "name", "platform", "category", "opens", "closes"])
    sheet.append(["S1", "a", "JD", "other", dt.time(9, 0), 1.0])
    sheet.append(["S2", "b", "JD", "other", dt.time(9, 30), dt.timedelta(hours=26)])
    sheet.append(["S3", "c", "JD", "other", 0.375, 1.0])
    sheet["F2"].number_format, sheet["F4"].number_format = "h:mm", "[h]:mm"
    book.save(tmp_path / "shops.xlsx")
    (tmp_path / "history.csv").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["shop_id", "start", "contacts"])
    sheet.append(["S1", dt.datetime(2026, 11, 2, 9, 30), 3])
    sheet.append(["S2", dt.date(2026, 11, 2), 3])
    sheet.append(["S3", 46328 + 19 / 48, 3.0])
    sheet["B4"].number_format = "General"
    book.save(tmp_path / "history.xlsx")
    workspace = read_workspace(tmp_path)
    assert {shop: str(window) for shop, window in workspace.windows.items()} == {
        "S1": "09:00-24:00",
        "S2": "09:30-26:00",
        "S3": "09:00-24:00",
    }
    assert [f"{start}" for start in workspace.history["start"]] == [
        "2026-11-02 09:30:00",
        "2026-11-02 00:00:00",
        "2026-11-02 09:30:00",
    ]


def test_excel_numbers_serve_as_identifiers(tmp_path: Path) -> None:
    """1001 typed as a number in one table is 1001 typed as text in another."""
    as_workbooks(
        tmp_path / "w",
        {
            "shops": [{"shop_id": 1001, "name": 7, "platform": "JD", "category": "other"}],
            "agents": [{"agent_id": 1, "name": "x", "team": 3}],
            "skills": [{"agent_id": 1, "shop_id": "1001"}],
            "history": [{"shop_id": 1001.0, "start": "2026-11-02", "contacts": 3}],
        },
    )
    workspace = read_workspace(tmp_path / "w")
    assert list(workspace.shops.index) == ["1001"]
    assert workspace.shops.loc["1001", "name"] == "7"


def test_parquet_types_of_other_programs_are_read(tmp_path: Path) -> None:
    """Zoned times, dictionaries, nullable integers, dates and an index make the same tables."""
    plain = read_workspace(write(tmp_path / "plain", SOUND))
    write(tmp_path / "other", SOUND)
    for name in ("history", "agents"):
        (tmp_path / "other" / f"{name}.csv").unlink()
    own = pd.DataFrame(SOUND["history"])
    own["shop_id"] = own["shop_id"].astype("category")
    own["start"] = pd.to_datetime(own["start"]).dt.tz_localize(ZONE).dt.tz_convert("UTC")
    own["contacts"] = own["contacts"].astype("Int32")
    own.set_index(["shop_id", "start"]).to_parquet(tmp_path / "other" / "history.parquet")
    people = pd.DataFrame(SOUND["agents"]).assign(started_on=dt.date(2020, 1, 1))
    people.iloc[::-1].to_parquet(tmp_path / "other" / "agents.parquet")
    other = read_workspace(tmp_path / "other")
    pd.testing.assert_frame_equal(plain.history, other.history)
    assert set(other.agents["started_on"]) == {pd.Timestamp("2020-01-01")}
    assert other.notices == ()


def test_parquet_columns_of_like_names_are_kept_apart(tmp_path: Path) -> None:
    """A dot in a column's name does not mix it up with another; a doubled column is told."""
    write(tmp_path, SOUND)
    (tmp_path / "skills.csv").unlink()
    ids = [pa.array(["A1"]), pa.array(["S1"])]
    odd = pa.table([pa.array(["x"]), *ids], names=["shop_id.old", "agent_id", "shop_id"])
    pq.write_table(odd, tmp_path / "skills.parquet")
    assert read_workspace(tmp_path).skills["shop_id"].tolist() == ["S1"]
    doubled = pa.table([*ids, ids[1]], names=["agent_id", "shop_id", "shop_id"])
    pq.write_table(doubled, tmp_path / "skills.parquet")
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(tmp_path)
    assert [fault.code for fault in caught.value.faults] == ["doubled_column"]


MOMENTS = {
    "2026-11-02 09:30": "2026-11-02 09:30",
    "2026-11-02T09:30:15": "2026-11-02 09:30:15",
    "2026-11-02": "2026-11-02",
    "2026/11/2 9:30": "2026-11-02 09:30",
    "2026.11.2": "2026-11-02",
    "2026年11月2日 9时30分": "2026-11-02 09:30",
    "2026年11月2日": "2026-11-02",
    "20261102": "2026-11-02",
    "２０２６－１１－０２ ０９：３０": "2026-11-02 09:30",
    "2026-11-02 24:00": "2026-11-03",
    "2026-11-02 25:30": "2026-11-03 01:30",
    "2026-12-31 24:00": "2027-01-01",
    "2026-11-02T01:30:00Z": "2026-11-02 09:30",
    "2026-11-02 01:30+00:00": "2026-11-02 09:30",
    "2026-11-01 20:30:00-0500": "2026-11-02 09:30",
    "46328": "2026-11-02",
    "46328.395833333336": "2026-11-02 09:30",
}


@pytest.mark.parametrize("text", MOMENTS)
def test_a_moment_is_read(text: str) -> None:
    """Each way to write a moment gives the local wall time in Shanghai."""
    assert moments(pd.Series([text]), ZONE)[0] == pd.Timestamp(MOMENTS[text])


@pytest.mark.parametrize(
    "text",
    [
        "2026-13-01",
        "2026-02-30",
        "02/11/2026",
        "11-02-2026",
        "tomorrow",
        "now",
        "today",
        "2026",
        "2026-11",
        "12",
        "9:30",
        "2026-11-02 24:60",
        "2026-11-02 36:30",
        "1793581800",
        "3026-11-02",
    ],
)
def test_what_is_no_moment_is_not_guessed(text: str) -> None:
    """Words, bare numbers, day-first dates and impossible ones are no moment."""
    assert pd.isna(moments(pd.Series([text]), ZONE)[0])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2099, 12, 31)).map(
            lambda moment: moment.replace(microsecond=0)
        ),
        min_size=1,
        max_size=5,
    )
)
def test_every_spelling_of_a_moment_means_the_same(times: list[dt.datetime]) -> None:
    """ISO text, Excel's text, Chinese text and hours past midnight give back the moment."""
    truth = pd.Series(pd.to_datetime(times)).astype("datetime64[ns]")
    day = truth.dt.normalize() - pd.Timedelta(days=1)
    spellings = [
        truth.dt.strftime("%Y-%m-%d %H:%M:%S"),
        pd.Series([f"{t.year}/{t.month}/{t.day} {t.hour}:{t:%M:%S}" for t in times]),
        pd.Series([f"{t.year}年{t.month}月{t.day}日 {t:%H:%M:%S}" for t in times]),
        pd.Series([f"{t:%Y%m%d %H:%M:%S}" for t in times]),
        pd.Series([f"{t.isoformat()}+08:00" for t in times]),
    ]
    for spelling in spellings:
        pd.testing.assert_series_equal(moments(spelling, "Etc/GMT-8"), truth, check_names=False)
    early = truth[truth.dt.hour < 12]
    days = day[early.index]
    late = [f"{d:%Y-%m-%d} {t.hour + 24}:{t:%M:%S}" for d, t in zip(days, early, strict=True)]
    assert moments(pd.Series(late, dtype="str"), ZONE).tolist() == early.tolist()


def test_a_time_with_an_offset_is_converted_to_the_zone_of_the_plan() -> None:
    """One instant is 09:30 in Shanghai and 20:30 of the day before in New York."""
    cells = pd.Series(["2026-11-02T01:30:00Z"])
    assert moments(cells, "America/New_York")[0] == pd.Timestamp("2026-11-01 20:30")


@pytest.mark.parametrize(
    ("text", "clock"),
    {
        "9:00": "09:00",
        "09:00:00": "09:00",
        "９：３０": "09:30",
        "24:00": "24:00",
        "26:00": "26:00",
        "0.375": "09:00",
        "9": "9",
        "9am": "9am",
    }.items(),
)
def test_a_clock_time_is_read(text: str, clock: str) -> None:
    """Ways to write a clock time end as HH:MM; what is none stays as it was typed."""
    assert clocks(pd.Series([text]))[0] == clock


# --- history ------------------------------------------------------------------------------------


def half_hours(day: int, mean: int = 8) -> list[Row]:
    """Return a day of half hours from 9 to 24 with an even number of contacts in each hour."""
    return [
        {"start": f"{FIRST + dt.timedelta(days=day)} {h:02d}:{m:02d}", "contacts": mean + h % 3}
        for h in range(9, 24)
        for m in (0, 30)
    ]


def in_steps(rows: list[Row], minutes: int) -> list[Row]:
    """Return half hours in shorter or longer steps with the same totals."""
    frame = pd.DataFrame(rows)
    start = pd.to_datetime(frame["start"])
    if minutes < 30:
        parts = 30 // minutes
        found = []
        for at, number in zip(start, frame["contacts"], strict=True):
            split = np.full(parts, number // parts) + (np.arange(parts) < number % parts)
            found += [
                {"start": f"{at + pd.Timedelta(minutes=minutes * i)}", "contacts": int(part)}
                for i, part in enumerate(split)
            ]
        return found
    key = start.dt.floor(f"{minutes}min") if minutes < DAY_MIN else start.dt.normalize()
    totals = frame["contacts"].groupby(key).sum()
    return [{"start": f"{at}", "contacts": int(number)} for at, number in totals.items()]


@pytest.mark.parametrize("minutes", [5, 10, 15, 60])
def test_every_step_gives_the_same_half_hours(minutes: int, tmp_path: Path) -> None:
    """5, 10, 15 and 60 minutes give the counts of the half hours they were made from."""
    rows = [row for day in range(7) for row in half_hours(day)]
    plain = history(read_workspace(write(tmp_path / "a", with_history(rows))))
    other = history(read_workspace(write(tmp_path / "b", with_history(in_steps(rows, minutes)))))
    np.testing.assert_array_equal(plain.counts[0], other.counts[0])


def test_days_give_the_same_totals(tmp_path: Path) -> None:
    """Totals of days are known as such: equal totals, and the shop is marked as daily only."""
    rows = [row for day in range(7) for row in half_hours(day)]
    plain = history(read_workspace(write(tmp_path / "a", with_history(rows))))
    other = history(read_workspace(write(tmp_path / "b", with_history(in_steps(rows, DAY_MIN)))))
    np.testing.assert_allclose(plain.totals[0], other.totals[0])
    assert "S1" in other.daily_only
    assert "S1" not in plain.daily_only


def test_a_contact_log_equals_its_counts(tmp_path: Path) -> None:
    """One row a contact at any second gives the table that counts per half hour give."""
    random = np.random.default_rng(5)
    log: list[Row] = []
    for shop in ("S1", "S2", "S3"):
        for row in half_hours(0) + half_hours(1):
            start = pd.Timestamp(str(row["start"]))
            seconds = random.integers(0, 1800, int(str(row["contacts"])))
            log += [
                {"shop_id": shop, "contacted_at": f"{start + pd.Timedelta(seconds=int(s))}"}
                for s in seconds
            ]
    counts: list[Row] = [
        {"shop_id": shop, **row}
        for shop in ("S1", "S2", "S3")
        for row in half_hours(0) + half_hours(1)
    ]
    plain = read_workspace(write(tmp_path / "a", {**SOUND, "history": counts}))
    logged = read_workspace(write(tmp_path / "b", {**SOUND, "history": log}))
    columns = ["shop_id", "start", "contacts"]
    pd.testing.assert_frame_equal(
        logged.history[columns], plain.history[columns].reset_index(drop=True)
    )
    np.testing.assert_array_equal(history(logged).counts, history(plain).counts)


def test_a_contact_log_averages_its_handle_times(tmp_path: Path) -> None:
    """The contacts of a half hour have the mean of the handle times that are filled in."""
    log: list[Row] = [
        {"shop_id": shop, "contacted_at": f"{FIRST} {at}", "aht_s": seconds}
        for shop in ("S1", "S2", "S3")
        for at, seconds in (("09:01", 100), ("09:29:59", 200), ("09:30", 50), ("09:31", ""))
    ]
    found = read_workspace(write(tmp_path, {**SOUND, "history": log})).history
    assert found["contacts"].tolist() == [2.0, 2.0] * 3
    assert found["aht_s"].tolist() == [150.0, 50.0] * 3


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["S1", "S2", "X", "#N/A", None]),
            st.sampled_from([None, "2026-11-02", "2026-11-02 09:30"]),
            st.sampled_from([0.0, 3.0, -1.0, 2.5, -2.5, 1e300, np.nan]),
            st.sampled_from([60.0, 0.0, 1e300, np.nan]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_long_table_is_judged_as_its_rows_are(
    rows: list[tuple[str | None, str | None, float, float]],
) -> None:
    """Judging each distinct value once finds the same cells as pandera finds row by row."""
    table = pd.DataFrame(rows, columns=["shop_id", "start", "contacts", "aht_s"])
    table["start"] = pd.to_datetime(table["start"], format="ISO8601").astype("datetime64[ns]")
    table["shop_id"] = table["shop_id"].astype("str")
    rules = schema("history", shop_ids={"S1", "S2"})
    slowly = _judged(table, rules)
    quickly = _judged_by_value(table.astype({"shop_id": "category"}), rules)
    nameless = table.index[table[["shop_id", "start"]].isna().any(axis=1)]

    def first_of_each_cell(found: pd.DataFrame) -> list[tuple[object, ...]]:
        keyed = found[(found["code"] != "doubled_row") | ~found["row"].isin(nameless)]
        order = keyed.sort_values(["column", "row"], kind="stable")
        cells = order.drop_duplicates(["column", "row"])
        return list(cells.itertuples(index=False, name=None))

    assert first_of_each_cell(slowly) == first_of_each_cell(quickly)


@pytest.mark.parametrize("order", ["shop", "time", "none"])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_repeated_row_is_found_in_any_order(order: str, suffix: str, tmp_path: Path) -> None:
    """Sorted by shop, by time or not at all: the second of two rows is told, with the first."""
    by_time = sorted(SOUND["history"], key=lambda row: str(row["start"]))
    mixed = [SOUND["history"][i] for i in np.random.default_rng(1).permutation(len(by_time))]
    rows = {"shop": SOUND["history"], "time": by_time, "none": mixed}[order]
    write(tmp_path, SOUND)
    (tmp_path / "history.csv").unlink()
    frame = typed([*rows, rows[40]])
    if suffix == "csv":
        frame.to_csv(tmp_path / "history.csv", index=False)
    else:
        frame.to_parquet(tmp_path / "history.parquet")
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(tmp_path)
    told = [(fault.code, fault.row, fault.facts["first"]) for fault in caught.value.faults]
    assert told == [("doubled_row", len(rows) + 2, 42)]


def test_a_missing_day_is_unknown_and_a_missing_half_hour_is_zero(tmp_path: Path) -> None:
    """A day without rows has no counts at all; a half hour without a row on another day is 0."""
    rows = [row for day in (0, 1, 3, 4) for row in half_hours(day)]
    rows.remove(next(row for row in rows if str(row["start"]).endswith("10:00")))
    workspace = read_workspace(write(tmp_path, with_history(rows)))
    found = history(workspace)
    assert np.isnan(found.counts[0, 2]).all()
    assert found.counts[0, 0, 20] == 0
    assert found.counts[0, 1, 20] > 0
    assert np.isnan(found.counts[0, 0, 17])
    notice = next(each for each in workspace.notices if each.code == "missing_days")
    assert "S1 (1/5)" in notice.line("en")


@pytest.mark.parametrize("alone", [500, 100])
def test_a_lone_chats_handle_time_fits_the_curve(alone: int, tmp_path: Path) -> None:
    """It is no longer than among others, and holding three must get more done than one."""
    rows = tables()
    rows["shops"] = [row | {"aht_alone_s": ""} for row in rows["shops"]]
    rows["shops"][0] |= {"channel": "chat", "aht_s": 400, "concurrency": 3, "aht_alone_s": alone}
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(write(tmp_path, rows))
    assert [fault.code for fault in caught.value.faults] == ["not_alone"]


REPLIES: Row = {
    "channel": "chat",
    "aht_s": 400,
    "concurrency": 3,
    "reply_rule": "jd_30s",
    "reply_level": "",
    "replies": 6,
    "reply_s": 20,
}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"channel": "phone", "concurrency": 1}, "reply_without_chat"),
        ({"reply_rule": "taobao_3min"}, "no_reply_level"),
        ({"reply_rule": "taobao_3min", "reply_level": 0.95}, None),
        ({"replies": ""}, "no_pace"),
        ({"reply_s": ""}, "no_pace"),
        ({"reply_s": 30}, "not_a_pace"),
        ({"channel": "ticket"}, "ticket_concurrency"),
    ],
)
def test_a_reply_metric_needs_chats_a_share_and_a_rhythm(
    change: Row, code: str | None, tmp_path: Path
) -> None:
    """Six replies of 30 s to three customers at once do not fit into 400 s."""
    rows = tables()
    blank = dict.fromkeys(REPLIES, "")
    rows["shops"] = [row | {**blank, "channel": row["channel"]} for row in rows["shops"]]
    rows["shops"][0] |= {**REPLIES, **change, "pool": "alone"}
    if code is None:
        read_workspace(write(tmp_path, rows))
        return
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(write(tmp_path, rows))
    assert code in [fault.code for fault in caught.value.faults]


def test_tickets_may_share_a_pool_with_chats_but_phones_may_not(tmp_path: Path) -> None:
    """Tickets are done beside chats; a chat and a phone queue are two queues."""
    rows = tables()
    rows["shops"][0] |= {"channel": "chat", "concurrency": 2, "pool": "together"}
    rows["shops"][1] |= {"channel": "ticket", "concurrency": 1, "pool": "together"}
    read_workspace(write(tmp_path / "tickets", rows))
    rows["shops"][1] |= {"channel": "phone"}
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(write(tmp_path / "phones", rows))
    assert [fault.code for fault in caught.value.faults] == ["mixed_channels"]


def test_a_mistyped_year_is_a_fault_and_no_history_of_decades(tmp_path: Path) -> None:
    """Rows in 2062 and in 1926 are named, each with the days that the others span."""
    rows = [row for day in range(7) for row in half_hours(day)]
    typos = [{**rows[0], "start": f"{year}-11-18 09:00"} for year in (2062, 1926)]
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(write(tmp_path, with_history([*rows, *typos])))
    faults = [fault for fault in caught.value.faults if fault.code == "far_apart"]
    found = {fault.row: fault.value for fault in faults}
    assert found == {len(rows) + 2: typos[0]["start"], len(rows) + 3: typos[1]["start"]}
    assert all(fault.facts["first"] == f"{FIRST}" for fault in faults)


@pytest.mark.parametrize(("mean", "closed"), [(8, True), (0, False)])
def test_a_day_of_zeros_is_closed_only_where_that_is_no_chance(
    mean: int, closed: bool, tmp_path: Path
) -> None:
    """At a busy shop a zero day is unknown and told; at one with few contacts it counts."""
    quiet: list[Row] = [
        {"start": f"{FIRST + dt.timedelta(days=day)} 10:00", "contacts": 1} for day in range(7)
    ]
    rows = [row for day in range(7) for row in half_hours(day, mean)] if mean else quiet
    zeros = [row | {"contacts": 0} for row in rows if str(row["start"]) < f"{FIRST} 99"]
    workspace = read_workspace(write(tmp_path, with_history(zeros + rows[len(zeros) :])))
    first = history(workspace).counts[0, (history(workspace).days == pd.Timestamp(FIRST)).argmax()]
    assert ("zero_days" in codes(workspace)) is closed
    if closed:
        assert np.isnan(first).all()


def test_contacts_outside_the_window_are_left_out_and_told(tmp_path: Path) -> None:
    """A tenth of the contacts at 8 o'clock does not count, and the notice says how much it is."""
    rows = half_hours(0)
    early = sum(int(str(row["contacts"])) for row in rows) // 9
    rows.append({"start": f"{FIRST} 08:00", "contacts": early})
    workspace = read_workspace(write(tmp_path, with_history(rows)))
    notice = next(each for each in workspace.notices if each.code == "outside_window")
    assert "S1 (10.0%, 09:00-24:00)" in notice.line("en")
    assert np.nansum(history(workspace).counts[0]) == sum(
        int(str(row["contacts"])) for row in rows[:-1]
    )


def test_contacts_after_midnight_belong_to_the_service_day_before(tmp_path: Path) -> None:
    """A shop open 18:00 to 02:00 counts Tuesday's 01:30 on Monday, in the 52nd half hour."""
    rows = with_history([{"start": "2026-11-02 18:00", "contacts": 3}])
    rows["shops"] = [dict(shop) for shop in rows["shops"]]
    rows["shops"][0] |= {"opens": "18:00", "closes": "02:00"}
    rows["history"].append({"shop_id": "S1", "start": "2026-11-02 25:30", "contacts": 7})
    workspace = read_workspace(write(tmp_path, rows))
    found = history(workspace)
    monday = list(found.days).index(pd.Timestamp("2026-11-02"))
    assert found.counts[0, monday, 51] == 7
    assert "outside_window" not in codes(workspace)


def test_a_history_that_ends_early_or_never_leaves_one_hour_is_told(tmp_path: Path) -> None:
    """A stale shop and a shop whose rows all start at 10:00 make notices, not faults."""
    rows: Tables = {name: list(own) for name, own in SOUND.items()}
    rows["history"] = [
        row
        for row in rows["history"]
        if not (row["shop_id"] == "S1" and str(row["start"]) >= "2026-11-05")
        and not (row["shop_id"] == "S2" and not str(row["start"]).endswith("10:00"))
    ]
    told = {each.code: each.line("en") for each in read_workspace(write(tmp_path, rows)).notices}
    assert "S1 (2026-11-04)" in told["ends_early"]
    assert "S2 (10:00)" in told["one_time"]


# --- defaults, pools, template, document --------------------------------------------------------


def test_defaults_are_filled_and_listed_with_their_origin(tmp_path: Path) -> None:
    """Blank cells and missing columns take the default; each is listed with count and origin."""
    rows: Tables = {name: [dict(row) for row in own] for name, own in SOUND.items()}
    rows["shops"][0] |= {"aht_s": "", "opens": " "}
    for row in rows["shops"]:
        del row["answer_within_s"]
    workspace = read_workspace(write(tmp_path, rows))
    assert workspace.shops["aht_s"].tolist() == [300, 240, 240]
    assert workspace.shops["answer_within_s"].tolist() == [180, 180, 180]
    used = {each.where: each for each in workspace.defaults}
    assert (used["shops.aht_s"].cells, used["shops.aht_s"].value) == (1, 300.0)
    assert used["shops.answer_within_s"].cells == 3
    assert used["shops.opens"].cells == 1
    assert "shops.closes" not in used
    assert all(each.origin for each in workspace.defaults)


def test_a_phone_shop_without_concurrency_holds_one_call(tmp_path: Path) -> None:
    """The default concurrency of chat does not apply to a phone line, nor is it a fault there."""
    rows: Tables = {name: [dict(row) for row in own] for name, own in SOUND.items()}
    for row in rows["shops"]:
        row |= {"concurrency": "", "pool": ""}
    rows["shops"][1]["channel"] = "电话"
    workspace = read_workspace(write(tmp_path, rows))
    assert workspace.shops["concurrency"].tolist() == [3, 1, 3]
    used = [each for each in workspace.defaults if each.where == "shops.concurrency"]
    assert [(each.cells, each.value) for each in used] == [(2, 3.0), (1, 1.0)]


def test_a_shop_without_pool_is_one_of_its_own(tmp_path: Path) -> None:
    """Shops of one pool stand together, a shop without pool alone, in the order of the table."""
    rows: Tables = {name: [dict(row) for row in own] for name, own in SOUND.items()}
    rows["shops"][1]["pool"] = ""
    assert read_workspace(write(tmp_path, rows)).pools == {"P": ["S1", "S3"], "S2": ["S2"]}


def test_training_gaps_are_told(tmp_path: Path) -> None:
    """A pool nobody knows, agents who know half of it and agents without skill make notices."""
    rows: Tables = {name: [dict(row) for row in own] for name, own in SOUND.items()}
    rows["skills"] = [row for row in rows["skills"] if row["agent_id"] != "A4"]
    rows["skills"] = [row for row in rows["skills"] if row["shop_id"] != "S3"]
    told = {each.code: each.line("en") for each in read_workspace(write(tmp_path, rows)).notices}
    assert "'P' is a pool of which nobody knows every shop" in told["nobody_trained"]
    assert "A1, A2, A3" in told["partly_trained"]
    assert "A4" in told["no_skill"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_template_is_sound_as_it_is(lang: str, tmp_path: Path) -> None:
    """`staffing init` writes a workspace that reads without a fault, in both languages."""
    files = write_template(tmp_path / "new", lang)  # type: ignore[arg-type]
    assert {path.name for path in files} == {f"{t.name}.csv" for t in TABLES} | {"COLUMNS.md"}
    assert codes(read_workspace(tmp_path / "new")) == ["short_history"]


def test_both_templates_say_the_same(tmp_path: Path) -> None:
    """The Chinese and the English template read to equal tables."""
    for lang in LANGS:
        write_template(tmp_path / lang, lang)
    same(read_workspace(tmp_path / "zh"), read_workspace(tmp_path / "en"))


@pytest.mark.parametrize("taken", ["a file in it", "a file itself"])
def test_the_template_never_overwrites(taken: str, tmp_path: Path) -> None:
    """A folder that holds anything, or a file of that name, is refused and left alone."""
    there = tmp_path / "mine" / "notes.txt" if taken == "a file in it" else tmp_path / "mine"
    there.parent.mkdir(exist_ok=True)
    there.write_text("keep")
    with pytest.raises(PublishError, match="the folder exists and is not empty"):
        write_template(tmp_path / "mine", "zh")
    assert sorted(tmp_path.rglob("*")) == sorted(
        {there, *([there.parent] * (taken == "a file in it"))}
    )
    assert there.read_text() == "keep"


def test_a_failing_template_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full half-way, files and new folders are gone again."""
    plainly = Path.write_text

    def full(path: Path, text: str, *rest: str, **more: str) -> int:
        if path.name != "history.csv":
            return plainly(path, text, *rest, **more)
        plainly(path, text[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(PublishError, match="No space left on device"):
        write_template(tmp_path / "a" / "b" / "new", "en")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_of_columns_explains_every_column(lang: str) -> None:
    """Each table and column stands in COLUMNS.md with a meaning in that language."""
    page = columns_page(lang)  # type: ignore[arg-type]
    for table in TABLES:
        for name, column in schema(table.name).columns.items():
            line = next(line for line in page.splitlines() if line.startswith(f"| `{name}` |"))
            assert column.metadata["zh"]
            assert len(line.split(" | ")) == 5
    assert all(
        column.metadata["note_zh"].endswith("。") for column in schema("shops").columns.values()
    )


def test_the_document_has_the_columns_of_the_code() -> None:
    """docs/workspace.md is as `python -m staffing.docs` would write it now."""
    page = (DOCS / "workspace.md").read_text("utf-8")
    assert refreshed(page) == page, "run: python -m staffing.docs"
    for table in TABLE_NAMES:
        assert f"<!-- generated: {table} -->" in page


def test_headers_mean_one_column_each() -> None:
    """No accepted header of a table, Chinese or English, stands for two of its columns."""
    for table in TABLE_NAMES:
        columns = schema(table).columns
        names = [
            header
            for name, column in columns.items()
            for header in (name, column.metadata["zh"], *column.metadata["also"])
        ]
        assert len(names) == len(set(names)), table


def test_the_workspace_says_where_its_tables_came_from(tmp_path: Path) -> None:
    """`files` names the file of every table that was there, and the sheet of a workbook."""
    write(tmp_path / "a", SOUND)
    assert read_workspace(tmp_path / "a").files == {name: f"{name}.csv" for name in REQUIRED}
    as_workbook(tmp_path / "b", SOUND)
    assert read_workspace(tmp_path / "b").files["shops"] == "all.xlsx[shops]"


def test_csv_writer_of_the_tests_agrees_with_python(tmp_path: Path) -> None:
    """The builder writes what it was given: the history has three shops of 35 days of 15 hours."""
    write(tmp_path, SOUND)
    with (tmp_path / "history.csv").open(encoding="utf-8") as file:
        assert sum(1 for _ in csv.reader(file)) == 1 + 3 * 35 * 15
    assert START.weekday() == 0
