"""The value of a scalar expression for one row."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from tests.spec.kql.reference import aggregates, functions, windows
from tests.spec.kql.reference.values import (
    NUMBERS,
    WHOLE,
    Table,
    Unspecified,
    Value,
    boolean,
    both,
    either,
    equal,
    less,
    moment,
    negation,
    null,
    span,
    text_of,
    whole,
)
from vedette.catalogue.tables import KqlType
from vedette.kql import syntax

if TYPE_CHECKING:
    from tests.spec.kql.reference.queries import Names


@dataclass
class Here:
    """Where an expression is evaluated: names of the query, a row of a table, and for aggregates a group of rows."""

    names: Names
    table: Table
    at: int | None = None
    """The row; None stands for a row without values, from which types are learned."""
    group: Sequence[int] | None = None
    """The rows that aggregates are taken over."""
    keys: Mapping[str, Value] = field(default_factory=dict)
    any_order: bool = False
    """What is evaluated does not depend on the order of rows."""

    def column(self, name: str) -> Value | None:
        if name in self.keys:
            return self.keys[name]
        if name not in self.table.names or self.group is not None:
            return None
        at = self.table.index(name)
        kind = self.table.columns[at][1]
        return null(kind) if self.at is None else Value(kind, self.table.rows[self.at][at])

    def value(self, expr: syntax.Expr) -> Value:
        return evaluate(expr, self)

    def row(self, at: int | None) -> Here:
        return replace(self, at=at, group=None, keys={})


def evaluate(expr: syntax.Expr, here: Here) -> Value:
    """The value of an expression."""
    match expr:
        case syntax.Literal(type=kind, value=value):
            return Value(kind, "" if kind == "string" and value is None else _plain(value))
        case syntax.Name(name=name):
            found = here.column(name)
            return found if found is not None else here.names.scalar(name)
        case syntax.Unary(op=op, operand=operand):
            return _signed(op, evaluate(operand, here))
        case syntax.Binary(op=op, left=left, right=right):
            return binary(op, evaluate(left, here), evaluate(right, here))
        case syntax.In(op=op, left=left, items=items):
            return _in(op, evaluate(left, here), _listed(items, here))
        case syntax.Between(negated=negated, value=value, low=low, high=high):
            return _between(negated, evaluate(value, here), evaluate(low, here), evaluate(high, here))
        case syntax.Member(target=target, name=name):
            return _property(evaluate(target, here), name)
        case syntax.Index(target=target, index=index):
            return _element(evaluate(target, here), evaluate(index, here))
        case syntax.ToScalar(value=value):
            return here.names.first_value(value)
        case syntax.Call():
            return _call(expr, here)
    raise TypeError(f"{type(expr).__name__} is no scalar expression")


def _plain(value: Any) -> Any:
    """A dynamic literal as JSON gives it."""
    if isinstance(value, syntax.TypedValue):
        raise Unspecified("typed values in dynamic literals")
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


# Arithmetic: numerical-operators, datetime-timespan-arithmetic


def _signed(op: str, value: Value) -> Value:
    kind: KqlType = "long" if value.type in WHOLE else value.type  # as arithmetic of whole numbers gives long
    if value.value is None or op == "+":
        return Value(kind, value.value)
    match value.type:
        case "int" | "long":
            return whole(-value.value)
        case "real":
            return Value("real", -value.value)
        case "timespan":
            return span(-value.value)
    raise TypeError(f"-{value.type}")


def binary(op: str, left: Value, right: Value) -> Value:
    """`left op right` for two scalars."""
    if op == "and":
        return boolean(both(left.value, right.value))
    if op == "or":
        return boolean(either(left.value, right.value))
    if op in ("+", "-", "*", "/", "%"):
        return _arithmetic(op, left, right)
    if op == "==":
        return boolean(equal(left, right))
    if op == "!=":
        return boolean(negation(equal(left, right)))
    if op in ("<", "<=", ">", ">="):
        if "string" in (left.type, right.type):
            raise TypeError("texts have no order")
        one, other = (left, right) if op[0] == "<" else (right, left)
        return boolean(less(one, other, or_equal=op.endswith("=")))
    return boolean(text_test(op, text_of(left), text_of(right)))


def _arithmetic(op: str, left: Value, right: Value) -> Value:
    kind = _result_type(op, left.type, right.type)
    if left.value is None or right.value is None:
        return null(kind)  # null is sticky: scalar-data-types/null-values
    one, other = left.value, right.value
    match kind:
        case "datetime":
            return moment(one + other if op == "+" else one - other)
        case "timespan":
            return _span_arithmetic(op, left, right)
        case "real":
            if left.type == "timespan":
                if other == 0:
                    raise Unspecified("a timespan divided by no time")
                return Value("real", one / other)
            return Value("real", _real(op, float(one), float(other)))
    match op:
        case "+":
            return whole(one + other)
        case "-":
            return whole(one - other)
        case "*":
            return whole(one * other)
    if other == 0:
        raise Unspecified("a whole number divided by zero")
    if op == "/":
        quotient = abs(one) // abs(other)
        return whole(quotient if (one < 0) == (other < 0) else -quotient)
    return whole(one % abs(other))  # a small non-negative number


def _result_type(op: str, left: KqlType, right: KqlType) -> KqlType:
    if left in NUMBERS and right in NUMBERS:
        return "real" if "real" in (left, right) else "long"
    if left == "datetime" and right == "datetime" and op == "-":
        return "timespan"
    if (left, right) == ("datetime", "timespan") and op in ("+", "-"):
        return "datetime"
    if (left, right) == ("timespan", "timespan"):
        return "real" if op == "/" else "timespan"
    if left == "timespan" and right in NUMBERS and op in ("*", "/"):
        return "timespan"
    if left in NUMBERS and right == "timespan" and op == "*":
        return "timespan"
    raise TypeError(f"{left} {op} {right}")


def _span_arithmetic(op: str, left: Value, right: Value) -> Value:
    one, other = left.value, right.value
    match op:
        case "+":
            return span(one + other)
        case "-":
            return span(one - other)
        case "*":
            product = one * other
            if not math.isfinite(product) or product != int(product) or abs(product) > 2**53:
                raise Unspecified("parts of a tick")
            return span(int(product))
        case "/":
            if other == 0 or not math.isfinite(other) or one / other != int(one / other):
                raise Unspecified("parts of a tick")
            return span(int(one / other))
    raise Unspecified("the remainder of timespans")


def _real(op: str, one: float, other: float) -> float:
    match op:
        case "+":
            return one + other
        case "-":
            return one - other
        case "*":
            return one * other
        case "/":
            if other == 0.0:  # as .NET's System.Double: scalar-data-types/real
                return (
                    math.nan
                    if one == 0.0 or math.isnan(one)
                    else math.copysign(math.inf, one * math.copysign(1, other))
                )
            return one / other
    if other == 0.0 or not math.isfinite(one) or not math.isfinite(other):
        raise Unspecified("the remainder by zero or infinity")
    remainder = math.fmod(one, abs(other))
    return remainder + abs(other) if remainder < 0 else remainder


# Texts: datatypes-string-operators


def _finds_term(text: str, term: str, *, begins: bool, ends: bool) -> bool:
    """Whether a term stands in a text. A term is a longest run of letters and digits."""
    if not term:
        raise Unspecified("an empty term")
    if not (term[0].isalnum() and term[-1].isalnum()):
        raise Unspecified("a term with other characters at its ends")
    for at in range(len(text) - len(term) + 1):
        end = at + len(term)
        if text[at:end] != term:
            continue
        if begins and at > 0 and text[at - 1].isalnum():
            continue
        if ends and end < len(text) and text[end].isalnum():
            continue
        return True
    return False


_TEXT_TESTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "has": lambda text, term: _finds_term(text, term, begins=True, ends=True),
    "hasprefix": lambda text, term: _finds_term(text, term, begins=True, ends=False),
    "hassuffix": lambda text, term: _finds_term(text, term, begins=False, ends=True),
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}


def text_test(op: str, text: str, wanted: str) -> bool:
    """`text op wanted`, by the table of operators: `_cs` minds case, `!` negates."""
    if op == "=~":
        return text.lower() == wanted.lower()
    if op == "!~":
        return text.lower() != wanted.lower()
    if op == "matches regex":
        return re.search(wanted, text) is not None
    negated, name = op.startswith("!"), op.removeprefix("!")
    if name.endswith("_cs"):
        found = _TEXT_TESTS[name.removesuffix("_cs")](text, wanted)
    else:
        found = _TEXT_TESTS[name](text.lower(), wanted.lower())
    return found != negated


def _listed(items: Sequence[syntax.Expr], here: Here) -> list[Value]:
    """The values of a list: scalars, elements of dynamic arrays, the first column of rows (in-operator)."""
    found: list[Value] = []
    for item in items:
        if isinstance(item, syntax.Pipeline) or (isinstance(item, syntax.Name) and here.names.is_table(item.name)):
            table = here.names.table(item)
            found += [Value(table.columns[0][1], row[0]) for row in table.rows]
            continue
        value = evaluate(item, here)
        if value.type == "dynamic":
            if not isinstance(value.value, list):
                raise Unspecified("a dynamic value in a list that is no array")
            found += [_from_json(element) for element in value.value]
        else:
            found.append(value)
    return found


def _from_json(value: Any) -> Value:
    if isinstance(value, bool):
        return boolean(value)
    if isinstance(value, int):
        return Value("long", value)
    if isinstance(value, float):
        return Value("real", value)
    if isinstance(value, str):
        return Value("string", value)
    raise Unspecified("null or a container in a list")


def _in(op: str, left: Value, values: Sequence[Value]) -> Value:
    negated, name = op.startswith("!"), op.removeprefix("!")
    if name in ("has_any", "has_all"):
        tests = [text_test("has", text_of(left), text_of(value)) for value in values]
        return boolean((any(tests) if name == "has_any" else all(tests)) != negated)
    if any(value.value is None for value in values):
        raise Unspecified("null in a list")
    found = False
    for value in values:
        if (left.type == "string") != (value.type == "string"):
            raise Unspecified("a list of another type")
        if name == "in~" and left.type == "string":
            found = found or left.value.lower() == value.value.lower()
        else:
            found = found or equal(left, value) is True
    return boolean(found != negated)


def _between(negated: bool, value: Value, low: Value, high: Value) -> Value:
    """Both ends included; a timespan behind a datetime counts from the lower end (between-operator)."""
    if low.type == "datetime" and high.type == "timespan":
        high = binary("+", low, high)
    if high.value is None or low.value is None:
        raise Unspecified("a range without an end")
    inside = both(less(low, value, or_equal=True), less(value, high, or_equal=True))
    return boolean(negation(inside) if negated else inside)


# Dynamic values: scalar-data-types/dynamic


def _property(value: Value, name: str) -> Value:
    if value.type != "dynamic":
        raise TypeError("only dynamic values have properties")
    return Value("dynamic", value.value.get(name) if isinstance(value.value, dict) else None)


def _element(value: Value, index: Value) -> Value:
    """An element by position, from the end when negative; a property by name."""
    if index.type == "string":
        return _property(value, index.value)
    if not isinstance(value.value, list) or index.value is None:
        return null("dynamic")
    inside = -len(value.value) <= index.value < len(value.value)
    return Value("dynamic", value.value[index.value] if inside else None)


# Calls


def _call(call: syntax.Call, here: Here) -> Value:
    arguments = [argument.value for argument in call.arguments]
    if here.group is not None and call.name in aggregates.AGGREGATES:
        return aggregates.aggregate(call.name, arguments, here)
    if call.name in windows.WINDOWS:
        return windows.WINDOWS[call.name](arguments, here)
    if here.names.is_function(call.name):
        return here.names.call_scalar(call.name, [evaluate(argument, here) for argument in arguments])
    if call.name == "pack_all":
        raise Unspecified("pack_all")
    inner = (
        replace(here, any_order=True) if call.name in ("array_sort_asc", "array_sort_desc", "array_length") else here
    )
    return functions.FUNCTIONS[call.name]([evaluate(argument, inner) for argument in arguments])


def type_of(expr: syntax.Expr, here: Here) -> KqlType:
    """The type of an expression, which does not depend on rows."""
    return evaluate(expr, here).type


def whole_constant(expr: syntax.Expr, here: Here) -> int:
    value = evaluate(expr, here)
    if value.type not in WHOLE or value.value is None or value.value < 0:
        raise Unspecified("a number of rows that is none")
    return int(value.value)
