"""`make-graph` and what changes a graph or turns it into rows: `graph-where-nodes`, `graph-where-edges`,
`graph-mark-components`, `graph-to-table`. Patterns are in `graph_patterns`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs
from vedette.kql.bind.graph import EDGE, NODE, SOURCE, TARGET, Graph, degrees, graph_of, plan_of, properties
from vedette.kql.bind.graph_syntax import mentions, transformed
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.scope import Frame, Row, Scope
from vedette.kql.bound import Bound, Call, Ref
from vedette.kql.functions.graphs import ON_NODES
from vedette.kql.plan import (
    Distinct,
    Filter,
    FirstPerKey,
    Join,
    Plan,
    Procedure,
    Project,
    UnionAll,
    Window,
    Windows,
)
from vedette.kql.schema import Column, Naming

COMPONENT: Final = "ComponentId"
NO_LABELS: Final = syntax.Literal("dynamic", [])
"""What labels() gives: graphs made by a query have none."""


@binds(syntax.MakeGraph)
def make_graph(binder: Binder, node: syntax.MakeGraph, input: Plan, scope: Scope) -> Plan:
    source = _end(binder, node.source, input, scope)
    target = _end(binder, node.target, input, scope)
    if source.type != target.type or source.type == "dynamic":
        raise binder.source.semantic_error(
            f"The ends of an edge must be of one type; these are a {source.type} and a {target.type}.", node.span
        )
    edges = binder.kept(_edges(input, source, target))
    ids = _ids(binder.shared(edges))
    named = option(node.options, "with_node_id")
    nodes = _nodes(binder, node, ids, scope, word(binder, named, "") if named else "")
    return plan_of(binder, Graph(edges, binder.kept(nodes)))


def _end(binder: Binder, node: syntax.Expr, input: Plan, scope: Scope) -> Column:
    bound = binder.scalar(node, binder.frame(input, scope))
    if not isinstance(bound, Ref):
        raise binder.source.semantic_error("A column's name is needed here.", node.span)
    return bound.column


def _edges(input: Plan, source: Column, target: Column) -> Plan:
    naming = Naming(input.columns)
    number = naming.column(EDGE, "long")
    ends = naming.column(SOURCE, source.type), naming.column(TARGET, target.type)
    numbered = Windows((*input.columns, number), input, (Window("row_number", ()),), (number,))
    values = (Ref("long", number), Ref(source.type, source), Ref(target.type, target), *refs(input.columns))
    return Project((number, *ends, *input.columns), numbered, values)


def _ids(edges: Plan) -> Plan:
    """The ids of all nodes that edges name."""
    source, target = edges.columns[1:3]
    column = Naming().column(NODE, source.type)
    both = UnionAll((column,), (edges, edges), ((Ref(source.type, source),), (Ref(target.type, target),)))
    return Distinct((column,), both)


def _nodes(binder: Binder, node: syntax.MakeGraph, ids: Plan, scope: Scope, id_name: str) -> Plan:
    """All nodes: those of the tables, and those that edges alone name. Tables that know one node are merged."""
    key = ids.columns[0]
    tables: list[tuple[Plan, Column]] = []
    for table, on in node.nodes:
        rows = binder.shared(binder.kept(binder.rows(table, scope)))
        column = Row(rows.columns).find(on.name) if isinstance(on, syntax.Name) else None
        if column is None:
            raise binder.source.unknown("column of the nodes", _spelled(on), Row(rows.columns).names, on.span)
        if column.type != key.type:
            raise binder.source.semantic_error(
                f"The nodes' ids are of type {column.type}, and those of the edges of type {key.type}.", on.span
            )
        tables.append((FirstPerKey(rows.columns, rows, (Ref(column.type, column),)), column))
    if tables:
        everything = (ids, *(rows for rows, _ in tables))
        values = ((Ref(key.type, key),), *((Ref(column.type, column),) for _, column in tables))
        column = Naming().column(NODE, key.type)
        ids = Distinct((column,), UnionAll((column,), everything, values))
        key = column
    plan: Plan = ids
    found: list[tuple[str, Column]] = []
    keys: list[Column] = []
    for rows, column in tables:
        naming = Naming(plan.columns)
        added = tuple(naming.column(f"$property_{one.name}", one.type, one.encoding) for one in rows.columns)
        plan = Join((*plan.columns, *added), plan, rows, "left", ((Ref(key.type, key), Ref(column.type, column)),))
        found += [(one.name, copy) for one, copy in zip(rows.columns, added, strict=True)]
        keys.append(added[rows.columns.index(column)])
    return _with_properties(plan, key, found, keys, id_name)


def _with_properties(
    plan: Plan, key: Column, found: Sequence[tuple[str, Column]], keys: Sequence[Column], id_name: str
) -> Plan:
    naming = Naming((key,))
    columns = [key]
    values: list[Bound] = [Ref(key.type, key)]
    if id_name:
        columns.append(naming.column(id_name, key.type))
        values.append(Ref(key.type, key))
    merged: dict[tuple[str, str], list[Bound]] = {}
    for name, column in found:
        value: Bound = Ref(column.type, column)
        if keys and column is keys[0]:  # A node that no table knows has its id for a property all the same.
            unknown = [Call("bool", "isempty", (Ref(one.type, one),)) for one in keys]
            nowhere = Call("bool", "and", tuple(unknown)) if len(unknown) > 1 else unknown[0]
            value = Call(key.type, "iff", (nowhere, Ref(key.type, key), value))
        merged.setdefault((name, column.type), []).append(value)
    for (name, _), several in merged.items():
        value = several[0] if len(several) == 1 else Call(several[0].type, "coalesce", tuple(several))
        columns.append(naming.column(name, value.type))
        values.append(value)
    return Project(tuple(columns), plan, tuple(values))


def _spelled(node: syntax.Expr) -> str:
    return node.name if isinstance(node, syntax.Name) else "?"


@binds(syntax.GraphWhereNodes)
def where_nodes(binder: Binder, node: syntax.GraphWhereNodes, input: Plan, scope: Scope) -> Plan:
    """The nodes that meet a condition, and the edges between them."""
    graph = graph_of(binder, input, node)
    rows = binder.shared(graph.nodes)
    visible = rows.columns
    kept = _kept_nodes(binder, graph, rows, node.condition, scope)
    nodes = binder.kept(Project(visible, kept, refs(visible)))
    edges: Plan = binder.shared(graph.edges)
    columns = edges.columns
    for end in columns[1:3]:
        there = binder.shared(nodes)
        key = there.columns[0]
        edges = Join(columns, edges, there, "semi", ((Ref(end.type, end), Ref(key.type, key)),))
    return plan_of(binder, Graph(binder.kept(edges), nodes))


def _kept_nodes(binder: Binder, graph: Graph, rows: Plan, condition: syntax.Expr, scope: Scope) -> Plan:
    plan = rows
    known: dict[str, str] = {}
    for name in ON_NODES:
        if name != "node_id" and mentions(condition, name):
            plan, column = degrees(binder, graph, plan, rows.columns[0], name)
            known[name] = column.name

    def rewritten(part: Any) -> Any:  # a node of the syntax tree
        if isinstance(part, syntax.Call) and part.name == "labels" and not part.arguments:
            return NO_LABELS
        if isinstance(part, syntax.Call) and part.name == "node_id" and not part.arguments:
            return id_text(syntax.Name(NODE, span=part.span), graph.key_type)
        if isinstance(part, syntax.Call) and part.name in known and not part.arguments:
            return syntax.Name(known[part.name], span=part.span)
        return None

    predicate = binder.condition(transformed(condition, rewritten), Frame(scope, Row(plan.columns)))
    return Filter(plan.columns, plan, predicate)


def id_text(node: syntax.Expr, type: KqlType) -> syntax.Expr:
    """What node_id() gives: a node's id as text."""
    if type == "string":
        return node
    return syntax.Call("tostring", (syntax.Argument(node),), node.span, span=node.span)


