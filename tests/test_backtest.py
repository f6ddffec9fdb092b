"""`staffing backtest` end to end: terminal, tables, page, issued forecasts, bad input."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import cli
from staffing.errors import PublishError
from staffing.publish.tested import NAMES, Scored, publish_backtest
from staffing.publish.tested.page import page
from staffing.words import LANGS, Lang, catalogue, say
from staffing.workspace import Workspace, read_workspace
from tests.tiny import START, tiny_workspace
from tests.workspaces import tables, write

CHINESE = re.compile(r"[一-鿿]")
SCENARIO = f"""name = "tiny"
workspace = "workspace"
lang = "en"

[horizon]
start = {START}
"""


def run(*arguments: object) -> Result:
    """Run a command; an exception that is no exit is a failure of the test."""
    result = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of five weeks and its scenario."""
    folder = tmp_path_factory.mktemp("tested")
    tiny_workspace(folder / "workspace")
    (folder / "scenario.toml").write_text(SCENARIO, "utf-8")
    return folder


@pytest.fixture(scope="module")
def done(here: Path) -> Result:
    """The backtest of the scenario, run once."""
    return run("backtest", here / "scenario.toml", "--out", here / "out")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return read_workspace(tiny_workspace(tmp_path_factory.mktemp("small") / "workspace"))


def rows(**columns: Any) -> pd.DataFrame:
    """Return rows of a backtest of the three shops: two origins of two days."""
    origins = [pd.Timestamp("2026-11-02"), pd.Timestamp("2026-11-09")]
    made = pd.DataFrame(
        [
            (shop, origin, origin + pd.Timedelta(days=lead), lead)
            for origin in origins
            for shop in ("S1", "S2", "S3")
            for lead in (0, 1)
        ],
        columns=["shop_id", "origin", "date", "lead_days"],
    )
    return made.assign(
        actual=100.0,
        forecast=[90.0, 120.0] * 6,
        naive=80.0,
        usual=85.0,
        event=[False, True] * 6,
        q10=[80.0, 105.0] * 6,
        q90=[110.0, 140.0] * 6,
    ).assign(**columns)


def scored(workspace: Workspace, lang: Lang = "en", **columns: Any) -> Scored:
    return Scored(name="tiny", lang=lang, workspace=workspace, table=rows(**columns))


# --- the command --------------------------------------------------------------------------------


def test_the_terminal_tells_totals_pools_and_shops(done: Result) -> None:
    """Plain sentences first, then each method on each kind of day, each pool and each shop."""
    assert done.exit_code == 0, done.stderr
    assert "the error (WAPE) is" in done.stdout
    for name in ("this forecast", "usual mean", "seasonal naive", "P-day", "P-late", "S1 · "):
        assert name in done.stdout


def test_the_folder_holds_page_scores_and_rows(done: Result, here: Path) -> None:
    """Three files and no other; the CSV files are read back with all scopes and rows."""
    folder = here / "out" / "tiny-backtest"
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    scores = pd.read_csv(folder / "scores.csv")
    assert set(scores["scope"]) == {"all", "pool", "shop", "lead_days", "origin"}
    found = pd.read_csv(folder / "rows.csv")
    assert {"shop_id", "origin", "date", "actual", "forecast", "naive"} <= set(found.columns)
    total = scores[(scores["scope"] == "all") & (scores["kind"] == "all")]
    known = found.dropna(subset=["actual", "naive"])
    wape = (known["actual"] - known["forecast"]).abs().sum() / known["actual"].sum()
    assert total.set_index("method").loc["forecast", "wape"] == pytest.approx(wape, abs=1e-3)


def test_a_rerun_gives_the_same_bytes(done: Result, here: Path, tmp_path: Path) -> None:
    """Nothing of the clock, the folder or the run is in any file."""
    run("backtest", here / "scenario.toml", "--out", tmp_path)
    for name in NAMES:
        first = (here / "out" / "tiny-backtest" / name).read_bytes()
        assert (tmp_path / "tiny-backtest" / name).read_bytes() == first


