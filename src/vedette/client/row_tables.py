"""Rows of an export as tables: CSV by the standard library, Arrow and Parquet by pyarrow where it is installed.

Columns carry the service's names and come from the declared type of the rows. Rows without one (information gathering)
are looked through first; what has parts becomes JSON text. Times are UTC.
"""

from __future__ import annotations

import csv
import importlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec

from vedette.catalogue.entity import Complex, Property, describe
from vedette.errors import ConfigurationError

if TYPE_CHECKING:
    from types import ModuleType

BATCH = 4 * 1024
"""Rows that are held as objects at once."""
ROW_GROUP = 32 * 1024
"""Rows that are held as columns at once, and that a Parquet reader gets in one piece."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Rows = Iterable[Sequence[Any]]
"""Blocks of rows, entities or dicts."""


def installed(module: str, purpose: str, install: str) -> ModuleType:
    """An optional package. Raises: ConfigurationError that says how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigurationError(
            f"{purpose} needs {module.partition('.')[0]}, which is not installed", hint=f"pip install {install}"
        ) from error


def arrow() -> ModuleType:
    """pyarrow. Raises: ConfigurationError."""
    return installed("pyarrow", "a table in Arrow or Parquet form", "'vedette[hunt]'")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, how its value is taken from a row, and its Arrow type."""

    name: str
    value: Callable[[Any], Any]  # Any: a row, and whatever it holds
    type: str | Property
    """A property of a declared type; else `text`, `int`, `float` or `bool`."""


def columns_of(kind: type[Complex] | None, rows: Callable[[], Rows]) -> Sequence[Column]:
    """The columns of a type; of rows without one those that occur, for which `rows` are read once more."""
    if kind is not None:
        return [Column(p.wire, _attribute(p.attribute), p) for p in describe(kind)]
    types: dict[str, set[type]] = {}
    for block in rows():
        for row in block:
            for name, value in row.items():
                types.setdefault(name, set()).add(type(value))
    return [Column(name, _member(name, kinds), _plain_type(kinds)) for name, kinds in types.items()]


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


def _member(name: str, kinds: set[type]) -> Callable[[Any], Any]:
    if _plain_type(kinds) != "text":
        return lambda row: row.get(name)
    return lambda row: _as_text(row.get(name))


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()


def _plain_type(kinds: set[type]) -> str:
    present = kinds - {type(None)}
    for name, allowed in (("bool", {bool}), ("int", {int}), ("float", {int, float})):
        if present and present <= allowed:
            return name
    return "text"


# -- CSV ---------------------------------------------------------------------------------------------------------------


def write_csv(file: IO[str], columns: Sequence[Column], blocks: Rows) -> int:
    """Write a heading and the rows; gives their number.

    Lists of texts are joined by `; `, what has parts is JSON. A text that a spreadsheet would run as a formula gets an
    apostrophe in front.
    """
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    count = 0
    for block in blocks:
        writer.writerows([_cell(column.value(row)) for column in columns] for row in block)
        count += len(block)
    return count


def _cell(value: Any) -> str:  # Any: whatever a row holds
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return _cell("; ".join(value))
    if isinstance(value, (int, float)):
        return str(value)
    return msgspec.json.encode(value).decode()


# -- Arrow -------------------------------------------------------------------------------------------------------------


def schema_of(columns: Sequence[Column]) -> Any:  # Any: pyarrow has no types
    """The Arrow schema."""
    pa = arrow()
    return pa.schema([pa.field(column.name, _arrow_type(column.type)) for column in columns])


def batches(columns: Sequence[Column], blocks: Rows) -> Iterator[Any]:
    """Record batches of up to `BATCH` rows."""
    pa = arrow()
    schema = schema_of(columns)
    rows = itertools.chain.from_iterable(blocks)
    while chunk := list(itertools.islice(rows, BATCH)):
        yield pa.record_batch(
            [
                pa.array([_plain(column.value(row)) for row in chunk], type=field.type)
                for column, field in zip(columns, schema, strict=True)
            ],
            schema=schema,
        )


def write_parquet(path: Path, columns: Sequence[Column], blocks: Rows) -> int:
    """Write one file; gives the number of rows. Raises: ConfigurationError without pyarrow."""
    pa, parquet = arrow(), installed("pyarrow.parquet", "a table in Parquet form", "'vedette[hunt]'")
    count = 0
    with parquet.ParquetWriter(path, schema_of(columns), compression="zstd") as writer:
        found = batches(columns, blocks)
        while group := list(itertools.islice(found, ROW_GROUP // BATCH)):
            table = pa.Table.from_batches(group)
            writer.write_table(table, row_group_size=ROW_GROUP)
            count += table.num_rows
    return count


def _plain(value: Any) -> Any:  # Any: whatever a row holds
    if isinstance(value, list) and value and isinstance(value[0], msgspec.Struct):
        return msgspec.to_builtins(value, builtin_types=(datetime,))
    return value


def _arrow_type(kind: str | Property) -> Any:
    pa = arrow()
    if isinstance(kind, str):
        return {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "text": pa.string()}[kind]
    if kind.complex_type is not None:
        inner = pa.struct([pa.field(p.wire, _arrow_type(p)) for p in describe(kind.complex_type)])
    else:
        edm: Mapping[str, Any] = {
            "Edm.Boolean": pa.bool_(),
            "Edm.Byte": pa.uint8(),
            "Edm.Int32": pa.int32(),
            "Edm.Int64": pa.int64(),
            "Edm.Single": pa.float32(),
            "Edm.Double": pa.float64(),
            "Edm.DateTimeOffset": pa.timestamp("us", tz="UTC"),
        }
        inner = edm.get(kind.edm, pa.string())
    return pa.list_(inner) if kind.is_collection else inner
