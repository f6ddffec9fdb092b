"""The loop of `serve_floor`, compiled: agents who differ, shops that differ, and deferred work.

Nothing is checked here; every array is what `staffing.queue.floor` says it is. As in
`staffing.queue.kernel` there is no global state and no lock of the interpreter.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from staffing.queue.kernel import Floats, Ints, apart, cached, inner, push, renew, replace, tree_of

SOURCES = "7c5baa2ce50a4e75"
"""Of the other files whose functions are compiled into those that are kept here: without it numba
would take kept machine code for that of a changed function elsewhere. A test tells it."""

# Of a plain number numba would compile every function that is given it anew, as a constant.
FIRST = cast("int", np.int64(0))
NOBODY, SEVERAL = cast("int", np.int64(-1)), cast("int", np.int64(-2))
WHOLE = 1.0 + 1e-9
"""An agent has room while her parts, three thirds say, come to no more than one."""
PER_CHAT = 1 << 20
"""Weight of a chat held against a skill, so that fewest chats come first."""
LAST = cast("int", np.int64(1 << 62))


class Staff(NamedTuple):
    """The agents: what the loop knows of them at one moment.

    held : chats of each agent
    used : parts of her that they take, in sum
    busy : held * PER_CHAT + her skills: the least is routed to
    tickets : deferred contacts among her chats
    skill : row of `speed` and `share` while on duty, NOBODY while off
    part : what a contact of a shop would take of an agent (shops, agents); infinite where she
        does not serve the shop, or is off duty
    since : moment up to which the work of her chats is counted
    chat, kind : number and shop of each chat she holds (agents, most)
    rest, taken : work left of it at her speed, and the part of her that it takes
    swift : her speed in it
    due : when her next chat ends; infinite without any
    next_due : tree that leads to the smallest `due`
    speed, share : of each skill set in each shop; speed 0 where it does not serve it
    skills : shops of each skill set
    aht : handle time of each shop's contacts at 1, 2, ... chats (shops, most)
    """

    held: Ints
    used: Floats
    busy: Ints
    tickets: Ints
    skill: Ints
    part: Floats
    since: Floats
    chat: Ints
    kind: Ints
    rest: Floats
    taken: Floats
    swift: Floats
    due: Floats
    next_due: Ints
    speed: Floats
    share: Floats
    skills: Ints
    aht: Floats


class Lines(NamedTuple):
    """The contacts that wait: a linked list a shop, a heap a shop for the deferred.

    first, last : head and tail of each shop's list, NOBODY where it is empty
    behind : who waits behind each contact
    waiting : number in all lists, with those who have hung up and were not yet dropped (1,)
    heap : turns of the deferred contacts that wait, shop after shop
    places, size : where each shop's heap begins in it, and its length
    turn, by_turn : place of each contact in the order of deadlines, and its inverse
    deferred : number in all heaps (1,)
    arrivals, patience, shop, start : of each contact; start NaN until it is answered
    left : work left of each contact
    priority : of each shop
    defers : whether a shop's contacts may be deferred
    """

    first: Ints
    last: Ints
    behind: Ints
    waiting: Ints
    heap: Floats
    places: Ints
    size: Ints
    turn: Ints
    by_turn: Ints
    deferred: Ints
    arrivals: Floats
    patience: Floats
    shop: Ints
    start: Floats
    left: Floats
    priority: Ints
    defers: Ints


# --- one agent's chats --------------------------------------------------------------------------


@inner
def settle(staff: Staff, agent: int, now: float) -> None:
    """Count what the agent has worked off up to now."""
    held = staff.held[agent]
    if held > 0:
        elapsed = now - staff.since[agent]
        for place in range(held):
            staff.rest[agent, place] -= elapsed / staff.aht[staff.kind[agent, place], held - 1]
    staff.since[agent] = now


@inner
def resume(staff: Staff, agent: int, held: int) -> None:
    """Let the agent go on with this many chats, settled up to now."""
    staff.busy[agent] += (held - staff.held[agent]) * PER_CHAT
    staff.held[agent] = held
    used, least = 0.0, np.inf
    for place in range(held):
        used += staff.taken[agent, place]
        pace = staff.aht[staff.kind[agent, place], held - 1]
        least = min(least, staff.rest[agent, place] * pace)
    staff.used[agent] = used
    # Rounding may leave a chat that ends with another a hair of work above or below none.
    staff.due[agent] = staff.since[agent] + max(least, 0.0)
    renew(staff.next_due, staff.due, agent)


@inner
def take(staff: Staff, lines: Lines, agent: int, chat: int, now: float) -> None:
    """Give an agent a contact."""
    settle(staff, agent, now)
    held, shop, skill = staff.held[agent], lines.shop[chat], staff.skill[agent]
    staff.chat[agent, held] = chat
    staff.kind[agent, held] = shop
    staff.swift[agent, held] = staff.speed[skill, shop]
    staff.rest[agent, held] = lines.left[chat] / staff.speed[skill, shop]
    staff.taken[agent, held] = staff.share[skill, shop]
    staff.tickets[agent] += lines.defers[shop]
    resume(staff, agent, held + 1)


@inner
def drop(staff: Staff, lines: Lines, agent: int, place: int) -> None:
    """Take a chat, settled, out of an agent's hands; its work left stays known."""
    last = staff.held[agent] - 1
    shop = staff.kind[agent, place]
    lines.left[staff.chat[agent, place]] = (
        max(staff.rest[agent, place], 0.0) * staff.swift[agent, place]
    )
    staff.tickets[agent] -= lines.defers[shop]
    for whole in (staff.chat, staff.kind):
        whole[agent, place] = whole[agent, last]
    for real in (staff.rest, staff.taken, staff.swift):
        real[agent, place] = real[agent, last]
    resume(staff, agent, last)


