"""A published roster planned anew where somebody is missing, with the fewest changes.

What is asked is checked first, all of it at once. Then the absent are struck out, the forecast and
the seats are computed as for any plan, and `roster.changes` finds who changes. What was told and
stays is taken over word for word, so that only real changes are changes; the result is audited
with the absences in place, and replayed beside what would come of doing nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import pandas as pd

from staffing.asked import Asked, GoneHome
from staffing.errors import Fault, InfeasibleRosterError, InputError
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H
from staffing.plan import Plan, plan_of
from staffing.roster import Violation, audit, handed, refuse_unlawful
from staffing.roster.audit import hard
from staffing.roster.changes import Published, broken, can_be_lawful, fewest_changes, worthy
from staffing.roster.finish import coverage, rewritten, with_names
from staffing.roster.lawful import is_lawful
from staffing.roster.measures import longer, with_tables
from staffing.roster.problem import problem_of
from staffing.roster.staff import Agent, speeds_in_units, staff
from staffing.roster.told import off_grid, told_duties
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement
from staffing.simulate import Replay, simulate
from staffing.stages import Stages, Step
from staffing.version import NOBODY, Absent
from staffing.words import Statement, listed
from staffing.workspace import Workspace

WEEKLY = frozenset({"R5", "R6", "R12", "R13"})
"""Rules of a week's hours, which a day of absence changes."""

Kind = Literal["absent", "went_home", "called_in", "sent_home", "hours", "seats"]
GONE: tuple[Kind, ...] = ("absent", "went_home")
"""What happened to somebody, and is no change for the others' sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Seats of a pool that would be missing without one change.

    Attributes
    ----------
    hours : seat-hours, at the speed of who comes
    instead_of : who was told to serve the pool then and does not: the absent, or who changes
    """

    pool: str
    start: dt.datetime
    end: dt.datetime
    hours: float
    instead_of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One duty that is not as it was told.

    Attributes
    ----------
    kind : ``absent``, ``went_home`` from a duty, ``called_in`` from a day off, ``sent_home`` for
        the day, other ``hours``, or other ``seats`` (pools or meals) in the same hours
    old, new : the stretches of the duty; empty where there is none
    covers : what it is good for; empty for somebody who changes because of her own rules only
    """

    agent_id: str
    date: dt.date
    kind: Kind
    old: pd.DataFrame
    new: pd.DataFrame
    covers: tuple[Cover, ...] = ()

    @property
    def hours(self) -> float:
        """Return the seat-hours that would be missing without the change."""
        return sum(cover.hours for cover in self.covers)


@dataclass(frozen=True, kw_only=True)
class Replanned:
    """A roster replanned, and what became of it.

    Attributes
    ----------
    plan : around the new roster, with the absences in its tables; it breaks no hard rule
    before : coverage with the absences and no change
    lived_before : its replay
    changes : duties that are not as they were told, the absent ones too, by day
    now : the moment of asking; None: before the horizon
    frozen_until : the moment before which nothing changed; None where nothing was frozen
    proven : whether nothing costs less, see `roster.changes.Changes`
    looked_at : the days on which seats were looked at
    notices : what is odd about what was asked
    gone : who is absent when, those of earlier replans included
    back : who is there after all, and may be called in
    """

    plan: Plan
    before: pd.DataFrame
    lived_before: Replay
    changes: tuple[Change, ...]
    now: dt.datetime | None
    frozen_until: dt.datetime | None
    proven: bool
    looked_at: tuple[dt.date, ...]
    notices: tuple[Fault, ...]
    gone: Absent
    back: tuple[tuple[str, dt.date], ...] = ()

    @property
    def after(self) -> pd.DataFrame:
        """Return the coverage with the changes."""
        return self.plan.roster.coverage

    @property
    def ahead(self) -> pd.DataFrame:
        """Return the coverage with the changes from now on."""
        after = self.after
        return after if self.now is None else after[after["start"] >= self.now]

    @property
    def changed(self) -> list[Change]:
        """Return the changes of people who are there."""
        return [change for change in self.changes if change.kind not in GONE]

    @property
    def absent(self) -> list[Change]:
        """Return the duties struck out, and those left early."""
        return [change for change in self.changes if change.kind in GONE]

    def service_level(self, lived: Replay) -> float:
        """Return a replay's service level on the days looked at; NaN without contacts there."""
        shops = lived.shops[lived.shops["date"].isin(pd.to_datetime(list(self.looked_at)))]
        contacts = shops["contacts"].sum()
        answered = (shops["service_level"].fillna(0.0) * shops["contacts"]).sum()
        return float(answered / contacts) if contacts else math.nan


