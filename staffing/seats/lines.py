"""The queue behind each pool: how its chats slow each other down, and who loses patience.

Where nothing is told of either, a pool is Erlang-C on its answer slots, with the handle time
observed at the stated concurrency. Where the shops tell the handle time of a lone chat, or all of
them a patience, it is the birth-death queue of `chat`: one curve of handle times for the pool and
the horizon, its level moved with the half hour's handle time, which is the same as other contacts
at the curve's own. In either, a shop answered before or after others of its pool has the wait of
its place (`priority`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN
from staffing.seats import erlang
from staffing.seats.chat import Profile, fewest_seats, measures
from staffing.seats.checks import Floats, Ints
from staffing.seats.doubt import fewest
from staffing.seats.priority import class_level

TOLERANCE = 1e-9
INTERVAL_S = 60.0 * INTERVAL_MIN
HARDLY_ANY = 1e-3
"""A service level that any seats reach which are enough for the occupancy."""
ROUNDING = 1e-11
"""A service level that far below its target reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A queue that is more than answer slots.

    Attributes
    ----------
    aht_s : mean handle time while an agent holds 1, 2, ... chats, on average over the horizon
    patience_s : mean patience in seconds; infinite where nobody leaves
    """

    aht_s: tuple[float, ...]
    patience_s: float

    def profile(self, answer_within_s: float, level: float) -> Profile:
        """Return the queue with a target."""
        return Profile(
            aht_s=self.aht_s,
            answer_within_s=answer_within_s,
            level=level,
            patience_s=self.patience_s,
        )

    def rate(self, contacts: Floats, aht_s: Floats) -> Floats:
        """Return contacts per second of half hours, as many as weigh the same at the curve."""
        return np.asarray(contacts * aht_s / self.aht_s[-1] / INTERVAL_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What contacts meet in steady state; arrays (n, k).

    Attributes
    ----------
    service_level : share of contacts answered within the threshold
    abandoned : share of contacts that lose patience; NaN where no patience is told
    occupancy : share of the answer slots that are busy
    asa_s : mean wait in seconds of the contacts that are answered; infinite where the queue only
        grows
    """

    service_level: Floats
    abandoned: Floats
    occupancy: Floats
    asa_s: Floats


def lines(demand: pd.DataFrame) -> dict[str, Line]:
    """Return the pools that are more than answer slots.

    Shops of a pool that hold unequally many chats stay answer slots: no curve is common to them.

    Parameters
    ----------
    demand : contacts per shop and half hour, with aht_s, alone (handle time of a lone chat over
        that at the stated concurrency), concurrency and patience_s of each
    """
    found = {}
    for pool, own in demand.groupby("pool", sort=False):
        most = own["concurrency"].to_numpy(np.float64)
        told = bool((own["alone"] < 1).any()) and most[0] > 1
        impatient = bool(own["patience_s"].notna().all())
        if (most != most[0]).any() or not (told or impatient):
            continue
        weight = np.maximum(own["contacts"].to_numpy(np.float64), 1e-9)
        aht_s = float(np.average(own["aht_s"], weights=weight))
        alone = float(np.average(own["alone"], weights=weight * own["aht_s"]))
        patience_s = float(np.average(own["patience_s"], weights=weight)) if impatient else math.inf
        held = np.linspace(alone, 1.0, int(most[0])) if most[0] > 1 else np.ones(1)
        found[str(pool)] = Line(aht_s=tuple((aht_s * held).tolist()), patience_s=patience_s)
    return found


def seats_needed(rows: pd.DataFrame, own: Mapping[str, Line], max_occupancy: float) -> Ints:
    """Return the fewest seats that reach the target of each row.

    Parameters
    ----------
    rows : pool, planned_contacts, load_erl, aht_s, concurrency, target_level, answer_within_s,
        above and upto (see `priority.ranked`)
    own : the pools that are more than answer slots
    """
    found = _in_order(rows, own, max_occupancy)
    at = _overtaken(rows)
    if at.size:
        found[at] = _in_their_place(rows.iloc[at], own, found[at], max_occupancy)
    return found


def _in_order(rows: pd.DataFrame, own: Mapping[str, Line], max_occupancy: float) -> Ints:
    """Return the seats of `seats_needed` where contacts are answered in order of arrival."""
    found = np.asarray(
        erlang.chat_seats(
            rows["load_erl"],
            rows["aht_s"],
            rows["target_level"],
            rows["answer_within_s"],
            rows["concurrency"],
            max_occupancy=max_occupancy,
        )
    )
    for line, at, within_s, level in _groups(rows, own):
        part = rows.iloc[at]
        rate = line.rate(
            part["planned_contacts"].to_numpy(np.float64), part["aht_s"].to_numpy(np.float64)
        )
        found[at] = fewest_seats(line.profile(within_s, level), rate, max_occupancy)
    return found


