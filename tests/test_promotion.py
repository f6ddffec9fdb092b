"""The promotion run: strengths, the cheapest lawful mix of levers, and what is published of it."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import vstack
from typer.testing import CliRunner

import cli
from staffing.promotion.levers import as_agents, joined, levered, outsiders, today
from staffing.promotion.outlook import cheapest_mix
from staffing.promotion.program import UNITS_PER_H, Prices, Program
from staffing.promotion.used import used
from staffing.publish.board import board_of
from staffing.roster.audit import audit
from staffing.roster.pay import pay_classes
from staffing.roster.places import needed, reach
from staffing.roster.prices import SPEED_UNITS
from staffing.roster.staff import staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace
from staffing.workspace.past import CAME, as_of
from tests.rosters import MONDAY, duty, need, scenario, table, workspace
from tests.tiny import START, tiny_workspace
from tests.workspaces import project

OFF: Mapping[str, object] = {
    "moved_rest_days": 0,
    "overtime_month_h": 0.0,
    "splits_per_week": 0,
    "peak_h": [],
    "temps_most": 0,
    "borrowed_most": 0,
    "most_open": 0.0,
}
"""No lever at all."""
DAY = {"opens": "09:00", "closes": "18:00"}


def seats(days: int, first_h: float, end_h: float, number: int = 1) -> SeatRequirement:
    """Return seats of pool P on the first days, from one hour to another."""
    slots = range(int(first_h * 2), int(end_h * 2))
    asked = {("P", d, t / 2): number for d in range(days) for t in slots}
    return SeatRequirement(table=need(asked))


def people(folder: Path, count: int = 1, **shop: object) -> Workspace:
    """Return a workspace of one shop and so many agents who know it."""
    names = [f"A{i}" for i in range(1, count + 1)]
    return workspace(
        folder,
        shops=[{"shop_id": "S1", "pool": "P", **DAY, **shop}],
        agents=[{"agent_id": name, "hours_per_week": 40} for name in names],
        skills=[{"agent_id": name, "shop_id": "S1"} for name in names],
    )


def story(folder: Path, days: int = 7, **levers: object) -> Scenario:
    """Return a promotion run with these levers alone."""
    told = {**OFF, **levers}
    return scenario(folder, days=days, promotion=told, rules={"min_week_share": 0.0})


ONLY: Mapping[
    str, tuple[Mapping[str, object], Mapping[str, object], tuple[int, float, float, int]]
] = {
    "overtime": (
        {"overtime_month_h": 36.0, "overtime_day_h": 3.0},
        {"opens": "09:00", "closes": "22:00"},
        (4, 9, 20, 1),
    ),
    "split_shifts": (
        {"splits_per_week": 5},
        {"opens": "09:00", "closes": "22:00"},
        (3, 9, 13, 1),
    ),
    "peak_shifts": ({"peak_h": [4.0]}, {"opens": "18:00", "closes": "22:00"}, (3, 18, 22, 1)),
    "borrowed": ({"borrowed_most": 3}, {}, (4, 10, 12, 2)),
    "temps": (
        {"temps_most": 3, "temp_lead_days": 0, "temp_training_days": 0, "temp_speed": 1.0},
        {},
        (4, 10, 12, 2),
    ),
}
"""Lever -> its settings, the shop's hours, and the seats asked for that one agent cannot give."""


@pytest.mark.parametrize("lever", ONLY)
def test_a_lever_is_used_where_it_is_the_only_one(lever: str, tmp_path: Path) -> None:
    """Seats that one agent cannot fill in ordinary shifts take the one lever that there is."""
    settings, shop, (days, first_h, end_h, number) = ONLY[lever]
    space, told = people(tmp_path, **shop), story(tmp_path, **settings)
    asked = seats(days, first_h, end_h, number)
    if lever == "split_shifts":  # noon is off: two peaks a day that one shift cannot span
        evening = seats(days, 17, 21, number)
        asked = SeatRequirement(table=pd.concat([asked.table, evening.table], ignore_index=True))
    found, uses, _ = cheapest_mix(space, told, asked)
    without, none, _ = cheapest_mix(space, story(tmp_path), asked)
    assert [use.lever for use in uses] == [lever]
    assert none == []
    assert found.open_h < without.open_h - 1
    assert found.price == pytest.approx(sum(use.price for use in uses), abs=0.01)
    assert found.exact


