"""Shift templates, split duties, meals in turn, part-trained agents: closed and tiny cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from staffing.grid import Window
from staffing.roster import audit, roster
from staffing.roster.shifts import templates
from staffing.scenario import ShiftSettings
from staffing.seats import SeatRequirement
from tests.rosters import need, scenario, workspace

FREE = {"min_week_share": 0.0}


@pytest.mark.parametrize("every", [30, 60])
def test_shifts_start_from_every_pools_opening(every: int) -> None:
    """Pools that open at 09:00 and 18:30 (until 02:00) give starts counted from either time."""
    windows = [Window(540, 1440), Window(1110, 1560)]
    story = ShiftSettings(start_every_min=every, part_time_h=(4.0,))
    starts = {t.start for t in templates(story, "part_time", Window(540, 1560), 6.0, windows)}
    step = every // 30
    assert starts == {t for first in (18, 37) for t in range(first, 52 - 8 + 1, step)}


def test_full_timers_get_peak_shifts_where_the_scenario_allows() -> None:
    """Four-hour shifts are a full-timer's only with `peak_h`, and tagged as such."""
    span = Window(540, 1440)
    plain = templates(ShiftSettings(), "full_time", span, 6.0)
    both = templates(ShiftSettings(peak_h=(4.0,)), "full_time", span, 6.0)
    short = [shift for shift in both if shift not in plain]
    assert {(shift.paid, shift.tags) for shift in short} == {(8, ("peak",))}
    assert len(short) == 12
    assert set(plain) < set(both)


def test_split_shifts_are_every_lawful_pair_of_parts() -> None:
    """Eight hours in 09-24 split by 2 to 5 hours on the hour: enumeration gives the same."""
    story = ShiftSettings(splits_per_week=1)
    span = Window(540, 1440)
    made = {
        (t.start, t.hole, t.end)
        for t in templates(story, "full_time", span, 6.0)
        if "split" in t.tags
    }
    expected = {
        (s, (s + 8, s + 8 + hole), s + 16 + hole)
        for s in range(18, 48, 2)
        for hole in (4, 6, 8, 10)
        if s + 16 + hole <= 48
    }
    assert made == expected
    assert not any(t.hole for t in templates(ShiftSettings(), "full_time", span, 6.0))


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_two_peaks_a_day_are_covered_by_split_shifts(allowed: int, tmp_path: Path) -> None:
    """Seats at 09-13 and 18-22 on two days: each split shift allowed covers four hours more."""
    space = workspace(tmp_path)
    story = scenario(
        tmp_path, days=2, rules=FREE, shifts={"splits_per_week": allowed}, roster={"effort": 2.0}
    )
    peaks = [*range(9, 13), *range(18, 22)]
    required = need({("P", d, h + half): 1 for d in (0, 1) for h in peaks for half in (0, 0.5)})
    made = roster(space, story, SeatRequirement(table=required))
    # An unsplit shift covers five of the eight: 13-22 with dinner, or 14-22:30 at best.
    whole = 16 - 4 * 2
    assert audit(space, story, made.assignments) == []
    holes = made.assignments.groupby("date").apply(
        lambda own: bool((own["end"].shift() < own["start"]).any())
    )
    assert holes.sum() == allowed
    assert made.paid_h == 16.0
    assert made.uncovered_h <= whole - 3 * allowed
