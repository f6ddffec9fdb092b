"""How many seats: per pool and day, and what other pools would take."""

from __future__ import annotations

from staffing.seats import SeatRequirement
from staffing.seats.pools import Pooling
from staffing.tell.console import as_json, line, records, speaker, table
from staffing.words import Lang

LEAST_TOLD_H = 0.05
"""Seat-hours of overdue tickets that are worth a line."""


def required(made: SeatRequirement, lang: Lang, *, machine: bool) -> None:
    """Print seat-hours and peak per pool and day."""
    if machine:
        as_json(records(made.table))
        return
    say = speaker(lang)
    days = sorted(made.table["date"].unique())
    rows = []
    for pool, own in made.table.groupby("pool", sort=True):
        cells = [own[own["date"] == day]["seats"] for day in days]
        rows.append([str(pool), *(f"{c.sum() / 2:,.1f} ({c.max()})" for c in cells)])
    head = f"{say('table.seat_hours')} ({say('table.peak_seats')})"
    table([f"{say('table.pool')} - {head}", *(f"{day:%m-%d}" for day in days)], rows)
    late_h = made.table.groupby("pool")["ticket_late_h"].sum()
    for name, hours in late_h[late_h > LEAST_TOLD_H].items():
        line(say("say.tickets_late", pool=name, hours=f"{hours:.1f}"))


def pools(now: Pooling, then: Pooling, lang: Lang, *, machine: bool) -> None:
    """Print the pools as they are beside those proposed."""
    if machine:
        as_json({"now": records(now.table), "proposed": records(then.table)})
        return
    say = speaker(lang)
    numbers = {"separate": then.separate_h, "now": now.together_h, "proposed": then.together_h}
    line(say("say.pooled", **{k: f"{value:,.1f}" for k, value in numbers.items()}))
    for title, made in (("pools_now", now), ("pools_proposed", then)):
        line(say(f"say.{title}"))
        names = ("pool", "shops", "separate_h", "together_h", "peak_seats", "trainings")
        rows = [
            [
                str(row["pool"]),
                " ".join(row["shops"]),
                f"{row['separate_h']:,.1f}",
                f"{row['together_h']:,.1f}",
                f"{row['separate_peak']} → {row['together_peak']}",
                f"{row['trainings']}",
            ]
            for row in made.table.to_dict("records")
        ]
        table([say(f"table.{name}") for name in names], rows)
