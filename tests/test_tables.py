"""What the tables say of days known ahead and of shops that are new."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from staffing.errors import WorkspaceError
from staffing.words import LANGS
from staffing.workspace import Workspace, read_workspace
from tests.workspaces import FIRST, REQUIRED, Row, Tables, tables, write

SOUND = {name: tables()[name] for name in REQUIRED}
LITTLE: list[Row] = [
    {"shop_id": shop, "start": f"{FIRST} {hour}:00", "contacts": 8}
    for shop in ("S1", "S2", "S3")
    for hour in range(9, 24)
]
"""A day of history."""


def read(folder: Path, **changed: list[Row]) -> Workspace:
    """Read a workspace with little history and these tables; a table without rows has no file."""
    rows: Tables = {**SOUND, "history": LITTLE, **changed}
    return read_workspace(write(folder, {name: own for name, own in rows.items() if own}))


def special_days(folder: Path, *rows: Row) -> pd.DataFrame:
    """Return the special days as the stages get them."""
    return read(folder, special_days=list(rows)).special_days


def shops(**cells: Row) -> list[Row]:
    """Return the three shops with some cells of theirs changed."""
    return [row | dict(cells.get(str(row["shop_id"]), {})) for row in tables()["shops"]]


def history_of(*names: str) -> list[Row]:
    """Return the history of some shops."""
    return [row for row in LITTLE if row["shop_id"] in names]


def notices(workspace: Workspace) -> dict[str, str]:
    """Return code -> notice in English, of those on shops without history."""
    told = {each.code: each.line("en") for each in workspace.notices}
    return {code: line for code, line in told.items() if code.startswith("no_history")}


# --- special days -------------------------------------------------------------------------------


def test_a_period_is_read_with_its_days_scope_and_closing(tmp_path: Path) -> None:
    """Days come as dates, blanks of the scope as nothing, yes as true."""
    row: Row = {"name": "店休", "first_day": "2026/11/18", "last_day": "2026-11-20"}
    found = special_days(tmp_path, row | {"platform": "京东", "shop_id": "", "closed": "是"})
    only = found.iloc[0]
    assert (only["first_day"], only["last_day"]) == (
        pd.Timestamp("2026-11-18"),
        pd.Timestamp("2026-11-20"),
    )
    assert only["platform"] == "JD"
    assert found[["shop_id", "category"]].isna().all(axis=None)
    assert only["closed"]


def test_a_blank_last_day_is_the_first(tmp_path: Path) -> None:
    """In a blank cell and without the column a period is one day, and open."""
    found = special_days(tmp_path / "a", {"name": "会员日", "first_day": "2026-11-18"})
    blank: Row = {"name": "会员日", "first_day": "2026-11-18", "last_day": "", "closed": ""}
    pd.testing.assert_frame_equal(found, special_days(tmp_path / "b", blank))
    assert found["last_day"].tolist() == [pd.Timestamp("2026-11-18")]
    assert found["closed"].tolist() == [False]


@pytest.mark.parametrize(
    ("cell", "closed"),
    [("yes", True), ("Y", True), ("TRUE", True), ("１", True), ("No", False), ("否", False)],
)
def test_yes_and_no_are_read_however_they_are_written(
    cell: str, closed: bool, tmp_path: Path
) -> None:
    """Case, width and language do not matter."""
    found = special_days(tmp_path, {"name": "x", "first_day": "2026-11-18", "closed": cell})
    assert found["closed"].tolist() == [closed]


def test_yes_and_no_may_come_as_truth_values(tmp_path: Path) -> None:
    """Parquet's booleans, with a blank among them, are read as they are."""
    write(tmp_path, {**SOUND, "history": LITTLE})
    days = pd.to_datetime(["2026-11-18", "2026-11-19", "2026-11-20"])
    frame = pd.DataFrame({"name": "x", "first_day": days, "closed": [True, False, None]})
    frame.to_parquet(tmp_path / "special_days.parquet")
    assert read_workspace(tmp_path).special_days["closed"].tolist() == [True, False, False]


def test_without_the_table_there_are_no_special_days(tmp_path: Path) -> None:
    """The frame is empty and has the columns and types of one with rows."""
    none = read(tmp_path / "none").special_days
    some = special_days(tmp_path / "some", {"name": "x", "first_day": "2026-11-18"})
    assert none.empty
    pd.testing.assert_series_equal(none.dtypes, some.dtypes)


