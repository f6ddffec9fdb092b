"""What the shops of a workspace teach about one that is not there yet.

From raw sums of their history, no forecast: the day's profile by category, what days turn out to
be over what a shop's earlier weeks and its category's profile would have them (apart from the
Poisson noise of the counts, so that it holds for shops of any size), what promotions multiply.
Each is drawn from the category towards all shops and from those towards the prior, by the number
of shops that speak for it (empirical Bayes with pseudo-shops; the pseudo-counts are priors too).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.forecast.calendar import event_days
from staffing.forecast.history import History, history
from staffing.grid import SLOTS_PER_DAY, Window
from staffing.quote.priors import category_of, prior, table
from staffing.workspace import Workspace

__all__ = ["DEARER", "KINDS", "PARTS", "Known", "Own", "Uplift", "known", "own", "part_of", "usual"]

Array = npt.NDArray[np.float64]

KINDS = ("ordinary", "warm_up", "peak", "tail")
DEARER = ("peak", "warm_up", "tail")
"""Which kind a day is that several phases touch: the first of these."""
PARTS: Mapping[str, tuple[int, int]] = {
    "night": (0, 16),
    "morning": (16, 24),
    "midday": (24, 28),
    "afternoon": (28, 36),
    "evening": (36, 44),
    "late": (44, 48),
}
"""Dayparts, in half hours of the clock: [first, end)."""
STATED_DAYS, STATED_LEAST = 28, 14
"""Days from which a merchant would state his average, and the fewest ordinary ones among them."""
LATER_LEAST = 56
"""Ordinary days after them that a shop must have to teach how far off that turns out."""
LATER_MOST = 365
OWN_MOST = 182
"""Ordinary days of a merchant's own history that count: the latest half year."""
STEP = 28
SPREADS = ("size", "drift", "square", "part", "day", "total")
"""What a shop's history teaches of its size and spread: logarithm of its contacts a day, mean and
variance of the logarithm of what came over what was stated, and squared relative spreads of its
dayparts' shares, of their days, of whole days."""
STEEPEST = 0.9
"""Most by which a shop twice as large may be taken to grow less: more stays more."""
TINY = 1e-9
SMOOTH = np.array([0.25, 0.5, 0.25])


