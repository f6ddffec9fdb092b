"""Repairs of short and impossible weeks: against enumeration, in words, on the command line."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

import cli
from staffing.errors import InfeasibleRosterError
from staffing.grid import Window
from staffing.roster import repair as of_repair
from staffing.roster import roster
from staffing.roster.bottleneck import UNITS_PER_H, Case
from staffing.roster.bound import least_uncovered
from staffing.roster.classes import classes
from staffing.roster.measures import Measure, applied
from staffing.roster.problem import problem_of
from staffing.roster.relax import relaxation
from staffing.roster.repair import Repair, repair, ways_out
from staffing.roster.staff import staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.words import LANGS
from staffing.workspace import Workspace
from tests.rosters import MONDAY, need, scenario, workspace
from tests.workspaces import project

FREE = {"min_week_share": 0.0}
FAST = {"effort": 1.0}
AFTERNOON = [14 + h / 2 for h in range(8)]


def asked(seats: Mapping[str, int], days: int = 1) -> SeatRequirement:
    """Return pool -> seats from 14:00 to 18:00 of each day as a requirement."""
    return SeatRequirement(
        table=need({(p, d, h): n for p, n in seats.items() for d in range(days) for h in AFTERNOON})
    )


def two_pools(folder: Path, **tables: Sequence[Mapping[str, object]]) -> Workspace:
    """One agent for P, one for Q, who could learn P."""
    return workspace(
        folder,
        shops=[{"shop_id": "S1", "pool": "P"}, {"shop_id": "S2", "pool": "Q"}],
        agents=[{"agent_id": a} for a in ("A1", "A2")],
        skills=[{"agent_id": "A1", "shop_id": "S1"}, {"agent_id": "A2", "shop_id": "S2"}],
        **tables,
    )


def story_of(
    folder: Path, days: int = 1, rules: Mapping[str, object] = FREE, **prices: float
) -> Scenario:
    """Return a scenario without tolerance in which new people are as fast as the others."""
    speeds = {"trained_speed": 1.0, "hired_speed": 1.0}
    return scenario(
        folder,
        days=days,
        rules=rules,
        roster=FAST | {"max_uncovered": 0.0},
        repair=speeds | FAST | prices,
    )


def kinds(made: Repair) -> list[str]:
    return [measure.kind for measure in made.measures]


def english(made: Repair) -> str:
    return "\n".join(each.text("en") for each in made.lines())


@pytest.mark.parametrize(
    ("prices", "best"),
    [
        ({"hire_week": 700.0, "training": 300.0, "closed_hour": 1000.0}, "hire"),
        ({"hire_week": 3500.0, "training": 300.0, "closed_hour": 1000.0}, "train"),
        ({"hire_week": 3500.0, "training": 600.0, "closed_hour": 110.0}, "open"),
    ],
)
def test_the_repair_is_as_cheap_as_enumeration_finds(
    tmp_path: Path, prices: Mapping[str, float], best: str
) -> None:
    """Of hiring, training and shorter hours, alone and together, the cheapest is proposed.

    P asks for two seats in its first hour, which one person knows.
    """
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path, **prices)
    required = SeatRequirement(table=need({("P", 0, h): 2 for h in (9, 9.5)}))
    hour = 0.5 * prices["closed_hour"]
    single = [
        Measure(kind="hire", price=prices["hire_week"] / 7, pools=("P",), number=1, day=MONDAY),
        Measure(kind="train", price=prices["training"], pools=("P",), agents=("A2",), day=MONDAY),
        Measure(kind="open", price=hour, pools=("P",), number=1),
        Measure(kind="open", price=2 * hour, pools=("P",), number=2),
    ]
    enough = [
        sum(measure.price for measure in own)
        for size in (1, 2)
        for own in itertools.combinations(single, size)
        if roster(*applied(space, story, required, own)).uncovered_h == 0
    ]
    made = repair(space, story, required)
    assert made.done
    assert made.how == "planned"
    assert made.price == pytest.approx(min(enough))
    assert made.at_least <= made.price
    assert kinds(made) == [best]


def test_the_least_uncovered_is_the_bound_of_the_relaxation(tmp_path: Path) -> None:
    """With numbers of people as columns the program proves what the other relaxation proves."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path, days=7)
    required = asked({"P": 2, "Q": 1}, days=7)
    case = Case(workspace=space, scenario=story, requirement=required)
    problem = problem_of(space, story, staff(space, story), required)
    least = least_uncovered(
        relaxation(classes(problem.agents), problem.need, problem.steps, problem.reach, {})
    )
    assert case.least.value == pytest.approx(least, abs=0.1)


