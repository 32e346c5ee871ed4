"""`mv-apply` and `partition`: a body that runs on each row's elements, or on each key's rows."""

from __future__ import annotations

from collections.abc import Callable

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs
from vedette.kql.bind.operators.expanding import Expanded
from vedette.kql.bind.operators.rows import row_count
from vedette.kql.bind.partitions import Part, Partitions, contains, hidden, needs_key
from vedette.kql.bind.scope import LetScalar, Scope
from vedette.kql.bound import Bound, Ref
from vedette.kql.plan import (
    AtHand,
    Distinct,
    External,
    Join,
    Plan,
    Procedure,
    Project,
    Range,
    Rows,
    Scan,
    Shared,
    Sort,
    SortKey,
    Unnest,
    Window,
    Windows,
)
from vedette.kql.schema import Column, Naming


@binds(syntax.MvApply)
def mv_apply(binder: Binder, node: syntax.MvApply, input: Plan, scope: Scope) -> Plan:
    expanded = Expanded(binder, node.items, node.options, input, scope)
    elements = [one.column for one in expanded.items]
    names = {column.name for column in elements}
    seen = [column for column in input.columns if column.name not in names]
    index = expanded.index or hidden(binder, Column("index", "long", "index"))
    visible = (*seen, *elements, *([expanded.index] if expanded.index else []))
    alone = Unnest(tuple(dict.fromkeys((*input.columns, *visible))), input, expanded.items, expanded.index, None)
    at_hand = AtHand(visible, Project(visible, alone, refs(visible)))
    body = binder.pipe(at_hand, node.body, Scope(scope))

    outer = [column for column in input.columns if column.name not in expanded.plain]
    by_name = {column.name: column for column in body.columns}
    copies = {column: hidden(binder, column) for column in outer if column.name not in by_name}
    keyed = needs_key(body, at_hand)
    row = hidden(binder, Column("row", "long", "row"))
    source: Plan = input
    if keyed:
        source = Windows((*input.columns, row), input, (Window("row_number", ()),), (row,))
    columns = tuple(dict.fromkeys((*source.columns, *elements, index)))
    limit = row_count(binder, node.limit, scope) if node.limit is not None else None
    unnested = Unnest(columns, source, expanded.items, index, limit)
    carried = (*at_hand.columns, *([] if index in at_hand.columns else [index]), *([row] if keyed else []))
    rows = Project((*carried, *copies.values()), unnested, (*refs(carried), *refs(list(copies))))
    order = (SortKey(Ref("long", index), descending=False, nulls_first=False),)

    shared = Shared(rows.columns, rows, binder.hidden_name("rows"))

    def leaf(plan: Plan) -> Part | None:
        if plan is not at_hand:
            return None
        return Part(shared, dict(copies), (row,) if keyed else (), order)

    part = _turned(binder, node, at_hand, body, leaf)
    naming = Naming()
    made: list[Column] = []
    values: list[Bound] = []
    for column in [by_name.pop(one.name, one) for one in outer] + list(by_name.values()):
        value = part.carried.get(column, column)
        made.append(naming.column(column.name, value.type, value.encoding))
        values.append(Ref(value.type, value))
    return Project(tuple(made), _in_order(part, always=keyed), tuple(values))


def _turned(
    binder: Binder, node: syntax.Operator, at_hand: Plan, body: Plan, leaf: Callable[[Plan], Part | None]
) -> Part:
    part = Partitions(binder, node.span, leaf).turned(body)
    if contains(part.plan, at_hand):
        raise binder.source.unsupported(
            "The rows of a partition cannot be used a second time, as by toscalar().", node.span
        )
    return part


def _in_order(part: Part, *, always: bool = False) -> Plan:
    if not part.sorted and not always:
        return part.plan
    outer = tuple(SortKey(Ref(key.type, key), descending=False, nulls_first=True) for key in part.key)
    return Sort(part.plan.columns, part.plan, (*outer, *part.order))


@binds(syntax.Partition)
def partition(binder: Binder, node: syntax.Partition, input: Plan, scope: Scope) -> Plan:
    key = binder.scalar(node.key, binder.frame(input, scope))
    if not isinstance(key, Ref):
        raise binder.source.semantic_error("partition needs a column to partition by.", node.key.span)
    if key.type == "dynamic":
        raise binder.source.semantic_error(
            "Rows cannot be partitioned by a dynamic value.", node.key.span, hint="Extend a column by tostring() first."
        )
    if node.pipeline is not None:
        return _with_source(binder, node, node.pipeline, key, input, scope)
    at_hand = AtHand(input.columns, input)
    body = binder.pipe(at_hand, node.body, Scope(scope))
    group = hidden(binder, key.column)
    number = hidden(binder, Column("row", "long", "row"))
    numbered = _is_ordered(input) or any(isinstance(one, syntax.Serialize | syntax.Extend) for one in node.body)
    source: Plan = input
    order: tuple[SortKey, ...] = ()
    if numbered and needs_key(body, at_hand):
        source = Windows((*input.columns, number), input, (Window("row_number", ()),), (number,))
        order = (SortKey(Ref("long", number), descending=False, nulls_first=False),)
    rows = Project((*source.columns, group), source, (*refs(source.columns), key))

    shared = Shared(rows.columns, rows, binder.hidden_name("rows"))

    def leaf(plan: Plan) -> Part | None:
        return Part(shared, {}, (group,), order) if plan is at_hand else None

    part = _turned(binder, node, at_hand, body, leaf)
    return Project(body.columns, _in_order(part), refs(body.columns))


def _is_ordered(plan: Plan) -> bool:
    while isinstance(plan, Project):
        plan = plan.input
    return isinstance(plan, Sort)


def _with_source(
    binder: Binder, node: syntax.Partition, pipeline: syntax.Expr, key: Ref, input: Plan, scope: Scope
) -> Plan:
    """The form in braces: a pipeline of its own that may use the key."""
    group = hidden(binder, Column(key.column.name, key.type, key.column.physical))
    keys = Distinct((group,), Project((group,), input, (key,)))
    inside = Scope(scope)
    inside.define(key.column.name, LetScalar(Ref(key.type, group)))
    body = binder.rows(pipeline, inside)

    def leaf(plan: Plan) -> Part | None:
        if not isinstance(plan, Scan | Rows | Range | External | Procedure | Shared):
            return None
        return Part(Join((group, *plan.columns), keys, plan, "cross", ()), {}, (group,))

    part = Partitions(binder, node.span, leaf).turned(body)
    return Project(body.columns, _in_order(part), refs(body.columns))
