"""Tabular operators of one input, each on its page (learn.microsoft.com/kusto/query/<name>-operator)."""

from __future__ import annotations

import fnmatch
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tests.spec.kql.reference import aggregates, expanding, joining
from tests.spec.kql.reference.scalars import Here, evaluate, whole_constant
from tests.spec.kql.reference.values import Row, Table, Unspecified, Value, identity, rank, unique_names
from vedette.catalogue.tables import KqlType
from vedette.kql import syntax

if TYPE_CHECKING:
    from tests.spec.kql.reference.queries import Names


def apply(operator: syntax.Operator, table: Table, names: Names) -> Table:
    """The rows that an operator gives."""
    here = Here(names, table)
    match operator:
        case syntax.Where(predicate=predicate):
            return _where(predicate, here)
        case syntax.Extend(columns=columns) | syntax.Serialize(columns=columns):
            return _extend(columns, here)
        case syntax.Project(columns=columns):
            return _project(columns, here)
        case syntax.ProjectAway(patterns=patterns):
            return _keep(table, [name for name in table.names if not _matched(name, patterns)])
        case syntax.ProjectKeep(patterns=patterns):
            return _keep(table, [name for name in table.names if _matched(name, patterns)])
        case syntax.ProjectRename(columns=columns):
            return _rename(columns, table)
        case syntax.ProjectReorder(patterns=ordered):
            return _reorder([pattern for pattern, _ in ordered], table)
        case syntax.Summarize():
            return _summarize(operator, here)
        case syntax.Distinct(columns=columns):
            return _distinct(columns, here)
        case syntax.Count():
            return Table([("Count", "long")], [[len(table.rows)]])
        case syntax.Take(rows=rows):
            return _first(table, whole_constant(rows, here))
        case syntax.Top(rows=rows, keys=keys):
            return _first(_sort(keys, here), whole_constant(rows, here), ties=_ties(keys, here))
        case syntax.Sort(keys=keys):
            return _sort(keys, here)
        case syntax.Join() | syntax.Lookup():
            return joining.join(operator, table, names)
        case syntax.Union():
            return joining.union(operator, table, names)
        case syntax.MvExpand():
            return expanding.mv_expand(operator, here)
        case syntax.MvApply():
            return expanding.mv_apply(operator, here)
        case syntax.Parse():
            return expanding.parse(operator, here)
        case syntax.MakeSeries():
            return expanding.make_series(operator, here)
        case syntax.As(name=name):
            names.rows[name] = Table(table.columns, table.rows, table.ordered, name)
            return names.rows[name]
    raise TypeError(f"{type(operator).__name__} is not in the reference")


def _rows(table: Table, rows: Sequence[Row]) -> Table:
    return Table(table.columns, list(rows), table.ordered)


def _where(predicate: syntax.Expr, here: Here) -> Table:
    """Rows whose predicate is true: null is not (scalar-data-types/null-values)."""
    kept = [row for at, row in enumerate(here.table.rows) if evaluate(predicate, here.row(at)).value is True]
    return _rows(here.table, kept)


def column_values(expr: syntax.Expr, here: Here) -> tuple[KqlType, list[Any]]:
    """The type of an expression, and its value for each row."""
    found = [evaluate(expr, here.row(at)) for at in range(len(here.table.rows))]
    kind = found[0].type if found else evaluate(expr, here.row(None)).type
    if any(value.type != kind for value in found):
        raise TypeError(f"{expr} has several types")
    return kind, [value.value for value in found]


def column_name(item: syntax.NamedExpr) -> str:
    if item.names:
        return item.names[0]
    if isinstance(item.value, syntax.Name):
        return item.value.name
    if isinstance(item.value, syntax.Call) and item.value.name in ("bin", "floor"):
        return column_name(syntax.NamedExpr(item.value.arguments[0].value))
    raise Unspecified("the name of a column that is an expression")


def _extend(columns: Sequence[syntax.NamedExpr], here: Here) -> Table:
    """A column of a name that is there is replaced, in its place. All see the columns as they were."""
    table = here.table
    found = Table(list(table.columns), [list(row) for row in table.rows], table.ordered)
    for item in columns:
        name = column_name(item)
        if any(name == column_name(other) for other in columns if other is not item):
            raise Unspecified("two columns of one name")
        kind, values = column_values(item.value, here)
        if name in found.names:
            at = found.index(name)
            found.columns[at] = (name, kind)
            for row, value in zip(found.rows, values, strict=True):
                row[at] = value
        else:
            found.columns.append((name, kind))
            for row, value in zip(found.rows, values, strict=True):
                row.append(value)
    return found


