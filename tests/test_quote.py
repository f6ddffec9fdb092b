"""The estimate of a prospect: sensible, explained, monotone, and narrower the more is known."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import cli
from staffing.commands import quotes
from staffing.errors import InputError
from staffing.quote.advice import STEPS, advise, burden_yuan, shared_seat
from staffing.quote.estimate import LEVELS, contacts_on, estimate, refuse_open
from staffing.quote.known import KINDS, PARTS, known, part_of, usual
from staffing.quote.priors import category_of, prior, table
from staffing.seats import erlang
from staffing.words import LANGS
from tests.prospects import FACTS, ROOT, demo, from_demo, from_priors, prospect, seat_h

TYPED = [part for name, value in FACTS.items() for part in (f"--{name}", f"{value}")]
QUICK = settings(max_examples=10, deadline=None, derandomize=True)
VOLUMES = st.floats(1, 4000)
TERMS = st.fixed_dictionaries(
    {
        "contacts": VOLUMES,
        "channel": st.sampled_from(["chat", "phone"]),
        "dedicated": st.booleans(),
        "promotions": st.sampled_from(["none", "quarterly", "weekly"]),
        "daily_cap": st.sampled_from([None, 40.0, 120.0]),
        "service": st.sampled_from(["both", "pre_sales", "simple_after_sales"]),
    }
)


def told(terms: dict[str, Any]) -> dict[str, Any]:
    """The terms that are told."""
    return {name: value for name, value in terms.items() if value is not None}


# --- sensible ------------------------------------------------------------------------------------


def test_the_seed_case_needs_what_its_load_needs() -> None:
    """520 contacts a day of 400 s at three chats: within 3 and 6 seats at the peak, P50 to P90."""
    ordinary = from_demo().ordinary
    assert 3 <= ordinary.seats("p50") <= ordinary.seats("p80") <= ordinary.seats("p90") <= 6
    assert ordinary.table["contacts"].sum() == pytest.approx(520, rel=0.1)
    peak = next(kind for kind in from_demo().kinds if kind.name == "peak")
    assert peak.seats() > ordinary.seats()


def test_a_small_shop_has_one_seat_and_is_told_to_share() -> None:
    """Twelve contacts a day: a seat of its own is idle, and the share of one is named."""
    made = from_demo(contacts=12, agents=1)
    assert made.ordinary.seats("p90") == 1
    advice = advise(made)
    assert [note.key for note in advice.notes if note.key == "advice.idle"]
    assert 0.02 < advice.shared < 0.2
    shared = from_demo(contacts=12, agents=1, dedicated=False)
    assert 0 < shared.ordinary.seats("p80") < 0.5
    assert seat_h(shared) < seat_h(made) / 2


def test_the_prior_alone_gives_the_contacts_told() -> None:
    """Without a workspace an ordinary day has the contacts that the merchant told."""
    assert from_priors().ordinary.table["contacts"].sum() == pytest.approx(520)


def test_seats_are_those_of_the_projects_erlang() -> None:
    """Each half hour keeps the service level, and one seat fewer breaks level or occupancy."""
    made = from_priors(daily_cap=5000.0, promotions="none")
    rows = made.ordinary.table
    load = rows["p80"].to_numpy() * made.aht_s / 1800
    seats = rows["seats_p80"].to_numpy()

    def sound(number: np.ndarray) -> np.ndarray:
        level = erlang.chat_service_level(number, load, made.aht_s, made.within_s, made.concurrency)
        busy = load / np.maximum(np.floor(number * made.concurrency), 1)
        return (level >= made.level) & (busy <= made.settings.max_occupancy)

    assert sound(seats).all()
    more = seats > 1
    assert more.any()
    assert not sound(seats - 1)[more].any()


def test_one_long_seat_is_between_two_and_three_heads() -> None:
    """A 15-hour seat is two people on a day: 2.33 heads with a rest day in seven, 2.8 with two."""
    heads = from_priors(contacts=12).heads
    assert heads["per_seat_low"] == pytest.approx(7 / 3)
    assert heads["per_seat_high"] == pytest.approx(2.8)
    assert heads["p80"] == pytest.approx(2.8)
    assert from_priors(contacts=12, closes="17:00").heads["per_seat_high"] == pytest.approx(1.4)


def test_quantiles_do_not_cross() -> None:
    """P50, P80 and P90 rise, in contacts and in seats, on every kind of day."""
    for kind in from_demo().kinds:
        rows = kind.table
        for low, high in pairwise(LEVELS):
            assert (rows[low] <= rows[high]).all()
            assert (rows[f"seats_{low}"] <= rows[f"seats_{high}"]).all()


def test_the_days_of_a_month_are_all_of_some_kind() -> None:
    """Kinds of day share out the served days of a mean month."""
    for often in ("none", "yearly", "quarterly", "monthly", "weekly"):
        kinds = from_priors(promotions=often).kinds
        assert sum(kind.days_per_month for kind in kinds) == pytest.approx(365 / 12)
    assert [kind.name for kind in from_priors(promotions="none").kinds] == ["ordinary"]


# --- monotone ------------------------------------------------------------------------------------


@QUICK
@given(TERMS, st.floats(1, 3))
def test_more_contacts_never_take_fewer_seats(terms: dict[str, Any], more: float) -> None:
    """Seat-hours of all kinds of day rise with the volume."""
    few = from_priors(**told(terms))
    many = from_priors(**told({**terms, "contacts": terms["contacts"] * more}))
    assert seat_h(few) <= seat_h(many) + 1e-9
    assert few.heads["p80"] <= many.heads["p80"] + 1e-9


@QUICK
@given(TERMS, st.floats(0.3, 0.98), st.floats(0.3, 0.98), st.floats(10, 600), st.floats(10, 600))
def test_a_tighter_target_never_takes_fewer_seats(
    terms: dict[str, Any], one: float, two: float, soon: float, late: float
) -> None:
    """Higher level or shorter threshold: no fewer seat-hours."""
    eased = {"target_level": min(one, two), "answer_within_s": max(soon, late)}
    tight = {"target_level": max(one, two), "answer_within_s": min(soon, late)}
    assert seat_h(from_priors(**told(terms), **eased)) <= seat_h(
        from_priors(**told(terms), **tight)
    )


@QUICK
@given(TERMS, st.floats(10, 300), st.floats(10, 300))
def test_a_higher_cap_never_takes_more_seats(terms: dict[str, Any], one: float, two: float) -> None:
    """Raising the daily cap lowers seats or leaves them."""
    low = from_priors(**told({**terms, "daily_cap": min(one, two)}))
    high = from_priors(**told({**terms, "daily_cap": max(one, two)}))
    assert seat_h(high) <= seat_h(low)


@QUICK
@given(VOLUMES, st.integers(1, 8), st.integers(0, 4), st.sampled_from([None, 200.0]))
def test_more_chats_at_once_never_take_more_seats(
    contacts: float, held: int, more: int, aht_s: float | None
) -> None:
    """Raising the cap on chats at once lowers the ordinary day's seats or leaves them."""
    terms = told({"contacts": contacts, "aht_s": aht_s, "promotions": "none"})
    few = from_priors(**terms, concurrency=held)
    many = from_priors(**terms, concurrency=held + more)
    rows = few.ordinary.table["seats_p80"], many.ordinary.table["seats_p80"]
    assert rows[1].sum() <= rows[0].sum()


