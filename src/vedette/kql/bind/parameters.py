"""Values that a caller gives to a query, as constants of the query."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from vedette.catalogue.tables import KqlType
from vedette.kql.bind.conversions import convert
from vedette.kql.bound import Bound, Const, missing_value
from vedette.kql.ticks import ticks_of, ticks_of_timedelta

_TYPES: Final[dict[type, KqlType]] = {
    bool: "bool",
    int: "long",
    float: "real",
    Decimal: "decimal",
    datetime: "datetime",
    timedelta: "timespan",
    UUID: "guid",
    list: "dynamic",
    tuple: "dynamic",
    dict: "dynamic",
}


def parameter(value: object, type: KqlType | None = None) -> Bound:
    """A value as a constant of a declared type, or of its own where the query declares none. Other values are text."""
    wanted = type or _TYPES.get(value.__class__, "string")
    match value:
        case None:
            return missing_value(wanted)
        case bool():
            return convert(Const("bool", value), wanted)
        case int():
            return convert(Const("long", value), wanted)
        case float():
            return convert(Const("real", value), wanted)
        case datetime():
            return convert(Const("datetime", ticks_of(value)), wanted)
        case timedelta():
            return convert(Const("timespan", ticks_of_timedelta(value)), wanted)
        case list() | tuple() | dict():
            return convert(Const("dynamic", list(value) if isinstance(value, tuple) else value), wanted)
        case _:
            return convert(Const("string", str(value)), wanted)
