"""Reading a roster file back, also one that was made by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from staffing.errors import Fault, RosterFileError, WorkspaceError
from staffing.workspace.files import Raw, read_table
from staffing.workspace.headers import english
from staffing.workspace.tables import STRETCHES
from staffing.workspace.validate import validate


def read_roster(path: Path, zone: str = "Asia/Shanghai") -> pd.DataFrame:
    """Return the stretches of a roster file: agent_id, date, start, end, activity, pool.

    Raises
    ------
    RosterFileError
        With every fault of the file. Agents that do not exist are the audit's business.
    """
    faults: list[Fault] = []
    try:
        frame = read_table(path, STRETCHES)
    except WorkspaceError as error:
        if [each.code for each in error.faults] == ["no_rows"]:  # nobody works
            return no_stretches()
        raise RosterFileError(error.faults) from None
    table = checked(Raw(table=STRETCHES.name, file=path.name, frame=frame), zone, faults)
    if table is None or faults:
        raise RosterFileError(faults)
    return table


def no_stretches() -> pd.DataFrame:
    """Return the stretches of a roster in which nobody works."""
    columns = ["agent_id", "date", "start", "end", "activity", "pool"]
    times = dict.fromkeys(("date", "start", "end"), "datetime64[ns]")
    return pd.DataFrame(columns=columns).astype(times)


def checked(found: Raw, zone: str, faults: list[Fault]) -> pd.DataFrame | None:
    """Return the clean stretches of a raw table; None when no column is known.

    Every fault goes into `faults`.
    """
    raw = english(found, [], faults)
    return None if raw is None else validate(raw, zone, None, None, faults, [])
