"""The calendars, read back by an iCalendar parser: stable, complete, harmless."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pandas as pd
import pytest

from staffing.errors import PublishError
from staffing.folder import read_manifest
from staffing.plan import Plan
from staffing.publish import publish
from staffing.publish.board import board
from staffing.publish.calendars import calendars, uid
from staffing.publish.names import file_names
from staffing.publish.tables import csv_bytes, stretches_table
from staffing.version import FIRST, Version, following, hours
from tests.crowds import HOSTILE, crowd
from tests.tiny import START, tiny_plan

VERSIONS = {"python": "3"}
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return tiny_plan(tmp_path_factory.getbasetemp() / "tiny", "zh")


@pytest.fixture(scope="module")
def made(tiny: Plan) -> dict[str, bytes]:
    return calendars(tiny, board(tiny), FIRST)


def events(content: bytes) -> list[Any]:
    calendar = icalendar.Calendar.from_ical(content)
    assert [each for each in calendar.walk() if each.errors] == []
    return list(calendar.walk("VEVENT"))


def without(plan: Plan, agent: str) -> Plan:
    """Return the plan with the first duty of an agent taken away."""
    table = plan.roster.assignments
    own = table[table["agent_id"] == agent]
    left = table[(table["agent_id"] != agent) | (table["date"] != own["date"].min())]
    return dataclasses.replace(plan, roster=dataclasses.replace(plan.roster, assignments=left))


def published(folder: Path, agent: str) -> dict[str, Any]:
    """Return service day -> event of an agent's published calendar."""
    found = events((folder / "calendars" / f"{agent}.ics").read_bytes())
    days = [START + dt.timedelta(days=i) for i in range(7)]
    by_uid = {uid(agent, day): f"{day}" for day in days}
    return {by_uid[str(each["UID"])]: each for each in found}


def test_every_duty_is_an_event_with_its_times(tiny, made):
    """Start, end and day of each duty of the roster are those of an event, in the plan's zone."""
    table = tiny.roster.assignments
    duties = table.drop_duplicates(["agent_id", "date"])
    assert set(made) == {f"calendars/{agent}.ics" for agent in duties["agent_id"]}
    found = {
        (str(each["UID"]), each["DTSTART"].dt, each["DTEND"].dt)
        for content in made.values()
        for each in events(content)
    }
    assert found == {
        (
            uid(row.agent_id, row.date.date()),
            row.shift_start.to_pydatetime().replace(tzinfo=SHANGHAI),
            row.shift_end.to_pydatetime().replace(tzinfo=SHANGHAI),
        )
        for row in duties.itertuples()
    }


def test_meals_and_pools_are_told_by_time(tiny, made):
    """The description has a line a stretch, meals among them, and the paid hours."""
    table = tiny.roster.assignments
    for agent, own in table.groupby("agent_id"):
        told = {
            str(e["UID"]): str(e["DESCRIPTION"]) for e in events(made[f"calendars/{agent}.ics"])
        }
        for date, duty in own.groupby("date"):
            lines = told[uid(str(agent), date.date())].split("\n")
            assert len(lines) == len(duty) + 1
            meals = [
                f"{m.start:%H:%M}-{m.end:%H:%M} 用餐"
                for m in duty.itertuples()
                if m.activity == "meal"
            ]
            assert [line for line in lines if line.endswith("用餐")] == meals


def test_the_time_zone_is_in_the_file(made):
    """Each calendar brings the zone that its times are in, with its offset."""
    for content in made.values():
        calendar = icalendar.Calendar.from_ical(content)
        (zone,) = calendar.walk("VTIMEZONE")
        assert str(zone["TZID"]) == "Asia/Shanghai"
        assert {e["DTSTART"].params["TZID"] for e in calendar.walk("VEVENT")} == {"Asia/Shanghai"}
        (standard,) = zone.walk("STANDARD")
        assert standard["TZOFFSETTO"].td == dt.timedelta(hours=8)


def test_who_has_no_duty_has_no_calendar(tiny):
    """Somebody off the whole horizon gets no file."""
    table = tiny.roster.assignments
    left = table[table["agent_id"] != "A1"]
    idle = dataclasses.replace(tiny, roster=dataclasses.replace(tiny.roster, assignments=left))
    assert set(calendars(idle, board(idle), FIRST)) == {
        f"calendars/{agent}.ics" for agent in left["agent_id"]
    }