def replan(
    workspace: Workspace,
    scenario: Scenario,
    table: pd.DataFrame,
    asked: Asked,
    *,
    file: str = "roster.csv",
    still_absent: Absent = NOBODY,
    step: Step = lambda _: None,
    stages: Stages | None = None,
) -> Replanned:
    """Return a published roster with the fewest changes that mend what an absence left open.

    Parameters
    ----------
    table : the roster as it was published, see `roster.file.read_roster`
    file : where it comes from, for messages
    still_absent : absences that the roster was replanned with already: they stay
    step : told the name of each step as it begins
    stages : the stages of this scenario with the cache that forecast and seats are taken from;
        without them both are computed

    Raises
    ------
    InputError
        With every fault of what is asked and of the roster.
    InfeasibleRosterError
        When what is frozen leaves somebody no lawful horizon.
    """
    refuse_unlawful(scenario)
    stages = stages if stages is not None else Stages(workspace, scenario, step=step)
    # a promotion run's people stand in no table before its levers are pulled
    brief = stages.brief() if scenario.is_promotion else None
    tables, rules = (brief.workspace, brief.scenario) if brief else (workspace, scenario)
    back, wrong = asked.returned(still_absent)
    still_absent = {pair: each for pair, each in still_absent.items() if pair not in back}
    space = with_deducted(tables, still_absent)
    gone, home, notices = _checked(space, rules, table, asked, file, wrong)
    brief = brief or stages.brief()
    expected, required = brief.expected, brief.required
    step("replan")
    known = with_deducted(brief.workspace, still_absent)
    away = {*gone, *still_absent}
    case = Case(known, brief.scenario, required, table, away, asked, home, back)
    notices += case.notices
    brief = replace(brief, workspace=case.workspace)

    @cache
    def unchanged() -> Replay:
        return simulate(brief.workspace, brief.scenario, expected, required, case.struck)

    assignments, proven = case.planned(meanwhile=unchanged)
    rostered = handed(brief.workspace, brief.scenario, required, assignments)
    lived = unchanged() if assignments.equals(case.struck) else None
    made = plan_of(workspace, scenario, brief, rostered, step, lived)
    if made.violations:
        raise InfeasibleRosterError([_clash(each) for each in made.violations])
    cut = asked.cut(scenario.grid)
    return Replanned(
        plan=made,
        before=coverage(brief.workspace, brief.scenario, required, case.struck),
        lived_before=unchanged(),
        changes=tuple(case.changes(assignments, rostered.coverage)),
        now=asked.now,
        frozen_until=None if asked.now is None else scenario.grid.time_of(cut),
        proven=proven,
        looked_at=tuple(scenario.grid.dates[d] for d in sorted(case.days)),
        notices=tuple(notices),
        gone=_absent(case.workspace, away),
        back=tuple(sorted(back - gone)),
    )


def _absent(workspace: Workspace, gone: Iterable[tuple[str, dt.date]]) -> Absent:
    """Return absences, with whether the workspace deducts them."""
    known = _in_table(workspace)
    return {pair: pair in known for pair in gone}


def _clash(each: Violation) -> Statement:
    return Statement("replan.clash", {"agent": each.agent_id, "rule": each.rule, "how": each.how})