def test_a_rest_day_is_moved_only_where_a_later_week_gives_it_back(tmp_path: Path) -> None:
    """Six days of one agent: the sixth is moved where a later week has room, not in the last."""
    space = people(tmp_path)
    asked = seats(6, 9, 12)
    one, two = (
        cheapest_mix(space, story(tmp_path, days=days, moved_rest_days=1), asked)
        for days in (7, 14)
    )
    assert one[1] == []
    (use,) = two[1]
    assert (use.lever, round(use.amount, 2), round(use.price, 1)) == ("moved_rest_days", 1.0, 100.0)
    assert two[0].open_h == pytest.approx(0.0, abs=1e-3)
    assert one[0].open_h == pytest.approx(3.0, abs=0.01)


def test_the_cheaper_of_two_levers_is_used(tmp_path: Path) -> None:
    """Two people more for three days: borrowed or temps, whichever costs less."""
    space, asked = people(tmp_path), seats(4, 10, 12, 2)
    for borrowed, temp, chosen in ((100.0, 500.0, "borrowed"), (500.0, 100.0, "temps")):
        told = story(
            tmp_path, borrowed_most=3, temps_most=3, borrowed_day=borrowed, temp_day=temp,
            temp_once=0.0, temp_speed=1.0, borrowed_speed=1.0, temp_lead_days=0,
            temp_training_days=0,
        )  # fmt: skip
        _, uses, _ = cheapest_mix(space, told, asked)
        assert [use.lever for use in uses] == [chosen]


def test_no_lever_is_bought_that_costs_more_than_a_seat_hour_is_worth(tmp_path: Path) -> None:
    """Somebody for 1,750 yuan fills 8 seat-hours: bought at 300 yuan an hour, not at 200."""
    space, asked = people(tmp_path), seats(4, 10, 12, 2)
    for worth, number in ((300.0, 1), (200.0, 0)):
        told = story(tmp_path, borrowed_most=3, borrowed_speed=1.0, open_hour=worth)
        found, _, _ = cheapest_mix(space, told, asked)
        assert sum(found.numbers) == number


def test_the_mix_is_the_cheapest_of_all_numbers_of_people(tmp_path: Path) -> None:
    """Branch and bound finds what trying every number of people from outside finds."""
    space = people(tmp_path, 2, opens="09:00", closes="22:00")
    told = story(
        tmp_path,
        borrowed_most=2,
        temps_most=2,
        temp_lead_days=0,
        temp_training_days=0,
        overtime_month_h=36.0,
        peak_h=[4.0],
        most_open=0.02,
    )
    asked = SeatRequirement(
        table=pd.concat([seats(3, 9, 21, 2).table, seats(2, 18, 22, 4).table])
        .groupby(["pool", "date", "slot"], as_index=False)["seats"]
        .sum()
    )
    found, _, _ = cheapest_mix(space, told, asked)
    own, who = staff(space, levered(told)), outsiders(space, told)
    alike = as_agents(space, told, who)
    units = {at: n * SPEED_UNITS for at, n in needed(asked.table, None).items()}
    program = Program(
        own=own,
        usual={a.agent_id: a.limits.spans for a in staff(space, told)},
        need=units,
        reach=reach(["P"], None),
        prices=Prices(overtime_hour=45.0, peak=30.0, open_hour=300.0),
        most_open=0.02 * asked.seat_hours * UNITS_PER_H,
        outside=list(zip(who, alike, strict=True)),
        together={"borrowed": 2, "temps": 2},
    )
    costs = [
        _cost(program, numbers)
        for numbers in itertools.product(range(3), repeat=len(who))
        if sum(n for n, o in zip(numbers, who, strict=True) if o.kind == "temps") <= 2
        and sum(n for n, o in zip(numbers, who, strict=True) if o.kind == "borrowed") <= 2
    ]
    over_h = max(found.open_h - 0.02 * asked.seat_hours, 0.0)
    assert found.price + 300.0 * over_h == pytest.approx(min(costs), rel=1e-3)
    assert found.price > 0


