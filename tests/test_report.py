"""Days that are over: forecast against actual, seats against roster, drift, close-outs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from types import MappingProxyType

import numpy as np
import pandas as pd
import pytest

from staffing.errors import ForecastError
from staffing.forecast import Forecast, forecast, history
from staffing.forecast.backtest import Backtest
from staffing.plan import Plan
from staffing.publish.closed_out import settlement, told_close_out
from staffing.publish.daily import told_daily
from staffing.publish.reported import publish_report
from staffing.report import close_out, daily, published
from staffing.report.daily import Daily
from staffing.report.days import as_it_came, orders
from staffing.report.drift import DRIFT_DAYS, drifting
from staffing.roster.recount import recount
from staffing.words import say
from tests.tiny import START, tiny_plan

ONE_WEEK = pd.Timedelta(days=7)
MOMENTS = ("date", "shift_start", "shift_end", "start", "end")
DAY = START - dt.timedelta(days=3)
"""A Friday of the history."""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    plan = tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")
    quick = plan.scenario.forecast.model_copy(update={"origins": 2})
    return dataclasses.replace(plan, scenario=plan.scenario.model_copy(update={"forecast": quick}))


@pytest.fixture(scope="module")
def roster(tiny: Plan) -> pd.DataFrame:
    """The plan's roster, as if it had been that of the last week of the history."""
    table = tiny.roster.assignments
    return published([table.assign(**{name: table[name] - ONE_WEEK for name in MOMENTS})])


@pytest.fixture(scope="module")
def friday(tiny: Plan, roster: pd.DataFrame) -> Daily:
    return daily(tiny.workspace, tiny.scenario, history(tiny.workspace), DAY, None, roster)


def with_history(plan: Plan, table: pd.DataFrame):
    """Return the plan's workspace with another history."""
    tables = MappingProxyType({**plan.workspace.tables, "history": table})
    return dataclasses.replace(plan.workspace, tables=tables)


def came_on(plan: Plan, shop: str, day: dt.date) -> float:
    """Return the contacts of a service day, added up from the rows of the history."""
    rows = plan.workspace.history
    start, end = pd.Timestamp(day), pd.Timestamp(day) + pd.Timedelta(hours=25)
    own = rows[(rows["shop_id"] == shop) & (rows["start"] >= start) & (rows["start"] < end)]
    past_midnight = 1 if shop == "S3" else 0
    early = own["start"] < start + pd.Timedelta(hours=past_midnight)
    return float(own.loc[~early, "contacts"].sum())


# A day.


def test_actual_contacts_are_those_of_the_service_day(tiny, friday):
    """Contacts after midnight belong to the day on which the shop opened; totals are sums."""
    table = friday.shops.set_index("shop_id")["actual"]
    assert dict(table) == {shop: came_on(tiny, shop, DAY) for shop in ("S1", "S2", "S3")}
    told = told_daily(friday)
    assert told.record["contacts"] == table.sum()
    assert told.tables["shops"].rows[0][4] == table.sum()


def test_the_forecast_has_not_seen_the_day(tiny, roster, friday):
    """Three times the contacts on the day change what is said of it, not what was forecast."""
    rows = tiny.workspace.history
    after = rows["start"] >= pd.Timestamp(DAY) + pd.Timedelta(hours=2)
    busy = rows.assign(contacts=rows["contacts"].mask(after, rows["contacts"] * 3))
    other = with_history(tiny, busy)
    made = daily(other, tiny.scenario, history(other), DAY, None, roster)
    assert not made.issued
    assert made.known_until == DAY - dt.timedelta(days=1)
    pd.testing.assert_series_equal(made.shops["forecast"], friday.shops["forecast"])
    assert made.shops["actual"].sum() > 2.5 * friday.shops["actual"].sum()
    assert (made.shops["inside"] == 0).all()
    assert made.wape > friday.wape
    assert made.pools["service_level"].mean() < friday.pools["service_level"].mean()
    assert made.pools["required_h"].sum() > friday.pools["required_h"].sum()


