"""One judge for every roster, whoever made it: what it covers, what it wastes, what it breaks.

It reads the finished table, the seats required and the skills, and nothing of the engine but the
audit, which shares no code with the search. Skills are those of the first day and whole pools,
as the generator makes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from benchmarks.crews.generator import Instance
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN
from staffing.roster.audit import audit, hard
from staffing.workspace import Workspace
from staffing.workspace.skills import known_on

HALF_H = INTERVAL_MIN / 60
NOWHERE = -1

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a roster comes to.

    Attributes
    ----------
    required_h, uncovered_h : seat-hours
    over_h : hours that people are at work, beyond the seats they fill
    paid_h : hours of duty less meals
    broken : hard rule -> how often, see docs/rules.md
    crowded : times that too many of a pool are at a meal (R18)
    """

    required_h: float
    uncovered_h: float
    over_h: float
    paid_h: float
    broken: Mapping[str, int]
    crowded: int

    @property
    def breaches(self) -> int:
        """Return how many hard rules are broken, each time counted."""
        return sum(self.broken.values())


def judged(instance: Instance, table: pd.DataFrame) -> Verdict:
    """Return what a roster comes to.

    Where no row of the table has a pool, its people are given the pools that leave least
    uncovered, half hour by half hour and parts of people allowed: nobody could place them better.

    Parameters
    ----------
    table : one row a stretch: agent_id, date, start, end, activity, pool
    """
    workspace, scenario, requirement = instance
    pools = list(workspace.pools)
    at_work, place = _seated(instance, table, pools)
    need = _needed(requirement.table, pools, at_work.shape[1])
    speed = _speeds(workspace, pools, pd.Timestamp(scenario.horizon.start))
    if table["pool"].isna().all():
        missing = _least_missing(need, speed, at_work)
    else:
        filled = np.zeros(need.shape)
        agent, slot = np.nonzero(place != NOWHERE)
        there = place[agent, slot]
        np.add.at(filled, (there, slot), speed[agent, there])
        missing = float(np.maximum(need - filled, 0).sum())
    found = audit(workspace, scenario, table)
    return Verdict(
        required_h=float(need.sum()) * HALF_H,
        uncovered_h=missing * HALF_H,
        over_h=(float(at_work.sum()) - float(need.sum()) + missing) * HALF_H,
        paid_h=float(at_work.sum()) * HALF_H,
        broken=dict(Counter(each.rule for each in hard(found))),
        crowded=len(found) - len(hard(found)),
    )


def _seated(
    instance: Instance, table: pd.DataFrame, pools: list[str]
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Return who is at work when, and in which pool (agents, slots)."""
    grid = instance.scenario.grid
    agent_at = {str(name): i for i, name in enumerate(instance.workspace.agents.index)}
    pool_at = {name: i for i, name in enumerate(pools)}
    at_work = np.zeros((len(agent_at), grid.slots), dtype=bool)
    place = np.full(at_work.shape, NOWHERE)
    for row in rows(table[table["activity"] != "meal"]):
        span = slice(grid.slot_of(row.start), grid.slot_of(row.end))
        agent = agent_at[str(row.agent_id)]
        at_work[agent, span] = True
        place[agent, span] = NOWHERE if pd.isna(row.pool) else pool_at[str(row.pool)]
    return at_work, place


def _needed(table: pd.DataFrame, pools: list[str], slots: int) -> Ints:
    """Return the seats required (pools, slots)."""
    need = np.zeros((len(pools), slots), dtype=np.int64)
    at = pd.Index(pools).get_indexer(pd.Index(table["pool"]))
    need[at, table["slot"].to_numpy()] = table["seats"].to_numpy()
    return need


def _speeds(workspace: Workspace, pools: list[str], day: pd.Timestamp) -> Floats:
    """Return the speed of each agent in each pool, 0 where she knows none of it."""
    known = known_on(workspace.skills, day)
    pool = known["shop_id"].map(workspace.shops["pool"]).rename("pool")
    mean = known.groupby(["agent_id", pool])["speed"].mean()
    agent, at = (mean.index.get_level_values(name) for name in ("agent_id", "pool"))
    speed = np.zeros((len(workspace.agents), len(pools)))
    speed[workspace.agents.index.get_indexer(agent), pd.Index(pools).get_indexer(at)] = mean
    return speed


def _least_missing(need: Ints, speed: Floats, at_work: npt.NDArray[np.bool_]) -> float:
    """Return the seats missing over all half hours when people are placed as well as can be.

    A linear programme for each half hour: y people of a kind in a pool, u seats missing there;
    minimise the sum of u with (sum of y over pools) at most the people there, and (sum of speed
    times y over kinds) + u at least the need.
    """
    kinds, kind_of = np.unique(speed, axis=0, return_inverse=True)
    there = np.zeros((len(kinds), at_work.shape[1]))
    np.add.at(there, kind_of.ravel(), at_work)
    kind, pool = np.nonzero(kinds)
    number, (pools, slots) = len(kind), need.shape
    people = coo_array((np.ones(number), (kind, np.arange(number))), (len(kinds), number + pools))
    column = np.concatenate([np.arange(number), number + np.arange(pools)])
    row = np.concatenate([pool, np.arange(pools)])
    given = np.concatenate([kinds[kind, pool], np.ones(pools)])
    seats = coo_array((-given, (row, column)), (pools, number + pools))
    matrix = csr_array(np.vstack([people.toarray(), seats.toarray()]))
    cost = np.concatenate([np.zeros(number), np.ones(pools)])
    missing = 0.0
    for t in range(slots):
        if not need[:, t].any():
            continue
        limits = np.concatenate([there[:, t], -need[:, t]])
        made = linprog(cost, A_ub=matrix, b_ub=limits, method="highs")
        missing += float(made.fun)
    return missing
