"""quote.html: the quote on one page that needs no network and no script."""

from __future__ import annotations

from functools import cache, partial

import jinja2

from staffing.publish import fonts
from staffing.publish.cells import shown
from staffing.publish.quote.charts import ON_SCREEN, PHASES, day_chart, phase_chart
from staffing.publish.quote.letter import PHASES_SHOWN, Letter
from staffing.words import say

LOCALES = {"zh": "zh-CN", "en": "en"}


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("staffing.publish.quote", "templates"),
                jinja2.PackageLoader("staffing.publish", "templates"),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("quote.html")


def page(letter: Letter) -> str:
    """Return the page of a quote."""
    lang = letter.lang
    days = []
    for day in letter.days:
        title = say(lang, "letter.chart_day", kind=day.title)
        days.append((title, day_chart(day, title, ON_SCREEN)))
    timeline = phase_chart(letter.touches, letter.phases.title, ON_SCREEN)
    kinds = {touch.kind for touch in letter.touches}
    return _template().render(
        letter=letter,
        lang=LOCALES[lang],
        t=partial(say, lang),
        show=partial(shown, lang),
        font=fonts.PAGE,
        days=days,
        timeline=timeline,
        kinds=[(kind, say(lang, f"letter_kind.{kind}")) for kind in PHASES if kind in kinds],
        most=PHASES_SHOWN,
    )