def test_the_bottleneck_names_pool_day_time_and_seats(tmp_path: Path) -> None:
    """Three seats with one agent: two are missing from 14:00 to 18:00, whoever serves what."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path)
    made = repair(space, story, asked({"P": 3, "Q": 1}), check=False)
    assert made.finding is not None
    assert made.finding.pools == pytest.approx({"P": 8.0})
    assert made.finding.alone_h == pytest.approx({"P": 8.0})
    assert made.finding.worth[("P",)] == pytest.approx(4.0)
    assert made.finding.clash in (("R1",), ())
    text = english(made)
    assert "P lacks 8.0 seat-hours; 8.0 even if everybody who knows it" in text
    assert "03-02 14:00-18:00: up to 2 seats, 8.0 seat-hours" in text


def test_leave_is_named_and_moved(tmp_path: Path) -> None:
    """Where her leave is what clashes, R3 is named, and moving it is the cheapest."""
    absences = [{"agent_id": "A1", "date": f"{MONDAY}", "kind": "leave"}]
    space, story = workspace(tmp_path / "w", absences=absences), story_of(tmp_path, absence_day=1.0)
    made = repair(space, story, asked({"P": 1}))
    assert made.finding is not None
    assert made.finding.clash == ("R3",)
    assert [(m.kind, m.agents, m.days) for m in made.measures] == [("absence", ("A1",), (MONDAY,))]
    assert made.done


def test_nobody_moves_an_illness(tmp_path: Path) -> None:
    """Sick days are never proposed to be moved, however cheap."""
    absences = [{"agent_id": "A1", "date": f"{MONDAY}", "kind": "sick"}]
    space, story = workspace(tmp_path / "w", absences=absences), story_of(tmp_path, absence_day=1.0)
    assert "absence" not in kinds(repair(space, story, asked({"P": 1}), check=False))


def test_a_rule_stricter_than_need_be_is_named_and_eased(tmp_path: Path) -> None:
    """Five days need somebody; with three rest days asked for, R7 is named and eased to one."""
    space = workspace(tmp_path / "w", agents=[{"agent_id": "A1", "hours_per_week": 40}])
    story = story_of(tmp_path, 7, FREE | {"rest_days_per_week": 3}, rule_week=5.0)
    made = repair(space, story, asked({"P": 1}, days=5))
    assert made.finding is not None
    assert made.finding.clash == ("R7",)
    assert [(m.rule, m.number) for m in made.measures] == [("rest_days_per_week", 1.0)]
    assert made.done
    assert "ease R7, rest days a week, from 3 to 1 (5 yuan)" in english(made)


def test_overtime_is_allowed_where_it_is_cheapest(tmp_path: Path) -> None:
    """A sixth day of eight hours is overtime: eight hours of it are proposed, and are enough."""
    space = workspace(tmp_path / "w", agents=[{"agent_id": "A1", "hours_per_week": 40}])
    story = story_of(tmp_path, 7, overtime_hour=1.0)
    made = repair(space, story, asked({"P": 1}, days=6))
    assert [(m.kind, m.agents, m.number) for m in made.measures] == [("overtime", ("A1",), 8.0)]
    assert made.done
    with_it = applied(space, story, asked({"P": 1}, days=6), made.measures)
    assert with_it[1].rules.overtime_month_h == 8.0


def test_somebody_without_a_lawful_week_gets_one_cheapest(tmp_path: Path) -> None:
    """44 hours are no whole number of eight-hour shifts: the mildest least share is proposed."""
    space = workspace(tmp_path / "w", agents=[{"agent_id": "A1", "hours_per_week": 44}])
    story = story_of(tmp_path, 7, {"min_week_share": 1.0}, overtime_hour=9_000.0)
    with pytest.raises(InfeasibleRosterError):
        roster(space, story, asked({"P": 1}))
    made = repair(space, story, asked({"P": 1}))
    assert [(m.rule, m.number) for m in made.measures] == [("min_week_share", 0.9)]
    assert made.done
    assert "A1 has no lawful week: R5" in english(made)


def test_the_way_out_of_an_impossible_week_is_told_without_seats(tmp_path: Path) -> None:
    """What clashes is followed by what would end it, in sentences, before any seats are known."""
    absences = [
        {"agent_id": "A1", "date": f"{MONDAY + dt.timedelta(days=d)}", "kind": "leave"}
        for d in (1, 2, 3)
    ]
    space = workspace(
        tmp_path / "w", agents=[{"agent_id": "A1", "hours_per_week": 40}], absences=absences
    )
    rules = {"min_week_share": 0.6, "max_consecutive_days": 1, "rest_days_per_week": 6}
    story = story_of(tmp_path, 7, rules, absence_day=2.0, rule_week=5.0)
    told = [each.text("en") for each in ways_out(space, story)]
    assert told[0] == "Cheapest way to a lawful week for everybody, about 5 yuan:"
    assert len(told) == 2
    assert told[1].strip().startswith("- ease R7")


def test_nothing_is_proposed_where_nothing_is_short(tmp_path: Path) -> None:
    """A week whose seats the people fill needs no repair, and is told so."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path)
    made = repair(space, story, asked({"P": 1}))
    assert (made.needed, made.measures, made.price) == (False, (), 0.0)
    assert english(made) == "The week can be covered: no repair is needed"


