"""The daily model: its solver against an independent one, its pools, its factors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.forecast import Forecast, forecast, history
from staffing.forecast.calendar import EventKey, event_days
from staffing.forecast.counts import level_of, quantiles
from staffing.forecast.dates import repeating_dates
from staffing.forecast.design import EventTable
from staffing.forecast.pool import ShopFacts, expected_events
from staffing.forecast.solve import KNOT_DAYS, RISE, Array, Entries, Problem, solve
from staffing.scenario import ForecastSettings
from staffing.workspace import Workspace
from tests.series import Row, day_after, scenario, workspace

WEEKS, SHARED, OWN = 6, 3, 2
DAYS = WEEKS * KNOT_DAYS


def problem(seed: int) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Return log, weight, shared and own columns, prior mean and precision, step precision."""
    rng = np.random.default_rng(seed)
    log, weight = rng.normal(5, 1, DAYS), rng.uniform(0.5, 2, DAYS) * (rng.random(DAYS) > 0.2)
    shared = rng.normal(0, 1, (DAYS, SHARED))
    own = np.where(rng.random((DAYS, OWN)) < 0.3, rng.normal(0, 1, (DAYS, OWN)), 0.0)
    mean, precision = rng.normal(0, 1, SHARED + OWN), rng.uniform(1, 5, SHARED + OWN)
    return log, weight, shared, own, mean, precision, rng.uniform(1, 9, WEEKS)


def hats() -> Array:
    """Return the level's columns: each day lies between two knots."""
    found = np.zeros((DAYS, WEEKS + 1))
    for day in range(DAYS):
        found[day, day // KNOT_DAYS] = 1 - RISE[day % KNOT_DAYS]
        found[day, day // KNOT_DAYS + 1] = RISE[day % KNOT_DAYS]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_solver_agrees_with_weighted_least_squares_on_pseudo_observations(seed: int) -> None:
    """Elimination gives what statsmodels' WLS gives with the priors stacked below the days."""
    log, weight, shared, own, mean, precision, step = problem(seed)
    differences = np.eye(WEEKS, WEEKS + 1, k=1) - np.eye(WEEKS, WEEKS + 1)
    rows = [
        np.hstack([hats(), shared, own]),
        np.hstack([np.zeros((SHARED + OWN, WEEKS + 1)), np.eye(SHARED + OWN)]),
        np.hstack([differences, np.zeros((WEEKS, SHARED + OWN))]),
        np.eye(1, WEEKS + 1 + SHARED + OWN),
    ]
    weights = np.concatenate([weight, precision, step, [0.7]])
    target = np.concatenate([log, mean, np.zeros(WEEKS), [4.0]])
    wanted = sm.WLS(target, np.vstack(rows), weights=weights).fit().params
    row, column = np.nonzero(own)
    entries = Entries(
        shop=np.zeros(len(row), dtype=np.int64),
        row=row,
        column=column,
        value=own[row, column],
        columns=OWN,
    )
    asked = Problem(
        log=np.where(weight > 0, log, np.nan)[None],
        weight=weight[None],
        fixed=shared,
        entries=entries,
        prior=(mean[None], precision[None]),
        first=(np.array([4.0]), np.array([0.7])),
    )
    knots, factors = solve(asked, step[None])
    assert np.concatenate([knots[0], factors[0]]) == pytest.approx(wanted, rel=1e-6, abs=1e-6)


def test_shops_are_solved_as_if_alone() -> None:
    """A shop's solution does not depend on the shops beside it."""
    both = [problem(seed) for seed in (1, 2)]
    none = Entries(
        shop=np.zeros(0, dtype=np.int64),
        row=np.zeros(0, dtype=np.int64),
        column=np.zeros(0, dtype=np.int64),
        value=np.zeros(0),
        columns=0,
    )

    def run(parts: list[tuple[Array, ...]]) -> Array:
        log, weight, _, _, mean, precision, step = (
            np.array(each) for each in zip(*parts, strict=True)
        )
        prior = (mean[:, :SHARED], precision[:, :SHARED])
        first = (np.zeros(len(parts)), np.ones(len(parts)))
        asked = Problem(
            log=log, weight=weight, fixed=both[0][2], entries=none, prior=prior, first=first
        )
        return solve(asked, step)[1]

    assert run(both)[1] == pytest.approx(run(both[1:])[0], rel=1e-9)


def key(event: str, phase: str, stretch: int = 0) -> EventKey:
    """Return the key of a day in a promotion phase."""
    return EventKey("promotion", event, phase, "on", stretch)


def told(seen: dict[EventKey, float], asked: EventKey, when: dict[EventKey, float]) -> float:
    """Return what is expected of a key at a shop, from what it has seen itself."""
    keys = tuple(dict.fromkeys([*seen, asked]))
    size = len(keys)
    table = EventTable(
        keys=keys,
        editions=(),
        pair_shop=np.zeros(size, dtype=np.int64),
        pair_key=np.arange(size),
        pair=np.zeros(0, dtype=np.int64),
        edition=np.zeros(0, dtype=np.int64),
        day=np.zeros(0, dtype=np.int64),
        lift=np.zeros(0),
        given=np.zeros(0),
        promotion=np.zeros(0, dtype=bool),
    )
    facts = ShopFacts(
        category=("c",),
        platform=("p",),
        chinese=True,
        estimate=np.array([np.nan]),
        busy=np.array([np.nan]),
        strength=np.ones(1),
        has_history=np.ones(1, dtype=bool),
    )
    positions = np.array([keys.index(each) for each in seen], dtype=np.int64)
    last = np.array([when.get(each, 0.0) for each in keys])
    return float(
        expected_events(table, positions, np.array(list(seen.values())), last, facts)[
            keys.index(asked)
        ]
    )


def test_what_is_expected_of_an_event_falls_back_step_by_step() -> None:
    """A key not seen takes the event's latest phase, the phase's, the stretch's factor, or none."""
    first, second = key("A", "opening"), key("A", "peak")
    assert told({first: 1.0}, first, {}) == pytest.approx(1.0)
    assert told({first: 1.0}, second, {}) == pytest.approx(1.0)
    later = {first: 1.0, second: 0.4}
    assert told(later, key("A", "close"), {first: 1, second: 2}) == pytest.approx(0.4)
    assert 0 < told({first: 1.0}, key("B", "opening"), {}) < 1
    assert (
        0 < told({first: 1.0}, key("B", "other"), {}) < told({first: 1.0}, key("B", "opening"), {})
    )
    assert told({first: 1.0}, key("B", "opening", 3), {}) == 0


def test_a_date_that_all_shops_leave_the_pattern_on_is_expected_again() -> None:
    """Ten shops a third below on one day make it a repeating date; one shop alone does not."""
    days = pd.date_range("2024-01-01", periods=366)
    rng = np.random.default_rng(0)
    residual = rng.normal(0, 0.05, (10, 366))
    day = int(days.get_loc(pd.Timestamp("2024-12-24")))
    residual[0, 50] = -2.0
    residual[:, day] -= 0.4
    dates, factor = repeating_dates(residual, days)
    assert dates.tolist() == [1224]
    assert factor[0] == pytest.approx(-0.4, abs=0.06)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.01, 400), st.floats(0, 10), st.lists(st.floats(0.01, 0.99), min_size=2, max_size=5)
)
def test_quantiles_of_counts_never_cross(mean: float, more: float, levels: list[float]) -> None:
    """A higher level has no lower count, and its count reaches the level."""
    variance = np.array([mean * (1 + more)])
    found = quantiles(np.array([mean]), variance, sorted(levels))[0]
    assert (np.diff(found) >= 0).all()
    upto = level_of(found + 1, np.array([mean]), variance.repeat(len(found)))
    assert (upto > np.array(sorted(levels)) - 0.05).all()


