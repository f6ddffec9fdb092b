"""What a quote assumes although the merchant did not say it: each number with its origin."""

from __future__ import annotations

from dataclasses import dataclass

from staffing.quote.priors import Prior, prior
from staffing.quote.prospect import Prospect
from staffing.scenario import SeatSettings
from staffing.words import Statement

__all__ = ["Assumption", "Notes", "peers_origin", "shops_origin"]


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


class Notes:
    """The assumptions in the order in which they are made."""

    def __init__(self) -> None:
        self.found: list[Assumption] = []

    def add(self, key: str, value: str, origin: Statement) -> None:
        """Note a number with its unit and where it comes from."""
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


def peers_origin(number: int) -> Statement:
    """Return the origin of what so many shops of the category teach."""
    return Statement("quote.origin_peers", {"peers": number})


def shops_origin(number: int, peers: int) -> Statement:
    """Return the origin of what so many shops teach, `peers` of them of the category."""
    return Statement("quote.origin_shops", {"shops": number, "peers": peers})
