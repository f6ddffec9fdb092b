"""A merchant who asks for a quote: the four facts, and whatever terms are known already.

Category, agents today, contacts a day and how often there are promotions are enough; every other
field has a default, which a quote lists with its origin.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BeforeValidator, field_validator, model_validator

from staffing.errors import Fault, ScenarioError
from staffing.grid import DAY_MIN, SLOTS_PER_DAY, Window, clock_text
from staffing.quote.priors import category_of, prior
from staffing.scenario.demand import FIRST_YEAR, LAST_YEAR
from staffing.scenario.file import checked, line_of, read_toml
from staffing.scenario.section import Clock, Section, given, required, unfit

__all__ = ["FACTS", "WEEKDAYS", "Prospect", "facts_told", "prospect_of", "read_prospect"]

FACTS = ("category", "agents", "contacts", "promotions")
"""What a merchant has to tell before anything can be said."""
Frequency = Literal["none", "yearly", "quarterly", "monthly", "weekly"]
Platform = Literal[
    "Tmall", "Taobao", "JD", "Pinduoduo", "Douyin", "Kuaishou", "Xiaohongshu", "other"
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
Cover = Literal["hours", "days", "weekends", "meals"]
OpenItem = Literal["history", "platform", "service", "hours", "target", "start", "handover"]
WEEKEND = ("sat", "sun")
LONGEST_NAME = 64
AFTER_SALES = ("simple_after_sales", "full_after_sales")
WEEKS_A_MONTH = 365 / 7 / 12
CHINESE: Mapping[str, Mapping[str, str]] = {
    "promotions": {
        "无": "none",
        "没有": "none",
        "每年一次": "yearly",
        "每季度": "quarterly",
        "每季度一次": "quarterly",
        "每月一次": "monthly",
        "每周一次": "weekly",
        "每年": "yearly",
        "每季": "quarterly",
        "每月": "monthly",
        "每周": "weekly",
    },
    "platform": {
        "天猫": "Tmall",
        "淘宝": "Taobao",
        "京东": "JD",
        "拼多多": "Pinduoduo",
        "抖音": "Douyin",
        "快手": "Kuaishou",
        "小红书": "Xiaohongshu",
        "其他": "other",
    },
}
"""Chinese words that are read as the names above."""
USUAL = "the trade's usual terms: a prior"
NOT_SAID = "not told: nothing of the kind is assumed"


def _english(word: str) -> BeforeValidator:
    return BeforeValidator(
        lambda value: CHINESE[word].get(value, value) if isinstance(value, str) else value
    )


class Prospect(Section):
    """A merchant who asks for a quote."""

    page: ClassVar[str] = "docs/quotes.md"

    category: str = required(
        "What the shop sells; an unknown category is read as its nearest.",
        example='"apparel_bags"',
        limits="text of 1 to 64 characters",
    )
    agents: int = required(
        "Customer-service agents that the shop has today.", example="6", ge=0, le=10_000
    )
    contacts: float = required(
        "Contacts on an average ordinary day.", example="520", gt=0, le=1_000_000
    )
    promotions: Annotated[Frequency, _english("promotions")] = required(
        "How often the shop has promotions.", example='"monthly"'
    )
    name: str = given(
        "prospect",
        "The shop's name on the quote and in file names.",
        origin=NOT_SAID,
        limits="1 to 64 letters (Chinese too), digits, dots, hyphens, underscores",
        pattern=r"^\w[\w.-]{0,63}$",
    )
    platform: Annotated[Platform, _english("platform")] = given(
        "other", "Platform; it sets the service level and the calendar of sales.", origin=NOT_SAID
    )
    goods: Literal["physical", "virtual"] = given(
        "physical",
        "Goods: virtual ones have no contacts about parcels.",
        origin="most shops sell goods that are sent",
    )
    service: Literal["pre_sales", "simple_after_sales", "full_after_sales", "both"] = given(
        "both", "Which contacts are taken over.", origin="one team answers everything"
    )
    channel: Literal["chat", "phone"] = given(
        "chat", "Channel; phone is one contact at a time.", origin="the trade's usual channel"
    )
    opens: Clock = given(
        9 * 60,
        "Hours asked for begin.",
        origin="m.goldkefu.com/news/473 (2021-02-02): 9-24",
        limits="a time on the half hour",
    )
    closes: Clock = given(
        DAY_MIN,
        "Hours asked for end; before `opens`: on the next day.",
        origin="m.goldkefu.com/news/473 (2021-02-02): 9-24",
        limits="a time on the half hour",
    )
    weekdays: tuple[Weekday, ...] = given(
        WEEKDAYS,
        "Days of the week asked for.",
        origin="shops sell on every day",
        limits="names of weekdays: mon ... sun",
        strict=False,
    )
    start: dt.date | None = given(
        None,
        "First day of the service.",
        origin="not told: the day after what is known, else a day in the priors",
        limits="a day of 1901 to 2099",
        strict=False,
    )
    months: int = given(12, "Months of the contract.", origin=USUAL, ge=1, le=60)
    days: int | None = given(
        None,
        "Days of a short engagement instead of months.",
        limits="whole number, at least 1, at most 92",
        origin=NOT_SAID,
        ge=1,
        le=92,
    )
    short: Cover | None = given(
        None,
        "A short cover: some hours a day, some days, weekends, or meal times.",
        limits='"hours" or "days" or "weekends" or "meals"',
        origin=NOT_SAID,
    )
    target_level: float | None = given(
        None,
        "Share of contacts to be answered within `answer_within_s`.",
        limits="share strictly between 0 and 1",
        origin="the platform's",
        gt=0,
        lt=1,
    )
    answer_within_s: float | None = given(
        None,
        "Seconds within which a contact is answered in time.",
        limits="number, above 0, at most 3600",
        origin="the platform's",
        gt=0,
        le=3600,
    )
    dedicated: bool = given(
        True, "Whether the seats serve this shop alone.", origin="the usual offer: seats of its own"
    )
    priority: Literal["normal", "vip"] = given(
        "normal", "VIP contacts are promised a higher service level.", origin=NOT_SAID
    )
    bot_deflection: float = given(
        0.0, "Share of contacts that a bot settles.", origin=NOT_SAID, ge=0, le=0.95
    )
    handover: tuple[float, ...] = given(
        (),
        "Share of the contacts taken over in each week from the start on; the last one stays.",
        origin="not told: everything from the first day on",
        limits="shares above 0 up to 1, never falling, the last one 1; may be empty",
        strict=False,
    )
    ramp_days: int | None = given(
        None,
        "Days until an agent new to the shop works at full speed.",
        limits="whole number, at least 1, at most 90",
        origin=USUAL,
        ge=1,
        le=90,
    )
    training_days: int | None = given(
        None,
        "Days of training before the first day of service.",
        limits="whole number, at least 0, at most 60",
        origin="of the category",
        ge=0,
        le=60,
    )
    aht_s: float | None = given(
        None,
        "Mean handle time of a contact in seconds, observed at `concurrency`.",
        limits="number, at least 5, at most 7200",
        origin="of the category",
        ge=5,
        le=7200,
    )
    concurrency: int | None = given(
        None,
        "Most chats that an agent holds at once.",
        limits="whole number, at least 1, at most 30",
        origin=USUAL,
        ge=1,
        le=30,
    )
    daily_cap: float | None = given(
        None,
        "Most contacts of an agent in a day's work of 8 hours.",
        limits="number, at least 1, at most 5000",
        origin="of the category",
        ge=1,
        le=5000,
    )
    order_value_yuan: float | None = given(
        None,
        "Mean value of an order.",
        limits="number, above 0, at most 1000000",
        origin=NOT_SAID,
        gt=0,
        le=1_000_000,
    )
    conversion: float | None = given(
        None,
        "Share of contacts that end in an order.",
        limits="share from 0 to 1",
        origin=NOT_SAID,
        ge=0,
        le=1,
    )
    history: Path | None = given(
        None,
        "The shop's own contacts (a table like a workspace's history), relative to this file.",
        limits="path",
        origin=NOT_SAID,
        strict=False,
    )
    confirmed: tuple[OpenItem, ...] = given(
        (),
        "Open items that are settled with the merchant as they stand here.",
        origin="nothing is settled before it is said",
        limits="names of open items: history, platform, service, hours, target, start, handover",
        strict=False,
    )

    @field_validator("category")
    @classmethod
    def _named(cls, name: str) -> str:
        if not 0 < len(name.strip()) <= LONGEST_NAME or not name.strip().isprintable():
            raise unfit("category_text", most=LONGEST_NAME)
        return name.strip()

    @field_validator("start")
    @classmethod
    def _year(cls, start: dt.date | None) -> dt.date | None:
        if start is not None and not FIRST_YEAR <= start.year <= LAST_YEAR:
            raise unfit("year", first=FIRST_YEAR, last=LAST_YEAR)
        return start

    @field_validator("weekdays")
    @classmethod
    def _some_days(cls, days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not days:
            raise unfit("one_or_more")
        return tuple(day for day in WEEKDAYS if day in days)

    @field_validator("handover")
    @classmethod
    def _steps(cls, shares: tuple[float, ...]) -> tuple[float, ...]:
        rising = all(a <= b for a, b in pairwise(shares))
        if shares and not (rising and shares[0] > 0 and shares[-1] == 1):
            raise unfit("handover")
        return shares

    @model_validator(mode="after")
    def _window_is_open(self) -> Self:
        try:
            _ = self.window
        except ValueError:
            raise unfit(
                "hours_empty",
                key="closes",
                value=clock_text(self.closes),
                opens=clock_text(self.opens),
            ) from None
        return self

    @property
    def window(self) -> Window:
        """Return the hours asked for, of a service day."""
        return Window.parse(clock_text(self.opens), clock_text(self.closes))

    @property
    def slots(self) -> tuple[int, ...]:
        """Return the half hours that are open, counted from midnight of the service day."""
        window = self.window
        found = range(window.first_slot, window.end_slot)
        if self.short != "meals":
            return tuple(found)
        meals = [Window.parse(*pair) for pair in prior("cover.meals").value]
        return tuple(
            slot
            for slot in found
            if any(m.first_slot <= slot % SLOTS_PER_DAY < m.end_slot for m in meals)
        )

    @property
    def served(self) -> tuple[Weekday, ...]:
        """Return the days of the week that are served."""
        if self.short != "weekends":
            return self.weekdays
        return tuple(day for day in self.weekdays if day in WEEKEND)

    @property
    def kind_of_goods(self) -> str:
        """Return the known category nearest to the merchant's."""
        return category_of(self.category)[0]

    @property
    def told(self) -> frozenset[str]:
        """Return the fields that the merchant told."""
        return frozenset(self.model_fields_set)


