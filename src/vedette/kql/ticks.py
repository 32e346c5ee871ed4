"""Points in time and spans as whole ticks of 100 ns, as Kusto counts them: a datetime from 0001-01-01T00:00:00Z."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

TICKS_PER_SECOND: Final = 10_000_000
TICKS_PER_DAY: Final = 86_400 * TICKS_PER_SECOND
EPOCH_TICKS: Final = 621_355_968_000_000_000
"""1970-01-01."""
MAX_TICKS: Final = 3_155_378_975_999_999_999
"""9999-12-31T23:59:59.9999999Z, the last datetime."""
_YEAR_1: Final = datetime(1, 1, 1, tzinfo=UTC)


def ticks_of(at: datetime) -> int:
    """A point in time; naive ones count as UTC."""
    since = (at if at.tzinfo else at.replace(tzinfo=UTC)) - _YEAR_1
    return (since.days * 86_400 + since.seconds) * TICKS_PER_SECOND + since.microseconds * 10


def datetime_of(ticks: int) -> datetime:
    """The point in time, aware and in UTC; the last digit of 100 ns is cut."""
    return _YEAR_1 + timedelta(microseconds=ticks // 10)


def ticks_of_timedelta(span: timedelta) -> int:
    """A span."""
    return (span.days * 86_400 + span.seconds) * TICKS_PER_SECOND + span.microseconds * 10


def timedelta_of(ticks: int) -> timedelta:
    """The span; the last digit of 100 ns is cut towards the past."""
    return timedelta(microseconds=ticks // 10)


def datetime_text(ticks: int) -> str:
    """As Kusto prints it: `2024-02-29T12:30:00.0000000Z`."""
    return f"{datetime_of(ticks):%Y-%m-%dT%H:%M:%S}.{ticks % TICKS_PER_SECOND:07}Z".rjust(28, "0")


def timespan_text(ticks: int) -> str:
    """As Kusto prints it: `[-][d.]hh:mm:ss[.fffffff]`."""
    sign, rest = ("-", -ticks) if ticks < 0 else ("", ticks)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return sign + (f"{days}." if days else "") + clock + (f".{fraction:07}" if fraction else "")
