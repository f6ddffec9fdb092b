"""Service and cost around the required seats, drawn: .html on its own, .svg or .png."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert as vlc

from staffing.errors import Fault
from staffing.folder import write, writing
from staffing.grid import clock_text
from staffing.publish.charts import FONT, REQUIRED, ROSTERED, SHORT
from staffing.publish.library import library
from staffing.publish.page import template
from staffing.seats.curve import Curve
from staffing.words import Lang, say

SUFFIXES = (".html", ".svg", ".png")
PANEL_WIDTH, PANEL_HEIGHT = 250, 170
PANELS = (
    ("service_level", "%", "target"),
    ("occupancy", "%", "cap"),
    ("cost", ",.0f", None),
)
"""What is drawn side by side: column, its form, and the column that it is held against."""
SHARP = 2.0
"""Pixels of the .png for each of the drawing."""
SERVICE_DECIMALS, DECIMALS = 4, 2


def plot_faults(path: Path | None) -> Iterator[Fault]:
    """Yield why a plot cannot be written into a file of this name."""
    if path is not None and path.suffix.lower() not in SUFFIXES:
        yield Fault(code="plot_suffix", file="--plot", value=str(path))


def write_plot(made: Curve, path: Path, lang: Lang) -> None:
    """Draw a curve into a file, whole or not at all; its suffix says what kind.

    Raises
    ------
    PublishError
        When the file cannot be written (``cannot_write``); an older one stays as it was.
    """
    content = render(made, path.suffix.lower(), lang)
    with writing(path):
        write(path, content)


def render(made: Curve, suffix: str, lang: Lang) -> bytes:
    """Return the file; the same curve gives the same bytes."""
    drawn = specification(made, lang)
    if suffix == ".svg":
        return vlc.vegalite_to_svg(drawn).encode()
    if suffix == ".png":
        return vlc.vegalite_to_png(drawn, scale=SHARP)
    page = template("curve.html").render(
        lang={"zh": "zh-CN", "en": "en"}[lang],
        t=partial(say, lang),
        price=f"{made.seat_hour:g}",
        specification=drawn,
        library=library(),
        font=FONT,
    )
    return page.encode()


def specification(made: Curve, lang: Lang) -> dict[str, Any]:
    """Return the chart: a row a pool (and day), a panel each for level, occupancy and cost."""
    keys = [name for name in ("pool", "date") if name in made.table]
    rows = []
    for _, own in made.table.groupby(keys, sort=True):
        first = own.iloc[0]
        when = f" {first['date']:%Y-%m-%d}" if "date" in keys else ""
        when += f" {clock_text(made.at_min)}" if made.at_min is not None else ""
        panels = [
            _panel(own, name, form, against, made.max_occupancy, lang)
            for name, form, against in PANELS
        ]
        title = alt.TitleParams(f"{first['pool']}{when}", anchor="start", fontWeight=600)
        rows.append(alt.hconcat(*panels, spacing=28).properties(title=title))
    look = alt.vconcat(*rows, spacing=26).configure(font=FONT, padding=8)
    look = look.configure_view(stroke="#E3E8EF").configure_axis(
        labelColor="#52606D", titleColor="#52606D", gridColor="#EEF1F5", domainColor="#CBD2D9"
    )
    found: dict[str, Any] = look.to_dict()
    return found


def _panel(
    own: pd.DataFrame, name: str, form: str, against: str | None, cap: float, lang: Lang
) -> Any:
    """Return one measure against the seats, the required ones marked, what it is held against."""
    values = _values(own, cap)
    rows = alt.Chart(alt.InlineData(values=values))
    scale = alt.Scale(domain=[0, 1]) if form == "%" else alt.Scale(zero=True)
    x = alt.X("seats:Q").axis(title=say(lang, "curve.seats"), tickMinStep=1, grid=False)
    y = alt.Y(f"{name}:Q", scale=scale).axis(title=say(lang, f"curve.{name}"), format=form)
    x = x.scale(zero=False, nice=False, padding=12)
    tips = [
        alt.Tooltip("seats:Q", title=say(lang, "curve.seats")),
        alt.Tooltip("seat_hours:Q", title=say(lang, "curve.seat_hours")),
        alt.Tooltip("service_level:Q", title=say(lang, "curve.service_level"), format=".1%"),
        alt.Tooltip("occupancy:Q", title=say(lang, "curve.occupancy"), format=".1%"),
        alt.Tooltip("asa_s:Q", title=say(lang, "curve.asa")),
        alt.Tooltip("late:Q", title=say(lang, "curve.late")),
        alt.Tooltip("abandoned:Q", title=say(lang, "curve.abandoned")),
        alt.Tooltip("cost:Q", title=say(lang, "curve.cost"), format=",.0f"),
        alt.Tooltip("per_saved:Q", title=say(lang, "curve.per_saved")),
    ]
    colour = alt.when("datum.required").then(alt.value(SHORT)).otherwise(alt.value(ROSTERED))
    layers = [
        rows.mark_line(color=ROSTERED, strokeWidth=1.8).encode(x=x, y=y),
        rows.mark_point(filled=True, size=60, opacity=1).encode(
            x=x, y=y, color=colour, tooltip=tips
        ),
    ]
    if against is not None:
        line = rows.mark_line(color=REQUIRED, strokeWidth=1.2, strokeDash=[4, 2])
        layers.insert(0, line.encode(x=x, y=f"{against}:Q"))
    return alt.layer(*layers).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)


def _values(own: pd.DataFrame, cap: float) -> list[dict[str, Any]]:
    """Return the rows as plain values; what is unknown or endless is null."""
    columns = {
        "seats": (own["seats"], DECIMALS),
        "seat_hours": (own["seat_hours"], DECIMALS),
        "service_level": (own["service_level"], SERVICE_DECIMALS),
        "target": (own["target"], SERVICE_DECIMALS),
        "occupancy": (own["occupancy"], SERVICE_DECIMALS),
        "cap": (pd.Series(cap, index=own.index), SERVICE_DECIMALS),
        "asa_s": (own["asa_s"], DECIMALS),
        "late": (own["late"], DECIMALS),
        "abandoned": (own["abandoned"], DECIMALS),
        "cost": (own["cost"], DECIMALS),
        "per_saved": (own["cost_per_saved"], DECIMALS),
    }
    numbers = {name: values.round(digits) for name, (values, digits) in columns.items()}
    rows = pd.DataFrame(numbers).to_dict("records")
    return [
        {str(name): value if math.isfinite(value) else None for name, value in row.items()}
        | {"required": bool(required)}
        for row, required in zip(rows, own["required"], strict=True)
    ]
