"""Rows of a hunting table as Parquet, columns by name, in whatever types they were written.

A file in the types of our own lake passes through as it is; others are cast to the catalogue's types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from vedette.catalogue.tables import Column, Table
from vedette.telemetry.casting import Caster
from vedette.telemetry.outcome import Outcome, Reading, Reject
from vedette.telemetry.parquet import nothing, schema, stored_names
from vedette.telemetry.recognise import Unusable, place, recognise
from vedette.telemetry.records import Rejected

MAGIC: Final = b"PAR1"
_ROWS: Final = 32_768
_SAMPLE_ROWS: Final = 200


def rows(path: Path, reading: Reading, behind: list[float]) -> Iterator[Outcome]:
    """The rows of a Parquet file. behind: its only element is set to the share of the file that was read.

    Raises: `Unusable` when the file as a whole cannot be taken.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            table = recognise(names, _actions(file), path, reading.table)
            placed = place(table, names, drop_unknown=reading.drop_unknown)
            total, number = max(file.metadata.num_rows, 1), 0
            for batch in file.iter_batches(_ROWS, columns=list(placed.columns)):
                yield _outcome(table, placed.columns, pa.Table.from_batches([batch]), number)
                number += batch.num_rows
                behind[0] = number / total
    except (pa.ArrowException, OSError) as error:
        why = str(error).partition("\n")[0]
        raise Unusable(f"it is no Parquet file that can be read: {why}") from error


def _actions(file: Any) -> frozenset[str]:  # pyarrow.parquet.ParquetFile; no stubs
    if "ActionType" not in file.schema_arrow.names:
        return frozenset()
    first = next(file.iter_batches(_SAMPLE_ROWS, columns=["ActionType"]), None)
    return frozenset(str(value) for value in first.column(0).to_pylist() if value) if first is not None else frozenset()


def _outcome(table: Table, columns: Mapping[str, Column], block: Any, before: int) -> Outcome:  # pyarrow; no stubs
    """The rows of one block; `before` is the number of rows in front of it."""
    import pyarrow as pa

    plain = pa.table({f"c{at}": _plain(block.column(name)) for at, name in enumerate(columns)})
    if (ready := _as_it_is(table, columns, plain)) is not None:
        return Outcome(table, ready)
    sources = {column.name: (f"c{at}", plain.schema.field(at).type) for at, column in enumerate(columns.values())}
    cast = Caster(table, sources).cast(plain)
    return Outcome(table, cast.rows, [_reject(block, row, before, why) for row, why in cast.rejected])


def _as_it_is(table: Table, columns: Mapping[str, Column], block: Any) -> Any | None:  # pyarrow tables; no stubs
    """The block in the table's schema, when all of its types are the table's and no row lacks its time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = schema(table.name)
    stored = stored_names(table.name)
    at = {column.name: place for place, column in enumerate(columns.values())}
    if any(block.schema.field(place).type != wanted.field(stored[name]).type for name, place in at.items()):
        return None
    if table.time_column and block.column(at[table.time_column]).null_count:
        return None
    arrays = [
        _filled(block.column(at[column.name]), pc) if column.name in at else nothing(column.type, block.num_rows)
        for column in table.columns
    ]
    return pa.Table.from_arrays(arrays, schema=wanted)


def _filled(values: Any, pc: Any) -> Any:  # pyarrow; stubs are absent
    """Text without a value is empty text in the lake."""
    import pyarrow as pa

    return pc.fill_null(values, "") if values.null_count and pa.types.is_string(values.type) else values


def _plain(values: Any) -> Any:  # pyarrow; stubs are absent
    """The values without dictionary and time zone, which the engine would take for other types."""
    import pyarrow as pa

    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_large_string(values.type) or pa.types.is_string_view(values.type):
        return values.cast(pa.string())
    if pa.types.is_timestamp(values.type):
        # A time with a zone is kept as UTC; the engine's own type for it has microseconds only.
        return values.cast(pa.timestamp("ns"))
    return values


def _reject(block: Any, row: int, before: int, why: Rejected) -> Reject:  # pyarrow.Table; no stubs
    values = {name: block.column(name)[row].as_py() for name in block.schema.names}
    shown = {name: value for name, value in values.items() if value not in (None, "")}
    return Reject(before + row + 1, msgspec.json.encode(shown, enc_hook=str), why)
