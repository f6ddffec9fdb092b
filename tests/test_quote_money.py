"""Costs and prices of a quote: to the cent as reckoned by hand, and never cheaper for more work."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.errors import ScenarioError
from staffing.quote.costs import LINES, Workload, cost
from staffing.quote.prices import (
    MODELS,
    at_volume,
    break_even,
    break_even_commission,
    charges,
    commissionable,
    listed,
    price,
    settled,
)
from staffing.quote.rates import Rates, read_rates
from staffing.scenario import used_defaults
from staffing.words import catalogue

D = Decimal
SEPTEMBER = Workload(
    month=dt.date(2026, 9, 1),
    days=30,
    whole_days=30,
    open_days=30,
    open_h=D(15),
    contacts=D(15600),
    seat_h=D(1200),
    statutory_h=D(40),
    night_h=D(160),
    overtime_h=D(30),
    seats=D(4),
    peak_seats=D(6),
    heads=D(9),
    sales_yuan=D(600_000),
    extra_h=D(60),
)
COSTS = {
    "wage_month": D(4350),
    "shrinkage": D("0.2"),
    "statutory_premium": D(2),
    "overtime_premium": D("0.5"),
    "night_hour": D(3),
    "benefits_share": D("0.3"),
    "board_month": D(500),
    "training_head": D(1000),
    "recruiting_head": D(700),
    "tenure_months": D(6),
    "supervisor_month": D(8000),
    "span": D(12),
    "premises_month": D(400),
    "equipment": D(4800),
    "equipment_months": 36,
}
FREE = {name: D(0) for name in COSTS if name not in ("tenure_months", "span", "equipment_months")}
TERMS = {"minimum_h": D(4), "unit_h": D(1), "margin": D("0.2")}


def rates(costs: dict[str, object] | None = None, **prices: object) -> Rates:
    own = COSTS if costs is None else costs
    return Rates.model_validate({"costs": own, "prices": TERMS | prices})


def quarter(workload: Workload = SEPTEMBER, months: int = 4) -> list[Workload]:
    return [
        dataclasses.replace(workload, month=dt.date(2026, 9 + i, 1), days=n, whole_days=n)
        for i, n in enumerate([30, 31, 30, 31][:months])
    ]


def test_the_cost_is_that_reckoned_by_hand():
    """A month's twelve lines to the cent: 4350 ÷ 174 is 25 yuan an hour."""
    made = cost(SEPTEMBER, rates())
    by_hand = {
        "wages": D("30000.00"),  # 1200 × 25
        "shrinkage": D("7500.00"),  # 30000 × 0.2 ÷ 0.8
        "statutory": D("2000.00"),  # 40 × 25 × 2
        "overtime": D("375.00"),  # 30 × 25 × 0.5
        "night": D("480.00"),  # 160 × 3
        "benefits": D("12106.50"),  # 40355 × 0.3
        "board": D("4500.00"),  # 9 × 500
        "training": D("1500.00"),  # 9 ÷ 6 × 1000
        "management": D("6000.00"),  # 9 ÷ 12 × 8000
        "recruiting": D("1050.00"),  # 9 ÷ 6 × 700
        "premises": D("2400.00"),  # 6 × 400
        "equipment": D("800.00"),  # 6 × 4800 ÷ 36
    }
    assert {line.key: line.amount for line in made.lines} == by_hand
    assert made.total == sum(by_hand.values()) == D("68711.50")


def test_part_of_a_month_costs_its_part():
    """15 of 30 days carry half of what is monthly; hours are their own measure."""
    half = cost(dataclasses.replace(SEPTEMBER, days=15), rates())
    assert half.of("wages") == D("30000.00")
    assert half.of("board") == D("2250.00")
    assert half.of("premises") == D("1200.00")