STAND_INS: Mapping[str, Any] = {
    "category": "other",
    "agents": 1,
    "contacts": 1.0,
    "promotions": "none",
}
"""What a fact is read as where it is wrong or missing, so that other faults are found as well."""


def read_prospect(path: Path | None, flags: Mapping[str, Any]) -> Prospect:
    """Read a prospect from a TOML file and from flags; flags win.

    Parameters
    ----------
    path : the file, or None
    flags : field -> value, None where a flag was not given

    Raises
    ------
    ScenarioError
        With every fault of file and flags.
    """
    raw, text = read_toml(path, "no_prospect") if path is not None else ({}, "")
    folder = path.parent if path is not None else Path()
    return prospect_of(raw, flags, path.name if path is not None else "", text, folder)


def facts_told(path: Path | None) -> frozenset[str]:
    """Return which of the four facts a file tells; none where it cannot be read."""
    try:
        raw = read_toml(path, "no_prospect")[0] if path is not None else {}
    except ScenarioError:
        # Not asked for: reading it again will say what is wrong with it.
        return frozenset(FACTS)
    return frozenset(raw) & frozenset(FACTS)


def prospect_of(
    raw: Mapping[str, Any],
    flags: Mapping[str, Any] = MappingProxyType({}),
    file: str = "",
    text: str = "",
    folder: Path = Path(),
) -> Prospect:
    """Return the prospect that a file and flags describe.

    Raises
    ------
    ScenarioError
        With every fault: of single values, and of values that contradict each other.
    """
    given_ = {name: value for name, value in flags.items() if value is not None}
    values: dict[str, Any] = {**raw, **given_}
    found: list[Fault] = []
    wrong: set[str] = set()
    while True:
        try:
            prospect = checked(Prospect, values, file, text)
        except ScenarioError as error:
            for fault in error.faults:
                name = (fault.column or "").partition(".")[0]
                found.append(_placed(fault, name, given_, file))
                wrong.add(name)
                values.pop(name, None)
                if name in STAND_INS:
                    values[name] = STAND_INS[name]
        else:
            break
    if prospect.history is not None:
        prospect = prospect.model_copy(update={"history": folder / prospect.history})
    clashes = [clash for clash in _contradictions(prospect) if clash.column not in wrong]
    found += [_lined(_placed(clash, clash.column or "", given_, file), text) for clash in clashes]
    if found:
        raise ScenarioError(sorted(found, key=lambda each: each.row or 0))
    return prospect


