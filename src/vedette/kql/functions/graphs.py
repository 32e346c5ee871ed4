"""Functions that have a meaning inside of graph patterns alone. `any` is one of them too, beside the aggregate."""

from __future__ import annotations

from typing import Final

from vedette.kql.signatures import DOCS, Family

FAMILY = Family("graphs", "operator")


def add(text: str, *, says: str) -> None:
    """Declare a graph function; its page is named like it."""
    name = text.partition("(")[0]
    FAMILY.add(text, says=says, source=f"{DOCS}{name.replace('_', '-')}-graph-function")


add("all(edge: scalar, condition: bool) -> bool", says="Whether all edges (or inner nodes) of a path meet a condition.")
add("map(edge: scalar, value: scalar) -> dynamic", says="A value of each edge (or inner node) of a path, as an array.")
add("inner_nodes(edge: scalar) -> dynamic", says="The nodes between the ends of a path; for all, any and map.")
add("inner_edges(edge: scalar) -> dynamic", says="The edges of a path; for all, any and map.")
add("node_degree_in(node: scalar?) -> long", says="How many edges come into a node.")
add("node_degree_out(node: scalar?) -> long", says="How many edges go out of a node.")
add("node_id(node: scalar?) -> string", says="The id of a node.")
add("labels(element: scalar?) -> dynamic", says="The labels of a node or edge of a stored graph.")

ON_PATHS: Final = ("all", "any", "map")
"""Functions over the edges or inner nodes of an edge of variable length."""
ON_NODES: Final = ("node_degree_in", "node_degree_out", "node_id")
