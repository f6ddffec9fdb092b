"""Seats where agents know some shops of a pool: what each set of shops must find on duty.

A *skill mask* is the shops of a pool that an agent is trained for. A set S of shops needs R(S)
seats, those of its joint load answered as one pool, and only agents whose mask touches S can give
them: their number on duty, each counted once and by her speed, must be at least R(S). Over all
sets of shops this is Hall's condition, so agent time can flow to every shop without anybody
counting twice (Hall 1935; Gale 1957); `carries` is that flow itself.

The conditions are linear in the agents on duty: ``incidence(masks, sets).T @ on_duty >= seats``.
They are needed, and together with the surcharge they are enough where training is spread by the
shops' loads. Where it is not, a small shop known only to people who mostly serve larger ones can
still wait, for they are too seldom idle; a replay finds that, and the seats of its set are then to
be raised in the table (Atlason, Epelman & Henderson, Manag. Sci. 54(2) 2008).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

from staffing.frames import rows
from staffing.scenario import SeatSettings
from staffing.seats import required
from staffing.seats.checks import Floats, number, refuse
from staffing.workspace import Workspace

Mask: TypeAlias = frozenset[str]
"""Shops that an agent is trained for."""

MOST_SETS = 64
"""Sets of a pool that are kept: enough for every set of six shops."""
TOLERANCE = 1e-6
"""Seats; below it a shortage is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surcharge:
    """What a pool needs because its agents know only a part of it.

    Every agent on duty who touches a set of p open shops but knows only k of them keeps it from
    what pooling would save it, which is the seats of its shops one by one less R(S). She costs
    that saving times ``alone`` where k = 1, times ``step (p - k) / k`` (at most ``alone``) where
    k is between; the mean over the set's agents is added to R(S), to the nearest seat.

    For six shops of 6 erl (42 seats together, 54 apart) this is 44 with two skills each and 45
    with half of the people trained for all: a little flexibility well spread saves nearly all
    (Wallace & Whitt, M&SOM 7(4) 2005). Both shares are measured, with the queues simulated in
    `tests/test_sets.py`: 3 to 15 equal shops of 1.5 to 24 erl. They are of the saving and not
    of the seats, for what is needed falls with the load: 15 % of the seats with two skills at 1.5
    erl a shop, nothing at 24.

    Attributes
    ----------
    alone : share of the saving that is lost on people who know one shop
    step : share of the saving that is lost for each skill missing, per skill there is
    """

    alone: float = 0.5
    step: float = 0.1

    def __post_init__(self) -> None:
        for name in ("alone", "step"):
            value = number(name, getattr(self, name))
            refuse(name, "at most 1", value, value > 1)

    def lost(self, known: int, shops: int) -> float:
        """Return the share of the saving that is lost on people who know so many of the shops."""
        if known >= shops:
            return 0.0
        return self.alone if known == 1 else min(self.alone, self.step * (shops - known) / known)

    def of(self, agents: Mapping[Mask, float], shops: Mask) -> float:
        """Return the share of the saving that a set of shops loses on these agents."""
        known = [(len(mask & shops), count) for mask, count in agents.items() if mask & shops]
        total = sum(count for _, count in known)
        lost = sum(count * self.lost(size, len(shops)) for size, count in known)
        return lost / total if total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """Agent time handed to shops.

    Attributes
    ----------
    masks, shops : the rows and columns of `time`
    time : agents of a mask who serve a shop, speed-weighted (masks, shops)
    missing : load that nobody has time for
    short : the set of shops that proves it: its load is above its agents by `missing`; empty
        where all load is carried
    """

    masks: tuple[Mask, ...]
    shops: tuple[str, ...]
    time: Floats
    missing: float
    short: Mask

    @property
    def carried(self) -> bool:
        """Return whether all load is carried."""
        return not self.short


