"""The syntax tree of KQL: what was written, nothing resolved yet. Every node knows its span.

A *pipeline* is a source and the operators behind its bars. Operators that begin a query (`print`, `range`, `union`,
`find`, `search`, `datatable`, `externaldata`, `evaluate`) are sources; `union`, `search`, `find`, `evaluate` and others
may stand behind a bar as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal as OneOf
from typing import TypeAlias

from vedette.catalogue.tables import KqlType
from vedette.kql.source import NOWHERE, Span

# Expressions


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of the query."""

    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)


class Expr(Node):
    """Something with a value: a scalar, or rows."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TypedValue:
    """A value inside a dynamic literal that JSON has no form for: a datetime or timespan in ticks, a guid's text, a
    `Decimal`."""

    type: KqlType
    value: object


Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | TypedValue | None"
"""What a dynamic literal holds. Whole numbers stay exact."""


@dataclass(frozen=True, slots=True)
class Literal(Expr):
    """A constant. `datetime` and `timespan` are whole ticks of 100 ns (a datetime counts from year 1), `decimal` is a
    `Decimal`, `guid` its lower-case text, `dynamic` a `Json`; None is null."""

    type: KqlType
    value: object
    verbatim: bool = False
    """A string that was written as @"…" or as a block."""
    unread: str = ""
    """What a quoted text in `datetime("…")` says that is no date. The value is then null, as `todatetime` gives it."""


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A name, also one in brackets: `['my column']`."""

    name: str
    bracketed: bool = False


@dataclass(frozen=True, slots=True)
class Wildcard(Expr):
    """A name pattern such as `Device*`, or `*` alone."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Member(Expr):
    """`target.name`, also `$left.name` (target is then the Name `$left`)."""

    target: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Index(Expr):
    """`target[index]`."""

    target: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`-x` or `+x`. `not(x)` is a call."""

    op: OneOf["-", "+"]
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """`left op right`. `op` is as written, except that `<>` reads `!=` and aliases such as `notcontains` read
    `!contains`: `and or + - * / % == != =~ !~ < <= > >= : has !has has_cs !has_cs hasprefix !hasprefix …_cs hassuffix …
    contains !contains contains_cs !contains_cs startswith … endswith … like notlike … `, `matches regex`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class In(Expr):
    """`left in (items)`, and `!in`, `in~`, `!in~`, `has_any`, `has_all`. An item may be a pipeline."""

    op: str
    left: Expr
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Between(Expr):
    """`value between (low .. high)`, both ends included."""

    negated: bool
    value: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call, maybe named."""

    value: Expr
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """`name(arguments)`: a function, an aggregate, a plugin, a view or a user's function, told apart by the binder."""

    name: str
    arguments: tuple[Argument, ...]
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)
    target: Expr | None = None
    """`cluster("c").database("d")`: what stands before the dot."""


@dataclass(frozen=True, slots=True)
class TypeOf(Expr):
    """`typeof(long)`, or `typeof(name:type, …)` as plugins take it."""

    type: KqlType | None
    columns: tuple[ColumnDeclaration, ...] = ()
    star: bool = False


@dataclass(frozen=True, slots=True)
class ToScalar(Expr):
    """`toscalar(expression)`: the first value of the first row."""

    value: Expr


