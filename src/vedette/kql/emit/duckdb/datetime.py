"""Times in SQL. All of it is whole numbers where months do not matter, and SQL's own calendar where they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vedette.kql.bound import Bound, Call, Const
from vedette.kql.emit.duckdb.numbers import as_decimal, as_long, as_real
from vedette.kql.emit.duckdb.registry import EMITTERS, emits, macro, simple
from vedette.kql.emit.duckdb.sql import SQL_TYPE, text
from vedette.kql.kernels import datetime as kernels
from vedette.kql.kernels.datetime import MONTHS, PARTS, PERIODS, SPANS, TICKS_PER_HOUR, TICKS_PER_MINUTE
from vedette.kql.ticks import EPOCH_TICKS, MAX_TICKS, TICKS_PER_DAY, TICKS_PER_SECOND
from vedette.kql.values import encode_json

_WEEK: Final = SPANS["week"]

macro("kql_month_start(t, n)", "kql_ticks_of_us(date_trunc('month', kql_timestamp(t)) + to_months(n))")
macro("kql_year_start(t, n)", "kql_ticks_of_us(date_trunc('year', kql_timestamp(t)) + to_months(12 * n))")
macro("kql_add_months(t, n)", "(kql_ticks_of_us(kql_timestamp(t) + to_months(n)) + t % 10)")
macro("kql_datetime_in_range(t)", f"CASE WHEN t BETWEEN 0 AND {MAX_TICKS} THEN t END")
macro("kql_week_start(t)", f"(t - (t + {TICKS_PER_DAY}) % {_WEEK})")
macro("kql_quarter(t)", "(year(kql_timestamp(t)) * 4 + quarter(kql_timestamp(t)))")
macro("kql_month(t)", "(year(kql_timestamp(t)) * 12 + month(kql_timestamp(t)))")


def _outside_queries(call: Call, *args: str) -> str:
    raise ValueError(f"{call.name}() needs the time of a query")


for _name in ("now", "ago"):
    EMITTERS[_name] = _outside_queries

# Parts

simple(f"((({{0}}) // {TICKS_PER_DAY} + 1) % 7 * {TICKS_PER_DAY})", "dayofweek")
_PART_SQL: Final = {
    "year": "year(kql_timestamp({0}))::INTEGER",
    "quarter": "quarter(kql_timestamp({0}))::INTEGER",
    "month": "month(kql_timestamp({0}))::INTEGER",
    "week_of_year": "weekofyear(kql_timestamp({0}))::INTEGER",
    "weekofyear": "kql_weekofyear({0})",
    "day": "day(kql_timestamp({0}))::INTEGER",
    "dayofyear": "dayofyear(kql_timestamp({0}))::INTEGER",
    "hour": f"(({{0}}) // {TICKS_PER_HOUR} % 24)::INTEGER",
    "minute": f"(({{0}}) // {TICKS_PER_MINUTE} % 60)::INTEGER",
    "second": f"(({{0}}) // {TICKS_PER_SECOND} % 60)::INTEGER",
    "millisecond": f"(({{0}}) % {TICKS_PER_SECOND} // 10000)::INTEGER",
    "microsecond": f"(({{0}}) % {TICKS_PER_SECOND} // 10)::INTEGER",
    "nanosecond": f"(({{0}}) % {TICKS_PER_SECOND} * 100)::INTEGER",
}
simple(_PART_SQL["day"], "dayofmonth")
simple(_PART_SQL["dayofyear"], "dayofyear")
simple(_PART_SQL["hour"], "hourofday")
simple(_PART_SQL["week_of_year"], "week_of_year")
simple(_PART_SQL["month"], "monthofyear", "getmonth")
simple(_PART_SQL["year"], "getyear")


def _constant_part(call: Call, known: tuple[str, ...]) -> str | None:
    """The part that a constant first argument names; None when it is no constant."""
    first = call.args[0]
    if not isinstance(first, Const):
        return None
    part = str(first.value).lower()
    if part not in known:
        raise ValueError(f"{call.name}: '{first.value}' is no part of a time; there are {', '.join(known)}")
    return part


@emits("datetime_part")
def _datetime_part(call: Call, part: str, at: str) -> str:
    known = _constant_part(call, PARTS)
    return _PART_SQL[known].format(at) if known else f"kql_datetime_part({part}, {at})"


@emits("datetime_add")
def _datetime_add(call: Call, part: str, value: str, at: str) -> str:
    known = _constant_part(call, PERIODS)
    count = as_long(call.args[1], value)
    if known is None:
        return f"kql_datetime_add({part}, {count}, {at})"
    if known in MONTHS:
        return f"kql_datetime_in_range(kql_add_months({at}, {count} * {MONTHS[known]}))"
    moved = f"CAST(floor({count} / 100) AS BIGINT)" if known == "nanosecond" else f"{count} * {SPANS[known]}"
    return f"kql_datetime_in_range(({at}) + {moved})"


@emits("datetime_diff")
def _datetime_diff(call: Call, part: str, later: str, earlier: str) -> str:
    match known := _constant_part(call, PERIODS):
        case None:
            return f"kql_datetime_diff({part}, {later}, {earlier})"
        case "year":
            return f"(year(kql_timestamp({later})) - year(kql_timestamp({earlier})))"
        case "quarter" | "month":
            return f"(kql_{known}({later}) - kql_{known}({earlier}))"
        case "week":
            return f"((kql_week_start({later}) - kql_week_start({earlier})) // {_WEEK})"
        case "nanosecond":
            return f"((({later}) - ({earlier})) * 100)"
        case _:
            return f"(({later}) // {SPANS[known]} - ({earlier}) // {SPANS[known]})"


# Starts and ends


_STARTS: Final[dict[str, tuple[str, str]]] = {
    "day": (f"({{0}} - {{0}} % {TICKS_PER_DAY})", f"({{0}} - {{0}} % {TICKS_PER_DAY} + {{1}} * {TICKS_PER_DAY})"),
    "week": ("kql_week_start({0})", f"(kql_week_start({{0}}) + {{1}} * {_WEEK})"),
    "month": ("kql_month_start({0}, 0)", "kql_month_start({0}, {1})"),
    "year": ("kql_year_start({0}, 0)", "kql_year_start({0}, {1})"),
}
"""Part of the calendar → when it begins: of a time, and of a time moved by an offset."""


def _start(part: str) -> Callable[..., str]:
    def emitter(call: Call, *args: str) -> str:
        return _STARTS[part][len(args) - 1].format(*args)

    return emitter


def _end(part: str) -> Callable[..., str]:
    def emitter(call: Call, at: str, offset: str = "") -> str:
        following = f"({offset} + 1)" if offset else "1"
        return f"({_STARTS[part][1].format(at, following)} - 1)"

    return emitter


for _part in _STARTS:
    EMITTERS[f"startof{_part}"] = _start(_part)
    EMITTERS[f"endof{_part}"] = _end(_part)

# Making times


@emits("make_datetime")
def _make_datetime(call: Call, *args: str) -> str:
    if len(args) == 1:
        return EMITTERS["todatetime"](Call("datetime", "todatetime", call.args), *args)
    whole = [as_long(arg, sql) for arg, sql in zip(call.args[:5], args[:5], strict=True)]
    year, month, day, hour, minute = whole + ["0"] * (5 - len(whole))
    second = as_real(call.args[5], args[5]) if len(args) == 6 else "0"
    return f"kql_make_datetime({year}, {month}, {day}, {hour}, {minute}, {second})"


@emits("make_timespan")
def _make_timespan(call: Call, *args: str) -> str:
    if len(args) == 1:
        return EMITTERS["totimespan"](Call("timespan", "totimespan", call.args), *args)
    pairs = list(zip(call.args, args, strict=True))
    day = as_long(*pairs.pop(0)) if len(pairs) == 4 else "0"
    hour, minute = as_long(*pairs[0]), as_long(*pairs[1])
    second = as_real(*pairs[2]) if len(pairs) == 3 else "0"
    return f"kql_make_timespan({day}, {hour}, {minute}, {second})"


def _unixtime(ticks: str, real: str) -> Callable[..., str]:
    """ticks: of a whole number {0}; real: of a real number {0}, rounded here."""

    def emitter(call: Call, number: str) -> str:
        if call.args[0].type in ("int", "long"):
            value = f"TRY({ticks.format(as_long(call.args[0], number))})"
        else:
            value = f"TRY_CAST(round({real.format(as_real(call.args[0], number))}) AS BIGINT)"
        return f"kql_datetime_in_range({value} + {EPOCH_TICKS})"

    return emitter


for _unit, _ticks in (("seconds", TICKS_PER_SECOND), ("milliseconds", 10_000), ("microseconds", 10)):
    EMITTERS[f"unixtime_{_unit}_todatetime"] = _unixtime(f"{{0}} * {_ticks}", f"{{0}} * {_ticks}")
EMITTERS["unixtime_nanoseconds_todatetime"] = _unixtime("({0}) // 100", "trunc({0} / 100)")

# Formats

_STRFTIME: Final = {
    "yyyy": "%Y", "yy": "%y", "y": "%-y", "MM": "%m", "M": "%-m", "dd": "%d", "d": "%-d", "HH": "%H", "H": "%-H",
    "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S", "tt": "%p",
}  # fmt: skip


@emits("format_datetime")
def _format_datetime(call: Call, at: str, format: str) -> str:
    chosen = call.args[1]
    if not isinstance(chosen, Const):
        return f"kql_format_datetime({at}, {format})"
    parts: list[str] = []
    run = ""
    for piece in kernels.datetime_format(str(chosen.value)):
        if piece[0] in "fF":
            if run:
                parts.append(f"strftime(kql_timestamp({at}), {text(run)})")
            parts.append(_fraction(piece, at))
            run = ""
        else:
            run += _STRFTIME.get(piece, piece)
    if run:
        parts.append(f"strftime(kql_timestamp({at}), {text(run)})")
    return f"coalesce({' || '.join(parts) or text('')}, '')"


def _fraction(piece: str, ticks: str) -> str:
    digits = f"lpad((({ticks}) % {TICKS_PER_SECOND} // {10 ** (7 - len(piece))})::VARCHAR, {len(piece)}, '0')"
    return f"rtrim({digits}, '0')" if piece[0] == "F" else digits


@emits("format_timespan")
def _format_timespan(call: Call, span: str, format: str) -> str:
    chosen = call.args[1]
    if not isinstance(chosen, Const):
        return f"kql_format_timespan({span}, {format})"
    ticks = f"abs({span})"
    numbers = {
        "d": f"({ticks} // {TICKS_PER_DAY})::VARCHAR",
        "h": f"({ticks} // {TICKS_PER_HOUR} % 24)::VARCHAR",
        "H": f"({ticks} // {TICKS_PER_HOUR} % 24)::VARCHAR",
        "m": f"({ticks} // {TICKS_PER_MINUTE} % 60)::VARCHAR",
        "s": f"({ticks} // {TICKS_PER_SECOND} % 60)::VARCHAR",
    }
    parts: list[str] = []
    for piece in kernels.timespan_format(str(chosen.value)):
        if piece[0] in numbers:
            number = numbers[piece[0]]
            parts.append(
                f"lpad({number}, greatest({len(piece)}, length({number}))::INTEGER, '0')" if len(piece) > 1 else number
            )
        else:
            parts.append(_fraction(piece, ticks) if piece[0] in "fF" else text(piece))
    return f"coalesce({' || '.join(parts) or text('')}, '')"


# Time zones: kernels, but a wrong name is told before the query runs


@emits("datetime_utc_to_local", "datetime_local_to_utc")
def _moved(call: Call, at: str, timezone: str) -> str:
    chosen = call.args[1]
    if isinstance(chosen, Const):
        kernels.zone(str(chosen.value), call.name)
    return f"kql_{call.name}({at}, {timezone})"


@emits("datetime_list_timezones")
def _list_timezones(call: Call) -> str:
    return f"{text(encode_json(kernels.datetime_list_timezones()))}::JSON"


# Bins

# A remainder below zero is moved up by one size, which cannot overflow as `(x % s + s) % s` can. A multiple that is
# less than the smallest long is null, and no error: engines compute bins of rows that a join or a filter drops.
# `TRY` does not do here: it takes no aggregate and no subquery.
macro("kql_bin_long(x, s)", "TRY_CAST(x::HUGEINT - (x % s + CASE WHEN x % s < 0 THEN s ELSE 0 END) AS BIGINT)")
macro("kql_bin_real(x, s)", "(floor(x / s) * s)")
macro(
    "kql_bin_at_long(x, s, p)",
    "TRY_CAST(x::HUGEINT - ((x::HUGEINT - p) % s + CASE WHEN (x::HUGEINT - p) % s < 0 THEN s ELSE 0 END) AS BIGINT)",
)
macro("kql_bin_at_real(x, s, p)", "(p + floor((x - p) / s) * s)")


def _sized(call: Call, size: Bound, sql: str, binned: Callable[[str], str]) -> str:
    """The bin for a positive size; null otherwise."""
    if isinstance(size, Const):
        positive = size.value is not None and float(str(size.value)) > 0
        return binned(sql) if positive else f"NULL::{SQL_TYPE[call.type]}"
    return f"CASE WHEN {sql} > 0 THEN {binned(sql)} END"


@emits("bin")
def _bin(call: Call, value: str, size: str) -> str:
    of, by = call.args
    match call.type:
        case "real":
            return _sized(call, by, as_real(by, size), lambda step: f"kql_bin_real({as_real(of, value)}, {step})")
        case "decimal":
            return f"kql_decimal_bin_at({as_decimal(of, value)}, {as_decimal(by, size)}, 0::DECIMAL(38, 18))"
        case "datetime":
            return _sized(call, by, size, lambda step: f"(({value} // {step}) * {step})")
        case _:
            whole = as_long(of, value)
            return _sized(call, by, as_long(by, size), lambda step: f"kql_bin_long({whole}, {step})")


@emits("bin_at")
def _bin_at(call: Call, value: str, size: str, point: str) -> str:
    of, by, at = call.args
    if call.type == "decimal":
        return f"kql_decimal_bin_at({as_decimal(of, value)}, {as_decimal(by, size)}, {as_decimal(at, point)})"
    if call.type == "real":
        fixed = as_real(at, point)
        return _sized(
            call, by, as_real(by, size), lambda step: f"kql_bin_at_real({as_real(of, value)}, {step}, {fixed})"
        )
    fixed = as_long(at, point)
    return _sized(call, by, as_long(by, size), lambda step: f"kql_bin_at_long({as_long(of, value)}, {step}, {fixed})")


@emits("bin_auto")
def _bin_auto(call: Call, value: str) -> str:
    raise ValueError("bin_auto() needs a size: write `set query_bin_auto_size=1h;` before the query")
