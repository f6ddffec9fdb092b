"""The calendar of a contract: which kind of day a date is, and how many of each a month has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pandas as pd

from staffing.quote.known import DEARER, KINDS
from staffing.quote.notes import Notes
from staffing.quote.priors import table
from staffing.quote.prospect import Prospect
from staffing.words import Statement
from staffing.workspace import Workspace

__all__ = ["add_months", "days_per_month", "first_day", "kind_name", "promotion_days"]

MONTHS_A_YEAR = 12
YEAR = 365


def kind_name(frequency: str, sales: Mapping[dt.date, str], date: dt.date) -> str:
    """Return the kind of a day by the platform's sales, else by how often the shop has them."""
    if frequency == "none":
        return "ordinary"
    return sales.get(date) or _by_frequency(frequency, date)


def _by_frequency(frequency: str, date: dt.date) -> str:
    """Return the kind of a day where sales are spread over the year."""
    said = table("frequency")[frequency]
    warm_up, peak, tail = (int(said[name]) for name in ("warm_up", "peak", "tail"))
    if "weekday" in said:
        since = (date.weekday() - int(said["weekday"])) % 7
        return "peak" if since < peak else "tail" if since < peak + tail else "ordinary"
    nearest = "ordinary"
    for year in (date.year - 1, date.year, date.year + 1):
        for text in said["dates"]:
            since = (date - dt.date.fromisoformat(f"{year}-{text}")).days
            if 0 <= since < peak:
                return "peak"
            if -warm_up <= since < 0:
                nearest = "warm_up"
            elif peak <= since < peak + tail and nearest == "ordinary":
                nearest = "tail"
    return nearest


def promotion_days(
    prospect: Prospect, category: str, workspace: Workspace | None
) -> Mapping[dt.date, str]:
    """Return the platform's promotion days that the workspace knows, with their kind.

    Only for a merchant who has promotions more than once a year: who has one takes part in the
    largest, which the frequency's dates hold.
    """
    if workspace is None or prospect.promotions in ("none", "yearly"):
        return {}
    phases = table("phase")
    found: dict[dt.date, str] = {}
    rows = workspace.promotions
    mine = (rows["platform"] == prospect.platform) & rows["shop_id"].isna()
    mine &= rows["category"].isna() | (rows["category"] == category)
    for start, end, phase in rows.loc[mine, ["start", "end", "phase"]].itertuples(index=False):
        name = phases.get(str(phase), "peak")
        last = end - pd.Timedelta(minutes=1)
        for day in pd.date_range(start.normalize(), last.normalize()):
            before = found.get(day.date(), "tail")
            found[day.date()] = min(name, before, key=DEARER.index)
    return found


def days_per_month(
    prospect: Prospect, sales: Mapping[dt.date, str], start: dt.date, served: Sequence[int]
) -> Mapping[str, float]:
    """Return how many served days of a mean month of the year from `start` on are of each kind."""
    found = dict.fromkeys(KINDS, 0.0)
    for number in range(YEAR):
        date = start + dt.timedelta(days=number)
        if date.weekday() in served:
            found[kind_name(prospect.promotions, sales, date)] += 1 / MONTHS_A_YEAR
    return found


def first_day(prospect: Prospect, workspace: Workspace | None, notes: Notes) -> dt.date:
    """Return the first day of the service: as told, else after what is known, else a prior."""
    if prospect.start is not None:
        return prospect.start
    if workspace is not None and not workspace.history.empty:
        last: pd.Timestamp = workspace.history["start"].max()
        found = last.date() + dt.timedelta(days=1)
    else:
        found = dt.date.fromisoformat(table("calendar")["start"])
    notes.add("terms.start", f"{found}", Statement("quote.origin_usual"))
    return found


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later month, its last one where that month is shorter.

    Examples
    --------
    >>> add_months(dt.date(2026, 11, 30), 3)
    datetime.date(2027, 2, 28)
    """
    stamp = pd.Timestamp(day) + pd.DateOffset(months=months)
    return stamp.date()
