"""Scalar expressions: from syntax to bound, with types checked and conversions put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.functions import bind_call, one_value
from vedette.kql.bind.scope import EMPTY, TEXTS_OF_DYNAMIC, Frame, LetFunction, LetPlan, LetScalar, LetTable
from vedette.kql.bound import VOLATILE, Among, Bound, Call, Const, First, Ref, Values, walk
from vedette.kql.fold import fold
from vedette.kql.plan import Plan, Project, columns_from_outside, nothing
from vedette.kql.schema import Naming
from vedette.kql.signatures import NUMBERS, match
from vedette.kql.source import Span

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder

ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
EQUALITY = frozenset({"==", "!="})
ORDER = frozenset({"<", "<=", ">", ">="})


def literal(binder: Binder, node: syntax.Literal, frame: Frame) -> Bound:
    if node.unread:
        line, _ = binder.source.place(node.span.start)
        remark = f"'{node.unread}' (line {line}) is no date and counts as null: nothing compares with it."
        binder.remarks[remark] = None
    return Const(node.type, node.value, span=node.span)


def name(binder: Binder, node: syntax.Name, frame: Frame) -> Bound:
    column = frame.row.find(node.name)
    if column is not None:
        return binder.column(column, frame, node.span)
    match frame.scope.find(node.name):
        case LetScalar(value=value):
            return replace(value, span=node.span)
        case LetTable() | LetPlan():
            raise binder.source.semantic_error(
                f"'{node.name}' is a table, and a single value is needed here.",
                node.span,
                hint=f"toscalar({node.name}) takes its first value.",
            )
        case LetFunction():
            return bind_call(binder, syntax.Call(node.name, (), node.span, span=node.span), frame)
    known = [*frame.row.names, *frame.scope.names()]
    raise binder.source.unknown("column", node.name, known, node.span)


def member(binder: Binder, node: syntax.Member, frame: Frame) -> Bound:
    if isinstance(node.target, syntax.Name) and node.target.name in ("$left", "$right"):
        side = frame.left if node.target.name == "$left" else frame.right
        if side is None:
            raise binder.source.semantic_error(
                f"'{node.target.name}' has a meaning in join and lookup only.", node.span
            )
        column = side.find(node.name)
        if column is None:
            raise binder.source.unknown(f"column of '{node.target.name}'", node.name, side.names, node.span)
        return binder.column(column, replace(frame, row=side), node.span)
    elements = binder.graph_element(node, frame)
    if elements is not None:
        return elements
    target = binder.scalar(node.target, frame)
    return _access(binder, target, Const("string", node.name, span=node.span), node.span)


def index(binder: Binder, node: syntax.Index, frame: Frame) -> Bound:
    target = binder.scalar(node.target, frame)
    return _access(binder, target, binder.scalar(node.index, frame), node.span)


def said_by_text(value: Bound) -> Bound:
    """The dynamic value of a column that holds it as text; any other value as it is."""
    if isinstance(value, Ref) and value.type == "string" and value.column.name in TEXTS_OF_DYNAMIC:
        return Call("dynamic", "parse_json", (value,), span=value.span)
    return value


def _access(binder: Binder, target: Bound, key: Bound, span: Span) -> Bound:
    target = said_by_text(target)
    if target.type != "dynamic":
        raise binder.source.semantic_error(
            f"Only dynamic values have properties and elements, and this is a {target.type}.",
            target.span if target.span.end else span,
            hint="Read the text with parse_json() first." if target.type == "string" else "",
        )
    return fold(Call("dynamic", "[]", (target, key), span=span))


def unary(binder: Binder, node: syntax.Unary, frame: Frame) -> Bound:
    operand = binder.scalar(node.operand, frame)
    if operand.type not in ("int", "long", "real", "decimal", "datetime", "timespan", "dynamic"):
        raise binder.source.semantic_error(f"'{node.op}' needs a number or timespan, not a {operand.type}.", node.span)
    promoted: KqlType = "long" if operand.type == "int" else operand.type
    if node.op == "+":
        return convert(operand, promoted)
    return fold(Call(promoted, "neg", (operand,), span=node.span))


def binary(binder: Binder, node: syntax.Binary, frame: Frame) -> Bound:
    op = node.op
    if op in ("and", "or"):
        return _logical(binder, node, frame)
    left, right = (one_value(binder, side, binder.scalar(side, frame)) for side in (node.left, node.right))
    if op in EQUALITY:
        left, right = _alike(binder, node, left, right)
        return fold(Call("bool", op, (left, right), span=node.span))
    if op in ORDER:
        left, right = _ordered(binder, node, left, right)
        return fold(Call("bool", op, (left, right), span=node.span))
    if op in ARITHMETIC:
        return _arithmetic(binder, node, left, right)
    return _textual(binder, node, left, right)


def _logical(binder: Binder, node: syntax.Binary, frame: Frame) -> Bound:
    """Chains of one operator lie flat, so that long lists of conditions do not nest."""
    parts: list[syntax.Expr] = []
    pending: list[syntax.Expr] = [node]
    while pending:
        at = pending.pop()
        if isinstance(at, syntax.Binary) and at.op == node.op:
            pending += [at.right, at.left]
        else:
            parts.append(at)
    return Call("bool", node.op, tuple(binder.condition(part, frame) for part in parts), span=node.span)


def _alike(binder: Binder, node: syntax.Binary, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    """Both sides of an equality in one type."""
    if left.type == right.type or (left.type in NUMBERS and right.type in NUMBERS):
        return left, right
    if left.type == "dynamic":
        return from_dynamic(left, right.type), right
    if right.type == "dynamic":
        return left, from_dynamic(right, left.type)
    if "string" in (left.type, right.type):
        text, other = (left, right) if left.type == "string" else (right, left)
        text = convert(text, other.type) if other.type in ("bool", "datetime", "timespan", "guid") else text
        other = other if text.type == other.type else convert(other, "string")
        return (text, other) if left.type == "string" else (other, text)
    numbers_and_bool = {*NUMBERS, "bool"}
    if left.type in numbers_and_bool and right.type in numbers_and_bool:
        return convert(left, "long") if left.type == "bool" else left, (
            convert(right, "long") if right.type == "bool" else right
        )
    raise _undefined(binder, node, left, right)


def from_dynamic(value: Bound, type: KqlType) -> Bound:
    """A dynamic value to be compared with one of another type. Integers compare as reals: 1.5 is not 1."""
    return convert(value, "real" if type in ("int", "long") else type)


def _ordered(binder: Binder, node: syntax.Binary, left: Bound, right: Bound) -> tuple[Bound, Bound]:
    if left.type == right.type == "dynamic":
        return convert(left, "real"), convert(right, "real")
    if "dynamic" in (left.type, right.type) and "string" not in (left.type, right.type):
        return _alike(binder, node, left, right)
    numbers_and_bool = {*NUMBERS, "bool"}
    if left.type in numbers_and_bool and right.type in numbers_and_bool:
        return _alike(binder, node, left, right)
    if left.type == right.type and left.type in ("datetime", "timespan"):
        return left, right
    raise _undefined(binder, node, left, right)


def _undefined(binder: Binder, node: syntax.Binary, left: Bound, right: Bound) -> Exception:
    types = {left.type, right.type}
    hint = ""
    if types == {"string"}:
        hint = "strcmp(a, b) < 0 compares texts by order."
    elif "string" in types:
        other = next(iter(types - {"string"}), "string")
        hint = f"Convert one side: to{'real' if other == 'real' else other}() or tostring()."
    return binder.source.semantic_error(
        f"The operator '{node.op}' is not defined for a {left.type} and a {right.type}.", node.span, hint=hint
    )


def _arithmetic(binder: Binder, node: syntax.Binary, left: Bound, right: Bound) -> Bound:
    fitting = match(binder.functions[node.op], [left.type, right.type], lambda: None)
    if fitting is None:
        raise _undefined(binder, node, left, right)
    return fold(Call(fitting.returns, node.op, (left, right), fitting.variant, span=node.span))


def _textual(binder: Binder, node: syntax.Binary, left: Bound, right: Bound) -> Bound:
    if node.op != ":":
        for side in (left, right):
            if side.type not in ("string", "dynamic"):
                raise binder.source.semantic_error(
                    f"The operator '{node.op}' works on texts, and this is a {side.type}.",
                    side.span if side.span.end else node.span,
                    hint="Wrap it in tostring().",
                )
    return fold(Call("bool", node.op, (left, right), span=node.span))


def within(binder: Binder, node: syntax.In, frame: Frame) -> Bound:
    negated, op = (True, node.op[1:]) if node.op.startswith("!") else (False, node.op)
    value = binder.scalar(node.left, frame)
    if op in ("has_any", "has_all", "in~") and value.type not in ("string", "dynamic"):
        raise binder.source.semantic_error(
            f"The operator '{node.op}' works on texts, and this is a {value.type}.",
            node.left.span,
            hint="Wrap it in tostring().",
        )
    found = _membership(binder, node, op, value, frame)
    return Call("bool", "not", (found,), span=node.span) if negated else found


def _membership(binder: Binder, node: syntax.In, op: str, value: Bound, frame: Frame) -> Bound:
    if len(node.items) == 1 and binder.is_tabular(node.items[0], frame.scope, frame.row):
        plan = _rows_apart(binder, node.items[0], frame)
        if not plan.columns:
            raise binder.source.semantic_error("These rows have no column to look in.", node.items[0].span)
        if op in ("has_any", "has_all"):
            return Call("bool", op, (convert(value, "string"), Values("dynamic", plan)), span=node.span)
        if "dynamic" in (value.type, plan.columns[0].type) or (
            value.type != plan.columns[0].type and not {value.type, plan.columns[0].type} <= set(NUMBERS)
        ):
            value, plan = convert(value, "string"), binder.first_column_as(plan, "string")
        return Among("bool", value, plan, op == "in~", span=node.span)
    items: list[Bound] = []
    for item in node.items:
        bound = binder.scalar(item, frame)
        if isinstance(bound, Const) and bound.type == "dynamic" and isinstance(bound.value, list):
            items += [constant_of(element) for element in bound.value]
        else:
            items.append(bound)
    if op == "in":
        value, items = _comparable(value, items)
    else:
        items = [item if item.type == "dynamic" else convert(item, "string") for item in items]
        value = convert(value, "string")
    if not items:
        return Const("bool", op == "has_all", span=node.span)
    return fold(Call("bool", op, (value, *items), span=node.span))


def _comparable(value: Bound, items: list[Bound]) -> tuple[Bound, list[Bound]]:
    """A value and what it is compared with, in one type. Dynamic items stay: they may be arrays."""
    types = {item.type for item in items} - {"dynamic"}
    if value.type == "dynamic":
        wanted: KqlType = next(iter(types)) if len(types) == 1 else "real" if types <= set(NUMBERS) else "string"
        value = from_dynamic(value, wanted if types else "string")
    if value.type in NUMBERS and types <= set(NUMBERS):
        return value, items
    return value, [item if item.type in ("dynamic", value.type) else convert(item, value.type) for item in items]


def constant_of(element: Any) -> Const:  # Any: an element of a dynamic array
    """An element of a constant array as a constant of its own type."""
    match element:
        case bool():
            return Const("bool", element)
        case int():
            return Const("long", element)
        case float():
            return Const("real", element)
        case str():
            return Const("string", element)
        case _:
            return Const("dynamic", element)


def between(binder: Binder, node: syntax.Between, frame: Frame) -> Bound:
    value, low, high = (binder.scalar(part, frame) for part in (node.value, node.low, node.high))
    if value.type == "dynamic" and low.type != "dynamic":
        value = from_dynamic(value, low.type)
    if value.type in NUMBERS:
        low, high = (from_dynamic(part, value.type) if part.type == "dynamic" else part for part in (low, high))
    if value.type == "datetime" and high.type == "timespan":
        high = fold(Call("datetime", "+", (low, high), span=high.span))
    numeric = all(part.type in NUMBERS for part in (value, low, high))
    if not numeric and not (value.type == low.type == high.type and value.type in ("datetime", "timespan")):
        raise binder.source.semantic_error(
            f"'between' is not defined for a {value.type} between a {low.type} and a {high.type}.", node.span
        )
    found = Call("bool", "between", (value, low, high), span=node.span)
    return Call("bool", "not", (found,), span=node.span) if node.negated else found


def to_scalar(binder: Binder, node: syntax.ToScalar, frame: Frame) -> Bound:
    if not binder.is_tabular(node.value, frame.scope):
        value = binder.scalar(node.value, replace(frame, row=EMPTY))
        if not any(isinstance(part, Call) and part.name in VOLATILE for part in walk(value)):
            return value
        known = next((one for place, same, one in binder.drawn if place is node and same == value), None)
        if known is None:
            column = Naming().column("value", value.type)
            known = First(value.type, binder.shared(binder.kept(Project((column,), nothing(), (value,)))))
            binder.drawn.append((node, value, known))
        return replace(known, span=node.span)
    plan = _rows_apart(binder, node.value, frame)
    if not plan.columns:
        raise binder.source.semantic_error("These rows have no column to take a value from.", node.span)
    return First(plan.columns[0].type, plan, span=node.span)


def _rows_apart(binder: Binder, node: syntax.Expr, frame: Frame) -> Plan:
    """Rows inside of a scalar expression, which are the same for every row around it."""
    plan = binder.rows(node, frame.scope)
    outer = columns_from_outside(plan)
    if outer:
        name = min(column.name for column in outer)
        raise binder.source.semantic_error(
            f"The rows here depend on '{name}', which has a value in each row outside.",
            node.span,
            hint="Join the two tables instead.",
        )
    return plan


def _rows_here(binder: Binder, node: syntax.Expr, frame: Frame) -> Bound:
    raise binder.source.semantic_error(
        "Rows stand here, and a single value is needed.", node.span, hint="toscalar(…) takes the first value."
    )


def _stray(binder: Binder, node: syntax.Expr, frame: Frame) -> Bound:
    raise binder.source.semantic_error("This has no value of its own here.", node.span)


BINDERS: dict[type[syntax.Expr], Callable[..., Bound]] = {
    syntax.Literal: literal,
    syntax.Name: name,
    syntax.Member: member,
    syntax.Index: index,
    syntax.Unary: unary,
    syntax.Binary: binary,
    syntax.In: within,
    syntax.Between: between,
    syntax.Call: bind_call,
    syntax.ToScalar: to_scalar,
    syntax.Pipeline: _rows_here,
    syntax.OperatorSource: _rows_here,
    syntax.Datatable: _rows_here,
    syntax.ExternalData: _rows_here,
    syntax.Print: _rows_here,
    syntax.Range: _rows_here,
    syntax.Materialize: _rows_here,
    syntax.ToTable: _rows_here,
    syntax.Wildcard: _stray,
    syntax.TypeOf: _stray,
    syntax.Lambda: _stray,
}