@QUICK
@given(TERMS, st.floats(0, 0.9), st.floats(0, 0.9))
def test_a_bot_never_asks_for_more_seats(terms: dict[str, Any], one: float, two: float) -> None:
    """The more a bot settles, the fewer seats."""
    little = from_priors(**told(terms), bot_deflection=min(one, two))
    much = from_priors(**told(terms), bot_deflection=max(one, two))
    assert seat_h(much) <= seat_h(little)


# --- every term counts ---------------------------------------------------------------------------

CHANGES: list[dict[str, Any]] = [
    {"category": "small_appliances"},
    {"promotions": "weekly"},
    {"platform": "JD"},
    {"goods": "virtual"},
    {"service": "pre_sales"},
    {"service": "simple_after_sales"},
    {"service": "full_after_sales"},
    {"channel": "phone"},
    {"opens": "18:00", "closes": "02:00"},
    {"opens": "00:00", "closes": "24:00"},
    {"weekdays": ["mon", "tue", "wed"]},
    {"short": "weekends"},
    {"short": "meals"},
    {"short": "hours", "opens": "18:00", "closes": "21:00"},
    {"start": "2026-12-10"},
    {"months": 3},
    {"days": 2},
    {"target_level": 0.99},
    {"answer_within_s": 10.0},
    {"dedicated": False},
    {"priority": "vip"},
    {"bot_deflection": 0.4},
    {"handover": [0.3, 0.6, 1.0]},
    {"ramp_days": 30},
    {"training_days": 20},
    {"aht_s": 200.0},
    {"concurrency": 1},
    {"daily_cap": 40.0},
]


