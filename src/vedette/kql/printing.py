"""Writes a syntax tree as KQL again: one operator a line, no parentheses but those that are needed.

The law: what `parse` reads from `print_query(tree)` is equal to the tree. Comments and old spellings are gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from vedette.kql import syntax as s
from vedette.kql.parser.expressions import CHAINING, EQUALITY, INFIX, OR, TEXT
from vedette.kql.printing_literals import declared, literal, referred, string

PIPELINE, SIGN, PATH = OR - 1, TEXT + 1, TEXT + 2
"""How tightly things bind that are no operators: looser and tighter than all of those."""


def print_query(query: s.Query) -> str:
    """The query's text, in the one form that all equal trees share."""
    return ";\n".join(_statement(statement, "\n| ") for statement in query.statements) + "\n"


def print_expression(expression: s.Expr) -> str:
    """The text of an expression or a pipeline."""
    return _expr(expression, PIPELINE)


# Expressions


def _expr(node: s.Expr, loosest: int = OR) -> str:
    """The text of an expression, in parentheses if it binds more loosely than allowed."""
    level, shown = _LEVELS.get(type(node), PATH), _WRITERS[type(node)]
    if isinstance(node, s.Binary):
        level = _level(node)
    return f"({shown(node)})" if level < loosest else shown(node)


def _level(node: s.Binary) -> int:
    return TEXT if node.op == "matches regex" else INFIX[node.op][0]


def _binary(node: s.Binary) -> str:
    """Walks down the left side in a loop: chains of `or` may be thousands long."""
    parts: list[str] = []
    while True:
        level = _level(node)
        parts += [_expr(node.right, level + 1), node.op]
        left, allowed = node.left, level if level in CHAINING else level + 1
        if not isinstance(left, s.Binary) or _level(left) < allowed:
            parts.append(_expr(left, allowed))
            return " ".join(reversed(parts))
        node = left


def _path(node: s.Member | s.Index) -> str:
    parts: list[str] = []
    at: s.Expr = node
    while isinstance(at, s.Member | s.Index):
        if isinstance(at, s.Index):
            parts.append(f"[{_expr(at.index)}]")
        else:
            parts.append("." + (at.name if "*" in at.name else referred(at.name)))
        at = at.target
    target = _expr(at, PATH)
    # Digits and a dot would be one number.
    parts.append(f"({target})" if isinstance(at, s.Literal) and target[0].isdigit() else target)
    return "".join(reversed(parts))


def _call(node: s.Call) -> str:
    target = f"{_expr(node.target, PATH)}." if node.target else ""
    arguments = ", ".join(
        (f"{declared(argument.name)}=" if argument.name is not None else "") + _expr(argument.value)
        for argument in node.arguments
    )
    return f"{target}{referred(node.name)}({arguments})"


def _type_of(node: s.TypeOf) -> str:
    return f"typeof({node.type})" if node.type else f"typeof{_columns_declared(node.columns, star=node.star)}"


def _in(node: s.In) -> str:
    # A comma behind an operator would go on with the operator's own list.
    items = _exprs(node.items, PIPELINE if len(node.items) == 1 else OR)
    return f"{_expr(node.left, EQUALITY + 1)} {node.op} ({items})"


def _between(node: s.Between) -> str:
    word = "!between" if node.negated else "between"
    return f"{_expr(node.value, EQUALITY + 1)} {word} ({_expr(node.low)} .. {_expr(node.high)})"


def _pipeline(node: s.Pipeline, bar: str = " | ") -> str:
    source = _expr(node.source, OR if isinstance(node.source, s.Pipeline) else PIPELINE)
    return bar.join([source, *map(_operator, node.operators)])


def _range(node: s.Range) -> str:
    bounds = f"from {_expr(node.low)} to {_expr(node.high)} step {_expr(node.step)}"
    return f"range {declared(node.name)} {bounds}"


def _datatable(node: s.Datatable) -> str:
    values = ", ".join(map(_expr, node.values))
    return f"datatable{_options(node.options)}{_columns_declared(node.columns)}[{values}]"


