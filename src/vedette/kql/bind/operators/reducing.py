"""`reduce`: texts grouped by the terms that they have in common. A program finds the patterns of the distinct texts."""

from __future__ import annotations

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds, refs
from vedette.kql.bind.naming import Names
from vedette.kql.bind.operators.joining import option, word
from vedette.kql.bind.scope import Scope
from vedette.kql.bound import Aggregation, Bound, Ref
from vedette.kql.plan import Aggregate, Join, Plan, Procedure, Project
from vedette.kql.schema import Naming


@binds(syntax.Reduce)
def reduce(binder: Binder, node: syntax.Reduce, input: Plan, scope: Scope) -> Plan:
    """Patterns with their counts, or with `kind=source` the rows with their patterns."""
    said = option(node.options, "kind")
    kind = word(binder, said, "")
    if kind not in ("", "source"):
        raise binder.source.unknown("kind of reduce", kind, ("source",), said.span if said else node.span)
    options = _options(binder, node, scope)
    value = binder.scalar(node.column.value, binder.frame(input, scope))
    if value.type != "string":
        raise binder.source.semantic_error(
            f"reduce takes a text, and this is a {value.type}.", node.column.span, hint="Convert it first: tostring(…)."
        )
    if not kind:
        naming = Naming()
        columns = (
            naming.column("Pattern", "string"),
            naming.column("Count", "long"),
            naming.column("Representative", "string"),
        )
        return Procedure(columns, (_texts(input, value),), "reduce_to_patterns", options)
    naming = Naming(input.columns)
    text = naming.column("$text", "string")
    kept = binder.kept(Project((*input.columns, text), input, (*refs(input.columns), value)))
    texts, rows = binder.shared(kept), binder.shared(kept)
    found = Naming()
    pair = (found.column("text", "string"), found.column("pattern", "string"))
    patterns = Procedure(pair, (_texts(texts, Ref("string", texts.columns[-1])),), "patterns_of_texts", options)
    visible, key = rows.columns[:-1], rows.columns[-1]
    names = Naming(rows.columns)
    added = (
        names.column("$text", "string"),
        names.column(Names({one.name for one in visible}).unique("Pattern"), "string"),
    )
    joined = Join((*rows.columns, *added), rows, patterns, "inner", ((Ref("string", key), Ref("string", pair[0])),))
    shown = (*visible, added[1])
    return Project(shown, joined, refs(shown))


def _options(binder: Binder, node: syntax.Reduce, scope: Scope) -> dict[str, object]:
    found: dict[str, object] = {"threshold": 0.1, "characters": ""}
    for one in node.options:
        if one.name == "kind":
            continue
        if one.name not in found:
            raise binder.source.unknown("option of reduce", one.name, found, one.span)
        value = binder.constant(one.value, scope, what=f"'{one.name}'").value
        if one.name == "threshold" and not (isinstance(value, int | float) and 0 <= value <= 1):
            raise binder.source.semantic_error("The threshold is a number from 0 to 1.", one.span)
        if one.name == "characters" and not isinstance(value, str):
            raise binder.source.semantic_error("'characters' is a text.", one.span)
        found[one.name] = float(value) if isinstance(value, int | float) else value
    return found


def _texts(rows: Plan, value: Bound) -> Plan:
    """The distinct values, and how many rows have each."""
    naming = Naming()
    key, count = naming.column("text", "string"), naming.column("count", "long")
    return Aggregate((key, count), rows, (value,), (Aggregation("long", "count", ()),), ((count,),))
