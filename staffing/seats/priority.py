"""Shops that are answered before others of their pool.

A contact of a shop with a higher ``priority`` is answered before all that wait for lower ones;
within a class, by order of arrival. Nobody is interrupted. Handle times are exponential with one
mean for the pool, so the seats that a pool needs at all, and the wait averaged over its contacts,
are those of one queue in order of arrival: priority only shares the wait out.

Classes stand in the last axis of an array, the one that is answered first in front; shops of the
same priority are one class. A shop that is to have agents of its own, whom no other shop can
busy, is a pool of its own in the shops table: nothing here concerns it.

A contact waits as in Erlang-C or Erlang-A of the whole pool; how long depends on the classes
before its own (`passage`). A class whose load, with those above it, reaches the servers is never
answered while nobody leaves, and those above it are answered as if somebody of it always waited.
The level of a class without load is what a contact of it would meet.

Seats for every class's own target

- never fall short, nobody leaving, of those that a queue in order of arrival needs for the
  target of the lowest class, which waits no less than there: with one target for all, priority
  saves nothing;
- may be fewer than such a queue needs for the strictest target, where a class above holds it:
  that is what priority is for.

Sources
-------
Cobham (1954), Oper. Res. 2(1), 70-76. Davis (1966), Oper. Res. 14(1), 133-144. Kella & Yechiali
(1985), Math. Oper. Res. 10(4), 708-717.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from staffing.seats import erlang
from staffing.seats.checks import Floats, Ints, number, patience, share
from staffing.seats.doubt import fewest
from staffing.seats.passage import late_behind

__all__ = [
    "chat_seats",
    "chat_service_levels",
    "class_level",
    "fewest_servers",
    "mean_waits",
    "ranked",
    "service_levels",
]

# As in `erlang`: a late share this little above the allowed one is a tie, and kept; so is a
# whole answer slot.
_TIE = 1e-11
_WHOLE = 1e-9
# Shares of contacts that wait below this are as good as none.
_NOBODY = 1e-11


def service_levels(
    servers: ArrayLike,
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    answer_within_s: ArrayLike,
    patience_s: ArrayLike = math.inf,
) -> Floats:
    """Share of each class's contacts answered within its answer threshold.

    Parameters
    ----------
    servers : array_like (...)
        Whole numbers >= 0.
    load_erl : array_like (..., K)
        Offered load of each class in erlangs, >= 0, the class answered first in front.
    aht_s : array_like (...)
        Average handle time in seconds, > 0, the same for all classes.
    answer_within_s : array_like (..., K)
        Answer threshold in seconds, >= 0.
    patience_s : array_like (...), optional
        Mean patience in seconds, > 0, the same for all classes; infinite (the default) where
        nobody leaves. Who leaves is not answered.

    Returns
    -------
    ndarray of float64 (..., K)
        To ten digits, with patience to seven. 1 where the pool has no load. Without patience 0
        where the load up to a class reaches the servers.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.

    Examples
    --------
    10 erlangs on 14 servers, 2 of them answered first, meet 88.8 % in order of arrival:

    >>> service_levels(14, [2, 8], 180, 20).round(4)
    array([0.9541, 0.8845])
    """
    n, load, within = _column(servers), _loads(load_erl), number("answer_within_s", answer_within_s)
    aht = number("aht_s", _column(aht_s), positive=True)
    leave = patience("patience_s", _column(patience_s))
    total = load.sum(axis=-1, keepdims=True)
    wait = _waiting(n, total, aht, leave)
    above, upto = _before(load)
    found = class_level(wait, n / aht, above / aht, upto / aht, within, leave)
    return np.asarray(np.where(total > 0, found, 1.0))


def class_level(
    wait: ArrayLike,
    drain: ArrayLike,
    above: ArrayLike,
    upto: ArrayLike,
    answer_within_s: ArrayLike,
    patience_s: ArrayLike = math.inf,
) -> Floats:
    """Share answered within the threshold of contacts that find the slots taken so often.

    Parameters
    ----------
    wait : array_like
        Share of contacts that find every slot taken.
    drain : array_like
        Contacts per second that the full slots finish.
    above, upto : array_like
        Contacts per second that are answered before those in question, and with these.
    answer_within_s : array_like
        Answer threshold in seconds, >= 0.
    patience_s : array_like, optional
        Mean patience in seconds, > 0; infinite (the default) where nobody leaves.

    Returns
    -------
    ndarray of float64 of the broadcast shape.
    """
    columns = np.broadcast_arrays(wait, drain, above, upto, answer_within_s, patience_s)
    share_waiting, *rates = (np.asarray(column, dtype=np.float64).ravel() for column in columns)
    late = np.zeros_like(share_waiting)
    # Most seats leave hardly anybody waiting: their contacts need no integral.
    some = np.flatnonzero(share_waiting > _NOBODY)
    late[some] = share_waiting[some] * late_behind(*(column[some] for column in rates))
    return (1.0 - late).reshape(columns[0].shape)


def mean_waits(servers: ArrayLike, load_erl: ArrayLike, aht_s: ArrayLike) -> Floats:
    """Average speed of answer of each class in seconds, nobody leaving (Cobham 1954).

    Weighted by the contacts, they are the wait in order of arrival.

    Parameters
    ----------
    servers : array_like (...)
        Whole numbers >= 0.
    load_erl : array_like (..., K)
        Offered load of each class in erlangs, >= 0, the class answered first in front.
    aht_s : array_like (...)
        Average handle time in seconds, > 0, the same for all classes.

    Returns
    -------
    ndarray of float64 (..., K)
        0 where the pool has no load, infinite where the load up to a class reaches the servers.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.

    Examples
    --------
    >>> mean_waits(14, [2, 8], 180).round(2)
    array([2.61, 9.14])
    """
    n, load = _column(servers), _loads(load_erl)
    aht = number("aht_s", _column(aht_s), positive=True)
    total = load.sum(axis=-1, keepdims=True)
    above, upto = _before(load)
    wait, n, above, upto, aht = np.broadcast_arrays(
        erlang.erlang_c(n, total), number("servers", n), above, upto, aht
    )
    found = np.where(wait > 0, np.inf, 0.0)
    spare = (n - above) * (n - upto)
    calm = (wait > 0) & (upto < n)
    found[calm] = (wait * aht * n)[calm] / spare[calm]
    return found


def fewest_servers(
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    level: ArrayLike,
    answer_within_s: ArrayLike,
    patience_s: ArrayLike = math.inf,
) -> Ints:
    """Fewest servers with which every class that has a load reaches its own target.

    Parameters
    ----------
    load_erl : array_like (..., K)
        Offered load of each class in erlangs, >= 0, the class answered first in front.
    aht_s : array_like (...)
        Average handle time in seconds, > 0, the same for all classes.
    level : array_like (..., K)
        Share of a class's contacts to be answered within its threshold, in (0, 1).
    answer_within_s : array_like (..., K)
        Answer threshold in seconds, >= 0.
    patience_s : array_like (...), optional
        Mean patience in seconds, > 0; infinite (the default) where nobody leaves.

    Returns
    -------
    ndarray of int64 (...)
        0 where the pool has no load.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.

    Examples
    --------
    95 % of 2 erlangs and 80 % of 8; in order of arrival 95 % for all would take 16:

    >>> int(fewest_servers([2, 8], 180, [0.95, 0.80], 20))
    14
    """
    wanted = share("level", level)
    load, late, within, aht, leave = np.broadcast_arrays(
        _loads(load_erl),
        (1.0 - wanted) * (1.0 + _TIE),
        number("answer_within_s", answer_within_s),
        number("aht_s", _column(aht_s), positive=True),
        patience("patience_s", _column(patience_s)),
    )
    shape, classes = load.shape[:-1], load.shape[-1]
    load, late, within = (part.reshape(-1, classes) for part in (load, late, within))
    aht, leave = (part.reshape(-1, classes)[:, 0] for part in (aht, leave))
    # Nobody leaving, the lowest class waits no less than in order of arrival.
    lowest = np.broadcast_to(wanted, (*shape, classes)).reshape(-1, classes)[:, -1]
    start = erlang.fewest_servers(load.sum(axis=-1), aht, lowest, within[:, -1])

    def slack(at: Ints, n: Ints) -> Floats:
        reached = service_levels(n, load[at], aht[at], within[at], leave[at])
        spare = np.where(load[at] > 0, late[at] - (1.0 - reached), 1.0)
        return np.asarray(spare.min(axis=-1))

    return fewest(slack, start, np.zeros(start.size)).reshape(shape)


def chat_seats(
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    level: ArrayLike,
    answer_within_s: ArrayLike,
    concurrency: ArrayLike,
    patience_s: ArrayLike = math.inf,
) -> Ints:
    """Fewest seats whose answer slots reach every class's target; see `erlang.chat_seats`.

    Parameters
    ----------
    load_erl, level, answer_within_s : array_like (..., K)
        As in :func:`fewest_servers`.
    aht_s : array_like (...)
        Mean handle time in seconds of a chat whose agent holds ``concurrency`` chats, > 0.
    concurrency : array_like (...)
        Chats a seat holds at once, >= 1.
    patience_s : array_like (...), optional
        As in :func:`fewest_servers`.

    Returns
    -------
    ndarray of int64 (...)

    Raises
    ------
    ValueError
        As in :func:`fewest_servers`, or if ``concurrency`` is below 1.
    """
    per_seat = number("concurrency", concurrency, least=1.0)
    slots = fewest_servers(load_erl, aht_s, level, answer_within_s, patience_s)
    return np.asarray(np.ceil((slots - _WHOLE / 2) / per_seat), dtype=np.int64)


def chat_service_levels(
    seats: ArrayLike,
    load_erl: ArrayLike,
    aht_s: ArrayLike,
    answer_within_s: ArrayLike,
    concurrency: ArrayLike,
    patience_s: ArrayLike = math.inf,
) -> Floats:
    """Share of each class's chats answered within the threshold by the slots of these seats.

    Parameters
    ----------
    seats : array_like (...)
        Seats on duty, >= 0; only whole answer slots count: ``floor(seats * concurrency)``.
    load_erl, aht_s, answer_within_s, patience_s : array_like
        As in :func:`service_levels`, the AHT observed at ``concurrency``.
    concurrency : array_like (...)
        Chats a seat holds at once, >= 1.

    Returns
    -------
    ndarray of float64 (..., K)

    Raises
    ------
    ValueError
        As in :func:`service_levels`, or if ``concurrency`` is below 1.
    """
    per_seat = number("concurrency", concurrency, least=1.0)
    slots = np.floor(number("seats", seats) * per_seat + _WHOLE)
    return service_levels(slots, load_erl, aht_s, answer_within_s, patience_s)


def ranked(demand: pd.DataFrame) -> pd.DataFrame:
    """Return the contacts per shop and half hour with their place in the pool's queue.

    Parameters
    ----------
    demand : pool, slot, contacts and priority of each shop and half hour that it is open

    Returns
    -------
    The same rows with above (share of the pool's contacts in that half hour that are answered
    before the shop's) and upto (these, with those of the shop's own priority). Where all open
    shops of a pool have one priority, and where nobody comes, they are 0 and 1.
    """
    table = demand.assign(above=0.0, upto=1.0)
    several = demand.groupby("pool", sort=False)["priority"].transform("nunique") > 1
    if not several.any():
        return table
    keys = ["pool", "slot"]
    own = demand.loc[several, [*keys, "priority", "contacts"]]
    classes = own.groupby([*keys, "priority"])["contacts"].sum().iloc[::-1]
    upto = classes.groupby(level=keys).cumsum()
    # Of one class both are the same number, so that its share is 1 and not nearly so.
    whole = upto.groupby(level=keys).transform("last")
    some = whole > 0
    places = pd.DataFrame(
        {
            "above": ((upto - classes) / whole).where(some, 0.0),
            "upto": (upto / whole).where(some, 1.0),
        }
    )
    found = own[[*keys, "priority"]].join(places, on=[*keys, "priority"])
    table.loc[several, ["above", "upto"]] = found[["above", "upto"]]
    return table


def _column(values: ArrayLike) -> Floats:
    """Values of whole pools, to be set against the classes of each."""
    return np.asarray(values)[..., None]


def _loads(load_erl: ArrayLike) -> Floats:
    """Loads by class, checked to have classes."""
    load = number("load_erl", load_erl)
    if not load.ndim or not load.shape[-1]:
        raise ValueError(
            f"load_erl must have the classes in its last axis, got {load_erl!r:.80}. "
            "One class is a list of one load."
        )
    return load


def _before(load: Floats) -> tuple[Floats, Floats]:
    """Load of the classes above each, and of these with the class itself."""
    upto = np.cumsum(load, axis=-1)
    return np.concatenate([np.zeros_like(upto[..., :1]), upto[..., :-1]], axis=-1), upto


def _waiting(n: ArrayLike, load: Floats, aht: Floats, leave: Floats) -> Floats:
    """Share of a pool's contacts that find every server taken."""
    wait = erlang.erlang_c(n, load)
    if np.isfinite(leave).any():
        # The answer threshold plays no part in it.
        leaving = erlang.erlang_a(n, load, aht, leave, 0.0).wait_probability
        wait = np.where(np.isfinite(leave), leaving, wait)
    return wait
