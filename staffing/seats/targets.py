"""The seats that service-level targets ask for, each half hour on its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from staffing.seats.checks import Floats, Ints
from staffing.seats.doubt import fewest, volumes
from staffing.seats.lines import Line, seats_needed, service_level

__all__ = ["for_targets"]


def for_targets(
    live: pd.DataFrame,
    pooled: pd.DataFrame,
    own: Mapping[str, Line],
    max_occupancy: float,
    *,
    doubtful: bool = False,
) -> Ints:
    """Return the seats that reach every target present in the pool at that half hour.

    Parameters
    ----------
    live : contacts per shop and half hour that are answered as they come, each with its place
    pooled : one row a pool and half hour, as `demand.pooled_by_slot` returns them (n,)
    own : the pools that are more than answer slots
    max_occupancy : highest share of the answer slots that may be busy
    doubtful : whether the service level is to be expected over the forecast's doubt

    Returns
    -------
    (n,)
    """
    asked = ["target_level", "answer_within_s", "above", "upto"]
    targets = live[["pool", "slot", *asked]].drop_duplicates()
    rows = targets.merge(pooled.reset_index(names="at"), on=["pool", "slot"])
    found = seats_needed(rows, own, max_occupancy)
    if doubtful:
        seen = volumes(rows["contacts"].to_numpy(np.float64), rows["noise"].to_numpy(np.float64))

        def level(at: Ints, seats: Ints) -> Floats:
            reached = service_level(rows.iloc[at], own, seats.astype(np.float64), seen[at])
            return np.asarray(reached.mean(axis=1))

        found = fewest(level, found, rows["target_level"].to_numpy(np.float64))
    need = np.zeros(len(pooled), dtype=np.int64)
    np.maximum.at(need, rows["at"].to_numpy(), found)
    return need
