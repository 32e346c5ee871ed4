"""The calendar over ticks: parts of times, sums, formats and time zones. Constant folding uses it as well."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from vedette.kql.kernels.kernel import kernel
from vedette.kql.ticks import EPOCH_TICKS, MAX_TICKS, TICKS_PER_DAY, TICKS_PER_SECOND

TICKS_PER_HOUR: Final = 3600 * TICKS_PER_SECOND
TICKS_PER_MINUTE: Final = 60 * TICKS_PER_SECOND
SPANS: Final = {
    "week": 7 * TICKS_PER_DAY,
    "day": TICKS_PER_DAY,
    "hour": TICKS_PER_HOUR,
    "minute": TICKS_PER_MINUTE,
    "second": TICKS_PER_SECOND,
    "millisecond": 10_000,
    "microsecond": 10,
}
"""Parts of fixed length → ticks."""
MONTHS: Final = {"year": 12, "quarter": 3, "month": 1}
"""Parts of the calendar → months."""
PERIODS: Final = (*MONTHS, *SPANS, "nanosecond")
"""What `datetime_add` and `datetime_diff` count."""


def in_range(ticks: int) -> int | None:
    """The time; null when it is outside the years 1 to 9999."""
    return ticks if 0 <= ticks <= MAX_TICKS else None


def day_of(ticks: int) -> date:
    """The day of a time."""
    return date.fromordinal(ticks // TICKS_PER_DAY + 1)


def ticks_of_day(day: date) -> int:
    """When a day begins."""
    return (day.toordinal() - 1) * TICKS_PER_DAY


def month_start(ticks: int, months: int) -> int | None:
    """When the month begins that lies so many months after that of a time."""
    day = day_of(ticks)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year == 10_000 and month == 0:
        return MAX_TICKS + 1
    return ticks_of_day(date(year, month + 1, 1)) if 1 <= year <= 9999 else None


def add_months(ticks: int, months: int) -> int | None:
    """A time moved by months; the day is cut to the last of its month."""
    day = day_of(ticks)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        return None
    last = calendar.monthrange(year, month + 1)[1]
    return ticks_of_day(date(year, month + 1, min(day.day, last))) + ticks % TICKS_PER_DAY


def week_start(ticks: int) -> int:
    """When the week begins, on Sunday. The first day of all times is a Monday."""
    return ticks - (ticks + TICKS_PER_DAY) % SPANS["week"]


def iso_week(ticks: int) -> int:
    """The number of the week by ISO 8601."""
    return day_of(ticks).isocalendar().week


def wednesday_week(ticks: int) -> int:
    """The number of the week, Sunday to Saturday, of the year in which its Wednesday lies."""
    middle = min(max(week_start(ticks) + 3 * TICKS_PER_DAY, 0), MAX_TICKS)
    return (day_of(middle).timetuple().tm_yday - 1) // 7 + 1


@kernel("string", "long", "datetime", returns="datetime")
def datetime_add(part: str, value: int | None, at: int | None) -> int | None:
    period = _period(part, PERIODS, "datetime_add")
    if value is None or at is None:
        return None
    if period in MONTHS:
        return add_months(at, value * MONTHS[period])
    return in_range(at + (value // 100 if period == "nanosecond" else value * SPANS[period]))


@kernel("string", "datetime", "datetime", returns="long")
def datetime_diff(part: str, later: int | None, earlier: int | None) -> int | None:
    period = _period(part, PERIODS, "datetime_diff")
    if later is None or earlier is None:
        return None
    if period in MONTHS:
        first, last = day_of(earlier), day_of(later)
        size = MONTHS[period]
        return (last.year * 12 + last.month - 1) // size - (first.year * 12 + first.month - 1) // size
    if period == "week":
        return (week_start(later) - week_start(earlier)) // SPANS["week"]
    if period == "nanosecond":
        return (later - earlier) * 100
    return later // SPANS[period] - earlier // SPANS[period]


PARTS: Final = (
    "year", "quarter", "month", "week_of_year", "weekofyear", "day", "dayofyear", "hour", "minute", "second",
    "millisecond", "microsecond", "nanosecond",
)  # fmt: skip
"""What `datetime_part` tells."""


@kernel("string", "datetime", returns="int")
def datetime_part(part: str, at: int | None) -> int | None:
    known = _period(part, PARTS, "datetime_part")
    if at is None:
        return None
    day, clock = day_of(at), at % TICKS_PER_DAY
    match known:
        case "year":
            return day.year
        case "quarter":
            return (day.month + 2) // 3
        case "month":
            return day.month
        case "week_of_year":
            return iso_week(at)
        case "weekofyear":
            return wednesday_week(at)
        case "day":
            return day.day
        case "dayofyear":
            return day.timetuple().tm_yday
        case "hour":
            return clock // TICKS_PER_HOUR
        case "minute":
            return clock // TICKS_PER_MINUTE % 60
        case "second":
            return clock // TICKS_PER_SECOND % 60
        case "millisecond":
            return clock % TICKS_PER_SECOND // 10_000
        case "microsecond":
            return clock % TICKS_PER_SECOND // 10
        case _:
            return clock % TICKS_PER_SECOND * 100


def _period(part: str, known: tuple[str, ...], function: str) -> str:
    lower = part.lower()
    if lower not in known:
        raise ValueError(f"{function}: '{part}' is no part of a time; there are {', '.join(known)}")
    return lower


@kernel("datetime", returns="int")
def weekofyear(at: int | None) -> int | None:
    return None if at is None else wednesday_week(at)


@kernel("long", "long", "long", "long", "long", "real", returns="datetime")
def make_datetime(
    year: int | None, month: int | None, day: int | None, hour: int | None, minute: int | None, second: float | None
) -> int | None:
    if year is None or month is None or day is None or hour is None or minute is None or second is None:
        return None
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second < 60):
        return None
    try:
        start = ticks_of_day(date(year, month, day))
    except (ValueError, OverflowError):
        return None
    return start + hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE + round(second * TICKS_PER_SECOND)


@kernel("long", "long", "long", "real", returns="timespan")
def make_timespan(day: int | None, hour: int | None, minute: int | None, second: float | None) -> int | None:
    if day is None or hour is None or minute is None or second is None:
        return None
    if not (0 <= day <= 10_675_198 and 0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second < 60):
        return None
    clock = hour * TICKS_PER_HOUR + minute * TICKS_PER_MINUTE + round(second * TICKS_PER_SECOND)
    return day * TICKS_PER_DAY + clock


# Formats

DELIMITERS: Final = frozenset(" /-:,._[]")
_DATETIME_LONGEST: Final = {"d": 2, "f": 7, "F": 7, "h": 2, "H": 2, "m": 2, "M": 2, "s": 2, "y": 4, "t": 2}
_TIMESPAN_LONGEST: Final = {"d": 8, "f": 7, "F": 7, "h": 2, "H": 2, "m": 2, "s": 2}


def datetime_format(text: str) -> tuple[str, ...]:
    """A format's pieces: runs of one letter, and delimiters."""
    pieces = _pieces(text, "format_datetime")
    for piece in pieces:
        if piece in ("t", "yyy"):
            raise ValueError(f"format_datetime: there is no '{piece}' in formats")
    return pieces


