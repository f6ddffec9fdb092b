"""How often the seats of a quote from four facts are enough: shops kept aside one by one.

Run ``python -m benchmarks.quote`` from the project's root; ``--write`` puts the tables into
docs/benchmarks.md. Every figure is measured in the run that prints it.

Each shop with a history long enough is taken out of its workspace. What it had in its first weeks
makes the four facts that its merchant would have told; the rest of the workspace makes the quote.
A later day asks in a daypart for the seats of its busiest half hour: the contacts of the daypart
as they came, spread over its half hours as that shop's later days were (a daily history: by the
profile of the quote), through the same formula, target, handle time and cap.

Cases are counted twice. *Shop × kind of day × daypart*: are the quote's seats at least those that
are enough on 80 % of the shop's later days of the kind? *Shop × day × daypart*: are they at least
what that day asks for? Seats are whole, so a P80 that is right covers more than 80 % of days; the
contacts beside them are not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import markdown
from staffing.forecast.history import history
from staffing.grid import SLOTS_PER_DAY
from staffing.quote.estimate import LEVELS, Estimate, Kind, estimate, seats_for
from staffing.quote.known import KINDS, kinds_of
from staffing.quote.prospect import Prospect
from staffing.workspace import Workspace, read_workspace

ROOT = Path(__file__).parents[1]
KOUBEI = ROOT.parent / "shared" / "forecasting" / "data" / "koubei_100_daily.parquet"
FIRST_DAYS, FEWEST, LATER = 28, 14, 56
CALLED = {"美食": "snacks", "超市便利店": "mother_baby"}
"""Koubei's kinds of shops under two categories of ours: which does not matter, that they differ
does."""


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--koubei", type=Path, default=KOUBEI, help="a Parquet file of days")
    asked = parser.parse_args()
    say(asked.write, "quote-demo", section("The demo", read_workspace(ROOT / "data" / "demo")))
    if asked.koubei.is_file():
        say(
            asked.write,
            "quote-koubei",
            section("Koubei, 100 shops as contacts", koubei(asked.koubei)),
        )
    else:
        print(f"Koubei is skipped: the file {asked.koubei.name} is not here, see --koubei")


def say(write: bool, name: str, text: str) -> None:
    """Print a section, and write it if asked."""
    print(text, end="\n\n", flush=True)
    if write:
        markdown.write(markdown.PAGE, name, text)


def koubei(path: Path) -> Workspace:
    """Return the shops of Koubei as a workspace: paying customers a day for contacts."""
    rows = pd.read_parquet(path)
    rows["shop_id"] = "K" + rows["shop_id"].astype(str)
    shops = rows.groupby("shop_id").first()
    demo = read_workspace(ROOT / "data" / "demo")
    row = demo.shops.iloc[[0] * len(shops)].set_axis(shops.index, axis=0)
    row = row.assign(
        category=shops["cate_1_name"].map(CALLED).fillna("other"),
        platform="other",
        opens="09:00",
        closes="24:00",
        pool=shops.index,
        statutory_days="open",
    )
    past = rows.rename(columns={"date": "start"})[["shop_id", "start", "contacts"]]
    past["start"] = past["start"].astype("datetime64[ns]")
    empty = {name: demo.tables[name].iloc[:0] for name in demo.tables}
    return replace(demo, tables={**empty, "shops": row, "history": past})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A shop kept aside: what its merchant would have told, and the quote from that."""

    shop: str
    stated: float
    made: Estimate


def section(name: str, workspace: Workspace) -> str:
    """Return the figures of a workspace as Markdown."""
    days = pd.concat(kept_aside(workspace))
    asked = days.groupby(["shop", "kind", "part"]).agg(
        needed=("needed", lambda own: own.quantile(0.8, interpolation="higher")),
        stated=("stated", "first"),
        **{f"seats_{level}": (f"seats_{level}", "first") for level in LEVELS},
    )
    for level in LEVELS:
        asked[f"enough_{level}"] = asked["needed"] <= asked[f"seats_{level}"]
    asked = asked.reset_index()
    rows = [
        ["cases", "shops", "number", *(f"seats {each.upper()}" for each in LEVELS)]
        + [f"contacts {each.upper()}" for each in LEVELS],
        ["---", *["---:"] * (2 + 2 * len(LEVELS))],
        row("**shop × kind of day × daypart**", asked),
        row("of them quoted two seats or more", asked[asked["seats_p80"] > 1]),
        row("**shop × day × daypart**", days),
        row("of them quoted two seats or more", days[days["seats_p80"] > 1]),
        row("ordinary days", days[days["kind"] == "ordinary"]),
        row("promotion days", days[days["kind"] != "ordinary"]),
    ]
    low, high = asked.groupby("shop")["stated"].first().quantile([1 / 3, 2 / 3])
    small, large = days["stated"] <= low, days["stated"] > high
    rows += [
        row(f"shops up to {low:.0f} contacts a day", days[small]),
        row("shops between", days[~small & ~large]),
        row(f"shops above {high:.0f} contacts a day", days[large]),
    ]
    seats, needed = days["seats_p80"].mean(), days["needed"].mean()
    said = f"P80 has {seats:.2f} seats a daypart on average, the days asked for {needed:.2f}."
    return f"### {name}\n\n{said}\n\n{markdown.lined([each for each in rows if each])}"