def test_a_new_version_updates_and_withdraws(tiny, tmp_path):
    """After a duty is taken away its event is cancelled under the same UID, the others rise.

    Published once more the same, nothing changes; given back, the duty is there again.
    """
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    first = published(out, "A1")
    assert {int(each["SEQUENCE"]) for each in first.values()} == {0}
    changed = without(tiny, "A1")
    publish(changed, out, VERSIONS)
    second = published(out, "A1")
    gone = min(first)
    assert set(second) == set(first)
    assert {int(each["SEQUENCE"]) for each in second.values()} == {1}
    assert {day for day, e in second.items() if str(e["STATUS"]) == "CANCELLED"} == {gone}
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    publish(changed, out, VERSIONS)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before
    publish(tiny, out, VERSIONS)
    third = published(out, "A1")
    assert {str(each["STATUS"]) for each in third.values()} == {"CONFIRMED"}
    assert {int(each["SEQUENCE"]) for each in third.values()} == {2}
    record = json.loads((out / "manifest.json").read_text("utf-8"))["version"]
    assert record == {"number": 3, "withdrawn": {}, "before": {"A1": {gone: ""}}}


def test_who_has_left_the_table_is_told_that_her_duties_are_cancelled(tiny, tmp_path):
    """An agent who is no longer there has a file of cancelled events alone."""
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    first = published(out, "A3")
    table = tiny.roster.assignments
    left = dataclasses.replace(
        tiny,
        workspace=dataclasses.replace(
            tiny.workspace,
            tables={
                **tiny.workspace.tables,
                "agents": tiny.workspace.tables["agents"].drop("A3"),
            },
        ),
        roster=dataclasses.replace(tiny.roster, assignments=table[table["agent_id"] != "A3"]),
    )
    publish(left, out, VERSIONS)
    second = published(out, "A3")
    assert set(second) == set(first) != set()
    assert {str(each["STATUS"]) for each in second.values()} == {"CANCELLED"}


SPOILT_TEXT = {
    "a day": {"A1": {"2026-11-16": "\ud800"}},
    "an agent": {"\ud800": {"2026-11-16": "09:00-18:00 P"}},
}


@pytest.mark.parametrize("before", SPOILT_TEXT.values(), ids=SPOILT_TEXT)
def test_a_manifest_with_half_a_character_is_not_ours(tiny, tmp_path, before):
    """What no text can hold was not written by us; it is read like no manifest at all."""
    publish(tiny, tmp_path / "out", VERSIONS)
    path = tmp_path / "out" / "manifest.json"
    old = json.loads(path.read_bytes())
    path.write_text(json.dumps(old | {"version": {**old["version"], "before": before}}), "utf-8")
    assert read_manifest(tmp_path / "out") == {}


def test_a_withdrawn_duty_stays_withdrawn(tiny, tmp_path):
    """A third version still cancels what the second took away."""
    out = tmp_path / "out"
    for plan in (tiny, without(tiny, "A1"), without(without(tiny, "A1"), "A3")):
        publish(plan, out, VERSIONS)
    record = json.loads((out / "manifest.json").read_text("utf-8"))["version"]
    assert record["number"] == 3
    assert set(record["withdrawn"]) == {"A1", "A3"}


def test_another_week_in_the_same_folder_withdraws_nothing(tiny, tmp_path):
    """Days outside the horizon are not cancelled: last week was worked."""
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    roster = (out / "roster.csv").read_text("utf-8-sig")
    days = [f"{START + dt.timedelta(days=28 + i)}" for i in range(7)]
    later = roster
    for i, day in enumerate(days):
        later = later.replace(f"{START + dt.timedelta(days=i)}", day)
    assert later != roster
    assert following(out, later.encode(), days) == Version(number=2)


SPOILT = {
    "no version": None,
    "nonsense": {"number": "x"},
    "endless": {"number": 10**30, "withdrawn": {}},
    "no day": {"number": 1, "withdrawn": {"A1": ["not-a-day"]}},
}


