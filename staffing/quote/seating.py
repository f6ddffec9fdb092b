"""Seats of a kind of day at each quantile of its contacts, and the people to employ for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.counts import rate_quantile
from staffing.grid import INTERVAL_MIN, SLOTS_PER_H
from staffing.quote.known import part_of
from staffing.quote.priors import prior
from staffing.quote.prospect import Prospect
from staffing.quote.terms import Terms
from staffing.quote.volume import Rate
from staffing.scenario import SeatSettings
from staffing.seats import erlang
from staffing.seats.cap import seats_within_caps

__all__ = ["INTERVAL_S", "LEVELS", "Kind", "heads_for", "held_at_once", "seats_of", "staffed"]

Array = npt.NDArray[np.float64]
LEVELS = ("p50", "p80", "p90")
QUANTILES: Mapping[str, float] = {"p50": 0.5, "p80": 0.8, "p90": 0.9}
INTERVAL_S = INTERVAL_MIN * 60


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of day.

    Attributes
    ----------
    name : ``ordinary``, or a promotion's phase: ``warm_up``, ``peak``, ``tail``
    days_per_month : how many served days of a mean month are of the kind
    table : one row an open half hour: slot (minutes after midnight of the service day, may pass
        1440), part (daypart), contacts (mean, for people), p50, p80, p90 (contacts at that
        quantile of the rate), seats_p50, seats_p80, seats_p90, service_level and occupancy (at
        P80 seats and mean contacts)
    spread : squared relative spread of a half hour's rate around its mean
    capped_h : seat-hours that the daily cap asks for at P80; 0 for shared seats
    """

    name: str
    days_per_month: float
    table: pd.DataFrame
    spread: float
    capped_h: float = 0.0

    @property
    def dayparts(self) -> pd.DataFrame:
        """Return one row a stretch of a daypart: part, opens, closes, contacts, hours, seats_*.

        Seats are those of its busiest half hour, since people do not come for half hours.
        """
        rows = self.table
        gap = rows["slot"].diff().fillna(INTERVAL_MIN) != INTERVAL_MIN
        new = (rows["part"] != rows["part"].shift()) | gap
        grouped = rows.groupby(new.cumsum())
        found = grouped.agg(
            part=("part", "first"),
            opens=("slot", "min"),
            closes=("slot", "max"),
            hours=("slot", "size"),
            contacts=("contacts", "sum"),
            **{f"seats_{level}": (f"seats_{level}", "max") for level in LEVELS},
        ).reset_index(drop=True)
        found["closes"] += INTERVAL_MIN
        found["hours"] /= SLOTS_PER_H
        return found

    def seats(self, level: str = "p80") -> float:
        """Return the seats of the busiest daypart."""
        return float(self.table[f"seats_{level}"].max())

    def seat_h(self, level: str = "p80") -> float:
        """Return the seat-hours of a day, staffed by dayparts."""
        parts = self.dayparts
        return float((parts["hours"] * parts[f"seats_{level}"]).sum())


def held_at_once(
    prospect: Prospect, terms: Terms, rate: Rate, settings: SeatSettings
) -> tuple[float, float]:
    """Return how many contacts to hold at once, of what the cap allows, and the AHT then.

    A chat among many takes longer: the AHT known at one concurrency is carried to another by the
    work that an agent gets done with so many at once (callcentrehelper, see the priors). The
    number that needs fewest seats is taken, so that a higher cap never asks for more.
    """
    if prospect.channel == "phone":
        return 1.0, terms.aht_s
    done = [float(each) for each in prior("contact.effective").value]
    known_at = terms.concurrency
    if prospect.aht_s is None:
        known_at = float(prior("contact.concurrency").value)

    def aht_at(held: float) -> float:
        def each(number: float) -> float:
            return number / done[min(int(number), len(done)) - 1]

        return terms.aht_s * each(held) / each(known_at)

    tried = []
    most = int(terms.concurrency)
    for held in range(1, most + 1 if most <= len(done) else len(done) + 1):
        trial = replace(terms, aht_s=aht_at(held), concurrency=float(held))
        seats = _seats(prospect, rate, trial, settings, "p80", peak=False)
        tried.append((float(seats.sum()), -held, trial.aht_s))
    if most > len(done):
        trial = replace(terms, aht_s=aht_at(most), concurrency=float(most))
        seats = _seats(prospect, rate, trial, settings, "p80", peak=False)
        tried.append((float(seats.sum()), -most, trial.aht_s))
    _, held, aht_s = min(tried)
    return float(-held), aht_s


def _quantile(rate: Rate, level: str) -> Array:
    """Return the contacts of each half hour at a quantile of their rate."""
    mean = rate.mean
    return rate_quantile(mean, mean + rate.spread * mean**2, QUANTILES[level])


def _day_quantile(rate: Rate, level: str) -> float:
    """Return the contacts of the whole day at a quantile of its rate."""
    mean = np.array([rate.mean.sum()])
    return float(rate_quantile(mean, mean + rate.total * mean**2, QUANTILES[level])[0])


