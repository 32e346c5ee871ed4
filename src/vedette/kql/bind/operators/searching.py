"""`search` and `find`: rows with certain terms, in many tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, new_column, refs
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.joining import is_view, named_tables, option, united, word
from vedette.kql.bind.scope import Frame, LetScalar, Row, Scope
from vedette.kql.bind.terms import Terms, names_in
from vedette.kql.bound import Bound, Call, Const, Ref, missing_value
from vedette.kql.plan import Filter, Plan, Project, Scan
from vedette.kql.schema import Column, Naming

CASES = {"default": False, "case_insensitive": False, "case_sensitive": True}


@binds(syntax.Search)
def search(binder: Binder, node: syntax.Search, input: Plan | None, scope: Scope) -> Plan:
    said = option(node.options, "kind")
    kind = word(binder, said, "default")
    if kind not in CASES:
        raise binder.source.unknown("kind of search", kind, CASES, said.span if said else node.span)
    if input is not None and node.tables:
        raise binder.source.semantic_error("A search behind a bar names no tables.", node.tables[0].span)
    tables = _tables(binder, node.tables, input, scope)
    _check_names(binder, node.predicate, [plan for _, plan in tables], scope)
    found = [(name, _kept(binder, node.predicate, plan, tables, scope, sensitive=CASES[kind])) for name, plan in tables]
    return united(found, source="$table")


def _tables(binder: Binder, written: Sequence[syntax.Expr], input: Plan | None, scope: Scope) -> list[tuple[str, Plan]]:
    if input is not None:
        return [(_name_of(input), input)]
    if not written:
        views = [name for name in dict.fromkeys(scope.names()) if is_view(scope, name)]
        return [(name, binder.scan(name)) for name in binder.visible(scope) if name not in views] + [
            (name, binder.rows(syntax.Name(name), scope)) for name in views
        ]
    found: list[tuple[str, Plan]] = []
    for table in written:
        found += named_tables(binder, table, scope, fuzzy=False, position=len(found))
    return found


def _name_of(plan: Plan) -> str:
    """The table that rows are from, where they are from one."""
    while not isinstance(plan, Scan):
        below: Plan | None = getattr(plan, "input", None)
        if below is None:
            return ""
        plan = below
    return plan.table


def _check_names(binder: Binder, predicate: syntax.Expr, plans: Sequence[Plan], scope: Scope) -> None:
    """Every name must mean something in one of the tables."""
    known = {column.name for plan in plans for column in plan.columns}
    for name in names_in(predicate):
        if name not in known and scope.find(name) is None and not any(Row(plan.columns).find(name) for plan in plans):
            raise binder.source.unknown("column", name, sorted(known), predicate.span)


def _kept(
    binder: Binder,
    predicate: syntax.Expr,
    plan: Plan,
    tables: Sequence[tuple[str, Plan]],
    scope: Scope,
    *,
    sensitive: bool = False,
) -> Plan:
    """The rows that the predicate holds for. Columns that only other tables have are null in it."""
    inside = Scope(scope)
    present = Row(plan.columns)
    for name in set(names_in(predicate)):
        if present.find(name) is None and scope.find(name) is None:
            types = [column.type for _, other in tables for column in other.columns if column.name == name]
            if types:
                inside.define(name, LetScalar(missing_value(types[0])))
    terms = Terms(binder, Frame(inside, present), sensitive=sensitive, bare=True)
    return Filter(plan.columns, plan, terms.condition(predicate))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a `find` shows: columns by name, some with a type, and whether the rest is packed."""

    columns: tuple[tuple[str, KqlType | None], ...]
    packed: bool
    typed: bool


@binds(syntax.Find)
def find(binder: Binder, node: syntax.Find, input: Plan | None, scope: Scope) -> Plan:
    tables = _tables(binder, node.tables, input, scope)
    _check_names(binder, node.predicate, [plan for _, plan in tables], scope)
    used = list(dict.fromkeys(names_in(node.predicate)))
    having = [(name, plan) for name, plan in tables if any(Row(plan.columns).find(one) for one in used)]
    tables = having or tables
    wanted = _wanted(binder, node, [plan for _, plan in tables], used)
    source = word(binder, option(node.options, "withsource") or option(node.options, "with_source"), "source_")
    shown = [(name, _shown(_kept(binder, node.predicate, plan, tables, scope), wanted)) for name, plan in tables]
    plan = united(shown, source=source)
    order = [name for name, _ in wanted.columns]
    columns = [plan.columns[0]]
    rest = list(plan.columns[1:])
    for name in order:
        here = [column for column in rest if column.name == name or column.name == f"{name}_{column.type}"]
        columns += here
        rest = [column for column in rest if column not in here]
    columns += rest
    return Project(tuple(columns), plan, refs(columns))


def _wanted(binder: Binder, node: syntax.Find, plans: Sequence[Plan], used: Sequence[str]) -> _Wanted:
    if node.columns is None:
        columns = [(name, type) for name, type in _smart(plans, used) if not _is_away(node, name)]
        return _Wanted(tuple(columns), packed=True, typed=False)
    listed: list[tuple[str, KqlType | None]] = []
    packed = False
    known = {column.name for plan in plans for column in plan.columns}
    for item in node.columns:
        match item:
            case syntax.ColumnDeclaration(name=name, type=type):
                listed.append((name, type))
            case syntax.NamedExpr(value=syntax.Name(name=name)):
                if name not in known:
                    raise binder.source.unknown("column", name, sorted(known), item.span)
                listed.append((name, None))
            case syntax.NamedExpr(value=syntax.Call(name="pack_all" | "pack")):
                packed = True
            case _:
                raise binder.source.semantic_error("find projects columns by their names.", item.span)
    return _Wanted(tuple(listed), packed, typed=True)


def _is_away(node: syntax.Find, name: str) -> bool:
    return any(isinstance(one, syntax.Name) and one.name == name for one in node.away)


def _smart(plans: Sequence[Plan], used: Sequence[str]) -> list[tuple[str, KqlType | None]]:
    """The columns that all tables have, then those of the predicate."""
    first, *others = plans
    common = [
        column.name
        for column in first.columns
        if all(any(one.name == column.name and one.type == column.type for one in plan.columns) for plan in others)
    ]
    named = [name for name in used if any(column.name == name for plan in plans for column in plan.columns)]
    return [(name, None) for name in dict.fromkeys([*common, *named])]


def _shown(plan: Plan, wanted: _Wanted) -> Plan:
    """The columns of one table that are shown, and the others in a bag."""
    by_name = {column.name: column for column in plan.columns}
    naming, names = Naming(), Names()
    columns: list[Column] = []
    values: list[Bound] = []
    for name, type in wanted.columns:
        column = by_name.pop(name, None)
        if column is not None:
            value: Bound = Ref(column.type, column)
            value = convert(value, type) if type else value
        elif type is not None:
            value = missing_value(type)
        else:
            continue
        names.claim(name)
        columns.append(new_column(naming, name, value))
        values.append(value)
    if wanted.packed and (by_name or wanted.typed):
        parts: list[Bound] = []
        for name, column in by_name.items():
            parts += [Const("string", name), Ref(column.type, column)]
        columns.append(naming.column(names.unique("pack_"), "dynamic"))
        values.append(Call("dynamic", "bag_pack", tuple(parts)))
    return Project(tuple(columns), plan, tuple(values))
