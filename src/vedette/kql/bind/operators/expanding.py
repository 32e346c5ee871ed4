"""`mv-expand`: a row per element of arrays and bags."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.catalogue.tables import KqlType
from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds
from vedette.kql.bind.expressions import said_by_text
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.operators.rows import row_count
from vedette.kql.bind.scope import Scope
from vedette.kql.bound import Bound, Const
from vedette.kql.plan import Expansion, Plan, Unnest
from vedette.kql.schema import Column, Naming

LEGACY_LIMIT = 128
"""Rows that the older `mvexpand` makes of one row at most."""


@binds(syntax.MvExpand)
def mv_expand(binder: Binder, node: syntax.MvExpand, input: Plan, scope: Scope) -> Plan:
    named = option(node.options, "kind") or option(node.options, "bagexpansion")
    kind = word(binder, named, "bag")
    if kind not in ("bag", "array"):
        raise binder.source.unknown("kind of mv-expand", kind, ("bag", "array"), named.span if named else node.span)
    expanded = Expanded(binder, node.items, node.options, input, scope)
    columns = expanded.in_place()
    limit = _limit(binder, node, scope)
    return Unnest(columns, input, expanded.items, expanded.index, limit, as_arrays=kind == "array")


def _limit(binder: Binder, node: syntax.MvExpand, scope: Scope) -> Bound | None:
    if node.limit is not None:
        return row_count(binder, node.limit, scope)
    legacy = binder.source.text[node.span.start : node.span.end].startswith("mvexpand")
    return Const("long", LEGACY_LIMIT) if legacy else None


class Expanded:
    """What `mv-expand` and `mv-apply` take apart: the arrays, and the columns of their elements."""

    def __init__(
        self,
        binder: Binder,
        items: Sequence[syntax.MvExpandItem],
        options: Sequence[syntax.Option],
        input: Plan,
        scope: Scope,
    ) -> None:
        self.input = input
        frame = binder.frame(input, scope)
        naming = Naming(input.columns)
        names = Names()
        self._present = {column.name for column in input.columns}
        found: list[Expansion] = []
        self.plain: set[str] = set()
        """Names of columns that are expanded as they are, under their own name."""
        for item in items:
            value = said_by_text(binder.scalar(item.value.value, frame))
            if value.type != "dynamic":
                raise binder.source.semantic_error(
                    f"Only a dynamic value can be expanded, and this is a {value.type}.",
                    item.value.value.span,
                    hint="Read the text with parse_json() first." if value.type == "string" else "",
                )
            name = self._name(binder, item, names)
            if isinstance(item.value.value, syntax.Name) and item.value.value.name == name:
                self.plain.add(name)
            type: KqlType = item.type or "dynamic"
            found.append(Expansion(value, naming.column(name, type)))
        self.items = tuple(found)
        said = option(options, "with_itemindex")
        self.index: Column | None = None
        if said is not None:
            taken = Names(self._present | {one.column.name for one in found})
            self.index = naming.column(taken.unique(word(binder, said, "")), "long")

    def _name(self, binder: Binder, item: syntax.MvExpandItem, names: Names) -> str:
        written = item.value.names[0] if item.value.names else binder.suggested_name(item.value.value)
        if written is None:
            return Names(self._present).counted()
        if not names.claim(written):
            raise binder.source.semantic_error(f"There are two columns named '{written}'.", item.span)
        return written

    def in_place(self) -> tuple[Column, ...]:
        """The input's columns, with elements in the place of a column of their name, and others behind."""
        by_name = {one.column.name: one.column for one in self.items}
        kept = [by_name.get(column.name, column) for column in self.input.columns]
        added = [one.column for one in self.items if one.column.name not in self._present]
        return (*kept, *added, *([self.index] if self.index else []))
