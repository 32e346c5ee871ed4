"""`where`, `extend`, `project` and its kin, `distinct`, `getschema`: which rows and columns go on."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace

from vedette.errors import UnknownName
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, new_column, refs, renamed
from vedette.kql.bind.naming import Names, wildcard
from vedette.kql.bind.outputs import named_outputs, suggestion
from vedette.kql.bind.scope import Row, Scope
from vedette.kql.bind.terms import Terms, names_all_columns
from vedette.kql.bound import VOLATILE, Bound, Call, Const, Ref, walk
from vedette.kql.plan import Distinct, Filter, FirstPerKey, Join, Plan, Project, Rows
from vedette.kql.schema import Column, Naming


@binds(syntax.Where)
def where(binder: Binder, node: syntax.Where, input: Plan, scope: Scope) -> Plan:
    if node.name is not None:
        raise binder.source.semantic_error(
            f"'{node.name} = …' is no comparison.", node.span, hint=f"Did you mean {node.name} == …?"
        )
    frame = binder.frame(input, scope, windows=True)
    if names_all_columns(node.predicate):
        predicate = Terms(binder, frame).condition(node.predicate)
    else:
        predicate = binder.condition(node.predicate, frame)
    plan = binder.with_windows(input, frame)
    filtered = _filtered(plan, predicate)
    return filtered if plan is input else Project(input.columns, filtered, refs(input.columns))


def _filtered(plan: Plan, predicate: Bound) -> Plan:
    """Rows for which a predicate is true.

    Behind a join that takes any one row per key of its left side, what is asked of the left side alone is asked
    before that row is chosen, so that a key does not vanish because another of its rows was taken.
    """
    if not (isinstance(plan, Join) and plan.kind == "inner" and isinstance(plan.left, FirstPerKey)):
        return Filter(plan.columns, plan, predicate)
    left = set(plan.left.columns)
    parts = predicate.args if isinstance(predicate, Call) and predicate.name == "and" else (predicate,)
    before = tuple(part for part in parts if _is_about(part, left))
    after = tuple(part for part in parts if part not in before)
    if before:
        asked = Filter(plan.left.columns, plan.left.input, _all_of(before))
        plan = replace(plan, left=replace(plan.left, input=asked))
    return Filter(plan.columns, plan, _all_of(after)) if after else plan


def _is_about(condition: Bound, columns: Set[Column]) -> bool:
    used = {part.column for part in walk(condition) if isinstance(part, Ref)}
    is_steady = not any(isinstance(part, Call) and part.name in VOLATILE for part in walk(condition))
    return bool(used) and used <= columns and is_steady


def _all_of(conditions: tuple[Bound, ...]) -> Bound:
    return conditions[0] if len(conditions) == 1 else Call("bool", "and", conditions)


@binds(syntax.Extend, syntax.Serialize)
def extend(binder: Binder, node: syntax.Extend | syntax.Serialize, input: Plan, scope: Scope) -> Plan:
    return extended(binder, node.columns, input, scope)


def extended(binder: Binder, columns: Sequence[syntax.NamedExpr], input: Plan, scope: Scope) -> Plan:
    """Columns added; one of a name that is there takes its place. All see the columns that come in, not each other."""
    if not columns:
        return input
    frame = binder.frame(input, scope, windows=True)
    names = Names()
    naming = Naming(input.columns)
    made: dict[str, Column] = {column.name: column for column in input.columns}
    values: dict[Column, Bound] = {column: Ref(column.type, column) for column in input.columns}
    for column in columns:
        try:
            bound = binder.scalar(column.value, frame)
        except UnknownName as unknown:
            if unknown.kind == "column" and unknown.name in made:
                raise binder.source.semantic_error(
                    f"'{unknown.name}' is made by this very operator, whose expressions see only what comes in.",
                    column.span,
                    hint="Use it in another extend behind this one.",
                ) from None
            raise
        suggested = suggestion(binder, column.value, bound)
        for name in column.names or ([suggested] if suggested is not None else []):
            # It takes the place of a column of this name, also of one that has just been made.
            names.release(name, for_written=bool(column.names))
        for value, name in named_outputs(binder, column, bound, names):
            made[name] = new_column(naming, name, value)
            values[made[name]] = value
    plan = binder.with_windows(input, frame)
    return Project(tuple(made.values()), plan, tuple(values[column] for column in made.values()))


@binds(syntax.Project)
def project(binder: Binder, node: syntax.Project, input: Plan, scope: Scope) -> Plan:
    frame = binder.frame(input, scope, windows=True)
    names = Names()
    naming = Naming()
    columns: list[Column] = []
    values: list[Bound] = []
    for item in node.columns:
        bound = binder.scalar(item.value, frame)
        if not item.names and isinstance(item.value, syntax.Name) and not names.claim(item.value.name):
            if item.value.name in {
                one.value.name
                for one in node.columns
                if isinstance(one.value, syntax.Name) and one is not item and not one.names
            }:
                raise binder.source.semantic_error(f"There are two columns named '{item.value.name}'.", item.span)
            outputs = [(bound, names.unique(item.value.name))]
        elif not item.names and isinstance(item.value, syntax.Name):
            outputs = [(bound, item.value.name)]
        else:
            outputs = named_outputs(binder, item, bound, names)
        for value, name in outputs:
            columns.append(new_column(naming, name, value))
            values.append(value)
    return Project(tuple(columns), binder.with_windows(input, frame), tuple(values))


@binds(syntax.ProjectAway)
def project_away(binder: Binder, node: syntax.ProjectAway, input: Plan, scope: Scope) -> Plan:
    away = {column for pattern in node.patterns for column in matching(binder, pattern, input)}
    kept = tuple(column for column in input.columns if column not in away)
    return Project(kept, input, refs(kept))


@binds(syntax.ProjectKeep)
def project_keep(binder: Binder, node: syntax.ProjectKeep, input: Plan, scope: Scope) -> Plan:
    keep = {column for pattern in node.patterns for column in matching(binder, pattern, input)}
    kept = tuple(column for column in input.columns if column in keep)
    return Project(kept, input, refs(kept))


@binds(syntax.ProjectByNames)
def project_by_names(binder: Binder, node: syntax.ProjectByNames, input: Plan, scope: Scope) -> Plan:
    columns: list[Column] = []
    row = Row(input.columns)
    for expression in node.names:
        patterns: list[syntax.Expr]
        named = isinstance(expression, syntax.Name) and (row.find(expression.name) or not scope.find(expression.name))
        if named or isinstance(expression, syntax.Wildcard):
            patterns = [expression]
        else:
            value = binder.constant(expression, scope, what="The names of columns").value
            listed = value if isinstance(value, list) else [value]
            # As patterns, since a text that names no column is passed over.
            patterns = [syntax.Wildcard(str(one), span=expression.span) for one in listed]
        for pattern in patterns:
            columns += [column for column in matching(binder, pattern, input) if column not in columns]
    if not columns:
        raise binder.source.semantic_error("None of these columns exists.", node.span)
    return Project(tuple(columns), input, refs(columns))


@binds(syntax.ProjectRename)
def project_rename(binder: Binder, node: syntax.ProjectRename, input: Plan, scope: Scope) -> Plan:
    row = Row(input.columns)
    new_names: dict[Column, str] = {}
    for item in node.columns:
        if not item.names or not isinstance(item.value, syntax.Name):
            raise binder.source.semantic_error("project-rename takes items of the form New = Old.", item.span)
        column = row.find(item.value.name)
        if column is None:
            raise binder.source.unknown("column", item.value.name, row.names, item.value.span)
        new_names[column] = item.names[0]
    naming = Naming()
    columns = []
    seen: set[str] = set()
    for column in input.columns:
        name = new_names.get(column, column.name)
        if name in seen:
            raise binder.source.semantic_error(f"There are two columns named '{name}'.", node.span)
        seen.add(name)
        columns.append(renamed(naming, column, name))
    return Project(tuple(columns), input, refs(input.columns))


@binds(syntax.ProjectReorder)
def project_reorder(binder: Binder, node: syntax.ProjectReorder, input: Plan, scope: Scope) -> Plan:
    named = {item.name for item, _ in node.patterns if isinstance(item, syntax.Name)}
    first: list[Column] = []
    for item, order in node.patterns:
        found = [column for column in matching(binder, item, input) if column not in first]
        if isinstance(item, syntax.Wildcard):
            found = [column for column in found if column.name not in named]
        first += _ordered(found, order)
    columns = tuple(first) + tuple(column for column in input.columns if column not in first)
    return Project(columns, input, refs(columns))


def _ordered(columns: list[Column], order: str | None) -> list[Column]:
    if order is None:
        return columns
    if order.startswith("granny"):
        return sorted(columns, key=lambda column: _granny(column.name), reverse=order.endswith("desc"))
    return sorted(columns, key=lambda column: column.name, reverse=order == "desc")


def _granny(name: str) -> list[tuple[int, int, str]]:
    """Numbers inside of names count as numbers."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def matching(binder: Binder, pattern: syntax.Expr, plan: Plan) -> list[Column]:
    """The columns that a name or a pattern means. Raises: `UnknownName` for a name that no column has."""
    row = Row(plan.columns)
    if isinstance(pattern, syntax.Name):
        column = row.find(pattern.name)
        if column is None:
            raise binder.source.unknown("column", pattern.name, row.names, pattern.span)
        return [column]
    if isinstance(pattern, syntax.Wildcard):
        like = wildcard(pattern.pattern)
        return [column for column in plan.columns if like.fullmatch(column.name)]
    raise binder.source.semantic_error("A column's name or a pattern such as Device* is needed here.", pattern.span)


