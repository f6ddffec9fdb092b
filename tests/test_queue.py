"""The event kernel against hand-worked queues, theory and a slow second simulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.simulator import by_hand
from staffing.queue import kernel, serve
from staffing.seats.erlang import asa_s, erlang_c, service_level

NEVER = np.inf
GONE = np.nan


def slow_serve(
    arrivals_s: list[int],
    work_s: list[int],
    patience_s: list[float],
    change_s: list[int],
    slots: list[int],
    last_s: int,
) -> list[float]:
    """The same queue second by second, for whole seconds only: obvious instead of fast."""
    waits = [GONE] * len(arrivals_s)
    queue: list[int] = []
    ends: list[int] = []
    for now in range(last_s):
        started = [number for change, number in zip(change_s, slots, strict=True) if change <= now]
        open_slots = started[-1] if started else 0
        queue += [i for i, arrival in enumerate(arrivals_s) if arrival == now]
        queue = [i for i in queue if now - arrivals_s[i] <= patience_s[i]]
        ends = [end for end in ends if end > now]
        while queue and len(ends) < open_slots:
            i = queue.pop(0)
            waits[i] = now - arrivals_s[i]
            if work_s[i] > 0:
                ends.append(now + work_s[i])
    return waits


@st.composite
def small_queues(draw: st.DrawFn) -> dict[str, list[Any]]:
    """Up to twelve contacts and four changes of the slots, all at whole seconds."""
    arrivals = sorted(draw(st.lists(st.integers(0, 20), max_size=12)))
    changes = sorted(draw(st.sets(st.integers(0, 40), max_size=4)))

    def one_each(rows: list[int], values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=len(rows), max_size=len(rows)))

    return {
        "arrivals_s": arrivals,
        "work_s": one_each(arrivals, st.integers(0, 15)),
        "patience_s": one_each(arrivals, st.sampled_from([0, 1, 3, 8, 20, NEVER])),
        "change_s": changes,
        "slots": one_each(changes, st.integers(0, 3)),
    }


@settings(deadline=None)
@given(small_queues())
def test_a_slow_simulator_agrees(queue: dict[str, list[Any]]) -> None:
    """Every wait equals that of a simulator that ticks through the seconds."""
    # 40 s to the last change, then at most 12 contacts of 15 s one after the other.
    np.testing.assert_array_equal(serve(**queue), slow_serve(**queue, last_s=40 + 12 * 15 + 1))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    load=st.floats(0.1, 20),
    most=st.integers(1, 12),
    patience_s=st.sampled_from([1.0, 60.0, NEVER]),
)
def test_the_compiled_loop_is_that_in_python(
    seed: int, load: float, most: int, patience_s: float
) -> None:
    """Random queues with ever changing slots wait to the last bit as the loop by hand says."""
    rng = np.random.default_rng(seed)
    arrivals, work = np.cumsum(rng.exponential(60 / load, 200)), rng.exponential(60, 200)
    patience = np.full(200, NEVER) if patience_s == NEVER else rng.exponential(patience_s, 200)
    changes = np.cumsum(rng.exponential(arrivals[-1] / 10, 10))
    queue = arrivals, work, patience, changes, rng.integers(0, most, 10, endpoint=True)
    np.testing.assert_array_equal(serve(*queue), by_hand(*queue))


def test_no_more_in_progress_than_slots() -> None:
    """Nobody starts while as many are in progress as slots are open, nor out of turn."""
    rng = np.random.default_rng(3)
    arrivals = np.cumsum(rng.exponential(9, 20_000))
    work, patience = rng.exponential(90, 20_000), rng.exponential(120, 20_000)
    changes = np.arange(0, arrivals[-1], 1800)
    slots = rng.integers(0, 20, changes.size)
    waits = serve(arrivals, work, patience, changes, slots)
    answered = ~np.isnan(waits)
    assert (waits[answered] >= 0).all()
    assert (waits[answered] <= patience[answered]).all()
    start = (arrivals + waits)[answered]
    assert (np.diff(start) >= -1e-9).all()
    end = np.sort(start + work[answered])
    in_progress = np.arange(1, start.size + 1) - np.searchsorted(end, start + 1e-6)
    assert (in_progress <= slots[np.searchsorted(changes, start + 1e-6) - 1]).all()
    assert answered.any()
    assert not answered.all()


@pytest.mark.parametrize(
    ("arrivals", "work", "patience", "changes", "slots", "waits"),
    [
        pytest.param([0, 1, 2], [10] * 3, [NEVER] * 3, [0], [1], [0, 9, 18], id="first come"),
        pytest.param([0, 1, 10], [10] * 3, [NEVER] * 3, [0], [2], [0, 0, 0], id="end frees slot"),
        pytest.param(
            [0, 0, 5], [20, 30, 9], [NEVER] * 3, [0, 10], [2, 1], [0, 0, 25],
            id="a drop lets both finish and starts nobody until one slot is free",
        ),
        pytest.param(
            [0, 0, 0, 4], [9] * 4, [NEVER] * 4, [0, 5], [1, 3], [0, 5, 5, 5],
            id="a rise releases the queue: two at 5, the last as the first ends at 9",
        ),
        pytest.param([3, 4], [9, 9], [NEVER] * 2, [5], [2], [2, 1], id="closed before opening"),
        pytest.param([0, 1], [9, 9], [NEVER] * 2, [0], [0], [GONE, GONE], id="zero slots"),
        pytest.param([0, 1], [9, 9], [NEVER] * 2, [], [], [GONE, GONE], id="no slots at all"),
        pytest.param(
            [0, 1, 6], [9] * 3, [NEVER] * 3, [0, 5], [1, 0], [0, GONE, GONE],
            id="closed for good with a queue",
        ),
        pytest.param(
            [0, 1, 2], [10, 10, 10], [NEVER, 8, NEVER], [0], [1], [0, GONE, 8],
            id="the impatient contact leaves, the next takes the slot at 10",
        ),
        pytest.param(
            [0, 1], [10, 10], [NEVER, 9], [0], [1], [0, 9],
            id="a wait of exactly the patience is answered",
        ),
        pytest.param([5], [10], [0], [0], [1], [0], id="no patience, free slot"),
        pytest.param([0, 0], [10, 10], [0, 0], [0], [1], [0, GONE], id="no patience, no slot"),
        pytest.param([0, 0, 0], [0, 0, 5], [NEVER] * 3, [0], [1], [0, 0, 0], id="no work"),
        pytest.param([], [], [], [0], [1], [], id="no contacts"),
    ],
)  # fmt: skip
def test_hand_worked_queues(
    arrivals: list[float],
    work: list[float],
    patience: list[float],
    changes: list[float],
    slots: list[int],
    waits: list[float],
) -> None:
    """Queues small enough to follow with a pencil come out as worked by hand."""
    np.testing.assert_array_equal(serve(arrivals, work, patience, changes, slots), waits)


def poisson_contacts(
    contacts: int, load_erl: float, aht_s: float, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], np.random.Generator]:
    """Arrivals and exponential handle times of a Poisson stream."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(aht_s / load_erl, contacts))
    return arrivals, rng.exponential(aht_s, contacts), rng


