"""Plans side by side, and one key at several values, through the command line."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner, Result

import cli
from staffing.grid import INTERVAL_MIN
from staffing.publish.summary import summary
from staffing.publish.whatif import Beside, Cell, Column, publish_whatif
from staffing.scenario import keys, varied
from staffing.whatif import MEASURES, OF_ROSTER
from tests.tiny import AGENTS, START, tiny_plan, tiny_workspace

WEEK = f"""name = "week"
workspace = "workspace"
lang = "en"
[horizon]
start = {START}
days = 2
[shifts]
start_every_min = 120
[rules]
min_week_share = 0
[roster]
effort = 1
max_uncovered = 1.0
[replay]
replications = 2
"""


def run(*arguments: object) -> Result:
    """Run a command; an exception that is no exit is a failure of the test."""
    result = CliRunner().invoke(cli.app, [str(each) for each in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny workspace, a week and two what-ifs of it: more contacts, and impossible rules."""
    home = tmp_path_factory.mktemp("whatif")
    tiny_workspace(home / "workspace")
    files = {
        "week": WEEK,
        "more": 'base = "week.toml"\n[forecast]\nuplift = 1.5\n',
        "empty": 'base = "week.toml"\n[horizon]\ndays = 7\n'
        "[rules]\nmin_week_share = 0.6\nmax_daily_h = 3.5\n",
    }
    for name, text in files.items():
        (home / f"{name}.toml").write_text(text, "utf-8")
    done = run("plan", home / "week.toml", "--out", home / "out")
    assert done.exit_code == 0, done.stderr
    return home


@pytest.fixture(scope="module")
def compared(here: Path) -> dict[str, Any]:
    """Week and more contacts side by side, for machines."""
    asked = (here / "week.toml", here / "more.toml", "--out", here / "out", "--json")
    done = run("compare", *asked)
    assert done.exit_code == 0, done.stderr
    assert "nothing has changed" in done.stderr  # the week was planned before
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def sheet(path: Path) -> dict[str, list[Any]]:
    """Return label -> the values behind it of a workbook's only sheet."""
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(min_row=4, values_only=True)
    return {str(label): list(values) for label, *values in rows}


# --- compare ------------------------------------------------------------------------------------


def test_plans_stand_side_by_side_with_their_differences(compared: dict[str, Any]) -> None:
    """Every measure of both, and what the second has more than the first."""
    week, more = compared["plans"]
    assert [week["name"], more["name"]] == ["week", "more"]
    assert set(MEASURES) <= set(week)
    assert more["contacts"] == pytest.approx(1.5 * week["contacts"])
    assert more["required_h"] > week["required_h"]
    for name in MEASURES:
        assert week["change"][name] == 0
        assert more["change"][name] == pytest.approx(more[name] - week[name], abs=2e-6), name


def test_figures_are_those_of_the_summary(here: Path, compared: dict[str, Any]) -> None:
    """What is compared is what the plan wrote; a finished folder or file gives the same."""
    summary = json.loads((here / "out" / "week" / "summary.json").read_text("utf-8"))
    week = compared["plans"][0]
    assert {name: summary[name] for name in MEASURES} == {name: week[name] for name in MEASURES}
    folder = here / "out" / "week"
    asked = (folder, here / "more.toml", folder / "summary.json", "--out", here / "out", "--json")
    plans = json.loads(run("compare", *asked).stdout)["plans"]
    assert plans[0] == week
    assert plans[1] == compared["plans"][1]
    assert plans[2] == week | {"name": "week (2)"}


def test_the_table_is_told_in_both_languages(here: Path) -> None:
    """A line a measure, differences with their sign, the paths at the end."""
    asked = (here / "week.toml", here / "more.toml", "--out", here / "out")
    english, chinese = (run("compare", *asked, "--lang", lang).stdout for lang in ("en", "zh"))
    assert "Plans compared: week, more" in english
    assert re.search(r"Seat-hours required +[\d.,]+ +[\d.,]+ +\+[\d.,]+", english)
    assert re.search(r"需要席时 +[\d.,]+ +[\d.,]+ +\+[\d.,]+", chinese)
    for told in (english, chinese):
        assert told.rstrip().endswith("compare.xlsx")
    assert not re.search(r"[一-鿿]", english.replace(str(here), ""))


