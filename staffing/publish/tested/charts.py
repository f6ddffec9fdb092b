"""The charts of a backtest's page: specifications with their data, and rows to choose from."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from staffing.forecast.scores import INTERVALS, METHODS
from staffing.publish.charts import FONT, PANEL_HEIGHT, PANEL_WIDTH, PANELS_PER_ROW
from staffing.publish.tested.figures import Scored
from staffing.words import Lang, say

ACTUAL, BAND, EVENT, SOFT = "#1F2A37", "#9DC3E6", "#D64545", "#8793A1"
COLOURS = {"forecast": "#2B6CB0", "usual": "#C98A1B", "naive": SOFT}
KIND_COLOURS = {"all": "#2B6CB0", "promotion": EVENT, "ordinary": "#2F7D4F"}
DATA = "days"
"""Name of the data set in the chart of days; the page fills it."""
MOST_PANELS = 12
"""Origins drawn; the latest."""
MOST_SHOPS, MOST_BARS = 12, 30
"""Largest shops offered in the chart of days, and compared with naive."""
COMPARED = {method: COLOURS[method] for method in ("forecast", "naive")}
CHART_WIDTH, CHART_HEIGHT, BAR_HEIGHT = 460, 230, 18
LOW, HIGH = INTERVALS["hit_80"]


def days_chart(lang: Lang) -> dict[str, Any]:
    """Return actual and forecast of one shop or all: a panel an origin.

    Rows of the data: panel (heading), day (text), actual, forecast, low, high, event.
    """
    x = alt.X("day:O").sort(None).axis(title=None, grid=False, labelAngle=0, labelOverlap=True)
    y = alt.Y("low:Q").axis(title=say(lang, "tested.contacts_axis"), tickCount=4)
    rows = alt.Chart(alt.NamedData(DATA))
    tips = [
        alt.Tooltip("day:N", title=say(lang, "label.date")),
        alt.Tooltip("actual:Q", title=say(lang, "tested.actual")),
        alt.Tooltip("forecast:Q", title=say(lang, "tested.forecast")),
        alt.Tooltip("low:Q", title=say(lang, "tested.low")),
        alt.Tooltip("high:Q", title=say(lang, "tested.high")),
    ]
    layers = alt.layer(
        rows.mark_area(color=BAND, opacity=0.45).encode(x=x, y=y, y2="high:Q"),
        rows.mark_line(color=COLOURS["forecast"], strokeWidth=1.8).encode(x=x, y="forecast:Q"),
        rows.mark_line(color=ACTUAL, strokeWidth=1.2, strokeDash=[4, 2]).encode(x=x, y="actual:Q"),
        rows.mark_point(color=ACTUAL, filled=True, size=26, opacity=1).encode(
            x=x,
            y="actual:Q",
            color=alt.when("datum.event").then(alt.value(EVENT)).otherwise(alt.value(ACTUAL)),
            tooltip=tips,
        ),
    ).properties(width=PANEL_WIDTH, height=PANEL_HEIGHT)
    panels = layers.facet(
        facet=alt.Facet("panel:N").sort(None).title(None).header(labelFontWeight=600),
        columns=PANELS_PER_ROW,
        spacing=18,
    ).resolve_scale(x="independent")
    return _dressed(panels)


def days_data(made: Scored) -> list[dict[str, Any]]:
    """Return name and rows of all shops together and of the largest, latest origins only.

    A total has no interval: quantiles of shops do not add up to quantiles of their sum.
    """
    rows = made.rows
    latest = sorted(rows["origin"].unique())[-MOST_PANELS:]
    rows = rows[rows["origin"].isin(latest)]
    together = rows.groupby(["origin", "date"], sort=True, as_index=False).agg(
        actual=("actual", "sum"), forecast=("forecast", "sum"), event=("event", "any")
    )
    found = [{"name": say(made.lang, "tested.all_shops"), "rows": _days(together, made.lang)}]
    names = made.workspace.shops["name"]
    for shop in list(made.by_volume("shop"))[:MOST_SHOPS]:
        own = rows[rows["shop_id"] == shop].sort_values(["origin", "date"])
        label = say(made.lang, "label.shop_of", shop=shop, name=names[shop])
        found.append({"name": label, "rows": _days(own, made.lang)})
    return found


def _days(rows: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    banded = {LOW, HIGH} <= set(rows.columns)
    found = pd.DataFrame(
        {
            "panel": [say(lang, "tested.from_origin", day=f"{o:%Y-%m-%d}") for o in rows["origin"]],
            "day": rows["date"].dt.strftime("%m-%d").to_numpy(),
            "actual": rows["actual"].round(1).to_numpy(),
            "forecast": rows["forecast"].round(1).to_numpy(),
            "low": rows[LOW].round(1).to_numpy() if banded else None,
            "high": rows[HIGH].round(1).to_numpy() if banded else None,
            "event": rows["event"].astype(bool).to_numpy(),
        }
    )
    return _records(found)


def lead_chart(made: Scored) -> dict[str, Any]:
    """Return the WAPE of every method by the days ahead."""
    table = made.of("lead_days")
    rows = pd.DataFrame(
        {
            "ahead": table["key"].astype("int64") + 1,
            "method": [say(made.lang, f"tested.{method}") for method in table["method"]],
            "wape": table["wape"],
        }
    ).sort_values("ahead", kind="stable")
    chart = alt.Chart(_inline(rows)).mark_line(point=True, strokeWidth=1.8)
    return _dressed(
        chart.encode(
            x=alt.X("ahead:Q")
            .axis(title=say(made.lang, "tested.ahead_axis"), tickMinStep=1, grid=False)
            .scale(zero=False),
            y=alt.Y("wape:Q").axis(title=say(made.lang, "label.wape"), format=".0%"),
            color=_coloured("method", made.lang, COLOURS),
            tooltip=["ahead:Q", "method:N", alt.Tooltip("wape:Q", format=".1%")],
        ).properties(width=CHART_WIDTH, height=CHART_HEIGHT)
    )


def kind_chart(made: Scored) -> dict[str, Any]:
    """Return the WAPE of every method on promotion and on ordinary days."""
    table = made.scores[made.scores["scope"] == "all"]
    rows = pd.DataFrame(
        {
            "kind": [say(made.lang, f"tested.{kind}") for kind in table["kind"]],
            "method": [say(made.lang, f"tested.{method}") for method in table["method"]],
            "wape": table["wape"],
        }
    )
    order = [say(made.lang, f"tested.{method}") for method in METHODS]
    chart = alt.Chart(_inline(rows)).mark_bar()
    return _dressed(
        chart.encode(
            x=alt.X("kind:N").sort(None).axis(title=None, labelAngle=0),
            xOffset=alt.XOffset("method:N").sort(order),
            y=alt.Y("wape:Q").axis(title=say(made.lang, "label.wape"), format=".0%"),
            color=_coloured("method", made.lang, COLOURS),
            tooltip=["kind:N", "method:N", alt.Tooltip("wape:Q", format=".1%")],
        ).properties(width=CHART_WIDTH, height=CHART_HEIGHT)
    )


def shop_chart(made: Scored) -> dict[str, Any]:
    """Return the WAPE of the largest shops beside that of the naive forecast."""
    lang, names = made.lang, made.workspace.shops["name"]
    found = [
        {
            "shop": say(lang, "label.shop_of", shop=shop, name=names[shop]),
            "method": say(lang, f"tested.{method}"),
            "wape": own[method]["wape"],
        }
        for shop, own in list(made.by_volume("shop").items())[:MOST_BARS]
        for method in COMPARED
        if own[method]["wape"] == own[method]["wape"]  # a shop without contacts has none
    ]
    rows = pd.DataFrame(found, columns=["shop", "method", "wape"])
    y = alt.Y("shop:N").sort(None).axis(title=None, labelLimit=260)
    x = alt.X("wape:Q").axis(title=say(lang, "label.wape"), format=".0%")
    chart = alt.Chart(_inline(rows))
    layers = alt.layer(
        chart.mark_line(color="#CBD2D9", strokeWidth=3).encode(x=x, y=y, detail="shop:N"),
        chart.mark_point(filled=True, size=75, opacity=1).encode(
            x=x,
            y=y,
            color=_coloured("method", lang, COMPARED),
            tooltip=["shop:N", "method:N", alt.Tooltip("wape:Q", format=".1%")],
        ),
    )
    height = BAR_HEIGHT * max(rows["shop"].nunique(), 2)
    return _dressed(layers.properties(width=CHART_WIDTH + 200, height=height))


def calibration_chart(made: Scored) -> dict[str, Any]:
    """Return the share of actuals below each quantile against the quantile's level."""
    lang = made.lang
    rows = made.calibration.assign(
        kind=[say(lang, f"tested.{k}") for k in made.calibration["kind"]]
    )
    unit = alt.Scale(domain=[0, 1], nice=False)
    right = alt.Chart(_inline(pd.DataFrame({"at": [0.0, 1.0]})))
    layers = alt.layer(
        right.mark_line(color=SOFT, strokeDash=[4, 3]).encode(x="at:Q", y="at:Q"),
        alt.Chart(_inline(rows))
        .mark_line(point=True, strokeWidth=1.8)
        .encode(
            x=alt.X("level:Q", scale=unit).axis(title=say(lang, "tested.level_axis"), format="%"),
            y=alt.Y("observed:Q", scale=unit).axis(
                title=say(lang, "tested.observed_axis"), format="%"
            ),
            color=_coloured("kind", lang, KIND_COLOURS),
            tooltip=[
                "kind:N",
                alt.Tooltip("level:Q", format=".1%"),
                alt.Tooltip("observed:Q", format=".1%"),
                "shop_days:Q",
            ],
        ),
    )
    return _dressed(layers.properties(width=CHART_WIDTH - 120, height=CHART_WIDTH - 120))


def _coloured(field: str, lang: Lang, colours: dict[str, str]) -> alt.Color:
    names = [say(lang, f"tested.{name}") for name in colours]
    scale = alt.Scale(domain=names, range=list(colours.values()))
    return alt.Color(f"{field}:N", scale=scale).legend(title=None, orient="top")


def _inline(rows: pd.DataFrame) -> alt.InlineData:
    return alt.InlineData(values=_records(rows))


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values; what is not known is null."""
    return [
        {
            str(name): None if isinstance(value, float) and value != value else value  # noqa: PLR0124
            for name, value in row.items()
        }
        for row in rows.to_dict("records")
    ]


def _dressed(chart: Any) -> dict[str, Any]:
    """Return a specification that looks like the plan's charts."""
    look = chart.configure(font=FONT, padding=4).configure_view(stroke="#E3E8EF")
    look = look.configure_axis(
        labelColor="#52606D", titleColor="#52606D", gridColor="#EEF1F5", domainColor="#CBD2D9"
    )
    found: dict[str, Any] = look.to_dict()
    return found