def test_people_who_suffice_on_paper_are_told_apart(tmp_path: Path) -> None:
    """A poor roster of a week that is not provably short is the search's fault, and told so."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path)
    required = asked({"P": 1})
    made = roster(space, story, required)
    poor = replace(made, coverage=made.coverage.assign(uncovered=made.coverage["required"]))
    told = repair(space, story, required, poor, check=False)
    assert told.needed
    assert told.finding is not None
    assert not told.finding.pools
    assert english(told).startswith("People suffice on paper (at least 0.0 seat-hours stay open)")


def test_measures_change_what_they_say(tmp_path: Path) -> None:
    """People hired, a skill learnt, a window cut at both ends: each stands in the inputs after."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path)
    late = {("Q", 0, h): 1 for h in (9.0, 12.0, 22.5, 23.0, 23.5)} | {("P", 0, 23.5): 1}
    taken = [
        Measure(kind="hire", price=1, pools=("P", "Q"), number=2, day=MONDAY),
        Measure(kind="train", price=1, pools=("P",), agents=("A2",), day=MONDAY),
        Measure(kind="close", price=1, pools=("Q",), number=2),
        Measure(kind="open", price=1, pools=("Q",), number=1),
    ]
    after, _, left = applied(space, story, SeatRequirement(table=need(late)), taken)
    assert list(after.agents.index) == ["A1", "A2", "NEW-1", "NEW-2"]
    known = after.skills.groupby("agent_id")["shop_id"].agg(set)
    assert known["NEW-2"] == known["A2"] == {"S1", "S2"}
    assert space.windows["S2"] == after.windows["S1"]
    begin, end = space.windows["S2"].opens_min, space.windows["S2"].closes_min
    assert after.windows["S2"] == Window(begin + 30, end - 60)
    shut = {t for t in late if t[0] == "Q" and (t[2] < begin / 60 + 0.5 or t[2] >= end / 60 - 1)}
    assert shut
    assert len(left.table) == len(late) - len(shut)


