"""Too many, too few: what one seat more or less does to service, cost and sales.

All half hours of an ordinary day get as many seats more or fewer, as `staffing.seats.curve` does
for a pool. Each volume that the doubt allows goes through Erlang-A with the prior patience
(Garnett, Mandelbaum & Reiman 2002); what abandons is lost, and with it the sales that it would
have become. The best number is the cheapest of those that keep the service level, the occupancy
and the agents' daily cap: seats plus the merchant's margin on the sales lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from staffing.grid import INTERVAL_MIN, SLOTS_PER_H
from staffing.quote.estimate import INTERVAL_S, Estimate
from staffing.quote.priors import prior
from staffing.scenario import Costs
from staffing.seats import erlang
from staffing.seats.doubt import volumes
from staffing.words import Statement

__all__ = ["STEPS", "Advice", "Step", "advise"]

Array = npt.NDArray[np.float64]

STEPS = range(-2, 4)
"""Seats more or fewer that are looked at."""
Verdict = Literal["too_few", "best", "too_many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An ordinary day with some seats more or fewer in each half hour, never fewer than one.

    Attributes
    ----------
    seats : at the busiest half hour
    seat_h : seat-hours of the day
    service_level : share of contacts answered within the threshold, expected over the doubt
    occupancy : share of the answer slots that are busy
    lost : contacts a day that abandon
    cost_yuan : of the seats a day
    cost_each_yuan : of a contact that is answered
    sales_lost_yuan : a day; NaN where conversion or order value is not told
    verdict : against the best number
    """

    seats: int
    seat_h: float
    service_level: float
    occupancy: float
    lost: float
    cost_yuan: float
    cost_each_yuan: float
    sales_lost_yuan: float
    verdict: Verdict = "best"


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to recommend.

    Attributes
    ----------
    steps : from the fewest seats to the most; none where seats are shared with other shops, since
        a pool has no seats of one shop to add
    seats : the recommended number at the busiest half hour; 0 where seats are shared
    why : the reason
    notes : whether today's agents are too many or too few, whether a seat would be idle
    shared : share of a seat that the contacts fill in a pool, over the hours asked for
    """

    steps: tuple[Step, ...]
    seats: int
    why: Statement
    notes: tuple[Statement, ...]
    shared: float


def advise(estimate: Estimate, seat_hour_yuan: float | None = None) -> Advice:
    """Return what some seats more or fewer are worth, and the best number.

    Parameters
    ----------
    seat_hour_yuan : cost of an hour of a seat; the scenario's default where None

    Raises
    ------
    ValueError
        If `seat_hour_yuan` is not above 0.
    """
    hour_yuan = Costs().seat_hour if seat_hour_yuan is None else seat_hour_yuan
    if not hour_yuan > 0:
        raise ValueError(f"seat_hour_yuan must be above 0, got {hour_yuan!r:.80}")
    if not estimate.prospect.dedicated:
        facts: dict[str, object] = {"share": f"{shared_seat(estimate):.2f}"}
        return Advice(
            steps=(),
            seats=0,
            why=Statement("advice.shared", facts),
            notes=tuple(_notes(estimate)),
            shared=shared_seat(estimate),
        )
    rows = estimate.ordinary.table
    base = np.maximum(np.ceil(rows["seats_p80"].to_numpy(np.float64) - 1e-9), 1).astype(np.int64)
    found: dict[int, Step] = {}
    for more in STEPS:
        seats = np.maximum(base + more, 1)
        top = int(base.max()) + more
        if top >= 1:
            found[top] = _step(estimate, seats, hour_yuan)
    best = _best(estimate, list(found.values()))
    steps = tuple(_judged(step, best) for step in found.values())
    return Advice(
        steps=steps,
        seats=best.seats,
        why=_why(estimate, best, found, hour_yuan),
        notes=tuple(_notes(estimate)),
        shared=shared_seat(estimate),
    )


def _step(estimate: Estimate, seats: npt.NDArray[np.int64], hour_yuan: float) -> Step:
    """Return what a day is with these seats in its half hours."""
    kind = estimate.ordinary
    mean = kind.table["contacts"].to_numpy(np.float64)
    seen = volumes(mean, mean + kind.spread * mean**2)
    slots = np.floor(seats * estimate.concurrency + 1e-9)[:, None]
    load = seen * estimate.aht_s / INTERVAL_S
    queue = erlang.erlang_a(slots, load, estimate.aht_s, estimate.patience_s, estimate.within_s)
    # `volumes` are those that contacts see: their plain mean is weighted by contacts already.
    level, gone = queue.service_level.mean(axis=1), queue.abandoned.mean(axis=1)
    lost = float((mean * gone).sum())
    answered = float(mean.sum()) - lost
    seat_h = float(seats.sum()) / SLOTS_PER_H
    busy = float((mean * (1 - gone)).sum() * estimate.aht_s / 3600)
    p = estimate.prospect
    sales = float("nan")
    if p.conversion is not None and p.order_value_yuan is not None:
        sales = lost * p.conversion * p.order_value_yuan
    return Step(
        seats=int(seats.max()),
        seat_h=seat_h,
        service_level=float((mean * level).sum() / mean.sum()),
        occupancy=busy / (seat_h * estimate.concurrency),
        lost=lost,
        cost_yuan=seat_h * hour_yuan,
        cost_each_yuan=seat_h * hour_yuan / max(answered, 1e-9),
        sales_lost_yuan=sales,
    )


def burden_yuan(step: Step) -> float:
    """Return what a day costs the merchant: the seats, and his margin on the sales lost."""
    lost = step.sales_lost_yuan
    margin = float(prior("contact.margin").value)
    return step.cost_yuan + (0.0 if np.isnan(lost) else lost * margin)


def _best(estimate: Estimate, steps: list[Step]) -> Step:
    """Return the cheapest step that keeps level, occupancy and cap, else the one with most."""
    kept = [step for step in steps if _keeps(estimate, step) and _capped(estimate, step)]
    return min(kept, key=burden_yuan) if kept else max(steps, key=lambda step: step.seats)


def _keeps(estimate: Estimate, step: Step) -> bool:
    """Return whether service level and occupancy are kept."""
    busy = estimate.settings.max_occupancy
    return step.service_level >= estimate.level and step.occupancy <= busy


def _capped(estimate: Estimate, step: Step) -> bool:
    """Return whether nobody has to take more than the daily cap, on eight of ten days."""
    return step.seat_h >= estimate.ordinary.capped_h - 1e-9


def _judged(step: Step, best: Step) -> Step:
    """Return a step with its verdict."""
    verdict: Verdict = (
        "best" if step.seats == best.seats else "too_few" if step.seats < best.seats else "too_many"
    )
    values = {name: getattr(step, name) for name in Step.__slots__}
    return Step(**{**values, "verdict": verdict})


def _why(estimate: Estimate, best: Step, steps: dict[int, Step], hour_yuan: float) -> Statement:
    """Return the reason for the recommended number."""
    facts: dict[str, object] = {
        "seats": best.seats,
        "level": f"{best.service_level:.1%}",
        "target": f"{estimate.level:.0%}",
        "within": f"{estimate.within_s:g}",
    }
    fewer = steps.get(best.seats - 1)
    if not _keeps(estimate, best):
        return Statement("advice.short_of_target", facts)
    quoted = int(np.ceil(estimate.ordinary.seats() - 1e-9))
    if best.seats < quoted:
        return Statement("advice.on_average", {**facts, "quoted": quoted})
    if fewer is None:
        return Statement("advice.one_seat", facts)
    if _keeps(estimate, fewer) and not _capped(estimate, fewer):
        return Statement("advice.cap", {**facts, "cap": f"{estimate.terms.daily_cap:g}"})
    facts["fewer"] = f"{fewer.service_level:.1%}"
    if fewer.service_level >= estimate.level and not np.isnan(best.sales_lost_yuan):
        facts["lost"] = f"{fewer.sales_lost_yuan - best.sales_lost_yuan:,.0f}"
        facts["cost"] = f"{best.cost_yuan - fewer.cost_yuan:,.0f}"
        return Statement("advice.sales", facts)
    return Statement("advice.target", {**facts, "hour": f"{hour_yuan:.2f}"})


def shared_seat(estimate: Estimate) -> float:
    """Return the share of a seat that the contacts fill in a pool, at the P80 of their rate.

    A pool of many shops has its agents busy up to the occupancy cap, and each takes contacts up
    to her daily cap; a shop's share is what it takes of either.
    """
    contacts = float(estimate.ordinary.table["p80"].sum())
    open_h = len(estimate.ordinary.table) / SLOTS_PER_H
    busy = contacts * estimate.aht_s / 3600 / estimate.concurrency
    by_load = busy / estimate.settings.max_occupancy / open_h
    by_cap = contacts / estimate.terms.daily_cap * estimate.settings.cap_day_h / open_h
    return max(by_load, by_cap)


def _notes(estimate: Estimate) -> list[Statement]:
    """Return whether today's agents are too many or too few, and whether a seat would be idle."""
    found, heads = [], estimate.heads
    agents = estimate.prospect.agents
    facts: dict[str, object] = {
        "agents": agents,
        "low": f"{heads['p50_low']:.1f}",
        "high": f"{heads['p90']:.1f}",
    }
    if agents and agents < heads["p50_low"]:
        found.append(Statement("advice.agents_too_few", facts))
    elif agents > heads["p90"]:
        found.append(Statement("advice.agents_too_many", facts))
    elif agents:
        found.append(Statement("advice.agents_fit", facts))
    rows = estimate.ordinary.table
    load_h = float(rows["contacts"].sum()) * estimate.aht_s / 3600 / estimate.concurrency
    busy = load_h / (float(rows["seats_p80"].sum()) * INTERVAL_MIN / 60)
    shared = shared_seat(estimate)
    if estimate.prospect.dedicated and shared < float(prior("seat.idle").value):
        told: dict[str, object] = {
            "busy": f"{busy:.0%}",
            "share": f"{shared:.2f}",
            "hours": f"{len(rows) / SLOTS_PER_H:g}",
        }
        found.append(Statement("advice.idle", told))
    return found