def _seats(
    prospect: Prospect,
    rate: Rate,
    terms: Terms,
    settings: SeatSettings,
    level: str,
    *,
    peak: bool,
) -> Array:
    """Return the seats of each open half hour.

    The largest of the seats for the service level within the occupancy cap and of one, since
    somebody must be there; then seats are added for the daily cap. A shared seat is the share of
    a pool's seats that the shop's contacts take, in tenths.
    """
    contacts = _quantile(rate, level)
    # The dayparts are not all at their quantile on one day: a whole day varies less.
    day = _day_quantile(rate, level)
    return seats_of(prospect, contacts, day, terms, settings, peak=peak)


def seats_of(
    prospect: Prospect,
    contacts: Array,
    day: float,
    terms: Terms,
    settings: SeatSettings,
    *,
    peak: bool,
) -> Array:
    """Return the seats that contacts of each open half hour and of the day ask for; see `_seats`.

    Parameters
    ----------
    contacts : of each open half hour (half hours,)
    day : of the whole day, for the daily cap
    """
    load = contacts * terms.aht_s / INTERVAL_S
    cap = _cap(terms, peak=peak)
    if not prospect.dedicated:
        busy = load / terms.concurrency / settings.max_occupancy
        capped = contacts * SLOTS_PER_H * settings.cap_day_h / cap
        tenths = np.ceil(np.maximum(busy, capped) * 10 - 1e-9) / 10
        return np.maximum(tenths, float(prior("seat.shared_least").value))
    seats = np.maximum(
        erlang.chat_seats(
            load,
            terms.aht_s,
            terms.level,
            terms.within_s,
            terms.concurrency,
            max_occupancy=settings.max_occupancy,
        ),
        1,
    )
    rows = pd.DataFrame({"pool": "", "date": 0, "contacts": contacts})
    of_day = rows.assign(contacts=contacts * day / contacts.sum(), daily_cap=cap)
    within = seats_within_caps(rows, of_day, seats, settings.cap_day_h)
    return within.astype(np.float64)


def _cap(terms: Terms, *, peak: bool) -> float:
    """Return the most contacts of an agent in a day's work; more on a promotion's peak."""
    return terms.daily_cap * (float(prior("contact.promotion_cap").value) if peak else 1.0)


def staffed(
    prospect: Prospect,
    rate: Rate,
    terms: Terms,
    settings: SeatSettings,
    name: str,
    days_per_month: float,
) -> Kind:
    """Return a kind of day with its seats."""
    slots = np.array(prospect.slots)
    mean, spread = rate.mean, rate.spread
    columns: dict[str, object] = {
        "slot": slots * INTERVAL_MIN,
        "part": [part_of(slot) for slot in slots],
        "contacts": mean,
    }
    peak = name == "peak"
    columns |= {level: _quantile(rate, level) for level in LEVELS}
    seats = np.zeros(slots.size)
    for level in LEVELS:
        # A daily cap adds seats wherever fewest are needed; more is never enough with fewer.
        seats = np.maximum(_seats(prospect, rate, terms, settings, level, peak=peak), seats)
        columns[f"seats_{level}"] = seats
    rows = pd.DataFrame(columns)
    load = mean * terms.aht_s / INTERVAL_S
    seated = rows["seats_p80"].to_numpy(np.float64)
    if prospect.dedicated:
        rows["service_level"] = erlang.chat_service_level(
            seated, load, terms.aht_s, terms.within_s, terms.concurrency
        )
        slots_held = np.floor(seated * terms.concurrency + 1e-9)
        rows["occupancy"] = erlang.occupancy(slots_held, load)
    else:
        # A share of a pool's seats: the pool is staffed to the level and its own occupancy.
        rows["service_level"] = terms.level
        rows["occupancy"] = np.minimum(load / (seated * terms.concurrency), 1.0)
    capped_h = 0.0
    if prospect.dedicated:
        capped_h = _day_quantile(rate, "p80") * settings.cap_day_h / _cap(terms, peak=peak)
    return Kind(
        name=name, days_per_month=days_per_month, table=rows, spread=spread, capped_h=capped_h
    )


def heads_for(
    prospect: Prospect, ordinary: Kind, terms: Terms, settings: SeatSettings
) -> Mapping[str, float]:
    """Return the people to employ; see `Estimate.heads`.

    A seat that is open for longer than a day's work is two people on a day (goldkefu 2021: one
    seat is a day and an evening agent), and each of them works 6 or 5 days in 7.
    """
    open_h = len(prospect.slots) / SLOTS_PER_H
    shifts = math.ceil(open_h / float(prior("person.day_h").value))
    shift_h = open_h / shifts
    few, many = (float(prior(f"person.{name}").value) for name in ("rest_few", "rest_many"))
    days = len(prospect.served)
    there = 1 - settings.shrinkage

    def heads(seat_h: float, seats: float, rest: float) -> float:
        week = seat_h / shift_h * max(days / (7 - rest), 1.0)
        return max(week, seats) / there

    found = {}
    for level in LEVELS:
        needed = ordinary.seat_h(level), ordinary.seats(level)
        found[level], found[f"{level}_low"] = heads(*needed, many), heads(*needed, few)
    found["per_seat_low"], found["per_seat_high"] = heads(open_h, 1, few), heads(open_h, 1, many)
    slow = float(prior("person.ramp_speed").value)
    # Over the first month: the ramp's mean speed while it lasts, full speed after it.
    ramp = min(terms.ramp_days, 30.0) / 30.0
    speed = 1 - ramp * (1 - slow) / 2
    found["start_p80"] = found["p80"] / speed
    return found
