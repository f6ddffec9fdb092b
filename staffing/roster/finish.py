"""From duties to the published table: few changes of pool, idle time spent where it helps."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from staffing.frames import rows as rows_of
from staffing.grid import SLOTS_PER_DAY, SLOTS_PER_H, Grid
from staffing.roster.activities import Activity, activities, place
from staffing.roster.duty import Duty, Roll
from staffing.roster.ledger import HardHours, hard_hours
from staffing.roster.places import Reach, needed, pool_of, reach, row_of
from staffing.roster.prices import SPEED_UNITS
from staffing.roster.relax import Floats, Ints
from staffing.roster.staff import Agent, speeds
from staffing.roster.turns import in_turn
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.workspace import Workspace

CHANGE, NEVER = 1.0, 1e6
"""Prices of somebody who changes pool, and who takes a seat in which she is not as fast."""
LEAD = 0.4
"""Price of a seat in a hard pool for who is furthest ahead in them: less than two people's change
of pool after a break, so that it decides who begins there, and takes nobody out."""
NOWHERE = -1
"""The place of somebody who serves nobody, where nobody is fast: the last column."""
SHORT_STRETCH = 4
"""Slots: a change of pool for less than two hours is undone where nothing is lost by it."""
NONE_HARD = HardHours()
"""No pool is hard."""
COLUMNS = [
    "agent_id",
    "name",
    "team",
    "date",
    "shift_start",
    "shift_end",
    "start",
    "end",
    "activity",
    "pool",
]

Key = tuple[str, int]
"""(agent id, day of the horizon)."""


def assignments(
    workspace: Workspace,
    scenario: Scenario,
    agents: Sequence[Agent],
    requirement: SeatRequirement,
    roll: Roll,
) -> pd.DataFrame:
    """Return the duties as one row a stretch, see `Roster.assignments`."""
    speed = {
        (agent.agent_id, d): dict(option.capability)
        for agent in agents
        for d, option in enumerate(agent.options)
        if option is not None
    }
    names = (name for own in speed.values() for name in own)
    need = {
        key: seats * SPEED_UNITS
        for key, seats in needed(requirement.table, requirement.sets).items()
    }
    filled = reach(names, requirement.sets)
    roll = in_turn(roll, speed, need, filled, scenario.shifts.meal_share)
    pools = _settled(roll, speed, hard_hours(workspace, scenario))
    seats = _Seats(requirement, need, filled, pools, speed)
    _use_idle(pools, roll, speed, seats)
    _calm(pools, roll, speed, seats)
    doing = _hold(activities(workspace, scenario.grid), pools, roll, speed, seats)
    return _tabled(workspace, scenario.grid, roll, pools, doing)


def rewritten(
    workspace: Workspace,
    scenario: Scenario,
    requirement: SeatRequirement,
    kept: Roll,
    changed: Roll,
    speed: Mapping[Key, Mapping[str, int]],
    cut: int,
) -> pd.DataFrame:
    """Return changed duties as the table of `assignments` has them, all others left alone.

    Idle time is spent where it helps, and short stretches are undone, among the changed ones only.

    Parameters
    ----------
    kept : the duties that stay, whose seats are taken
    speed : (agent id, day) -> place -> units, of kept and changed duties
    cut : slot of the horizon before which nobody's pool changes
    """
    need = {
        key: seats * SPEED_UNITS
        for key, seats in needed(requirement.table, requirement.sets).items()
    }
    filled = reach({name for own in speed.values() for name in own}, requirement.sets)
    pools = {key: _served(duty) for key, duty in changed.items()}
    frozen = {key: _before(own, cut - key[1] * SLOTS_PER_DAY) for key, own in pools.items()}
    taken = {key: _served(duty) for key, duty in kept.items()} | pools
    seats = _Seats(requirement, need, filled, taken, speed)
    _use_idle(pools, changed, speed, seats)
    _calm(pools, changed, speed, seats)
    for key, before in frozen.items():
        ahead = cut - key[1] * SLOTS_PER_DAY
        pools[key] = before | {t: name for t, name in pools[key].items() if t >= ahead}
    return _tabled(workspace, scenario.grid, changed, pools, {})


def _served(duty: Duty) -> dict[int, str]:
    """Return slot of the day -> place of a duty."""
    slots = enumerate(duty.pools, start=duty.shift.start)
    return {t: name for t, name in slots if name is not None}


def _before(own: Mapping[int, str], cut: int) -> dict[int, str]:
    return {t: name for t, name in own.items() if t < cut}


def _tabled(
    workspace: Workspace,
    grid: Grid,
    roll: Roll,
    pools: Mapping[Key, Mapping[int, str]],
    doing: Mapping[Key, Mapping[int, str]],
) -> pd.DataFrame:
    """Return duties as rows of stretches, by day and agent."""
    rows = [
        row
        for key in sorted(roll, key=lambda k: (k[1], k[0]))
        for row in _stretches(
            grid,
            key,
            roll[key],
            {t: pool_of(name) for t, name in pools[key].items()},
            doing.get(key, {}),
        )
    ]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c not in ("name", "team")])
    return with_names(workspace, table)


def with_names(workspace: Workspace, table: pd.DataFrame) -> pd.DataFrame:
    """Return stretches with name and team, columns and types as `Roster.assignments` has them."""
    people = workspace.agents[["name", "team"]]
    table = table.join(people, on="agent_id")[COLUMNS]
    times = ["date", "shift_start", "shift_end", "start", "end"]
    return table.astype(dict.fromkeys(times, "datetime64[ns]") | {"pool": "str"})


def _settled(
    roll: Roll, speed: Mapping[Key, Mapping[str, int]], hard: HardHours = NONE_HARD
) -> dict[Key, dict[int, str]]:
    """Return (agent, day) -> slot of the day -> pool, with seats swapped for fewer changes.

    Slot by slot the people on duty take over the same seats, but each keeps her pool where she
    can; a seat goes only to somebody of the same speed in it, so coverage stays as it was. Where
    somebody must change, then rather who comes from a break or has long been in her pool. A seat in
    a hard pool goes rather to who is least ahead in these.
    """
    found: dict[Key, dict[int, str]] = {key: {} for key in roll}
    balance_h = dict(hard.balance_h)
    by_day: dict[int, list[Key]] = defaultdict(list)
    for key in sorted(roll):
        by_day[key[1]].append(key)
    for day, keys in sorted(by_day.items()):
        duties = [roll[k] for k in keys]
        names = sorted({name for k in keys for name in speed[k]})
        column = {name: i for i, name in enumerate(names)}
        is_hard = np.array([*(pool_of(name) in hard.pools for name in names), False])
        lead = LEAD * _leads([balance_h.get(agent, 0.0) for agent, _ in keys])
        units = np.zeros((len(keys), len(names) + 1), np.int64)
        for i, k in enumerate(keys):
            units[i, [column[name] for name in speed[k]]] = list(speed[k].values())
        away = [duty.away for duty in duties]
        last, since = np.full(len(keys), NOWHERE), np.zeros(len(keys), np.int64)
        for t in range(min(d.shift.start for d in duties), max(d.shift.end for d in duties)):
            here = [i for i, duty in enumerate(duties) if _on(duty, away[i], t)]
            pools = [duties[i].pools[t - duties[i].shift.start] for i in here]
            seats = np.array([NOWHERE if p is None else column[p] for p in pools], np.int64)
            haste = np.where(t - since[here] < SHORT_STRETCH, 2.0, 1.0)
            haste[[t - 1 in away[i] for i in here]] = 0.5
            cost = _prices(units[here], last[here], seats) * haste[:, None]
            cost += lead[here][:, None] * is_hard[seats]
            taken = seats[linear_sum_assignment(cost)[1]].tolist()
            for i, pool in zip(here, taken, strict=True):
                if pool == NOWHERE:
                    continue
                if last[i] != pool:
                    since[i], last[i] = t, pool
                found[keys[i]][t] = names[pool]
        _account_for(balance_h, hard, day, {k: found[k] for k in keys})
    return found


def _leads(balance_h: Sequence[float]) -> Floats:
    """Return where balances lie between the least, 0, and the largest, 1 (of an hour at least)."""
    own = np.array(balance_h)
    leads: Floats = (own - own.min()) / max(np.ptp(own), 1.0)
    return leads


def _account_for(
    balance_h: dict[str, float], hard: HardHours, day: int, pools: Mapping[Key, Mapping[int, str]]
) -> None:
    """Add a day's hours in hard pools to the balances, less everybody's fair share of them."""
    had_h = {
        agent: sum(pool_of(name) in hard.pools for name in own.values()) / SLOTS_PER_H
        for (agent, _), own in pools.items()
    }
    whole_h = sum(had_h.values())
    for agent, part in hard.part.items():
        balance_h[agent] += had_h.get(agent, 0.0) - whole_h * float(part[day])


def _on(duty: Duty, away: frozenset[int], t: int) -> bool:
    return duty.shift.start <= t < duty.shift.end and t not in away


def _prices(units: Ints, last: Ints, seats: Ints) -> Floats:
    """Return what it costs that each of some people takes each of their seats.

    Parameters
    ----------
    units : (people, places and none) speed units
    last : (people,) place that each was in, or NOWHERE
    seats : (people,) place of each seat in the order of who has it now; NOWHERE for none

    Returns
    -------
    (people, seats), in changes of pool
    """
    own = np.diagonal(units[:, seats])
    cost = np.where(last[:, None] == seats, 0.0, CHANGE)
    cost[units[:, seats] != own] = NEVER
    cost[:, seats == NOWHERE] = CHANGE / 2
    return cost


class _Seats:
    """Seats required and taken per (pool, slot of the horizon), in speed units."""

    def __init__(
        self,
        requirement: SeatRequirement,
        need: Mapping[tuple[str, int], int],
        filled: Reach,
        pools: Mapping[Key, Mapping[int, str]],
        speed: Mapping[Key, Mapping[str, int]],
    ) -> None:
        self._required, self._reach = need, filled
        self._open = {(str(row.pool), int(row.slot)) for row in rows_of(requirement.table)}
        self._taken: dict[tuple[str, int], int] = defaultdict(int)
        for key, own in pools.items():
            for t, pool in own.items():
                self.move(key, [t], None, pool, speed[key])

    def move(
        self,
        key: Key,
        slots: Sequence[int],
        left: str | None,
        taken: str,
        own: Mapping[str, int],
    ) -> None:
        """Count somebody out of one pool and into another."""
        for t in slots:
            for row in () if left is None else self._rows(left):
                self._taken[row, key[1] * SLOTS_PER_DAY + t] -= own[str(left)]
            for row in self._rows(taken):
                self._taken[row, key[1] * SLOTS_PER_DAY + t] += own[taken]

    def leave(self, key: Key, t: int, pool: str, units: int) -> None:
        """Count so many units out of a pool in a slot of a day."""
        for row in self._rows(pool):
            self._taken[row, key[1] * SLOTS_PER_DAY + t] -= units

    def _rows(self, name: str) -> tuple[str, ...]:
        return self._reach.get(name, (name,))

    def open_in(self, pool: str, day: int, slots: Sequence[int]) -> bool:
        """Return whether a pool is open in all these slots of a day."""
        return all((pool_of(pool), day * SLOTS_PER_DAY + t) in self._open for t in slots)

    def spare(self, pool: str, day: int, slots: Sequence[int]) -> int:
        """Return the units that the pool could do without in every one of the slots."""
        at = [(row, day * SLOTS_PER_DAY + t) for row in self._rows(pool) for t in slots]
        return min(self._taken[place] - self._required.get(place, 0) for place in at)

    def comfort(self, pool: str, day: int, slots: Sequence[int]) -> float:
        """Return taken over required seats where they are scarcest."""
        at = [(row, day * SLOTS_PER_DAY + t) for row in self._rows(pool) for t in slots]
        return min(self._taken[place] / max(self._required.get(place, 0), 1) for place in at)


def _use_idle(
    pools: dict[Key, dict[int, str]],
    roll: Roll,
    speed: Mapping[Key, Mapping[str, int]],
    seats: _Seats,
) -> None:
    """Send people nobody needs to one of their open pools, the least comfortable one first."""
    for key in sorted(roll):
        own, day = pools[key], key[1]
        for stretch in _idle(roll[key], own):
            beside = own.get(stretch[0] - 1) or own.get(stretch[-1] + 1)
            ranked = sorted(
                (round(seats.comfort(pool, day, stretch), 1), pool != beside, pool)
                for pool in speed[key]
                if seats.open_in(pool, day, stretch)
            )
            if ranked:
                chosen = ranked[0][2]
                own.update(dict.fromkeys(stretch, chosen))
                seats.move(key, stretch, None, chosen, speed[key])


def _calm(
    pools: dict[Key, dict[int, str]],
    roll: Roll,
    speed: Mapping[Key, Mapping[str, int]],
    seats: _Seats,
) -> None:
    """Let people stay in the pool beside a short stretch where its own pool can spare them."""
    moved = True
    while moved:
        moved = False
        for key in sorted(roll):
            moved |= _calm_one(key, pools[key], speed[key], seats)


def _calm_one(key: Key, own: dict[int, str], speed: Mapping[str, int], seats: _Seats) -> bool:
    """Undo the short stretches of one duty that can be; return whether any was."""
    moved = False
    for stretch in sorted(_runs(own), key=lambda run: (len(run), run[0])):
        pool = own[stretch[0]]
        if len(stretch) >= SHORT_STRETCH or seats.spare(pool, key[1], stretch) < speed[pool]:
            continue
        beside = _beside(own, stretch)
        for other in beside:
            calmer = sum(p != other for p in beside) < sum(p != pool for p in beside)
            if calmer and seats.open_in(other, key[1], stretch):
                own.update(dict.fromkeys(stretch, other))
                seats.move(key, stretch, pool, other, speed)
                moved = True
                break
    return moved


def _hold(
    asked: Sequence[Activity],
    pools: dict[Key, dict[int, str]],
    roll: Roll,
    speed: Mapping[Key, Mapping[str, int]],
    seats: _Seats,
) -> dict[Key, dict[int, str]]:
    """Place the activities; return (agent, day) -> slot of the day -> what is done there."""
    doing: dict[Key, dict[int, str]] = defaultdict(dict)
    if not asked:
        return doing
    free = {key: set(duty.shift.on_duty) - duty.away for key, duty in roll.items()}

    def loss(come: Sequence[Key], slots: Sequence[int]) -> int:
        lost, left = 0, []
        for key in come:
            for t in slots:
                if (pool := pools[key].get(t)) is not None:
                    units = speed[key][pool]
                    lost += max(units - max(seats.spare(pool, key[1], [t]), 0), 0)
                    seats.leave(key, t, pool, units)
                    left.append((key, t, pool, units))
        for key, t, pool, units in left:
            seats.leave(key, t, pool, -units)
        return lost

    for activity in asked:
        found = place(activity, free, loss)
        for key, t in () if found is None else itertools.product(*found):
            pool = pools[key].pop(t, None)
            if pool is not None:
                seats.leave(key, t, pool, speed[key][pool])
            free[key].discard(t)
            doing[key][t] = activity.kind
    return doing


def _runs(own: Mapping[int, str]) -> list[list[int]]:
    """Return the stretches of consecutive slots in the same pool."""
    found: list[list[int]] = []
    for t in sorted(own):
        if found and found[-1][-1] == t - 1 and own[found[-1][-1]] == own[t]:
            found[-1].append(t)
        else:
            found.append([t])
    return found


def _beside(own: Mapping[int, str], stretch: Sequence[int]) -> list[str]:
    """Return the pools served before and after a stretch, a meal in between or not."""
    before = sorted(t for t in own if t < stretch[0])
    after = sorted(t for t in own if t > stretch[-1])
    return [own[t] for t in (*before[-1:], *after[:1])]


def _idle(duty: Duty, own: Mapping[int, str]) -> list[list[int]]:
    """Return the stretches of slots on duty, not at a meal, without a pool."""
    found: list[list[int]] = []
    for t in range(duty.shift.start, duty.shift.end):
        if t in own or t in duty.away:
            continue
        if found and found[-1][-1] == t - 1:
            found[-1].append(t)
        else:
            found.append([t])
    return found


def _stretches(
    grid: Grid, key: Key, duty: Duty, own: Mapping[int, str], doing: Mapping[int, str]
) -> list[tuple[object, ...]]:
    """Return one row per stretch of the same activity and pool."""
    agent, day = key
    first = day * SLOTS_PER_DAY
    meals = {t: i for i, t0 in enumerate(duty.meals) for t in range(t0, t0 + duty.shift.meal_slots)}
    whole = (grid.time_of(first + duty.shift.start), grid.time_of(first + duty.shift.end))
    rows: list[tuple[object, ...]] = []
    hole = range(*duty.shift.hole) if duty.shift.hole else ()
    begun, was = duty.shift.start, None
    for t in range(duty.shift.start, duty.shift.end + 1):
        now: tuple[str, object] = ("meal", meals[t]) if t in meals else ("work", own.get(t))
        if t in doing:
            now = (doing[t], None)
        if t in hole:
            now = ("off", None)
        if t == duty.shift.end or (was is not None and now != was):
            assert was is not None
            pool = was[1] if was[0] == "work" else None
            span = (grid.time_of(first + begun), grid.time_of(first + t))
            if was[0] != "off":
                rows.append((agent, grid.dates[day], *whole, *span, was[0], pool))
            begun = t
        was = now
    return rows


def coverage(
    workspace: Workspace, scenario: Scenario, requirement: SeatRequirement, table: pd.DataFrame
) -> pd.DataFrame:
    """Return required against rostered seats from the published table, see `Roster.coverage`."""
    seated = _seated(workspace, scenario, requirement, table)
    found = requirement.table[["pool", "date", "slot", "start"]].assign(
        required=requirement.table["seats"].astype("float64"),
        rostered=[
            round(seated[str(p), int(t)], 6)
            for p, t in zip(requirement.table["pool"], requirement.table["slot"], strict=True)
        ],
    )
    spare = found["rostered"] - found["required"]
    missing = -spare
    if requirement.sets is not None:
        found["short_shops"], lacking = _short_sets(found, requirement.sets, seated)
        missing = missing.clip(lower=lacking)
    return found.assign(
        uncovered=missing.clip(lower=0).round(6), surplus=spare.clip(lower=0).round(6)
    )


def _seated(
    workspace: Workspace, scenario: Scenario, requirement: SeatRequirement, table: pd.DataFrame
) -> dict[tuple[str, int], float]:
    """Return (row of seats, slot) -> people who fill it, by their speed."""
    grid = scenario.grid
    by_day = speeds(workspace, grid.dates)
    names = {name for day in by_day.values() for own in day.values() for name in own}
    filled = reach(names, requirement.sets)
    seated: dict[tuple[str, int], float] = defaultdict(float)
    for row in rows_of(table[(table["activity"] == "work") & table["pool"].notna()]):
        own = by_day[row.date.date()].get(str(row.agent_id), {})
        name = next((each for each in own if pool_of(each) == str(row.pool)), None)
        for t in range(grid.slot_of(row.start), grid.slot_of(row.end)) if name else ():
            for each in filled.get(str(name), (str(name),)):
                seated[each, t] += own[str(name)]
    return seated


def _short_sets(
    table: pd.DataFrame, sets: pd.DataFrame, seated: Mapping[tuple[str, int], float]
) -> tuple[pd.Series, pd.Series]:
    """Return of each half hour the shops of the set that misses most people, and how many.

    Blank and zero where no set misses more than the pool itself.
    """
    worst: dict[tuple[str, int], tuple[float, str]] = {}
    for each in rows_of(sets):
        key = (str(each.pool), int(each.slot))
        missing = round(each.seats - seated.get((row_of(each.pool, each.members), key[1]), 0.0), 6)
        if missing > worst.get(key, (0.0, ""))[0]:
            worst[key] = (missing, " ".join(each.members))
    keys = list(zip(table["pool"].astype(str), table["slot"].astype(int), strict=True))
    of_sets = pd.Series([worst.get(key, (0.0, ""))[0] for key in keys], index=table.index)
    names = pd.Series([worst.get(key, (0.0, ""))[1] for key in keys], index=table.index)
    whole = table["required"] - table["rostered"] >= of_sets
    return names.mask(whole, ""), of_sets