@inner
def finish(staff: Staff, lines: Lines, agent: int, now: float) -> int:
    """End the chat of an agent that is done first; return its number."""
    held = staff.held[agent]
    place, least = FIRST, np.inf
    for other in range(held):
        left = staff.rest[agent, other] * staff.aht[staff.kind[agent, other], held - 1]
        if left < least:
            place, least = other, left
    chat = staff.chat[agent, place]
    settle(staff, agent, now)
    drop(staff, lines, agent, place)
    return int(chat)


@apart
def sit(staff: Staff, agent: int, skill: int) -> None:
    """Bring an agent to her desk with a skill set, or send her away from new chats (NOBODY)."""
    before = staff.skill[agent]
    staff.busy[agent] -= staff.skills[before] if before >= 0 else 0
    staff.busy[agent] += staff.skills[skill] if skill >= 0 else 0
    staff.skill[agent] = skill
    for shop in range(staff.part.shape[0]):
        serves = skill >= 0 and staff.speed[skill, shop] > 0
        staff.part[shop, agent] = staff.share[skill, shop] if serves else np.inf


# --- who waits ----------------------------------------------------------------------------------


@apart
def queue_up(lines: Lines, chat: int) -> None:
    """Let a contact wait: a deferred one by its deadline, another behind those of its shop.

    Contacts of one shop start in the order of arrival. So whoever was handed over came before
    all of her shop who wait, but those handed over with her.
    """
    shop = lines.shop[chat]
    if lines.defers[shop]:
        heap = lines.heap[lines.places[shop] :]
        push(heap, lines.size[shop], float(lines.turn[chat]))
        lines.size[shop] += 1
        lines.deferred[0] += 1
        return
    lines.waiting[0] += 1
    if lines.first[shop] < 0:
        lines.first[shop] = lines.last[shop] = chat
        lines.behind[chat] = NOBODY
    elif lines.last[shop] < chat:
        lines.behind[lines.last[shop]] = chat
        lines.behind[chat] = NOBODY
        lines.last[shop] = chat
    elif chat < lines.first[shop]:
        lines.behind[chat] = lines.first[shop]
        lines.first[shop] = chat
    else:
        before = lines.first[shop]
        while lines.behind[before] < chat:
            before = lines.behind[before]
        lines.behind[chat] = lines.behind[before]
        lines.behind[before] = chat


@inner
def leave(lines: Lines, shop: int) -> int:
    """Take the first of a shop's list out of it; return its number."""
    chat = lines.first[shop]
    lines.first[shop] = lines.behind[chat]
    lines.waiting[0] -= 1
    return int(chat)


@inner
def front(lines: Lines, shop: int, now: float) -> int:
    """Return the first of a shop who has not hung up, NOBODY where there is none.

    Whoever has hung up is only dropped here: leaving early frees no slot. Whoever was answered
    and handed over does not hang up.
    """
    chat = lines.first[shop]
    while (
        chat >= 0
        and np.isnan(lines.start[chat])
        and now - lines.arrivals[chat] > lines.patience[chat]
    ):
        leave(lines, shop)
        chat = lines.first[shop]
    return int(chat)


@inner
def before(lines: Lines, one: int, other: int) -> bool:
    """Return whether one contact is to be answered before another (NOBODY: after any).

    Handed over first, then by priority, then by arrival.
    """
    if other < 0 or one < 0:
        return one >= 0
    handed, also = not np.isnan(lines.start[one]), not np.isnan(lines.start[other])
    if handed != also:
        return handed
    mine, hers = lines.priority[lines.shop[one]], lines.priority[lines.shop[other]]
    return bool(mine > hers or (mine == hers and one < other))


