"""`take`, `sample`, `sort`, `top`, `count`, `as`, `consume`, `render`, `invoke`: how many rows, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs
from vedette.kql.bind.scope import Frame, Scope
from vedette.kql.bound import Aggregation, Bound, Const
from vedette.kql.compiled import Render
from vedette.kql.plan import Aggregate, Filter, Plan, Project, Sample, Sort, SortKey, Take
from vedette.kql.schema import Naming


@binds(syntax.Take)
def take(binder: Binder, node: syntax.Take, input: Plan, scope: Scope) -> Plan:
    return Take(input.columns, input, row_count(binder, node.rows, scope))


@binds(syntax.Sample)
def sample(binder: Binder, node: syntax.Sample, input: Plan, scope: Scope) -> Plan:
    return Sample(input.columns, input, row_count(binder, node.rows, scope))


def row_count(binder: Binder, node: syntax.Expr, scope: Scope, *, whole_real: bool = False) -> Bound:
    """A number of rows; with `whole_real` also a real constant without a fraction."""
    bound = binder.scalar(node, Frame(scope))
    if whole_real and isinstance(bound, Const) and isinstance(bound.value, float) and bound.value.is_integer():
        return Const("long", int(bound.value), span=bound.span)
    if bound.type not in ("int", "long"):
        raise binder.source.semantic_error(f"A number of rows is needed here, and this is a {bound.type}.", node.span)
    if isinstance(bound, Const) and isinstance(bound.value, int) and bound.value < 0:
        raise binder.source.semantic_error("A number of rows is not negative.", node.span)
    return bound


def sort_keys(binder: Binder, keys: Sequence[syntax.Ordering], frame: Frame) -> tuple[SortKey, ...]:
    """Sort keys. The default is descending; nulls are then last, and first when ascending."""
    found = []
    for key in keys:
        value = binder.scalar(key.value.value, frame)
        if value.type == "dynamic":
            raise binder.source.semantic_error(
                "A dynamic value has no order.", key.span, hint="Convert it first: tostring(), tolong(), …"
            )
        descending = key.descending is not False
        nulls_first = key.nulls_first if key.nulls_first is not None else not descending
        found.append(SortKey(value, descending, nulls_first))
    return tuple(found)


@binds(syntax.Sort)
def sort(binder: Binder, node: syntax.Sort, input: Plan, scope: Scope) -> Plan:
    frame = binder.frame(input, scope, windows=True)
    keys = sort_keys(binder, node.keys, frame)
    plan = binder.with_windows(input, frame)
    ordered = Sort(plan.columns, plan, keys)
    return ordered if plan is input else Project(input.columns, ordered, refs(input.columns))


@binds(syntax.Top)
def top(binder: Binder, node: syntax.Top, input: Plan, scope: Scope) -> Plan:
    rows = row_count(binder, node.rows, scope)
    ordered = Sort(input.columns, input, sort_keys(binder, node.keys, binder.frame(input, scope)))
    return Take(input.columns, ordered, rows)


@binds(syntax.Count)
def count(binder: Binder, node: syntax.Count, input: Plan, scope: Scope) -> Plan:
    column = Naming().column(node.name or "Count", "long")
    return Aggregate((column,), input, (), (Aggregation("long", "count", ()),), ((column,),))


@binds(syntax.As)
def name_rows(binder: Binder, node: syntax.As, input: Plan, scope: Scope) -> Plan:
    kept = binder.kept(input)
    scope.define(node.name, kept)
    return binder.shared(kept)


@binds(syntax.Consume)
def consume(binder: Binder, node: syntax.Consume, input: Plan, scope: Scope) -> Plan:
    return Filter(input.columns, input, Const("bool", False))


@binds(syntax.Render)
def render(binder: Binder, node: syntax.Render, input: Plan, scope: Scope) -> Plan:
    properties: dict[str, object] = {}
    for option in node.options:
        value: object
        match option.value:
            case syntax.Name(name=name):
                value = name
            case syntax.Literal(value=literal):
                value = literal
            case _:
                value = binder.source.text[option.value.span.start : option.value.span.end]
        properties[option.name] = value
    binder.render = Render(node.chart, properties)
    return input


@binds(syntax.Invoke)
def invoke(binder: Binder, node: syntax.Invoke, input: Plan, scope: Scope) -> Plan:
    return binder.call_rows(node.call, input, scope)
