"""The fairness ledger: what everybody had, what would have been her fair share, and the balance.

A burden is dealt out day by day: of the late shifts of a day, each agent's fair share is in
proportion to her contract hours among those who were there (started, not absent) and could have
had one. So nobody owes for a day of leave, half a contract owes half, and newcomers count from
their first day. Balance = had - fair share; balances sum to zero as long as no burden fell on
somebody who was not among those who could have it.

The ledger remembers a window of whole weeks before the horizon and forgets what is older. A
window was chosen over fading (exponential weights) because its figures are whole shifts that a
planner can count again in the published weeks.

It reads tables only and shares nothing with the search, so it holds for a hand-made roster too.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from staffing.errors import Fault, ScenarioError
from staffing.forecast.calendar import event_days, in_promotion, is_statutory
from staffing.frames import rows
from staffing.grid import INTERVAL_MIN
from staffing.roster.fairness import BURDENS, EVENING, UNWANTED, Standing, Wishes
from staffing.roster.staff import at_night, capabilities
from staffing.scenario import Scenario
from staffing.words import listed
from staffing.workspace import Workspace
from staffing.workspace.tables.duties import ITEMS

HARD_PART = 0.25
"""Part of the pools, at least one, that counts as hard where the scenario names no shops: those
whose contacts take longest. Seats per contact rise with the AHT, and so do the cases behind it."""
MOST_LEAD = 3.0
"""Balances beyond this many count as this many in the goals: a large debt is repaid over several
weeks, and never outweighs a higher goal."""
MOST_REFUSED = 2.0
"""Requests that somebody is behind, up to which each further one weighs more."""
WISHED: Mapping[str, bool | None] = {"rest_day": None, "early": False, "late": True}
"""Wish of the requests table -> whether its duty is late; None for no duty."""
DECIMALS = 6

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """The account of every agent, before, in and after the horizon.

    Attributes
    ----------
    table : one row an agent and item, agents in their order: agent_id, item (one of `ITEMS`),
        comparable (whether she could have had any), had_before, share_before (in the weeks that
        are remembered), balance_before, had, share (in the horizon), balance_after; asked and
        asked_before are requests of the horizon and before, blank at other items. Counts of
        shifts, days, evenings or requests; ``hard`` in hours.
    """

    table: pd.DataFrame

    def spread(self, item: str, balance: str = "balance_after") -> float:
        """Return the largest less the least balance of comparable agents; 0 if there are none."""
        own = self.table[(self.table["item"] == item) & self.table["comparable"]]
        return float(own[balance].max() - own[balance].min()) if len(own) else 0.0

    @property
    def granted(self) -> tuple[int, int]:
        """Return how many requests of the horizon are granted, and how many there are."""
        own = self.table[self.table["item"] == "granted"]
        return int(own["had"].sum()), int(own["asked"].sum())


@dataclass(frozen=True, slots=True)
class _Days:
    """Days in a row and what is special about them; arrays are (days,)."""

    dates: pd.DatetimeIndex
    weekend: Bools
    statutory: Bools
    promoted: Bools

    @classmethod
    def of(cls, workspace: Workspace, first: dt.date, number: int) -> _Days:
        """Return `number` days from `first`; promoted are those with a phase in any shop."""
        dates = pd.date_range(pd.Timestamp(first), periods=number, freq="D")
        events = {id(own): own for own in event_days(workspace, dates).values()}
        phases = {
            date
            for own in events.values()
            for date, touching in own.items()
            if in_promotion(touching)
        }
        return cls(
            dates=dates,
            weekend=np.asarray(dates.day_of_week >= 5),
            statutory=np.array([is_statutory(day.date()) for day in dates], dtype=bool),
            promoted=np.array([day.date() in phases for day in dates], dtype=bool),
        )

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a table whose date is one of the days."""
        if not len(self.dates):
            return table.iloc[:0]
        return table[(table["date"] >= self.dates[0]) & (table["date"] <= self.dates[-1])]

    def at(self, dates: pd.Series) -> npt.NDArray[np.int64]:
        """Return the places of dates among the days."""
        found: npt.NDArray[np.int64] = self.dates.get_indexer(pd.DatetimeIndex(dates))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What happened in some days.

    Attributes
    ----------
    had, share : (items, agents), in the units of `Ledger.table`: what each had and her fair share
    comparable : (items, agents), whether she could have had any
    asked : (agents,), requests
    """

    had: Floats
    share: Floats
    comparable: Bools
    asked: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class HardHours:
    """How hours in hard pools stand before the horizon, and how they are dealt out in it.

    Attributes
    ----------
    pools : the hard ones
    balance_h : agent id -> hours had less her fair share
    part : agent id -> (days,) of each day's hours, the part that is her fair share
    """

    pools: frozenset[str] = frozenset()
    balance_h: Mapping[str, float] = field(default_factory=dict)
    part: Mapping[str, Floats] = field(default_factory=dict)


def ledger(workspace: Workspace, scenario: Scenario, assignments: pd.DataFrame) -> Ledger:
    """Return the ledger with a roster of the horizon, as its finished table has it.

    Parameters
    ----------
    assignments : stretches of duty: agent_id, date, start, end, pool

    Raises
    ------
    ScenarioError
        When a hard shop of the scenario is no shop of the workspace.
    """
    grid = scenario.grid
    past = past_account(workspace, scenario)
    horizon = _Days.of(workspace, grid.start, grid.days)
    now = _account(workspace, scenario, assignments, horizon)
    agents = workspace.agents.index.astype(str)
    balance = past.had - past.share
    asked_only = np.array([item == "granted" for item in ITEMS])[:, None]

    def asked(account: Account) -> Floats:
        return np.where(asked_only, account.asked[None, :], np.nan)

    columns = {
        "comparable": past.comparable | now.comparable,
        "had_before": past.had,
        "share_before": past.share,
        "asked_before": asked(past),
        "balance_before": balance,
        "had": now.had,
        "share": now.share,
        "asked": asked(now),
        "balance_after": balance + now.had - now.share,
    }
    table = pd.DataFrame(
        {
            "agent_id": np.repeat(agents.to_numpy(), len(ITEMS)),
            "item": list(ITEMS) * len(agents),
            **{name: values.T.ravel() for name, values in columns.items()},
        }
    )
    figures = table.select_dtypes("float64").columns
    return Ledger(table=table.assign(**{n: table[n].round(DECIMALS) + 0.0 for n in figures}))


def standing(workspace: Workspace, scenario: Scenario, past: Account | None = None) -> Standing:
    """Return what the soft goals start from: leads, marked days, what was published already.

    An agent's lead in a burden is her balance, at most `MOST_LEAD` either way, less the least of
    those who are compared with her.

    Parameters
    ----------
    past : as `past_account` returns it, where it is known
    """
    past = past_account(workspace, scenario) if past is None else past
    days = _Days.of(workspace, scenario.grid.start, scenario.grid.days)
    now = _comparable(workspace, scenario, days)
    agents = list(workspace.agents.index.astype(str))
    leads: dict[tuple[str, str], float] = {}
    for burden in BURDENS:
        item = ITEMS.index(burden)
        able = now[item].any(axis=1)
        balance = np.clip((past.had - past.share)[item], -MOST_LEAD, MOST_LEAD)
        lead = np.round(balance - balance[able].min(initial=MOST_LEAD), DECIMALS)
        leads |= {
            (agent, burden): float(lead[a])
            for a, agent in enumerate(agents)
            if able[a] and lead[a] > 0
        }
    marked = {
        "statutory": frozenset(np.flatnonzero(days.statutory).tolist()),
        "peak_night": frozenset(np.flatnonzero(days.promoted).tolist()),
    }
    return Standing(leads=leads, marked=marked, published=_published(workspace, scenario))


def hard_hours(workspace: Workspace, scenario: Scenario) -> HardHours:
    """Return how hours in hard pools stand, and who could have them on each day."""
    item = ITEMS.index("hard")
    past = past_account(workspace, scenario)
    days = _Days.of(workspace, scenario.grid.start, scenario.grid.days)
    weight = _comparable(workspace, scenario, days)[item]
    agents = workspace.agents.index.astype(str)
    balance = (past.had - past.share)[item].round(DECIMALS).tolist()
    return HardHours(
        pools=hard_pools(workspace, scenario),
        balance_h=dict(zip(agents, balance, strict=True)),
        part=dict(zip(agents, _parts(weight), strict=True)),
    )


def wishes(workspace: Workspace, scenario: Scenario, past: Account | None = None) -> Wishes:
    """Return what days against a request cost; who was refused more than her share comes first.

    A request weighs its own weight times the scenario's; up to double that where its agent is
    `MOST_REFUSED` or more requests behind.

    Parameters
    ----------
    past : as `past_account` returns it, where it is known
    """
    item = ITEMS.index("granted")
    past = past_account(workspace, scenario) if past is None else past
    behind = (past.share - past.had)[item].clip(0.0, MOST_REFUSED) / MOST_REFUSED
    factor = dict(zip(workspace.agents.index.astype(str), 1.0 + behind, strict=True))
    weight = scenario.fairness.request_weight
    found = {}
    for row in rows(workspace.tables["requests"]):
        agent, day = str(row.agent_id), (row.date.date() - scenario.horizon.start).days
        if not 0 <= day < scenario.horizon.days:
            continue
        cost = round(weight * float(row.weight) * round(factor[agent], DECIMALS))
        found[agent, day] = {UNWANTED[str(row.wish)]: cost}
    return found


def ledger_notices(workspace: Workspace, scenario: Scenario) -> list[Fault]:
    """Return a notice on corrections of days that the ledger does not count."""
    start = scenario.grid.start
    first = start - dt.timedelta(weeks=scenario.fairness.ledger_weeks)
    table = workspace.tables["ledger"]
    idle = table[(table["date"] < pd.Timestamp(first)) | (table["date"] >= pd.Timestamp(start))]
    if idle.empty:
        return []
    days = [f"{row.agent_id} {row.date:%Y-%m-%d}" for row in rows(idle)]
    facts: dict[str, object] = {
        "count": len(idle),
        "first": f"{first}",
        "last": f"{start - dt.timedelta(days=1)}",
    }
    facts["days"] = listed(days)
    return [Fault(code="idle_corrections", file=workspace.files["ledger"], facts=facts)]


def _remembered(workspace: Workspace, scenario: Scenario) -> tuple[pd.DataFrame, dt.date, int]:
    """Return published rows of the weeks that are remembered, and their first day and number.

    Days before anything was published or corrected are left out: nothing happened on them.
    """
    start = pd.Timestamp(scenario.grid.start)
    first = start - pd.Timedelta(weeks=scenario.fairness.ledger_weeks)
    dates = pd.concat([workspace.tables[name]["date"] for name in ("rosters", "ledger")])
    first = dates[(dates >= first) & (dates < start)].min() if len(dates) else start
    first = start if pd.isna(first) else first
    table = workspace.tables["rosters"]
    own = table[(table["date"] >= first) & (table["date"] < start)]
    return own, first.date(), (start - first).days


def past_account(workspace: Workspace, scenario: Scenario) -> Account:
    """Return the account of the weeks before the horizon that are remembered, as corrected."""
    duties, first, number = _remembered(workspace, scenario)
    days = _Days.of(workspace, first, number)
    return _account(workspace, scenario, duties, days, corrected=True)


def _account(
    workspace: Workspace,
    scenario: Scenario,
    duties: pd.DataFrame,
    days: _Days,
    *,
    corrected: bool = False,
) -> Account:
    """Return what agents had on some days and their fair share."""
    had = _had(workspace, scenario, duties, days)
    granted, asked = _requests(workspace, scenario, duties)
    if corrected:
        more = _corrections(workspace, days)
        had, granted = had + more[:-1], granted + more[-1].sum(axis=1)
    weight = _comparable(workspace, scenario, days)
    share = (had.sum(axis=1, keepdims=True) * _parts(weight)).sum(axis=2)
    return Account(
        had=np.vstack([had.sum(axis=2), granted]),
        share=np.vstack([share, asked * _rate(granted, asked)]),
        comparable=np.vstack([(weight > 0).any(axis=2), asked > 0]),
        asked=asked,
    )


def _parts(weight: Floats) -> Floats:
    """Return weights (..., agents, days) as parts of each day's sum, all 0 where that is."""
    whole = weight.sum(axis=-2, keepdims=True)
    part: Floats = np.divide(weight, whole, out=np.zeros_like(weight), where=whole > 0)
    return part


