"""`fork` and `facet`: several results from the same rows. The first is the result; the others are further ones."""

from __future__ import annotations

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds
from vedette.kql.bind.operators.columns import matching
from vedette.kql.bind.scope import Scope
from vedette.kql.bound import Aggregation, Ref
from vedette.kql.plan import Aggregate, Plan
from vedette.kql.schema import Column, Naming


@binds(syntax.Fork)
def fork(binder: Binder, node: syntax.Fork, input: Plan, scope: Scope) -> Plan:
    """Each branch over the same rows. A branch without a name is called by its number."""
    kept = binder.kept(input)
    results: list[tuple[str, Plan]] = []
    for number, (name, operators) in enumerate(node.branches, 1):
        called = name or next((one.name for one in reversed(operators) if isinstance(one, syntax.As)), f"Fork{number}")
        if called in {known for known, _ in results}:
            raise binder.source.semantic_error(f"There are two branches named '{called}'.", node.span)
        results.append((called, binder.pipe(binder.shared(kept), operators, Scope(scope))))
    binder.further += results[1:]
    return results[0][1]


@binds(syntax.Facet)
def facet(binder: Binder, node: syntax.Facet, input: Plan, scope: Scope) -> Plan:
    """What stands in `with`, then for each column its values and how often each is there."""
    kept = binder.kept(input)
    results: list[tuple[str, Plan]] = []
    if node.body:
        results.append(("with", binder.pipe(binder.shared(kept), node.body, Scope(scope))))
    for pattern in node.columns:
        for column in matching(binder, pattern, input):
            if column.type == "dynamic":
                raise binder.source.semantic_error(
                    "The values of a dynamic column cannot be counted.", pattern.span, hint="Convert it by tostring()."
                )
            if column.name not in {name for name, _ in results}:
                results.append((column.name, _counted(binder.shared(kept), input.columns.index(column))))
    binder.further += results[1:]
    return results[0][1]


def _counted(rows: Plan, place: int) -> Plan:
    column: Column = rows.columns[place]
    naming = Naming()
    key = naming.column(column.name, column.type, column.encoding)
    count = naming.column(f"count_{column.name}", "long")
    return Aggregate((key, count), rows, (Ref(column.type, column),), (Aggregation("long", "count", ()),), ((count,),))