def _external_data(node: s.ExternalData) -> str:
    hints = tuple(option for option in node.options if option.name.startswith("hint."))
    given = ", ".join(_option(option) for option in node.options if option not in hints)
    addresses = ", ".join(map(_expr, node.addresses))
    shown = f"externaldata{_options(hints)}{_columns_declared(node.columns)}[{addresses}]"
    return f"{shown} with ({given})" if given else shown


def _lambda(node: s.Lambda) -> str:
    view = "view " if node.is_view else ""
    return f"{view}{_parameters(node.parameters)} {{ {_statements(node.body)} }}"


_WRITERS: Mapping[type[s.Expr], Callable[[Any], str]] = {  # each takes the type that it stands beside
    s.Literal: literal,
    s.Name: lambda node: f"[{string(node.name)}]" if node.bracketed else node.name,
    s.Wildcard: lambda node: node.pattern,
    s.Member: _path,
    s.Index: _path,
    s.Unary: lambda node: f"{node.op}{_expr(node.operand, PATH)}",
    s.Binary: _binary,
    s.In: _in,
    s.Between: _between,
    s.Call: _call,
    s.TypeOf: _type_of,
    s.ToScalar: lambda node: f"toscalar({_expr(node.value, PIPELINE)})",
    s.ToTable: lambda node: f"totable({_expr(node.value, PIPELINE)})",
    s.Materialize: lambda node: f"materialize({_expr(node.value, PIPELINE)})",
    s.Pipeline: _pipeline,
    s.OperatorSource: lambda node: _operator(node.operator),
    s.Print: lambda node: f"print {_columns(node.columns)}",
    s.Range: _range,
    s.Datatable: _datatable,
    s.ExternalData: _external_data,
    s.Lambda: _lambda,
}

_LEVELS: Mapping[type[s.Expr], int] = {
    s.Pipeline: PIPELINE,
    s.OperatorSource: PIPELINE,
    s.Print: PIPELINE,
    s.Range: PIPELINE,
    s.In: EQUALITY,
    s.Between: EQUALITY,
    s.Unary: SIGN,
}
"""Of nodes that bind more loosely than a path. `Binary` has its own levels."""


# Parts of operators


