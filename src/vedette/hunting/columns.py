"""Columns of foreign data as KQL columns: their types, and the SQL that gives values as queries expect them.

What queries expect: texts are never null, whole numbers are INTEGER or BIGINT, a datetime keeps its TIMESTAMP (the
schema says of which precision), a timespan is ticks in a BIGINT, a guid is lower-case text, dynamic is JSON text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from vedette.catalogue.tables import TABLES, KqlType, Table
from vedette.errors import ConfigurationError
from vedette.hunting.names import apart, literal, quoted
from vedette.kql.emit.duckdb.sql import SQL_TYPE
from vedette.kql.schema import Encoding
from vedette.kql.tables import TableColumn

ENGINE_TYPE: Final[Mapping[KqlType, str]] = {**SQL_TYPE, "dynamic": "VARCHAR"}
"""KQL type → how its values travel in SQL."""

_WHOLE: Final = ("TINYINT", "SMALLINT", "UTINYINT", "USMALLINT", "UINTEGER", "BIGINT")
WIDE: Final = ("UBIGINT", "HUGEINT", "UHUGEINT")
"""Whole numbers that may not fit into a long; it depends on the values."""
_MICROSECONDS: Final = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "DATE", "TIMESTAMP WITH TIME ZONE")
_NANOSECONDS: Final = ("TIMESTAMP_NS", "TIMESTAMPTZ_NS")
_NESTED: Final = re.compile(r"STRUCT\(|MAP\(|UNION\(|VARIANT|.*\]$", re.DOTALL)
_TIME_FORMATS: Final = ("%b %-d, %Y %-I:%M:%S %p", "%-m/%-d/%Y %-I:%M:%S %p", "%-m/%-d/%Y, %-I:%M:%S.%g %p")
"""How the hunting page writes times into the CSV files that it saves, besides ISO 8601."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column as DuckDB reads it from the data."""

    name: str
    """As the data has it."""
    read_as: str
    """As DuckDB calls it: different where two names differ in letter case only."""
    engine_type: str
    has_nulls: bool = True
    """False where it is known that no text is missing."""
    fits_long: bool = False
    """For the types of `WIDE`: whether every value fits into a long."""
    kind: KqlType | None = None
    """What it is to queries, where the engine's type does not say it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A column of a view: what it is to queries, and the SQL of its value."""

    column: TableColumn
    sql: str


def readings(
    table: str, found: Sequence[Found], declared: Mapping[str, KqlType], *, complete: Table | None = None
) -> list[Reading]:
    """How the columns of a table are read. `declared` types win over those found.

    complete: the table of the catalogue that it is; columns that the data lacks are then there, without values.
    Raises: ConfigurationError when a column's data cannot be of its declared type.
    """
    present = {column.name for column in found}
    missing = [column for column in complete.columns if column.name not in present] if complete else []
    stored = apart([*(column.name for column in found), *(column.name for column in missing)])
    given = [
        _reading(table, column, name, declared.get(column.name))
        for column, name in zip(found, stored[: len(found)], strict=True)
    ]
    given += [
        Reading(_column(column.name, column.type, name), nothing(column.type))
        for column, name in zip(missing, stored[len(found) :], strict=True)
    ]
    if complete:
        order = {column.name: place for place, column in enumerate(complete.columns)}
        given.sort(key=lambda reading: order.get(reading.column.name, len(order)))
    return given


def nothing(kind: KqlType) -> str:
    """No value of a type."""
    if kind == "string":
        return "''"
    return "NULL::TIMESTAMP_NS" if kind == "datetime" else f"NULL::{ENGINE_TYPE[kind]}"


def declared_types(columns: Sequence[str], table: Table | None) -> dict[str, KqlType]:
    """The types that the catalogue knows for columns: those of the table, or else of one that has them all.

    Columns that happen to be called as some table's are not enough to say that they are its: the time is to be there.
    """
    if table is None:
        names = set(columns)
        fitting = [
            known for known in TABLES.values() if known.time_column in names <= {one.name for one in known.columns}
        ]
        table = fitting[0] if fitting and len(names) > 1 else None
    if table is None:
        return {}
    known = {column.name: column.type for column in table.columns}
    return {name: known[name] for name in columns if name in known}


def inferred(found: Found) -> KqlType:
    """The type that queries see for a column of an engine's type."""
    kind = found.engine_type
    if found.kind:
        return found.kind
    if kind == "INTEGER":
        return "int"
    if kind in _WHOLE:
        return "long"
    if kind in WIDE:
        return "long" if found.fits_long else "decimal" if kind == "UBIGINT" else "real"
    if kind in (*_MICROSECONDS, *_NANOSECONDS):
        return "datetime"
    if kind == "JSON" or _NESTED.match(kind):
        return "dynamic"
    if kind.startswith("DECIMAL"):
        return "decimal"
    single: dict[str, KqlType] = {
        "BOOLEAN": "bool",
        "FLOAT": "real",
        "DOUBLE": "real",
        "TIME": "timespan",
        "INTERVAL": "timespan",
        "UUID": "guid",
    }
    return single.get(kind, "string")


