"""What a cell says: text, number, clock time, moment or day, however it was typed.

Every reader hands over columns of text or, from Parquet, of numbers and times. Each function
here returns the column in its type, with a blank where the cell cannot be read; the caller tells
such cells from blank ones by the raw column.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

LAST_HOUR = 36
"""Hours of a service day may go on past midnight: 26:00 is 02:00 of the next day."""
EXCEL_EPOCH = pd.Timestamp("1899-12-30")
FIRST_DATE, MIDNIGHT_24 = dt.datetime(1900, 1, 10), dt.datetime(1899, 12, 31)
"""Excel's times of 24:00 and more come as dates before the first, counted from the second."""
EXCEL_DAYS = (18264, 73050)
"""Excel's numbers of 1950-01-01 and 2099-12-31: what a date cell without date format shows."""

YEARS = (pd.Timestamp("1900-01-01"), pd.Timestamp("2100-01-01"))
"""Times outside these years are taken for mistakes."""
YES_NO = dict.fromkeys(("yes", "y", "true", "1", "是"), True) | dict.fromkeys(
    ("no", "n", "false", "0", "否"), False
)

COMMON = tuple(f"%Y{mark}%m{mark}%d{time}" for mark in "-/" for time in (" %H:%M", " %H:%M:%S", ""))
"""What nearly all files hold; pandas reads these fast."""
_DAY = r"(?P<y>(?:19|20)\d\d)(?:[-/.年](?P<m>\d\d?)[-/.月](?P<d>\d\d?)日?|(?P<md>\d{4}))"
_TIME = r"(?P<h>\d\d?)[:时点](?:(?P<min>\d\d?)分?)?(?::(?P<s>\d\d?(?:\.\d+)?))?秒?"
_OFFSET = r"(?P<off>Z|[+-]\d\d:?\d\d)"
MOMENT = rf"^{_DAY}(?:[ T]*{_TIME}(?: *{_OFFSET})?)?$"
SERIAL = r"^\d{5}(?:\.\d+)?$"


def as_typed(value: object) -> str | None:
    """Return a cell of Excel or Parquet as a person would type it; None when it is blank.

    A date is ISO text, an Excel time ``HH:MM`` (hours go on past 24), a whole number has no
    decimals.
    """
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 (NaN and NaT)
        return None
    match value:
        case dt.datetime() if value.replace(tzinfo=None) < FIRST_DATE:
            text = _hours(value - MIDNIGHT_24)
        case dt.datetime():
            text = value.isoformat(sep=" ")
        case dt.time():
            text = value.isoformat()
        case dt.timedelta():
            text = _hours(value)
        case float() if value.is_integer():
            text = str(int(value))
        case _:
            text = str(value).strip()
    return text or None


