"""Calls of declared patterns: `Pattern("value").Path` is the pipeline that the declaration gives for these texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.kql import syntax
from vedette.kql.bind.scope import LetPattern, Scope
from vedette.kql.plan import Plan

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder


def pattern_of(node: syntax.Expr, scope: Scope) -> LetPattern | None:
    """The pattern that an expression calls, with or without a path; None where it calls none."""
    call = node.target if isinstance(node, syntax.Member) else node
    if not isinstance(call, syntax.Call) or call.target is not None:
        return None
    meaning = scope.find(call.name)
    return meaning if isinstance(meaning, LetPattern) else None


def pattern_rows(binder: Binder, pattern: LetPattern, node: syntax.Expr, scope: Scope) -> Plan:
    """The rows of the case that fits."""
    path = node.name if isinstance(node, syntax.Member) else None
    call = node.target if isinstance(node, syntax.Member) else node
    assert isinstance(call, syntax.Call)
    values = [binder.constant(one.value, scope, what="A pattern's argument").value for one in call.arguments]
    for case in pattern.declaration.cases:
        given = [part.value for part in case.values if isinstance(part, syntax.Literal)]
        named = case.path.value if isinstance(case.path, syntax.Literal) else None
        if given == values and named == path:
            inside = Scope(pattern.scope)
            plan: Plan | None = None
            for statement in case.body.statements:
                plan = binder.statement_inside(statement, inside)
            if plan is None:
                raise binder.source.semantic_error(f"The pattern '{call.name}' gives no rows here.", case.span)
            return plan
    shown = ", ".join(f"'{value}'" for value in values) + ")" + (f".['{path}']" if path is not None else "")
    raise binder.source.semantic_error(
        f"The pattern has no definition for {call.name}({shown}.",
        node.span,
        hint=f"Declare one: declare pattern {call.name} = … {{ … }}.",
    )
