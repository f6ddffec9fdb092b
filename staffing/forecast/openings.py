"""When the pools of a workspace are open."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from staffing.forecast.calendar import trading_days
from staffing.workspace import Workspace


class Openings:
    """When pools are open, each found out the first time that it is asked for."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._trading: dict[dt.date, frozenset[str]] = {}
        self._spans: dict[tuple[dt.date, str], list[tuple[dt.datetime, dt.datetime]]] = {}

    def of(self, date: dt.date, pool: str) -> list[tuple[dt.datetime, dt.datetime]]:
        """Return from when to when (local wall time) some shop of a pool is open on a service day.

        Spans are in order and never touch; none on a day on which no shop of the pool trades.

        Raises
        ------
        KeyError
            When the workspace has no such pool.
        """
        if (date, pool) not in self._spans:
            self._spans[date, pool] = self._found(date, pool)
        return self._spans[date, pool]

    def _found(self, date: dt.date, pool: str) -> list[tuple[dt.datetime, dt.datetime]]:
        if date not in self._trading:
            trades = trading_days(self._workspace, pd.DatetimeIndex([date]))[:, 0]
            self._trading[date] = frozenset(self._workspace.shops.index[trades].astype(str))
        midnight = dt.datetime.combine(date, dt.time())
        spans: list[tuple[dt.datetime, dt.datetime]] = []
        shops = [shop for shop in self._workspace.pools[pool] if shop in self._trading[date]]
        for window in sorted(
            {self._workspace.windows[shop] for shop in shops}, key=lambda w: w.opens_min
        ):
            opens, closes = (
                midnight + dt.timedelta(minutes=minute)
                for minute in (window.opens_min, window.closes_min)
            )
            if spans and opens <= spans[-1][1]:
                opens, before = spans.pop()
                closes = max(closes, before)
            spans.append((opens, closes))
        return spans
