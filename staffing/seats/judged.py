"""Shops that a platform judges by their replies: the seats that its metric asks for.

The shops table says which metric (`reply_rule`), what share of it (`reply_level`, else the
platform's own), and the rhythm of the chats (`replies`, `reply_s`); how long customers think
follows from the handle time at the stated concurrency (`reply.pace_at`). A shop's chats are
answered in its pool's queue.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from staffing.errors import Fault
from staffing.platforms import Rule, platforms
from staffing.seats.chat import Profile
from staffing.seats.checks import Floats, Ints
from staffing.seats.lines import INTERVAL_S, TOLERANCE, Line
from staffing.seats.replies import UnreachableTargetError, fewest_reply_seats, reply_level
from staffing.seats.reply import Pace, pace_at
from staffing.workspace import Workspace

__all__ = ["reply_levels", "reply_seats", "unreachable"]

ASKED = ["pool", "reply_rule", "reply_level", "replies", "reply_s", "stated_s", "shop_most"]


def reply_seats(live: pd.DataFrame, pooled: pd.DataFrame, own: Mapping[str, Line]) -> Ints:
    """Return the fewest seats that reach every reply metric of the shops open in a half hour.

    For the volume planned for. A metric that no staffing reaches asks for nothing; `unreachable`
    tells of it. In pools of shops that hold unequally many chats the concurrency is rounded down.

    Parameters
    ----------
    live : contacts per shop and half hour that are answered as they come
    pooled : one row a pool and half hour: pool, slot, planned_contacts, aht_s, concurrency (n,)
    own : the pools that are more than answer slots

    Returns
    -------
    (n,), 0 where no open shop is judged
    """
    found = np.zeros(len(pooled), dtype=np.int64)
    for each in _judged(live, pooled, own, "planned_contacts"):
        try:
            asked = fewest_reply_seats(each.profile, each.pace, each.rule, each.rate, each.target)
        except UnreachableTargetError:
            continue
        found[each.at] = np.maximum(found[each.at], asked)
    return found


def reply_levels(
    live: pd.DataFrame, pooled: pd.DataFrame, own: Mapping[str, Line], seats: Floats
) -> pd.DataFrame:
    """Return what seats reach of the reply metrics on the expected contacts.

    Parameters
    ----------
    live, pooled, own : as in `reply_seats`; `pooled` with contacts
    seats : at work; parts of a seat do not count (n,)

    Returns
    -------
    DataFrame indexed like `pooled`: reply_level and reply_target of the metric that is farthest
    below its target, or least above; NaN where no open shop is judged
    """
    level, target = np.full((2, len(pooled)), np.nan)
    whole = np.floor(seats + TOLERANCE)
    for each in _judged(live, pooled, own, "contacts"):
        at = each.at
        reached = reply_level(each.profile, each.pace, each.rule, whole[at], each.rate)
        worse = ~(reached - each.target >= level[at] - target[at])
        level[at[worse]], target[at[worse]] = reached[worse], each.target
    return pd.DataFrame({"reply_level": level, "reply_target": target}, index=pooled.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """Half hours of a pool in which a metric is asked for: their places and what comes a second."""

    at: Ints
    rate: Floats
    profile: Profile
    pace: Pace
    rule: Rule
    target: float


def _judged(
    live: pd.DataFrame, pooled: pd.DataFrame, own: Mapping[str, Line], volume: str
) -> Iterator[_Judged]:
    """Yield every metric asked for, for the contacts of a column of `pooled`."""
    judged = live[live["reply_rule"].notna()].rename(columns={"concurrency": "shop_most"})
    place = pd.MultiIndex.from_frame(pooled[["pool", "slot"]])
    key: Any
    for key, rows in judged.groupby(ASKED, sort=False, dropna=False):
        pool, name, share, replies, reply_s, stated_s, most = key
        rule, slots = platforms()[name], rows[["pool", "slot"]]
        at = np.flatnonzero(place.isin(pd.MultiIndex.from_frame(slots)))
        target = rule.level if pd.isna(share) else float(share)
        assert target is not None, "the workspace asks for one"
        pace = pace_at(float(replies), float(reply_s), float(stated_s), int(most))
        for profile, inside, rate in _queues(pooled.iloc[at], own.get(str(pool)), volume):
            yield _Judged(
                at=at[inside], rate=rate, profile=profile, pace=pace, rule=rule, target=target
            )


def _queues(
    part: pd.DataFrame, line: Line | None, volume: str
) -> Iterator[tuple[Profile, Ints, Floats]]:
    """Yield the queues that some half hours of a pool are, with positions and contacts a second."""
    contacts, aht_s = (part[name].to_numpy(np.float64) for name in (volume, "aht_s"))
    if line is not None:
        everywhere = np.arange(len(part))
        # The threshold and level of the queue play no part in the time to a reply.
        yield line.profile(0.0, 0.5), everywhere, line.rate(contacts, aht_s)
        return
    most = np.floor(part["concurrency"].to_numpy(np.float64) + TOLERANCE).astype(np.int64)
    for held in np.unique(most):
        inside = np.flatnonzero(most == held)
        mean_s = float(np.average(aht_s[inside], weights=np.maximum(contacts[inside], TOLERANCE)))
        slots = Profile(aht_s=(mean_s,) * int(held), answer_within_s=0.0, level=0.5)
        yield slots, inside, contacts[inside] * aht_s[inside] / mean_s / INTERVAL_S


def unreachable(workspace: Workspace) -> list[Fault]:
    """Return a notice for every shop whose reply metric no staffing reaches."""
    found = []
    shops = workspace.shops[workspace.shops["reply_rule"].notna()]
    cells: Any
    for cells in shops.itertuples():
        rule = platforms()[cells.reply_rule]
        pace = pace_at(cells.replies, cells.reply_s, cells.aht_s, int(cells.concurrency))
        lone = Profile(aht_s=(pace.replies * pace.reply_s + 1.0,), answer_within_s=0.0, level=0.5)
        target = rule.level if pd.isna(cells.reply_level) else float(cells.reply_level)
        try:
            fewest_reply_seats(lone, pace, rule, [0.0], target)
        except UnreachableTargetError as error:
            facts: dict[str, object] = {
                "rule": cells.reply_rule,
                "target": f"{100 * error.target:g}%",
                "best": f"{error.best_level:.1%}",
            }
            file = workspace.files.get("shops", "shops")
            found.append(
                Fault(
                    code="reply_out_of_reach",
                    file=file,
                    row=int(cells.row) if "row" in shops else None,
                    column="reply_rule",
                    value=str(cells.Index),
                    facts=facts,
                )
            )
    return found