def _placed(fault: Fault, name: str, flags: Mapping[str, Any], file: str) -> Fault:
    """Return a fault at the flag where the value came from, or a missing fact named as one."""
    if fault.code == "key_missing" and name in FACTS:
        flag = f"--{name}"
        facts = {**fault.facts, "flag": flag}
        column = name if file else None
        return replace(fault, code="fact_missing", file=file or flag, column=column, facts=facts)
    if name in flags or not file:
        return replace(fault, file=f"--{name.replace('_', '-')}", row=None, column=None)
    return replace(fault, file=file)


def _lined(fault: Fault, text: str) -> Fault:
    """Return a fault with the line of its key."""
    if fault.column is None:
        return fault
    return replace(fault, row=line_of(text, fault.column))


def _contradictions(prospect: Prospect) -> Iterator[Fault]:
    """Yield what cannot be true together; `column` is the field to change."""
    p, told = prospect, prospect.told
    clashes: tuple[tuple[bool, str, str, object], ...] = (
        (
            p.channel == "phone" and (p.concurrency or 1) > 1,
            "phone_one_at_a_time",
            "concurrency",
            p.concurrency,
        ),
        (
            p.short == "weekends" and not p.served,
            "no_weekend",
            "weekdays",
            ", ".join(p.weekdays),
        ),
        (p.short == "days" and p.days is None, "short_days_missing", "short", p.short),
        (
            p.short == "hours" and not {"opens", "closes"} <= told,
            "short_hours_missing",
            "short",
            p.short,
        ),
        (p.short == "meals" and not p.slots, "no_meals", "short", p.short),
        (p.days is not None and "months" in told, "days_or_months", "months", p.months),
        (
            bool(p.handover) and (p.days is not None or p.short is not None),
            "handover_short",
            "handover",
            list(p.handover),
        ),
        (
            len(p.handover) > p.months * WEEKS_A_MONTH,
            "handover_long",
            "handover",
            len(p.handover),
        ),
        (p.priority == "vip" and not p.dedicated, "vip_shared", "dedicated", "false"),
        (
            p.kind_of_goods == "virtual" and p.goods == "physical" and "goods" in told,
            "virtual_goods",
            "goods",
            p.goods,
        ),
        (
            p.history is not None and not p.history.is_file(),
            "no_history_file",
            "history",
            p.history.name if p.history is not None else "",
        ),
        (
            "history" in p.confirmed and p.history is None,
            "confirmed_history",
            "confirmed",
            "history",
        ),
        (
            p.service in AFTER_SALES and p.conversion is not None,
            "no_sales",
            "conversion",
            p.conversion,
        ),
    )
    for wrong, code, column, value in clashes:
        if wrong:
            yield Fault(code=code, file="", column=column, value=f"{value}")
