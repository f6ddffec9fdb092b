"""The charts of the page: Vega-Lite specifications, and the data of every pool and shop for them.

The page holds them and vega's code once; choosing another pool only changes the data. Rows are
lists, not records, because a six-week plan has tens of thousands of them. Colours are those of the
light page: `plan.css` changes each of them in the dark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY
from staffing.plan import Plan
from staffing.publish import fonts
from staffing.words import Lang, say

PANEL_WIDTH, PANEL_HEIGHT, PANELS_PER_ROW = 254, 130, 4
REQUIRED, ROSTERED, SHORT, BAND = "#1F2A37", "#2B6CB0", "#D64545", "#9DC3E6"
FONT = fonts.PAGE
CLOCK = "(datum.value > 24 ? format(datum.value - 24, '02') : format(datum.value, '02')) + ':00'"
DATA = "coverage"
"""Name of the data set in the specification; the page fills it."""
SEAT_DECIMALS, CONTACT_DECIMALS = 2, 1
BAND_LEVELS = (0.1, 0.9)
"""Of the band of demand: the 80 % interval."""


def specification(lang: Lang) -> dict[str, Any]:
    """Return the chart of one pool's seats: a panel a day, required and rostered as steps.

    Rows of the data: day (heading), hour and end (hours after midnight of the service day), time,
    required, rostered, floor (required less uncovered), uncovered, contacts.
    """
    y = alt.Y("required:Q").axis(title=say(lang, "page.seats_axis"), tickCount=4, tickMinStep=1)
    short = ROWS.mark_area(interpolate="step-after", color=SHORT, opacity=0.5)
    layers = [
        short.encode(x=_x(), y=y, y2="floor:Q"),
        _step("rostered", ROSTERED, strokeWidth=1.8),
        _step("required", REQUIRED, strokeWidth=1.2, strokeDash=[4, 2]),
    ]
    told = {
        "required": "required",
        "rostered": "rostered",
        "uncovered": "uncovered",
        "contacts": "expected",
    }
    return _panels(lang, layers, told)


def demand_specification(lang: Lang) -> dict[str, Any]:
    """Return the chart of a pool's or a shop's contacts: a panel a day, the mean with its band.

    Rows of the data: day, hour, end and time as in `specification`; mean, low, high.
    """
    y = alt.Y("high:Q").axis(title=say(lang, "label.expected"), tickCount=4)
    band = ROWS.mark_area(interpolate="step-after", color=BAND, opacity=0.45)
    layers = [band.encode(x=_x(), y=y, y2="low:Q"), _step("mean", ROSTERED, strokeWidth=1.6)]
    return _panels(lang, layers, {"mean": "expected", "low": "low", "high": "high"})


ROWS = alt.Chart(alt.NamedData(DATA))


def _x() -> alt.X:
    x = alt.X("hour:Q").axis(
        values=list(range(0, 37, 3)), labelExpr=CLOCK, labelFlush=False, title=None, grid=False
    )
    return x.scale(zero=False, nice=False)


def _step(field: str, colour: str, **mark: Any) -> alt.Chart:
    line: alt.Chart = ROWS.mark_line(interpolate="step-after", color=colour, **mark)
    return line.encode(x=_x(), y=alt.Y(f"{field}:Q"))


def _panels(lang: Lang, layers: list[alt.Chart], told: Mapping[str, str]) -> dict[str, Any]:
    """Return the layers as a panel a day; pointing at a half hour tells its fields.

    Parameters
    ----------
    told : field -> its label in the words
    """
    tips = [alt.Tooltip("time:N", title=say(lang, "label.time"))]
    tips += [alt.Tooltip(f"{f}:Q", title=say(lang, f"label.{name}")) for f, name in told.items()]
    touch = ROWS.mark_rect(opacity=0, fill=REQUIRED, aria=False).encode(
        x=_x(), x2="end:Q", y=alt.value(0), y2=alt.value(PANEL_HEIGHT), tooltip=tips
    )
    panels = (
        alt.layer(*layers, touch)
        .properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
        .facet(
            facet=alt.Facet("day:N").title(None).header(labelFontWeight=600, labelPadding=4),
            columns=PANELS_PER_ROW,
            spacing=18,
        )
    )
    look = panels.configure(font=FONT, padding=4).configure_view(stroke="#E3E8EF")
    look = look.configure_axis(
        labelColor="#52606D", titleColor="#52606D", gridColor="#EEF1F5", domainColor="#CBD2D9"
    )
    found: dict[str, Any] = look.to_dict()
    return found


def data(plan: Plan) -> dict[str, Any]:
    """Return the half hours of every pool and shop, without a word of any language.

    Returns
    -------
    interval_min : of a slot; pools, shops : their identifiers; seats : for all pools together and
    then each the rows [day, slot of the service day, required, rostered, uncovered, contacts];
    demand : for all shops together, then each pool, then each shop the rows [day, slot, mean, low,
    high]. Rows have no hole between a day's first and last slot
    """
    contacts = plan.seats.table[["pool", "slot", "contacts"]]
    rows = _by_day(plan, plan.roster.coverage.merge(contacts, on=["pool", "slot"]))
    everything = rows.groupby(["day", "slot"], as_index=False)[SEATS].sum()
    pools = {str(pool): own for pool, own in rows.groupby("pool", sort=True)}
    shops = {str(shop): str(pool) for shop, pool in plan.workspace.shops["pool"].items()}
    groups = (
        (dict.fromkeys(shops, ""), [""]),
        (shops, list(pools)),
        ({shop: shop for shop in shops}, list(shops)),
    )
    demand: list[list[list[float]]] = []
    for group_of, names in groups:
        found = _by_day(plan, plan.forecast.halves(group_of, BAND_LEVELS))
        own = {str(name): each for name, each in found.groupby("group")}
        columns = ["mean", *(f"q{100 * level:g}" for level in BAND_LEVELS)]
        demand += [
            _rows(own[name], columns, CONTACT_DECIMALS) if name in own else [] for name in names
        ]
    return {
        "interval_min": INTERVAL_MIN,
        "pools": list(pools),
        "shops": list(shops),
        "seats": [_rows(each, SEATS, SEAT_DECIMALS) for each in (everything, *pools.values())],
        "demand": demand,
    }


def _by_day(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with day (from the first of the horizon) and slot of the service day."""
    day = (rows["date"] - pd.Timestamp(plan.scenario.horizon.start)).dt.days
    return rows.assign(day=day, slot=rows["slot"] - day * SLOTS_PER_DAY)


SEATS = ["required", "rostered", "uncovered", "contacts"]


def _rows(own: pd.DataFrame, columns: list[str], decimals: int) -> list[list[float]]:
    """Return the rows of one line; half hours between two openings of a day need nothing."""
    days, slots = own["day"].to_numpy(), own["slot"].to_numpy()
    numbers = own[columns].to_numpy(float).round(decimals)
    found: list[list[float]] = []
    for day in np.unique(days).tolist():
        here = days == day
        first, last = int(slots[here].min()), int(slots[here].max())
        filled = np.zeros((last + 1 - first, len(columns)))
        filled[slots[here] - first] = numbers[here]
        found += [
            [day, slot, *map(_short, each)] for slot, each in enumerate(filled.tolist(), first)
        ]
    return found


def _short(value: float) -> float:
    """Return whole numbers without their ``.0``, which a big page would repeat all over."""
    return int(value) if float(value).is_integer() else float(value)
