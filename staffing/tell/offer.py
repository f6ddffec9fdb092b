"""The prices of a quote on the terminal, below its seats."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from staffing.quote.money import money_text
from staffing.quote.offer import LIKELY, Quote
from staffing.tell.console import as_json, line, speaker, table, written
from staffing.tell.quote import as_data, preliminary
from staffing.words import Lang

__all__ = ["quoted"]


def quoted(quote: Quote, paths: Sequence[Path], lang: Lang, *, machine: bool) -> None:
    """Print a quote: seats and what they rest on, prices under each model, files written."""
    if machine:
        told = as_data(quote.estimate, quote.advice, lang)
        as_json({**told, "offer": _data(quote), "files": [str(path) for path in paths]})
        return
    preliminary(quote.estimate, quote.advice, lang, machine=False)
    _prices(quote, lang)
    if paths:
        line("")
        written(lang, paths)


def _prices(quote: Quote, lang: Lang) -> None:
    """Print the contract's total under each model from P50 to P90, and the margin at P80."""
    speak = speaker(lang)
    line("")
    days = quote.rates.prices.valid_days
    line(speak("offer.title", number=quote.number, date=quote.date, days=days))
    names = ("model", "low", "likely", "high", "month", "margin")
    rows = []
    for model in quote.models:
        name, priced = speak(f"model.{model}"), quote.likely(model)
        low, high = quote.range_of(model)
        rows.append(
            [
                speak("offer.chosen", model=name) if model == quote.model else name,
                *(money_text(each) for each in (low, priced.total, high)),
                money_text(priced.total / len(priced.months)),
                "-" if priced.margin is None else f"{float(priced.margin):.1%}",
            ]
        )
    table([speak(f"offer.col_{name}") for name in names], rows)
    line(speak("offer.cost", cost=money_text(quote.likely().cost)))
    if (share := quote.break_even_commission) is not None:
        line(speak("offer.commission", share=f"{float(share):.1%}"))
    for (one, other), contacts in quote.break_evens.items():
        if contacts is not None and quote.model in (one, other):
            models = {"one": speak(f"model.{one}"), "other": speak(f"model.{other}")}
            line(speak("offer.even", contacts=f"{contacts:,.0f}", **models))


def _data(quote: Quote) -> dict[str, object]:
    """Return the prices for machines; amounts are texts of decimals."""
    return {
        "number": quote.number,
        "date": f"{quote.date}",
        "valid_until": f"{quote.valid_until}",
        "firm": quote.firm,
        "model": quote.model,
        "cost": str(quote.likely().cost),
        "prices": {
            model: {
                **{level: str(priced[model].total) for level, priced in quote.priced.items()},
                "margin": None
                if (margin := quote.priced[LIKELY][model].margin) is None
                else f"{margin:.4f}",
            }
            for model in quote.models
        },
        "instalments": [
            {"due": f"{each.due}", "months": each.months, "amount": str(each.amount)}
            for each in quote.likely().instalments
        ],
        "break_evens": [
            {"one": one, "other": other, "contacts": None if at is None else str(at)}
            for (one, other), at in quote.break_evens.items()
        ],
    }
