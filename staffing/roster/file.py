"""Reading a roster file back, also one that was made by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from staffing.errors import Fault, RosterFileError
from staffing.workspace import Used
from staffing.workspace.files import Raw, english, read_table
from staffing.workspace.validate import validate


def read_roster(path: Path, zone: str = "Asia/Shanghai") -> pd.DataFrame:
    """Return the stretches of a roster file: agent_id, date, start, end, activity, pool.

    Raises
    ------
    RosterFileError
        With every fault of the file. Agents that do not exist are the audit's business.
    """
    faults: list[Fault] = []
    notices: list[Fault] = []
    defaults: list[Used] = []
    frame = read_table(path, faults)
    table = pd.DataFrame()
    if frame is not None:
        raw = english(Raw(table="stretches", file=path.name, frame=frame), notices, faults)
        table = validate(raw, zone, {}, faults, defaults)
        if not len(table) and not faults:
            faults.append(Fault(code="empty_roster", file=path.name))
    if faults:
        raise RosterFileError(faults)
    return table
