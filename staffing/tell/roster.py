"""A roster: which rules it breaks, and what service its replay sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from staffing.publish.summary import rounded
from staffing.roster import Recount, Roster, Shortage, Violation
from staffing.roster.audit import hard
from staffing.scenario import Scenario
from staffing.simulate import Replay
from staffing.tell.console import as_json, line, records, speaker, table
from staffing.tell.people import named
from staffing.words import Lang
from staffing.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a roster read from a workbook comes to: how many cells were edited, and its replay."""

    edited: int
    roster: Roster
    replay: Replay


def audited(
    roster: pd.DataFrame,
    broken: Sequence[Violation],
    counted: Recount,
    workspace: Workspace,
    scenario: Scenario,
    judged: Judged | None = None,
    *,
    machine: bool,
) -> None:
    """Print each broken rule with agent, day and law, or that none is; then hours and coverage.

    Parameters
    ----------
    judged : coverage against the required seats, cost and service level, where they were computed
    """
    lang = scenario.lang
    say = speaker(lang)
    if machine:
        found = [
            {
                "rule": each.rule,
                "agent_id": each.agent_id,
                "date": f"{each.date}",
                "how": each.how.text(lang),
                "law": each.law.text(lang),
            }
            for each in broken
        ]
        tables = {"agents": records(counted.agents), "pools": records(counted.pools)}
        told: dict[str, object] = {"lawful": not hard(broken), "preset": scenario.rules.preset}
        told["needs_approval"] = scenario.rules.preset == "comprehensive-hours"
        if judged is not None:
            told |= _record(judged, counted)
        as_json({**told, "violations": found, **tables})
        return
    if judged is not None:
        line(say("say.edited", count=judged.edited))
    if scenario.rules.preset == "comprehensive-hours":
        line(say("say.approval"))
    if not hard(broken):
        duties = roster.groupby(["agent_id", "date"]).ngroups
        line(say("say.roster_lawful", count=duties))
    if broken:
        line(say("say.roster_unlawful", count=len(broken)))
        rows = [
            [e.rule, named(workspace, e.agent_id), f"{e.date}", e.how.text(lang), e.law.text(lang)]
            for e in broken
        ]
        table([say(f"table.{name}") for name in ("rule", "agent", "day", "how", "law")], rows)
    if judged is not None:
        _judged(judged, counted, lang)
    _counted(counted, workspace, lang)


def _record(judged: Judged, counted: Recount) -> dict[str, object]:
    """Return coverage, cost and service level for machines."""
    made, wages = judged.roster, counted.agents["yuan"]
    return {
        "edited_cells": judged.edited,
        "required_h": rounded(made.required_h),
        "uncovered_h": rounded(made.uncovered_h),
        "uncovered_share": rounded(made.uncovered_share),
        "paid_h": rounded(made.paid_h),
        "cost_h": rounded(made.report.goal("cost").value),
        "wages_yuan": None if wages.isna().any() else rounded(wages.sum()),
        "service_level": rounded(judged.replay.service_level),
        "target": rounded(judged.replay.target),
    }


def _judged(judged: Judged, counted: Recount, lang: Lang) -> None:
    """Print coverage, cost and service level."""
    say, made, wages = speaker(lang), judged.roster, counted.agents["yuan"]
    line(
        say(
            "say.handed_coverage",
            uncovered=f"{made.uncovered_h:,.1f}",
            required=f"{made.required_h:,.1f}",
            share=f"{made.uncovered_share:.2%}",
            hours=f"{made.paid_h:,.1f}",
            cost=f"{made.report.goal('cost').value:,.1f}",
        )
    )
    if not wages.isna().any():
        line(say("say.wages", yuan=f"{wages.sum():,.0f}"))
    level, target = f"{judged.replay.service_level:.1%}", f"{judged.replay.target:.1%}"
    line(say("say.service", level=level, target=target))


def _counted(counted: Recount, workspace: Workspace, lang: Lang) -> None:
    """Print the hours of each agent by pay class, and the coverage of each pool."""
    say = speaker(lang)
    line(say("say.counted"))
    heads = ("days", "late", "paid_h", "h_100", "h_150", "h_200", "h_300", "yuan")
    for frame, key, names in (
        (counted.agents, "agent", heads),
        (counted.pools, "pool", ("open_h", "staffed_h", "seat_h", "empty_h")),
    ):
        columns = [frame[name].map(_plain) for name in names]
        own = [named(workspace, each) for each in frame.iloc[:, 0].astype(str)]
        rows = [list(row) for row in zip(own, *columns, strict=True)]
        table([say(f"table.{name}") for name in (key, *names)], rows)


def _plain(number: float) -> str:
    """Return a number for a cell, at most one decimal; a dash where it is not known."""
    return "-" if pd.isna(number) else f"{round(number, 1):,g}"


def replayed(made: Replay, lang: Lang, *, machine: bool) -> None:
    """Print the service level of each shop and day, pool by pool."""
    if machine:
        tables = {"pools": records(made.table), "shops": records(made.shops)}
        as_json({"replications": made.replications, **tables})
        return
    say = speaker(lang)
    level, target = f"{made.service_level:.1%}", f"{made.target:.1%}"
    shops, days = made.shops, sorted(made.shops["date"].unique())
    missed = int((shops["high"] < shops["target"]).sum())
    facts = {"missed": missed, "days": len(shops), "times": made.replications}
    line(say("say.replayed", level=level, target=target, **facts))
    rows = []
    for (pool, shop), own in shops.groupby(["pool", "shop_id"], sort=False):
        by_day = own.set_index("date")
        half = 100 * (by_day["high"] - by_day["low"]) / 2
        cells = [
            f"{100 * by_day['service_level'][day]:.0f}{_mark(by_day.loc[day])} ±{half[day]:.0f}"
            if day in half
            else "-"
            for day in days
        ]
        rows.append(
            [
                str(pool),
                str(shop),
                f"{own['contacts'].sum():,.0f}",
                f"{100 * own['target'].iloc[0]:.0f}",
                _mean(own, "promised"),
                _mean(own, "service_level"),
                f"{own['lost_contacts'].sum():,.0f}",
                f"{own['peak_backlog'].max():,.0f}",
                *cells,
            ]
        )
    names = ("pool", "shop", "contacts", "target", "promised", "reached", "lost", "backlog")
    table([*(say(f"table.{name}") for name in names), *(f"{day:%m-%d}" for day in days)], rows)
    line(say("say.replay_note"))


def _mark(day: pd.Series) -> str:
    return "!" if day["high"] < day["target"] else ""


def _mean(days: pd.DataFrame, name: str) -> str:
    """Return the contact-weighted mean of a share in per cent; a dash where it is not known."""
    known = days[days[name].notna()]
    contacts = known["contacts"].sum()
    return f"{100 * (known[name] * known['contacts']).sum() / contacts:.0f}" if contacts else "-"


def short(shortages: Sequence[Shortage], lang: Lang) -> None:
    """Print where seats are missing, and why nobody takes them."""
    say = speaker(lang)
    rows = [
        [
            each.pool,
            f"{each.start:%m-%d %H:%M}",
            f"{each.end:%m-%d %H:%M}",
            f"{each.seats:g}",
            f"{each.seat_hours:.1f}",
            ", ".join(f"{say('why.' + why)} {number}" for why, number in each.reasons.items()),
        ]
        for each in shortages
    ]
    names = ("pool", "from", "to", "seats_short", "seat_hours", "why")
    table([say(f"table.{name}") for name in names], rows)
