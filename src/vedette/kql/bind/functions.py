"""Calls of functions: users' own, those of the language, aggregates and windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.scope import EMPTY, Frame, LetFunction, LetScalar, LetTable, Row, Scope
from vedette.kql.bound import Aggregation, Bound, Call, Const, Ref
from vedette.kql.fold import fold
from vedette.kql.functions.refused import REFUSED
from vedette.kql.signatures import CANONICAL, CLASSES, SHARED, Function, Match, match

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder

MAX_DEPTH = 64
"""How deep functions may call each other; they cannot call themselves, so only a very long chain reaches it."""


def bind_call(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    """A call that has a scalar value."""
    if node.target is not None:
        raise binder.source.unsupported("Other clusters and databases cannot be reached from here.", node.span)
    meaning = frame.scope.find(node.name)
    if isinstance(meaning, LetFunction):
        return _own_scalar(binder, node, meaning, frame)
    special = SPECIAL.get(node.name)
    if special:
        return special(binder, node, frame)
    if node.name in REFUSED:
        raise binder.source.unsupported(
            f"The function '{node.name}' {REFUSED[node.name]} and is not supported.", node.name_span
        )
    function = binder.functions.get(node.name)
    if function is None:
        known = [*binder.functions, *(name for name in frame.scope.names())]
        raise binder.source.unknown("function", node.name, known, node.name_span)
    if function.kind == "aggregate" and (frame.aggregates is None or frame.inside_aggregate):
        # Some aggregates have scalar forms of their name, for what they united before.
        function = binder.functions.get(f"${CANONICAL.get(node.name, node.name)}", function)
    if function.kind == "aggregate":
        return bind_aggregate(binder, node, function, frame)
    if function.kind == "window":
        from vedette.kql.bind.windows import bind_window  # not at the top: it imports this module

        return bind_window(binder, node, function, frame)
    if function.kind in ("plugin", "tabular"):
        raise binder.source.semantic_error(f"'{node.name}' gives rows, and a single value is needed here.", node.span)
    args, fitting = arguments(binder, node, function, frame)
    if function.outputs and not frame.aggregates:
        return Call("dynamic", CANONICAL.get(node.name, node.name), args, fitting.variant, span=node.span)
    return fold(Call(fitting.returns, CANONICAL.get(node.name, node.name), args, fitting.variant, span=node.span))


def arguments(binder: Binder, node: syntax.Call, function: Function, frame: Frame) -> tuple[tuple[Bound, ...], Match]:
    """The arguments of a call, converted to what the fitting signature asks for. `typeof` arguments are left out."""
    values = _in_order(binder, node, function)
    bound: list[Bound | None] = []
    named_type: KqlType | None = None
    for value in values:
        if isinstance(value, syntax.TypeOf):
            named_type = value.type
            bound.append(None)
        elif function.every_column and value == syntax.Wildcard("*"):
            bound += [binder.column(column, frame, value.span) for column in frame.row]
        else:
            bound.append(one_value(binder, value, binder.scalar(value, frame)))
    fitting = match(function, [one.type if one else None for one in bound], lambda: named_type)
    if fitting is None:
        raise _mismatch(binder, node, function, bound)
    converted: list[Bound] = []
    for param, one in zip(fitting.params, bound, strict=True):
        if one is None:
            continue
        if param.kind in SHARED and fitting.common:
            one = convert(one, fitting.common)
        elif param.kind not in CLASSES and "|" not in param.kind:
            one = convert(one, param.kind)  # type: ignore[arg-type]  # a kind that is no class is a type
        converted.append(one)
    return tuple(converted), fitting


def one_value(binder: Binder, node: syntax.Expr, bound: Bound) -> Bound:
    """The argument or operand, unless it is a call that gives several columns: they have names, and no value."""
    if isinstance(node, syntax.Call) and isinstance(bound, Call) and bound.name == CANONICAL.get(node.name, node.name):
        function = binder.functions.get(node.name)
        if function is not None and function.outputs:
            more = ", …" if len(function.outputs) > 2 else ""
            names = ", ".join(suffix for suffix, _ in function.outputs[:2]) + more
            raise binder.source.semantic_error(
                f"'{node.name}' gives {len(function.outputs)} columns, and one value is needed here.",
                node.span,
                hint=f"Name them in a step before: extend ({names}) = {node.name}(…).",
            )
    return bound


def _in_order(binder: Binder, node: syntax.Call, function: Function) -> list[syntax.Expr]:
    """The arguments' values. Named ones go to their parameter's place; where a name is of no parameter, names say
    nothing."""
    names = [param.name for param in function.signatures[0].before]
    said = [argument.name for argument in node.arguments if argument.name is not None]
    if not said or any(name not in names for name in said):
        return [argument.value for argument in node.arguments]
    placed: dict[int, syntax.Expr] = {}
    for position, argument in enumerate(node.arguments):
        if argument.name is None:
            placed[position] = argument.value
        else:
            placed[names.index(argument.name)] = argument.value
    if sorted(placed) != list(range(len(placed))):
        raise binder.source.semantic_error(f"An argument of '{node.name}' is missing before a named one.", node.span)
    return [placed[position] for position in range(len(placed))]


def _mismatch(binder: Binder, node: syntax.Call, function: Function, args: Sequence[Bound | None]) -> Exception:
    """Why no signature fits: a number of arguments that none takes, or the first argument of a wrong type."""
    fitting_count = [one for one in function.signatures if one.assigned(len(args)) is not None]
    forms = "; ".join(one.text.partition("->")[0].strip() for one in function.signatures)
    if not fitting_count:
        return binder.source.semantic_error(
            f"'{node.name}' does not take {len(args)} argument{'' if len(args) == 1 else 's'}.",
            node.span,
            hint=f"It is called as {forms}.",
        )
    for position, param in enumerate(fitting_count[0].assigned(len(args)) or ()):
        one = args[position]
        if one is not None and param.accepts and one.type not in param.accepts:
            return binder.source.semantic_error(
                f"'{node.name}' takes {_wanted(param.kind)} as its {_ordinal(position)} argument, not a value of type "
                f"{one.type}.",
                one.span,
                hint=_advice(param.accepts, one.type) or f"It is called as {forms}.",
            )
    given = ", ".join(one.type if one else "a type or table" for one in args)
    return binder.source.semantic_error(
        f"'{node.name}' does not take arguments of the types ({given}).", node.span, hint=f"It is called as {forms}."
    )


def _advice(accepts: frozenset[KqlType], given: KqlType) -> str:
    if "string" in accepts:
        return "Wrap it in tostring()."
    if given == "string" and "dynamic" in accepts:
        return "Read the text with parse_json() first."
    if given == "dynamic":
        return "Convert it first: tostring(), tolong(), toreal(), todatetime(), …"
    return ""


def _wanted(kind: str) -> str:
    words = {
        "text": "a string or dynamic value", "array": "a dynamic array", "bag": "a dynamic bag", "number": "a number",
        "integer": "an integer", "summable": "a number, datetime or timespan", "scalar": "a value",
        "orderable": "a value with an order", "table": "rows", "type": "a typeof()",
        "not_bool": "a value that is no bool", "not_dynamic": "a value that is not dynamic",
        "not_real_or_bool": "a value that is no real and no bool", "number_or_bool": "a number or bool",
        "integer_or_array": "an integer or a dynamic array",
    }  # fmt: skip
    return words.get(kind, f"a {kind.replace('|', ' or ')}")


def _ordinal(position: int) -> str:
    return ("first", "second", "third", "fourth", "fifth")[position] if position < 5 else f"{position + 1}th"


# Users' functions


def _own_scalar(binder: Binder, node: syntax.Call, function: LetFunction, frame: Frame) -> Bound:
    scope = entered(binder, node, function, frame)
    body = function.definition.body
    *lets, last = body.statements
    for statement in lets:
        binder.statement(statement, scope)
    if not isinstance(last, syntax.Evaluated):
        raise binder.source.semantic_error(f"The function '{node.name}' gives nothing.", node.span)
    if binder.is_tabular(last.value, scope):
        raise binder.source.semantic_error(
            f"'{node.name}' gives rows, and a single value is needed here.", node.span, hint="Use toscalar()."
        )
    inside = replace(frame, scope=scope, row=EMPTY, left=None, right=None)
    with binder.deeper(node.span):
        return binder.scalar(last.value, inside)


def entered(binder: Binder, node: syntax.Call, function: LetFunction, frame: Frame) -> Scope:
    """The scope of a function's body: its parameters mean the arguments of this call."""
    scope = Scope(function.scope)
    parameters = function.definition.parameters
    if len(node.arguments) > len(parameters):
        raise binder.source.semantic_error(
            f"'{node.name}' takes {len(parameters)} argument{'' if len(parameters) == 1 else 's'}, "
            f"and {len(node.arguments)} are given.",
            node.span,
        )
    ordered: list[syntax.Argument] = []
    for written, parameter in zip(node.arguments, parameters, strict=False):
        if written.name not in (None, parameter.name):
            break
        ordered.append(written)
    named: dict[str, syntax.Argument] = {}
    for written in node.arguments[len(ordered) :]:
        if written.name is None:
            raise binder.source.semantic_error(
                "Arguments behind a named one that is out of order need names as well.", written.span
            )
        named[written.name] = written
    for position, parameter in enumerate(parameters):
        argument = ordered[position] if position < len(ordered) else named.pop(parameter.name, None)
        value = argument.value if argument else parameter.default
        if value is None:
            raise binder.source.semantic_error(
                f"'{node.name}' needs a value for its parameter '{parameter.name}'.", node.span
            )
        if parameter.type is None:
            scope.define(parameter.name, _tabular_argument(binder, parameter, value, frame))
        else:
            bound = binder.scalar(value, frame if argument else Frame(function.scope))
            scope.define(parameter.name, LetScalar(_fitting(binder, node, parameter, bound, parameter.type)))
    if named:
        wrong = next(iter(named.values()))
        raise binder.source.unknown(
            f"parameter of '{node.name}'", wrong.name or "", [one.name for one in parameters], wrong.span
        )
    return scope