def _rate(granted: Floats, asked: Floats) -> float:
    """Return the part of all requests that was granted."""
    return float(granted.sum() / asked.sum()) if asked.sum() else 0.0


def _had(workspace: Workspace, scenario: Scenario, duties: pd.DataFrame, days: _Days) -> Floats:
    """Return what duties amount to (burdens, agents, days)."""
    had = np.zeros((len(ITEMS) - 1, len(workspace.agents), len(days.dates)))
    spans = _spans(duties)
    who, when = _who(workspace, spans["agent_id"]), days.at(spans["date"])
    start, end = spans["start_min"].to_numpy(), spans["end_min"].to_numpy()
    evening = (start < EVENING[1] * INTERVAL_MIN) & (end > EVENING[0] * INTERVAL_MIN)
    for item, counts in (
        ("late", end > scenario.fairness.late_after),
        ("weekend", days.weekend[when]),
        ("statutory", days.statutory[when]),
        ("peak_night", days.promoted[when] & evening),
    ):
        had[ITEMS.index(item), who, when] = counts
    hard = duties[duties["pool"].isin(hard_pools(workspace, scenario))]
    who = _who(workspace, hard["agent_id"])
    hours = (hard["end"] - hard["start"]).dt.total_seconds().to_numpy() / 3600
    np.add.at(had[ITEMS.index("hard")], (who, days.at(hard["date"])), hours)
    return had


