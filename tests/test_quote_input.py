"""What a prospect may say: every bad or contradictory input is told with its remedy, at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from staffing.errors import InputError
from staffing.quote.prospect import CHINESE, Platform, prospect_of, read_prospect
from staffing.workspace.tables.columns import CHINESE_VALUES, PLATFORMS
from tests.prospects import FACTS, SOUND, prospect

FLAGS = ["--category", "snacks", "--agents", "3", "--contacts", "200", "--promotions", "none"]


def run(*arguments: object) -> Result:
    """Run the command; an exception that is no exit is a failure of the test."""
    result = CliRunner().invoke(cli.app, ["quote", *map(str, arguments), "--lang", "en"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def flags(**changed: str | None) -> list[str]:
    """The four facts as flags, some changed or (None) left out."""
    facts = {"category": "snacks", "agents": "3", "contacts": "200", "promotions": "none"}
    facts |= changed
    return [part for k, v in facts.items() if v is not None for part in (f"--{k}", v)]


BAD_FLAGS = [
    (flags(category=None), "--category", "Give --category"),
    (flags(agents=None), "--agents", "Give --agents"),
    (flags(contacts=None), "--contacts", "Give --contacts"),
    (flags(promotions=None), "--promotions", "Give --promotions"),
    (flags(category=""), "--category", "text of 1 to 64"),
    (flags(category="x" * 65), "--category", "text of 1 to 64"),
    (flags(category="a\nb"), "--category", "one line"),
    (flags(agents="-1"), "--agents", "at least 0"),
    (flags(agents="2.5"), "--agents", "whole number"),
    (flags(agents="six"), "--agents", "whole number"),
    (flags(agents="99999"), "--agents", "at most 10000"),
    (flags(contacts="0"), "--contacts", "above 0"),
    (flags(contacts="-5"), "--contacts", "above 0"),
    (flags(contacts="many"), "--contacts", "must be a number"),
    (flags(contacts="nan"), "--contacts", "must be a number"),
    (flags(contacts="inf"), "--contacts", "must be a number"),
    (flags(contacts="2e6"), "--contacts", "at most 1000000"),
    (flags(promotions="hourly"), "--promotions", "none, yearly, quarterly, monthly, weekly"),
    ([*FLAGS, "--workspace", "nowhere"], "nowhere", "no such workspace"),
    (["nowhere.toml", *FLAGS], "nowhere.toml", "no such prospect file"),
    ([*FLAGS, "--date", "0001-01-01"], "--date", "Check the year"),
    ([*FLAGS, "--firm"], "--firm", "no firm quote"),
]
BAD_FILES = [
    ("platform = 'Amazon'", 5, "platform", "must be one of"),
    ("goods = 'services'", 5, "goods", "must be one of"),
    ("service = 'all'", 5, "service", "must be one of"),
    ("channel = 'fax'", 5, "channel", "must be one of"),
    ("opens = '09:10'", 5, "opens", "half hour"),
    ("opens = '9 am'", 5, "opens", "clock time"),
    ("opens = '10:00'\ncloses = '10:00'", 6, "closes", "no hours"),
    ("weekdays = []", 5, "weekdays", "at least one"),
    ("weekdays = ['someday']", 5, "weekdays", "must be one of"),
    ("start = 'soon'", 5, "start", "must be a date"),
    ("start = 1850-01-01", 5, "start", "1901"),
    ("months = 0", 5, "months", "at least 1"),
    ("months = 12\ndays = 3", 5, "months", "Remove months or days"),
    ("days = 100", 5, "days", "at most 92"),
    ("short = 'nights'", 5, "short", "must be one of"),
    ("short = 'days'", 5, "short", "Add days"),
    ("short = 'hours'", 5, "short", "Add opens and closes"),
    ("short = 'weekends'\nweekdays = ['mon']", 6, "weekdays", "remove short"),
    ("short = 'meals'\nopens = '20:00'\ncloses = '23:00'", 5, "short", "11:30-13:30"),
    ("target_level = 90", 5, "target_level", "0.9 for 90" + "|below 1|Write 0.3"),
    ("target_level = 1.0", 5, "target_level", "below 1"),
    ("answer_within_s = 0", 5, "answer_within_s", "above 0"),
    ("bot_deflection = 1", 5, "bot_deflection", "at most 0.95"),
    ("handover = [0.6, 0.3, 1.0]", 5, "handover", "rise"),
    ("handover = [0.3, 0.6]", 5, "handover", "rise"),
    ("handover = [0.5, 1.0]\ndays = 5", 5, "handover", "Remove handover"),
    ("handover = [0.1, 0.2, 0.3, 0.4, 0.5, 1.0]\nmonths = 1", 5, "handover", "fewer weeks"),
    ("ramp_days = 0", 5, "ramp_days", "at least 1"),
    ("training_days = -1", 5, "training_days", "at least 0"),
    ("aht_s = 2", 5, "aht_s", "at least 5"),
    ("concurrency = 0", 5, "concurrency", "at least 1"),
    ("channel = 'phone'\nconcurrency = 3", 6, "concurrency", "Remove concurrency"),
    ("daily_cap = 0", 5, "daily_cap", "at least 1"),
    ("conversion = 30", 5, "conversion", "0.3 for 30 %"),
    ("order_value_yuan = -1", 5, "order_value_yuan", "above 0"),
    ("priority = 'vip'\ndedicated = false", 6, "dedicated", "dedicated = true"),
    ("service = 'full_after_sales'\nconversion = 0.4", 6, "conversion", "Remove conversion"),
    ("history = 'none.csv'", 5, "history", "Check the path"),
    ("confirmed = ['history']", 5, "confirmed", "Name the file"),
    ("confirmed = ['price']", 5, "confirmed", "must be one of"),
    ("agent = 6", 5, "agent", "Did you mean 'agents'"),
    ("zzzz = 6", 5, "zzzz", "docs/quotes.md"),
    ("months = twelve", 5, "", "not valid TOML"),
    ("agents = 7", 5, "", "written twice"),
]


@pytest.mark.parametrize(("typed", "place", "said"), BAD_FLAGS)
def test_a_bad_flag_is_told_with_its_remedy(typed: list[str], place: str, said: str) -> None:
    """Exit code 2, the flag by name, what it must be; nothing on stdout, no traceback."""
    result = run(*typed)
    assert result.exit_code == 2
    assert place in result.stderr
    assert said in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(("lines", "row", "key", "said"), BAD_FILES)
def test_a_bad_line_is_told_with_its_remedy(
    lines: str, row: int, key: str, said: str, tmp_path: Path
) -> None:
    """Exit code 2, line and key, what to do about it."""
    file = tmp_path / "prospect.toml"
    file.write_text(SOUND + lines.replace("'", '"') + "\n", "utf-8")
    result = run(file)
    assert result.exit_code == 2
    assert f"prospect.toml, line {row}" in result.stderr
    assert key in result.stderr
    assert re.search(said, result.stderr)
    assert len(result.stderr.strip().splitlines()) == 2


@pytest.mark.parametrize("deep", ["[" * 5000 + "]" * 5000, "{a=" * 500 + "1" + "}" * 500])
def test_a_file_nested_too_deep_is_refused(deep: str, tmp_path: Path) -> None:
    """Brackets beyond what can be read are a fault of the file, no traceback."""
    file = tmp_path / "prospect.toml"
    file.write_text(f"{SOUND}x = {deep}\n", "utf-8")
    result = run(file)
    assert result.exit_code == 2
    assert "Remove the surplus brackets" in result.stderr


def test_a_category_of_virtual_goods_is_not_sent(tmp_path: Path) -> None:
    """Physical goods in the category of virtual ones contradict each other."""
    file = tmp_path / "prospect.toml"
    text = SOUND.replace("apparel_bags", "virtual") + 'goods = "physical"\n'
    file.write_text(text, "utf-8")
    result = run(file)
    assert result.exit_code == 2
    assert 'goods = "virtual"' in result.stderr


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Wrong values, missing facts and contradictions of one file stand in one list."""
    file = tmp_path / "prospect.toml"
    file.write_text(
        'category = "snacks"\nagents = -3\nchannel = "phone"\nconcurrency = 4\n'
        'months = 3\ndays = 2\nopens = "9"\nfoo = 1\n',
        "utf-8",
    )
    result = run(file, "--promotions", "often")
    assert result.exit_code == 2
    for said in ("agents", "contacts", "--promotions", "concurrency", "months", "opens", "foo"):
        assert said in result.stderr
    assert "Faults found: 7" in result.stderr


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    """A fact that both tell is the flag's."""
    file = tmp_path / "prospect.toml"
    file.write_text(SOUND, "utf-8")
    read = read_prospect(file, {"contacts": 80, "agents": None})
    assert (read.contacts, read.agents) == (80, 6)


