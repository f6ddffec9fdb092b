"""A prospect, and what is known of such shops → contacts and seats with an honest width.

    contacts of a half hour = contacts told × drift × factor of the kind of day and the weekday
                              × share of the half hour × share that is taken over × (1 − bot)

The rate of a half hour is taken as gamma distributed around that, with the spread that the
workspace's shops had around theirs; its quantile goes through the same queue formula as the seats
of a plan (`staffing.seats.erlang`), which has the arrivals' own Poisson noise in it already.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault, ScenarioError
from staffing.forecast.counts import rate_quantile
from staffing.grid import DAY_MIN, INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, clock_text
from staffing.platforms import platforms
from staffing.quote.known import DEARER, KINDS, Known, Own, known, own, part_of, usual
from staffing.quote.priors import Prior, category_of, prior, table
from staffing.quote.prospect import WEEKDAYS, Prospect
from staffing.scenario import SeatSettings
from staffing.seats import erlang
from staffing.seats.cap import seats_within_caps
from staffing.words import Statement
from staffing.workspace import Workspace, read_own_history

__all__ = [
    "LEVELS",
    "Assumption",
    "Estimate",
    "Kind",
    "contacts_on",
    "estimate",
    "refuse_open",
    "seats_for",
]

Array = npt.NDArray[np.float64]

LEVELS = ("p50", "p80", "p90")
QUANTILES: Mapping[str, float] = {"p50": 0.5, "p80": 0.8, "p90": 0.9}
INTERVAL_S = INTERVAL_MIN * 60
MONTHS_A_YEAR = 12
YEAR = 365
SOUND_LEVEL = 0.8
"""A platform's level below this is the floor of a penalty, not a target to staff for."""
TIMES: Mapping[str, str] = {
    "warm_up": "promotion.warm_up",
    "peak": "promotion.peak",
    "tail": "promotion.tail",
}
"""Kind of day -> key of the assumption about what it multiplies by."""
OPEN_FIELDS: Mapping[str, tuple[str, ...]] = {
    "history": ("history",),
    "platform": ("platform",),
    "service": ("service",),
    "hours": ("opens", "closes"),
    "target": ("target_level", "answer_within_s"),
    "start": ("start",),
    "handover": ("handover",),
}
"""What a firm quote needs, and the fields that settle it."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A number that a quote uses although the merchant did not give it.

    Attributes
    ----------
    key : dotted name
    value : as printed, with its unit
    origin : source and date
    """

    key: str
    value: str
    origin: Statement

    @property
    def label(self) -> Statement:
        """Return what the number is, to be said."""
        return Statement(f"assumed.{self.key}")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of day.

    Attributes
    ----------
    name : ``ordinary``, or a promotion's phase: ``warm_up``, ``peak``, ``tail``
    days_per_month : how many served days of a mean month are of the kind
    table : one row an open half hour: slot (minutes after midnight of the service day, may pass
        1440), part (daypart), contacts (mean, for people), p50, p80, p90 (contacts at that
        quantile of the rate), seats_p50, seats_p80, seats_p90, service_level and occupancy (at
        P80 seats and mean contacts)
    spread : squared relative spread of a half hour's rate around its mean
    """

    name: str
    days_per_month: float
    table: pd.DataFrame
    spread: float

    @property
    def dayparts(self) -> pd.DataFrame:
        """Return one row a stretch of a daypart: part, opens, closes, contacts, hours, seats_*.

        Seats are those of its busiest half hour, since people do not come for half hours.
        """
        rows = self.table
        gap = rows["slot"].diff().fillna(INTERVAL_MIN) != INTERVAL_MIN
        new = (rows["part"] != rows["part"].shift()) | gap
        grouped = rows.groupby(new.cumsum())
        found = grouped.agg(
            part=("part", "first"),
            opens=("slot", "min"),
            closes=("slot", "max"),
            hours=("slot", "size"),
            contacts=("contacts", "sum"),
            **{f"seats_{level}": (f"seats_{level}", "max") for level in LEVELS},
        ).reset_index(drop=True)
        found["closes"] += INTERVAL_MIN
        found["hours"] /= SLOTS_PER_H
        return found

    def seats(self, level: str = "p80") -> float:
        """Return the seats of the busiest daypart."""
        return float(self.table[f"seats_{level}"].max())

    def seat_h(self, level: str = "p80") -> float:
        """Return the seat-hours of a day, staffed by dayparts."""
        parts = self.dayparts
        return float((parts["hours"] * parts[f"seats_{level}"]).sum())


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a prospect needs.

    Attributes
    ----------
    kinds : kinds of day, the ordinary one first
    aht_s : mean handle time, observed at `concurrency`
    concurrency : contacts that a seat holds at once
    level, within_s : service level asked for: the share to be answered within so many seconds
    patience_s : mean patience of customers
    heads : p50, p80, p90: people to employ with two rest days in seven (40 hours a week);
        p50_low ... the same with one; per_seat_low, per_seat_high: of one seat that is open all
        hours, with one and two rest days; start_p80: while those new to the shop ramp up
    assumptions : every number used that the merchant did not give
    warnings : what contradicts itself in the merchant's figures
    open_items : what a firm quote still needs
    firm : whether the quote may be made firm: the merchant's own history is in it, nothing open
    start : first day of the service
    training_days, ramp_days : before it, and until full speed after it
    own_days : days of the merchant's own history behind it
    """

    prospect: Prospect
    kinds: tuple[Kind, ...]
    aht_s: float
    concurrency: float
    level: float
    within_s: float
    patience_s: float
    heads: Mapping[str, float]
    assumptions: tuple[Assumption, ...]
    warnings: tuple[Statement, ...]
    open_items: tuple[Statement, ...]
    firm: bool
    start: dt.date
    training_days: float
    ramp_days: float
    settings: SeatSettings
    terms: _Terms
    week: tuple[float, ...]
    sales: Mapping[dt.date, str] = field(default_factory=dict)
    own_days: int = 0

    @property
    def ordinary(self) -> Kind:
        """Return the ordinary day."""
        return self.kinds[0]

    @property
    def end(self) -> dt.date:
        """Return the first day after the service."""
        if self.prospect.days is not None:
            return self.start + dt.timedelta(days=self.prospect.days)
        return add_months(self.start, self.prospect.months)

    def kind_of(self, date: dt.date) -> Kind:
        """Return the kind of a day: by the platform's sales, else by how often the shop has them.

        A day of no kind that the estimate has is ordinary.
        """
        name = kind_name(self.prospect.promotions, self.sales, date)
        return next((kind for kind in self.kinds if kind.name == name), self.ordinary)

    def share_on(self, date: dt.date) -> float:
        """Return the share of the contacts taken over on a day; 0 where the day is not served."""
        if not self.start <= date < self.end:
            return 0.0
        if WEEKDAYS[date.weekday()] not in self.prospect.served:
            return 0.0
        steps = self.prospect.handover
        if not steps:
            return 1.0
        return steps[min((date - self.start).days // 7, len(steps) - 1)]


def contacts_on(estimate: Estimate, date: dt.date) -> pd.DataFrame:
    """Return what people will have to answer on a day.

    Returns
    -------
    DataFrame: slot (minutes after midnight of the service day), contacts (mean, after handover
    share and bot), variance (of the counts). Empty where the day is not served.
    """
    share, kind = estimate.share_on(date), estimate.kind_of(date)
    rows = kind.table if share > 0 else kind.table.iloc[:0]
    served = [estimate.week[WEEKDAYS.index(day)] for day in estimate.prospect.served]
    factor = share * estimate.week[date.weekday()] / float(np.mean(served))
    contacts = rows["contacts"].to_numpy(np.float64) * factor
    return pd.DataFrame(
        {
            "slot": rows["slot"].to_numpy(np.int64),
            "contacts": contacts,
            "variance": contacts + kind.spread * contacts**2,
        }
    )


def estimate(
    prospect: Prospect, workspace: Workspace | None, settings: SeatSettings | None = None
) -> Estimate:
    """Return what a prospect needs, from the facts told, the workspace's shops and the priors.

    Parameters
    ----------
    workspace : None: the priors alone
    settings : how seats are computed; the scenario's defaults where None

    Raises
    ------
    WorkspaceError
        Where the prospect's own history cannot be read.
    """
    settings = settings or SeatSettings()
    category, nearest = category_of(prospect.category)
    of_shops = known(workspace, category, prospect.contacts, prospect.channel)
    history = _own_history(prospect, category, workspace)
    notes = _Notes()
    if category != prospect.category:
        notes.add(
            "category", category, Statement("quote.origin_nearest", {"got": prospect.category})
        )
    start = _start(prospect, workspace, notes)
    volume = _volume(prospect, of_shops, history, notes)
    terms = _terms(prospect, category, of_shops, notes)
    sales = _sales(prospect, category, workspace)
    served = [WEEKDAYS.index(day) for day in prospect.served]
    counted = _days_per_month(prospect, sales, start, served)
    if prospect.promotions != "none":
        days = sum(number for name, number in counted.items() if name != "ordinary")
        notes.add("promotion.days", f"{days:.1f} d", prior("calendar.source").origin)
    rates = {}
    for name, number in counted.items():
        if name != "ordinary" and number == 0:
            continue
        rates[name] = _rate(prospect, of_shops, volume, name, served, notes)
    concurrency, aht_s = _held(prospect, terms, rates["ordinary"], settings)
    terms = replace(terms, aht_s=aht_s, concurrency=concurrency)
    kinds = tuple(
        _kind(prospect, rate, terms, settings, name, counted[name]) for name, rate in rates.items()
    )
    notes.of_terms(prospect, settings)
    warnings = _warnings(prospect, volume, terms, nearest)
    open_items = tuple(
        Statement(f"open.{name}")
        for name, fields in OPEN_FIELDS.items()
        if name not in prospect.confirmed and not prospect.told & set(fields)
    )
    return Estimate(
        prospect=prospect,
        kinds=kinds,
        aht_s=aht_s,
        concurrency=concurrency,
        level=terms.level,
        within_s=terms.within_s,
        patience_s=terms.patience_s,
        heads=_heads(prospect, kinds[0], terms, settings),
        assumptions=tuple(notes.found),
        warnings=warnings,
        open_items=open_items,
        firm=history is not None and not open_items,
        start=start,
        training_days=terms.training_days,
        ramp_days=terms.ramp_days,
        settings=settings,
        terms=terms,
        week=tuple(of_shops.week.tolist()),
        sales=sales,
        own_days=history.days if history is not None else 0,
    )


def seats_for(estimate: Estimate, contacts: Array, *, peak: bool = False) -> Array:
    """Return the seats that given contacts of the open half hours ask for, on the same terms.

    Parameters
    ----------
    contacts : expected in each open half hour, for people (half hours,)
    peak : whether it is a promotion's peak, when an agent takes more than the daily cap
    """
    return _seats_of(
        estimate.prospect,
        contacts,
        float(contacts.sum()),
        estimate.terms,
        estimate.settings,
        peak=peak,
    )


def refuse_open(estimate: Estimate) -> None:
    """Refuse a firm quote while anything is open.

    Raises
    ------
    ScenarioError
        With each open item and what settles it.
    """
    faults = [
        Fault(
            code="still_open", file="--firm", facts={"item": item, "name": item.key.split(".")[1]}
        )
        for item in estimate.open_items
    ]
    if faults:
        raise ScenarioError(faults)


# --- notes of what was assumed -------------------------------------------------------------------


class _Notes:
    """The assumptions in the order in which they are made."""

    def __init__(self) -> None:
        self.found: list[Assumption] = []

    def add(self, key: str, value: str, origin: Statement) -> None:
        self.found.append(Assumption(key=key, value=value, origin=origin))

    def prior(self, key: str, name: str, value: str | None = None) -> Prior:
        """Use a prior and note it."""
        used = prior(name)
        self.add(key, value or f"{used.value}", used.origin)
        return used

    def of_terms(self, prospect: Prospect, settings: SeatSettings) -> None:
        """Note the terms of the service that were not told."""
        usual_ = Statement("quote.origin_usual")
        for key, told, value in (
            ("terms.platform", "platform", prospect.platform),
            ("terms.goods", "goods", prospect.goods),
            ("terms.service", "service", prospect.service),
            ("terms.channel", "channel", prospect.channel),
            ("terms.weekdays", "weekdays", f"{len(prospect.served)}/7"),
            ("terms.dedicated", "dedicated", "dedicated" if prospect.dedicated else "shared"),
            ("terms.bot", "bot_deflection", f"{prospect.bot_deflection:.0%}"),
            ("terms.months", "months", f"{prospect.months}"),
        ):
            if told not in prospect.told and not (told == "months" and prospect.days):
                self.add(key, value, usual_)
        if not {"opens", "closes"} & prospect.told:
            self.add("terms.hours", f"{prospect.window}", prior("day.opens").origin)
        if not prospect.handover and prospect.days is None:
            self.add("terms.handover", "at_once", usual_)
        share, day = f"{settings.max_occupancy:.0%}", f"{settings.cap_day_h:g} h"
        self.add("seats.occupancy", share, prior("seat.occupancy").origin)
        self.add("seats.day", day, prior("person.day_h").origin)
        self.add("person.rest", "1-2 / 7 d", prior("person.rest_few").origin)
        if settings.shrinkage:
            self.add("seats.shrinkage", f"{settings.shrinkage:.0%}", usual_)
        speed = f"{prior('person.ramp_speed').value:.0%}"
        self.add("person.ramp_speed", speed, prior("person.ramp_speed").origin)


def _peers(number: int) -> Statement:
    return Statement("quote.origin_peers", {"peers": number})


def _shops(number: int, peers: int) -> Statement:
    return Statement("quote.origin_shops", {"shops": number, "peers": peers})


# --- volume --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Volume:
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
class _Rate:
    """Contacts of a kind of day that reach people.

    Attributes
    ----------
    mean : of each open half hour
    spread, total : squared relative spread of a half hour's rate, and of the whole day's
    """

    mean: Array
    spread: float
    total: float


def _volume(prospect: Prospect, of_shops: Known, history: Own | None, notes: _Notes) -> _Volume:
    """Blend what was told with the merchant's own history by how much each can be trusted.

    The level told has the variance that such figures had at other shops, the mean of k own days
    that of a day over k (normal means with known variances: Gelman et al., Bayesian Data Analysis,
    ch. 2.5). A part of the doubt, the drift of the months to come, no past removes.
    """
    told = prospect.contacts * of_shops.drift
    weigh_level = weigh_profile = weigh_day = 0.0
    profile, day, mean = of_shops.profile, of_shops.day, told
    origin = _shops(of_shops.shops, of_shops.peers)
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
    profiled = _peers(of_shops.profiled)
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
    return _Volume(
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


def _rate(
    prospect: Prospect,
    of_shops: Known,
    volume: _Volume,
    kind: str,
    served: Sequence[int],
    notes: _Notes,
) -> _Rate:
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
        origin = _shops(seen, of_shops.peers) if seen else prior(f"uplift.{kind}").origin
        notes.add(TIMES[kind], f"× {factor:.2f}", origin)
        if kind == "peak":
            shape = shape * of_shops.peak_shape[clock]
    human = (1 - prospect.bot_deflection) * _taken_over(prospect)
    spread = volume.level + volume.part + day
    return _Rate(mean=mean * shape * human, spread=spread, total=volume.level + total)


def _after_sales(prospect: Prospect) -> float:
    """Return the share of the contacts that come after the sale."""
    after, logistics = (
        float(prior(f"contact.{name}").value) for name in ("after_sales", "logistics")
    )
    return after if prospect.goods == "physical" else (after - logistics) / (1 - logistics)


def _taken_over(prospect: Prospect) -> float:
    """Return the share of the contacts that the service asked for takes."""
    match prospect.service:
        case "both":
            return 1.0
        case "pre_sales":
            return 1 - _after_sales(prospect)
        case _:
            return _after_sales(prospect)


# --- terms ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Terms:
    """The terms that seats are computed for."""

    level: float
    within_s: float
    aht_s: float
    concurrency: float
    daily_cap: float
    patience_s: float
    training_days: float
    ramp_days: float


def _terms(prospect: Prospect, category: str, of_shops: Known, notes: _Notes) -> _Terms:
    """Return the terms told, else those of the category's shops, else the priors."""
    level, within_s = _target(prospect, notes)
    aht_s = _aht(prospect, category, of_shops, notes)
    concurrency = _concurrency(prospect, of_shops, notes)
    ours = _peers(of_shops.profiled)
    if prospect.daily_cap is not None:
        cap = prospect.daily_cap
    elif of_shops.daily_cap is not None:
        cap = of_shops.daily_cap
        notes.add("category.daily_cap", f"{cap:g}", ours)
    else:
        cap = float(notes.prior("category.daily_cap", f"category.{category}.daily_cap").value)
    patience_s = float(notes.prior("contact.patience_s", "contact.patience_s", "180 s").value)
    training = prospect.training_days
    if training is None:
        name = f"category.{category}.training_days"
        training = int(notes.prior("category.training_days", name, f"{prior(name).value} d").value)
    ramp = prospect.ramp_days
    if ramp is None:
        text = f"{prior('person.ramp_days').value} d"
        ramp = int(notes.prior("person.ramp_days", "person.ramp_days", text).value)
    return _Terms(
        level=level,
        within_s=within_s,
        aht_s=aht_s,
        concurrency=concurrency,
        daily_cap=cap,
        patience_s=patience_s,
        training_days=float(training),
        ramp_days=float(ramp),
    )


def _target(prospect: Prospect, notes: _Notes) -> tuple[float, float]:
    """Return the service level: as told, else by the platform's metric, else the prior."""
    name = table("platform").get(prospect.platform)
    level, within_s = (
        float(prior(f"contact.{each}").value) for each in ("target_level", "answer_within_s")
    )
    origin = prior("contact.target_level").origin
    if name is not None:
        rule = platforms()[name]
        within_s = rule.within_s
        if rule.level is not None and rule.level >= SOUND_LEVEL:
            level = rule.level
        facts = {"source": rule.source, "date": rule.date, "grade": rule.trust}
        origin = Statement("quote.origin_source", facts)
    told = {"target_level", "answer_within_s"} & prospect.told
    level = prospect.target_level or level
    within_s = prospect.answer_within_s or within_s
    if prospect.priority == "vip":
        level = max(level, float(prior("contact.vip_level").value))
        origin = prior("contact.vip_level").origin
    if len(told) < 2:
        notes.add("contact.target", f"{level:.0%} / {within_s:g} s", origin)
    return level, within_s


def _aht(prospect: Prospect, category: str, of_shops: Known, notes: _Notes) -> float:
    """Return the handle time of the contacts that the service asked for takes."""
    if prospect.aht_s is not None:
        return prospect.aht_s
    if prospect.channel == "phone":
        found = of_shops.aht_s or float(prior("contact.phone_aht_s").value)
        source = prior("contact.phone_aht_s").origin
    else:
        found = of_shops.aht_s or float(prior(f"category.{category}.aht_s").value)
        source = prior(f"category.{category}.aht_s").origin
    if of_shops.aht_s is not None:
        source = _peers(of_shops.profiled)
    factor = {
        "both": 1.0,
        "pre_sales": float(prior("contact.pre_sales_aht").value),
        "simple_after_sales": float(prior("contact.simple_aht").value),
        "full_after_sales": float(prior("contact.full_aht").value),
    }[prospect.service]
    if prospect.goods == "virtual":
        factor *= float(prior("contact.technical").value)
    notes.add("category.aht_s", f"{found * factor:.0f} s", source)
    if prospect.service != "both":
        share = f"{_taken_over(prospect):.0%}"
        notes.add("contact.taken_over", share, prior("contact.after_sales").origin)
    return found * factor


def _concurrency(prospect: Prospect, of_shops: Known, notes: _Notes) -> float:
    """Return how many contacts a seat may hold at once."""
    if prospect.channel == "phone":
        return 1.0
    if prospect.concurrency is not None:
        return float(prospect.concurrency)
    if of_shops.concurrency is not None:
        ours = _peers(of_shops.profiled)
        notes.add("contact.concurrency", f"{of_shops.concurrency:g}", ours)
        return of_shops.concurrency
    return float(notes.prior("contact.concurrency", "contact.concurrency").value)


def _held(
    prospect: Prospect, terms: _Terms, rate: _Rate, settings: SeatSettings
) -> tuple[float, float]:
    """Return how many contacts to hold at once, of what the cap allows, and the AHT then.

    A chat among many takes longer: the AHT known at one concurrency is carried to another by the
    work that an agent gets done with so many at once (callcentrehelper, see the priors). The
    number that needs fewest seats is taken, so that a higher cap never asks for more.
    """
    if prospect.channel == "phone":
        return 1.0, terms.aht_s
    done = [float(each) for each in prior("contact.effective").value]
    known_at = terms.concurrency
    if prospect.aht_s is None:
        known_at = float(prior("contact.concurrency").value)

    def aht_at(held: float) -> float:
        def each(number: float) -> float:
            return number / done[min(int(number), len(done)) - 1]

        return terms.aht_s * each(held) / each(known_at)

    tried = []
    most = int(terms.concurrency)
    for held in range(1, most + 1 if most <= len(done) else len(done) + 1):
        trial = replace(terms, aht_s=aht_at(held), concurrency=float(held))
        seats = _seats(prospect, rate, trial, settings, "p80", peak=False)
        tried.append((float(seats.sum()), -held, trial.aht_s))
    if most > len(done):
        trial = replace(terms, aht_s=aht_at(most), concurrency=float(most))
        seats = _seats(prospect, rate, trial, settings, "p80", peak=False)
        tried.append((float(seats.sum()), -most, trial.aht_s))
    _, held, aht_s = min(tried)
    return float(-held), aht_s


# --- seats ---------------------------------------------------------------------------------------


def _quantile(rate: _Rate, level: str) -> Array:
    """Return the contacts of each half hour at a quantile of their rate."""
    mean = rate.mean
    return rate_quantile(mean, mean + rate.spread * mean**2, QUANTILES[level])


def _day_quantile(rate: _Rate, level: str) -> float:
    """Return the contacts of the whole day at a quantile of its rate."""
    mean = np.array([rate.mean.sum()])
    return float(rate_quantile(mean, mean + rate.total * mean**2, QUANTILES[level])[0])


def _seats(
    prospect: Prospect,
    rate: _Rate,
    terms: _Terms,
    settings: SeatSettings,
    level: str,
    *,
    peak: bool,
) -> Array:
    """Return the seats of each open half hour.

    The largest of the seats for the service level within the occupancy cap and of one, since
    somebody must be there; then seats are added for the daily cap. A shared seat is the share of
    a pool's seats that the shop's contacts take, in tenths.
    """
    contacts = _quantile(rate, level)
    # The dayparts are not all at their quantile on one day: a whole day varies less.
    day = _day_quantile(rate, level)
    return _seats_of(prospect, contacts, day, terms, settings, peak=peak)


def _seats_of(
    prospect: Prospect,
    contacts: Array,
    day: float,
    terms: _Terms,
    settings: SeatSettings,
    *,
    peak: bool,
) -> Array:
    """Return the seats that contacts of each open half hour and of the day ask for; see `_seats`.

    Parameters
    ----------
    contacts : of each open half hour (half hours,)
    day : of the whole day, for the daily cap
    """
    load = contacts * terms.aht_s / INTERVAL_S
    cap = terms.daily_cap * (float(prior("contact.promotion_cap").value) if peak else 1.0)
    if not prospect.dedicated:
        busy = load / terms.concurrency / settings.max_occupancy
        capped = contacts * SLOTS_PER_H * settings.cap_day_h / cap
        tenths = np.ceil(np.maximum(busy, capped) * 10 - 1e-9) / 10
        return np.maximum(tenths, float(prior("seat.shared_least").value))
    seats = np.maximum(
        erlang.chat_seats(
            load,
            terms.aht_s,
            terms.level,
            terms.within_s,
            terms.concurrency,
            max_occupancy=settings.max_occupancy,
        ),
        1,
    )
    rows = pd.DataFrame({"pool": "", "date": 0, "contacts": contacts})
    of_day = rows.assign(contacts=contacts * day / contacts.sum(), daily_cap=cap)
    within = seats_within_caps(rows, of_day, seats, settings.cap_day_h)
    return within.astype(np.float64)


def _kind(
    prospect: Prospect,
    rate: _Rate,
    terms: _Terms,
    settings: SeatSettings,
    name: str,
    days_per_month: float,
) -> Kind:
    """Return a kind of day with its seats."""
    slots = np.array(prospect.slots)
    mean, spread = rate.mean, rate.spread
    columns: dict[str, object] = {
        "slot": slots * INTERVAL_MIN,
        "part": [part_of(slot) for slot in slots],
        "contacts": mean,
    }
    peak = name == "peak"
    columns |= {level: _quantile(rate, level) for level in LEVELS}
    seats = np.zeros(slots.size)
    for level in LEVELS:
        # A daily cap adds seats wherever fewest are needed; more is never enough with fewer.
        seats = np.maximum(_seats(prospect, rate, terms, settings, level, peak=peak), seats)
        columns[f"seats_{level}"] = seats
    rows = pd.DataFrame(columns)
    load = mean * terms.aht_s / INTERVAL_S
    seated = rows["seats_p80"].to_numpy(np.float64)
    if prospect.dedicated:
        rows["service_level"] = erlang.chat_service_level(
            seated, load, terms.aht_s, terms.within_s, terms.concurrency
        )
        slots_held = np.floor(seated * terms.concurrency + 1e-9)
        rows["occupancy"] = erlang.occupancy(slots_held, load)
    else:
        # A share of a pool's seats: the pool is staffed to the level and its own occupancy.
        rows["service_level"] = terms.level
        rows["occupancy"] = np.minimum(load / (seated * terms.concurrency), 1.0)
    return Kind(name=name, days_per_month=days_per_month, table=rows, spread=spread)


def _heads(
    prospect: Prospect, ordinary: Kind, terms: _Terms, settings: SeatSettings
) -> Mapping[str, float]:
    """Return the people to employ; see `Estimate.heads`.

    A seat that is open for longer than a day's work is two people on a day (goldkefu 2021: one
    seat is a day and an evening agent), and each of them works 6 or 5 days in 7.
    """
    open_h = len(prospect.slots) / SLOTS_PER_H
    shifts = math.ceil(open_h / float(prior("person.day_h").value))
    shift_h = open_h / shifts
    few, many = (float(prior(f"person.{name}").value) for name in ("rest_few", "rest_many"))
    days = len(prospect.served)
    there = 1 - settings.shrinkage

    def heads(seat_h: float, seats: float, rest: float) -> float:
        week = seat_h / shift_h * max(days / (7 - rest), 1.0)
        return max(week, seats) / there

    found = {}
    for level in LEVELS:
        needed = ordinary.seat_h(level), ordinary.seats(level)
        found[level], found[f"{level}_low"] = heads(*needed, many), heads(*needed, few)
    found["per_seat_low"], found["per_seat_high"] = heads(open_h, 1, few), heads(open_h, 1, many)
    slow = float(prior("person.ramp_speed").value)
    # Over the first month: the ramp's mean speed while it lasts, full speed after it.
    ramp = min(terms.ramp_days, 30.0) / 30.0
    speed = 1 - ramp * (1 - slow) / 2
    found["start_p80"] = found["p80"] / speed
    return found


# --- calendar ------------------------------------------------------------------------------------


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


def _sales(prospect: Prospect, category: str, workspace: Workspace | None) -> Mapping[dt.date, str]:
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


def _days_per_month(
    prospect: Prospect, sales: Mapping[dt.date, str], start: dt.date, served: Sequence[int]
) -> Mapping[str, float]:
    """Return how many served days of a mean month of the year from `start` on are of each kind."""
    found = dict.fromkeys(KINDS, 0.0)
    for number in range(YEAR):
        date = start + dt.timedelta(days=number)
        if date.weekday() in served:
            found[kind_name(prospect.promotions, sales, date)] += 1 / MONTHS_A_YEAR
    return found


def _start(prospect: Prospect, workspace: Workspace | None, notes: _Notes) -> dt.date:
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


# --- own history ---------------------------------------------------------------------------------


def _own_history(prospect: Prospect, category: str, workspace: Workspace | None) -> Own | None:
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


# --- plausibility --------------------------------------------------------------------------------


def _warnings(
    prospect: Prospect, volume: _Volume, terms: _Terms, nearest: bool
) -> tuple[Statement, ...]:
    """Return what contradicts itself in the merchant's figures."""
    found = []
    if nearest:
        facts: dict[str, object] = {"got": prospect.category, "near": prospect.kind_of_goods}
        found.append(Statement("warning.category", facts))
    human = prospect.contacts * (1 - prospect.bot_deflection)
    on_duty = prospect.agents * 6 / 7
    able = on_duty * terms.daily_cap
    facts = {"agents": prospect.agents, "contacts": f"{prospect.contacts:g}"}
    if prospect.agents == 0:
        found.append(Statement("warning.no_agents", facts))
    elif human > able:
        each = f"{human / on_duty:.0f}"
        cap = f"{terms.daily_cap:g}"
        found.append(Statement("warning.overloaded", {**facts, "each": each, "cap": cap}))
    elif human < able * IDLE_SHARE and prospect.agents > 1:
        each = f"{human / on_duty:.0f}"
        found.append(
            Statement("warning.idle_agents", {**facts, "each": each, "cap": f"{terms.daily_cap:g}"})
        )
    open_h = len(prospect.slots) / SLOTS_PER_H
    people = math.ceil(open_h / float(prior("person.day_h").value)) * len(prospect.served) / 6
    if 0 < prospect.agents < people - 0.5:
        facts = {"agents": prospect.agents, "hours": f"{open_h:g}", "people": f"{people:.1f}"}
        found.append(Statement("warning.hours_uncovered", facts))
    busiest = prospect.contacts * float(volume.profile.max()) * SLOTS_PER_H
    most = float(prior("contact.most_per_hour").value)
    if prospect.agents and busiest > prospect.agents * most:
        facts = {"hour": f"{busiest:.0f}", "agents": prospect.agents, "most": f"{most:g}"}
        found.append(Statement("warning.hour_impossible", facts))
    if prospect.conversion is not None:
        low, high = (float(prior(f"contact.conversion_{name}").value) for name in ("low", "high"))
        if not low <= prospect.conversion <= high:
            facts = {
                "got": f"{prospect.conversion:.0%}",
                "low": f"{low:.0%}",
                "high": f"{high:.0%}",
            }
            found.append(Statement("warning.conversion", facts))
    return tuple(found)


IDLE_SHARE = 0.25
"""Share of what the agents could take below which they would hardly be kept on."""