def _checked(
    workspace: Workspace,
    scenario: Scenario,
    table: pd.DataFrame,
    asked: Asked,
    file: str,
    wrong: Sequence[Fault],
) -> tuple[set[tuple[str, dt.date]], GoneHome, list[Fault]]:
    """Return who is absent when, who goes home when, and what is odd about it.

    A duty on a day for which the workspace knows an absence is one of the absent, too.

    Parameters
    ----------
    wrong : what is wrong already

    Raises
    ------
    InputError
        With all faults.
    """
    gone, faults = asked.days(workspace, scenario.grid)
    home, odd = asked.gone_home(table, gone)
    faults += [*wrong, *odd, *off_grid(table, file)]
    found = hard(audit(workspace, scenario, table))
    away = {(each.agent_id, each.date) for each in found if each.how.key == "violation.absent"}
    sick = {agent for agent, _ in away}
    if others := [
        each
        for each in found
        if (each.agent_id, each.date) not in away
        and not (each.agent_id in sick and each.rule in WEEKLY)
    ]:
        first = others[0]
        facts = {"count": len(others), "rule": first.rule, "agent": first.agent_id}
        facts |= {"day": f"{first.date}", "how": first.how}
        faults.append(Fault(code="told_unlawful", file=file, facts=facts))
    if faults:
        raise InputError(faults)
    begins: dict[tuple[str, dt.date], dt.datetime] = {}
    for row in rows(table.sort_values("start", ascending=False)):
        begins[str(row.agent_id), row.date.date()] = row.start.to_pydatetime()
    idle = sorted(f"{agent} {day}" for agent, day in gone if (agent, day) not in begins)
    notices = []
    if idle:
        facts = {"names": listed(idle)}
        notices.append(Fault(code="absent_off_duty", file="--absent", facts=facts))
    if asked.now is not None:
        now = asked.now
        late = sorted(f"{a} {d}" for a, d in gone if (a, d) in begins and begins[a, d] < now)
        if late:
            facts = {"names": listed(late)}
            notices.append(Fault(code="absent_begun", file="--absent", facts=facts))
    return gone | away, home, notices


