"""plan.html: the plan on one page that needs no network, no server and no other file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import jinja2
import pandas as pd

from staffing.grid import clock_text
from staffing.plan import Plan
from staffing.publish import charts, reports
from staffing.publish.board import (
    EARLY_BEFORE_MIN,
    FILL,
    KINDS,
    OTHER,
    SHORT_BELOW_H,
    Board,
    Kind,
    board,
)
from staffing.publish.cells import Form, Table, shown
from staffing.publish.changes import changes
from staffing.publish.cost import cost as cost_table
from staffing.publish.duties import ACTIVITIES, duties
from staffing.publish.figures import RULES_CHECKED, Figures, figures
from staffing.publish.library import library
from staffing.publish.promotion import people, phases, sentences, strengths
from staffing.roster.explain import SHOWN
from staffing.roster.pay import pay_classes
from staffing.version import FIRST, Version
from staffing.words import LANGS, Lang, say

CODE: Mapping[Lang, str] = {"zh": "zh-CN", "en": "en"}
"""Languages as browsers name them."""
DARK_FILL: Mapping[Kind, str] = {
    "early": "#2C4A22",
    "middle": "#22426B",
    "late": "#614416",
    "past_midnight": "#4A3462",
    "short": "#1F4D4D",
    "rest": "#161B22",
    "leave": "#343B45",
}
"""Background of a cell on the dark page."""
BARS = ("#BBD7F2", "#FBD3A4", "#BFE3BF", "#DCC3EE", "#F6BDBD", "#B5E3DF", "#EADF9B", "#C9CBEE")
DARK_BARS = ("#1F4F7D", "#70490F", "#27602B", "#5B3875", "#7A2F33", "#1C5F5A", "#615713", "#41438A")
"""Background of a stretch in a pool, in turn."""


@cache
def template(name: str) -> jinja2.Template:
    """Return a template of this package."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("staffing.publish", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def page(plan: Plan, version: Version = FIRST) -> str:
    """Return the page: in the scenario's language, and in the other one at the press of a button.

    Words are in it twice, figures and people once: the script draws charts, heat map and roster in
    either language from the same data.

    Parameters
    ----------
    version : of the roster: what the version before had told otherwise
    """
    first = plan.scenario.lang
    langs = (first, *(lang for lang in LANGS if lang != first))
    roster, drawn = board(plan), charts.data(plan)
    minutes = pay_classes(plan.workspace, plan.scenario, plan.roster.assignments)
    made = figures(plan)
    bodies = {
        lang: template("plan_body.html").render(
            _words(_in(plan, lang), made, roster, version, minutes)
            | {"defaults": reports.defaults(plan, lang)}
        )
        for lang in langs
    }
    return template("plan.html").render(
        langs=langs,
        code=CODE,
        bodies=bodies,
        title=say(first, "page.title", scenario=plan.scenario.name),
        fill=FILL,
        dark_fill=DARK_FILL,
        bars=BARS,
        dark_bars=DARK_BARS,
        font=charts.FONT,
        specifications={
            lang: {
                "seats": charts.specification(lang),
                "demand": charts.demand_specification(lang),
            }
            for lang in langs
        },
        data=drawn | {"roster": duties(roster, drawn["pools"])},
        words={lang: _names(_in(plan, lang), roster) for lang in langs},
        library=library(),
    )


def _in(plan: Plan, lang: Lang) -> Plan:
    """Return the plan as one of a scenario in this language."""
    return replace(plan, scenario=plan.scenario.model_copy(update={"lang": lang}))


def _words(
    plan: Plan, made: Figures, roster: Board, version: Version, minutes: pd.DataFrame
) -> dict[str, Any]:
    """Return what the body of the page is rendered from, in the scenario's language."""
    lang = plan.scenario.lang
    titles = reports.pool_titles(plan.workspace, lang)
    cost, changed = cost_table(plan, minutes), changes(lang, roster, version)
    return {
        "code": CODE[lang],
        "t": partial(say, lang),
        "show": partial(shown, lang),
        "plan": plan,
        "board": roster,
        "version": version,
        "tiles": _tiles(plan, made, cost),
        "verdict": list(reports.verdict(plan, made, titles)),
        "legend": legend(lang, plan.scenario.fairness.late_after),
        "short_colour": charts.SHORT,
        "tables": {
            "service": reports.service(plan, titles),
            "service_days": reports.service_by_day(plan, roster.days, titles),
            "backtest": reports.backtest(plan),
            "backtest_shops": reports.backtest_by_shop(plan),
            "fairness": reports.fairness(plan, roster),
            "goals": reports.goals(plan, made),
            "cost": cost,
        },
        "shortages": reports.shortages(plan, titles),
        "changes": changed,
        "explained": SHOWN,
        "promotion": _promotion(plan),
    }


