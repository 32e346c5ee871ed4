"""Queries in the form that engines take them: SQL with typed columns, as the compiler of KQL gives it."""

from __future__ import annotations

from vedette.catalogue.tables import KqlType
from vedette.kql.compiled import Compiled
from vedette.kql.plan import nothing
from vedette.kql.schema import Column, Encoding, Naming


def column(name: str, kind: KqlType, encoding: Encoding = "") -> Column:
    return Naming().column(name, kind, encoding)


def compiled(
    sql: str, *columns: Column | tuple[str, KqlType], tables: tuple[str, ...] = (), **further: object
) -> Compiled:
    """A compiled query: its SQL, and its columns in order, as (name, type)."""
    typed = tuple(one if isinstance(one, Column) else column(*one) for one in columns)
    return Compiled(sql, typed, frozenset(tables), nothing(), **further)  # type: ignore[arg-type]  # as the test says
