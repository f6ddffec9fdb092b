"""The book: the shops under contract and those that may come, and the seats they ask for by week.

A newcomer is added to the workspace as one more shop: of the pool of its category, or of a pool of
its own where it wants dedicated seats (or nobody answers its category yet). So its contacts are
pooled with the others' by the project's own demand and seats, and what it takes is what it adds.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from staffing.errors import Fault, ScenarioError
from staffing.forecast import Forecast, forecast, history
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, Grid, clock_text
from staffing.quote.estimate import Estimate, contacts_on
from staffing.quote.hiring import ramped
from staffing.quote.rates import HiringRates, Rates
from staffing.roster.beside import side_by_side
from staffing.roster.measures import longer, with_tables
from staffing.scenario import Horizon, Scenario
from staffing.seats import SeatRequirement, demand_by_shop, staffed
from staffing.seats.sets import part_trained
from staffing.workspace import Workspace

__all__ = ["Book", "Newcomer", "Week", "book", "newcomer", "weeks_of"]

LONGEST_DAYS = 42
"""Days of the longest horizon that is forecast at once (`Horizon.days`)."""
WEEK, MOST_WEEKS = 7, 26
Contacts = Callable[[dt.date], pd.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """A shop that may come.

    Attributes
    ----------
    name : also the id of its shop, and the team of the agents who serve it alone
    file : where it is told of, for messages
    dedicated : whether it has seats of its own
    opens, closes : clock times of a service day
    aht_s, concurrency : as in the shops table
    priority : that of its contacts in a pool, 1 is usual
    start, end : first day of service, and the day after the last one (None: open)
    ramp_days : days until agents of its pool know it
    contacts : date -> slot (half hours of the service day), contacts and variance, each open half
        hour, after the bot and the share that is handed over
    """

    name: str
    category: str
    platform: str
    channel: str
    dedicated: bool
    opens: str
    closes: str
    aht_s: float
    concurrency: float
    target_level: float
    answer_within_s: float
    start: dt.date
    ramp_days: int
    contacts: Contacts
    end: dt.date | None = None
    goods: str = "physical"
    service: str = "both"
    priority: float = 1.0
    daily_cap: float | None = None
    file: str = ""

    def serves(self, day: dt.date) -> bool:
        """Return whether a day lies within its contract."""
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, kw_only=True)
class Week:
    """A calendar week of the book; the first one may begin later than on Monday.

    Attributes
    ----------
    scenario : of its days alone
    first_day : first day of the book
    asked, plain_asked : seats required with the newcomers, and without
    newcomers : names of those with contacts in it
    promotions : names of the promotions that run in it
    alone_h : newcomer -> seat-hours that it would take with seats of its own
    added_h : newcomer -> seat-hours that it adds to the pool of its category
    """

    scenario: Scenario
    first_day: dt.date
    asked: SeatRequirement
    plain_asked: SeatRequirement
    newcomers: tuple[str, ...]
    promotions: tuple[str, ...]
    alone_h: Mapping[str, float]
    added_h: Mapping[str, float]

    @property
    def first(self) -> dt.date:
        """Return its first day."""
        return self.scenario.horizon.start

    @property
    def last(self) -> dt.date:
        """Return its last day."""
        return self.scenario.grid.dates[-1]


@dataclass(frozen=True, kw_only=True)
class Book:
    """The shops under contract and the newcomers, week by week.

    Attributes
    ----------
    pool_of : newcomer -> the pool that answers it
    shared_pool : newcomer -> the pool of its category, None where nobody answers it yet
    """

    workspace: Workspace
    scenario: Scenario
    rates: Rates
    newcomers: tuple[Newcomer, ...]
    pool_of: Mapping[str, str]
    shared_pool: Mapping[str, str | None]
    weeks: tuple[Week, ...]

    @cached_property
    def own_pools(self) -> dict[str, str]:
        """Return pool -> newcomer, of those with a pool of their own."""
        return {pool: name for name, pool in self.pool_of.items() if self._owns(name)}

    def _owns(self, name: str) -> bool:
        return self.pool_of[name] not in self.workspace.pools

    def tables(
        self, week: Week, workspace: Workspace | None = None, *, plain: bool = False
    ) -> Workspace:
        """Return the tables as they are in a week, with the newcomers that have contacts in it.

        Parameters
        ----------
        workspace : other tables than those of the book, with people hired, say
        plain : whether to leave the newcomers out
        """
        space = self.workspace if workspace is None else workspace
        if week.first > week.first_day:  # the week before is not published yet
            space = with_tables(space, rosters=space.tables["rosters"].iloc[:0])
        for each in () if plain else self.newcomers:
            if each.name in week.newcomers:
                pool = self.pool_of[each.name]
                space = with_newcomer(space, each, pool, week.first, self.rates.hiring)
        return space


def weeks_of(start: dt.date, number: int) -> list[tuple[dt.date, int]]:
    """Return first day and number of days of so many calendar weeks.

    Calendar weeks, since working hours and rest days are counted by them.

    Examples
    --------
    >>> weeks_of(dt.date(2026, 11, 27), 2)
    [(datetime.date(2026, 11, 27), 3), (datetime.date(2026, 11, 30), 7)]
    """
    found, day = list[tuple[dt.date, int]](), start
    for _ in range(number):
        days = WEEK - day.weekday()
        found.append((day, days))
        day += dt.timedelta(days=days)
    return found


def book(
    workspace: Workspace,
    scenario: Scenario,
    newcomers: Sequence[Newcomer],
    rates: Rates,
    weeks: int = 8,
    part: Callable[[float], None] = lambda _: None,
) -> Book:
    """Return what the shops and the newcomers ask for in each week from the scenario's start.

    Parameters
    ----------
    part : told which share of the weeks is done

    Raises
    ------
    ScenarioError
        Where two newcomers have one name, a newcomer begins after the weeks, or the clocks change
        within them.
    ForecastError
        As `forecast` raises it.
    """
    spans = weeks_of(scenario.horizon.start, weeks)
    _refuse(workspace, scenario, newcomers, spans)
    shared = {each.name: category_pool(workspace, each) for each in newcomers}
    pool_of = {
        each.name: each.name if each.dedicated else shared[each.name] or each.name
        for each in newcomers
    }
    past = history(workspace)

    def made(block: Sequence[tuple[dt.date, int]]) -> list[Week]:
        story = _at(scenario, block[0][0], sum(days for _, days in block))
        expected = forecast(workspace, story, past)
        of = _Block(workspace, story, newcomers, pool_of, shared, expected, rates.hiring)
        start = scenario.horizon.start
        return [of.week(_at(scenario, first, days), start) for first, days in block]

    blocks = [partial(made, block) for block in _blocks(spans)]
    found = side_by_side(blocks, len(workspace.agents), part)
    return Book(
        workspace=workspace,
        scenario=scenario,
        rates=rates,
        newcomers=tuple(newcomers),
        pool_of=pool_of,
        shared_pool=shared,
        weeks=tuple(week for block in found for week in block),
    )


def category_pool(workspace: Workspace, newcomer: Newcomer) -> str | None:
    """Return the pool with the most shops of a newcomer's category and channel, None if none.

    Of several such pools the first of the shops table.
    """
    shops = workspace.shops
    alike = shops["category"].astype(str) == newcomer.category
    alike &= shops["channel"].astype(str) == newcomer.channel
    number = shops[alike].groupby("pool", sort=False).size()
    return None if number.empty else str(number.idxmax())


def with_newcomer(
    workspace: Workspace, newcomer: Newcomer, pool: str, day: dt.date, hiring: HiringRates
) -> Workspace:
    """Return the workspace with a newcomer as one more shop, and who can serve it on a day.

    In a pool of others: its agents who know a shop of the category there, or all its shops; their
    speed in the new shop rises from `hiring.trained_speed` in `ramp_days` from its start on. In a
    pool of its own: the agents whose team bears the newcomer's name.
    """
    if pool in workspace.pools:
        skills = _shared_skills(workspace, newcomer, pool, day, hiring)
    else:
        skills = _team_skills(workspace, newcomer, hiring)
    shops = longer(workspace.shops.reset_index(), [_shop(newcomer, pool)])
    return with_tables(
        workspace,
        shops=shops.set_index(workspace.shops.index.name),
        skills=longer(workspace.skills, skills),
    )


def _refuse(
    workspace: Workspace,
    scenario: Scenario,
    newcomers: Sequence[Newcomer],
    spans: Sequence[tuple[dt.date, int]],
) -> None:
    """Raise what cannot be: names taken, a start beyond the weeks, a change of the clocks."""
    faults, seen = list[Fault](), set(workspace.shops.index) | set(workspace.pools)
    end = spans[-1][0] + dt.timedelta(days=spans[-1][1])
    for each in newcomers:
        if each.name in seen:
            faults.append(
                Fault(code="newcomer_twice", file=each.file, column="name", value=each.name)
            )
        seen.add(each.name)
        if each.start >= end:
            weeks = len(spans) + (each.start - end).days // WEEK + 1
            code = "newcomer_late" if weeks <= MOST_WEEKS else "newcomer_far"
            facts = {"last": f"{end - dt.timedelta(days=1)}", "weeks": weeks, "most": MOST_WEEKS}
            value = f"{each.start}"
            faults.append(
                Fault(code=code, file=each.file, column="start", value=value, facts=facts)
            )
        elif each.end is not None and each.end <= scenario.horizon.start:
            facts = {"first": f"{scenario.horizon.start}"}
            last = f"{each.end - dt.timedelta(days=1)}"
            faults.append(
                Fault(code="newcomer_over", file=each.file, column="start", value=last, facts=facts)
            )
    grid = Grid(
        start=scenario.horizon.start, days=(end - scenario.horizon.start).days, zone=scenario.zone
    )
    if (day := grid.clock_change()) is not None:
        facts = {"zone": scenario.zone, "day": f"{day}"}
        value = f"{scenario.horizon.start}"
        faults.append(Fault(code="clock_change", file="--weeks", value=value, facts=facts))
    if faults:
        raise ScenarioError(faults)


def _at(scenario: Scenario, start: dt.date, days: int) -> Scenario:
    """Return the scenario of other days."""
    return scenario.model_copy(update={"horizon": Horizon(start=start, days=days)})


def _blocks(spans: Sequence[tuple[dt.date, int]]) -> Iterator[Sequence[tuple[dt.date, int]]]:
    """Yield the weeks in blocks that can be forecast at once, of about as many weeks each."""
    number = math.ceil(len(spans) * WEEK / LONGEST_DAYS)
    size = math.ceil(len(spans) / number)
    for first in range(0, len(spans), size):
        yield spans[first : first + size]


class _Block:
    """Weeks that are forecast together."""

    def __init__(
        self,
        workspace: Workspace,
        scenario: Scenario,
        newcomers: Sequence[Newcomer],
        pool_of: Mapping[str, str],
        shared: Mapping[str, str | None],
        expected: Forecast,
        hiring: HiringRates,
    ) -> None:
        self.plain, self.scenario, self.pool_of = workspace, scenario, pool_of
        self.hiring = hiring
        self.newcomers = [each for each in newcomers if any(map(each.serves, scenario.grid.dates))]
        self.tie = expected.tie
        self.expected = expected
        self.plain_asked = self._asked(
            workspace, demand_by_shop(workspace, expected, scenario.seats.target_level)
        )
        self.asked = self.plain_asked
        self.alone: dict[str, pd.DataFrame] = {}
        self.added: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        self.present: dict[str, pd.DataFrame] = {}
        if self.newcomers:
            self._newcomers(shared)

    def week(self, scenario: Scenario, first_day: dt.date) -> Week:
        """Return one of the weeks."""
        start, days = scenario.horizon.start, scenario.horizon.days
        dates = pd.to_datetime(scenario.grid.dates)

        def hours(table: pd.DataFrame) -> float:
            return float(table.loc[table["date"].isin(dates), "seats"].sum()) / SLOTS_PER_H

        names = [
            each.name
            for each in self.newcomers
            if self.present[each.name]["date"].isin(dates).any()
        ]
        offset = (start - self.scenario.horizon.start).days * SLOTS_PER_DAY
        return Week(
            scenario=scenario,
            first_day=first_day,
            asked=_part(self.asked, dates, offset),
            plain_asked=_part(self.plain_asked, dates, offset),
            newcomers=tuple(names),
            promotions=_promotions(self.plain, start, days),
            alone_h={name: hours(self.alone[name]) for name in names},
            added_h={
                name: hours(self.added[name][0]) - hours(self.added[name][1])
                for name in names
                if name in self.added
            },
        )

    def _asked(self, workspace: Workspace, demand: pd.DataFrame) -> SeatRequirement:
        """Return the seats that a demand requires."""
        settings = self.scenario.seats
        table, _ = staffed(demand, settings, self.tie, over_time=True)
        sets = part_trained(workspace, demand, settings, self.tie)
        return SeatRequirement(table=table[["pool", "date", "slot", "seats"]], sets=sets)

    def _newcomers(self, shared: Mapping[str, str | None]) -> None:
        """Find what the newcomers ask for: together with the others, each alone, and added."""
        space, parts = self.plain, [self.expected.table]
        first = self.scenario.horizon.start
        for each in self.newcomers:
            space = with_newcomer(space, each, self.pool_of[each.name], first, self.hiring)
            self.present[each.name] = _arrivals(each, self.scenario)
            parts.append(self.present[each.name])
        table = pd.concat(parts, ignore_index=True)
        expected = replace(self.expected, table=table)
        demand = demand_by_shop(space, expected, self.scenario.seats.target_level)
        touched = sorted({self.pool_of[each.name] for each in self.newcomers})
        fresh = self._asked(space, demand[demand["pool"].isin(touched)])
        self.asked = _instead(self.plain_asked, fresh, touched)
        comers = Counter(self.pool_of[each.name] for each in self.newcomers)
        for each in self.newcomers:
            own = demand[demand["shop_id"] == each.name]
            self.alone[each.name] = self._seats(own.assign(pool=each.name))
            pool = shared[each.name]
            if pool is None:
                continue
            if comers[self.pool_of[each.name]] == 1 and self.pool_of[each.name] == pool:
                self.added[each.name] = (_of(self.asked, pool), _of(self.plain_asked, pool))
                continue
            # A dedicated newcomer is told what it would add if it were shared.
            others = demand[(demand["pool"] == pool) & (demand["shop_id"] != each.name)]
            with_it = self._seats(pd.concat([others, own.assign(pool=pool)], ignore_index=True))
            self.added[each.name] = (with_it, self._seats(others))

    def _seats(self, demand: pd.DataFrame) -> pd.DataFrame:
        if demand.empty:
            return pd.DataFrame({"date": pd.to_datetime([]), "seats": []})
        made, _ = staffed(demand, self.scenario.seats, self.tie, over_time=True)
        return made[["date", "seats"]]


def _of(asked: SeatRequirement, pool: str) -> pd.DataFrame:
    """Return the seats of a pool."""
    return asked.table[asked.table["pool"] == pool]


def _part(asked: SeatRequirement, dates: pd.DatetimeIndex, offset: int) -> SeatRequirement:
    """Return the seats of some dates, slots counted from the first of them."""

    def cut(table: pd.DataFrame) -> pd.DataFrame:
        own = table[table["date"].isin(dates)].reset_index(drop=True)
        return own.assign(slot=own["slot"] - offset)

    return SeatRequirement(
        table=cut(asked.table), sets=None if asked.sets is None else cut(asked.sets)
    )


def _instead(old: SeatRequirement, fresh: SeatRequirement, pools: Sequence[str]) -> SeatRequirement:
    """Return seats with those of some pools taken from elsewhere."""

    def mixed(one: pd.DataFrame | None, other: pd.DataFrame | None) -> pd.DataFrame | None:
        kept = [] if one is None else [one[~one["pool"].isin(pools)]]
        parts = [*kept, *([] if other is None else [other])]
        return pd.concat(parts, ignore_index=True) if parts else None

    table = mixed(old.table, fresh.table)
    assert table is not None  # both have one
    return SeatRequirement(table=table, sets=mixed(old.sets, fresh.sets))


def _arrivals(newcomer: Newcomer, scenario: Scenario) -> pd.DataFrame:
    """Return a newcomer's contacts as rows of a forecast's table."""
    grid, found = scenario.grid, list[pd.DataFrame]()
    for number, day in enumerate(grid.dates):
        if not newcomer.serves(day):
            continue
        own = newcomer.contacts(day)
        slot = own["slot"].to_numpy() + number * SLOTS_PER_DAY
        found.append(
            pd.DataFrame(
                {
                    "shop_id": newcomer.name,
                    "date": pd.Timestamp(day),
                    "slot": slot,
                    "start": grid.times_of(slot),
                    "mean": own["contacts"].to_numpy(float),
                    "variance": own["variance"].to_numpy(float),
                    "event": False,
                    "odd": False,
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def _promotions(workspace: Workspace, start: dt.date, days: int) -> tuple[str, ...]:
    """Return the names of the promotions with a phase in some days, in the order of the table."""
    first = pd.Timestamp(start)
    table = workspace.promotions
    now = table[(table["start"] < first + pd.Timedelta(days=days)) & (table["end"] > first)]
    return tuple(dict.fromkeys(now["name"].astype(str)))


def _shop(newcomer: Newcomer, pool: str) -> dict[str, object]:
    """Return the newcomer's row of the shops table; what is left out of it is blank."""
    return {
        "shop_id": newcomer.name,
        "name": newcomer.name,
        "platform": newcomer.platform,
        "category": newcomer.category,
        "service": newcomer.service,
        "goods": newcomer.goods,
        "opens": newcomer.opens,
        "closes": newcomer.closes,
        "statutory_days": "open",
        "pool": pool,
        "channel": newcomer.channel,
        "aht_s": newcomer.aht_s,
        "concurrency": newcomer.concurrency,
        "target_level": newcomer.target_level,
        "answer_within_s": newcomer.answer_within_s,
        "daily_cap": float("nan") if newcomer.daily_cap is None else newcomer.daily_cap,
        "bot_deflection": 0.0,
        "min_seats": 0,
        "priority": newcomer.priority,
    }