def timespan_format(text: str) -> tuple[str, ...]:
    """A format's pieces: runs of one letter, and delimiters."""
    return _pieces(text, "format_timespan")


@lru_cache(maxsize=256)
def _pieces(text: str, function: str) -> tuple[str, ...]:
    known = _DATETIME_LONGEST if function == "format_datetime" else _TIMESPAN_LONGEST
    pieces: list[str] = []
    for letter in text:
        if pieces and pieces[-1][0] == letter and letter in known:
            pieces[-1] += letter
        elif letter in known or letter in DELIMITERS:
            pieces.append(letter)
        else:
            raise ValueError(f"{function}: '{letter}' has no meaning in formats")
    for piece in pieces:
        if len(piece) > known.get(piece[0], 1):
            raise ValueError(f"{function}: '{piece}' is too long for a format")
    return tuple(pieces)


def _fraction(piece: str, ticks: int) -> str:
    digits = f"{ticks % TICKS_PER_SECOND:07}"[: len(piece)]
    return digits.rstrip("0") if piece[0] == "F" else digits


@kernel("datetime", "string", returns="string")
def format_datetime(at: int | None, format: str) -> str:
    pieces = datetime_format(format)
    if at is None:
        return ""
    day, clock = day_of(at), at % TICKS_PER_DAY
    hour = clock // TICKS_PER_HOUR
    numbers = {
        "d": day.day,
        "h": (hour + 11) % 12 + 1,
        "H": hour,
        "m": clock // TICKS_PER_MINUTE % 60,
        "M": day.month,
        "s": clock // TICKS_PER_SECOND % 60,
    }
    said: list[str] = []
    for piece in pieces:
        letter = piece[0]
        if letter in numbers:
            said.append(f"{numbers[letter]:0{len(piece)}}")
        elif letter in "fF":
            said.append(_fraction(piece, clock))
        elif letter == "y":
            said.append(f"{day.year if len(piece) == 4 else day.year % 100:0{len(piece)}}")
        elif letter == "t":
            said.append("AM" if hour < 12 else "PM")
        else:
            said.append(piece)
    return "".join(said)


