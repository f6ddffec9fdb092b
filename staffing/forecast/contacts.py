"""The contacts expected per shop and half hour, and what can be asked of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.backtest import Backtest
from staffing.forecast.calendar import Events
from staffing.forecast.counts import quantiles
from staffing.forecast.daily import DailyModel
from staffing.forecast.history import Array
from staffing.forecast.profile import Profiles
from staffing.forecast.spread import PRIOR_TIES, Z80, Spread


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a forecast was made from.

    Attributes
    ----------
    start : the first day that was not known
    model : the factors behind the means
    events : what touches each shop's days
    profiles : the shares of the half hours
    spread : the doubt behind variances and quantiles
    """

    start: dt.date
    model: DailyModel
    events: Events
    profiles: Profiles
    spread: Spread


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Contacts expected per shop and half hour of the horizon.

    Attributes
    ----------
    table : one row a shop and open half hour: shop_id, date (service day), slot, start, mean,
        variance, event (whether a promotion runs on the day), odd (whether the day is out of the
        ordinary otherwise), and a column ``q<percent>`` for each quantile; contacts per half hour,
        before bot deflection. Where the history tells handle times also aht_s, their mean in
        seconds
    daily : one row a shop and service day: shop_id, date, mean, variance, event, odd and
        quantiles
    backtest : the rolling-origin errors behind the quantiles
    basis : what the numbers were made from; None where they were told
    """

    table: pd.DataFrame
    daily: pd.DataFrame
    backtest: Backtest
    basis: Basis | None = None

    @property
    def tie(self) -> float:
        """Return the correlation of the errors of different shops on a day."""
        ties = PRIOR_TIES if self.basis is None else self.basis.spread.ties
        return ties["all"] + ties["day"]

    def paths(self, number: int, seed: int) -> Array:
        """Return sample days of contacts, errors tied as in the backtest (number, daily rows).

        What all shops' errors, a day's errors and a shop's errors have in common is drawn once
        for all; the rest, with the luck of the arrivals, anew for every shop and day.
        """
        rng = np.random.default_rng(seed)
        shop, day = (pd.factorize(self.daily[name])[0] for name in ("shop_id", "date"))
        ties = PRIOR_TIES if self.basis is None else self.basis.spread.ties
        rest = 1.0 - sum(ties.values())
        score = np.sqrt(ties["all"]) * rng.standard_normal((number, 1))
        score = score + np.sqrt(ties["day"]) * rng.standard_normal((number, day.max() + 1))[:, day]
        score += np.sqrt(ties["shop"]) * rng.standard_normal((number, shop.max() + 1))[:, shop]
        score += np.sqrt(max(rest, 0.0)) * rng.standard_normal(score.shape)
        mean, variance = (self.daily[name].to_numpy() for name in ("mean", "variance"))
        relative = np.log1p(np.maximum(variance - mean, 0.0) / np.maximum(mean, 1e-9) ** 2)
        rate = mean * np.exp(np.sqrt(relative) * score - relative / 2)
        return np.asarray(rng.poisson(rate), dtype=np.float64)

    def parts(self, shop: str, day: str) -> list[dict[str, Any]]:
        """Return the factors of a shop's day, which multiply to its mean.

        The first is the level in contacts a day. An event tells what is usual among the peers,
        what the shop itself showed beyond that, what the running edition shows, and how many
        editions the shop has seen. The last holds what is done to the model's number: the
        scenario's uplift, a closing, a simpler forecast that served the shop better.
        """
        if self.basis is None:
            return []
        model, date = self.basis.model, pd.Timestamp(day)
        touching = tuple(self.basis.events[shop].get(date.date(), ()))
        found: list[dict[str, Any]] = []
        for part in model.parts(model.shops.index(shop), date, touching):
            told: dict[str, Any] = {"kind": part.kind, "factor": part.factor}
            if part.event is not None:
                key = part.event.key
                told |= {
                    "event": key.event,
                    "phase": key.phase,
                    "when": key.part,
                    "told": part.event.strength is not None,
                    "usual": part.usual,
                    "own": part.own,
                    "running": part.running,
                    "editions": part.editions,
                }
            found.append(told)
        of_day = self.daily[(self.daily["shop_id"] == shop) & (self.daily["date"] == date)]
        product = float(np.prod([each["factor"] for each in found]))
        rest = float(of_day["mean"].iloc[0]) / product if product else 1.0
        return [*found, {"kind": "change", "factor": rest}]

    def strengths(self) -> pd.DataFrame:
        """Return how strong the promotion phases of the horizon are, told and as the data says.

        Returns
        -------
        one row a phase: event, phase, shops, told (multiple of an ordinary day that a person
        estimates, NaN where none does), multiple, low and high (that of the data on the phase's
        strongest day, with its 80 % range; all shops together)
        """
        columns = ["event", "phase", "shops", "told", "multiple", "low", "high"]
        if self.basis is None:
            return pd.DataFrame(columns=columns)
        model, days = self.basis.model, pd.DatetimeIndex(self.daily["date"].unique())
        table = model.table
        at = table.rows(days)[0]
        at = at[table.promotion[at]]
        log, variance = model.told_by_data(at)
        size, width = np.exp(model.level)[table.shop[at]], Z80 * np.sqrt(variance)
        keys = [table.keys[k] for k in table.pair_key[table.pair[at]]]
        rows = pd.DataFrame(
            {
                "event": [key.event for key in keys],
                "phase": [key.phase for key in keys],
                "shop": table.shop[at],
                "told": np.exp(table.given[at]) * size,
                "multiple": np.exp(log + variance / 2) * size,
                "low": np.exp(log - width) * size,
                "high": np.exp(log + width) * size,
                "size": size,
            }
        )
        strongest = rows.sort_values("multiple", kind="stable").drop_duplicates(
            ["event", "phase", "shop"], keep="last"
        )
        sums = strongest.groupby(["event", "phase"])[[*columns[3:], "size"]].sum(min_count=1)
        told_size = strongest["size"].where(strongest["told"].notna())
        told_size = told_size.groupby([strongest["event"], strongest["phase"]]).sum()
        found = sums[["multiple", "low", "high"]].div(sums["size"], axis=0)
        found["told"] = sums["told"] / told_size
        found["shops"] = strongest.groupby(["event", "phase"]).size()
        return found.reset_index()[columns]

    def sums(
        self, by: npt.ArrayLike, levels: tuple[float, ...], *, number: int = 2000, seed: int = 1
    ) -> pd.DataFrame:
        """Return mean and quantiles of sums of days: of a pool, a platform, a week.

        Parameters
        ----------
        by : the group of each row of `daily`
        number : sample paths behind the quantiles

        Returns
        -------
        one row a group: mean and a column ``q<percent>`` for each level
        """
        of, names = pd.factorize(np.asarray(by), sort=True)
        paths = self.paths(number, seed)
        summed = np.zeros((number, len(names)))
        np.add.at(summed.T, of, paths.T)
        mean = np.bincount(of, self.daily["mean"].to_numpy(), len(names))
        found = np.quantile(summed, levels, axis=0)
        columns = {f"q{100 * q:g}": found[k] for k, q in enumerate(levels)}
        return pd.DataFrame({"mean": mean, **columns}, index=pd.Index(names))

    def halves(self, of: Mapping[str, str], levels: tuple[float, ...]) -> pd.DataFrame:
        """Return mean and quantiles of the half hours of groups of shops: of pools, of all.

        Variances add up with what the shops' errors have in common (`tie`), and the sum is a
        negative binomial count like each of its parts.

        Parameters
        ----------
        of : shop -> its group; shops without one are left out

        Returns
        -------
        one row a group and open half hour: group, date, slot, mean and a column ``q<percent>`` for
        each level, in order of group and slot
        """
        rows = self.table.assign(group=self.table["shop_id"].map(dict(of)))
        doubt2 = (rows["variance"] - rows["mean"]).clip(lower=0.0)
        rows = rows.assign(doubt2=doubt2, doubt=np.sqrt(doubt2)).dropna(subset=["group"])
        columns = ["mean", "variance", "doubt", "doubt2"]
        found = rows.groupby(["group", "date", "slot"])[columns].sum().reset_index()
        shared = self.tie * (found["doubt"] ** 2 - found["doubt2"])
        mean, variance = found["mean"].to_numpy(), (found["variance"] + shared).to_numpy()
        if self.basis is None:
            ends = quantiles(mean, variance, levels)
        else:
            ends = self.basis.spread.quantiles(mean, variance, levels, half_hours=True)
        names = {f"q{100 * level:g}": ends[:, k] for k, level in enumerate(levels)}
        return found[["group", "date", "slot", "mean"]].assign(**names)