@binds(syntax.GraphWhereEdges)
def where_edges(binder: Binder, node: syntax.GraphWhereEdges, input: Plan, scope: Scope) -> Plan:
    """The edges that meet a condition. All nodes stay."""
    graph = graph_of(binder, input, node)
    rows = binder.shared(graph.edges)

    def rewritten(part: Any) -> Any:  # a node of the syntax tree
        return NO_LABELS if isinstance(part, syntax.Call) and part.name == "labels" and not part.arguments else None

    condition = transformed(node.condition, rewritten)
    predicate = binder.condition(condition, Frame(scope, Row(properties(rows))))
    return plan_of(binder, Graph(binder.kept(Filter(rows.columns, rows, predicate)), graph.nodes))


@binds(syntax.GraphMarkComponents)
def mark_components(binder: Binder, node: syntax.GraphMarkComponents, input: Plan, scope: Scope) -> Plan:
    graph = graph_of(binder, input, node)
    said = option(node.options, "kind")
    kind = word(binder, said, "weak")
    if kind not in ("weak", "strong"):
        raise binder.source.unknown("kind of components", kind, ("weak", "strong"), said.span if said else node.span)
    name = word(binder, option(node.options, "with_component_id"), COMPONENT)
    nodes, edges = binder.shared(graph.nodes), binder.shared(graph.edges)
    if any(column.name == name for column in nodes.columns):
        raise binder.source.semantic_error(f"The nodes have a property '{name}' already.", node.span)
    naming = Naming()
    key = naming.column("key", graph.key_type)
    component = naming.column("component", "long")
    ends = edges.columns[1:3]
    inputs = (Project(nodes.columns[:1], nodes, refs(nodes.columns[:1])), Project(ends, edges, refs(ends)))
    marked = Procedure((key, component), inputs, "graph_components", {"kind": kind})
    names = Naming(nodes.columns)
    added = (names.column("$key", key.type), names.column(name, "long"))
    on = ((Ref(key.type, nodes.columns[0]), Ref(key.type, key)),)
    joined = Join((*nodes.columns, *added), nodes, marked, "inner", on)
    columns = (*nodes.columns, added[1])
    return plan_of(binder, Graph(graph.edges, binder.kept(Project(columns, joined, refs(columns)))))