def _spans(duties: pd.DataFrame) -> pd.DataFrame:
    """Return one row a duty: agent_id, date, start_min and end_min after its day's midnight."""
    spans = duties.groupby(["agent_id", "date"], sort=False, observed=True, as_index=False).agg(
        start=("start", "min"), end=("end", "max")
    )
    return spans.assign(
        start_min=(spans["start"] - spans["date"]).dt.total_seconds() / 60,
        end_min=(spans["end"] - spans["date"]).dt.total_seconds() / 60,
    )


def _who(workspace: Workspace, agent_ids: pd.Series) -> npt.NDArray[np.int64]:
    """Return the places of agents in their table."""
    known = workspace.agents.index.astype(str)
    found: npt.NDArray[np.int64] = known.get_indexer(pd.Index(agent_ids.astype(str)))
    return found


def _corrections(workspace: Workspace, days: _Days) -> Floats:
    """Return the planner's corrections on some days (items, agents, days)."""
    found = np.zeros((len(ITEMS), len(workspace.agents), len(days.dates)))
    table = days.rows(workspace.tables["ledger"])
    items = pd.Index(ITEMS).get_indexer(pd.Index(table["item"].astype(str)))
    who = _who(workspace, table["agent_id"])
    np.add.at(found, (items, who, days.at(table["date"])), table["count"].to_numpy(np.float64))
    return found