SALE: Row = {"name": "Sale 2024", "start": "2024-06-18", "end": "2024-06-21"}


def made_of(totals: dict[str, Array], **given: object) -> tuple[Workspace, Forecast]:
    """Return a workspace and the forecast of the week after it."""
    made = workspace(totals, **given)  # type: ignore[arg-type]
    first = day_after(next(iter(totals.values())))
    return made, forecast(made, scenario(first), history(made))


def series(seed: int, days: int = 100, level: float = 300.0) -> Array:
    """Return contacts a day with a week and noise."""
    rng = np.random.default_rng(seed)
    week = np.array([1.1, 1.0, 1.0, 1.0, 0.95, 0.9, 1.05])[np.arange(days) % 7]
    return np.round(level * week * np.exp(rng.normal(0, 0.06, days)))


def test_scaling_the_history_scales_the_forecast() -> None:
    """Ten times the contacts give ten times the forecast."""
    _, one = made_of({"A": series(1), "B": series(2)})
    _, ten = made_of({"A": 10 * series(1), "B": 10 * series(2)})
    assert ten.daily["mean"].to_numpy() == pytest.approx(10 * one.daily["mean"], rel=0.01)


def test_a_promotion_to_come_elsewhere_changes_nothing() -> None:
    """A sale on another platform next week leaves this platform's shops as they were.

    But for a trace: the days of waiting before it are days of the other shop's history.
    """
    totals = {"A": series(1), "B": series(2)}
    shops = {"A": {"platform": "JD"}, "B": {"platform": "Tmall"}}
    first = day_after(totals["A"])
    sale = {"name": "New", "platform": "Tmall", "start": f"{first}", "end": "2024-07-20"}
    _, without = made_of(totals, shops=shops)
    _, with_sale = made_of(totals, shops=shops, promotions=[sale])
    own, same = (f.daily[f.daily["shop_id"] == "A"]["mean"] for f in (without, with_sale))
    assert same.to_numpy() == pytest.approx(own.to_numpy(), rel=1e-3)


