"""What is wrong with an input, or odd about it: sentences on stderr."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from staffing.errors import Fault, InfeasibleRosterError, InputError
from staffing.tell.console import as_json, line
from staffing.words import Lang, Statement, listed, say

SHOWN_NOTICES = 5


def refusal(error: InputError, lang: Lang, *, machine: bool) -> None:
    """Print every fault of an input; for machines as JSON on stdout, too."""
    if machine:
        as_json({"faults": [each.record(lang) for each in error.faults]})
    line(say(lang, "say.faults", count=len(error.faults)), stderr=True, fault=True)
    for fault in error.faults:
        line("  " + fault.line(lang), stderr=True, fault=True)


def contradiction(error: InfeasibleRosterError, lang: Lang, *, machine: bool) -> None:
    """Print who has no lawful week and why; for machines as JSON on stdout, too."""
    said = [each.text(lang) for each in error.contradictions]
    if machine:
        ways = [each.text(lang) for each in error.ways_out]
        as_json({"status": "infeasible", "contradictions": said, "repair": ways})
    line(say(lang, "say.no_roster"), stderr=True, fault=True)
    for clash in _grouped(error.contradictions):
        line("  " + clash.text(lang), stderr=True, fault=True)
    for way in error.ways_out:
        line(way.text(lang), stderr=True, fault=True)


def _grouped(clashes: Sequence[Statement]) -> list[Statement]:
    """Return the clashes with agents of the same rules in one sentence, in order."""
    alike: dict[str, list[Statement]] = defaultdict(list)
    for clash in clashes:
        rules = clash.facts.get("rules")
        alike[clash.text("en") if rules is None else repr(rules)].append(clash)
    return [
        own[0]
        if len(own) == 1
        else Statement(
            "clash.agents",
            {
                "agents": listed([str(each.facts["agent"]) for each in own]),
                "rules": own[0].facts["rules"],
            },
        )
        for own in alike.values()
    ]


def notices(found: Sequence[Fault], lang: Lang, most: int = SHOWN_NOTICES) -> None:
    """Print what is odd but no fault: the first `most`, and how many more there are."""
    if found:
        line(say(lang, "say.notices", count=len(found)), stderr=True)
    for each in found[:most]:
        line("  " + each.line(lang), stderr=True)
    if len(found) > most:
        line("  " + say(lang, "say.more_notices", count=len(found) - most), stderr=True)
