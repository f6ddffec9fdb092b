"""The scenario file: defaults, what is read, what is documented."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from staffing.docs import refreshed
from staffing.errors import ScenarioError
from staffing.grid import Window
from staffing.scenario import (
    ForecastSettings,
    Horizon,
    Scenario,
    SeatSettings,
    ShiftSettings,
    keys,
    keys_page,
    read_scenario,
)

ROOT = Path(__file__).parents[1]
SMALL = 'name = "x"\nworkspace = "tables"\n[horizon]\nstart = 2026-11-23\n'


def read(folder: Path, text: str, encoding: str = "utf-8") -> Scenario:
    """Write a scenario file and read it."""
    path = folder / "scenario.toml"
    path.write_text(text, encoding)
    return read_scenario(path)


def test_three_keys_make_a_scenario(tmp_path: Path) -> None:
    """Name, workspace and start are enough; a week is planned, all else is a default."""
    made = read(tmp_path, SMALL)
    assert made.horizon.start == dt.date(2026, 11, 23)
    assert made.horizon.days == 7
    assert made.lang == "zh"
    assert made.seats.demand == "expected"


def test_the_workspace_lies_relative_to_the_file(tmp_path: Path) -> None:
    """The folder of the scenario counts, not the one where the command runs."""
    assert read(tmp_path, SMALL).workspace == tmp_path / "tables"
    absolute = SMALL.replace('"tables"', f'"{tmp_path / "elsewhere"}"')
    assert read(tmp_path, absolute).workspace == tmp_path / "elsewhere"


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    """Notepad's UTF-8 with mark is read."""
    assert read(tmp_path, SMALL, "utf-8-sig").name == "x"


@pytest.mark.parametrize("name", ["next-week", "双11", "2026.W48", "a_b"])
def test_a_name_may_be_chinese(name: str, tmp_path: Path) -> None:
    """Letters of any script, digits, dots, hyphens and underscores make a name."""
    assert read(tmp_path, SMALL.replace('"x"', f'"{name}"')).name == name


def test_values_of_the_file_are_taken(tmp_path: Path) -> None:
    """Windows, clock times, lists and quantiles arrive as the model means them."""
    made = read(
        tmp_path,
        SMALL
        + """
[forecast]
quantiles = [0.9, 0.5, 0.9]
[seats]
demand = 0.8
[shifts]
lunch = ["11:30", "13:30"]
full_time_h = [8, 7.5]
[rules]
night = ["22:00", "06:00"]
[fairness]
late_after = "21:30"
""",
    )
    assert made.forecast.quantiles == (0.5, 0.9)
    assert made.seats.demand == 0.8
    assert made.shifts.lunch == Window(690, 810)
    assert made.shifts.full_time_h == (8.0, 7.5)
    assert made.rules.night == Window(1320, 1800)
    assert made.fairness.late_after == 21 * 60 + 30


def test_dates_and_times_may_be_quoted_or_not(tmp_path: Path) -> None:
    """A date in quotes and TOML's own times mean the same."""
    made = read(
        tmp_path,
        SMALL.replace("2026-11-23", '"2026-11-23"')
        + "[shifts]\nlunch = [11:30:00, 13:30:00]\n[fairness]\nlate_after = 21:30:00\n",
    )
    assert made.horizon.start == dt.date(2026, 11, 23)
    assert made.shifts.lunch == Window(690, 810)
    assert made.fairness.late_after == 21 * 60 + 30


def test_defaults_in_use_are_listed_with_origin(tmp_path: Path) -> None:
    """What the file gives is no default; everything else is listed once, with an origin.

    A promotion run is one by its table: without it nothing of it is used.
    """
    made = read(tmp_path, SMALL + "days = 14\n[seats]\nshrinkage = 0.1\n")
    used = {name: (value, origin) for name, value, origin in made.defaults()}
    optional = {name for name, field in keys() if not field.is_required() and "." in name}
    ordinary = {name for name in optional if not name.startswith("promotion.")}
    assert ordinary - set(used) == {"horizon.days", "seats.shrinkage"}
    assert set(used) <= ordinary | {"base", "lang", "zone", "contact", "seed"}
    assert {"lang", "zone", "seed"} <= set(used)
    assert used["seats.max_occupancy"][0] == 0.85
    assert all(origin for _, origin in used.values())