def _in_their_place(
    rows: pd.DataFrame, own: Mapping[str, Line], start: Ints, max_occupancy: float
) -> Ints:
    """Return the seats of `seats_needed` where some contacts are answered before others."""
    planned = rows["planned_contacts"].to_numpy(np.float64)[:, None]

    def level(at: Ints, seats: Ints) -> Floats:
        return service_level(rows.iloc[at], own, seats.astype(np.float64), planned[at])[:, 0]

    found = fewest(level, start, rows["target_level"].to_numpy(np.float64) - ROUNDING)
    return np.maximum(found, _in_order(rows.assign(target_level=HARDLY_ANY), own, max_occupancy))


def service_level(
    rows: pd.DataFrame, own: Mapping[str, Line], seats: Floats, contacts: Floats
) -> Floats:
    """Return the share answered within the threshold.

    Parameters
    ----------
    rows : pool, aht_s, concurrency, answer_within_s, target_level, above and upto (see
        `priority.ranked`) (n,)
    seats : on duty; where an agent's speed makes them fractional, a chat queue has a level in
        between (n,)
    contacts : per half hour (n, k)

    Returns
    -------
    (n, k)
    """
    aht_s, within_s, concurrency = (
        rows[name].to_numpy(np.float64)[:, None]
        for name in ("aht_s", "answer_within_s", "concurrency")
    )
    load = contacts * aht_s / INTERVAL_S
    found = np.asarray(
        erlang.chat_service_level(seats[:, None], load, aht_s, within_s, concurrency)
    )
    others = _overtaken(rows)
    others = others[~rows["pool"].isin(list(own)).to_numpy()[others]]
    if others.size:
        slots = np.floor(seats[:, None] * concurrency + 1e-9)[others]
        wait = erlang.erlang_c(slots, load[others])
        found[others] = _with_place(
            rows.iloc[others], wait, slots / aht_s[others], contacts[others] / INTERVAL_S, math.inf
        )
    for line, at, within, level in _groups(rows, own):
        profile = line.profile(within, level)
        rate = line.rate(contacts[at], aht_s[at])
        whole = np.floor(seats[at] + TOLERANCE)
        part = np.maximum(seats[at] - whole, 0.0)[:, None]
        found[at] = (1 - part) * _level(line, profile, rows.iloc[at], whole[:, None], rate)
        if (part > 0).any():
            found[at] += part * _level(line, profile, rows.iloc[at], whole[:, None] + 1, rate)
    return found


def _level(line: Line, profile: Profile, rows: pd.DataFrame, seats: Floats, rate: Floats) -> Floats:
    """Return the service level of rows of one queue at whole seats (n, k)."""
    queue = measures(profile, seats, rate)
    found = queue.service_level
    at = _overtaken(rows)
    if at.size:
        drain = seats[at] * profile.ends_per_s[-1]
        wait = queue.wait_probability[at]
        found[at] = _with_place(rows.iloc[at], wait, drain, rate[at], line.patience_s)
    return found


def _overtaken(rows: pd.DataFrame) -> Ints:
    """Return the positions of rows that are not all of their pool's contacts."""
    return np.flatnonzero((rows["above"] > 0) | (rows["upto"] < 1))


def _with_place(
    rows: pd.DataFrame, wait: Floats, drain: Floats, rate: Floats, patience_s: float
) -> Floats:
    """Return the service level of contacts answered before or after others (n, k).

    Parameters
    ----------
    wait : share of the pool's contacts that find every slot taken (n, k)
    drain : contacts per second that the full slots finish (n, 1)
    rate : the pool's contacts per second (n, k)
    """
    above, upto, within_s = (
        rows[name].to_numpy(np.float64)[:, None] for name in ("above", "upto", "answer_within_s")
    )
    return class_level(wait, drain, rate * above, rate * upto, within_s, patience_s)


