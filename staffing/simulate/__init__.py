"""The finished roster replayed, agent by agent, against sampled contacts: what it will reach.

Each replication lives the whole horizon through. Contacts per half hour come from the forecast's
own distribution (`sampled`), the same for every roster that is replayed with the same seed. Every
agent sits at her desk as the roster says: her breaks, meals, changes of pool and the end of her
shift, her shops, her speed, the chats she can hold (`desks`). Shops are answered by priority, a
contact that waits too long is gone, chats in progress are finished by whoever holds them, and
tickets are done in the room that is left (`staffing.queue.floor`). Whoever waits at closing time
is still answered by those of the last half hour, or is lost when the pool opens again.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from staffing.errors import Fault
from staffing.forecast import Forecast
from staffing.roster.finish import coverage
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.simulate.desks import floors
from staffing.simulate.lived import Lived, live
from staffing.simulate.promise import promised
from staffing.simulate.replay import Replay, tables
from staffing.simulate.sampled import demand_of
from staffing.words import listed
from staffing.workspace import Workspace

__all__ = ["Replay", "left_out", "simulate"]


def left_out(
    workspace: Workspace, scenario: Scenario, assignments: pd.DataFrame, file: str
) -> list[Fault]:
    """Return notices of the stretches that a replay takes no account of.

    Parameters
    ----------
    assignments : see `simulate`
    file : where they come from, for the notices
    """
    agent, pool = assignments["agent_id"].astype(str), assignments["pool"].astype("str")
    work = (assignments["activity"] == "work") & assignments["pool"].notna()
    known = workspace.skills.assign(pool=workspace.skills["shop_id"].map(workspace.shops["pool"]))
    pairs = pd.MultiIndex.from_frame(known[["agent_id", "pool"]].astype(str))
    strange = ~agent.isin(workspace.agents.index.astype(str))
    closed = work & ~pool.isin(list(workspace.pools))
    able = pd.MultiIndex.from_arrays([agent, pool]).isin(pairs)
    untrained = work & ~strange & ~closed & ~able
    outside = ~assignments["date"].isin(pd.to_datetime(scenario.grid.dates))
    cases = (
        ("replay_strangers", strange, agent),
        ("replay_no_pool", closed, pool),
        ("replay_untrained", untrained, agent + " - " + pool),
        ("replay_outside", outside, assignments["date"].dt.strftime("%Y-%m-%d")),
    )
    return [
        Fault(
            code=code,
            file=file,
            facts={"rows": int(which.sum()), "names": listed(list(dict.fromkeys(names[which])))},
        )
        for code, which, names in cases
        if which.any()
    ]


def simulate(
    workspace: Workspace,
    scenario: Scenario,
    forecast: Forecast,
    requirement: SeatRequirement,
    assignments: pd.DataFrame,
    *,
    threads: int | None = None,
) -> Replay:
    """Replay a roster; the same scenario seed gives the same numbers.

    Parameters
    ----------
    assignments : one row a stretch of duty, see `Roster.assignments`: agent_id, date, start, end,
        activity, pool. Duties of other days than the horizon's are left out; what an agent has
        not learnt she does not answer
    requirement : its half hours are those in which the pools are open; its column reserve, where
        it has one, is the room in seats to keep free of tickets
    threads : replications lived at once, by default as many as there are processors; the numbers
        do not depend on it
    """
    demand = demand_of(workspace, forecast, scenario.seats.target_level)
    assignments = assignments[assignments["date"].isin(pd.to_datetime(scenario.grid.dates))]
    level = promised(
        demand,
        requirement,
        coverage(workspace, scenario, requirement, assignments),
        scenario.seats.shrinkage,
    )
    whole = floors(workspace, scenario, requirement, assignments, demand)
    jobs = [(floor, n) for floor in whole for n in range(scenario.replay.replications)]

    def run(job: int) -> Lived:
        return live(*jobs[job], scenario.seed, scenario.seats.shrinkage)

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as workers:
        lived = workers.map(run, range(len(jobs)))
        return tables(
            whole, lived, demand, level, scenario.replay.replications, scenario.seats.shrinkage
        )
