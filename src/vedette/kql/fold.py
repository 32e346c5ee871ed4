"""Calls of constants, computed while compiling, so that engines see `datetime` bounds and not the arithmetic behind."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from math import isfinite
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Bound, Call, Const
from vedette.kql.kernels import datetime as times
from vedette.kql.kernels.arithmetic import truncated
from vedette.kql.ticks import EPOCH_TICKS, TICKS_PER_DAY, TICKS_PER_SECOND, datetime_text, timespan_text

_WHOLE: Final[frozenset[KqlType]] = frozenset({"int", "long", "datetime", "timespan"})
"""Types whose values are whole numbers: ticks are."""


def fold(call: Call) -> Bound:
    """The constant that a call of constants gives, where it is exact; the call itself otherwise."""
    folder = _FOLDERS.get(call.name)
    if folder is None or not all(isinstance(arg, Const) for arg in call.args):
        return call
    constants = [arg for arg in call.args if isinstance(arg, Const)]
    try:
        value = folder(call, constants)
    except (ArithmeticError, ValueError, TypeError, LookupError):
        return call
    if value is UNSURE or not _fits(call.type, value):
        return call
    return Const(call.type, value, span=call.span)


class _Unsure:
    """What a folder gives when it leaves a call to the engine."""


UNSURE: Final = _Unsure()
_Folder = Callable[[Call, list[Const]], object]


def _fits(type: KqlType, value: object) -> bool:
    match type:
        case "int":
            return value is None or (isinstance(value, int) and -(2**31) <= value < 2**31)
        case "long" | "timespan":
            return value is None or (isinstance(value, int) and -(2**63) <= value < 2**63)
        case "real":
            return value is None or isinstance(value, float)
        case "datetime":
            return value is None or isinstance(value, int)
        case "string":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "dynamic":
            return isinstance(value, list)
        case _:
            return False


def _whole(const: Const) -> int | None:
    """The value of a constant whose type holds whole numbers."""
    if const.type not in _WHOLE or (const.value is not None and not isinstance(const.value, int)):
        raise TypeError
    return const.value if isinstance(const.value, int) else None


# Arithmetic


def _arithmetic(call: Call, args: list[Const]) -> object:
    left, right = args
    if call.type == "real":
        return _real_arithmetic(call, left, right)
    if {left.type, right.type} <= _WHOLE:
        one, other = _whole(left), _whole(right)
        return None if one is None or other is None else _whole_arithmetic(call, one, other)
    if call.type == "timespan" and call.name in ("*", "/") and {left.type, right.type} == {"timespan", "real"}:
        return _scaled(call, left, right)
    return UNSURE


def _whole_arithmetic(call: Call, left: int, right: int) -> int | None:
    match call.name:
        case "+":
            result: int | None = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            result = truncated(left, right) if right else None
        case _:
            result = left % abs(right) if right else None
    return times.in_range(result) if result is not None and call.type == "datetime" else result


def _real_arithmetic(call: Call, left: Const, right: Const) -> object:
    if left.value is None or right.value is None:
        return None
    if {left.type, right.type} <= {"timespan", "datetime"} or {left.type, right.type} <= {"int", "long", "real"}:
        one, other = float(str(left.value)), float(str(right.value))
        exact = all(const.type == "real" or abs(float(str(const.value))) <= 2**53 for const in (left, right))
        if exact and call.name in ("+", "-", "*"):
            return {"+": operator.add, "-": operator.sub, "*": operator.mul}[call.name](one, other)
        if exact and call.name == "/" and other:
            return one / other
    return UNSURE


def _scaled(call: Call, left: Const, right: Const) -> object:
    if left.value is None or right.value is None:
        return None
    one, other = float(str(left.value)), float(str(right.value))
    if call.name == "*":
        return int(one * other)
    return int(one / other) if left.type == "timespan" and other else UNSURE


def _negative(call: Call, args: list[Const]) -> object:
    value = args[0].value
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or (call.type == "datetime"):
        return UNSURE
    return -value


# Comparisons and logic of whole numbers and truths, as assert() wants them


def _compare(test: Callable[[int, int], bool]) -> _Folder:
    def folder(call: Call, args: list[Const]) -> object:
        if args[0].type != args[1].type and not {args[0].type, args[1].type} <= {"int", "long"}:
            return UNSURE
        left, right = _whole(args[0]), _whole(args[1])
        return UNSURE if left is None or right is None else test(left, right)

    return folder


def _equal(negated: bool) -> _Folder:
    compared = _compare(operator.ne if negated else operator.eq)

    def folder(call: Call, args: list[Const]) -> object:
        if args[0].type == args[1].type == "string":
            return (args[0].value == args[1].value) != negated
        return compared(call, args)

    return folder


def _not(call: Call, args: list[Const]) -> object:
    return not args[0].value if isinstance(args[0].value, bool) else UNSURE


# Times


def _of_time(function: Callable[[int], int | None]) -> _Folder:
    def folder(call: Call, args: list[Const]) -> object:
        at = _whole(args[0])
        return None if at is None else function(at)

    return folder


def _shifted(function: Callable[[int, int], int | None]) -> _Folder:
    """Of a time and an offset that may be missing."""

    def folder(call: Call, args: list[Const]) -> object:
        at = _whole(args[0])
        offset = _whole(args[1]) if len(args) > 1 else 0
        if at is None or offset is None:
            return None
        result = function(at, offset)
        return UNSURE if result is None or times.in_range(result) is None else result

    return folder


def _end(start: Callable[[int, int], int | None]) -> Callable[[int, int], int | None]:
    def end(at: int, offset: int) -> int | None:
        following = start(at, offset + 1)
        return None if following is None else following - 1

    return end


def _year_start(at: int, years: int) -> int | None:
    january = at - (times.day_of(at).timetuple().tm_yday - 1) * TICKS_PER_DAY
    return times.month_start(january, 12 * years)


_STARTS: Final[dict[str, Callable[[int, int], int | None]]] = {
    "day": lambda at, offset: at - at % TICKS_PER_DAY + offset * TICKS_PER_DAY,
    "week": lambda at, offset: times.week_start(at) + offset * 7 * TICKS_PER_DAY,
    "month": times.month_start,
    "year": _year_start,
}


def _of_values(function: Callable[..., object]) -> _Folder:
    """A kernel over values as they are."""

    def folder(call: Call, args: list[Const]) -> object:
        return function(*(arg.value for arg in args))

    return folder


def _make_datetime(call: Call, args: list[Const]) -> object:
    if len(args) < 3 or any(arg.type not in ("int", "long") for arg in args[:5]):
        return UNSURE
    values = [arg.value for arg in args] + [0] * (6 - len(args))
    return times.make_datetime(*values)


def _bin(call: Call, args: list[Const]) -> object:
    value, size = _whole(args[0]), _whole(args[1])
    return None if value is None or size is None or size <= 0 else value - value % size


def _bin_at(call: Call, args: list[Const]) -> object:
    value, size, point = _whole(args[0]), _whole(args[1]), _whole(args[2])
    if value is None or size is None or point is None or size <= 0:
        return None
    return value - (value - point) % size


def _unixtime(ticks: int) -> _Folder:
    def folder(call: Call, args: list[Const]) -> object:
        number = _whole(args[0])
        return None if number is None else times.in_range(EPOCH_TICKS + number * ticks)

    return folder


# Conversions


_DIGITS: Final = re.compile(r"[0-9]{1,9}")


def _to_whole(call: Call, args: list[Const]) -> object:
    value = args[0].value
    if args[0].type in ("int", "long") and isinstance(value, int):
        return value
    if args[0].type == "bool" and isinstance(value, bool):
        return int(value)
    if args[0].type == "string" and isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return UNSURE


def _to_real(call: Call, args: list[Const]) -> object:
    value = args[0].value
    if args[0].type in ("int", "long", "real") and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return UNSURE


def _to_string(call: Call, args: list[Const]) -> object:
    const = args[0]
    if const.value is None:
        return "" if const.type != "dynamic" else UNSURE
    match const.type:
        case "string" | "guid" | "int" | "long":
            return str(const.value)
        case "bool":
            return "True" if const.value else "False"
        case "datetime":
            return datetime_text(int(str(const.value)))
        case "timespan":
            return timespan_text(int(str(const.value)))
        case _:
            return UNSURE


# Arrays


_LONGEST: Final = 1000
"""Of how many elements an array is written into the query."""
_JSON: Final[frozenset[KqlType]] = frozenset({"int", "long", "real", "bool", "string", "dynamic"})
"""Types whose values are elements of an array as they are."""


def _pack_array(call: Call, args: list[Const]) -> object:
    known = all(arg.type in _JSON and not (isinstance(arg.value, float) and not isfinite(arg.value)) for arg in args)
    return [arg.value for arg in args] if known else UNSURE


def _array_concat(call: Call, args: list[Const]) -> object:
    arrays = [arg.value for arg in args if isinstance(arg.value, list)]
    return [one for array in arrays for one in array] if len(arrays) == len(args) else UNSURE


def _range(call: Call, args: list[Const]) -> object:
    if not all(arg.type in ("int", "long") for arg in args):
        return UNSURE
    start, stop, step = (*(_whole(arg) for arg in args), 1)[:3]
    if start is None or stop is None or step is None or step <= 0 or (stop - start) // step >= _LONGEST:
        return UNSURE
    return list(range(start, stop + 1, step))


def _same(call: Call, args: list[Const]) -> object:
    return args[0].value if args[0].type == call.type else UNSURE


def _strcat(call: Call, args: list[Const]) -> object:
    texts = [_to_string(call, [arg]) for arg in args]
    return "".join(text for text in texts if isinstance(text, str)) if UNSURE not in texts else UNSURE


_FOLDERS: Final[dict[str, _Folder]] = {
    **dict.fromkeys(("+", "-", "*", "/", "%"), _arithmetic),
    "neg": _negative,
    "<": _compare(operator.lt),
    "<=": _compare(operator.le),
    ">": _compare(operator.gt),
    ">=": _compare(operator.ge),
    "==": _equal(False),
    "!=": _equal(True),
    "not": _not,
    **{f"startof{part}": _shifted(start) for part, start in _STARTS.items()},
    **{f"endof{part}": _shifted(_end(start)) for part, start in _STARTS.items()},
    "datetime_add": _of_values(times.datetime_add),
    "datetime_diff": _of_values(times.datetime_diff),
    "datetime_part": _of_values(times.datetime_part),
    "dayofweek": _of_time(lambda at: (at // TICKS_PER_DAY + 1) % 7 * TICKS_PER_DAY),
    "dayofmonth": _of_time(lambda at: times.day_of(at).day),
    "dayofyear": _of_time(lambda at: times.day_of(at).timetuple().tm_yday),
    "hourofday": _of_time(lambda at: at // times.TICKS_PER_HOUR % 24),
    "week_of_year": _of_time(times.iso_week),
    "weekofyear": _of_time(times.wednesday_week),
    "monthofyear": _of_time(lambda at: times.day_of(at).month),
    "getmonth": _of_time(lambda at: times.day_of(at).month),
    "getyear": _of_time(lambda at: times.day_of(at).year),
    "make_datetime": _make_datetime,
    "format_datetime": _of_values(times.format_datetime),
    "format_timespan": _of_values(times.format_timespan),
    "bin": _bin,
    "bin_at": _bin_at,
    "unixtime_seconds_todatetime": _unixtime(TICKS_PER_SECOND),
    "unixtime_milliseconds_todatetime": _unixtime(10_000),
    "unixtime_microseconds_todatetime": _unixtime(10),
    "tolong": _to_whole,
    "toint": _to_whole,
    "toreal": _to_real,
    "tostring": _to_string,
    "todatetime": _same,
    "totimespan": _same,
    "strcat": _strcat,
    "pack_array": _pack_array,
    "array_concat": _array_concat,
    "range": _range,
}
