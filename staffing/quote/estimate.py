"""A prospect, and what is known of such shops → contacts and seats with an honest width.

    contacts of a half hour = contacts told × drift × factor of the kind of day and the weekday
                              × share of the half hour × share that is taken over × (1 − bot)

The rate of a half hour is taken as gamma distributed around that, with the spread that the
workspace's shops had around theirs; its quantile goes through the same queue formula as the seats
of a plan (`staffing.seats.erlang`), which has the arrivals' own Poisson noise in it already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault, ScenarioError
from staffing.quote.days import add_months, days_per_month, first_day, kind_name, promotion_days
from staffing.quote.known import Own, known
from staffing.quote.notes import Assumption, Notes
from staffing.quote.plausible import contradictions
from staffing.quote.priors import category_of, prior
from staffing.quote.prospect import WEEKDAYS, Prospect
from staffing.quote.seating import (
    INTERVAL_S,
    LEVELS,
    Kind,
    heads_for,
    held_at_once,
    seats_of,
    staffed,
)
from staffing.quote.terms import Terms, terms_of
from staffing.quote.volume import own_history, rate_of, volume_of
from staffing.scenario import SeatSettings
from staffing.words import Statement
from staffing.workspace import Workspace

__all__ = [
    "INTERVAL_S",
    "LEVELS",
    "Assumption",
    "Estimate",
    "Kind",
    "add_months",
    "contacts_on",
    "estimate",
    "refuse_open",
    "seats_for",
]

Array = npt.NDArray[np.float64]
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


LEAST_DAYS = 14
"""Days of a merchant's own history that a firm quote rests on: each weekday twice."""


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
    terms: Terms
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
    history = own_history(prospect, category, workspace)
    notes = Notes()
    if category != prospect.category:
        notes.add(
            "category", category, Statement("quote.origin_nearest", {"got": prospect.category})
        )
    start = first_day(prospect, workspace, notes)
    volume = volume_of(prospect, of_shops, history, notes)
    terms = terms_of(prospect, category, of_shops, notes)
    sales = promotion_days(prospect, category, workspace)
    served = [WEEKDAYS.index(day) for day in prospect.served]
    counted = days_per_month(prospect, sales, start, served)
    if prospect.promotions != "none":
        days = sum(number for name, number in counted.items() if name != "ordinary")
        notes.add("promotion.days", f"{days:.1f} d", prior("calendar.source").origin)
    rates = {}
    for name, number in counted.items():
        if name != "ordinary" and number == 0:
            continue
        rates[name] = rate_of(prospect, of_shops, volume, name, served, notes)
    concurrency, aht_s = held_at_once(prospect, terms, rates["ordinary"], settings)
    terms = replace(terms, aht_s=aht_s, concurrency=concurrency)
    kinds = tuple(
        staffed(prospect, rate, terms, settings, name, counted[name])
        for name, rate in rates.items()
    )
    notes.of_terms(prospect, settings)
    warnings = contradictions(prospect, volume, terms, nearest)
    open_items = tuple(
        Statement(f"open.{name}")
        for name, fields in OPEN_FIELDS.items()
        if _is_open(prospect, name, fields, history)
    )
    return Estimate(
        prospect=prospect,
        kinds=kinds,
        aht_s=aht_s,
        concurrency=concurrency,
        level=terms.level,
        within_s=terms.within_s,
        patience_s=terms.patience_s,
        heads=heads_for(prospect, kinds[0], terms, settings),
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


def _is_open(prospect: Prospect, name: str, fields: tuple[str, ...], history: Own | None) -> bool:
    """Return whether an item is still to be settled; a history of some days settles nothing."""
    if name == "history" and history is not None:
        return history.days < LEAST_DAYS
    return name not in prospect.confirmed and not prospect.told & set(fields)


def seats_for(estimate: Estimate, contacts: Array, *, peak: bool = False) -> Array:
    """Return the seats that given contacts of the open half hours ask for, on the same terms.

    Parameters
    ----------
    contacts : expected in each open half hour, for people (half hours,)
    peak : whether it is a promotion's peak, when an agent takes more than the daily cap
    """
    return seats_of(
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
