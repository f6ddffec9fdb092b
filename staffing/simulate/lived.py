"""One replication of one floor: its contacts drawn, served and counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from staffing.queue.floor import Arrivals, Served, serve_floor
from staffing.simulate.desks import Floor
from staffing.simulate.sampled import INTERVAL_S, Array, Contacts, Ints, draw, together

CONTACTS, JUDGED, GOOD, LOST, WAIT_S, ANSWERED, BUSY_S = range(7)
"""What `Lived.sums` holds."""
BREAKS = 1
"""Beside the contacts, which are drawn apart so that every roster meets the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What one replication of a floor came to.

    Attributes
    ----------
    sums : (7, shops, days): contacts; those judged (all but tickets open and not yet due at the
        end); good; lost; seconds waited; answered; seconds of work in whole agents
    waiting : (shops, slots + 1) contacts that wait just before each slot begins
    """

    sums: Array
    waiting: Ints


def live(floor: Floor, replication: int, seed: int, shrinkage: float) -> Lived:
    """Live a floor's horizon once.

    A pool's contacts depend on seed, pool and replication alone, whoever serves them.
    """
    contacts = together(
        [
            draw(source, _random(seed, replication, 1 + BREAKS + number))
            for source, number in zip(floor.sources, floor.pools.values(), strict=True)
        ]
    )
    shop = floor.shop[contacts.row]
    due_s = contacts.arrivals_s + floor.due_within_s[shop]
    number = min(floor.pools.values())
    served = serve_floor(
        Arrivals(
            arrivals_s=contacts.arrivals_s,
            work=contacts.work_s,
            patience_s=contacts.patience_s,
            shop=shop,
            due_s=due_s,
        ),
        floor.shops,
        floor.skills,
        floor.desks.present(_random(seed, replication, BREAKS, number), shrinkage),
        reserve=floor.reserve,
    )
    return Lived(
        sums=_sums(floor, contacts, served, shop, due_s),
        waiting=_waiting(floor, contacts, served, shop),
    )


def _random(seed: int, *key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def _sums(floor: Floor, contacts: Contacts, served: Served, shop: Ints, due_s: Array) -> Array:
    """Return the sums of each shop and day (7, shops, days)."""
    ticket = floor.tickets[shop]
    wait_s = np.nan_to_num(served.wait_s)
    ended = ~np.isnan(served.end_s)
    answered = np.where(ticket, ended, ~np.isnan(served.wait_s))
    in_time = np.where(ticket, served.end_s <= due_s, wait_s <= floor.within_s[shop])
    judged = answered | ~ticket | (due_s <= floor.until_s)
    most = np.minimum(floor.concurrency[shop], np.append(floor.cap, np.inf)[served.agent])
    measured = (
        np.ones(len(shop)),
        judged,
        answered & in_time,
        judged & ~answered,
        np.where(answered, wait_s, 0.0),
        answered,
        np.nan_to_num(served.end_s - served.start_s) / most,
    )
    days = len(floor.dates)
    cell, size = shop * days + floor.day[contacts.row], len(floor.names) * days
    sums = [np.bincount(cell, weights=each, minlength=size) for each in measured]
    return np.array(sums, dtype=np.float64).reshape(len(measured), len(floor.names), days)


def _waiting(floor: Floor, contacts: Contacts, served: Served, shop: Ints) -> Ints:
    """Return how many contacts of each shop wait just before each slot begins.

    Whoever is answered as it begins, by those who come then, has waited.
    """
    gone_s = np.where(
        np.isnan(served.start_s), contacts.arrivals_s + contacts.patience_s, served.start_s
    )
    last = int(max(source.begin_s.max(initial=0.0) for source in floor.sources) / INTERVAL_S) + 1
    first = np.floor(contacts.arrivals_s / INTERVAL_S).astype(np.int64) + 1
    after = np.floor(np.minimum(gone_s / INTERVAL_S, last)).astype(np.int64) + 1
    waits = first < after
    width = last + 2
    size = len(floor.names) * width
    come = np.bincount(shop[waits] * width + first[waits], minlength=size)
    gone = np.bincount(shop[waits] * width + after[waits], minlength=size)
    waiting = np.cumsum((come - gone).reshape(len(floor.names), width), axis=1)
    return np.asarray(waiting[:, :-1], dtype=np.int64)
