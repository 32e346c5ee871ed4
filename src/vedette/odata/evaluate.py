"""Bound filters and orders as Python functions over entities in wire form.

It answers exactly what `sql.py` makes SQLite answer, down to 64-bit overflow and letter case: whatever is kept in the
database and whatever is only in memory can be asked the same question.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, assert_never

from vedette.odata import times
from vedette.odata.bound import (
    Bound,
    Calculate,
    Compare,
    Compute,
    Constant,
    Count,
    Junction,
    Member,
    Minus,
    Now,
    Opposite,
    Quantify,
    Read,
)
from vedette.odata.functions import fold_ascii
from vedette.odata.options import OrderBy

# Any: what JSON may hold. The binder has settled which type stands where.
Scopes: TypeAlias = tuple[Any, ...]
Evaluate: TypeAlias = Callable[[Scopes], Any]

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def predicate(bound: Bound, *, now: datetime | None = None) -> Callable[[Mapping[str, Any]], bool]:
    """A function that says whether an entity, as a dict under wire names, passes the filter.

    A property that is absent counts as null. `now` is what `now()` answers.
    """
    evaluate = _Compiler(now).compile(bound)

    def passes(entity: Mapping[str, Any]) -> bool:
        verdict = evaluate((entity,))
        return verdict is not None and bool(verdict)

    return passes


def ordered(entities: Iterable[Mapping[str, Any]], orderby: Sequence[OrderBy]) -> list[Mapping[str, Any]]:
    """The entities in order; equal ones keep their places. Null comes first ascending, last descending."""
    rows = list(entities)
    compiler = _Compiler(None)
    for item in reversed(orderby):
        evaluate = compiler.compile(item.by)
        fold = isinstance(item.by, Read) and item.by.any_case
        rows.sort(key=lambda row, e=evaluate, f=fold: _sort_key(e((row,)), f), reverse=item.descending)  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
    return rows


def _sort_key(value: Any, fold: bool) -> tuple[bool, Any]:
    if value is None:
        return (False, 0)
    return (True, fold_ascii(value) if fold else value)


class _Compiler:
    def __init__(self, now: datetime | None) -> None:
        self.now = now

    def compile(self, bound: Bound) -> Evaluate:
        match bound:
            case Constant(value=value):
                return lambda scopes: value
            case Now():
                moment = times.from_now(self.now or datetime.now(UTC), bound.ticks)
                return lambda scopes: moment
            case Read():
                return _read(bound)
            case Count():
                items = _read(bound.collection)
                return lambda scopes: len(items(scopes) or ())
            case Compute():
                return self.compute(bound)
            case Calculate():
                return self.calculate(bound)
            case Minus():
                operand = self.compile(bound.operand)
                return lambda scopes: _number(_negated(operand(scopes)))
            case Compare():
                return self.compare(bound)
            case Member():
                return self.member(bound)
            case Junction():
                return self.junction(bound)
            case Opposite():
                operand = self.compile(bound.operand)
                return lambda scopes: None if (value := operand(scopes)) is None else not value
            case Quantify():
                return self.quantify(bound)
            case _:
                assert_never(bound)

    def junction(self, bound: Junction) -> Evaluate:
        operands = [self.compile(operand) for operand in bound.operands]
        decisive = bound.operator == "or"

        def evaluate(scopes: Scopes) -> bool | None:
            answer: bool | None = not decisive
            for operand in operands:
                value = operand(scopes)
                if value is None:
                    answer = None
                elif bool(value) is decisive:
                    return decisive
            return answer

        return evaluate

    def compare(self, bound: Compare) -> Evaluate:
        left, right = self.compile(bound.left), self.compile(bound.right)
        if bound.any_case:
            left, right = _folded(left), _folded(right)
        if bound.operator == "eq":
            return lambda scopes: left(scopes) == right(scopes)
        if bound.operator == "ne":
            return lambda scopes: left(scopes) != right(scopes)
        order = _ORDER[bound.operator]

        def evaluate(scopes: Scopes) -> bool:
            a, b = left(scopes), right(scopes)
            return a is not None and b is not None and order(a, b)

        return evaluate

    def member(self, bound: Member) -> Evaluate:
        operand = self.compile(bound.operand)
        if bound.any_case:
            operand = _folded(operand)
        values = frozenset(fold_ascii(v) if bound.any_case and isinstance(v, str) else v for v in bound.values)
        or_null = bound.or_null
        return lambda scopes: or_null if (value := operand(scopes)) is None else value in values

    def quantify(self, bound: Quantify) -> Evaluate:
        items = _read(bound.collection)
        if bound.predicate is None:
            return lambda scopes: bool(items(scopes))
        inner = self.compile(bound.predicate)
        if bound.quantifier == "any":
            return lambda scopes: any(inner((*scopes, item)) for item in items(scopes) or ())
        return lambda scopes: all(inner((*scopes, item)) for item in items(scopes) or ())

    def compute(self, bound: Compute) -> Evaluate:
        arguments = [self.compile(argument) for argument in bound.arguments]
        if bound.any_case:
            arguments = [_folded(argument) for argument in arguments]
        function = bound.function.compute

        def evaluate(scopes: Scopes) -> Any:
            values = [argument(scopes) for argument in arguments]
            return None if None in values else function(*values)

        return evaluate

    def calculate(self, bound: Calculate) -> Evaluate:
        left, right = self.compile(bound.left), self.compile(bound.right)
        compute = _WHOLE[bound.operator] if bound.kind == "whole" else _REAL[bound.operator]

        def evaluate(scopes: Scopes) -> int | float | None:
            a, b = left(scopes), right(scopes)
            return None if a is None or b is None else _number(compute(a, b))

        return evaluate


def _read(bound: Read) -> Evaluate:
    scope, path = bound.scope, bound.path
    convert: Callable[[Any], Any] | None = None
    if bound.kind == "moment":
        convert = times.canonical_time_or_none
    elif bound.kind == "guid":
        convert = _lower

    def read(scopes: Scopes) -> Any:
        value = scopes[scope]
        for name in path:
            if value is None:
                return None
            value = value.get(name)
        return value if convert is None else convert(value)

    return read


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()


def _folded(evaluate: Evaluate) -> Evaluate:
    return lambda scopes: fold_ascii(value) if isinstance(value := evaluate(scopes), str) else value


def _negated(value: Any) -> Any:
    return None if value is None else -value


def _number(value: int | float | None) -> int | float | None:
    """What SQLite keeps of a result: whole numbers beyond 64 bits become doubles, and what is no number is null."""
    if isinstance(value, int):
        return value if _SMALLEST <= value <= _LARGEST else float(value)
    return None if value is None or value != value else value


def _overflowing(
    exact: Callable[[int, int], int], inexact: Callable[[float, float], float]
) -> Callable[[Any, Any], Any]:
    """Integer arithmetic that goes on in doubles where the result leaves 64 bits, as SQLite's does."""

    def compute(a: Any, b: Any) -> Any:
        if isinstance(a, float) or isinstance(b, float):
            return inexact(float(a), float(b))
        result = exact(a, b)
        return result if _SMALLEST <= result <= _LARGEST else inexact(float(a), float(b))

    return compute


