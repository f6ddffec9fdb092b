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
        raise RosterFileError(error.faults) from None
    raw = english(Raw(table=STRETCHES.name, file=path.name, frame=frame), [], faults)
    if raw is not None:
        table = validate(raw, zone, None, None, faults, [])
    if faults:
        raise RosterFileError(faults)
    return table
