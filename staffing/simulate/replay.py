"""What the replications came to: a table of pools and days, and one of shops and days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from staffing.simulate.desks import Floor
from staffing.simulate.lived import (
    ANSWERED,
    BUSY_S,
    CONTACTS,
    GOOD,
    JUDGED,
    LOST,
    WAIT_S,
    Lived,
)
from staffing.simulate.sampled import Array

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What the roster reaches when its week is lived through again and again.

    Attributes
    ----------
    table : one row a pool and service day: pool, date, contacts (mean a replication); answered
        within their shop's threshold, of tickets done by their deadline, as service_level with
        low and high (95 % confidence of the mean); target (contact-weighted); promised (the
        level by Erlang-C in steady state of the same seats at the mean forecast, NaN for
        tickets); lost (share abandoned or never answered) and lost_contacts (their number);
        backlog (mean contacts that wait as the day's last half hour ends) and peak_backlog (the
        largest mean at the end of any of its half hours); asa_s (mean wait of answered
        contacts); occupancy (share of the time at their desks that agents are busy, in answer
        slots). A day that brought no contacts has service level 1. Tickets that are open at the
        end of the horizon and not due yet count neither as done nor as lost
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

    @property
    def promised(self) -> float:
        """Return the contact-weighted level that Erlang-C promises; NaN with tickets alone."""
        return _weighted(self.table.dropna(subset=["promised"]), "promised", empty=np.nan)

    def by_pool(self) -> pd.DataFrame:
        """Return what `table` tells of every pool over the whole horizon.

        Contacts are summed, peak_backlog is the largest, all else is weighted by the contacts.
        """
        figures = self.table[["service_level", "target", "promised", "lost", "asa_s", "occupancy"]]
        weights = figures.notna().mul(self.table["contacts"], axis=0)
        sums = (figures * weights).groupby(self.table["pool"]).sum()
        totals = weights.groupby(self.table["pool"]).sum()
        pools = self.table.groupby("pool")
        found = (sums / totals.where(totals > 0)).assign(peak_backlog=pools["peak_backlog"].max())
        found.insert(0, "contacts", pools["contacts"].sum())
        return found.reset_index()


def _weighted(table: pd.DataFrame, column: str, empty: float = 1.0) -> float:
    total = float(table["contacts"].sum())
    return float((table[column] * table["contacts"]).sum() / total) if total else empty


def tables(
    floors: Sequence[Floor],
    lived: Iterable[Lived],
    demand: pd.DataFrame,
    promised: pd.Series,
    replications: int,
    shrinkage: float,
) -> Replay:
    """Return the replay of floors lived one after the other, each `replications` times.

    Parameters
    ----------
    demand : as `staffing.simulate.sampled.demand_of` returns it
    promised : the level by Erlang-C of each row of it
    """
    told = demand.assign(promised=promised)
    each = iter(lived)
    by_pool: dict[str, pd.DataFrame] = {}
    by_shop: dict[tuple[str, str], pd.DataFrame] = {}
    for floor in floors:
        runs = [next(each) for _ in range(replications)]
        sums = np.stack([run.sums for run in runs], axis=1)
        waiting = np.sum([run.waiting for run in runs], axis=0) / replications
        for pool in floor.pools:
            own = told[told["pool"] == pool]
            names = list(dict.fromkeys(own["shop_id"]))
            at = [floor.names.index(str(name)) for name in names]
            days = np.searchsorted(floor.dates, np.unique(own["date"].to_numpy()))
            part = sums[:, :, at][..., days]
            desk_s = _desk_s(floor, pool)[days] * (1 - shrinkage)
            by_pool[pool] = _summary(part.sum(axis=2), own, waiting[at].sum(axis=0)).assign(
                occupancy=_occupancy(part.sum(axis=2), desk_s)
            )
            for i, name in enumerate(names):
                rows = own[own["shop_id"] == name]
                dates = by_pool[pool]["date"].to_numpy()
                by_shop[pool, str(name)] = _summary(part[:, :, i], rows, waiting[at[i]], dates)
    pools = sorted(by_pool)
    return Replay(
        table=_under(["pool"], {pool: by_pool[pool] for pool in pools}),
        shops=_under(["pool", "shop_id"], dict(sorted(by_shop.items(), key=lambda p: p[0][0]))),
        replications=replications,
    )


def _under(names: list[str], parts: Mapping[Any, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables one below the other, each with its key in the first columns."""
    found: pd.DataFrame = pd.concat(parts, names=names)
    return found.reset_index(names).reset_index(drop=True)


