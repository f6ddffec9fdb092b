"""The finished roster replayed against sampled arrivals: the service level it will reach.

Each replication lives a pool's whole horizon through: contacts per half hour from the forecast's
own distribution (a factor common to a shop's day, a factor of the half hour, counting noise on
top), handle times exponential, one queue a pool, as many answer slots as the roster seats at that
half hour; where the handle time of a lone chat is told, agents who hold several chats, the slower
the more they hold. Chats in progress when seats drop are finished by their agent; whoever waits
at closing time is still answered by the seats of the last half hour, or is lost when the pool
opens again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from staffing.forecast import Forecast
from staffing.grid import INTERVAL_MIN
from staffing.queue import serve, serve_chats
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement, demand_by_shop
from staffing.seats.lines import Line, lines
from staffing.workspace import Workspace

INTERVAL_S = 60.0 * INTERVAL_MIN
CONFIDENCE = 0.95
BLOCK = 50
"""Replications drawn at once: bounds the memory of a thousand."""
LEAST_SPREAD = 1e-9
JUST_BEFORE_S = 1e-6
Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What the roster reaches when its week is lived through again and again.

    Attributes
    ----------
    table : one row a pool and service day: pool, date, contacts (mean a replication), answered
        within their shop's threshold as service_level with low and high (95 % confidence of the
        mean), target (contact-weighted), lost (share abandoned or never answered), asa_s (mean
        wait of answered contacts), occupancy (share of answer slots busy). A day that brought no
        contacts has service level 1
    shops : the same per shop_id and service day, with its pool and without occupancy, which is a
        pool's
    replications : number of times each day was lived
    """

    table: pd.DataFrame
    shops: pd.DataFrame
    replications: int

    @property
    def service_level(self) -> float:
        """Return the share of all contacts answered within their threshold."""
        return _weighted(self.table, "service_level")

    @property
    def target(self) -> float:
        """Return the contact-weighted target."""
        return _weighted(self.table, "target")

    def by_pool(self) -> pd.DataFrame:
        """Return pool, contacts, service_level, target, lost, asa_s over the horizon."""
        columns = ["service_level", "target", "lost", "asa_s", "occupancy"]
        rows = [
            {"pool": pool, "contacts": group["contacts"].sum()}
            | {column: _weighted(group, column) for column in columns}
            for pool, group in self.table.groupby("pool", sort=True)
        ]
        return pd.DataFrame(rows, columns=["pool", "contacts", *columns])


def _weighted(table: pd.DataFrame, column: str) -> float:
    total = float(table["contacts"].sum())
    return float((table[column] * table["contacts"]).sum() / total) if total else 1.0


def simulate(
    workspace: Workspace,
    scenario: Scenario,
    forecast: Forecast,
    requirement: SeatRequirement,
    coverage: pd.DataFrame,
) -> Replay:
    """Replay a roster; the same scenario seed gives the same numbers.

    Parameters
    ----------
    coverage : the seats rostered, see `Roster.coverage`; half hours that it does not list have
        no seats
    """
    demand = _demand(workspace, forecast)
    seats = coverage[["pool", "slot", "rostered"]]
    opened = requirement.table.merge(seats, on=["pool", "slot"], how="left")
    opened = opened.fillna({"rostered": 0.0}).sort_values("slot")
    pools, own = sorted(opened["pool"].unique()), lines(demand)
    streams = np.random.SeedSequence(scenario.seed).spawn(len(pools))
    lived = [
        _pool(
            opened[opened["pool"] == pool],
            demand[demand["pool"] == pool],
            own.get(pool),
            scenario.replay.replications,
            np.random.default_rng(stream),
        )
        for pool, stream in zip(pools, streams, strict=True)
    ]
    tables, shops = zip(*lived, strict=True)
    return Replay(
        table=_under("pool", pools, tables),
        shops=_under("pool", pools, shops),
        replications=scenario.replay.replications,
    )


