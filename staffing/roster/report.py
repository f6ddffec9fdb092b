"""What the search says about its own work."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One goal of the objective, in the order of their importance.

    Attributes
    ----------
    name : ``uncovered`` (seat-hours), ``paid`` (hours), ``cost`` (what is uncovered and paid
        together, in the paid hours that cost as much; see `prices`) or ``fairness`` (points)
    value : what the roster reaches
    bound : what no lawful roster can go below; None where nothing is proven
    """

    name: str
    value: float
    bound: float | None

    @property
    def gap(self) -> float | None:
        """Return (value - bound) / value, 0 when proven best; None without a bound."""
        if self.bound is None:
            return None
        least = max(self.bound, 0.0)
        return 0.0 if self.value <= least else (self.value - least) / self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a search has come.

    Attributes
    ----------
    part : of its effort that is spent, from 0 to 1; None where that is not known
    uncovered_h : seat-hours that its roster leaves uncovered
    cost : uncovered and paid together as a goal, see `Goal`, with its bound once that is proven
    """

    part: float | None
    uncovered_h: float
    cost: Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveReport:
    """The goals with their bounds, the seed, steps of the search, and wall-clock seconds spent.

    Attributes
    ----------
    cut_short : whether an interrupt ended the search before its effort was spent
    """

    goals: tuple[Goal, ...]
    seed: int
    steps: int
    seconds: float
    cut_short: bool = False

    def with_value(self, name: str, value: float) -> SolveReport:
        """Return the report with one goal's value as the finished table has it."""
        goals = tuple(replace(g, value=value) if g.name == name else g for g in self.goals)
        return replace(self, goals=goals)

    def goal(self, name: str) -> Goal:
        """Return a goal by name.

        Raises
        ------
        KeyError
            When there is no such goal.
        """
        for goal in self.goals:
            if goal.name == name:
                return goal
        raise KeyError(name)
