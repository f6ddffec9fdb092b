"""A promotion run for page, workbook, terminal and machines: strengths, levers, people, phases."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from staffing.plan import Plan
from staffing.promotion import LEVERS, STRENGTHS, Lever, Outlook, Promotion, Use
from staffing.publish.cells import Column, Form, Table
from staffing.words import Lang, say
from staffing.workspace.tables.columns import PLATFORMS

__all__ = ["levers_table", "people", "phases", "record", "sentences", "strengths", "temps_table"]

DAY, MINUTE = "%Y-%m-%d", "%Y-%m-%d %H:%M"


def sentences(plan: Plan, made: Promotion) -> list[str]:
    """Return what to know first: the day of the decision, the mix, the gap, what came since."""
    lang, outlook = plan.scenario.lang, made.outlook
    facts: dict[str, object] = {
        "day": f"{made.decided_on:{DAY}}",
        "strength": say(lang, f"promotion.{made.chosen}"),
        "price": f"{outlook.price:,.0f}",
        "least": f"{outlook.at_least:,.0f}",
    }
    found = [say(lang, "promotion.built_for", **facts)]
    if not outlook.uses:
        found.append(say(lang, "promotion.no_lever"))
    else:
        found.append(say(lang, "promotion.exact" if outlook.exact else "promotion.near", **facts))
    found += _rostered(plan, outlook)
    allowed_h = plan.scenario.promotion.most_open * outlook.required_h
    if outlook.open_h > allowed_h + 0.05:
        hours = f"{outlook.open_h:,.1f}"
        found.append(say(lang, "promotion.gap", hours=hours, price=_yuan(plan)))
    if made.came is not None:
        told = made.came
        off = f"{told.expected / told.contacts - 1:+.1%}"
        numbers = {"came": f"{told.contacts:,.0f}", "expected": f"{told.expected:,.0f}"}
        wape = f"{told.wape:.1%}"
        found.append(say(lang, "promotion.came", days=told.days, off=off, wape=wape, **numbers))
    return found


def _rostered(plan: Plan, outlook: Outlook) -> list[str]:
    """Return what the roster's levers cost where that is not what the mix costs."""
    price = sum(use.price for use in plan.used)
    if abs(price - outlook.price) < 0.5:
        return []
    outside = sum(use.price for use in plan.used if use.lever in ("borrowed", "temps"))
    facts = {"price": f"{price:,.0f}", "outside": f"{outside:,.0f}"}
    facts |= {"more": f"{price - outlook.price:+,.0f}", "open": f"{plan.roster.uncovered_h:,.1f}"}
    return [say(plan.scenario.lang, "promotion.price_rostered", **facts)]


def _yuan(plan: Plan) -> str:
    return f"{plan.scenario.promotion.open_hour:,.0f}"


