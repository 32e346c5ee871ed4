"""`evaluate`: finds the plugin, and holds its result against the columns that the query declares.

The plugins themselves are in the modules `plugin_…` beside this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds
from vedette.kql.bind.partitions import parts_of
from vedette.kql.bind.scope import Frame, Row, Scope
from vedette.kql.bound import Bound, Const, Ref, is_constant
from vedette.kql.functions.plugins import FAMILY, REFUSED
from vedette.kql.plan import AtHand, Plan, Project, Rows
from vedette.kql.schema import Column, Naming
from vedette.kql.source import Span


@dataclass(slots=True)
class PluginCall:
    """A call of a plugin over rows, as the plugins read it."""

    binder: Binder
    node: syntax.Evaluate
    input: Plan
    scope: Scope
    positional: list[syntax.Expr] = field(init=False)
    named: dict[str, syntax.Expr] = field(init=False)

    def __post_init__(self) -> None:
        self.positional = [one.value for one in self.node.call.arguments if one.name is None]
        self.named = {one.name: one.value for one in self.node.call.arguments if one.name is not None}

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.node.call.name

    @property
    def span(self) -> Span:
        """The call's place in the query."""
        return self.node.call.span

    @property
    def declared(self) -> tuple[syntax.ColumnDeclaration, ...] | None:
        """The columns that the query says the plugin gives; None when it says nothing."""
        return self.node.columns

    @property
    def frame(self) -> Frame:
        """Where arguments over the rows stand."""
        return self.binder.frame(self.input, self.scope)

    def given(self, position: int, name: str = "") -> syntax.Expr | None:
        """An argument by name or position; `~` in quotes stands for the default."""
        found = self.named.get(name) if name else None
        if found is None and position < len(self.positional):
            found = self.positional[position]
        if isinstance(found, syntax.Literal) and found.value == "~":
            return None
        return found

    def needed(self, position: int, what: str, name: str = "") -> syntax.Expr:
        """An argument that must be there."""
        found = self.given(position, name)
        if found is None:
            raise self.error(f"'{self.name}' needs {what} as its argument number {position + 1}.")
        return found

    def value(self, position: int, what: str) -> Bound:
        """An argument over the rows."""
        return self.binder.scalar(self.needed(position, what), self.frame)

    def column(self, position: int, what: str, name: str = "") -> Column:
        """An argument that is the name of a column."""
        node = self.needed(position, what, name)
        bound = self.binder.scalar(node, self.frame)
        if not isinstance(bound, Ref):
            raise self.error(f"{what[0].upper()}{what[1:]} is needed here.", node.span)
        return bound.column

    def constant(self, position: int, what: str, name: str = "", default: object = None) -> Any:  # Any: of any type
        """The value of a constant argument; the default when it is not there."""
        node = self.given(position, name)
        if node is None:
            return default
        return self._settled(node, what).value

    def typed_constant(self, position: int, what: str, types: Sequence[KqlType]) -> Const:
        """A constant argument of one of some types."""
        node = self.needed(position, what)
        bound = self._settled(node, what)
        if bound.type not in types:
            raise self.error(f"{what[0].upper()}{what[1:]} must be a {' or '.join(types)}.", node.span)
        return bound

    def _settled(self, node: syntax.Expr, what: str) -> Const:
        """An argument that is the same for all rows; what only data tells, such as `toscalar(…)`, is asked now."""
        bound = self.binder.scalar(node, Frame(self.scope))
        if isinstance(bound, Const):
            return bound
        known = is_constant(bound) and not any(isinstance(part, AtHand) for part in parts_of(bound))
        if self.binder.probe is None or not known:
            raise self.error(f"{what[0].upper()}{what[1:]} must be a constant.", node.span)
        column = Naming().column("value", bound.type)
        rows = self.binder.probe(Project((column,), Rows((), ((),)), (bound,)))
        value = rows[0][0] if rows else STAND_INS.get(bound.type)
        if bound.type == "dynamic" and isinstance(value, str):
            value = msgspec.json.decode(value)
        return Const(bound.type, value, span=node.span)

    def error(self, message: str, span: Span | None = None, hint: str = "") -> Exception:
        """An error at the call."""
        return self.binder.source.semantic_error(message, span or self.span, hint=hint)

    def probed(self, plan: Plan, *, form: str) -> list[tuple[Any, ...]]:  # Any: values of all types
        """Rows of a plan, now: for plugins whose columns depend on data."""
        if self.binder.probe is None:
            raise self.binder.source.unsupported(
                f"The columns of '{self.name}' depend on data, and there is none here.",
                self.span,
                hint=f"Declare them: {form}",
            )
        rows = self.binder.probe(plan)
        self.binder.saw_nothing = self.binder.saw_nothing or not rows
        return rows


STAND_INS: Final[Mapping[KqlType, object]] = {
    **dict.fromkeys(("int", "long", "datetime", "timespan"), 1), "real": 1.0, "string": "", "bool": False,
}  # fmt: skip
"""Values of arguments that only data tells, where a query is looked at without any."""
Plugin = Callable[[PluginCall], Plan]
PLUGINS: Final[dict[str, Plugin]] = {}
DECLARING: Final[set[str]] = set()
"""Plugins that take care of declared columns themselves."""


def plugin(name: str, *, declaring: bool = False) -> Callable[[Plugin], Plugin]:
    """The decorated function binds this plugin."""

    def register(function: Plugin) -> Plugin:
        PLUGINS[name] = function
        if declaring:
            DECLARING.add(name)
        return function

    return register


@binds(syntax.Evaluate)
def evaluate(binder: Binder, node: syntax.Evaluate, input: Plan | None, scope: Scope) -> Plan:
    name = node.call.name
    if name in REFUSED:
        raise binder.source.unsupported(
            f"The plugin '{name}' {REFUSED[name]} and is not supported.", node.call.name_span
        )
    bind = PLUGINS.get(name)
    if bind is None:
        if name in FAMILY.functions:
            raise binder.source.unsupported(f"The plugin '{name}' is not supported.", node.call.name_span)
        raise binder.source.unknown("plugin", name, [*PLUGINS, *REFUSED], node.call.name_span)
    if input is None:
        raise binder.source.semantic_error(f"The plugin '{name}' needs rows before it.", node.span)
    plan = bind(PluginCall(binder, node, input, scope))
    if node.columns is None or name in DECLARING:
        return plan
    return _as_declared(binder, node, plan, input)


def _as_declared(binder: Binder, node: syntax.Evaluate, plan: Plan, input: Plan) -> Plan:
    listed = [(column.name, column.type) for column in input.columns] if node.star else []
    declared = [(one.name, one.type) for one in node.columns or ()]
    there = Row(plan.columns)
    return declared_columns(binder, node, plan, [*(one for one in listed if there.exactly(one[0])), *declared])


def declared_columns(
    binder: Binder, node: syntax.Evaluate, plan: Plan, declared: Sequence[tuple[str, KqlType]]
) -> Plan:
    """The declared columns of a result. Raises: `QueryError` when the plugin gives other ones."""
    row = Row(plan.columns)
    naming = Naming()
    columns: list[Column] = []
    values: list[Bound] = []
    for name, type in declared:
        column = row.exactly(name)
        if column is None:
            raise binder.source.unknown(f"column in what '{node.call.name}' gives", name, row.names, node.span)
        if column.type != type:
            raise binder.source.semantic_error(
                f"'{node.call.name}' gives '{name}' as a {column.type}, and it is declared as a {type}.", node.span
            )
        columns.append(naming.column(name, type, column.encoding))
        values.append(Ref(type, column))
    return Project(tuple(columns), plan, tuple(values))
