"""Dynamic values as Python values: what `json` would load, with exact integers."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any, Final

from vedette.kql.syntax import TypedValue
from vedette.kql.ticks import datetime_text, timespan_text

_PLAIN: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
"""Takes what needs no care, and refuses the rest."""


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def encode_json(value: object) -> str:
    """A dynamic value as compact JSON text, non-ASCII letters as they are. NaN and infinities become texts, as Kusto
    prints them."""
    try:
        return _ENCODER.encode(value)
    except (ValueError, TypeError):  # what only the long way knows: NaN, decimals
        return _ENCODER.encode(_printable(value))


def _printable(value: Any) -> Any:  # dynamic values have no type of their own
    match value:
        case float() if math.isnan(value):
            return "NaN"
        case float() if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        case TypedValue(type="datetime", value=int(ticks)):
            return datetime_text(ticks)
        case TypedValue(type="timespan", value=int(ticks)):
            return timespan_text(ticks)
        case TypedValue(value=inner):
            return _printable(inner)
        case Decimal():
            return format(value, "f")
        case dict():
            return {str(key): _printable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_printable(inner) for inner in value]
        case _:
            return value