def assert_mean(values: NDArray[Any], theory: float, *, within: float) -> None:
    """The mean agrees with theory within three standard errors by batch means.

    Waits of neighbours are correlated, so the error comes from 40 batches; ``within`` bounds
    it relative to theory, so that a sample too small to tell anything fails.
    """
    warm_up = values.size // 20
    batches = [batch.mean() for batch in np.array_split(values[warm_up:], 40)]
    error = np.std(batches, ddof=1) / np.sqrt(len(batches))
    assert 3 * error < within * theory
    assert np.mean(batches) == pytest.approx(theory, abs=3 * error)


@pytest.mark.parametrize(("servers", "load", "aht"), [(1, 0.5, 60), (14, 10, 180), (54, 48, 60)])
def test_patient_queues_wait_as_erlang_c_says(servers: int, load: float, aht: float) -> None:
    """In M/M/c the share that waits, ASA and service level are those of Erlang C."""
    contacts = 600_000
    arrivals, work, _ = poisson_contacts(contacts, load, aht, seed=11)
    waits = serve(arrivals, work, np.full(contacts, NEVER), [0], [servers])
    assert_mean(waits > 0, float(erlang_c(servers, load)), within=0.1)
    assert_mean(waits, float(asa_s(servers, load, aht)), within=0.25)
    assert_mean(waits <= 20, float(service_level(servers, load, aht, 20)), within=0.02)


