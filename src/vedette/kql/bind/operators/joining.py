"""`join`, `lookup`, `union`: rows of several tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs, renamed
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.databases import within
from vedette.kql.bind.declared_patterns import pattern_of
from vedette.kql.bind.naming import Names, wildcard
from vedette.kql.bind.scope import Frame, LetFunction, LetPlan, Row, Scope
from vedette.kql.bound import Bound, Call, Const, Ref, missing_value, walk
from vedette.kql.plan import FirstPerKey, Join, JoinKind, Plan, Project, Scan, Shared, UnionAll
from vedette.kql.schema import Column, Naming
from vedette.kql.signatures import NUMBERS
from vedette.kql.source import Span

KINDS: Final[Mapping[str, JoinKind]] = {
    "innerunique": "inner",
    "inner": "inner",
    "leftouter": "left",
    "rightouter": "right",
    "fullouter": "full",
    "leftsemi": "semi",
    "rightsemi": "semi",
    "leftanti": "anti",
    "leftantisemi": "anti",
    "anti": "anti",
    "rightanti": "anti",
    "rightantisemi": "anti",
}


def option(options: Sequence[syntax.Option], name: str) -> syntax.Option | None:
    """The option of this name."""
    return next((one for one in options if one.name == name), None)


def word(binder: Binder, one: syntax.Option | None, default: str) -> str:
    """What an option says, as a bare word or a text."""
    match one:
        case None:
            return default
        case syntax.Option(value=syntax.Name(name=name)):
            return name
        case syntax.Option(value=syntax.Literal(value=value)):
            return "true" if value is True else "false" if value is False else str(value)
    raise binder.source.semantic_error(f"A word is needed for '{one.name}'.", one.span)


@binds(syntax.Join)
def join(binder: Binder, node: syntax.Join, input: Plan, scope: Scope) -> Plan:
    said = option(node.options, "kind")
    kind = word(binder, said, "innerunique")
    if kind not in KINDS:
        raise binder.source.unknown("kind of join", kind, KINDS, said.span if said else node.span)
    right = binder.rows(node.right, scope)
    on, rest = _conditions(binder, node, input, right, scope)
    if kind.startswith("right") and KINDS[kind] in ("semi", "anti"):
        turned = tuple((one, other) for other, one in on)
        return Join(right.columns, right, input, KINDS[kind], turned, rest)
    if KINDS[kind] in ("semi", "anti"):
        return Join(input.columns, input, right, KINDS[kind], on, rest)
    if kind == "innerunique":
        input = FirstPerKey(input.columns, input, tuple(left for left, _ in on))
    return joined(input, right, KINDS[kind], on, rest)


@binds(syntax.Lookup)
def lookup(binder: Binder, node: syntax.Lookup, input: Plan, scope: Scope) -> Plan:
    said = option(node.options, "kind")
    kind = word(binder, said, "leftouter")
    if kind not in ("leftouter", "inner"):
        raise binder.source.unknown("kind of lookup", kind, ("leftouter", "inner"), said.span if said else node.span)
    right = binder.rows(node.right, scope)
    on, rest = _conditions(binder, node, input, right, scope)
    keys = {value.column for _, value in on if isinstance(value, Ref)}
    return joined(input, right, KINDS[kind], on, rest, without=keys)


def joined(
    left: Plan,
    right: Plan,
    kind: JoinKind,
    on: tuple[tuple[Bound, Bound], ...],
    condition: Bound | None,
    *,
    without: Iterable[Column] = (),
) -> Plan:
    """The join; columns of the right side get a number where their name is taken."""
    naming = Naming(left.columns)
    taken = {column.name for column in left.columns}
    names = Names(taken | {column.name for column in right.columns})
    dropped = set(without)
    shown: list[Column] = []
    both = list(left.columns)
    for column in right.columns:
        name = names.unique(column.name) if column.name in taken and column not in dropped else column.name
        fresh = renamed(naming, column, name)
        both.append(fresh)
        if column not in dropped:
            shown.append(fresh)
    plan = Join(tuple(both), left, right, kind, on, condition)
    if not dropped:
        return plan
    columns = (*left.columns, *shown)
    return Project(columns, plan, refs(columns))


def _conditions(
    binder: Binder, node: syntax.Join | syntax.Lookup, left: Plan, right: Plan, scope: Scope
) -> tuple[tuple[tuple[Bound, Bound], ...], Bound | None]:
    """The pairs of keys, and other conditions that Kusto does not allow but writes the same."""
    sides = Row(left.columns), Row(right.columns)
    pairs: list[tuple[Bound, Bound]] = []
    pending = list(node.conditions)
    while pending:
        condition = pending.pop(0)
        match condition:
            case syntax.Name(name=name):
                found = []
                for side, words in zip(sides, ("left", "right"), strict=True):
                    column = side.find(name)
                    if column is None:
                        raise binder.source.unknown(f"column of the {words} side", name, side.names, condition.span)
                    found.append(Ref(column.type, column, span=condition.span))
                pairs.append(_keys(binder, found[0], found[1], condition.span))
            case syntax.Binary(op="and", left=one, right=other):
                pending[:0] = [one, other]
            case syntax.Binary(op="==", left=one, right=other):
                pairs.append(_equality(binder, one, other, sides, scope, condition.span))
            case _:
                raise binder.source.semantic_error(
                    "A join needs a column's name, or $left.a == $right.b.", condition.span
                )
    if not pairs:
        raise binder.source.semantic_error("A join needs at least one key.", node.span, hint="… on DeviceId")
    return tuple(pairs), None


def _equality(
    binder: Binder, one: syntax.Expr, other: syntax.Expr, sides: tuple[Row, Row], scope: Scope, span: Span
) -> tuple[Bound, Bound]:
    frame = Frame(scope, left=sides[0], right=sides[1])
    values = [binder.scalar(part, frame) for part in (one, other)]
    belongs = [
        {id(part.column) for part in walk(value) if isinstance(part, Ref)} & {id(column) for column in sides[0]}
        for value in values
    ]
    left, right = values if belongs[0] else reversed(values)
    if bool(belongs[0]) == bool(belongs[1]):
        raise binder.source.semantic_error("One side of the equality must be $left and the other $right.", span)
    return _keys(binder, left, right, span)


def _keys(binder: Binder, left: Bound, right: Bound, span: Span) -> tuple[Bound, Bound]:
    if left.type == right.type and left.type != "dynamic":
        return left, right
    if left.type in NUMBERS and right.type in NUMBERS:
        return left, right
    if "dynamic" in (left.type, right.type):
        raise binder.source.semantic_error(
            "Rows cannot be joined by a dynamic value.", span, hint="Join by tostring(…) of it, made by extend before."
        )
    raise binder.source.semantic_error(
        f"The keys have different types: {left.type} on the left, {right.type} on the right.",
        span,
        hint="Convert one of them by extend before the join.",
    )


# union


@binds(syntax.Union)
def union(binder: Binder, node: syntax.Union, input: Plan | None, scope: Scope) -> Plan:
    fuzzy = word(binder, option(node.options, "isfuzzy"), "false").lower() == "true"
    fuzzy = fuzzy or binder.is_set("best_effort", scope)
    kind = word(binder, option(node.options, "kind"), "outer")
    if kind not in ("outer", "inner"):
        raise binder.source.unknown("kind of union", kind, ("outer", "inner"), node.span)
    said = option(node.options, "withsource")
    source = word(binder, said, "") if said else ""
    plans: list[tuple[str, Plan]] = [(_called(input, scope) or "union_arg0", input)] if input is not None else []
    for table in node.tables:
        plans += named_tables(binder, table, scope, fuzzy=fuzzy, position=len(plans))
    if not plans:
        raise binder.source.semantic_error("None of these tables exist.", node.span)
    return united(plans, inner=kind == "inner", source=source)


def named_tables(
    binder: Binder, node: syntax.Expr, scope: Scope, *, fuzzy: bool, position: int
) -> list[tuple[str, Plan]]:
    """The tables that one item of `union`, `search` or `find` means, each with the name that `withsource` shows."""
    if isinstance(node, syntax.Wildcard):
        like = wildcard(node.pattern)
        views = [name for name in dict.fromkeys(scope.names()) if like.fullmatch(name) and is_view(scope, name)]
        tables = [name for name in binder.visible(scope) if like.fullmatch(name) and name not in views]
        if not tables and not views and not fuzzy:
            raise binder.source.unknown("table like", node.pattern, binder.visible(scope), node.span)
        return [(name, binder.scan(name)) for name in tables] + [
            (name, binder.rows(syntax.Name(name, span=node.span), scope)) for name in views
        ]
    if isinstance(node, syntax.Member) and "*" in node.name and pattern_of(node, scope) is None:
        like = wildcard(within(binder, node))
        return [(name, binder.scan(name)) for name in binder.visible(scope) if like.fullmatch(name)]
    if fuzzy and not _is_there(binder, node, scope):
        return []
    if isinstance(node, syntax.Name):
        return [(node.name, binder.rows(node, scope))]
    plan = binder.rows(node, scope)
    return [(_called(plan, scope) or f"union_arg{position}", plan)]


def _called(plan: Plan, scope: Scope) -> str | None:
    """The name of whole tables, and of rows that `as` has named last."""
    if isinstance(plan, Scan):
        return plan.table
    if isinstance(plan, Shared):
        for name in scope.names():
            meaning = scope.find(name)
            if isinstance(meaning, LetPlan) and meaning.shared == plan.name:
                return name
    return None


def is_view(scope: Scope, name: str) -> bool:
    """Whether a name is that of a function that counts as a table."""
    meaning = scope.find(name)
    return isinstance(meaning, LetFunction) and meaning.definition.is_view and not meaning.definition.parameters


def _is_there(binder: Binder, node: syntax.Expr, scope: Scope) -> bool:
    """Whether the table exists that an expression begins with."""
    while isinstance(node, syntax.Pipeline):
        node = node.source
    return not isinstance(node, syntax.Name) or scope.find(node.name) is not None or binder.has(node.name, scope)


def united(plans: Sequence[tuple[str, Plan]], *, inner: bool = False, source: str = "") -> Plan:
    """All rows of all plans. Columns of one name and type are one; of different types, one each, named by type."""
    types: dict[str, list[KqlType]] = {}
    for _, plan in plans:
        for column in plan.columns:
            known = types.setdefault(column.name, [])
            if column.type not in known:
                known.append(column.type)
    if inner:
        shared = [{column.name for column in plan.columns} for _, plan in plans]
        types = {name: kinds for name, kinds in types.items() if all(name in have for have in shared)}
    naming = Naming()
    columns: list[Column] = []
    wanted: list[tuple[str, KqlType]] = []
    if source:
        columns.append(naming.column(source, "string"))
    names = Names({name for name, kinds in types.items() if len(kinds) == 1})
    for name, kinds in types.items():
        for kind in kinds:
            having = [one for _, plan in plans for one in plan.columns if one.name == name and one.type == kind]
            same = {one.encoding for one in having}
            encoding = same.pop() if len(same) == 1 else ""
            shown = name if len(kinds) == 1 else names.unique(f"{name}_{kind}")
            columns.append(naming.column(shown, kind, encoding))
            wanted.append((name, kind))
    values = []
    for label, plan in plans:
        by_name = {(column.name, column.type): column for column in plan.columns}
        row: list[Bound] = [Const("string", label)] if source else []
        for name, kind in wanted:
            present = by_name.get((name, kind))
            row.append(Ref(kind, present) if present is not None else missing_value(kind))
        values.append(tuple(row))
    return UnionAll(tuple(columns), tuple(plan for _, plan in plans), tuple(values))


__all__ = ["Call", "convert", "join", "joined", "lookup", "named_tables", "option", "union", "united", "word"]