def at_rest(
    demand: pd.DataFrame, pooled: pd.DataFrame, own: Mapping[str, Line], seats: Floats
) -> pd.DataFrame:
    """Return what seats achieve on the expected contacts, in steady state.

    Parameters
    ----------
    demand : contacts per shop and half hour, with answer_within_s, target_level and
        place (`priority.ranked`) of each
    pooled : one row a pool and half hour with pool, slot, contacts, aht_s, concurrency
    own : the pools that are more than answer slots
    seats : at work; fractional ones as in `service_level` (n,)

    Returns
    -------
    DataFrame indexed like `pooled`: service_level (share of contacts answered within their own
    shop's threshold), occupancy (share of the answer slots that are busy), asa_s (mean wait of
    the answered), wait_s (mean wait of all, abandoned or not), abandoned (share). Where the queue
    only grows the waits are infinite
    """
    index = pooled.index
    of_pool = pooled[["pool", "slot", "aht_s", "concurrency"]]
    asked = ["answer_within_s", "target_level", "above", "upto"]
    rows = demand[["pool", "slot", "contacts", *asked]].merge(
        of_pool.assign(at=index, whole=pooled["contacts"], seated=seats), on=["pool", "slot"]
    )
    seated, whole = (rows[name].to_numpy(np.float64) for name in ("seated", "whole"))
    level = service_level(rows, own, seated, whole[:, None])[:, 0]
    good = (rows["contacts"] * level).groupby(rows["at"]).sum().reindex(index)
    contacts = pooled["contacts"].where(pooled["contacts"] > 0)
    return _waits(pooled, own, seats).assign(service_level=(good / contacts).fillna(1.0))


def _waits(pooled: pd.DataFrame, own: Mapping[str, Line], seats: Floats) -> pd.DataFrame:
    """Return occupancy, asa_s, wait_s and abandoned of `at_rest`."""
    load = pooled["contacts"] * pooled["aht_s"] / INTERVAL_S
    slots = np.floor(seats * pooled["concurrency"] + TOLERANCE)
    asa_s = np.array(erlang.asa_s(slots, load, pooled["aht_s"]))
    found = {
        "occupancy": np.array(erlang.occupancy(slots, load)),
        "asa_s": asa_s,
        "wait_s": asa_s.copy(),
        "abandoned": np.zeros(len(pooled)),
    }
    names = pooled["pool"].astype(str).to_numpy()
    contacts, aht_s = (pooled[name].to_numpy(np.float64) for name in ("contacts", "aht_s"))
    for pool, line in own.items():
        at = np.flatnonzero(names == pool)
        rate = line.rate(contacts[at], aht_s[at])
        whole = np.floor(seats[at] + TOLERANCE)
        part = np.maximum(seats[at] - whole, 0.0)
        profile = line.profile(0.0, 0.5)  # no threshold: nothing found here has to do with one
        low = measures(profile, whole, rate)
        high = measures(profile, whole + 1, rate) if (part > 0).any() else low
        for name, of in (
            ("occupancy", "occupancy"),
            ("asa_s", "asa_s"),
            ("wait_s", "mean_wait_s"),
            ("abandoned", "abandoned"),
        ):
            few, more = getattr(low, of), getattr(high, of)
            with np.errstate(invalid="ignore"):  # an endless wait, not at all
                found[name][at] = np.where(part > 0, (1 - part) * few + part * more, few)
    return pd.DataFrame(found, index=pooled.index)


def met(rows: pd.DataFrame, own: Mapping[str, Line], seats: Ints, contacts: Floats) -> Met:
    """Return all that contacts meet, where `service_level` says one thing of it.

    Parameters
    ----------
    rows : pool, aht_s, concurrency, answer_within_s, target_level, above, upto (n,)
    seats : whole agents at work (n,)
    contacts : per half hour (n, k)
    """
    aht_s = rows["aht_s"].to_numpy(np.float64)[:, None]
    slots = np.floor(seats * rows["concurrency"].to_numpy(np.float64) + TOLERANCE)[:, None]
    load = contacts * aht_s / INTERVAL_S
    found = Met(
        service_level=service_level(rows, own, seats.astype(np.float64), contacts),
        abandoned=np.full(contacts.shape, np.nan),
        occupancy=np.array(erlang.occupancy(slots, load)),
        asa_s=np.array(erlang.asa_s(slots, load, aht_s)),
    )
    for line, at, within_s, level in _groups(rows, own):
        rate = line.rate(contacts[at], aht_s[at])
        seen = measures(line.profile(within_s, level), seats[at][:, None], rate)
        found.occupancy[at], found.asa_s[at] = seen.occupancy, seen.asa_s
        if math.isfinite(line.patience_s):
            found.abandoned[at] = seen.abandoned
    return found


def _groups(rows: pd.DataFrame, own: Mapping[str, Line]) -> list[tuple[Line, Ints, float, float]]:
    """Return line, positions, answer threshold and target of the rows of each such queue."""
    keys = ["pool", "answer_within_s", "target_level"]
    places: dict[Any, Any] = dict(rows.groupby(keys, sort=False).indices)
    return [
        (own[str(pool)], np.asarray(at, dtype=np.int64), float(within_s), float(level))
        for (pool, within_s, level), at in places.items()
        if str(pool) in own
    ]
