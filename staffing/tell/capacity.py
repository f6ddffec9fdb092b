"""Whether the floor can deliver: week by week, what lacks, and the cheapest way to have it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from staffing.quote.capacity import MOST_HIRED, Capacity, Hire, Judged, Lack, Measure
from staffing.quote.hiring import soonest
from staffing.scenario import used_defaults
from staffing.tell.console import as_json, line, speaker, table, written
from staffing.words import Lang, Statement, listed, say

__all__ = ["record", "told"]

COSTS = {
    f"costs.{name}"
    for name in (
        "wage_month",
        "benefits_share",
        "board_month",
        "training_head",
        "recruiting_head",
        "tenure_months",
    )
}
"""Rates of the cost build-up that people hired are priced by."""
LEAST_LEAVERS = 0.5
POOLS_TOLD = 2
"""Pools that the refusal names."""


def told(made: Capacity, paths: Sequence[Path], lang: Lang, *, machine: bool) -> None:
    """Print the verdict, the weeks, the pools and the gain of pooling; for machines as JSON."""
    if machine:
        as_json(record(made, lang))
        return
    speak = speaker(lang)
    line(verdict(made).text(lang))
    for each in notes(made):
        line("  " + each.text(lang))
    rows = [_row(made, week, lang) for week in made.weeks]
    table(
        [speak(f"capacity.head_{name}") for name in rows[0]], [list(row.values()) for row in rows]
    )
    line(speak("capacity.pools"))
    table([speak("table.pool"), *(f"{w.week.first:%m-%d}" for w in made.weeks)], _pools(made))
    for each in gains(made):
        line(each.text(lang))
    if paths:
        written(lang, paths)


def verdict(made: Capacity) -> Statement:
    """Return the verdict as one sentence: where it is a refusal, the shortest that helps."""
    most = f"{made.book.scenario.roster.max_uncovered:.0%}"
    span = {"first": f"{made.weeks[0].week.first}", "last": f"{made.weeks[-1].week.last}"}
    if made.verdict == "deliverable":
        worst = max(made.weeks, key=lambda week: week.share)
        told = {**span, "share": f"{worst.share:.1%}", "most": most}
        return Statement("capacity.deliverable", told)
    facts: dict[str, object] = {"lacks": _lacking(made), **span}
    measures = tuple(_measure(each) for each in made.measures)
    facts |= {"repair": measures, "price": f"{made.price:,.0f}"}
    if made.verdict == "with_measures":
        return Statement("capacity.with_measures" if made.checked else "capacity.not_enough", facts)
    if made.verdict == "not_before":
        facts["day"] = f"{made.not_before:%m-%d}"
        return Statement("capacity.not_before_with" if measures else "capacity.not_before", facts)
    if made.verdict == "not_within":
        first = soonest(made.book.rates.hiring, made.book.scenario.horizon.start, hired=True)
        facts |= {"soonest": f"{first}", "most": MOST_HIRED}
        if first <= made.weeks[-1].week.first:
            return Statement("capacity.not_within_many", facts)
    return Statement(f"capacity.{made.verdict}", facts)


def notes(made: Capacity) -> Iterator[Statement]:
    """Yield what else has to be known of the verdict."""
    if made.measures and made.checked:
        facts = {"price": f"{made.price:,.0f}", "least": f"{made.at_least:,.0f}"}
        yield Statement("capacity.checked", facts)
    if made.book.newcomers:
        already = [week for week in made.short if week.plain_short]
        if already:
            days = [f"{week.week.first:%m-%d}" for week in already]
            worst = max(week.plain_share or 0.0 for week in already)
            yield Statement("capacity.already", {"weeks": listed(days), "share": f"{worst:.1%}"})
        fresh = [f"{w.week.first:%m-%d}" for w in made.short if not w.plain_short]
        if fresh:
            yield Statement("capacity.made_short", {"weeks": listed(fresh)})
    if made.leavers >= LEAST_LEAVERS:
        months = f"{made.book.rates.costs.tenure_months:f}"
        yield Statement("capacity.leavers", {"leavers": f"{made.leavers:.0f}", "months": months})
    yield Statement("capacity.at_best")


def gains(made: Capacity) -> Iterator[Statement]:
    """Yield what the newcomers take alone and together with the pool of their category."""
    for each in made.book.newcomers:
        pool = made.book.shared_pool[each.name]
        alone = sum(week.week.alone_h.get(each.name, 0.0) for week in made.weeks)
        added = sum(week.week.added_h.get(each.name, 0.0) for week in made.weeks)
        if pool is None:
            yield Statement("capacity.nobody_alike", {"name": each.name})
        elif alone > 0:
            facts = {
                "name": each.name,
                "pool": pool,
                "alone": f"{alone:,.1f}",
                "added": f"{added:,.1f}",
                "saved": f"{alone - added:,.1f}",
                "share": f"{(alone - added) / alone:.0%}",
            }
            own = made.book.pool_of[each.name] != pool
            yield Statement("capacity.gain_if_shared" if own else "capacity.gain", facts)


def record(made: Capacity, lang: Lang) -> dict[str, object]:
    """Return the whole for machines, its sentences in a language."""
    return {
        "verdict": made.verdict,
        "text": verdict(made).text(lang),
        "notes": [each.text(lang) for each in (*notes(made), *gains(made))],
        "not_before": None if made.not_before is None else f"{made.not_before}",
        "measures": [_measure_record(each, lang) for each in made.measures],
        "price_yuan": f"{made.price:.2f}",
        "price_at_least_yuan": f"{made.at_least:.2f}",
        "checked": made.checked,
        "expected_leavers": round(made.leavers, 2),
        "max_uncovered": made.book.scenario.roster.max_uncovered,
        "weeks": [_week_record(made, each) for each in made.weeks],
        "assumed": list(_assumed(made, lang)),
    }


def _assumed(made: Capacity, lang: Lang) -> Iterator[dict[str, object]]:
    """Yield the rates left at their defaults that the verdict rests on, and where they are from."""
    for key, value, origin in used_defaults(made.book.rates):
        section, _, name = key.partition(".")
        if section == "hiring" or key in COSTS:
            yield {
                "key": key,
                "meaning": say(lang, f"rate.{name}"),
                "value": value,
                "origin": say(lang, f"origin.{origin}"),
            }


def _row(made: Capacity, week: Judged, lang: Lang) -> dict[str, str]:
    """Return the cells of a week under the names of their columns."""
    of, coming = week.week, bool(made.book.newcomers)
    plain = {"book_h": f"{of.plain_asked.seat_hours:,.1f}"} if coming else {}
    asked = f"{of.asked.seat_hours:,.1f}"
    share = "-" if week.plain_share is None else f"{week.plain_share:.1%}"
    return {
        "week": f"{of.first:%m-%d}–{of.last:%m-%d}",
        **plain,
        "required_h" if coming else "asked_h": asked,
        "covered_h": f"{of.asked.seat_hours - week.missing_h:,.1f}",
        "share": f"{week.share:.1%}",
        **({"plain": share} if coming else {}),
        "state": say(lang, f"capacity.week_{_state(made, week)}"),
        "promotions": say(lang, "where.comma").join(of.promotions),
    }


def _state(made: Capacity, week: Judged) -> str:
    if not week.short:
        return "holds"
    return "already" if week.plain_short and made.book.newcomers else "short"


def _pools(made: Capacity) -> list[list[str]]:
    """Return per pool the seat-hours required in each week, and those missing."""
    hours = [week.week.asked.table.groupby("pool")["seats"].sum() / 2 for week in made.weeks]
    names = sorted({str(pool) for own in hours for pool in own.index})
    rows = []
    for name in names:
        cells = []
        for week, own in zip(made.weeks, hours, strict=True):
            lack = next((x.hours for x in week.lacks if x.pool == name), 0.0)
            asked = float(own.get(name, 0.0))
            cells.append(f"{asked:,.1f}" + (f" (-{lack:,.1f})" if lack >= 0.05 else ""))
        rows.append([name, *cells])
    return rows


def _lacking(made: Capacity) -> Statement:
    """Return what the pools lack in the short weeks, the worst first."""
    found: dict[str, list[Lack]] = {}
    told = [week for n, week in enumerate(made.weeks) if week.short and n not in made.before]
    for week in told or made.short:
        whole = [lack for lack in week.lacks if lack.hours >= week.missing_h / 10]
        for lack in whole or week.lacks:
            found.setdefault(lack.pool, []).append(lack)
    order = sorted(found, key=lambda pool: (-sum(x.hours for x in found[pool]), pool))
    said = [
        Statement(
            "capacity.lack",
            {
                "pool": pool,
                "days": _runs([day for lack in found[pool] for day in lack.days]),
                "seats": f"{max(lack.seats for lack in found[pool]):,.1f}".removesuffix(".0"),
                "hours": f"{sum(lack.hours for lack in found[pool]):,.0f}",
            },
        )
        for pool in order[:POOLS_TOLD]
    ]
    return Statement("where.listed", {"shown": tuple(said)})


def _runs(days: Sequence[dt.date]) -> Statement:
    """Return days as runs: 12-07–12-13."""
    runs: list[list[dt.date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    texts = [f"{run[0]:%m-%d}" + (f"–{run[-1]:%m-%d}" if len(run) > 1 else "") for run in runs]
    return listed(texts, most=3)


def _measure(each: Measure) -> Statement:
    facts: dict[str, object] = {
        "serves": f"{each.serves:%m-%d}",
        "by": f"{each.decided_by:%m-%d}",
        "price": f"{each.price:,.0f}",
    }
    if isinstance(each, Hire):
        facts |= {"number": each.number, "pool": listed(each.pools)}
        return Statement("capacity.hire", facts)
    names = listed(each.agents, most=6)
    return Statement("capacity.train", facts | {"agents": names, "pool": each.pool})


def _measure_record(each: Measure, lang: Lang) -> dict[str, object]:
    hire = isinstance(each, Hire)
    return {
        "kind": "hire" if hire else "train",
        "number": each.number if isinstance(each, Hire) else len(each.agents),
        "pools": list(each.pools) if isinstance(each, Hire) else [each.pool],
        "agents": [] if isinstance(each, Hire) else list(each.agents),
        "serves_from": f"{each.serves}",
        "decided_by": f"{each.decided_by}",
        "price_yuan": f"{each.price:.2f}",
        "text": _measure(each).text(lang),
    }


def _week_record(made: Capacity, each: Judged) -> dict[str, object]:
    week = each.week
    return {
        "first": f"{week.first}",
        "last": f"{week.last}",
        "promotions": list(week.promotions),
        "newcomers": list(week.newcomers),
        "book_h": round(week.plain_asked.seat_hours, 2),
        "required_h": round(week.asked.seat_hours, 2),
        "missing_h": round(each.missing_h, 2),
        "uncovered_share": round(each.share, 6),
        "uncovered_share_without": None if each.plain_share is None else round(each.plain_share, 6),
        "state": _state(made, each),
        "pools": [
            {
                "pool": lack.pool,
                "missing_h": round(lack.hours, 2),
                "seats": round(lack.seats, 2),
                "days": [f"{day}" for day in lack.days],
            }
            for lack in each.lacks
        ],
    }
