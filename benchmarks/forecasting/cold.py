"""New shops: forecasts from an estimate and the first days of a history."""

from __future__ import annotations

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks import markdown
from benchmarks.forecasting import tables
from benchmarks.forecasting.scores import joined, share
from benchmarks.forecasting.sets import DAY, Origin, Set

KNOWN_DAYS = (0, 3, 7, 14, 28, 84)
SCORED_DAYS = 14
ONE_IN = 5
"""Every fifth shop is taken for a new one; the others keep their history."""
ESTIMATE_ERROR = 0.2
"""Log error of the contacts a day that the merchant tells."""
ESTIMATED_FROM_DAYS = 56
HEAD = ("days of history", "this project", "estimate", "mean so far", "cover 80 / 95")


def section(case: Set, jobs: int) -> str:
    """Return the table of the errors of new shops of a daily set."""
    work = [(day, known) for day in case.origins for known in KNOWN_DAYS]
    done = Parallel(n_jobs=jobs)(delayed(scored)(case, day, known) for day, known in work)
    rows = [list(HEAD), ["---", *["---:"] * (len(HEAD) - 1)]]
    for known in KNOWN_DAYS:
        parts = [part for (_, days), part in zip(work, done, strict=True) if days == known]
        rows.append(line(known, pd.concat(parts)))
    new = len(beginners(case))
    text = (
        f"Every {ONE_IN}th shop of *{case.title}* is taken for new ({new} shops, "
        f"{len(case.origins)} origins): of its history only the last days are kept, beside an "
        f"estimate of its contacts a day that is off by {ESTIMATE_ERROR:.0%} (log standard "
        f"deviation). WAPE over the next {SCORED_DAYS} days; *mean so far* is that of the days "
        "kept."
    )
    return f"### New shops\n\n{text}\n\n{markdown.lined(rows)}"


def line(known: int, rows: pd.DataFrame) -> list[str]:
    """Return the cells of one length of history."""
    actual = rows["contacts"]
    errors = [
        share((rows[name] - actual).abs().sum(min_count=1), actual.sum())
        for name in ("mean", "estimate", "so_far")
    ]
    covers = [
        rows["contacts"].between(rows[low], rows[high]).mean()
        for low, high in (("q0.1", "q0.9"), ("q0.025", "q0.975"))
    ]
    cover = " / ".join(f"{100 * each:.0f}" for each in covers)
    return [f"{known}", *(tables.per_cent(each) for each in errors), cover]


def beginners(case: Set) -> list[str]:
    """Return the shops that are taken for new."""
    return sorted(case.frame["shop_id"].unique())[::ONE_IN]


def scored(case: Set, day: pd.Timestamp, known: int) -> pd.DataFrame:
    """Return the scored rows of the new shops from one origin."""
    from benchmarks.forecasting.ours import ours  # noqa: PLC0415 - other methods run without it

    origin = case.at(day)
    new = origin.known["shop_id"].isin(beginners(case))
    recent = origin.known["start"] > day - ESTIMATED_FROM_DAYS * DAY
    level = origin.known[new & recent].groupby("shop_id")["contacts"].mean()
    rng = np.random.default_rng(day.dayofyear)
    told = (level * np.exp(ESTIMATE_ERROR * rng.standard_normal(len(level)))).round()
    forgotten = new & (origin.known["start"] <= day - known * DAY)
    contacts = origin.known["contacts"].mask(forgotten)
    seen = Origin(day, origin.known.assign(contacts=contacts), origin.ahead, origin.truth)
    made = ours(case, seen, told.to_dict())
    soon = origin.truth["start"] <= day + SCORED_DAYS * DAY
    truth = origin.truth[soon & origin.truth["shop_id"].isin(beginners(case))]
    so_far = seen.known[new].groupby("shop_id")["contacts"].mean()
    rows = joined(made, truth, day)
    return rows.assign(
        estimate=rows["shop_id"].map(told), so_far=rows["shop_id"].map(so_far)
    ).dropna(subset=["estimate"])
