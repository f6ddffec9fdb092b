"""The input tables of a plan, read and checked whole.

`read_workspace` returns a `Workspace` of clean tables, or raises `WorkspaceError` with every
fault of every table. What is odd but plannable (an unknown column, contacts outside opening
hours) becomes a notice.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from staffing.errors import Fault, WorkspaceError
from staffing.grid import Window
from staffing.words import listed
from staffing.workspace.checks import cross_check
from staffing.workspace.files import Raw, find, read_table
from staffing.workspace.headers import english, names_of, plain
from staffing.workspace.tables import TABLES, Ids, empty
from staffing.workspace.validate import Used, validate

__all__ = ["Used", "Workspace", "read_own_history", "read_workspace"]

OWN = "own"
"""Shop of a history that names none."""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The tables of one company, checked.

    Attributes
    ----------
    root : the folder or workbook the tables came from
    zone : IANA time zone of every wall time
    tables : table name -> clean table; those that were absent are empty. `history`
        has shop_id, start, contacts[, aht_s]; a contact log has been counted into half hours
    files : table name -> file it was read from
    defaults : every default that filled a blank cell
    notices : what is odd but plannable
    """

    root: Path
    zone: str
    tables: Mapping[str, pd.DataFrame]
    files: Mapping[str, str]
    defaults: tuple[Used, ...]
    notices: tuple[Fault, ...]

    @property
    def shops(self) -> pd.DataFrame:
        """Return the shops, indexed by shop_id."""
        return self.tables["shops"]

    @property
    def agents(self) -> pd.DataFrame:
        """Return the agents, indexed by agent_id."""
        return self.tables["agents"]

    @property
    def skills(self) -> pd.DataFrame:
        """Return the skills: agent_id, shop_id, speed, since."""
        return self.tables["skills"]

    @property
    def history(self) -> pd.DataFrame:
        """Return the history: shop_id, start, contacts[, aht_s]."""
        return self.tables["history"]

    @property
    def promotions(self) -> pd.DataFrame:
        """Return the promotion phases."""
        return self.tables["promotions"]

    @property
    def special_days(self) -> pd.DataFrame:
        """Return the special days: name, first_day, last_day (inclusive), scope, closed."""
        return self.tables["special_days"]

    @cached_property
    def windows(self) -> dict[str, Window]:
        """Return shop_id -> opening window of a service day."""
        shops = self.shops
        return {
            str(shop): Window.parse(opens, closes)
            for shop, opens, closes in zip(
                shops.index, shops["opens"], shops["closes"], strict=True
            )
        }

    @cached_property
    def pools(self) -> dict[str, list[str]]:
        """Return pool -> its shops, in the order of the shops table."""
        return {
            str(pool): list(group.index.astype(str))
            for pool, group in self.shops.groupby("pool", sort=False)
        }

    def only(self, names: Collection[str]) -> Workspace:
        """Return the workspace without its other tables: to ask for one of them is a KeyError."""
        tables = {name: table for name, table in self.tables.items() if name in names}
        return replace(self, tables=tables, defaults=(), notices=())


def read_workspace(root: Path, zone: str = "Asia/Shanghai") -> Workspace:
    """Read and check all tables of a workspace.

    Parameters
    ----------
    root : a folder of CSV, Parquet or .xlsx tables, or one .xlsx with a sheet a table
    zone : IANA time zone; times with an offset are converted to it

    Raises
    ------
    WorkspaceError
        With every fault of every table.
    """
    if zone not in zoneinfo.available_timezones():
        raise WorkspaceError([Fault(code="not_a_zone", file="--zone", value=zone)])
    faults: list[Fault] = []
    notices: list[Fault] = []
    absent: list[Fault] = []
    found = find(root, faults, notices, absent)
    return _checked(found, root, zone, faults, notices, absent)


def read_own_history(path: Path, shop: Mapping[str, str], zone: str) -> Workspace:
    """Read the history of one shop that is in no workspace yet.

    Parameters
    ----------
    path : a table like a workspace's history; it may leave shop_id out
    shop : cells of the shop's row of a shops table but shop_id: name, platform, category ...
    zone : IANA time zone of its times

    Returns
    -------
    A workspace of that shop and its history alone.

    Raises
    ------
    WorkspaceError
        With every fault of the history, or where it is of several shops.
    """
    table = next(each for each in TABLES if each.name == "history")
    frame = read_table(path, table)
    known = names_of("history")
    named = [header for header in frame.columns if known.get(plain(str(header))) == "shop_id"]
    if not named:
        frame = frame.assign(shop_id=OWN)
        named = ["shop_id"]
    ids = sorted(set(frame[named[0]].dropna().astype(str)))
    if len(ids) > 1:
        facts: dict[str, object] = {"shops": listed(ids)}
        raise WorkspaceError([Fault(code="several_shops", file=path.name, facts=facts)])
    row = {"shop_id": ids[0] if ids else OWN, **shop}
    shops = pd.DataFrame({name: [cell] for name, cell in row.items()}, index=[2])
    raws = [
        Raw(table="shops", file=path.name, frame=shops),
        Raw(table="history", file=path.name, frame=frame),
    ]
    return _checked(raws, path.parent, zone, [], [], [])


def _checked(
    found: Iterable[Raw],
    root: Path,
    zone: str,
    faults: list[Fault],
    notices: list[Fault],
    absent: list[Fault],
) -> Workspace:
    """Return the workspace of some raw tables; what was found wrong before is in the lists."""
    defaults: list[Used] = []
    clean: dict[str, pd.DataFrame] = {}
    raws: dict[str, Raw] = {}
    for each in found:
        raw = english(each, notices, faults)
        if raw is None:
            continue
        shop_ids, agent_ids = (_ids(clean.get(table)) for table in ("shops", "agents"))
        clean[each.table] = validate(raw, zone, shop_ids, agent_ids, faults, defaults)
        raws[each.table] = raw
    for table in TABLES:
        clean.setdefault(table.name, empty(table.name))
    cross_check(clean, raws, absent, faults, notices)
    if faults:
        raise WorkspaceError(faults)
    return Workspace(
        root=root,
        zone=zone,
        tables=clean,
        files={table: raw.file for table, raw in raws.items()},
        defaults=tuple(defaults),
        notices=tuple(notices),
    )


def _ids(table: pd.DataFrame | None) -> Ids:
    """Return the ids of shops or agents, None where there are none to compare with."""
    return None if table is None or table.empty else set(table.index.astype(str))
