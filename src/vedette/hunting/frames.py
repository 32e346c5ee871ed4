"""Tables in memory: Arrow, pandas, polars, or plain rows. Their rows are copied when a query first names them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from vedette.catalogue.tables import KqlType, Table
from vedette.errors import ConfigurationError
from vedette.hunting.columns import WIDE, Found, declared_types, readings
from vedette.hunting.names import apart, quoted
from vedette.kql.tables import TableSchema
from vedette.kql.values import encode_json

if TYPE_CHECKING:
    import duckdb

_PYTHON: Mapping[type, KqlType] = {
    bool: "bool",
    int: "long",
    float: "real",
    str: "string",
    Decimal: "decimal",
    dt.datetime: "datetime",
    dt.date: "datetime",
    dt.timedelta: "timespan",
    UUID: "guid",
    dict: "dynamic",
    list: "dynamic",
    tuple: "dynamic",
}


class FrameTable:
    """A table from rows in memory.

    data: an Arrow table, a frame of polars or pandas, or rows as mappings.
    """

    def __init__(
        self,
        name: str,
        data: object,
        *,
        table: Table | None = None,
        types: Mapping[str, KqlType] | None = None,
    ) -> None:
        self._name = name
        self._table = table
        self._types = dict(types or {})
        self._arrow = _arrow(name, data, self._types, table)
        self._schema: TableSchema | None = None
        self._sql = ""
        self._made = False

    def schema(self, connection: duckdb.DuckDBPyConnection) -> TableSchema:
        """Name and type of each column."""
        if self._schema is None:
            with _Registered(connection, self._physical()) as source:
                self._schema, self._sql = self._read(connection, source)
        return self._schema

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Copy the rows into the engine, once."""
        if self._made:
            return
        self.schema(connection)
        with _Registered(connection, self._physical()):
            connection.execute(f"CREATE TABLE {quoted(self._name)} AS {self._sql}")
        self._made = True

    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return bool(self._arrow.num_rows == 0)

    def forget(self) -> None:
        """The database is a new one."""
        self._made = False

    def _physical(self) -> Any:  # an Arrow table; stubs are absent
        return self._arrow.rename_columns(apart(self._arrow.column_names))

    def _read(self, connection: duckdb.DuckDBPyConnection, source: str) -> tuple[TableSchema, str]:
        names = self._arrow.column_names
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()  # noqa: S608  (a name of ours)
        found = []
        for name, (read_as, kind, *_) in zip(names, described, strict=True):
            fits = True
            if kind in WIDE:
                answer = connection.execute(
                    f"SELECT coalesce(max({quoted(read_as)}), 0) <= {2**63 - 1} FROM {source}"  # noqa: S608  (names, quoted)
                ).fetchone()
                fits = bool(answer and answer[0])
            found.append(Found(name, read_as, kind, fits_long=fits))
        declared = declared_types(names, self._table) | self._types
        read = readings(self._name, found, declared, complete=self._table)
        values = ", ".join(f"{one.sql} AS {quoted(one.column.stored)}" for one in read)
        return TableSchema(self._name, tuple(one.column for one in read)), f"SELECT {values} FROM {source}"  # noqa: S608  (names, quoted)


class _Registered:
    """An Arrow table that a connection can read under a name, for a while."""

    _NAME = "__frame"

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: object) -> None:
        self._connection = connection
        self._table = table

    def __enter__(self) -> str:
        self._connection.register(self._NAME, self._table)
        return self._NAME

    def __exit__(self, *_: object) -> None:
        self._connection.unregister(self._NAME)


