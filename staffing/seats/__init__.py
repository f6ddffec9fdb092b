"""Forecast → seats per pool and half hour.

The shops of a pool are answered from one queue by agents trained for all of them. Chat is
``seats × concurrency`` answer slots, each a server with the handle time observed at that
concurrency; phone is the same with one slot a seat, which is Erlang-C exactly. Where the handle
time of a lone chat or the customers' patience is told, it is a birth-death queue (`lines`). A shop
with a pool of its own has dedicated seats.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from staffing.errors import Fault, ForecastError
from staffing.forecast import Forecast
from staffing.grid import INTERVAL_MIN
from staffing.scenario import Scenario, SeatSettings
from staffing.seats import erlang
from staffing.seats.cap import most_receptions, seats_within_caps
from staffing.seats.capacity import TooManySeatsError
from staffing.seats.checks import Ints
from staffing.seats.course import follow, seats_over_time
from staffing.seats.demand import by_channel, demand_by_shop, pooled_by_slot
from staffing.seats.judged import reply_levels, reply_seats, unreachable
from staffing.seats.lines import TOLERANCE, Line, at_rest, lines
from staffing.seats.targets import for_targets
from staffing.seats.tickets import seats_for_tickets
from staffing.words import listed
from staffing.workspace import Workspace

__all__ = [
    "SeatRequirement",
    "demand_by_shop",
    "erlang",
    "follow_roster",
    "required",
    "rostered",
    "seat_notices",
    "seats",
    "staffed",
]

ACHIEVED = ["service_level", "occupancy", "asa_s"]
ASKS = ("service_level", "reply", "occupancy", "presence", "course", "daily_cap", "tickets")
"""What can set the seats of a half hour, in the order in which it is asked."""


@dataclass(frozen=True, kw_only=True)
class SeatRequirement:
    """Seats required per pool and half hour.

    Attributes
    ----------
    table : one row a pool and open half hour: pool, date (service day), slot, start, contacts
        (expected, after bot deflection, tickets apart), planned_contacts (staffed for: the mean,
        or a quantile of the rate, apart from the arrivals' own noise that Erlang-C has in it
        already), aht_s, concurrency (mean over the shops), load_erl (answer slots busy by the
        planned contacts), seats (required), binding (what set them, one of `ASKS`), ticket_h
        (seat-hours of tickets to be worked), ticket_late_h (seat-hours of tickets that become
        overdue), and what the expected contacts meet at `seats` less shrinkage: service_level,
        occupancy (of the live contacts), asa_s, and reply_level with reply_target of the reply
        metric that is nearest to failing (NaN where no open shop has one)
    sets : where some agents know a part of a pool, the seats that those who know at least one
        shop of a set must fill together, see `staffing.seats.sets`: pool, set_id, members, date,
        slot, start, seats; None where everybody knows all or nothing of each pool
    """

    table: pd.DataFrame
    sets: pd.DataFrame | None = None

    @property
    def seat_hours(self) -> float:
        """Return the seat-hours required over the horizon."""
        return float(self.table["seats"].sum()) * INTERVAL_MIN / 60


def seats(workspace: Workspace, scenario: Scenario, forecast: Forecast) -> SeatRequirement:
    """Return the fewest seats that reach every shop's target in its pool.

    Per half hour the largest of: the seats for each distinct service-level target of the shops
    that are open (Erlang-C on the pooled load, with the wait of the shop's priority; expected
    over the forecast's doubt where the scenario asks for that), for each reply metric, the
    occupancy cap, the minimum presence. Where contacts jump or a backlog is carried over the
    queue is followed instead (`course`). Then, per day, seats are added for the daily reception
    caps (`cap`) and for tickets with a deadline (`tickets`); last, all is divided by one minus
    the in-shift shrinkage. Where some agents know a part of a pool, its sets of shops are asked
    for as well.

    Raises
    ------
    ForecastError
        When the contacts ask for more seats than can be true.
    """
    # Not at the top: the sets ask `required` for the seats of each.
    from staffing.seats.sets import part_trained  # noqa: PLC0415

    demand = demand_by_shop(workspace, forecast, scenario.seats.target_level)
    try:
        return replace(
            required(demand, scenario.seats, forecast.tie, over_time=True),
            sets=part_trained(workspace, demand, scenario.seats, forecast.tie),
        )
    except TooManySeatsError as error:
        file, facts = workspace.files.get("history", "shops"), {"reason": str(error)}
        raise ForecastError([Fault(code="too_many_seats", file=file, facts=facts)]) from None


def required(
    demand: pd.DataFrame, settings: SeatSettings, tie: float, *, over_time: bool = False
) -> SeatRequirement:
    """Return the seats that contacts require; see `seats`.

    Parameters
    ----------
    demand : contacts per shop and half hour, as `demand_by_shop` returns them; its column pool
        says who is answered together
    tie : correlation of the shops' forecast errors
    over_time : whether to follow the queue where steady state is not to be trusted, which takes
        some hundredths of a second each time; see `course`
    """
    table, own = staffed(demand, settings, tie, over_time=over_time)
    live, _ = by_channel(demand)
    seated = table["on_seat"].to_numpy(np.float64)
    achieved = at_rest(live, table, own, seated)[ACHIEVED]
    followed = (table["binding"] == "course").to_numpy()
    if followed.any():
        lived = follow(live, table, own, seated, followed)
        at = lived.index[followed[lived.index]]
        achieved.loc[at] = lived.loc[at, ACHIEVED]
    replied = reply_levels(live, table, own, seated)
    achieved = achieved.join(replied)
    spent = ["min_seats", "on_seat", "noise", "spare"]
    return SeatRequirement(table=table.join(achieved).drop(columns=spent))


def staffed(
    demand: pd.DataFrame, settings: SeatSettings, tie: float, *, over_time: bool = False
) -> tuple[pd.DataFrame, dict[str, Line]]:
    """Return the half hours of every pool with their seats, and the queues behind the pools.

    Parameters are those of `required`.

    Returns
    -------
    table : as `SeatRequirement` has it but for what is met, with on_seat (seats at work, before
        shrinkage), spare (those of them that the forecast's doubt asks for), noise (variance of
        the counts) and min_seats
    own : the pools that are more than answer slots
    """
    live, tickets = by_channel(demand)
    pooled, own = pooled_by_slot(demand, settings, tie), lines(live)
    doubtful = settings.demand == "expected"
    mean = for_targets(live, pooled, own, max_occupancy=1.0)
    wait = for_targets(live, pooled, own, max_occupancy=1.0, doubtful=True) if doubtful else mean
    reply = reply_seats(live, pooled, own)
    # The doubt asks as many seats more of replies as of first answers.
    reply += np.where(reply > 0, wait - mean, 0)
    busy = for_targets(live, pooled, own, max_occupancy=settings.max_occupancy)
    present = pooled["min_seats"].to_numpy(np.int64)
    asks = np.array([wait, reply, busy, present])
    chosen, ask = asks.max(axis=0), asks.argmax(axis=0)
    if over_time:
        least = asks[1:].max(axis=0)
        chosen, followed = seats_over_time(
            live, pooled, own, seats=chosen, least=least, spare=wait - mean
        )
        ask = np.where(
            followed,
            np.where(chosen > least, ASKS.index("course"), 1 + asks[1:].argmax(axis=0)),
            ask,
        )
    chosen, ask = _raised(
        chosen, ask, seats_within_caps(pooled, demand, chosen, settings.cap_day_h), "daily_cap"
    )
    work = seats_for_tickets(live, tickets, pooled, chosen, spare=wait - mean)
    chosen, ask = _raised(chosen, ask, work.seats, "tickets")
    table = pooled.assign(
        seats=rostered(chosen, settings.shrinkage),
        binding=np.array(ASKS)[ask],
        on_seat=chosen,
        spare=wait - mean,
        ticket_h=work.done_h,
        ticket_late_h=work.late_h,
    )
    return table, own


def _raised(before: Ints, ask: Ints, after: Ints, name: str) -> tuple[Ints, Ints]:
    """Return the seats after one more thing was asked, and what set them."""
    return after, np.where(after > before, ASKS.index(name), ask)


def rostered(on_seat: Ints, shrinkage: float) -> Ints:
    """Return the seats to roster so that so many are at work."""
    return np.ceil(on_seat / (1 - shrinkage) - TOLERANCE).astype(np.int64)


def seat_notices(workspace: Workspace, scenario: Scenario) -> list[Fault]:
    """Return what the shops ask that seats cannot give: metrics out of reach, caps of no effect."""
    found = unreachable(workspace)
    shops = workspace.shops
    most = most_receptions(
        shops["aht_s"],
        shops["concurrency"],
        scenario.seats.max_occupancy,
        scenario.seats.cap_day_h,
    )
    idle = shops["daily_cap"] > most
    if idle.any():
        each = [
            f"{shop} ({cap:g} > {able:.0f})"
            for shop, cap, able in zip(
                shops.index[idle], shops["daily_cap"][idle], most[idle], strict=True
            )
        ]
        file = workspace.files.get("shops", "shops")
        facts: dict[str, object] = {"shops": listed(each)}
        found.append(Fault(code="cap_never_binds", file=file, column="daily_cap", facts=facts))
    return found


def follow_roster(
    workspace: Workspace,
    scenario: Scenario,
    forecast: Forecast,
    requirement: SeatRequirement,
    coverage: pd.DataFrame,
) -> pd.DataFrame:
    """Return what the seats rostered do to the expected contacts, backlog carried.

    Parameters
    ----------
    coverage : the seats rostered, see `Roster.coverage`; half hours that it does not list have
        no seats

    Returns
    -------
    DataFrame, one row a pool and open half hour: pool, slot, service_level, abandoned, asa_s,
    queue_end, occupancy as in `course.follow`, date, start, contacts
    """
    live, _ = by_channel(demand_by_shop(workspace, forecast, scenario.seats.target_level))
    table, key = requirement.table, ["pool", "slot"]
    at_work = table[key].merge(coverage[[*key, "rostered"]], on=key, how="left")["rostered"]
    seated = at_work.fillna(0.0).to_numpy(np.float64) * (1 - scenario.seats.shrinkage)
    lived = follow(live, table, lines(live), seated)
    return lived.join(table[["date", "start", "contacts"]])
