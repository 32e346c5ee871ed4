"""join, lookup and union: join-operator, lookup-operator, union-operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tests.spec.kql.reference.values import Row, Table, Unspecified, Value, equal, null, unique_names
from vedette.catalogue.tables import KqlType
from vedette.kql import syntax

if TYPE_CHECKING:
    from tests.spec.kql.reference.queries import Names

_OTHER_NAMES = {"anti": "leftanti", "leftantisemi": "leftanti", "rightantisemi": "rightanti"}


def option(options: Sequence[syntax.Option], name: str) -> str | None:
    for one in options:
        if one.name == name and isinstance(one.value, syntax.Name):
            return one.value.name
    return None


def _keys(conditions: Sequence[syntax.Expr]) -> list[tuple[str, str]]:
    """The columns of both sides that must be equal."""
    found = []
    for condition in conditions:
        match condition:
            case syntax.Name(name=name):
                found.append((name, name))
            case syntax.Binary(op="==", left=syntax.Member(name=left), right=syntax.Member(name=right)):
                found.append((left, right))
            case _:
                raise TypeError("a condition of a join")
    return found


def join(operator: syntax.Join | syntax.Lookup, left: Table, names: Names) -> Table:
    right = names.table(operator.right)
    keys = _keys(operator.conditions)
    lookup = isinstance(operator, syntax.Lookup)
    kind = option(operator.options, "kind") or ("leftouter" if lookup else "innerunique")
    kind = _OTHER_NAMES.get(kind, kind)
    for one, other in keys:
        kinds = {left.columns[left.index(one)][1], right.columns[right.index(other)][1]}
        if len(kinds) > 1 or "dynamic" in kinds or "real" in kinds:
            raise Unspecified("keys of different types, or reals")

    def matched(row: Row, other: Row) -> bool:
        """Null equals nothing, so it joins with nothing; the empty text equals itself."""
        return all(equal(_cell(left, row, one), _cell(right, other, two)) is True for one, two in keys)

    if kind in ("leftsemi", "leftanti"):
        wanted = kind == "leftsemi"
        kept = [row for row in left.rows if any(matched(row, other) for other in right.rows) == wanted]
        return Table(left.columns, kept)
    if kind in ("rightsemi", "rightanti"):
        wanted = kind == "rightsemi"
        return Table(
            right.columns,
            [other for other in right.rows if any(matched(row, other) for row in left.rows) == wanted],
        )

    left_rows = _one_for_each_key(left, [one for one, _ in keys]) if kind == "innerunique" else left.rows
    pairs = [(row, other) for row in left_rows for other in right.rows if matched(row, other)]
    found = [row + other for row, other in pairs]
    if kind in ("leftouter", "fullouter"):
        found += [row + _nothing(right) for row in left.rows if not any(matched(row, other) for other in right.rows)]
    if kind in ("rightouter", "fullouter"):
        found += [_nothing(left) + other for other in right.rows if not any(matched(row, other) for row in left.rows)]
    columns = [*left.columns, *_renamed(left, right, {two for _, two in keys} if lookup else set())]
    if lookup:
        dropped = {len(left.columns) + right.index(two) for _, two in keys}
        found = [[value for at, value in enumerate(row) if at not in dropped] for row in found]
    return Table(columns, found)


def _renamed(left: Table, right: Table, without: set[str]) -> list[tuple[str, KqlType]]:
    """Columns of the right side: a number tells those apart whose name the left side has."""
    kept = [(name, kind) for name, kind in right.columns if name not in without]
    present = set(left.names) | {name for name, _ in kept}
    found = []
    for name, kind in kept:
        new = name
        if name in left.names:
            new = unique_names([name], [*present])[0]
            present.add(new)
        found.append((new, kind))
    return found


def _one_for_each_key(table: Table, keys: Sequence[str]) -> list[Row]:
    """innerunique keeps one row of the left side per key, any of them."""
    found: list[tuple[list[Any], Row]] = []
    for row in table.rows:
        key = [row[table.index(name)] for name in keys]
        same = next((other for one, other in found if one == key), None)
        if same is None:
            found.append((key, row))
        elif repr(same) != repr(row) and None not in key:
            raise Unspecified("one of several rows with the same key")
    return [row for _, row in found]


def _cell(table: Table, row: Row, name: str) -> Value:
    at = table.index(name)
    return Value(table.columns[at][1], row[at])


def _nothing(table: Table) -> Row:
    return [null(kind).value for _, kind in table.columns]


def union(operator: syntax.Union, table: Table | None, names: Names) -> Table:
    """Rows of all. `outer`: every column by name and type, with the type in the name where types differ; `inner`: the
    columns that all have."""
    tables = [] if table is None else [table]
    tables += [names.table(one) for one in operator.tables]
    kind = option(operator.options, "kind") or "outer"
    columns: list[tuple[str, KqlType]] = []
    for one in tables:
        columns += [column for column in one.columns if column not in columns]
    if kind == "inner":
        if len({name for name, _ in columns}) != len(columns):
            raise Unspecified("columns of one name and several types, in a union of common columns")
        columns = [column for column in columns if all(column in one.columns for one in tables)]
        if not columns:
            raise Unspecified("a union without columns")
    plain = [name for name, _ in columns]
    columns.sort(key=lambda column: plain.index(column[0]))  # columns of one name stand together
    plain = [name for name, _ in columns]
    labels = [f"{name}_{type}" if plain.count(name) > 1 else name for name, type in columns]
    if len(set(labels)) != len(labels):
        raise Unspecified("names of a union that clash")
    rows = [
        [row[one.columns.index(column)] if column in one.columns else null(column[1]).value for column in columns]
        for one in tables
        for row in one.rows
    ]
    typed = [(label, type) for label, (_, type) in zip(labels, columns, strict=True)]
    source = option(operator.options, "withsource")
    if source:
        if any(one.name is None for one in tables) or source in labels:
            raise Unspecified("the name of a source that has none")
        origin = [one.name for one in tables for _ in one.rows]
        return Table([(source, "string"), *typed], [[name, *row] for name, row in zip(origin, rows, strict=True)])
    return Table(typed, rows)
