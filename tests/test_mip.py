"""Mixed-integer programs: both solvers find the best point, quietly and side by side."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.math_opt.python import mathopt

from staffing.roster.mip import Found, WholeProgram, decided, minimised

WHOLE = st.integers(-9, 9)
MOST = 2


@st.composite
def programs(draw: st.DrawFn) -> WholeProgram:
    """Return three rows of up to five whole columns, each from 0 to 2; maybe without a point."""
    columns = draw(st.integers(1, 5))
    matrix = draw(
        st.lists(st.lists(WHOLE, min_size=columns, max_size=columns), min_size=3, max_size=3)
    )
    cost, low = (draw(st.lists(WHOLE, min_size=n, max_size=n)) for n in (columns, 3))
    return stated(cost, matrix, low, MOST)


def stated(cost: Any, matrix: Any, low: Any, most: int) -> WholeProgram:
    """Return a program of whole columns from zero to `most`, each row at least `low`."""
    number = len(cost)
    return WholeProgram(
        cost=np.array(cost, float),
        lower=np.zeros(number),
        upper=np.full(number, float(most)),
        whole=np.ones(number, bool),
        matrix=sp.csr_array(np.array(matrix, float)),
        low=np.array(low, float),
        high=np.full(len(low), np.inf),
    )


@settings(deadline=None, max_examples=60)
@given(programs())
def test_both_solvers_find_what_brute_force_finds(of: WholeProgram) -> None:
    """The best point and its bound; or that there is none."""
    points = [np.array(x) for x in itertools.product(range(MOST + 1), repeat=of.cost.size)]
    costs = [of.cost @ x for x in points if (of.matrix @ x >= of.low).all()]
    for found in (minimised(of), decided(of, effort=10)):
        assert found.proven
        if not costs:
            assert found.x is None
            continue
        assert found.x is not None
        assert (of.matrix @ found.x >= of.low - 1e-6).all()
        assert of.cost @ found.x == pytest.approx(min(costs), abs=1e-6)
        assert found.bound == pytest.approx(min(costs), abs=1e-6)


def test_too_little_effort_proves_nothing() -> None:
    """A program that needs work is left where the effort ends, the same every time."""
    random = np.random.default_rng(0)
    matrix = random.integers(1, 100, (40, 150)).astype(float)
    of = stated(random.integers(1, 100, 150), matrix, matrix.sum(axis=1) // 2, 1)
    first, second = (decided(of, effort=0.05) for _ in range(2))
    assert not first.proven
    assert first.bound == second.bound
    assert (first.x is None) is (second.x is None)
    if first.x is not None and second.x is not None:
        assert (first.x == second.x).all()
        assert of.cost @ first.x >= first.bound


def test_solvers_side_by_side_give_standard_output_back(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What they write is dropped, and what is printed after the last one is not."""
    began, ended, real = Event(), Event(), mathopt.solve
    of = stated([1], [[1]], [1], 1)

    def talks(*arguments: Any, **options: Any) -> Any:
        os.write(1, b"chatter")
        if began.is_set():  # the second, which outlasts the first
            assert ended.wait(10)
        else:
            began.set()
        os.write(1, b"chatter")
        return real(*arguments, **options)

    def first() -> Found:
        found = minimised(of)
        ended.set()
        return found

    def second() -> Found:
        assert began.wait(10)
        return minimised(of)

    monkeypatch.setattr(mathopt, "solve", talks)
    with ThreadPoolExecutor(2) as pair:
        assert all(each.result().proven for each in [pair.submit(first), pair.submit(second)])
    print("told")
    assert capfd.readouterr().out == "told\n"