def test_the_latest_forecast_that_was_published_is_judged(tiny, roster):
    """Of those kept, the last one before the day; one that has seen it is nobody's forecast."""
    day = pd.Timestamp(DAY)
    kept = pd.DataFrame(
        {
            "known_until": [day - pd.Timedelta(days=n) for n in (9, 2, 0) for _ in range(3)],
            "scenario": "tiny",
            "shop_id": ["S1", "S2", "S3"] * 3,
            "date": day,
            "mean": [1.0, 2.0, 3.0, 10.0, 20.0, 30.0, 100.0, 200.0, 300.0],
            "q10": 0.0,
            "q90": 1e6,
        }
    )
    made = daily(tiny.workspace, tiny.scenario, history(tiny.workspace), DAY, kept, roster)
    assert made.issued
    assert made.known_until == DAY - dt.timedelta(days=2)
    assert list(made.shops["forecast"]) == [10.0, 20.0, 30.0]
    assert (made.shops["inside"] == 1).all()
    miss = (made.shops["forecast"] - made.shops["actual"]).abs().sum()
    assert made.wape == pytest.approx(miss / made.shops["actual"].sum())
    other = kept.assign(date=day + pd.Timedelta(days=1))
    again = daily(tiny.workspace, tiny.scenario, history(tiny.workspace), DAY, other, roster)
    assert not again.issued


def test_seats_are_those_of_the_roster(tiny, roster, friday):
    """Rostered seat-hours are counted from the table; so are the people and their hours."""
    here = roster[roster["date"] == pd.Timestamp(DAY)]
    horizon = tiny.scenario.horizon.model_copy(update={"start": DAY, "days": 1})
    scenario = tiny.scenario.model_copy(update={"horizon": horizon})
    counted = recount(tiny.workspace, scenario, here).pools.set_index("pool")["seat_h"]
    found = friday.pools.set_index("pool")["rostered_h"]
    assert dict(found) == pytest.approx({pool: counted[pool] for pool in found.index})
    assert set(friday.agents["agent_id"]) == set(here["agent_id"])
    assert friday.agents["paid_h"].sum() == pytest.approx(here["paid_h"].sum())


def test_rates_behind_counts_add_up_to_them(tiny):
    """A day's rates are its contacts, and less jumpy than the counts."""
    past = history(tiny.workspace)
    horizon = tiny.scenario.horizon.model_copy(update={"start": DAY, "days": 1})
    made = forecast(tiny.workspace, tiny.scenario.model_copy(update={"horizon": horizon}), past)
    came = as_it_came(made, past)
    of_day = came.table.groupby("shop_id")["mean"].sum()
    assert dict(of_day) == pytest.approx({s: came_on(tiny, s, DAY) for s in ("S1", "S2", "S3")})
    at = past.days.get_loc(pd.Timestamp(DAY))
    counts = past.counts[0, at][~np.isnan(past.counts[0, at])]
    rates = came.table.loc[came.table["shop_id"] == "S1", "mean"].to_numpy()
    expected = made.table.loc[made.table["shop_id"] == "S1", "mean"].to_numpy()
    assert np.abs(rates - expected).sum() < np.abs(counts - expected).sum()


def test_without_a_roster_or_its_pools_the_report_says_so(tiny, roster):
    """Forecast and actual are told all the same; whole shifts tell who was on duty."""
    past = history(tiny.workspace)
    none = daily(tiny.workspace, tiny.scenario, past, DAY, None, published([]))
    assert none.agents.empty
    assert say("zh", "report.no_roster") in dict(map(reversed, told_daily(none).verdict))
    shifts = pd.DataFrame(
        {
            "agent_id": ["A1"],
            "date": pd.Timestamp(DAY),
            "start": pd.Timestamp(f"{DAY} 09:00"),
            "end": pd.Timestamp(f"{DAY} 18:00"),
        }
    )
    bare = daily(tiny.workspace, tiny.scenario, past, DAY, None, published([shifts]))
    assert bare.pools.empty
    assert list(bare.agents["paid_h"]) == [8.0]
    told = dict(map(reversed, told_daily(bare).verdict))
    assert say("zh", "report.no_pools", people=1) in told


