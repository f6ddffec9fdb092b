"""Capacity: tiny books against enumeration, the refusal and its repair, lead times, monotony."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import cli
from staffing.errors import ScenarioError
from staffing.publish.capacity import publish_capacity
from staffing.quote.book import Book, Newcomer, book, weeks_of, with_newcomer
from staffing.quote.capacity import (
    Capacity,
    Hire,
    Judged,
    Training,
    capacity,
    judged,
    with_measures,
)
from staffing.quote.crew import Crew, kinds, need_of
from staffing.quote.hiring import lost_share
from staffing.quote.rates import HiringRates, Rates
from staffing.roster import roster
from staffing.roster.staff import staff
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.tell.capacity import gains, record, verdict
from staffing.words import LANGS
from staffing.workspace import Workspace, read_workspace
from tests.rosters import MONDAY, need, scenario, workspace


def terms(tenure_months: float = 600.0, **hiring: object) -> Rates:
    """Return rates at which people are there at once and fast, and nobody leaves, but for these."""
    at_once: dict[str, object] = {
        "hiring_days": 0,
        "training_days": 0,
        "cross_training_days": 0,
        "hired_speed": 1.0,
        "trained_speed": 1.0,
    }
    costs = {"tenure_months": tenure_months}
    return Rates.model_validate({"costs": costs, "hiring": at_once | hiring})


AT_ONCE = terms()
HOURS = range(18, 42)
"""Half hours from 9:00 to 21:00."""


def shop(shop_id: str, pool: str, **cells: object) -> dict[str, object]:
    """Return a shop open from 9:00 to 21:00."""
    return {
        "shop_id": shop_id,
        "pool": pool,
        "category": "snacks",
        "opens": "09:00",
        "closes": "21:00",
        "aht_s": 300,
        "concurrency": 1,
        "channel": "phone",
        **cells,
    }


def company(
    folder: Path, agents: int, contacts: float = 24.0, others: Sequence[str] = ()
) -> Workspace:
    """Return a company with a pool P and so many agents; `others` know a pool Q alone."""
    shops = [shop("S1", "P")]
    names = [f"A{i}" for i in range(1, agents + 1)]
    skills = [{"agent_id": name, "shop_id": "S1"} for name in names]
    if others:
        shops.append(shop("S2", "Q", category="digital"))
        skills += [{"agent_id": name, "shop_id": "S2"} for name in others]
    daily = {"S1": contacts, "S2": 12.0}
    history = [
        {
            "shop_id": each["shop_id"],
            "start": f"2026-02-{day:02d} {hour:02d}:00",
            "contacts": round(daily[str(each["shop_id"])] / 12),
        }
        for each in shops
        for day in range(1, 29)
        for hour in range(9, 21)
    ]
    return workspace(
        folder,
        shops=shops,
        agents=[{"agent_id": name} for name in [*names, *others]],
        skills=skills,
        history=history,
    )


def story(folder: Path, **sections: Mapping[str, object]) -> Scenario:
    """Return a scenario that allows nothing to stay open, unless told otherwise."""
    return scenario(folder, **{"roster": {"max_uncovered": 0.0}, **sections})


def coming(contacts: float, *, start: dt.date = MONDAY, **terms: object) -> Newcomer:
    """Return a shop with so many contacts a day, spread evenly from 9:00 to 21:00."""

    def on(day: dt.date) -> pd.DataFrame:
        each = np.full(len(HOURS), contacts / len(HOURS))
        return pd.DataFrame({"slot": list(HOURS), "contacts": each, "variance": each})

    usual: dict[str, object] = {
        "name": "newshop",
        "category": "snacks",
        "platform": "JD",
        "channel": "phone",
        "dedicated": False,
        "opens": "09:00",
        "closes": "21:00",
        "aht_s": 300.0,
        "concurrency": 1,
        "target_level": 0.8,
        "answer_within_s": 30.0,
        "start": start,
        "ramp_days": 1,
        "contacts": on,
        "file": "new.toml",
    }
    return Newcomer(**(usual | terms))  # type: ignore[arg-type]


def booked(
    space: Workspace,
    told: Scenario,
    *newcomers: Newcomer,
    rates: Rates = AT_ONCE,
    weeks: int = 1,
) -> Book:
    return book(space, told, newcomers, rates, weeks)


def found(folder: Path, agents: int, contacts: float) -> Capacity:
    """Return the capacity of a pool with so many agents and a newcomer of so many contacts."""
    return capacity(booked(company(folder, agents), story(folder), coming(contacts)))


def week_of(folder: Path, agents: int, contacts: float) -> Judged:
    """Return the week of such a pool, without looking for a repair."""
    (week,) = judged(booked(company(folder, agents), story(folder), coming(contacts)))
    return week


def test_what_is_covered_at_best_is_what_the_best_roster_covers(tmp_path: Path) -> None:
    """No roster of two agents against two seats all week leaves less open than the bound."""
    space = company(tmp_path, agents=2)
    told = story(
        tmp_path,
        rules={"min_week_share": 0.0},
        roster={"max_uncovered": 0.0, "effort": 1.0},
    )
    seats = {("P", day, slot / 2): 2 for day in range(7) for slot in HOURS}
    asked = SeatRequirement(table=need(seats))
    people = kinds(staff(space, told))
    crew = Crew(
        people,
        [kind.heads for kind in people],
        [len(kind.members) for kind in people],
        need_of({(p, day * 48 + int(h * 2)): n for (p, day, h), n in seats.items()}),
        None,
    )
    at_best = crew.covered().units / 40
    made = roster(space, told, asked)
    # 168 seat-hours are asked for; two contracts of 40 hours leave at least 88 of them open.
    assert at_best >= 88 - 0.1
    assert made.uncovered_h >= at_best - 0.1


def test_half_the_speed_covers_half_as_much(tmp_path: Path) -> None:
    """What people leave open is linear in their speed, so they may be counted by it."""
    left = {}
    for speed in (1.0, 0.5):
        space = workspace(
            tmp_path / f"{speed}",
            shops=[shop("S1", "P")],
            agents=[{"agent_id": "A1"}, {"agent_id": "A2"}],
            skills=[{"agent_id": a, "shop_id": "S1", "speed": speed} for a in ("A1", "A2")],
        )
        people = kinds(staff(space, story(tmp_path)))
        seats = {("P", day * 48 + slot): 3 for day in range(7) for slot in HOURS}
        crew = Crew(people, [k.heads for k in people], [2], need_of(seats), None)
        left[speed] = crew.covered().units
    whole = 3 * 7 * len(HOURS) * 20
    assert whole - left[0.5] == pytest.approx((whole - left[1.0]) / 2, rel=1e-3)


def test_a_week_that_can_be_covered_is_deliverable(tmp_path: Path) -> None:
    """With people enough nothing is proposed, and the sentence names the weeks."""
    made = found(tmp_path, agents=8, contacts=10.0)
    assert made.verdict == "deliverable"
    assert made.measures == ()
    assert "Deliverable: every week from 2026-03-02" in verdict(made).text("en")


def test_the_cheapest_hiring_is_what_enumeration_finds(tmp_path: Path) -> None:
    """Of 0 to 6 people hired for the pool the fewest that make the week hold are proposed."""
    made = capacity(booked(company(tmp_path, agents=2), story(tmp_path), coming(60.0)))
    (hire,) = made.measures
    assert isinstance(hire, Hire)
    assert hire.pools == ("P",)
    enough = [
        number
        for number in range(7)
        if _holds(made.book, [replace(hire, number=number)] if number else [])
    ]
    assert hire.number == min(enough) > 0
    assert made.verdict == "with_measures"
    assert made.checked
    assert made.at_least <= made.price


def _holds(of: Book, measures: Sequence[Hire | Training]) -> bool:
    """Return whether a book holds with measures taken as rows of its tables."""
    changed = replace(of, workspace=with_measures(of, measures))
    return not any(week.short for week in judged(changed))


@pytest.mark.parametrize(("training", "best"), [(100.0, Training), (1e6, Hire)])
def test_training_or_hiring_whichever_is_cheaper(
    tmp_path: Path, training: float, best: type
) -> None:
    """Agents of another pool with time to spare are trained where that costs less than hiring."""
    space = company(tmp_path, agents=3, others=("B1", "B2", "B3", "B4", "B5", "B6"))
    rates = terms(cross_training_head=training)
    made = capacity(booked(space, story(tmp_path), coming(20.0), rates=rates))
    assert {type(each) for each in made.measures} == {best}
    singles = [
        Training(agents=own, pool="P", serves=MONDAY, decided_by=MONDAY, price=made.price)
        for size in (1, 2)
        for own in itertools.combinations(("B1", "B2"), size)
    ]
    if best is Training:
        (chosen,) = made.measures
        assert isinstance(chosen, Training)
        fewer = [each for each in singles if len(each.agents) < len(chosen.agents)]
        assert not any(_holds(made.book, [each]) for each in fewer)
        assert _holds(made.book, made.measures)


def test_the_repair_as_rows_of_the_tables_makes_it_deliverable(tmp_path: Path) -> None:
    """The rows written are appended to the tables as they are, read again, and the book holds."""
    folder = tmp_path / "w"
    space = company(folder, agents=2, others=("B1", "B2"))
    made = capacity(booked(space, story(folder), coming(60.0)))
    assert made.verdict == "with_measures"
    publish_capacity(made, tmp_path / "out", record(made, "en"))
    append_rows(folder, tmp_path / "out")
    again = capacity(booked(read_workspace(folder), story(folder), coming(60.0)))
    assert again.verdict == "deliverable"


def test_a_dedicated_newcomer_needs_a_team_of_its_own(tmp_path: Path) -> None:
    """However idle the pool of its category, people are hired; in its team they make it hold."""
    folder = tmp_path / "w"
    one = coming(20.0, dedicated=True)
    made = capacity(booked(company(folder, agents=9), story(folder), one))
    assert made.verdict == "with_measures"
    assert all(isinstance(m, Hire) and m.newcomer == "newshop" for m in made.measures)
    assert made.weeks[0].alone_h["newshop"] == pytest.approx(made.weeks[0].missing_h, abs=0.5)
    publish_capacity(made, tmp_path / "out", record(made, "en"))
    both = [pd.read_csv(at / "agents.csv") for at in (folder, tmp_path / "out")]
    pd.concat(both).to_csv(folder / "agents.csv", index=False)
    again = capacity(booked(read_workspace(folder), story(folder), one))
    assert again.verdict == "deliverable"
    assert "shared with pool P" in "".join(each.text("en") for each in gains(again))


def test_a_small_dedicated_newcomer_does_not_hide_in_the_allowance(tmp_path: Path) -> None:
    """A third of all seats may stay open, but not all of those of one merchant."""
    told = story(tmp_path, roster={"max_uncovered": 0.33})
    space = company(tmp_path, agents=12, contacts=200.0)
    made = capacity(booked(space, told, coming(4.0, dedicated=True)))
    assert made.weeks[0].share < 0.33
    assert made.weeks[0].short


def test_a_week_short_already_is_told_apart(tmp_path: Path) -> None:
    """The book alone is short in one company and not in the other; both refuse the newcomer."""
    already = week_of(tmp_path / "one", agents=1, contacts=20.0)
    fresh = week_of(tmp_path / "two", agents=6, contacts=200.0)
    assert already.plain_short
    assert already.short
    assert not fresh.plain_short
    assert fresh.short


def test_before_anybody_can_be_there_it_cannot_be_promised(tmp_path: Path) -> None:
    """Hiring takes 10 days and training 4: two weeks are lost, the third one is the date."""
    rates = terms(hiring_days=10, training_days=4)
    made = capacity(
        booked(company(tmp_path, agents=2), story(tmp_path), coming(60.0), rates=rates, weeks=4)
    )
    assert made.verdict == "not_before"
    assert made.not_before == MONDAY + dt.timedelta(days=14)
    (hire,) = made.measures
    assert isinstance(hire, Hire)
    assert hire.serves == MONDAY + dt.timedelta(days=14)
    assert hire.decided_by == MONDAY


def test_weeks_short_before_the_newcomer_do_not_delay_it(tmp_path: Path) -> None:
    """Two weeks are short already and cannot be mended; the newcomer of the third one can come."""
    third = MONDAY + dt.timedelta(days=14)
    rates = terms(hiring_days=10, training_days=4)
    space, one = company(tmp_path, agents=1), coming(20.0, start=third)
    made = capacity(booked(space, story(tmp_path), one, rates=rates, weeks=3))
    assert made.before == (0, 1)
    assert made.verdict == "with_measures"
    assert made.not_before is None
    assert made.checked


def test_nobody_in_time_within_the_weeks(tmp_path: Path) -> None:
    """Where hiring takes longer than the weeks looked at, no date is promised."""
    rates = terms(hiring_days=60)
    made = capacity(
        booked(company(tmp_path, agents=2), story(tmp_path), coming(60.0), rates=rates, weeks=2)
    )
    assert made.verdict == "not_within"
    assert made.measures == ()
    assert "nobody can be there in time" in verdict(made).text("en")


@pytest.mark.parametrize("lang", LANGS)
def test_the_refusal_is_one_sentence_with_pool_days_seats_and_repair(
    tmp_path: Path, lang: str
) -> None:
    """Pool, dates, seats, number to hire, date and price stand in the sentence."""
    made = found(tmp_path, agents=2, contacts=60.0)
    (hire,) = made.measures
    text = verdict(made).text(lang)  # type: ignore[arg-type]
    seats = max(lack.seats for lack in made.weeks[0].lacks)
    assert isinstance(hire, Hire)
    facts = ("P", "03-02–03-08", f"{seats:.1f}".removesuffix(".0"), f" {hire.number} ")
    for fact in (*facts, "03-02", f"{made.price:,.0f}"):
        assert fact in text
    assert "\n" not in text


def test_more_agents_never_make_it_worse_and_more_contacts_never_better(tmp_path: Path) -> None:
    """What stays open falls with agents and rises with volume."""
    by_agents = [week_of(tmp_path / f"a{n}", agents=n, contacts=50.0).missing_h for n in (1, 3, 6)]
    by_volume = [
        week_of(tmp_path / f"v{n}", agents=3, contacts=float(n)).missing_h for n in (5, 40, 120)
    ]
    assert all(a >= b - 0.05 for a, b in itertools.pairwise(by_agents))
    assert all(a <= b + 0.05 for a, b in itertools.pairwise(by_volume))
    assert by_agents[0] > by_agents[-1]
    assert by_volume[-1] > by_volume[0]


def test_pooling_adds_less_than_standing_alone(tmp_path: Path) -> None:
    """A newcomer in a pool adds fewer seat-hours than seats of its own take, and that is told."""
    made = found(tmp_path, agents=8, contacts=30.0)
    week = made.weeks[0].week
    assert week.added_h["newshop"] < week.alone_h["newshop"]
    assert week.asked.seat_hours - week.plain_asked.seat_hours == week.added_h["newshop"]
    (said,) = gains(made)
    assert f"{week.alone_h['newshop'] - week.added_h['newshop']:,.1f} less" in said.text("en")


def test_a_newcomer_counts_from_its_start_to_its_end(tmp_path: Path) -> None:
    """Weeks before and after the contract ask for no more than the book."""
    second = MONDAY + dt.timedelta(days=7)
    one = coming(150.0, start=second, end=second + dt.timedelta(days=7))
    weeks = booked(company(tmp_path, agents=4), story(tmp_path), one, weeks=3).weeks
    more = [week.asked.seat_hours > week.plain_asked.seat_hours for week in weeks]
    assert more == [False, True, False]
    assert [week.newcomers for week in weeks] == [(), ("newshop",), ()]


def test_who_can_serve_a_newcomer(tmp_path: Path) -> None:
    """Agents of the pool of its category, slower at first; those of other pools not."""
    space = company(tmp_path, agents=2, others=("B1",))
    one, slow = coming(10.0, ramp_days=10), HiringRates(trained_speed=0.6)
    for days, speed in ((0, 0.6), (5, 0.8), (30, 1.0)):
        day = MONDAY + dt.timedelta(days=days)
        skills = with_newcomer(space, one, "P", day, slow).skills
        own = skills[skills["shop_id"] == "newshop"].set_index("agent_id")["speed"]
        assert dict(own) == pytest.approx({"A1": speed, "A2": speed})


def test_weeks_are_calendar_weeks() -> None:
    """Hours and rest days are counted by them, so the first one may be a part."""
    thursday = dt.date(2026, 3, 5)
    assert weeks_of(thursday, 3) == [
        (thursday, 4),
        (dt.date(2026, 3, 9), 7),
        (dt.date(2026, 3, 16), 7),
    ]


def test_turnover_costs_nothing_at_first_and_then_gap_and_ramp() -> None:
    """The share lost rises from 0 to the rate times the days lost by each who leaves."""
    rates = terms(12, gap_days=10.0, ramp_days=20, hired_speed=0.5)
    found = [lost_share(rates, day) for day in range(100)]
    assert found[0] == 0.0
    assert all(a <= b for a, b in itertools.pairwise(found))
    assert found[-1] == pytest.approx((10 + 0.5 * 20 / 2) / 365)


def test_names_and_dates_that_cannot_be_are_refused_together(tmp_path: Path) -> None:
    """Two of a name, one of a shop there is, one too late, one over: each has its remedy."""
    space, told = company(tmp_path, agents=2), story(tmp_path)
    late, over = MONDAY + dt.timedelta(days=100), MONDAY - dt.timedelta(days=30)
    some = [
        coming(1.0),
        coming(1.0),
        coming(1.0, name="S1"),
        coming(1.0, name="late", start=late),
        coming(1.0, name="over", start=over, end=over + dt.timedelta(days=3)),
    ]
    with pytest.raises(ScenarioError) as caught:
        booked(space, told, *some)
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["newcomer_twice", "newcomer_twice", "newcomer_late", "newcomer_over"]
    for fault in caught.value.faults:
        assert all(fault.line(lang) for lang in LANGS)


def starting(folder: Path, day: str) -> None:
    """Let the prospect start on another day."""
    told = FACTS.replace(f"start = {MONDAY}", f"start = {day}")
    (folder / "new.toml").write_text(told)


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli.app, ["capacity", *arguments])
    return done.exit_code, done.stdout, done.stderr


def files(folder: Path, prospect: str, agents: int = 2, contacts: float = 24.0) -> tuple[str, str]:
    """Write a company, its scenario and a prospect; return the paths of the last two."""
    company(folder / "w", agents=agents, contacts=contacts)
    (folder / "s.toml").write_text(
        f'name = "tiny"\nworkspace = "w"\nlang = "en"\n[horizon]\nstart = {MONDAY}\n'
    )
    (folder / "new.toml").write_text(prospect)
    return str(folder / "s.toml"), str(folder / "new.toml")


FACTS = f"""category = "snacks"
agents = 3
contacts = 300
promotions = "none"
channel = "phone"
dedicated = false
opens = "09:00"
closes = "21:00"
start = {MONDAY}
"""


REFUSAL = re.compile(
    r"Not deliverable as things are: P lacks up to [\d.]+ seats on 03-02–03-08 "
    r"\([\d,]+ seat-hours\)\. Deliverable if you decide by 03-02 to hire (\d+) for P, "
    r"at work from 03-02 \(about [\d,]+ yuan\)"
)


def test_an_overbooked_week_is_refused_and_its_rows_make_it_deliverable(tmp_path: Path) -> None:
    """Exit 3, one sentence, the same bytes twice; the rows appended to the tables: exit 0."""
    story_file, prospect = files(tmp_path, FACTS, agents=6)
    (tmp_path / "r.toml").write_text("[hiring]\nhiring_days = 0\ntraining_days = 0\n")
    told = (story_file, prospect, "--weeks", "1", "--rates", str(tmp_path / "r.toml"))
    code, out, _ = run(*told, "--out", str(tmp_path / "one"))
    assert code == 3
    said = REFUSAL.fullmatch(out.splitlines()[0])
    assert said is not None
    assert "Weeks that the new shops make short: 03-02" in out
    again = run(*told, "--out", str(tmp_path / "two"))
    assert again[0] == 3
    names = sorted(path.name for path in (tmp_path / "one" / "tiny-capacity").iterdir())
    assert names == ["agents.csv", "capacity.json", "lacks.csv", "skills.csv", "weeks.csv"]
    for name in names:
        one, two = (tmp_path / at / "tiny-capacity" / name for at in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
    fresh = append_rows(tmp_path / "w", tmp_path / "one" / "tiny-capacity")
    assert fresh == int(said[1])
    code, out, _ = run(*told, "--out", str(tmp_path / "three"))
    assert code == 0
    assert out.startswith("Deliverable: every week from 2026-03-02 to 2026-03-08")
    assert not (tmp_path / "three" / "tiny-capacity" / "agents.csv").exists()


def append_rows(folder: Path, out: Path) -> int:
    """Append the rows proposed to the tables of a workspace; return how many agents they are."""
    for name in ("agents", "skills"):
        both = [pd.read_csv(at / f"{name}.csv") for at in (folder, out)]
        pd.concat(both).to_csv(folder / f"{name}.csv", index=False)
    return len(pd.read_csv(out / "agents.csv"))


def test_a_week_that_the_workspace_leaves_short_is_told_apart(tmp_path: Path) -> None:
    """One agent for 240 contacts a day: short already, with and without a prospect."""
    story_file, prospect = files(tmp_path, FACTS, agents=1, contacts=240.0)
    for files_told, state in (((), "short"), ((prospect,), "already")):
        told = (story_file, *files_told, "--weeks", "1", "--json", "--out", str(tmp_path / "o"))
        code, out, _ = run(*told)
        assert code == 3
        (week,) = json.loads(out)["weeks"]
        assert week["state"] == state
        notes = "".join(json.loads(out)["notes"])
        assert ("short without the new shops already: 03-02" in notes) == bool(files_told)


def test_without_prospects_the_book_alone_is_found(tmp_path: Path) -> None:
    """A company with people enough: exit 0, as JSON too."""
    story_file, _ = files(tmp_path, FACTS, agents=8)
    code, out, _ = run(story_file, "--weeks", "1", "--json", "--out", str(tmp_path / "o"))
    assert code == 0
    told = json.loads(out)
    assert told["verdict"] == "deliverable"
    assert told["measures"] == []
    assert told["weeks"][0]["missing_h"] <= 0.05


def test_a_week_of_the_demo_is_deliverable_without_prospects(tmp_path: Path) -> None:
    """The week that `make plan` covers is within what its agents can cover."""
    code, out, _ = run(
        "scenarios/next-week.toml", "--weeks", "1", "--out", str(tmp_path), "--lang", "zh"
    )
    assert code == 0
    assert out.startswith("可以交付：2026-11-23 至 2026-11-29")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / "new.toml").unlink(), "there is no such prospect file"),
        (lambda f: (f / "new.toml").write_text("category = "), "new.toml"),
        (lambda f: (f / "new.toml").write_text("agents = 3"), "category"),
        (lambda f: (f / "new.toml").write_text(FACTS + "prize = 3\n"), "prize"),
        (lambda f: (f / "new.toml").write_text(FACTS + 'name = "S1"\n'), "another name"),
        (lambda f: starting(f, "2026-04-01"), "Give --weeks 5"),
        (lambda f: starting(f, "2027-03-01"), "At most 26 weeks"),
        (lambda f: (f / "r.toml").write_text("[hiring]\nhiring_days = -1\n"), "hiring_days"),
        (lambda f: (f / "r.toml").write_text("[hiring]\nhired_sped = 1.0\n"), "hired_sped"),
        (lambda f: (f / "r.toml").unlink(), "there is no such file"),
        (lambda f: (f / "s.toml").unlink(), "there is no such scenario file"),
        (
            lambda f: [
                (f / "new.toml").write_text("agents = 3"),
                (f / "r.toml").write_text("[hiring]\nhired_sped = 1.0\n"),
            ],
            "Faults found: 4",
        ),
    ],
)
def test_bad_inputs_exit_2_with_a_remedy(tmp_path: Path, spoil, said: str) -> None:  # type: ignore[no-untyped-def]
    """Each names what is wrong and what to do; nothing is written."""
    story_file, prospect = files(tmp_path, FACTS)
    (tmp_path / "r.toml").write_text("")
    spoil(tmp_path)
    code, _, err = run(
        story_file,
        prospect,
        "--weeks",
        "1",
        "--rates",
        str(tmp_path / "r.toml"),
        "--out",
        str(tmp_path / "o"),
        "--lang",
        "en",
    )
    assert code == 2
    assert said in err
    assert not (tmp_path / "o").exists()
