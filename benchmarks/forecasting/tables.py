"""The measured figures as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.forecasting.scores import Scores
from benchmarks.forecasting.sets import Set
from benchmarks.markdown import lined


@dataclass(frozen=True)
class Result:
    """One method on one set.

    Attributes
    ----------
    title : str
        The method.
    scores : Scores
        What it reached.
    cpu_ms : float
        CPU milliseconds for one series at one origin, on one core.
    """

    title: str
    scores: Scores
    cpu_ms: float


def table(case: Set, results: list[Result]) -> str:
    """Return a Markdown table of the methods on a set."""
    columns = {"WAPE": "wape"}
    if case.event is None:
        columns["first 7 days"] = "first_week"
    if case.special:
        columns |= {"ordinary days": "ordinary", f"{case.special} days": "special"}
    if not case.daily:
        columns["day totals"] = "totals"
    columns |= {"bias": "bias", "wPL": "wpl"}
    head = ["method", *columns, "cover 80 / 95", "CPU ms"]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for result in results:
        scores = result.scores
        figures = [per_cent(getattr(scores, field)) for field in columns.values()]
        cover = f"{scores.cover_80:.0%} / {scores.cover_95:.0%}".replace("%", "")
        rows.append([result.title, *figures, cover, thousands(result.cpu_ms)])
    return lined(rows)


def per_cent(share: float) -> str:
    """Return a share in per cent with one decimal, or a dash."""
    return "-" if math.isnan(share) else f"{100 * share:.1f}"


def thousands(value: float) -> str:
    """Return a number in two figures or whole, with commas."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def section(case: Set, results: list[Result]) -> str:
    """Return what a set is and its table."""
    first, last = (day.date().isoformat() for day in (case.origins[0], case.origins[-1]))
    many = f"{len(case.origins)} origins, {first} to {last}"
    origins = many if len(case.origins) > 1 else f"origin {first}"
    horizon = f"horizon {case.horizon_days} days"
    return f"### {case.title}\n\n{origins}, {horizon}.\n\n{table(case, results)}"
