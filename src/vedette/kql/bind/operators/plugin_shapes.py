"""Plugins that change the shape of rows, or tell of it: `bag_unpack`, `pivot`, `narrow`, `preview`, `schema_merge`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import refs
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.operators.columns import SCHEMA_TYPES
from vedette.kql.bind.operators.plugins import PluginCall, declared_columns, plugin
from vedette.kql.bind.operators.summarize import finished
from vedette.kql.bind.scope import Aggregates, Frame, Row
from vedette.kql.bound import Aggregation, Bound, Call, Const, Ref
from vedette.kql.plan import (
    Aggregate,
    Distinct,
    Plan,
    Procedure,
    Project,
    Sort,
    SortKey,
    Take,
    UnionAll,
    Window,
    Windows,
)
from vedette.kql.schema import Column, Naming

CONFLICTS: Final = ("error", "replace_source", "keep_source")


@plugin("bag_unpack", declaring=True)
def bag_unpack(call: PluginCall) -> Plan:
    """The properties of a bag as columns, in alphabetical order behind those of the source.

    Where a property is named like a column of the source, `columnsConflict` says which of the two goes on.
    """
    node = call.needed(0, "a column of bags")
    bag = call.binder.scalar(node, call.frame)
    unpacked = bag.column if isinstance(bag, Ref) else None
    if bag.type == "string":
        bag = Call("dynamic", "parse_json", (bag,))
    if bag.type != "dynamic":
        raise call.error(f"bag_unpack takes a dynamic value, and this is a {bag.type}.", node.span)
    prefix = call.constant(1, "the prefix", "OutputColumnPrefix", "")
    if not isinstance(prefix, str):
        raise call.error("The prefix of columns is a text.")
    conflict = str(call.constant(2, "columnsConflict", "columnsConflict", "error"))
    if conflict not in CONFLICTS:
        raise call.binder.source.unknown("way to resolve conflicts", conflict, CONFLICTS, call.span)
    ignored = call.constant(3, "ignoredProperties", "ignoredProperties", [])
    source = [column for column in call.input.columns if column is not unpacked]
    if call.declared is not None:
        return _declared_unpack(call, bag, prefix, source)
    naming = Naming(call.input.columns)
    slots = [
        (prefix + key, key, type)
        for key, type in _slots(call, bag, prefix)
        if key not in {str(one) for one in ignored or ()}
    ]
    names = {name for name, _, _ in slots}
    doubled = [column.name for column in source if column.name in names]
    if doubled and conflict == "error":
        raise call.error(
            f"The bag has a property '{doubled[0]}', and so have the rows a column.",
            hint="Add columnsConflict='replace_source', or a prefix as the second argument.",
        )
    by_name = {column.name: column for column in source}
    columns = [column for column in source if column.name not in names]
    values: list[Bound] = list(refs(columns))
    for name, key, type in slots:
        if name in by_name and conflict == "keep_source":
            columns.append(by_name[name])
            values.append(Ref(by_name[name].type, by_name[name]))
        else:
            columns.append(naming.column(name, type))
            values.append(_slot(bag, key, type))
    return Project(tuple(columns), call.input, tuple(values))


def _slot(bag: Bound, key: str, type: KqlType) -> Bound:
    return convert(Call("dynamic", "[]", (bag, Const("string", key))), type)


def _slots(call: PluginCall, bag: Bound, prefix: str) -> list[tuple[str, KqlType]]:
    """The properties that the bags have, and the type that all values of each have in common."""
    naming = Naming()
    column = naming.column("bag", "dynamic")
    key, type = Naming().column("key", "string"), Naming().column("type", "string")
    rows = Procedure((key, type), (Project((column,), call.input, (bag,)),), "bag_slots")
    found = call.probed(rows, form="| evaluate bag_unpack(Bag) : (*, Name: string, Size: long)")
    return [(name, kind) for name, kind in found] or [
        (name.removeprefix(prefix), "dynamic") for name in call.binder.assumed if name.startswith(prefix)
    ]


def _declared_unpack(call: PluginCall, bag: Bound, prefix: str, source: Sequence[Column]) -> Plan:
    """Only what the query declares (and the source's columns, for `*`)."""
    naming = Naming(call.input.columns)
    row = Row(source)
    declared = {one.name for one in call.declared or ()}
    columns = [column for column in source if column.name not in declared] if call.node.star else []
    values: list[Bound] = list(refs(columns))
    for one in call.declared or ():
        present = row.exactly(one.name)
        columns.append(naming.column(one.name, one.type))
        if present is not None:
            values.append(convert(Ref(present.type, present), one.type))
        else:
            values.append(_slot(bag, one.name.removeprefix(prefix), one.type))
    return Project(tuple(columns), call.input, tuple(values))


PIVOT_AGGREGATES: Final = frozenset(
    {
        "min", "max", "take_any", "sum", "dcount", "avg", "stdev", "variance", "make_list", "make_bag", "make_set",
        "count",
    }
)  # fmt: skip


@plugin("pivot", declaring=True)
def pivot(call: PluginCall) -> Plan:
    """A column for each value of the pivoted one, in alphabetical order behind the columns that are kept."""
    turned = call.binder.scalar(call.needed(0, "the column to pivot"), call.frame)
    if turned.type == "dynamic":
        raise call.error("A dynamic value cannot be pivoted.", hint="Convert it first: tostring(…).")
    text = convert(turned, "string")
    function = call.given(1) or syntax.Call("count", (), call.span, span=call.span)
    if not isinstance(function, syntax.Call) or function.name not in PIVOT_AGGREGATES:
        raise call.error(
            f"pivot takes one of the aggregates {', '.join(sorted(PIVOT_AGGREGATES))}.",
            function.span,
        )
    collected = Aggregates(Naming(call.input.columns))
    frame = Frame(call.scope, Row(call.input.columns), aggregates=collected)
    call.binder.scalar(function, frame)
    ((aggregation, (_,)),) = collected.found
    aside = {part.column for part in (turned, *aggregation.args) if isinstance(part, Ref)}
    kept = [call.column(place, "a column to keep") for place in range(2, len(call.positional))]
    if len(call.positional) <= 2:
        kept = [column for column in call.input.columns if column not in aside]
    names = _pivoted(call, text, {column.name for column in kept})
    naming = Naming()
    keys = [(naming.column(column.name, column.type, column.encoding), column) for column in kept]
    cells = Aggregates(Naming([*call.input.columns, *(key for key, _ in keys)]))
    outputs: list[tuple[str, Bound]] = []
    for name in names:
        chosen: Bound = Call("bool", "==", (text, Const("string", name)))
        if aggregation.filter is not None:
            chosen = Call("bool", "and", (chosen, aggregation.filter))
        (column,) = cells.add(replace(aggregation, filter=chosen), [aggregation.type])
        outputs.append((name, Ref(column.type, column)))
    plan = finished(call.input, [(key, Ref(key.type, column)) for key, column in keys], cells, outputs, naming)
    if not cells.found:
        plan = Distinct(plan.columns, plan)
    return plan if call.declared is None else _in_declared_order(call, plan)


def _pivoted(call: PluginCall, text: Bound, kept: set[str]) -> list[str]:
    """The values that become columns."""
    if call.declared is not None:
        return [one.name for one in call.declared if one.name not in kept]
    column = Naming().column("value", "string")
    values = Project((column,), call.input, (text,))
    found = call.probed(
        Distinct((column,), values), form="| evaluate pivot(Severity) : (DeviceName: string, High: long, Low: long)"
    )
    names = sorted(str(value) for (value,) in found) or [name for name in call.binder.assumed if name not in kept]
    for name in names:
        if name in kept:
            raise call.error(f"'{name}' is a value of the pivoted column and the name of a column that is kept.")
    return names


def _in_declared_order(call: PluginCall, plan: Plan) -> Plan:
    kept = {column.name for column in plan.columns}
    declared: list[tuple[str, KqlType]] = []
    if call.node.star:
        declared = [(column.name, column.type) for column in call.input.columns if column.name in kept]
    declared += [(one.name, one.type) for one in call.declared or ()]
    return declared_columns(call.binder, call.node, plan, declared)


@plugin("narrow")
def narrow(call: PluginCall) -> Plan:
    """A row for each cell: the row's number from 0, the column's name, and the value as text."""
    naming = Naming(call.input.columns)
    number = naming.column("$row", "long")
    numbered = Windows((*call.input.columns, number), call.input, (Window("row_number", ()),), (number,))
    kept = call.binder.kept(numbered)
    names = Naming()
    columns = (
        names.column("Row", "long"),
        names.column("Column", "string"),
        names.column("Value", "string"),
        names.column("$place", "long"),
    )
    inputs: list[Plan] = []
    values: list[tuple[Bound, ...]] = []
    for place in range(len(call.input.columns)):
        rows = call.binder.shared(kept)
        column, at = rows.columns[place], rows.columns[-1]
        inputs.append(rows)
        zero_based = Call("long", "-", (Ref("long", at), Const("long", 1)))
        value = convert(Ref(column.type, column), "string")
        values.append((zero_based, Const("string", column.name), value, Const("long", place)))
    cells = UnionAll(columns, tuple(inputs), tuple(values))
    order = tuple(SortKey(Ref("long", columns[at]), False, True) for at in (0, 3))
    return Project(columns[:3], Sort(columns, cells, order), refs(columns[:3]))


@plugin("preview")
def preview(call: PluginCall) -> Plan:
    """The first rows; the number of all rows is a further result."""
    count = call.constant(0, "the number of rows")
    if not isinstance(count, int) or count < 0:
        raise call.error("preview takes a number of rows.")
    kept = call.binder.kept(call.input)
    column = Naming().column("Count", "long")
    all_rows = call.binder.shared(kept)
    total = Aggregate((column,), all_rows, (), (Aggregation("long", "count", ()),), ((column,),))
    call.binder.further.append(("Count", total))
    rows = call.binder.shared(kept)
    return Take(rows.columns, rows, Const("long", count))


SCHEMA: Final[tuple[tuple[str, KqlType], ...]] = (
    ("ColumnName", "string"),
    ("ColumnOrdinal", "long"),
    ("DataType", "string"),
    ("ColumnType", "string"),
)


@plugin("schema_merge")
def schema_merge(call: PluginCall) -> Plan:
    """What `getschema` would give for all columns of several schemas; the input is what it gave for each."""
    row = Row(call.input.columns)
    found: list[Bound] = []
    for name, type in SCHEMA:
        column = row.exactly(name)
        if column is None or column.type != type:
            raise call.error(
                f"schema_merge takes what getschema gives, and there is no {type} column '{name}'.",
                hint="union (A | getschema), (B | getschema) | evaluate schema_merge()",
            )
        found.append(Ref(type, column))
    ordered = call.constant(0, "PreserveOrder", "PreserveOrder", True)
    if not isinstance(ordered, bool):
        raise call.error("PreserveOrder is true or false.")
    naming = Naming()
    columns = tuple(naming.column(name, type) for name, type in SCHEMA)
    names = Naming()
    rows = Project(tuple(names.column(name, type) for name, type in SCHEMA), call.input, tuple(found))
    return Procedure(columns, (rows,), "schema_merge", {"ordered": ordered, "names": SCHEMA_TYPES})


__all__ = ["bag_unpack", "narrow", "pivot", "preview", "schema_merge"]
