"""backtest.html: how far the forecast can be trusted, on one page that needs no network."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from staffing.forecast.scores import KINDS, METHODS
from staffing.publish import reports
from staffing.publish.cells import Column, Form, Table, shown
from staffing.publish.charts import FONT
from staffing.publish.library import library
from staffing.publish.page import template
from staffing.publish.reports import below
from staffing.publish.tested import charts
from staffing.publish.tested.figures import Scored
from staffing.words import listed, say

SHOPS_SHOWN = 50
LEAST_BIAS = 0.005
"""A bias that is said to be none."""
HIT_TOLERANCE = 0.05
"""How far the hit rate of an interval may be from its level to be called right."""
MEASURES: tuple[tuple[str, Form], ...] = (
    ("wape", "share"),
    ("total_wape", "share"),
    ("bias", "signed"),
    ("pinball", "share"),
    ("hit_80", "share"),
    ("hit_95", "share"),
)
BESIDE: tuple[tuple[str, Form], ...] = (
    ("actual_per_day", "count"),
    ("wape", "share"),
    ("usual_wape", "share"),
    ("naive_wape", "share"),
    ("bias", "signed"),
    ("hit_80", "share"),
)


def page(made: Scored) -> str:
    """Return the page, in the language of the test."""
    lang = made.lang
    shops = by_group(made, "shop", shop_titles(made))
    return template("backtest.html").render(
        lang={"zh": "zh-CN", "en": "en"}[lang],
        t=partial(say, lang),
        show=partial(shown, lang),
        made=made,
        first=f"{made.rows['date'].min():%Y-%m-%d}",
        last=f"{made.rows['date'].max():%Y-%m-%d}",
        tiles=_tiles(made),
        verdict=list(verdict(made)),
        totals=totals(made),
        pools=by_group(made, "pool", reports.pool_titles(made.workspace, lang)),
        shops=shops,
        shown_shops=SHOPS_SHOWN,
        font=FONT,
        colours={
            "actual": charts.ACTUAL,
            "band": charts.BAND,
            "event": charts.EVENT,
            "forecast": charts.COLOURS["forecast"],
        },
        specifications={
            "lead": charts.lead_chart(made),
            "kinds": charts.kind_chart(made),
            "shops": charts.shop_chart(made),
            "calibration": charts.calibration_chart(made),
        },
        calibrated=len(made.calibration) > 0,
        days=charts.days_chart(lang),
        data=charts.days_data(made),
        library=library(),
    )


def shop_titles(made: Scored) -> dict[str, str]:
    """Return shop -> id and name."""
    names = made.workspace.shops["name"]
    return {
        str(shop): say(made.lang, "label.shop_of", shop=shop, name=name)
        for shop, name in names.items()
    }


def totals(made: Scored) -> Table:
    """Return the scores of every method on all, promotion and ordinary days."""
    lang = made.lang
    found = {(r["kind"], r["method"]): r for r in _all(made)}
    rows = tuple(
        (
            say(lang, f"tested.{kind}"),
            say(lang, f"tested.{method}"),
            own["shop_days"],
            *(own[name] for name, _ in MEASURES),
        )
        for kind in KINDS
        for method in METHODS
        if (own := found.get((kind, method)))
    )
    return Table(
        title=say(lang, "tested.totals"),
        columns=(
            Column(label=say(lang, "tested.days_of")),
            Column(label=say(lang, "tested.method")),
            Column(label=say(lang, "label.tested"), form="count"),
            *(Column(label=say(lang, f"tested.{name}"), form=form) for name, form in MEASURES),
        ),
        rows=rows,
    )


def _all(made: Scored) -> list[dict[str, Any]]:
    rows = made.scores[made.scores["scope"] == "all"].to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def by_group(made: Scored, scope: str, titles: dict[str, str]) -> Table:
    """Return the scores of every pool or shop, the largest first; red is worse than naive."""
    lang = made.lang
    rows_of = made.rows.assign(shop=made.rows["shop_id"].astype(str))
    rows_of["pool"] = rows_of["shop"].map(made.workspace.shops["pool"])
    own_days = rows_of.drop_duplicates([scope, "origin", "date"]).groupby(scope).size()
    rows = []
    for key, own in made.by_volume(scope).items():
        ours = own["forecast"]
        per_day = ours["actual"] / own_days[key]
        wapes = [own[method]["wape"] if method in own else None for method in METHODS]
        rows.append((titles.get(key, key), per_day, *wapes, ours["bias"], ours["hit_80"]))
    return Table(
        title=say(lang, f"tested.by_{scope}"),
        columns=(
            Column(label=say(lang, f"label.{scope}")),
            *(Column(label=say(lang, f"tested.{name}"), form=form) for name, form in BESIDE),
        ),
        rows=tuple(rows),
        flagged=frozenset((i, 2) for i, row in enumerate(rows) if below(row[4], row[2])),
    )


def verdict(made: Scored) -> Iterator[tuple[bool, str]]:
    """Yield the test in plain sentences, each with whether it is good news."""
    lang, found = made.lang, {(r["kind"], r["method"]): r for r in _all(made)}
    ours, naive = found["all", "forecast"], found["all", "naive"]
    usual = found.get(("all", "usual"))

    def share(value: float) -> str:
        return shown(lang, value, "share")

    facts = {
        "origins": made.rows["origin"].nunique(),
        "days": shown(lang, ours["shop_days"], "count"),
        "actual": shown(lang, ours["actual"], "count"),
        "wape": share(ours["wape"]),
        "naive": share(naive["wape"]),
        "usual": share(usual["wape"] if usual else math.nan),
        "total": share(ours["total_wape"]),
    }
    worse = below(naive["wape"], ours["wape"])
    yield not worse, say(lang, "tested.said_issued" if made.issued else "tested.said", **facts)
    yield True, say(lang, "tested.said_total", **facts)
    yield from _bias(made, ours["bias"])
    if not math.isnan(ours["hit_80"]):
        right = abs(ours["hit_80"] - 0.8) <= HIT_TOLERANCE
        key = "hit_both" if not math.isnan(ours["hit_95"]) else "hit"
        hits = {"hit": share(ours["hit_80"]), "wide": share(ours["hit_95"])}
        yield right, say(lang, f"tested.said_{key}", **hits)
    promotion, ordinary = found.get(("promotion", "forecast")), found.get(("ordinary", "forecast"))
    if promotion and ordinary:
        apart = {"promotion": share(promotion["wape"]), "ordinary": share(ordinary["wape"])}
        yield True, say(lang, "tested.said_kinds", **apart)
    shops, titles = made.by_volume("shop"), shop_titles(made)
    losing = [
        titles.get(key, key)
        for key, own in shops.items()
        if below(own["naive"]["wape"], own["forecast"]["wape"])
    ]
    if losing:
        names = listed(losing).text(lang)
        yield False, say(lang, "tested.said_worse", number=len(losing), of=len(shops), names=names)
    else:
        yield True, say(lang, "tested.said_none_worse", of=len(shops))


def _bias(made: Scored, bias: float) -> Iterator[tuple[bool, str]]:
    if math.isnan(bias):
        return
    if abs(bias) < LEAST_BIAS:
        yield True, say(made.lang, "tested.said_no_bias")
        return
    key = "high" if bias > 0 else "low"
    share = shown(made.lang, abs(bias), "share")
    yield abs(bias) < HIT_TOLERANCE, say(made.lang, f"tested.said_{key}", share=share)


def _tiles(made: Scored) -> list[dict[str, Any]]:
    """Return the tiles on top: label, value, note, and whether the value is bad news."""
    lang, found = made.lang, {(r["kind"], r["method"]): r for r in _all(made)}
    ours, naive = found["all", "forecast"], found["all", "naive"]
    promotion = found.get(("promotion", "forecast"), {})
    promotion_naive = found.get(("promotion", "naive"), {})

    def tile(name: str, value: str, *, bad: bool = False, **facts: object) -> dict[str, Any]:
        label = say(lang, f"tested.tile_{name}")
        note = say(lang, f"tested.tile_{name}_note", **facts)
        return {"label": label, "value": value, "note": note, "bad": bad}

    def share(value: float | None) -> str:
        return shown(lang, value, "share")

    usual = found.get(("all", "usual"), {}).get("wape")
    return [
        tile(
            "wape",
            share(ours["wape"]),
            bad=below(naive["wape"], ours["wape"]),
            naive=share(naive["wape"]),
        ),
        tile("usual", share(usual)),
        tile("promotion", share(promotion.get("wape")), naive=share(promotion_naive.get("wape"))),
        tile("total", share(ours["total_wape"]), naive=share(naive["total_wape"])),
        tile("bias", shown(lang, ours["bias"], "signed")),
        tile("hit", share(ours["hit_80"]), wide=share(ours["hit_95"])),
    ]
