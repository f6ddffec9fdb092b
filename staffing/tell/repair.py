"""Where a week lacks people, which rules clash, and what would mend it cheapest."""

from __future__ import annotations

from staffing.roster.repair import Repair
from staffing.tell.console import as_json, line
from staffing.words import Lang


def repaired(made: Repair, lang: Lang, *, machine: bool) -> None:
    """Print the bottleneck and the cheapest repair; for machines as JSON."""
    if machine:
        as_json(made.record(lang))
        return
    advised(made, lang)


def advised(made: Repair, lang: Lang, *, stderr: bool = False) -> None:
    """Print the bottleneck and the cheapest repair in sentences."""
    for each in made.lines():
        line(each.text(lang), stderr=stderr)