def _project(columns: Sequence[syntax.NamedExpr], here: Here) -> Table:
    names = [column_name(item) for item in columns]
    if len(set(names)) != len(names):
        raise Unspecified("two columns of one name")
    computed = [column_values(item.value, here) for item in columns]
    rows = [[values[at] for _, values in computed] for at in range(len(here.table.rows))]
    return Table([(name, kind) for name, (kind, _) in zip(names, computed, strict=True)], rows, here.table.ordered)


def _matched(name: str, patterns: Sequence[syntax.Expr]) -> bool:
    for pattern in patterns:
        if isinstance(pattern, syntax.Wildcard) and fnmatch.fnmatchcase(name, pattern.pattern):
            return True
        if isinstance(pattern, syntax.Name) and pattern.name == name:
            return True
    return False


def _keep(table: Table, names: Sequence[str]) -> Table:
    at = [table.index(name) for name in names]
    if not at:
        raise Unspecified("a table without columns")
    return Table([table.columns[one] for one in at], [[row[one] for one in at] for row in table.rows], table.ordered)


def _rename(columns: Sequence[syntax.NamedExpr], table: Table) -> Table:
    new = {item.value.name: item.names[0] for item in columns if isinstance(item.value, syntax.Name)}
    renamed = [(new.get(name, name), kind) for name, kind in table.columns]
    if len({name for name, _ in renamed}) != len(renamed):
        raise Unspecified("two columns of one name")
    return Table(renamed, table.rows, table.ordered)


def _reorder(patterns: Sequence[syntax.Expr], table: Table) -> Table:
    """The named columns first, in that order; then the others as they were."""
    first: list[str] = []
    for pattern in patterns:
        first += [name for name in table.names if _matched(name, [pattern]) and name not in first]
    return _keep(table, [*first, *(name for name in table.names if name not in first)])


def _distinct(columns: Sequence[syntax.NamedExpr], here: Here) -> Table:
    star = len(columns) == 1 and isinstance(columns[0].value, syntax.Wildcard)
    table = here.table if star else _project(columns, here)
    seen: list[list[Any]] = []
    rows: list[Row] = []
    for row in table.rows:
        key = [identity(kind, value) for (_, kind), value in zip(table.columns, row, strict=True)]
        if key not in seen:
            seen.append(key)
            rows.append(row)
    return Table(table.columns, rows)


def grouped(keys: Sequence[tuple[KqlType, list[Any]]], rows: int) -> list[list[int]]:
    """The rows of each group. Null is a group, the empty text another value."""
    found: list[tuple[list[Any], list[int]]] = []
    for at in range(rows):
        key = [identity(kind, values[at]) for kind, values in keys]
        for other, members in found:
            if other == key:
                members.append(at)
                break
        else:
            found.append((key, [at]))
    return [members for _, members in found]


def _summarize(operator: syntax.Summarize, here: Here) -> Table:
    """A row for each group; one row when nothing groups, even of no rows; none when keys group no rows."""
    table = here.table
    keys = [column_values(item.value, here) for item in operator.keys]
    groups = grouped(keys, len(table.rows)) if operator.keys else [list(range(len(table.rows)))]
    key_names = [column_name(item) for item in operator.keys]
    if len(set(key_names)) != len(key_names):
        raise Unspecified("two keys of one name")
    used = [item.value.name for item in operator.keys if isinstance(item.value, syntax.Name)]
    outputs: list[tuple[str, KqlType]] = []
    rows: list[Row] = [[values[members[0]] for _, values in keys] for members in groups]
    for item in operator.aggregates:
        taken: list[list[Value]] = []
        given: list[str] = []
        for members in groups or [[]]:
            group = Here(here.names, table, group=members, any_order=here.any_order)
            given, values = _aggregated(item, group, used)
            taken.append(values)
        outputs += [(name, value.type) for name, value in zip(given, taken[0], strict=True)]
        for row, values in zip(rows, taken, strict=False):
            row += [value.value for value in values]
    explicit = [item.names[0] for item in operator.aggregates if item.names]
    if len({*explicit, *key_names}) != len(explicit) + len(key_names):
        raise Unspecified("an aggregate with a name that is there")
    names = unique_names([name for name, _ in outputs], key_names)
    kinds = [kind for _, kind in outputs]
    columns = [(name, kind) for name, (kind, _) in zip(key_names, keys, strict=True)]
    return Table([*columns, *zip(names, kinds, strict=True)], rows)


