"""The CSV tables: roster, seats, forecast, ledger: one row a fact, for Excel and for machines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from staffing.plan import Plan

DAY, MINUTE = "%Y-%m-%d", "%Y-%m-%d %H:%M"
DECIMALS = {
    "contacts": 3,
    "planned_contacts": 3,
    "aht_s": 1,
    "concurrency": 3,
    "load_erl": 4,
    "service_level": 4,
    "occupancy": 4,
    "asa_s": 1,
    "reply_level": 4,
    "reply_target": 4,
    "mean": 3,
    "rostered_level": 4,
}
"""Digits that a planner can use; seats keep two (speeds come in twentieths)."""
SEAT_DECIMALS = 2
SHOWN_ONLY = {"name", "team"}
"""Columns of free text that nothing reads back."""
FORMULA = r"[=+\-@\t\r]"
"""What a cell begins with that Excel takes for a formula."""


def roster_table(plan: Plan) -> pd.DataFrame:
    """Return one row a stretch: the assignments with paid_h, the paid hours of the stretch.

    With that column the file is, as ``rosters.csv``, a table of the next week's workspace.
    """
    return stretches_table(plan.roster.assignments)


def stretches_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return assignments with times as text and the paid hours of each stretch."""
    length_h = (table["end"] - table["start"]).dt.total_seconds() / 3600
    return table.assign(
        date=table["date"].dt.strftime(DAY),
        **{
            name: table[name].dt.strftime(MINUTE)
            for name in ("shift_start", "shift_end", "start", "end")
        },
        paid_h=length_h.where(table["activity"] != "meal", 0.0),
    )


def seats_table(plan: Plan) -> pd.DataFrame:
    """Return one row a pool and open half hour: what is required and what is rostered.

    rostered_level and queue_end are the service level that the roster reaches, backlog carried,
    and the contacts that wait as the half hour ends.
    """
    rostered = plan.roster.coverage[["pool", "slot", "rostered", "uncovered", "surplus"]]
    columns = [
        "pool",
        "date",
        "start",
        "contacts",
        "planned_contacts",
        "aht_s",
        "concurrency",
        "load_erl",
        "seats",
        "binding",
        "service_level",
        "occupancy",
        "asa_s",
        "reply_level",
        "reply_target",
        "ticket_h",
        "ticket_late_h",
        "rostered",
        "uncovered",
        "surplus",
        "rostered_level",
        "queue_end",
    ]
    lived = plan.course[["pool", "slot", "service_level", "queue_end"]]
    lived = lived.rename(columns={"service_level": "rostered_level"})
    table = plan.seats.table.merge(rostered, on=["pool", "slot"])
    return _plain(table.merge(lived, on=["pool", "slot"])[columns])


def forecast_table(plan: Plan) -> pd.DataFrame:
    """Return one row a shop and open half hour: mean, quantiles, 1 on a promotion day."""
    table = plan.forecast.table
    quantiles = [name for name in table.columns if str(name).startswith("q")]
    columns = ["shop_id", "date", "start", "mean", *quantiles, "event"]
    return _plain(table[columns].astype({"event": "int64"}))


def ledger_table(plan: Plan) -> pd.DataFrame:
    """Return one row an agent and item of the ledger: before, in and after the horizon.

    comparable is 1 where she could have had any; had and share are counts (``hard``: hours).
    """
    people = plan.workspace.agents[["name", "team"]].rename_axis("agent_id").reset_index()
    table = people.merge(plan.ledger.table, on="agent_id").astype({"comparable": "int64"})
    figures = table.select_dtypes("float64").columns
    return table.assign(**{name: table[name].round(SEAT_DECIMALS) + 0.0 for name in figures})


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with times as text, floats rounded, and blanks for what is not finite."""
    found = table.assign(
        date=table["date"].dt.strftime(DAY), start=table["start"].dt.strftime(MINUTE)
    )
    for name in found.select_dtypes("float64").columns:
        finite = found[name].replace([np.inf, -np.inf], np.nan)
        found[name] = finite.round(DECIMALS.get(str(name), SEAT_DECIMALS)) + 0.0
    return found


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV; the byte-order mark makes Excel read the Chinese right.

    Names that Excel would run as a formula get an apostrophe in front. Identifiers stay as they
    are, since the file is read back by them.
    """
    for column in SHOWN_ONLY & set(table.columns):
        text = table[column].astype("str")
        table = table.assign(**{column: text.mask(text.str.match(FORMULA), "'" + text)})
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")
