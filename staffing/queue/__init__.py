"""Queues lived contact by contact: first come first served, with staff that changes.

`serve` is a queue whose contacts are handled one a slot, as on the phone; `serve_chats` one
whose agents hold several chats at once, each the slower the more she holds. Both are exact, keep
no random numbers of their own, and let other threads of the interpreter run meanwhile. Their
loops are compiled (`staffing.queue.kernel`) when the first queue is served. Both take agents who
are all alike; `staffing.queue.floor` is for those who differ, at a third of the speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from staffing.queue.columns import Floats, Ints, contacts, handle_times, require, steps

__all__ = ["Chats", "serve", "serve_chats"]


def serve(
    arrivals_s: ArrayLike,
    work_s: ArrayLike,
    patience_s: ArrayLike,
    change_s: ArrayLike,
    slots: ArrayLike,
) -> Floats:
    """Return how long each contact waited for its answer.

    One queue, first come first served. A phone agent is one answer slot, a chat agent as
    many as the chats held at once. At one instant ends of contacts come first, then changes
    of the slots, then starts: a contact that arrives as another ends finds its slot free.

    Parameters
    ----------
    arrivals_s : array_like, shape (contacts,)
        Arrival times in seconds from any origin, ascending.
    work_s : array_like, shape (contacts,)
        Handle time of each contact in seconds, >= 0, spent only if it is answered.
    patience_s : array_like, shape (contacts,)
        A contact abandons once it has waited longer than this; infinite: never.
    change_s : array_like, shape (changes,)
        Times at which the number of slots changes, strictly ascending.
    slots : array_like, shape (changes,)
        Whole numbers >= 0: ``slots[i]`` answer slots are open from ``change_s[i]`` until
        ``change_s[i + 1]``, the last ones for ever, none before ``change_s[0]``. A drop
        interrupts nobody: contacts in progress are finished, and none starts until fewer
        are in progress than slots are open.

    Returns
    -------
    ndarray of float64, shape (contacts,)
        Seconds from arrival to answer; NaN for a contact that abandoned or was never
        answered.

    Raises
    ------
    ValueError
        If an argument is not a 1-d array of numbers in its range and order, or lengths that
        belong together differ.

    Examples
    --------
    One slot; the second contact waits for the first, the third loses patience after 5 s:

    >>> serve([0, 10, 20], [60, 60, 60], [np.inf, np.inf, 5], [0], [1])
    array([ 0., 50., nan])
    """
    from staffing.queue import kernel  # noqa: PLC0415  # numba takes half a second to import

    arrivals, work, patience = contacts(arrivals_s, work_s, patience_s, work_name="work_s")
    changes, count = steps(change_s, slots, count_name="slots", most=arrivals.size)
    waits = np.full(arrivals.size, np.nan)
    kernel.serve(arrivals, work, patience, changes, count, waits)
    return waits


@dataclass(frozen=True, kw_only=True)
class Chats:
    """What became of each chat, in the order of arrival.

    Attributes
    ----------
    wait_s : seconds from arrival to answer; NaN for a chat that abandoned or was never answered
    start_s, end_s : when it was answered and when it ended; NaN as above, and the end also of a
        chat that was handed over and never taken up again
    agent : who answered it first, from 0; -1 where nobody did
    """

    wait_s: Floats
    start_s: Floats
    end_s: Floats
    agent: Ints


def serve_chats(
    arrivals_s: ArrayLike,
    work: ArrayLike,
    patience_s: ArrayLike,
    change_s: ArrayLike,
    agents: ArrayLike,
    aht_s: ArrayLike,
    *,
    leaving: Literal["finish", "hand over"] = "finish",
) -> Chats:
    """Serve chats by agents who hold up to ``len(aht_s)`` of them at once.

    An agent who holds k chats gets on with each at the rate ``1 / aht_s[k - 1]``, whatever the
    moment they began: she ends ``k / aht_s[k - 1]`` chats a second. A chat goes to the agent on
    duty with the fewest chats, among equals to the lowest number, or waits first come first
    served until one has room; it stays with its agent. At one instant ends come first, then
    changes of the agents, then starts.

    Parameters
    ----------
    arrivals_s : array_like, shape (chats,)
        Arrival times in seconds from any origin, ascending.
    work : array_like, shape (chats,)
        Amount of work of each chat, >= 0, in handle times: 1 is an average chat. Draw it from
        the standard exponential, or any distribution of mean 1.
    patience_s : array_like, shape (chats,)
        A chat abandons once it has waited longer than this for its answer; infinite: never.
    change_s : array_like, shape (changes,)
        Times at which the number of agents changes, strictly ascending.
    agents : array_like, shape (changes,)
        Whole numbers >= 0: agents 0 to ``agents[i] - 1`` are on duty from ``change_s[i]`` until
        ``change_s[i + 1]``, the last ones for ever, nobody before ``change_s[0]``.
    aht_s : array_like, shape (most,)
        Mean handle time in seconds while an agent holds 1, 2, ... chats, > 0.
    leaving : {"finish", "hand over"}
        What an agent does with her chats when she leaves: finish them, taking no new ones, or
        hand them over at once. A chat handed over goes to an agent with room, else it waits at
        the head of the queue, those that arrived first before others, and does not abandon.
        Where all leave at once nobody is left to take over, and they finish.

    Returns
    -------
    Chats

    Raises
    ------
    ValueError
        If an argument is not a 1-d array of numbers in its range and order, lengths that belong
        together differ, or ``leaving`` is none of the two.

    Notes
    -----
    The limited processor sharing of Zhang, Dai & Zwart (2009), Math. Oper. Res. 34(4), with the
    rates of chat agents of Luo & Zhang (2013), Oper. Res. 61(2), 328-343, and the routing of
    Tezcan & Zhang (2014), Oper. Res. 62(4).

    Examples
    --------
    Two chats at once take 100 s each, alone 60 s. From 30 s on, half done, the first shares its
    agent and needs 50 s more; the second then has half its work left and is alone again:

    >>> chats = serve_chats([0, 30], [1, 1], [np.inf, np.inf], [0], [1], [60, 100])
    >>> chats.end_s.round(6)
    array([ 80., 110.])
    """
    from staffing.queue import kernel  # noqa: PLC0415  # numba takes half a second to import

    require(leaving in {"finish", "hand over"}, f"leaving: 'finish' or 'hand over', not {leaving}")
    arrivals, amount, patience = contacts(arrivals_s, work, patience_s, work_name="work")
    changes, count = steps(change_s, agents, count_name="agents", most=arrivals.size)
    start, end = np.full((2, arrivals.size), np.nan)
    answerer = np.full(arrivals.size, -1, dtype=np.int64)
    kernel.serve_chats(
        arrivals, amount, patience, changes, count, handle_times(aht_s),
        leaving == "hand over", start, end, answerer,
    )  # fmt: skip
    return Chats(wait_s=start - arrivals, start_s=start, end_s=end, agent=answerer)