@pytest.mark.parametrize("spoilt", [*SPOILT, "no roster"])
def test_a_spoilt_older_output_is_replaced_all_the_same(tiny, tmp_path, spoilt):
    """An older manifest without a version, or a roster.csv that is gone, stops nothing."""
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    if spoilt == "no roster":
        (out / "roster.csv").unlink()
    else:
        manifest["version"] = SPOILT[spoilt]
    (out / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    publish(without(tiny, "A1"), out, VERSIONS)
    record = json.loads((out / "manifest.json").read_text("utf-8"))["version"]
    assert record["number"] == 2
    assert bool(record["withdrawn"]) == (spoilt != "no roster")


def test_somebody_elses_file_in_the_calendars_is_kept(tiny, tmp_path):
    """A file of the user's in a folder of ours is named and left alone."""
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    (out / "calendars" / "mine.ics").write_text("mine", "utf-8")
    with pytest.raises(PublishError, match=r"calendars/mine\.ics"):
        publish(tiny, out, VERSIONS)
    assert (out / "calendars" / "mine.ics").read_text("utf-8") == "mine"


def test_hostile_names_and_two_thousand_agents_are_harmless(tiny):
    """Every file name is plain and its own, every event is one, and names are kept as text."""
    many = crowd(tiny)
    made = calendars(many, board(many), FIRST)
    names = [name.removeprefix("calendars/") for name in made]
    assert len({name.casefold() for name in names}) == 2000
    assert all(len(name.encode()) < 255 and not set(name) & set('/\\:*?"<>|') for name in names)
    assert not any(name.split(".")[0].casefold() == "con" for name in names)
    stems = file_names(many.workspace.agents.index)
    for agent, name in HOSTILE.items():
        content = made[f"calendars/{stems[agent]}.ics"]
        table = many.roster.assignments
        days = table[table["agent_id"] == agent]["date"].nunique()
        assert len(events(content)) == days
        title = str(icalendar.Calendar.from_ical(content)["X-WR-CALNAME"])
        assert " ".join(name.replace("\u202e", " ").split()) in title


def test_file_names_are_as_plain_as_the_identifiers_allow():
    """Plain ones stay; others get a part of their checksum, whoever else is there."""
    found = file_names(["A017", "客服一", "a017", "x/y", "", ".", "nul.txt"])
    assert found["客服一"] == "客服一"
    assert found["A017"].startswith("A017-")
    assert found["a017"].startswith("a017-")
    assert len(set(found.values())) == len(found)
    assert file_names(["x/y"])["x/y"] == found["x/y"]
    assert file_names(["A017"]) == {"A017": "A017"}


def test_versions_are_told_by_their_record():
    """What the manifest keeps of a version is what it is made of."""
    told: Mapping[str, tuple[str, ...]] = {"A1": ("2026-11-16",)}
    before = {"A1": {"2026-11-16": "09:00-18:00 P"}}
    made = Version(number=2, withdrawn=told, before=before).record()
    assert made == {"number": 2, "withdrawn": dict(told), "before": before}


def test_what_the_version_before_told_stays_known(tiny, tmp_path):
    """A duty that changed is kept as it was told, also when the same roster is published again."""
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    publish(without(tiny, "A1"), out, VERSIONS)
    told = tiny.roster.assignments
    first = told[told["agent_id"] == "A1"]["date"].min()
    again = [json.loads((out / "manifest.json").read_text("utf-8"))["version"]]
    page = (out / "plan.html").read_bytes()
    publish(without(tiny, "A1"), out, VERSIONS)
    again.append(json.loads((out / "manifest.json").read_text("utf-8"))["version"])
    assert again[0] == again[1]
    assert page == (out / "plan.html").read_bytes()
    (day, was), *others = again[0]["before"]["A1"].items()
    assert (day, others) == (f"{first:%Y-%m-%d}", [])
    start = told[(told["agent_id"] == "A1") & (told["date"] == first)]["shift_start"].iloc[0]
    assert hours(was).startswith(f"{start:%H:%M}-")
    assert list(again[0]["before"]) == ["A1"]


def test_only_days_that_both_versions_plan_are_compared(tiny, tmp_path):
    """A duty on a day that the older roster did not plan is no change."""
    out = tmp_path / "out"
    publish(tiny, out, VERSIONS)
    table = tiny.roster.assignments
    late = table.assign(
        **{
            name: table[name] + pd.Timedelta(days=7)
            for name in ("date", "shift_start", "shift_end", "start", "end")
        }
    )
    rows = csv_bytes(stretches_table(late))
    days = [f"{START + dt.timedelta(days=7 + i)}" for i in range(7)]
    assert following(out, rows, days) == Version(number=2)