def test_chinese_words_are_read() -> None:
    """Frequency, platform and category may be told in Chinese, as in a workspace."""
    told = prospect_of(
        {"category": "女装", "agents": 1, "contacts": 9, "promotions": "每月", "platform": "京东"}
    )
    for word, often in CHINESE["promotions"].items():
        assert prospect(promotions=word).promotions == often
    assert (told.promotions, told.platform, told.kind_of_goods) == ("monthly", "JD", "apparel_bags")
    assert CHINESE["platform"] == CHINESE_VALUES["platform"]
    assert set(Platform.__args__) == set(PLATFORMS)


def test_hours_past_midnight_are_one_window() -> None:
    """18:00-02:00 are sixteen half hours of one service day."""
    late = prospect(opens="18:00", closes="02:00")
    assert late.slots == tuple(range(36, 52))


def test_meal_cover_is_open_at_meals_alone() -> None:
    """Lunch and dinner, two hours each, within the hours told."""
    assert prospect(short="meals").slots == (*range(23, 27), *range(35, 39))


def test_an_own_history_of_several_shops_is_refused(tmp_path: Path) -> None:
    """Whose history it is must be clear."""
    rows = "shop_id,start,contacts\nA,2026-01-01 09:00,3\nB,2026-01-01 09:00,4\n"
    (tmp_path / "own.csv").write_text(rows, "utf-8")
    file = tmp_path / "prospect.toml"
    file.write_text(SOUND + 'history = "own.csv"\n', "utf-8")
    result = run(file)
    assert result.exit_code == 2
    assert "several shops (A, B)" in result.stderr


def test_a_spoilt_own_history_names_its_rows(tmp_path: Path) -> None:
    """The faults of a history are those of a workspace's: row, column, value."""
    rows = "start,contacts\n2026-01-01 09:00,-3\nsoon,4\n"
    (tmp_path / "own.csv").write_text(rows, "utf-8")
    file = tmp_path / "prospect.toml"
    file.write_text(SOUND + 'history = "own.csv"\n', "utf-8")
    result = run(file)
    assert result.exit_code == 2
    assert "own.csv, row 2, column contacts" in result.stderr
    assert "own.csv, row 3, column start" in result.stderr


def test_facts_alone_are_enough() -> None:
    """Nothing but the four facts is required."""
    with pytest.raises(InputError) as caught:
        prospect_of({})
    assert {fault.file for fault in caught.value.faults} == {f"--{name}" for name in FACTS}
    assert prospect_of(FACTS).told == set(FACTS)
