"""mv-expand, mv-apply, make-series and parse, on the pages of these operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.spec.kql.reference import operators
from tests.spec.kql.reference.joining import option
from tests.spec.kql.reference.scalars import Here, evaluate, whole_constant
from tests.spec.kql.reference.values import (
    Row,
    Table,
    Unspecified,
    Value,
    convert,
    json_of,
    null,
    read_text,
    text_of,
)
from vedette.catalogue.tables import KqlType
from vedette.kql import syntax


def _elements(value: Value, *, pairs: bool) -> list[Any]:
    """What a value expands to: null to one null, an array to its elements, a bag to bags of one property each."""
    if value.value is None:
        return [None]
    if isinstance(value.value, list):
        return list(value.value)
    if isinstance(value.value, dict):
        return [[key, inner] if pairs else {key: inner} for key, inner in value.value.items()]
    raise Unspecified("the expansion of a single value")


def cast(element: Any, kind: KqlType | None) -> Any:
    """`to typeof`: a cast only, no parsing; what does not conform becomes null (mv-expand-operator)."""
    if kind is None or kind == "dynamic":
        return element
    if element is None:
        return null(kind).value
    if kind == "string":
        if isinstance(element, str):
            return element
        raise Unspecified("an element that is no text, as a text")
    if kind in ("int", "long") and isinstance(element, int) and not isinstance(element, bool):
        return convert(Value("long", element), kind).value
    if kind == "real" and isinstance(element, float):
        return element
    if kind == "bool" and isinstance(element, bool):
        return element
    if isinstance(element, str) and kind in ("int", "long", "real", "bool"):
        return None
    raise Unspecified(f"an element of another kind, as a {kind}")


def mv_expand(operator: syntax.MvExpand, here: Here) -> Table:
    table, _ = _expanded(operator.items, operator.options, operator.limit, here)
    return table


def _expanded(
    items: Sequence[syntax.MvExpandItem],
    options: Sequence[syntax.Option],
    limit: syntax.Expr | None,
    here: Here,
) -> tuple[Table, list[int]]:
    """The expanded table, and for each of its rows the row that it is from."""
    table = here.table
    pairs = "array" in (option(options, "kind"), option(options, "bagexpansion"))
    most = whole_constant(limit, here) if limit is not None else None
    columns = list(table.columns)
    places = []
    for item in items:
        name = operators.column_name(item.value)
        kind: KqlType = item.type or "dynamic"
        if name in table.names:
            places.append(table.index(name))
            columns[places[-1]] = (name, kind)
        else:
            places.append(len(columns))
            columns.append((name, kind))
    if len({name for name, _ in columns}) != len(columns) or len(set(places)) != len(places):
        raise Unspecified("two columns of one name")
    index = option(options, "with_itemindex")
    rows: list[Row] = []
    origins: list[int] = []
    for at, row in enumerate(table.rows):
        values = [_elements(evaluate(item.value.value, here.row(at)), pairs=pairs) for item in items]
        count = max(map(len, values))
        for number in range(count if most is None else min(count, most)):
            new = [*row, *([None] * (len(columns) - len(row)))]
            for item, place, elements in zip(items, places, values, strict=True):
                new[place] = cast(elements[number] if number < len(elements) else None, item.type)
            rows.append([*new, number] if index else new)
            origins.append(at)
    if index:
        if index in [name for name, _ in columns]:
            raise Unspecified("two columns of one name")
        columns.append((index, "long"))
    return Table(columns, rows, table.ordered), origins


def mv_apply(operator: syntax.MvApply, here: Here) -> Table:
    """The operators run over the expansion of each row; the row's other columns come back before what they give."""
    table = here.table
    expanded, origins = _expanded(operator.items, operator.options, operator.limit, here)
    names = [operators.column_name(item.value) for item in operator.items]
    kept = [at for at, name in enumerate(table.names) if name not in names]
    rows: list[Row] = []
    outer = [table.columns[at] for at in kept]
    columns: list[tuple[str, KqlType]] | None = None
    for at, row in [*enumerate(table.rows), (-1, [])]:
        members = [one for one, origin in zip(expanded.rows, origins, strict=True) if origin == at]
        if not members and at >= 0:
            raise Unspecified("operators over no elements")
        part = Table(expanded.columns, members, ordered=True)
        for inner in operator.body:
            if at >= 0 and not part.rows and isinstance(inner, syntax.Summarize | syntax.Count):
                raise Unspecified("an aggregate of no elements of a row")
            part = operators.apply(inner, part, here.names)
        # What the operators see of the row itself does not come twice.
        own = [one for one, (name, _) in enumerate(part.columns) if name not in [column for column, _ in outer]]
        if any(name in [n for n, _ in outer] and name not in table.names for name, _ in part.columns):
            raise Unspecified("two columns of one name")
        columns = [*outer, *(part.columns[one] for one in own)]
        if at >= 0:
            rows += [[*(row[one] for one in kept), *(inner_row[one] for one in own)] for inner_row in part.rows]
    return Table(columns or [], rows, ordered=False)


