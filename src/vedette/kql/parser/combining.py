"""Operators that bring tables together, such as join and union, and those with operators inside, such as fork."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vedette.kql import syntax as s
from vedette.kql.parser.columns import column_path, column_paths, named, named_list, option, options, patterns, tables
from vedette.kql.parser.expressions import Expressions
from vedette.kql.parser.lexer import WORD

Reader = Callable[[Expressions], s.Operator]

_UNION_OPTIONS = frozenset({"kind", "withsource", "with_source", "isfuzzy"})
_SEARCH_OPTIONS = frozenset({"kind"})
_FIND_OPTIONS = frozenset({"withsource", "with_source", "datascope"})
_JOIN_OPTIONS = frozenset({"kind"})


def _joined(p: Expressions) -> tuple[s.Expr, tuple[s.Expr, ...], tuple[s.Option, ...]]:
    p.advance()
    given = options(p, _JOIN_OPTIONS)
    right = p.path()
    conditions: list[s.Expr] = []
    if p.accept("on"):
        conditions.append(p.expression())
        while p.accept(","):
            conditions.append(p.expression())
    elif p.text == "where":
        raise p.unsupported("join … where is not supported.", hint="Join on columns, and put where behind a bar.")
    return right, tuple(conditions), given


def _join(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    right, conditions, given = _joined(p)
    return s.Join(right, conditions, given, span=p.since(start))


def _lookup(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    right, conditions, given = _joined(p)
    if not conditions:
        raise p.expected("'on' and the columns to join by")
    return s.Lookup(right, conditions, given, span=p.since(start))


def union(p: Expressions) -> s.Union:
    """`union`, from its keyword on."""
    start = p.starts[p.at]
    p.advance()
    given = options(p, _UNION_OPTIONS)
    found = tables(p)
    return s.Union(found, given, span=p.since(start))


def search(p: Expressions) -> s.Search:
    """`search`, from its keyword on."""
    start = p.starts[p.at]
    p.advance()
    given = options(p, _SEARCH_OPTIONS)
    inside = _in_tables(p)
    if p.text == "*" and p.behind(1) in ("", "|", ")", ";"):
        predicate: s.Expr = s.Wildcard("*", span=p.span)
        p.advance()
    else:
        predicate = p.expression()
    return s.Search(predicate, inside, given, span=p.since(start))


def _in_tables(p: Expressions) -> tuple[s.Expr, ...]:
    if not p.accept("in"):
        return ()
    p.expect("(")
    found = tables(p)
    p.expect(")")
    return found


def find(p: Expressions) -> s.Find:
    """`find`, from its keyword on."""
    start = p.starts[p.at]
    p.advance()
    given = options(p, _FIND_OPTIONS)
    inside = _in_tables(p)
    if inside:
        p.expect("where")
    else:
        p.accept("where")
    predicate = p.expression()
    columns: tuple[s.NamedExpr | s.ColumnDeclaration, ...] | None = None
    away: tuple[s.Expr, ...] = ()
    if p.accept("project"):
        columns = _found_columns(p)
    else:
        p.accept("project-smart")
    if p.accept("project-away"):
        away = patterns(p)
    return s.Find(predicate, inside, columns, away, given, span=p.since(start))


def _found_columns(p: Expressions) -> tuple[s.NamedExpr | s.ColumnDeclaration, ...]:
    found: list[s.NamedExpr | s.ColumnDeclaration] = []
    while True:
        start = p.starts[p.at]
        if p.kind == WORD and p.behind(1) == ":":
            name = p.referred_name().name
            p.advance()
            found.append(s.ColumnDeclaration(name, p.type_name(), span=p.since(start)))
        else:
            found.append(named(p))
        if not p.accept(","):
            return tuple(found)


def _facet(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    p.expect("by")
    columns = column_paths(p)
    body: tuple[s.Operator, ...] = ()
    if p.accept("with"):
        body = p.operators_in_parentheses() if p.text == "(" else (p.operator(),)
    return s.Facet(columns, body, span=p.since(start))


def _fork(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    branches: list[tuple[str | None, tuple[s.Operator, ...]]] = []
    while not branches or p.text == "(" or p.behind(1) == "=":
        name = None
        if p.text != "(":
            name = p.declared_name()
            p.expect("=")
        branches.append((name, p.operators_in_parentheses()))
    return s.Fork(tuple(branches), span=p.since(start))


def _partition(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    p.expect("by")
    key = column_path(p)
    if p.accept("{"):
        p.enter()
        pipeline = p.pipeline()
        p.leave()
        p.expect("}")
        return s.Partition(key, (), pipeline, given, span=p.since(start))
    body = p.operators_in_parentheses()
    return s.Partition(key, body, None, given, span=p.since(start))


def _reduce(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, frozenset({"kind"}))
    p.expect("by")
    column = named(p)
    if p.accept("with"):
        given += (option(p),)
        while p.accept(","):
            given += (option(p),)
    return s.Reduce(column, given, span=p.since(start))


COMBINING: Mapping[str, Reader] = {
    "join": _join,
    "lookup": _lookup,
    "union": union,
    "search": search,
    "find": find,
    "facet": _facet,
    "fork": _fork,
    "partition": _partition,
    "reduce": _reduce,
}
"""Readers by keyword."""


def _union_source(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    operator = union(p)
    return s.OperatorSource(operator, span=p.since(start))


def _search_source(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    operator = search(p)
    return s.OperatorSource(operator, span=p.since(start))


def _find_source(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    operator = find(p)
    return s.OperatorSource(operator, span=p.since(start))


def _print(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    p.advance()
    columns = named_list(p)
    return s.Print(columns, span=p.since(start))


def _range(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    if p.behind(2) != "from" and p.behind(4) != "from":
        return None
    p.advance()
    name = p.declared_name()
    p.expect("from")
    low = p.expression()
    p.expect("to")
    high = p.expression()
    p.expect("step")
    step = p.expression()
    return s.Range(name, low, high, step, span=p.since(start))


def _datatable(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    columns, _ = p.column_declarations()
    p.expect("[")
    p.enter()
    values: list[s.Expr] = []
    while p.text != "]":
        values.append(p.expression())
        if not p.accept(","):
            break
    p.leave()
    p.expect("]", "',' or ']'")
    return s.Datatable(columns, tuple(values), given, span=p.since(start))


def _external_data(p: Expressions) -> s.Expr | None:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    columns, _ = p.column_declarations()
    p.expect("[")
    addresses: list[s.Expr] = []
    while p.text != "]":
        addresses.append(p.expression())
        if not p.accept(","):
            break
    p.expect("]", "',' or ']'")
    if p.accept("with"):
        p.expect("(")
        while p.text != ")":
            given += (option(p),)
            if not p.accept(","):
                break
        p.expect(")", "',' or ')'")
    return s.ExternalData(columns, tuple(addresses), given, span=p.since(start))


SOURCES: Mapping[str, Callable[[Expressions], s.Expr | None]] = {
    "union": _union_source,
    "search": _search_source,
    "find": _find_source,
    "print": _print,
    "range": _range,
    "datatable": _datatable,
    "externaldata": _external_data,
    "external_data": _external_data,
}
"""Readers of what may begin a pipeline, by keyword. They answer None where the word is a mere name."""
