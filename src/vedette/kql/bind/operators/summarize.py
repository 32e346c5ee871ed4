"""`summarize`: groups, aggregates, and expressions over aggregates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, new_column
from vedette.kql.bind.functions import aggregation_of
from vedette.kql.bind.naming import Names
from vedette.kql.bind.outputs import named_outputs, suggestion
from vedette.kql.bind.scope import Aggregates, Frame, Row, Scope
from vedette.kql.bound import Aggregation, Bound, Const, Ref
from vedette.kql.plan import Aggregate, Plan, Project
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import CANONICAL

WHOLE_ROW = frozenset({"arg_max", "arg_min", "take_any"})
SEVERAL_PERCENTILES = {"percentiles": ("percentile", 1), "percentilesw": ("percentilew", 2)}
"""Function → the one that gives a single percentile, and how many arguments come before the percentiles."""


@binds(syntax.Summarize)
def summarize(binder: Binder, node: syntax.Summarize, input: Plan, scope: Scope) -> Plan:
    row = Row(input.columns)
    names = Names()
    naming = Naming()
    keys: list[tuple[Column, Bound]] = []
    written: set[str] = set()
    for item in node.keys:
        bound = binder.scalar(item.value, Frame(scope, row))
        if bound.type == "dynamic":
            raise binder.source.semantic_error(
                "Rows cannot be grouped by a dynamic value.", item.span, hint="Group by tostring(…) of it."
            )
        name = item.names[0] if item.names else suggestion(binder, item.value, bound)
        if name is not None and not names.claim(name):
            if item.names or (isinstance(item.value, syntax.Name) and name in written):
                raise binder.source.semantic_error(f"There are two columns named '{name}'.", item.span)
            name = names.unique(name)
        if name is not None and (item.names or isinstance(item.value, syntax.Name)):
            written.add(name)
        keys.append((new_column(naming, name or names.counted(), bound), bound))
    collected = Aggregates(Naming([*input.columns, *(column for column, _ in keys)]))
    frame = Frame(scope, row, aggregates=collected)
    outputs: list[tuple[str, Bound]] = []
    for item in node.aggregates:
        outputs += aggregate_columns(binder, item, frame, names, [bound for _, bound in keys])
    if not keys and not collected.found:
        # Constants alone are one row, whatever the input: a count makes it one.
        collected.add(Aggregation("long", "count", ()), ["long"])
    return finished(input, keys, collected, outputs, naming)


def finished(
    input: Plan,
    keys: Sequence[tuple[Column, Bound]],
    collected: Aggregates,
    outputs: Sequence[tuple[str, Bound]],
    naming: Naming,
) -> Plan:
    """The aggregation, and a projection on top that names its columns and computes what stands around aggregates."""
    columns = tuple(column for column, _ in keys) + tuple(
        column for _, several in collected.found for column in several
    )
    aggregate = Aggregate(
        columns,
        input,
        tuple(bound for _, bound in keys),
        tuple(aggregation for aggregation, _ in collected.found),
        tuple(several for _, several in collected.found),
    )
    made = [naming.column(name, bound.type) for name, bound in outputs]
    return Project(
        tuple(column for column, _ in keys) + tuple(made),
        aggregate,
        tuple(Ref(column.type, column) for column, _ in keys) + tuple(bound for _, bound in outputs),
    )


def aggregate_columns(
    binder: Binder, item: syntax.NamedExpr, frame: Frame, names: Names, keys: Sequence[Bound]
) -> list[tuple[str, Bound]]:
    """Name and value of each column that one expression of a `summarize` gives."""
    call = item.value
    if isinstance(call, syntax.Call) and call.name in binder.functions:
        name = CANONICAL.get(call.name, call.name)
        if name in WHOLE_ROW:
            return _whole_row(binder, item, call, name, frame, names, keys)
        if name in SEVERAL_PERCENTILES:
            return _percentiles(binder, item, call, name, frame, names)
    bound = binder.scalar(call, frame)
    if isinstance(call, syntax.Call) and CANONICAL.get(call.name, call.name) in ("percentile", "percentilew"):
        written = item.names[0] if item.names else None
        suffix = _percentile_name(binder, call, call.arguments[-1].value, frame)
        return [(_claimed(binder, item, written, names) if written else names.unique(suffix), bound)]
    return [(name, value) for value, name in named_outputs(binder, item, bound, names)]


def _claimed(binder: Binder, item: syntax.NamedExpr, name: str, names: Names) -> str:
    taken = names.written(name)
    if taken is None:
        raise binder.source.semantic_error(f"There are two columns named '{name}'.", item.span)
    return taken


def _percentile_name(binder: Binder, call: syntax.Call, percentile: syntax.Expr, frame: Frame) -> str:
    """`percentile_x_50`: the number is part of the name where it is written, or has a name of its own."""
    value = percentile.value if isinstance(percentile, syntax.Literal) else None
    if isinstance(percentile, syntax.Name):
        named = binder.scalar(percentile, replace(frame, inside_aggregate=True))
        value = named.value if isinstance(named, Const) else None
    text = ""
    if isinstance(value, int | float):
        whole = isinstance(value, float) and value.is_integer()
        text = re.sub(r"\W", "_", str(int(value) if whole else value).upper())
    return f"percentile_{binder.suggested_name(call.arguments[0].value) or ''}_{text}"


def _percentiles(
    binder: Binder, item: syntax.NamedExpr, call: syntax.Call, name: str, frame: Frame, names: Names
) -> list[tuple[str, Bound]]:
    single, before = SEVERAL_PERCENTILES[name]
    found: list[tuple[str, Bound]] = []
    for position, argument in enumerate(call.arguments[before:]):
        one = syntax.Call(single, (*call.arguments[:before], argument), call.name_span, span=call.span)
        bound = binder.scalar(one, frame)
        if position < len(item.names):
            found.append((_claimed(binder, item, item.names[position], names), bound))
        else:
            found.append((names.unique(_percentile_name(binder, one, argument.value, frame)), bound))
    if not found:
        raise binder.source.semantic_error(f"'{call.name}' needs at least one percentile.", call.span)
    return found


def _whole_row(
    binder: Binder,
    item: syntax.NamedExpr,
    call: syntax.Call,
    name: str,
    frame: Frame,
    names: Names,
    keys: Sequence[Bound],
) -> list[tuple[str, Bound]]:
    """`arg_max(key, columns or *)`, `take_any(columns or *)`: values that come from one row."""
    assert frame.aggregates is not None
    inside = Frame(frame.scope, frame.row, aggregates=frame.aggregates, inside_aggregate=True)
    grouped_by = {key.column for key in keys if isinstance(key, Ref)}
    values: list[tuple[str, Bound]] = []
    arguments = list(call.arguments)
    ordered = name != "take_any"
    if not arguments:
        raise binder.source.semantic_error(f"'{call.name}' needs an argument.", call.span)
    first = binder.scalar(arguments[0].value, inside) if ordered else None
    legacy = call.name in ("any", "argmax", "argmin")
    stem = f"{name[4:]}_{binder.suggested_name(arguments[0].value) or ''}" if ordered else "any"
    if first is not None:
        default = binder.suggested_name(arguments[0].value) or stem
        values.append((stem if legacy else default, first))
    prefix = f"{stem}_" if legacy else ""
    for number, argument in enumerate(arguments):
        if ordered and not number:
            continue
        if isinstance(argument.value, syntax.Wildcard):
            taken = first.column if isinstance(first, Ref) else None
            values += [
                (prefix + column.name, Ref(column.type, column))
                for column in frame.row
                if column is not taken and column not in grouped_by
            ]
        else:
            bound = binder.scalar(argument.value, inside)
            known = binder.suggested_name(argument.value)
            fallback = prefix or f"{stem}_arg{number}"
            values.append((argument.name or (prefix + known if known else fallback), bound))
    types = [value.type for _, value in values]
    aggregation = Aggregation("dynamic", name, tuple(value for _, value in values), span=call.span)
    if ordered and types[0] == "dynamic":
        raise binder.source.semantic_error(f"'{call.name}' needs a value with an order.", arguments[0].span)
    columns = frame.aggregates.add(aggregation, types)
    found: list[tuple[str, Bound]] = []
    for position, ((suggested, _), column) in enumerate(zip(values, columns, strict=True)):
        if position < len(item.names):
            out = _claimed(binder, item, item.names[position], names)
        else:
            out = names.unique(suggested)
        found.append((out, Ref(column.type, column)))
    return found


__all__ = ["Const", "aggregate_columns", "aggregation_of", "finished", "summarize"]
