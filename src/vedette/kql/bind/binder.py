"""Binds a whole query: statements, tabular sources, and pipelines by way of `operators`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from vedette.catalogue.tables import TABLES, KqlType
from vedette.catalogue.tables.workspace import workspace_columns
from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.databases import member_rows, names_rows, restrict
from vedette.kql.bind.declared_patterns import pattern_rows
from vedette.kql.bind.expressions import BINDERS
from vedette.kql.bind.functions import entered
from vedette.kql.bind.naming import default_name
from vedette.kql.bind.parameters import parameter
from vedette.kql.bind.scope import (
    EMPTY,
    Frame,
    LetFunction,
    LetPattern,
    LetPlan,
    LetScalar,
    LetTable,
    Row,
    Scope,
    WindowCalls,
)
from vedette.kql.bind.sources import datatable_rows, external_rows, print_rows, range_rows
from vedette.kql.bound import Bound, Const, First, Ref, missing_value
from vedette.kql.compiled import Render
from vedette.kql.functions.catalogue import functions
from vedette.kql.functions.refused import REFUSED
from vedette.kql.plan import (
    Plan,
    Procedure,
    Project,
    Scan,
    Shared,
    Sort,
    Window,
    Windows,
    nothing,
)
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import Function
from vedette.kql.source import Source, Span
from vedette.kql.tables import Tables

OperatorBinder = Callable[..., Plan]
"""(binder, operator, input plan or None, scope) → plan."""

OPERATORS: Final[dict[type[syntax.Operator], OperatorBinder]] = {}
"""What binds each operator; `operators/` fills it."""
TABLE_FUNCTIONS: Final[dict[str, Callable[..., Plan]]] = {}
"""Functions that give rows: (binder, call, input plan or None, scope) → plan. `invoke` hands them its input."""
Probe = Callable[[Plan], list[tuple[Any, ...]]]  # Any: values of all types
"""Runs a plan while a query is compiled; gives its rows, values as SQL has them: ticks, JSON text."""
MAX_DEPTH: Final = 200


def binds(*nodes: type[syntax.Operator]) -> Callable[[OperatorBinder], OperatorBinder]:
    """The decorated function binds these operators."""

    def register(function: OperatorBinder) -> OperatorBinder:
        for node in nodes:
            OPERATORS[node] = function
        return function

    return register


def gives_rows(name: str) -> Callable[[Callable[..., Plan]], Callable[..., Plan]]:
    """The decorated function binds calls of this table function."""

    def register(function: Callable[..., Plan]) -> Callable[..., Plan]:
        TABLE_FUNCTIONS[name] = function
        return function

    return register


@dataclass(frozen=True, slots=True)
class Program:
    """A bound query: its results in order, and how the first is to be drawn."""

    results: tuple[tuple[str, Plan], ...]
    render: Render | None
    shares: bool = True
    """Whether rows may be read in several places."""
    remarks: tuple[str, ...] = ()
    """What somebody who looks at the rows should know of the query."""


class Binder:
    """Binds one query. Not to be used twice."""

    def __init__(
        self,
        source: Source,
        tables: Tables,
        *,
        now: int,
        parameters: Mapping[str, object] | None = None,
        probe: Probe | None = None,
        assumed: Sequence[str] = (),
    ) -> None:
        """now: the query's clock, in ticks. parameters: values for names that the query does not define.

        probe: runs a plan, for operators whose columns depend on data; without it they are refused.
        assumed: columns that such an operator has when there are no data to tell, and that hunting tables have as in a
        workspace.
        """
        self.source = source
        self.tables = tables
        self.now = now
        self.parameters = dict(parameters or {})
        self.probe = probe
        self.assumed = tuple(assumed)
        self.workspace: frozenset[str] = frozenset()
        """Columns that tables of the query have in a workspace only."""
        self.saw_nothing = False
        """Whether an operator whose columns depend on data found no data."""
        self.functions: Mapping[str, Function] = functions()
        self.render: Render | None = None
        self.further: list[tuple[str, Plan]] = []
        """Results beside the main one, made by `fork` and `facet`."""
        self.graphs: dict[int, Any] = {}  # Any: what graph operators know about their plans
        self.unasked: list[tuple[Plan, int]] = []
        """Results of statements that only name rows for later ones (`graph-to-table nodes as N, edges as E`), each
        with the number of its further results."""
        self._depth = 0
        self._count = 0
        self.remarks: dict[str, None] = {}
        self.drawn: list[tuple[syntax.ToScalar, Bound, First]] = []
        """What each `toscalar` of a random value was bound to, so that a function gives the same at every call."""
        self.properties: dict[str, syntax.Expr | None] = {}
        """What `set` statements said, by name."""

    @cached_property
    def if_forms(self) -> Mapping[str, str]:
        """`countif` → `count`, and so on."""
        from vedette.kql.functions.aggregates import IF_FORMS

        return IF_FORMS

    # Statements

    def program(self, query: syntax.Query) -> Program:
        """All statements. Raises: `QueryError` and its kin."""
        scope = Scope()
        for name, value in self.parameters.items():  # a declaration in the query, or a let, takes the name over
            scope.define(name, LetScalar(parameter(value)))
        results: list[tuple[str, Plan]] = []
        for statement in query.statements:
            plan = self.statement(statement, scope)
            unasked = [count for one, count in self.unasked if one is plan and statement is not query.statements[-1]]
            if unasked:
                del self.further[len(self.further) - unasked[0] :]
            elif plan is not None:
                results.append((f"PrimaryResult{len(results) or ''}", plan))
        if not results:
            end = len(self.source.text)
            raise self.source.syntax_error(
                "The query asks for nothing: it has no tabular expression.", Span(max(0, end - 1), end)
            )
        return Program((*results, *self.further), self.render, self._count > 0, tuple(self.remarks))

    def statement(self, statement: syntax.Statement, scope: Scope) -> Plan | None:
        """One statement; the plan, when it asks for rows."""
        match statement:
            case syntax.Let(name=name, value=value):
                self._let(name, value, scope)
            case syntax.SetOption(name=name, value=value):
                self.properties[name] = value
            case syntax.DeclareParameters(parameters=parameters):
                for declared in parameters:
                    self._declare(declared, scope)
            case syntax.Evaluated(value=value):
                return self.result(value, scope)
            case syntax.Restrict():
                restrict(self, statement, scope)
            case syntax.DeclarePattern(name=name):
                scope.define(name, LetPattern(statement, _copy(scope)))
            case syntax.Alias():
                raise self.source.unsupported("Other databases cannot be reached from here.", statement.span)
        return None

    def result(self, value: syntax.Expr, scope: Scope) -> Plan:
        """What a statement asks for: rows, or one value as a row."""
        inner = Scope(scope)
        names_nothing = isinstance(value, syntax.Name) and inner.find(value.name) is None
        if names_nothing or self.is_tabular(value, inner):
            return self.rows(value, inner)
        bound = self.scalar(value, Frame(inner))
        column = Naming().column("print_0", bound.type)
        return Project((column,), nothing(), (bound,))

    def _let(self, name: str, value: syntax.Expr, scope: Scope) -> None:
        if isinstance(value, syntax.Lambda):
            scope.define(name, LetFunction(value, _copy(scope)))
        elif isinstance(value, syntax.Materialize) and self.is_tabular(value.value, scope):
            scope.define(name, self.kept(self.rows(value.value, scope)))
        elif self.is_tabular(value, scope):
            # Bound at once, so that errors are reported where they are, even when the name is not used.
            scope.define(name, LetTable(value, _copy(scope), [self.rows(value, scope)]))
        else:
            scope.define(name, LetScalar(self.scalar(value, Frame(scope))))

    def _declare(self, declared: syntax.Parameter, scope: Scope) -> None:
        assert declared.type is not None
        if declared.name in self.parameters:
            value = self.parameters[declared.name]
            scope.define(declared.name, LetScalar(parameter(value, declared.type)))
        elif declared.default is not None:
            scope.define(declared.name, LetScalar(convert(self.scalar(declared.default, Frame(scope)), declared.type)))
        else:
            raise self.source.semantic_error(
                f"The query needs a value for its parameter '{declared.name}'.", declared.span
            )

    def kept(self, plan: Plan) -> LetPlan:
        """A name for rows that are computed once."""
        self._count += 1
        return LetPlan(plan, f"shared_{self._count}")

    def hidden_name(self, name: str) -> str:
        """A physical name that nothing else in the query has."""
        self._count += 1
        return f"{name}__{self._count}"

    def is_set(self, name: str, scope: Scope) -> bool:
        """Whether a `set` statement has turned a request property on."""
        if name not in self.properties:
            return False
        said = self.properties[name]
        return said is None or self.constant(said, scope, what=f"The property '{name}'").value in (True, "true", 1)

    # Scalars

    def scalar(self, node: syntax.Expr, frame: Frame) -> Bound:
        """A scalar expression."""
        bind = BINDERS.get(type(node))
        if bind is None:
            raise self.source.semantic_error("A value is needed here.", node.span)
        with self.deeper(node.span):
            bound: Bound = bind(self, node, frame)
        return bound

    def condition(self, node: syntax.Expr, frame: Frame) -> Bound:
        """A scalar expression that is a bool, or can be read as one."""
        bound = self.scalar(node, frame)
        if bound.type == "bool":
            return bound
        if bound.type == "dynamic" or (bound.type in ("int", "long", "real") and isinstance(bound, Const)):
            return convert(bound, "bool")
        raise self.source.semantic_error(f"A condition is needed here, and this is a {bound.type}.", node.span)

    def constant(self, node: syntax.Expr, scope: Scope, *, what: str) -> Const:
        """A scalar expression that is a constant."""
        bound = self.scalar(node, Frame(scope))
        if not isinstance(bound, Const):
            raise self.source.semantic_error(f"{what} must be a constant.", node.span)
        return bound

    def column(self, column: Column, frame: Frame, span: Span) -> Bound:
        """The value of a column; an error inside a summarize, outside of its aggregates."""
        if frame.aggregates is not None and not frame.inside_aggregate:
            raise self.source.semantic_error(
                f"'{column.name}' has many values in each group: put it into an aggregate, or into the by clause.",
                span,
                hint=f"take_any({column.name}) takes one of them.",
            )
        return Ref(column.type, column, span=span)

    def graph_element(self, node: syntax.Member, frame: Frame) -> Bound | None:
        """A property of a node or edge of a graph pattern; None when this is none."""
        if isinstance(node.target, syntax.Name):
            column = frame.row.exactly(f"{node.target.name}.{node.name}")
            if column is not None:
                return Ref(column.type, column, span=node.span)
        return None

    def suggested_name(self, node: syntax.Expr) -> str | None:
        """The name that an expression suggests for its column."""
        return default_name(node, self.functions)

    @contextlib.contextmanager
    def deeper(self, span: Span) -> Iterator[None]:
        """One level of nesting more."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.source.semantic_error("The query is nested too deeply.", span)
        try:
            yield
        finally:
            self._depth -= 1

    # Rows

    def is_tabular(self, node: syntax.Expr, scope: Scope, row: Row = EMPTY) -> bool:
        """Whether an expression gives rows rather than one value."""
        match node:
            case syntax.Pipeline(source=source, operators=operators):
                return bool(operators) or self.is_tabular(source, scope, row)
            case (
                syntax.OperatorSource()
                | syntax.Datatable()
                | syntax.ExternalData()
                | syntax.Print()
                | syntax.Range()
                | syntax.ToTable()
                | syntax.Wildcard()
            ):
                return True
            case syntax.Materialize(value=value):
                return self.is_tabular(value, scope, row)
            case syntax.Name(name=name):
                if row.find(name) is not None:
                    return False
                meaning = scope.find(name)
                if isinstance(meaning, LetFunction):
                    return self._gives_rows(meaning)
                if meaning is not None:
                    return not isinstance(meaning, LetScalar)
                return self.has(name, scope)
            case syntax.Member():
                return names_rows(node, scope)
            case syntax.Call(name=name, target=target):
                meaning = scope.find(name)
                if isinstance(meaning, LetFunction):
                    return self._gives_rows(meaning)
                if isinstance(meaning, LetPattern):
                    return True
                return target is not None or name in TABLE_FUNCTIONS or name == "table"
            case _:
                return False

    def _gives_rows(self, function: LetFunction) -> bool:
        """Whether a user's function ends in rows. Its parameters count as what they are declared to be."""
        scope = Scope(function.scope)
        for declared in function.definition.parameters:
            if declared.type is None:
                scope.define(declared.name, LetTable(syntax.Print(()), scope))
            else:
                scope.define(declared.name, LetScalar(Const(declared.type, None)))
        last: syntax.Expr | None = None
        for statement in function.definition.body.statements:
            match statement:
                case syntax.Let(name=name, value=syntax.Lambda() as value):
                    scope.define(name, LetFunction(value, scope))
                case syntax.Let(name=name, value=value):
                    tabular = self.is_tabular(value, scope)
                    scope.define(name, LetTable(value, scope) if tabular else LetScalar(Const("dynamic", None)))
                case syntax.Evaluated(value=value):
                    last = value
        return last is not None and self.is_tabular(last, scope)

    def rows(self, node: syntax.Expr, scope: Scope) -> Plan:
        """An expression that gives rows."""
        with self.deeper(node.span):
            match node:
                case syntax.Pipeline(source=source, operators=operators):
                    plan = self.rows(source, scope)
                    return self.pipe(plan, operators, scope)
                case syntax.OperatorSource(operator=operator):
                    return self.operator(operator, None, scope)
                case syntax.Name(name=name):
                    return self._named(node, name, scope)
                case syntax.Call():
                    return self.call_rows(node, None, scope)
                case syntax.Datatable():
                    return datatable_rows(self, node, scope)
                case syntax.ExternalData():
                    return external_rows(self, node, scope)
                case syntax.Print(columns=columns):
                    return print_rows(self, columns, scope)
                case syntax.Range():
                    return range_rows(self, node, scope)
                case syntax.Materialize(value=value):
                    return self.shared(self.kept(self.rows(value, scope)))
                case syntax.ToTable(value=value):
                    return self.rows(value, scope)
                case syntax.Member():
                    return member_rows(self, node, scope)
                case _:
                    raise self.source.semantic_error("Rows are needed here: a table or a pipeline.", node.span)

    def pipe(self, plan: Plan, operators: Sequence[syntax.Operator], scope: Scope) -> Plan:
        """The operators behind the bars, one after the other. Names given by `as` hold for those that follow."""
        for operator in operators:
            plan = self.operator(operator, plan, scope)
        return plan

    def operator(self, operator: syntax.Operator, input: Plan | None, scope: Scope) -> Plan:
        """One operator."""
        import vedette.kql.bind.operators  # noqa: F401  (fills the table; not at the top, as it imports this module)

        bind = OPERATORS.get(type(operator))
        if bind is None:
            raise self.source.unsupported(f"The operator '{_spelled(operator)}' is not supported.", operator.span)
        return bind(self, operator, input, scope)

    def _named(self, node: syntax.Expr, name: str, scope: Scope) -> Plan:
        match scope.find(name):
            case LetTable(value=value, scope=defined, ready=ready):
                return ready.pop() if ready else self.rows(value, defined)
            case LetPlan() as kept:
                return self.shared(kept)
            case LetFunction():
                return self.call_rows(syntax.Call(name, (), node.span, span=node.span), None, scope)
            case LetScalar():
                raise self.source.semantic_error(f"'{name}' is a single value, and rows are needed here.", node.span)
            case LetPattern():
                raise self.source.semantic_error(f"'{name}' is a pattern: it is called with texts.", node.span)
        if self.has(name, scope):
            return self.scan(name)
        known = [*self.visible(scope), *scope.names()]
        raise self.source.unknown("table", name, known, node.span)

    def call_rows(self, node: syntax.Call, input: Plan | None, scope: Scope) -> Plan:
        """A call that gives rows; `invoke` hands in rows as the first argument."""
        if node.target is not None or node.name in ("cluster", "database"):
            raise self.source.unsupported("Other clusters and databases cannot be reached from here.", node.span)
        meaning = scope.find(node.name)
        if isinstance(meaning, LetPattern):
            return pattern_rows(self, meaning, node, scope)
        if isinstance(meaning, LetFunction):
            outer = scope
            if input is not None:
                outer = Scope(scope)
                outer.define("$input", self.kept(input))
                first = syntax.Argument(syntax.Name("$input", span=node.span), span=node.span)
                node = syntax.Call(node.name, (first, *node.arguments), node.name_span, span=node.span)
            inside = entered(self, node, meaning, Frame(outer))
            plan: Plan | None = None
            for statement in meaning.definition.body.statements:
                plan = self.statement_inside(statement, inside)
            if plan is None:
                raise self.source.semantic_error(f"The function '{node.name}' gives no rows.", node.span)
            return plan
        if node.name == "table":
            return self._by_constant_name(node, scope)
        gives = TABLE_FUNCTIONS.get(node.name)
        if gives is not None:
            return gives(self, node, input, scope)
        if node.name in REFUSED:
            raise self.source.unsupported(
                f"The function '{node.name}' {REFUSED[node.name]} and is not supported.", node.name_span
            )
        if node.name in self.functions:
            raise self.source.semantic_error(
                f"'{node.name}' gives a single value, and rows are needed here.", node.span
            )
        known = [*TABLE_FUNCTIONS, *self.functions, *scope.names()]
        raise self.source.unknown("function", node.name, known, node.name_span)

    def _by_constant_name(self, node: syntax.Call, scope: Scope) -> Plan:
        """`table("Name")`: the table of this name, whatever `let` has named so."""
        if not node.arguments:
            raise self.source.semantic_error("table() takes the name of a table.", node.span)
        name = str(self.constant(node.arguments[0].value, scope, what="The name of a table").value)
        if not self.has(name, scope):
            raise self.source.unknown("table", name, self.visible(scope), node.span)
        return self.scan(name)

    def statement_inside(self, statement: syntax.Statement, scope: Scope) -> Plan | None:
        """A statement of a function's body."""
        if isinstance(statement, syntax.Evaluated):
            return self.rows(statement.value, Scope(scope))
        return self.statement(statement, scope)

    def has(self, table: str, scope: Scope) -> bool:
        """Whether there is a table of this name that may be read."""
        return table in self.tables and scope.sees(table)

    def visible(self, scope: Scope) -> list[str]:
        """The tables that may be read."""
        return [name for name in self.tables if scope.sees(name)]

    def scan(self, name: str) -> Plan:
        """All rows of a table."""
        schema = self.tables[name]
        columns = tuple(Column(one.name, one.type, one.stored, one.encoding) for one in schema.columns)
        return self._with_workspace_columns(name, Scan(columns, schema.engine_name))

    def _with_workspace_columns(self, table: str, plan: Plan) -> Plan:
        """The rows of a hunting table, with those columns of its copy in a workspace that the query names."""
        if table not in TABLES:
            return plan
        further = workspace_columns(table)
        self.workspace |= further.keys()
        added = sorted(further.keys() & frozenset(self.assumed) - {column.name for column in plan.columns})
        if not added:
            return plan
        naming = Naming(plan.columns)
        folded = {column.name.lower(): column for column in plan.columns}
        values: list[Bound] = []
        columns: list[Column] = []
        for one in added:
            known = folded.get(one.lower())
            values.append(Ref(known.type, known) if known else missing_value(further[one]))
            columns.append(new_column(naming, one, values[-1]))
        return Project((*plan.columns, *columns), plan, (*refs(plan.columns), *values))

    def shared(self, kept: LetPlan) -> Plan:
        """Another use of rows that are computed once, with columns of its own."""
        naming = Naming()
        columns = tuple(naming.column(one.name, one.type, one.encoding) for one in kept.definition.columns)
        return Shared(columns, kept.definition, kept.shared)

    # What operators share

    def frame(self, plan: Plan, scope: Scope, *, windows: bool = False) -> Frame:
        """Where expressions over a plan's rows stand."""
        calls = WindowCalls(Naming(plan.columns)) if windows else None
        return Frame(scope, Row(plan.columns), windows=calls)

    def with_windows(self, plan: Plan, frame: Frame) -> Plan:
        """The plan, with the window functions computed that expressions of the frame have asked for."""
        for window, column in frame.windows.found if frame.windows else ():
            if window.name == "row_window_session":
                plan = _with_sessions(plan, window, column)
            else:
                plan = Windows((*plan.columns, column), plan, (window,), (column,))
                if window.partition:
                    plan = Sort(plan.columns, plan, window.order)  # Partitions come in any order.
        return plan

    def project_columns(self, plan: Plan, names: Sequence[str]) -> Plan:
        """Some columns of a plan, by name, as they are."""
        row = Row(plan.columns)
        columns = tuple(column for name in names if (column := row.find(name)))
        return Project(columns, plan, tuple(Ref(column.type, column) for column in columns))

    def first_column_as(self, plan: Plan, type: KqlType) -> Plan:
        """The first column alone, converted."""
        first = plan.columns[0]
        column = Naming().column(first.name, type)
        return Project((column,), plan, (convert(Ref(first.type, first), type),))


