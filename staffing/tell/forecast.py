"""What is expected: contacts per day, the running day, what a number is made of."""

from __future__ import annotations

import math
import re
from pathlib import Path

from staffing.forecast import Forecast
from staffing.forecast.today import Today
from staffing.tell.console import as_json, line, records, speaker, table
from staffing.words import Lang

CLOSED = "closed"
"""What the forecast calls closings, whatever their name."""


def contacts(
    made: Forecast,
    shop: str | None,
    told: Today | None,
    kept: Path | None,
    lang: Lang,
    *,
    machine: bool,
) -> None:
    """Print the contacts per shop and day, or one shop's with their quantiles.

    `told` is the running day beside what has come, where one was asked for; `kept` the file that
    the forecast was kept in.
    """
    daily = made.daily if shop is None else made.daily[made.daily["shop_id"] == shop]
    if machine:
        as_json(records(daily))
        return
    by_day = daily.pivot_table(index="shop_id", columns="date", values="mean", sort=False)
    say = speaker(lang)
    if shop is not None:
        quantiles = [name for name in daily.columns if re.fullmatch(r"q[\d.]+", name)]
        for name in quantiles:
            by_day.loc[name] = daily[name].to_numpy()
    if told is not None:
        _today(told, shop, lang)
    rows = [[str(name), *(f"{value:,.0f}" for value in row)] for name, row in by_day.iterrows()]
    if shop is None:
        rows.append([say("table.total"), *(f"{value:,.0f}" for value in by_day.sum())])
    table([say("table.shop"), *(f"{day:%m-%d}" for day in by_day.columns)], rows)
    _strengths(made, lang)
    if kept is not None:
        line(say("say.kept", path=kept))


def parts(made: Forecast, shop: str, day: str, lang: Lang, *, machine: bool) -> None:
    """Print the factors of a shop's day; they multiply to the number."""
    say, factors = speaker(lang), made.parts(shop, day)
    if machine:
        as_json(factors)
        return
    rows, value = [], 1.0
    for part in factors:
        value *= part["factor"]
        if part["kind"] != "event":
            name = say(f"part.{part['kind']}")
        else:
            event = say("part.closed") if part["event"] == CLOSED else part["event"]
            name = " ".join(filter(None, [event, part["phase"], say(f"part.{part['when']}")]))
        about = ""
        if part["kind"] == "event" and part["told"]:
            about = say("part.told")
        elif part["kind"] == "event":
            numbers = {k: f"{part[k]:.2f}" for k in ("usual", "own", "running")}
            about = say("part.shrunk", **numbers, count=part["editions"])
        factor = f"{part['factor']:,.1f}" if part["kind"] == "level" else f"× {part['factor']:.3f}"
        rows.append([name, factor, f"{value:,.1f}", about])
    table([say(f"table.{name}") for name in ("part", "factor", "contacts", "because")], rows)


def _today(told: Today, shop: str | None, lang: Lang) -> None:
    """Print what has come beside what was expected, and what that makes of the day."""
    say = speaker(lang)
    shops = told.shops if shop is None else told.shops[told.shops["shop_id"] == shop]
    quantiles = [name for name in shops.columns if name.startswith("q")]
    low, high = quantiles[0], quantiles[-1]
    shown = shops[["expected", "came", "morning", "total", low, high]].to_numpy().tolist()
    rows = [
        [str(name), *("-" if math.isnan(value) else f"{value:,.0f}" for value in values)]
        for name, values in zip(shops["shop_id"], shown, strict=True)
    ]
    until = f"{told.until:%H:%M}"
    line(say("say.as_of", time=f"{told.until:%Y-%m-%d %H:%M}"))
    names = ("shop", "expected_by", "came_by", "morning", "now", "low", "high")
    table([say(f"table.{name}", time=until, low=low, high=high) for name in names], rows)


def _strengths(made: Forecast, lang: Lang) -> None:
    """Print how strong the promotions of the days are, a person's estimate beside the data's."""
    say, found = speaker(lang), made.strengths()
    rows = [
        [
            f"{row['event']} {row['phase']}",
            f"{row['shops']}",
            "-" if math.isnan(row["told"]) else f"{row['told']:.2f}",
            f"{row['multiple']:.2f}",
            f"{row['low']:.2f}-{row['high']:.2f}",
        ]
        for row in found.to_dict("records")
    ]
    if rows:
        names = ("promotion", "shop_count", "told", "by_data", "range")
        table([say(f"table.{name}") for name in names], rows)
