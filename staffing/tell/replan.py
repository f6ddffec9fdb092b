"""A replanned roster: who changes and why, what stays open, and what doing nothing would cost."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from staffing.frames import rows
from staffing.grid import INTERVAL_MIN
from staffing.publish.replanned import record
from staffing.replan import Change, Replanned
from staffing.roster.audit import RULES
from staffing.tell.console import Say, as_json, line, speaker, table, written
from staffing.tell.people import named
from staffing.version import MIDNIGHT
from staffing.words import listed
from staffing.workspace import Workspace

HALF_H = INTERVAL_MIN / 60
SHOWN_OPEN = 8


def filed(made: Replanned, paths: Sequence[Path], *, machine: bool) -> None:
    """Print the files written; for machines the whole answer, which nothing was said of yet."""
    if machine:
        as_json(record(made) | {"files": [path.as_posix() for path in paths]})
    else:
        written(made.plan.scenario.lang, paths)


def replanned(made: Replanned) -> None:
    """Print who changes, what that is good for, and what stays open."""
    say, people = speaker(made.plan.scenario.lang), made.plan.workspace
    line(say("replan.lawful", rules=len(RULES)))
    if made.frozen_until is not None:
        line(say("replan.frozen", time=f"{made.frozen_until:%Y-%m-%d %H:%M}"))
    for each in made.absent:
        facts = {"day": f"{each.date}", "duty": _hours(each.old, say), "now": _hours(each.new, say)}
        key = "replan.absent" if each.new.empty else "replan.went_home_at"
        line(say(key, agent=named(people, each.agent_id), **facts))
    for agent, day in made.back:
        line(say("replan.back", agent=named(people, agent), day=f"{day}"))
    if made.changed:
        line(say("replan.changed", count=len(made.changed)))
        names = ("day", "agent", "kind", "old_duty", "new_duty", "why_changed")
        cells = [_row(each, people, say) for each in made.changed]
        table([say(f"table.{name}") for name in names], cells)
        line(say("replan.proven" if made.proven else "replan.found"))
    else:
        line(say("replan.nothing"))
    _cost(made, say)
    _open(made, say)
    if made.plan.short:
        line(say("replan.short", most=f"{made.plan.scenario.roster.max_uncovered:.1%}"))


def _row(each: Change, people: Workspace, say: Say) -> list[str]:
    return [
        f"{each.date:%m-%d}",
        named(people, each.agent_id),
        say(f"replan.{each.kind}"),
        _hours(each.old, say),
        _hours(each.new, say),
        _why(each, people, say),
    ]


def _hours(duty: pd.DataFrame, say: Say) -> str:
    """Return when a duty begins and ends; a dash where there is none."""
    if duty.empty:
        return say("replan.off")
    return f"{duty['start'].min():%H:%M}-{_end(duty['end'].max())}"


def _end(moment: dt.datetime) -> str:
    """Return the clock at which a duty ends: midnight is the end of its day."""
    clock = f"{moment:%H:%M}"
    return MIDNIGHT.get(clock, clock)


def _why(each: Change, people: Workspace, say: Say) -> str:
    """Return which seats a change covers, and whom it stands in for."""
    if not each.covers:
        return say("replan.own_rules" if each.kind in ("sent_home", "hours") else "replan.follows")
    parts = [
        say(
            "replan.covers_for" if cover.instead_of else "replan.covers",
            pool=cover.pool,
            start=f"{cover.start:%H:%M}",
            end=_end(cover.end),
            agents=say("where.comma").join(named(people, each) for each in cover.instead_of),
        )
        for cover in each.covers
    ]
    return say("replan.covered", parts=say("where.and_also").join(parts), hours=f"{each.hours:.1f}")


def _cost(made: Replanned, say: Say) -> None:
    """Print what is uncovered and the service level, without the changes and with them."""
    days = listed([f"{day:%m-%d}" for day in made.looked_at]).text(made.plan.scenario.lang)
    on_days = pd.to_datetime(list(made.looked_at))
    open_h = [
        float(each.loc[each["date"].isin(on_days), "uncovered"].sum()) * HALF_H
        for each in (made.before, made.after)
    ]
    levels = [made.service_level(lived) for lived in (made.lived_before, made.plan.replay)]
    if not made.looked_at:
        return
    without, now = (_share(level) for level in levels)
    line(
        say(
            "replan.cost",
            days=days,
            before_h=f"{open_h[0]:,.1f}",
            after_h=f"{open_h[1]:,.1f}",
            before=without,
            after=now,
        )
    )
    elsewhere = float(made.ahead.loc[~made.ahead["date"].isin(on_days), "uncovered"].sum()) * HALF_H
    if elsewhere and made.absent:
        line(say("replan.elsewhere", hours=f"{elsewhere:,.1f}"))


def _share(level: float) -> str:
    return "-" if math.isnan(level) else f"{level:.1%}"


def _open(made: Replanned, say: Say) -> None:
    """Print the pools and times that still lack seats on the days looked at, most first."""
    found = made.ahead[made.ahead["uncovered"] > 0]
    found = found[found["date"].isin(pd.to_datetime(list(made.looked_at)))]
    if found.empty:
        return
    runs: list[tuple[str, pd.Timestamp, pd.Timestamp, float, float]] = []
    half = pd.Timedelta(minutes=INTERVAL_MIN)
    for row in rows(found.sort_values(["pool", "start"])):
        seats = float(row.uncovered)
        if runs and runs[-1][0] == row.pool and runs[-1][2] == row.start:
            pool, begun, _, most, hours = runs[-1]
            runs[-1] = (pool, begun, row.start + half, max(most, seats), hours + seats * HALF_H)
        else:
            runs.append((str(row.pool), row.start, row.start + half, seats, seats * HALF_H))
    runs.sort(key=lambda run: (-run[4], run[0], run[1]))
    line(say("replan.open"))
    cells = [
        [pool, f"{begin:%m-%d %H:%M}", f"{end:%m-%d %H:%M}", f"{most:g}", f"{hours:.1f}"]
        for pool, begin, end, most, hours in runs[:SHOWN_OPEN]
    ]
    names = ("pool", "from", "to", "seats_short", "seat_hours")
    table([say(f"table.{name}") for name in names], cells)
    if len(runs) > SHOWN_OPEN:
        line(say("replan.more_open", count=len(runs) - SHOWN_OPEN))