def test_page_and_workbook_have_the_same_figures(here: Path, compared: dict[str, Any]) -> None:
    """Numbers are numbers in the sheet; the page needs no network; same inputs, same bytes."""
    folder = here / "out" / "compare"
    week, more = compared["plans"]
    asked = (here / "week.toml", here / "more.toml", "--out", here / "out")
    run("compare", *asked)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(first) == {"compare.html", "compare.xlsx"}
    rows = sheet(folder / "compare.xlsx")
    assert rows["Measure"] == ["week", "more", "vs first"]
    assert rows["Seat-hours required"] == [
        week["required_h"],
        more["required_h"],
        pytest.approx(more["required_h"] - week["required_h"]),
    ]
    page = first["compare.html"].decode()
    assert not re.search(r"""(src|href)=["']?https?:""", page)
    assert f"{more['contacts']:,.0f}" in page
    assert '"name":"more"' in page.replace(" ", "")
    run("compare", *asked)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_a_plan_without_a_lawful_roster_keeps_its_seats(here: Path) -> None:
    """Its contacts and seats stand there, its roster is unknown, the exit code is 3."""
    asked = (here / "week.toml", here / "empty.toml", "--out", here / "out")
    done = run("compare", *asked, "--json")
    assert done.exit_code == 3
    week, empty = json.loads(done.stdout)["plans"]
    assert (week["lawful"], empty["lawful"]) == (True, False)
    assert empty["required_h"] > week["required_h"]  # a week, not two days of it
    assert all(empty[name] is None and empty["change"][name] is None for name in OF_ROSTER)
    told = run("compare", *asked)
    assert "empty: no lawful roster exists" in told.stdout


def test_plans_of_other_days_are_said_to_be_so(here: Path) -> None:
    """One day against two is told with both horizons."""
    (here / "day.toml").write_text('base = "week.toml"\n[horizon]\ndays = 1\n', "utf-8")
    done = run("compare", here / "week.toml", here / "day.toml", "--out", here / "out")
    assert f"day {START} to {START}" in done.stdout


def test_what_is_no_plan_is_told_all_at_once(here: Path, tmp_path: Path) -> None:
    """Missing, broken and foreign files: exit 2, one fault each, nothing planned or written."""
    (tmp_path / "bad.toml").write_text('base = "gone.toml"\n', "utf-8")
    (tmp_path / "other.json").write_text("[1]", "utf-8")
    (tmp_path / "cut.json").write_text('{"scenario":', "utf-8")
    (tmp_path / "deep.json").write_text("[" * 100_000, "utf-8")
    sound = json.loads((here / "out" / "week" / "summary.json").read_text("utf-8"))
    odd = {"word": "x", "endless": float("inf"), "flag": True}
    for name, value in odd.items():
        spoilt = json.dumps(sound | {"required_h": value})
        (tmp_path / f"{name}.json").write_text(spoilt, "utf-8")
    bad = ("bad.toml", "nowhere", "nowhere.toml", "other.json", "cut.json", "deep.json")
    bad += tuple(f"{name}.json" for name in odd)
    asked = [here / "week.toml", *(tmp_path / name for name in bad)]
    done = run("compare", *asked, "--out", tmp_path / "out", "--lang", "en")
    assert done.exit_code == 2
    faults = [line for line in done.stderr.splitlines() if line.startswith("  ")]
    assert len(faults) == len(bad)
    for line, name in zip(faults, bad, strict=True):
        assert name in line
    assert not (tmp_path / "out").exists()
    one = run("compare", here / "week.toml", "--out", tmp_path / "out", "--lang", "en")
    assert one.exit_code == 2
    assert "Name at least two" in one.stderr


def test_seat_figures_are_those_of_the_seats(tmp_path: Path) -> None:
    """Peak, heads and costs counted again from the plan's own tables."""
    made = tiny_plan(tmp_path)
    told = summary(made)
    table = made.seats.table
    hours = float(table["seats"].sum()) * INTERVAL_MIN / 60
    peak = max(own["seats"].sum() for _, own in table.groupby("start"))
    weekly_h = sum(agent[2] for agent in AGENTS) / len(AGENTS)
    assert told["required_h"] == pytest.approx(hours)
    assert told["peak_seats"] == peak
    assert told["heads_needed"] == pytest.approx(max(hours / weekly_h, peak))
    assert told["seat_cost"] == pytest.approx(30 * hours)
    assert told["contacts"] == pytest.approx(made.forecast.table["mean"].sum())
    # No statutory day, no long day: only hours above 40 a week could be dearer.
    assert 30 * made.roster.paid_h <= told["cost"] <= 45 * made.roster.paid_h  # type: ignore[operator]
    assert told["cost_gap"] == pytest.approx(made.roster.report.goal("cost").gap, abs=1e-6)


# --- sweep --------------------------------------------------------------------------------------


