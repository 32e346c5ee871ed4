"""What values and tables are, and how values compare, convert and are written.

A value is its KQL type and a Python payload: datetimes and timespans are whole ticks of 100 ns (a datetime counts from
year 1), dynamic values are what JSON gives, None is null. A text is never None: there the empty text stands for null
(scalar-data-types/null-values).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from vedette.catalogue.tables import KqlType

Payload = Any  # what a cell holds depends on its type
Row = list[Payload]

DAY: Final = 864_000_000_000
HOUR: Final = 36_000_000_000
MINUTE: Final = 600_000_000
SECOND: Final = 10_000_000
LAST_TICK: Final = date(9999, 12, 31).toordinal() * DAY - 1
WHOLE: Final = ("int", "long")
NUMBERS: Final = ("int", "long", "real")


class Unspecified(Exception):  # named after what it says
    """The pages do not say what the answer is."""


class Value(NamedTuple):
    """A scalar with its type."""

    type: KqlType
    value: Payload

    @property
    def is_null(self) -> bool:
        return self.value is None


@dataclass
class Table:
    """Rows under typed columns. `ordered`: the order of the rows is defined, and part of the answer."""

    columns: list[tuple[str, KqlType]]
    rows: list[Row] = field(default_factory=list)
    ordered: bool = False
    name: str | None = None

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.columns]

    def index(self, name: str) -> int:
        return self.names.index(name)


def null(type: KqlType) -> Value:
    return Value(type, "" if type == "string" else None)


def boolean(value: bool | None) -> Value:
    return Value("bool", value)


def whole(value: int, type: KqlType = "long") -> Value:
    """A whole number. Its width is documented, what happens beyond it is not (scalar-data-types/long)."""
    bits = 31 if type == "int" else 63
    if not -(2**bits) <= value < 2**bits:
        raise Unspecified("a whole number that does not fit its type")
    return Value(type, value)


def moment(ticks: int) -> Value:
    """A datetime: years 1 to 9999 (scalar-data-types/datetime)."""
    if not 0 <= ticks <= LAST_TICK:
        raise Unspecified("a datetime outside of its range")
    return Value("datetime", ticks)


def span(ticks: int) -> Value:
    """A timespan; its range is not documented beyond that of a long."""
    if not -(2**63) < ticks < 2**63:
        raise Unspecified("a timespan outside of its range")
    return Value("timespan", ticks)


# Comparing


def comparable(left: Value, right: Value) -> tuple[Payload, Payload]:
    """Both payloads as values of one type. A dynamic value takes part as what it holds (scalar-data-types/dynamic)."""
    if left.type == "dynamic" and right.type == "dynamic":
        raise Unspecified("dynamic values compared with each other")
    if left.type == "dynamic":
        return _held(left.value, right.type), right.value
    if right.type == "dynamic":
        return left.value, _held(right.value, left.type)
    if left.type in NUMBERS and right.type in NUMBERS:
        for one in (left, right):
            if one.type == "real" and one.value is not None and math.isnan(one.value):
                raise Unspecified("a comparison of NaN")
        if "real" in (left.type, right.type):
            for one in (left, right):
                if one.type == "long" and one.value is not None and abs(one.value) > 2**53:
                    raise Unspecified("a long that no real holds, compared with a real")
        return left.value, right.value
    if left.type != right.type:
        raise TypeError(f"{left.type} and {right.type} do not compare")
    return left.value, right.value


def _held(value: Payload, type: KqlType) -> Payload:
    if value is None:
        if type == "string":
            raise Unspecified("a dynamic null beside a text")
        return None
    fits = {
        "string": isinstance(value, str),
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "long": isinstance(value, int) and not isinstance(value, bool),
        "real": isinstance(value, float),
    }
    if not fits.get(type, False):
        raise Unspecified(f"a dynamic value of another kind beside a {type}")
    return value


def equal(left: Value, right: Value) -> bool | None:
    """`==`: null for two nulls, false for one (scalar-data-types/null-values)."""
    one, other = comparable(left, right)
    if one is None and other is None:
        return None
    if one is None or other is None:
        return False
    return bool(one == other)


def less(left: Value, right: Value, *, or_equal: bool = False) -> bool | None:
    """`<` and `<=`: null when either is null."""
    one, other = comparable(left, right)
    if one is None or other is None:
        return None
    return bool(one <= other if or_equal else one < other)


def both(left: bool | None, right: bool | None) -> bool | None:
    """`and` of three values: false wins, then null."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: bool | None, right: bool | None) -> bool | None:
    """`or` of three values: true wins, then null (null-values: `val > 3 or isnull(val)` is true for null)."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def negation(value: bool | None) -> bool | None:
    return None if value is None else not value


def identity(type: KqlType, value: Payload) -> Any:
    """What tells groups apart: nulls are one group, -0.0 and 0.0 are one."""
    if type == "dynamic":
        raise TypeError("dynamic values make no groups")
    if isinstance(value, float) and math.isnan(value):
        raise Unspecified("NaN as a group")
    return value


def rank(type: KqlType, value: Payload, *, descending: bool, nulls_first: bool) -> tuple[int, Any]:
    """Where a value sorts: the table of special values in sort-operator, texts by code points."""
    if type in ("dynamic", "bool", "guid"):
        raise Unspecified(f"order of {type} values")
    if value is None:
        return (0 if nulls_first else 3, 0)
    if isinstance(value, float) and math.isnan(value):
        return (1 if nulls_first else 2.5, 0)  # type: ignore[return-value]  # a place between
    if isinstance(value, str):
        points = [ord(character) for character in value]
        return (2, [-point for point in points] + [1] if descending else points)
    return (2, -value if descending else value)


# Writing


def text_of(value: Value) -> str:
    """`tostring`: null is the empty text (tostring-function)."""
    if value.type == "string":
        return str(value.value)
    if value.value is None:
        return ""
    match value.type:
        case "int" | "long":
            return str(value.value)
        case "real":
            return real_text(value.value)
        case "datetime":
            return datetime_text(value.value)
        case "timespan":
            return timespan_text(value.value)
        case "guid":
            return str(value.value)
        case "dynamic":
            return dynamic_text(value.value)
        case _:
            raise Unspecified(f"the text of a {value.type}")


def real_text(value: float) -> str:
    if not math.isfinite(value) or value == int(value) or not 1e-4 < abs(value) < 1e15:
        raise Unspecified("the text of a real that is whole, very large or very small")
    return repr(value)


def dynamic_text(value: Payload) -> str:
    """A text as it is, everything else as JSON (tostring-function)."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return real_text(value)
    if _has_reals(value):
        raise Unspecified("the text of a dynamic value with reals inside")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _has_reals(value: Payload) -> bool:
    if isinstance(value, list):
        return any(map(_has_reals, value))
    if isinstance(value, dict):
        return any(map(_has_reals, value.values()))
    return isinstance(value, float)


