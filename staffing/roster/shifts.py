"""Shift templates: start, length and the windows of the meals that the model places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from staffing.grid import INTERVAL_MIN, Window
from staffing.scenario import ShiftSettings

MealName = Literal["lunch", "dinner", "break"]
SHORTEST_PART = 4
"""Slots: nobody comes for less than two hours."""


@dataclass(frozen=True, slots=True, order=True)
class Meal:
    """A meal to be placed: it may start in any slot from `first` to `last`, both included."""

    first: int
    last: int
    name: MealName


@dataclass(frozen=True, slots=True, order=True)
class Template:
    """A shift that may be worked; slots count from midnight of its service day.

    Attributes
    ----------
    start, end : slots [start, end)
    paid : paid slots: the span less the meals
    meals : meals to be placed, in order, with windows that cannot collide
    tags : what limits and wishes may ask about, such as ``late``; sorted
    hole : of a split shift: slots [begins, ends) off duty between its two parts; else empty
    """

    start: int
    end: int
    paid: int
    meals: tuple[Meal, ...]
    tags: tuple[str, ...] = ()
    hole: tuple[int, ...] = ()

    @property
    def on_duty(self) -> tuple[int, ...]:
        """Return the slots of the shift, meals included, without the hole."""
        off = range(*self.hole) if self.hole else ()
        return tuple(t for t in range(self.start, self.end) if t not in off)

    @property
    def meal_slots(self) -> int:
        """Return the length of each meal."""
        return (len(self.on_duty) - self.paid) // len(self.meals) if self.meals else 0


def slots(hours: float) -> int:
    """Return hours as half-hour slots."""
    return round(hours * 60 / INTERVAL_MIN)


def templates(
    settings: ShiftSettings,
    contract: str,
    span: Window,
    max_stretch_h: float,
    windows: Iterable[Window] = (),
) -> list[Template]:
    """Return every shift of a contract that lies inside the opening span of its pools.

    Full-timers have the short shifts of `peak_h` too, tagged ``peak``; split shifts are tagged
    ``split``. Paid breaks of some minutes do not fit the half-hour grid: they are part of the
    scenario's shrinkage, for which seats are added.

    Parameters
    ----------
    contract : ``full_time`` or ``part_time``
    span : from the earliest opening to the latest closing of the pools that could be served
    max_stretch_h : longest work without a meal (R10)
    windows : when each of these pools is open: shifts begin every so many minutes from each
        opening, and from that of the span
    """
    full = contract == "full_time"
    lengths = settings.full_time_h if full else settings.part_time_h
    peaks = [hours for hours in settings.peak_h if full and hours not in lengths]
    every, most = settings.start_every_min // INTERVAL_MIN, slots(max_stretch_h)
    starts = {
        t for window in (span, *windows) for t in range(window.first_slot, window.end_slot, every)
    }
    found = []
    for start in starts:
        for hours in lengths:
            found.append(_steady(_template(settings, start, slots(hours)), most))
            found += _splits(settings, start, slots(hours), most)
        for hours in peaks:
            peak = _steady(_template(settings, start, slots(hours)), most)
            found.append(peak and replace(peak, tags=("peak",)))
    return sorted({shift for shift in found if shift is not None and shift.end <= span.end_slot})


def spanning(settings: ShiftSettings, start: int, end: int, max_stretch_h: float) -> Template:
    """Return the shift from one slot to another, with the meals that its length makes due.

    Where no meals fit the length exactly, as many of those due as leave the end where it is; where
    no place of theirs keeps work short enough (R10), their windows are as wide as they are.
    """
    length = settings.meal_min // INTERVAL_MIN
    by_number = [
        (number, _template(settings, start, end - start - number * length))
        for number in (2, 1, 0)
        if end - start > number * length
    ]
    exact = (shift for number, shift in by_number if len(shift.meals) == number)
    some = (
        Template(start, end, shift.paid, shift.meals[:number])
        for number, shift in by_number
        if len(shift.meals) >= number
    )
    shift = next(exact, None) or next(some)
    return _steady(shift, slots(max_stretch_h)) or shift


def _splits(settings: ShiftSettings, start: int, paid: int, most: int) -> list[Template]:
    """Return the shift in two equal parts with each length of the hole; [] where none may be.

    Meals are eaten in the hole, so a part must be short enough to have none (R10, `meal_from_h`).
    """
    first = -(-paid // 2)
    longest = min(most, slots(settings.meal_from_h) - 1)
    if not settings.splits_per_week or not SHORTEST_PART <= paid - first <= first <= longest:
        return []
    every = settings.start_every_min // INTERVAL_MIN
    least, widest = slots(settings.split_least_h), slots(settings.split_most_h)
    return [
        Template(
            start,
            start + paid + hole,
            paid,
            (),
            ("split",),
            (start + first, start + first + hole),
        )
        for hole in range(least, widest + 1, every)
    ]


def _template(settings: ShiftSettings, start: int, paid: int) -> Template:
    """Return the shift with the meals that its own length makes due.

    A meal lengthens the shift, and the longer shift may reach into the next meal; so lunch is
    decided first. Long shifts that meet neither window get a break in their middle.
    """
    length = settings.meal_min // INTERVAL_MIN
    meals: list[Meal] = []
    if paid >= slots(settings.meal_from_h):
        windows: tuple[tuple[MealName, Window], ...] = (
            ("lunch", settings.lunch),
            ("dinner", settings.dinner),
        )
        for name, window in windows:
            meal = _due(settings, name, window, start, start + paid + length * len(meals))
            if meal is not None:
                meals.append(meal)
        if not meals and paid > slots(settings.meal_from_h):
            middle = start + paid // 2
            meals = [Meal(middle - 1, middle + 1, "break")]
    return Template(start, start + paid + length * len(meals), paid, tuple(meals))


def _steady(shift: Template, most: int) -> Template | None:
    """Return the shift with its meals' windows cut so that no work stretch exceeds `most` slots.

    None when that cannot be had.
    """
    length = shift.meal_slots
    if not shift.meals:
        return shift if shift.paid <= most else None
    if len(shift.meals) == 1:
        (meal,) = shift.meals
        first = max(meal.first, shift.end - most - length)
        last = min(meal.last, shift.start + most)
        cut = Template(shift.start, shift.end, shift.paid, (Meal(first, last, meal.name),))
        return cut if first <= last else None
    one, two = shift.meals
    longest = max(
        one.last - shift.start, two.last - one.first - length, shift.end - two.first - length
    )
    return shift if longest <= most else None


def _due(
    settings: ShiftSettings, name: MealName, window: Window, start: int, end: int
) -> Meal | None:
    """Return the meal if a shift that would end at `end` without it still works after it."""
    length = settings.meal_min // INTERVAL_MIN
    after = slots(settings.work_after_meal_h)
    first = max(window.first_slot, start + slots(settings.work_before_meal_h))
    last = min(window.end_slot, end + length - after) - length
    return Meal(first, last, name) if first <= last and end > first + after else None
