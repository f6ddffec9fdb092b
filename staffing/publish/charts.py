"""The charts of the page: one Vega-Lite specification, and the data of every pool for it.

The page holds the specification and vega's code once; choosing another pool only changes the
data. Rows are lists, not records, because a six-week plan has tens of thousands of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import altair as alt
import pandas as pd
import vl_convert as vlc

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY
from staffing.plan import Plan
from staffing.publish import fonts
from staffing.publish.board import Day
from staffing.words import Lang, say

PANEL_WIDTH, PANEL_HEIGHT, PANELS_PER_ROW = 254, 130, 4
REQUIRED, ROSTERED, SHORT = "#1F2A37", "#2B6CB0", "#D64545"
FONT = fonts.PAGE
CLOCK = "(datum.value > 24 ? format(datum.value - 24, '02') : format(datum.value, '02')) + ':00'"
DATA = "coverage"
"""Name of the data set in the specification; the page fills it."""
SEAT_DECIMALS, CONTACT_DECIMALS = 2, 1


@cache
def library() -> str:
    """Return vega, vega-lite and vega-embed as one script, from the wheel, never the network."""
    bundle = vlc.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    if "</script" in bundle.lower():
        raise RuntimeError("the bundled charts library would end its own script element")
    return bundle


def specification(lang: Lang) -> dict[str, Any]:
    """Return the chart of one pool: a panel a day, required and rostered seats as steps.

    Rows of the data: day (heading), hour and end (hours after midnight of the service day), time,
    required, rostered, floor (required less uncovered), uncovered, contacts.
    """
    x = alt.X("hour:Q").axis(values=list(range(0, 37, 3)), labelExpr=CLOCK, title=None, grid=False)
    x = x.scale(zero=False, nice=False)
    y = alt.Y("required:Q").axis(title=say(lang, "page.seats_axis"), tickCount=4, tickMinStep=1)
    rows = alt.Chart(alt.NamedData(DATA))

    def step(field: str, colour: str, **mark: Any) -> alt.Chart:
        line: alt.Chart = rows.mark_line(interpolate="step-after", color=colour, **mark)
        return line.encode(x=x, y=alt.Y(f"{field}:Q"))

    short = rows.mark_area(interpolate="step-after", color=SHORT, opacity=0.5)
    touch = rows.mark_rect(opacity=0, fill=REQUIRED, aria=False).encode(
        x=x,
        x2="end:Q",
        y=alt.value(0),
        y2=alt.value(PANEL_HEIGHT),
        tooltip=[
            alt.Tooltip("time:N", title=say(lang, "label.time")),
            alt.Tooltip("required:Q", title=say(lang, "label.required")),
            alt.Tooltip("rostered:Q", title=say(lang, "label.rostered")),
            alt.Tooltip("uncovered:Q", title=say(lang, "label.uncovered")),
            alt.Tooltip("contacts:Q", title=say(lang, "label.expected")),
        ],
    )
    layers = alt.layer(
        short.encode(x=x, y=y, y2="floor:Q"),
        step("rostered", ROSTERED, strokeWidth=1.8),
        step("required", REQUIRED, strokeWidth=1.2, strokeDash=[4, 2]),
        touch,
    ).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
    panels = layers.facet(
        facet=alt.Facet("day:N").title(None).header(labelFontWeight=600, labelPadding=4),
        columns=PANELS_PER_ROW,
        spacing=18,
    )
    look = panels.configure(font=FONT, padding=4).configure_view(stroke="#E3E8EF")
    look = look.configure_axis(
        labelColor="#52606D", titleColor="#52606D", gridColor="#EEF1F5", domainColor="#CBD2D9"
    )
    found: dict[str, Any] = look.to_dict()
    return found


def data(plan: Plan, days: tuple[Day, ...], titles: Mapping[str, str]) -> dict[str, Any]:
    """Return the half hours of every pool, and of all pools together first.

    Returns
    -------
    days : the headings of the panels; pools : name and rows of [day, slot of the service day,
    required, rostered, uncovered, contacts], without holes between a day's first and last slot
    """
    contacts = plan.seats.table[["pool", "slot", "contacts"]]
    rows = plan.roster.coverage.merge(contacts, on=["pool", "slot"])
    day = (rows["date"] - pd.Timestamp(plan.scenario.horizon.start)).dt.days
    rows = rows.assign(day=day, slot=rows["slot"] - day * SLOTS_PER_DAY)
    everything = rows.groupby(["day", "slot"], as_index=False)[FIELDS].sum()
    pools = [{"name": say(plan.scenario.lang, "label.all_pools"), "rows": _rows(everything)}]
    pools += [
        {"name": titles.get(str(pool), str(pool)), "rows": _rows(own)}
        for pool, own in rows.groupby("pool", sort=True)
    ]
    return {
        "days": [day.text(plan.scenario.lang) for day in days],
        "interval_min": INTERVAL_MIN,
        "pools": pools,
    }


FIELDS = ["required", "rostered", "uncovered", "contacts"]


def _rows(own: pd.DataFrame) -> list[list[float]]:
    """Return one pool's rows; half hours between two openings of a day need nothing."""
    found: list[list[float]] = []
    for day, rows in own.groupby("day", sort=True):
        slots = range(int(rows["slot"].min()), int(rows["slot"].max()) + 1)
        filled = rows.set_index("slot")[FIELDS].reindex(slots, fill_value=0.0) + 0.0
        for slot, required, rostered, uncovered, contacts in filled.itertuples():
            seats = [round(each, SEAT_DECIMALS) for each in (required, rostered, uncovered)]
            expected = round(contacts, CONTACT_DECIMALS)
            found.append([int(str(day)), slot, *map(_short, [*seats, expected])])
    return found


def _short(value: float) -> float:
    """Return whole numbers without their ``.0``, which a big page would repeat all over."""
    return int(value) if float(value).is_integer() else float(value)
