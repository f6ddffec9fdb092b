"""Issued forecasts are kept, read back and told apart from other files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from staffing.errors import StoreError
from staffing.scenario import ForecastSettings, Scenario
from staffing.store import issued, keep, known_until
from tests.series import scenario, workspace

KNOWN = dt.date(2026, 11, 17)
START = dt.date(2026, 11, 23)


def daily(factor: float = 1.0) -> pd.DataFrame:
    """Return the daily table of a forecast of two shops and two days."""
    mean = np.array([10.0, 20.0, 30.0, 40.0]) * factor
    return pd.DataFrame(
        {
            "shop_id": ["S1", "S1", "S2", "S2"],
            "date": [pd.Timestamp(START), pd.Timestamp(START) + pd.Timedelta(days=1)] * 2,
            "mean": mean,
            "event": [False, True, False, True],
            "q10": mean * 0.8,
            "q90": mean * 1.2,
        }
    )


def named(name: str, uplift: float = 1.0) -> Scenario:
    told = {"name": name, "forecast": ForecastSettings(uplift=uplift)}
    return scenario(START).model_copy(update=told)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    """Every row, number and quantile is as it was issued."""
    keep(tmp_path / "new" / "issued", named("week"), KNOWN, daily())
    found = issued(tmp_path / "new" / "issued")
    columns = ["shop_id", "date", "mean", "event", "q10", "q90"]
    pd.testing.assert_frame_equal(found[columns], daily(), check_dtype=False)
    assert set(found["known_until"]) == {pd.Timestamp(KNOWN)}
    assert set(found["scenario"]) == {"week"}


def test_the_same_forecast_takes_its_own_place(tmp_path: Path) -> None:
    """Kept again, the file has the same name and bytes and is alone."""
    first = keep(tmp_path, named("week"), KNOWN, daily())
    before = first.read_bytes()
    assert keep(tmp_path, named("week"), KNOWN, daily()) == first
    assert first.read_bytes() == before
    assert list(tmp_path.iterdir()) == [first]


def test_later_knowledge_is_another_issue(tmp_path: Path) -> None:
    """A day more of history, or another first day, is kept beside the earlier issue."""
    keep(tmp_path, named("week"), KNOWN, daily())
    keep(tmp_path, named("week"), KNOWN + dt.timedelta(days=1), daily(2))
    keep(tmp_path, scenario(START + dt.timedelta(days=7)), KNOWN, daily(3))
    assert len(list(tmp_path.iterdir())) == 3
    assert len(issued(tmp_path)) == 12


def test_a_scenario_has_its_own_issues(tmp_path: Path) -> None:
    """By name come those of that scenario; without a name all but what-if plans."""
    keep(tmp_path, named("week"), KNOWN, daily())
    keep(tmp_path, named("what-if", uplift=2.0), KNOWN, daily(2))
    assert set(issued(tmp_path)["scenario"]) == {"week"}
    assert set(issued(tmp_path, "what-if")["scenario"]) == {"what-if"}


def codes(folder: Path, name: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(StoreError) as caught:
        issued(folder, name)
    return [(fault.code, Path(fault.file).name) for fault in caught.value.faults]


def test_every_foreign_file_is_named_at_once(tmp_path: Path) -> None:
    """Text, another table, a cut-off file and a folder are told together, by name."""
    sound = keep(tmp_path, named("week"), KNOWN, daily())
    (tmp_path / "a.csv").write_text("x", "utf-8")
    (tmp_path / "b.parquet").write_bytes(sound.read_bytes()[:-50])
    pd.DataFrame({"x": [1]}).to_parquet(tmp_path / "c.parquet")
    pd.read_parquet(sound).assign(mean="many").to_parquet(tmp_path / "d.parquet")
    pd.read_parquet(sound).assign(date=pd.NaT).to_parquet(tmp_path / "e.parquet")
    (tmp_path / "f").mkdir()
    assert codes(tmp_path) == [
        ("not_issued", "a.csv"),
        ("not_parquet", "b.parquet"),
        ("not_issued", "c.parquet"),
        ("not_issued", "d.parquet"),
        ("not_issued", "e.parquet"),
        ("not_issued", "f"),
    ]


def test_hidden_files_and_locks_are_nobodys_work(tmp_path: Path) -> None:
    """What a file manager or Excel leaves in the folder does no harm."""
    keep(tmp_path, named("week"), KNOWN, daily())
    for name in (".DS_Store", "~$week.xlsx"):
        (tmp_path / name).write_bytes(b"")
    assert len(issued(tmp_path)) == 4


def test_nothing_to_return_is_a_fault(tmp_path: Path) -> None:
    """No folder, no file, none of the scenario, what-if plans only: each has its message."""
    assert codes(tmp_path / "none") == [("no_issued_folder", "none")]
    assert codes(tmp_path) == [("nothing_issued", tmp_path.name)]
    keep(tmp_path, named("what-if", uplift=2.0), KNOWN, daily())
    assert codes(tmp_path, "week") == [("none_of_scenario", tmp_path.name)]
    assert codes(tmp_path) == [("only_what_if", tmp_path.name)]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file where the folder should be is a fault, and stays as it is."""
    (tmp_path / "issued").write_text("mine", "utf-8")
    with pytest.raises(StoreError, match="cannot be written"):
        keep(tmp_path / "issued", named("week"), KNOWN, daily())
    assert (tmp_path / "issued").read_text("utf-8") == "mine"


def test_the_last_known_day_is_a_service_day() -> None:
    """Contacts at 01:00 of a shop that opens until 02:00 belong to the day before."""
    day = dt.date(2024, 4, 8)
    contacts = np.zeros(48)
    contacts[[20, 40]] = 0.5
    made = workspace(
        {"S": np.full(3, 10.0)}, start=day, hourly={"S": contacts}, shops={"S": {"closes": "02:00"}}
    )
    late = pd.DataFrame({"shop_id": ["S"], "start": ["2024-04-11 01:00"], "contacts": [1.0]})
    late["start"] = pd.to_datetime(late["start"])
    made.tables["history"] = pd.concat([made.history, late], ignore_index=True)  # type: ignore[index]
    assert known_until(made, dt.date(2024, 4, 20)) == dt.date(2024, 4, 10)
    assert known_until(made, dt.date(2024, 4, 10)) == dt.date(2024, 4, 9)
    assert known_until(made, day) == dt.date(2024, 4, 7)
