"""Reply times inside a chat: how many chats an agent may hold before she answers too late.

Platforms score replies, not only the first answer. An agent with ``k`` chats is a repairman of
``k`` machines: each reply takes her an exponential time of mean ``s``, the customer then reads
and types for a time of mean ``z`` (of any law), and questions queue at the agent in order of
arrival. With ``M`` replies a chat, of which the last is not thought about,
``z' = z (M - 1) / M``, mean value analysis gives

    R_k = s (1 + Q_{k-1}),   X_k = k / (R_k + z'),   Q_k = X_k R_k,   AHT_k = M (R_k + z').

A question meets what an agent with one chat less would have before her (arrival theorem), so
P(reply <= t | k) = sum over i of p_{k-1}(i) * P(gamma of shape i + 1 and mean (i + 1) s <= t).

It is a cap on concurrency, for agents who hold as many chats as they may: with fewer they reply
sooner. The seats for a reply target, agents holding what comes and contacts waiting for them, are
:mod:`staffing.seats.replies`.

Sources
-------
Reiser & Lavenberg (1980), J. ACM 27(2), 313-322 (mean value analysis). Sevcik & Mitrani (1981),
J. ACM 28(2), 358-371 (arrival theorem). Luo & Zhang (2013), Oper. Res. 61(2), 328-343. The
platforms' metrics and their sources: ``staffing/platforms.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import gammainc, gammaln

from staffing.platforms import Rule, Unit
from staffing.seats.checks import Floats, number, share

__all__ = [
    "Cap",
    "Pace",
    "handle_times",
    "highest_concurrency",
    "level",
    "lone_share",
    "mean_reply_s",
    "pace_at",
    "questions_ahead",
    "replied_within",
]

# Nobody holds more chats; the tables stay small.
_MOST_CHATS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The rhythm of a chat.

    Attributes
    ----------
    reply_s : mean seconds of an agent's attention for one reply, > 0
    think_s : mean seconds from a reply to the customer's next question, >= 0
    replies : mean replies of an agent in a chat, >= 1

    Raises
    ------
    ValueError
        If a value is not one number, NaN, infinite or out of its range.
    """

    reply_s: float
    think_s: float
    replies: float

    def __post_init__(self) -> None:
        for name in ("reply_s", "think_s", "replies"):
            value = getattr(self, name)
            if np.ndim(value):
                raise ValueError(f"{name} must be one number, got {value!r:.80}")
        number("reply_s", self.reply_s, positive=True)
        number("think_s", self.think_s)
        number("replies", self.replies, least=1.0)

    @property
    def away_s(self) -> float:
        """Return the mean seconds a customer is busy per reply, the last reply among them."""
        return self.think_s * (self.replies - 1) / self.replies


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """How many chats at once a reply target allows.

    Attributes
    ----------
    chats : the most chats per agent at which the target holds; 0 where none does
    level : the level reached with so many; at 0, with one
    best_level : the level with one chat at a time: no staffing reaches a better one
    """

    chats: int
    level: float
    best_level: float

    @property
    def reachable(self) -> bool:
        """Return whether any concurrency, and so any staffing, reaches the target."""
        return self.chats > 0


def handle_times(pace: Pace, concurrency: int) -> tuple[float, ...]:
    """Return the mean handle time in seconds with 1, 2, ... chats, for a chat `Profile`.

    Parameters
    ----------
    pace : Pace
        The rhythm of a chat.
    concurrency : int
        The most chats an agent holds, from 1 to 1000.

    Raises
    ------
    ValueError
        If the concurrency is not a whole number in its range.

    Examples
    --------
    >>> [round(each) for each in handle_times(Pace(reply_s=20, think_s=60, replies=6), 4)]
    [420, 454, 502, 565]
    """
    return tuple((pace.replies * (mean_reply_s(pace, concurrency) + pace.away_s)).tolist())


@lru_cache(maxsize=1024)
def pace_at(replies: float, reply_s: float, aht_s: float, concurrency: int) -> Pace:
    """Return the rhythm of chats whose handle time is observed at a concurrency.

    Parameters
    ----------
    replies, reply_s
        As in `Pace`.
    aht_s : float
        Mean handle time in seconds of a chat whose agent holds `concurrency`; what the replies
        and the queue at the agent leave of it, customers think.
    concurrency : int
        From 1 to 1000.

    Raises
    ------
    ValueError
        If replies alone take longer than the handle time: ``replies * reply_s * concurrency``.

    Examples
    --------
    >>> pace = pace_at(6, 20, 502, 3)
    >>> round(pace.think_s), round(handle_times(pace, 3)[-1])
    (60, 502)
    """
    busy_s = replies * reply_s * concurrency
    if busy_s > aht_s * (1 + 1e-9):
        raise ValueError(f"aht_s must be at least {busy_s:g} s, got {aht_s:g}. Check the replies.")
    if replies <= 1:
        return Pace(reply_s=reply_s, think_s=0.0, replies=replies)
    most_s = aht_s / (replies - 1)

    def over(think_s: float) -> float:
        pace = Pace(reply_s=reply_s, think_s=think_s, replies=replies)
        return handle_times(pace, concurrency)[-1] - aht_s

    think_s = float(brentq(over, 0.0, most_s)) if over(0.0) < 0 else 0.0
    return Pace(reply_s=reply_s, think_s=think_s, replies=replies)


def lone_share(replies: float, reply_s: float, aht_s: float, concurrency: float) -> float:
    """Return the handle time of a lone chat over that at a concurrency, by the rhythm of both."""
    pace = pace_at(replies, reply_s, aht_s, int(concurrency))
    return handle_times(pace, 1)[0] / aht_s if replies > 1 else 1.0


