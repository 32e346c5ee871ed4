"""Operators that take values apart or build series and steps: parse, mv-expand, make-series, scan, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal as OneOf

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax as s
from vedette.kql.parser.columns import named, named_list, option_list, options, orderings
from vedette.kql.parser.expressions import Expressions
from vedette.kql.parser.lexer import STRING, WORD

Reader = Callable[[Expressions], s.Operator]

_PARSE_OPTIONS = frozenset({"kind", "flags"})
_EXPAND_OPTIONS = frozenset({"kind", "bagexpansion", "with_itemindex"})
_SCAN_OPTIONS = frozenset({"with_match_id", "with_step_name", "kind"})


def _parse(*, filtering: bool) -> Reader:
    def read(p: Expressions) -> s.Operator:
        start = p.starts[p.at]
        p.advance()
        given = options(p, _PARSE_OPTIONS)
        value = p.expression()
        p.expect("with")
        pieces: list[s.Literal | s.ColumnDeclaration | s.Name | s.Wildcard] = []
        while p.kind in (STRING, WORD) or p.text == "*" or p.text == "[":
            pieces.append(_piece(p))
        return s.Parse(value, tuple(pieces), given, filtering, span=p.since(start))

    return read


def _piece(p: Expressions) -> s.Literal | s.ColumnDeclaration | s.Name | s.Wildcard:
    span, start = p.span, p.starts[p.at]
    if p.accept("*"):
        return s.Wildcard("*", span=span)
    if p.kind == STRING:
        return p.string()
    bracketed = p.text == "["
    name = p.declared_name()
    if p.accept(":"):
        type_ = p.type_name()
        return s.ColumnDeclaration(name, type_, span=p.since(start))
    return s.Name(name, bracketed, span=p.since(start))


def _parse_kv(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    value = p.expression()
    p.expect("as")
    columns, _ = p.column_declarations()
    given = option_list(p) if p.accept("with") else ()
    return s.ParseKv(value, columns, given, span=p.since(start))


def _items(p: Expressions) -> tuple[s.MvExpandItem, ...]:
    found: list[s.MvExpandItem] = []
    while True:
        start = p.starts[p.at]
        value = named(p)
        type_: KqlType | None = None
        if p.accept("to"):
            p.expect("typeof")
            p.expect("(")
            type_ = p.type_name()
            p.expect(")")
        found.append(s.MvExpandItem(value, type_, span=p.since(start)))
        if not p.accept(","):
            return tuple(found)


def _mv_expand(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, _EXPAND_OPTIONS)
    items = _items(p)
    limit = p.expression() if p.accept("limit") or p.accept("take") else None
    return s.MvExpand(items, limit, given, span=p.since(start))


def _mv_apply(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, _EXPAND_OPTIONS)
    items = _items(p)
    limit = p.expression() if p.accept("limit") or p.accept("take") else None
    p.expect("on")
    body = p.operators_in_parentheses()
    return s.MvApply(items, body, limit, given, span=p.since(start))


def _make_series(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, frozenset({"kind"}))
    items: list[s.MakeSeriesItem] = []
    while True:
        item_start = p.starts[p.at]
        value = named(p)
        default = None
        if p.accept("default"):
            p.expect("=")
            default = p.expression()
        items.append(s.MakeSeriesItem(value, default, span=p.since(item_start)))
        if not p.accept(","):
            break
    p.expect("on")
    axis = named_before_in(p)
    low = high = None
    in_range = False
    if p.accept("in"):
        in_range = True
        p.expect("range")
        p.expect("(")
        low = p.expression()
        p.expect(",")
        high = p.expression()
        p.expect(",")
        step = p.expression()
        p.expect(")")
    else:
        low = p.expression() if p.accept("from") else None
        high = p.expression() if p.accept("to") else None
        p.expect("step")
        step = p.expression()
    keys = named_list(p) if p.accept("by") else ()
    return s.MakeSeries(tuple(items), axis, step, low, high, keys, given, in_range, span=p.since(start))


def named_before_in(p: Expressions) -> s.NamedExpr:
    """The axis: an expression that `in range(…)` may follow, so one without `in` at its top."""
    start = p.starts[p.at]
    if p.kind == WORD and p.behind(1) == "=":
        name = p.declared_name()
        names_span = p.since(start)
        p.advance()
        return s.NamedExpr(p.expression(4), (name,), names_span, span=p.since(start))
    return s.NamedExpr(p.expression(4), span=p.since(start))


def _call(p: Expressions, what: str) -> s.Call:
    start, name_span = p.starts[p.at], p.span
    if p.kind != WORD or p.behind(1) != "(":
        raise p.expected(what)
    name = p.text
    p.advance()
    arguments = p.arguments()
    return s.Call(name, arguments, name_span, span=p.since(start))


def evaluate(p: Expressions) -> s.Evaluate:
    """`evaluate`, from its keyword on."""
    start = p.starts[p.at]
    p.advance()
    given = options(p)
    call = _call(p, "a plugin and its arguments")
    columns, star = None, False
    if p.accept(":"):
        columns, star = p.column_declarations()
    return s.Evaluate(call, columns, star, given, span=p.since(start))


def evaluate_source(p: Expressions) -> s.Expr | None:
    """`evaluate` at the beginning of a pipeline."""
    start = p.starts[p.at]
    if p.behind(2) != "(" and p.behind(1) != "hint":
        return None
    operator = evaluate(p)
    return s.OperatorSource(operator, span=p.since(start))


def _invoke(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    call = _call(p, "a function and its arguments")
    return s.Invoke(call, span=p.since(start))


def _scan(p: Expressions) -> s.Operator:
    start = p.starts[p.at]
    p.advance()
    given = options(p, _SCAN_OPTIONS)
    order: tuple[s.Ordering, ...] = ()
    partition: list[s.Expr] = []
    if p.accept("order"):
        p.expect("by")
        order = orderings(p)
    if p.accept("partition"):
        p.expect("by")
        partition.append(p.expression())
        while p.accept(","):
            partition.append(p.expression())
    declared: list[s.ScanDeclaration] = []
    if p.accept("declare"):
        p.expect("(")
        if p.text != ")":
            declared.append(_declaration(p))
        while p.accept(","):
            declared.append(_declaration(p))
        p.expect(")", "',' or ')'")
    p.expect("with")
    p.expect("(")
    steps: list[s.ScanStep] = []
    while p.text == "step":
        steps.append(_step(p))
    if not steps:
        raise p.expected("'step'")
    p.expect(")", "'step' or ')'")
    return s.Scan(tuple(steps), tuple(declared), tuple(partition), order, given, span=p.since(start))


def _declaration(p: Expressions) -> s.ScanDeclaration:
    start = p.starts[p.at]
    name = p.declared_name()
    p.expect(":")
    type_ = p.type_name()
    default = p.expression() if p.accept("=") else None
    return s.ScanDeclaration(name, type_, default, span=p.since(start))


def _step(p: Expressions) -> s.ScanStep:
    start = p.starts[p.at]
    p.advance()
    name = p.declared_name()
    optional = p.accept("optional")
    output: OneOf["all", "last", "none"] = "all"
    if p.accept("output"):
        p.expect("=")
        if p.text == "all":
            output = "all"
        elif p.text == "last":
            output = "last"
        elif p.text == "none":
            output = "none"
        else:
            raise p.expected("'all', 'last' or 'none'")
        p.advance()
    p.expect(":")
    condition = p.expression()
    assignments: list[s.NamedExpr] = []
    if p.accept("=>"):
        assignments.append(named(p))
        while p.accept(","):
            assignments.append(named(p))
    p.expect(";", "';' at the end of the step")
    return s.ScanStep(name, condition, tuple(assignments), optional, output, span=p.since(start))


EXPANDING: Mapping[str, Reader] = {
    "parse": _parse(filtering=False),
    "parse-where": _parse(filtering=True),
    "parse-kv": _parse_kv,
    "mv-expand": _mv_expand,
    "mvexpand": _mv_expand,
    "mv-apply": _mv_apply,
    "mvapply": _mv_apply,
    "make-series": _make_series,
    "evaluate": evaluate,
    "invoke": _invoke,
    "scan": _scan,
}
"""Readers by keyword."""