def agents_by_mask(workspace: Workspace, dates: Iterable[pd.Timestamp]) -> dict[Mask, float]:
    """Return how many agents are trained for exactly these shops, on average over the dates.

    Masks are whole, across pools; `set_requirements` looks at each pool's part of them. A person
    whose training ends within the dates counts partly in either mask.
    """
    days = pd.DatetimeIndex(sorted(set(dates)))
    skills = workspace.skills
    found: dict[Mask, float] = {}
    for day in days:
        own = skills[skills["since"].isna() | (skills["since"] <= day)]
        for _, shops in own.groupby("agent_id", sort=False, observed=True)["shop_id"]:
            mask = frozenset(shops.astype(str))
            found[mask] = found.get(mask, 0.0) + 1 / len(days)
    return found


def useful_sets(
    masks: Iterable[Mask], shops: Sequence[str], most: int = MOST_SETS
) -> tuple[Mask, ...]:
    """Return the sets of a pool's shops whose requirement no others imply.

    A set can be left out where a larger one is touched by the same masks, for that needs at least
    as many seats from the same people (were it not for contacts so short that they draw the mean
    handle time down: then the larger set's own number stands, as it does for a pool); and where it
    falls into parts that no mask links, for they are separate queues, each with a requirement of
    its own. What is left are the linked sets that are complements of unions of masks: the whole
    pool (each linked part of it), single shops that some people know without any given other shop,
    linked pairs and so on. A shop that nobody knows is a set of its own.

    There are up to 2^shops of them. At most `most` are kept, though always the wholes and the
    smallest set around each shop; then complements of a mask, the largest first; then unions
    from small to large, so that the largest unions that are no complement of a mask go first.

    Parameters
    ----------
    masks : the skill masks among the agents, any number of times, empty ones too
    shops : the shops of the pool, in the order of the result

    Raises
    ------
    ValueError
        If a mask names a shop that is not in the pool, or `most` is below one.

    Examples
    --------
    Everybody knows X, some know Y too: nobody serves Y alone, so Y and both together are it.

    >>> [sorted(names) for names in useful_sets([frozenset("X"), frozenset("XY")], ["X", "Y"])]
    [['X', 'Y'], ['Y']]
    """
    if most < 1:
        raise ValueError(f"most must be at least 1, got {most}")
    bit = {shop: 1 << i for i, shop in enumerate(shops)}
    own = sorted({_bits(mask, bit) for mask in masks} - {0})
    parts = _linked((1 << len(shops)) - 1, own)
    around = {_closure(1 << i, own, parts): None for i in range(len(shops))}
    outside = chain.from_iterable(_linked(part & ~mask, own) for mask in own for part in parts)
    complements = sorted(outside, key=lambda names: (-names.bit_count(), names))
    found = dict.fromkeys(parts) | around
    for names in chain(complements, _unions(around, own, parts)):
        if len(found) >= most:
            break
        # A complement's part in which the mask has no share is a whole, and there already.
        found.setdefault(names)
    return tuple(frozenset(shop for shop in shops if names & bit[shop]) for names in found)


def set_requirements(
    workspace: Workspace,
    demand: pd.DataFrame,
    settings: SeatSettings,
    tie: float,
    agents: Mapping[Mask, float] | None = None,
    *,
    surcharge: Surcharge | None = None,
    most: int = MOST_SETS,
) -> pd.DataFrame:
    """Return the seats of each useful set of shops per half hour.

    A pool of which everybody knows every shop has one set, with the seats of `required`.

    Parameters
    ----------
    demand : contacts per shop and half hour, as `demand_by_shop` returns them; its column pool
        says who is answered together
    tie : correlation of the shops' forecast errors
    agents : people by the shops they are trained for; those of the workspace on the dates of the
        demand if not given
    most : sets a pool, see `useful_sets`

    Returns
    -------
    DataFrame, one row a set and half hour with an open shop of it: pool, set_id, members (shop
    ids in the order of the demand), date, slot, start, load_erl, surcharge (seats of those that
    stand for what its agents do not know), seats
    """
    people = agents_by_mask(workspace, demand["date"]) if agents is None else agents
    shops_of = demand.drop_duplicates("shop_id").groupby("pool", sort=False)["shop_id"]
    found = [
        _of_pool(str(pool), list(own.astype(str)), people, most=most) for pool, own in shops_of
    ]
    sets = pd.DataFrame([row for of_pool in found for row in of_pool])
    table = sets.merge(_together(demand, sets, settings, tie), on="set_id", validate="one_to_many")
    lost = _lost(table, demand, people, surcharge or Surcharge())
    saved = _saved(table, demand, settings, tie, lost > 0)
    # Half a seat more or less is within what the shares of `Surcharge` were measured to.
    table["surcharge"] = np.floor(saved * lost + 0.5).astype(np.int64)
    table["seats"] += table["surcharge"]
    names = ["pool", "set_id", "members", "date", "slot", "start", "load_erl", "surcharge", "seats"]
    return table[names]