def _arrow(
    name: str, data: Any, types: dict[str, KqlType], table: Table | None
) -> Any:  # foreign frames; an Arrow table comes back
    """The rows as an Arrow table with at least one column. Types that only Python values tell are added to `types`."""
    import pyarrow as pa

    if isinstance(data, pa.Table):
        arrow = data
    elif isinstance(data, pa.RecordBatch):
        arrow = pa.Table.from_batches([data])
    elif type(data).__module__.partition(".")[0] == "polars":
        arrow = (data.collect() if hasattr(data, "collect") else data).to_arrow()
    elif type(data).__module__.partition(".")[0] == "pandas":
        arrow = pa.Table.from_pandas(data, preserve_index=False)
    elif isinstance(data, Iterable) and not isinstance(data, str | bytes | Mapping):
        arrow = _from_rows(name, list(data), types, table)
    else:
        raise ConfigurationError(
            f"table {name} cannot be made from {type(data).__name__}",
            hint="Give paths, an Arrow table, a frame of polars or pandas, or a list of dicts.",
        )
    if not arrow.num_columns:
        raise ConfigurationError(f"table {name} has no columns", hint="Give rows, or a frame that has columns.")
    return arrow


def _from_rows(name: str, rows: Sequence[Any], types: dict[str, KqlType], table: Table | None) -> Any:  # an Arrow table
    import pyarrow as pa

    if not all(isinstance(row, Mapping) for row in rows):
        raise ConfigurationError(f"table {name}: its rows are not all dicts")
    columns = list(dict.fromkeys(str(column) for row in rows for column in row)) or list(types)
    if table and not columns:
        columns = [column.name for column in table.columns]
    known = declared_types(columns, table) if table else {}
    arrays = []
    for column in columns:
        values = [row.get(column) for row in rows]
        kind = types.get(column) or known.get(column) or _kind_of(values)
        types.setdefault(column, kind)
        try:
            arrays.append(_array(kind, values))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise ConfigurationError(f"{name}.{column} takes {kind} values: {error}") from error
    return pa.table(arrays, names=columns)


def _kind_of(values: Iterable[object]) -> KqlType:
    """The type that all values have; long and real together are real, any other mixture is dynamic."""
    kinds = {_PYTHON.get(type(value), "dynamic") for value in values if value is not None}
    if kinds == {"long", "real"}:
        return "real"
    return kinds.pop() if len(kinds) == 1 else "dynamic" if kinds else "string"


def _array(kind: KqlType, values: Sequence[Any]) -> Any:  # an Arrow array; stubs are absent
    import pyarrow as pa

    if kind == "datetime":
        since = [
            None if value is None or value == "" else value if isinstance(value, str) else _utc(value)
            for value in values
        ]
        if any(isinstance(value, str) for value in since):
            return pa.array(
                [value if value is None or isinstance(value, str) else value.isoformat() for value in since]
            )
        try:
            return pa.array(since, pa.timestamp("ns"))
        except (pa.ArrowException, OverflowError):
            return pa.array(since, pa.timestamp("us"))
    if kind == "timespan":
        return pa.array(
            [
                (value.days * 86_400 + value.seconds) * 10_000_000 + value.microseconds * 10
                if isinstance(value, dt.timedelta)
                else value
                for value in values
            ]
        )
    if kind == "dynamic":
        return pa.array(
            [
                None
                if value is None
                else value
                if isinstance(value, str) and _is_bag(value)
                else encode_json(_plain(value))
                for value in values
            ],
            pa.string(),
        )
    if kind in ("string", "guid"):
        return pa.array([None if value is None else str(value) for value in values], pa.string())
    if kind == "decimal":
        return pa.array([None if value is None else Decimal(str(value)) for value in values], pa.decimal128(38, 18))
    return pa.array(values, {"bool": pa.bool_(), "int": pa.int32(), "long": pa.int64(), "real": pa.float64()}[kind])


def _is_bag(text: str) -> bool:
    """Whether a text given for a dynamic column is JSON of a bag or array rather than a text of its own."""
    return text.lstrip()[:1] in ("{", "[")


def _plain(value: Any) -> Any:  # dynamic values have no type of their own
    """The value with what JSON lacks written as text."""
    match value:
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
        case dt.datetime() | dt.date():
            return f"{_utc(value):%Y-%m-%dT%H:%M:%S.%f}0Z"
        case UUID() | dt.timedelta():
            return str(value)
        case _:
            return value


def _utc(value: dt.date) -> dt.datetime:
    """Without a zone, in UTC; a date is its midnight."""
    if not isinstance(value, dt.datetime):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001  (as Arrow takes it)
    return value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