# --- who answers whom ---------------------------------------------------------------------------


@apart
def wanted(staff: Staff, lines: Lines, agent: int, now: float) -> int:
    """Return the contact that an agent has to answer next, whether she has room or not."""
    best = NOBODY
    for shop in range(lines.first.size):
        if lines.first[shop] >= 0 and staff.part[shop, agent] < np.inf:
            chat = front(lines, shop, now)
            if before(lines, chat, best):
                best = chat
    return best


@inner
def answerer(staff: Staff, lines: Lines, chat: int, now: float, mixed: bool) -> int:
    """Return who answers a contact now: fewest chats, then fewest skills, then lowest number.

    Where contacts take unequal parts of an agent (`mixed`), one that needs more room than there
    is would be overtaken for ever. So an agent with some room keeps it for whom she has to
    answer before.
    """
    shop = lines.shop[chat]
    best, least = NOBODY, LAST
    for agent in range(staff.held.size):
        if staff.used[agent] + staff.part[shop, agent] <= WHOLE and staff.busy[agent] < least:
            if lines.defers[shop] and staff.tickets[agent] > 0:
                continue
            if mixed and lines.waiting[0] > 0:
                other = wanted(staff, lines, agent, now)
                if other >= 0 and (lines.defers[shop] or before(lines, other, chat)):
                    continue
            best, least = agent, staff.busy[agent]
    return best


@inner
def begin(staff: Staff, lines: Lines, agent: int, chat: int, now: float, who: Ints) -> None:
    """Let an agent answer a contact, or take it over."""
    if np.isnan(lines.start[chat]):
        lines.start[chat] = now
        who[chat] = agent
    take(staff, lines, agent, chat, now)


@inner
def serve_by(staff: Staff, lines: Lines, agent: int, now: float, who: Ints) -> None:
    """Let one agent, who alone has new room, answer whom she can."""
    while lines.waiting[0] > 0 and staff.used[agent] < 1.0:
        chat = wanted(staff, lines, agent, now)
        if chat < 0 or staff.used[agent] + staff.part[lines.shop[chat], agent] > WHOLE:
            return
        leave(lines, lines.shop[chat])
        begin(staff, lines, agent, chat, now, who)


@inner
def welcome(staff: Staff, lines: Lines, chat: int, now: float, mixed: bool, who: Ints) -> None:
    """Let a contact that comes alone be answered or wait."""
    agent = answerer(staff, lines, chat, now, mixed)
    if agent >= 0:
        begin(staff, lines, agent, chat, now, who)
    else:
        queue_up(lines, chat)


@apart
def serve_all(staff: Staff, lines: Lines, now: float, mixed: bool, who: Ints) -> None:
    """Let everybody who waits and can be answered be answered, in turn."""
    while lines.waiting[0] > 0:
        best, agent = NOBODY, NOBODY
        for shop in range(lines.first.size):
            chat = front(lines, shop, now)
            if before(lines, chat, best):
                found = answerer(staff, lines, chat, now, mixed)
                if found >= 0:
                    best, agent = chat, found
        if best < 0:
            return
        leave(lines, lines.shop[best])
        begin(staff, lines, agent, best, now, who)


@inner
def spare(staff: Staff, shop: int) -> float:
    """Return the room of all who serve a shop, in agents."""
    room = 0.0
    for agent in range(staff.held.size):
        if staff.part[shop, agent] < np.inf:
            room += max(1.0 - staff.used[agent], 0.0)
    return room


@apart
def serve_deferred(
    staff: Staff, lines: Lines, now: float, reserve: Floats, mixed: bool, who: Ints
) -> None:
    """Start deferred contacts while enough room is left for others, earliest deadline first."""
    while lines.deferred[0] > 0:
        best, agent = NOBODY, NOBODY
        for shop in range(lines.first.size):
            if lines.size[shop] == 0:
                continue
            chat = lines.by_turn[int(lines.heap[lines.places[shop]])]
            if best >= 0 and lines.turn[best] < lines.turn[chat]:
                continue
            found = answerer(staff, lines, chat, now, mixed)
            if found < 0:
                continue
            if spare(staff, shop) - staff.part[shop, found] < reserve[shop] - 1e-9:
                continue
            best, agent = chat, found
        if best < 0:
            return
        shop = lines.shop[best]
        lines.size[shop] -= 1
        lines.deferred[0] -= 1
        heap = lines.heap[lines.places[shop] :]
        replace(heap, lines.size[shop], heap[lines.size[shop]])
        begin(staff, lines, agent, best, now, who)


@inner
def served(staff: Staff, shop: int) -> int:
    """Return how many on duty serve a shop."""
    number = 0
    for agent in range(staff.held.size):
        number += staff.part[shop, agent] < np.inf
    return number