def test_a_day_is_told_by_one_roster(roster):
    """The first source that knows a day tells it alone."""
    day = pd.Timestamp(DAY)
    other = roster[roster["date"] == day].head(1).assign(agent_id="A9", pool="P-other")
    both = published([other, roster])
    assert list(both.loc[both["date"] == day, "agent_id"]) == ["A9"]
    assert set(both["date"]) == set(roster["date"])


def test_orders_are_told_where_they_are_given(tiny, roster):
    """A column orders gives each service day's sum and the conversion."""
    rows = tiny.workspace.history
    told = rows["contacts"].where(rows["shop_id"] == "S3")
    workspace = with_history(tiny, rows.assign(orders=told))
    past = history(workspace)
    sold = orders(workspace, past)
    days = [pd.Timestamp(DAY - dt.timedelta(days=n)) for n in range(7)]
    assert [sold["S3", day] for day in days] == [came_on(tiny, "S3", day.date()) for day in days]
    made = daily(workspace, tiny.scenario, past, DAY, None, roster)
    table = made.shops.set_index("shop_id")
    assert table.loc["S3", "conversion"] == 1.0
    assert table.loc[["S1", "S2"], "orders"].isna().all()


@pytest.mark.parametrize("day", [START, START - dt.timedelta(days=400)])
def test_a_day_that_the_history_does_not_know_is_refused(tiny, roster, day):
    """The fault names the days that are known."""
    with pytest.raises(ForecastError) as caught:
        daily(tiny.workspace, tiny.scenario, history(tiny.workspace), day, None, roster)
    (fault,) = caught.value.faults
    assert fault.code == "day_not_come"
    assert f"{START - dt.timedelta(days=1)}" in fault.line("en")


def test_a_history_that_stops_at_noon_is_told(tiny, roster):
    """The last day may not be whole, and the report says where the history ends."""
    rows = tiny.workspace.history
    cut = with_history(tiny, rows[rows["start"] < pd.Timestamp(f"{DAY} 12:00")])
    made = daily(cut, tiny.scenario, history(cut), DAY, None, roster)
    assert made.history_ends == dt.datetime.combine(DAY, dt.time(11, 30))
    assert say("zh", "report.ends", time=f"{DAY} 11:30") in dict(
        map(reversed, told_daily(made).verdict)
    )


# Drift.


def expected(basis, shops: int, mean: float = 200.0) -> Forecast:
    """Return a week's forecast of shops alike, with the doubt of a plan's."""
    days = pd.date_range("2026-11-02", periods=DRIFT_DAYS)
    rows = pd.MultiIndex.from_product([[f"S{i}" for i in range(shops)], days])
    daily = rows.to_frame(index=False, name=["shop_id", "date"])
    daily = daily.assign(mean=mean, variance=mean + (0.15 * mean) ** 2, event=False, odd=False)
    return Forecast(table=daily, daily=daily, backtest=Backtest(table=daily), basis=basis)


def drawn(made: Forecast, rng: np.random.Generator, factor: float = 1.0) -> pd.Series:
    """Return contacts of a week as the forecast doubts them, a shop's errors tied."""
    ties = made.basis.spread.ties
    shops = made.daily["shop_id"].nunique()
    tied = np.sqrt(ties["shop"] + ties["all"])
    common = np.repeat(rng.standard_normal(shops), DRIFT_DAYS)
    own = rng.standard_normal(shops * DRIFT_DAYS)
    error = tied * common + np.sqrt(1 - tied**2) * own
    mean, variance = made.daily["mean"].to_numpy(), made.daily["variance"].to_numpy()
    shape = (variance - mean) / mean**2
    rate = mean * factor * np.exp(np.sqrt(np.log1p(shape)) * error - np.log1p(shape) / 2)
    return pd.Series(rng.poisson(rate).astype("float64"), made.daily.index)