def _requests(
    workspace: Workspace, scenario: Scenario, duties: pd.DataFrame
) -> tuple[Floats, Floats]:
    """Return requests granted and asked per agent, on days of which a roster is known."""
    agents = workspace.agents.index.astype(str)
    granted, asked = np.zeros(len(agents)), np.zeros(len(agents))
    known, spans = set(duties["date"]), _spans(duties)
    late = (spans["end_min"] > scenario.fairness.late_after).tolist()
    duty = dict(zip(zip(spans["agent_id"], spans["date"], strict=True), late, strict=True))
    for row in rows(workspace.tables["requests"]):
        if row.date in known:
            who, is_late = agents.get_loc(str(row.agent_id)), duty.get((row.agent_id, row.date))
            asked[who] += 1
            granted[who] += is_late is WISHED[str(row.wish)]
    return granted, asked


def _comparable(workspace: Workspace, scenario: Scenario, days: _Days) -> Floats:
    """Return the weight with which a burden is dealt to an agent on a day.

    Returns
    -------
    (burdens, agents, days) : contract hours where she is there and could have it, else 0
    """
    agents, pools = workspace.agents, list(workspace.pools)
    trained = _trained(workspace, days)
    last = [max(workspace.windows[s].closes_min for s in workspace.pools[pool]) for pool in pools]
    closes = (trained * np.array(last)[:, None, None]).max(axis=0, initial=0)
    difficult = hard_pools(workspace, scenario)
    late = scenario.fairness.late_after
    slot = late // INTERVAL_MIN
    guarded = agents["protected"].notna().to_numpy()[:, None] & at_night(
        slot, slot + 1, scenario.rules.night
    )
    able = {
        "late": (closes > late) & ~guarded,
        "weekend": (closes > 0) & days.weekend,
        "statutory": (closes > 0) & days.statutory,
        "peak_night": (closes > EVENING[0] * INTERVAL_MIN) & days.promoted,
        "hard": trained[[pool in difficult for pool in pools]].any(axis=0),
    }
    hours = agents["hours_per_week"].to_numpy(np.float64)[:, None]
    there = _there(workspace, days)
    return np.array([np.where(there & able[item], hours, 0.0) for item in ITEMS[:-1]])


