"""`reduce`, which is refused: how the service finds its groups of similar texts is not told well enough to give the
same ones."""

from __future__ import annotations

from vedette.kql import syntax
from vedette.kql.bind.binder import Binder, binds
from vedette.kql.bind.scope import Scope
from vedette.kql.plan import Plan


@binds(syntax.Reduce)
def reduce(binder: Binder, node: syntax.Reduce, input: Plan, scope: Scope) -> Plan:
    raise binder.source.unsupported(
        "The operator 'reduce' is not supported: its groups could not be the same as the service's.",
        node.span,
        hint="Replace what differs by replace_regex() and summarize count(), or use evaluate autocluster().",
    )