def test_a_start_is_recruited_and_trained():
    """People found for the start are paid for beside those who replace leavers."""
    made = cost(dataclasses.replace(SEPTEMBER, new_heads=D(9)), rates())
    assert made.of("training") == D("10500.00")
    assert made.of("recruiting") == D("7350.00")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("shrinkage", "shrinkage"),
        ("statutory_premium", "statutory"),
        ("overtime_premium", "overtime"),
        ("night_hour", "night"),
        ("benefits_share", "benefits"),
        ("board_month", "board"),
        ("training_head", "training"),
        ("supervisor_month", "management"),
        ("recruiting_head", "recruiting"),
        ("premises_month", "premises"),
        ("equipment", "equipment"),
    ],
)
def test_each_line_can_be_set_to_nothing(name, line):
    """A rate of 0 takes its line out and leaves all that does not rest on it."""
    made, usual = cost(SEPTEMBER, rates(COSTS | {name: D(0)})), cost(SEPTEMBER, rates())
    assert made.of(line) == 0
    own = {line, "benefits"}  # benefits rest on all that is paid
    assert all(made.of(key) == usual.of(key) for key in LINES if key not in own)


def test_without_any_rate_there_is_no_cost():
    """Wages of 0 take the lines with them that are shares of wages."""
    assert cost(SEPTEMBER, rates(FREE)).total == 0


def test_per_seat_is_that_reckoned_by_hand():
    """4 seats of 15 hours are 7.5 of 8 hours; 60 hours more in promotions."""
    made = price([SEPTEMBER], rates(FREE, seat_month=D(4511), promotion_hour=D("45.5")), "per_seat")
    assert [line.amount for line in made.lines] == [D("33832.50"), D("2730.00")]
    assert made.total == D("36562.50")


def test_commission_is_that_reckoned_by_hand():
    """Base fee of 7.5 seats, and 2 % of 600 000 less 15 % refunds."""
    own = rates(FREE, base_month=D(1500), commission=D("0.02"), refund_share=D("0.15"))
    made = price([SEPTEMBER], own, "commission")
    assert [line.amount for line in made.lines] == [D("11250.00"), D("2700.00"), D("10200.00")]
    assert made.total == D("24150.00")


def test_commission_leaves_out_silent_orders_and_refunds_where_set():
    """Each switch takes its part of the sales out of what commission is paid on."""
    own = {"silent_share": D("0.4"), "refund_share": D("0.1")}
    bases = {
        (silent, refunds): commissionable(
            SEPTEMBER, rates(exclude_silent=silent, exclude_refunds=refunds, **own).prices
        )
        for silent in (True, False)
        for refunds in (True, False)
    }
    assert bases == {
        (True, True): D(540_000),
        (True, False): D(600_000),
        (False, True): D(900_000),
        (False, False): D(1_000_000),
    }


def test_receptions_are_that_reckoned_by_hand():
    """15 600 in 30 days: 6000 in the first tier, 9000 in the second, 600 beyond."""
    made = price([SEPTEMBER], rates(FREE), "per_reception")
    assert [line.amount for line in made.lines] == [D("10500.00"), D("12150.00"), D("600.00")]
    assert made.total == D("23250.00")
    few = price([at_volume(SEPTEMBER, D(333))], rates(FREE), "per_reception")
    assert [line.amount for line in few.lines] == [D("582.75")]


def test_hybrid_is_that_reckoned_by_hand():
    """7.5 seats of 3800 include 14 625 receptions; the 975 beyond cost 0.90 each."""
    made = price([SEPTEMBER], rates(FREE), "hybrid")
    assert [line.amount for line in made.lines] == [D("28500.00"), D("877.50")]
    assert made.total == D("29377.50")


@pytest.mark.parametrize(
    ("hours", "days", "by_hand"),
    [
        (D(3), 2, D("280.00")),  # 4 hours at least: 4 × 35 × 2 days
        (D("5.5"), 2, D("420.00")),  # 6 begun hours: 6 × 35 × 2
        (D(8), 1, D("260.00")),  # a day is cheaper than 8 × 35 = 280
        (D(15), 8, D("4160.00")),  # two turns of 8 hours: 2 × 260 × 8
    ],
)
def test_a_short_time_is_that_reckoned_by_hand(hours, days, by_hand):
    """Hours are billed in steps with a minimum, by the day where that is cheaper."""
    short = dataclasses.replace(SEPTEMBER, seats=D(1), open_h=hours, open_days=days)
    assert price([short], rates(FREE), "short_term").total == by_hand


