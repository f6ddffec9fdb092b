"""The terms that seats are computed for: as told, else of the category's shops, else priors."""

from __future__ import annotations

from dataclasses import dataclass

from staffing.platforms import platforms
from staffing.quote.known import Known
from staffing.quote.notes import Notes, peers_origin
from staffing.quote.priors import prior, table
from staffing.quote.prospect import Prospect
from staffing.quote.volume import taken_over
from staffing.words import Statement

__all__ = ["Terms", "terms_of"]

SOUND_LEVEL = 0.8
"""A platform's level below this is the floor of a penalty, not a target to staff for."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The terms that seats are computed for."""

    level: float
    within_s: float
    aht_s: float
    concurrency: float
    daily_cap: float
    patience_s: float
    training_days: float
    ramp_days: float


def terms_of(prospect: Prospect, category: str, of_shops: Known, notes: Notes) -> Terms:
    """Return the terms told, else those of the category's shops, else the priors."""
    level, within_s = _target(prospect, notes)
    aht_s = _aht(prospect, category, of_shops, notes)
    concurrency = _concurrency(prospect, of_shops, notes)
    ours = peers_origin(of_shops.profiled)
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
    return Terms(
        level=level,
        within_s=within_s,
        aht_s=aht_s,
        concurrency=concurrency,
        daily_cap=cap,
        patience_s=patience_s,
        training_days=float(training),
        ramp_days=float(ramp),
    )


def _target(prospect: Prospect, notes: Notes) -> tuple[float, float]:
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


def _aht(prospect: Prospect, category: str, of_shops: Known, notes: Notes) -> float:
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
        source = peers_origin(of_shops.profiled)
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
        share = f"{taken_over(prospect):.0%}"
        notes.add("contact.taken_over", share, prior("contact.after_sales").origin)
    return found * factor


def _concurrency(prospect: Prospect, of_shops: Known, notes: Notes) -> float:
    """Return how many contacts a seat may hold at once."""
    if prospect.channel == "phone":
        return 1.0
    if prospect.concurrency is not None:
        return float(prospect.concurrency)
    if of_shops.concurrency is not None:
        ours = peers_origin(of_shops.profiled)
        notes.add("contact.concurrency", f"{of_shops.concurrency:g}", ours)
        return of_shops.concurrency
    return float(notes.prior("contact.concurrency", "contact.concurrency").value)
