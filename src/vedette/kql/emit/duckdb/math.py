"""Functions of numbers in SQL."""

from __future__ import annotations

from typing import Final

from vedette.kql.bound import Call
from vedette.kql.emit.duckdb.numbers import as_long, as_real
from vedette.kql.emit.duckdb.registry import EMITTERS, Emitter, emits, macro

_BITS: Final = "((1::HUGEINT << (64 - abs(s % 64))) - 1)"
"""A mask of the bits that a shift to the left by s keeps."""

macro("kql_signed(u)", "(CASE WHEN u >= (1::HUGEINT << 63) THEN u - (1::HUGEINT << 64) ELSE u END)::BIGINT")
macro(
    "kql_shift_left(x, s)",
    "CASE WHEN s < 0 THEN NULL WHEN s % 64 = 0 THEN x"
    f" ELSE kql_signed((x::HUGEINT & {_BITS}) << abs(s % 64)::INTEGER) END",
)
macro("kql_shift_right(x, s)", "CASE WHEN s >= 0 THEN x >> abs(s % 64)::INTEGER END")


def _of_reals(pattern: str) -> Emitter:
    def emitter(call: Call, *args: str) -> str:
        return pattern.format(*(as_real(arg, sql) for arg, sql in zip(call.args, args, strict=True)))

    return emitter


def _of_longs(pattern: str) -> Emitter:
    def emitter(call: Call, *args: str) -> str:
        return pattern.format(*(as_long(arg, sql) for arg, sql in zip(call.args, args, strict=True)))

    return emitter


_REALS: Final = {
    "sqrt": "CASE WHEN {0} >= 0 THEN sqrt({0}) END",
    "log": "CASE WHEN {0} >= 0 THEN ln({0}) END",
    "log2": "CASE WHEN {0} >= 0 THEN log2({0}) END",
    "log10": "CASE WHEN {0} >= 0 THEN log10({0}) END",
    "exp": "exp({0})",
    "exp2": "pow(2::DOUBLE, {0})",
    "exp10": "pow(10::DOUBLE, {0})",
    "cos": "cos({0})",
    "sin": "sin({0})",
    "tan": "tan({0})",
    "acos": "CASE WHEN {0} BETWEEN -1 AND 1 THEN acos({0}) END",
    "asin": "CASE WHEN {0} BETWEEN -1 AND 1 THEN asin({0}) END",
    "atan": "atan({0})",
    "atan2": "atan2({0}, {1})",
    "pow": "pow({0}, {1})",
    "cot": "cot({0})",
    "degrees": "degrees({0})",
    "radians": "radians({0})",
    "sign": "sign({0})::DOUBLE",
    "pi": "pi()",
    "isnan": "coalesce(isnan({0}), false)",
    "isinf": "coalesce(isinf({0}), false)",
    "isfinite": "coalesce(isfinite({0}), false)",
    **{name: f"kql_{name}({{0}})" for name in ("gamma", "loggamma", "erf", "erfc")},
    **{name: f"kql_{name}({{0}}, {{1}}, {{2}})" for name in ("beta_cdf", "beta_inv", "beta_pdf")},
    "welch_test": "kql_welch_test({0}, {1}, {2}, {3}, {4}, {5})",
}
_LONGS: Final = {
    "binary_and": "({0} & {1})",
    "binary_or": "({0} | {1})",
    "binary_xor": "xor({0}, {1})",
    "binary_not": "(~{0})",
    "binary_shift_left": "kql_shift_left({0}, {1})",
    "binary_shift_right": "kql_shift_right({0}, {1})",
    "bitset_count_ones": "bit_count({0})::BIGINT",
}
for _name, _pattern in _REALS.items():
    EMITTERS[_name] = _of_reals(_pattern)
for _name, _pattern in _LONGS.items():
    EMITTERS[_name] = _of_longs(_pattern)


@emits("abs")
def _abs(call: Call, number: str) -> str:
    return f"abs({as_long(call.args[0], number) if call.type == 'long' else number})"


@emits("ceiling")
def _ceiling(call: Call, number: str) -> str:
    match call.type:
        case "real":
            return f"ceil({number})"
        case "decimal":
            return f"ceil({number})::DECIMAL(38, 18)"
        case _:
            return number


@emits("round")
def _round(call: Call, number: str, precision: str = "0") -> str:
    match call.type:
        case "real":
            return f"round({number}, {precision}::INTEGER)"
        case "decimal":
            return f"kql_decimal_round({number}, {precision}::BIGINT)"
        case _:
            return f"round({number}, least({precision}, 0)::INTEGER)"


@emits("rand")
def _rand(call: Call, *args: str) -> str:
    return f"floor(random() * {args[0]})" if args else "random()"


@emits("max_of")
def _max_of(call: Call, *args: str) -> str:
    return f"greatest({', '.join(args)})"


@emits("min_of")
def _min_of(call: Call, *args: str) -> str:
    return f"least({', '.join(args)})"