@binds(syntax.GraphToTable)
def to_table(binder: Binder, node: syntax.GraphToTable, input: Plan, scope: Scope) -> Plan:
    """Nodes or edges as rows. Named ones can be used by later statements and are no result themselves."""
    graph = graph_of(binder, input, node)
    plans: list[Plan] = []
    for what, name, options in node.parts:
        kept = graph.nodes if what == "nodes" else graph.edges
        plan = _table(binder, binder.shared(kept), what, options)
        plans.append(plan)
        if name is not None:
            scope.root.define(name, binder.kept(plan))
        elif len(node.parts) > 1:
            raise binder.source.semantic_error(
                "Nodes and edges together need names.", node.span, hint="graph-to-table nodes as N, edges as E"
            )
    if len(plans) > 1:
        binder.unasked.append((plans[0], len(plans) - 1))
        binder.further += [(node.parts[place][1] or "", plan) for place, plan in enumerate(plans) if place]
    return plans[0]


def _table(binder: Binder, rows: Plan, what: str, options: Sequence[syntax.Option]) -> Plan:
    naming = Naming(rows.columns)
    columns: list[Column] = []
    values: list[Bound] = []
    hidden = {"nodes": {"with_node_id": 0}, "edges": {"with_source_id": 1, "with_target_id": 2}}[what]
    for one in options:
        if one.name not in hidden:
            raise binder.source.unknown(f"option of {what}", one.name, hidden, one.span)
    for name, place in hidden.items():
        said = option(options, name)
        if said is not None:
            key = rows.columns[place]
            columns.append(naming.column(word(binder, said, ""), "long"))
            values.append(Call("long", "hash_xxhash64", (Ref(key.type, key),)))
    shown = properties(rows)
    return Project((*columns, *shown), rows, (*values, *refs(shown)))


__all__ = [
    "NO_LABELS",
    "id_text",
    "make_graph",
    "mark_components",
    "mentions",
    "to_table",
    "transformed",
    "where_edges",
    "where_nodes",
]
