"""Columns of a result from what SQL gives to what readers want.

SQL gives a datetime as ticks of 100 ns since year 1, or as a timestamp where the column came from a file unchanged.
Timestamps of nanoseconds stay as they are in Arrow and go through whole numbers everywhere else: Python's `datetime`
has no place for the seventh digit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from vedette.catalogue.tables import KqlType
from vedette.kql.schema import Column
from vedette.kql.ticks import EPOCH_TICKS, MAX_TICKS, datetime_text, timespan_text

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NS_REACH: Final = (2**63 - 1) // 100
"""Ticks before and after 1970 that nanoseconds can tell."""

Array = Any
"""An Arrow array in chunks; stubs are absent."""


def in_ticks(column: Column, array: Array) -> Array:
    """A datetime column as ticks since year 1, whatever it was; other columns unchanged.

    What arithmetic moved out of the years 1 to 9999 is null.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type != "datetime":
        return array
    if pa.types.is_timestamp(array.type):
        unit = array.type.unit
        counted = array.cast(pa.int64())
        since = pc.multiply(counted, 10) if unit == "us" else _floor_divide(counted, 100)
        return pc.add(since, EPOCH_TICKS)
    ticks = array.cast(pa.int64())
    extremes = pc.min_max(ticks).as_py()
    if (extremes["min"] or 0) >= 0 and (extremes["max"] or 0) <= MAX_TICKS:
        return ticks
    return pc.if_else(pc.and_(pc.greater_equal(ticks, 0), pc.less_equal(ticks, MAX_TICKS)), ticks, None)


def arrow_types() -> Mapping[KqlType, Any]:  # Arrow types; stubs are absent
    """KQL type → the Arrow type in which its values leave SQL."""
    import pyarrow as pa

    return {
        "string": pa.string(),
        "guid": pa.string(),
        "dynamic": pa.string(),
        "bool": pa.bool_(),
        "int": pa.int32(),
        "long": pa.int64(),
        "real": pa.float64(),
        "decimal": pa.decimal128(38, 18),
        "datetime": pa.int64(),
        "timespan": pa.int64(),
    }


def to_arrow(kind: KqlType, array: Array) -> Array:
    """A column as other programs read it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "datetime":
        since = pc.subtract(array, EPOCH_TICKS)
        if _within(since):
            return pc.multiply(since, 100).cast(pa.timestamp("ns")).cast(pa.timestamp("ns", "UTC"))
        return _floor_divide(since, 10).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    if kind == "timespan":
        array = array.cast(pa.int64())
        if _within(array):
            return pc.multiply(array, 100).cast(pa.duration("ns"))
        return _floor_divide(array, 10).cast(pa.duration("us"))
    wanted = None if kind == "decimal" else arrow_types()[kind]
    return array if wanted is None or array.type == wanted else array.cast(wanted)


def to_python(kind: KqlType, array: Array) -> list[Any]:  # values of all types
    """A column as Python values."""
    if kind == "datetime":
        since = [None if ticks is None else (ticks - EPOCH_TICKS) // 10 for ticks in array.to_pylist()]
        return [None if count is None else _EPOCH + timedelta(microseconds=count) for count in since]
    if kind == "timespan":
        return [None if ticks is None else timedelta(microseconds=ticks // 10) for ticks in array.to_pylist()]
    if kind == "dynamic":
        return _decoded(array)
    return list(array.to_pylist())


def to_json(kind: KqlType, array: Array) -> list[Any]:  # JSON
    """A column as the service prints it."""
    found = array.to_pylist()
    match kind:
        case "datetime":
            return [None if ticks is None else datetime_text(ticks) for ticks in found]
        case "timespan":
            return [None if ticks is None else timespan_text(ticks) for ticks in found]
        case "real":
            return [value if value is None or math.isfinite(value) else _special(value) for value in found]
        case "decimal":
            return [None if value is None else format(value, "f") for value in found]
        case "dynamic":
            return _decoded(array)
        case _:
            return list(found)


def _special(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _decoded(array: Array) -> list[Any]:  # JSON
    import msgspec

    decode = msgspec.json.decode
    decoded: list[Any] = []
    for text in array.to_pylist():
        if text is None or text == "":
            decoded.append(None)
            continue
        try:
            decoded.append(decode(text))
        except msgspec.DecodeError:
            # Telemetry has texts in dynamic columns that are not JSON; they count as texts.
            decoded.append(text)
    return decoded


def _within(since: Array) -> bool:
    import pyarrow.compute as pc

    ends = pc.min_max(since).as_py()
    return ends["min"] is None or (ends["min"] >= -_NS_REACH and ends["max"] <= _NS_REACH)


def _floor_divide(array: Array, by: int) -> Array:
    """Arrow divides towards zero; times before 1970 must go down."""
    import pyarrow.compute as pc

    quotient = pc.divide(array, by)
    below = pc.less(array, pc.multiply(quotient, by))
    return pc.subtract(quotient, below.cast("int64"))
