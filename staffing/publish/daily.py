"""A day's report in words: its tiles, sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from staffing.frames import rows as walk
from staffing.publish.board import Day, span_text
from staffing.publish.cells import Column, Form, Table, shown
from staffing.publish.reported import Told, columns
from staffing.publish.reports import below, pool_titles
from staffing.publish.summary import rounded
from staffing.report import Daily, Drift
from staffing.report.drift import DRIFT_DAYS
from staffing.words import Lang, listed, say

__all__ = ["told_daily"]

NAMED = 8
"""Shops that a sentence names."""
SHOPS: tuple[tuple[str, Form], ...] = (
    ("forecast", "count"),
    ("low", "count"),
    ("high", "count"),
    ("actual", "count"),
    ("error", "signed"),
    ("orders", "count"),
    ("conversion", "share"),
    ("service_level", "share"),
    ("target", "share"),
    ("lost", "share"),
)
POOLS: tuple[tuple[str, Form], ...] = (
    ("required_h", "number"),
    ("rostered_h", "number"),
    ("uncovered_h", "number"),
    ("uncovered_share", "share"),
    ("service_level", "share"),
    ("target", "share"),
)


def told_daily(made: Daily) -> Told:
    """Return the report in the scenario's language."""
    lang = made.scenario.lang
    day = Day(date=made.date, statutory=False)
    tables = {"shops": _shops(made), "pools": _pools(made), "agents": _agents(made)}
    if made.drifting:
        tables["drift"] = _drift(made)
    return Told(
        lang=lang,
        title=say(lang, "report.title", day=day.text(lang)),
        span=say(
            lang,
            "report.source_issued" if made.issued else "report.source_again",
            day=f"{made.known_until}",
            zone=made.workspace.zone,
        ),
        tiles=tuple(_tiles(made)),
        verdict=tuple(_verdict(made)),
        tables={name: table for name, table in tables.items() if table.rows},
        notes={
            "shops": say(lang, "report.shops_note"),
            "pools": say(lang, "report.pools_note"),
            "agents": say(lang, "report.agents_note"),
            "drift": say(lang, "report.drift_note", days=DRIFT_DAYS),
        },
        facts={
            "shops": made.shops,
            "pools": made.pools,
            "agents": made.agents,
            "drift": _drift_facts(made),
        },
        record=_record(made),
    )


def _total(made: Daily, name: str) -> float:
    """Return the sum of what is known; NaN where nothing is."""
    return float(made.shops[name].sum(min_count=1))


def _uncovered(made: Daily) -> float:
    required = float(made.pools["required_h"].sum())
    return float(made.pools["uncovered_h"].sum()) / required if required else math.nan


def _reached(made: Daily) -> tuple[float, float]:
    """Return service level and target by contacts; NaN without a replay."""
    known = made.shops.dropna(subset=["service_level", "actual"])
    weight = float(known["actual"].sum())
    if not weight:
        return math.nan, math.nan
    level, target = (
        float((known[name] * known["actual"]).sum()) / weight
        for name in ("service_level", "target")
    )
    return level, target


def _tiles(made: Daily) -> Iterator[tuple[str, str, str, bool]]:
    lang = made.scenario.lang
    inside, judged = made.shops["inside"].sum(), int(made.shops["inside"].notna().sum())
    level, target = _reached(made)
    uncovered, most = _uncovered(made), made.scenario.roster.max_uncovered

    def show(value: float, form: Form) -> str:
        return shown(lang, value, form)

    def tile(
        name: str, value: str, *, bad: bool = False, **facts: object
    ) -> tuple[str, str, str, bool]:
        note = say(lang, f"report.tile_{name}_note", **facts)
        return say(lang, f"report.tile_{name}"), value, note, bad

    yield tile(
        "contacts",
        show(_total(made, "actual"), "count"),
        forecast=show(_total(made, "forecast"), "count"),
    )
    yield tile("wape", show(made.wape, "share"), bias=show(made.bias, "signed"))
    yield tile("inside", f"{inside:.0f} / {judged}")
    yield tile(
        "uncovered",
        show(uncovered, "share"),
        bad=below(most, uncovered) if not math.isnan(uncovered) else False,
        most=show(most, "share"),
    )
    yield tile(
        "service", show(level, "share"), bad=below(level, target), target=show(target, "share")
    )
    yield tile("drift", f"{len(made.drifting)}", bad=bool(made.drifting), days=DRIFT_DAYS)


