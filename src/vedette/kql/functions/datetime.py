"""Functions of points in time and spans: the clock, the calendar, bins, time zones, and their formats.

Reading a time from text (`todatetime`, `totimespan`) is a conversion; sums and differences are operators.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY: Final = Family("datetime")

FAMILY.add("now(offset: timespan?) -> datetime", says="The time at which the query began, moved by an offset.")
FAMILY.add("ago(timespan: timespan) -> datetime", says="The time at which the query began, less a span.")

FAMILY.add(
    "datetime_add(part: string, value: integer, datetime: datetime) -> datetime",
    says="A time moved by so many years, months, days or other parts; the day is cut to the month's last.",
)
FAMILY.add(
    "datetime_diff(part: string, datetime1: datetime, datetime2: datetime) -> long",
    says="How many boundaries of a part (of years, weeks, hours, …) lie between the second time and the first.",
)
FAMILY.add(
    "datetime_part(part: string, date: datetime) -> int",
    says="One part of a time, such as its quarter, its hour or its microseconds.",
    deprecated=("datepart",),
)

_PARTS: Final = (
    ("dayofweek", "timespan", "The time since Sunday of the same week, in whole days.", "day-of-week-function"),
    ("dayofmonth", "int", "The day of the month, from 1.", "day-of-month-function"),
    ("dayofyear", "int", "The day of the year, from 1.", "day-of-year-function"),
    ("hourofday", "int", "The hour, from 0 to 23.", "hour-of-day-function"),
    ("week_of_year", "int", "The number of the ISO 8601 week.", "week-of-year-function"),
    ("monthofyear", "int", "The month, from 1 to 12.", "month-of-year-function"),
    ("getyear", "int", "The year.", "getyear-function"),
    ("getmonth", "int", "The month, from 1 to 12.", "getmonth-function"),
)
for _name, _type, _says, _page in _PARTS:
    FAMILY.add(f"{_name}(date: datetime) -> {_type}", says=_says, source=DOCS + _page)
FAMILY.add(
    "weekofyear(date: datetime) -> int",
    says="The number of the week, where the year's first week holds its first Wednesday; `week_of_year` follows ISO.",
    source=f"{DOCS}week-of-year-function",
)

FAMILY.functions["weekofyear"] = replace(FAMILY.functions["weekofyear"], deprecated="week_of_year")

for _part in ("day", "week", "month", "year"):
    _week = ", which begins on Sunday" * (_part == "week")
    FAMILY.add(
        f"startof{_part}(date: datetime, offset: long?) -> datetime",
        says=f"When the {_part} of a time begins{_week}; the offset moves it by so many {_part}s.",
        naming="first" if _part == "day" else "none",
    )
    FAMILY.add(
        f"endof{_part}(date: datetime, offset: long?) -> datetime",
        says=f"The last tick of the {_part} of a time; the offset moves it by so many {_part}s.",
    )

FAMILY.add(
    "make_datetime(year: number, month: number, day: number, hour: number?, minute: number?, second: number?)"
    " -> datetime",
    "make_datetime(value: scalar) -> datetime",
    says="A time from its parts; null when there is no such time.",
    naming="only",
)
FAMILY.add(
    "make_timespan(days: integer, hours: integer, minutes: integer, seconds: number) -> timespan",
    "make_timespan(hours: integer, minutes: integer, seconds: number?) -> timespan",
    "make_timespan(value: scalar) -> timespan",
    says="A span from its parts; null when one is out of its range.",
    naming="only",
)
FAMILY.add(
    "format_datetime(date: datetime, format: string) -> string",
    says="A time as text in a format such as yyyy-MM-dd HH:mm:ss.",
    naming="first",
)
FAMILY.add(
    "format_timespan(timespan: timespan, format: string) -> string",
    says="A span as text in a format such as d.hh:mm:ss.",
    naming="first",
)

for _unit in ("seconds", "milliseconds", "microseconds", "nanoseconds"):
    FAMILY.add(
        f"unixtime_{_unit}_todatetime(number: number) -> datetime",
        says=f"The time so many {_unit} after 1970-01-01.",
    )

FAMILY.add(
    "datetime_utc_to_local(from: datetime, timezone: string) -> datetime",
    says="What clocks in a time zone show at a time.",
)
FAMILY.add(
    "datetime_local_to_utc(from: datetime, timezone: string) -> datetime",
    says="The time at which clocks in a time zone show this.",
)
FAMILY.add(
    "datetime_list_timezones() -> dynamic",
    says="The names of all time zones.",
    source=f"{DOCS}datetime-list-timezones",
)

FAMILY.add(
    "bin(value: number, roundTo: number) -> widest",
    "bin(value: timespan, roundTo: timespan) -> timespan",
    "bin(value: datetime, roundTo: datetime) -> datetime",
    "bin(value: datetime, roundTo: timespan) -> datetime",
    says="The largest multiple of the bin's size that is not above the value.",
    naming="first",
    aliases=("floor",),
)
FAMILY.add(
    "bin_at(value: number, bin_size: number, fixed_point: number) -> widest",
    "bin_at(value: timespan, bin_size: timespan, fixed_point: timespan) -> timespan",
    "bin_at(value: datetime, bin_size: timespan, fixed_point: datetime) -> datetime",
    says="Like bin, with bins laid so that one begins at the fixed point.",
    naming="first",
)
FAMILY.add(
    "bin_auto(value: summable) -> first",
    says="Like bin_at, with size and fixed point set before the query as query_bin_auto_size and query_bin_auto_at.",
    naming="first",
)