def figures(**more: Any) -> dict[str, object]:
    """What a prospect's terms may change."""
    made = from_demo(**more)
    day = contacts_on(made, made.start)
    rows = made.ordinary.table
    return {
        "contacts": rows["contacts"].sum(),
        "seats": [round(seat_h(made, level), 6) for level in LEVELS],
        "level": rows["service_level"].tolist(),
        "heads": dict(made.heads),
        "days": [kind.days_per_month for kind in made.kinds],
        "first": (made.start, made.end, day["contacts"].sum(), made.training_days),
    }


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: json.dumps(change)[:40])
def test_every_term_changes_a_number(change: dict[str, Any]) -> None:
    """Each field of the terms influences at least one computed number."""
    assert figures(**change) != figures()


def test_sales_facts_change_the_advice() -> None:
    """Conversion and order value price what abandons."""
    with_sales = advise(from_demo(conversion=0.4, order_value_yuan=200.0))
    assert all(step.sales_lost_yuan >= 0 for step in with_sales.steps)
    assert with_sales.steps[0].sales_lost_yuan == pytest.approx(
        with_sales.steps[0].lost * 0.4 * 200
    )
    assert all(np.isnan(step.sales_lost_yuan) for step in advise(from_demo()).steps)


def test_a_handover_takes_the_contacts_week_by_week() -> None:
    """30, 60, then 100 % of the contacts; none before the start or after the end."""
    made = from_demo(handover=[0.3, 0.6, 1.0], promotions="none", start="2026-12-07", months=2)
    whole = from_demo(promotions="none", start="2026-12-07", months=2)
    shares = []
    for weeks in (0, 1, 2, 5):
        day = made.start + dt.timedelta(weeks=weeks)
        shares.append(
            contacts_on(made, day)["contacts"].sum() / contacts_on(whole, day)["contacts"].sum()
        )
    assert shares == pytest.approx([0.3, 0.6, 1, 1])
    assert contacts_on(made, made.start - dt.timedelta(days=1)).empty
    assert contacts_on(made, made.end).empty
    assert made.end == dt.date(2027, 2, 7)


def test_the_variance_of_counts_is_above_poisson() -> None:
    """What capacity adds up has the doubt about the rate in it."""
    made = from_demo()
    day = contacts_on(made, made.start)
    assert (day["variance"] > day["contacts"]).all()
    assert set(day.columns) == {"slot", "contacts", "variance"}


def test_weekends_are_served_on_weekends_alone() -> None:
    """A cover of weekends has no contacts on a Monday."""
    made = from_demo(short="weekends", start="2026-12-05", promotions="none")
    assert contacts_on(made, dt.date(2026, 12, 5))["contacts"].sum() > 0
    assert contacts_on(made, dt.date(2026, 12, 7)).empty


def test_promotions_fall_on_the_platforms_days() -> None:
    """The sales of the workspace's calendar are days of the kind that their phase names."""
    made = from_demo(platform="Tmall", start="2025-11-01")
    assert made.kind_of(dt.date(2025, 11, 11)).name == "peak"
    assert made.kind_of(dt.date(2025, 11, 18)).name == "tail"
    yearly = from_priors(promotions="yearly", start="2027-01-01")
    assert yearly.kind_of(dt.date(2027, 11, 11)).name == "peak"
    assert yearly.kind_of(dt.date(2027, 6, 18)).name == "ordinary"
    weekly = from_priors(promotions="weekly")
    assert weekly.kind_of(dt.date(2027, 1, 2)).name == "peak"  # a Saturday


def test_virtual_goods_have_no_parcels_to_ask_after() -> None:
    """After a sale a shop of virtual goods is back to an ordinary day."""
    made = from_demo(goods="virtual", category="virtual")
    tail = next(kind for kind in made.kinds if kind.name == "tail")
    ordinary = made.ordinary.table["contacts"].sum()
    assert tail.table["contacts"].sum() == pytest.approx(ordinary)


# --- what is known -------------------------------------------------------------------------------


def test_profiles_are_shares_of_the_usual_hours() -> None:
    """What category and prior say of a day sums to one over 9-24, and is never negative."""
    for workspace in (demo(), None):
        profile = known(workspace, "snacks", 200.0).profile
        assert profile[usual()].sum() == pytest.approx(1)
        assert (profile > 0).all()