def parse(operator: syntax.Parse, here: Here) -> Table:
    """A text is cut at the texts of the pattern, from the left, as soon as possible. In simple mode nothing is given
    unless everything fits; `parse-where` leaves such rows out."""
    table = here.table
    kind = option(operator.options, "kind") or "simple"
    if kind not in ("simple", "relaxed"):
        raise Unspecified("a pattern of regular expressions")
    named = [piece for piece in operator.pieces if isinstance(piece, syntax.Name | syntax.ColumnDeclaration)]
    columns = list(table.columns)
    for piece in named:
        new = (piece.name, _piece_type(piece))
        if piece.name in table.names:
            columns[table.index(piece.name)] = new
        else:
            columns.append(new)
    if len({name for name, _ in columns}) != len(columns):
        raise Unspecified("two columns of one name")
    order = [name for name, _ in columns]
    rows: list[Row] = []
    for at, row in enumerate(table.rows):
        value = evaluate(operator.value, here.row(at))
        cut = _cut(operator.pieces, text_of(value))
        found = _typed(named, cut, strict=kind == "simple")
        if found is None and operator.filtering:
            continue
        if operator.filtering and kind == "relaxed":
            raise Unspecified("which rows a relaxed parse-where keeps")
        new_row = [*row, *([None] * (len(columns) - len(row)))]
        for number, piece in enumerate(named):
            new_row[order.index(piece.name)] = found[number] if found else null(_piece_type(piece)).value
        rows.append(new_row)
    return Table(columns, rows, table.ordered)


def _piece_type(piece: syntax.Name | syntax.ColumnDeclaration) -> KqlType:
    return piece.type if isinstance(piece, syntax.ColumnDeclaration) else "string"


def _typed(
    named: Sequence[syntax.Name | syntax.ColumnDeclaration], cut: list[str] | None, *, strict: bool
) -> list[Any] | None:
    if cut is None:
        return None
    found = [read_text(_piece_type(piece), text) for piece, text in zip(named, cut, strict=True)]
    return None if strict and any(value is None for value in found) else found


def _cut(pieces: Sequence[Any], text: str) -> list[str] | None:
    """The texts of the columns; None where the pattern does not fit. The last piece is a column or `*`."""
    if isinstance(pieces[-1], syntax.Literal):
        raise Unspecified("a pattern that ends with a text")
    found: list[str] = []
    at, open_column, skipping = 0, False, False
    for piece in pieces:
        if isinstance(piece, syntax.Literal):
            wanted = str(piece.value)
            place = text.find(wanted, at) if open_column or skipping else at if text.startswith(wanted, at) else -1
            if place < 0 or not wanted:
                return None
            if open_column:
                found.append(text[at:place])
            at, open_column, skipping = place + len(wanted), False, False
        elif isinstance(piece, syntax.Wildcard):
            if open_column:
                raise Unspecified("a column before *")
            skipping = True
        else:
            if open_column or skipping:
                raise Unspecified("a column without a text before it")
            open_column = True
    if open_column:
        found.append(text[at:])
    return found


def make_series(operator: syntax.MakeSeries, here: Here) -> Table:
    """Bins from the start, the end not included; an aggregate of each, or the default where no row is
    (make-series-operator)."""
    table = here.table
    if operator.low is None or operator.high is None or not table.rows:
        raise Unspecified("a series without ends, or of no rows")
    low, high, step = (evaluate(one, here.row(None)) for one in (operator.low, operator.high, operator.step))
    axis_type, axis = operators.column_values(operator.axis.value, here)
    if axis_type not in ("int", "long", "datetime", "timespan") or step.value <= 0 or low.value >= high.value:
        raise Unspecified("a series over other numbers, or backwards")
    bins = list(range(low.value, high.value, step.value))
    keys = [operators.column_values(item.value, here) for item in operator.keys]
    groups = operators.grouped(keys, len(table.rows)) if keys else [list(range(len(table.rows)))]
    columns = [(operators.column_name(item), kind) for item, (kind, _) in zip(operator.keys, keys, strict=True)]
    names = [item.value.names[0] if item.value.names else "" for item in operator.items]
    axis_name = operators.column_name(operator.axis)
    if len({*names, axis_name, *(name for name, _ in columns)}) != len(names) + 1 + len(columns):
        raise Unspecified("two columns of one name")
    axis_kind: KqlType = "long" if axis_type == "int" else axis_type
    rows: list[Row] = []
    for members in groups:
        inside = [at for at in members if axis[at] is not None and low.value <= axis[at] < high.value]
        if not inside:
            raise Unspecified("a series of rows that are all outside")
        row = [values[members[0]] for _, values in keys]
        for item in operator.items:
            series = []
            for start in bins:
                at_bin = [at for at in inside if start <= axis[at] < start + step.value]
                if at_bin:
                    series.append(json_of(evaluate(item.value.value, Here(here.names, table, group=at_bin))))
                else:
                    series.append(evaluate(item.default, here.row(None)).value if item.default is not None else 0)
            row.append(series)
        rows.append([*row, [json_of(Value(axis_kind, start)) for start in bins]])
    dynamic: KqlType = "dynamic"
    return Table([*columns, *((name, dynamic) for name in [*names, axis_name])], rows)