def _cost(program: Program, numbers: tuple[int, ...]) -> float:
    """Return what the best of own people costs beside given numbers, by another solver."""
    rows = program.rows
    lower, upper = np.zeros(len(rows.cost)), np.array(rows.upper, float)
    lower[program.heads] = upper[program.heads] = numbers
    matrix, low, high = rows.matrix(), np.array(rows.low), np.array(rows.high)
    below, above = np.isfinite(high), np.isfinite(low)
    result = linprog(
        rows.cost,
        A_ub=vstack([matrix[below], -matrix[above]]),
        b_ub=np.concatenate([high[below], -low[above]]),
        bounds=np.column_stack([lower, upper]),
        method="highs-ds",
    )
    return float(result.fun)


def test_temps_are_decided_on_before_lead_and_training(tmp_path: Path) -> None:
    """A temp serves on the first day that is not too soon, trained before and slower at first."""
    space = people(tmp_path)
    told = story(
        tmp_path, days=14, temps_most=2, temp_lead_days=4, temp_training_days=3, temp_ramp_days=10
    )
    now = today(space, told)
    assert now == dt.date(2026, 3, 1)
    found = outsiders(space, told)
    assert {each.first for each in found} == {dt.date(2026, 3, 8), dt.date(2026, 3, 9)}
    for each in found:
        assert each.training_from == each.first - dt.timedelta(days=3)
        assert each.decide_by == each.first - dt.timedelta(days=7) >= now
        assert each.full_speed_on == each.first + dt.timedelta(days=10)
    whole = next(e for e in found if e.first == dt.date(2026, 3, 9))
    (agent,) = as_agents(space, told, [whole])
    speeds = [dict(option.capability)["P"] for option in agent.options if option is not None]
    assert speeds[0] == round(0.6 * SPEED_UNITS)
    assert speeds == sorted(speeds)
    assert len(speeds) == 7


def test_people_from_outside_are_rows_of_the_tables(tmp_path: Path) -> None:
    """Who comes is an agent with a skill, and away once her stay is over."""
    space, told = people(tmp_path), story(tmp_path, days=14, borrowed_most=2)
    who = [each for each in outsiders(space, told) if each.first == MONDAY]
    made, names = joined(space, told, [replace(who[0], number=2)])
    assert names == [["LENT-1", "LENT-2"]]
    assert list(made.agents.index[-2:]) == ["LENT-1", "LENT-2"]
    away = made.tables["absences"]
    assert (away["agent_id"] == "LENT-1").sum() == 7
    (line, _) = board_of(made, told, table()).lines[-2:]
    assert [cell.text for cell in line.cells] == ["休"] * 7 + ["已离岗"] * 7
    assert joined(space, told, [])[0] is space


def test_a_moved_rest_day_must_be_given_back(tmp_path: Path) -> None:
    """Six days of eight hours are lawful before a week of four, not before one of five."""
    space = people(tmp_path)
    rules = {"moved_rest_days": 1, "min_week_share": 0.0}
    told = scenario(tmp_path, days=14, rules=rules)
    for later, broken in ((range(7, 11), set()), (range(7, 12), {"R5"})):
        duties = [duty(d, 9, 18, meals=[(12, 13)]) for d in (*range(6), *later)]
        assert {v.rule for v in audit(space, told, table(*duties))} == broken
    strict = scenario(tmp_path, days=14, rules={"min_week_share": 0.0})
    assert {
        v.rule
        for v in audit(space, strict, table(*[duty(d, 9, 18, meals=[(12, 13)]) for d in range(6)]))
    } == {"R5"}


def test_a_moved_rest_day_is_paid_as_any_other(tmp_path: Path) -> None:
    """Six days before four are 80 plain hours where the rest is given back, else 8 at 150 %."""
    space = people(tmp_path)
    duties = [duty(d, 9, 18, meals=[(12, 13)]) for d in (*range(6), *range(7, 11))]
    for moved, extra_h in ((1, 0.0), (0, 8.0)):
        rules = {"moved_rest_days": moved, "min_week_share": 0.0}
        paid = pay_classes(space, scenario(tmp_path, days=14, rules=rules), table(*duties))
        hours = [paid[f"min_{each}"].sum() / 60 for each in (100, 150, 200)]
        assert hours == [80.0 - extra_h, extra_h, 0.0]