def strengths(plan: Plan, made: Promotion) -> Table:
    """Return the strengths side by side, and what the roster made of the one chosen."""
    lang = plan.scenario.lang
    looks = [made.outlooks[name] for name in STRENGTHS]
    rows: list[tuple[object, ...]] = []

    def row(key: str, texts: Sequence[str], rostered: str = "") -> None:
        named(say(lang, f"promotion.{key}"), texts, rostered)

    def named(label: str, texts: Sequence[str], rostered: str) -> None:
        rows.append((label, *texts, rostered))

    def share(hours: float, of: float) -> str:
        return f"{hours:,.1f} ({hours / of if of else 0:.1%})"

    row("factor", [f"{each.factor:.2f}" for each in looks])
    row("contacts", [f"{each.contacts:,.0f}" for each in looks])
    peaks = [each.peak for each in looks]
    row("peak", [f"{seats:,.0f} · {at:%m-%d %H:%M}" if at else "0" for seats, at in peaks])
    hours = f"{plan.roster.required_h:,.1f}"
    row("required_h", [f"{each.required_h:,.1f}" for each in looks], hours)
    row("own_h", [share(e.required_h - e.own_open_h, e.required_h) for e in looks])
    row("own_level", [f"{each.own_level:.1%}" for each in looks])
    for lever in LEVERS:
        texts = [_use(lang, _of(each.uses, lever)) for each in looks]
        rostered = _use(lang, _of(plan.used, lever))
        if any(_of(uses, lever) for uses in (*(each.uses for each in looks), plan.used)):
            named(say(lang, f"promotion.lever_{lever}"), texts, rostered)
    total = sum(use.price for use in plan.used)
    row("price", [f"{each.price:,.0f}" for each in looks], f"{total:,.0f}")
    row("at_least", [f"{each.at_least:,.0f}" for each in looks])
    gap = share(plan.roster.uncovered_h, plan.roster.required_h)
    row("open_h", [share(each.open_h, each.required_h) for each in looks], gap)
    level = f"{plan.replay.service_level:.1%}"
    row("level", [f"{each.level:.1%}" for each in looks], level)
    row("temps", [f"{_number(each, 'temps')}" for each in looks])
    columns = [Column(label=say(lang, "label.measure"))]
    columns += [Column(label=say(lang, f"promotion.{name}")) for name in STRENGTHS]
    strength = say(lang, f"promotion.{made.chosen}")
    columns.append(Column(label=say(lang, "promotion.rostered", strength=strength)))
    return Table(title=say(lang, "promotion.strengths"), columns=tuple(columns), rows=tuple(rows))


def _of(uses: Sequence[Use], lever: Lever) -> Use | None:
    return next((use for use in uses if use.lever == lever), None)


def _use(lang: Lang, use: Use | None) -> str:
    """Return amount and price of a lever."""
    if use is None:
        return say(lang, "promotion.unused")
    amount = f"{use.amount:,.1f}".removesuffix(".0")
    return say(lang, f"promotion.use_{use.lever}", amount=amount, price=f"{use.price:,.0f}")


def _number(made: Outlook, kind: str) -> int:
    return sum(each.number for each in made.people if each.kind == kind)


def people(plan: Plan, made: Promotion) -> Table:
    """Return who is to come from outside, at the strength that the roster is built for first."""
    lang = plan.scenario.lang
    order = sorted(STRENGTHS, key=lambda each: (each != made.chosen, STRENGTHS.index(each)))
    rows = [
        (
            say(lang, f"promotion.{name}"),
            say(lang, f"promotion.one_of_{each.kind}"),
            each.pool,
            each.number,
            f"{each.decide_by:{DAY}}",
            f"{each.training_from:{DAY}}",
            f"{each.first:{DAY}}",
            f"{each.last:{DAY}}",
            f"{each.full_speed_on:{DAY}}",
            each.number * each.price,
        )
        for name in order
        for each in made.outlooks[name].people
    ]
    names: tuple[tuple[str, Form], ...] = (
        ("strength", "text"),
        ("kind", "text"),
        ("pool", "text"),
        ("number", "count"),
        ("decide_by", "text"),
        ("training_from", "text"),
        ("first", "text"),
        ("last", "text"),
        ("full_speed_on", "text"),
        ("yuan", "count"),
    )
    columns = tuple(
        Column(label=say(lang, f"promotion.column_{key}"), form=form) for key, form in names
    )
    return Table(title=say(lang, "promotion.people"), columns=columns, rows=tuple(rows))


def _scope(lang: Lang, scope: str) -> str:
    """Return a platform by its name in the language; shop and category are the data's own."""
    return say(lang, f"letter_value.{scope}") if scope in PLATFORMS else scope


def phases(plan: Plan, made: Promotion) -> Table:
    """Return the phases that touch the horizon."""
    lang = plan.scenario.lang
    rows = tuple(
        (
            str(row["name"]),
            phase_name(lang, str(row["phase"])),
            _scope(lang, str(row["scope"])),
            f"{row['start']:{MINUTE}}",
            f"{row['end']:{MINUTE}}",
            float(row["multiple"]),
            float(row["low"]),
            float(row["high"]),
        )
        for row in made.phases.to_dict("records")
    )
    names: tuple[tuple[str, Form], ...] = (
        ("name", "text"),
        ("phase", "text"),
        ("scope", "text"),
        ("start", "text"),
        ("end", "text"),
        ("multiple", "number"),
        ("multiple_low", "number"),
        ("multiple_high", "number"),
    )
    columns = tuple(
        Column(label=say(lang, f"promotion.column_{key}"), form=form) for key, form in names
    )
    return Table(title=say(lang, "promotion.phases"), columns=columns, rows=rows)


