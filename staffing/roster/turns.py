"""Meals in turn: never more than a share of a pool's people at the table at once (R18).

The search prices people too many at the table, and may leave some where seats are dearer. Here,
with everybody's duties known, meals of crowded half hours move inside their windows to where the
fewest seats are lost by it. Who is on duty stays, so how many may eat at a time is known
beforehand.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from staffing.grid import SLOTS_PER_DAY
from staffing.roster.duty import Duty, Roll, served
from staffing.roster.places import Reach, pool_of

Key = tuple[str, int]
"""(agent id, day of the horizon)."""
Speed = Mapping[Key, Mapping[str, int]]
"""(agent id, day) -> place -> speed units."""
ROUNDING = 1e-9


Crowd = Mapping[tuple[str, int], tuple[int, int]]
"""(pool, slot of the horizon) -> people on duty and at the table who know some of its shops."""


def crowd_of(roll: Roll, speed: Speed) -> Crowd:
    """Return how many of each pool's people are on duty and at the table."""
    on_duty: Counter[tuple[str, int]] = Counter()
    eating: Counter[tuple[str, int]] = Counter()
    for key, duty in roll.items():
        day = key[1] * SLOTS_PER_DAY
        eaten = [t for start in duty.meals for t in _meal(duty, start)]
        for pool in {pool_of(name) for name in speed[key]}:
            on_duty.update((pool, day + t) for t in duty.shift.on_duty)
            eating.update((pool, day + t) for t in eaten)
    return {at: (number, eating[at]) for at, number in on_duty.items()}


def at_table(on_duty: int, share: float) -> int:
    """Return how many of so many people may be at a meal: the share, rounded up."""
    return math.ceil(share * on_duty - ROUNDING)


def in_turn(
    roll: Roll,
    speed: Speed,
    need: Mapping[tuple[str, int], int],
    reach: Reach,
    share: float,
) -> dict[Key, Duty]:
    """Return the duties with meals moved until no pool's people crowd the table.

    A pool's people are those on duty who know some shop of it. Where no single move helps any
    more, what crowds is left, for the audit to tell.

    Parameters
    ----------
    need : (row of seats, slot of the horizon) -> speed units required
    share : of a pool's people on duty who may be at a meal, see `at_table`
    """
    found = dict(roll)
    if share >= 1:
        return found
    _Table(found, speed, need, reach, share).settle()
    return found


