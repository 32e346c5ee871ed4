"""Conversions that the binder puts between expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Bound, Call, Const
from vedette.kql.fold import fold

CONVERSION: Final[Mapping[KqlType, str]] = {
    "string": "tostring",
    "bool": "tobool",
    "int": "toint",
    "long": "tolong",
    "real": "toreal",
    "decimal": "todecimal",
    "datetime": "todatetime",
    "timespan": "totimespan",
    "guid": "toguid",
    "dynamic": "$dynamic",
}
"""Type → the function that gives it. `$dynamic` wraps a scalar and has no name in the language."""


def convert(value: Bound, type: KqlType) -> Bound:
    """The value as another type; itself when it has that type already."""
    if value.type == type:
        return value
    if isinstance(value, Const) and value.value is None:
        return Const(type, "" if type == "string" else None, span=value.span)
    return fold(Call(type, CONVERSION[type], (value,), span=value.span))