def _under(name: str, values: Sequence[str], tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the tables one below the other, each with its value in a first column."""
    found = pd.concat(dict(zip(values, tables, strict=True)), names=[name])
    return found.reset_index(name).reset_index(drop=True)


def _demand(workspace: Workspace, forecast: Forecast) -> pd.DataFrame:
    """Return the contacts per shop and half hour with patience and spread.

    day_spread is the squared relative error of the shop's day beyond counting noise, burst what
    the half hour adds to it: together they give the half hour its forecast variance.
    """
    rows = demand_by_shop(workspace, forecast)
    daily = forecast.daily.set_index(["shop_id", "date"])
    of_day = _beyond_counting(daily["mean"], daily["variance"]).rename("day_spread")
    rows = rows.join(of_day, on=["shop_id", "date"])
    whole = _beyond_counting(rows["mean"], rows["variance"])
    burst = (whole - rows["day_spread"]) / (1 + rows["day_spread"])
    patience = rows["shop_id"].map(workspace.shops["patience_s"]).astype("float64")
    return rows.assign(burst=burst.clip(lower=LEAST_SPREAD), patience_s=patience)


def _beyond_counting(mean: pd.Series, variance: pd.Series) -> pd.Series:
    """Return the squared relative spread of the rate behind counts."""
    positive = mean.where(mean > 0)
    return ((variance - mean) / positive**2).clip(lower=LEAST_SPREAD).fillna(LEAST_SPREAD)


def _pool(
    opened: pd.DataFrame,
    demand: pd.DataFrame,
    line: Line | None,
    replications: int,
    random: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return one row a service day of a pool, and of each of its shops, over all replications.

    Parameters
    ----------
    opened : the pool's open half hours by slot, with seats rostered
    demand : its shops' contacts, as `_demand` returns them
    line : how its chats slow each other down; None where it is answer slots
    """
    dates, day = np.unique(demand["date"].to_numpy(), return_inverse=True)
    shop, names = pd.factorize(demand["shop_id"])
    curve = None if line is None or min(line.aht_s) == line.aht_s[-1] else line.aht_s
    seated, most = opened["rostered"].to_numpy(), opened["concurrency"].to_numpy()
    slots = np.floor(seated * most + 1e-9)
    if curve is not None:
        slots = np.floor(seated + 1e-9) * len(curve)
    begin_s = opened["slot"].to_numpy() * INTERVAL_S
    cell = shop.astype(np.int64) * len(dates) + day
    blocks = [
        _live(demand, cell, begin_s, slots, curve, min(BLOCK, replications - done), random)
        for done in range(0, replications, BLOCK)
    ]
    sums = np.concatenate(blocks, axis=1)
    by_shop = np.zeros((*sums.shape[:2], len(names) * len(dates)))
    by_shop[:, :, : sums.shape[2]] = sums
    by_shop = by_shop.reshape(*sums.shape[:2], len(names), len(dates))
    open_s = INTERVAL_S * pd.Series(slots).groupby(opened["date"].to_numpy()).sum()
    table = _summary(by_shop.sum(axis=2), dates=dates, target=_mean_target(demand, day)).assign(
        occupancy=_occupancy(by_shop.sum(axis=2), open_s.reindex(dates).fillna(0.0).to_numpy())
    )
    shops = [
        _summary(
            by_shop[:, :, i], dates=dates, target=np.full(len(dates), own["target_level"].iloc[0])
        )
        for i, (_, own) in enumerate(demand.groupby("shop_id", sort=False))
    ]
    return table, _under("shop_id", list(names), shops)


def _live(
    demand: pd.DataFrame,
    cell: Ints,
    begin_s: Array,
    slots: Array,
    curve: tuple[float, ...] | None,
    replications: int,
    random: np.random.Generator,
) -> Array:
    """Live a pool's horizon `replications` times.

    Parameters
    ----------
    cell : where each row of `demand` is counted: its shop and service day
    begin_s, slots : the pool's open half hours and their answer slots
    curve : handle times of an agent who holds 1, 2, ... chats; None where slots are apart

    Returns
    -------
    (6, replications, cells): contacts, answered in time, lost, seconds waited, answered, seconds
    of work
    """
    number = random.poisson(_rates(demand, replications, random))
    replica, row = (np.repeat(each.ravel(), number.ravel()) for each in np.indices(number.shape))
    slot_s = demand["slot"].to_numpy() * INTERVAL_S
    arrivals = slot_s[row] + random.uniform(0, INTERVAL_S, len(row))
    order = np.lexsort((arrivals, replica))
    replica, row, arrivals = replica[order], row[order], arrivals[order]
    work = random.exponential(demand["aht_s"].to_numpy()[row])
    patience = np.minimum(
        _patience(demand["patience_s"].to_numpy()[row], random),
        _until_reopening(begin_s, arrivals),
    )
    bounds = np.searchsorted(replica, np.arange(replications + 1))
    waits = np.full(len(row), np.nan)
    for a, b in pairwise(bounds):
        part = slice(a, b)
        if curve is None:
            waits[part] = serve(arrivals[part], work[part], patience[part], begin_s, slots)
            continue
        agents = slots / len(curve)
        amount = work[part] / curve[-1]
        held = serve_chats(arrivals[part], amount, patience[part], begin_s, agents, curve)
        waits[part], work[part] = held.wait_s, np.nan_to_num(held.end_s - held.start_s)
    answered = ~np.isnan(waits)
    good = answered & (np.nan_to_num(waits) <= demand["answer_within_s"].to_numpy()[row])
    cells = int(cell.max()) + 1
    counted = replica * cells + cell[row]
    measured = (
        np.ones(len(row)), good, ~answered, np.nan_to_num(waits), answered, work * answered
    )  # fmt: skip
    sums = [np.bincount(counted, weights=each, minlength=replications * cells) for each in measured]
    return np.array(sums, dtype=np.float64).reshape(len(measured), replications, cells)


def _rates(demand: pd.DataFrame, replications: int, random: np.random.Generator) -> Array:
    """Return how many contacts to expect of each row as its day turned out (replications, rows)."""
    spread, burst = demand["day_spread"].to_numpy(), demand["burst"].to_numpy()
    shop_day = demand.groupby(["shop_id", "date"], sort=False).ngroup().to_numpy()
    _, first = np.unique(shop_day, return_index=True)
    size = (replications, len(first))
    busy = random.gamma(1 / spread[first], spread[first], size)[:, shop_day]
    burst_of = random.gamma(1 / burst, burst, busy.shape)
    return np.asarray(busy * burst_of * demand["contacts"].to_numpy())


def _patience(mean_s: Array, random: np.random.Generator) -> Array:
    """Return how long each contact waits before it leaves; without end where it is not known."""
    drawn = random.exponential(np.nan_to_num(mean_s, nan=1.0))
    return np.where(np.isnan(mean_s), np.inf, drawn)


def _until_reopening(begin_s: Array, arrivals: Array) -> Array:
    """Return the seconds from each arrival to just before the pool opens again."""
    opening = begin_s[1:][np.diff(begin_s) > INTERVAL_S]
    after = np.searchsorted(opening, arrivals, side="right")
    return np.append(opening, np.inf)[after] - arrivals - JUST_BEFORE_S


def _mean_target(demand: pd.DataFrame, day: Ints) -> Array:
    """Return the contact-weighted target of each service day (days,)."""
    weight = np.maximum(demand["contacts"].to_numpy(), 1e-9)
    target = demand["target_level"].to_numpy(dtype=np.float64)
    return np.asarray(np.bincount(day, weights=weight * target) / np.bincount(day, weights=weight))


def _summary(sums: Array, *, dates: npt.NDArray[np.generic], target: Array) -> pd.DataFrame:
    """Return the table of a pool or shop from its sums, as `_live` makes them (6, reps, days)."""
    contacts, good, lost, wait_s, answered, _ = sums.sum(axis=1)
    level = _ratio(good, contacts, empty=1.0)
    error = _half_width(sums[0], sums[1], level)
    return pd.DataFrame(
        {
            "date": dates,
            "contacts": sums[0].mean(axis=0),
            "service_level": level,
            "low": np.maximum(level - error, 0.0),
            "high": np.minimum(level + error, 1.0),
            "target": target,
            "lost": _ratio(lost, contacts),
            "asa_s": _ratio(wait_s, answered),
        }
    )


def _occupancy(sums: Array, open_s: Array) -> Array:
    """Return the share of the open answer slots' time that is worked (days,)."""
    return np.minimum(_ratio(sums[5].sum(axis=0), open_s * sums.shape[1]), 1.0)


def _half_width(contacts: Array, good: Array, level: Array) -> Array:
    """Return half the confidence interval of a ratio of sums (replications, days) -> (days,).

    Cochran (1977), Sampling Techniques, eq. 6.9.
    """
    number = len(contacts)
    deviation = (good - level * contacts).std(axis=0, ddof=1) / np.sqrt(number)
    t = float(stats.t.ppf((1 + CONFIDENCE) / 2, number - 1))
    return t * _ratio(deviation, contacts.mean(axis=0))


def _ratio(top: Array, bottom: Array, empty: float = 0.0) -> Array:
    return np.divide(top, bottom, out=np.full_like(top, empty), where=bottom > 0)