@binds(syntax.Distinct)
def distinct(binder: Binder, node: syntax.Distinct, input: Plan, scope: Scope) -> Plan:
    if len(node.columns) == 1 and isinstance(node.columns[0].value, syntax.Wildcard):
        return Distinct(input.columns, input)
    projected = project(binder, syntax.Project(node.columns, span=node.span), input, scope)
    return Distinct(projected.columns, projected)


SCHEMA_TYPES = {
    "string": "System.String", "bool": "System.SByte", "int": "System.Int32", "long": "System.Int64",
    "real": "System.Double", "decimal": "System.Data.SqlTypes.SqlDecimal", "datetime": "System.DateTime",
    "timespan": "System.TimeSpan", "guid": "System.Guid", "dynamic": "System.Object",
}  # fmt: skip
"""KQL type → the .NET type that `getschema` and the API name."""


@binds(syntax.GetSchema)
def getschema(binder: Binder, node: syntax.GetSchema, input: Plan, scope: Scope) -> Plan:
    naming = Naming()
    columns = (
        naming.column("ColumnName", "string"),
        naming.column("ColumnOrdinal", "long"),
        naming.column("DataType", "string"),
        naming.column("ColumnType", "string"),
    )
    rows = tuple(
        (
            Const("string", column.name),
            Const("long", position),
            Const("string", SCHEMA_TYPES[column.type]),
            Const("string", column.type),
        )
        for position, column in enumerate(input.columns)
    )
    return Rows(columns, rows)
