"""Rows of the hunting tables as Arrow batches, by the types that the catalogue declares.

Where the files lie is `lake`'s matter. How each KQL type is kept:

| KQL type | Arrow type | without a value |
|---|---|---|
| string, dynamic, guid | string | empty text |
| bool | bool | null |
| int, long, real | int32, int64, double | null |
| decimal | decimal128(38, 18) | null |
| datetime | timestamp[ns] without a zone, always UTC | null |
| timespan | int64, counted in ticks of 100 ns | null |

A datetime has 100 ns ticks. A zone would make DuckDB read the column as TIMESTAMP WITH TIME ZONE, which keeps
microseconds; without one it becomes TIMESTAMP_NS, which keeps them all. Nanoseconds reach from 1678 to 2261.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from vedette.catalogue.tables import TABLES, Column, KqlType

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY_NS: Final = 86_400 * 1_000_000_000
_ARROW_TYPE: Final[dict[KqlType, str]] = {
    "string": "string",
    "dynamic": "string",
    "guid": "string",
    "bool": "bool",
    "int": "int32",
    "long": "int64",
    "real": "double",
    "decimal": "decimal",
    "datetime": "timestamp[ns]",
    "timespan": "int64",
}
_EARLIEST = -(2**63) + 1
_LATEST = 2**63 - 1


def nanoseconds(value: object) -> int | None:
    """A point in time as nanoseconds since 1970. Takes a `datetime` (naive ones count as UTC) or the number itself."""
    if value is None:
        return None
    if isinstance(value, datetime):
        since = (value if value.tzinfo else value.replace(tzinfo=UTC)) - EPOCH
        at = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000
    elif isinstance(value, int) and not isinstance(value, bool):
        at = value
    else:
        raise TypeError(f"{value!r} is not a time")
    if not _EARLIEST <= at <= _LATEST:
        raise ValueError(f"{value!r} lies outside of the years 1678 to 2261")
    return at


@functools.cache
def schema(table: str) -> pa.Schema:
    """The Arrow schema of a table's files: every column of the catalogue in documented order, by `stored_names`."""
    import pyarrow as pa

    stored = stored_names(table)
    return pa.schema([pa.field(stored[column.name], _arrow_type(column.type)) for column in TABLES[table].columns])


@functools.cache
def stored_names(table: str) -> Mapping[str, str]:
    """Column → its name in the files and in an engine's views.

    SQL engines do not tell names apart that differ in letter case alone, and the catalogue has such pairs (`LogonId`
    and `LogonID`): the later one of a pair carries a number.
    """
    seen: Counter[str] = Counter()
    names = {}
    for column in TABLES[table].columns:
        times = seen[column.name.lower()]
        names[column.name] = f"{column.name}_{times}" if times else column.name
        seen[column.name.lower()] += 1
    return names


def to_batch(table: str, rows: Sequence[dict[str, object]]) -> pa.RecordBatch:
    """The rows of one table as a batch with all of the table's columns.

    Raises: `ValueError` naming table and column when a row has a column that the table lacks, or a value of
    another type.
    """
    import pyarrow as pa

    used = set().union(*rows)
    if unknown := used.difference(stored_names(table)):
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    arrays = [
        _array(table, column, rows) if column.name in used else nothing(column.type, len(rows))
        for column in TABLES[table].columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema(table))


def _array(table: str, column: Column, rows: Sequence[dict[str, object]]) -> Any:  # an Arrow array; stubs are absent
    import pyarrow as pa

    values: list[object]
    try:
        values = list(map(itemgetter(column.name), rows))
    except KeyError:
        values = [row.get(column.name) for row in rows]
    try:
        if column.type == "datetime":
            return _times(values).view(_arrow_type("datetime"))
        array = pa.array(values, _arrow_type(column.type))
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{table}.{column.name} takes {column.type} values: {error}") from error
    return array.fill_null("") if array.null_count and pa.types.is_string(array.type) else array


def _times(values: Sequence[object]) -> Any:  # an Arrow array of int64; stubs are absent
    import pyarrow as pa

    try:
        # The usual case, aware datetimes and nothing else, is worth a path of its own: it is four times as fast.
        since = pa.array([value - EPOCH for value in values], pa.duration("us"))  # type: ignore[operator]  # else below
        return since.cast(pa.duration("ns")).view(pa.int64())
    except TypeError:
        return pa.array([nanoseconds(value) for value in values], pa.int64())


@functools.lru_cache(maxsize=256)
def nothing(kind: KqlType, count: int) -> Any:  # an Arrow array; stubs are absent
    """A column without values."""
    import pyarrow as pa

    of = _arrow_type(kind)
    return pa.repeat(pa.scalar("", of), count) if pa.types.is_string(of) else pa.nulls(count, of)


@functools.cache
def _arrow_type(kind: KqlType) -> Any:  # an Arrow type; stubs are absent
    import pyarrow as pa

    name = _ARROW_TYPE[kind]
    return pa.decimal128(38, 18) if name == "decimal" else pa.type_for_alias(name)
