"""Tells which hunting table an export is of, and which of its columns is which.

Evidence is taken in this order: what the user says, what the rows or the file's name say, the set of columns, and the
actions that the rows tell of. Where it leaves more than one table nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from vedette.catalogue.tables import TABLES, Column, Table
from vedette.telemetry.parquet import stored_names

TABLE_FIELDS: Final = ("$table", "Type", "TableName", "SourceTable")
"""Columns in which a row says what table it is of: a union's, and those of a log workspace."""
_FOREIGN: Final = frozenset(
    {
        *TABLE_FIELDS,
        *("TenantId", "SourceSystem", "MG", "ManagementGroupName", "TimeGenerated", "Timestamp"),
        *("_ResourceId", "_SubscriptionId", "_ItemId", "_TimeReceived", "_BilledSize", "_IsBillable"),
        *("_Internal_WorkspaceResourceId", "_Internal_ResourceId"),
    }
)
"""Columns that a log workspace adds to every table. They are left out where the table has none of that name."""
_TIME_NAMES: Final = ("TimeGenerated",)
"""What Timestamp is called in a log workspace."""
_ZONE: Final = re.compile(r"\s*\[UTC\]$")
"""A log workspace's CSV says behind a column's name that its times are UTC."""
_WORD: Final = re.compile(r"[A-Za-z]+")
_LOWER: Final = {name.lower(): name for name in TABLES}


class Unusable(Exception):
    """A file that gives no rows at all: why, and what to do about it."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Placed:
    """Which column of a file feeds which column of the table."""

    table: Table
    columns: Mapping[str, Column]
    """Name in the file → column of the table."""
    dropped: Sequence[str]
    """Names in the file that the table has no column for, and that were allowed to be left out."""


def named_table(name: str) -> Table:
    """The table that a user names, in any letter case. Raises: `Unusable`, with the nearest name."""
    found = _LOWER.get(name.lower())
    if found is None:
        near = get_close_matches(name.lower(), _LOWER, n=1, cutoff=0.5)
        raise Unusable(f"there is no hunting table {name}", f"the nearest is {_LOWER[near[0]]}" if near else "")
    return TABLES[found]


def table_in_name(file: Path) -> Table | None:
    """The table that a file's name tells, or that of a folder that it lies in: one that is a word of it.

    A name with several tables in it tells none.
    """
    found = {_LOWER[word.lower()] for word in _WORD.findall(file.name) if word.lower() in _LOWER}
    if not found:
        # `DeviceEvents/2026-11-08/part-0.parquet`, `table=DeviceEvents/…`, as lakes and pipelines lay files out.
        folders = [part.rpartition("=")[2].lower() for part in file.parts[:-1]]
        found = {_LOWER[folder] for folder in folders[-3:] if folder in _LOWER}
    return TABLES[found.pop()] if len(found) == 1 else None


def recognise(names: Sequence[str], actions: Collection[str], file: Path, given: Table | None) -> Table:
    """The table that a file with these columns is of.

    actions: values of ActionType among its first rows. given: what the user said; taken as it is.
    Raises: `Unusable` where nothing fits, or more than one table does.
    """
    if given is not None:
        return given
    if (told := table_in_name(file)) is not None:
        return told
    own = [name for name in map(plain, names) if name not in _FOREIGN]
    if not own:
        raise Unusable("it has no column of a hunting table", _say_table)
    fitting = [table for table in TABLES.values() if _misses(table, own) == 0]
    if not fitting:
        raise _nothing_fits(own)
    if len(fitting) == 1:
        return fitting[0]
    complete = [table for table in fitting if len(set(own) | {"Timestamp"}) >= len(table.columns)]
    if len(complete) == 1:
        return complete[0]
    knowing = [table for table in fitting if actions and set(actions) <= {one.value for one in table.action_types}]
    if len(knowing) == 1:
        return knowing[0]
    left = [table.name for table in (knowing or fitting)]
    listed = ", ".join(left[:5]) + (f" and {len(left) - 5} more" if len(left) > 5 else "")
    raise Unusable(f"its columns fit several tables: {listed}", _say_table)


def place(table: Table, names: Sequence[str], *, drop_unknown: bool) -> Placed:
    """Match a file's columns with the table's, by name; letter case counts only where it has to.

    Raises: `Unusable` for columns that the table lacks (unless they are to be dropped), naming the nearest, when two
    feed the same column, and when nothing feeds Timestamp.
    """
    by_stored = {stored: table.column(name) for name, stored in stored_names(table.name).items()}
    by_lower: dict[str, list[Column]] = {}
    for column in table.columns:
        by_lower.setdefault(column.name.lower(), []).append(column)
    columns: dict[str, Column] = {}
    unknown: list[str] = []
    for name in names:
        wanted = plain(name)
        alike = by_lower.get(wanted.lower(), [])
        if wanted in table:
            columns[name] = table.column(wanted)
        elif wanted in by_stored:
            columns[name] = by_stored[wanted]
        elif len(alike) == 1:
            columns[name] = alike[0]
        elif wanted not in _FOREIGN:
            unknown.append(name)
    _complete_time(table, names, columns)
    if unknown and not drop_unknown:
        raise Unusable(
            f"{table.name} has no column {', '.join(_with_nearest(table, name) for name in unknown[:8])}"
            + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""),
            "--drop-unknown leaves such columns out; --table names another table",
        )
    fed = [column.name for column in columns.values()]
    if twice := sorted({name for name in fed if fed.count(name) > 1}):
        raise Unusable(f"two of its columns are {table.name}.{twice[0]}")
    if not columns:
        raise Unusable(f"none of its columns is one of {table.name}", _say_table)
    if table.time_column and table.time_column not in fed:
        raise Unusable(f"it has no Timestamp, and every row of {table.name} needs one")
    return Placed(table, columns, unknown)


def plain(name: str) -> str:
    """A column's name without what a log workspace's CSV adds."""
    return _ZONE.sub("", name)


def nearest(names: Iterable[str], wanted: str) -> str:
    """The most alike of some names; empty when none is."""
    spelled = {name.lower(): name for name in names}
    found = get_close_matches(wanted.lower(), spelled, n=1, cutoff=0.6)
    return spelled[found[0]] if found else ""


_say_table: Final = "--table NAME says which table it is"


def _complete_time(table: Table, names: Sequence[str], columns: dict[str, Column]) -> None:
    """Take a log workspace's time where there is no Timestamp."""
    if not table.time_column or any(column.name == table.time_column for column in columns.values()):
        return
    for name in names:
        if plain(name) in _TIME_NAMES:
            columns[name] = table.column(table.time_column)
            return


def _with_nearest(table: Table, name: str) -> str:
    near = nearest((column.name for column in table.columns), plain(name))
    return f"{name} (nearest: {near})" if near else name


def _misses(table: Table, names: Iterable[str]) -> int:
    """How many of the names are no column of the table."""
    known = set(stored_names(table.name).values())
    return sum(1 for name in names if name not in table and name not in known)


def _nothing_fits(names: Sequence[str]) -> Unusable:
    best = min(TABLES.values(), key=lambda table: (_misses(table, names), len(table.columns)))
    lacking = [name for name in names if name not in best]
    if len(lacking) == len(names):
        listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        return Unusable(f"its columns are of no hunting table: {listed}", _say_table)
    listed = ", ".join(_with_nearest(best, name) for name in lacking[:5])
    return Unusable(
        f"no hunting table has all of its columns; the nearest is {best.name}, which lacks {listed}",
        f"--table {best.name} --drop-unknown leaves these columns out",
    )