def test_a_price_that_earns_too_little_is_raised():
    """68 711.50 ÷ 0.8 is 85 889.38, so 85 890: the seat rises to the yuan that reaches it."""
    own = rates(seat_month=D(4500), promotion_hour=D(0))
    made = price([SEPTEMBER], own, "per_seat")
    assert made.tariff.seat == 11452  # 85 890 ÷ 7.5
    assert made.total == D("85890.00")
    assert made.adjustment is None
    assert made.margin >= D("0.2")
    risky = price([SEPTEMBER], rates(risk_per_reception=D("0.1")), "per_reception")
    assert risky.total == D("94479.00")  # 85 889.375 × 1.1 = 94 478.31
    assert risky.adjustment.amount < 0


@pytest.mark.parametrize("model", MODELS)
def test_no_model_earns_less_than_the_margin(model):
    """Whatever is listed, the total covers cost ÷ (1 − margin) × (1 + premium for risk)."""
    made = price(quarter(), rates(), model)
    assert made.total >= made.must_earn >= made.cost / D("0.8")


def test_what_is_listed_may_earn_more():
    """A dear list stays as it is."""
    made = price([SEPTEMBER], rates(seat_month=D(20000)), "per_seat")
    assert made.tariff.seat == 20000
    assert made.total == D(150_000) + 60 * D(45)


@pytest.mark.parametrize("model", MODELS)
def test_instalments_are_quarterly_and_add_up(model):
    """Four months are two payments, due on the first days of their months."""
    made = price(quarter(), rates(), model)
    assert [each.due for each in made.instalments] == [dt.date(2026, 9, 1), dt.date(2026, 12, 1)]
    assert [each.months for each in made.instalments] == [3, 1]
    assert sum(each.amount for each in made.instalments) == made.total


@pytest.mark.parametrize(("one", "other"), list(combinations(MODELS, 2)))
def test_models_change_places_at_their_break_even(one, other):
    """One reception less and the other model is cheaper; without one, it never is."""
    own = rates(FREE)
    tariffs = {model: settled([SEPTEMBER], own, model)[0] for model in (one, other)}

    def difference(contacts: D) -> D:
        at = at_volume(SEPTEMBER, contacts)
        sums = [
            sum(line.amount for line in charges(at, own.prices, tariffs[model], model))
            for model in (one, other)
        ]
        return sums[0] - sums[1]

    found = break_even(own, one, other, SEPTEMBER)
    if found is None:
        signs = {difference(D(n)) > 0 for n in range(1, 20 * 15600, 977)}
        assert len(signs) == 1
        return
    assert difference(found) * difference(found - 2) < 0
    assert difference(found) * difference(D(1)) < 0


def test_some_models_do_change_places():
    """Seats against receptions as listed: 36 450 yuan are reached at 28 800 receptions."""
    found = break_even(rates(FREE, seat_month=D(4500)), "per_seat", "per_reception", SEPTEMBER)
    # 33 750 + 2700 = 36 450 = 10 500 + 12 150 + 13 800: 13 800 beyond the 15 000 of two tiers
    assert found == 28_801
    assert break_even(rates(FREE), "per_seat", "short_term", SEPTEMBER) is None


def test_the_commission_that_just_covers_the_cost():
    """68 711.50 less base fees of 13 950 over 510 000 of sales is 10.74 %."""
    found = break_even_commission([SEPTEMBER], rates(base_month=D(1500), promotion_hour=D(45)))
    assert found.quantize(D("0.0001")) == D("0.1074")
    nothing = dataclasses.replace(SEPTEMBER, sales_yuan=D(0))
    assert break_even_commission([nothing], rates()) is None