def test_those_hired_serve_from_their_day_on(tmp_path: Path) -> None:
    """With a lead of a day nobody hired has anything to do on the first one."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path, days=2, lead_days=1)
    made = repair(space, story, asked({"P": 2}, days=2), check=False)
    assert all(m.day != MONDAY for m in made.measures if m.kind in ("hire", "train"))
    hired = Measure(kind="hire", price=1, pools=("P",), number=1, day=MONDAY + pd.Timedelta(days=1))
    after = applied(space, story, asked({"P": 2}, days=2), [hired])
    (new,) = [agent for agent in staff(*after[:2]) if agent.agent_id == "NEW-1"]
    assert new.options[0] is None
    assert new.options[1] is not None


def test_a_repair_is_told_in_both_languages_and_for_machines(tmp_path: Path) -> None:
    """Every sentence of a repair can be said, and the record is JSON with the same measures."""
    space, story = two_pools(tmp_path / "w"), story_of(tmp_path)
    made = repair(space, story, asked({"P": 2}), check=False)
    assert all(each.text(lang) for lang in LANGS for each in made.lines())
    told = json.loads(json.dumps(made.record("zh")))
    assert [m["kind"] for m in told["measures"]] == kinds(made)
    assert told["bottleneck"]["least_uncovered_h"] == pytest.approx(4.0)
    assert told["checked"] is None
    assert not told["done"]


def test_the_command_proposes_and_exits_3_for_a_short_week(tmp_path: Path) -> None:
    """`staffing repair` tells the bottleneck of a week that cannot be covered, and exits 3."""
    here = project(tmp_path)
    path = here / "scenario.toml"
    path.write_text(path.read_text("utf-8") + "\n[repair]\neffort = 1.0\n", "utf-8")
    calm = CliRunner().invoke(cli.app, ["repair", str(path), "--json"])
    assert calm.exit_code in (0, 3)
    made = json.loads(calm.stdout)
    assert made["needed"] == (calm.exit_code == 3)
    text = path.read_text("utf-8") + "\n[forecast]\nuplift = 6.0\n"
    path.write_text(text, "utf-8")
    busy = CliRunner().invoke(cli.app, ["repair", str(path), "--json"])
    assert busy.exit_code == 3
    told = json.loads(busy.stdout)
    assert told["bottleneck"]["least_uncovered_h"] > 0
    assert told["measures"]


def test_a_proposal_that_failed_is_not_made_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for less by what a roster left too much, until the program proposes something else.

    It believes that half an hour is enough down to 60 of the 100 units allowed; 120 stay open.
    """
    asked: list[float] = []
    left = SimpleNamespace(uncovered_h=120 / UNITS_PER_H)

    def cheapest(case: object, most: float, seconds: float) -> tuple[list[Measure], float]:
        asked.append(most)
        number = 1 if most > 60 else 2
        return [Measure(kind="open", price=50.0 * number, pools=("P",), number=number)], 0.0

    def tried(made: Repair, _: object) -> tuple[Repair, object]:
        return replace(made, done=made.measures[0].number == 2), left

    case = SimpleNamespace(most=100.0, more={}, least=SimpleNamespace(value=110.0))
    monkeypatch.setattr(of_repair, "cheapest", cheapest)
    monkeypatch.setattr(of_repair, "_tried", tried)
    monkeypatch.setattr(of_repair, "applied", lambda *inputs: inputs)
    monkeypatch.setattr(of_repair, "_case", lambda *inputs: case)
    start = Repair(scenario=story_of(tmp_path), needed=True)
    made = of_repair._proposed(start, (), (), case, check=True)
    assert made.done
    assert made.price == 100.0
    assert asked == [100.0, 79.0, 58.0]