@pytest.fixture(scope="module")
def calm(tiny: Plan):
    """The basis of the tiny forecast, its intervals not stretched."""
    basis = tiny.forecast.basis
    return dataclasses.replace(basis, spread=dataclasses.replace(basis.spread, stretch=(1.0, 1.0)))


def test_a_report_seldom_warns_while_nothing_has_changed(calm):
    """Over 200 weeks of 20 shops about one report in twenty has a warning, as the rule says."""
    made, rng = expected(calm, 20), np.random.default_rng(3)
    warned = np.mean([bool(drifting(made, drawn(made, rng))) for _ in range(200)])
    assert warned < 0.09


@pytest.mark.parametrize("factor", [0.4, 2.0])
def test_a_shop_that_has_changed_is_named(calm, factor):
    """Twice the contacts for a week, or less than half of them, are a warning, and only hers."""
    made, rng = expected(calm, 20), np.random.default_rng(5)
    came = drawn(made, rng)
    changed = made.daily["shop_id"] == "S7"
    came = came.mask(changed, made.daily["mean"] * factor)
    (found,) = drifting(made, came)
    assert found.shop_id == "S7"
    assert np.sign(found.z) == np.sign(factor - 1)
    assert found.share == pytest.approx(factor - 1)
    assert abs(found.z) > found.limit


def test_one_odd_day_is_no_drift(calm):
    """A single day at ten times its contacts does not warn of the week."""
    made = expected(calm, 20)
    came = made.daily["mean"].copy()
    came.iloc[3] *= 10
    assert drifting(made, came) == []


def test_a_drift_reaches_the_report(tiny, roster):
    """A week at three times the contacts is told by shop, in the sentences and the table."""
    rows = tiny.workspace.history
    late = rows["start"] >= pd.Timestamp(DAY - dt.timedelta(days=6))
    busy = rows["contacts"].mask(late & (rows["shop_id"] == "S1"), rows["contacts"] * 3)
    workspace = with_history(tiny, rows.assign(contacts=busy))
    made = daily(workspace, tiny.scenario, history(workspace), DAY, None, roster)
    assert [each.shop_id for each in made.drifting] == ["S1"]
    told = told_daily(made)
    assert len(told.tables["drift"].rows) == 1
    assert any("S1" in sentence and not good for good, sentence in told.verdict)


# A contract.


@pytest.fixture(scope="module")
def contract(tiny: Plan, roster: pd.DataFrame):
    span = (START - dt.timedelta(days=14), START + dt.timedelta(days=1))
    past = history(tiny.workspace)
    return close_out(tiny.workspace, tiny.scenario, past, "S1", span, roster, 2.0)


def test_a_contract_that_is_not_over_is_not_closed_out(tiny, roster):
    """A last day far ahead is refused at once, and not forecast week by week."""
    past, begun = history(tiny.workspace), START - dt.timedelta(days=14)
    with pytest.raises(ForecastError) as caught:
        close_out(tiny.workspace, tiny.scenario, past, "S1", (begun, dt.date.max), roster, 2.0)
    assert [fault.code for fault in caught.value.faults] == ["day_not_come"]


def test_without_any_roster_nothing_is_said_to_be_kept(tiny, roster):
    """Days short of what was agreed, or of the level, are unknown then, not none."""
    span = (START - dt.timedelta(days=14), START - dt.timedelta(days=10))
    none = roster.iloc[:0]
    made = close_out(tiny.workspace, tiny.scenario, history(tiny.workspace), "S1", span, none, 2.0)
    settled = settlement(made)
    assert np.isnan(settled["short_days"])
    assert np.isnan(settled["missed_days"])
    assert not any(bad for *_, bad in told_close_out(made).tiles)


