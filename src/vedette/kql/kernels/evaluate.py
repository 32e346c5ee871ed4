"""Evaluates expressions row by row in Python, for procedures whose conditions depend on what they saw before.

Values are those of kernels: text, bool, int (also ticks), float, decoded JSON; None is null. Only part of the language
is here: what depends on the row alone is computed in SQL before. `covers` says what is known, so that the rest can be
refused while a query is compiled.

A program is made of plain lists, so that it can stand among a procedure's options:

    ["const", value]   ["get", slot]   ["call", name, type, [types of arguments], [arguments]]
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from vedette.kql.kernels import datetime as times
from vedette.kql.kernels.arithmetic import dynamic_arithmetic, truncated
from vedette.kql.ticks import TICKS_PER_DAY, datetime_text, timespan_text
from vedette.kql.values import encode_json

Values = Sequence[Any]  # of any types
Evaluator = Callable[[Values], Any]
Program = list[Any]
_WHOLE: Final = frozenset({"int", "long", "datetime", "timespan"})
_NUMBERS: Final = frozenset({"int", "long", "real"})
_MOST: Final = 2**63


def covers(name: str, returns: str, types: Sequence[str]) -> bool:
    """Whether a call of this function, with arguments of these types, can be evaluated here."""
    if name in ("+", "-", "*", "/", "%", "neg"):
        return "decimal" not in types
    if name in ("tostring", "strcat"):
        return all(type not in ("real", "decimal") for type in types)
    if name in _CONVERSIONS:
        return (types[0], returns) in _CONVERTED or types[0] == returns or types[0] == "dynamic"
    if name in ("has", "!has", "contains", "!contains", "startswith", "endswith", "=~", "!~"):
        return all(type == "string" for type in types)
    return name in _FUNCTIONS or name in _LAZY


def evaluator(program: Program) -> Evaluator:
    """The function that computes a program from the values of its slots."""
    match program:
        case ["const", value]:
            return lambda values: value
        case ["get", slot]:
            return operator.itemgetter(slot)
        case ["call", name, returns, types, arguments]:
            args = [evaluator(argument) for argument in arguments]
            lazy = _LAZY.get(name)
            if lazy is not None:
                return lazy(args, types)
            function = _FUNCTIONS[name]
            return lambda values: function(returns, types, *(arg(values) for arg in args))
    raise AssertionError(f"no program: {program}")


# Logic and choices: what is not needed is not evaluated


def _and(args: list[Evaluator], types: Sequence[str]) -> Evaluator:
    def evaluate(values: Values) -> bool | None:
        result: bool | None = True
        for arg in args:
            value = arg(values)
            if value is False:
                return False
            result = None if value is None else result
        return result

    return evaluate


def _or(args: list[Evaluator], types: Sequence[str]) -> Evaluator:
    def evaluate(values: Values) -> bool | None:
        result: bool | None = False
        for arg in args:
            value = arg(values)
            if value is True:
                return True
            result = None if value is None else result
        return result

    return evaluate


def _iff(args: list[Evaluator], types: Sequence[str]) -> Evaluator:
    condition, yes, no = args
    return lambda values: yes(values) if condition(values) is True else no(values)


def _case(args: list[Evaluator], types: Sequence[str]) -> Evaluator:
    pairs = list(zip(args[:-1:2], args[1::2], strict=True))

    def evaluate(values: Values) -> Any:
        for condition, value in pairs:
            if condition(values) is True:
                return value(values)
        return args[-1](values)

    return evaluate


def _coalesce(args: list[Evaluator], types: Sequence[str]) -> Evaluator:
    missing = "" if "string" in types else None

    def evaluate(values: Values) -> Any:
        return next((value for arg in args if (value := arg(values)) is not None and value != missing), missing)

    return evaluate


_LAZY: Final[dict[str, Callable[[list[Evaluator], Sequence[str]], Evaluator]]] = {
    "and": _and, "or": _or, "iff": _iff, "iif": _iff, "case": _case, "coalesce": _coalesce,
}  # fmt: skip


# Arithmetic


def _arithmetic(name: str) -> Callable[..., Any]:
    def compute(returns: str, types: Sequence[str], left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        if "dynamic" in types:
            return dynamic_arithmetic(name, left, right)
        if returns == "real":
            return dynamic_arithmetic(name, float(left), float(right))
        if "real" in types:
            if name == "/" and not right:
                return None
            return int(left * right if name == "*" else left / right)
        result = _whole(name, left, right)
        if result is not None and returns == "datetime":
            return times.in_range(result)
        if result is not None and not -_MOST <= result < _MOST:
            raise ValueError(f"the result of {left} {name} {right} does not fit a {returns}")
        return result

    return compute


def _whole(name: str, left: int, right: int) -> int | None:
    match name:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return truncated(left, right) if right else None
        case _:
            return left % abs(right) if right else None


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that is null where an argument is."""

    def compute(returns: str, types: Sequence[str], *values: Any) -> Any:
        return None if any(value is None for value in values) else function(*values)

    return compute


# Comparisons


def _equal(returns: str, types: Sequence[str], left: Any, right: Any) -> bool | None:
    if left is None or right is None:
        return None if left is right else False
    return bool(left == right)


def _unequal(returns: str, types: Sequence[str], left: Any, right: Any) -> bool | None:
    equal = _equal(returns, types, left, right)
    return None if equal is None else not equal


def _in(returns: str, types: Sequence[str], value: Any, *items: Any) -> bool:
    for type, item in zip(types[1:], items, strict=True):
        if type == "dynamic" and isinstance(item, list):
            if any(_text(element) == _text(value) for element in item):
                return True
        elif value is not None and item == value:
            return True
    return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else encode_json(value)


