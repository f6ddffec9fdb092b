"""plan.html: the plan on one page that needs no network, no server and no other file."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import jinja2

from staffing.grid import clock_text
from staffing.plan import Plan
from staffing.publish import charts, reports
from staffing.publish.board import (
    EARLY_BEFORE_MIN,
    FILL,
    KINDS,
    SHORT_BELOW_H,
    Board,
    Kind,
    board,
)
from staffing.publish.cells import Form, Table, shown
from staffing.publish.figures import RULES_CHECKED, Figures, figures
from staffing.publish.promotion import people, phases, sentences, strengths
from staffing.roster.explain import SHOWN
from staffing.words import Lang, say


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


def page(plan: Plan) -> str:
    """Return the page, in the scenario's language."""
    lang, made, roster = plan.scenario.lang, figures(plan), board(plan)
    titles = reports.pool_titles(plan.workspace, lang)
    short = reports.shortages(plan, titles)
    return template("plan.html").render(
        lang={"zh": "zh-CN", "en": "en"}[lang],
        t=partial(say, lang),
        show=partial(shown, lang),
        plan=plan,
        board=roster,
        tiles=_tiles(plan, made),
        verdict=list(reports.verdict(plan, made, titles)),
        legend=legend(lang, plan.scenario.fairness.late_after),
        fill=FILL,
        font=charts.FONT,
        colours={"required": charts.REQUIRED, "rostered": charts.ROSTERED, "short": charts.SHORT},
        chart=charts.specification(lang),
        coverage=charts.data(plan, roster.days, titles),
        library=charts.library(),
        tables=_tables(plan, made, roster, titles),
        shortages=short,
        explained=SHOWN,
        defaults=reports.defaults(plan),
        promotion=_promotion(plan),
    )


def _promotion(plan: Plan) -> dict[str, Any] | None:
    """Return what a promotion run found, None where the plan is none."""
    made = plan.promotion
    if made is None:
        return None
    tables = [each(plan, made) for each in (strengths, people, phases)]
    return {"sentences": sentences(plan, made), "tables": tables}


def _tables(plan: Plan, made: Figures, roster: Board, titles: dict[str, str]) -> dict[str, Table]:
    """Return the smaller tables of the page by name."""
    return {
        "service": reports.service(plan, titles),
        "service_days": reports.service_by_day(plan, roster.days, titles),
        "backtest": reports.backtest(plan),
        "backtest_shops": reports.backtest_by_shop(plan),
        "fairness": reports.fairness(plan, roster),
        "goals": reports.goals(plan, made),
    }


def _tiles(plan: Plan, made: Figures) -> list[dict[str, Any]]:
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
