"""Who sits where and when: the roster as floors of agents for the queue.

Pools that share people are one floor: who goes from one to the other still holds the chats of
the first. A stretch of the roster is a stretch of duty with the skills its agent has in that pool
on that day, at the speed that the roster counts her with.

Shrinkage, share s of a duty, is time away of that share, at a moment that is drawn anew for each
agent, day and replication (and goes on at the begin of the duty where it passes its end): at any
moment each rostered agent is at her desk with probability 1 - s, whatever the others do. She
takes no new contact meanwhile; those that she holds she still finishes, which many short breaks
would make up a good part of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from staffing.frames import rows as rows_of
from staffing.queue.floor import Duties, Reserve, Shops, Skills
from staffing.roster.prices import SPEED_UNITS
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.simulate.sampled import INTERVAL_S, Array, Ints, Source, source
from staffing.workspace import Workspace
from staffing.workspace.skills import known_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Stretches of duty; arrays of one value a stretch.

    Attributes
    ----------
    agent, begin_s, end_s, skill : as in `staffing.queue.floor.Duties`
    duty : number of her day, whose stretches have their time away in common
    span_s : from the begin of that day's first stretch to the end of its last
    pool, date : what the stretch counts for
    late : whether it is the time after closing, in which only the queue is worked off
    """

    agent: Ints
    begin_s: Array
    end_s: Array
    skill: Ints
    duty: Ints
    span_s: Array
    pool: npt.NDArray[np.object_]
    date: npt.NDArray[np.datetime64]
    late: npt.NDArray[np.bool_]

    def present(self, random: np.random.Generator, shrinkage: float) -> Duties:
        """Return when each agent is at her desk in one replication."""
        if not shrinkage or not len(self.duty):
            return Duties(
                agent=self.agent, begin_s=self.begin_s, end_s=self.end_s, skill=self.skill
            )
        share = random.uniform(0, 1, int(self.duty.max()) + 1)[self.duty]
        # She is back at `share` of her day, and a day's length before, for 1 - shrinkage of it.
        back_s = self.span_s * (share + np.floor(self.begin_s / self.span_s - share))
        back_s = back_s + self.span_s * np.array([[0.0], [1.0]])
        gone_s = back_s + self.span_s * (1 - shrinkage)
        begin = np.where(self.late, self.begin_s, np.maximum(back_s, self.begin_s)).ravel()
        end = np.where(self.late, self.end_s, np.minimum(gone_s, self.end_s))
        end[1, self.late] = -np.inf  # the time after closing is no time to be away, nor twice
        end, of = end.ravel(), np.tile(np.arange(len(self.duty)), 2)
        here = end > begin
        of = of[here]
        return Duties(
            agent=self.agent[of], begin_s=begin[here], end_s=end[here], skill=self.skill[of]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Pools that share people, and those people.

    Attributes
    ----------
    pools : name and number of each pool, the number among all pools
    sources : where the contacts of each pool come from
    names : the shops, in the order of the rows and columns below
    shop, day : of each row of the whole demand: the shop's number here, -1 for those of other
        floors, and the service day's
    dates : the service days
    within_s, due_within_s : answer threshold, and deadline of a ticket, of each shop
    cap : most contacts that each agent holds at once; infinite where the shops' figures hold
    until_s : when the last pool closes
    """

    pools: Mapping[str, int]
    sources: tuple[Source, ...]
    names: tuple[str, ...]
    shop: Ints
    day: Ints
    dates: npt.NDArray[np.datetime64]
    within_s: Array
    due_within_s: Array
    concurrency: Array
    cap: Array
    shops: Shops
    skills: Skills
    desks: Desks
    reserve: Reserve | None
    until_s: float

    @property
    def tickets(self) -> npt.NDArray[np.bool_]:
        """Return which shops' contacts are tickets."""
        return np.isfinite(self.due_within_s)


def floors(
    workspace: Workspace,
    scenario: Scenario,
    requirement: SeatRequirement,
    assignments: pd.DataFrame,
    demand: pd.DataFrame,
) -> list[Floor]:
    """Return the floors of a roster, the pools in the order of their names.

    Parameters
    ----------
    demand : as `staffing.simulate.sampled.demand_of` returns it
    """
    opened = {
        str(pool): np.sort(own["slot"].to_numpy(np.int64))
        for pool, own in requirement.table.groupby("pool")
    }
    names = sorted(str(pool) for pool in demand["pool"].unique())
    stretches = _stretches(assignments, pd.Timestamp(scenario.horizon.start))
    stretches = stretches[stretches["pool"].isin(names)].reset_index(drop=True)
    found = []
    for numbers in _joined(names, stretches):
        pools = {names[n]: n for n in numbers}
        own = stretches[stretches["pool"].isin(pools)]
        found.append(_floor(workspace, requirement, demand, pools, opened, own))
    return found


def _stretches(assignments: pd.DataFrame, origin: pd.Timestamp) -> pd.DataFrame:
    """Return the work in pools: agent_id, date, pool, begin_s, end_s, next_s, by agent and time.

    next_s is when something else of hers begins. Where rows of an agent overlap, which is for
    the audit to tell, the later one begins as the earlier one ends.
    """
    rows = assignments.assign(
        agent_id=assignments["agent_id"].astype(str),
        begin_s=(pd.to_datetime(assignments["start"]) - origin).dt.total_seconds(),
        end_s=(pd.to_datetime(assignments["end"]) - origin).dt.total_seconds(),
    ).sort_values(["agent_id", "begin_s", "end_s"], kind="stable")
    busy = rows.groupby("agent_id", sort=False)
    until = busy["end_s"].cummax().groupby(rows["agent_id"]).shift()
    rows["begin_s"] = np.fmax(rows["begin_s"], until)
    rows = rows[rows["end_s"] > rows["begin_s"]]
    rows["next_s"] = rows.groupby("agent_id")["begin_s"].shift(-1).fillna(np.inf)
    work = rows[(rows["activity"] == "work") & rows["pool"].notna()]
    return work.assign(pool=work["pool"].astype(str))[
        ["agent_id", "date", "pool", "begin_s", "end_s", "next_s"]
    ]


def _joined(names: Sequence[str], stretches: pd.DataFrame) -> Iterator[Ints]:
    """Yield the numbers of the pools that share people."""
    code = pd.Index(names).get_indexer(pd.Index(stretches["pool"]))
    agent, _ = pd.factorize(stretches["agent_id"])
    size = len(names) + (int(agent.max()) + 1 if len(agent) else 0)
    links = coo_array((np.ones(len(code)), (code, len(names) + agent)), shape=(size, size))
    _, label = connected_components(links, directed=False)
    for each in dict.fromkeys(label[: len(names)].tolist()):
        yield np.flatnonzero(label[: len(names)] == each)


def _floor(
    workspace: Workspace,
    requirement: SeatRequirement,
    demand: pd.DataFrame,
    pools: Mapping[str, int],
    opened: Mapping[str, Ints],
    stretches: pd.DataFrame,
) -> Floor:
    """Return the floor of some pools."""
    rows = {pool: np.flatnonzero((demand["pool"] == pool).to_numpy()) for pool in pools}
    never = np.empty(0, dtype=np.int64)
    own = demand.iloc[np.concatenate([*rows.values()])]
    first = own.drop_duplicates("shop_id").set_index("shop_id")
    shop = pd.Index(first.index).get_indexer(pd.Index(demand["shop_id"]))
    dates, day = np.unique(demand["date"].to_numpy(), return_inverse=True)
    concurrency = first["concurrency"].to_numpy(np.float64)
    alone = first["alone"].to_numpy(np.float64)
    held = np.arange(int(concurrency.max()))
    # From the lone chat's share of the handle time up to all of it at the stated concurrency.
    step = np.minimum(held / np.maximum(concurrency - 1, 1)[:, None], 1.0)
    curve = np.where(concurrency[:, None] > 1, alone[:, None] + (1 - alone[:, None]) * step, 1.0)
    ticket = first["ticket"].to_numpy(np.bool_)
    desks, cap, speed = _desks(workspace, first, pools, opened, stretches, ticket)
    row_cap = np.full(len(speed), np.inf)
    row_cap[desks.skill] = cap[desks.agent]
    closes = [opened[pool][-1] + 1 for pool in pools if len(opened.get(pool, never))]
    return Floor(
        pools=pools,
        sources=tuple(source(demand, rows[pool], opened.get(pool, never)) for pool in pools),
        names=tuple(first.index.astype(str)),
        shop=shop.astype(np.int64),
        day=day.astype(np.int64),
        dates=dates,
        within_s=first["answer_within_s"].to_numpy(np.float64),
        due_within_s=first["due_within_s"].to_numpy(np.float64),
        concurrency=concurrency,
        cap=cap,
        shops=Shops(aht_s=curve, priority=first["priority"].to_numpy(), deferrable=ticket),
        skills=Skills(speed=speed, most=np.minimum(concurrency, row_cap[:, None])),
        desks=desks,
        reserve=_reserve(requirement, first["pool"], pools) if ticket.any() else None,
        until_s=INTERVAL_S * max(closes, default=0),
    )


def _desks(
    workspace: Workspace,
    shops: pd.DataFrame,
    pools: Mapping[str, int],
    opened: Mapping[str, Ints],
    stretches: pd.DataFrame,
    ticket: npt.NDArray[np.bool_],
) -> tuple[Desks, Array, Array]:
    """Return the stretches of a floor, the cap of each agent and the speeds of each skill set."""
    agents = list(dict.fromkeys(stretches["agent_id"]))
    number = {agent: n for n, agent in enumerate(agents)}
    caps = workspace.agents["max_concurrency"].reindex(agents).astype("float64").fillna(np.inf)
    known = {date: _known(workspace, date) for date in stretches["date"].unique()}
    closing = {pool: _closings(opened[pool]) for pool in pools if pool in opened}
    sets: dict[tuple[float, tuple[float, ...]], int] = {}
    rows: list[tuple[object, ...]] = []
    for each in rows_of(stretches):
        skills = known[each.date].get((each.agent_id, each.pool), {})
        speeds = _speeds(skills, shops.index)
        cap = caps[each.agent_id]
        if not any(speeds):
            continue
        who = (number[each.agent_id], each.pool, each.date)
        row = sets.setdefault((cap, speeds), len(sets))
        rows.append((*who, each.begin_s, each.end_s, row, False))
        reopens = closing[each.pool](each.begin_s, each.end_s) if each.pool in closing else 0.0
        stays = min(reopens, each.next_s)
        if stays > each.end_s:
            live = tuple(v * (not t) for v, t in zip(speeds, ticket, strict=True))
            row = sets.setdefault((cap, live), len(sets))
            rows.append((*who, each.end_s, stays, row, True))
    columns = ["agent", "pool", "date", "begin_s", "end_s", "skill", "late"]
    table = pd.DataFrame(rows, columns=columns)
    speed = np.array([speeds for _, speeds in sets] or np.zeros((1, len(shops))))
    days = table.groupby(["agent", "date"])
    ends = table["end_s"].mask(table["late"].astype(bool))
    last = ends.groupby([table["agent"], table["date"]]).transform("max")
    span_s = last - days["begin_s"].transform("min")
    desks = Desks(
        agent=table["agent"].to_numpy(np.int64),
        begin_s=table["begin_s"].to_numpy(np.float64),
        end_s=table["end_s"].to_numpy(np.float64),
        skill=table["skill"].to_numpy(np.int64),
        duty=np.asarray(days.ngroup(), dtype=np.int64),
        span_s=np.asarray(span_s, dtype=np.float64),
        pool=table["pool"].to_numpy(np.object_),
        date=table["date"].to_numpy("datetime64[ns]"),
        late=table["late"].to_numpy(np.bool_),
    )
    return desks, np.asarray(caps, dtype=np.float64), np.asarray(speed, dtype=np.float64)


def _known(workspace: Workspace, date: pd.Timestamp) -> dict[tuple[str, str], dict[str, float]]:
    """Return (agent, pool) -> shop -> speed on a day."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    pool = workspace.skills["shop_id"].map(workspace.shops["pool"])
    for row in rows_of(known_on(workspace.skills.assign(pool=pool), date)):
        own = found.setdefault((str(row.agent_id), str(row.pool)), {})
        own[str(row.shop_id)] = float(row.speed)
    return found


def _speeds(on: Mapping[str, float], shops: pd.Index) -> tuple[float, ...]:
    """Return an agent's speed in each shop, 0 in those she has not learnt.

    As the roster counts her: one speed in the whole pool, the mean over its shops, to the
    nearest 0.05.
    """
    if not on:
        return (0.0,) * len(shops)
    units = max(round(sum(on.values()) / len(on) * SPEED_UNITS), 1)
    return tuple(units / SPEED_UNITS if str(shop) in on else 0.0 for shop in shops)


def _closings(opened: Ints) -> Callable[[float, float], float]:
    """Return a function of a stretch: until when its agent stays if the pool closes in it.

    That is until the pool opens again, and before the stretch began where it does not close.
    """
    last = np.append(np.diff(opened) > 1, True)
    closes = (opened[last] + 1) * INTERVAL_S
    opens = np.append(opened[1:][last[:-1]] * INTERVAL_S, np.inf)

    def stays(begin_s: float, end_s: float) -> float:
        at = int(np.searchsorted(closes, end_s, side="right")) - 1
        return float(opens[at]) if at >= 0 and closes[at] > begin_s else -math.inf

    return stays


def _reserve(
    requirement: SeatRequirement, pool_of: pd.Series, pools: Mapping[str, int]
) -> Reserve | None:
    """Return the room to keep free of each shop's tickets; None where none is told."""
    if "reserve" not in requirement.table:
        return None
    own = requirement.table[requirement.table["pool"].isin(pools)]
    room = own.pivot_table(index="slot", columns="pool", values="reserve").sort_index()
    room = room.reindex(columns=pool_of.to_numpy()).fillna(0.0)
    if room.empty:
        return None
    return Reserve(from_s=room.index.to_numpy(np.float64) * INTERVAL_S, room=room.to_numpy())