# Text


def _folded(test: Callable[[str, str], bool], *, negated: bool = False) -> Callable[..., bool]:
    def compute(returns: str, types: Sequence[str], text: str, part: str) -> bool:
        return test(text.lower(), part.lower()) != negated

    return compute


def _has(text: str, term: str) -> bool:
    """Whether the term stands in the text, with no letter or digit on either side."""
    at = text.find(term)
    while at >= 0 and term:
        end = at + len(term)
        if not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum()):
            return True
        at = text.find(term, at + 1)
    return not term


def _as_text(type: str, value: Any) -> str:
    if value is None:
        return ""
    match type:
        case "bool":
            return "True" if value else "False"
        case "datetime":
            return datetime_text(value)
        case "timespan":
            return timespan_text(value)
        case "dynamic":
            return _text(value)
        case _:
            return str(value)


def _to_string(returns: str, types: Sequence[str], value: Any) -> str:
    return _as_text(types[0], value)


def _strcat(returns: str, types: Sequence[str], *values: Any) -> str:
    return "".join(_as_text(type, value) for type, value in zip(types, values, strict=True))


# Conversions and absence

_CONVERSIONS: Final = frozenset({"toint", "tolong", "toreal", "tobool", "todatetime", "totimespan", "$dynamic"})
_CONVERTED: Final = frozenset(
    (one, other)
    for one in ("int", "long", "real", "bool")
    for other in ("int", "long", "real", "bool", "dynamic")
    if not (one == "real" and other == "bool")
) | {("string", "dynamic")}


def _converted(returns: str, types: Sequence[str], value: Any) -> Any:
    """A number or truth as another type; of a dynamic value only what has that type already."""
    if value is None or types[0] == returns:
        return value
    match returns:
        case "dynamic":
            return value
        case "int" | "long" | "real" | "bool" if isinstance(value, bool | int | float):
            kind = {"int": int, "long": int, "real": float, "bool": bool}[returns]
            return kind(value)
        case _:
            raise ValueError(f"a dynamic value is not converted to {returns} here")


def _is_null(returns: str, types: Sequence[str], value: Any) -> bool:
    return value is None and types[0] != "string"


def _is_empty(returns: str, types: Sequence[str], value: Any) -> bool:
    return value is None or value == ""


def _access(returns: str, types: Sequence[str], target: Any, key: Any) -> Any:
    if isinstance(target, dict) and isinstance(key, str):
        return target.get(key)
    if isinstance(target, list) and isinstance(key, int) and -len(target) <= key < len(target):
        return target[key]
    return None


def _extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    def compute(returns: str, types: Sequence[str], *values: Any) -> Any:
        there = [value for value in values if value is not None]
        return choose(there) if there else None

    return compute


def _bin(value: Any, size: Any) -> Any:
    if size <= 0:
        return None
    if isinstance(value, float) or isinstance(size, float):
        return value // size * size
    return value - value % size


def _flat(returns: str, types: Sequence[str], *values: Any) -> list[Any]:
    return [element for value in values for element in (value if isinstance(value, list) else [value])]


def _distinct(values: Sequence[Any]) -> list[Any]:
    return list({encode_json(value): value for value in reversed(values)}.values())[::-1]


def _set_union(returns: str, types: Sequence[str], *values: Any) -> list[Any]:
    return _distinct([element for value in values if isinstance(value, list) for element in value])


def _set_has(returns: str, types: Sequence[str], values: Any, value: Any) -> bool | None:
    return value in values if isinstance(values, list) else None


def _bag(returns: str, types: Sequence[str], *values: Any) -> dict[str, Any]:
    return dict(zip(values[::2], values[1::2], strict=True))


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{name: _arithmetic(name) for name in ("+", "-", "*", "/", "%")},
    "neg": _strict(operator.neg),
    "abs": _strict(abs),
    "bin": _strict(_bin),
    "==": _equal,
    "!=": _unequal,
    "<": _strict(operator.lt),
    "<=": _strict(operator.le),
    ">": _strict(operator.gt),
    ">=": _strict(operator.ge),
    "between": _strict(lambda value, low, high: low <= value <= high),
    "in": _in,
    "not": _strict(operator.not_),
    "=~": _folded(operator.eq),
    "!~": _folded(operator.ne),
    "contains": _folded(lambda text, part: part in text),
    "!contains": _folded(lambda text, part: part in text, negated=True),
    "startswith": _folded(str.startswith),
    "endswith": _folded(str.endswith),
    "has": _folded(_has),
    "!has": _folded(_has, negated=True),
    "tolower": _strict(str.lower),
    "toupper": _strict(str.upper),
    "strlen": _strict(len),
    "tostring": _to_string,
    "strcat": _strcat,
    **dict.fromkeys(_CONVERSIONS, _converted),
    "isnull": _is_null,
    "isnotnull": lambda *args: not _is_null(*args),
    "isempty": _is_empty,
    "isnotempty": lambda *args: not _is_empty(*args),
    "max_of": _extreme(max),
    "min_of": _extreme(min),
    "datetime_diff": _strict(times.datetime_diff),
    "datetime_add": _strict(times.datetime_add),
    "startofday": _strict(lambda at: at - at % TICKS_PER_DAY),
    "[]": _access,
    "pack_array": lambda returns, types, *values: list(values),
    "array_concat": _flat,
    "array_length": lambda returns, types, value: len(value) if isinstance(value, list) else None,
    "set_union": _set_union,
    "set_has_element": _set_has,
    "bag_pack": _bag,
}