def mean_reply_s(pace: Pace, concurrency: int) -> Floats:
    """Return the mean seconds from question to reply with 1, 2, ... chats.

    Raises
    ------
    ValueError
        If the concurrency is not a whole number from 1 to 1000.
    """
    reply = np.zeros(_chats(concurrency))
    waiting = 0.0
    for k in range(1, reply.size + 1):
        reply[k - 1] = pace.reply_s * (1 + waiting)
        waiting = k * reply[k - 1] / (reply[k - 1] + pace.away_s)
    return reply


def replied_within(pace: Pace, within_s: ArrayLike, concurrency: int) -> Floats:
    """Return the share of replies in time with 1, 2, ... chats.

    Parameters
    ----------
    pace : Pace
        The rhythm of a chat.
    within_s : array_like
        Seconds from question to reply, >= 0.
    concurrency : int
        The most chats an agent holds, from 1 to 1000.

    Returns
    -------
    ndarray of float64
        Of the shape of ``within_s`` and one axis more, for the chats. It falls with the chats.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range.

    Examples
    --------
    >>> replied_within(Pace(reply_s=20, think_s=60, replies=6), 30, 3).round(3).tolist()
    [0.777, 0.681, 0.562]
    """
    within = number("within_s", within_s)[..., None] / pace.reply_s
    ahead = questions_ahead(pace, concurrency)
    return np.asarray(np.minimum(gammainc(1.0 + np.arange(len(ahead)), within) @ ahead.T, 1.0))


def questions_ahead(pace: Pace, concurrency: int) -> Floats:
    """Return the chances that a question meets 0, 1, ... others at its agent.

    Returns
    -------
    ndarray of float64
        A row for each of 1, 2, ... chats held, the one that asks among them.

    Raises
    ------
    ValueError
        If the concurrency is not a whole number from 1 to 1000.
    """
    others = np.arange(_chats(concurrency))
    left = others[:, None] - others
    if pace.away_s > 0:
        log_chance = np.where(
            left >= 0,
            others * (np.log(pace.reply_s) - np.log(pace.away_s))
            - gammaln(np.maximum(left, 0) + 1.0),
            -np.inf,
        )
        chance = np.exp(log_chance - log_chance.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
    else:
        chance = (left == 0).astype(np.float64)
    return np.asarray(chance)


def level(pace: Pace, unit: Unit, within_s: ArrayLike, concurrency: int) -> Floats:
    """Return the level of a platform's metric with 1, 2, ... chats.

    Per round and per first reply it is the share of replies in time, ``p``. Per customer all
    replies must be: ``p ** replies``, for replies late independently of each other. Where some
    chats are longer than others this is on the safe side (Jensen), as it is where late
    replies come together.

    Parameters
    ----------
    pace : Pace
        The rhythm of a chat.
    unit : {"round", "first", "customer"}
        What the platform counts.
    within_s, concurrency
        As in :func:`replied_within`.

    Raises
    ------
    ValueError
        As in :func:`replied_within`, or if the unit is unknown.
    """
    in_time = replied_within(pace, within_s, concurrency)
    return in_time ** (pace.replies if _unit(unit) == "customer" else 1.0)


def highest_concurrency(
    pace: Pace, rule: Rule, target: float | None = None, *, most: int = 100
) -> Cap:
    """Return the most simultaneous chats per agent at which a reply target holds.

    Parameters
    ----------
    pace : Pace
        The rhythm of a chat.
    rule : Rule
        The platform's metric.
    target : float, optional
        Share asked for, in (0, 1); by default the rule's own.
    most : int, optional
        The most chats considered, from 1 to 1000.

    Returns
    -------
    Cap
        With 0 chats, ``reachable`` False and the best level there is where even an agent with
        one chat replies too late: more seats do not help then, only shorter replies.

    Raises
    ------
    ValueError
        If an argument is out of its range, or neither the target nor the rule names a level.

    Examples
    --------
    A first reply in 30 s for 80 % is out of reach of staffing when a reply takes 20 s:

    >>> from staffing.platforms import platforms
    >>> jd = platforms()["jd_30s"]
    >>> highest_concurrency(Pace(reply_s=20, think_s=60, replies=6), jd).reachable
    False
    >>> highest_concurrency(Pace(reply_s=10, think_s=60, replies=6), jd).chats
    4
    """
    asked = rule.level if target is None else target
    if asked is None:
        raise ValueError(f"target must be given: {rule.metric or 'the rule'} names no level.")
    reached = level(pace, rule.unit, rule.within_s, most)
    # More chats never help, so the first ones to miss end the count.
    missed = reached < float(share("target", asked))
    chats = int(np.argmax(missed)) if missed.any() else most
    return Cap(chats=chats, level=float(reached[max(chats - 1, 0)]), best_level=float(reached[0]))


def _unit(unit: str) -> str:
    """The unit, checked."""
    if unit not in get_args(Unit):
        raise ValueError(f"unit must be one of {', '.join(get_args(Unit))}, got {unit!r:.80}")
    return unit


def _chats(concurrency: int) -> int:
    """The concurrency, checked."""
    whole = isinstance(concurrency, (int, np.integer)) and not isinstance(concurrency, bool)
    if not whole or not 1 <= concurrency <= _MOST_CHATS:
        raise ValueError(
            f"concurrency must be a whole number from 1 to {_MOST_CHATS}, got {concurrency!r:.80}"
        )
    return int(concurrency)
