"""Arithmetic in SQL, by the types of both sides.

Whole numbers that overflow end the query, and so do spans: DuckDB says so. A time moved out of the years 1 to 9999 is
null: here when what moves it comes from rows, and where results are read when it is a constant, so that moving a column
by a constant stays one addition. Division by zero is null for whole numbers and decimals, and infinite for reals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql.bound import Bound, Call, Const
from vedette.kql.emit.duckdb.numbers import as_decimal, as_long, as_real
from vedette.kql.emit.duckdb.registry import emits, macro
from vedette.kql.emit.duckdb.sql import from_dynamic, to_dynamic

macro("kql_modulo_long(x, d)", "(((x % d) + abs(d)) % abs(d))")
macro("kql_modulo_real(x, d)", "(CASE WHEN x % d < 0 THEN x % d + abs(d) ELSE x % d END)")

_TIMES: Final[frozenset[KqlType]] = frozenset({"datetime", "timespan"})


def _typed(call: Call, args: tuple[str, ...]) -> tuple[Bound, Bound, str, str]:
    """Both sides and their SQL; a dynamic side taken as what the other one asks for."""
    left, right = call.args
    sql = list(args)
    sides = [left, right]
    for at, other in ((0, right), (1, left)):
        if sides[at].type == "dynamic" and other.type != "dynamic":
            wanted: KqlType = "long" if other.type == "int" else other.type
            sql[at] = from_dynamic(sql[at], wanted)
            sides[at] = Call(wanted, "$typed", (sides[at],))
    return sides[0], sides[1], sql[0], sql[1]


def _both(convert: Callable[[Bound, str], str], left: Bound, right: Bound, a: str, b: str) -> tuple[str, str]:
    return convert(left, a), convert(right, b)


def _is_nonzero(value: Bound) -> bool:
    return isinstance(value, Const) and value.value is not None and float(str(value.value)) != 0


def _divisor(value: Bound, sql: str) -> str:
    """A divisor that is null instead of zero."""
    return sql if _is_nonzero(value) else f"nullif({sql}, 0)"


def _dynamic(call: Call, args: tuple[str, ...]) -> str | None:
    """Both sides dynamic: decided value by value, in Python."""
    if all(arg.type == "dynamic" for arg in call.args):
        return f"kql_dynamic_arithmetic('{call.name}', {', '.join(args)})"
    return None


@emits("+", "-")
def _sum(call: Call, *args: str) -> str:
    if dynamic := _dynamic(call, args):
        return dynamic
    left, right, a, b = _typed(call, args)
    if call.type == "long":
        a, b = _both(as_long, left, right, a, b)
    elif call.type == "decimal":
        a, b = _both(as_decimal, left, right, a, b)
    elif call.type == "datetime" and not isinstance(left, Const) and not isinstance(right, Const):
        return f"kql_datetime_in_range({a} {call.name} {b})"
    return f"({a} {call.name} {b})"


@emits("*")
def _product(call: Call, *args: str) -> str:
    if dynamic := _dynamic(call, args):
        return dynamic
    left, right, a, b = _typed(call, args)
    if call.type in _TIMES and {left.type, right.type} & {"real", "decimal"}:
        a, b = _both(as_real, left, right, a, b)
        return f"CAST(trunc({a} * {b}) AS BIGINT)"
    if call.type == "long" or call.type in _TIMES:
        a, b = _both(as_long, left, right, a, b)
    elif call.type == "decimal":
        a, b = _both(as_decimal, left, right, a, b)
        return f"kql_decimal_multiply({a}, {b})"
    return f"({a} * {b})"


@emits("/")
def _quotient(call: Call, *args: str) -> str:
    if dynamic := _dynamic(call, args):
        return dynamic
    left, right, a, b = _typed(call, args)
    match call.type:
        case "real":
            a, b = _both(as_real, left, right, a, b)
            return f"({a} / {b})"
        case "decimal":
            a, b = _both(as_decimal, left, right, a, b)
            return f"kql_decimal_divide({a}, {b})"
        case _ if right.type in ("real", "decimal"):
            return f"TRY_CAST(trunc({as_real(left, a)} / {as_real(right, b)}) AS BIGINT)"
        case _:
            return f"({as_long(left, a)} // {_divisor(right, as_long(right, b))})"


@emits("%")
def _remainder(call: Call, *args: str) -> str:
    if dynamic := _dynamic(call, args):
        return dynamic
    left, right, a, b = _typed(call, args)
    match call.type:
        case "real":
            a, b = _both(as_real, left, right, a, b)
            return f"kql_modulo_real({a}, {b})"
        case "decimal":
            a, b = _both(as_decimal, left, right, a, b)
            return f"TRY_CAST(kql_modulo_real({a}, {_divisor(right, b)}) AS DECIMAL(38, 18))"
        case _ if right.type in ("real", "decimal"):
            return f"TRY_CAST(trunc(kql_modulo_real({as_real(left, a)}, {as_real(right, b)})) AS BIGINT)"
        case _:
            return f"kql_modulo_long({as_long(left, a)}, {_divisor(right, as_long(right, b))})"


@emits("neg")
def _negative(call: Call, value: str) -> str:
    operand = call.args[0]
    if operand.type == "dynamic":
        return f"kql_dynamic_arithmetic('-', {to_dynamic('0::BIGINT', 'long')}, {value})"
    if call.type in ("long", "timespan", "datetime"):
        return f"(0 - {as_long(operand, value)})"
    return f"(-{value})"