@kernel("timespan", "string", returns="string")
def format_timespan(span: int | None, format: str) -> str:
    pieces = timespan_format(format)
    if span is None:
        return ""
    ticks = abs(span)
    hour = ticks // TICKS_PER_HOUR % 24
    numbers = {
        "d": ticks // TICKS_PER_DAY,
        "h": hour,
        "H": hour,
        "m": ticks // TICKS_PER_MINUTE % 60,
        "s": ticks // TICKS_PER_SECOND % 60,
    }
    return "".join(
        f"{numbers[piece[0]]:0{len(piece)}}"
        if piece[0] in numbers
        else _fraction(piece, ticks)
        if piece[0] in "fF"
        else piece
        for piece in pieces
    )


# Time zones


def zone(name: str, function: str) -> ZoneInfo:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{function}: there is no time zone '{name}'") from error


@kernel("datetime", "string", returns="datetime")
def datetime_utc_to_local(at: int | None, timezone: str) -> int | None:
    place = zone(timezone, "datetime_utc_to_local")
    return None if at is None else in_range(at + _offset(at, place))


@kernel("datetime", "string", returns="datetime")
def datetime_local_to_utc(at: int | None, timezone: str) -> int | None:
    place = zone(timezone, "datetime_local_to_utc")
    if at is None:
        return None
    # Where clocks are moved, an hour is shown never or twice: the offset after the move counts then.
    shown = (_EPOCH + timedelta(seconds=(at - EPOCH_TICKS) // TICKS_PER_SECOND)).replace(tzinfo=place, fold=1)
    return in_range(at - _ticks(shown.utcoffset()))


def datetime_list_timezones() -> list[str]:
    """The names of all zones."""
    return sorted(available_timezones())


_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  (what a clock shows, wherever it is)


def _offset(at: int, place: ZoneInfo) -> int:
    if not TICKS_PER_DAY <= at <= MAX_TICKS - TICKS_PER_DAY:
        return 0
    seconds = (at - EPOCH_TICKS) // TICKS_PER_SECOND
    return _ticks((_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=UTC).astimezone(place).utcoffset())


def _ticks(offset: timedelta | None) -> int:
    assert offset is not None
    return (offset.days * 86_400 + offset.seconds) * TICKS_PER_SECOND
