"""The stretch of time that a hunting query in Graph looks at, as ISO 8601 writes it.

Five forms are documented: start and end, duration and end, start and duration, a duration back from now, a start until
now. Written by the client, read by the tenant. Years count 365 days and months 30, as .NET reads such durations.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from vedette.catalogue.operation import to_wire_time

Moment = datetime | timedelta
Timespan = str | Moment | tuple[Moment, Moment]
"""A span, a moment that it begins at, or its two ends one of which may be its length; or the text of one of these."""

SOURCE: Final = "https://learn.microsoft.com/graph/api/security-security-runhuntingquery"
_DURATION: Final = re.compile(
    r"P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,7}))?S)?)?",
    re.ASCII,
)
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


class Interval(NamedTuple):
    """From a moment to a later one, both in it."""

    start: datetime
    end: datetime


def read_timespan(text: str, now: datetime) -> Interval:
    """The interval that a text means. Times without a zone are UTC.

    Raises: ValueError for any other text, and for an interval that ends before it begins.
    """
    try:
        match [_moment(part) for part in text.strip().split("/")]:
            case [timedelta() as span]:
                found = Interval(now - span, now)
            case [datetime() as start]:
                found = Interval(start, now)
            case [datetime() as start, datetime() as end]:
                found = Interval(start, end)
            case [timedelta() as span, datetime() as end]:
                found = Interval(end - span, end)
            case [datetime() as start, timedelta() as span]:
                found = Interval(start, start + span)
            case _:
                raise ValueError(f"{text!r} is no start, duration or interval in ISO 8601")
    except OverflowError:
        raise ValueError(f"{text!r} goes beyond the calendar") from None
    if found.end < found.start:
        raise ValueError(f"{text!r} ends before it begins")
    return found


def write_timespan(value: Timespan) -> str:
    """The text that means this; a text is left as it is.

    Raises: ValueError for a time without zone, a span that is not positive, or a pair of spans.
    """
    match value:
        case str():
            return value
        case (timedelta(), timedelta()):
            raise ValueError("two spans have no place in time; one end has to be a moment")
        case (first, last):
            return f"{_written(first)}/{_written(last)}"
        case _:
            return _written(value)


def _written(moment: Moment) -> str:
    if isinstance(moment, datetime):
        return to_wire_time(moment)
    if moment <= timedelta(0):
        raise ValueError(f"{moment} is no length of time")
    seconds = f"{moment.seconds}" + (f".{moment.microseconds:06}".rstrip("0") if moment.microseconds else "")
    return f"P{moment.days}D" + (f"T{seconds}S" if seconds != "0" else "")


def _moment(text: str) -> Moment:
    if duration := _DURATION.fullmatch(text):
        years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in duration.groups()[:7])
        return timedelta(
            days=years * 365 + months * 30 + weeks * 7 + days,
            hours=hours,
            minutes=minutes,
            seconds=seconds,
            microseconds=_microseconds(duration[8]),
        )
    if time := _TIME.fullmatch(text):
        day, clock, fraction, zone = time.groups()
        at = datetime.fromisoformat(f"{day}T{clock or '00:00'}{(zone or 'Z').replace('Z', '+00:00')}")
        return at.astimezone(UTC) + timedelta(microseconds=_microseconds(fraction))
    raise ValueError(f"{text!r} is no time or duration in ISO 8601")


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "")[:6].ljust(6, "0"))
