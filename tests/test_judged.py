"""Reply metrics, tickets and caps in the requirement: what is asked besides first answers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffing.forecast import forecast, history
from staffing.platforms import platforms
from staffing.scenario import Horizon, Scenario, SeatSettings
from staffing.seats import demand_by_shop, required, seat_notices, seats
from staffing.seats.chat import Profile
from staffing.seats.replies import fewest_reply_seats
from staffing.seats.reply import handle_times, lone_share, pace_at
from staffing.workspace import Workspace
from tests.series import Row, workspace

START = dt.date(2024, 3, 4)
DAYS = 7 * 12
MEAN = SeatSettings(demand="mean", max_occupancy=1.0)
CHAT: Row = {"channel": "chat", "aht_s": 360.0, "concurrency": 3.0, "target_level": 0.8}
JUDGED: Row = {**CHAT, "reply_rule": "jd_30s", "replies": 8.0, "reply_s": 10.0}
TICKETS: Row = {"channel": "ticket", "aht_s": 600.0, "due_within_h": 12.0, "min_seats": 0.0}


def company(**shops: Row) -> Workspace:
    """Shops of pool P with 600 contacts a day each, spread evenly over 9:00 to 24:00."""
    totals = {name: np.full(DAYS, 600.0) for name in shops}
    return workspace(totals, start=START, shops=shops)


def story(space: Workspace, **settings: object) -> Scenario:
    day = START + dt.timedelta(days=DAYS)
    told = SeatSettings.model_validate(MEAN.model_dump() | settings)
    return Scenario(name="s", workspace=Path(), horizon=Horizon(start=day, days=2), seats=told)


def table(space: Workspace, **settings: object) -> pd.DataFrame:
    """The requirement of two days."""
    told = story(space, **settings)
    return seats(space, told, forecast(space, told, history(space))).table


class TestReplies:
    """A platform's reply metric."""

    def test_the_seats_are_those_of_the_metric(self) -> None:
        """A pool of one judged shop has the seats that the metric's own search finds."""
        found = table(company(S1=JUDGED | {"target_level": 0.5, "reply_level": 0.88}))
        pace = pace_at(8.0, 10.0, 360.0, 3)
        lone = lone_share(8.0, 10.0, 360.0, 3)
        curve = tuple(360.0 * np.linspace(lone, 1.0, 3))
        queue = Profile(aht_s=curve, answer_within_s=20.0, level=0.8)
        rate = found["contacts"].to_numpy() / 1800
        asked = fewest_reply_seats(queue, pace, platforms()["jd_30s"], rate, 0.88)
        assert found["seats"].tolist() == asked.tolist()
        assert "reply" in set(found["binding"])
        assert found["seats"].sum() > table(company(S1=CHAT))["seats"].sum()

    def test_a_higher_share_never_needs_fewer(self) -> None:
        """Asked for more, the seats rise or stay."""
        told = [table(company(S1=JUDGED | {"reply_level": level})) for level in (0.5, 0.7, 0.85)]
        low, middle, high = (each["seats"].to_numpy() for each in told)
        assert (low <= middle).all()
        assert (middle <= high).all()
        assert high.sum() > low.sum()

    def test_a_metric_out_of_reach_buys_no_seats_and_is_told(self) -> None:
        """A reply of 25 s is in time 70 % of the time at best: 80 % is said to be out of reach."""
        slow = JUDGED | {"replies": 4.0, "reply_s": 25.0}
        space, plain = company(S1=slow), company(S1=slow | {"reply_rule": None})
        assert table(space)["seats"].tolist() == table(plain)["seats"].tolist()
        notices = seat_notices(space, story(space))
        assert [notice.code for notice in notices] == ["reply_out_of_reach"]
        assert notices[0].facts["best"] == f"{1 - np.exp(-30 / 25):.1%}"
        assert seat_notices(company(S1=JUDGED), story(space)) == []

    @given(st.floats(1.5, 20), st.floats(1, 60), st.integers(1, 10), st.floats(1.0, 20.0))
    def test_the_pace_is_that_of_the_handle_time(
        self, replies: float, reply_s: float, held: int, slack: float
    ) -> None:
        """Whatever the replies leave of the handle time, customers think: AHT comes out again."""
        aht_s = replies * reply_s * held * slack
        pace = pace_at(replies, reply_s, aht_s, held)
        assert handle_times(pace, held)[-1] == pytest.approx(aht_s, rel=1e-6)
        assert lone_share(replies, reply_s, aht_s, held) <= 1 + 1e-9

    def test_replies_longer_than_the_handle_time_are_refused(self) -> None:
        """Six replies of 30 s to three customers do not fit into 400 s."""
        with pytest.raises(ValueError, match="at least 540 s"):
            pace_at(6, 30, 400, 3)


