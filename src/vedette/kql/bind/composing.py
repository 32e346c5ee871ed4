"""Operators and functions that are written in KQL themselves: a program's text, bound with given meanings of its names.

The program is ours, not the user's, so an error inside of it points nowhere useful: whoever composes checks arguments
before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from vedette.kql import syntax
from vedette.kql.bind.scope import LetScalar, Meaning, Scope
from vedette.kql.bound import Bound
from vedette.kql.parser import parse
from vedette.kql.plan import Plan

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder


def compose(binder: Binder, program: str, names: Mapping[str, Plan | Bound]) -> Plan:
    """The rows that a program of ours gives. Plans in `names` are computed once; everything else it must define."""
    scope = Scope()
    for name, value in names.items():
        meaning: Meaning = LetScalar(value) if isinstance(value, Bound) else binder.kept(value)
        scope.define(name, meaning)
    plan: Plan | None = None
    for statement in _parsed(program).statements:
        plan = binder.statement_inside(statement, scope)
    assert plan is not None, "a program of ours ends in rows"
    return plan


@cache
def _parsed(program: str) -> syntax.Query:
    return parse(program)
