"""Reads points in time and spans of time as people write them, in ticks of 100 ns.

A datetime counts from the first moment of year 1; times without a zone are UTC.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

TICKS_PER_SECOND = 10_000_000
TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND

_END_OF_TIME = date.max.toordinal() * TICKS_PER_DAY

_TICKS_OF_UNIT = {
    "d": TICKS_PER_DAY,
    "h": 3600 * TICKS_PER_SECOND,
    "m": 60 * TICKS_PER_SECOND,
    "s": TICKS_PER_SECOND,
    "ms": 10_000,
    "us": 10,
    "tick": 1,
}
_UNIT_OF_WORD = {
    word: unit
    for unit, words in {
        "d": "d day days",
        "h": "h hr hrs hour hours",
        "m": "m min minute minutes",
        "s": "s sec second seconds",
        "ms": "ms milli millis millisecond milliseconds",
        "us": "us micro micros microsecond microseconds",
        "tick": "tick ticks",
    }.items()
    for word in words.split()
}
_NANOSECONDS = ("ns", "nano", "nanos", "nanosecond", "nanoseconds")

_WITH_UNIT = re.compile(r"([-+]?)\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_CLOCK = re.compile(r"([-+]?)(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?")
_DAYS = re.compile(r"([-+]?)(\d+)")

_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?"
_ZONE = r"(?:\s*(Z|z|UTC|GMT|[-+]\d{2}(?::?\d{2})?))?"
_ISO = re.compile(rf"(\d{{4}})(?:-?(\d{{1,2}})(?:-?(\d{{1,2}})(?:[T ]\s*{_TIME}{_ZONE})?)?)?{_ZONE}", re.IGNORECASE)
_RFC = re.compile(
    rf"(?:[A-Za-z]{{3,9}},?\s+)?(\d{{1,2}})[-\s]([A-Za-z]{{3,9}})[-\s](\d{{2}}|\d{{4}})(?:\s+{_TIME}{_ZONE})?",
    re.IGNORECASE,
)
_SLASHED = re.compile(rf"(\d{{1,2}})[/-](\d{{1,2}})[/-](\d{{4}})(?:\s+{_TIME}\s*(AM|PM)?)?", re.IGNORECASE)
_BETWEEN = r"(?:/|, *| +- *|- +)"
_YEAR_FIRST = re.compile(
    rf"(\d{{4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})(?:[T ]\s*{_TIME}{_ZONE})?", re.IGNORECASE
)
_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), 1)}


def timespan_ticks(text: str) -> int | None:
    """`1d`, `2.5h`, `1.02:03:04.5`, `02:03`, or a bare number of days. None when it is none of these, or too long."""
    ticks = _span_of(text.strip())
    return None if ticks is None or abs(ticks) >= 1 << 63 else ticks


def datetime_ticks(text: str) -> int | None:
    """A datetime in ISO 8601 (also a year or a month alone), RFC 822, RFC 850, month/day/year, year/month/day, `year,
    month, day` or `year - month - day`. None when it is none of these, or no such day exists."""
    text = text.strip()
    if found := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        year, month, day, hour, minute, second, fraction, *zones = found.groups()
        zone = next((z for z in zones if z), None)
        return _moment(int(year), int(month or 1), int(day or 1), int(hour or 0), minute, second, fraction, zone)
    if found := _RFC.fullmatch(text):
        day, name, year, hour, minute, second, fraction, zone = found.groups()
        number = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 50 else 1900)
        named = _MONTHS.get(name[:3].lower(), 0)
        return _moment(number, named, int(day), int(hour or 0), minute, second, fraction, zone)
    if found := _SLASHED.fullmatch(text):
        month, day, year, hour, minute, second, fraction, half = found.groups()
        hours = int(hour or 0)
        if half:
            hours = hours % 12 + (12 if half.upper() == "PM" else 0)
        return _moment(int(year), int(month), int(day), hours, minute, second, fraction, None)
    return None


def _span_of(text: str) -> int | None:
    if found := _WITH_UNIT.fullmatch(text):
        sign, amount, word = found.groups()
        ticks = _scaled(amount, word)
        return None if ticks is None else -ticks if sign == "-" else ticks
    if found := _CLOCK.fullmatch(text):
        sign, days, hours, minutes, seconds, fraction = found.groups()
        if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:
            return None
        ticks = int(days or 0) * TICKS_PER_DAY + _of_day(int(hours), minutes, seconds, fraction)
        return -ticks if sign == "-" else ticks
    if found := _DAYS.fullmatch(text):
        days = int(found[2]) * TICKS_PER_DAY
        return -days if found[1] == "-" else days
    return None


def _scaled(amount: str, word: str) -> int | None:
    if word.lower() in _NANOSECONDS:
        return int(Decimal(amount) / 100)
    unit = _UNIT_OF_WORD.get(word.lower())
    if unit is None:
        return None
    return int(Decimal(amount) * _TICKS_OF_UNIT[unit]) if "." in amount else int(amount) * _TICKS_OF_UNIT[unit]


def _moment(
    year: int,
    month: int,
    day: int,
    hour: int,
    minute: str | None,
    second: str | None,
    fraction: str | None,
    zone: str | None,
) -> int | None:
    try:
        days = date(year, month, day).toordinal() - 1
    except ValueError:
        return None
    if hour > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    ticks = days * TICKS_PER_DAY + _of_day(hour, minute, second, fraction) - _offset(zone)
    return ticks if 0 <= ticks < _END_OF_TIME else None


def _of_day(hour: int, minute: str | None, second: str | None, fraction: str | None) -> int:
    seconds = hour * 3600 + int(minute or 0) * 60 + int(second or 0)
    return seconds * TICKS_PER_SECOND + int((fraction or "")[:7].ljust(7, "0"))


def _offset(zone: str | None) -> int:
    """How far a zone's clocks are ahead of UTC."""
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return (-minutes if zone[0] == "-" else minutes) * 60 * TICKS_PER_SECOND