def _fitting(binder: Binder, node: syntax.Call, parameter: syntax.Parameter, value: Bound, type: KqlType) -> Bound:
    numbers = ("int", "long", "real", "decimal")
    if value.type != type and not (value.type in numbers and type in numbers) and "dynamic" not in (value.type, type):
        raise binder.source.semantic_error(
            f"The parameter '{parameter.name}' of '{node.name}' is a {type}, and the argument is a {value.type}.",
            value.span if value.span.end else node.span,
        )
    return convert(value, type)


def _tabular_argument(binder: Binder, parameter: syntax.Parameter, value: syntax.Expr, frame: Frame) -> LetTable:
    """Rows for a parameter. They need the declared columns; others come along."""
    plan = binder.rows(value, frame.scope)
    row = Row(plan.columns)
    for declared in parameter.columns or ():
        column = row.find(declared.name)
        if column is None:
            raise binder.source.unknown("column", declared.name, row.names, value.span)
        if column.type != declared.type:
            raise binder.source.semantic_error(
                f"The column '{declared.name}' is a {column.type}, and the function declares it as {declared.type}.",
                value.span,
            )
    return LetTable(value, frame.scope, [plan])


# Aggregates and windows


def bind_aggregate(binder: Binder, node: syntax.Call, function: Function, frame: Frame) -> Bound:
    """An aggregate with one value."""
    aggregation = aggregation_of(binder, node, function, frame)
    assert frame.aggregates is not None
    (column,) = frame.aggregates.add(aggregation, [aggregation.type])
    return Ref(aggregation.type, column, span=node.span)