def _verdict(made: Daily) -> Iterator[tuple[bool, str]]:
    """Yield the day in plain sentences, each with whether it is good news."""
    lang = made.scenario.lang

    def show(value: float, form: Form) -> str:
        return shown(lang, value, form)

    yield (
        True,
        say(
            lang,
            "report.came",
            came=show(_total(made, "actual"), "count"),
            forecast=show(_total(made, "forecast"), "count"),
            bias=show(made.bias, "signed"),
            wape=show(made.wape, "share"),
        ),
    )
    sold = made.shops.dropna(subset=["orders", "actual"])
    if len(sold):
        number, of = float(sold["orders"].sum()), float(sold["actual"].sum())
        share = number / of if of else math.nan
        facts = {"orders": show(number, "count"), "share": show(share, "share")}
        yield True, say(lang, "report.orders_said", shops=len(sold), **facts)
    unknown = made.shops.loc[made.shops["actual"].isna(), "shop_id"].astype(str)
    if len(unknown):
        names = listed(list(unknown), NAMED).text(lang)
        yield False, say(lang, "report.unknown", number=len(unknown), names=names)
    if made.history_ends is not None:
        yield False, say(lang, "report.ends", time=f"{made.history_ends:%Y-%m-%d %H:%M}")
    yield _covered(made)
    for each in made.drifting:
        yield False, drift_text(lang, each, _titles(made)[each.shop_id])
    if not made.drifting:
        yield True, say(lang, "report.no_drift", days=DRIFT_DAYS)


def _covered(made: Daily) -> tuple[bool, str]:
    lang = made.scenario.lang
    if made.agents.empty:
        return False, say(lang, "report.no_roster")
    people = made.agents["agent_id"].nunique()
    if made.pools.empty:
        return False, say(lang, "report.no_pools", people=people)
    level, target = _reached(made)
    share = _uncovered(made)
    facts = {
        name: shown(lang, float(made.pools[name].sum()), "number")
        for name in ("required_h", "rostered_h", "uncovered_h")
    }
    good = share <= made.scenario.roster.max_uncovered and not below(level, target)
    facts |= {
        "share": shown(lang, share, "share"),
        "level": shown(lang, level, "share"),
        "target": shown(lang, target, "share"),
    }
    return good, say(lang, "report.covered", people=people, **facts)


def drift_text(lang: Lang, each: Drift, shop: str) -> str:
    """Return a drift warning as a sentence."""
    return say(
        lang,
        "report.drifts",
        shop=shop,
        first=f"{each.first:%m-%d}",
        last=f"{each.last:%m-%d}",
        came=shown(lang, each.came, "count"),
        expected=shown(lang, each.expected, "count"),
        share=shown(lang, each.share, "signed"),
        z=f"{each.z:+.1f}",
        limit=f"{each.limit:.1f}",
    )


def _titles(made: Daily) -> dict[str, str]:
    lang, names = made.scenario.lang, made.workspace.shops["name"]
    return {
        str(shop): say(lang, "label.shop_of", shop=shop, name=name) for shop, name in names.items()
    }


def _shops(made: Daily) -> Table:
    lang, names, titles = made.scenario.lang, [name for name, _ in SHOPS], _titles(made)
    level, target = _reached(made)
    sums = {name: _total(made, name) for name in ("forecast", "actual", "orders")}
    together = sums | {"error": made.bias, "service_level": level, "target": target}
    rows = [(say(lang, "report.all_shops"), *(together.get(name) for name in names))]
    rows += [
        (titles[str(row["shop_id"])], *(row[name] for name in names))
        for row in made.shops.to_dict("records")
    ]
    at = {name: i for i, name in enumerate(names, start=1)}
    outside = made.shops["inside"].to_numpy() == 0
    flagged = {(int(i) + 1, at["actual"]) for i in np.flatnonzero(outside)}
    flagged |= {
        (i, at["service_level"])
        for i, row in enumerate(rows)
        if below(row[at["service_level"]], row[at["target"]])
    }
    return Table(
        title=say(lang, "report.shops"),
        columns=columns(lang, "shop", SHOPS),
        rows=tuple(rows),
        flagged=frozenset(flagged),
        total=True,
    )


