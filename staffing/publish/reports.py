"""The tables that page and workbook both show, with raw values and how each is to be read."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import Backtest
from staffing.frames import rows as walk
from staffing.grid import clock_text
from staffing.plan import Plan
from staffing.publish.board import Board, Day, span_text
from staffing.publish.cells import (
    Column,
    Form,
    Table,
    column,
    origin_text,
    proven_least,
    proven_most,
    shown,
)
from staffing.publish.figures import RULES_CHECKED, Figures
from staffing.roster import Shortage
from staffing.words import Lang, catalogue, listed, say
from staffing.workspace import Workspace
from staffing.workspace.tables import TABLES, schema

MOST_NAMED = 30
"""Activities without time that are told one by one."""
DAYS_NAMED = 5
"""Days with too much uncovered that are told one by one."""
NEAR_ZERO = 0.0005
"""A share that is shown as 0.0 %."""
CLOCK_SETTINGS = frozenset({"fairness.late_after"})
"""Settings that are minutes after midnight."""


def pool_titles(workspace: Workspace, lang: Lang) -> dict[str, str]:
    """Return pool -> its name with the shops behind it."""
    found = {}
    for pool, shops in workspace.pools.items():
        names = [str(workspace.shops.loc[shop, "name"]) for shop in shops]
        if len(names) <= 2:
            found[pool] = say(lang, "label.pool_of", pool=pool, shops=_list(lang, names))
        else:
            facts = {"shop": names[0], "number": len(names), "more": len(names) - 1}
            found[pool] = say(lang, "label.pool_many", pool=pool, **facts)
    return found


def _list(lang: Lang, parts: Iterable[str]) -> str:
    return say(lang, "mark.list").join(parts)


def key_figures(plan: Plan, made: Figures) -> Table:
    """Return the plan in a dozen numbers; the value is text because units differ."""
    lang, tested = plan.scenario.lang, plan.forecast.backtest
    bound = None if made.bound_h is None else shown(lang, made.bound_h, "number")
    rows: list[tuple[str, str]] = [
        (say(lang, "page.tile_rules"), f"0 / {RULES_CHECKED}"),
        (say(lang, "label.required_h"), shown(lang, made.required_h, "number")),
        (
            say(lang, "goal.uncovered"),
            f"{shown(lang, made.uncovered_h, 'number')}"
            f" ({shown(lang, made.uncovered_share, 'share')})",
        ),
        (say(lang, "label.bound"), bound or say(lang, "mark.blank")),
        (say(lang, "goal.paid"), shown(lang, made.paid_h, "number")),
        (say(lang, "page.tile_agents"), f"{made.on_duty} / {made.agents}"),
        (say(lang, "page.tile_service"), shown(lang, plan.replay.service_level, "share")),
        (say(lang, "label.target"), shown(lang, plan.replay.target, "share")),
        (say(lang, "page.tile_forecast"), shown(lang, tested.wape(), "share")),
        (say(lang, "label.naive_wape"), shown(lang, tested.wape("naive"), "share")),
    ]
    columns = (column(lang, "measure"), column(lang, "value"))
    return Table(title=say(lang, "page.figures"), columns=columns, rows=tuple(rows))


def goals(plan: Plan, made: Figures) -> Table:
    """Return the goals with what is reached and proven; uncovered as published."""
    lang = plan.scenario.lang
    rows: list[tuple[object, ...]] = []
    for goal in plan.roster.report.goals:
        published = goal.name == "uncovered"
        value = made.uncovered_h if published else goal.value
        above = None if goal.bound is None else max(value - goal.bound, 0.0)
        rows.append((say(lang, f"goal.{goal.name}"), value, goal.bound, above))
    return Table(
        title=say(lang, "page.goals"),
        columns=(
            column(lang, "goal"),
            column(lang, "reached", "number"),
            column(lang, "bound", "number"),
            column(lang, "above_bound", "number"),
        ),
        rows=tuple(rows),
    )


def service(plan: Plan, titles: Mapping[str, str]) -> Table:
    """Return the replayed service of every pool, all pools first."""
    lang, by_pool = plan.scenario.lang, plan.replay.by_pool()
    means = ["service_level", "target", "promised", "lost", "asa_s", "occupancy"]
    names = ["contacts", *means, "peak_backlog"]
    weights = by_pool["contacts"].to_numpy()
    together: list[float | None] = [_mean(by_pool[name], weights) for name in means]
    together.append(None)
    rows: list[tuple[object, ...]] = [
        (say(lang, "label.all_pools"), float(weights.sum()), *together),
        *(
            (titles.get(row["pool"], row["pool"]), *(row[name] for name in names))
            for row in by_pool.to_dict("records")
        ),
    ]
    forms: tuple[Form, ...] = (
        "count", "share", "share", "share", "share", "number", "share", "count",
    )  # fmt: skip
    return Table(
        title=say(lang, "page.service"),
        columns=(
            column(lang, "pool"),
            *(column(lang, n, f) for n, f in zip(names, forms, strict=True)),
        ),
        rows=tuple(rows),
        flagged=frozenset((i, 2) for i, row in enumerate(rows) if below(row[2], row[3])),
        total=True,
    )


def _mean(values: pd.Series, weights: npt.NDArray[np.float64]) -> float | None:
    """Return the weighted mean of what is known; None where nothing is."""
    known = values.notna().to_numpy() & (weights > 0)
    return float(np.average(values[known], weights=weights[known])) if known.any() else None


def below(value: object, target: object) -> bool:
    """Return whether a shown share is below its target: what looks equal is not flagged."""
    if value is None or target is None:
        return False
    return round(float(str(value)), 3) < round(float(str(target)), 3)


def service_by_day(plan: Plan, days: Sequence[Day], titles: Mapping[str, str]) -> Table:
    """Return the replayed service level of every pool and day."""
    lang = plan.scenario.lang
    found = {
        (str(row.pool), row.date.date()): (float(row.service_level), float(row.target))
        for row in walk(plan.replay.table)
    }
    pools = sorted({pool for pool, _ in found})
    rows, flagged = [], set()
    for i, pool in enumerate(pools):
        cells: list[float | None] = []
        for j, day in enumerate(days, start=1):
            level, target = found.get((pool, day.date), (None, None))
            cells.append(level)
            if below(level, target):
                flagged.add((i, j))
        rows.append((titles.get(pool, pool), *cells))
    return Table(
        title=say(lang, "page.service_days"),
        columns=(
            column(lang, "pool"),
            *(Column(label=f"{d.date:%m-%d} {d.weekday(lang)}", form="share") for d in days),
        ),
        rows=tuple(rows),
        flagged=frozenset(flagged),
    )


def shortages(plan: Plan, titles: Mapping[str, str]) -> Table:
    """Return every shortage with its reasons in words, the largest first."""
    lang = plan.scenario.lang
    return Table(
        title=say(lang, "page.shortages"),
        columns=(
            column(lang, "pool"),
            column(lang, "date"),
            column(lang, "time"),
            column(lang, "short_seats", "number"),
            column(lang, "short_h", "number"),
            column(lang, "reasons", "long"),
        ),
        rows=tuple(_shortage(lang, each, titles) for each in plan.shortages),
    )


def _shortage(lang: Lang, each: Shortage, titles: Mapping[str, str]) -> tuple[object, ...]:
    day = Day(date=each.start.date(), statutory=False)
    return (
        titles.get(each.pool, each.pool),
        day.text(lang),
        _span(each.start, each.end),
        each.seats,
        each.seat_hours,
        reasons_text(lang, each.reasons) or None,
    )


def _span(start: dt.datetime, end: dt.datetime) -> str:
    """Return the clock times of a shortage; the end has its date when it is past midnight."""
    if end.date() == start.date():
        return f"{start:%H:%M}-{end:%H:%M}"
    if end == dt.datetime.combine(start.date() + dt.timedelta(days=1), dt.time()):
        return f"{start:%H:%M}-24:00"
    return f"{start:%H:%M}-{end:%m-%d %H:%M}"


def reasons_text(lang: Lang, reasons: Mapping[str, int]) -> str:
    """Return the reasons of a shortage in words: what how many people do instead."""
    return say(lang, "mark.clause").join(
        say(lang, "why.people", reason=say(lang, f"why.{reason}"), people=people)
        for reason, people in reasons.items()
    )


def backtest(plan: Plan) -> Table:
    """Return the errors over all, promotion and ordinary days."""
    lang, tested = plan.scenario.lang, plan.forecast.backtest
    scopes = (("all_days", None), ("event_days", True), ("plain_days", False))
    rows = [
        (say(lang, f"label.{name}"), number, *_errors(tested, event))
        for name, event in scopes
        if (number := _tested(tested, event))
    ]
    return Table(
        title=say(lang, "page.backtest"),
        columns=(
            column(lang, "scope"),
            column(lang, "tested", "count"),
            column(lang, "wape", "share"),
            column(lang, "naive_wape", "share"),
            column(lang, "bias", "signed"),
        ),
        rows=tuple(rows),
        total=True,
    )


def _tested(tested: Backtest, event: bool | None) -> int:
    rows = tested.usable
    return len(rows if event is None else rows[rows["event"] == event])


def _errors(tested: Backtest, event: bool | None) -> tuple[float, float, float]:
    return tested.wape(event=event), tested.wape("naive", event=event), tested.bias(event=event)


def backtest_by_shop(plan: Plan) -> Table:
    """Return the errors of every shop."""
    lang, names = plan.scenario.lang, plan.workspace.shops["name"]
    rows = tuple(
        (
            say(lang, "label.shop_of", shop=row["shop_id"], name=names[row["shop_id"]]),
            row["actual_per_day"],
            row["wape"],
            row["naive_wape"],
            row["bias"],
        )
        for row in plan.forecast.backtest.by_shop().to_dict("records")
    )
    return Table(
        title=say(lang, "page.backtest_shops"),
        columns=(
            column(lang, "shop"),
            column(lang, "actual_per_day", "count"),
            column(lang, "wape", "share"),
            column(lang, "naive_wape", "share"),
            column(lang, "bias", "signed"),
        ),
        rows=rows,
        flagged=frozenset(
            (i, 2) for i, (_, _, wape, naive, _) in enumerate(rows) if below(naive, wape)
        ),
    )


def fairness(plan: Plan, made: Board) -> Table:
    """Return how evenly days, late shifts, weekends and hours fall on those who work."""
    lang, working = plan.scenario.lang, made.working
    contract = plan.workspace.agents["hours_per_week"]
    weeks = plan.scenario.horizon.days / 7
    share = [line.paid_h / (float(contract[line.agent_id]) * weeks) for line in working]
    counts = {
        "days": [float(line.days) for line in working],
        "late": [float(line.late) for line in working],
        "weekend": [float(line.weekend) for line in working],
        "paid_h": [line.paid_h for line in working],
    }
    rows: list[tuple[object, ...]] = [
        (say(lang, f"label.{name}"), *(f"{value:g}" for value in _spread(values)))
        for name, values in counts.items()
        if values
    ]
    if share:
        label = say(lang, "label.share_of_contract")
        rows.append((label, *(shown(lang, value, "share") for value in _spread(share))))
    kept, wished = _wishes(plan, made)
    if wished:
        text = say(lang, "label.wishes_kept", kept=kept, all=wished)
        rows.append((say(lang, "label.wishes"), text, None, None))
    return Table(
        title=say(lang, "page.fairness"),
        columns=tuple(column(lang, name) for name in ("measure", "least", "median", "most")),
        rows=tuple(rows),
    )


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return min(values), statistics.median(values), max(values)


def _wishes(plan: Plan, made: Board) -> tuple[int, int]:
    """Return how many wishes of the horizon are kept, and how many there are."""
    at = {day.date: i for i, day in enumerate(made.days)}
    lines = {line.agent_id: line for line in made.lines}
    asked = [
        (str(row.wish), lines[str(row.agent_id)].cells[at[row.date.date()]])
        for row in walk(plan.workspace.tables["requests"])
        if row.date.date() in at
    ]
    kept = sum(
        not cell.parts if wish == "rest_day" else bool(cell.parts) and cell.late == (wish == "late")
        for wish, cell in asked
    )
    return kept, len(asked)


def defaults(plan: Plan, lang: Lang | None = None) -> tuple[Table, Table]:
    """Return the defaults used by the scenario and by blank cells of the workspace.

    Parameters
    ----------
    lang : in which they are told; the scenario's by default
    """
    lang = lang or plan.scenario.lang
    scenario = tuple(
        (_setting(lang, name), name, setting_text(lang, name, value), origin_text(lang, origin))
        for name, value, origin in plan.scenario.defaults()
    )
    workspace = tuple(
        (_cell_name(lang, used.where), used.cells, str(used.value), origin_text(lang, used.origin))
        for used in plan.workspace.defaults
    )
    common = (column(lang, "value"), column(lang, "origin", "long"))
    return (
        Table(
            title=say(lang, "page.defaults_scenario"),
            columns=(column(lang, "setting"), column(lang, "key"), *common),
            rows=scenario,
        ),
        Table(
            title=say(lang, "page.defaults_workspace"),
            columns=(column(lang, "setting"), column(lang, "cells", "count"), *common),
            rows=workspace,
        ),
    )


def _setting(lang: Lang, name: str) -> str:
    """Return the name of a setting in words; its key where the words have none."""
    return say(lang, f"setting.{name}") if f"setting.{name}" in catalogue() else name


def _cell_name(lang: Lang, where: str) -> str:
    """Return ``table.column`` in the words of the workspace."""
    table, column = where.split(".", 1)
    if lang != "zh":
        return where
    title = next((each.zh for each in TABLES if each.name == table), table)
    known = schema(table).columns.get(column)
    return f"{title}·{known.metadata['zh'] if known and known.metadata else column}"


def setting_text(lang: Lang, name: str, value: object) -> str:
    """Return the value of a setting as a planner would say it.

    Examples
    --------
    >>> setting_text("en", "shifts.lunch", {"opens_min": 660, "closes_min": 840})
    '11:00-14:00'
    """
    if isinstance(value, dict) and set(value) == {"opens_min", "closes_min"}:
        return span_text(value["opens_min"], value["closes_min"])
    if isinstance(value, list | tuple):
        return _list(lang, (setting_text(lang, name, each) for each in value))
    if name in CLOCK_SETTINGS and isinstance(value, int):
        return clock_text(value)
    if isinstance(value, str) and f"choice.{value}" in catalogue():
        return say(lang, f"choice.{value}")
    return f"{value:g}" if isinstance(value, float) else str(value)


def days_beyond(plan: Plan) -> str | None:
    """Return on which days more is uncovered than the scenario allows, if there are any."""
    lang = plan.scenario.lang
    named = [
        say(
            lang,
            "say.day_beyond",
            day=f"{day:%m-%d}",
            uncovered=shown(lang, uncovered, "number"),
            required=shown(lang, required, "number"),
            share=shown(lang, uncovered / required, "share"),
        )
        for day, (uncovered, required) in plan.days_beyond.items()
    ]
    if not named:
        return None
    days = listed(named, DAYS_NAMED).text(lang)
    most = shown(lang, plan.scenario.roster.max_uncovered, "share")
    return say(lang, "say.days_beyond", count=len(named), days=days, most=most)


def verdict(plan: Plan, made: Figures, titles: Mapping[str, str]) -> Iterator[tuple[bool, str]]:
    """Yield the plan in plain sentences, each with whether it is good news."""
    lang, allowed = plan.scenario.lang, plan.scenario.roster.max_uncovered

    def number(value: float) -> str:
        return shown(lang, value, "number")

    def share(value: float) -> str:
        return shown(lang, value, "share")

    yield True, say(lang, "page.lawful", rules=RULES_CHECKED)
    if plan.scenario.rules.preset == "comprehensive-hours":
        yield False, say(lang, "say.approval")
    facts = {
        "required": number(made.required_h),
        "uncovered": number(made.uncovered_h),
        "share": share(made.uncovered_share),
        "most": share(allowed),
    }
    key = "beyond" if plan.short else ("within" if made.uncovered_h else "covered_all")
    yield not plan.short, say(lang, f"page.{key}", **facts)
    if days := days_beyond(plan):
        yield False, say(lang, "page.sentence", line=days)
    if made.uncovered_h:
        yield made.bound_h is not None, _proof(lang, made)
    level, target = plan.replay.service_level, plan.replay.target
    missed = below(level, target)
    yield (
        not missed,
        say(
            lang,
            "page.service_missed" if missed else "page.service_met",
            times=plan.replay.replications,
            level=share(level),
            target=share(target),
        ),
    )
    behind = [
        titles.get(str(row["pool"]), str(row["pool"]))
        for row in plan.replay.by_pool().to_dict("records")
        if below(row["service_level"], row["target"])
    ]
    if behind:
        yield False, say(lang, "page.service_pools", pools=_list(lang, behind))
    if plan.confirmation is not None:
        left = len(plan.confirmation.missed)
        counts = {"repairs": len(plan.confirmation.rounds) - 1, "left": left}
        hours = number(plan.confirmation.added_h)
        yield not left, say(lang, "page.confirmed", hours=hours, **counts)
    if plan.crowded:
        yield False, _sentence(lang, "say.crowded", meals=len(plan.crowded))
    if plan.unplaced:
        names = [
            say(
                lang,
                "say.activity",
                kind=say(lang, f"activity.{kind}"),
                agent=who,
                day=f"{day:%m-%d}",
            )
            for kind, who, day in plan.unplaced
        ]
        text = listed(names, MOST_NAMED).text(lang)
        yield False, _sentence(lang, "say.unplaced", count=len(names), who=text)
    idle = made.agents - made.on_duty
    key = "people" if idle else "people_all"
    yield True, say(lang, f"page.{key}", duty=made.on_duty, paid=number(made.paid_h), idle=idle)


def _sentence(lang: Lang, key: str, **facts: object) -> str:
    """Return a line of the terminal as a sentence."""
    return say(lang, "page.sentence", line=say(lang, key, **facts))


def _proof(lang: Lang, made: Figures) -> str:
    """Return what is proven about the uncovered seat-hours."""
    if made.bound_h is None:
        return say(lang, "page.no_bound")
    if not made.gap:
        return say(lang, "page.bound_reached")
    if made.share(made.bound_h) < NEAR_ZERO:
        return say(lang, "page.bound_near_zero")
    return say(
        lang,
        "page.bound",
        bound=shown(lang, proven_least(made.bound_h, 1), "number"),
        bound_share=shown(lang, proven_least(made.share(made.bound_h), 3), "share"),
        distance=shown(lang, proven_most(made.distance_h, 1), "number"),
        distance_share=shown(lang, proven_most(made.share(made.distance_h), 3), "share"),
    )