def part_trained(
    workspace: Workspace, demand: pd.DataFrame, settings: SeatSettings, tie: float
) -> pd.DataFrame | None:
    """Return `set_requirements` of the pools that some agents know a part of; None without any.

    Parameters are those of `set_requirements`.
    """
    people = agents_by_mask(workspace, demand["date"])
    partly = [
        pool
        for pool, shops in workspace.pools.items()
        if any(0 < len(mask & set(shops)) < len(shops) for mask in people)
    ]
    own = demand[demand["pool"].isin(partly)]
    if own.empty:
        return None
    return set_requirements(workspace, own, settings, tie, people)


def incidence(masks: Sequence[Mask], sets: Sequence[Iterable[str]]) -> npt.NDArray[np.bool_]:
    """Return whether an agent of a mask can serve a shop of a set (masks, sets)."""
    shops = {shop: i for i, shop in enumerate(sorted(frozenset().union(*masks, *sets)))}
    knows, holds = (_members(list(names), shops) for names in (masks, sets))
    return np.asarray(knows.astype(np.int64) @ holds.T.astype(np.int64) > 0)


def shortfall(sets: pd.DataFrame, on_duty: pd.DataFrame) -> pd.DataFrame:
    """Return the sets of shops that find too few agents on duty, and by how much.

    Parameters
    ----------
    sets : pool, set_id, members, slot, seats, as `set_requirements` returns them
    on_duty : mask (the shops that the agent knows of the pool she is in), slot, agents (how many,
        by their speed); rows of one mask and slot add up, half hours without rows have nobody

    Returns
    -------
    DataFrame, one row a set and half hour that is short, in the order of `sets`: its columns,
    on_duty (agents who can serve the set, by their speed) and short (seats less these)

    Raises
    ------
    ValueError
        If a mask reaches into two pools: an agent serves one at a time and would count twice.
    """
    each = sets.drop_duplicates("set_id")
    masks = list(dict.fromkeys(map(frozenset, on_duty["mask"])))
    _one_pool_each(masks, each)
    slots, at = np.unique(sets["slot"].to_numpy(np.int64), return_inverse=True)
    here = on_duty[on_duty["slot"].isin(slots)]
    count = np.zeros((len(slots), len(masks)))
    number_of = {mask: i for i, mask in enumerate(masks)}
    columns = np.asarray([number_of[frozenset(mask)] for mask in here["mask"]], dtype=np.int64)
    times = np.searchsorted(slots, here["slot"].to_numpy(np.int64))
    np.add.at(count, (times, columns), number("agents", here["agents"].to_numpy()))
    reach = count @ incidence(masks, list(each["members"]))
    column = pd.Series(np.arange(len(each)), index=each["set_id"])
    able = reach[at, sets["set_id"].map(column).to_numpy()]
    table = sets.assign(on_duty=able, short=sets["seats"].to_numpy() - able)
    return table[table["short"] > TOLERANCE].reset_index(drop=True)


