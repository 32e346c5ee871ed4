"""Points in time and durations as query options write them, in ticks of 100 ns.

One text form is used wherever times are compared: `YYYY-MM-DDTHH:MM:SS.fffffffZ`, always UTC, always seven digits.
Its alphabetical order is the order of time, so a plain column can be compared and indexed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

TICKS_PER_SECOND = 10_000_000

EARLIEST = "0001-01-01T00:00:00.0000000Z"
LATEST = "9999-12-31T23:59:59.9999999Z"

_DIGITS = 7
_EPOCH = datetime(1, 1, 1, tzinfo=UTC)

# A '+' that was not percent-encoded reaches the server as a blank, so a blank also opens an offset.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)"
    r"(?:[Tt](\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[Zz]|([+\- ])(\d\d):(\d\d))?|[Zz])?",
    re.ASCII,
)
_CANONICAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,7}))?S)?)?", re.ASCII
)


def canonical_time(value: datetime | str) -> str:
    """The one text form of a point in time: UTC, seven fraction digits, fixed width.

    Text may be a date (midnight UTC), a date with `Z`, or a date and time with up to seven fraction digits and `Z`, an
    offset or nothing, which means UTC.

    Raises: ValueError for a datetime without an offset, for text that is no time, and for times outside the years 1
    to 9999.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; use an aware datetime")
        utc = value.astimezone(UTC)
        return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"
    match = _TIME.fullmatch(value)
    if match is None:
        raise ValueError(f"'{value}' is not a time; write it like 2020-07-20T00:00:00Z")
    day, minutes, seconds, fraction, sign, offset_hours, offset_minutes = match.groups()
    digits = fraction or ""
    if len(digits) > _DIGITS and digits[_DIGITS:].strip("0"):
        raise ValueError(f"'{value}' is finer than 100 ns; at most seven fraction digits are kept")
    try:
        moment = datetime.fromisoformat(f"{day}T{minutes or '00:00'}:{seconds or '00'}")
        if sign is not None:
            if int(offset_hours) > 14 or int(offset_minutes) > 59:
                raise ValueError("offset out of range")
            offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
            moment = moment + offset if sign == "-" else moment - offset
    except (ValueError, OverflowError):
        raise ValueError(f"'{value}' is not a time that exists") from None
    return f"{moment.isoformat()}.{digits[:_DIGITS]:0<7}Z"


def canonical_time_or_none(value: object) -> str | None:
    """Like `canonical_time`, for stored values: what is no time counts as no value."""
    if isinstance(value, str):
        if _CANONICAL.fullmatch(value):
            return value
    elif not isinstance(value, datetime):
        return None
    try:
        return canonical_time(value)
    except ValueError:
        return None


def short_time(canonical: str) -> str:
    """The same time with no more fraction digits than it needs."""
    return canonical[:-1].rstrip("0").rstrip(".") + "Z" if "." in canonical else canonical


def canonical_date(text: str) -> str:
    """A calendar date that exists, as it was written. Raises: ValueError."""
    date.fromisoformat(text)
    return text


def shifted(canonical: str, ticks: int) -> str:
    """The canonical time that lies `ticks` later. Raises: OverflowError outside the years 1 to 9999."""
    whole, fraction = canonical[:-1].split(".")
    since = datetime.fromisoformat(whole).replace(tzinfo=UTC) - _EPOCH
    total = (since.days * 86_400 + since.seconds) * TICKS_PER_SECOND + int(fraction) + ticks
    if total < 0:
        raise OverflowError("before year 1")
    seconds, rest = divmod(total, TICKS_PER_SECOND)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment.replace(tzinfo=None).isoformat()}.{rest:07d}Z"


def from_now(now: datetime, ticks: int) -> str:
    """The canonical time `ticks` after `now`; beyond the known years, the first or the last moment of them."""
    try:
        return shifted(canonical_time(now), ticks)
    except OverflowError:
        return EARLIEST if ticks < 0 else LATEST


def parse_duration(text: str) -> int:
    """Ticks of an ISO 8601 duration such as `P7D` or `-PT1H30M`. Raises: ValueError."""
    match = _DURATION.fullmatch(text)
    if match is None or text[-1:] in ("P", "T"):
        raise ValueError(f"'{text}' is not a duration; write it like P7D or PT1H30M")
    sign, days, hours, minutes, seconds, fraction = match.groups(default="0")
    total = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)
    ticks = total * TICKS_PER_SECOND + int(f"{fraction:0<7}")
    return -ticks if sign == "-" else ticks


def duration_text(ticks: int) -> str:
    """The ISO 8601 form of a number of ticks."""
    seconds, rest = divmod(abs(ticks), TICKS_PER_SECOND)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{rest:07d}".rstrip("0").rstrip(".")
    parts = [(hours, "H"), (minutes, "M")]
    clock = "".join(f"{number}{unit}" for number, unit in parts if number)
    if seconds or fraction or not (clock or days):
        clock += f"{seconds}{fraction}S"
    return f"{'-' if ticks < 0 else ''}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"