def _reading(table: str, found: Found, stored: str, declared: KqlType | None) -> Reading:
    kind = declared or inferred(found)
    value = quoted(found.read_as)
    convert = _CONVERT[kind]
    sql = convert(value, found)
    if sql is None:
        raise ConfigurationError(
            f"{table}.{found.name} is declared as {kind}, and its data is {found.engine_type}",
            hint="Declare another type, or none to take the one of the data.",
        )
    return Reading(_column(found.name, kind, stored, _encoding(kind, found)), sql)


def _column(name: str, kind: KqlType, stored: str, encoding: Encoding | None = None) -> TableColumn:
    if encoding is None:
        encoding = "ns" if kind == "datetime" else ""
    return TableColumn(name, kind, stored, encoding)


def _encoding(kind: KqlType, found: Found) -> Encoding:
    if kind != "datetime":
        return ""
    return "us" if found.engine_type in _MICROSECONDS else "ns"


def _string(value: str, found: Found) -> str:
    if found.engine_type == "VARCHAR":
        return f"coalesce({value}, '')" if found.has_nulls else value
    if found.engine_type == "JSON":
        return f"coalesce(json_extract_string({value}, '$'), '')"
    if found.engine_type == "BLOB":
        return f"coalesce(to_base64({value}), '')"
    if _NESTED.match(found.engine_type):
        return f"coalesce(CAST(to_json({value}) AS VARCHAR), '')"
    return f"coalesce(CAST({value} AS VARCHAR), '')"


def _scalar(kind: KqlType, value: str, found: Found) -> str | None:
    wanted = ENGINE_TYPE[kind]
    if found.engine_type == wanted:
        return value
    if found.engine_type == "JSON":
        value = f"json_extract_string({value}, '$')"
    elif found.engine_type != "VARCHAR":
        exact = kind == "decimal" and found.engine_type.startswith("DECIMAL")
        return value if exact else f"CAST({value} AS {wanted})"
    return f"CAST(nullif(trim({value}), '') AS {wanted})"


def _datetime(value: str, found: Found) -> str | None:
    if found.engine_type in ("TIMESTAMP", "TIMESTAMP_NS"):
        return value
    if found.engine_type in _MICROSECONDS:
        return f"CAST({value} AS TIMESTAMP)"
    if found.engine_type in (*_NANOSECONDS, '"NULL"'):
        return f"CAST({value} AS TIMESTAMP_NS)"
    if found.engine_type == "JSON":
        value = f"json_extract_string({value}, '$')"
    elif found.engine_type != "VARCHAR":
        return None
    text = f"nullif(trim({value}), '')"
    others = ", ".join(map(literal, _TIME_FORMATS))
    # Without the zone in the type an offset such as +02:00 would be read over. The last attempt is not a `TRY`: a text
    # that is no time must not turn into a silent null.
    return (
        f"CAST(coalesce(TRY_CAST({text} AS TIMESTAMPTZ_NS), CAST(try_strptime({text}, [{others}]) AS TIMESTAMPTZ_NS), "
        f"CAST({text} AS TIMESTAMPTZ_NS)) AS TIMESTAMP_NS)"
    )


def _timespan(value: str, found: Found) -> str | None:
    if found.engine_type == "BIGINT":
        return value
    if found.engine_type in ("TIME", "INTERVAL"):
        return f"epoch_us({value}) * 10"
    if found.engine_type == '"NULL"':
        return f"CAST({value} AS BIGINT)"
    return span_ticks(value) if found.engine_type == "VARCHAR" else None


def span_ticks(text: str) -> str:
    """SQL that reads `[-][d.]hh:mm[:ss[.fffffff]]` as ticks; null for anything else."""
    pattern = literal(r"^\s*(-?)(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?\s*$")

    def part(group: int) -> str:
        return f"coalesce(TRY_CAST(regexp_extract({text}, {pattern}, {group}) AS BIGINT), 0)"

    fraction = f"coalesce(TRY_CAST(rpad(regexp_extract({text}, {pattern}, 6), 7, '0') AS BIGINT), 0)"
    ticks = f"(((({part(2)} * 24 + {part(3)}) * 60 + {part(4)}) * 60 + {part(5)}) * 10000000 + {fraction})"
    signed = f"CASE WHEN regexp_extract({text}, {pattern}, 1) = '-' THEN -{ticks} ELSE {ticks} END"
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN {signed} END"


def _guid(value: str, found: Found) -> str | None:
    text = f"json_extract_string({value}, '$')" if found.engine_type == "JSON" else f"CAST({value} AS VARCHAR)"
    return f"lower(nullif({text}, ''))"


def _dynamic(value: str, found: Found) -> str | None:
    if found.engine_type == "JSON":
        return f"CAST({value} AS VARCHAR)"
    if found.engine_type == "VARCHAR":
        return (
            f"CASE WHEN nullif({value}, '') IS NULL THEN NULL WHEN json_valid({value}) THEN {value} "
            f"ELSE CAST(to_json({value}) AS VARCHAR) END"
        )
    return f"CAST(to_json({value}) AS VARCHAR)"


_CONVERT: Final[Mapping[KqlType, Callable[[str, Found], str | None]]] = {
    "string": _string,
    "bool": partial(_scalar, "bool"),
    "int": partial(_scalar, "int"),
    "long": partial(_scalar, "long"),
    "real": partial(_scalar, "real"),
    "decimal": partial(_scalar, "decimal"),
    "datetime": _datetime,
    "timespan": _timespan,
    "guid": _guid,
    "dynamic": _dynamic,
}
