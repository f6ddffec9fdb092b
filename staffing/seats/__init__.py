"""Forecast → seats per pool and half hour.

The shops of a pool are answered from one queue by agents trained for all of them. Chat is
``seats × concurrency`` answer slots, each a server with the handle time observed at that
concurrency; phone is the same with one slot a seat, which is Erlang-C exactly. Where the handle
time of a lone chat or the customers' patience is told, it is a birth-death queue (`lines`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast import Forecast
from staffing.forecast.calendar import phase_openings
from staffing.forecast.counts import rate_quantile
from staffing.grid import INTERVAL_MIN
from staffing.scenario import Scenario, SeatSettings
from staffing.seats import erlang
from staffing.seats.checks import Floats, Ints
from staffing.seats.course import follow, seats_over_time
from staffing.seats.doubt import fewest, volumes
from staffing.seats.lines import (
    INTERVAL_S,
    TOLERANCE,
    Line,
    at_rest,
    lines,
    seats_needed,
    service_level,
)
from staffing.seats.priority import ranked
from staffing.workspace import Workspace

__all__ = [
    "SeatRequirement",
    "demand_by_shop",
    "erlang",
    "follow_roster",
    "required",
    "seats",
]

ACHIEVED = ["service_level", "occupancy", "asa_s"]


@dataclass(frozen=True, kw_only=True)
class SeatRequirement:
    """Seats required per pool and half hour.

    Attributes
    ----------
    table : one row a pool and open half hour: pool, date (service day), slot, start, contacts
        (expected, after bot deflection), planned_contacts (staffed for: the mean, or a quantile
        of the rate, apart from the arrivals' own noise that Erlang-C has in it already), aht_s,
        concurrency (mean over the shops), load_erl (answer slots busy by the planned contacts),
        seats (required), binding (what set them: service_level, occupancy, presence, or course,
        the service level where a jump or a backlog is followed), and what the expected contacts
        meet at `seats` less shrinkage: service_level, occupancy, asa_s (mean wait of the
        answered; where the queue was followed, of all)
    """

    table: pd.DataFrame

    @property
    def seat_hours(self) -> float:
        """Return the seat-hours required over the horizon."""
        return float(self.table["seats"].sum()) * INTERVAL_MIN / 60


def seats(workspace: Workspace, scenario: Scenario, forecast: Forecast) -> SeatRequirement:
    """Return the fewest seats that reach every shop's target in its pool.

    Per half hour the largest of: the seats for each distinct service-level target of the shops
    that are open (Erlang-C on the pooled load, with the wait of the shop's priority; expected
    over the forecast's doubt where the scenario asks for that), the occupancy cap, the minimum
    presence; then divided by one minus the in-shift shrinkage. Where contacts jump or a backlog is
    carried over the queue is followed instead (`course`).
    """
    demand = demand_by_shop(workspace, forecast)
    return required(demand, scenario.seats, forecast.tie, over_time=True)


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
    demand = ranked(demand)
    pooled, own = _pooled(demand, settings, tie), lines(demand)
    doubtful = settings.demand == "expected"
    wait = _for_targets(demand, pooled, own, max_occupancy=1.0, doubtful=doubtful)
    busy = _for_targets(demand, pooled, own, max_occupancy=settings.max_occupancy)
    present = pooled["min_seats"].to_numpy().astype(np.int64)
    chosen = np.maximum.reduce([wait, busy, present])
    followed = np.zeros(len(pooled), dtype=bool)
    if over_time:
        mean = _for_targets(demand, pooled, own, max_occupancy=1.0) if doubtful else wait
        least = np.maximum(busy, present)
        chosen, followed = seats_over_time(
            demand, pooled, own, seats=chosen, least=least, spare=wait - mean
        )
        wait = np.where(followed, chosen - (chosen == least), wait)
    binding = np.select(
        [present > np.maximum(wait, busy), busy > wait, followed],
        ["presence", "occupancy", "course"],
        default="service_level",
    )
    needed = np.ceil(chosen / (1 - settings.shrinkage) - TOLERANCE).astype(np.int64)
    table = pooled.assign(seats=needed, binding=binding)
    seated = chosen.astype(np.float64)
    achieved = at_rest(demand, pooled, own, seated)[ACHIEVED]
    if followed.any():
        lived = follow(demand, pooled, own, seated, followed)
        at = lived.index[followed[lived.index]]
        achieved.loc[at] = lived.loc[at, ACHIEVED]
    return SeatRequirement(table=table.join(achieved).drop(columns=["min_seats", "noise"]))


def demand_by_shop(workspace: Workspace, forecast: Forecast) -> pd.DataFrame:
    """Return the forecast per shop and half hour with what the shop's contacts ask of seats.

    Adds to the forecast's table the pool, priority, concurrency, target and presence of each shop,
    its AHT (`aht_s`) as forecast, else as stated in the shops table, that of a lone chat over it
    (`alone`), patience, whether a promotion phase begins in the half hour (`opens_phase`), and
    contacts and noise (mean and variance of what the bot leaves to people).
    """
    shops = workspace.shops[
        [
            "pool",
            "aht_s",
            "concurrency",
            "target_level",
            "answer_within_s",
            "bot_deflection",
            "min_seats",
            "aht_alone_s",
            "patience_s",
            "priority",
        ]
    ]
    rows = forecast.table.join(shops.rename(columns={"aht_s": "stated_s"}), on="shop_id")
    stated_s = rows.pop("stated_s")
    rows["alone"] = (rows.pop("aht_alone_s") / stated_s).fillna(1.0)
    rows["aht_s"] = rows["aht_s"].fillna(stated_s) if "aht_s" in rows else stated_s
    openings = phase_openings(workspace)
    opening = pd.MultiIndex.from_arrays(
        [openings["shop_id"], openings["start"].dt.floor(f"{INTERVAL_MIN}min")]
    )
    rows["opens_phase"] = pd.MultiIndex.from_frame(rows[["shop_id", "start"]]).isin(opening)
    human = 1 - rows["bot_deflection"]
    # Each contact meets the bot on its own: thinning keeps the Poisson part of the noise Poisson.
    noise = rows["variance"] * human**2 + rows["mean"] * human * (1 - human)
    return rows.assign(contacts=rows["mean"] * human, noise=noise)


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
    demand, table = demand_by_shop(workspace, forecast), requirement.table
    key = ["pool", "slot"]
    rostered = table[key].merge(coverage[[*key, "rostered"]], on=key, how="left")["rostered"]
    seated = rostered.fillna(0.0).to_numpy(np.float64) * (1 - scenario.seats.shrinkage)
    lived = follow(demand, table, lines(demand), seated)
    return lived.join(table[["date", "start", "contacts"]])


def _pooled(demand: pd.DataFrame, settings: SeatSettings, tie: float) -> pd.DataFrame:
    """Return one row a pool and half hour: contacts, noise, mean AHT, concurrency and load.

    Parameters
    ----------
    tie : correlation of the shops' forecast errors
    """
    work = demand["contacts"] * demand["aht_s"]
    doubt = np.sqrt((demand["noise"] - demand["contacts"]).clip(lower=0.0))
    rows = demand.assign(work_s=work, agent_s=work / demand["concurrency"], doubt=doubt)
    rows["doubt2"] = doubt**2
    table = rows.groupby(["pool", "slot"], sort=False, as_index=False).agg(
        date=("date", "first"),
        start=("start", "first"),
        contacts=("contacts", "sum"),
        noise=("noise", "sum"),
        doubt=("doubt", "sum"),
        doubt2=("doubt2", "sum"),
        work_s=("work_s", "sum"),
        agent_s=("agent_s", "sum"),
        aht_s=("aht_s", "mean"),
        concurrency=("concurrency", "min"),
        min_seats=("min_seats", "max"),
    )
    some = table["contacts"] > 0
    table["aht_s"] = (table["work_s"] / table["contacts"]).where(some, table["aht_s"])
    table["concurrency"] = (table["work_s"] / table["agent_s"]).where(some, table["concurrency"])
    table["noise"] += tie * (table["doubt"] ** 2 - table["doubt2"])
    planned = table["contacts"].to_numpy()
    if not isinstance(settings.demand, str):
        planned = rate_quantile(planned, table["noise"].to_numpy(), float(settings.demand))
    table["planned_contacts"] = planned
    table["load_erl"] = planned * table["aht_s"] / INTERVAL_S
    return table.sort_values(["pool", "slot"], ignore_index=True).drop(
        columns=["work_s", "agent_s", "doubt", "doubt2"]
    )


def _for_targets(
    demand: pd.DataFrame,
    pooled: pd.DataFrame,
    own: Mapping[str, Line],
    max_occupancy: float,
    *,
    doubtful: bool = False,
) -> npt.NDArray[np.int64]:
    """Return the seats that reach every target present in the pool at that half hour.

    Parameters
    ----------
    own : the pools that are more than answer slots
    doubtful : whether the service level is to be expected over the forecast's doubt
    """
    asked = ["target_level", "answer_within_s", "above", "upto"]
    targets = demand[["pool", "slot", *asked]].drop_duplicates()
    rows = targets.merge(pooled.reset_index(names="at"), on=["pool", "slot"])
    found = seats_needed(rows, own, max_occupancy)
    if doubtful:
        seen = volumes(rows["contacts"].to_numpy(np.float64), rows["noise"].to_numpy(np.float64))

        def level(at: Ints, seats: Ints) -> Floats:
            reached = service_level(rows.iloc[at], own, seats.astype(np.float64), seen[at])
            return np.asarray(reached.mean(axis=1))

        found = fewest(level, found, rows["target_level"].to_numpy(np.float64))
    need = np.zeros(len(pooled), dtype=np.int64)
    np.maximum.at(need, rows["at"].to_numpy(), found)
    return need