def _trained(workspace: Workspace, days: _Days) -> Bools:
    """Return whether agents know all shops of a pool (pools, agents, days)."""
    dates, agents = days.dates, workspace.agents.index.astype(str)
    found = np.zeros((len(workspace.pools), len(agents), len(dates)), dtype=bool)
    since = workspace.skills["since"].dropna().unique()
    edges = [day for i, day in enumerate(dates) if i == 0 or day in since]
    place = {pool: p for p, pool in enumerate(workspace.pools)}
    for edge in edges:
        after = int(dates.get_indexer(pd.DatetimeIndex([edge]))[0])
        for agent, known in capabilities(workspace, [edge.date()])[edge.date()].items():
            for pool in known:
                found[place[pool], agents.get_loc(agent), after:] = True
    return found


def _there(workspace: Workspace, days: _Days) -> Bools:
    """Return whether agents have started and are not absent (agents, days)."""
    agents = workspace.agents
    started = agents["started_on"].fillna(pd.Timestamp(1900, 1, 1)).to_numpy()[:, None]
    there: Bools = np.asarray(days.dates.to_numpy()[None, :] >= started)
    away = days.rows(workspace.tables["absences"])
    who = _who(workspace, away["agent_id"])
    there[who, days.at(away["date"])] = False
    return there


def hard_pools(workspace: Workspace, scenario: Scenario) -> frozenset[str]:
    """Return the pools that count as hard: those of the scenario's shops, else by AHT.

    Without shops in the scenario, the `HARD_PART` of the pools with the longest mean `aht_s`;
    none where there is one pool only, or no handle time is told.

    Raises
    ------
    ScenarioError
        When a shop of the scenario is none of the workspace.
    """
    shops = workspace.shops
    named = scenario.fairness.hard_shops
    if unknown := [shop for shop in named if shop not in shops.index]:
        raise ScenarioError(
            [
                Fault(
                    code="unknown",
                    file="scenario.toml",
                    column="fairness.hard_shops",
                    value=shop,
                    facts={"table": "shops"},
                )
                for shop in unknown
            ]
        )
    if named:
        return frozenset(shops.loc[list(named), "pool"].astype(str))
    mean = shops.groupby("pool", sort=False)["aht_s"].mean().dropna()
    if len(workspace.pools) < 2 or mean.empty:
        return frozenset()
    most = mean.sort_values(ascending=False, kind="stable")
    return frozenset(most.index[: math.ceil(HARD_PART * len(workspace.pools))].astype(str))


def _published(
    workspace: Workspace, scenario: Scenario
) -> dict[tuple[str, int], tuple[int, int] | None]:
    """Return `Standing.published`: rows of the horizon in `rosters`, on days that have any."""
    grid = scenario.grid
    table = workspace.tables["rosters"]
    since = (table["date"] - pd.Timestamp(grid.start)).dt.days
    own = table.assign(day=since)[(since >= 0) & (since < grid.days)]
    found: dict[tuple[str, int], tuple[int, int] | None] = {
        (agent, int(day)): None
        for day in sorted(own["day"].unique())
        for agent in workspace.agents.index.astype(str)
    }
    for row in rows(_spans(own.drop(columns="day"))):
        day = (row.date.date() - grid.start).days
        found[str(row.agent_id), day] = (
            int(row.start_min // INTERVAL_MIN),
            int(row.end_min // INTERVAL_MIN),
        )
    return found