def row(title: str, cases: pd.DataFrame) -> list[str]:
    """Return the shares of some cases, in per cent; nothing where there are none."""
    if cases.empty:
        return []
    cells = [f"{100 * cases[f'enough_{level}'].mean():.0f}" for level in LEVELS]
    within = [f"within_{level}" for level in LEVELS]
    cells += [f"{100 * cases[name].mean():.0f}" if name in cases else "" for name in within]
    return [title, f"{cases['shop'].nunique()}", f"{len(cases):,}", *cells]


def kept_aside(workspace: Workspace) -> Iterator[pd.DataFrame]:
    """Yield each shop that has enough history with its cases."""
    past = history(workspace)
    kinds = kinds_of(workspace, past)
    for i, shop in enumerate(past.shops):
        totals = past.totals[i]
        there = np.flatnonzero(np.isfinite(totals))
        plain = there[kinds[i, there] == 0] if there.size else there
        first = plain[plain < there[0] + FIRST_DAYS] if there.size else there
        # Who began in the middle of a sale would state his first ordinary weeks.
        if first.size < FEWEST:
            first = plain[:FEWEST]
        if first.size < FEWEST or there[-1] - first[-1] < LATER:
            continue
        told = quoted(workspace, shop, float(totals[first].mean()), kinds[i, there])
        later = there[there > first[-1]]
        counts = np.nan_to_num(past.counts[i, later])
        timed = shop not in past.daily_only
        yield judged(told, counts, kinds[i, later], timed=timed)


def quoted(workspace: Workspace, shop: str, stated: float, kinds: np.ndarray) -> Told:
    """Return the quote that the others make of the shop's four facts."""
    kept = workspace.shops.drop(index=shop)
    past = workspace.history[workspace.history["shop_id"] != shop]
    others = replace(workspace, tables={**workspace.tables, "shops": kept, "history": past})
    sales = int(((kinds[1:] == KINDS.index("peak")) & (kinds[:-1] != KINDS.index("peak"))).sum())
    a_year = sales * 365 / max(len(kinds), 1)
    often = (
        "none"
        if not sales
        else "yearly"
        if a_year < 2
        else "quarterly"
        if a_year < 8
        else "monthly"
    )
    prospect = Prospect(
        category=str(workspace.shops.loc[shop, "category"]),
        agents=max(round(stated / 80), 1),
        contacts=max(stated, 0.1),
        promotions=often,
    )
    return Told(shop=shop, stated=stated, made=estimate(prospect, others))


def judged(told: Told, counts: np.ndarray, kinds: np.ndarray, *, timed: bool) -> pd.DataFrame:
    """Return the cases of a shop: one row a later day and daypart."""
    made = told.made
    clock = np.zeros((len(counts), SLOTS_PER_DAY))
    for slot in range(counts.shape[1]):
        clock[:, slot % SLOTS_PER_DAY] += counts[:, slot]
    found = []
    by_name = {kind.name: kind for kind in made.kinds}
    for number, name in enumerate(KINDS):
        on = kinds == number
        if name not in by_name or not on.any():
            continue
        found.append(cases_of(told, by_name[name], clock[on], timed=timed).assign(kind=name))
    return pd.concat(found).assign(shop=told.shop, stated=told.stated)


def cases_of(told: Told, kind: Kind, clock: np.ndarray, *, timed: bool) -> pd.DataFrame:
    """Return the cases of a kind of day; `clock` has its days' contacts (days, 48)."""
    rows = kind.table
    at = (rows["slot"].to_numpy() // 30) % SLOTS_PER_DAY
    shape = clock.mean(axis=0)[at] if timed else rows["contacts"].to_numpy()
    day_total = clock.sum(axis=1)
    rates = np.zeros((len(clock), len(at)))
    found = []
    parts = [np.flatnonzero((rows["part"] == part).to_numpy()) for part in rows["part"].unique()]
    for part in parts:
        mass = shape[part].sum()
        of_part = clock[:, at[part]].sum(axis=1)
        came = of_part if timed else day_total * mass / shape.sum()
        if mass > 0:
            rates[:, part] = came[:, None] * (shape[part] / mass)[None, :]
    # Days alike ask for the same: of a history of days many are.
    unlike, of = np.unique(rates, axis=0, return_inverse=True)
    peak = kind.name == "peak"
    needed = np.stack([seats_for(told.made, rate, peak=peak) for rate in unlike])[of]
    for part in parts:
        if shape[part].sum() <= 0:
            continue  # the shop is closed then, which the four facts do not tell
        case = {
            "needed": needed[:, part].max(axis=1),
            "came": rates[:, part].sum(axis=1),
        }
        quoted_ = rows.iloc[part]
        case["part"] = np.full(len(clock), quoted_["part"].iloc[0])
        for level in LEVELS:
            seats = float(quoted_[f"seats_{level}"].max())
            case[f"enough_{level}"] = case["needed"] <= seats
            case[f"within_{level}"] = case["came"] <= float(quoted_[level].sum())
            case[f"seats_{level}"] = np.full(len(clock), seats)
        found.append(pd.DataFrame(case))
    return pd.concat(found)


if __name__ == "__main__":
    main()
