"""Operators that keep or reshape rows: where, project, summarize, sort and their like."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vedette.kql import syntax as s
from vedette.kql.parser.columns import (
    ORDERS,
    can_begin,
    named,
    named_list,
    option_list,
    options,
    ordering,
    orderings,
    pattern,
    patterns,
)
from vedette.kql.parser.expressions import Expressions
from vedette.kql.parser.lexer import WORD
from vedette.kql.parser.words import words

Reader = Callable[[Expressions], s.Operator]


def _where(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    name = None
    if p.behind(1) == "=" and p.kind == WORD:
        name = p.declared_name()
        p.advance()
    predicate = p.expression()
    return s.Where(predicate, name, span=p.since(start))


def _columns(node: type[s.Extend] | type[s.Project] | type[s.Serialize], *, some: bool) -> Reader:
    def read(p: Expressions) -> s.Operator:
        start = p.starts[p.at]
        p.advance()
        columns = named_list(p) if some or can_begin(p) else ()
        return node(columns, span=p.since(start))

    return read


def _patterned(node: type[s.ProjectAway] | type[s.ProjectKeep]) -> Reader:
    def read(p: Expressions) -> s.Operator:
        start = p.starts[p.at]
        p.advance()
        found = patterns(p)
        return node(found, span=p.since(start))

    return read


def _project_rename(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    columns = named_list(p)
    return s.ProjectRename(columns, span=p.since(start))


def _project_by_names(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    found = [p.expression()]
    while p.accept(","):
        found.append(p.expression())
    return s.ProjectByNames(tuple(found), span=p.since(start))


def _project_reorder(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    found: list[tuple[s.Expr, str | None]] = []
    if not can_begin(p):
        return s.ProjectReorder((), span=p.since(start))
    while True:
        column = pattern(p)
        order = None
        if p.text in ORDERS:
            order = p.text
            p.advance()
        found.append((column, order))
        if not p.accept(","):
            return s.ProjectReorder(tuple(found), span=p.since(start))


def _summarize(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    aggregates = named_list(p) if can_begin(p) else ()
    keys = named_list(p) if p.accept("by") else ()
    return s.Summarize(aggregates, keys, given, span=p.since(start))


def _distinct(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    columns: list[s.NamedExpr] = []
    while not columns or p.accept(","):
        if p.text == "*":
            columns.append(s.NamedExpr(s.Wildcard("*", span=p.span), span=p.span))
            p.advance()
        else:
            columns.append(named(p))
    return s.Distinct(tuple(columns), given, span=p.since(start))


def _count(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    name = p.declared_name() if p.accept("as") else None
    return s.Count(name, span=p.since(start))


def _take(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    rows = p.expression()
    return s.Take(rows, given, span=p.since(start))


def _top(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    rows = p.expression()
    given += options(p)
    p.expect("by")
    key = ordering(p)
    return s.Top(rows, (key,), given, span=p.since(start))


def _top_hitters(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    rows = p.expression()
    p.expect("of")
    key = named(p)
    measure = named(p) if p.accept("by") else None
    return s.TopHitters(rows, key, measure, span=p.since(start))


def _top_nested(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    levels: list[s.TopNestedLevel] = []
    while True:
        level_start = p.starts[p.at]
        p.expect("top-nested")
        rows = None if p.text == "of" else p.expression()
        p.expect("of")
        key = named(p)
        others = None
        if p.accept("with"):
            p.expect("others")
            p.expect("=")
            others = p.expression()
        p.expect("by")
        aggregate = ordering(p)
        levels.append(s.TopNestedLevel(rows, key, others, aggregate, span=p.since(level_start)))
        if not p.accept(","):
            return s.TopNested(tuple(levels), span=p.since(start))


def _sort(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    p.expect("by")
    keys = orderings(p)
    return s.Sort(keys, given, span=p.since(start))


def _sample(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    rows = p.expression()
    return s.Sample(rows, span=p.since(start))


def _sample_distinct(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    rows = p.expression()
    p.expect("of")
    key = named(p)
    return s.SampleDistinct(rows, key, span=p.since(start))


def _getschema(p: Expressions) -> s.Operator:
    span = p.span
    p.advance()
    return s.GetSchema(span=span)


def _as(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    name = p.declared_name()
    return s.As(name, given, span=p.since(start))


def _consume(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, frozenset({"decodeblocks"}))
    return s.Consume(given, span=p.since(start))


_RENDER_PROPERTIES = words(
    """accumulate anomalycolumns kind legend series title xaxis xcolumn xtitle yaxis ycolumns ymax ymin ysplit ytitle
    xmin xmax"""
)


def _render(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    if p.behind(1) == "=" or not p.text.isidentifier():
        raise p.expected("a chart such as table, timechart or piechart")
    chart = p.text
    p.advance()
    if p.accept("with"):
        given = option_list(p)
        for property_ in given:
            if property_.name not in _RENDER_PROPERTIES:
                raise p.source.unknown("property of charts", property_.name, _RENDER_PROPERTIES, property_.span)
    else:
        given = options(p, _RENDER_PROPERTIES)
    return s.Render(chart, given, span=p.since(start))


ROWS: Mapping[str, Reader] = {
    "where": _where,
    "filter": _where,
    "extend": _columns(s.Extend, some=True),
    "project": _columns(s.Project, some=False),
    "serialize": _columns(s.Serialize, some=False),
    "project-away": _patterned(s.ProjectAway),
    "project-keep": _patterned(s.ProjectKeep),
    "project-rename": _project_rename,
    "project-by-names": _project_by_names,
    "project-reorder": _project_reorder,
    "summarize": _summarize,
    "distinct": _distinct,
    "count": _count,
    "take": _take,
    "limit": _take,
    "top": _top,
    "top-hitters": _top_hitters,
    "top-nested": _top_nested,
    "sort": _sort,
    "order": _sort,
    "sample": _sample,
    "sample-distinct": _sample_distinct,
    "getschema": _getschema,
    "as": _as,
    "consume": _consume,
    "render": _render,
}
"""Readers by keyword."""
