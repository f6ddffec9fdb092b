"""What agents know on a day, and how fast they are in it."""

from __future__ import annotations

import datetime as dt

import pandas as pd

__all__ = ["known_on"]


def known_on(skills: pd.DataFrame, day: dt.date | pd.Timestamp) -> pd.DataFrame:
    """Return the skills that hold on a day, with their speed of that day.

    Where a skill has `ramp_days`, its speed rises steadily from the one stated to full speed in
    so many days after `since`; a speed above 1 stays.

    Parameters
    ----------
    skills : the table of that name: agent_id, shop_id, speed, since (blank: for long), ramp_days
    """
    now = skills[skills["since"].isna() | (skills["since"] <= pd.Timestamp(day))]
    into = (pd.Timestamp(day) - now["since"]).dt.days
    risen = (into / now["ramp_days"]).clip(upper=1.0).fillna(0.0)
    return now.assign(speed=now["speed"] + (1 - now["speed"]).clip(lower=0.0) * risen)
