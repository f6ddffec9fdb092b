"""What was issued is kept: each forecast as one Parquet file, to be scored once the days came.

A file is named after what was known and asked for, never after the clock: the same forecast made
again takes the place of its file, byte for byte.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.types import is_datetime64_dtype, is_numeric_dtype, is_string_dtype

from staffing.errors import Fault, StoreError
from staffing.folder import write
from staffing.grid import DAY_MIN
from staffing.scenario import Scenario
from staffing.words import listed
from staffing.workspace import Workspace

__all__ = ["FOLDER", "entry", "issued", "keep", "known_until"]

FOLDER = "issued"
"""Name of the folder below the outputs."""
SUFFIX = ".parquet"
COLUMNS = ("known_until", "scenario", "uplift", "shop_id", "date", "mean")
"""Columns of every file; what else the forecast tells of a day, quantiles ``q<percent>`` among
it, follows."""
TIMES, NUMBERS, TEXTS = ("known_until", "date"), ("mean", "uplift"), ("scenario", "shop_id")
QUANTILE = re.compile(r"q\d+(\.\d+)?")
OTHERS_NAMED = 5


def known_until(workspace: Workspace, before: dt.date) -> dt.date:
    """Return the last service day with history before a day; the day before it without any.

    Rows after midnight belong to the service day on which their shop opened.
    """
    start = workspace.history["start"]
    start = start[start < pd.Timestamp(before)]
    if start.empty:
        return before - dt.timedelta(days=1)
    last = start.max().normalize()
    rows = workspace.history.loc[start.index[start >= last], ["shop_id", "start"]]
    spill_min = {shop: window.closes_min - DAY_MIN for shop, window in workspace.windows.items()}
    spill = rows["shop_id"].astype("str").map(spill_min)
    minute = rows["start"].dt.hour * 60 + rows["start"].dt.minute
    day: dt.date = last.date()
    return day - dt.timedelta(days=1) if (minute < spill).all() else day


def keep(folder: Path, scenario: Scenario, known: dt.date, daily: pd.DataFrame) -> Path:
    """Write a forecast into the folder of what was issued and return its file.

    Parameters
    ----------
    folder : made where it is missing
    known : the last day whose history the forecast has seen
    daily : one row a shop and service day: shop_id, date, mean, event, quantiles

    Raises
    ------
    StoreError
        When the file cannot be written; an older one is then left as it was.
    """
    name, content = entry(scenario, known, daily)
    path = folder / name
    try:
        write(path, content)
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        raise StoreError([Fault(code="cannot_write", file=str(path), facts=facts)]) from error
    return path


def entry(scenario: Scenario, known: dt.date, daily: pd.DataFrame) -> tuple[str, bytes]:
    """Return name and content of the file that `keep` writes."""
    name = f"{scenario.name}.{known}.{scenario.horizon.start}{SUFFIX}"
    return name, _bytes(scenario, known, daily)


def _bytes(scenario: Scenario, known: dt.date, daily: pd.DataFrame) -> bytes:
    rows = daily.assign(
        known_until=pd.Timestamp(known),
        scenario=scenario.name,
        uplift=scenario.forecast.uplift * scenario.forecast.promotion_strength,
    )
    others = [name for name in daily.columns if name not in COLUMNS]
    rows = rows[[*COLUMNS, *others]].astype(
        dict.fromkeys(TIMES, "datetime64[us]") | dict.fromkeys(TEXTS, "str")
    )
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), target)
    return target.getvalue()


def issued(folder: Path, scenario: str | None = None) -> pd.DataFrame:
    """Return all forecasts kept in a folder, the oldest first.

    Parameters
    ----------
    scenario : only those of this name; else of every name but what-if plans, whose uplift is
        not 1

    Raises
    ------
    StoreError
        With every file that was not written by `keep`, or when nothing is left to return.
    """
    faults: list[Fault] = []
    parts = [part for path in _files(folder) if (part := _read(path, faults)) is not None]
    if faults:
        raise StoreError(faults)
    if not parts:
        raise StoreError([Fault(code="nothing_issued", file=str(folder))])
    rows = pd.concat(parts, ignore_index=True)
    own = rows["uplift"] == 1 if scenario is None else rows["scenario"] == scenario
    if not own.any():
        names = listed(sorted(rows["scenario"].unique()), OTHERS_NAMED)
        fault = Fault(
            code="only_what_if" if scenario is None else "none_of_scenario",
            file=str(folder),
            value=scenario,
            facts={"names": names},
        )
        raise StoreError([fault])
    return rows[own].sort_values(
        ["known_until", "scenario", "shop_id", "date"], ignore_index=True, kind="stable"
    )


def _files(folder: Path) -> list[Path]:
    """Return the files of a folder by name; hidden files and Excel's locks are nobody's work."""
    if not folder.is_dir():
        raise StoreError([Fault(code="no_issued_folder", file=str(folder))])
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~$")))


def _read(path: Path, faults: list[Fault]) -> pd.DataFrame | None:
    """Return the rows of a file, or add what is wrong with it to the faults."""
    if path.is_dir() or path.suffix != SUFFIX:
        faults.append(Fault(code="not_issued", file=path.name))
        return None
    try:
        rows: pd.DataFrame = pq.ParquetFile(path).read().to_pandas()
    except OSError as error:
        facts = {"reason": error.strerror or str(error)}
        faults.append(Fault(code="unreadable", file=path.name, facts=facts))
        return None
    except (pa.ArrowException, ValueError):
        faults.append(Fault(code="not_parquet", file=path.name))
        return None
    if not _fits(rows):
        faults.append(Fault(code="not_issued", file=path.name))
        return None
    return rows


def _fits(rows: pd.DataFrame) -> bool:
    """Return whether a table has the columns of an issued forecast, each of its type, no blank."""
    if not set(COLUMNS) <= set(rows.columns) or rows[list(COLUMNS)].isna().any(axis=None):
        return False
    numbers = [*NUMBERS, *(str(name) for name in rows.columns if QUANTILE.fullmatch(str(name)))]
    return (
        all(is_datetime64_dtype(rows[name]) for name in TIMES)
        and all(is_numeric_dtype(rows[name]) for name in numbers)
        and all(is_string_dtype(rows[name]) for name in TEXTS)
        and bool(np.isfinite(rows["mean"]).all() and (rows["mean"] >= 0).all())
        and not rows.duplicated(["scenario", "shop_id", "date"]).any()
    )