def test_every_key_is_documented_with_default_and_origin() -> None:
    """Each key has a meaning, limits and, unless it is required, an origin."""
    lines = {
        line.split("`")[1]: [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in keys_page().splitlines()
        if line.startswith("| `")
    }
    every = [name for name, _ in keys()]
    assert set(lines) == {n for n in every if not any(m.startswith(f"{n}.") for m in every)}
    for name, cells in lines.items():
        assert len(cells) == (4 if cells[1] == "required" else 5), name
        assert all(cells), name
        assert "{" not in " ".join(cells), name


@pytest.mark.parametrize(
    ("key", "default", "limits"),
    [
        ("horizon.days", "7", "whole number, at least 1, at most 42"),
        ("seats.shrinkage", "0.0", "number, at least 0, below 0.6"),
        ("shifts.lunch", '["11:00", "14:00"]', "two times on the half hour"),
        ("fairness.late_after", '"22:00"', "a time on the half hour"),
        ("shifts.start_every_min", "60", "whole number, at least 30, at most 240, in steps of 30"),
        ("lang", '"zh"', '"zh" or "en"'),
    ],
)
def test_the_page_of_keys_tells_default_and_limits(key: str, default: str, limits: str) -> None:
    """Bounds of pydantic come out as words, defaults as they stand in a file."""
    line = next(line for line in keys_page().splitlines() if line.startswith(f"| `{key}` |"))
    assert f"| `{key}` | `{default}` | {limits}" in line


def test_documented_defaults_can_be_written_into_a_file(tmp_path: Path) -> None:
    """A file with every default spelt out as documented is the same scenario as one without."""
    sections: dict[str, list[str]] = {"": []}
    for line in keys_page().splitlines():
        if line.startswith("| `") and "| required |" not in line:
            key, default = line.split("`")[1], line.split("`")[3]
            section, _, name = key.rpartition(".")
            if section == "promotion":
                continue  # the table alone makes a promotion run
            sections.setdefault(section, []).append(f"{name} = {default}")
    text = "\n".join(['name = "x"\nworkspace = "tables"', *sections.pop(""), ""])
    for section, lines in sections.items():
        first = ["start = 2026-11-23"] if section == "horizon" else []
        text += "\n".join([f"[{section}]", *first, *lines, ""])
    tomllib.loads(text)
    spelt = read(tmp_path, text)
    assert spelt == read(tmp_path, SMALL)
    assert list(spelt.defaults()) == []


def test_the_document_has_the_keys_of_the_code() -> None:
    """docs/scenario.md is as `python -m staffing.docs` would write it now."""
    page = (ROOT / "docs" / "scenario.md").read_text("utf-8")
    assert refreshed(page) == page, "run: python -m staffing.docs"
    assert "`seats.max_occupancy`" in page


def test_the_shipped_scenarios_are_sound() -> None:
    """Every file in scenarios/ reads and names a workspace that is there."""
    paths = sorted((ROOT / "scenarios").glob("*.toml"))
    assert paths
    for path in paths:
        assert read_scenario(path).workspace.is_dir(), path.name


def test_an_error_raised_in_python_says_what_is_wrong() -> None:
    """The model itself, used without a file, refuses with the same words."""
    with pytest.raises(ValidationError, match="must lie strictly between 0 and 1"):
        ForecastSettings(quantiles=(0.5, 1.0))
    with pytest.raises(ValidationError, match="begins before lunch ends"):
        ShiftSettings(dinner=Window(600, 720))
    with pytest.raises(ValidationError, match="or a quantile between 0 and 1"):
        SeatSettings(demand=1.0)
    with pytest.raises(ValidationError, match="the clocks of Europe/Berlin change on 2026-10-25"):
        Scenario(
            name="x",
            workspace=Path(),
            horizon=Horizon(start=dt.date(2026, 10, 20)),
            zone="Europe/Berlin",
        )


def test_a_permission_problem_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that may not be read is bad input with the system's reason."""

    def denied(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "scenario.toml").write_text(SMALL)
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ScenarioError, match="cannot be read \\(Permission denied\\)"):
        read_scenario(tmp_path / "scenario.toml")
