"""Functions of datetimes: parts, starts and ends of periods, differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from tests.spec.kql.reference.values import (
    DAY,
    HOUR,
    LAST_TICK,
    MINUTE,
    SECOND,
    Unspecified,
    Value,
    calendar,
    moment,
    null,
    whole,
)
from vedette.catalogue.tables import KqlType

NOW: Final = 638_461_026_451_234_560
"""What `now()` is in all programs: 2024-03-15T12:30:45.123456Z."""

Function = Callable[[Sequence[Value]], Value]


def _days(day: date) -> int:
    return (day.toordinal() - 1) * DAY


def _month(number: int) -> int:
    """The start of a month that is counted from year 0."""
    if not 12 <= number < 120_000:
        raise Unspecified("a month outside of the years 1 to 9999")
    return _days(date(number // 12, number % 12 + 1, 1))


def start(period: str, ticks: int, offset: int) -> int:
    """Where the period begins that holds an instant, or one so many periods away. Weeks begin on Sunday
    (startofweek-function)."""
    day = calendar(ticks)
    match period:
        case "day":
            return ticks // DAY * DAY + offset * DAY
        case "week":
            return ticks // DAY * DAY - day.isoweekday() % 7 * DAY + offset * 7 * DAY
        case "month":
            return _month(day.year * 12 + day.month - 1 + offset)
    return _month((day.year + offset) * 12)


def _starting(period: str, *, end: bool) -> Function:
    def given(arguments: Sequence[Value]) -> Value:
        if any(argument.value is None for argument in arguments):
            return null("datetime")
        offset = arguments[1].value if len(arguments) > 1 else 0
        # A period ends a tick before the next begins.
        ticks = start(period, arguments[0].value, offset + 1) - 1 if end else start(period, arguments[0].value, offset)
        return moment(ticks)

    return given


PARTS: Final[Mapping[str, Callable[[int], int]]] = {
    "year": lambda ticks: calendar(ticks).year,
    "quarter": lambda ticks: (calendar(ticks).month + 2) // 3,
    "month": lambda ticks: calendar(ticks).month,
    "day": lambda ticks: calendar(ticks).day,
    "dayofyear": lambda ticks: calendar(ticks).timetuple().tm_yday,
    "hour": lambda ticks: ticks % DAY // HOUR,
    "minute": lambda ticks: ticks % HOUR // MINUTE,
    "second": lambda ticks: ticks % MINUTE // SECOND,
    "millisecond": lambda ticks: ticks % SECOND // 10_000,
}


def _part(name: str) -> Function:
    def given(arguments: Sequence[Value]) -> Value:
        return null("int") if arguments[0].value is None else whole(PARTS[name](arguments[0].value), "int")

    return given


def _datetime_part(arguments: Sequence[Value]) -> Value:
    return _part(arguments[0].value)(arguments[1:])


COUNTED: Final[Mapping[str, Callable[[int], int]]] = {
    "year": lambda ticks: calendar(ticks).year,
    "quarter": lambda ticks: calendar(ticks).year * 4 + (calendar(ticks).month - 1) // 3,
    "month": lambda ticks: calendar(ticks).year * 12 + calendar(ticks).month,
    "day": lambda ticks: ticks // DAY,
    "hour": lambda ticks: ticks // HOUR,
    "minute": lambda ticks: ticks // MINUTE,
    "second": lambda ticks: ticks // SECOND,
    "millisecond": lambda ticks: ticks // 10_000,
}
"""How many periods have begun until an instant: a difference counts the boundaries between two."""


def _datetime_diff(arguments: Sequence[Value]) -> Value:
    period, one, other = (argument.value for argument in arguments)
    if one is None or other is None:
        return null("long")
    return whole(COUNTED[period](one) - COUNTED[period](other))


_LENGTH: Final = {"day": DAY, "hour": HOUR, "minute": MINUTE, "second": SECOND, "week": 7 * DAY}


def _datetime_add(arguments: Sequence[Value]) -> Value:
    period, amount, at = (argument.value for argument in arguments)
    if amount is None or at is None:
        return null("datetime")
    if period in _LENGTH:
        return moment(at + amount * _LENGTH[period])
    day = calendar(at)
    if day.day > 28:
        raise Unspecified("a day that the other month does not have")
    months = amount * {"month": 1, "quarter": 3, "year": 12}[period]
    return moment(_month(day.year * 12 + day.month - 1 + months) + (day.day - 1) * DAY + at % DAY)


def _dayofweek(arguments: Sequence[Value]) -> Value:
    """Days since the last Sunday, as a timespan."""
    if arguments[0].value is None:
        return null("timespan")
    return Value("timespan", calendar(arguments[0].value).isoweekday() % 7 * DAY)


def _make_datetime(arguments: Sequence[Value]) -> Value:
    parts = [argument.value for argument in arguments]
    if any(part is None for part in parts):
        raise Unspecified("a datetime with parts that are null")
    year, month, day, hour, minute, second = [*parts, 0, 0, 0][:6]
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise Unspecified("an hour that no day has")
    try:
        return moment(int(_days(date(year, month, day)) + hour * HOUR + minute * MINUTE + second * SECOND))
    except ValueError:
        return null("datetime")


def _from_unix(ticks_each: int) -> Function:
    def given(arguments: Sequence[Value]) -> Value:
        value = arguments[0].value
        if value is None:
            return null("datetime")
        found = _days(date(1970, 1, 1)) + value * ticks_each
        if not 0 <= found <= LAST_TICK:
            raise Unspecified("a datetime outside of its range")
        return moment(int(found))

    return given


def _typed(kind: KqlType, function: Function) -> Function:
    return lambda arguments: Value(kind, function(arguments).value)


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{f"startof{period}": _starting(period, end=False) for period in ("day", "week", "month", "year")},
    **{f"endof{period}": _starting(period, end=True) for period in ("day", "week", "month", "year")},
    "getyear": _part("year"), "getmonth": _part("month"), "monthofyear": _part("month"), "dayofmonth": _part("day"),
    "dayofyear": _part("dayofyear"), "hourofday": _part("hour"), "datetime_part": _datetime_part,
    "datetime_diff": _datetime_diff, "datetime_add": _datetime_add, "dayofweek": _dayofweek,
    "make_datetime": _make_datetime, "unixtime_seconds_todatetime": _from_unix(SECOND),
    "unixtime_milliseconds_todatetime": _from_unix(10_000),
}  # fmt: skip