def _desk_s(floor: Floor, pool: str) -> Array:
    """Return the seconds for which agents are rostered in a pool each day (days,)."""
    desks = floor.desks
    here = (desks.pool == pool) & ~desks.late & np.isin(desks.date, floor.dates)
    day = np.searchsorted(floor.dates, desks.date[here])
    length = desks.end_s[here] - desks.begin_s[here]
    seconds = np.bincount(day, weights=length, minlength=len(floor.dates))
    return np.asarray(seconds, dtype=np.float64)


def _summary(
    sums: Array,
    rows: pd.DataFrame,
    waiting: Array,
    dates: npt.NDArray[np.datetime64] | None = None,
) -> pd.DataFrame:
    """Return the table of a pool or shop.

    Parameters
    ----------
    sums : as in `Lived`, (7, replications, days)
    rows : its demand
    waiting : mean contacts that wait as each slot begins (slots + 1,)
    dates : the days of `sums`; by default those of the rows
    """
    total = sums.sum(axis=1)
    number = sums.shape[1]
    level = _ratio(total[GOOD], total[JUDGED], empty=1.0)
    error = _half_width(sums[JUDGED], sums[GOOD], level)
    table = pd.DataFrame(
        {
            "date": np.unique(rows["date"].to_numpy()) if dates is None else dates,
            "contacts": total[CONTACTS] / number,
            "service_level": level,
            "low": np.maximum(level - error, 0.0),
            "high": np.minimum(level + error, 1.0),
        }
    )
    expected = _expected(rows, waiting)
    table = table.join(expected, on="date")
    table["target"] = table["target"].fillna(rows["target_level"].iloc[0])
    table[["backlog", "peak_backlog"]] = table[["backlog", "peak_backlog"]].fillna(0.0)
    return table.assign(
        lost=_ratio(total[LOST], total[CONTACTS]),
        lost_contacts=total[LOST] / number,
        asa_s=_ratio(total[WAIT_S], total[ANSWERED]),
    )


def _expected(rows: pd.DataFrame, waiting: Array) -> pd.DataFrame:
    """Return target and promised by contacts, and the backlogs, of each day."""
    weight = rows["contacts"].clip(lower=1e-9)
    live = rows["promised"].notna()
    parts = pd.DataFrame(
        {
            "date": rows["date"],
            "slot": rows["slot"],
            "weight": weight,
            "target": weight * rows["target_level"],
            "live": weight.where(live, 0.0),
            "promised": (weight * rows["promised"]).fillna(0.0),
            "waiting": waiting[rows["slot"].to_numpy() + 1],
        }
    ).sort_values("slot", kind="stable")
    days = parts.groupby("date")
    sums = days[["weight", "target", "live", "promised"]].sum()
    return pd.DataFrame(
        {
            "target": sums["target"] / sums["weight"],
            "promised": sums["promised"] / sums["live"].where(sums["live"] > 0),
            "backlog": days["waiting"].last(),
            "peak_backlog": days["waiting"].max(),
        }
    )


def _occupancy(sums: Array, desk_s: Array) -> Array:
    """Return the share of the agents' time at their desks that is worked (days,)."""
    return np.minimum(_ratio(sums[BUSY_S].sum(axis=0), desk_s * sums.shape[1]), 1.0)


def _half_width(contacts: Array, good: Array, level: Array) -> Array:
    """Return half the confidence interval of a ratio of sums (replications, days) -> (days,).

    Cochran (1977), Sampling Techniques, eq. 6.9.
    """
    number = len(contacts)
    deviation = (good - level * contacts).std(axis=0, ddof=1) / np.sqrt(number)
    t = float(special.stdtrit(number - 1, (1 + CONFIDENCE) / 2))
    return t * _ratio(deviation, contacts.mean(axis=0))


def _ratio(top: Array, bottom: Array, empty: float = 0.0) -> Array:
    return np.divide(top, bottom, out=np.full_like(top, empty), where=bottom > 0)