def swept(here: Path, over: str, *more: object) -> dict[str, Any]:
    """Return what a sweep tells machines."""
    asked = ("--over", over, "--out", here / "out", "--json", *more)
    done = run("sweep", here / "week.toml", *asked)
    assert done.exit_code == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize(
    ("over", "measure", "up"),
    [
        ("forecast.uplift=1,1.5,2", "contacts", True),
        ("seats.shrinkage=0,0.1,0.3", "required_h", True),
        ("seats.max_occupancy=0.3,0.5,0.9", "seat_cost", False),
        ("seats.demand=0.2,0.8,0.99", "seat_level", True),
        ("seats.target_level=0.5,0.9,0.99", "seat_cost", True),
        ("costs.seat_hour=20,30,40", "seat_cost", True),
    ],
)
def test_a_sweep_follows_its_key(over: str, measure: str, up: bool, here: Path) -> None:
    """Each value has its own seats, in the order asked for, and they move as they must."""
    told = swept(here, over)
    key, values = over.split("=")
    assert told["key"] == key
    assert [each["value"] for each in told["values"]] == values.split(",")
    found = [each[measure] for each in told["values"]]
    assert found == sorted(found, reverse=not up)
    assert found[0] != found[-1]
    assert not set(OF_ROSTER) & set(told["values"][0])


def test_the_value_of_the_scenario_is_the_scenario(here: Path, compared: dict[str, Any]) -> None:
    """Uplift 1.5 of a sweep with rosters is the plan that has it in its file."""
    told = swept(here, "forecast.uplift=1,1.5", "--roster")["values"]
    for own, plan in zip(told, compared["plans"], strict=True):
        assert {n: own[n] for n in MEASURES} == {n: plan[n] for n in MEASURES}


def test_a_target_of_all_shops_is_that_of_seats_and_replay(here: Path) -> None:
    """A plan with a target of its own for every shop is judged by it, with other seats."""
    file = here / "modest.toml"
    file.write_text('base = "week.toml"\n[seats]\ntarget_level = 0.6\n', "utf-8")
    assert run("plan", file, "--out", here / "out").exit_code == 0
    week, modest = (
        json.loads((here / "out" / name / "summary.json").read_text("utf-8"))
        for name in ("week", "modest")
    )
    assert (week["target"], modest["target"]) == (pytest.approx(0.9), pytest.approx(0.6))
    assert modest["required_h"] < week["required_h"]


def test_a_sweep_takes_what_has_not_changed_from_the_cache(here: Path) -> None:
    """Seats of another occupancy need no other forecast; the same sweep again computes nothing."""
    asked = ("sweep", here / "week.toml", "--over", "seats.max_occupancy=0.71,0.72")
    first = run(*asked, "--out", here / "out", "--lang", "en")
    again = run(*asked, "--out", here / "out", "--lang", "en")
    assert "forecasting contacts ..." not in first.stderr
    assert first.stderr.count("computing seats ...") == 2
    assert "computing seats ..." not in again.stderr
    assert again.stdout == first.stdout
    anew = run(*asked, "--out", here / "out", "--lang", "en", "--no-cache")
    assert anew.stderr.count("forecasting contacts ...") == 2
    assert anew.stdout == first.stdout


def test_the_sweep_is_drawn_and_written(here: Path) -> None:
    """Page with a chart of cost against service level, workbook; both languages."""
    folder = here / "out" / "week-sweep"
    told = swept(here, "seats.max_occupancy=0.3,0.6")
    page = (folder / "sweep.html").read_text("utf-8")
    text = re.search(r'id="specification">(.*?)</script>', page, re.DOTALL)
    assert text is not None
    drawn = json.loads(text[1])
    (rows,) = drawn["datasets"].values()
    assert [(row["cost"], row["level"]) for row in rows] == [
        (each["seat_cost"], each["seat_level"]) for each in told["values"]
    ]
    assert len(drawn["layer"]) == 3
    cells = sheet(folder / "sweep.xlsx")
    assert cells["Cost of the seats (yuan)"] == [each["seat_cost"] for each in told["values"]]
    done = run(
        "sweep", here / "week.toml", "--over", "seats.demand=0.5,mean", "--out", here / "out",
        "--lang", "zh",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "需要席时" in done.stdout
    assert "席位成本（元）" in (folder / "sweep.html").read_text("utf-8")


def test_a_value_without_a_lawful_roster_is_told(here: Path) -> None:
    """With rosters, an impossible value has its seats only; the others are complete; exit 3."""
    over = "rules.max_daily_h=3.5,8"
    asked = ("sweep", here / "empty.toml", "--over", over, "--roster", "--out", here / "out")
    done = run(*asked, "--json")
    assert done.exit_code == 3
    bad, good = json.loads(done.stdout)["values"]
    assert (bad["lawful"], bad["paid_h"]) == (False, None)
    assert good["lawful"]
    assert good["paid_h"] > 0


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ("seats.shrinkge=0.1", "'seats.shrinkge' there is no such key. Did you mean 'seats.shri"),
        ("shrinkage=0.1", "Did you mean 'seats.shrinkage'?"),
        ("xyzzy=1", "'xyzzy' there is no such key. Remove it"),
        ("seats=1", "'seats' there is no such key"),
        ("rules.night=1", "'rules.night' is no numeric key"),
        ("fairness.late_after=1", "'fairness.late_after' is no numeric key"),
        ("name=1", "'name' is no numeric key"),
        ("seats.shrinkage", "'seats.shrinkage' is not written KEY=VALUE,VALUE"),
        ("seats.shrinkage=0,", "seats.shrinkage: '' must be a number"),
        ("seats.shrinkage=nan", "seats.shrinkage: 'nan' must be a number"),
        ("horizon.days=1.5", "horizon.days: '1.5' must be a whole number"),
        ("seats.demand=2", 'seats.demand: \'2\' must be "expected", "mean" or'),
        ("rules.max_consecutive_days=9", "rules.max_consecutive_days: '9'"),
    ],
)
def test_what_cannot_be_swept_over_is_told(over: str, told: str, here: Path) -> None:
    """Unknown keys with the nearest, keys that are no number, values out of range: exit 2."""
    done = run("sweep", here / "week.toml", "--over", over, "--lang", "en")
    assert done.exit_code == 2
    assert "--over" in done.stderr
    assert told in done.stderr
    assert not done.stdout


