"""What is under way: a live line on a terminal, with the search's standing and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from staffing.tell.console import console, hushed, line
from staffing.words import Lang, say

if TYPE_CHECKING:
    from staffing.roster.report import Reached

QUIET_S = 2.0
"""Seconds after which a step tells how long it has taken and how long it may still take."""
EARLY = 0.05
"""Share up to which what came before the first is taken as preparation, not as part of the pace."""
BETWEEN = " · "


class Progress:
    """Steps of a command as they begin, and how far the one under way has come.

    Rich draws it anew several times a second, so that seconds go on while nothing is told.

    Parameters
    ----------
    clock : seconds that only grow
    aloud : told each step's sentence as it begins, where no live line can be drawn
    """

    def __init__(
        self,
        lang: Lang,
        clock: Callable[[], float] = time.monotonic,
        aloud: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._lang, self._clock, self._aloud = lang, clock, aloud
        self._text, self._run = "", ""
        self._began = self._run_began = clock()
        self._end: float | None = None
        self._from: tuple[float, float] | None = None
        self._run_end: float | None = None
        self._reached: Reached | None = None

    def step(self, name: str, /, **facts: object) -> None:
        """Say that a step begins."""
        self._text = say(self._lang, f"say.step_{name}", **facts)
        self._began, self._end, self._from, self._reached = self._clock(), None, None, None
        self._aloud(self._text)

    def part(self, share: float) -> None:
        """Take in which share of the step is done; from it follows when it will end."""
        now = self._clock()
        if share < EARLY and self._from is None:
            self._from = (now, share)
        since, done = self._from or (self._began, 0.0)
        if share > done:
            self._end = now + (now - since) / (share - done) * (1 - share)

    def turn(self, number: int, count: int, began: float | None = None) -> None:
        """Take in which of several runs of the same steps begins, such as plans; 0 of 0: none.

        Parameters
        ----------
        began : when the first of them began, where that was before this
        """
        if number == 1 or began is not None:
            self._run_began = self._clock() if began is None else began
        self._run = say(self._lang, "say.turn", number=number, count=count) if count else ""
        share = (number - 1) / count if count else 0.0
        now = self._clock()
        self._run_end = self._run_began + (now - self._run_began) / share if share else None

    def found(self, reached: Reached) -> None:
        """Take in where the search for a roster stands."""
        self._reached = reached
        if reached.part is not None:
            self.part(reached.part)

    def __rich__(self) -> Text:
        """Return the line as it is now, cut where the terminal ends."""
        return Text(self.line(), no_wrap=True, overflow="ellipsis")

    def line(self) -> str:
        """Return the line as it is now: run, step, standing of the search, seconds."""
        parts = [self._run, self._text, *self._stands(), self._seconds()]
        return BETWEEN.join(part for part in parts if part)

    def _stands(self) -> Iterator[str]:
        if self._reached is None:
            return
        cost = self._reached.cost
        bound, gap = "...", "..."
        if cost.bound is not None and cost.gap is not None:
            bound, gap = f"{cost.bound:,.1f}", f"{cost.gap:.1%}"
        yield say(self._lang, "say.objective", cost=f"{cost.value:,.1f}", bound=bound, gap=gap)
        yield say(self._lang, "say.searching", uncovered=f"{self._reached.uncovered_h:,.1f}")

    def _seconds(self) -> str:
        now = self._clock()
        if now - self._began < QUIET_S and not self._run_end:
            return ""
        passed = now - (self._run_began if self._run_end else self._began)
        end = self._run_end or self._end
        if end is None or end - now < 1:
            return say(self._lang, "say.seconds", seconds=f"{passed:.0f}")
        return say(self._lang, "say.seconds_left", seconds=f"{passed:.0f}", left=f"{end - now:.0f}")


@contextmanager
def progress(lang: Lang) -> Iterator[Progress]:
    """Yield what is told the steps: a live line on a terminal, else a line a step on stderr."""
    terminal = console(stderr=True)
    if hushed():
        yield Progress(lang)
    elif terminal.is_terminal:
        made = Progress(lang)
        with terminal.status(made):
            yield made
    else:
        yield Progress(lang, aloud=lambda text: line(text + " ...", stderr=True))
