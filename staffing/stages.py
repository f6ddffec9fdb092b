"""The stages of a plan, each computed once for the same inputs.

What a stage reads is declared here, and it is handed no more than that: the tables and keys that it
did not declare are not there, so that nothing can slip into a result past its key. The key of a
stage is the digest of what it declares, of the stages before it and of the program
(`staffing.cache`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from staffing.cache import Cache, digest, digest_of_files, program
from staffing.confirm import Confirmation, confirm
from staffing.forecast import Forecast, forecast, history
from staffing.promotion import Promotion, promotion
from staffing.roster import Progress, Roster, roster
from staffing.scenario import Scenario
from staffing.seats import SeatRequirement, seats
from staffing.simulate import Replay, simulate
from staffing.workspace import Workspace
from staffing.workspace.past import CAME

__all__ = ["KEPT", "READS", "Brief", "Confirmed", "Reads", "Stages", "Step"]

Step = Callable[[str], None]
"""Told the name of each step as it begins, or ``<name>_kept`` where it was computed before."""
KEPT = {
    "forecast": "forecast_kept",
    "seats": "seats_kept",
    "promotion": "promotion_kept",
    "roster": "roster_kept",
    "confirm": "confirm_kept",
    "replay": "replay_kept",
}
Confirmed = tuple[Confirmation, SeatRequirement, Roster, Replay]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What a stage reads: tables of the workspace, keys and sections of the scenario."""

    tables: tuple[str, ...]
    keys: tuple[str, ...]