def test_a_workspace_as_of_a_day_knows_nothing_later(tmp_path: Path) -> None:
    """History and duties end before the day; the rest is kept apart; later agents are gone."""
    space = workspace(
        tmp_path,
        shops=[{"shop_id": "S1", "pool": "P", "opens": "18:00", "closes": "02:00"}],
        agents=[{"agent_id": "A1"}, {"agent_id": "A2", "started_on": "2026-02-20"}],
        skills=[{"agent_id": a, "shop_id": "S1"} for a in ("A1", "A2")],
        history=[
            {"shop_id": "S1", "start": f"2026-02-{d} {h}:00", "contacts": 5}
            for d in (14, 15, 16)
            for h in ("01", "20")
        ],
    )
    made = as_of(space, dt.date(2026, 2, 15))
    assert [f"{t:%d %H}" for t in made.history["start"]] == ["14 01", "14 20", "15 01"]
    assert len(made.tables[CAME]) == 3
    assert list(made.agents.index) == ["A1"]
    assert set(made.skills["agent_id"]) == {"A1"}
    assert as_of(space, None) is space


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A promotion run of the tiny workspace through the command line: its folder, and its text."""
    home = tmp_path_factory.mktemp("promotion")
    folder = tiny_workspace(home / "workspace")
    with (folder / "promotions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "platform", "phase", "start", "end", "strength"])
        first, last = START + dt.timedelta(days=2), START + dt.timedelta(days=4)
        writer.writerow(["Double 11 2026", "Tmall", "peak", f"{first} 20:00", f"{last} 00:00", 2.5])
    (home / "promo.toml").write_text(
        f"""name = "promo"
workspace = "workspace"
lang = "en"
[horizon]
start = {START}
[shifts]
start_every_min = 120
[roster]
effort = 1
[replay]
replications = 2
[promotion]
low = 0.8
high = 4.0
roster_for = "high"
borrowed_most = 1
""",
        "utf-8",
    )
    result = CliRunner().invoke(
        cli.app, ["plan", f"{home / 'promo.toml'}", "--out", f"{home / 'out'}"]
    )
    assert result.exit_code in (0, 3), result.output
    return home, result.output


def test_a_roster_uses_what_is_beyond_the_hours_of_its_weeks(tmp_path: Path) -> None:
    """48 hours of a 40 hours' contract are 8 of overtime; 40 are none, or one rest day moved."""
    space, told = people(tmp_path), story(tmp_path, days=14, overtime_hour=45.0)
    nobody: Any = SimpleNamespace(outlook=SimpleNamespace(uses=()))

    def counted(*days: int) -> dict[str, float]:
        duties = table(*(duty(d, 9, 18, meals=[(12, 13)]) for d in days))
        return {str(use.lever): use.amount for use in used(space, told, nobody, duties)}

    assert counted(0, 1, 2, 3, 4) == {}
    assert counted(0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11) == {"overtime": 8.0}
    assert counted(0, 1, 2, 3, 4, 5, 7, 8, 9, 10) == {"moved_rest_days": 1.0}


def test_a_promotion_run_without_any_promotion_says_so(tmp_path: Path) -> None:
    """Levers are bought all the same: the planner is told that the three strengths are one."""
    home = project(tmp_path)
    story = home / "scenario.toml"
    story.write_text(story.read_text("utf-8") + "\n[promotion]\n", "utf-8")
    told = CliRunner().invoke(cli.app, ["plan", f"{story}", "--out", f"{home / 'out'}"])
    assert told.exit_code in (0, 3), told.output
    assert "no promotion lies in the planned days" in told.stderr


