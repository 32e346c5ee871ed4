"""Rows that come from the query itself or from outside: `datatable`, `print`, `range`, `externaldata`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bind.outputs import named_outputs
from vedette.kql.bind.scope import Frame, Scope
from vedette.kql.bound import Bound, Const
from vedette.kql.plan import External, Plan, Project, Range, Rows, nothing
from vedette.kql.schema import Column, Naming

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder


def datatable_rows(binder: Binder, node: syntax.Datatable, scope: Scope) -> Plan:
    naming = Naming()
    columns = tuple(naming.column(one.name, one.type) for one in node.columns)
    width = len(columns)
    if not width or len(node.values) % width:
        raise binder.source.semantic_error(
            f"The datatable has {len(node.values)} values, which are no whole rows of {width} columns.", node.span
        )
    frame = Frame(scope)
    values = [
        convert(binder.scalar(value, frame), columns[position % width].type)
        for position, value in enumerate(node.values)
    ]
    rows = tuple(tuple(values[start : start + width]) for start in range(0, len(values), width))
    return Rows(columns, rows)


def external_rows(binder: Binder, node: syntax.ExternalData, scope: Scope) -> Plan:
    naming = Naming()
    columns = tuple(naming.column(one.name, one.type) for one in node.columns)
    addresses = []
    for address in node.addresses:
        value = binder.constant(address, scope, what="The address of external data").value
        addresses.append(str(value))
    options = {
        option.name: binder.constant(option.value, scope, what=f"The option '{option.name}'").value
        if not isinstance(option.value, syntax.Name)
        else option.value.name
        for option in node.options
    }
    form = str(options.pop("format", "")).lower()
    return External(columns, tuple(addresses), form, options)


def print_rows(binder: Binder, columns: Sequence[syntax.NamedExpr], scope: Scope) -> Plan:
    names = Names()
    naming = Naming()
    made: list[Column] = []
    values: list[Bound] = []
    for position, column in enumerate(columns):
        bound = binder.scalar(column.value, Frame(scope))
        for one, name in named_outputs(binder, column, bound, names, fallback=f"print_{position}", suggested=False):
            made.append(naming.column(name, one.type))
            values.append(one)
    return Project(tuple(made), nothing(), tuple(values))


def range_rows(binder: Binder, node: syntax.Range, scope: Scope) -> Plan:
    low, high, step = (binder.scalar(part, Frame(scope)) for part in (node.low, node.high, node.step))
    numbers = ("int", "long", "real", "decimal")
    if low.type in numbers and high.type in numbers and step.type in numbers:
        types = (low.type, high.type, step.type)
        wide: KqlType = next((type for type in ("decimal", "real", "long") if type in types), "int")
        low, high, step = (convert(part, wide) for part in (low, high, step))
    elif not (low.type == high.type and low.type in ("datetime", "timespan") and step.type == "timespan"):
        raise binder.source.semantic_error(
            f"range cannot go from a {low.type} to a {high.type} by a {step.type}.", node.span
        )
    if isinstance(step, Const) and step.value == 0:
        raise binder.source.semantic_error("The step of a range is not zero.", node.step.span)
    return Range((Naming().column(node.name, low.type),), low, high, step)
