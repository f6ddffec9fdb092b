"""The charts of a quote as SVG: the seats of a day by half hour, and the contract's days.

They are drawn here and not by altair, because page and PDF share them, colours follow the reader's
light or dark mode, and its renderer takes longer to start than everything else takes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from staffing.grid import INTERVAL_MIN, clock_text
from staffing.publish.quote.letter import Day, Touch

__all__ = ["ON_PAPER", "ON_SCREEN", "PHASES", "day_chart", "phase_chart"]

Palette = Mapping[str, str]
PHASES = ("ordinary", "warm_up", "peak", "tail")
ON_PAPER: Palette = {
    "ink": "#1f2a37",
    "soft": "#52606d",
    "grid": "#e3e8ef",
    "fill": "#bcd4ee",
    "line": "#2b6cb0",
    "ordinary": "#9db8d6",
    "warm_up": "#e0a93b",
    "peak": "#c9533f",
    "tail": "#7d8f69",
    "font": "Noto Sans SC",
}
ON_SCREEN: Palette = {name: f"var(--{name.replace('_', '-')})" for name in ON_PAPER} | {
    "font": "inherit"
}
WIDTH, LEFT, RIGHT, TOP, BOTTOM = 720, 44, 20, 12, 26
HOUR_MIN = 60
DASHES = {"p50": "6 4", "p90": "1.5 3"}


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """The drawing area: height of the picture, and the value at its top."""

    height: int
    most: float

    @property
    def bottom(self) -> int:
        return self.height - BOTTOM

    def y(self, value: float) -> float:
        return round(self.bottom - (self.bottom - TOP) * value / self.most, 2)


def day_chart(day: Day, label: str, colours: Palette) -> str:
    """Return the seats of a day: P80 filled, P50 dashed, P90 dotted, as steps of half hours.

    Parameters
    ----------
    label : what the chart shows, for those who do not see it
    """
    first, last = day.rows[0][0], day.rows[-1][0] + INTERVAL_MIN
    frame = _Frame(height=210, most=_most(max(row[4] for row in day.rows)))

    def x(minutes: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (minutes - first) / (last - first), 2)

    parts = _scale(frame, colours)
    hours = (last - first) / HOUR_MIN
    step = HOUR_MIN * (1 if hours <= 10 else 2 if hours <= 16 else 3)
    for minutes in range(-(-first // step) * step, last + 1, step):
        clock = clock_text(minutes if minutes <= 24 * HOUR_MIN else minutes - 24 * HOUR_MIN)
        parts.append(_text(x(minutes), frame.bottom + 17, clock, colours, anchor="middle"))
    for run in _runs(day.rows):
        steps = [(x(row[0]), x(row[0] + INTERVAL_MIN), row) for row in run]
        area = " ".join(f"L{a} {frame.y(row[3])} L{b} {frame.y(row[3])}" for a, b, row in steps)
        parts.append(
            f'<path d="M{steps[0][0]} {frame.bottom} {area} L{steps[-1][1]} {frame.bottom} Z"'
            f' style="fill:{colours["fill"]};stroke:{colours["line"]};stroke-width:1.2"/>'
        )
        for level, column in (("p50", 2), ("p90", 4)):
            line = " ".join(
                f"L{a} {frame.y(row[column])} L{b} {frame.y(row[column])}" for a, b, row in steps
            )
            parts.append(
                f'<path d="M{line[1:]}" style="fill:none;stroke:{colours["ink"]};'
                f'stroke-width:1.4;stroke-dasharray:{DASHES[level]}"/>'
            )
    return _svg(frame.height, parts, label, colours)


def phase_chart(touches: Sequence[Touch], label: str, colours: Palette) -> str:
    """Return the contacts of every day of the contract, a bar a day, coloured by phase."""
    first, last = touches[0].date, touches[-1].date
    days = (last - first).days + 1
    frame = _Frame(height=190, most=_most(max(touch.contacts for touch in touches)))
    wide = (WIDTH - LEFT - RIGHT) / days
    parts = _scale(frame, colours)
    for kind in PHASES:
        bars = "".join(
            f"M{LEFT + wide * (touch.date - first).days:.2f} {frame.bottom}"
            f"V{frame.y(touch.contacts)}h{max(wide * 0.86, wide - 1.5):.2f}V{frame.bottom}Z"
            for touch in touches
            if touch.kind == kind
        )
        if bars:
            parts.append(f'<path d="{bars}" style="fill:{colours[kind]}"/>')
    for date, text in _ticks(first, days):
        at = LEFT + wide * (date - first).days
        parts.append(_text(at, frame.bottom + 17, text, colours))
    return _svg(frame.height, parts, label, colours)


def _ticks(first: dt.date, days: int) -> list[tuple[dt.date, str]]:
    """Return the dates below the axis: first days of months, or some days of a short time."""
    dates = [first + dt.timedelta(days=i) for i in range(days)]
    if days <= 45:
        step = max(math.ceil(days / 8), 1)
        return [(date, f"{date:%m-%d}") for date in dates[::step]]
    months = [date for date in dates if date.day == 1]
    step = max(math.ceil(len(months) / 9), 1)
    kept = [date for date in months if (date - first).days < days - days / 16][::step]
    return [(date, f"{date:%Y-%m}") for date in kept]


def _most(value: float) -> float:
    """Return the top of the scale: a round number no less than a value."""
    power = 10 ** math.floor(math.log10(max(value, 1)))
    steps = (each * power for each in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10))
    return float(next(each for each in steps if each >= value and each % 1 == 0))


def _scale(frame: _Frame, colours: Palette) -> list[str]:
    """Return the grid with its numbers."""
    most = frame.most
    count = next((n for n in (4, 5, 3, 2, 1) if most % n == 0), 4)
    parts = []
    for i in range(count + 1):
        value = most * i / count
        y = frame.y(value)
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" style="stroke:{colours["grid"]}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:,g}", colours, anchor="end"))
    return parts


def _runs(
    rows: Sequence[tuple[int, float, float, float, float]],
) -> list[list[tuple[int, float, float, float, float]]]:
    """Return half hours without holes between them: a shop may close at noon."""
    found: list[list[tuple[int, float, float, float, float]]] = []
    for row in rows:
        if found and row[0] - found[-1][-1][0] == INTERVAL_MIN:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def _text(x: float, y: float, text: str, colours: Palette, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}" font-size="11"'
        f' style="fill:{colours["soft"]}">{escape(text)}</text>'
    )


def _svg(height: int, parts: Sequence[str], label: str, colours: Palette) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(label)}" style="font-family:{colours["font"]}">'
        f"{''.join(parts)}</svg>"
    )
