"""The birth-death chat queue: its limits in theory, simulated truth, and what must always hold."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffing.seats import erlang
from staffing.seats.chat import Profile, fewest_seats, measures

SCENARIOS = Path(__file__).parents[2] / "shared" / "queueing" / "chat_scenarios.csv"
CURVE = (360.0, 450.0, 540.0)


def simulated() -> list[dict[str, str]]:
    """Return the simulated queues beside the project."""
    if not SCENARIOS.exists():
        pytest.skip("the simulated chat queues are not beside the project")
    with SCENARIOS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_seats_are_the_simulated_truth() -> None:
    """In every simulated queue the fewest seats agree, and the level within a point."""
    for row in simulated():
        profile = Profile(
            aht_s=tuple(float(each) for each in row["aht_list_s"].split(";")),
            answer_within_s=float(row["awt_s"]),
            level=float(row["target"]),
            patience_s=float(row["patience_s"]) or math.inf,
        )
        rate = float(row["per_hour"]) / 3600
        seats = int(row["true_min_seats_sim"])
        assert fewest_seats(profile, rate) == seats, row["scenario"]
        level = float(measures(profile, seats, rate).service_level)
        assert level == pytest.approx(float(row["sim_sl"]), abs=0.01), row["scenario"]


@settings(max_examples=40)
@given(st.floats(0.05, 300), st.floats(60, 900), st.floats(0.5, 0.95), st.floats(0, 120))
def test_one_at_a_time_is_erlang_c(load: float, aht_s: float, level: float, within: float) -> None:
    """Concurrency 1 without abandonment needs exactly the servers of Erlang-C."""
    profile = Profile(aht_s=(aht_s,), answer_within_s=within, level=level)
    servers = int(erlang.fewest_servers(load, aht_s, level, within))
    assert fewest_seats(profile, load / aht_s) == servers
    found = measures(profile, servers, load / aht_s)
    assert found.service_level == pytest.approx(
        float(erlang.service_level(servers, load, aht_s, within)), abs=1e-9
    )
    assert found.asa_s == pytest.approx(float(erlang.asa_s(servers, load, aht_s)), rel=1e-7)


@settings(max_examples=40)
@given(st.floats(0.05, 100), st.integers(2, 6), st.floats(0.5, 0.95))
def test_a_flat_curve_is_erlang_c_on_slots(load: float, most: int, level: float) -> None:
    """Where chats take as long however many are held, each slot is a server."""
    profile = Profile(aht_s=(300.0,) * most, answer_within_s=30, level=level)
    wanted = int(erlang.chat_seats(load, 300.0, level, 30.0, most))
    assert fewest_seats(profile, load / 300) == wanted


def test_erlang_a() -> None:
    """48 calls a minute of a minute, 50 agents, two minutes of patience: 3.09 % leave, 3.71 s."""
    profile = Profile(aht_s=(60.0,), answer_within_s=20, level=0.8, patience_s=120.0)
    found = measures(profile, 50, 48 / 60)
    assert found.abandoned == pytest.approx(0.0309, abs=5e-5)
    assert found.mean_wait_s == pytest.approx(3.71, abs=0.005)


@settings(max_examples=40)
@given(
    rate=st.floats(1e-4, 1.0),
    more=st.floats(1.0, 1.5),
    level=st.floats(0.5, 0.9),
    patience_s=st.sampled_from([math.inf, 60.0, 300.0]),
)
def test_more_to_do_never_needs_fewer(
    rate: float, more: float, level: float, patience_s: float
) -> None:
    """More chats, longer ones, a higher target, a shorter threshold: never fewer seats."""

    def seats(rate: float, scale: float = 1.0, asked: float = level, within: float = 30.0) -> int:
        curve = tuple(scale * each for each in CURVE)
        profile = Profile(aht_s=curve, answer_within_s=within, level=asked, patience_s=patience_s)
        return int(fewest_seats(profile, rate))

    base = seats(rate)
    assert seats(rate * more) >= base
    assert seats(rate, scale=more) >= base
    assert seats(rate, asked=min(level * more, 0.99)) >= base
    assert seats(rate, within=30.0 / more) >= base


def test_seats_found_are_the_fewest() -> None:
    """One seat less misses the target, at loads from one chat an hour to a thousand a minute."""
    profile = Profile(aht_s=CURVE, answer_within_s=30, level=0.9)
    rates = np.geomspace(1 / 3600, 1000 / 60, 60)
    seats = fewest_seats(profile, rates)
    assert (measures(profile, seats, rates).service_level >= 0.9 - 1e-9).all()
    fewer = measures(profile, np.maximum(seats - 1, 0), rates).service_level
    assert (fewer < 0.9).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"aht_s": ()},
        {"aht_s": (300.0, -1.0)},
        {"aht_s": (300.0, math.nan)},
        {"aht_s": (100.0, 400.0)},
        {"level": 1.0},
        {"answer_within_s": -1.0},
        {"patience_s": 0.0},
    ],
)
def test_senseless_queues_are_refused(wrong: dict[str, object]) -> None:
    """Empty, negative, unknown values, and a concurrency that lowers what an agent completes."""
    sound: dict[str, object] = {"aht_s": CURVE, "answer_within_s": 30.0, "level": 0.9}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Profile(**(sound | wrong))  # type: ignore[arg-type]