class Case:
    """A published roster without the absent, and what may be done about it."""

    def __init__(
        self,
        workspace: Workspace,
        scenario: Scenario,
        required: SeatRequirement,
        table: pd.DataFrame,
        gone: Iterable[tuple[str, dt.date]],
        asked: Asked,
        home: GoneHome | None = None,
        back: Collection[tuple[str, dt.date]] = (),
    ) -> None:
        self._gone_home, self._back = home or {}, back
        self._scenario, self._required, self._asked = scenario, required, asked
        self._cut = asked.cut(scenario.grid)
        self.notices: list[Fault] = []
        self._told = _ordered(with_names(workspace, _with_shifts(table)))
        here = _ordered(with_names(workspace, _with_shifts(_ended(table, self._gone_home))))
        keys = pd.Series(
            list(zip(here["agent_id"].astype(str), here["date"].dt.date, strict=True)),
            index=here.index,
            dtype=object,
        )
        self._gone = frozenset(gone)
        self.struck = here[~keys.isin(self._gone)].reset_index(drop=True)
        self._missing = frozenset(self._gone & set(keys))
        self._deduct(workspace)
        self.days = self._days()

    def _published(self) -> Published:
        """Return what was told as the integers of the model."""
        scenario, grid = self._scenario, self._scenario.grid
        self._people = [self._away(agent) for agent in staff(self.workspace, scenario)]
        speed = speeds_in_units(self.workspace, grid.dates)
        told = told_duties(grid, self.struck, speed, scenario.fairness.late_after)
        for agent, day in self._gone_home:  # what is left of her duty stays as it is
            key = (agent, (day - grid.start).days)
            told[key] = replace(told[key], busy=True)
        return Published(
            problem=problem_of(self.workspace, scenario, self._people, self._required),
            told=told,
            speed=speed,
            cut=self._cut,
            averaged=scenario.rules.average_over != "week",
        )

    def _away(self, agent: Agent) -> Agent:
        """Return an agent who cannot be called in on the days of an absence."""
        options = tuple(
            None if (agent.agent_id, day) in self._gone else option
            for day, option in zip(self._scenario.grid.dates, agent.options, strict=True)
        )
        return replace(agent, options=options)

    def _deduct(self, workspace: Workspace) -> None:
        """Put into the tables as many of the absences as leave everybody's other duties lawful.

        What somebody has worked, or was told, may exceed what her absences leave of a week. She
        only stays away then on some of the days, the first: nobody is sent home because she is
        ill on another day.

        Raises
        ------
        InfeasibleRosterError
            With everybody who has no lawful horizon, however many are deducted.
        """
        deducted = self._missing
        unlawful, stuck = self._with(workspace, deducted)
        if stuck:
            # away on her rest days too, she owes nothing for them where she would work too little
            deducted |= {(agent, day) for agent, day in self._gone if agent in stuck}
            unlawful, stuck = self._with(workspace, deducted)
        days = {agent: sorted(day for name, day in deducted if name == agent) for agent in unlawful}
        kept = dict.fromkeys(unlawful - stuck, 0)
        looked, tried = set(unlawful), 0
        while looked := {agent for agent in looked if len(days[agent]) > tried}:
            tried += 1
            less = {(agent, day) for agent in looked for day in days[agent][:tried]}
            unlawful, stuck = self._with(workspace, deducted - less)
            kept |= dict.fromkeys(looked - unlawful, tried)
            kept |= {agent: tried for agent in looked - stuck if agent not in kept}
            looked &= unlawful
        if lost := sorted(days.keys() - kept.keys()):
            raise InfeasibleRosterError([Statement("replan.stuck", {"agent": a}) for a in lost])
        if days:
            stays = {(agent, day) for agent, most in kept.items() for day in days[agent][:most]}
            self._with(workspace, deducted - stays)
            if stays:
                facts = {"names": listed([f"{agent} {day}" for agent, day in sorted(stays)])}
                self.notices.append(Fault(code="absent_not_deducted", file="--absent", facts=facts))

    def _with(
        self, workspace: Workspace, deducted: Iterable[tuple[str, dt.date]]
    ) -> tuple[set[str], set[str]]:
        """Deduct absences from hours; return whose duties are unlawful then, and who is stuck.

        Stuck is for whom no change makes a lawful horizon.
        """
        self.workspace = with_absences(workspace, deducted)
        self.published = self._published()
        able = {agent.agent_id: agent for agent in self.published.problem.agents}
        away = {agent for agent, _ in self._gone} - able.keys()
        idle = {a.agent_id for a in self._people if a.agent_id in away and not is_lawful(a, {})}
        unlawful = broken(self.published, self.published.roll)
        stuck = {name for name in unlawful if not can_be_lawful(self.published, able[name])}
        return {*unlawful, *idle}, {*stuck, *idle}

    def _days(self) -> frozenset[int]:
        """Return the days of the horizon on which seats are looked at."""
        grid = self._scenario.grid
        ahead = {d for d in range(grid.days) if (d + 2) * SLOTS_PER_DAY > self._cut}
        if (self._gone or self._gone_home or self._back) and not self._asked.everywhere:
            days = {day for _, day in (*self._missing, *self._gone_home, *self._back)}
            return frozenset((day - grid.start).days for day in days) & ahead
        return worthy(self.published) & ahead

    def planned(self, meanwhile: Callable[[], object] = lambda: None) -> tuple[pd.DataFrame, bool]:
        """Return the new roster, and whether it is proven best; see `fewest_changes`."""
        made = fewest_changes(self.published, self.days, meanwhile)
        if made is None:
            raise InfeasibleRosterError([Statement("replan.nothing_lawful")])
        grid = self._scenario.grid
        kept = {
            k: duty for k, duty in made.applied(self.published.roll).items() if k not in made.duties
        }
        new = rewritten(
            self.workspace,
            self._scenario,
            self._required,
            kept,
            made.duties,
            self.published.speed,
            self._cut,
        )
        stays = [
            (str(row.agent_id), (row.date.date() - grid.start).days) in kept
            for row in rows(self.struck)
        ]
        whole = pd.concat([self.struck.loc[stays], new]).astype(self.struck.dtypes.to_dict())
        return _ordered(whole), made.proven

    # --- what changed ---------------------------------------------------------------------------

    def changes(self, assignments: pd.DataFrame, after: pd.DataFrame) -> list[Change]:
        """Return the duties that are not as they were told, by day, kind and agent."""
        found = sorted(changed_duties(self._told, assignments, self._gone, self._gone_home).items())
        old, new = (
            _duties(table, {key for key, _ in found}) for table in (self._told, assignments)
        )
        spare = {
            (str(row.pool), row.start.to_pydatetime()): float(row.rostered - row.required)
            for row in rows(after)
        }
        served = {key: (_served(old.get(key)), _served(new.get(key))) for key, _ in found}
        none = self._told.iloc[:0]
        made = [
            Change(
                agent_id=key[0],
                date=key[1],
                kind=kind,
                old=old.get(key, none),
                new=new.get(key, none),
                covers=() if kind in GONE else tuple(self._covers(key, served, spare)),
            )
            for key, kind in found
        ]
        return sorted(made, key=lambda each: (each.date, each.kind not in GONE, each.agent_id))

    def _covers(
        self,
        key: tuple[str, dt.date],
        served: Mapping[tuple[str, dt.date], tuple[Mapping[dt.datetime, str], ...]],
        spare: Mapping[tuple[str, dt.datetime], float],
    ) -> Iterable[Cover]:
        """Yield the stretches in which seats would be missing had somebody kept her duty."""
        before, now = served[key]
        day = (key[1] - self._scenario.grid.start).days
        half = dt.timedelta(minutes=INTERVAL_MIN)
        units = {
            name.partition("\x1f")[0]: n for name, n in self.published.speed[key[0], day].items()
        }
        open_: Cover | None = None
        for moment in sorted(now):
            pool, speed = now[moment], units[now[moment]] / 20
            lost = speed - max(spare.get((pool, moment), 0.0), 0.0)
            if before.get(moment) == pool or (pool, moment) not in spare or lost <= 1e-9:
                continue
            left = {
                agent
                for (agent, _), (was, then) in served.items()
                if was.get(moment) == pool and then.get(moment) != pool
            }
            if open_ is not None and open_.pool == pool and open_.end == moment:
                names = tuple(sorted({*open_.instead_of, *left}))
                hours = open_.hours + lost / SLOTS_PER_H
                open_ = replace(open_, end=moment + half, hours=hours, instead_of=names)
                continue
            if open_ is not None:
                yield open_
            open_ = Cover(
                pool=pool,
                start=moment,
                end=moment + half,
                hours=lost / SLOTS_PER_H,
                instead_of=tuple(sorted(left)),
            )
        if open_ is not None:
            yield open_


