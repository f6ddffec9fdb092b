"""Forecasts beside what came, with their scores computed once for page, tables and terminal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from staffing.forecast.scores import calibration, every_score, usable
from staffing.words import Lang
from staffing.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Forecasts beside what came, and what is said about them.

    Attributes
    ----------
    name : of the scenario or the workspace
    table : rows of a backtest, see `staffing.forecast.scores.scores`
    issued : whether these forecasts were issued at the time, not made again from earlier origins
    """

    name: str
    lang: Lang
    workspace: Workspace
    table: pd.DataFrame
    issued: bool = False

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Return the rows that are judged."""
        return usable(self.table)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Return all scores, see `every_score`."""
        return every_score(self.table, self.workspace.pools)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """Return how often actuals lay below each quantile."""
        return calibration(self.table)

    def of(self, scope: str, kind: str = "all") -> pd.DataFrame:
        """Return the scores of a scope and kind of day: a row a key and method."""
        table = self.scores
        return table[(table["scope"] == scope) & (table["kind"] == kind)]

    def by_volume(self, scope: str) -> dict[str, dict[str, dict[str, float]]]:
        """Return key -> method -> measure of all days, the keys with most contacts first."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        rows = self.of(scope).sort_values("actual", ascending=False, kind="stable")
        for row in rows.to_dict("records"):
            measures = {str(name): row[name] for name in row}
            found.setdefault(str(row["key"]), {})[str(row["method"])] = measures
        return found
