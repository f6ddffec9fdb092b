"""A quote on the terminal: seats, headcount, what was assumed, what is open, advice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from staffing.grid import clock_text
from staffing.quote.advice import Advice
from staffing.quote.estimate import LEVELS, Estimate
from staffing.quote.priors import categories
from staffing.tell.console import as_json, line, records, speaker, table
from staffing.words import Lang, catalogue, say

__all__ = ["preliminary"]


def preliminary(made: Estimate, advice: Advice, lang: Lang, *, machine: bool) -> None:
    """Print seats, headcount, advice, warnings, open items and every number assumed."""
    if machine:
        as_json(as_data(made, advice, lang))
        return
    speak = speaker(lang)
    p = made.prospect
    name = p.name if "name" in p.told else speak("quote.merchant")
    stage = speak("quote.firm" if made.firm else "quote.preliminary")
    line(
        speak(
            "quote.title",
            stage=stage,
            name=name,
            category=category_text(p.category, lang),
            contacts=f"{p.contacts:,.10g}",
        )
    )
    line(
        speak(
            "quote.terms",
            level=f"{made.level * 100:.4g}%",
            within=f"{made.within_s:g}",
            start=made.start,
        )
    )
    _seats(made, lang)
    heads = made.heads
    line(
        speak(
            "quote.heads",
            seats=f"{made.ordinary.seats():g}",
            people=span(f"{heads['p80_low']:.1f}", f"{heads['p80']:.1f}", lang),
            hours=f"{len(made.ordinary.table) / 2:g}",
            one=span(f"{heads['per_seat_low']:.2f}", f"{heads['per_seat_high']:.2f}", lang),
        )
    )
    ramp = f"{made.ramp_days:g}", f"{heads['start_p80']:.1f}"
    line(
        speak("quote.start_heads", training=f"{made.training_days:g}", ramp=ramp[0], heads=ramp[1])
    )
    _advice(advice, lang)
    for title, found in (("warnings", made.warnings), ("open", made.open_items)):
        if found:
            line("")
            line(speak(f"quote.{title}", count=len(found)))
            for each in found:
                line("  " + each.text(lang))
    line("")
    line(speak("quote.assumed", count=len(made.assumptions)))
    for note in made.assumptions:
        label, origin = note.label.text(lang), note.origin.text(lang)
        value = shown(note.value, lang)
        if note.key == "category":
            value = category_text(note.value, lang)
        line("  " + speak("quote.assumption", label=label, value=value, origin=origin))


def span(low: str, high: str, lang: Lang) -> str:
    """Return a range, or the one value where both ends are alike."""
    return low if low == high else say(lang, "quote.span", low=low, high=high)


def category_text(name: str, lang: Lang) -> str:
    """Return a category in the reader's language; one that is not known as it was written."""
    for key in (f"letter_value.{name}_category", f"letter_value.{name}"):
        if name in categories() and key in catalogue():
            return say(lang, key)
    return name


def shown(value: str, lang: Lang) -> str:
    """Return the value of an assumption in the reader's language: words and units."""
    if f"value.{value}" in catalogue():
        return say(lang, f"value.{value}")
    number, _, unit = value.rpartition(" ")
    if number and f"quote.unit_{unit}" in catalogue():
        return say(lang, f"quote.unit_{unit}", number=number)
    return value


def _seats(made: Estimate, lang: Lang) -> None:
    """Print the seats of each kind of day by daypart."""
    speak = speaker(lang)
    head = [speak(f"quote.col_{name}") for name in ("kind", "days", "part", "hours", "contacts")]
    head += [speak("quote.col_seats", level=level.upper()) for level in LEVELS]
    rows = []
    for kind in made.kinds:
        parts = kind.dayparts.to_dict("records")
        for i, part in enumerate(parts):
            rows.append(
                [
                    speak(f"quote.kind_{kind.name}") if i == 0 else "",
                    f"{kind.days_per_month:.1f}" if i == 0 else "",
                    speak(f"quote.part_{part['part']}"),
                    f"{clock_text(int(part['opens']))}-{clock_text(int(part['closes']))}",
                    f"{part['contacts']:,.0f}"
                    if part["contacts"] >= 10
                    else f"{part['contacts']:.1f}",
                    *(f"{part[f'seats_{level}']:g}" for level in LEVELS),
                ]
            )
    table(head, rows)


def _advice(advice: Advice, lang: Lang) -> None:
    """Print what some seats more or fewer do."""
    speak = speaker(lang)
    names = ("seats", "level", "occupancy", "cost", "each", "lost", "sales", "verdict")
    rows = [
        [
            f"{step.seats}",
            f"{step.service_level:.1%}",
            f"{step.occupancy:.0%}",
            f"{step.cost_yuan:,.0f}",
            f"{step.cost_each_yuan:.2f}",
            f"{step.lost:.1f}",
            "-" if math.isnan(step.sales_lost_yuan) else f"{step.sales_lost_yuan:,.0f}",
            speak(f"advice.{step.verdict}"),
        ]
        for step in advice.steps
    ]
    if rows:
        table([speak(f"advice.col_{name}") for name in names], rows)
    for each in (advice.why, *advice.notes):
        line(each.text(lang))


def as_data(made: Estimate, advice: Advice, lang: Lang) -> Mapping[str, Any]:
    """Return the quote for machines; sentences in a language."""
    return {
        "stage": "firm" if made.firm else "preliminary",
        "prospect": made.prospect.model_dump(mode="json", exclude={"history"}),
        "start": f"{made.start}",
        "end": f"{made.end}",
        "target_level": made.level,
        "answer_within_s": made.within_s,
        "aht_s": made.aht_s,
        "concurrency": made.concurrency,
        "kinds": [
            {
                "name": kind.name,
                "days_per_month": kind.days_per_month,
                "dayparts": records(kind.dayparts),
                "half_hours": records(kind.table),
            }
            for kind in made.kinds
        ],
        "heads": dict(made.heads),
        "training_days": made.training_days,
        "ramp_days": made.ramp_days,
        "advice": {
            "seats": advice.seats,
            "why": advice.why.text(lang),
            "notes": [each.text(lang) for each in advice.notes],
            "shared_seat": advice.shared,
            "steps": [
                {
                    name: None if isinstance(value, float) and math.isnan(value) else value
                    for name in step.__slots__
                    for value in [getattr(step, name)]
                }
                for step in advice.steps
            ],
        },
        "warnings": [each.text(lang) for each in made.warnings],
        "open_items": [
            {"name": each.key.split(".")[1], "text": each.text(lang)} for each in made.open_items
        ],
        "assumptions": [
            {
                "key": each.key,
                "label": each.label.text(lang),
                "value": each.value,
                "origin": each.origin.text(lang),
            }
            for each in made.assumptions
        ],
    }