def aggregation_of(binder: Binder, node: syntax.Call, function: Function, frame: Frame) -> Aggregation:
    """The aggregation that a call means; the predicate of an `…if` form becomes its filter."""
    if frame.aggregates is None or frame.inside_aggregate:
        raise binder.source.semantic_error(
            f"The aggregate '{node.name}' is not allowed here.",
            node.span,
            hint="They stand in summarize, before its by.",
        )
    inside = replace(frame, inside_aggregate=True)
    args, fitting = arguments(binder, node, function, inside)
    name = CANONICAL.get(node.name, node.name)
    kept: Bound | None = None
    if name in binder.if_forms:
        at = next(position for position, param in enumerate(fitting.params) if param.name == "predicate")
        name, kept, args = binder.if_forms[name], args[at], args[:at] + args[at + 1 :]
    elif name == "count" and args:
        kept, args = args[0] if args[0].type == "bool" else None, ()
    return Aggregation(fitting.returns, name, args, kept, span=node.span)


# Functions whose meaning is in the names of columns, or in the clock


def _now(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    args, _ = arguments(binder, node, binder.functions[node.name], frame)
    at = Const("datetime", binder.now, span=node.span)
    if not args:
        return at
    sign = "-" if node.name == "ago" else "+"
    return fold(Call("datetime", sign, (at, args[0]), span=node.span))


def _bin_auto(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    """`bin_at` with the size and the fixed point that `set` statements before the query gave."""
    (value,), _ = arguments(binder, node, binder.functions[node.name], frame)
    written = binder.properties.get("query_bin_auto_size")
    if written is None:
        raise binder.source.semantic_error(
            "bin_auto() needs a size.", node.span, hint="Write `set query_bin_auto_size=1h;` before the query."
        )
    size = binder.scalar(written, frame)
    fixed = binder.properties.get("query_bin_auto_at")
    zero: KqlType = value.type if value.type in ("datetime", "timespan") else "long"
    at = binder.scalar(fixed, frame) if fixed is not None else Const(zero, 0)
    fitting = match(binder.functions["bin_at"], [value.type, size.type, at.type], lambda: None)
    if fitting is None:
        raise binder.source.semantic_error(
            f"A {value.type} cannot be laid into bins of a {size.type} from a {at.type} on.", node.span
        )
    return fold(Call(fitting.returns, "bin_at", (value, size, at), fitting.variant, span=node.span))


def _column_if_exists(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    if len(node.arguments) != 2:
        raise binder.source.semantic_error(f"'{node.name}' takes a column's name and a default value.", node.span)
    name, default = (argument.value for argument in node.arguments)
    if isinstance(name, syntax.Name) and (frame.row.find(name.name) or frame.scope.find(name.name) is None):
        wanted = name.name
    else:
        bound = binder.scalar(name, frame)
        if not isinstance(bound, Const) or not isinstance(bound.value, str):
            raise binder.source.semantic_error("The name of the column must be a constant text.", name.span)
        wanted = bound.value
    column = frame.row.find(wanted)
    return binder.column(column, frame, node.span) if column else binder.scalar(default, frame)


def _pack_all(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    parts: list[Bound] = []
    for column in frame.row:
        parts += [Const("string", column.name), binder.column(column, frame, node.span)]
    ignore = binder.scalar(node.arguments[0].value, frame) if node.arguments else Const("bool", False)
    name = "$bag_pack_filled" if isinstance(ignore, Const) and ignore.value is True else "bag_pack"
    return Call("dynamic", name, tuple(parts), span=node.span)


def _bag_pack_columns(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    parts: list[Bound] = []
    for argument in node.arguments:
        name = binder.suggested_name(argument.value)
        if name is None:
            raise binder.source.semantic_error("bag_pack_columns takes columns.", argument.span)
        parts += [Const("string", name), binder.scalar(argument.value, frame)]
    return Call("dynamic", "bag_pack", tuple(parts), span=node.span)


def _column_names_of(binder: Binder, node: syntax.Call, frame: Frame) -> Bound:
    if len(node.arguments) != 1:
        raise binder.source.semantic_error("column_names_of() takes one table.", node.span)
    plan = binder.rows(node.arguments[0].value, frame.scope)
    return Const("dynamic", [column.name for column in plan.columns], span=node.span)


SPECIAL = {
    "column_names_of": _column_names_of,
    "now": _now,
    "ago": _now,
    "bin_auto": _bin_auto,
    "column_ifexists": _column_if_exists,
    "columnifexists": _column_if_exists,
    "pack_all": _pack_all,
    "bag_pack_columns": _bag_pack_columns,
}