def test_a_contract_is_the_sum_of_its_days(tiny, contract):
    """Contacts by day are the history's; months and the total are sums of days."""
    days = contract.days
    assert len(days) == 16
    known = days.dropna(subset=["contacts"])
    assert [came_on(tiny, "S1", day.date()) for day in known["date"]] == list(known["contacts"])
    assert days["contacts"].isna().sum() == 2
    for name in ("contacts", "agreed_h", "delivered_h"):
        assert contract.months[name].sum() == pytest.approx(days[name].sum())
        assert contract.total[name] == pytest.approx(days[name].sum())
    miss = (known["forecast"] - known["contacts"]).abs().sum()
    assert contract.total["wape"] == pytest.approx(miss / known["contacts"].sum())
    assert (days["agreed_h"] == 2.0 * 13).all()


def test_a_shared_pool_is_parted_among_its_shops(tiny, roster, contract):
    """The hours of the shops of a pool add up to those that the pool was rostered."""
    past, span = history(tiny.workspace), (contract.first, contract.last)
    other = close_out(tiny.workspace, tiny.scenario, past, "S2", span, roster)
    assert contract.shared
    both = contract.days["delivered_h"] + other.days["delivered_h"]
    day = daily(tiny.workspace, tiny.scenario, past, DAY, None, roster)
    of_pool = day.pools.set_index("pool").loc["P-day", "rostered_h"]
    at = contract.days["date"] == pd.Timestamp(DAY)
    assert both[at].iloc[0] == pytest.approx(of_pool)
    here = roster[(roster["pool"] == "P-day") & (roster["activity"] == "work")]
    here = here[here["date"].isin(contract.days["date"])]
    hours = (here["end"] - here["start"]).dt.total_seconds().sum() / 3600
    assert contract.agents["hours"].sum() + other.agents["hours"].sum() == pytest.approx(hours)


def test_what_to_settle_follows_from_the_days(contract):
    """Missing hours only where the roster is known; days without history or roster are counted."""
    settled = settlement(contract)
    days = contract.days
    known = days.dropna(subset=["delivered_h"])
    assert settled["missing_h"] == pytest.approx(
        sum(max(a - b, 0) for a, b in zip(known["agreed_h"], known["delivered_h"], strict=True))
    )
    assert settled["unknown_days"] == 2
    assert settled["unrostered_days"] == len(days) - len(known) == 9
    assert settled["short_days"] == (known["delivered_h"] < known["agreed_h"]).sum()
    statements = [sentence for _, sentence in told_close_out(contract).verdict]
    assert say("zh", "report.closed_unknown_days", days=2) in statements


# Written.


def test_files_are_whole_inert_and_the_same_again(friday, contract, tmp_path):
    """Page, workbook, tables and figures; markup of a shop is text; the same bytes again."""
    for name, told in (("day", told_daily(friday)), ("contract", told_close_out(contract))):
        paths = publish_report(told, tmp_path / name)
        first = {path.name: path.read_bytes() for path in paths}
        assert {"report.html", "report.xlsx", "report.json"} < set(first)
        again = publish_report(told, tmp_path / name)
        assert {path.name: path.read_bytes() for path in again} == first
        page = first["report.html"].decode()
        assert "<script" not in page
        assert "default-src 'none'" in page
        assert json.loads(first["report.json"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in (tmp_path / "day/report.html").read_text()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_reports_speak_both_languages(friday, contract, lang):
    """Titles, sentences and headings are in the scenario's language."""
    scenario = friday.scenario.model_copy(update={"lang": lang})
    for told in (
        told_daily(dataclasses.replace(friday, scenario=scenario)),
        told_close_out(dataclasses.replace(contract, scenario=scenario)),
    ):
        text = "".join([told.span, *told.notes.values()])
        text += "".join(column.label for each in told.tables.values() for column in each.columns)
        assert any("\u4e00" <= each <= "\u9fff" for each in text) == (lang == "zh")