def carries(load: Mapping[str, float], agents: Mapping[Mask, float]) -> Flow:
    """Return how agents' time can be handed to shops so that the most load is carried.

    A transport problem, solved as a linear program; where load is left over, the shops reached
    from it through agents and what these serve are the set that breaks Hall's condition.

    Parameters
    ----------
    load : shop -> agents it keeps busy
    agents : mask -> agents on duty, by their speed

    Examples
    --------
    Twenty-five people who know both shops do not carry 20 + 15, though each shop alone would be
    content with them:

    >>> flow = carries({"X": 20, "Y": 15}, {frozenset("XY"): 25})
    >>> flow.carried, flow.missing, sorted(flow.short)
    (False, 10.0, ['X', 'Y'])
    """
    shops, masks = tuple(load), tuple(agents)
    asked = number("load", np.asarray(list(load.values()), dtype=np.float64))
    given = number("agents", np.asarray(list(agents.values()), dtype=np.float64))
    knows = _members(masks, {shop: i for i, shop in enumerate(shops)})
    time = np.zeros(knows.shape)
    if knows.any():
        time[knows] = _most(knows, given, asked)
    left = asked - time.sum(axis=0)
    slack = TOLERANCE * max(1.0, float(asked.sum()))
    short = left > slack
    while short.any():
        touched = knows[:, short].any(axis=1)
        wider = short | (time[touched] > slack).any(axis=0)
        if (wider == short).all():
            break
        short = wider
    names = frozenset(shop for shop, is_short in zip(shops, short, strict=True) if is_short)
    missing = float(left.sum()) if names else 0.0
    return Flow(masks=masks, shops=shops, time=time, missing=missing, short=names)


def _bits(mask: Mask, bit: Mapping[str, int]) -> int:
    """Return a set of shops as the bits of a number."""
    strange = sorted(mask - bit.keys())
    if strange:
        raise ValueError(
            f"masks must hold shops of the pool ({', '.join(bit)}), got {strange[0]}: "
            "give each pool's part of what its agents know"
        )
    return sum(bit[shop] for shop in mask)


def _linked(names: int, masks: Sequence[int]) -> list[int]:
    """Return the parts of a set of shops that masks link, in the order of their first shops."""
    parts = []
    while names:
        part, wider = 0, names & -names
        while wider != part:
            part = wider
            for mask in masks:
                if mask & part:
                    wider |= mask & names
        parts.append(part)
        names &= ~part
    return parts


def _closure(names: int, masks: Sequence[int], parts: Sequence[int]) -> int:
    """Return the largest set of the same linked part that no other mask touches."""
    part = next(part for part in parts if part & names)
    for mask in masks:
        if not mask & names:
            part &= ~mask
    return part


def _unions(around: Iterable[int], masks: Sequence[int], parts: Sequence[int]) -> Iterator[int]:
    """Yield linked sets from small to large, each grown from a smaller one by a linked shop."""
    heap = [(names.bit_count(), names) for names in around]
    heapq.heapify(heap)
    seen = {names for _, names in heap}
    while heap:
        _, names = heapq.heappop(heap)
        yield names
        beside = 0
        for mask in masks:
            if mask & names:
                beside |= mask & ~names
        while beside:
            shop = beside & -beside
            beside &= ~shop
            grown = _closure(names | shop, masks, parts)
            if grown not in seen:
                seen.add(grown)
                heapq.heappush(heap, (grown.bit_count(), grown))


def _of_pool(
    pool: str, shops: list[str], agents: Mapping[Mask, float], *, most: int
) -> list[dict[str, object]]:
    """Return pool, set_id and members of its useful sets."""
    own = frozenset(shops)
    sets = useful_sets([mask & own for mask, count in agents.items() if count > 0], shops, most)
    return [
        {
            "pool": pool,
            "set_id": f"{pool}#{i}",
            "members": tuple(shop for shop in shops if shop in names),
        }
        for i, names in enumerate(sets, start=1)
    ]


def _together(
    demand: pd.DataFrame, sets: pd.DataFrame, settings: SeatSettings, tie: float
) -> pd.DataFrame:
    """Return set_id, date, slot, start, load_erl and seats of sets, each a pool of its own."""
    of_shop = dict(iter(demand.groupby(demand["shop_id"].astype(str), sort=False)))
    parts = [of_shop[shop].assign(pool=row.set_id) for row in rows(sets) for shop in row.members]
    made = required(pd.concat(parts, ignore_index=True), settings, tie).table
    names = ["pool", "date", "slot", "start", "load_erl", "seats"]
    return made[names].rename(columns={"pool": "set_id"})


