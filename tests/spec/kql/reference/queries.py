"""Whole queries: statements, sources and pipelines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.spec.kql.reference import joining, operators
from tests.spec.kql.reference.functions import FUNCTIONS
from tests.spec.kql.reference.scalars import Here, evaluate
from tests.spec.kql.reference.values import Row, Table, Unspecified, Value, null
from vedette.kql import syntax
from vedette.kql.parser import parse

NO_ROW = Table([])


@dataclass
class Names:
    """What names of a query mean: tables, scalars and functions."""

    tables: Mapping[str, Table]
    scalars: dict[str, Value] = field(default_factory=dict)
    rows: dict[str, Table] = field(default_factory=dict)
    functions: dict[str, syntax.Lambda] = field(default_factory=dict)

    def inner(self) -> Names:
        return Names(self.tables, dict(self.scalars), dict(self.rows), dict(self.functions))

    def scalar(self, name: str) -> Value:
        return self.scalars[name]

    def is_table(self, name: str) -> bool:
        return name in self.rows or name in self.tables

    def is_function(self, name: str) -> bool:
        return name in self.functions

    def first_value(self, expr: syntax.Expr) -> Value:
        """`toscalar`: the first column of the first row; null of no rows."""
        if not self._is_tabular(expr):
            return evaluate(expr, Here(self, NO_ROW, at=None))
        table = self.table(expr)
        kind = table.columns[0][1]
        if not table.rows:
            return null(kind)
        if not table.ordered and any(repr(row[0]) != repr(table.rows[0][0]) for row in table.rows):
            raise Unspecified("the first of rows that have no order")
        return Value(kind, table.rows[0][0])

    def call_scalar(self, name: str, arguments: Sequence[Value]) -> Value:
        """The value of a user's function: its body with its parameters bound (functions/user-defined-functions)."""
        function = self.functions[name]
        inner = self.inner()
        inner.scalars.update(
            {parameter.name: value for parameter, value in zip(function.parameters, arguments, strict=True)}
        )
        return inner._last(function.body, scalar=True)  # type: ignore[return-value]

    def _last(self, query: syntax.Query, *, scalar: bool) -> Value | Table:
        for statement in query.statements:
            if isinstance(statement, syntax.Let):
                self.define(statement)
            elif isinstance(statement, syntax.Evaluated):
                if scalar:
                    return evaluate(statement.value, Here(self, NO_ROW))
                return self.table(statement.value)
        raise TypeError("a query without a result")

    def define(self, statement: syntax.Let) -> None:
        value = statement.value
        if isinstance(value, syntax.Lambda):
            self.functions[statement.name] = value
        elif self._is_tabular(value):
            found = self.table(value)
            self.rows[statement.name] = Table(found.columns, found.rows, found.ordered, statement.name)
        else:
            self.scalars[statement.name] = evaluate(value, Here(self, NO_ROW))

    def _is_tabular(self, expr: syntax.Expr) -> bool:
        if isinstance(expr, syntax.Name):
            return self.is_table(expr.name)
        if isinstance(expr, syntax.Call):
            return expr.name not in FUNCTIONS and self.is_function(expr.name)
        kinds = (syntax.Pipeline, syntax.Datatable, syntax.Print, syntax.Range, syntax.OperatorSource)
        return isinstance(expr, (*kinds, syntax.Materialize))

    def table(self, expr: syntax.Expr) -> Table:
        """The rows of a tabular expression."""
        match expr:
            case syntax.Name(name=name):
                return self.rows[name] if name in self.rows else self.tables[name]
            case syntax.Pipeline(source=source, operators=steps):
                table = self.table(source)
                for step in steps:
                    table = operators.apply(step, table, self)
                return table
            case syntax.Materialize(value=value):
                return self.table(value)
            case syntax.OperatorSource(operator=syntax.Union() as union):
                return joining.union(union, None, self)
            case syntax.Print(columns=columns):
                values = [evaluate(item.value, Here(self, NO_ROW)) for item in columns]
                names = [operators.column_name(item) for item in columns]
                return Table([(n, v.type) for n, v in zip(names, values, strict=True)], [[v.value for v in values]])
            case syntax.Range():
                return self._range(expr)
            case syntax.Datatable(columns=columns, values=values):
                return self._datatable(expr)
            case syntax.Call(name=name, arguments=arguments):
                return self._called(name, [argument.value for argument in arguments])
        raise TypeError(f"{type(expr).__name__} gives no rows")

    def _called(self, name: str, arguments: Sequence[syntax.Expr]) -> Table:
        function = self.functions[name]
        inner = self.inner()
        for parameter, argument in zip(function.parameters, arguments, strict=True):
            if parameter.columns is not None or parameter.star:
                found = self.table(argument)
                inner.rows[parameter.name] = Table(found.columns, found.rows, found.ordered)
            else:
                inner.scalars[parameter.name] = evaluate(argument, Here(self, NO_ROW))
        return inner._last(function.body, scalar=False)  # type: ignore[return-value]

    def _range(self, expr: syntax.Range) -> Table:
        """From the start while the end is not passed, both included (range-operator)."""
        here = Here(self, NO_ROW)
        low, high, step = (evaluate(one, here) for one in (expr.low, expr.high, expr.step))
        if low.type not in ("int", "long", "datetime", "timespan") or step.value <= 0:
            raise Unspecified("a range of other values, or backwards")
        kind = "long" if low.type == "int" else low.type
        return Table([(expr.name, kind)], [[value] for value in range(low.value, high.value + 1, step.value)])

    def _datatable(self, expr: syntax.Datatable) -> Table:
        values = [evaluate(value, Here(self, NO_ROW)) for value in expr.values]
        width = len(expr.columns)
        columns = [(column.name, column.type) for column in expr.columns]
        rows: list[Row] = []
        for start in range(0, len(values), width):
            cells = zip(columns, values[start : start + width], strict=True)
            rows.append([_as_declared(kind, value) for (_, kind), value in cells])
        return Table(columns, rows)


def _as_declared(kind: str, value: Value) -> object:
    if value.type == kind or (kind, value.type) in (("int", "long"), ("long", "int")):
        return value.value
    if kind == "real" and value.type in ("int", "long"):
        return None if value.value is None else float(value.value)
    raise Unspecified(f"a {value.type} in a column of type {kind}")


def answer(text: str, tables: Mapping[str, Table]) -> Table:
    """The rows of a query's last statement. Raises: Unspecified where the pages leave it open."""
    names = Names({name: Table(table.columns, table.rows, table.ordered, name) for name, table in tables.items()})
    found = names._last(parse(text), scalar=False)
    assert isinstance(found, Table)
    return found