def renamed(naming: Naming, column: Column, name: str) -> Column:
    """A column of another name for the same values."""
    return naming.column(name, column.type, column.encoding)


def new_column(naming: Naming, name: str, value: Bound) -> Column:
    """A column for a value; one that only passes a column on keeps how it is stored."""
    encoding = value.column.encoding if isinstance(value, Ref) else ""
    return naming.column(name, value.type, encoding)


def refs(columns: Sequence[Column]) -> tuple[Ref, ...]:
    """The values of columns."""
    return tuple(Ref(column.type, column) for column in columns)


def _copy(scope: Scope) -> Scope:
    """The scope as it is now: names that come later are not seen."""
    copied = Scope()
    copied.tables = scope.root.tables
    for name in reversed(list(scope.names())):
        meaning = scope.find(name)
        if meaning is not None:
            copied.define(name, meaning)
    return copied


def _spelled(operator: syntax.Operator) -> str:
    """An operator's keyword from its class: `GraphMatch` → `graph-match`."""
    name = type(operator).__name__
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


def _with_sessions(plan: Plan, window: Window, column: Column) -> Plan:
    """Sessions are found by a program that reads the arguments as columns."""
    naming = Naming((*plan.columns, column))
    extra = [naming.column("argument", value.type) for value in window.args]
    values = (*refs(plan.columns), *window.args)
    carried = tuple(naming.column(one.name, one.type) for one in plan.columns)
    given = Project((*carried, *extra), plan, values)
    physical = [one.physical for one in extra]
    names = ("value", "from_first", "between", "restart")
    options: dict[str, object] = dict(zip(names, (*physical, ""), strict=False))
    options["made"] = column.physical
    found = Procedure((*carried, *extra, column), (given,), "row_window_session", options)
    return Project((*plan.columns, column), found, (*refs(carried), Ref(column.type, column)))
