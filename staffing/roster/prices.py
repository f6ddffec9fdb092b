"""What the goals cost, all in points, so that one sum orders them.

In order: uncovered seats, paid time with premiums, fairness with wishes. The tolerance, told at
length in docs/roster.md:

- A seat missing for half an hour costs more than the dearest shift of the horizon. `SEAT` is that
  of an ordinary horizon (22 slots, the most that R4 ever allows, are `PAID` × 22 = 220); where
  overtime or a statutory day makes shifts dearer, `unit_price` raises the price of all seats alike,
  so that seats of one day never outbid those of another. So no seat stays open for half an hour
  that one more shift at full speed could fill; somebody at speed s fills s of it, and is sent where
  the sum over her half hours is worth her pay.
- `PAID` points of fairness weigh as much as a paid half hour; fairness buys no more paid time than
  that, and keeps a seat open only where one shift would cost more points of it than a seat is
  dearer than the shift is paid: 80 for one of eight hours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from staffing.grid import SLOTS_PER_H
from staffing.roster.shifts import Template

SPEED_UNITS = 20
"""A full-speed seat in integer units: speeds are taken to the nearest 0.05."""
PAID = 10
"""Points of a paid slot at 100 %; a point is the price of one point of fairness."""
UNIT = 12
"""Points of the first missing speed unit of a slot, in a horizon without dear shifts."""
SEAT = UNIT * SPEED_UNITS
"""Points of the first seat that is missing for half an hour: 12 paid hours."""
CROWD = 2 * SEAT
"""Points of each person too many at a meal (R18): more than nearly all seats, since meals that take
turns after the search leave seats open that it would not have left."""
STEPS = ((0.1, 1, 1.0), (0.3, 2, 1.25), (1.0, 0, 1.5))
"""(share of the seats required, but at least so many seats; factor): a tenth of a pool's seats, or
the first of them, is missed least, more than three tenths most."""
PER_PRIORITY = 0.25
"""What each step of a shop's `priority` above 1 adds to the price of its pool's seats."""

Place = tuple[str, int]
"""(pool, or row of its seats, slot of the horizon)."""
Need = Mapping[Place, int]
"""(row of seats, slot) -> speed units required; see `staffing.roster.places`."""
Steps = tuple[tuple[int, int], ...]
"""(speed units, points of each) in rising order of points: what is missing costs step by step."""
StepsOf = Mapping[Place, Steps]
"""(pool, slot) -> what missing units cost there; a pool misses what the row of it misses that
misses most."""


@dataclass(frozen=True, slots=True)
class Score:
    """The goals of a whole roster.

    Attributes
    ----------
    units : speed units missing, summed over pools and slots
    uncovered, paid, fair : points; premiums are in `paid`, wishes in `fair`
    """

    units: int
    uncovered: int
    paid: int
    fair: int

    @property
    def proven_part(self) -> int:
        """Return the points that the bound is on: all but fairness and wishes."""
        return self.uncovered + self.paid

    @property
    def total(self) -> int:
        """Return all points: what the search makes small."""
        return self.uncovered + self.paid + self.fair


def paid_hours(points: float) -> float:
    """Return points as the hours, paid at 100 %, that cost as much."""
    return points / (PAID * SLOTS_PER_H)


def unit_price(dearest: int) -> int:
    """Return the points of the first missing unit where the dearest shift costs so many.

    Examples
    --------
    Eight hours at 100 % leave the price alone; eight hours of a statutory day do not.

    >>> unit_price(160), unit_price(480)
    (12, 25)
    """
    return max(UNIT, dearest // SPEED_UNITS + 1)


def steps(seats: int, priority: float = 1.0, unit: int = UNIT) -> Steps:
    """Return what a requirement of whole seats costs where it is missed.

    Parameters
    ----------
    unit : points of the first missing unit, see `unit_price`

    Examples
    --------
    >>> steps(3)
    ((20, 12), (20, 15), (20, 18))
    """
    factor, before, found = 1 + PER_PRIORITY * (priority - 1), 0, []
    for share, least, dearer in STEPS:
        upto = min(max(int(share * seats), least), seats)
        if upto > before:
            found.append(((upto - before) * SPEED_UNITS, round(unit * factor * dearer)))
            before = upto
    return tuple(found)


def units(of: Steps) -> int:
    """Return the speed units of all steps together."""
    return sum(width for width, _ in of)


def first(of: Steps, number: int) -> Steps:
    """Return the steps of the first `number` missing units."""
    found = []
    for width, points in of:
        if number <= 0:
            break
        found.append((min(width, number), points))
        number -= width
    return tuple(found)


def missing_points(of: Steps, missing: int) -> int:
    """Return what so many missing units cost."""
    return sum(width * points for width, points in first(of, missing))


def shift_points(shifts: Sequence[Template], costs: Sequence[int] | None) -> tuple[int, ...]:
    """Return the points of each shift: as stated, else of its paid slots."""
    return tuple(PAID * shift.paid for shift in shifts) if costs is None else tuple(costs)