def _shared_skills(
    workspace: Workspace, newcomer: Newcomer, pool: str, day: dt.date, hiring: HiringRates
) -> list[dict[str, object]]:
    """Return the skills in a newcomer's shop of the agents of a pool."""
    shops = workspace.pools[pool]
    category = workspace.shops["category"].astype(str)
    alike = [shop for shop in shops if category[shop] == newcomer.category]
    table = workspace.skills[workspace.skills["shop_id"].isin(shops)]
    known = ramped(hiring.trained_speed, (day - newcomer.start).days, newcomer.ramp_days)
    found = list[dict[str, object]]()
    for agent, own in table.groupby("agent_id", sort=False, observed=True):
        told = set(own["shop_id"].astype(str))
        if not (told & set(alike) or told >= set(shops)):
            continue
        last = own["since"].max()
        ramp = own["ramp_days"].max() if pd.notna(last) else float("nan")
        speed = float(own["speed"].mean()) * known
        found.append(
            {
                "agent_id": agent,
                "shop_id": newcomer.name,
                "speed": speed,
                "since": last,
                "ramp_days": ramp,
            }
        )
    return found


def _team_skills(
    workspace: Workspace, newcomer: Newcomer, hiring: HiringRates
) -> list[dict[str, object]]:
    """Return the skills in a newcomer's shop of the agents who serve it alone."""
    agents = workspace.agents
    team = agents[agents["team"].astype(str).str.strip() == newcomer.name]
    return [
        {
            "agent_id": str(row.Index),
            "shop_id": newcomer.name,
            "speed": hiring.hired_speed if pd.notna(row.started_on) else 1.0,
            "since": row.started_on,
            "ramp_days": float(hiring.ramp_days) if pd.notna(row.started_on) else float("nan"),
        }
        for row in rows(team)
    ]


def newcomer(made: Estimate, path: Path) -> Newcomer:
    """Return a prospect, as it was estimated, as a shop that may come.

    Parameters
    ----------
    path : of its file, whose name it bears where the file tells none
    """
    prospect = made.prospect

    def contacts(day: dt.date) -> pd.DataFrame:
        table = contacts_on(made, day)
        return table.assign(slot=table["slot"] // INTERVAL_MIN)

    return Newcomer(
        name=prospect.name if "name" in prospect.told else path.stem,
        file=path.name,
        category=prospect.kind_of_goods,
        platform=prospect.platform,
        channel=prospect.channel,
        goods=prospect.goods,
        dedicated=prospect.dedicated,
        opens=clock_text(prospect.opens),
        closes=clock_text(prospect.closes),
        aht_s=made.aht_s,
        concurrency=made.concurrency,
        target_level=made.level,
        answer_within_s=made.within_s,
        priority=2.0 if prospect.priority == "vip" else 1.0,
        daily_cap=prospect.daily_cap,
        start=made.start,
        end=made.end,
        ramp_days=max(round(made.ramp_days), 1),
        contacts=contacts,
    )