def test_the_workspace_narrows_the_prior() -> None:
    """Nineteen shops know the spread better than nobody."""
    assert from_demo().ordinary.spread < from_priors().ordinary.spread


def test_dayparts_cover_the_clock_once() -> None:
    """Every half hour is in one daypart."""
    spans = sorted(PARTS.values())
    assert [first for first, _ in spans] == [0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == 48
    assert {part_of(slot) for slot in range(96)} == set(PARTS)


def test_the_spread_of_known_shops_is_found_again() -> None:
    """Shops drawn with a day-to-day spread of 20 % beyond Poisson teach about that."""
    random = np.random.default_rng(5)
    days = pd.date_range("2026-01-01", periods=200)
    shops = demo().shops.iloc[:12].assign(opens="09:00", closes="24:00", category="snacks")
    rows = []
    for shop in shops.index:
        day = random.gamma(1 / 0.04, 0.04, (len(days), 1))
        counts = random.poisson(np.full((len(days), 15), 20.0) * day)
        hours = np.repeat(days.values, 15) + np.tile(np.arange(9, 24), len(days)) * np.timedelta64(
            1, "h"
        )
        rows.append(pd.DataFrame({"shop_id": shop, "start": hours, "contacts": counts.ravel()}))
    empty = {name: frame.iloc[:0] for name, frame in demo().tables.items()}
    tables = {**empty, "shops": shops, "history": pd.concat(rows, ignore_index=True)}
    tables["history"]["start"] = tables["history"]["start"].astype("datetime64[ns]")
    found = known(replace(demo(), tables=tables), "snacks", 300.0)
    assert found.day == pytest.approx(0.04, rel=0.35)
    assert found.drift == pytest.approx(1, abs=0.05)
    assert found.level < 0.03


def test_the_uplift_of_the_demo_lies_between_what_was_put_in_and_the_prior() -> None:
    """Peaks of the demo are made 1.3 to 2.6 times an ordinary day; the prior says 3."""
    uplifts = known(demo(), "apparel_bags", 520.0).uplifts
    assert set(uplifts) == set(KINDS[1:])
    assert 1.3 < uplifts["peak"].factor < 3
    assert uplifts["peak"].factor > uplifts["warm_up"].factor


# --- the merchant's own history ------------------------------------------------------------------


def own_file(folder: Path, days: int, mean: float = 300.0, seed: int = 3) -> Path:
    """Write a history of so many days of hours 9-24."""
    random = np.random.default_rng(seed)
    dates = pd.date_range("2026-10-01", periods=days)
    lines = ["start,contacts"]
    for date in dates:
        day = random.gamma(1 / 0.02, 0.02)
        lines += [
            f"{date:%Y-%m-%d} {hour:02d}:00,{random.poisson(mean / 15 * day)}"
            for hour in range(9, 24)
        ]
    path = folder / f"own-{days}-{seed}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_an_own_history_draws_the_estimate_to_itself_and_narrows_it(tmp_path: Path) -> None:
    """With more days the mean goes to the data's and the spread falls, over some histories."""
    means, spreads = [], []
    for days in (0, 7, 28, 120):
        made = [
            from_demo(
                promotions="none",
                **({"history": str(own_file(tmp_path, days, seed=seed))} if days else {}),
            )
            for seed in range(3)
        ]
        means.append(np.mean([each.ordinary.table["contacts"].sum() for each in made]))
        spreads.append(np.mean([each.ordinary.spread for each in made]))
    away = np.abs(np.array(means) - 300)
    assert (np.diff(away) < 0).all()
    assert away[-1] < 15
    assert (np.diff(spreads) < 0).all()


def test_a_firm_quote_needs_everything_settled(tmp_path: Path) -> None:
    """Refused with each open item by name; firm once all is told or confirmed and history is in."""
    with pytest.raises(InputError) as caught:
        refuse_open(from_demo())
    open_ = {fault.facts["name"] for fault in caught.value.faults}
    assert open_ == {"history", "platform", "service", "hours", "target", "start", "handover"}
    settled = ["platform", "service", "hours", "target", "start", "handover"]
    made = from_demo(confirmed=settled, history=str(own_file(tmp_path, 28)))
    refuse_open(made)
    assert made.firm
    assert made.own_days == 28
    assert not from_demo().firm


# --- plausibility --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"agents": 2, "contacts": 900}, "overloaded"),
        ({"agents": 40, "contacts": 100}, "idle_agents"),
        ({"agents": 0}, "no_agents"),
        ({"agents": 1, "contacts": 40}, "hours_uncovered"),
        ({"agents": 1, "contacts": 900}, "hour_impossible"),
        ({"conversion": 0.01}, "conversion"),
        ({"conversion": 0.97}, "conversion"),
        ({"category": "spaceships"}, "category"),
    ],
)
def test_contradictory_figures_are_pointed_out(more: dict[str, Any], key: str) -> None:
    """What does not fit together is said, with the figures, in both languages."""
    found = [each for each in from_priors(**more).warnings if each.key == f"warning.{key}"]
    assert len(found) == 1
    assert all(found[0].text(lang) for lang in LANGS)


