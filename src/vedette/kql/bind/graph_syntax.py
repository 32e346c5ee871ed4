"""What a graph pattern says, read off the syntax tree: nodes, edges, and calls over paths of variable length.

Also ways to look into syntax trees and to change them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, TypeVar

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder
from vedette.kql.source import Span


@dataclass(slots=True)
class Edge:
    """An edge of the pattern, with the names of the nodes at its ends as they stand in the graph (source, target)."""

    node: syntax.GraphEdge
    name: str
    source: str
    target: str

    @property
    def either(self) -> bool:
        """Whether it may go in any direction."""
        return self.node.direction == "--"


@dataclass(slots=True)
class OnPath:
    """A call of `all`, `any` or `map` over a path: where its values come from, and the column that holds its result."""

    function: str
    edge: str
    inner: bool
    value: syntax.Expr
    column: str
    compares: bool = False
    """Whether the value depends on other parts of the pattern too, so that matches must be there before."""


@dataclass(slots=True)
class Pattern:
    """What a pattern says, with names for what has none."""

    nodes: dict[str, syntax.GraphNode] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    calls: list[OnPath] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")
    """The first and the last node."""

    @property
    def variable(self) -> set[str]:
        """The edges of variable length."""
        return {edge.name for edge in self.edges if edge.node.variable}


def read(binder: Binder, node: syntax.GraphMatch | syntax.GraphShortestPaths) -> Pattern:
    """What a pattern says. Raises: `QueryError` when it contradicts itself."""
    pattern = Pattern()
    edge_names: set[str] = set()
    for sequence in node.patterns:
        names: list[str] = []
        for part in sequence:
            if isinstance(part, syntax.GraphNode):
                name = part.name or f"$node{len(pattern.nodes)}"
                names.append(name)
                pattern.nodes.setdefault(name, part)
        pattern.ends = (pattern.ends[0] or names[0], names[-1])
        for place, part in enumerate(one for one in sequence if isinstance(one, syntax.GraphEdge)):
            name = part.name or f"$edge{len(pattern.edges)}"
            if name in edge_names or name in pattern.nodes:
                raise binder.source.semantic_error(f"'{name}' names two parts of the pattern.", part.span)
            edge_names.add(name)
            left, right = names[place], names[place + 1]
            source, target = (right, left) if part.direction == "<-" else (left, right)
            if part.variable and (part.high is None or part.high < part.low):
                raise binder.source.semantic_error("A range of lengths such as *1..3 is needed here.", part.span)
            pattern.edges.append(Edge(part, name, source, target))
    clash = edge_names & set(pattern.nodes)
    if clash:
        raise binder.source.semantic_error(f"'{min(clash)}' names two parts of the pattern.", node.span)
    if not pattern.edges and len(pattern.nodes) > 1:
        raise binder.source.semantic_error("The parts of a pattern must share a node.", node.span)
    return pattern


def conjuncts(condition: syntax.Expr) -> list[syntax.Expr]:
    """The conditions that must all hold."""
    if isinstance(condition, syntax.Binary) and condition.op == "and":
        return [*conjuncts(condition.left), *conjuncts(condition.right)]
    return [condition]


# Syntax trees

T = TypeVar("T")


def transformed(node: T, change: Any) -> T:  # Any: node → another node, or None to look inside
    """A syntax tree with some of its nodes changed."""
    changed = change(node)
    if changed is not None:
        result: T = changed
        return result
    if isinstance(node, tuple) and not isinstance(node, Span):
        return tuple(transformed(part, change) for part in node)  # type: ignore[return-value]  # a tuple again
    if is_dataclass(node) and not isinstance(node, type):
        parts = {one.name: transformed(getattr(node, one.name), change) for one in fields(node) if one.init}
        return replace(node, **parts)
    return node


def mentions(node: object, name: str) -> bool:
    """Whether a syntax tree calls a function of this name."""
    found = False

    def look(part: Any) -> None:  # a node of the syntax tree
        nonlocal found
        found = found or (isinstance(part, syntax.Call) and part.name == name)

    transformed(node, look)
    return found


def names_in(node: object) -> list[syntax.Name]:
    """All names in a syntax tree."""
    found: list[syntax.Name] = []

    def look(part: Any) -> None:  # a node of the syntax tree
        if isinstance(part, syntax.Name):
            found.append(part)

    transformed(node, look)
    return found


def members(node: object) -> list[syntax.Member]:
    """All accesses to members in a syntax tree."""
    found: list[syntax.Member] = []

    def look(part: Any) -> None:  # a node of the syntax tree
        if isinstance(part, list):
            transformed(tuple(part), look)
        if isinstance(part, syntax.Member):
            found.append(part)

    transformed(node, look)
    return found


def calls(node: object, names: Iterable[str]) -> bool:
    """Whether a syntax tree calls one of some functions."""
    return any(mentions(node, name) for name in names)


def bare(edge: str) -> Any:  # a function over nodes of the syntax tree
    """Changes `edge.x` to `x`."""

    def change(part: Any) -> Any:
        if isinstance(part, syntax.Member) and isinstance(part.target, syntax.Name) and part.target.name == edge:
            return syntax.Name(part.name, span=part.span)
        return None

    return change