def _aggregated(item: syntax.NamedExpr, here: Here, keys: Sequence[str]) -> tuple[list[str], list[Value]]:
    """The columns of one item of a summarize: several for arg_max and arg_min."""
    call = item.value
    if isinstance(call, syntax.Call) and call.name in ("arg_max", "arg_min"):
        key, *others = [argument.value for argument in call.arguments]
        if not isinstance(key, syntax.Name):
            raise Unspecified("the name of an extreme that is an expression")
        if others and isinstance(others[0], syntax.Wildcard):
            others = [syntax.Name(name) for name in here.table.names if name not in keys and name != key.name]
        exprs = [key, *others]
        columns = [here.table.index(expr.name) for expr in exprs if isinstance(expr, syntax.Name)]
        names = [expr.name for expr in exprs if isinstance(expr, syntax.Name)]
        if item.names:
            names = [*item.names, *names[len(item.names) :]]
        best = aggregates.best_row(key, here, largest=call.name == "arg_max")
        if best and not aggregates.same_rows(here.table, best, columns):
            raise Unspecified("one of several rows with the extreme")
        return names, [evaluate(expr, here.row(best[0] if best else None)) for expr in exprs]
    if item.names:
        return [item.names[0]], [evaluate(call, here)]
    if not isinstance(call, syntax.Call):
        raise Unspecified("the name of an expression over aggregates")
    return [aggregates.default_name(call)], [evaluate(call, here)]


def _key_ranks(keys: Sequence[syntax.Ordering], here: Here) -> list[list[Any]]:
    ranks: list[list[Any]] = [[] for _ in here.table.rows]
    for key in keys:
        kind, values = column_values(key.value.value, here)
        descending = key.descending is not False  # sort-operator: the default is descending
        nulls_first = (not descending) if key.nulls_first is None else key.nulls_first
        if kind == "string" and nulls_first == descending and "" in values:
            raise Unspecified("whether the empty text counts as null in an order")
        for found, value in zip(ranks, values, strict=True):
            found.append(rank(kind, value, descending=descending, nulls_first=nulls_first))
    return ranks


def _sort(keys: Sequence[syntax.Ordering], here: Here) -> Table:
    """The order is defined where rows of equal keys are the same rows."""
    ranks = _key_ranks(keys, here)
    order = sorted(range(len(ranks)), key=lambda at: ranks[at])
    rows = [here.table.rows[at] for at in order]
    settled = all(
        ranks[one] != ranks[other] or repr(here.table.rows[one]) == repr(here.table.rows[other])
        for one, other in itertools.pairwise(order)
    )
    return Table(here.table.columns, rows, ordered=settled)


def _ties(keys: Sequence[syntax.Ordering], here: Here) -> Callable[[int], bool]:
    """Whether it is open which rows are the first so many."""
    ranks = _key_ranks(keys, here)
    order = sorted(range(len(ranks)), key=lambda at: ranks[at])

    def tie(count: int) -> bool:
        if not 0 < count < len(order):
            return False
        edge = [at for at in order if ranks[at] == ranks[order[count - 1]]]
        different = any(repr(here.table.rows[at]) != repr(here.table.rows[edge[0]]) for at in edge)
        return different and ranks[order[count - 1]] == ranks[order[count]]

    return tie


def _first(table: Table, count: int, *, ties: Callable[[int], bool] | None = None) -> Table:
    if ties is None:
        same = all(repr(row) == repr(table.rows[0]) for row in table.rows)
        if 0 < count < len(table.rows) and not table.ordered and not same:
            raise Unspecified("some rows of a table that has no order")
    elif ties(count):
        raise Unspecified("some of the rows of one rank")
    return Table(table.columns, table.rows[:count], table.ordered)