def part_of(slot: int) -> str:
    """Return the daypart of a half hour; those after midnight of a late window are night.

    Examples
    --------
    >>> part_of(20), part_of(47), part_of(49)
    ('morning', 'late', 'night')
    """
    clock = slot % SLOTS_PER_DAY
    return next(name for name, (first, end) in PARTS.items() if first <= clock < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uplift:
    """What a kind of day multiplies an ordinary day by.

    Attributes
    ----------
    factor : times an ordinary day
    spread : squared relative spread of single such days around it, apart from Poisson noise
    shops : shops of the workspace behind it
    """

    factor: float
    spread: float
    shops: int


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known about a shop of a category before it comes.

    Attributes
    ----------
    profile : share of a day's contacts in each half hour of the clock (48,); sums to one over the
        usual hours, so that longer hours have more contacts
    peak_shape : what the half hours of a promotion's peak multiply that by (48,)
    week : factor of each weekday, Monday first (7,); their mean is 1
    drift : what shops' days over a contract came to, over what their first weeks said
    level, part, day, total : squared relative spread of that from shop to shop, of a daypart's
        share from shop to shop, and from day to day beyond Poisson noise, of dayparts and of
        whole days
    uplifts : kind of day but ordinary -> its factor
    shops, peers : shops of the workspace with a history long enough, and those of the category
        among them
    aht_s, concurrency, daily_cap : of the category's shops in the workspace; None without any
    """

    profile: Array
    peak_shape: Array
    week: Array
    drift: float
    level: float
    part: float
    day: float
    total: float
    uplifts: Mapping[str, Uplift]
    shops: int = 0
    peers: int = 0
    profiled: int = 0
    aht_s: float | None = None
    concurrency: float | None = None
    daily_cap: float | None = None


def prior_profile() -> Array:
    """Return the prior share of each half hour of the clock (48,); one over the usual hours."""
    hours = np.repeat(np.array(prior("day.hours").value, dtype=np.float64), 2)
    return np.asarray(hours / hours[usual()].sum())


def usual() -> slice:
    """Return the usual hours as half hours of the clock."""
    window = Window.parse(prior("day.opens").value, prior("day.closes").value)
    return slice(window.first_slot, window.end_slot)


def known(
    workspace: Workspace | None, category: str, contacts: float, channel: str = "chat"
) -> Known:
    """Return what a workspace and the priors know about shops of a category.

    Parameters
    ----------
    workspace : None: the priors alone
    category : a known category, see `priors.category_of`
    contacts : what the merchant told of an ordinary day
    channel : whose handle times to take
    """
    if workspace is None or workspace.history.empty:
        return _unknown()
    past = history(workspace)
    if not len(past.days):
        return _unknown()
    shops = _Shops.of(workspace, past)
    peer = np.array([category_of(str(c))[0] == category for c in workspace.shops["category"]])
    profile, profiled = shops.profile(peer)
    spread = shops.spread()
    drift, level = _level(spread, peer, contacts)
    part, day, total = (
        _drawn(np.maximum(spread[name], 0.0), peer, float(prior(f"doubt.{name}").value))
        for name in ("part", "day", "total")
    )
    there = np.isfinite(spread["drift"])
    own = workspace.shops[peer & (workspace.shops["channel"] == channel).to_numpy()]
    stated = {
        name: (float(own[name].median()) if own[name].notna().any() else None)
        for name in ("aht_s", "concurrency", "daily_cap")
    }
    return Known(
        profile=profile,
        peak_shape=shops.peak_shape(),
        week=shops.week(peer),
        drift=drift,
        level=level,
        part=part,
        day=day,
        total=total,
        uplifts={kind: shops.uplift(kind, peer) for kind in KINDS[1:]},
        shops=int(there.sum()),
        peers=int((there & peer).sum()),
        profiled=profiled,
        **stated,
    )


@dataclass(frozen=True, kw_only=True)
class Own:
    """What a merchant's own history says.

    Attributes
    ----------
    days : ordinary days it knows, the latest `OWN_MOST` of them
    mean : contacts on such a day
    day : squared relative spread from day to day beyond Poisson noise; NaN where not told
    profile : share of each half hour of the clock (48,), as `Known.profile`; NaN where not told
    uplifts : kind of day -> factor and number of days
    """

    days: int
    mean: float
    day: float
    profile: Array
    uplifts: Mapping[str, tuple[float, int]]


def own(workspace: Workspace) -> Own | None:
    """Return what the history of a workspace of one shop says; None without ordinary days.

    Parameters
    ----------
    workspace : of `read_own_history`, with the promotions that concern the shop
    """
    past = history(workspace)
    if not len(past.days):
        return None
    shops = _Shops.of(workspace, past)
    ordinary = np.flatnonzero((shops.kind[0] == 0) & np.isfinite(shops.totals[0]))[-OWN_MOST:]
    if not ordinary.size:
        return None
    parts = shops.parts[0, ordinary]
    mean = parts.mean(axis=0)
    beyond = ((parts - mean) ** 2).sum() - parts.sum()
    day = beyond / max((mean**2).sum() * len(ordinary), 1e-9) if len(ordinary) > 1 else np.nan
    uplifts = {}
    for kind in KINDS[1:]:
        on = shops.totals[0][(shops.kind[0] == KINDS.index(kind)) & np.isfinite(shops.totals[0])]
        if on.size and mean.sum() > 0:
            uplifts[kind] = float(on.mean() / mean.sum()), int(on.size)
    return Own(
        days=len(ordinary),
        mean=float(mean.sum()),
        day=float(np.maximum(day, 0.0)),
        profile=shops.shares()[0],
        uplifts=uplifts,
    )


def _unknown() -> Known:
    """Return the priors."""
    return Known(
        profile=prior_profile(),
        peak_shape=np.ones(SLOTS_PER_DAY),
        week=np.ones(7),
        drift=1.0,
        level=float(prior("doubt.level").value),
        part=float(prior("doubt.part").value),
        day=float(prior("doubt.day").value),
        total=float(prior("doubt.total").value),
        uplifts={
            kind: Uplift(
                factor=float(prior(f"uplift.{kind}").value),
                spread=float(prior("doubt.uplift").value),
                shops=0,
            )
            for kind in KINDS[1:]
        },
    )


def _level(
    spread: Mapping[str, Array], peer: npt.NDArray[np.bool_], contacts: float
) -> tuple[float, float]:
    """Return drift and squared relative spread of the daily contacts over what was stated.

    The logarithm of what came over what was stated is linear in that of the size (who stated
    little has more to grow), by ridge regression with the pseudo-shops of the priors; a size
    beyond all shops' is taken as the nearest of theirs.
    """
    size, gain = spread["size"], spread["drift"]
    there = np.isfinite(gain)
    start = float(prior("doubt.level").value)
    if not there.any():
        return 1.0, start
    x, y = size[there], gain[there]
    away = x - x.mean()
    slope = float((away * (y - y.mean())).sum() / ((away**2).sum() + prior("doubt.shops").value))
    slope = max(slope, -STEEPEST)
    at = float(np.clip(np.log(contacts), x.min(), x.max()))
    expected = slope * (at - size)
    centre = _drawn(gain + expected, peer, 0.0)
    # A shop's own spread over its origins, and how far its mean lies from what was expected.
    around = np.maximum(spread["square"], 0.0) + (gain + expected - centre) ** 2
    variance = _drawn(around, peer, float(np.log1p(start)))
    return float(np.exp(centre + variance / 2)), float(np.expm1(variance))


def _drawn(values: Array, peer: npt.NDArray[np.bool_], start: float) -> float:
    """Return the category's mean, drawn towards all shops' and that towards the prior.

    Parameters
    ----------
    values : of each shop; NaN where it says nothing (shops,)
    peer : whether the shop is of the category (shops,)
    start : the prior
    """
    weigh_prior, weigh_all = (float(prior(key).value) for key in ("doubt.shops", "doubt.category"))
    there = np.isfinite(values)
    everyone = (weigh_prior * start + values[there].sum()) / (weigh_prior + there.sum())
    alike = there & peer
    return float((weigh_all * everyone + values[alike].sum()) / (weigh_all + alike.sum()))


@dataclass(frozen=True, kw_only=True)
class _Shops:
    """The shops' days in dense arrays.

    Attributes
    ----------
    kind : which of `KINDS` a day is (shops, days)
    totals : contacts of a day, NaN where unknown (shops, days)
    slots : mean contacts of the half hours of the clock on ordinary days (shops, 48)
    open_ : half hours of the clock inside the shop's window (shops, 48)
    timed : whether the shop's history tells the time of day (shops,)
    parts : contacts of the dayparts (shops, days, parts); of a shop that is not timed the first
        part is the whole day
    """

    days: pd.DatetimeIndex
    kind: npt.NDArray[np.int64]
    totals: Array
    slots: Mapping[str, Array]
    open_: npt.NDArray[np.bool_]
    timed: npt.NDArray[np.bool_]
    parts: Array
    _prior: Array = field(default_factory=prior_profile)

    @classmethod
    def of(cls, workspace: Workspace, past: History) -> _Shops:
        """Lay out a history."""
        kind = kinds_of(workspace, past)
        counts = past.counts
        clock = np.arange(counts.shape[2]) % SLOTS_PER_DAY
        open_ = np.zeros((len(past.shops), SLOTS_PER_DAY), dtype=np.bool_)
        for i, shop in enumerate(past.shops):
            window = workspace.windows[shop]
            open_[i, np.arange(window.first_slot, window.end_slot) % SLOTS_PER_DAY] = True
        filled = np.nan_to_num(counts)
        timed = np.array([shop not in past.daily_only for shop in past.shops])
        parts = np.zeros((*counts.shape[:2], len(PARTS)))
        for i, (first, end) in enumerate(PARTS.values()):
            at = (clock >= first) & (clock < end)
            parts[:, :, i] = filled[:, :, at].sum(axis=2)
        parts[~timed] = 0.0
        totals = past.totals
        parts[~timed, :, 0] = np.nan_to_num(totals[~timed])
        slots = {}
        for name in ("ordinary", "peak"):
            on = (kind == KINDS.index(name)) & np.isfinite(totals)
            summed = np.einsum("sdt,sd->st", filled, on.astype(np.float64))
            # Half hours past midnight are those of the clock again.
            two_days = np.pad(summed, ((0, 0), (0, 2 * SLOTS_PER_DAY - summed.shape[1])))
            mean = two_days.reshape(-1, 2, SLOTS_PER_DAY).sum(axis=1)
            slots[name] = mean / np.maximum(on.sum(axis=1), 1)[:, None]
        return cls(
            days=past.days,
            kind=kind,
            totals=totals,
            slots=slots,
            open_=open_,
            timed=timed,
            parts=parts,
        )

    def shares(self, name: str = "ordinary") -> Array:
        """Return each timed shop's profile (shops, 48); NaN outside its window.

        A shop's shares sum to what the prior has in its window, so that shops with other hours
        speak for the hours they have.
        """
        counts = self.slots[name]
        whole = counts.sum(axis=1)
        mass = (self.open_ * self._prior).sum(axis=1)
        sound = self.timed & (whole > 0)
        scale = np.divide(mass, whole, out=np.full(len(whole), np.nan), where=sound)
        return np.where(self.open_ & sound[:, None], counts * scale[:, None], np.nan)

    def profile(self, peer: npt.NDArray[np.bool_], but: int | None = None) -> tuple[Array, int]:
        """Return the category's profile (48,) and how many shops speak for it.

        Parameters
        ----------
        but : a shop to leave out
        """
        own = self.shares()
        weight = np.where(peer, 1.0, 1.0 / float(prior("doubt.category").value))
        if but is not None:
            weight[but] = 0.0
        told = np.isfinite(own)
        weights = weight[:, None] * told
        start = float(prior("day.shops").value) * self._prior
        summed = start + (weights * np.nan_to_num(own)).sum(axis=0)
        found = _smooth(summed / (float(prior("day.shops").value) + weights.sum(axis=0)))
        heard = peer & told.any(axis=1)
        return found / found[usual()].sum(), int(heard.sum())

    def peak_shape(self) -> Array:
        """Return what a promotion's peak does to the half hours, over an ordinary day (48,)."""
        plain, sale = self.shares(), self.shares("peak")
        both = np.isfinite(plain) & np.isfinite(sale)
        there = both.sum(axis=0)
        weigh = float(prior("doubt.shops").value)
        ordinary = np.where(both, plain, 0.0).sum(axis=0) + weigh * self._prior
        peaks = np.where(both, sale, 0.0).sum(axis=0) + weigh * self._prior
        return np.where(there > 0, _smooth(peaks / ordinary), 1.0)

    def week(self, peer: npt.NDArray[np.bool_]) -> Array:
        """Return the factor of each weekday (7,), Monday first; their mean is 1."""
        weekday = self.days.day_of_week.to_numpy()
        plain = np.where(self.kind == 0, self.totals, np.nan)
        found = np.ones(7)
        by_day = np.full((len(plain), 7), np.nan)
        for number in range(7):
            on = plain[:, weekday == number]
            n = np.isfinite(on).sum(axis=1)
            by_day[:, number] = np.divide(
                np.nansum(on, axis=1), n, out=np.full(len(n), np.nan), where=n > 3
            )
        mean = by_day.mean(axis=1, keepdims=True)
        rel = np.divide(by_day, mean, out=np.full(by_day.shape, np.nan), where=mean > 0)
        for number in range(7):
            found[number] = _drawn(rel[:, number], peer, 1.0)
        return np.asarray(found / found.mean())

    def spread(self) -> Mapping[str, Array]:
        """Return what `SPREADS` names of each shop (shops,); NaN where its history is too short.

        From origins every `STEP` days: what the merchant would have stated then, times the
        profile of the other shops, against what came within a year.
        """
        shops, days = self.totals.shape
        known_ = np.isfinite(self.totals) & (self.kind == 0)
        share = self._expected_shares()
        seen: dict[str, list[Array]] = {name: [] for name in SPREADS}
        for origin in range(STATED_DAYS, days - LATER_LEAST + 1, STEP):
            before = known_[:, origin - STATED_DAYS : origin]
            later = known_[:, origin : origin + LATER_MOST]
            stated = _mean(self.totals[:, origin - STATED_DAYS : origin], before, STATED_LEAST)
            count = later.sum(axis=1)
            stated = np.where((count >= LATER_LEAST) & (stated > 0), stated, np.nan)
            came = np.where(later[:, :, None], self.parts[:, origin : origin + LATER_MOST], 0.0)
            for name, values in _told_by(stated, share, came, count, later).items():
                seen[name].append(values)
        found = {
            name: _nanmean(np.array(each)) if each else np.full(shops, np.nan)
            for name, each in seen.items()
        }
        found["square"] -= found["drift"] ** 2
        return found

    def _expected_shares(self) -> Array:
        """Return the share of each daypart by the profile of the other shops (shops, parts)."""
        shops = len(self.timed)
        share = np.zeros((shops, len(PARTS)))
        for i in range(shops):
            if not self.timed[i]:
                share[i, 0] = 1.0
                continue
            profile = self.profile(np.ones(shops, dtype=np.bool_), but=i)[0] * self.open_[i]
            for number, (first, end) in enumerate(PARTS.values()):
                share[i, number] = profile[first:end].sum() / profile.sum()
        return share

    def uplift(self, kind: str, peer: npt.NDArray[np.bool_]) -> Uplift:
        """Return what a kind of day multiplies the ordinary days of the eight weeks before by."""
        plain = np.where((self.kind == 0) & np.isfinite(self.totals), self.totals, np.nan)
        base = _before(plain)
        on = (self.kind == KINDS.index(kind)) & np.isfinite(self.totals) & (base > 0)
        ratio = np.where(on, self.totals / np.where(on, base, 1.0), np.nan)
        factor = _nanmean(ratio.T)
        start = float(prior(f"uplift.{kind}").value)
        drawn = _drawn(factor, peer, start)
        poisson = _nanmean(np.where(on, 1.0 / np.maximum(np.where(on, base, 1.0), 1.0), np.nan).T)
        around = _nanmean((ratio.T - drawn) ** 2) / drawn**2 - poisson / drawn
        spread = _drawn(np.maximum(around, 0.0), peer, float(prior("doubt.uplift").value))
        return Uplift(factor=drawn, spread=spread, shops=int(np.isfinite(factor).sum()))


def _told_by(
    stated: Array, share: Array, came: Array, count: npt.NDArray[np.int64], later: Array
) -> Mapping[str, Array]:
    """Return what one origin says of each shop, by `SPREADS` (shops,).

    Parameters
    ----------
    stated : contacts a day before the origin (shops,); NaN where too few are known
    share : of the dayparts by the profile of the other shops (shops, parts)
    came : contacts of the later days' dayparts (shops, days, parts)
    count, later : number of known later days, and which they are
    """
    of_part = came.sum(axis=1) / np.maximum(count, 1)[:, None]
    ratio = of_part.sum(axis=1) / stated
    ratio = np.where(ratio > 0, ratio, np.nan)
    meant = stated[:, None] * share * ratio[:, None]
    shape = np.divide(of_part, meant, where=meant > 0, out=np.ones_like(meant))
    # What the Poisson noise of all those days adds to a squared ratio is taken off again.
    noise = 1.0 / np.maximum(of_part * count[:, None], 1.0)
    off = np.where(of_part > 0, (shape - 1) ** 2 - noise, 0.0)
    away = np.where(later[:, :, None], came - of_part[:, None, :], 0.0)
    beyond = (away**2).sum(axis=(1, 2)) - came.sum(axis=(1, 2))
    whole = (away.sum(axis=2) ** 2).sum(axis=1) - came.sum(axis=(1, 2))
    scale = np.maximum(of_part.sum(axis=1) ** 2 * count, TINY)
    known_ = np.isfinite(ratio)
    found = {
        "size": np.log(stated),
        "drift": np.log(ratio),
        "square": np.log(ratio) ** 2,
        "part": (share * off).sum(axis=1),
        "day": beyond / np.maximum((of_part**2).sum(axis=1) * count, TINY),
        "total": whole / scale,
    }
    return {name: np.where(known_, values, np.nan) for name, values in found.items()}


def kinds_of(workspace: Workspace, past: History) -> npt.NDArray[np.int64]:
    """Return which of `KINDS` each shop's days are (shops, days), by the promotions table."""
    phases = table("phase")
    found = np.zeros(past.totals.shape, dtype=np.int64)
    events = event_days(workspace, past.days)
    place = {day: i for i, day in enumerate(past.days.date)}
    for i, shop in enumerate(past.shops):
        for day, touching in events[shop].items():
            names = [
                phases.get(each.key.phase, "peak")
                for each in touching
                if each.key.family == "promotion" and each.key.part == "on"
            ]
            if names and day in place:
                found[i, place[day]] = KINDS.index(min(names, key=DEARER.index))
    return found


def _before(plain: Array, days: int = 2 * STATED_DAYS) -> Array:
    """Return the mean of the known days among those before each day (shops, days)."""
    known_ = np.isfinite(plain)
    summed = np.cumsum(np.pad(np.nan_to_num(plain), ((0, 0), (1, 0))), axis=1)
    number = np.cumsum(np.pad(known_, ((0, 0), (1, 0))), axis=1)
    first = np.maximum(np.arange(plain.shape[1]) - days, 0)
    last = np.arange(plain.shape[1])
    total, count = summed[:, last] - summed[:, first], number[:, last] - number[:, first]
    mean = np.divide(total, count, out=np.full(plain.shape, np.nan), where=count >= STATED_LEAST)
    return np.asarray(mean)


def _mean(values: Array, there: npt.NDArray[np.bool_], least: int) -> Array:
    """Return the mean of each row's known values; NaN where they are fewer than `least`."""
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    mean = np.divide(total, count, out=np.full(len(values), np.nan), where=count >= least)
    return np.asarray(mean)


def _nanmean(values: Array) -> Array:
    """Return the mean over the first axis of what is known; NaN where nothing is."""
    there = np.isfinite(values)
    count = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full(values.shape[1:], np.nan), where=count > 0)
    return np.asarray(mean)


def _smooth(values: Array) -> Array:
    """Return half hours of the clock, each eased by its neighbours."""
    padded = np.concatenate([values[-1:], values, values[:1]])
    return np.convolve(padded, SMOOTH, mode="valid")
