"""Which shops to answer together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from staffing.scenario import SeatSettings
from staffing.seats import demand_by_shop, required
from staffing.seats.pools import Pooling, as_they_are, propose
from staffing.workspace import Workspace
from tests.series import Row, expected, workspace

SETTINGS = SeatSettings(max_occupancy=1.0, demand="mean")


def company(
    volumes: dict[str, float], trained: dict[str, list[str]], **shops: Row
) -> tuple[Workspace, pd.DataFrame]:
    """Return a workspace of shops alone, and their demand of a day of thirty half hours."""
    own: dict[str, Row] = {shop: {"pool": shop, **shops.get(shop, {})} for shop in volumes}
    made = workspace({shop: np.ones(1) for shop in volumes}, shops=own)
    pairs = [(agent, shop) for agent, own in trained.items() for shop in own]
    made.tables["skills"] = pd.DataFrame(pairs, columns=["agent_id", "shop_id"])  # type: ignore[index]
    forecast = expected({shop: [volume] * 30 for shop, volume in volumes.items()})
    return made, demand_by_shop(made, forecast)


def proposed(
    volumes: dict[str, float],
    trained: dict[str, list[str]],
    most_shops: int = 5,
    **shops: Row,
) -> Pooling:
    """Return what is proposed for such a company."""
    made, demand = company(volumes, trained, **shops)
    return propose(made, demand, SETTINGS, 0.0, most_shops=most_shops)


def test_small_shops_with_the_same_people_are_joined() -> None:
    """Two shops of one person's work each, answered by the same people, cost no training."""
    everyone = {f"A{i}": ["X", "Y"] for i in range(9)}
    found = proposed({"X": 5.0, "Y": 5.0}, everyone).table
    assert found["shops"].tolist() == [("X", "Y")]
    assert found["trainings"].tolist() == [0]
    assert (found["together_h"] < found["separate_h"]).all()


def test_seats_of_a_pool_are_those_of_the_stage() -> None:
    """What a pool is said to need is what its shops under one name require."""
    made, demand = company({"X": 30.0, "Y": 12.0}, {"A": ["X", "Y"]})
    found = propose(made, demand, SETTINGS, 0.0).table.iloc[0]
    table = required(demand.assign(pool="P"), SETTINGS, 0.0).table
    assert found["together_h"] == table["seats"].sum() / 2
    assert found["together_peak"] == table["seats"].max()


def test_phone_and_chat_are_never_joined() -> None:
    """An agent on the phone holds no chats."""
    everyone = {f"A{i}": ["X", "Y"] for i in range(9)}
    found = proposed({"X": 5.0, "Y": 5.0}, everyone, Y={"channel": "phone"}).table
    assert sorted(found["shops"]) == [("X",), ("Y",)]


def test_training_must_be_worth_it() -> None:
    """Shops whose people are all strangers to each other are left alone where little is saved."""
    volumes = {"X": 400.0, "Y": 400.0}
    strangers = {f"X{i}": ["X"] for i in range(80)} | {f"Y{i}": ["Y"] for i in range(80)}
    assert len(proposed(volumes, strangers).table) == 2


def test_a_pool_holds_no_more_shops_than_people_can_know() -> None:
    """Six little shops with a limit of three make at least two pools."""
    volumes = {f"S{i}": 4.0 for i in range(6)}
    everyone = {f"A{i}": list(volumes) for i in range(20)}
    found = proposed(volumes, everyone, most_shops=3).table
    assert found["shops"].map(len).max() in (2, 3)
    assert found["shops"].map(len).sum() == 6


def test_trainings_are_those_of_the_people_who_lack_the_fewest() -> None:
    """Of the people a pool needs those are trained who know the most of its shops."""
    trained = {"A": ["X", "Y"], "B": ["X", "Y"], "C": ["X"], "D": ["Y"]}
    found = proposed({"X": 5.0, "Y": 5.0}, trained).table.iloc[0]
    assert found["shops"] == ("X", "Y")
    # Fifteen hours a day of each seat, and a full-time week has 40 hours in seven days.
    people = int(np.ceil(found["together_peak"] * 15 / (40 / 7)))
    lacking = [0, 0, 1, 1] + [2] * (people - 4)
    assert found["trainings"] == sum(lacking)


def test_the_pools_of_the_workspace_stand_beside() -> None:
    """As they are, the pools cost what the stage requires for them."""
    made, demand = company({"X": 30.0, "Y": 12.0}, {"A": ["X", "Y"]})
    found = as_they_are(made, demand, SETTINGS, 0.0)
    assert found.together_h == pytest.approx(found.separate_h)
    assert found.table["shops"].tolist() == [("X",), ("Y",)]