hours = st.decimals(0, 5000, places=2)
loads = st.builds(
    Workload,
    month=st.just(dt.date(2026, 9, 1)),
    days=st.integers(1, 30),
    whole_days=st.just(30),
    open_days=st.integers(1, 30),
    open_h=st.sampled_from([D(3), D("7.5"), D(8), D(15), D(24)]),
    contacts=st.decimals(0, 100_000, places=1),
    seat_h=hours,
    statutory_h=hours,
    night_h=hours,
    overtime_h=hours,
    extra_h=hours,
    seats=st.integers(1, 40).map(D),
    peak_seats=st.integers(0, 80).map(D),
    heads=st.decimals(0, 200, places=2),
    sales_yuan=st.decimals(0, 10_000_000, places=2),
)
GROWING = (
    "contacts",
    "seat_h",
    "statutory_h",
    "night_h",
    "overtime_h",
    "extra_h",
    "seats",
    "peak_seats",
    "heads",
    "sales_yuan",
)


@given(loads, st.sampled_from(GROWING), st.decimals("0.01", 500, places=2), st.sampled_from(MODELS))
def test_more_work_is_never_cheaper(load, name, more, model):
    """More receptions, hours, seats, heads or sales lower neither the cost nor a price."""
    grown = dataclasses.replace(load, **{name: getattr(load, name) + more})
    own = Rates()
    assert cost(grown, own).total >= cost(load, own).total
    assert price([grown], own, model).total >= price([load], own, model).total


@given(st.lists(loads, min_size=1, max_size=13), st.sampled_from(MODELS))
def test_totals_are_sums_of_their_lines(workloads, model):
    """Lines make months, months and the adjustment make the contract, so do instalments."""
    made = price(workloads, Rates(), model)
    assert made.total == sum(line.amount for line in made.lines)
    assert made.total == sum(each.amount for each in made.instalments)
    assert made.cost == sum(line.amount for each in workloads for line in cost(each, Rates()).lines)
    assert all(line.amount == line.amount.quantize(D("0.01")) for line in made.lines)
    assert made.total >= made.must_earn


def test_every_rate_is_told_with_its_origin():
    """Each default has an origin, and what no source was found for says so."""
    told = list(used_defaults(Rates()))
    assert len(told) > 35
    assert all(origin for _, _, origin in told)
    assert {f"cost_line.{key}" for key in LINES} <= set(catalogue())
    assert {f"cost_basis.{key}" for key in LINES} <= set(catalogue())
    assert {f"model.{model}" for model in MODELS} <= set(catalogue())


def test_rates_are_read_as_they_are_written(tmp_path: Path):
    """0.1 in the file is one tenth in the reckoning."""
    file = tmp_path / "rates.toml"
    file.write_text("[costs]\nwage_month = 3999.99\n[prices]\nmargin = 0.1\n", "utf-8")
    found = read_rates(file)
    assert found.costs.wage_month == D("3999.99")
    assert found.prices.margin == D("0.1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[costs]\nwage_month = -1", "line 2, costs.wage_month: '-1' must be at least 0"),
        ("[costs]\nwages = 1", "costs.wages"),
        ('[costs]\nwage_month = "x"', "must be a number"),
        ("[costs]\nwage_month = true", "must be a number"),
        ("[costs]\nwage_month = nan", "must be a number"),
        ("[prices]\nmargin = 1.0", "prices.margin"),
        ("[prices]\ntier_upto = [500, 200]", "that rise"),
        ("[prices]\ntier_yuan = [1.0]", "must be 3 prices"),
        ("[prices]\nhybrid_seat_month = 100", "a further seat would make the whole cheaper"),
        ("[prices]\nexclude_silent = 1", "must be true or false"),
        ("[costs\n", "line 1"),
    ],
)
def test_wrong_rates_are_told(tmp_path: Path, text, said):
    """Each fault of a file of rates names line, key and what is allowed."""
    file = tmp_path / "rates.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_rates(file)
    assert said in str(caught.value)


def test_no_file_of_rates_is_told(tmp_path: Path):
    """A path that leads nowhere is a fault, not a traceback."""
    with pytest.raises(ScenarioError) as caught:
        read_rates(tmp_path / "none.toml")
    assert caught.value.faults[0].code == "no_file"


def test_listed_prices_are_those_of_the_file():
    """The tariff of each model has the listed unit prices and no other."""
    prices = Rates().prices
    assert listed(prices, "hybrid").included == 65
    assert listed(prices, "short_term").day == 260
    assert listed(prices, "per_seat").commission == 0