def test_a_workspace_alone_is_tested_on_its_last_days(here: Path, tmp_path: Path) -> None:
    """Without a scenario the days right before the end of the history are judged."""
    result = run("backtest", here / "workspace", "--out", tmp_path, "--lang", "en", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["name"] == "workspace"
    judged = pd.read_csv(tmp_path / "workspace-backtest" / "rows.csv")
    assert judged["date"].max() == f"{START - dt.timedelta(days=1)}"
    assert judged["lead_days"].min() == 0


def test_origins_and_days_can_be_chosen(here: Path, tmp_path: Path) -> None:
    """`--origins` and `--days` say how often and how far is forecast again."""
    asked = ("--origins", 2, "--days", 3, "--json")
    result = run("backtest", here / "scenario.toml", "--out", tmp_path, *asked)
    found = json.loads(result.stdout)
    assert len(found["origins"]) == 2
    judged = pd.read_csv(tmp_path / "tiny-backtest" / "rows.csv")
    assert sorted(judged["lead_days"].unique()) == [0, 1, 2]


def test_json_has_the_totals_of_each_method(here: Path, tmp_path: Path) -> None:
    """Machines get the same scores as the CSV has, what is not known as null."""
    result = run("backtest", here / "scenario.toml", "--out", tmp_path, "--json")
    found = json.loads(result.stdout)
    assert set(found["total"]) == {"forecast", "usual", "naive"}
    assert 0 < found["total"]["forecast"]["wape"] < 1
    assert found["total"]["naive"]["hit_80"] is None
    assert [Path(path).name for path in found["files"]] == list(NAMES)


# --- bad input ----------------------------------------------------------------------------------


def short(folder: Path, days: int) -> Path:
    """Write a workspace whose history has a few days only."""
    own = tables()
    last = f"{dt.date(2026, 10, 12) + dt.timedelta(days=days)}"
    own["history"] = [row for row in own["history"] if str(row["start"]) < last]
    names = ("shops", "agents", "skills", "history")
    return write(folder, {name: own[name] for name in names})


@pytest.mark.parametrize("lang", LANGS)
def test_too_short_a_history_is_told(lang: Lang, tmp_path: Path) -> None:
    """Three days cannot be tested: exit 2, the days and the remedy, no folder."""
    where = short(tmp_path / "few", days=3)
    result = run("backtest", where, "--out", tmp_path / "out", "--lang", lang)
    assert result.exit_code == 2
    assert say(lang, "fault.too_short_to_test", days=3) in result.stderr
    assert say(lang, "remedy.too_short_to_test") in result.stderr
    assert not (tmp_path / "out").exists()


def test_no_history_at_all_is_told(tmp_path: Path) -> None:
    """A new company's workspace without history is sound, but nothing can be tested."""
    own = tables()
    shops = [row | {"contacts_per_day": 50} for row in own["shops"]]
    rest = {name: own[name] for name in ("agents", "skills")}
    where = write(tmp_path / "new", {"shops": shops, **rest})
    result = run("backtest", where, "--out", tmp_path / "out", "--lang", "en")
    assert result.exit_code == 2
    assert "0 days of history" in result.stderr


@pytest.mark.parametrize("name", ["nowhere", "nowhere.toml"])
def test_a_target_that_is_not_there_is_told(name: str, tmp_path: Path) -> None:
    """Neither a missing workspace nor a missing scenario ends in a traceback."""
    assert run("backtest", tmp_path / name).exit_code == 2


def test_somebody_elses_folder_is_left_alone(small: Workspace, tmp_path: Path) -> None:
    """A folder with a file of another name is refused and stays as it is."""
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(PublishError, match=re.escape("mine.txt")):
        publish_backtest(scored(small), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# --- issued forecasts ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project a week earlier whose forecast was issued; then the week came."""
    folder = tmp_path_factory.mktemp("then")
    tiny_workspace(folder / "workspace")
    history = folder / "workspace" / "history.csv"
    whole = history.read_text("utf-8")
    week = f"{START - dt.timedelta(days=7)}"
    with history.open(encoding="utf-8", newline="") as file:
        head, *body = list(csv.reader(file))
    with history.open("w", encoding="utf-8", newline="") as file:
        kept = [row for row in body if row[1] < f"{week} 02:00"]
        csv.writer(file).writerows([head, *kept])
    told = SCENARIO.replace(f"{START}", week)
    (folder / "scenario.toml").write_text(told, "utf-8")
    result = run("forecast", folder / "scenario.toml", "--out", folder / "out")
    assert result.exit_code == 0, result.stderr
    history.write_text(whole, "utf-8")
    return folder


def test_a_forecast_is_kept_under_what_was_known(then: Path) -> None:
    """The file is named after scenario, last known day and first day, not after the clock."""
    known, first = START - dt.timedelta(days=8), START - dt.timedelta(days=7)
    names = [path.name for path in (then / "out" / "issued").iterdir()]
    assert names == [f"tiny.{known}.{first}.parquet"]


def test_issued_forecasts_are_scored_against_what_came(then: Path, tmp_path: Path) -> None:
    """The seven days of three shops are judged as they were issued, from one origin."""
    asked = ("--issued", then / "out" / "issued", "--out", tmp_path, "--json")
    result = run("backtest", then / "scenario.toml", *asked)
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["issued"] is True
    assert found["origins"] == [f"{START - dt.timedelta(days=7)}"]
    judged = pd.read_csv(tmp_path / "tiny-backtest" / "rows.csv")
    issued = pd.read_parquet(next((then / "out" / "issued").iterdir()))
    both = judged.merge(issued.assign(date=issued["date"].astype("str")), on=["shop_id", "date"])
    assert len(both) == 21
    assert (both["forecast"] - both["mean"]).abs().max() <= 0.005
    history = pd.read_csv(then / "workspace" / "history.csv")
    own = history[
        (history["shop_id"] == "S1")
        & (history["start"].str[:10] == f"{START - dt.timedelta(days=7)}")
    ]
    first = judged[(judged["shop_id"] == "S1") & (judged["lead_days"] == 0)]
    assert first["actual"].item() == own["contacts"].sum()
    week_before = f"{START - dt.timedelta(days=14)}"
    own = history[(history["shop_id"] == "S1") & (history["start"].str[:10] == week_before)]
    assert first["naive"].item() == own["contacts"].sum()


def test_days_that_have_not_come_are_told(here: Path, tmp_path: Path) -> None:
    """A forecast of next week cannot be scored yet: exit 2, known up to which day."""
    run("forecast", here / "scenario.toml", "--out", tmp_path)
    result = run("backtest", here / "scenario.toml", "--issued", tmp_path / "issued")
    assert result.exit_code == 2
    assert f"known up to {START - dt.timedelta(days=1)}" in result.stderr


def test_a_foreign_file_among_the_issued_is_told(here: Path, tmp_path: Path) -> None:
    """A stray file is named, with exit 2 and no traceback."""
    (tmp_path / "notes.txt").write_text("x", "utf-8")
    result = run("backtest", here / "scenario.toml", "--issued", tmp_path)
    assert result.exit_code == 2
    assert "notes.txt" in result.stderr


# --- the page -----------------------------------------------------------------------------------


def test_the_page_says_what_the_scores_say(small: Workspace) -> None:
    """The sentences on top carry the figures: 15 % WAPE, 5 % too high, half the hits."""
    said = page(scored(small))
    assert "the error (WAPE) is 15.0%" in said
    assert "On the whole the forecast is 5.0% too high." in said
    assert "50.0% of the shop-days lie inside the 80 % interval." in said
    assert "None of 3 shops is forecast worse than by seasonal naive." in said


def test_shops_worse_than_naive_are_named(small: Workspace) -> None:
    """A shop that naive forecasts better is said by name, as bad news."""
    forecast = [90.0, 120.0, 10.0, 20.0, 90.0, 120.0] * 2
    said = page(scored(small, forecast=forecast))
    assert "Of 3 shops, 1 are forecast worse than by seasonal naive: S2 · " in said


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_speaks_one_language(lang: Lang, small: Workspace) -> None:
    """The page is in the language asked for; only names of shops stay Chinese."""
    said = page(scored(small, lang)).split("<script")[0]
    assert bool(
        CHINESE.search(said.replace("云裳旗舰店", "").replace("果壳", "").replace("零食", ""))
    ) is (lang == "zh")


def test_rows_without_intervals_have_no_calibration(small: Workspace) -> None:
    """Without quantiles the page leaves the calibration out and shows dashes, not zeros."""
    table = rows().drop(columns=["q10", "q90"])
    said = page(Scored(name="tiny", lang="en", workspace=small, table=table))
    assert 'id="chart-calibration"' not in said
    assert "80 % interval." not in said


def test_markup_in_names_is_text(small: Workspace) -> None:
    """A shop named like markup does not become markup, also not in the data of the charts."""
    assert "<script>alert(1)" not in page(scored(small))


def test_no_word_of_the_page_is_dead() -> None:
    """Each entry of the section is said by the page, its template or the charts."""
    folder = Path(cli.__file__).parent / "staffing" / "publish"
    files = [*(folder / "tested").glob("*.py"), folder / "templates" / "backtest.html"]
    text = "\n".join(path.read_text("utf-8") for path in files)
    built = {f"{a}_{b}" for a in ("part", "by", "said", "tile") for b in re.findall(r"\w+", text)}
    built |= {f"tile_{b}_note" for b in re.findall(r"\w+", text)}
    known = set(re.findall(r"\w+", text)) | built | {"usual", "naive", "promotion", "ordinary"}
    names = {key.split(".")[1] for key in catalogue() if key.startswith("tested.")}
    assert {name for name in names if name not in known} == set()
