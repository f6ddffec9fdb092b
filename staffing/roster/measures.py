"""Measures that make a short or impossible week feasible: what they are, cost, and change.

A measure is taken by changing the inputs: `applied` returns the workspace, the scenario and the
seats required as they are once it is, so that a week can be planned with it like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from staffing.grid import INTERVAL_MIN, SLOTS_PER_DAY, SLOTS_PER_H, clock_text
from staffing.scenario import Rules, Scenario
from staffing.seats import SeatRequirement
from staffing.words import Statement, listed
from staffing.workspace import Workspace

Kind = Literal["hire", "train", "overtime", "absence", "ease", "close", "open"]
MOVABLE = ("leave", "training")
"""Kinds of absence that can be moved: nobody moves an illness."""
HIRED_H = 40.0
"""Contract hours a week of somebody hired."""
USUAL_OVERTIME_DAY_H = 1.0
"""Labour Law art. 41: overtime of a day is usually no longer than an hour."""
MOST_OVERTIME_H = 36.0
"""Labour Law art. 41, a month."""
STRICTER: Mapping[str, int] = {
    "rest_days_per_week": 1,
    "max_consecutive_days": -1,
    "max_daily_h": -1,
    "min_rest_h": 1,
    "max_stretch_h": -1,
    "max_late_in_a_row": -1,
    "start_spread_h": -1,
    "weekend_off_every_weeks": 1,
}
"""Rules that a scenario may have made stricter than their lawful default, and where stricter is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One thing to do.

    Attributes
    ----------
    kind : ``hire`` people, ``train`` agents on a pool, allow ``overtime``, move an ``absence``,
        ``ease`` a rule, ``close`` a pool earlier or ``open`` it later
    price : yuan, for the whole horizon
    pools : the skills of those hired, else the one pool meant, if any
    agents : whom it is about; for overtime those who are to work it
    number : people hired, hours of overtime a month each, the rule's new value, half hours closed
    day : from which day on those hired or trained serve
    days : those of the absence
    rule : key of `Rules`
    """

    kind: Kind
    price: float
    pools: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    number: float = 0.0
    day: dt.date | None = None
    days: tuple[dt.date, ...] = ()
    rule: str = ""

    def said(self, scenario: Scenario) -> Statement:
        """Return the measure as a sentence.

        Parameters
        ----------
        scenario : as it is before the measure
        """
        facts: dict[str, object] = {
            "agents": listed(self.agents, most=12),
            "pool": listed(self.pools),
            "number": f"{self.number:g}",
            "price": f"{self.price:,.0f}",
            "day": f"{self.day:%m-%d}" if self.day else "",
            "days": listed([f"{day:%m-%d}" for day in self.days]),
        }
        if self.kind == "ease":
            facts["now"] = f"{getattr(scenario.rules, self.rule):g}"
            return Statement(f"measure.{self.rule}", facts)
        if self.kind in ("close", "open"):
            facts["hours"] = f"{self.number / SLOTS_PER_H:g}"
        return Statement(f"measure.{self.kind}", facts)

    def record(self, scenario: Scenario) -> dict[str, object]:
        """Return the measure for machines."""
        return {
            "kind": self.kind,
            "price": round(self.price, 2),
            "pools": list(self.pools),
            "agents": list(self.agents),
            "number": self.number,
            "day": f"{self.day}" if self.day else None,
            "days": [f"{day}" for day in self.days],
            "rule": self.rule or None,
            "text": self.said(scenario).text(scenario.lang),
        }


def applied(
    workspace: Workspace,
    scenario: Scenario,
    requirement: SeatRequirement,
    measures: Iterable[Measure],
) -> tuple[Workspace, Scenario, SeatRequirement]:
    """Return workspace, scenario and seats required as they are once the measures are taken."""
    for measure in measures:
        match measure.kind:
            case "hire":
                for _ in range(int(measure.number)):
                    workspace = _hired(workspace, scenario, measure)
            case "train":
                speed = scenario.repair.trained_speed
                for agent in measure.agents:
                    workspace = taught(workspace, agent, measure.pools, speed, measure.day)
            case "absence":
                rows = workspace.tables["absences"]
                moved = rows["agent_id"].isin(measure.agents)
                moved &= rows["date"].isin([pd.Timestamp(str(day)) for day in measure.days])
                workspace = with_tables(workspace, absences=rows[~moved])
            case "overtime":
                scenario = _eased(scenario, _overtime(scenario.rules, measure.number))
            case "ease":
                scenario = _eased(scenario, {measure.rule: _typed(measure)})
            case "close" | "open":
                requirement = _less_asked(workspace, scenario, requirement, measure)
                workspace = _shorter(workspace, measure)
    return workspace, scenario, requirement


def with_tables(workspace: Workspace, **tables: pd.DataFrame) -> Workspace:
    """Return the workspace with some tables replaced."""
    return replace(workspace, tables={**workspace.tables, **tables})


def first_day(scenario: Scenario) -> dt.date:
    """Return the first day on which people hired or trained can serve."""
    return scenario.horizon.start + dt.timedelta(days=scenario.repair.lead_days)


def movable(workspace: Workspace, scenario: Scenario) -> list[tuple[str, dt.date]]:
    """Return agent and day of the absences of the planned days that can be moved."""
    rows = workspace.tables["absences"]
    rows = rows[rows["kind"].isin(MOVABLE)]
    pairs = zip(rows["agent_id"].astype(str), rows["date"].dt.date, strict=True)
    return sorted({(agent, day) for agent, day in pairs if day in scenario.grid.dates})


def eased_rules(scenario: Scenario) -> list[tuple[str, float]]:
    """Return the rules that are stricter than their default, with that default.

    Every default is lawful; easing a rule further is nothing to propose.
    """
    usual = {name: float(Rules.model_fields[name].default) for name in STRICTER}
    return [
        (name, usual[name])
        for name, direction in STRICTER.items()
        if direction * (float(getattr(scenario.rules, name)) - usual[name]) > 0
    ]


def taught(
    workspace: Workspace,
    agent: str,
    pools: Sequence[str],
    speed: float,
    since: dt.date | None = None,
) -> Workspace:
    """Return the workspace once an agent knows every shop of some pools.

    Parameters
    ----------
    since : from which day on; None: for long. What she knows by then, she keeps as it is
    """
    table, shops = workspace.skills, [shop for pool in pools for shop in workspace.pools[pool]]
    own = table[(table["agent_id"] == agent) & table["shop_id"].isin(shops)]
    early = own["since"].isna() | (since is not None and own["since"] <= pd.Timestamp(str(since)))
    known = set(own.loc[early, "shop_id"])
    fresh = {"agent_id": agent, "speed": speed, "since": pd.Timestamp(since) if since else pd.NaT}
    rows = [{**fresh, "shop_id": shop} for shop in shops if shop not in known]
    return with_tables(workspace, skills=longer(table.drop(index=own.index[~early]), rows))


def longer(table: pd.DataFrame, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """Return a table without an index of its own with rows added; what they leave out is blank."""
    columns = {
        name: pd.Series(
            [*table[name], *(row.get(str(name), _blank(table[name])) for row in rows)],
            dtype=table[name].dtype,
        )
        for name in table
    }
    return pd.DataFrame(columns)


def _blank(column: pd.Series) -> object:
    return {"i": 0, "M": pd.NaT}.get(column.dtype.kind, float("nan"))


def _hired(workspace: Workspace, scenario: Scenario, measure: Measure) -> Workspace:
    """Return the workspace with one more full-timer, who is like the first one there is."""
    agents = workspace.agents
    usual = agents[(agents["contract"] == "full_time") & agents["protected"].isna()]
    name = next(f"NEW-{i}" for i in range(1, 10_000) if f"NEW-{i}" not in agents.index)
    person = (
        (usual if len(usual) else agents)
        .iloc[[0]]
        .assign(
            name=name,
            started_on=pd.Timestamp(str(measure.day)),
            hours_per_week=HIRED_H,
            contract="full_time",
            protected=float("nan"),
        )
    )
    person.index = pd.Index([name], name=agents.index.name)
    person = person.astype(dict(agents.dtypes))
    workspace = with_tables(workspace, agents=pd.concat([agents, person]))
    return taught(workspace, name, measure.pools, scenario.repair.hired_speed, measure.day)


def _overtime(rules: Rules, month_h: float) -> dict[str, object]:
    """Return the rules that allow so many hours of overtime a month, and an hour of them a day."""
    if rules.average_over != "week":
        return {"overtime_month_h": month_h}
    day_h = max(rules.overtime_day_h, min(USUAL_OVERTIME_DAY_H, 11.0 - rules.max_daily_h))
    return {"overtime_month_h": month_h, "overtime_day_h": day_h}


def _eased(scenario: Scenario, rules: Mapping[str, object]) -> Scenario:
    return scenario.model_copy(update={"rules": scenario.rules.model_copy(update=dict(rules))})


def _typed(measure: Measure) -> float | int:
    """Return a rule's new value in the rule's own type."""
    whole = Rules.model_fields[measure.rule].annotation is int
    return int(measure.number) if whole else measure.number


def shut_slots(workspace: Workspace, measure: Measure) -> range:
    """Return the slots of a service day in which a pool is shut earlier, or still."""
    windows = [workspace.windows[shop] for shop in workspace.pools[measure.pools[0]]]
    number = int(measure.number)
    if measure.kind == "close":
        last = max(window.end_slot for window in windows)
        return range(last - number, last)
    first = min(window.first_slot for window in windows)
    return range(first, first + number)


def service_slot(scenario: Scenario, table: pd.DataFrame) -> pd.Series:
    """Return the slot of its service day for each row of a requirement."""
    day = (table["date"] - pd.Timestamp(scenario.horizon.start)).dt.days
    return table["slot"] - day * SLOTS_PER_DAY


def _less_asked(
    workspace: Workspace, scenario: Scenario, requirement: SeatRequirement, measure: Measure
) -> SeatRequirement:
    """Return the seats required without those of the half hours that are shut."""
    shut = list(shut_slots(workspace, measure))

    def kept(table: pd.DataFrame) -> pd.DataFrame:
        gone = table["pool"].isin(measure.pools) & service_slot(scenario, table).isin(shut)
        return table[~gone].reset_index(drop=True)

    sets = None if requirement.sets is None else kept(requirement.sets)
    return SeatRequirement(table=kept(requirement.table), sets=sets)


def _shorter(workspace: Workspace, measure: Measure) -> Workspace:
    """Return the workspace with the windows of a pool's shops cut; one within the cut is kept."""
    shut, shops = shut_slots(workspace, measure), workspace.shops.copy()
    for shop in workspace.pools[measure.pools[0]]:
        window = workspace.windows[shop]
        if measure.kind == "close" and window.first_slot < shut.start < window.end_slot:
            minute = shut.start * INTERVAL_MIN
            shops.loc[shop, "closes"] = clock_text(minute % 1440 or 1440)
        elif measure.kind == "open" and window.first_slot < shut.stop < window.end_slot:
            shops.loc[shop, "opens"] = clock_text(shut.stop * INTERVAL_MIN)
    return with_tables(workspace, shops=shops)
