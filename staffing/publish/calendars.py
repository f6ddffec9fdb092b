"""calendars/: one .ics an agent, to be imported into a phone (RFC 5545, RFC 7986).

A duty is an event from its start to its end; its meals, pools and trainings are in the description
by time. The UID is that of agent and service day, whatever the duty is, so a file that is imported
again moves the event; SEQUENCE is that of the published version, and a duty that was withdrawn
comes as a cancelled event. Agents without either have no file.
"""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from staffing.grid import DAY_MIN
from staffing.plan import Plan
from staffing.publish.board import Board, Cell, Line, doing
from staffing.publish.names import file_names, one_line
from staffing.version import Version
from staffing.words import Lang, say

FOLDER = "calendars"
MAKER = "-//staffing//roster//EN"
SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "staffing:duty")
"""The name space of the UIDs: the same agent and day have the same one in every version."""


def calendars(plan: Plan, roster: Board, version: Version) -> dict[str, bytes]:
    """Return name -> iCalendar of every agent with a duty, or with one withdrawn."""
    dates = plan.scenario.grid.dates
    span = (dates[0], dates[-1] + dt.timedelta(days=2))
    zone = Timezone.from_tzid(plan.scenario.zone, first_date=span[0], last_date=span[1])
    del zone["comment"]  # of the days that it is cut down to, which is nothing to an agent
    lines, found = _people(roster, version), {}
    names = file_names(line.agent_id for line in lines)
    for line in lines:
        gone = version.withdrawn.get(line.agent_id, ())
        if line.days or gone:
            made = _calendar(plan, roster, line, version, zone)
            found[f"{FOLDER}/{names[line.agent_id]}.ics"] = made.to_ical()
    return found


def _people(roster: Board, version: Version) -> list[Line]:
    """Return everybody's line, and one of rest of who has left the table with duties to cancel."""
    there = {line.agent_id for line in roster.lines}
    cells = (Cell(kind="rest", text=""),) * len(roster.days)
    left = [agent for agent in version.withdrawn if agent not in there]
    gone = [Line(agent_id=each, name=each, team="", cells=cells, weekend=0) for each in left]
    return [*roster.lines, *gone]


def uid(agent_id: str, date: dt.date) -> str:
    """Return the UID of an agent's duty of a service day."""
    return str(uuid.uuid5(SPACE, f"{date}\x1f{agent_id}"))


def _calendar(plan: Plan, roster: Board, line: Line, version: Version, zone: Timezone) -> Calendar:
    lang = plan.scenario.lang
    made = Calendar()
    made.add("prodid", MAKER)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    title = say(lang, "calendar.name", name=one_line(line.name), agent=one_line(line.agent_id))
    made.add("x-wr-calname", title)
    made.add("x-wr-timezone", plan.scenario.zone)
    made.add_component(zone)
    for day, cell in zip(roster.days, line.cells, strict=True):
        if cell.parts:
            made.add_component(_duty(plan, line.agent_id, day.date, cell, version))
    for text in version.withdrawn.get(line.agent_id, ()):
        made.add_component(_withdrawn(plan, line.agent_id, dt.date.fromisoformat(text), version))
    return made


def _event(plan: Plan, agent_id: str, date: dt.date, version: Version) -> Event:
    """Return the event of a duty, which goes by agent and service day alone."""
    made = Event()
    made.add("uid", uid(agent_id, date))
    # No clock is written: versions differ in SEQUENCE, which goes before this stamp.
    first = dt.datetime.combine(plan.scenario.horizon.start, dt.time(), dt.UTC)
    made.add("dtstamp", first)
    made.add("sequence", version.number - 1)
    return made


def _duty(plan: Plan, agent_id: str, date: dt.date, cell: Cell, version: Version) -> Event:
    lang, made = plan.scenario.lang, _event(plan, agent_id, date, version)
    kind = say(lang, f"kind.{cell.kind}")
    made.add("summary", say(lang, "calendar.summary", kind=kind, span=cell.text))
    made.add("dtstart", _moment(plan, date, cell.parts[0].start_min))
    made.add("dtend", _moment(plan, date, cell.parts[-1].end_min))
    made.add("status", "CONFIRMED")
    made.add("description", "\n".join(_lines(lang, cell)))
    return made


def _lines(lang: Lang, cell: Cell) -> list[str]:
    """Return what is done when, and the paid hours."""
    parts = [one_line(f"{part.text} {doing(lang, part)}") for part in cell.parts]
    return [*parts, say(lang, "calendar.paid", hours=f"{cell.paid_h:g}")]


def _withdrawn(plan: Plan, agent_id: str, date: dt.date, version: Version) -> Event:
    made = _event(plan, agent_id, date, version)
    made.add("summary", say(plan.scenario.lang, "calendar.withdrawn"))
    made.add("dtstart", date)
    made.add("status", "CANCELLED")
    made.add("transp", "TRANSPARENT")
    return made


def _moment(plan: Plan, date: dt.date, minute: int) -> dt.datetime:
    """Return a minute of a service day as wall time of the scenario's zone."""
    day, rest = divmod(minute, DAY_MIN)
    clock = dt.time(rest // 60, rest % 60, tzinfo=ZoneInfo(plan.scenario.zone))
    return dt.datetime.combine(date + dt.timedelta(days=day), clock)