def test_strengths_rise_from_low_to_high(published: tuple[Path, str]) -> None:
    """Contacts, seats and what own people leave open rise with the strength."""
    home, told = published
    made = json.loads((home / "out/promo/summary.json").read_text("utf-8"))["promotion"]
    looks = [made["strengths"][name] for name in ("low", "mid", "high")]
    assert [look["factor"] for look in looks] == [0.8, 1.0, 4.0]
    for key in ("contacts", "required_h", "own_open_h", "peak_seats"):
        values = [look[key] for look in looks]
        assert values == sorted(values), key
    assert looks[0]["contacts"] < looks[2]["contacts"]
    for look in looks:
        assert look["price_at_least"] <= look["price"] + 0.01
        assert look["open_h"] <= look["own_open_h"] + 1e-6
        assert look["service_level"] >= look["own_service_level"] - 1e-9
    assert "Strengths" in told


def test_the_levered_roster_is_lawful_and_told_everywhere(published: tuple[Path, str]) -> None:
    """No rule is broken; page, workbook and tables have the levers; the manifest their defaults."""
    home, told = published
    out = home / "out/promo"
    figures: dict[str, Any] = json.loads((out / "summary.json").read_text("utf-8"))
    assert figures["violations"] == 0
    made = figures["promotion"]
    beyond = made["rostered"]["price"] - made["strengths"][made["roster_for"]]["price"]
    assert ("The roster as built pulls levers" in told) == (abs(beyond) >= 0.5)
    levers = pd.read_csv(out / "levers.csv")
    assert set(levers["strength"]) == {"low", "mid", "high", "rostered"}
    assert (out / "temps.csv").exists()
    assert (out / "tables/levers.schema.json").exists()
    assert 'id="promotion"' in (out / "plan.html").read_text("utf-8")
    assert "Promotion" in openpyxl.load_workbook(out / "roster.xlsx").sheetnames
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    names = {each["name"] for each in manifest["defaults"]}
    assert "promotion.temp_day" in names
    assert "promotion.low" not in names


def test_an_unchanged_promotion_run_is_answered_from_the_cache(
    published: tuple[Path, str],
) -> None:
    """The same files again, byte for byte, and nothing is computed."""
    home, _ = published
    before = (home / "out/promo/manifest.json").read_bytes()
    again = CliRunner().invoke(
        cli.app, ["plan", f"{home / 'promo.toml'}", "--out", f"{home / 'out'}"]
    )
    assert "nothing has changed" in again.output
    assert (home / "out/promo/manifest.json").read_bytes() == before


def test_people_from_outside_are_known_to_audit_publish_and_replan(
    published: tuple[Path, str],
) -> None:
    """The roster is lawful with the levers pulled; one from outside may be absent like anybody."""
    home, _ = published
    told = (f"{home / 'out/promo/roster.csv'}", f"{home / 'promo.toml'}")
    kept = ("--cache", f"{home / 'out/.cache'}")
    table = pd.read_csv(told[0])
    outside = table.loc[table["agent_id"].str.match("TEMP|LENT"), ["agent_id", "date"]]
    assert len(outside), "nobody came from outside"
    agent, day = outside.iloc[0]
    audited = CliRunner().invoke(cli.app, ["audit", *told, *kept, "--json"])
    assert audited.exit_code == 0, audited.output
    assert json.loads(audited.stdout)["violations"] == []
    elsewhere = ("--out", f"{home / 'again'}", *kept)
    again = CliRunner().invoke(cli.app, ["publish", *told, *elsewhere])
    assert again.exit_code in (0, 3), again.output
    one, other = (
        pd.read_csv(home / out / "promo/levers.csv").to_dict("list") for out in ("out", "again")
    )
    assert one == other
    mended = CliRunner().invoke(
        cli.app, ["replan", *told, *elsewhere, "--absent", f"{agent}:{day}", "--json"]
    )
    assert mended.exit_code in (0, 3), mended.output
    said = json.loads(mended.stdout)
    assert (said["absent"], said["violations"]) == (1, 0)
    assert (home / "again/promo-replan/plan.html").exists()


def test_a_plan_without_the_table_knows_no_promotion_keys(tmp_path: Path) -> None:
    """Only a promotion run lists the defaults of its levers."""
    plain = scenario(tmp_path)
    assert not any(name.startswith("promotion.") for name, _, _ in plain.defaults())
    run = story(tmp_path)
    assert run.is_promotion
    assert any(name == "promotion.temp_day" for name, _, _ in run.defaults())
