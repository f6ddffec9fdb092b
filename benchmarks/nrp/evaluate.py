"""What a roster costs and which rules it breaks, by the instances' own definition.

Independent of the engine: plain counting over days, so that it can judge any roster.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping

from benchmarks.nrp.reader import Instance, Nurse

Roster = Mapping[tuple[str, int], str]
"""(employee, day) -> shift; days off are left out."""


def cost(instance: Instance, roster: Roster) -> int:
    """Return requests not granted and employees missing and over, each times its weight."""
    total = sum(w for (n, d, s), w in instance.wanted.items() if roster.get((n, d)) != s)
    total += sum(w for (n, d, s), w in instance.unwanted.items() if roster.get((n, d)) == s)
    present = Counter((day, shift) for (_, day), shift in roster.items())
    for place, need in instance.cover.items():
        short = need.required - present[place]
        total += need.under * max(short, 0) + need.over * max(-short, 0)
    return total


def broken(instance: Instance, roster: Roster) -> list[str]:
    """Return every hard rule that a roster breaks, in words; empty for a lawful one."""
    strangers = {nurse for nurse, _ in roster} - instance.nurses.keys()
    found = [f"{nurse}: unknown" for nurse in sorted(strangers)]
    for name, nurse in instance.nurses.items():
        own = {day: shift for (n, day), shift in roster.items() if n == name}
        found += [f"{name}: {fault}" for fault in _faults(instance, nurse, own)]
    return found


def _faults(instance: Instance, nurse: Nurse, own: Mapping[int, str]) -> Iterator[str]:
    minutes = sum(instance.shifts[shift] for shift in own.values())
    if not nurse.least_min <= minutes <= nurse.most_min:
        yield f"{minutes} minutes, not {nurse.least_min} to {nurse.most_min}"
    for shift, number in Counter(own.values()).items():
        if number > nurse.most_of.get(shift, 0):
            yield f"{shift} {number} times"
    for day, shift in own.items():
        if day in nurse.days_off or not 0 <= day < instance.days:
            yield f"works on day {day}"
        if (shift, own.get(day + 1)) in instance.forbidden:
            yield f"{own[day + 1]} after {shift} on day {day + 1}"
    weekends = {day // 7 for day in own if day % 7 >= 5}
    if len(weekends) > nurse.most_weekends:
        yield f"{len(weekends)} weekends"
    first = 0
    for works, run in itertools.groupby(range(instance.days), own.__contains__):
        length = len(list(run))
        inside = first > 0 and first + length < instance.days
        least = nurse.least_consecutive if works else nurse.least_off
        if (works and length > nurse.most_consecutive) or (inside and length < least):
            yield f"{length} days {'on' if works else 'off'} in a row from day {first}"
        first += length