def calendar(ticks: int) -> date:
    return date.fromordinal(ticks // DAY + 1)


def datetime_text(ticks: int) -> str:
    rest = ticks % DAY
    hour, minute, second = rest // HOUR, rest % HOUR // MINUTE, rest % MINUTE // SECOND
    return f"{calendar(ticks).isoformat()}T{hour:02}:{minute:02}:{second:02}.{rest % SECOND:07}Z"


def timespan_text(ticks: int) -> str:
    sign, ticks = ("-", -ticks) if ticks < 0 else ("", ticks)
    days = f"{ticks // DAY}." if ticks >= DAY else ""
    rest = ticks % DAY
    part = f".{rest % SECOND:07}" if rest % SECOND else ""
    return f"{sign}{days}{rest // HOUR:02}:{rest % HOUR // MINUTE:02}:{rest % MINUTE // SECOND:02}{part}"


def json_of(value: Value) -> Payload:
    """A scalar inside a dynamic value. JSON has no times: they are texts there (scalar-data-types/dynamic)."""
    if value.type in ("datetime", "timespan", "guid") and value.value is not None:
        return text_of(value)
    if isinstance(value.value, float) and not math.isfinite(value.value):
        raise Unspecified("NaN or infinity inside of a dynamic value")
    return value.value


def shown(type: KqlType, value: Payload) -> Payload:
    """A cell as the service's answers show it, to compare with."""
    if value is None:
        return None
    if type == "datetime":
        return datetime_text(value)
    if type == "timespan":
        return timespan_text(value)
    if type == "real" and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


# Converting

_BAD: Final = re.compile(r"[A-Za-z ]*")
"""Texts that are no number, time or guid in any format whatsoever: words, or nothing."""


def read_text(type: KqlType, text: str) -> Payload:
    """What `toint`, `todatetime` and so on make of a text: null for what has no such form.

    Raises: Unspecified for formats that the pages do not list.
    """
    if _BAD.fullmatch(text) and text.strip().lower() not in ("true", "false", "nan", "inf", "infinity", "e", "null"):
        if text.strip() != text:
            raise Unspecified("spaces around what is converted")
        return text if type == "string" else None
    readers: dict[str, Callable[[str], Payload]] = {
        "int": lambda one: _read_whole(one, 31),
        "long": lambda one: _read_whole(one, 63),
        "real": _read_real,
        "bool": _read_bool,
        "datetime": _read_datetime,
        "timespan": _read_timespan,
        "guid": _read_guid,
    }
    return readers[type](text) if type in readers else text


def _read_whole(text: str, bits: int) -> int | None:
    if not re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
        raise Unspecified(f"{text!r} as a whole number")
    return int(text) if -(2**bits) <= int(text) < 2**bits else None


def _read_real(text: str) -> float:
    if not re.fullmatch(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?", text):
        raise Unspecified(f"{text!r} as a real")
    return float(text)


def _read_bool(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise Unspecified(f"{text!r} as a bool")
    return text.lower() == "true"


def _read_datetime(text: str) -> int | None:
    """The ISO 8601 forms of scalar-data-types/datetime."""
    found = re.fullmatch(
        r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,7}))?)?Z?)?", text
    )
    if not found:
        raise Unspecified(f"{text!r} as a datetime")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        days = date(year, month, day).toordinal() - 1
    except ValueError:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return days * DAY + hour * HOUR + minute * MINUTE + second * SECOND + int((found[7] or "").ljust(7, "0"))


