"""Contacts of a kind of day: what was told, blended with what comparable shops and days teach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from staffing.grid import DAY_MIN, SLOTS_PER_DAY, clock_text
from staffing.quote.known import Known, Own, own, usual
from staffing.quote.notes import Notes, peers_origin, shops_origin
from staffing.quote.priors import prior
from staffing.quote.prospect import Prospect
from staffing.words import Statement
from staffing.workspace import Workspace, read_own_history

__all__ = ["Rate", "Volume", "own_history", "rate_of", "taken_over", "volume_of"]

Array = npt.NDArray[np.float64]
TIMES: Mapping[str, str] = {
    "warm_up": "promotion.warm_up",
    "peak": "promotion.peak",
    "tail": "promotion.tail",
}
"""Kind of day -> key of the assumption about what it multiplies by."""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Contacts of an ordinary day and how they spread, before the terms of the service.

    Attributes
    ----------
    mean : contacts of an ordinary day within the usual hours
    profile : share of each half hour of the clock (48,)
    level, part, day, total : squared relative spreads, see `Known`
    uplifts : kind of day -> factor, squared relative spread of its days
    """

    mean: float
    profile: Array
    level: float
    part: float
    day: float
    total: float
    uplifts: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Contacts of a kind of day that reach people.

    Attributes
    ----------
    mean : of each open half hour
    spread, total : squared relative spread of a half hour's rate, and of the whole day's
    """

    mean: Array
    spread: float
    total: float


def volume_of(prospect: Prospect, of_shops: Known, history: Own | None, notes: Notes) -> Volume:
    """Blend what was told with the merchant's own history by how much each can be trusted.

    The level told has the variance that such figures had at other shops, the mean of k own days
    that of a day over k (normal means with known variances: Gelman et al., Bayesian Data Analysis,
    ch. 2.5). A part of the doubt, the drift of the months to come, no past removes.
    """
    told = prospect.contacts * of_shops.drift
    weigh_level = weigh_profile = weigh_day = 0.0
    profile, day, mean = of_shops.profile, of_shops.day, told
    origin = shops_origin(of_shops.shops, of_shops.peers)
    if not of_shops.shops:
        origin = prior("doubt.level").origin
    notes.add("volume.meaning", f"{prospect.contacts:g}", Statement("quote.origin_ordinary"))
    notes.add("volume.drift", f"× {of_shops.drift:.2f}", origin)
    if history is not None:
        k = history.days
        own_day = history.day if math.isfinite(history.day) else of_shops.day
        weigh_day = k / (k + float(prior("doubt.days").value))
        day = (1 - weigh_day) * of_shops.day + weigh_day * own_day
        weigh_level = of_shops.level / (of_shops.level + (of_shops.day + 1 / max(told, 1.0)) / k)
        covered = _covered(prospect)
        if np.isfinite(history.profile).any():
            inside = np.isfinite(history.profile)
            weigh_profile = k / (k + float(prior("day.days").value))
            scale = profile[inside].sum() / max(float(history.profile[inside].sum()), 1e-9)
            own_profile = np.where(inside, np.nan_to_num(history.profile) * scale, profile)
            profile = (1 - weigh_profile) * profile + weigh_profile * own_profile
        # The history's days are of the shop's hours, the figure told of the usual ones.
        own_mean = history.mean / max(float(profile[covered].sum()), 1e-9)
        mean = (1 - weigh_level) * told + weigh_level * own_mean
        weight = Statement("quote.origin_own", {"days": k, "share": f"{weigh_level:.0%}"})
        notes.add("volume.own", f"{own_mean:.0f}", weight)
    drift = float(prior("doubt.drift").value)
    level = of_shops.level * (drift + (1 - drift) * (1 - weigh_level))
    part = of_shops.part * (1 - weigh_profile)
    spread = math.sqrt(level + part + day)
    notes.add("volume.spread", f"± {spread:.0%}", origin)
    profiled = peers_origin(of_shops.profiled)
    notes.add(
        "volume.profile",
        f"{_peak_text(profile)}",
        profiled if of_shops.profiled else prior("day.hours").origin,
    )
    uplifts = {}
    for kind, known_ in of_shops.uplifts.items():
        factor, around = known_.factor, known_.spread
        if history is not None and kind in history.uplifts:
            own_factor, number = history.uplifts[kind]
            weigh = number / (number + float(prior("doubt.shops").value))
            factor = (1 - weigh) * factor + weigh * own_factor
            around *= 1 - weigh / 2
        uplifts[kind] = factor, around
    total = day * of_shops.total / max(of_shops.day, 1e-9)
    return Volume(
        mean=mean, profile=profile, level=level, part=part, day=day, total=total, uplifts=uplifts
    )


def _covered(prospect: Prospect) -> npt.NDArray[np.int64]:
    """Return the half hours of the clock that the shop itself is open (its window asked for)."""
    window = prospect.window
    return np.arange(window.first_slot, window.end_slot) % SLOTS_PER_DAY


def _peak_text(profile: Array) -> str:
    """Return the busiest hour of a profile, with its share of the usual hours."""
    hours = profile.reshape(24, 2).sum(axis=1)
    top = int(hours.argmax())
    return f"{top:02d}:00 {hours[top] / profile[usual()].sum():.1%}"


def rate_of(
    prospect: Prospect,
    of_shops: Known,
    volume: Volume,
    kind: str,
    served: Sequence[int],
    notes: Notes,
) -> Rate:
    """Return the contacts of each open half hour that reach people."""
    clock = np.array(prospect.slots) % SLOTS_PER_DAY
    shape = volume.profile[clock]
    mean = volume.mean * float(of_shops.week[list(served)].mean())
    day, total = volume.day, min(volume.total, volume.day)
    if kind != "ordinary":
        factor, around = volume.uplifts[kind]
        if kind == "tail" and prospect.goods == "virtual":
            # Parcels are what is asked about after a sale.
            factor = min(factor, float(prior("uplift.virtual_tail").value))
        mean *= factor
        day, total = max(around, day), max(around, total)
        seen = of_shops.uplifts[kind].shops
        origin = shops_origin(seen, of_shops.peers) if seen else prior(f"uplift.{kind}").origin
        notes.add(TIMES[kind], f"× {factor:.2f}", origin)
        if kind == "peak":
            shape = shape * of_shops.peak_shape[clock]
    human = (1 - prospect.bot_deflection) * taken_over(prospect)
    spread = volume.level + volume.part + day
    return Rate(mean=mean * shape * human, spread=spread, total=volume.level + total)


def _after_sales(prospect: Prospect) -> float:
    """Return the share of the contacts that come after the sale."""
    after, logistics = (
        float(prior(f"contact.{name}").value) for name in ("after_sales", "logistics")
    )
    return after if prospect.goods == "physical" else (after - logistics) / (1 - logistics)


def taken_over(prospect: Prospect) -> float:
    """Return the share of the contacts that the service asked for takes."""
    match prospect.service:
        case "both":
            return 1.0
        case "pre_sales":
            return 1 - _after_sales(prospect)
        case _:
            return _after_sales(prospect)


def own_history(prospect: Prospect, category: str, workspace: Workspace | None) -> Own | None:
    """Return what the merchant's own history says, None where there is none.

    Raises
    ------
    WorkspaceError
        Where the file cannot be read.
    """
    if prospect.history is None:
        return None
    window = prospect.window
    closes = window.closes_min - DAY_MIN if window.closes_min > DAY_MIN else window.closes_min
    shop = {
        "name": prospect.name,
        "platform": prospect.platform,
        "category": category,
        "opens": clock_text(window.opens_min),
        "closes": clock_text(closes),
    }
    zone = workspace.zone if workspace is not None else "Asia/Shanghai"
    read = read_own_history(prospect.history, shop, zone)
    if workspace is not None and prospect.promotions != "none":
        read = replace(read, tables={**read.tables, "promotions": workspace.promotions})
    return own(read)