def test_a_sweep_is_over_one_key(here: Path) -> None:
    """Of two keys none is silently left out."""
    over = ("--over", "forecast.uplift=1,2", "--over", "seats.shrinkage=0,0.1")
    done = run("sweep", here / "week.toml", *over, "--lang", "en")
    assert done.exit_code == 2
    assert "Vary one key at a time" in done.stderr


def test_all_values_out_of_range_are_told_at_once(here: Path) -> None:
    """One fault a value, none for those that are right."""
    over = "seats.shrinkage=0.1,0.7,-1,30"
    done = run("sweep", here / "week.toml", "--over", over, "--lang", "en")
    lines = [line.strip() for line in done.stderr.splitlines() if "--over" in line]
    assert [re.findall(r"'([^']*)'", line)[0] for line in lines] == ["0.7", "-1", "30"]


def test_faults_of_the_scenario_come_before_those_of_the_sweep(here: Path) -> None:
    """A scenario that is wrong itself is told with its own file and line."""
    path = here / "wrong.toml"
    path.write_text(WEEK.replace("effort = 1", "effort = 0"), "utf-8")
    done = run("sweep", path, "--over", "seats.shrinkage=30", "--lang", "en")
    assert done.exit_code == 2
    assert "wrong.toml, line 12, roster.effort" in done.stderr


def test_every_numeric_key_can_be_swept_over(here: Path) -> None:
    """Each key whose default is a number takes that number as a value."""
    tried = 0
    for name, field in keys():
        default = field.get_default(call_default_factory=True)
        if isinstance(default, int | float) and name != "fairness.late_after":
            ((value, made),) = varied(here / "week.toml", name, [str(default)], "--over")
            section, _, own = name.rpartition(".")
            assert getattr(getattr(made, section) if section else made, own) == default
            assert value == str(default)
            tried += 1
    assert tried > 30


def test_a_value_typed_twice_is_computed_once(here: Path) -> None:
    """Repetitions are dropped, the order kept."""
    found = varied(here / "week.toml", "forecast.uplift", ["2", "1", "2"], "--over")
    assert [value for value, _ in found] == ["2", "1"]


# --- what is written ----------------------------------------------------------------------------


def test_names_are_harmless_and_unknown_figures_blank(tmp_path: Path) -> None:
    """Formulas and markup in names are text; a figure that is not known is a dash."""
    bad = '=HYPERLINK("http://x")<script>alert(1)</script>'
    figures = dict.fromkeys(MEASURES, 1.0)
    columns = [Column(name=bad, figures=figures), Column(name="b", figures={"contacts": None})]
    made = Beside(
        file="compare",
        lang="en",
        title=bad,
        note="",
        columns=columns,
        rostered=True,
        compared=True,
    )
    page, book = publish_whatif(made, tmp_path / "compare")
    assert "<script>alert" not in page.read_text("utf-8")
    cells = openpyxl.load_workbook(io.BytesIO(book.read_bytes())).worksheets[0]
    assert cells["A1"].value == bad
    assert all(cell.data_type != "f" for row in cells.iter_rows() for cell in row)
    assert sheet(book)["Expected contacts"] == [1, "–", "–"]
    (tmp_path / "compare" / "mine.txt").write_text("x")
    with pytest.raises(Exception, match=r"mine\.txt"):
        publish_whatif(made, tmp_path / "compare")


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (1234.4, "count", "+1,234"),
        (-0.0441, "share", "−4.4%"),
        (-0.2, "count", "0"),
        (0.0, "share", "0.0%"),
        (None, "number", "–"),
    ],
)
def test_differences_have_their_sign(value: float | None, form: Any, text: str) -> None:
    """What rounds to nothing has none."""
    assert Cell(value=value, form=form, change=True).text("en") == text
