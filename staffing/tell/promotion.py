"""A promotion run in the terminal: phases, strengths side by side, whom to get and by when."""

from __future__ import annotations

from staffing.plan import Plan
from staffing.promotion import Promotion
from staffing.publish.cells import Table, shown
from staffing.publish.promotion import people, phases, sentences, strengths
from staffing.tell.console import line, table
from staffing.words import Lang

__all__ = ["promoted"]


def promoted(plan: Plan, made: Promotion) -> None:
    """Print what a promotion run found, before what is told of any plan."""
    lang = plan.scenario.lang
    for each in (phases(plan, made), strengths(plan, made), people(plan, made)):
        _shown(each, lang)
    for text in sentences(plan, made):
        line(text)


def _shown(made: Table, lang: Lang) -> None:
    if not made.rows:
        return
    line(made.title)
    table(
        [column.label for column in made.columns],
        [
            [shown(lang, cell, col.form) for cell, col in zip(row, made.columns, strict=True)]
            for row in made.rows
        ],
    )
