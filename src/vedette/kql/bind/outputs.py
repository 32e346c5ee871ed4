"""The columns that a named expression gives, and their names.

Most expressions give one column. Functions such as `series_stats` give several, which can be named together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.kql import syntax
from vedette.kql.bind.conversions import convert
from vedette.kql.bind.naming import Names
from vedette.kql.bound import Bound, Call, Const, Ref

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder


def named_outputs(
    binder: Binder,
    column: syntax.NamedExpr,
    bound: Bound,
    names: Names,
    *,
    fallback: str = "",
    suggested: bool = True,
) -> list[tuple[Bound, str]]:
    """The values that one named expression gives, each with its column's name.

    Most give one; functions such as `series_stats` give several.
    """
    several = _several(binder, column, bound)
    if several is None:
        if len(column.names) > 1:
            raise binder.source.semantic_error("This gives one value, and several names are given.", column.span)
        written = column.names[0] if column.names else None
        return [(bound, _name(binder, column, bound, written, names, fallback, suggested))]
    defaults, values = several
    if len(column.names) > len(values):
        raise binder.source.semantic_error(
            f"This gives {len(values)} values, and {len(column.names)} names are given.", column.span
        )
    if not suggested and column.names:
        values = values[: len(column.names)]
    if len(values) == 1 and not suggested and not column.names:
        return [(bound, names.unique(fallback))]
    found = []
    for position, value in enumerate(values):
        if position < len(column.names):
            name = _name(binder, column, bound, column.names[position], names, fallback, suggested)
        else:
            name = names.unique(defaults[position])
        found.append((value, name))
    return found


def _several(binder: Binder, column: syntax.NamedExpr, bound: Bound) -> tuple[list[str], list[Bound]] | None:
    """The names and values of the columns of a call that can give several."""
    node = column.value
    if not isinstance(node, syntax.Call) or not isinstance(bound, Call):
        return None
    if node.name in ("array_sort_asc", "array_sort_desc"):
        return _sorted_arrays(binder, node, bound)
    function = binder.functions.get(node.name)
    if function is None or not function.outputs:
        return None
    values: list[Bound] = [
        convert(Call("dynamic", "[]", (bound, Const("long", position))), type)
        for position, (_, type) in enumerate(function.outputs)
    ]
    first = binder.suggested_name(node.arguments[0].value) if node.arguments else None
    return [f"{node.name}_{first or ''}_{suffix}" for suffix, _ in function.outputs], values


def _sorted_arrays(binder: Binder, node: syntax.Call, bound: Call) -> tuple[list[str], list[Bound]]:
    """A column for each array that is sorted along with the first."""
    count = sum(argument.type == "dynamic" for argument in bound.args)
    known = [binder.suggested_name(argument.value) for argument in node.arguments[:count]]
    defaults = [f"{name or f'array{position}'}_sorted" for position, name in enumerate(known)]
    if count == 1:
        return defaults, [bound]
    return defaults, [Call("dynamic", "[]", (bound, Const("long", position))) for position in range(count)]


def suggestion(binder: Binder, node: syntax.Expr, bound: Bound) -> str | None:
    """The name that an expression suggests for its column, once it is known what it is: a column that was looked for
    keeps its name."""
    if isinstance(node, syntax.Call) and node.name in ("column_ifexists", "columnifexists") and isinstance(bound, Ref):
        return bound.column.name
    return binder.suggested_name(node)


def _name(
    binder: Binder,
    column: syntax.NamedExpr,
    bound: Bound,
    written: str | None,
    names: Names,
    fallback: str,
    suggested: bool,
) -> str:
    if written is not None:
        taken = names.written(written)
        if taken is None:
            raise binder.source.semantic_error(f"There are two columns named '{written}'.", column.span)
        return taken
    name = suggestion(binder, column.value, bound) if suggested else None
    if name is not None:
        return names.unique(name)
    return names.unique(fallback) if fallback else names.counted()