class _Table:
    """Who eats when, and the seats taken meanwhile; `roll` is changed in place."""

    def __init__(
        self,
        roll: dict[Key, Duty],
        speed: Speed,
        need: Mapping[tuple[str, int], int],
        reach: Reach,
        share: float,
    ) -> None:
        self._roll, self._speed, self._need, self._reach = roll, speed, need, reach
        self._pools = {key: sorted({pool_of(name) for name in speed[key]}) for key in roll}
        self._people: dict[tuple[str, int], list[Key]] = defaultdict(list)
        for key in sorted(roll):
            for pool in self._pools[key]:
                self._people[pool, key[1]].append(key)
        on_duty: Counter[tuple[str, int]] = Counter()
        self._eating: Counter[tuple[str, int]] = Counter()
        for key, duty in roll.items():
            on_duty.update(self._at(key, duty.shift.on_duty))
            for start in duty.meals:
                self._eating.update(self._at(key, _meal(duty, start)))
        self._most = {place: at_table(number, share) for place, number in on_duty.items()}
        self._taken = Counter(served(roll, speed, reach))

    def _at(self, key: Key, slots: Iterable[int]) -> list[tuple[str, int]]:
        day = key[1] * SLOTS_PER_DAY
        return [(pool, day + t) for pool in self._pools[key] for t in slots]

    def settle(self) -> None:
        """Move meals, one at a time, as long as that makes the table less crowded."""
        moved = True
        while moved:
            moved = False
            for at in self._crowded():
                while self._eating[at] > self._most[at] and (move := self._best_move(at)):
                    self._apply(*move)
                    moved = True

    def _crowded(self) -> list[tuple[str, int]]:
        """Return the pools and slots with too many at the table, the worst first."""
        over = {at: n - self._most[at] for at, n in self._eating.items() if n > self._most[at]}
        return sorted(over, key=lambda at: (-over[at], at))

    def _best_move(self, at: tuple[str, int]) -> tuple[Key, int, int] | None:
        """Return agent and day, number and new start of the meal that is best moved, if any."""
        priced = ((self._price(*move), move) for move in self._moves(at))
        best = min(((price, move) for price, move in priced if price is not None), default=None)
        return None if best is None else best[1]

    def _moves(self, at: tuple[str, int]) -> Iterator[tuple[Key, int, int]]:
        """Yield the moves of meals that are eaten at the pool's crowded slot."""
        pool, slot = at
        days = (slot // SLOTS_PER_DAY, slot // SLOTS_PER_DAY - 1)
        for key in (key for day in days for key in self._people.get((pool, day), ())):
            duty, t = self._roll[key], slot - key[1] * SLOTS_PER_DAY
            for i, (start, meal) in enumerate(zip(duty.meals, duty.shift.meals, strict=True)):
                if t in _meal(duty, start):
                    for to in range(meal.first, meal.last + 1):
                        if t not in _meal(duty, to):
                            yield key, i, to

    def _price(self, key: Key, i: int, to: int) -> tuple[int, int] | None:
        """Return speed units lost and slots moved; None where the table is no less crowded."""
        duty = self._roll[key]
        old, new = _meal(duty, duty.meals[i]), _meal(duty, to)
        left, taken = [t for t in old if t not in new], [t for t in new if t not in old]
        eased = sum(self._eating[at] > self._most[at] for at in self._at(key, left))
        crowded = sum(self._eating[at] >= self._most[at] for at in self._at(key, taken))
        if crowded >= eased:
            return None
        lost = sum(self._lost(key, duty, t) for t in taken)
        return lost, abs(to - duty.meals[i])

    def _lost(self, key: Key, duty: Duty, t: int) -> int:
        """Return the units of required seats that she leaves empty at a slot of the day."""
        name = duty.pools[t - duty.shift.start]
        if name is None:
            return 0
        units, slot = self._speed[key][name], key[1] * SLOTS_PER_DAY + t
        rows = [(row, slot) for row in self._reach.get(name, (name,))]
        spare = min(self._taken[row] - self._need.get(row, 0) for row in rows)
        return max(units - max(spare, 0), 0)

    def _apply(self, key: Key, i: int, to: int) -> None:
        """Move a meal; in its old slots she serves the place that misses most, or as beside."""
        duty = self._roll[key]
        old, new = _meal(duty, duty.meals[i]), _meal(duty, to)
        self._eating.subtract(self._at(key, old))
        self._eating.update(self._at(key, new))
        pools = list(duty.pools)
        for t in new:
            self._count(key, t, pools[t - duty.shift.start], -1)
            pools[t - duty.shift.start] = None
        for t in old:
            if t not in new:
                name = self._wanted(key, t)
                self._count(key, t, name, 1)
                pools[t - duty.shift.start] = name
        meals = (*duty.meals[:i], to, *duty.meals[i + 1 :])
        self._roll[key] = replace(duty, meals=meals, pools=tuple(pools))

    def _count(self, key: Key, t: int, name: str | None, sign: int) -> None:
        if name is not None:
            for row in self._reach.get(name, (name,)):
                self._taken[row, key[1] * SLOTS_PER_DAY + t] += sign * self._speed[key][name]

    def _wanted(self, key: Key, t: int) -> str | None:
        """Return her place with most seats missing at a slot; None where none are."""
        slot = key[1] * SLOTS_PER_DAY + t
        missing = {
            name: max(
                self._need.get((row, slot), 0) - self._taken[row, slot]
                for row in self._reach.get(name, (name,))
            )
            for name in self._speed[key]
        }
        name = max(missing, key=lambda each: (missing[each], each))
        return name if missing[name] > 0 else None


def _meal(duty: Duty, start: int) -> Sequence[int]:
    """Return the slots of the day of a meal that starts at a slot."""
    return range(start, start + duty.shift.meal_slots)
