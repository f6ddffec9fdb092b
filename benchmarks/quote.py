"""How often the seats of a quote from four facts are enough: shops kept aside one by one.

Run ``python -m benchmarks.quote`` from the project's root; ``--write`` puts the tables into
docs/benchmarks.md. Every figure is measured in the run that prints it.

Each shop with a history long enough is taken out of its workspace. What it had in its first weeks
makes the four facts that its merchant would have told; the rest of the workspace makes the quote.
A *case* is one later service day and daypart of the shop: is the quote's number of seats for that
kind of day at least what the contacts that came ask for? The contacts of a day's part, as they
came, are spread over its half hours as that shop's later days were (a daily history: by the
profile of the quote) and go through the same formula, targets and handle times.
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
    cases = pd.concat(kept_aside(workspace))
    head = ["cases", "shops", "number", *(f"seats {each.upper()}" for each in LEVELS)]
    head += [f"contacts {each.upper()}" for each in LEVELS]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    quarter = cases.groupby("shop")["stated"].first().quantile([1 / 3, 2 / 3]).to_list()
    groups: list[tuple[str, pd.DataFrame]] = [("**all**", cases)]
    groups += [("ordinary days", cases[cases["kind"] == "ordinary"])]
    groups += [("promotion days", cases[cases["kind"] != "ordinary"])]
    small, large = cases["stated"] <= quarter[0], cases["stated"] > quarter[1]
    groups += [(f"shops up to {quarter[0]:.0f} contacts a day", cases[small])]
    groups += [("shops between", cases[~small & ~large])]
    groups += [(f"shops above {quarter[1]:.0f} contacts a day", cases[large])]
    groups += [("dayparts quoted two seats or more", cases[cases["seats_p80"] > 1])]
    for title, own in groups:
        if own.empty:
            continue
        cells = [f"{100 * own[f'enough_{each}'].mean():.0f}" for each in LEVELS]
        cells += [f"{100 * own[f'within_{each}'].mean():.0f}" for each in LEVELS]
        rows.append([title, f"{own['shop'].nunique()}", f"{len(own):,}", *cells])
    each = cases.groupby("shop")["enough_p80"].mean()
    asked = cases.groupby(["shop", "kind", "part"]).agg(
        needed=("needed", lambda own: own.quantile(0.8, interpolation="higher")),
        **{f"seats_{level}": (f"seats_{level}", "first") for level in LEVELS},
    )
    covered = [f"{100 * (asked['needed'] <= asked[f'seats_{x}']).mean():.0f}" for x in LEVELS]
    rows.append(
        [
            "shop × kind of day × daypart",
            f"{cases['shop'].nunique()}",
            f"{len(asked):,}",
            *covered,
            "",
            "",
            "",
        ]
    )
    asked = asked[asked["seats_p80"] > 1]
    covered = [f"{100 * (asked['needed'] <= asked[f'seats_{x}']).mean():.0f}" for x in LEVELS]
    rows.append(["of these two seats or more", "", f"{len(asked):,}", *covered, "", "", ""])
    seats, needed = cases["seats_p80"].mean(), cases["needed"].mean()
    said = (
        f"Share of cases, in per cent, whose seats (contacts) the quote's are enough for. "
        f"P80 has {seats:.2f} seats a daypart, the days asked for {needed:.2f}; by shop the share "
        f"is {100 * each.min():.0f} to {100 * each.max():.0f}, the middle one "
        f"{100 * each.median():.0f}."
    )
    return f"### {name}\n\n{said}\n\n{markdown.lined(rows)}"


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
    needed = np.stack([seats_for(told.made, rate, peak=kind.name == "peak") for rate in rates])
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
