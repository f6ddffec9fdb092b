"""Daily reception caps: an agent takes no more than so many contacts in a day's work.

A cap binds people over a day, not seats over a half hour: the seat-hours of a pool's day must be
those of at least ``contacts / cap`` days of work. Where they are fewer, seats are added one by one
where a seat has the most contacts, which also brings the caps of single people nearest.
"""

from __future__ import annotations

from heapq import heapify, heapreplace

import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN
from staffing.seats.checks import Floats, Ints
from staffing.seats.lines import TOLERANCE

__all__ = ["most_receptions", "seats_within_caps"]

SEAT_H = INTERVAL_MIN / 60


def seats_within_caps(
    pooled: pd.DataFrame, demand: pd.DataFrame, seats: Ints, day_h: float
) -> Ints:
    """Return the seats, raised where a pool's day has too few for its shops' caps.

    Parameters
    ----------
    pooled : one row a pool and half hour: pool, date, contacts (n,)
    demand : contacts per shop and half hour with its pool, date and daily_cap (contacts an agent
        takes in a day's work; blank: any number)
    seats : at work (n,)
    day_h : hours of a day's work

    Returns
    -------
    (n,), never fewer than `seats`
    """
    days = (demand["contacts"] / demand["daily_cap"]).groupby([demand["pool"], demand["date"]])
    asked = np.ceil(days.sum() * day_h / SEAT_H - TOLERANCE)
    found = seats.copy()
    places = pooled.reset_index(drop=True).groupby(["pool", "date"], sort=False).indices
    for key, at in places.items():
        missing = int(asked.get(key, 0.0)) - int(found[at].sum())
        if missing > 0:
            found[at] += _added(pooled["contacts"].to_numpy()[at], found[at], missing)
    return found


def _added(contacts: Floats, seats: Ints, number: int) -> Ints:
    """Return where so many seats are added: each where a seat has the most contacts."""
    added = np.zeros(len(seats), dtype=np.int64)
    busiest = [(-_each(c, s), t) for t, (c, s) in enumerate(zip(contacts, seats, strict=True))]
    heapify(busiest)
    for _ in range(number):
        _, t = busiest[0]
        added[t] += 1
        heapreplace(busiest, (-_each(contacts[t], seats[t] + added[t]), t))
    return added


def _each(contacts: float, seats: int) -> float:
    """Return the contacts of each seat; without end where there is none to take them."""
    if contacts <= 0:
        return 0.0
    return contacts / seats if seats > 0 else np.inf


def most_receptions(
    aht_s: pd.Series, concurrency: pd.Series, max_occupancy: float, day_h: float
) -> pd.Series:
    """Return the contacts that an agent can take in a day's work: a higher cap never binds.

    Parameters
    ----------
    aht_s, concurrency : of each shop
    max_occupancy : highest share of her time that she is busy
    day_h : hours of a day's work

    Examples
    --------
    300 a day over 8 hours asks for 96 s a contact, however many are held at once:

    >>> most_receptions(pd.Series([96, 288]), pd.Series([1, 3]), max_occupancy=1, day_h=8).tolist()
    [300.0, 300.0]
    """
    return 3600.0 * day_h * max_occupancy * concurrency / aht_s
