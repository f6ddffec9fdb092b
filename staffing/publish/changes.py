"""What has changed since the version before: who has another duty than was told."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from staffing.publish.board import OTHER, Board, Cell, Line
from staffing.publish.cells import Column, Table
from staffing.version import FIRST, Version, hours, spelt
from staffing.words import Lang, say

MOST_SHOWN = 200
"""Changed duties that are told one by one."""
DONE = re.compile(rf"(?<=\d\d:\d\d )(?:{'|'.join(OTHER)})(?=, |$)")
"""An activity in a duty that is spelt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has changed, as a reader sees it.

    Attributes
    ----------
    sentence : how many duties changed, and how
    table : the first of them by day, at most `MOST_SHOWN`
    """

    sentence: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A duty that the version before had told otherwise.

    Attributes
    ----------
    line : None where the agent has left the table
    day : place of the day in the roster
    kind : absent_told, sent_home, called_in, hours or seats (the same hours in other pools)
    was, now : the duty as `staffing.version` spells it; blank without one
    """

    agent_id: str
    line: Line | None
    day: int
    kind: str
    was: str
    now: str


def changed(roster: Board, version: Version) -> list[Changed]:
    """Return who has another duty than the version before had told, by day and agent."""
    lines = {line.agent_id: line for line in roster.lines}
    at = {f"{day.date}": i for i, day in enumerate(roster.days)}
    found: list[Changed] = []
    for agent, days in version.before.items():
        line = lines.get(agent)
        for day, was in days.items():
            if day not in at:
                continue
            now = _spelt(line.cells[at[day]]) if line else ""
            away = line is not None and line.cells[at[day]].kind == "leave"
            kind = "absent_told" if away and not now else _kind(was, now)
            found.append(
                Changed(agent_id=agent, line=line, day=at[day], kind=kind, was=was, now=now)
            )
    return sorted(found, key=lambda each: each.day)


def changes(lang: Lang, roster: Board, version: Version) -> Changes:
    """Return who has another duty than the version before had told, as the page has it."""
    rows = [(each.kind, _row(lang, roster, each)) for each in changed(roster, version)]
    counted = Counter(kind for kind, _ in rows)
    kinds = say(lang, "mark.list").join(
        say(lang, "page.changes_kind", kind=say(lang, f"replan.{kind}"), number=counted[kind])
        for kind in sorted(counted)
    )
    facts = {"number": version.number, "count": len(rows), "kinds": kinds}
    told = "first" if version.number == FIRST.number else "count" if rows else "none"
    sentence = say(lang, f"page.changes_{told}", **facts)
    if len(rows) > MOST_SHOWN:
        sentence += say(lang, "page.changes_more", number=MOST_SHOWN)
    names = ("agent_id", "name", "date", "what", "told_before", "told_now")
    return Changes(
        sentence=sentence,
        table=Table(
            title=say(lang, "page.changes"),
            columns=tuple(
                Column(label=say(lang, f"label.{name}"), form="long" if "told" in name else "text")
                for name in names
            ),
            rows=tuple(told for _, told in rows[:MOST_SHOWN]),
        ),
    )


def _row(lang: Lang, roster: Board, each: Changed) -> tuple[object, ...]:
    text = _told if each.kind == "seats" else _hours
    return (
        each.agent_id,
        each.line.name if each.line else "",
        roster.days[each.day].text(lang),
        say(lang, f"replan.{each.kind}"),
        text(lang, each.was),
        text(lang, each.now),
    )


def _spelt(cell: Cell) -> str:
    """Return a duty as `staffing.version` spells it from a roster.csv."""
    return spelt(
        (f"{_moment(part.start_min)}", f"{_moment(part.end_min)}", part.pool or part.activity)
        for part in cell.parts
    )


def _moment(minute: int) -> str:
    """Return a minute of the service day as a moment that sorts and has its clock time last."""
    day, clock = divmod(minute, 24 * 60)
    return f"0000-00-{day:02d} {clock // 60:02d}:{clock % 60:02d}"


def _kind(was: str, now: str) -> str:
    if not was or not now:
        return "sent_home" if was else "called_in"
    return "seats" if hours(was) == hours(now) else "hours"


def _hours(lang: Lang, duty: str) -> str:
    return hours(duty) or say(lang, "kind.rest")


def _told(lang: Lang, duty: str) -> str:
    return DONE.sub(lambda found: say(lang, OTHER[found[0]]), duty)
