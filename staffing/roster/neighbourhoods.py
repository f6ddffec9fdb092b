"""Large-neighbourhood search on the program of a whole problem (`whole`).

From a roster that is good already, such as an annealed one, a part of the program is freed and
solved by HiGHS from the roster as it stands: some people with all their days, everybody on some
days in a row, or some people on more days. Each kind of neighbourhood grows while its parts are
solved to the end and shrinks while they are not, and is drawn the more often the more it found
(Shaw 1998; Ropke & Pisinger 2006). Two parts are solved at a time in two processes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from staffing.roster.duty import Roll
from staffing.roster.problem import Problem
from staffing.roster.relax import Bools, Floats
from staffing.roster.whole import (
    SHARED,
    Part,
    Solution,
    Whole,
    part,
    relaxed,
    solve_part,
    whole,
)

FIRST_SIZE, LEAST_SIZE = 400.0, 60.0
"""Shift columns freed at first, and at least."""
GROW, SHRINK = 1.4, 0.75
NODES = 400
"""Branches of a part at most."""
PART_S = 6.0
"""Seconds of a part at first, when the search stops by the clock."""
PATIENCE = 4
"""Rounds without a better roster after which parts may take twice as long; the whole program, of
which a second try would say the same again, may so after one."""
KINDS = ("people", "days", "both", "likely")
"""What is freed: some people's days, everybody on some days, some people on more days; or of all
people and days the shifts that the relaxation likes most, beside those of the roster."""
NOISE = 0.05
"""Added to what the relaxation has of a shift, at most, so that no two draws are alike."""
STALE, MOST_WHOLE = 6, 6000
"""Rounds without a better roster after which the rest of the time goes, in one process, into the
whole program, where it has no more than so many shift columns."""
MOST_AT_ONCE, AT_ONCE_PART = 2000, 0.6
"""Shift columns up to which the whole program is tried in one process before anything else, and
the part of the time that it may take: from a good roster HiGHS proves such a one in minutes, or not
at all."""
RELAXED_PART = 0.3
"""Part of the time that the relaxation may take of a very large program."""
LEAST_DAYS = 3
"""Days in a row that are freed at least where not everybody's can be."""
MEMORY, LEAST_REWARD = 0.85, 0.1
"""What the reward of a kind, in per cent of the points, keeps from one answer to the next; and
what keeps a kind from never being drawn again."""
LEAST_GAIN = 0.5
"""Points are whole: less than this is rounding."""


@dataclass(frozen=True, slots=True)
class Found:
    """A roster, and how far the search had come when it was found.

    Attributes
    ----------
    points : as `Problem.score(...).total` has them
    bound : points that no roster goes below, proven by the relaxation
    claimed : the same by the solver's own word, where it was asked about the whole; never less
    parts, seconds : solved and gone so far
    """

    roll: Roll
    points: float
    bound: float
    claimed: float
    parts: int
    seconds: float


@dataclass(slots=True)
class _Kind:
    """A kind of neighbourhood: its size in shift columns, and what it found lately."""

    name: str
    size: float
    reward: float = 1.0

    def learn(self, before: float, answer: Solution, cells: float) -> None:
        """Remember how much better an answer was, and take more or less next time."""
        gain = 100 * max(before - answer.points, 0.0) / max(before, 1.0)
        self.reward = MEMORY * self.reward + (1 - MEMORY) * gain
        size = self.size * (GROW if answer.proven else SHRINK)
        self.size = min(max(size, LEAST_SIZE), max(cells, LEAST_SIZE))


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """A feasible point of the program and its points."""

    x: Floats
    points: float