def test_a_shop_without_history_is_forecast_as_estimated() -> None:
    """contacts_per_day sets the level; with the first weeks the shop's own days take over."""
    new = np.full(100, np.nan)
    shops = {"N": {"contacts_per_day": 90.0}}
    _, told_only = made_of({"A": series(1), "N": new}, shops=shops)
    own = told_only.daily[told_only.daily["shop_id"] == "N"]
    assert own["mean"].mean() == pytest.approx(90, rel=0.05)
    assert (own["q95"] > 1.3 * own["mean"]).all()
    after = new.copy()
    after[-21:] = series(3, 21, 140.0)
    _, seen = made_of({"A": series(1), "N": after}, shops=shops)
    assert seen.daily[seen.daily["shop_id"] == "N"]["mean"].mean() == pytest.approx(140, rel=0.08)


def test_sums_are_less_doubtful_than_their_parts() -> None:
    """A pool's week is relatively surer than its days."""
    _, made = made_of({f"S{i}": series(i) for i in range(6)})
    whole = made.sums(np.zeros(len(made.daily)), (0.1, 0.9)).iloc[0]
    assert whole["mean"] == pytest.approx(made.daily["mean"].sum())
    width = (whole["q90"] - whole["q10"]) / whole["mean"]
    parts = (made.daily["q90"] - made.daily["q10"]).sum() / made.daily["mean"].sum()
    assert 0.05 * parts < width < 0.9 * parts


def test_a_closing_takes_no_contacts_and_is_no_bad_day() -> None:
    """Special days that close a shop have nothing ahead, and nothing is learnt from them."""
    totals = {"A": series(1)}
    first = day_after(totals["A"])
    made = workspace(totals)
    closed = pd.DataFrame(
        {
            "name": ["stocktaking"],
            "first_day": [pd.Timestamp(first)],
            "last_day": [pd.Timestamp(first)],
            "closed": [True],
            "shop_id": [None],
            "platform": [None],
            "category": [None],
        }
    )
    tables = {**made.tables, "special_days": closed}
    shut = Workspace(
        root=made.root, zone=made.zone, tables=tables, files=made.files, defaults=(), notices=()
    )
    found = forecast(shut, scenario(first), history(shut))
    assert found.daily["mean"].iloc[0] == 0
    assert found.daily["mean"].iloc[1:].mean() == pytest.approx(290, rel=0.1)
    assert (found.table["date"] != pd.Timestamp(first)).all()


def test_a_day_of_the_week_without_any_row_is_one_of_rest() -> None:
    """A shop that never had contacts on Sundays is expected to have none."""
    values = np.where(np.arange(100) % 7 == 6, np.nan, series(1))
    _, made = made_of({"A": values})
    on_sunday = made.daily["date"].dt.day_of_week == 6
    assert (made.daily["mean"][on_sunday] == 0).all()
    assert (made.daily["mean"][~on_sunday] > 200).all()


def test_parts_of_a_day_multiply_to_its_forecast() -> None:
    """Level × weekday × season × event × correction is the number that was forecast."""
    totals = {"A": series(1), "B": series(2)}
    for values in totals.values():
        values[71:74] *= 2
    sale = {**SALE, "start": "2024-06-18", "end": "2024-06-21"}
    again = {**SALE, "name": "Sale 2025", "start": "2024-07-18", "end": "2024-07-21"}
    made, found = made_of(totals, promotions=[sale, again])
    assert found.basis is not None
    day = pd.Timestamp("2024-07-18")
    touching = tuple(found.basis.events["A"][day.date()])
    parts = found.basis.model.parts(0, day, touching)
    told_mean = found.daily.set_index(["shop_id", "date"])["mean"]["A", day]
    assert np.prod([part.factor for part in parts]) == pytest.approx(told_mean, rel=1e-9)
    event = next(part for part in parts if part.event is not None)
    assert event.editions == 1
    assert event.usual * event.own * event.running == pytest.approx(event.factor)
    assert event_days(made, pd.date_range(day, day))["A"]


def test_settings_do_not_touch_the_mean() -> None:
    """Other quantiles are other columns of the same forecast."""
    made = workspace({"A": series(1)})
    first, past = day_after(series(1)), history(made)
    few = forecast(made, scenario(first, forecast=ForecastSettings(quantiles=(0.3,))), past)
    assert list(few.daily.columns[-2:]) == ["variance", "q30"]
