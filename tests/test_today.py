"""The forecast in the course of a day: what has come corrects what is to come."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from staffing.errors import ForecastError
from staffing.forecast import forecast, history
from staffing.forecast.today import Today, service_day, today
from staffing.workspace import Workspace
from tests.series import scenario, workspace

Array = npt.NDArray[np.float64]
DAYS = 84
LEVELS = (0.1, 0.5, 0.9)
SHAPE = np.zeros(48)
SHAPE[18:48] = 1 / 30
NOON = dt.time(12)


def told(
    factors: dict[str, float], at: dt.time = NOON, *, days: int = 3
) -> tuple[Workspace, Today, Array]:
    """Return a workspace, its corrected forecast and the contacts that came on the running day.

    Parameters
    ----------
    factors : shop -> contacts of the running day over those of an ordinary one
    """
    rng = np.random.default_rng(3)
    common = np.exp(0.1 * rng.standard_normal(DAYS))
    totals = {
        shop: np.round(600 * common * np.exp(0.05 * rng.standard_normal(DAYS))) for shop in factors
    }
    for shop, factor in factors.items():
        totals[shop][-1] = 600 * factor
    made = workspace(totals, hourly=dict.fromkeys(totals, SHAPE))
    first = dt.date(2024, 4, 8) + dt.timedelta(days=DAYS - 1)
    told = scenario(first, days)
    past = history(made)
    before = forecast(made, told, past)
    now = dt.datetime.combine(first, at)
    came = np.array([values[-1] for values in totals.values()])
    return made, today(made, before, past, now, LEVELS), came


def test_a_half_hour_that_is_over_holds_what_came() -> None:
    """Six of thirty half hours are over at noon, each with a thirtieth of the day."""
    _, found, came = told({"A": 1.3})
    table = found.forecast.table
    day = table[table["date"] == table["date"].iloc[0]]
    assert found.until.time() == NOON
    assert day["mean"].to_numpy()[:6] == pytest.approx(came[0] / 30)
    assert (day["variance"].to_numpy()[:6] == 0).all()
    assert (day["variance"].to_numpy()[6:] > 0).all()
    assert found.shops["came"].tolist() == pytest.approx([came[0] / 5])


def test_half_hours_make_up_the_days() -> None:
    """The corrected days are the sums of their half hours."""
    _, found, _ = told({"A": 1.3, "B": 0.8})
    sums = found.forecast.table.groupby(["shop_id", "date"])["mean"].sum()
    days = found.forecast.daily.set_index(["shop_id", "date"])["mean"]
    assert sums.to_numpy() == pytest.approx(days.to_numpy())


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_the_day_is_drawn_towards_what_came(factor: float) -> None:
    """The total lies between the morning's and what the pace says, ever nearer to the latter."""
    at_noon, at_eight = (told({"A": factor}, time)[1].shops for time in (NOON, dt.time(20)))
    pace = 600 * factor
    assert abs(at_noon["total"][0] - pace) < abs(at_noon["morning"][0] - pace)
    assert abs(at_eight["total"][0] - pace) < abs(at_noon["total"][0] - pace)
    assert at_eight["total"][0] == pytest.approx(pace, rel=0.05)


def test_doubt_shrinks_in_the_course_of_the_day() -> None:
    """The 80 % interval of the day's total narrows from hour to hour."""
    widths = []
    for hour in (10, 14, 18, 22):
        shops = told({"A": 1.1}, dt.time(hour))[1].shops
        widths.append(shops["q90"][0] - shops["q10"][0])
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 3


def test_shops_tell_of_each_other() -> None:
    """Where shops err together, a surge of all the others raises a shop without any news."""
    made, found, _ = told({"A": 1.5, "B": 1.5, "C": 1.5, "D": 1.5})
    silent = made.history[
        ~((made.history["shop_id"] == "D") & (made.history["start"] >= "2024-06-30"))
    ]
    made = replace(made, tables={**made.tables, "history": silent})
    past = history(made)
    first = past.days[-1].date()
    before = forecast(made, scenario(first, 1), past)
    found = today(made, before, past, dt.datetime.combine(first, dt.time(18)), LEVELS)
    shops = found.shops.set_index("shop_id")
    assert np.isnan(shops.loc["D", "came"])
    assert shops.loc["D", "total"] > 1.02 * shops.loc["D", "morning"]


def test_later_days_follow_less_than_today() -> None:
    """A surge today raises tomorrow, but by less."""
    _, found, _ = told({"A": 1.5, "B": 1.5}, dt.time(20))
    _, plain, _ = told({"A": 1.0, "B": 1.0}, dt.time(20))
    ratio = found.forecast.daily["mean"].to_numpy() / plain.forecast.daily["mean"].to_numpy()
    assert 1.0 < ratio[1] < ratio[0]


def test_what_comes_later_is_not_looked_at() -> None:
    """Contacts after the moment change nothing."""
    made, found, _ = told({"A": 1.2})
    rows = made.history
    late = rows["start"] >= np.datetime64(found.until)
    more = rows.assign(contacts=rows["contacts"].where(~late, 5 * rows["contacts"]))
    other = replace(made, tables={**made.tables, "history": more})
    past = history(other)
    first = found.until.date()
    again = today(other, forecast(other, scenario(first, 3), past), past, found.until, LEVELS)
    assert again.shops.equals(found.shops)


def test_a_history_that_ends_earlier_is_not_taken_for_silence() -> None:
    """Half hours after the last contact of the day are unknown, not zero."""
    made, found, _ = told({"A": 1.0})
    rows = made.history[made.history["start"] < np.datetime64(found.until)]
    other = replace(made, tables={**made.tables, "history": rows})
    past, first = history(other), found.until.date()
    late = dt.datetime.combine(first, dt.time(20))
    again = today(other, forecast(other, scenario(first, 3), past), past, late, LEVELS)
    assert again.until == found.until
    assert again.shops["total"].tolist() == pytest.approx(found.shops["total"].tolist())


def test_before_the_first_contact_there_is_nothing_to_correct_by() -> None:
    """At opening time the fault says so."""
    with pytest.raises(ForecastError) as caught:
        told({"A": 1.0}, dt.time(9))
    assert caught.value.faults[0].code == "nothing_yet"


def test_after_midnight_a_late_shop_is_still_in_its_day() -> None:
    """A shop open 18:00-02:00 makes 01:00 part of the service day before."""
    late = workspace({"A": np.ones(3)}, shops={"A": {"opens": "18:00", "closes": "02:00"}})
    plain = workspace({"A": np.ones(3)})
    one = dt.datetime(2024, 5, 2, 1)
    assert service_day(late, one) == dt.date(2024, 5, 1)
    assert service_day(plain, one) == dt.date(2024, 5, 2)
    assert service_day(late, dt.datetime(1, 1, 1, 1)) == dt.date.min