PHASES = frozenset({"presale", "final_payment", "opening", "warm_up", "peak", "tail"})
"""Phases that have a name in words; others are told as the table has them."""


def phase_name(lang: Lang, phase: str) -> str:
    """Return the name of a phase in words, as it is where they have none."""
    return say(lang, f"promotion.phase_{phase}") if phase in PHASES else phase


def levers_table(plan: Plan) -> pd.DataFrame:
    """Return one row a lever and strength, as the program has it, and as the roster uses it.

    amount is hours of overtime, rest days moved, shifts, or people; ``rostered`` is what the
    roster uses of the strength it is built for.
    """
    made = plan.promotion
    rows = []
    if made is not None:
        sources = [(str(name), made.outlooks[name].uses) for name in STRENGTHS]
        for strength, uses in [*sources, ("rostered", plan.used)]:
            for lever in LEVERS:
                use = _of(uses, lever)
                amount, price = (0.0, 0.0) if use is None else (use.amount, use.price)
                rows.append(
                    {
                        "strength": strength,
                        "lever": str(lever),
                        "amount": round(amount, 2) + 0.0,
                        "price": round(price, 2) + 0.0,
                    }
                )
    return pd.DataFrame(rows, columns=["strength", "lever", "amount", "price"])


def temps_table(plan: Plan) -> pd.DataFrame:
    """Return one row a strength and people from outside alike: whom to get, and by when."""
    looks = {} if plan.promotion is None else plan.promotion.outlooks
    columns = ["strength", "kind", "pool", "number"]
    days = ["decide_by", "training_from", "first", "last", "full_speed_on"]
    rows = [
        {
            "strength": str(name),
            "kind": str(each.kind),
            "pool": each.pool,
            "number": each.number,
            **{day: f"{getattr(each, day):{DAY}}" for day in days},
            "price": round(each.number * each.price, 2),
        }
        for name, made in looks.items()
        for each in made.people
    ]
    table = pd.DataFrame(rows, columns=[*columns, *days, "price"])
    return table.astype({"number": "int64", "price": "float64"})


def record(plan: Plan) -> dict[str, object] | None:
    """Return a promotion run for machines; None where the plan is none."""
    made = plan.promotion
    if made is None:
        return None
    came = made.came
    return {
        "roster_for": made.chosen,
        "decided_on": f"{made.decided_on}",
        "strengths": {name: _outlook(made.outlooks[name]) for name in STRENGTHS},
        "rostered": {
            "levers": [_used(use) for use in plan.used],
            "price": round(sum(use.price for use in plan.used), 2),
        },
        "came": None
        if came is None
        else {
            "days": came.days,
            "contacts": round(came.contacts, 2),
            "expected": round(came.expected, 2),
            "wape": round(came.wape, 6),
        },
    }


def _outlook(made: Outlook) -> dict[str, object]:
    seats, at = made.peak
    return {
        "factor": round(made.factor, 6),
        "contacts": round(made.contacts, 2),
        "peak_seats": seats,
        "peak_at": None if at is None else f"{at:{MINUTE}}",
        "required_h": round(made.required_h, 2),
        "own_open_h": round(made.own_open_h, 2),
        "own_service_level": round(made.own_level, 6),
        "levers": [_used(use) for use in made.uses],
        "price": round(made.price, 2),
        "price_at_least": round(made.at_least, 2),
        "proven": made.exact,
        "open_h": round(made.open_h, 2),
        "service_level": round(made.level, 6),
    }


def _used(use: Use) -> dict[str, object]:
    return {"lever": use.lever, "amount": round(use.amount, 2), "price": round(use.price, 2)}