class TestTickets:
    """Work with a deadline."""

    def test_tickets_are_no_live_contacts(self) -> None:
        """They add nothing to the contacts, and their target asks for nothing."""
        alone, both = table(company(S1=CHAT)), table(company(S1=CHAT, T1=TICKETS))
        assert both["contacts"].tolist() == pytest.approx(alone["contacts"].tolist(), rel=1e-6)
        assert (both["seats"].to_numpy() >= alone["seats"].to_numpy()).all()

    def test_all_tickets_that_come_are_worked(self) -> None:
        """600 tickets of ten minutes are 100 seat-hours a day; none becomes overdue.

        Those of the last twelve hours are due after the horizon and may be left.
        """
        found = table(company(S1=CHAT, T1=TICKETS))
        by_day = found.groupby("date")["ticket_h"].sum()
        assert 80 < by_day.iloc[0] <= 100
        assert by_day.sum() > 100 + 20
        assert found["ticket_late_h"].sum() == 0
        added = found["seats"].sum() / 2 - table(company(S1=CHAT))["seats"].sum() / 2
        assert 0.7 * by_day.sum() < added < 1.1 * by_day.sum()
        assert "tickets" in set(found["binding"])

    def test_a_later_deadline_never_needs_more(self) -> None:
        """Time to spare lets tickets wait for quiet half hours."""
        hours = [
            table(company(S1=CHAT, T1=TICKETS | {"due_within_h": due}))["seats"].sum()
            for due in (10.0, 12.0, 24.0)
        ]
        assert hours == sorted(hours, reverse=True)

    def test_a_pool_of_tickets_alone_is_staffed_for_them(self) -> None:
        """Nobody waits there, so the seats are just what the work takes."""
        found = table(company(T1=TICKETS))
        assert found["contacts"].sum() == 0
        assert found["seats"].sum() / 2 == pytest.approx(found["ticket_h"].sum(), rel=0.1)


class TestCaps:
    """Receptions a day."""

    def test_a_cap_raises_the_seats_to_enough_days_of_work(self) -> None:
        """600 contacts at 40 a day are 15 days of eight hours."""
        found = table(company(S1=CHAT | {"daily_cap": 40.0}))
        contacts = found.groupby("date")["contacts"].sum()
        hours = found.groupby("date")["seats"].sum() / 2
        assert (hours >= contacts / 40 * 8 - 1e-6).all()
        assert (hours < contacts / 40 * 8 + 1).all()
        assert "daily_cap" in set(found["binding"])

    def test_a_cap_that_cannot_bind_is_told(self) -> None:
        """At 360 s and three at once an agent who is busy throughout takes 240 in eight hours."""
        space = company(S1=CHAT | {"daily_cap": 241.0}, S2=CHAT | {"daily_cap": 239.0})
        notices = seat_notices(space, story(space))
        assert [notice.code for notice in notices] == ["cap_never_binds"]
        assert "S1 (241 > 240)" in notices[0].line("en")
        assert "S2" not in notices[0].line("en")


def test_what_is_asked_later_never_lowers_what_was_asked_before() -> None:
    """Each further wish of the shops leaves the seats or raises them."""
    plain = table(company(S1=CHAT))["seats"].to_numpy()
    for more in ({"daily_cap": 50.0}, JUDGED, {"min_seats": 9.0}, {"target_level": 0.95}):
        assert (table(company(S1=CHAT | more))["seats"].to_numpy() >= plain).all()


def test_shrinkage_comes_last() -> None:
    """Seats to roster are those at work over what is left of the time, rounded up once."""
    told = company(S1=CHAT | {"daily_cap": 50.0}, T1=TICKETS)
    without, with_ = table(told)["seats"], table(told, shrinkage=0.2)["seats"]
    assert with_.tolist() == np.ceil(without / 0.8 - 1e-9).astype(int).tolist()


def test_the_requirement_by_hand_is_that_of_the_stage() -> None:
    """`required` on the demand is what `seats` returns, followed over time."""
    space = company(S1=CHAT)
    told = story(space)
    made = forecast(space, told, history(space))
    by_hand = required(demand_by_shop(space, made), told.seats, made.tie, over_time=True)
    pd.testing.assert_frame_equal(by_hand.table, seats(space, told, made).table)
