"""Tables as files hold them: timestamps instead of ticks, JSON text for dynamic values."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from tests.spec.kql.reference.values import Table
from vedette.catalogue.tables import KqlType

_1970 = 621_355_968_000_000_000


def arrow(table: Table, encoding: str) -> Any:  # an Arrow table; stubs are absent
    """The table in Arrow, its times as timestamps of microseconds (`us`) or nanoseconds (`ns`)."""
    arrays = [_array(kind, [row[at] for row in table.rows], encoding) for at, (_, kind) in enumerate(table.columns)]
    return pa.table(arrays, names=table.names)


def _array(kind: KqlType, values: list[Any], encoding: str) -> Any:
    if kind == "datetime":
        since = [None if value is None else value - _1970 for value in values]
        units = [None if value is None else value // 10 if encoding == "us" else value * 100 for value in since]
        return pa.array(units, pa.int64()).cast(pa.timestamp(encoding))
    if kind == "dynamic":
        return pa.array([None if value is None else json.dumps(value) for value in values], pa.string())
    types = {
        "string": pa.string(), "guid": pa.string(), "bool": pa.bool_(), "int": pa.int32(), "long": pa.int64(),
        "real": pa.float64(), "timespan": pa.int64(),
    }  # fmt: skip
    return pa.array(values, types[kind])
