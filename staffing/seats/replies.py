"""Seats for a platform's reply target: replies in time, the wait for a free agent among them.

:mod:`staffing.seats.reply` says how soon an agent with ``k`` chats replies,
:mod:`staffing.seats.chat` how many chats agents hold. Here both meet. Let ``L_k(t)`` be the share
of replies later than ``t`` of an agent with ``k`` chats, and ``G_j`` its mean over ``n`` agents
who hold ``j`` chats, each weighted by what she completes:

    G_j = ((n - m) * k / AHT_k * L_k + m * (k + 1) / AHT_{k+1} * L_{k+1}) / D(j),
    k = j div n, m = j mod n.

By detailed balance replies are given at ``j + 1`` chats as often as contacts meet ``j``. An agent
comes to hold ``k`` chats as often as she ceases to, so first replies are given at as many chats
as any others: a contact that meets ``j < n * c`` has all its ``M`` replies late with chance
``G_{j+1}``. One that meets full slots waits ``W`` and is then one of ``c`` chats: its later replies
are late with chance ``L_c(t)``, its first if it abandons or ``W`` and the reply take longer than
``t``. With ``F`` and ``G`` the late shares of a contact's first and later replies,

    per first reply    F,
    per round          F + (M - 1) G over the rounds: M, but 1 of a contact that abandons,
    per customer       1 - (1 - F) (1 - G)^(M - 1): none may be late,

on average over the states that contacts meet.

Each level falls as contacts come faster, and where AHT does not fall with the chats it rises with
the seats: fewer wait, and agents hold fewer chats, down to one at a time, whose level none
exceeds. Where AHT falls with the chats (agents who speed up) one seat more may do worse, by a few
millionths where it was seen; the fewest seats are then the fewest that reach the target.

A level per round counts the wait once among ``M`` replies: a target below ``(M - 1) / M`` may
hold although first replies take an hour. Staff for the wait, too (`chat.fewest_seats`).

Left out: chats that come and go while a reply is awaited; agents who hold chats less evenly than
``k`` and ``k + 1``, which flatters small groups by half a point; what makes late replies of one
customer come together beyond the state met, and chats of different lengths, which are on the
safe side. Waits are those of exponential handle times: chats of equally many rounds vary less, and
where waits decide (few chats at once, a tenth above the capacity) up to 4 points are given away.

Sources
-------
As in :mod:`staffing.seats.reply` and :mod:`staffing.seats.chat`. Brill (2008), Level Crossing
Methods in Stochastic Models, Springer: a level is crossed upwards as often as downwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincc, gammaln, xlogy

from staffing.platforms import Rule
from staffing.seats.capacity import Capacity, blocks
from staffing.seats.chat import Profile
from staffing.seats.checks import Floats, Ints, number, share
from staffing.seats.reply import Pace, questions_ahead
from staffing.seats.states import seats_and_rates, states
from staffing.seats.waiting import late_after, queue_behind

__all__ = ["UnreachableTargetError", "fewest_reply_seats", "reply_level"]

# As in `chat`: a late share this little above the allowed one is a tie, and kept.
_TIE = 1e-11
# Late shares below this are as good as none; their logarithm stays finite.
_NEVER = 1e-300
# Replies later than a chance of exp(-40) are left out.
_DROP = 40.0
# Points at which a wait is integrated, in states of the memory they take.
_WAITS = 160
# More chats than are held with a chance of exp(-100) are not counted.
_SELDOM = 100.0


class UnreachableTargetError(ValueError):
    """A reply target that no staffing reaches: even a lone chat is replied to too late.

    Attributes
    ----------
    target : the level asked for
    best_level : the level of agents who hold one chat at a time and are never short
    """

    def __init__(self, rule: Rule, target: float, best_level: float) -> None:
        super().__init__(
            f"target must be below {best_level:.4g}, got {target:g}: that is the level per "
            f"{rule.unit} within {rule.within_s:g} s with one chat at a time and agents to spare. "
            "More seats do not help: shorten the replies, or lower the target."
        )
        self.target, self.best_level = target, best_level


def reply_level(
    profile: Profile, pace: Pace, rule: Rule, seats: ArrayLike, contacts_per_s: ArrayLike
) -> Floats:
    """Return the level of a platform's reply metric in steady state.

    Parameters
    ----------
    profile : Profile
        Handle times and patience: they say how many chats agents hold and how long contacts
        wait. Its answer threshold and level play no part. Agree them with the pace
        (`reply.handle_times`) unless they were measured.
    pace : Pace
        The rhythm of a chat: how soon an agent replies who holds so many.
    rule : Rule
        What the platform counts, and the seconds within which a reply is in time.
    seats : array_like
        Agents on duty, whole numbers >= 0.
    contacts_per_s : array_like
        Contacts per second, from 0 to 1e9; broadcasts against ``seats``.

    Returns
    -------
    ndarray of float64
        Of the broadcast shape. Without contacts the level of a lone chat, the best there is.
        0 where nobody is on duty, or contacts exceed what all agents complete and none abandons.

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite, negative, or ``seats`` not whole.
    TooManySeatsError
        If there are more than 200,000 answer slots.

    Examples
    --------
    First replies within 30 s, 120 chats an hour, agents who hold up to three:

    >>> from staffing.seats.reply import handle_times
    >>> pace = Pace(reply_s=15, think_s=60, replies=6)
    >>> chat = Profile(aht_s=handle_times(pace, 3), answer_within_s=30, level=0.9)
    >>> first = Rule(unit="first", within_s=30)
    >>> reply_level(chat, pace, first, [5, 8, 12, 20], 120 / 3600).round(3).tolist()
    [0.1, 0.798, 0.845, 0.864]
    """
    n, rate = seats_and_rates(seats, contacts_per_s, profile.concurrency)
    shape, n, rate = n.shape, n.ravel(), rate.ravel()
    replies = _replies(profile, pace, rule)
    late = np.where(rate > 0, 1.0, replies.least)
    # Rows of like seats share a block, so little of it is empty.
    rows = np.flatnonzero((rate > 0) & (n > 0))
    rows = rows[np.argsort(n[rows], kind="stable")]
    for part in blocks(n[rows] * profile.concurrency + _WAITS):
        late[rows[part]] = np.exp(replies.log_late(n[rows[part]], rate[rows[part]]))
    return np.asarray(np.maximum(1 - late, 0.0)).reshape(shape)


def fewest_reply_seats(
    profile: Profile,
    pace: Pace,
    rule: Rule,
    contacts_per_s: ArrayLike,
    target: float | None = None,
) -> Ints:
    """Return the fewest agents that reach a reply target.

    As in `chat.fewest_seats`, the highest rate of contacts that n agents serve at the target is
    tabulated once and kept, and each answer is a search in that table.

    Parameters
    ----------
    profile, pace, rule
        As in :func:`reply_level`.
    contacts_per_s : array_like
        Contacts per second, >= 0.
    target : float, optional
        Share asked for, in (0, 1); by default the rule's own.

    Returns
    -------
    ndarray of int64
        0 where no contacts come. An exact tie with the target counts as reached whatever the
        rounding (within 1e-11 of the late share).

    Raises
    ------
    ValueError
        If an argument is not numeric, NaN, infinite or out of its range, or neither the target
        nor the rule names a level.
    UnreachableTargetError
        If an agent with one chat replies too late: no seats reach the target. It is raised
        whatever the contacts, none among them.
    TooManySeatsError
        If more than 200,000 answer slots would be needed.

    Examples
    --------
    >>> from staffing.platforms import platforms
    >>> from staffing.seats.reply import handle_times
    >>> pace = Pace(reply_s=15, think_s=60, replies=6)
    >>> chat = Profile(aht_s=handle_times(pace, 3), answer_within_s=30, level=0.9)
    >>> first = platforms()["jd_30s"]
    >>> fewest_reply_seats(chat, pace, first, [0, 20 / 3600, 120 / 3600, 1200 / 3600]).tolist()
    [0, 3, 9, 71]
    """
    rate = number("contacts_per_s", contacts_per_s)
    asked = rule.level if target is None else target
    if asked is None:
        raise ValueError(f"target must be given: {rule.metric or 'the rule'} names no level.")
    if np.ndim(asked):
        raise ValueError(f"target must be one number, got {asked!r:.80}")
    return _capacity(profile, pace, rule, float(share("target", asked))).fewest(rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replies:
    """The replies of one chat queue.

    Attributes
    ----------
    profile, pace, rule : as in `reply_level`
    late : share of replies out of time with 1, 2, ... c chats
    ahead : chances of 0, 1, ... questions or more before a question, with c chats
    """

    profile: Profile
    pace: Pace
    rule: Rule
    late: Floats
    ahead: Floats

    @property
    def later(self) -> float:
        """Return the replies after the first."""
        return self.pace.replies - 1

    @property
    def least(self) -> float:
        """Return the late share of a lone chat: no staffing has less."""
        first = self.late[:1]
        return float(self._of_contact(first, first, 1.0)[0] / self._rounds(1.0))

    def log_late(self, n: Floats, rate: Floats) -> Floats:
        """Logarithm of the late share, for agents > 0 and contacts > 0 in 1-d rows."""
        late = np.zeros_like(rate)
        full = n * self.profile.ends_per_s[-1]
        calm = np.flatnonzero(math.isfinite(self.profile.patience_s) | (rate < full))
        n, rate = n[calm], rate[calm]
        most = self._most_held(n, rate)
        ends = self.profile.ends_per_s[: most + 1]
        log_weight, chats = states(ends, n, rate)
        drain, patience = n * ends[-1], np.full_like(rate, self.profile.patience_s)
        within = self.rule.within_s
        queue = queue_behind(rate, drain, patience, np.full_like(rate, within))
        slow = late_after(rate, drain, patience, within, self._late_when_full, self._settled_s)
        top = np.maximum(np.max(log_weight, axis=1, initial=-np.inf), queue.log_mass)
        weight, full = np.exp(log_weight - top[:, None]), np.exp(queue.log_mass - top)
        at_once = self._late_at(ends, n, chats + 1)
        at_once = self._of_contact(at_once, at_once, 1.0)
        first = np.minimum(queue.late + slow, 1.0)
        waited = self._of_contact(first, np.full_like(rate, self.late[-1]), queue.answered)
        whole = weight.sum(axis=1) + full
        answered = (weight.sum(axis=1) + full * queue.answered) / whole
        share_late = ((weight * at_once).sum(axis=1) + full * waited) / whole
        late[calm] = np.log(np.maximum(share_late / self._rounds(answered), _NEVER))
        return late

    def _most_held(self, n: Floats, rate: Floats) -> int:
        """The concurrency that is in use: that of the profile, or one hardly ever reached.

        While all agents hold k chats or more, one chat more is at most rate / (n k / AHT_k) times
        as likely; so long tables of agents with room to spare are laid out in part.
        """
        ends = self.profile.ends_per_s[1:]
        rarer = n[:, None] * np.log(np.minimum(rate[:, None] / (n[:, None] * ends), 1.0))
        never = np.cumsum(rarer, axis=1) < -_SELDOM
        most = np.where(never.any(axis=1), np.argmax(never, axis=1) + 2, ends.size)
        return int(np.max(np.minimum(most, ends.size), initial=1))

    def _late_at(self, ends: Floats, n: Floats, chats: Floats) -> Floats:
        """Late share of the replies given while so many chats are held, 1 or more.

        Parameters
        ----------
        ends : what an agent with 0, 1, ... chats completes, to the most in use
        """
        late_ends = ends * np.append(0.0, self.late[: ends.size - 1])
        each = chats / n[:, None]
        held = np.minimum(each.astype(np.int64), ends.size - 2)
        part = each - held
        late, done = (of[held] + part * np.diff(of)[held] for of in (late_ends, ends))
        return np.asarray(late / done)

    def _of_contact(self, first: Floats, later: Floats, answered: Floats | float) -> Floats:
        """What the rule counts as late of a contact, from its first and its later replies."""
        if self.rule.unit == "first":
            return first
        if self.rule.unit == "round":
            return np.asarray(first + self.later * answered * later)
        with np.errstate(divide="ignore", invalid="ignore"):
            in_time = np.log1p(-first) + (self.later * np.log1p(-later) if self.later else 0.0)
        return np.asarray(-np.expm1(in_time))

    def _rounds(self, answered: Floats | float) -> Floats | float:
        """What the rule counts of a contact."""
        return 1 + self.later * answered if self.rule.unit == "round" else 1.0

    def _late_when_full(self, seconds: Floats) -> Floats:
        """Share of first replies that take longer, once an agent with c chats has the question."""
        steps = seconds / self.pace.reply_s
        late = np.zeros_like(steps)
        # i exponential replies are not yet given: at most i - 1 events of a Poisson process.
        for i, chance in enumerate(self.ahead):
            if chance > 0:
                late += chance * np.exp(xlogy(i, steps) - steps - gammaln(i + 1))
        return late

    @property
    def _settled_s(self) -> float:
        """Return the seconds after which a reply of an agent with c chats is as good as given."""
        c = self.profile.concurrency
        return self.pace.reply_s * (c + math.sqrt(2 * _DROP * c) + _DROP)


@lru_cache(maxsize=512)
def _replies(profile: Profile, pace: Pace, rule: Rule) -> _Replies:
    """The replies of a chat queue, their laws worked out."""
    ahead = questions_ahead(pace, profile.concurrency)
    given = gammaincc(1.0 + np.arange(len(ahead)), rule.within_s / pace.reply_s)
    return _Replies(
        profile=profile,
        pace=pace,
        rule=rule,
        # Late shares never fall with the chats; rounding must not make them.
        late=np.maximum.accumulate(np.minimum(ahead @ given, 1.0)),
        ahead=np.cumsum(ahead[-1, ::-1])[::-1],
    )


@lru_cache(maxsize=512)
def _capacity(profile: Profile, pace: Pace, rule: Rule, target: float) -> Capacity:
    """The table of a target."""
    replies = _replies(profile, pace, rule)
    spare = 1 - target - replies.least
    if spare <= 0:
        raise UnreachableTargetError(rule, target, 1 - replies.least)
    goal = math.log((1 - target) * (1 + _TIE))
    slow, fast = profile.ends_per_s[[1, -1]]
    # Only who meets n chats or more fares worse than a lone chat, in M replies at most; they end
    # at the rate n / AHT_1 at least, so they are no more than rate * AHT_1.
    serves = slow * spare / (2 * pace.replies)
    # Contacts answered are no more than the agents complete; rounds in time no more than theirs.
    counted = pace.replies if rule.unit == "round" else 1.0
    high = 2 * fast * (counted * (1 - target) + target) / target

    def excess(seats: Floats, rate: Floats) -> Floats:
        return replies.log_late(seats, rate) - goal

    return Capacity(
        excess,
        serves=float(serves),
        fails_per_seat=float(fast if math.isinf(profile.patience_s) else high),
        done_per_seat=float(fast),
        slots_per_seat=profile.concurrency,
    )
