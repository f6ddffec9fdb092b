"""The rest of a day, forecast again in its course."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from benchmarks import markdown
from benchmarks.forecasting import tables
from benchmarks.forecasting.sets import DAY, Set

DAYS = 30
HOURS = (9, 11, 13, 15, 17)
HEAD = ("from", "of the morning", "this project", "scaled by the pace", "cover 80 / 95")


def section(case: Set, jobs: int) -> str:
    """Return the table of the errors of the half hours to come of the last days of a set."""
    known = case.frame.dropna(subset=["contacts"])["start"].dt.normalize()
    days = sorted(known.unique())[-DAYS:]
    done = pd.concat(Parallel(n_jobs=jobs)(delayed(of_day)(case, day) for day in days))
    rows = [list(HEAD), ["---", *["---:"] * (len(HEAD) - 1)]]
    for hour, own in done.groupby("hour"):
        total = own["contacts"].sum()
        errors = [
            (own[name] - own["contacts"]).abs().sum() / total
            for name in ("morning", "mean", "paced")
        ]
        covers = [
            own["contacts"].between(own[low], own[high]).mean()
            for low, high in (("q10", "q90"), ("q2.5", "q97.5"))
        ]
        cover = " / ".join(f"{100 * each:.0f}" for each in covers)
        rows.append([f"{hour}:00", *(tables.per_cent(each) for each in errors), cover])
    text = (
        f"WAPE of the half hours from an hour on to closing, last {len(days)} days of "
        f"*{case.title}*. *Scaled by the pace*: the morning's forecast times what came so far "
        "over what was expected so far."
    )
    return f"### In the course of a day\n\n{text}\n\n{markdown.lined(rows)}"


def of_day(case: Set, day: pd.Timestamp) -> pd.DataFrame:
    """Return the half hours to come at every hour of one day."""
    from benchmarks.forecasting.ours import as_scenario, as_workspace  # noqa: PLC0415 - as above
    from staffing.forecast import forecast, history  # noqa: PLC0415
    from staffing.forecast.today import today  # noqa: PLC0415

    origin = case.at(day - DAY)
    with_day = case.frame[case.frame["start"] < day + DAY]
    workspace = as_workspace(case, replace(origin, known=with_day))
    scenario = as_scenario(case, origin, days=1)
    past = history(workspace)
    made = forecast(workspace, scenario, past)
    came = np.nan_to_num(past.counts[0, -1])
    parts = []
    for hour in HOURS:
        now = dt.datetime.combine(day.date(), dt.time(hour))
        told = today(workspace, made, past, now, scenario.forecast.quantiles)
        ahead = made.table["slot"] >= 2 * hour
        rows = told.forecast.table[ahead]
        pace = told.shops["came"].sum() / told.shops["expected"].sum()
        morning = made.table.loc[ahead, "mean"]
        parts.append(
            rows.assign(
                hour=hour, contacts=came[rows["slot"]], morning=morning, paced=morning * pace
            )
        )
    return pd.concat(parts)
