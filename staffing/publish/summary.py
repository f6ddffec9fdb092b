"""summary.json: the figures of a plan for machines."""

from __future__ import annotations

import math

from staffing.confirm import Confirmation
from staffing.grid import INTERVAL_MIN
from staffing.plan import Plan
from staffing.publish.figures import Figures, figures
from staffing.publish.promotion import record
from staffing.roster import Ledger, Shortage
from staffing.whatif import roster_figures, seat_figures
from staffing.workspace.tables.duties import ITEMS

DIGITS = 6
"""Decimals of figures written for machines."""


def summary(plan: Plan) -> dict[str, object]:
    """Return the machine-readable figures of a plan; hours ``_h``, shares from 0 to 1.

    Nothing in it depends on the clock or the machine. Unknown figures are None.
    """
    made = figures(plan)
    return {
        "scenario": plan.scenario.name,
        "horizon": {
            "start": f"{plan.scenario.grid.dates[0]}",
            "end": f"{plan.scenario.grid.dates[-1]}",
            "days": plan.scenario.horizon.days,
            "zone": plan.scenario.zone,
        },
        "lang": plan.scenario.lang,
        "seed": plan.roster.report.seed,
        "status": "short" if plan.short else "ok",
        "max_uncovered": plan.scenario.roster.max_uncovered,
        **seat_figures(plan.workspace, plan.scenario, plan.forecast, plan.seats),
        **roster_figures(plan.workspace, plan.scenario, plan.roster, plan.replay),
        **_hours(made),
        "cut_short": plan.roster.report.cut_short,
        "agents": made.agents,
        "agents_on_duty": made.on_duty,
        "shifts": made.shifts,
        "preset": plan.scenario.rules.preset,
        "needs_approval": plan.scenario.rules.preset == "comprehensive-hours",
        "violations": len(plan.violations),
        "crowded_meals": len(plan.crowded),
        "activities_unplaced": [
            {"activity": kind, "agent_id": agent, "first_day": f"{day}"}
            for kind, agent, day in plan.unplaced
        ],
        "service_level": rounded(plan.replay.service_level),
        "target": rounded(plan.replay.target),
        "replications": plan.replay.replications,
        "worst_half_hour": _worst_half_hour(plan),
        "promised": rounded(plan.replay.promised),
        "confirmation": _confirmation(plan.confirmation),
        "by_pool": _by_pool(plan),
        "ledger": _ledger(plan.ledger),
        "backtest": _backtest(plan),
        "shortages": [_shortage(each) for each in plan.shortages],
        **({} if plan.promotion is None else {"promotion": record(plan)}),
    }


def rounded(value: object) -> float | None:
    """Return a figure for machines: rounded, None for one that is not finite, no minus zero."""
    number = float(str(value))
    return round(number, DIGITS) + 0.0 if math.isfinite(number) else None


def _hours(made: Figures) -> dict[str, object]:
    return {
        "required_h": rounded(made.required_h),
        "uncovered_h": rounded(made.uncovered_h),
        "uncovered_share": rounded(made.uncovered_share),
        "bound_h": None if made.bound_h is None else rounded(made.bound_h),
        "gap": None if made.gap is None else rounded(made.gap),
        "paid_h": rounded(made.paid_h),
    }


def _confirmation(made: Confirmation | None) -> dict[str, object] | None:
    """Return the rounds of a confirmed plan and what still misses; None where it was not asked."""
    if made is None:
        return None
    rounds = [
        {"missed": each.missed, "late": rounded(each.late), "added_h": rounded(each.added_h)}
        for each in made.rounds
    ]
    missed = [
        {"pool": str(each.pop("pool")), "date": f"{each.pop('date'):%Y-%m-%d}"}
        | {str(name): rounded(value) for name, value in each.items()}
        for each in made.missed.to_dict("records")
    ]
    return {"rounds": rounds, "missed": missed}


def _by_pool(plan: Plan) -> list[dict[str, object]]:
    """Return service and seat-hours of every pool."""
    seats = plan.roster.coverage.groupby("pool")[["required", "uncovered"]].sum()
    hours = (seats * INTERVAL_MIN / 60).add_suffix("_h").reset_index()
    rows = plan.replay.by_pool().merge(hours, on="pool").to_dict("records")
    return [{str(k): str(v) if k == "pool" else rounded(v) for k, v in row.items()} for row in rows]


def _worst_half_hour(plan: Plan) -> dict[str, object]:
    """Return where the roster answers the most contacts late, the first of equals."""
    late = plan.course["contacts"] * (1 - plan.course["service_level"])
    row = plan.course.iloc[int(late.to_numpy().argmax())]
    return {
        "pool": str(row["pool"]),
        "start": f"{row['start']:%Y-%m-%d %H:%M}",
        **{name: rounded(row[name]) for name in ("contacts", "service_level", "queue_end")},
    }


def _ledger(made: Ledger) -> dict[str, object]:
    """Return the spread of each balance before and after, and the requests granted of asked."""
    granted, asked = made.granted
    spread = {
        item: {when: rounded(made.spread(item, f"balance_{when}")) for when in ("before", "after")}
        for item in ITEMS
    }
    return {"spread": spread, "requests_granted": granted, "requests_asked": asked}


def _backtest(plan: Plan) -> dict[str, object]:
    """Return the errors of the daily totals; None where nothing could be tested."""
    tested = plan.forecast.backtest
    return {
        "wape": rounded(tested.wape()),
        "naive_wape": rounded(tested.wape("naive")),
        "bias": rounded(tested.bias()),
        "shop_days": len(tested.usable),
    }


def _shortage(each: Shortage) -> dict[str, object]:
    return {
        "pool": each.pool,
        "start": f"{each.start:%Y-%m-%d %H:%M}",
        "end": f"{each.end:%Y-%m-%d %H:%M}",
        "seats": rounded(each.seats),
        "seat_hours": rounded(each.seat_hours),
        "reasons": dict(each.reasons),
    }