def _lost(
    table: pd.DataFrame, demand: pd.DataFrame, agents: Mapping[Mask, float], surcharge: Surcharge
) -> Floats:
    """Return per set and half hour the share of the saving that its open shops lose (rows,)."""
    is_open = _by_shop(demand, "contacts").notna()
    lost = np.zeros(len(table))
    for at in table.groupby("set_id", sort=False).indices.values():
        members = np.asarray(table["members"].iloc[at[0]])
        here = is_open.loc[table["slot"].iloc[at], members].to_numpy()
        kinds, kind = np.unique(here, axis=0, return_inverse=True)
        lost[at] = np.asarray([surcharge.of(agents, frozenset(members[own])) for own in kinds])[
            kind
        ]
    return lost


def _saved(
    table: pd.DataFrame,
    demand: pd.DataFrame,
    settings: SeatSettings,
    tie: float,
    asked: npt.NDArray[np.bool_],
) -> Floats:
    """Return the seats that a set saves over its shops one by one; 0 where not asked (rows,)."""
    saved = np.zeros(len(table))
    if not asked.any():
        return saved
    shop = demand["shop_id"].astype(str)
    of_asked = shop.isin(table.loc[asked, "members"].explode())
    apart = required(demand.assign(pool=shop)[of_asked], settings, tie).table
    seats = _by_shop(apart.rename(columns={"pool": "shop_id"}), "seats").fillna(0.0)
    for at in table[asked].groupby("set_id", sort=False).groups.values():
        members = list(table.loc[at[0], "members"])
        alone = seats.loc[table.loc[at, "slot"], members].to_numpy().sum(axis=1)
        saved[at] = np.maximum(alone - table.loc[at, "seats"].to_numpy(), 0.0)
    return saved


def _by_shop(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a column as half hours × shops; NaN where a shop is closed."""
    of_shop = table.assign(shop=table["shop_id"].astype(str))
    return of_shop.pivot_table(index="slot", columns="shop", values=name)


def _one_pool_each(masks: Iterable[Mask], sets: pd.DataFrame) -> None:
    """Raise where a mask reaches into two pools."""
    pool_of = {shop: row.pool for row in rows(sets) for shop in row.members}
    for mask in masks:
        pools = sorted({pool_of[shop] for shop in mask if shop in pool_of})
        if len(pools) > 1:
            raise ValueError(
                f"a mask must stay in one pool, got {', '.join(sorted(mask))} in "
                f"{' and '.join(pools)}: give the shops of the pool that the agent serves"
            )


def _members(sets: Sequence[Iterable[str]], shops: Mapping[str, int]) -> npt.NDArray[np.bool_]:
    """Return whether a set holds a shop (sets, shops)."""
    found = np.zeros((len(sets), len(shops)), dtype=np.bool_)
    for i, names in enumerate(sets):
        found[i, [shops[shop] for shop in names if shop in shops]] = True
    return found


def _most(knows: npt.NDArray[np.bool_], given: Floats, asked: Floats) -> Floats:
    """Return the time on each edge from a mask to a shop that carries the most load.

    Parameters
    ----------
    knows : the edges (masks, shops)
    given, asked : time of each mask (masks,) and load of each shop (shops,)
    """
    from_mask, to_shop = np.nonzero(knows)
    edge = np.arange(len(from_mask))
    limits = np.zeros((len(given) + len(asked), len(edge)))
    limits[from_mask, edge] = limits[len(given) + to_shop, edge] = 1.0
    solved = linprog(-np.ones(len(edge)), A_ub=limits, b_ub=np.concatenate([given, asked]))
    if solved.status:
        raise RuntimeError(f"the transport of agent time was not solved: {solved.message}")
    return np.asarray(solved.x, dtype=np.float64)