def _whole_quotient(a: Any, b: Any) -> Any:
    if isinstance(a, float) or isinstance(b, float):
        return _real_quotient(a, b)
    if b == 0:
        return None
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _remainder(a: Any, b: Any) -> Any:
    """The sign is the dividend's. Doubles, which only overflow brings here, lose their fraction first."""
    dividend, divisor = _clamped(a), _clamped(b)
    if divisor == 0:
        return None
    rest = abs(dividend) % abs(divisor)
    signed = -rest if dividend < 0 else rest
    return float(signed) if isinstance(a, float) or isinstance(b, float) else signed


def _clamped(value: int | float) -> int:
    return value if isinstance(value, int) else max(_SMALLEST, min(_LARGEST, int(value)))


def _real_quotient(a: Any, b: Any) -> float | None:
    return None if b == 0 else float(a) / float(b)


_WHOLE: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": _overflowing(operator.add, operator.add),
    "sub": _overflowing(operator.sub, operator.sub),
    "mul": _overflowing(operator.mul, operator.mul),
    "div": _whole_quotient,
    "mod": _remainder,
}
_REAL: Mapping[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: float(a) + float(b),
    "sub": lambda a, b: float(a) - float(b),
    "mul": lambda a, b: float(a) * float(b),
    "div": _real_quotient,
    "divby": _real_quotient,
}
