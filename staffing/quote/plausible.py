"""What contradicts itself in a merchant's figures."""

from __future__ import annotations

import math

from staffing.grid import SLOTS_PER_H
from staffing.quote.priors import prior
from staffing.quote.prospect import Prospect
from staffing.quote.terms import Terms
from staffing.quote.volume import Volume
from staffing.words import Statement

__all__ = ["contradictions"]

IDLE_SHARE = 0.25
"""Share of what the agents could take below which they would hardly be kept on."""


def contradictions(
    prospect: Prospect, volume: Volume, terms: Terms, nearest: bool
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