def test_plausible_figures_raise_no_warning() -> None:
    """The seed case fits together."""
    assert from_demo().warnings == ()


# --- advice --------------------------------------------------------------------------------------


def test_advice_flips_at_the_optimum() -> None:
    """Fewer seats than the cheapest that keep the level are too few, more are too many."""
    made = from_demo(conversion=0.4, order_value_yuan=120.0)
    advice = advise(made)
    kept = [step for step in advice.steps if step.service_level >= made.level]
    best = min(kept, key=burden_yuan)
    assert advice.seats == best.seats
    for step in advice.steps:
        wanted = (
            "best"
            if step is best or step.seats == best.seats
            else ("too_few" if step.seats < best.seats else "too_many")
        )
        assert step.verdict == wanted


def test_advice_keeps_the_daily_cap() -> None:
    """Where the cap sets the seats, fewer are too few although all would be answered in time."""
    made = from_demo(category="snacks", agents=40, contacts=3000)
    advice = advise(made)
    assert advice.seats == made.ordinary.seats()
    fewer = next(step for step in advice.steps if step.seats == advice.seats - 1)
    assert fewer.service_level > made.level
    assert fewer.verdict == "too_few"
    assert fewer.seat_h < made.ordinary.capped_h <= made.ordinary.table["seats_p80"].sum() / 2
    assert advice.why.key == "advice.cap"


def test_shared_seats_have_no_seats_to_add() -> None:
    """A pool keeps the level as a whole: no step, and the share of a seat is told."""
    advice = advise(from_demo(contacts=12, agents=1, dedicated=False))
    assert advice.steps == ()
    assert advice.why.key == "advice.shared"
    assert all(f"{advice.shared:.2f}" in advice.why.text(lang) for lang in LANGS)


def test_a_history_of_some_days_leaves_the_quote_open(tmp_path: Path) -> None:
    """A week of ordinary days, or a firm quote is refused, whatever is confirmed."""
    settled = ["history", "platform", "service", "hours", "target", "start", "handover"]
    for days, firm in ((6, False), (7, True)):
        file = str(own_file(tmp_path, days))
        made = from_demo(confirmed=settled, history=file, promotions="none")
        assert made.firm == firm
        assert [each.key for each in made.open_items] == ([] if firm else ["open.history"])


def test_dearer_orders_ask_for_more_seats() -> None:
    """The recommended number rises exactly when the margin saved outgrows the seat's cost."""
    numbers = []
    for value in (1.0, 100.0, 1000.0, 20_000.0):
        made = from_demo(conversion=0.4, order_value_yuan=value)
        numbers.append(advise(made).seats)
    assert numbers == sorted(numbers)
    assert numbers[-1] > numbers[0]


def test_more_seats_serve_better_and_are_less_busy() -> None:
    """Along the steps the level rises, occupancy and contacts lost fall."""
    steps = advise(from_demo()).steps
    assert len(steps) == len(STEPS)
    assert (np.diff([step.service_level for step in steps]) >= 0).all()
    assert (np.diff([step.occupancy for step in steps]) < 0).all()
    assert (np.diff([step.lost for step in steps]) <= 0).all()
    assert (np.diff([step.cost_yuan for step in steps]) > 0).all()


def test_the_shared_seat_is_the_work_over_the_occupancy_or_the_cap() -> None:
    """By hand: 12 contacts at the P80 rate, 100 a day's work of 8 hours, 15 hours open."""
    made = from_priors(contacts=12, category="other")
    contacts = made.ordinary.table["p80"].sum()
    work = contacts * made.aht_s / 3600 / 3 / 0.85 / 15
    assert shared_seat(made) == pytest.approx(max(work, contacts / 100 * 8 / 15))


def test_a_seat_hour_must_cost_something() -> None:
    """A price of nothing is refused."""
    with pytest.raises(ValueError, match="seat_hour_yuan"):
        advise(from_priors(), 0.0)