def test_a_shop_may_be_closed_twice_and_a_period_last_400_days(tmp_path: Path) -> None:
    """Overlapping closings are no fault, nor is the longest period that is allowed."""
    row: Row = {"name": "店休", "first_day": "2026-01-01", "shop_id": "S1", "closed": "yes"}
    last = pd.Timestamp("2026-01-01") + pd.Timedelta(days=399)
    found = special_days(tmp_path, row, row | {"last_day": f"{last:%Y-%m-%d}"})
    assert len(found) == 2


# --- shops without history ----------------------------------------------------------------------


def test_a_new_shop_is_planned_like_its_category(tmp_path: Path) -> None:
    """Without history and figure the notice names the shop, its category and what to fill in."""
    found = read(tmp_path, history=history_of("S1", "S3"))
    assert list(found.shops.index) == ["S1", "S2", "S3"]
    told = notices(found)
    assert set(told) == {"no_history"}
    assert "taken to be as busy as other shops of the category" in told["no_history"]
    assert ": S2 (snacks). Fill in contacts_per_day" in told["no_history"]


def test_a_new_shop_with_a_figure_is_planned_with_it(tmp_path: Path) -> None:
    """The notice names the shop and its contacts a day; the figures reach the stages."""
    figures: Row = {"contacts_per_day": 120, "promotions_per_month": 0, "strength": 1.5}
    found = read(tmp_path, shops=shops(S2=figures), history=history_of("S1", "S3"))
    told = notices(found)
    assert set(told) == {"no_history_estimated"}
    assert "as many contacts a day as stated here: S2 (120)" in told["no_history_estimated"]
    assert found.shops.loc["S2", list(figures)].to_dict() == figures
    assert found.shops.loc["S1", list(figures)].isna().all()


def test_shops_with_history_need_no_figure_and_make_no_notice(tmp_path: Path) -> None:
    """A figure beside a history is no oddity."""
    assert notices(read(tmp_path, shops=shops(S2={"contacts_per_day": 120}))) == {}


def test_the_history_may_be_left_out_when_every_shop_has_a_figure(tmp_path: Path) -> None:
    """The history is then empty, of the usual types, and the notice lists all shops."""
    figure: Row = {"contacts_per_day": 90}
    found = read(tmp_path / "new", shops=shops(S1=figure, S2=figure, S3=figure), history=[])
    assert found.history.empty
    numbers = ["start", "contacts"]
    expected = read(tmp_path / "old").history.dtypes[numbers]
    pd.testing.assert_series_equal(found.history.dtypes[numbers], expected)
    assert "history" not in found.files
    assert "S1 (90), S2 (90), S3 (90)" in notices(found)["no_history_estimated"]


def test_without_any_history_and_figure_every_shop_is_named(tmp_path: Path) -> None:
    """One fault names the shops and both remedies."""
    with pytest.raises(WorkspaceError) as caught:
        read(tmp_path, history=[])
    (fault,) = caught.value.faults
    assert fault.code == "missing_history"
    assert "S1, S2, S3" in fault.problem("en")
    for lang in LANGS:
        assert "history.csv" in fault.remedy(lang)
        assert "contacts_per_day" in fault.remedy(lang)


def test_a_figure_that_cannot_be_read_is_not_also_missing(tmp_path: Path) -> None:
    """Without history a bad figure is one fault, not two."""
    figure: Row = {"contacts_per_day": 90}
    bad: Row = {"contacts_per_day": "many"}
    with pytest.raises(WorkspaceError) as caught:
        read(tmp_path, shops=shops(S1=figure, S2=bad, S3=figure), history=[])
    assert [fault.code for fault in caught.value.faults] == ["not_a_number"]


def test_a_broken_history_is_not_called_missing(tmp_path: Path) -> None:
    """A history that is there but cannot be read is told as such, and only so."""
    write(tmp_path, SOUND)
    (tmp_path / "history.csv").write_text("shop_id,start,contacts\n", "utf-8")
    with pytest.raises(WorkspaceError) as caught:
        read_workspace(tmp_path)
    assert [fault.code for fault in caught.value.faults] == ["no_rows"]