def _promotion(plan: Plan) -> dict[str, Any] | None:
    """Return what a promotion run found, None where the plan is none."""
    made = plan.promotion
    if made is None:
        return None
    tables = [each(plan, made) for each in (strengths, people, phases)]
    return {"sentences": sentences(plan, made), "tables": tables}


def _names(plan: Plan, roster: Board) -> dict[str, Any]:
    """Return the words that the script needs, in the scenario's language."""
    lang = plan.scenario.lang
    titles, shops = reports.pool_titles(plan.workspace, lang), plan.workspace.shops["name"]
    found = {name: say(lang, f"script.{name}", **LATER) for name in SCRIPT}
    kinds = {cell.why: cell.text for line in roster.lines for cell in line.cells if cell.why}
    return found | {
        "title": say(lang, "page.title", scenario=plan.scenario.name),
        "days": [day.text(lang) for day in roster.days],
        "weekdays": [day.weekday(lang) for day in roster.days],
        "statutory": say(lang, "day.statutory_short"),
        "pools": {pool: titles.get(pool, pool) for pool in plan.workspace.pools},
        "shops": {
            shop: say(lang, "label.shop_of", shop=shop, name=name) for shop, name in shops.items()
        },
        "activities": [say(lang, OTHER.get(each, "label.no_pool")) for each in ACTIVITIES],
        "idle": {why: say(lang, why) for why in kinds},
        "labels": {name: say(lang, f"label.{name}") for name in LABELS},
    }


SCRIPT = (
    *("all_shops", "pools_word", "shops_word", "found", "of_day", "more"),
    *("required", "rostered", "short"),
)
"""Words of the script alone."""
LATER = {name: f"{{{name}}}" for name in ("found", "all", "duty", "shown", "number")}
"""What the script fills in."""
LABELS = (
    *("all_pools", "agent_id", "name", "team", "shift", "pool"),
    *("paid_h", "late", "weekend", "on_duty"),
)
"""Labels that the script needs too."""


def _tiles(plan: Plan, made: Figures, cost: Table) -> list[dict[str, Any]]:
    """Return the tiles on top: label, value, note, and whether the value is bad news."""
    lang, tested = plan.scenario.lang, plan.forecast.backtest

    def show(value: float | None, form: Form) -> str:
        return shown(lang, value, form)

    def tile(name: str, value: str, *, bad: bool = False, **facts: object) -> dict[str, Any]:
        label, note = say(lang, f"page.tile_{name}"), say(lang, f"page.tile_{name}_note", **facts)
        return {"label": label, "value": value, "note": note, "bad": bad}

    bound = None if made.bound_h is None else made.share(made.bound_h)
    level, target = plan.replay.service_level, plan.replay.target
    return [
        tile("rules", "0", rules=RULES_CHECKED),
        tile(
            "uncovered",
            show(made.uncovered_share, "share"),
            bad=plan.short,
            most=show(plan.scenario.roster.max_uncovered, "share"),
            bound=show(bound, "share"),
        ),
        tile(
            "service",
            show(level, "share"),
            bad=reports.below(level, target),
            target=show(target, "share"),
        ),
        tile("paid", show(made.paid_h, "count"), required=show(made.required_h, "count")),
        tile(
            "cost",
            shown(lang, cost.rows[0][-1], "count"),
            price=f"{plan.scenario.costs.seat_hour:g}",
        ),
        tile("agents", show(made.on_duty, "count"), agents=made.agents),
        tile("forecast", show(tested.wape(), "share"), naive=show(tested.wape("naive"), "share")),
    ]


def legend(lang: Lang, late_after_min: int) -> list[tuple[Kind, str, str]]:
    """Return kind, its name and its meaning, for every kind of cell."""
    facts = {
        "early": clock_text(EARLY_BEFORE_MIN),
        "late": clock_text(late_after_min),
        "short": f"{SHORT_BELOW_H:g}",
    }
    return [
        (kind, say(lang, f"kind.{kind}"), say(lang, f"kind_means.{kind}", **facts))
        for kind in KINDS
    ]