def _names(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    shown = ", ".join(map(declared, names))
    return f"{shown} = " if len(names) == 1 else f"({shown}) = "


def _named(column: s.NamedExpr) -> str:
    return _names(column.names) + _expr(column.value)


def _columns(columns: Iterable[s.NamedExpr]) -> str:
    return ", ".join(map(_named, columns))


def _exprs(nodes: Iterable[s.Expr], loosest: int = OR) -> str:
    return ", ".join(_expr(node, loosest) for node in nodes)


def _declaration(column: s.ColumnDeclaration) -> str:
    return f"{declared(column.name)}: {column.type}"


def _columns_declared(columns: Iterable[s.ColumnDeclaration], *, star: bool = False) -> str:
    return "(" + ", ".join([*(["*"] if star else []), *map(_declaration, columns)]) + ")"


def _ordering(key: s.Ordering) -> str:
    direction = "" if key.descending is None else " desc" if key.descending else " asc"
    nulls = "" if key.nulls_first is None else " nulls first" if key.nulls_first else " nulls last"
    return _named(key.value) + direction + nulls


def _orderings(keys: Iterable[s.Ordering]) -> str:
    return ", ".join(map(_ordering, keys))


def _option(option: s.Option) -> str:
    return f"{option.name}={_expr(option.value, SIGN)}"


def _options(options: Iterable[s.Option]) -> str:
    """Options between a keyword and what follows, with a space before each."""
    return "".join(f" {_option(option)}" for option in options)


def _option_list(options: Iterable[s.Option]) -> str:
    """Options in parentheses; values of one name stand side by side."""
    groups = groupby(options, key=lambda option: option.name)
    return ", ".join(f"{name}={_exprs((option.value for option in group), SIGN)}" for name, group in groups)


def _by(text: str) -> str:
    return f" by {text}" if text else ""


def _body(operators: Iterable[s.Operator]) -> str:
    return "(" + " | ".join(map(_operator, operators)) + ")"


# Operators


def _operator(node: s.Operator) -> str:
    return _OPERATORS[type(node)](node).rstrip()


def _summarize(node: s.Summarize) -> str:
    aggregates = f" {_columns(node.aggregates)}" if node.aggregates else ""
    return f"summarize{_options(node.options)}{aggregates}{_by(_columns(node.keys))}"


def _where(node: s.Where) -> str:
    name = "" if node.name is None else f"{declared(node.name)} = "
    return f"where {name}{_expr(node.predicate)}"


def _reorder(node: s.ProjectReorder) -> str:
    return "project-reorder " + ", ".join(
        _expr(column) + (f" {order}" if order else "") for column, order in node.patterns
    )


def _top_nested(node: s.TopNested) -> str:
    levels = []
    for level in node.levels:
        rows = f"{_expr(level.rows)} " if level.rows else ""
        others = f" with others = {_expr(level.others)}" if level.others else ""
        levels.append(f"top-nested {rows}of {_named(level.key)}{others} by {_ordering(level.aggregate)}")
    return ", ".join(levels)


def _joined(word: str) -> Callable[[s.Join | s.Lookup], str]:
    def write(node: s.Join | s.Lookup) -> str:
        conditions = f" on {_exprs(node.conditions)}" if node.conditions else ""
        return f"{word}{_options(node.options)} {_expr(node.right, PATH)}{conditions}"

    return write


def _inside(tables: tuple[s.Expr, ...]) -> str:
    return f" in ({_exprs(tables, PATH)})" if tables else ""


def _find(node: s.Find) -> str:
    shown = f"find{_options(node.options)}{_inside(node.tables)} where {_expr(node.predicate)}"
    if node.columns is not None:
        columns = (_declaration(c) if isinstance(c, s.ColumnDeclaration) else _named(c) for c in node.columns)
        shown += f" project {', '.join(columns)}"
    return shown + (f" project-away {_exprs(node.away)}" if node.away else "")


def _parse(node: s.Parse) -> str:
    word = "parse-where" if node.filtering else "parse"
    pieces = (
        declared(piece.name)
        if isinstance(piece, s.Name) and not piece.bracketed
        else _declaration(piece)
        if isinstance(piece, s.ColumnDeclaration)
        else _expr(piece)
        for piece in node.pieces
    )
    return f"{word}{_options(node.options)} {_expr(node.value)} with {' '.join(pieces)}"


def _parse_kv(node: s.ParseKv) -> str:
    given = f" with ({_option_list(node.options)})" if node.options else ""
    return f"parse-kv {_expr(node.value)} as {_columns_declared(node.columns)}{given}"


def _items(items: Iterable[s.MvExpandItem]) -> str:
    return ", ".join(_named(item.value) + (f" to typeof({item.type})" if item.type else "") for item in items)


def _limit(limit: s.Expr | None) -> str:
    return f" limit {_expr(limit)}" if limit else ""


def _mv_apply(node: s.MvApply) -> str:
    return f"mv-apply{_options(node.options)} {_items(node.items)}{_limit(node.limit)} on {_body(node.body)}"


def _make_series(node: s.MakeSeries) -> str:
    items = ", ".join(
        _named(item.value) + (f" default = {_expr(item.default)}" if item.default else "") for item in node.items
    )
    axis = _names(node.axis.names) + _expr(node.axis.value, EQUALITY + 1)
    shown = f"make-series{_options(node.options)} {items} on {axis}"
    if node.in_range and node.low and node.high:
        shown += f" in range({_exprs((node.low, node.high, node.step))})"
    else:
        low = f" from {_expr(node.low)}" if node.low else ""
        high = f" to {_expr(node.high)}" if node.high else ""
        shown += f"{low}{high} step {_expr(node.step)}"
    return shown + _by(_columns(node.keys))


def _evaluate(node: s.Evaluate) -> str:
    columns = "" if node.columns is None else f" : {_columns_declared(node.columns, star=node.star)}"
    return f"evaluate{_options(node.options)} {_call(node.call)}{columns}"


def _render(node: s.Render) -> str:
    return f"render {node.chart}" + (f" with ({_option_list(node.options)})" if node.options else "")


def _fork(node: s.Fork) -> str:
    branches = (f"{declared(name)}={_body(body)}" if name is not None else _body(body) for name, body in node.branches)
    return f"fork {' '.join(branches)}"


def _partition(node: s.Partition) -> str:
    body = _body(node.body) if node.pipeline is None else f"{{ {_expr(node.pipeline, PIPELINE)} }}"
    return f"partition{_options(node.options)} by {_expr(node.key)} {body}"


def _reduce(node: s.Reduce) -> str:
    before = [option for option in node.options if option.name == "kind" or option.name.startswith("hint.")]
    after = ", ".join(_option(option) for option in node.options if option not in before)
    return f"reduce{_options(before)} by {_named(node.column)}" + (f" with {after}" if after else "")


def _step(step: s.ScanStep) -> str:
    optional = " optional" if step.optional else ""
    output = "" if step.output == "all" else f" output={step.output}"
    then = f" => {_columns(step.assignments)}" if step.assignments else ""
    return f"step {declared(step.name)}{optional}{output}: {_expr(step.condition)}{then};"


def _scan(node: s.Scan) -> str:
    order = f" order by {_orderings(node.order)}" if node.order else ""
    partition = f" partition by {_exprs(node.partition)}" if node.partition else ""
    columns = ", ".join(
        f"{declared(d.name)}: {d.type}" + (f" = {_expr(d.default)}" if d.default else "") for d in node.declared
    )
    declare = f" declare ({columns})" if columns else ""
    steps = " ".join(map(_step, node.steps))
    return f"scan{_options(node.options)}{order}{partition}{declare} with ({steps})"


# Graphs


def _make_graph(node: s.MakeGraph) -> str:
    hints = [option for option in node.options if option.name.startswith("hint.")]
    given = _options(option for option in node.options if option not in hints)
    nodes = ", ".join(f"{_expr(table, PATH)} on {_expr(key)}" for table, key in node.nodes)
    shown = f"make-graph{_options(hints)} {_expr(node.source)} --> {_expr(node.target)}"
    return shown + (f" with {nodes}" if nodes else given)


def _graph_part(part: s.GraphNode | s.GraphEdge) -> str:
    name = declared(part.name) if part.name is not None else ""
    if isinstance(part, s.GraphNode):
        return f"({name})"
    steps = f"*{part.low}..{part.high}" if part.variable else ""
    inside = f"-[{name}{steps}]-" if part.name is not None or steps else "--"
    return ("<" if part.direction == "<-" else "") + inside + (">" if part.direction == "->" else "")


def _matching(word: str) -> Callable[[s.GraphMatch | s.GraphShortestPaths], str]:
    def write(node: s.GraphMatch | s.GraphShortestPaths) -> str:
        patterns = ", ".join("".join(map(_graph_part, pattern)) for pattern in node.patterns)
        condition = f" where {_expr(node.condition)}" if node.condition else ""
        columns = f" project {_columns(node.columns)}" if node.columns is not None else ""
        return f"{word}{_options(node.options)} {patterns}{condition}{columns}"

    return write


def _graph_to_table(node: s.GraphToTable) -> str:
    parts = (
        what + (f" as {declared(name)}" if name is not None else "") + _options(options)
        for what, name, options in node.parts
    )
    return f"graph-to-table {', '.join(parts)}"


_OPERATORS: Mapping[type[s.Operator], Callable[[Any], str]] = {  # each takes the type that it stands beside
    s.Where: _where,
    s.Extend: lambda node: f"extend {_columns(node.columns)}",
    s.Project: lambda node: f"project {_columns(node.columns)}",
    s.ProjectAway: lambda node: f"project-away {_exprs(node.patterns)}",
    s.ProjectKeep: lambda node: f"project-keep {_exprs(node.patterns)}",
    s.ProjectRename: lambda node: f"project-rename {_columns(node.columns)}",
    s.ProjectByNames: lambda node: f"project-by-names {_exprs(node.names)}",
    s.ProjectReorder: _reorder,
    s.Summarize: _summarize,
    s.Distinct: lambda node: f"distinct{_options(node.options)} {_columns(node.columns)}",
    s.Count: lambda node: "count" if node.name is None else f"count as {declared(node.name)}",
    s.Take: lambda node: f"take{_options(node.options)} {_expr(node.rows)}",
    s.Top: lambda node: f"top{_options(node.options)} {_expr(node.rows)} by {_orderings(node.keys)}",
    s.TopNested: _top_nested,
    s.TopHitters: lambda node: (
        f"top-hitters {_expr(node.rows)} of {_named(node.key)}{_by(_named(node.measure) if node.measure else '')}"
    ),
    s.Sort: lambda node: f"sort{_options(node.options)} by {_orderings(node.keys)}",
    s.Sample: lambda node: f"sample {_expr(node.rows)}",
    s.SampleDistinct: lambda node: f"sample-distinct {_expr(node.rows)} of {_named(node.key)}",
    s.Serialize: lambda node: f"serialize {_columns(node.columns)}",
    s.Join: _joined("join"),
    s.Lookup: _joined("lookup"),
    s.Union: lambda node: f"union{_options(node.options)} {_exprs(node.tables, PATH)}",
    s.Search: lambda node: f"search{_options(node.options)}{_inside(node.tables)} {_expr(node.predicate)}",
    s.Find: _find,
    s.Parse: _parse,
    s.ParseKv: _parse_kv,
    s.MvExpand: lambda node: f"mv-expand{_options(node.options)} {_items(node.items)}{_limit(node.limit)}",
    s.MvApply: _mv_apply,
    s.MakeSeries: _make_series,
    s.Evaluate: _evaluate,
    s.Invoke: lambda node: f"invoke {_call(node.call)}",
    s.GetSchema: lambda node: "getschema",
    s.As: lambda node: f"as{_options(node.options)} {declared(node.name)}",
    s.Consume: lambda node: f"consume{_options(node.options)}",
    s.Render: _render,
    s.Facet: lambda node: f"facet by {_exprs(node.columns)}" + (f" with {_body(node.body)}" if node.body else ""),
    s.Fork: _fork,
    s.Partition: _partition,
    s.Reduce: _reduce,
    s.Scan: _scan,
    s.MakeGraph: _make_graph,
    s.GraphMatch: _matching("graph-match"),
    s.GraphShortestPaths: _matching("graph-shortest-paths"),
    s.GraphMarkComponents: lambda node: f"graph-mark-components{_options(node.options)}",
    s.GraphWhereNodes: lambda node: f"graph-where-nodes {_expr(node.condition)}",
    s.GraphWhereEdges: lambda node: f"graph-where-edges {_expr(node.condition)}",
    s.GraphToTable: _graph_to_table,
}


# Statements


def _statements(query: s.Query) -> str:
    return "; ".join(map(_statement, query.statements))


def _statement(node: s.Statement, bar: str = " | ") -> str:
    match node:
        case s.Let():
            return f"let {declared(node.name)} = {_value(node.value, bar)}"
        case s.Evaluated():
            return _value(node.value, bar)
        case s.SetOption():
            return f"set {node.name}" + (f" = {_expr(node.value)}" if node.value else "")
        case s.DeclareParameters():
            return f"declare query_parameters{_parameters(node.parameters)}"
        case s.Restrict():
            return f"restrict access to ({_exprs(node.tables, PATH)})"
        case s.DeclarePattern():
            return _pattern(node)
        case s.Alias():
            return f"alias database {declared(node.name)}"
    raise AssertionError(node)


def _pattern(node: s.DeclarePattern) -> str:
    head = f"declare pattern {declared(node.name)}"
    if not node.parameters:
        return head
    path = f"[{_parameters((node.path,))[1:-1]}]" if node.path else ""
    cases = [
        f"({_exprs(one.values)}){f'.[{_expr(one.path)}]' if one.path else ''} = {{ {_statements(one.body)} }}; "
        for one in node.cases
    ]
    return f"{head} = {_parameters(node.parameters)}{path} {{ {''.join(cases)}}}"


def _value(node: s.Expr, bar: str) -> str:
    return _pipeline(node, bar) if isinstance(node, s.Pipeline) else _expr(node, PIPELINE)


def _parameters(parameters: Iterable[s.Parameter]) -> str:
    return "(" + ", ".join(map(_parameter, parameters)) + ")"


def _parameter(parameter: s.Parameter) -> str:
    if parameter.type is None:
        type_ = _columns_declared(parameter.columns or (), star=parameter.star)
    else:
        type_ = parameter.type
    default = f" = {_expr(parameter.default)}" if parameter.default else ""
    return f"{declared(parameter.name)}: {type_}{default}"