@dataclass(frozen=True, slots=True)
class ToTable(Expr):
    """`totable(expression)`."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Materialize(Expr):
    """`materialize(pipeline)`: computed once however often it is used."""

    value: Expr


@dataclass(frozen=True, slots=True)
class NamedExpr(Node):
    """`expr`, `name = expr` or `(a, b) = expr`. `names` is empty when none was written."""

    value: Expr
    names: tuple[str, ...] = ()
    names_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ordering(Node):
    """A sort key. `descending` and `nulls_first` are None where the query leaves them open."""

    value: NamedExpr
    descending: bool | None = None
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class ColumnDeclaration(Node):
    """`name: type`."""

    name: str
    type: KqlType


@dataclass(frozen=True, slots=True)
class Option(Node):
    """`name = value` between an operator's keyword and what follows: `kind=inner`, `hint.strategy=shuffle`,
    `withsource=T`. A bare word is a Name."""

    name: str
    value: Expr


# Pipelines


@dataclass(frozen=True, slots=True)
class Operator(Node):
    """A tabular operator behind a bar."""


@dataclass(frozen=True, slots=True)
class Pipeline(Expr):
    """A source and what follows its bars. A source that stands alone in parentheses is no pipeline but itself."""

    source: Expr
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class OperatorSource(Expr):
    """An operator that begins a query, such as `union A, B` or `search "x"`: it has no input."""

    operator: Operator


@dataclass(frozen=True, slots=True)
class Print(Expr):
    """`print a = 1, 2`."""

    columns: tuple[NamedExpr, ...]


@dataclass(frozen=True, slots=True)
class Range(Expr):
    """`range x from low to high step step`."""

    name: str
    low: Expr
    high: Expr
    step: Expr


@dataclass(frozen=True, slots=True)
class Datatable(Expr):
    """`datatable (columns) [values]`: values row by row."""

    columns: tuple[ColumnDeclaration, ...]
    values: tuple[Expr, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ExternalData(Expr):
    """`externaldata (columns) [addresses] with (options)`."""

    columns: tuple[ColumnDeclaration, ...]
    addresses: tuple[Expr, ...]
    options: tuple[Option, ...]


# Operators


@dataclass(frozen=True, slots=True)
class Where(Operator):
    """`where` or `filter`."""

    predicate: Expr
    name: str | None = None
    """`where name = condition` gives the condition a name, which nothing can use. Who writes it means `==`."""


@dataclass(frozen=True, slots=True)
class Extend(Operator):
    """`extend`."""

    columns: tuple[NamedExpr, ...]


@dataclass(frozen=True, slots=True)
class Project(Operator):
    """`project`."""

    columns: tuple[NamedExpr, ...]


@dataclass(frozen=True, slots=True)
class ProjectAway(Operator):
    """`project-away`; patterns are `Name` or `Wildcard`."""

    patterns: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ProjectKeep(Operator):
    """`project-keep`."""

    patterns: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ProjectRename(Operator):
    """`project-rename new = old`; names in parentheses on both sides become one item each."""

    columns: tuple[NamedExpr, ...]


@dataclass(frozen=True, slots=True)
class ProjectByNames(Operator):
    """`project-by-names`."""

    names: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ProjectReorder(Operator):
    """`project-reorder`; the order of a pattern's columns is `asc`, `desc`, `granny-asc`, `granny-desc` or None."""

    patterns: tuple[tuple[Expr, str | None], ...]


