"""Rows that Defender itself exported pass through, in the types of the catalogue.

An export of one table, or of a union of tables: the table is then told by the columns that have a value, and columns
that the union split by type carry a suffix.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from vedette.catalogue.tables import TABLES, Event, KqlType, Table
from vedette.telemetry.fields import instant, text
from vedette.telemetry.mapping import device_id
from vedette.telemetry.records import BAD_TIME, BAD_VALUE, UNKNOWN_EVENT, Fields, Record, Rejected, without_suffixes

_TABLE_FIELDS: Final = ("Type", "TableName", "$table", "SourceTable")
_RENAMED: Final = {"CloudAppEvents": {"ISP": "Isp"}}
"""Columns that a union spelled like another table's."""
_CANDIDATES: Final = (
    "DeviceProcessEvents",
    "DeviceNetworkEvents",
    "DeviceFileEvents",
    "DeviceRegistryEvents",
    "DeviceLogonEvents",
    "DeviceImageLoadEvents",
    "DeviceEvents",
    "IdentityLogonEvents",
    "IdentityQueryEvents",
    "IdentityDirectoryEvents",
    "CloudAppEvents",
)
_DEVICE_ID: Final = re.compile(r"[0-9a-f]{40}")
_BEYOND: Final = {"int": 2**31, "long": 2**63, "timespan": 2**63}
"""The first number that the type cannot hold."""
_IDENTITY_APPLICATION: Final = "Active Directory"


def row_of(record: Record) -> Event:
    """The row that an exported record is, its times moved like the rest of its data set.

    Raises: `Rejected` when no table fits, or a value does not suit its column.
    """
    fields = without_suffixes(record.fields)
    table = TABLES[_table(fields)]
    renamed = _RENAMED.get(table.name, {})
    row: dict[str, object] = {}
    for name, value in fields.items():
        column = renamed.get(name, name)
        if column not in table or value is None or value == "":
            continue
        try:
            row[column] = _value(table.column(column).type, value, record.shift)
        except (ValueError, TypeError, OverflowError) as error:
            reason = BAD_TIME if table.column(column).type == "datetime" else BAD_VALUE
            raise Rejected(reason, f"{table.name}.{column} is {value!r}") from error
    row["Timestamp"] = record.at + record.shift
    name = str(row.get("DeviceName", "")).lower()
    if "DeviceId" in row and name and not _DEVICE_ID.fullmatch(str(row["DeviceId"])):
        # Published exports blank the id out; the name still tells the machines apart.
        row["DeviceId"] = device_id(name)
    return table.name, row


def _table(fields: Fields) -> str:
    for name in _TABLE_FIELDS:
        if (named := text(fields.get(name))) in TABLES:
            return named
    filled = {name for name, value in fields.items() if value not in (None, "") and not name.startswith("_")}
    if "DeviceId" not in filled:
        named = "IdentityDirectoryEvents" if fields.get("Application") == _IDENTITY_APPLICATION else "CloudAppEvents"
        return _known_action(TABLES[named], fields)
    # DeviceEvents holds nearly every column: it is meant where no other table knows the action.
    for name in _CANDIDATES:
        table = TABLES[name]
        if fields.get("ActionType") in {action.value for action in table.action_types} and "DeviceId" in table:
            return name
    return _known_action(TABLES["DeviceEvents"], fields)


def _known_action(table: Table, fields: Fields) -> str:
    if not text(fields.get("ActionType")):
        raise Rejected(UNKNOWN_EVENT, "an exported row without ActionType")
    return table.name


def _value(kind: KqlType, value: Any, shift: int) -> object:  # JSON of any shape
    """A JSON value as its column's type takes it. Raises: `ValueError`."""
    if kind == "datetime":
        return instant(text(value)) + shift
    if kind == "bool":
        if value in (True, False, "true", "false", "True", "False"):
            return value in (True, "true", "True")
        raise ValueError(value)
    if kind in ("int", "long", "timespan"):
        whole = int(value)
        if not -_BEYOND[kind] <= whole < _BEYOND[kind]:
            raise ValueError(value)
        return whole
    if kind in ("real", "decimal"):
        return float(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