def _pools(made: Daily) -> Table:
    lang = made.scenario.lang
    titles = pool_titles(made.workspace, lang)
    rows = tuple(
        (titles.get(row["pool"], row["pool"]), *(row[name] for name, _ in POOLS))
        for row in made.pools.to_dict("records")
    )
    level, target = len(POOLS) - 1, len(POOLS)
    return Table(
        title=say(lang, "report.pools"),
        columns=columns(lang, "pool", POOLS),
        rows=rows,
        flagged=frozenset(
            (i, level) for i, row in enumerate(rows) if below(row[level], row[target])
        ),
    )


def _agents(made: Daily) -> Table:
    lang = made.scenario.lang
    day = pd.Timestamp(made.date)

    def minute(moment: pd.Timestamp) -> int:
        return int((moment - day).total_seconds() // 60)

    rows = tuple(
        (
            str(each.agent_id),
            each.name,
            each.team,
            span_text(minute(each.start), minute(each.end)),
            each.paid_h,
            each.pools or None,
        )
        for each in walk(made.agents)
    )
    names: tuple[tuple[str, Form], ...] = (
        ("agent_id", "text"),
        ("name", "text"),
        ("team", "text"),
        ("shift", "text"),
        ("paid_h", "number"),
    )
    columns = [Column(label=say(lang, f"label.{name}"), form=form) for name, form in names]
    pools = Column(label=say(lang, "report.in_pools"), form="long")
    return Table(title=say(lang, "report.agents"), columns=(*columns, pools), rows=rows)


def _drift(made: Daily) -> Table:
    lang, titles = made.scenario.lang, _titles(made)
    told: tuple[tuple[str, Form], ...] = (
        ("dates", "text"),
        ("forecast", "count"),
        ("actual", "count"),
        ("over", "signed"),
        ("z", "number"),
        ("limit", "number"),
    )
    return Table(
        title=say(lang, "report.drift"),
        columns=columns(lang, "shop", told),
        rows=tuple(
            (
                titles[each.shop_id],
                f"{each.first:%m-%d}..{each.last:%m-%d}",
                each.expected,
                each.came,
                each.share,
                each.z,
                each.limit,
            )
            for each in made.drifting
        ),
    )


def _drift_facts(made: Daily) -> pd.DataFrame:
    names = ("shop_id", "first", "last", "expected", "came", "z", "limit")
    found = [{name: getattr(each, name) for name in names} for each in made.drifting]
    return pd.DataFrame(found, columns=list(names))


def _record(made: Daily) -> dict[str, object]:
    """Return the figures for machines; unknown ones are None."""
    level, target = _reached(made)
    shops = made.shops.drop(columns="pool").to_dict("records")
    return {
        "date": f"{made.date}",
        "known_until": f"{made.known_until}",
        "issued": made.issued,
        "contacts": rounded(_total(made, "actual")),
        "forecast": rounded(_total(made, "forecast")),
        "orders": rounded(_total(made, "orders")),
        "wape": rounded(made.wape),
        "bias": rounded(made.bias),
        "inside_80": rounded(made.shops["inside"].mean()),
        "uncovered_share": rounded(_uncovered(made)),
        "service_level": rounded(level),
        "target": rounded(target),
        "agents": int(made.agents["agent_id"].nunique()),
        "shops": [
            {name: value if name == "shop_id" else rounded(value) for name, value in each.items()}
            for each in shops
        ],
        "drift": [
            {
                "shop_id": each.shop_id,
                "first": f"{each.first}",
                "last": f"{each.last}",
                "expected": rounded(each.expected),
                "came": rounded(each.came),
                "z": rounded(each.z),
                "limit": rounded(each.limit),
            }
            for each in made.drifting
        ],
    }