@dataclass(frozen=True, slots=True)
class Summarize(Operator):
    """`summarize aggregates by keys`."""

    aggregates: tuple[NamedExpr, ...]
    keys: tuple[NamedExpr, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Distinct(Operator):
    """`distinct`; `*` is a `Wildcard`."""

    columns: tuple[NamedExpr, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Count(Operator):
    """`count`, maybe `as name`."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Take(Operator):
    """`take` or `limit`."""

    rows: Expr
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Top(Operator):
    """`top n by keys`."""

    rows: Expr
    keys: tuple[Ordering, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class TopNestedLevel(Node):
    """One level of `top-nested`: `n of key with others = name by aggregate asc`."""

    rows: Expr | None
    key: NamedExpr
    others: Expr | None
    aggregate: Ordering


@dataclass(frozen=True, slots=True)
class TopNested(Operator):
    """`top-nested`."""

    levels: tuple[TopNestedLevel, ...]


@dataclass(frozen=True, slots=True)
class TopHitters(Operator):
    """`top-hitters n of key by measure`."""

    rows: Expr
    key: NamedExpr
    measure: NamedExpr | None


@dataclass(frozen=True, slots=True)
class Sort(Operator):
    """`sort by` or `order by`."""

    keys: tuple[Ordering, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample(Operator):
    """`sample n`."""

    rows: Expr


@dataclass(frozen=True, slots=True)
class SampleDistinct(Operator):
    """`sample-distinct n of key`."""

    rows: Expr
    key: NamedExpr


@dataclass(frozen=True, slots=True)
class Serialize(Operator):
    """`serialize`, maybe with columns as in `extend`."""

    columns: tuple[NamedExpr, ...]


@dataclass(frozen=True, slots=True)
class Join(Operator):
    """`join kind=… right on conditions`. A condition is a `Name`, or an equality of `$left` and `$right` members."""

    right: Expr
    conditions: tuple[Expr, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup(Operator):
    """`lookup kind=… right on conditions`."""

    right: Expr
    conditions: tuple[Expr, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Union(Operator):
    """`union`; a table may be a `Wildcard`."""

    tables: tuple[Expr, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Search(Operator):
    """`search kind=… in (tables) predicate`. A bare text in the predicate is a `Literal`, `column:text` a
    Binary `:`."""

    predicate: Expr
    tables: tuple[Expr, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Find(Operator):
    """`find withsource=… in (tables) where predicate project columns`. A column is a name or `name:type`; `pack_all`
    is the Call `pack_all()`; `project-smart` is None."""

    predicate: Expr
    tables: tuple[Expr, ...] = ()
    columns: tuple[NamedExpr | ColumnDeclaration, ...] | None = None
    away: tuple[Expr, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Parse(Operator):
    """`parse kind=… flags=… expr with pieces` (`filtering`: `parse-where`). A piece is a text `Literal`, a `Wildcard`
    `*`, a `Name` (a string column) or a `ColumnDeclaration`."""

    value: Expr
    pieces: tuple[Literal | ColumnDeclaration | Name | Wildcard, ...]
    options: tuple[Option, ...] = ()
    filtering: bool = False


@dataclass(frozen=True, slots=True)
class ParseKv(Operator):
    """`parse-kv expr as (name: type, …) with (options)`."""

    value: Expr
    columns: tuple[ColumnDeclaration, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MvExpandItem(Node):
    """`name = array to typeof(type)`."""

    value: NamedExpr
    type: KqlType | None = None


@dataclass(frozen=True, slots=True)
class MvExpand(Operator):
    """`mv-expand`; `with_itemindex` is the Option of that name."""

    items: tuple[MvExpandItem, ...]
    limit: Expr | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MvApply(Operator):
    """`mv-apply items limit n on (subquery)`."""

    items: tuple[MvExpandItem, ...]
    body: tuple[Operator, ...]
    limit: Expr | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MakeSeriesItem(Node):
    """`name = aggregate default = value`."""

    value: NamedExpr
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class MakeSeries(Operator):
    """`make-series items on axis from low to high step step by keys`, also the older `in range(low, high, step)`."""

    items: tuple[MakeSeriesItem, ...]
    axis: NamedExpr
    step: Expr
    low: Expr | None = None
    high: Expr | None = None
    keys: tuple[NamedExpr, ...] = ()
    options: tuple[Option, ...] = ()
    in_range: bool = False


@dataclass(frozen=True, slots=True)
class Evaluate(Operator):
    """`evaluate plugin(arguments) : (columns)`."""

    call: Call
    columns: tuple[ColumnDeclaration, ...] | None = None
    star: bool = False
    """The declared output starts with `*`: all columns of the input, then those declared."""
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Invoke(Operator):
    """`invoke function(arguments)`: the input is its first argument."""

    call: Call


@dataclass(frozen=True, slots=True)
class GetSchema(Operator):
    """`getschema`."""


@dataclass(frozen=True, slots=True)
class As(Operator):
    """`as name`: the rows so far can be named later in the query."""

    name: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Consume(Operator):
    """`consume`."""

    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Render(Operator):
    """`render chart with (properties)`."""

    chart: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Facet(Operator):
    """`facet by columns with (operators)`."""

    columns: tuple[Expr, ...]
    body: tuple[Operator, ...] = ()


@dataclass(frozen=True, slots=True)
class Fork(Operator):
    """`fork name=(operators) …`."""

    branches: tuple[tuple[str | None, tuple[Operator, ...]], ...]


@dataclass(frozen=True, slots=True)
class Partition(Operator):
    """`partition by key (operators)` or, for the legacy form, `{ pipeline }` (`pipeline` is then set)."""

    key: Expr
    body: tuple[Operator, ...] = ()
    pipeline: Expr | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Reduce(Operator):
    """`reduce by column with (threshold=…, characters=…)`."""

    column: NamedExpr
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanStep(Node):
    """`step name optional output=all: condition => column = expr, …;`."""

    name: str
    condition: Expr
    assignments: tuple[NamedExpr, ...] = ()
    optional: bool = False
    output: OneOf["all", "last", "none"] = "all"


@dataclass(frozen=True, slots=True)
class ScanDeclaration(Node):
    """`name: type = default` in `declare (…)`."""

    name: str
    type: KqlType
    default: Expr | None = None


@dataclass(frozen=True, slots=True)
class Scan(Operator):
    """`scan with_match_id=… declare (…) partition by … order by … with (steps)`."""

    steps: tuple[ScanStep, ...]
    declared: tuple[ScanDeclaration, ...] = ()
    partition: tuple[Expr, ...] = ()
    order: tuple[Ordering, ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class MakeGraph(Operator):
    """`make-graph source --> target with nodes on key, …`, also `with_node_id=name`; `partitioned-by` as options."""

    source: Expr
    target: Expr
    nodes: tuple[tuple[Expr, Expr], ...] = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphNode(Node):
    """`(name)` in a graph pattern; None when it has no name."""

    name: str | None


@dataclass(frozen=True, slots=True)
class GraphEdge(Node):
    """`-[name*low..high]->` in a graph pattern; `high` is None without a range."""

    name: str | None
    direction: OneOf["->", "<-", "--"]
    low: int = 1
    high: int | None = None
    variable: bool = False


@dataclass(frozen=True, slots=True)
class GraphMatch(Operator):
    """`graph-match cycles=… patterns where condition project columns`."""

    patterns: tuple[tuple[GraphNode | GraphEdge, ...], ...]
    condition: Expr | None = None
    columns: tuple[NamedExpr, ...] | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphShortestPaths(Operator):
    """`graph-shortest-paths output=any patterns where condition project columns`."""

    patterns: tuple[tuple[GraphNode | GraphEdge, ...], ...]
    condition: Expr | None = None
    columns: tuple[NamedExpr, ...] | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphMarkComponents(Operator):
    """`graph-mark-components kind=weak with_component_id=name`."""

    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphWhereNodes(Operator):
    """`graph-where-nodes condition`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class GraphWhereEdges(Operator):
    """`graph-where-edges condition`."""

    condition: Expr


@dataclass(frozen=True, slots=True)
class GraphToTable(Operator):
    """`graph-to-table nodes as N with_node_id=id, edges as E with_source_id=s with_target_id=t`. Each part: what, name,
    options."""

    parts: tuple[tuple[OneOf["nodes", "edges"], str | None, tuple[Option, ...]], ...]


# Statements


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """A parameter of a user's function. `columns` are those of a tabular one; `star` is `(*)`: any columns."""

    name: str
    type: KqlType | None = None
    default: Expr | None = None
    columns: tuple[ColumnDeclaration, ...] | None = None
    star: bool = False


@dataclass(frozen=True, slots=True)
class Lambda(Expr):
    """`(parameters) { body }`."""

    parameters: tuple[Parameter, ...]
    body: Query
    is_view: bool = False


class Statement(Node):
    """What a semicolon ends."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Let(Statement):
    """`let name = value`."""

    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class SetOption(Statement):
    """`set name = value`: a request property."""

    name: str
    value: Expr | None


@dataclass(frozen=True, slots=True)
class DeclareParameters(Statement):
    """`declare query_parameters(name: type = default, …)`."""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class PatternCase(Node):
    """`("value", …).["path"] = { body }` of a pattern."""

    values: tuple[Expr, ...]
    path: Expr | None
    body: Query


@dataclass(frozen=True, slots=True)
class DeclarePattern(Statement):
    """`declare pattern name = (parameters)[path] { cases }`; without cases it is declared only."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    path: Parameter | None = None
    cases: tuple[PatternCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias(Statement):
    """`alias database name = …`. Refused: there is one database."""

    name: str


@dataclass(frozen=True, slots=True)
class Restrict(Statement):
    """`restrict access to (tables)`."""

    tables: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Evaluated(Statement):
    """An expression whose result is asked for."""

    value: Expr


@dataclass(frozen=True, slots=True)
class Query(Node):
    """All statements, in order."""

    statements: tuple[Statement, ...]
