"""The outputs of a backtest: the page, the scores and the rows behind them, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.api.types import is_datetime64_dtype, is_float_dtype

from staffing.folder import replace, writing
from staffing.publish.tables import DAY, csv_bytes
from staffing.publish.tested.figures import Scored
from staffing.publish.tested.page import page

__all__ = ["NAMES", "Scored", "publish_backtest"]

NAMES = ("backtest.html", "scores.csv", "rows.csv")
SHARE_DECIMALS, CONTACT_DECIMALS = 4, 2


def publish_backtest(made: Scored, folder: Path) -> list[Path]:
    """Write page, scores and rows into a folder and return their paths, the page first.

    Raises
    ------
    PublishError
        When the folder holds other files or cannot be written (``cannot_write``). Nothing is
        left behind and an older output stays as it was.
    """
    files = {
        "backtest.html": page(made).encode(),
        "scores.csv": csv_bytes(_scores_table(made)),
        "rows.csv": csv_bytes(_rows_table(made)),
    }
    with writing(folder):
        replace(folder, files, NAMES)
    return [folder / name for name in files]


def _scores_table(made: Scored) -> pd.DataFrame:
    table = made.scores
    shares = [n for n in table.columns[4:] if n not in {"shop_days", "actual"}]
    rounded = {name: table[name].astype("float64").round(SHARE_DECIMALS) + 0.0 for name in shares}
    return table.assign(actual=table["actual"].round(CONTACT_DECIMALS), **rounded)


def _rows_table(made: Scored) -> pd.DataFrame:
    """Return every row, also those that cannot be judged, with dates as text and 1 for true."""
    table = made.table
    plain = {"event": table["event"].astype("int64")}
    for name in map(str, table.columns):
        if is_float_dtype(table[name]):
            plain[name] = table[name].round(CONTACT_DECIMALS) + 0.0
        elif is_datetime64_dtype(table[name]):
            plain[name] = table[name].dt.strftime(DAY)
    return table.assign(**plain)