def changed_duties(
    told: pd.DataFrame,
    new: pd.DataFrame,
    gone: Collection[tuple[str, dt.date]],
    home: Collection[tuple[str, dt.date]] = (),
) -> dict[tuple[str, dt.date], Kind]:
    """Return (agent id, day) -> how a duty differs from what was told, where it does.

    Parameters
    ----------
    told, new : one row a stretch, in order
    gone, home : who is absent when, and who goes home early
    """
    old, now = _stretches(told), _stretches(new)
    kinds = {
        key: _kind(old.get(key, []), now.get(key, []), absent=key in gone)
        for key in sorted(old.keys() | now.keys())
    }
    kinds |= dict.fromkeys(home, "went_home")
    return {key: kind for key, kind in kinds.items() if kind is not None}


Stretch = tuple[dt.datetime, dt.datetime, str, str]
"""Start, end, activity and pool, blank where none is served."""


def _stretches(table: pd.DataFrame) -> dict[tuple[str, dt.date], list[Stretch]]:
    """Return (agent id, day) -> the stretches of a duty, in order."""
    found: dict[tuple[str, dt.date], list[Stretch]] = defaultdict(list)
    for row in rows(table):
        pool = row.pool if isinstance(row.pool, str) else ""
        stretch = (row.start, row.end, str(row.activity), pool)
        found[str(row.agent_id), row.date.date()].append(stretch)
    return found