# --- priors --------------------------------------------------------------------------------------


def test_every_prior_has_unit_date_source_and_grade() -> None:
    """Each leaf of the file names an entry of [source] with a date and a grade."""

    def leaves(found: dict[str, Any], path: str = "") -> list[str]:
        own = []
        for name, each in found.items():
            if isinstance(each, dict):
                own += [f"{path}{name}"] if "value" in each else leaves(each, f"{path}{name}.")
        return own

    names = [
        f"{s}.{leaf}"
        for s in ("category", "day", "contact", "person", "doubt", "uplift", "cover", "seat")
        for leaf in leaves(table(s))
    ]
    assert len(names) > 50
    for name in names:
        found = prior(name)
        assert found.unit
        assert found.source
        assert found.grade in "PNVA"
        assert dt.date.fromisoformat(found.date)


def test_an_unknown_category_is_its_nearest_and_flagged() -> None:
    """Sub-categories have their parent; the rest is 'other', said in a warning."""
    assert category_of("shoes") == ("apparel_bags", False)
    assert category_of("baby toys") == ("mother_baby", True)
    assert category_of("quantum computers 9000")[0] == "digital"
    assert any(each.key == "warning.category" for each in from_priors(category="zzzz").warnings)


# --- the command ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_the_command_tells_seats_heads_open_items_and_defaults(lang: str) -> None:
    """Everything assumed is printed with its origin, in both languages."""
    result = CliRunner().invoke(cli.app, ["quote", *TYPED, "--lang", lang])
    assert result.exit_code == 0, result.stderr
    made = from_priors()
    for statement in (*made.open_items, *(each.label for each in made.assumptions)):
        assert statement.text(lang) in result.stdout  # type: ignore[arg-type]
    for figure in ("2.33", "2.80", "P50", "P80", "P90"):
        assert figure in result.stdout


def test_json_is_all_that_stands_on_stdout() -> None:
    """Machines get the same numbers."""
    result = CliRunner().invoke(cli.app, ["quote", *TYPED, "--json"])
    data = json.loads(result.stdout)
    assert data["stage"] == "preliminary"
    assert data["heads"]["p80"] == pytest.approx(from_priors().heads["p80"])
    assert {each["name"] for each in data["open_items"]} >= {"history", "platform"}


def test_the_same_inputs_print_the_same_bytes() -> None:
    """No clock and no chance in the output."""
    one, two = (CliRunner().invoke(cli.app, ["quote", *TYPED, "--json"]).stdout for _ in range(2))
    assert one == two


def test_facts_are_asked_for_where_somebody_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the missing facts are prompted for; what is left blank is missing."""
    monkeypatch.setattr(quotes, "_at_terminal", lambda: True)
    asked = CliRunner().invoke(
        cli.app, ["quote", "--agents", "6", "--lang", "en"], input="snacks\n200\nnone\n"
    )
    assert asked.exit_code == 0, asked.stderr
    assert "What does the shop sell" in asked.stdout
    assert "Agents today:" not in asked.stdout.split("Preliminary")[0]
    blank = CliRunner().invoke(
        cli.app, ["quote", "--agents", "6", "--lang", "en"], input="snacks\n\nnone\n"
    )
    assert blank.exit_code == 2
    assert "--contacts" in blank.stderr


def test_a_quote_beside_the_demo_takes_little_longer_than_reading_it() -> None:
    """At most three times the processor of `check`: 2.5 s where that takes 1.3 s."""
    quote = _least_s(["quote", *TYPED, "--workspace", "data/demo"])
    assert quote < 3 * _least_s(["check", "data/demo"])


def _least_s(command: list[str]) -> float:
    """Return the seconds of the processor that a command takes, in the better of two runs."""
    times = []
    for _ in range(2):
        child = subprocess.Popen(
            [sys.executable, "cli.py", *command],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0
        times.append(used.ru_utime + used.ru_stime)
    return min(times)


def test_the_estimate_does_not_fit_a_forecast() -> None:
    """Raw sums are enough: neither statsmodels nor the roster's solver is imported."""
    code = (
        "import sys; from tests.prospects import from_priors; from_priors(); "
        "print([m for m in ('statsmodels', 'ortools', 'altair') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_estimates_are_of_the_prospect_alone() -> None:
    """A workspace without history knows no more than the priors."""
    bare = replace(demo(), tables={**demo().tables, "history": demo().history.iloc[:0]})
    made = estimate(prospect(), bare)
    assert made.ordinary.spread == from_priors().ordinary.spread