def _read_timespan(text: str) -> int:
    found = re.fullmatch(
        r"(-?)(?:([0-9]{1,5})\.)?([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,7}))?", text
    )
    if not found:
        raise Unspecified(f"{text!r} as a timespan")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:5])
    ticks = days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND + int((found[6] or "").ljust(7, "0"))
    return -ticks if found[1] else ticks


def _read_guid(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        raise Unspecified(f"{text!r} as a guid")
    return text.lower()


def convert(value: Value, type: KqlType) -> Value:
    """`toint(value)` and the like; null for what cannot be converted."""
    if value.type == type:
        return value
    if type == "string":
        return Value("string", text_of(value))
    if value.value is None:
        return null(type)
    if value.type == "string":
        return Value(type, read_text(type, value.value))
    if value.type == "dynamic":
        return _convert_held(value.value, type)
    if type == "bool" and value.type in WHOLE:
        return boolean(value.value != 0)
    if type in NUMBERS and value.type in NUMBERS:
        if type == "real":
            return Value("real", float(value.value))
        if not math.isfinite(value.value) or abs(value.value) >= 2 ** (31 if type == "int" else 63):
            raise Unspecified("a number that does not fit, as a whole number")
        return Value(type, int(value.value))  # cut towards zero: toint-function
    raise Unspecified(f"a {value.type} as a {type}")


def _convert_held(value: Payload, type: KqlType) -> Value:
    if isinstance(value, str):
        return Value(type, read_text(type, value))
    if isinstance(value, bool):
        if type == "bool":
            return boolean(value)
        raise Unspecified(f"a dynamic bool as a {type}")
    if isinstance(value, int | float):
        return convert(Value("long" if isinstance(value, int) else "real", value), type)
    raise Unspecified(f"a dynamic container as a {type}")


def unique_names(wanted: Iterable[str], taken: Sequence[str] = ()) -> list[str]:
    """Names that differ: a later one gets the first number that is free."""
    found: list[str] = []
    for name in wanted:
        candidate, number = name, 0
        while candidate in found or candidate in taken:
            number += 1
            candidate = f"{name}{number}"
        found.append(candidate)
    return found
