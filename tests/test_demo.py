"""The demo workspace that ships: reproducible, and what SOURCE.md claims it is."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import holidays
import numpy as np
import pandas as pd
import pytest

DEMO = Path(__file__).parents[1] / "data" / "demo"
COLUMNS = {
    "shops": "shop_id,name,platform,category,service,goods,opens,closes,statutory_days,pool,"
    "channel,aht_s,concurrency,target_level,answer_within_s,patience_s,daily_cap,"
    "bot_deflection,min_seats,priority",
    "agents": "agent_id,name,team,started_on,hours_per_week,contract,monthly_wage,protected,"
    "max_concurrency",
    "skills": "agent_id,shop_id,speed,since",
    "promotions": "name,platform,shop_id,category,phase,start,end,strength,source",
    "absences": "agent_id,date,kind",
    "requests": "agent_id,date,wish,weight",
    "rosters": "agent_id,date,start,end",
}
PLAN_WEEK = pd.date_range("2026-11-23", "2026-11-29")
NIGHT_SHOP = "S15"
SMALL_SHOPS = ["S04", "S08", "S12", "S16", "S19"]


def table(name: str) -> pd.DataFrame:
    """Read a committed table, blanks as empty text."""
    return pd.read_csv(DEMO / f"{name}.csv", keep_default_na=False)


def minutes(clock: str) -> int:
    """Minutes after midnight of HH:MM."""
    return int(clock[:2]) * 60 + int(clock[3:])


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace written anew by the committed generator."""
    folder = tmp_path_factory.mktemp("demo") / "again"
    subprocess.run([sys.executable, str(DEMO / "generate.py"), str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def shops() -> pd.DataFrame:
    """The shops, by shop_id."""
    return table("shops").set_index("shop_id")


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    """The history with the service day of every half hour."""
    frame = pd.read_parquet(DEMO / "history.parquet")
    night = (frame["shop_id"] == NIGHT_SHOP) & (frame["start"].dt.hour < 12)
    frame["day"] = frame["start"].dt.normalize() - pd.to_timedelta(night.astype(int), unit="D")
    return frame


@pytest.fixture(scope="module")
def days(history: pd.DataFrame) -> pd.DataFrame:
    """Contacts per service day (rows) and shop (columns)."""
    return history.pivot_table(index="day", columns="shop_id", values="contacts", aggfunc="sum")


@pytest.fixture(scope="module")
def ordinary(days: pd.DataFrame, shops: pd.DataFrame) -> pd.Series[float]:
    """Median contacts per shop over days without promotion phase, holiday and after-effects."""
    resting = holidays.country_holidays("CN", years=(2025, 2026))
    quiet = days.copy()
    quiet[[day.date() in resting for day in quiet.index]] = float("nan")
    quiet.loc["2026-01-20":"2026-03-05"] = float("nan")
    for phase in table("promotions").to_dict("records"):
        scope = (
            shops.index.isin([phase["shop_id"]])
            | shops["platform"].isin([phase["platform"]])
            | shops["category"].isin([phase["category"]])
        )
        touched = (quiet.index >= phase["start"][:10]) & (quiet.index < phase["end"])
        quiet = quiet.mask(touched[:, None] & np.asarray(scope))
    return quiet.median()


@pytest.fixture(scope="module")
def shifts() -> pd.DataFrame:
    """The published shifts with their hours, beside the agent's row."""
    frame = table("rosters").merge(table("agents"), on="agent_id", validate="many_to_one")
    for column in ("date", "start", "end", "started_on"):
        frame[column] = pd.to_datetime(frame[column])
    span_h = (frame["end"] - frame["start"]).dt.total_seconds() / 3600
    frame["paid_h"] = span_h - (span_h > 6)
    return frame.sort_values(["agent_id", "start"], ignore_index=True)


@pytest.mark.parametrize("name", COLUMNS)
def test_generator_rewrites_every_csv_byte_for_byte(again: Path, name: str) -> None:
    """The committed generator writes exactly the committed table."""
    assert (again / f"{name}.csv").read_bytes() == (DEMO / f"{name}.csv").read_bytes()


def test_generator_rewrites_the_same_history(again: Path) -> None:
    """The regenerated history holds the same rows, whatever the Parquet writer's version."""
    new, committed = (pd.read_parquet(folder / "history.parquet") for folder in (again, DEMO))
    pd.testing.assert_frame_equal(new, committed)


@pytest.mark.parametrize("name", ["history.parquet", "SOURCE.md"])
def test_generator_rewrites_the_same_bytes_with_the_named_versions(again: Path, name: str) -> None:
    """With the package versions named in SOURCE.md even the Parquet file is the same bytes."""
    source = (DEMO / "SOURCE.md").read_text(encoding="utf-8")
    for package in ("numpy", "pandas", "pyarrow", "holidays"):
        if f"{package} {version(package)}" not in source:
            pytest.skip(f"SOURCE.md was written with another version of {package}")
    assert (again / name).read_bytes() == (DEMO / name).read_bytes()


def test_source_page_states_the_digest_of_every_table() -> None:
    """SOURCE.md lists each table once, with the sha256 of the file that ships."""
    source = (DEMO / "SOURCE.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\S+) \| [\d,]+ \| `([0-9a-f]{64})` \|$", source, re.MULTILINE))
    files = [f"{name}.csv" for name in COLUMNS] + ["history.parquet"]
    assert listed == {
        name: hashlib.sha256((DEMO / name).read_bytes()).hexdigest() for name in files
    }


@pytest.mark.parametrize(("name", "columns"), COLUMNS.items())
def test_columns(name: str, columns: str) -> None:
    """Each table has exactly the documented columns, in their order."""
    assert ",".join(table(name).columns) == columns


def test_size_of_the_company(shops: pd.DataFrame) -> None:
    """Twenty shops on four platforms share sixty agents in four teams."""
    agents = table("agents")
    assert (len(shops), shops["platform"].nunique()) == (20, 4)
    assert (len(agents), agents["team"].nunique()) == (60, 4)
    assert agents["name"].is_unique
    assert shops["name"].is_unique


def test_large_shop_takes_over_500_contacts_in_a_pool_of_its_own(
    ordinary: pd.Series[float], shops: pd.DataFrame
) -> None:
    """The shop of the case study measures 500 to 600 contacts on an ordinary day, alone."""
    assert list(ordinary.index[ordinary > 300]) == ["S01"]
    assert 500 < ordinary["S01"] < 600
    assert (shops["pool"] == shops["pool"]["S01"]).sum() == 1


def test_five_small_shops_are_pooled(ordinary: pd.Series[float], shops: pd.DataFrame) -> None:
    """Five shops measure under 40 contacts an ordinary day, each in a pool with larger ones."""
    assert list(ordinary.index[ordinary < 40]) == SMALL_SHOPS
    assert ordinary.min() > 8
    size = shops.groupby("pool").size()
    assert (size[shops.loc[SMALL_SHOPS, "pool"]] >= 3).all()


def test_total_volume(ordinary: pd.Series[float]) -> None:
    """All shops together measure about 3,000 contacts on an ordinary day."""
    assert 2300 < ordinary.sum() < 2700


@pytest.mark.parametrize("year", [2025, 2026])
def test_double_11_peak(days: pd.DataFrame, ordinary: pd.Series[float], year: int) -> None:
    """Both peaks of Double 11 bring two to four ordinary days, and ebb within the week."""
    known = days.loc[[pd.Timestamp(year, 11, 11)]].dropna(axis=1).columns
    multiple = days[known].sum(axis=1) / ordinary[known].sum()
    peak = multiple.loc[f"{year}-11-11"]
    assert 2.0 < peak < 4.0
    assert 1.0 < multiple.loc[f"{year}-11-16"] < 0.7 * peak


def test_promotions_start_at_eight_in_the_evening(history: pd.DataFrame) -> None:
    """On 2025-11-10 the half hour at 20:00 is more than twice the one before, on the same shop."""
    evening = history[history["shop_id"] == "S01"].set_index("start")["contacts"]
    assert evening["2025-11-10 20:00"] > 2 * evening["2025-11-10 19:30"]


def test_spring_festival_slump_and_the_snacks_before_it(
    days: pd.DataFrame, ordinary: pd.Series[float], shops: pd.DataFrame
) -> None:
    """New Year's days fall to about 40 %, while snacks peak in the shopping weeks before."""
    snacks = shops.index[(shops["category"] == "snacks")]
    others = [shop for shop in shops.index.difference(snacks) if shop != "S19"]
    festival = days.loc["2026-02-16":"2026-02-19", others].mean().sum() / ordinary[others].sum()
    assert 0.3 < festival < 0.5
    known = [shop for shop in snacks if shop != "S14"]
    before = days.loc["2026-01-26":"2026-02-01", known].mean().sum() / ordinary[known].sum()
    assert before > 1.5


def test_history_keeps_to_the_opening_windows(history: pd.DataFrame, shops: pd.DataFrame) -> None:
    """A day of a shop is every half hour of its window, zeros kept, and nothing outside it."""
    minute = (history["start"] - history["day"]).dt.total_seconds() / 60
    for shop, frame in history.assign(minute=minute).groupby("shop_id"):
        opens, closes = (minutes(shops[column][str(shop)]) for column in ("opens", "closes"))
        closes += 24 * 60 * (closes <= opens)
        assert set(frame["minute"]) == set(range(opens, closes, 30))
        assert (frame.groupby("day").size() == (closes - opens) // 30).all()
    assert (history["contacts"] == 0).any()
    assert history["contacts"].dtype == "int64"
    assert history["contacts"].min() == 0


def test_history_covers_eighteen_months_and_two_newcomers(days: pd.DataFrame) -> None:
    """Eighteen shops begin on the first day; one in August 2026 and one in October."""
    first = days.apply(lambda column: column.first_valid_index()).astype(str).str[:10]
    assert (days.index[0], days.index[-1]) == (
        pd.Timestamp("2025-05-18"),
        pd.Timestamp("2026-11-17"),
    )
    assert first.value_counts().to_dict() == {
        "2025-05-18": 18,
        "2026-08-01": 1,
        "2026-10-20": 1,
    }


def test_one_shop_closes_on_the_statutory_days(days: pd.DataFrame, shops: pd.DataFrame) -> None:
    """The closed shop has no rows on exactly the statutory days; the others are open on them."""
    china = holidays.country_holidays("CN", years=(2025, 2026), language="en_US")
    statutory = {
        day for day, name in china.items() if "observed" not in name and "substituted" not in name
    }
    closed = shops.index[shops["statutory_days"] == "closed"]
    assert list(closed) == ["S18"]
    without = {day.date() for day in days.index[days["S18"].isna()]}
    assert without == {day for day in statutory if date(2025, 5, 18) <= day <= date(2026, 11, 17)}
    assert days.loc[sorted(map(pd.Timestamp, without)), "S01"].notna().all()


def test_history_is_small_enough_to_ship() -> None:
    """The Parquet file stays below two megabytes."""
    assert (DEMO / "history.parquet").stat().st_size < 2_000_000


def test_promotions_name_one_scope_each_and_leave_the_planned_week_to_a_member_day() -> None:
    """A row has one scope, ends after it starts, and only a shop's own day meets the plan."""
    rows = table("promotions")
    scopes = rows[["platform", "shop_id", "category"]] != ""
    assert (scopes.sum(axis=1) == 1).all()
    assert scopes.any().all()
    start, end = pd.to_datetime(rows["start"]), pd.to_datetime(rows["end"])
    assert (end > start).all()
    meets = (start < PLAN_WEEK[-1] + pd.Timedelta(days=1)) & (end > PLAN_WEEK[0])
    assert list(rows.loc[meets, "name"]) == ["Member Day 2026"]
    assert set(rows["phase"]) == {
        "presale", "warm_up", "opening", "final_payment", "peak", "tail"
    }  # fmt: skip
    assert (rows["source"] != "").all()


def test_an_event_is_its_name_without_the_year() -> None:
    """Stripping a trailing year joins the editions of an event that has been before."""
    rows = table("promotions")
    editions = rows["name"].drop_duplicates().str.replace(r" 20\d\d$", "", regex=True)
    count = editions.value_counts()
    assert set(count.index[count == 2]) == {
        "618", "Double 11", "Double 12", "Bedding Week", "Member Day"
    }  # fmt: skip


def test_agents_are_trained_pool_by_pool(shops: pd.DataFrame) -> None:
    """Whoever answers one shop of a pool answers all of it; most agents know two pools."""
    skills = table("skills").merge(shops["pool"], left_on="shop_id", right_index=True)
    known = skills.groupby(["agent_id", "pool"]).size()
    size = shops.groupby("pool").size()
    assert (known == known.index.get_level_values("pool").map(size.to_dict())).all()
    pools = known.groupby("agent_id").size()
    assert len(pools) == 60
    assert pools.max() == 4
    assert (pools == 2).sum() > 30


def test_every_pool_has_agents_to_spare_and_is_linked_to_the_others(shops: pd.DataFrame) -> None:
    """At least ten people of full speed know each pool, and shared agents connect all pools."""
    skills = table("skills").merge(shops["pool"], left_on="shop_id", right_index=True)
    full = skills[skills["speed"] == 1.0].groupby("pool")["agent_id"].nunique()
    assert len(full) == shops["pool"].nunique()
    assert full.min() >= 10
    linked = {"P-S01"}
    for _ in full:
        helpers = skills.loc[skills["pool"].isin(linked), "agent_id"]
        linked |= set(skills.loc[skills["agent_id"].isin(helpers), "pool"])
    assert linked == set(full.index)


def test_only_new_agents_are_slow() -> None:
    """Speed is 0.6 to 0.8 for those under four weeks on 2026-11-18, and 1 for all others."""
    skills = table("skills").merge(table("agents"), on="agent_id")
    new = pd.to_datetime(skills["started_on"]) > pd.Timestamp("2026-11-18") - pd.Timedelta(days=28)
    assert skills.loc[new, "speed"].between(0.6, 0.8).all()
    assert new.any()
    assert (skills.loc[~new, "speed"] == 1.0).all()
    assert (skills["since"] >= skills["started_on"]).all()
    assert skills["since"].max() < "2026-11-18"


def test_mean_tenure_is_about_six_months() -> None:
    """Tenure so far averages six months, and the newest began on 2026-11-09."""
    started = pd.to_datetime(table("agents")["started_on"])
    assert 165 < (pd.Timestamp("2026-11-18") - started).dt.days.mean() < 200
    assert started.max() == pd.Timestamp("2026-11-09")


def test_contracts_and_protection() -> None:
    """Fifty work 40 hours, four 44, six part time 24; one is pregnant, two nurse, none at night."""
    agents = table("agents")
    assert agents["hours_per_week"].value_counts().to_dict() == {40: 50, 44: 4, 24: 6}
    assert set(agents.loc[agents["hours_per_week"] == 24, "contract"]) == {"part_time"}
    protected = agents[agents["protected"] != ""]
    assert sorted(protected["protected"]) == ["nursing", "nursing", "pregnant"]
    skills = table("skills")
    assert NIGHT_SHOP not in set(
        skills.loc[skills["agent_id"].isin(protected["agent_id"]), "shop_id"]
    )


def test_absences_and_requests_lie_in_the_planned_week() -> None:
    """Twelve agent-days are absent and twenty wished for, never the same agent twice a day."""
    absences, requests = table("absences"), table("requests")
    assert (len(absences), len(requests)) == (12, 20)
    week = set(PLAN_WEEK.strftime("%Y-%m-%d"))
    assert set(absences["date"]) | set(requests["date"]) <= week
    both = pd.concat([absences, requests])
    assert not both.duplicated(["agent_id", "date"]).any()


def test_published_weeks_respect_weekly_hours(shifts: pd.DataFrame) -> None:
    """Paid hours of a week from Monday never exceed the contract, nor eight a day."""
    weeks = shifts.groupby(["agent_id", shifts["date"].dt.to_period("W-SUN")])
    assert (weeks["paid_h"].sum() <= weeks["hours_per_week"].first()).all()
    assert shifts["paid_h"].max() == 8


def test_published_weeks_have_a_rest_day(shifts: pd.DataFrame) -> None:
    """Nobody works more than six days of a week or six on end, nor twice on one day."""
    assert not shifts.duplicated(["agent_id", "date"]).any()
    weekly = shifts.groupby(["agent_id", shifts["date"].dt.to_period("W-SUN")]).size()
    assert weekly.max() <= 6
    for _, own in shifts.groupby("agent_id"):
        stretch = own["date"].diff().ne(timedelta(days=1)).cumsum()
        assert own.groupby(stretch).size().max() <= 6


def test_published_shifts_leave_eleven_hours_between(shifts: pd.DataFrame) -> None:
    """From the end of a shift to the start of the agent's next lie at least eleven hours."""
    rest = shifts["start"] - shifts.groupby("agent_id")["end"].shift()
    assert rest.min() >= pd.Timedelta(hours=11)


def test_protected_agents_finish_by_ten(shifts: pd.DataFrame) -> None:
    """Pregnant and nursing agents end by 22:00 on the day they start."""
    own = shifts[shifts["protected"] != ""]
    assert own["agent_id"].nunique() == 3
    assert (own["end"] <= own["date"] + pd.Timedelta(hours=22)).all()


def test_published_shifts_start_in_the_day_and_never_before_the_agent(
    shifts: pd.DataFrame,
) -> None:
    """Starts lie between 9 and 16, later only for the shop open past midnight."""
    hour = (shifts["start"] - shifts["date"]).dt.total_seconds() / 3600
    skills = table("skills")
    night = set(skills.loc[skills["shop_id"] == NIGHT_SHOP, "agent_id"])
    assert hour.min() >= 9
    assert hour[~shifts["agent_id"].isin(night)].max() <= 16
    assert (shifts["date"] >= shifts["started_on"]).all()
    assert shifts["agent_id"].nunique() == 60


def test_somebody_is_published_until_two_every_night(shifts: pd.DataFrame) -> None:
    """Every night of the published weeks an agent trained for the late shop works until 02:00."""
    late = shifts[shifts["end"] == shifts["date"] + pd.Timedelta(hours=26)]
    assert set(late["date"]) == set(pd.date_range("2026-11-09", "2026-11-22"))
    skills = table("skills")
    assert set(late["agent_id"]) <= set(skills.loc[skills["shop_id"] == NIGHT_SHOP, "agent_id"])
