"""Operators that build graphs and look for patterns in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal as OneOf

from vedette.kql import syntax as s
from vedette.kql.parser.columns import named_list, option, options
from vedette.kql.parser.expressions import Expressions
from vedette.kql.parser.lexer import LONG, REAL, WORD
from vedette.kql.parser.literals import long_value

Reader = Callable[[Expressions], s.Operator]


def _arrow(p: Expressions) -> None:
    """`-->`: three signs without gaps."""
    for nth, sign in enumerate(("-", "-", ">")):
        if p.text != sign or (nth and not p.touches()):
            raise p.expected("'-->'")
        p.advance()


def _make_graph(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    source = p.referred_name()
    _arrow(p)
    target = p.referred_name()
    nodes: list[tuple[s.Expr, s.Expr]] = []
    if p.text == "with_node_id":
        given += (option(p),)
    elif p.accept("with"):
        nodes.append(_nodes(p))
        while p.accept(","):
            nodes.append(_nodes(p))
    if p.text == "partitioned-by":
        raise p.unsupported("make-graph … partitioned-by is not supported.", hint="Use the partition operator.")
    return s.MakeGraph(source, target, tuple(nodes), given, span=p.since(start))


def _nodes(p: Expressions) -> tuple[s.Expr, s.Expr]:
    table = p.path()
    p.expect("on")
    return table, p.referred_name()


def _pattern(p: Expressions) -> tuple[s.GraphNode | s.GraphEdge, ...]:
    found: list[s.GraphNode | s.GraphEdge] = [_node(p)]
    while p.text == "-" or p.text == "<":
        found.append(_edge(p))
        found.append(_node(p))
    return tuple(found)


def _node(p: Expressions) -> s.GraphNode:
    start = p.starts[p.at]
    p.expect("(", "'(' and a node")
    name = None if p.text == ")" else p.declared_name()
    p.expect(")")
    return s.GraphNode(name, span=p.since(start))


def _edge(p: Expressions) -> s.GraphEdge:
    """`-->`, `<--`, `--`, `-[e]->`, `<-[e]-`, `-[e]-`, with a range such as `*1..3` inside the brackets."""
    start = p.starts[p.at]
    back = p.accept("<")
    p.expect("-")
    name: str | None = None
    low: int = 1
    high: int | None = None
    variable = False
    if p.accept("["):
        if p.kind == WORD:
            name = p.declared_name()
        if p.accept("*"):
            variable = True
            low, high = _bounds(p)
        p.expect("]")
        p.expect("-")
    else:
        p.expect("-")
    forth = not back and p.accept(">")
    direction: OneOf["->", "<-", "--"] = "<-" if back else "->" if forth else "--"
    return s.GraphEdge(name, direction, low, high, variable, span=p.since(start))


def _bounds(p: Expressions) -> tuple[int, int | None]:
    if p.kind == REAL and p.text.endswith("."):
        raise p.expected("a range such as 1..3")
    if p.kind != LONG:
        raise p.expected("a range such as 1..3")
    low = long_value(p.text)
    p.advance()
    p.expect("..")
    if p.kind != LONG:
        raise p.expected("the most steps")
    high = long_value(p.text)
    p.advance()
    return low, high


def _matching(node: type[s.GraphMatch] | type[s.GraphShortestPaths], names: frozenset[str]) -> Reader:
    def read(p: Expressions) -> s.Operator:
        start = p.starts[p.at]
        p.advance()
        given = options(p, names)
        patterns = [_pattern(p)]
        while p.accept(","):
            patterns.append(_pattern(p))
        condition = p.expression() if p.accept("where") else None
        columns = named_list(p) if p.accept("project") else None
        return node(tuple(patterns), condition, columns, given, span=p.since(start))

    return read


def _mark_components(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, frozenset({"kind", "with_component_id"}))
    return s.GraphMarkComponents(given, span=p.since(start))


def _where(node: type[s.GraphWhereNodes] | type[s.GraphWhereEdges]) -> Reader:
    def read(p: Expressions) -> s.Operator:
        start = p.starts[p.at]
        p.advance()
        condition = p.expression()
        return node(condition, span=p.since(start))

    return read


_TO_TABLE_OPTIONS = frozenset({"with_node_id", "with_source_id", "with_target_id"})


def _to_table(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    parts: list[tuple[OneOf["nodes", "edges"], str | None, tuple[s.Option, ...]]] = []
    while True:
        what: OneOf["nodes", "edges"] = "nodes" if p.text == "nodes" else "edges"
        p.expect(what, "'nodes' or 'edges'")
        name = p.declared_name() if p.accept("as") else None
        parts.append((what, name, options(p, _TO_TABLE_OPTIONS)))
        if not p.accept(","):
            return s.GraphToTable(tuple(parts), span=p.since(start))


GRAPHS: Mapping[str, Reader] = {
    "make-graph": _make_graph,
    "graph-match": _matching(s.GraphMatch, frozenset({"cycles"})),
    "graph-shortest-paths": _matching(s.GraphShortestPaths, frozenset({"output"})),
    "graph-mark-components": _mark_components,
    "graph-where-nodes": _where(s.GraphWhereNodes),
    "graph-where-edges": _where(s.GraphWhereEdges),
    "graph-to-table": _to_table,
}
"""Readers by keyword."""
