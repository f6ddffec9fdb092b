"""announcements/: one text a team, to be pasted into its chat group."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from staffing.plan import Plan
from staffing.publish.board import Board, Cell, Day, Line
from staffing.publish.changes import Changed, changed
from staffing.publish.names import file_names, one_line
from staffing.version import FIRST, Version, hours
from staffing.words import Lang, say

FOLDER = "announcements"
PRIVATE = ("leave", "sick", "absent")
"""Kinds of absence that a group is told alike: who is ill is nobody's business there."""


def announcements(plan: Plan, roster: Board, version: Version) -> dict[str, bytes]:
    """Return name -> text of every team, in the order of the agents table."""
    teams: dict[str, list[Line]] = {}
    for line in roster.lines:
        teams.setdefault(line.team, []).append(line)
    names, lang = file_names(teams), plan.scenario.lang
    anew: dict[str, list[str]] = {}
    for each in changed(roster, version):
        if each.line and each.kind != "seats":
            row = _anew(lang, roster.days, each.line, each)
            anew.setdefault(each.line.team, []).append(row)
    found: dict[str, bytes] = {}
    for team, lines in teams.items():
        head = _head(lang, roster.days, team, version)
        if team in anew:
            head += ["", say(lang, "announce.changed"), *anew[team]]
        elif version.before:
            head.append(say(lang, "announce.unchanged"))
        body = [row for line in lines for row in ("", *_agent(lang, roster.days, line))]
        text = "\n".join([*head, *body, "", *_foot(lang, plan.scenario.contact), ""])
        found[f"{FOLDER}/{names[team]}.txt"] = text.encode()
    return found


def _head(lang: Lang, days: Sequence[Day], team: str, version: Version) -> list[str]:
    span = {"first": _day(lang, days[0]), "last": _day(lang, days[-1])}
    head = [say(lang, "announce.title", team=one_line(team), year=days[0].date.year, **span)]
    if version.number > FIRST.number:
        head.append(say(lang, "announce.version", number=version.number))
    return head


def _foot(lang: Lang, contact: str) -> list[str]:
    whom = one_line(contact)
    ask = say(lang, "announce.ask" if whom else "announce.ask_planner", contact=whom)
    return [say(lang, "announce.times"), ask]


def _anew(lang: Lang, days: Sequence[Day], line: Line, each: Changed) -> str:
    """Return what the hours of a day were and what they are now."""
    return say(
        lang,
        "announce.change",
        who=_who(lang, line),
        when=_day(lang, days[each.day]),
        was=hours(each.was) or say(lang, "announce.rest"),
        now=_told(lang, line.cells[each.day]),
    )


def _who(lang: Lang, line: Line) -> str:
    return say(lang, "announce.agent", name=one_line(line.name), agent=one_line(line.agent_id))


def _agent(lang: Lang, days: Sequence[Day], line: Line) -> list[str]:
    """Return an agent's name and her days; days in a row that are alike are told once."""
    found = [_who(lang, line)]
    told = [(day, _told(lang, cell)) for day, cell in zip(days, line.cells, strict=True)]
    for text, group in itertools.groupby(told, key=_what):
        own = [day for day, _ in group]
        when = _day(lang, own[0])
        if len(own) > 1:
            when = say(lang, "announce.span", first=when, last=_day(lang, own[-1]))
        found.append(say(lang, "announce.day", when=when, what=text))
    return found


def _what(told: tuple[Day, str]) -> str:
    return told[1]


def _told(lang: Lang, cell: Cell) -> str:
    """Return the shift of a day with its trainings and meetings, or why there is none."""
    asked = [
        say(lang, "announce.activity", what=say(lang, f"activity.{part.activity}"), span=part.text)
        for part in cell.parts
        if part.activity not in ("work", "meal")
    ]
    text = cell.text if cell.parts or cell.kind == "leave" else say(lang, "announce.rest")
    if text in {say(lang, f"absence.{kind}") for kind in PRIVATE}:
        text = say(lang, "kind.leave")
    return say(lang, "mark.clause").join([text, *asked])


def _day(lang: Lang, day: Day) -> str:
    mark = say(lang, "day.statutory_short") if day.statutory else ""
    text = say(lang, "announce.date", month=day.date.month, day=day.date.day)
    return " ".join([text, day.weekday(lang), *([mark] if mark else [])])