def _kind(old: Sequence[Stretch], new: Sequence[Stretch], *, absent: bool) -> Kind | None:
    """Return how a duty differs from what was told; None where it does not."""
    if not new:
        return "absent" if absent else "sent_home"
    if not old:
        return "called_in"
    if old == new:
        return None
    return "seats" if _on_duty(old) == _on_duty(new) else "hours"


def _on_duty(stretches: Sequence[Stretch]) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return from when to when somebody is on duty, parts that follow one another joined."""
    found: list[tuple[dt.datetime, dt.datetime]] = []
    for start, end, *_ in stretches:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _served(table: pd.DataFrame | None) -> dict[dt.datetime, str]:
    """Return the pool served in each half hour of a duty."""
    found: dict[dt.datetime, str] = {}
    for row in rows(table if table is not None else pd.DataFrame()):
        if row.activity == "work" and isinstance(row.pool, str) and row.pool:
            for moment in pd.date_range(
                row.start, row.end, freq=f"{INTERVAL_MIN}min", inclusive="left"
            ):
                found[moment.to_pydatetime()] = row.pool
    return found


def _duties(
    table: pd.DataFrame, asked: Collection[tuple[str, dt.date]]
) -> dict[tuple[str, dt.date], pd.DataFrame]:
    """Return (agent id, day) -> the stretches of the duties asked for, in order."""
    pairs = zip(table["agent_id"].astype(str), table["date"].dt.date, strict=True)
    table = table.loc[[pair in asked for pair in pairs]]
    found: dict[tuple[str, dt.date], pd.DataFrame] = {}
    for _, own in table.groupby(["agent_id", "date"], sort=False):
        found[str(own["agent_id"].iloc[0]), own["date"].iloc[0].date()] = own
    return found


def _with_shifts(table: pd.DataFrame) -> pd.DataFrame:
    """Return stretches with the start and end of their shifts."""
    own = table.groupby(["agent_id", "date"])
    found = table.assign(
        shift_start=own["start"].transform("min"), shift_end=own["end"].transform("max")
    )
    return found.drop(columns=["name", "team"], errors="ignore")


def _ended(table: pd.DataFrame, home: GoneHome) -> pd.DataFrame:
    """Return a roster in which who goes home has no duty from then on, nor a meal at its end."""
    table = table.sort_values("start", kind="stable")
    for (agent, day), moment in home.items():
        own = (table["agent_id"].astype(str) == agent) & (table["date"] == pd.Timestamp(day))
        table = table[~own | (table["start"] < moment)]
        own = own[table.index]
        table = table.assign(end=table["end"].mask(own & (table["end"] > moment), moment))
        while table.loc[own, "activity"].iloc[-1] == "meal":
            last = table.index[own][-1]
            table, own = table.drop(index=last), own.drop(index=last)
    return table


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values(["date", "agent_id", "start"], kind="stable", ignore_index=True)


def with_deducted(workspace: Workspace, absent: Absent) -> Workspace:
    """Return the workspace with those absences in its table that are deducted from hours."""
    return with_absences(workspace, (pair for pair, deducted in absent.items() if deducted))


def with_absences(workspace: Workspace, gone: Iterable[tuple[str, dt.date]]) -> Workspace:
    """Return the workspace with absences added to its table."""
    table, known = workspace.tables["absences"], _in_table(workspace)
    new = [
        {"agent_id": agent, "date": pd.Timestamp(day), "kind": "absent"}
        for agent, day in sorted(gone)
        if (agent, day) not in known
    ]
    return with_tables(workspace, absences=longer(table, new)) if new else workspace


def _in_table(workspace: Workspace) -> set[tuple[str, dt.date]]:
    """Return who is absent on which day by the workspace's table."""
    table = workspace.tables["absences"]
    return set(zip(table["agent_id"].astype(str), table["date"].dt.date, strict=True))