def improve(
    problem: Problem,
    roll: Roll,
    *,
    parts: int | None = None,
    seconds: float | None = None,
    seed: int = 1,
    processes: int = 2,
) -> Iterator[Found]:
    """Yield better and better rosters, or bounds, until a roster is proven best.

    By the clock, a small program is tried whole in one process, while parts are solved in the
    other; and one of middling size that parts make no better any more, for the rest of the time.

    Parameters
    ----------
    roll : the lawful roster to begin from
    parts : how many parts are solved at most; with it alone the answer is the same every time
    seconds : when to stop by the clock

    Raises
    ------
    ValueError
        If the roster to begin from is not lawful, or without any limit.
    """
    if parts is None and seconds is None:
        raise ValueError("the search needs a limit: give parts or seconds")
    began = time.monotonic()
    ends = None if seconds is None else began + seconds
    of = whole(problem)
    least = relaxed(of, None if ends is None else max(_left(ends) * RELAXED_PART, 0.0))
    search = _Search(of, least.x, _begun(of, roll), least.bound, seed)

    def found() -> Found:
        state, gone = search.state, time.monotonic() - began
        return Found(of.roll(state.x), state.points, least.bound, search.claimed, search.done, gone)

    yield found()
    told, untried = search.claimed, search.cells <= MOST_AT_ONCE
    with Parallel(n_jobs=processes) as pair:
        while (
            search.cells
            and not search.proven
            and (parts is None or search.done < parts)
            and (ends is None or _left(ends) > 0)
        ):
            if ends is not None and untried:
                better = search.both(problem, pair, ends - _left(ends) * (1 - AT_ONCE_PART))
                untried = False
            elif ends is not None and search.stale and search.cells <= MOST_WHOLE:
                better = search.both(problem, pair, ends)
            else:
                better = search.step(pair, 2, ends)
            if better or search.claimed > told:
                told = search.claimed
                yield found()


@dataclass(slots=True, eq=False)
class _Search:
    """A search under way.

    Attributes
    ----------
    relaxed : the point of the relaxation
    claimed : points below which there is nothing, by the solver's word
    done, idle : parts solved, and rounds since a better roster was found
    patience : how many times as long as at first a part may take
    """

    of: Whole
    relaxed: Floats
    state: _State
    claimed: float
    seed: int
    kinds: list[_Kind] = field(default_factory=lambda: [_Kind(k, FIRST_SIZE) for k in KINDS])
    random: np.random.Generator = field(init=False)
    done: int = 0
    idle: int = 0
    patience: int = 1
    proven: bool = False

    def __post_init__(self) -> None:
        """Begin the course of chance."""
        self.random = np.random.default_rng(self.seed)

    @property
    def cells(self) -> int:
        """Return the shift columns of the program."""
        return int(np.count_nonzero(self.of.day >= 0))

    @property
    def stale(self) -> bool:
        """Return whether parts have found nothing for long."""
        return self.idle >= STALE

    def step(self, pair: Parallel, number: int, ends: float | None) -> bool:
        """Solve some parts at a time; return whether the roster is better now."""
        chance = np.array([kind.reward + LEAST_REWARD for kind in self.kinds])
        drawn = self.random.choice(len(self.kinds), size=number, p=chance / chance.sum())
        kinds = [self.kinds[k] for k in drawn]
        freed = [_freed(self.of, self.state, self.relaxed, kind, self.random) for kind in kinds]
        if all(each.all() for each in freed):
            freed = freed[:1]
        left = None if ends is None else min(PART_S * self.patience, _left(ends))
        answers: list[Solution] = pair(
            delayed(solve_part)(
                _freed_part(self.of, self.state, free),
                nodes=NODES * self.patience if ends is None else None,
                seconds=left,
                seed=int(self.random.integers(2**31)),
            )
            for free in freed
        )
        self.done += len(answers)
        before, self.state = self.state, _best(self.of, self.state, answers)
        for kind, free, answer in zip(kinds, freed, answers, strict=False):
            kind.learn(before.points, answer, self.cells)
            if free.all():
                self._believe(answer)
        better = self.state.points < before.points - LEAST_GAIN
        self.idle = 0 if better else self.idle + 1
        if better:
            self.patience = 1
        elif self.idle % PATIENCE == 0 or len(freed) == 1:
            self.patience *= 2
        return better

    def both(self, problem: Problem, pair: Parallel, ends: float) -> bool:
        """Solve the whole program in one process while parts go on in the other."""
        tight = whole(problem, windows=True)
        found: list[_State | Solution] = pair(
            [
                delayed(solve_part)(part(tight, start=self.state.x), seconds=_left(ends)),
                delayed(_alone)(self, ends),
            ]
        )
        answer, state = found
        assert isinstance(answer, Solution)
        assert isinstance(state, _State)
        self.done += 1
        before = self.state
        self.state = min(_best(self.of, self.state, [answer]), state, key=lambda each: each.points)
        self._believe(answer)
        return self.state.points < before.points - LEAST_GAIN

    def _believe(self, answer: Solution) -> None:
        """Note what the solver says of the whole program."""
        self.proven = self.proven or answer.proven
        self.claimed = self.state.points if answer.proven else max(self.claimed, answer.bound)