def birth_death(birth: float, deaths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of time with 0, 1, ... contacts in the system; deaths[j] is the rate out of j + 1."""
    logs = np.concatenate([[0.0], np.cumsum(np.log(birth / deaths))])
    weights = np.exp(logs - logs.max())
    return np.asarray(weights / weights.sum())


@pytest.mark.parametrize(
    ("servers", "load", "aht", "patience"),
    [(50, 48, 60, 120), (12, 10, 180, 180), (12, 14, 180, 60)],
)
def test_impatient_queues_are_those_of_erlang_a(
    servers: int, load: float, aht: float, patience: float
) -> None:
    """In M/M/n+M the shares that wait and abandon and the mean time in queue are the chain's."""
    contacts = 1_000_000
    arrivals, work, rng = poisson_contacts(contacts, load, aht, seed=11)
    tolerated = rng.exponential(patience, contacts)
    waits = serve(arrivals, work, tolerated, [0], [servers])
    system = np.arange(1, 2000)
    rates = np.minimum(system, servers) / aht + np.maximum(system - servers, 0) / patience
    share = birth_death(load / aht, rates)
    queue = (share * np.maximum(np.arange(2000) - servers, 0)).sum()
    gone = np.isnan(waits)
    # Whoever abandons has queued for as long as her patience lasts.
    assert_mean(np.where(gone, tolerated, waits) > 0, share[servers:].sum(), within=0.05)
    assert_mean(gone, queue / patience / (load / aht), within=0.1)
    assert_mean(np.where(gone, tolerated, waits), queue / (load / aht), within=0.1)


def test_erlang_a_reference_value() -> None:
    """48 a minute, AHT 1 min, 50 slots, patience 2 min: 3.09 % abandon, ASA is 3.71 s."""
    system = np.arange(1, 2000)
    share = birth_death(48, np.minimum(system, 50) + np.maximum(system - 50, 0) / 2)
    queue = (share * np.maximum(np.arange(2000) - 50, 0)).sum()
    assert queue / 2 / 48 == pytest.approx(0.0309, abs=5e-5)
    assert 60 * queue / 48 == pytest.approx(3.71, abs=5e-3)


def test_a_backlog_grows_with_the_overload() -> None:
    """At twice the load a queue grows by half a second of wait for every second that passes."""
    arrivals = np.arange(0, 3600, 5.0)  # one contact every 5 s, each of 100 s: 20 erlangs
    waits = serve(arrivals, np.full(720, 100.0), np.full(720, NEVER), [0], [10])
    # The k-th group of ten starts with k handle times of 100 s behind it, and arrived in 50.
    np.testing.assert_array_equal(waits[::10], arrivals[::10])


@pytest.mark.parametrize(
    ("argument", "bad"),
    [
        ("arrivals_s", [1, 0]),
        ("arrivals_s", [0, np.nan]),
        ("arrivals_s", [[0, 1]]),
        ("arrivals_s", ["a", "b"]),
        ("arrivals_s", [[0], [1, 2]]),
        ("work_s", [1, -1]),
        ("work_s", [1, np.inf]),
        ("work_s", [1]),
        ("patience_s", [1, np.nan]),
        ("patience_s", [1, -1]),
        ("patience_s", [1, 1, 1]),
        ("change_s", [0, 0]),
        ("change_s", [0, np.inf]),
        ("slots", [1, 1.5]),
        ("slots", [1, -1]),
        ("slots", [1, np.inf]),
        ("slots", [1]),
    ],
)
def test_bad_input_is_refused_by_name(argument: str, bad: Any) -> None:
    """A column out of its range, order or length raises a ValueError that names it."""
    columns: dict[str, Any] = {
        "arrivals_s": [0, 1], "work_s": [5, 5], "patience_s": [9, 9],
        "change_s": [0, 10], "slots": [1, 2],
    }  # fmt: skip
    with pytest.raises(ValueError, match=argument):
        serve(**(columns | {argument: bad}))


# --- compiled, kept and in threads --------------------------------------------------------------


def test_threads_give_the_same_numbers() -> None:
    """Replications in threads come out as one after the other."""
    queues = [
        (*poisson_contacts(20_000, 9, 60, seed)[:2], np.full(20_000, 60.0), [0], [10])
        for seed in range(6)
    ]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda queue: serve(*queue), queues))
    for waits, queue in zip(together, queues, strict=True):
        np.testing.assert_array_equal(waits, serve(*queue))


def test_nothing_is_written_where_nothing_can_be(tmp_path: Path) -> None:
    """In a package and a home that are read-only, queues are served, without a warning."""
    shutil.copy(kernel.__file__, tmp_path / "kernel.py")
    (tmp_path / "__pycache__").write_text("no directory: as root every directory is writable")
    code = (
        "import numpy as np, kernel; waits = np.full(2, np.nan); one = np.ones(2); "
        "kernel.serve(np.arange(2.0), 5 * one, 9 * one, np.zeros(1), np.ones(1, int), waits); "
        "print(waits.tolist())"
    )
    home = {name: str(tmp_path / "kernel.py") for name in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, **home, "LOCALAPPDATA": home["HOME"], "NUMBA_CACHE_DIR": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout.strip(), done.stderr) == ("[0.0, 4.0]", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["__pycache__", "kernel.py"]


@pytest.mark.parametrize("error", [RuntimeError, PermissionError, EOFError, UnpicklingError])
def test_machine_code_that_cannot_be_kept_or_read_is_made_anew(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache without a place, full, or cut off in the middle is no reason to fail."""

    def njit(*, cache: bool = False, **_: object) -> Any:
        def compiled(function: Any) -> Any:
            if cache and error is RuntimeError:
                raise error

            def call(*arguments: object) -> object:
                if cache:
                    raise error
                return function(*arguments)

            return call

        return compiled

    monkeypatch.setattr(kernel.numba, "njit", njit)

    def double(number: int) -> int:
        return 2 * number

    assert kernel.cached(double)(21) == 42


def test_numba_is_imported_by_the_first_queue_only() -> None:
    """Whoever replays nothing does not pay for the compiler."""
    code = (
        "import sys; from staffing.queue import serve; before = 'numba' in sys.modules; "
        "serve([0], [1], [1], [0], [1]); print(before, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
