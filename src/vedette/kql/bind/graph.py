"""Graphs while a query is bound: rows of edges and rows of nodes, each computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder
from vedette.kql.bind.scope import LetPlan
from vedette.kql.bound import Aggregation, Bound, Call, Const, Ref
from vedette.kql.plan import Aggregate, Join, Plan, Project
from vedette.kql.schema import Column, Naming

EDGE: Final = "$edge"
SOURCE: Final = "$source"
TARGET: Final = "$target"
NODE: Final = "$node"
HIDDEN: Final = frozenset({EDGE, SOURCE, TARGET, NODE})
"""Columns that hold a graph together: an edge's number and its ends, a node's id. They come before the properties."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph. `edges` begins with `$edge`, `$source`, `$target`, `nodes` with `$node`; properties follow."""

    edges: LetPlan
    nodes: LetPlan

    @property
    def key_type(self) -> KqlType:
        """The type of the nodes' ids."""
        return self.nodes.definition.columns[0].type


def plan_of(binder: Binder, graph: Graph) -> Plan:
    """The plan that stands for a graph: its edges. Graph operators find the graph behind it."""
    rows = binder.shared(graph.edges)
    columns = properties(rows)
    plan = Project(columns, rows, tuple(Ref(column.type, column) for column in columns))
    binder.graphs[id(plan)] = (plan, graph)  # The plan is kept, so that its id stays its own.
    return plan


def graph_of(binder: Binder, plan: Plan, node: syntax.Operator) -> Graph:
    """The graph behind a plan. Raises: `QueryError` when the rows are no graph."""
    found = binder.graphs.get(id(plan))
    if found is None:
        raise binder.source.semantic_error(
            "A graph is needed here, and these are rows.", node.span, hint="Make one: Edges | make-graph From --> To"
        )
    graph: Graph = found[1]
    return graph


def properties(plan: Plan) -> tuple[Column, ...]:
    """The columns that a query sees."""
    return tuple(column for column in plan.columns if column.name not in HIDDEN)


def degrees(binder: Binder, graph: Graph, rows: Plan, key: Column, direction: str) -> tuple[Plan, Column]:
    """Rows with one more column: how many edges come into (or go out of) the node that a column names."""
    edges = binder.shared(graph.edges)
    end = edges.columns[2 if direction == "node_degree_in" else 1]
    naming = Naming()
    group, count = naming.column("group", end.type), naming.column("count", "long")
    counted = Aggregate((group, count), edges, (Ref(end.type, end),), (Aggregation("long", "count", ()),), ((count,),))
    names = Naming(rows.columns)
    other, number = names.column("$group", end.type), names.column("$degree", "long")
    on = ((Ref(key.type, key), Ref(group.type, group)),)
    joined = Join((*rows.columns, other, number), rows, counted, "left", on)
    degree = names.column(direction, "long")
    zero: Bound = Call("long", "coalesce", (Ref("long", number), Const("long", 0)))
    plan = Project((*rows.columns, degree), joined, (*(Ref(one.type, one) for one in rows.columns), zero))
    return plan, degree
