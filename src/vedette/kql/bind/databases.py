"""Names with a database before them, and what `restrict access` leaves of the tables.

There is one database. `database()`, its own name and patterns of it mean it; every other one is out of reach.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vedette.kql import syntax
from vedette.kql.bind.declared_patterns import pattern_of, pattern_rows
from vedette.kql.bind.naming import wildcard
from vedette.kql.bind.scope import LetFunction, LetPattern, LetScalar, Scope
from vedette.kql.plan import Plan

if TYPE_CHECKING:
    from vedette.kql.bind.binder import Binder

NAME = "hunting"
"""What `current_database()` gives."""


def within(binder: Binder, node: syntax.Member) -> str:
    """The name behind a database that is the present one. Raises: UnsupportedQuery for any other."""
    match node.target:
        case syntax.Call(name="database", arguments=(), target=None):
            return node.name
        case syntax.Call(name="database", arguments=(syntax.Argument(value=syntax.Literal(value=str(name))),)) as call:
            if call.target is None and re.fullmatch(wildcard(name), NAME):
                return node.name
    raise binder.source.unsupported("Other clusters and databases cannot be reached from here.", node.span)


def names_rows(node: syntax.Member, scope: Scope) -> bool:
    """Whether a name behind a dot means rows: of a pattern, or a database's table."""
    of_database = isinstance(node.target, syntax.Call) and node.target.name == "database"
    return of_database or pattern_of(node, scope) is not None


def member_rows(binder: Binder, node: syntax.Member, scope: Scope) -> Plan:
    """The rows of `Pattern("value").Path` or `database("name").Table`."""
    pattern = pattern_of(node, scope)
    if pattern is not None:
        return pattern_rows(binder, pattern, node, scope)
    name = within(binder, node)
    if not binder.has(name, scope):
        raise binder.source.unknown("table", name, binder.visible(scope), node.span)
    return binder.scan(name)


def restrict(binder: Binder, node: syntax.Restrict, scope: Scope) -> None:
    """From here on, only these tables, views and patterns can be read. Functions bound before keep what they see."""
    tables: set[str] = set()
    names: set[str] = set()
    for entity in node.tables:
        match entity:
            case syntax.Member():
                like = wildcard(within(binder, entity))
                tables.update(name for name in binder.visible(scope) if like.fullmatch(name))
            case syntax.Wildcard(pattern=pattern):
                like = wildcard(pattern)
                names.update(name for name in scope.names() if like.fullmatch(name))
                if pattern != "*":  # A star alone means what the query has named, and no table.
                    tables.update(name for name in binder.visible(scope) if like.fullmatch(name))
            case syntax.Name(name=name):
                if scope.find(name) is not None:
                    names.add(name)
                elif binder.has(name, scope):
                    tables.add(name)
                else:
                    raise binder.source.unknown("table", name, [*binder.visible(scope), *scope.names()], entity.span)
            case _:
                raise binder.source.semantic_error("A table, a view or a pattern is named here.", entity.span)
    for name in list(scope.names()):
        if name not in names and _gives_rows(binder, name, scope):
            scope.forget(name)
    scope.root.tables = frozenset(tables)


def _gives_rows(binder: Binder, name: str, scope: Scope) -> bool:
    """Whether a name stands for rows: a table, a view or a pattern. Functions with parameters do not."""
    meaning = scope.find(name)
    if isinstance(meaning, LetFunction):
        return not meaning.definition.parameters and binder.is_tabular(syntax.Name(name), scope)
    return isinstance(meaning, LetPattern) or not isinstance(meaning, LetScalar)