def _alone(search: _Search, ends: float) -> _State:
    """Return the roster that one process finds by the end, part by part."""
    one = Parallel(n_jobs=1)
    while _left(ends) > 0 and not search.proven:
        search.step(one, 1, ends)
    return search.state


def _left(ends: float) -> float:
    """Return the seconds until the search ends by the clock."""
    return ends - time.monotonic()


def _freed_part(of: Whole, state: _State, free: Bools) -> Part:
    """Return the part in which some columns are free and the others keep their values."""
    lower, upper = np.where(free, 0.0, state.x), np.where(free, of.upper, state.x)
    return part(of, lower, upper, state.x)


def _begun(of: Whole, roll: Roll) -> _State:
    """Return the point of a roster."""
    lower, upper = np.zeros(of.cost.size), of.upper.copy()
    for (a, d), free in of.shifts.items():
        duty = roll.get((of.agents[a].agent_id, d))
        for shift, column in free:
            lower[column] = upper[column] = float(duty is not None and duty.shift == shift)
    found = solve_part(part(of, lower, upper))
    if found.x is None:
        raise ValueError("the roster to begin from is not lawful; give one that keeps the limits")
    return _State(found.x, found.points)


def _freed(
    of: Whole, state: _State, relaxed: Floats, kind: _Kind, random: np.random.Generator
) -> Bools:
    """Return the columns that a neighbourhood frees."""
    if kind.name == "likely":
        return _likely(of, state, relaxed, kind.size, random)
    people, days = len(of.agents), int(of.day.max(initial=0)) + 1
    share = min(kind.size / max(float(np.count_nonzero(of.day >= 0)), 1.0), 1.0)
    if kind.name == "people":
        number, length = share * people, float(days)
    elif kind.name == "days":
        length = max(share * days, float(min(LEAST_DAYS, days)))
        number = share * people * days / length
    else:
        number, length = share**0.5 * people, share**0.5 * days
    whole_days = min(max(round(length), 1), days)
    picked = _people(of, state, min(max(round(number), 1), people), random)
    first = int(random.integers(-(whole_days // 2), days - whole_days // 2))
    if whole_days == days:
        first = 0
    window = (of.day < 0) | ((of.day >= first) & (of.day < first + whole_days))
    return np.asarray((of.owner == SHARED) | (np.isin(of.owner, picked) & window), np.bool_)


def _likely(
    of: Whole, state: _State, relaxed: Floats, size: float, random: np.random.Generator
) -> Bools:
    """Return all columns but the shifts that neither the roster nor the relaxation has."""
    cells = np.flatnonzero(of.day >= 0)
    liking = relaxed[cells] + NOISE * random.random(cells.size)
    taken = state.x[cells] > 0.5
    liking[taken] = np.inf
    number = round(size) + int(np.count_nonzero(taken))
    free = np.asarray(of.day < 0, np.bool_)
    free[cells[np.argsort(-liking, kind="stable")[:number]]] = True
    return free


def _people(
    of: Whole, state: _State, number: int, random: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return people: half of the time at random, else mostly those whose own days cost much."""
    people = len(of.agents)
    weight = np.ones(people)
    if random.random() < 0.5:
        own = of.owner != SHARED
        paid = np.bincount(of.owner[own], (of.cost * state.x)[own], minlength=people)
        paid -= paid.min()
        weight += people * paid / max(paid.sum(), 1.0)
    return random.choice(people, size=number, replace=False, p=weight / weight.sum())


def _best(of: Whole, state: _State, answers: Sequence[Solution]) -> _State:
    """Return the best of: the state, each answer, both together where nobody is in both."""
    found = [_State(each.x, each.points) for each in answers if each.x is not None]
    best = min([*found, state], key=lambda each: each.points)
    own = of.owner != SHARED
    if len(found) == 2 and all(each.points < state.points - LEAST_GAIN for each in found):
        changed = [own & (np.abs(each.x - state.x) > 0.5) for each in found]
        whose = [set(of.owner[each].tolist()) for each in changed]
        if not whose[0] & whose[1]:
            x = np.where(np.isin(of.owner, sorted(whose[1])), found[1].x, found[0].x)
            lower, upper = np.where(own, x, 0.0), np.where(own, x, of.upper)
            both = solve_part(part(of, lower, upper))
            if both.x is not None and both.points < best.points - LEAST_GAIN:
                best = _State(both.x, both.points)
    return best