def _hours(since: dt.timedelta) -> str:
    """Return ``HH:MM`` or ``HH:MM:SS`` of a time since midnight."""
    minutes, seconds = divmod(round(since.total_seconds()), 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def texts(cells: pd.Series) -> pd.Series:
    """Return the column as text without surrounding blanks, NaN where it is blank."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        values = texts(pd.Series(cells.cat.categories))
        return _spread(values, cells.cat.codes).set_axis(cells.index)
    if isinstance(cells.dtype, pd.StringDtype):
        return cells.astype("str").str.strip().replace("", None)
    if pd.api.types.is_integer_dtype(cells.dtype) or cells.empty:
        return cells.astype("str")
    return cells.map(as_typed).astype("str")


def coded(cells: pd.Series) -> pd.Series:
    """Return the column as `texts` does, but as categories: each value is read and kept once.

    The categories are sorted, so they do not depend on the order of the rows.
    """
    cells = cells.astype("category")
    each = cells.cat.codes.to_numpy()
    used = np.zeros(len(cells.cat.categories) + 1, dtype=np.bool_)
    used[each] = True  # a blank cell has code -1, the last
    values = texts(pd.Series(cells.cat.categories)).where(used[:-1])
    codes, known = pd.factorize(values, sort=True)
    if known.dtype == cells.cat.categories.dtype and known.equals(cells.cat.categories):
        return cells
    every = np.append(codes, -1).astype(each.dtype)[each]
    return pd.Series(pd.Categorical.from_codes(every, known), cells.index)


def _spread(values: pd.Series, codes: pd.Series) -> pd.Series:
    """Return what the distinct values of a column were read as, for each cell; -1 is blank."""
    return values.reindex(codes)


def numbers(cells: pd.Series) -> pd.Series:
    """Return the column as finite floats; full-width digits count, ``nan`` and ``inf`` do not."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        values = numbers(pd.Series(cells.cat.categories))
        return _spread(values, cells.cat.codes).set_axis(cells.index)
    if cells.dtype == object:
        cells = texts(cells)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        found = cells.astype("float64")
    else:
        found = pd.to_numeric(cells, errors="coerce").astype("float64")
    lost = found.isna() & cells.notna()
    if lost.any():
        found[lost] = pd.to_numeric(_narrow(texts(cells[lost])), errors="coerce")
    finite = np.isfinite(found)
    return found if finite.all() else found.where(finite)


def flags(cells: pd.Series) -> pd.Series:
    """Return the column as nullable booleans: yes or no, true or false, 1 or 0, 是 or 否."""
    return _narrow(texts(cells)).str.lower().map(YES_NO).astype("boolean")


def clocks(cells: pd.Series) -> pd.Series:
    """Return the column as ``HH:MM`` where it can be read so, else as it was typed.

    Excel's fraction of a day (0.375) and a full-width colon are understood.
    """
    text = _narrow(texts(cells)).str.replace(r"^(\d):", r"0\1:", regex=True)
    fraction = pd.to_numeric(text, errors="coerce")
    serial = fraction.between(0, LAST_HOUR / 24, inclusive="right") & ~text.str.isdigit()
    for row in text.index[serial.fillna(False).astype(bool)]:
        text[row] = _hours(dt.timedelta(days=float(fraction[row])))
    return text.str.replace(r"^(\d\d:\d\d):00(?:\.0+)?$", r"\1", regex=True)


def moments(cells: pd.Series, zone: str) -> pd.Series:
    """Return the column as local wall times of `zone`, NaT where a cell is no time.

    The year comes first; ``24:00`` is midnight at the end of the day and hours up to 36 run into
    the next one; a time with an offset is converted to `zone`; Excel's day numbers are read.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        cells = cells.dt.tz_convert(zone).dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        if not (cells.min() >= YEARS[0] and cells.max() <= YEARS[1]):  # true of no time at all
            cells = cells.where(cells.between(*YEARS))
        return cells.astype("datetime64[ns]")
    if isinstance(cells.dtype, pd.CategoricalDtype):
        values = moments(pd.Series(cells.cat.categories), zone)
        return _spread(values, cells.cat.codes).set_axis(cells.index)
    codes, known = pd.factorize(texts(cells))
    text = pd.Series(known, dtype="str")
    found = pd.Series(pd.NaT, text.index, dtype="datetime64[ns]")
    plain = text.str.match(r"\d{4}[-/]")  # pandas reads the words now and today, too
    for form in COMMON:
        if (rest := found.isna() & plain).any():
            read = pd.to_datetime(text[rest], format=form, errors="coerce")
            found[rest] = read.where(read.between(*YEARS))
    if (rest := found.isna()).any():
        found[rest] = _odd_moments(_narrow(text[rest]), zone)
    every = np.append(found.to_numpy(), np.datetime64("NaT", "ns"))
    return pd.Series(every[codes], cells.index)  # a blank cell has code -1, the NaT at the end


def _odd_moments(text: pd.Series, zone: str) -> pd.Series:
    """Return what is not plain ISO text: other marks, 24:00 and later, offsets, Excel numbers."""
    part = text.str.extract(MOMENT)
    month, day = part["m"].fillna(part["md"].str[:2]), part["d"].fillna(part["md"].str[2:])
    date = pd.to_datetime(
        part["y"] + "-" + month.str.zfill(2) + "-" + day.str.zfill(2),
        format="%Y-%m-%d",
        errors="coerce",
    ).astype("datetime64[ns]")
    h, m, s = (pd.to_numeric(part[name]).fillna(0.0) for name in ("h", "min", "s"))
    seconds = (h * 60 + m) * 60 + s
    late = (seconds <= LAST_HOUR * 3600) & (m < 60) & (s < 60)
    found = date.where(late) + pd.to_timedelta(seconds, unit="s").dt.round("ms")
    if (aware := part["off"].notna()).any():
        utc = found[aware] - _offset(part["off"][aware])
        local = utc.dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
        found[aware] = local
    serial = pd.to_numeric(text.where(text.str.match(SERIAL)), errors="coerce")
    serial = serial.where(serial.between(*EXCEL_DAYS))
    counted = EXCEL_EPOCH + pd.to_timedelta(serial, unit="D").dt.round("s")
    return found.fillna(counted.astype("datetime64[ns]"))


def _offset(text: pd.Series) -> pd.Series:
    """Return UTC offsets such as ``+08:00``, ``+0800`` and ``Z`` as time spans."""
    digits = text.str.replace("Z", "+0000").str.replace(":", "")
    minutes = pd.to_numeric(digits.str[1:3]) * 60 + pd.to_numeric(digits.str[3:5])
    return pd.to_timedelta(minutes.where(digits.str[0] == "+", -minutes), unit="min")


def _narrow(text: pd.Series) -> pd.Series:
    """Return text with full-width digits and marks as plain ones."""
    return text.str.normalize("NFKC")
