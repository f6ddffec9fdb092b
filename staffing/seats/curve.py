"""What one seat more or less is worth: service and cost with every half hour's seats shifted.

The half hours of a pool are moved together, two seats down to three up, from what they require.
Service level and abandonment are averaged over the forecast's doubt exactly as the requirement
was; occupancy and ASA are those of the expected contacts. A shift may go below the presence, for
what the presence costs is one of the questions, but never below an empty floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from staffing.grid import INTERVAL_MIN
from staffing.scenario import SeatSettings
from staffing.seats import ASKS, rostered, staffed
from staffing.seats.checks import Floats, Ints
from staffing.seats.demand import by_channel
from staffing.seats.doubt import volumes
from staffing.seats.judged import reply_levels
from staffing.seats.lines import TOLERANCE, Line, met
from staffing.seats.tickets import tickets_at

__all__ = ["OFFSETS", "Curve", "curve"]

OFFSETS = (-2, -1, 0, 1, 2, 3)
SEAT_H = INTERVAL_MIN / 60
CELL = ["pool", "slot"]
SUMMED = [
    "half_hours",
    "seats",
    "contacts",
    "wanted",
    "good",
    "answered",
    "wait_s",
    "slots",
    "busy",
    "ticketed",
    "ticket_h",
    "ticket_late_h",
]
LEAST_SAVED = 1e-9
"""Contacts a day below which none is saved."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Service and cost around the requirement.

    Attributes
    ----------
    table : one row a pool (and service day, where days are apart) and offset, ascending. What is
        summed is per service day; money is yuan.

        - pool, date (where days are apart), offset (seats more than required in every half hour)
        - half_hours (per day), seats (at work, mean over the half hours), peak_seats,
          seat_hours (rostered, with shrinkage)
        - contacts (expected), target (the shops' service-level targets, weighted by contacts)
        - service_level, late (contacts not answered within their threshold, those who abandon
          among them), abandoned (contacts; NaN where the pool's patience is not told)
        - occupancy (tickets among it), asa_s (infinite where some half hour's queue only grows)
        - ticket_h, ticket_late_h (seat-hours of tickets worked, and of those overdue)
        - reply_level, reply_target (of the reply metric that is nearest to failing, weighted by
          contacts; NaN where no shop has one)
        - cost, cost_per_contact (of those in time; NaN where none is), cost_per_saved (what one
          more contact in time costs by the step up to this row; NaN in the first row, infinite
          where the step saves none)
        - required (whether these are the required seats), by_service_level, by_occupancy,
          ... (half hours per day that each of `staffing.seats.ASKS` set)
    seat_hour : yuan that an hour of one rostered seat costs
    max_occupancy : the cap on occupancy
    at_min : the one half hour that was asked for, in minutes after midnight; None for all
    """

    table: pd.DataFrame
    seat_hour: float
    max_occupancy: float
    at_min: int | None


def curve(
    demand: pd.DataFrame,
    settings: SeatSettings,
    tie: float,
    seat_hour: float,
    *,
    days: Sequence[pd.Timestamp] | None = None,
    at_min: int | None = None,
    by_day: bool = False,
) -> Curve:
    """Return service and cost around the required seats.

    Parameters
    ----------
    demand : contacts per shop and half hour, as `staffing.seats.demand_by_shop` returns them, of
        whole pools over the whole horizon, for a pool's queue is that of its horizon
    tie : correlation of the shops' forecast errors
    seat_hour : yuan that an hour of one rostered seat costs
    days : the service days that are asked for; all if None
    at_min : minutes after midnight of the one half hour that is asked for; all if None
    by_day : whether each day has a curve of its own

    Returns
    -------
    Curve
        Offsets that would only empty an empty floor again are left out.
    """
    table, own = staffed(demand, settings, tie, over_time=True)
    live, tickets = by_channel(demand)
    table = table.join(_by_offset(live, tickets, table, own))
    if days is not None:
        table = table[table["date"].isin(days)]
    if at_min is not None:
        start = pd.DatetimeIndex(table["start"])
        table = table[start.hour * 60 + start.minute == at_min]
    rows = _shifted(table, settings.shrinkage)
    rows = rows.join(_service(live, rows, own, settings), on=[*CELL, "offset"])
    keys = ["pool", "date"] if by_day else ["pool"]
    made = _summed(rows, keys, seat_hour)
    return Curve(
        table=made, seat_hour=seat_hour, max_occupancy=settings.max_occupancy, at_min=at_min
    )


def _by_offset(
    live: pd.DataFrame, tickets: pd.DataFrame, table: pd.DataFrame, own: Mapping[str, Line]
) -> pd.DataFrame:
    """Return what other seats do to the horizon's tickets and replies, half hour by half hour.

    Returns
    -------
    DataFrame indexed like `table`, for each offset: done, overdue (seat-hours of tickets) and
    reply (level of the metric nearest to failing), with the offset behind the name; reply_target
    """
    found: dict[str, Floats] = {}
    seats, spare = (table[name].to_numpy(np.int64) for name in ("on_seat", "spare"))
    for offset in OFFSETS:
        shifted = np.maximum(seats + offset, 0)
        work = tickets_at(live, tickets, table, shifted, np.minimum(spare, shifted))
        found[f"done{offset}"], found[f"overdue{offset}"] = work.done_h, work.late_h
        replied = reply_levels(live, table, own, shifted.astype(np.float64))
        found[f"reply{offset}"] = replied["reply_level"].to_numpy(np.float64)
        found["reply_target"] = replied["reply_target"].to_numpy(np.float64)
    return pd.DataFrame(found, index=table.index)


def _shifted(table: pd.DataFrame, shrinkage: float) -> pd.DataFrame:
    """Return the half hours once for each offset, with the seats at work and rostered."""
    each = [
        table.assign(
            offset=offset,
            ticket_h=table[f"done{offset}"],
            ticket_late_h=table[f"overdue{offset}"],
            reply=table[f"reply{offset}"],
        )
        for offset in OFFSETS
    ]
    rows = pd.concat(each, ignore_index=True)
    on_seat = (rows["on_seat"] + rows["offset"]).clip(lower=0).to_numpy(np.int64)
    return rows.assign(on_seat=on_seat, seats=rostered(on_seat, shrinkage))


def _service(
    demand: pd.DataFrame, rows: pd.DataFrame, own: Mapping[str, Line], settings: SeatSettings
) -> pd.DataFrame:
    """Return what the contacts of each half hour and offset meet.

    Returns
    -------
    DataFrame indexed by pool, slot and offset: wanted, good and abandoned (contacts to be
    answered in time by the targets, so answered, and lost), answered and wait_s (contacts
    answered at the expected volume, and their waits together), slots and busy (answer slots)
    """
    asked = demand.assign(wanted=demand["contacts"] * demand["target_level"])
    asked = asked.groupby(
        [*CELL, "answer_within_s", "above", "upto"], as_index=False, sort=False
    ).agg(own_contacts=("contacts", "sum"), wanted=("wanted", "sum"))
    # The level plays no part in what is met; it is only part of a queue's profile.
    each = rows.merge(asked.assign(target_level=0.5), on=CELL)
    seats, contacts = each["on_seat"].to_numpy(np.int64), each["own_contacts"].to_numpy(np.float64)
    level, lost, occupancy, asa_s, kept = _met(each, own, seats, settings)
    slots = np.floor(seats * each["concurrency"].to_numpy(np.float64) + TOLERANCE)
    slots /= each.groupby([*CELL, "offset"])["slot"].transform("size").to_numpy(np.float64)
    answered = contacts * kept
    waits = np.multiply(answered, asa_s, out=np.zeros_like(answered), where=answered > 0)
    told = pd.DataFrame(
        {
            "wanted": each["wanted"],
            "good": contacts * level,
            "abandoned": contacts * lost,
            "answered": answered,
            "wait_s": waits,
            "slots": slots,
            "busy": slots * occupancy,
        }
    )
    return told.groupby([each[name] for name in (*CELL, "offset")]).sum(min_count=1)


def _met(
    each: pd.DataFrame, own: Mapping[str, Line], seats: Ints, settings: SeatSettings
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return what doubtful and expected volumes meet.

    Returns
    -------
    service level and share abandoned over the doubt; occupancy, ASA and share answered of the
    expected contacts; each (n,)
    """
    expected = each["contacts"].to_numpy(np.float64)
    if settings.demand == "expected":
        seen = volumes(expected, each["noise"].to_numpy(np.float64))
    else:
        seen = each["planned_contacts"].to_numpy(np.float64)[:, None]
    found = met(each, own, seats, np.column_stack([seen, expected]))
    level, lost = found.service_level[:, :-1].mean(axis=1), found.abandoned[:, :-1].mean(axis=1)
    kept = 1 - np.nan_to_num(found.abandoned[:, -1])
    return level, lost, found.occupancy[:, -1], found.asa_s[:, -1], kept


def _summed(rows: pd.DataFrame, keys: list[str], seat_hour: float) -> pd.DataFrame:
    """Return a row a group and offset; see `Curve`."""
    binding = {f"by_{name}": rows["binding"] == name for name in ASKS}
    weight = rows["contacts"].where(rows["reply_target"].notna(), 0.0)
    told = {
        "ticketed": rows["ticket_h"] / SEAT_H * rows["concurrency"],
        "judged": weight,
        "reply_share": weight * rows["reply"],
        "reply_asked": weight * rows["reply_target"],
    }
    groups = rows.assign(**binding, **told, half_hours=1).groupby([*keys, "offset"], sort=True)
    days = groups["date"].nunique()
    daily = groups[[*binding, *SUMMED]].sum().div(days, axis=0)
    lost = groups["abandoned"].sum(min_count=1) / days
    judged = groups["judged"].sum()
    contacts, cost = daily["contacts"], daily["seats"] * SEAT_H * seat_hour
    some = contacts.where(contacts > 0)
    made = pd.DataFrame(
        {
            "half_hours": daily["half_hours"],
            "seats": groups["on_seat"].mean(),
            "peak_seats": groups["on_seat"].max(),
            "seat_hours": daily["seats"] * SEAT_H,
            "contacts": contacts,
            "target": daily["wanted"] / some,
            "service_level": (daily["good"] / some).fillna(1.0),
            "late": (contacts - daily["good"]).clip(lower=0.0),
            "abandoned": lost,
            "occupancy": _share(daily["busy"] + daily["ticketed"], daily["slots"], contacts, 1.0),
            "asa_s": _share(daily["wait_s"], daily["answered"], contacts, np.inf),
            "cost": cost,
            "cost_per_contact": cost / daily["good"].where(daily["good"] > LEAST_SAVED),
            "ticket_h": daily["ticket_h"],
            "ticket_late_h": daily["ticket_late_h"],
            "reply_level": groups["reply_share"].sum() / judged.where(judged > 0),
            "reply_target": groups["reply_asked"].sum() / judged.where(judged > 0),
        }
    ).reset_index()
    by_group = made.groupby(keys, sort=False)
    saved = -by_group["late"].diff()
    per_saved = by_group["cost"].diff() / saved.where(saved > LEAST_SAVED)
    made["cost_per_saved"] = per_saved.mask(saved <= LEAST_SAVED, np.inf)
    made["required"] = made["offset"] == 0
    made = made.join(daily[list(binding)], on=[*keys, "offset"])
    emptied = by_group["seats"].diff(-1) == 0
    return made[~emptied].reset_index(drop=True)


def _share(part: pd.Series, whole: pd.Series, contacts: pd.Series, lost: float) -> pd.Series:
    """Return part of a whole; 0 without contacts, `lost` where contacts find nobody."""
    found = part / whole.where(whole > 0)
    return found.fillna((contacts > 0).map({True: lost, False: 0.0}))