_PEOPLE = (
    "shops",
    "agents",
    "skills",
    "promotions",
    "special_days",
    "absences",
    "requests",
    "rosters",
    "activities",
    "ledger",
)
_DAYS = ("horizon", "zone")
READS: Mapping[str, Reads] = {
    "forecast": Reads(
        tables=("shops", "history", "promotions", "special_days"), keys=(*_DAYS, "forecast")
    ),
    "seats": Reads(tables=("shops", "skills", "promotions"), keys=(*_DAYS, "seats")),
    "promotion": Reads(
        tables=(*_PEOPLE, "history", CAME),
        keys=(*_DAYS, "seed", "forecast", "seats", "shifts", "rules", "fairness", "promotion"),
    ),
    "roster": Reads(tables=_PEOPLE, keys=(*_DAYS, "seed", "shifts", "rules", "fairness", "roster")),
    "confirm": Reads(
        tables=_PEOPLE,
        keys=(*_DAYS, "seed", "seats", "shifts", "rules", "fairness", "roster", "replay"),
    ),
    "replay": Reads(
        tables=("shops", "agents", "skills", "promotions"), keys=(*_DAYS, "seed", "seats", "replay")
    ),
}
"""Stage -> what it reads besides the results of the stages before it."""


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What a roster is to do, and with whom.

    Attributes
    ----------
    workspace, scenario : tables and rules; of a promotion run those with its levers pulled
    expected, required : the contacts to expect, and the seats they require; of a promotion run at
        the strength that the roster is built for
    promotion : what a promotion run found
    """

    workspace: Workspace
    scenario: Scenario
    expected: Forecast
    required: SeatRequirement
    promotion: Promotion | None = None


class Stages:
    """The stages of one scenario, taken from a cache where nothing that they read has changed.

    Parameters
    ----------
    cache : where results are kept; without one everything is computed
    step : told the name of each stage
    files : digests of the workspace's files, taken before it was read; a workspace whose files
        are no longer those is not kept

    Notes
    -----
    A stage is asked for the results that go into it by its caller, who has them from the stages
    before; its key holds theirs.
    """

    def __init__(
        self,
        workspace: Workspace,
        scenario: Scenario,
        cache: Cache | None = None,
        step: Step = lambda _: None,
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.workspace, self.scenario, self.step = workspace, scenario, step
        self._keys: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        self._before: tuple[str, ...] = ()
        self._cache = cache if cache is not None else Cache(None)
        if self._cache.folder is not None:
            self._digest(files)

    def brief(self) -> Brief:
        """Return what the roster is to do; the levers of a promotion run are pulled with it."""
        expected, found = self.forecast(), None
        if self.scenario.is_promotion:
            found = self.promotion(expected)
            expected, required = found.expected(expected), found.required
            self.pull(found)
        else:
            required = self.seats(expected)
        return Brief(
            workspace=self.workspace,
            scenario=self.scenario,
            expected=expected,
            required=required,
            promotion=found,
        )

    def forecast(self) -> Forecast:
        """Return the contacts to expect."""

        def make(workspace: Workspace, scenario: Scenario) -> Forecast:
            return forecast(workspace, scenario, history(workspace))

        return self._take("forecast", (), make)

    def seats(self, expected: Forecast) -> SeatRequirement:
        """Return the seats that these contacts require."""

        def make(workspace: Workspace, scenario: Scenario) -> SeatRequirement:
            return seats(workspace, scenario, expected)

        return self._take("seats", ("forecast",), make)

    def promotion(self, expected: Forecast) -> Promotion:
        """Return what a promotion asks at each strength, and the cheapest levers."""

        def make(workspace: Workspace, scenario: Scenario) -> Promotion:
            return promotion(workspace, scenario, expected)

        return self._take("promotion", ("forecast",), make)

    def pull(self, made: Promotion) -> None:
        """Pull the levers of a promotion: the stages that follow have its tables, rules and seats.

        Their keys hold that of the promotion.
        """
        self.workspace, self.scenario = made.taken(self.workspace, self.scenario)
        self._before = ("promotion",)
        if "promotion" in self._keys:
            self._keys["seats"] = self._keys["promotion"]

    def roster(self, required: SeatRequirement, progress: Progress | None = None) -> Roster:
        """Return the best roster found for these seats."""

        def make(workspace: Workspace, scenario: Scenario) -> Roster:
            return roster(workspace, scenario, required, progress)

        return self._take("roster", ("seats",), make)

    def confirm(
        self,
        expected: Forecast,
        required: SeatRequirement,
        rostered: Roster,
        progress: Progress | None = None,
    ) -> Confirmed:
        """Return what replays made of this roster; see `staffing.confirm`."""

        def make(workspace: Workspace, scenario: Scenario) -> Confirmed:
            return confirm(workspace, scenario, expected, required, rostered, progress)

        return self._take("confirm", ("forecast", "seats", "roster"), make)

    def replay(self, expected: Forecast, required: SeatRequirement, rostered: Roster) -> Replay:
        """Return this roster replayed against sampled contacts."""

        def make(workspace: Workspace, scenario: Scenario) -> Replay:
            return simulate(workspace, scenario, expected, required, rostered.assignments)

        return self._take("replay", ("forecast", "seats", "roster"), make)

    def _take(
        self, name: str, before: tuple[str, ...], make: Callable[[Workspace, Scenario], Made]
    ) -> Made:
        """Return a stage's result, kept or made from what it declares to read."""
        reads = READS[name]

        def compute() -> Made:
            self.step(name)
            return make(self.workspace.only(reads.tables), self.scenario.only(reads.keys))

        if self._cache.folder is None:
            return compute()
        self._keys[name] = digest(
            [
                name,
                program(),
                {table: self._digests.get(table, "") for table in reads.tables},
                _said(self.scenario, reads.keys),
                [self._keys[each] for each in (*self._before, *before)],
            ]
        )
        made, kept = self._cache.take(name, self._keys[name], compute, keep=_whole)
        if not _whole(made):  # nor is what follows from it
            self._cache = Cache(None)
        if kept:
            self.step(KEPT[name])
        return made

    def _digest(self, files: Mapping[str, str] | None) -> None:
        """Take the digest of each table's file; keep nothing where a file is being changed."""
        now = digest_of_files(self.workspace.root)
        if files is not None and dict(files) != now:
            self._cache = Cache(None)
            return
        for table, file in self.workspace.files.items():
            self._digests[table] = now[file.split("[", 1)[0]]


def _whole(made: object) -> bool:
    """Return whether a result is what its inputs come to, not what an interrupt left of it."""
    return not (isinstance(made, Roster) and made.report.cut_short)


def _said(scenario: Scenario, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return what a scenario says under these keys.

    Of the rules also which were given: `Rules.judged` tells those from the preset's.
    """
    found = scenario.model_dump(mode="json", include=set(keys))
    if "rules" in keys:
        found["given"] = sorted(scenario.rules.model_fields_set)
    return found