@apart
def hand_over(staff: Staff, lines: Lines, now: float) -> None:
    """Put the chats of all who do not serve their shop any more into the lines.

    Where nobody on duty serves it, they stay with their agent.
    """
    for agent in range(staff.held.size):
        place = staff.held[agent] - 1
        while place >= 0:
            shop = staff.kind[agent, place]
            if staff.part[shop, agent] == np.inf and served(staff, shop) > 0:
                settle(staff, agent, now)
                chat = staff.chat[agent, place]
                drop(staff, lines, agent, place)
                queue_up(lines, chat)
            place -= 1


@inner
def end_all(staff: Staff, lines: Lines, now: float, end: Floats) -> int:
    """End what ends now; return the one agent freed, NOBODY or SEVERAL."""
    freed = NOBODY
    while staff.due[staff.next_due[1]] <= now:
        one = staff.next_due[1]
        end[finish(staff, lines, one, now)] = now
        freed = one if freed in (NOBODY, one) else SEVERAL
    return int(freed)


@apart
def sit_all(
    staff: Staff, lines: Lines, agent: Ints, skill: Ints, now: float, hands_over: bool
) -> None:
    """Let agents come and go."""
    for one in range(agent.size):
        sit(staff, agent[one], skill[one])
    if hands_over:
        hand_over(staff, lines, now)


@inner
def following(times: Floats, at: int) -> float:
    """Return the time at a place, infinite past the last."""
    return times[at] if at < times.size else np.inf


@inner
def passed(times: Floats, at: int, now: float) -> int:
    """Return the first place, from `at` on, whose time is still to come."""
    while following(times, at) <= now:
        at += 1
    return at


@cached
def serve_floor(
    arrivals: Floats, work: Floats, patience: Floats, shop: Ints, turn: Ints, by_turn: Ints,
    aht: Floats, priority: Ints, defers: Ints, places: Ints,
    agents: int, changes: Floats, agent: Ints, skill: Ints,
    speed: Floats, share: Floats, skills: Ints, mixed: bool,
    reserve_from: Floats, reserve: Floats, hands_over: bool,
    start: Floats, end: Floats, who: Ints,
) -> None:  # fmt: skip
    """Write starts and ends, NaN beforehand, and who answered, NOBODY beforehand.

    Each turn of the loop is one instant: ends, changes of the agents, arrivals, starts.
    """
    shops, most = aht.shape
    leaves = 1
    while leaves < agents:
        leaves *= 2
    staff = Staff(
        np.zeros(agents, np.int64), np.zeros(agents), np.zeros(agents, np.int64),
        np.zeros(agents, np.int64), np.full(agents, NOBODY), np.full((shops, agents), np.inf),
        np.zeros(agents),
        np.zeros((agents, most), np.int64), np.zeros((agents, most), np.int64),
        np.zeros((agents, most)), np.zeros((agents, most)), np.zeros((agents, most)),
        np.full(leaves, np.inf), tree_of(leaves), speed, share, skills, aht,
    )  # fmt: skip
    lines = Lines(
        np.full(shops, NOBODY), np.full(shops, NOBODY), np.full(arrivals.size, NOBODY),
        np.zeros(1, np.int64), np.empty(places[shops]), places,
        np.zeros(shops, np.int64), turn, by_turn, np.zeros(1, np.int64),
        arrivals, patience, shop, start, work.copy(), priority, defers,
    )  # fmt: skip
    at, kept, i = 0, 0, FIRST
    while True:
        now = staff.due[staff.next_due[1]]
        now = min(now, following(changes, at), following(arrivals, i))
        if lines.deferred[0] > 0:
            now = min(now, following(reserve_from, kept + 1))
        if now == np.inf:
            return
        freed = end_all(staff, lines, now, end)
        before_at, before_kept = at, kept
        at = passed(changes, at, now)
        if at > before_at:
            sit_all(staff, lines, agent[before_at:at], skill[before_at:at], now, hands_over)
        kept = passed(reserve_from, kept + 1, now) - 1
        come = passed(arrivals, i, now)
        # Most instants are one end or one arrival, which need no look at everybody.
        calm = at == before_at and kept == before_kept
        if come == i and lines.waiting[0] == 0:
            pass
        elif calm and come == i and freed >= 0:
            serve_by(staff, lines, freed, now, who)
        elif calm and come == i + 1 and freed == NOBODY and not defers[shop[i]]:
            welcome(staff, lines, i, now, mixed, who)
            i = come
            continue
        else:
            while i < come:
                queue_up(lines, i)
                i += 1
            serve_all(staff, lines, now, mixed, who)
        i = come
        if lines.deferred[0] > 0:
            serve_deferred(staff, lines, now, reserve[kept], mixed, who)
